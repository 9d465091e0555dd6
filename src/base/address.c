/*
 * address.c - an IP address and its text; see address.h.
 */
#include "base/address.h"

#include "base/format.h"

#include <string.h>

enum { IPV4_SIZE = 4, IPV6_SIZE = 16, GROUPS = 8 };

static bool parse_ipv4(struct span text, unsigned char *bytes)
{
    struct span part;
    size_t count = 0;
    if (span_ends(text, SPAN("."))) {
        return false;
    }
    while (span_next(&text, '.', &part)) {
        uint64_t value;
        if (count == IPV4_SIZE || (part.size > 1 && part.at[0] == '0') || !span_decimal(part, 255, &value)) {
            return false;
        }
        bytes[count++] = (unsigned char)value;
    }
    return count == IPV4_SIZE;
}

static bool parse_group(struct span text, unsigned char *bytes)
{
    unsigned value = 0;
    for (size_t i = 0; i < text.size; i++) {
        unsigned digit = ascii_hex_value(text.at[i]);
        if (digit > 15) {
            return false;
        }
        value = value << 4 | digit;
    }
    bytes[0] = (unsigned char)(value >> 8 & 0xFF);
    bytes[1] = (unsigned char)(value & 0xFF);
    return text.size >= 1 && text.size <= 4;
}

/* Groups with single colons between them; an IPv4 address may stand in place of the last two where `ipv4_last`. */
static bool parse_groups(struct span text, bool ipv4_last, unsigned char bytes[IPV6_SIZE], size_t *size)
{
    struct span part;
    *size = 0;
    if (span_ends(text, SPAN(":"))) {
        return false;
    }
    while (span_next(&text, ':', &part)) {
        bool ipv4 = ipv4_last && text.size == 0 && span_find(part, '.') < part.size;
        size_t step = ipv4 ? IPV4_SIZE : 2;
        if (*size + step > IPV6_SIZE || part.size > 15 ||
            !(ipv4 ? parse_ipv4(part, bytes + *size) : parse_group(part, bytes + *size))) {
            return false;
        }
        *size += step;
    }
    return true;
}

static bool parse_ipv6(struct span text, unsigned char bytes[IPV6_SIZE])
{
    unsigned char tail[IPV6_SIZE];
    size_t size, tail_size;
    size_t gap = 0;
    while (gap + 2 <= text.size && !span_starts(span_cut(text, gap, text.size), SPAN("::"))) {
        gap++;
    }
    if (gap + 2 > text.size) {
        return parse_groups(text, true, bytes, &size) && size == IPV6_SIZE;
    }
    if (!parse_groups(span_cut(text, 0, gap), false, bytes, &size) ||
        !parse_groups(span_cut(text, gap + 2, text.size), true, tail, &tail_size) ||
        size + tail_size > IPV6_SIZE - 2) {
        return false;
    }
    memset(bytes + size, 0, IPV6_SIZE - size);
    memcpy(bytes + IPV6_SIZE - tail_size, tail, tail_size);
    return true;
}

/* Zones are for link-local addresses, fe80::/10 (RFC 4007 section 11). */
static bool parse_zone(struct span text, struct address *a)
{
    uint64_t number;
    if (a->bytes[0] != 0xFE || (a->bytes[1] & 0xC0) != 0x80 || !span_decimal(text, UINT32_MAX, &number) ||
        number == 0) {
        return false;
    }
    a->scope = (uint32_t)number;
    return true;
}

bool address_parse(struct span text, struct address *a)
{
    struct address found = {0};
    size_t zone = span_find(text, '%');
    if (parse_ipv4(text, found.bytes)) {
        found.family = ADDRESS_IPV4;
    } else if (parse_ipv6(span_cut(text, 0, zone), found.bytes)) {
        found.family = ADDRESS_IPV6;
        if (zone < text.size && !parse_zone(span_cut(text, zone + 1, text.size), &found)) {
            return false;
        }
    } else {
        return false;
    }
    *a = found;
    return true;
}

/* The longest run of two or more zero groups, the first of equals (RFC 5952 section 4.2). */
static void longest_gap(const unsigned groups[GROUPS], size_t *start, size_t *length)
{
    *start = GROUPS;
    *length = 1;
    for (size_t i = 0, run = 0; i < GROUPS; i++) {
        run = groups[i] == 0 ? run + 1 : 0;
        if (run > *length) {
            *length = run;
            *start = i + 1 - run;
        }
    }
}

static size_t write_groups(const unsigned groups[GROUPS], size_t count, char text[ADDRESS_TEXT_MAX])
{
    size_t start, length;
    size_t used = 0;
    longest_gap(groups, &start, &length);
    for (size_t i = 0; i < count;) {
        if (i == start) {
            used += format_text(text + used, ADDRESS_TEXT_MAX - used, "::");
            i += length;
        } else {
            const char *colon = i > 0 && i != start + length ? ":" : "";
            used += format_text(text + used, ADDRESS_TEXT_MAX - used, "%s%x", colon, groups[i++]);
        }
    }
    return used;
}

static void write_ipv6(const struct address *a, char text[ADDRESS_TEXT_MAX])
{
    static const unsigned char mapped[12] = {[10] = 0xFF, [11] = 0xFF};
    const unsigned char *b = a->bytes;
    unsigned groups[GROUPS];
    for (size_t i = 0; i < GROUPS; i++) {
        groups[i] = (unsigned)b[2 * i] << 8 | b[2 * i + 1];
    }
    bool is_mapped = memcmp(b, mapped, sizeof mapped) == 0;
    size_t used = write_groups(groups, is_mapped ? 6 : GROUPS, text);
    if (is_mapped) {
        format_text(text + used, ADDRESS_TEXT_MAX - used, ":%u.%u.%u.%u", b[12], b[13], b[14], b[15]);
    } else if (a->scope != 0) {
        format_text(text + used, ADDRESS_TEXT_MAX - used, "%%%lu", (unsigned long)a->scope);
    }
}

void address_text(const struct address *a, char text[ADDRESS_TEXT_MAX])
{
    const unsigned char *b = a->bytes;
    text[0] = '\0';
    if (a->family == ADDRESS_IPV4) {
        format_text(text, ADDRESS_TEXT_MAX, "%u.%u.%u.%u", b[0], b[1], b[2], b[3]);
    } else if (a->family == ADDRESS_IPV6) {
        write_ipv6(a, text);
    }
}

bool address_equal(const struct address *a, const struct address *b)
{
    size_t size = a->family == ADDRESS_IPV4 ? IPV4_SIZE : a->family == ADDRESS_IPV6 ? IPV6_SIZE : 0;
    return a->family == b->family && memcmp(a->bytes, b->bytes, size) == 0;
}
