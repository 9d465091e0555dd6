/*
 * test_show_devices.c - cli/show: dry runs, progress, device records, status and cancellations, as text and as JSON, byte for byte.
 */
/* links: fake/os_fake.c */
#include "unit.h"

#include "cli/progress.h"
#include "cli/show.h"
#include "fake/os_fake.h"

#define ID "1e5bc9d7e413ddd7902c2932e418702b84d0cc07"
#define ID_2 "0000000000000000000000000000000000000002"
#define ACTION_ID "5382f7ea-7557-4ab7-9782-d50480024a4e"

enum { NOON = 1795449600 }; /* 2026-11-23T16:00:00Z */

static struct report r;

static void begin(const struct options *o)
{
    os_fake_reset();
    report_open(&r, o);
}

#define OUT(text) CHECK_EQUAL_SPAN(os_fake_written(OS_OUT), SPAN(text))
#define ERR(text) CHECK_EQUAL_SPAN(os_fake_written(OS_ERR), SPAN(text))

static struct json parsed(const char *text)
{
    struct json value = {0};
    struct fault f = {0};
    CHECK(json_parse(span_of(text), &value, &f));
    return value;
}

static void check_columns(struct span text)
{
    struct span line;
    while (span_next(&text, '\n', &line)) {
        unit_row("%.*s", SPAN_ARG(line));
        CHECK(line.size <= 80);
    }
}

/* ---- dry run ---- */

static struct secret bearer;
static struct url url;

static struct call planned_call(void)
{
    struct fault f = {0};
    CHECK(secret_copy(&bearer, SPAN("hush-hush-hush")));
    CHECK(url_parse(SPAN("https://api.test:444"), &url, &f));
    struct call call = call_init("POST", &url);
    buf_put_text(&call.target, "/api/machines/" ID "/unisolate");
    call_add_field(&call, "Authorization", "Bearer ", &bearer);
    call_add_field(&call, "X-Plain", "plain", NULL);
    call.body = SPAN("{\"Comment\":\"a \\\"b\\\"\"}");
    call.content_type = "application/json";
    return call;
}

static void end_planned(struct call *call)
{
    CHECK(!span_contains(os_fake_written(OS_OUT), SPAN("hush")));
    ERR("");
    call_free(call);
    secret_free(&bearer);
}

static void planned_as_text(void)
{
    struct call call = planned_call();
    struct release_row row = {.input = "pc\n042", .machine_id = ID};
    begin(&(struct options){0});
    show_planned(&r, &row, &call);
    OUT("planned  pc\\n042 (nothing was sent)\n"
        "         POST https://api.test:444/api/machines/" ID "/unisolate\n"
        "         Authorization: Bearer (hidden)\n"
        "         X-Plain: plain\n"
        "         Content-Type: application/json\n"
        "         {\"Comment\":\"a \\\"b\\\"\"}\n");
    end_planned(&call);
}

static void planned_as_json(void)
{
    struct call call = planned_call();
    char name[] = "pc-042.contoso.com";
    struct release_row row = {.input = "pc-042", .machine_id = ID, .computer_name = name};
    begin(&(struct options){.json = true});
    show_planned(&r, &row, &call);
    OUT("{\"input\":\"pc-042\",\"result\":\"planned\",\"machineId\":\"" ID "\",\"computerDnsName\":\"pc-042.contoso.com\","
        "\"actionId\":null,\"actionStatus\":null,\"requested\":null,\"ended\":null,\"error\":null,"
        "\"request\":{\"method\":\"POST\",\"url\":\"https://api.test:444/api/machines/" ID "/unisolate\","
        "\"headers\":{\"Authorization\":\"Bearer (hidden)\",\"X-Plain\":\"plain\",\"Content-Type\":\"application/json\"},"
        "\"body\":\"{\\\"Comment\\\":\\\"a \\\\\\\"b\\\\\\\"\\\"}\"}}\n");
    CHECK_EQUAL_INT(parsed(os_fake_written(OS_OUT).at).kind, JSON_OBJECT);
    end_planned(&call);
}

/* ---- progress ---- */

struct progress_row {
    size_t count;
    enum release_stage stages[3];
    uint64_t elapsed_ms, wait_ms;
    const char *line;
};

static const struct progress_row progresses[] = {
    {1, {STAGE_FOLLOW}, 24999, 600000, "waiting 0:24 of 10:00: InProgress"},
    {1, {STAGE_FOLLOW}, 0, 5000, "waiting 0:00 of 0:05: InProgress"},
    {1, {STAGE_FOLLOW}, 5405000, 7200000, "waiting 1:30:05 of 2:00:00: InProgress"},
    {3, {STAGE_FOLLOW, STAGE_DONE, STAGE_FOLLOW}, 61000, 600000, "waiting 1:01 of 10:00: 2 of 3 devices, 1 failed"},
    {2, {STAGE_DONE, STAGE_DONE}, 61000, 600000, "waiting 1:01 of 10:00: 0 of 2 devices, 2 failed"},
};

static void progress_is_a_line(void)
{
    struct action waiting = {.status_text = "InProgress"};
    for (size_t i = 0; i < COUNT_OF(progresses); i++) {
        const struct progress_row *p = &progresses[i];
        struct release_row rows[3] = {0};
        struct release release = {.rows = rows, .count = p->count, .settings = {.wait_ms = p->wait_ms}};
        for (size_t k = 0; k < p->count; k++) {
            rows[k].stage = p->stages[k];
            rows[k].action = &waiting;
        }
        begin(&(struct options){0});
        os_fake_terminal(OS_ERR, 80);
        progress_follow(&r, &release, p->elapsed_ms);
        CHECK_EQUAL_SPAN(os_fake_written(OS_ERR), span_of(p->line));
        CHECK_EQUAL_INT(report_close(&r, STATUS_OK), STATUS_OK);
        OUT("");
    }
}

/* ---- records ---- */

static const struct device record = {.id = ID, .name = "pc-042.contoso.com", .health = "Active", .last_seen = NOON};

static void a_record_as_text(void)
{
    static const struct device others[] = {
        {.id = ID, .name = "", .health = "", .last_seen = 0},
        {.id = ID, .name = "\x1B[2J", .health = "\n", .merged = false},
        {.id = ID, .name = "old", .health = "Active", .merged = true},
    };
    begin(&(struct options){0});
    show_record(&r, "pc-042", &record, parsed("{}"));
    OUT("pc-042.contoso.com                          seen 2026-11-23 16:00\n  " ID "  Active\n");
    check_columns(os_fake_written(OS_OUT));
    begin(&(struct options){0});
    for (size_t i = 0; i < COUNT_OF(others); i++) {
        show_record(&r, "pc-042", &others[i], parsed("{}"));
    }
    OUT("(no name)                                   seen never\n  " ID "  health unknown\n"
        "\\u{001B}[2J                                 seen never\n  " ID "  \\n\n"
        "old                                         seen never\n  " ID "  merged\n");
    check_columns(os_fake_written(OS_OUT));
    ERR("");
}

/* The service's own record, with `input` in front; a member of that name gives way. */
static void a_record_as_json(void)
{
    begin(&(struct options){.json = true});
    show_record(&r, "pc\"", &record,
                parsed("{ \"id\" : \"" ID "\", \"input\":\"forged\", \"rbacGroupId\" : 7,"
                       "\"ipAddresses\":[ { \"ipAddress\":\"10.0.0.1\" } ],"
                       "\"unknown\":null, \"name\\u202e\":\"\\u001b\" }"));
    OUT("{\"input\":\"pc\\\"\",\"id\":\"" ID "\",\"rbacGroupId\":7,\"ipAddresses\":[{\"ipAddress\":\"10.0.0.1\"}],\"unknown\":null,"
        "\"name\\u202e\":\"\\u001b\"}\n");
    ERR("");
}

static void nothing_found(void)
{
    struct fault f = {0};
    fault_set(&f, FAULT_NOT_FOUND, "pc: no such device");
    fault_advise(&f, "look");
    begin(&(struct options){0});
    show_find_fault(&r, "pc", &f);
    OUT("");
    ERR("unisolate: pc: no such device\nadvice: look\n");
    begin(&(struct options){.json = true});
    show_find_fault(&r, "pc", &f);
    OUT("{\"input\":\"pc\",\"error\":{\"name\":\"not-found\",\"exit\":3,\"message\":\"pc: no such device\",\"code\":null,\"target\":null,"
        "\"advice\":\"look\"}}\n");
}

static void the_others_are_told(void)
{
    struct device devices[] = {{.id = ID_2, .name = "pc-042.old.test", .health = "Inactive", .last_seen = NOON - 86400}, record,
                               {.id = ID_2, .name = "x", .merged = true}};
    struct device_list found = {.at = devices, .count = COUNT_OF(devices)};
    begin(&(struct options){0});
    show_others(&r, "pc-042", &found, &devices[1]);
    OUT("");
    ERR("advice: pc-042: the one record that is onboarded and active is taken; these are left alone:\n"
        "pc-042.old.test     seen 2026-11-22 16:00\n  " ID_2 "  Inactive\n");
    begin(&(struct options){.quiet = true});
    show_others(&r, "pc-042", &found, &devices[1]);
    ERR("");
}

/* ---- status ---- */

static struct device_status new_status(enum isolation isolation)
{
    struct device_status status = {
        .input = "pc-042",
        .isolation = isolation,
        .machine_id = ID,
        .computer_name = "pc-042.contoso.com",
        .action = {.id = ACTION_ID, .type = "Isolate", .status_text = "Succeeded", .requestor = "someone@contoso.com",
                   .requested = NOON, .ended = NOON + 25},
    };
    return status;
}

static void status_as_text(void)
{
    struct device_status status = new_status(ISOLATION_ISOLATED);
    begin(&(struct options){0});
    show_status(&r, &status);
    OUT("isolated  pc-042\n"
        "          device " ID " pc-042.contoso.com\n"
        "          Isolate " ACTION_ID ", Succeeded\n"
        "          asked for 2026-11-23 16:00 by someone@contoso.com\n");
    check_columns(os_fake_written(OS_OUT));
    status.action = (struct action){0};
    status.isolation = ISOLATION_UNKNOWN;
    begin(&(struct options){0});
    show_status(&r, &status);
    OUT("unknown  pc-042\n         device " ID " pc-042.contoso.com\n");
    ERR("");
}

/* In the list of all that are isolated nobody has named the device. */
static void status_of_an_unnamed_one(void)
{
    struct device_status status = new_status(ISOLATION_ISOLATING);
    status.input = NULL;
    status.computer_name[0] = '\0';
    fault_keep(status.action.computer_name, sizeof status.action.computer_name, SPAN("from.action.test"));
    begin(&(struct options){0});
    show_status(&r, &status);
    CHECK(span_starts(os_fake_written(OS_OUT), SPAN("isolating  from.action.test\n           device " ID)));
    begin(&(struct options){.json = true});
    show_status(&r, &status);
    CHECK(span_starts(os_fake_written(OS_OUT), SPAN("{\"input\":null,\"isolation\":\"isolating\",\"machineId\":\"" ID "\","
                                                    "\"computerDnsName\":\"from.action.test\",")));
}

static void status_as_json(void)
{
    struct device_status status = new_status(ISOLATION_ISOLATED);
    begin(&(struct options){.json = true});
    show_status(&r, &status);
    OUT("{\"input\":\"pc-042\",\"isolation\":\"isolated\",\"machineId\":\"" ID "\",\"computerDnsName\":\"pc-042.contoso.com\","
        "\"actionId\":\"" ACTION_ID "\",\"actionType\":\"Isolate\",\"actionStatus\":\"Succeeded\",\"requested\":\"2026-11-23T16:00:00Z\","
        "\"ended\":\"2026-11-23T16:00:25Z\",\"error\":null}\n");
    status = (struct device_status){.input = "pc"};
    fault_set(&status.fault, FAULT_PERMISSION, "pc: not allowed");
    fault_advise(&status.fault, "ask");
    begin(&(struct options){.json = true});
    show_status(&r, &status);
    OUT("{\"input\":\"pc\",\"isolation\":\"unknown\",\"machineId\":null,\"computerDnsName\":null,\"actionId\":null,\"actionType\":null,"
        "\"actionStatus\":null,\"requested\":null,\"ended\":null,\"error\":{\"name\":\"permission\",\"exit\":6,"
        "\"message\":\"pc: not allowed\",\"code\":null,\"target\":null,\"advice\":\"ask\"}}\n");
    ERR("unisolate: pc: not allowed\nadvice: ask\n");
    begin(&(struct options){0});
    show_status(&r, &status);
    OUT("");
    ERR("unisolate: pc: not allowed\nadvice: ask\n");
}

/* Texts of the service and of other people are harmless. */
static void status_is_escaped(void)
{
    struct device_status status = new_status(ISOLATION_RELEASED);
    fault_keep(status.machine_id, sizeof status.machine_id, SPAN("\x1B"));
    fault_keep(status.action.requestor, sizeof status.action.requestor, SPAN("\xE2\x80\xAE" "x\n"));
    fault_keep(status.action.type, sizeof status.action.type, SPAN("\x1B%s"));
    begin(&(struct options){0});
    show_status(&r, &status);
    CHECK(!span_contains(os_fake_written(OS_OUT), SPAN("\x1B")));
    CHECK(!span_contains(os_fake_written(OS_OUT), SPAN("\xE2\x80\xAE")));
    CHECK(span_contains(os_fake_written(OS_OUT), SPAN("by \\u{202E}x\\n\n")));
}

/* ---- cancel ---- */

struct cancel_row {
    enum fault_code code;
    const char *result;
};

static const struct cancel_row cancels[] = {
    {FAULT_NONE, "cancelled"},      {FAULT_CONFLICT, "ended"}, {FAULT_NOT_FOUND, "not-found"},
    {FAULT_PERMISSION, "denied"},   {FAULT_REFUSED, "error"},  {FAULT_CUT, "error"},
};

static void cancellations_have_results(void)
{
    for (size_t i = 0; i < COUNT_OF(cancels); i++) {
        struct cancellation c = {.input = ACTION_ID};
        char wanted[200];
        unit_row("%s", cancels[i].result);
        if (cancels[i].code != FAULT_NONE) {
            fault_set(&c.fault, cancels[i].code, "words");
        }
        begin(&(struct options){.json = true});
        show_cancellation(&r, &c);
        snprintf(wanted, sizeof wanted, "{\"input\":\"" ACTION_ID "\",\"result\":\"%s\",\"machineId\":null,\"computerDnsName\":null,"
                 "\"actionId\":\"" ACTION_ID "\",\"actionStatus\":null,", cancels[i].result);
        CHECK(span_starts(os_fake_written(OS_OUT), span_of(wanted)));
        CHECK_EQUAL_INT(span_starts(os_fake_written(OS_ERR), SPAN("unisolate: words\n")), cancels[i].code != FAULT_NONE);
    }
}

static void cancelled_as_text(void)
{
    struct cancellation c = {.input = ACTION_ID, .action = new_status(ISOLATION_UNKNOWN).action};
    fault_keep(c.action.machine_id, sizeof c.action.machine_id, SPAN(ID));
    begin(&(struct options){0});
    show_cancellation(&r, &c);
    OUT("cancelled  " ACTION_ID "\n           Isolate of device " ID "\n");
    ERR("");
    fault_set(&c.fault, FAULT_CONFLICT, "it had ended");
    begin(&(struct options){0});
    show_cancellation(&r, &c);
    OUT("");
    ERR("unisolate: it had ended\n");
}

static const struct unit_test tests[] = {
    TEST(planned_as_text),
    TEST(planned_as_json),
    TEST(progress_is_a_line),
    TEST(a_record_as_text),
    TEST(a_record_as_json),
    TEST(nothing_found),
    TEST(the_others_are_told),
    TEST(status_as_text),
    TEST(status_of_an_unnamed_one),
    TEST(status_as_json),
    TEST(status_is_escaped),
    TEST(cancellations_have_results),
    TEST(cancelled_as_text),
};

UNIT_MAIN(tests)
