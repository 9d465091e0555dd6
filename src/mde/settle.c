/*
 * settle.c - a release in doubt; see settle.h.
 */
#include "mde/settle.h"

#include "base/trace.h"
#include "codec/time_text.h"
#include "mde/isolation.h"
#include "mde/release_run.h"

#include <string.h>

static bool is_own(const struct action *a, const struct release_row *row)
{
    /* an earlier run may have waited for long between its intent and the request */
    return action_is(a, "Unisolate") && a->has_own_comment && a->requested >= row->sent - SETTLE_CLOCK_SECONDS &&
           (row->resumed || a->requested <= row->sent + SETTLE_OWN_SECONDS);
}

static bool cancel_isolate(struct api *a, const struct action *isolate, const struct release_settings *settings, struct fault *f)
{
    struct action cancelled;
    trace(TRACE_STEPS, "%s: cancelling the Isolate action %s", isolate->machine_id, isolate->id);
    if (action_cancel(a, isolate->id, settings->comment, &cancelled, f)) {
        return true;
    }
    if (f->code == FAULT_CONFLICT) { /* it has ended meanwhile: nothing waits any more */
        fault_clear(f);
        return true;
    }
    return fault_place(f, "the waiting Isolate action %s could not be cancelled", isolate->id);
}

/* Every Isolate that waits or is carried out: cancelled if the user wants that, else a conflict. */
static bool clear_isolates(struct api *a, const struct action_list *list, const struct release_settings *settings, struct fault *f)
{
    for (size_t i = 0; i < list->count; i++) {
        const struct action *isolate = &list->at[i];
        if (!action_is(isolate, "Isolate") || !action_is_active(isolate)) {
            continue;
        }
        if (!settings->cancel_isolate) {
            fault_set(f, FAULT_CONFLICT, "an Isolate action is waiting for the device (%s, %s)", isolate->id, isolate->status_text);
            return fault_advise(f, "--cancel-isolate cancels it; or wait until it has ended, and release the device then");
        }
        if (!cancel_isolate(a, isolate, settings, f)) {
            return false;
        }
    }
    return true;
}

static bool has_waiting_isolate(const struct action_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        if (action_is(&list->at[i], "Isolate") && action_is_active(&list->at[i])) {
            return true;
        }
    }
    return false;
}

/* The release that is under way, else the one that is our own and has ended already. */
static const struct action *find_release(const struct action_list *list, const struct release_row *row)
{
    const struct action *own = NULL;
    for (size_t i = 0; i < list->count; i++) {
        const struct action *action = &list->at[i];
        if (action_is(action, "Unisolate") && action_is_active(action)) {
            return action;
        }
        if (is_own(action, row) && (own == NULL || action->requested > own->requested)) {
            own = action;
        }
    }
    return own;
}

/*
 * The look-up has failed. What the service called a duplicate is under way whatever the list would say; and a second release does no
 * harm where the service answers, but tells nothing. Where it does not answer, nothing more is sent.
 */
static bool may_go_on_blind(const struct release_row *row, enum fault_code code)
{
    bool stopped = code == FAULT_INTERRUPTED || code == FAULT_TERMINATED;
    return !stopped && (row->doubt == FAULT_REFUSED || code == FAULT_PERMISSION || code == FAULT_ANSWER || code == FAULT_REFUSED);
}

enum settled settle_judge(struct settle *s, struct release_row *row, struct action_list *list, struct fault *f)
{
    if (list == NULL && may_go_on_blind(row, f->code)) {
        trace(TRACE_STEPS, "%s: %s", row->input, f->text);
        fault_clear(f);
        return SETTLED_BLIND;
    }
    if (list == NULL || !clear_isolates(s->api, list, s->settings, f)) {
        return SETTLED_FAULT;
    }
    const struct action *release = find_release(list, row);
    if (release == NULL) {
        return SETTLED_NONE;
    }
    row_keep_action(row, release);
    return SETTLED_ADOPTED;
}

/* ---- looking up ---- */

/* Actions of this device go to the front of what is left; they are its own list. */
static struct action_list split_off(struct action_list *rest, const char *machine_id)
{
    struct action_list own = {.at = rest->at, .own_comment = rest->own_comment};
    for (size_t i = 0; i < rest->count; i++) {
        if (span_equal_nocase(span_of(rest->at[i].machine_id), span_of(machine_id))) {
            struct action moved = rest->at[i];
            rest->at[i] = rest->at[own.count];
            rest->at[own.count++] = moved;
        }
    }
    rest->at = own.count > 0 ? rest->at + own.count : rest->at;
    rest->count -= own.count;
    return own;
}

static bool is_refused_list(enum fault_code code)
{
    return code == FAULT_REFUSED || code == FAULT_ANSWER || code == FAULT_TOO_LARGE;
}

static void put_ids(const char **ids, struct release_row *const *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        ids[i] = rows[i]->machine_id;
    }
}

/* One list for all these rows. False: it failed, as `why` says; nobody has been handed anything. */
static bool look_up(struct settle *s, struct release_row *const *rows, size_t count, settle_take *take, void *context, struct fault *why)
{
    struct action_list list = {.own_comment = s->settings->comment};
    const char *ids[SETTLE_TOGETHER] = {NULL};
    put_ids(ids, rows, count);
    bool ok = action_list_of(s->api, ids, count, &list, why);
    struct action_list rest = list;
    for (size_t i = 0; ok && i < count; i++) {
        struct fault none = {0};
        struct action_list own = split_off(&rest, rows[i]->machine_id);
        take(context, rows[i], &own, &none);
    }
    action_list_free(&list);
    return ok;
}

void settle_each(struct settle *s, struct release_row *const *rows, size_t count, settle_take *take, void *context)
{
    bool together = count > SETTLE_FEW && !s->one_by_one;
    struct fault why = {0};
    if (together && look_up(s, rows, count, take, context, &why)) {
        return;
    }
    if (together && is_refused_list(why.code)) {
        trace(TRACE_STEPS, "%s; devices are looked up one by one", why.text);
        s->one_by_one = true;
        together = false;
    }
    for (size_t i = 0; i < count; i++) {
        struct fault own = why;
        if (!together) {
            fault_clear(&own);
        }
        if (together || !look_up(s, &rows[i], 1, take, context, &own)) {
            take(context, rows[i], NULL, &own);
        }
    }
}

/* ---- does it hold? ---- */

static bool check_undone(const struct action_list *list, const struct release_row *row, struct fault *f)
{
    const struct action *undoes = isolation_undoes(list->at, list->count, release_action(row));
    if (undoes == NULL) {
        return true;
    }
    fault_set(f, FAULT_CONFLICT, "released, but isolated again by the action %s", undoes->id);
    return fault_advise(f, "find out who isolates it (requestor: %s); then release it again", undoes->requestor);
}

/* With `clear` waiting Isolate actions are cancelled, or reported; *clear then says whether there were any. */
static bool judge_once(struct settle *s, const struct release_row *row, const struct action_list *list, bool *clear, struct fault *f)
{
    bool waiting = has_waiting_isolate(list);
    bool released = *clear && waiting ? clear_isolates(s->api, list, s->settings, f) : check_undone(list, row, f);
    *clear = waiting;
    return released;
}

static bool look_once(struct settle *s, const struct release_row *row, bool *clear, struct fault *f)
{
    struct action_list list = {0};
    struct fault why = {0};
    const char *const id[] = {row->machine_id};
    bool read = action_list_of(s->api, id, 1, &list, &why);
    if (row_is_stop(why.code)) {
        *f = why;
    } else if (!read) {
        fault_set(f, FAULT_PENDING, "the action has succeeded, but whether another isolates the device again is not known: %s", why.text);
    }
    bool released = read && judge_once(s, row, &list, clear, f);
    action_list_free(&list);
    return released;
}

/* What was cancelled may have been carried out just before: so it is looked at once more. */
bool settle_released(struct settle *s, const struct release_row *row, struct action_list *list, struct fault *f)
{
    bool cleared = true;
    if (list != NULL ? !judge_once(s, row, list, &cleared, f) : !look_once(s, row, &cleared, f)) {
        return false;
    }
    bool clear = false;
    return !cleared || look_once(s, row, &clear, f);
}

/* ---- why does it wait? ---- */

struct records {
    struct release_row *const *rows;
    size_t count;
    struct device *devices;
};

static bool keep_record(void *context, const struct device *device, struct json record, struct fault *f)
{
    const struct records *r = context;
    (void)record;
    (void)f;
    for (size_t i = 0; i < r->count; i++) {
        if (strcmp(r->rows[i]->machine_id, device->id) == 0) {
            r->devices[i] = *device;
        }
    }
    return true;
}

static bool take_record(void *context, struct json record, struct fault *f)
{
    struct device device;
    return device_read(&device, record, f) && keep_record(context, &device, record, f);
}

/* All of them with one list. */
static bool list_records(struct settle *s, struct records *records, struct fault *f)
{
    struct buf path = buf_init(API_PATH_MAX);
    struct buf filter = buf_init(API_PATH_MAX);
    const char *ids[SETTLE_TOGETHER] = {NULL};
    put_ids(ids, records->rows, records->count);
    api_put_any(&filter, "id", ids, records->count);
    buf_put_text(&path, "/api/machines");
    api_put_filter(&path, buf_span(&filter));
    bool ok = api_list(s->api, buf_span(&path), 0, take_record, records, f);
    buf_free(&filter);
    buf_free(&path);
    return ok;
}

void settle_records(struct settle *s, struct release_row *const *rows, size_t count, struct device *devices)
{
    struct records records = {.rows = rows, .count = count, .devices = devices};
    struct fault why = {0};
    bool together = count > SETTLE_FEW && !s->one_by_one;
    memset(devices, 0, count * sizeof *devices);
    if (together && !list_records(s, &records, &why)) {
        trace(TRACE_STEPS, "%s", why.text);
        s->one_by_one = is_refused_list(why.code);
    }
    for (size_t i = 0; i < count && (!together || s->one_by_one); i++) {
        struct selector id = {.kind = SELECT_ID};
        struct fault ignored = {0};
        memcpy(id.value, rows[i]->machine_id, sizeof rows[i]->machine_id);
        (void)(device_search(s->api, &id, keep_record, &records, &ignored) || fault_is_set(&ignored));
    }
}

void settle_why_pending(const struct device *device, struct fault *f)
{
    char seen[TIME_TEXT_SIZE] = "";
    if (device->id[0] == '\0') {
        return;
    }
    if (device->last_seen != 0) {
        time_put_rfc3339(device->last_seen, seen);
    }
    if (!device_is_active(device)) {
        fault_advise(f, "the device is %s, last seen %s: it has to be online to be released; the action stays queued meanwhile",
                     device->health[0] != '\0' ? device->health : "in an unknown state", seen[0] != '\0' ? seen : "never");
    } else {
        fault_advise(f, "the device reports as Active, last seen %s; the action stays queued: ask again with status",
                     seen[0] != '\0' ? seen : "never");
    }
}
