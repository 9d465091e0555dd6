/*
 * options.c - what is made of the command line, the environment and the configuration file; see options.h. The tables are in
 * option_table.c, the checks of one value in option_keep.c.
 */
#include "cli/options.h"

#include "base/escape.h"
#include "cli/config.h"
#include "cli/line.h"
#include "os/os.h"

#include <stdio.h>
#include <string.h>

/* ---- the command line ---- */

static bool keep_from_line(struct options *o, const struct option_row *row, const char *value,
                           struct fault *f)
{
    bool again = o->given[row - option_rows].giver != NULL;
    if (again && row->value != NULL && row->kind != OPTION_RESOLVE) {
        return fault_set(f, FAULT_USAGE, "%s: given twice", row->name);
    }
    return option_keep(o, row, row->name, value, f) || fault_place(f, "%s", row->name);
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
            o->word = text;
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
        const char *name = options_overrule(o, row) ? NULL : set_variable(row, &value);
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
        if (!option_keep(o, row, name, value, &one) && !fault_is_set(f)) {
            *f = one;
            fault_place(f, "%s", name);
        }
    }
    return !fault_is_set(f);
}

static bool keep_standards(struct options *o, struct fault *f)
{
    for (size_t i = 0; i < option_row_count; i++) {
        const struct option_row *row = &option_rows[i];
        if (o->given[i].giver == NULL && row->standard != NULL && !option_keep(o, row, NULL, row->standard, f)) {
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

/* SSL_CERT_FILE is not meant for this program alone: it never adds to --cacert-only. */
static bool check_roots(struct options *o, struct fault *f)
{
    const struct option_row *row = line_find(SPAN("--cacert"));
    const char *giver = options_giver(o, row->name);
    if (o->cacert == NULL || o->cacert_only == NULL) {
        return true;
    }
    if (giver == option_variable(row)) {
        o->given[row - option_rows] = (struct option_given){0};
        o->cacert = NULL;
        return true;
    }
    fault_set(f, FAULT_USAGE, "--cacert and --cacert-only exclude each other");
    return strcmp(giver, "--cacert") != 0 && fault_place(f, "%s", giver);
}

/* Standard input can be read once. */
static bool check_input(const struct options *o, struct fault *f)
{
    const char *first = o->from != NULL && strcmp(o->from, "-") == 0 ? "--from" : NULL;
    for (size_t i = 0; i < o->operand_count; i++) {
        bool reads = strcmp(o->operands[i], "-") == 0;
        if (reads && first != NULL) {
            return fault_set(f, FAULT_USAGE, "%s and the operand - cannot both read standard input", first);
        }
        first = reads ? "the operand -" : first;
    }
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
    if (none && (o->operand_count > 0 || o->from != NULL)) {
        return fault_set(f, FAULT_USAGE, "%s: '%s': it takes no device", command_row_of(o->command)->word,
                         o->operand_count > 0 ? o->operands[0] : "--from");
    }
    if (o->command == COMMAND_DOCTOR && (o->operand_count > 1 || o->from != NULL)) {
        return fault_set(f, FAULT_USAGE, "doctor: '%s': it takes one device", o->operand_count > 1 ? o->operands[1] : "--from");
    }
    return true;
}

static bool options_check(struct options *o, struct fault *f)
{
    bool wants_comment = command_row_of(o->command)->wants_comment && !options_lacks_operand(o);
    allow_for_person(o);
    return check_roots(o, f) && check_input(o, f) && check_operands(o, f) && (!wants_comment || check_comment(o, f));
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
    if (line && options_are_for_text(o)) {
        return true;
    }
    bool environment = read_environment(o, &later);
    if (line && !environment) {
        *f = later;
    }
    return line && environment && config_read(o, f) && keep_standards(o, f) && options_check(o, f);
}

bool options_read(struct options *o, int argc, char *const *argv, struct fault *f)
{
    bool ok = read_all(o, argc, argv, f);
    if (!ok) {
        o->json = o->json || json_is_asked(argc, argv); /* the configuration may ask for it, too */
    }
    return ok;
}

const char *options_giver(const struct options *o, const char *name)
{
    const struct option_row *row = line_find(span_of(name));
    return row != NULL ? o->given[row - option_rows].giver : NULL;
}

/* Options that stand for one choice. */
static const char *const rivals[][2] = {{"-4", "-6"}, {"--cacert", "--cacert-only"}};

static bool is_on_line(const struct options *o, const char *name)
{
    const char *giver = options_giver(o, name);
    return giver != NULL && strcmp(giver, name) == 0;
}

bool options_overrule(const struct options *o, const struct option_row *row)
{
    const char *giver = o->given[row - option_rows].giver;
    bool overruled = giver != NULL && giver == row->name;
    const char *variable;
    for (size_t i = 0; giver != NULL && (variable = option_nth_variable(row, i)) != NULL; i++) {
        overruled = overruled || giver == variable;
    }
    for (size_t i = 0; i < sizeof rivals / sizeof rivals[0]; i++) {
        for (size_t k = 0; k < 2; k++) {
            overruled = overruled || (strcmp(rivals[i][k], row->name) == 0 && is_on_line(o, rivals[i][1 - k]));
        }
    }
    return overruled;
}

bool options_place_fault(const struct options *o, struct fault *f)
{
    struct span text = span_of(f->text);
    for (size_t i = 0; i < option_row_count; i++) {
        const struct option_row *row = &option_rows[i];
        const char *giver = o->given[i].giver;
        struct span rest = span_cut(text, strlen(row->name), text.size);
        if (giver == NULL || giver == row->name || !span_starts(text, span_of(row->name)) ||
            (!span_starts(rest, SPAN(" ")) && !span_starts(rest, SPAN(":")))) {
            continue;
        }
        for (size_t k = 0; row->kind == OPTION_RESOLVE && k < o->resolve_count; k++) {
            struct span value = span_of(o->resolve[k]);
            bool is_it = span_equal(span_cut(rest, 1, 1 + value.size), value);
            giver = is_it ? o->resolve_giver[k] : giver;
        }
        return fault_place(f, "%s", giver);
    }
    return false;
}

void options_describe(const struct options *o, options_teller *tell, void *context)
{
    for (size_t i = 0; i < option_row_count; i++) {
        const struct option_given *given = &o->given[i];
        if (given->giver != NULL && option_rows[i].kind != OPTION_RESOLVE) {
            tell(context, option_rows[i].name, given->value != NULL ? given->value : "true", given->giver);
        }
    }
    for (size_t i = 0; i < o->resolve_count; i++) {
        tell(context, "--resolve", o->resolve[i], o->resolve_giver[i]);
    }
}

uint64_t options_run_seconds(const struct options *o)
{
    bool given = options_giver(o, "--max-time") != NULL;
    return o->max_time_seconds + (given ? 0 : o->wait_seconds);
}

bool options_lacks_operand(const struct options *o)
{
    return o->operand_count == 0 && o->from == NULL && command_row_of(o->command)->wants_operand;
}

/* A text that the options own, in front of the ones that they have already. */
struct option_text {
    struct option_text *next;
    char text[];
};

const char *options_own(struct options *o, struct span a, struct span b)
{
    struct option_text *own = memory_take(1, sizeof *own + a.size + b.size + 1);
    if (own == NULL) {
        return NULL;
    }
    memcpy(own->text, a.size > 0 ? a.at : "", a.size);
    memcpy(own->text + a.size, b.size > 0 ? b.at : "", b.size);
    own->next = o->texts;
    o->texts = own;
    return own->text;
}

void options_free(struct options *o)
{
    memory_give((void *)o->operands);
    while (o->texts != NULL) {
        struct option_text *next = o->texts->next;
        memory_give(o->texts);
        o->texts = next;
    }
    *o = (struct options){0};
}
