/*
 * test_pace.c - net/pace: two windows that no server can see overrun, whenever it counts; holds after 429; Retry-After in both forms, and
 * delays that grow between their bounds.
 */
/* links: fake/os_fake.c */
#include "unit.h"

#include "fake/os_fake.h"
#include "net/pace.h"

#include <stdlib.h>

enum { NOW = 784111777, DRAWS = 2000, UNTOUCHED = 4711, YEAR_AND_A_DAY = 366 * 24 * 3600 }; /* NOW: Sun, 06 Nov 1994 08:49:37 GMT */

struct retry_row {
    const char *value;
    bool good;
    uint64_t seconds;
};

static const struct retry_row retries[] = {
    {"0", true, 0},
    {"1", true, 1},
    {"007", true, 7},
    {"120", true, 120},
    {"31622399", true, YEAR_AND_A_DAY - 1},
    {"31622400", true, YEAR_AND_A_DAY},
    {"31622401", true, YEAR_AND_A_DAY},
    {"18446744073709551615", true, YEAR_AND_A_DAY},
    {"18446744073709551616", true, YEAR_AND_A_DAY},
    {"99999999999999999999999999999999", true, YEAR_AND_A_DAY},
    {"Sun, 06 Nov 1994 08:49:36 GMT", true, 0},
    {"Sun, 06 Nov 1994 08:49:37 GMT", true, 0},
    {"Sun, 06 Nov 1994 08:49:38 GMT", true, 1},
    {"Sunday, 06-Nov-94 08:50:37 GMT", true, 60},
    {"Sun Nov  6 09:49:37 1994", true, 3600},
    {"Thu, 01 Jan 1970 00:00:00 GMT", true, 0},
    {"", false, UNTOUCHED},
    {" ", false, UNTOUCHED},
    {" 7", false, UNTOUCHED},
    {"7 ", false, UNTOUCHED},
    {"-1", false, UNTOUCHED},
    {"+1", false, UNTOUCHED},
    {"1.5", false, UNTOUCHED},
    {"7s", false, UNTOUCHED},
    {"0x10", false, UNTOUCHED},
    {"1,2", false, UNTOUCHED},
    {"soon", false, UNTOUCHED},
    {"1994-11-06T08:49:38Z", false, UNTOUCHED},
    {"Sun, 06 Nov 1994 08:49:38", false, UNTOUCHED},
    {"Sun, 31 Feb 1994 08:49:38 GMT", false, UNTOUCHED},
};

static void retry_after(void)
{
    for (size_t i = 0; i < COUNT_OF(retries); i++) {
        uint64_t seconds = UNTOUCHED;
        unit_row("%s", retries[i].value);
        CHECK_EQUAL_INT(pace_read_retry_after(unit_edge(span_of(retries[i].value)), NOW, &seconds), retries[i].good);
        CHECK_EQUAL_INT(seconds, retries[i].seconds);
    }
}

struct delay_row {
    unsigned tries;
    bool throttled;
    uint64_t most_ms;
};

static const struct delay_row delays[] = {
    {1, false, 250},   {2, false, 500},   {3, false, 1000},   {4, false, 2000},    {5, false, 4000},
    {6, false, 8000},  {7, false, 8000},  {1000, false, 8000}, {~0u, false, 8000}, {1, true, 2000},
    {2, true, 4000},   {3, true, 8000},   {4, true, 16000},   {5, true, 32000},    {6, true, 60000},
    {7, true, 60000},  {1000, true, 60000}, {~0u, true, 60000},
};

/* Every draw lies between one half and the whole, and the draws together use both ends of that. */
static void delays_grow_within_bounds(void)
{
    for (size_t i = 0; i < COUNT_OF(delays); i++) {
        uint64_t least = UINT64_MAX;
        uint64_t most = 0;
        os_fake_reset();
        unit_row("try %u%s", delays[i].tries, delays[i].throttled ? ", throttled" : "");
        for (int draw = 0; draw < DRAWS; draw++) {
            uint64_t delay = pace_backoff_ms(delays[i].tries, delays[i].throttled);
            least = delay < least ? delay : least;
            most = delay > most ? delay : most;
        }
        CHECK(least >= delays[i].most_ms / 2);
        CHECK(least <= delays[i].most_ms / 2 + delays[i].most_ms / 50);
        CHECK(most <= delays[i].most_ms);
        CHECK(most >= delays[i].most_ms - delays[i].most_ms / 50);
    }
}

/* ---- the two windows ---- */

struct limits_row {
    const char *text;
    unsigned minute, hour; /* 0, 0: it is none */
};

static const struct limits_row limits_rows[] = {
    {"100/min,1500/h", 100, 1500}, {"1500/h,100/min", 100, 1500}, {"7/min", 7, 0}, {"7/h", 0, 7},
    {"1000000/min,1000000/h", 1000000, 1000000}, {"1/min,1/h", 1, 1},
    {"", 0, 0}, {"100", 0, 0}, {"/min", 0, 0}, {"0/min", 0, 0}, {"100/min,0/h", 0, 0}, {"1000001/h", 0, 0}, {"-1/min", 0, 0},
    {"1/min,", 0, 0}, {",1/min", 0, 0}, {"1/min,2/min", 0, 0}, {"1/min,2/h,3/h", 0, 0}, {"1/s", 0, 0}, {"1/minute", 0, 0},
    {"1 /min", 0, 0}, {"1/min, 2/h", 0, 0}, {"1/MIN", 0, 0}, {"99999999999999999999/h", 0, 0}, {"1.5/min", 0, 0},
};

static void limits(void)
{
    for (size_t i = 0; i < COUNT_OF(limits_rows); i++) {
        const struct limits_row *row = &limits_rows[i];
        struct pace_limits read = {1234, 5678};
        bool good = row->minute + row->hour > 0;
        unit_row("%s", row->text);
        CHECK_EQUAL_INT(pace_read_limits(unit_edge(span_of(row->text)), &read), good);
        CHECK_EQUAL_INT(read.minute, good ? row->minute : 1234);
        CHECK_EQUAL_INT(read.hour, good ? row->hour : 5678);
    }
}

enum { SIM_CALLS = 900, SIM_CONNECTIONS = 8, SIM_MINUTE = 60000, SIM_HOUR = 3600000 };

static uint64_t began[SIM_CALLS], ended[SIM_CALLS], arrived[SIM_CALLS];

static int by_time(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a;
    uint64_t y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

static unsigned chance(unsigned *state, unsigned below)
{
    *state = *state * 1103515245 + 12345;
    return (*state >> 8) % below;
}

/* Calls with answers that take up to latency_ms, over a few connections, now and then a rest. Returns when the last one ended. */
static uint64_t simulate(const struct pace_limits *l, unsigned latency_ms, bool rests, unsigned *state)
{
    struct pace p = {.limits = *l};
    struct fault f = {0};
    uint64_t busy[SIM_CONNECTIONS] = {0}; /* when its answer comes; 0: idle */
    uint64_t now = 5;
    size_t next = 0, under_way = 0;
    CHECK(pace_open(&p, &f));
    while (next < SIM_CALLS || under_way > 0) {
        uint64_t wait = next < SIM_CALLS ? pace_wait_ms(&p, now) : UINT64_MAX;
        uint64_t wakes = wait == UINT64_MAX ? UINT64_MAX : now + wait;
        for (size_t i = 0; i < SIM_CONNECTIONS; i++) {
            if (busy[i] != 0 && busy[i] <= now) {
                pace_end(&p, now, true);
                busy[i] = 0;
                under_way--;
            }
            if (busy[i] == 0 && next < SIM_CALLS && pace_wait_ms(&p, now) == 0) {
                pace_begin(&p);
                busy[i] = now + 1 + chance(state, latency_ms);
                began[next] = now;
                ended[next++] = busy[i];
                under_way++;
            }
            wakes = busy[i] != 0 && (busy[i] < wakes || wakes <= now) ? busy[i] : wakes;
        }
        now = wakes > now && wakes != UINT64_MAX ? wakes : now + 1;
        now += rests && chance(state, 50) == 0 ? chance(state, 90000) : 0;
    }
    pace_close(&p);
    return now;
}

/* A server that counts in sliding windows, each call at some moment between its beginning and its answer. */
static size_t most_in_window(uint64_t window, unsigned where, unsigned *state)
{
    size_t most = 0;
    size_t first = 0;
    for (size_t i = 0; i < SIM_CALLS; i++) {
        uint64_t range = ended[i] - began[i];
        arrived[i] = where == 0 ? began[i] : where == 1 ? ended[i] : began[i] + chance(state, (unsigned)range + 1);
    }
    qsort(arrived, SIM_CALLS, sizeof *arrived, by_time);
    for (size_t i = 0; i < SIM_CALLS; i++) {
        while (arrived[i] - arrived[first] >= window) {
            first++;
        }
        most = i - first + 1 > most ? i - first + 1 : most;
    }
    return most;
}

static void no_server_sees_too_many(void)
{
    static const struct pace_limits rows[] = {{100, 1500}, {10, 60}, {1, 1000}, {7, 7}, {50, 20}, {300, 310}};
    static const unsigned latencies[] = {1, 300, 5000, 100000};
    unsigned state = 4711;
    for (size_t i = 0; i < COUNT_OF(rows) * COUNT_OF(latencies) * 2; i++) {
        const struct pace_limits *l = &rows[i / 2 % COUNT_OF(rows)];
        unsigned latency = latencies[i / 2 / COUNT_OF(rows)];
        unit_row("%u/min,%u/h, answers up to %u ms%s", l->minute, l->hour, latency, i % 2 ? ", rests" : "");
        (void)simulate(l, latency, i % 2 != 0, &state);
        for (unsigned where = 0; where < 5; where++) {
            CHECK(most_in_window(SIM_MINUTE, where, &state) <= l->minute);
            CHECK(most_in_window(SIM_HOUR, where, &state) <= l->hour);
        }
    }
}

/* And does not dawdle: against what is possible at all. */
static void no_time_is_wasted(void)
{
    unsigned state = 1;
    uint64_t took = simulate(&(struct pace_limits){100, 1500}, 400, false, &state);
    CHECK(took >= 8 * SIM_MINUTE);
    CHECK(took <= 8 * SIM_MINUTE + 8 * SIM_MINUTE * 3 / 100);
}

struct least_row {
    unsigned minute, hour;
    size_t calls;
    uint64_t least_ms;
};

static const struct least_row least_rows[] = {
    {0, 0, 0, 0},           {0, 0, 1, 0},         {0, 0, 100, 0},          {0, 0, 101, 60060},       {0, 0, 200, 60060},
    {0, 0, 1500, 840840},   {0, 0, 1501, 3603600}, {0, 0, 1601, 3663660},  {0, 0, 3000, 4444440},    {0, 0, 3001, 7207200},
    {10, 10000, 101, 600600}, {100, 50, 101, 7207200},
};

static void least_time(void)
{
    for (size_t i = 0; i < COUNT_OF(least_rows); i++) {
        const struct least_row *row = &least_rows[i];
        uint64_t last;
        struct pace p = {.limits = {row->minute, row->hour}};
        unit_row("%zu calls", row->calls);
        CHECK_EQUAL_INT(pace_least_ms(&p.limits, row->calls), row->least_ms);
        CHECK_EQUAL_INT(pace_room(&p, 7, 7 + row->least_ms, row->calls, &last), row->calls);
        CHECK_EQUAL_INT(last, 7 + row->least_ms);
        if (row->least_ms > 0) {
            CHECK(pace_room(&p, 7, 6 + row->least_ms, row->calls, &last) < row->calls);
        }
    }
}

static struct pace new_pace(unsigned minute, unsigned hour)
{
    struct pace p = {.limits = {minute, hour}};
    struct fault f = {0};
    CHECK(pace_open(&p, &f));
    return p;
}

static void calls_of_an_earlier_run_count(void)
{
    struct pace p = new_pace(3, 5);
    pace_note_past(&p, 1000, 9 * SIM_HOUR);
    pace_note_past(&p, 1000, SIM_HOUR / 2);  /* before this machine was started */
    pace_note_past(&p, 1000, 50000);
    pace_note_past(&p, 1000, 20000);
    CHECK_EQUAL_INT(pace_free(&p, 1000, 9), 1);
    pace_begin(&p);
    CHECK_EQUAL_INT(pace_wait_ms(&p, 1000), 10060);
    pace_end(&p, 1000, false);
    CHECK_EQUAL_INT(pace_wait_ms(&p, 1000), 0);
    pace_begin(&p);
    pace_end(&p, 1000, true);
    CHECK_EQUAL_INT(pace_rate(&p, 1000), 3);
    pace_begin(&p);
    CHECK_EQUAL_INT(pace_wait_ms(&p, 61100), SIM_HOUR / 2 + SIM_HOUR / 1000 - 60100); /* the hour is full */
    pace_close(&p);
}

static void a_429_holds_all_and_is_probed(void)
{
    struct pace p = new_pace(100, 1500);
    os_fake_reset();
    pace_begin(&p);
    pace_begin(&p);
    pace_end(&p, 100, true);
    pace_refuse(&p, 50, 100, true, 5000, false);
    CHECK_EQUAL_INT(pace_wait_ms(&p, 100), UINT64_MAX); /* the other one may tell more */
    pace_end(&p, 200, true);
    pace_refuse(&p, 50, 200, true, 5000, false);
    CHECK_EQUAL_INT(p.refused, 1); /* together they are one */
    CHECK_EQUAL_INT(pace_wait_ms(&p, 200), 5000);
    CHECK_EQUAL_INT(pace_free(&p, 5200, 9), 1);
    pace_begin(&p);
    CHECK_EQUAL_INT(pace_wait_ms(&p, 5200), UINT64_MAX);
    pace_end(&p, 5300, true);
    pace_refuse(&p, 5200, 5300, false, 0, false);
    CHECK_EQUAL_INT(p.refused, 2);
    CHECK(pace_wait_ms(&p, 5300) >= 2000 && pace_wait_ms(&p, 5300) <= 4000); /* the second of the growing delays */
    pace_accept(&p, 50); /* an old answer says nothing */
    CHECK_EQUAL_INT(pace_free(&p, 9300, 9), 1);
    pace_begin(&p);
    pace_end(&p, 9400, true);
    pace_accept(&p, 9300);
    CHECK_EQUAL_INT(pace_free(&p, 9400, 9), 9);
    CHECK_EQUAL_INT(p.refused, 0);
    pace_refuse(&p, 9400, 9500, true, 0, true);
    CHECK(pace_wait_ms(&p, 9500) >= 1000); /* somebody who says 0 again and again */
    pace_close(&p);
}

static const struct unit_test tests[] = {
    TEST(limits),
    TEST(no_server_sees_too_many),
    TEST(no_time_is_wasted),
    TEST(least_time),
    TEST(calls_of_an_earlier_run_count),
    TEST(a_429_holds_all_and_is_probed),
    TEST(retry_after),
    TEST(delays_grow_within_bounds),
};

UNIT_MAIN(tests)
