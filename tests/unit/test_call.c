/*
 * test_call.c - net/call: the default policy, fields, and the fault of each status.
 */
/* links: fake/os_fake.c */
#include "unit.h"

#include "net/call.h"

static struct url origin;

static void begin(void)
{
    struct fault f = {0};
    CHECK(url_parse(SPAN("http://api.test:8080/base"), &origin, &f));
}

static void default_policy(void)
{
    begin();
    struct call call = call_init("POST", &origin);
    CHECK_EQUAL_TEXT(call.method, "POST");
    CHECK(call.origin == &origin);
    CHECK_EQUAL_INT(call.target.size, 0);
    CHECK_EQUAL_INT(call.target.ceiling, CALL_TARGET_MAX);
    CHECK_EQUAL_INT(call.answer_max, CALL_ANSWER_MAX);
    CHECK(!call.repeatable && !call.answer_is_secret && !call.sent && !call.has_retry_after);
    CHECK_EQUAL_INT(call.status, 0);
    CHECK_EQUAL_INT(call.state, CALL_WAITING);
    CHECK_EQUAL_INT(call.field_count, 0);
    CHECK(call.content_type == NULL && call.secret_body == NULL && call.ended == NULL);
    CHECK(!fault_is_set(&call.fault));
    call_free(&call);
}

static void target_has_a_ceiling(void)
{
    for (size_t more = 0; more <= 2; more++) {
        size_t size = CALL_TARGET_MAX - 1 + more;
        begin();
        unit_row("%zu bytes", size);
        struct call call = call_init("GET", &origin);
        for (size_t i = 0; i < size; i++) {
            buf_put_char(&call.target, 'x');
        }
        CHECK_EQUAL_INT(call.target.failed, size > CALL_TARGET_MAX);
        call_free(&call);
    }
}

static void fields_up_to_the_limit(void)
{
    struct secret token = {0};
    begin();
    CHECK(secret_copy(&token, SPAN("abc")));
    struct call call = call_init("GET", &origin);
    for (size_t i = 0; i < CALL_FIELDS_MAX; i++) {
        call_add_field(&call, "X-Name", "value ", i == 0 ? &token : NULL);
        CHECK_EQUAL_INT(call.field_count, i + 1);
    }
    CHECK_EQUAL_TEXT(call.fields[CALL_FIELDS_MAX - 1].name, "X-Name");
    CHECK_EQUAL_TEXT(call.fields[CALL_FIELDS_MAX - 1].value, "value ");
    CHECK(call.fields[0].secret == &token);
    CHECK(call.fields[1].secret == NULL);
    call_free(&call);
    secret_free(&token);
}

struct status_row {
    int status;
    enum fault_code code;
    const char *text;
};

static const struct status_row statuses[] = {
    {200, FAULT_ANSWER, "api.test:8080: an answer that cannot be understood (status 200)"},
    {299, FAULT_ANSWER, "api.test:8080: an answer that cannot be understood (status 299)"},
    {300, FAULT_REDIRECT, "api.test:8080: a redirect (300)"},
    {302, FAULT_REDIRECT, "api.test:8080: a redirect (302)"},
    {399, FAULT_REDIRECT, "api.test:8080: a redirect (399)"},
    {400, FAULT_ANSWER, "api.test:8080: an answer that cannot be understood (status 400)"},
    {404, FAULT_ANSWER, "api.test:8080: an answer that cannot be understood (status 404)"},
    {406, FAULT_ANSWER, "api.test:8080: an answer that cannot be understood (status 406)"},
    {407, FAULT_CONNECT, "api.test:8080: a proxy asks for a login (407)"},
    {408, FAULT_ANSWER, "api.test:8080: an answer that cannot be understood (status 408)"},
    {428, FAULT_ANSWER, "api.test:8080: an answer that cannot be understood (status 428)"},
    {429, FAULT_THROTTLED, "api.test:8080: too many requests (429)"},
    {430, FAULT_ANSWER, "api.test:8080: an answer that cannot be understood (status 430)"},
    {499, FAULT_ANSWER, "api.test:8080: an answer that cannot be understood (status 499)"},
    {500, FAULT_SERVER, "api.test:8080: status 500"},
    {503, FAULT_SERVER, "api.test:8080: status 503"},
    {599, FAULT_SERVER, "api.test:8080: status 599"},
};

static void fault_of_each_status(void)
{
    begin();
    for (size_t i = 0; i < COUNT_OF(statuses); i++) {
        struct call call = call_init("GET", &origin);
        struct fault f = {0};
        unit_row("%d", statuses[i].status);
        call.status = statuses[i].status;
        CHECK(!call_status_fault(&call, &f));
        CHECK_EQUAL_INT(f.code, statuses[i].code);
        CHECK_EQUAL_TEXT(f.text, statuses[i].text);
        call_free(&call);
    }
}

static void throttled_tells_the_pause(void)
{
    struct fault f = {0};
    begin();
    struct call call = call_init("GET", &origin);
    call.status = 429;
    call.has_retry_after = true;
    call.retry_after_seconds = 90;
    CHECK(!call_status_fault(&call, &f));
    CHECK_EQUAL_INT(f.code, FAULT_THROTTLED);
    CHECK_EQUAL_TEXT(f.text, "api.test:8080: too many requests (429); it asks for a pause of 90 s");
    call_free(&call);
}

static void free_leaves_zero(void)
{
    static const struct call zero;
    begin();
    struct call call = call_init("GET", &origin);
    buf_put_text(&call.target, "/x");
    call.answer = buf_init(10);
    buf_put_text(&call.answer, "answer");
    call_free(&call);
    CHECK(call.target.at == NULL && call.answer.at == NULL && call.method == NULL && call.answer_max == zero.answer_max);
    call_free(&call); /* a zeroed one may be freed */
}

static const struct unit_test tests[] = {
    TEST(default_policy),
    TEST(target_has_a_ceiling),
    TEST(fields_up_to_the_limit),
    TEST(fault_of_each_status),
    TEST(throttled_tells_the_pause),
    TEST(free_leaves_zero),
};

UNIT_MAIN(tests)
