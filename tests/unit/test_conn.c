/*
 * test_conn.c - net/conn: one connection, state by state, over scripted peers: opening, one exchange, time-outs, ends.
 */
/* links: fake/os_fake.c */
#include "unit.h"

#include "base/trace.h"
#include "fake/os_fake.h"
#include "net/conn.h"

#define OK "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"
#define HEAD_IN_FRONT "\r\nHost: api.test\r\nUser-Agent: unit/1\r\nAccept: application/json\r\nAccept-Encoding: identity\r\n"

enum { ITEMS = 32, STEPS_MAX = 5000, TRACE_SIZE = 16 * 1024, BEGAN_MS = 1000, OPEN_MS = 10000, REQUEST_BODY_MAX = 512 * 1024 };

static struct conn_settings settings;
static struct dns dns;
static struct url origin;
static struct conn conn;
static struct call call;
static char traced[TRACE_SIZE];
static size_t traced_size;

static void begin(struct os_fake_script script)
{
    struct fault f = {0};
    os_fake_reset();
    os_fake_name("api.test", "192.0.2.1");
    script.address = "192.0.2.1";
    os_fake_peer(&script);
    settings = (struct conn_settings){.dns = &dns, .connect_timeout_ms = OPEN_MS};
    CHECK(url_parse(SPAN("http://api.test/"), &origin, &f));
    call = call_init("GET", &origin);
    buf_put_text(&call.target, "/x");
    conn_open(&conn, &origin, &settings, os_monotonic_ms());
}

static void end(void)
{
    conn_close(&conn);
    dns_close(&dns);
    call_free(&call);
    CHECK_EQUAL_INT(conn.state, CONN_CLOSED);
    CHECK(conn.stream == NULL && conn.call == NULL && conn.out.at == NULL && conn.reader.head.at == NULL);
}

/* Step until the state is not `from` any more, or nothing more will ever happen. */
static void go_on(enum conn_state from)
{
    for (int i = 0; i < STEPS_MAX; i++) {
        struct os_poll_item items[ITEMS];
        conn_step(&conn, &settings, os_monotonic_ms());
        uint64_t wakes = conn_wakes_ms(&conn);
        if (conn.state != from || wakes == UINT64_MAX) {
            return;
        }
        os_poll(items, conn_poll(&conn, items, ITEMS), wakes > os_monotonic_ms() ? wakes - os_monotonic_ms() : 0);
    }
}

static void open_up(void)
{
    go_on(CONN_RESOLVE);
    go_on(CONN_CONNECT);
    CHECK_EQUAL_INT(conn.state, CONN_READY);
}

static void begin_exchange(void)
{
    struct fault f = {0};
    conn.call = &call;
    CHECK(conn_begin(&conn, "unit/1", os_monotonic_ms(), &f));
    CHECK_EQUAL_INT(conn.state, CONN_SEND);
    CHECK(!conn.request_sent);
}

static void ask(void)
{
    begin_exchange();
    go_on(CONN_SEND);
    go_on(CONN_RECEIVE);
}

/* Open, ask, and see it fail. */
static void check_failure(struct os_fake_script script, enum fault_code code, const char *text)
{
    begin(script);
    open_up();
    ask();
    CHECK_EQUAL_INT(conn.state, CONN_FAILED);
    CHECK_EQUAL_INT(conn.fault.code, code);
    CHECK(text == NULL || strcmp(conn.fault.text, text) == 0);
    CHECK(conn.request_sent);
    CHECK_EQUAL_INT(conn_wakes_ms(&conn), UINT64_MAX);
    end();
}

/* ---- opening ---- */

static void opens(void)
{
    struct os_poll_item items[ITEMS];
    begin((struct os_fake_script){.connect_after_ms = 300});
    CHECK_EQUAL_INT(conn.state, CONN_RESOLVE);
    CHECK_EQUAL_TEXT(conn_doing_now(&conn), "looking up the name");
    CHECK_EQUAL_INT(conn_poll(&conn, items, ITEMS), 0);
    conn_step(&conn, &settings, os_monotonic_ms());
    CHECK_EQUAL_INT(conn.state, CONN_CONNECT);
    CHECK_EQUAL_TEXT(conn_doing_now(&conn), "connecting");
    CHECK_EQUAL_INT(conn_poll(&conn, items, ITEMS), 1);
    CHECK(items[0].want_write);
    CHECK_EQUAL_INT(conn_wakes_ms(&conn), BEGAN_MS + OPEN_MS);
    go_on(CONN_CONNECT);
    CHECK_EQUAL_INT(conn.state, CONN_READY);
    CHECK_EQUAL_TEXT(conn_doing_now(&conn), "idle");
    CHECK_EQUAL_INT(conn_wakes_ms(&conn), UINT64_MAX);
    conn_step(&conn, &settings, BEGAN_MS + 1000 * (uint64_t)OPEN_MS);
    CHECK_EQUAL_INT(conn.state, CONN_READY);
    CHECK_EQUAL_INT(conn_poll(&conn, items, ITEMS), 1);
    CHECK(items[0].want_read && !items[0].want_write);
    CHECK_EQUAL_INT(conn_poll(&conn, items, 0), 0);
    end();
    CHECK_EQUAL_INT(conn_wakes_ms(&conn), UINT64_MAX);
    CHECK_EQUAL_INT(conn_poll(&conn, items, ITEMS), 0);
}

static void wakes_for_the_next_address(void)
{
    begin((struct os_fake_script){.connect_after_ms = OS_FAKE_NEVER});
    os_fake_name("api.test", "192.0.2.2");
    conn_step(&conn, &settings, os_monotonic_ms());
    CHECK_EQUAL_INT(conn_wakes_ms(&conn), BEGAN_MS + TCP_ATTEMPT_DELAY_MS);
    end();
}

static void check_not_opened(enum fault_code code, const char *text)
{
    go_on(CONN_RESOLVE);
    CHECK_EQUAL_INT(conn.state, CONN_FAILED);
    CHECK_EQUAL_INT(conn.fault.code, code);
    CHECK_EQUAL_TEXT(conn.fault.text, text);
    CHECK(!conn.request_sent);
    end();
}

static void fails_without_a_name(void)
{
    struct fault f = {0};
    begin((struct os_fake_script){.answers = {OK}});
    conn_close(&conn);
    CHECK(url_parse(SPAN("http://unknown.test:81/"), &origin, &f));
    conn_open(&conn, &origin, &settings, os_monotonic_ms());
    check_not_opened(FAULT_NAME, "unknown.test:81: no name server is known: no --dns, and no nameserver line in /etc/resolv.conf");
}

static void fails_when_refused(void)
{
    begin((struct os_fake_script){.refuse = true});
    check_not_opened(FAULT_CONNECT, "api.test: 192.0.2.1: Connection refused");
}

static void connecting_has_an_end(void)
{
    begin((struct os_fake_script){.connect_after_ms = OS_FAKE_NEVER});
    conn_step(&conn, &settings, BEGAN_MS + OPEN_MS - 1);
    CHECK_EQUAL_INT(conn.state, CONN_CONNECT);
    conn_step(&conn, &settings, BEGAN_MS + OPEN_MS);
    CHECK_EQUAL_INT(conn.state, CONN_FAILED);
    CHECK_EQUAL_INT(conn.fault.code, FAULT_TIMEOUT);
    CHECK_EQUAL_TEXT(conn.fault.text, "api.test: time-out (connecting)");
    end();
}

/* ---- the request ---- */

struct request_row {
    const char *method, *content_type, *body;
    bool secret_body, field;
    const char *wanted;
};

static const struct request_row requests[] = {
    {"GET", NULL, "", false, false, "GET /x HTTP/1.1" HEAD_IN_FRONT "\r\n\n"},
    {"GET", NULL, "", false, true, "GET /x HTTP/1.1" HEAD_IN_FRONT "Authorization: Bearer hush-hush\r\n\r\n\n"},
    {"POST", "application/json", "", false, false,
     "POST /x HTTP/1.1" HEAD_IN_FRONT "Content-Type: application/json\r\nContent-Length: 0\r\n\r\n\n"},
    {"POST", "application/json", "{}", false, true,
     "POST /x HTTP/1.1" HEAD_IN_FRONT
     "Authorization: Bearer hush-hush\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}\n"},
    {"POST", "text/plain", "not this", true, false,
     "POST /x HTTP/1.1" HEAD_IN_FRONT "Content-Type: text/plain\r\nContent-Length: 9\r\n\r\nhush-hush\n"},
};

static void take_line(struct span line)
{
    if (line.size + 1 < sizeof traced - traced_size) {
        memcpy(traced + traced_size, line.at, line.size);
        traced_size += line.size;
        traced[traced_size++] = '\n';
    }
}

static void requests_are_written(void)
{
    struct secret secret = {0};
    CHECK(secret_copy(&secret, SPAN("hush-hush")));
    trace_open(TRACE_BYTES, take_line);
    for (size_t i = 0; i < COUNT_OF(requests); i++) {
        unit_row("request %zu", i);
        traced_size = 0;
        begin((struct os_fake_script){.answers = {OK}, .piece = i % 2});
        call.method = requests[i].method;
        call.content_type = requests[i].content_type;
        call.body = span_of(requests[i].body);
        call.secret_body = requests[i].secret_body ? &secret : NULL;
        call.answer_is_secret = requests[i].secret_body;
        if (requests[i].field) {
            call_add_field(&call, "Authorization", "Bearer ", &secret);
        }
        open_up();
        ask();
        CHECK_EQUAL_INT(conn.state, CONN_ANSWERED);
        CHECK_EQUAL_TEXT(os_fake_received(), requests[i].wanted);
        CHECK(conn.out.at == NULL);
        CHECK(traced_size > 0 && !span_contains(span_make(traced, traced_size), SPAN("hush")));
        CHECK(span_contains(span_make(traced, traced_size), SPAN("> Accept: application/json")));
        CHECK_EQUAL_INT(span_contains(span_make(traced, traced_size), SPAN("< hi")), !call.answer_is_secret);
        end();
    }
    trace_open(TRACE_OFF, NULL);
    secret_free(&secret);
}

/* conn_begin refuses; nothing was sent and the connection may still be used. */
static void check_refused(enum fault_code code)
{
    struct fault f = {0};
    conn.call = &call;
    CHECK(!conn_begin(&conn, "unit/1", os_monotonic_ms(), &f));
    CHECK_EQUAL_INT(f.code, code);
    CHECK_EQUAL_INT(conn.state, CONN_READY);
    CHECK_EQUAL_INT(os_fake_requests(), 0);
    CHECK(conn.out.at == NULL);
    end();
}

static void open_for_refusal(void)
{
    begin((struct os_fake_script){.answers = {OK}});
    open_up();
}

struct refusal_row {
    const char *method, *target, *field, *value;
    enum fault_code code;
};

static const struct refusal_row refusals[] = {
    {"GE T", "/x", "X-Name", "a", FAULT_INTERNAL},          {"GET", "", "X-Name", "a", FAULT_INTERNAL},
    {"GET", "/x\r\nX: 1", "X-Name", "a", FAULT_INTERNAL},   {"GET", "/x", "X-Name", "a\nb", FAULT_USAGE},
    {"GET", "/x", "X Name", "a", FAULT_USAGE},
};

static void bad_requests_are_not_sent(void)
{
    for (size_t i = 0; i < COUNT_OF(refusals); i++) {
        unit_row("request %zu", i);
        open_for_refusal();
        call.method = refusals[i].method;
        buf_clear(&call.target);
        buf_put_text(&call.target, refusals[i].target);
        call_add_field(&call, refusals[i].field, refusals[i].value, NULL);
        check_refused(refusals[i].code);
    }
}

static void a_cut_target_is_not_sent(void)
{
    open_for_refusal();
    buf_put_text(&call.target, "/y");
    while (!call.target.failed) {
        buf_put_text(&call.target, "0123456789");
    }
    check_refused(FAULT_MEMORY);
}

/* Open, and give the call a body of n bytes; more than 99999, so that the head is always as long. */
static void open_with_body(size_t n)
{
    static char body[REQUEST_BODY_MAX];
    memset(body, 'x', sizeof body);
    open_for_refusal();
    call.content_type = "text/plain";
    call.body = span_make(body, n);
}

static void a_request_has_a_ceiling(void)
{
    open_with_body(100000);
    begin_exchange();
    size_t most = REQUEST_BODY_MAX - (conn.out.size - 100000);
    end();
    for (size_t n = most - 1; n <= most; n++) {
        open_with_body(n);
        begin_exchange();
        CHECK_EQUAL_INT(conn.out.size, REQUEST_BODY_MAX - most + n);
        end();
    }
    open_with_body(most + 1);
    check_refused(FAULT_MEMORY);
}

/* ---- the answer ---- */

static void is_kept_for_another(void)
{
    begin((struct os_fake_script){.answers = {OK, OK}, .answer_after_ms = 50});
    open_up();
    for (unsigned i = 1; i <= 2; i++) {
        ask();
        CHECK_EQUAL_INT(conn.state, CONN_ANSWERED);
        CHECK_EQUAL_INT(conn.reader.status, 200);
        CHECK_EQUAL_SPAN(buf_span(&conn.reader.body), SPAN("hi"));
        CHECK(conn.request_sent);
        conn_finish(&conn);
        CHECK_EQUAL_INT(conn.state, CONN_READY);
        CHECK(conn.call == NULL);
        CHECK_EQUAL_INT(conn.answered, i);
    }
    CHECK_EQUAL_INT(os_fake_connects(), 1);
    end();
}

static const char *const not_kept[] = {
    "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nhi",
    "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nhi",
    OK "x",
    OK OK,
};

static void is_not_kept(void)
{
    for (size_t i = 0; i < COUNT_OF(not_kept); i++) {
        unit_row("answer %zu", i);
        begin((struct os_fake_script){.answers = {not_kept[i]}});
        open_up();
        ask();
        CHECK_EQUAL_INT(conn.state, CONN_ANSWERED);
        CHECK_EQUAL_SPAN(buf_span(&conn.reader.body), SPAN("hi"));
        conn_finish(&conn);
        CHECK_EQUAL_INT(conn.state, CONN_CLOSED);
        end();
    }
}

static void lost_answers(void)
{
    check_failure((struct os_fake_script){.answers = {""}, .end = OS_FAKE_CLOSE}, FAULT_CUT, "api.test: closed without an answer");
    check_failure((struct os_fake_script){.answers = {""}, .end = OS_FAKE_RESET}, FAULT_CUT, "api.test: Connection reset by peer");
    check_failure((struct os_fake_script){.answers = {OK}, .cut = sizeof OK - 2, .end = OS_FAKE_CLOSE}, FAULT_CUT, NULL);
    check_failure((struct os_fake_script){.answers = {"HTTP/1.1 200 OK\r\n\r\nhi"}, .end = OS_FAKE_CLOSE}, FAULT_CUT, NULL);
    check_failure((struct os_fake_script){.answers = {"SSH-2.0-x\r\n"}}, FAULT_HTTP_SYNTAX, NULL);
}

static void an_answer_has_a_ceiling(void)
{
    for (size_t most = 1; most <= 3; most++) {
        unit_row("%zu bytes", most);
        begin((struct os_fake_script){.answers = {OK}});
        call.answer_max = most;
        open_up();
        ask();
        CHECK_EQUAL_INT(conn.state, most < 2 ? CONN_FAILED : CONN_ANSWERED);
        CHECK_EQUAL_INT(conn.fault.code, most < 2 ? FAULT_TOO_LARGE : FAULT_NONE);
        end();
    }
}

static void silence_has_an_end(void)
{
    begin((struct os_fake_script){.answers = {NULL}});
    open_up();
    begin_exchange();
    conn_step(&conn, &settings, BEGAN_MS + 5);
    CHECK_EQUAL_INT(conn.state, CONN_RECEIVE);
    CHECK_EQUAL_TEXT(conn_doing_now(&conn), "waiting for the answer");
    CHECK_EQUAL_INT(conn_wakes_ms(&conn), BEGAN_MS + 5 + CONN_SILENCE_MS);
    conn_step(&conn, &settings, BEGAN_MS + 5 + CONN_SILENCE_MS - 1);
    CHECK_EQUAL_INT(conn.state, CONN_RECEIVE);
    conn_step(&conn, &settings, BEGAN_MS + 5 + CONN_SILENCE_MS);
    CHECK_EQUAL_INT(conn.state, CONN_FAILED);
    CHECK_EQUAL_INT(conn.fault.code, FAULT_TIMEOUT);
    CHECK_EQUAL_TEXT(conn.fault.text, "api.test: time-out (waiting for the answer)");
    end();
}

/* A first part of the answer gives it CONN_SILENCE_MS again. */
static void bytes_break_the_silence(void)
{
    begin((struct os_fake_script){.answers = {OK}, .cut = 20});
    open_up();
    begin_exchange();
    conn_step(&conn, &settings, BEGAN_MS + 20000);
    CHECK_EQUAL_INT(conn_wakes_ms(&conn), BEGAN_MS + 20000 + CONN_SILENCE_MS);
    conn_step(&conn, &settings, BEGAN_MS + 20000 + CONN_SILENCE_MS);
    CHECK_EQUAL_INT(conn.state, CONN_FAILED);
    CHECK_EQUAL_INT(conn.fault.code, FAULT_TIMEOUT);
    end();
}

/* ---- a kept connection ---- */

static void look(struct os_fake_script script, enum conn_state wanted)
{
    begin(script);
    open_up();
    ask();
    CHECK_EQUAL_INT(conn.state, CONN_ANSWERED);
    conn_finish(&conn);
    CHECK_EQUAL_INT(conn.state, CONN_READY);
    conn_look(&conn);
    CHECK_EQUAL_INT(conn.state, wanted);
    end();
}

static void sees_what_became_of_it(void)
{
    look((struct os_fake_script){.answers = {OK}}, CONN_READY);
    look((struct os_fake_script){.answers = {OK}, .end = OS_FAKE_CLOSE}, CONN_CLOSED);
    look((struct os_fake_script){.answers = {OK}, .end = OS_FAKE_RESET}, CONN_CLOSED);
    look((struct os_fake_script){.answers = {OK "more"}, .piece = sizeof OK - 1}, CONN_CLOSED);
    conn_look(&conn); /* a closed one is left alone */
    CHECK_EQUAL_INT(conn.state, CONN_CLOSED);
}

static void a_stale_one_is_a_cut(void)
{
    begin((struct os_fake_script){.answers = {OK, OK}, .reset_on_second_request = true});
    open_up();
    ask();
    conn_finish(&conn);
    ask();
    CHECK_EQUAL_INT(conn.state, CONN_FAILED);
    CHECK_EQUAL_INT(conn.fault.code, FAULT_CUT);
    CHECK(!conn.reader.started);
    end();
}

struct origin_row {
    const char *url;
    bool same;
};

static const struct origin_row origins[] = {
    {"http://api.test/", true},       {"http://API.test:80/y?z", true}, {"http://api.test:81/", false},
    {"https://api.test/", false},     {"https://api.test:80/", false},  {"http://api.tes/", false},
    {"http://api.test.test/", false},
};

static void is_for_one_origin(void)
{
    begin((struct os_fake_script){.answers = {OK}});
    for (size_t i = 0; i < COUNT_OF(origins); i++) {
        struct url other;
        struct fault f = {0};
        unit_row("%s", origins[i].url);
        CHECK(url_parse(span_of(origins[i].url), &other, &f));
        CHECK_EQUAL_INT(conn_is_for(&conn, &other), origins[i].same);
    }
    conn_close(&conn);
    CHECK(!conn_is_for(&conn, &origin));
    end();
}

static const struct unit_test tests[] = {
    TEST(opens),
    TEST(wakes_for_the_next_address),
    TEST(fails_without_a_name),
    TEST(fails_when_refused),
    TEST(connecting_has_an_end),
    TEST(requests_are_written),
    TEST(bad_requests_are_not_sent),
    TEST(a_cut_target_is_not_sent),
    TEST(a_request_has_a_ceiling),
    TEST(is_kept_for_another),
    TEST(is_not_kept),
    TEST(lost_answers),
    TEST(an_answer_has_a_ceiling),
    TEST(silence_has_an_end),
    TEST(bytes_break_the_silence),
    TEST(sees_what_became_of_it),
    TEST(a_stale_one_is_a_cut),
    TEST(is_for_one_origin),
};

UNIT_MAIN(tests)
