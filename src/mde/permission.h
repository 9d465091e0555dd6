/*
 * permission.h - whether a release would be allowed, asked without releasing anything.
 *
 * Does      POST a release of a device that cannot exist, and judge the answer.
 * Not here  releases (release.h), what the token's claims say (auth/claims.h).
 * Rules     the service looks at the permission first and for the device then: Kibana's connector for it relies on that (its test takes
 *           ResourceNotFound for success; read 2026-11-23). PERMISSION_DEVICE has the form of an id, a SHA-1, and is none: nothing is
 *           known whose hash is zero.
 */
#ifndef MDE_PERMISSION_H
#define MDE_PERMISSION_H

#include "mde/api.h"

#define PERMISSION_DEVICE "0000000000000000000000000000000000000000"

/*
 * True: the application may release devices. FAULT_PERMISSION names what is missing; FAULT_TOKEN; FAULT_ANSWER: the service does not say
 * that there is no such device, be it that it says it released one; others as api_answer().
 */
bool permission_check(struct api *a, struct fault *f) MUST_CHECK;

#endif
