/*
 * report.c - everything that is printed; see report.h.
 */
#include "cli/report.h"

#include "base/escape.h"
#include "base/trace.h"
#include "cli/manual.h"
#include "codec/json.h"
#include "codec/time_text.h"
#include "os/os.h"

static const char red[] = "\033[31m";
static const char green[] = "\033[32m";
static const char yellow[] = "\033[33m";
static const char plain[] = "\033[0m";

/* ---- writing ---- */

/* Standard error may be closed or full; nothing is left then to say that on. */
static void write_error(struct span bytes)
{
    if (!os_write(OS_ERR, bytes)) {
        return;
    }
}

/* Write what b holds to standard error and give it back. */
static void end_error(struct buf *b)
{
    write_error(b->failed ? SPAN("unisolate: out of memory\n") : buf_span(b));
    buf_free(b);
}

static void end_result(struct report *r, struct buf *b)
{
    if (b->failed || !os_write(OS_OUT, buf_span(b))) {
        r->write_failed = true;
    }
    buf_free(b);
}

static void put_colored(struct buf *b, bool on, const char *color, const char *text)
{
    buf_put_text(b, on ? color : "");
    buf_put_text(b, text);
    buf_put_text(b, on ? plain : "");
}

static void write_trace(struct span line)
{
    struct buf b = buf_init(line.size + 1);
    buf_put(&b, line);
    buf_put_char(&b, '\n');
    end_error(&b);
}

/* ---- JSON: one object a line ---- */

static void put_name(struct buf *b, const char *name)
{
    char last = b->size > 0 ? b->at[b->size - 1] : '{';
    buf_put_format(b, last == '{' ? "\"%s\":" : ",\"%s\":", name);
}

/* "" and NULL are null: not known. */
static void put_text(struct buf *b, const char *name, const char *text)
{
    put_name(b, name);
    if (text == NULL || text[0] == '\0') {
        buf_put_text(b, "null");
    } else {
        json_put_string_lossy(b, span_of(text));
    }
}

static void put_time(struct buf *b, const char *name, int64_t unix_seconds)
{
    char text[TIME_TEXT_SIZE] = "";
    if (unix_seconds != 0) {
        time_put_rfc3339(unix_seconds, text);
    }
    put_text(b, name, text);
}

/* `message` is the service's; where the service said nothing, it is the fault's own text. */
static void put_error(struct buf *b, const struct fault *f)
{
    enum exit_status status = fault_status(f->code);
    put_name(b, "error");
    if (!fault_is_set(f)) {
        buf_put_text(b, "null");
        return;
    }
    buf_put_char(b, '{');
    put_text(b, "name", exit_name(status));
    put_name(b, "exit");
    buf_put_format(b, "%d", (int)status);
    put_text(b, "message", f->service_message[0] != '\0' ? f->service_message : f->text);
    put_text(b, "code", f->service_code);
    put_text(b, "target", f->service_target);
    put_text(b, "advice", fault_advice(f));
    buf_put_char(b, '}');
}

static void write_json(struct report *r, const struct release_row *row)
{
    const struct action *a = &row->action;
    struct buf b = buf_init(REPORT_MAX);
    buf_put_char(&b, '{');
    put_text(&b, "input", row->input);
    put_text(&b, "result", release_result_name(row->result));
    put_text(&b, "machineId", row->machine_id);
    put_text(&b, "computerDnsName", a->computer_name);
    put_text(&b, "actionId", a->id);
    put_text(&b, "actionStatus", a->status_text);
    put_time(&b, "requested", a->requested);
    put_time(&b, "ended", a->ended);
    put_error(&b, &row->fault);
    buf_put_text(&b, "}\n");
    end_result(r, &b);
}

/* ---- text ---- */

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
    put_colored(b, r->color_err, yellow, "advice:");
    buf_put_char(b, ' ');
    escape_put(b, span_of(text));
    buf_put_char(b, '\n');
}

static void write_fault(const struct report *r, const struct fault *f)
{
    const char *advice = fault_advice(f);
    struct buf b = buf_init(REPORT_MAX);
    put_colored(&b, r->color_err, red, "unisolate:");
    buf_put_char(&b, ' ');
    escape_put(&b, span_of(f->text));
    put_service_words(&b, f);
    buf_put_char(&b, '\n');
    if (advice != NULL) {
        put_advice(&b, r, advice);
    }
    end_error(&b);
}

/* What a result does not mean, for who reads no manual. */
static const char *meaning_of(enum release_result result)
{
    switch (result) {
    case RELEASE_ACCEPTED:
        return " (queued, not yet released)";
    case RELEASE_ALREADY_PENDING:
        return " (queued before)";
    default:
        return "";
    }
}

/*
 *     accepted  pc-042 (queued, not yet released)
 *               action 5382f7ea-7557-4ab7-9782-d50480024a4e, Pending
 */
static void write_row(struct report *r, const struct release_row *row)
{
    const struct action *a = &row->action;
    const char *result = release_result_name(row->result);
    struct buf b = buf_init(REPORT_MAX);
    put_colored(&b, r->color_out, green, result);
    buf_put_text(&b, "  ");
    escape_put(&b, span_of(row->input));
    buf_put_text(&b, meaning_of(row->result));
    buf_put_char(&b, '\n');
    if (a->id[0] != '\0') {
        buf_put_format(&b, "%*saction ", (int)span_of(result).size + 2, "");
        escape_put(&b, span_of(a->id));
        buf_put_text(&b, a->status_text[0] != '\0' ? ", " : "");
        escape_put(&b, span_of(a->status_text));
        buf_put_char(&b, '\n');
    }
    end_result(r, &b);
}

/* ---- what others call ---- */

static bool has_color(enum color when, enum os_output where)
{
    return when == COLOR_ALWAYS || (when == COLOR_AUTO && os_is_terminal(where));
}

void report_open(struct report *r, const struct options *o)
{
    *r = (struct report){
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

void report_row(void *report, const struct release_row *row)
{
    struct report *r = report;
    bool failed = fault_is_set(&row->fault);
    if (r->json) {
        write_json(r, row);
    } else if (!failed) {
        write_row(r, row);
    }
    if (failed) {
        write_fault(r, &row->fault);
    }
}

void report_fault(struct report *r, const struct fault *f)
{
    if (r->json) {
        struct release_row nobody = {.result = RELEASE_ERROR, .fault = *f};
        write_json(r, &nobody);
    }
    write_fault(r, f);
}

void report_advice(const struct report *r, const char *text)
{
    struct buf b = buf_init(REPORT_MAX);
    if (!r->quiet) {
        put_advice(&b, r, text);
        end_error(&b);
    }
}

void report_prompt(void *report, const struct credential_prompt *prompt)
{
    struct report *r = report;
    char until[TIME_TEXT_SIZE];
    struct buf b = buf_init(REPORT_MAX);
    time_put_rfc3339(prompt->expires, until);
    put_colored(&b, r->color_err, green, "sign-in:");
    buf_put_text(&b, " open ");
    escape_put(&b, span_of(prompt->url));
    buf_put_text(&b, " in a browser on any device and enter the code ");
    escape_put(&b, span_of(prompt->user_code));
    buf_put_format(&b, " (good until %s)\n", until);
    end_error(&b);
    if (r->json) {
        struct buf event = buf_init(REPORT_MAX);
        buf_put_char(&event, '{');
        put_text(&event, "event", "device-code");
        put_text(&event, "userCode", prompt->user_code);
        put_text(&event, "verificationUri", prompt->url);
        put_time(&event, "expires", prompt->expires);
        buf_put_text(&event, "}\n");
        end_result(r, &event);
    }
}

static void put_token_json(struct buf *b, struct span token, const struct claims *claims)
{
    struct span rest = span_of(claims->permissions);
    struct span role;
    buf_put_char(b, '{');
    put_name(b, "token");
    json_put_string_lossy(b, token);
    put_time(b, "expires", claims->expires);
    put_text(b, "audience", claims->audience);
    put_name(b, "roles");
    for (char before = '['; span_next(&rest, ' ', &role); before = ',') {
        buf_put_char(b, before);
        json_put_string_lossy(b, role);
    }
    buf_put_text(b, claims->permissions[0] != '\0' ? "]}" : "[]}");
}

void report_token(struct report *r, const struct secret *token, const struct claims *claims)
{
    struct buf b = buf_init(SECRET_MAX + REPORT_MAX);
    if (r->json) {
        put_token_json(&b, secret_reveal(token), claims);
    } else {
        buf_put(&b, secret_reveal(token));
    }
    buf_put_char(&b, '\n');
    end_result(r, &b);
    if (os_is_terminal(OS_OUT)) {
        report_advice(r, "who has this token can release devices until it expires: clear the screen, "
                         "or send it to a file");
    }
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
    if (!r->write_failed) {
        return status;
    }
    struct fault f = {0};
    fault_set(&f, FAULT_OUTPUT, "standard output: a result could not be written");
    write_fault(r, &f);
    return STATUS_INTERNAL;
}
