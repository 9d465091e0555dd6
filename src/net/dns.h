/*
 * dns.h - from host names to addresses, each name once a run.
 *
 * Does      --resolve rules, IP literals, localhost, the hosts file, then name servers, in this
 *           order; both families at once; the addresses in the order in which to try them.
 * Not here  one question and the servers it goes to (dns_question.h), files and options
 *           (dns_config.h), connecting (tcp.h).
 * Limits    DNS_ADDRESSES_MAX addresses a name. A look-up ends with its deadline at the latest.
 *           Other sources of the system (multicast DNS, directories) are not asked.
 * Rules     RFC 6761 section 6.3 (localhost needs no look-up); RFC 8305 section 3 (how long one
 *           family waits for the other), section 4 (families alternate, IPv6 first). A name with a
 *           dot is asked for as it stands; one without, below each search domain first. resolv.conf
 *           is read anew for each look-up: a rescue system gets its network while this runs.
 */
#ifndef NET_DNS_H
#define NET_DNS_H

#include "net/dns_config.h"

enum {
    DNS_WAIT_FOR_IPV6_MS = 50, /* once IPv4 addresses are there */
    /* once IPv6 addresses are there: they may be dead, so a lost datagram's repetition is waited for */
    DNS_WAIT_FOR_IPV4_MS = 1250,
    DNS_POLL_ITEMS_MAX = 32, /* three names under way, and more */
    DNS_HOW_MAX = 96,
};

struct dns_settings {
    const char *const *rules; /* --resolve texts, borrowed: checked before with dns_check_rule() */
    size_t rule_count;
    const char *servers; /* --dns text, borrowed: checked before; NULL: those of resolv.conf */
    enum address_family family; /* ADDRESS_NONE: both */
};

struct dns_lookup;

/* Zeroed: no name has been asked for, and settings that say nothing. */
struct dns {
    struct dns_settings settings;
    struct dns_lookup *lookups; /* owned list */
};

void dns_open(struct dns *d, const struct dns_settings *settings);

/*
 * The look-up of origin's host: the one that is under way or has found addresses, else a new one.
 * It belongs to d.
 *
 * deadline_ms   when it ends in FAULT_TIMEOUT; of several callers the latest counts
 *
 * NULL: FAULT_MEMORY.
 */
struct dns_lookup *dns_begin(struct dns *d, const struct url *origin, uint64_t now_ms,
                             uint64_t deadline_ms, struct fault *f) MUST_CHECK;

enum dns_result { DNS_FOUND, DNS_WAIT, DNS_FAULT };

/*
 * How far it has come.
 *
 * DNS_FOUND   *found has at least one address, with the port filled in; borrowed until dns_close()
 * DNS_FAULT   FAULT_NAME: there is no such name, or nobody to ask; FAULT_NAME_SERVER: every server
 *             has failed; FAULT_TIMEOUT; FAULT_MEMORY; FAULT_RANDOM. dns_begin() begins it anew.
 */
enum dns_result dns_look(const struct dns_lookup *l, const struct dns_addresses **found,
                         struct fault *f);

/* Where the addresses of DNS_FOUND are from: "--resolve", "hosts file", "name server 192.0.2.53: 2 addresses". Borrowed. */
const char *dns_how(const struct dns_lookup *l);

/* Go on with every look-up as far as possible without waiting. */
void dns_step(struct dns *d, uint64_t now_ms);

/* What they wait for: at most `room` items; how many. */
size_t dns_poll(struct dns *d, struct os_poll_item *items, size_t room);

/* When dns_step() is wanted even if nothing is ready. UINT64_MAX: never. */
uint64_t dns_wakes_ms(const struct dns *d);

void dns_close(struct dns *d);

#endif
