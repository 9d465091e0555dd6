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

enum settled {
    SETTLED_ADOPTED, /* row->action is the action to follow */
    SETTLED_NONE,    /* no such action: it may be sent */
    SETTLED_BLIND,   /* reading is not permitted */
    SETTLED_FAULT,   /* f: FAULT_CONFLICT, or what the look-up itself failed with */
};

/*
 * Which action is there? With settings->cancel_isolate waiting Isolate actions are cancelled on the way.
 * row->doubt says why it is asked; row->sent when the release was sent.
 */
enum settled settle_doubt(struct api *a, struct release_row *row, const struct release_settings *settings, struct fault *f);

/*
 * After its action has succeeded: true when nothing undoes it. FAULT_CONFLICT: an Isolate was asked for later, or waits.
 * FAULT_PENDING: that could
 * not be looked up.
 */
bool settle_released(struct api *a, const struct release_row *row, const struct release_settings *settings, struct fault *f) MUST_CHECK;

/* Add to a FAULT_PENDING why the device may not have acted yet, as far as its record tells; `why` is what went wrong with asking. */
void settle_why_pending(struct api *a, const struct release_row *row, struct fault *f, struct fault *why);

#endif
