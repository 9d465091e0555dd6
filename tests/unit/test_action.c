/*
 * test_action.c - mde/action: entities that are taken and refused, every status, times; lists; one action asked for and cancelled.
 */
/* links: fake/os_fake.c */
#include "unit.h"

#include "api_peer.h"
#include "mde/action.h"

static bool read_text(struct action *a, const char *text, struct fault *f)
{
    struct json entity = {0};
    struct fault syntax = {0};
    CHECK(json_parse(span_of(text), &entity, &syntax));
    return action_read(a, entity, f);
}

static void a_whole_entity(void)
{
    struct action a;
    struct fault f = {0};
    CHECK(read_text(&a, "{\"@odata.context\":\"x\",\"id\":\"5382f7ea\",\"type\":\"Unisolate\","
                        "\"status\":\"Succeeded\",\"machineId\":\"1e5b\",\"requestor\":\"app-1\","
                        "\"computerDnsName\":\"pc.test\",\"creationDateTimeUtc\":\"2026-11-23T16:00:00.1234567Z\","
                        "\"lastUpdateDateTimeUtc\":\"2026-11-23T16:00:25Z\"}", &f));
    CHECK_EQUAL_TEXT(a.id, "5382f7ea");
    CHECK_EQUAL_TEXT(a.type, "Unisolate");
    CHECK_EQUAL_TEXT(a.status_text, "Succeeded");
    CHECK_EQUAL_INT(a.status, ACTION_SUCCEEDED);
    CHECK_EQUAL_TEXT(a.machine_id, "1e5b");
    CHECK_EQUAL_TEXT(a.computer_name, "pc.test");
    CHECK_EQUAL_INT(a.requested, 1795449600);
    CHECK_EQUAL_INT(a.ended, 1795449625);
    CHECK_EQUAL_INT(a.requested_ticks, 17954496001234567);
    CHECK_EQUAL_INT(a.ended_ticks, 17954496250000000);
    CHECK_EQUAL_TEXT(a.requestor, "app-1");
    CHECK(!a.has_own_comment);
}

struct ticks_row {
    const char *time;
    int64_t ticks; /* behind the second at which the fake's day begins */
};

static const struct ticks_row ticks[] = {
    {"2026-11-23T16:00:00Z", 0},           {"2026-11-23T16:00:00.5Z", 5000000},      {"2026-11-23T16:00:00.0000001Z", 1},
    {"2026-11-23T16:00:00.12345678Z", 1234567}, {"2026-11-23T17:00:00.1+01:00", 1000000}, {"2026-11-23T16:00:01.0000000Z", 10000000},
};

static void times_are_read_to_the_tick(void)
{
    for (size_t i = 0; i < COUNT_OF(ticks); i++) {
        char text[200];
        struct action a;
        struct fault f = {0};
        unit_row("%s", ticks[i].time);
        snprintf(text, sizeof text, "{\"id\":\"a\",\"machineId\":\"m\",\"creationDateTimeUtc\":\"%s\"}", ticks[i].time);
        CHECK(read_text(&a, text, &f));
        CHECK_EQUAL_INT(a.requested_ticks, 17954496000000000 + ticks[i].ticks);
        CHECK_EQUAL_INT(a.ended_ticks, 0);
    }
}

static const char *const refused[] = {
    "{}", "[]", "null", "\"x\"", "{\"id\":\"a\"}", "{\"machineId\":\"m\"}", "{\"id\":\"\",\"machineId\":\"m\"}",
    "{\"id\":null,\"machineId\":\"m\"}", "{\"id\":1,\"machineId\":\"m\"}", "{\"id\":\"a\",\"machineId\":null}",
    "{\"id\":\"a\",\"id\":\"b\",\"machineId\":\"m\"}", "{\"Id\":\"a\",\"machineId\":\"m\"}",
};

static void no_action(void)
{
    for (size_t i = 0; i < COUNT_OF(refused); i++) {
        struct action a;
        struct fault f = {0};
        unit_row("%s", refused[i]);
        CHECK(!read_text(&a, refused[i], &f));
        CHECK_EQUAL_INT(f.code, FAULT_ANSWER);
    }
}

struct status_row {
    const char *text;
    enum action_status status;
    bool ended;
};

static const struct status_row statuses[] = {
    {"Pending", ACTION_PENDING, false},     {"InProgress", ACTION_IN_PROGRESS, false}, {"Succeeded", ACTION_SUCCEEDED, true},
    {"Failed", ACTION_FAILED, true},        {"TimeOut", ACTION_TIMED_OUT, true},       {"Cancelled", ACTION_CANCELLED, true},
    {"Canceled", ACTION_CANCELLED, true},   {"succeeded", ACTION_SUCCEEDED, true},     {"PENDING", ACTION_PENDING, false},
    {"Succeeded ", ACTION_UNKNOWN, false},  {"", ACTION_UNKNOWN, false},               {"Later", ACTION_UNKNOWN, false},
};

static void statuses_are_read(void)
{
    for (size_t i = 0; i < COUNT_OF(statuses); i++) {
        char text[200];
        struct action a;
        struct fault f = {0};
        unit_row("%s", statuses[i].text);
        snprintf(text, sizeof text,
                 "{\"id\":\"a\",\"machineId\":\"m\",\"status\":\"%s\",\"lastUpdateDateTimeUtc\":\"1970-01-01T00:00:09Z\"}",
                 statuses[i].text);
        CHECK(read_text(&a, text, &f));
        CHECK_EQUAL_INT(a.status, statuses[i].status);
        CHECK_EQUAL_TEXT(a.status_text, statuses[i].text);
        CHECK_EQUAL_INT(action_has_ended(&a), statuses[i].ended);
        CHECK_EQUAL_INT(a.ended, statuses[i].ended ? 9 : 0);
        CHECK_EQUAL_INT(action_is_active(&a), a.status == ACTION_PENDING || a.status == ACTION_IN_PROGRESS);
    }
}

static void what_is_not_known_stays_empty(void)
{
    struct action a;
    struct fault f = {0};
    memset(&a, 'x', sizeof a);
    CHECK(read_text(&a, "{\"id\":\"a\",\"machineId\":\"m\",\"computerDnsName\":null,\"creationDateTimeUtc\":\"yesterday\"}", &f));
    CHECK_EQUAL_TEXT(a.type, "");
    CHECK_EQUAL_TEXT(a.status_text, "");
    CHECK_EQUAL_TEXT(a.computer_name, "");
    CHECK_EQUAL_INT(a.status, ACTION_UNKNOWN);
    CHECK_EQUAL_INT(a.requested, 0);
    CHECK_EQUAL_INT(a.ended, 0);
}

static void types_have_no_case(void)
{
    struct action a = {.type = "unIsolate"};
    CHECK(action_is(&a, "Unisolate"));
    CHECK(!action_is(&a, "Isolate"));
}

/* ---- lists ---- */

#define OTHER(id, comment) ENTITY(id, ID1, "Isolate", "Pending", comment, AT("16:00:01"), "null")

static void a_list_keeps_two_types(void)
{
    static const struct api_step steps[] = {
        {LOOK_UP, "200 x",
         LIST(UNISOLATE("u-1", "Pending") "," ENTITY("s-1", ID1, "RunAntiVirusScan", "Pending", "why", "null", "null") ","
              OTHER("i-1", "Why") "," OTHER("i-2", "\\u0077hy") "," "{\"id\":\"i-3\",\"machineId\":\"m\",\"type\":\"isolate\"}")},
        {NULL, NULL, NULL}};
    struct action_list list = {.own_comment = "why"};
    struct fault f = {0};
    api_begin(steps, 0);
    CHECK(action_list(&api, ID1, &list, &f));
    CHECK_EQUAL_INT(list.count, 4);
    CHECK_EQUAL_TEXT(list.at[0].id, "u-1");
    CHECK(list.at[0].has_own_comment);
    CHECK(!list.at[1].has_own_comment && list.at[2].has_own_comment && !list.at[3].has_own_comment);
    CHECK_EQUAL_TEXT(list.at[3].id, "i-3");
    CHECK(span_contains(span_of(os_fake_received()), SPAN("type%20in%20%28%27Isolate%27%2C%27Unisolate%27%29 HTTP")));
    action_list_free(&list);
    CHECK(list.at == NULL && list.count == 0);
    api_end();
}

static void all_devices_page_by_page(void)
{
    static const struct api_step steps[] = {
        {"GET /api/machineactions?$filter=type%20in%20%28%27Isolate%27%2C%27Unisolate%27%29&$top=1000 ", "200 x",
         LIST(OTHER("i-1", "") "," OTHER("i-2", "") "," OTHER("i-3", "") "," OTHER("i-4", "") "," OTHER("i-5", "") "," OTHER("i-6", "")
              "," OTHER("i-7", "") "," OTHER("i-8", "") "," OTHER("i-9", ""))},
        {NULL, NULL, NULL}};
    struct action_list list = {0};
    struct fault f = {0};
    api_begin(steps, 0);
    CHECK(action_list(&api, NULL, &list, &f));
    CHECK_EQUAL_INT(list.count, 9); /* more than the first block holds */
    CHECK_EQUAL_TEXT(list.at[8].id, "i-9");
    CHECK(!list.at[0].has_own_comment);
    action_list_free(&list);
    api_end();
}

static void a_list_of_others_is_a_fault(void)
{
    static const struct api_step steps[] = {{LOOK_UP, "200 x", LIST("{}")}, {NULL, NULL, NULL}};
    struct action_list list = {0};
    struct fault f = {0};
    api_begin(steps, 0);
    CHECK(!action_list(&api, ID1, &list, &f));
    CHECK_EQUAL_INT(f.code, FAULT_ANSWER);
    action_list_free(&list);
    api_end();
}

/* ---- one action ---- */

struct get_row {
    const char *name;
    struct api_step steps[3];
    enum fault_code code;
};

static const struct get_row get_rows[] = {
    {"there", {{GET("a-1"), "200 x", UNISOLATE("a-1", "Pending")}}, FAULT_NONE},
    {"unknown", {{GET("a-1"), "404 x", ERROR("ResourceNotFound")}}, FAULT_NOT_FOUND},
    {"not allowed", {{GET("a-1"), "403 x", ""}}, FAULT_PERMISSION},
    {"no action", {{GET("a-1"), "200 x", "{}"}}, FAULT_ANSWER},
    {"401", {{GET("a-1"), "401 x", ""}}, FAULT_TOKEN},
};

static void one_is_asked_for(void)
{
    for (size_t i = 0; i < COUNT_OF(get_rows); i++) {
        struct action a = {0};
        struct fault f = {0};
        unit_row("%s", get_rows[i].name);
        api_begin(get_rows[i].steps, 0);
        CHECK_EQUAL_INT(action_get(&api, "a-1", &a, &f), get_rows[i].code == FAULT_NONE);
        CHECK_EQUAL_INT(f.code, get_rows[i].code);
        CHECK_EQUAL_TEXT(a.id, get_rows[i].code == FAULT_NONE ? "a-1" : "");
        api_end();
    }
}

static void an_id_cannot_leave_its_place(void)
{
    static const struct api_step steps[] = {{"GET /api/machineactions/..%2F..%2Fx%3Fy%20z ", "404 x", ""}, {NULL, NULL, NULL}};
    struct action a;
    struct fault f = {0};
    api_begin(steps, 0);
    CHECK(!action_get(&api, "../../x?y z", &a, &f));
    api_end();
}

#define NOW(status) UNISOLATE("a-1", status)

struct cancel_row {
    const char *name;
    struct api_step steps[4];
    enum fault_code code;
    const char *status; /* the action's, afterwards; "" where it is not known */
    unsigned retries;
};

static const struct cancel_row cancels[] = {
    {"cancelled", {{CANCEL("a-1"), "200 x", NOW("Cancelled")}}, FAULT_NONE, "Cancelled", 0},
    {"it will be", {{CANCEL("a-1"), "200 x", NOW("Pending")}}, FAULT_NONE, "Pending", 0},
    {"had ended, as it says", {{CANCEL("a-1"), "200 x", NOW("Succeeded")}}, FAULT_CONFLICT, "Succeeded", 0},
    {"had ended, 400", {{CANCEL("a-1"), "400 x", ""}, {GET("a-1"), "200 x", NOW("Failed")}}, FAULT_CONFLICT, "Failed", 0},
    {"was cancelled before, 400", {{CANCEL("a-1"), "400 x", ""}, {GET("a-1"), "200 x", NOW("Cancelled")}}, FAULT_CONFLICT, "Cancelled", 0},
    {"by our own request, whose answer was lost",
     {{CANCEL("a-1"), NULL, ""}, {CANCEL("a-1"), "400 x", ""}, {GET("a-1"), "200 x", NOW("Cancelled")}}, FAULT_NONE, "Cancelled", 1},
    {"by our own request, after a 5xx",
     {{CANCEL("a-1"), "503 x", ""}, {CANCEL("a-1"), "400 x", ""}, {GET("a-1"), "200 x", NOW("Cancelled")}}, FAULT_NONE, "Cancelled", 1},
    {"lost, and it has succeeded",
     {{CANCEL("a-1"), NULL, ""}, {CANCEL("a-1"), "400 x", ""}, {GET("a-1"), "200 x", NOW("Succeeded")}}, FAULT_CONFLICT, "Succeeded", 1},
    {"refused, and it goes on", {{CANCEL("a-1"), "400 x", ERROR("BadRequest")}, {GET("a-1"), "200 x", NOW("Pending")}}, FAULT_REFUSED,
     "Pending", 0},
    {"refused, and nobody may look", {{CANCEL("a-1"), "400 x", ""}, {GET("a-1"), "403 x", ""}}, FAULT_REFUSED, "", 0},
    {"unknown", {{CANCEL("a-1"), "404 x", ""}}, FAULT_NOT_FOUND, "", 0},
    {"not allowed", {{CANCEL("a-1"), "403 x", ""}}, FAULT_PERMISSION, "", 0},
    {"no action", {{CANCEL("a-1"), "200 x", "{}"}}, FAULT_ANSWER, "", 0},
    {"5xx", {{CANCEL("a-1"), "500 x", ""}}, FAULT_SERVER, "", 0},
};

static void one_is_cancelled(void)
{
    for (size_t i = 0; i < COUNT_OF(cancels); i++) {
        struct action a;
        struct fault f = {0};
        unit_row("%s", cancels[i].name);
        memset(&a, 'x', sizeof a);
        api_begin(cancels[i].steps, cancels[i].retries);
        CHECK_EQUAL_INT(action_cancel(&api, "a-1", "w\"y", &a, &f), cancels[i].code == FAULT_NONE);
        CHECK_EQUAL_INT(f.code, cancels[i].code);
        CHECK_EQUAL_TEXT(a.status_text, cancels[i].status);
        CHECK_EQUAL_TEXT(a.id, cancels[i].status[0] != '\0' ? "a-1" : "");
        CHECK(span_contains(span_of(os_fake_received()), SPAN("\r\n\r\n{\"Comment\":\"w\\\"y\"}")));
        api_end();
    }
}

static void a_bad_comment_cancels_nothing(void)
{
    static const struct api_step none[] = {{NULL, NULL, NULL}};
    struct action a;
    struct fault f = {0};
    api_begin(none, 0);
    CHECK(!action_cancel(&api, "a-1", "\xFF", &a, &f));
    CHECK_EQUAL_INT(f.code, FAULT_USAGE);
    api_end();
}

static const struct unit_test tests[] = {
    TEST(a_whole_entity),
    TEST(times_are_read_to_the_tick),
    TEST(no_action),
    TEST(statuses_are_read),
    TEST(what_is_not_known_stays_empty),
    TEST(types_have_no_case),
    TEST(a_list_keeps_two_types),
    TEST(all_devices_page_by_page),
    TEST(a_list_of_others_is_a_fault),
    TEST(one_is_asked_for),
    TEST(an_id_cannot_leave_its_place),
    TEST(one_is_cancelled),
    TEST(a_bad_comment_cancels_nothing),
};

UNIT_MAIN(tests)
