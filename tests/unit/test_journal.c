/*
 * test_journal.c - mde/journal: what is read at each cut of a file, what is refused, what is written, and when it is synced.
 */
/* links: fake/os_fake.c */
#include "unit.h"

#include "fake/os_fake.h"
#include "fake/os_fake_log.h"
#include "mde/journal.h"

#include <stdio.h>

#define ID(last) "00000000000000000000000000000000000000" last
#define GUID(last) "5382f7ea-7557-4ab7-9782-d50480024a" last
#define TIME "\"time\":\"2026-11-23T16:00:01Z\""
#define RUN "{\"event\":\"run\",\"journal\":1," TIME ",\"api\":\"api.test\",\"tenant\":\"t-1\"}\n"
#define INTENT(id) "{\"event\":\"intent\"," TIME ",\"machineId\":\"" id "\",\"input\":\"pc\"}\n"
#define RESULT(id, result, action) \
    "{\"event\":\"result\"," TIME ",\"machineId\":\"" id "\",\"result\":\"" result "\",\"actionId\":" action "}\n"

static struct journal journal;
static struct fault f;
static bool locked;

static void reset(const char *text)
{
    os_fake_reset();
    os_fake_log_reset();
    f = (struct fault){0};
    if (text != NULL) {
        os_fake_log_put(span_of(text));
    }
}

static bool open_it(const char *text)
{
    reset(text);
    return journal_open(&journal, "j", true, &locked, &f);
}

static void close_it(void)
{
    journal_close(&journal);
    CHECK(!os_fake_log.open);
}

static enum journal_state state(const char *id)
{
    const struct journal_entry *e = journal_find(&journal, id);
    return e != NULL ? (enum journal_state)e->state : JOURNAL_NEW;
}

/* ---- reading ---- */

static const char whole[] = RUN INTENT(ID("01")) INTENT(ID("02")) RESULT(ID("01"), "accepted", "\"" GUID("01") "\"") INTENT(ID("03"))
    RESULT(ID("02"), "error", "null") RUN "{\"event\":\"news\",\"a\":[1]}\n" RESULT(ID("03"), "unknown", "null")
    INTENT(ID("04")) RESULT(ID("04"), "already-pending", "null") RESULT(ID("04"), "failed", "null") RESULT(ID("05"), "novel", "null");

static void states_are_the_last_ones(void)
{
    CHECK(open_it(whole));
    CHECK(locked && !journal.torn);
    CHECK_EQUAL_INT(state(ID("01")), JOURNAL_DONE);
    CHECK_EQUAL_TEXT(journal_find(&journal, ID("01"))->action_id, GUID("01"));
    CHECK_EQUAL_INT(journal_find(&journal, ID("01"))->intended, 1795449601);
    CHECK_EQUAL_INT(state(ID("02")), JOURNAL_FAILED);
    CHECK_EQUAL_INT(state(ID("03")), JOURNAL_INTENDED);
    CHECK_EQUAL_INT(state(ID("04")), JOURNAL_FAILED);
    CHECK_EQUAL_INT(state(ID("05")), JOURNAL_INTENDED);
    CHECK_EQUAL_INT(state(ID("06")), JOURNAL_NEW);
    CHECK_EQUAL_INT(state("no id"), JOURNAL_NEW);
    CHECK_EQUAL_INT(journal.whole, sizeof whole - 1);
    journal_forget(&journal);
    CHECK_EQUAL_INT(state(ID("01")), JOURNAL_NEW);
    close_it();
}

struct result_row {
    const char *name;
    enum journal_state state;
};

static void every_result_has_a_state(void)
{
    static const struct result_row rows[] = {
        {"accepted", JOURNAL_DONE}, {"already-pending", JOURNAL_DONE}, {"released", JOURNAL_DONE}, {"pending", JOURNAL_DONE},
        {"failed", JOURNAL_FAILED}, {"error", JOURNAL_FAILED}, {"not-found", JOURNAL_FAILED}, {"denied", JOURNAL_FAILED},
        {"throttled", JOURNAL_FAILED}, {"conflict", JOURNAL_FAILED}, {"unknown", JOURNAL_INTENDED}, {"", JOURNAL_INTENDED},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char text[1000];
        unit_row("%s", rows[i].name);
        snprintf(text, sizeof text, RUN INTENT(ID("01")) "{\"event\":\"result\",\"machineId\":\"" ID("01") "\",\"result\":\"%s\"}\n",
                 rows[i].name);
        CHECK(open_it(text));
        CHECK_EQUAL_INT(state(ID("01")), rows[i].state);
        close_it();
    }
}

/* Whole lines count; what is behind the last of them goes when the next line comes, and the file is then whole again. */
static void every_cut_is_read(void)
{
    for (size_t size = 0; size < sizeof whole; size++) {
        size_t lines = 0;
        for (size_t i = 0; i < size; i++) {
            lines = whole[i] == '\n' ? i + 1 : lines;
        }
        unit_row("%zu bytes", size);
        reset(NULL);
        os_fake_log_put(span_make(whole, size));
        os_fake_log.piece = size % 7 == 0 ? 1 : 0;
        CHECK(journal_open(&journal, "j", true, &locked, &f));
        CHECK_EQUAL_INT(journal.whole, lines);
        CHECK_EQUAL_INT(journal.torn, lines < size);
        CHECK(journal_begin(&journal, "api.test", "t-1", &f));
        journal_intend(&journal, ID("09"), "x");
        CHECK(journal_sync(&journal));
        CHECK_EQUAL_INT(os_fake_log.cuts, lines < size);
        CHECK(span_starts(os_fake_log_span(), span_make(whole, lines)));
        close_it();
        f = (struct fault){0};
        CHECK(journal_open(&journal, "j", true, &locked, &f));
        CHECK(!journal.torn);
        CHECK_EQUAL_INT(state(ID("09")), JOURNAL_INTENDED);
        close_it();
    }
}

struct refused_row {
    const char *name, *text;
    const char *words; /* NULL: it is taken */
};

static const struct refused_row refusals[] = {
    {"empty", "", NULL},
    {"blank lines", RUN "\n\r\n" INTENT(ID("01")), NULL},
    {"CRLF", "{\"event\":\"run\",\"journal\":1}\r\n" INTENT(ID("01")), NULL},
    {"newer", "{\"event\":\"run\",\"journal\":2,\"more\":[]}\n{\"event\":\"news\"}\n", NULL},
    {"torn at the end", RUN "{\"event\":\"int", NULL},
    {"no object", RUN "[]\n", "line 2: malformed"},
    {"no JSON", RUN INTENT(ID("01")) "{\"event\":\"int\n" RUN, "line 3: malformed"},
    {"no event", RUN "{\"evnt\":\"intent\"}\n", "line 2: malformed"},
    {"no device", RUN "{\"event\":\"intent\"}\n", "line 2: malformed"},
    {"a short id", RUN "{\"event\":\"intent\",\"machineId\":\"00\"}\n", "line 2: malformed"},
    {"a long id", RUN INTENT(ID("012")), "line 2: malformed"},
    {"no hex", RUN INTENT(ID("0g")), "line 2: malformed"},
    {"no result", RUN "{\"event\":\"result\",\"machineId\":\"" ID("01") "\"}\n", "line 2: malformed"},
    {"results of unisolate", "{\"input\":\"pc\",\"result\":\"accepted\"}\n", "line 1: no journal"},
    {"no run in front", INTENT(ID("01")), "line 1: no journal"},
    {"text", "hello\n", "line 1: no journal"},
    {"a secret without a line end", "hello", "no journal"},
    {"nearly", "{\"event\":\"run\",\"journ\"", "no journal"},
};

static void others_are_refused(void)
{
    for (size_t i = 0; i < COUNT_OF(refusals); i++) {
        unit_row("%s", refusals[i].name);
        CHECK_EQUAL_INT(open_it(refusals[i].text), refusals[i].words == NULL);
        if (refusals[i].words != NULL) {
            CHECK_EQUAL_INT(f.code, FAULT_FILE);
            CHECK(span_starts(span_of(f.text), SPAN("--journal: j: ")));
            CHECK(span_contains(span_of(f.text), span_of(refusals[i].words)));
        }
        CHECK_EQUAL_SPAN(os_fake_log_span(), span_of(refusals[i].text));
        close_it();
    }
}

/* A table in UTF-16, a program: NUL bytes alone make no journal. */
static void files_with_nul_are_refused(void)
{
    static char large[2 * JOURNAL_LINE_MAX + 1];
    const struct span files[] = {SPAN("\xff\xfeP\0C\0\r\0\n\0d\0e\0\n\0"), SPAN("\0P\0C\0\n\0d"), SPAN("ELF\0\0"),
                                 SPAN("\0\0ELF\n"), {large, sizeof large}, {large, sizeof large - 1}};
    memset(large, 'x', sizeof large);
    large[1] = '\0';
    large[sizeof large - 1] = '\n';
    for (size_t i = 0; i < COUNT_OF(files); i++) {
        unit_row("file %zu", i);
        reset(NULL);
        os_fake_log_put(files[i]);
        CHECK(!journal_open(&journal, "j", true, &locked, &f));
        CHECK(f.code == FAULT_FILE && span_contains(span_of(f.text), SPAN("no journal of unisolate")));
        CHECK_EQUAL_SPAN(os_fake_log_span(), files[i]);
        close_it();
    }
}

/* Room that was given to the file, and bytes that never came: at its end, in front of later lines, longer than a line may be. */
static void holes_of_a_power_cut(void)
{
    static char text[sizeof RUN + 3 * JOURNAL_LINE_MAX];
    static const size_t sizes[] = {1, 100, JOURNAL_LINE_MAX - 1, JOURNAL_LINE_MAX, JOURNAL_LINE_MAX + 1, 2 * JOURNAL_LINE_MAX};
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        size_t run = sizeof RUN - 1, end = run + sizes[i];
        unit_row("%zu bytes", sizes[i]);
        memset(text, 0, sizeof text);
        memcpy(text, RUN, run);
        reset(NULL);
        os_fake_log_put(span_make(text, end));
        CHECK(journal_open(&journal, "j", true, &locked, &f));
        CHECK(journal.torn);
        close_it();
        memcpy(text + end, "\n" INTENT(ID("01")), sizeof INTENT(ID("01")));
        reset(NULL);
        os_fake_log_put(span_make(text, end + sizeof INTENT(ID("01"))));
        CHECK(journal_open(&journal, "j", true, &locked, &f));
        CHECK(!journal.torn);
        CHECK_EQUAL_INT(state(ID("01")), JOURNAL_INTENDED);
        close_it();
    }
}

static void a_line_has_a_ceiling(void)
{
    static char text[sizeof RUN + JOURNAL_LINE_MAX + 100];
    for (size_t more = 0; more < 2; more++) {
        int used = snprintf(text, sizeof text, RUN "{\"event\":\"x\",\"a\":\"");
        size_t at = (size_t)used, end = sizeof RUN - 1 + JOURNAL_LINE_MAX + more;
        memset(text + at, 'x', end - at - 2);
        memcpy(text + end - 2, "\"}\n", 4);
        unit_row("%zu", more);
        CHECK_EQUAL_INT(open_it(text), more == 0);
        CHECK(more == 0 || span_contains(span_of(f.text), SPAN("line 2: too long")));
        close_it();
    }
}

static void many_devices(void)
{
    static char text[OS_FAKE_LOG_MAX];
    size_t used = (size_t)snprintf(text, sizeof text, "%s", RUN);
    for (unsigned i = 0; i < 10000; i++) {
        used += (size_t)snprintf(text + used, sizeof text - used,
                                 "{\"event\":\"result\",\"machineId\":\"%040x\",\"result\":\"%s\",\"actionId\":\"%u\"}\n", i * 2654435761u,
                                 i % 3 == 0 ? "accepted" : "error", i);
    }
    CHECK(open_it(text));
    CHECK_EQUAL_INT(journal.count, 10000);
    for (unsigned i = 0; i < 10000; i++) {
        char id[DEVICE_ID_SIZE + 1], action[20];
        snprintf(id, sizeof id, "%040x", i * 2654435761u);
        snprintf(action, sizeof action, "%u", i);
        CHECK_EQUAL_INT(state(id), i % 3 == 0 ? JOURNAL_DONE : JOURNAL_FAILED);
        CHECK_EQUAL_TEXT(journal_find(&journal, id)->action_id, action);
    }
    close_it();
}

/* ---- opening ---- */

static void who_may_open_it(void)
{
    reset(RUN);
    os_fake_log.in_use = true;
    CHECK(!journal_open(&journal, "j", true, &locked, &f) && f.code == FAULT_FILE);
    reset(RUN);
    os_fake_log.read_only = true;
    CHECK(!journal_open(&journal, "j", true, &locked, &f) && f.code == FAULT_JOURNAL);
    reset(RUN);
    os_fake_log.no_locks = true;
    CHECK(journal_open(&journal, "j", true, &locked, &f) && !locked);
    close_it();
}

static void a_dry_run_changes_nothing(void)
{
    static const char *const texts[] = {NULL, RUN INTENT(ID("01")) "{\"ev"};
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        reset(texts[i]);
        os_fake_log.in_use = os_fake_log.read_only = true;
        CHECK(journal_open(&journal, "j", false, &locked, &f));
        CHECK_EQUAL_INT(state(ID("01")), i == 0 ? JOURNAL_NEW : JOURNAL_INTENDED);
        CHECK(journal_begin(&journal, "api.test", "t-1", &f));
        journal_intend(&journal, ID("02"), "x");
        journal_result(&journal, ID("02"), "accepted", "");
        CHECK(journal_sync(&journal));
        CHECK_EQUAL_INT(os_fake_log.appends + os_fake_log.syncs + os_fake_log.cuts, 0);
        CHECK_EQUAL_INT(os_fake_log.there, i == 1);
        close_it();
    }
}

struct begin_row {
    const char *text, *api, *tenant, *words;
};

static void files_of_others_are_refused(void)
{
    static const struct begin_row rows[] = {
        {"", "api.test", "t-1", NULL}, {RUN, "api.test", "t-1", NULL}, {RUN, "api.test", "", NULL},
        {"{\"event\":\"run\",\"journal\":1,\"api\":\"api.test\",\"tenant\":null}\n", "api.test", "t-2", NULL},
        {RUN, "api.test", "t-2", "another tenant, t-1"}, {RUN, "us.api.test", "t-1", "another API host, api.test"},
        {RUN "{\"event\":\"run\",\"journal\":1,\"api\":\"api.test\",\"tenant\":null}\n", "api.test", "t-2", "another tenant"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        unit_row("%zu", i);
        CHECK(open_it(rows[i].text));
        CHECK_EQUAL_INT(journal_begin(&journal, rows[i].api, rows[i].tenant, &f), rows[i].words == NULL);
        CHECK(rows[i].words == NULL || (f.code == FAULT_USAGE && span_contains(span_of(f.text), span_of(rows[i].words))));
        close_it();
    }
}

/* ---- writing ---- */

static void lines_and_when_they_are_there(void)
{
    CHECK(open_it(NULL));
    CHECK(journal_begin(&journal, "api.test", "", &f));
    CHECK_EQUAL_INT(os_fake_log.size, 0); /* a run that sends nothing leaves nothing */
    journal_intend(&journal, ID("01"), "a\"\xFF");
    journal_intend(&journal, ID("02"), "pc");
    CHECK_EQUAL_INT(os_fake_log.syncs, 0);
    CHECK(journal_sync(&journal));
    CHECK_EQUAL_INT(os_fake_log.syncs, 1); /* both together */
    CHECK_EQUAL_INT(os_fake_log.synced, os_fake_log.size);
    journal_result(&journal, ID("01"), "accepted", GUID("01"));
    CHECK_EQUAL_INT(os_fake_log.syncs, 1);
    CHECK(span_ends(os_fake_log_span(), SPAN("\"machineId\":\"" ID("01") "\",\"result\":\"accepted\",\"actionId\":\"" GUID("01") "\"}\n")));
    CHECK(journal_sync(&journal) && os_fake_log.syncs == 2);
    CHECK(journal_sync(&journal) && os_fake_log.syncs == 2); /* nothing new */
    CHECK_EQUAL_SPAN(span_cut(os_fake_log_span(), 0, sizeof "{\"event\":\"run\",\"journal\":1,\"time\":\"2026-11-23T16:00:01Z\","
                                                           "\"api\":\"api.test\",\"tenant\":null}\n" - 1),
                     SPAN("{\"event\":\"run\",\"journal\":1,\"time\":\"2026-11-23T16:00:01Z\",\"api\":\"api.test\",\"tenant\":null}\n"));
    close_it();
    CHECK(journal_open(&journal, "j", true, &locked, &f));
    CHECK_EQUAL_INT(state(ID("01")), JOURNAL_DONE);
    CHECK_EQUAL_INT(state(ID("02")), JOURNAL_INTENDED);
    close_it();
}

static void a_full_disk_is_the_end(void)
{
    for (size_t room = 0; room < 300; room++) {
        CHECK(open_it(NULL));
        os_fake_log.room = room;
        CHECK(journal_begin(&journal, "api.test", "t", &f));
        journal_intend(&journal, ID("01"), "pc");
        unit_row("%zu bytes", room);
        if (!journal_sync(&journal)) {
            unsigned appends = os_fake_log.appends;
            CHECK_EQUAL_INT(journal.fault.code, FAULT_JOURNAL);
            CHECK_EQUAL_TEXT(journal.fault.text, "journal j: No space left on device");
            os_fake_log.room = OS_FAKE_LOG_MAX;
            journal_result(&journal, ID("01"), "accepted", "");
            journal_intend(&journal, ID("02"), "pc");
            CHECK(!journal_sync(&journal)); /* it does not come back */
            CHECK_EQUAL_INT(os_fake_log.appends, appends);
        }
        close_it();
        CHECK(journal_open(&journal, "j", true, &locked, &f));
        close_it();
    }
}

static void a_removed_file_is_the_end(void)
{
    CHECK(open_it(NULL));
    CHECK(journal_begin(&journal, "api.test", "t", &f));
    os_fake_log.there = false;
    journal_intend(&journal, ID("01"), "pc");
    CHECK(!journal_sync(&journal));
    CHECK_EQUAL_TEXT(journal.fault.text, "journal j: it has been removed");
    close_it();
}

static int64_t noted[4];
static size_t notes;

static void note(void *context, int64_t unix_seconds)
{
    CHECK(context == &notes);
    noted[notes++ % COUNT_OF(noted)] = unix_seconds;
}

static void the_past_of_the_pace(void)
{
    CHECK(open_it(RUN "{\"event\":\"intent\",\"time\":\"2026-11-23T16:00:01Z\",\"machineId\":\"" ID("01") "\"}\n"
                      "{\"event\":\"result\",\"time\":\"2026-11-23T16:00:05Z\",\"machineId\":\"" ID("01") "\",\"result\":\"error\"}\n"
                      "{\"event\":\"intent\",\"time\":\"2026-11-23T15:00:01Z\",\"machineId\":\"" ID("02") "\"}\n"
                      "{\"event\":\"intent\",\"time\":\"2026-11-23T16:00:09Z\",\"machineId\":\"" ID("03") "\"}\n"));
    notes = 0;
    journal_past(&journal, 1795449600, note, &notes);
    CHECK_EQUAL_INT(notes, 2);
    CHECK_EQUAL_INT(noted[0], 1795449605);
    CHECK_EQUAL_INT(noted[1], 1795449609);
    close_it();
}

static const struct unit_test tests[] = {
    TEST(states_are_the_last_ones),
    TEST(every_result_has_a_state),
    TEST(every_cut_is_read),
    TEST(others_are_refused),
    TEST(files_with_nul_are_refused),
    TEST(holes_of_a_power_cut),
    TEST(a_line_has_a_ceiling),
    TEST(many_devices),
    TEST(who_may_open_it),
    TEST(a_dry_run_changes_nothing),
    TEST(files_of_others_are_refused),
    TEST(lines_and_when_they_are_there),
    TEST(a_full_disk_is_the_end),
    TEST(a_removed_file_is_the_end),
    TEST(the_past_of_the_pace),
};

UNIT_MAIN(tests)
