/*
 * report.c - the two ways out; see report.h.
 */
#include "cli/report.h"

#include "base/escape.h"
#include "base/trace.h"
#include "cli/manual.h"
#include "cli/object.h"
#include "mde/isolation.h"
#include "mde/release.h"
#include "os/os.h"

static const char *const colors[] = {
    [REPORT_GOOD] = "\033[32m",
    [REPORT_BAD] = "\033[31m",
    [REPORT_NOTE] = "\033[33m",
};

/* A progress line stands on the terminal: the trace's sink has to know, too. */
static bool progress_stands;

/* ---- writing ---- */

/* Standard error may be closed or full; nothing is left then to say that on. */
static void write_error(struct span bytes)
{
    if (!os_write(OS_ERR, bytes)) {
        return;
    }
}

static void clear_progress(void)
{
    if (progress_stands) {
        write_error(SPAN("\r\033[K"));
        progress_stands = false;
    }
}

/* Write what b holds to standard error and give it back. */
static void end_error(struct buf *b)
{
    clear_progress();
    write_error(b->failed ? SPAN("unisolate: out of memory\n") : buf_span(b));
    buf_free(b);
}

void report_result(struct report *r, struct buf *result)
{
    clear_progress();
    if (result->failed || !os_write(OS_OUT, buf_span(result))) {
        r->write_failed = true;
    }
    buf_free(result);
}

static void put_colored(struct buf *b, bool on, enum report_color color, const char *text)
{
    buf_put_text(b, on ? colors[color] : "");
    buf_put_text(b, text);
    buf_put_text(b, on ? "\033[0m" : "");
}

void report_put_colored(const struct report *r, struct buf *b, enum report_color color, const char *text)
{
    put_colored(b, r->color_out, color, text);
}

static void write_trace(struct span line)
{
    struct buf b = buf_init(line.size + 1);
    buf_put(&b, line);
    buf_put_char(&b, '\n');
    end_error(&b);
}

/* ---- faults and advice ---- */

/* What the service said, behind the text: ": CODE: MESSAGE (id for Microsoft support: TARGET)". */
static void put_service_words(struct buf *b, const struct fault *f)
{
    const char *const words[] = {f->service_code, f->service_message};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (words[i][0] != '\0') {
            buf_put_text(b, ": ");
            escape_put(b, span_of(words[i]));
        }
    }
    if (f->service_target[0] != '\0') {
        buf_put_text(b, " (id for Microsoft support: ");
        escape_put(b, span_of(f->service_target));
        buf_put_char(b, ')');
    }
}

static void put_advice(struct buf *b, const struct report *r, const char *text)
{
    put_colored(b, r->color_err, REPORT_NOTE, "advice:");
    buf_put_char(b, ' ');
    escape_put(b, span_of(text));
    buf_put_char(b, '\n');
}

static void tell_failure(const struct report *r, const struct fault *f, const char *advice)
{
    struct buf b = buf_init(REPORT_MAX);
    put_colored(&b, r->color_err, REPORT_BAD, "unisolate:");
    buf_put_char(&b, ' ');
    escape_put(&b, span_of(f->text));
    put_service_words(&b, f);
    buf_put_char(&b, '\n');
    if (advice != NULL) {
        put_advice(&b, r, advice);
    }
    end_error(&b);
}

void report_failure(const struct report *r, const struct fault *f)
{
    tell_failure(r, f, fault_advice(f));
}

void report_failure_line(const struct report *r, const struct fault *f)
{
    tell_failure(r, f, NULL);
}

/* ---- the rest ---- */

static bool has_color(enum color when, enum os_output where)
{
    return when == COLOR_ALWAYS || (when == COLOR_AUTO && os_is_terminal(where));
}

void report_open(struct report *r, const struct options *o)
{
    *r = (struct report){
        .command = o->command,
        .json = o->json,
        .quiet = o->quiet,
        .color_out = has_color(o->color, OS_OUT),
        .color_err = has_color(o->color, OS_ERR),
    };
    trace_open(o->verbosity == 0   ? TRACE_OFF
               : o->verbosity == 1 ? TRACE_STEPS
                                   : TRACE_BYTES,
               write_trace);
}

/* A result without a device: its members are those of the command's results, all null but the fault. */
static void write_nobody(struct report *r, const struct fault *f)
{
    struct buf b = buf_init(REPORT_MAX);
    buf_put_char(&b, '{');
    object_text(&b, "input", NULL);
    if (r->command == COMMAND_STATUS) {
        object_text(&b, "isolation", isolation_name(ISOLATION_UNKNOWN));
        object_text(&b, "actionType", NULL);
    } else {
        object_text(&b, "result", release_result_name(RELEASE_ERROR));
    }
    object_text(&b, "machineId", NULL);
    object_text(&b, "computerDnsName", NULL);
    object_text(&b, "actionId", NULL);
    object_text(&b, "actionStatus", NULL);
    object_time(&b, "requested", 0);
    object_time(&b, "ended", 0);
    object_fault(&b, f);
    buf_put_text(&b, "}\n");
    report_result(r, &b);
}

void report_fault(struct report *r, const struct fault *f)
{
    if (r->json) {
        write_nobody(r, f);
    }
    report_failure(r, f);
}

void report_advice(const struct report *r, const char *text)
{
    struct buf b = buf_init(REPORT_MAX);
    if (!r->quiet) {
        put_advice(&b, r, text);
        end_error(&b);
    }
}

void report_prompt(const struct report *r, const char *text)
{
    struct buf b = buf_init(REPORT_MAX);
    put_colored(&b, r->color_err, REPORT_GOOD, "sign-in:");
    buf_put_char(&b, ' ');
    escape_put(&b, span_of(text));
    buf_put_char(&b, '\n');
    end_error(&b);
}

void report_lines(const struct report *r, struct buf *lines)
{
    if (r->quiet) {
        buf_free(lines);
    } else {
        end_error(lines);
    }
}

void report_progress(const struct report *r, const char *line)
{
    struct buf b = buf_init(REPORT_MAX);
    if (r->quiet || !os_is_terminal(OS_ERR)) {
        return;
    }
    clear_progress();
    escape_put(&b, span_of(line));
    struct span shown = span_cut(buf_span(&b), 0, os_columns(OS_ERR) - 1);
    write_error(shown);
    progress_stands = shown.size > 0;
    buf_free(&b);
}

void report_usage(void)
{
    struct buf b = buf_init(MANUAL_MAX);
    manual_put_usage(&b);
    end_error(&b);
}

void report_text(struct report *r, struct span text)
{
    if (!os_write(OS_OUT, text)) {
        r->write_failed = true;
    }
}

enum exit_status report_close(struct report *r, enum exit_status status)
{
    clear_progress();
    if (!r->write_failed) {
        return status;
    }
    struct fault f = {0};
    fault_set(&f, FAULT_OUTPUT, "standard output: a result could not be written");
    report_failure(r, &f);
    return STATUS_INTERNAL;
}
