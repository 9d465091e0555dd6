/*
 * release_run.h - what release.c and follow.c share: one run of a table of releases. For these two only.
 */
#ifndef MDE_RELEASE_RUN_H
#define MDE_RELEASE_RUN_H

#include "mde/release.h"

/* What one run needs besides the table. */
struct run {
    struct release *table;
    struct api *api;
    struct buf body;       /* the same for every row */
    struct call *calls;    /* owned; calls[i] is for rows[i] */
    uint64_t follow_ms;    /* when following began, os_monotonic_ms() */
    uint64_t end_ms;       /* when it ends */
    struct fault stop;     /* somebody asked to stop */
};

/* End a row; results are told in the order of the table, as soon as all in front of them are known. */
void row_end(struct release *r, struct release_row *row, enum release_result result);

/* End a row with a fault, its input in front of the text. */
void row_fail(struct release *r, struct release_row *row, const struct fault *why);

/* The row whose call this is. */
struct release_row *row_of(const struct run *run, const struct call *call);

/* The row's action is a release of its device that has not failed. FAULT_ANSWER, FAULT_CONFLICT, FAULT_FAILED. */
bool row_fits(const struct release_row *row, struct fault *f) MUST_CHECK;

/* Somebody asked to stop. */
bool row_is_stop(enum fault_code code);

/* After calls: where a row's fault is FAULT_TOKEN sign in again, once for all. */
void release_renew_token(struct run *run);

/* follow.c: take every row in STAGE_FOLLOW to its end. */
void release_follow(struct run *run);

#endif
