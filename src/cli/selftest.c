/*
 * selftest.c - the checks of self-test; see selftest.h.
 */
#include "cli/selftest.h"

#include "cli/doctor.h"
#include "codec/base64.h"
#include "codec/der.h"
#include "codec/dns_message.h"
#include "codec/http1.h"
#include "codec/json.h"
#include "codec/pem.h"
#include "codec/time_text.h"
#include "codec/url.h"
#include "crypto/known_answers.h"
#include "net/clock.h"
#include "net/roots.h"
#include "net/tls_hooks.h"

#include <string.h>

enum { BODY_MAX = 64 };

/* ---- parsers: what must be read, and what must be refused ---- */

static bool reads_answer(struct span answer, const char *body)
{
    struct http1_reader reader;
    struct fault ignored = {0};
    size_t used = 0;
    http1_reader_init(&reader, BODY_MAX);
    bool done = http1_reader_feed(&reader, answer, &used, &ignored) == HTTP1_DONE;
    bool right = done && used == answer.size && span_equal(buf_span(&reader.body), span_of(body));
    http1_reader_free(&reader);
    return right;
}

static bool http1(void)
{
    return reads_answer(SPAN("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"), "ok") &&
           reads_answer(SPAN("HTTP/1.1 201 \r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n"), "ok") &&
           !reads_answer(SPAN("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok"), "ok") &&
           !reads_answer(SPAN("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\nok"), "ok");
}

static bool parses_json(struct span text)
{
    struct json value;
    struct fault ignored = {0};
    return json_parse(text, &value, &ignored);
}

static bool json(void)
{
    char text[8];
    struct json value;
    struct fault ignored = {0};
    return json_parse(SPAN("{\"a\":[1,-2e3,null],\"b\":\"\\u00e9\\n\"}"), &value, &ignored) &&
           json_text(value, "b", text, sizeof text) && strcmp(text, "\xc3\xa9\n") == 0 && !parses_json(SPAN("{\"a\":01}")) &&
           !parses_json(SPAN("{\"a\":1,}")) && !parses_json(SPAN("\"\xff\"")) && !parses_json(SPAN("[1] 2"));
}

static bool parses_url(const char *text)
{
    struct url u;
    struct fault ignored = {0};
    return url_parse(span_of(text), &u, &ignored);
}

static bool url(void)
{
    struct url u;
    struct fault ignored = {0};
    return url_parse(SPAN("https://[2001:DB8::1]:8443/a?b"), &u, &ignored) && u.https && u.port == 8443 && u.host_is_ip &&
           strcmp(u.host, "2001:db8::1") == 0 && span_equal(u.target, SPAN("/a?b")) && !parses_url("https://a b/") &&
           !parses_url("https://a:99999/") && !parses_url("file:///etc/passwd");
}

static bool base64(void)
{
    struct buf text = buf_init(BODY_MAX);
    struct buf bytes = buf_init(BODY_MAX);
    base64url_put(&text, SPAN("\xfb\xff\x00")); /* RFC 4648: the two last letters of the alphabet, and a zero */
    bool right = span_equal(buf_span(&text), SPAN("-_8A")) && base64_decode(SPAN("+/8="), &bytes) &&
                 span_equal(buf_span(&bytes), SPAN("\xfb\xff")) && !base64_decode(SPAN("+/9="), &bytes);
    buf_free(&text);
    buf_free(&bytes);
    return right;
}

static bool time_text(void)
{
    char text[TIME_TEXT_SIZE];
    int64_t seconds = 0, same = 0;
    bool right = time_parse_http(SPAN("Sun, 29 Feb 2032 12:00:00 GMT"), &seconds) && seconds == 1961668800 &&
                 time_parse_rfc3339(SPAN("2032-02-29T14:00:00+02:00"), &same) && same == seconds &&
                 !time_parse_rfc3339(SPAN("2026-02-29T12:00:00Z"), &same);
    time_put_rfc3339(seconds, text);
    return right && strcmp(text, "2032-02-29T12:00:00Z") == 0;
}

static bool dns_message(void)
{
    static const char message[] = "\x12\x34\x81\x80\0\1\0\1\0\0\0\0\1a\2bc\0\0\1\0\1"
                                  "\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4\xc0\0\2\1";
    struct span whole = span_make(message, sizeof message - 1);
    struct dns_message_question q = {.id = 0x1234, .type = DNS_MESSAGE_A, .name = SPAN("a.bc")};
    struct dns_message_question other = {.id = 0x1235, .type = DNS_MESSAGE_A, .name = SPAN("a.bc")};
    struct dns_message_answer a = {0};
    char text[ADDRESS_TEXT_MAX];
    bool found = dns_message_read(whole, &q, &a) == DNS_MESSAGE_FOUND && a.count == 1;
    address_text(&a.addresses[0], text);
    return found && strcmp(text, "192.0.2.1") == 0 && dns_message_read(whole, &other, &a) == DNS_MESSAGE_FOREIGN &&
           dns_message_read(span_cut(whole, 0, whole.size - 1), &q, &a) != DNS_MESSAGE_FOUND;
}

static bool pem_der(void)
{
    struct span rest = SPAN("-----BEGIN X-----\nMAMCAQc=\n-----END X-----\n");
    struct buf bytes = buf_init(BODY_MAX);
    struct pem_block block;
    struct der outer, number;
    bool right = pem_next(&rest, &block) == PEM_BLOCK && base64_decode_lines(block.body, &bytes);
    struct span der = buf_span(&bytes);
    right = right && der_take(&der, DER_SEQUENCE, &outer) && der.size == 0 && der_take(&outer.value, DER_INTEGER, &number) &&
            span_equal(number.value, SPAN("\7"));
    der = SPAN("\x30\x05\x02\x01\x07"); /* shorter than it says */
    right = right && !der_next(&der, &outer);
    buf_free(&bytes);
    return right;
}

static const struct known_answer parsers[] = {
    {"HTTP", http1},
    {"JSON", json},
    {"URL", url},
    {"base64", base64},
    {"time", time_text},
    {"DNS", dns_message},
    {"PEM", pem_der},
};

/* ---- the checks ---- */

static void check_table(struct checks *all, const struct known_answer *rows, size_t count, const char *right)
{
    for (size_t i = 0; i < count; i++) {
        struct check c = check_begin(rows[i].name);
        if (rows[i].right()) {
            buf_put_text(&c.detail, right);
        } else {
            fault_set(&c.fault, FAULT_INTERNAL, "another answer than the known one");
            fault_advise(&c.fault, "this copy of the program is damaged, or this processor is: get the program anew, try another host");
        }
        check_end(all, &c);
    }
}

/* That they can be read, are undamaged, and have not expired. */
static void check_roots(struct checks *all)
{
    struct check c = check_begin("roots");
    for (size_t i = 0; i < roots_embedded_count; i++) {
        const struct root *root = &roots_embedded[i];
        if (!known_answer_sum(span_make((const char *)root->der, root->size), root->sum)) {
            fault_set(&c.fault, FAULT_INTERNAL, "%s: other bytes than when the program was made", root->name);
            fault_advise(&c.fault, "this copy of the program is damaged: get it anew");
        }
    }
    doctor_look_at_roots(&c, FAULT_INTERNAL);
    check_end(all, &c);
}

enum exit_status selftest_run(struct report *report)
{
    struct checks all = {.report = report};
    struct check entropy = check_begin("entropy");
    doctor_look_at_entropy(&entropy);
    check_end(&all, &entropy);
    struct check start = check_begin("cryptography");
    bool started = tls_start(clock_seconds, &start.fault);
    buf_put_text(&start.detail, started ? "has started" : "");
    check_end(&all, &start);
    if (started) {
        check_table(&all, known_answers, known_answer_count, "known answer");
        check_roots(&all);
    }
    tls_stop();
    check_table(&all, parsers, sizeof parsers / sizeof parsers[0], "reads what it must, refuses what it must");
    return checks_end(&all, "self-test");
}
