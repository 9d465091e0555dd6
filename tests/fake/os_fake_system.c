/*
 * os_fake_system.c - the system's own resolver of the fake machine, and what else it has nothing of; see os_fake_system.h.
 */
#include "fake/os_fake_system.h"

#include <stdio.h>
#include <string.h>

struct os_name {
    struct address at[OS_NAME_ADDRESSES_MAX];
    size_t count;
};

struct os_fake_resolver os_fake_resolver;
static struct os_name only_one;

char **os_arguments(int *argc, char **argv) { return (void)argc, argv; }
bool os_read_part(const char *path, uint64_t offset, char *to, size_t room, size_t *got, struct fault *f)
{
    struct buf all = buf_init(1024 * 1024);
    bool ok = os_read_file(path, &all, f);
    struct span rest = span_cut(buf_span(&all), offset < all.size ? (size_t)offset : all.size, all.size);
    *got = rest.size < room ? rest.size : room;
    if (*got > 0) {
        memcpy(to, rest.at, *got);
    }
    buf_free(&all);
    return ok;
}
void os_system_proxy(struct buf *to) { (void)to; }
const char *os_hosts_file(void) { return "/etc/hosts"; }
const char *os_name_server_file(void) { return os_fake_resolver.is_there ? NULL : "/etc/resolv.conf"; }

struct os_name *os_name_begin(const char *host, struct fault *f)
{
    if (os_fake_resolver.cannot_be_asked) {
        fault_set(f, FAULT_NAME_SERVER, "it cannot be asked");
        return NULL;
    }
    snprintf(os_fake_resolver.asked, sizeof os_fake_resolver.asked, "%s", host);
    os_fake_resolver.open++;
    return &only_one;
}

enum os_io os_name_look(const struct os_name *n, const struct address **found, size_t *count, struct fault *f)
{
    if (os_monotonic_ms() < os_fake_resolver.answers_ms) {
        return OS_IO_WAIT;
    }
    if (os_fake_resolver.fault != FAULT_NONE) {
        fault_set(f, os_fake_resolver.fault, "it says no");
        return OS_IO_FAULT;
    }
    for (only_one.count = 0; os_fake_resolver.addresses[only_one.count] != NULL; only_one.count++) {
        (void)address_parse(span_of(os_fake_resolver.addresses[only_one.count]), &only_one.at[only_one.count]);
    }
    *found = n->at;
    *count = n->count;
    return OS_IO_DONE;
}

void os_name_free(struct os_name *n) { os_fake_resolver.open -= n != NULL; }
