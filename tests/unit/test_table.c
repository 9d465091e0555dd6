/*
 * test_table.c - cli/table: how wide a text is on a terminal, and padding to columns.
 */
#include "unit.h"

#include "cli/table.h"

struct width_row {
    const char *text;
    size_t width;
};

static const struct width_row widths[] = {
    {"", 0},
    {"pc-042", 6},
    {"caf\xC3\xA9", 4},
    {"cafe\xCC\x81", 4},                               /* e and a combining acute */
    {"\xD0\x9F\xD0\x9A", 2},                           /* Cyrillic */
    {"\xE6\xBC\xA2\xE5\xAD\x97", 4},                   /* two ideographs */
    {"\xED\x95\x9C", 2},                               /* Hangul */
    {"\xE3\x82\xAB", 2},                               /* katakana */
    {"\xEF\xBD\xB6", 1},                               /* half-width katakana */
    {"\xEF\xBC\xA1", 2},                               /* full-width A */
    {"\xF0\x9F\x92\xBB", 2},                           /* a laptop */
    {"\xF0\xA0\x80\x80", 2},                           /* the first ideograph of plane 2 */
    {"a\xE6\xBC\xA2" "b", 4},
    {"\xCC\x80", 0},
    {"\xE1\x84\x80", 2},                               /* U+1100, the first of its block */
    {"\xE1\x83\xBF", 1},                               /* U+10FF, the one before */
};

static void columns_are_counted(void)
{
    for (size_t i = 0; i < COUNT_OF(widths); i++) {
        unit_row("%s", widths[i].text);
        CHECK_EQUAL_INT(table_width(unit_edge(span_of(widths[i].text))), widths[i].width);
    }
}

/* Never beyond its end, whatever it is; each byte that is no UTF-8 is a column. */
static void bytes_that_are_no_text(void)
{
    CHECK_EQUAL_INT(table_width(unit_edge(SPAN("\xFF\xFE"))), 2);
    CHECK_EQUAL_INT(table_width(unit_edge(SPAN("\xE6\xBC"))), 2);
    CHECK_EQUAL_INT(table_width(unit_edge(SPAN("a\xF0\x9F\x92"))), 4);
}

struct pad_row {
    const char *text;
    size_t width;
    const char *wanted;
};

static const struct pad_row pads[] = {
    {"ab", 5, "ab   "},
    {"", 3, "   "},
    {"abcd", 5, "abcd "},
    {"abcde", 5, "abcde "},   /* one blank at least */
    {"abcdef", 5, "abcdef "}, /* longer, and whole */
    {"x", 0, "x "},
    {"\xE6\xBC\xA2", 4, "\xE6\xBC\xA2  "},
    {"e\xCC\x81", 3, "e\xCC\x81  "},
    {"\x1B[1m", 14, "\\u{001B}[1m   "}, /* escaped first, then counted */
    {"\xFF", 6, "\\xFF  "},
};

static void texts_are_padded(void)
{
    for (size_t i = 0; i < COUNT_OF(pads); i++) {
        struct buf b = buf_init(100);
        unit_row("%s to %zu", pads[i].text, pads[i].width);
        buf_put_text(&b, "| ");
        table_put(&b, pads[i].text, pads[i].width);
        CHECK_EQUAL_SPAN(span_cut(buf_span(&b), 2, b.size), span_of(pads[i].wanted));
        buf_free(&b);
    }
}

static const struct unit_test tests[] = {
    TEST(columns_are_counted),
    TEST(bytes_that_are_no_text),
    TEST(texts_are_padded),
};

UNIT_MAIN(tests)
