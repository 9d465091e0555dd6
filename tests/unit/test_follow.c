/*
 * test_follow.c - mde/follow: a release's action asked for until it ends, what its end means, and every other way out.
 */
/* links: fake/os_fake.c */
#include "unit.h"

#include "release_case.h"
#include "mde/release_run.h"

#define CREATED {RELEASE, "201 Created", UNISOLATE("a-1", "Pending")}
#define DUPLICATE {RELEASE, "400 x", "{\"error\":{\"code\":\"ActiveRequestAlreadyExists\",\"message\":\"m\"}}"}
#define IS(status) {POLL, "200 x", UNISOLATE("a-1", status)}
#define FREE {LOOK_UP, "200 x", LIST(UNISOLATE("a-1", "Succeeded") "," ISOLATE("i-1", "Succeeded", "15:00:00"))}
#define FAILED_POLL(status, body) {POLL, status, body}
#define ACTIVE {RECORD, "200 x", "{\"id\":\"" ID1 "\",\"healthStatus\":\"Active\",\"lastSeen\":\"2026-11-23T15:58:00Z\"}"}
#define SILENT {RECORD, "200 x", "{\"id\":\"" ID1 "\",\"healthStatus\":\"Inactive\",\"lastSeen\":\"2026-11-01T08:00:00Z\"}"}

/* ---- the end of the action ---- */

static const struct release_case ends[] = {
    {"pending, in progress, succeeded", {CREATED, IS("Pending"), IS("InProgress"), IS("Succeeded"), FREE}, RELEASE_RELEASED, FAULT_NONE,
     "a-1", NULL, NULL, 600, false, false, 0},
    {"succeeded in the first answer", {{RELEASE, "201 x", UNISOLATE("a-1", "Succeeded")}, FREE}, RELEASE_RELEASED, FAULT_NONE, "a-1",
     NULL, NULL, 600, false, false, 0},
    {"an unknown status is no end", {CREATED, IS("Resting"), IS("Succeeded"), FREE}, RELEASE_RELEASED, FAULT_NONE, "a-1", NULL, NULL,
     600, false, false, 0},
    {"failed", {CREATED, IS("Failed")}, RELEASE_FAILED, FAULT_FAILED, "a-1", "the action has ended: Failed", NULL, 600, false, false, 0},
    {"timed out", {CREATED, IS("TimeOut")}, RELEASE_FAILED, FAULT_FAILED, "a-1", "TimeOut", NULL, 600, false, false, 0},
    {"cancelled", {CREATED, IS("Pending"), IS("Cancelled")}, RELEASE_FAILED, FAULT_FAILED, "a-1", "Cancelled", NULL, 600, false, false, 0},
    {"canceled, spelled the other way", {CREATED, IS("Canceled")}, RELEASE_FAILED, FAULT_FAILED, "a-1", "Canceled", NULL, 600, false,
     false, 0},
    {"another device's action", {CREATED, {POLL, "200 x", ENTITY("a-1", ID2, "Unisolate", "Succeeded", "", "null", "null")}},
     RELEASE_ERROR, FAULT_ANSWER, "a-1", "another device", NULL, 600, false, false, 0},
    {"an Isolate", {CREATED, {POLL, "200 x", ISOLATE("a-1", "Succeeded", "16:00:01")}}, RELEASE_CONFLICT, FAULT_CONFLICT, "a-1", NULL,
     NULL, 600, false, false, 0},
    {"an adopted one", {DUPLICATE, {LOOK_UP, "200 x", LIST(UNISOLATE("a-1", "Pending"))}, IS("Succeeded"), FREE}, RELEASE_RELEASED,
     FAULT_NONE, "a-1", NULL, NULL, 600, false, false, 0},
    {"a lost one that was found ended",
     {{RELEASE, NULL, ""}, {LOOK_UP, "200 x", LIST(UNISOLATE("a-1", "Succeeded"))}, FREE}, RELEASE_RELEASED, FAULT_NONE, "a-1", NULL,
     NULL, 600, false, false, 0},
};

static void the_end_decides(void) { run_cases(ends, COUNT_OF(ends)); }

/* ---- polls that fail: the action itself goes on ---- */

static const struct release_case troubles[] = {
    {"404 at first", {CREATED, FAILED_POLL("404 x", ""), FAILED_POLL("404 x", ERROR("ResourceNotFound")), IS("Succeeded"), FREE},
     RELEASE_RELEASED, FAULT_NONE, "a-1", NULL, NULL, 600, false, false, 0},
    {"404 after it was seen", {CREATED, IS("Pending"), FAILED_POLL("404 x", ""), ACTIVE}, RELEASE_PENDING, FAULT_PENDING, "a-1",
     "does not know the action any more", "Active", 600, false, false, 0},
    {"403", {CREATED, FAILED_POLL("403 x", ERROR("Forbidden"))}, RELEASE_PENDING, FAULT_PENDING, "a-1",
     "accepted, but the action cannot be followed: no permission", "Machine.Read.All", 600, false, false, 0},
    {"403 later", {CREATED, IS("Pending"), FAILED_POLL("403 x", "")}, RELEASE_PENDING, FAULT_PENDING, "a-1", "no permission",
     "Machine.Read.All", 600, false, false, 0},
    {"5xx", {CREATED, FAILED_POLL("500 x", ""), FAILED_POLL("503 x", "<html>"), IS("Succeeded"), FREE}, RELEASE_RELEASED, FAULT_NONE,
     "a-1", NULL, NULL, 600, false, false, 0},
    {"429", {CREATED, FAILED_POLL("429 x", ""), IS("Succeeded"), FREE}, RELEASE_RELEASED, FAULT_NONE, "a-1", NULL, NULL, 600, false,
     false, 0},
    {"rubbish", {CREATED, FAILED_POLL("200 x", "<html>"), FAILED_POLL("200 x", "{}"), IS("Succeeded"), FREE}, RELEASE_RELEASED,
     FAULT_NONE, "a-1", NULL, NULL, 600, false, false, 0},
    {"cut, on a kept connection and on a new one",
     {CREATED, FAILED_POLL(NULL, ""), FAILED_POLL(NULL, ""), IS("Succeeded"), FREE}, RELEASE_RELEASED, FAULT_NONE, "a-1", NULL, NULL,
     600, false, false, 0},
    {"5xx, tried again at once", {CREATED, FAILED_POLL("500 x", ""), IS("Succeeded"), FREE}, RELEASE_RELEASED, FAULT_NONE, "a-1", NULL,
     NULL, 600, false, false, 2},
    {"401, renewed", {CREATED, FAILED_POLL("401 x", ""), IS("Succeeded"), FREE}, RELEASE_RELEASED, FAULT_NONE, "a-1", NULL, NULL, 600,
     false, true, 0},
    {"401, no renewal", {CREATED, FAILED_POLL("401 x", ""), {RECORD, "401 x", ""}}, RELEASE_PENDING, FAULT_PENDING, "a-1",
     "the token is not accepted", NULL, 600, false, false, 0},
    {"a duplicate nobody may look up", {DUPLICATE, {LOOK_UP, "403 x", ""}, {RECORD, "403 x", ""}}, RELEASE_PENDING, FAULT_PENDING, "",
     "by which action is not known", NULL, 600, false, false, 0},
};

static void trouble_on_the_way(void) { run_cases(troubles, COUNT_OF(troubles)); }

/* ---- succeeded: is it free? ---- */

#define DONE CREATED, IS("Succeeded")
#define HELD(elements) {LOOK_UP, "200 x", LIST(UNISOLATE("a-1", "Succeeded") "," elements)}

static const struct release_case checks[] = {
    {"no list at all", {DONE, {LOOK_UP, "404 x", ""}}, RELEASE_RELEASED, FAULT_NONE, "a-1", NULL, NULL, 600, false, false, 0},
    {"isolated again later", {DONE, HELD(ISOLATE("i-1", "Succeeded", "16:00:26"))}, RELEASE_CONFLICT, FAULT_CONFLICT, "a-1",
     "released, but isolated again by the action i-1", "someone", 600, false, false, 0},
    {"an older Isolate that ended later",
     {DONE, HELD(ENTITY("i-1", ID1, "Isolate", "Succeeded", "", AT("15:59:00"), AT("16:00:26")))}, RELEASE_CONFLICT, FAULT_CONFLICT,
     "a-1", "i-1", NULL, 600, false, false, 0},
    {"asked for later, carried out before: the release came last", {DONE, HELD(ISOLATE("i-1", "Succeeded", "16:00:24"))}, RELEASE_RELEASED,
     FAULT_NONE, "a-1", NULL, NULL, 600, false, false, 0},
    {"an older Isolate that ended before",
     {DONE, HELD(ENTITY("i-1", ID1, "Isolate", "Succeeded", "", AT("15:59:00"), AT("16:00:24")))}, RELEASE_RELEASED, FAULT_NONE, "a-1",
     NULL, NULL, 600, false, false, 0},
    {"a later Isolate that failed", {DONE, HELD(ISOLATE("i-1", "Failed", "16:00:05"))}, RELEASE_RELEASED, FAULT_NONE, "a-1", NULL, NULL,
     600, false, false, 0},
    {"a later Isolate of unknown status", {DONE, HELD(ISOLATE("i-1", "Resting", "16:00:05"))}, RELEASE_CONFLICT, FAULT_CONFLICT, "a-1",
     NULL, NULL, 600, false, false, 0},
    {"an older Isolate still waits", {DONE, HELD(ISOLATE("i-1", "Pending", "15:00:00"))}, RELEASE_CONFLICT, FAULT_CONFLICT, "a-1",
     "an Isolate action is waiting for the device (i-1, Pending)", "--cancel-isolate", 600, false, false, 0},
    {"it waits, and is cancelled",
     {{LOOK_UP, "200 x", EMPTY}, DONE, HELD(ISOLATE("i-1", "Pending", "15:00:00")),
      {CANCEL("i-1"), "200 x", ISOLATE("i-1", "Cancelled", "15:00:00")}, HELD(ISOLATE("i-1", "Cancelled", "15:00:00"))},
     RELEASE_RELEASED, FAULT_NONE, "a-1", NULL, NULL, 600, true, false, 0},
    {"it waits, and was carried out before it could be cancelled",
     {{LOOK_UP, "200 x", EMPTY}, DONE, HELD(ISOLATE("i-1", "Pending", "15:00:00")), {CANCEL("i-1"), "400 x", ""},
      {GET("i-1"), "200 x", ISOLATE("i-1", "Succeeded", "16:00:30")}, HELD(ISOLATE("i-1", "Succeeded", "16:00:30"))},
     RELEASE_CONFLICT, FAULT_CONFLICT, "a-1", "isolated again by the action i-1", NULL, 600, true, false, 0},
    {"it waits, and cannot be cancelled",
     {{LOOK_UP, "200 x", EMPTY}, DONE, HELD(ISOLATE("i-1", "Pending", "15:00:00")), {CANCEL("i-1"), "400 x", ""},
      {GET("i-1"), "200 x", ISOLATE("i-1", "Pending", "15:00:00")}},
     RELEASE_FAILED, FAULT_REFUSED, "a-1", "i-1 could not be cancelled", NULL, 600, true, false, 0},
    {"the list cannot be read", {DONE, {LOOK_UP, "403 x", ERROR("Forbidden")}}, RELEASE_PENDING, FAULT_PENDING, "a-1",
     "the action has succeeded, but whether another isolates the device again is not known", NULL, 600, false, false, 0},
    {"the list breaks", {DONE, {LOOK_UP, "500 x", ""}}, RELEASE_PENDING, FAULT_PENDING, "a-1", "status 500", NULL, 600, false, false, 0},
};

static void released_only_when_free(void) { run_cases(checks, COUNT_OF(checks)); }

/* ---- the wait is over ---- */

static const struct release_case waits[] = {
    {"1 s, the device is active", {CREATED, IS("Pending"), ACTIVE}, RELEASE_PENDING, FAULT_PENDING, "a-1",
     "accepted, but not released after 1 s of waiting: the action is Pending", "reports as Active, last seen 2026-11-23T15:58:00Z", 1,
     false, false, 0},
    {"10 s, the device has been silent for long", {CREATED, IS("Pending"), IS("Pending"), IS("InProgress"), IS("InProgress"), SILENT},
     RELEASE_PENDING, FAULT_PENDING, "a-1", "after 10 s of waiting: the action is InProgress",
     "the device is Inactive, last seen 2026-11-01T08:00:00Z: it has to be online", 10, false, false, 0},
    {"of which nothing is known", {CREATED, IS("Pending"), {RECORD, "200 x", "{\"id\":\"" ID1 "\"}"}}, RELEASE_PENDING, FAULT_PENDING,
     "a-1", NULL, "in an unknown state, last seen never", 1, false, false, 0},
    {"the last poll fails", {CREATED, FAILED_POLL("500 x", ""), ACTIVE}, RELEASE_PENDING, FAULT_PENDING, "a-1", "the action is Pending",
     NULL, 1, false, false, 0},
    {"the last poll succeeds", {CREATED, IS("Succeeded"), FREE}, RELEASE_RELEASED, FAULT_NONE, "a-1", NULL, NULL, 1, false, false, 0},
    {"the last poll is not tried again", {CREATED, FAILED_POLL("500 x", ""), ACTIVE}, RELEASE_PENDING, FAULT_PENDING, "a-1",
     "after 1 s of waiting", NULL, 1, false, false, 4},
    {"it is never seen in a short wait", {CREATED, FAILED_POLL("404 x", ""), ACTIVE}, RELEASE_PENDING, FAULT_PENDING, "a-1", NULL, NULL,
     1, false, false, 0},
};

static void waits_have_an_end(void) { run_cases(waits, COUNT_OF(waits)); }

static void no_record_no_reason(void)
{
    static const struct release_case rows[] = {
        {"403", {CREATED, IS("Pending"), {RECORD, "403 x", ""}}, RELEASE_PENDING, FAULT_PENDING, "a-1", NULL, NULL, 1, false, false, 0},
        {"404", {CREATED, IS("Pending"), {RECORD, "404 x", ""}}, RELEASE_PENDING, FAULT_PENDING, "a-1", NULL, NULL, 1, false, false, 0},
        {"another's", {CREATED, IS("Pending"), {RECORD, "200 x", "{\"id\":\"" ID2 "\",\"healthStatus\":\"Active\"}"}}, RELEASE_PENDING,
         FAULT_PENDING, "a-1", NULL, NULL, 1, false, false, 0},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        case_begin(&rows[i]);
        CHECK(release_go());
        case_check(&rows[i]);
        CHECK_EQUAL_TEXT(seen[0].fault.advice, "");
        release_end();
        api_end();
    }
}

/* ---- when it is asked ---- */

static const char *poll_status, *poll_body; /* what every poll is answered */
static uint64_t poll_times[API_STEPS];
static size_t polls;

/* Accepts the release, answers every poll alike, knows nothing else; notes when it is asked. */
static const char *always(const char *request)
{
    if (span_starts(span_of(request), SPAN(RELEASE))) {
        return api_http("201 x", UNISOLATE("a-1", "Pending"));
    }
    if (!span_starts(span_of(request), SPAN(POLL))) {
        return api_http("404 x", "");
    }
    if (polls < API_STEPS) {
        poll_times[polls] = os_monotonic_ms();
    }
    polls++;
    return api_http(poll_status, poll_body);
}

static void begin_always(const char *status, const char *body, uint64_t wait_seconds)
{
    static const char *const device[] = {ID1};
    poll_status = status;
    poll_body = body;
    polls = 0;
    api_begin_with(always, 0);
    release_begin(device, 1);
    release.settings.wait_ms = wait_seconds * 1000;
}

static void end_always(void)
{
    release_end();
    api_close();
}

static void it_asks_ever_less_often(void)
{
    static const uint64_t waits_ms[] = {2000, 3000, 4500, 6750, 10125, 15000, 15000, 3625};
    begin_always("200 x", UNISOLATE("a-1", "Pending"), 60);
    CHECK(release_go());
    CHECK_EQUAL_INT(polls, COUNT_OF(waits_ms));
    for (size_t i = 1; i < polls && i < COUNT_OF(waits_ms); i++) {
        uint64_t pause_ms = poll_times[i] - poll_times[i - 1];
        unit_row("pause %zu: %llu ms", i, (unsigned long long)pause_ms);
        CHECK(pause_ms + 100 >= waits_ms[i] && pause_ms <= waits_ms[i] + 100); /* each answer takes 10 ms */
    }
    end_always();
}

static void five_devices_share_the_pace(void)
{
    static const char *const more[] = {ID2, ID("03"), ID("04"), ID("05")};
    begin_always("200 x", UNISOLATE("a-1", "Pending"), 11);
    for (size_t i = 0; i < COUNT_OF(more); i++) { /* these have an action that is followed already */
        bool added;
        CHECK(release_add(&release, more[i], more[i], "", &added, &run_fault));
        release.rows[1 + i].stage = STAGE_FOLLOW;
        row_keep_action(&release.rows[1 + i], &(struct action){.id = "a-1"});
    }
    CHECK(release_go());
    CHECK_EQUAL_INT(polls, 3 * (1 + COUNT_OF(more))); /* after 5, 10 and 11 s */
    end_always();
}

static void a_404_is_final_after_a_minute(void)
{
    begin_always("404 x", "", 600);
    uint64_t began_ms = os_monotonic_ms();
    CHECK(release_go());
    uint64_t took_ms = os_monotonic_ms() - began_ms;
    CHECK(took_ms >= 60000 && took_ms < 80000);
    CHECK_EQUAL_INT(release.rows[0].code, FAULT_PENDING);
    CHECK(span_contains(span_of(seen[0].fault.text), SPAN("does not know the action any more")));
    end_always();
}

/* Within the wait a poll that failed is not left until the next is due. */
static void a_poll_is_tried_again_soon(void)
{
    static const struct release_case c = {"5xx", {CREATED, FAILED_POLL("500 x", ""), IS("Succeeded"), FREE}, RELEASE_RELEASED,
                                          FAULT_NONE, "a-1", NULL, NULL, 600, false, false, 1};
    case_begin(&c);
    uint64_t began_ms = os_monotonic_ms();
    CHECK(release_go());
    case_check(&c);
    CHECK(os_monotonic_ms() - began_ms < 3000);
    release_end();
    api_end();
}

/* --max-time ends before --wait: that end holds, and the machine does not spin until the other. */
static void the_runs_end_is_the_waits_end(void)
{
    static const struct release_case c = {"30 s of 600", {CREATED, IS("Pending"), IS("Pending"), IS("Pending"), IS("Pending"),
                                                          IS("Pending"), IS("Pending"), ACTIVE},
                                          RELEASE_PENDING, FAULT_PENDING, "a-1", "not released after 2", "Active", 600, false, false, 0};
    case_begin(&c);
    api_client.settings.deadline_ms = os_monotonic_ms() + 30000;
    CHECK(release_go());
    case_check(&c);
    CHECK(os_monotonic_ms() <= api_client.settings.deadline_ms);
    release_end();
    api_end();
}

/* ---- progress, interruption ---- */

static unsigned ticks;
static uint64_t ticked_ms;

static void note_progress(void *context, const struct release *r, uint64_t elapsed_ms)
{
    (void)context;
    CHECK(r == &release && r->rows[0].stage == STAGE_FOLLOW);
    CHECK(elapsed_ms >= ticked_ms);
    ticked_ms = elapsed_ms;
    ticks++;
}

static void progress_is_told_each_second(void)
{
    ticks = 0;
    ticked_ms = 0;
    begin_always("200 x", UNISOLATE("a-1", "Pending"), 20);
    release.settings.progress = note_progress;
    CHECK(release_go());
    CHECK(ticks >= 20 && ticks < 100);
    CHECK(ticked_ms > 18000 && ticked_ms < 20100);
    CHECK(api_client.tick == NULL);
    end_always();
}

struct stop_row {
    uint64_t after_ms;
    enum os_stop how;
    enum fault_code code;
    enum release_result result;
};

static const struct stop_row stops[] = {
    {1000, OS_STOP_INTERRUPTED, FAULT_INTERRUPTED, RELEASE_ACCEPTED}, {2500, OS_STOP_INTERRUPTED, FAULT_INTERRUPTED, RELEASE_ACCEPTED},
    {2020, OS_STOP_INTERRUPTED, FAULT_INTERRUPTED, RELEASE_ACCEPTED}, {9000, OS_STOP_TERMINATED, FAULT_TERMINATED, RELEASE_ACCEPTED},
};

static void what_is_accepted_is_told_when_stopped(void)
{
    for (size_t i = 0; i < COUNT_OF(stops); i++) {
        unit_row("after %u ms", (unsigned)stops[i].after_ms);
        begin_always("200 x", UNISOLATE("a-1", "Pending"), 600);
        os_fake_stop_at(os_monotonic_ms() + stops[i].after_ms, stops[i].how);
        CHECK(!release_go());
        CHECK_EQUAL_INT(run_fault.code, stops[i].code);
        CHECK_EQUAL_INT(release.rows[0].result, stops[i].result);
        CHECK_EQUAL_INT(release.rows[0].code, FAULT_NONE);
        CHECK_EQUAL_TEXT(seen[0].action.id, "a-1");
        CHECK_EQUAL_TEXT(told, ID1 " ");
        end_always();
    }
}

static void an_adopted_one_stays_what_it_was(void)
{
    static const struct release_case c = {"adopted", {DUPLICATE, {LOOK_UP, "200 x", LIST(UNISOLATE("a-1", "Pending"))}, IS("Pending")},
                                          RELEASE_ALREADY_PENDING, FAULT_NONE, "a-1", NULL, NULL, 600, false, false, 0};
    case_begin(&c);
    os_fake_stop_at(os_monotonic_ms() + 3000, OS_STOP_INTERRUPTED);
    CHECK(!release_go());
    case_check(&c);
    release_end();
    api_end();
}

/* The action has succeeded; the list that would confirm it does not come. */
static void stopped_while_it_is_checked(void)
{
    static const struct release_case c = {"succeeded", {DONE, {LOOK_UP, "", ""}}, RELEASE_ACCEPTED, FAULT_NONE, "a-1", NULL, NULL, 600,
                                          false, false, 0};
    case_begin(&c);
    os_fake_stop_at(os_monotonic_ms() + 4000, OS_STOP_INTERRUPTED);
    CHECK(!release_go());
    CHECK_EQUAL_INT(run_fault.code, FAULT_INTERRUPTED);
    case_check(&c);
    CHECK_EQUAL_TEXT(seen[0].action.status_text, "Succeeded");
    release_end();
    api_end();
}

static const struct unit_test tests[] = {
    TEST(the_end_decides),
    TEST(trouble_on_the_way),
    TEST(released_only_when_free),
    TEST(waits_have_an_end),
    TEST(no_record_no_reason),
    TEST(it_asks_ever_less_often),
    TEST(five_devices_share_the_pace),
    TEST(a_404_is_final_after_a_minute),
    TEST(a_poll_is_tried_again_soon),
    TEST(the_runs_end_is_the_waits_end),
    TEST(progress_is_told_each_second),
    TEST(what_is_accepted_is_told_when_stopped),
    TEST(an_adopted_one_stays_what_it_was),
    TEST(stopped_while_it_is_checked),
};

UNIT_MAIN(tests)
