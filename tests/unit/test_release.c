/*
 * test_release.c - mde/release: what the answer to one release means, with and without a look-up behind it; the request itself.
 */
/* links: fake/os_fake.c */
#include "unit.h"

#include "release_case.h"

#define CREATED "201 Created", UNISOLATE("a-1", "Pending")
#define DUPLICATE "400 x", "{\"error\":{\"code\":\"ActiveRequestAlreadyExists\",\"message\":\"Action is already in progress\"}}"
#define DENIED "403 x", ERROR("Forbidden")
#define LOST_ADVICE "may have reached the service"

/* ---- answers that decide by themselves ---- */

static const struct release_case answers[] = {
    {"accepted", {{RELEASE, CREATED}}, RELEASE_ACCEPTED, FAULT_NONE, "a-1", NULL, NULL, 0, false, false, 0},
    {"200 is accepted", {{RELEASE, "200 OK", UNISOLATE("a-1", "Succeeded")}}, RELEASE_ACCEPTED, FAULT_NONE, "a-1", NULL, NULL, 0,
     false, false, 0},
    {"an unknown status", {{RELEASE, "201 x", UNISOLATE("a-1", "Later")}}, RELEASE_ACCEPTED, FAULT_NONE, "a-1", NULL, NULL, 0,
     false, false, 0},
    {"type without case", {{RELEASE, "201 x", ENTITY("a-1", ID1, "unisolate", "pending", "", "null", "null")}}, RELEASE_ACCEPTED,
     FAULT_NONE, "a-1", NULL, NULL, 0, false, false, 0},
    {"404", {{RELEASE, "404 x", ERROR("ResourceNotFound")}}, RELEASE_NOT_FOUND, FAULT_NOT_FOUND, "", "not found", NULL, 0, false,
     false, 0},
    {"404 without body", {{RELEASE, "404 x", ""}}, RELEASE_NOT_FOUND, FAULT_NOT_FOUND, "", NULL, NULL, 0, false, false, 0},
    {"404 of a stranger", {{RELEASE, "404 x", "<html>"}}, RELEASE_ERROR, FAULT_ANSWER, "", NULL, NULL, 0, false, false, 0},
    {"403", {{RELEASE, DENIED}}, RELEASE_DENIED, FAULT_PERMISSION, "", NULL, "Machine.Isolate", 0, false, false, 0},
    {"401, no renewal", {{RELEASE, "401 x", ERROR("Unauthorized")}}, RELEASE_ERROR, FAULT_TOKEN, "", NULL, NULL, 0, false, false, 0},
    {"401, renewed", {{RELEASE, "401 x", ""}, {RELEASE, CREATED}}, RELEASE_ACCEPTED, FAULT_NONE, "a-1", NULL, NULL, 0, false, true, 0},
    {"401 twice", {{RELEASE, "401 x", ""}, {RELEASE, "401 x", ""}}, RELEASE_ERROR, FAULT_TOKEN, "", NULL, NULL, 0, false, true, 0},
    {"429, then accepted", {{RELEASE, "429 x", ""}, {RELEASE, CREATED}}, RELEASE_ACCEPTED, FAULT_NONE, "a-1", NULL, NULL, 0, false,
     false, 1},
    {"429 to the end", {{RELEASE, "429 x", ""}, {RELEASE, "429 x", ""}, {RELEASE, "429 x", ""}}, RELEASE_THROTTLED, FAULT_THROTTLED,
     "", "429", NULL, 0, false, false, 2},
    {"400", {{RELEASE, "400 x", ERROR("OsPlatformNotSupported")}}, RELEASE_FAILED, FAULT_REFUSED, "", NULL, "use the portal", 0,
     false, false, 4},
    {"409", {{RELEASE, "409 x", ""}}, RELEASE_ERROR, FAULT_ANSWER, "", NULL, NULL, 0, false, false, 4},
    {"redirect", {{RELEASE, "302 x", ""}}, RELEASE_ERROR, FAULT_REDIRECT, "", NULL, NULL, 0, false, false, 4},
    {"another device", {{RELEASE, "201 x", ENTITY("a-1", ID2, "Unisolate", "Pending", "", "null", "null")}}, RELEASE_ERROR,
     FAULT_ANSWER, "a-1", "another device, \"" ID2 "\"", NULL, 0, false, false, 4},
    {"Isolate", {{RELEASE, "201 x", ISOLATE("i-1", "Pending", "15:00:00")}}, RELEASE_CONFLICT, FAULT_CONFLICT, "i-1",
     "an Isolate action is active for the device (i-1, Pending)", "--cancel-isolate", 0, false, false, 4},
    {"another type", {{RELEASE, "201 x", ENTITY("a-1", ID1, "RunAntiVirusScan", "Pending", "", "null", "null")}}, RELEASE_ERROR,
     FAULT_ANSWER, "a-1", "type \"RunAntiVirusScan\"", NULL, 0, false, false, 4},
    {"Failed", {{RELEASE, "201 x", UNISOLATE("a-1", "Failed")}}, RELEASE_FAILED, FAULT_FAILED, "a-1", "Failed", NULL, 0, false, false, 4},
    {"TimeOut", {{RELEASE, "201 x", UNISOLATE("a-1", "TimeOut")}}, RELEASE_FAILED, FAULT_FAILED, "a-1", "TimeOut", NULL, 0, false,
     false, 4},
    {"Cancelled", {{RELEASE, "201 x", UNISOLATE("a-1", "Cancelled")}}, RELEASE_FAILED, FAULT_FAILED, "a-1", "Cancelled", NULL, 0,
     false, false, 4},
    {"no action", {{RELEASE, "201 x", "{}"}}, RELEASE_ERROR, FAULT_ANSWER, "", NULL, NULL, 0, false, false, 4},
    {"no JSON", {{RELEASE, "200 x", "<html>sign in</html>"}}, RELEASE_ERROR, FAULT_ANSWER, "", NULL, NULL, 0, false, false, 4},
    {"no body", {{RELEASE, "200 x", ""}}, RELEASE_ERROR, FAULT_ANSWER, "", NULL, NULL, 0, false, false, 4},
};

static void answers_that_decide(void) { run_cases(answers, COUNT_OF(answers)); }

/* ---- a duplicate: which action is under way? ---- */

static const struct release_case duplicates[] = {
    {"adopted", {{RELEASE, DUPLICATE}, {LOOK_UP, "200 x", LIST(UNISOLATE("u-1", "InProgress"))}}, RELEASE_ALREADY_PENDING, FAULT_NONE,
     "u-1", NULL, NULL, 0, false, false, 0},
    {"by its words",
     {{RELEASE, "400 x", "{\"error\":{\"code\":\"BadRequest\",\"message\":\"Action is already in progress\"}}"},
      {LOOK_UP, "200 x", LIST(UNISOLATE("u-1", "Pending"))}},
     RELEASE_ALREADY_PENDING, FAULT_NONE, "u-1", NULL, NULL, 0, false, false, 0},
    {"somebody else's is adopted too",
     {{RELEASE, DUPLICATE},
      {LOOK_UP, "200 x", LIST(ENTITY("u-2", ID1, "Unisolate", "Pending", "not mine", AT("09:00:00"), AT("09:00:00")))}},
     RELEASE_ALREADY_PENDING, FAULT_NONE, "u-2", NULL, NULL, 0, false, false, 0},
    {"a waiting Isolate is a conflict", {{RELEASE, DUPLICATE}, {LOOK_UP, "200 x", LIST(ISOLATE("i-1", "Pending", "15:59:00"))}},
     RELEASE_CONFLICT, FAULT_CONFLICT, "", "an Isolate action is waiting for the device (i-1, Pending)", "--cancel-isolate", 0, false,
     false, 0},
    {"so is one beside a release",
     {{RELEASE, DUPLICATE},
      {LOOK_UP, "200 x", LIST(UNISOLATE("u-1", "Pending") "," ISOLATE("i-1", "InProgress", "15:59:00"))}},
     RELEASE_CONFLICT, FAULT_CONFLICT, "", "(i-1, InProgress)", "--cancel-isolate", 0, false, false, 0},
    {"an Isolate that has ended is none",
     {{RELEASE, DUPLICATE},
      {LOOK_UP, "200 x", LIST(ISOLATE("i-1", "Succeeded", "15:59:00") "," UNISOLATE("u-1", "Pending"))}},
     RELEASE_ALREADY_PENDING, FAULT_NONE, "u-1", NULL, NULL, 0, false, false, 0},
    {"reading is not allowed", {{RELEASE, DUPLICATE}, {LOOK_UP, DENIED}}, RELEASE_ALREADY_PENDING, FAULT_NONE, "", NULL, NULL, 0, false,
     false, 0},
    {"reading fails", {{RELEASE, DUPLICATE}, {LOOK_UP, "500 x", ""}}, RELEASE_ALREADY_PENDING, FAULT_NONE, "", NULL, NULL, 0, false,
     false, 0},
    {"reading is cut", {{RELEASE, DUPLICATE}, {LOOK_UP, NULL, ""}, {LOOK_UP, NULL, ""}}, RELEASE_ALREADY_PENDING, FAULT_NONE, "",
     NULL, NULL, 0, false, false, 0},
    {"it has ended meanwhile: sent again", {{RELEASE, DUPLICATE}, {LOOK_UP, "200 x", EMPTY}, {RELEASE, CREATED}}, RELEASE_ACCEPTED,
     FAULT_NONE, "a-1", NULL, NULL, 0, false, false, 0},
    {"a duplicate that cannot be found", {{RELEASE, DUPLICATE}, {LOOK_UP, "200 x", EMPTY}, {RELEASE, DUPLICATE}, {LOOK_UP, "404 x", ""}},
     RELEASE_ALREADY_PENDING, FAULT_NONE, "", NULL, NULL, 0, false, false, 0},
    {"401 while looking up", {{RELEASE, DUPLICATE}, {LOOK_UP, "401 x", ""}, {LOOK_UP, "200 x", LIST(UNISOLATE("u-1", "Pending"))}},
     RELEASE_ALREADY_PENDING, FAULT_NONE, "u-1", NULL, NULL, 0, false, true, 0},
};

static void duplicates_are_adopted(void) { run_cases(duplicates, COUNT_OF(duplicates)); }

/* ---- an answer that was lost: looked up before anything is sent again ---- */

#define OWN_AT(time) ENTITY("u-1", ID1, "Unisolate", "Succeeded", "why", AT(time), AT("16:00:02"))

static const struct release_case lost[] = {
    {"found", {{RELEASE, NULL, ""}, {LOOK_UP, "200 x", LIST(UNISOLATE("u-1", "Pending"))}}, RELEASE_ACCEPTED, FAULT_NONE, "u-1", NULL,
     NULL, 0, false, false, 0},
    {"found after a 5xx", {{RELEASE, "503 x", ""}, {LOOK_UP, "200 x", LIST(UNISOLATE("u-1", "Pending"))}}, RELEASE_ACCEPTED, FAULT_NONE,
     "u-1", NULL, NULL, 0, false, false, 0},
    {"found after silence", {{RELEASE, "", ""}, {LOOK_UP, "200 x", LIST(UNISOLATE("u-1", "Pending"))}}, RELEASE_ACCEPTED, FAULT_NONE,
     "u-1", NULL, NULL, 0, false, false, 0},
    {"found though it has ended", {{RELEASE, NULL, ""}, {LOOK_UP, "200 x", LIST(OWN_AT("16:00:01"))}}, RELEASE_ACCEPTED, FAULT_NONE,
     "u-1", NULL, NULL, 0, false, false, 0},
    {"the service's clock is 59 s behind", {{RELEASE, NULL, ""}, {LOOK_UP, "200 x", LIST(OWN_AT("15:59:02"))}}, RELEASE_ACCEPTED,
     FAULT_NONE, "u-1", NULL, NULL, 0, false, false, 0},
    {"62 s ago is another one", {{RELEASE, NULL, ""}, {LOOK_UP, "200 x", LIST(OWN_AT("15:58:59"))}, {RELEASE, CREATED}},
     RELEASE_ACCEPTED, FAULT_NONE, "a-1", NULL, NULL, 0, false, false, 0},
    {"so is one with another comment",
     {{RELEASE, NULL, ""},
      {LOOK_UP, "200 x", LIST(ENTITY("u-1", ID1, "Unisolate", "Succeeded", "whys", AT("16:00:01"), AT("16:00:02")))},
      {RELEASE, CREATED}},
     RELEASE_ACCEPTED, FAULT_NONE, "a-1", NULL, NULL, 0, false, false, 0},
    {"so is an Isolate", {{RELEASE, NULL, ""}, {LOOK_UP, "200 x", LIST(ENTITY("i-1", ID1, "Isolate", "Succeeded", "why",
                                                                               AT("16:00:01"), AT("16:00:02")))},
                          {RELEASE, CREATED}},
     RELEASE_ACCEPTED, FAULT_NONE, "a-1", NULL, NULL, 0, false, false, 0},
    {"own and failed is failed",
     {{RELEASE, NULL, ""},
      {LOOK_UP, "200 x", LIST(ENTITY("u-1", ID1, "Unisolate", "Failed", "why", AT("16:00:01"), AT("16:00:02")))}},
     RELEASE_FAILED, FAULT_FAILED, "u-1", "Failed", NULL, 0, false, false, 0},
    {"not found, sent again", {{RELEASE, NULL, ""}, {LOOK_UP, "200 x", EMPTY}, {RELEASE, CREATED}}, RELEASE_ACCEPTED, FAULT_NONE, "a-1",
     NULL, NULL, 0, false, false, 0},
    {"not found, sent again, duplicate", {{RELEASE, NULL, ""}, {LOOK_UP, "404 x", ""}, {RELEASE, DUPLICATE}, {LOOK_UP, "200 x", EMPTY}},
     RELEASE_ALREADY_PENDING, FAULT_NONE, "", NULL, NULL, 0, false, false, 0},
    {"lost twice, found then",
     {{RELEASE, NULL, ""}, {LOOK_UP, "200 x", EMPTY}, {RELEASE, NULL, ""}, {LOOK_UP, "200 x", LIST(UNISOLATE("u-1", "Pending"))}},
     RELEASE_ACCEPTED, FAULT_NONE, "u-1", NULL, NULL, 0, false, false, 0},
    {"lost twice, never found",
     {{RELEASE, NULL, ""}, {LOOK_UP, "200 x", EMPTY}, {RELEASE, NULL, ""}, {LOOK_UP, "200 x", EMPTY}}, RELEASE_ERROR, FAULT_CUT, "",
     NULL, LOST_ADVICE, 0, false, false, 4},
    {"5xx twice", {{RELEASE, "503 x", ""}, {LOOK_UP, "200 x", EMPTY}, {RELEASE, "502 x", ""}, {LOOK_UP, "200 x", EMPTY}}, RELEASE_ERROR,
     FAULT_SERVER, "", "status 502", LOST_ADVICE, 0, false, false, 4},
    {"a waiting Isolate", {{RELEASE, NULL, ""}, {LOOK_UP, "200 x", LIST(ISOLATE("i-1", "Pending", "15:59:00"))}}, RELEASE_CONFLICT,
     FAULT_CONFLICT, "", "(i-1, Pending)", "--cancel-isolate", 0, false, false, 0},
    {"reading is not allowed, sent again", {{RELEASE, NULL, ""}, {LOOK_UP, DENIED}, {RELEASE, CREATED}}, RELEASE_ACCEPTED, FAULT_NONE,
     "a-1", NULL, NULL, 0, false, false, 0},
    {"reading is not allowed, duplicate", {{RELEASE, NULL, ""}, {LOOK_UP, DENIED}, {RELEASE, DUPLICATE}, {LOOK_UP, DENIED}},
     RELEASE_ALREADY_PENDING, FAULT_NONE, "", NULL, NULL, 0, false, false, 0},
    {"reading is not allowed, lost again", {{RELEASE, NULL, ""}, {LOOK_UP, DENIED}, {RELEASE, NULL, ""}, {LOOK_UP, DENIED}},
     RELEASE_ERROR, FAULT_CUT, "", NULL, LOST_ADVICE, 0, false, false, 0},
    {"the look-up breaks: nothing more is sent", {{RELEASE, NULL, ""}, {LOOK_UP, "500 x", ""}}, RELEASE_ERROR, FAULT_SERVER, "",
     "status 500", LOST_ADVICE, 0, false, false, 0},
    {"the look-up is cut", {{RELEASE, NULL, ""}, {LOOK_UP, NULL, ""}}, RELEASE_ERROR, FAULT_CUT, "", NULL, LOST_ADVICE, 0, false,
     false, 0},
    {"the look-up is tried again", {{RELEASE, NULL, ""}, {LOOK_UP, "500 x", ""}, {LOOK_UP, "200 x", LIST(UNISOLATE("u-1", "Pending"))}},
     RELEASE_ACCEPTED, FAULT_NONE, "u-1", NULL, NULL, 0, false, false, 1},
    {"sent again, then 401, then accepted",
     {{RELEASE, NULL, ""}, {LOOK_UP, "200 x", EMPTY}, {RELEASE, "401 x", ""}, {RELEASE, CREATED}}, RELEASE_ACCEPTED, FAULT_NONE, "a-1",
     NULL, NULL, 0, false, true, 0},
    {"sent again, then 403", {{RELEASE, NULL, ""}, {LOOK_UP, "200 x", EMPTY}, {RELEASE, DENIED}}, RELEASE_DENIED, FAULT_PERMISSION, "",
     NULL, LOST_ADVICE, 0, false, false, 0},
};

static void lost_answers_are_looked_up(void) { run_cases(lost, COUNT_OF(lost)); }

/* ---- --cancel-isolate ---- */

#define CLEAR {LOOK_UP, "200 x", LIST(ISOLATE("i-1", "Pending", "15:59:00"))}
#define CANCELLED {CANCEL("i-1"), "200 x", ISOLATE("i-1", "Cancelled", "15:59:00")}

static const struct release_case cancels[] = {
    {"nothing waits", {{LOOK_UP, "200 x", EMPTY}, {RELEASE, CREATED}}, RELEASE_ACCEPTED, FAULT_NONE, "a-1", NULL, NULL, 0, true, false, 0},
    {"one waits", {CLEAR, CANCELLED, {RELEASE, CREATED}}, RELEASE_ACCEPTED, FAULT_NONE, "a-1", NULL, NULL, 0, true, false, 0},
    {"two wait, one has ended",
     {{LOOK_UP, "200 x", LIST(ISOLATE("i-1", "Pending", "15:59:00") "," ISOLATE("i-2", "Succeeded", "15:00:00") ","
                              ISOLATE("i-3", "InProgress", "15:58:00"))},
      CANCELLED, {CANCEL("i-3"), "200 x", ISOLATE("i-3", "Cancelled", "15:58:00")}, {RELEASE, CREATED}},
     RELEASE_ACCEPTED, FAULT_NONE, "a-1", NULL, NULL, 0, true, false, 0},
    {"a release that is under way is not adopted in advance", {{LOOK_UP, "200 x", LIST(UNISOLATE("u-1", "Pending"))}, {RELEASE, CREATED}},
     RELEASE_ACCEPTED, FAULT_NONE, "a-1", NULL, NULL, 0, true, false, 0},
    {"nor kept where the release is refused", {{LOOK_UP, "200 x", LIST(UNISOLATE("u-1", "Pending"))}, {RELEASE, DENIED}}, RELEASE_DENIED,
     FAULT_PERMISSION, "", NULL, NULL, 0, true, false, 0},
    {"it has been carried out meanwhile",
     {CLEAR, {CANCEL("i-1"), "400 x", ""}, {GET("i-1"), "200 x", ISOLATE("i-1", "Succeeded", "16:00:01")}, {RELEASE, CREATED}},
     RELEASE_ACCEPTED, FAULT_NONE, "a-1", NULL, NULL, 0, true, false, 0},
    {"it cannot be cancelled: nothing is sent",
     {CLEAR, {CANCEL("i-1"), "400 x", ERROR("BadRequest")}, {GET("i-1"), "403 x", ""}}, RELEASE_FAILED, FAULT_REFUSED, "",
     "the waiting Isolate action i-1 could not be cancelled", NULL, 0, true, false, 0},
    {"no permission to cancel", {CLEAR, {CANCEL("i-1"), DENIED}}, RELEASE_DENIED, FAULT_PERMISSION, "", "i-1", NULL, 0, true, false, 0},
    {"reading is not allowed", {{LOOK_UP, DENIED}, {RELEASE, CREATED}}, RELEASE_ACCEPTED, FAULT_NONE, "a-1", NULL, NULL, 0, true, false, 0},
    {"the look-up breaks: nothing is sent", {{LOOK_UP, "500 x", ""}}, RELEASE_ERROR, FAULT_SERVER, "", "status 500", NULL, 0, true,
     false, 0},
    {"401 on the way", {{LOOK_UP, "401 x", ""}, CLEAR, CANCELLED, {RELEASE, CREATED}}, RELEASE_ACCEPTED, FAULT_NONE, "a-1", NULL, NULL, 0,
     true, true, 0},
    {"an Isolate comes as the answer",
     {{LOOK_UP, "200 x", EMPTY}, {RELEASE, "201 x", ISOLATE("i-1", "Pending", "15:59:00")}, CLEAR, CANCELLED, {RELEASE, CREATED}},
     RELEASE_ACCEPTED, FAULT_NONE, "a-1", NULL, NULL, 0, true, false, 0},
    {"an Isolate comes twice",
     {{LOOK_UP, DENIED}, {RELEASE, "201 x", ISOLATE("i-1", "Pending", "15:59:00")}, {LOOK_UP, DENIED},
      {RELEASE, "201 x", ISOLATE("i-1", "Pending", "15:59:00")}},
     RELEASE_CONFLICT, FAULT_CONFLICT, "i-1", NULL, NULL, 0, true, false, 0},
    {"a duplicate, behind which an Isolate waits",
     {{LOOK_UP, "200 x", EMPTY}, {RELEASE, DUPLICATE}, CLEAR, CANCELLED, {RELEASE, CREATED}}, RELEASE_ACCEPTED, FAULT_NONE, "a-1", NULL,
     NULL, 0, true, false, 0},
};

static void waiting_isolates_are_cancelled(void) { run_cases(cancels, COUNT_OF(cancels)); }

static void what_cannot_be_cancelled_is_told(void)
{
    for (size_t i = 0; i < COUNT_OF(cancels); i++) {
        bool blind = strcmp(cancels[i].steps[0].status, "403 x") == 0;
        case_begin(&cancels[i]);
        CHECK(release_go());
        CHECK_EQUAL_INT(span_contains(span_of(advised), SPAN("Machine.Read.All")), blind);
        CHECK_EQUAL_INT(advised[0] != '\0', blind);
        release_end();
        api_end();
    }
}

/* ---- the request, and some words ---- */

static void the_request_is_right(void)
{
    static const char *const device[] = {"abcdef0000000000000000000000000000000001"};
    static const struct api_step steps[] = {
        {"POST /api/machines/abcdef0000000000000000000000000000000001/unisolate HTTP/1.1\r\n", "201 x",
         ENTITY("a-1", "ABCDEF0000000000000000000000000000000001", "Unisolate", "Pending", "", AT("16:00:01"), "null")},
        {NULL, NULL, NULL}};
    api_begin(steps, 0);
    release_begin(device, 1);
    release.settings.comment = "a \"b\" \xC3\xA9\n";
    CHECK(release_go());
    CHECK_EQUAL_INT(release.rows[0].result, RELEASE_ACCEPTED);
    struct span got = span_of(os_fake_received());
    CHECK(span_contains(got, SPAN("\r\nAuthorization: Bearer first-token\r\n")));
    CHECK(span_contains(got, SPAN("\r\nContent-Type: application/json\r\n")));
    CHECK(span_ends(got, SPAN("\r\n\r\n{\"Comment\":\"a \\\"b\\\" \\u00e9\\u000a\"}\n")));
    CHECK_EQUAL_TEXT(seen[0].action.computer_name, "pc.test");
    CHECK_EQUAL_INT(seen[0].action.requested, 1795449601);
    release_end();
    api_end();
}

static const struct release_case plain[] = {
    {"refused", {{RELEASE, DENIED}}, RELEASE_DENIED, FAULT_PERMISSION, "", NULL, NULL, 0, false, false, 0},
    /* a 429 says that nothing was done; the next try does not reach anybody */
    {"429, then nobody there", {{RELEASE, "429 x\r\nConnection: close", ""}}, RELEASE_ERROR, FAULT_CONNECT, "", NULL, NULL, 0, false,
     false, 1},
};

static void what_was_not_lost_is_not_called_so(void)
{
    for (size_t i = 0; i < COUNT_OF(plain); i++) {
        case_begin(&plain[i]);
        os_fake_peer(&(struct os_fake_script){.address = "192.0.2.1", .refuse = true});
        CHECK(release_go());
        case_check(&plain[i]);
        CHECK_EQUAL_TEXT(seen[0].fault.advice, "");
        release_end();
        api_end();
    }
}

/* At the end of --max-time nothing can be looked up any more. */
static void lost_at_the_end_of_time(void)
{
    static const struct release_case c = {"silence", {{RELEASE, "", ""}}, RELEASE_ERROR, FAULT_TIMEOUT, "",
                                          "has passed (waiting for the answer)", LOST_ADVICE, 0, false, false, 4};
    case_begin(&c);
    api_client.settings.deadline_ms = os_monotonic_ms() + 5000;
    CHECK(release_go());
    case_check(&c);
    release_end();
    api_end();
}

static void a_failed_renewal_is_told(void)
{
    static const struct release_case c = {"401", {{RELEASE, "401 x", ""}}, RELEASE_ERROR, FAULT_SIGN_IN, "", NULL, NULL, 0, false, true, 0};
    case_begin(&c);
    renewal_fails = true;
    CHECK(release_go());
    case_check(&c);
    CHECK_EQUAL_TEXT(seen[0].fault.text, ID1 ": no");
    release_end();
    api_end();
}

static const struct unit_test tests[] = {
    TEST(answers_that_decide),
    TEST(duplicates_are_adopted),
    TEST(lost_answers_are_looked_up),
    TEST(waiting_isolates_are_cancelled),
    TEST(what_cannot_be_cancelled_is_told),
    TEST(the_request_is_right),
    TEST(what_was_not_lost_is_not_called_so),
    TEST(lost_at_the_end_of_time),
    TEST(a_failed_renewal_is_told),
};

UNIT_MAIN(tests)
