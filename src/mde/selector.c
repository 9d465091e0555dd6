/*
 * selector.c - how the user names a device; see selector.h.
 */
#include "mde/selector.h"

#include "base/address.h"
#include "base/escape.h"

#include <string.h>

bool selector_is_guid(struct span text)
{
    for (size_t i = 0; i < text.size; i++) {
        bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        if (dash ? text.at[i] != '-' : ascii_hex_value(text.at[i]) > 15) {
            return false;
        }
    }
    return text.size == GUID_SIZE;
}

struct span selector_key(const struct selector *s)
{
    struct span key = span_of(s->value);
    key.size -= s->kind == SELECT_NAME && span_ends(key, SPAN("."));
    return key;
}

static bool is_device_id(struct span text)
{
    for (size_t i = 0; i < text.size; i++) {
        if (ascii_hex_value(text.at[i]) > 15) {
            return false;
        }
    }
    return text.size == DEVICE_ID_SIZE;
}

static bool is_address(struct span text)
{
    struct address address;
    return address_parse(text, &address);
}

static bool is_any(struct span text)
{
    return text.size > 0;
}

struct form {
    const char *prefix;
    enum selector_kind kind;
    bool (*fits)(struct span text);
    const char *wanted;
};

/* In the order in which a text without a prefix is held against them; tags always need theirs. */
static const struct form forms[] = {
    {"id:", SELECT_ID, is_device_id, "40 hexadecimal digits"},
    {"entra:", SELECT_ENTRA, selector_is_guid, "a GUID"},
    {"ip:", SELECT_IP, is_address, "an IPv4 or IPv6 address"},
    {"name:", SELECT_NAME, is_any, "a name"},
    {"tag:", SELECT_TAG, is_any, "a tag"},
    {"self:", SELECT_SELF, is_any, "a drive, or the folder of another Windows,"},
};

static void keep(struct selector *s, enum selector_kind kind, struct span value)
{
    bool lower = kind == SELECT_ID || kind == SELECT_ENTRA;
    s->kind = kind;
    for (size_t i = 0; i < value.size; i++) {
        s->value[i] = lower ? ascii_lower(value.at[i]) : value.at[i];
    }
    s->value[value.size] = '\0';
}

static bool is_text(struct span text)
{
    for (size_t i = 0; i < text.size; i++) {
        if ((unsigned char)text.at[i] < 0x20 || text.at[i] == 0x7F) {
            return false;
        }
    }
    return utf8_is_valid(text);
}

bool selector_read(struct selector *s, const char *text, struct fault *f)
{
    struct span all = span_trim(span_of(text));
    if (all.size == 0 || all.size > SELECTOR_MAX || !is_text(all)) {
        return fault_set(f, FAULT_USAGE, "device \"%.*s\": %s", SELECTOR_MAX, text,
                         all.size == 0             ? "nothing is named"
                         : all.size > SELECTOR_MAX ? "longer than 255 bytes"
                                                   : "holds control characters, or is not UTF-8");
    }
    if (span_equal(all, SPAN("-"))) {
        return fault_set(f, FAULT_USAGE, "device \"-\": standard input stands for devices in the command line only");
    }
    if (span_equal_nocase(all, SPAN("self"))) {
        keep(s, SELECT_SELF, (struct span){0});
        return true;
    }
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        struct span prefix = span_of(forms[i].prefix);
        struct span value = span_trim(span_cut(all, prefix.size, all.size));
        if (span_starts_nocase(all, prefix)) {
            keep(s, forms[i].kind, value);
            return forms[i].fits(value) || fault_set(f, FAULT_USAGE, "device \"%s\": %s is wanted after \"%s\"", text,
                                                     forms[i].wanted, forms[i].prefix);
        }
    }
    for (size_t i = 0; forms[i].kind != SELECT_TAG; i++) {
        if (forms[i].fits(all)) {
            keep(s, forms[i].kind, all);
            return true;
        }
    }
    return false; /* not reached: every text fits a name */
}
