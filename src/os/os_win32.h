/*
 * os_win32.h - what the files of os_win32 share: UTF-16, errors in words, the event that ends every wait.
 *
 * Does      text to and from the system; how a system error is named.
 * Not here  everything else of the machine (os.h).
 * Limits    OS_WORDS_SIZE bytes of an error's words.
 * Rules     Windows 7 and later, WinPE: nothing but KERNEL32, msvcrt, WS2_32, bcrypt and ADVAPI32 is imported.
 */
#ifndef OS_OS_WIN32_H
#define OS_OS_WIN32_H

#include "os/os.h"

#include <wchar.h>

enum { OS_WORDS_SIZE = 160, OS_PATH_SHORT_MAX = 240 };

/* UTF-8 as NUL-terminated UTF-16, to be given back with memory_give(); NULL: it is no UTF-8, or out of memory. */
wchar_t *os_wide(const char *text) MUST_CHECK;

/* The same for a file's name: whole, and written so that it may be longer than MAX_PATH. */
wchar_t *os_wide_path(const char *path) MUST_CHECK;

/* Append UTF-16 as UTF-8. False: it is none (half a character), or `to` is full. */
bool os_put_narrow(struct buf *to, const wchar_t *text, size_t size) MUST_CHECK;

/* A system error in words, English where we know it: the words of other systems, so that advice and scripts fit. */
const char *os_words(unsigned long error, char words[OS_WORDS_SIZE]);

/* The fault of a file or console operation that has just failed; f names `name`. Always false. */
bool os_file_fault(const char *name, unsigned long error, struct fault *f);

/* That somebody asked to stop, as a fault. Always false. */
bool os_stop_fault(const char *name, struct fault *f);

/* Note a request to stop, and install what notes it; the console's file has both. */
void os_stop_start(void);

/* End the waits of os_poll(): a request to stop, a name that has been looked up. Any thread. */
void os_wake(void);

/* Wait until os_wake() or the time; true: woken. */
bool os_wait_for_wake(uint64_t timeout_ms);

/* How many names are being looked up now. */
unsigned os_names_under_way(void);

#endif
