/*
 * dns_config.h - what is known of names without asking: --resolve, --dns, resolv.conf, hosts file.
 *
 * Does      take these texts apart into addresses, name servers and search domains.
 * Not here  asking name servers (dns_question.h), in which order all this counts (dns.h).
 * Limits    DNS_ADDRESSES_MAX addresses, DNS_SERVERS_MAX name servers, DNS_SEARCH_MAX domains; what
 *           a file has beyond that is not used.
 * Rules     curl's --resolve; curl's --dns-servers for the form ADDR:PORT; resolv.conf(5), of which
 *           nameserver, search and domain count; hosts(5). nsswitch.conf is not read.
 */
#ifndef NET_DNS_CONFIG_H
#define NET_DNS_CONFIG_H

#include "codec/url.h"
#include "os/os.h"

enum { DNS_ADDRESSES_MAX = 16, DNS_SERVERS_MAX = 4, DNS_SEARCH_MAX = 6, DNS_PORT = 53 };

/* Addresses, each once, in the order in which they came. */
struct dns_addresses {
    enum address_family family; /* only these are taken; ADDRESS_NONE: both */
    struct address at[DNS_ADDRESSES_MAX];
    size_t count;
};

struct dns_servers {
    struct address at[DNS_SERVERS_MAX]; /* with their ports */
    size_t count;
};

struct dns_search {
    char at[DNS_SEARCH_MAX][URL_HOST_MAX + 1];
    size_t count;
};

void dns_add_address(struct dns_addresses *to, const struct address *a);

/*
 * HOST:PORT:ADDR[,ADDR]; an IPv6 ADDR may stand in brackets; HOST "*" is every host.
 * FAULT_USAGE says what is wrong.
 */
bool dns_check_rule(const char *rule, struct fault *f) MUST_CHECK;

/* True when the rule speaks of this host and port; its addresses are then added. */
bool dns_rule_gives(const char *rule, const struct url *origin, struct dns_addresses *to);

/*
 * The name servers of --dns: ADDR[,ADDR], each an IPv4 or IPv6 literal, with another port as
 * ADDR:PORT or [ADDR]:PORT; a zone may be a number or an interface's name. FAULT_USAGE.
 */
bool dns_read_servers(const char *text, struct dns_servers *servers, struct fault *f) MUST_CHECK;

/* Lines that are not understood are skipped, as every resolver does. The last search line counts. */
void dns_read_resolv_conf(struct span text, struct dns_servers *servers, struct dns_search *search);

/* Add the addresses that a hosts file has for `host`. */
void dns_read_hosts(struct span text, struct span host, struct dns_addresses *to);

#endif
