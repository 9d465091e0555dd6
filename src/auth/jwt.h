/*
 * jwt.h - the assertion by which an application proves that it has its private key.
 *
 * Does      header.claims.signature.
 * Not here  keys and signatures (crypto/key.h), the form it is sent in (certificate.c), reading tokens (claims.h).
 * Limits    JWT_ASSERTION_MAX bytes.
 * Rules     RFC 7519, RFC 7523 section 3; entra-docs certificate-credentials.md (read 2026-11-23): PS256 with x5t#S256; RS256 goes with
 *           x5t, as Microsoft's clients send it where PS256 is not known; ES256 with x5t#S256. nbf is now, exp ten minutes later.
 */
#ifndef AUTH_JWT_H
#define AUTH_JWT_H

#include "crypto/key.h"

enum { JWT_ASSERTION_MAX = 128 * 1024, JWT_LIFETIME_SECONDS = 600 };

struct jwt_assertion {
    struct span audience;         /* the URL of the token endpoint */
    const char *client_id;        /* issuer and subject */
    enum key_algorithm algorithm; /* one of the key's kind */
    bool send_chain;              /* x5c: all certificates of the key */
    int64_t now;                  /* seconds since 1970 */
};

/* Append the assertion; each has a random id of its own. FAULT_MEMORY, FAULT_RANDOM, FAULT_FILE (the key does not work). */
bool jwt_put_assertion(struct buf *to, struct key *key, const struct jwt_assertion *a, struct fault *f) MUST_CHECK;

#endif
