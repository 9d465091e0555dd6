/*
 * release.h - devices on their way out of isolation: a table with one row a device.
 *
 * Does      send the release of every row, understand each answer, settle what is in doubt, follow the actions to their end.
 * Not here  finding the device (device.h), one call and its error body (api.h), printing (cli/report.c).
 * Rules     contract sections 4, 5 and 6. "accepted" is queued; "released" only when the action has succeeded and no Isolate undoes it.
 *           A POST whose answer was lost is looked up before it is sent again, and is sent again once at most. With a journal: what
 *           an earlier run has done is skipped, what it left in doubt is looked up before anything is sent.
 */
#ifndef MDE_RELEASE_H
#define MDE_RELEASE_H

#include "mde/action.h"
#include "mde/device.h"

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

/* The result that a fault gives a row. */
enum release_result release_result_of(enum fault_code code);

/* What a row needs next. */
enum release_stage {
    STAGE_REQUEST, /* its release is to be sent */
    STAGE_SETTLE,  /* a release was sent, or an action is active already: which one is to be looked up */
    STAGE_FOLLOW,  /* its action is known and followed */
    STAGE_DONE,
};

/* Small, as there may be many: what is large is owned, and given back as soon as the row has been told. */
struct release_row {
    const char *input;                  /* as the user wrote it; borrowed */
    char *computer_name;                /* owned; NULL where it is not known */
    struct action *action;              /* owned; NULL where none is known: release_action() */
    struct fault *fault;                /* owned; NULL: release_fault() */
    struct device_list candidates;      /* owned; of FAULT_AMBIGUOUS */
    char machine_id[DEVICE_ID_SIZE + 1];/* lower case; "" while the device is not known */
    enum release_stage stage;
    enum release_result result;         /* valid when done; of a followed row what it was before */
    enum fault_code code;               /* when done: FAULT_NONE is a success */
    /* release.c's own */
    enum fault_code doubt;              /* why the row is to be settled */
    bool sent_again;                    /* after a lost answer: once is enough */
    bool renewed;                       /* sent again with a new token: once is enough */
    bool action_seen;                   /* the service has shown the action: if it is unknown later, that is final */
    bool listed;                        /* the last list of waiting actions had it */
    bool intended;                      /* its intent is in the journal */
    bool resumed;                       /* it was intended by an earlier run */
    int64_t sent;                       /* this host's clock when the release was sent, seconds since 1970 */
};

struct release;

struct journal;

struct release_settings {
    const char *comment;                /* borrowed; UTF-8 */
    struct journal *journal;            /* open, and its run begun; or NULL */
    uint64_t wait_ms;                   /* 0: do not follow */
    bool cancel_isolate;                /* cancel a waiting Isolate instead of reporting a conflict */
    void (*done)(void *context, const struct release_row *row);                 /* once a row, in the order of the table */
    void (*planned)(void *context, const struct release_row *row, const struct call *call); /* set: a dry run */
    void (*progress)(void *context, const struct release *r, uint64_t elapsed_ms);  /* now and then while it waits; or NULL */
    void (*advise)(void *context, const char *text);  /* worth knowing, though nothing failed */
    void *context;
};

struct release {
    struct release_row *rows;           /* owned */
    size_t count, capacity;
    struct index ids;                   /* of the rows whose device is known */
    size_t told;                        /* rows whose result has been handed to `done` */
    struct release_settings settings;
};

/*
 * Add a row. A device that is in the table already is not added again (*added is false then).
 * machine_id "" makes a row that failed before it had a device: end it with release_fail().
 */
bool release_add(struct release *r, const char *input, const char *machine_id, const char *computer_name, bool *added,
                 struct fault *f) MUST_CHECK;

/* End the last row that was added with a fault; `candidates` is taken over. */
void release_fail_last(struct release *r, const struct fault *why, struct device_list *candidates);

/*
 * Take every row to its end. Faults of single devices stand in their rows; false only for what stops the whole run: interrupted (rows
 * that were accepted are then still told as such), out of memory, a journal that cannot be written (nothing more is sent then).
 */
bool release_run(struct release *r, struct api *api, struct fault *f) MUST_CHECK;

/* The row's action, with id "" where none is known. Valid until the row has been told. */
const struct action *release_action(const struct release_row *row);

/* The row's fault, or one that is not set. Valid until the row has been told; row->code stays. */
const struct fault *release_fault(const struct release_row *row);

/* The exit status of the whole table: contract section 4, with 12 for different results. */
enum exit_status release_status(const struct release *r);

void release_free(struct release *r);

#endif
