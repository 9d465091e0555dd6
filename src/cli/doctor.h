/*
 * doctor.h - the command that looks at everything a release needs, in the order of the way, and changes nothing.
 *
 * Does      one check after the other: program, clock, entropy, configuration, names, route, proxy, TLS, sign-in, claims, permission,
 *           device, round trips.
 * Not here  how a check is printed (check.h), how a host is reached (way.h).
 * Rules     a check goes on where an earlier one has failed, as long as it makes sense. The one POST to the API names a device that
 *           cannot exist (mde/permission.h).
 */
#ifndef CLI_DOCTOR_H
#define CLI_DOCTOR_H

#include "cli/check.h"

enum exit_status doctor_run(const struct options *o, struct report *report);

/* The embedded roots and the nearest expiry; one that has expired is the fault `expired`. */
void doctor_look_at_roots(struct check *c, enum fault_code expired);

/* Random numbers are there. */
void doctor_look_at_entropy(struct check *c);

#endif
