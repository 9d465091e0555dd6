/*
 * hive.c - one text value out of a Windows registry hive; see hive.h.
 */
#include "codec/hive.h"

#include <string.h>

/* Offsets in the file, and in what its cells hold; a cell's own size stands in front of it. */
enum {
    HEADER_ROOT = 0x24,
    CELLS = 0x1000,
    CELL_SIZE = 4,
    NO_CELL = -1,
    KEY_FLAGS = 0x02,
    KEY_LIST = 0x1C,
    KEY_VALUE_COUNT = 0x24,
    KEY_VALUES = 0x28,
    KEY_NAME_SIZE = 0x48,
    KEY_NAME = 0x4C,
    KEY_NAME_IS_NARROW = 0x20,
    VALUE_NAME_SIZE = 0x02,
    VALUE_SIZE = 0x04,
    VALUE_DATA = 0x08,
    VALUE_TYPE = 0x0C,
    VALUE_FLAGS = 0x10,
    VALUE_NAME = 0x14,
    VALUE_NAME_IS_NARROW = 0x01,
    VALUES_MAX = 4096,
    TYPE_TEXT = 1,
    NAME_MAX = 128,
    ASKED_MAX = 1000 * 1000,
};

struct hive {
    hive_read *read;
    void *context;
    struct fault *f;
    unsigned asked; /* how often: a list may claim to hold itself a billion times */
    uint64_t block_at;
    size_t block_size;
    char block[HIVE_BLOCK];
};

/* ---- bytes ---- */

static bool damaged(struct hive *h)
{
    return fault_set(h->f, FAULT_FILE, "no registry hive, or a damaged one");
}

/* `size` bytes, at most HIVE_BLOCK, from an offset of the file; borrowed until the next call. NULL: f says why. */
static const unsigned char *bytes_at(struct hive *h, uint64_t offset, size_t size)
{
    if (++h->asked > ASKED_MAX) {
        (void)damaged(h);
        return NULL;
    }
    if (offset < h->block_at || offset + size > h->block_at + h->block_size) {
        h->block_at = offset;
        h->block_size = 0;
        if (!h->read(h->context, offset, h->block, sizeof h->block, &h->block_size, h->f)) {
            return NULL;
        }
        if (h->block_size < size) {
            (void)damaged(h);
            return NULL;
        }
    }
    return (const unsigned char *)h->block + (offset - h->block_at);
}

static bool number_at(struct hive *h, uint64_t offset, size_t size, uint32_t *number)
{
    const unsigned char *at = bytes_at(h, offset, size);
    *number = 0;
    for (size_t i = 0; at != NULL && i < size; i++) {
        *number |= (uint32_t)at[i] << 8 * i;
    }
    return at != NULL;
}

/* Where in the file what a cell holds begins. */
static uint64_t in_cell(uint32_t cell, uint32_t offset)
{
    return (uint64_t)CELLS + cell + CELL_SIZE + offset;
}

static bool cell_number(struct hive *h, uint32_t cell, uint32_t offset, size_t size, uint32_t *number)
{
    return number_at(h, in_cell(cell, offset), size, number);
}

/* The two letters in front of what a cell holds. */
static bool cell_is(struct hive *h, uint32_t cell, const char *letters, bool *is)
{
    const unsigned char *at = bytes_at(h, in_cell(cell, 0), 2);
    *is = at != NULL && memcmp(at, letters, 2) == 0;
    return at != NULL;
}

/* Whether `size` bytes of a name, narrow or in UTF-16, are this one. */
static bool name_is(struct hive *h, uint64_t offset, uint32_t size, bool narrow, const char *name, bool *is)
{
    size_t width = narrow ? 1 : 2;
    struct span wanted = span_of(name);
    *is = size == wanted.size * width && wanted.size <= NAME_MAX;
    const unsigned char *at = *is ? bytes_at(h, offset, size) : NULL;
    if (at == NULL) {
        return !*is;
    }
    for (size_t i = 0; i < wanted.size; i++) {
        bool same = ascii_lower((char)at[i * width]) == ascii_lower(wanted.at[i]) && (narrow || at[i * width + 1] == 0);
        *is = *is && same;
    }
    return true;
}

/* ---- keys ---- */

static bool key_is(struct hive *h, uint32_t key, const char *name, bool *is)
{
    uint32_t flags, size;
    bool is_key;
    if (!cell_is(h, key, "nk", &is_key) || !cell_number(h, key, KEY_FLAGS, 2, &flags) || !cell_number(h, key, KEY_NAME_SIZE, 2, &size)) {
        return false;
    }
    return is_key ? name_is(h, in_cell(key, KEY_NAME), size, (flags & KEY_NAME_IS_NARROW) != 0, name, is) : damaged(h);
}

/* In a list of keys: two letters, a count, and the keys' cells, in "lf" and "lh" each with a hash behind it. */
static bool find_in_list(struct hive *h, uint32_t list, const char *name, uint32_t *found)
{
    bool lf, lh, li;
    uint32_t count;
    if (!cell_is(h, list, "lf", &lf) || !cell_is(h, list, "lh", &lh) || !cell_is(h, list, "li", &li) ||
        !cell_number(h, list, 2, 2, &count)) {
        return false;
    }
    if (!lf && !lh && !li) {
        return damaged(h);
    }
    for (uint32_t i = 0; i < count && *found == (uint32_t)NO_CELL; i++) {
        uint32_t key;
        bool is;
        if (!cell_number(h, list, 4 + i * (li ? 4 : 8), 4, &key) || !key_is(h, key, name, &is)) {
            return false;
        }
        *found = is ? key : *found;
    }
    return true;
}

/* *found NO_CELL: there is none of this name. */
static bool find_key(struct hive *h, uint32_t parent, const char *name, uint32_t *found)
{
    uint32_t list, count;
    bool is_list_of_lists = false;
    *found = (uint32_t)NO_CELL;
    if (!cell_number(h, parent, KEY_LIST, 4, &list)) {
        return false;
    }
    if (list == (uint32_t)NO_CELL) {
        return true;
    }
    if (!cell_is(h, list, "ri", &is_list_of_lists) || !is_list_of_lists) {
        return !fault_is_set(h->f) && find_in_list(h, list, name, found);
    }
    if (!cell_number(h, list, 2, 2, &count)) {
        return false;
    }
    for (uint32_t i = 0; i < count && *found == (uint32_t)NO_CELL; i++) {
        uint32_t one;
        if (!cell_number(h, list, 4 + i * 4, 4, &one) || !find_in_list(h, one, name, found)) {
            return false;
        }
    }
    return true;
}

/* ---- values ---- */

static bool value_is(struct hive *h, uint32_t value, const char *name, bool *is)
{
    uint32_t flags, size;
    bool is_value;
    if (!cell_is(h, value, "vk", &is_value) || !cell_number(h, value, VALUE_FLAGS, 2, &flags) ||
        !cell_number(h, value, VALUE_NAME_SIZE, 2, &size)) {
        return false;
    }
    return is_value ? name_is(h, in_cell(value, VALUE_NAME), size, (flags & VALUE_NAME_IS_NARROW) != 0, name, is) : damaged(h);
}

static bool find_value(struct hive *h, uint32_t key, const char *name, uint32_t *found)
{
    uint32_t count, list;
    *found = (uint32_t)NO_CELL;
    if (!cell_number(h, key, KEY_VALUE_COUNT, 4, &count) || !cell_number(h, key, KEY_VALUES, 4, &list)) {
        return false;
    }
    for (uint32_t i = 0; i < count && i < VALUES_MAX && *found == (uint32_t)NO_CELL; i++) {
        uint32_t value;
        bool is;
        if (!cell_number(h, list, i * 4, 4, &value) || !value_is(h, value, name, &is)) {
            return false;
        }
        *found = is ? value : *found;
    }
    return true;
}

/* Text of two bytes a character; one that is too short for a cell of its own would be no text of ours. */
static bool take_text(struct hive *h, uint32_t value, struct buf *to)
{
    uint32_t size, data, type;
    if (!cell_number(h, value, VALUE_SIZE, 4, &size) || !cell_number(h, value, VALUE_DATA, 4, &data) ||
        !cell_number(h, value, VALUE_TYPE, 4, &type)) {
        return false;
    }
    const unsigned char *at = type == TYPE_TEXT && size <= HIVE_TEXT_MAX ? bytes_at(h, in_cell(data, 0), size) : NULL;
    for (size_t i = 0; at != NULL && i + 1 < size && (at[i] != 0 || at[i + 1] != 0); i += 2) {
        if (at[i] >= 0x80 || at[i + 1] != 0) {
            return damaged(h);
        }
        buf_put_char(to, (char)at[i]);
    }
    return at != NULL || fault_is_set(h->f) ? at != NULL : damaged(h);
}

bool hive_text(hive_read *read, void *context, const char *const *keys, size_t count, const char *value, struct buf *to, struct fault *f)
{
    struct hive h = {.read = read, .context = context, .f = f};
    const unsigned char *mark = bytes_at(&h, 0, CELLS);
    uint32_t cell;
    if (mark == NULL || memcmp(mark, "regf", 4) != 0) {
        return fault_is_set(f) ? false : damaged(&h);
    }
    if (!number_at(&h, HEADER_ROOT, 4, &cell)) {
        return false;
    }
    for (size_t i = 0; i < count && cell != (uint32_t)NO_CELL; i++) {
        if (!find_key(&h, cell, keys[i], &cell)) {
            return false;
        }
    }
    if (cell != (uint32_t)NO_CELL && !find_value(&h, cell, value, &cell)) {
        return false;
    }
    return cell != (uint32_t)NO_CELL ? take_text(&h, cell, to) : fault_set(f, FAULT_NOT_FOUND, "the registry there has no %s", value);
}
