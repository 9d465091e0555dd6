/*
 * call.h - one HTTP exchange: what is asked, how far it may be repeated, what came back.
 *
 * Does      carry request, policy, answer and fault between the callers (auth/, mde/) and the engine (client.h).
 * Limits    CALL_FIELDS_MAX fields of the caller's; the answer's body has the ceiling the caller sets.
 * Rules     a status is data, not a fault: what 404 means is the caller's to say. A secret goes out only as `secret` of a field or
 *           as `secret_body`; neither is ever traced. Repeating: RFC 9110 section 9.2.2.
 */
#ifndef NET_CALL_H
#define NET_CALL_H

#include "base/secret.h"
#include "codec/url.h"

enum { CALL_FIELDS_MAX = 6, CALL_TARGET_MAX = 8 * 1024, CALL_ANSWER_MAX = 4 * 1024 * 1024, CALL_CHALLENGE_MAX = 4 * 1024 };

struct call_field {
    const char *name;
    const char *value;           /* "Bearer " in front of a secret, or the whole value */
    const struct secret *secret; /* appended to the value; NULL: none */
};

/* How an answer counts for another try. */
enum call_verdict {
    CALL_BY_STATUS, /* as its status says: 429 and, if the call is repeatable, 5xx go round again */
    CALL_FINAL,     /* the caller reads it */
    CALL_PASSING,   /* as 5xx: tried again after growing delays */
    CALL_THROTTLED, /* as 429 */
};

enum call_state {
    CALL_WAITING, /* not begun, or to be tried again at not_before_ms */
    CALL_ACTIVE,  /* has a connection */
    CALL_ENDED,
};

struct call {
    /* the request; borrowed until the call has ended */
    const char *method;
    const struct url *origin;          /* scheme, host and port */
    struct buf target;                 /* owned: path and query */
    struct call_field fields[CALL_FIELDS_MAX];
    size_t field_count;
    struct span body;                  /* shown by -vv */
    const struct secret *secret_body;  /* or this instead: never shown */
    const char *content_type;          /* NULL: no body */

    /* policy */
    bool repeatable;                   /* may be sent twice without harm */
    bool paced;                        /* counts against the API's limits (pace.h) */
    bool answer_is_secret;             /* the answer's body is not shown */
    bool unreachable_is_final;         /* nobody there: not tried again, as long as nothing was sent */
    uint64_t connect_timeout_ms;       /* 0: that of the client; the same for answer_timeout_ms and CONN_SILENCE_MS */
    uint64_t answer_timeout_ms;
    uint64_t last_try_ms;              /* no further try begins after this; 0: the client's deadline */
    size_t answer_max;                 /* most bytes of body, at most CALL_ANSWER_MAX */
    void (*ended)(void *context, struct call *call); /* called once, when the call has ended; or NULL */
    enum call_verdict (*judge)(void *context, const struct call *call); /* of an answer; NULL: CALL_BY_STATUS */
    bool (*renew)(void *context, struct call *call, struct fault *f); /* before it is sent once more: make the request anew; or NULL */
    void *context;

    /* the answer */
    int status;                        /* 0: none */
    struct buf answer;                 /* owned */
    bool has_retry_after;
    uint64_t retry_after_seconds;
    struct buf challenge;              /* owned: WWW-Authenticate of a 401; empty: none, or more than one */
    bool sent;                         /* the whole request left this host at least once: it may have been carried out */
    struct fault fault;                /* why there is no answer */

    /* the engine's own */
    enum call_state state;
    unsigned tries;                    /* begun so far */
    uint64_t not_before_ms;
    uint64_t began_ms;
};

/* A call to origin with an empty target and the default policy (not repeatable, CALL_ANSWER_MAX). */
struct call call_init(const char *method, const struct url *origin);

void call_add_field(struct call *c, const char *name, const char *value, const struct secret *secret);

/*
 * The fault of a status that means the same whoever answers: 3xx FAULT_REDIRECT, 407 FAULT_CONNECT, 429 FAULT_THROTTLED,
 * 5xx FAULT_SERVER, all else FAULT_ANSWER. Always false.
 */
bool call_status_fault(const struct call *c, struct fault *f);

/* The call has a status or a fault: tell who waits for it. */
void call_end(struct call *c);

/* Wipe and give back what the call owns. */
void call_free(struct call *c);

#endif
