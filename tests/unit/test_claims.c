/*
 * test_claims.c - auth/claims: what is read from a token, and the advice that follows.
 */
/* links: fake/os_fake.c */
#include "unit.h"

#include "auth/claims.h"
#include "codec/base64.h"

#include <stdio.h>

#define SCOPE "https://api.securitycenter.microsoft.com/.default"

enum { NOW = 1795449600, TOKEN_MAX = 128 * 1024 }; /* NOW: 2026-11-23T16:00:00Z */

/* header.payload.signature with this payload */
static struct secret token_with(struct span payload)
{
    struct secret token = {0};
    struct buf text = buf_init(TOKEN_MAX);
    buf_put_text(&text, "eyJhbGciOiJub25lIn0.");
    base64url_put(&text, payload);
    buf_put_text(&text, ".c2ln");
    CHECK(secret_take(&token, &text));
    return token;
}

static struct claims read_good(struct span payload)
{
    struct claims c;
    struct secret token = token_with(payload);
    CHECK(claims_read(&token, &c));
    secret_free(&token);
    return c;
}

struct payload_row {
    const char *payload, *audience, *permissions;
    int64_t expires;
};

static const struct payload_row payloads[] = {
    {"{}", "", "", 0},
    {"{\"aud\":\"https://x\",\"exp\":1795453200,\"roles\":[\"Machine.Isolate\",\"Machine.Read.All\"]}", "https://x",
     "Machine.Isolate Machine.Read.All", 1795453200},
    {"{\"scp\":\"Machine.Isolate Machine.Read\"}", "", "Machine.Isolate Machine.Read", 0},
    {"{\"roles\":[\"A\"],\"scp\":\"B C\"}", "", "A B C", 0},
    {"{\"roles\":[]}", "", "", 0},
    {"{\"roles\":\"Machine.Isolate\"}", "", "", 0},
    {"{\"roles\":[1,null,\"A\",{},\"B\"]}", "", "A B", 0},
    {"{\"roles\":[\"A\",\"\\ud800\"]}", "", "A", 0},
    {"{\"scp\":7}", "", "", 0},
    {"{\"roles\":[\"A\"],\"roles\":[\"B\"]}", "", "", 0},
    {"{\"aud\":[\"x\"],\"exp\":\"soon\"}", "", "", 0},
    {"{\"exp\":\"1795453200\"}", "", "", 1795453200},
    {"{\"exp\":1.5}", "", "", 0},
    {"{\"exp\":99999999999999999999}", "", "", 0},
    {"{\"exp\":1,\"exp\":2}", "", "", 0},
};

static void claims_are_read(void)
{
    for (size_t i = 0; i < COUNT_OF(payloads); i++) {
        unit_row("%s", payloads[i].payload);
        struct claims c = read_good(span_of(payloads[i].payload));
        CHECK_EQUAL_TEXT(c.audience, payloads[i].audience);
        CHECK_EQUAL_TEXT(c.permissions, payloads[i].permissions);
        CHECK_EQUAL_INT(c.expires, payloads[i].expires);
    }
}

static const char *const no_tokens[] = {
    "x",    ".",   "..",  "a.b.c", "eyJhbGciOiJub25lIn0", "a.e30=.c", "a.e30 .c", "a.e3 0.c", "a..c",
    "a.W10.c" /* [] */, "a.MQ.c" /* 1 */, "a.ew.c" /* { */, "a.e319.c" /* {}} */,
};

static void no_token_has_no_claims(void)
{
    struct claims c;
    struct secret token = {0};
    for (size_t i = 0; i < COUNT_OF(no_tokens); i++) {
        unit_row("%s", no_tokens[i]);
        c = (struct claims){.audience = "left", .expires = 5, .permissions = "left"};
        CHECK(secret_copy(&token, span_of(no_tokens[i])));
        CHECK(!claims_read(&token, &c));
        CHECK(c.audience[0] == '\0' && c.expires == 0 && c.permissions[0] == '\0');
        secret_free(&token);
    }
    CHECK(!claims_read(&token, &c));
}

static void a_payload_has_a_ceiling(void)
{
    static char payload[CLAIMS_PAYLOAD_MAX + 1];
    for (size_t n = CLAIMS_PAYLOAD_MAX - 1; n <= CLAIMS_PAYLOAD_MAX + 1; n++) {
        struct claims c;
        unit_row("%zu bytes", n);
        memset(payload, ' ', sizeof payload);
        memcpy(payload, "{\"exp\":1}", 9);
        struct secret token = token_with(span_make(payload, n));
        CHECK_EQUAL_INT(claims_read(&token, &c), n <= CLAIMS_PAYLOAD_MAX);
        CHECK_EQUAL_INT(c.expires, n <= CLAIMS_PAYLOAD_MAX ? 1 : 0);
        secret_free(&token);
    }
}

static void long_texts_are_cut(void)
{
    char payload[1200];
    char name[1000];
    memset(name, 'x', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    snprintf(payload, sizeof payload, "{\"aud\":\"%s\"}", name);
    struct claims c = read_good(span_of(payload));
    CHECK_EQUAL_INT(strlen(c.audience), sizeof c.audience - 1);
}

/* An application may hold every permission that the API has: some forty, of up to forty characters. */
static void many_roles_are_all_seen(void)
{
    char payload[4096] = "{\"roles\":[";
    for (int i = 0; i < 40; i++) {
        size_t used = strlen(payload);
        snprintf(payload + used, sizeof payload - used, "\"AdvancedQuery.SomethingLong%02d.Read.All\",", i);
    }
    size_t used = strlen(payload);
    snprintf(payload + used, sizeof payload - used, "\"Machine.Isolate\"]}");
    struct claims c = read_good(span_of(payload));
    char advice[300];
    CHECK(claims_allow(&c, "Machine.Isolate"));
    CHECK(!claims_advise(&c, SCOPE, NOW, advice, sizeof advice));
}

struct allow_row {
    const char *permissions, *wanted;
    bool allowed;
};

static const struct allow_row allows[] = {
    {"Machine.Isolate", "Machine.Isolate", true},
    {"machine.isolate", "Machine.Isolate", true},
    {"A Machine.Isolate B", "Machine.Isolate", true},
    {"A B Machine.Isolate", "Machine.Isolate", true},
    {"Machine.IsolateX", "Machine.Isolate", false},
    {"XMachine.Isolate", "Machine.Isolate", false},
    {"Machine.Isolat", "Machine.Isolate", false},
    {"Machine. Isolate", "Machine.Isolate", false},
    {"", "Machine.Isolate", false},
};

static void permissions_are_compared_whole(void)
{
    for (size_t i = 0; i < COUNT_OF(allows); i++) {
        struct claims c = {0};
        unit_row("%s", allows[i].permissions);
        snprintf(c.permissions, sizeof c.permissions, "%s", allows[i].permissions);
        CHECK_EQUAL_INT(claims_allow(&c, allows[i].wanted), allows[i].allowed);
    }
}

struct advice_row {
    struct claims claims;
    const char *scope;
    const char *advice; /* a part of it; NULL: nothing to say */
};

#define GOOD .permissions = "Machine.Isolate"

static const struct advice_row advices[] = {
    {{GOOD, .audience = "https://api.securitycenter.microsoft.com", .expires = NOW + 1}, SCOPE, NULL},
    {{GOOD, .audience = "https://api.securitycenter.microsoft.com/"}, SCOPE, NULL},
    {{GOOD, .audience = "HTTPS://API.securitycenter.microsoft.com"}, SCOPE, NULL},
    {{GOOD, .audience = "https://api.securitycenter.windows.com"}, SCOPE, NULL},
    {{GOOD, .audience = "https://securitycenter.onmicrosoft.com/windowsatpservice"}, SCOPE, NULL},
    {{GOOD, .audience = "https://securitycenter.onmicrosoft.us/windowsatpservice"}, SCOPE, NULL},
    {{GOOD, .audience = "https://api-gcc.securitycenter.microsoft.us"}, SCOPE, NULL},
    {{GOOD, .audience = "https://api-gov.securitycenter.microsoft.us"}, SCOPE, NULL},
    {{GOOD, .audience = "fc780465-2017-40d4-a0c5-307022471b92"}, SCOPE, NULL},
    {{GOOD, .audience = "https://own.test"}, "https://own.test/.default", NULL},
    {{GOOD, .audience = "https://own.test"}, "https://own.test//.default", NULL},
    {{GOOD}, SCOPE, NULL},
    {{GOOD, .expires = NOW}, SCOPE,
     "the token expired at 2026-11-23T16:00:00Z, and this host's clock says 2026-11-23T16:00:00Z: get a new one"},
    {{GOOD, .expires = NOW - 1}, SCOPE, "expired at 2026-11-23T15:59:59Z"},
    {{.audience = "x", .expires = 1}, SCOPE, "expired at 1970-01-01T00:00:01Z"},
    {{GOOD, .audience = "https://graph.microsoft.com"}, SCOPE,
     "the token is for https://graph.microsoft.com: ask for one with the scope " SCOPE},
    {{GOOD, .audience = "https://own.test.evil"}, "https://own.test/.default", "the token is for https://own.test.evil"},
    {{.permissions = ""}, SCOPE, "no Machine.Isolate (it holds: nothing)"},
    {{.permissions = "Machine.Read.All"}, SCOPE, "no Machine.Isolate (it holds: Machine.Read.All)"},
};

static void advice_is_given(void)
{
    for (size_t i = 0; i < COUNT_OF(advices); i++) {
        char advice[300] = "left";
        unit_row("advice %zu", i);
        bool any = claims_advise(&advices[i].claims, advices[i].scope, NOW, advice, sizeof advice);
        CHECK_EQUAL_INT(any, advices[i].advice != NULL);
        CHECK(any || advice[0] == '\0');
        CHECK(!any || span_contains(span_of(advice), span_of(advices[i].advice)));
    }
}

static void advice_fits_its_field(void)
{
    struct claims c = {.permissions = "Machine.Read.All"};
    for (size_t size = 2; size < 40; size++) {
        char *advice = malloc(size); /* its end is watched by the sanitizer */
        CHECK(claims_advise(&c, SCOPE, NOW, advice, size));
        CHECK_EQUAL_INT(strlen(advice), size - 1);
        free(advice);
    }
}

static const struct unit_test tests[] = {
    TEST(claims_are_read),
    TEST(no_token_has_no_claims),
    TEST(a_payload_has_a_ceiling),
    TEST(long_texts_are_cut),
    TEST(many_roles_are_all_seen),
    TEST(permissions_are_compared_whole),
    TEST(advice_is_given),
    TEST(advice_fits_its_field),
};

UNIT_MAIN(tests)
