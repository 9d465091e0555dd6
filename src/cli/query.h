/*
 * query.h - the commands that only ask: find and status.
 *
 * Does      look every operand up and show what is known of it.
 * Not here  releases (run.c), what a record or an action means (mde/).
 * Rules     contract sections 2 and 5. Nothing is changed.
 */
#ifndef CLI_QUERY_H
#define CLI_QUERY_H

#include "cli/report.h"
#include "mde/device.h"
#include "mde/isolation.h"

enum exit_status query_find(const struct options *o, struct report *report);

enum exit_status query_status(const struct options *o, struct report *report);

/* What is known of the one device that the selector names. Faults as device_find(), device_choose() and action_list(). */
bool query_device(struct api *api, const struct selector *s, struct device_status *status, struct fault *f) MUST_CHECK;

#endif
