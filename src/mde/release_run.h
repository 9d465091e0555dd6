/*
 * release_run.h - what release.c, send.c and follow.c share: one run of a table of releases. For these only.
 */
#ifndef MDE_RELEASE_RUN_H
#define MDE_RELEASE_RUN_H

#include "mde/journal.h"
#include "mde/release.h"
#include "mde/settle.h"

/* Calls that are there at a time: enough for every connection to find the next one waiting. */
enum { RUN_CALLS = 64 };

/* What one run needs besides the table. */
struct run {
    struct release *table;
    struct api *api;
    struct settle settle;
    struct buf body;       /* the same for every row */
    struct call *calls;    /* owned; RUN_CALLS of them, each used again and again */
    struct release_row *rows[RUN_CALLS]; /* rows[i] is the one that calls[i] is for */
    size_t next;           /* the first row that this round of releases has not come to */
    bool held;             /* nothing more is sent in this round */
    uint64_t follow_ms;    /* when following began, os_monotonic_ms() */
    uint64_t end_ms;       /* when it ends */
    struct fault refused;  /* a fresh token was not accepted: no row's would be */
    struct fault stop;     /* somebody asked to stop */
};

/* ---- release.c: rows ---- */

/* End a row; results are told in the order of the table, as soon as all in front of them are known. */
void row_end(struct release *r, struct release_row *row, enum release_result result);

/* End a row with a fault, its input in front of the text. */
void row_fail(struct release *r, struct release_row *row, const struct fault *why);

/* Keep a copy as the row's action, or fault; where there is no memory for it the fault is FAULT_MEMORY. */
void row_keep_action(struct release_row *row, const struct action *action);
void row_keep_fault(struct release_row *row, const struct fault *why);
void row_clear_fault(struct release_row *row);

/* Write to the journal what has come of the row so far, if its release was intended there. */
void row_record(struct release *r, const struct release_row *row, const char *result);

/* The row's action is a release of its device that has not failed. FAULT_ANSWER, FAULT_CONFLICT, FAULT_FAILED. */
bool row_fits(const struct release_row *row, struct fault *f) MUST_CHECK;

/* Somebody asked to stop. */
bool row_is_stop(enum fault_code code);

/* The next rows in this stage from *from on, `most` at a time; their number. */
size_t rows_in_stage(const struct release *r, enum release_stage stage, size_t *from, struct release_row **rows, size_t most);

/* ---- send.c ---- */

/* Send every row that is to be sent, and settle what is in doubt: afterwards every row is done or followed. */
void send_all(struct run *run);

/* After calls: where a row's fault is FAULT_TOKEN sign in again, once for all. */
void send_renew_token(struct run *run);

/* No time is left. */
bool send_is_over(const struct run *run);

/* ---- follow.c ---- */

/* Take every row in STAGE_FOLLOW to its end. */
void release_follow(struct run *run);

#endif
