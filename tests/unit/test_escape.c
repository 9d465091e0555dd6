/*
 * test_escape.c - base/escape: UTF-8 is judged rightly, and nothing that a terminal obeys gets through.
 */
#include "unit.h"

#include "base/escape.h"

struct utf8_row {
    struct span bytes;
    size_t size; /* 0: not well-formed */
    uint32_t code_point;
};

#define BYTES(text) {"" text, sizeof(text) - 1}

static const struct utf8_row utf8_rows[] = {
    {BYTES("a"), 1, 'a'},
    {BYTES("\0"), 1, 0},
    {BYTES("\x7F"), 1, 0x7F},
    {BYTES("\xC2\x80"), 2, 0x80},
    {BYTES("\xDF\xBF"), 2, 0x7FF},
    {BYTES("\xE0\xA0\x80"), 3, 0x800},
    {BYTES("\xED\x9F\xBF"), 3, 0xD7FF},
    {BYTES("\xEE\x80\x80"), 3, 0xE000},
    {BYTES("\xEF\xBF\xBF"), 3, 0xFFFF},
    {BYTES("\xF0\x90\x80\x80"), 4, 0x10000},
    {BYTES("\xF4\x8F\xBF\xBF"), 4, 0x10FFFF},
    {BYTES(""), 0, 0},
    {BYTES("\x80"), 0, 0},
    {BYTES("\xBF"), 0, 0},
    {BYTES("\xC0\x80"), 0, 0},             /* overlong NUL */
    {BYTES("\xC1\xBF"), 0, 0},
    {BYTES("\xE0\x9F\xBF"), 0, 0},
    {BYTES("\xF0\x8F\xBF\xBF"), 0, 0},
    {BYTES("\xED\xA0\x80"), 0, 0},         /* surrogates */
    {BYTES("\xED\xBF\xBF"), 0, 0},
    {BYTES("\xF4\x90\x80\x80"), 0, 0},     /* U+110000 */
    {BYTES("\xF8\x88\x80\x80\x80"), 0, 0}, /* five bytes */
    {BYTES("\xFE"), 0, 0},
    {BYTES("\xFF"), 0, 0},
    {BYTES("\xC3"), 0, 0},                 /* cut short */
    {BYTES("\xE2\x82"), 0, 0},
    {BYTES("\xF0\x9F\x98"), 0, 0},
    {BYTES("\xC3("), 0, 0},
    {BYTES("\xE2\x82("), 0, 0},
    {BYTES("\xE2(\xAC"), 0, 0},
};

static void judges_utf8(void)
{
    for (size_t i = 0; i < COUNT_OF(utf8_rows); i++) {
        uint32_t code_point = 0;
        struct span bytes = unit_edge(utf8_rows[i].bytes);
        unit_row("%zu", i);
        CHECK_EQUAL_INT(utf8_decode(bytes, &code_point), utf8_rows[i].size);
        CHECK_EQUAL_INT(code_point, utf8_rows[i].code_point);
        CHECK_EQUAL_INT(utf8_is_valid(bytes), utf8_rows[i].size > 0 || bytes.size == 0);
    }
    CHECK(utf8_is_valid(SPAN("gr\xC3\xBC\xC3\x9F \xE2\x82\xAC \xF0\x9F\x98\x80")));
    CHECK(!utf8_is_valid(SPAN("gut \xC3")));
    CHECK(!utf8_is_valid(SPAN("\x80gut")));
}

static size_t encode(uint32_t c, char bytes[4])
{
    if (c < 0x80) {
        bytes[0] = (char)c;
        return 1;
    }
    size_t size = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    for (size_t i = size; i-- > 1; c >>= 6) {
        bytes[i] = (char)(0x80 | (c & 0x3F));
    }
    bytes[0] = (char)((0xF00u >> size & 0xFF) | c);
    return size;
}

/* Every code point there is: decoded, or refused when it is a surrogate. */
static void decodes_every_code_point(void)
{
    for (uint32_t c = 0; c <= 0x10FFFF; c++) {
        char bytes[4];
        uint32_t got = 0;
        size_t size = encode(c, bytes);
        bool surrogate = c >= 0xD800 && c <= 0xDFFF;
        size_t found = utf8_decode(span_make(bytes, size), &got);
        if (found != (surrogate ? 0 : size) || got != (surrogate ? 0 : c)) {
            unit_row("U+%04lX", (unsigned long)c);
            CHECK_EQUAL_INT(found, size);
        }
    }
}

static bool must_be_escaped(uint32_t c)
{
    return c < 0x20 || (c >= 0x7F && c <= 0x9F) || (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069);
}

/* Contract 6.8, for every code point; what is left as it stands is printable or at least harmless. */
static void escapes_what_moves_a_terminal(void)
{
    struct buf b = buf_init(64);
    for (uint32_t c = 0; c <= 0x10FFFF; c++) {
        char bytes[4];
        size_t size = encode(c, bytes);
        buf_clear(&b);
        escape_put(&b, span_make(bytes, size));
        bool raw = span_equal(buf_span(&b), span_make(bytes, size));
        bool plain = (c >= 0x20 && c < 0x7F) || (c >= 0xA0 && c < 0x2000);
        if ((raw && must_be_escaped(c)) || (!raw && plain && c != '\\')) {
            unit_row("U+%04lX", (unsigned long)c);
            CHECK_EQUAL_INT(raw, !raw);
        }
        for (size_t i = 0; !raw && i < b.size; i++) {
            CHECK(b.at[i] >= 0x20 && b.at[i] < 0x7F);
        }
    }
    buf_free(&b);
}

static void writes_escapes(void)
{
    static const struct {
        struct span in;
        const char *out;
    } rows[] = {
        {BYTES(""), ""},
        {BYTES("plain"), "plain"},
        {BYTES("a\nb\r\tc"), "a\\nb\\r\\tc"},
        {BYTES("\x1B[31mred"), "\\u{001B}[31mred"},
        {BYTES("\0"), "\\u{0000}"},
        {BYTES("\xC2\x9B"), "\\u{009B}"},
        {BYTES("\xE2\x80\xAE"), "\\u{202E}"},
        {BYTES("\xC3\xA4\xC3"), "\xC3\xA4\\xC3"},
        {BYTES("\xFF\x80z"), "\\xFF\\x80z"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct buf b = buf_init(200);
        unit_row("%zu", i);
        escape_put(&b, unit_edge(rows[i].in));
        CHECK_EQUAL_TEXT(buf_text(&b), rows[i].out);
        buf_free(&b);
    }
}

static void keeps_the_ceiling(void)
{
    struct buf b = buf_init(3);
    escape_put(&b, SPAN("abc"));
    CHECK(!b.failed);
    escape_put(&b, SPAN("d"));
    CHECK(b.failed && b.size == 3);
    buf_free(&b);
}

static const struct unit_test tests[] = {
    TEST(judges_utf8),    TEST(decodes_every_code_point), TEST(escapes_what_moves_a_terminal),
    TEST(writes_escapes), TEST(keeps_the_ceiling),
};
UNIT_MAIN(tests)
