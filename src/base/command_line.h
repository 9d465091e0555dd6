/*
 * command_line.h - a Windows command line taken apart into words.
 *
 * Does      the rules by which programs of the Microsoft C runtime read theirs, on UTF-8.
 * Not here  wildcards: no operand of this program is a file to be searched for.
 * Rules     "Parsing C command-line arguments" of the vendor's C++ documentation (read 2026-11-23): 2n backslashes before a quote are
 *           n of them, 2n+1 are n and a quote that is text; "" between quotes is a quote; the first word, the program's name, knows no
 *           backslash rule.
 */
#ifndef BASE_COMMAND_LINE_H
#define BASE_COMMAND_LINE_H

#include <stdbool.h>
#include <stddef.h>

/*
 * The next word of a command line, written over the line itself, NUL-terminated. NULL: there is none left.
 *
 * at     in, out: where to go on; in the beginning the line, which must stay
 * first  the word is the program's name
 */
char *command_line_next(char **at, bool first);

#endif
