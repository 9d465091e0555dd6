/*
 * buf.c - owned bytes and the allocator; see buf.h.
 */
#include "base/buf.h"

#include "base/format.h"

#include <assert.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { BUF_FIRST_CAPACITY = 64 };

/* In front of each block: its size, so that giving it back can wipe all of it. */
union memory_head {
    size_t size;
    max_align_t align;
};

/* Which function this is may change at any time, as far as the compiler knows: so it cannot leave the call out. */
static void *(*const volatile fill)(void *, int, size_t) = memset;

void memory_wipe(void *block, size_t size)
{
    if (size > 0) {
        fill(block, 0, size);
    }
}

static bool ran_out;

void *memory_take(size_t count, size_t size)
{
    bool too_large = size != 0 && count > (SIZE_MAX - sizeof(union memory_head)) / size;
    union memory_head *head = too_large ? NULL : calloc(1, sizeof *head + count * size);
    if (head == NULL) {
        ran_out = true;
        return NULL;
    }
    head->size = count * size;
    return head + 1;
}

bool memory_ran_out(void)
{
    bool was = ran_out;
    ran_out = false;
    return was;
}

void memory_give(void *block)
{
    if (block != NULL) {
        union memory_head *head = (union memory_head *)block - 1;
        memory_wipe(block, head->size);
        free(head);
    }
}

struct buf buf_init(size_t ceiling)
{
    return (struct buf){.ceiling = ceiling};
}

void buf_free(struct buf *b)
{
    memory_give(b->at);
    *b = (struct buf){0};
}

void buf_clear(struct buf *b)
{
    if (b->at != NULL) {
        memory_wipe(b->at, b->size);
    }
    b->size = 0;
    b->failed = false;
}

char *buf_room(struct buf *b, size_t size)
{
    if (b->failed || size > b->ceiling - b->size) {
        b->failed = true;
        return NULL;
    }
    if (size <= b->capacity - b->size && b->at != NULL) {
        return b->at + b->size;
    }
    size_t capacity = b->capacity < BUF_FIRST_CAPACITY ? BUF_FIRST_CAPACITY : b->capacity;
    while (capacity < b->size + size) {
        capacity = capacity > b->ceiling / 2 ? b->ceiling : capacity * 2;
    }
    char *block = memory_take(capacity, 1);
    if (block == NULL) {
        b->failed = true;
        return NULL;
    }
    if (b->size > 0) {
        memcpy(block, b->at, b->size);
    }
    memory_give(b->at);
    b->at = block;
    b->capacity = capacity;
    return b->at + b->size;
}

void buf_grew(struct buf *b, size_t size)
{
    assert(size <= b->capacity - b->size);
    b->size += size;
}

void buf_put(struct buf *b, struct span bytes)
{
    char *room = bytes.size > 0 ? buf_room(b, bytes.size) : NULL;
    if (room != NULL) {
        memcpy(room, bytes.at, bytes.size);
        buf_grew(b, bytes.size);
    }
}

void buf_put_text(struct buf *b, const char *text)
{
    buf_put(b, span_of(text));
}

void buf_put_char(struct buf *b, char c)
{
    buf_put(b, span_make(&c, 1));
}

void buf_put_format(struct buf *b, const char *format, ...)
{
    va_list args;
    va_list again;
    va_start(args, format);
    va_copy(again, args);
    size_t size = format_list(NULL, 0, format, args);
    char *room = buf_room(b, size + 1);
    if (room != NULL) {
        format_list(room, size + 1, format, again);
        buf_grew(b, size);
    }
    va_end(again);
    va_end(args);
}

void buf_drop(struct buf *b, size_t size)
{
    if (size > b->size) {
        size = b->size;
    }
    if (size > 0) {
        memmove(b->at, b->at + size, b->size - size);
        memory_wipe(b->at + b->size - size, size);
        b->size -= size;
    }
}

struct span buf_span(const struct buf *b)
{
    return span_make(b->at, b->size);
}

const char *buf_text(struct buf *b)
{
    char *end = buf_room(b, 1);
    if (end == NULL) {
        return "";
    }
    *end = '\0';
    return b->at;
}
