/*
 * settle.c - a release in doubt; see settle.h.
 */
#include "mde/settle.h"

#include "base/trace.h"
#include "codec/time_text.h"
#include "mde/isolation.h"

#include <string.h>

static bool is_own(const struct action *a, const struct release_row *row)
{
    return action_is(a, "Unisolate") && a->has_own_comment && a->requested >= row->sent - SETTLE_CLOCK_SECONDS &&
           a->requested <= row->sent + SETTLE_OWN_SECONDS;
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
    return !stopped && (row->doubt.code == FAULT_REFUSED || code == FAULT_PERMISSION || code == FAULT_ANSWER || code == FAULT_REFUSED);
}

enum settled settle_doubt(struct api *a, struct release_row *row, const struct release_settings *settings, struct fault *f)
{
    struct action_list list = {.own_comment = settings->comment};
    enum settled settled = SETTLED_FAULT;
    if (!action_list(a, row->machine_id, &list, f)) {
        if (may_go_on_blind(row, f->code)) {
            trace(TRACE_STEPS, "%s: %s", row->input, f->text);
            fault_clear(f);
            settled = SETTLED_BLIND;
        }
    } else if (clear_isolates(a, &list, settings, f)) {
        const struct action *release = find_release(&list, row);
        settled = release != NULL ? SETTLED_ADOPTED : SETTLED_NONE;
        if (release != NULL) {
            row->action = *release;
        }
    }
    action_list_free(&list);
    return settled;
}

static bool check_undone(const struct action_list *list, const struct release_row *row, struct fault *f)
{
    const struct action *undoes = isolation_undoes(list->at, list->count, &row->action);
    if (undoes == NULL) {
        return true;
    }
    fault_set(f, FAULT_CONFLICT, "released, but isolated again by the action %s", undoes->id);
    return fault_advise(f, "find out who isolates it (requestor: %s); then release it again", undoes->requestor);
}

/* With `clear` waiting Isolate actions are cancelled, or reported; *clear then says whether there were any. */
static bool look_once(struct api *a, const struct release_row *row, const struct release_settings *settings, bool *clear,
                      struct fault *f)
{
    struct action_list list = {0};
    struct fault why = {0};
    bool read = action_list(a, row->machine_id, &list, &why);
    bool waiting = has_waiting_isolate(&list);
    if (why.code == FAULT_INTERRUPTED || why.code == FAULT_TERMINATED) {
        *f = why;
    } else if (!read) {
        fault_set(f, FAULT_PENDING, "the action has succeeded, but whether another isolates the device again is not known: %s", why.text);
    }
    bool released = read && (*clear && waiting ? clear_isolates(a, &list, settings, f) : check_undone(&list, row, f));
    *clear = waiting;
    action_list_free(&list);
    return released;
}

/* What was cancelled may have been carried out just before: so it is looked at once more. */
bool settle_released(struct api *a, const struct release_row *row, const struct release_settings *settings, struct fault *f)
{
    bool cleared = true;
    if (!look_once(a, row, settings, &cleared, f)) {
        return false;
    }
    bool clear = false;
    return !cleared || look_once(a, row, settings, &clear, f);
}

static bool keep_device(void *context, const struct device *device, struct json record, struct fault *f)
{
    (void)record;
    (void)f;
    *(struct device *)context = *device;
    return true;
}

void settle_why_pending(struct api *a, const struct release_row *row, struct fault *f, struct fault *why)
{
    struct selector id = {.kind = SELECT_ID};
    struct device device = {0};
    char seen[TIME_TEXT_SIZE] = "";
    memcpy(id.value, row->machine_id, sizeof row->machine_id);
    if (!device_search(a, &id, keep_device, &device, why) || device.id[0] == '\0') {
        return;
    }
    if (device.last_seen != 0) {
        time_put_rfc3339(device.last_seen, seen);
    }
    if (!device_is_active(&device)) {
        fault_advise(f, "the device is %s, last seen %s: it has to be online to be released; the action stays queued meanwhile",
                     device.health[0] != '\0' ? device.health : "in an unknown state", seen[0] != '\0' ? seen : "never");
    } else {
        fault_advise(f, "the device reports as Active, last seen %s; the action stays queued: ask again with status",
                     seen[0] != '\0' ? seen : "never");
    }
}
