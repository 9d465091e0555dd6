/*
 * pace.h - how fast the API may be asked: its two limits, Retry-After, growing delays.
 *
 * Does      count calls in two sliding windows, over all connections; say how long the next call has to wait, how long many
 *           take, how many have room before a moment; hold all of them after a 429; read Retry-After.
 * Not here  waiting, and which calls count (client.h).
 * Limits    four bytes a call of the hour's limit, PACE_LIMIT_MAX of them.
 * Rules     100 calls a minute and 1,500 an hour for each application and tenant (defender-docs, every page of the API, read
 *           2026-11-23). When the service counts a call is not known: at some moment between its first byte and its answer. So a call
 *           counts from the moment it begins until a window after its answer, and no call of ours can meet a full window,
 *           however long an answer takes. A thousandth is added to each window, for clocks that do not run alike.
 *           Retry-After (RFC 9110 section 10.2.3) is obeyed as it stands. Without one: 0.25 s doubling to 8 s after a failure,
 *           2 s doubling to 60 s after 429 and other 4xx that may pass, each between one half and the whole of that, so
 *           that many hosts do not come back together. PACE_GONE_MS after 410: Azure's metadata service is updating,
 *           for up to 70 s (entra-docs how-to-use-vm-token.md, read 2026-11-23); four tries span that.
 */
#ifndef NET_PACE_H
#define NET_PACE_H

#include "base/fault.h"

enum { PACE_GONE_MS = 20 * 1000, PACE_LIMIT_MAX = 1000 * 1000, PACE_MINUTE_DEFAULT = 100, PACE_HOUR_DEFAULT = 1500 };

/* Calls in any 60 s, and in any 3,600 s. 0: the default. */
struct pace_limits {
    unsigned minute, hour;
};

/* Zeroed: the default limits, no call yet. */
struct pace {
    struct pace_limits limits;
    uint32_t *ended;      /* owned ring of limits.hour: when calls were answered, low bits of os_monotonic_ms() */
    size_t next, count;   /* where the next one goes; how many there are */
    size_t under_way;
    uint64_t hold_ms;     /* nothing begins before this moment: 429 */
    unsigned refused;     /* times it was said, one after another */
    bool probing;         /* after a hold: one call alone, to see whether it is over */
};

/* "100/min,1500/h", either part alone, in any order. False: it is no such text, or a number is not from 1 to PACE_LIMIT_MAX. */
bool pace_read_limits(struct span text, struct pace_limits *limits);

/* Take the memory that is needed. Harmless when that has been done. FAULT_MEMORY. */
bool pace_open(struct pace *p, struct fault *f) MUST_CHECK;
void pace_close(struct pace *p);

/* Milliseconds until a call may begin; 0: now; UINT64_MAX: not before one that is under way has ended. */
uint64_t pace_wait_ms(const struct pace *p, uint64_t now_ms);

/* Of `most` calls, how many may begin now. */
size_t pace_free(const struct pace *p, uint64_t now_ms, size_t most);

/* A call begins; it ends: `counts` when any part of it may have reached the service. */
void pace_begin(struct pace *p);
void pace_end(struct pace *p, uint64_t now_ms, bool counts);

/* A call that an earlier run made, `age_ms` ago. The oldest first, after pace_open() and before any call of this run. */
void pace_note_past(struct pace *p, uint64_t now_ms, uint64_t age_ms);

/*
 * A call begun at began_ms was answered with 429: hold all calls for the time it names (has_retry_after, retry_ms), else for a
 * growing one. at_least: also not shorter than that. The answers of calls that were under way together count once.
 */
void pace_refuse(struct pace *p, uint64_t began_ms, uint64_t now_ms, bool has_retry_after, uint64_t retry_ms, bool at_least);

/* A call begun at began_ms was answered with something else. */
void pace_accept(struct pace *p, uint64_t began_ms);

/* Of `most` further calls, how many may begin at or before until_ms if each is answered at once; *last_ms: when the last of these does. */
size_t pace_room(const struct pace *p, uint64_t now_ms, uint64_t until_ms, size_t most, uint64_t *last_ms);

/* The least time in which so many calls can begin, from a standing start. */
uint64_t pace_least_ms(const struct pace_limits *limits, size_t calls);

/* Calls answered in the last 60 s. */
size_t pace_rate(const struct pace *p, uint64_t now_ms);

/* Seconds to wait, from delta-seconds or an HTTP date. False: neither. */
bool pace_read_retry_after(struct span value, int64_t now_unix_seconds, uint64_t *seconds);

/* Milliseconds before try number `tries` (1 is the first repetition). */
uint64_t pace_backoff_ms(unsigned tries, bool throttled);

#endif
