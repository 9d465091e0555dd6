/*
 * ladder.c - one step of the Montgomery ladder of Curve25519; see ladder.h.
 *
 * A number is five limbs of 51 bits. Bounds, for whoever changes something: what has been carried has limbs below 2^51 + 2^15; sums and
 * differences stay below 2^52.7; a column of a product, 77 times two of them at most, below 2^112.
 */
#include "net/ladder.h"

#include "base/buf.h"

#ifdef __SIZEOF_INT128__

enum { LIMBS = 5, LIMB_BITS = 51, PRIME_TAIL = 19, A_PLUS_TWO_QUARTERS = 121666 };

static const uint64_t limb_mask = ((uint64_t)1 << LIMB_BITS) - 1;

struct field {
    uint64_t limb[LIMBS];
};

static struct field add(const struct field *a, const struct field *b)
{
    struct field sum;
    for (unsigned i = 0; i < LIMBS; i++) {
        sum.limb[i] = a->limb[i] + b->limb[i];
    }
    return sum;
}

/* a + 2p - b: never below zero. */
static struct field subtract(const struct field *a, const struct field *b)
{
    struct field difference;
    for (unsigned i = 0; i < LIMBS; i++) {
        uint64_t twice_prime = 2 * (limb_mask - (i == 0 ? PRIME_TAIL - 1 : 0));
        difference.limb[i] = a->limb[i] + twice_prime - b->limb[i];
    }
    return difference;
}

__extension__ static unsigned __int128 times(uint64_t a, uint64_t b)
{
    __extension__ unsigned __int128 wide = a;
    return wide * b;
}

/*
 * a * b + c. Column by column: limb k gathers a[i] * b[k - i]; below zero k - i comes round to the upper limbs, which are worth 2^255 too
 * little there, so 19 times as much. What is carried out of the last limb comes round as well.
 */
static struct field multiply_add(const struct field *a, const struct field *b, const struct field *c)
{
    struct field product;
    uint64_t round[2 * LIMBS];
    __extension__ unsigned __int128 sum = 0;
    for (unsigned i = 0; i < LIMBS; i++) {
        round[i] = b->limb[i] * PRIME_TAIL;
        round[i + LIMBS] = b->limb[i];
    }
    for (unsigned k = 0; k < LIMBS; k++) {
        const uint64_t *b_k = round + LIMBS + k; /* no loop: half the time */
        sum += times(a->limb[0], b_k[0]) + times(a->limb[1], b_k[-1]) + times(a->limb[2], b_k[-2]) + times(a->limb[3], b_k[-3]) +
               times(a->limb[4], b_k[-4]) + c->limb[k];
        product.limb[k] = (uint64_t)sum & limb_mask;
        sum >>= LIMB_BITS;
    }
    sum = sum * PRIME_TAIL + product.limb[0];
    product.limb[0] = (uint64_t)sum & limb_mask;
    product.limb[1] += (uint64_t)(sum >> LIMB_BITS);
    return product;
}

static const struct field zero;

static struct field multiply(const struct field *a, const struct field *b)
{
    return multiply_add(a, b, &zero);
}

static struct field square(const struct field *a)
{
    return multiply(a, a);
}

static struct field take(const struct ladder_number *n)
{
    struct field value;
    for (unsigned i = 0; i < LIMBS; i++) {
        unsigned from = i * LIMB_BITS / 64, shift = i * LIMB_BITS % 64;
        __extension__ unsigned __int128 bits = from + 1 < LADDER_WORDS ? n->word[from + 1] : 0;
        value.limb[i] = (uint64_t)((bits << 64 | n->word[from]) >> shift) & limb_mask;
    }
    return value;
}

/* The one value below the prime. */
static void give(const struct field *value, struct ladder_number *n)
{
    uint64_t excess = PRIME_TAIL; /* 1 at the end of the loop if value + 19 does not fit 255 bits, so if value is not below the prime */
    __extension__ unsigned __int128 bits = 0;
    unsigned have = 0, at = 0;
    for (unsigned i = 0; i < LIMBS; i++) {
        excess = (value->limb[i] + excess) >> LIMB_BITS;
    }
    excess *= PRIME_TAIL;
    for (unsigned i = 0; i < LIMBS; i++) {
        excess += value->limb[i];
        __extension__ unsigned __int128 limb = excess & limb_mask;
        bits |= limb << have;
        excess >>= LIMB_BITS;
        have += LIMB_BITS;
        if (have >= 64) {
            n->word[at++] = (uint64_t)bits;
            bits >>= 64;
            have -= 64;
        }
    }
    n->word[at] = (uint64_t)bits;
}

void ladder_step(struct ladder_point *r, struct ladder_point *s, const struct ladder_number *difference_x)
{
    static const struct field a = {{A_PLUS_TWO_QUARTERS}};
    struct field f[8], d = take(difference_x); /* in one place, to be wiped: they tell the key */
    f[0] = take(&r->x);
    f[1] = take(&r->z);
    f[2] = take(&s->x);
    f[3] = take(&s->z);
    f[4] = add(&f[0], &f[1]);
    f[5] = subtract(&f[0], &f[1]);
    f[6] = add(&f[2], &f[3]);
    f[7] = subtract(&f[2], &f[3]);
    f[2] = multiply(&f[7], &f[4]);
    f[3] = multiply(&f[6], &f[5]);
    f[0] = square(&f[4]);
    f[1] = square(&f[5]);
    f[4] = multiply(&f[0], &f[1]);
    give(&f[4], &r->x);
    f[5] = subtract(&f[0], &f[1]);
    f[6] = multiply_add(&f[5], &a, &f[1]);
    f[6] = multiply(&f[6], &f[5]);
    give(&f[6], &r->z);
    f[4] = add(&f[2], &f[3]);
    f[4] = square(&f[4]);
    give(&f[4], &s->x);
    f[5] = subtract(&f[2], &f[3]);
    f[5] = square(&f[5]);
    f[5] = multiply(&f[5], &d);
    give(&f[5], &s->z);
    memory_wipe(f, sizeof f);
}

#endif
