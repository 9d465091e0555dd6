/*
 * ladder.h - one step of the Montgomery ladder of Curve25519.
 *
 * Does      double one point and add it to another, modulo 2^255 - 19, in time that does not depend on the values.
 * Not here  the ladder itself, keys, random blinding: mbedTLS, which calls this through tls_hooks.c. Its own step takes several times as
 *           long, and was more than half of what a cold release computes.
 * Limits    for compilers that know 128 bits, so where registers have 64; mbedTLS's own step does for the others.
 * Rules     RFC 7748 section 5. Tested by its vectors, by self-test, and in every handshake with another's X25519.
 */
#ifndef NET_LADDER_H
#define NET_LADDER_H

#include <stdint.h>

enum { LADDER_WORDS = 4 };

/* A number below 2^256, the lowest 64 bits first. */
struct ladder_number {
    uint64_t word[LADDER_WORDS];
};

/* Projective: u = x / z. */
struct ladder_point {
    struct ladder_number x, z;
};

/* r = 2r, s = r + s, where difference_x is the x of s - r (whose z is 1). All of both is below 2^255 - 19 afterwards. */
void ladder_step(struct ladder_point *r, struct ladder_point *s, const struct ladder_number *difference_x);

#endif
