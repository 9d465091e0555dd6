/*
 * isolation.h - what a device's actions say of its isolation.
 *
 * Does      infer the state from the Isolate and Unisolate actions that are known.
 * Not here  asking for them (action.h).
 * Rules     the API has no field for it: the newest action that has succeeded counts, and what waits comes on top. Not seen
 *           here: a force-release
 *           script, changed firewall rules, live response, automatic release (defender-docs api/machineaction.md, live-response.md,
 *           respond-machine-alerts.md; read 2026-11-23). A waiting Isolate counts more than a waiting Unisolate: it may be
 *           carried out last.
 */
#ifndef MDE_ISOLATION_H
#define MDE_ISOLATION_H

#include "mde/action.h"

/*   symbol                JSON name (contract 5) */
#define ISOLATION_LIST(X) \
    X(ISOLATION_UNKNOWN, "unknown") \
    X(ISOLATION_ISOLATED, "isolated") \
    X(ISOLATION_RELEASED, "released") \
    X(ISOLATION_RELEASING, "releasing") \
    X(ISOLATION_ISOLATING, "isolating")

enum isolation {
#define X(symbol, name) symbol,
    ISOLATION_LIST(X)
#undef X
};

const char *isolation_name(enum isolation isolation);

/*
 * The state that these actions, all of one device, leave it in. *decisive gets the action that says so, borrowed from the
 * array; NULL: none does.
 */
enum isolation isolation_infer(const struct action *actions, size_t count, const struct action **decisive);

/*
 * Of the actions of many devices keep, in front and newest first, the decisive one of each device that they leave isolated or on the way
 * there. Returns how many these are; isolation_infer() of one of them alone says which.
 */
size_t isolation_survey(struct action *actions, size_t count);

/* What is known of one device, or of one action. */
struct device_status {
    const char *input;           /* borrowed; NULL where nobody named it */
    enum isolation isolation;
    char machine_id[64];
    char computer_name[256];
    struct action action;        /* the decisive one; id "" where there is none */
    struct fault fault;
};

/*
 * An Isolate action that undoes `release`, or will: one that is active, or was asked for after it and has not failed. NULL: none is known.
 */
const struct action *isolation_undoes(const struct action *actions, size_t count, const struct action *release);

#endif
