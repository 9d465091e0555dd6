/*
 * known_answers.h - every algorithm that is used, tried out on inputs whose answer is known.
 *
 * Does      one function an algorithm, in a table.
 * Not here  parsers (cli/selftest.c), random numbers, telling anybody.
 * Rules     TLS must have been started (net/tls_hooks.h). The answers are those of the standards, where these have short ones. Each goes
 *           through the same entry of mbedTLS as the program's own use, and a damaged input must be refused where that can be seen.
 */
#ifndef CRYPTO_KNOWN_ANSWERS_H
#define CRYPTO_KNOWN_ANSWERS_H

#include "base/span.h"

struct known_answer {
    const char *name;
    bool (*right)(void);
};

extern const struct known_answer known_answers[];
extern const size_t known_answer_count;

/* The bytes have this SHA-256. */
bool known_answer_sum(struct span bytes, const unsigned char sum[32]);

#endif
