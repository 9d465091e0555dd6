/*
 * der.c - DER items; see der.h.
 */
#include "codec/der.h"

/* The length after the tag: one byte below 128, or a count of bytes and then these. False: not the shortest form. */
static bool der_length(struct span *rest, size_t *length)
{
    unsigned char first = (unsigned char)rest->at[0];
    size_t count = first & 0x7fU;
    *rest = span_cut(*rest, 1, rest->size);
    if (first < 0x80) {
        *length = first;
        return true;
    }
    if (count == 0 || count > 4 || count > rest->size) {
        return false;
    }
    size_t value = 0;
    for (size_t i = 0; i < count; i++) {
        value = value << 8 | (unsigned char)rest->at[i];
    }
    *length = value;
    bool shortest = rest->at[0] != 0 && value >= 0x80;
    *rest = span_cut(*rest, count, rest->size);
    return shortest;
}

bool der_next(struct span *rest, struct der *item)
{
    struct span at = *rest;
    size_t length;
    if (at.size < 2 || (at.at[0] & 0x1f) == 0x1f) {
        return false;
    }
    at = span_cut(at, 1, at.size);
    if (!der_length(&at, &length) || length > at.size) {
        return false;
    }
    item->tag = (unsigned char)rest->at[0];
    item->value = span_cut(at, 0, length);
    item->whole = span_cut(*rest, 0, rest->size - (at.size - length));
    *rest = span_cut(at, length, at.size);
    return true;
}

bool der_take(struct span *rest, unsigned char tag, struct der *item)
{
    struct span at = *rest;
    if (!der_next(&at, item) || item->tag != tag) {
        return false;
    }
    *rest = at;
    return true;
}
