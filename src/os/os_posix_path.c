/*
 * os_posix_path.c - where files are and who may read them, on Linux and other POSIX systems; see os.h.
 */
#define _GNU_SOURCE /* realpath, and getauxval where the C library has it */

#include "os/os.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#if defined(__linux__)
#include <sys/auxv.h>
#endif

#ifndef PATH_MAX
#define PATH_MAX 4096
#endif

enum os_file os_look_at_file(const char *path)
{
    struct stat status;
    if (stat(path, &status) != 0) {
        return OS_FILE_MISSING;
    }
    return S_ISREG(status.st_mode) && (status.st_mode & S_IROTH) != 0 ? OS_FILE_EXPOSED : OS_FILE_PRIVATE;
}

bool os_is_absolute(struct span path)
{
    return span_starts(path, SPAN("/"));
}

struct span os_folder_of(const char *path)
{
    const char *end = strrchr(path, '/');
    return span_make(path, end != NULL ? (size_t)(end - path) + 1 : 0);
}

#if defined(__linux__)
/* Without /proc: the name that the program was started by, as the kernel keeps it (argv[0] may be anything), links followed. */
static bool put_started_path(char path[PATH_MAX])
{
    const char *name = (const char *)getauxval(AT_EXECFN);
    return name != NULL && realpath(name, path) != NULL;
}

bool os_program_folder(struct buf *to)
{
    char path[PATH_MAX];
    ssize_t size = readlink("/proc/self/exe", path, sizeof path - 1);
    if (size > 0 && path[0] == '/') {
        path[size] = '\0';
    } else if (!put_started_path(path)) {
        return false;
    }
    buf_put(to, os_folder_of(path));
    return !to->failed;
}
#else
bool os_program_folder(struct buf *to)
{
    (void)to;
    return false;
}
#endif
