/*
 * client.c - the engine; see client.h.
 */
#include "net/client.h"

#include "net/batch.h"
#include "net/retry.h"

enum {
    CLIENT_TICK_MS = 1000,
    LATE_MS = 1000, /* so much may the pace put off the last look at something */
    BURST_MS = 10 * 1000, /* in which a minute's calls should be answered */
    POLL_ITEMS_MAX = DNS_POLL_ITEMS_MAX + CLIENT_CONNECTIONS_MAX * DNS_ADDRESSES_MAX,
};

void client_open(struct client *c, const struct client_settings *settings)
{
    *c = (struct client){.settings = *settings, .pace = {.limits = settings->pace}};
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
    pace_close(&c->pace);
    *c = (struct client){0};
}

/* ---- calls to connections ---- */

/* A call that had begun has come to its end without an answer. */
static void end_begun(struct client *c, const struct call *call, uint64_t now_ms, bool counts)
{
    if (call->paced) {
        pace_end(&c->pace, now_ms, counts);
    }
}

static void begin(struct client *c, struct conn *conn, uint64_t now_ms)
{
    struct call *call = conn->call;
    struct fault f = {0};
    if (!conn_begin(conn, c->settings.user_agent, now_ms, &f)) {
        conn->call = NULL;
        end_begun(c, call, now_ms, false);
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

/* As many as get a minute's calls answered within BURST_MS, but not fewer than the default. */
static size_t connections_worth(const struct client *c, bool paced)
{
    uint64_t needed = paced ? c->latency_ms * c->pace.limits.minute / BURST_MS + 1 : 0;
    return needed > CLIENT_CONNECTIONS_MAX       ? CLIENT_CONNECTIONS_MAX
           : needed > CLIENT_CONNECTIONS_DEFAULT ? (size_t)needed
                                                 : CLIENT_CONNECTIONS_DEFAULT;
}

/*
 * A place for a new connection to origin. NULL: as many as are worth it are busy, or fewer than CLIENT_CALLS_A_CONNECTION calls would wait
 * for each that is there: opening one costs two round trips, waiting for an answer one.
 */
static struct conn *new_place(struct client *c, const struct url *origin, size_t waiting, bool paced)
{
    struct census census = count_connections(c, origin);
    if (census.busy >= connections_worth(c, paced) || (census.same > 0 && waiting < census.same * CLIENT_CALLS_A_CONNECTION)) {
        return NULL;
    }
    if (census.closed == NULL && census.idle != NULL) {
        conn_close(census.idle);
        return census.idle;
    }
    return census.closed;
}

/* `waiting`: how many calls, with this one, have no connection. False: it gets none now. */
static bool assign(struct client *c, struct call *call, size_t waiting, uint64_t now_ms)
{
    struct conn *conn = free_connection(c, call->origin);
    if (conn == NULL) {
        conn = new_place(c, call->origin, waiting, call->paced);
        if (conn == NULL) {
            return false;
        }
        conn_open(conn, call->origin, &c->settings.conn, now_ms);
        if (call->connect_timeout_ms > 0) {
            conn->timeout_ms = now_ms + call->connect_timeout_ms;
        }
    }
    if (call->tries > 0 && call->renew != NULL && !call->renew(call->context, call, &call->fault)) {
        call_end(call);
        return true;
    }
    if (call->paced) {
        pace_begin(&c->pace);
    }
    conn->call = call;
    call->state = CALL_ACTIVE;
    call->tries++;
    call->status = 0;
    call->began_ms = now_ms;
    return true;
}

void client_warm(struct client *c, const struct url *origin)
{
    struct conn *conn = free_connection(c, origin) == NULL ? new_place(c, origin, 1, false) : NULL;
    if (conn != NULL) {
        conn_open(conn, origin, &c->settings.conn, os_monotonic_ms());
    }
}

/* ---- the pace ---- */

static bool no_room(const struct client *c, const struct call *call, struct fault *f)
{
    if (c->pace.probing) {
        return fault_set(f, FAULT_THROTTLED, "%s: too many requests (429); it asks for a pause that lasts beyond --max-time",
                         call->origin->place);
    }
    return fault_set(f, FAULT_THROTTLED, "%s: the API's limit, %u calls a minute and %u an hour, leaves no room before --max-time",
                     call->origin->place, c->pace.limits.minute, c->pace.limits.hour);
}

/* How many of the calls that wait may still begin. */
static size_t room_for(const struct client *c, const struct call *call, size_t waiting, uint64_t now_ms)
{
    uint64_t end_ms = c->settings.deadline_ms;
    uint64_t last_ms;
    if (pace_free(&c->pace, now_ms, waiting < BATCH_DUE_MAX ? waiting : BATCH_DUE_MAX) >= waiting) {
        return waiting;
    }
    uint64_t last_try_ms = call->last_try_ms != 0 ? call->last_try_ms + LATE_MS : UINT64_MAX;
    end_ms = end_ms > c->latency_ms ? end_ms - c->latency_ms : 0; /* there is no use in a request whose answer comes too late */
    end_ms = last_try_ms < end_ms ? last_try_ms : end_ms;
    return pace_room(&c->pace, now_ms, end_ms, waiting, &last_ms);
}

/* Calls that the pace cannot let go in time end now: from the back, as results are told from the front. `call`: the first that is due. */
static void end_roomless(struct client *c, struct batch *b, const struct call *call, uint64_t now_ms)
{
    if (!call->paced || now_ms < b->looked_ms) {
        return;
    }
    b->looked_ms = now_ms + CLIENT_TICK_MS;
    size_t waiting = batch_waiting(b);
    size_t excess = waiting - room_for(c, call, waiting, now_ms);
    for (size_t i = b->count; i > b->first && excess > 0; i--) {
        struct call *late = &b->calls[i - 1];
        if (late->state == CALL_WAITING) {
            b->unbegun -= i - 1 >= b->next;
            excess--;
            no_room(c, late, &late->fault);
            call_end(late);
        }
    }
}

/* Give connections to the calls that are due. False: every call has ended. */
static bool assign_all(struct client *c, struct batch *b, uint64_t now_ms)
{
    struct call *due[BATCH_DUE_MAX];
    if (c->refilled) {
        uint64_t looked_ms = b->looked_ms;
        *b = batch_of(b->calls, b->count);
        b->looked_ms = looked_ms;
        c->refilled = false;
    }
    size_t count = batch_due(b, due, now_ms);
    if (count > 0) {
        end_roomless(c, b, due[0], now_ms);
    }
    size_t waiting = count > 0 && due[0]->paced ? pace_free(&c->pace, now_ms, count) : count;
    for (size_t i = 0; i < count; i++) {
        if (due[i]->state != CALL_WAITING) {
            continue; /* there is no room for it */
        }
        uint64_t wait_ms = due[i]->paced ? pace_wait_ms(&c->pace, now_ms) : 0;
        if (wait_ms > 0) {
            b->wakes_ms = wait_ms < b->wakes_ms - now_ms ? now_ms + wait_ms : b->wakes_ms;
            break;
        }
        if (!assign(c, due[i], waiting, now_ms)) {
            break;
        }
        waiting -= waiting > 1;
        batch_begun(b, due[i]);
    }
    return batch_skip(b);
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

static void end_call(struct client *c, struct call *call, enum fault_code code, uint64_t now_ms)
{
    struct conn *conn = call->state == CALL_ACTIVE ? connection_of(c, call) : NULL;
    const char *doing = "not begun";
    if (conn != NULL) {
        call->sent = call->sent || conn->request_sent;
        doing = conn_doing_now(conn);
        end_begun(c, call, now_ms, conn->state >= CONN_SEND);
        conn_close(conn);
    }
    fault_clear(&call->fault);
    fault_set(&call->fault, code, "%s: %s (%s)", call->origin->place, end_text(code), doing);
    call_end(call);
}

/* It is about to do something, and not only to ask. */
static bool is_acting(struct client *c, const struct call *call)
{
    const struct conn *conn = call->state == CALL_ACTIVE && !call->repeatable ? connection_of(c, call) : NULL;
    return conn != NULL && conn->state >= CONN_SEND;
}

/* The deadline has come, or somebody asked to stop: end the calls. What is acting gets a moment more when somebody has asked to stop. */
static void end_calls(struct client *c, struct batch *b, enum fault_code code, uint64_t now_ms)
{
    if (code != FAULT_TIMEOUT && c->stop_ms == 0) {
        c->stop_ms = now_ms + CLIENT_STOP_MS;
        c->stop_ms = c->stop_ms < c->settings.deadline_ms ? c->stop_ms : c->settings.deadline_ms;
    }
    bool all = code == FAULT_TIMEOUT || now_ms >= c->stop_ms;
    for (size_t i = b->first; i < b->count; i++) {
        if (b->calls[i].state != CALL_ENDED && (all || !is_acting(c, &b->calls[i]))) {
            end_call(c, &b->calls[i], code, now_ms);
        }
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
            retry_answered(c, conn, now_ms);
            any = true;
        } else if (conn->state == CONN_FAILED) {
            retry_failed(c, conn, now_ms);
            any = true;
        }
    }
    return any;
}

static uint64_t call_tick(struct client *c, uint64_t now_ms)
{
    if (c->tick == NULL) {
        return UINT64_MAX;
    }
    if (c->ticked_ms == 0 || now_ms - c->ticked_ms >= CLIENT_TICK_MS) {
        c->ticked_ms = now_ms;
        c->tick(c->tick_context);
    }
    return c->ticked_ms + CLIENT_TICK_MS;
}

/* Until a connection or name server has something, or at wakes_ms at the latest. */
static void wait_for_something(struct client *c, uint64_t wakes_ms, uint64_t now_ms)
{
    struct os_poll_item items[POLL_ITEMS_MAX];
    size_t used = dns_poll(&c->dns, items, DNS_POLL_ITEMS_MAX);
    uint64_t ends_ms = c->stop_ms != 0 ? c->stop_ms : c->settings.deadline_ms;
    const uint64_t wakes[] = {wakes_ms, ends_ms, dns_wakes_ms(&c->dns), call_tick(c, now_ms)};
    uint64_t until = UINT64_MAX;
    for (size_t i = 0; i < sizeof wakes / sizeof wakes[0]; i++) {
        until = wakes[i] < until ? wakes[i] : until;
    }
    for (size_t i = 0; i < CLIENT_CONNECTIONS_MAX; i++) {
        uint64_t conn_ms = conn_wakes_ms(&c->connections[i]);
        used += conn_poll(&c->connections[i], items + used, POLL_ITEMS_MAX - used);
        until = conn_ms < until ? conn_ms : until;
    }
    os_poll(items, used, until > now_ms ? until - now_ms : 0);
    for (size_t i = 0; i < CLIENT_CONNECTIONS_MAX; i++) {
        if (c->connections[i].call == NULL) {
            conn_look(&c->connections[i]); /* or an idle one that has ended would keep the loop awake */
        }
    }
}

/* Memory for the pace, where there are calls that count. */
static bool open_pace(struct client *c, const struct batch *b)
{
    struct fault f = {0};
    if (!b->paced || pace_open(&c->pace, &f)) {
        return true;
    }
    for (size_t i = 0; i < b->count; i++) {
        if (b->calls[i].state != CALL_ENDED) {
            b->calls[i].fault = f;
            call_end(&b->calls[i]);
        }
    }
    return false;
}

void client_run(struct client *c, struct call *calls, size_t count)
{
    struct batch b = batch_of(calls, count);
    if (!open_pace(c, &b)) {
        return;
    }
    for (;;) {
        uint64_t now_ms = os_monotonic_ms();
        enum fault_code reason = reason_to_end(c, now_ms);
        if (reason != FAULT_NONE) {
            end_calls(c, &b, reason, now_ms);
        }
        if (!assign_all(c, &b, now_ms)) {
            return;
        }
        step_connections(c, now_ms);
        now_ms = os_monotonic_ms(); /* cryptography takes its time: waits are counted from here */
        if (!harvest(c, now_ms)) {
            wait_for_something(c, b.wakes_ms, now_ms);
        }
    }
}

void client_set_tick(struct client *c, void (*tick)(void *context), void *context)
{
    c->tick = tick;
    c->tick_context = context;
    c->ticked_ms = 0;
}

bool client_sleep(struct client *c, uint64_t milliseconds, struct fault *f)
{
    uint64_t now_ms = os_monotonic_ms();
    uint64_t end_ms = now_ms + milliseconds;
    while (now_ms < end_ms) {
        enum fault_code reason = reason_to_end(c, now_ms);
        if (reason != FAULT_NONE) {
            return fault_set(f, reason, "%s", end_text(reason));
        }
        step_connections(c, now_ms);
        if (!harvest(c, now_ms)) {
            wait_for_something(c, end_ms, now_ms);
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
            wait_for_something(c, UINT64_MAX, now_ms);
            continue;
        }
        conn_close(conn);
        return !fault_is_set(f);
    }
}
