/*
 * os_fake_log.h - the log of the fake machine: one file in memory, with what may befall it.
 *
 * Does      keep bytes; forget what was not synced at a power cut; fail on request.
 * Rules     linked wherever os_fake.c is. os_fake_log_reset() first in a test that uses it.
 */
#ifndef FAKE_OS_FAKE_LOG_H
#define FAKE_OS_FAKE_LOG_H

#include "os/os.h"

enum { OS_FAKE_LOG_MAX = 4 * 1024 * 1024 };

struct os_fake_log {
    char bytes[OS_FAKE_LOG_MAX];
    size_t size;
    size_t synced;         /* bytes that a power cut leaves */
    bool there;            /* the file exists */
    bool in_use;           /* another process has it */
    bool no_locks;         /* the file system has none */
    bool read_only;
    size_t room;           /* the file's most bytes */
    size_t piece;          /* bytes that a read gives at most; 0: as many as there is room for */
    unsigned appends, syncs, cuts;
    bool open;
};

extern struct os_fake_log os_fake_log;

void os_fake_log_reset(void);

/* Make the file, with these bytes. */
void os_fake_log_put(struct span bytes);

struct span os_fake_log_span(void);

#endif
