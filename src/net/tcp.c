/*
 * tcp.c - a stream over a socket; several addresses raced; see tcp.h.
 */
#include "net/tcp.h"

static enum stream_result tcp_result(struct stream *s, enum os_io io, bool reading)
{
    s->want_read = reading;
    s->want_write = !reading;
    switch (io) {
    case OS_IO_DONE:
        return STREAM_DATA;
    case OS_IO_WAIT:
        return STREAM_WAIT;
    case OS_IO_END:
        return STREAM_END;
    default:
        return STREAM_FAULT;
    }
}

static struct os_socket *winner(struct stream *s)
{
    struct tcp *t = (struct tcp *)s;
    return &t->sockets[t->winner];
}

static enum stream_result tcp_read(struct stream *s, char *to, size_t room, size_t *got, struct fault *f)
{
    return tcp_result(s, os_socket_read(winner(s), to, room, got, f), true);
}

static enum stream_result tcp_write(struct stream *s, struct span bytes, size_t *put, struct fault *f)
{
    return tcp_result(s, os_socket_write(winner(s), bytes, put, f), false);
}

static void tcp_close(struct stream *s)
{
    struct tcp *t = (struct tcp *)s;
    for (size_t i = 0; i < t->count; i++) {
        os_socket_close(&t->sockets[i]);
    }
    memory_give(t);
}

static const struct stream_type tcp_type = {tcp_read, tcp_write, tcp_close};

struct tcp *tcp_open(const struct address *addresses, size_t count, struct fault *f)
{
    struct tcp *t = memory_take(1, sizeof *t);
    if (t == NULL) {
        fault_set(f, FAULT_MEMORY, "out of memory");
        return NULL;
    }
    t->stream.type = &tcp_type;
    t->count = count < DNS_ADDRESSES_MAX ? count : DNS_ADDRESSES_MAX;
    for (size_t i = 0; i < t->count; i++) {
        t->addresses[i] = addresses[i];
    }
    return t;
}

static enum stream_result won(struct tcp *t, size_t index)
{
    t->winner = index;
    t->connected = true;
    for (size_t i = 0; i < t->count; i++) {
        if (i != index) {
            os_socket_close(&t->sockets[i]);
        }
    }
    return STREAM_DATA;
}

static void lost(struct tcp *t, size_t index, struct fault *why)
{
    char text[ADDRESS_TEXT_MAX];
    address_text(&t->addresses[index], text);
    fault_place(why, "%s", text);
    if (!fault_is_set(&t->fault)) {
        t->fault = *why;
    }
    t->next_ms = 0; /* the next one need not wait */
}

/* Ask every socket that is under way; STREAM_DATA when one has connected. */
static enum stream_result look_at_attempts(struct tcp *t, bool *any_under_way)
{
    *any_under_way = false;
    for (size_t i = 0; i < t->begun; i++) {
        struct fault why = {0};
        enum os_io io = t->sockets[i].open ? os_socket_connected(&t->sockets[i], &why) : OS_IO_END;
        if (io == OS_IO_DONE) {
            return won(t, i);
        }
        if (io == OS_IO_FAULT) {
            lost(t, i, &why);
        }
        *any_under_way = *any_under_way || io == OS_IO_WAIT;
    }
    return STREAM_WAIT;
}

static enum stream_result begin_next(struct tcp *t, uint64_t now_ms)
{
    struct fault why = {0};
    size_t index = t->begun++;
    enum os_io io = os_socket_connect(&t->sockets[index], &t->addresses[index], &why);
    t->next_ms = now_ms + TCP_ATTEMPT_DELAY_MS;
    if (io == OS_IO_DONE) {
        return won(t, index);
    }
    if (io == OS_IO_FAULT) {
        lost(t, index, &why);
        return STREAM_FAULT;
    }
    return STREAM_WAIT;
}

enum stream_result tcp_connect(struct tcp *t, uint64_t now_ms, struct fault *f)
{
    bool any_under_way;
    if (look_at_attempts(t, &any_under_way) == STREAM_DATA) {
        return STREAM_DATA;
    }
    while (t->begun < t->count && (!any_under_way || now_ms >= t->next_ms)) {
        enum stream_result result = begin_next(t, now_ms);
        if (result == STREAM_DATA) {
            return STREAM_DATA;
        }
        any_under_way = any_under_way || result == STREAM_WAIT;
    }
    if (!any_under_way) {
        fault_set(&t->fault, FAULT_CONNECT, "no address");
        *f = t->fault;
        return STREAM_FAULT;
    }
    return STREAM_WAIT;
}

uint64_t tcp_wakes_ms(const struct tcp *t)
{
    return t->connected || t->begun == t->count ? UINT64_MAX : t->next_ms;
}

size_t tcp_poll(struct tcp *t, const struct stream *above, struct os_poll_item *items, size_t room)
{
    size_t used = 0;
    for (size_t i = 0; i < t->begun && used < room; i++) {
        if (t->sockets[i].open) {
            items[used++] = (struct os_poll_item){
                .socket = &t->sockets[i],
                .want_read = t->connected && above->want_read,
                .want_write = !t->connected || above->want_write,
            };
        }
    }
    return used;
}

const struct address *tcp_peer(const struct tcp *t)
{
    return &t->addresses[t->winner];
}
