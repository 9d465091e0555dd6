/*
 * pace.c - how fast the API may be asked; see pace.h.
 */
#include "net/pace.h"

#include "codec/time_text.h"
#include "os/os.h"

#include <string.h>

enum {
    MINUTE_MS = 60 * 1000,
    HOUR_MS = 60 * MINUTE_MS,
    FAILED_FIRST_MS = 250,
    FAILED_MOST_MS = 8 * 1000,
    THROTTLED_FIRST_MS = 2 * 1000,
    THROTTLED_MOST_MS = 60 * 1000,
    RETRY_AFTER_MOST_SECONDS = 366 * 24 * 3600,
};

/* ---- the two windows ---- */

bool pace_read_limits(struct span text, struct pace_limits *limits)
{
    struct pace_limits read = {0};
    struct span part;
    bool ok = text.size > 0 && !span_ends(text, SPAN(","));
    while (ok && span_next(&text, ',', &part)) {
        bool minute = span_ends(part, SPAN("/min"));
        unsigned *limit = minute ? &read.minute : &read.hour;
        uint64_t number = 0;
        ok = *limit == 0 && (minute || span_ends(part, SPAN("/h"))) &&
             span_decimal(span_cut(part, 0, part.size - (minute ? 4 : 2)), PACE_LIMIT_MAX, &number) && number > 0;
        *limit = (unsigned)number;
    }
    if (ok) {
        *limits = read;
    }
    return ok;
}

static struct pace_limits or_default(struct pace_limits limits)
{
    limits.minute = limits.minute > 0 ? limits.minute : PACE_MINUTE_DEFAULT;
    limits.hour = limits.hour > 0 ? limits.hour : PACE_HOUR_DEFAULT;
    return limits;
}

bool pace_open(struct pace *p, struct fault *f)
{
    p->limits = or_default(p->limits);
    if (p->ended == NULL) {
        p->ended = memory_take(p->limits.hour, sizeof *p->ended);
    }
    return p->ended != NULL || fault_set(f, FAULT_MEMORY, "out of memory");
}

void pace_close(struct pace *p)
{
    memory_give(p->ended);
    *p = (struct pace){0};
}

/* How long ago the nth newest answer came; 1 is the newest. */
static uint32_t age_ms(const struct pace *p, size_t nth, uint64_t now_ms)
{
    size_t at = (p->next + p->limits.hour - nth) % p->limits.hour;
    return (uint32_t)now_ms - p->ended[at];
}

static uint64_t window_wait_ms(const struct pace *p, uint64_t now_ms, unsigned limit, uint64_t window_ms)
{
    if (p->under_way >= limit) {
        return UINT64_MAX;
    }
    size_t nth = limit - p->under_way;
    if (nth > p->count) {
        return 0;
    }
    uint64_t age = age_ms(p, nth, now_ms);
    window_ms += window_ms / 1000;
    return age < window_ms ? window_ms - age : 0;
}

uint64_t pace_wait_ms(const struct pace *p, uint64_t now_ms)
{
    uint64_t minute = window_wait_ms(p, now_ms, p->limits.minute, MINUTE_MS);
    uint64_t hour = window_wait_ms(p, now_ms, p->limits.hour, HOUR_MS);
    uint64_t hold = p->probing && p->under_way > 0 ? UINT64_MAX : now_ms < p->hold_ms ? p->hold_ms - now_ms : 0;
    uint64_t wait = minute > hour ? minute : hour;
    return wait > hold ? wait : hold;
}

size_t pace_free(const struct pace *p, uint64_t now_ms, size_t most)
{
    struct pace trial = *p;
    size_t free = 0;
    while (free < most && pace_wait_ms(&trial, now_ms) == 0) {
        trial.under_way++;
        free++;
    }
    return free;
}

void pace_begin(struct pace *p)
{
    p->under_way++;
}

static void note(struct pace *p, uint64_t moment_ms)
{
    p->ended[p->next] = (uint32_t)moment_ms;
    p->next = (p->next + 1) % p->limits.hour;
    p->count += p->count < p->limits.hour;
}

void pace_end(struct pace *p, uint64_t now_ms, bool counts)
{
    p->under_way--;
    if (counts) {
        note(p, now_ms);
    }
}

void pace_note_past(struct pace *p, uint64_t now_ms, uint64_t age)
{
    if (age < 2 * HOUR_MS) {
        note(p, now_ms - age);
    }
}

size_t pace_rate(const struct pace *p, uint64_t now_ms)
{
    size_t calls = 0;
    while (calls < p->count && age_ms(p, calls + 1, now_ms) < MINUTE_MS) {
        calls++;
    }
    return calls;
}

/* ---- 429 ---- */

void pace_refuse(struct pace *p, uint64_t began_ms, uint64_t now_ms, bool has_retry_after, uint64_t retry_ms, bool at_least)
{
    bool anew = p->refused == 0 || began_ms >= p->hold_ms;
    p->refused += anew;
    uint64_t grown_ms = has_retry_after && !at_least ? 0 : pace_backoff_ms(p->refused, true);
    uint64_t hold_ms = now_ms + (has_retry_after && retry_ms > grown_ms ? retry_ms : grown_ms);
    p->hold_ms = anew || hold_ms > p->hold_ms ? hold_ms : p->hold_ms;
    p->probing = true;
}

void pace_accept(struct pace *p, uint64_t began_ms)
{
    if (p->probing && began_ms >= p->hold_ms) {
        p->probing = false;
        p->refused = 0;
    }
}

/* ---- what is to be expected ---- */

size_t pace_room(const struct pace *p, uint64_t now_ms, uint64_t until_ms, size_t most, uint64_t *last_ms)
{
    struct pace trial = {.limits = or_default(p->limits), .next = p->next, .count = p->count};
    struct fault ignored = {0};
    size_t room = 0;
    *last_ms = now_ms;
    if (!pace_open(&trial, &ignored)) {
        return most; /* whoever asks learns it from the calls themselves */
    }
    if (p->ended != NULL) {
        memcpy(trial.ended, p->ended, p->limits.hour * sizeof *p->ended);
    }
    for (size_t i = 0; i < p->under_way; i++) {
        note(&trial, now_ms);
    }
    uint64_t at_ms = now_ms > p->hold_ms ? now_ms : p->hold_ms;
    while (room < most && at_ms <= until_ms) {
        at_ms += pace_wait_ms(&trial, at_ms);
        if (at_ms <= until_ms) {
            note(&trial, at_ms);
            *last_ms = at_ms;
            room++;
        }
    }
    pace_close(&trial);
    return room;
}

uint64_t pace_least_ms(const struct pace_limits *limits, size_t calls)
{
    struct pace p = {.limits = *limits};
    uint64_t last_ms;
    (void)pace_room(&p, 0, UINT64_MAX, calls, &last_ms);
    return last_ms;
}

/* ---- when to try again ---- */

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
