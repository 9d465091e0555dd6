/*
 * os_posix_log.c - a file that only grows, on Linux and other POSIX systems; see os.h.
 *
 * Rules     the lock is flock(2)'s: it belongs to the open file, so it ends with the process and is not lost when another
 *           descriptor of the file is closed. Linux carries it to NFS and SMB servers; a file system without locks says so.
 */
#define _GNU_SOURCE /* flock, O_CLOEXEC */

#include "os/os.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* It is there and may be read, but not be written; or there is no room to make it. */
static bool is_no_place_to_write(const char *path)
{
    bool denied = errno == EACCES || errno == EPERM;
    return errno == EROFS || errno == ENOSPC || errno == EDQUOT || errno == EIO || (denied && access(path, R_OK) == 0);
}

static bool open_fault(const char *path, struct fault *f)
{
    int number = errno;
    enum fault_code code = is_no_place_to_write(path) ? FAULT_JOURNAL : FAULT_FILE;
    return fault_set(f, code, "%s: %s", path, strerror(number));
}

static bool check_kind(int fd, const char *path, struct fault *f)
{
    struct stat status;
    if (fstat(fd, &status) != 0) {
        return open_fault(path, f);
    }
    return S_ISREG(status.st_mode) || fault_set(f, FAULT_FILE, "%s: no regular file", path);
}

static bool take_lock(int fd, const char *path, bool *locked, struct fault *f)
{
    *locked = flock(fd, LOCK_EX | LOCK_NB) == 0;
    if (!*locked && (errno == EWOULDBLOCK || errno == EACCES)) {
        fault_set(f, FAULT_FILE, "%s: another run is using it", path);
        return fault_advise(f, "wait until that run has ended; two at a time would release devices twice");
    }
    return true;
}

/* The folder's own entry of a file that was just made. A folder that cannot be synced is as good as it gets. */
static void sync_folder(const char *path)
{
    struct buf folder = buf_init(64 * 1024);
    size_t end = strlen(path);
    while (end > 0 && path[end - 1] != '/') {
        end--;
    }
    buf_put(&folder, end > 0 ? span_make(path, end) : SPAN("."));
    int fd = open(buf_text(&folder), O_RDONLY | O_CLOEXEC | O_DIRECTORY);
    if (fd >= 0) {
        (void)fsync(fd);
        (void)close(fd);
    }
    buf_free(&folder);
}

bool os_log_open(struct os_log *l, const char *path, enum os_log_use use, bool *locked, struct fault *f)
{
    /* O_NONBLOCK: a pipe in its place must not hold us up before its kind is known */
    int flags = O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
    int fd = use == OS_LOG_READ ? open(path, flags | O_RDONLY) : open(path, flags | O_RDWR | O_APPEND);
    bool make = fd < 0 && errno == ENOENT && use == OS_LOG_APPEND;
    *locked = false;
    if (make) {
        fd = open(path, flags | O_RDWR | O_APPEND | O_CREAT, S_IRUSR | S_IWUSR);
    }
    if (fd < 0) {
        return (errno == ENOENT && use == OS_LOG_READ) || open_fault(path, f);
    }
    if (!check_kind(fd, path, f) || (use == OS_LOG_APPEND && !take_lock(fd, path, locked, f))) {
        (void)close(fd);
        return false;
    }
    if (make) {
        sync_folder(path);
    }
    *l = (struct os_log){.open = true, .number = fd};
    return true;
}

static bool write_fault(struct fault *f)
{
    return fault_set(f, FAULT_JOURNAL, "%s", strerror(errno));
}

bool os_log_read(struct os_log *l, char *to, size_t room, size_t *got, struct fault *f)
{
    ssize_t size = read((int)l->number, to, room);
    while (size < 0 && errno == EINTR && os_stop_asked() == OS_GO_ON) {
        size = read((int)l->number, to, room);
    }
    *got = size > 0 ? (size_t)size : 0;
    if (os_stop_asked() != OS_GO_ON) {
        return fault_set(f, os_stop_asked() == OS_STOP_TERMINATED ? FAULT_TERMINATED : FAULT_INTERRUPTED, "interrupted");
    }
    return size >= 0 || fault_set(f, FAULT_FILE, "%s", strerror(errno));
}

bool os_log_cut(struct os_log *l, uint64_t size, struct fault *f)
{
    return ftruncate((int)l->number, (off_t)size) == 0 || write_fault(f);
}

bool os_log_append(struct os_log *l, struct span bytes, struct fault *f)
{
    while (bytes.size > 0) {
        ssize_t put = write((int)l->number, bytes.at, bytes.size);
        if (put > 0) {
            bytes = span_cut(bytes, (size_t)put, bytes.size);
        } else if (put == 0 || errno != EINTR) {
            errno = put == 0 ? ENOSPC : errno;
            return write_fault(f);
        }
    }
    return true;
}

bool os_log_sync(struct os_log *l, struct fault *f)
{
    struct stat status;
    int done = fdatasync((int)l->number);
    while (done != 0 && errno == EINTR) {
        done = fdatasync((int)l->number);
    }
    /* a file system that knows no syncing has done what it can */
    if (done != 0 && errno != EINVAL && errno != ENOSYS) {
        return write_fault(f);
    }
    if (fstat((int)l->number, &status) != 0) {
        return write_fault(f);
    }
    return status.st_nlink > 0 || fault_set(f, FAULT_JOURNAL, "it has been removed");
}

void os_log_close(struct os_log *l)
{
    if (l->open) {
        (void)close((int)l->number);
    }
    *l = (struct os_log){0};
}
