/*
 * count.c - numbers as people read them; see count.h.
 */
#include "cli/count.h"

void count_put(struct buf *b, size_t number)
{
    size_t unit = 1;
    while (number / unit >= 1000) {
        unit *= 1000;
    }
    buf_put_format(b, "%zu", number / unit);
    for (unit /= 1000; unit > 0; unit /= 1000) {
        buf_put_format(b, ",%03zu", number / unit % 1000);
    }
}

void count_put_clock(struct buf *b, uint64_t milliseconds)
{
    unsigned long long seconds = milliseconds / 1000;
    if (seconds >= 3600) {
        buf_put_format(b, "%llu:%02llu:%02llu", seconds / 3600, seconds / 60 % 60, seconds % 60);
    } else {
        buf_put_format(b, "%llu:%02llu", seconds / 60, seconds % 60);
    }
}
