/*
 * test_dns.c - net/dns: --resolve rules, literals, localhost, the system's answer in the order in which it is tried.
 */
/* links: fake/os_fake.c */
#include "unit.h"

#include "fake/os_fake.h"
#include "net/dns.h"

#include <stdio.h>

enum { LIST = 1200 };

struct rule_row {
    const char *rule;
    const char *fault; /* a part of its text; NULL: accepted */
};

static const struct rule_row rules[] = {
    {"api.test:443:192.0.2.1", NULL},
    {"API.test:443:192.0.2.1", NULL},
    {"api.test:1:192.0.2.1", NULL},
    {"api.test:65535:192.0.2.1", NULL},
    {"api.test:443:192.0.2.1,192.0.2.2", NULL},
    {"api.test:443:2001:db8::1", NULL},
    {"api.test:443:[2001:db8::1]", NULL},
    {"api.test:443:[2001:db8::1],192.0.2.1,::1", NULL},
    {"*:443:192.0.2.1", NULL},
    {"192.0.2.7:443:192.0.2.1", NULL},
    {"", "HOST:PORT:ADDRESS[,ADDRESS] is wanted"},
    {"api.test", "is wanted"},
    {"api.test:443", "is wanted"},
    {"api.test:443:", "is wanted"},
    {":443:192.0.2.1", "is wanted"},
    {"api.test::192.0.2.1", "is wanted"},
    {"api.test:0:192.0.2.1", "is wanted"},
    {"api.test:65536:192.0.2.1", "is wanted"},
    {"api.test:https:192.0.2.1", "is wanted"},
    {"api.test:+443:192.0.2.1", "is wanted"},
    {"api.test:443:192.0.2.1,", "is wanted"},
    {"api test:443:192.0.2.1", "\"api test\" is no host name"},
    {"**:443:192.0.2.1", "\"**\" is no host name"},
    {"*.test:443:192.0.2.1", "\"*.test\" is no host name"},
    {"api.test:443:,192.0.2.1", "\"\" is no IP address"},
    {"api.test:443:192.0.2.1,,192.0.2.2", "\"\" is no IP address"},
    {"api.test:443:192.0.2.256", "\"192.0.2.256\" is no IP address"},
    {"api.test:443:other.test", "\"other.test\" is no IP address"},
    {"api.test:443:[2001:db8::1", "\"[2001:db8::1\" is no IP address"},
    {"api.test:443:[]", "\"[]\" is no IP address"},
    {"api.test:443:[", "\"[\" is no IP address"},
    {"api.test:443: 192.0.2.1", "\" 192.0.2.1\" is no IP address"},
};

static void rules_are_checked(void)
{
    for (size_t i = 0; i < COUNT_OF(rules); i++) {
        struct fault f = {0};
        unit_row("%s", rules[i].rule);
        CHECK_EQUAL_INT(dns_check_rule(rules[i].rule, &f), rules[i].fault == NULL);
        CHECK_EQUAL_INT(f.code, rules[i].fault == NULL ? FAULT_NONE : FAULT_USAGE);
        CHECK(rules[i].fault == NULL || span_contains(span_of(f.text), span_of(rules[i].fault)));
    }
}

/* The addresses as text, one blank between; the port of each is checked. */
static const char *list(const struct address *addresses, size_t count, uint16_t port)
{
    static char text[LIST];
    size_t used = 0;
    text[0] = '\0';
    for (size_t i = 0; i < count; i++) {
        char one[ADDRESS_TEXT_MAX];
        address_text(&addresses[i], one);
        used += (size_t)snprintf(text + used, sizeof text - used, "%s%s", i > 0 ? " " : "", one);
        CHECK_EQUAL_INT(addresses[i].port, port);
    }
    return text;
}

static void check_resolve(const char *url, struct dns_settings settings, uint16_t port, const char *wanted)
{
    struct url origin;
    struct address found[DNS_ADDRESSES_MAX];
    struct fault f = {0};
    size_t count = 99;
    unit_row("%s", url);
    CHECK(url_parse(span_of(url), &origin, &f));
    CHECK_EQUAL_INT(dns_resolve(&settings, &origin, found, DNS_ADDRESSES_MAX, &count, &f), wanted != NULL);
    CHECK_EQUAL_INT(f.code, wanted != NULL ? FAULT_NONE : FAULT_NAME);
    CHECK_EQUAL_TEXT(list(found, count, port), wanted != NULL ? wanted : "");
}

static void rules_come_first(void)
{
    static const char *const given[] = {
        "api.test:80:192.0.2.9", "API.test:443:192.0.2.1,2001:db8::1,192.0.2.1,192.0.2.2",
        "api.test:443:192.0.2.66", "localhost:443:192.0.2.3", "192.0.2.7:443:192.0.2.8",
    };
    struct dns_settings settings = {.rules = given, .rule_count = COUNT_OF(given)};
    os_fake_reset();
    os_fake_name("api.test", "198.51.100.1");
    check_resolve("https://api.test/", settings, 443, "192.0.2.1 2001:db8::1 192.0.2.2");
    check_resolve("http://api.test/", settings, 80, "192.0.2.9");
    check_resolve("https://api.test:8443/", settings, 8443, "198.51.100.1");
    check_resolve("https://localhost/", settings, 443, "192.0.2.3");
    check_resolve("https://192.0.2.7/", settings, 443, "192.0.2.8");
    settings.family = ADDRESS_IPV6;
    check_resolve("https://api.test/", settings, 443, "2001:db8::1");
    check_resolve("http://api.test/", settings, 80, NULL);
}

static void star_is_every_host(void)
{
    static const char *const given[] = {"one.test:443:192.0.2.1", "*:443:192.0.2.2"};
    struct dns_settings settings = {.rules = given, .rule_count = COUNT_OF(given)};
    os_fake_reset();
    check_resolve("https://one.test/", settings, 443, "192.0.2.1");
    check_resolve("https://two.test/", settings, 443, "192.0.2.2");
    check_resolve("http://two.test/", settings, 80, NULL);
}

static void literals_are_not_looked_up(void)
{
    os_fake_reset();
    os_fake_name("192.0.2.7", "198.51.100.1");
    check_resolve("https://192.0.2.7/", (struct dns_settings){0}, 443, "192.0.2.7");
    check_resolve("https://[2001:db8::7]:8443/", (struct dns_settings){0}, 8443, "2001:db8::7");
    check_resolve("https://192.0.2.7/", (struct dns_settings){.family = ADDRESS_IPV4}, 443, "192.0.2.7");
    check_resolve("https://192.0.2.7/", (struct dns_settings){.family = ADDRESS_IPV6}, 443, NULL);
    check_resolve("https://[::1]/", (struct dns_settings){.family = ADDRESS_IPV4}, 443, NULL);
}

static void localhost_is_not_looked_up(void)
{
    os_fake_reset();
    os_fake_name("localhost", "198.51.100.1");
    os_fake_name("notlocalhost", "198.51.100.2");
    os_fake_name("localhost.test", "198.51.100.3");
    check_resolve("http://localhost/", (struct dns_settings){0}, 80, "::1 127.0.0.1");
    check_resolve("http://LocalHost/", (struct dns_settings){0}, 80, "::1 127.0.0.1");
    check_resolve("http://a.localhost/", (struct dns_settings){0}, 80, "::1 127.0.0.1");
    check_resolve("http://localhost/", (struct dns_settings){.family = ADDRESS_IPV4}, 80, "127.0.0.1");
    check_resolve("http://localhost/", (struct dns_settings){.family = ADDRESS_IPV6}, 80, "::1");
    check_resolve("http://notlocalhost/", (struct dns_settings){0}, 80, "198.51.100.2");
    check_resolve("http://localhost.test/", (struct dns_settings){0}, 80, "198.51.100.3");
}

struct order_row {
    const char *answer[7];
    const char *wanted;
};

static const struct order_row orders[] = {
    {{"192.0.2.1"}, "192.0.2.1"},
    {{"192.0.2.1", "192.0.2.2"}, "192.0.2.1 192.0.2.2"},
    {{"2001:db8::1", "2001:db8::2"}, "2001:db8::1 2001:db8::2"},
    {{"192.0.2.1", "2001:db8::1"}, "2001:db8::1 192.0.2.1"},
    {{"192.0.2.1", "192.0.2.2", "2001:db8::1"}, "2001:db8::1 192.0.2.1 192.0.2.2"},
    {{"2001:db8::1", "2001:db8::2", "192.0.2.1"}, "2001:db8::1 192.0.2.1 2001:db8::2"},
    {{"192.0.2.1", "192.0.2.2", "192.0.2.3", "2001:db8::1", "2001:db8::2", "2001:db8::3"},
     "2001:db8::1 192.0.2.1 2001:db8::2 192.0.2.2 2001:db8::3 192.0.2.3"},
    {{"192.0.2.1", "192.0.2.1", "2001:db8::1", "192.0.2.1"}, "2001:db8::1 192.0.2.1"},
};

static void families_alternate(void)
{
    for (size_t i = 0; i < COUNT_OF(orders); i++) {
        os_fake_reset();
        for (size_t k = 0; orders[i].answer[k] != NULL; k++) {
            os_fake_name("api.test", orders[i].answer[k]);
        }
        check_resolve("http://api.test/", (struct dns_settings){0}, 80, orders[i].wanted);
    }
}

static void one_family_alone(void)
{
    os_fake_reset();
    os_fake_name("api.test", "192.0.2.1");
    os_fake_name("api.test", "2001:db8::1");
    os_fake_name("four.test", "192.0.2.4");
    check_resolve("http://api.test/", (struct dns_settings){.family = ADDRESS_IPV4}, 80, "192.0.2.1");
    check_resolve("http://api.test/", (struct dns_settings){.family = ADDRESS_IPV6}, 80, "2001:db8::1");
    check_resolve("http://four.test/", (struct dns_settings){.family = ADDRESS_IPV6}, 80, NULL);
    check_resolve("http://unknown.test/", (struct dns_settings){0}, 80, NULL);
}

/* DNS_ADDRESSES_MAX - 1, exactly that, one more; and less room than there are addresses. */
static void never_more_than_the_room(void)
{
    static const char *const given[] = {
        "api.test:80:10.0.0.1,10.0.0.2,10.0.0.3,10.0.0.4,10.0.0.5,10.0.0.6,10.0.0.7,10.0.0.8,10.0.0.9,10.0.0.10,10.0.0.11,"
        "10.0.0.12,10.0.0.13,10.0.0.14,10.0.0.15,10.0.0.16,10.0.0.17",
    };
    struct dns_settings by_rule = {.rules = given, .rule_count = 1};
    struct url origin;
    struct fault f = {0};
    struct address found[DNS_ADDRESSES_MAX + 1];
    size_t count;
    static char names[DNS_ADDRESSES_MAX + 1][16];
    CHECK(url_parse(SPAN("http://api.test/"), &origin, &f));
    for (size_t n = DNS_ADDRESSES_MAX - 1; n <= DNS_ADDRESSES_MAX + 1; n++) {
        unit_row("%zu addresses", n);
        os_fake_reset();
        for (size_t i = 0; i < n; i++) {
            snprintf(names[i], sizeof names[i], "10.1.0.%zu", i);
            os_fake_name("api.test", names[i]);
        }
        CHECK(dns_resolve(&(struct dns_settings){0}, &origin, found, DNS_ADDRESSES_MAX, &count, &f));
        CHECK_EQUAL_INT(count, n < DNS_ADDRESSES_MAX ? n : DNS_ADDRESSES_MAX);
    }
    CHECK(dns_resolve(&by_rule, &origin, found, DNS_ADDRESSES_MAX, &count, &f));
    CHECK_EQUAL_INT(count, DNS_ADDRESSES_MAX);
    CHECK(dns_resolve(&by_rule, &origin, found, 2, &count, &f));
    CHECK_EQUAL_TEXT(list(found, count, 80), "10.0.0.1 10.0.0.2");
}

static const struct unit_test tests[] = {
    TEST(rules_are_checked),
    TEST(rules_come_first),
    TEST(star_is_every_host),
    TEST(literals_are_not_looked_up),
    TEST(localhost_is_not_looked_up),
    TEST(families_alternate),
    TEST(one_family_alone),
    TEST(never_more_than_the_room),
};

UNIT_MAIN(tests)
