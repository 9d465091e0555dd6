/*
 * batch.c - the calls of one client_run(); see batch.h.
 */
#include "net/batch.h"

struct batch batch_of(struct call *calls, size_t count)
{
    struct batch b = {.calls = calls, .count = count};
    for (size_t i = 0; i < count; i++) {
        b.unbegun += calls[i].state == CALL_WAITING;
        b.paced = b.paced || (calls[i].state == CALL_WAITING && calls[i].paced);
    }
    return b;
}

bool batch_skip(struct batch *b)
{
    while (b->next < b->count && b->calls[b->next].state == CALL_ENDED) {
        b->next++;
    }
    while (b->first < b->next && b->calls[b->first].state == CALL_ENDED) {
        b->first++;
    }
    return b->first < b->count;
}

static bool is_due(struct batch *b, const struct call *call, uint64_t now_ms)
{
    if (call->state == CALL_WAITING && call->not_before_ms > now_ms) {
        b->wakes_ms = call->not_before_ms < b->wakes_ms ? call->not_before_ms : b->wakes_ms;
        return false;
    }
    return call->state == CALL_WAITING;
}

size_t batch_due(struct batch *b, struct call *due[BATCH_DUE_MAX], uint64_t now_ms)
{
    size_t count = 0;
    b->wakes_ms = UINT64_MAX;
    for (size_t i = b->first; i < b->next; i++) {
        if (is_due(b, &b->calls[i], now_ms) && count < BATCH_DUE_MAX) {
            due[count++] = &b->calls[i];
        }
    }
    for (size_t i = b->next; i < b->count && count < BATCH_DUE_MAX; i++) {
        if (b->calls[i].state == CALL_ENDED) {
            continue;
        }
        if (!is_due(b, &b->calls[i], now_ms)) {
            break;
        }
        due[count++] = &b->calls[i];
    }
    return count;
}

void batch_begun(struct batch *b, const struct call *call)
{
    size_t at = (size_t)(call - b->calls);
    if (at >= b->next) {
        b->next = at + 1;
        b->unbegun--;
    }
}

size_t batch_waiting(const struct batch *b)
{
    size_t waiting = b->unbegun;
    for (size_t i = b->first; i < b->next; i++) {
        waiting += b->calls[i].state == CALL_WAITING;
    }
    return waiting;
}
