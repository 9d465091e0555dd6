/*
 * index.h - which rows of a table may hold a key: for tables of many thousands of rows.
 *
 * Does      remember the rows of each hash; give them back one by one.
 * Not here  the table and its keys: the caller compares every row that it is given.
 * Limits    row numbers below 2^32 - 1; 8 to 32 bytes a row.
 * Rules     open addressing, never more than half full; rows are only added. Letters hash without case (ASCII).
 */
#ifndef BASE_INDEX_H
#define BASE_INDEX_H

#include "base/buf.h"

/* Zeroed: empty. */
struct index {
    struct index_slot *slots; /* owned */
    uint32_t size, count;
};

uint32_t index_hash(struct span key);

/* False: out of memory. The same hash may have many rows. */
bool index_add(struct index *x, uint32_t hash, size_t row) MUST_CHECK;

/* Step through the rows of a hash: start with *walk 0. False at the end. */
bool index_next(const struct index *x, uint32_t hash, uint32_t *walk, size_t *row);

void index_free(struct index *x);

#endif
