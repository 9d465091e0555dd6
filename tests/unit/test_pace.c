/*
 * test_pace.c - net/pace: Retry-After in both forms, and delays that grow between their bounds.
 */
/* links: fake/os_fake.c */
#include "unit.h"

#include "fake/os_fake.h"
#include "net/pace.h"

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

static const struct unit_test tests[] = {
    TEST(retry_after),
    TEST(delays_grow_within_bounds),
};

UNIT_MAIN(tests)
