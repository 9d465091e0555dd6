/*
 * conn.c - one connection as a state machine; see conn.h.
 */
#include "net/conn.h"

#include "base/trace.h"
#include "net/tls.h"

#include <assert.h>

enum { CONN_READ_BLOCK = 16 * 1024, CONN_TUNNEL_BLOCK = 2 * 1024, CONN_REQUEST_MAX = 512 * 1024 };

static const char *const doing_text[] = {
    [CONN_CLOSED] = "closed",
    [CONN_RESOLVE] = "looking up the name",
    [CONN_CONNECT] = "connecting",
    [CONN_PROXY_TLS] = "TLS handshake with the proxy",
    [CONN_TUNNEL] = "waiting for the proxy's answer to CONNECT",
    [CONN_TLS] = "TLS handshake",
    [CONN_READY] = "idle",
    [CONN_SEND] = "sending the request",
    [CONN_RECEIVE] = "waiting for the answer",
    [CONN_ANSWERED] = "answered",
    [CONN_FAILED] = "failed",
};

void conn_open(struct conn *c, const struct url *origin, const struct conn_settings *settings, uint64_t now_ms)
{
    assert(c->state == CONN_CLOSED);
    *c = (struct conn){.state = CONN_RESOLVE, .origin = *origin, .used_ms = now_ms};
    c->proxy = proxy_is_for(settings->proxy, origin) ? settings->proxy : NULL;
    c->timeout_ms = now_ms + settings->connect_timeout_ms;
}

/* TLS names the host itself, as it stands in the certificate. */
static void conn_fail(struct conn *c)
{
    bool of_proxy = c->proxy != NULL && c->state <= CONN_TUNNEL;
    if (of_proxy) {
        proxy_blame(c->proxy, &c->fault);
    } else if (c->proxy != NULL && c->state == CONN_TLS) {
        fault_place(&c->fault, "through proxy %s", c->proxy->url.place);
    }
    if (of_proxy || !span_contains(span_of(c->fault.text), span_of(c->origin.host))) {
        fault_place(&c->fault, "%s", c->origin.place);
    }
    c->state = CONN_FAILED;
}

static void ready(struct conn *c)
{
    c->state = CONN_READY;
    c->timeout_ms = UINT64_MAX;
}

/* How long a peer may be silent during an exchange. */
static uint64_t silence_ms(const struct conn *c)
{
    return c->call->answer_timeout_ms > 0 ? c->call->answer_timeout_ms : CONN_SILENCE_MS;
}

/* ---- the steps: each returns false when there is nothing more to do without waiting ---- */

static bool step_resolve(struct conn *c, const struct conn_settings *settings, uint64_t now_ms)
{
    const struct dns_addresses *found;
    if (c->lookup == NULL) {
        const struct url *to = c->proxy != NULL ? &c->proxy->url : &c->origin;
        c->lookup = dns_begin(settings->dns, to, now_ms, c->timeout_ms, &c->fault);
    }
    enum dns_result result = c->lookup != NULL ? dns_look(c->lookup, &found, &c->fault) : DNS_FAULT;
    if (result == DNS_WAIT) {
        return false;
    }
    if (result == DNS_FAULT || (c->tcp = tcp_open(found->at, found->count, &c->fault)) == NULL) {
        conn_fail(c);
        return false;
    }
    c->stream = &c->tcp->stream;
    c->state = CONN_CONNECT;
    return true;
}

static void trace_connected(const struct conn *c)
{
    char text[ADDRESS_TEXT_MAX];
    const struct address *peer = tcp_peer(c->tcp);
    address_text(peer, text);
    trace(TRACE_STEPS, "%s: connected to %s%s port %u", c->origin.place, c->proxy != NULL ? "the proxy at " : "", text,
          (unsigned)peer->port);
}

static bool begin_tls(struct conn *c, const struct conn_settings *settings, const char *host, enum conn_state state)
{
    c->state = state;
    c->stream = tls_open(c->stream, host, settings->roots, &c->fault);
    if (c->stream == NULL) {
        c->tcp = NULL;
        conn_fail(c);
    }
    return c->stream != NULL;
}

static bool begin_tunnel(struct conn *c, const struct conn_settings *settings)
{
    struct buf shown = buf_init(HTTP1_HEAD_MAX);
    struct fault ignored = {0};
    c->state = CONN_TUNNEL;
    c->out = buf_init(HTTP1_HEAD_MAX);
    c->out_sent = 0;
    if (!proxy_put_connect(c->proxy, &c->origin, settings->user_agent, false, &c->out, &c->fault)) {
        conn_fail(c);
        return false;
    }
    if (trace_is_on(TRACE_BYTES) && proxy_put_connect(c->proxy, &c->origin, settings->user_agent, true, &shown, &ignored)) {
        trace_text(TRACE_BYTES, "> ", buf_span(&shown));
    }
    buf_free(&shown);
    proxy_await(&c->reader);
    return true;
}

static bool step_connect(struct conn *c, const struct conn_settings *settings, uint64_t now_ms)
{
    enum stream_result result = tcp_connect(c->tcp, now_ms, &c->fault);
    if (result == STREAM_WAIT) {
        return false;
    }
    if (result != STREAM_DATA) {
        conn_fail(c);
        return false;
    }
    trace_connected(c);
    if (c->proxy != NULL) {
        return c->proxy->url.https ? begin_tls(c, settings, c->proxy->url.host, CONN_PROXY_TLS) : begin_tunnel(c, settings);
    }
    if (c->origin.https) {
        return begin_tls(c, settings, c->origin.host, CONN_TLS);
    }
    ready(c);
    return true;
}

static bool step_tls(struct conn *c, const struct conn_settings *settings)
{
    enum stream_result result = tls_handshake(c->stream, &c->fault);
    if (result == STREAM_DATA) {
        char text[TLS_SUMMARY_MAX];
        bool is_proxy = c->state == CONN_PROXY_TLS;
        trace(TRACE_STEPS, "%s: %s%s", c->origin.place, tls_summary(c->stream, text), is_proxy ? " with the proxy" : "");
        if (is_proxy) {
            return begin_tunnel(c, settings);
        }
        if (c->call == NULL) {
            tls_let_go(c->stream); /* opened ahead: the server need not wait for the request */
        }
        ready(c);
        return true;
    }
    if (result != STREAM_WAIT) {
        if (!fault_is_set(&c->fault)) {
            fault_set(&c->fault, FAULT_CUT, "closed during the TLS handshake");
        }
        conn_fail(c);
    }
    return false;
}

/* Write on what is in c->out, and wipe it once all of it is sent. */
static enum stream_result send_some(struct conn *c)
{
    struct span rest = span_cut(buf_span(&c->out), c->out_sent, c->out.size);
    size_t put = 0;
    enum stream_result result = c->stream->type->write(c->stream, rest, &put, &c->fault);
    c->out_sent += put;
    if (c->out_sent == c->out.size) {
        buf_free(&c->out);
    } else if (result == STREAM_END || result == STREAM_FAULT) {
        fault_set(&c->fault, FAULT_CUT, "closed while the request was sent");
        conn_fail(c);
    }
    return result;
}

static bool tunnel_answer(struct conn *c, const struct conn_settings *settings, struct span in)
{
    enum http1_result result = proxy_answer(c->proxy, &c->origin, &c->reader, in, &c->fault);
    if (result == HTTP1_MORE) {
        return true;
    }
    trace_text(TRACE_BYTES, "< ", http1_head(&c->reader));
    if (result == HTTP1_BAD) {
        conn_fail(c);
        return false;
    }
    http1_reader_free(&c->reader);
    c->tunnelled = true;
    trace(TRACE_STEPS, "%s: through proxy %s", c->origin.place, c->proxy->url.place);
    return begin_tls(c, settings, c->origin.host, CONN_TLS);
}

static bool step_tunnel(struct conn *c, const struct conn_settings *settings)
{
    char block[CONN_TUNNEL_BLOCK];
    size_t got = 0;
    if (c->out.size > 0) {
        return send_some(c) == STREAM_DATA;
    }
    enum stream_result result = c->stream->type->read(c->stream, block, sizeof block, &got, &c->fault);
    if (result == STREAM_DATA) {
        return tunnel_answer(c, settings, span_make(block, got));
    }
    if (result != STREAM_WAIT) {
        fault_set(&c->fault, FAULT_CUT, "closed before its answer to CONNECT was complete");
        conn_fail(c);
    }
    return false;
}

static bool step_send(struct conn *c, uint64_t now_ms)
{
    if (send_some(c) != STREAM_DATA) {
        return false;
    }
    c->timeout_ms = now_ms + silence_ms(c);
    if (c->out.size == 0) {
        c->request_sent = true;
        c->state = CONN_RECEIVE;
    }
    return true;
}

static void trace_answer(const struct conn *c)
{
    trace_text(TRACE_BYTES, "< ", http1_head(&c->reader));
    if (c->call->answer_is_secret) {
        trace(TRACE_BYTES, "< (body of %zu bytes, hidden)", c->reader.body.size);
    } else {
        trace_text(TRACE_BYTES, "< ", buf_span(&c->reader.body));
    }
}

static bool answer_step(struct conn *c, enum http1_result result)
{
    if (result == HTTP1_DONE) {
        trace_answer(c);
        c->state = CONN_ANSWERED;
    } else if (result == HTTP1_BAD) {
        conn_fail(c);
    }
    return result == HTTP1_MORE;
}

static bool step_receive(struct conn *c, uint64_t now_ms)
{
    char block[CONN_READ_BLOCK];
    size_t got = 0;
    size_t used = 0;
    enum stream_result result = c->stream->type->read(c->stream, block, sizeof block, &got, &c->fault);
    bool more = false;
    if (result == STREAM_DATA) {
        c->timeout_ms = now_ms + silence_ms(c);
        more = answer_step(c, http1_reader_feed(&c->reader, span_make(block, got), &used, &c->fault));
        c->reader.keep_alive = c->reader.keep_alive && used == got;
    } else if (result == STREAM_END) {
        if (!c->reader.started) {
            fault_set(&c->fault, FAULT_CUT, "closed without an answer");
            conn_fail(c);
        } else {
            (void)answer_step(c, http1_reader_end(&c->reader, c->stream->end_is_authenticated, &c->fault));
            c->reader.keep_alive = false;
        }
    } else if (result == STREAM_FAULT) {
        conn_fail(c);
    }
    memory_wipe(block, got); /* may hold a token */
    return more;
}

static bool step(struct conn *c, const struct conn_settings *settings, uint64_t now_ms)
{
    switch (c->state) {
    case CONN_RESOLVE:
        return step_resolve(c, settings, now_ms);
    case CONN_CONNECT:
        return step_connect(c, settings, now_ms);
    case CONN_TUNNEL:
        return step_tunnel(c, settings);
    case CONN_PROXY_TLS:
    case CONN_TLS:
        return step_tls(c, settings);
    case CONN_SEND:
        return step_send(c, now_ms);
    case CONN_RECEIVE:
        return step_receive(c, now_ms);
    default:
        return false;
    }
}

void conn_step(struct conn *c, const struct conn_settings *settings, uint64_t now_ms)
{
    while (step(c, settings, now_ms)) {
        c->used_ms = now_ms;
    }
    if (now_ms >= c->timeout_ms && c->state > CONN_CLOSED && c->state < CONN_ANSWERED) {
        fault_set(&c->fault, FAULT_TIMEOUT, "time-out (%s)", doing_text[c->state]);
        conn_fail(c);
    }
}

/* ---- the request ---- */

static bool put_caller_field(struct buf *to, const struct call_field *field, bool hide, struct fault *f)
{
    struct buf value = buf_init(SECRET_MAX);
    buf_put_text(&value, field->value);
    if (field->secret != NULL) {
        buf_put(&value, hide ? SPAN("(hidden)") : secret_reveal(field->secret));
    }
    bool ok = http1_put_field(to, span_of(field->name), buf_span(&value), f);
    buf_free(&value);
    return ok;
}

static bool put_text_field(struct buf *to, const char *name, const char *value, struct fault *f)
{
    return http1_put_field(to, span_of(name), span_of(value), f);
}

static struct span body_of(const struct call *call)
{
    return call->secret_body != NULL ? secret_reveal(call->secret_body) : call->body;
}

static bool put_body_fields(struct buf *to, const struct call *call, struct fault *f)
{
    if (call->content_type == NULL) {
        return true;
    }
    struct buf text = buf_init(24);
    buf_put_format(&text, "%zu", body_of(call).size);
    bool ok = put_text_field(to, "Content-Type", call->content_type, f) &&
              http1_put_field(to, SPAN("Content-Length"), buf_span(&text), f);
    buf_free(&text);
    return ok;
}

static bool put_head(struct buf *to, const struct call *call, const char *user_agent, bool hide, struct fault *f)
{
    bool ok = http1_put_request(to, span_of(call->method), buf_span(&call->target), f) &&
              put_text_field(to, "Host", call->origin->place, f) &&
              put_text_field(to, "User-Agent", user_agent, f) && put_text_field(to, "Accept", "application/json", f) &&
              put_text_field(to, "Accept-Encoding", "identity", f);
    for (size_t i = 0; ok && i < call->field_count; i++) {
        ok = put_caller_field(to, &call->fields[i], hide, f);
    }
    ok = ok && put_body_fields(to, call, f);
    http1_put_end(to);
    return ok && ((!to->failed && !call->target.failed) || fault_set(f, FAULT_MEMORY, "the request is too large"));
}

static void trace_request(const struct call *call, const char *user_agent)
{
    struct fault ignored = {0};
    struct buf head = buf_init(HTTP1_HEAD_MAX);
    if (trace_is_on(TRACE_BYTES) && put_head(&head, call, user_agent, true, &ignored)) {
        trace_text(TRACE_BYTES, "> ", buf_span(&head));
        if (call->secret_body != NULL) {
            trace(TRACE_BYTES, "> (body of %zu bytes, hidden)", body_of(call).size);
        } else {
            trace_text(TRACE_BYTES, "> ", call->body);
        }
    }
    buf_free(&head);
}

bool conn_begin(struct conn *c, const char *user_agent, uint64_t now_ms, struct fault *f)
{
    assert(c->state == CONN_READY && c->call != NULL);
    c->out = buf_init(CONN_REQUEST_MAX);
    if (!put_head(&c->out, c->call, user_agent, false, f)) {
        buf_free(&c->out);
        return false;
    }
    buf_put(&c->out, body_of(c->call));
    if (c->out.failed) {
        buf_free(&c->out);
        return fault_set(f, FAULT_MEMORY, "the request is too large");
    }
    trace_request(c->call, user_agent);
    http1_reader_init(&c->reader, c->call->answer_max);
    c->out_sent = 0;
    c->request_sent = false;
    c->state = CONN_SEND;
    c->timeout_ms = now_ms + silence_ms(c);
    return true;
}

void conn_look(struct conn *c)
{
    char byte;
    size_t got;
    struct fault ignored = {0};
    if (c->state == CONN_READY && c->stream->type->read(c->stream, &byte, 1, &got, &ignored) != STREAM_WAIT) {
        trace(TRACE_STEPS, "%s: the kept connection has ended", c->origin.place);
        conn_close(c);
    }
}

/* ---- waiting, ending ---- */

size_t conn_poll(struct conn *c, struct os_poll_item *items, size_t room)
{
    if (c->state == CONN_READY) {
        c->stream->want_read = true; /* to see it end */
        c->stream->want_write = false;
    }
    return c->tcp == NULL || c->state >= CONN_ANSWERED ? 0 : tcp_poll(c->tcp, c->stream, items, room);
}

uint64_t conn_wakes_ms(const struct conn *c)
{
    uint64_t wakes = c->state == CONN_CLOSED || c->state >= CONN_ANSWERED ? UINT64_MAX : c->timeout_ms;
    uint64_t attempt = c->state == CONN_CONNECT ? tcp_wakes_ms(c->tcp) : UINT64_MAX;
    return attempt < wakes ? attempt : wakes;
}

void conn_finish(struct conn *c)
{
    assert(c->state == CONN_ANSWERED);
    bool keep = c->reader.keep_alive;
    http1_reader_free(&c->reader);
    c->call = NULL;
    c->answered++;
    ready(c);
    if (!keep) {
        conn_close(c);
    }
}

const char *conn_doing_now(const struct conn *c)
{
    return doing_text[c->state];
}

bool conn_is_for(const struct conn *c, const struct url *origin)
{
    return c->state != CONN_CLOSED && c->origin.https == origin->https && c->origin.port == origin->port &&
           span_equal(span_of(c->origin.host), span_of(origin->host));
}

void conn_close(struct conn *c)
{
    if (c->stream != NULL) {
        c->stream->type->close(c->stream);
    }
    http1_reader_free(&c->reader);
    buf_free(&c->out);
    *c = (struct conn){0};
}
