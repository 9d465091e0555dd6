/*
 * clock.c - the time that dates are held against; see clock.h.
 */
#include "net/clock.h"

#include "codec/time_text.h"
#include "os/os.h"

static const int64_t clock_last = 253402300799; /* 9999-12-31T23:59:59Z */

static bool is_set;
static int64_t set_seconds;
static uint64_t set_ms;

void clock_set(int64_t unix_seconds)
{
    is_set = true;
    set_seconds = unix_seconds;
    set_ms = os_monotonic_ms();
}

int64_t clock_seconds(void)
{
    int64_t now = is_set ? set_seconds + (int64_t)((os_monotonic_ms() - set_ms) / 1000) : os_unix_seconds();
    return now < 0 ? 0 : now > clock_last ? clock_last : now;
}

const char *clock_name(void)
{
    return is_set ? "--at" : "this host's clock";
}

bool clock_check(int64_t built, struct fault *f)
{
    char now_text[TIME_TEXT_SIZE], built_text[TIME_TEXT_SIZE];
    int64_t now = clock_seconds();
    if (built == 0 || now >= built - CLOCK_BUILD_SLACK_SECONDS) {
        return true;
    }
    time_put_rfc3339(now, now_text);
    time_put_rfc3339(built, built_text);
    return fault_set(f, FAULT_CLOCK, "%s says %s, but this program was built on %s", clock_name(), now_text, built_text);
}

bool clock_is_off(int64_t unix_seconds)
{
    int64_t off = unix_seconds - clock_seconds();
    return off > CLOCK_OFF_SECONDS || off < -CLOCK_OFF_SECONDS;
}
