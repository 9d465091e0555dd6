/*
 * release.c - devices on their way out of isolation; see release.h.
 */
#include "mde/release_run.h"

#include "base/trace.h"
#include "mde/settle.h"
#include "net/clock.h"
#include "os/os.h"

#include <string.h>

const char *release_result_name(enum release_result result)
{
    static const char *const names[] = {
#define X(symbol, name) [symbol] = name,
        RELEASE_RESULT_LIST(X)
#undef X
    };
    return names[result];
}

enum release_result release_result_of(enum fault_code code)
{
    switch (code) {
    case FAULT_NOT_FOUND:
        return RELEASE_NOT_FOUND;
    case FAULT_AMBIGUOUS:
        return RELEASE_AMBIGUOUS;
    case FAULT_PERMISSION:
        return RELEASE_DENIED;
    case FAULT_THROTTLED:
        return RELEASE_THROTTLED;
    case FAULT_CONFLICT:
        return RELEASE_CONFLICT;
    case FAULT_PENDING:
        return RELEASE_PENDING;
    case FAULT_REFUSED:
    case FAULT_FAILED:
        return RELEASE_FAILED;
    default:
        return RELEASE_ERROR;
    }
}

/* ---- the table ---- */

static bool has_device(const struct release *r, uint32_t hash, const char *machine_id)
{
    uint32_t walk = 0;
    size_t row;
    while (index_next(&r->ids, hash, &walk, &row)) {
        if (strcmp(r->rows[row].machine_id, machine_id) == 0) {
            return true;
        }
    }
    return false;
}

static bool grow(struct release *r, struct fault *f)
{
    size_t capacity = r->capacity == 0 ? 8 : r->capacity * 2;
    struct release_row *rows = memory_take(capacity, sizeof *rows);
    if (rows == NULL) {
        return fault_set(f, FAULT_MEMORY, "out of memory");
    }
    if (r->count > 0) {
        memcpy(rows, r->rows, r->count * sizeof *rows);
    }
    memory_give(r->rows);
    r->rows = rows;
    r->capacity = capacity;
    return true;
}

bool release_add(struct release *r, const char *input, const char *machine_id, const char *computer_name, bool *added,
                 struct fault *f)
{
    uint32_t hash = index_hash(span_of(machine_id));
    bool known = machine_id[0] != '\0';
    *added = !known || !has_device(r, hash, machine_id);
    if (!*added) {
        trace(TRACE_STEPS, "%s: named twice, released once", input);
        return true;
    }
    if (r->count == r->capacity && !grow(r, f)) {
        return false;
    }
    if (known && !index_add(&r->ids, hash, r->count)) {
        return fault_set(f, FAULT_MEMORY, "out of memory");
    }
    struct release_row *row = &r->rows[r->count++];
    row->input = input;
    fault_keep(row->machine_id, sizeof row->machine_id, span_of(machine_id));
    fault_keep(row->computer_name, sizeof row->computer_name, span_of(computer_name));
    return true;
}

/* Results are told in the order of the table, as soon as all in front of them are known. */
static void tell(struct release *r)
{
    while (r->told < r->count && r->rows[r->told].stage == STAGE_DONE) {
        r->settings.done(r->settings.context, &r->rows[r->told]);
        r->told++;
    }
}

void row_end(struct release *r, struct release_row *row, enum release_result result)
{
    row->stage = STAGE_DONE;
    row->result = result;
    tell(r);
}

void row_fail(struct release *r, struct release_row *row, const struct fault *why)
{
    row->fault = *why;
    fault_place(&row->fault, "%s", row->input);
    if (row->doubt.code != FAULT_NONE && why->code != FAULT_CONFLICT) {
        fault_advise(&row->fault, "the release may have reached the service all the same; run it again: a repeated release does no harm");
    }
    row_end(r, row, release_result_of(why->code));
}

void release_fail_last(struct release *r, const struct fault *why, struct device_list *candidates)
{
    struct release_row *row = &r->rows[r->count - 1];
    if (why->code == FAULT_AMBIGUOUS) {
        row->candidates = *candidates;
        *candidates = (struct device_list){0};
    }
    row_fail(r, row, why);
}

/* ---- what an answer means for its row ---- */

bool row_is_stop(enum fault_code code)
{
    return code == FAULT_INTERRUPTED || code == FAULT_TERMINATED;
}

/* The service has it: that is all, or it is followed. */
static void row_accepted(struct run *run, struct release_row *row, enum release_result result)
{
    row->result = result;
    fault_clear(&row->doubt);
    if (run->table->settings.wait_ms > 0) {
        row->stage = STAGE_FOLLOW;
    } else {
        row_end(run->table, row, result);
    }
}

bool row_fits(const struct release_row *row, struct fault *f)
{
    if (!span_equal_nocase(span_of(row->action.machine_id), span_of(row->machine_id))) {
        return fault_set(f, FAULT_ANSWER, "the service answered for another device, \"%s\"", row->action.machine_id);
    }
    if (action_is(&row->action, "Isolate")) {
        fault_set(f, FAULT_CONFLICT, "an Isolate action is active for the device (%s, %s)", row->action.id, row->action.status_text);
        return fault_advise(f, "--cancel-isolate cancels it; or wait until it has ended, and release the device then");
    }
    if (!action_is(&row->action, "Unisolate")) {
        return fault_set(f, FAULT_ANSWER, "the service answered with an action of type \"%s\"", row->action.type);
    }
    if (action_has_ended(&row->action) && row->action.status != ACTION_SUCCEEDED) {
        return fault_set(f, FAULT_FAILED, "the action has ended: %s", row->action.status_text);
    }
    return true;
}

static void row_doubt(struct release_row *row, const struct fault *why)
{
    row->doubt = *why;
    row->stage = STAGE_SETTLE;
}

static void row_take_action(struct run *run, struct release_row *row, struct json entity)
{
    struct fault why = {0};
    if (action_read(&row->action, entity, &why) && row_fits(row, &why)) {
        row_accepted(run, row, RELEASE_ACCEPTED);
    } else if (why.code == FAULT_CONFLICT && run->table->settings.cancel_isolate && !row->sent_again) {
        row_doubt(row, &why);
    } else {
        fault_place(&why, "%s", run->api->url->place);
        row_fail(run->table, row, &why);
    }
}

/* The answer was lost on its way, or the service broke after the request had reached it: it may or may not have acted. */
static bool answer_is_lost(const struct call *call, const struct fault *why)
{
    return call->sent && (call->status == 0 || call->status >= 500) &&
           (why->code == FAULT_CUT || why->code == FAULT_TIMEOUT || why->code == FAULT_SERVER);
}

struct release_row *row_of(const struct run *run, const struct call *call)
{
    return &run->table->rows[call - run->calls];
}

/* No time is left to look anything up. */
static bool is_over(const struct run *run)
{
    return os_monotonic_ms() >= run->api->client->settings.deadline_ms;
}

/* The engine has ended the call of a release. */
static void take_release(void *context, struct call *call)
{
    struct run *run = context;
    struct release_row *row = row_of(run, call);
    struct json entity = {0};
    struct fault why = {0};
    if (api_answer(call, &entity, &why)) {
        row_take_action(run, row, entity);
    } else if (api_is_duplicate(&why) || (answer_is_lost(call, &why) && !is_over(run))) {
        row_doubt(row, &why);
    } else if (why.code == FAULT_TOKEN && !row->renewed) {
        row->renewed = true;
        row->fault = why;
    } else {
        if (row_is_stop(why.code)) {
            run->stop = why;
            row->doubt = call->sent ? why : row->doubt;
        }
        row->doubt = answer_is_lost(call, &why) ? why : row->doubt;
        row_fail(run->table, row, &why);
    }
}

/* ---- rounds of releases ---- */

static struct call release_call(struct run *run, const struct release_row *row)
{
    struct buf path = buf_init(128);
    buf_put_format(&path, "/api/machines/%s/unisolate", row->machine_id);
    struct call call = api_call(run->api, "POST", buf_span(&path), buf_span(&run->body));
    call.target.failed = call.target.failed || path.failed;
    buf_free(&path);
    call.ended = take_release;
    call.context = run;
    return call;
}

/* Rows that were told their token is not good: with a new one they go round again, without one they end here. */
void release_renew_token(struct run *run)
{
    bool renewed = false;
    for (size_t i = 0; i < run->table->count; i++) {
        struct release_row *row = &run->table->rows[i];
        if (row->stage == STAGE_DONE || row->fault.code != FAULT_TOKEN) {
            continue;
        }
        struct fault why = row->fault;
        renewed = renewed || api_renew(run->api, &why);
        if (renewed) {
            fault_clear(&row->fault);
        } else if (row->stage != STAGE_FOLLOW) {
            row_fail(run->table, row, &why);
        }
    }
}

/* Look up what is in doubt; rows that may be sent (again) are STAGE_REQUEST afterwards. */
static void settle_row(struct run *run, struct release_row *row)
{
    struct fault doubt = row->doubt;
    struct fault why = {0};
    bool duplicate = doubt.code == FAULT_REFUSED;
    enum settled settled = settle_doubt(run->api, row, &run->table->settings, &why);
    if (settled == SETTLED_ADOPTED && !row_fits(row, &why)) {
        row_fail(run->table, row, &why);
    } else if (settled == SETTLED_ADOPTED) {
        row_accepted(run, row, duplicate ? RELEASE_ALREADY_PENDING : RELEASE_ACCEPTED);
    } else if (settled == SETTLED_FAULT) {
        run->stop = row_is_stop(why.code) ? why : run->stop;
        row_fail(run->table, row, &why);
    } else if (duplicate && (settled == SETTLED_BLIND || row->sent_again)) {
        row_accepted(run, row, RELEASE_ALREADY_PENDING);
    } else if (row->sent_again) {
        row_fail(run->table, row, &doubt);
    } else {
        trace(TRACE_STEPS, "%s: %s; the release is sent once more", row->input, doubt.text);
        row->sent_again = true;
        row->stage = STAGE_REQUEST;
    }
}

static void settle_all(struct run *run)
{
    for (size_t i = 0; i < run->table->count; i++) {
        struct release_row *row = &run->table->rows[i];
        if (row->stage == STAGE_SETTLE) {
            settle_row(run, row);
        }
    }
}

/* Send every row that is to be sent. False: there is none. */
static bool round_of_releases(struct run *run)
{
    bool any = false;
    for (size_t i = 0; i < run->table->count; i++) {
        struct release_row *row = &run->table->rows[i];
        call_free(&run->calls[i]);
        run->calls[i].state = CALL_ENDED;
        if (row->stage == STAGE_REQUEST) {
            run->calls[i] = release_call(run, row);
            row->sent = clock_seconds();
            any = true;
        }
    }
    if (any) {
        client_run(run->api->client, run->calls, run->table->count);
        release_renew_token(run);
        settle_all(run);
    }
    return any;
}

/* With --cancel-isolate waiting Isolate actions go before the release is sent, or they might be carried out after it. */
static void clear_way(struct run *run)
{
    bool told = false;
    for (size_t i = 0; i < run->table->count; i++) {
        struct release_row *row = &run->table->rows[i];
        struct fault why = {0};
        if (row->stage != STAGE_REQUEST) {
            continue;
        }
        enum settled settled = settle_doubt(run->api, row, &run->table->settings, &why);
        if (settled == SETTLED_FAULT) {
            run->stop = row_is_stop(why.code) ? why : run->stop;
            row_fail(run->table, row, &why);
        } else if (settled == SETTLED_BLIND && !told) {
            told = true;
            run->table->settings.advise(run->table->settings.context, "waiting Isolate actions cannot be looked up, so none is "
                                        "cancelled: that needs the role Machine.Read.All as well");
        }
        row->action = (struct action){0};
    }
}

/* In the order of the table, so that the row that comes next is the next to be told. */
static void plan_all(struct run *run)
{
    struct release *r = run->table;
    for (size_t i = 0; i < r->count; i++) {
        struct release_row *row = &r->rows[i];
        if (row->stage == STAGE_REQUEST) {
            struct call call = release_call(run, row);
            r->settings.planned(r->settings.context, row, &call);
            call_free(&call);
            row->stage = STAGE_DONE;
            row->result = RELEASE_PLANNED;
            r->told++;
            tell(r);
        }
    }
}

/* ---- the whole ---- */

static void run_all(struct run *run)
{
    if (run->table->settings.planned != NULL) {
        plan_all(run);
        return;
    }
    if (run->table->settings.cancel_isolate) {
        clear_way(run);
    }
    while (round_of_releases(run)) {
        /* each round ends rows; a row takes part in three at most */
    }
    release_follow(run);
}

bool release_run(struct release *r, struct api *api, struct fault *f)
{
    struct run run = {.table = r, .api = api, .body = buf_init(ACTION_BODY_MAX)};
    run.calls = memory_take(r->count, sizeof *run.calls);
    bool ok = run.calls != NULL || fault_set(f, FAULT_MEMORY, "out of memory");
    ok = ok && action_put_body(&run.body, r->settings.comment, f);
    if (ok) {
        run_all(&run);
    }
    for (size_t i = 0; run.calls != NULL && i < r->count; i++) {
        call_free(&run.calls[i]);
    }
    memory_give(run.calls);
    buf_free(&run.body);
    if (fault_is_set(&run.stop)) {
        *f = run.stop;
    }
    return !fault_is_set(f);
}

enum exit_status release_status(const struct release *r)
{
    for (size_t i = 1; i < r->count; i++) {
        if (fault_status(r->rows[i].fault.code) != fault_status(r->rows[0].fault.code)) {
            return STATUS_MIXED;
        }
    }
    return r->count > 0 ? fault_status(r->rows[0].fault.code) : STATUS_OK;
}

void release_free(struct release *r)
{
    for (size_t i = 0; i < r->count; i++) {
        device_list_free(&r->rows[i].candidates);
    }
    memory_give(r->rows);
    index_free(&r->ids);
    *r = (struct release){0};
}
