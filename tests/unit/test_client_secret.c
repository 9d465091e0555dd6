/*
 * test_client_secret.c - auth/secret: what it needs, the form it sends, and that its secret shows nowhere.
 */
/* links: fake/os_fake.c */
#include "unit.h"

#include "auth/credential.h"
#include "fake/os_fake.h"

enum { CLIENT_SECRET_MAX = 4 * 1024 };

#define ISSUED "HTTP/1.1 200 OK\r\nContent-Length: 46\r\n\r\n{\"token_type\":\"Bearer\",\"access_token\":\"a.b.c\"} "
#define REFUSED "HTTP/1.1 401 x\r\nContent-Length: 68\r\n\r\n" \
    "{\"error\":\"invalid_client\",\"error_description\":\"not hush-hush-hush!\"}"

static struct authority authority = {.scope = "https://api.test/.default"};
static struct client client;
static struct secret token;

static bool acquire(const char *secret, const char *answer, struct fault *f)
{
    struct client_settings settings = {.conn = {.connect_timeout_ms = 10000}, .user_agent = "unit/1"};
    struct credential_settings s = {.tenant = "t.test", .client_id = "app-1", .client_secret_file = "s"};
    struct fault none = {0};
    os_fake_reset();
    settings.deadline_ms = os_monotonic_ms() + 120000;
    os_fake_file("s", secret);
    os_fake_name("login.test", "192.0.2.1");
    os_fake_peer(&(struct os_fake_script){.address = "192.0.2.1", .answers = {answer}});
    CHECK(url_parse(SPAN("http://login.test/"), &authority.url, &none));
    client_open(&client, &settings);
    bool ok = credential_secret.acquire(&s, &authority, &client, &token, f);
    client_close(&client);
    return ok;
}

static void gets_a_token(void)
{
    struct fault f = {0};
    CHECK(acquire("p&ss w~rd\n", ISSUED, &f));
    CHECK_EQUAL_SPAN(secret_reveal(&token), SPAN("a.b.c"));
    CHECK(span_starts(span_of(os_fake_received()), SPAN("POST /t.test/oauth2/v2.0/token HTTP/1.1\r\n")));
    CHECK(span_ends(span_of(os_fake_received()),
                    SPAN("\r\n\r\nclient_id=app-1&scope=https%3A%2F%2Fapi.test%2F.default&grant_type=client_credentials"
                         "&client_secret=p%26ss%20w~rd\n")));
    secret_free(&token);
}

static void a_refusal_hides_the_secret(void)
{
    struct fault f = {0};
    CHECK(!acquire("hush-hush-hush", REFUSED, &f));
    CHECK_EQUAL_INT(f.code, FAULT_SIGN_IN);
    CHECK_EQUAL_TEXT(f.service_message, "not (hidden)!");
    CHECK(!secret_present(&token));
}

static void a_bad_file_sends_nothing(void)
{
    static const char *const contents[] = {"", "\n", " \t"};
    for (size_t i = 0; i < COUNT_OF(contents); i++) {
        struct fault f = {0};
        CHECK(!acquire(contents[i], ISSUED, &f));
        CHECK_EQUAL_INT(f.code, FAULT_FILE);
        CHECK_EQUAL_TEXT(f.text, "the client secret (s): empty");
        CHECK_EQUAL_INT(os_fake_connects(), 0);
    }
}

static void a_secret_has_a_ceiling(void)
{
    static char text[CLIENT_SECRET_MAX + 2];
    for (size_t n = CLIENT_SECRET_MAX - 1; n <= CLIENT_SECRET_MAX + 1; n++) {
        struct fault f = {0};
        unit_row("%zu bytes", n);
        memset(text, '&', n); /* three bytes each on the wire */
        text[n] = '\0';
        CHECK_EQUAL_INT(acquire(text, ISSUED, &f), n <= CLIENT_SECRET_MAX);
        CHECK_EQUAL_INT(f.code, n <= CLIENT_SECRET_MAX ? FAULT_NONE : FAULT_FILE);
        secret_free(&token);
    }
}

struct check_row {
    struct credential_settings settings;
    bool good, present;
};

static const struct check_row checks[] = {
    {{.tenant = "t", .client_id = "c", .client_secret_file = "s"}, true, true},
    {{.tenant = "t", .client_id = "c"}, false, false},
    {{.client_id = "c", .client_secret_file = "s"}, false, true},
    {{.tenant = "t", .client_secret_file = "s"}, false, true},
    {{.tenant = "a b", .client_id = "c", .client_secret_file = "s"}, false, true},
    {{.token_file = "t"}, false, false},
};

static void what_it_needs(void)
{
    for (size_t i = 0; i < COUNT_OF(checks); i++) {
        struct fault f = {0};
        unit_row("settings %zu", i);
        CHECK_EQUAL_INT(credential_secret.present(&checks[i].settings), checks[i].present);
        CHECK_EQUAL_INT(credential_secret.check(&checks[i].settings, &f), checks[i].good);
        CHECK_EQUAL_INT(f.code, checks[i].good ? FAULT_NONE : FAULT_USAGE);
    }
    CHECK(credential_secret.renews);
    CHECK_EQUAL_TEXT(credential_secret.name, "secret");
}

static const struct unit_test tests[] = {
    TEST(gets_a_token),
    TEST(a_refusal_hides_the_secret),
    TEST(a_bad_file_sends_nothing),
    TEST(a_secret_has_a_ceiling),
    TEST(what_it_needs),
};

UNIT_MAIN(tests)
