/*
 * dns.c - from a host name to addresses; see dns.h.
 */
#include "net/dns.h"

#include <string.h>

struct rule {
    struct span host;
    uint64_t port;
    struct span addresses;
};

static bool read_rule(const char *text, struct rule *rule)
{
    struct span rest = span_of(text);
    struct span port;
    return span_next(&rest, ':', &rule->host) && rule->host.size > 0 && span_next(&rest, ':', &port) &&
           span_decimal(port, UINT16_MAX, &rule->port) && rule->port > 0 && (rule->addresses = rest).size > 0;
}

static bool read_address(struct span text, struct address *a)
{
    if (span_starts(text, SPAN("[")) && span_ends(text, SPAN("]"))) {
        text = span_cut(text, 1, text.size - 1);
    }
    return address_parse(text, a);
}

bool dns_check_rule(const char *text, struct fault *f)
{
    struct rule rule;
    struct span one;
    struct address address;
    if (!read_rule(text, &rule) || span_ends(rule.addresses, SPAN(","))) {
        return fault_set(f, FAULT_USAGE, "--resolve %s: HOST:PORT:ADDRESS[,ADDRESS] is wanted", text);
    }
    if (!span_equal(rule.host, SPAN("*")) && !url_host_is_valid(rule.host)) {
        return fault_set(f, FAULT_USAGE, "--resolve %s: \"%.*s\" is no host name", text, SPAN_ARG(rule.host));
    }
    while (span_next(&rule.addresses, ',', &one)) {
        if (!read_address(one, &address)) {
            return fault_set(f, FAULT_USAGE, "--resolve %s: \"%.*s\" is no IP address", text, SPAN_ARG(one));
        }
    }
    return true;
}

static bool fits(enum address_family wanted, const struct address *a)
{
    return wanted == ADDRESS_NONE || a->family == wanted;
}

static void add(struct address *to, size_t room, size_t *count, enum address_family wanted, const struct address *a)
{
    for (size_t i = 0; i < *count; i++) {
        if (address_equal(&to[i], a)) {
            return;
        }
    }
    if (*count < room && fits(wanted, a)) {
        to[(*count)++] = *a;
    }
}

/* True when a rule speaks of this host; its addresses stay in the order in which the user wrote them. */
static bool by_rule(const struct dns_settings *s, const struct url *origin, struct address *to, size_t room,
                    size_t *count)
{
    for (size_t i = 0; i < s->rule_count; i++) {
        struct rule rule;
        struct span one;
        struct address address;
        if (!read_rule(s->rules[i], &rule) || rule.port != origin->port ||
            !(span_equal_nocase(rule.host, span_of(origin->host)) || span_equal(rule.host, SPAN("*")))) {
            continue;
        }
        while (span_next(&rule.addresses, ',', &one)) {
            if (read_address(one, &address)) {
                add(to, room, count, s->family, &address);
            }
        }
        return true;
    }
    return false;
}

static bool is_localhost(const char *host)
{
    struct span name = span_of(host);
    return span_equal(name, SPAN("localhost")) || span_ends(name, SPAN(".localhost"));
}

static void localhost(const struct dns_settings *s, struct address *to, size_t room, size_t *count)
{
    static const struct address loopback[] = {
        {.family = ADDRESS_IPV6, .bytes = {[15] = 1}},
        {.family = ADDRESS_IPV4, .bytes = {127, 0, 0, 1}},
    };
    add(to, room, count, s->family, &loopback[0]);
    add(to, room, count, s->family, &loopback[1]);
}

/* Families alternate, IPv6 first; within a family the resolver's order stays. */
static void alternate(struct address *addresses, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        enum address_family wanted = i % 2 == 0 ? ADDRESS_IPV6 : ADDRESS_IPV4;
        size_t from = i;
        while (from < count && addresses[from].family != wanted) {
            from++;
        }
        if (from == count) {
            return;
        }
        struct address found = addresses[from];
        memmove(&addresses[i + 1], &addresses[i], (from - i) * sizeof found);
        addresses[i] = found;
    }
}

static bool by_system(const struct dns_settings *s, const char *host, struct address *to, size_t room, size_t *count,
                      struct fault *f)
{
    struct address found[DNS_ADDRESSES_MAX];
    size_t found_count = 0;
    if (!os_resolve(host, s->family, found, DNS_ADDRESSES_MAX, &found_count, f)) {
        return false;
    }
    for (size_t i = 0; i < found_count; i++) {
        add(to, room, count, s->family, &found[i]);
    }
    alternate(to, *count);
    return true;
}

bool dns_resolve(const struct dns_settings *s, const struct url *origin, struct address *to, size_t room, size_t *count,
                 struct fault *f)
{
    struct address literal;
    *count = 0;
    if (by_rule(s, origin, to, room, count)) {
        /* the user's word, whatever the name */
    } else if (origin->host_is_ip && address_parse(span_of(origin->host), &literal)) {
        add(to, room, count, s->family, &literal);
    } else if (is_localhost(origin->host)) {
        localhost(s, to, room, count);
    } else if (!by_system(s, origin->host, to, room, count, f)) {
        return false;
    }
    for (size_t i = 0; i < *count; i++) {
        to[i].port = origin->port;
    }
    return *count > 0 || fault_set(f, FAULT_NAME, "no address of the family that -4 or -6 allows");
}
