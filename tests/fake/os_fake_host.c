/*
 * os_fake_host.c - the wall clock and the paths of the fake machine; see os_fake.h.
 */
#include "fake/os_fake.h"

#include <string.h>

static int64_t begins;
static const char *program_folder;

void os_fake_host_reset(void)
{
    begins = 1795449600; /* 2026-11-23T16:00:00Z */
    program_folder = NULL;
}

void os_fake_clock(int64_t unix_seconds) { begins = unix_seconds - (int64_t)(os_monotonic_ms() / 1000); }
void os_fake_pass(uint64_t milliseconds) { os_poll(NULL, 0, milliseconds); }
void os_fake_program_folder(const char *folder) { program_folder = folder; }

int64_t os_unix_seconds(void) { return begins + (int64_t)(os_monotonic_ms() / 1000); }

enum os_file os_look_at_file(const char *path)
{
    struct buf all = buf_init(1024 * 1024);
    struct fault f = {0};
    bool is_there = os_read_file(path, &all, &f);
    buf_free(&all);
    return !is_there ? OS_FILE_MISSING : span_ends(span_of(path), SPAN(".exposed")) ? OS_FILE_EXPOSED : OS_FILE_PRIVATE;
}

bool os_is_absolute(struct span path) { return span_starts(path, SPAN("/")); }

struct span os_folder_of(const char *path)
{
    const char *end = strrchr(path, '/');
    return span_make(path, end != NULL ? (size_t)(end - path) + 1 : 0);
}

bool os_program_folder(struct buf *to)
{
    buf_put_text(to, program_folder == NULL ? "" : program_folder);
    return program_folder != NULL;
}
