/*
 * os_posix.c - the machine, on Linux and other POSIX systems; see os.h.
 */
#define _GNU_SOURCE /* environ-free POSIX.1-2008, and getrandom, SOCK_CLOEXEC where the C library has them */

#include "os/os.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#if defined(__linux__)
#include <sys/prctl.h>
#include <sys/random.h>
#endif

enum {
    POLL_SLICE_MS = 500, /* a signal between the look at os_stop_asked() and poll() is noticed after this at most */
    POLL_ITEMS_MAX = 160,
    READ_BLOCK = 16 * 1024,
};

static volatile sig_atomic_t stop_signal;

static void note_signal(int signal_number)
{
    if (stop_signal != 0) {
        _exit(128 + signal_number);
    }
    stop_signal = signal_number;
}

/* An unconnected socket in the place of a closed descriptor: no file opened later gets its number, and writing to it fails. */
static void fill_closed_descriptors(void)
{
    for (int fd = 0; fd <= 2; fd++) {
        if (fcntl(fd, F_GETFD) == -1 && errno == EBADF) {
            (void)socket(AF_UNIX, SOCK_STREAM, 0);
        }
    }
}

static void no_core_file(void)
{
    struct rlimit none = {0, 0};
    (void)setrlimit(RLIMIT_CORE, &none);
#if defined(__linux__)
    (void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
#endif
}

void os_start(void)
{
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    struct sigaction note = {.sa_handler = note_signal}; /* no SA_RESTART: a blocking read of input must end */
    fill_closed_descriptors();
    no_core_file();
    (void)sigaction(SIGPIPE, &ignore, NULL);
    (void)sigaction(SIGINT, &note, NULL);
    (void)sigaction(SIGTERM, &note, NULL);
}

enum os_stop os_stop_asked(void)
{
    switch (stop_signal) {
    case 0:
        return OS_GO_ON;
    case SIGTERM:
        return OS_STOP_TERMINATED;
    default:
        return OS_STOP_INTERRUPTED;
    }
}

/* ---- time, random numbers ---- */

uint64_t os_monotonic_ms(void)
{
    struct timespec now = {0};
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)(now.tv_nsec / 1000000);
}

int64_t os_unix_seconds(void)
{
    struct timespec now = {0};
    (void)clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec;
}

static bool random_from_device(unsigned char *to, size_t size)
{
    int fd = open("/dev/urandom", O_RDONLY | O_CLOEXEC);
    bool ok = fd >= 0;
    while (ok && size > 0) {
        ssize_t got = read(fd, to, size);
        if (got > 0) {
            to += got;
            size -= (size_t)got;
        } else {
            ok = got < 0 && errno == EINTR;
        }
    }
    if (fd >= 0) {
        (void)close(fd);
    }
    return ok;
}

bool os_random(void *to, size_t size)
{
    unsigned char *at = to;
#if defined(__linux__)
    while (size > 0) {
        ssize_t got = getrandom(at, size < 256 ? size : 256, 0);
        if (got > 0) {
            at += got;
            size -= (size_t)got;
        } else if (got == 0 || errno != EINTR) {
            break; /* a kernel before 3.17, or a filter that does not know the call */
        }
    }
#endif
    return size == 0 || random_from_device(at, size);
}

/* ---- what the program is given ---- */

const char *os_environment(const char *name)
{
    return getenv(name);
}

/* Room for a block, or for what is left below the ceiling; *size is how much. NULL: full, or out of memory. */
static char *block_room(struct buf *to, size_t *size)
{
    size_t left = to->ceiling - to->size;
    *size = left < READ_BLOCK ? left : READ_BLOCK;
    return *size > 0 ? buf_room(to, *size) : NULL;
}

static bool read_all(int fd, struct buf *to)
{
    for (;;) {
        char excess;
        size_t size;
        char *room = block_room(to, &size);
        if (size > 0 && room == NULL) {
            errno = ENOMEM;
            return false;
        }
        ssize_t got = size > 0 ? read(fd, room, size) : read(fd, &excess, 1);
        if (got < 0 && errno == EINTR && os_stop_asked() == OS_GO_ON) {
            continue;
        }
        if (got <= 0) {
            return got == 0;
        }
        if (size == 0) {
            errno = EFBIG;
            return false;
        }
        buf_grew(to, (size_t)got);
    }
}

static bool read_fault(const char *name, struct fault *f)
{
    if (os_stop_asked() != OS_GO_ON) {
        return fault_set(f, os_stop_asked() == OS_STOP_TERMINATED ? FAULT_TERMINATED : FAULT_INTERRUPTED, "interrupted");
    }
    if (errno == ENOMEM) {
        return fault_set(f, FAULT_MEMORY, "%s: out of memory", name);
    }
    return fault_set(f, FAULT_FILE, "%s: %s", name, errno == EFBIG ? "too large" : strerror(errno));
}

bool os_read_file(const char *path, struct buf *to, struct fault *f)
{
    struct stat status;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0) {
        return read_fault(path, f);
    }
    bool ok = fstat(fd, &status) == 0;
    if (ok && S_ISDIR(status.st_mode)) {
        errno = EISDIR;
        ok = false;
    }
    ok = ok && read_all(fd, to);
    if (!ok) {
        read_fault(path, f);
    }
    (void)close(fd);
    return ok;
}

bool os_read_input(struct buf *to, struct fault *f)
{
    return read_all(STDIN_FILENO, to) || read_fault("standard input", f);
}

/* ---- console ---- */

static int descriptor_of(enum os_output where)
{
    return where == OS_OUT ? STDOUT_FILENO : STDERR_FILENO;
}

bool os_write(enum os_output where, struct span bytes)
{
    int fd = descriptor_of(where);
    while (bytes.size > 0) {
        ssize_t put = write(fd, bytes.at, bytes.size);
        if (put > 0) {
            bytes = span_cut(bytes, (size_t)put, bytes.size);
        } else if (put < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
            struct pollfd writable = {.fd = fd, .events = POLLOUT};
            (void)poll(&writable, 1, POLL_SLICE_MS);
        } else if (put == 0 || errno != EINTR) {
            return false;
        }
    }
    return true;
}

bool os_is_terminal(enum os_output where)
{
    return isatty(descriptor_of(where)) == 1;
}

/* ---- sockets ---- */

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
    int fd = socket(family, type, 0);
    *s = (struct os_socket){.open = fd >= 0, .number = fd};
    return fd >= 0 && fcntl(fd, F_SETFD, FD_CLOEXEC) >= 0 && fcntl(fd, F_SETFL, O_NONBLOCK) >= 0;
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

/* ---- names ---- */

uint32_t os_interface_number(const char *name)
{
    return if_nametoindex(name);
}
