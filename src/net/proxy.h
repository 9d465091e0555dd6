/*
 * proxy.h - the way through an HTTP proxy: which hosts go through it, how it is asked, what its answer means.
 *
 * Does      read a proxy's URL and login; apply a no-proxy list; write a CONNECT request and judge the answer.
 * Not here  bytes (conn.h), TLS to the proxy (tls.h), where the settings come from (cli/).
 * Limits    Basic is the only login; no SOCKS, no PAC file.
 * Rules     RFC 9110 section 9.3.6 (CONNECT: what a 2xx answer says of a body does not count), section 11.7; RFC 7617 (Basic, sent
 *           at once). curl 7.88, tried out 2026-11-23, for the forms of a URL, the port where none is given (1080; 443 for
 *           https), and the no-proxy list: entries apart by commas or blanks; a name stands for itself and all below it, with or
 *           without a dot in front; an address for itself; ADDRESS/BITS for a network; "*" alone for everything; no ports.
 *           Here, unlike there, IPv6 entries are compared as addresses, may have brackets, and networks of them count.
 */
#ifndef NET_PROXY_H
#define NET_PROXY_H

#include "base/secret.h"
#include "codec/http1.h"
#include "codec/url.h"

enum { PROXY_PORT = 1080, PROXY_PORT_HTTPS = 443, PROXY_PASSWORD_MAX = 1024 };

/* Zeroed: there is none. */
struct proxy {
    struct url url;          /* host, port, https: TLS to the proxy; place: always with the port */
    const char *giver;       /* "--proxy", or the variable that named it: for advice; borrowed */
    const char *except;      /* the no-proxy list, borrowed, or NULL */
    struct secret password;  /* held so that it is masked wherever it is repeated */
    struct secret login;     /* base64 of user:password; empty: none */
};

/* Whether a setting asks for no proxy: "none", "" or NULL. */
bool proxy_is_none(const char *text);

/*
 * Read [http://|https://][USER[:PASSWORD]@]HOST[:PORT][/...]. %XX in user and password is undone.
 *
 * password_allowed  a password in the text is: it does not come from where others can see it
 * password          in the place of the text's; empty or NULL: none
 *
 * FAULT_USAGE says what is wrong, without repeating user or password. FAULT_MEMORY. proxy_free() it also after a fault.
 */
bool proxy_read(struct proxy *p, const char *text, bool password_allowed, const struct secret *password, struct fault *f) MUST_CHECK;

/* Whether what goes to this origin goes through p: https alone does, and what the no-proxy list does not name. */
bool proxy_is_for(const struct proxy *p, const struct url *origin);

/* Write the CONNECT request for origin. hide: "(hidden)" in the place of the login, for the trace. */
bool proxy_put_connect(const struct proxy *p, const struct url *origin, const char *user_agent, bool hide, struct buf *to,
                       struct fault *f) MUST_CHECK;

/* Begin to read the answer: its head alone, whatever it says of a body. */
void proxy_await(struct http1_reader *r);

/*
 * Give the next bytes of the answer, in any split. HTTP1_DONE: the way is open.
 * HTTP1_BAD: FAULT_PROXY (407, another refusal, no HTTP, bytes behind the head of a 2xx), FAULT_CONNECT (5xx: may pass), FAULT_MEMORY.
 */
enum http1_result proxy_answer(const struct proxy *p, const struct url *origin, struct http1_reader *r, struct span in,
                               struct fault *f) MUST_CHECK;

/* Put the proxy in front of a fault of the way to it, with advice that fits where there is none yet. */
void proxy_blame(const struct proxy *p, struct fault *f);

void proxy_free(struct proxy *p);

#endif
