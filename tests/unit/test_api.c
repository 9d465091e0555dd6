/*
 * test_api.c - mde/api: the request of a call, what an answer means, duplicates, renewals, texts for paths. Lists: test_api_list.c.
 */
/* links: fake/os_fake.c */
#include "unit.h"

#include "fake/os_fake.h"
#include "mde/api.h"

static struct url url;
static struct secret bearer;

static struct api new_api(const char *text)
{
    struct fault f = {0};
    CHECK(url_parse(span_of(text), &url, &f));
    return (struct api){.url = &url, .bearer = &bearer};
}

struct path_row {
    const char *url, *target;
};

static const struct path_row paths[] = {
    {"https://api.test", "/api/x"},       {"https://api.test/", "/api/x"},
    {"https://api.test/base", "/base/api/x"}, {"https://api.test/base/", "/base/api/x"},
};

static void a_call_is_made(void)
{
    for (size_t i = 0; i < COUNT_OF(paths); i++) {
        struct api a = new_api(paths[i].url);
        unit_row("%s", paths[i].url);
        struct call call = api_call(&a, "POST", SPAN("/api/x"), SPAN("{}"));
        CHECK_EQUAL_SPAN(buf_span(&call.target), span_of(paths[i].target));
        CHECK(call.origin == &url);
        CHECK_EQUAL_INT(call.field_count, 1);
        CHECK_EQUAL_TEXT(call.fields[0].name, "Authorization");
        CHECK_EQUAL_TEXT(call.fields[0].value, "Bearer ");
        CHECK(call.fields[0].secret == &bearer);
        CHECK_EQUAL_TEXT(call.content_type, "application/json");
        CHECK_EQUAL_SPAN(call.body, SPAN("{}"));
        CHECK(!call.repeatable);
        call_free(&call);
        call = api_call(&a, "GET", SPAN("/api/x"), SPAN(""));
        CHECK(call.content_type == NULL && call.body.size == 0);
        call_free(&call);
    }
}

struct answer_row {
    int status;
    const char *body;
    enum fault_code code;
    const char *service_code;
    bool duplicate;
};

#define ERROR(code, message) "{\"error\":{\"code\":\"" code "\",\"message\":\"" message "\",\"target\":\"t-1\"}}"

static const struct answer_row answers[] = {
    {200, "{}", FAULT_NONE, "", false},
    {201, " {\"id\":1} ", FAULT_NONE, "", false},
    {299, "{}", FAULT_NONE, "", false},
    {200, "", FAULT_ANSWER, "", false},
    {200, "[]", FAULT_ANSWER, "", false},
    {200, "{} x", FAULT_ANSWER, "", false},
    {200, "<html>", FAULT_ANSWER, "", false},
    {400, ERROR("BadRequest", "m"), FAULT_REFUSED, "BadRequest", false},
    {400, ERROR("ActiveRequestAlreadyExists", "m"), FAULT_REFUSED, "ActiveRequestAlreadyExists", true},
    {400, ERROR("BadRequest", "Action is already in progress"), FAULT_REFUSED, "BadRequest", true},
    {400, ERROR("ActiveRequestAlreadyExistsX", "m"), FAULT_REFUSED, "ActiveRequestAlreadyExistsX", false},
    {403, ERROR("ActiveRequestAlreadyExists", "m"), FAULT_PERMISSION, "ActiveRequestAlreadyExists", false},
    {400, "", FAULT_REFUSED, "", false},
    {400, "\r\n", FAULT_REFUSED, "", false},
    {400, "{}", FAULT_REFUSED, "", false},
    {400, "{\"error\":\"words\"}", FAULT_REFUSED, "", false},
    {400, "<html>", FAULT_ANSWER, "", false},
    {400, "[]", FAULT_ANSWER, "", false},
    {401, "", FAULT_TOKEN, "", false},
    {401, ERROR("Unauthorized", "m"), FAULT_TOKEN, "Unauthorized", false},
    {401, "<html>", FAULT_ANSWER, "", false},
    {403, "", FAULT_PERMISSION, "", false},
    {403, "<html>", FAULT_ANSWER, "", false},
    {404, ERROR("ResourceNotFound", "m"), FAULT_NOT_FOUND, "ResourceNotFound", false},
    {404, "<html>", FAULT_ANSWER, "", false},
    {405, "", FAULT_ANSWER, "", false},
    {302, "", FAULT_REDIRECT, "", false},
    {407, "", FAULT_CONNECT, "", false},
    {429, ERROR("TooManyRequests", "m"), FAULT_THROTTLED, "TooManyRequests", false},
    {500, ERROR("InternalServerError", "m"), FAULT_SERVER, "InternalServerError", false},
    {503, "<html>", FAULT_SERVER, "", false},
};

static void answers_have_a_meaning(void)
{
    (void)new_api("https://api.test:444/");
    for (size_t i = 0; i < COUNT_OF(answers); i++) {
        struct fault f = {0};
        struct json value = {0};
        struct call call = call_init("POST", &url);
        unit_row("%d %s", answers[i].status, answers[i].body);
        call.status = answers[i].status;
        call.answer = buf_init(1000);
        buf_put_text(&call.answer, answers[i].body);
        CHECK_EQUAL_INT(api_answer(&call, &value, &f), answers[i].code == FAULT_NONE);
        CHECK_EQUAL_INT(f.code, answers[i].code);
        CHECK_EQUAL_TEXT(f.service_code, answers[i].service_code);
        CHECK_EQUAL_TEXT(f.service_target, answers[i].service_code[0] != '\0' ? "t-1" : "");
        CHECK(f.code == FAULT_NONE || span_starts(span_of(f.text), SPAN("api.test:444: ")));
        CHECK(f.code != FAULT_NONE || value.kind == JSON_OBJECT);
        CHECK_EQUAL_INT(api_is_duplicate(&f), answers[i].duplicate);
        call_free(&call);
    }
}

static void a_fault_of_the_call_comes_first(void)
{
    struct fault f = {0};
    struct json value = {0};
    struct call call = call_init("POST", &url);
    call.status = 200;
    fault_set(&call.fault, FAULT_CUT, "cut");
    CHECK(!api_answer(&call, &value, &f));
    CHECK_EQUAL_INT(f.code, FAULT_CUT);
    call_free(&call);
}

static void codes_have_advice(void)
{
    static const char *const codes[] = {"OsPlatformNotSupported", "ClientVersionNotSupported", "DisabledFeature",
                                        "InvalidRequestBody", "Other"};
    for (size_t i = 0; i < COUNT_OF(codes); i++) {
        struct fault f = {0};
        struct json value = {0};
        struct call call = call_init("POST", &url);
        unit_row("%s", codes[i]);
        call.status = 400;
        call.answer = buf_init(1000);
        buf_put_format(&call.answer, "{\"error\":{\"code\":\"%s\"}}", codes[i]);
        CHECK(!api_answer(&call, &value, &f));
        CHECK_EQUAL_INT(f.advice[0] != '\0', i < 4);
        call_free(&call);
    }
}

static void a_repeated_token_is_hidden(void)
{
    struct fault f = {0};
    struct json value = {0};
    struct call call = call_init("POST", &url);
    CHECK(secret_copy(&bearer, SPAN("hush-hush-hush")));
    call.status = 403;
    call.answer = buf_init(1000);
    buf_put_text(&call.answer, ERROR("Forbidden", "not with hush-hush-hush"));
    CHECK(!api_answer(&call, &value, &f));
    CHECK_EQUAL_TEXT(f.service_message, "not with (hidden)");
    call_free(&call);
    secret_free(&bearer);
}

static unsigned renewals;

static bool renew(void *context, struct fault *f)
{
    renewals++;
    return context == NULL || fault_set(f, FAULT_SIGN_IN, "no");
}

static void renews_now_and_then(void)
{
    struct api a = new_api("https://api.test/");
    struct fault f = {0};
    os_fake_reset();
    fault_set(&f, FAULT_TOKEN, "401");
    CHECK(!api_renew(&a, &f)); /* it cannot */
    CHECK_EQUAL_INT(f.code, FAULT_TOKEN);
    a.renew = renew;
    f.code = FAULT_PERMISSION;
    CHECK(!api_renew(&a, &f)); /* no 401 */
    CHECK_EQUAL_INT(f.code, FAULT_PERMISSION);
    CHECK_EQUAL_INT(renewals, 0);
    f.code = FAULT_TOKEN;
    CHECK(api_renew(&a, &f));
    CHECK(!fault_is_set(&f));
    os_poll(NULL, 0, API_RENEW_MS - 1);
    fault_set(&f, FAULT_TOKEN, "401 again");
    CHECK(!api_renew(&a, &f)); /* a fresh token that is not taken: another would not be either */
    CHECK_EQUAL_TEXT(f.text, "401 again");
    CHECK_EQUAL_INT(renewals, 1);
    os_poll(NULL, 0, 1);
    CHECK(api_renew(&a, &f)); /* it may have run out meanwhile */
    CHECK_EQUAL_INT(renewals, 2);
    os_poll(NULL, 0, API_RENEW_MS);
    a.renew_context = &a;
    fault_set(&f, FAULT_TOKEN, "401");
    CHECK(!api_renew(&a, &f));
    CHECK_EQUAL_INT(f.code, FAULT_SIGN_IN);
}

/* A GET needs another role than a POST does. */
static void permission_advice_names_the_role(void)
{
    static const char *const methods[] = {"GET", "POST"};
    static const char *const roles[] = {"Machine.Read.All", "Machine.Isolate"};
    (void)new_api("https://api.test/");
    for (size_t i = 0; i < COUNT_OF(methods); i++) {
        struct fault f = {0};
        struct json value = {0};
        struct call call = call_init(methods[i], &url);
        unit_row("%s", methods[i]);
        call.status = 403;
        call.answer = buf_init(1000);
        buf_put_text(&call.answer, ERROR("Forbidden", "Missing application roles. API required roles: Machine.Read.All, application roles: "
                                                      "Machine.Isolate."));
        CHECK(!api_answer(&call, &value, &f));
        CHECK(span_contains(span_of(fault_advice(&f)), span_of(roles[i])));
        CHECK(span_contains(span_of(f.service_message), SPAN("application roles: Machine.Isolate.")));
        call_free(&call);
    }
}

static void texts_are_quoted_and_encoded(void)
{
    struct buf b = buf_init(100);
    api_put_quoted(&b, SPAN("o'b''"));
    CHECK_EQUAL_SPAN(buf_span(&b), SPAN("'o''b'''''"));
    buf_clear(&b);
    api_put_quoted(&b, SPAN(""));
    CHECK_EQUAL_SPAN(buf_span(&b), SPAN("''"));
    buf_clear(&b);
    buf_put_text(&b, "/x");
    api_put_filter(&b, SPAN("a eq 'b+%'"));
    CHECK_EQUAL_SPAN(buf_span(&b), SPAN("/x?$filter=a%20eq%20%27b%2B%25%27"));
    buf_free(&b);
}

static const struct unit_test tests[] = {
    TEST(a_call_is_made),
    TEST(answers_have_a_meaning),
    TEST(a_fault_of_the_call_comes_first),
    TEST(codes_have_advice),
    TEST(a_repeated_token_is_hidden),
    TEST(renews_now_and_then),
    TEST(permission_advice_names_the_role),
    TEST(texts_are_quoted_and_encoded),
};

UNIT_MAIN(tests)
