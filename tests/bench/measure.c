/*
 * measure.c - what one run of a program costs: measure RESULT COMMAND [ARGUMENT...]
 *
 * Does      run the command; then write into the file RESULT: wall time, user and system time (microseconds), the most memory that one
 *           of its processes had resident (KiB), and its exit status.
 * Not here  what is run, and how often (bench.py).
 * Rules     small itself: the kernel counts the memory of the process that forks as the child's own.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static long long microseconds(long long seconds, long long rest)
{
    return seconds * 1000000 + rest;
}

int main(int argc, char **argv)
{
    struct timespec begin, end;
    struct rusage usage;
    int status;
    if (argc < 3) {
        return 2;
    }
    clock_gettime(CLOCK_MONOTONIC, &begin);
    pid_t child = fork();
    if (child == 0) {
        execv(argv[2], argv + 2);
        _exit(127);
    }
    if (child < 0 || wait4(child, &status, 0, &usage) != child) {
        return 1;
    }
    clock_gettime(CLOCK_MONOTONIC, &end);
    int result = open(argv[1], O_WRONLY | O_CREAT | O_TRUNC, 0600);
    dprintf(result, "%lld %lld %lld %ld %d\n",
            microseconds(end.tv_sec, end.tv_nsec / 1000) - microseconds(begin.tv_sec, begin.tv_nsec / 1000),
            microseconds(usage.ru_utime.tv_sec, usage.ru_utime.tv_usec), microseconds(usage.ru_stime.tv_sec, usage.ru_stime.tv_usec),
            usage.ru_maxrss, WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
    return 0;
}
