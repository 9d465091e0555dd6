/*
 * action.c - a machine action; see action.h.
 */
#include "mde/action.h"

#include "codec/json_write.h"
#include "codec/time_text.h"

#include <string.h>

enum { TICK_DIGITS = 7 };

struct status_name {
    const char *name;
    enum action_status status;
};

/* Both spellings of Cancelled have been in the documentation. */
static const struct status_name status_names[] = {
    {"Pending", ACTION_PENDING},     {"InProgress", ACTION_IN_PROGRESS}, {"Succeeded", ACTION_SUCCEEDED},
    {"Failed", ACTION_FAILED},       {"TimeOut", ACTION_TIMED_OUT},      {"Cancelled", ACTION_CANCELLED},
    {"Canceled", ACTION_CANCELLED},
};

static enum action_status status_of(const char *text)
{
    for (size_t i = 0; i < sizeof status_names / sizeof status_names[0]; i++) {
        if (span_equal_nocase(span_of(text), span_of(status_names[i].name))) {
            return status_names[i].status;
        }
    }
    return ACTION_UNKNOWN;
}

static int64_t time_member(struct json entity, const char *name)
{
    char text[48];
    int64_t seconds = 0;
    if (json_text(entity, name, text, sizeof text) && !time_parse_rfc3339(span_of(text), &seconds)) {
        seconds = 0;
    }
    return seconds;
}

/* The same to the ticks that the service writes, seven digits behind the point: what comes first within a second decides. */
static int64_t ticks_member(struct json entity, const char *name)
{
    char text[48];
    struct span rest;
    int64_t ticks = time_member(entity, name);
    (void)json_text(entity, name, text, sizeof text);
    rest = span_of(text);
    rest = span_cut(rest, span_find(rest, '.') + 1, rest.size);
    for (size_t i = 0; i < TICK_DIGITS; i++) {
        bool digit = i < rest.size && ascii_is_digit(rest.at[i]);
        ticks = ticks * 10 + (digit ? rest.at[i] - '0' : 0);
        rest.size = digit ? rest.size : 0;
    }
    return ticks;
}

bool action_read(struct action *a, struct json entity, struct fault *f)
{
    *a = (struct action){0};
    if (!json_text(entity, "id", a->id, sizeof a->id) || a->id[0] == '\0' ||
        !json_text(entity, "machineId", a->machine_id, sizeof a->machine_id)) {
        return fault_set(f, FAULT_ANSWER, "the answer is no machine action (no id, or no machineId)");
    }
    (void)json_text(entity, "type", a->type, sizeof a->type);
    (void)json_text(entity, "status", a->status_text, sizeof a->status_text);
    (void)json_text(entity, "requestor", a->requestor, sizeof a->requestor);
    (void)json_text(entity, "computerDnsName", a->computer_name, sizeof a->computer_name);
    a->status = status_of(a->status_text);
    a->requested = time_member(entity, "creationDateTimeUtc");
    a->requested_ticks = ticks_member(entity, "creationDateTimeUtc");
    if (action_has_ended(a)) {
        a->ended = time_member(entity, "lastUpdateDateTimeUtc");
        a->ended_ticks = ticks_member(entity, "lastUpdateDateTimeUtc");
    }
    return true;
}

bool action_has_ended(const struct action *a)
{
    return a->status >= ACTION_SUCCEEDED;
}

bool action_is_active(const struct action *a)
{
    return a->status == ACTION_PENDING || a->status == ACTION_IN_PROGRESS;
}

bool action_is(const struct action *a, const char *type)
{
    return span_equal_nocase(span_of(a->type), span_of(type));
}

/* ---- lists ---- */

static bool grow(struct action_list *list, struct fault *f)
{
    size_t capacity = list->capacity == 0 ? 8 : list->capacity * 2;
    struct action *grown = capacity <= ACTION_LIST_MAX ? memory_take(capacity, sizeof *grown) : NULL;
    if (grown == NULL) {
        return fault_set(f, FAULT_MEMORY, "too many actions");
    }
    if (list->count > 0) {
        memcpy(grown, list->at, list->count * sizeof *grown);
    }
    memory_give(list->at);
    list->at = grown;
    list->capacity = capacity;
    return true;
}

static bool collect(void *context, struct json entity, struct fault *f)
{
    struct action_list *list = context;
    struct action action;
    struct json comment;
    if (!action_read(&action, entity, f)) {
        return false;
    }
    if (!action_is(&action, "Isolate") && !action_is(&action, "Unisolate")) {
        return true;
    }
    action.has_own_comment = list->own_comment != NULL && json_member(entity, "requestorComment", &comment) == 1 &&
                             json_is(comment, list->own_comment);
    if (list->count == list->capacity && !grow(list, f)) {
        return false;
    }
    list->at[list->count++] = action;
    return true;
}

/* With `filter`, which is freed. */
static bool list(struct api *a, struct buf *filter, size_t top, api_visit *visit, void *context, struct fault *f)
{
    struct buf path = buf_init(API_PATH_MAX);
    buf_put_text(&path, "/api/machineactions");
    api_put_filter(&path, buf_span(filter));
    bool ok = filter->failed ? fault_set(f, FAULT_MEMORY, "out of memory") : api_list(a, buf_span(&path), top, visit, context, f);
    buf_free(filter);
    buf_free(&path);
    return ok;
}

bool action_list_of(struct api *a, const char *const *machine_ids, size_t count, struct action_list *actions, struct fault *f)
{
    struct buf filter = buf_init(API_PATH_MAX);
    if (count > 0) {
        api_put_any(&filter, "machineId", machine_ids, count);
        buf_put_text(&filter, " and ");
    }
    buf_put_text(&filter, "type in ('Isolate','Unisolate')");
    return list(a, &filter, count == 1 ? 0 : API_TOP, collect, actions, f);
}

bool action_list(struct api *a, const char *machine_id, struct action_list *actions, struct fault *f)
{
    return action_list_of(a, &machine_id, machine_id != NULL, actions, f);
}

bool action_list_waiting(struct api *a, api_visit *visit, void *context, struct fault *f)
{
    struct buf filter = buf_init(API_PATH_MAX);
    buf_put_text(&filter, "type eq 'Unisolate' and status in ('Pending','InProgress')");
    return list(a, &filter, API_TOP, visit, context, f);
}

void action_list_free(struct action_list *actions)
{
    memory_give(actions->at);
    *actions = (struct action_list){0};
}

/* ---- one action ---- */

static void put_action_path(struct buf *path, const char *id, const char *verb)
{
    buf_put_text(path, "/api/machineactions/");
    url_put_encoded(path, span_of(id));
    buf_put_text(path, verb);
}

bool action_get(struct api *a, const char *id, struct action *action, struct fault *f)
{
    struct buf path = buf_init(API_PATH_MAX);
    struct call call;
    struct json entity = {0};
    put_action_path(&path, id, "");
    bool ok = api_get(a, buf_span(&path), &call, &entity, f) && action_read(action, entity, f);
    call_free(&call);
    buf_free(&path);
    return ok;
}

bool action_put_body(struct buf *body, const char *comment, struct fault *f)
{
    buf_put_text(body, "{\"Comment\":");
    if (!json_put_string(body, span_of(comment))) {
        return fault_set(f, FAULT_USAGE, "--comment: not UTF-8");
    }
    buf_put_text(body, "}");
    return !body->failed || fault_set(f, FAULT_USAGE, "--comment: longer than %d bytes", (int)ACTION_BODY_MAX);
}

struct call action_cancel_call(const struct api *a, const char *id, struct span body)
{
    struct buf path = buf_init(API_PATH_MAX);
    put_action_path(&path, id, "/cancel");
    struct call call = api_call(a, "POST", buf_span(&path), body);
    call.repeatable = true; /* what is cancelled stays so */
    buf_free(&path);
    return call;
}

/* The service has refused: because the action has ended? *own: a request of ours, whose answer was lost, may have ended it. */
static bool judge_refusal(struct api *a, const char *id, bool own, struct action *action, struct fault *f)
{
    struct fault unknown = {0};
    if (f->code != FAULT_REFUSED || !action_get(a, id, action, &unknown) || !action_has_ended(action)) {
        return false;
    }
    fault_clear(f);
    return (own && action->status == ACTION_CANCELLED) ||
           fault_set(f, FAULT_CONFLICT, "the action had ended: %s", action->status_text);
}

bool action_cancel(struct api *a, const char *id, const char *comment, struct action *action, struct fault *f)
{
    struct buf body = buf_init(ACTION_BODY_MAX);
    bool ok = action_put_body(&body, comment, f);
    bool own = false;
    *action = (struct action){0};
    for (bool again = ok; again;) {
        struct json entity = {0};
        struct call call = action_cancel_call(a, id, buf_span(&body));
        (void)client_call(a->client, &call);
        own = own || call.tries > 1;
        ok = api_answer(&call, &entity, f) && action_read(action, entity, f);
        again = !ok && api_renew(a, f);
        call_free(&call);
    }
    buf_free(&body);
    if (ok && action_has_ended(action) && action->status != ACTION_CANCELLED) {
        return fault_set(f, FAULT_CONFLICT, "the action had ended: %s", action->status_text);
    }
    return ok || judge_refusal(a, id, own, action, f);
}
