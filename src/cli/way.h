/*
 * way.h - the way to one host, looked at step by step: its name, a route, the proxy, TLS.
 *
 * Does      open one connection as a command would, and note how far it came and what was seen; then try the other family of addresses.
 * Not here  what is well and what is not (doctor.c).
 * Rules     nothing is sent above TLS. A family that the connection was not made over gets WAY_OTHER_MS at most.
 */
#ifndef CLI_WAY_H
#define CLI_WAY_H

#include "net/client.h"
#include "net/tls.h"

enum { WAY_OTHER_MS = 3000 };

/* One family of addresses. */
struct way_family {
    enum address_family family;
    bool tried, connected;
    struct address peer;
    uint64_t connect_ms;
    struct fault fault;
};

struct way {
    const char *role;             /* "sign-in", "API" */
    const struct url *origin;     /* borrowed */
    const struct proxy *proxy;    /* on the way; NULL: none. Names and routes are then those of the way to it */
    bool walked;                  /* way_walk() was there */
    struct dns_addresses found;   /* none: there was no name to look up, or it failed */
    char how[DNS_HOW_MAX];
    bool named, connected, ready; /* how far it came */
    bool through;                 /* the proxy has opened the way */
    uint64_t began_ms, named_ms, connected_ms, ready_ms;
    struct way_family families[2];/* IPv4, IPv6 */
    struct tls_facts tls;
    struct fault fault;           /* why it came no further */
};

/* Walk it once; later calls do nothing. */
void way_walk(struct way *w, struct client *c);

/* Whether the other family works: only where the first one did. */
void way_try_other(struct way *w, const struct client *c);

#endif
