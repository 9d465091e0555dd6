/*
 * command_line.c - a Windows command line taken apart into words; see command_line.h.
 */
#include "base/command_line.h"

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* Backslashes, and what a quote behind them is: true when it is text. Both ends move. */
static bool take_backslashes(char **from, char **to)
{
    size_t count = 0;
    while (**from == '\\') {
        (*from)++;
        count++;
    }
    bool escapes = **from == '"';
    for (size_t i = escapes ? count / 2 : count; i > 0; i--) {
        *(*to)++ = '\\';
    }
    return escapes && count % 2 == 1;
}

char *command_line_next(char **at, bool first)
{
    char *from = *at;
    bool quoted = false;
    while (!first && is_blank(*from)) {
        from++;
    }
    if (*from == '\0') {
        return NULL;
    }
    char *word = from;
    char *to = from;
    while (*from != '\0' && (quoted || !is_blank(*from))) {
        bool text = !first && take_backslashes(&from, &to);
        if (*from != '"') {
            if (*from != '\0' && (quoted || !is_blank(*from))) {
                *to++ = *from++;
            }
            continue;
        }
        if (!text && quoted && !first && from[1] == '"') {
            from++; /* "" between quotes: one, and the quotes go on */
            text = true;
        }
        from++;
        if (text) {
            *to++ = '"';
        } else {
            quoted = !quoted;
        }
    }
    *at = *from == '\0' ? from : from + 1;
    *to = '\0';
    return word;
}
