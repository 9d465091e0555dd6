/*
 * manual.h - the program's own manual: usage, --help, --version.
 *
 * Does      print them from the option table, the lists of credential types, clouds and regions,
 *           and EXIT_LIST.
 * Not here  what an option does (options.h), writing it out (report.h).
 * Limits    MANUAL_MAX bytes; MANUAL_COLUMNS columns.
 * Rules     nothing about an option, a sign-in method, a cloud or an exit code is written twice.
 */
#ifndef CLI_MANUAL_H
#define CLI_MANUAL_H

#include "base/buf.h"

enum { MANUAL_MAX = 64 * 1024, MANUAL_COLUMNS = 80 };

/* A few lines, for standard error when there is no operand. */
void manual_put_usage(struct buf *to);
void manual_put_help(struct buf *to);

/* "unisolate 0.1.0 (0123abc, x86_64-linux, mbedTLS 3.6.7, built 2026-11-23)" */
void manual_put_version(struct buf *to);

#endif
