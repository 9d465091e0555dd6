/*
 * test_hive.c - codec/hive: one value out of a registry hive, whole, cut off, and with each of its bytes changed.
 */
#include "unit.h"

#include "base/buf.h"
#include "codec/hive.h"

enum { FILE_SIZE = 8192, CELLS = 4096 };

static char file[FILE_SIZE];
static size_t file_size;
static unsigned reads;
static bool refuses;

static const char *const keys[] = {"microsoft", "WINDOWS Advanced Threat Protection"};

/* Against the edge, so that nothing beyond what was read is looked at. */
static bool read_file(void *context, uint64_t offset, char *to, size_t room, size_t *got, struct fault *f)
{
    (void)context;
    reads++;
    if (refuses) {
        return fault_set(f, FAULT_FILE, "refused");
    }
    size_t from = offset < file_size ? (size_t)offset : file_size;
    *got = file_size - from < room ? file_size - from : room;
    memcpy(to, file + from, *got);
    return true;
}

static struct fault fault;
static struct buf text;

static bool look_up(const char *const *path, size_t count, const char *value)
{
    fault = (struct fault){0};
    buf_free(&text);
    text = buf_init(HIVE_TEXT_MAX);
    reads = 0;
    return hive_text(read_file, NULL, path, count, value, &text, &fault);
}

static void begin(void)
{
    FILE *in = fopen("tests/vectors/hive/SOFTWARE", "rb");
    CHECK(in != NULL);
    file_size = in != NULL ? fread(file, 1, sizeof file, in) : 0;
    CHECK_EQUAL_INT(file_size, FILE_SIZE);
    if (in != NULL) {
        fclose(in);
    }
    refuses = false;
}

static void finds_the_value(void)
{
    begin();
    CHECK(look_up(keys, 2, "SenseID"));
    CHECK_EQUAL_TEXT(buf_text(&text), "1e5bc9d7e413ddd7902c2932e418702b84d0cc07");
    CHECK(reads < 40);
    CHECK(look_up(&keys[1], 1, "senseId"));
    CHECK_EQUAL_TEXT(buf_text(&text), "nor this");
}

static void says_what_is_missing(void)
{
    static const char *const elsewhere[] = {"Microsoft", "Windows Advanced Threat"};
    static const char *const deeper[] = {"Policies", "x"};
    begin();
    CHECK(!look_up(keys, 2, "senseI"));
    CHECK_EQUAL_INT(fault.code, FAULT_NOT_FOUND);
    CHECK(!look_up(elsewhere, 2, "senseId"));
    CHECK_EQUAL_INT(fault.code, FAULT_NOT_FOUND);
    CHECK(!look_up(deeper, 2, "senseId"));
    CHECK_EQUAL_INT(fault.code, FAULT_NOT_FOUND);
    CHECK(!look_up(keys, 1, "senseId")); /* a key without values */
    CHECK_EQUAL_INT(fault.code, FAULT_NOT_FOUND);
}

static void what_the_reader_says_comes_through(void)
{
    begin();
    refuses = true;
    CHECK(!look_up(keys, 2, "senseId"));
    CHECK_EQUAL_TEXT(fault.text, "refused");
}

/* Wherever it is cut off: the value, or a fault. */
static void cut_off(void)
{
    begin();
    for (file_size = 0; file_size < FILE_SIZE; file_size++) {
        bool found = look_up(keys, 2, "senseId");
        CHECK(found ? text.size == 40 : fault.code == FAULT_FILE);
        CHECK(found == (fault.code == FAULT_NONE));
    }
}

/* Every byte of the cells, with two of its bits and all of them changed: never more than a fault or another text. */
static void damaged(void)
{
    begin();
    for (size_t i = 0; i < FILE_SIZE; i += i == 0x27 ? CELLS - 0x27 : 1) {
        char before = file[i];
        for (unsigned bit = 2; bit < 9; bit += 3) {
            file[i] = (char)(before ^ (bit < 8 ? 1 << bit : 0xFF));
            bool found = look_up(keys, 2, "senseId");
            CHECK(found ? text.size <= HIVE_TEXT_MAX : fault.code == FAULT_FILE || fault.code == FAULT_NOT_FOUND);
        }
        file[i] = before;
    }
}

/* The root's keys: 65535 lists that are all the same one, of 65535 keys that are all the root itself. */
enum { LISTS = 0x100000, LIST = 0x200000 };

static uint32_t root_cell(void)
{
    uint32_t root;
    memcpy(&root, file + 0x24, sizeof root);
    return root;
}

static bool read_without_end(void *context, uint64_t offset, char *to, size_t room, size_t *got, struct fault *f)
{
    if (offset < FILE_SIZE) {
        return read_file(context, offset, to, room, got, f);
    }
    bool outer = offset < CELLS + LIST;
    uint32_t start = CELLS + (outer ? LISTS : LIST) + 4;
    uint32_t entry = outer ? LIST : root_cell();
    for (*got = 0; *got < room; (*got)++) {
        size_t at = (size_t)(offset + *got - start);
        to[*got] = (char)(at < 4 ? (unsigned char)(outer ? "ri\xFF\xFF" : "li\xFF\xFF")[at] : entry >> 8 * (at % 4));
    }
    return true;
}

static void without_end(void)
{
    begin();
    fault = (struct fault){0};
    memcpy(file + CELLS + root_cell() + 4 + 0x1C, &(uint32_t){LISTS}, 4);
    buf_free(&text);
    text = buf_init(HIVE_TEXT_MAX);
    CHECK(!hive_text(read_without_end, NULL, keys, 2, "senseId", &text, &fault));
    CHECK_EQUAL_INT(fault.code, FAULT_FILE);
    buf_free(&text);
}

static const struct unit_test tests[] = {
    TEST(finds_the_value), TEST(says_what_is_missing), TEST(what_the_reader_says_comes_through),
    TEST(cut_off),         TEST(damaged),              TEST(without_end),
};
UNIT_MAIN(tests)
