/*
 * trace.h - what is being done, for -v and -vv.
 *
 * Does      pass one escaped line at a time to the sink that cli/ has set.
 * Not here  results and faults (cli/report.c).
 * Rules     nothing secret comes here: no function takes a struct secret; callers write "(hidden)" in its place.
 *           The sink and level are set once, before any work; this is the program's only state outside main's call tree
 *           that is not the operating system's.
 */
#ifndef BASE_TRACE_H
#define BASE_TRACE_H

#include "base/span.h"
#include "base/buf.h"

enum trace_level {
    TRACE_OFF,
    TRACE_STEPS,  /* -v: what is done, host by host */
    TRACE_BYTES,  /* -vv: heads and bodies of messages */
};

/* `line` is escaped and has no line end. */
typedef void trace_sink(struct span line);

void trace_open(enum trace_level level, trace_sink *sink);
bool trace_is_on(enum trace_level level);
void trace(enum trace_level level, const char *format, ...) PRINTF_LIKE(2, 3);

/* Every line of a text, each with the prefix in front ("> ", "< "). */
void trace_text(enum trace_level level, const char *prefix, struct span text);

#endif
