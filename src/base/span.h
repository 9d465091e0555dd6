/*
 * span.h - borrowed bytes: where they start and how many there are.
 *
 * Does      compare, trim, cut and search runs of bytes that somebody else owns.
 * Not here  memory (buf.h), numbers with a meaning (codec/).
 * Limits    a span may hold NUL and is not terminated; it lives as long as the bytes it points to.
 * Rules     letters are ASCII letters only: protocol syntax knows no locale (RFC 9110 section 5.6.2).
 */
#ifndef BASE_SPAN_H
#define BASE_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct span {
    const char *at; /* NULL only when size is 0 */
    size_t size;
};

/* A span over a string literal, without its NUL. */
#define SPAN(literal) ((struct span){"" literal, sizeof(literal) - 1})

/* For printf: "%.*s" with SPAN_ARG(s). Precision is an int, so longer spans are cut at INT_MAX. */
#define SPAN_ARG(s) span_precision(s), ((s).at != NULL ? (s).at : "")

/* The span over a NUL-terminated string; NULL gives the empty span. */
struct span span_of(const char *text);
struct span span_make(const char *at, size_t size);
int span_precision(struct span s);

bool span_equal(struct span a, struct span b);
bool span_equal_nocase(struct span a, struct span b);
bool span_starts(struct span s, struct span prefix);
bool span_starts_nocase(struct span s, struct span prefix);
bool span_ends(struct span s, struct span suffix);

/* Without the blanks (space, tab, CR, LF) at both ends. */
struct span span_trim(struct span s);

/* s[from..to), both clamped to the span. */
struct span span_cut(struct span s, size_t from, size_t to);

/* Index of the first `c` in s, or s.size when there is none. */
size_t span_find(struct span s, char c);

/* True when `needle` stands anywhere in s. */
bool span_contains(struct span s, struct span needle);

/*
 * Take the part of `rest` before the first `separator` and step over both.
 * False when nothing is left. "a,b," gives "a", "b" and then nothing.
 */
bool span_next(struct span *rest, char separator, struct span *part);

/*
 * A decimal number that is the whole span: digits only, no sign, no blanks, at most `max`.
 * False when it is anything else; *value is then untouched.
 */
bool span_decimal(struct span s, uint64_t max, uint64_t *value);

char ascii_lower(char c);
bool ascii_is_digit(char c);
bool ascii_is_letter(char c);
/* 0 to 15, or 16 when c is no hexadecimal digit. */
unsigned ascii_hex_value(char c);

#endif
