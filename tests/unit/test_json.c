/*
 * test_json.c - codec/json: what is JSON and what is not, members, strings, numbers, writing.
 */
#include "unit.h"

#include "codec/json_write.h"

struct text_row {
    struct span text;
    enum json_kind kind;
};

#define TEXT(text) {"" text, sizeof(text) - 1}

static const struct text_row good_rows[] = {
    {TEXT("null"), JSON_NULL},
    {TEXT("true"), JSON_TRUE},
    {TEXT(" false\r\n\t "), JSON_FALSE},
    {TEXT("0"), JSON_NUMBER},
    {TEXT("-0"), JSON_NUMBER},
    {TEXT("12.5e+300"), JSON_NUMBER},
    {TEXT("1E-2"), JSON_NUMBER},
    {TEXT("0e0"), JSON_NUMBER},
    {TEXT("123456789012345678901234567890"), JSON_NUMBER},
    {TEXT("\"\""), JSON_STRING},
    {TEXT("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e4\\uD83D\\uDE00\""), JSON_STRING},
    {TEXT("\"\\ud800\""), JSON_STRING}, /* syntax knows no lone surrogates */
    {TEXT("\"\x7F\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80\""), JSON_STRING},
    {TEXT("[]"), JSON_ARRAY},
    {TEXT("[ ]"), JSON_ARRAY},
    {TEXT("[1,\"a\" , [ ] , {},null]"), JSON_ARRAY},
    {TEXT("[[],[[]],[{}]]"), JSON_ARRAY},
    {TEXT("[{\"a\":1},[2],{\"b\":3}]"), JSON_ARRAY},
    {TEXT("{}"), JSON_OBJECT},
    {TEXT("{ }"), JSON_OBJECT},
    {TEXT("{\"a\":1}"), JSON_OBJECT},
    {TEXT("{ \"a\" : { \"b\" : [ 1 , { } ] } , \"a\" : null }"), JSON_OBJECT},
    {TEXT("{\"\":0}"), JSON_OBJECT},
    /* RFC 8259 section 13 */
    {TEXT("{\n \"Image\": {\n \"Width\": 800,\n \"Height\": 600,\n \"Title\": \"View from 15th Floor\",\n"
          " \"Thumbnail\": {\n \"Url\": \"http://www.example.com/image/481989943\",\n \"Height\": 125,\n"
          " \"Width\": 100\n },\n \"Animated\" : false,\n \"IDs\": [116, 943, 234, 38793]\n }\n}\n"),
     JSON_OBJECT},
    {TEXT("\"Hello world!\""), JSON_STRING},
    /* RFC 8259 by its grammar: section 2 (blanks around each of the six characters), 6 (numbers), 7 and 8.1 (any scalar value) */
    {TEXT("\r\n\t [\r\n\t 1\r\n\t ,\r\n\t {\r\n\t \"a\"\r\n\t :\r\n\t 2\r\n\t }\r\n\t ]\r\n\t "), JSON_ARRAY},
    {TEXT("-0.0"), JSON_NUMBER}, {TEXT("0.10"), JSON_NUMBER}, {TEXT("-1e-01"), JSON_NUMBER}, {TEXT("1E+00"), JSON_NUMBER},
    {TEXT("10"), JSON_NUMBER}, {TEXT("9e999999999"), JSON_NUMBER}, {TEXT("0e-0"), JSON_NUMBER}, {TEXT("-0E+1"), JSON_NUMBER},
    {TEXT("\" !#~\x7F\""), JSON_STRING},
    {TEXT("\"\xC2\x80\xDF\xBF\xE0\xA0\x80\xED\x9F\xBF\xEE\x80\x80\xEF\xBF\xBF\xF0\x90\x80\x80\xF4\x8F\xBF\xBF\""), JSON_STRING},
    {TEXT("\"\xE2\x80\xA8\xEF\xBB\xBF\""), JSON_STRING},
    {TEXT("\"\\u0000\\u001F\\uABCD\\uabcd\\uDBFF\\uDFFF\""), JSON_STRING},
    {TEXT("{\"\xC3\xA4\\n\":\"\"}"), JSON_OBJECT},
    {TEXT("42"), JSON_NUMBER},
};

#define BAD(text) {TEXT(text), 0}

static const struct text_row bad_rows[] = {
    BAD(""), BAD(" "), BAD("\xEF\xBB\xBF{}"), BAD("nul"), BAD("nullx"), BAD("True"), BAD("NaN"), BAD("Infinity"),
    BAD("undefined"), BAD("null null"), BAD("1 2"), BAD("{}\0"), BAD("\0{}"), BAD("{}x"), BAD("{},"), BAD("[]]"), BAD("}"),
    BAD(","), BAD("\v1"), BAD("\xC2\xA0" "1"), BAD("// c\n1"), BAD("/**/1"), BAD("1#"),
    /* numbers */
    BAD("-"), BAD("+1"), BAD("01"), BAD("-01"), BAD("00"), BAD("1."), BAD(".5"), BAD("1a"), BAD("--1"),
    BAD("1.e1"), BAD("1e"), BAD("1e+"), BAD("1e1.5"), BAD("0x1"), BAD("1_0"), BAD("- 1"),
    /* strings */
    BAD("\""), BAD("\"a"), BAD("'a'"), BAD("a"), BAD("\"\\"), BAD("\"\\\""), BAD("\"\\x\""),
    BAD("\"\\u\""), BAD("\"\\u12\""), BAD("\"\\u123g\""), BAD("\"\\u 123\""), BAD("\"\\U0041\""),
    BAD("\"\\\0\""), BAD("\"\n\""), BAD("\"\t\""), BAD("\"\0\""), BAD("\"\x1F\""), BAD("\"\x80\""),
    BAD("\"\xC3\""), BAD("\"\xC0\x80\""), BAD("\"\xED\xA0\x80\""), BAD("\"\xF4\x90\x80\x80\""),
    BAD("\"\xFF\""), BAD("\"a\"b"),
    /* arrays and objects */
    BAD("["), BAD("[1"), BAD("[1,"), BAD("[,]"), BAD("[1,]"), BAD("[,1]"), BAD("[1,,2]"),
    BAD("[1 2]"), BAD("[1:2]"), BAD("[\"a\":1]"), BAD("[}"), BAD("[1}"), BAD("[[]"), BAD("{"),
    BAD("{]"), BAD("{\"a\""), BAD("{\"a\":"), BAD("{\"a\":1"), BAD("{\"a\":1,"),
    BAD("{\"a\":1,}"), BAD("{,}"), BAD("{,\"a\":1}"), BAD("{\"a\" 1}"), BAD("{\"a\":}"),
    BAD("{\"a\"}"), BAD("{\"a\",1}"), BAD("{a:1}"), BAD("{1:1}"), BAD("{null:1}"), BAD("{'a':1}"),
    BAD("{\"a\":1 \"b\":2}"), BAD("{\"a\":1]"), BAD("{\"a\"::1}"), BAD("{\"a\":1:2}"), BAD("{[]:1}"),
    /* RFC 8259 by its grammar: 2 and 3 (blanks, literals), 6 (numbers), 7 (escapes), 8.1 (UTF-8, RFC 3629), 4 and 5 */
    BAD("TRUE"), BAD("False"), BAD("NULL"), BAD("tru"), BAD("fals"), BAD("truefalse"), BAD("true1"), BAD("-Infinity"), BAD("-NaN"),
    BAD("\f1"), BAD("1\f"), BAD("\xC2\x85" "1"), BAD("\xE2\x80\xA8" "1"), BAD("\xE3\x80\x80" "1"), BAD("1\0"), BAD("\x1A"),
    BAD("\xFF\xFE[\0]\0"), BAD("\xFE\xFF\0[\0]"), BAD("\0[\0]"), BAD("[\xEF\xBB\xBF]"), BAD("e1"), BAD("-.5"), BAD("-0."), BAD("0e"),
    BAD("0e-"), BAD("0x"), BAD("0b1"), BAD("0o7"), BAD("1.2.3"), BAD("1e1e1"), BAD("1e 1"), BAD("1 e1"), BAD("1,000"), BAD("1n"),
    BAD("1f"), BAD("-01.5"), BAD("00.5"), BAD("\xEF\xBC\x91"), BAD("\xE2\x88\x92" "1"), BAD("\"\\a\""), BAD("\"\\'\""), BAD("\"\\v\""),
    BAD("\"\\0\""), BAD("\"\\x41\""), BAD("\"\\u00e\""), BAD("\"\\u{41}\""), BAD("\"\\B\""), BAD("\"\\N\""), BAD("\"\\\xC3\xA4\""),
    BAD("\"\\\n\""), BAD("\"\\u+041\""), BAD("\"\r\""), BAD("\"\b\""), BAD("\"\x01\""), BAD("{\"\n\":1}"), BAD("{\"\x80\":1}"),
    BAD("\"\xC1\xBF\""), BAD("\"\xE0\x80\xAF\""), BAD("\"\xE0\x9F\xBF\""), BAD("\"\xF0\x80\x80\xAF\""), BAD("\"\xF0\x8F\xBF\xBF\""),
    BAD("\"\xED\xBF\xBF\""), BAD("\"\xF5\x80\x80\x80\""), BAD("\"\xF8\x88\x80\x80\x80\""), BAD("\"\xE2\x82\""), BAD("\"\xF0\x9F\x98\""),
    BAD("\"\xE2\x28\xA1\""), BAD("\"\xC3\xC3\xA4\""), BAD("\"\xBF\""), BAD("\"\xFE\""), BAD("`a`"), BAD("\xE2\x80\x9C" "a\xE2\x80\x9D"),
    BAD("\"a\" \"b\""), BAD("(1)"), BAD("[1;2]"), BAD("[1,\n]"), BAD("[...1]"), BAD("[\"a\" \"b\"]"), BAD("[[],]"),
    BAD("{\"a\":1,,\"b\":2}"), BAD("{\"a\"=1}"), BAD("{\"a\"=>1}"), BAD("{:1}"), BAD("{\"a\":1;\"b\":2}"), BAD("{\"a\":1 // c\n}"),
    BAD("{\"a\":/**/1}"), BAD("{true:1}"), BAD("{\"a\":b}"), BAD("{{}}"), BAD("{\"a\"\"b\":1}"), BAD("{\"a\",\"b\"}"), BAD("{[1]}"),
    BAD("[][]"), BAD("{}{}"), BAD("[]{}"),
    BAD("[{\"a\":1},[2}]"), BAD("[[1],{\"a\":2]]"), BAD("{\"a\":[1}"), BAD("[{\"a\":1]}"),
};

static void accepts(void)
{
    for (size_t i = 0; i < COUNT_OF(good_rows); i++) {
        struct json value;
        struct fault f = {0};
        unit_row("%.*s", SPAN_ARG(good_rows[i].text));
        CHECK(json_parse(unit_edge(good_rows[i].text), &value, &f));
        CHECK_EQUAL_TEXT(f.text, "");
        CHECK_EQUAL_INT(value.kind, good_rows[i].kind);
        CHECK_EQUAL_SPAN(value.raw, span_trim(good_rows[i].text));
    }
}

static void refuses(void)
{
    for (size_t i = 0; i < COUNT_OF(bad_rows); i++) {
        struct json value = {.kind = JSON_NULL};
        struct fault f = {0};
        unit_row("%zu: %.*s", i, SPAN_ARG(bad_rows[i].text));
        CHECK(!json_parse(unit_edge(bad_rows[i].text), &value, &f));
        CHECK_EQUAL_INT(f.code, FAULT_ANSWER);
        CHECK(strstr(f.text, "byte ") != NULL && strstr(f.text, "expected ") != NULL);
        CHECK_EQUAL_INT(value.kind, JSON_NONE);
    }
}

/* Cut at each position, nothing but a number (or blanks less) stays JSON. */
static void refuses_what_is_cut(void)
{
    for (size_t i = 0; i < COUNT_OF(good_rows); i++) {
        struct span text = span_trim(good_rows[i].text);
        for (size_t size = 0; good_rows[i].kind != JSON_NUMBER && size < text.size; size++) {
            struct json value;
            struct fault f = {0};
            unit_row("%zu bytes of %.*s", size, SPAN_ARG(text));
            CHECK(!json_parse(unit_edge(span_cut(text, 0, size)), &value, &f));
        }
    }
}

static void says_where(void)
{
    struct json value;
    struct fault f = {0};
    CHECK(!json_parse(SPAN("{\"a\": 1, \"b\": x}"), &value, &f));
    CHECK_EQUAL_TEXT(f.text, "JSON: byte 14: expected a value");
}

static bool parses_nested(size_t depth, char open, char close)
{
    struct buf b = buf_init(1000000);
    struct json value;
    struct fault f = {0};
    for (size_t i = 0; i < depth; i++) {
        buf_put_text(&b, open == '{' && i > 0 ? "\"a\":" : "");
        buf_put_char(&b, open);
    }
    for (size_t i = 0; i < depth && close != '\0'; i++) {
        buf_put_char(&b, close);
    }
    bool good = json_parse(unit_edge(buf_span(&b)), &value, &f);
    buf_free(&b);
    return good;
}

static void limits_the_depth(void)
{
    for (size_t depth = JSON_DEPTH_MAX - 1; depth <= JSON_DEPTH_MAX + 1; depth++) {
        unit_row("%zu levels", depth);
        CHECK_EQUAL_INT(parses_nested(depth, '[', ']'), depth <= JSON_DEPTH_MAX);
        CHECK_EQUAL_INT(parses_nested(depth, '{', '}'), depth <= JSON_DEPTH_MAX);
        CHECK(!parses_nested(depth, '[', '}'));
        CHECK(!parses_nested(depth, '{', ']'));
    }
    CHECK(!parses_nested(100000, '[', '\0'));
    CHECK(!parses_nested(100000, '[', ']'));
}

static struct json parsed(struct span text)
{
    struct json value;
    struct fault f = {0};
    CHECK(json_parse(unit_edge(text), &value, &f));
    return value;
}

static void finds_members(void)
{
    struct json object = parsed(SPAN("{ \"a\" : 1 , \"b\":{\"a\":2,\"c\":[\"a\",\"}\"]} ,\"\\u0061\":\"x\\\"y\",\"d\" :null,\"\":[]}"));
    struct json value;
    CHECK_EQUAL_INT(json_member(object, "a", &value), 2); /* names are compared decoded */
    CHECK_EQUAL_SPAN(value.raw, SPAN("1"));
    CHECK_EQUAL_INT(json_member(object, "b", &value), 1);
    CHECK_EQUAL_SPAN(value.raw, SPAN("{\"a\":2,\"c\":[\"a\",\"}\"]}"));
    CHECK_EQUAL_INT(json_member(value, "c", &value), 1);
    CHECK_EQUAL_INT(value.kind, JSON_ARRAY);
    CHECK_EQUAL_INT(json_member(object, "d", &value), 1);
    CHECK_EQUAL_INT(value.kind, JSON_NULL);
    CHECK_EQUAL_INT(json_member(object, "", &value), 1);
    CHECK_EQUAL_INT(value.kind, JSON_ARRAY);
    CHECK_EQUAL_INT(json_member(object, "c", &value), 0); /* not a member of this one */
    CHECK_EQUAL_INT(value.kind, JSON_NONE);
    CHECK_EQUAL_INT(json_member(object, "A", &value), 0);
    CHECK_EQUAL_INT(json_member(object, "ab", &value), 0);
    CHECK_EQUAL_INT(json_member(parsed(SPAN("[\"a\",1]")), "a", &value), 0);
    CHECK_EQUAL_INT(json_member(parsed(SPAN("{}")), "a", &value), 0);
    CHECK_EQUAL_INT(json_member((struct json){0}, "a", &value), 0);
}

static void walks(void)
{
    static const char *const wanted[] = {"1", "[2,[3]]", "\"a,]\"", "{\"b\":[]}", "null", "-1.5e3"};
    struct json array = parsed(SPAN("[1 , [2,[3]],\"a,]\" ,{\"b\":[]},null , -1.5e3 ]"));
    struct json_walk walk = {0};
    struct json value, name;
    size_t count = 0;
    while (json_next(array, &walk, &value)) {
        CHECK(count < COUNT_OF(wanted));
        CHECK_EQUAL_SPAN(value.raw, span_of(wanted[count % COUNT_OF(wanted)]));
        count++;
    }
    CHECK_EQUAL_INT(count, COUNT_OF(wanted));
    CHECK(!json_next(array, &walk, &value) && value.kind == JSON_NONE);
    walk = (struct json_walk){0};
    CHECK(!json_next(parsed(SPAN("[ ]")), &walk, &value));
    walk = (struct json_walk){0};
    CHECK(!json_next(parsed(SPAN("{\"a\":1}")), &walk, &value));
    walk = (struct json_walk){0};
    CHECK(!json_next_member(parsed(SPAN("[1,2]")), &walk, &name, &value));
    walk = (struct json_walk){0};
    struct json object = parsed(SPAN("{\"x\":1, \"y\" : \"{\" }"));
    CHECK(json_next_member(object, &walk, &name, &value) && json_is(name, "x"));
    CHECK(json_next_member(object, &walk, &name, &value) && json_is(name, "y") && json_is(value, "{"));
    CHECK(!json_next_member(object, &walk, &name, &value));
}

struct string_row {
    struct span raw;
    struct span decoded;
    bool good;
};

static const struct string_row string_rows[] = {
    {TEXT("\"\""), TEXT(""), true},
    {TEXT("\"abc\""), TEXT("abc"), true},
    {TEXT("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\""), TEXT("\"\\/\b\f\n\r\t"), true},
    {TEXT("\"\\u0041\\u00e4\\u20AC\""), TEXT("A\xC3\xA4\xE2\x82\xAC"), true},
    {TEXT("\"\\ud83d\\uDE00\""), TEXT("\xF0\x9F\x98\x80"), true},
    {TEXT("\"\\uD800\\uDC00\\uDBFF\\uDFFF\""), TEXT("\xF0\x90\x80\x80\xF4\x8F\xBF\xBF"), true},
    {TEXT("\"\\u0000\""), TEXT("\0"), true},
    {TEXT("\"\xC3\xA4\xF0\x9F\x98\x80\""), TEXT("\xC3\xA4\xF0\x9F\x98\x80"), true},
    {TEXT("\"\\uFFFF\\uE000\\uD7FF\""), TEXT("\xEF\xBF\xBF\xEE\x80\x80\xED\x9F\xBF"), true},
    {TEXT("\"\\ud800\""), TEXT(""), false},
    {TEXT("\"a\\udc00\""), TEXT(""), false},
    {TEXT("\"\\ud800a\""), TEXT(""), false},
    {TEXT("\"\\ud800\\n\""), TEXT(""), false},
    {TEXT("\"\\ud800\\u0041\""), TEXT(""), false},
    {TEXT("\"\\ud800\\ud800\""), TEXT(""), false},
    {TEXT("\"\\udc00\\ud800\""), TEXT(""), false},
    {TEXT("\"\\udc00\\udc00\""), TEXT(""), false},
    {TEXT("\"\\ud800\\ue000\""), TEXT(""), false},
    {TEXT("\"\\ud800\\udbff\""), TEXT(""), false},
    {TEXT("1"), TEXT(""), false},
    {TEXT("null"), TEXT(""), false},
    {TEXT("[\"a\"]"), TEXT(""), false},
};

static void decodes_strings(void)
{
    for (size_t i = 0; i < COUNT_OF(string_rows); i++) {
        const struct string_row *row = &string_rows[i];
        struct json value = parsed(row->raw);
        struct buf b = buf_init(100);
        unit_row("%zu: %.*s", i, SPAN_ARG(row->raw));
        CHECK_EQUAL_INT(json_put_decoded(&b, value), row->good);
        if (row->good) {
            CHECK_EQUAL_SPAN(buf_span(&b), row->decoded);
        }
        bool has_nul = span_find(row->decoded, '\0') < row->decoded.size;
        CHECK_EQUAL_INT(json_is(value, buf_text(&b)), row->good && !has_nul);
        CHECK(!json_is(value, "something else"));
        buf_free(&b);
    }
    CHECK(!json_is((struct json){0}, ""));
    CHECK(!json_is(parsed(SPAN("\"abc\"")), "ab"));
    CHECK(!json_is(parsed(SPAN("\"abc\"")), "abcd"));
    struct buf small = buf_init(2);
    CHECK(!json_put_decoded(&small, parsed(SPAN("\"abc\""))) && small.failed);
    buf_free(&small);
}

static void reads_integers(void)
{
    static const struct {
        const char *text;
        bool good;
        int64_t number;
    } rows[] = {
        {"0", true, 0},
        {"-0", true, 0},
        {"3599", true, 3599},
        {"\"3599\"", true, 3599},
        {"-7", true, -7},
        {"\"-7\"", true, -7},
        {"9223372036854775807", true, INT64_MAX},
        {"9223372036854775808", false, 0},
        {"-9223372036854775808", true, INT64_MIN},
        {"-9223372036854775809", false, 0},
        {"\"9223372036854775808\"", false, 0},
        {"1e3", false, 0},
        {"1.0", false, 0},
        {"\"\"", false, 0},
        {"\"-\"", false, 0},
        {"\"--1\"", false, 0},
        {"\"+1\"", false, 0},
        {"\" 1\"", false, 0},
        {"\"1s\"", false, 0},
        {"null", false, 0},
        {"true", false, 0},
        {"[1]", false, 0},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        int64_t number = 77;
        unit_row("%s", rows[i].text);
        CHECK_EQUAL_INT(json_integer(parsed(span_of(rows[i].text)), &number), rows[i].good);
        CHECK_EQUAL_INT(number, rows[i].good ? rows[i].number : 77);
    }
    int64_t number;
    CHECK(!json_integer((struct json){0}, &number));
}

static void copies_texts(void)
{
    static const struct {
        const char *object;
        bool good;
        const char *field; /* of 8 bytes */
    } rows[] = {
        {"{\"a\":\"\"}", true, ""},
        {"{\"a\":\"1234567\"}", true, "1234567"},
        {"{\"a\":\"12345678\"}", true, "1234567"},
        {"{\"a\":\"12345\\u00e4\"}", true, "12345\xC3\xA4"},
        {"{\"a\":\"123456\\u00e4x\"}", true, "123456"},
        {"{\"a\":\"1234\xF0\x9F\x98\x80\"}", true, "1234"},
        {"{\"a\":\"x\\u0000y\"}", true, "x y"},
        {"{\"a\":\"x\\ud800\"}", false, ""},
        {"{\"a\":null}", false, ""},
        {"{\"a\":1}", false, ""},
        {"{\"a\":[\"x\"]}", false, ""},
        {"{\"a\":\"x\",\"a\":\"x\"}", false, ""},
        {"{\"b\":\"x\"}", false, ""},
        {"[\"a\",\"x\"]", false, ""},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char field[9];
        unit_row("%s", rows[i].object);
        memset(field, '#', sizeof field);
        CHECK_EQUAL_INT(json_text(parsed(span_of(rows[i].object)), "a", field, 8), rows[i].good);
        CHECK_EQUAL_TEXT(field, rows[i].field);
        CHECK(field[8] == '#');
    }
}

static void writes_strings(void)
{
    static const struct {
        struct span text;
        const char *written;
        const char *lossy; /* where text is not UTF-8 */
    } rows[] = {
        {TEXT(""), "\"\"", NULL},
        {TEXT("plain ~/"), "\"plain ~/\"", NULL},
        {TEXT("\"\\"), "\"\\\"\\\\\"", NULL},
        {TEXT("a\nb\t\x7F"), "\"a\\u000ab\\u0009\\u007f\"", NULL},
        {TEXT("\0\x1F"), "\"\\u0000\\u001f\"", NULL},
        {TEXT("\xC3\xA4\xE2\x82\xAC"), "\"\\u00e4\\u20ac\"", NULL},
        {TEXT("\xF0\x9F\x98\x80\xF4\x8F\xBF\xBF"), "\"\\ud83d\\ude00\\udbff\\udfff\"", NULL},
        {TEXT("a\xFF" "b"), NULL, "\"a\\ufffdb\""},
        {TEXT("\xC3"), NULL, "\"\\ufffd\""},
        {TEXT("\xED\xA0\x80"), NULL, "\"\\ufffd\\ufffd\\ufffd\""},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct buf b = buf_init(200);
        unit_row("%zu", i);
        CHECK_EQUAL_INT(json_put_string(&b, unit_edge(rows[i].text)), rows[i].written != NULL);
        CHECK_EQUAL_SPAN(buf_span(&b), span_of(rows[i].written));
        buf_clear(&b);
        json_put_string_lossy(&b, unit_edge(rows[i].text));
        CHECK_EQUAL_SPAN(buf_span(&b), span_of(rows[i].written != NULL ? rows[i].written : rows[i].lossy));
        buf_free(&b);
    }
    struct buf b = buf_init(200);
    json_put_string_lossy(&b, span_of(NULL));
    CHECK_EQUAL_SPAN(buf_span(&b), SPAN("\"\""));
    buf_free(&b);
}

/* Every byte, and every pair of an ASCII byte and a letter, comes back as it was. */
static void reads_what_it_wrote(void)
{
    for (int i = 0; i < 128; i++) {
        char text[2] = {(char)i, 'x'};
        struct buf b = buf_init(50);
        struct buf back = buf_init(50);
        unit_row("byte %d", i);
        CHECK(json_put_string(&b, span_make(text, 2)));
        CHECK(json_put_decoded(&back, parsed(buf_span(&b))));
        CHECK_EQUAL_SPAN(buf_span(&back), span_make(text, 2));
        buf_free(&b);
        buf_free(&back);
    }
    for (size_t ceiling = 9; ceiling <= 11; ceiling++) { /* "a\u000ab" with its quotes is 10 bytes */
        struct buf b = buf_init(ceiling);
        CHECK(json_put_string(&b, SPAN("a\nb")));
        CHECK_EQUAL_INT(b.failed, ceiling < 10);
        buf_free(&b);
    }
}

struct rewrite_row {
    const char *text, *wanted;
};

static const struct rewrite_row rewrites[] = {
    {" { } ", "{}"},
    {"[ ]", "[]"},
    {"\t[ 1 , -2.50e+3 ,\ntrue,false , null ]\r\n", "[1,-2.50e+3,true,false,null]"},
    {"{\"a\" : [ { \"b\":\"c\" } , [ ] ], \"d\" : { } }", "{\"a\":[{\"b\":\"c\"},[]],\"d\":{}}"},
    {"{\"a\":1,\"a\":2}", "{\"a\":1,\"a\":2}"}, /* shown as it came */
    {"\"\\u0041\\/\\b\\f\"", "\"A/\\u0008\\u000c\""},
    {"\"\xC3\xA9\x7F\"", "\"\\u00e9\\u007f\""},
    {"\"\\uD83D\\uDCBB\xF0\x9F\x92\xBB\"", "\"\\ud83d\\udcbb\\ud83d\\udcbb\""},
    {"\"\\u202E\\u001b[31m\"", "\"\\u202e\\u001b[31m\""},
    {"\"\\\"\\\\\"", "\"\\\"\\\\\""},
    {"\"\\u0000\"", "\"\\u0000\""},
    {"[\"a\\ud800\",1]", "[\"\",1]"}, /* a lone surrogate: no text */
    {"{\"\\u0061\\n\":0}", "{\"a\\u000a\":0}"},
    {"7", "7"},
};

/* Whatever came: what is written is ASCII, one line, JSON again, and the same when it is written once more. */
static void writes_values_again(void)
{
    for (size_t i = 0; i < COUNT_OF(rewrites); i++) {
        struct buf b = buf_init(200);
        struct buf again = buf_init(200);
        unit_row("%s", rewrites[i].text);
        json_put_value(&b, parsed(span_of(rewrites[i].text)));
        CHECK_EQUAL_SPAN(buf_span(&b), span_of(rewrites[i].wanted));
        json_put_value(&again, parsed(buf_span(&b)));
        CHECK_EQUAL_SPAN(buf_span(&again), buf_span(&b));
        buf_free(&b);
        buf_free(&again);
    }
}

static void writes_the_deepest_value(void)
{
    char text[2 * JSON_DEPTH_MAX];
    struct buf b = buf_init(2 * JSON_DEPTH_MAX);
    memset(text, '[', JSON_DEPTH_MAX);
    memset(text + JSON_DEPTH_MAX, ']', JSON_DEPTH_MAX);
    json_put_value(&b, parsed(span_make(text, sizeof text)));
    CHECK_EQUAL_SPAN(buf_span(&b), span_make(text, sizeof text));
    buf_free(&b);
    b = buf_init(2 * JSON_DEPTH_MAX - 1); /* a full one is seen in failed */
    json_put_value(&b, parsed(span_make(text, sizeof text)));
    CHECK(b.failed);
    buf_free(&b);
}

/* Text that nobody has checked may be walked too: nothing sensible, but inside its bounds. */
static void stays_inside_unchecked_text(void)
{
    static const char *const texts[] = {
        "{",   "[",  "\"",        "{\"", "{\"a", "{\"a\\", "[\"\\\"", "{\"a\":",        "[[[", "}}}", "[}]",
        "[1", "{\"a\"\"", "[,,", "[]]", "\"\\u", "\"\\ud800\\u\"",
    };
    static const enum json_kind kinds[] = {JSON_ARRAY, JSON_OBJECT, JSON_STRING};
    for (size_t i = 0; i < COUNT_OF(texts) * 3; i++) {
        struct json value = {kinds[i % 3], unit_edge(span_of(texts[i / 3]))};
        struct json_walk walk = {0}, members = {0};
        struct json name, element;
        struct buf b = buf_init(100);
        unsigned steps = 0;
        unit_row("%s", texts[i / 3]);
        while (steps++ < 20 && json_next(value, &walk, &element)) {
            CHECK(element.raw.size <= value.raw.size);
        }
        while (steps++ < 40 && json_next_member(value, &members, &name, &element)) {
            CHECK(element.raw.size <= value.raw.size);
        }
        CHECK(steps < 40);
        CHECK(json_put_decoded(&b, value) || b.size <= value.raw.size);
        buf_free(&b);
    }
}

static const struct unit_test tests[] = {
    TEST(accepts), TEST(refuses), TEST(refuses_what_is_cut), TEST(says_where), TEST(limits_the_depth), TEST(finds_members),
    TEST(walks), TEST(decodes_strings), TEST(reads_integers), TEST(copies_texts), TEST(writes_strings), TEST(reads_what_it_wrote),
    TEST(writes_values_again), TEST(writes_the_deepest_value), TEST(stays_inside_unchecked_text),
};
UNIT_MAIN(tests)
