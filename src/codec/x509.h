/*
 * x509.h - the fields of a certificate that a program with its private key needs.
 *
 * Does      find public key and dates in one certificate.
 * Not here  whether it is trusted (net/chain.h), its names and extensions (net/cert_name.h), keys (crypto/key.h).
 * Limits    the years 1970 to 9999.
 * Rules     RFC 5280 sections 4.1 and 4.1.2.5. Extensions are not looked at, so none of them can be in the way.
 */
#ifndef CODEC_X509_H
#define CODEC_X509_H

#include "base/span.h"

struct x509 {
    struct span public_key; /* SubjectPublicKeyInfo, in DER; borrowed */
    int64_t not_before;     /* seconds since 1970 */
    int64_t not_after;
};

/* False: `der` is not one certificate and nothing else, as far as these fields go. */
bool x509_read(struct span der, struct x509 *certificate);

#endif
