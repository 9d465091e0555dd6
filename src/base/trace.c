/*
 * trace.c - what is being done; see trace.h.
 */
#include "base/trace.h"

#include "base/escape.h"
#include "base/format.h"
#include "base/secret.h"

#include <stdarg.h>

/* An escaped byte takes up to eight. */
enum { TRACE_LINE_MAX = 64 * 1024, TRACE_FORMAT_MAX = 1024 };

static enum trace_level trace_now;
static trace_sink *trace_to;

void trace_open(enum trace_level level, trace_sink *sink)
{
    trace_now = level;
    trace_to = sink;
}

bool trace_is_on(enum trace_level level)
{
    return trace_to != NULL && level <= trace_now;
}

static void trace_line(const char *prefix, struct span text)
{
    struct buf masked = buf_init(text.size); /* masking never makes a text longer */
    struct buf line = buf_init(TRACE_LINE_MAX);
    secret_mask(&masked, text); /* before it is cut, which could leave a part of a secret */
    buf_put_text(&line, prefix);
    escape_put(&line, span_cut(buf_span(&masked), 0, TRACE_LINE_MAX / 8));
    trace_to(buf_span(&line));
    buf_free(&line);
    buf_free(&masked);
}

void trace(enum trace_level level, const char *format, ...)
{
    if (trace_is_on(level)) {
        char text[TRACE_FORMAT_MAX];
        va_list args;
        va_start(args, format);
        format_list(text, sizeof text, format, args);
        va_end(args);
        trace_line("", span_of(text));
    }
}

void trace_text(enum trace_level level, const char *prefix, struct span text)
{
    struct span part;
    while (trace_is_on(level) && span_next(&text, '\n', &part)) {
        if (span_ends(part, SPAN("\r"))) {
            part.size--;
        }
        trace_line(prefix, part);
    }
}
