/*
 * test_span.c - base/span: compare, trim, cut, search, numbers.
 */
#include "unit.h"

#include <limits.h>

static void is_made(void)
{
    CHECK_EQUAL_INT(span_of(NULL).size, 0);
    CHECK_EQUAL_INT(span_of("abc").size, 3);
    CHECK_EQUAL_INT(SPAN("a\0b").size, 3);
    CHECK_EQUAL_INT(span_precision(span_make(NULL, (size_t)INT_MAX + 1)), INT_MAX);
    CHECK_EQUAL_INT(span_precision(SPAN("ab")), 2);
    char text[8];
    snprintf(text, sizeof text, "<%.*s>", SPAN_ARG(SPAN("abc")));
    CHECK_EQUAL_TEXT(text, "<abc>");
    struct span none = {0};
    snprintf(text, sizeof text, "<%.*s>", SPAN_ARG(none));
    CHECK_EQUAL_TEXT(text, "<>");
}

struct compare_row {
    const char *a, *b;
    bool equal, equal_nocase, starts, starts_nocase, ends, contains;
};

static void compares(void)
{
    static const struct compare_row rows[] = {
        {"", "", 1, 1, 1, 1, 1, 1},           {"a", "", 0, 0, 1, 1, 1, 1},
        {"", "a", 0, 0, 0, 0, 0, 0},          {"abc", "abc", 1, 1, 1, 1, 1, 1},
        {"abc", "ABC", 0, 1, 0, 1, 0, 0},     {"abc", "ab", 0, 0, 1, 1, 0, 1},
        {"abc", "AB", 0, 0, 0, 1, 0, 0},      {"abc", "bc", 0, 0, 0, 0, 1, 1},
        {"abc", "b", 0, 0, 0, 0, 0, 1},       {"abc", "abcd", 0, 0, 0, 0, 0, 0},
        {"aab", "ab", 0, 0, 0, 0, 1, 1},      {"[", "{", 0, 0, 0, 0, 0, 0},
        {"\xC4", "\xE4", 0, 0, 0, 0, 0, 0},   {"@", "`", 0, 0, 0, 0, 0, 0},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const struct compare_row *row = &rows[i];
        unit_row("%s / %s", row->a, row->b);
        struct span a = unit_edge_slot(0, span_of(row->a));
        struct span b = unit_edge_slot(1, span_of(row->b));
        CHECK_EQUAL_INT(span_equal(a, b), row->equal);
        CHECK_EQUAL_INT(span_equal_nocase(a, b), row->equal_nocase);
        CHECK_EQUAL_INT(span_starts(a, b), row->starts);
        CHECK_EQUAL_INT(span_starts_nocase(a, b), row->starts_nocase);
        CHECK_EQUAL_INT(span_ends(a, b), row->ends);
        CHECK_EQUAL_INT(span_contains(a, b), row->contains);
    }
    CHECK(!span_equal(SPAN("a\0b"), SPAN("a\0c")));
    CHECK(span_equal((struct span){0}, SPAN("")));
}

static void trims(void)
{
    static const char *const rows[][2] = {
        {"", ""}, {" ", ""}, {"a", "a"}, {" \t\r\na b\n\r\t ", "a b"}, {"\va\f", "\va\f"}, {"\xA0", "\xA0"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        unit_row("%zu", i);
        CHECK_EQUAL_SPAN(span_trim(unit_edge(span_of(rows[i][0]))), span_of(rows[i][1]));
    }
}

static void cuts(void)
{
    struct span s = SPAN("0123456789");
    CHECK_EQUAL_SPAN(span_cut(s, 0, 10), s);
    CHECK_EQUAL_SPAN(span_cut(s, 2, 5), SPAN("234"));
    CHECK_EQUAL_SPAN(span_cut(s, 9, SIZE_MAX), SPAN("9"));
    CHECK_EQUAL_SPAN(span_cut(s, 10, 10), SPAN(""));
    CHECK_EQUAL_SPAN(span_cut(s, 11, 20), SPAN(""));
    CHECK_EQUAL_SPAN(span_cut(s, 5, 2), SPAN(""));
    CHECK_EQUAL_SPAN(span_cut((struct span){0}, 0, 1), SPAN(""));
}

static void finds(void)
{
    CHECK_EQUAL_INT(span_find(unit_edge(SPAN("abcb")), 'b'), 1);
    CHECK_EQUAL_INT(span_find(unit_edge(SPAN("abc")), 'x'), 3);
    CHECK_EQUAL_INT(span_find(SPAN("a\0b"), '\0'), 1);
    CHECK_EQUAL_INT(span_find((struct span){0}, 'x'), 0);
}

struct next_row {
    const char *text;
    const char *parts; /* each in front of a '|' */
};

static void splits(void)
{
    static const struct next_row rows[] = {
        {"", ""}, {"a", "a|"}, {"a,b,", "a|b|"}, {",", "|"}, {",a", "|a|"}, {"a,,b", "a||b|"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct span rest = unit_edge(span_of(rows[i].text));
        struct span part;
        char got[32] = "";
        unit_row("%s", rows[i].text);
        while (span_next(&rest, ',', &part)) {
            size_t used = strlen(got);
            snprintf(got + used, sizeof got - used, "%.*s|", SPAN_ARG(part));
        }
        CHECK_EQUAL_TEXT(got, rows[i].parts);
    }
}

struct decimal_row {
    const char *text;
    uint64_t max;
    bool good;
    uint64_t value;
};

static void reads_decimals(void)
{
    static const struct decimal_row rows[] = {
        {"0", 0, true, 0},
        {"1", 0, false, 0},
        {"9", 9, true, 9},
        {"10", 9, false, 0},
        {"254", 255, true, 254},
        {"255", 255, true, 255},
        {"256", 255, false, 0},
        {"00255", 255, true, 255},
        {"5", 4, false, 0},
        {"18446744073709551614", UINT64_MAX, true, UINT64_MAX - 1},
        {"18446744073709551615", UINT64_MAX, true, UINT64_MAX},
        {"18446744073709551616", UINT64_MAX, false, 0},
        {"99999999999999999999999", UINT64_MAX, false, 0},
        {"", UINT64_MAX, false, 0},
        {"+1", UINT64_MAX, false, 0},
        {"-1", UINT64_MAX, false, 0},
        {" 1", UINT64_MAX, false, 0},
        {"1 ", UINT64_MAX, false, 0},
        {"0x10", UINT64_MAX, false, 0},
        {"1/", UINT64_MAX, false, 0},
        {"1:", UINT64_MAX, false, 0},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const struct decimal_row *row = &rows[i];
        uint64_t value = 77;
        unit_row("%s", row->text);
        CHECK_EQUAL_INT(span_decimal(unit_edge(span_of(row->text)), row->max, &value), row->good);
        CHECK(value == (row->good ? row->value : 77));
    }
}

static void knows_ascii(void)
{
    for (int i = CHAR_MIN; i <= CHAR_MAX; i++) {
        char c = (char)i;
        bool upper = i >= 'A' && i <= 'Z';
        bool lower = i >= 'a' && i <= 'z';
        bool digit = i >= '0' && i <= '9';
        unit_row("character %d", i);
        CHECK_EQUAL_INT(ascii_lower(c), upper ? i + 32 : i);
        CHECK_EQUAL_INT(ascii_is_letter(c), upper || lower);
        CHECK_EQUAL_INT(ascii_is_digit(c), digit);
        CHECK_EQUAL_INT(ascii_hex_value(c), digit                    ? i - '0'
                                            : i >= 'a' && i <= 'f' ? i - 'a' + 10
                                            : i >= 'A' && i <= 'F' ? i - 'A' + 10
                                                                   : 16);
    }
}

static const struct unit_test tests[] = {
    TEST(is_made), TEST(compares), TEST(trims),          TEST(cuts),
    TEST(finds),   TEST(splits),   TEST(reads_decimals), TEST(knows_ascii),
};
UNIT_MAIN(tests)
