/*
 * os_posix_net.c - sockets, never blocking; see os.h.
 */
#define _GNU_SOURCE

#include "os/os.h"

#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    POLL_SLICE_MS = 500, /* a signal between the look at os_stop_asked() and poll() is noticed after this at most */
    POLL_ITEMS_MAX = 160,
};

union socket_address {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
};

static socklen_t to_system(const struct address *a, union socket_address *to)
{
    memset(to, 0, sizeof *to);
    if (a->family == ADDRESS_IPV4) {
        to->v4.sin_family = AF_INET;
        to->v4.sin_port = htons(a->port);
        memcpy(&to->v4.sin_addr, a->bytes, 4);
        return sizeof to->v4;
    }
    to->v6.sin6_family = AF_INET6;
    to->v6.sin6_port = htons(a->port);
    to->v6.sin6_scope_id = a->scope;
    memcpy(&to->v6.sin6_addr, a->bytes, 16);
    return sizeof to->v6;
}

static enum os_io connect_fault(struct os_socket *s, int error, struct fault *f)
{
    fault_set(f, FAULT_CONNECT, "%s", strerror(error));
    os_socket_close(s);
    return OS_IO_FAULT;
}

/* An open socket that does not block, or the error that there is none. */
static bool open_socket(struct os_socket *s, int family, int type)
{
    int fd = socket(family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    *s = (struct os_socket){.open = fd >= 0, .number = fd};
    return fd >= 0;
}

enum os_io os_socket_connect(struct os_socket *s, const struct address *to, struct fault *f)
{
    union socket_address address;
    socklen_t size = to_system(to, &address);
    int on = 1;
    if (!open_socket(s, address.any.sa_family, SOCK_STREAM)) {
        return connect_fault(s, errno, f);
    }
    int fd = (int)s->number;
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (connect(fd, &address.any, size) == 0) {
        return OS_IO_DONE;
    }
    return errno == EINPROGRESS || errno == EINTR ? OS_IO_WAIT : connect_fault(s, errno, f);
}

enum os_io os_socket_connected(struct os_socket *s, struct fault *f)
{
    struct pollfd writable = {.fd = (int)s->number, .events = POLLOUT};
    int error = 0;
    socklen_t size = sizeof error;
    if (poll(&writable, 1, 0) <= 0) {
        return OS_IO_WAIT;
    }
    if (getsockopt((int)s->number, SOL_SOCKET, SO_ERROR, &error, &size) < 0) {
        error = errno;
    }
    return error == 0 ? OS_IO_DONE : connect_fault(s, error, f);
}

static enum os_io io_result(ssize_t moved, size_t *count, struct fault *f)
{
    if (moved >= 0) {
        *count = (size_t)moved;
        return moved > 0 ? OS_IO_DONE : OS_IO_END;
    }
    if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR) {
        return OS_IO_WAIT;
    }
    fault_set(f, FAULT_CUT, "%s", strerror(errno));
    return OS_IO_FAULT;
}

enum os_io os_socket_read(struct os_socket *s, char *to, size_t room, size_t *got, struct fault *f)
{
    return io_result(recv((int)s->number, to, room, 0), got, f);
}

enum os_io os_socket_write(struct os_socket *s, struct span bytes, size_t *put, struct fault *f)
{
    return io_result(send((int)s->number, bytes.at, bytes.size, 0), put, f);
}

void os_socket_close(struct os_socket *s)
{
    if (s->open) {
        (void)close((int)s->number);
    }
    *s = (struct os_socket){0};
}

bool os_datagram_open(struct os_socket *s, const struct address *to, struct fault *f)
{
    union socket_address address;
    socklen_t size = to_system(to, &address);
    if (!open_socket(s, address.any.sa_family, SOCK_DGRAM) || connect((int)s->number, &address.any, size) < 0) {
        (void)connect_fault(s, errno, f);
        return false;
    }
    return true;
}

void os_poll(struct os_poll_item *items, size_t count, uint64_t timeout_ms)
{
    struct pollfd fds[POLL_ITEMS_MAX];
    if (count > POLL_ITEMS_MAX) {
        count = POLL_ITEMS_MAX;
    }
    for (size_t i = 0; i < count; i++) {
        short events = (short)((items[i].want_read ? POLLIN : 0) | (items[i].want_write ? POLLOUT : 0));
        fds[i] = (struct pollfd){.fd = (int)items[i].socket->number, .events = events};
        items[i].ready = false;
    }
    int ready = poll(fds, (nfds_t)count, timeout_ms < POLL_SLICE_MS ? (int)timeout_ms : POLL_SLICE_MS);
    for (size_t i = 0; ready > 0 && i < count; i++) {
        items[i].ready = fds[i].revents != 0;
    }
}

uint32_t os_interface_number(const char *name)
{
    return if_nametoindex(name);
}

const char *os_hosts_file(void)
{
    return "/etc/hosts";
}

const char *os_name_server_file(void)
{
    return "/etc/resolv.conf";
}

/* ---- never asked: there is a list of name servers ---- */

struct os_name *os_name_begin(const char *host, struct fault *f)
{
    fault_set(f, FAULT_NAME_SERVER, "%s: the system has no resolver of its own", host);
    return NULL;
}

enum os_io os_name_look(const struct os_name *n, const struct address **found, size_t *count, struct fault *f)
{
    (void)n, (void)found, (void)count;
    fault_set(f, FAULT_NAME_SERVER, "the system has no resolver of its own");
    return OS_IO_FAULT;
}

void os_name_free(struct os_name *n)
{
    (void)n;
}
