/*
 * test_dns_config.c - net/dns_config: --resolve, --dns, resolv.conf, the hosts file.
 */
/* links: fake/os_fake.c */
#include "unit.h"

#include "net/dns_config.h"

static struct dns_addresses addresses;
static struct dns_servers servers;
static struct dns_search search;

/* "192.0.2.1 2001:db8::1", and behind each one another port than `port`. */
static const char *list(const struct address *at, size_t count, unsigned port)
{
    static char text[2000];
    size_t used = 0;
    text[0] = '\0';
    for (size_t i = 0; i < count; i++) {
        char one[ADDRESS_TEXT_MAX];
        address_text(&at[i], one);
        used += (size_t)snprintf(text + used, sizeof text - used, "%s%s", i > 0 ? " " : "", one);
        if (at[i].port != port) {
            used += (size_t)snprintf(text + used, sizeof text - used, "#%u", (unsigned)at[i].port);
        }
    }
    return text;
}

/* ---- --resolve ---- */

struct rule_row {
    const char *rule;
    const char *addresses; /* NULL: no rule */
    const char *fault;     /* a part of its text */
};

static const struct rule_row rules[] = {
    {"api.test:443:192.0.2.1", "192.0.2.1", ""},
    {"API.Test:443:192.0.2.1", "192.0.2.1", ""},
    {"*:443:192.0.2.1", "192.0.2.1", ""},
    {"api.test:443:192.0.2.1,192.0.2.2", "192.0.2.1 192.0.2.2", ""},
    {"api.test:443:192.0.2.2,192.0.2.1,192.0.2.2", "192.0.2.2 192.0.2.1", ""},
    {"api.test:443:[2001:db8::1],192.0.2.1,::1", "2001:db8::1 192.0.2.1 ::1", ""},
    {"api.test:443:2001:db8::1", "2001:db8::1", ""},
    {"api.test:80:192.0.2.1", "", ""},
    {"api.test:1:192.0.2.1", "", ""},
    {"api.test:65535:192.0.2.1", "", ""},
    {"b.test:443:192.0.2.1", "", ""},
    {"192.0.2.7:443:192.0.2.1", "", ""},
    {"", NULL, "HOST:PORT:ADDRESS[,ADDRESS] is wanted"},
    {"api.test", NULL, "is wanted"},
    {"api.test:443", NULL, "is wanted"},
    {"api.test:443:", NULL, "is wanted"},
    {":443:192.0.2.1", NULL, "is wanted"},
    {"api.test::192.0.2.1", NULL, "is wanted"},
    {"api.test:0:192.0.2.1", NULL, "is wanted"},
    {"api.test:65536:192.0.2.1", NULL, "is wanted"},
    {"api.test:https:192.0.2.1", NULL, "is wanted"},
    {"api.test:+443:192.0.2.1", NULL, "is wanted"},
    {"api.test:443:192.0.2.1,", NULL, "is wanted"},
    {"api test:443:192.0.2.1", NULL, "\"api test\" is no host name"},
    {"**:443:192.0.2.1", NULL, "\"**\" is no host name"},
    {"*.test:443:192.0.2.1", NULL, "\"*.test\" is no host name"},
    {"api.test:443:,192.0.2.1", NULL, "\"\" is no IP address"},
    {"api.test:443:192.0.2.1,,192.0.2.2", NULL, "\"\" is no IP address"},
    {"api.test:443:192.0.2.256", NULL, "\"192.0.2.256\" is no IP address"},
    {"api.test:443:192.0.2.1.", NULL, "\"192.0.2.1.\" is no IP address"},
    {"api.test:443:other.test", NULL, "\"other.test\" is no IP address"},
    {"api.test:443:[2001:db8::1", NULL, "\"[2001:db8::1\" is no IP address"},
    {"api.test:443:[]", NULL, "\"[]\" is no IP address"},
    {"api.test:443:[", NULL, "\"[\" is no IP address"},
    {"api.test:443: 192.0.2.1", NULL, "\" 192.0.2.1\" is no IP address"},
};

static void reads_rules(void)
{
    struct url origin;
    struct fault f = {0};
    CHECK(url_parse(SPAN("https://api.test/"), &origin, &f));
    for (size_t i = 0; i < COUNT_OF(rules); i++) {
        const struct rule_row *row = &rules[i];
        unit_row("%s", row->rule);
        struct fault why = {0};
        addresses = (struct dns_addresses){0};
        CHECK_EQUAL_INT(dns_check_rule(row->rule, &why), row->addresses != NULL);
        CHECK_EQUAL_INT(why.code, row->addresses != NULL ? FAULT_NONE : FAULT_USAGE);
        CHECK(span_contains(span_of(why.text), span_of(row->fault)));
        if (row->addresses != NULL) {
            bool gives = dns_rule_gives(row->rule, &origin, &addresses);
            CHECK_EQUAL_INT(gives, row->addresses[0] != '\0');
            CHECK_EQUAL_TEXT(list(addresses.at, addresses.count, 0), row->addresses);
        }
    }
}

static void takes_one_family(void)
{
    struct address a;
    for (int family = ADDRESS_NONE; family <= ADDRESS_IPV6; family++) {
        addresses = (struct dns_addresses){.family = (enum address_family)family};
        CHECK(address_parse(SPAN("192.0.2.1"), &a));
        dns_add_address(&addresses, &a);
        CHECK(address_parse(SPAN("2001:db8::1"), &a));
        dns_add_address(&addresses, &a);
        CHECK_EQUAL_INT(addresses.count, family == ADDRESS_NONE ? 2 : 1);
        CHECK_EQUAL_INT(addresses.at[0].family, family == ADDRESS_IPV6 ? ADDRESS_IPV6 : ADDRESS_IPV4);
    }
}

static void takes_a_limited_number(void)
{
    struct address a;
    CHECK(address_parse(SPAN("192.0.2.0"), &a));
    addresses = (struct dns_addresses){0};
    for (unsigned i = 0; i < 200; i++) {
        a.bytes[3] = (unsigned char)i;
        dns_add_address(&addresses, &a);
    }
    CHECK_EQUAL_INT(addresses.count, DNS_ADDRESSES_MAX);
    CHECK_EQUAL_INT(addresses.at[DNS_ADDRESSES_MAX - 1].bytes[3], DNS_ADDRESSES_MAX - 1);
}

/* ---- --dns ---- */

struct servers_row {
    const char *text, *servers; /* NULL: refused */
};

static const struct servers_row dns_rows[] = {
    {"192.0.2.53", "192.0.2.53"},
    {"192.0.2.53:5353", "192.0.2.53#5353"},
    {"192.0.2.53:53", "192.0.2.53"},
    {"2001:db8::53", "2001:db8::53"},
    {"::1", "::1"},
    {"[::1]", "::1"},
    {"[::1]:5353", "::1#5353"},
    {"fe80::1%3", "fe80::1%3"},
    {"fe80::1%eth0", "fe80::1%2"},
    {"[fe80::1%eth0]:5353", "fe80::1%2#5353"},
    {"192.0.2.1,[::1]:5353,192.0.2.2:99", "192.0.2.1 ::1#5353 192.0.2.2#99"},
    {"192.0.2.1,192.0.2.2,192.0.2.3,192.0.2.4", "192.0.2.1 192.0.2.2 192.0.2.3 192.0.2.4"},
    {"192.0.2.1,192.0.2.2,192.0.2.3,192.0.2.4,192.0.2.5", NULL},
    {"", NULL},
    {",", NULL},
    {"192.0.2.1,", NULL},
    {",192.0.2.1", NULL},
    {"192.0.2.1,,192.0.2.2", NULL},
    {"192.0.2.1 ", NULL},
    {"192.0.2.1:", NULL},
    {"192.0.2.1:0", NULL},
    {"192.0.2.1:65536", NULL},
    {"192.0.2.1:x", NULL},
    {"192.0.2.1:+5", NULL},
    {"192.0.2.1:53:54", NULL},
    {"[192.0.2.1]", NULL},
    {"[::1", NULL},
    {"::1]", NULL},
    {"[::1]5353", NULL},
    {"[::1]:", NULL},
    {"[::1]:0", NULL},
    {"[]", NULL},
    {"[]:53", NULL},
    {":53", NULL},
    {"fe80::1%", NULL},
    {"fe80::1%eth9", NULL},
    {"fe80::1%an-interface-with-far-too-long-a-name", NULL},
    {"192.0.2.1%eth0", NULL},
    {"2001:db8::1%eth0", NULL},
    {"dns.test", NULL},
    {"dns.test:53", NULL},
};

static void reads_name_servers(void)
{
    for (size_t i = 0; i < COUNT_OF(dns_rows); i++) {
        const struct servers_row *row = &dns_rows[i];
        struct fault f = {0};
        unit_row("%s", row->text);
        CHECK_EQUAL_INT(dns_read_servers(row->text, &servers, &f), row->servers != NULL);
        CHECK_EQUAL_INT(f.code, row->servers != NULL ? FAULT_NONE : FAULT_USAGE);
        if (row->servers != NULL) {
            CHECK_EQUAL_TEXT(list(servers.at, servers.count, DNS_PORT), row->servers);
        }
    }
}

/* ---- resolv.conf ---- */

struct resolv_row {
    const char *text, *servers, *search;
};

static const struct resolv_row resolv_rows[] = {
    {"", "", ""},
    {"nameserver 192.0.2.1\n", "192.0.2.1", ""},
    {"nameserver 192.0.2.1", "192.0.2.1", ""},
    {"nameserver\t192.0.2.1  \r\nnameserver 2001:db8::1\r\n", "192.0.2.1 2001:db8::1", ""},
    {"  nameserver 192.0.2.1 # ours\n", "192.0.2.1", ""},
    {"# nameserver 192.0.2.1\n; nameserver 192.0.2.2\n#nameserver 192.0.2.3\n", "", ""},
    {"nameserver fe80::1%eth0\n", "fe80::1%2", ""},
    {"nameserver\nnameserver x\nnameserver 192.0.2.300\nnameserver 192.0.2.1\n", "192.0.2.1", ""},
    {"nameservers 192.0.2.1\nname server 192.0.2.1\n", "", ""},
    {"nameserver 192.0.2.1:5353\nnameserver [::1]\n", "", ""},
    {"nameserver 192.0.2.1\nnameserver 192.0.2.2\nnameserver 192.0.2.3\nnameserver 192.0.2.4\nnameserver 192.0.2.5\n",
     "192.0.2.1 192.0.2.2 192.0.2.3 192.0.2.4", ""},
    {"options timeout:1 attempts:9 edns0\nsortlist 192.0.2.0\n", "", ""},
    {"search a.test b.test\n", "", "a.test b.test"},
    {"search a.test.\tb.test .\n", "", "a.test b.test"},
    {"domain a.test\n", "", "a.test"},
    {"search a.test\ndomain b.test\n", "", "b.test"},
    {"domain b.test\nsearch a.test c.test\n", "", "a.test c.test"},
    {"search a b c d e f g h\n", "", "a b c d e f"},
    {"search a..test -x! ok.test\n", "", "ok.test"},
};

static const char *list_search(void)
{
    static char text[2000];
    size_t used = 0;
    text[0] = '\0';
    for (size_t i = 0; i < search.count; i++) {
        used += (size_t)snprintf(text + used, sizeof text - used, "%s%s", i > 0 ? " " : "", search.at[i]);
    }
    return text;
}

static void reads_resolv_conf(void)
{
    for (size_t i = 0; i < COUNT_OF(resolv_rows); i++) {
        const struct resolv_row *row = &resolv_rows[i];
        unit_row("%s", row->text);
        servers = (struct dns_servers){0};
        search = (struct dns_search){0};
        dns_read_resolv_conf(unit_edge(span_of(row->text)), &servers, &search);
        CHECK_EQUAL_TEXT(list(servers.at, servers.count, DNS_PORT), row->servers);
        CHECK_EQUAL_TEXT(list_search(), row->search);
    }
}

/* ---- the hosts file ---- */

struct hosts_row {
    const char *text, *addresses;
};

static const struct hosts_row hosts_rows[] = {
    {"", ""},
    {"192.0.2.1 api.test\n", "192.0.2.1"},
    {"192.0.2.1\tapi.test", "192.0.2.1"},
    {"192.0.2.1 API.test\r\n", "192.0.2.1"},
    {"  192.0.2.1 other api.test # a comment\n", "192.0.2.1"},
    {"192.0.2.1 other # api.test\n#192.0.2.2 api.test\n", ""},
    {"192.0.2.1 api.test.x xapi.test api api.tes\n", ""},
    {"192.0.2.1 api.test\n2001:db8::1 api.test\n192.0.2.1 api.test\n", "192.0.2.1 2001:db8::1"},
    {"x api.test\n192.0.2.1 api.test\n", "192.0.2.1"},
    {"api.test 192.0.2.1\n192.0.2.1\n", ""},
};

static void reads_the_hosts_file(void)
{
    for (size_t i = 0; i < COUNT_OF(hosts_rows); i++) {
        const struct hosts_row *row = &hosts_rows[i];
        unit_row("%s", row->text);
        addresses = (struct dns_addresses){0};
        dns_read_hosts(unit_edge(span_of(row->text)), SPAN("api.test"), &addresses);
        CHECK_EQUAL_TEXT(list(addresses.at, addresses.count, 0), row->addresses);
    }
}

static const struct unit_test tests[] = {
    TEST(reads_rules),        TEST(takes_one_family),  TEST(takes_a_limited_number),
    TEST(reads_name_servers), TEST(reads_resolv_conf), TEST(reads_the_hosts_file),
};

UNIT_MAIN(tests)
