/*
 * fault.h - what went wrong: one code, one line, one piece of advice; and the exit codes.
 *
 * Does      carry the first failure upwards; outer layers add the place, nobody replaces the cause.
 * Not here  printing (cli/report.c), deciding what to try again (net/client.c, mde/release.c).
 * Limits    texts longer than their field are cut; they never hold a secret.
 * Rules     EXIT_LIST and FAULT_LIST are the only places where an exit code, its name, or the standing
 *           advice of a fault is written down; enum, JSON names and the manual are made from them.
 *
 * A zeroed struct fault means: nothing has failed.
 */
#ifndef BASE_FAULT_H
#define BASE_FAULT_H

#include "base/buf.h"

/*   symbol              exit  name           when (one line of --help) */
#define EXIT_LIST(X) \
    X(STATUS_OK, 0, "ok", "every device accepted, or its release already pending") \
    X(STATUS_INTERNAL, 1, "internal", "a fault of the program; a result or journal that could not be written") \
    X(STATUS_USAGE, 2, "usage", "options, configuration, a selector, an input or credential file") \
    X(STATUS_NOT_FOUND, 3, "not-found", "no such device or action") \
    X(STATUS_AMBIGUOUS, 4, "ambiguous", "a selector names several devices") \
    X(STATUS_SIGN_IN, 5, "sign-in", "no credential, or the identity service refused it") \
    X(STATUS_PERMISSION, 6, "permission", "signed in, but not allowed") \
    X(STATUS_NETWORK, 7, "network", "name, route, proxy, connection, time-out, cut-off answer") \
    X(STATUS_TLS, 8, "tls", "certificate, host name, clock, no TLS 1.2 or later") \
    X(STATUS_THROTTLED, 9, "throttled", "still 429 after waiting as told") \
    X(STATUS_PENDING, 10, "pending", "accepted, not known to be released") \
    X(STATUS_FAILED, 11, "failed", "the action failed, or the service refused it for this device") \
    X(STATUS_MIXED, 12, "mixed", "several devices with different results") \
    X(STATUS_CONFLICT, 13, "conflict", "another action is active for the device") \
    X(STATUS_SERVER, 14, "server", "5xx, an answer that cannot be understood, a redirect") \
    X(STATUS_INTERRUPTED, 130, "interrupted", "SIGINT") \
    X(STATUS_TERMINATED, 143, "interrupted", "SIGTERM")

enum exit_status {
#define X(symbol, number, name, when) symbol = number,
    EXIT_LIST(X)
#undef X
};

/*   code                exit status         standing advice, or NULL */
#define FAULT_LIST(X) \
    X(FAULT_NONE, STATUS_OK, NULL) \
    X(FAULT_INTERNAL, STATUS_INTERNAL, NULL) \
    X(FAULT_MEMORY, STATUS_INTERNAL, "free some memory on this host and run it again") \
    X(FAULT_RANDOM, STATUS_INTERNAL, "the system gives no random numbers; wait a minute and run it again") \
    X(FAULT_OUTPUT, STATUS_INTERNAL, "the result could not be written; look at the disk or pipe behind standard output") \
    X(FAULT_JOURNAL, STATUS_INTERNAL, "look at the disk that the journal is on; then run it again with the same --journal") \
    X(FAULT_USAGE, STATUS_USAGE, NULL) \
    X(FAULT_FILE, STATUS_USAGE, NULL) \
    X(FAULT_NOT_FOUND, STATUS_NOT_FOUND, \
      "check the device id (40 hex digits, in the portal's address of the device) and the tenant") \
    X(FAULT_AMBIGUOUS, STATUS_AMBIGUOUS, "name the device by its id") \
    X(FAULT_NO_CREDENTIAL, STATUS_SIGN_IN, \
      "give --token-file FILE; or --tenant and --client-id with --client-secret-file, --certificate or --federated-token-file; " \
      "or --client-id with --auth device-code, to sign in with a browser; or run it where there is a managed identity") \
    X(FAULT_SIGN_IN, STATUS_SIGN_IN, NULL) \
    X(FAULT_TOKEN, STATUS_SIGN_IN, \
      "the token has expired or is for another audience: get a new one for " \
      "https://api.securitycenter.microsoft.com/.default") \
    X(FAULT_PERMISSION, STATUS_PERMISSION, \
      "the application needs the WindowsDefenderATP role Machine.Isolate, with admin consent") \
    X(FAULT_NAME, STATUS_NETWORK, "check DNS on this host, or give the address: --resolve HOST:443:ADDRESS") \
    X(FAULT_NAME_SERVER, STATUS_NETWORK, "check DNS on this host, or give the address: --resolve HOST:443:ADDRESS") \
    X(FAULT_CONNECT, STATUS_NETWORK, "check that this host may reach it on TCP 443; where a proxy has to be used: --proxy URL") \
    X(FAULT_PROXY, STATUS_NETWORK, NULL) \
    X(FAULT_TIMEOUT, STATUS_NETWORK, "the network is slow or filtered; --connect-timeout and --max-time allow more time") \
    X(FAULT_CUT, STATUS_NETWORK, "the connection broke; run it again: a repeated release does no harm") \
    X(FAULT_TLS, STATUS_TLS, NULL) \
    X(FAULT_CERTIFICATE, STATUS_TLS, NULL) \
    X(FAULT_CLOCK, STATUS_TLS, "set this host's clock, or give the true time: --at TIME, in UTC as YYYY-MM-DDThh:mm:ssZ") \
    X(FAULT_THROTTLED, STATUS_THROTTLED, "wait as long as it says, then run it again; --max-time allows a longer wait") \
    X(FAULT_PENDING, STATUS_PENDING, NULL) \
    X(FAULT_REFUSED, STATUS_FAILED, NULL) \
    X(FAULT_FAILED, STATUS_FAILED, NULL) \
    X(FAULT_CONFLICT, STATUS_CONFLICT, NULL) \
    X(FAULT_SERVER, STATUS_SERVER, "the service has trouble; run it again later: a repeated release does no harm") \
    X(FAULT_HTTP_SYNTAX, STATUS_SERVER, "something between here and the service changes its answers (a proxy?)") \
    X(FAULT_ANSWER, STATUS_SERVER, "something between here and the service answers in its place (a proxy, a sign-in page?)") \
    X(FAULT_TOO_LARGE, STATUS_SERVER, NULL) \
    X(FAULT_REDIRECT, STATUS_SERVER, "redirects are not followed; check --api-url and --authority, or what is in the way") \
    X(FAULT_INTERRUPTED, STATUS_INTERRUPTED, NULL) \
    X(FAULT_TERMINATED, STATUS_TERMINATED, NULL)

enum fault_code {
#define X(code, status, advice) code,
    FAULT_LIST(X)
#undef X
    FAULT_CODE_COUNT
};

struct fault {
    enum fault_code code;
    char text[400];             /* "WHERE: WHAT", one line, no secret; raw: escaped when printed */
    char advice[320];           /* what to do; "" means the standing advice of the code */
    char service_code[80];      /* `code`, `message` and `target` as the service sent them, or "" */
    char service_message[400];
    char service_target[80];
};

/*
 * Set the first failure: a later call changes nothing. Always false, so that `return fault_set(...)` reads well.
 * The format is a literal; texts of a server are passed as arguments.
 */
bool fault_set(struct fault *f, enum fault_code code, const char *format, ...) PRINTF_LIKE(3, 4);

/* Put a place in front: "place: what was there". Nothing happens when f holds no failure. Always false. */
bool fault_place(struct fault *f, const char *format, ...) PRINTF_LIKE(2, 3);

/* Replace the standing advice. Nothing happens when f holds no failure or has advice of its own already. Always false. */
bool fault_advise(struct fault *f, const char *format, ...) PRINTF_LIKE(2, 3);

/* The advice of this fault, or NULL. */
const char *fault_advice(const struct fault *f);

bool fault_is_set(const struct fault *f);
void fault_clear(struct fault *f);

/*
 * Copy a text of others into a fixed field: secrets in it masked (secret.h), a NUL made a blank, then cut at the field's size, never in the
 * middle of a UTF-8 character.
 */
void fault_keep(char *field, size_t field_size, struct span text);

enum exit_status fault_status(enum fault_code code);

/* The name of contract section 4, "internal" for a number that is none of ours. */
const char *exit_name(enum exit_status status);

#endif
