/*
 * test_clock.c - whose time it is, what clock cannot be right, and --at running on.
 */
/* links: fake/os_fake.c */
#include "unit.h"

#include "codec/time_text.h"
#include "fake/os_fake.h"
#include "net/clock.h"

static int64_t moment(const char *text)
{
    int64_t seconds;
    CHECK(time_parse_rfc3339(span_of(text), &seconds));
    return seconds;
}

/* No row sets the clock: the last test does. */
static void a_clock_before_the_build_is_wrong(void)
{
    static const struct {
        const char *now, *built; /* built "": not known */
        const char *fault;       /* "": none */
    } rows[] = {
        {"2026-11-23T16:00:00Z", "2026-11-23T15:00:00Z", ""},
        {"2026-11-23T15:00:00Z", "2026-11-23T16:00:00Z", ""}, /* the builder's clock may be ahead */
        {"2026-11-22T16:00:00Z", "2026-11-23T16:00:00Z", ""},
        {"2026-11-22T15:59:59Z", "2026-11-23T16:00:00Z",
         "this host's clock says 2026-11-22T15:59:59Z, but this program was built on 2026-11-23T16:00:00Z"},
        {"1970-01-01T00:00:00Z", "2026-11-23T16:00:00Z",
         "this host's clock says 1970-01-01T00:00:00Z, but this program was built on 2026-11-23T16:00:00Z"},
        {"1970-01-01T00:00:00Z", "", ""},
        {"2106-02-07T06:28:16Z", "2026-11-23T16:00:00Z", ""}, /* that is for the certificates to say */
        {"9999-12-31T23:59:59Z", "2026-11-23T16:00:00Z", ""},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct fault f = {0};
        unit_row("%s", rows[i].now);
        os_fake_reset();
        os_fake_clock(moment(rows[i].now));
        CHECK_EQUAL_INT(clock_seconds(), moment(rows[i].now));
        CHECK_EQUAL_INT(clock_check(rows[i].built[0] == '\0' ? 0 : moment(rows[i].built), &f), rows[i].fault[0] == '\0');
        CHECK_EQUAL_TEXT(f.text, rows[i].fault);
        CHECK_EQUAL_INT(fault_status(f.code), rows[i].fault[0] == '\0' ? STATUS_OK : STATUS_TLS);
        CHECK(rows[i].fault[0] == '\0' || span_contains(span_of(fault_advice(&f)), SPAN("--at TIME")));
    }
}

static void years_have_ends(void)
{
    os_fake_reset();
    os_fake_clock(-5);
    CHECK_EQUAL_INT(clock_seconds(), 0);
    os_fake_clock(INT64_MAX / 2);
    CHECK_EQUAL_INT(clock_seconds(), moment("9999-12-31T23:59:59Z"));
}

static void two_minutes_are_much(void)
{
    int64_t now = moment("2026-11-23T16:00:00Z");
    os_fake_reset();
    os_fake_clock(now);
    CHECK(!clock_is_off(now) && !clock_is_off(now + 120) && !clock_is_off(now - 120));
    CHECK(clock_is_off(now + 121) && clock_is_off(now - 121) && clock_is_off(0));
}

static void what_was_set_runs_on(void)
{
    struct fault f = {0};
    os_fake_reset();
    os_fake_clock(0);
    CHECK_EQUAL_TEXT(clock_name(), "this host's clock");
    clock_set(moment("2026-11-23T16:00:00Z"));
    CHECK_EQUAL_TEXT(clock_name(), "--at");
    CHECK_EQUAL_INT(clock_seconds(), moment("2026-11-23T16:00:00Z"));
    os_fake_pass(61999);
    os_fake_clock(moment("2030-01-01T00:00:00Z")); /* somebody sets the host's */
    CHECK_EQUAL_INT(clock_seconds(), moment("2026-11-23T16:01:01Z"));
    CHECK(clock_check(moment("2026-11-23T15:00:00Z"), &f));
    CHECK(!clock_check(moment("2027-11-23T15:00:00Z"), &f));
    CHECK_EQUAL_TEXT(f.text, "--at says 2026-11-23T16:01:01Z, but this program was built on 2027-11-23T15:00:00Z");
    clock_set(0);
    CHECK_EQUAL_INT(clock_seconds(), 0);
    clock_set(moment("9999-12-31T23:59:59Z"));
    os_fake_pass(5000);
    CHECK_EQUAL_INT(clock_seconds(), moment("9999-12-31T23:59:59Z"));
}

static const struct unit_test tests[] = {
    TEST(a_clock_before_the_build_is_wrong),
    TEST(years_have_ends),
    TEST(two_minutes_are_much),
    TEST(what_was_set_runs_on),
};

UNIT_MAIN(tests)
