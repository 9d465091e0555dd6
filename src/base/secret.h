/*
 * secret.h - bytes that must never be seen: tokens, passwords, keys, assertions.
 *
 * Does      own such bytes, wipe them when they are given back, hand them out in one way only.
 * Not here  where secrets come from (auth/) or go to (net/client.c writes them to the wire).
 * Rules     no message or trace function takes a struct secret; secret_reveal() is the only way out,
 *           so `grep secret_reveal` is the list of every place that sees one. The list of the secrets that are held serves
 *           secret_mask() alone; beyond SECRET_HELD_MAX of them it is not complete.
 */
#ifndef BASE_SECRET_H
#define BASE_SECRET_H

#include "base/buf.h"

struct secret {
    struct buf bytes; /* only secret.c touches it */
};

enum { SECRET_MAX = 256 * 1024, SECRET_MASK_MIN = 8, SECRET_HELD_MAX = 16 };

/* Take the bytes of b over (b is left empty); what s held before is wiped. False: b had failed, and is wiped. */
bool secret_take(struct secret *s, struct buf *b) MUST_CHECK;

/* Copy bytes in. False: out of memory, or more than SECRET_MAX; s is then empty. */
bool secret_copy(struct secret *s, struct span bytes) MUST_CHECK;

/* True when it holds at least one byte. */
bool secret_present(const struct secret *s);

/* The bytes; borrowed until s changes. The caller copies them nowhere but into another secret or the wire's buffer. */
struct span secret_reveal(const struct secret *s);

/* Cut to the part [from, to) of what it holds, wiping the rest. */
void secret_trim(struct secret *s, size_t from, size_t to);

void secret_free(struct secret *s);

/*
 * Append text to `to`, with "(hidden)" in the place of every secret that is held at this moment and has SECRET_MASK_MIN bytes or more:
 * a service may repeat what it was sent. For texts of others, before they are cut or kept.
 */
void secret_mask(struct buf *to, struct span text);

#endif
