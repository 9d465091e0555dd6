/*
 * release.c - devices on their way out of isolation; see release.h.
 */
#include "mde/release_run.h"

#include "base/trace.h"

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

static bool keep_name(struct release_row *row, const char *computer_name)
{
    size_t size = strlen(computer_name) + 1;
    row->computer_name = memory_take(size, 1);
    if (row->computer_name != NULL) {
        fault_keep(row->computer_name, size, span_of(computer_name));
    }
    return row->computer_name != NULL;
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
    return computer_name[0] == '\0' || keep_name(row, computer_name) || fault_set(f, FAULT_MEMORY, "out of memory");
}

/* ---- what a row owns ---- */

const struct action *release_action(const struct release_row *row)
{
    static struct action none; /* not const: so its bytes are not in the file */
    return row->action != NULL ? row->action : &none;
}

const struct fault *release_fault(const struct release_row *row)
{
    static struct fault none; /* not const, nor is the other: so their bytes are not in the file */
    static struct fault lost;
    fault_set(&lost, FAULT_MEMORY, "out of memory");
    return row->fault != NULL ? row->fault : row->code == FAULT_NONE ? &none : &lost;
}

void row_keep_action(struct release_row *row, const struct action *action)
{
    row->action = row->action != NULL ? row->action : memory_take(1, sizeof *row->action);
    if (row->action != NULL) {
        *row->action = *action;
    }
}

void row_keep_fault(struct release_row *row, const struct fault *why)
{
    row->fault = row->fault != NULL ? row->fault : memory_take(1, sizeof *row->fault);
    row->code = row->fault != NULL ? why->code : FAULT_MEMORY;
    if (row->fault != NULL) {
        *row->fault = *why;
    }
}

void row_clear_fault(struct release_row *row)
{
    memory_give(row->fault);
    row->fault = NULL;
    row->code = FAULT_NONE;
}

/* Who has been told of the row needs no more than its code and result. */
static void row_shrink(struct release_row *row)
{
    memory_give(row->fault);
    memory_give(row->action);
    device_list_free(&row->candidates);
    row->fault = NULL;
    row->action = NULL;
}

/* ---- how a row ends ---- */

/* Results are told in the order of the table, as soon as all in front of them are known. */
static void tell(struct release *r)
{
    while (r->told < r->count && r->rows[r->told].stage == STAGE_DONE) {
        struct release_row *row = &r->rows[r->told++];
        if (row->result != RELEASE_PLANNED) { /* these have been told with their request */
            r->settings.done(r->settings.context, row);
        }
        row_shrink(row);
    }
}

void row_record(struct release *r, const struct release_row *row, const char *result)
{
    if (row->intended && r->settings.journal != NULL) {
        journal_result(r->settings.journal, row->machine_id, result, release_action(row)->id);
    }
}

static bool may_have_arrived(const struct release_row *row)
{
    return row->doubt != FAULT_NONE && row->code != FAULT_NONE && row->code != FAULT_CONFLICT && row->code != FAULT_FAILED;
}

void row_end(struct release *r, struct release_row *row, enum release_result result)
{
    row->stage = STAGE_DONE;
    row->result = result;
    row_record(r, row, may_have_arrived(row) ? "unknown" : release_result_name(result));
    tell(r);
}

void row_fail(struct release *r, struct release_row *row, const struct fault *why)
{
    row_keep_fault(row, why);
    if (row->fault != NULL) {
        fault_place(row->fault, "%s", row->input);
    }
    if (row->fault != NULL && row->doubt != FAULT_NONE && why->code != FAULT_CONFLICT) {
        fault_advise(row->fault, "the release may have reached the service all the same; run it again: a repeated release does no harm");
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

bool row_is_stop(enum fault_code code)
{
    return code == FAULT_INTERRUPTED || code == FAULT_TERMINATED;
}

bool row_fits(const struct release_row *row, struct fault *f)
{
    const struct action *action = release_action(row);
    if (!span_equal_nocase(span_of(action->machine_id), span_of(row->machine_id))) {
        return fault_set(f, FAULT_ANSWER, "the service answered for another device, \"%s\"", action->machine_id);
    }
    if (action_is(action, "Isolate")) {
        fault_set(f, FAULT_CONFLICT, "an Isolate action is active for the device (%s, %s)", action->id, action->status_text);
        return fault_advise(f, "--cancel-isolate cancels it; or wait until it has ended, and release the device then");
    }
    if (!action_is(action, "Unisolate")) {
        return fault_set(f, FAULT_ANSWER, "the service answered with an action of type \"%s\"", action->type);
    }
    if (action_has_ended(action) && action->status != ACTION_SUCCEEDED) {
        return fault_set(f, FAULT_FAILED, "the action has ended: %s", action->status_text);
    }
    return true;
}

size_t rows_in_stage(const struct release *r, enum release_stage stage, size_t *from, struct release_row **rows, size_t most)
{
    size_t count = 0;
    while (count < most && *from < r->count) {
        struct release_row *row = &r->rows[(*from)++];
        if (row->stage == stage) {
            rows[count++] = row;
        }
    }
    return count;
}

/* ---- the whole ---- */

/* What an earlier run has written: done is done, and what was to be sent is looked up before it is sent again. */
static void resume(struct release *r)
{
    for (size_t i = 0; i < r->count; i++) {
        struct release_row *row = &r->rows[i];
        const struct journal_entry *known = row->stage == STAGE_REQUEST ? journal_find(r->settings.journal, row->machine_id) : NULL;
        if (known == NULL) {
            continue;
        }
        if (known->state == JOURNAL_DONE) {
            struct action action = {0};
            memcpy(action.id, known->action_id, sizeof known->action_id);
            row_keep_action(row, &action);
            row_end(r, row, RELEASE_SKIPPED);
        } else if (known->state == JOURNAL_INTENDED && r->settings.planned == NULL) {
            struct fault doubt = {0};
            fault_set(&doubt, FAULT_CUT, "an earlier run ended before the answer came");
            row_keep_fault(row, &doubt);
            row->doubt = doubt.code;
            row->sent = known->intended;
            row->resumed = row->intended = true;
            row->stage = STAGE_SETTLE;
        }
    }
    journal_forget(r->settings.journal);
}

bool release_run(struct release *r, struct api *api, struct fault *f)
{
    struct run run = {
        .table = r,
        .api = api,
        .settle = {.api = api, .settings = &r->settings},
        .body = buf_init(ACTION_BODY_MAX),
        .calls = memory_take(RUN_CALLS, sizeof *run.calls),
    };
    bool ok = run.calls != NULL || fault_set(f, FAULT_MEMORY, "out of memory");
    ok = ok && action_put_body(&run.body, r->settings.comment, f);
    if (ok && r->settings.journal != NULL) {
        resume(r);
    }
    if (ok) {
        send_all(&run);
        release_follow(&run);
    }
    memory_give(run.calls);
    buf_free(&run.body);
    if (fault_is_set(&run.stop)) {
        *f = run.stop;
    } else if (ok && r->settings.journal != NULL && !journal_sync(r->settings.journal)) {
        *f = r->settings.journal->fault;
    }
    return !fault_is_set(f);
}

enum exit_status release_status(const struct release *r)
{
    for (size_t i = 1; i < r->count; i++) {
        if (fault_status(r->rows[i].code) != fault_status(r->rows[0].code)) {
            return STATUS_MIXED;
        }
    }
    return r->count > 0 ? fault_status(r->rows[0].code) : STATUS_OK;
}

void release_free(struct release *r)
{
    for (size_t i = 0; i < r->count; i++) {
        row_shrink(&r->rows[i]);
        memory_give(r->rows[i].computer_name);
    }
    memory_give(r->rows);
    index_free(&r->ids);
    *r = (struct release){0};
}
