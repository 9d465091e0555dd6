/*
 * option_keep.c - one value of one option: checked and kept in struct options; see options.h.
 */
#include "cli/options.h"

#include "base/format.h"
#include "codec/time_text.h"

#include <string.h>

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

bool options_are_for_text(const struct options *o)
{
    return o->command == COMMAND_HELP || o->command == COMMAND_VERSION || o->command == COMMAND_MAN || o->command == COMMAND_COMPLETION;
}

static bool keep_command(struct options *o, const struct option_row *row, const char *value,
                         struct fault *f)
{
    (void)value;
    (void)f;
    if (!options_are_for_text(o)) {
        o->command = row->kind == OPTION_HELP      ? COMMAND_HELP
                     : row->kind == OPTION_VERSION ? COMMAND_VERSION
                     : row->kind == OPTION_MAN     ? COMMAND_MAN
                                                   : COMMAND_COMPLETION;
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
        used += format_text(text + used, size - used, i == 0 ? "%s" : ", %s", row->choice(i));
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
    int most = row->kind == OPTION_LIMIT ? OPTION_LIMIT_MAX : OPTION_RETRIES_MAX;
    if (!span_decimal(span_of(value), (uint64_t)most, &number)) {
        return fault_set(f, FAULT_USAGE, "'%s' is not a number from 0 to %d", value, most);
    }
    *(unsigned *)member(o, row) = (unsigned)number;
    return true;
}

static bool keep_resolve(struct options *o, const struct option_row *row, const char *value,
                         struct fault *f)
{
    if (o->resolve_count == OPTIONS_RESOLVE_MAX) {
        return fault_set(f, FAULT_USAGE, "more than %d of them", OPTIONS_RESOLVE_MAX);
    }
    o->resolve_giver[o->resolve_count] = o->given[row - option_rows].giver;
    o->resolve[o->resolve_count++] = value;
    return true;
}

static bool keep_moment(struct options *o, const struct option_row *row, const char *value, struct fault *f)
{
    if (!time_parse_rfc3339(span_of(value), member(o, row))) {
        fault_set(f, FAULT_USAGE, "'%s' is not a time of the years 1970 to 9999 with its offset from UTC", value);
        return fault_advise(f, "write it as 2026-11-23T16:00:00Z, or as 2026-11-23T17:00:00+01:00");
    }
    return true;
}

static bool keep_pace(struct options *o, const struct option_row *row, const char *value,
                      struct fault *f)
{
    (void)row;
    return pace_read_limits(span_of(value), &o->pace) ||
           fault_set(f, FAULT_USAGE, "'%s' is not N/min,M/h or one of them alone, each from 1 to %d", value,
                     PACE_LIMIT_MAX);
}

static bool keep_shell(struct options *o, const struct option_row *row, const char *value,
                       struct fault *f)
{
    size_t which;
    if (!find_choice(row, value, &which, f)) {
        return false;
    }
    o->shell = (enum shell)which;
    return keep_command(o, row, value, f);
}

typedef bool option_keeper(struct options *o, const struct option_row *row, const char *value,
                           struct fault *f);

static option_keeper *const keepers[] = {
    [OPTION_FLAG] = keep_flag,       [OPTION_COUNT] = keep_count,  [OPTION_IPV4] = keep_family,
    [OPTION_IPV6] = keep_family,     [OPTION_HELP] = keep_command, [OPTION_VERSION] = keep_command,
    [OPTION_TEXT] = keep_text,       [OPTION_SECRET] = keep_text,  [OPTION_CHOICE] = keep_choice,
    [OPTION_COLOR] = keep_color,     [OPTION_TIME] = keep_time,    [OPTION_NUMBER] = keep_number,
    [OPTION_RESOLVE] = keep_resolve, [OPTION_MOMENT] = keep_moment, [OPTION_PACE] = keep_pace,
    [OPTION_LIMIT] = keep_number,
    [OPTION_MAN] = keep_command,     [OPTION_SHELL] = keep_shell,
};

bool option_keep(struct options *o, const struct option_row *row, const char *giver, const char *value, struct fault *f)
{
    o->given[row - option_rows] = (struct option_given){giver, value};
    return keepers[row->kind](o, row, value, f);
}
