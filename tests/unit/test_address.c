/*
 * test_address.c - base/address: IPv4 and IPv6 literals, read and written.
 */
#include "unit.h"

#include "base/address.h"

struct address_row {
    const char *in;
    const char *out; /* NULL: no literal */
};

static const struct address_row rows[] = {
    {"0.0.0.0", "0.0.0.0"},
    {"192.0.2.1", "192.0.2.1"},
    {"255.255.255.255", "255.255.255.255"},
    {"", NULL},
    {"1", NULL},
    {"1.2.3", NULL},
    {"1.2.3.4.5", NULL},
    {"1.2.3.", NULL},
    {"1.2.3.4.", NULL},
    {".1.2.3", NULL},
    {"1..2.3", NULL},
    {"256.0.0.1", NULL},
    {"1.2.3.999999999999999999999", NULL},
    {"01.2.3.4", NULL},
    {"1.2.3.00", NULL},
    {"0x7f.0.0.1", NULL},
    {"1.2.3.4 ", NULL},
    {" 1.2.3.4", NULL},
    {"+1.2.3.4", NULL},
    {"1.2.3.4/8", NULL},
    {"1.2.3.4%1", NULL},
    {"1.2.3.a", NULL},
    /* RFC 4291 2.2 */
    {"ABCD:EF01:2345:6789:ABCD:EF01:2345:6789", "abcd:ef01:2345:6789:abcd:ef01:2345:6789"},
    {"2001:DB8:0:0:8:800:200C:417A", "2001:db8::8:800:200c:417a"},
    {"FF01:0:0:0:0:0:0:101", "ff01::101"},
    {"0:0:0:0:0:0:0:1", "::1"},
    {"::1", "::1"},
    {"::", "::"},
    {"0:0:0:0:0:0:13.1.68.3", "::d01:4403"},
    {"::13.1.68.3", "::d01:4403"},
    {"0:0:0:0:0:FFFF:129.144.52.38", "::ffff:129.144.52.38"},
    {"::ffff:c000:0201", "::ffff:192.0.2.1"},
    {"64:ff9b::192.0.2.33", "64:ff9b::c000:221"},
    /* RFC 5952 4 */
    {"2001:0db8::0001", "2001:db8::1"},
    {"2001:db8:0:0:0:0:2:1", "2001:db8::2:1"},
    {"2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"},
    {"2001:db8::1:1:1:1:1", "2001:db8:0:1:1:1:1:1"},
    {"2001:0:0:1:0:0:0:1", "2001:0:0:1::1"},
    {"2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"},
    {"1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"},
    {"::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8"},
    {"1:0:0:0:0:0:0:0", "1::"},
    {"1:2:3:4:5:6:0:0", "1:2:3:4:5:6::"},
    {"0:0:3:4:5:6:7:8", "::3:4:5:6:7:8"},
    {"::ffff:0:0", "::ffff:0.0.0.0"},
    {"fe80::1%2", "fe80::1%2"},
    {"febf::1%4294967295", "febf::1%4294967295"},
    {":", NULL},
    {":::", NULL},
    {"1:2:3:4:5:6:7", NULL},
    {"1:2:3:4:5:6:7:8:9", NULL},
    {"1:2:3:4::5:6:7:8", NULL},
    {"1:2:3:4:5:6:7:8::", NULL},
    {"::1:2:3:4:5:6:7:8", NULL},
    {"1::2::3", NULL},
    {"1:::2", NULL},
    {":1:2:3:4:5:6:7", NULL},
    {"1:2:3:4:5:6:7:", NULL},
    {"1:2:3:4:5:6:7:8:", NULL},
    {"1::2:", NULL},
    {"12345::", NULL},
    {"::00001", NULL},
    {"::g", NULL},
    {"::1 ", NULL},
    {" ::1", NULL},
    {"[::1]", NULL},
    {"::1/64", NULL},
    {"1.2.3.4::", NULL},
    {"::1.2.3.4:5", NULL},
    {"1:2:3:4:5:6:7:1.2.3.4", NULL},
    {"1:2:3:4:5:1.2.3.4", NULL},
    {"::1.2.3", NULL},
    {"::1.2.3.256", NULL},
    {"::01.2.3.4", NULL},
    {"fe80::1%", NULL},
    {"fe80::1%0", NULL},
    {"fe80::1%eth0", NULL},
    {"fe80::1%4294967296", NULL},
    {"fe80::1%1%2", NULL},
    {"fec0::1%1", NULL},
    {"2001:db8::1%1", NULL},
    {"::1%1", NULL},
    {"localhost", NULL},
};

static void reads_and_writes(void)
{
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct address a = {.family = ADDRESS_IPV4, .port = 77};
        struct address again;
        char text[ADDRESS_TEXT_MAX] = "untouched";
        unit_row("%s", rows[i].in);
        bool good = address_parse(unit_edge(span_of(rows[i].in)), &a);
        CHECK_EQUAL_INT(good, rows[i].out != NULL);
        CHECK_EQUAL_INT(a.port, good ? 0 : 77); /* a refusal leaves it as it was */
        if (good && rows[i].out != NULL) {
            address_text(&a, text);
            CHECK_EQUAL_TEXT(text, rows[i].out);
            CHECK(address_parse(span_of(text), &again) && address_equal(&a, &again) && a.scope == again.scope);
            CHECK_EQUAL_INT(a.family, strchr(rows[i].in, ':') != NULL ? ADDRESS_IPV6 : ADDRESS_IPV4);
        }
    }
}

static void has_network_order(void)
{
    struct address a;
    CHECK(address_parse(SPAN("192.0.2.1"), &a));
    CHECK(memcmp(a.bytes, "\xC0\x00\x02\x01", 4) == 0);
    CHECK(address_parse(SPAN("fe80::1:203%7"), &a));
    CHECK(memcmp(a.bytes, "\xFE\x80\0\0\0\0\0\0\0\0\0\0\x00\x01\x02\x03", 16) == 0);
    CHECK_EQUAL_INT(a.scope, 7);
}

static void longest_text_fits(void)
{
    struct address a = {.family = ADDRESS_IPV6, .scope = UINT32_MAX};
    char text[ADDRESS_TEXT_MAX];
    memset(a.bytes, 0xFE, sizeof a.bytes);
    address_text(&a, text);
    CHECK_EQUAL_TEXT(text, "fefe:fefe:fefe:fefe:fefe:fefe:fefe:fefe%4294967295");
    a.family = ADDRESS_NONE;
    address_text(&a, text);
    CHECK_EQUAL_TEXT(text, "");
}

static void compares(void)
{
    struct address a, b;
    CHECK(address_parse(SPAN("fe80::1%1"), &a) && address_parse(SPAN("fe80::1%2"), &b));
    b.port = 443;
    CHECK(address_equal(&a, &b));
    b.bytes[15] = 2;
    CHECK(!address_equal(&a, &b));
    CHECK(address_parse(SPAN("1.2.3.4"), &a) && address_parse(SPAN("1.2.3.4"), &b));
    b.bytes[4] = 9; /* not part of an IPv4 address */
    CHECK(address_equal(&a, &b));
    b.family = ADDRESS_IPV6;
    CHECK(!address_equal(&a, &b));
}

static const struct unit_test tests[] = {
    TEST(reads_and_writes),
    TEST(has_network_order),
    TEST(longest_text_fits),
    TEST(compares),
};
UNIT_MAIN(tests)
