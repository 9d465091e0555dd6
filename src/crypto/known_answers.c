/*
 * known_answers.c - known answers of the algorithms; see known_answers.h.
 *
 * Where no standard is named, the answer is of openssl 3.0 or of Python's own arithmetic, and openssl agreed.
 */
#include "crypto/known_answers.h"

#include "crypto/key_cipher.h"
#include "os/os.h"

#include <mbedtls/chachapoly.h>
#include <mbedtls/gcm.h>
#include <mbedtls/md.h>
#include <mbedtls/pk.h>
#include <mbedtls/rsa.h>
#include <psa/crypto.h>

#include <string.h>

enum { SHA256_SIZE = 32, RSA_SIZE = 256, RSA_PRIME = RSA_SIZE / 2, TAG_SIZE = 16, NONCE_SIZE = 12 };

/* Vectors are bytes; string literals are the shortest way to write them. */
#define BYTES(text) ((const unsigned char *)(text))

static bool same(const void *got, const void *want, size_t size)
{
    return memcmp(got, want, size) == 0;
}

static int random_bytes(void *context, unsigned char *to, size_t size)
{
    (void)context;
    return os_random(to, size) ? 0 : MBEDTLS_ERR_RSA_RNG_FAILED;
}

/* ---- hashes: FIPS 180-4, "abc" ---- */

static bool digest(mbedtls_md_type_t type, const char *text, const char *want)
{
    unsigned char got[MBEDTLS_MD_MAX_SIZE];
    const mbedtls_md_info_t *md = mbedtls_md_info_from_type(type);
    return mbedtls_md(md, BYTES(text), strlen(text), got) == 0 && same(got, want, mbedtls_md_get_size(md));
}

static bool sha1(void)
{
    return digest(MBEDTLS_MD_SHA1, "abc",
                  "\xa9\x99\x3e\x36\x47\x06\x81\x6a\xba\x3e\x25\x71\x78\x50\xc2\x6c\x9c\xd0\xd8\x9d");
}

static bool sha256(void)
{
    return digest(MBEDTLS_MD_SHA256, "abc",
                  "\xba\x78\x16\xbf\x8f\x01\xcf\xea\x41\x41\x40\xde\x5d\xae\x22\x23"
                  "\xb0\x03\x61\xa3\x96\x17\x7a\x9c\xb4\x10\xff\x61\xf2\x00\x15\xad");
}

static bool sha384(void)
{
    return digest(MBEDTLS_MD_SHA384, "abc",
                  "\xcb\x00\x75\x3f\x45\xa3\x5e\x8b\xb5\xa0\x3d\x69\x9a\xc6\x50\x07\x27\x2c\x32\xab\x0e\xde\xd1\x63"
                  "\x1a\x8b\x60\x5a\x43\xff\x5b\xed\x80\x86\x07\x2b\xa1\xe7\xcc\x23\x58\xba\xec\xa1\x34\xc8\x25\xa7");
}

static bool sha512(void)
{
    return digest(MBEDTLS_MD_SHA512, "abc",
                  "\xdd\xaf\x35\xa1\x93\x61\x7a\xba\xcc\x41\x73\x49\xae\x20\x41\x31\x12\xe6\xfa\x4e\x89\xa9\x7e\xa2"
                  "\x0a\x9e\xee\xe6\x4b\x55\xd3\x9a\x21\x92\x99\x2a\x27\x4f\xc1\xa8\x36\xba\x3c\x23\xa3\xfe\xeb\xbd"
                  "\x45\x4d\x44\x23\x64\x3c\xe8\x0e\x2a\x9a\xc9\x4f\xa5\x4c\xa4\x9f");
}

/* RFC 4231 section 4.3 */
static bool hmac(void)
{
    static const char key[] = "Jefe", text[] = "what do ya want for nothing?";
    unsigned char got[SHA256_SIZE];
    return mbedtls_md_hmac(mbedtls_md_info_from_type(MBEDTLS_MD_SHA256), BYTES(key), sizeof key - 1, BYTES(text), sizeof text - 1,
                           got) == 0 &&
           same(got,
                "\x5b\xdc\xc1\x46\xbf\x60\x75\x4e\x6a\x04\x24\x26\x08\x95\x75\xc7"
                "\x5a\x00\x3f\x08\x9d\x27\x39\x83\x9d\xec\x58\xb9\x64\xec\x38\x43",
                sizeof got);
}

/* RFC 5869 A.1, the second step: as TLS 1.3 derives its keys. */
static bool hkdf(void)
{
    unsigned char got[42];
    psa_key_derivation_operation_t work = PSA_KEY_DERIVATION_OPERATION_INIT;
    static const char prk[] =
        "\x07\x77\x09\x36\x2c\x2e\x32\xdf\x0d\xdc\x3f\x0d\xc4\x7b\xba\x63"
        "\x90\xb6\xc7\x3b\xb5\x0f\x9c\x31\x22\xec\x84\x4a\xd7\xc2\xb3\xe5";
    bool ok = psa_key_derivation_setup(&work, PSA_ALG_HKDF_EXPAND(PSA_ALG_SHA_256)) == PSA_SUCCESS &&
              psa_key_derivation_input_bytes(&work, PSA_KEY_DERIVATION_INPUT_SECRET, BYTES(prk), sizeof prk - 1) == PSA_SUCCESS &&
              psa_key_derivation_input_bytes(&work, PSA_KEY_DERIVATION_INPUT_INFO,
                                             BYTES("\xf0\xf1\xf2\xf3\xf4\xf5\xf6\xf7\xf8\xf9"), 10) == PSA_SUCCESS &&
              psa_key_derivation_output_bytes(&work, got, sizeof got) == PSA_SUCCESS;
    (void)psa_key_derivation_abort(&work);
    return ok && same(got,
                      "\x3c\xb2\x5f\x25\xfa\xac\xd5\x7a\x90\x43\x4f\x64\xd0\x36\x2f\x2a\x2d\x2d\x0a\x90\xcf"
                      "\x1a\x5a\x4c\x5d\xb0\x2d\x56\xec\xc4\xc5\xbf\x34\x00\x72\x08\xd5\xb8\x87\x18\x58\x65",
                      sizeof got);
}

/* ---- ciphers: sixteen zeros, under a key and a nonce of zeros; a damaged tag must not pass ---- */

static const unsigned char zeros[32];

/* The GCM specification (McGrew and Viega), test case 2. */
static bool aes_gcm(void)
{
    static const char want[] =
        "\x03\x88\xda\xce\x60\xb6\xa3\x92\xf3\x28\xc2\xb9\x71\xb2\xfe\x78"
        "\xab\x6e\x47\xd4\x2c\xec\x13\xbd\xf5\x3a\x67\xb2\x12\x57\xbd\xdf";
    unsigned char got[TAG_SIZE * 2], plain[TAG_SIZE];
    mbedtls_gcm_context gcm;
    mbedtls_gcm_init(&gcm);
    bool ok = mbedtls_gcm_setkey(&gcm, MBEDTLS_CIPHER_ID_AES, zeros, 128) == 0 &&
              mbedtls_gcm_crypt_and_tag(&gcm, MBEDTLS_GCM_ENCRYPT, TAG_SIZE, zeros, NONCE_SIZE, NULL, 0, zeros, got, TAG_SIZE,
                                        got + TAG_SIZE) == 0 &&
              same(got, want, sizeof got) &&
              mbedtls_gcm_auth_decrypt(&gcm, TAG_SIZE, zeros, NONCE_SIZE, NULL, 0, got + TAG_SIZE, TAG_SIZE, got, plain) == 0 &&
              same(plain, zeros, sizeof plain);
    got[TAG_SIZE] ^= 1;
    ok = ok && mbedtls_gcm_auth_decrypt(&gcm, TAG_SIZE, zeros, NONCE_SIZE, NULL, 0, got + TAG_SIZE, TAG_SIZE, got, plain) != 0;
    mbedtls_gcm_free(&gcm);
    return ok;
}

/* RFC 8439 section 2.8, worked out for these inputs. */
static bool chacha20_poly1305(void)
{
    static const char want[] =
        "\x9f\x07\xe7\xbe\x55\x51\x38\x7a\x98\xba\x97\x7c\x73\x2d\x08\x0d"
        "\xc3\x4a\x88\x04\x73\x20\xf5\x2a\xa2\xc6\x68\x3e\xf8\x08\x4d\x2f";
    unsigned char got[TAG_SIZE * 2], plain[TAG_SIZE];
    mbedtls_chachapoly_context box;
    mbedtls_chachapoly_init(&box);
    bool ok = mbedtls_chachapoly_setkey(&box, zeros) == 0 &&
              mbedtls_chachapoly_encrypt_and_tag(&box, TAG_SIZE, zeros, NULL, 0, zeros, got, got + TAG_SIZE) == 0 &&
              same(got, want, sizeof got) &&
              mbedtls_chachapoly_auth_decrypt(&box, TAG_SIZE, zeros, NULL, 0, got + TAG_SIZE, got, plain) == 0 &&
              same(plain, zeros, sizeof plain);
    got[TAG_SIZE] ^= 1;
    ok = ok && mbedtls_chachapoly_auth_decrypt(&box, TAG_SIZE, zeros, NULL, 0, got + TAG_SIZE, got, plain) != 0;
    mbedtls_chachapoly_free(&box);
    return ok;
}

/* ---- key agreement ---- */

static bool agree(psa_ecc_family_t family, const char *own, const char *peer, size_t peer_size, const char *want)
{
    unsigned char got[32];
    size_t size = 0;
    mbedtls_svc_key_id_t key = MBEDTLS_SVC_KEY_ID_INIT;
    psa_key_attributes_t attributes = PSA_KEY_ATTRIBUTES_INIT;
    psa_set_key_usage_flags(&attributes, PSA_KEY_USAGE_DERIVE);
    psa_set_key_algorithm(&attributes, PSA_ALG_ECDH);
    psa_set_key_type(&attributes, PSA_KEY_TYPE_ECC_KEY_PAIR(family));
    bool ok = psa_import_key(&attributes, BYTES(own), sizeof got, &key) == PSA_SUCCESS &&
              psa_raw_key_agreement(PSA_ALG_ECDH, key, BYTES(peer), peer_size, got, sizeof got, &size) == PSA_SUCCESS &&
              size == sizeof got && same(got, want, size);
    (void)psa_destroy_key(key);
    return ok;
}

/* RFC 7748 section 5.2 */
static bool x25519(void)
{
    return agree(PSA_ECC_FAMILY_MONTGOMERY,
                 "\xa5\x46\xe3\x6b\xf0\x52\x7c\x9d\x3b\x16\x15\x4b\x82\x46\x5e\xdd"
                 "\x62\x14\x4c\x0a\xc1\xfc\x5a\x18\x50\x6a\x22\x44\xba\x44\x9a\xc4",
                 "\xe6\xdb\x68\x67\x58\x30\x30\xdb\x35\x94\xc1\xa4\x24\xb1\x5f\x7c"
                 "\x72\x66\x24\xec\x26\xb3\x35\x3b\x10\xa9\x03\xa6\xd0\xab\x1c\x4c",
                 32,
                 "\xc3\xda\x55\x37\x9d\xe9\xc6\x90\x8e\x94\xea\x4d\xf2\x8d\x08\x4f"
                 "\x32\xec\xcf\x03\x49\x1c\x71\xf7\x54\xb4\x07\x55\x77\xa2\x85\x52");
}

/* NIST CAVP, ECC CDH primitive, P-256, count 0. */
static bool ecdh_p256(void)
{
    return agree(PSA_ECC_FAMILY_SECP_R1,
                 "\x7d\x7d\xc5\xf7\x1e\xb2\x9d\xda\xf8\x0d\x62\x14\x63\x2e\xea\xe0"
                 "\x3d\x90\x58\xaf\x1f\xb6\xd2\x2e\xd8\x0b\xad\xb6\x2b\xc1\xa5\x34",
                 "\x04"
                 "\x70\x0c\x48\xf7\x7f\x56\x58\x4c\x5c\xc6\x32\xca\x65\x64\x0d\xb9"
                 "\x1b\x6b\xac\xce\x3a\x4d\xf6\xb4\x2c\xe7\xcc\x83\x88\x33\xd2\x87"
                 "\xdb\x71\xe5\x09\xe3\xfd\x9b\x06\x0d\xdb\x20\xba\x5c\x51\xdc\xc5"
                 "\x94\x8d\x46\xfb\xf6\x40\xdf\xe0\x44\x17\x82\xca\xb8\x5f\xa4\xac",
                 65,
                 "\x46\xfc\x62\x10\x64\x20\xff\x01\x2e\x54\xa4\x34\xfb\xdd\x2d\x25"
                 "\xcc\xc5\x85\x20\x60\x56\x1e\x68\x04\x0d\xd7\x77\x89\x97\xbd\x7b");
}

/* ---- signatures ---- */

/* RFC 6979 A.2.5: the private key as RFC 5915 writes it, and the signature of "sample". */
static bool ecdsa_p256(void)
{
    static const char key[] =
        "\x30\x31\x02\x01\x01\x04\x20\xc9\xaf\xa9\xd8\x45\xba\x75\x16\x6b\x5c\x21\x57\x67\xb1\xd6\x93\x4e\x50\xc3"
        "\xdb\x36\xe8\x9b\x12\x7b\x8a\x62\x2b\x12\x0f\x67\x21\xa0\x0a\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07";
    static const char want[] =
        "\x30\x46\x02\x21\x00\xef\xd4\x8b\x2a\xac\xb6\xa8\xfd\x11\x40\xdd\x9c\xd4\x5e\x81\xd6\x9d\x2c\x87"
        "\x7b\x56\xaa\xf9\x91\xc3\x4d\x0e\xa8\x4e\xaf\x37\x16\x02\x21\x00\xf7\xcb\x1c\x94\x2d\x65\x7c\x41"
        "\xd4\x36\xc7\xa1\xb6\xe2\x9f\x65\xf3\xe9\x00\xdb\xb9\xaf\xf4\x06\x4d\xc4\xab\x2f\x84\x3a\xcd\xa8";
    unsigned char hash[SHA256_SIZE], own[MBEDTLS_PK_SIGNATURE_MAX_SIZE];
    size_t size = 0;
    mbedtls_pk_context pk;
    mbedtls_pk_init(&pk);
    bool ok = mbedtls_md(mbedtls_md_info_from_type(MBEDTLS_MD_SHA256), BYTES("sample"), 6, hash) == 0 &&
              mbedtls_pk_parse_key(&pk, BYTES(key), sizeof key - 1, NULL, 0, random_bytes, NULL) == 0 &&
              mbedtls_pk_verify(&pk, MBEDTLS_MD_SHA256, hash, sizeof hash, BYTES(want), sizeof want - 1) == 0 &&
              mbedtls_pk_sign(&pk, MBEDTLS_MD_SHA256, hash, sizeof hash, own, sizeof own, &size, random_bytes, NULL) == 0 &&
              mbedtls_pk_verify(&pk, MBEDTLS_MD_SHA256, hash, sizeof hash, own, size) == 0;
    hash[0] ^= 1;
    ok = ok && mbedtls_pk_verify(&pk, MBEDTLS_MD_SHA256, hash, sizeof hash, BYTES(want), sizeof want - 1) != 0;
    mbedtls_pk_free(&pk);
    return ok;
}

static const char rsa_primes[] =
    "\xf9\xa4\x77\x9f\x4c\xb6\xbf\xd8\x0c\xeb\x4a\xa5\x32\xeb\xf6\xe8\x31\xb0\x66\x54\xd7\xb8\xbd\x08\x01\x9c\x53\x1c\x51\x99\x67\xe8"
    "\xfd\xf4\xc7\x36\x97\x9d\xbc\x9b\x5e\xc7\x3e\x89\x54\x69\x8c\x2c\x90\x84\xfb\xf9\xe6\x94\x6b\xcb\x4d\x86\x29\xc2\x06\x9b\x77\x18"
    "\x09\xc6\x98\xe5\xa1\x28\x67\x55\x7f\x89\xbb\xe6\xad\x5a\xc1\xf1\x05\x4f\xa7\x25\x4b\xe2\xe2\x56\xb5\xd8\xbf\x15\x50\x2f\x7b\xec"
    "\x02\x90\x3c\x4f\x32\xf4\xb2\x1a\xe6\xfd\xd4\xc3\x5e\x58\xcd\x1c\xee\xf6\x78\x63\x46\x2a\xe2\x7c\x94\x9e\xd5\x87\x92\x09\x03\x65"
    "\xf9\x14\xa7\x35\xc0\x5c\x20\x41\x4d\x60\xab\x9e\xd6\x52\xc3\x00\xcd\x1d\x66\x54\xaa\x8c\x4d\x21\xd3\xe6\x61\xe5\x07\x4c\xa9\xd9"
    "\x02\xc4\xa4\x5c\xe4\x25\x01\x4a\x02\x69\xdc\xc6\xb7\xd8\xc3\xc4\x89\x42\x56\xeb\x02\xa0\xda\xba\xd6\x26\xf7\x7e\x39\xd4\x78\xae"
    "\x27\xc8\x95\xc5\x5c\x72\xc4\x5e\x2d\x16\x39\x19\x44\xe4\xf8\x41\x3b\xbe\x98\xe4\x3e\x1e\x02\xa3\xe1\x0e\xe7\x56\xd2\x97\xeb\x96"
    "\xd3\xc7\x43\x06\x10\x94\x96\x4c\x71\xa3\x0a\x3c\x6e\x27\xe3\xb9\x81\xc6\x5a\xe4\x77\x53\x1b\x89\x9a\x1d\xe7\x7c\x95\xcc\x8a\x3b";

static bool rsa_open(mbedtls_rsa_context *rsa)
{
    mbedtls_rsa_init(rsa);
    return mbedtls_rsa_import_raw(rsa, NULL, 0, BYTES(rsa_primes), RSA_PRIME, BYTES(rsa_primes) + RSA_PRIME, RSA_PRIME, NULL, 0,
                                  BYTES("\x01\x00\x01"), 3) == 0 &&
           mbedtls_rsa_complete(rsa) == 0;
}

static bool hash_of(const unsigned char *signature, const char *want)
{
    unsigned char hash[SHA256_SIZE];
    return mbedtls_md(mbedtls_md_info_from_type(MBEDTLS_MD_SHA256), signature, RSA_SIZE, hash) == 0 && same(hash, want, sizeof hash);
}

/* The signature of a hash of zeros, known by its own hash. */
static bool rsa_pkcs1(void)
{
    unsigned char signature[RSA_SIZE], hash[SHA256_SIZE] = {0};
    mbedtls_rsa_context rsa;
    bool ok = rsa_open(&rsa) &&
              mbedtls_rsa_pkcs1_sign(&rsa, random_bytes, NULL, MBEDTLS_MD_SHA256, sizeof hash, hash, signature) == 0 &&
              hash_of(signature,
                      "\xbd\xab\xd5\xe1\xa0\x56\x11\x1a\x41\x30\xcf\xcb\x0d\x5d\xa1\x32"
                      "\xfe\xfc\x8c\xe8\x39\x1b\x29\xab\xb9\x8d\x0f\x8e\xe5\x14\x31\xc6") &&
              mbedtls_rsa_pkcs1_verify(&rsa, MBEDTLS_MD_SHA256, sizeof hash, hash, signature) == 0;
    hash[0] ^= 1;
    ok = ok && mbedtls_rsa_pkcs1_verify(&rsa, MBEDTLS_MD_SHA256, sizeof hash, hash, signature) != 0;
    mbedtls_rsa_free(&rsa);
    return ok;
}

/* No random numbers at all: the salt of a known answer has to be known. */
static int salt_bytes(void *context, unsigned char *to, size_t size)
{
    (void)context;
    memset(to, 0x5a, size);
    return 0;
}

static bool rsa_pss(void)
{
    unsigned char signature[RSA_SIZE], hash[SHA256_SIZE] = {0};
    mbedtls_rsa_context rsa;
    bool ok = rsa_open(&rsa) && mbedtls_rsa_set_padding(&rsa, MBEDTLS_RSA_PKCS_V21, MBEDTLS_MD_SHA256) == 0 &&
              mbedtls_rsa_pkcs1_sign(&rsa, salt_bytes, NULL, MBEDTLS_MD_SHA256, sizeof hash, hash, signature) == 0 &&
              hash_of(signature,
                      "\x38\x49\xd7\xdc\x08\x67\xb0\xff\x14\x48\x85\x65\x04\xcc\xfe\xb9"
                      "\x93\xc4\xa3\x4d\x04\xa6\x33\x7c\x2c\xd8\x55\xb2\xd3\xb4\x65\x1d") &&
              mbedtls_rsa_pkcs1_verify(&rsa, MBEDTLS_MD_SHA256, sizeof hash, hash, signature) == 0;
    hash[0] ^= 1;
    ok = ok && mbedtls_rsa_pkcs1_verify(&rsa, MBEDTLS_MD_SHA256, sizeof hash, hash, signature) != 0;
    mbedtls_rsa_free(&rsa);
    return ok;
}

/* ---- key files ---- */

/* The key of ecdsa_p256(), encrypted by openssl: PBKDF2 with HMAC-SHA-256, 1000 rounds, AES-256-CBC; the password is "unisolate". */
static bool key_file(void)
{
    static const char file[] =
        "\x30\x81\xec\x30\x57\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x05\x0d\x30\x4a\x30\x29\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x05"
        "\x0c\x30\x1c\x04\x08\x7f\x12\xc7\xe0\xf3\x52\x5b\xe7\x02\x02\x03\xe8\x30\x0c\x06\x08\x2a\x86\x48\x86\xf7\x0d\x02\x09\x05"
        "\x00\x30\x1d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x01\x2a\x04\x10\xef\x6b\xc9\x6f\x44\x16\x97\x95\x20\x1f\x65\x43\xff\x73"
        "\x90\xe6\x04\x81\x90\x2c\x37\x76\x09\xe0\xcb\xfb\x8d\x12\x7e\xab\x9e\x3e\x37\x54\xca\x8e\x91\x97\x9d\xfb\xaa\x9a\x4e\x2c"
        "\x2d\xa8\xf6\xb7\xb3\xfb\xef\xae\x2f\x6f\x5b\xaa\xca\x40\x8b\x36\xd4\xbc\xaa\x2c\xa9\x2d\x0f\xd8\x37\x44\x10\x64\xc2\xd5"
        "\x43\xbb\x2a\xe2\x21\x2b\x6d\x46\xdb\xe1\x52\x3c\x75\x7e\xa9\xe7\xd1\x6f\xf3\xff\x4c\xd3\x14\x65\xdc\x9a\x03\x32\xa1\x01"
        "\x81\x00\x54\x8d\x56\xc1\x28\x7a\xe3\x28\x86\x7f\x31\xc2\x4a\x7f\x58\x50\x5b\xab\xc9\x54\xc3\xaa\x9d\x07\x0b\xdd\xb6\x79"
        "\x76\x04\x82\x09\xfd\x5b\x9d\xa1\xe5\xe1\x42\x7b\xd8\x33\xf2\xa2\xa4\xc3\x7d\xd1\x03\x67\x95\xb5\xed\x19\x85\xfe\xc5";
    struct span der = span_make(file, sizeof file - 1);
    struct secret password = {0};
    struct fault ignored = {0};
    struct buf plain = buf_init(der.size);
    bool ok = secret_copy(&password, SPAN("unisolate")) && key_cipher_check(der, "", &ignored) &&
              key_cipher_open(der, &password, "", &plain, &ignored) && span_contains(buf_span(&plain), SPAN("\xc9\xaf\xa9\xd8\x45\xba"));
    secret_free(&password);
    buf_free(&plain);
    return ok;
}

/* ---- of the program's own constants ---- */

bool known_answer_sum(struct span bytes, const unsigned char sum[32])
{
    unsigned char got[32];
    return mbedtls_md(mbedtls_md_info_from_type(MBEDTLS_MD_SHA256), BYTES(bytes.at), bytes.size, got) == 0 &&
           memcmp(got, sum, sizeof got) == 0;
}

const struct known_answer known_answers[] = {
    {"SHA-1", sha1},
    {"SHA-256", sha256},
    {"SHA-384", sha384},
    {"SHA-512", sha512},
    {"HMAC", hmac},
    {"HKDF", hkdf},
    {"AES-GCM", aes_gcm},
    {"ChaCha20", chacha20_poly1305},
    {"X25519", x25519},
    {"ECDH-P256", ecdh_p256},
    {"ECDSA-P256", ecdsa_p256},
    {"RSA-PKCS1", rsa_pkcs1},
    {"RSA-PSS", rsa_pss},
    {"key-file", key_file},
};

const size_t known_answer_count = sizeof known_answers / sizeof known_answers[0];
