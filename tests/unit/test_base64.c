/*
 * test_base64.c - codec/base64: RFC 4648 vectors, every byte value, strictness.
 */
#include "unit.h"

#include "codec/base64.h"

struct vector_row {
    struct span bytes;
    const char *base64, *base64url;
};

#define BYTES(text) {"" text, sizeof(text) - 1}

static const struct vector_row vectors[] = {
    /* RFC 4648 section 10 */
    {BYTES(""), "", ""},
    {BYTES("f"), "Zg==", "Zg"},
    {BYTES("fo"), "Zm8=", "Zm8"},
    {BYTES("foo"), "Zm9v", "Zm9v"},
    {BYTES("foob"), "Zm9vYg==", "Zm9vYg"},
    {BYTES("fooba"), "Zm9vYmE=", "Zm9vYmE"},
    {BYTES("foobar"), "Zm9vYmFy", "Zm9vYmFy"},
    /* RFC 7515 appendix C */
    {BYTES("\x03\xEC\xFF\xE0\xC1"), "A+z/4ME=", "A-z_4ME"},
    {BYTES("\0\0\0"), "AAAA", "AAAA"},
    {BYTES("\xFF\xFF\xFF"), "////", "____"},
    {BYTES("\xFB\xEF\xBE"), "++++", "----"},
};

static void follows_the_vectors(void)
{
    for (size_t i = 0; i < COUNT_OF(vectors); i++) {
        const struct vector_row *row = &vectors[i];
        struct buf b = buf_init(100);
        unit_row("%s", row->base64);
        base64_put(&b, unit_edge(row->bytes));
        CHECK_EQUAL_SPAN(buf_span(&b), span_of(row->base64));
        buf_clear(&b);
        base64url_put(&b, unit_edge(row->bytes));
        CHECK_EQUAL_SPAN(buf_span(&b), span_of(row->base64url));
        buf_clear(&b);
        CHECK(base64_decode(unit_edge(span_of(row->base64)), &b));
        CHECK_EQUAL_SPAN(buf_span(&b), row->bytes);
        buf_clear(&b);
        CHECK(base64url_decode(unit_edge(span_of(row->base64url)), &b));
        CHECK_EQUAL_SPAN(buf_span(&b), row->bytes);
        buf_free(&b);
    }
}

/* Decode a text of four in which each place holds each byte once: good exactly where the alphabet has it. */
static void judges_every_character(void)
{
    static const char both[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    for (size_t place = 0; place < 4; place++) {
        for (int c = 0; c < 256; c++) {
            char text[4] = {'A', 'A', 'A', 'A'};
            struct buf b = buf_init(8);
            text[place] = (char)c;
            bool common = c != 0 && strchr(both, c) != NULL;
            unit_row("byte %d at %zu", c, place);
            struct span span = unit_edge(span_make(text, 4));
            CHECK_EQUAL_INT(base64_decode(span, &b), common || c == '+' || c == '/' || (c == '=' && place == 3));
            buf_clear(&b);
            CHECK_EQUAL_INT(base64url_decode(span, &b), common || c == '-' || c == '_');
            buf_free(&b);
        }
    }
}

/* RFC 4648 3.5: of the characters that carry only 2 or 4 bits at the end, those count whose other bits are zero. */
static void takes_one_spelling(void)
{
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    static const char alphabet_url[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    for (size_t i = 0; i < 64; i++) {
        const char two[] = {'A', alphabet[i], '=', '='}, three[] = {'A', 'A', alphabet[i], '='};
        const char two_url[] = {'A', alphabet_url[i]}, three_url[] = {'A', 'A', alphabet_url[i]};
        struct buf b = buf_init(20);
        unit_row("%c", alphabet[i]);
        CHECK_EQUAL_INT(base64_decode(unit_edge(span_make(two, 4)), &b), i % 16 == 0);
        CHECK_EQUAL_INT(base64_decode(unit_edge(span_make(three, 4)), &b), i % 4 == 0);
        CHECK_EQUAL_INT(base64url_decode(unit_edge(span_make(two_url, 2)), &b), i % 16 == 0);
        CHECK_EQUAL_INT(base64url_decode(unit_edge(span_make(three_url, 3)), &b), i % 4 == 0);
        buf_free(&b);
    }
}

static void undoes_itself(void)
{
    char bytes[512];
    for (size_t i = 0; i < sizeof bytes; i++) {
        bytes[i] = (char)(unsigned char)(i * 7 + i / 256);
    }
    for (size_t size = 0; size <= sizeof bytes; size++) {
        struct span in = span_make(bytes, size);
        struct buf text = buf_init(1000);
        struct buf back = buf_init(size);
        unit_row("%zu bytes", size);
        base64_put(&text, in);
        CHECK_EQUAL_INT(text.size, (size + 2) / 3 * 4);
        CHECK(base64_decode(unit_edge(buf_span(&text)), &back));
        CHECK_EQUAL_SPAN(buf_span(&back), in);
        buf_clear(&text);
        buf_clear(&back);
        base64url_put(&text, in);
        CHECK(base64url_decode(unit_edge(buf_span(&text)), &back));
        CHECK_EQUAL_SPAN(buf_span(&back), in);
        buf_free(&text);
        buf_free(&back);
    }
}

static void refuses(void)
{
    static const struct span base64_texts[] = {
        BYTES("Z"),      BYTES("Zg"),       BYTES("Zg="),    BYTES("Zg==="),    BYTES("Zm9vZ"), BYTES("="),
        BYTES("===="),   BYTES("Z==="),     BYTES("=Zg="),   BYTES("Zg=v"),     BYTES("Zh=="), /* bits left over */
        BYTES("Zm9="),   BYTES("Zg==Zg=="), BYTES("Zm9v\n"), BYTES(" Zm9v"),    BYTES("Zm-_"), BYTES("Zm9\0"),
        BYTES("Zm8=\n"), BYTES("Zm9vYg="),  BYTES("Z/=="),   BYTES("Zm9vYmF="),
        /* RFC 4648 3.1 to 3.3: line ends, padding inside, other characters */
        BYTES("Zm9v\r\nZm9v"), BYTES("Zm==Zm9v"), BYTES("Zm9vZ==="), BYTES("Z=m9"), BYTES("Zm9v===="),
        BYTES("Zm9v\xC3\xA4" "=="), BYTES("Zm9!"),
    };
    static const struct span base64url_texts[] = {
        BYTES("Z"),    BYTES("Zg=="),  BYTES("Zm8="), BYTES("Zh"),    BYTES("Zm9"), BYTES("Zm+/"),
        BYTES("Zm9v "), BYTES("Zm9vZ"), BYTES("Zg="),  BYTES("\nZm9v"),
        BYTES("Zm9vZm8="), BYTES("Zm9v\0"), BYTES("="), BYTES("Zm 9v"), BYTES("Zm9v%3D"),
    };
    struct buf b = buf_init(100);
    for (size_t i = 0; i < COUNT_OF(base64_texts); i++) {
        unit_row("base64 %zu", i);
        CHECK(!base64_decode(unit_edge(base64_texts[i]), &b));
    }
    for (size_t i = 0; i < COUNT_OF(base64url_texts); i++) {
        unit_row("base64url %zu", i);
        CHECK(!base64url_decode(unit_edge(base64url_texts[i]), &b));
    }
    buf_free(&b);
}

static void reads_lines(void)
{
    struct buf b = buf_init(100);
    CHECK(base64_decode_lines(unit_edge(SPAN("\r\nZm9v\r\nYm\tFy \n")), &b));
    CHECK_EQUAL_SPAN(buf_span(&b), SPAN("foobar"));
    CHECK(base64_decode_lines(SPAN("Zg\n=\n="), &b));
    CHECK_EQUAL_SPAN(buf_span(&b), SPAN("foobarf")); /* it appends */
    CHECK(base64_decode_lines(SPAN(""), &b));
    CHECK(base64_decode_lines(SPAN(" \n"), &b));
    CHECK(!base64_decode_lines(SPAN("Zm9v\nZg"), &b));
    CHECK(!base64_decode_lines(SPAN("Zm9v-"), &b));
    CHECK(!base64_decode_lines(SPAN("Zm9v\v"), &b));
    buf_free(&b);
}

static void keeps_the_ceiling(void)
{
    for (size_t ceiling = 2; ceiling <= 4; ceiling++) {
        struct buf b = buf_init(ceiling);
        unit_row("ceiling %zu", ceiling);
        CHECK_EQUAL_INT(base64_decode(SPAN("Zm9v"), &b), ceiling >= 3);
        CHECK_EQUAL_INT(b.failed, ceiling < 3);
        buf_clear(&b);
        base64_put(&b, SPAN("foo"));
        CHECK_EQUAL_INT(b.failed, ceiling < 4);
        buf_free(&b);
    }
    struct buf failed = buf_init(0);
    buf_put_text(&failed, "x");
    CHECK(!base64_decode(SPAN(""), &failed));
    buf_free(&failed);
}

static const struct unit_test tests[] = {
    TEST(follows_the_vectors), TEST(judges_every_character), TEST(takes_one_spelling), TEST(undoes_itself),
    TEST(refuses),             TEST(reads_lines),            TEST(keeps_the_ceiling),
};
UNIT_MAIN(tests)
