/*
 * tls.h - TLS 1.2 and 1.3 as a stream over a stream; the certificate and host name checks.
 *
 * Does      shake hands as a client, check the chain and the name, carry bytes, end properly.
 * Not here  sockets (tcp.h), trust anchors (roots.h), our mbedTLS configuration (mbedtls_config.h).
 * Limits    handshake messages of 16 KiB, at most 8 authorities below the root (mbedTLS); a TLS 1.3 key update of the server ends the
 *           connection (FAULT_CUT): mbedTLS has none. No session is resumed, no client certificate is sent.
 * Rules     there is no switch that leaves a check out. RFC 8446, RFC 5246; the chain and the name: chain.h, cert_name.h.
 *           No mbedTLS header or number is seen above this file. mbedTLS's reader of certificates comes first: a chain with
 *           critical name constraints or another extension it does not know, or an Ed25519 key, is refused in a handshake.
 */
#ifndef NET_TLS_H
#define NET_TLS_H

#include "net/cert_name.h"
#include "net/roots.h"
#include "net/stream.h"
#include "net/tls_hooks.h"

enum { TLS_SUMMARY_MAX = 96 };

struct tls; /* a struct stream first */

/*
 * Begin TLS over `below`, which it owns from now on whatever happens: closing the result closes it too.
 *
 * host   NUL-terminated name or IP literal that the certificate must be for; copied
 * roots  borrowed until the stream is closed
 *
 * An IP literal is not sent as server name, and a name without its last dot (RFC 6066 section 3).
 * NULL: FAULT_MEMORY, FAULT_RANDOM, FAULT_NAME (a host of more than 255 bytes); `below` is closed.
 */
struct stream *tls_open(struct stream *below, const char *host, const struct roots *roots, struct fault *f) MUST_CHECK;

/*
 * Go on with the handshake. STREAM_DATA: it is done, the peer is who it should be. STREAM_FAULT:
 * FAULT_CERTIFICATE  the chain or the name is not good; the text names what is wrong and the issuer that was seen; the advice the way out
 * FAULT_TLS          no TLS 1.2 or later, not TLS at all (an HTTP answer is recognised), an alert (its name)
 * FAULT_CUT          the stream below ended
 * others             as the stream below said
 * The texts of these begin with the host. An alert may also come later: a TLS 1.3 server speaks of a missing client certificate
 * when the first answer is read.
 */
enum stream_result tls_handshake(struct stream *s, struct fault *f);

/* After the handshake: let its end go, which else leaves with what is written next, or before the next read. For who writes nothing now. */
void tls_let_go(struct stream *s);

/* "TLSv1.3, TLS1-3-CHACHA20-POLY1305-SHA256", of a finished handshake; for -v. Borrowed. */
const char *tls_summary(const struct stream *s, char text[TLS_SUMMARY_MAX]);

/* What a finished handshake has agreed on, and whom it has seen. */
struct tls_facts {
    char summary[TLS_SUMMARY_MAX];
    char issuer[CERT_NAME_TEXT_MAX]; /* of the peer's own certificate */
    int64_t expires;                 /* the same certificate; seconds since 1970 */
    bool embedded;                   /* the embedded roots alone would do; else an added one was needed: inspected, or a private server */
};

void tls_describe(const struct stream *s, struct tls_facts *facts);

/*
 * The chain and name check alone, offline, as the handshake does it: for tests and the probe.
 * roots_pem are the only roots trusted; chain_pem is what a peer sent, its own certificate first. tls_start() comes before.
 * One difference: critical name constraints are read and applied here, where in a handshake mbedTLS refuses to read them.
 */
bool tls_check_chain(struct span roots_pem, struct span chain_pem, const char *host, int64_t now, struct fault *f) MUST_CHECK;

#endif
