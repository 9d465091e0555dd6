/*
 * test_token.c - auth/token: the token request on the wire, every kind of answer, Entra's errors and their advice.
 */
/* links: fake/os_fake.c */
#include "unit.h"

#include "auth/token.h"
#include "fake/os_fake.h"

#include <stdio.h>

#define ISSUED "{\"token_type\":\"Bearer\",\"expires_in\":3599,\"access_token\":\"a.b.c\"}"

static struct authority authority;
static struct client client;
static struct secret token;

static void begin(const char *status, const char *body, const char *url)
{
    static char answer[2][4000];
    static int slot;
    struct client_settings settings = {.conn = {.connect_timeout_ms = 10000}, .user_agent = "unit/1"};
    struct fault f = {0};
    slot = 1 - slot;
    snprintf(answer[slot], sizeof answer[slot], "HTTP/1.1 %s\r\nContent-Length: %zu\r\n\r\n%s", status, strlen(body), body);
    os_fake_reset();
    settings.deadline_ms = os_monotonic_ms() + 120000;
    os_fake_name("login.test", "192.0.2.1");
    os_fake_peer(&(struct os_fake_script){.address = "192.0.2.1", .answers = {answer[slot], answer[slot]}});
    authority = (struct authority){.scope = "https://x/.default"};
    CHECK(url_parse(span_of(url), &authority.url, &f));
    client_open(&client, &settings);
}

static bool request(const char *tenant, struct fault *f)
{
    struct buf form = buf_init(1000);
    token_put_field(&form, "client_secret", SPAN("p&=+ %\xC3\xA9~"));
    token_put_field(&form, "grant_type", SPAN("client_credentials"));
    bool ok = token_request(&authority, tenant, &form, &client, &token, f);
    CHECK(form.at == NULL); /* taken over */
    return ok;
}

static void end(void)
{
    client_close(&client);
    secret_free(&token);
}

struct url_row {
    const char *url, *line;
};

static const struct url_row urls[] = {
    {"http://login.test", "POST /t.test/oauth2/v2.0/token HTTP/1.1\r\n"},
    {"http://login.test/", "POST /t.test/oauth2/v2.0/token HTTP/1.1\r\n"},
    {"http://login.test/base", "POST /base/t.test/oauth2/v2.0/token HTTP/1.1\r\n"},
    {"http://login.test/base/", "POST /base/t.test/oauth2/v2.0/token HTTP/1.1\r\n"},
};

static void the_request_is_right(void)
{
    for (size_t i = 0; i < COUNT_OF(urls); i++) {
        struct fault f = {0};
        unit_row("%s", urls[i].url);
        begin("200 OK", ISSUED, urls[i].url);
        CHECK(request("t.test", &f));
        CHECK_EQUAL_SPAN(secret_reveal(&token), SPAN("a.b.c"));
        struct span got = span_of(os_fake_received());
        CHECK(span_starts(got, span_of(urls[i].line)));
        CHECK(span_contains(got, SPAN("\r\nContent-Type: application/x-www-form-urlencoded\r\n")));
        CHECK(span_ends(got, SPAN("\r\n\r\nclient_secret=p%26%3D%2B%20%25%C3%A9~&grant_type=client_credentials\n")));
        CHECK(!span_contains(got, SPAN("Authorization")));
        end();
    }
}

static void a_tenant_cannot_leave_its_place(void)
{
    struct fault f = {0};
    begin("200 OK", ISSUED, "http://login.test");
    CHECK(request("../a?b#c/d", &f));
    CHECK(span_starts(span_of(os_fake_received()), SPAN("POST /..%2Fa%3Fb%23c%2Fd/oauth2/v2.0/token HTTP/1.1\r\n")));
    end();
}

struct answer_row {
    const char *status, *body;
    enum fault_code code;
};

static const struct answer_row answers[] = {
    {"200 OK", ISSUED, FAULT_NONE},
    {"201 x", "{\"token_type\":\"bearer\",\"access_token\":\"a\"}", FAULT_NONE},
    {"200 OK", "{\"access_token\":\"a\"}", FAULT_ANSWER},
    {"200 OK", "{\"token_type\":\"mac\",\"access_token\":\"a\"}", FAULT_ANSWER},
    {"200 OK", "{\"token_type\":\"Bearer\"}", FAULT_ANSWER},
    {"200 OK", "{\"token_type\":\"Bearer\",\"access_token\":\"\"}", FAULT_ANSWER},
    {"200 OK", "{\"token_type\":\"Bearer\",\"access_token\":\"a b\"}", FAULT_ANSWER},
    {"200 OK", "{\"token_type\":\"Bearer\",\"access_token\":\"a\\r\\nX: 1\"}", FAULT_ANSWER},
    {"200 OK", "{\"token_type\":\"Bearer\",\"access_token\":null}", FAULT_ANSWER},
    {"200 OK", "{\"token_type\":\"Bearer\",\"access_token\":\"a\",\"access_token\":\"b\"}", FAULT_ANSWER},
    {"200 OK", "{\"error\":\"invalid_client\"}", FAULT_ANSWER},
    {"200 OK", "[]", FAULT_ANSWER},
    {"200 OK", "<html>", FAULT_ANSWER},
    {"200 OK", "", FAULT_ANSWER},
    {"400 x", "{\"error\":\"invalid_request\"}", FAULT_SIGN_IN},
    {"401 x", "{\"error\":\"invalid_client\"}", FAULT_SIGN_IN},
    {"499 x", "{\"error\":\"x\"}", FAULT_SIGN_IN},
    {"400 x", "{\"error\":{\"code\":\"x\"}}", FAULT_ANSWER},
    {"400 x", "{\"error\":\"a\",\"error\":\"b\"}", FAULT_ANSWER},
    {"400 x", "{}", FAULT_ANSWER},
    {"403 x", "<html>", FAULT_ANSWER},
    {"302 x", "{\"error\":\"x\"}", FAULT_REDIRECT},
    {"407 x", "", FAULT_CONNECT},
    {"429 x", "{\"error\":\"x\"}", FAULT_THROTTLED},
    {"500 x", "{\"error\":\"x\"}", FAULT_SERVER},
    {"503 x", "<html>", FAULT_SERVER},
};

static void answers_have_a_meaning(void)
{
    for (size_t i = 0; i < COUNT_OF(answers); i++) {
        struct fault f = {0};
        unit_row("%s %s", answers[i].status, answers[i].body);
        begin(answers[i].status, answers[i].body, "http://login.test");
        CHECK_EQUAL_INT(request("t", &f), answers[i].code == FAULT_NONE);
        CHECK_EQUAL_INT(f.code, answers[i].code);
        CHECK_EQUAL_INT(secret_present(&token), answers[i].code == FAULT_NONE);
        CHECK(f.code == FAULT_NONE || span_starts(span_of(f.text), SPAN("login.test: ")));
        end();
    }
}

static void network_faults_pass_through(void)
{
    struct fault f = {0};
    begin("200 OK", ISSUED, "http://unknown.test");
    CHECK(!request("t", &f));
    CHECK_EQUAL_INT(f.code, FAULT_NAME);
    CHECK_EQUAL_INT(os_fake_requests(), 0);
    end();
}

static void refusals_are_explained(void)
{
    struct fault f = {0};
    begin("401 x", "{\"error\":\"invalid_client\",\"error_description\":\"AADSTS7000215: wrong p&=+ %\xC3\xA9~.\\r\\nTrace ID: 1\","
                   "\"error_codes\":[\"x\",7000215],\"correlation_id\":\"corr-1\"}", "http://login.test");
    CHECK(!request("t", &f));
    CHECK_EQUAL_TEXT(f.text, "login.test: sign-in refused (status 401)");
    CHECK_EQUAL_TEXT(f.service_code, "invalid_client");
    CHECK_EQUAL_TEXT(f.service_message, "AADSTS7000215: wrong p&=+ %\xC3\xA9~.");
    CHECK_EQUAL_TEXT(f.service_target, "corr-1");
    CHECK_EQUAL_TEXT(f.advice, "the secret is wrong: give the secret's value, not its id, without blanks around");
    end();
}

static void unknown_codes_have_advice_too(void)
{
    static const char *const bodies[] = {"{\"error\":\"x\"}", "{\"error\":\"x\",\"error_codes\":[1]}",
                                         "{\"error\":\"x\",\"error_codes\":7000215}",
                                         "{\"error\":\"x\",\"error_description\":\"AADSTS7000215\"}"};
    for (size_t i = 0; i < COUNT_OF(bodies); i++) {
        struct fault f = {0};
        unit_row("%s", bodies[i]);
        begin("400 x", bodies[i], "http://login.test");
        CHECK(!request("t", &f));
        CHECK_EQUAL_TEXT(f.advice, "check --tenant, --client-id and the credential");
        end();
    }
}

/* With the trace id, which support asks for; a line that is cut leaves room for it. */
static void trace_ids_are_shown(void)
{
    char body[2000];
    char wanted[sizeof((struct fault *)0)->service_message];
    struct fault f = {0};
    begin("400 x", "{\"error\":\"x\",\"error_description\":\"AADSTS99999: new.\\r\\nTrace ID: tr-1\",\"error_codes\":[99999],"
                   "\"trace_id\":\"tr-1\",\"correlation_id\":\"corr-1\"}", "http://login.test");
    CHECK(!request("t", &f));
    CHECK_EQUAL_TEXT(f.service_message, "AADSTS99999: new. Trace ID: tr-1");
    CHECK_EQUAL_TEXT(f.service_target, "corr-1");
    end();
    snprintf(body, sizeof body, "{\"error\":\"x\",\"error_description\":\"%0800d\",\"trace_id\":\"tr-1\"}", 7);
    snprintf(wanted, sizeof wanted, "%0*d Trace ID: tr-1", (int)(sizeof wanted - 1 - strlen(" Trace ID: tr-1")), 0);
    fault_clear(&f);
    begin("400 x", body, "http://login.test");
    CHECK(!request("t", &f));
    CHECK_EQUAL_TEXT(f.service_message, wanted);
    end();
}

/* Every code of the vendor's tables that has advice of its own. */
static const unsigned known_codes[] = {
    700016, 700011, 90002, 900023, 90038, 900382, 900432, 7000215, 70002, 7000222, 7000112, 70001, 7000218, 700025, 700027,
    50012, 50013, 500133, 700024, 700021, 700023, 50027, 50048, 5002730, 5002738, 700030, 70021, 700211, 700213, 7002138, 90061,
    500011, 50001, 650052, 70011, 1002012, 28002, 700022, 901002, 900144, 90014, 9002313, 65001, 90094, 650056, 65005, 65002,
    53003, 53000, 530032, 50131, 50005, 50076, 50079, 50072, 50158, 50034, 50020, 50057, 50126, 50053, 500021, 500022,
    70016, 70018, 70019,
};

static void known_codes_have_advice(void)
{
    for (size_t i = 0; i < COUNT_OF(known_codes); i++) {
        char body[200];
        struct fault f = {0};
        unit_row("%u", known_codes[i]);
        snprintf(body, sizeof body, "{\"error\":\"invalid_request\",\"error_codes\":[%u]}", known_codes[i]);
        begin("400 x", body, "http://login.test");
        CHECK(!request("t", &f));
        CHECK_EQUAL_INT(f.code, FAULT_SIGN_IN);
        CHECK(f.advice[0] != '\0' && strlen(f.advice) < sizeof f.advice - 1);
        CHECK(strcmp(f.advice, "check --tenant, --client-id and the credential") != 0);
        CHECK_EQUAL_INT(os_fake_requests(), 1);
        end();
    }
}

struct passing_row {
    const char *status, *body;
    enum fault_code code; /* when it does not pass */
    uint64_t least_ms;    /* before the one repetition */
};

static const struct passing_row passing_rows[] = {
    {"400 x", "{\"error\":\"invalid_request\",\"error_codes\":[90033]}", FAULT_SERVER, 125},
    {"400 x", "{\"error\":\"invalid_request\",\"error_codes\":[90006]}", FAULT_SERVER, 125},
    {"400 x", "{\"error\":\"invalid_request\",\"error_codes\":[90012]}", FAULT_SERVER, 125},
    {"401 x", "{\"error\":\"invalid_client\",\"error_codes\":[90024]}", FAULT_SERVER, 125},
    {"400 x", "{\"error\":\"invalid_grant\",\"error_codes\":[50033]}", FAULT_SERVER, 125},
    {"400 x", "{\"error\":\"invalid_grant\",\"error_codes\":[50087]}", FAULT_SERVER, 125},
    {"400 x", "{\"error\":\"temporarily_unavailable\"}", FAULT_SERVER, 125},
    {"503 x", "{\"error\":\"temporarily_unavailable\",\"error_codes\":[90033]}", FAULT_SERVER, 125},
    {"400 x", "{\"error\":\"invalid_request\",\"error_codes\":[90055]}", FAULT_THROTTLED, 1000},
    {"400 x", "{\"error\":\"invalid_grant\",\"error_codes\":[50196]}", FAULT_THROTTLED, 1000},
    {"429 x", "{\"error\":\"temporarily_unavailable\",\"error_codes\":[90055]}", FAULT_THROTTLED, 1000},
    {"400 x\r\nRetry-After: 7", "{\"error\":\"invalid_grant\",\"error_codes\":[50196]}", FAULT_THROTTLED, 7000},
};

static void what_may_pass_is_tried_again(void)
{
    for (size_t i = 0; i < COUNT_OF(passing_rows); i++) {
        struct fault f = {0};
        unit_row("%s %s", passing_rows[i].status, passing_rows[i].body);
        begin(passing_rows[i].status, passing_rows[i].body, "http://login.test");
        client.settings.retries = 1;
        uint64_t began_ms = os_monotonic_ms();
        CHECK(!request("t", &f));
        CHECK_EQUAL_INT(f.code, passing_rows[i].code);
        CHECK_EQUAL_INT(os_fake_requests(), 2);
        CHECK(os_monotonic_ms() - began_ms >= passing_rows[i].least_ms);
        CHECK(f.service_code[0] != '\0');
        end();
    }
}

static void a_failed_form_is_not_sent(void)
{
    struct fault f = {0};
    struct buf form = buf_init(4);
    begin("200 OK", ISSUED, "http://login.test");
    token_put_field(&form, "client_id", SPAN("x"));
    CHECK(!token_request(&authority, "t", &form, &client, &token, &f));
    CHECK_EQUAL_INT(f.code, FAULT_MEMORY);
    CHECK_EQUAL_INT(os_fake_connects(), 0);
    end();
}

static void an_answer_has_a_ceiling(void)
{
    static char answer[TOKEN_ANSWER_MAX + 200];
    for (size_t n = TOKEN_ANSWER_MAX - 1; n <= TOKEN_ANSWER_MAX + 1; n++) {
        struct fault f = {0};
        unit_row("%zu bytes", n);
        begin("200 OK", "", "http://login.test");
        snprintf(answer, sizeof answer, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n", n);
        os_fake_reset();
        os_fake_name("login.test", "192.0.2.1");
        os_fake_peer(&(struct os_fake_script){.address = "192.0.2.1", .answers = {answer}, .end = OS_FAKE_CLOSE});
        CHECK(!request("t", &f)); /* the body never comes: what is too long is refused by its announcement */
        CHECK_EQUAL_INT(f.code, n <= TOKEN_ANSWER_MAX ? FAULT_CUT : FAULT_TOO_LARGE);
        end();
    }
}

static void characters_of_a_token(void)
{
    CHECK(!token_is_well_formed(SPAN("")));
    for (int c = 0; c < 256; c++) {
        char text[] = {'a', (char)c, 'b'};
        bool wanted = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
                      (c != 0 && strchr("-._~+/=", c) != NULL);
        unit_row("character %d", c);
        CHECK_EQUAL_INT(token_is_well_formed(unit_edge(span_make(text, 3))), wanted);
    }
}

static const struct unit_test tests[] = {
    TEST(the_request_is_right),
    TEST(a_tenant_cannot_leave_its_place),
    TEST(answers_have_a_meaning),
    TEST(network_faults_pass_through),
    TEST(refusals_are_explained),
    TEST(unknown_codes_have_advice_too),
    TEST(trace_ids_are_shown),
    TEST(known_codes_have_advice),
    TEST(what_may_pass_is_tried_again),
    TEST(a_failed_form_is_not_sent),
    TEST(an_answer_has_a_ceiling),
    TEST(characters_of_a_token),
};

UNIT_MAIN(tests)
