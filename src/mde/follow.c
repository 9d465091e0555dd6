/*
 * follow.c - a release's actions, asked for until they end.
 *
 * Does      poll, ever less often; judge what a poll tells; end rows as released, failed, conflict or pending.
 * Not here  sending (release.c), what other actions say of the device (settle.h).
 * Rules     contract 6.1: "released" only after the action has succeeded and nothing undoes it. Whatever goes wrong with a poll, the action
 *           itself goes on: such a row ends as pending.
 */
#include "mde/release_run.h"

#include "base/trace.h"
#include "mde/settle.h"
#include "os/os.h"

enum {
    POLL_FIRST_MS = 2 * 1000,
    POLL_MOST_MS = 15 * 1000,
    POLL_EACH_MS = 1000,        /* for each device that is followed: polls share the API's limits */
    LAST_WORDS_MS = 1000,
    UNSEEN_MS = 60 * 1000,      /* a new action may be unknown for a while */
};

static void row_pending(struct run *run, struct release_row *row, const char *text)
{
    struct fault why = {0};
    fault_set(&why, FAULT_PENDING, "%s", text);
    if (row->fault.code == FAULT_PERMISSION) {
        fault_advise(&why, "following needs the role Machine.Read.All as well; the release itself stays queued");
    } else {
        struct fault asking = {0};
        settle_why_pending(run->api, row, &why, &asking);
        run->stop = row_is_stop(asking.code) ? asking : run->stop;
    }
    row_fail(run->table, row, &why);
}

/* Its action has ended. */
static void row_ended(struct run *run, struct release_row *row)
{
    struct fault why = {0};
    if (row_fits(row, &why) && settle_released(run->api, row, &run->table->settings, &why)) {
        row_end(run->table, row, RELEASE_RELEASED);
    } else if (row_is_stop(why.code)) {
        run->stop = why; /* it is told as accepted, which it is */
    } else {
        row_fail(run->table, row, &why);
    }
}

/* The engine has ended the call that asks for an action. Whatever went wrong, the action itself goes on: the next poll may tell. */
static void take_poll(void *context, struct call *call)
{
    struct run *run = context;
    struct release_row *row = row_of(run, call);
    struct json entity = {0};
    struct action action;
    fault_clear(&row->fault);
    if (api_answer(call, &entity, &row->fault) && action_read(&action, entity, &row->fault)) {
        row->action = action;
        row->action_seen = true;
    } else if (row_is_stop(row->fault.code)) {
        run->stop = row->fault;
    } else {
        trace(TRACE_STEPS, "%s: %s", row->input, row->fault.text);
    }
}

static struct call poll_call(struct run *run, const struct release_row *row, uint64_t at_ms)
{
    struct buf path = buf_init(256);
    buf_put_text(&path, "/api/machineactions/");
    url_put_encoded(&path, span_of(row->action.id));
    struct call call = api_call(run->api, "GET", buf_span(&path), (struct span){0});
    buf_free(&path);
    call.repeatable = true;
    call.ended = take_poll;
    call.context = run;
    call.not_before_ms = at_ms;
    call.last_try_ms = run->end_ms;
    return call;
}

/* What the last poll means: the row ends, or is asked for again. */
static void judge_poll(struct run *run, struct release_row *row, uint64_t elapsed_ms)
{
    bool unseen = !row->action_seen && elapsed_ms < UNSEEN_MS;
    if (row->action.id[0] == '\0') {
        row_pending(run, row, "under way already, but by which action is not known, so that it cannot be followed");
    } else if (row->fault.code == FAULT_PERMISSION) {
        row_pending(run, row, "accepted, but the action cannot be followed: no permission to read it");
    } else if (row->fault.code == FAULT_TOKEN) {
        row_pending(run, row, "accepted, but the action cannot be followed any more: the token is not accepted");
    } else if (row->fault.code == FAULT_NOT_FOUND && !unseen) {
        row_pending(run, row, "accepted, but the service does not know the action any more");
    } else if (action_has_ended(&row->action)) {
        row_ended(run, row);
    } else if (run->follow_ms + elapsed_ms >= run->end_ms) {
        char text[120];
        struct buf waited = buf_init(sizeof text);
        buf_put_format(&waited, "accepted, but not released after %u s of waiting: the action is %s",
                       (unsigned)(elapsed_ms / 1000), row->action.status_text);
        fault_keep(text, sizeof text, buf_span(&waited));
        buf_free(&waited);
        row_pending(run, row, text);
    }
}

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
        s->progress(s->context, run->table, os_monotonic_ms() - run->follow_ms);
    }
}

static void round_of_polls(struct run *run, uint64_t interval_ms)
{
    uint64_t at_ms = os_monotonic_ms() + interval_ms;
    for (size_t i = 0; i < run->table->count; i++) {
        struct release_row *row = &run->table->rows[i];
        call_free(&run->calls[i]);
        run->calls[i].state = CALL_ENDED;
        if (row->stage == STAGE_FOLLOW && row->action.id[0] != '\0' && !action_has_ended(&row->action)) {
            run->calls[i] = poll_call(run, row, at_ms < run->end_ms ? at_ms : run->end_ms);
        }
    }
    client_run(run->api->client, run->calls, run->table->count);
}

/* The wait's end, or a moment before the run's, so that there is time left to say why a device still waits. */
static uint64_t end_of_following(const struct run *run)
{
    uint64_t wait_ms = run->follow_ms + run->table->settings.wait_ms;
    uint64_t deadline_ms = run->api->client->settings.deadline_ms;
    uint64_t last_ms = deadline_ms > LAST_WORDS_MS ? deadline_ms - LAST_WORDS_MS : 0;
    return wait_ms < last_ms ? wait_ms : last_ms;
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
        uint64_t least_ms = followed * POLL_EACH_MS;
        round_of_polls(run, interval_ms > least_ms ? interval_ms : least_ms);
        release_renew_token(run);
        for (size_t i = 0; i < run->table->count && !fault_is_set(&run->stop); i++) {
            if (run->table->rows[i].stage == STAGE_FOLLOW) {
                judge_poll(run, &run->table->rows[i], os_monotonic_ms() - run->follow_ms);
            }
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
            fault_clear(&row->fault);
            row_end(run->table, row, row->result);
        }
    }
}

void release_follow(struct run *run)
{
    follow(run);
    end_followed(run);
}
