/*
 * session.h - everything that a command needs to talk to the API.
 *
 * Does      options -> hosts, credential, roots, proxy -> engine -> token -> struct api; give all of it back.
 * Not here  what a command does with it (run.c).
 * Rules     session_check() reads and checks all input; nothing is sent before session_open().
 */
#ifndef CLI_SESSION_H
#define CLI_SESSION_H

#include "cli/report.h"
#include "mde/api.h"

/* In the order in which it comes to be. Zeroed: closed. */
struct session {
    const struct options *options;
    const struct report *report;        /* from session_sign_in() on */
    bool clock_told;                    /* that the clock is off, once a run */
    struct authority authority;
    struct url api_url;
    const struct credential_type *credential;
    struct credential_settings sign_in; /* a copy: loading keeps a key in it */
    struct roots roots;
    struct proxy proxy;
    struct client client;
    struct secret bearer;
    struct api api;
    bool planned;                       /* what the plan needs has been told */
};

/* Everything that can be said without the network. FAULT_USAGE, FAULT_FILE, FAULT_NO_CREDENTIAL. */
bool session_check(struct session *s, const struct options *o, struct fault *f) MUST_CHECK;

/* Its two halves: hosts, names and roots, and TLS is started; then the credential. */
bool session_check_way(struct session *s, const struct options *o, struct fault *f) MUST_CHECK;
bool session_check_credential(struct session *s, struct fault *f) MUST_CHECK;

/* Start the engine. s->api is ready once s->bearer is. */
void session_start(struct session *s, struct report *report);

/* Get a token into s->bearer, behind session_start(). */
bool session_acquire(struct session *s, struct fault *f) MUST_CHECK;

/* Start the engine and sign in: s->bearer is then the token. What its claims do not allow is told as advice. */
bool session_sign_in(struct session *s, struct report *report, struct fault *f) MUST_CHECK;

/* The same; s->api is then ready. */
bool session_open(struct session *s, struct report *report, struct fault *f) MUST_CHECK;

/*
 * Allow the time that so many devices need at the API's limit, and say so where it is more than the limits let go at once. Of a run
 * that has --max-time it says how much that has room for. May be called again when more is known.
 *
 * calls  of the API that are foreseen, from now on
 */
void session_plan(struct session *s, const struct report *report, size_t devices, size_t calls);

void session_close(struct session *s);

#endif
