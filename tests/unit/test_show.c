/*
 * test_show.c - cli/show: rows of a release, and what signing in shows, as text and as JSON, byte for byte. Devices, status, dry runs:
 *               test_show_devices.c.
 */
/* links: fake/os_fake.c */
#include "unit.h"

#include "cli/show.h"
#include "fake/os_fake.h"

#define ID "1e5bc9d7e413ddd7902c2932e418702b84d0cc07"
#define ACTION_ID "5382f7ea-7557-4ab7-9782-d50480024a4e"
#define QUEUED " (queued, not yet released)\n"

static struct report r;

static void begin(const struct options *o)
{
    os_fake_reset();
    report_open(&r, o);
}

#define OUT(text) CHECK_EQUAL_SPAN(os_fake_written(OS_OUT), SPAN(text))
#define ERR(text) CHECK_EQUAL_SPAN(os_fake_written(OS_ERR), SPAN(text))

static struct action shown_action;
static struct fault shown_fault;

static struct release_row accepted_row(void)
{
    struct release_row row = {.input = "id:" ID, .machine_id = ID, .result = RELEASE_ACCEPTED, .action = &shown_action};
    shown_action = (struct action){.id = ACTION_ID, .status = ACTION_PENDING, .status_text = "Pending"};
    return row;
}

static void fail_row(struct release_row *row, enum fault_code code, const char *text)
{
    shown_fault = (struct fault){0};
    fault_set(&shown_fault, code, "%s", text);
    row->fault = &shown_fault;
    row->code = code;
}

static struct release_row refused_row(void)
{
    struct release_row row = {
        .input = ID, .machine_id = ID, .result = RELEASE_NOT_FOUND};
    fail_row(&row, FAULT_NOT_FOUND, ID ": api.test: not found (status 404)");
    fault_keep(row.fault->service_code, sizeof row.fault->service_code, SPAN("ResourceNotFound"));
    fault_keep(row.fault->service_message, sizeof row.fault->service_message,
               SPAN("No such machine"));
    fault_keep(row.fault->service_target, sizeof row.fault->service_target, SPAN("0001-22"));
    fault_advise(row.fault, "look again");
    return row;
}

/* ---- rows ---- */

static void accepted_as_text(void)
{
    struct release_row row = accepted_row();
    begin(&(struct options){0});
    show_row(&r, &row);
    OUT("accepted  id:" ID QUEUED "          action " ACTION_ID ", Pending\n");
    CHECK_EQUAL_INT(report_close(&r, STATUS_OK), STATUS_OK);
    ERR("");
}

static void already_pending_without_an_action(void)
{
    struct release_row row = accepted_row();
    row.result = RELEASE_ALREADY_PENDING;
    row.action = NULL;
    begin(&(struct options){0});
    show_row(&r, &row);
    OUT("already-pending  id:" ID " (queued before)\n");
    CHECK_EQUAL_INT(report_close(&r, STATUS_OK), STATUS_OK);
    ERR("");
}

/* Also with the longest selector there is. */
static void lines_fit_a_terminal(void)
{
    struct release_row row = accepted_row();
    struct span rest, line;
    begin(&(struct options){0});
    show_row(&r, &row);
    rest = os_fake_written(OS_OUT);
    while (span_next(&rest, '\n', &line)) {
        CHECK(line.size <= 80);
    }
}

static void refused_as_text(void)
{
    struct release_row row = refused_row();
    begin(&(struct options){.quiet = true});
    show_row(&r, &row);
    OUT("");
    ERR("unisolate: " ID ": api.test: not found (status 404): ResourceNotFound: No such machine "
        "(id for Microsoft support: 0001-22)\n"
        "advice: look again\n");
    CHECK_EQUAL_INT(report_close(&r, STATUS_NOT_FOUND), STATUS_NOT_FOUND);
}

static void texts_of_others_stay_one_harmless_line(void)
{
    struct release_row row = refused_row();
    fail_row(&row, FAULT_USAGE,
              "a\nb\xE2\x80\xAE"
              "c");
    fault_keep(row.fault->service_code, sizeof row.fault->service_code, SPAN("\x1B]0;x\x07"));
    fault_keep(row.fault->service_message, sizeof row.fault->service_message,
               SPAN("caf\xC3\xA9\r\n\xFF"));
    fault_keep(row.fault->service_target, sizeof row.fault->service_target, SPAN("t\x9Bt"));
    fault_advise(row.fault, "do\nadvice: this");
    begin(&(struct options){0});
    show_row(&r, &row);
    ERR("unisolate: a\\nb\\u{202E}c: \\u{001B}]0;x\\u{0007}: caf\xC3\xA9\\r\\n\\xFF "
        "(id for Microsoft support: t\\x9Bt)\n"
        "advice: do\\nadvice: this\n");
}

static void inputs_and_statuses_are_escaped(void)
{
    struct release_row row = accepted_row();
    row.input = "\x1B[2J";
    fault_keep(row.action->status_text, sizeof row.action->status_text, SPAN("\x1B[31m"));
    fault_keep(row.action->id, sizeof row.action->id, SPAN("\n"));
    begin(&(struct options){0});
    show_row(&r, &row);
    OUT("accepted  \\u{001B}[2J" QUEUED "          action \\n, \\u{001B}[31m\n");
}

static void color_only_when_asked_for(void)
{
    struct release_row good = accepted_row(), bad = refused_row();
    begin(&(struct options){.color = COLOR_AUTO}); /* the fake's output is no terminal */
    CHECK(!r.color_out && !r.color_err);
    begin(&(struct options){.color = COLOR_NEVER});
    CHECK(!r.color_out && !r.color_err);
    begin(&(struct options){.color = COLOR_ALWAYS});
    bad.fault->service_code[0] = bad.fault->service_message[0] = bad.fault->service_target[0] = '\0';
    show_row(&r, &good);
    show_row(&r, &bad);
    OUT("\x1B[32maccepted\x1B[0m  id:" ID QUEUED "          action " ACTION_ID ", Pending\n");
    ERR("\x1B[31munisolate:\x1B[0m " ID ": api.test: not found (status 404)\n"
        "\x1B[33madvice:\x1B[0m look again\n");
}

static void accepted_as_json(void)
{
    struct release_row row = accepted_row();
    row.action->requested = 1795449601;
    fault_keep(row.action->computer_name, sizeof row.action->computer_name,
               SPAN("pc-042.contoso.com"));
    begin(&(struct options){.json = true});
    show_row(&r, &row);
    OUT("{\"input\":\"id:" ID "\",\"result\":\"accepted\",\"machineId\":\"" ID "\","
        "\"computerDnsName\":\"pc-042.contoso.com\",\"actionId\":\"" ACTION_ID "\","
        "\"actionStatus\":\"Pending\",\"requested\":\"2026-11-23T16:00:01Z\",\"ended\":null,"
        "\"error\":null}\n");
    ERR("");
}

static void refused_as_json_and_on_standard_error(void)
{
    struct release_row row = refused_row();
    begin(&(struct options){.json = true});
    show_row(&r, &row);
    OUT("{\"input\":\"" ID "\",\"result\":\"not-found\",\"machineId\":\"" ID
        "\",\"computerDnsName\":null,"
        "\"actionId\":null,\"actionStatus\":null,\"requested\":null,\"ended\":null,"
        "\"error\":{\"name\":\"not-found\",\"exit\":3,\"message\":\"No such machine\","
        "\"code\":\"ResourceNotFound\",\"target\":\"0001-22\",\"advice\":\"look again\"}}\n");
    CHECK(span_starts(os_fake_written(OS_ERR), SPAN("unisolate: " ID ": api.test: not found")));
}

/* The longest fault there can be, every byte of it one that grows sixfold, is still whole. */
static void the_longest_fault_fits(void)
{
    struct release_row row = {.input = ID, .result = RELEASE_ERROR};
    char ones[400];
    memset(ones, 1, sizeof ones);
    struct span all = span_make(ones, sizeof ones);
    fail_row(&row, FAULT_USAGE, "");
    fault_keep(row.fault->text, sizeof row.fault->text, all);
    fault_keep(row.fault->advice, sizeof row.fault->advice, all);
    fault_keep(row.fault->service_code, sizeof row.fault->service_code, all);
    fault_keep(row.fault->service_message, sizeof row.fault->service_message, all);
    fault_keep(row.fault->service_target, sizeof row.fault->service_target, all);
    begin(&(struct options){.json = true});
    show_row(&r, &row);
    CHECK(!r.write_failed);
    CHECK(span_ends(os_fake_written(OS_OUT), SPAN("}}\n")));
    CHECK(span_ends(os_fake_written(OS_ERR), SPAN("\\u{0001}\n")));
    CHECK_EQUAL_INT(report_close(&r, STATUS_USAGE), STATUS_USAGE);
}

static void a_row_that_cannot_be_written_is_told(void)
{
    static char most[64 * 1024 - 50];
    struct release_row row = accepted_row();
    memset(most, 'x', sizeof most);
    begin(&(struct options){.json = true});
    report_text(&r, span_make(most, sizeof most));
    CHECK(!r.write_failed);
    show_row(&r, &row);
    CHECK(r.write_failed);
    CHECK_EQUAL_INT(report_close(&r, STATUS_OK), STATUS_INTERNAL);
}

/* With the device's name, where it was not named by its id; a failure that has an action tells it, too. */
static void rows_with_a_device(void)
{
    struct release_row row = accepted_row();
    row.input = "pc-042";
    row.result = RELEASE_RELEASED;
    char name[] = "pc-042.contoso.com";
    row.computer_name = name;
    fault_keep(row.action->status_text, sizeof row.action->status_text, SPAN("Succeeded"));
    begin(&(struct options){0});
    show_row(&r, &row);
    OUT("released  pc-042\n          device " ID "\n          action " ACTION_ID ", Succeeded\n");
    ERR("");
    row.result = RELEASE_PENDING;
    fail_row(&row, FAULT_PENDING, "pc-042: accepted, but");
    begin(&(struct options){0});
    show_row(&r, &row);
    OUT("pending  pc-042\n         device " ID "\n         action " ACTION_ID ", Succeeded\n");
    ERR("unisolate: pc-042: accepted, but\n");
}

static void color_tells_good_from_bad(void)
{
    struct release_row row = accepted_row();
    row.result = RELEASE_FAILED;
    fail_row(&row, FAULT_FAILED, "failed");
    begin(&(struct options){.color = COLOR_ALWAYS});
    show_row(&r, &row);
    CHECK(span_starts(os_fake_written(OS_OUT), SPAN("\x1B[31mfailed\x1B[0m  ")));
}

static struct release_row ambiguous_row(struct device *devices, size_t count)
{
    struct release_row row = {.input = "pc", .result = RELEASE_AMBIGUOUS, .candidates = {.at = devices, .count = count}};
    fail_row(&row, FAULT_AMBIGUOUS, "pc: 2 devices");
    return row;
}

#define ID_A "000000000000000000000000000000000000000a"
#define ID_B "000000000000000000000000000000000000000b"
#define ID_C "000000000000000000000000000000000000000c"

static void candidates_are_listed(void)
{
    struct device devices[] = {{.id = ID_A, .name = "pc.contoso.com", .health = "Active", .last_seen = 1795449600},
                               {.id = ID_B, .name = "\xE6\xBC\xA2.test", .health = ""},
                               {.id = ID_C, .name = "pc.old.test", .health = "Active", .merged = true}};
    struct release_row row = ambiguous_row(devices, COUNT_OF(devices));
    begin(&(struct options){0});
    show_row(&r, &row);
    OUT("");
    ERR("unisolate: pc: 2 devices\nadvice: name the device by its id\n"
        "pc.contoso.com      seen 2026-11-23 16:00\n  " ID_A "  Active\n"
        "\xE6\xBC\xA2.test             seen never\n  " ID_B "  health unknown\n");
    begin(&(struct options){.json = true});
    show_row(&r, &row);
    OUT("{\"input\":\"pc\",\"result\":\"ambiguous\",\"machineId\":null,\"computerDnsName\":null,\"actionId\":null,\"actionStatus\":null,"
        "\"requested\":null,\"ended\":null,\"error\":{\"name\":\"ambiguous\",\"exit\":4,\"message\":\"pc: 2 devices\",\"code\":null,"
        "\"target\":null,\"advice\":\"name the device by its id\"},"
        "\"candidates\":[{\"id\":\"" ID_A "\",\"computerDnsName\":\"pc.contoso.com\",\"lastSeen\":\"2026-11-23T16:00:00Z\","
        "\"healthStatus\":\"Active\"},"
        "{\"id\":\"" ID_B "\",\"computerDnsName\":\"\\u6f22.test\",\"lastSeen\":null,\"healthStatus\":null}]}\n");
    ERR("unisolate: pc: 2 devices\nadvice: name the device by its id\n");
}

/* They are part of the error: without them nobody can tell the devices apart. */
static void candidates_are_listed_quietly_too(void)
{
    struct device devices[] = {{.id = ID_A, .name = "a", .health = "Active"}, {.id = ID_B, .name = "b", .health = "Active"}};
    struct release_row row = ambiguous_row(devices, COUNT_OF(devices));
    begin(&(struct options){.quiet = true});
    show_row(&r, &row);
    CHECK(span_contains(os_fake_written(OS_ERR), SPAN(ID_A)));
    CHECK(span_contains(os_fake_written(OS_ERR), SPAN(ID_B)));
}

/* ---- signing in ---- */

static const struct credential_prompt prompt = {
    .user_code = "ABCD\x1b-EFGH",
    .url = "https://login.test/\xE2\x80\xAE" "device",
    .expires = 1795449600 + 900,
};

#define PROMPT_LINE                                                                                \
    "sign-in: open https://login.test/\\u{202E}device in a browser on any device and enter the "   \
    "code ABCD\\u{001B}-EFGH (good until 2026-11-23T16:15:00Z)\n"

static void a_prompt_is_a_line_for_a_person(void)
{
    begin(&(struct options){.quiet = true}); /* nothing goes on without it */
    show_prompt(&r, &prompt);
    OUT("");
    ERR(PROMPT_LINE);
}

static void a_prompt_is_an_event_too(void)
{
    begin(&(struct options){.json = true});
    show_prompt(&r, &prompt);
    OUT("{\"event\":\"device-code\",\"userCode\":\"ABCD\\u001b-EFGH\","
        "\"verificationUri\":\"https://login.test/\\u202edevice\","
        "\"expires\":\"2026-11-23T16:15:00Z\"}\n");
    ERR(PROMPT_LINE);
}

static void tokens_are_printed_alone(void)
{
    struct secret token = {0};
    struct claims nothing = {0};
    struct claims all = {.audience = "https://api.test", .expires = 1795449600,
                         .permissions = "Machine.Isolate Machine.Read.All"};
    CHECK(secret_copy(&token, SPAN("aaaa.bbbb.cccc")));
    begin(&(struct options){0});
    show_token(&r, &token, &all);
    OUT("aaaa.bbbb.cccc\n");
    ERR("");
    begin(&(struct options){.json = true});
    show_token(&r, &token, &all);
    OUT("{\"token\":\"aaaa.bbbb.cccc\",\"expires\":\"2026-11-23T16:00:00Z\","
        "\"audience\":\"https://api.test\",\"roles\":[\"Machine.Isolate\",\"Machine.Read.All\"]}\n");
    begin(&(struct options){.json = true});
    show_token(&r, &token, &nothing);
    OUT("{\"token\":\"aaaa.bbbb.cccc\",\"expires\":null,\"audience\":null,\"roles\":[]}\n");
    secret_free(&token);
}

static void a_token_on_a_terminal_is_warned_of(void)
{
    struct secret token = {0};
    struct claims nothing = {0};
    CHECK(secret_copy(&token, SPAN("aaaa.bbbb.cccc")));
    begin(&(struct options){0});
    os_fake_terminal(OS_OUT, 80);
    show_token(&r, &token, &nothing);
    OUT("aaaa.bbbb.cccc\n");
    CHECK(span_starts(os_fake_written(OS_ERR), SPAN("advice: who has this token can release devices")));
    secret_free(&token);
}

static const struct unit_test tests[] = {
    TEST(accepted_as_text),
    TEST(already_pending_without_an_action),
    TEST(lines_fit_a_terminal),
    TEST(refused_as_text),
    TEST(texts_of_others_stay_one_harmless_line),
    TEST(inputs_and_statuses_are_escaped),
    TEST(color_only_when_asked_for),
    TEST(accepted_as_json),
    TEST(refused_as_json_and_on_standard_error),
    TEST(the_longest_fault_fits),
    TEST(a_row_that_cannot_be_written_is_told),
    TEST(rows_with_a_device),
    TEST(color_tells_good_from_bad),
    TEST(candidates_are_listed),
    TEST(candidates_are_listed_quietly_too),
    TEST(a_prompt_is_a_line_for_a_person),
    TEST(a_prompt_is_an_event_too),
    TEST(tokens_are_printed_alone),
    TEST(a_token_on_a_terminal_is_warned_of),
};

UNIT_MAIN(tests)
