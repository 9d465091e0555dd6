/*
 * dns.c - from host names to addresses; see dns.h.
 */
#include "net/dns.h"

#include "base/format.h"
#include "base/trace.h"
#include "net/dns_question.h"

#include <string.h>

enum { RESOLV_CONF_MAX = 64 * 1024, HOSTS_MAX = 1024 * 1024, QUESTIONS_MAX = 2 };

struct dns_lookup {
    struct dns_lookup *next;
    struct url origin; /* host and port count */
    enum dns_result result;
    struct dns_addresses found;
    char how[DNS_HOW_MAX];
    struct fault fault;
    uint64_t began_ms, deadline_ms;
    struct dns_servers servers;
    struct dns_search search;
    size_t searched;                              /* domains tried so far */
    char name[URL_HOST_MAX + 1];                  /* asked for now */
    struct dns_question questions[QUESTIONS_MAX]; /* IPv6 first */
    size_t question_count;
    struct os_name *system; /* the system's resolver is asked in their place; owned */
};

void dns_open(struct dns *d, const struct dns_settings *settings)
{
    *d = (struct dns){.settings = *settings};
}

/* ---- ending ---- */

static void free_questions(struct dns_lookup *l)
{
    os_name_free(l->system);
    l->system = NULL;
    for (size_t i = 0; i < l->question_count; i++) {
        dns_question_free(&l->questions[i]);
    }
    l->question_count = 0;
}

static void succeed(struct dns_lookup *l)
{
    free_questions(l);
    for (size_t i = 0; i < l->found.count; i++) {
        l->found.at[i].port = l->origin.port;
    }
    l->result = DNS_FOUND;
}

/* l->fault says why. */
static void fail(struct dns_lookup *l)
{
    free_questions(l);
    l->result = DNS_FAULT;
}

/* What can be done where names are the trouble. Always false. */
static bool advise(const struct dns_lookup *l, struct fault *f)
{
    return fault_advise(
        f, "--dns ADDRESS asks another name server; --resolve %s:%u:ADDRESS needs none",
        l->origin.host, (unsigned)l->origin.port);
}

void dns_close(struct dns *d)
{
    while (d->lookups != NULL) {
        struct dns_lookup *l = d->lookups;
        d->lookups = l->next;
        free_questions(l);
        memory_give(l);
    }
    *d = (struct dns){0};
}

/* ---- what needs nobody to be asked ---- */

/* Always true. */
static bool known_by(struct dns_lookup *l, const char *how)
{
    format_text(l->how, sizeof l->how, "%s", how);
    return true;
}

static bool is_localhost(const char *host)
{
    struct span name = span_of(host);
    return span_equal(name, SPAN("localhost")) || span_ends(name, SPAN(".localhost"));
}

static void add_loopback(struct dns_addresses *to)
{
    static const struct address loopback[] = {
        {.family = ADDRESS_IPV6, .bytes = {[15] = 1}},
        {.family = ADDRESS_IPV4, .bytes = {127, 0, 0, 1}},
    };
    dns_add_address(to, &loopback[0]);
    dns_add_address(to, &loopback[1]);
}

static bool by_rule(const struct dns_settings *s, struct dns_lookup *l)
{
    for (size_t i = 0; i < s->rule_count; i++) {
        if (dns_rule_gives(s->rules[i], &l->origin, &l->found)) {
            return true;
        }
    }
    return false;
}

/* True: this host needs no look-up, whether or not the family it is wanted in has an address. */
static bool is_known(const struct dns_settings *s, struct dns_lookup *l)
{
    struct address literal;
    if (by_rule(s, l)) {
        return known_by(l, "--resolve"); /* the user's word, whatever the name; in the order in which it was written */
    }
    if (l->origin.host_is_ip && address_parse(span_of(l->origin.host), &literal)) {
        dns_add_address(&l->found, &literal);
        return known_by(l, "an address itself");
    }
    if (is_localhost(l->origin.host)) {
        add_loopback(&l->found);
        return known_by(l, "always known");
    }
    return false;
}

/* ---- files ---- */

/* A file that is missing or too large is as good as empty. */
static struct buf read_file(const char *path, size_t max)
{
    struct fault why = {0};
    struct buf text = buf_init(max);
    if (!os_read_file(path, &text, &why)) {
        trace(TRACE_STEPS, "names: %s", why.text);
        buf_clear(&text);
    }
    return text;
}

/* Families alternate, IPv6 first; within a family the order stays. */
static void alternate(struct dns_addresses *all)
{
    for (size_t i = 0; i < all->count; i++) {
        enum address_family wanted = i % 2 == 0 ? ADDRESS_IPV6 : ADDRESS_IPV4;
        size_t from = i;
        while (from < all->count && all->at[from].family != wanted) {
            from++;
        }
        if (from == all->count) {
            return;
        }
        struct address found = all->at[from];
        memmove(&all->at[i + 1], &all->at[i], (from - i) * sizeof found);
        all->at[i] = found;
    }
}

static bool is_in_hosts_file(struct dns_lookup *l)
{
    struct buf text = read_file(os_hosts_file(), HOSTS_MAX);
    dns_read_hosts(buf_span(&text), span_of(l->origin.host), &l->found);
    buf_free(&text);
    alternate(&l->found);
    return l->found.count > 0 && known_by(l, "hosts file");
}

static bool read_servers(const struct dns_settings *s, struct dns_lookup *l)
{
    struct fault *f = &l->fault;
    const char *file = os_name_server_file();
    if (file != NULL) {
        struct buf text = read_file(file, RESOLV_CONF_MAX);
        dns_read_resolv_conf(buf_span(&text), &l->servers, &l->search);
        buf_free(&text);
    }
    if (s->servers != NULL) {
        return dns_read_servers(s->servers, &l->servers, f);
    }
    return l->servers.count > 0 ||
           fault_set(
               f, FAULT_NAME,
               "no name server is known: no --dns, and no nameserver line in /etc/resolv.conf") ||
           advise(l, f);
}

/* ---- asking ---- */

/* The next name to ask for: below each search domain where it has no dot, last as it stands. */
static bool next_name(struct dns_lookup *l)
{
    const char *host = l->origin.host;
    bool whole = span_find(span_of(host), '.') < span_of(host).size;
    size_t count = whole ? 0 : l->search.count;
    while (l->searched < count) {
        const char *domain = l->search.at[l->searched++];
        size_t size = format_text(l->name, sizeof l->name, "%s.%s", host, domain);
        if (size < sizeof l->name) {
            return true;
        }
    }
    format_text(l->name, sizeof l->name, "%s", host);
    return l->searched++ == count;
}

static bool ask(struct dns_lookup *l, enum dns_message_type type, uint64_t now_ms)
{
    struct dns_question *q = &l->questions[l->question_count++];
    return dns_question_begin(q, type, span_of(l->name), &l->servers, now_ms, &l->fault);
}

/* Ask for both types of the next name. False: there is none left, or l->fault says why not. */
static bool ask_for_next_name(struct dns_lookup *l, uint64_t now_ms)
{
    if (!next_name(l)) {
        return false;
    }
    fault_clear(&l->fault);
    free_questions(l);
    return (l->found.family == ADDRESS_IPV4 || ask(l, DNS_MESSAGE_AAAA, now_ms)) &&
           (l->found.family == ADDRESS_IPV6 || ask(l, DNS_MESSAGE_A, now_ms));
}

/* ---- what comes of it ---- */

static bool has_found(const struct dns_question *q)
{
    return q->ended && q->result == DNS_MESSAGE_FOUND;
}

/* How long the addresses of this question are kept back for those of the other family. */
static uint64_t waits_until_ms(const struct dns_question *q)
{
    return q->ended_ms +
           (q->message.type == DNS_MESSAGE_A ? DNS_WAIT_FOR_IPV6_MS : DNS_WAIT_FOR_IPV4_MS);
}

/* Nothing is left to wait for. */
static bool is_over(const struct dns_lookup *l, uint64_t now_ms)
{
    bool all = true;
    for (size_t i = 0; i < l->question_count; i++) {
        const struct dns_question *q = &l->questions[i];
        if (has_found(q) && now_ms >= waits_until_ms(q)) {
            return true;
        }
        all = all && q->ended;
    }
    return all;
}

/* One of each family in turn, so that many of one do not crowd out the other. */
static void take_addresses(struct dns_lookup *l)
{
    for (size_t i = 0; i < DNS_MESSAGE_ADDRESSES_MAX; i++) {
        for (size_t k = 0; k < l->question_count; k++) {
            const struct dns_question *q = &l->questions[k];
            if (has_found(q) && i < q->answer.count) {
                (void)known_by(l, q->said);
                dns_add_address(&l->found, &q->answer.addresses[i]);
            }
        }
    }
}

/* A server that failed weighs most, as that may pass; then that the name is there. */
static unsigned weight(const struct dns_question *q)
{
    return q->result == DNS_MESSAGE_FAILED ? 2 : q->result == DNS_MESSAGE_EMPTY ? 1 : 0;
}

/* The fault of questions that have all ended without an address. */
static void judge(struct dns_lookup *l)
{
    const struct dns_question *worst = &l->questions[0];
    const struct dns_question *last = &l->questions[l->question_count - 1];
    worst = weight(last) > weight(worst) ? last : worst;
    bool family = worst->result == DNS_MESSAGE_EMPTY && l->found.family != ADDRESS_NONE;
    fault_set(&l->fault, worst->result == DNS_MESSAGE_FAILED ? FAULT_NAME_SERVER : FAULT_NAME,
              "%s%s", worst->said, family ? " of the family that -4 or -6 allows" : "");
    (void)advise(l, &l->fault);
}

static void conclude(struct dns_lookup *l, uint64_t now_ms)
{
    take_addresses(l);
    if (l->found.count > 0) {
        trace(TRACE_STEPS, "%s: looked up in %u ms", l->origin.host,
              (unsigned)(now_ms - l->began_ms));
        succeed(l);
        return;
    }
    judge(l);
    if (!ask_for_next_name(l, now_ms)) {
        fail(l);
    }
}

/* ---- the system's resolver ---- */

static void look_at_system(struct dns_lookup *l)
{
    const struct address *found = NULL;
    size_t count = 0;
    switch (os_name_look(l->system, &found, &count, &l->fault)) {
    case OS_IO_DONE:
        break;
    case OS_IO_WAIT:
        return;
    default:
        (void)advise(l, &l->fault);
        fail(l);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        dns_add_address(&l->found, &found[i]);
    }
    if (l->found.count > 0) {
        succeed(l);
    } else {
        fault_set(&l->fault, FAULT_NAME, "no address of the family that -4 or -6 allows");
        fail(l);
    }
}

/* ---- from step to step ---- */

static void time_out(struct dns_lookup *l)
{
    char text[ADDRESS_TEXT_MAX + 12];
    if (l->system != NULL) {
        fault_set(&l->fault, FAULT_TIMEOUT, "time-out (looking up the name): no answer from the system's resolver");
    } else {
        dns_server_text(&l->servers.at[0], text);
        fault_set(&l->fault, FAULT_TIMEOUT, "time-out (looking up the name): no answer from name server %s%s", text,
                  l->servers.count > 1 ? " and the others" : "");
    }
    (void)advise(l, &l->fault);
    fail(l);
}

static void step(struct dns_lookup *l, uint64_t now_ms)
{
    for (size_t i = 0; i < l->question_count && now_ms < l->deadline_ms; i++) {
        dns_question_step(&l->questions[i], now_ms);
    }
    if (l->system != NULL) {
        look_at_system(l);
    }
    while (l->result == DNS_WAIT && l->system == NULL && is_over(l, now_ms)) {
        conclude(l, now_ms);
    }
    if (l->result == DNS_WAIT && now_ms >= l->deadline_ms) {
        time_out(l);
    }
}

/* ---- look-ups ---- */

static void start(const struct dns *d, struct dns_lookup *l, const struct url *origin,
                  uint64_t now_ms)
{
    struct dns_lookup *next = l->next;
    *l = (struct dns_lookup){
        .next = next, .origin = *origin, .result = DNS_WAIT, .began_ms = now_ms};
    l->found.family = d->settings.family;
    bool by_system = d->settings.servers == NULL && os_name_server_file() == NULL; /* it reads the hosts file too */
    if (is_known(&d->settings, l) || (!by_system && is_in_hosts_file(l))) {
        if (l->found.count > 0) {
            succeed(l);
        } else {
            fault_set(&l->fault, FAULT_NAME, "no address of the family that -4 or -6 allows");
            fail(l);
        }
    } else if (by_system) {
        l->system = os_name_begin(l->origin.host, &l->fault);
        if (l->system == NULL) {
            fail(l);
        }
    } else if (!read_servers(&d->settings, l) || !ask_for_next_name(l, now_ms)) {
        fail(l);
    }
}

static struct dns_lookup *find(const struct dns *d, const struct url *origin)
{
    for (struct dns_lookup *l = d->lookups; l != NULL; l = l->next) {
        if (l->origin.port == origin->port &&
            span_equal(span_of(l->origin.host), span_of(origin->host))) {
            return l;
        }
    }
    return NULL;
}

struct dns_lookup *dns_begin(struct dns *d, const struct url *origin, uint64_t now_ms,
                             uint64_t deadline_ms, struct fault *f)
{
    struct dns_lookup *l = find(d, origin);
    if (l == NULL) {
        l = memory_take(1, sizeof *l);
        if (l == NULL) {
            fault_set(f, FAULT_MEMORY, "out of memory");
            return NULL;
        }
        l->next = d->lookups;
        l->result = DNS_FAULT;
        d->lookups = l;
    }
    if (l->result == DNS_FAULT) {
        start(d, l, origin, now_ms);
    }
    l->deadline_ms = deadline_ms > l->deadline_ms ? deadline_ms : l->deadline_ms;
    step(l, now_ms); /* it may be over already */
    return l;
}

enum dns_result dns_look(const struct dns_lookup *l, const struct dns_addresses **found,
                         struct fault *f)
{
    *found = &l->found;
    if (l->result == DNS_FAULT) {
        *f = l->fault;
    }
    return l->result;
}

const char *dns_how(const struct dns_lookup *l)
{
    return l->how;
}

void dns_step(struct dns *d, uint64_t now_ms)
{
    for (struct dns_lookup *l = d->lookups; l != NULL; l = l->next) {
        step(l, now_ms);
    }
}

size_t dns_poll(struct dns *d, struct os_poll_item *items, size_t room)
{
    size_t used = 0;
    for (struct dns_lookup *l = d->lookups; l != NULL; l = l->next) {
        for (size_t i = 0; i < l->question_count; i++) {
            used += dns_question_poll(&l->questions[i], items + used, room - used);
        }
    }
    return used;
}

static uint64_t wakes_ms(const struct dns_lookup *l)
{
    uint64_t wakes = l->deadline_ms;
    for (size_t i = 0; i < l->question_count; i++) {
        const struct dns_question *q = &l->questions[i];
        uint64_t one = has_found(q) ? waits_until_ms(q) : dns_question_wakes_ms(q);
        wakes = one < wakes ? one : wakes;
    }
    return wakes;
}

uint64_t dns_wakes_ms(const struct dns *d)
{
    uint64_t wakes = UINT64_MAX;
    for (const struct dns_lookup *l = d->lookups; l != NULL; l = l->next) {
        uint64_t one = l->result == DNS_WAIT ? wakes_ms(l) : UINT64_MAX;
        wakes = one < wakes ? one : wakes;
    }
    return wakes;
}
