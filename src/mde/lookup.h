/*
 * lookup.h - many selectors to their device records, in as few calls as the service's filters allow.
 *
 * Does      ask for many names, Entra ids or device ids by one filter; give each selector the records that fit it, and its own fault;
 *           ask smaller, down to one by one, where the service does not take a filter.
 * Not here  which of several records is taken, what becomes of it (device.h, release.h).
 * Limits    LOOKUP_WINDOW selectors are held at a time; LOOKUP_PATH_MAX bytes of a request's target, so that a link to a second page, which
 *           repeats it, has room.
 * Rules     as of device.h: every record is compared here again, whole. `in` is known from other clients (elastic/kibana asks `id in`,
 *           `type in`); how long a filter the service takes is written nowhere (ASP.NET Core OData: 100 nodes unless it is told
 *           otherwise). So the first batch goes alone, and what is refused is asked again by halves. A batch of one is asked as
 *           device_search() asks. Addresses and tags have calls of their own.
 */
#ifndef MDE_LOOKUP_H
#define MDE_LOOKUP_H

#include "mde/device.h"

#include <limits.h>

enum { LOOKUP_WINDOW = 1024, LOOKUP_PATH_MAX = 6000, LOOKUP_CULPRITS_MAX = 8, LOOKUP_ALONE = INT_MAX };

/* One selector while it is looked up. */
struct lookup_row {
    struct selector selector;
    struct device_list found;  /* owned */
    struct fault fault;
    struct buf records;        /* the service's own, as a JSON array without its end; where they are wanted */
    unsigned batch;            /* that it is asked in; 0: none yet; LOOKUP_ALONE */
};

/* Everything but the last part is the caller's to set. */
struct lookup {
    size_t count;              /* how many selectors there are */
    bool ids;                  /* ask for device ids too; otherwise such a row is done at once, with nothing found */
    void (*select)(void *context, size_t i, struct selector *s);
    /* Each record that fits, with the service's own, before `done` is called for its row; or NULL. */
    bool (*record)(void *context, size_t i, const struct device *device, struct json record, struct fault *f);
    /* Called once a selector, in their order; what it found may be taken over. False ends it all with f. */
    bool (*done)(void *context, size_t i, struct lookup_row *row, struct fault *f);
    void *context;
    /* lookup.c's own */
    struct api *api;
    struct lookup_row *rows;   /* the window */
    size_t first, size;        /* which selectors are in it */
    struct index keys;         /* of the rows that are asked for by filters */
    unsigned batches;          /* so far */
    struct fault hopeless;     /* nothing may be looked up: no more is asked */
    struct lookup_limit {
        size_t names;          /* most of a batch; 0: as many as fit */
        bool proven;           /* a batch has been taken */
        bool shaken;           /* and one was refused since: the next goes alone */
        unsigned form;         /* of GUIDs: 0 bare, 1 in quotes, 2 bare for good */
        unsigned culprits;     /* that were refused on their own, too */
    } limits[SELECT_NAME + 1]; /* by enum selector_kind */
};

/* Look them all up. False: `done` said so, interrupted, out of memory. Faults of single selectors stand in their rows. */
bool lookup_all(struct lookup *l, struct api *api, struct fault *f) MUST_CHECK;

#endif
