/*
 * test_client_pace.c - the engine at the API's pace: many calls, 429, no room, interruption; in the time of os_fake.c.
 */
/* links: fake/os_fake.c */
#include "unit.h"

#include "fake/os_fake.h"
#include "net/client.h"

#define OK "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"

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

static void peer(struct os_fake_script script)
{
    script.address = script.address == NULL ? "192.0.2.1" : script.address;
    os_fake_peer(&script);
}

enum { MANY = 1500, MINUTE = 60000 };

static struct call many[MANY];
static uint64_t arrivals[2 * MANY];
static size_t arrived;
static uint64_t answers[MANY];
static size_t answered;

static const char *ok_and_note(const char *request)
{
    (void)request;
    if (arrived < COUNT_OF(arrivals)) {
        arrivals[arrived] = os_monotonic_ms();
    }
    arrived++;
    return OK;
}

static void note_answer(void *context, struct call *call)
{
    (void)context;
    (void)call;
    answers[answered++] = os_monotonic_ms();
}

static const char *throttles_first(const char *request)
{
    return ok_and_note(request) != NULL && arrived <= 9 ? "HTTP/1.1 429 x\r\nRetry-After: 7\r\nContent-Length: 0\r\n\r\n" : OK;
}

/* `count` calls that the API counts, to a peer that answers after latency_ms; the run may take max_ms. */
static void paced(size_t count, uint64_t max_ms, const char *(*respond)(const char *), uint64_t latency_ms)
{
    begin(4);
    client.settings.deadline_ms = os_monotonic_ms() + max_ms;
    arrived = 0;
    answered = 0;
    peer((struct os_fake_script){.respond = respond, .answer_after_ms = latency_ms});
    for (size_t i = 0; i < count; i++) {
        many[i] = new_call("POST", false);
        many[i].paced = true;
    }
}

static size_t count_many(size_t count, int status)
{
    size_t found = 0;
    for (size_t i = 0; i < count; i++) {
        found += many[i].status == status;
    }
    return found;
}

static void end_many(size_t count)
{
    for (size_t i = 0; i < count; i++) {
        call_free(&many[i]);
    }
    client_close(&client);
}

struct pace_row {
    uint64_t latency_ms;
    unsigned most_permille; /* of the time that is possible at all: fourteen minutes, and the last answer */
    unsigned connections;
};

static void fifteen_hundred_take_no_longer_than_they_must(void)
{
    static const struct pace_row rows[] = {{20, 1005, 4}, {300, 1020, 4}, {1200, 1045, 8}, {5000, 1180, 8}};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        unit_row("answers after %u ms", (unsigned)rows[i].latency_ms);
        paced(MANY, 3600000, ok_and_note, rows[i].latency_ms);
        uint64_t began = os_monotonic_ms();
        for (size_t k = 0; k < MANY; k++) {
            many[k].ended = note_answer;
        }
        client_run(&client, many, MANY);
        uint64_t took = os_monotonic_ms() - began;
        uint64_t least = 14 * MINUTE + rows[i].latency_ms;
        CHECK_EQUAL_INT(count_many(MANY, 200), MANY);
        CHECK_EQUAL_INT(arrived, MANY);
        CHECK(took >= least);
        CHECK(took * 1000 <= least * rows[i].most_permille);
        printf("1,500 calls, answers after %u ms: %.3f of the least time, %u connections\n", (unsigned)rows[i].latency_ms,
               (double)took / (double)least, os_fake_open_most());
        CHECK_EQUAL_INT(os_fake_open_most(), rows[i].connections);
        for (size_t k = 100; k < MANY; k++) {
            CHECK(arrivals[k] - answers[k - 100] >= MINUTE); /* whenever the service counts */
        }
        end_many(MANY);
    }
}

static uint64_t first_roomless_ms;

static void note_roomless(void *context, struct call *call)
{
    (void)context;
    if (call->fault.code == FAULT_THROTTLED && first_roomless_ms == 0) {
        first_roomless_ms = os_monotonic_ms();
    }
}

/* Two hundred have room in 100 s: the others are told at once, and from the back. */
static void what_has_no_room_ends_at_once(void)
{
    paced(500, 100000, ok_and_note, 50);
    first_roomless_ms = 0;
    for (size_t i = 0; i < 500; i++) {
        many[i].ended = note_roomless;
    }
    uint64_t began = os_monotonic_ms();
    client_run(&client, many, 500);
    CHECK(first_roomless_ms <= began + 1);
    CHECK_EQUAL_INT(count_many(500, 200), 200);
    for (size_t i = 200; i < 500; i++) {
        CHECK_EQUAL_INT(many[i].fault.code, FAULT_THROTTLED);
        CHECK(!many[i].sent);
    }
    CHECK_EQUAL_INT(arrived, 200);
    CHECK(os_monotonic_ms() < began + 70000);
    end_many(500);
}

/* 429 to the four that are under way; then one asks, again and again, and the rest follow once it is let in. */
static void a_429_is_waited_out(void)
{
    paced(60, 3600000, throttles_first, 50);
    client.settings.outlast = true;
    client.settings.retries = 1;
    client_run(&client, many, 60);
    CHECK_EQUAL_INT(count_many(60, 200), 60);
    CHECK_EQUAL_INT(arrived, 69);
    for (size_t i = 5; i < 10; i++) {
        unit_row("%zu", i);
        CHECK(arrivals[i] - arrivals[i - 1] >= 7000); /* probes */
    }
    end_many(60);
}

static void without_that_a_429_uses_up_tries(void)
{
    paced(1, 3600000, throttles_first, 50);
    client.settings.retries = 1;
    client_run(&client, many, 1);
    CHECK_EQUAL_INT(many[0].status, 429);
    CHECK_EQUAL_INT(arrived, 2);
    end_many(1);
}

/* Somebody stops it: no more begins, and what has begun gets its answer. */
static void interruption_lets_answers_come(void)
{
    paced(50, 3600000, ok_and_note, 2000);
    uint64_t began = os_monotonic_ms();
    os_fake_stop_at(began + 3000, OS_STOP_INTERRUPTED);
    client_run(&client, many, 50);
    CHECK_EQUAL_INT(count_many(50, 200), 12); /* slow answers: eight connections after the first four */
    CHECK_EQUAL_INT(arrived, 12);
    for (size_t i = 12; i < 50; i++) {
        CHECK_EQUAL_INT(many[i].fault.code, FAULT_INTERRUPTED);
        CHECK(!many[i].sent);
    }
    CHECK(os_monotonic_ms() < began + 3000 + CLIENT_STOP_MS);
    end_many(50);
}

static void interruption_while_the_pace_is_waited_for(void)
{
    paced(150, 3600000, ok_and_note, 10);
    uint64_t began = os_monotonic_ms();
    os_fake_stop_at(began + 30000, OS_STOP_TERMINATED);
    client_run(&client, many, 150);
    CHECK_EQUAL_INT(os_monotonic_ms(), began + 30000);
    CHECK_EQUAL_INT(count_many(150, 200), 100);
    CHECK_EQUAL_INT(many[120].fault.code, FAULT_TERMINATED);
    end_many(150);
}

static const char *dies_now_and_then(const char *request)
{
    (void)ok_and_note(request);
    return arrived % 7 == 3 ? NULL : OK;
}

/* What may be repeated gets through, and every try counts. */
static void connections_that_die_count_as_calls(void)
{
    paced(300, 3600000, dies_now_and_then, 20);
    for (size_t i = 0; i < 300; i++) {
        many[i].repeatable = true;
    }
    client_run(&client, many, 300);
    CHECK_EQUAL_INT(count_many(300, 200), 300);
    CHECK(arrived > 340);
    for (size_t k = 100; k < arrived; k++) {
        CHECK(arrivals[k] - arrivals[k - 100] >= MINUTE);
    }
    end_many(300);
}

static unsigned ticks;

static void count_tick(void *context)
{
    (void)context;
    ticks++;
}

static void ticks_once_a_second(void)
{
    paced(150, 3600000, ok_and_note, 10);
    ticks = 0;
    client_set_tick(&client, count_tick, NULL);
    client_run(&client, many, 150);
    CHECK(ticks >= 55 && ticks <= 63);
    end_many(150);
}

static const struct unit_test tests[] = {
    TEST(fifteen_hundred_take_no_longer_than_they_must),
    TEST(what_has_no_room_ends_at_once),
    TEST(a_429_is_waited_out),
    TEST(without_that_a_429_uses_up_tries),
    TEST(interruption_lets_answers_come),
    TEST(interruption_while_the_pace_is_waited_for),
    TEST(connections_that_die_count_as_calls),
    TEST(ticks_once_a_second),
};

UNIT_MAIN(tests)
