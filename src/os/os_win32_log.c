/*
 * os_win32_log.c - a file that only grows, on Windows; see os.h.
 *
 * Rules     the lock is a range far behind the file's end: whoever reads or copies the file is not held up by it. It ends with the
 *           process. Who may read the file is what its folder hands down.
 */
#define WIN32_LEAN_AND_MEAN
#include "os/os_win32.h"

#include <windows.h>

enum { LOCK_AT_HIGH = 0x40000000 };

static HANDLE handle_of(const struct os_log *l)
{
    return (HANDLE)l->number;
}

static bool write_fault(struct fault *f)
{
    char words[OS_WORDS_SIZE];
    return fault_set(f, FAULT_JOURNAL, "%s", os_words(GetLastError(), words));
}

static HANDLE open_with(const wchar_t *path, DWORD access, DWORD how)
{
    return CreateFileW(path, access, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL, how, FILE_ATTRIBUTE_NORMAL, NULL);
}

/* It is there and may be read, but not be written; or there is no room to make it. */
static bool is_no_place_to_write(const wchar_t *path, DWORD error)
{
    if (error != ERROR_ACCESS_DENIED) {
        return error == ERROR_WRITE_PROTECT || error == ERROR_DISK_FULL || error == ERROR_HANDLE_DISK_FULL || error == ERROR_IO_DEVICE;
    }
    HANDLE file = open_with(path, GENERIC_READ, OPEN_EXISTING);
    if (file != INVALID_HANDLE_VALUE) {
        (void)CloseHandle(file);
    }
    return file != INVALID_HANDLE_VALUE;
}

static bool open_fault(const char *path, const wchar_t *wide, DWORD error, struct fault *f)
{
    char words[OS_WORDS_SIZE];
    return fault_set(f, is_no_place_to_write(wide, error) ? FAULT_JOURNAL : FAULT_FILE, "%s: %s", path, os_words(error, words));
}

/* A file system that knows no locks says "not supported" or "invalid function". */
static bool take_lock(HANDLE file, const char *path, bool *locked, struct fault *f)
{
    OVERLAPPED at = {.OffsetHigh = LOCK_AT_HIGH};
    *locked = LockFileEx(file, LOCKFILE_EXCLUSIVE_LOCK | LOCKFILE_FAIL_IMMEDIATELY, 0, 1, 0, &at);
    DWORD error = *locked ? 0 : GetLastError();
    if (error == ERROR_LOCK_VIOLATION || error == ERROR_IO_PENDING || error == ERROR_ACCESS_DENIED) {
        fault_set(f, FAULT_FILE, "%s: another run is using it", path);
        return fault_advise(f, "wait until that run has ended; two at a time would release devices twice");
    }
    return true;
}

static bool check_file(HANDLE file, const char *path, enum os_log_use use, bool *locked, struct fault *f)
{
    if (GetFileType(file) != FILE_TYPE_DISK) {
        return fault_set(f, FAULT_FILE, "%s: no regular file", path);
    }
    return use == OS_LOG_READ || take_lock(file, path, locked, f);
}

bool os_log_open(struct os_log *l, const char *path, enum os_log_use use, bool *locked, struct fault *f)
{
    wchar_t *wide = os_wide_path(path);
    bool read = use == OS_LOG_READ;
    *locked = false;
    if (wide == NULL) {
        return os_file_fault(path, ERROR_INVALID_NAME, f);
    }
    HANDLE file = open_with(wide, read ? GENERIC_READ : GENERIC_READ | GENERIC_WRITE, read ? OPEN_EXISTING : OPEN_ALWAYS);
    DWORD error = file == INVALID_HANDLE_VALUE ? GetLastError() : 0;
    bool ok = error == 0 || (read && error == ERROR_FILE_NOT_FOUND) || open_fault(path, wide, error, f);
    memory_give(wide);
    if (file == INVALID_HANDLE_VALUE) {
        return ok;
    }
    if (!check_file(file, path, use, locked, f)) {
        (void)CloseHandle(file);
        return false;
    }
    *l = (struct os_log){.open = true, .number = (intptr_t)file};
    return true;
}

bool os_log_read(struct os_log *l, char *to, size_t room, size_t *got, struct fault *f)
{
    char words[OS_WORDS_SIZE];
    DWORD size = 0;
    BOOL done = ReadFile(handle_of(l), to, room < UINT32_MAX ? (DWORD)room : UINT32_MAX, &size, NULL);
    *got = size;
    if (os_stop_asked() != OS_GO_ON) {
        return os_stop_fault("journal", f);
    }
    return done || fault_set(f, FAULT_FILE, "%s", os_words(GetLastError(), words));
}

bool os_log_cut(struct os_log *l, uint64_t size, struct fault *f)
{
    LARGE_INTEGER at = {.QuadPart = (LONGLONG)size};
    return (SetFilePointerEx(handle_of(l), at, NULL, FILE_BEGIN) && SetEndOfFile(handle_of(l))) || write_fault(f);
}

bool os_log_append(struct os_log *l, struct span bytes, struct fault *f)
{
    LARGE_INTEGER end = {0};
    if (!SetFilePointerEx(handle_of(l), end, NULL, FILE_END)) {
        return write_fault(f);
    }
    while (bytes.size > 0) {
        DWORD put = 0;
        if (!WriteFile(handle_of(l), bytes.at, bytes.size < UINT32_MAX ? (DWORD)bytes.size : UINT32_MAX, &put, NULL) || put == 0) {
            return write_fault(f);
        }
        bytes = span_cut(bytes, put, bytes.size);
    }
    return true;
}

bool os_log_sync(struct os_log *l, struct fault *f)
{
    FILE_STANDARD_INFO about;
    if (!FlushFileBuffers(handle_of(l))) {
        return write_fault(f);
    }
    bool known = GetFileInformationByHandleEx(handle_of(l), FileStandardInfo, &about, sizeof about);
    bool removed = known && (about.DeletePending || about.NumberOfLinks == 0);
    return !removed || fault_set(f, FAULT_JOURNAL, "it has been removed");
}

void os_log_close(struct os_log *l)
{
    if (l->open) {
        (void)CloseHandle(handle_of(l));
    }
    *l = (struct os_log){0};
}
