/*
 * manual.h - the program's own manual: usage, --help, help TOPIC, --man, --version.
 *
 * Does      print them from the option table, the table of commands, the lists of credential types, clouds and regions,
 *           EXIT_LIST and FAULT_LIST.
 * Not here  what an option does (options.h), how text is laid out (page.h), completions (completion.h), writing it out (report.h).
 * Limits    MANUAL_MAX bytes.
 * Rules     nothing about an option, a command, a sign-in method, a cloud or an exit code is written twice; --help and the man page
 *           have the same texts.
 */
#ifndef CLI_MANUAL_H
#define CLI_MANUAL_H

#include "base/fault.h"
#include "cli/options.h"

enum { MANUAL_MAX = 64 * 1024 };

/* A few lines, for standard error when there is no operand. */
void manual_put_usage(struct buf *to);

/*
 * What o->command asks for: COMMAND_HELP (o->word or the operand behind the word `help` is the topic), COMMAND_VERSION, COMMAND_MAN,
 * COMMAND_COMPLETION. FAULT_USAGE: there is no such topic.
 */
bool manual_put(struct buf *to, const struct options *o, struct fault *f) MUST_CHECK;

/* "unisolate 0.1.0 (0123abc, x86_64-linux, mbedTLS 3.6.7, built 2026-11-23)" */
void manual_put_version(struct buf *to);

/* The topics of `help` that are no commands; ends with a row whose name is NULL. */
struct manual_topic {
    const char *name;
    unsigned parts; /* manual.c's own */
};
extern const struct manual_topic manual_topics[];

#endif
