/*
 * spy_memory.h - base/buf.c once more, inside the test, with spies in place of calloc and free.
 *
 * Does      show what a block holds at the moment it is freed; make an allocation fail; count blocks that are in use.
 * Not here  the program's own copy of buf.c: all names are changed, so that both can be linked.
 * Rules     include it after unit.h and before anything of base/ but span.h.
 */
#ifndef UNIT_SPY_MEMORY_H
#define UNIT_SPY_MEMORY_H

#include "unit.h"

#include <stdint.h>

static long spy_blocks;         /* taken and not yet given back */
static long spy_fail_after = -1; /* so many allocations succeed, then all fail; -1: none fails */
static unsigned spy_dirty;      /* blocks that were freed with a byte left in them */

struct spy_size {
    void *block;
    size_t size;
};

static struct spy_size spy_sizes[64];

static inline void *spy_calloc(size_t count, size_t size)
{
    if (spy_fail_after == 0) {
        return NULL;
    }
    spy_fail_after -= spy_fail_after > 0;
    void *block = calloc(count, size);
    for (size_t i = 0; block != NULL && i < COUNT_OF(spy_sizes); i++) {
        if (spy_sizes[i].block == NULL) {
            spy_sizes[i] = (struct spy_size){block, count * size};
            spy_blocks++;
            return block;
        }
    }
    abort();
}

/* A block that is given back holds nothing but its size in front, which is no secret. */
static inline void spy_free(void *block)
{
    for (size_t i = 0; i < COUNT_OF(spy_sizes); i++) {
        if (block != NULL && spy_sizes[i].block == block) {
            const unsigned char *bytes = block;
            size_t left = 0;
            for (size_t k = sizeof(max_align_t); k < spy_sizes[i].size; k++) {
                left += bytes[k] != 0;
            }
            spy_dirty += left > 0;
            spy_sizes[i] = (struct spy_size){0};
            spy_blocks--;
            free(block);
            return;
        }
    }
    abort();
}

#define memory_wipe spied_memory_wipe
#define memory_take spied_memory_take
#define memory_give spied_memory_give
#define memory_ran_out spied_memory_ran_out
#define buf_init spied_buf_init
#define buf_free spied_buf_free
#define buf_clear spied_buf_clear
#define buf_room spied_buf_room
#define buf_grew spied_buf_grew
#define buf_put spied_buf_put
#define buf_put_text spied_buf_put_text
#define buf_put_char spied_buf_put_char
#define buf_put_format spied_buf_put_format
#define buf_drop spied_buf_drop
#define buf_span spied_buf_span
#define buf_text spied_buf_text

#define calloc spy_calloc
#define free spy_free
#include "base/buf.c"
#undef calloc
#undef free

#endif
