/*
 * test_device_code.c - the code is shown once, the token is asked for at the interval named, and every way to end.
 */
/* links: fake/os_fake.c */
#include "unit.h"

#include "auth/credential.h"
#include "fake/os_fake.h"

#define DEVICE_CODE "device-code-of-0123456789"

enum { ANSWERS_MAX = 12 };

static struct authority authority = {.scope = "https://api.securitycenter.microsoft.com/.default"};
static struct client client;
static struct secret token;
static struct fault f;
static uint64_t began, asked_ms[ANSWERS_MAX];
static const char *const *answers; /* bodies; the first is that of the code request; NULL behind the last */
static size_t asked;
static unsigned shown;
static char shown_code[64], shown_url[200];
static int64_t shown_expires;

static const char *respond(const char *request)
{
    static char answer[2048];
    const char *body = answers[asked];
    bool good = body != NULL && strstr(body, "\"error\"") == NULL;
    (void)request;
    if (body == NULL || asked == ANSWERS_MAX) {
        return NULL;
    }
    asked_ms[asked++] = os_monotonic_ms() - began;
    snprintf(answer, sizeof answer, "HTTP/1.1 %s x\r\nContent-Length: %zu\r\n\r\n%s", good ? "200" : "400", strlen(body), body);
    return answer;
}

static void tell(void *context, const struct credential_prompt *prompt)
{
    CHECK(context == &shown);
    shown++;
    snprintf(shown_code, sizeof shown_code, "%s", prompt->user_code);
    snprintf(shown_url, sizeof shown_url, "%s", prompt->url);
    shown_expires = prompt->expires - os_unix_seconds();
}

static struct credential_settings settings(void)
{
    return (struct credential_settings){.method = "device-code", .client_id = "aaaa-bbbb", .tell = tell, .tell_context = &shown};
}

/* Sign in with these answers; everything ends after max_ms. */
static bool acquire(const struct credential_settings *s, const char *const *bodies, uint64_t max_ms)
{
    struct client_settings c = {.conn = {.connect_timeout_ms = 10000}, .retries = 0, .user_agent = "unit/1"};
    c.deadline_ms = os_monotonic_ms() + max_ms;
    began = os_monotonic_ms();
    answers = bodies;
    asked = 0;
    shown = 0;
    fault_clear(&f);
    secret_free(&token);
    os_fake_name("login.test", "192.0.2.1");
    os_fake_peer(&(struct os_fake_script){.address = "192.0.2.1", .respond = respond});
    CHECK(url_parse(SPAN("http://login.test"), &authority.url, &f));
    client_open(&client, &c);
    bool ok = credential_device_code.check(s, &f) && credential_device_code.acquire(s, &authority, &client, &token, &f);
    client_close(&client);
    return ok;
}

#define ACQUIRE(max_ms, ...) (os_fake_reset(), own = settings(), acquire(&own, (const char *const[]){__VA_ARGS__, NULL}, max_ms))

static struct credential_settings own;

#define CODE(more) "{\"device_code\":\"" DEVICE_CODE "\",\"user_code\":\"ABCD-EFGH\",\"verification_uri\":\"https://x.test/go\"" more "}"
#define ERROR(name) "{\"error\":\"" name "\",\"error_description\":\"AADSTS0: words\\r\\nTrace ID: 1\"}"
#define TOKEN "{\"token_type\":\"Bearer\",\"access_token\":\"aaaa.bb.ccc\"}"
#define PENDING ERROR("authorization_pending")

static void asks_and_shows_and_waits(void)
{
    CHECK(ACQUIRE(1000000, CODE(",\"interval\":3,\"expires_in\":900"), PENDING, PENDING, TOKEN));
    CHECK_EQUAL_TEXT(f.text, "");
    CHECK_EQUAL_SPAN(secret_reveal(&token), SPAN("aaaa.bb.ccc"));
    CHECK_EQUAL_INT(shown, 1);
    CHECK_EQUAL_TEXT(shown_code, "ABCD-EFGH");
    CHECK_EQUAL_TEXT(shown_url, "https://x.test/go");
    CHECK_EQUAL_INT(shown_expires, 900);
    CHECK_EQUAL_INT(asked, 4);
    CHECK_EQUAL_INT(asked_ms[1], 3000);
    CHECK_EQUAL_INT(asked_ms[2], 6000);
    CHECK_EQUAL_INT(asked_ms[3], 9000);
}

static void requests_are_the_standards(void)
{
    CHECK(ACQUIRE(1000000, CODE(""), TOKEN));
    struct span sent = span_of(os_fake_received());
    CHECK(span_starts(sent, SPAN("POST /organizations/oauth2/v2.0/devicecode HTTP/1.1\r\n")));
    CHECK(span_contains(sent, SPAN("\r\n\r\nclient_id=aaaa-bbbb&scope=https%3A%2F%2Fapi.securitycenter.microsoft.com%2F.default\n")));
    CHECK(span_contains(sent, SPAN("\nPOST /organizations/oauth2/v2.0/token HTTP/1.1\r\n")));
    CHECK(span_ends(sent, SPAN("\r\n\r\ngrant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Adevice_code&client_id=aaaa-bbbb"
                               "&device_code=" DEVICE_CODE "\n")));
    own.tenant = "contoso.com";
    os_fake_reset();
    CHECK(acquire(&own, (const char *const[]){CODE(""), TOKEN, NULL}, 1000000));
    CHECK(span_starts(span_of(os_fake_received()), SPAN("POST /contoso.com/oauth2/v2.0/devicecode ")));
}

static void slow_down_adds_five_seconds_for_good(void)
{
    CHECK(ACQUIRE(1000000, CODE(",\"interval\":1"), ERROR("slow_down"), PENDING, ERROR("slow_down"), TOKEN));
    CHECK_EQUAL_INT(asked_ms[1], 1000);
    CHECK_EQUAL_INT(asked_ms[2], 7000);
    CHECK_EQUAL_INT(asked_ms[3], 13000);
    CHECK_EQUAL_INT(asked_ms[4], 24000);
}

struct interval_row {
    const char *code;
    uint64_t interval_ms;
    int64_t life_seconds;
};

static const struct interval_row interval_rows[] = {
    {CODE(""), 5000, 900},
    {CODE(",\"interval\":\"7\",\"expires_in\":\"60\""), 7000, 60},
    {CODE(",\"interval\":0,\"expires_in\":0"), 5000, 900},
    {CODE(",\"interval\":-3,\"expires_in\":-1"), 5000, 900},
    {CODE(",\"interval\":null,\"expires_in\":\"soon\""), 5000, 900},
    {CODE(",\"interval\":9223372036854775807,\"expires_in\":9223372036854775807"), 300000, 86400},
};

static void strange_times_are_bounded(void)
{
    for (size_t i = 0; i < COUNT_OF(interval_rows); i++) {
        unit_row("row %zu", i);
        CHECK(ACQUIRE(1000000, interval_rows[i].code, TOKEN));
        CHECK_EQUAL_INT(asked_ms[1], interval_rows[i].interval_ms);
        CHECK_EQUAL_INT(shown_expires, interval_rows[i].life_seconds);
    }
}

/* ---- how it ends otherwise ---- */

static void an_expired_code_is_not_asked_for_again(void)
{
    CHECK(!ACQUIRE(1000000, CODE(",\"interval\":4,\"expires_in\":10"), PENDING, PENDING, PENDING, TOKEN));
    CHECK_EQUAL_INT(f.code, FAULT_SIGN_IN);
    CHECK_EQUAL_TEXT(f.text, "login.test: the code has expired");
    CHECK_EQUAL_INT(asked, 3);
    CHECK_EQUAL_INT(os_monotonic_ms() - began, 10000);
}

struct refused_row {
    const char *answer;
    enum fault_code code;
    const char *advice;     /* a part of it */
};

static const struct refused_row refused_rows[] = {
    {ERROR("authorization_declined"), FAULT_SIGN_IN, "declined"},
    {ERROR("access_denied"), FAULT_SIGN_IN, "declined"},
    {ERROR("expired_token"), FAULT_SIGN_IN, "expired"},
    {ERROR("code_expired"), FAULT_SIGN_IN, "expired"},
    {ERROR("bad_verification_code"), FAULT_SIGN_IN, "--client-id"},
    {"{\"error\":\"invalid_client\",\"error_description\":\"AADSTS7000218: The request body must contain client_secret\"}",
     FAULT_SIGN_IN, "Allow public client flows"},
    {"{}", FAULT_ANSWER, ""},
};

static void refusals_say_what_to_do(void)
{
    for (size_t i = 0; i < COUNT_OF(refused_rows); i++) {
        unit_row("%s", refused_rows[i].answer);
        CHECK(!ACQUIRE(1000000, CODE(""), PENDING, refused_rows[i].answer));
        CHECK_EQUAL_INT(f.code, refused_rows[i].code);
        CHECK(span_contains(span_of(fault_advice(&f)), span_of(refused_rows[i].advice)));
        CHECK(!secret_present(&token));
    }
    unit_row("at the first request");
    CHECK(!ACQUIRE(1000000, "{\"error\":\"invalid_client\",\"error_description\":\"AADSTS7000218: words\"}"));
    CHECK_EQUAL_INT(f.code, FAULT_SIGN_IN);
    CHECK(span_contains(span_of(fault_advice(&f)), SPAN("Allow public client flows")));
    CHECK_EQUAL_INT(shown, 0);
}

static void an_answer_without_a_code_is_none(void)
{
    static const char *const bodies[] = {
        "{}", "[]", "{\"device_code\":\"a\"}", "{\"device_code\":\"a\",\"user_code\":\"b\"}",
        "{\"device_code\":\"\",\"user_code\":\"b\",\"verification_uri\":\"https://x.test\"}",
        "{\"device_code\":\"a\",\"user_code\":\"\",\"verification_uri\":\"https://x.test\"}",
        "{\"device_code\":\"a\",\"user_code\":\"b\",\"verification_uri\":\"http://x.test\"}",
        "{\"device_code\":1,\"user_code\":\"b\",\"verification_uri\":\"https://x.test\"}",
    };
    for (size_t i = 0; i < COUNT_OF(bodies); i++) {
        unit_row("%s", bodies[i]);
        CHECK(!ACQUIRE(1000000, bodies[i]));
        CHECK_EQUAL_INT(f.code, FAULT_ANSWER);
        CHECK_EQUAL_INT(shown, 0);
    }
}

static void waiting_ends_at_the_deadline(void)
{
    CHECK(!ACQUIRE(7000, CODE(",\"interval\":5"), PENDING, TOKEN));
    CHECK_EQUAL_INT(f.code, FAULT_TIMEOUT);
    CHECK_EQUAL_INT(os_monotonic_ms() - began, 7000);
    CHECK(span_contains(span_of(fault_advice(&f)), SPAN("--max-time")));
}

static void waiting_ends_when_asked_to_stop(void)
{
    os_fake_reset();
    own = settings();
    os_fake_stop_at(os_monotonic_ms() + 2500, OS_STOP_INTERRUPTED);
    CHECK(!acquire(&own, (const char *const[]){CODE(""), TOKEN, NULL}, 1000000));
    CHECK_EQUAL_INT(f.code, FAULT_INTERRUPTED);
    CHECK_EQUAL_INT(os_monotonic_ms() - began, 2500);
    CHECK_EQUAL_INT(asked, 1);
}

static void what_is_missing_is_said(void)
{
    os_fake_reset();
    own = settings();
    own.client_id = NULL;
    fault_clear(&f);
    CHECK(!credential_device_code.check(&own, &f));
    CHECK_EQUAL_INT(f.code, FAULT_USAGE);
    CHECK(span_contains(span_of(f.text), SPAN("--client-id")));
    own = settings();
    own.tenant = "../x";
    fault_clear(&f);
    CHECK(!credential_device_code.check(&own, &f));
    CHECK(span_contains(span_of(f.text), SPAN("--tenant")));
    CHECK(!credential_device_code.present(&own)); /* only when named */
}

static const struct unit_test tests[] = {
    TEST(asks_and_shows_and_waits),
    TEST(requests_are_the_standards),
    TEST(slow_down_adds_five_seconds_for_good),
    TEST(strange_times_are_bounded),
    TEST(an_expired_code_is_not_asked_for_again),
    TEST(refusals_say_what_to_do),
    TEST(an_answer_without_a_code_is_none),
    TEST(waiting_ends_at_the_deadline),
    TEST(waiting_ends_when_asked_to_stop),
    TEST(what_is_missing_is_said),
};

UNIT_MAIN(tests)
