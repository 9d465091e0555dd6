/*
 * os_fake_system.h - the system's own resolver of the fake machine.
 *
 * Does      answer for any name, at a given time.
 * Rules     linked wherever os_fake.c is. Zeroed: there is none, but a list of name servers. A test that sets it zeroes it again.
 */
#ifndef FAKE_OS_FAKE_SYSTEM_H
#define FAKE_OS_FAKE_SYSTEM_H

#include "os/os.h"

struct os_fake_resolver {
    bool is_there;
    const char *addresses[OS_NAME_ADDRESSES_MAX + 1];
    enum fault_code fault;  /* in their place */
    uint64_t answers_ms;    /* on the fake clock */
    bool cannot_be_asked;
    char asked[64];         /* what happened: the name */
    unsigned open;          /* look-ups that were begun and not freed */
};

extern struct os_fake_resolver os_fake_resolver;

#endif
