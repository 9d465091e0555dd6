/*
 * settle.h - what a device's actions say about a release that is in doubt.
 *
 * Does      look up a release whose answer was lost, or that the service called a duplicate; hold a release that has succeeded
 *           against Isolate actions; cancel waiting ones; say why a release still waits.
 * Not here  sending and following (release.h), inferring a state (isolation.h).
 * Rules     contract 6.1 to 6.4. An action is taken for our own by device, type, comment and time; a tenant that allows no
 *           reading is told so, and
 *           everything that needs none still works.
 */
#ifndef MDE_SETTLE_H
#define MDE_SETTLE_H

#include "mde/release.h"

/* How far the service's clock and this host's may be apart for an action to be taken for our own. */
enum { SETTLE_CLOCK_SECONDS = 60, SETTLE_OWN_SECONDS = 600 };

/*
 * Devices whose actions are asked for with one list: the query is then about 3,000 bytes long. Up to SETTLE_FEW are asked for one
 * by one, which needs no more than what is documented of the filter.
 */
enum { SETTLE_TOGETHER = 50, SETTLE_FEW = 4 };

enum settled {
    SETTLED_ADOPTED, /* row->action is the action to follow */
    SETTLED_NONE,    /* no such action: it may be sent */
    SETTLED_BLIND,   /* reading is not permitted */
    SETTLED_FAULT,   /* f: FAULT_CONFLICT, or what the look-up itself failed with */
};

/* What looking up needs. */
struct settle {
    struct api *api;
    const struct release_settings *settings;
    bool one_by_one;               /* the service has refused a list of several devices */
    bool blind_told;
    enum fault_code denied;        /* reading is not permitted: it is not asked for again; FAULT_NONE: it may be */
};

/* What is made of a row's look-up: list NULL: `why` says how it failed. The list is only this row's, borrowed. */
typedef void settle_take(void *context, struct release_row *row, struct action_list *list, struct fault *why);

/* Look up the actions of these rows' devices, at most SETTLE_TOGETHER, in as few lists as possible. */
void settle_each(struct settle *s, struct release_row *const *rows, size_t count, settle_take *take, void *context);

/*
 * Which action is there? With settings->cancel_isolate waiting Isolate actions are cancelled on the way.
 * row->doubt says why it is asked; row->sent when the release was sent.
 *
 * list  from settle_each(); NULL: it failed, as f says
 */
enum settled settle_judge(struct settle *s, struct release_row *row, struct action_list *list, struct fault *f);

/*
 * After its action has succeeded: true when nothing undoes it. FAULT_CONFLICT: an Isolate was asked for later, or waits.
 * FAULT_PENDING: that could not be looked up.
 *
 * list  what is known of the device's actions, read after its release had ended; NULL: it is asked for
 */
bool settle_released(struct settle *s, const struct release_row *row, struct action_list *list, struct fault *f) MUST_CHECK;

/* What records say of these rows' devices, at most SETTLE_TOGETHER; devices[i] is for rows[i], with id "" where nothing is known. */
void settle_records(struct settle *s, struct release_row *const *rows, size_t count, struct device *devices);

/* Add to a FAULT_PENDING why the device may not have acted yet, as far as its record tells. */
void settle_why_pending(const struct device *device, struct fault *f);

#endif
