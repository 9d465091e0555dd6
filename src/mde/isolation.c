/*
 * isolation.c - what a device's actions say of its isolation; see isolation.h.
 */
#include "mde/isolation.h"

const char *isolation_name(enum isolation isolation)
{
    static const char *const names[] = {
#define X(symbol, name) [symbol] = name,
        ISOLATION_LIST(X)
#undef X
    };
    return names[isolation];
}

static bool is_newer(const struct action *a, const struct action *than)
{
    return than == NULL || a->requested > than->requested;
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

const struct action *isolation_undoes(const struct action *actions, size_t count, const struct action *release)
{
    for (size_t i = 0; i < count; i++) {
        const struct action *a = &actions[i];
        bool later = a->requested > release->requested && (a->status == ACTION_SUCCEEDED || a->status == ACTION_UNKNOWN);
        bool newer_end = a->status == ACTION_SUCCEEDED && release->ended != 0 && a->ended > release->ended;
        if (action_is(a, "Isolate") && (action_is_active(a) || later || newer_end)) {
            return a;
        }
    }
    return NULL;
}
