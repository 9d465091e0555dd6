/*
 * mbedtls_config.h - the part of mbedTLS that this program is built with; replaces its default file.
 *
 * Does      a TLS 1.2 and 1.3 client, X.509 chains, private keys for signing. Nothing else.
 * Not here  server, DTLS, renegotiation, files, sockets, debug text, own tests; PSK and tickets: a release speaks with two hosts once
 *           each; with many devices they would save a check of certificates for three of four connections, for 7 KB.
 * Limits    one handshake message fits 16384 bytes; P-521 and RSA are verified, DHE is never offered.
 * Rules     include/mbedtls/check_config.h of mbedTLS 3.6 says what needs what.
 *
 * Read through -DMBEDTLS_CONFIG_FILE='"net/mbedtls_config.h"'.
 */
#ifndef NET_MBEDTLS_CONFIG_H
#define NET_MBEDTLS_CONFIG_H

/* No call that mbedTLS 4 has dropped may creep in. */
#define MBEDTLS_DEPRECATED_REMOVED

/* Memory, time and randomness are the program's own: one allocator that wipes, one clock that a user
 * may set (--at), one entropy source that needs no /dev. Without ENTROPY_C and a DRBG, mbedTLS has no
 * other source to fall back on. The three hooks: mbedtls_platform_set_calloc_free(),
 * mbedtls_platform_set_time(), and mbedtls_psa_external_get_random(), which the program defines. */
#define MBEDTLS_PLATFORM_C
#define MBEDTLS_PLATFORM_MEMORY
#define MBEDTLS_HAVE_TIME
#define MBEDTLS_HAVE_TIME_DATE
#define MBEDTLS_PLATFORM_TIME_ALT
#define MBEDTLS_PSA_CRYPTO_C
#define MBEDTLS_PSA_CRYPTO_EXTERNAL_RNG

/* Of PSA only what TLS 1.3 wants: its key schedule and its key exchange. This list stands in the place of the file
 * that would switch everything on that the rest of this one has. */
#define MBEDTLS_PSA_CRYPTO_CONFIG
#define MBEDTLS_PSA_CRYPTO_CONFIG_FILE "net/mbedtls_config.h"
#define PSA_WANT_ALG_SHA_256 1
#define PSA_WANT_ALG_SHA_384 1
#define PSA_WANT_ALG_HMAC 1
#define PSA_WANT_ALG_HKDF_EXTRACT 1
#define PSA_WANT_ALG_HKDF_EXPAND 1
#define PSA_WANT_ALG_ECDH 1
#define PSA_WANT_ALG_RSA_PSS 1 /* asked for by TLS 1.2, of all, before it takes such a signature; wants the next one */
#define PSA_WANT_KEY_TYPE_RSA_PUBLIC_KEY 1
#define PSA_WANT_ECC_MONTGOMERY_255 1
#define PSA_WANT_ECC_SECP_R1_256 1
#define PSA_WANT_ECC_SECP_R1_384 1
#define PSA_WANT_ECC_SECP_R1_521 1
#define PSA_WANT_KEY_TYPE_HMAC 1
#define PSA_WANT_KEY_TYPE_DERIVE 1
#define PSA_WANT_KEY_TYPE_ECC_PUBLIC_KEY 1
#define PSA_WANT_KEY_TYPE_ECC_KEY_PAIR_BASIC 1
#define PSA_WANT_KEY_TYPE_ECC_KEY_PAIR_GENERATE 1
#define PSA_WANT_KEY_TYPE_ECC_KEY_PAIR_IMPORT 1
#define PSA_WANT_KEY_TYPE_ECC_KEY_PAIR_EXPORT 1

/* Speed: handshakes are 3 to 5 times dearer without ECP_NIST_OPTIM; AES-NI needs HAVE_ASM. */
#define MBEDTLS_HAVE_ASM
#define MBEDTLS_AESNI_C
#define MBEDTLS_ECP_NIST_OPTIM
/* The step of the X25519 ladder is ours where 128 bits are to be had: ladder.c, called by tls_hooks.c. */
#ifdef __SIZEOF_INT128__
#define MBEDTLS_ECP_INTERNAL_ALT
#define MBEDTLS_ECP_DOUBLE_ADD_MXZ_ALT
#define MBEDTLS_ECP_NO_FALLBACK
#endif
/* The crypto extensions of 64-bit Arm; mbedTLS looks for them when it runs. */
#if defined(__aarch64__) || defined(_M_ARM64)
#define MBEDTLS_AESCE_C
#define MBEDTLS_SHA256_USE_ARMV8_A_CRYPTO_IF_PRESENT
#endif

/* TLS 1.2 and 1.3, client only. TLS 1.3 needs PSA_CRYPTO_C, HKDF_C and KEEP_PEER_CERTIFICATE. The
 * compatibility mode is for middleboxes that take TLS 1.3 for a broken TLS 1.2 (RFC 8446 D.4). */
#define MBEDTLS_SSL_TLS_C
#define MBEDTLS_SSL_CLI_C
#define MBEDTLS_SSL_PROTO_TLS1_2
#define MBEDTLS_SSL_PROTO_TLS1_3
#define MBEDTLS_SSL_TLS1_3_COMPATIBILITY_MODE
#define MBEDTLS_SSL_TLS1_3_KEY_EXCHANGE_MODE_EPHEMERAL_ENABLED
#define MBEDTLS_SSL_KEEP_PEER_CERTIFICATE
#define MBEDTLS_SSL_SERVER_NAME_INDICATION
#define MBEDTLS_SSL_EXTENDED_MASTER_SECRET
#define MBEDTLS_HKDF_C

/* Key exchange: ephemeral elliptic curves only (forward secrecy; no DHE, no static RSA). */
#define MBEDTLS_KEY_EXCHANGE_ECDHE_ECDSA_ENABLED
#define MBEDTLS_KEY_EXCHANGE_ECDHE_RSA_ENABLED
#define MBEDTLS_ECDH_C

/* Authenticated ciphers only. Key files need CBC below, and its suites would come with it, so the list
 * is written out. ChaCha20 first: it is the fast one where the processor knows no AES. */
#define MBEDTLS_SSL_CIPHERSUITES                      \
    MBEDTLS_TLS1_3_CHACHA20_POLY1305_SHA256,          \
    MBEDTLS_TLS1_3_AES_128_GCM_SHA256,                \
    MBEDTLS_TLS1_3_AES_256_GCM_SHA384,                \
    MBEDTLS_TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, \
    MBEDTLS_TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,   \
    MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,  \
    MBEDTLS_TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,    \
    MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,  \
    MBEDTLS_TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384

#define MBEDTLS_CIPHER_C
#define MBEDTLS_AES_C
#define MBEDTLS_GCM_C
#define MBEDTLS_CHACHA20_C
#define MBEDTLS_POLY1305_C
#define MBEDTLS_CHACHAPOLY_C

/* Hashes. No MD5. SHA-1 only so that old self-signed roots can be read, ours among them: what is signed
 * with it is refused (chain.c). */
#define MBEDTLS_MD_C
#define MBEDTLS_SHA1_C
#define MBEDTLS_SHA1_ALT /* crypto/sha1.c: 4 KB less */
#define MBEDTLS_SHA224_C
#define MBEDTLS_SHA256_C
#define MBEDTLS_SHA384_C
#define MBEDTLS_SHA512_C
/* 3 KB less, and a release takes no longer that could be measured. */
#define MBEDTLS_SHA256_SMALLER
#define MBEDTLS_SHA512_SMALLER

/* Public keys: RSA in both paddings, the curves that certificates in use have. X25519 comes first in
 * mbedTLS's own order of groups; P-521 is there because private authorities use it. */
#define MBEDTLS_BIGNUM_C
#define MBEDTLS_OID_C
#define MBEDTLS_ASN1_PARSE_C
#define MBEDTLS_ASN1_WRITE_C
#define MBEDTLS_RSA_C
#define MBEDTLS_PKCS1_V15
#define MBEDTLS_PKCS1_V21
#define MBEDTLS_ECP_C
#define MBEDTLS_ECP_DP_CURVE25519_ENABLED
#define MBEDTLS_ECP_DP_SECP256R1_ENABLED
#define MBEDTLS_ECP_DP_SECP384R1_ENABLED
#define MBEDTLS_ECP_DP_SECP521R1_ENABLED
#define MBEDTLS_ECDSA_C
#define MBEDTLS_PK_C
#define MBEDTLS_PK_PARSE_C

/* Certificates as DER; PEM is taken apart by codec/base64, 30 times faster than here. REMOVE_INFO drops
 * the printers and descriptions that nobody calls. The callback asks for a root when a chain names it. */
#define MBEDTLS_X509_USE_C
#define MBEDTLS_X509_CRT_PARSE_C
#define MBEDTLS_X509_TRUSTED_CERTIFICATE_CALLBACK
#define MBEDTLS_X509_RSASSA_PSS_SUPPORT
#define MBEDTLS_X509_REMOVE_INFO

/* Encrypted key files: PKCS#8 with PBES2 and AES-CBC, as openssl 3 writes them (RFC 8018). */
#define MBEDTLS_PKCS5_C
#define MBEDTLS_CIPHER_MODE_CBC
#define MBEDTLS_CIPHER_PADDING_PKCS7

/* A server's whole certificate message must fit IN; what goes out is small requests. */
#define MBEDTLS_SSL_IN_CONTENT_LEN 16384
#define MBEDTLS_SSL_OUT_CONTENT_LEN 4096

#endif
