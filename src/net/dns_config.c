/*
 * dns_config.c - what is known of names without asking; see dns_config.h.
 */
#include "net/dns_config.h"

#include "base/format.h"

#include <string.h>

enum { INTERFACE_NAME_MAX = 32 };

void dns_add_address(struct dns_addresses *to, const struct address *a)
{
    if (to->family != ADDRESS_NONE && a->family != to->family) {
        return;
    }
    for (size_t i = 0; i < to->count; i++) {
        if (address_equal(&to->at[i], a)) {
            return;
        }
    }
    if (to->count < DNS_ADDRESSES_MAX) {
        to->at[to->count++] = *a;
    }
}

/* ---- --resolve ---- */

struct rule {
    struct span host;
    uint64_t port;
    struct span addresses;
};

static bool read_rule(const char *text, struct rule *rule)
{
    struct span rest = span_of(text);
    struct span port;
    return span_next(&rest, ':', &rule->host) && rule->host.size > 0 &&
           span_next(&rest, ':', &port) && span_decimal(port, UINT16_MAX, &rule->port) &&
           rule->port > 0 && (rule->addresses = rest).size > 0;
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
        return fault_set(f, FAULT_USAGE, "--resolve %s: HOST:PORT:ADDRESS[,ADDRESS] is wanted",
                         text);
    }
    if (!span_equal(rule.host, SPAN("*")) && !url_host_is_valid(rule.host)) {
        return fault_set(f, FAULT_USAGE, "--resolve %s: \"%.*s\" is no host name", text,
                         SPAN_ARG(rule.host));
    }
    while (span_next(&rule.addresses, ',', &one)) {
        if (!read_address(one, &address)) {
            return fault_set(f, FAULT_USAGE, "--resolve %s: \"%.*s\" is no IP address", text,
                             SPAN_ARG(one));
        }
    }
    return true;
}

bool dns_rule_gives(const char *text, const struct url *origin, struct dns_addresses *to)
{
    struct rule rule;
    struct span one;
    struct address address;
    if (!read_rule(text, &rule) || rule.port != origin->port ||
        !(span_equal_nocase(rule.host, span_of(origin->host)) ||
          span_equal(rule.host, SPAN("*")))) {
        return false;
    }
    while (span_next(&rule.addresses, ',', &one)) {
        if (read_address(one, &address)) {
            dns_add_address(to, &address);
        }
    }
    return true;
}

/* ---- name servers ---- */

/* A literal whose zone may be an interface's name too: resolv.conf of an IPv6-only network. */
static bool read_server_address(struct span text, struct address *a)
{
    char name[INTERFACE_NAME_MAX];
    char literal[ADDRESS_TEXT_MAX + 16];
    size_t percent = span_find(text, '%');
    struct span zone = span_cut(text, percent + 1, text.size);
    if (address_parse(text, a)) {
        return true;
    }
    if (zone.size >= sizeof name || percent >= ADDRESS_TEXT_MAX) {
        return false;
    }
    format_text(name, sizeof name, "%.*s", SPAN_ARG(zone));
    size_t size = format_text(literal, sizeof literal, "%.*s%%%lu", SPAN_ARG(span_cut(text, 0, percent)),
                              (unsigned long)os_interface_number(name));
    return size < sizeof literal && address_parse(span_make(literal, size), a);
}

static bool read_port(struct span text, uint16_t *port)
{
    uint64_t number = 0;
    if (!span_decimal(text, UINT16_MAX, &number) || number == 0) {
        return false;
    }
    *port = (uint16_t)number;
    return true;
}

/* ADDR, ADDR:PORT where ADDR has no colon of its own, [ADDR] or [ADDR]:PORT. */
static bool read_server(struct span text, struct address *a)
{
    bool brackets = span_starts(text, SPAN("["));
    size_t end = span_find(text, brackets ? ']' : ':');
    struct span rest = span_cut(text, end + 1, text.size);
    uint16_t port = DNS_PORT;
    if (brackets) {
        bool has_port = span_starts(rest, SPAN(":"));
        if (end == text.size || (rest.size > 0 && !has_port) ||
            (has_port && !read_port(span_cut(rest, 1, rest.size), &port))) {
            return false;
        }
        text = span_cut(text, 1, end);
    } else if (end < text.size && span_find(rest, ':') == rest.size) {
        if (!read_port(rest, &port)) {
            return false;
        }
        text = span_cut(text, 0, end);
    }
    bool ok = read_server_address(text, a) && (!brackets || a->family == ADDRESS_IPV6);
    a->port = port;
    return ok;
}

bool dns_read_servers(const char *text, struct dns_servers *servers, struct fault *f)
{
    struct span rest = span_of(text);
    struct span one;
    servers->count = 0;
    if (rest.size == 0 || span_ends(rest, SPAN(","))) {
        return fault_set(f, FAULT_USAGE, "--dns %s: ADDRESS[,ADDRESS] is wanted", text);
    }
    while (span_next(&rest, ',', &one)) {
        if (servers->count == DNS_SERVERS_MAX) {
            return fault_set(f, FAULT_USAGE, "--dns: more than %d name servers", DNS_SERVERS_MAX);
        }
        if (!read_server(one, &servers->at[servers->count])) {
            return fault_set(f, FAULT_USAGE, "--dns %s: \"%.*s\" is no IP address", text,
                             SPAN_ARG(one));
        }
        servers->count++;
    }
    return true;
}

/* ---- files ---- */

/* The next word of a line. False: there is none. */
static bool next_word(struct span *line, struct span *word)
{
    size_t end = 0;
    *line = span_trim(*line);
    while (end < line->size && line->at[end] != ' ' && line->at[end] != '\t') {
        end++;
    }
    *word = span_cut(*line, 0, end);
    *line = span_cut(*line, end, line->size);
    return word->size > 0;
}

static void add_server(struct dns_servers *servers, struct span text)
{
    if (servers->count < DNS_SERVERS_MAX &&
        read_server_address(text, &servers->at[servers->count])) {
        servers->at[servers->count++].port = DNS_PORT;
    }
}

static void read_search(struct dns_search *search, struct span line)
{
    struct span word;
    search->count = 0;
    while (search->count < DNS_SEARCH_MAX && next_word(&line, &word)) {
        word = span_ends(word, SPAN(".")) ? span_cut(word, 0, word.size - 1) : word;
        if (url_host_is_valid(word)) {
            format_text(search->at[search->count++], sizeof search->at[0], "%.*s", SPAN_ARG(word));
        }
    }
}

void dns_read_resolv_conf(struct span text, struct dns_servers *servers, struct dns_search *search)
{
    struct span line, word;
    while (span_next(&text, '\n', &line)) {
        if (!next_word(&line, &word)) {
            continue;
        }
        if (span_equal(word, SPAN("nameserver")) && next_word(&line, &word)) {
            add_server(servers, word);
        } else if (span_equal(word, SPAN("search")) || span_equal(word, SPAN("domain"))) {
            read_search(search, line);
        }
    }
}

static bool line_names(struct span line, struct span host)
{
    struct span word;
    while (next_word(&line, &word)) {
        if (span_equal_nocase(word, host)) {
            return true;
        }
    }
    return false;
}

void dns_read_hosts(struct span text, struct span host, struct dns_addresses *to)
{
    struct span line, word;
    struct address address;
    while (span_next(&text, '\n', &line)) {
        line = span_cut(line, 0, span_find(line, '#'));
        if (next_word(&line, &word) && line_names(line, host) && address_parse(word, &address)) {
            dns_add_address(to, &address);
        }
    }
}
