/*
 * key_cipher.h - encrypted private keys: which kinds are read, and their plain text.
 *
 * Does      recognise how a key is encrypted; decrypt PBES2 with AES-CBC, as openssl 3 writes it.
 * Not here  PEM, certificates, what the plain key is (key.h).
 * Limits    KEY_ROUNDS_MAX rounds of PBKDF2: more would look like a hang.
 * Rules     RFC 5958 section 3 (EncryptedPrivateKeyInfo), RFC 8018 sections 6.2 and A.2 to A.4, RFC 7292 appendix C, RFC 7914.
 */
#ifndef CRYPTO_KEY_CIPHER_H
#define CRYPTO_KEY_CIPHER_H

#include "base/fault.h"
#include "base/secret.h"

enum { KEY_ROUNDS_MAX = 10 * 1000 * 1000 };

/*
 * Whether an EncryptedPrivateKeyInfo can be decrypted here, given its password.
 *
 * der    the contents of a PEM block "ENCRYPTED PRIVATE KEY"
 * name   the file's, for the text of a fault
 *
 * FAULT_FILE: an encryption that is not read here, by its name, and the command that converts; or a damaged key.
 */
bool key_cipher_check(struct span der, const char *name, struct fault *f) MUST_CHECK;

/*
 * Append the plain PrivateKeyInfo to `plain`, whose ceiling must be der.size at least. key_cipher_check() comes before.
 * FAULT_FILE: the password is wrong (a damaged key looks the same). FAULT_MEMORY.
 */
bool key_cipher_open(struct span der, const struct secret *password, const char *name, struct buf *plain,
                     struct fault *f) MUST_CHECK;

/* The advice for a key that has to be converted: it keeps a password on it. */
extern const char key_cipher_advice[];

#endif
