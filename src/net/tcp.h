/*
 * tcp.h - a stream over a socket; several addresses raced.
 *
 * Does      try one address after the other, 250 ms apart or as soon as one has failed; the first that connects wins; carry bytes.
 * Not here  names (dns.h), TLS (tls.h).
 * Limits    DNS_ADDRESSES_MAX addresses, all of them tried within the caller's time.
 * Rules     RFC 8305 section 5, connection attempt delay.
 */
#ifndef NET_TCP_H
#define NET_TCP_H

#include "net/dns_config.h"
#include "net/stream.h"

enum { TCP_ATTEMPT_DELAY_MS = 250 };

struct tcp {
    struct stream stream;
    struct address addresses[DNS_ADDRESSES_MAX];
    struct os_socket sockets[DNS_ADDRESSES_MAX]; /* one an address, open while it is tried */
    size_t count;
    size_t begun;             /* addresses tried so far */
    uint64_t next_ms;         /* when the next one is tried */
    size_t winner;            /* valid once connected */
    bool connected;
    struct fault fault;       /* of the attempt that failed first */
};

/* NULL: FAULT_MEMORY. Nothing is tried before tcp_connect(). */
struct tcp *tcp_open(const struct address *addresses, size_t count, struct fault *f) MUST_CHECK;

/* Go on connecting. STREAM_DATA: connected. STREAM_FAULT: every address has failed; f tells of the first. */
enum stream_result tcp_connect(struct tcp *t, uint64_t now_ms, struct fault *f);

/* When tcp_connect() wants to be called even if nothing is ready. */
uint64_t tcp_wakes_ms(const struct tcp *t);

/* The sockets to wait for: while connecting all that are tried, then the one that won, as `above` wants it. */
size_t tcp_poll(struct tcp *t, const struct stream *above, struct os_poll_item *items, size_t room);

/* The address that won, for the trace. */
const struct address *tcp_peer(const struct tcp *t);

#endif
