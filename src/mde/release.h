/*
 * release.h - devices on their way out of isolation: a table with one row a device.
 *
 * Does      send the release of every row, understand each answer, decide what is sent again.
 * Not here  one call and its error body (api.h), printing (cli/report.c).
 * Rules     contract sections 4, 5 and 6. A POST whose answer was lost is sent again once at most: a second release does no harm.
 */
#ifndef MDE_RELEASE_H
#define MDE_RELEASE_H

#include "mde/action.h"
#include "mde/api.h"

/*   symbol                   JSON name (contract 5) */
#define RELEASE_RESULT_LIST(X) \
    X(RELEASE_ERROR, "error") \
    X(RELEASE_RELEASED, "released") \
    X(RELEASE_ACCEPTED, "accepted") \
    X(RELEASE_ALREADY_PENDING, "already-pending") \
    X(RELEASE_PENDING, "pending") \
    X(RELEASE_FAILED, "failed") \
    X(RELEASE_NOT_FOUND, "not-found") \
    X(RELEASE_AMBIGUOUS, "ambiguous") \
    X(RELEASE_DENIED, "denied") \
    X(RELEASE_THROTTLED, "throttled") \
    X(RELEASE_CONFLICT, "conflict") \
    X(RELEASE_SKIPPED, "skipped") \
    X(RELEASE_PLANNED, "planned")

enum release_result {
#define X(symbol, name) symbol,
    RELEASE_RESULT_LIST(X)
#undef X
};

const char *release_result_name(enum release_result result);

struct release_row {
    const char *input;                  /* as the user wrote it; borrowed */
    char machine_id[DEVICE_ID_SIZE + 1];/* lower case */
    bool done;
    enum release_result result;         /* valid when done */
    struct action action;               /* id "" where none is known */
    struct fault fault;                 /* set when the row is no success */
    /* release.c's own */
    bool maybe_sent;                    /* a release left this host and its answer was lost */
    bool sent_again;                    /* after such a loss: once is enough */
    bool renewed;                       /* sent again with a new token: once is enough */
};

struct release {
    struct release_row *rows;           /* owned */
    size_t count;
    const char *comment;                /* borrowed; UTF-8 */
};

/*
 * Make the table from the selectors. FAULT_USAGE names the first that is malformed; a device that is named twice gets one row.
 */
bool release_plan(struct release *r, const char *const *selectors, size_t count, const char *comment, struct fault *f) MUST_CHECK;

/*
 * Send every row and fill in its result. `done` is called once a row, in the order of the table, as soon as
 * the results of all rows before it are known.
 * False only for what stops the whole run (interrupted): rows that were not sent then hold that fault.
 */
bool release_run(struct release *r, struct api *api, void (*done)(void *context, const struct release_row *row), void *context,
                 struct fault *f) MUST_CHECK;

/* The exit status of the whole table: contract section 4, with 12 for different results. */
enum exit_status release_status(const struct release *r);

/* True once the result of any row is known: the rows then tell what happened. */
bool release_has_results(const struct release *r);

void release_free(struct release *r);

#endif
