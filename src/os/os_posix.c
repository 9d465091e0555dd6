/*
 * os_posix.c - the machine, on Linux and other POSIX systems: life, time, files, console; see os.h. Sockets are in os_posix_net.c,
 * the sensor in os_posix_sensor.c.
 */
#define _GNU_SOURCE /* environ-free POSIX.1-2008, and getrandom, SOCK_CLOEXEC where the C library has them */

#include "os/os.h"

#include "base/format.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#if defined(__linux__)
#include <sys/prctl.h>
#include <sys/random.h>
#endif

enum {
    POLL_SLICE_MS = 500, /* a signal between the look at os_stop_asked() and poll() is noticed after this at most */
    READ_BLOCK = 16 * 1024,
};

static volatile sig_atomic_t stop_signal;

/* The terminal while a password is typed; -1: none is. */
static volatile sig_atomic_t hushed_terminal = -1;
static struct termios loud;

static void note_signal(int signal_number)
{
    if (stop_signal != 0) {
        if (hushed_terminal >= 0) {
            (void)tcsetattr((int)hushed_terminal, TCSANOW, &loud);
        }
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

#if defined(__linux__) && !defined(__GLIBC__)
/* In the place of musl's, which brings all of printf along (10 KB). */
_Noreturn void __assert_fail(const char *what, const char *file, int line, const char *function)
{
    char text[256];
    size_t size = format_text(text, sizeof text, "%s:%d: %s: not true: %s\n", file, line, function, what);
    (void)!write(STDERR_FILENO, text, size < sizeof text ? size : sizeof text - 1);
    (void)raise(SIGABRT);
    _exit(128 + SIGABRT);
}
#endif

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
    (void)sigaction(SIGXFSZ, &ignore, NULL); /* a journal at its size limit is told, not died of */
    (void)sigaction(SIGINT, &note, NULL);
    (void)sigaction(SIGTERM, &note, NULL);
}

char **os_arguments(int *argc, char **argv)
{
    (void)argc;
    return argv;
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

/* A call that a signal interrupted is made again; not for ever, as where a broken filter or tracer answers every call so. */
static bool again(unsigned *interruptions)
{
    enum { INTERRUPTIONS_MAX = 1000 };
    return errno == EINTR && (*interruptions)++ < INTERRUPTIONS_MAX;
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
    unsigned interruptions = 0;
    while (ok && size > 0) {
        ssize_t got = read(fd, to, size);
        if (got > 0) {
            to += got;
            size -= (size_t)got;
        } else {
            ok = got < 0 && again(&interruptions);
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
    unsigned interruptions = 0;
    while (size > 0) {
        ssize_t got = getrandom(at, size < 256 ? size : 256, 0);
        if (got > 0) {
            at += got;
            size -= (size_t)got;
        } else if (got == 0 || !again(&interruptions)) {
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
    unsigned interruptions = 0;
    for (;;) {
        char excess;
        size_t size;
        char *room = block_room(to, &size);
        if (size > 0 && room == NULL) {
            errno = ENOMEM;
            return false;
        }
        ssize_t got = size > 0 ? read(fd, room, size) : read(fd, &excess, 1);
        if (got < 0 && os_stop_asked() == OS_GO_ON && again(&interruptions)) {
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

/* Takes what is no folder; with `plain` a regular file only. */
static bool is_readable_kind(int fd, bool plain)
{
    struct stat status;
    if (fstat(fd, &status) != 0) {
        return false;
    }
    if (S_ISDIR(status.st_mode)) {
        errno = EISDIR;
        return false;
    }
    errno = EINVAL;
    return !plain || S_ISREG(status.st_mode);
}

static bool read_file(const char *path, bool plain, struct buf *to, struct fault *f)
{
    /* O_NONBLOCK: a pipe in the place of a plain file must not hold us up before its kind is known */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | (plain ? O_NOFOLLOW | O_NONBLOCK : 0));
    if (fd < 0) {
        return read_fault(path, f);
    }
    bool ok = is_readable_kind(fd, plain) && read_all(fd, to);
    if (!ok) {
        read_fault(path, f);
    }
    (void)close(fd);
    return ok;
}

bool os_read_file(const char *path, struct buf *to, struct fault *f)
{
    return read_file(path, false, to, f);
}

bool os_read_plain_file(const char *path, struct buf *to, struct fault *f)
{
    return read_file(path, true, to, f);
}

bool os_read_part(const char *path, uint64_t offset, char *to, size_t room, size_t *got, struct fault *f)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    ssize_t size = 1;
    for (*got = 0; fd >= 0 && size > 0 && *got < room; *got += size > 0 ? (size_t)size : 0) {
        size = pread(fd, to + *got, room - *got, (off_t)(offset + *got));
    }
    bool ok = (fd >= 0 && size >= 0) || read_fault(path, f);
    if (fd >= 0) {
        (void)close(fd);
    }
    return ok;
}

bool os_read_input(struct buf *to, struct fault *f)
{
    return read_all(STDIN_FILENO, to) || read_fault("standard input", f);
}

void os_system_proxy(struct buf *to)
{
    (void)to; /* the environment says it here */
}

#if defined(__linux__)
bool os_arc_is_installed(void)
{
    return access("/opt/azcmagent/bin/himds", F_OK) == 0;
}

const char *os_arc_key_folder(void)
{
    return "/var/opt/azcmagent/tokens/";
}
#else
bool os_arc_is_installed(void)
{
    return false;
}

const char *os_arc_key_folder(void)
{
    return NULL;
}
#endif

/* ---- console ---- */

static int descriptor_of(enum os_output where)
{
    return where == OS_OUT ? STDOUT_FILENO : STDERR_FILENO;
}

bool os_write(enum os_output where, struct span bytes)
{
    int fd = descriptor_of(where);
    unsigned interruptions = 0;
    while (bytes.size > 0) {
        ssize_t put = write(fd, bytes.at, bytes.size);
        if (put > 0) {
            bytes = span_cut(bytes, (size_t)put, bytes.size);
        } else if (put < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
            struct pollfd writable = {.fd = fd, .events = POLLOUT};
            (void)poll(&writable, 1, POLL_SLICE_MS);
        } else if (put == 0 || !again(&interruptions)) {
            return false;
        }
    }
    return true;
}

bool os_is_terminal(enum os_output where)
{
    return isatty(descriptor_of(where)) == 1;
}

unsigned os_columns(enum os_output where)
{
    struct winsize size = {0};
    bool known = ioctl(descriptor_of(where), TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
    return known ? size.ws_col : 80;
}

/* ---- passwords ---- */

/* No echo; and the keys that would leave the program (stop, quit) with a silent terminal do nothing. */
static bool hush(int fd)
{
    if (tcgetattr(fd, &loud) != 0) {
        return false;
    }
    struct termios silent = loud;
    silent.c_lflag &= ~(tcflag_t)(ECHO | ECHOE | ECHOK);
    silent.c_lflag |= ECHONL | ICANON | ISIG;
    silent.c_cc[VQUIT] = _POSIX_VDISABLE;
    silent.c_cc[VSUSP] = _POSIX_VDISABLE;
    hushed_terminal = fd;
    if (tcsetattr(fd, TCSAFLUSH, &silent) == 0) {
        return true;
    }
    hushed_terminal = -1;
    return false;
}

static void unhush(int fd)
{
    (void)tcsetattr(fd, TCSAFLUSH, &loud);
    hushed_terminal = -1;
}

/* What there is to read, or that the time has passed or somebody asked to stop. */
static bool wait_for_line(int fd, uint64_t deadline_ms, struct fault *f)
{
    for (;;) {
        struct pollfd readable = {.fd = fd, .events = POLLIN};
        if (os_stop_asked() != OS_GO_ON) {
            return read_fault("terminal", f);
        }
        if (os_monotonic_ms() >= deadline_ms) {
            return fault_set(f, FAULT_FILE, "nothing was typed in time");
        }
        if (poll(&readable, 1, POLL_SLICE_MS) > 0) {
            return true;
        }
    }
}

/* The terminal gives whole lines, in pieces where they are longer than the block. */
static bool read_line(int fd, uint64_t deadline_ms, struct buf *to, struct fault *f)
{
    char block[512];
    bool ended = false;
    ssize_t got = 1;
    while (!ended && got > 0) {
        if (!wait_for_line(fd, deadline_ms, f)) {
            return false;
        }
        got = read(fd, block, sizeof block);
        if (got < 0 && errno == EINTR) {
            got = 1;
            continue;
        }
        ended = got > 0 && block[got - 1] == '\n';
        buf_put(to, span_make(block, got > 0 ? (size_t)got - ended : 0));
    }
    memory_wipe(block, sizeof block);
    if (to->failed) {
        return fault_set(f, FAULT_FILE, "what was typed is too long");
    }
    return (ended && to->size > 0) || fault_set(f, FAULT_FILE, "nothing was typed");
}

bool os_read_password(struct span prompt, uint64_t timeout_ms, struct buf *to, struct fault *f)
{
    uint64_t deadline_ms = os_monotonic_ms() + timeout_ms;
    int fd = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
    if (fd < 0 || !hush(fd)) {
        if (fd >= 0) {
            (void)close(fd);
        }
        return fault_set(f, FAULT_FILE, "there is no terminal to ask on");
    }
    bool ok = write(fd, prompt.at, prompt.size) == (ssize_t)prompt.size || fault_set(f, FAULT_FILE, "the terminal is closed");
    ok = ok && read_line(fd, deadline_ms, to, f);
    unhush(fd);
    if (!ok) {
        (void)write(fd, "\n", 1);
    }
    (void)close(fd);
    return ok;
}
