/*
 * line.h - a command line taken apart: options with their values, and operands, in their order.
 *
 * Does      find the row of each option in option_rows; find its value; say what is wrong, with the
 *           nearest name.
 * Not here  what a value may be, and keeping it (options.c).
 * Rules     contract sections 2 and 3; POSIX Utility Syntax Guidelines 3 to 10, with operands also
 *           between options, as in curl and git.
 */
#ifndef CLI_LINE_H
#define CLI_LINE_H

#include "cli/options.h"

/* Zeroed but for argc and argv. */
struct line {
    int argc;
    char *const *argv;
    int at;              /* arguments that are used up, besides the program's name */
    const char *letters; /* what is left of an argument such as -qv; NULL: nothing */
    bool ended;          /* `--` has been there */
};

enum line_result {
    LINE_OPTION,  /* *row, and in *text its value; NULL for an option that takes none */
    LINE_OPERAND, /* *text */
    LINE_END,
    LINE_FAULT,   /* f says why: FAULT_USAGE; the line is not to be read further */
};

/* The next option or operand; texts are borrowed from argv. */
enum line_result line_next(struct line *line, const struct option_row **row, const char **text,
                           struct fault *f) MUST_CHECK;

/* The row called `name` ("--comment"), or NULL. */
const struct option_row *line_find(struct span name);

/* The option whose name begins like `name` ("--comm"), else the nearest in spelling, or NULL. */
const char *line_nearest(struct span name);

#endif
