/*
 * index.c - which rows of a table may hold a key; see index.h.
 */
#include "base/index.h"

enum { INDEX_FIRST_SIZE = 16 };

struct index_slot {
    uint32_t hash;
    uint32_t row_above; /* the row and one; 0: empty */
};

/* FNV-1a. */
uint32_t index_hash(struct span key)
{
    uint32_t hash = 2166136261U;
    for (size_t i = 0; i < key.size; i++) {
        hash = (hash ^ (unsigned char)ascii_lower(key.at[i])) * 16777619U;
    }
    return hash;
}

static void put(struct index *x, struct index_slot slot)
{
    uint32_t at = slot.hash;
    while (x->slots[at & (x->size - 1)].row_above != 0) {
        at++;
    }
    x->slots[at & (x->size - 1)] = slot;
    x->count++;
}

static bool grow(struct index *x)
{
    struct index grown = {.size = x->size == 0 ? INDEX_FIRST_SIZE : x->size * 2};
    grown.slots = memory_take(grown.size, sizeof *grown.slots);
    if (grown.slots == NULL) {
        return false;
    }
    for (uint32_t i = 0; i < x->size; i++) {
        if (x->slots[i].row_above != 0) {
            put(&grown, x->slots[i]);
        }
    }
    index_free(x);
    *x = grown;
    return true;
}

bool index_add(struct index *x, uint32_t hash, size_t row)
{
    bool full = x->count >= x->size / 2;
    if (row >= UINT32_MAX || (full && !grow(x))) {
        return false;
    }
    put(x, (struct index_slot){hash, (uint32_t)row + 1});
    return true;
}

bool index_next(const struct index *x, uint32_t hash, uint32_t *walk, size_t *row)
{
    while (x->size > 0) {
        const struct index_slot *slot = &x->slots[(hash + (*walk)++) & (x->size - 1)];
        if (slot->row_above == 0) {
            return false;
        }
        if (slot->hash == hash) {
            *row = slot->row_above - 1;
            return true;
        }
    }
    return false;
}

void index_free(struct index *x)
{
    memory_give(x->slots);
    *x = (struct index){0};
}
