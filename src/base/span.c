/*
 * span.c - borrowed bytes; see span.h.
 */
#include "base/span.h"

#include <limits.h>
#include <string.h>

struct span span_of(const char *text)
{
    return text == NULL ? (struct span){NULL, 0} : (struct span){text, strlen(text)};
}

struct span span_make(const char *at, size_t size)
{
    return (struct span){at, size};
}

int span_precision(struct span s)
{
    return s.size > INT_MAX ? INT_MAX : (int)s.size;
}

bool span_equal(struct span a, struct span b)
{
    return a.size == b.size && (a.size == 0 || memcmp(a.at, b.at, a.size) == 0);
}

bool span_equal_nocase(struct span a, struct span b)
{
    if (a.size != b.size) {
        return false;
    }
    for (size_t i = 0; i < a.size; i++) {
        if (ascii_lower(a.at[i]) != ascii_lower(b.at[i])) {
            return false;
        }
    }
    return true;
}

bool span_starts(struct span s, struct span prefix)
{
    return s.size >= prefix.size && span_equal(span_cut(s, 0, prefix.size), prefix);
}

bool span_starts_nocase(struct span s, struct span prefix)
{
    return s.size >= prefix.size && span_equal_nocase(span_cut(s, 0, prefix.size), prefix);
}

bool span_ends(struct span s, struct span suffix)
{
    return s.size >= suffix.size && span_equal(span_cut(s, s.size - suffix.size, s.size), suffix);
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct span span_trim(struct span s)
{
    while (s.size > 0 && is_blank(s.at[0])) {
        s = span_cut(s, 1, s.size);
    }
    while (s.size > 0 && is_blank(s.at[s.size - 1])) {
        s.size--;
    }
    return s;
}

struct span span_cut(struct span s, size_t from, size_t to)
{
    if (to > s.size) {
        to = s.size;
    }
    if (from >= to) {
        return (struct span){NULL, 0};
    }
    return (struct span){s.at + from, to - from};
}

size_t span_find(struct span s, char c)
{
    for (size_t i = 0; i < s.size; i++) {
        if (s.at[i] == c) {
            return i;
        }
    }
    return s.size;
}

bool span_contains(struct span s, struct span needle)
{
    for (size_t i = 0; i + needle.size <= s.size; i++) {
        if (span_starts(span_cut(s, i, s.size), needle)) {
            return true;
        }
    }
    return false;
}

bool span_next(struct span *rest, char separator, struct span *part)
{
    if (rest->size == 0) {
        return false;
    }
    size_t end = span_find(*rest, separator);
    *part = span_cut(*rest, 0, end);
    *rest = span_cut(*rest, end + 1, rest->size);
    return true;
}

bool span_decimal(struct span s, uint64_t max, uint64_t *value)
{
    uint64_t sum = 0;
    if (s.size == 0) {
        return false;
    }
    for (size_t i = 0; i < s.size; i++) {
        if (!ascii_is_digit(s.at[i])) {
            return false;
        }
        uint64_t digit = (uint64_t)(s.at[i] - '0');
        if (sum > (max - digit) / 10 || digit > max) {
            return false;
        }
        sum = sum * 10 + digit;
    }
    *value = sum;
    return true;
}

char ascii_lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

bool ascii_is_digit(char c)
{
    return c >= '0' && c <= '9';
}

bool ascii_is_letter(char c)
{
    char lower = ascii_lower(c);
    return lower >= 'a' && lower <= 'z';
}

unsigned ascii_hex_value(char c)
{
    char lower = ascii_lower(c);
    if (ascii_is_digit(lower)) {
        return (unsigned)(lower - '0');
    }
    return lower >= 'a' && lower <= 'f' ? (unsigned)(lower - 'a') + 10 : 16;
}
