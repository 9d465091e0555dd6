/*
 * sha1_alt.h - what mbedTLS keeps of a SHA-1 that is being made; see sha1.c.
 *
 * Rules     mbedTLS includes a file of this name when MBEDTLS_SHA1_ALT is set, and names the type.
 */
#ifndef CRYPTO_SHA1_ALT_H
#define CRYPTO_SHA1_ALT_H

#include <stdint.h>

typedef struct mbedtls_sha1_context {
    uint32_t state[5];
    uint64_t size;             /* bytes so far */
    unsigned char block[64];   /* its first size % 64 bytes are in use */
} mbedtls_sha1_context;

#endif
