/*
 * release.c - devices on their way out of isolation; see release.h.
 */
#include "mde/release.h"

#include "base/trace.h"

#include <string.h>

/* No limit is documented for a comment; the portal shows a few lines of it. */
enum { COMMENT_BODY_MAX = 64 * 1024 };

/* What one run needs besides the table. */
struct run {
    struct release *table;
    struct api *api;
    void (*done)(void *context, const struct release_row *row);
    void *context;
    struct buf body;    /* the same for every row */
    struct call *calls; /* owned; calls[i] is for rows[i] */
    size_t told;        /* rows whose result has been handed to `done` */
};

const char *release_result_name(enum release_result result)
{
    static const char *const names[] = {
#define X(symbol, name) [symbol] = name,
        RELEASE_RESULT_LIST(X)
#undef X
    };
    return names[result];
}

/* ---- the plan ---- */

static bool read_device_id(const char *selector, char id[DEVICE_ID_SIZE + 1], struct fault *f)
{
    struct span text = span_of(selector);
    if (span_starts_nocase(text, SPAN("id:"))) {
        text = span_cut(text, 3, text.size);
    }
    bool good = text.size == DEVICE_ID_SIZE;
    for (size_t i = 0; good && i < DEVICE_ID_SIZE; i++) {
        good = ascii_hex_value(text.at[i]) < 16;
        id[i] = ascii_lower(text.at[i]);
    }
    id[DEVICE_ID_SIZE] = '\0';
    return good || fault_set(f, FAULT_USAGE, "device \"%s\": a device id has %d hexadecimal digits", selector,
                             (int)DEVICE_ID_SIZE);
}

static bool is_planned(const struct release *r, const char *machine_id)
{
    for (size_t i = 0; i < r->count; i++) {
        if (strcmp(r->rows[i].machine_id, machine_id) == 0) {
            return true;
        }
    }
    return false;
}

bool release_plan(struct release *r, const char *const *selectors, size_t count, const char *comment, struct fault *f)
{
    *r = (struct release){.comment = comment, .rows = memory_take(count, sizeof *r->rows)};
    if (r->rows == NULL) {
        return fault_set(f, FAULT_MEMORY, "out of memory");
    }
    for (size_t i = 0; i < count; i++) {
        struct release_row *row = &r->rows[r->count];
        if (!read_device_id(selectors[i], row->machine_id, f)) {
            return false;
        }
        if (is_planned(r, row->machine_id)) {
            trace(TRACE_STEPS, "%s: named twice, released once", selectors[i]);
            continue;
        }
        row->input = selectors[i];
        r->count++;
    }
    return true;
}

/* ---- what an answer means for its row ---- */

static enum release_result result_of(enum fault_code code)
{
    switch (code) {
    case FAULT_NOT_FOUND:
        return RELEASE_NOT_FOUND;
    case FAULT_PERMISSION:
        return RELEASE_DENIED;
    case FAULT_THROTTLED:
        return RELEASE_THROTTLED;
    case FAULT_CONFLICT:
        return RELEASE_CONFLICT;
    case FAULT_REFUSED:
    case FAULT_FAILED:
        return RELEASE_FAILED;
    default:
        return RELEASE_ERROR;
    }
}

/* Results are told in the order of the input, as soon as all in front of them are known. */
static void row_end(struct run *run, struct release_row *row, enum release_result result)
{
    row->done = true;
    row->result = result;
    while (run->told < run->table->count && run->table->rows[run->told].done) {
        run->done(run->context, &run->table->rows[run->told]);
        run->told++;
    }
}

static void row_fail(struct run *run, struct release_row *row, const struct fault *why)
{
    row->fault = *why;
    fault_place(&row->fault, "%s", row->input);
    if (row->maybe_sent) {
        fault_advise(&row->fault, "the release may have reached the service all the same; run it again: a repeated release does no harm");
    }
    row_end(run, row, result_of(why->code));
}

static bool fits_row(const struct release_row *row, struct fault *f)
{
    if (!span_equal_nocase(span_of(row->action.machine_id), span_of(row->machine_id))) {
        return fault_set(f, FAULT_ANSWER, "the service answered for another device, \"%s\"", row->action.machine_id);
    }
    if (span_equal_nocase(span_of(row->action.type), SPAN("Isolate"))) {
        return fault_set(f, FAULT_CONFLICT, "an Isolate action is active for the device (%s)", row->action.status_text);
    }
    if (!span_equal_nocase(span_of(row->action.type), SPAN("Unisolate"))) {
        return fault_set(f, FAULT_ANSWER, "the service answered with an action of type \"%s\"", row->action.type);
    }
    if (action_has_ended(&row->action) && row->action.status != ACTION_SUCCEEDED) {
        return fault_set(f, FAULT_FAILED, "the action has ended: %s", row->action.status_text);
    }
    return true;
}

static void row_accept(struct run *run, struct release_row *row, struct json entity)
{
    struct fault why = {0};
    if (!action_read(&row->action, entity, &why) || !fits_row(row, &why)) {
        fault_place(&why, "%s", run->api->url->place);
        row_fail(run, row, &why);
    } else {
        row_end(run, row, RELEASE_ACCEPTED);
    }
}

/* The answer was lost on its way, or the service broke after the request had reached it: it may or may not have acted. */
static bool answer_is_lost(const struct call *call)
{
    return call->sent && (call->status == 0 || call->status >= 500);
}

static bool can_be_sent_again(const struct fault *why)
{
    return why->code == FAULT_CUT || why->code == FAULT_TIMEOUT || why->code == FAULT_SERVER;
}

/* The engine has ended a call. A row that is not done after this takes part in the next round. */
static void row_take_answer(void *context, struct call *call)
{
    struct run *run = context;
    struct release_row *row = &run->table->rows[call - run->calls];
    struct json entity = {0};
    struct fault why = {0};
    if (api_answer(call, &entity, &why)) {
        row_accept(run, row, entity);
        return;
    }
    row->maybe_sent = row->maybe_sent || answer_is_lost(call);
    if (api_is_duplicate(&why)) {
        row_end(run, row, RELEASE_ALREADY_PENDING);
    } else if (answer_is_lost(call) && can_be_sent_again(&why) && !row->sent_again) {
        trace(TRACE_STEPS, "%s: %s; the release is sent once more", row->input, why.text);
        row->sent_again = true;
    } else if (why.code == FAULT_TOKEN && !row->renewed) {
        row->renewed = true;
        row->fault = why;
    } else {
        row_fail(run, row, &why);
    }
}

/* ---- the rounds ---- */

static struct call unisolate_call(struct run *run, const struct release_row *row)
{
    struct buf path = buf_init(128);
    buf_put_format(&path, "/api/machines/%s/unisolate", row->machine_id);
    struct call call = api_call(run->api, "POST", buf_span(&path), buf_span(&run->body));
    call.target.failed = call.target.failed || path.failed;
    buf_free(&path);
    call.ended = row_take_answer;
    call.context = run;
    return call;
}

/* Rows that were told their token is not good: with a new one they go round again, without one they end here. */
static void renew_token(struct run *run)
{
    bool renewed = false;
    for (size_t i = 0; i < run->table->count; i++) {
        struct release_row *row = &run->table->rows[i];
        if (row->done || row->fault.code != FAULT_TOKEN) {
            continue;
        }
        struct fault why = row->fault;
        renewed = renewed || api_renew(run->api, &why);
        if (renewed) {
            fault_clear(&row->fault);
        } else {
            row_fail(run, row, &why);
        }
    }
}

/* Send every row that is not done. False: there is none. */
static bool round_of_calls(struct run *run)
{
    bool any = false;
    for (size_t i = 0; i < run->table->count; i++) {
        call_free(&run->calls[i]);
        run->calls[i].state = CALL_ENDED;
        if (!run->table->rows[i].done) {
            run->calls[i] = unisolate_call(run, &run->table->rows[i]);
            any = true;
        }
    }
    if (any) {
        client_run(run->api->client, run->calls, run->table->count);
        renew_token(run);
    }
    return any;
}

static bool put_body(struct buf *body, const char *comment, struct fault *f)
{
    buf_put_text(body, "{\"Comment\":");
    if (!json_put_string(body, span_of(comment))) {
        return fault_set(f, FAULT_USAGE, "--comment: not UTF-8");
    }
    buf_put_text(body, "}");
    return !body->failed || fault_set(f, FAULT_USAGE, "--comment: longer than %d bytes", (int)COMMENT_BODY_MAX);
}

static bool was_stopped(const struct release *r, struct fault *f)
{
    for (size_t i = 0; i < r->count; i++) {
        enum fault_code code = r->rows[i].fault.code;
        if (code == FAULT_INTERRUPTED || code == FAULT_TERMINATED) {
            *f = r->rows[i].fault;
            return true;
        }
    }
    return false;
}

bool release_run(struct release *r, struct api *api, void (*done)(void *context, const struct release_row *row),
                 void *context, struct fault *f)
{
    struct run run = {.table = r, .api = api, .done = done, .context = context, .body = buf_init(COMMENT_BODY_MAX)};
    run.calls = memory_take(r->count, sizeof *run.calls);
    bool ok = run.calls != NULL || fault_set(f, FAULT_MEMORY, "out of memory");
    ok = ok && put_body(&run.body, r->comment, f);
    while (ok && round_of_calls(&run)) {
        /* each round ends rows; a row takes part in three at most */
    }
    memory_give(run.calls);
    buf_free(&run.body);
    return ok && !was_stopped(r, f);
}

/* ---- the whole ---- */

static enum exit_status row_status(const struct release_row *row)
{
    return fault_status(row->fault.code);
}

enum exit_status release_status(const struct release *r)
{
    struct fault stopped = {0};
    if (was_stopped(r, &stopped)) {
        return fault_status(stopped.code);
    }
    for (size_t i = 1; i < r->count; i++) {
        if (row_status(&r->rows[i]) != row_status(&r->rows[0])) {
            return STATUS_MIXED;
        }
    }
    return r->count > 0 ? row_status(&r->rows[0]) : STATUS_OK;
}

bool release_has_results(const struct release *r)
{
    for (size_t i = 0; i < r->count; i++) {
        if (r->rows[i].done) {
            return true;
        }
    }
    return false;
}

void release_free(struct release *r)
{
    memory_give(r->rows);
    *r = (struct release){0};
}
