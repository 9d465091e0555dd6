/*
 * test_time_text.c - codec/time_text: RFC 3339, HTTP dates, durations. The calendar is held against the C library's.
 */
#include "unit.h"

#include "codec/time_text.h"

#include <time.h>

enum { REFUSED = -1 };
#define LAST 253402300799 /* 9999-12-31T23:59:59Z */

struct time_row {
    const char *text;
    int64_t seconds; /* REFUSED: no time */
};

static const struct time_row rfc3339_rows[] = {
    {"1970-01-01T00:00:00Z", 0},
    {"2026-11-23T16:00:00Z", 1795449600},
    {"2026-11-23t16:00:00z", 1795449600},
    {"2026-11-23T16:00:00.1Z", 1795449600},
    {"2026-11-23T16:00:00.999999999999999999999999Z", 1795449600},
    {"2019-01-02T14:39:38.2262283Z", 1546439978},
    {"2026-11-23T18:30:00+02:30", 1795449600},
    {"2026-11-23T13:00:00-03:00", 1795449600},
    {"2026-11-23T16:00:00-00:00", 1795449600},
    {"2026-11-23T16:00:00.5+00:00", 1795449600},
    {"9999-12-31T23:59:59Z", LAST},
    {"2000-02-29T00:00:00Z", 951782400},
    {"2024-02-29T00:00:00Z", 1709164800},
    {"2100-02-28T23:59:59Z", 4107542399},
    {"2100-03-01T00:00:00Z", 4107542400},
    {"2038-01-19T03:14:08Z", 2147483648},
    /* RFC 3339 section 5.8 */
    {"1985-04-12T23:20:50.52Z", 482196050},
    {"1996-12-19T16:39:57-08:00", 851042397},
    {"1990-12-31T23:59:60Z", 662687999},
    {"1990-12-31T15:59:60-08:00", 662687999},
    {"1969-12-31T23:00:00-02:00", 3600},
    {"1970-01-01T00:00:00+00:01", REFUSED},
    {"1969-12-31T23:59:59Z", REFUSED},
    {"9999-12-31T23:59:59-00:01", REFUSED},
    {"1937-01-01T12:00:27.87+00:20", REFUSED},
    {"0000-01-01T00:00:00Z", REFUSED},
    {"10000-01-01T00:00:00Z", REFUSED},
    {"2026-00-10T00:00:00Z", REFUSED},
    {"2026-13-10T00:00:00Z", REFUSED},
    {"2026-01-00T00:00:00Z", REFUSED},
    {"2026-01-32T00:00:00Z", REFUSED},
    {"2026-04-31T00:00:00Z", REFUSED},
    {"2026-02-29T00:00:00Z", REFUSED},
    {"2100-02-29T00:00:00Z", REFUSED},
    {"2026-11-23T24:00:00Z", REFUSED},
    {"2026-11-23T16:60:00Z", REFUSED},
    {"2026-11-23T16:00:61Z", REFUSED},
    {"2026-11-23T16:00:00+24:00", REFUSED},
    {"2026-11-23T16:00:00+00:60", REFUSED},
    {"2026-11-23T16:00:00+0000", REFUSED},
    {"2026-11-23T16:00:00+00", REFUSED},
    {"2026-11-23T16:00:00+00:000", REFUSED},
    {"2026-11-23T16:00:00", REFUSED},
    {"2026-11-23T16:00:00.Z", REFUSED},
    {"2026-11-23T16:00:00,5Z", REFUSED},
    {"2026-11-23T16:00Z", REFUSED},
    {"2026-11-23 16:00:00Z", REFUSED},
    {"2026-11-23T16:00:00Z ", REFUSED},
    {" 2026-11-23T16:00:00Z", REFUSED},
    {"2026-11-23T16:00:00ZZ", REFUSED},
    {"2026-11-23", REFUSED},
    {"20261123T160000Z", REFUSED},
    {"2026-1-23T16:00:00Z", REFUSED},
    {"+026-11-23T16:00:00Z", REFUSED},
    {"2026-11-23T16:00:00\xE2\x88\x92" "01:00", REFUSED},
    {"", REFUSED},
};

static const struct time_row http_rows[] = {
    /* RFC 9110 section 5.6.7 */
    {"Sun, 06 Nov 1994 08:49:37 GMT", 784111777},
    {"Sunday, 06-Nov-94 08:49:37 GMT", 784111777},
    {"Sun Nov  6 08:49:37 1994", 784111777},
    {"Mon, 23 Nov 2026 16:00:00 GMT", 1795449600},
    {"Wed Nov 16 08:49:37 1994", 784975777},
    {"Saturday, 06-Nov-69 08:49:37 GMT", 3150953377},
    {"Friday, 06-Nov-70 08:49:37 GMT", 26729377},
    {"Thu, 01 Jan 1970 00:00:00 GMT", 0},
    {"Fri, 31 Dec 9999 23:59:59 GMT", LAST},
    {"Sun, 6 Nov 1994 08:49:37 GMT", REFUSED},
    {"Sun, 06 Nov 1994 08:49:37 UTC", REFUSED},
    {"Sun, 06 Nov 1994 08:49:37 +0000", REFUSED},
    {"Sun, 06 Nov 1994 08:49:37", REFUSED},
    {"Sun, 06 Nov 1994 08:49:37 GMT ", REFUSED},
    {"sun, 06 nov 1994 08:49:37 gmt", REFUSED},
    {"Sun, 06 November 1994 08:49:37 GMT", REFUSED},
    {"Sunday, 06 Nov 1994 08:49:37 GMT", REFUSED},
    {"Sun, 06-Nov-94 08:49:37 GMT", REFUSED},
    {"Sun, 31 Nov 1994 08:49:37 GMT", REFUSED},
    {"Sun, 06 Nov 1994 24:49:37 GMT", REFUSED},
    {"Xxx, 06 Nov 1994 08:49:37 GMT", REFUSED},
    {"06 Nov 1994 08:49:37 GMT", REFUSED},
    {"Sun Nov 6 08:49:37 1994", REFUSED},
    {"Thu, 01 Jan 1969 00:00:00 GMT", REFUSED},
    {"120", REFUSED},
    {"", REFUSED},
};

static void check_rows(const struct time_row *rows, size_t count, bool (*parse)(struct span, int64_t *))
{
    for (size_t i = 0; i < count; i++) {
        int64_t seconds = REFUSED;
        unit_row("%s", rows[i].text);
        CHECK_EQUAL_INT(parse(unit_edge(span_of(rows[i].text)), &seconds), rows[i].seconds != REFUSED);
        CHECK_EQUAL_INT(seconds, rows[i].seconds);
    }
}

static void reads_rfc3339(void)
{
    check_rows(rfc3339_rows, COUNT_OF(rfc3339_rows), time_parse_rfc3339);
}

static void reads_http_dates(void)
{
    check_rows(http_rows, COUNT_OF(http_rows), time_parse_http);
}

/* Each day from 1970 to 9999, written and read, against gmtime and timegm of the C library. */
static void has_the_right_calendar(void)
{
    for (int64_t day = 0; day <= LAST / 86400; day++) {
        int64_t seconds = day * 86400 + day % 86400;
        time_t clock = (time_t)seconds;
        const struct tm *tm = gmtime(&clock);
        char text[TIME_TEXT_SIZE];
        char wanted[64];
        int64_t back = REFUSED;
        if (tm == NULL) {
            CHECK(seconds > INT64_C(32535215999)); /* as far as Windows knows the calendar: the year 3000 */
            break;
        }
        strftime(wanted, sizeof wanted, "%Y-%m-%dT%H:%M:%SZ", tm);
        time_put_rfc3339(seconds, text);
        if (strcmp(text, wanted) != 0 || !time_parse_rfc3339(span_of(text), &back) || back != seconds) {
            CHECK_EQUAL_TEXT(text, wanted);
            CHECK_EQUAL_INT(back, seconds);
        }
        strftime(wanted, sizeof wanted, "%a, %d %b %Y %H:%M:%S GMT", tm);
        if (!time_parse_http(span_of(wanted), &back) || back != seconds) {
            unit_row("%s", wanted);
            CHECK_EQUAL_INT(back, seconds);
        }
    }
}

static void writes_rfc3339(void)
{
    static const struct time_row rows[] = {
        {"1970-01-01T00:00:00Z", 0}, {"2026-11-23T16:00:00Z", 1795449600}, {"9999-12-31T23:59:59Z", LAST},
        {"", -1},                    {"", LAST + 1},                       {"", INT64_MIN},
        {"", INT64_MAX},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char text[TIME_TEXT_SIZE] = "untouched";
        time_put_rfc3339(rows[i].seconds, text);
        CHECK_EQUAL_TEXT(text, rows[i].text);
    }
}

static void reads_durations(void)
{
    static const struct time_row rows[] = {
        {"0", 0},
        {"90", 90},
        {"90s", 90},
        {"10m", 600},
        {"1h30m", 5400},
        {"1d", 86400},
        {"1d2h3m4s", 93784},
        {"2h5s", 7205},
        {"0s", 0},
        {"1h0m", 3600},
        {"90m", 5400},
        {"315359999", 315359999},
        {"315360000", 315360000},
        {"315360001", REFUSED},
        {"3649d23h", 315356400},
        {"3650d", 315360000},
        {"3650d1s", REFUSED},
        {"3651d", REFUSED},
        {"18446744073709551615d", REFUSED},
        {"18446744073709551616", REFUSED},
        {"99999999999999999999999999h", REFUSED},
        {"", REFUSED},
        {"s", REFUSED},
        {"1x", REFUSED},
        {"1h30", REFUSED},
        {"30m1h", REFUSED},
        {"1m1m", REFUSED},
        {"1s1s", REFUSED},
        {"1hm", REFUSED},
        {"-1", REFUSED},
        {"+1s", REFUSED},
        {"1.5h", REFUSED},
        {"1 h", REFUSED},
        {" 1h", REFUSED},
        {"1h ", REFUSED},
        {"1H", REFUSED},
        {"1ms", REFUSED},
        {"1w", REFUSED},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        uint64_t seconds = 77;
        unit_row("%s", rows[i].text);
        bool good = time_parse_duration(unit_edge(span_of(rows[i].text)), &seconds);
        CHECK_EQUAL_INT(good, rows[i].seconds != REFUSED);
        CHECK_EQUAL_INT(seconds, rows[i].seconds != REFUSED ? rows[i].seconds : 77);
    }
}

static void writes_durations(void)
{
    static const struct {
        uint64_t seconds;
        const char *text;
    } rows[] = {
        {0, "0s"},
        {1, "1s"},
        {59, "59s"},
        {60, "1m"},
        {90, "1m30s"},
        {120, "2m"},
        {5400, "1h30m"},
        {3601, "1h1s"},
        {86400, "1d"},
        {93784, "1d2h3m4s"},
        {315359999, "3649d23h59m59s"},
        {315360000, "3650d"},
        {315360001, "315360001s"},
        {UINT64_MAX, "18446744073709551615s"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char text[TIME_TEXT_SIZE];
        uint64_t back = 0;
        unit_row("%s", rows[i].text);
        time_put_duration(rows[i].seconds, text);
        CHECK_EQUAL_TEXT(text, rows[i].text);
        CHECK_EQUAL_INT(time_parse_duration(span_of(text), &back), rows[i].seconds <= 315360000);
        CHECK(rows[i].seconds > 315360000 || back == rows[i].seconds);
    }
}

static const struct unit_test tests[] = {
    TEST(reads_rfc3339),  TEST(reads_http_dates), TEST(has_the_right_calendar),
    TEST(writes_rfc3339), TEST(reads_durations),  TEST(writes_durations),
};
UNIT_MAIN(tests)
