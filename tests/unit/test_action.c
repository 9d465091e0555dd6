/*
 * test_action.c - mde/action: entities that are taken and refused, every status, times.
 */
/* links: fake/os_fake.c */
#include "unit.h"

#include "mde/action.h"

#include <stdio.h>

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
                        "\"status\":\"Succeeded\",\"machineId\":\"1e5b\","
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

static const struct unit_test tests[] = {
    TEST(a_whole_entity),
    TEST(no_action),
    TEST(statuses_are_read),
    TEST(what_is_not_known_stays_empty),
};

UNIT_MAIN(tests)
