/*
 * key.c - an application's certificate and its private key; see key.h.
 *
 * In order: the blocks of the file (key_look), the key out of its block, the certificate that fits it, and what can be done with both.
 */
#include "crypto/key.h"

#include "codec/base64.h"
#include "codec/der.h"
#include "codec/pem.h"
#include "codec/time_text.h"
#include "codec/x509.h"
#include "crypto/key_cipher.h"
#include "os/os.h"

#include <mbedtls/ecp.h>
#include <mbedtls/pk.h>
#include <mbedtls/rsa.h>
#include <mbedtls/sha1.h>
#include <mbedtls/sha256.h>

#include <stdio.h>

enum { KEY_DER_MAX = 64 * 1024, ES256_NUMBER = 32 };

struct key {
    mbedtls_pk_context pk;
    struct buf certificates; /* DER, one after another, the key's own first */
};

/* ---- faults ---- */

/* For mbedTLS: random numbers, and whether there were none. */
static int key_random(void *failed, unsigned char *to, size_t size)
{
    if (!os_random(to, size)) {
        *(bool *)failed = true;
        return MBEDTLS_ERR_RSA_RNG_FAILED;
    }
    return 0;
}

static bool no_memory(struct fault *f)
{
    return fault_set(f, FAULT_MEMORY, "out of memory");
}

/* The program's own trouble, before what is said of the key: mbedTLS's numbers do not always tell. False: there is none. */
static bool own_trouble(bool random_failed, struct fault *f)
{
    if (random_failed) {
        fault_set(f, FAULT_RANDOM, "no random numbers for the private key");
    } else if (memory_ran_out()) {
        no_memory(f);
    }
    return fault_is_set(f);
}

/* ---- the blocks of the file ---- */

struct blocks {
    struct pem_block key;
    size_t keys;
    size_t certificates;
};

static bool is_key(struct span label)
{
    return span_ends(label, SPAN("PRIVATE KEY"));
}

static bool is_encrypted(const struct pem_block *block)
{
    return span_equal(block->label, SPAN("ENCRYPTED PRIVATE KEY"));
}

static bool is_pfx(struct span bytes)
{
    struct der outer, version;
    return der_take(&bytes, DER_SEQUENCE, &outer) && der_take(&outer.value, DER_INTEGER, &version) &&
           span_equal(version.value, SPAN("\x03"));
}

static bool refuse_binary(struct span bytes, const char *name, struct fault *f)
{
    if (is_pfx(bytes)) {
        fault_set(f, FAULT_FILE, "%s: a PFX (PKCS #12) file; PEM is wanted", name);
        return fault_advise(f, "convert it: openssl pkcs12 -in FILE -aes256 -out NEW.pem (with -legacy where it asks for that)");
    }
    fault_set(f, FAULT_FILE, "%s: a binary (DER) file; PEM is wanted, with certificate and private key", name);
    return fault_advise(f, "convert the parts: "
                           "(openssl x509 -inform der -in CERTIFICATE; openssl pkey -inform der -in KEY -aes256) >NEW.pem");
}

static bool check_counts(const struct blocks *b, const char *name, struct fault *f)
{
    if (b->certificates == 0 && b->keys == 0) {
        fault_set(f, FAULT_FILE, "%s: neither certificate nor private key in it", name);
        return fault_advise(f, "it must be PEM text: lines with -----BEGIN CERTIFICATE----- and -----BEGIN PRIVATE KEY-----");
    }
    if (b->keys == 0) {
        fault_set(f, FAULT_FILE, "%s: no private key in it", name);
        return fault_advise(f, "give the other file too: --certificate CERTIFICATE.pem --certificate-key-file KEY.pem");
    }
    if (b->certificates == 0) {
        fault_set(f, FAULT_FILE, "%s: no certificate in it", name);
        return fault_advise(f, "give the other file too: --certificate CERTIFICATE.pem --certificate-key-file KEY.pem");
    }
    if (b->keys > 1) {
        return fault_set(f, FAULT_FILE, "%s: more than one private key in it", name);
    }
    return b->certificates <= KEY_CERTIFICATES_MAX ||
           fault_set(f, FAULT_FILE, "%s: more than %d certificates in it", name, KEY_CERTIFICATES_MAX);
}

static bool find_blocks(struct span pem, const char *name, struct blocks *b, struct fault *f)
{
    struct pem_block block;
    enum pem_result found;
    struct der binary;
    struct span rest = pem;
    *b = (struct blocks){0};
    if (der_take(&rest, DER_SEQUENCE, &binary)) {
        return refuse_binary(pem, name, f);
    }
    rest = pem;
    while ((found = pem_next(&rest, &block)) == PEM_BLOCK) {
        if (is_key(block.label)) {
            b->key = block;
            b->keys++;
        }
        b->certificates += pem_is_certificate(block.label);
    }
    if (found == PEM_CUT_OFF) {
        return fault_set(f, FAULT_FILE, "%s: a PEM block (%.*s) has no end", name, SPAN_ARG(block.label));
    }
    return check_counts(b, name, f);
}

/* ---- the type of the key, as far as it shows outside ---- */

struct type_row {
    struct span id; /* the contents of the algorithm's identifier; or the label of the block */
    const char *name;
};

static const struct type_row unsupported_algorithms[] = {
    {{"\x2b\x65\x70", 3}, "Ed25519"},
    {{"\x2b\x65\x71", 3}, "Ed448"},
    {{"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0a", 9}, "RSA for PSS only"},
    {{"\x2a\x86\x48\xce\x38\x04\x01", 7}, "DSA"},
    {{"\x2b\x65\x6e", 3}, "X25519"},
};

static const struct type_row unsupported_labels[] = {
    {{"OPENSSH PRIVATE KEY", 19}, "OpenSSH"},
    {{"DSA PRIVATE KEY", 15}, "DSA"},
};

static bool refuse_type(const char *name, const char *type, struct fault *f)
{
    fault_set(f, FAULT_FILE, "%s: a private key of a type that is not used here: %s", name, type);
    return fault_advise(f, "make a key of RSA, 2048 bits or more, and register its certificate with the application: "
                           "openssl req -x509 -newkey rsa:3072 -noenc -keyout KEY.pem -out CERTIFICATE.pem -days 365");
}

static bool check_type(struct span id, const struct type_row *rows, size_t count, const char *name, struct fault *f)
{
    for (size_t i = 0; i < count; i++) {
        if (span_equal(id, rows[i].id)) {
            return refuse_type(name, rows[i].name, f);
        }
    }
    return true;
}

static bool check_label(const struct pem_block *block, const char *name, struct fault *f)
{
    return check_type(block->label, unsupported_labels, sizeof unsupported_labels / sizeof unsupported_labels[0], name, f);
}

/* PrivateKeyInfo: version, algorithm. Anything else is left to mbedTLS. */
static bool check_algorithm(struct span der, const char *name, struct fault *f)
{
    struct der outer, version, algorithm, oid;
    bool found = der_take(&der, DER_SEQUENCE, &outer) && der_take(&outer.value, DER_INTEGER, &version) &&
                 der_take(&outer.value, DER_SEQUENCE, &algorithm) && der_take(&algorithm.value, DER_OID, &oid);
    return !found || check_type(oid.value, unsupported_algorithms,
                                sizeof unsupported_algorithms / sizeof unsupported_algorithms[0], name, f);
}

/* Encrypted as OpenSSL did before PKCS #8: header lines in front of the base64. */
static bool refuse_old_encryption(struct span body, const char *name, struct fault *f)
{
    if (!span_contains(body, SPAN("Proc-Type:"))) {
        return true;
    }
    fault_set(f, FAULT_FILE, "%s: the private key is encrypted in OpenSSL's old way (Proc-Type: 4,ENCRYPTED), which is not read here",
              name);
    return fault_advise(f, "%s", key_cipher_advice);
}

/* Append the DER of a block. */
static bool decode(struct span body, const char *what, const char *name, struct buf *der, struct fault *f)
{
    if (base64_decode_lines(body, der)) {
        return true;
    }
    return der->failed ? no_memory(f) : fault_set(f, FAULT_FILE, "%s: the %s is damaged: no base64", name, what);
}

static bool decode_key(const struct pem_block *block, const char *name, struct buf *der, struct fault *f)
{
    if (block->body.size > KEY_DER_MAX) {
        return fault_set(f, FAULT_FILE, "%s: the private key is too large", name);
    }
    return check_label(block, name, f) && refuse_old_encryption(block->body, name, f) &&
           decode(block->body, "private key", name, der, f);
}

bool key_look(const struct secret *pem, const char *name, bool *encrypted, struct fault *f)
{
    struct blocks b;
    struct buf der = buf_init(KEY_DER_MAX);
    bool ok = find_blocks(secret_reveal(pem), name, &b, f) && decode_key(&b.key, name, &der, f);
    bool locked = ok && is_encrypted(&b.key);
    ok = ok && (locked ? key_cipher_check(buf_span(&der), name, f) : check_algorithm(buf_span(&der), name, f));
    *encrypted = ok && locked;
    buf_free(&der);
    return ok;
}

/* ---- the key ---- */

static bool check_size(const mbedtls_pk_context *pk, const char *name, struct fault *f)
{
    size_t bits = mbedtls_pk_get_bitlen(pk);
    if (mbedtls_pk_get_type(pk) == MBEDTLS_PK_RSA) {
        if (bits >= KEY_RSA_BITS_MIN && bits <= KEY_RSA_BITS_MAX) {
            return true;
        }
        fault_set(f, FAULT_FILE, "%s: an RSA key of %zu bits; %d to %d are used here", name, bits, KEY_RSA_BITS_MIN, KEY_RSA_BITS_MAX);
        return fault_advise(f, "make a new key, and register its certificate with the application: "
                               "openssl req -x509 -newkey rsa:3072 -noenc -keyout KEY.pem -out CERTIFICATE.pem -days 365");
    }
    mbedtls_ecp_group_id group = mbedtls_ecp_keypair_get_group_id(mbedtls_pk_ec(*pk));
    const mbedtls_ecp_curve_info *curve = mbedtls_ecp_curve_info_from_grp_id(group);
    return group == MBEDTLS_ECP_DP_SECP256R1 || refuse_type(name, curve != NULL ? curve->name : "an elliptic curve", f);
}

static bool parse_key(struct span der, const char *name, mbedtls_pk_context *pk, struct fault *f)
{
    bool random_failed = false;
    int number = mbedtls_pk_parse_key(pk, (const unsigned char *)der.at, der.size, NULL, 0, key_random, &random_failed);
    if (number == 0) {
        return check_size(pk, name, f);
    }
    return own_trouble(random_failed, f)
               ? false
               : fault_set(f, FAULT_FILE, "%s: the private key cannot be read: damaged, or neither RSA nor of the curve P-256", name);
}

static bool take_key(const struct pem_block *block, const char *name, const struct secret *password, mbedtls_pk_context *pk,
                     struct fault *f)
{
    struct buf der = buf_init(KEY_DER_MAX);
    struct buf plain = buf_init(KEY_DER_MAX);
    bool encrypted = is_encrypted(block);
    bool ok = decode_key(block, name, &der, f);
    ok = ok && (!encrypted || (key_cipher_check(buf_span(&der), name, f) &&
                               key_cipher_open(buf_span(&der), password, name, &plain, f)));
    struct span key = buf_span(encrypted ? &plain : &der);
    ok = ok && check_algorithm(key, name, f) && parse_key(key, name, pk, f);
    buf_free(&der);
    buf_free(&plain);
    return ok;
}

/* ---- the certificates ---- */

enum fit { FIT_NO, FIT_YES, FIT_TROUBLE };

/* Whether the public key of a certificate is that of pk. FIT_TROUBLE: f says why. */
static enum fit fits(const struct x509 *certificate, const mbedtls_pk_context *pk, struct fault *f)
{
    mbedtls_pk_context public_key;
    bool random_failed = false;
    unsigned char *at = (unsigned char *)(uintptr_t)certificate->public_key.at; /* only read, though its type does not say so */
    mbedtls_pk_init(&public_key);
    int number = mbedtls_pk_parse_subpubkey(&at, at + certificate->public_key.size, &public_key);
    if (number == 0) {
        number = mbedtls_pk_check_pair(&public_key, pk, key_random, &random_failed);
    }
    mbedtls_pk_free(&public_key);
    if (number == 0) {
        return FIT_YES;
    }
    return own_trouble(random_failed, f) ? FIT_TROUBLE : FIT_NO;
}

static bool check_dates(const struct x509 *certificate, int64_t now, const char *name, struct fault *f)
{
    char limit[TIME_TEXT_SIZE], clock[TIME_TEXT_SIZE];
    bool early = now < certificate->not_before;
    if (!early && now <= certificate->not_after) {
        return true;
    }
    time_put_rfc3339(early ? certificate->not_before : certificate->not_after, limit);
    time_put_rfc3339(now, clock);
    fault_set(f, FAULT_FILE, "%s: the certificate %s %s, and this host's clock says %s", name,
              early ? "is not valid before" : "expired at", limit, clock);
    return fault_advise(f, early ? "check this host's clock (--at TIME gives the true time); else wait, or use another certificate"
                                 : "register a new certificate with the application and use that; or is this host's clock wrong "
                                   "(--at TIME)?");
}

/* The certificates of the file into `all`, one after another. */
static bool decode_certificates(struct span pem, const char *name, struct buf *all, struct fault *f)
{
    struct pem_block block;
    size_t number = 0;
    while (pem_next(&pem, &block) == PEM_BLOCK) {
        size_t before = all->size;
        struct der item;
        if (!pem_is_certificate(block.label)) {
            continue;
        }
        number++;
        if (!decode(block.body, "certificate", name, all, f)) {
            return false;
        }
        struct span der = span_cut(buf_span(all), before, all->size);
        if (!der_take(&der, DER_SEQUENCE, &item) || der.size != 0) {
            return fault_set(f, FAULT_FILE, "%s: certificate %zu is damaged", name, number);
        }
    }
    return true;
}

/* The first certificate that fits pk goes to the front of `to`, the others behind it. */
static bool order(struct span all, const mbedtls_pk_context *pk, int64_t now, const char *name, struct buf *to, struct fault *f)
{
    struct x509 certificate;
    struct der item;
    struct span rest = all;
    enum fit fit = FIT_NO;
    while (fit == FIT_NO && der_next(&rest, &item)) {
        fit = x509_read(item.whole, &certificate) ? fits(&certificate, pk, f) : FIT_NO;
    }
    if (fit == FIT_TROUBLE) {
        return false;
    }
    if (fit == FIT_NO) {
        fault_set(f, FAULT_FILE, "%s: the private key does not fit the certificate", name);
        return fault_advise(f, "put the key that the certificate was made with into the file; the two belong together where "
                               "openssl x509 -noout -pubkey and openssl pkey -pubout print the same");
    }
    buf_put(to, item.whole);
    buf_put(to, span_cut(all, 0, (size_t)(item.whole.at - all.at)));
    buf_put(to, rest);
    return to->failed ? no_memory(f) : check_dates(&certificate, now, name, f);
}

static bool take_certificates(struct span pem, int64_t now, const char *name, struct key *k, struct fault *f)
{
    struct buf all = buf_init(SECRET_MAX);
    k->certificates = buf_init(SECRET_MAX);
    bool ok = decode_certificates(pem, name, &all, f) && order(buf_span(&all), &k->pk, now, name, &k->certificates, f);
    buf_free(&all);
    return ok;
}

bool key_open(const struct secret *pem, const char *name, const struct secret *password, int64_t now, struct key **key,
              struct fault *f)
{
    struct blocks b;
    (void)memory_ran_out(); /* what was before does not matter */
    struct key *k = memory_take(1, sizeof *k);
    *key = NULL;
    if (k == NULL) {
        return no_memory(f);
    }
    mbedtls_pk_init(&k->pk);
    bool ok = find_blocks(secret_reveal(pem), name, &b, f) && take_key(&b.key, name, password, &k->pk, f) &&
              take_certificates(secret_reveal(pem), now, name, k, f);
    if (!ok) {
        key_free(k);
        return false;
    }
    *key = k;
    return true;
}

void key_free(struct key *k)
{
    if (k != NULL) {
        mbedtls_pk_free(&k->pk);
        buf_free(&k->certificates);
        memory_give(k);
    }
}

/* ---- use ---- */

enum key_kind key_kind(const struct key *k)
{
    return mbedtls_pk_get_type(&k->pk) == MBEDTLS_PK_RSA ? KEY_RSA : KEY_P256;
}

bool key_next_certificate(const struct key *k, size_t *at, struct span *der)
{
    struct der item;
    struct span rest = span_cut(buf_span(&k->certificates), *at, k->certificates.size);
    if (!der_next(&rest, &item)) {
        return false;
    }
    *at += item.whole.size;
    *der = item.whole;
    return true;
}

bool key_thumbprint(const struct key *k, enum key_hash hash, struct buf *to, struct fault *f)
{
    unsigned char digest[32];
    struct span der = {0};
    size_t at = 0;
    (void)key_next_certificate(k, &at, &der);
    const unsigned char *bytes = (const unsigned char *)der.at;
    int number = hash == KEY_SHA256 ? mbedtls_sha256(bytes, der.size, digest, 0) : mbedtls_sha1(bytes, der.size, digest);
    buf_put(to, span_make((const char *)digest, hash == KEY_SHA256 ? 32 : 20));
    return (number == 0 && !to->failed) || no_memory(f);
}

/* One of the two numbers of an ECDSA signature, with zeros in front up to 32 bytes. */
static bool put_number(struct span *rest, struct buf *to)
{
    struct der number;
    if (!der_take(rest, DER_INTEGER, &number)) {
        return false;
    }
    while (number.value.size > 0 && number.value.at[0] == 0) {
        number.value = span_cut(number.value, 1, number.value.size);
    }
    for (size_t i = number.value.size; i < ES256_NUMBER; i++) {
        buf_put_char(to, 0);
    }
    buf_put(to, number.value);
    return number.value.size <= ES256_NUMBER;
}

static bool put_ecdsa(struct span der, struct buf *to)
{
    struct der outer;
    return der_take(&der, DER_SEQUENCE, &outer) && put_number(&outer.value, to) && put_number(&outer.value, to);
}

bool key_sign(struct key *k, enum key_algorithm algorithm, struct span text, struct buf *signature, struct fault *f)
{
    static const mbedtls_pk_type_t types[] = {
        [KEY_PS256] = MBEDTLS_PK_RSASSA_PSS, [KEY_RS256] = MBEDTLS_PK_RSA, [KEY_ES256] = MBEDTLS_PK_ECDSA};
    unsigned char hash[32];
    unsigned char bytes[MBEDTLS_PK_SIGNATURE_MAX_SIZE];
    size_t size = 0;
    bool random_failed = false;
    (void)memory_ran_out(); /* what was before does not matter */
    int number = mbedtls_sha256((const unsigned char *)text.at, text.size, hash, 0);
    if (number == 0) {
        number = mbedtls_pk_sign_ext(types[algorithm], &k->pk, MBEDTLS_MD_SHA256, hash, sizeof hash, bytes, sizeof bytes, &size,
                                     key_random, &random_failed);
    }
    if (number != 0) {
        return own_trouble(random_failed, f)
                   ? false
                   : fault_set(f, FAULT_FILE, "the certificate's private key does not work (-0x%04x): it is damaged", (unsigned)-number);
    }
    struct span whole = span_make((const char *)bytes, size);
    if (algorithm != KEY_ES256) {
        buf_put(signature, whole);
    } else if (!put_ecdsa(whole, signature)) {
        return fault_set(f, FAULT_INTERNAL, "an ES256 signature of another form");
    }
    return !signature->failed || no_memory(f);
}
