/*
 * os_win32.c - the machine, on Windows: life, time, random numbers, words of the command line, environment, text; see os.h. Files are
 * in os_win32_file.c, the console in os_win32_console.c, sockets in os_win32_net.c, names in os_win32_names.c, the registry in
 * os_win32_registry.c.
 */
#define WIN32_LEAN_AND_MEAN
#include "os/os_win32.h"

#include "base/command_line.h"
#include "base/format.h"

#include <winsock2.h>

#include <windows.h>

#include <bcrypt.h>
#include <string.h>

enum { ARGUMENTS_MAX = 4096, VARIABLES_MAX = 64, VARIABLE_SIZE_MAX = 32768, TEXT_MAX = 4 * 1024 * 1024 };

static HANDLE wake;

/* ---- life ---- */

/*
 * No box that waits for a click and no error report with our memory in it when something breaks; a library is looked for in the system's
 * own folder. The console mode is as before when the program ends.
 */
void os_start(void)
{
    WSADATA about;
    (void)SetErrorMode(SEM_FAILCRITICALERRORS | SEM_NOGPFAULTERRORBOX | SEM_NOOPENFILEERRORBOX);
    (void)SetDllDirectoryW(L"");
    wake = CreateEventW(NULL, FALSE, FALSE, NULL);
    os_stop_start();
    (void)WSAStartup(MAKEWORD(2, 2), &about); /* where it fails, every socket does, and says so */
}

void os_wake(void)
{
    (void)SetEvent(wake);
}

bool os_wait_for_wake(uint64_t timeout_ms)
{
    return WaitForSingleObject(wake, timeout_ms < INFINITE ? (DWORD)timeout_ms : INFINITE - 1) == WAIT_OBJECT_0;
}

char **os_arguments(int *argc, char **argv)
{
    static char *words[ARGUMENTS_MAX + 1];
    static struct buf line; /* for the life of the program */
    const wchar_t *wide = GetCommandLineW();
    line = buf_init(TEXT_MAX);
    if (!os_put_narrow(&line, wide, wcslen(wide))) {
        buf_clear(&line);
        buf_put_text(&line, "unisolate \xFF"); /* no Unicode: the text rules of options and devices refuse it */
    }
    char *at = (char *)(uintptr_t)buf_text(&line);
    int count = 0;
    for (char *word = command_line_next(&at, true); word != NULL && count < ARGUMENTS_MAX; word = command_line_next(&at, false)) {
        words[count++] = word;
    }
    if (count == 0) {
        return argv;
    }
    *argc = count;
    return words;
}

/* ---- time, random numbers ---- */

uint64_t os_monotonic_ms(void)
{
    return GetTickCount64();
}

int64_t os_unix_seconds(void)
{
    FILETIME now;
    GetSystemTimeAsFileTime(&now);
    uint64_t ticks = (uint64_t)now.dwHighDateTime << 32 | now.dwLowDateTime; /* 100 ns each, since 1601-01-01 */
    return (int64_t)(ticks / 10000000) - INT64_C(11644473600);
}

bool os_random(void *to, size_t size)
{
    return size <= UINT32_MAX && BCryptGenRandom(NULL, to, (ULONG)size, BCRYPT_USE_SYSTEM_PREFERRED_RNG) == 0;
}

/* ---- environment ---- */

/* Wide text of the environment; size 0: there is none. */
static bool read_variable(const wchar_t *name, struct buf *value)
{
    DWORD room = GetEnvironmentVariableW(name, NULL, 0);
    wchar_t *text = room > 0 && room <= VARIABLE_SIZE_MAX ? memory_take(room, sizeof *text) : NULL;
    if (text == NULL) {
        return false;
    }
    DWORD size = GetEnvironmentVariableW(name, text, room);
    bool ok = size < room && os_put_narrow(value, text, size);
    memory_give(text);
    return ok;
}

/* What was asked for once is kept: the pointer lives as long as the program. */
const char *os_environment(const char *name)
{
    static struct {
        const char *name;
        struct buf value;
    } known[VARIABLES_MAX];
    size_t i = 0;
    while (i < VARIABLES_MAX && known[i].name != NULL) {
        if (strcmp(known[i].name, name) == 0) {
            return buf_text(&known[i].value);
        }
        i++;
    }
    struct buf value = buf_init(TEXT_MAX);
    struct buf own_name = buf_init(TEXT_MAX);
    wchar_t *wide = os_wide(name);
    bool found = i < VARIABLES_MAX && wide != NULL && read_variable(wide, &value);
    memory_give(wide);
    buf_put_text(&own_name, name);
    if (!found || value.size == 0) {
        buf_free(&value);
        buf_free(&own_name);
        return found ? "" : NULL;
    }
    known[i].name = buf_text(&own_name);
    known[i].value = value;
    return buf_text(&known[i].value);
}

/* ---- text ---- */

wchar_t *os_wide(const char *text)
{
    int size = MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, text, -1, NULL, 0);
    wchar_t *wide = size > 0 ? memory_take((size_t)size, sizeof *wide) : NULL;
    if (wide != NULL) {
        (void)MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, text, -1, wide, size);
    }
    return wide;
}

bool os_put_narrow(struct buf *to, const wchar_t *text, size_t size)
{
    if (size == 0) {
        return true;
    }
    if (size > TEXT_MAX) {
        return false;
    }
    int bytes = WideCharToMultiByte(CP_UTF8, WC_ERR_INVALID_CHARS, text, (int)size, NULL, 0, NULL, NULL);
    char *room = bytes > 0 ? buf_room(to, (size_t)bytes) : NULL;
    if (room == NULL) {
        return false;
    }
    (void)WideCharToMultiByte(CP_UTF8, 0, text, (int)size, room, bytes, NULL, NULL);
    buf_grew(to, (size_t)bytes);
    return true;
}

static const struct {
    unsigned long error;
    const char *words;
} known_errors[] = {
    {ERROR_FILE_NOT_FOUND, "No such file or directory"},
    {ERROR_PATH_NOT_FOUND, "No such file or directory"},
    {ERROR_INVALID_NAME, "No such file or directory"},
    {ERROR_BAD_PATHNAME, "No such file or directory"},
    {ERROR_INVALID_DRIVE, "No such drive"},
    {ERROR_NOT_READY, "The drive is not ready"},
    {ERROR_ACCESS_DENIED, "Permission denied"},
    {ERROR_PRIVILEGE_NOT_HELD, "Permission denied"},
    {ERROR_SHARING_VIOLATION, "In use by another program"},
    {ERROR_LOCK_VIOLATION, "In use by another program"},
    {ERROR_DIRECTORY, "Is a directory"},
    {ERROR_WRITE_PROTECT, "Read-only file system"},
    {ERROR_DISK_FULL, "No space left on device"},
    {ERROR_HANDLE_DISK_FULL, "No space left on device"},
    {ERROR_FILE_TOO_LARGE, "too large"},
    {ERROR_INVALID_HANDLE, "Bad file descriptor"},
    {ERROR_BROKEN_PIPE, "Broken pipe"},
    {ERROR_NO_DATA, "Broken pipe"},
    {ERROR_INVALID_PARAMETER, "Invalid argument"},
    {WSAECONNREFUSED, "Connection refused"},
    {WSAECONNRESET, "Connection reset by peer"},
    {WSAECONNABORTED, "Software caused connection abort"},
    {WSAETIMEDOUT, "Connection timed out"},
    {WSAENETUNREACH, "Network is unreachable"},
    {WSAEHOSTUNREACH, "No route to host"},
    {WSAENETDOWN, "Network is down"},
    {WSAENETRESET, "Network dropped connection on reset"},
    {WSAEADDRNOTAVAIL, "Cannot assign requested address"},
    {WSAEAFNOSUPPORT, "Address family not supported by protocol"},
    {WSAEACCES, "Permission denied"},
    {WSAEMFILE, "Too many open files"},
    {WSAENOBUFS, "No buffer space available"},
    {WSANOTINITIALISED, "Windows sockets did not start"},
};

const char *os_words(unsigned long error, char words[OS_WORDS_SIZE])
{
    wchar_t wide[OS_WORDS_SIZE];
    struct buf text = buf_init(OS_WORDS_SIZE - 24);
    for (size_t i = 0; i < sizeof known_errors / sizeof known_errors[0]; i++) {
        if (known_errors[i].error == error) {
            return known_errors[i].words;
        }
    }
    DWORD size = FormatMessageW(FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS | FORMAT_MESSAGE_MAX_WIDTH_MASK, NULL, error, 0,
                                wide, OS_WORDS_SIZE, NULL);
    if (!os_put_narrow(&text, wide, size)) {
        buf_clear(&text); /* too long for one line */
    }
    struct span said = span_trim(buf_span(&text));
    format_text(words, OS_WORDS_SIZE, "%.*s%sWindows error %lu", SPAN_ARG(said), said.size > 0 ? ", " : "", error);
    buf_free(&text);
    return words;
}
