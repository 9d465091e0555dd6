/*
 * test_send.c - mde/send and mde/follow with many rows and a journal: no request before its intent, places used again, lists.
 */
/* links: fake/os_fake.c */
#include "unit.h"

#include "fake/os_fake_log.h"
#include "mde/journal.h"
#include "release_case.h"

enum { ROWS = 150 };

static char ids[ROWS][DEVICE_ID_SIZE + 1];
static const char *inputs[ROWS];
static struct journal journal;
static unsigned posts[ROWS], get_count, early;
static size_t fails_at;       /* the disk is full from this POST on; 0: never */
static const char *(*answer)(size_t number);
static const char *list_status;
static unsigned pending_gets; /* so many lists show the actions as Pending */

static const char *created(size_t number)
{
    static char body[300];
    snprintf(body, sizeof body, "{\"id\":\"a-%zu\",\"type\":\"Unisolate\",\"status\":\"Pending\",\"machineId\":\"%s\"}", number,
             ids[number]);
    return api_http("201 Created", body);
}

/* The actions of all devices that the request names: each has one that has ended. */
static const char *listed(const char *request)
{
    static char body[40 * 1024];
    size_t used = (size_t)snprintf(body, sizeof body, "{\"value\":[");
    for (size_t i = 0; i < ROWS; i++) {
        if (posts[i] > 0 && strstr(request, ids[i]) != NULL) {
            used += (size_t)snprintf(body + used, sizeof body - used,
                                     "%s{\"id\":\"a-%zu\",\"type\":\"Unisolate\",\"status\":\"%s\",\"machineId\":\"%s\","
                                     "\"requestorComment\":\"why\",\"creationDateTimeUtc\":" AT("16:00:01") "}",
                                     body[used - 1] == '[' ? "" : ",", i, get_count <= pending_gets ? "Pending" : "Succeeded", ids[i]);
        }
    }
    snprintf(body + used, sizeof body - used, "]}");
    return api_http(list_status, body);
}

static const char *respond(const char *request)
{
    char id[DEVICE_ID_SIZE + 1] = "";
    unsigned number = 0;
    if (sscanf(request, "POST /api/machines/%40[0-9a-f]", id) != 1) {
        get_count++;
        return listed(request);
    }
    CHECK(sscanf(id + 32, "%8u", &number) == 1 && number < ROWS);
    char intent[100];
    snprintf(intent, sizeof intent, "\"machineId\":\"%s\",\"input\"", id);
    early += !span_contains(span_make(os_fake_log.bytes, os_fake_log.synced), span_of(intent));
    posts[number % ROWS]++;
    if (fails_at > 0 && number >= fails_at) {
        os_fake_log.room = os_fake_log.size;
    }
    return answer(number);
}

static void begin(size_t count)
{
    for (size_t i = 0; i < ROWS; i++) {
        snprintf(ids[i], sizeof ids[i], "%040zu", i);
        inputs[i] = ids[i];
    }
    bool locked;
    memset(posts, 0, sizeof posts);
    get_count = early = 0;
    fails_at = 0;
    pending_gets = 0;
    answer = created;
    list_status = "200 x";
    os_fake_log_reset();
    api_begin_with(respond, 0);
    release_begin(inputs, count);
    CHECK(journal_open(&journal, "j", true, &locked, &run_fault) && journal_begin(&journal, "api.test", "", &run_fault));
    release.settings.journal = &journal;
}

static void end(void)
{
    release_end();
    journal_close(&journal);
    api_close();
}

static size_t count_posts(void)
{
    size_t count = 0;
    for (size_t i = 0; i < ROWS; i++) {
        count += posts[i];
        CHECK(posts[i] <= 1);
    }
    return count;
}

static size_t count_results(enum release_result result)
{
    size_t count = 0;
    for (size_t i = 0; i < release.count; i++) {
        count += release.rows[i].result == result;
    }
    return count;
}

static void no_request_before_its_intent(void)
{
    begin(ROWS);
    CHECK(release_go());
    CHECK_EQUAL_INT(count_posts(), ROWS);
    CHECK_EQUAL_INT(early, 0);
    CHECK_EQUAL_INT(count_results(RELEASE_ACCEPTED), ROWS);
    CHECK(os_fake_log.syncs < ROWS / 2); /* in groups */
    CHECK_EQUAL_INT(os_fake_log.synced, os_fake_log.size);
    end();
}

static void a_full_disk_stops_the_sending(void)
{
    for (size_t at = 1; at < ROWS - CLIENT_CONNECTIONS_MAX; at += 37) {
        unit_row("at %zu", at);
        begin(ROWS);
        fails_at = at;
        CHECK(!release_go());
        CHECK_EQUAL_INT(run_fault.code, FAULT_JOURNAL);
        CHECK(count_posts() >= at && count_posts() <= at + CLIENT_CONNECTIONS_MAX);
        CHECK_EQUAL_INT(count_results(RELEASE_ACCEPTED), count_posts());
        CHECK_EQUAL_INT(count_results(RELEASE_ERROR), ROWS - count_posts());
        CHECK_EQUAL_INT(release.rows[ROWS - 1].code, FAULT_JOURNAL);
        CHECK_EQUAL_INT(release.told, ROWS);
        end();
    }
}

static const char *refused_from_40(size_t number)
{
    return number < 40 ? created(number) : api_http("401 x", "");
}

/* What the first one was told is true of all. */
static void a_token_that_has_ended_stops_the_sending(void)
{
    begin(ROWS);
    answer = refused_from_40;
    CHECK(release_go());
    CHECK_EQUAL_INT(count_results(RELEASE_ACCEPTED), 40);
    CHECK(count_posts() <= 40 + CLIENT_CONNECTIONS_MAX);
    CHECK_EQUAL_INT(release.rows[ROWS - 1].code, FAULT_TOKEN);
    CHECK_EQUAL_INT(release_status(&release), STATUS_MIXED);
    end();
}

static const char *broken(size_t number)
{
    (void)number;
    return api_http("503 x", "");
}

static void doubts_are_settled_by_lists(void)
{
    begin(ROWS);
    answer = broken;
    CHECK(release_go());
    CHECK_EQUAL_INT(count_posts(), ROWS);
    CHECK_EQUAL_INT(get_count, 3);
    CHECK_EQUAL_INT(count_results(RELEASE_ACCEPTED), ROWS);
    end();
}

static void a_list_that_is_refused_is_asked_for_one_by_one(void)
{
    begin(20);
    answer = broken;
    list_status = "400 x";
    CHECK(release_go());
    CHECK_EQUAL_INT(get_count, 21 + 20); /* the list, each device, and each again after the release that was sent blind */
    end();
}

static void interrupted_in_the_middle(void)
{
    begin(ROWS);
    os_fake_stop_at(os_monotonic_ms() + 100, OS_STOP_INTERRUPTED);
    CHECK(!release_go());
    CHECK_EQUAL_INT(run_fault.code, FAULT_INTERRUPTED);
    CHECK_EQUAL_INT(early, 0);
    CHECK_EQUAL_INT(release.told, ROWS);
    size_t sent = count_posts();
    CHECK(sent > 0 && sent < ROWS && count_results(RELEASE_ACCEPTED) <= sent);
    for (size_t i = 0; i < ROWS; i++) {
        char unknown[120];
        snprintf(unknown, sizeof unknown, "\"machineId\":\"%.40s\",\"result\":\"unknown\"", ids[i]);
        bool lost = posts[i] > 0 && release.rows[i].result != RELEASE_ACCEPTED;
        CHECK_EQUAL_INT(span_contains(os_fake_log_span(), span_of(unknown)), lost);
    }
    end();
}

static void many_are_followed_by_lists(void)
{
    begin(ROWS);
    release.settings.wait_ms = 60 * 1000;
    CHECK(release_go());
    CHECK_EQUAL_INT(count_results(RELEASE_RELEASED), ROWS);
    CHECK_EQUAL_INT(get_count, 1 + 3); /* none waits any more; what became of them, 50 a list */
    end();
}

/* The list of what waits does not have them, though they wait: they are on another page, or it is of a moment ago. */
static void what_a_list_does_not_show_has_not_ended(void)
{
    begin(ROWS);
    release.settings.wait_ms = 60 * 1000;
    pending_gets = 8; /* two rounds */
    CHECK(release_go());
    CHECK_EQUAL_INT(count_results(RELEASE_RELEASED), ROWS);
    CHECK_EQUAL_INT(get_count, 3 * (1 + 3));
    CHECK_EQUAL_TEXT(seen[0].action.status_text, "Succeeded");
    end();
}

/* The same file once more: nothing is sent. */
static void a_second_run_skips(void)
{
    begin(ROWS);
    CHECK(release_go());
    release_end();
    journal_close(&journal);
    bool locked;
    release_begin(inputs, ROWS);
    CHECK(journal_open(&journal, "j", true, &locked, &run_fault) && journal_begin(&journal, "api.test", "", &run_fault));
    release.settings.journal = &journal;
    CHECK(release_go());
    CHECK_EQUAL_INT(count_results(RELEASE_SKIPPED), ROWS);
    CHECK_EQUAL_TEXT(seen[3].action.id, "a-3");
    CHECK_EQUAL_INT(count_posts(), ROWS);
    CHECK_EQUAL_INT(release_status(&release), STATUS_OK);
    end();
}

static const struct unit_test tests[] = {
    TEST(no_request_before_its_intent),
    TEST(a_full_disk_stops_the_sending),
    TEST(a_token_that_has_ended_stops_the_sending),
    TEST(doubts_are_settled_by_lists),
    TEST(a_list_that_is_refused_is_asked_for_one_by_one),
    TEST(interrupted_in_the_middle),
    TEST(many_are_followed_by_lists),
    TEST(what_a_list_does_not_show_has_not_ended),
    TEST(a_second_run_skips),
};

UNIT_MAIN(tests)
