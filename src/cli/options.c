/*
 * options.c - what is made of the command line and the environment; see options.h. The tables are in option_table.c.
 */
#include "cli/options.h"

#include "base/escape.h"
#include "cli/cloud.h"
#include "cli/line.h"
#include "codec/time_text.h"
#include "os/os.h"

#include <stdio.h>
#include <string.h>

/* ---- keeping one value: a keeper a kind ---- */

static void *member(struct options *o, const struct option_row *row)
{
    return (char *)o + row->offset;
}

static bool keep_flag(struct options *o, const struct option_row *row, const char *value,
                      struct fault *f)
{
    (void)value;
    (void)f;
    *(bool *)member(o, row) = true;
    return true;
}

static bool keep_count(struct options *o, const struct option_row *row, const char *value,
                       struct fault *f)
{
    (void)value;
    (void)f;
    *(unsigned *)member(o, row) += 1;
    return true;
}

static bool keep_family(struct options *o, const struct option_row *row, const char *value,
                        struct fault *f)
{
    enum address_family family = row->kind == OPTION_IPV4 ? ADDRESS_IPV4 : ADDRESS_IPV6;
    (void)value;
    if (o->family != ADDRESS_NONE && o->family != family) {
        return fault_set(f, FAULT_USAGE, "-4 and -6 exclude each other");
    }
    o->family = family;
    return true;
}

static bool keep_command(struct options *o, const struct option_row *row, const char *value,
                         struct fault *f)
{
    (void)value;
    (void)f;
    if (o->command != COMMAND_HELP && o->command != COMMAND_VERSION) {
        o->command = row->kind == OPTION_HELP ? COMMAND_HELP : COMMAND_VERSION;
    }
    return true;
}

static bool keep_text(struct options *o, const struct option_row *row, const char *value,
                      struct fault *f)
{
    (void)f;
    *(const char **)member(o, row) = value;
    return true;
}

/* The row's words as one text, for advice. */
static void list_choices(const struct option_row *row, char *text, size_t size)
{
    size_t used = 0;
    text[0] = '\0';
    for (size_t i = 0; row->choice(i) != NULL && used < size; i++) {
        used += (size_t)snprintf(text + used, size - used, i == 0 ? "%s" : ", %s", row->choice(i));
    }
}

static bool find_choice(const struct option_row *row, const char *value, size_t *which,
                        struct fault *f)
{
    char words[200];
    for (size_t i = 0; row->choice(i) != NULL; i++) {
        if (strcmp(value, row->choice(i)) == 0) {
            *which = i;
            return true;
        }
    }
    list_choices(row, words, sizeof words);
    fault_set(f, FAULT_USAGE, "'%s' is none of its values", value);
    return fault_advise(f, "it is one of: %s", words);
}

static bool keep_choice(struct options *o, const struct option_row *row, const char *value,
                        struct fault *f)
{
    size_t which;
    return find_choice(row, value, &which, f) && keep_text(o, row, value, f);
}

static bool keep_color(struct options *o, const struct option_row *row, const char *value,
                       struct fault *f)
{
    size_t which;
    if (!find_choice(row, value, &which, f)) {
        return false;
    }
    o->color = (enum color)which;
    return true;
}

static bool keep_time(struct options *o, const struct option_row *row, const char *value,
                      struct fault *f)
{
    uint64_t *seconds = member(o, row);
    if (!time_parse_duration(span_of(value), seconds) || *seconds == 0) {
        fault_set(f, FAULT_USAGE, "'%s' is not a time from 1s on", value);
        return fault_advise(f, "write it as 90, 90s, 10m or 1h30m");
    }
    return true;
}

static bool keep_number(struct options *o, const struct option_row *row, const char *value,
                        struct fault *f)
{
    uint64_t number;
    if (!span_decimal(span_of(value), OPTION_RETRIES_MAX, &number)) {
        return fault_set(f, FAULT_USAGE, "'%s' is not a number from 0 to %d", value,
                         OPTION_RETRIES_MAX);
    }
    *(unsigned *)member(o, row) = (unsigned)number;
    return true;
}

static bool keep_resolve(struct options *o, const struct option_row *row, const char *value,
                         struct fault *f)
{
    (void)row;
    if (o->resolve_count == OPTIONS_RESOLVE_MAX) {
        return fault_set(f, FAULT_USAGE, "more than %d of them", OPTIONS_RESOLVE_MAX);
    }
    o->resolve[o->resolve_count++] = value;
    return true;
}

typedef bool option_keeper(struct options *o, const struct option_row *row, const char *value,
                           struct fault *f);

static option_keeper *const keepers[] = {
    [OPTION_FLAG] = keep_flag,       [OPTION_COUNT] = keep_count,  [OPTION_IPV4] = keep_family,
    [OPTION_IPV6] = keep_family,     [OPTION_HELP] = keep_command, [OPTION_VERSION] = keep_command,
    [OPTION_TEXT] = keep_text,       [OPTION_SECRET] = keep_text,  [OPTION_CHOICE] = keep_choice,
    [OPTION_COLOR] = keep_color,     [OPTION_TIME] = keep_time,    [OPTION_NUMBER] = keep_number,
    [OPTION_RESOLVE] = keep_resolve,
};

/* Keep a value that `giver` gave; the giver's name stands in front of a fault. */
static bool keep(struct options *o, const struct option_row *row, const char *giver,
                 const char *value, struct fault *f)
{
    o->given[row - option_rows] = giver;
    return keepers[row->kind](o, row, value, f) || fault_place(f, "%s", giver);
}

/* ---- the command line ---- */

static bool keep_from_line(struct options *o, const struct option_row *row, const char *value,
                           struct fault *f)
{
    bool again = o->given[row - option_rows] != NULL;
    if (again && row->value != NULL && row->kind != OPTION_RESOLVE) {
        return fault_set(f, FAULT_USAGE, "%s: given twice", row->name);
    }
    return keep(o, row, row->name, value, f);
}

static const struct command_row *command_row_of(enum command command)
{
    size_t i = 0;
    while (command_rows[i].word != NULL && command_rows[i].command != command) {
        i++;
    }
    return &command_rows[i];
}

/* The first operand may be a command word, but not behind `--`. */
static void keep_operand(struct options *o, const char *text, bool may_be_command)
{
    for (size_t i = 0; may_be_command && command_rows[i].word != NULL; i++) {
        if (strcmp(text, command_rows[i].word) == 0) {
            o->command = o->command == COMMAND_RELEASE ? command_rows[i].command : o->command;
            return;
        }
    }
    o->operands[o->operand_count++] = text;
}

static bool read_line(struct options *o, int argc, char *const *argv, struct fault *f)
{
    struct line line = {.argc = argc, .argv = argv};
    const struct option_row *row;
    const char *text;
    bool first = true, ok = true;
    while (ok) {
        switch (line_next(&line, &row, &text, f)) {
        case LINE_OPTION:
            ok = keep_from_line(o, row, text, f);
            break;
        case LINE_OPERAND:
            keep_operand(o, text, first && !line.ended);
            first = false;
            break;
        case LINE_END:
            return true;
        case LINE_FAULT:
            return false;
        }
    }
    return false;
}

/* ---- environment, defaults, and what must hold between options ---- */

static bool is_true(const char *value)
{
    return strcmp(value, "1") == 0 || span_equal_nocase(span_of(value), SPAN("true"));
}

/* The first of the row's variables that is set, and its value; NULL: none is. */
static const char *set_variable(const struct option_row *row, const char **value)
{
    const char *name;
    for (size_t i = 0; (name = option_nth_variable(row, i)) != NULL; i++) {
        *value = os_environment(name);
        if (*value != NULL && (*value)[0] != '\0') {
            return name;
        }
    }
    return NULL;
}

/* Rows that the line has not given, from their variables: all of them, also behind a wrong one. */
static bool read_environment(struct options *o, struct fault *f)
{
    for (size_t i = 0; i < option_row_count; i++) {
        const struct option_row *row = &option_rows[i];
        const char *value = NULL;
        const char *name = o->given[i] == NULL ? set_variable(row, &value) : NULL;
        struct fault one = {0};
        if (name == NULL) {
            continue;
        }
        if (row->kind == OPTION_FLAG && !is_true(value)) {
            continue;
        }
        if (row->kind == OPTION_SECRET && name != row->variable) {
            value = row->variable;
        } else if (row->kind == OPTION_COLOR) {
            value = "never";
        }
        if (!keep(o, row, name, value, &one) && !fault_is_set(f)) {
            *f = one;
        }
    }
    return !fault_is_set(f);
}

static bool keep_standards(struct options *o, struct fault *f)
{
    for (size_t i = 0; i < option_row_count; i++) {
        const struct option_row *row = &option_rows[i];
        if (o->given[i] == NULL && row->standard != NULL &&
            !keepers[row->kind](o, row, row->standard, f)) {
            return fault_place(f, "%s", row->name);
        }
    }
    return true;
}

/* A person needs the time that a device code lives. */
static void allow_for_person(struct options *o)
{
    if (strcmp(o->sign_in.method, credential_device_code.name) == 0 &&
        options_giver(o, "--max-time") == NULL) {
        o->max_time_seconds += OPTION_PERSON_SECONDS;
    }
}

static bool given_on_line(const struct options *o, const char *name)
{
    const char *giver = options_giver(o, name);
    return giver != NULL && strcmp(giver, name) == 0;
}

static bool check_roots(struct options *o, struct fault *f)
{
    if (o->cacert != NULL && o->cacert_only != NULL) {
        if (given_on_line(o, "--cacert")) {
            return fault_set(f, FAULT_USAGE, "--cacert and --cacert-only exclude each other");
        }
        o->cacert = NULL; /* the command line wins over SSL_CERT_FILE */
    }
    return true;
}

static bool check_secrets(const struct options *o, struct fault *f)
{
    const char *first = NULL;
    for (size_t i = 0; i < option_row_count; i++) {
        if (option_rows[i].kind != OPTION_SECRET) {
            continue;
        }
        const char *source =
            *(const char *const *)(const void *)((const char *)o + option_rows[i].offset);
        if (source == NULL || strcmp(source, "-") != 0) {
            continue;
        }
        if (first != NULL) {
            return fault_set(f, FAULT_USAGE, "%s and %s cannot both read standard input", first,
                             option_rows[i].name);
        }
        first = option_rows[i].name;
    }
    return true;
}

static bool check_comment(const struct options *o, struct fault *f)
{
    const char *giver = options_giver(o, "--comment");
    if (o->comment == NULL) {
        fault_set(f, FAULT_USAGE, "--comment: missing; every release and every cancel needs one");
        return fault_advise(f, "say why: -c TEXT");
    }
    if (!utf8_is_valid(span_of(o->comment))) {
        return fault_set(f, FAULT_USAGE, "%s: not UTF-8", giver);
    }
    if (span_trim(span_of(o->comment)).size == 0) {
        return fault_set(f, FAULT_USAGE, "%s: empty", giver);
    }
    return true;
}

static bool check_operands(const struct options *o, struct fault *f)
{
    bool none = o->command == COMMAND_TOKEN || o->command == COMMAND_SELF_TEST;
    if (none && o->operand_count > 0) {
        return fault_set(f, FAULT_USAGE, "%s: '%s': it takes no device", command_row_of(o->command)->word, o->operands[0]);
    }
    if (o->command == COMMAND_DOCTOR && o->operand_count > 1) {
        return fault_set(f, FAULT_USAGE, "doctor: '%s': it takes one device", o->operands[1]);
    }
    return true;
}

static bool options_check(struct options *o, struct fault *f)
{
    bool wants_comment = command_row_of(o->command)->wants_comment && o->operand_count > 0;
    allow_for_person(o);
    return check_roots(o, f) && check_secrets(o, f) && check_operands(o, f) && (!wants_comment || check_comment(o, f));
}

/* `--json` in front of `--`, whatever stands around it: a fault is then told as JSON too. */
static bool json_is_asked(int argc, char *const *argv)
{
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
        if (strcmp(argv[i], "--json") == 0) {
            return true;
        }
    }
    return false;
}

static bool read_all(struct options *o, int argc, char *const *argv, struct fault *f)
{
    struct fault later = {0}; /* the environment is read in any case, for NO_COLOR */
    o->operands = memory_take((size_t)(argc > 0 ? argc : 1), sizeof *o->operands);
    if (o->operands == NULL) {
        return fault_set(f, FAULT_MEMORY, "command line: out of memory");
    }
    bool line = read_line(o, argc, argv, f);
    if (line && (o->command == COMMAND_HELP || o->command == COMMAND_VERSION)) {
        return true;
    }
    bool environment = read_environment(o, &later);
    if (line && !environment) {
        *f = later;
    }
    return line && environment && keep_standards(o, f) && options_check(o, f);
}

bool options_read(struct options *o, int argc, char *const *argv, struct fault *f)
{
    bool ok = read_all(o, argc, argv, f);
    if (!ok) {
        o->json = json_is_asked(argc, argv);
    }
    return ok;
}

const char *options_giver(const struct options *o, const char *name)
{
    const struct option_row *row = line_find(span_of(name));
    return row != NULL ? o->given[row - option_rows] : NULL;
}

uint64_t options_run_seconds(const struct options *o)
{
    bool given = options_giver(o, "--max-time") != NULL;
    return o->max_time_seconds + (given ? 0 : o->wait_seconds);
}

bool options_wants_operand(const struct options *o)
{
    return command_row_of(o->command)->wants_operand;
}

void options_free(struct options *o)
{
    memory_give((void *)o->operands);
    *o = (struct options){0};
}
