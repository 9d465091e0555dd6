/*
 * test_ladder.c - the step of the X25519 ladder: beside arithmetic of mbedTLS, and within X25519 by the vectors of RFC 7748 section 5.2.
 */
/* links: fake/os_fake.c */
#include "unit.h"

#include "fake/os_fake.h"
#include "net/ladder.h"
#include "net/tls_hooks.h"

#include <mbedtls/bignum.h>
#include <psa/crypto.h>

enum { KEY = 32 };

static int64_t now(void)
{
    return 0;
}

static void start(void)
{
    struct fault f = {0};
    os_fake_reset();
    CHECK(tls_start(now, &f));
}

/* ---- one step ---- */

#ifdef __SIZEOF_INT128__

static mbedtls_mpi prime;

static void number_of(const struct ladder_number *from, mbedtls_mpi *to)
{
    unsigned char bytes[KEY];
    for (size_t i = 0; i < KEY; i++) {
        bytes[i] = (unsigned char)(from->word[i / 8] >> i % 8 * 8);
    }
    CHECK_EQUAL_INT(mbedtls_mpi_read_binary_le(to, bytes, KEY), 0);
}

static void reduce(mbedtls_mpi *n)
{
    CHECK_EQUAL_INT(mbedtls_mpi_mod_mpi(n, n, &prime), 0);
}

static void multiply(mbedtls_mpi *to, const mbedtls_mpi *a, const mbedtls_mpi *b)
{
    CHECK_EQUAL_INT(mbedtls_mpi_mul_mpi(to, a, b), 0);
    reduce(to);
}

static void check_number(const char *what, const struct ladder_number *got, const mbedtls_mpi *wanted)
{
    mbedtls_mpi n;
    mbedtls_mpi_init(&n);
    number_of(got, &n);
    if (mbedtls_mpi_cmp_mpi(&n, wanted) != 0) {
        unit_fail(__FILE__, __LINE__, "%s is not what mbedTLS computes", what);
    }
    mbedtls_mpi_free(&n);
}

enum { PX, PZ, QX, QZ, D, SUM_P, DIFFERENCE_P, SUM_Q, DIFFERENCE_Q, CROSS_1, CROSS_2, T, U, NUMBERS };

/* The formulas of mbedTLS's own step, with its numbers. */
static void check_step(const struct ladder_number in[5])
{
    struct ladder_point r = {in[PX], in[PZ]}, s = {in[QX], in[QZ]};
    mbedtls_mpi n[NUMBERS];
    for (size_t i = 0; i < NUMBERS; i++) {
        mbedtls_mpi_init(&n[i]);
    }
    for (size_t i = 0; i <= D; i++) {
        number_of(&in[i], &n[i]);
    }
    ladder_step(&r, &s, &in[D]);
    CHECK_EQUAL_INT(mbedtls_mpi_add_mpi(&n[SUM_P], &n[PX], &n[PZ]) | mbedtls_mpi_sub_mpi(&n[DIFFERENCE_P], &n[PX], &n[PZ]), 0);
    CHECK_EQUAL_INT(mbedtls_mpi_add_mpi(&n[SUM_Q], &n[QX], &n[QZ]) | mbedtls_mpi_sub_mpi(&n[DIFFERENCE_Q], &n[QX], &n[QZ]), 0);
    multiply(&n[CROSS_1], &n[DIFFERENCE_Q], &n[SUM_P]);
    multiply(&n[CROSS_2], &n[SUM_Q], &n[DIFFERENCE_P]);
    multiply(&n[SUM_P], &n[SUM_P], &n[SUM_P]);
    multiply(&n[DIFFERENCE_P], &n[DIFFERENCE_P], &n[DIFFERENCE_P]);
    multiply(&n[T], &n[SUM_P], &n[DIFFERENCE_P]);
    check_number("x of the doubled point", &r.x, &n[T]);
    CHECK_EQUAL_INT(mbedtls_mpi_sub_mpi(&n[U], &n[SUM_P], &n[DIFFERENCE_P]), 0);
    CHECK_EQUAL_INT(mbedtls_mpi_mul_int(&n[T], &n[U], 121666), 0);
    CHECK_EQUAL_INT(mbedtls_mpi_add_mpi(&n[T], &n[T], &n[DIFFERENCE_P]), 0);
    multiply(&n[T], &n[T], &n[U]);
    check_number("z of the doubled point", &r.z, &n[T]);
    CHECK_EQUAL_INT(mbedtls_mpi_add_mpi(&n[T], &n[CROSS_1], &n[CROSS_2]), 0);
    multiply(&n[T], &n[T], &n[T]);
    check_number("x of the sum", &s.x, &n[T]);
    CHECK_EQUAL_INT(mbedtls_mpi_sub_mpi(&n[T], &n[CROSS_1], &n[CROSS_2]), 0);
    multiply(&n[T], &n[T], &n[T]);
    multiply(&n[T], &n[T], &n[D]);
    check_number("z of the sum", &s.z, &n[T]);
    for (size_t i = 0; i < NUMBERS; i++) {
        mbedtls_mpi_free(&n[i]);
    }
}

#define FULL UINT64_MAX
#define TOP (UINT64_MAX >> 1)

/* Where a carry or the last subtraction may be forgotten. All below 2^255: mbedTLS gives no more. */
static const struct ladder_number edges[] = {
    {{0}},
    {{1}},
    {{FULL - 19, FULL, FULL, TOP}}, /* p - 1 */
    {{FULL - 18, FULL, FULL, TOP}}, /* p */
    {{FULL - 17, FULL, FULL, TOP}}, /* p + 1 */
    {{FULL, FULL, FULL, TOP}},
    {{FULL >> 13}},                     /* the lowest limb full */
    {{0, FULL << 38, 0, 0}},
    {{0, 0, 0, TOP}},
    {{0x5555555555555555, 0xAAAAAAAAAAAAAAAA, 0x5555555555555555, 0x2AAAAAAAAAAAAAAA}},
};

static void step(void)
{
    uint64_t state = 88172645463325252U;
    start();
    mbedtls_mpi_init(&prime);
    number_of(&edges[3], &prime);
    for (size_t i = 0; i < COUNT_OF(edges) * COUNT_OF(edges) * COUNT_OF(edges); i++) {
        size_t a = i % COUNT_OF(edges), b = i / COUNT_OF(edges) % COUNT_OF(edges), c = i / COUNT_OF(edges) / COUNT_OF(edges);
        size_t d = (a + b) % COUNT_OF(edges), e = (b + c) % COUNT_OF(edges);
        const struct ladder_number in[5] = {edges[a], edges[b], edges[c], edges[d], edges[e]};
        unit_row("edges %zu, %zu, %zu", a, b, c);
        check_step(in);
    }
    for (size_t row = 0; row < 300; row++) {
        struct ladder_number in[5];
        for (size_t i = 0; i < 20; i++) {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            in[i / 4].word[i % 4] = state >> (i % 4 == 3);
        }
        unit_row("random numbers %zu", row);
        check_step(in);
    }
    unit_row("%s", "");
    mbedtls_mpi_free(&prime);
    tls_stop();
}

#else

static void step(void)
{
    CHECK(LADDER_WORDS == 4); /* no 128 bits: mbedTLS's own step is used */
}

#endif

/* ---- X25519 ---- */

static void x25519(const unsigned char scalar[KEY], const unsigned char u[KEY], unsigned char out[KEY])
{
    psa_key_attributes_t attributes = PSA_KEY_ATTRIBUTES_INIT;
    psa_key_id_t key = 0;
    size_t size = 0;
    psa_set_key_usage_flags(&attributes, PSA_KEY_USAGE_DERIVE);
    psa_set_key_algorithm(&attributes, PSA_ALG_ECDH);
    psa_set_key_type(&attributes, PSA_KEY_TYPE_ECC_KEY_PAIR(PSA_ECC_FAMILY_MONTGOMERY));
    CHECK_EQUAL_INT(psa_import_key(&attributes, scalar, KEY, &key), PSA_SUCCESS);
    CHECK_EQUAL_INT(psa_raw_key_agreement(PSA_ALG_ECDH, key, u, KEY, out, KEY, &size), PSA_SUCCESS);
    CHECK_EQUAL_INT(size, KEY);
    psa_destroy_key(key);
}

static void vectors(void)
{
    static const struct {
        const char *scalar, *u, *out;
    } rows[] = {
        {"\xa5\x46\xe3\x6b\xf0\x52\x7c\x9d\x3b\x16\x15\x4b\x82\x46\x5e\xdd"
         "\x62\x14\x4c\x0a\xc1\xfc\x5a\x18\x50\x6a\x22\x44\xba\x44\x9a\xc4",
         "\xe6\xdb\x68\x67\x58\x30\x30\xdb\x35\x94\xc1\xa4\x24\xb1\x5f\x7c"
         "\x72\x66\x24\xec\x26\xb3\x35\x3b\x10\xa9\x03\xa6\xd0\xab\x1c\x4c",
         "\xc3\xda\x55\x37\x9d\xe9\xc6\x90\x8e\x94\xea\x4d\xf2\x8d\x08\x4f"
         "\x32\xec\xcf\x03\x49\x1c\x71\xf7\x54\xb4\x07\x55\x77\xa2\x85\x52"},
        {"\x4b\x66\xe9\xd4\xd1\xb4\x67\x3c\x5a\xd2\x26\x91\x95\x7d\x6a\xf5"
         "\xc1\x1b\x64\x21\xe0\xea\x01\xd4\x2c\xa4\x16\x9e\x79\x18\xba\x0d",
         "\xe5\x21\x0f\x12\x78\x68\x11\xd3\xf4\xb7\x95\x9d\x05\x38\xae\x2c"
         "\x31\xdb\xe7\x10\x6f\xc0\x3c\x3e\xfc\x4c\xd5\x49\xc7\x15\xa4\x93",
         "\x95\xcb\xde\x94\x76\xe8\x90\x7d\x7a\xad\xe4\x5c\xb4\xb8\x73\xf8"
         "\x8b\x59\x5a\x68\x79\x9f\xa1\x52\xe6\xf8\xf7\x64\x7a\xac\x79\x57"},
    };
    start();
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        unsigned char out[KEY];
        x25519((const unsigned char *)rows[i].scalar, (const unsigned char *)rows[i].u, out);
        CHECK(memcmp(out, rows[i].out, KEY) == 0);
    }
    tls_stop();
}

/* Each result is the next scalar, and each scalar the next point. */
static void a_thousand_times(void)
{
    static const char once[] = "\x42\x2c\x8e\x7a\x62\x27\xd7\xbc\xa1\x35\x0b\x3e\x2b\xb7\x27\x9f"
                               "\x78\x97\xb8\x7b\xb6\x85\x4b\x78\x3c\x60\xe8\x03\x11\xae\x30\x79";
    static const char in_the_end[] = "\x68\x4c\xf5\x9b\xa8\x33\x09\x55\x28\x00\xef\x56\x6f\x2f\x4d\x3c"
                                     "\x1c\x38\x87\xc4\x93\x60\xe3\x87\x5f\x2e\xb9\x4d\x99\x53\x2c\x51";
    unsigned char scalar[KEY] = {9}, u[KEY] = {9}, out[KEY];
    start();
    for (int i = 0; i < 1000; i++) {
        x25519(scalar, u, out);
        CHECK(i != 0 || memcmp(out, once, KEY) == 0);
        memcpy(u, scalar, KEY);
        memcpy(scalar, out, KEY);
    }
    CHECK(memcmp(scalar, in_the_end, KEY) == 0);
    tls_stop();
}

static const struct unit_test tests[] = {TEST(step), TEST(vectors), TEST(a_thousand_times)};
UNIT_MAIN(tests)
