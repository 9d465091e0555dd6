/*
 * call.c - one HTTP exchange; see call.h.
 */
#include "net/call.h"

#include <assert.h>

struct call call_init(const char *method, const struct url *origin)
{
    return (struct call){
        .method = method,
        .origin = origin,
        .target = buf_init(CALL_TARGET_MAX),
        .answer_max = CALL_ANSWER_MAX,
    };
}

void call_add_field(struct call *c, const char *name, const char *value, const struct secret *secret)
{
    assert(c->field_count < CALL_FIELDS_MAX);
    c->fields[c->field_count++] = (struct call_field){name, value, secret};
}

static bool throttled_fault(const struct call *c, struct fault *f)
{
    if (c->has_retry_after) {
        return fault_set(f, FAULT_THROTTLED, "%s: too many requests (429); it asks for a pause of %llu s",
                         c->origin->place, (unsigned long long)c->retry_after_seconds);
    }
    return fault_set(f, FAULT_THROTTLED, "%s: too many requests (429)", c->origin->place);
}

bool call_status_fault(const struct call *c, struct fault *f)
{
    const char *host = c->origin->place;
    if (c->status == 429) {
        return throttled_fault(c, f);
    }
    if (c->status == 407) {
        return fault_set(f, FAULT_CONNECT, "%s: a proxy asks for a login (407)", host);
    }
    if (c->status >= 500) {
        return fault_set(f, FAULT_SERVER, "%s: status %d", host, c->status);
    }
    if (c->status >= 300 && c->status < 400) {
        return fault_set(f, FAULT_REDIRECT, "%s: a redirect (%d)", host, c->status);
    }
    return fault_set(f, FAULT_ANSWER, "%s: an answer that cannot be understood (status %d)", host, c->status);
}

void call_end(struct call *c)
{
    c->state = CALL_ENDED;
    if (c->ended != NULL) {
        c->ended(c->context, c);
    }
}

void call_free(struct call *c)
{
    buf_free(&c->target);
    buf_free(&c->answer);
    buf_free(&c->challenge);
    *c = (struct call){0};
}
