/*
 * unit.h - the harness of the unit tests: one test file is one program. Include it first.
 *
 * Does      run a table of named tests, count them, say where a check failed and with which values; lay bytes against
 *           a page that may not be touched; cut input into pieces in every way a stream may deliver it.
 * Not here  the program as a whole (tests/scenarios), the fake machine and scripted streams (tests/fake).
 * Limits    UNIT_EDGE_MAX bytes at an edge; UNIT_SECONDS for one program, then SIGALRM ends it (on Windows: whoever runs it).
 * Rules     POSIX (mmap, alarm) and Windows are allowed here. The last line is always "N passed, N failed"; exit 0 or 1.
 *
 *     static void adds(void) { CHECK_EQUAL_INT(1 + 1, 2); }
 *     static const struct unit_test tests[] = {TEST(adds)};
 *     UNIT_MAIN(tests)
 */
#ifndef UNIT_UNIT_H
#define UNIT_UNIT_H

#ifndef _DEFAULT_SOURCE
#define _DEFAULT_SOURCE 1 /* MAP_ANONYMOUS */
#endif

#include "base/span.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef _WIN32
/* Not <windows.h>: its names are in everybody's way. */
__declspec(dllimport) void *__stdcall VirtualAlloc(void *at, size_t size, unsigned long kind, unsigned long access);
__declspec(dllimport) int __stdcall VirtualProtect(void *at, size_t size, unsigned long access, unsigned long *before);
#else
#include <sys/mman.h>
#include <unistd.h>
#endif

enum { UNIT_EDGE_MAX = 2 * 1024 * 1024, UNIT_EDGES = 4, UNIT_SECONDS = 300, UNIT_FAILURES_SHOWN = 20 };

struct unit_test {
    const char *name;
    void (*run)(void);
};

#define TEST(function) {#function, function}
#define UNIT_MAIN(tests) \
    int main(void) \
    { \
        return unit_run(tests, sizeof(tests) / sizeof((tests)[0])); \
    }
#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

static const char *unit_name;     /* the test that runs */
static char unit_row_text[200];   /* the row of its table, or "" */
static unsigned unit_failures;    /* of the test that runs */

#if defined(__clang__)
#define UNIT_PRINTF(text, first) __attribute__((format(printf, text, first)))
#else
#define UNIT_PRINTF(text, first) __attribute__((format(gnu_printf, text, first)))
#endif

/* Say which row of a table comes now; shown with a failure. */
UNIT_PRINTF(1, 2) static inline void unit_row(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(unit_row_text, sizeof unit_row_text, format, args);
    va_end(args);
}

/* A failed check: where, in which row, and what. Only the first few of a test are shown. */
UNIT_PRINTF(3, 4) static inline void unit_fail(const char *file, int line, const char *format, ...)
{
    va_list args;
    if (++unit_failures > UNIT_FAILURES_SHOWN) {
        return;
    }
    printf("%s:%d: %s: ", file, line, unit_name);
    if (unit_row_text[0] != '\0') {
        printf("[%s] ", unit_row_text);
    }
    va_start(args, format);
    vprintf(format, args);
    va_end(args);
    putchar('\n');
    fflush(stdout);
}

static inline void unit_print_span(struct span s)
{
    printf("    %zu bytes \"", s.size);
    for (size_t i = 0; i < s.size && i < 400; i++) {
        unsigned char c = (unsigned char)s.at[i];
        printf(c >= 0x20 && c < 0x7F && c != '"' && c != '\\' ? "%c" : "\\x%02X", c);
    }
    puts(s.size > 400 ? "\"..." : "\"");
}

static inline void unit_check_span(const char *file, int line, const char *what, struct span got, struct span want)
{
    if (!span_equal(got, want)) {
        unit_fail(file, line, "%s: got, and wanted:", what);
        if (unit_failures <= UNIT_FAILURES_SHOWN) {
            unit_print_span(got);
            unit_print_span(want);
        }
    }
}

static inline void unit_check_int(const char *file, int line, const char *what, long long got, long long want)
{
    if (got != want) {
        unit_fail(file, line, "%s is %lld, not %lld", what, got, want);
    }
}

#define CHECK(expression) ((expression) ? (void)0 : unit_fail(__FILE__, __LINE__, "not true: %s", #expression))
#define CHECK_EQUAL_INT(got, want) unit_check_int(__FILE__, __LINE__, #got, (long long)(got), (long long)(want))
/* Text: NUL-terminated strings. Span: struct span. Got first, wanted second. */
#define CHECK_EQUAL_TEXT(got, want) unit_check_span(__FILE__, __LINE__, #got, span_of(got), span_of(want))
#define CHECK_EQUAL_SPAN(got, want) unit_check_span(__FILE__, __LINE__, #got, (got), (want))

/* UNIT_EDGE_MAX bytes with a page behind them that may not be touched. */
static inline char *unit_edge_area(void)
{
#ifdef _WIN32
    enum { PAGE = 4096, COMMIT = 0x1000 | 0x2000, READ_WRITE = 0x04, NO_ACCESS = 0x01 };
    unsigned long before;
    char *area = VirtualAlloc(NULL, UNIT_EDGE_MAX + PAGE, COMMIT, READ_WRITE);
    return area != NULL && VirtualProtect(area + UNIT_EDGE_MAX, PAGE, NO_ACCESS, &before) != 0 ? area : NULL;
#else
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    char *area = mmap(NULL, UNIT_EDGE_MAX + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return area != MAP_FAILED && mprotect(area + UNIT_EDGE_MAX, page, PROT_NONE) == 0 ? area : NULL;
#endif
}

/*
 * A copy of `bytes` whose end is the end of the readable memory: reading one byte further is a crash.
 * slot   0 to UNIT_EDGES - 1: which copy; it lives until the next call with the same slot, which overwrites it
 */
static inline struct span unit_edge_slot(size_t slot, struct span bytes)
{
    static char *areas[UNIT_EDGES];
    static size_t filled[UNIT_EDGES];
    if (areas[slot] == NULL) {
        areas[slot] = unit_edge_area();
        if (areas[slot] == NULL) {
            abort();
        }
    }
    if (bytes.size > UNIT_EDGE_MAX) {
        abort();
    }
    char *end = areas[slot] + UNIT_EDGE_MAX;
    memset(end - filled[slot], 0xA5, filled[slot]); /* who kept a pointer into it sees rubbish */
    filled[slot] = bytes.size;
    if (bytes.size > 0) {
        memcpy(end - bytes.size, bytes.at, bytes.size);
    }
    return span_make(end - bytes.size, bytes.size);
}

static inline struct span unit_edge(struct span bytes)
{
    return unit_edge_slot(0, bytes);
}

/* A way to cut input: one piece of `first` bytes, then pieces of `then` bytes. */
struct unit_way {
    size_t first, then;
};

/*
 * The next piece of `bytes` from *at on, against the edge (slot 0); *at moves behind it. False when nothing is left.
 * A parser that used less than the piece sets *at back itself.
 */
static inline bool unit_piece(const struct unit_way *way, struct span bytes, size_t *at, struct span *piece)
{
    size_t size = *at == 0 ? way->first : way->then;
    if (*at >= bytes.size || size == 0) {
        return false;
    }
    struct span cut = span_cut(bytes, *at, size > bytes.size - *at ? bytes.size : *at + size);
    *piece = unit_edge(cut);
    *at += cut.size;
    return true;
}

typedef void unit_way_test(struct span bytes, const struct unit_way *way, void *context);

/* Run `test` with bytes in one piece, byte by byte, and split in two at each position. */
static inline void unit_each_way(struct span bytes, unit_way_test *test, void *context)
{
    test(bytes, &(struct unit_way){bytes.size, 1}, context);
    test(bytes, &(struct unit_way){1, 1}, context);
    for (size_t i = 1; i < bytes.size; i++) {
        test(bytes, &(struct unit_way){i, bytes.size}, context);
    }
}

/* Run `test` with bytes cut off at each position, 0 included, the whole excluded; each in one piece and byte by byte. */
static inline void unit_each_cut(struct span bytes, unit_way_test *test, void *context)
{
    for (size_t i = 0; i < bytes.size; i++) {
        test(span_cut(bytes, 0, i), &(struct unit_way){i, 1}, context);
        test(span_cut(bytes, 0, i), &(struct unit_way){1, 1}, context);
    }
}

static inline int unit_run(const struct unit_test *tests, size_t count)
{
    unsigned failed = 0;
#ifndef _WIN32
    alarm(UNIT_SECONDS);
#endif
    for (size_t i = 0; i < count; i++) {
        unit_name = tests[i].name;
        unit_row_text[0] = '\0';
        unit_failures = 0;
        tests[i].run();
        if (unit_failures > 0) {
            printf("FAILED %s: %u checks\n", unit_name, unit_failures);
            failed++;
        }
    }
    printf("%zu passed, %u failed\n", count - failed, failed);
    return failed == 0 ? 0 : 1;
}

#endif
