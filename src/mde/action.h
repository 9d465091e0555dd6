/*
 * action.h - a machine action: the service's record of something asked of a device.
 *
 * Does      ask for a release; read the service's answer into a struct action.
 * Not here  many devices, retries of a lost answer (release.h).
 * Rules     defender-docs api/unisolate-machine.md and api/machineaction.md (read 2026-11-23). Statuses and types are compared without
 *           case; unknown ones are kept as text. 201 is "queued", never "released".
 */
#ifndef MDE_ACTION_H
#define MDE_ACTION_H

#include "base/fault.h"
#include "codec/json.h"

enum { DEVICE_ID_SIZE = 40 };

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
    int64_t requested;           /* seconds since 1970, 0 where unknown */
    int64_t ended;               /* 0 while it has not ended */
};

/* Read a machineAction entity. False: FAULT_ANSWER, it is none (no id, or no machineId). */
bool action_read(struct action *a, struct json entity, struct fault *f) MUST_CHECK;

/* True when the status is one that does not change any more. */
bool action_has_ended(const struct action *a);

#endif
