/*
 * summary.h - what came of many devices, at the end.
 *
 * Does      count results; keep the first of those that need a person; tell all that as people's text on standard error.
 * Not here  the result of each (show.h).
 * Limits    SUMMARY_PEOPLE_MAX devices are listed by name.
 * Rules     one device has no summary, a few have one line, SUMMARY_TABLE and more have a table. Nothing with -q and --json.
 */
#ifndef CLI_SUMMARY_H
#define CLI_SUMMARY_H

#include "cli/report.h"
#include "mde/release.h"

enum {
    SUMMARY_TABLE = 10,
    SUMMARY_PEOPLE_MAX = 20,
    SUMMARY_RESULTS = RELEASE_PLANNED + 1,
};

/* Zeroed: nothing has come yet. */
struct summary {
    size_t total;
    size_t results[SUMMARY_RESULTS];
    size_t again;          /* what failed in passing: another run may do it */
    size_t people;         /* need a person */
    struct buf list;       /* owned: the first of them, a line each */
    char advice[320];      /* the last one that was told */
};

/* The result is what was asked for, or on the way there. */
bool summary_is_good(enum release_result result);

void summary_add(struct summary *s, const struct release_row *row);

/* Whether this advice is another than the last one. */
bool summary_is_news(struct summary *s, const struct fault *f);

/* took_ms: how long all of it took. */
void summary_tell(const struct summary *s, const struct report *r, uint64_t took_ms);

void summary_free(struct summary *s);

#endif
