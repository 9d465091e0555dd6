/*
 * os_fake_log.c - the log of the fake machine; see os_fake_log.h.
 */
#include "fake/os_fake_log.h"

#include <string.h>

struct os_fake_log os_fake_log = {.room = OS_FAKE_LOG_MAX};
static size_t read_at;

void os_fake_log_reset(void)
{
    memset(&os_fake_log, 0, sizeof os_fake_log);
    os_fake_log.room = OS_FAKE_LOG_MAX;
}

void os_fake_log_put(struct span bytes)
{
    os_fake_log.there = true;
    os_fake_log.size = os_fake_log.synced = bytes.size;
    if (bytes.size > 0) {
        memcpy(os_fake_log.bytes, bytes.at, bytes.size);
    }
}

struct span os_fake_log_span(void) { return span_make(os_fake_log.bytes, os_fake_log.size); }

bool os_log_open(struct os_log *l, const char *path, enum os_log_use use, bool *locked, struct fault *f)
{
    *locked = false;
    if (use == OS_LOG_READ && !os_fake_log.there) {
        return true;
    }
    if (use == OS_LOG_APPEND && os_fake_log.in_use) {
        return fault_set(f, FAULT_FILE, "%s: another run is using it", path);
    }
    if (use == OS_LOG_APPEND && os_fake_log.read_only) {
        return fault_set(f, FAULT_JOURNAL, "%s: Read-only file system", path);
    }
    *locked = use == OS_LOG_APPEND && !os_fake_log.no_locks;
    os_fake_log.there = os_fake_log.open = true;
    read_at = 0;
    *l = (struct os_log){.open = true, .number = use};
    return true;
}

bool os_log_read(struct os_log *l, char *to, size_t room, size_t *got, struct fault *f)
{
    size_t left = os_fake_log.size - read_at;
    (void)l;
    (void)f;
    *got = left < room ? left : room;
    *got = os_fake_log.piece > 0 && *got > os_fake_log.piece ? os_fake_log.piece : *got;
    memcpy(to, os_fake_log.bytes + read_at, *got);
    read_at += *got;
    return true;
}

static bool may_write(const struct os_log *l, struct fault *f)
{
    return l->number == OS_LOG_APPEND || fault_set(f, FAULT_JOURNAL, "opened for reading");
}

bool os_log_cut(struct os_log *l, uint64_t size, struct fault *f)
{
    os_fake_log.cuts++;
    os_fake_log.size = (size_t)size;
    return may_write(l, f);
}

bool os_log_append(struct os_log *l, struct span bytes, struct fault *f)
{
    size_t room = os_fake_log.room - os_fake_log.size;
    size_t size = bytes.size < room ? bytes.size : room;
    os_fake_log.appends++;
    memcpy(os_fake_log.bytes + os_fake_log.size, bytes.at, size);
    os_fake_log.size += size;
    return may_write(l, f) && (size == bytes.size || fault_set(f, FAULT_JOURNAL, "No space left on device"));
}

bool os_log_sync(struct os_log *l, struct fault *f)
{
    os_fake_log.syncs++;
    os_fake_log.synced = os_fake_log.size;
    return may_write(l, f) && (os_fake_log.there || fault_set(f, FAULT_JOURNAL, "it has been removed"));
}

void os_log_close(struct os_log *l)
{
    os_fake_log.open = os_fake_log.open && !l->open;
    *l = (struct os_log){0};
}
