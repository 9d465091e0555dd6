/*
 * pace.h - when to try again: Retry-After, and growing delays with chance in them.
 *
 * Does      read Retry-After; say how long to wait before the n-th try.
 * Not here  whether to try again (client.h).
 * Rules     RFC 9110 section 10.2.3; Retry-After is obeyed as it stands. Without one: 0.25 s doubling to 8 s after a failure,
 *           2 s doubling to 60 s after 429 and other 4xx that may pass, each between one half and the whole of that, so
 *           that many hosts do not come back together. PACE_GONE_MS after 410: Azure's metadata service is updating,
 *           for up to 70 s (entra-docs how-to-use-vm-token.md, read 2026-11-23); four tries span that.
 */
#ifndef NET_PACE_H
#define NET_PACE_H

#include "base/span.h"

enum { PACE_GONE_MS = 20 * 1000 };

/* Seconds to wait, from delta-seconds or an HTTP date. False: neither. */
bool pace_read_retry_after(struct span value, int64_t now_unix_seconds, uint64_t *seconds);

/* Milliseconds before try number `tries` (1 is the first repetition). */
uint64_t pace_backoff_ms(unsigned tries, bool throttled);

#endif
