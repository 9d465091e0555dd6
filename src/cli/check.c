/*
 * check.c - one check of doctor or self-test; see check.h.
 */
#include "cli/check.h"

#include "base/escape.h"
#include "cli/object.h"
#include "cli/table.h"

#include <string.h>

enum { NAME_COLUMN = 9 };

struct check check_begin(const char *name)
{
    return (struct check){.name = name, .detail = buf_init(CHECK_DETAIL_MAX)};
}

bool check_skip(struct check *c, const char *why)
{
    c->skipped = true;
    buf_put_text(&c->detail, why);
    return false;
}

/* ---- text ---- */

/* Words from CHECK_COLUMN to CHECK_COLUMNS; the first comes at column `at`. */
static void put_words(struct buf *to, struct span text, size_t at)
{
    struct span word;
    while (span_next(&text, ' ', &word)) {
        struct buf shown = buf_init(CHECK_DETAIL_MAX * 4);
        escape_put(&shown, word);
        size_t width = table_width(buf_span(&shown));
        if (at > CHECK_COLUMN && at + 1 + width > CHECK_COLUMNS) {
            buf_put_char(to, '\n');
            at = 0;
        }
        buf_put_format(to, "%*s", at < CHECK_COLUMN ? (int)(CHECK_COLUMN - at) : 1, "");
        at = at < CHECK_COLUMN ? CHECK_COLUMN : at + 1;
        buf_put(to, buf_span(&shown));
        at += width;
        buf_free(&shown);
    }
    buf_put_char(to, '\n');
}

static const char *check_advice(const struct check *c)
{
    return fault_is_set(&c->fault) ? fault_advice(&c->fault) : c->advice;
}

static void show_text(struct report *r, const struct check *c)
{
    const char *state = c->skipped ? "skipped" : fault_is_set(&c->fault) ? "problem" : "ok";
    const char *advice = check_advice(c);
    struct buf b = buf_init(REPORT_MAX);
    report_put_colored(r, &b, c->skipped ? REPORT_NOTE : fault_is_set(&c->fault) ? REPORT_BAD : REPORT_GOOD, state);
    buf_put_format(&b, "%*s%s", (int)(NAME_COLUMN - strlen(state)), "", c->name);
    put_words(&b, buf_span(&c->detail), NAME_COLUMN + strlen(c->name));
    if (advice != NULL) {
        struct buf line = buf_init(CHECK_DETAIL_MAX);
        buf_put_format(&line, "advice: %s", advice);
        put_words(&b, buf_span(&line), 0);
        buf_free(&line);
    }
    report_result(r, &b);
}

/* ---- JSON ---- */

static void show_json(struct report *r, struct check *c)
{
    struct buf b = buf_init(REPORT_MAX);
    buf_put_char(&b, '{');
    object_text(&b, "check", c->name);
    object_name(&b, "ok");
    buf_put_text(&b, c->skipped ? "null" : fault_is_set(&c->fault) ? "false" : "true");
    object_text(&b, "detail", buf_text(&c->detail));
    object_text(&b, "advice", check_advice(c));
    buf_put_text(&b, "}\n");
    report_result(r, &b);
}

/* ---- ending ---- */

/* The fault's text behind the detail, and what the service said. */
static void put_fault(struct check *c)
{
    const char *const words[] = {c->fault.text, c->fault.service_code, c->fault.service_message};
    const char *before = c->detail.size > 0 ? "; " : "";
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (words[i][0] != '\0') {
            buf_put_text(&c->detail, before);
            buf_put_text(&c->detail, words[i]);
            before = ": ";
        }
    }
    if (c->fault.service_target[0] != '\0') {
        buf_put_format(&c->detail, " (id for Microsoft support: %s)", c->fault.service_target);
    }
}

void check_end(struct checks *all, struct check *c)
{
    bool stopped = c->fault.code == FAULT_INTERRUPTED || c->fault.code == FAULT_TERMINATED;
    if (stopped) {
        all->stopped = c->fault.code;
        buf_clear(&c->detail);
        fault_clear(&c->fault);
        (void)check_skip(c, "interrupted");
    } else if (fault_is_set(&c->fault)) {
        put_fault(c);
        tally_add(&all->problems, c->fault.code);
        all->problem_count++;
    }
    all->count++;
    if (all->report->json) {
        show_json(all->report, c);
    } else {
        show_text(all->report, c);
    }
    buf_free(&c->detail);
}

enum exit_status checks_end(struct checks *all, const char *what)
{
    struct fault f = {0};
    if (all->stopped != FAULT_NONE) {
        fault_set(&f, all->stopped, "%s: interrupted", what);
    } else if (all->problem_count > 0) {
        fault_set(&f, FAULT_FAILED, "%s: %zu of %zu checks found a problem", what, all->problem_count, all->count);
    }
    if (fault_is_set(&f)) {
        report_failure(all->report, &f);
    }
    return all->stopped != FAULT_NONE ? fault_status(all->stopped) : tally_status(&all->problems);
}
