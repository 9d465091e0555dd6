/*
 * clock.c - the time that dates are held against; see clock.h.
 */
#include "net/clock.h"

#include "os/os.h"

int64_t clock_seconds(void)
{
    return os_unix_seconds();
}
