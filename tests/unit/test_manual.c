/*
 * test_manual.c - the manual tells everything there is, within its columns; README.md too.
 *
 * README.md is read from the current folder, which is that of build.sh.
 */
/* links: fake/os_fake.c */
#include "unit.h"

#include "base/fault.h"
#include "cli/cloud.h"
#include "cli/manual.h"
#include "cli/options.h"
#include "cli/page.h"
#include "cli/version.h"
#include "mde/isolation.h"
#include "mde/release.h"

static struct buf help;

static void print(const struct options *o)
{
    struct fault f = {0};
    buf_free(&help);
    help = buf_init(MANUAL_MAX);
    CHECK(manual_put(&help, o, &f));
    CHECK(!help.failed);
}

static void print_help(void)
{
    print(&(struct options){.command = COMMAND_HELP});
}

static void print_topic(const char *name)
{
    const char *operands[] = {name};
    print(&(struct options){.command = COMMAND_HELP, .word = "help", .operands = operands, .operand_count = 1});
}

/* How many lines of text are `needle`, or begin with it and two blanks; blanks around aside. */
static size_t lines_that_begin(struct span text, const char *needle)
{
    struct span line;
    size_t found = 0;
    while (span_next(&text, '\n', &line)) {
        struct span trimmed = span_trim(line), label = span_of(needle);
        struct span rest = span_cut(trimmed, label.size, trimmed.size);
        found += span_starts(trimmed, label) && (rest.size == 0 || span_starts(rest, SPAN("  ")));
    }
    return found;
}

static void check_columns(struct span text)
{
    struct span line;
    while (span_next(&text, '\n', &line)) {
        unit_row("%.*s", SPAN_ARG(line));
        CHECK(line.size <= PAGE_COLUMNS);
        CHECK(!span_ends(line, SPAN(" ")));
        for (size_t i = 0; i < line.size; i++) {
            CHECK(line.at[i] >= ' ' && line.at[i] <= '~');
        }
    }
}

static void texts_keep_to_their_columns(void)
{
    struct buf b = buf_init(MANUAL_MAX);
    manual_put_usage(&b);
    check_columns(buf_span(&b));
    CHECK(span_ends(buf_span(&b), SPAN("\n")));
    buf_free(&b);
    print_help();
    check_columns(buf_span(&help));
    CHECK(span_ends(buf_span(&help), SPAN("\n")));
}

static void help_has_every_option(void)
{
    print_help();
    for (size_t i = 0; i < option_row_count; i++) {
        const struct option_row *row = &option_rows[i];
        char label[80];
        unit_row("%s", row->name);
        char letter[] = {'-', row->letter, ',', ' ', '\0'};
        bool both = row->letter != 0 && row->name[1] == '-';
        const char *before = row->value == NULL ? "" : row->implied != NULL ? "[=" : " ";
        snprintf(label, sizeof label, "%s%s%s%s%s", both ? letter : "", row->name, before,
                 row->value != NULL ? row->value : "", row->implied != NULL ? "]" : "");
        CHECK_EQUAL_INT(lines_that_begin(buf_span(&help), label), 1);
    }
}

static void help_has_every_command(void)
{
    struct buf usage = buf_init(MANUAL_MAX);
    manual_put_usage(&usage);
    print_help();
    for (const struct command_row *row = command_rows; row->help != NULL; row++) {
        char words[40];
        unit_row("%s", row->word);
        snprintf(words, sizeof words, row->command == COMMAND_RELEASE ? "unisolate [%s] " : "unisolate %s ", row->word);
        CHECK(lines_that_begin(buf_span(&help), row->word) >= 1);
        CHECK(span_contains(buf_span(&usage), span_of(words)));
        CHECK(row->command == COMMAND_HELP || span_contains(buf_span(&usage), span_of(row->operands)));
    }
    buf_free(&usage);
}

/* Every form that a selector has. */
static void help_has_every_way_to_name_a_device(void)
{
    static const char *const forms[] = {"id:HEX", "entra:GUID", "ip:ADDRESS", "name:NAME", "self", "tag:TAG"};
    print_help();
    for (size_t i = 0; i < COUNT_OF(forms); i++) {
        unit_row("%s", forms[i]);
        CHECK(span_contains(buf_span(&help), span_of(forms[i])));
    }
}

static void help_has_what_options_may_be(void)
{
    print_help();
    for (size_t i = 0; i < option_row_count; i++) {
        const struct option_row *row = &option_rows[i];
        unit_row("%s", row->name);
        for (size_t k = 0; option_nth_variable(row, k) != NULL; k++) {
            CHECK(span_contains(buf_span(&help), span_of(option_nth_variable(row, k))));
        }
        for (size_t k = 0; row->choice != NULL && row->choice(k) != NULL; k++) {
            CHECK(span_contains(buf_span(&help), span_of(row->choice(k))));
        }
        if (row->standard != NULL) {
            char text[40];
            snprintf(text, sizeof text, "default %s)", row->standard);
            CHECK(span_contains(buf_span(&help), span_of(text)));
        }
    }
}

static void help_has_methods_and_clouds(void)
{
    print_help();
    for (size_t i = 0; credential_types[i] != NULL; i++) {
        CHECK(lines_that_begin(buf_span(&help), credential_types[i]->name) >= 1); /* `token` is a command, too */
        CHECK(span_contains(buf_span(&help), span_cut(span_of(credential_types[i]->summary), 0, 30)));
    }
    for (const struct cloud_row *row = cloud_rows; row->name != NULL; row++) {
        unit_row("%s", row->name);
        CHECK_EQUAL_INT(lines_that_begin(buf_span(&help), row->name), 1);
        CHECK(span_contains(buf_span(&help), span_of(row->api)));
        CHECK(span_contains(buf_span(&help), span_of(row->authority)));
        CHECK(span_contains(buf_span(&help), span_of(row->scope)));
    }
    for (const struct region_row *row = region_rows; row->name != NULL; row++) {
        CHECK_EQUAL_INT(lines_that_begin(buf_span(&help), row->name), 1);
        CHECK(span_contains(buf_span(&help), span_of(row->api)));
    }
}

struct exit_line {
    int number;
    const char *name;
};

static const struct exit_line exits[] = {
#define X(symbol, number, name, when) {number, name},
    EXIT_LIST(X)
#undef X
};

static void help_has_every_exit_code(void)
{
    print_help();
    for (size_t i = 0; i < COUNT_OF(exits); i++) {
        char label[40];
        snprintf(label, sizeof label, "%-3d  %s", exits[i].number, exits[i].name);
        unit_row("%s", label);
        CHECK_EQUAL_INT(lines_that_begin(buf_span(&help), label), 1);
    }
}

static void help_has_three_examples_with_comments(void)
{
    print_help();
    struct span text = buf_span(&help);
    size_t at = 0;
    while (!span_starts(span_cut(text, at, text.size), SPAN("\nEXAMPLES\n"))) {
        at++;
        CHECK(at < text.size);
    }
    size_t commands = 0;
    struct span line;
    text = span_cut(text, at, text.size);
    while (span_next(&text, '\n', &line)) {
        commands += span_starts(line, SPAN("    unisolate "));
    }
    CHECK_EQUAL_INT(commands, 3);
}

static void help_names_every_topic(void)
{
    print_topic("help");
    for (const struct manual_topic *topic = manual_topics; topic->name != NULL; topic++) {
        unit_row("%s", topic->name);
        CHECK(span_contains(buf_span(&help), span_of(topic->name)));
    }
}

static void topics_are_parts_of_the_help(void)
{
    const char *names[40];
    size_t count = 0;
    for (const struct manual_topic *topic = manual_topics; topic->name != NULL; topic++) {
        names[count++] = topic->name;
    }
    for (const struct command_row *row = command_rows; row->help != NULL; row++) {
        names[count++] = row->word;
    }
    for (size_t i = 0; i < count; i++) {
        unit_row("%s", names[i]);
        print_help();
        size_t whole = help.size;
        print_topic(names[i]);
        CHECK(help.size > 20 && help.size < whole);
        CHECK(span_ends(buf_span(&help), SPAN("\n")));
        check_columns(buf_span(&help));
    }
    CHECK(count > 8);
}

/* The first words of each piece of advice, so that a line's end does not matter. */
static void topic_exit_codes_has_every_advice(void)
{
    print_topic("exit-codes");
    for (int code = 0; code < FAULT_CODE_COUNT; code++) {
        struct fault f = {.code = (enum fault_code)code};
        const char *advice = fault_advice(&f);
        char line[40];
        snprintf(line, sizeof line, "- %.25s", advice != NULL ? advice : "");
        unit_row("%s", line);
        CHECK(span_contains(buf_span(&help), span_of(line)));
    }
}

static void unknown_topic_is_a_usage_fault(void)
{
    const char *operands[] = {"moon"};
    struct options o = {.command = COMMAND_HELP, .word = "help", .operands = operands, .operand_count = 1};
    struct buf b = buf_init(MANUAL_MAX);
    struct fault f = {0};
    CHECK(!manual_put(&b, &o, &f));
    CHECK_EQUAL_INT(f.code, FAULT_USAGE);
    CHECK_EQUAL_TEXT(f.text, "help: 'moon': no such topic");
    CHECK_EQUAL_INT(b.size, 0);
    buf_free(&b);
}

static void version_as_an_object(void)
{
    print(&(struct options){.command = COMMAND_VERSION, .json = true});
    static const char *const members[] = {"\"version\":", "\"commit\":", "\"target\":", "\"mbedtls\":", "\"built\":"};
    for (size_t i = 0; i < COUNT_OF(members); i++) {
        CHECK(span_contains(buf_span(&help), span_of(members[i])));
    }
    CHECK(span_starts(buf_span(&help), SPAN("{\"")) && span_ends(buf_span(&help), SPAN("}\n")));
}

static void version_is_one_line(void)
{
    struct buf b = buf_init(MANUAL_MAX);
    manual_put_version(&b);
    struct span line = buf_span(&b);
    CHECK(span_starts(line, SPAN("unisolate ")));
    CHECK(span_contains(line, span_of(version.number)));
    CHECK(span_contains(line, span_of(version.commit)));
    CHECK(span_contains(line, span_of(version.target)));
    CHECK(span_contains(line, span_of(version.mbedtls)));
    CHECK_EQUAL_INT(span_find(line, '\n'), line.size - 1);
    CHECK(line.size <= PAGE_COLUMNS + 1);
    buf_free(&b);
    CHECK(span_starts(span_of(version.user_agent), SPAN("unisolate/")));
    CHECK_EQUAL_TEXT(version.user_agent + strlen("unisolate/"), version.number);
}

/* ---- README.md ---- */

static struct span readme(void)
{
    static char text[128 * 1024];
    static size_t size;
    FILE *file = size == 0 ? fopen("README.md", "rb") : NULL;
    if (file != NULL) {
        size = fread(text, 1, sizeof text, file);
        fclose(file);
    }
    CHECK(size > 0 && size < sizeof text);
    return span_make(text, size);
}

static void readme_has_every_option(void)
{
    for (size_t i = 0; i < option_row_count; i++) {
        const struct option_row *row = &option_rows[i];
        char cell[80];
        unit_row("%s", row->name);
        snprintf(cell, sizeof cell, row->value == NULL ? "%s`" : row->implied != NULL ? "%s[=%s]`" : "%s %s`", row->name, row->value);
        CHECK(span_contains(readme(), span_of(cell)));
        for (size_t k = 0; option_nth_variable(row, k) != NULL; k++) {
            snprintf(cell, sizeof cell, "`%s`", option_nth_variable(row, k));
            CHECK(span_contains(readme(), span_of(cell)));
        }
    }
}

static void readme_has_every_command(void)
{
    static const char *const forms[] = {"id:HEX`", "entra:GUID`", "ip:ADDRESS`", "name:NAME`", "`self`", "tag:TAG`"};
    for (const struct command_row *row = command_rows; row->help != NULL; row++) {
        char words[40];
        unit_row("%s", row->word);
        snprintf(words, sizeof words, row->command == COMMAND_RELEASE ? "unisolate -c" : "unisolate %s", row->word);
        CHECK(span_contains(readme(), span_of(words)));
    }
    for (size_t i = 0; i < COUNT_OF(forms); i++) {
        unit_row("%s", forms[i]);
        CHECK(span_contains(readme(), span_of(forms[i])));
    }
}

static void readme_has_every_topic(void)
{
    for (const struct manual_topic *topic = manual_topics; topic->name != NULL; topic++) {
        char words[40];
        snprintf(words, sizeof words, "`%s`", topic->name);
        unit_row("%s", words);
        CHECK(span_contains(readme(), span_of(words)));
    }
}

/* What a script may read in `result` and `isolation`. */
static void readme_has_every_result(void)
{
    char word[40];
    for (int i = 0; i <= RELEASE_PLANNED; i++) {
        snprintf(word, sizeof word, "`%s`", release_result_name((enum release_result)i));
        unit_row("%s", word);
        CHECK(span_contains(readme(), span_of(word)));
    }
    for (int i = 0; i <= ISOLATION_ISOLATING; i++) {
        snprintf(word, sizeof word, "`%s`", isolation_name((enum isolation)i));
        unit_row("%s", word);
        CHECK(span_contains(readme(), span_of(word)));
    }
}

static void readme_has_no_other_option(void)
{
    struct span rest = readme();
    struct span line;
    while (span_next(&rest, '\n', &line)) {
        struct span name = {0};
        if (!span_starts(line, SPAN("| `-"))) {
            continue;
        }
        name = span_cut(line, 3, line.size);
        while (!span_starts(name, SPAN("--")) &&
               span_starts(span_cut(name, 2, name.size), SPAN(", "))) {
            name = span_cut(name, 4, name.size);
        }
        size_t end = 0;
        while (end < name.size && name.at[end] != ' ' && name.at[end] != '`' && name.at[end] != '[') {
            end++;
        }
        unit_row("%.*s", SPAN_ARG(line));
        bool known = false;
        for (size_t i = 0; i < option_row_count; i++) {
            known = known || span_equal(span_cut(name, 0, end), span_of(option_rows[i].name));
        }
        CHECK(known);
    }
}

static void readme_has_every_exit_code(void)
{
    for (size_t i = 0; i < COUNT_OF(exits); i++) {
        char row[40];
        snprintf(row, sizeof row, "| %d | %s |", exits[i].number, exits[i].name);
        unit_row("%s", row);
        CHECK(span_contains(readme(), span_of(row)));
    }
}

static void readme_has_every_host(void)
{
    for (const struct cloud_row *row = cloud_rows; row->name != NULL; row++) {
        unit_row("%s", row->name);
        CHECK(span_contains(readme(), span_of(row->name)));
        CHECK(span_contains(readme(), span_of(row->api + strlen("https://"))));
        CHECK(span_contains(readme(), span_of(row->authority + strlen("https://"))));
    }
    for (const struct region_row *row = region_rows; row->name != NULL; row++) {
        unit_row("%s", row->name);
        CHECK(span_contains(readme(), span_of(row->api + strlen("https://"))));
    }
}

static const struct unit_test tests[] = {
    TEST(texts_keep_to_their_columns),  TEST(help_has_every_option),
    TEST(help_has_every_command),       TEST(help_has_every_way_to_name_a_device),
    TEST(help_has_what_options_may_be), TEST(help_has_methods_and_clouds),
    TEST(help_has_every_exit_code),     TEST(help_has_three_examples_with_comments),
    TEST(help_names_every_topic),       TEST(topics_are_parts_of_the_help),
    TEST(topic_exit_codes_has_every_advice), TEST(unknown_topic_is_a_usage_fault),
    TEST(version_as_an_object),
    TEST(version_is_one_line),          TEST(readme_has_every_option),
    TEST(readme_has_every_command),     TEST(readme_has_every_result), TEST(readme_has_every_topic),
    TEST(readme_has_no_other_option),   TEST(readme_has_every_exit_code),
    TEST(readme_has_every_host),
};

UNIT_MAIN(tests)
