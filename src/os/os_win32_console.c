/*
 * os_win32_console.c - the console, passwords and requests to stop, on Windows; see os.h.
 *
 * A console gets UTF-16 whatever its code page is; a pipe or file gets the UTF-8 bytes as they are.
 */
#define WIN32_LEAN_AND_MEAN
#include "os/os_win32.h"

#include <windows.h>

#include <stdlib.h>

enum { WRITE_BLOCK = 8 * 1024, PASSWORD_MAX = 1024, SLICE_MS = 100, CLOSE_GRACE_MS = 10 * 1000 };

#ifndef ENABLE_VIRTUAL_TERMINAL_PROCESSING
#define ENABLE_VIRTUAL_TERMINAL_PROCESSING 0x0004
#endif

static struct console {
    HANDLE handle; /* NULL: closed */
    bool is_console;
    bool understands_escapes;
    bool changed;
    DWORD mode_before;
} consoles[2]; /* by enum os_output */

/* The console's input while a password is typed. */
static HANDLE hushed;
static DWORD mode_before_hush;

static volatile LONG stop_event; /* enum os_stop */

/* ---- requests to stop ---- */

static void restore_modes(void)
{
    for (size_t i = 0; i < 2; i++) {
        if (consoles[i].changed) {
            (void)SetConsoleMode(consoles[i].handle, consoles[i].mode_before);
            consoles[i].changed = false;
        }
    }
    if (hushed != NULL) {
        (void)SetConsoleMode(hushed, mode_before_hush);
    }
}

/* In a thread of its own. The system ends the program when this returns, if its window was closed or the session ends. */
static BOOL WINAPI note_stop(DWORD event)
{
    bool by_key = event == CTRL_C_EVENT || event == CTRL_BREAK_EVENT;
    LONG stop = by_key ? OS_STOP_INTERRUPTED : OS_STOP_TERMINATED;
    if (InterlockedCompareExchange(&stop_event, stop, OS_GO_ON) != OS_GO_ON) {
        restore_modes();
        (void)TerminateProcess(GetCurrentProcess(), by_key ? 130 : 143);
    }
    os_wake();
    if (!by_key) {
        Sleep(CLOSE_GRACE_MS);
    }
    return TRUE;
}

enum os_stop os_stop_asked(void)
{
    return (enum os_stop)InterlockedCompareExchange(&stop_event, 0, 0);
}

static void open_console(struct console *c, DWORD which)
{
    HANDLE handle = GetStdHandle(which);
    c->handle = handle != INVALID_HANDLE_VALUE ? handle : NULL;
    c->is_console = c->handle != NULL && GetConsoleMode(c->handle, &c->mode_before);
    if (!c->is_console) {
        return;
    }
    DWORD with_escapes = c->mode_before | ENABLE_VIRTUAL_TERMINAL_PROCESSING | ENABLE_PROCESSED_OUTPUT;
    c->understands_escapes = c->mode_before == with_escapes;
    if (!c->understands_escapes && SetConsoleMode(c->handle, with_escapes)) {
        c->understands_escapes = true;
        c->changed = true;
    }
}

void os_stop_start(void)
{
    open_console(&consoles[OS_OUT], STD_OUTPUT_HANDLE);
    open_console(&consoles[OS_ERR], STD_ERROR_HANDLE);
    (void)atexit(restore_modes);
    (void)SetConsoleCtrlHandler(NULL, FALSE); /* who started us may have had Ctrl-C ignored */
    (void)SetConsoleCtrlHandler(note_stop, TRUE);
}

/* ---- output ---- */

static bool write_wide(HANDLE to, const wchar_t *text, DWORD size)
{
    while (size > 0) {
        DWORD put = 0;
        if (!WriteConsoleW(to, text, size, &put, NULL) || put == 0) {
            return false;
        }
        text += put;
        size -= put;
    }
    return true;
}

/* How many of the bytes make a block that ends between two characters. */
static size_t block_size(struct span bytes)
{
    size_t size = bytes.size < WRITE_BLOCK ? bytes.size : WRITE_BLOCK;
    size_t whole = size;
    while (size < bytes.size && whole > size - 4 && ((unsigned char)bytes.at[whole] & 0xC0) == 0x80) {
        whole--;
    }
    return whole;
}

static bool write_console(HANDLE to, struct span bytes)
{
    bool ok = true;
    wchar_t *wide = memory_take(WRITE_BLOCK, sizeof *wide);
    while (ok && wide != NULL && bytes.size > 0) {
        size_t block = block_size(bytes);
        int size = MultiByteToWideChar(CP_UTF8, 0, bytes.at, (int)block, wide, WRITE_BLOCK);
        ok = size > 0 && write_wide(to, wide, (DWORD)size);
        bytes = span_cut(bytes, block, bytes.size);
    }
    memory_give(wide);
    return ok && wide != NULL;
}

static bool write_bytes(HANDLE to, struct span bytes)
{
    while (bytes.size > 0) {
        DWORD put = 0;
        DWORD size = bytes.size < WRITE_BLOCK ? (DWORD)bytes.size : WRITE_BLOCK;
        if (!WriteFile(to, bytes.at, size, &put, NULL) || put == 0) {
            return false;
        }
        bytes = span_cut(bytes, put, bytes.size);
    }
    return true;
}

bool os_write(enum os_output where, struct span bytes)
{
    const struct console *c = &consoles[where];
    if (c->handle == NULL) {
        return bytes.size == 0;
    }
    return c->is_console ? write_console(c->handle, bytes) : write_bytes(c->handle, bytes);
}

bool os_is_terminal(enum os_output where)
{
    return consoles[where].understands_escapes;
}

unsigned os_columns(enum os_output where)
{
    CONSOLE_SCREEN_BUFFER_INFO about;
    bool known = consoles[where].is_console && GetConsoleScreenBufferInfo(consoles[where].handle, &about) &&
                 about.srWindow.Right >= about.srWindow.Left;
    return known ? (unsigned)(about.srWindow.Right - about.srWindow.Left) + 1 : 80;
}

/* ---- passwords ---- */

struct typed {
    wchar_t at[PASSWORD_MAX];
    size_t size;
    bool ended, too_long;
};

static void take_key(struct typed *t, const INPUT_RECORD *event)
{
    const KEY_EVENT_RECORD *key = &event->Event.KeyEvent;
    wchar_t c = key->uChar.UnicodeChar;
    /* a character that was typed as Alt and digits comes when Alt is released */
    bool given = event->EventType == KEY_EVENT && (key->bKeyDown || key->wVirtualKeyCode == VK_MENU);
    for (unsigned n = given && c != 0 ? (key->wRepeatCount > 0 ? key->wRepeatCount : 1) : 0; n > 0 && !t->ended; n--) {
        if (c == L'\r' || c == L'\n') {
            t->ended = true;
        } else if (c == L'\b') {
            t->size -= t->size > 0;
        } else if (t->size == PASSWORD_MAX) {
            t->too_long = true;
        } else {
            t->at[t->size++] = c;
        }
    }
}

static bool read_keys(HANDLE from, struct typed *t, uint64_t deadline_ms, struct fault *f)
{
    while (!t->ended) {
        INPUT_RECORD event;
        DWORD count = 0;
        if (os_stop_asked() != OS_GO_ON) {
            return os_stop_fault("terminal", f);
        }
        if (os_monotonic_ms() >= deadline_ms) {
            return fault_set(f, FAULT_FILE, "nothing was typed in time");
        }
        if (WaitForSingleObject(from, SLICE_MS) != WAIT_OBJECT_0) {
            continue;
        }
        if (!ReadConsoleInputW(from, &event, 1, &count)) {
            return fault_set(f, FAULT_FILE, "nothing was typed");
        }
        if (count > 0) {
            take_key(t, &event);
        }
        memory_wipe(&event, sizeof event);
    }
    return true;
}

static bool read_line(HANDLE from, uint64_t deadline_ms, struct buf *to, struct fault *f)
{
    struct typed *t = memory_take(1, sizeof *t); /* given back wiped */
    if (t == NULL) {
        return fault_set(f, FAULT_MEMORY, "out of memory");
    }
    bool ok = read_keys(from, t, deadline_ms, f);
    if (ok && (t->too_long || !os_put_narrow(to, t->at, t->size))) {
        ok = fault_set(f, FAULT_FILE, "what was typed is too long, or no text");
    }
    if (ok && t->size == 0) {
        ok = fault_set(f, FAULT_FILE, "nothing was typed");
    }
    memory_give(t);
    return ok;
}

static HANDLE open_device(const wchar_t *name)
{
    HANDLE device = CreateFileW(name, GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL, OPEN_EXISTING, 0, NULL);
    return device != INVALID_HANDLE_VALUE ? device : NULL;
}

static void close_device(HANDLE device)
{
    if (device != NULL) {
        (void)CloseHandle(device);
    }
}

bool os_read_password(struct span prompt, uint64_t timeout_ms, struct buf *to, struct fault *f)
{
    uint64_t deadline_ms = os_monotonic_ms() + timeout_ms;
    HANDLE in = open_device(L"CONIN$");
    HANDLE out = open_device(L"CONOUT$");
    bool ok = in != NULL && out != NULL && GetConsoleMode(in, &mode_before_hush);
    if (ok) {
        hushed = in;
        /* keys one by one: nothing is shown, Ctrl-C still asks to stop, and no wait is longer than a slice */
        ok = SetConsoleMode(in, ENABLE_PROCESSED_INPUT);
    }
    if (!ok) {
        fault_set(f, FAULT_FILE, "there is no terminal to ask on");
    }
    ok = ok && (write_console(out, prompt) || fault_set(f, FAULT_FILE, "the terminal is closed"));
    ok = ok && read_line(in, deadline_ms, to, f);
    if (hushed != NULL) {
        (void)SetConsoleMode(in, mode_before_hush);
        hushed = NULL;
        (void)write_console(out, SPAN("\n"));
    }
    close_device(in);
    close_device(out);
    return ok;
}
