/*
 * retry.c - how a call ends, or goes round again; see retry.h.
 */
#include "net/retry.h"

#include "base/format.h"
#include "base/trace.h"
#include "net/clock.h"

/* True when the call waits for another try; false when its tries or the time are used up. */
static bool try_again(const struct client *c, struct call *call, uint64_t delay_ms, uint64_t now_ms, const char *why)
{
    bool too_late = now_ms + delay_ms >= c->settings.deadline_ms ||
                    (call->last_try_ms != 0 && now_ms + delay_ms >= call->last_try_ms);
    if (call->tries > c->settings.retries || too_late) {
        return false;
    }
    trace(TRACE_STEPS, "%s: %s; trying again in %u.%u s", call->origin->place, why, (unsigned)(delay_ms / 1000),
          (unsigned)(delay_ms % 1000 / 100));
    call->state = CALL_WAITING;
    call->not_before_ms = now_ms + delay_ms;
    fault_clear(&call->fault);
    return true;
}

static bool is_encoded(const struct http1_reader *reader)
{
    struct span coding;
    return http1_field(reader, "Content-Encoding", &coding) > 0 && !span_equal_nocase(coding, SPAN("identity"));
}

static void take_challenge(struct call *call, const struct http1_reader *reader)
{
    struct span value;
    buf_free(&call->challenge);
    call->challenge = buf_init(CALL_CHALLENGE_MAX);
    if (reader->status == 401 && http1_field(reader, "WWW-Authenticate", &value) == 1) {
        buf_put(&call->challenge, value);
    }
}

/* What says the time without TLS says nothing. */
static void tell_date(const struct client_settings *s, const struct call *call, const struct http1_reader *reader)
{
    struct span value;
    if (s->dated != NULL && call->origin->https && http1_field(reader, "Date", &value) == 1) {
        s->dated(s->dated_context, call->origin->place, value);
    }
}

static void take_answer(struct call *call, struct conn *conn)
{
    struct span value;
    take_challenge(call, &conn->reader);
    call->status = conn->reader.status;
    call->sent = call->sent || call->status != 429; /* 429: it was not carried out */
    buf_free(&call->answer);
    call->answer = conn->reader.body;
    conn->reader.body = (struct buf){0};
    call->has_retry_after = http1_field(&conn->reader, "Retry-After", &value) == 1 &&
                            pace_read_retry_after(value, clock_seconds(), &call->retry_after_seconds);
    if (is_encoded(&conn->reader)) {
        fault_set(&call->fault, FAULT_HTTP_SYNTAX, "%s: a compressed answer, though none was asked for",
                  call->origin->place);
    }
}

static enum call_verdict verdict_of(const struct call *call)
{
    enum call_verdict verdict = call->judge != NULL ? call->judge(call->context, call) : CALL_BY_STATUS;
    if (verdict != CALL_BY_STATUS) {
        return verdict;
    }
    return call->status == 429 ? CALL_THROTTLED : call->status >= 500 && call->repeatable ? CALL_PASSING : CALL_FINAL;
}

/*
 * 429 of the API: all its calls are held. In a run that outlasts it the call has used up no try: it is not the call that is too much.
 * The delays then grow even where the service names shorter ones.
 */
static bool hold(struct client *c, struct call *call, uint64_t now_ms, const char *why)
{
    bool outlast = c->settings.outlast && c->settings.retries > 0;
    call->tries -= outlast;
    pace_refuse(&c->pace, call->began_ms, now_ms, call->has_retry_after, call->retry_after_seconds * 1000,
                outlast && c->pace.refused >= c->settings.retries);
    return try_again(c, call, c->pace.hold_ms - now_ms, now_ms, why);
}

static uint64_t pause_ms(const struct call *call, enum call_verdict verdict)
{
    if (call->has_retry_after) {
        return call->retry_after_seconds * 1000;
    }
    return call->status == 410 ? PACE_GONE_MS : pace_backoff_ms(call->tries, verdict == CALL_THROTTLED);
}

void retry_answered(struct client *c, struct conn *conn, uint64_t now_ms)
{
    struct call *call = conn->call;
    char why[24];
    uint64_t took_ms = now_ms - call->began_ms;
    tell_date(&c->settings, call, &conn->reader);
    take_answer(call, conn);
    conn->reader.keep_alive = conn->reader.keep_alive && call->status < 500; /* who is in trouble often hangs up next */
    conn_finish(conn);
    trace(TRACE_STEPS, "%s %s: %d after %u ms", call->method, call->origin->place, call->status,
          (unsigned)took_ms);
    enum call_verdict verdict = verdict_of(call);
    bool held = call->paced && verdict == CALL_THROTTLED;
    if (call->paced) {
        pace_end(&c->pace, now_ms, true);
        c->latency_ms = c->latency_ms == 0 ? took_ms : (c->latency_ms * 3 + took_ms) / 4;
    }
    if (call->paced && !held) {
        pace_accept(&c->pace, call->began_ms);
    }
    format_text(why, sizeof why, "status %d", call->status);
    if (fault_is_set(&call->fault) || verdict == CALL_FINAL ||
        !(held ? hold(c, call, now_ms, why) : try_again(c, call, pause_ms(call, verdict), now_ms, why))) {
        call_end(call);
    }
}

static bool may_pass(enum fault_code code)
{
    return code == FAULT_NAME_SERVER || code == FAULT_CONNECT || code == FAULT_CUT || code == FAULT_TIMEOUT;
}

void retry_failed(struct client *c, struct conn *conn, uint64_t now_ms)
{
    struct call *call = conn->call;
    struct fault why = conn->fault;
    bool sent = conn->request_sent;
    bool any_sent = sent || conn->out_sent > 0;
    /* The peer closed a kept connection while the request was on its way: that says nothing about the peer. */
    bool stale = conn->answered > 0 && why.code == FAULT_CUT && !conn->reader.started;
    conn_close(conn);
    if (call == NULL) {
        trace(TRACE_STEPS, "%s", why.text);
        return;
    }
    if (call->paced) {
        pace_end(&c->pace, now_ms, any_sent);
    }
    bool repeatable = call->repeatable || !sent;
    call->sent = call->sent || sent;
    if (stale && repeatable) {
        call->tries--;
    }
    bool is_final = call->unreachable_is_final && !sent && !stale;
    if (repeatable && !is_final && may_pass(why.code) &&
        try_again(c, call, stale ? 0 : pace_backoff_ms(call->tries, false), now_ms, why.text)) {
        return;
    }
    call->fault = why;
    call_end(call);
}
