/*
 * client.h - the engine: runs calls to their end over a few kept connections.
 *
 * Does      the program's only poll loop; deadlines; which call goes over which connection, at the API's pace; what is tried again,
 *           and when (retry.c).
 * Not here  what an answer means (auth/, mde/); one connection's states (conn.h); how many calls a minute (pace.h).
 * Limits    CLIENT_CONNECTIONS_MAX connections. Every wait ends at the deadline of the settings. A client stays where it was
 *           opened: its connections point to its names.
 * Rules     tried again: what failed before the request had left; a call that is repeatable and whose answer was lost or is 5xx;
 *           429 after the time it names; what the call's judge() says. A call that may have been received is made anew by its
 *           renew() before it goes out again. A kept connection that turns out to be dead is replaced without counting as a try.
 *           After SIGINT or SIGTERM nothing more begins; a request that is no mere question and has begun to leave gets
 *           CLIENT_STOP_MS for its answer.
 */
#ifndef NET_CLIENT_H
#define NET_CLIENT_H

#include "net/call.h"
#include "net/conn.h"
#include "net/pace.h"

enum {
    CLIENT_CONNECTIONS_MAX = 8,
    CLIENT_CONNECTIONS_DEFAULT = 4,
    CLIENT_CALLS_A_CONNECTION = 4,
    CLIENT_STOP_MS = 3000,
};

struct client_settings {
    struct conn_settings conn; /* its dns and user_agent are set by client_open() */
    struct dns_settings names;
    unsigned retries;          /* tries after the first */
    bool outlast;              /* many devices: a 429 of the API uses up no try, and is waited out until the deadline */
    struct pace_limits pace;
    uint64_t deadline_ms;      /* os_monotonic_ms() at which everything ends */
    const char *user_agent;
    void (*dated)(void *context, const char *place, struct span date); /* told the Date of each https answer; or NULL */
    void *dated_context;
};

/* Zeroed: valid, without connections. */
struct client {
    struct client_settings settings;
    struct dns dns;
    struct conn connections[CLIENT_CONNECTIONS_MAX];
    struct pace pace;
    uint64_t latency_ms;       /* of the API, on average; 0: not known */
    uint64_t stop_ms;          /* when what is under way ends, once somebody has asked to stop; 0: nobody has */
    bool refilled;             /* set by an ended() that has put new calls into places of ended ones: they are looked for from the front */
    void (*tick)(void *context);
    void *tick_context;
    uint64_t ticked_ms;
};

void client_open(struct client *c, const struct client_settings *settings);

/* Begin a connection that will be needed; it opens while client_run() runs other calls. Its failure is no fault. */
void client_warm(struct client *c, const struct url *origin);

/*
 * Open a connection to origin alone, for who asks how far that goes: `see` is called after each step, and says whether to go on. The
 * connection is closed then. False: f says why it failed; interruption and the deadline as for a call.
 */
bool client_connect(struct client *c, const struct url *origin, bool (*see)(void *context, const struct conn *conn), void *context,
                    struct fault *f) MUST_CHECK;

/*
 * Run all calls to their end: each then has a status or a fault. Calls that were still under way when the deadline passed or the user
 * interrupted have FAULT_TIMEOUT, FAULT_INTERRUPTED or FAULT_TERMINATED; those that the pace cannot let go before the deadline end
 * at once, the last ones first, with FAULT_THROTTLED.
 *
 * calls  begun in their order: one with a not_before_ms holds back those behind it. Those that have ended already are left alone.
 */
void client_run(struct client *c, struct call *calls, size_t count);

/* Have `tick` called once a second while client_run() waits, for who shows progress; NULL: nobody. */
void client_set_tick(struct client *c, void (*tick)(void *context), void *context);
/* Wait while connections are looked after. False: the deadline has come (FAULT_TIMEOUT), or FAULT_INTERRUPTED, FAULT_TERMINATED. */
bool client_sleep(struct client *c, uint64_t milliseconds, struct fault *f) MUST_CHECK;

/* One call; true when there is a status. */
bool client_call(struct client *c, struct call *call);

void client_close(struct client *c);

#endif
