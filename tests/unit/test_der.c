/*
 * test_der.c - DER items: lengths, tags, cuts.
 */
#include "unit.h"

#include "codec/der.h"

static void items(void)
{
    const struct {
        struct span bytes;
        bool good;
        unsigned char tag;
        size_t value, rest;
    } rows[] = {
        {SPAN("\x05\x00"), true, 0x05, 0, 0},
        {SPAN("\x04\x02" "ab"), true, 0x04, 2, 0},
        {SPAN("\x04\x02" "abcd"), true, 0x04, 2, 2},
        {SPAN("\xa3\x01" "a"), true, 0xa3, 1, 0},
        {SPAN(""), false, 0, 0, 0},
        {SPAN("\x04"), false, 0, 0, 0},
        {SPAN("\x04\x03" "ab"), false, 0, 0, 0},
        {SPAN("\x04\x80" "ab"), false, 0, 0, 0},             /* indefinite */
        {SPAN("\x04\x81\x02" "ab"), false, 0, 0, 0},         /* not the shortest form */
        {SPAN("\x04\x82\x00\x80" "ab"), false, 0, 0, 0},     /* leading zero */
        {SPAN("\x04\x84\xff\xff\xff\xff" "ab"), false, 0, 0, 0},
        {SPAN("\x04\x85\x01\x00\x00\x00\x00" "ab"), false, 0, 0, 0},
        {SPAN("\x04\xff" "ab"), false, 0, 0, 0},
        {SPAN("\x1f\x01" "a"), false, 0, 0, 0},              /* a tag of several bytes */
        {SPAN("\xbf\x81\x01\x00"), false, 0, 0, 0},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct span bytes = unit_edge(rows[i].bytes), rest = bytes;
        struct der item;
        unit_row("%zu", i);
        CHECK_EQUAL_INT(der_next(&rest, &item), rows[i].good);
        if (rows[i].good) {
            CHECK_EQUAL_INT(item.tag, rows[i].tag);
            CHECK_EQUAL_INT(item.value.size, rows[i].value);
            CHECK_EQUAL_INT(rest.size, rows[i].rest);
            CHECK_EQUAL_INT(item.whole.size, bytes.size - rest.size);
            CHECK(item.whole.at == bytes.at);
        } else {
            CHECK(rest.at == bytes.at && rest.size == bytes.size);
        }
    }
}

static void long_lengths(void)
{
    static char bytes[70000];
    for (size_t size = 126; size <= 66000; size += size < 300 ? 1 : 65021) {
        size_t head = size < 128 ? 2 : size < 256 ? 3 : size < 65536 ? 4 : 5;
        unsigned char *at = (unsigned char *)bytes;
        at[0] = 0x30;
        at[1] = (unsigned char)(size < 128 ? size : 0x80 + head - 2);
        for (size_t i = 2; i < head; i++) {
            at[i] = (unsigned char)(size >> (8 * (head - 1 - i)));
        }
        struct span rest = unit_edge(span_make(bytes, head + size));
        struct der item;
        unit_row("%zu", size);
        CHECK(der_next(&rest, &item));
        CHECK_EQUAL_INT(item.value.size, size);
        rest = unit_edge(span_make(bytes, head + size - 1));
        CHECK(!der_next(&rest, &item));
    }
}

static void take(void)
{
    struct span rest = SPAN("\x02\x01\x05\x30\x00");
    struct der item;
    CHECK(!der_take(&rest, DER_SEQUENCE, &item));
    CHECK_EQUAL_INT(rest.size, 5);
    CHECK(der_take(&rest, DER_INTEGER, &item));
    CHECK_EQUAL_SPAN(item.value, SPAN("\x05"));
    CHECK(der_take(&rest, DER_SEQUENCE, &item));
    CHECK_EQUAL_INT(rest.size, 0);
    CHECK(!der_take(&rest, DER_SEQUENCE, &item));
}

static const struct unit_test tests[] = {TEST(items), TEST(long_lengths), TEST(take)};
UNIT_MAIN(tests)
