/*
 * test_release.c - mde/release: the result of every row, what is sent again, the order of results, the status of the whole.
 */
/* links: fake/os_fake.c */
#include "unit.h"

#include "fake/os_fake.h"
#include "mde/release.h"

#include <stdio.h>

#define ID(last) "00000000000000000000000000000000000000" last
#define ID1 ID("01")
#define ID2 ID("02")
#define ID_TAIL "0000000000000000000000000000000001"
#define ACTION(id, type, status) \
    "{\"id\":\"a-1\",\"type\":\"" type "\",\"status\":\"" status "\",\"machineId\":\"" id "\"," \
    "\"computerDnsName\":\"pc.test\",\"creationDateTimeUtc\":\"2026-11-23T16:00:01.5Z\"}"
#define CREATED "201 Created", ACTION(ID1, "Unisolate", "Pending")
#define DUPLICATE "400 x", "{\"error\":{\"code\":\"ActiveRequestAlreadyExists\",\"message\":\"Action is already in progress\"}}"
#define ERROR(code) "{\"error\":{\"code\":\"" code "\",\"message\":\"words of " code "\",\"target\":\"t\"}}"

enum { ROWS = 12, STEPS = 8 };

/* One answer of the service; status NULL: the connection is reset when the request is there; "": it stays silent. */
struct step {
    const char *status, *body;
};

static struct url url;
static struct client client;
static struct secret bearer;
static struct api api;
static struct release release;
static struct fault run_fault;
static unsigned renewals;
static bool renewal_fails;
static char told[ROWS * 50]; /* inputs, in the order in which they were told */
static const struct step *steps;
static size_t step_count, step_at;
static unsigned tries_of[ROWS + 1];

static bool renew(void *context, struct fault *f)
{
    (void)context;
    renewals++;
    return renewal_fails ? fault_set(f, FAULT_SIGN_IN, "no") : secret_copy(&bearer, SPAN("second-token"));
}

static void take_row(void *context, const struct release_row *row)
{
    (void)context;
    size_t used = strlen(told);
    CHECK(row->done);
    snprintf(told + used, sizeof told - used, "%s ", row->input);
}

static const char *http(const struct step *s)
{
    static char answer[2000];
    if (s->status == NULL || s->status[0] == '\0') {
        return s->status;
    }
    snprintf(answer, sizeof answer, "HTTP/1.1 %s\r\nContent-Length: %zu\r\n\r\n%s", s->status, strlen(s->body), s->body);
    return answer;
}

static const char *next_step(const char *request)
{
    (void)request;
    CHECK(step_at < step_count); /* else one request too many */
    return step_at < step_count ? http(&steps[step_at++]) : NULL;
}

static void begin(const char *const *devices, size_t count, unsigned retries, const char *(*respond)(const char *))
{
    struct client_settings settings = {.conn = {.connect_timeout_ms = 10000}, .retries = retries, .user_agent = "unit/1"};
    struct os_fake_script peer = {.address = "192.0.2.1", .respond = respond, .answer_after_ms = 10};
    os_fake_reset();
    settings.deadline_ms = os_monotonic_ms() + 120000;
    os_fake_name("api.test", "192.0.2.1");
    os_fake_peer(&peer);
    run_fault = (struct fault){0};
    CHECK(url_parse(SPAN("http://api.test/"), &url, &run_fault));
    client_open(&client, &settings);
    CHECK(secret_copy(&bearer, SPAN("first-token")));
    api = (struct api){.client = &client, .url = &url, .bearer = &bearer};
    renewals = 0;
    renewal_fails = false;
    told[0] = '\0';
    step_at = 0;
    memset(tries_of, 0, sizeof tries_of);
    CHECK(release_plan(&release, devices, count, "why", &run_fault));
}

static bool run(void)
{
    return release_run(&release, &api, take_row, NULL, &run_fault);
}

static void end(void)
{
    release_free(&release);
    CHECK(release.rows == NULL && release.count == 0);
    client_close(&client);
    secret_free(&bearer);
}

/* ---- one row ---- */

struct row_case {
    const char *name;
    struct step steps[STEPS];
    size_t count; /* of steps, all of which must be used */
    unsigned retries;
    bool renews;
    enum release_result result;
    enum fault_code code;
    const char *action_id;
};

static const struct row_case row_cases[] = {
    {"accepted", {{CREATED}}, 1, 4, false, RELEASE_ACCEPTED, FAULT_NONE, "a-1"},
    {"200 is accepted", {{"200 OK", ACTION(ID1, "unisolate", "Succeeded")}}, 1, 4, false, RELEASE_ACCEPTED, FAULT_NONE, "a-1"},
    {"an unknown status", {{"201 x", ACTION(ID1, "Unisolate", "Later")}}, 1, 4, false, RELEASE_ACCEPTED, FAULT_NONE, "a-1"},
    {"already pending by code", {{"400 x", ERROR("ActiveRequestAlreadyExists")}}, 1, 4, false, RELEASE_ALREADY_PENDING,
     FAULT_NONE, ""},
    {"already pending by words", {{"400 x", "{\"error\":{\"code\":\"BadRequest\",\"message\":\"Action is already in progress\"}}"}},
     1, 4, false, RELEASE_ALREADY_PENDING, FAULT_NONE, ""},
    {"404", {{"404 x", ERROR("ResourceNotFound")}}, 1, 4, false, RELEASE_NOT_FOUND, FAULT_NOT_FOUND, ""},
    {"404 without body", {{"404 x", ""}}, 1, 4, false, RELEASE_NOT_FOUND, FAULT_NOT_FOUND, ""},
    {"404 of a stranger", {{"404 x", "<html>"}}, 1, 4, false, RELEASE_ERROR, FAULT_ANSWER, ""},
    {"403", {{"403 x", ERROR("Forbidden")}}, 1, 4, false, RELEASE_DENIED, FAULT_PERMISSION, ""},
    {"401, no renewal", {{"401 x", ERROR("Unauthorized")}}, 1, 4, false, RELEASE_ERROR, FAULT_TOKEN, ""},
    {"401, renewed", {{"401 x", ""}, {CREATED}}, 2, 4, true, RELEASE_ACCEPTED, FAULT_NONE, "a-1"},
    {"401 twice", {{"401 x", ""}, {"401 x", ""}}, 2, 4, true, RELEASE_ERROR, FAULT_TOKEN, ""},
    {"429, then accepted", {{"429 x", ""}, {CREATED}}, 2, 4, false, RELEASE_ACCEPTED, FAULT_NONE, "a-1"},
    {"429 to the end", {{"429 x", ""}, {"429 x", ""}, {"429 x", ""}}, 3, 2, false, RELEASE_THROTTLED, FAULT_THROTTLED, ""},
    {"400", {{"400 x", ERROR("OsPlatformNotSupported")}}, 1, 4, false, RELEASE_FAILED, FAULT_REFUSED, ""},
    {"409", {{"409 x", ""}}, 1, 4, false, RELEASE_ERROR, FAULT_ANSWER, ""},
    {"redirect", {{"302 x", ""}}, 1, 4, false, RELEASE_ERROR, FAULT_REDIRECT, ""},
    {"5xx, then duplicate", {{"503 x", ""}, {DUPLICATE}}, 2, 4, false, RELEASE_ALREADY_PENDING, FAULT_NONE, ""},
    {"5xx, then accepted", {{"500 x", "<html>"}, {CREATED}}, 2, 4, false, RELEASE_ACCEPTED, FAULT_NONE, "a-1"},
    {"5xx twice", {{"503 x", ""}, {"503 x", ""}}, 2, 4, false, RELEASE_ERROR, FAULT_SERVER, ""},
    {"cut, then accepted", {{NULL, ""}, {CREATED}}, 2, 4, false, RELEASE_ACCEPTED, FAULT_NONE, "a-1"},
    {"cut, then duplicate", {{NULL, ""}, {DUPLICATE}}, 2, 4, false, RELEASE_ALREADY_PENDING, FAULT_NONE, ""},
    {"cut twice", {{NULL, ""}, {NULL, ""}}, 2, 4, false, RELEASE_ERROR, FAULT_CUT, ""},
    {"cut, then 5xx", {{NULL, ""}, {"503 x", ""}}, 2, 4, false, RELEASE_ERROR, FAULT_SERVER, ""},
    {"cut, then 401, then accepted", {{NULL, ""}, {"401 x", ""}, {CREATED}}, 3, 4, true, RELEASE_ACCEPTED, FAULT_NONE, "a-1"},
    {"cut, then 403", {{NULL, ""}, {"403 x", ""}}, 2, 4, false, RELEASE_DENIED, FAULT_PERMISSION, ""},
    {"silence, then accepted", {{"", ""}, {CREATED}}, 2, 4, false, RELEASE_ACCEPTED, FAULT_NONE, "a-1"},
    {"another device", {{"201 x", ACTION(ID2, "Unisolate", "Pending")}}, 1, 4, false, RELEASE_ERROR, FAULT_ANSWER, "a-1"},
    {"Isolate", {{"201 x", ACTION(ID1, "Isolate", "Pending")}}, 1, 4, false, RELEASE_CONFLICT, FAULT_CONFLICT, "a-1"},
    {"another type", {{"201 x", ACTION(ID1, "RunAntiVirusScan", "Pending")}}, 1, 4, false, RELEASE_ERROR, FAULT_ANSWER, "a-1"},
    {"Failed", {{"201 x", ACTION(ID1, "Unisolate", "Failed")}}, 1, 4, false, RELEASE_FAILED, FAULT_FAILED, "a-1"},
    {"TimeOut", {{"201 x", ACTION(ID1, "Unisolate", "TimeOut")}}, 1, 4, false, RELEASE_FAILED, FAULT_FAILED, "a-1"},
    {"Cancelled", {{"201 x", ACTION(ID1, "Unisolate", "Cancelled")}}, 1, 4, false, RELEASE_FAILED, FAULT_FAILED, "a-1"},
    {"no action", {{"201 x", "{}"}}, 1, 4, false, RELEASE_ERROR, FAULT_ANSWER, ""},
    {"no JSON", {{"200 x", "<html>sign in</html>"}}, 1, 4, false, RELEASE_ERROR, FAULT_ANSWER, ""},
    {"no body", {{"200 x", ""}}, 1, 4, false, RELEASE_ERROR, FAULT_ANSWER, ""},
};

static void result_of_one_row(void)
{
    static const char *const device[] = {ID1};
    for (size_t i = 0; i < COUNT_OF(row_cases); i++) {
        const struct row_case *c = &row_cases[i];
        unit_row("%s", c->name);
        steps = c->steps;
        step_count = c->count;
        begin(device, 1, c->retries, next_step);
        api.renew = c->renews ? renew : NULL;
        CHECK(run());
        const struct release_row *row = &release.rows[0];
        CHECK_EQUAL_INT(step_at, c->count);
        CHECK(row->done);
        CHECK_EQUAL_TEXT(release_result_name(row->result), release_result_name(c->result));
        CHECK_EQUAL_INT(row->fault.code, c->code);
        CHECK_EQUAL_TEXT(row->action.id, c->action_id);
        CHECK_EQUAL_INT(release_status(&release), fault_status(c->code));
        CHECK(c->code == FAULT_NONE || span_starts(span_of(row->fault.text), SPAN(ID1 ": api.test")));
        CHECK_EQUAL_INT(renewals, c->renews);
        CHECK_EQUAL_TEXT(told, ID1 " ");
        end();
    }
}

static void the_request_is_right(void)
{
    static const char *const device[] = {"ID:ABCDEF0000000000000000000000000000000001"};
    static const struct step answer[] = {{"201 x", ACTION("abcdef0000000000000000000000000000000001", "Unisolate", "Pending")}};
    steps = answer;
    step_count = 1;
    begin(device, 1, 0, next_step);
    release.comment = "a \"b\" \xC3\xA9\n";
    CHECK(run());
    CHECK_EQUAL_INT(release.rows[0].result, RELEASE_ACCEPTED);
    struct span got = span_of(os_fake_received());
    CHECK(span_starts(got, SPAN("POST /api/machines/abcdef0000000000000000000000000000000001/unisolate HTTP/1.1\r\n")));
    CHECK(span_contains(got, SPAN("\r\nAuthorization: Bearer first-token\r\n")));
    CHECK(span_contains(got, SPAN("\r\nContent-Type: application/json\r\n")));
    CHECK(span_ends(got, SPAN("\r\n\r\n{\"Comment\":\"a \\\"b\\\" \\u00e9\\u000a\"}\n")));
    CHECK_EQUAL_TEXT(release.rows[0].action.computer_name, "pc.test");
    CHECK_EQUAL_INT(release.rows[0].action.requested, 1795449601);
    end();
}

static void begin_one(const struct step *given, size_t count, unsigned retries)
{
    static const char *const device[] = {ID1};
    steps = given;
    step_count = count;
    begin(device, 1, retries, next_step);
}

static void a_lost_answer_is_told(void)
{
    static const struct step cuts[] = {{NULL, ""}, {NULL, ""}};
    static const struct step plain[] = {{"403 x", ""}};
    begin_one(cuts, 2, 0);
    CHECK(run());
    CHECK(span_contains(span_of(release.rows[0].fault.advice), SPAN("may have reached the service")));
    end();
    begin_one(plain, 1, 0);
    CHECK(run());
    CHECK_EQUAL_TEXT(release.rows[0].fault.advice, "");
    end();
}

/* FOUND: a 429 says that nothing was done, and yet the advice is that of a lost answer (net/client.c sets `sent`). */
static void after_429_nothing_was_lost(void)
{
    static const struct step answer[] = {{"429 x\r\nConnection: close", ""}};
    begin_one(answer, 1, 1);
    os_fake_peer(&(struct os_fake_script){.address = "192.0.2.1", .refuse = true});
    CHECK(run());
    CHECK_EQUAL_INT(release.rows[0].fault.code, FAULT_CONNECT);
    CHECK_EQUAL_TEXT(release.rows[0].fault.advice, "");
    end();
}

static void a_failed_renewal_is_told(void)
{
    static const struct step answer[] = {{"401 x", ""}};
    begin_one(answer, 1, 0);
    api.renew = renew;
    renewal_fails = true;
    CHECK(run());
    CHECK_EQUAL_INT(release.rows[0].fault.code, FAULT_SIGN_IN);
    CHECK_EQUAL_TEXT(release.rows[0].fault.text, ID1 ": no");
    CHECK_EQUAL_INT(release_status(&release), STATUS_SIGN_IN);
    end();
}

/* ---- several rows ---- */

static const char *const twelve[ROWS] = {
    ID("01"), ID("02"), ID("03"), ID("04"), ID("05"), ID("06"), ID("07"), ID("08"), ID("09"), ID("10"), ID("11"), ID("12"),
};

/* The number of the device that a request names: the last two digits of its id. */
static unsigned device_of(const char *request)
{
    const char *end_of_id = strstr(request, "/unisolate");
    unsigned number = 0;
    CHECK(end_of_id != NULL && sscanf(end_of_id - 2, "%2u", &number) == 1 && number >= 1 && number <= ROWS);
    return number >= 1 && number <= ROWS ? number : 1;
}

static const char *created(unsigned number)
{
    static char body[300];
    snprintf(body, sizeof body, "{\"id\":\"a-%u\",\"type\":\"Unisolate\",\"status\":\"Pending\",\"machineId\":\"%s\"}", number,
             twelve[number - 1]);
    return http(&(struct step){"201 Created", body});
}

/* What a device is answered first; then, and where there is nothing, its action is created. Number 7 is cut each time. */
static const struct step first_answers[ROWS + 1] = {
    [2] = {DUPLICATE}, [3] = {"404 x", ""}, [4] = {"403 x", ""}, [5] = {"400 x", ERROR("BadRequest")},
    [6] = {"503 x", ""}, [7] = {NULL, ""}, [8] = {"401 x", ""},
};

static const char *mixed(const char *request)
{
    unsigned number = device_of(request);
    bool first = tries_of[number]++ == 0 && first_answers[number].status != NULL;
    return number == 7 ? NULL : first ? http(&first_answers[number]) : created(number);
}

static void twelve_mixed(void)
{
    static const enum release_result wanted[ROWS] = {
        RELEASE_ACCEPTED, RELEASE_ALREADY_PENDING, RELEASE_NOT_FOUND, RELEASE_DENIED, RELEASE_FAILED, RELEASE_ACCEPTED,
        RELEASE_ERROR, RELEASE_ACCEPTED, RELEASE_ACCEPTED, RELEASE_ACCEPTED, RELEASE_ACCEPTED, RELEASE_ACCEPTED,
    };
    char order[sizeof told] = "";
    begin(twelve, ROWS, 4, mixed);
    api.renew = renew;
    CHECK(run());
    for (size_t i = 0; i < ROWS; i++) {
        size_t used = strlen(order);
        unit_row("device %zu", i + 1);
        CHECK_EQUAL_INT(release.rows[i].result, wanted[i]);
        CHECK_EQUAL_INT(tries_of[i + 1], i + 1 >= 6 && i + 1 <= 8 ? 2 : 1);
        CHECK(release.rows[i].result != RELEASE_ACCEPTED || release.rows[i].action.id[0] == 'a');
        snprintf(order + used, sizeof order - used, "%s ", twelve[i]);
    }
    CHECK_EQUAL_TEXT(told, order);
    CHECK_EQUAL_INT(renewals, 1);
    CHECK_EQUAL_INT(release_status(&release), STATUS_MIXED);
    CHECK(os_fake_open_most() <= CLIENT_CONNECTIONS_MAX);
    end();
}

static const char *first_401(const char *request)
{
    return strstr(request, "second-token") == NULL ? http(&(struct step){"401 x", ""}) : created(device_of(request));
}

static void one_renewal_serves_all(void)
{
    begin(twelve, ROWS, 0, first_401);
    api.renew = renew;
    CHECK(run());
    CHECK_EQUAL_INT(renewals, 1);
    CHECK_EQUAL_INT(os_fake_requests(), 2 * ROWS);
    CHECK_EQUAL_INT(release_status(&release), STATUS_OK);
    end();
}

static const char *silent_from_third(const char *request)
{
    unsigned number = device_of(request);
    return number < 3 ? created(number) : "";
}

static void interrupted_in_the_middle(void)
{
    begin(twelve, 4, 4, silent_from_third);
    os_fake_stop_at(os_monotonic_ms() + 5000, OS_STOP_INTERRUPTED);
    CHECK(!release_has_results(&release));
    CHECK(!run());
    CHECK_EQUAL_INT(run_fault.code, FAULT_INTERRUPTED);
    for (size_t i = 0; i < 4; i++) {
        unit_row("device %zu", i + 1);
        CHECK(release.rows[i].done);
        CHECK_EQUAL_INT(release.rows[i].fault.code, i < 2 ? FAULT_NONE : FAULT_INTERRUPTED);
        CHECK_EQUAL_INT(release.rows[i].result, i < 2 ? RELEASE_ACCEPTED : RELEASE_ERROR);
    }
    CHECK(release.rows[2].maybe_sent && !release.rows[3].maybe_sent);
    CHECK(release_has_results(&release));
    CHECK_EQUAL_INT(release_status(&release), STATUS_INTERRUPTED);
    CHECK_EQUAL_TEXT(told, ID("01") " " ID("02") " " ID("03") " " ID("04") " ");
    end();
}

static void terminated_is_another_status(void)
{
    begin(twelve, 1, 4, silent_from_third);
    os_fake_stop_at(os_monotonic_ms(), OS_STOP_TERMINATED);
    CHECK(!run());
    CHECK_EQUAL_INT(run_fault.code, FAULT_TERMINATED);
    CHECK_EQUAL_INT(release_status(&release), STATUS_TERMINATED);
    CHECK_EQUAL_INT(os_fake_requests(), 0);
    end();
}

/* ---- the plan, the whole ---- */

struct plan_row {
    const char *selector;
    bool good;
};

static const struct plan_row plans[] = {
    {ID1, true}, {"id:" ID1, true}, {"Id:" ID1, true}, {"ABCDEFabcdef00000000000000000000000000ff", true},
    {"", false}, {"id:", false}, {ID1 "0", false}, {"id:" ID1 "0", false}, {"0000000000000000000000000000000000000g1", false},
    {"000000000000000000000000000000000000001", false}, {" " ID1, false}, {"id:id:" ID1, false}, {"pc-042", false},
};

static void selectors_are_read(void)
{
    for (size_t i = 0; i < COUNT_OF(plans); i++) {
        struct release r;
        struct fault f = {0};
        unit_row("%s", plans[i].selector);
        CHECK_EQUAL_INT(release_plan(&r, &plans[i].selector, 1, "c", &f), plans[i].good);
        CHECK_EQUAL_INT(f.code, plans[i].good ? FAULT_NONE : FAULT_USAGE);
        CHECK(plans[i].good || span_contains(span_of(f.text), span_of(plans[i].selector)));
        CHECK_EQUAL_INT(r.count, plans[i].good);
        release_free(&r);
    }
}

static void twice_named_once_planned(void)
{
    static const char *const names[] = {ID1, "id:" ID1, ID2, ID1, "ABCDEF" ID_TAIL, "abcdef" ID_TAIL};
    struct release r;
    struct fault f = {0};
    CHECK(release_plan(&r, names, COUNT_OF(names), "c", &f));
    CHECK_EQUAL_INT(r.count, 3);
    CHECK_EQUAL_TEXT(r.rows[0].input, ID1);
    CHECK_EQUAL_TEXT(r.rows[1].machine_id, ID2);
    CHECK_EQUAL_TEXT(r.rows[2].machine_id, "abcdef" ID_TAIL);
    release_free(&r);
}

static void bad_comments_send_nothing(void)
{
    static char huge[70000];
    memset(huge, 'x', sizeof huge - 1);
    const char *const comments[] = {"\xFF", huge};
    for (size_t i = 0; i < COUNT_OF(comments); i++) {
        begin_one(NULL, 0, 0);
        release.comment = comments[i];
        CHECK(!run());
        CHECK_EQUAL_INT(run_fault.code, FAULT_USAGE);
        CHECK_EQUAL_INT(os_fake_connects(), 0);
        CHECK(!release_has_results(&release));
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
        begin_one(NULL, 0, 0);
        os_fake_reset();
        os_fake_name("api.test", "192.0.2.1");
        os_fake_peer(&refused);
        release.comment = text;
        CHECK_EQUAL_INT(run(), n <= 64 * 1024 - 14);
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
    {{FAULT_NONE}, 0, STATUS_OK}, {{FAULT_NONE, FAULT_NONE}, 2, STATUS_OK}, {{FAULT_TERMINATED, FAULT_NONE}, 2, STATUS_TERMINATED},
    {{FAULT_NOT_FOUND, FAULT_NOT_FOUND}, 2, STATUS_NOT_FOUND},
    {{FAULT_CUT, FAULT_TIMEOUT, FAULT_CONNECT}, 3, STATUS_NETWORK},
    {{FAULT_NONE, FAULT_CUT}, 2, STATUS_MIXED}, {{FAULT_NOT_FOUND, FAULT_NOT_FOUND, FAULT_PERMISSION}, 3, STATUS_MIXED},
    {{FAULT_NONE, FAULT_CUT, FAULT_INTERRUPTED}, 3, STATUS_INTERRUPTED},
};

static void status_of_the_whole(void)
{
    for (size_t i = 0; i < COUNT_OF(statuses); i++) {
        struct release_row rows[3] = {0};
        struct release r = {.rows = rows, .count = statuses[i].count};
        unit_row("status %zu", i);
        for (size_t k = 0; k < 3; k++) {
            rows[k].fault.code = statuses[i].codes[k];
        }
        CHECK_EQUAL_INT(release_status(&r), statuses[i].status);
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
    TEST(result_of_one_row),
    TEST(the_request_is_right),
    TEST(a_lost_answer_is_told),
    TEST(after_429_nothing_was_lost),
    TEST(a_failed_renewal_is_told),
    TEST(twelve_mixed),
    TEST(one_renewal_serves_all),
    TEST(interrupted_in_the_middle),
    TEST(terminated_is_another_status),
    TEST(selectors_are_read),
    TEST(twice_named_once_planned),
    TEST(bad_comments_send_nothing),
    TEST(a_comment_has_a_ceiling),
    TEST(status_of_the_whole),
    TEST(results_have_names),
};

UNIT_MAIN(tests)
