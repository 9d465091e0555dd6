/*
 * test_dns_system.c - net/dns where the system has a resolver that is more than a list of name servers.
 */
/* links: fake/os_fake.c */
#include "unit.h"

#include "dns_servers.h"
#include "fake/os_fake_system.h"

#define V4 "192.0.2.1"
#define V6 "2001:db8::1"

static const struct {
    const char *what;
    struct os_fake_resolver system;
    enum address_family family;
    const char *addresses; /* NULL: none are found */
    enum fault_code code;
    const char *says;
    uint64_t took_ms;
} rows[] = {
    {"at once", {.addresses = {V6, V4}}, ADDRESS_NONE, V6 " " V4, FAULT_NONE, "", 0},
    {"in its order", {.addresses = {V4, V6}}, ADDRESS_NONE, V4 " " V6, FAULT_NONE, "", 0},
    {"later", {.addresses = {V4}, .answers_ms = 1700}, ADDRESS_NONE, V4, FAULT_NONE, "", 700},
    {"-4", {.addresses = {V6, V4}}, ADDRESS_IPV4, V4, FAULT_NONE, "", 0},
    {"-6", {.addresses = {V6, V4}}, ADDRESS_IPV6, V6, FAULT_NONE, "", 0},
    {"not that family", {.addresses = {V4}}, ADDRESS_IPV6, NULL, FAULT_NAME, "-4 or -6", 0},
    {"no such name", {.fault = FAULT_NAME}, ADDRESS_NONE, NULL, FAULT_NAME, "it says no", 0},
    {"its servers fail", {.fault = FAULT_NAME_SERVER, .answers_ms = 1100}, ADDRESS_NONE, NULL, FAULT_NAME_SERVER, "it says no", 100},
    {"silence", {.answers_ms = UINT64_MAX}, ADDRESS_NONE, NULL, FAULT_TIMEOUT, "the system's resolver", TIMEOUT_MS},
    {"cannot be asked", {.cannot_be_asked = true}, ADDRESS_NONE, NULL, FAULT_NAME_SERVER, "cannot be asked", 0},
};

static void asks_the_system(void)
{
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        unit_row("%s", rows[i].what);
        begin(NULL, rows[i].family);
        os_fake_name("api.test", "198.51.100.1"); /* its own business */
        os_fake_resolver = rows[i].system;
        os_fake_resolver.is_there = true;
        CHECK_EQUAL_INT(look_up(), rows[i].addresses != NULL ? DNS_FOUND : DNS_FAULT);
        if (rows[i].addresses != NULL) {
            CHECK_EQUAL_TEXT(list(), rows[i].addresses);
            CHECK_EQUAL_INT(found->at[0].port, 443);
        }
        CHECK_EQUAL_INT(fault.code, rows[i].code);
        CHECK(span_contains(span_of(fault.text), span_of(rows[i].says)));
        CHECK_EQUAL_INT(took_ms, rows[i].took_ms);
        CHECK_EQUAL_TEXT(os_fake_resolver.asked, rows[i].system.cannot_be_asked ? "" : "api.test");
        CHECK_EQUAL_INT(os_fake_resolver.open, 0);
    }
}

static void name_servers_of_the_command_line_come_first(void)
{
    begin(FIRST, ADDRESS_NONE);
    os_fake_resolver = (struct os_fake_resolver){.is_there = true, .addresses = {"198.51.100.1"}};
    os_fake_name_server(FIRST, good);
    CHECK_EQUAL_INT(look_up(), DNS_FOUND);
    CHECK_EQUAL_TEXT(list(), V6 " " V4);
    CHECK_EQUAL_TEXT(os_fake_resolver.asked, "");
}

static void what_is_known_is_not_asked_for(void)
{
    begin(NULL, ADDRESS_NONE);
    struct fault f = {0};
    os_fake_resolver = (struct os_fake_resolver){.is_there = true, .fault = FAULT_NAME};
    CHECK(url_parse(SPAN("https://192.0.2.7/"), &origin, &f));
    CHECK_EQUAL_INT(look_up(), DNS_FOUND);
    CHECK_EQUAL_TEXT(list(), "192.0.2.7");
    CHECK_EQUAL_TEXT(os_fake_resolver.asked, "");
}

static void closing_frees_what_is_under_way(void)
{
    struct fault f = {0};
    begin(NULL, ADDRESS_NONE);
    os_fake_resolver = (struct os_fake_resolver){.is_there = true, .answers_ms = UINT64_MAX};
    CHECK(dns_begin(&dns, &origin, 0, 100, &f) != NULL);
    CHECK_EQUAL_INT(os_fake_resolver.open, 1);
    dns_close(&dns);
    CHECK_EQUAL_INT(os_fake_resolver.open, 0);
}

static const struct unit_test tests[] = {
    TEST(asks_the_system),
    TEST(name_servers_of_the_command_line_come_first),
    TEST(what_is_known_is_not_asked_for),
    TEST(closing_frees_what_is_under_way),
};

int main(void)
{
    int status = unit_run(tests, COUNT_OF(tests));
    dns_close(&dns);
    return status;
}
