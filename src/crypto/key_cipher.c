/*
 * key_cipher.c - encrypted private keys; see key_cipher.h.
 */
#include "crypto/key_cipher.h"

#include "codec/der.h"

#include <mbedtls/pkcs5.h>

const char key_cipher_advice[] = "convert it: (openssl pkey -in FILE -aes256; openssl x509 -in FILE) >NEW.pem";

/* Object identifiers, contents only. */
struct oid_row {
    struct span oid; /* a prefix of them where it ends early */
    const char *name;
};

static const struct span oid_pbes2 = {"\x2a\x86\x48\x86\xf7\x0d\x01\x05\x0d", 9};
static const struct span oid_pbkdf2 = {"\x2a\x86\x48\x86\xf7\x0d\x01\x05\x0c", 9};
static const struct span oid_hmac = {"\x2a\x86\x48\x86\xf7\x0d\x02", 7};
static const struct span oid_aes = {"\x60\x86\x48\x01\x65\x03\x04\x01", 8};

static const struct oid_row schemes[] = {
    {{"\x2a\x86\x48\x86\xf7\x0d\x01\x0c\x01", 9}, "a PKCS #12 scheme"},
    {{"\x2a\x86\x48\x86\xf7\x0d\x01\x05", 8}, "PBES1"},
};

static const struct oid_row functions[] = {
    {{"\x2b\x06\x01\x04\x01\xda\x47\x04\x0b", 9}, "scrypt"},
};

static const struct oid_row hashes[] = {
    {{"\x2a\x86\x48\x86\xf7\x0d\x02\x05", 8}, "MD5"},
};

static const struct oid_row ciphers[] = {
    {{"\x2a\x86\x48\x86\xf7\x0d\x03\x07", 8}, "triple DES"},
    {{"\x2b\x0e\x03\x02\x07", 5}, "DES"},
    {{"\x2a\x86\x48\x86\xf7\x0d\x03\x02", 8}, "RC2"},
};

/* AES-128, -192 and -256 in CBC mode: the last number of the identifier, NIST's registry of AES identifiers. */
static bool is_aes_cbc(struct span oid)
{
    if (oid.size != oid_aes.size + 1 || !span_starts(oid, oid_aes)) {
        return false;
    }
    unsigned char last = (unsigned char)oid.at[oid.size - 1];
    return last == 2 || last == 22 || last == 42;
}

/* HMAC with SHA-1, or one of SHA-2, RFC 8018 B.1. */
static bool is_sha_hmac(struct span oid)
{
    return oid.size == oid_hmac.size + 1 && span_starts(oid, oid_hmac) && oid.at[oid.size - 1] >= 7 && oid.at[oid.size - 1] <= 11;
}

struct algorithm {
    struct span oid;
    struct span parameters; /* the items behind the identifier */
};

static bool take_algorithm(struct span *rest, struct algorithm *a)
{
    struct der sequence, oid;
    if (!der_take(rest, DER_SEQUENCE, &sequence) || !der_take(&sequence.value, DER_OID, &oid)) {
        return false;
    }
    *a = (struct algorithm){oid.value, sequence.value};
    return true;
}

static bool damaged(const char *name, struct fault *f)
{
    return fault_set(f, FAULT_FILE, "%s: the private key is damaged", name);
}

static bool unsupported(struct span oid, const struct oid_row *rows, size_t count, const char *name, struct fault *f)
{
    const char *what = "a method that is not known";
    for (size_t i = 0; i < count; i++) {
        if (span_starts(oid, rows[i].oid)) {
            what = rows[i].name;
            break;
        }
    }
    fault_set(f, FAULT_FILE, "%s: the private key is encrypted with %s, which is not read here", name, what);
    return fault_advise(f, "%s", key_cipher_advice);
}

#define UNSUPPORTED(oid, rows, name, f) unsupported(oid, rows, sizeof(rows) / sizeof((rows)[0]), name, f)

/* PBKDF2-params, RFC 8018 A.2: salt, iterationCount, keyLength or none, prf (SHA-1 where there is none). */
static bool check_pbkdf2(struct span parameters, const char *name, struct fault *f)
{
    struct der sequence, salt, count, size;
    struct algorithm prf;
    uint64_t rounds = 0;
    if (!der_take(&parameters, DER_SEQUENCE, &sequence) || !der_take(&sequence.value, DER_OCTETS, &salt) ||
        !der_take(&sequence.value, DER_INTEGER, &count)) {
        return damaged(name, f);
    }
    for (size_t i = 0; i < count.value.size && rounds <= KEY_ROUNDS_MAX; i++) {
        rounds = rounds << 8 | (unsigned char)count.value.at[i];
    }
    if (rounds > KEY_ROUNDS_MAX) {
        fault_set(f, FAULT_FILE, "%s: the private key's encryption asks for more than %d rounds", name, KEY_ROUNDS_MAX);
        return fault_advise(f, "%s", key_cipher_advice);
    }
    (void)der_take(&sequence.value, DER_INTEGER, &size);
    return !take_algorithm(&sequence.value, &prf) || is_sha_hmac(prf.oid) || UNSUPPORTED(prf.oid, hashes, name, f);
}

static bool check_pbes2(struct span parameters, const char *name, struct fault *f)
{
    struct der sequence;
    struct algorithm function, cipher;
    if (!der_take(&parameters, DER_SEQUENCE, &sequence) || !take_algorithm(&sequence.value, &function) ||
        !take_algorithm(&sequence.value, &cipher)) {
        return damaged(name, f);
    }
    if (!span_equal(function.oid, oid_pbkdf2)) {
        return UNSUPPORTED(function.oid, functions, name, f);
    }
    if (!is_aes_cbc(cipher.oid)) {
        return UNSUPPORTED(cipher.oid, ciphers, name, f);
    }
    return check_pbkdf2(function.parameters, name, f);
}

/* EncryptedPrivateKeyInfo: the scheme, the bytes. */
static bool take_apart(struct span der, struct algorithm *scheme, struct span *bytes)
{
    struct der outer, octets;
    if (!der_take(&der, DER_SEQUENCE, &outer) || der.size != 0 || !take_algorithm(&outer.value, scheme) ||
        !der_take(&outer.value, DER_OCTETS, &octets)) {
        return false;
    }
    *bytes = octets.value;
    return true;
}

bool key_cipher_check(struct span der, const char *name, struct fault *f)
{
    struct algorithm scheme;
    struct span bytes;
    if (!take_apart(der, &scheme, &bytes)) {
        return damaged(name, f);
    }
    if (!span_equal(scheme.oid, oid_pbes2)) {
        return UNSUPPORTED(scheme.oid, schemes, name, f);
    }
    return check_pbes2(scheme.parameters, name, f);
}

/* PrivateKeyInfo: version, algorithm, octets. A wrong password passes the padding once in 256 times. */
static bool is_plain_key(struct span der)
{
    struct der outer, version, octets;
    struct algorithm a;
    return der_take(&der, DER_SEQUENCE, &outer) && der.size == 0 && der_take(&outer.value, DER_INTEGER, &version) &&
           take_algorithm(&outer.value, &a) && der_take(&outer.value, DER_OCTETS, &octets);
}

static bool decrypt(const struct algorithm *scheme, struct span bytes, struct span password, struct buf *plain)
{
    struct der sequence = {0};
    struct span rest = scheme->parameters;
    size_t size = 0;
    char *to = buf_room(plain, bytes.size);
    if (to == NULL || !der_take(&rest, DER_SEQUENCE, &sequence)) {
        return false;
    }
    mbedtls_asn1_buf parameters = {
        .tag = sequence.tag,
        .len = sequence.value.size,
        .p = (unsigned char *)(uintptr_t)sequence.value.at, /* only read, though its type does not say so */
    };
    int number = mbedtls_pkcs5_pbes2_ext(&parameters, MBEDTLS_PKCS5_DECRYPT, (const unsigned char *)password.at, password.size,
                                         (const unsigned char *)bytes.at, bytes.size, (unsigned char *)to, bytes.size, &size);
    buf_grew(plain, number == 0 ? size : 0);
    return number == 0;
}

bool key_cipher_open(struct span der, const struct secret *password, const char *name, struct buf *plain, struct fault *f)
{
    struct algorithm scheme;
    struct span bytes;
    if (!take_apart(der, &scheme, &bytes)) {
        return damaged(name, f);
    }
    bool good = decrypt(&scheme, bytes, secret_reveal(password), plain) && is_plain_key(buf_span(plain));
    if (plain->failed || (!good && memory_ran_out())) {
        return fault_set(f, FAULT_MEMORY, "out of memory");
    }
    return good || fault_set(f, FAULT_FILE, "%s: the password does not open the private key", name);
}
