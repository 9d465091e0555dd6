/*
 * test_cert_name.c - names in certificates: certificates of a few bytes, made here, with what openssl would not put into one.
 *
 * What whole chains make of names is in make_chains.py.
 */
#include "unit.h"

#include "base/buf.h"
#include "net/cert_name.h"

enum { CERTIFICATE_MAX = 4096 };

#define NO_EXTENSIONS ""
#define OID_SAN "\x06\x03\x55\x1d\x11"
#define OID_NC "\x06\x03\x55\x1d\x1e"
#define OID_OTHER "\x06\x03\x55\x1d\x13"
#define CRITICAL "\x01\x01\xff"

/* ---- making ---- */

/* One DER item with a length of two bytes at most. */
static void put(struct buf *to, unsigned char tag, struct span value)
{
    buf_put_char(to, (char)tag);
    if (value.size >= 0x80) {
        buf_put_char(to, (char)0x82);
        buf_put_char(to, (char)(value.size >> 8));
    }
    buf_put_char(to, (char)value.size);
    buf_put(to, value);
}

/* A certificate with this subject (contents of the Name) and these extensions (contents of the SEQUENCE; none where it is empty). */
static struct buf certificate(struct span subject, struct span extensions)
{
    struct buf body = buf_init(CERTIFICATE_MAX), list = buf_init(CERTIFICATE_MAX), outer = buf_init(CERTIFICATE_MAX);
    buf_put(&body, SPAN("\xa0\x03\x02\x01\x02" "\x02\x01\x01" "\x30\x00" "\x30\x00" "\x30\x00"));
    put(&body, 0x30, subject);
    put(&body, 0x30, SPAN(""));
    if (extensions.size > 0) {
        put(&list, 0x30, extensions);
        put(&body, 0xa3, buf_span(&list));
    }
    buf_clear(&list);
    put(&list, 0x30, buf_span(&body));
    put(&outer, 0x30, buf_span(&list));
    buf_free(&body);
    buf_free(&list);
    return outer;
}

/* An extension: OID (and critical), then the value inside an OCTET STRING inside nothing else. */
static void put_extension(struct buf *to, struct span oid, struct span value)
{
    struct buf one = buf_init(CERTIFICATE_MAX);
    buf_put(&one, oid);
    put(&one, 0x04, value);
    put(to, 0x30, buf_span(&one));
    buf_free(&one);
}

static struct buf with_extension(struct span oid, struct span value, unsigned times)
{
    struct buf list = buf_init(CERTIFICATE_MAX);
    put_extension(&list, SPAN(OID_OTHER), SPAN("\x30\x00"));
    for (unsigned i = 0; i < times; i++) {
        put_extension(&list, oid, value);
    }
    struct buf made = certificate(SPAN(""), buf_span(&list));
    buf_free(&list);
    return made;
}

/* ---- distinguished names ---- */

#define CN(tag, length, text) "\x31" "\x0a" "\x30\x08\x06\x03\x55\x04\x03" tag length text
#define NAME_A "\x30\x0c" CN("\x0c", "\x01", "a")
#define NAME_EMPTY "\x30\x00"

static void names_equal(void)
{
    const struct {
        struct span a, b;
        bool equal;
    } rows[] = {
        {SPAN(NAME_A), SPAN(NAME_A), true},
        {SPAN(NAME_A), SPAN("\x30\x0c" CN("\x13", "\x01", "a")), true},
        {SPAN(NAME_A), SPAN("\x30\x0c" CN("\x13", "\x01", "A")), true},
        {SPAN(NAME_A), SPAN("\x30\x0c" CN("\x0c", "\x01", "b")), false},
        {SPAN(NAME_A), SPAN("\x30\x0c" CN("\x16", "\x01", "a")), false}, /* IA5String is compared as it stands */
        {SPAN("\x30\x0c" CN("\x16", "\x01", "a")), SPAN("\x30\x0c" CN("\x16", "\x01", "A")), false},
        {SPAN(NAME_A), SPAN(NAME_EMPTY), false},
        {SPAN(NAME_EMPTY), SPAN(NAME_EMPTY), true},
        {SPAN(NAME_A), SPAN("\x30\x18" CN("\x0c", "\x01", "a") CN("\x0c", "\x01", "a")), false},
        {SPAN("\x30\x18" CN("\x0c", "\x01", "a") CN("\x0c", "\x01", "b")), SPAN("\x30\x18" CN("\x0c", "\x01", "b") CN("\x0c", "\x01", "a")),
         false},
        {SPAN(NAME_A), SPAN("\x30\x0c\x31\x0a\x30\x08\x06\x03\x55\x04\x0a\x0c\x01" "a"), false}, /* an O, not a CN */
        {SPAN(NAME_A), SPAN("\x30\x0c\x31\x0a\x30\x09\x06\x03\x55\x04\x03\x0c\x01" "a"), false}, /* malformed */
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct span a = unit_edge_slot(0, rows[i].a), b = unit_edge_slot(1, rows[i].b);
        unit_row("%zu", i);
        CHECK_EQUAL_INT(cert_name_equal(a, b), rows[i].equal);
        CHECK_EQUAL_INT(cert_name_equal(b, a), rows[i].equal);
    }
}

static void names_as_text(void)
{
    const struct {
        struct span name;
        const char *text;
    } rows[] = {
        {SPAN(NAME_A), "CN=a"},
        {SPAN("\x30\x0c\x31\x0a\x30\x08\x06\x03\x55\x04\x0a\x0c\x01" "f"), "O=f"},
        {SPAN("\x30\x0c\x31\x0a\x30\x08\x06\x03\x55\x04\x0b\x0c\x01" "u"), "OU=u"},
        {SPAN("\x30\x0c\x31\x0a\x30\x08\x06\x03\x55\x04\x06\x0c\x01" "c"), "no name"},
        {SPAN(NAME_EMPTY), "no name"},
        {SPAN("\x30"), "no name"},
        {SPAN(""), "no name"},
    };
    char text[CERT_NAME_TEXT_MAX];
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        unit_row("%zu", i);
        cert_name_text(unit_edge(rows[i].name), text);
        CHECK_EQUAL_TEXT(text, rows[i].text);
    }
}

static void long_name_is_cut(void)
{
    char name[213] = "\x30\x81\xd2\x31\x81\xcf\x30\x81\xcc\x06\x03\x55\x04\x03\x0c\x81\xc4"; /* a CN of 196 bytes */
    char text[CERT_NAME_TEXT_MAX];
    memset(name + 17, 'x', 196);
    cert_name_text(unit_edge(span_make(name, sizeof name)), text);
    CHECK_EQUAL_INT(strlen(text), CERT_NAME_TEXT_MAX - 1);
    CHECK(strncmp(text, "CN=xxx", 6) == 0);
}

/* ---- hosts ---- */

#define DNS(length, name) "\x82" length name

static void san_once_and_well_formed(void)
{
    const struct {
        struct span value;
        unsigned times;
        bool fits;
    } rows[] = {
        {SPAN("\x30\x05" DNS("\x03", "a.b")), 1, true},
        {SPAN("\x30\x05" DNS("\x03", "a.b")), 0, false},
        {SPAN("\x30\x05" DNS("\x03", "a.b")), 2, false},        /* twice */
        {SPAN("\x30\x05" DNS("\x03", "a.b") "\x05\x00"), 1, false}, /* something behind the list */
        {SPAN("\x30\x06" DNS("\x03", "a.b")), 1, false},        /* longer than it is */
        {SPAN("\x30\x09" DNS("\x02", "xy") DNS("\x03", "a.b")), 1, true},
        {SPAN("\x31\x05" DNS("\x03", "a.b")), 1, false},        /* a SET */
        {SPAN("\x30\x06" DNS("\x04", "a.b\0")), 1, false},
        {SPAN("\x30\x06" DNS("\x04", "a.b.")), 1, false},
        {SPAN("\x30\x05" "\x86\x03" "a.b"), 1, false},          /* a URI */
        {SPAN("\x30\x05" "\x81\x03" "a.b"), 1, false},          /* mail */
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct buf made = with_extension(SPAN(OID_SAN), rows[i].value, rows[i].times);
        unit_row("%zu", i);
        CHECK_EQUAL_INT(cert_name_fits_host(unit_edge(buf_span(&made)), "a.b"), rows[i].fits);
        buf_free(&made);
    }
}

static void hosts(void)
{
    const struct {
        struct span name;
        const char *host;
        bool fits;
    } rows[] = {
        {SPAN("*.b.c"), "a.b.c", true},    {SPAN("*.b.c"), "a.b.c.", true},  {SPAN("*.b.c"), "b.c", false},
        {SPAN("*.b.c"), ".b.c", false},    {SPAN("*.c"), "b.c", false},      {SPAN("*."), "a.", false},
        {SPAN("*"), "a", false},           {SPAN("*.*.c"), "a.b.c", false},  {SPAN("a.*.c"), "a.b.c", false},
        {SPAN("*a.b.c"), "xa.b.c", false}, {SPAN("a*.b.c"), "ax.b.c", false}, {SPAN("*.b.c"), "*.b.c", true},
        {SPAN(""), "", false},             {SPAN(""), ".", false},           {SPAN("."), ".", false},
        {SPAN("1.2.3.4"), "1.2.3.4", false}, {SPAN("1.2.3.4"), "1.2.3.4.", false}, {SPAN("a.4"), "a.4", false},
        {SPAN("4.a"), "4.a", true},        {SPAN("*.2.3.4"), "1.2.3.4", false}, {SPAN("::1"), "::1", false},
        {SPAN("a\0.b.c"), "a", false},     {SPAN("*.b..c"), "a.b..c", true},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct buf san = buf_init(CERTIFICATE_MAX), list = buf_init(CERTIFICATE_MAX);
        put(&list, 0x82, rows[i].name);
        put(&san, 0x30, buf_span(&list));
        struct buf made = with_extension(SPAN(OID_SAN), buf_span(&san), 1);
        unit_row("%.*s for %s", SPAN_ARG(rows[i].name), rows[i].host);
        CHECK_EQUAL_INT(cert_name_fits_host(unit_edge(buf_span(&made)), rows[i].host), rows[i].fits);
        buf_free(&made);
        buf_free(&list);
        buf_free(&san);
    }
}

/* ---- name constraints ---- */

#define PERMITTED(length, items) "\xa0" length items
#define EXCLUDED(length, items) "\xa1" length items
#define TREE(length, base) "\x30" length base

static void constraints_that_are_odd(void)
{
    const struct {
        const char *title;
        struct span value;
        unsigned times;
        bool permitted; /* for a certificate with the one name a.b */
    } rows[] = {
        {"none", SPAN(""), 0, true},
        {"a.b permitted", SPAN("\x30\x09" PERMITTED("\x07", TREE("\x05", DNS("\x03", "a.b")))), 1, true},
        {"the same twice", SPAN("\x30\x09" PERMITTED("\x07", TREE("\x05", DNS("\x03", "a.b")))), 2, false},
        {"everything permitted", SPAN("\x30\x06" PERMITTED("\x04", TREE("\x02", DNS("\x00", "")))), 1, true},
        {"everything excluded", SPAN("\x30\x06" EXCLUDED("\x04", TREE("\x02", DNS("\x00", "")))), 1, false},
        {"permitted and excluded",
         SPAN("\x30\x10" PERMITTED("\x07", TREE("\x05", DNS("\x03", "a.b"))) EXCLUDED("\x05", TREE("\x03", DNS("\x01", "b")))), 1, false},
        {"nothing in it", SPAN("\x30\x00"), 1, false},
        {"an empty list", SPAN("\x30\x02" PERMITTED("\x00", "")), 1, false},
        {"a third list", SPAN("\x30\x09\xa2\x07" TREE("\x05", DNS("\x03", "a.b"))), 1, false},
        {"no subtree", SPAN("\x30\x07" PERMITTED("\x05", DNS("\x03", "a.b"))), 1, false},
        {"a minimum", SPAN("\x30\x0c" PERMITTED("\x0a", TREE("\x08", DNS("\x03", "a.b") "\x80\x01\x00"))), 1, false},
        {"cut short", SPAN("\x30\x09" PERMITTED("\x07", TREE("\x05", DNS("\x04", "a.b")))), 1, false},
        {"no list at all", SPAN("\x04\x02" "ab"), 1, false},
        {"address of odd size", SPAN("\x30\x09" PERMITTED("\x07", TREE("\x05", "\x87\x03" "abc"))), 1, true},
    };
    struct buf leaf = with_extension(SPAN(OID_SAN), SPAN("\x30\x05" DNS("\x03", "a.b")), 1);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct buf made = with_extension(SPAN(OID_NC CRITICAL), rows[i].value, rows[i].times);
        unit_row("%s", rows[i].title);
        CHECK_EQUAL_INT(cert_name_is_permitted(unit_edge_slot(0, buf_span(&made)), unit_edge_slot(1, buf_span(&leaf))),
                        rows[i].permitted);
        buf_free(&made);
    }
    buf_free(&leaf);
}

static void dns_constraints(void)
{
    const struct {
        struct span name, base;
        bool under;    /* permitted where only the base is */
        bool excluded; /* refused where the base is excluded */
    } rows[] = {
        {SPAN("a.b"), SPAN("a.b"), true, true},      {SPAN("x.a.b"), SPAN("a.b"), true, true},
        {SPAN("xa.b"), SPAN("a.b"), false, false},   {SPAN("b"), SPAN("a.b"), false, false},
        {SPAN("A.B"), SPAN("a.b"), true, true},      {SPAN("a.b"), SPAN(".a.b"), false, false},
        {SPAN("x.a.b"), SPAN(".a.b"), true, true},   {SPAN("xa.b"), SPAN(".a.b"), false, false},
        {SPAN("*.a.b"), SPAN("a.b"), true, true},    {SPAN("*.a.b"), SPAN("x.a.b"), false, true},
        {SPAN("*.a.b"), SPAN("y.x.a.b"), false, false}, {SPAN("*.a.b"), SPAN("b"), true, true},
        {SPAN(".a.b"), SPAN("a.b"), false, false},   {SPAN(""), SPAN("a.b"), false, false},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        for (unsigned char list_tag = 0xa0; list_tag <= 0xa1; list_tag++) {
            struct buf name = buf_init(CERTIFICATE_MAX), san = buf_init(CERTIFICATE_MAX), base = buf_init(CERTIFICATE_MAX);
            struct buf tree = buf_init(CERTIFICATE_MAX), list = buf_init(CERTIFICATE_MAX), value = buf_init(CERTIFICATE_MAX);
            put(&name, 0x82, rows[i].name);
            put(&san, 0x30, buf_span(&name));
            put(&base, 0x82, rows[i].base);
            put(&tree, 0x30, buf_span(&base));
            put(&list, list_tag, buf_span(&tree));
            put(&value, 0x30, buf_span(&list));
            struct buf leaf = with_extension(SPAN(OID_SAN), buf_span(&san), 1);
            struct buf authority = with_extension(SPAN(OID_NC), buf_span(&value), 1);
            unit_row("%.*s under %.*s, list %x", SPAN_ARG(rows[i].name), SPAN_ARG(rows[i].base), (unsigned)list_tag);
            CHECK_EQUAL_INT(cert_name_is_permitted(unit_edge_slot(0, buf_span(&authority)), unit_edge_slot(1, buf_span(&leaf))),
                            list_tag == 0xa0 ? rows[i].under : !rows[i].excluded);
            struct buf *all[] = {&name, &san, &base, &tree, &list, &value, &leaf, &authority};
            for (size_t j = 0; j < COUNT_OF(all); j++) {
                buf_free(all[j]);
            }
        }
    }
}

/* ---- cuts ---- */

static void certificates_cut_off(void)
{
    struct buf san = with_extension(SPAN(OID_SAN), SPAN("\x30\x05" DNS("\x03", "a.b")), 1);
    struct buf constraints = with_extension(SPAN(OID_NC), SPAN("\x30\x09" EXCLUDED("\x07", TREE("\x05", DNS("\x03", "x.y")))), 1);
    CHECK(cert_name_fits_host(buf_span(&san), "a.b"));
    CHECK(cert_name_is_permitted(buf_span(&constraints), buf_span(&san)));
    for (size_t i = 0; i < san.size; i++) {
        struct span cut = unit_edge_slot(0, span_cut(buf_span(&san), 0, i)), subject;
        char text[CERT_NAME_TEXT_MAX];
        unit_row("%zu of %zu", i, san.size);
        CHECK(!cert_name_fits_host(cut, "a.b"));
        CHECK(!cert_name_subject(cut, &subject));
        CHECK(!cert_name_is_permitted(buf_span(&constraints), cut));
        cert_name_first(cut, text);
        CHECK_EQUAL_TEXT(text, "");
    }
    for (size_t i = 0; i < constraints.size; i++) {
        CHECK(!cert_name_is_permitted(unit_edge_slot(0, span_cut(buf_span(&constraints), 0, i)), buf_span(&san)));
    }
    buf_free(&san);
    buf_free(&constraints);
}

static const struct unit_test tests[] = {
    TEST(names_equal),     TEST(names_as_text), TEST(long_name_is_cut),         TEST(san_once_and_well_formed),
    TEST(hosts),           TEST(dns_constraints), TEST(constraints_that_are_odd), TEST(certificates_cut_off),
};
UNIT_MAIN(tests)
