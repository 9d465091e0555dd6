/*
 * action.h - a machine action: the service's record of something asked of a device.
 *
 * Does      read the service's answers into a struct action; list a device's actions; cancel one.
 * Not here  the release itself (release.h), what a list says of a device (isolation.h).
 * Rules     defender-docs api/unisolate-machine.md and api/machineaction.md (read 2026-11-23). Statuses and types are compared without
 *           case; unknown ones are kept as text. 201 is "queued", never "released".
 */
#ifndef MDE_ACTION_H
#define MDE_ACTION_H

#include "mde/api.h"
#include "mde/selector.h"

/* No limit is documented for a comment; the portal shows a few lines of it. */
enum { ACTION_BODY_MAX = 64 * 1024, ACTION_LIST_MAX = 1000000 };

enum action_status {
    ACTION_UNKNOWN,
    ACTION_PENDING,
    ACTION_IN_PROGRESS,
    ACTION_SUCCEEDED,
    ACTION_FAILED,
    ACTION_TIMED_OUT,
    ACTION_CANCELLED,
};

struct action {
    char id[64];                 /* a GUID; "" where the service named none */
    char type[40];               /* "Unisolate" */
    enum action_status status;
    char status_text[24];        /* as the service wrote it */
    char machine_id[64];
    char computer_name[256];     /* computerDnsName, "" where it is null */
    char requestor[128];         /* a user's name or an application id */
    bool has_own_comment;        /* requestorComment is the text that action_list() was given */
    int64_t requested;           /* seconds since 1970, 0 where unknown */
    int64_t ended;               /* 0 while it has not ended */
    int64_t requested_ticks;     /* the same in units of 100 ns, for what comes first */
    int64_t ended_ticks;
};

/* Read a machineAction entity. False: FAULT_ANSWER, it is none (no id, no machineId). */
bool action_read(struct action *a, struct json entity, struct fault *f) MUST_CHECK;

/* The Isolate and Unisolate actions of a device, or of all. Zeroed: none. */
struct action_list {
    struct action *at;           /* owned; as the service orders them: newest first, which nobody promises */
    size_t count, capacity;
    const char *own_comment;     /* for has_own_comment; borrowed, or NULL */
};

/*
 * Ask for the Isolate and Unisolate actions of one device, or of all devices of the tenant (machine_id NULL).
 * Rule: defender-docs api/get-machineactions-collection.md.
 */
bool action_list(struct api *a, const char *machine_id, struct action_list *list, struct fault *f) MUST_CHECK;

/* The same of several devices, in one list. */
bool action_list_of(struct api *a, const char *const *machine_ids, size_t count, struct action_list *list, struct fault *f) MUST_CHECK;

/* Visit the Unisolate actions of the tenant that have not ended. */
bool action_list_waiting(struct api *a, api_visit *visit, void *context, struct fault *f) MUST_CHECK;

void action_list_free(struct action_list *list);

/* GET one action. FAULT_NOT_FOUND: unknown, or too new to be seen. */
bool action_get(struct api *a, const char *id, struct action *action, struct fault *f) MUST_CHECK;

/* The call that cancels one; `body` is from action_put_body(), borrowed until the call has ended. */
struct call action_cancel_call(const struct api *a, const char *id, struct span body);

/*
 * POST its cancellation. *action is the action afterwards, where it is known: id "" otherwise.
 * FAULT_CONFLICT: it had ended before; FAULT_NOT_FOUND; FAULT_REFUSED. One that our own lost request has cancelled is cancelled.
 */
bool action_cancel(struct api *a, const char *id, const char *comment, struct action *action, struct fault *f) MUST_CHECK;

/* Append {"Comment":"..."}. FAULT_USAGE: not UTF-8, too long. */
bool action_put_body(struct buf *body, const char *comment, struct fault *f) MUST_CHECK;

/* What became of a cancellation. */
struct cancellation {
    const char *input;           /* borrowed */
    struct action action;        /* as the service answered; id "" where it did not */
    struct fault fault;          /* set unless it was cancelled */
};

bool action_is(const struct action *a, const char *type);

/* True when the status is one that does not change any more. */
bool action_has_ended(const struct action *a);

/* True while it waits or is carried out. */
bool action_is_active(const struct action *a);

#endif
