/*
 * tally.h - several results, one exit status.
 *
 * Does      the status of all operands together.
 * Rules     contract section 4: 12 where they differ; when all failed alike: that code.
 */
#ifndef CLI_TALLY_H
#define CLI_TALLY_H

#include "base/fault.h"

/* Zeroed: no result yet, which is STATUS_OK. */
struct tally {
    bool any, differ;
    enum exit_status status;
};

void tally_add(struct tally *t, enum fault_code code);

enum exit_status tally_status(const struct tally *t);

#endif
