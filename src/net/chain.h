/*
 * chain.h - from a peer's certificate to a trusted root, and whether that way is good.
 *
 * Does      find a path (trying others where one is not good), check each certificate on it for what it is used for, check the name.
 * Not here  names as such (cert_name.h), trust anchors (roots.h), the handshake and the proof that the peer has the key (tls.h).
 * Limits    CHAIN_SENT_MAX certificates of the peer are looked at, CHAIN_SIGNATURES_MAX signatures checked. No revocation: no CRL, no OCSP.
 * Rules     RFC 5280 section 6, RFC 4158 (order of trying), and stricter: serverAuth is asked of authorities too, where they name
 *           usages; SHA-1 and RSA below 2048 bits are refused everywhere but in the signature of a root itself; an expired root is refused.
 *           A certificate that is itself among the roots is trusted as it stands, for its own names, whoever issued it;
 *           an authority among the roots need not be self-signed. Policies are not looked at.
 */
#ifndef NET_CHAIN_H
#define NET_CHAIN_H

#include "base/fault.h"
#include "net/roots.h"

struct mbedtls_x509_crt_profile;

enum { CHAIN_SENT_MAX = 32, CHAIN_SIGNATURES_MAX = 64, CHAIN_LINKS_MAX = 10 };

/* What mbedTLS found on its own way up, so that no signature is checked twice: from the highest certificate down. */
struct chain_links {
    struct span certificate[CHAIN_LINKS_MAX]; /* borrowed */
    uint32_t flags[CHAIN_LINKS_MAX];          /* MBEDTLS_X509_BADCERT_*, of each by the one before it; under chain_profile */
    size_t count;
};

/* Hashes, curves and sizes that are accepted; an mbedtls_x509_crt_profile. */
extern const struct mbedtls_x509_crt_profile chain_profile;

/* The question. Everything is borrowed. */
struct chain {
    struct span sent[CHAIN_SENT_MAX]; /* whole certificates in DER; the peer's own first, the others in any order */
    size_t count;
    const struct roots *roots;
    const char *host;          /* NUL-terminated name or IP literal */
    int64_t now;               /* seconds since 1970 */
    const struct chain_links *links; /* or NULL */
};

enum chain_verdict {
    CHAIN_GOOD,
    CHAIN_UNTRUSTED, /* no path to a root */
    CHAIN_DATE,      /* expired, or not yet valid */
    CHAIN_NAME,      /* for another host */
    CHAIN_UNFIT,     /* not allowed for this use, too weak, or unreadable */
};

/* Add one certificate that the peer has sent; those beyond CHAIN_SENT_MAX are not looked at. */
void chain_add(struct chain *c, struct span certificate);

/* Note the next certificate downwards. */
void chain_link_seen(struct chain_links *l, struct span certificate, uint32_t flags);

/*
 * Any verdict but CHAIN_GOOD sets FAULT_CERTIFICATE with text and advice for people, or FAULT_MEMORY. Where mbedTLS's allocator
 * failed (tls.c knows) the verdict is not CHAIN_GOOD, but the text may be any.
 */
enum chain_verdict chain_check(const struct chain *c, struct fault *f) MUST_CHECK;

/*
 * Set FAULT_CERTIFICATE for certificates that mbedTLS cannot even read, so that chain_check() never sees them.
 * False: `number`, mbedTLS's, speaks of something else.
 */
bool chain_unreadable(const char *host, int number, struct fault *f);

#endif
