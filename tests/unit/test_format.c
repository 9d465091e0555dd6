/*
 * test_format.c - base/format: the same as the C library's printf, for the conversions that there are.
 */
#include "unit.h"

#include "base/format.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

/* Both write into room for `room` bytes: the same text, the same size. */
#define SAME(room, ...) \
    do { \
        char got[80], want[80]; \
        memset(got, '#', sizeof got); \
        memset(want, '#', sizeof want); \
        size_t used = format_text(got, (room), __VA_ARGS__); \
        CHECK_EQUAL_INT(used, snprintf(want, (room), __VA_ARGS__)); \
        CHECK_EQUAL_SPAN(span_make(got, sizeof got), span_make(want, sizeof want)); \
    } while (0)

static void texts(void)
{
    char unterminated[3] = {'a', 'b', 'c'};
    SAME(80, "%s", "");
    SAME(80, "plain");
    SAME(80, "100%%, %c%c", 'x', '\0');
    SAME(80, "%s and %s", "one", "two");
    SAME(80, "[%10s] [%-10s] [%*s] [%-*s]", "a", "b", 4, "c", 5, "d");
    SAME(80, "[%2s] [%*s]", "longer", 0, "longer");
    SAME(80, "%.3s %.140s %.0s|", "abcdef", "short", "gone");
    SAME(80, "%.*s|", 3, unterminated);
    SAME(80, "%.*s|", 0, "");
    SAME(80, "%6.2s|", "abc");
}

static void numbers(void)
{
    SAME(80, "%d %d %d", 0, INT_MIN, INT_MAX);
    SAME(80, "%ld %lld %lld", LONG_MIN, LLONG_MIN, LLONG_MAX);
    SAME(80, "%u %lu %llu", UINT_MAX, ULONG_MAX, ULLONG_MAX);
    SAME(80, "%zu %zu", (size_t)0, SIZE_MAX);
    SAME(80, "%x %X %02x %04X", 0xbeefu, 0xBEEFu, 7u, 0xAu);
    SAME(80, "%04u-%02u,%03zu", 7u, 123u, (size_t)5);
    SAME(80, "%02llu%-3d|%5d|%-5u|", 3ULL, 12, -42, 42u);
}

/* Every room for a text, down to none. */
static void cut(void)
{
    for (size_t room = 0; room < 20; room++) {
        SAME(room, "%s:%d:%04x", "place", -12, 0x5u);
    }
    CHECK_EQUAL_INT(format_text(NULL, 0, "%s", "four"), 4);
}

static const struct unit_test tests[] = {TEST(texts), TEST(numbers), TEST(cut)};
UNIT_MAIN(tests)
