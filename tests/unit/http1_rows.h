/*
 * http1_rows.h - answers of servers, good and bad, each with what must become of it.
 *
 * Does      the tables of test_http1.c.
 * Limits    a body of at most BODY_MAX bytes is asked for.
 * Rules     RFC 9112 and RFC 9110, and where http1.h is stricter. A wire is written as C strings, CR LF as it stands.
 */
#ifndef UNIT_HTTP1_ROWS_H
#define UNIT_HTTP1_ROWS_H

#include "base/span.h"

enum { BODY_MAX = 64 };

enum verdict {
    DONE,  /* complete by its own framing */
    END,   /* complete with an authenticated end of the stream */
    CUT,   /* not complete, the end is FAULT_CUT */
    BAD,   /* FAULT_HTTP_SYNTAX */
    LARGE, /* FAULT_TOO_LARGE */
};

struct answer_row {
    struct span wire;
    enum verdict verdict;
    int status;
    bool keep_alive;
    const char *body;
    size_t extra; /* bytes of wire after the message */
};

#define WIRE(text) {"" text, sizeof(text) - 1}
#define REFUSED(text) {WIRE(text), BAD, 0, false, NULL, 0}
#define TOO_LARGE(text) {WIRE(text), LARGE, 0, false, NULL, 0}
#define OK "HTTP/1.1 200 OK\r\n"
#define CHUNKED OK "Transfer-Encoding: chunked\r\n\r\n"
#define LENGTH(number) OK "Content-Length: " number "\r\n\r\n"

static const struct answer_row accepted_rows[] = {
    /* framing by length */
    {WIRE(LENGTH("0")), DONE, 200, true, "", 0},
    {WIRE(LENGTH("5") "hello"), DONE, 200, true, "hello", 0},
    {WIRE(LENGTH("5") "helloHTTP"), DONE, 200, true, "hello", 4},
    {WIRE(LENGTH("0005") "hello"), DONE, 200, true, "hello", 0},
    {WIRE(LENGTH("  5\t ") "hello"), DONE, 200, true, "hello", 0},
    {WIRE(OK "cOnTeNt-LeNgTh:5\r\n\r\nhello"), DONE, 200, true, "hello", 0},
    {WIRE(LENGTH("64") "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"), DONE, 200, true,
     "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", 0},
    {WIRE("HTTP/1.1 400 Bad Request\r\nContent-Length: 2\r\n\r\n{}"), DONE, 400, true, "{}", 0},
    {WIRE("HTTP/1.1 599 ?\r\nContent-Length: 0\r\n\r\n"), DONE, 599, true, "", 0},
    /* the status line */
    {WIRE("HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n"), DONE, 200, true, "", 0},
    {WIRE("HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n"), DONE, 200, true, "", 0},
    {WIRE("HTTP/1.1 200 Alles \xFC\xFF\tgut\r\nContent-Length: 0\r\n\r\n"), DONE, 200, true, "", 0},
    {WIRE("HTTP/1.9 200 OK\r\nContent-Length: 0\r\n\r\n"), DONE, 200, true, "", 0},
    /* fields */
    {WIRE(OK "X:\r\nY: \r\n!#$%&'*+-.^_`|~09azAZ: v\r\nContent-Length: 0\r\n\r\n"), DONE, 200, true, "", 0},
    {WIRE(OK "X: caf\xE9 \x80\xFF\ttab: colon\r\nContent-Length: 0\r\n\r\n"), DONE, 200, true, "", 0},
    {WIRE(OK "Set-Cookie: a\r\nSet-Cookie: b\r\nContent-Length: 0\r\n\r\n"), DONE, 200, true, "", 0},
    {WIRE(OK "X-Content-Length: 9\r\nContent-Length: 0\r\n\r\n"), DONE, 200, true, "", 0},
    /* chunks */
    {WIRE(CHUNKED "0\r\n\r\n"), DONE, 200, true, "", 0},
    {WIRE(CHUNKED "5\r\nhello\r\n0\r\n\r\n"), DONE, 200, true, "hello", 0},
    {WIRE(CHUNKED "5\r\nhello\r\n0\r\n\r\nX"), DONE, 200, true, "hello", 1},
    {WIRE(CHUNKED "2\r\nhe\r\n3\r\nllo\r\n000\r\n\r\n"), DONE, 200, true, "hello", 0},
    {WIRE(CHUNKED "a\r\n0123456789\r\nA\r\n0123456789\r\n0\r\n\r\n"), DONE, 200, true, "01234567890123456789", 0},
    {WIRE(CHUNKED "0000000000000005\r\nhello\r\n0\r\n\r\n"), DONE, 200, true, "hello", 0},
    {WIRE(CHUNKED "2\r\n\r\n\r\n0\r\n\r\n"), DONE, 200, true, "\r\n", 0},
    {WIRE(CHUNKED "5;a=b;c=\"d;e\"\r\nhello\r\n0;last\r\n\r\n"), DONE, 200, true, "hello", 0},
    {WIRE(CHUNKED "5 ;a\r\nhello\r\n0\t; b\r\n\r\n"), DONE, 200, true, "hello", 0},
    {WIRE(CHUNKED "1\r\na\r\n0\r\nX: y\r\nContent-Length: 7\r\n\r\n"), DONE, 200, true, "a", 0},
    {WIRE(OK "transfer-encoding: ChUnKeD\r\n\r\n0\r\n\r\n"), DONE, 200, true, "", 0},
    {WIRE(CHUNKED "40\r\n0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\r\n0\r\n\r\n"), DONE, 200, true,
     "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", 0},
    /* RFC 9112 by its grammar: 4 (reason-phrase), 5 (OWS, empty values), 6.1 (case, OWS), 7.1 and 7.1.1 (extensions), 7.1.2 (trailers) */
    {WIRE("HTTP/1.1 200 OK \t \r\nContent-Length: 0\r\n\r\n"), DONE, 200, true, "", 0},
    {WIRE("HTTP/1.1 418 \x80\xFF\r\nContent-Length: 0\r\n\r\n"), DONE, 418, true, "", 0},
    {WIRE(OK "X:\t\r\nX: \t \r\ncontent-length:\t0\t\r\n\r\n"), DONE, 200, true, "", 0},
    {WIRE(OK "X: \"quoted \\\" : (comment)\"\r\nContent-Length: 0\r\n\r\n"), DONE, 200, true, "", 0},
    {WIRE(OK "Transfer-Encoding:\t chunked \t\r\n\r\n0\r\n\r\n"), DONE, 200, true, "", 0},
    {WIRE(CHUNKED "5;a\r\nhello\r\n0\r\n\r\n"), DONE, 200, true, "hello", 0},
    {WIRE(CHUNKED "5;a;b=c;d=\"\\\"\"\r\nhello\r\n0;a=b\r\n\r\n"), DONE, 200, true, "hello", 0},
    {WIRE(CHUNKED "5\t;\ta\t=\tb\r\nhello\r\n0\r\n\r\n"), DONE, 200, true, "hello", 0},
    {WIRE(CHUNKED "05\r\nhello\r\n0000\r\nX:\r\nY: a:b\r\n\r\n"), DONE, 200, true, "hello", 0},
    {WIRE(CHUNKED "b\r\n0\r\n\r\nhello!\r\n0\r\n\r\n"), DONE, 200, true, "0\r\n\r\nhello!", 0},
    /* no body whatever the fields say (RFC 9112 6.3) */
    {WIRE("HTTP/1.1 204 No Content\r\n\r\n"), DONE, 204, true, "", 0},
    {WIRE("HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n"), DONE, 204, true, "", 0},
    {WIRE("HTTP/1.1 204 No Content\r\nContent-Length: 3\r\n\r\nabc"), DONE, 204, false, "", 3},
    {WIRE("HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"), DONE, 204, false, "", 5},
    {WIRE("HTTP/1.1 304 Not Modified\r\nContent-Length: 300\r\n\r\n"), DONE, 304, true, "", 0},
    {WIRE("HTTP/1.0 204 No Content\r\n\r\n"), DONE, 204, false, "", 0},
    /* interim answers (RFC 9110 15.2) */
    {WIRE("HTTP/1.1 100 Continue\r\n\r\n" LENGTH("2") "ok"), DONE, 200, true, "ok", 0},
    {WIRE("HTTP/1.1 103 Early Hints\r\nLink: x\r\nContent-Length: 9\r\nConnection: close\r\n\r\n" LENGTH("2") "ok"), DONE, 200,
     true, "ok", 0},
    {WIRE("HTTP/1.1 199\r\n\r\nHTTP/1.1 102 \r\n\r\n" CHUNKED "0\r\n\r\n"), DONE, 200, true, "", 0},
    /* the connection afterwards (RFC 9112 9.3) */
    {WIRE(OK "Connection: close\r\nContent-Length: 0\r\n\r\n"), DONE, 200, false, "", 0},
    {WIRE(OK "Connection: foo , CLOSE,bar\r\nContent-Length: 0\r\n\r\n"), DONE, 200, false, "", 0},
    {WIRE(OK "Connection: foo\r\nConnection: ,close\r\nContent-Length: 0\r\n\r\n"), DONE, 200, false, "", 0},
    {WIRE(OK "Connection: closed, keep-alive\r\nContent-Length: 0\r\n\r\n"), DONE, 200, true, "", 0},
    {WIRE(OK "Connection: keep-alive, close\r\nContent-Length: 0\r\n\r\n"), DONE, 200, false, "", 0},
    {WIRE("HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n"), DONE, 200, false, "", 0},
    {WIRE("HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\nContent-Length: 0\r\n\r\n"), DONE, 200, true, "", 0},
    {WIRE("HTTP/1.0 200 OK\r\nConnection: keep-alive, close\r\nContent-Length: 0\r\n\r\n"), DONE, 200, false, "", 0},
    /* the body ends with the stream */
    {WIRE("HTTP/1.1 200 OK\r\n\r\n"), END, 200, false, "", 0},
    {WIRE("HTTP/1.1 200 OK\r\n\r\nhello"), END, 200, false, "hello", 0},
    {WIRE("HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n\r\nhello"), END, 200, false, "hello", 0},
};

static const struct answer_row refused_rows[] = {
    /* not complete when the stream ends */
    {WIRE("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n"), CUT, 0, false, NULL, 0},
    {WIRE(LENGTH("6") "hello"), CUT, 0, false, NULL, 0},
    {WIRE(CHUNKED "5\r\nhello"), CUT, 0, false, NULL, 0},
    {WIRE(CHUNKED "5\r\nhello\r\n"), CUT, 0, false, NULL, 0},
    {WIRE(CHUNKED "5\r\nhello\r\n0\r\n"), CUT, 0, false, NULL, 0},
    {WIRE("HTTP/1.1 100 Continue\r\n\r\n"), CUT, 0, false, NULL, 0},
    /* the status line */
    REFUSED("\r\nHTTP/1.1 200 OK\r\n\r\n"),
    REFUSED(" HTTP/1.1 200 OK\r\n\r\n"),
    REFUSED("http/1.1 200 OK\r\n\r\n"),
    REFUSED("HTTP/2.0 200\r\n\r\n"),
    REFUSED("HTTP/2 200\r\n\r\n"),
    REFUSED("HTTP/11 200 OK\r\n\r\n"),
    REFUSED("HTTP/1. 200 OK\r\n\r\n"),
    REFUSED("HTTP/1.10 200 OK\r\n\r\n"),
    REFUSED("HTTP/1.x 200 OK\r\n\r\n"),
    REFUSED("HTTP/1.1\r\n\r\n"),
    REFUSED("HTTP/1.1 \r\n\r\n"),
    REFUSED("HTTP/1.1 20\r\n\r\n"),
    REFUSED("HTTP/1.1 20 OK\r\n\r\n"),
    REFUSED("HTTP/1.1 2000 OK\r\n\r\n"),
    REFUSED("HTTP/1.1 200X\r\n\r\n"),
    REFUSED("HTTP/1.1 200\tOK\r\n\r\n"),
    REFUSED("HTTP/1.1  200 OK\r\n\r\n"),
    REFUSED("HTTP/1.1\t200 OK\r\n\r\n"),
    REFUSED("HTTP/1.1 +20 OK\r\n\r\n"),
    REFUSED("HTTP/1.1 2x0 OK\r\n\r\n"),
    REFUSED("HTTP/1.1 099 OK\r\n\r\n"),
    REFUSED("HTTP/1.1 000 OK\r\n\r\n"),
    REFUSED("HTTP/1.1 600 OK\r\n\r\n"),
    REFUSED("HTTP/1.1 999 OK\r\n\r\n"),
    REFUSED("HTTP/1.1 200 O\0K\r\n\r\n"),
    REFUSED("HTTP/1.1 200 O\x1BK\r\n\r\n"),
    REFUSED("HTTP/1.1 200 O\x7FK\r\n\r\n"),
    REFUSED("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n"),
    REFUSED("SSH-2.0-OpenSSH_9.2\r\n"),
    REFUSED("\x15\x03\x01\x00\x02\x02\x16"),
    REFUSED("<html>"),
    /* line ends */
    REFUSED("HTTP/1.1 200 OK\nContent-Length: 0\n\n"),
    REFUSED(OK "Content-Length: 0\n\r\n"),
    REFUSED(OK "Content-Length: 0\r\n\n"),
    REFUSED("HTTP/1.1 200 OK\rContent-Length: 0\r\n\r\n"),
    REFUSED(OK "X: a\rb\r\nContent-Length: 0\r\n\r\n"),
    REFUSED(OK "X: a\r\r\nContent-Length: 0\r\n\r\n"),
    REFUSED(OK "X: a\nContent-Length: 0\r\n\r\n"),
    /* fields */
    REFUSED(OK "Content-Length : 0\r\n\r\n"),
    REFUSED(OK "Content-Length\t: 0\r\n\r\n"),
    REFUSED(OK "X: a\r\n b\r\nContent-Length: 0\r\n\r\n"),
    REFUSED(OK "X: a\r\n\tb\r\nContent-Length: 0\r\n\r\n"),
    REFUSED(OK " X: a\r\nContent-Length: 0\r\n\r\n"),
    REFUSED(OK ": a\r\nContent-Length: 0\r\n\r\n"),
    REFUSED(OK "no colon\r\nContent-Length: 0\r\n\r\n"),
    REFUSED(OK "colonless\r\nContent-Length: 0\r\n\r\n"),
    REFUSED(OK "X Y: a\r\nContent-Length: 0\r\n\r\n"),
    REFUSED(OK "X(: a\r\nContent-Length: 0\r\n\r\n"),
    REFUSED(OK "X\xE9: a\r\nContent-Length: 0\r\n\r\n"),
    REFUSED(OK "X: a\0b\r\nContent-Length: 0\r\n\r\n"),
    REFUSED(OK "X: a\x01" "b\r\nContent-Length: 0\r\n\r\n"),
    REFUSED(OK "X: a\x7F" "b\r\nContent-Length: 0\r\n\r\n"),
    REFUSED(OK "X: a\x0B" "b\r\nContent-Length: 0\r\n\r\n"),
    /* Content-Length */
    REFUSED(LENGTH("")),
    REFUSED(LENGTH("42,30")),
    REFUSED(LENGTH("42, 42")),
    REFUSED(LENGTH("+42")),
    REFUSED(LENGTH("-1")),
    REFUSED(LENGTH(" 0x10")),
    REFUSED(LENGTH("4 2")),
    REFUSED(LENGTH("5;")),
    REFUSED(LENGTH("5.0")),
    REFUSED(LENGTH("1e1")),
    REFUSED(LENGTH("five")),
    REFUSED(LENGTH("18446744073709551616")),
    REFUSED(LENGTH("99999999999999999999999999999999")),
    REFUSED(OK "Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello"),
    REFUSED(OK "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello"),
    REFUSED("HTTP/1.1 204 No Content\r\nContent-Length: x\r\n\r\n"),
    TOO_LARGE(LENGTH("65")),
    TOO_LARGE(LENGTH("18446744073709551615")),
    /* Transfer-Encoding */
    REFUSED(OK "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n"),
    REFUSED(OK "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
    REFUSED(OK "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
    REFUSED(OK "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"),
    REFUSED(OK "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n"),
    REFUSED(OK "Transfer-Encoding: identity\r\n\r\n"),
    REFUSED(OK "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n"),
    REFUSED(OK "Transfer-Encoding: chunked;a=b\r\n\r\n0\r\n\r\n"),
    REFUSED(OK "Transfer-Encoding: \"chunked\"\r\n\r\n0\r\n\r\n"),
    REFUSED(OK "Transfer-Encoding:\r\n\r\n0\r\n\r\n"),
    REFUSED("HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
    /* chunks */
    REFUSED(CHUNKED "\r\n"),
    REFUSED(CHUNKED ";a\r\n"),
    REFUSED(CHUNKED " 5\r\nhello\r\n0\r\n\r\n"),
    REFUSED(CHUNKED "5 \r\nhello\r\n0\r\n\r\n"),
    REFUSED(CHUNKED "5 a\r\nhello\r\n0\r\n\r\n"),
    REFUSED(CHUNKED "0x5\r\nhello\r\n0\r\n\r\n"),
    REFUSED(CHUNKED "+5\r\nhello\r\n0\r\n\r\n"),
    REFUSED(CHUNKED "-5\r\nhello\r\n0\r\n\r\n"),
    REFUSED(CHUNKED "5g\r\nhello\r\n0\r\n\r\n"),
    REFUSED(CHUNKED "00000000000000005\r\nhello\r\n0\r\n\r\n"),
    REFUSED(CHUNKED "10000000000000005\r\nhello\r\n0\r\n\r\n"),
    REFUSED(CHUNKED "5\nhello\r\n0\r\n\r\n"),
    REFUSED(CHUNKED "5\r\nhello0\r\n\r\n"),
    REFUSED(CHUNKED "5\r\nhello\n0\r\n\r\n"),
    REFUSED(CHUNKED "5\r\nhello\rX0\r\n\r\n"),
    REFUSED(CHUNKED "5\r\nhelloX\n0\r\n\r\n"),
    REFUSED(CHUNKED "5\r\nhello!\r\n0\r\n\r\n"),
    REFUSED(CHUNKED "5;a\x01\r\nhello\r\n0\r\n\r\n"),
    REFUSED(CHUNKED "5;a\rb\r\nhello\r\n0\r\n\r\n"),
    TOO_LARGE(CHUNKED "41\r\n"),
    TOO_LARGE(CHUNKED "ffffffffffffffff\r\n"),
    TOO_LARGE(CHUNKED "3f\r\n0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcde\r\n2\r\n"),
    /* RFC 9112 by its grammar: 2.2 and 2.3 (lines, version), 4 (status-line), 5 (fields), 6 (framing), 7.1 (chunks) */
    REFUSED("\nHTTP/1.1 200 OK\r\n\r\n"),
    REFUSED("\xEF\xBB\xBFHTTP/1.1 200 OK\r\n\r\n"),
    REFUSED("HTTP/1,1 200 OK\r\n\r\n"),
    REFUSED("HTTP/0.9 200 OK\r\n\r\n"),
    REFUSED("HTTP/3.0 200 OK\r\n\r\n"),
    REFUSED("HTTP/01.1 200 OK\r\n\r\n"),
    REFUSED("HTTP/ 1.1 200 OK\r\n\r\n"),
    REFUSED("HTTPS/1.1 200 OK\r\n\r\n"),
    REFUSED("HTTP/1.1200 OK\r\n\r\n"),
    REFUSED("HTTP/1.1 -20 OK\r\n\r\n"),
    REFUSED("HTTP/1.1 0200 OK\r\n\r\n"),
    REFUSED("HTTP/1.1 2 00 OK\r\n\r\n"),
    REFUSED("HTTP/1.1 200 O\rK\r\n\r\n"),
    REFUSED("HTTP/1.1 200 OK\r\r\n\r\n"),
    REFUSED("GET / HTTP/1.1\r\n\r\n"),
    REFUSED(OK "X\0: a\r\nContent-Length: 0\r\n\r\n"),
    REFUSED(OK "X\x7F: a\r\nContent-Length: 0\r\n\r\n"),
    REFUSED(OK "X\\: a\r\nContent-Length: 0\r\n\r\n"),
    REFUSED(OK "\"X\": a\r\nContent-Length: 0\r\n\r\n"),
    REFUSED(OK "X@: a\r\nContent-Length: 0\r\n\r\n"),
    REFUSED(OK "X;: a\r\nContent-Length: 0\r\n\r\n"),
    REFUSED(OK "X: a\r\n \r\nContent-Length: 0\r\n\r\n"),
    REFUSED(OK "X: a\r\n\t\r\nContent-Length: 0\r\n\r\n"),
    REFUSED(OK "\rX: a\r\nContent-Length: 0\r\n\r\n"),
    REFUSED(OK "Content-Length: 0\r\n\rX"),
    REFUSED(LENGTH("0,")),
    REFUSED(LENGTH(",0")),
    REFUSED(LENGTH("\"0\"")),
    REFUSED(LENGTH("5 ;x")),
    REFUSED(LENGTH("\xD9\xA3")),
    REFUSED(OK "Content-Length: 5\r\ncontent-length: 5\r\n\r\nhello"),
    REFUSED(OK "Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n"),
    REFUSED(OK "Transfer-Encoding: deflate\r\n\r\n"),
    REFUSED(OK "Transfer-Encoding: chunked gzip\r\n\r\n0\r\n\r\n"),
    REFUSED(OK "Transfer-Encoding: \x0B" "chunked\r\n\r\n0\r\n\r\n"),
    REFUSED(OK "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n"),
    REFUSED(OK "Transfer-Encoding: chunked\r\nContent-Length: 0\r\n\r\n0\r\n\r\n"),
    REFUSED(CHUNKED "\t5\r\nhello\r\n0\r\n\r\n"),
    REFUSED(CHUNKED "5,5\r\nhello\r\n0\r\n\r\n"),
    REFUSED(CHUNKED "5.0\r\nhello\r\n0\r\n\r\n"),
    REFUSED(CHUNKED "\"5\"\r\nhello\r\n0\r\n\r\n"),
    REFUSED(CHUNKED "5\r\r\nhello\r\n0\r\n\r\n"),
    REFUSED(CHUNKED "5\r\nhello\r\n\r\n0\r\n\r\n"),
    REFUSED(CHUNKED "5;a=\"b\nc\"\r\nhello\r\n0\r\n\r\n"),
    REFUSED(CHUNKED "5;a\0\r\nhello\r\n0\r\n\r\n"),
    REFUSED(CHUNKED "5;a\x7F\r\nhello\r\n0\r\n\r\n"),
    REFUSED(CHUNKED "0\r\nX: y\r\n z\r\n\r\n"),
    REFUSED(CHUNKED "0\r\n: y\r\n\r\n"),
    REFUSED(CHUNKED "0\r\nX: a\rb\r\n\r\n"),
    /* trailers */
    REFUSED(CHUNKED "0\r\nno colon\r\n\r\n"),
    REFUSED(CHUNKED "0\r\ncolonless\r\n\r\n"),
    REFUSED(CHUNKED "0\r\nX : y\r\n\r\n"),
    REFUSED(CHUNKED "0\r\nX: y\n\r\n"),
    REFUSED(CHUNKED "0\r\n X: y\r\n\r\n"),
    REFUSED(CHUNKED "0\r\nX: y\0\r\n\r\n"),
    REFUSED(CHUNKED "0\r\n\n"),
    /* a body up to the end of the stream has its limit too */
    TOO_LARGE("HTTP/1.1 200 OK\r\n\r\n0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdefX"),
};

#endif
