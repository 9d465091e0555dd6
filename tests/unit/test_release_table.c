/*
 * test_release_table.c - mde/release: the table of many devices, the order of results, a dry run, interruption, the status of the whole.
 */
/* links: fake/os_fake.c */
#include "unit.h"

#include "release_case.h"

#define DUPLICATE "400 x", "{\"error\":{\"code\":\"ActiveRequestAlreadyExists\",\"message\":\"Action is already in progress\"}}"

enum { ROWS = 12 };

static const char *const twelve[ROWS] = {
    ID("01"), ID("02"), ID("03"), ID("04"), ID("05"), ID("06"), ID("07"), ID("08"), ID("09"), ID("10"), ID("11"), ID("12"),
};
static unsigned tries_of[ROWS + 1], look_ups_of[ROWS + 1];

static void begin(size_t count, const char *(*respond)(const char *), unsigned retries)
{
    memset(tries_of, 0, sizeof tries_of);
    memset(look_ups_of, 0, sizeof look_ups_of);
    api_begin_with(respond, retries);
    release_begin(twelve, count);
}

static void end(void)
{
    release_end();
    api_close();
}

/* The number of the device that a request names: the last two digits of its id. */
static unsigned device_of(const char *request)
{
    const char *id = strstr(request, ID(""));
    unsigned number = 0;
    CHECK(id != NULL && sscanf(id + 38, "%2u", &number) == 1 && number >= 1 && number <= ROWS);
    return number >= 1 && number <= ROWS ? number : 1;
}

static const char *created(unsigned number)
{
    static char body[300];
    snprintf(body, sizeof body, "{\"id\":\"a-%u\",\"type\":\"Unisolate\",\"status\":\"Pending\",\"machineId\":\"%s\"}", number,
             twelve[number - 1]);
    return api_http("201 Created", body);
}

static const char *only_accepts(const char *request) { return created(device_of(request)); }

/* ---- the table ---- */

static void twice_named_once_in_the_table(void)
{
    static const char *const names[] = {ID1, ID2, ID1, "", "", ID2, ID("03")};
    static const bool wanted[] = {true, true, false, true, true, false, true};
    struct release r = {0};
    struct fault f = {0};
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        bool added = !wanted[i];
        unit_row("%zu", i);
        CHECK(release_add(&r, names[i], names[i], "pc.test", &added, &f));
        CHECK_EQUAL_INT(added, wanted[i]);
    }
    CHECK_EQUAL_INT(r.count, 5);
    CHECK_EQUAL_TEXT(r.rows[1].machine_id, ID2);
    CHECK_EQUAL_TEXT(r.rows[4].machine_id, ID("03"));
    CHECK_EQUAL_TEXT(r.rows[4].computer_name, "pc.test");
    CHECK_EQUAL_INT(r.rows[0].stage, STAGE_REQUEST);
    release_free(&r);
}

static void the_table_grows(void)
{
    char ids[100][DEVICE_ID_SIZE + 1];
    struct release r = {0};
    struct fault f = {0};
    bool added;
    for (unsigned i = 0; i < COUNT_OF(ids); i++) {
        snprintf(ids[i], sizeof ids[i], "%040u", i);
        CHECK(release_add(&r, ids[i], ids[i], "", &added, &f) && added);
    }
    CHECK_EQUAL_INT(r.count, COUNT_OF(ids));
    for (unsigned i = 0; i < COUNT_OF(ids); i++) {
        CHECK_EQUAL_TEXT(r.rows[i].machine_id, ids[i]);
        CHECK(r.rows[i].input == ids[i]);
    }
    release_free(&r);
}

/* ---- many ---- */

struct first_answer {
    const char *status, *body;
};

/* What a device is answered first; then, and where there is nothing, its action is created. Number 7 is cut each time. */
static const struct first_answer first_answers[ROWS + 1] = {
    [2] = {DUPLICATE}, [3] = {"404 x", ""}, [4] = {"403 x", ""}, [5] = {"400 x", ERROR("BadRequest")},
    [6] = {"503 x", ""}, [7] = {NULL, ""}, [8] = {"401 x", ""},
};

static const char *mixed(const char *request)
{
    unsigned number = device_of(request);
    if (span_starts(span_of(request), SPAN("GET "))) {
        look_ups_of[number]++;
        return number == 2 ? api_http("200 x", LIST(ENTITY("u-2", ID2, "Unisolate", "Pending", "", AT("15:00:00"), "null")))
                           : api_http("200 x", EMPTY);
    }
    bool first = tries_of[number]++ == 0 && first_answers[number].body != NULL;
    return number == 7 ? NULL : first ? api_http(first_answers[number].status, first_answers[number].body) : created(number);
}

static void twelve_mixed(void)
{
    static const enum release_result wanted[ROWS] = {
        RELEASE_ACCEPTED, RELEASE_ALREADY_PENDING, RELEASE_NOT_FOUND, RELEASE_DENIED, RELEASE_FAILED, RELEASE_ACCEPTED,
        RELEASE_ERROR, RELEASE_ACCEPTED, RELEASE_ACCEPTED, RELEASE_ACCEPTED, RELEASE_ACCEPTED, RELEASE_ACCEPTED,
    };
    static const unsigned look_ups[ROWS] = {[1] = 1, [5] = 1, [6] = 2};
    char order[sizeof told] = "";
    begin(ROWS, mixed, 4);
    api.renew = case_renew;
    CHECK(release_go());
    for (size_t i = 0; i < ROWS; i++) {
        size_t used = strlen(order);
        unit_row("device %zu", i + 1);
        CHECK_EQUAL_TEXT(release_result_name(release.rows[i].result), release_result_name(wanted[i]));
        CHECK_EQUAL_INT(tries_of[i + 1], i + 1 >= 6 && i + 1 <= 8 ? 2 : 1);
        CHECK_EQUAL_INT(look_ups_of[i + 1], look_ups[i]);
        snprintf(order + used, sizeof order - used, "%s ", twelve[i]);
    }
    CHECK_EQUAL_TEXT(told, order);
    CHECK_EQUAL_TEXT(seen[1].action.id, "u-2");
    CHECK_EQUAL_TEXT(seen[11].action.id, "a-12");
    CHECK_EQUAL_INT(renewals, 1);
    CHECK_EQUAL_INT(release_status(&release), STATUS_MIXED);
    CHECK(os_fake_open_most() <= CLIENT_CONNECTIONS_MAX);
    end();
}

static const char *first_401(const char *request)
{
    return strstr(request, "second-token") == NULL ? api_http("401 x", "") : created(device_of(request));
}

static void one_renewal_serves_all(void)
{
    begin(ROWS, first_401, 0);
    api.renew = case_renew;
    CHECK(release_go());
    CHECK_EQUAL_INT(renewals, 1);
    CHECK(os_fake_requests() <= ROWS + CLIENT_CONNECTIONS_MAX); /* after the first 401 nothing more goes out with the old one */
    CHECK_EQUAL_INT(release_status(&release), STATUS_OK);
    end();
}

/* Every action is followed; the third fails, the others succeed, and nothing undoes that. */
static const char *lives(const char *request)
{
    static char body[400];
    unsigned number = 0;
    if (sscanf(request, "GET /api/machineactions/a-%u ", &number) != 1) {
        return span_starts(span_of(request), SPAN("GET ")) ? api_http("200 x", EMPTY) : created(device_of(request));
    }
    tries_of[number]++;
    snprintf(body, sizeof body, "{\"id\":\"a-%u\",\"type\":\"Unisolate\",\"status\":\"%s\",\"machineId\":\"%s\"}", number,
             tries_of[number] < number ? "InProgress" : number == 3 ? "Failed" : "Succeeded", twelve[number - 1]);
    return api_http("200 x", body);
}

static void four_are_followed(void)
{
    begin(4, lives, 0);
    release.settings.wait_ms = 600 * 1000;
    CHECK(release_go());
    for (size_t i = 0; i < 4; i++) {
        unit_row("device %zu", i + 1);
        CHECK_EQUAL_INT(release.rows[i].result, i == 2 ? RELEASE_FAILED : RELEASE_RELEASED);
        CHECK_EQUAL_INT(tries_of[i + 1], i + 1); /* none is asked for again once it has ended */
    }
    CHECK_EQUAL_INT(release_status(&release), STATUS_MIXED);
    CHECK_EQUAL_TEXT(told, ID("01") " " ID("02") " " ID("03") " " ID("04") " ");
    end();
}

/* ---- rows that failed before they had a device ---- */

static void add_failed(const char *input, enum fault_code code, struct device_list *candidates)
{
    struct fault why = {0};
    bool added;
    CHECK(release_add(&release, input, "", "", &added, &run_fault) && added);
    fault_set(&why, code, "words");
    release_fail_last(&release, &why, candidates);
}

static void failed_rows_are_told_in_their_turn(void)
{
    struct device_list candidates = {0};
    bool added;
    begin(1, only_accepts, 0);
    CHECK(device_list_add(&candidates, &(struct device){.id = ID2, .name = "x"}, &run_fault));
    add_failed("pc-1", FAULT_NOT_FOUND, &candidates);
    CHECK_EQUAL_INT(candidates.count, 1); /* only an ambiguous row takes them over */
    add_failed("pc-2", FAULT_AMBIGUOUS, &candidates);
    CHECK_EQUAL_INT(candidates.count, 0);
    CHECK(release_add(&release, ID("03"), ID("03"), "", &added, &run_fault));
    CHECK_EQUAL_TEXT(told, ""); /* the first row is not known yet */
    CHECK(release_go());
    CHECK_EQUAL_TEXT(told, ID1 " pc-1 pc-2 " ID("03") " ");
    CHECK_EQUAL_INT(release.rows[1].result, RELEASE_NOT_FOUND);
    CHECK_EQUAL_TEXT(seen[1].fault.text, "pc-1: words");
    CHECK_EQUAL_INT(release.rows[2].result, RELEASE_AMBIGUOUS);
    CHECK_EQUAL_INT(seen[2].candidates, 1);
    CHECK_EQUAL_INT(os_fake_requests(), 2);
    CHECK_EQUAL_INT(release_status(&release), STATUS_MIXED);
    end();
}

static void only_failed_rows_send_nothing(void)
{
    begin(0, only_accepts, 0);
    add_failed("pc-1", FAULT_NOT_FOUND, &(struct device_list){0});
    CHECK_EQUAL_TEXT(told, "pc-1 ");
    CHECK(release_go());
    CHECK_EQUAL_TEXT(told, "pc-1 ");
    CHECK_EQUAL_INT(os_fake_connects(), 0);
    CHECK_EQUAL_INT(release_status(&release), STATUS_NOT_FOUND);
    end();
}

/* ---- a dry run ---- */

static void take_planned(void *context, const struct release_row *row, const struct call *call)
{
    size_t used = strlen(told);
    (void)context;
    CHECK_EQUAL_TEXT(call->method, "POST");
    CHECK_EQUAL_SPAN(call->body, SPAN("{\"Comment\":\"why\"}"));
    CHECK(span_contains(buf_span(&call->target), span_of(row->machine_id)));
    CHECK(call->fields[0].secret == &api_bearer);
    snprintf(told + used, sizeof told - used, "planned:%s ", row->input);
}

static void a_dry_run_sends_nothing(void)
{
    bool added;
    begin(1, only_accepts, 0);
    add_failed("pc-1", FAULT_NOT_FOUND, &(struct device_list){0});
    CHECK(release_add(&release, ID2, ID2, "", &added, &run_fault));
    add_failed("pc-2", FAULT_NOT_FOUND, &(struct device_list){0});
    release.settings.planned = take_planned;
    release.settings.wait_ms = 1000;
    release.settings.cancel_isolate = true;
    CHECK(release_go());
    CHECK_EQUAL_TEXT(told, "planned:" ID1 " pc-1 planned:" ID2 " pc-2 ");
    CHECK_EQUAL_INT(release.rows[0].result, RELEASE_PLANNED);
    CHECK_EQUAL_INT(release.rows[0].stage, STAGE_DONE);
    CHECK_EQUAL_INT(os_fake_connects(), 0);
    CHECK_EQUAL_INT(release_status(&release), STATUS_MIXED);
    end();
}

/* ---- interruption ---- */

static const char *silent_from_third(const char *request)
{
    unsigned number = device_of(request);
    return number < 3 ? created(number) : "";
}

static void interrupted_in_the_middle(void)
{
    begin(4, silent_from_third, 4);
    os_fake_stop_at(os_monotonic_ms() + 5000, OS_STOP_INTERRUPTED);
    CHECK(!release_go());
    CHECK_EQUAL_INT(run_fault.code, FAULT_INTERRUPTED);
    for (size_t i = 0; i < 4; i++) {
        unit_row("device %zu", i + 1);
        CHECK_EQUAL_INT(release.rows[i].stage, STAGE_DONE);
        CHECK_EQUAL_INT(release.rows[i].code, i < 2 ? FAULT_NONE : FAULT_INTERRUPTED);
        CHECK_EQUAL_INT(release.rows[i].result, i < 2 ? RELEASE_ACCEPTED : RELEASE_ERROR);
    }
    CHECK(span_contains(span_of(seen[2].fault.advice), SPAN("may have reached the service"))); /* it was sent */
    CHECK_EQUAL_TEXT(seen[3].fault.advice, "");                                               /* it was not */
    CHECK_EQUAL_TEXT(told, ID("01") " " ID("02") " " ID("03") " " ID("04") " ");
    end();
}

static void terminated_before_anything_is_sent(void)
{
    begin(1, silent_from_third, 4);
    os_fake_stop_at(os_monotonic_ms(), OS_STOP_TERMINATED);
    CHECK(!release_go());
    CHECK_EQUAL_INT(run_fault.code, FAULT_TERMINATED);
    CHECK_EQUAL_INT(release_status(&release), STATUS_TERMINATED);
    CHECK_EQUAL_INT(os_fake_requests(), 0);
    end();
}

static void interrupted_while_looking_up(void)
{
    static const struct release_case rows[] = {
        {"after a lost answer", {{RELEASE, NULL, ""}, {LOOK_UP, "", ""}}, RELEASE_ERROR, FAULT_INTERRUPTED, "", NULL,
         "may have reached the service", 0, false, false, 0},
        {"after a duplicate", {{RELEASE, DUPLICATE}, {LOOK_UP, "", ""}}, RELEASE_ERROR, FAULT_INTERRUPTED, "", NULL, NULL, 0, false,
         false, 0},
        {"before the release", {{LOOK_UP, "", ""}}, RELEASE_ERROR, FAULT_INTERRUPTED, "", NULL, NULL, 0, true, false, 0},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        case_begin(&rows[i]);
        os_fake_stop_at(os_monotonic_ms() + 1000, OS_STOP_INTERRUPTED);
        CHECK(!release_go());
        CHECK_EQUAL_INT(run_fault.code, FAULT_INTERRUPTED);
        case_check(&rows[i]);
        release_end();
        api_end();
    }
}

/* ---- the whole ---- */

static void bad_comments_send_nothing(void)
{
    static char huge[70000];
    memset(huge, 'x', sizeof huge - 1);
    const char *const comments[] = {"\xFF", huge};
    for (size_t i = 0; i < COUNT_OF(comments); i++) {
        begin(1, only_accepts, 0);
        release.settings.comment = comments[i];
        CHECK(!release_go());
        CHECK_EQUAL_INT(run_fault.code, FAULT_USAGE);
        CHECK_EQUAL_INT(os_fake_connects(), 0);
        CHECK_EQUAL_TEXT(told, "");
        end();
    }
}

/* {"Comment":""} takes 14 of the 64 KiB. */
static void a_comment_has_a_ceiling(void)
{
    static char text[64 * 1024];
    for (size_t n = 64 * 1024 - 15; n <= 64 * 1024 - 13; n++) {
        struct os_fake_script refused = {.address = "192.0.2.1", .refuse = true}; /* the fake takes no such request */
        unit_row("%zu bytes", n);
        memset(text, 'x', n);
        text[n] = '\0';
        begin(1, only_accepts, 0);
        os_fake_reset();
        os_fake_name("api.test", "192.0.2.1");
        os_fake_peer(&refused);
        release.settings.comment = text;
        CHECK_EQUAL_INT(release_go(), n <= 64 * 1024 - 14);
        CHECK_EQUAL_INT(run_fault.code, n <= 64 * 1024 - 14 ? FAULT_NONE : FAULT_USAGE);
        end();
    }
}

struct status_row {
    enum fault_code codes[3];
    size_t count;
    enum exit_status status;
};

static const struct status_row statuses[] = {
    {{FAULT_NONE}, 0, STATUS_OK},
    {{FAULT_NONE, FAULT_NONE}, 2, STATUS_OK},
    {{FAULT_NOT_FOUND, FAULT_NOT_FOUND}, 2, STATUS_NOT_FOUND},
    {{FAULT_AMBIGUOUS}, 1, STATUS_AMBIGUOUS},
    {{FAULT_PENDING, FAULT_PENDING, FAULT_PENDING}, 3, STATUS_PENDING},
    {{FAULT_REFUSED, FAULT_FAILED}, 2, STATUS_FAILED},
    {{FAULT_CUT, FAULT_TIMEOUT, FAULT_CONNECT}, 3, STATUS_NETWORK},
    {{FAULT_NONE, FAULT_CUT}, 2, STATUS_MIXED},
    {{FAULT_NOT_FOUND, FAULT_NOT_FOUND, FAULT_PERMISSION}, 3, STATUS_MIXED},
};

static void status_of_the_whole(void)
{
    for (size_t i = 0; i < COUNT_OF(statuses); i++) {
        struct release_row rows[3] = {0};
        struct release r = {.rows = rows, .count = statuses[i].count};
        unit_row("status %zu", i);
        for (size_t k = 0; k < 3; k++) {
            rows[k].code = statuses[i].codes[k];
        }
        CHECK_EQUAL_INT(release_status(&r), statuses[i].status);
    }
}

struct result_row {
    enum fault_code code;
    enum release_result result;
};

static const struct result_row results[] = {
    {FAULT_NOT_FOUND, RELEASE_NOT_FOUND}, {FAULT_AMBIGUOUS, RELEASE_AMBIGUOUS}, {FAULT_PERMISSION, RELEASE_DENIED},
    {FAULT_THROTTLED, RELEASE_THROTTLED}, {FAULT_CONFLICT, RELEASE_CONFLICT},   {FAULT_PENDING, RELEASE_PENDING},
    {FAULT_REFUSED, RELEASE_FAILED},      {FAULT_FAILED, RELEASE_FAILED},
};

/* Every other fault is an error. */
static void faults_have_results(void)
{
    for (int code = FAULT_NONE + 1; code < FAULT_CODE_COUNT; code++) {
        enum release_result wanted = RELEASE_ERROR;
        unit_row("fault %d", code);
        for (size_t i = 0; i < COUNT_OF(results); i++) {
            wanted = results[i].code == (enum fault_code)code ? results[i].result : wanted;
        }
        CHECK_EQUAL_INT(release_result_of((enum fault_code)code), wanted);
    }
}

static void results_have_names(void)
{
    static const char *const names[] = {"error", "released", "accepted", "already-pending", "pending", "failed", "not-found",
                                        "ambiguous", "denied", "throttled", "conflict", "skipped", "planned"};
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        CHECK_EQUAL_TEXT(release_result_name((enum release_result)i), names[i]);
    }
    CHECK_EQUAL_INT(RELEASE_PLANNED + 1, COUNT_OF(names));
}

static const struct unit_test tests[] = {
    TEST(twice_named_once_in_the_table),
    TEST(the_table_grows),
    TEST(twelve_mixed),
    TEST(one_renewal_serves_all),
    TEST(four_are_followed),
    TEST(failed_rows_are_told_in_their_turn),
    TEST(only_failed_rows_send_nothing),
    TEST(a_dry_run_sends_nothing),
    TEST(interrupted_in_the_middle),
    TEST(terminated_before_anything_is_sent),
    TEST(interrupted_while_looking_up),
    TEST(bad_comments_send_nothing),
    TEST(a_comment_has_a_ceiling),
    TEST(status_of_the_whole),
    TEST(faults_have_results),
    TEST(results_have_names),
};

UNIT_MAIN(tests)
