/*
 * cert_name.c - the names in a certificate; see cert_name.h.
 */
#include "net/cert_name.h"

#include "base/address.h"
#include "base/format.h"
#include "codec/der.h"

#include <string.h>

/* Object identifiers, contents only. */
static const struct span oid_subject_alt_name = {"\x55\x1d\x11", 3};
static const struct span oid_name_constraints = {"\x55\x1d\x1e", 3};
static const struct span oid_mail = {"\x2a\x86\x48\x86\xf7\x0d\x01\x09\x01", 9}; /* emailAddress, in a distinguished name */

/* GeneralName, RFC 5280 4.2.1.6: the tags that are evaluated, and mail. */
enum {
    GENERAL_MAIL = DER_CONTEXT + 1,
    GENERAL_DNS = DER_CONTEXT + 2,
    GENERAL_DIRECTORY = DER_CONTEXT + DER_CONSTRUCTED + 4,
    GENERAL_ADDRESS = DER_CONTEXT + 7,
};

/* ---- parts of a certificate ---- */

/* The fields from the subject on: subject, subjectPublicKeyInfo, unique ids, extensions. RFC 5280 4.1. */
static bool name_from_subject_on(struct span certificate, struct span *rest)
{
    struct der outer, body, skipped;
    if (!der_take(&certificate, DER_SEQUENCE, &outer) || certificate.size != 0) {
        return false;
    }
    if (!der_take(&outer.value, DER_SEQUENCE, &body)) {
        return false;
    }
    *rest = body.value;
    (void)der_take(rest, DER_CONTEXT + DER_CONSTRUCTED, &skipped); /* version, absent in v1 */
    return der_take(rest, DER_INTEGER, &skipped) &&  /* serial number */
           der_take(rest, DER_SEQUENCE, &skipped) && /* signature */
           der_take(rest, DER_SEQUENCE, &skipped) && /* issuer */
           der_take(rest, DER_SEQUENCE, &skipped);   /* validity */
}

bool cert_name_subject(struct span certificate, struct span *subject)
{
    struct span rest;
    struct der item;
    if (!name_from_subject_on(certificate, &rest) || !der_take(&rest, DER_SEQUENCE, &item)) {
        return false;
    }
    *subject = item.whole;
    return true;
}

enum name_part { PART_ABSENT, PART_FOUND, PART_MALFORMED };

/* One Extension; its value must be one SEQUENCE, whose contents are `items`. PART_ABSENT: it is another extension. */
static enum name_part name_one_extension(struct span extension, struct span oid, struct span *items)
{
    struct der field;
    if (!der_take(&extension, DER_OID, &field)) {
        return PART_MALFORMED;
    }
    if (!span_equal(field.value, oid)) {
        return PART_ABSENT;
    }
    (void)der_take(&extension, DER_BOOLEAN, &field); /* critical */
    struct der list;
    if (!der_take(&extension, DER_OCTETS, &field) || !der_take(&field.value, DER_SEQUENCE, &list) || field.value.size != 0) {
        return PART_MALFORMED;
    }
    *items = list.value;
    return PART_FOUND;
}

/* The contents of the extension `oid`, which may stand there once. */
static enum name_part name_extension(struct span certificate, struct span oid, struct span *items)
{
    struct span rest;
    struct der item, list, extension;
    enum name_part result = PART_ABSENT;
    if (!name_from_subject_on(certificate, &rest)) {
        return PART_MALFORMED;
    }
    while (der_next(&rest, &item)) {
        if (item.tag != DER_CONTEXT + DER_CONSTRUCTED + 3) {
            continue;
        }
        if (!der_take(&item.value, DER_SEQUENCE, &list)) {
            return PART_MALFORMED;
        }
        while (der_take(&list.value, DER_SEQUENCE, &extension)) {
            enum name_part one = name_one_extension(extension.value, oid, items);
            if (one != PART_ABSENT) {
                result = result == PART_ABSENT ? one : PART_MALFORMED;
            }
        }
    }
    return result;
}

/* ---- distinguished names ---- */

static bool name_value_equal(const struct der *a, const struct der *b)
{
    bool text = (a->tag == DER_UTF8 || a->tag == DER_PRINTABLE) && (b->tag == DER_UTF8 || b->tag == DER_PRINTABLE);
    return text ? span_equal_nocase(a->value, b->value) : span_equal(a->whole, b->whole);
}

/* One RelativeDistinguishedName: nearly always one type and value; several must stand in the same order (DER sorts them). */
static bool name_rdn_equal(struct span a, struct span b)
{
    struct der pair_a, pair_b, type_a, type_b, value_a, value_b;
    while (der_take(&a, DER_SEQUENCE, &pair_a)) {
        if (!der_take(&b, DER_SEQUENCE, &pair_b) || !der_take(&pair_a.value, DER_OID, &type_a) ||
            !der_take(&pair_b.value, DER_OID, &type_b) || !span_equal(type_a.value, type_b.value) ||
            !der_next(&pair_a.value, &value_a) || !der_next(&pair_b.value, &value_b) || !name_value_equal(&value_a, &value_b)) {
            return false;
        }
    }
    return a.size == 0 && b.size == 0;
}

/* True: the RDNs of `base` are the first ones of `name`. *rest of the name is what follows. */
static bool name_begins(struct span name, struct span base, struct span *rest)
{
    struct der rdn_name, rdn_base;
    while (der_take(&base, DER_SET, &rdn_base)) {
        if (!der_take(&name, DER_SET, &rdn_name) || !name_rdn_equal(rdn_name.value, rdn_base.value)) {
            return false;
        }
    }
    *rest = name;
    return base.size == 0;
}

bool cert_name_equal(struct span a, struct span b)
{
    struct der name_a, name_b;
    struct span rest;
    if (span_equal(a, b)) {
        return true;
    }
    return der_take(&a, DER_SEQUENCE, &name_a) && der_take(&b, DER_SEQUENCE, &name_b) &&
           name_begins(name_a.value, name_b.value, &rest) && rest.size == 0;
}

/* The last value of the attribute 2.5.4.`kind` in a Name. */
static bool name_attribute(struct span name, char kind, struct span *value)
{
    const char oid[] = {0x55, 0x04, kind};
    struct der list, set, pair, type, item;
    bool found = false;
    if (!der_take(&name, DER_SEQUENCE, &list)) {
        return false;
    }
    while (der_take(&list.value, DER_SET, &set)) {
        while (der_take(&set.value, DER_SEQUENCE, &pair)) {
            if (der_take(&pair.value, DER_OID, &type) && span_equal(type.value, span_make(oid, sizeof oid)) &&
                der_next(&pair.value, &item)) {
                *value = item.value;
                found = true;
            }
        }
    }
    return found;
}

/* A NUL inside would hide what follows it. */
static void name_put(struct span value, char text[CERT_NAME_TEXT_MAX])
{
    size_t used = strlen(text);
    for (size_t i = 0; i < value.size && used < CERT_NAME_TEXT_MAX - 1; i++) {
        text[used++] = value.at[i] == '\0' ? '?' : value.at[i];
    }
    text[used] = '\0';
}

void cert_name_text(struct span name, char text[CERT_NAME_TEXT_MAX])
{
    static const struct {
        char kind;
        const char *word;
    } words[] = {{3, "CN"}, {11, "OU"}, {10, "O"}};
    struct span value;
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (name_attribute(name, words[i].kind, &value) && value.size > 0) {
            format_text(text, CERT_NAME_TEXT_MAX, "%s=", words[i].word);
            name_put(value, text);
            return;
        }
    }
    format_text(text, CERT_NAME_TEXT_MAX, "no name");
}

/* ---- hosts ---- */

static void name_address(struct span bytes, char text[CERT_NAME_TEXT_MAX])
{
    struct address a = {.family = bytes.size == 4 ? ADDRESS_IPV4 : ADDRESS_IPV6};
    char address[ADDRESS_TEXT_MAX] = "";
    if (bytes.size == 4 || bytes.size == 16) {
        memcpy(a.bytes, bytes.at, bytes.size);
        address_text(&a, address);
    }
    format_text(text, CERT_NAME_TEXT_MAX, "%s", address);
}

void cert_name_first(struct span certificate, char text[CERT_NAME_TEXT_MAX])
{
    struct span names;
    struct der name;
    text[0] = '\0';
    if (name_extension(certificate, oid_subject_alt_name, &names) != PART_FOUND) {
        return;
    }
    while (text[0] == '\0' && der_next(&names, &name)) {
        if (name.tag == GENERAL_DNS) {
            name_put(name.value, text);
        } else if (name.tag == GENERAL_ADDRESS) {
            name_address(name.value, text);
        }
    }
}

static size_t name_labels(struct span name)
{
    struct span label;
    size_t count = 0;
    while (span_next(&name, '.', &label)) {
        count++;
    }
    return count;
}

/* Last label all digits: an address in one of the forms that only resolvers take ("127.1", "0x7f.1" has letters and is a name). */
static bool name_ends_in_number(struct span host)
{
    size_t at = host.size;
    while (at > 0 && ascii_is_digit(host.at[at - 1])) {
        at--;
    }
    return at < host.size && (at == 0 || host.at[at - 1] == '.');
}

/* RFC 9525 6.3. `host` has no last dot. */
static bool name_dns_fits(struct span pattern, struct span host)
{
    if (!span_starts(pattern, SPAN("*."))) {
        return span_find(pattern, '*') == pattern.size && span_equal_nocase(pattern, host);
    }
    struct span tail = span_cut(pattern, 2, pattern.size);
    size_t dot = span_find(host, '.');
    return span_find(tail, '*') == tail.size && name_labels(tail) >= 2 && dot > 0 && dot < host.size &&
           span_equal_nocase(tail, span_cut(host, dot + 1, host.size));
}

static struct span address_bytes(const struct address *a)
{
    return span_make((const char *)a->bytes, a->family == ADDRESS_IPV4 ? 4 : 16);
}

bool cert_name_fits_host(struct span certificate, const char *host)
{
    struct span names, dns = span_of(host);
    struct der name;
    struct address address;
    bool is_address = address_parse(dns, &address);
    if (span_ends(dns, SPAN("."))) {
        dns.size--;
    }
    bool is_dns = !is_address && dns.size > 0 && !name_ends_in_number(dns);
    if (name_extension(certificate, oid_subject_alt_name, &names) != PART_FOUND) {
        return false;
    }
    while (der_next(&names, &name)) {
        if ((is_dns && name.tag == GENERAL_DNS && name_dns_fits(name.value, dns)) ||
            (is_address && name.tag == GENERAL_ADDRESS && span_equal(name.value, address_bytes(&address)))) {
            return true;
        }
    }
    return false;
}

/* ---- name constraints ---- */

/*
 * A dNSName under the base: the same, or with whole labels in front. An empty base is above all; a base that begins with a dot asks
 * for at least one label in front, which RFC 5280 does not have for this form but private authorities write.
 */
static bool name_dns_is_under(struct span name, struct span base)
{
    if (name.size == 0 || name.at[0] == '.') {
        return false;
    }
    if (base.size == 0) {
        return true;
    }
    if (base.size > name.size || !span_equal_nocase(span_cut(name, name.size - base.size, name.size), base)) {
        return false;
    }
    return base.at[0] == '.' ? name.size > base.size : name.size == base.size || name.at[name.size - base.size - 1] == '.';
}

static bool name_address_is_under(struct span name, struct span base)
{
    if (base.size != 2 * name.size) {
        return false;
    }
    for (size_t i = 0; i < name.size; i++) {
        if (((name.at[i] ^ base.at[i]) & base.at[name.size + i]) != 0) {
            return false;
        }
    }
    return true;
}

static bool name_directory_is_under(struct span name, struct span base)
{
    struct der name_items, base_items;
    struct span rest;
    return der_take(&name, DER_SEQUENCE, &name_items) && der_take(&base, DER_SEQUENCE, &base_items) &&
           name_begins(name_items.value, base_items.value, &rest);
}

static bool name_is_under(const struct der *name, const struct der *base)
{
    switch (name->tag) {
    case GENERAL_DNS:
        return name_dns_is_under(name->value, base->value);
    case GENERAL_ADDRESS:
        return name_address_is_under(name->value, base->value);
    case GENERAL_DIRECTORY:
        return name_directory_is_under(name->value, base->value);
    default:
        return false;
    }
}

/* Some host that "*.tail" stands for lies under the base: either all of them do, or the base is one label above the tail. */
static bool name_wildcard_touches(const struct der *name, const struct der *base)
{
    size_t dot = span_find(base->value, '.');
    return name->tag == GENERAL_DNS && span_starts(name->value, SPAN("*.")) && dot < base->value.size &&
           span_equal_nocase(span_cut(base->value, dot, base->value.size), span_cut(name->value, 1, name->value.size));
}

/* A GeneralSubtree: its base. `minimum` and `maximum` must be left at their defaults, RFC 5280 4.2.1.10. */
static bool name_subtree(struct span *subtrees, struct der *base)
{
    struct der subtree;
    return der_take(subtrees, DER_SEQUENCE, &subtree) && der_next(&subtree.value, base) && subtree.value.size == 0;
}

static bool name_form_is_known(unsigned char tag)
{
    return tag == GENERAL_DNS || tag == GENERAL_ADDRESS || tag == GENERAL_DIRECTORY;
}

/* One name against one list of subtrees. False also where a subtree cannot be read, or is of this form and cannot be evaluated. */
static bool name_passes(const struct der *name, struct span subtrees, bool permitted)
{
    struct der base;
    bool any = false, under = false;
    while (subtrees.size > 0) {
        if (!name_subtree(&subtrees, &base)) {
            return false;
        }
        if (base.tag != name->tag) {
            continue;
        }
        if (!name_form_is_known(base.tag)) {
            return false;
        }
        any = true;
        under = under || name_is_under(name, &base) || (!permitted && name_wildcard_touches(name, &base));
    }
    return permitted ? !any || under : !under;
}

/* Every name of the certificate against one list. A mail address in the subject counts as a name of that form. */
static bool name_all_pass(struct span certificate, struct span subtrees, bool permitted)
{
    static const struct der mail = {.tag = GENERAL_MAIL};
    struct span names, subject;
    struct der name;
    if (!cert_name_subject(certificate, &subject)) {
        return false;
    }
    struct der directory = {.tag = GENERAL_DIRECTORY, .value = subject};
    bool empty = subject.size <= 2;
    if ((!empty && !name_passes(&directory, subtrees, permitted)) ||
        (span_contains(subject, oid_mail) && !name_passes(&mail, subtrees, permitted))) {
        return false;
    }
    enum name_part part = name_extension(certificate, oid_subject_alt_name, &names);
    if (part != PART_FOUND) {
        return part == PART_ABSENT;
    }
    while (names.size > 0) {
        if (!der_next(&names, &name) || !name_passes(&name, subtrees, permitted)) {
            return false;
        }
    }
    return true;
}

bool cert_name_is_permitted(struct span authority, struct span certificate)
{
    struct span lists;
    struct der list;
    enum name_part part = name_extension(authority, oid_name_constraints, &lists);
    if (part != PART_FOUND) {
        return part == PART_ABSENT;
    }
    bool empty = lists.size == 0; /* must not be, nor may a list */
    while (lists.size > 0) {
        if (!der_next(&lists, &list) || list.value.size == 0) {
            return false;
        }
        bool permitted = list.tag == DER_CONTEXT + DER_CONSTRUCTED;
        if ((!permitted && list.tag != DER_CONTEXT + DER_CONSTRUCTED + 1) || !name_all_pass(certificate, list.value, permitted)) {
            return false;
        }
    }
    return !empty;
}
