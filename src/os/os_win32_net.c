/*
 * os_win32_net.c - sockets, never blocking, on Windows; see os.h.
 *
 * select(), not WSAPoll(): before Windows 10 2004 WSAPoll does not say when a connection has failed.
 */
#define WIN32_LEAN_AND_MEAN
#define FD_SETSIZE 192 /* sockets of one select(): more than os_poll() is ever given */
#include "os/os_win32.h"

#include <winsock2.h>
#include <ws2tcpip.h>

#include <windows.h>

#include <string.h>

enum {
    SLICE_MS = 100,      /* select() does not see the event of a request to stop */
    NAME_SLICE_MS = 20,  /* nor that a name has been looked up */
    IDLE_SLICE_MS = 500,
};

#ifndef SO_RANDOMIZE_PORT
#define SO_RANDOMIZE_PORT 0x3005
#endif

union socket_address {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
};

static int to_system(const struct address *a, union socket_address *to)
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

static SOCKET number_of(const struct os_socket *s)
{
    return (SOCKET)s->number;
}

static enum os_io connect_fault(struct os_socket *s, int error, struct fault *f)
{
    char words[OS_WORDS_SIZE];
    fault_set(f, FAULT_CONNECT, "%s", os_words((unsigned long)error, words));
    os_socket_close(s);
    return OS_IO_FAULT;
}

static bool open_socket(struct os_socket *s, int family, int type)
{
    u_long on = 1;
    SOCKET number = WSASocketW(family, type, 0, NULL, 0, WSA_FLAG_OVERLAPPED);
    *s = (struct os_socket){.open = number != INVALID_SOCKET, .number = (intptr_t)number};
    return s->open && ioctlsocket(number, (long)FIONBIO, &on) == 0;
}

enum os_io os_socket_connect(struct os_socket *s, const struct address *to, struct fault *f)
{
    union socket_address address;
    int size = to_system(to, &address);
    BOOL on = TRUE;
    if (!open_socket(s, address.any.sa_family, SOCK_STREAM)) {
        return connect_fault(s, WSAGetLastError(), f);
    }
    (void)setsockopt(number_of(s), IPPROTO_TCP, TCP_NODELAY, (const char *)&on, sizeof on);
    if (connect(number_of(s), &address.any, size) == 0) {
        return OS_IO_DONE;
    }
    int error = WSAGetLastError();
    return error == WSAEWOULDBLOCK ? OS_IO_WAIT : connect_fault(s, error, f);
}

enum os_io os_socket_connected(struct os_socket *s, struct fault *f)
{
    fd_set writable, failed;
    struct timeval none = {0, 0};
    int error = 0;
    int size = sizeof error;
    FD_ZERO(&writable);
    FD_ZERO(&failed);
    FD_SET(number_of(s), &writable);
    FD_SET(number_of(s), &failed);
    int ready = select(0, NULL, &writable, &failed, &none);
    if (ready == 0) {
        return OS_IO_WAIT;
    }
    if (ready < 0 || getsockopt(number_of(s), SOL_SOCKET, SO_ERROR, (char *)&error, &size) != 0) {
        error = WSAGetLastError();
    } else if (error == 0 && FD_ISSET(number_of(s), &failed)) {
        error = WSAECONNREFUSED; /* it has failed, whatever the reason was */
    }
    return error == 0 ? OS_IO_DONE : connect_fault(s, error, f);
}

static enum os_io io_result(int moved, size_t *count, struct fault *f)
{
    char words[OS_WORDS_SIZE];
    if (moved >= 0) {
        *count = (size_t)moved;
        return moved > 0 ? OS_IO_DONE : OS_IO_END;
    }
    int error = WSAGetLastError();
    if (error == WSAEWOULDBLOCK || error == WSAEINTR) {
        return OS_IO_WAIT;
    }
    fault_set(f, FAULT_CUT, "%s", os_words((unsigned long)error, words));
    return OS_IO_FAULT;
}

static int int_size(size_t size)
{
    return size < INT32_MAX ? (int)size : INT32_MAX;
}

enum os_io os_socket_read(struct os_socket *s, char *to, size_t room, size_t *got, struct fault *f)
{
    int moved = recv(number_of(s), to, int_size(room), 0);
    if (moved < 0 && WSAGetLastError() == WSAEMSGSIZE) {
        moved = int_size(room); /* a datagram that is longer; the rest of it is gone */
    }
    return io_result(moved, got, f);
}

enum os_io os_socket_write(struct os_socket *s, struct span bytes, size_t *put, struct fault *f)
{
    return io_result(send(number_of(s), bytes.at, int_size(bytes.size), 0), put, f);
}

void os_socket_close(struct os_socket *s)
{
    if (s->open) {
        (void)closesocket(number_of(s));
    }
    *s = (struct os_socket){0};
}

bool os_datagram_open(struct os_socket *s, const struct address *to, struct fault *f)
{
    union socket_address address;
    int size = to_system(to, &address);
    DWORD on = 1;
    bool ok = open_socket(s, address.any.sa_family, SOCK_DGRAM);
    if (ok) {
        /* ports are given in turn otherwise; an explicit bind() would have the firewall ask a person */
        (void)setsockopt(number_of(s), SOL_SOCKET, SO_RANDOMIZE_PORT, (const char *)&on, sizeof on);
    }
    if (!ok || connect(number_of(s), &address.any, size) != 0) {
        (void)connect_fault(s, WSAGetLastError(), f);
        return false;
    }
    return true;
}

/* The sockets of items into the three sets that select() wants; how many there are. */
static size_t fill_sets(struct os_poll_item *items, size_t count, fd_set sets[3])
{
    size_t used = 0;
    for (size_t i = 0; i < 3; i++) {
        FD_ZERO(&sets[i]);
    }
    for (; used < count && used < FD_SETSIZE; used++) {
        SOCKET number = number_of(items[used].socket);
        if (items[used].want_read) {
            FD_SET(number, &sets[0]);
        }
        if (items[used].want_write) {
            FD_SET(number, &sets[1]);
        }
        FD_SET(number, &sets[2]); /* a connection that failed */
    }
    return used;
}

void os_poll(struct os_poll_item *items, size_t count, uint64_t timeout_ms)
{
    fd_set sets[3];
    uint64_t slice_ms = count == 0 ? IDLE_SLICE_MS : os_names_under_way() > 0 ? NAME_SLICE_MS : SLICE_MS;
    uint64_t wait_ms = timeout_ms < slice_ms ? timeout_ms : slice_ms;
    for (size_t i = 0; i < count; i++) {
        items[i].ready = false;
    }
    if (count == 0) {
        (void)os_wait_for_wake(wait_ms);
        return;
    }
    struct timeval wait = {.tv_usec = (long)wait_ms * 1000};
    size_t used = fill_sets(items, count, sets);
    int ready = select(0, &sets[0], &sets[1], &sets[2], &wait);
    for (size_t i = 0; ready > 0 && i < used; i++) {
        SOCKET number = number_of(items[i].socket);
        items[i].ready = FD_ISSET(number, &sets[0]) || FD_ISSET(number, &sets[1]) || FD_ISSET(number, &sets[2]);
    }
}

/* Zones have numbers here, and are written so. */
uint32_t os_interface_number(const char *name)
{
    (void)name;
    return 0;
}
