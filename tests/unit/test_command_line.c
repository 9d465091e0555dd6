/*
 * test_command_line.c - Windows command lines, word by word. The rows are the vendor's own examples and what they leave open.
 */
#include "unit.h"

#include "base/command_line.h"

static const struct {
    const char *line;
    const char *words[5];
} rows[] = {
    {"p", {"p"}},
    {"p ", {"p"}},
    {"p  a\tb ", {"p", "a", "b"}},
    {"\"C:\\Program Files\\p.exe\" a", {"C:\\Program Files\\p.exe", "a"}},
    {"C:\\\"a b\"\\p.exe x", {"C:\\a b\\p.exe", "x"}},
    {"p \"a b c\" d e", {"p", "a b c", "d", "e"}},
    {"p \"ab\\\"c\" \"\\\\\" d", {"p", "ab\"c", "\\", "d"}},
    {"p a\\\\\\b d\"e f\"g h", {"p", "a\\\\\\b", "de fg", "h"}},
    {"p a\\\\\\\"b c d", {"p", "a\\\"b", "c", "d"}},
    {"p a\\\\\\\\\"b c\" d e", {"p", "a\\\\b c", "d", "e"}},
    {"p a\"b\"\" c d", {"p", "ab\" c d"}},
    {"p \"\" x", {"p", "", "x"}},
    {"p \"\"\"\" x", {"p", "\"", "x"}},
    {"p \"a\\\\\" b", {"p", "a\\", "b"}},
    {"p \"no end", {"p", "no end"}},
    {"p a\\ b", {"p", "a\\", "b"}},
    {"p \\", {"p", "\\"}},
    {"p --comment \"Machine nettoy\xc3\xa9" "e \xe2\x9c\x93\"", {"p", "--comment", "Machine nettoy\xc3\xa9" "e \xe2\x9c\x93"}},
    {"\"\" a", {"", "a"}},
    {" a", {"", "a"}},
};

static void takes_apart(void)
{
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char line[200];
        char *at = line;
        unit_row("%s", rows[i].line);
        snprintf(line, sizeof line, "%s", rows[i].line);
        for (size_t k = 0; k < COUNT_OF(rows[i].words) && rows[i].words[k] != NULL; k++) {
            char *word = command_line_next(&at, k == 0);
            CHECK(word != NULL);
            CHECK_EQUAL_TEXT(word != NULL ? word : "", rows[i].words[k]);
        }
        CHECK(command_line_next(&at, false) == NULL);
    }
}

/* Whatever stands on it: as many words as make sense, nothing beyond its end is read or written. */
static void stays_inside(void)
{
    static const char alphabet[] = {'a', ' ', '"', '\\', '\t'};
    for (unsigned number = 0; number < 5 * 5 * 5 * 5 * 5 * 5; number++) {
        char text[7] = {0};
        unsigned rest = number;
        for (size_t i = 0; i < sizeof text - 1; i++, rest /= 5) {
            text[i] = alphabet[rest % 5];
        }
        struct span line = unit_edge(span_make(text, sizeof text));
        char *at = (char *)(size_t)line.at;
        unsigned words = 0;
        for (char *word = command_line_next(&at, true); word != NULL; word = command_line_next(&at, false)) {
            CHECK(word >= line.at && word + strlen(word) < line.at + line.size);
            words++;
        }
        CHECK(words <= 4);
    }
}

static const struct unit_test tests[] = {TEST(takes_apart), TEST(stays_inside)};
UNIT_MAIN(tests)
