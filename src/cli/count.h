/*
 * count.h - numbers as people read them.
 */
#ifndef CLI_COUNT_H
#define CLI_COUNT_H

#include "base/buf.h"

/* "1,500" */
void count_put(struct buf *b, size_t number);

/* "0:24", "14:12", "1:02:03" */
void count_put_clock(struct buf *b, uint64_t milliseconds);

#endif
