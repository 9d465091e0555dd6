/*
 * check.h - one check of doctor or self-test: what was seen, whether that is well, what to do.
 *
 * Does      print checks as they end; count them; their exit status.
 * Not here  the checks (doctor.c, selftest.c).
 * Limits    CHECK_DETAIL_MAX bytes of what was seen.
 * Rules     contract section 5: {"check","ok","detail","advice"}. Text keeps to 80 columns. The exit status is that of the problems, 12
 *           where they differ; what was skipped does not count.
 */
#ifndef CLI_CHECK_H
#define CLI_CHECK_H

#include "cli/report.h"
#include "cli/tally.h"

enum { CHECK_DETAIL_MAX = 8 * 1024, CHECK_COLUMN = 24, CHECK_COLUMNS = 80 };

struct check {
    const char *name;
    bool skipped;       /* `detail` says why */
    struct buf detail;
    struct fault fault; /* set: a problem, and told behind the detail */
    const char *advice; /* what could be done though nothing is wrong; or NULL; borrowed */
};

/* Zeroed but for `report`: none has ended. */
struct checks {
    struct report *report;
    struct tally problems;
    size_t count, problem_count;
    enum fault_code stopped; /* FAULT_INTERRUPTED or FAULT_TERMINATED, once somebody has asked to stop */
};

struct check check_begin(const char *name);

/* The check was not made. Always false. */
bool check_skip(struct check *c, const char *why);

/* Print it, count it and give back what it owns. A fault that says that the run was interrupted makes it a skipped one. */
void check_end(struct checks *all, struct check *c);

/* Say on standard error how many of them found a problem; `what` is the command. */
enum exit_status checks_end(struct checks *all, const char *what);

#endif
