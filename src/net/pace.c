/*
 * pace.c - when to try again; see pace.h.
 */
#include "net/pace.h"

#include "codec/time_text.h"
#include "os/os.h"

enum {
    FAILED_FIRST_MS = 250,
    FAILED_MOST_MS = 8 * 1000,
    THROTTLED_FIRST_MS = 2 * 1000,
    THROTTLED_MOST_MS = 60 * 1000,
    RETRY_AFTER_MOST_SECONDS = 366 * 24 * 3600,
};

static bool is_number(struct span value)
{
    for (size_t i = 0; i < value.size; i++) {
        if (!ascii_is_digit(value.at[i])) {
            return false;
        }
    }
    return value.size > 0;
}

bool pace_read_retry_after(struct span value, int64_t now_unix_seconds, uint64_t *seconds)
{
    int64_t date;
    if (is_number(value)) {
        if (!span_decimal(value, RETRY_AFTER_MOST_SECONDS, seconds)) {
            *seconds = RETRY_AFTER_MOST_SECONDS; /* longer than anybody waits */
        }
        return true;
    }
    if (!time_parse_http(value, &date)) {
        return false;
    }
    *seconds = date > now_unix_seconds ? (uint64_t)(date - now_unix_seconds) : 0;
    return true;
}

uint64_t pace_backoff_ms(unsigned tries, bool throttled)
{
    uint64_t delay = throttled ? THROTTLED_FIRST_MS : FAILED_FIRST_MS;
    uint64_t most = throttled ? THROTTLED_MOST_MS : FAILED_MOST_MS;
    uint16_t chance = 0;
    while (tries > 1 && delay < most) {
        delay *= 2;
        tries--;
    }
    delay = delay < most ? delay : most;
    if (!os_random(&chance, sizeof chance)) {
        chance = 0; /* only spread is lost */
    }
    return delay / 2 + delay / 2 * chance / UINT16_MAX;
}
