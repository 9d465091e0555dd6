/*
 * test_commands.c - cli/options: command words and what each command wants; --wait with and without its time; the time of a whole run.
 */
/* links: fake/os_fake.c */
#include "unit.h"

#include "cli/options.h"
#include "fake/os_fake.h"

enum { WORDS_MAX = 10 };

static struct options o;
static struct fault f;

static bool read_words(const char *const *words)
{
    static const char *argv[WORDS_MAX + 2] = {"unisolate"};
    int argc = 1;
    options_free(&o);
    fault_clear(&f);
    os_fake_reset();
    for (; words[argc - 1] != NULL && argc <= WORDS_MAX; argc++) {
        argv[argc] = words[argc - 1];
    }
    argv[argc] = NULL;
    return options_read(&o, argc, (char *const *)argv, &f);
}

struct command_case {
    const char *words[WORDS_MAX];
    enum command command;
    const char *operands; /* each with a blank behind it */
};

static const struct command_case commands[] = {
    {{"-c", "x", "pc"}, COMMAND_RELEASE, "pc "},
    {{"release", "pc", "-cx"}, COMMAND_RELEASE, "pc "},
    {{"status"}, COMMAND_STATUS, ""},
    {{"status", "pc", "-v"}, COMMAND_STATUS, "pc "},
    {{"-v", "status", "pc"}, COMMAND_STATUS, "pc "},
    {{"find", "a", "b"}, COMMAND_FIND, "a b "},
    {{"cancel", "-cx", "a"}, COMMAND_CANCEL, "a "},
    {{"cancel"}, COMMAND_CANCEL, ""},
    {{"help", "status"}, COMMAND_HELP, "status "},
    {{"status", "status"}, COMMAND_STATUS, "status "},       /* only the first operand is one */
    {{"find", "cancel", "status"}, COMMAND_FIND, "cancel status "},
    {{"-cx", "pc", "status"}, COMMAND_RELEASE, "pc status "},
    {{"-cx", "--", "status"}, COMMAND_RELEASE, "status "},   /* nor behind -- */
    {{"status", "--", "find"}, COMMAND_STATUS, "find "},
    {{"-cx", "Status"}, COMMAND_RELEASE, "Status "},
    {{"-cx", "name:status"}, COMMAND_RELEASE, "name:status "},
    {{"-cx", "stat"}, COMMAND_RELEASE, "stat "},
    {{"status", "--help"}, COMMAND_HELP, ""},
    {{"--version", "find", "x"}, COMMAND_VERSION, "x "},
    {{"--help", "find", "x"}, COMMAND_HELP, "x "},
};

static void words_name_commands(void)
{
    for (size_t i = 0; i < COUNT_OF(commands); i++) {
        char operands[200] = "";
        unit_row("%s %s", commands[i].words[0], commands[i].words[1] != NULL ? commands[i].words[1] : "");
        CHECK(read_words(commands[i].words));
        CHECK_EQUAL_INT(o.command, commands[i].command);
        for (size_t k = 0; k < o.operand_count; k++) {
            snprintf(operands + strlen(operands), sizeof operands - strlen(operands), "%s ", o.operands[k]);
        }
        CHECK_EQUAL_TEXT(operands, commands[i].operands);
    }
}

struct want {
    const char *words[WORDS_MAX];
    bool operand, comment;
};

static const struct want wants[] = {
    {{"release"}, true, true}, {{"status"}, false, false}, {{"find"}, true, false}, {{"cancel"}, true, true}, {{"help"}, false, false},
};

static void commands_want_what_they_need(void)
{
    for (size_t i = 0; i < COUNT_OF(wants); i++) {
        const char *const with_operand[] = {wants[i].words[0], "pc", NULL};
        unit_row("%s", wants[i].words[0]);
        CHECK(read_words(wants[i].words)); /* that nobody is named is for the caller to say */
        CHECK_EQUAL_INT(options_lacks_operand(&o), wants[i].operand);
        CHECK_EQUAL_INT(read_words(with_operand), !wants[i].comment);
        CHECK(!wants[i].comment || strcmp(f.text, "--comment: missing; every release and every cancel needs one") == 0);
    }
}

static void every_command_stands_once_in_the_table(void)
{
    size_t count = 0;
    for (const struct command_row *row = command_rows; row->help != NULL; row++, count++) {
        CHECK(row->word != NULL && row->operands != NULL);
        for (const struct command_row *other = command_rows; other < row; other++) {
            CHECK(strcmp(row->word, other->word) != 0 && row->command != other->command);
        }
    }
    CHECK_EQUAL_INT(count, COMMAND_VERSION); /* all but that one, which has no word */
}

/* ---- --wait[=TIME] ---- */

struct wait_case {
    const char *words[WORDS_MAX];
    uint64_t seconds;
    unsigned verbosity;
    size_t operands;
};

static const struct wait_case waits[] = {
    {{"-cx", "pc"}, 0, 0, 1},
    {{"-cx", "pc", "--wait"}, 600, 0, 1},
    {{"-cx", "--wait", "pc"}, 600, 0, 1},
    {{"-cx", "pc", "-w"}, 600, 0, 1},
    {{"-cx", "-w", "pc"}, 600, 0, 1},
    {{"-cx", "--wait=90", "pc"}, 90, 0, 1},
    {{"-cx", "--wait=90s", "pc"}, 90, 0, 1},
    {{"-cx", "--wait=1h30m", "pc"}, 5400, 0, 1},
    {{"-cx", "-w=5m", "pc"}, 300, 0, 1},
    {{"-cx", "-w=1", "pc"}, 1, 0, 1},
    {{"-wv", "-cx", "pc"}, 600, 1, 1},
    {{"-vw", "-cx", "pc"}, 600, 1, 1},
    {{"-vvw=5m", "-cx", "pc"}, 300, 2, 1},
    {{"-wcx", "pc"}, 600, 0, 1},
    {{"-wvcx", "pc"}, 600, 1, 1},
    {{"-cx", "--wait", "5m", "pc"}, 600, 0, 2}, /* the time has to stand with it */
    {{"-cx", "-w", "5m", "pc"}, 600, 0, 2},
};

static void the_time_of_wait_may_be_left_out(void)
{
    for (size_t i = 0; i < COUNT_OF(waits); i++) {
        unit_row("%s %s %s", waits[i].words[0], waits[i].words[1], waits[i].words[2] != NULL ? waits[i].words[2] : "");
        CHECK(read_words(waits[i].words));
        CHECK_EQUAL_INT(o.wait_seconds, waits[i].seconds);
        CHECK_EQUAL_INT(o.verbosity, waits[i].verbosity);
        CHECK_EQUAL_INT(o.operand_count, waits[i].operands);
        CHECK_EQUAL_TEXT(o.comment, "x");
    }
}

struct refusal {
    const char *words[WORDS_MAX];
    const char *text;
};

static const struct refusal refusals[] = {
    {{"-cx", "--wait=", "pc"}, "--wait: needs a value: TIME"},
    {{"-cx", "-w=", "pc"}, "--wait: needs a value: TIME"},
    {{"-cx", "--wait=0", "pc"}, "--wait: '0' is not a time from 1s on"},
    {{"-cx", "--wait=soon", "pc"}, "--wait: 'soon' is not a time from 1s on"},
    {{"-cx", "-w=5mv", "pc"}, "--wait: '5mv' is not a time from 1s on"},
    {{"-cx", "-w5m", "pc"}, "-5: no such option"},
    {{"-cx", "-w", "-w", "pc"}, "--wait: given twice"},
    {{"-cx", "--wait=1m", "-w", "pc"}, "--wait: given twice"},
    {{"-cx", "--wait=99999999999999999999", "pc"}, "--wait: '99999999999999999999' is not a time from 1s on"},
    {{"-cx", "--dry-run=yes", "pc"}, "--dry-run: takes no value"},
    {{"-cx", "-n=yes", "pc"}, "-=: no such option"},
};

static void bad_times_are_refused(void)
{
    for (size_t i = 0; i < COUNT_OF(refusals); i++) {
        unit_row("%s", refusals[i].words[1]);
        CHECK(!read_words(refusals[i].words));
        CHECK_EQUAL_INT(f.code, FAULT_USAGE);
        CHECK_EQUAL_TEXT(f.text, refusals[i].text);
    }
}

struct run_case {
    const char *words[WORDS_MAX];
    uint64_t seconds;
};

static const struct run_case runs[] = {
    {{"-cx", "pc"}, 120},
    {{"-cx", "pc", "--max-time=5"}, 5},
    {{"-cx", "pc", "--wait"}, 720},
    {{"-cx", "pc", "--wait=1h"}, 3720},
    {{"-cx", "pc", "--wait=1h", "--max-time=1m"}, 60},
    {{"-cx", "pc", "--wait=1m", "--max-time=2m"}, 120}, /* given, though it is the default */
};

static void a_run_has_the_time_that_it_needs(void)
{
    for (size_t i = 0; i < COUNT_OF(runs); i++) {
        unit_row("%zu", i);
        CHECK(read_words(runs[i].words));
        CHECK_EQUAL_INT(options_run_seconds(&o), runs[i].seconds);
    }
    options_free(&o);
}

static const struct unit_test tests[] = {
    TEST(words_name_commands),
    TEST(commands_want_what_they_need),
    TEST(every_command_stands_once_in_the_table),
    TEST(the_time_of_wait_may_be_left_out),
    TEST(bad_times_are_refused),
    TEST(a_run_has_the_time_that_it_needs),
};

UNIT_MAIN(tests)
