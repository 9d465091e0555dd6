/*
 * test_object.c - cli/object: the members of a JSON object.
 */
#include "unit.h"

#include "cli/object.h"

static void check_json(struct buf *b, const char *wanted)
{
    struct json value = {0};
    struct fault f = {0};
    buf_put_char(b, '}');
    CHECK_EQUAL_SPAN(buf_span(b), span_of(wanted));
    CHECK(json_parse(buf_span(b), &value, &f) && value.kind == JSON_OBJECT);
    buf_free(b);
}

static struct buf begin(void)
{
    struct buf b = buf_init(4096);
    buf_put_char(&b, '{');
    return b;
}

static void texts_and_what_is_not_known(void)
{
    struct buf b = begin();
    object_text(&b, "a", "x");
    object_text(&b, "b", NULL);
    object_text(&b, "c", "");
    object_text(&b, "d", "\"\\\n\xC3\xA9\xFF\xE2\x80\xAE");
    check_json(&b, "{\"a\":\"x\",\"b\":null,\"c\":null,\"d\":\"\\\"\\\\\\u000a\\u00e9\\ufffd\\u202e\"}");
}

/* A text that ends in a brace is no beginning. */
static void commas_stand_between(void)
{
    struct buf b = begin();
    object_text(&b, "a", "{");
    object_text(&b, "b", "x");
    object_name(&b, "c");
    buf_put_char(&b, '{');
    object_text(&b, "d", "y");
    buf_put_char(&b, '}');
    object_text(&b, "e", "z");
    check_json(&b, "{\"a\":\"{\",\"b\":\"x\",\"c\":{\"d\":\"y\"},\"e\":\"z\"}");
}

static void times_are_utc(void)
{
    struct buf b = begin();
    object_time(&b, "a", 1795449600);
    object_time(&b, "b", 0);
    object_time(&b, "c", 1);
    check_json(&b, "{\"a\":\"2026-11-23T16:00:00Z\",\"b\":null,\"c\":\"1970-01-01T00:00:01Z\"}");
}

static void faults_are_whole(void)
{
    struct buf b = begin();
    struct fault f = {0};
    object_fault(&b, &f);
    check_json(&b, "{\"error\":null}");
    fault_set(&f, FAULT_CONFLICT, "pc: \"x\"");
    b = begin();
    object_fault(&b, &f);
    check_json(&b, "{\"error\":{\"name\":\"conflict\",\"exit\":13,\"message\":\"pc: \\\"x\\\"\","
                   "\"code\":null,\"target\":null,\"advice\":null}}");
    fault_keep(f.service_code, sizeof f.service_code, SPAN("Forbidden"));
    fault_keep(f.service_message, sizeof f.service_message, SPAN("not you"));
    fault_keep(f.service_target, sizeof f.service_target, SPAN("1-2"));
    fault_advise(&f, "ask");
    b = begin();
    object_fault(&b, &f);
    check_json(&b, "{\"error\":{\"name\":\"conflict\",\"exit\":13,\"message\":\"not you\",\"code\":\"Forbidden\",\"target\":\"1-2\","
                   "\"advice\":\"ask\"}}");
}

static const struct unit_test tests[] = {
    TEST(texts_and_what_is_not_known),
    TEST(commas_stand_between),
    TEST(times_are_utc),
    TEST(faults_are_whole),
};

UNIT_MAIN(tests)
