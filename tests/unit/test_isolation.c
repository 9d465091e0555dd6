/*
 * test_isolation.c - mde/isolation: the state that a device's actions leave it in, the survey of many, what undoes a release.
 */
/* links: fake/os_fake.c */
#include "unit.h"

#include "mde/isolation.h"

#include <stdio.h>

enum { ACTIONS = 5 };

/* One action in short: its type, status, and the seconds at which it was asked for and ended. */
struct brief {
    char type; /* 'I', 'U'; 0: none, the end */
    enum action_status status;
    int requested, ended;
};

static struct action whole(const struct brief *b)
{
    static unsigned number;
    struct action a = {.status = b->status, .requested = b->requested, .ended = b->ended};
    a.requested_ticks = (int64_t)b->requested * 10000000;
    a.ended_ticks = (int64_t)b->ended * 10000000;
    snprintf(a.type, sizeof a.type, "%s", b->type == 'I' ? "Isolate" : "unisolate");
    snprintf(a.id, sizeof a.id, "%u", ++number);
    return a;
}

static size_t all_of(const struct brief *briefs, struct action *actions)
{
    size_t count = 0;
    for (; count < ACTIONS && briefs[count].type != 0; count++) {
        actions[count] = whole(&briefs[count]);
    }
    return count;
}

#define P ACTION_PENDING
#define G ACTION_IN_PROGRESS
#define S ACTION_SUCCEEDED
#define F ACTION_FAILED
#define T ACTION_TIMED_OUT
#define C ACTION_CANCELLED
#define X ACTION_UNKNOWN

struct state {
    const char *name;
    struct brief actions[ACTIONS];
    enum isolation isolation;
    int decisive; /* which of them; -1: none */
};

static const struct state states[] = {
    {"no action", {{0, X, 0, 0}}, ISOLATION_UNKNOWN, -1},
    {"isolated", {{'I', S, 10, 20}}, ISOLATION_ISOLATED, 0},
    {"released", {{'U', S, 10, 20}}, ISOLATION_RELEASED, 0},
    {"isolated, released", {{'U', S, 30, 40}, {'I', S, 10, 20}}, ISOLATION_RELEASED, 0},
    {"released, isolated", {{'U', S, 10, 20}, {'I', S, 30, 40}}, ISOLATION_ISOLATED, 1},
    {"oldest first", {{'I', S, 10, 20}, {'U', S, 30, 40}}, ISOLATION_RELEASED, 1},
    {"asked for first, carried out last", {{'I', S, 10, 50}, {'U', S, 30, 40}}, ISOLATION_ISOLATED, 0},
    {"within one second, the first stays", {{'I', S, 10, 20}, {'U', S, 10, 20}}, ISOLATION_ISOLATED, 0},
    {"waiting Isolate", {{'I', P, 10, 0}}, ISOLATION_ISOLATING, 0},
    {"Isolate in progress", {{'I', G, 10, 0}}, ISOLATION_ISOLATING, 0},
    {"waiting release", {{'I', S, 10, 20}, {'U', P, 30, 0}}, ISOLATION_RELEASING, 1},
    {"release in progress", {{'U', G, 30, 0}, {'I', S, 10, 20}}, ISOLATION_RELEASING, 0},
    {"both wait: the Isolate counts", {{'U', P, 30, 0}, {'I', P, 10, 0}}, ISOLATION_ISOLATING, 1},
    {"a stuck Isolate behind a release", {{'U', S, 30, 40}, {'I', P, 10, 0}}, ISOLATION_ISOLATING, 1},
    {"the newest waiting one", {{'I', P, 10, 0}, {'I', P, 30, 0}, {'I', P, 20, 0}}, ISOLATION_ISOLATING, 1},
    {"a failed release changes nothing", {{'I', S, 10, 20}, {'U', F, 30, 40}}, ISOLATION_ISOLATED, 0},
    {"nor one that timed out", {{'I', S, 10, 20}, {'U', T, 30, 40}}, ISOLATION_ISOLATED, 0},
    {"nor a cancelled Isolate", {{'U', S, 10, 20}, {'I', C, 30, 40}}, ISOLATION_RELEASED, 0},
    {"failed ones alone", {{'U', F, 10, 20}, {'I', C, 30, 40}}, ISOLATION_UNKNOWN, -1},
    {"an unknown status alone", {{'I', X, 10, 0}}, ISOLATION_UNKNOWN, -1},
};

static void the_state_is_inferred(void)
{
    for (size_t i = 0; i < COUNT_OF(states); i++) {
        struct action actions[ACTIONS];
        const struct action *decisive = actions;
        size_t count = all_of(states[i].actions, actions);
        unit_row("%s", states[i].name);
        CHECK_EQUAL_TEXT(isolation_name(isolation_infer(actions, count, &decisive)), isolation_name(states[i].isolation));
        CHECK_EQUAL_INT(decisive == NULL ? -1 : decisive - actions, states[i].decisive);
    }
}

/* Two actions of one second: the ticks decide. */
static void ticks_decide_within_a_second(void)
{
    struct action actions[2];
    const struct action *decisive;
    CHECK_EQUAL_INT(all_of((const struct brief[ACTIONS]){{'I', S, 10, 20}, {'U', S, 10, 20}}, actions), 2);
    actions[1].ended_ticks++;
    CHECK_EQUAL_INT(isolation_infer(actions, 2, &decisive), ISOLATION_RELEASED);
    CHECK(decisive == &actions[1]);
}

struct undoing {
    const char *name;
    struct brief actions[ACTIONS];
    int which; /* -1: none */
};

/* The release was asked for at 100 and ended at 200. */
static const struct undoing undoings[] = {
    {"nothing", {{0, X, 0, 0}}, -1},
    {"the release itself", {{'U', S, 100, 200}}, -1},
    {"an Isolate before it", {{'I', S, 50, 60}}, -1},
    {"one that ended while it waited", {{'I', S, 50, 199}}, -1},
    {"one that ended with it", {{'I', S, 50, 200}}, -1},
    {"one that ended behind it", {{'U', S, 100, 200}, {'I', S, 50, 201}}, 1},
    {"a later one that ended behind it", {{'I', S, 250, 260}}, 0},
    {"a later one without an end", {{'I', S, 101, 0}}, 0},
    {"an earlier one without an end", {{'I', S, 99, 0}}, -1},
    {"a waiting one", {{'I', P, 50, 0}}, 0},
    {"one in progress", {{'I', G, 250, 0}}, 0},
    {"a later one that failed", {{'I', F, 250, 260}}, -1},
    {"a later one that timed out", {{'I', T, 250, 260}}, -1},
    {"a later one that was cancelled", {{'I', C, 250, 260}}, -1},
    {"a later one of unknown status", {{'I', X, 101, 0}}, 0},
    {"an earlier one of unknown status", {{'I', X, 100, 0}}, -1},
    {"later releases", {{'U', S, 250, 260}, {'U', P, 300, 0}}, -1},
};

static void what_undoes_a_release(void)
{
    struct action release = whole(&(struct brief){'U', S, 100, 200});
    for (size_t i = 0; i < COUNT_OF(undoings); i++) {
        struct action actions[ACTIONS];
        size_t count = all_of(undoings[i].actions, actions);
        unit_row("%s", undoings[i].name);
        const struct action *which = isolation_undoes(actions, count, &release);
        CHECK_EQUAL_INT(which == NULL ? -1 : which - actions, undoings[i].which);
    }
}

/* ---- the survey ---- */

struct of_device {
    const char *machine;
    struct brief action;
};

static const struct of_device many[] = {
    {"b", {'I', S, 10, 20}},  {"a", {'I', S, 11, 21}}, {"c", {'I', P, 12, 0}}, {"a", {'U', S, 30, 40}}, {"d", {'U', S, 31, 41}},
    {"b", {'U', F, 32, 42}},  {"e", {'I', S, 50, 60}}, {"c", {'U', S, 33, 43}}, {"f", {'U', P, 34, 0}}, {"f", {'I', S, 5, 6}},
};

static void the_survey_keeps_who_is_held(void)
{
    static const char *const wanted[] = {"e", "c", "b"}; /* newest first; f is being released */
    struct action actions[COUNT_OF(many)];
    for (size_t i = 0; i < COUNT_OF(many); i++) {
        actions[i] = whole(&many[i].action);
        snprintf(actions[i].machine_id, sizeof actions[i].machine_id, "%s", many[i].machine);
    }
    CHECK_EQUAL_INT(isolation_survey(actions, COUNT_OF(many)), COUNT_OF(wanted));
    for (size_t i = 0; i < COUNT_OF(wanted); i++) {
        const struct action *decisive;
        CHECK_EQUAL_TEXT(actions[i].machine_id, wanted[i]);
        CHECK_EQUAL_INT(isolation_infer(&actions[i], 1, &decisive), i == 1 ? ISOLATION_ISOLATING : ISOLATION_ISOLATED);
    }
    CHECK_EQUAL_INT(isolation_survey(NULL, 0), 0);
}

static void a_survey_of_nobody(void)
{
    struct action one = whole(&(struct brief){'U', S, 1, 2});
    CHECK_EQUAL_INT(isolation_survey(&one, 1), 0);
}

static void states_have_names(void)
{
    static const char *const names[] = {"unknown", "isolated", "released", "releasing", "isolating"};
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        CHECK_EQUAL_TEXT(isolation_name((enum isolation)i), names[i]);
    }
    CHECK_EQUAL_INT(ISOLATION_ISOLATING + 1, COUNT_OF(names));
}

static const struct unit_test tests[] = {
    TEST(the_state_is_inferred),
    TEST(ticks_decide_within_a_second),
    TEST(what_undoes_a_release),
    TEST(the_survey_keeps_who_is_held),
    TEST(a_survey_of_nobody),
    TEST(states_have_names),
};

UNIT_MAIN(tests)
