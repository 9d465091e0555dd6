/*
 * test_trace.c - base/trace: levels, one escaped line at a time.
 */
#include "unit.h"

#include "base/secret.h"
#include "base/trace.h"

static char seen[4096]; /* every line, each with a '|' behind it */
static size_t line_size; /* of the last line */
static bool found_hush;  /* part of a secret stood in a line */

static void note(struct span line)
{
    size_t used = strlen(seen);
    line_size = line.size;
    found_hush = found_hush || span_contains(line, SPAN("hu"));
    snprintf(seen + used, sizeof seen - used, "%.*s|", SPAN_ARG(line));
}

static void levels(void)
{
    seen[0] = '\0';
    trace_open(TRACE_OFF, NULL);
    CHECK(!trace_is_on(TRACE_STEPS));
    trace(TRACE_STEPS, "nobody listens");
    trace_open(TRACE_BYTES, NULL);
    CHECK(!trace_is_on(TRACE_STEPS));
    trace(TRACE_STEPS, "nobody listens");
    trace_open(TRACE_OFF, note);
    CHECK(!trace_is_on(TRACE_STEPS) && !trace_is_on(TRACE_BYTES));
    trace(TRACE_STEPS, "off");
    trace_open(TRACE_STEPS, note);
    CHECK(trace_is_on(TRACE_STEPS) && !trace_is_on(TRACE_BYTES));
    trace(TRACE_STEPS, "step %d", 1);
    trace(TRACE_BYTES, "bytes");
    trace_text(TRACE_BYTES, "> ", SPAN("GET\r\n"));
    trace_open(TRACE_BYTES, note);
    CHECK(trace_is_on(TRACE_STEPS) && trace_is_on(TRACE_BYTES));
    trace(TRACE_BYTES, "both");
    CHECK_EQUAL_TEXT(seen, "step 1|both|");
}

static void lines_are_escaped(void)
{
    seen[0] = '\0';
    trace_open(TRACE_BYTES, note);
    trace(TRACE_STEPS, "a\n%s", "\x1B[2J");
    trace_text(TRACE_BYTES, "< ", unit_edge(SPAN("one\r\ntwo\x07\n\nlast")));
    trace_text(TRACE_BYTES, "< ", SPAN(""));
    CHECK_EQUAL_TEXT(seen, "a\\n\\u{001B}[2J|< one|< two\\u{0007}|< |< last|");
}

static void long_lines_end(void)
{
    char text[4000];
    memset(text, 'x', sizeof text);
    text[sizeof text - 1] = '\0';
    seen[0] = '\0';
    trace_open(TRACE_BYTES, note);
    trace(TRACE_STEPS, "%s", text);
    CHECK(line_size > 100 && line_size < sizeof text);
    static char huge[200 * 1024];
    memset(huge, '\x01', sizeof huge);
    seen[0] = '\0';
    trace_text(TRACE_BYTES, "< ", span_make(huge, sizeof huge));
    CHECK(line_size > 0 && line_size <= 64 * 1024);
    trace_open(TRACE_OFF, NULL);
}

/* A long line is cut after its secrets are masked: wherever one stands, no part of it is shown. */
static void secrets_are_masked(void)
{
    static char text[20 * 1024];
    static const char hush[] = "hush-hush-hush-hush";
    struct secret s = {0};
    CHECK(secret_copy(&s, span_of(hush)));
    trace_open(TRACE_BYTES, note);
    seen[0] = '\0';
    trace(TRACE_STEPS, "token %s.", hush);
    trace_text(TRACE_BYTES, "< ", SPAN("a hush-hush-hush-hush\r\nhush-hush-hush-hush"));
    CHECK_EQUAL_TEXT(seen, "token (hidden).|< a (hidden)|< (hidden)|");
    for (size_t at = 8000; at < 8300; at++) {
        memset(text, '.', sizeof text);
        memcpy(text + at, hush, sizeof hush - 1);
        found_hush = false;
        trace_text(TRACE_BYTES, "", span_make(text, sizeof text));
        unit_row("secret at %zu", at);
        CHECK(!found_hush);
    }
    trace_open(TRACE_OFF, NULL);
    secret_free(&s);
}

static const struct unit_test tests[] = {TEST(levels), TEST(lines_are_escaped), TEST(long_lines_end), TEST(secrets_are_masked)};
UNIT_MAIN(tests)
