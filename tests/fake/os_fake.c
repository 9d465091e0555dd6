/*
 * os_fake.c - a machine made of tables; see os_fake.h.
 */
#include "fake/os_fake.h"
#include "fake/os_fake_system.h"

#include <stdio.h>
#include <string.h>

enum { ROWS = 32, SOCKETS = 64, TEXT = 64 * 1024, REQUEST_MAX = 32 * 1024, DATAGRAMS = 8 };

struct pair {
    const char *name, *value;
};

struct peer_socket {
    bool used, connected, reset;
    const struct os_fake_script *script;
    uint64_t connects_ms;
    char in[REQUEST_MAX];      /* bytes of requests that are not complete yet */
    size_t in_size;
    unsigned requests;
    char out[TEXT];
    size_t out_size, out_at, sent_total;
    uint64_t out_ms;           /* when the answer is there */
};

struct name_server {
    const char *address;
    os_fake_answer *answer;
    unsigned datagrams;
};

/* Datagram sockets have numbers from SOCKETS on. */
struct datagram_socket {
    bool used;
    struct name_server *server; /* NULL: nobody is there */
    struct os_fake_datagram in[DATAGRAMS];
    size_t count;
};

static struct {
    uint64_t now_ms;
    uint64_t stop_ms;
    enum os_stop stop;
    struct pair environment[ROWS], files[ROWS], names[ROWS];
    const char *bytes_path;
    struct span bytes;
    struct os_fake_script scripts[ROWS];
    bool script_used[ROWS];
    struct peer_socket sockets[SOCKETS];
    struct name_server name_servers[ROWS];
    struct datagram_socket datagram_sockets[SOCKETS];
    unsigned connects, open_most, requests;
    char received[TEXT];
    char written[2][TEXT];
    size_t written_size[2];
    unsigned random;
    bool terminal[2];
    unsigned columns;
    const char *password;
    size_t script_count, name_server_count;
} fake;

void os_fake_reset(void)
{
    memset(&fake, 0, sizeof fake);
    fake.now_ms = 1000;
    fake.stop_ms = UINT64_MAX;
    fake.columns = 80;
    os_fake_host_reset();
}

static void put(struct pair *rows, const char *name, const char *value)
{
    while (rows->name != NULL) {
        rows++;
    }
    *rows = (struct pair){name, value};
}

static const char *find(const struct pair *rows, const char *name)
{
    for (size_t i = 0; i < ROWS && rows[i].name != NULL; i++) {
        if (strcmp(rows[i].name, name) == 0) {
            return rows[i].value;
        }
    }
    return NULL;
}

void os_fake_environment(const char *name, const char *value) { put(fake.environment, name, value); }
void os_fake_file(const char *path, const char *text) { put(fake.files, path, text); }
void os_fake_file_bytes(const char *path, struct span bytes)
{
    fake.bytes_path = path;
    fake.bytes = bytes;
}
void os_fake_name(const char *host, const char *address) { put(fake.names, host, address); }
void os_fake_password(const char *typed) { fake.password = typed; }

void os_fake_peer(const struct os_fake_script *script) { fake.scripts[fake.script_count++] = *script; }

void os_fake_stop_at(uint64_t now_ms, enum os_stop how)
{
    fake.stop_ms = now_ms;
    fake.stop = how;
}

void os_fake_terminal(enum os_output where, unsigned columns)
{
    fake.terminal[where] = true;
    fake.columns = columns;
}

void os_fake_name_server(const char *address, os_fake_answer *answer)
{
    fake.name_servers[fake.name_server_count++] = (struct name_server){.address = address, .answer = answer};
}

static struct name_server *name_server(const char *address)
{
    for (size_t i = 0; i < ROWS && fake.name_servers[i].address != NULL; i++) {
        if (strcmp(fake.name_servers[i].address, address) == 0) {
            return &fake.name_servers[i];
        }
    }
    return NULL;
}

unsigned os_fake_datagrams(const char *address) { return name_server(address)->datagrams; }
unsigned os_fake_connects(void) { return fake.connects; }
unsigned os_fake_open(void)
{
    unsigned open = 0;
    for (size_t i = 0; i < SOCKETS; i++) {
        open += fake.sockets[i].used + fake.datagram_sockets[i].used;
    }
    return open;
}
unsigned os_fake_open_most(void) { return fake.open_most; }
unsigned os_fake_requests(void) { return fake.requests; }
const char *os_fake_received(void) { return fake.received; }
struct span os_fake_written(enum os_output where) { return span_make(fake.written[where], fake.written_size[where]); }

/* ---- os.h ---- */

void os_start(void) {}
enum os_stop os_stop_asked(void) { return fake.now_ms >= fake.stop_ms ? fake.stop : OS_GO_ON; }
uint64_t os_monotonic_ms(void) { return fake.now_ms; }
const char *os_environment(const char *name) { return find(fake.environment, name); }
bool os_is_terminal(enum os_output where) { return fake.terminal[where]; }

bool os_random(void *to, size_t size)
{
    unsigned char *at = to;
    while (size-- > 0) {
        fake.random = fake.random * 1103515245u + 12345u;
        *at++ = (unsigned char)(fake.random >> 16);
    }
    return true;
}

static void put_names(struct buf *to)
{
    for (size_t i = 0; i < ROWS && fake.names[i].name != NULL; i++) {
        buf_put_format(to, "%s %s\n", fake.names[i].value, fake.names[i].name);
    }
}

bool os_read_file(const char *path, struct buf *to, struct fault *f)
{
    const char *text = find(fake.files, path);
    if (fake.bytes_path != NULL && strcmp(fake.bytes_path, path) == 0) {
        buf_put(to, fake.bytes);
    } else if (text == NULL && strcmp(path, "/etc/hosts") == 0) {
        put_names(to);
        return true;
    } else if (text == NULL) {
        return fault_set(f, FAULT_FILE, "%s: No such file or directory", path);
    }
    buf_put_text(to, text);
    return !to->failed || fault_set(f, FAULT_FILE, "%s: too large", path);
}

unsigned os_columns(enum os_output where) { return (void)where, fake.columns; }

bool os_sensor_id(struct buf *to, struct fault *f)
{
    const char *id = find(fake.files, "sensor");
    buf_put_text(to, id == NULL ? "" : id);
    return id != NULL || fault_set(f, FAULT_NOT_FOUND, "self: there is no Defender sensor on this host");
}

bool os_read_plain_file(const char *path, struct buf *to, struct fault *f) { return os_read_file(path, to, f); }
bool os_arc_is_installed(void) { return find(fake.files, "/opt/azcmagent/bin/himds") != NULL; }
const char *os_arc_key_folder(void) { return "/var/opt/azcmagent/tokens/"; }
bool os_read_input(struct buf *to, struct fault *f) { return os_read_file("-", to, f); }

bool os_write(enum os_output where, struct span bytes)
{
    if (bytes.size > TEXT - fake.written_size[where]) {
        return false;
    }
    if (bytes.size > 0) {
        memcpy(fake.written[where] + fake.written_size[where], bytes.at, bytes.size);
    }
    fake.written_size[where] += bytes.size;
    return true;
}

uint32_t os_interface_number(const char *name) { return strcmp(name, "eth0") == 0 ? 2 : 0; }
bool os_read_password(struct span prompt, uint64_t timeout_ms, struct buf *to, struct fault *f)
{
    (void)timeout_ms;
    if (fake.password == NULL) {
        return fault_set(f, FAULT_FILE, "there is no terminal to ask on");
    }
    buf_put_text(to, fake.password);
    return os_write(OS_ERR, prompt) && !to->failed;
}

/* ---- sockets ---- */

/* The first script of this address that no connection has had yet, else its last one. */
static const struct os_fake_script *script_for(const char *address)
{
    const struct os_fake_script *last = NULL;
    for (size_t i = 0; i < ROWS && fake.scripts[i].address != NULL; i++) {
        if (strcmp(fake.scripts[i].address, address) == 0) {
            last = &fake.scripts[i];
            if (!fake.script_used[i]) {
                fake.script_used[i] = true;
                return last;
            }
        }
    }
    return last;
}

enum os_io os_socket_connect(struct os_socket *s, const struct address *to, struct fault *f)
{
    char text[ADDRESS_TEXT_MAX];
    intptr_t number = 0;
    address_text(to, text);
    const struct os_fake_script *script = script_for(text);
    fake.connects++;
    if (script == NULL || (script->refuse && script->connect_after_ms == 0)) {
        fault_set(f, FAULT_CONNECT, "Connection refused");
        return OS_IO_FAULT;
    }
    while (fake.sockets[number].used) {
        number++;
    }
    fake.sockets[number] = (struct peer_socket){.used = true, .script = script,
                                                .connects_ms = fake.now_ms + script->connect_after_ms};
    *s = (struct os_socket){.open = true, .number = number};
    if (os_fake_open() > fake.open_most) {
        fake.open_most = os_fake_open();
    }
    return OS_IO_WAIT;
}

static struct peer_socket *peer(struct os_socket *s) { return &fake.sockets[s->number]; }

enum os_io os_socket_connected(struct os_socket *s, struct fault *f)
{
    bool there = fake.now_ms >= peer(s)->connects_ms;
    if (there && peer(s)->script->refuse) {
        os_socket_close(s);
        fault_set(f, FAULT_CONNECT, "No route to host");
        return OS_IO_FAULT;
    }
    peer(s)->connected = there;
    return peer(s)->connected ? OS_IO_DONE : OS_IO_WAIT;
}

/* ---- datagrams ---- */

static struct datagram_socket *datagram_socket(const struct os_socket *s)
{
    return &fake.datagram_sockets[s->number - SOCKETS];
}

bool os_datagram_open(struct os_socket *s, const struct address *to, struct fault *f)
{
    char text[ADDRESS_TEXT_MAX];
    size_t number = 0;
    address_text(to, text);
    if (name_server(text) == NULL) {
        return fault_set(f, FAULT_CONNECT, "Network is unreachable");
    }
    while (fake.datagram_sockets[number].used) {
        number++;
    }
    fake.datagram_sockets[number] = (struct datagram_socket){.used = true, .server = name_server(text)};
    *s = (struct os_socket){.open = true, .number = (intptr_t)(number + SOCKETS)};
    return true;
}

static enum os_io write_datagram(struct datagram_socket *d, struct span bytes, size_t *put_size)
{
    struct os_fake_datagram in = d->server->answer(bytes, d->server->datagrams++);
    *put_size = bytes.size;
    in.after_ms += fake.now_ms;
    if ((in.size > 0 || in.refuse) && d->count < DATAGRAMS) {
        d->in[d->count++] = in;
    }
    return OS_IO_DONE;
}

/* The one that arrives first. */
static size_t first_datagram(const struct datagram_socket *d)
{
    size_t first = 0;
    for (size_t i = 1; i < d->count; i++) {
        first = d->in[i].after_ms < d->in[first].after_ms ? i : first;
    }
    return first;
}

static uint64_t next_datagram_ms(const struct datagram_socket *d)
{
    return d->count > 0 ? d->in[first_datagram(d)].after_ms : UINT64_MAX;
}

static enum os_io read_datagram(struct datagram_socket *d, char *to, size_t room, size_t *got, struct fault *f)
{
    size_t i = first_datagram(d);
    if (next_datagram_ms(d) > fake.now_ms) {
        return OS_IO_WAIT;
    }
    struct os_fake_datagram in = d->in[i];
    d->in[i] = d->in[--d->count];
    if (in.refuse) {
        fault_set(f, FAULT_CUT, "Connection refused");
        return OS_IO_FAULT;
    }
    *got = in.size < room ? in.size : room;
    memcpy(to, in.bytes, *got);
    return OS_IO_DONE;
}

/* ---- bytes ---- */

static const char *answer_to(const struct peer_socket *p, const char *request)
{
    if (p->script->respond != NULL) {
        return p->script->respond(request);
    }
    return p->requests < 4 ? p->script->answers[p->requests] : NULL;
}

static void answer_request(struct peer_socket *p, const char *request)
{
    const char *answer = answer_to(p, request);
    p->requests++;
    fake.requests++;
    if ((p->script->reset_on_second_request && p->requests == 2) || (p->script->respond != NULL && answer == NULL)) {
        p->reset = true;
        return;
    }
    size_t size = answer == NULL ? 0 : strlen(answer);
    if (p->script->cut > 0 && p->sent_total + size > p->script->cut) {
        size = p->script->cut - p->sent_total;
    }
    if (size > 0) {
        memmove(p->out, p->out + p->out_at, p->out_size - p->out_at);
        p->out_size -= p->out_at;
        p->out_at = 0;
        memcpy(p->out + p->out_size, answer, size);
    }
    p->out_size += size;
    p->sent_total += size;
    p->out_ms = fake.now_ms + p->script->answer_after_ms;
}

/* The bytes of the first request in p->in when it is complete, else 0. */
static size_t complete_request(struct peer_socket *p)
{
    const char *end = strstr(p->in, "\r\n\r\n");
    const char *length = strstr(p->in, "Content-Length: ");
    unsigned body = 0;
    if (end == NULL) {
        return 0;
    }
    if (length != NULL && length < end) {
        (void)sscanf(length, "Content-Length: %u", &body);
    }
    size_t size = (size_t)(end - p->in) + 4 + body;
    return size <= p->in_size ? size : 0;
}

enum os_io os_socket_write(struct os_socket *s, struct span bytes, size_t *put_size, struct fault *f)
{
    if (s->number >= SOCKETS) {
        return write_datagram(datagram_socket(s), bytes, put_size);
    }
    struct peer_socket *p = peer(s);
    size_t room = sizeof p->in - 1 - p->in_size;
    if (p->reset) {
        fault_set(f, FAULT_CUT, "Connection reset by peer");
        return OS_IO_FAULT;
    }
    *put_size = bytes.size < room ? bytes.size : room;
    if (p->script->piece > 0 && *put_size > p->script->piece) {
        *put_size = p->script->piece;
    }
    memcpy(p->in + p->in_size, bytes.at, *put_size);
    p->in_size += *put_size;
    p->in[p->in_size] = '\0';
    size_t size = complete_request(p);
    if (size > 0) {
        size_t used = strlen(fake.received);
        snprintf(fake.received + used, sizeof fake.received - used, "%.*s\n", (int)size, p->in);
        char request[REQUEST_MAX];
        memcpy(request, p->in, size);
        request[size] = '\0';
        memmove(p->in, p->in + size, p->in_size - size + 1);
        p->in_size -= size;
        answer_request(p, request);
    }
    return OS_IO_DONE;
}

/* Nothing more will come: all answers that the script has were sent, or it was cut. */
static bool is_spent(const struct peer_socket *p)
{
    bool more = p->script->respond != NULL || (p->requests < 4 && p->script->answers[p->requests] != NULL);
    return p->requests > 0 && (!more || (p->script->cut > 0 && p->sent_total >= p->script->cut));
}

enum os_io os_socket_read(struct os_socket *s, char *to, size_t room, size_t *got, struct fault *f)
{
    if (s->number >= SOCKETS) {
        return read_datagram(datagram_socket(s), to, room, got, f);
    }
    struct peer_socket *p = peer(s);
    size_t left = p->out_size - p->out_at;
    *got = left < room ? left : room;
    if (p->script->piece > 0 && *got > p->script->piece) {
        *got = p->script->piece;
    }
    if (*got > 0 && fake.now_ms >= p->out_ms) {
        memcpy(to, p->out + p->out_at, *got);
        p->out_at += *got;
        return OS_IO_DONE;
    }
    if (p->reset || (left == 0 && is_spent(p) && p->script->end == OS_FAKE_RESET)) {
        fault_set(f, FAULT_CUT, "Connection reset by peer");
        return OS_IO_FAULT;
    }
    return left == 0 && is_spent(p) && p->script->end == OS_FAKE_CLOSE ? OS_IO_END : OS_IO_WAIT;
}

void os_socket_close(struct os_socket *s)
{
    if (s->open && s->number >= SOCKETS) {
        datagram_socket(s)->used = false;
    } else if (s->open) {
        peer(s)->used = false;
    }
    *s = (struct os_socket){0};
}

/* When something happens to this socket by itself. */
static uint64_t event_ms(const struct os_poll_item *item)
{
    if (item->socket->number >= SOCKETS) {
        return next_datagram_ms(datagram_socket(item->socket));
    }
    struct peer_socket *p = peer(item->socket);
    if (!p->connected) {
        return item->want_write ? p->connects_ms : UINT64_MAX;
    }
    if (item->want_write || p->reset) {
        return fake.now_ms;
    }
    if (p->out_at < p->out_size) {
        return p->out_ms;
    }
    return is_spent(p) && p->script->end != OS_FAKE_KEEP ? fake.now_ms : UINT64_MAX;
}

void os_poll(struct os_poll_item *items, size_t count, uint64_t timeout_ms)
{
    uint64_t until = fake.now_ms + timeout_ms;
    for (size_t i = 0; i < count; i++) {
        uint64_t event = event_ms(&items[i]);
        until = event < until ? event : until;
    }
    until = fake.stop_ms > fake.now_ms && fake.stop_ms < until ? fake.stop_ms : until; /* a signal wakes it once */
    until = os_fake_resolver.open > 0 && os_fake_resolver.answers_ms < until ? os_fake_resolver.answers_ms : until;
    fake.now_ms = until > fake.now_ms ? until : fake.now_ms;
    for (size_t i = 0; i < count; i++) {
        items[i].ready = event_ms(&items[i]) <= fake.now_ms;
    }
}
