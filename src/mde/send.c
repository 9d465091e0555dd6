/*
 * send.c - the releases of a table, sent and understood.
 *
 * Does      keep a few calls ready, so that connections and pace are used and nothing waits for the slowest; judge each answer;
 *           settle what is in doubt; sign in again for all at once.
 * Not here  one call (api.h), what a device's actions say (settle.h), following (follow.c).
 * Limits    RUN_CALLS calls are in memory; an answer is given back as soon as it is read.
 * Rules     contract 6.2, 6.3, 6.5. With a journal no call is handed to the engine before its intent is synced; the intents of
 *           calls that begin together are synced together.
 */
#include "mde/release_run.h"

#include "base/trace.h"
#include "net/clock.h"
#include "os/os.h"

bool send_is_over(const struct run *run)
{
    return os_monotonic_ms() >= run->api->client->settings.deadline_ms;
}

static bool journal_failed(const struct run *run)
{
    const struct journal *j = run->table->settings.journal;
    return j != NULL && fault_is_set(&j->fault);
}

/* ---- what an answer means for its row ---- */

/* The service has it: that is all, or it is followed. */
static void row_accepted(struct run *run, struct release_row *row, enum release_result result)
{
    row->result = result;
    row->doubt = FAULT_NONE;
    row_clear_fault(row);
    if (run->table->settings.wait_ms > 0) {
        row->stage = STAGE_FOLLOW;
        row_record(run->table, row, release_result_name(result));
    } else {
        row_end(run->table, row, result);
    }
}

static void row_doubt(struct release_row *row, const struct fault *why)
{
    row_keep_fault(row, why);
    row->doubt = why->code;
    row->stage = STAGE_SETTLE;
}

static void row_take_action(struct run *run, struct release_row *row, struct json entity)
{
    struct fault why = {0};
    struct action action;
    bool read = action_read(&action, entity, &why);
    if (read) {
        row_keep_action(row, &action);
    }
    if (read && row_fits(row, &why)) {
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

static void row_not_answered(struct run *run, struct release_row *row, const struct call *call, const struct fault *why)
{
    if (row_is_stop(why->code)) {
        run->stop = *why;
        row->doubt = call->sent ? why->code : row->doubt;
    }
    row->doubt = answer_is_lost(call, why) ? why->code : row->doubt;
    row_fail(run->table, row, why);
}

static void take_answer(struct run *run, struct release_row *row, const struct call *call)
{
    struct json entity = {0};
    struct fault why = {0};
    if (api_answer(call, &entity, &why)) {
        row_take_action(run, row, entity);
    } else if (api_is_duplicate(&why) || (answer_is_lost(call, &why) && !send_is_over(run))) {
        row_doubt(row, &why);
    } else if (why.code == FAULT_TOKEN && !row->renewed) {
        row->renewed = run->held = true;
        row_keep_fault(row, &why);
    } else {
        if (why.code == FAULT_TOKEN) {
            run->held = true;
            run->refused = why;
        }
        row_not_answered(run, row, call, &why);
    }
}

/* ---- calls ---- */

static void take_release(void *context, struct call *call);

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

/* Nothing new is begun any more; calls that are handed to the engine then only get to know why. */
static bool is_ending(const struct run *run)
{
    return os_stop_asked() != OS_GO_ON || send_is_over(run);
}

static struct release_row *next_row(struct run *run)
{
    struct release_row *row = NULL;
    return rows_in_stage(run->table, STAGE_REQUEST, &run->next, &row, 1) > 0 ? row : NULL;
}

/* Write the intents of these rows. False: they must not be sent. */
static bool intend(struct run *run, struct release_row *const *rows)
{
    struct journal *j = run->table->settings.journal;
    if (j == NULL || is_ending(run)) {
        return true;
    }
    for (size_t i = 0; i < RUN_CALLS; i++) {
        if (rows[i] != NULL) {
            journal_intend(j, rows[i]->machine_id, rows[i]->input);
            rows[i]->intended = true;
        }
    }
    return journal_sync(j);
}

static void end_place(struct call *call)
{
    call_free(call);
    call->state = CALL_ENDED;
}

/* What waits for a connection goes back to where it came from. */
static void hold_waiting(struct run *run)
{
    for (size_t i = 0; i < RUN_CALLS; i++) {
        if (run->calls[i].state == CALL_WAITING) {
            end_place(&run->calls[i]);
        }
    }
}

/* Put the next rows into the places of calls that have ended. Returns how many. */
static size_t fill(struct run *run)
{
    struct release_row *rows[RUN_CALLS] = {NULL};
    size_t count = 0;
    for (size_t i = 0; i < RUN_CALLS && !run->held; i++) {
        rows[i] = run->calls[i].state == CALL_ENDED ? next_row(run) : NULL;
        count += rows[i] != NULL;
    }
    if (count == 0) {
        return 0;
    }
    if (!intend(run, rows)) {
        run->held = true;
        hold_waiting(run);
        return 0;
    }
    for (size_t i = 0; i < RUN_CALLS; i++) {
        if (rows[i] != NULL) {
            run->rows[i] = rows[i];
            run->calls[i] = release_call(run, rows[i]);
        }
    }
    run->api->client->refilled = true;
    return count;
}

static size_t count_calls(const struct run *run, enum call_state state)
{
    size_t count = 0;
    for (size_t i = 0; i < RUN_CALLS; i++) {
        count += run->calls[i].state == state;
    }
    return count;
}

/* The engine has ended the call of a release: its place is free for another. */
static void take_release(void *context, struct call *call)
{
    struct run *run = context;
    struct release_row *row = run->rows[call - run->calls];
    bool begun = call->tries > 0; /* where the engine has begun nothing, it has no time left for more */
    row->sent = clock_seconds() - (begun ? (int64_t)((os_monotonic_ms() - call->began_ms) / 1000) : 0);
    take_answer(run, row, call);
    end_place(call);
    run->held = run->held || journal_failed(run);
    if (run->held) {
        hold_waiting(run);
    } else if (begun && count_calls(run, CALL_WAITING) == 0 && !is_ending(run)) {
        (void)fill(run); /* the others are under way: rows are sent in their order */
    }
    if (run->table->settings.journal != NULL && count_calls(run, CALL_ACTIVE) == 0) {
        (void)journal_sync(run->table->settings.journal); /* a pause begins */
    }
}

static void fail_all(struct run *run, const struct fault *why)
{
    for (size_t i = 0; i < run->table->count; i++) {
        if (run->table->rows[i].stage == STAGE_REQUEST) {
            row_fail(run->table, &run->table->rows[i], why);
        }
    }
}

/* It was renewed a moment ago, and this row has not been sent with the new one. */
static bool is_new_token(const struct run *run, const struct release_row *row, const struct fault *why)
{
    return row->stage == STAGE_REQUEST && why->code == FAULT_TOKEN && run->api->renewed_ms != 0;
}

/* Rows that were told their token is not good: with a new one they go round again, without one no other is sent either. */
void send_renew_token(struct run *run)
{
    bool renewed = false;
    for (size_t i = 0; i < run->table->count; i++) {
        struct release_row *row = &run->table->rows[i];
        if (row->stage == STAGE_DONE || row->code != FAULT_TOKEN) {
            continue;
        }
        struct fault why = *release_fault(row);
        renewed = renewed || api_renew(run->api, &why) || is_new_token(run, row, &why);
        if (renewed) {
            row_clear_fault(row);
        } else if (row->stage == STAGE_REQUEST) {
            row_fail(run->table, row, &why);
            run->refused = why;
        }
    }
    if (fault_is_set(&run->refused)) {
        fail_all(run, &run->refused);
    }
}

/* ---- doubt ---- */

static void take_settled(void *context, struct release_row *row, struct action_list *list, struct fault *why)
{
    struct run *run = context;
    bool duplicate = row->doubt == FAULT_REFUSED;
    enum settled settled = settle_judge(&run->settle, row, list, why);
    if (settled == SETTLED_ADOPTED && !row_fits(row, why)) {
        row_fail(run->table, row, why);
    } else if (settled == SETTLED_ADOPTED) {
        row_accepted(run, row, duplicate ? RELEASE_ALREADY_PENDING : RELEASE_ACCEPTED);
    } else if (settled == SETTLED_FAULT) {
        run->stop = row_is_stop(why->code) ? *why : run->stop;
        row_fail(run->table, row, why);
    } else if (duplicate && (settled == SETTLED_BLIND || row->sent_again)) {
        row_accepted(run, row, RELEASE_ALREADY_PENDING);
    } else if (row->sent_again) {
        struct fault doubt = *release_fault(row);
        row_fail(run->table, row, &doubt);
    } else {
        trace(TRACE_STEPS, "%s: %s; the release is sent once more", row->input, release_fault(row)->text);
        row_clear_fault(row);
        row->sent_again = true;
        row->stage = STAGE_REQUEST;
    }
}

/* Look up what is in doubt; rows that may be sent (again) are STAGE_REQUEST afterwards. */
static void settle_doubts(struct run *run)
{
    struct release_row *rows[SETTLE_TOGETHER];
    size_t from = 0;
    size_t count = rows_in_stage(run->table, STAGE_SETTLE, &from, rows, SETTLE_TOGETHER);
    while (count > 0) {
        settle_each(&run->settle, rows, count, take_settled, run);
        count = rows_in_stage(run->table, STAGE_SETTLE, &from, rows, SETTLE_TOGETHER);
    }
}

/* With --cancel-isolate waiting Isolate actions go before the release is sent, or they might be carried out after it. */
static void take_cleared(void *context, struct release_row *row, struct action_list *list, struct fault *why)
{
    struct run *run = context;
    bool *told = &run->settle.blind_told;
    enum settled settled = settle_judge(&run->settle, row, list, why);
    if (settled == SETTLED_FAULT) {
        run->stop = row_is_stop(why->code) ? *why : run->stop;
        row_fail(run->table, row, why);
    } else if (settled == SETTLED_BLIND && !*told) {
        *told = true;
        run->table->settings.advise(run->table->settings.context, "waiting Isolate actions cannot be looked up, so none is "
                                    "cancelled: that needs the role Machine.Read.All as well");
    }
    memory_give(row->action);
    row->action = NULL;
}

static void clear_way(struct run *run)
{
    struct release_row *rows[SETTLE_TOGETHER];
    size_t from = 0;
    size_t count = rows_in_stage(run->table, STAGE_REQUEST, &from, rows, SETTLE_TOGETHER);
    while (count > 0) {
        settle_each(&run->settle, rows, count, take_cleared, run);
        count = rows_in_stage(run->table, STAGE_REQUEST, &from, rows, SETTLE_TOGETHER);
    }
}

/* ---- rounds ---- */

/* Send every row that is to be sent, as far as nothing comes in between. False: there is none. */
static bool round_of_releases(struct run *run)
{
    bool any = false;
    run->next = 0;
    run->held = false;
    while (fill(run) > 0 || count_calls(run, CALL_WAITING) > 0) {
        any = true;
        client_run(run->api->client, run->calls, RUN_CALLS);
    }
    if (journal_failed(run)) {
        struct fault why = {0};
        fault_set(&why, FAULT_JOURNAL, "not sent, as the journal cannot be written");
        fail_all(run, &why);
    }
    if (any) {
        send_renew_token(run);
        settle_doubts(run);
    }
    return any;
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
            row_end(r, row, RELEASE_PLANNED);
        }
    }
}

void send_all(struct run *run)
{
    for (size_t i = 0; i < RUN_CALLS; i++) {
        run->calls[i].state = CALL_ENDED;
    }
    if (run->table->settings.planned != NULL) {
        plan_all(run);
        return;
    }
    settle_doubts(run); /* of an earlier run */
    if (run->table->settings.cancel_isolate) {
        clear_way(run);
    }
    while (round_of_releases(run)) {
        /* each round ends rows; a row takes part in three at most */
    }
}
