/*
 * conn.h - one connection as a state machine: closed, connecting, through the proxy, TLS, ready, sending, receiving.
 *
 * Does      go on as far as possible without waiting; say what it waits for and until when.
 * Not here  choosing calls, trying again (client.h).
 * Limits    connect_timeout_ms from the look-up of the name to the end of the handshake; CONN_SILENCE_MS without a byte of an answer.
 * Rules     RFC 9112 section 9 (persistence), 7.2 of RFC 9110 (Host). Through a proxy, only the proxy's own name is looked up.
 */
#ifndef NET_CONN_H
#define NET_CONN_H

#include "codec/http1.h"
#include "net/call.h"
#include "net/dns.h"
#include "net/proxy.h"
#include "net/roots.h"
#include "net/tcp.h"

enum { CONN_SILENCE_MS = 30 * 1000 };

struct conn_settings {
    const struct roots *roots;
    struct dns *dns;              /* shared by all connections of a client, which sets it */
    const struct proxy *proxy;    /* borrowed; NULL: none */
    const char *user_agent;       /* of a CONNECT request; set by the client */
    uint64_t connect_timeout_ms;
};

enum conn_state {
    CONN_CLOSED,
    CONN_RESOLVE,
    CONN_CONNECT,
    CONN_PROXY_TLS,
    CONN_TUNNEL,   /* CONNECT is sent, its answer awaited */
    CONN_TLS,
    CONN_READY,
    CONN_SEND,
    CONN_RECEIVE,
    CONN_ANSWERED, /* the reader holds a complete answer */
    CONN_FAILED,   /* fault says why */
};

/* Zeroed: closed. */
struct conn {
    enum conn_state state;
    struct url origin;            /* copy; userinfo and target unused */
    const struct proxy *proxy;    /* on the way to the origin, or NULL; borrowed */
    bool tunnelled;               /* the proxy has opened the way */
    struct call *call;            /* who has it, also while it opens; NULL: nobody */
    struct dns_lookup *lookup;    /* of the proxy's host or the origin's, while CONN_RESOLVE; borrowed */
    struct tcp *tcp;              /* bottom of the pile; owned by stream once that exists */
    struct stream *stream;        /* top of the pile */
    struct http1_reader reader;
    struct buf out;               /* the request, or CONNECT; wiped when sent */
    size_t out_sent;
    bool request_sent;            /* its last byte is handed over */
    unsigned answered;            /* exchanges completed */
    uint64_t timeout_ms;          /* when the present state ends in FAULT_TIMEOUT; UINT64_MAX: never */
    uint64_t used_ms;             /* when it last did something */
    struct fault fault;
};

/* Begin to open. The connection must be closed. */
void conn_open(struct conn *c, const struct url *origin, const struct conn_settings *settings, uint64_t now_ms);

/* Begin the exchange of c->call on a connection that is CONN_READY. False: the request cannot be written (its fault), nothing was sent. */
bool conn_begin(struct conn *c, const char *user_agent, uint64_t now_ms, struct fault *f) MUST_CHECK;

/* Go on as far as possible without waiting. */
void conn_step(struct conn *c, const struct conn_settings *settings, uint64_t now_ms);

/* A ready connection on which something has arrived that nobody asked for, or that has ended, is closed: nothing may be sent on it. */
void conn_look(struct conn *c);

/* What it waits for: appends at most `room` items, returns how many. */
size_t conn_poll(struct conn *c, struct os_poll_item *items, size_t room);

/* When it wants conn_step() even if nothing is ready. UINT64_MAX: never. */
uint64_t conn_wakes_ms(const struct conn *c);

/* After CONN_ANSWERED: make ready for another exchange, or close where the answer or the peer says so. */
void conn_finish(struct conn *c);

/* What it is doing, for the text of a time-out: "waiting for the answer". */
const char *conn_doing_now(const struct conn *c);

bool conn_is_for(const struct conn *c, const struct url *origin);
void conn_close(struct conn *c);

#endif
