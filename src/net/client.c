/*
 * client.c - the engine; see client.h.
 */
#include "net/client.h"

#include "base/trace.h"
#include "net/clock.h"
#include "net/pace.h"

#include <stdio.h>

enum {
    CLIENT_TICK_MS = 1000,
    POLL_ITEMS_MAX = DNS_POLL_ITEMS_MAX + CLIENT_CONNECTIONS_MAX * DNS_ADDRESSES_MAX,
};

void client_open(struct client *c, const struct client_settings *settings)
{
    *c = (struct client){.settings = *settings};
    dns_open(&c->dns, &settings->names);
    c->settings.conn.dns = &c->dns;
    c->settings.conn.user_agent = settings->user_agent;
}

void client_close(struct client *c)
{
    for (size_t i = 0; i < CLIENT_CONNECTIONS_MAX; i++) {
        conn_close(&c->connections[i]);
    }
    dns_close(&c->dns);
    *c = (struct client){0};
}

/* ---- how a call ends, or goes round again ---- */

static void call_end(struct call *call)
{
    call->state = CALL_ENDED;
    if (call->ended != NULL) {
        call->ended(call->context, call);
    }
}

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

static uint64_t pause_ms(const struct call *call, enum call_verdict verdict)
{
    if (call->has_retry_after) {
        return call->retry_after_seconds * 1000;
    }
    return call->status == 410 ? PACE_GONE_MS : pace_backoff_ms(call->tries, verdict == CALL_THROTTLED);
}

static void answered(const struct client *c, struct conn *conn, uint64_t now_ms)
{
    struct call *call = conn->call;
    char why[24];
    tell_date(&c->settings, call, &conn->reader);
    take_answer(call, conn);
    conn->reader.keep_alive = conn->reader.keep_alive && call->status < 500; /* who is in trouble often hangs up next */
    conn_finish(conn);
    trace(TRACE_STEPS, "%s %s: %d after %u ms", call->method, call->origin->place, call->status,
          (unsigned)(now_ms - call->began_ms));
    enum call_verdict verdict = verdict_of(call);
    snprintf(why, sizeof why, "status %d", call->status);
    if (fault_is_set(&call->fault) || verdict == CALL_FINAL || !try_again(c, call, pause_ms(call, verdict), now_ms, why)) {
        call_end(call);
    }
}

static bool may_pass(enum fault_code code)
{
    return code == FAULT_NAME_SERVER || code == FAULT_CONNECT || code == FAULT_CUT || code == FAULT_TIMEOUT;
}

static void failed(const struct client *c, struct conn *conn, uint64_t now_ms)
{
    struct call *call = conn->call;
    struct fault why = conn->fault;
    bool sent = conn->request_sent;
    /* The peer closed a kept connection while the request was on its way: that says nothing about the peer. */
    bool stale = conn->answered > 0 && why.code == FAULT_CUT && !conn->reader.started;
    conn_close(conn);
    if (call == NULL) {
        trace(TRACE_STEPS, "%s", why.text);
        return;
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

/* ---- calls to connections ---- */

static void begin(struct client *c, struct conn *conn, uint64_t now_ms)
{
    struct call *call = conn->call;
    struct fault f = {0};
    if (!conn_begin(conn, c->settings.user_agent, now_ms, &f)) {
        conn->call = NULL;
        call->fault = f;
        call_end(call);
    }
}

static struct conn *free_connection(struct client *c, const struct url *origin)
{
    struct conn *opening = NULL;
    for (size_t i = 0; i < CLIENT_CONNECTIONS_MAX; i++) {
        struct conn *conn = &c->connections[i];
        if (conn->call != NULL || conn->state >= CONN_ANSWERED || !conn_is_for(conn, origin)) {
            continue;
        }
        conn_look(conn);
        if (conn->state == CONN_READY) {
            return conn;
        }
        opening = conn->state != CONN_CLOSED ? conn : opening;
    }
    return opening;
}

struct census {
    size_t same;         /* connections to this origin */
    size_t busy;         /* connections that cannot be given up */
    struct conn *closed; /* one, or NULL */
    struct conn *idle;   /* one that is ready for another host, or NULL */
};

static struct census count_connections(struct client *c, const struct url *origin)
{
    struct census census = {0};
    for (size_t i = 0; i < CLIENT_CONNECTIONS_MAX; i++) {
        struct conn *conn = &c->connections[i];
        bool idle = conn->call == NULL && conn->state == CONN_READY;
        census.same += conn_is_for(conn, origin);
        census.busy += conn->state != CONN_CLOSED && !idle;
        census.closed = conn->state == CONN_CLOSED ? conn : census.closed;
        census.idle = idle ? conn : census.idle;
    }
    return census;
}

/*
 * A place for a new connection to origin. NULL: the default number is busy, or fewer than CLIENT_CALLS_A_CONNECTION calls would wait
 * for each that is there: opening one costs two round trips, waiting for an answer one.
 */
static struct conn *new_place(struct client *c, const struct url *origin, size_t waiting)
{
    struct census census = count_connections(c, origin);
    if (census.busy >= CLIENT_CONNECTIONS_DEFAULT || (census.same > 0 && waiting < census.same * CLIENT_CALLS_A_CONNECTION)) {
        return NULL;
    }
    if (census.closed == NULL && census.idle != NULL) {
        conn_close(census.idle);
        return census.idle;
    }
    return census.closed;
}

/* `waiting`: how many calls, with this one, have no connection. */
static void assign(struct client *c, struct call *call, size_t waiting, uint64_t now_ms)
{
    struct conn *conn = free_connection(c, call->origin);
    if (conn == NULL) {
        conn = new_place(c, call->origin, waiting);
        if (conn == NULL) {
            return;
        }
        conn_open(conn, call->origin, &c->settings.conn, now_ms);
        if (call->connect_timeout_ms > 0) {
            conn->timeout_ms = now_ms + call->connect_timeout_ms;
        }
    }
    if (call->tries > 0 && call->renew != NULL && !call->renew(call->context, call, &call->fault)) {
        call_end(call);
        return;
    }
    conn->call = call;
    call->state = CALL_ACTIVE;
    call->tries++;
    call->status = 0;
    call->began_ms = now_ms;
}

void client_warm(struct client *c, const struct url *origin)
{
    struct conn *conn = free_connection(c, origin) == NULL ? new_place(c, origin, 1) : NULL;
    if (conn != NULL) {
        conn_open(conn, origin, &c->settings.conn, os_monotonic_ms());
    }
}

/* ---- the loop ---- */

/* Why everything has to end now; FAULT_NONE: go on. */
static enum fault_code reason_to_end(const struct client *c, uint64_t now_ms)
{
    switch (os_stop_asked()) {
    case OS_STOP_INTERRUPTED:
        return FAULT_INTERRUPTED;
    case OS_STOP_TERMINATED:
        return FAULT_TERMINATED;
    default:
        return now_ms >= c->settings.deadline_ms ? FAULT_TIMEOUT : FAULT_NONE;
    }
}

static const char *end_text(enum fault_code reason)
{
    return reason == FAULT_TIMEOUT ? "--max-time has passed" : "interrupted";
}

static struct conn *connection_of(struct client *c, const struct call *call)
{
    for (size_t i = 0; i < CLIENT_CONNECTIONS_MAX; i++) {
        if (c->connections[i].call == call) {
            return &c->connections[i];
        }
    }
    return NULL;
}

static void end_all(struct client *c, struct call *calls, size_t count, enum fault_code code)
{
    for (size_t i = 0; i < count; i++) {
        struct call *call = &calls[i];
        struct conn *conn = call->state == CALL_ACTIVE ? connection_of(c, call) : NULL;
        const char *doing = "not begun";
        if (call->state == CALL_ENDED) {
            continue;
        }
        if (conn != NULL) {
            call->sent = call->sent || conn->request_sent;
            doing = conn_doing_now(conn);
            conn_close(conn);
        }
        fault_clear(&call->fault);
        fault_set(&call->fault, code, "%s: %s (%s)", call->origin->place, end_text(code), doing);
        call_end(call);
    }
}

static void step_connections(struct client *c, uint64_t now_ms)
{
    dns_step(&c->dns, now_ms);
    for (size_t i = 0; i < CLIENT_CONNECTIONS_MAX; i++) {
        struct conn *conn = &c->connections[i];
        conn_step(conn, &c->settings.conn, now_ms);
        if (conn->state == CONN_READY && conn->call != NULL) {
            begin(c, conn, now_ms);
            conn_step(conn, &c->settings.conn, now_ms);
        }
    }
}

/* Take in what the connections have come to. False: nothing. */
static bool harvest(struct client *c, uint64_t now_ms)
{
    bool any = false;
    for (size_t i = 0; i < CLIENT_CONNECTIONS_MAX; i++) {
        struct conn *conn = &c->connections[i];
        if (conn->state == CONN_ANSWERED) {
            answered(c, conn, now_ms);
            any = true;
        } else if (conn->state == CONN_FAILED) {
            failed(c, conn, now_ms);
            any = true;
        }
    }
    return any;
}

static void wait_for_something(struct client *c, const struct call *calls, size_t count, uint64_t now_ms)
{
    struct os_poll_item items[POLL_ITEMS_MAX];
    size_t used = dns_poll(&c->dns, items, DNS_POLL_ITEMS_MAX);
    uint64_t names = dns_wakes_ms(&c->dns);
    uint64_t until = names < c->settings.deadline_ms ? names : c->settings.deadline_ms;
    for (size_t i = 0; i < CLIENT_CONNECTIONS_MAX; i++) {
        uint64_t wakes = conn_wakes_ms(&c->connections[i]);
        used += conn_poll(&c->connections[i], items + used, POLL_ITEMS_MAX - used);
        until = wakes < until ? wakes : until;
    }
    for (size_t i = 0; i < count; i++) {
        bool later = calls[i].state == CALL_WAITING && calls[i].not_before_ms > now_ms;
        until = later && calls[i].not_before_ms < until ? calls[i].not_before_ms : until;
    }
    if (c->tick != NULL) {
        c->tick(c->tick_context);
        until = until < now_ms + CLIENT_TICK_MS ? until : now_ms + CLIENT_TICK_MS;
    }
    os_poll(items, used, until > now_ms ? until - now_ms : 0);
    for (size_t i = 0; i < CLIENT_CONNECTIONS_MAX; i++) {
        if (c->connections[i].call == NULL) {
            conn_look(&c->connections[i]); /* or an idle one that has ended would keep the loop awake */
        }
    }
}

/* Give connections to the calls that are due. False: every call has ended. */
static bool assign_all(struct client *c, struct call *calls, size_t count, uint64_t now_ms)
{
    size_t due = 0;
    size_t ended = 0;
    for (size_t i = 0; i < count; i++) {
        due += calls[i].state == CALL_WAITING && calls[i].not_before_ms <= now_ms;
    }
    for (size_t i = 0; i < count && due > 0; i++) {
        if (calls[i].state == CALL_WAITING && calls[i].not_before_ms <= now_ms) {
            assign(c, &calls[i], due--, now_ms);
        }
    }
    for (size_t i = 0; i < count; i++) {
        ended += calls[i].state == CALL_ENDED;
    }
    return ended < count;
}

void client_run(struct client *c, struct call *calls, size_t count)
{
    for (;;) {
        uint64_t now_ms = os_monotonic_ms();
        enum fault_code reason = reason_to_end(c, now_ms);
        if (reason != FAULT_NONE) {
            end_all(c, calls, count, reason);
            return;
        }
        if (!assign_all(c, calls, count, now_ms)) {
            return;
        }
        step_connections(c, now_ms);
        now_ms = os_monotonic_ms(); /* cryptography takes its time: waits are counted from here */
        if (!harvest(c, now_ms)) {
            wait_for_something(c, calls, count, now_ms);
        }
    }
}

void client_set_tick(struct client *c, void (*tick)(void *context), void *context)
{
    c->tick = tick;
    c->tick_context = context;
}

bool client_sleep(struct client *c, uint64_t milliseconds, struct fault *f)
{
    uint64_t now_ms = os_monotonic_ms();
    struct call alarm = {.state = CALL_WAITING, .not_before_ms = now_ms + milliseconds};
    while (now_ms < alarm.not_before_ms) {
        enum fault_code reason = reason_to_end(c, now_ms);
        if (reason != FAULT_NONE) {
            return fault_set(f, reason, "%s", end_text(reason));
        }
        step_connections(c, now_ms);
        if (!harvest(c, now_ms)) {
            wait_for_something(c, &alarm, 1, now_ms);
        }
        now_ms = os_monotonic_ms();
    }
    return true;
}

bool client_call(struct client *c, struct call *call)
{
    client_run(c, call, 1);
    return call->status != 0 && !fault_is_set(&call->fault);
}

bool client_connect(struct client *c, const struct url *origin, bool (*see)(void *context, const struct conn *conn), void *context,
                    struct fault *f)
{
    struct conn *conn = &c->connections[0];
    conn_close(conn);
    conn_open(conn, origin, &c->settings.conn, os_monotonic_ms());
    for (;;) {
        uint64_t now_ms = os_monotonic_ms();
        enum fault_code reason = reason_to_end(c, now_ms);
        dns_step(&c->dns, now_ms);
        conn_step(conn, &c->settings.conn, now_ms);
        bool more = see(context, conn) && conn->state != CONN_READY;
        if (conn->state == CONN_FAILED) {
            *f = conn->fault;
        } else if (more && reason != FAULT_NONE) {
            fault_set(f, reason, "%s: %s (%s)", origin->place, end_text(reason), conn_doing_now(conn));
        } else if (more) {
            wait_for_something(c, NULL, 0, now_ms);
            continue;
        }
        conn_close(conn);
        return !fault_is_set(f);
    }
}
