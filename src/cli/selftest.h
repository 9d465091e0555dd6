/*
 * selftest.h - the command that checks this program itself, offline.
 *
 * Does      known answers of every algorithm and every parser; random numbers; the embedded roots.
 * Not here  the algorithms' answers (crypto/known_answers.h), how a check is printed (check.h).
 * Rules     needs no network, no clock but for the roots' dates, no file. Exit 0 or 1.
 */
#ifndef CLI_SELFTEST_H
#define CLI_SELFTEST_H

#include "cli/check.h"

enum exit_status selftest_run(struct report *report);

#endif
