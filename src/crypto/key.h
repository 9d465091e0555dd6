/*
 * key.h - an application's certificate and its private key.
 *
 * Does      take both out of a PEM text, see that they belong together, sign, give thumbprints and the chain.
 * Not here  files and passwords (auth/certificate.c), assertions (auth/jwt.h), the checks of a server's chain (net/chain.h).
 * Limits    KEY_RSA_BITS_MIN to KEY_RSA_BITS_MAX bits of RSA, or P-256; KEY_CERTIFICATES_MAX certificates.
 * Rules     RFC 7468 (PEM), RFC 5958 and RFC 8018 (PKCS #8, plain and encrypted: key_cipher.h), RFC 8017 appendix A.1.2 (PKCS #1),
 *           RFC 5915 (EC); signatures RFC 7518 sections 3.3 to 3.5. mbedTLS's allocator must have been set (net/tls.h, tls_start).
 *           Random numbers come from os_random() alone; RSA is blinded with them.
 */
#ifndef CRYPTO_KEY_H
#define CRYPTO_KEY_H

#include "base/fault.h"
#include "base/secret.h"

enum { KEY_RSA_BITS_MIN = 2048, KEY_RSA_BITS_MAX = 4096, KEY_CERTIFICATES_MAX = 10 };

struct key;

enum key_kind { KEY_RSA, KEY_P256 };

/* The names of RFC 7518 section 3.1. */
enum key_algorithm { KEY_PS256, KEY_RS256, KEY_ES256 };

enum key_hash { KEY_SHA256, KEY_SHA1 };

/*
 * What can be seen without a password: a private key of a kind that is read here, and a certificate.
 *
 * pem        the file's content
 * name       the file's, for the text of a fault
 * encrypted  out: key_open() needs a password
 *
 * FAULT_FILE, each with its own line and, where there is one, the openssl command that helps: PFX or other binary file, no certificate, no
 * key, more than one key, an encryption or a type of key that is not read here, a block that is cut off or damaged. FAULT_MEMORY.
 */
bool key_look(const struct secret *pem, const char *name, bool *encrypted, struct fault *f) MUST_CHECK;

/*
 * Take key and certificates out. The one that fits the key becomes the first; the others follow in the order of the file.
 *
 * password  or an empty secret; not looked at where the key is not encrypted
 * now       seconds since 1970, for the certificate's dates
 * key       out: to be freed by key_free()
 *
 * FAULT_FILE: as key_look(), wrong password, no certificate fits the key, expired or not yet valid, RSA too small or too large, another
 * curve than P-256. FAULT_MEMORY, FAULT_RANDOM.
 */
bool key_open(const struct secret *pem, const char *name, const struct secret *password, int64_t now, struct key **key,
              struct fault *f) MUST_CHECK;

enum key_kind key_kind(const struct key *k);

/*
 * Append the signature of `text`: of RSA as long as its modulus, of ES256 64 bytes, r and s (RFC 7518 section 3.4). The algorithm must be
 * one of the key's kind. PS256 has a salt of 32 bytes.
 * FAULT_MEMORY, FAULT_RANDOM, FAULT_FILE: the key does not work, as a damaged one does not.
 */
bool key_sign(struct key *k, enum key_algorithm algorithm, struct span text, struct buf *signature, struct fault *f) MUST_CHECK;

/* Append the hash of the certificate's DER: 32 or 20 bytes. */
bool key_thumbprint(const struct key *k, enum key_hash hash, struct buf *to, struct fault *f) MUST_CHECK;

/* Step through the certificates in DER, the key's own first: start with 0 in *at. False: no more. Borrowed from k. */
bool key_next_certificate(const struct key *k, size_t *at, struct span *der);

/* NULL is allowed. */
void key_free(struct key *k);

#endif
