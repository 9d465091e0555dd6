/*
 * progress.h - how far a run has got, while it runs.
 *
 * Does      make the run's plan known (session_plan); once a second rewrite one line of a terminal; elsewhere, with -v, a line
 *           now and then.
 * Not here  results (show.h), what came of it all (summary.h).
 * Limits    80 columns, as long as there are fewer than 100,000 devices.
 * Rules     contract 6.12.
 */
#ifndef CLI_PROGRESS_H
#define CLI_PROGRESS_H

#include "cli/session.h"
#include "mde/release.h"

enum { PROGRESS_FIRST_MS = 1000, PROGRESS_TRACE_MS = 30 * 1000 };

/* Zeroed: nothing is shown. */
struct progress {
    struct session *session;
    const struct release *release;
    struct report *report;
    size_t devices;         /* that were named */
    size_t calls;           /* foreseen for each that is released */
    uint64_t began_ms;
    uint64_t traced_ms;     /* when a line of -v was written last */
    bool releasing;         /* false: devices are looked up */
};

/*
 * A run begins, and is signed in: plan it, and show from now on how far it gets. It stays where it is until progress_end().
 *
 * look_ups  calls that are foreseen to find the devices
 * calls     and then for each device
 */
void progress_begin(struct progress *p, struct session *s, const struct release *release, struct report *report, size_t devices,
                    size_t look_ups, size_t calls);

/* The devices are known: their releases begin. */
void progress_release(struct progress *p);

void progress_end(struct progress *p);

/* How far following has got: the `progress` of struct release_settings; `report` is a struct report. */
void progress_follow(void *report, const struct release *release, uint64_t elapsed_ms);

#endif
