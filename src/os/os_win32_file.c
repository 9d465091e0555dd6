/*
 * os_win32_file.c - files and standard input, on Windows; see os.h.
 */
#define WIN32_LEAN_AND_MEAN
#include "os/os_win32.h"

#include <windows.h>

#include <string.h>

enum { READ_BLOCK = 16 * 1024, CONSOLE_BLOCK = 1024 };

static const wchar_t long_prefix[] = L"\\\\?\\";
static const wchar_t long_share_prefix[] = L"\\\\?\\UNC";

/* "\\?\" takes the name as it stands, so it must be whole and have backslashes; a share's name loses its first backslash. */
static wchar_t *long_path(const wchar_t *whole, size_t size)
{
    bool share = whole[0] == L'\\' && whole[1] == L'\\';
    const wchar_t *prefix = share ? long_share_prefix : long_prefix;
    const wchar_t *rest = share ? whole + 1 : whole;
    size_t before = wcslen(prefix);
    wchar_t *path = memory_take(before + size + 1, sizeof *path);
    if (path != NULL) {
        memcpy(path, prefix, before * sizeof *path);
        memcpy(path + before, rest, (wcslen(rest) + 1) * sizeof *path);
    }
    return path;
}

wchar_t *os_wide_path(const char *path)
{
    wchar_t *name = os_wide(path);
    DWORD room = name != NULL ? GetFullPathNameW(name, 0, NULL, NULL) : 0;
    if (room <= OS_PATH_SHORT_MAX || wcsncmp(name, L"\\\\?\\", 4) == 0 || wcsncmp(name, L"\\\\.\\", 4) == 0) {
        return name;
    }
    wchar_t *whole = memory_take(room, sizeof *whole);
    DWORD size = whole != NULL ? GetFullPathNameW(name, room, whole, NULL) : 0;
    wchar_t *result = size > 0 && size < room ? long_path(whole, size) : NULL;
    memory_give(whole);
    memory_give(name);
    return result;
}

/* ---- faults ---- */

bool os_stop_fault(const char *name, struct fault *f)
{
    return fault_set(f, os_stop_asked() == OS_STOP_TERMINATED ? FAULT_TERMINATED : FAULT_INTERRUPTED, "%s: interrupted", name);
}

bool os_file_fault(const char *name, unsigned long error, struct fault *f)
{
    char words[OS_WORDS_SIZE];
    if (os_stop_asked() != OS_GO_ON) {
        return os_stop_fault(name, f);
    }
    if (error == ERROR_NOT_ENOUGH_MEMORY) {
        return fault_set(f, FAULT_MEMORY, "%s: out of memory", name);
    }
    return fault_set(f, FAULT_FILE, "%s: %s", name, os_words(error, words));
}

/* ---- reading ---- */

/* Some bytes; *got 0 is the end. A console gives its lines in UTF-16, and Ctrl-Z at the beginning of one is the end. */
static bool read_console(HANDLE from, struct buf *to, size_t *got)
{
    wchar_t block[CONSOLE_BLOCK];
    DWORD size = 0;
    size_t before = to->size;
    bool ok = ReadConsoleW(from, block, CONSOLE_BLOCK, &size, NULL) && (size == 0 || block[0] == 0x1A || os_put_narrow(to, block, size));
    memory_wipe(block, sizeof block);
    *got = to->size - before;
    return ok;
}

static bool read_block(HANDLE from, char *to, size_t room, size_t *got)
{
    DWORD size = 0;
    bool ok = ReadFile(from, to, (DWORD)room, &size, NULL) || GetLastError() == ERROR_BROKEN_PIPE || GetLastError() == ERROR_HANDLE_EOF;
    *got = size;
    return ok;
}

/* Up to the end. False: the error is the system's last one. */
static bool read_all(HANDLE from, struct buf *to)
{
    DWORD mode;
    bool console = GetConsoleMode(from, &mode);
    for (size_t got = 1; got > 0;) {
        char excess;
        size_t left = to->ceiling - to->size;
        size_t size = left < READ_BLOCK ? left : READ_BLOCK;
        char *room = !console && size > 0 ? buf_room(to, size) : &excess;
        if (room == NULL) {
            SetLastError(ERROR_NOT_ENOUGH_MEMORY);
            return false;
        }
        if (!(console ? read_console(from, to, &got) : read_block(from, room, size > 0 ? size : 1, &got)) || os_stop_asked() != OS_GO_ON) {
            return false;
        }
        if (!console && size == 0 && got > 0) {
            SetLastError(ERROR_FILE_TOO_LARGE);
            return false;
        }
        if (!console && size > 0) {
            buf_grew(to, got);
        }
    }
    return true;
}

/* With `plain`: a regular file, by a name that is no link. */
static bool is_readable_kind(HANDLE file, bool plain)
{
    BY_HANDLE_FILE_INFORMATION about;
    bool regular = GetFileType(file) == FILE_TYPE_DISK && GetFileInformationByHandle(file, &about) &&
                   (about.dwFileAttributes & (FILE_ATTRIBUTE_REPARSE_POINT | FILE_ATTRIBUTE_DIRECTORY)) == 0;
    SetLastError(ERROR_INVALID_PARAMETER);
    return !plain || regular;
}

/* A folder is "access denied" when it is opened as a file. */
static DWORD open_error(const wchar_t *path)
{
    DWORD error = path != NULL ? GetLastError() : ERROR_INVALID_NAME;
    DWORD kind = error == ERROR_ACCESS_DENIED ? GetFileAttributesW(path) : INVALID_FILE_ATTRIBUTES;
    return kind != INVALID_FILE_ATTRIBUTES && (kind & FILE_ATTRIBUTE_DIRECTORY) != 0 ? ERROR_DIRECTORY : error;
}

static bool read_file(const char *path, bool plain, struct buf *to, struct fault *f)
{
    wchar_t *wide = os_wide_path(path);
    HANDLE file = INVALID_HANDLE_VALUE;
    if (wide != NULL) {
        file = CreateFileW(wide, GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL, OPEN_EXISTING,
                           plain ? FILE_FLAG_OPEN_REPARSE_POINT : 0, NULL);
    }
    DWORD error = file == INVALID_HANDLE_VALUE ? open_error(wide) : 0;
    if (file != INVALID_HANDLE_VALUE) {
        error = is_readable_kind(file, plain) && read_all(file, to) ? 0 : GetLastError();
        (void)CloseHandle(file);
    }
    memory_give(wide);
    return error == 0 || os_file_fault(path, error, f);
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
    OVERLAPPED at = {.Offset = (DWORD)offset, .OffsetHigh = (DWORD)(offset >> 32)};
    wchar_t *wide = os_wide_path(path);
    HANDLE file = INVALID_HANDLE_VALUE;
    DWORD size = 0;
    if (wide != NULL) {
        file = CreateFileW(wide, GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL, OPEN_EXISTING,
                           FILE_FLAG_BACKUP_SEMANTICS, NULL); /* who may make backups may read it */
    }
    DWORD error = file == INVALID_HANDLE_VALUE ? open_error(wide) : 0;
    if (file != INVALID_HANDLE_VALUE) {
        error = ReadFile(file, to, (DWORD)room, &size, &at) || GetLastError() == ERROR_HANDLE_EOF ? 0 : GetLastError();
        (void)CloseHandle(file);
    }
    memory_give(wide);
    *got = size;
    return error == 0 || os_file_fault(path, error, f);
}

bool os_read_input(struct buf *to, struct fault *f)
{
    HANDLE input = GetStdHandle(STD_INPUT_HANDLE);
    if (input == NULL || input == INVALID_HANDLE_VALUE) {
        return os_file_fault("standard input", ERROR_INVALID_HANDLE, f);
    }
    return read_all(input, to) || os_file_fault("standard input", GetLastError(), f);
}

/* ---- fixed places ---- */

/* "VARIABLE\rest" of the environment, kept for the life of the program; NULL: the variable is unset. */
static const char *place(struct buf *at, const char *variable, const char *rest)
{
    const char *folder = os_environment(variable);
    if (folder == NULL || folder[0] == '\0') {
        return NULL;
    }
    if (at->size == 0) {
        *at = buf_init(MAX_PATH * 4);
        buf_put_text(at, folder);
        buf_put_text(at, rest);
    }
    return buf_text(at);
}

const char *os_hosts_file(void)
{
    static struct buf path;
    const char *file = place(&path, "SystemRoot", "\\System32\\drivers\\etc\\hosts");
    return file != NULL ? file : "C:\\Windows\\System32\\drivers\\etc\\hosts";
}

const char *os_name_server_file(void)
{
    return NULL;
}

/* The folder of 64-bit programs, also for a program of 32 bits. */
bool os_arc_is_installed(void)
{
    static struct buf path;
    static const char rest[] = "\\AzureConnectedMachineAgent\\himds.exe";
    const char *file = place(&path, os_environment("ProgramW6432") != NULL ? "ProgramW6432" : "ProgramFiles", rest);
    wchar_t *wide = file != NULL ? os_wide_path(file) : NULL;
    bool found = wide != NULL && GetFileAttributesW(wide) != INVALID_FILE_ATTRIBUTES;
    memory_give(wide);
    return found;
}

const char *os_arc_key_folder(void)
{
    static struct buf path;
    return place(&path, "ProgramData", "\\AzureConnectedMachineAgent\\Tokens\\");
}
