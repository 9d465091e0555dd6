/*
 * test_report.c - cli/report: which bytes go to which output; faults of a run, advice, trace, progress. Results: test_show.c.
 */
/* links: fake/os_fake.c */
#include "unit.h"

#include "base/trace.h"
#include "cli/report.h"
#include "fake/os_fake.h"

static struct report r;

static void begin(const struct options *o)
{
    os_fake_reset();
    report_open(&r, o);
}

#define OUT(text) CHECK_EQUAL_SPAN(os_fake_written(OS_OUT), SPAN(text))
#define ERR(text) CHECK_EQUAL_SPAN(os_fake_written(OS_ERR), SPAN(text))

static void fault_of_the_run_as_json(void)
{
    struct fault f = {0};
    fault_set(&f, FAULT_FILE, "a\"b\\\n\x1B\xFF");
    begin(&(struct options){.json = true});
    report_fault(&r, &f);
    OUT("{\"input\":null,\"result\":\"error\",\"machineId\":null,\"computerDnsName\":null,"
        "\"actionId\":null,"
        "\"actionStatus\":null,\"requested\":null,\"ended\":null,\"error\":{\"name\":\"usage\","
        "\"exit\":2,"
        "\"message\":\"a\\\"b\\\\\\u000a\\u001b\\ufffd\",\"code\":null,\"target\":null,\"advice\":"
        "null}}\n");
    ERR("unisolate: a\"b\\\\n\\u{001B}\\xFF\n");
}

static void fault_of_the_run_as_text(void)
{
    struct fault f = {0};
    fault_set(&f, FAULT_NO_CREDENTIAL, "no credential");
    fault_advise(&f, "give one");
    begin(&(struct options){.quiet = true});
    report_fault(&r, &f);
    OUT("");
    ERR("unisolate: no credential\nadvice: give one\n");
}

static void advice_in_advance(void)
{
    begin(&(struct options){0});
    report_advice(&r, "it is\n7");
    ERR("advice: it is\\n7\n");
    begin(&(struct options){.quiet = true});
    report_advice(&r, "it is");
    ERR("");
}

static void a_result_that_cannot_be_written_is_told(void)
{
    static char big[128 * 1024]; /* more than the fake's standard output holds */
    memset(big, 'x', sizeof big);
    begin(&(struct options){.quiet = true});
    report_text(&r, span_make(big, sizeof big));
    CHECK(r.write_failed);
    CHECK_EQUAL_INT(report_close(&r, STATUS_OK), STATUS_INTERNAL);
    ERR("unisolate: standard output: a result could not be written\n"
        "advice: the result could not be written; look at the disk or pipe behind standard "
        "output\n");
}

static void trace_lines_go_to_standard_error(void)
{
    static const enum trace_level levels[] = {TRACE_OFF, TRACE_STEPS, TRACE_BYTES, TRACE_BYTES};
    for (unsigned i = 0; i < COUNT_OF(levels); i++) {
        unit_row("verbosity %u", i);
        begin(&(struct options){.verbosity = i});
        trace(TRACE_STEPS, "step %d", 1);
        trace(TRACE_BYTES, "bytes");
        OUT("");
        if (levels[i] == TRACE_OFF) {
            ERR("");
        } else if (levels[i] == TRACE_STEPS) {
            ERR("step 1\n");
        } else {
            ERR("step 1\nbytes\n");
        }
    }
}

static void usage_goes_to_standard_error(void)
{
    begin(&(struct options){0});
    report_usage();
    OUT("");
    CHECK(span_starts(os_fake_written(OS_ERR), SPAN("usage: unisolate ")));
}

/* The members are those of the command's own results. */
static void fault_of_a_status_as_json(void)
{
    struct fault f = {0};
    fault_set(&f, FAULT_TOKEN, "no");
    fault_advise(&f, "x");
    begin(&(struct options){.json = true, .command = COMMAND_STATUS});
    report_fault(&r, &f);
    OUT("{\"input\":null,\"isolation\":\"unknown\",\"actionType\":null,\"machineId\":null,\"computerDnsName\":null,\"actionId\":null,"
        "\"actionStatus\":null,\"requested\":null,\"ended\":null,\"error\":{\"name\":\"sign-in\",\"exit\":5,\"message\":\"no\","
        "\"code\":null,\"target\":null,\"advice\":\"x\"}}\n");
}

/* ---- results, lines ---- */

static struct buf text_of(const char *text)
{
    struct buf b = buf_init(1000);
    buf_put_text(&b, text);
    return b;
}

static void results_and_lines(void)
{
    struct buf result = text_of("result\n"), lines = text_of("line\n");
    begin(&(struct options){0});
    report_result(&r, &result);
    report_lines(&r, &lines);
    OUT("result\n");
    ERR("line\n");
    CHECK(result.at == NULL && lines.at == NULL); /* taken over */
    result = text_of("result\n");
    lines = text_of("line\n");
    begin(&(struct options){.quiet = true});
    report_result(&r, &result);
    report_lines(&r, &lines);
    OUT("result\n");
    ERR("");
    CHECK(lines.at == NULL);
}

static void a_result_that_was_too_large_is_told(void)
{
    struct buf b = buf_init(3);
    buf_put_text(&b, "four");
    begin(&(struct options){0});
    report_result(&r, &b);
    OUT("");
    CHECK_EQUAL_INT(report_close(&r, STATUS_OK), STATUS_INTERNAL);
}

static void prompts_and_colors(void)
{
    struct buf b = buf_init(100);
    begin(&(struct options){.color = COLOR_ALWAYS, .quiet = true});
    report_put_colored(&r, &b, REPORT_GOOD, "a");
    report_put_colored(&r, &b, REPORT_BAD, "b");
    report_put_colored(&r, &b, REPORT_NOTE, "c");
    CHECK_EQUAL_SPAN(buf_span(&b), SPAN("\x1B[32ma\x1B[0m\x1B[31mb\x1B[0m\x1B[33mc\x1B[0m"));
    buf_free(&b);
    report_prompt(&r, "open\n");
    CHECK(span_contains(os_fake_written(OS_ERR), SPAN("sign-in:")));
    CHECK(span_contains(os_fake_written(OS_ERR), SPAN("open\\n")));
}

/* ---- progress ---- */

#define CLEAR "\r\x1B[K"

static void progress_is_one_line_that_is_rewritten(void)
{
    begin(&(struct options){.verbosity = 1});
    os_fake_terminal(OS_ERR, 20);
    report_progress(&r, "waiting 0:01");
    report_progress(&r, "waiting 0:02");
    trace(TRACE_STEPS, "step");
    report_progress(&r, "waiting 0:03");
    struct buf result = text_of("result\n");
    report_result(&r, &result); /* to another output, but perhaps to the same terminal */
    CHECK(span_ends(os_fake_written(OS_ERR), SPAN("waiting 0:03" CLEAR)));
    report_progress(&r, "waiting 0:04");
    CHECK_EQUAL_INT(report_close(&r, STATUS_OK), STATUS_OK);
    ERR("waiting 0:01" CLEAR "waiting 0:02" CLEAR "step\nwaiting 0:03" CLEAR "waiting 0:04" CLEAR);
    OUT("result\n");
}

static void progress_is_cut_and_escaped(void)
{
    begin(&(struct options){0});
    os_fake_terminal(OS_ERR, 10);
    report_progress(&r, "a\nb 45678901234");
    ERR("a\\nb 4567");
    CHECK_EQUAL_INT(report_close(&r, STATUS_OK), STATUS_OK);
}

static void no_progress_but_on_a_terminal(void)
{
    begin(&(struct options){0});
    os_fake_terminal(OS_OUT, 80);
    report_progress(&r, "waiting");
    CHECK_EQUAL_INT(report_close(&r, STATUS_OK), STATUS_OK);
    ERR("");
    begin(&(struct options){.quiet = true});
    os_fake_terminal(OS_ERR, 80);
    report_progress(&r, "waiting");
    CHECK_EQUAL_INT(report_close(&r, STATUS_OK), STATUS_OK);
    ERR("");
}

static void an_empty_line_takes_it_away(void)
{
    begin(&(struct options){0});
    os_fake_terminal(OS_ERR, 80);
    report_progress(&r, "");
    report_progress(&r, "a");
    report_progress(&r, "");
    report_progress(&r, "");
    ERR("a" CLEAR);
}

static const struct unit_test tests[] = {
    TEST(fault_of_the_run_as_json),
    TEST(fault_of_the_run_as_text),
    TEST(fault_of_a_status_as_json),
    TEST(advice_in_advance),
    TEST(results_and_lines),
    TEST(a_result_that_was_too_large_is_told),
    TEST(a_result_that_cannot_be_written_is_told),
    TEST(prompts_and_colors),
    TEST(trace_lines_go_to_standard_error),
    TEST(usage_goes_to_standard_error),
    TEST(progress_is_one_line_that_is_rewritten),
    TEST(progress_is_cut_and_escaped),
    TEST(no_progress_but_on_a_terminal),
    TEST(an_empty_line_takes_it_away),
};

UNIT_MAIN(tests)
