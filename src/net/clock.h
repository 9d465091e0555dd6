/*
 * clock.h - the time that certificates, assertions and dates are held against.
 *
 * Does      give the true time as far as it is known: the machine's clock, or what the user said it is, running on.
 * Not here  waiting and deadlines: those use os_monotonic_ms() alone.
 */
#ifndef NET_CLOCK_H
#define NET_CLOCK_H

#include <stdint.h>

/* Seconds since 1970-01-01 00:00 UTC. */
int64_t clock_seconds(void);

#endif
