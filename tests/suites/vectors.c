/*
 * vectors.c - the cryptography of this build as a program, so that known answers of others can be held against it.
 *
 * Does      vectors self-test     mbedTLS's own self-tests of what is built in; a line each, then "N passed, N failed"
 *           vectors               one question a line on standard input, one answer a line on standard output; bytes as hex, "-" for none:
 *             pss HASH SALT KEY MESSAGE SIGNATURE    RSA-PSS, salt of so many bytes, MGF1 with the same hash: good or bad
 *             pkcs1 HASH KEY MESSAGE SIGNATURE       RSA PKCS #1 v1.5: good or bad
 *             ecdsa HASH KEY MESSAGE SIGNATURE       good or bad
 *             gcm KEY NONCE AAD TEXT TAG             the text decrypted, or bad; and encrypted again it must be the same
 *             chacha KEY NONCE AAD TEXT TAG          the same
 *             x25519|p256|p384|p521 PRIVATE PUBLIC   the shared secret, or bad
 *           HASH is the number of its bits, KEY of a signature a SubjectPublicKeyInfo.
 * Not here  the vectors (test_vectors.py).
 * Limits    LINE_MAX_SIZE bytes a line.
 * Rules     the same calls as mbedTLS's TLS 1.3 makes of signatures and key agreement, and its records of ciphers.
 */
#ifndef MBEDTLS_SELF_TEST
#define MBEDTLS_SELF_TEST
#endif

#include "net/tls_hooks.h"

#include <mbedtls/aes.h>
#include <mbedtls/bignum.h>
#include <mbedtls/chacha20.h>
#include <mbedtls/chachapoly.h>
#include <mbedtls/cipher.h>
#include <mbedtls/ecp.h>
#include <mbedtls/gcm.h>
#include <mbedtls/md.h>
#include <mbedtls/pk.h>
#include <mbedtls/pkcs5.h>
#include <mbedtls/poly1305.h>
#include <mbedtls/rsa.h>
#include <mbedtls/sha1.h>
#include <mbedtls/sha256.h>
#include <mbedtls/sha512.h>
#include <psa/crypto.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINE_MAX_SIZE = 256 * 1024, WORDS_MAX = 8 };

struct bytes {
    unsigned char at[LINE_MAX_SIZE / 2];
    size_t size;
};

static struct bytes values[WORDS_MAX];

static int64_t now(void)
{
    return 0;
}

static bool unhex(const char *text, struct bytes *to)
{
    to->size = 0;
    for (; text[0] != '\0' && text[0] != '-'; text += 2) {
        char pair[3] = {text[0], text[1], '\0'};
        char *end;
        to->at[to->size++] = (unsigned char)strtoul(pair, &end, 16);
        if (end != pair + 2) {
            return false;
        }
    }
    return true;
}

static void put_hex(const unsigned char *at, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        printf("%02x", at[i]);
    }
    printf(size == 0 ? "-\n" : "\n");
}

static mbedtls_md_type_t hash_of(const char *bits)
{
    static const struct {
        const char *bits;
        mbedtls_md_type_t type;
    } rows[] = {{"224", MBEDTLS_MD_SHA224}, {"256", MBEDTLS_MD_SHA256}, {"384", MBEDTLS_MD_SHA384}, {"512", MBEDTLS_MD_SHA512}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (strcmp(rows[i].bits, bits) == 0) {
            return rows[i].type;
        }
    }
    return MBEDTLS_MD_NONE;
}

/* words: KEY MESSAGE SIGNATURE */
static bool verify(mbedtls_pk_type_t type, mbedtls_md_type_t hash, int salt)
{
    unsigned char digest[64];
    mbedtls_pk_context key;
    mbedtls_pk_rsassa_pss_options pss = {.mgf1_hash_id = hash, .expected_salt_len = salt};
    const mbedtls_md_info_t *info = mbedtls_md_info_from_type(hash);
    mbedtls_pk_init(&key);
    bool good = info != NULL && mbedtls_pk_parse_public_key(&key, values[0].at, values[0].size) == 0 &&
                mbedtls_md(info, values[1].at, values[1].size, digest) == 0 &&
                mbedtls_pk_verify_ext(type, type == MBEDTLS_PK_RSASSA_PSS ? &pss : NULL, &key, hash, digest, mbedtls_md_get_size(info),
                                      values[2].at, values[2].size) == 0;
    mbedtls_pk_free(&key);
    return good;
}

static void say(bool good)
{
    printf(good ? "good\n" : "bad\n");
}

/* words: KEY NONCE AAD TEXT TAG */
static void decrypt(mbedtls_cipher_type_t type)
{
    static unsigned char in[LINE_MAX_SIZE], out[LINE_MAX_SIZE], again[LINE_MAX_SIZE];
    size_t whole = values[3].size + values[4].size, size = 0, made = 0;
    mbedtls_cipher_context_t c;
    memcpy(in, values[3].at, values[3].size);
    memcpy(in + values[3].size, values[4].at, values[4].size);
    mbedtls_cipher_init(&c);
    bool good = mbedtls_cipher_setup(&c, mbedtls_cipher_info_from_type(type)) == 0 &&
                mbedtls_cipher_setkey(&c, values[0].at, (int)values[0].size * 8, MBEDTLS_DECRYPT) == 0 &&
                mbedtls_cipher_auth_decrypt_ext(&c, values[1].at, values[1].size, values[2].at, values[2].size, in, whole, out,
                                                sizeof out, &size, values[4].size) == 0;
    bool same = good && mbedtls_cipher_setkey(&c, values[0].at, (int)values[0].size * 8, MBEDTLS_ENCRYPT) == 0 &&
                mbedtls_cipher_auth_encrypt_ext(&c, values[1].at, values[1].size, values[2].at, values[2].size, out, size, again,
                                                sizeof again, &made, values[4].size) == 0 &&
                made == whole && memcmp(again, in, whole) == 0;
    mbedtls_cipher_free(&c);
    if (good && same) {
        put_hex(out, size);
    } else {
        printf(good ? "encrypted otherwise\n" : "bad\n");
    }
}

/* words: PRIVATE PUBLIC */
static void agree(psa_ecc_family_t family, size_t bits)
{
    unsigned char secret[100];
    size_t size = 0;
    mbedtls_svc_key_id_t key = MBEDTLS_SVC_KEY_ID_INIT;
    psa_key_attributes_t attributes = PSA_KEY_ATTRIBUTES_INIT;
    psa_set_key_usage_flags(&attributes, PSA_KEY_USAGE_DERIVE);
    psa_set_key_algorithm(&attributes, PSA_ALG_ECDH);
    psa_set_key_type(&attributes, PSA_KEY_TYPE_ECC_KEY_PAIR(family));
    psa_set_key_bits(&attributes, bits);
    bool good = psa_import_key(&attributes, values[0].at, values[0].size, &key) == PSA_SUCCESS &&
                psa_raw_key_agreement(PSA_ALG_ECDH, key, values[1].at, values[1].size, secret, sizeof secret, &size) == PSA_SUCCESS;
    (void)psa_destroy_key(key);
    if (good) {
        put_hex(secret, size);
    } else {
        printf("bad\n");
    }
}

static void answer(char *line)
{
    char *word[WORDS_MAX] = {line};
    size_t count = 0;
    while (count < WORDS_MAX) {
        word[count++] = line;
        line += strcspn(line, " ");
        if (*line == '\0') {
            break;
        }
        *line++ = '\0';
    }
    const char *verb = word[0];
    bool pss = strcmp(verb, "pss") == 0;
    bool signature = pss || strcmp(verb, "pkcs1") == 0 || strcmp(verb, "ecdsa") == 0;
    size_t first = signature ? 2U + pss : 1;
    for (size_t i = first; i < count; i++) {
        if (!unhex(word[i], &values[i - first])) {
            printf("no hex\n");
            return;
        }
    }
    if (signature && count == first + 3) {
        mbedtls_pk_type_t type = pss ? MBEDTLS_PK_RSASSA_PSS : verb[0] == 'p' ? MBEDTLS_PK_RSA : MBEDTLS_PK_ECDSA;
        say(verify(type, hash_of(word[1]), pss ? (int)strtol(word[2], NULL, 10) : 0));
    } else if (strcmp(verb, "gcm") == 0 && count == 6) {
        decrypt(values[0].size == 16 ? MBEDTLS_CIPHER_AES_128_GCM : MBEDTLS_CIPHER_AES_256_GCM);
    } else if (strcmp(verb, "chacha") == 0 && count == 6) {
        decrypt(MBEDTLS_CIPHER_CHACHA20_POLY1305);
    } else if (strcmp(verb, "x25519") == 0 && count == 3) {
        agree(PSA_ECC_FAMILY_MONTGOMERY, 255);
    } else if (verb[0] == 'p' && count == 3) {
        agree(PSA_ECC_FAMILY_SECP_R1, (size_t)strtoul(verb + 1, NULL, 10));
    } else {
        printf("no such question\n");
    }
}

struct self_test {
    const char *name;
    int (*run)(int verbose);
};

static const struct self_test self_tests[] = {
    {"bignum", mbedtls_mpi_self_test},      {"rsa", mbedtls_rsa_self_test},           {"ecp", mbedtls_ecp_self_test},
    {"aes", mbedtls_aes_self_test},         {"gcm", mbedtls_gcm_self_test},           {"chacha20", mbedtls_chacha20_self_test},
    {"poly1305", mbedtls_poly1305_self_test}, {"chachapoly", mbedtls_chachapoly_self_test}, {"sha1", mbedtls_sha1_self_test},
    {"sha224", mbedtls_sha224_self_test},   {"sha256", mbedtls_sha256_self_test},     {"sha384", mbedtls_sha384_self_test},
    {"sha512", mbedtls_sha512_self_test},   {"pkcs5", mbedtls_pkcs5_self_test},
};

static int run_self_tests(void)
{
    unsigned failed = 0;
    for (size_t i = 0; i < sizeof self_tests / sizeof self_tests[0]; i++) {
        bool good = self_tests[i].run(0) == 0;
        printf("%s: %s\n", self_tests[i].name, good ? "good" : "BAD");
        failed += !good;
    }
    printf("%u passed, %u failed\n", (unsigned)(sizeof self_tests / sizeof self_tests[0]) - failed, failed);
    return failed > 0;
}

int main(int argc, char **argv)
{
    static char line[LINE_MAX_SIZE];
    struct fault f = {0};
    if (!tls_start(now, &f)) {
        fprintf(stderr, "vectors: %s\n", f.text);
        return 2;
    }
    if (argc == 2 && strcmp(argv[1], "self-test") == 0) {
        return run_self_tests();
    }
    while (fgets(line, sizeof line, stdin) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        answer(line);
    }
    tls_stop();
    return 0;
}
