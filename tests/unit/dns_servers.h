/*
 * dns_servers.h - name servers that follow a script, and a look-up run to its end, for test_dns.c.
 *
 * Does      answer as good, slow, broken and lying servers do; begin a test; wait for a look-up.
 */
#ifndef UNIT_DNS_SERVERS_H
#define UNIT_DNS_SERVERS_H

#include "unit.h"

#include "fake/os_fake.h"
#include "net/dns.h"

#define FIRST "192.0.2.53"
#define SECOND "192.0.2.54"
#define BOTH FIRST "," SECOND

enum { A = 1, AAAA = 28, SERVFAIL = 2, NXDOMAIN = 3, REFUSED = 5, TIMEOUT_MS = 10000 };

static struct dns dns;
static struct dns_settings settings;
static struct url origin;
static struct fault fault;
static const struct dns_addresses *found;
static uint64_t began_ms, took_ms;

/* ---- answers ---- */

static inline unsigned type_of(struct span query) { return (unsigned char)query.at[query.size - 3]; }

/* The answer to query with this code, and `count` addresses of the asked type that end in 1, 2, ... */
static inline struct os_fake_datagram reply(struct span query, unsigned rcode, unsigned count)
{
    static const char ipv4[] = "\xC0\x0C\0\x01\0\x01\0\0\0\0\0\x04\xC0\0\x02";
    static const char ipv6[] = "\xC0\x0C\0\x1C\0\x01\0\0\0\0\0\x10\x20\x01\x0D\xB8\0\0\0\0\0\0\0\0\0\0\0";
    struct os_fake_datagram d = {.size = query.size};
    const char *record = type_of(query) == A ? ipv4 : ipv6;
    size_t size = type_of(query) == A ? sizeof ipv4 - 1 : sizeof ipv6 - 1;
    memcpy(d.bytes, query.at, query.size);
    d.bytes[2] = (char)0x81;
    d.bytes[3] = (char)(0x80 | rcode);
    d.bytes[7] = (char)count;
    for (unsigned i = 0; i < count; i++) {
        memcpy(d.bytes + d.size, record, size);
        d.size += size;
        d.bytes[d.size++] = (char)(i + 1);
    }
    return d;
}

static inline struct os_fake_datagram later(struct os_fake_datagram d, uint64_t after_ms)
{
    d.after_ms = after_ms;
    return d;
}

static inline struct os_fake_datagram nothing(void) { return (struct os_fake_datagram){.size = 0}; }
static inline struct os_fake_datagram refusal(void) { return (struct os_fake_datagram){.refuse = true}; }

#define ANSWER(name, expression) \
    static inline struct os_fake_datagram name(struct span query, unsigned nth) { return (void)query, (void)nth, (expression); }

ANSWER(good, reply(query, 0, 1))
ANSWER(two, reply(query, 0, 2))
ANSWER(many, reply(query, 0, 16))
ANSWER(silent, nothing())
ANSWER(unreachable, refusal())
ANSWER(failing, reply(query, SERVFAIL, 0))
ANSWER(failing_late, later(reply(query, SERVFAIL, 0), 1500))
ANSWER(refusing, reply(query, REFUSED, 0))
ANSWER(nowhere, reply(query, NXDOMAIN, 0))
ANSWER(empty, reply(query, 0, 0))
ANSWER(slow, later(reply(query, 0, 1), 700))
ANSWER(slower, later(reply(query, 0, 1), 1500))
ANSWER(only_ipv4, type_of(query) == A ? reply(query, 0, 1) : nothing())
ANSWER(only_ipv6, type_of(query) == AAAA ? reply(query, 0, 1) : nothing())
ANSWER(ipv4_and_servfail, type_of(query) == A ? reply(query, 0, 1) : reply(query, SERVFAIL, 0))
ANSWER(ipv4_and_refused, type_of(query) == A ? reply(query, 0, 1) : reply(query, REFUSED, 0))
ANSWER(ipv4_and_no_name, type_of(query) == A ? reply(query, 0, 1) : reply(query, NXDOMAIN, 0))
ANSWER(ipv4_and_unreachable, type_of(query) == A ? reply(query, 0, 1) : refusal())
ANSWER(ipv6_and_lost, type_of(query) == AAAA || nth > 1 ? reply(query, 0, 1) : nothing())
ANSWER(ipv6_in_time, later(reply(query, 0, 1), type_of(query) == AAAA ? 45 : 0))
ANSWER(ipv6_too_late, later(reply(query, 0, 1), type_of(query) == AAAA ? 60 : 0))
ANSWER(no_name_and_silent, type_of(query) == A ? reply(query, NXDOMAIN, 0) : nothing())
ANSWER(servfail_and_empty, type_of(query) == A ? reply(query, SERVFAIL, 0) : reply(query, 0, 0))
ANSWER(no_name_and_empty, type_of(query) == A ? reply(query, NXDOMAIN, 0) : reply(query, 0, 0))

static inline struct os_fake_datagram malformed(struct span query, unsigned nth)
{
    struct os_fake_datagram d = good(query, nth);
    d.size--;
    return d;
}

static inline struct os_fake_datagram truncated(struct span query, unsigned nth)
{
    struct os_fake_datagram d = empty(query, nth);
    d.bytes[2] |= 2;
    return d;
}

static inline struct os_fake_datagram wrong_id(struct span query, unsigned nth)
{
    struct os_fake_datagram d = good(query, nth);
    d.bytes[1] ^= 1;
    return nth < 2 ? d : good(query, nth);
}

static inline struct os_fake_datagram wrong_question(struct span query, unsigned nth)
{
    struct os_fake_datagram d = good(query, nth);
    d.bytes[13] ^= 1;
    return nth < 2 ? d : good(query, nth);
}

/* "proxy.b.test" alone exists. */
static inline struct os_fake_datagram domain_b(struct span query, unsigned nth)
{
    return span_contains(query, SPAN("\x05proxy\x01" "b\x04test")) ? good(query, nth) : nowhere(query, nth);
}

/* "proxy" alone exists. */
static inline struct os_fake_datagram no_domain(struct span query, unsigned nth)
{
    return query.size == 12 + 7 + 4 ? good(query, nth) : nowhere(query, nth);
}

/* ---- running ---- */

static inline void begin(const char *servers, enum address_family family)
{
    struct fault f = {0};
    dns_close(&dns);
    os_fake_reset();
    settings = (struct dns_settings){.servers = servers, .family = family};
    CHECK(url_parse(SPAN("https://api.test/"), &origin, &f));
    dns_open(&dns, &settings);
}

static inline enum dns_result wait_for(struct dns_lookup *l)
{
    enum dns_result result;
    fault = (struct fault){0};
    while ((result = dns_look(l, &found, &fault)) == DNS_WAIT) {
        struct os_poll_item items[DNS_POLL_ITEMS_MAX];
        size_t count = dns_poll(&dns, items, DNS_POLL_ITEMS_MAX);
        uint64_t now_ms = os_monotonic_ms(), wakes_ms = dns_wakes_ms(&dns);
        os_poll(items, count, wakes_ms > now_ms ? wakes_ms - now_ms : 0);
        dns_step(&dns, os_monotonic_ms());
    }
    took_ms = os_monotonic_ms() - began_ms;
    CHECK_EQUAL_INT(os_fake_open(), 0);
    return result;
}

static inline enum dns_result look_up(void)
{
    struct fault f = {0};
    began_ms = os_monotonic_ms();
    struct dns_lookup *l = dns_begin(&dns, &origin, began_ms, began_ms + TIMEOUT_MS, &f);
    CHECK(l != NULL);
    return wait_for(l);
}

static inline const char *list(void)
{
    static char text[2000];
    size_t used = 0;
    text[0] = '\0';
    for (size_t i = 0; i < found->count; i++) {
        char one[ADDRESS_TEXT_MAX];
        address_text(&found->at[i], one);
        used += (size_t)snprintf(text + used, sizeof text - used, "%s%s", i > 0 ? " " : "", one);
        CHECK_EQUAL_INT(found->at[i].port, origin.port);
    }
    return text;
}

#endif
