/*
 * dns.h - from a host name to addresses.
 *
 * Does      IP literals, --resolve rules, localhost, the system's resolver; both families, in the order in which to try them.
 * Not here  connecting (tcp.h).
 * Limits    DNS_ADDRESSES_MAX addresses a name.
 * Rules     RFC 6761 section 6.3 (localhost needs no look-up); RFC 8305 section 4 (families alternate, IPv6 first); curl's --resolve.
 */
#ifndef NET_DNS_H
#define NET_DNS_H

#include "codec/url.h"
#include "os/os.h"

enum { DNS_ADDRESSES_MAX = 16 };

struct dns_settings {
    const char *const *rules;      /* --resolve texts, borrowed: checked before with dns_check_rule() */
    size_t rule_count;
    enum address_family family;    /* ADDRESS_NONE: both */
};

/* HOST:PORT:ADDR[,ADDR]; an IPv6 ADDR may stand in brackets; HOST "*" is every host. FAULT_USAGE says what is wrong. */
bool dns_check_rule(const char *rule, struct fault *f) MUST_CHECK;

/* The addresses of host, with the port filled in. FAULT_NAME, FAULT_TIMEOUT. */
bool dns_resolve(const struct dns_settings *s, const struct url *origin, struct address *to, size_t room, size_t *count,
                 struct fault *f) MUST_CHECK;

#endif
