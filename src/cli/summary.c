/*
 * summary.c - what came of many devices; see summary.h.
 */
#include "cli/summary.h"

#include "base/escape.h"
#include "cli/count.h"

#include <string.h>

enum { LIST_MAX = 64 * 1024, TELL_MAX = LIST_MAX + 4096, COUNT_COLUMNS = 9, RESULT_COLUMNS = 15 };

bool summary_is_good(enum release_result result)
{
    return result == RELEASE_RELEASED || result == RELEASE_ACCEPTED || result == RELEASE_ALREADY_PENDING ||
           result == RELEASE_SKIPPED || result == RELEASE_PLANNED;
}

/* What has failed without anybody's fault: the next run may do it. */
static bool passes(enum fault_code code)
{
    enum exit_status status = fault_status(code);
    return status == STATUS_NETWORK || status == STATUS_THROTTLED || status == STATUS_SERVER || status == STATUS_INTERRUPTED ||
           status == STATUS_TERMINATED;
}

void summary_add(struct summary *s, const struct release_row *row)
{
    bool again = !summary_is_good(row->result) && passes(row->code);
    s->total++;
    s->results[row->result]++;
    s->again += again;
    if (again || summary_is_good(row->result) || row->result == RELEASE_PENDING) {
        return;
    }
    if (s->people == 0) {
        s->list = buf_init(LIST_MAX);
    }
    if (s->people < SUMMARY_PEOPLE_MAX) {
        buf_put_format(&s->list, "  %-*s  ", RESULT_COLUMNS, release_result_name(row->result));
        escape_put(&s->list, span_of(row->input));
        buf_put_char(&s->list, '\n');
    }
    s->people++;
}

bool summary_is_news(struct summary *s, const struct fault *f)
{
    const char *advice = fault_advice(f);
    if (advice == NULL || strcmp(advice, s->advice) == 0) {
        return false;
    }
    fault_keep(s->advice, sizeof s->advice, span_of(advice));
    return true;
}

/* "   1,380" */
static void put_column(struct buf *b, size_t number)
{
    struct buf text = buf_init(32);
    count_put(&text, number);
    buf_put_format(b, "%*s", COUNT_COLUMNS, buf_text(&text));
    buf_free(&text);
}

/* "2 devices: 1 accepted, 1 not-found" */
static void put_line(struct buf *b, const struct summary *s)
{
    const char *before = ":";
    for (unsigned i = 0; i < SUMMARY_RESULTS; i++) {
        if (s->results[i] > 0) {
            buf_put_format(b, "%s %zu %s", before, s->results[i], release_result_name((enum release_result)i));
            before = ",";
        }
    }
    buf_put_char(b, '\n');
}

/* Good results first. */
static void put_table(struct buf *b, const struct summary *s)
{
    for (unsigned i = 0; i < 2 * SUMMARY_RESULTS; i++) {
        enum release_result result = (enum release_result)(i % SUMMARY_RESULTS);
        if (s->results[result] > 0 && summary_is_good(result) == (i < SUMMARY_RESULTS)) {
            put_column(b, s->results[result]);
            buf_put_format(b, "  %s\n", release_result_name(result));
        }
    }
    if (s->again > 0) {
        put_column(b, s->again);
        buf_put_text(b, "  of these failed in passing: run it again\n");
    }
    if (s->people > 0) {
        buf_put_text(b, "a person is needed for:\n");
        buf_put(b, buf_span(&s->list));
    }
    if (s->people > SUMMARY_PEOPLE_MAX) {
        buf_put_text(b, "  and ");
        count_put(b, s->people - SUMMARY_PEOPLE_MAX);
        buf_put_text(b, " more, told above\n");
    }
}

void summary_tell(const struct summary *s, const struct report *r, uint64_t took_ms)
{
    struct buf b = buf_init(TELL_MAX);
    if (s->total < 2 || r->json || r->quiet) {
        return;
    }
    count_put(&b, s->total);
    buf_put_text(&b, " devices");
    if (s->total < SUMMARY_TABLE) {
        put_line(&b, s);
    } else {
        buf_put_text(&b, " in ");
        count_put_clock(&b, took_ms);
        buf_put_char(&b, '\n');
        put_table(&b, s);
    }
    report_lines(r, &b);
}

void summary_free(struct summary *s)
{
    buf_free(&s->list);
    *s = (struct summary){0};
}
