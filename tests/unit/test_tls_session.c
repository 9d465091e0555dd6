/*
 * test_tls_session.c - whole TLS sessions that openssl s_server has spoken once, played again: in pieces, with waits, cut off,
 * changed, and with roots and names that do not fit.
 *
 * A session can be played again because everything random comes from os_random(), which os_fake_reset() starts anew.
 */
/* not on: windows (it has a server in a child process) */
/* links: fake/os_fake.c fake/script_stream.c */
#include "unit.h"

#include "fake/os_fake.h"
#include "fake/script_stream.h"
#include "net/tls.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>

enum { SESSION_MAX = 64 * 1024 };

static const char host[] = "www.example.com";
static char folder[] = "/tmp/unisolate-tls-XXXXXX";
static struct roots trusted, none, namesake; /* the real root; no root; another key of the real root's name */
static time_t started;

/* Stands still, as the time is part of what a TLS 1.2 client says. */
static int64_t now(void)
{
    return started;
}

/* ---- certificates and a server, from openssl ---- */

static void clean_up(void)
{
    char command[100];
    snprintf(command, sizeof command, "rm -rf %s", folder);
    if (system(command) != 0) {
        printf("%s is left over\n", folder);
    }
    roots_free(&trusted);
    roots_free(&namesake);
}

static void read_roots(const char *name, struct roots *roots)
{
    static char text[20000];
    char path[100];
    struct fault f = {0};
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "r");
    if (file == NULL) {
        abort();
    }
    size_t size = fread(text, 1, sizeof text, file);
    fclose(file);
    roots_init(roots, false);
    CHECK(roots_add_pem(roots, span_make(text, size), path, &f));
    CHECK_EQUAL_TEXT(f.text, "");
}

/* root -> intermediate -> leaf, and another root of the same name. */
static const char make_script[] =
    "cd %s && exec >log 2>&1 && set -e && printf '[req]\ndistinguished_name=n\n[n]\n' >config\n"
    "make() { name=$1 subject=$2; shift 2\n"
    "  openssl req -config config -x509 -newkey rsa:2048 -nodes -days 2 -keyout $name.key -out $name.pem"
    " -subj \"$subject\" \"$@\"; }\n"
    "ca='-addext basicConstraints=critical,CA:true -addext keyUsage=keyCertSign'\n"
    "make root /CN=Root $ca\n"
    "make namesake /CN=Root $ca\n"
    "make int /CN=Intermediate -CA root.pem -CAkey root.key $ca\n"
    "make leaf /CN=leaf -CA int.pem -CAkey int.key -addext basicConstraints=CA:false -addext extendedKeyUsage=serverAuth "
    "-addext subjectAltName=DNS:www.example.com,IP:192.0.2.7\n";

static void make_certificates(void)
{
    char command[2000];
    if (trusted.added.at != NULL) {
        return;
    }
    started = time(NULL) + 60;
    if (mkdtemp(folder) == NULL) {
        abort();
    }
    atexit(clean_up);
    snprintf(command, sizeof command, make_script, folder);
    if (system(command) != 0) {
        printf("openssl makes no certificates\n");
        exit(1);
    }
    read_roots("root.pem", &trusted);
    read_roots("namesake.pem", &namesake);
}

struct socket_stream {
    struct stream stream;
    int number;
    struct buf *heard;
};

static enum stream_result socket_read(struct stream *s, char *to, size_t room, size_t *got, struct fault *f)
{
    struct socket_stream *t = (struct socket_stream *)s;
    struct pollfd item = {.fd = t->number, .events = POLLIN};
    ssize_t size = poll(&item, 1, 10000) == 1 ? read(t->number, to, room) : -1;
    if (size < 0) {
        fault_set(f, FAULT_CUT, "read: %s", strerror(errno));
        return STREAM_FAULT;
    }
    buf_put(t->heard, span_make(to, (size_t)size));
    *got = (size_t)size;
    return size > 0 ? STREAM_DATA : STREAM_END;
}

static enum stream_result socket_write(struct stream *s, struct span bytes, size_t *put, struct fault *f)
{
    struct socket_stream *t = (struct socket_stream *)s;
    ssize_t size = write(t->number, bytes.at, bytes.size);
    if (size <= 0) {
        fault_set(f, FAULT_CUT, "write: %s", strerror(errno));
        return STREAM_FAULT;
    }
    *put = (size_t)size;
    return STREAM_DATA;
}

static void socket_close(struct stream *s)
{
    struct socket_stream *t = (struct socket_stream *)s;
    close(t->number);
    *t = (struct socket_stream){0};
}

static const struct stream_type socket_type = {socket_read, socket_write, socket_close};

/* A free port of loopback: bound once and given back. */
static uint16_t free_port(void)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof at;
    int number = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(number, (struct sockaddr *)&at, size) != 0 || getsockname(number, (struct sockaddr *)&at, &size) != 0) {
        abort();
    }
    close(number);
    return ntohs(at.sin_port);
}

static pid_t start_server(const char *version, uint16_t port)
{
    char address[40];
    snprintf(address, sizeof address, "127.0.0.1:%u", (unsigned)port);
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        if (chdir(folder) != 0 || freopen("server.log", "w", stdout) == NULL || freopen("server.log", "w", stderr) == NULL) {
            _exit(126);
        }
        execlp("openssl", "openssl", "s_server", "-accept", address, "-cert", "leaf.pem", "-key", "leaf.key", "-cert_chain", "int.pem",
               version, "-www", "-naccept", "1", (char *)NULL);
        _exit(127);
    }
    return child;
}

static int connect_to(uint16_t port)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr = {htonl(INADDR_LOOPBACK)}};
    for (int i = 0; i < 200; i++) {
        int number = socket(AF_INET, SOCK_STREAM, 0);
        if (connect(number, (struct sockaddr *)&at, sizeof at) == 0) {
            return number;
        }
        close(number);
        usleep(50 * 1000);
    }
    abort();
}

/* ---- one session ---- */

struct outcome {
    enum stream_result handshake, end;
    size_t data;            /* bytes of the answer */
    uint64_t mark;          /* made from all of them (FNV-1a) */
    bool end_is_authenticated;
    unsigned waits;
    size_t offered;         /* bytes that a write was given first, before it waited */
    char summary[96];
    struct fault fault;
};

enum { GOES_ON_AFTER_WAITS = 200 * 1000 };

static void session_data(struct stream *s, struct outcome *o)
{
    struct span request = SPAN("GET / HTTP/1.0\r\n\r\n");
    char data[1000];
    size_t moved = 0, given = 5;
    while (request.size > 0 && o->waits < GOES_ON_AFTER_WAITS) {
        o->end = s->type->write(s, span_cut(request, 0, given), &moved, &o->fault);
        if (o->end == STREAM_FAULT) {
            return;
        }
        if (o->end == STREAM_WAIT) {
            o->waits++;
            given = request.size; /* more than before; what was said before still counts */
            o->offered = o->offered == 0 ? 5 : o->offered;
            continue;
        }
        CHECK(o->offered == 0 || moved <= o->offered);
        request = span_cut(request, moved, request.size);
        given = 5;
        o->offered = 0;
    }
    do {
        o->end = s->type->read(s, data, sizeof data, &moved, &o->fault);
        o->waits += o->end == STREAM_WAIT;
        for (size_t i = 0; o->end == STREAM_DATA && i < moved; i++) {
            o->mark = (o->mark ^ (unsigned char)data[i]) * 1099511628211U;
        }
        o->data += o->end == STREAM_DATA ? moved : 0;
    } while (o->end == STREAM_DATA || (o->end == STREAM_WAIT && o->waits < GOES_ON_AFTER_WAITS));
    o->end_is_authenticated = s->end_is_authenticated;
    if (o->end == STREAM_END) {
        CHECK_EQUAL_INT(s->type->read(s, data, sizeof data, &moved, &o->fault), STREAM_END); /* it stays so */
        CHECK_EQUAL_INT(s->end_is_authenticated, o->end_is_authenticated);
    }
}

/* Handshake, a request, the answer up to its end; nothing random but what os_fake makes. Closes below. */
static struct outcome session(struct stream *below, const char *name, const struct roots *roots)
{
    struct outcome o = {.handshake = STREAM_FAULT};
    struct fault f = {0};
    os_fake_reset();
    CHECK(tls_start(now, &f));
    struct stream *s = tls_open(below, name, roots, &o.fault);
    if (s != NULL) {
        do {
            o.handshake = tls_handshake(s, &o.fault);
            o.waits += o.handshake == STREAM_WAIT;
        } while (o.handshake == STREAM_WAIT && o.waits < GOES_ON_AFTER_WAITS && (s->want_read || s->want_write));
        if (o.handshake == STREAM_DATA) {
            tls_summary(s, o.summary);
            session_data(s, &o);
        }
        s->type->close(s);
    }
    tls_stop();
    return o;
}

struct recording {
    struct buf heard;
    size_t answer;
    uint64_t mark;
};

/* What the server says in one whole session. */
static struct recording record(const char *version, const char *name)
{
    struct recording r = {.heard = buf_init(SESSION_MAX)};
    make_certificates();
    uint16_t port = free_port();
    pid_t server = start_server(version, port);
    struct socket_stream below = {.stream = {.type = &socket_type}, .number = connect_to(port), .heard = &r.heard};
    struct outcome o = session(&below.stream, name, &trusted);
    kill(server, SIGTERM);
    waitpid(server, NULL, 0);
    CHECK_EQUAL_TEXT(o.fault.text, "");
    CHECK_EQUAL_INT(o.end, STREAM_END);
    CHECK(o.end_is_authenticated);
    CHECK(o.data > 500);
    r.answer = o.data;
    r.mark = o.mark;
    return r;
}

static struct outcome play(struct script_stream *script)
{
    struct outcome o = session(&script->stream, host, &trusted);
    CHECK_EQUAL_INT(script->closes, 1);
    return o;
}

static void check_whole(const struct outcome *o, const struct recording *r)
{
    CHECK_EQUAL_TEXT(o->fault.text, "");
    CHECK_EQUAL_INT(o->handshake, STREAM_DATA);
    CHECK_EQUAL_INT(o->end, STREAM_END);
    CHECK_EQUAL_INT(o->data, r->answer);
    CHECK(o->mark == r->mark);
    CHECK(o->end_is_authenticated);
}

static void in_pieces(const struct recording *r)
{
    static const struct {
        size_t piece, write_piece;
        unsigned wait_each;
    } ways[] = {{0, 0, 0}, {1, 0, 0}, {0, 1, 0}, {1, 1, 1}, {5, 7, 3}, {6, 0, 1}, {1000, 100, 2}};
    for (size_t i = 0; i < COUNT_OF(ways); i++) {
        struct script_stream script;
        unit_row("pieces of %zu", ways[i].piece);
        script_stream_init(&script, buf_span(&r->heard), SCRIPT_END);
        script.piece = ways[i].piece;
        script.write_piece = ways[i].write_piece;
        script.wait_each = script.waits = ways[i].wait_each;
        struct outcome o = play(&script);
        check_whole(&o, r);
        CHECK(ways[i].wait_each == 0 || o.waits > 5);
        CHECK(!script.read_past_end);
        script_stream_free(&script);
    }
    unit_row("%s", "");
}

/* One read from below for a record and what came with it: 16 KiB of session are a handful of reads, not two a record. */
static void few_reads(const struct recording *r)
{
    struct script_stream script;
    script_stream_init(&script, buf_span(&r->heard), SCRIPT_END);
    play(&script);
    CHECK(script.reads <= 1 + r->heard.size / (16 * 1024));
    script_stream_free(&script);
}

/* What goes out leaves when something is awaited: a flight, or the end of a handshake and the first request, is one write. */
static void few_writes(const struct recording *r, unsigned flights)
{
    struct script_stream script;
    script_stream_init(&script, buf_span(&r->heard), SCRIPT_END);
    script.piece = 1; /* or what the server says later is there already */
    play(&script);
    CHECK_EQUAL_INT(script.writes, flights + 4 + 1); /* the request in four parts, close_notify */
    script_stream_free(&script);
}

/* Nothing is sent for a while: the end of the handshake goes all the same, by itself or before something is read. */
static void idle(const struct recording *r, bool let_go)
{
    struct script_stream script;
    struct fault f = {0};
    char data[10];
    size_t got;
    os_fake_reset();
    CHECK(tls_start(now, &f));
    script_stream_init(&script, buf_span(&r->heard), SCRIPT_SILENCE);
    script.piece = 1;
    struct stream *s = tls_open(&script.stream, host, &trusted, &f);
    CHECK_EQUAL_INT(tls_handshake(s, &f), STREAM_DATA);
    size_t before = script.written.size;
    script.incoming = span_cut(script.incoming, 0, script.at); /* no more comes */
    if (let_go) {
        tls_let_go(s);
    } else {
        (void)s->type->read(s, data, sizeof data, &got, &f);
    }
    CHECK(script.written.size > before);
    s->type->close(s);
    tls_stop();
    script_stream_free(&script);
}

/* A request that has left in part and is then given up: its rest must not go when the stream is closed. */
static void given_up(const struct recording *r)
{
    struct script_stream script;
    struct fault f = {0};
    size_t put;
    os_fake_reset();
    CHECK(tls_start(now, &f));
    script_stream_init(&script, buf_span(&r->heard), SCRIPT_SILENCE);
    struct stream *s = tls_open(&script.stream, host, &trusted, &f);
    CHECK_EQUAL_INT(tls_handshake(s, &f), STREAM_DATA);
    tls_let_go(s);
    script.write_piece = 5;
    script.write_limit = script.written.size + 10;
    CHECK_EQUAL_INT(s->type->write(s, SPAN("GET / HTTP/1.0\r\n\r\n"), &put, &f), STREAM_WAIT);
    CHECK_EQUAL_INT(script.written.size, script.write_limit);
    size_t before = script.written.size;
    script.write_limit = 0;
    s->type->close(s);
    CHECK_EQUAL_INT(script.written.size, before);
    tls_stop();
    script_stream_free(&script);
}

/* Cut at a byte: before the handshake is done a fault, then an end that is not vouched for. Never data that was not sent whole. */
static void cut_at(const struct recording *r, size_t at, enum script_end end)
{
    struct script_stream script;
    unit_row("cut at %zu of %zu, end %d", at, r->heard.size, end);
    script_stream_init(&script, span_cut(buf_span(&r->heard), 0, at), end);
    struct outcome o = play(&script);
    if (o.handshake == STREAM_DATA && end == SCRIPT_END) {
        CHECK_EQUAL_INT(o.end, STREAM_END);
        CHECK(!o.end_is_authenticated);
        CHECK(o.data <= r->answer);
    } else {
        CHECK_EQUAL_INT(o.handshake == STREAM_DATA ? o.end : o.handshake, STREAM_FAULT);
        CHECK_EQUAL_INT(o.fault.code, FAULT_CUT);
        CHECK(end != SCRIPT_FAULT || strcmp(o.fault.text, "script: reset") == 0);
    }
    CHECK(!script.read_past_end);
    script_stream_free(&script);
}

static void cut_off(const struct recording *r)
{
    for (size_t at = 0; at < r->heard.size; at += at < 160 ? 1 : 61) {
        cut_at(r, at, SCRIPT_END);
    }
    for (size_t at = 0; at < r->heard.size; at += 199) {
        cut_at(r, at, SCRIPT_FAULT);
    }
    cut_at(r, r->heard.size - 1, SCRIPT_END);
    unit_row("%s", "");
}

/*
 * A changed byte is a fault, or at the latest an end that is not vouched for; unless nothing depends on it (the version in the
 * head of a plain record), and then the answer is the same.
 */
static void changed(const struct recording *r)
{
    static char copy[SESSION_MAX];
    for (size_t at = 0; at < r->heard.size; at += 37) {
        struct script_stream script;
        unit_row("byte %zu changed", at);
        memcpy(copy, r->heard.at, r->heard.size);
        copy[at] = (char)(copy[at] ^ 1);
        script_stream_init(&script, span_make(copy, r->heard.size), SCRIPT_END);
        struct outcome o = play(&script);
        CHECK(o.handshake == STREAM_FAULT || o.end == STREAM_FAULT || !o.end_is_authenticated || o.mark == r->mark);
        script_stream_free(&script);
    }
    unit_row("%s", "");
}

/* The same session, but one thing about the certificate is wrong: it ends there, and nothing of the request is sent. */
static void refused(const struct recording *r, const char *name, const struct roots *roots, const char *text)
{
    struct script_stream script;
    unit_row("%s", text);
    script_stream_init(&script, buf_span(&r->heard), SCRIPT_END);
    struct outcome o = session(&script.stream, name, roots);
    CHECK_EQUAL_INT(o.handshake, STREAM_FAULT);
    CHECK_EQUAL_INT(o.fault.code, FAULT_CERTIFICATE);
    if (strstr(o.fault.text, text) == NULL) {
        unit_fail(__FILE__, __LINE__, "\"%s\" does not say \"%s\"", o.fault.text, text);
    }
    /* The ClientHello (a record: 5 bytes, then as many as bytes 3 and 4 say), ChangeCipherSpec at most, an alert. */
    const unsigned char *at = (const unsigned char *)script.written.at;
    size_t hello = script.written.size < 5 ? 0 : 5 + ((size_t)at[3] << 8) + at[4];
    CHECK(script.written.size > hello && script.written.size <= hello + 6 + 40);
    script_stream_free(&script);
    unit_row("%s", "");
}

static void session_of(const char *version, const char *summary, unsigned flights)
{
    struct recording r = record(version, host);
    struct script_stream script;
    script_stream_init(&script, buf_span(&r.heard), SCRIPT_END);
    struct outcome o = play(&script);
    CHECK(strstr(o.summary, summary) == o.summary);
    script_stream_free(&script);
    in_pieces(&r);
    few_reads(&r);
    few_writes(&r, flights);
    if (flights == 1) {
        idle(&r, true);
        idle(&r, false);
    }
    given_up(&r);
    cut_off(&r);
    changed(&r);
    refused(&r, host, &none, "issued by CN=Root, which is not trusted");
    refused(&r, host, &namesake, "issued by CN=Root, whose key has not signed it");
    buf_free(&r.heard);
    /* An address is not part of what the client says, so this session is the same up to the check of the name. */
    r = record(version, "192.0.2.7");
    refused(&r, "192.0.2.8", &trusted, "certificate of 192.0.2.8: is for www.example.com, not for 192.0.2.8");
    buf_free(&r.heard);
}

static void session_tls12(void) { session_of("-tls1_2", "TLSv1.2, TLS-ECDHE-", 2); }
static void session_tls13(void) { session_of("-tls1_3", "TLSv1.3, TLS1-3-", 1); }

static const struct unit_test tests[] = {TEST(session_tls12), TEST(session_tls13)};
UNIT_MAIN(tests)
