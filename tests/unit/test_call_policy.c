/*
 * test_call_policy.c - what a call may ask of the engine for itself: time-outs, statuses that pass; and a wait without a call.
 */
/* links: fake/os_fake.c */
#include "unit.h"

#include "fake/os_fake.h"
#include "net/client.h"
#include "net/pace.h"

#define OK "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"
#define STATUS(number, more) "HTTP/1.1 " number " x\r\n" more "Content-Length: 0\r\n\r\n"

static struct url origin;
static struct client client;
static uint64_t began;

/* A client with four retries, everything over after 120 s; its peer 192.0.2.1 is called api.test. */
static struct call begin(struct os_fake_script script)
{
    struct fault f = {0};
    struct client_settings settings = {.conn = {.connect_timeout_ms = 10000}, .retries = 4, .user_agent = "unit/1"};
    os_fake_reset();
    began = os_monotonic_ms();
    settings.deadline_ms = began + 120000;
    os_fake_name("api.test", "192.0.2.1");
    script.address = "192.0.2.1";
    os_fake_peer(&script);
    CHECK(url_parse(SPAN("http://api.test/"), &origin, &f));
    client_open(&client, &settings);
    struct call call = call_init("GET", &origin);
    buf_put_text(&call.target, "/x");
    call.repeatable = true;
    return call;
}

static uint64_t passed_ms(void)
{
    return os_monotonic_ms() - began;
}

static void end(struct call *call)
{
    call_free(call);
    client_close(&client);
}

static void own_connect_timeout(void)
{
    struct call call = begin((struct os_fake_script){.connect_after_ms = OS_FAKE_NEVER});
    call.connect_timeout_ms = 1000;
    call.unreachable_is_final = true;
    CHECK(!client_call(&client, &call));
    CHECK_EQUAL_INT(call.fault.code, FAULT_TIMEOUT);
    CHECK_EQUAL_INT(passed_ms(), 1000);
    CHECK_EQUAL_INT(call.tries, 1);
    end(&call);
}

static void unreachable_is_final_when_asked_for(void)
{
    struct call call = begin((struct os_fake_script){.refuse = true});
    call.unreachable_is_final = true;
    CHECK(!client_call(&client, &call));
    CHECK_EQUAL_INT(call.fault.code, FAULT_CONNECT);
    CHECK_EQUAL_INT(os_fake_connects(), 1);
    end(&call);
}

static void a_lost_answer_is_not_unreachable(void)
{
    struct call call = begin((struct os_fake_script){.answers = {OK}, .cut = 3, .end = OS_FAKE_RESET});
    call.unreachable_is_final = true;
    CHECK(!client_call(&client, &call));
    CHECK_EQUAL_INT(call.fault.code, FAULT_CUT);
    CHECK_EQUAL_INT(os_fake_requests(), 5);
    end(&call);
}

static void own_answer_timeout(void)
{
    struct call call = begin((struct os_fake_script){.answers = {NULL}});
    client.settings.retries = 0;
    call.answer_timeout_ms = 5000;
    CHECK(!client_call(&client, &call));
    CHECK_EQUAL_INT(call.fault.code, FAULT_TIMEOUT);
    CHECK_EQUAL_INT(passed_ms(), 5000);
    end(&call);
}

struct passing_row {
    const char *answer;
    bool listed;            /* the call says that 404 and 410 may pass */
    int status;             /* of the call in the end */
    uint64_t least, most;   /* milliseconds */
};

static const struct passing_row passing_rows[] = {
    {STATUS("404", ""), false, 404, 0, 0},
    {STATUS("410", ""), false, 410, 0, 0},
    {STATUS("400", ""), true, 400, 0, 0},
    {STATUS("404", ""), true, 200, 1000, 2000},
    {STATUS("410", ""), true, 200, PACE_GONE_MS, PACE_GONE_MS},
    {STATUS("410", "Retry-After: 3\r\n"), true, 200, 3000, 3000},
    {STATUS("429", ""), true, 200, 1000, 2000},
    {STATUS("500", ""), true, 200, 125, 250},
};

static enum call_verdict pass_404_and_410(void *context, const struct call *call)
{
    (void)context;
    return call->status == 404 || call->status == 410 ? CALL_THROTTLED : CALL_BY_STATUS;
}

static void statuses_that_pass(void)
{
    for (size_t i = 0; i < COUNT_OF(passing_rows); i++) {
        const struct passing_row *row = &passing_rows[i];
        unit_row("row %zu", i);
        struct call call = begin((struct os_fake_script){.answers = {row->answer, OK}});
        os_fake_peer(&(struct os_fake_script){.address = "192.0.2.1", .answers = {OK}}); /* after 5xx: a new connection */
        call.judge = row->listed ? pass_404_and_410 : NULL;
        CHECK(client_call(&client, &call));
        CHECK_EQUAL_INT(call.status, row->status);
        CHECK(passed_ms() >= row->least && passed_ms() <= row->most);
        end(&call);
    }
}

static const char *gone(const char *request)
{
    (void)request;
    return STATUS("410", "");
}

/* The vendor says that an update takes up to 70 s. */
static void the_default_tries_span_an_update(void)
{
    struct call call = begin((struct os_fake_script){.respond = gone});
    call.judge = pass_404_and_410;
    CHECK(client_call(&client, &call));
    CHECK_EQUAL_INT(call.status, 410);
    CHECK_EQUAL_INT(call.tries, 5);
    CHECK(passed_ms() >= 70000 && passed_ms() < 120000);
    end(&call);
}

#define CHALLENGE "WWW-Authenticate: Basic realm=/a/b.key\r\n"

struct challenge_row {
    const char *answer, *challenge;
};

static const struct challenge_row challenge_rows[] = {
    {STATUS("401", CHALLENGE), "Basic realm=/a/b.key"},
    {STATUS("401", CHALLENGE CHALLENGE), ""},
    {STATUS("401", ""), ""},
    {STATUS("400", CHALLENGE), ""},
};

static void the_challenge_of_a_401_is_kept(void)
{
    for (size_t i = 0; i < COUNT_OF(challenge_rows); i++) {
        unit_row("row %zu", i);
        struct call call = begin((struct os_fake_script){.answers = {challenge_rows[i].answer}});
        CHECK(client_call(&client, &call));
        CHECK_EQUAL_SPAN(buf_span(&call.challenge), span_of(challenge_rows[i].challenge));
        end(&call);
    }
}

static void sleeps_as_long_as_asked(void)
{
    struct fault f = {0};
    struct call unused = begin((struct os_fake_script){.refuse = true});
    CHECK(client_sleep(&client, 4321, &f));
    CHECK_EQUAL_INT(passed_ms(), 4321);
    CHECK(client_sleep(&client, 0, &f));
    CHECK_EQUAL_INT(passed_ms(), 4321);
    end(&unused);
}

static void sleep_ends_at_the_deadline(void)
{
    struct fault f = {0};
    struct call unused = begin((struct os_fake_script){.refuse = true});
    CHECK(!client_sleep(&client, 200000, &f));
    CHECK_EQUAL_INT(f.code, FAULT_TIMEOUT);
    CHECK_EQUAL_INT(passed_ms(), 120000);
    end(&unused);
}

static void sleep_ends_when_asked_to_stop(void)
{
    struct fault f = {0};
    struct call unused = begin((struct os_fake_script){.refuse = true});
    os_fake_stop_at(os_monotonic_ms() + 700, OS_STOP_INTERRUPTED);
    CHECK(!client_sleep(&client, 5000, &f));
    CHECK_EQUAL_INT(f.code, FAULT_INTERRUPTED);
    CHECK_EQUAL_INT(passed_ms(), 700);
    end(&unused);
}

/* An idle connection that ends meanwhile must not keep the loop awake, nor be used afterwards. */
static void sleep_looks_after_connections(void)
{
    struct fault f = {0};
    struct call call = begin((struct os_fake_script){.answers = {OK}, .end = OS_FAKE_CLOSE});
    os_fake_peer(&(struct os_fake_script){.address = "192.0.2.1", .answers = {OK}});
    CHECK(client_call(&client, &call));
    CHECK(client_sleep(&client, 5000, &f));
    CHECK_EQUAL_INT(client.connections[0].state, CONN_CLOSED);
    end(&call);
}

static const struct unit_test tests[] = {
    TEST(own_connect_timeout),
    TEST(unreachable_is_final_when_asked_for),
    TEST(a_lost_answer_is_not_unreachable),
    TEST(own_answer_timeout),
    TEST(statuses_that_pass),
    TEST(the_default_tries_span_an_update),
    TEST(the_challenge_of_a_401_is_kept),
    TEST(sleeps_as_long_as_asked),
    TEST(sleep_ends_at_the_deadline),
    TEST(sleep_ends_when_asked_to_stop),
    TEST(sleep_looks_after_connections),
};

UNIT_MAIN(tests)
