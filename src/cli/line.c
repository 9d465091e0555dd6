/*
 * line.c - a command line taken apart; see line.h.
 */
#include "cli/line.h"

#include <string.h>

enum { NAME_MAX_COMPARED = 40, DISTANCE_MAX = 2 };

const struct option_row *line_find(struct span name)
{
    for (size_t i = 0; i < option_row_count; i++) {
        if (span_equal(name, span_of(option_rows[i].name))) {
            return &option_rows[i];
        }
    }
    return NULL;
}

static const struct option_row *find_letter(char letter)
{
    for (size_t i = 0; i < option_row_count; i++) {
        if (option_rows[i].letter != 0 && option_rows[i].letter == letter) {
            return &option_rows[i];
        }
    }
    return NULL;
}

/* ---- the nearest name ---- */

static unsigned least(unsigned a, unsigned b, unsigned c)
{
    unsigned ab = a < b ? a : b;
    return ab < c ? ab : c;
}

/* How many letters must be put in, taken out or changed: Levenshtein's table, one row at a time. */
static unsigned distance(struct span a, struct span b)
{
    unsigned row[NAME_MAX_COMPARED + 1];
    if (a.size > NAME_MAX_COMPARED || b.size > NAME_MAX_COMPARED) {
        return NAME_MAX_COMPARED;
    }
    for (unsigned j = 0; j <= b.size; j++) {
        row[j] = j;
    }
    for (unsigned i = 1; i <= a.size; i++) {
        unsigned diagonal = row[0];
        row[0] = i;
        for (unsigned j = 1; j <= b.size; j++) {
            unsigned above = row[j];
            row[j] = least(above + 1, row[j - 1] + 1, diagonal + (a.at[i - 1] != b.at[j - 1]));
            diagonal = above;
        }
    }
    return row[b.size];
}

const char *line_nearest(struct span name)
{
    const char *nearest = NULL;
    unsigned best = DISTANCE_MAX + 1;
    for (size_t i = 0; name.size > 3 && i < option_row_count; i++) {
        struct span candidate = span_of(option_rows[i].name);
        unsigned d = span_starts(candidate, name) ? 0 : distance(name, candidate);
        if (d < best) {
            best = d;
            nearest = option_rows[i].name;
        }
    }
    return nearest;
}

static enum line_result unknown(struct span name, const char *meant, struct fault *f)
{
    fault_set(f, FAULT_USAGE, "%.*s: no such option", SPAN_ARG(name));
    if (meant != NULL) {
        fault_advise(f, "did you mean %s?", meant);
    } else {
        fault_advise(f, "unisolate --help lists all options");
    }
    return LINE_FAULT;
}

/* ---- one option ---- */

/* `value` is what stood with the option, or NULL: then the next argument is it. */
static enum line_result take_value(struct line *line, const struct option_row *row,
                                   const char *value, const char **text, struct fault *f)
{
    if (value == NULL && row->implied != NULL) {
        value = row->implied;
    }
    if (value == NULL && line->at + 1 < line->argc) {
        value = line->argv[++line->at];
    }
    if (value == NULL || value[0] == '\0') {
        fault_set(f, FAULT_USAGE, "%s: needs a value: %s", row->name, row->value);
        return LINE_FAULT;
    }
    *text = value;
    return LINE_OPTION;
}

static enum line_result next_long(struct line *line, const char *argument,
                                  const struct option_row **row, const char **text, struct fault *f)
{
    struct span whole = span_of(argument);
    struct span name = span_cut(whole, 0, span_find(whole, '='));
    bool has_value = name.size < whole.size;
    *row = line_find(name);
    if (*row == NULL) {
        return unknown(name, line_nearest(name), f);
    }
    if ((*row)->value != NULL) {
        return take_value(line, *row, has_value ? argument + name.size + 1 : NULL, text, f);
    }
    if (has_value) {
        fault_set(f, FAULT_USAGE, "%s: takes no value", (*row)->name);
        return LINE_FAULT;
    }
    return LINE_OPTION;
}

static enum line_result next_letter(struct line *line, const struct option_row **row,
                                    const char **text, struct fault *f)
{
    char letter = *line->letters++;
    const char *rest = line->letters[0] != '\0' ? line->letters : NULL;
    *row = find_letter(letter);
    if (*row == NULL) {
        fault_set(f, FAULT_USAGE, "-%c: no such option", letter);
        fault_advise(f, "unisolate --help lists all options");
        return LINE_FAULT;
    }
    if ((*row)->value == NULL) {
        line->letters = rest;
        return LINE_OPTION;
    }
    bool joined = rest != NULL && (*row)->implied == NULL; /* -cTEXT; but -wv is -w -v, and -w=5m has a value */
    bool assigned = rest != NULL && rest[0] == '=';
    line->letters = joined || assigned ? NULL : rest;
    return take_value(line, *row, assigned && !joined ? rest + 1 : joined ? rest : NULL, text, f);
}

/* "-comment" would be read as `-c omment`, which nobody means. */
static const char *long_name_with_one_dash(const char *argument)
{
    for (size_t i = 0; i < option_row_count; i++) {
        if (option_rows[i].name[1] == '-' && strcmp(option_rows[i].name + 1, argument) == 0) {
            return option_rows[i].name;
        }
    }
    return NULL;
}

enum line_result line_next(struct line *line, const struct option_row **row, const char **text,
                           struct fault *f)
{
    *row = NULL;
    *text = NULL;
    if (line->letters != NULL) {
        return next_letter(line, row, text, f);
    }
    if (line->at + 1 >= line->argc) {
        return LINE_END;
    }
    const char *argument = line->argv[++line->at];
    if (line->ended || argument[0] != '-' || argument[1] == '\0') {
        *text = argument;
        return LINE_OPERAND;
    }
    if (strcmp(argument, "--") == 0) {
        line->ended = true;
        return line_next(line, row, text, f);
    }
    if (argument[1] == '-') {
        return next_long(line, argument, row, text, f);
    }
    const char *meant = long_name_with_one_dash(argument);
    if (meant != NULL) {
        return unknown(span_of(argument), meant, f);
    }
    line->letters = argument + 1;
    return next_letter(line, row, text, f);
}
