/*
 * batch.h - the calls of one client_run(), in the order in which they begin. For client.c only.
 *
 * Does      find those that are due; step over those that have ended.
 * Limits    BATCH_DUE_MAX calls that are due at a time. Only what lies between `first` and `next` is looked at more than once: a wake-up
 *           costs the same for 100,000 calls as for ten.
 * Rules     calls begin in their order: one that is not due holds back those behind it, but for those that are tried again.
 */
#ifndef NET_BATCH_H
#define NET_BATCH_H

#include "net/client.h"

enum { BATCH_DUE_MAX = CLIENT_CONNECTIONS_MAX * CLIENT_CALLS_A_CONNECTION };

struct batch {
    struct call *calls;
    size_t count;
    size_t first;        /* all before it have ended */
    size_t next;         /* none from here on has begun */
    size_t unbegun;      /* how many from there on wait */
    bool paced;          /* some of them count against the API's limits */
    uint64_t wakes_ms;   /* when a call becomes due, or the pace lets one go */
    uint64_t looked_ms;  /* when it was last seen whether there is room for all */
};

struct batch batch_of(struct call *calls, size_t count);

/* Step over what has ended. False: that is all. */
bool batch_skip(struct batch *b);

/* The first calls that are due, those that are tried again in front; b->wakes_ms: when the next one will be. */
size_t batch_due(struct batch *b, struct call *due[BATCH_DUE_MAX], uint64_t now_ms);

/* One of those that were due has begun, or has ended instead. */
void batch_begun(struct batch *b, const struct call *call);

/* How many wait. */
size_t batch_waiting(const struct batch *b);

#endif
