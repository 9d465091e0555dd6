/*
 * tls.c - TLS as a stream over a stream; see tls.h.
 *
 * What goes on the wire: ECDHE with authenticated ciphers only (mbedtls_config.h), groups and signatures from the tables below,
 * no ALPN (HTTP/1.1 is what a server speaks when nothing is offered), no tickets, no early data.
 */
#include "net/tls.h"

#include "base/address.h"
#include "base/format.h"
#include "codec/der.h"
#include "codec/x509.h"
#include "net/chain.h"
#include "net/tls_alert.h"
#include "net/tls_hooks.h"

#include <mbedtls/ssl.h>

#include <assert.h>
#include <string.h>

enum {
    TLS_READ_MAX = 16 * 1024, /* one record at most times: one read from below instead of two */
    TLS_WRITE_MAX = 4096,     /* what goes out is gathered up to this: the end of the handshake leaves with the first request */
    TLS_HOST_MAX = 256,
};

struct tls {
    struct stream stream;
    struct stream *below;
    const struct roots *roots;
    char host[TLS_HOST_MAX];
    mbedtls_ssl_config config;
    mbedtls_ssl_context ssl;
    struct chain_links links; /* signatures that mbedTLS has checked already */
    struct fault fault;       /* the first cause, from below or from the chain check: wins over mbedTLS's number */
    bool judged_good;         /* chain_check() said so */
    bool below_waits;         /* the last step below was STREAM_WAIT */
    bool ready;               /* the handshake is over */
    bool ended;
    size_t unsent;            /* bytes of a write that mbedTLS has taken but not sent */
    size_t written;           /* bytes of a write that mbedTLS has sent, but which are still in `out` */
    size_t out_from, out_end; /* what of `out` is still to leave */
    size_t in_from, in_end;   /* what of `in` has not been taken yet */
    bool heard;               /* the peer has sent something */
    char in[TLS_READ_MAX];
    char out[TLS_WRITE_MAX];
};

static const uint16_t tls_groups[] = {
    MBEDTLS_SSL_IANA_TLS_GROUP_X25519,
    MBEDTLS_SSL_IANA_TLS_GROUP_SECP256R1,
    MBEDTLS_SSL_IANA_TLS_GROUP_SECP384R1,
    MBEDTLS_SSL_IANA_TLS_GROUP_SECP521R1,
    MBEDTLS_SSL_IANA_TLS_GROUP_NONE,
};

/* What Microsoft's authorities sign with (ES and RS, 256 to 512), and the same for TLS 1.3, where RSA is PSS. No SHA-1. */
static const uint16_t tls_signatures[] = {
    MBEDTLS_TLS1_3_SIG_ECDSA_SECP256R1_SHA256,
    MBEDTLS_TLS1_3_SIG_ECDSA_SECP384R1_SHA384,
    MBEDTLS_TLS1_3_SIG_ECDSA_SECP521R1_SHA512,
    MBEDTLS_TLS1_3_SIG_RSA_PSS_RSAE_SHA256,
    MBEDTLS_TLS1_3_SIG_RSA_PSS_RSAE_SHA384,
    MBEDTLS_TLS1_3_SIG_RSA_PSS_RSAE_SHA512,
    MBEDTLS_TLS1_3_SIG_RSA_PKCS1_SHA256,
    MBEDTLS_TLS1_3_SIG_RSA_PKCS1_SHA384,
    MBEDTLS_TLS1_3_SIG_RSA_PKCS1_SHA512,
    MBEDTLS_TLS1_3_SIG_NONE,
};

/* ---- below: what mbedTLS calls for bytes ---- */

static void tls_wants(struct tls *t)
{
    t->below_waits = true;
    t->stream.want_read = t->below->want_read;
    t->stream.want_write = t->below->want_write;
}

/* A TLS record begins with its type, 20 to 23 (RFC 8446 5.1). An HTTP or SMTP server says something else. */
static bool tls_is_answered_in_tls(struct tls *t)
{
    struct span first = span_make(t->in, t->in_end);
    if (first.at[0] >= 20 && first.at[0] <= 23) {
        return true;
    }
    bool http = span_starts(first, SPAN("HTTP/")) || first.at[0] == '<';
    fault_set(&t->fault, FAULT_TLS, "%s: answers without TLS%s", t->host, http ? " (plain HTTP?)" : "");
    return fault_advise(&t->fault, "check the port, and whether a proxy stands in the way (--proxy URL)");
}

/* Read from below into `in`, which is empty. 1: there are bytes; else mbedTLS's number, 0 being the end. */
static int tls_fill(struct tls *t)
{
    t->in_from = 0;
    t->in_end = 0;
    switch (t->below->type->read(t->below, t->in, sizeof t->in, &t->in_end, &t->fault)) {
    case STREAM_WAIT:
        tls_wants(t);
        return MBEDTLS_ERR_SSL_WANT_READ;
    case STREAM_END:
        return 0;
    case STREAM_FAULT:
        return MBEDTLS_ERR_SSL_INTERNAL_ERROR;
    case STREAM_DATA:
        break;
    }
    if (!t->heard && !tls_is_answered_in_tls(t)) {
        return MBEDTLS_ERR_SSL_INVALID_RECORD;
    }
    t->heard = true;
    return 1;
}

/* Write to below. How many bytes, or mbedTLS's number. */
static int tls_put(struct tls *t, const char *from, size_t size)
{
    size_t put = 0;
    enum stream_result result = t->below->type->write(t->below, span_make(from, size), &put, &t->fault);
    if (result == STREAM_WAIT) {
        tls_wants(t);
        return MBEDTLS_ERR_SSL_WANT_WRITE;
    }
    return result == STREAM_DATA ? (int)put : MBEDTLS_ERR_SSL_INTERNAL_ERROR;
}

/* Let go what has been gathered: before anything is awaited, and when a request is complete. 0: all of it has left. */
static int tls_flush(struct tls *t)
{
    while (t->out_from < t->out_end) {
        int put = tls_put(t, t->out + t->out_from, t->out_end - t->out_from);
        if (put < 0) {
            return put;
        }
        t->out_from += (size_t)put;
    }
    t->out_from = 0;
    t->out_end = 0;
    return 0;
}

static int tls_receive(void *context, unsigned char *to, size_t room)
{
    struct tls *t = context;
    int filled = t->in_from < t->in_end ? 1 : tls_flush(t);
    if (filled == 0) {
        filled = tls_fill(t);
    }
    if (filled <= 0) {
        return filled;
    }
    size_t size = t->in_end - t->in_from < room ? t->in_end - t->in_from : room;
    memcpy(to, t->in + t->in_from, size);
    t->in_from += size;
    return (int)size;
}

static int tls_send(void *context, const unsigned char *from, size_t size)
{
    struct tls *t = context;
    int flushed = size > sizeof t->out - t->out_end ? tls_flush(t) : 0;
    if (flushed != 0 || size > sizeof t->out) {
        return flushed != 0 ? flushed : tls_put(t, (const char *)from, size);
    }
    memcpy(t->out + t->out_end, from, size);
    t->out_end += size;
    return (int)size;
}

/* ---- the certificate ---- */

/* mbedTLS itself trusts nothing: what tls_verify() does not approve has no root and fails. */
static int tls_no_root(void *context, mbedtls_x509_crt const *child, mbedtls_x509_crt **candidates)
{
    (void)context;
    (void)child;
    *candidates = NULL;
    return 0;
}

/* They choose the alert that mbedTLS sends. */
static const uint32_t tls_flags[] = {
    [CHAIN_GOOD] = 0,
    [CHAIN_UNTRUSTED] = MBEDTLS_X509_BADCERT_NOT_TRUSTED,
    [CHAIN_DATE] = MBEDTLS_X509_BADCERT_EXPIRED,
    [CHAIN_NAME] = MBEDTLS_X509_BADCERT_CN_MISMATCH,
    [CHAIN_UNFIT] = MBEDTLS_X509_BADCERT_KEY_USAGE,
};

static struct span tls_der(const mbedtls_x509_crt *certificate)
{
    return span_make((const char *)certificate->raw.p, certificate->raw.len);
}

/*
 * Called for each certificate that mbedTLS could line up, the highest first, the peer's own (depth 0) last. Their flags are
 * only looked at for signatures that need no second check; the whole judgement is chain.c's, passed at depth 0.
 */
static int tls_verify(void *context, mbedtls_x509_crt *certificate, int depth, uint32_t *flags)
{
    struct tls *t = context;
    chain_link_seen(&t->links, tls_der(certificate), *flags);
    *flags = 0;
    if (depth == 0) {
        struct chain chain = {.roots = t->roots, .host = t->host, .now = tls_hooks_now(), .links = &t->links};
        for (const mbedtls_x509_crt *c = certificate; c != NULL; c = c->next) {
            chain_add(&chain, tls_der(c));
        }
        enum chain_verdict verdict = chain_check(&chain, &t->fault);
        t->judged_good = verdict == CHAIN_GOOD;
        *flags = tls_flags[verdict];
    }
    return 0;
}

/* ---- what went wrong ---- */

/* Turn mbedTLS's number into a fault, unless a better cause is known already. */
static enum stream_result tls_fault(struct tls *t, int number, struct fault *f)
{
    if (tls_hooks_trouble(f)) {
        ; /* comes first */
    } else if (fault_is_set(&t->fault)) {
        *f = t->fault;
    } else if (number == MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE) {
        /* The alert's number has no public accessor in mbedTLS 3.6; in_msg is the alert: level, description. */
        tls_alert_fault(t->host, t->ssl.MBEDTLS_PRIVATE(in_msg)[1], t->ready, f);
    } else if (number == MBEDTLS_ERR_SSL_CONN_EOF || number == MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY || number == 0) {
        fault_set(f, FAULT_CUT, "%s: closed the connection %s", t->host,
                  t->heard ? "during the TLS handshake" : "when TLS was begun");
    } else if (t->ready && number == MBEDTLS_ERR_SSL_UNEXPECTED_MESSAGE) {
        fault_set(f, FAULT_CUT, "%s: sends a TLS message that is not known to this program (a key update?)", t->host);
    } else if (t->ready) {
        fault_set(f, FAULT_CUT, "%s: a TLS record is damaged or out of place (-0x%04x)", t->host, (unsigned)-number);
    } else if (number == MBEDTLS_ERR_SSL_BAD_PROTOCOL_VERSION) {
        fault_set(f, FAULT_TLS, "%s: %s", t->host, tls_too_old);
    } else if (number == MBEDTLS_ERR_SSL_BAD_INPUT_DATA &&
               t->ssl.MBEDTLS_PRIVATE(in_hslen) - 1 >= MBEDTLS_SSL_IN_CONTENT_LEN) { /* 0: it is the record */
        fault_set(f, FAULT_TLS, "%s: sends a TLS message of more than 16 KiB (many certificates?)", t->host);
    } else if (number == MBEDTLS_ERR_SSL_BAD_CERTIFICATE) {
        fault_set(f, FAULT_CERTIFICATE, "certificate of %s: none was sent, or its key may not be used here", t->host);
    } else if (!chain_unreadable(t->host, number, f)) {
        fault_set(f, FAULT_TLS, "%s: the TLS handshake failed (-0x%04x)", t->host, (unsigned)-number);
    }
    t->fault = *f;
    return STREAM_FAULT;
}

/* True: mbedTLS has stopped for no reason of the stream below (a message that needed no answer), and is to be called again. */
static bool tls_goes_on(const struct tls *t, int number)
{
    return (number == MBEDTLS_ERR_SSL_WANT_READ && !t->below_waits) || number == MBEDTLS_ERR_SSL_RECEIVED_NEW_SESSION_TICKET;
}

static bool tls_waits(int number)
{
    return number == MBEDTLS_ERR_SSL_WANT_READ || number == MBEDTLS_ERR_SSL_WANT_WRITE;
}

/* ---- the stream ---- */

enum stream_result tls_handshake(struct stream *s, struct fault *f)
{
    struct tls *t = (struct tls *)s;
    int number;
    if (fault_is_set(&t->fault)) {
        return tls_fault(t, 0, f);
    }
    do {
        t->below_waits = false;
        number = mbedtls_ssl_handshake(&t->ssl);
    } while (tls_goes_on(t, number));
    if (tls_waits(number)) {
        return STREAM_WAIT;
    }
    /* The verdict is asked for once more, in case a way through mbedTLS is ever found that does not call tls_verify(). */
    if (number != 0 || mbedtls_ssl_get_verify_result(&t->ssl) != 0 || !t->judged_good) {
        return tls_fault(t, number != 0 ? number : MBEDTLS_ERR_SSL_BAD_CERTIFICATE, f);
    }
    t->ready = true;
    return STREAM_DATA;
}

void tls_let_go(struct stream *s)
{
    (void)tls_flush((struct tls *)s); /* what does not go now goes before the next read; a fault is told by it */
}

static enum stream_result tls_read(struct stream *s, char *to, size_t room, size_t *got, struct fault *f)
{
    struct tls *t = (struct tls *)s;
    int number;
    if (t->ended) {
        return STREAM_END;
    }
    if (fault_is_set(&t->fault)) {
        return tls_fault(t, 0, f);
    }
    assert(t->ready && room > 0);
    do {
        t->below_waits = false;
        number = mbedtls_ssl_read(&t->ssl, (unsigned char *)to, room);
    } while (tls_goes_on(t, number));
    if (number > 0) {
        *got = (size_t)number;
        return STREAM_DATA;
    }
    if (tls_waits(number)) {
        return STREAM_WAIT;
    }
    if (number != 0 && number != MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY) {
        return tls_fault(t, number, f);
    }
    /* 0 is the end of the stream below, which anybody on the way can bring about. */
    t->ended = true;
    s->end_is_authenticated = number == MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY;
    return STREAM_END;
}

static enum stream_result tls_write(struct stream *s, struct span bytes, size_t *put, struct fault *f)
{
    struct tls *t = (struct tls *)s;
    if (fault_is_set(&t->fault)) {
        return tls_fault(t, 0, f);
    }
    /* After a wait mbedTLS has these bytes encrypted already, and counts what it is given now. */
    size_t size = t->unsent > 0 ? t->unsent : bytes.size;
    assert(t->ready && size > 0 && size <= bytes.size);
    t->below_waits = false;
    int number = t->written > 0 ? (int)t->written : mbedtls_ssl_write(&t->ssl, (const unsigned char *)bytes.at, size);
    t->unsent = tls_waits(number) ? size : 0;
    if (number > 0) {
        t->written = (size_t)number;
        number = tls_flush(t);
    }
    if (tls_waits(number)) {
        return STREAM_WAIT;
    }
    if (number != 0 || t->written == 0) {
        return tls_fault(t, number, f);
    }
    *put = t->written;
    t->written = 0;
    return STREAM_DATA;
}

static void tls_close(struct stream *s)
{
    struct tls *t = (struct tls *)s;
    if (t->unsent == 0 && t->written == 0) { /* or the rest of a request would leave that was given up */
        if (t->ready && !fault_is_set(&t->fault)) {
            (void)mbedtls_ssl_close_notify(&t->ssl); /* as far as it goes without waiting */
        }
        (void)tls_flush(t); /* that, or an alert */
    }
    mbedtls_ssl_free(&t->ssl);
    mbedtls_ssl_config_free(&t->config);
    t->below->type->close(t->below);
    memory_give(t);
}

static const struct stream_type tls_type = {tls_read, tls_write, tls_close};

/* RFC 6066 3: an address is no server name, and a name is sent without its last dot. The check of the name is chain.c's. */
static int tls_set_server_name(struct tls *t)
{
    struct address address;
    char name[TLS_HOST_MAX];
    struct span host = span_of(t->host);
    if (address_parse(host, &address)) {
        return mbedtls_ssl_set_hostname(&t->ssl, NULL);
    }
    if (span_ends(host, SPAN("."))) {
        host.size--;
    }
    format_text(name, sizeof name, "%.*s", SPAN_ARG(host));
    return mbedtls_ssl_set_hostname(&t->ssl, name);
}

static int tls_set_up(struct tls *t)
{
    int number = mbedtls_ssl_config_defaults(&t->config, MBEDTLS_SSL_IS_CLIENT, MBEDTLS_SSL_TRANSPORT_STREAM,
                                             MBEDTLS_SSL_PRESET_DEFAULT);
    if (number != 0) {
        return number;
    }
    mbedtls_ssl_conf_rng(&t->config, tls_hooks_random, NULL);
    mbedtls_ssl_conf_min_tls_version(&t->config, MBEDTLS_SSL_VERSION_TLS1_2);
    mbedtls_ssl_conf_max_tls_version(&t->config, MBEDTLS_SSL_VERSION_TLS1_3);
    mbedtls_ssl_conf_groups(&t->config, tls_groups);
    mbedtls_ssl_conf_sig_algs(&t->config, tls_signatures);
    mbedtls_ssl_conf_authmode(&t->config, MBEDTLS_SSL_VERIFY_REQUIRED);
    mbedtls_ssl_conf_cert_profile(&t->config, &chain_profile);
    mbedtls_ssl_conf_ca_cb(&t->config, tls_no_root, NULL);
    mbedtls_ssl_conf_verify(&t->config, tls_verify, t);
    number = mbedtls_ssl_setup(&t->ssl, &t->config);
    if (number != 0) {
        return number;
    }
    mbedtls_ssl_set_bio(&t->ssl, t, tls_send, tls_receive, NULL);
    return tls_set_server_name(t);
}

struct stream *tls_open(struct stream *below, const char *host, const struct roots *roots, struct fault *f)
{
    struct tls *t = memory_take(1, sizeof *t);
    if (t == NULL || strlen(host) >= sizeof t->host) {
        fault_set(f, t == NULL ? FAULT_MEMORY : FAULT_NAME, t == NULL ? "out of memory for TLS" : "the host name is too long");
        memory_give(t);
        below->type->close(below);
        return NULL;
    }
    t->stream.type = &tls_type;
    t->below = below;
    t->roots = roots;
    format_text(t->host, sizeof t->host, "%s", host);
    mbedtls_ssl_config_init(&t->config);
    mbedtls_ssl_init(&t->ssl);
    int number = tls_set_up(t);
    if (number != 0) {
        if (!tls_hooks_trouble(f)) {
            fault_set(f, FAULT_INTERNAL, "TLS does not start (-0x%04x)", (unsigned)-number);
        }
        tls_close(&t->stream);
        return NULL;
    }
    return &t->stream;
}

const char *tls_summary(const struct stream *s, char text[TLS_SUMMARY_MAX])
{
    const struct tls *t = (const struct tls *)s;
    format_text(text, TLS_SUMMARY_MAX, "%s, %s", mbedtls_ssl_get_version(&t->ssl), mbedtls_ssl_get_ciphersuite(&t->ssl));
    return text;
}

/* The way to the embedded roots is looked for once more, without the others. */
static bool tls_ends_in_embedded_root(const struct tls *t, const mbedtls_x509_crt *peer)
{
    struct roots embedded;
    struct fault ignored = {0};
    struct chain chain = {.roots = &embedded, .host = t->host, .now = tls_hooks_now()};
    roots_init(&embedded, true);
    for (const mbedtls_x509_crt *c = peer; c != NULL; c = c->next) {
        chain_add(&chain, tls_der(c));
    }
    bool good = t->roots->embedded && chain_check(&chain, &ignored) == CHAIN_GOOD;
    roots_free(&embedded);
    return good;
}

void tls_describe(const struct stream *s, struct tls_facts *facts)
{
    const struct tls *t = (const struct tls *)s;
    const mbedtls_x509_crt *peer = mbedtls_ssl_get_peer_cert(&t->ssl);
    struct x509 certificate = {0};
    *facts = (struct tls_facts){0};
    (void)tls_summary(s, facts->summary);
    if (peer != NULL && x509_read(tls_der(peer), &certificate)) {
        facts->expires = certificate.not_after;
        facts->embedded = tls_ends_in_embedded_root(t, peer);
        cert_name_text(span_make((const char *)peer->issuer_raw.p, peer->issuer_raw.len), facts->issuer);
    }
}

/* ---- the chain alone ---- */

static bool tls_check(struct span roots_pem, struct span chain_pem, struct roots *roots, struct roots *sent, struct chain *chain,
                      struct fault *f)
{
    struct der item;
    if (!roots_add_pem(roots, roots_pem, "roots", f) || !roots_add_pem(sent, chain_pem, "chain", f)) {
        return false;
    }
    struct span rest = buf_span(&sent->added);
    while (der_next(&rest, &item)) {
        chain_add(chain, item.whole);
    }
    struct fault found = {0};
    if (chain_check(chain, &found) == CHAIN_GOOD) {
        return true;
    }
    if (!tls_hooks_trouble(f)) {
        *f = found;
    }
    return false;
}

bool tls_check_chain(struct span roots_pem, struct span chain_pem, const char *host, int64_t now, struct fault *f)
{
    struct roots roots, sent;
    roots_init(&roots, false);
    roots_init(&sent, false);
    struct chain chain = {.roots = &roots, .host = host, .now = now};
    bool good = tls_check(roots_pem, chain_pem, &roots, &sent, &chain, f);
    roots_free(&roots);
    roots_free(&sent);
    return good;
}
