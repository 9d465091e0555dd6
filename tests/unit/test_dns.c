/*
 * test_dns.c - net/dns and net/dns_question over name servers that follow a script: order, time, failures, what is kept.
 */
/* links: fake/os_fake.c */
#include "unit.h"

#include "dns_servers.h"
#include "net/dns_question.h"

/* ---- one name ---- */

struct row {
    const char *what;
    os_fake_answer *first, *second; /* NULL: no such server */
    enum address_family family;
    const char *addresses; /* NULL: none are found */
    enum fault_code code;
    const char *says;
    uint64_t took_ms;
    unsigned datagrams[2];
};

#define V4 "192.0.2.1"
#define V6 "2001:db8::1"

static const struct row rows[] = {
    {"both families", good, NULL, ADDRESS_NONE, V6 " " V4, FAULT_NONE, "", 0, {2, 0}},
    {"two of each", two, NULL, ADDRESS_NONE, V6 " " V4 " 2001:db8::2 192.0.2.2", FAULT_NONE, "", 0, {2, 0}},
    {"-4", good, NULL, ADDRESS_IPV4, V4, FAULT_NONE, "", 0, {1, 0}},
    {"-6", good, NULL, ADDRESS_IPV6, V6, FAULT_NONE, "", 0, {1, 0}},
    {"takes a while", slow, NULL, ADDRESS_NONE, V6 " " V4, FAULT_NONE, "", 700, {2, 0}},
    {"AAAA silent", only_ipv4, NULL, ADDRESS_NONE, V4, FAULT_NONE, "", DNS_WAIT_FOR_IPV6_MS, {2, 0}},
    {"AAAA 45 ms later", ipv6_in_time, NULL, ADDRESS_NONE, V6 " " V4, FAULT_NONE, "", 45, {2, 0}},
    {"AAAA 60 ms later", ipv6_too_late, NULL, ADDRESS_NONE, V4, FAULT_NONE, "", 50, {2, 0}},
    {"AAAA SERVFAIL", ipv4_and_servfail, NULL, ADDRESS_NONE, V4, FAULT_NONE, "", 0, {2, 0}},
    {"AAAA REFUSED", ipv4_and_refused, NULL, ADDRESS_NONE, V4, FAULT_NONE, "", 0, {2, 0}},
    {"AAAA NXDOMAIN", ipv4_and_no_name, NULL, ADDRESS_NONE, V4, FAULT_NONE, "", 0, {2, 0}},
    {"AAAA unreachable", ipv4_and_unreachable, NULL, ADDRESS_NONE, V4, FAULT_NONE, "", 0, {2, 0}},
    {"A silent", only_ipv6, NULL, ADDRESS_NONE, V6, FAULT_NONE, "", DNS_WAIT_FOR_IPV4_MS, {3, 0}},
    {"A lost once", ipv6_and_lost, NULL, ADDRESS_NONE, V6 " " V4, FAULT_NONE, "", 1000, {3, 0}},
    {"first silent", silent, good, ADDRESS_NONE, V6 " " V4, FAULT_NONE, "", 1000, {2, 2}},
    {"first late, second silent", slower, silent, ADDRESS_NONE, V6 " " V4, FAULT_NONE, "", 1500, {2, 2}},
    {"one, and later than it is asked again", slower, NULL, ADDRESS_NONE, V6 " " V4, FAULT_NONE, "", 1500, {4, 0}},
    {"first unreachable", unreachable, good, ADDRESS_NONE, V6 " " V4, FAULT_NONE, "", 0, {2, 2}},
    {"first SERVFAIL, when the second is asked already", failing_late, slow, ADDRESS_NONE, V6 " " V4, FAULT_NONE, "", 1700,
     {2, 2}},
    {"first SERVFAIL", failing, good, ADDRESS_NONE, V6 " " V4, FAULT_NONE, "", 0, {2, 2}},
    {"first REFUSED", refusing, good, ADDRESS_NONE, V6 " " V4, FAULT_NONE, "", 0, {2, 2}},
    {"first malformed", malformed, good, ADDRESS_NONE, V6 " " V4, FAULT_NONE, "", 0, {2, 2}},
    {"wrong id", wrong_id, NULL, ADDRESS_NONE, V6 " " V4, FAULT_NONE, "", 1000, {4, 0}},
    {"wrong question", wrong_question, NULL, ADDRESS_NONE, V6 " " V4, FAULT_NONE, "", 1000, {4, 0}},
    {"first says no such name", nowhere, good, ADDRESS_NONE, NULL, FAULT_NAME, FIRST ": no such name", 0, {2, 0}},
    {"no such name", nowhere, NULL, ADDRESS_NONE, NULL, FAULT_NAME, FIRST ": no such name", 0, {2, 0}},
    {"A says no such name, AAAA silent", no_name_and_silent, NULL, ADDRESS_NONE, NULL, FAULT_TIMEOUT, "time-out",
     TIMEOUT_MS, {11, 0}},
    {"no address", empty, NULL, ADDRESS_NONE, NULL, FAULT_NAME, "has no address", 0, {2, 0}},
    {"no address, -4", empty, NULL, ADDRESS_IPV4, NULL, FAULT_NAME, "-4 or -6", 0, {1, 0}},
    {"no address, and no such name", no_name_and_empty, NULL, ADDRESS_NONE, NULL, FAULT_NAME, "has no address", 0, {2, 0}},
    {"no address, and SERVFAIL", servfail_and_empty, NULL, ADDRESS_NONE, NULL, FAULT_NAME_SERVER, "SERVFAIL", 0, {2, 0}},
    {"all SERVFAIL", failing, failing, ADDRESS_NONE, NULL, FAULT_NAME_SERVER, SECOND ": answers SERVFAIL", 0, {2, 2}},
    {"SERVFAIL and REFUSED", failing, refusing, ADDRESS_NONE, NULL, FAULT_NAME_SERVER, "REFUSED", 0, {2, 2}},
    {"unreachable", unreachable, NULL, ADDRESS_NONE, NULL, FAULT_NAME_SERVER, FIRST ": Connection refused", 0, {2, 0}},
    {"malformed", malformed, NULL, ADDRESS_NONE, NULL, FAULT_NAME_SERVER, "malformed", 0, {2, 0}},
    {"silence", silent, NULL, ADDRESS_NONE, NULL, FAULT_TIMEOUT, FIRST, TIMEOUT_MS, {20, 0}},
    {"silence of two", silent, silent, ADDRESS_NONE, NULL, FAULT_TIMEOUT, FIRST " and the others", TIMEOUT_MS, {10, 10}},
    {"one fails, one is silent", failing, silent, ADDRESS_NONE, NULL, FAULT_TIMEOUT, "time-out", TIMEOUT_MS, {2, 20}},
    {"truncated, and no TCP", truncated, good, ADDRESS_NONE, V6 " " V4, FAULT_NONE, "", 0, {2, 2}},
    {"truncated, and no TCP, alone", truncated, NULL, ADDRESS_NONE, NULL, FAULT_NAME_SERVER, "TCP: Connection refused", 0,
     {2, 0}},
};

static void asks_name_servers(void)
{
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const struct row *row = &rows[i];
        unit_row("%s", row->what);
        begin(row->second != NULL ? BOTH : FIRST, row->family);
        os_fake_name_server(FIRST, row->first);
        if (row->second != NULL) {
            os_fake_name_server(SECOND, row->second);
        }
        CHECK_EQUAL_INT(look_up(), row->addresses != NULL ? DNS_FOUND : DNS_FAULT);
        if (row->addresses != NULL) {
            CHECK_EQUAL_TEXT(list(), row->addresses);
        }
        CHECK_EQUAL_INT(fault.code, row->code);
        CHECK(span_contains(span_of(fault.text), span_of(row->says)));
        CHECK(row->addresses != NULL || span_contains(span_of(fault.advice), SPAN("--resolve api.test:443:ADDRESS")));
        CHECK_EQUAL_INT(took_ms, row->took_ms);
        CHECK_EQUAL_INT(os_fake_datagrams(FIRST), row->datagrams[0]);
        CHECK_EQUAL_INT(row->second != NULL ? os_fake_datagrams(SECOND) : 0, row->datagrams[1]);
    }
}

static void keeps_as_many_of_each_family(void)
{
    unsigned families[3] = {0};
    begin(FIRST, ADDRESS_NONE);
    os_fake_name_server(FIRST, many);
    CHECK_EQUAL_INT(look_up(), DNS_FOUND);
    CHECK_EQUAL_INT(found->count, DNS_ADDRESSES_MAX);
    for (size_t i = 0; i < found->count; i++) {
        families[found->at[i].family]++;
        CHECK_EQUAL_INT(found->at[i].family, i % 2 == 0 ? ADDRESS_IPV6 : ADDRESS_IPV4);
    }
    CHECK_EQUAL_INT(families[ADDRESS_IPV4], families[ADDRESS_IPV6]);
}

static void server_that_has_no_route_is_passed_over(void)
{
    begin(BOTH, ADDRESS_NONE);
    os_fake_name_server(SECOND, good);
    CHECK_EQUAL_INT(look_up(), DNS_FOUND);
    CHECK_EQUAL_INT(took_ms, 0);
    begin(BOTH, ADDRESS_NONE);
    CHECK_EQUAL_INT(look_up(), DNS_FAULT);
    CHECK_EQUAL_INT(fault.code, FAULT_NAME_SERVER);
    CHECK(span_contains(span_of(fault.text), SPAN("Network is unreachable")));
}

/* A server whose TCP port is a black hole is waited for a while; then the next one is asked. */
static void dead_tcp_costs_three_seconds(void)
{
    begin(BOTH, ADDRESS_NONE);
    os_fake_name_server(FIRST, truncated);
    os_fake_name_server(SECOND, good);
    os_fake_peer(&(struct os_fake_script){.address = FIRST, .connect_after_ms = OS_FAKE_NEVER});
    CHECK_EQUAL_INT(look_up(), DNS_FOUND);
    CHECK_EQUAL_INT(took_ms, DNS_STREAM_MS);
    CHECK_EQUAL_INT(os_fake_connects(), 2);
}

/* ---- what needs no name server ---- */

static void without_any_server_it_says_so(void)
{
    begin(NULL, ADDRESS_NONE);
    CHECK_EQUAL_INT(look_up(), DNS_FAULT);
    CHECK_EQUAL_INT(fault.code, FAULT_NAME);
    CHECK(span_contains(span_of(fault.text), SPAN("no name server is known")));
    CHECK_EQUAL_TEXT(fault.advice, "--dns ADDRESS asks another name server; --resolve api.test:443:ADDRESS needs none");
    begin(NULL, ADDRESS_NONE);
    os_fake_file("/etc/resolv.conf", "# nothing\nsearch a.test\n");
    CHECK_EQUAL_INT(look_up(), DNS_FAULT);
    CHECK_EQUAL_INT(fault.code, FAULT_NAME);
}

struct known_row {
    const char *url, *rule, *hosts_address;
    enum address_family family;
    const char *addresses; /* NULL: FAULT_NAME */
};

static const struct known_row known_rows[] = {
    {"https://192.0.2.9/", NULL, NULL, ADDRESS_NONE, "192.0.2.9"},
    {"https://[2001:db8::9]:8443/", NULL, NULL, ADDRESS_NONE, "2001:db8::9"},
    {"https://192.0.2.9/", NULL, NULL, ADDRESS_IPV6, NULL},
    {"https://localhost/", NULL, NULL, ADDRESS_NONE, "::1 127.0.0.1"},
    {"https://localhost/", NULL, NULL, ADDRESS_IPV4, "127.0.0.1"},
    {"https://a.localhost/", NULL, NULL, ADDRESS_IPV6, "::1"},
    {"https://api.test/", "api.test:443:192.0.2.7,2001:db8::7", NULL, ADDRESS_NONE, "192.0.2.7 2001:db8::7"},
    {"https://api.test/", "*:443:192.0.2.7", NULL, ADDRESS_NONE, "192.0.2.7"},
    {"https://api.test/", "api.test:443:192.0.2.7", "192.0.2.8", ADDRESS_NONE, "192.0.2.7"},
    {"https://api.test/", "api.test:443:192.0.2.7", NULL, ADDRESS_IPV6, NULL},
    {"https://localhost/", "localhost:443:192.0.2.7", NULL, ADDRESS_NONE, "192.0.2.7"},
    {"https://192.0.2.9/", "192.0.2.9:443:192.0.2.7", NULL, ADDRESS_NONE, "192.0.2.7"},
    {"https://api.test/", NULL, "192.0.2.8", ADDRESS_NONE, "192.0.2.8"},
    {"https://api.test/", "api.test:80:192.0.2.7", "192.0.2.8", ADDRESS_NONE, "192.0.2.8"},
};

static void knows_without_asking(void)
{
    for (size_t i = 0; i < COUNT_OF(known_rows); i++) {
        const struct known_row *row = &known_rows[i];
        struct fault f = {0};
        unit_row("%s %s", row->url, row->rule != NULL ? row->rule : "");
        begin(FIRST, row->family);
        dns.settings.rules = &row->rule;
        dns.settings.rule_count = row->rule != NULL;
        os_fake_name_server(FIRST, good);
        if (row->hosts_address != NULL) {
            os_fake_name("api.test", row->hosts_address);
        }
        CHECK(url_parse(span_of(row->url), &origin, &f));
        CHECK_EQUAL_INT(look_up(), row->addresses != NULL ? DNS_FOUND : DNS_FAULT);
        if (row->addresses != NULL) {
            CHECK_EQUAL_TEXT(list(), row->addresses);
        }
        CHECK_EQUAL_INT(fault.code, row->addresses != NULL ? FAULT_NONE : FAULT_NAME);
        CHECK_EQUAL_INT(os_fake_datagrams(FIRST), 0);
    }
}

struct order_row {
    const char *hosts, *wanted;
};

static const struct order_row orders[] = {
    {"192.0.2.1", "192.0.2.1"},
    {"192.0.2.1 192.0.2.2", "192.0.2.1 192.0.2.2"},
    {"2001:db8::1 2001:db8::2", "2001:db8::1 2001:db8::2"},
    {"192.0.2.1 2001:db8::1", "2001:db8::1 192.0.2.1"},
    {"192.0.2.1 192.0.2.2 2001:db8::1", "2001:db8::1 192.0.2.1 192.0.2.2"},
    {"2001:db8::1 2001:db8::2 192.0.2.1", "2001:db8::1 192.0.2.1 2001:db8::2"},
    {"192.0.2.1 192.0.2.2 192.0.2.3 2001:db8::1 2001:db8::2 2001:db8::3",
     "2001:db8::1 192.0.2.1 2001:db8::2 192.0.2.2 2001:db8::3 192.0.2.3"},
    {"192.0.2.1 192.0.2.1 2001:db8::1 192.0.2.1", "2001:db8::1 192.0.2.1"},
};

static void families_of_the_hosts_file_alternate(void)
{
    for (size_t i = 0; i < COUNT_OF(orders); i++) {
        struct span rest = span_of(orders[i].hosts), address;
        char text[1000];
        size_t used = 0;
        unit_row("%s", orders[i].hosts);
        while (span_next(&rest, ' ', &address)) {
            used += (size_t)snprintf(text + used, sizeof text - used, "%.*s api.test\n", SPAN_ARG(address));
        }
        begin(FIRST, ADDRESS_NONE);
        os_fake_file("/etc/hosts", text);
        CHECK_EQUAL_INT(look_up(), DNS_FOUND);
        CHECK_EQUAL_TEXT(list(), orders[i].wanted);
    }
}

static void hosts_file_without_the_family_is_no_answer(void)
{
    begin(FIRST, ADDRESS_IPV6);
    os_fake_name("api.test", "192.0.2.8");
    os_fake_name_server(FIRST, good);
    CHECK_EQUAL_INT(look_up(), DNS_FOUND);
    CHECK_EQUAL_TEXT(list(), V6);
}

/* ---- resolv.conf ---- */

static void asks_the_servers_of_the_system(void)
{
    begin(NULL, ADDRESS_NONE);
    os_fake_file("/etc/resolv.conf", "nameserver " SECOND "\n");
    os_fake_name_server(SECOND, good);
    CHECK_EQUAL_INT(look_up(), DNS_FOUND);
    begin(FIRST, ADDRESS_NONE);
    os_fake_file("/etc/resolv.conf", "nameserver " SECOND "\n");
    os_fake_name_server(FIRST, nowhere);
    os_fake_name_server(SECOND, good);
    CHECK_EQUAL_INT(look_up(), DNS_FAULT);
    CHECK_EQUAL_INT(os_fake_datagrams(SECOND), 0);
}

struct search_row {
    const char *url, *search;
    os_fake_answer *answer;
    bool found;
    unsigned datagrams;
};

static const struct search_row search_rows[] = {
    {"http://proxy/", "search a.test b.test c.test\n", domain_b, true, 4},
    {"http://proxy/", "search b.test\n", domain_b, true, 2},
    {"http://proxy/", "search a.test\n", domain_b, false, 4},
    {"http://proxy/", "search a.test c.test\n", no_domain, true, 6},
    {"http://proxy/", "", no_domain, true, 2},
    {"http://proxy/", "search a.test\n", empty, false, 4},
    {"http://proxy/", "search a.test\n", failing, false, 4},
    {"http://proxy.x/", "search b.test\n", nowhere, false, 2},
};

static void searches_for_names_without_a_dot(void)
{
    for (size_t i = 0; i < COUNT_OF(search_rows); i++) {
        const struct search_row *row = &search_rows[i];
        struct fault f = {0};
        unit_row("%zu: %s %s", i, row->url, row->search);
        begin(FIRST, ADDRESS_NONE);
        os_fake_file("/etc/resolv.conf", row->search);
        os_fake_name_server(FIRST, row->answer);
        CHECK(url_parse(span_of(row->url), &origin, &f));
        CHECK_EQUAL_INT(look_up(), row->found ? DNS_FOUND : DNS_FAULT);
        CHECK_EQUAL_INT(os_fake_datagrams(FIRST), row->datagrams);
    }
}

/* ---- a run ---- */

static void a_name_is_asked_for_once(void)
{
    begin(FIRST, ADDRESS_NONE);
    os_fake_name_server(FIRST, slow);
    began_ms = os_monotonic_ms();
    struct dns_lookup *first = dns_begin(&dns, &origin, began_ms, began_ms + 1000, &fault);
    struct dns_lookup *second = dns_begin(&dns, &origin, began_ms, began_ms + 1000, &fault);
    CHECK(first == second);
    CHECK_EQUAL_INT(wait_for(first), DNS_FOUND);
    CHECK_EQUAL_INT(look_up(), DNS_FOUND);
    CHECK_EQUAL_INT(took_ms, 0);
    CHECK_EQUAL_INT(os_fake_datagrams(FIRST), 2);
}

static void names_are_asked_for_at_once(void)
{
    struct url other;
    begin(FIRST, ADDRESS_NONE);
    os_fake_name_server(FIRST, slow);
    CHECK(url_parse(SPAN("https://login.test/"), &other, &fault));
    began_ms = os_monotonic_ms();
    struct dns_lookup *first = dns_begin(&dns, &origin, began_ms, began_ms + 9000, &fault);
    struct dns_lookup *second = dns_begin(&dns, &other, began_ms, began_ms + 9000, &fault);
    CHECK_EQUAL_INT(os_fake_open(), 4); /* each question from a port of its own */
    while (dns_look(first, &found, &fault) == DNS_WAIT) {
        os_poll(NULL, 0, 1);
        dns_step(&dns, os_monotonic_ms());
    }
    CHECK_EQUAL_INT(dns_look(second, &found, &fault), DNS_FOUND);
    CHECK_EQUAL_INT(os_monotonic_ms() - began_ms, 700);
}

static void ports_are_told_apart(void)
{
    static const char *const given[] = {"api.test:443:192.0.2.7", "api.test:80:192.0.2.8"};
    struct fault f = {0};
    begin(FIRST, ADDRESS_NONE);
    dns.settings.rules = given;
    dns.settings.rule_count = COUNT_OF(given);
    CHECK_EQUAL_INT(look_up(), DNS_FOUND);
    CHECK_EQUAL_TEXT(list(), "192.0.2.7");
    CHECK(url_parse(SPAN("http://api.test/"), &origin, &f));
    CHECK_EQUAL_INT(look_up(), DNS_FOUND);
    CHECK_EQUAL_TEXT(list(), "192.0.2.8");
}

/* While one family waits for the other, only the other's socket is open. */
static void what_has_ended_listens_no_more(void)
{
    begin(FIRST, ADDRESS_NONE);
    os_fake_name_server(FIRST, only_ipv4);
    struct dns_lookup *l = dns_begin(&dns, &origin, os_monotonic_ms(), os_monotonic_ms() + 9000, &fault);
    CHECK_EQUAL_INT(dns_look(l, &found, &fault), DNS_WAIT);
    CHECK_EQUAL_INT(os_fake_open(), 1);
}

static void a_failure_is_not_kept(void)
{
    begin(NULL, ADDRESS_NONE);
    CHECK_EQUAL_INT(look_up(), DNS_FAULT);
    os_fake_file("/etc/resolv.conf", "nameserver " FIRST "\n");
    os_fake_name_server(FIRST, good);
    CHECK_EQUAL_INT(look_up(), DNS_FOUND);
}

static void the_latest_deadline_counts(void)
{
    begin(FIRST, ADDRESS_NONE);
    os_fake_name_server(FIRST, silent);
    began_ms = os_monotonic_ms();
    struct dns_lookup *l = dns_begin(&dns, &origin, began_ms, began_ms + 2500, &fault);
    CHECK(dns_begin(&dns, &origin, began_ms, began_ms + 4500, &fault) == l);
    CHECK(dns_begin(&dns, &origin, began_ms, began_ms + 1500, &fault) == l);
    CHECK_EQUAL_INT(wait_for(l), DNS_FAULT);
    CHECK_EQUAL_INT(took_ms, 4500);
}

static void closing_ends_what_is_under_way(void)
{
    begin(BOTH, ADDRESS_NONE);
    os_fake_name_server(FIRST, silent);
    os_fake_name_server(SECOND, silent);
    CHECK(dns_begin(&dns, &origin, os_monotonic_ms(), os_monotonic_ms() + 9000, &fault) != NULL);
    os_poll(NULL, 0, 1100);
    dns_step(&dns, os_monotonic_ms());
    CHECK_EQUAL_INT(os_fake_open(), 4);
    dns_close(&dns);
    CHECK_EQUAL_INT(os_fake_open(), 0);
}

static unsigned ids_seen;
static unsigned char id_was_seen[65536 / 8];

static struct os_fake_datagram note_id(struct span query, unsigned nth)
{
    unsigned id = (unsigned)((unsigned char)query.at[0] << 8 | (unsigned char)query.at[1]);
    ids_seen += (id_was_seen[id / 8] >> id % 8 & 1) == 0;
    id_was_seen[id / 8] = (unsigned char)(id_was_seen[id / 8] | 1u << id % 8);
    return nowhere(query, nth);
}

static void ids_are_left_to_chance(void)
{
    begin(FIRST, ADDRESS_NONE);
    os_fake_name_server(FIRST, note_id);
    for (unsigned i = 0; i < 200; i++) {
        CHECK_EQUAL_INT(look_up(), DNS_FAULT);
    }
    CHECK_EQUAL_INT(os_fake_datagrams(FIRST), 400);
    CHECK(ids_seen > 380);
}

static const struct unit_test tests[] = {
    TEST(asks_name_servers),
    TEST(keeps_as_many_of_each_family),
    TEST(server_that_has_no_route_is_passed_over),
    TEST(dead_tcp_costs_three_seconds),
    TEST(without_any_server_it_says_so),
    TEST(knows_without_asking),
    TEST(families_of_the_hosts_file_alternate),
    TEST(hosts_file_without_the_family_is_no_answer),
    TEST(asks_the_servers_of_the_system),
    TEST(searches_for_names_without_a_dot),
    TEST(a_name_is_asked_for_once),
    TEST(names_are_asked_for_at_once),
    TEST(ports_are_told_apart),
    TEST(what_has_ended_listens_no_more),
    TEST(a_failure_is_not_kept),
    TEST(the_latest_deadline_counts),
    TEST(closing_ends_what_is_under_way),
    TEST(ids_are_left_to_chance),
};

int main(void)
{
    int status = unit_run(tests, COUNT_OF(tests));
    dns_close(&dns);
    return status;
}
