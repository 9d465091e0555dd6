/*
 * test_man_page.c - the man page's source and the completion scripts: everything is there, and nothing that would be taken amiss.
 *
 * What mandoc, man and the shells make of them: tests/scenarios/test_manual.py.
 */
/* links: fake/os_fake.c */
#include "unit.h"

#include "cli/completion.h"
#include "cli/manual.h"
#include "cli/page.h"

static struct buf man_page(void)
{
    struct options o = {.command = COMMAND_MAN};
    struct buf b = buf_init(MANUAL_MAX);
    struct fault f = {0};
    CHECK(manual_put(&b, &o, &f) && !b.failed);
    return b;
}

/* ---- the man page ---- */

/* Only what man(7) calls portable; no blank line, none that ends in a blank, none that is too long. */
static void man_page_has_no_other_request(void)
{
    static const char *const requests[] = {".TH ", ".SH ", ".SS ", ".TP", ".PP", ".B ", ".nf", ".fi", ".br"};
    struct buf page = man_page();
    struct span rest = buf_span(&page), line;
    CHECK(span_starts(rest, SPAN(".TH UNISOLATE 1 ")));
    while (span_next(&rest, '\n', &line)) {
        bool known = !span_starts(line, SPAN(".")) && !span_starts(line, SPAN("'"));
        unit_row("%.*s", SPAN_ARG(line));
        for (size_t i = 0; i < COUNT_OF(requests); i++) {
            known = known || span_starts(line, span_of(requests[i]));
        }
        CHECK(known);
        CHECK(line.size > 0 && (line.size <= PAGE_COLUMNS || line.at[0] == ' ')); /* examples stand as they are */
        CHECK(!span_ends(line, SPAN(" ")));
    }
    buf_free(&page);
}

static void man_page_has_all_that_help_has(void)
{
    struct buf page = man_page();
    for (size_t i = 0; i < option_row_count; i++) {
        char name[80] = "";
        for (const char *c = option_rows[i].name; *c != '\0'; c++) {
            snprintf(name + strlen(name), sizeof name - strlen(name), *c == '-' ? "\\-" : "%c", *c);
        }
        unit_row("%s", name);
        CHECK(span_contains(buf_span(&page), span_of(name)));
    }
    CHECK(span_contains(buf_span(&page), SPAN(".SH EXIT CODES\n")));
    CHECK(span_contains(buf_span(&page), SPAN("\n.B 143  interrupted\n")));
    buf_free(&page);
}

static void text_is_escaped_for_the_man_page(void)
{
    struct buf b = buf_init(1000);
    struct page p = {.to = &b, .roff = true};
    page_row(&p, ".x \\", 10, "'quoted' .dot a-b\\n");
    page_lines(&p, ".nf\n'\n \\-\n");
    CHECK_EQUAL_TEXT(buf_text(&b), ".TP\n.B .x \\e\n\\&'quoted' .dot a\\-b\\en\n.nf\n\\&.nf\n\\&'\n \\e\\-\n.fi\n");
    buf_free(&b);
}

/* ---- completions: the shells themselves are in tests/scenarios ---- */

static void completions_have_all_options_and_commands(void)
{
    for (int shell = SHELL_BASH; shell <= SHELL_POWERSHELL; shell++) {
        struct buf b = buf_init(MANUAL_MAX);
        char name[80];
        completion_put(&b, (enum shell)shell);
        CHECK(!b.failed && span_ends(buf_span(&b), SPAN("\n")));
        for (size_t i = 0; i < option_row_count; i++) {
            bool long_name = option_rows[i].name[1] == '-';
            snprintf(name, sizeof name, " -%c %s ", long_name ? 'l' : 's', option_rows[i].name + (long_name ? 2 : 1));
            unit_row("%d %s", shell, option_rows[i].name);
            CHECK(span_contains(buf_span(&b), span_of(shell == SHELL_FISH ? name : option_rows[i].name)));
        }
        for (const struct command_row *row = command_rows; row->help != NULL; row++) {
            CHECK(span_contains(buf_span(&b), span_of(row->word)));
        }
        for (const struct manual_topic *topic = manual_topics; topic->name != NULL; topic++) {
            CHECK(span_contains(buf_span(&b), span_of(topic->name)));
        }
        buf_free(&b);
    }
}

static const struct unit_test tests[] = {
    TEST(man_page_has_no_other_request), TEST(man_page_has_all_that_help_has),
    TEST(text_is_escaped_for_the_man_page), TEST(completions_have_all_options_and_commands),
};

UNIT_MAIN(tests)
