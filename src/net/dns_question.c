/*
 * dns_question.c - one question asked of the name servers; see dns_question.h.
 */
#include "net/dns_question.h"

#include "base/format.h"
#include "base/trace.h"

enum {
    DATAGRAM_MAX = 4096,   /* more than the 512 bytes that are allowed: some servers do not care */
    DATAGRAMS_A_STEP = 16, /* of one server: a flood must not stop everything else */
    LENGTH_SIZE = 2,
};

/* ---- ending ---- */

static void close_stream(struct dns_question *q)
{
    os_socket_close(&q->stream);
    buf_free(&q->stream_in);
    q->stream_state = DNS_STREAM_NONE;
    q->stream_sent = 0;
}

static void close_all(struct dns_question *q)
{
    close_stream(q);
    for (size_t i = 0; i < DNS_SERVERS_MAX; i++) {
        os_socket_close(&q->sockets[i]);
    }
    buf_free(&q->query);
}

static void end(struct dns_question *q, enum dns_message_result result, uint64_t now_ms)
{
    q->ended = true;
    q->ended_ms = now_ms;
    q->result = result;
    close_all(q);
}

void dns_question_free(struct dns_question *q)
{
    close_all(q);
    *q = (struct dns_question){0};
}

void dns_server_text(const struct address *server, char text[ADDRESS_TEXT_MAX + 12])
{
    char address[ADDRESS_TEXT_MAX];
    address_text(server, address);
    format_text(text, ADDRESS_TEXT_MAX + 12, server->port == DNS_PORT ? "%s" : "%s port %u", address,
                (unsigned)server->port);
}

/* ---- servers that fail ---- */

static const char *type_text(const struct dns_question *q)
{
    return q->message.type == DNS_MESSAGE_A ? "A" : "AAAA";
}

static void keep_said(struct dns_question *q, size_t server, const char *what)
{
    char text[ADDRESS_TEXT_MAX + 12];
    dns_server_text(&q->servers->at[server], text);
    format_text(q->said, sizeof q->said, "name server %s: %s", text, what);
    trace(TRACE_STEPS, "%.*s %s: %s", SPAN_ARG(q->message.name), type_text(q), q->said);
}

/* This server has nothing to say. Its socket is closed: the network may tell of it for ever. */
static void fail_server(struct dns_question *q, size_t server, const char *what)
{
    keep_said(q, server, what);
    os_socket_close(&q->sockets[server]);
    if (!q->failed[server]) {
        q->failed[server] = true;
        q->failures++;
    }
}

/* ---- asking over UDP ---- */

static bool ask(struct dns_question *q, uint64_t now_ms)
{
    struct os_socket *socket = &q->sockets[q->server];
    struct span query = buf_span(&q->query);
    struct fault f = {0};
    size_t put;
    if ((!socket->open && !os_datagram_open(socket, &q->servers->at[q->server], &f)) ||
        os_socket_write(socket, span_cut(query, LENGTH_SIZE, query.size), &put, &f) ==
            OS_IO_FAULT) {
        fail_server(q, q->server, f.text);
        return false;
    }
    q->next_ms = now_ms + DNS_SERVER_MS;
    return true;
}

static void ask_next(struct dns_question *q, uint64_t now_ms)
{
    close_stream(q);
    while (q->failures < q->servers->count) {
        q->server = (q->server + 1) % q->servers->count;
        if (!q->failed[q->server] && ask(q, now_ms)) {
            return;
        }
    }
    end(q, DNS_MESSAGE_FAILED, now_ms);
}

static bool put_query(struct dns_question *q, struct fault *f)
{
    q->query = buf_init(LENGTH_SIZE + DNS_MESSAGE_QUERY_MAX);
    buf_put(&q->query, SPAN("\0\0"));
    if (!dns_message_put_query(&q->query, &q->message)) {
        bool full = q->query.failed;
        return fault_set(f, full ? FAULT_MEMORY : FAULT_NAME,
                         full ? "out of memory" : "no name that DNS knows");
    }
    size_t size = q->query.size - LENGTH_SIZE;
    q->query.at[0] = (char)(size >> 8);
    q->query.at[1] = (char)(size & 0xFF);
    return true;
}

/* ---- what servers say ---- */

/* Only the failure of who is waited for at this moment leads on to the next one. */
static void take_failure(struct dns_question *q, size_t server, const char *what, uint64_t now_ms)
{
    bool streams = q->stream_state != DNS_STREAM_NONE && server == q->stream_server;
    fail_server(q, server, what);
    if (server == q->server || streams) {
        ask_next(q, now_ms);
    }
}

static void take_stream_failure(struct dns_question *q, const char *what, uint64_t now_ms)
{
    char text[sizeof q->said];
    format_text(text, sizeof text, "TCP: %.140s", what);
    take_failure(q, q->stream_server, text, now_ms);
}

static void take_error(struct dns_question *q, size_t server, enum dns_message_result result,
                       uint64_t now_ms)
{
    char text[48], code[16];
    if (result == DNS_MESSAGE_BAD) {
        format_text(text, sizeof text, "a malformed answer");
    } else if (q->answer.rcode == 0) {
        format_text(text, sizeof text, "does not look names up for others");
    } else {
        format_text(text, sizeof text, "answers %s", dns_message_rcode_text(q->answer.rcode, code));
    }
    take_failure(q, server, text, now_ms);
}

static void take_answer(struct dns_question *q, size_t server, enum dns_message_result result,
                        uint64_t now_ms)
{
    char text[48] = "the name has no address";
    if (result == DNS_MESSAGE_FAILED || result == DNS_MESSAGE_BAD) {
        take_error(q, server, result, now_ms);
        return;
    }
    if (result == DNS_MESSAGE_FOUND) {
        format_text(text, sizeof text, "%zu address%s", q->answer.count,
                    q->answer.count == 1 ? "" : "es");
    } else if (result == DNS_MESSAGE_NO_NAME) {
        format_text(text, sizeof text, "no such name");
    }
    keep_said(q, server, text);
    end(q, result, now_ms);
}

/* ---- TCP ---- */

static void begin_stream(struct dns_question *q, size_t server, uint64_t now_ms)
{
    struct fault f = {0};
    if (q->stream_state != DNS_STREAM_NONE) {
        return;
    }
    q->stream_server = server;
    q->stream_in = buf_init(LENGTH_SIZE + DNS_MESSAGE_MAX);
    q->next_ms = now_ms + DNS_STREAM_MS;
    q->stream_state = DNS_STREAM_CONNECT;
    if (os_socket_connect(&q->stream, &q->servers->at[server], &f) == OS_IO_FAULT) {
        take_stream_failure(q, f.text, now_ms);
    }
}

/* Done: the whole query is on its way. */
static enum os_io send_query(struct dns_question *q, struct fault *f)
{
    enum os_io io = OS_IO_DONE;
    while (io == OS_IO_DONE && q->stream_sent < q->query.size) {
        struct span rest = span_cut(buf_span(&q->query), q->stream_sent, q->query.size);
        size_t put = 0;
        io = os_socket_write(&q->stream, rest, &put, f);
        q->stream_sent += put;
    }
    return io;
}

/* How many bytes of the answer are still to come, as far as its beginning tells. */
static size_t bytes_to_come(const struct buf *in)
{
    size_t size = LENGTH_SIZE;
    if (in->size >= LENGTH_SIZE) {
        size += (size_t)((unsigned char)in->at[0] << 8 | (unsigned char)in->at[1]);
    }
    return size - in->size;
}

/* Done: the whole answer is there. */
static enum os_io receive_answer(struct dns_question *q, struct fault *f)
{
    enum os_io io = OS_IO_DONE;
    size_t wanted;
    while (io == OS_IO_DONE && (wanted = bytes_to_come(&q->stream_in)) > 0) {
        size_t got = 0;
        char *room = buf_room(&q->stream_in, wanted);
        if (room == NULL) {
            fault_set(f, FAULT_MEMORY, "out of memory");
            return OS_IO_FAULT;
        }
        io = os_socket_read(&q->stream, room, wanted, &got, f);
        buf_grew(&q->stream_in, io == OS_IO_DONE ? got : 0);
    }
    return io;
}

/* One state after the other. Done: the whole answer is there. */
static enum os_io go_on(struct dns_question *q, struct fault *f)
{
    enum os_io io = OS_IO_DONE;
    if (q->stream_state == DNS_STREAM_CONNECT &&
        (io = os_socket_connected(&q->stream, f)) == OS_IO_DONE) {
        q->stream_state = DNS_STREAM_SEND;
    }
    if (q->stream_state == DNS_STREAM_SEND && (io = send_query(q, f)) == OS_IO_DONE) {
        q->stream_state = DNS_STREAM_RECEIVE;
    }
    return q->stream_state == DNS_STREAM_RECEIVE ? receive_answer(q, f) : io;
}

static void step_stream(struct dns_question *q, uint64_t now_ms)
{
    struct fault f = {0};
    enum os_io io = go_on(q, &f);
    if (io == OS_IO_WAIT) {
        return;
    }
    if (io != OS_IO_DONE) {
        take_stream_failure(q, io == OS_IO_END ? "closed without a whole answer" : f.text, now_ms);
        return;
    }
    struct span message = span_cut(buf_span(&q->stream_in), LENGTH_SIZE, q->stream_in.size);
    enum dns_message_result result = dns_message_read(message, &q->message, &q->answer);
    if (result == DNS_MESSAGE_FOREIGN || result == DNS_MESSAGE_TRUNCATED) {
        take_stream_failure(q, "not the whole answer to the question", now_ms);
    } else {
        take_answer(q, q->stream_server, result, now_ms);
    }
}

/* ---- UDP ---- */

static void take_datagram(struct dns_question *q, size_t server, struct span message,
                          uint64_t now_ms)
{
    enum dns_message_result result = dns_message_read(message, &q->message, &q->answer);
    if (result == DNS_MESSAGE_TRUNCATED) {
        begin_stream(q, server, now_ms);
    } else if (result != DNS_MESSAGE_FOREIGN) {
        take_answer(q, server, result, now_ms);
    }
}

static void receive_datagrams(struct dns_question *q, size_t server, uint64_t now_ms)
{
    char datagram[DATAGRAM_MAX];
    for (int i = 0; i < DATAGRAMS_A_STEP && q->sockets[server].open; i++) {
        struct fault f = {0};
        size_t got = 0;
        enum os_io io = os_socket_read(&q->sockets[server], datagram, sizeof datagram, &got, &f);
        if (io == OS_IO_WAIT) {
            return;
        }
        if (io == OS_IO_FAULT) {
            take_failure(q, server, f.text, now_ms);
        } else {
            take_datagram(q, server, span_make(datagram, got), now_ms);
        }
    }
}

/* ---- the question ---- */

bool dns_question_begin(struct dns_question *q, enum dns_message_type type, struct span name,
                        const struct dns_servers *servers, uint64_t now_ms, struct fault *f)
{
    *q = (struct dns_question){.message = {.type = type, .name = name}, .servers = servers};
    if (!os_random(&q->message.id, sizeof q->message.id)) {
        return fault_set(f, FAULT_RANDOM, "no random numbers for a name server's query");
    }
    if (!put_query(q, f)) {
        buf_free(&q->query);
        return false;
    }
    q->server = servers->count - 1; /* so the first one is next */
    ask_next(q, now_ms);
    return true;
}

void dns_question_step(struct dns_question *q, uint64_t now_ms)
{
    for (size_t i = 0; i < DNS_SERVERS_MAX; i++) {
        receive_datagrams(q, i, now_ms);
    }
    if (q->stream_state != DNS_STREAM_NONE) {
        step_stream(q, now_ms);
    }
    if (!q->ended && now_ms >= q->next_ms) {
        ask_next(q, now_ms);
    }
}

uint64_t dns_question_wakes_ms(const struct dns_question *q)
{
    return q->ended ? UINT64_MAX : q->next_ms;
}

size_t dns_question_poll(struct dns_question *q, struct os_poll_item *items, size_t room)
{
    size_t used = 0;
    for (size_t i = 0; i < DNS_SERVERS_MAX && used < room; i++) {
        if (q->sockets[i].open) {
            items[used++] = (struct os_poll_item){.socket = &q->sockets[i], .want_read = true};
        }
    }
    if (q->stream_state != DNS_STREAM_NONE && used < room) {
        bool reading = q->stream_state == DNS_STREAM_RECEIVE;
        items[used++] = (struct os_poll_item){
            .socket = &q->stream, .want_read = reading, .want_write = !reading};
    }
    return used;
}
