/*
 * test_settle.c - mde/settle: which action a doubtful release is, whether one that has succeeded holds, why one still waits.
 *
 * What a release makes of it is in test_release.c and test_follow.c; here is what the functions themselves say.
 */
/* links: fake/os_fake.c */
#include "unit.h"

#include "api_peer.h"
#include "mde/release_run.h"

enum { SENT = 1795449601 }; /* 16:00:01 */

static struct release_row new_row(enum fault_code doubt)
{
    struct release_row row = {.input = "pc", .machine_id = ID1, .sent = SENT, .doubt = doubt};
    return row;
}

static void free_row(struct release_row *row)
{
    memory_give(row->action);
    row->action = NULL;
}

/* The outcome of one row's look-up. */
struct outcome {
    struct settle *settle;
    enum settled settled;
    struct fault fault;
};

static void take(void *context, struct release_row *row, struct action_list *list, struct fault *why)
{
    struct outcome *o = context;
    o->settled = settle_judge(o->settle, row, list, why);
    o->fault = *why;
}

static struct outcome settle_one(struct release_row *row, const struct release_settings *settings)
{
    struct settle settle = {.api = &api, .settings = settings};
    struct outcome outcome = {.settle = &settle};
    settle_each(&settle, &row, 1, take, &outcome);
    return outcome;
}

/* ---- doubt ---- */

#define OWN(id, status, requested) ENTITY(id, ID1, "Unisolate", status, "why", AT(requested), AT("16:00:25"))
#define THEIRS(id, status, requested) ENTITY(id, ID1, "Unisolate", status, "not mine", AT(requested), AT("16:00:25"))

struct doubt_row {
    const char *name;
    struct api_step steps[4];
    enum fault_code doubt;
    enum settled settled;
    enum fault_code code;
    const char *action_id;
    bool cancel_isolate;
};

static const struct doubt_row doubts[] = {
    {"nothing", {{LOOK_UP, "200 x", EMPTY}}, FAULT_CUT, SETTLED_NONE, FAULT_NONE, "", false},
    {"own, active", {{LOOK_UP, "200 x", LIST(OWN("u-1", "Pending", "16:00:01"))}}, FAULT_CUT, SETTLED_ADOPTED, FAULT_NONE, "u-1", false},
    {"theirs, active", {{LOOK_UP, "200 x", LIST(THEIRS("u-1", "InProgress", "10:00:01"))}}, FAULT_CUT, SETTLED_ADOPTED, FAULT_NONE, "u-1",
     false},
    {"theirs, ended", {{LOOK_UP, "200 x", LIST(THEIRS("u-1", "Succeeded", "16:00:01"))}}, FAULT_CUT, SETTLED_NONE, FAULT_NONE, "", false},
    {"an active one before an own that has ended",
     {{LOOK_UP, "200 x", LIST(OWN("u-1", "Succeeded", "16:00:01") "," THEIRS("u-2", "Pending", "16:00:01"))}}, FAULT_CUT, SETTLED_ADOPTED,
     FAULT_NONE, "u-2", false},
    {"the newest own", {{LOOK_UP, "200 x", LIST(OWN("u-1", "Failed", "16:00:01") "," OWN("u-2", "Succeeded", "16:00:03") ","
                                                OWN("u-3", "Failed", "16:00:02"))}},
     FAULT_CUT, SETTLED_ADOPTED, FAULT_NONE, "u-2", false},
    {"60 s before it was sent", {{LOOK_UP, "200 x", LIST(OWN("u-1", "Succeeded", "15:59:01"))}}, FAULT_CUT, SETTLED_ADOPTED, FAULT_NONE,
     "u-1", false},
    {"61 s before it was sent", {{LOOK_UP, "200 x", LIST(OWN("u-1", "Succeeded", "15:59:00"))}}, FAULT_CUT, SETTLED_NONE, FAULT_NONE, "",
     false},
    {"600 s behind", {{LOOK_UP, "200 x", LIST(OWN("u-1", "Succeeded", "16:10:01"))}}, FAULT_CUT, SETTLED_ADOPTED, FAULT_NONE, "u-1", false},
    {"601 s behind", {{LOOK_UP, "200 x", LIST(OWN("u-1", "Succeeded", "16:10:02"))}}, FAULT_CUT, SETTLED_NONE, FAULT_NONE, "", false},
    {"a waiting Isolate", {{LOOK_UP, "200 x", LIST(ISOLATE("i-1", "Pending", "15:00:00"))}}, FAULT_CUT, SETTLED_FAULT, FAULT_CONFLICT, "",
     false},
    {"a waiting Isolate, cancelled",
     {{LOOK_UP, "200 x", LIST(ISOLATE("i-1", "Pending", "15:00:00") "," OWN("u-1", "Pending", "16:00:01"))},
      {CANCEL("i-1"), "200 x", ISOLATE("i-1", "Cancelled", "15:00:00")}},
     FAULT_CUT, SETTLED_ADOPTED, FAULT_NONE, "u-1", true},
    {"an unknown status does not wait", {{LOOK_UP, "200 x", LIST(ISOLATE("i-1", "Resting", "15:00:00"))}}, FAULT_CUT, SETTLED_NONE,
     FAULT_NONE, "", false},
    /* the look-up itself fails */
    {"403", {{LOOK_UP, "403 x", ""}}, FAULT_CUT, SETTLED_BLIND, FAULT_NONE, "", false},
    {"400", {{LOOK_UP, "400 x", ""}}, FAULT_CUT, SETTLED_BLIND, FAULT_NONE, "", false},
    {"rubbish", {{LOOK_UP, "200 x", "<html>"}}, FAULT_CUT, SETTLED_BLIND, FAULT_NONE, "", false},
    {"5xx", {{LOOK_UP, "500 x", ""}}, FAULT_CUT, SETTLED_FAULT, FAULT_SERVER, "", false},
    {"429", {{LOOK_UP, "429 x", ""}}, FAULT_CUT, SETTLED_FAULT, FAULT_THROTTLED, "", false},
    {"401", {{LOOK_UP, "401 x", ""}}, FAULT_CUT, SETTLED_FAULT, FAULT_TOKEN, "", false},
    {"cut", {{LOOK_UP, NULL, ""}}, FAULT_SERVER, SETTLED_FAULT, FAULT_CUT, "", false},
    {"5xx, but it is a duplicate", {{LOOK_UP, "500 x", ""}}, FAULT_REFUSED, SETTLED_BLIND, FAULT_NONE, "", false},
    {"cut, but it is a duplicate", {{LOOK_UP, NULL, ""}}, FAULT_REFUSED, SETTLED_BLIND, FAULT_NONE, "", false},
};

static void doubts_are_settled(void)
{
    for (size_t i = 0; i < COUNT_OF(doubts); i++) {
        struct release_row row = new_row(doubts[i].doubt);
        struct release_settings settings = {.comment = "why", .cancel_isolate = doubts[i].cancel_isolate};
        unit_row("%s", doubts[i].name);
        api_begin(doubts[i].steps, 0);
        struct outcome outcome = settle_one(&row, &settings);
        CHECK_EQUAL_INT(outcome.settled, doubts[i].settled);
        CHECK_EQUAL_INT(outcome.fault.code, doubts[i].code);
        CHECK_EQUAL_TEXT(release_action(&row)->id, doubts[i].action_id);
        free_row(&row);
        api_end();
    }
}

static void who_stops_is_not_asked_again(void)
{
    static const struct api_step silent[] = {{LOOK_UP, "", ""}, {NULL, NULL, NULL}};
    static const enum fault_code codes[] = {FAULT_CUT, FAULT_REFUSED};
    for (size_t i = 0; i < COUNT_OF(codes); i++) {
        struct release_row row = new_row(codes[i]);
        struct release_settings settings = {.comment = "why"};
        unit_row("doubt %d", (int)codes[i]);
        api_begin(silent, 0);
        os_fake_stop_at(os_monotonic_ms() + 100, OS_STOP_TERMINATED);
        struct outcome outcome = settle_one(&row, &settings);
        CHECK_EQUAL_INT(outcome.settled, SETTLED_FAULT);
        CHECK_EQUAL_INT(outcome.fault.code, FAULT_TERMINATED);
        api_end();
    }
}

/* ---- does it hold? ---- */

#define IS_FREE {LOOK_UP, "200 x", LIST(OWN("u-1", "Succeeded", "16:00:01"))}
#define WAITS {LOOK_UP, "200 x", LIST(ISOLATE("i-1", "Pending", "15:00:00"))}
#define GONE {CANCEL("i-1"), "200 x", ISOLATE("i-1", "Cancelled", "15:00:00")}

static const struct doubt_row holds[] = {
    {"free", {IS_FREE}, FAULT_NONE, SETTLED_NONE, FAULT_NONE, "", false},
    {"nothing known", {{LOOK_UP, "404 x", ""}}, FAULT_NONE, SETTLED_NONE, FAULT_NONE, "", false},
    {"isolated again", {{LOOK_UP, "200 x", LIST(ISOLATE("i-1", "Succeeded", "16:00:26"))}}, FAULT_NONE, SETTLED_FAULT, FAULT_CONFLICT, "",
     false},
    {"an Isolate waits", {WAITS}, FAULT_NONE, SETTLED_FAULT, FAULT_CONFLICT, "", false},
    {"it waits, and goes", {WAITS, GONE, IS_FREE}, FAULT_NONE, SETTLED_NONE, FAULT_NONE, "", true},
    {"it waits, goes, and another one waits", {WAITS, GONE, WAITS}, FAULT_NONE, SETTLED_FAULT, FAULT_CONFLICT, "", true},
    {"it goes, and then the list breaks", {WAITS, GONE, {LOOK_UP, "500 x", ""}}, FAULT_NONE, SETTLED_FAULT, FAULT_PENDING, "", true},
    {"403", {{LOOK_UP, "403 x", ""}}, FAULT_NONE, SETTLED_FAULT, FAULT_PENDING, "", false},
    {"5xx", {{LOOK_UP, "500 x", ""}}, FAULT_NONE, SETTLED_FAULT, FAULT_PENDING, "", false},
};

static void what_has_succeeded_is_looked_at(void)
{
    for (size_t i = 0; i < COUNT_OF(holds); i++) {
        struct release_row row = new_row(FAULT_NONE);
        struct release_settings settings = {.comment = "why", .cancel_isolate = holds[i].cancel_isolate};
        struct fault f = {0};
        row_keep_action(&row, &(struct action){
            .status = ACTION_SUCCEEDED,
            .requested_ticks = SENT * (int64_t)10000000,
            .ended_ticks = (SENT + 24) * (int64_t)10000000,
        });
        struct settle settle = {.api = &api, .settings = &settings};
        unit_row("%s", holds[i].name);
        api_begin(holds[i].steps, 0);
        CHECK_EQUAL_INT(settle_released(&settle, &row, NULL, &f), holds[i].settled == SETTLED_NONE);
        CHECK_EQUAL_INT(f.code, holds[i].code);
        free_row(&row);
        api_end();
    }
}

/* ---- why does it wait? ---- */

struct why_row {
    const char *name;
    struct api_step steps[2];
    const char *advice;
};

#define SEEN "\"lastSeen\":\"2026-11-20T08:30:00.5Z\""

static const struct why_row whys[] = {
    {"active", {{RECORD, "200 x", "{\"id\":\"" ID1 "\",\"healthStatus\":\"Active\"," SEEN "}"}},
     "the device reports as Active, last seen 2026-11-20T08:30:00Z; the action stays queued: ask again with status"},
    {"inactive", {{RECORD, "200 x", "{\"id\":\"" ID1 "\",\"healthStatus\":\"NoSensorData\"," SEEN "}"}},
     "the device is NoSensorData, last seen 2026-11-20T08:30:00Z: it has to be online to be released; the action stays queued meanwhile"},
    {"hardly known", {{RECORD, "200 x", "{\"id\":\"" ID1 "\"}"}},
     "the device is in an unknown state, last seen never: it has to be online to be released; the action stays queued meanwhile"},
    {"unknown", {{RECORD, "404 x", ""}}, ""},
    {"not allowed", {{RECORD, "403 x", ""}}, ""},
    {"somebody else", {{RECORD, "200 x", "{\"id\":\"" ID2 "\"}"}}, ""},
};

static void the_reason_is_told(void)
{
    for (size_t i = 0; i < COUNT_OF(whys); i++) {
        struct release_row row = new_row(FAULT_NONE);
        struct release_row *asked = &row;
        struct settle settle = {.api = &api};
        struct device device;
        struct fault f = {0};
        unit_row("%s", whys[i].name);
        fault_set(&f, FAULT_PENDING, "pending");
        api_begin(whys[i].steps, 0);
        settle_records(&settle, &asked, 1, &device);
        settle_why_pending(&device, &f);
        CHECK_EQUAL_INT(f.code, FAULT_PENDING);
        CHECK_EQUAL_TEXT(f.text, "pending");
        CHECK_EQUAL_TEXT(f.advice, whys[i].advice);
        api_end();
    }
}

static const struct unit_test tests[] = {
    TEST(doubts_are_settled),
    TEST(who_stops_is_not_asked_again),
    TEST(what_has_succeeded_is_looked_at),
    TEST(the_reason_is_told),
};

UNIT_MAIN(tests)
