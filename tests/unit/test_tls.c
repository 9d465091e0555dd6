/*
 * test_tls.c - TLS over scripted streams: what is sent first, peers that speak no TLS, alerts, waits. Whole sessions are in
 * test_tls_session.c.
 */
/* links: fake/os_fake.c fake/script_stream.c */
#include "unit.h"

#include "fake/os_fake.h"
#include "fake/script_stream.h"
#include "net/tls.h"

enum { CLIENT_HELLO_MAX = 500 };

static const char host[] = "www.example.com";
static const struct roots none;

/* Up to the end of the handshake, which none of these peers reaches. */
static struct fault handshake(struct stream *below, const char *name)
{
    struct fault f = {0}, start = {0};
    os_fake_reset();
    CHECK(tls_start(os_unix_seconds, &start));
    struct stream *s = tls_open(below, name, &none, &f);
    if (s != NULL) {
        CHECK_EQUAL_INT(tls_handshake(s, &f), STREAM_FAULT);
        struct fault again = {0};
        CHECK_EQUAL_INT(tls_handshake(s, &again), STREAM_FAULT); /* it stays so */
        CHECK_EQUAL_TEXT(again.text, f.text);
        s->type->close(s);
    }
    tls_stop();
    return f;
}

static struct fault answered(struct span answer, const char *name, struct buf *hello)
{
    struct script_stream script;
    script_stream_init(&script, unit_edge(answer), SCRIPT_END);
    struct fault f = handshake(&script.stream, name);
    CHECK_EQUAL_INT(script.closes, 1);
    CHECK(!script.read_past_end);
    if (hello != NULL) {
        *hello = script.written;
    } else {
        script_stream_free(&script);
    }
    return f;
}

static void client_hello(void)
{
    static const struct {
        const char *host;
        const char *server_name; /* NULL: none is sent */
    } rows[] = {
        {"www.example.com", "www.example.com"}, {"www.example.com.", "www.example.com"}, {"192.0.2.7", NULL},
        {"2001:db8::7", NULL},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct buf hello;
        unit_row("%s", rows[i].host);
        answered(SPAN(""), rows[i].host, &hello);
        CHECK(hello.size > 100 && hello.size <= CLIENT_HELLO_MAX);
        CHECK(span_starts(buf_span(&hello), SPAN("\x16\x03")));
        /* The extension's length stands in front of the name: 0, type host_name, length. */
        bool sent = span_contains(buf_span(&hello), span_of(rows[i].host)) ||
                    span_contains(buf_span(&hello), SPAN("www.example.com"));
        CHECK_EQUAL_INT(sent, rows[i].server_name != NULL);
        CHECK(!span_contains(buf_span(&hello), SPAN("www.example.com.")));
        CHECK(!span_contains(buf_span(&hello), SPAN("http/1.1")));
        buf_free(&hello);
    }
}

/* ---- peers that speak no TLS, or end it ---- */

#define ALERT(number) "\x15\x03\x03\x00\x02\x02" number

static void bad_answers(void)
{
    const struct {
        struct span answer;
        enum fault_code code;
        const char *text;
    } rows[] = {
        {SPAN("HTTP/1.1 400 Bad Request\r\n\r\n"), FAULT_TLS, "www.example.com: answers without TLS (plain HTTP?)"},
        {SPAN("<html>"), FAULT_TLS, "www.example.com: answers without TLS (plain HTTP?)"},
        {SPAN("220 mail ESMTP\r\n"), FAULT_TLS, "www.example.com: answers without TLS"},
        {SPAN("S"), FAULT_TLS, "www.example.com: answers without TLS"},
        {SPAN("\0"), FAULT_TLS, "www.example.com: answers without TLS"},
        {SPAN(""), FAULT_CUT, "www.example.com: closed the connection when TLS was begun"},
        {SPAN("\x16"), FAULT_CUT, "www.example.com: closed the connection during the TLS handshake"},
        {SPAN("\x16\x03\x03\x00"), FAULT_CUT, "www.example.com: closed the connection during the TLS handshake"},
        {SPAN("\x16\x03\x03\xff\xff\0\0\0\0\0\0"), FAULT_TLS, "www.example.com: sends a TLS message of more than 16 KiB"},
        {SPAN("\x17\x03\x03\x00\x01\x01"), FAULT_TLS, "www.example.com: the TLS handshake failed"},
        {SPAN(ALERT("\x46")), FAULT_TLS, "www.example.com: offers no TLS 1.2 or later"},
        {SPAN("\x15\x03\x01\x00\x02\x02\x46"), FAULT_TLS, "www.example.com: offers no TLS 1.2 or later"},
        {SPAN(ALERT("\x28")), FAULT_TLS, "www.example.com: ends TLS with the alert handshake_failure"},
        {SPAN(ALERT("\x70")), FAULT_TLS, "www.example.com: ends TLS with the alert unrecognized_name"},
        {SPAN(ALERT("\x50")), FAULT_TLS, "www.example.com: ends TLS with the alert internal_error"},
        {SPAN(ALERT("\xfe")), FAULT_TLS, "www.example.com: ends TLS with alert 254"},
        {SPAN("\x15\x03\x03\x00\x02\x01\x00"), FAULT_CUT, "www.example.com: closed the connection during the TLS handshake"},
        /* a ServerHello of TLS 1.1 */
        {SPAN("\x16\x03\x02\x00\x2a\x02\x00\x00\x26\x03\x02" "0123456789abcdef0123456789abcdef" "\x00\xc0\x14\x00"), FAULT_TLS,
         "www.example.com: offers no TLS 1.2 or later"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        unit_row("answer %zu", i);
        struct fault f = answered(rows[i].answer, host, NULL);
        CHECK_EQUAL_INT(f.code, rows[i].code);
        CHECK_EQUAL_SPAN(span_cut(span_of(f.text), 0, strlen(rows[i].text)), span_of(rows[i].text));
    }
}

static void below_fails(void)
{
    struct script_stream script;
    script_stream_init(&script, SPAN(""), SCRIPT_END);
    script.write_fails = true;
    struct fault f = handshake(&script.stream, host);
    CHECK_EQUAL_INT(f.code, FAULT_CUT);
    CHECK_EQUAL_TEXT(f.text, "script: broken pipe");
    CHECK_EQUAL_INT(script.closes, 1);
    script_stream_free(&script);
    script_stream_init(&script, SPAN("\x16\x03\x03"), SCRIPT_FAULT);
    f = handshake(&script.stream, host);
    CHECK_EQUAL_TEXT(f.text, "script: reset");
    script_stream_free(&script);
}

static void waits_as_below_does(void)
{
    struct script_stream script;
    struct fault f = {0};
    os_fake_reset();
    CHECK(tls_start(os_unix_seconds, &f));
    script_stream_init(&script, SPAN(""), SCRIPT_SILENCE);
    script.write_limit = 50;
    script.write_piece = 25;
    struct stream *s = tls_open(&script.stream, host, &none, &f);
    CHECK(s != NULL && tls_handshake(s, &f) == STREAM_WAIT);
    CHECK(s != NULL && s->want_write && !s->want_read);
    script.write_limit = 0;
    CHECK(s != NULL && tls_handshake(s, &f) == STREAM_WAIT);
    CHECK(s != NULL && s->want_read && !s->want_write);
    CHECK(script.written.size > 100);
    if (s != NULL) {
        s->type->close(s);
    }
    CHECK_EQUAL_INT(script.closes, 1);
    script_stream_free(&script);
    tls_stop();
}

static void host_too_long(void)
{
    char name[400];
    struct script_stream script;
    struct fault f = {0};
    memset(name, 'a', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    script_stream_init(&script, SPAN(""), SCRIPT_END);
    CHECK(tls_open(&script.stream, name, &none, &f) == NULL);
    CHECK_EQUAL_INT(f.code, FAULT_NAME);
    CHECK_EQUAL_INT(script.closes, 1);
    script_stream_free(&script);
}

static const struct unit_test tests[] = {
    TEST(client_hello), TEST(bad_answers), TEST(below_fails), TEST(waits_as_below_does), TEST(host_too_long),
};
UNIT_MAIN(tests)
