/*
 * action.c - a machine action; see action.h.
 */
#include "mde/action.h"

#include "codec/time_text.h"

#include <string.h>

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

bool action_read(struct action *a, struct json entity, struct fault *f)
{
    *a = (struct action){0};
    if (!json_text(entity, "id", a->id, sizeof a->id) || a->id[0] == '\0' ||
        !json_text(entity, "machineId", a->machine_id, sizeof a->machine_id)) {
        return fault_set(f, FAULT_ANSWER, "the answer is no machine action (no id, or no machineId)");
    }
    (void)json_text(entity, "type", a->type, sizeof a->type);
    (void)json_text(entity, "status", a->status_text, sizeof a->status_text);
    (void)json_text(entity, "computerDnsName", a->computer_name, sizeof a->computer_name);
    a->status = status_of(a->status_text);
    a->requested = time_member(entity, "creationDateTimeUtc");
    a->ended = action_has_ended(a) ? time_member(entity, "lastUpdateDateTimeUtc") : 0;
    return true;
}

bool action_has_ended(const struct action *a)
{
    return a->status >= ACTION_SUCCEEDED;
}
