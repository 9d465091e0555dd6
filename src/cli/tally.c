/*
 * tally.c - several results, one exit status; see tally.h.
 */
#include "cli/tally.h"

void tally_add(struct tally *t, enum fault_code code)
{
    enum exit_status status = fault_status(code);
    t->differ = t->differ || (t->any && status != t->status);
    t->status = status;
    t->any = true;
}

enum exit_status tally_status(const struct tally *t)
{
    return t->differ ? STATUS_MIXED : t->status;
}
