/*
 * test_input.c - cli/input: what is read from operands and lists, what is left out, what is told of lines that are wrong.
 */
/* links: fake/os_fake.c */
#include "unit.h"

#include "fake/os_fake.h"

#include "cli/input.h"

#define HEX "1e5bc9d7e413ddd7902c2932e418702b84d0cc07"
#define GUID "5382f7ea-7557-4ab7-9782-d50480024a4e"

static struct input in;

struct row {
    const char *name;
    const char *arguments[6];
    const char *file, *standard; /* what list.csv and standard input hold; NULL: nothing is there */
    const char *texts;           /* what is read, each with '|' behind */
    const char *fault, *told;    /* words of the fault that ends it, and of standard error before; NULL: none */
    enum fault_code code;
};

static const struct row rows[] = {
    {"operands", {"pc-1", HEX}, NULL, NULL, "pc-1|" HEX "|", NULL, NULL, FAULT_NONE},
    {"a file", {"-f", "list.csv"}, "pc-1\n" HEX "\n", NULL, "pc-1|" HEX "|", NULL, NULL, FAULT_NONE},
    {"standard input", {"--from=-"}, NULL, "pc-1\n", "pc-1|", NULL, NULL, FAULT_NONE},
    {"standard input among operands, and a file", {"pc-1", "-", "pc-2", "-f", "list.csv"}, "pc-4", "pc-3\n", "pc-1|pc-3|pc-2|pc-4|", NULL,
     NULL, FAULT_NONE},
    {"named twice", {"-f", "list.csv"}, "pc-1\nPC-1\nname:pc-1\npc-1.\nid:" HEX "\n" HEX "\npc-2", NULL, "pc-1|id:" HEX "|pc-2|", NULL,
     NULL, FAULT_NONE},
    {"the same value of another kind", {"-f", "list.csv"}, HEX "\nname:" HEX "\n" GUID "\nname:" GUID, NULL,
     HEX "|name:" HEX "|" GUID "|name:" GUID "|", NULL, NULL, FAULT_NONE},
    {"self, and its id", {"self", "id:" HEX, "SELF"}, NULL, NULL, "self|", NULL, NULL, FAULT_NONE},
    {"a header of advanced hunting", {"-f", "list.csv"}, "DeviceId,DeviceName\n" HEX ",pc-1\n", NULL, HEX "|", NULL, NULL, FAULT_NONE},
    {"a header of the portal's export", {"-f", "list.csv"}, "\"Device ID\",\"Device Name\"\n\"" HEX "\",\"pc-1\"\n", NULL, HEX "|", NULL,
     NULL, FAULT_NONE},
    {"a header alone in its line", {"-f", "list.csv"}, "# x\ncomputerDnsName\npc-1", NULL, "pc-1|", NULL, NULL, FAULT_NONE},
    {"a header of the API's members", {"-f", "list.csv"}, "id;computerDnsName\n" HEX ";x", NULL, HEX "|", NULL, NULL, FAULT_NONE},
    {"id and name without columns are devices", {"-f", "list.csv"}, "id\nname", NULL, "id|name|", NULL, NULL, FAULT_NONE},
    {"a header in the second line is a device", {"-f", "list.csv"}, "pc-1\nDeviceId", NULL, "pc-1|DeviceId|", NULL, NULL, FAULT_NONE},
    {"an unknown header is a device", {"-f", "list.csv"}, "Hostname,x\npc-1,y", NULL, "Hostname|pc-1|", NULL, NULL, FAULT_NONE},
    {"command words are devices in a list", {"-f", "list.csv"}, "status\nhelp", NULL, "status|help|", NULL, NULL, FAULT_NONE},
    {"tags", {"--all", "-f", "list.csv"}, "tag:a b\ntag:A B\n\"tag:a,b\"", NULL, "tag:a b|tag:a,b|", NULL, NULL, FAULT_NONE},
    {"a tag without --all", {"-f", "list.csv"}, "pc-1\ntag:x", NULL, "", "list.csv:2: tag:x: a tag may name many", NULL, FAULT_USAGE},
    {"a malformed operand", {"id:x"}, NULL, NULL, "", "device \"id:x\": 40 hexadecimal", NULL, FAULT_USAGE},
    {"a malformed line", {"-f", "list.csv"}, "pc-1\n\n#\nid:x\n", NULL, "", "list.csv:4: device \"id:x\": 40 hex", NULL, FAULT_USAGE},
    {"a malformed line of standard input", {"-"}, NULL, "ip:x", "", "standard input:1: device \"ip:x\"", NULL, FAULT_USAGE},
    {"two malformed", {"id:x", "-f", "list.csv"}, "pc-1\nip:y", NULL, "", "2 of the names are wrong; nothing was sent",
     "unisolate: device \"id:x\": 40 hexadecimal digits is wanted after \"id:\"\nunisolate: list.csv:2: device \"ip:y\"", FAULT_USAGE},
    {"an option in a list", {"-f", "list.csv"}, "--all", NULL, "", "list.csv:1: device \"--all\": looks like an option", NULL, FAULT_USAGE},
    {"standard input in a list", {"-f", "list.csv"}, "-", NULL, "", "list.csv:1: device \"-\"", NULL, FAULT_USAGE},
    {"an empty first column", {"-f", "list.csv"}, ",pc-1", NULL, "", "list.csv:1: device \"\": nothing is named", NULL, FAULT_USAGE},
    {"a quote that does not end", {"-f", "list.csv"}, "a\n\"b\nc", NULL, "", "list.csv:2: a quote that does not end", NULL, FAULT_USAGE},
    {"no UTF-8", {"-f", "list.csv"}, "b\xFCro,x", NULL, "", "list.csv:1: device", NULL, FAULT_USAGE},
    {"no UTF-8 in another column", {"-f", "list.csv"}, "pc-1,b\xFCro", NULL, "pc-1|", NULL, NULL, FAULT_NONE},
    {"an empty file", {"-f", "list.csv"}, "", NULL, "", "list.csv: nothing is named in it", NULL, FAULT_USAGE},
    {"a header and no more", {"-f", "list.csv"}, "DeviceId\n", NULL, "", "list.csv: nothing is named in it", NULL, FAULT_USAGE},
    {"an empty file beside an operand", {"pc-1", "-f", "list.csv"}, "# none\n", NULL, "", "list.csv: nothing is named", NULL, FAULT_USAGE},
    {"empty standard input", {"-"}, NULL, "", "", "standard input: nothing is named in it", NULL, FAULT_USAGE},
    {"no such file", {"-f", "none"}, NULL, NULL, "", "none: No such file", NULL, FAULT_FILE},
    {"--max", {"--max", "2", "a", "b", "c"}, NULL, NULL, "", "3 devices are named, and --max is 2; nothing was sent", NULL, FAULT_USAGE},
    {"--max, without what is named twice", {"--max=2", "a", "b", "A"}, NULL, NULL, "a|b|", NULL, NULL, FAULT_NONE},
    {"--max, tags are looked up first", {"--max=1", "--all", "a", "tag:b"}, NULL, NULL, "a|tag:b|", NULL, NULL, FAULT_NONE},
    {"--max 0", {"--max=0", "a", "b"}, NULL, NULL, "a|b|", NULL, NULL, FAULT_NONE},
    {"--max is for releases", {"find", "--max", "1", "a", "b"}, NULL, NULL, "a|b|", NULL, NULL, FAULT_NONE},
    {"actions", {"cancel", "-f", "list.csv"}, GUID "\n" GUID "\n", NULL, GUID "|", NULL, NULL, FAULT_NONE},
    {"no action", {"cancel", "-f", "list.csv"}, GUID "\npc-1\n", NULL, "", "list.csv:2: action \"pc-1\": a GUID is wanted", NULL,
     FAULT_USAGE},
    {"status", {"status", GUID, "pc-1"}, NULL, NULL, GUID "|pc-1|", NULL, NULL, FAULT_NONE},
};

/* Read what the arguments say; "unisolate" and a comment stand in front. */
static bool read_input(const char *const *arguments, struct options *o, struct fault *f)
{
    char *argv[12] = {(char *)"unisolate"};
    struct report report = {0};
    int argc = 1;
    for (size_t i = 0; i < 6 && arguments[i] != NULL; i++) {
        argv[argc++] = (char *)arguments[i];
    }
    argv[argc++] = (char *)"-cx";
    CHECK(options_read(o, argc, argv, f));
    return !fault_is_set(f) && input_read(&in, o, &report, f);
}

static void lists_and_operands_are_read(void)
{
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct options o = {0};
        struct buf texts = buf_init(1000);
        struct fault f = {0};
        unit_row("%s", rows[i].name);
        os_fake_reset();
        os_fake_file("sensor", HEX);
        if (rows[i].file != NULL) {
            os_fake_file("list.csv", rows[i].file);
        }
        if (rows[i].standard != NULL) {
            os_fake_file("-", rows[i].standard);
        }
        CHECK_EQUAL_INT(read_input(rows[i].arguments, &o, &f), rows[i].code == FAULT_NONE);
        CHECK_EQUAL_INT(f.code, rows[i].code);
        for (size_t k = 0; rows[i].code == FAULT_NONE && k < in.count; k++) {
            buf_put_text(&texts, input_text(&in, k));
            buf_put_char(&texts, '|');
        }
        CHECK_EQUAL_TEXT(buf_text(&texts), rows[i].texts);
        CHECK(rows[i].fault == NULL || span_contains(span_of(f.text), span_of(rows[i].fault)));
        CHECK(span_contains(os_fake_written(OS_ERR), span_of(rows[i].told != NULL ? rows[i].told : "")));
        CHECK(rows[i].told != NULL || os_fake_written(OS_ERR).size == 0);
        buf_free(&texts);
        input_free(&in);
        options_free(&o);
    }
}

static void self_is_an_id(void)
{
    static const char *const arguments[6] = {"self", "pc-1"};
    struct options o = {0};
    struct fault f = {0};
    struct selector s;
    os_fake_reset();
    os_fake_file("sensor", HEX);
    CHECK(read_input(arguments, &o, &f));
    input_selector(&in, 0, &s);
    CHECK_EQUAL_INT(s.kind, SELECT_ID);
    CHECK_EQUAL_TEXT(s.value, HEX);
    input_selector(&in, 1, &s);
    CHECK_EQUAL_INT(s.kind, SELECT_NAME);
    input_free(&in);
    options_free(&o);
}

static void nul_and_long_lines_are_told(void)
{
    static const char *const arguments[6] = {"-f", "bytes"};
    struct options o = {0};
    struct buf bytes = buf_init(4096);
    struct fault f = {0};
    os_fake_reset();
    buf_put(&bytes, SPAN("pc\0-1\n"));
    for (size_t i = 0; i < 2000; i++) {
        buf_put_char(&bytes, 'n');
    }
    os_fake_file_bytes("bytes", buf_span(&bytes));
    CHECK(!read_input(arguments, &o, &f));
    CHECK_EQUAL_INT(f.code, FAULT_USAGE);
    CHECK(span_contains(os_fake_written(OS_ERR), SPAN("bytes:1: holds a NUL byte")));
    CHECK(span_contains(os_fake_written(OS_ERR), SPAN("bytes:2: device \"nnn")));
    CHECK(span_contains(os_fake_written(OS_ERR), SPAN("longer than 255 bytes")));
    buf_free(&bytes);
    input_free(&in);
    options_free(&o);
}

/* The first ten are told, and all are counted. */
static void bad_lines_are_told_up_to_a_number(void)
{
    static const char *const arguments[6] = {"-f", "list.csv"};
    struct options o = {0};
    struct buf list = buf_init(4096);
    struct fault f = {0};
    os_fake_reset();
    for (unsigned i = 1; i <= 30; i++) {
        buf_put_format(&list, "pc-%u\nid:%u\n", i, i);
    }
    os_fake_file("list.csv", buf_text(&list));
    CHECK(!read_input(arguments, &o, &f));
    CHECK_EQUAL_TEXT(f.text, "30 of the names are wrong; nothing was sent");
    CHECK(span_contains(os_fake_written(OS_ERR), SPAN("list.csv:2: device \"id:1\"")));
    CHECK(span_contains(os_fake_written(OS_ERR), SPAN("list.csv:20: device \"id:10\"")));
    CHECK(!span_contains(os_fake_written(OS_ERR), SPAN("list.csv:22: ")));
    buf_free(&list);
    input_free(&in);
    options_free(&o);
}

static void a_hundred_thousand_lines(void)
{
    static const char *const arguments[6] = {"-f", "bytes", "--max", "0"};
    struct options o = {0};
    struct buf list = buf_init(4 * 1024 * 1024);
    struct fault f = {0};
    os_fake_reset();
    for (unsigned i = 0; i < 200000; i++) {
        buf_put_format(&list, "pc-%u.x\r\n", i % 100000);
    }
    os_fake_file_bytes("bytes", buf_span(&list));
    CHECK(read_input(arguments, &o, &f));
    CHECK_EQUAL_INT(in.count, 100000);
    CHECK_EQUAL_TEXT(input_text(&in, 99999), "pc-99999.x");
    CHECK(in.texts.capacity + in.starts.capacity < 40 * 100000);
    buf_free(&list);
    input_free(&in);
    options_free(&o);
}

static const struct unit_test tests[] = {
    TEST(lists_and_operands_are_read),
    TEST(self_is_an_id),
    TEST(nul_and_long_lines_are_told),
    TEST(bad_lines_are_told_up_to_a_number),
    TEST(a_hundred_thousand_lines),
};

UNIT_MAIN(tests)
