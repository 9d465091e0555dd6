/*
 * os_posix_sensor.c - the Defender sensor of this host, asked by its own command; see os.h.
 */
#define _GNU_SOURCE

#include "os/os.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CHILD_POLL_MS = 20, READ_SLICE_MS = 500 };

/* Where Microsoft's packages put the command: mac and linux installation pages of defender-docs (read 2026-11-23). */
static const char *const sensor_commands[] = {
    "/usr/bin/mdatp",
    "/usr/local/bin/mdatp",
    "/opt/microsoft/mdatp/sbin/wdavdaemonclient",
    "/Applications/Microsoft Defender.app/Contents/MacOS/wdavdaemonclient",
};

/* The child: its output into the pipe, nothing else of ours, no environment that could lead it astray. */
static void run_sensor(const char *path, int out)
{
    char *const argv[] = {(char *)(intptr_t)path, (char *)(intptr_t)"health", (char *)(intptr_t)"--field",
                          (char *)(intptr_t)"edr_machine_id", NULL};
    char *const environment[] = {(char *)(intptr_t)"PATH=/usr/bin:/bin", NULL};
    if (dup2(out, STDOUT_FILENO) >= 0) {
        execve(path, argv, environment);
    }
    _exit(127);
}

/* Read until the end or end_ms. False: time-out. */
static bool read_child(int fd, struct buf *to, uint64_t end_ms)
{
    for (;;) {
        char block[256];
        uint64_t now_ms = os_monotonic_ms();
        struct pollfd readable = {.fd = fd, .events = POLLIN};
        if (now_ms >= end_ms || os_stop_asked() != OS_GO_ON) {
            return false;
        }
        if (poll(&readable, 1, READ_SLICE_MS) <= 0) {
            continue;
        }
        ssize_t got = read(fd, block, sizeof block);
        if (got <= 0) {
            return got == 0;
        }
        buf_put(to, span_make(block, (size_t)got));
        if (to->failed) {
            return false; /* it prints without end */
        }
    }
}

/* A child may close its output and go on. False: it has not ended at end_ms. */
static bool wait_child(pid_t child, int *status, uint64_t end_ms)
{
    while (waitpid(child, status, WNOHANG) != child) {
        if (os_monotonic_ms() >= end_ms || os_stop_asked() != OS_GO_ON) {
            return false;
        }
        os_poll(NULL, 0, CHILD_POLL_MS);
    }
    return true;
}

static bool ask_sensor(const char *path, struct buf *to)
{
    uint64_t end_ms = os_monotonic_ms() + OS_SENSOR_TIMEOUT_MS;
    int ends[2];
    int status = 0;
    if (pipe(ends) != 0) {
        return false;
    }
    pid_t child = fork();
    if (child == 0) {
        (void)close(ends[0]);
        run_sensor(path, ends[1]);
    }
    (void)close(ends[1]);
    bool ended = child > 0 && read_child(ends[0], to, end_ms) && wait_child(child, &status, end_ms);
    (void)close(ends[0]);
    if (child > 0 && !ended) {
        (void)kill(child, SIGKILL);
        (void)waitpid(child, &status, 0);
    }
    return ended && WIFEXITED(status) && WEXITSTATUS(status) == 0 && !to->failed;
}

bool os_sensor_id(struct buf *to, struct fault *f)
{
    for (size_t i = 0; i < sizeof sensor_commands / sizeof sensor_commands[0]; i++) {
        if (access(sensor_commands[i], X_OK) == 0) {
            if (ask_sensor(sensor_commands[i], to)) {
                return true;
            }
            if (os_stop_asked() != OS_GO_ON) {
                return fault_set(f, os_stop_asked() == OS_STOP_TERMINATED ? FAULT_TERMINATED : FAULT_INTERRUPTED, "self: interrupted");
            }
            return fault_set(f, FAULT_NOT_FOUND, "self: %s does not tell the device id", sensor_commands[i]);
        }
    }
    return fault_set(f, FAULT_NOT_FOUND, "self: there is no Defender sensor on this host");
}
