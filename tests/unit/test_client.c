/*
 * test_client.c - the engine over scripted peers: retries, deadlines, kept connections, raced addresses.
 */
/* links: fake/os_fake.c */
#include "unit.h"

#include "fake/os_fake.h"
#include "net/client.h"

#define OK "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"

enum { CALLS = 20 };

static struct url origin;
static struct client client;

/* A client with `retries`, everything over after 120 s; its peer 192.0.2.1 is called api.test. */
static void begin(unsigned retries)
{
    struct fault f = {0};
    struct client_settings settings = {
        .conn = {.connect_timeout_ms = 10000},
        .retries = retries,
        .deadline_ms = 0,
        .user_agent = "unit/1",
    };
    os_fake_reset();
    settings.deadline_ms = os_monotonic_ms() + 120000;
    os_fake_name("api.test", "192.0.2.1");
    CHECK(url_parse(SPAN("http://api.test/"), &origin, &f));
    client_open(&client, &settings);
}

static struct call new_call(const char *method, bool repeatable)
{
    struct call call = call_init(method, &origin);
    buf_put_text(&call.target, "/x");
    call.repeatable = repeatable;
    return call;
}

static struct call run_one(bool repeatable)
{
    struct call call = new_call(repeatable ? "GET" : "POST", repeatable);
    (void)client_call(&client, &call);
    return call;
}

static void end(struct call *call)
{
    call_free(call);
    client_close(&client);
}

static void peer(struct os_fake_script script)
{
    script.address = script.address == NULL ? "192.0.2.1" : script.address;
    os_fake_peer(&script);
}

static void answers_a_call(void)
{
    begin(0);
    peer((struct os_fake_script){.answers = {OK}});
    struct call call = run_one(true);
    CHECK_EQUAL_INT(call.status, 200);
    CHECK_EQUAL_SPAN(buf_span(&call.answer), SPAN("hi"));
    CHECK_EQUAL_TEXT(os_fake_received(), "GET /x HTTP/1.1\r\nHost: api.test\r\nUser-Agent: unit/1\r\n"
                                         "Accept: application/json\r\nAccept-Encoding: identity\r\n\r\n\n");
    end(&call);
}

static void takes_bytes_one_by_one(void)
{
    begin(0);
    peer((struct os_fake_script){.answers = {OK}, .piece = 1});
    struct call call = run_one(true);
    CHECK_EQUAL_INT(call.status, 200);
    CHECK_EQUAL_SPAN(buf_span(&call.answer), SPAN("hi"));
    end(&call);
}

static void keeps_a_connection(void)
{
    begin(0);
    peer((struct os_fake_script){.answers = {OK, OK, OK}});
    for (int i = 0; i < 3; i++) {
        struct call call = run_one(false);
        CHECK_EQUAL_INT(call.status, 200);
        call_free(&call);
    }
    CHECK_EQUAL_INT(os_fake_connects(), 1);
    CHECK_EQUAL_INT(os_fake_requests(), 3);
    client_close(&client);
}

static void obeys_connection_close(void)
{
    begin(0);
    peer((struct os_fake_script){.answers = {"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n", OK}});
    for (int i = 0; i < 2; i++) {
        struct call call = run_one(true);
        CHECK_EQUAL_INT(call.status, 200);
        call_free(&call);
    }
    CHECK_EQUAL_INT(os_fake_connects(), 2);
    client_close(&client);
}

static void sees_a_kept_connection_end(void)
{
    begin(0);
    peer((struct os_fake_script){.answers = {OK}, .end = OS_FAKE_CLOSE});
    peer((struct os_fake_script){.answers = {OK}});
    for (int i = 0; i < 2; i++) {
        struct call call = run_one(false);
        CHECK_EQUAL_INT(call.status, 200);
        call_free(&call);
    }
    CHECK_EQUAL_INT(os_fake_requests(), 2);
    client_close(&client);
}

/* The peer resets just when the second request arrives. */
static void replaces_a_stale_connection(bool repeatable, int status)
{
    begin(0);
    peer((struct os_fake_script){.answers = {OK, OK}, .reset_on_second_request = true});
    peer((struct os_fake_script){.answers = {OK}});
    struct call first = run_one(true);
    struct call second = run_one(repeatable);
    CHECK_EQUAL_INT(second.status, status);
    CHECK(second.sent);
    CHECK_EQUAL_INT(second.fault.code, status == 0 ? FAULT_CUT : FAULT_NONE);
    call_free(&first);
    end(&second);
}

static void replaces_it_for_a_repeatable_call(void) { replaces_a_stale_connection(true, 200); }
static void does_not_repeat_what_may_have_acted(void) { replaces_a_stale_connection(false, 0); }

static void tries_a_refused_connection_again(void)
{
    begin(4);
    peer((struct os_fake_script){.refuse = true});
    struct call call = run_one(false);
    CHECK_EQUAL_INT(call.fault.code, FAULT_CONNECT);
    CHECK(!call.sent);
    CHECK_EQUAL_INT(os_fake_connects(), 5);
    CHECK_EQUAL_INT(call.tries, 5);
    end(&call);
}

static void gets_through_at_last(void)
{
    begin(4);
    peer((struct os_fake_script){.refuse = true});
    peer((struct os_fake_script){.refuse = true});
    peer((struct os_fake_script){.answers = {OK}});
    struct call call = run_one(false);
    CHECK_EQUAL_INT(call.status, 200);
    CHECK_EQUAL_INT(os_fake_requests(), 1);
    end(&call);
}

static void dead_address_costs_a_quarter_second(void)
{
    begin(0);
    os_fake_name("api.test", "2001:db8::1");
    peer((struct os_fake_script){.address = "2001:db8::1", .connect_after_ms = OS_FAKE_NEVER});
    peer((struct os_fake_script){.answers = {OK}});
    uint64_t began = os_monotonic_ms();
    struct call call = run_one(true);
    CHECK_EQUAL_INT(call.status, 200);
    CHECK_EQUAL_INT(os_monotonic_ms() - began, 250);
    end(&call);
}

static void refused_address_costs_nothing(void)
{
    begin(0);
    os_fake_name("api.test", "2001:db8::1");
    peer((struct os_fake_script){.address = "2001:db8::1", .refuse = true});
    peer((struct os_fake_script){.answers = {OK}});
    uint64_t began = os_monotonic_ms();
    struct call call = run_one(true);
    CHECK_EQUAL_INT(call.status, 200);
    CHECK_EQUAL_INT(os_monotonic_ms() - began, 0);
    end(&call);
}

static void black_hole_ends_at_the_connect_timeout(void)
{
    begin(0);
    peer((struct os_fake_script){.connect_after_ms = OS_FAKE_NEVER});
    uint64_t began = os_monotonic_ms();
    struct call call = run_one(true);
    CHECK_EQUAL_INT(call.fault.code, FAULT_TIMEOUT);
    CHECK_EQUAL_INT(os_monotonic_ms() - began, 10000);
    end(&call);
}

static void silence_ends_a_call(void)
{
    begin(0);
    peer((struct os_fake_script){.answers = {NULL}});
    uint64_t began = os_monotonic_ms();
    struct call call = run_one(true);
    CHECK_EQUAL_INT(call.fault.code, FAULT_TIMEOUT);
    CHECK(call.sent);
    CHECK_EQUAL_INT(os_monotonic_ms() - began, 30000);
    end(&call);
}

static void deadline_ends_everything(void)
{
    begin(4);
    client.settings.deadline_ms = os_monotonic_ms() + 5000;
    peer((struct os_fake_script){.answers = {NULL}});
    uint64_t began = os_monotonic_ms();
    struct call call = run_one(true);
    CHECK_EQUAL_INT(call.fault.code, FAULT_TIMEOUT);
    CHECK(call.sent);
    CHECK_EQUAL_INT(os_monotonic_ms() - began, 5000);
    end(&call);
}

static void interruption_ends_everything(void)
{
    begin(4);
    peer((struct os_fake_script){.answers = {NULL}});
    os_fake_stop_at(os_monotonic_ms() + 700, OS_STOP_TERMINATED);
    struct call call = run_one(true);
    CHECK_EQUAL_INT(call.fault.code, FAULT_TERMINATED);
    CHECK(call.sent);
    end(&call);
}

static void obeys_retry_after(void)
{
    begin(4);
    peer((struct os_fake_script){.answers = {"HTTP/1.1 429 x\r\nRetry-After: 7\r\nContent-Length: 0\r\n\r\n", OK}});
    uint64_t began = os_monotonic_ms();
    struct call call = run_one(false);
    CHECK_EQUAL_INT(call.status, 200);
    CHECK_EQUAL_INT(os_monotonic_ms() - began, 7000);
    end(&call);
}

static void does_not_wait_for_what_comes_too_late(void)
{
    begin(4);
    peer((struct os_fake_script){.answers = {"HTTP/1.1 429 x\r\nRetry-After: 120\r\nContent-Length: 0\r\n\r\n", OK}});
    uint64_t began = os_monotonic_ms();
    struct call call = run_one(false);
    CHECK_EQUAL_INT(call.status, 429);
    CHECK_EQUAL_INT(call.retry_after_seconds, 120);
    CHECK_EQUAL_INT(os_monotonic_ms() - began, 0);
    end(&call);
}

static void repeats_5xx(bool repeatable, int status, int requests)
{
    static const char broken[] = "HTTP/1.1 503 x\r\nContent-Length: 0\r\n\r\n";
    begin(4);
    peer((struct os_fake_script){.answers = {broken}}); /* a connection is not used again after 5xx */
    peer((struct os_fake_script){.answers = {broken}});
    peer((struct os_fake_script){.answers = {OK}});
    struct call call = run_one(repeatable);
    CHECK_EQUAL_INT(call.status, status);
    CHECK_EQUAL_INT(os_fake_requests(), requests);
    end(&call);
}

static void repeats_5xx_of_a_repeatable_call(void) { repeats_5xx(true, 200, 3); }
static void hands_5xx_of_another_to_the_caller(void) { repeats_5xx(false, 503, 1); }

static void never_takes_a_cut_answer(void)
{
    for (size_t cut = 1; cut < sizeof OK - 1; cut++) {
        unit_row("cut after %zu bytes", cut);
        begin(0);
        peer((struct os_fake_script){.answers = {OK}, .cut = cut, .end = cut % 2 == 0 ? OS_FAKE_CLOSE : OS_FAKE_RESET});
        struct call call = run_one(false);
        CHECK_EQUAL_INT(call.status, 0);
        CHECK_EQUAL_INT(call.fault.code, FAULT_CUT);
        CHECK(call.sent);
        CHECK_EQUAL_INT(os_fake_requests(), 1);
        end(&call);
    }
}

static void refuses_a_compressed_answer(void)
{
    begin(4);
    peer((struct os_fake_script){.answers = {"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\nhi"}});
    struct call call = run_one(true);
    CHECK_EQUAL_INT(call.fault.code, FAULT_HTTP_SYNTAX);
    end(&call);
}

static void opens_ahead(void)
{
    struct url other;
    struct fault f = {0};
    begin(0);
    os_fake_name("login.test", "192.0.2.2");
    CHECK(url_parse(SPAN("http://login.test/"), &other, &f));
    peer((struct os_fake_script){.answers = {OK}, .connect_after_ms = 100});
    peer((struct os_fake_script){.address = "192.0.2.2", .answers = {OK}, .connect_after_ms = 100, .answer_after_ms = 100});
    uint64_t began = os_monotonic_ms();
    client_warm(&client, &origin);
    struct call login = call_init("POST", &other);
    buf_put_text(&login.target, "/");
    CHECK(client_call(&client, &login));
    struct call call = run_one(false);
    CHECK_EQUAL_INT(call.status, 200);
    CHECK_EQUAL_INT(os_monotonic_ms() - began, 200);
    CHECK_EQUAL_INT(os_fake_connects(), 2);
    call_free(&login);
    end(&call);
}

static void count_ended(void *context, struct call *call)
{
    CHECK_EQUAL_INT(call->status, 200);
    ++*(unsigned *)context;
}

static void runs_many_over_a_few_connections(void)
{
    struct call calls[CALLS];
    unsigned ended = 0;
    begin(0);
    peer((struct os_fake_script){.answers = {OK, OK, OK, OK}, .end = OS_FAKE_CLOSE, .answer_after_ms = 10});
    for (size_t i = 0; i < CALLS; i++) {
        calls[i] = new_call("POST", false);
        calls[i].ended = count_ended;
        calls[i].context = &ended;
    }
    client_run(&client, calls, CALLS);
    CHECK_EQUAL_INT(ended, CALLS);
    CHECK_EQUAL_INT(os_fake_requests(), CALLS);
    CHECK_EQUAL_INT(os_fake_open_most(), CLIENT_CONNECTIONS_DEFAULT);
    for (size_t i = 0; i < CALLS; i++) {
        call_free(&calls[i]);
    }
    client_close(&client);
}

static void a_secret_with_a_line_end_is_not_sent(void)
{
    struct secret token = {0};
    begin(0);
    peer((struct os_fake_script){.answers = {OK}});
    CHECK(secret_copy(&token, SPAN("abc\r\nX-Evil: 1")));
    struct call call = new_call("GET", true);
    call_add_field(&call, "Authorization", "Bearer ", &token);
    CHECK(!client_call(&client, &call));
    CHECK_EQUAL_INT(call.fault.code, FAULT_USAGE);
    CHECK(!span_contains(span_of(call.fault.text), SPAN("Evil")));
    CHECK_EQUAL_INT(os_fake_requests(), 0);
    secret_free(&token);
    end(&call);
}

static const struct unit_test tests[] = {
    TEST(answers_a_call),
    TEST(takes_bytes_one_by_one),
    TEST(keeps_a_connection),
    TEST(obeys_connection_close),
    TEST(sees_a_kept_connection_end),
    TEST(replaces_it_for_a_repeatable_call),
    TEST(does_not_repeat_what_may_have_acted),
    TEST(tries_a_refused_connection_again),
    TEST(gets_through_at_last),
    TEST(dead_address_costs_a_quarter_second),
    TEST(refused_address_costs_nothing),
    TEST(black_hole_ends_at_the_connect_timeout),
    TEST(silence_ends_a_call),
    TEST(deadline_ends_everything),
    TEST(interruption_ends_everything),
    TEST(obeys_retry_after),
    TEST(does_not_wait_for_what_comes_too_late),
    TEST(repeats_5xx_of_a_repeatable_call),
    TEST(hands_5xx_of_another_to_the_caller),
    TEST(never_takes_a_cut_answer),
    TEST(refuses_a_compressed_answer),
    TEST(opens_ahead),
    TEST(runs_many_over_a_few_connections),
    TEST(a_secret_with_a_line_end_is_not_sent),
};

UNIT_MAIN(tests)
