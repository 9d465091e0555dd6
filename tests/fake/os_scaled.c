/*
 * os_scaled.c - the real machine with a clock that runs faster, so that an hour takes a minute.
 *
 * Does      multiply os_monotonic_ms() and divide the time of os_poll(), for a program that is linked with
 *           -Wl,--wrap=os_monotonic_ms,--wrap=os_poll. UNISOLATE_TEST_SCALE says how many times; 60 without it.
 * Not here  the wall clock: dates and tokens stay as they are. Never in a program for users.
 */
#include "os/os.h"

#include <stdlib.h>

enum { SCALE_DEFAULT = 60 };

uint64_t __real_os_monotonic_ms(void);
uint64_t __wrap_os_monotonic_ms(void);
void __real_os_poll(struct os_poll_item *items, size_t count, uint64_t timeout_ms);
void __wrap_os_poll(struct os_poll_item *items, size_t count, uint64_t timeout_ms);

static uint64_t scale(void)
{
    static uint64_t number;
    if (number == 0) {
        const char *text = os_environment("UNISOLATE_TEST_SCALE");
        number = text != NULL ? strtoul(text, NULL, 10) : SCALE_DEFAULT;
        number = number > 0 ? number : SCALE_DEFAULT;
    }
    return number;
}

uint64_t __wrap_os_monotonic_ms(void)
{
    return __real_os_monotonic_ms() * scale();
}

void __wrap_os_poll(struct os_poll_item *items, size_t count, uint64_t timeout_ms)
{
    __real_os_poll(items, count, timeout_ms / scale() + (timeout_ms % scale() != 0));
}
