/*
 * sha1.c - SHA-1, in the place of mbedTLS's own, whose 80 steps are written out one by one (4 KB more, for speed that nothing here needs).
 *
 * Does      the thumbprint of a certificate in an assertion, old encrypted key files. No signature made with it is accepted (net/chain.c).
 * Rules     FIPS 180-4 sections 5.1.1 and 6.1; the functions are those of mbedtls/sha1.h.
 */
#include "base/buf.h"

#include <mbedtls/sha1.h>

#include <string.h>

enum { BLOCK = 64, STEPS = 80, SIZE_AT = BLOCK - 8 };

static uint32_t rotated(uint32_t word, unsigned bits)
{
    return word << bits | word >> (32 - bits);
}

static uint32_t mixed(size_t step, const uint32_t v[5])
{
    switch (step / 20) {
    case 0:
        return ((v[1] & v[2]) | (~v[1] & v[3])) + 0x5A827999;
    case 1:
        return (v[1] ^ v[2] ^ v[3]) + 0x6ED9EBA1;
    case 2:
        return ((v[1] & v[2]) | (v[1] & v[3]) | (v[2] & v[3])) + 0x8F1BBCDC;
    default:
        return (v[1] ^ v[2] ^ v[3]) + 0xCA62C1D6;
    }
}

int mbedtls_internal_sha1_process(mbedtls_sha1_context *c, const unsigned char block[64])
{
    uint32_t words[STEPS];
    uint32_t v[5];
    memcpy(v, c->state, sizeof v);
    for (size_t i = 0; i < 16; i++, block += 4) {
        words[i] = (uint32_t)block[0] << 24 | (uint32_t)block[1] << 16 | (uint32_t)block[2] << 8 | block[3];
    }
    for (size_t i = 16; i < STEPS; i++) {
        words[i] = rotated(words[i - 3] ^ words[i - 8] ^ words[i - 14] ^ words[i - 16], 1);
    }
    for (size_t i = 0; i < STEPS; i++) {
        uint32_t next = rotated(v[0], 5) + mixed(i, v) + v[4] + words[i];
        memmove(v + 1, v, 4 * sizeof *v);
        v[0] = next;
        v[2] = rotated(v[2], 30);
    }
    for (size_t i = 0; i < 5; i++) {
        c->state[i] += v[i];
    }
    memory_wipe(words, sizeof words);
    memory_wipe(v, sizeof v);
    return 0;
}

void mbedtls_sha1_init(mbedtls_sha1_context *c)
{
    *c = (mbedtls_sha1_context){0};
}

void mbedtls_sha1_free(mbedtls_sha1_context *c)
{
    if (c != NULL) {
        memory_wipe(c, sizeof *c);
    }
}

void mbedtls_sha1_clone(mbedtls_sha1_context *to, const mbedtls_sha1_context *from)
{
    *to = *from;
}

int mbedtls_sha1_starts(mbedtls_sha1_context *c)
{
    static const uint32_t first[5] = {0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476, 0xC3D2E1F0};
    memcpy(c->state, first, sizeof first);
    c->size = 0;
    return 0;
}

int mbedtls_sha1_update(mbedtls_sha1_context *c, const unsigned char *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        c->block[c->size++ % BLOCK] = bytes[i];
        if (c->size % BLOCK == 0) {
            mbedtls_internal_sha1_process(c, c->block);
        }
    }
    return 0;
}

int mbedtls_sha1_finish(mbedtls_sha1_context *c, unsigned char output[20])
{
    uint64_t bits = c->size * 8;
    unsigned char byte = 0x80;
    do {
        mbedtls_sha1_update(c, &byte, 1);
        byte = 0;
    } while (c->size % BLOCK != SIZE_AT);
    for (unsigned shift = 64; shift > 0;) {
        shift -= 8;
        byte = (unsigned char)(bits >> shift);
        mbedtls_sha1_update(c, &byte, 1);
    }
    for (size_t i = 0; i < 20; i++) {
        output[i] = (unsigned char)(c->state[i / 4] >> (24 - 8 * (i % 4)));
    }
    return 0;
}
