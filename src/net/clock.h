/*
 * clock.h - the time that certificates, assertions and dates are held against.
 *
 * Does      give the true time as far as it is known: the machine's clock, or what the user said it is, running on; tell a clock that
 *           cannot be right.
 * Not here  waiting and deadlines: those use os_monotonic_ms() alone; the dates of certificates (chain.h).
 * Limits    years 1970 to 9999: a clock outside of them counts as at their end.
 * Rules     contract sections 3 (--at) and 4 (8). The date that somebody else tells never sets this clock.
 */
#ifndef NET_CLOCK_H
#define NET_CLOCK_H

#include "base/fault.h"

#define CLOCK_ADVICE "check this host's clock; --at TIME gives the true time"

enum { CLOCK_OFF_SECONDS = 120, CLOCK_BUILD_SLACK_SECONDS = 24 * 60 * 60 };

/* Seconds since 1970-01-01 00:00 UTC. */
int64_t clock_seconds(void);

/* This is the true time; from here on it runs by os_monotonic_ms(). */
void clock_set(int64_t unix_seconds);

/* Whose time it is, for people: "this host's clock", or "--at". */
const char *clock_name(void);

/*
 * A program does not run before it was built: then the clock is wrong. FAULT_CLOCK.
 *
 * built   seconds since 1970; 0: not known, and nothing is said. The builder's clock, too, may be off by CLOCK_BUILD_SLACK_SECONDS.
 */
bool clock_check(int64_t built, struct fault *f) MUST_CHECK;

/* The time that another host tells (it must be authenticated) is more than CLOCK_OFF_SECONDS from ours. */
bool clock_is_off(int64_t unix_seconds);

#endif
