/*
 * test_check.c - cli/check: what one check looks like as text and as JSON; which exit status several come to.
 */
/* links: fake/os_fake.c */
#include "unit.h"

#include "cli/check.h"
#include "fake/os_fake.h"

static struct report r;
static struct checks all;

static void begin(bool json)
{
    os_fake_reset();
    report_open(&r, &(struct options){.json = json});
    all = (struct checks){.report = &r};
}

static void end(const char *name, const char *detail, enum fault_code code, const char *text)
{
    struct check c = check_begin(name);
    buf_put_text(&c.detail, detail);
    if (code != FAULT_NONE) {
        fault_set(&c.fault, code, "%s", text);
    }
    check_end(&all, &c);
}

#define OUT(text) CHECK_EQUAL_SPAN(os_fake_written(OS_OUT), SPAN(text))
#define ERR(text) CHECK_EQUAL_SPAN(os_fake_written(OS_ERR), SPAN(text))

static void a_long_text_goes_on_in_its_column(void)
{
    begin(false);
    end("tls", "aaaaaaaaaaaaaaaaaaa bbbbbbbbbbbbbbbbbbb cccccccccccccc d", FAULT_NONE, NULL);
    end("tls", "aaaaaaaaaaaaaaaaaaa bbbbbbbbbbbbbbbbbbb cccccccccccccc dd", FAULT_NONE, NULL);
    OUT("ok       tls            aaaaaaaaaaaaaaaaaaa bbbbbbbbbbbbbbbbbbb cccccccccccccc d\n"
        "ok       tls            aaaaaaaaaaaaaaaaaaa bbbbbbbbbbbbbbbbbbb cccccccccccccc\n"
        "                        dd\n");
}

static void a_problem_has_its_advice(void)
{
    begin(false);
    end("entropy", "seen", FAULT_RANDOM, "none\x1B");
    OUT("problem  entropy        seen; none\\u{001B}\n"
        "                        advice: the system gives no random numbers; wait a\n"
        "                        minute and run it again\n");
}

static void json_has_four_members(void)
{
    struct check c = check_begin("device");
    begin(true);
    end("clock", "a\nb", FAULT_NONE, NULL);
    end("tls", "", FAULT_TLS, "no");
    (void)check_skip(&c, "why");
    check_end(&all, &c);
    OUT("{\"check\":\"clock\",\"ok\":true,\"detail\":\"a\\u000ab\",\"advice\":null}\n"
        "{\"check\":\"tls\",\"ok\":false,\"detail\":\"no\",\"advice\":null}\n"
        "{\"check\":\"device\",\"ok\":null,\"detail\":\"why\",\"advice\":null}\n");
}

static void the_services_words_are_told(void)
{
    struct check c = check_begin("permission");
    begin(true);
    fault_set(&c.fault, FAULT_REFUSED, "host: refused");
    fault_keep(c.fault.service_code, sizeof c.fault.service_code, SPAN("Code"));
    fault_keep(c.fault.service_message, sizeof c.fault.service_message, SPAN("said so"));
    fault_keep(c.fault.service_target, sizeof c.fault.service_target, SPAN("id"));
    check_end(&all, &c);
    OUT("{\"check\":\"permission\",\"ok\":false,\"detail\":\"host: refused: Code: said so (id for Microsoft support: id)\","
        "\"advice\":null}\n");
}

static void exit_status_is_that_of_the_problems(void)
{
    begin(false);
    end("a", "", FAULT_NONE, NULL);
    CHECK_EQUAL_INT(checks_end(&all, "doctor"), STATUS_OK);
    ERR("");
    end("b", "", FAULT_NAME, "x");
    CHECK_EQUAL_INT(checks_end(&all, "doctor"), STATUS_NETWORK);
    ERR("unisolate: doctor: 1 of 2 checks found a problem\n");
    end("c", "", FAULT_CONNECT, "x");
    CHECK_EQUAL_INT(checks_end(&all, "doctor"), STATUS_NETWORK);
    end("d", "", FAULT_TLS, "x");
    CHECK_EQUAL_INT(checks_end(&all, "doctor"), STATUS_MIXED);
}

static void an_interruption_is_no_problem(void)
{
    begin(false);
    end("a", "", FAULT_NAME, "x");
    end("b", "seen", FAULT_TERMINATED, "x");
    CHECK_EQUAL_INT(all.problem_count, 1);
    CHECK_EQUAL_INT(checks_end(&all, "doctor"), STATUS_TERMINATED);
    CHECK(span_contains(os_fake_written(OS_OUT), SPAN("skipped  b              interrupted\n")));
    ERR("unisolate: doctor: interrupted\n");
}

static const struct unit_test tests[] = {
    TEST(a_long_text_goes_on_in_its_column),   TEST(a_problem_has_its_advice),
    TEST(json_has_four_members),               TEST(the_services_words_are_told),
    TEST(exit_status_is_that_of_the_problems), TEST(an_interruption_is_no_problem),
};

UNIT_MAIN(tests)
