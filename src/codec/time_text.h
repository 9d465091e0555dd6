/*
 * time_text.h - points in time and durations as text.
 *
 * Does      RFC 3339 and HTTP dates to and from seconds since 1970; durations such as 90, 90s, 10m, 1h30m.
 * Not here  clocks (os/os.h).
 * Limits    years 1970 to 9999; durations up to 10 years.
 * Rules     RFC 3339 section 5.6 (any fraction is accepted and cut; offsets are applied; second 60 counts as 59);
 *           RFC 9110 section 5.6.7 HTTP dates, all three forms; contract section 3 TIME.
 */
#ifndef CODEC_TIME_TEXT_H
#define CODEC_TIME_TEXT_H

#include "base/span.h"

enum { TIME_TEXT_SIZE = 24 };

/* "2026-11-23T16:00:00Z", also with fraction, offset, lower case t and z. False: it is none. */
bool time_parse_rfc3339(struct span text, int64_t *unix_seconds);

/* "2026-11-23T16:00:00Z"; "" for a time before 1970 or after 9999. */
void time_put_rfc3339(int64_t unix_seconds, char text[TIME_TEXT_SIZE]);

/*
 * "Mon, 23 Nov 2026 16:00:00 GMT" and the two obsolete forms; case counts. The name of the day is not held against the
 * date. A year of two digits from 70 on is in the 1900s, else in the 2000s (there is no clock here to ask).
 */
bool time_parse_http(struct span text, int64_t *unix_seconds);

/* `90`, `90s`, `10m`, `1h30m`, `1d`: units d h m s in falling order, each at most once; a bare number is seconds. */
bool time_parse_duration(struct span text, uint64_t *seconds);

/* "2m", "1h30m", "90s" -> "1m30s": the shortest exact form; "0s". Above 10 years in seconds alone. */
void time_put_duration(uint64_t seconds, char text[TIME_TEXT_SIZE]);

#endif
