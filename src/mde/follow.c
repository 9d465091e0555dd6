/*
 * follow.c - a release's actions, asked for until they end.
 *
 * Does      poll, ever less often: a few actions one by one, many by a list of what still waits; judge what a poll tells; end rows as
 *           released, failed, conflict or pending.
 * Not here  sending (send.c), what other actions say of the device (settle.h).
 * Rules     contract 6.1: "released" only after the action has succeeded and nothing undoes it. Whatever goes wrong with a poll, the action
 *           itself goes on: such a row ends as pending. What a list does not show may only be new, or on another page: so an action counts
 *           as ended only when it has been read as such.
 */
#include "mde/release_run.h"

#include "base/trace.h"
#include "os/os.h"

#include <stdlib.h>
#include <string.h>

enum {
    FOLLOW_FEW = 8,             /* up to so many are asked for one by one */
    POLL_FIRST_MS = 2 * 1000,
    POLL_MOST_MS = 15 * 1000,
    POLL_EACH_MS = 1000,        /* for each device that is asked for by itself: polls share the API's limits */
    LAST_WORDS_MS = 1000,
    UNSEEN_MS = 60 * 1000,      /* a new action may be unknown for a while */
};

static uint64_t elapsed_ms(const struct run *run)
{
    return os_monotonic_ms() - run->follow_ms;
}

/* ---- the end of a row ---- */

/* `device`: what its record says. */
static void row_pending(struct run *run, struct release_row *row, const char *text, const struct device *device)
{
    struct fault why = {0};
    fault_set(&why, FAULT_PENDING, "%s", text);
    if (row->code == FAULT_PERMISSION) {
        fault_advise(&why, "following needs the role Machine.Read.All as well; the release itself stays queued");
    } else {
        settle_why_pending(device, &why);
    }
    row_fail(run->table, row, &why);
}

/* Its action has ended. list: what is known of the device's actions since then, or NULL. */
static void row_ended(struct run *run, struct release_row *row, struct action_list *list)
{
    struct fault why = {0};
    if (row_fits(row, &why) && settle_released(&run->settle, row, list, &why)) {
        row_clear_fault(row);
        row_end(run->table, row, RELEASE_RELEASED);
    } else if (row_is_stop(why.code)) {
        run->stop = why; /* it is told as accepted, which it is */
    } else {
        row_fail(run->table, row, &why);
    }
}

/* Why this row is not followed any further, or NULL: it is. */
static const char *reason_to_leave(const struct run *run, const struct release_row *row)
{
    bool unseen = !row->action_seen && elapsed_ms(run) < UNSEEN_MS;
    if (release_action(row)->id[0] == '\0') {
        return "under way already, but by which action is not known, so that it cannot be followed";
    }
    switch (row->code) {
    case FAULT_PERMISSION:
        return "accepted, but the action cannot be followed: no permission to read it";
    case FAULT_TOKEN:
        return "accepted, but the action cannot be followed any more: the token is not accepted";
    case FAULT_NOT_FOUND:
        return unseen ? NULL : "accepted, but the service does not know the action any more";
    default:
        return NULL;
    }
}

/* The row's last words. False: it is followed further. */
static bool words_of(const struct run *run, const struct release_row *row, char *text, size_t size)
{
    const char *reason = reason_to_leave(run, row);
    uint64_t waited_ms = elapsed_ms(run);
    bool over = run->follow_ms + waited_ms >= run->end_ms;
    struct buf words = buf_init(size);
    if (reason != NULL) {
        buf_put_text(&words, reason);
    } else if (over) {
        buf_put_format(&words, "accepted, but not released after %u s of waiting: the action is %s", (unsigned)(waited_ms / 1000),
                       release_action(row)->status_text);
    }
    fault_keep(text, size, buf_span(&words));
    buf_free(&words);
    return reason != NULL || over;
}

/* End what is not followed any further, with what the devices' records say of why it waits. */
static void leave(struct run *run, struct release_row *const *rows, size_t count)
{
    struct device devices[SETTLE_TOGETHER];
    struct release_row *asked[SETTLE_TOGETHER] = {NULL};
    size_t unknown = 0;
    for (size_t i = 0; i < count; i++) {
        if (rows[i]->code != FAULT_PERMISSION) {
            asked[unknown++] = rows[i];
        }
    }
    settle_records(&run->settle, asked, unknown, devices);
    if (os_stop_asked() != OS_GO_ON) { /* pending they are all the same; the run ends as interrupted */
        fault_set(&run->stop, os_stop_asked() == OS_STOP_TERMINATED ? FAULT_TERMINATED : FAULT_INTERRUPTED, "interrupted");
    }
    for (size_t i = 0, known = 0; i < count; i++) {
        char text[120];
        const struct device *device = rows[i]->code != FAULT_PERMISSION ? &devices[known++] : NULL;
        (void)words_of(run, rows[i], text, sizeof text);
        row_pending(run, rows[i], text, device);
    }
}

/* What the last poll means for every row that is followed: it has ended, it is left, or it is asked for again. */
static void judge_polls(struct run *run)
{
    struct release_row *leaving[SETTLE_TOGETHER];
    size_t count = 0;
    for (size_t i = 0; i < run->table->count && !fault_is_set(&run->stop); i++) {
        struct release_row *row = &run->table->rows[i];
        char text[120];
        if (row->stage != STAGE_FOLLOW) {
            continue;
        }
        if (reason_to_leave(run, row) == NULL && action_has_ended(release_action(row))) {
            row_ended(run, row, NULL);
        } else if (words_of(run, row, text, sizeof text)) {
            leaving[count++] = row;
        }
        if (count == SETTLE_TOGETHER) {
            leave(run, leaving, count);
            count = 0;
        }
    }
    leave(run, leaving, count);
}

/* ---- one by one ---- */

/* The engine has ended the call that asks for an action. Whatever went wrong, the action itself goes on: the next poll may tell. */
static void take_poll(void *context, struct call *call)
{
    struct run *run = context;
    struct release_row *row = run->rows[call - run->calls];
    struct json entity = {0};
    struct action action;
    struct fault why = {0};
    row_clear_fault(row);
    if (api_answer(call, &entity, &why) && action_read(&action, entity, &why)) {
        row_keep_action(row, &action);
        row->action_seen = true;
    } else if (row_is_stop(why.code)) {
        run->stop = why;
    } else {
        trace(TRACE_STEPS, "%s: %s", row->input, why.text);
        row_keep_fault(row, &why);
    }
    call_free(call); /* the answer has been read */
    call->state = CALL_ENDED;
}

static struct call poll_call(struct run *run, const struct release_row *row, uint64_t at_ms)
{
    struct buf path = buf_init(256);
    buf_put_text(&path, "/api/machineactions/");
    url_put_encoded(&path, span_of(release_action(row)->id));
    struct call call = api_call(run->api, "GET", buf_span(&path), (struct span){0});
    buf_free(&path);
    call.repeatable = true;
    call.ended = take_poll;
    call.context = run;
    call.not_before_ms = at_ms;
    call.last_try_ms = run->end_ms;
    return call;
}

static bool is_polled(const struct release_row *row)
{
    const struct action *action = release_action(row);
    return action->id[0] != '\0' && !action_has_ended(action);
}

static void round_of_polls(struct run *run, uint64_t at_ms)
{
    struct release_row *rows[RUN_CALLS];
    size_t from = 0;
    size_t count = rows_in_stage(run->table, STAGE_FOLLOW, &from, rows, RUN_CALLS);
    while (count > 0 && !fault_is_set(&run->stop)) {
        for (size_t i = 0; i < RUN_CALLS; i++) {
            run->rows[i] = i < count ? rows[i] : NULL;
            if (i < count && is_polled(rows[i])) {
                run->calls[i] = poll_call(run, rows[i], at_ms);
            }
        }
        client_run(run->api->client, run->calls, RUN_CALLS);
        count = rows_in_stage(run->table, STAGE_FOLLOW, &from, rows, RUN_CALLS);
    }
    send_renew_token(run);
}

/* ---- by lists ---- */

struct listing {
    struct release_row **rows; /* those that are followed, by device */
    size_t count;
};

static int by_device(const void *left, const void *right)
{
    const struct release_row *const *a = left;
    const struct release_row *const *b = right;
    return strcmp((*a)->machine_id, (*b)->machine_id);
}

/* The followed row whose action this is, or NULL. */
static struct release_row *find_row(const struct listing *l, const struct action *action)
{
    struct release_row wanted = {0};
    const struct release_row *key = &wanted;
    for (size_t i = 0; i < sizeof wanted.machine_id - 1 && action->machine_id[i] != '\0'; i++) {
        wanted.machine_id[i] = ascii_lower(action->machine_id[i]);
    }
    struct release_row **found = bsearch(&key, l->rows, l->count, sizeof *l->rows, by_device);
    return found != NULL && strcmp(release_action(*found)->id, action->id) == 0 ? *found : NULL;
}

static bool take_waiting(void *context, struct json element, struct fault *f)
{
    struct action action;
    if (!action_read(&action, element, f)) {
        return false;
    }
    struct release_row *row = find_row(context, &action);
    if (row != NULL) {
        row_keep_action(row, &action);
        row->action_seen = true;
        row->listed = action_is_active(&action);
    }
    return true;
}

/* A device's actions, read after the list of those that wait did not have its own. */
static void take_actions(void *context, struct release_row *row, struct action_list *list, struct fault *why)
{
    struct run *run = context;
    row_clear_fault(row);
    if (list == NULL && row_is_stop(why->code)) {
        run->stop = *why;
        return;
    }
    if (list == NULL) {
        trace(TRACE_STEPS, "%s: %s", row->input, why->text);
        row_keep_fault(row, why);
        return;
    }
    const struct action *own = NULL;
    for (size_t i = 0; i < list->count && own == NULL; i++) {
        own = strcmp(list->at[i].id, release_action(row)->id) == 0 ? &list->at[i] : NULL;
    }
    if (own == NULL) {
        fault_set(why, FAULT_NOT_FOUND, "the action is unknown");
        row_keep_fault(row, why);
        return;
    }
    row_keep_action(row, own);
    row->action_seen = true;
    if (action_has_ended(own)) {
        row_ended(run, row, list);
    }
}

/* Those that are not in the list of what waits have ended, or are so new that they are not seen yet. */
static void look_at_others(struct run *run, const struct listing *l)
{
    struct release_row *rows[SETTLE_TOGETHER];
    size_t count = 0;
    for (size_t i = 0; i <= l->count && !fault_is_set(&run->stop); i++) {
        if (count == SETTLE_TOGETHER || (i == l->count && count > 0)) {
            settle_each(&run->settle, rows, count, take_actions, run);
            count = 0;
        }
        if (i < l->count && !l->rows[i]->listed && l->rows[i]->stage == STAGE_FOLLOW && release_action(l->rows[i])->id[0] != '\0') {
            rows[count++] = l->rows[i];
        }
    }
}

static void list_failed(struct run *run, const struct listing *l, const struct fault *why)
{
    run->stop = row_is_stop(why->code) ? *why : run->stop;
    run->settle.one_by_one = why->code == FAULT_REFUSED || why->code == FAULT_ANSWER;
    trace(TRACE_STEPS, "%s", why->text);
    for (size_t i = 0; i < l->count && !row_is_stop(why->code); i++) {
        row_clear_fault(l->rows[i]);
        l->rows[i]->code = why->code;
    }
}

/* False: not enough memory for it. */
static bool round_of_lists(struct run *run, size_t followed)
{
    struct listing l = {.rows = memory_take(followed, sizeof *l.rows)};
    struct fault why = {0};
    size_t from = 0;
    if (l.rows == NULL) {
        return false;
    }
    l.count = rows_in_stage(run->table, STAGE_FOLLOW, &from, l.rows, followed);
    qsort(l.rows, l.count, sizeof *l.rows, by_device);
    for (size_t i = 0; i < l.count; i++) {
        l.rows[i]->listed = false;
        row_clear_fault(l.rows[i]);
    }
    if (action_list_waiting(run->api, take_waiting, &l, &why)) {
        look_at_others(run, &l);
    } else {
        list_failed(run, &l, &why);
    }
    memory_give(l.rows);
    return true;
}

/* ---- the whole ---- */

static size_t count_followed(const struct release *r)
{
    size_t followed = 0;
    for (size_t i = 0; i < r->count; i++) {
        followed += r->rows[i].stage == STAGE_FOLLOW;
    }
    return followed;
}

static void tick(void *context)
{
    struct run *run = context;
    const struct release_settings *s = &run->table->settings;
    if (s->progress != NULL) {
        s->progress(s->context, run->table, elapsed_ms(run));
    }
}

/* The wait's end, or a moment before the run's, so that there is time left to say why a device still waits. */
static uint64_t end_of_following(const struct run *run)
{
    uint64_t wait_ms = run->follow_ms + run->table->settings.wait_ms;
    uint64_t deadline_ms = run->api->client->settings.deadline_ms;
    uint64_t last_ms = deadline_ms > LAST_WORDS_MS ? deadline_ms - LAST_WORDS_MS : 0;
    return wait_ms < last_ms ? wait_ms : last_ms;
}

static void poll_once(struct run *run, size_t followed, uint64_t interval_ms)
{
    bool lists = followed > FOLLOW_FEW && !run->settle.one_by_one;
    uint64_t least_ms = lists ? 0 : followed * POLL_EACH_MS;
    uint64_t now_ms = os_monotonic_ms();
    uint64_t at_ms = now_ms + (interval_ms > least_ms ? interval_ms : least_ms);
    at_ms = at_ms < run->end_ms ? at_ms : run->end_ms;
    if (lists) {
        uint64_t pause_ms = at_ms > now_ms ? at_ms - now_ms : 0;
        lists = !client_sleep(run->api->client, pause_ms, &run->stop) || round_of_lists(run, followed);
    }
    if (!lists) {
        round_of_polls(run, at_ms);
    }
}

/* Ask for every action that is followed, ever less often, until all have ended or the time is up. */
static void follow(struct run *run)
{
    uint64_t interval_ms = POLL_FIRST_MS;
    run->follow_ms = os_monotonic_ms();
    run->end_ms = end_of_following(run);
    client_set_tick(run->api->client, tick, run);
    for (size_t followed = count_followed(run->table); followed > 0 && !fault_is_set(&run->stop);
         followed = count_followed(run->table)) {
        poll_once(run, followed, interval_ms);
        judge_polls(run);
        if (run->table->settings.journal != NULL) {
            (void)journal_sync(run->table->settings.journal); /* its failure is told at the end */
        }
        interval_ms = interval_ms * 3 / 2 < POLL_MOST_MS ? interval_ms * 3 / 2 : POLL_MOST_MS;
    }
    client_set_tick(run->api->client, NULL, NULL);
}

/* Somebody asked to stop: what is accepted is told as that. */
static void end_followed(struct run *run)
{
    for (size_t i = 0; i < run->table->count; i++) {
        struct release_row *row = &run->table->rows[i];
        if (row->stage == STAGE_FOLLOW) {
            row_clear_fault(row);
            row_end(run->table, row, row->result);
        }
    }
}

void release_follow(struct run *run)
{
    follow(run);
    end_followed(run);
}
