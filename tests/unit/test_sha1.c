/*
 * test_sha1.c - crypto/sha1: the examples of NIST, at every split, and every length around a block.
 */
#include "unit.h"

#include <mbedtls/sha1.h>

#include <string.h>

struct row {
    const char *text;
    unsigned repeated;
    unsigned char sum[20];
};

/* NIST, "Cryptographic Standards and Guidelines: Example Values", SHA1.pdf; FIPS 180-1 appendix C for the million */
static const struct row rows[] = {
    {"", 1, {0xda, 0x39, 0xa3, 0xee, 0x5e, 0x6b, 0x4b, 0x0d, 0x32, 0x55, 0xbf, 0xef, 0x95, 0x60, 0x18, 0x90, 0xaf, 0xd8, 0x07, 0x09}},
    {"abc", 1, {0xa9, 0x99, 0x3e, 0x36, 0x47, 0x06, 0x81, 0x6a, 0xba, 0x3e, 0x25, 0x71, 0x78, 0x50, 0xc2, 0x6c, 0x9c, 0xd0, 0xd8, 0x9d}},
    {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 1,
     {0x84, 0x98, 0x3e, 0x44, 0x1c, 0x3b, 0xd2, 0x6e, 0xba, 0xae, 0x4a, 0xa1, 0xf9, 0x51, 0x29, 0xe5, 0xe5, 0x46, 0x70, 0xf1}},
    {"aaaaaaaaaa", 100000,
     {0x34, 0xaa, 0x97, 0x3c, 0xd4, 0xc4, 0xda, 0xa4, 0xf6, 0x1e, 0xeb, 0x2b, 0xdb, 0xad, 0x27, 0x31, 0x65, 0x34, 0x01, 0x6f}},
};

static void examples(void)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        size_t size = strlen(rows[i].text);
        unit_row("%.10s", rows[i].text);
        for (size_t split = 0; split <= size; split++) {
            unsigned char sum[20];
            mbedtls_sha1_context c;
            mbedtls_sha1_init(&c);
            CHECK_EQUAL_INT(mbedtls_sha1_starts(&c), 0);
            for (unsigned n = 0; n < rows[i].repeated; n++) {
                CHECK_EQUAL_INT(mbedtls_sha1_update(&c, (const unsigned char *)rows[i].text, split), 0);
                CHECK_EQUAL_INT(mbedtls_sha1_update(&c, (const unsigned char *)rows[i].text + split, size - split), 0);
            }
            CHECK_EQUAL_INT(mbedtls_sha1_finish(&c, sum), 0);
            CHECK_EQUAL_SPAN(span_make((const char *)sum, 20), span_make((const char *)rows[i].sum, 20));
            mbedtls_sha1_free(&c);
            if (rows[i].repeated > 1 && split > 1) {
                break;
            }
        }
    }
}

/* The sum of the sums of 0 to 200 bytes 'x', as Python's hashlib makes it. */
static void every_length(void)
{
    static const unsigned char want[20] = {0xe0, 0x71, 0xbb, 0xfd, 0x30, 0x6c, 0xae, 0xa4, 0x4e, 0x40,
                                            0x27, 0x21, 0x1a, 0xfa, 0xe4, 0xa1, 0xfb, 0x3f, 0x09, 0x99};
    unsigned char text[200], sum[20];
    mbedtls_sha1_context all;
    memset(text, 'x', sizeof text);
    mbedtls_sha1_init(&all);
    mbedtls_sha1_starts(&all);
    for (size_t size = 0; size <= sizeof text; size++) {
        CHECK_EQUAL_INT(mbedtls_sha1(text, size, sum), 0);
        mbedtls_sha1_update(&all, sum, sizeof sum);
    }
    mbedtls_sha1_finish(&all, sum);
    CHECK_EQUAL_SPAN(span_make((const char *)sum, 20), span_make((const char *)want, 20));
}

static const struct unit_test tests[] = {TEST(examples), TEST(every_length)};
UNIT_MAIN(tests)
