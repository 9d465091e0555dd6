/*
 * test_lines.c - codec/lines: lists as people, PowerShell and spreadsheets write them; what is told of a bad record, and where.
 */
#include "unit.h"

#include "codec/lines.h"

struct row {
    const char *name;
    struct span text;
    const char *read; /* "NUMBER:FIELD" of each record, with '+' behind where there are more columns, or "NUMBER!words" */
};

#define ROW(name, text, read) {name, {text, sizeof(text) - 1}, read}

static const struct row rows[] = {
    ROW("nothing", "", ""),
    ROW("blank lines", "\n \n\t\r\n   ", ""),
    ROW("comments", "#a\n  # b\n#c", ""),
    ROW("one, no line end", "pc-1", "1:pc-1 "),
    ROW("LF", "pc-1\npc-2\n", "1:pc-1 2:pc-2 "),
    ROW("CRLF", "pc-1\r\n\r\npc-2\r\n", "1:pc-1 3:pc-2 "),
    ROW("blanks around", "  pc-1  \n pc-2\t\n", "1:pc-1 2:pc-2+ "),
    ROW("a mark of UTF-8", "\xEF\xBB\xBFpc-1\npc-2", "1:pc-1 2:pc-2 "),
    ROW("two marks", "\xEF\xBB\xBF\xEF\xBB\xBFpc-1", "1:pc-1 "),
    ROW("a mark alone", "\xEF\xBB\xBF", ""),
    ROW("a mark and a comment", "\xEF\xBB\xBF# x\npc-1", "2:pc-1 "),
    ROW("two files, one behind the other", "pc-1\n\xEF\xBB\xBFpc-2", "1:pc-1 2:pc-2 "),
    ROW("comma", "pc-1,Berlin,x\npc-2,", "1:pc-1+ 2:pc-2+ "),
    ROW("semicolon", "pc-1;Berlin\n", "1:pc-1+ "),
    ROW("tab", "pc-1\tBerlin\n", "1:pc-1+ "),
    ROW("rows of empty fields", "pc-1,x\n,,\n;;;\r\n", "1:pc-1+ "),
    ROW("an empty first field", ",pc-1\n\tpc-2\n", "1:+ 2:+ "),
    ROW("quotes", "\"pc-1\"\n\"pc-2\",\"x\"\r\n", "1:pc-1 2:pc-2+ "),
    ROW("separators in quotes", "\"a,b;c\td\",x\n", "1:a,b;c\td+ "),
    ROW("doubled quotes", "\"a\"\"b\"\n\"\"\"\"\n", "1:a\"b 2:\" "),
    ROW("empty in quotes", "\"\"\n", "1: "),
    ROW("blanks behind a closing quote", "\"pc-1\"  ,x\n\"pc-2\" \r\n", "1:pc-1+ 2:pc-2 "),
    ROW("a line end in a later field", "pc-1,\"two\nlines\"\npc-2", "1:pc-1+ 3:pc-2 "),
    ROW("a line end in the first field", "\"pc-1\npc-2\"\npc-3", "1:pc-1\npc-2 3:pc-3 "),
    ROW("a quote inside a later field", "pc-1,5\" disk\npc-2", "1:pc-1+ 2:pc-2 "),
    ROW("a quote inside", "pc\"1\npc-2", "1!a quote inside 2:pc-2 "),
    ROW("a quote inside, behind blanks", "  pc\"1\npc-2", "1!a quote inside 2:pc-2 "),
    ROW("text behind a closing quote", "\"pc-1\"x,y\npc-2", "1!something stands behind 2:pc-2 "),
    ROW("a quote that does not end", "\"pc-1\npc-2", "1!does not end 2:pc-2 "),
    ROW("a later quote that does not end", "pc-0\npc-1,\"x\npc-2", "1:pc-0 2!does not end 3:pc-2 "),
    ROW("a quote that ends in the middle of another line", "pc-1,\"x\npc-2,\"y\"\n", "1!something stands behind 2:pc-2+ "),
    ROW("number sign inside", "pc#1\n\"# x\"", "1:pc#1 2:# x "),
    ROW("UTF-16, little end first", "\xFF\xFEp\0c\0\r\0\n\0\xFC\0\n\0", "1:pc 2:\xC3\xBC "),
    ROW("UTF-16, big end first", "\xFE\xFF\0p\0c\0\n\0q", "1:pc 2:q "),
    ROW("UTF-16, beyond 16 bits", "\xFF\xFE\x3D\xD8\x00\xDE", "1:\xF0\x9F\x98\x80 "),
    ROW("UTF-16, half a pair", "\xFF\xFE\x3D\xD8" "a\0", "1:\xED\xA0\xBD" "a "),
    ROW("UTF-16, half a pair at the end", "\xFF\xFE" "a\0\x3D\xD8", "1:a\xED\xA0\xBD "),
    ROW("UTF-16, half a unit", "\xFF\xFE" "a\0b", "1:a "),
    ROW("UTF-16, the mark alone", "\xFF\xFE", ""),
};

static void put_record(struct buf *b, const struct lines *l, enum lines_result result, const struct fault *why, const char *wanted)
{
    buf_put_format(b, "%zu", l->number);
    if (result == LINES_BAD) {
        /* the wanted words are a part of the fault's */
        const char *words = wanted + b->size + 1;
        size_t size = 0;
        while (words[size] != '\0' && !(words[size] == ' ' && ascii_is_digit(words[size + 1]))) {
            size++;
        }
        struct span part = span_trim(span_make(words, size));
        CHECK_EQUAL_INT(why->code, FAULT_USAGE);
        buf_put_char(b, '!');
        buf_put(b, span_contains(span_of(why->text), part) ? part : span_of(why->text));
    } else {
        buf_put_char(b, ':');
        buf_put(b, buf_span(&l->field));
        buf_put_text(b, l->columns ? "+" : "");
    }
    buf_put_char(b, ' ');
}

static void lists_are_read(void)
{
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct buf text = buf_init(1024), read = buf_init(1024);
        struct lines l = {0};
        struct fault f = {0};
        enum lines_result result = LINES_END;
        unit_row("%s", rows[i].name);
        buf_put(&text, rows[i].text);
        CHECK(lines_open(&l, &text, &f));
        l.rest = unit_edge(l.rest);
        do {
            struct fault why = {0};
            result = lines_next(&l, &why);
            if (result != LINES_END) {
                put_record(&read, &l, result, &why, rows[i].read);
            }
        } while (result != LINES_END);
        CHECK_EQUAL_TEXT(buf_text(&read), rows[i].read);
        lines_free(&l);
        buf_free(&text);
        buf_free(&read);
    }
}

/* No byte order, cut or rubbish leads out of the text, and each record moves on. */
static void every_cut_ends(void)
{
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        for (size_t cut = 0; cut <= rows[i].text.size; cut++) {
            struct buf text = buf_init(1024);
            struct lines l = {0};
            struct fault f = {0};
            unsigned records = 0;
            unit_row("%s, cut at %zu", rows[i].name, cut);
            buf_put(&text, span_cut(rows[i].text, 0, cut));
            CHECK(lines_open(&l, &text, &f));
            l.rest = unit_edge(l.rest);
            for (struct fault why = {0}; records < 100 && lines_next(&l, &why) != LINES_END; records++) {
                fault_clear(&why);
            }
            CHECK(records < 20);
            lines_free(&l);
            buf_free(&text);
        }
    }
}

static void a_long_record_is_bad_and_the_next_is_read(void)
{
    static const char *const beginnings[] = {"", "\"", "x,\""};
    for (size_t i = 0; i < COUNT_OF(beginnings); i++) {
        struct buf text = buf_init(4 * LINES_RECORD_MAX);
        struct lines l = {0};
        struct fault f = {0};
        unit_row("%s", beginnings[i]);
        buf_put_text(&text, beginnings[i]);
        for (size_t k = 0; k < LINES_RECORD_MAX + 9; k++) {
            buf_put_char(&text, 'a');
        }
        buf_put_text(&text, "\"\npc-1\n");
        CHECK(lines_open(&l, &text, &f));
        CHECK_EQUAL_INT(lines_next(&l, &f), LINES_BAD);
        fault_clear(&f);
        CHECK_EQUAL_INT(lines_next(&l, &f), LINES_FIELD);
        CHECK_EQUAL_SPAN(buf_span(&l.field), SPAN("pc-1"));
        CHECK_EQUAL_INT(l.number, 2);
        CHECK_EQUAL_INT(lines_next(&l, &f), LINES_END);
        lines_free(&l);
        buf_free(&text);
    }
}

static const struct unit_test tests[] = {
    TEST(lists_are_read),
    TEST(every_cut_ends),
    TEST(a_long_record_is_bad_and_the_next_is_read),
};

UNIT_MAIN(tests)
