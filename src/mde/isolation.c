/*
 * isolation.c - what a device's actions say of its isolation; see isolation.h.
 */
#include "mde/isolation.h"

#include <stdlib.h>
#include <string.h>

const char *isolation_name(enum isolation isolation)
{
    static const char *const names[] = {
#define X(symbol, name) [symbol] = name,
        ISOLATION_LIST(X)
#undef X
    };
    return names[isolation];
}

/* What was carried out last counts, not what was asked for last: a queue may be worked off in another order. */
static bool is_newer(const struct action *a, const struct action *than)
{
    if (than == NULL) {
        return true;
    }
    bool both_ended = a->ended_ticks != 0 && than->ended_ticks != 0;
    return both_ended ? a->ended_ticks > than->ended_ticks : a->requested_ticks > than->requested_ticks;
}

enum isolation isolation_infer(const struct action *actions, size_t count, const struct action **decisive)
{
    const struct action *isolating = NULL;
    const struct action *releasing = NULL;
    const struct action *ended = NULL;
    for (size_t i = 0; i < count; i++) {
        const struct action *a = &actions[i];
        const struct action **newest = action_is_active(a) ? (action_is(a, "Isolate") ? &isolating : &releasing) : &ended;
        if ((newest != &ended || a->status == ACTION_SUCCEEDED) && is_newer(a, *newest)) {
            *newest = a;
        }
    }
    *decisive = isolating != NULL ? isolating : releasing != NULL ? releasing : ended;
    if (*decisive == NULL) {
        return ISOLATION_UNKNOWN;
    }
    if (*decisive != ended) {
        return *decisive == isolating ? ISOLATION_ISOLATING : ISOLATION_RELEASING;
    }
    return action_is(ended, "Isolate") ? ISOLATION_ISOLATED : ISOLATION_RELEASED;
}

static int by_time(const void *left, const void *right)
{
    const struct action *a = left;
    const struct action *b = right;
    return (a->requested_ticks < b->requested_ticks) - (a->requested_ticks > b->requested_ticks);
}

static int by_device(const void *left, const void *right)
{
    const struct action *a = left;
    const struct action *b = right;
    int order = strcmp(a->machine_id, b->machine_id);
    return order != 0 ? order : by_time(left, right);
}

size_t isolation_survey(struct action *actions, size_t count)
{
    size_t kept = 0;
    if (count > 0) {
        qsort(actions, count, sizeof *actions, by_device);
    }
    for (size_t from = 0, to; from < count; from = to) {
        const struct action *decisive;
        for (to = from + 1; to < count && strcmp(actions[from].machine_id, actions[to].machine_id) == 0;) {
            to++;
        }
        enum isolation isolation = isolation_infer(&actions[from], to - from, &decisive);
        if (isolation == ISOLATION_ISOLATED || isolation == ISOLATION_ISOLATING) {
            struct action keep = *decisive;
            actions[kept++] = keep; /* never beyond `from` */
        }
    }
    if (kept > 0) {
        qsort(actions, kept, sizeof *actions, by_time);
    }
    return kept;
}

const struct action *isolation_undoes(const struct action *actions, size_t count, const struct action *release)
{
    for (size_t i = 0; i < count; i++) {
        const struct action *a = &actions[i];
        bool carried_out = a->status == ACTION_SUCCEEDED && is_newer(a, release);
        bool unknown = a->status == ACTION_UNKNOWN && a->requested_ticks > release->requested_ticks;
        if (action_is(a, "Isolate") && (action_is_active(a) || carried_out || unknown)) {
            return a;
        }
    }
    return NULL;
}
