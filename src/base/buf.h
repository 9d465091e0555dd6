/*
 * buf.h - owned bytes with a ceiling from birth, and the program's only allocator.
 *
 * Does      grow a run of bytes up to its ceiling; remember the first failure; wipe what it gives back.
 * Not here  what the bytes mean.
 * Limits    a buf never holds more than its ceiling; growth copies and wipes the old block (no realloc).
 * Rules     a failed buf stays failed and ignores further puts, so one check at the end is enough.
 *
 * A zeroed struct buf is valid and empty, but has no room: give it a ceiling with buf_init().
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include "base/span.h"

#if defined(__clang__)
#define PRINTF_LIKE(text, first) __attribute__((format(printf, text, first)))
#elif defined(__GNUC__) /* ISO C's printf, not what the oldest C library of a system has */
#define PRINTF_LIKE(text, first) __attribute__((format(gnu_printf, text, first)))
#else
#define PRINTF_LIKE(text, first)
#endif
#if defined(__GNUC__)
#define MUST_CHECK __attribute__((warn_unused_result))
#else
#define MUST_CHECK
#endif

struct buf {
    char *at; /* owned; NULL until the first put */
    size_t size;
    size_t capacity;
    size_t ceiling; /* the most bytes it will ever hold */
    bool failed;    /* out of memory or over the ceiling: sticky */
};

struct buf buf_init(size_t ceiling);

/* Wipe, give the memory back, leave zero. */
void buf_free(struct buf *b);

/* Wipe and empty it, keeping memory and ceiling; a failure is forgotten. */
void buf_clear(struct buf *b);

void buf_put(struct buf *b, struct span bytes);
void buf_put_text(struct buf *b, const char *text);
void buf_put_char(struct buf *b, char c);
void buf_put_format(struct buf *b, const char *format, ...) PRINTF_LIKE(2, 3);

/*
 * Room for `size` more bytes; NULL (and failed) where there is none.
 * The caller writes there and then says with buf_grew() how many of them it used.
 */
char *buf_room(struct buf *b, size_t size) MUST_CHECK;
void buf_grew(struct buf *b, size_t size);

/* Drop the first `size` bytes (clamped). */
void buf_drop(struct buf *b, size_t size);

/* The bytes; borrowed until the next call that changes b. */
struct span buf_span(const struct buf *b);

/* The bytes as a NUL-terminated string; "" where that fails. The NUL is not counted in size. */
const char *buf_text(struct buf *b);

/*
 * Zeroed memory for `count` objects of `size` bytes, or NULL. Also mbedTLS's allocator.
 * memory_give() wipes the block before it is freed, as its size is known here.
 */
void *memory_take(size_t count, size_t size) MUST_CHECK;
void memory_give(void *block);

/*
 * True when memory_take() has had nothing to give since the last time this was asked: for callers of mbedTLS, which does not
 * always tell.
 */
bool memory_ran_out(void);

/* Overwrite in a way that the compiler keeps. */
void memory_wipe(void *block, size_t size);

#endif
