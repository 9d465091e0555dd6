/*
 * test_http1.c - codec/http1: every row is fed whole, byte by byte, split at each position and cut at each position.
 */
#include "unit.h"

#include "codec/http1.h"
#include "http1_rows.h"

/* Feed all pieces; *used counts what belongs to the message. */
static enum http1_result feed(struct http1_reader *r, struct span wire, const struct unit_way *way, size_t *used,
                              struct fault *f)
{
    enum http1_result result = HTTP1_MORE;
    struct span piece;
    size_t at = 0;
    *used = 0;
    while (result == HTTP1_MORE && unit_piece(way, wire, &at, &piece)) {
        size_t size = 0;
        result = http1_reader_feed(r, piece, &size, f);
        CHECK(size <= piece.size);
        CHECK(result != HTTP1_MORE || size == piece.size);
        *used += size;
    }
    return result;
}

static void check_outcome(const struct answer_row *row, const struct http1_reader *r, size_t used)
{
    CHECK_EQUAL_INT(used, row->wire.size - row->extra);
    CHECK_EQUAL_INT(r->status, row->status);
    CHECK_EQUAL_INT(r->keep_alive, row->keep_alive);
    CHECK_EQUAL_SPAN(buf_span(&r->body), span_of(row->body));
}

static void check_row(struct span wire, const struct unit_way *way, void *context)
{
    static const enum fault_code codes[] = {
        [DONE] = FAULT_NONE, [END] = FAULT_NONE, [CUT] = FAULT_CUT, [BAD] = FAULT_HTTP_SYNTAX, [LARGE] = FAULT_TOO_LARGE,
    };
    const struct answer_row *row = context;
    struct http1_reader r;
    struct fault f = {0};
    size_t used;
    http1_reader_init(&r, BODY_MAX);
    enum http1_result result = feed(&r, wire, way, &used, &f);
    if (row->verdict == END || row->verdict == CUT) {
        CHECK_EQUAL_INT(result, HTTP1_MORE);
        result = http1_reader_end(&r, true, &f);
    }
    bool good = row->verdict == DONE || row->verdict == END;
    CHECK_EQUAL_INT(result, good ? HTTP1_DONE : HTTP1_BAD);
    CHECK_EQUAL_INT(f.code, codes[row->verdict]);
    if (good) {
        check_outcome(row, &r, used);
        CHECK_EQUAL_INT(http1_reader_feed(&r, SPAN("HTTP"), &used, &f), HTTP1_DONE);
        CHECK_EQUAL_INT(used, 0);
    } else {
        struct fault again = {0};
        CHECK_EQUAL_INT(http1_reader_feed(&r, SPAN(LENGTH("0")), &used, &again), HTTP1_BAD);
        CHECK(fault_is_set(&again));
        CHECK_EQUAL_INT(http1_reader_end(&r, true, &again), HTTP1_BAD);
    }
    http1_reader_free(&r);
}

static void accepts(void)
{
    for (size_t i = 0; i < COUNT_OF(accepted_rows); i++) {
        struct answer_row row = accepted_rows[i];
        unit_row("accepted %zu", i);
        unit_each_way(row.wire, check_row, &row);
    }
}

static void refuses(void)
{
    for (size_t i = 0; i < COUNT_OF(refused_rows); i++) {
        struct answer_row row = refused_rows[i];
        unit_row("refused %zu", i);
        unit_each_way(row.wire, check_row, &row);
    }
}

/* A message that was cut is never complete, however the stream ended; but for a body that the end of the stream ends. */
static void check_cut(struct span wire, const struct unit_way *way, void *context)
{
    const struct answer_row *row = context;
    for (int authenticated = 0; authenticated < 2; authenticated++) {
        struct http1_reader r;
        struct fault f = {0};
        size_t used;
        http1_reader_init(&r, BODY_MAX);
        CHECK_EQUAL_INT(feed(&r, wire, way, &used, &f), HTTP1_MORE);
        bool complete = row->verdict == END && authenticated && r.status != 0;
        CHECK_EQUAL_INT(http1_reader_end(&r, authenticated, &f), complete ? HTTP1_DONE : HTTP1_BAD);
        CHECK_EQUAL_INT(f.code, complete ? FAULT_NONE : FAULT_CUT);
        http1_reader_free(&r);
    }
}

static void refuses_what_is_cut(void)
{
    for (size_t i = 0; i < COUNT_OF(accepted_rows); i++) {
        struct answer_row row = accepted_rows[i];
        unit_row("accepted %zu, cut", i);
        unit_each_cut(span_cut(row.wire, 0, row.wire.size - row.extra), check_cut, &row);
    }
}

/* An end that anybody could have forged completes nothing. */
static void wants_an_authenticated_end(void)
{
    struct http1_reader r;
    struct fault f = {0};
    size_t used;
    http1_reader_init(&r, BODY_MAX);
    CHECK_EQUAL_INT(http1_reader_feed(&r, SPAN("HTTP/1.1 200 OK\r\n\r\nhello"), &used, &f), HTTP1_MORE);
    CHECK_EQUAL_INT(http1_reader_end(&r, false, &f), HTTP1_BAD);
    CHECK_EQUAL_INT(f.code, FAULT_CUT);
    http1_reader_free(&r);
    fault_clear(&f);
    http1_reader_init(&r, BODY_MAX);
    CHECK(!r.started);
    CHECK_EQUAL_INT(http1_reader_feed(&r, SPAN(""), &used, &f), HTTP1_MORE);
    CHECK(!r.started);
    CHECK_EQUAL_INT(http1_reader_end(&r, true, &f), HTTP1_BAD);
    CHECK_EQUAL_INT(f.code, FAULT_CUT);
    http1_reader_free(&r);
}

/* Feed `wire` in one piece and byte by byte; both must say the same. */
static enum fault_code outcome(const struct buf *wire, size_t body_max)
{
    static const size_t steps[] = {SIZE_MAX, 1, 4093};
    enum fault_code codes[3] = {FAULT_NONE};
    for (size_t i = 0; i < 3; i++) {
        struct http1_reader r;
        struct fault f = {0};
        size_t used;
        http1_reader_init(&r, body_max);
        enum http1_result result = feed(&r, buf_span(wire), &(struct unit_way){steps[i], steps[i]}, &used, &f);
        CHECK_EQUAL_INT(result, f.code == FAULT_NONE ? HTTP1_DONE : HTTP1_BAD);
        codes[i] = f.code;
        http1_reader_free(&r);
    }
    CHECK_EQUAL_INT(codes[1], codes[0]);
    CHECK_EQUAL_INT(codes[2], codes[0]);
    return codes[0];
}

static void put_times(struct buf *b, char c, size_t count)
{
    while (count-- > 0) {
        buf_put_char(b, c);
    }
}

/* A head whose field X brings it to `size` bytes, the empty line included. */
static void put_head(struct buf *b, const char *start, size_t size)
{
    size_t before = b->size;
    buf_put_text(b, start);
    put_times(b, 'x', size - (b->size - before) - 4);
    buf_put_text(b, "\r\n\r\n");
}

static void limits_the_head(void)
{
    for (size_t more = 0; more < 3; more++) {
        size_t size = HTTP1_HEAD_MAX - 1 + more;
        enum fault_code wanted = more == 2 ? FAULT_TOO_LARGE : FAULT_NONE;
        struct buf b = buf_init(300000);
        unit_row("head of %zu", size);
        put_head(&b, OK "Content-Length: 0\r\nX: ", size);
        CHECK_EQUAL_INT(b.size, size);
        CHECK_EQUAL_INT(outcome(&b, 0), wanted);
        buf_clear(&b);
        unit_row("interim and final head of %zu", size);
        put_head(&b, "HTTP/1.1 100 Continue\r\nX: ", 30000);
        put_head(&b, OK "Content-Length: 0\r\nX: ", size - 30000);
        CHECK_EQUAL_INT(outcome(&b, 0), wanted);
        buf_clear(&b);
        unit_row("head and trailers of %zu", size);
        put_head(&b, OK "Transfer-Encoding: chunked\r\nX: ", 60000);
        buf_put_text(&b, "0\r\n");
        put_head(&b, "X: ", size - 60000);
        CHECK_EQUAL_INT(outcome(&b, 0), wanted);
        buf_free(&b);
    }
}

static void limits_a_line_without_end(void)
{
    struct buf b = buf_init(300000);
    buf_put_text(&b, OK "X: ");
    put_times(&b, 'x', HTTP1_HEAD_MAX);
    CHECK_EQUAL_INT(outcome(&b, 0), FAULT_TOO_LARGE);
    buf_clear(&b);
    buf_put_text(&b, CHUNKED);
    put_times(&b, '0', HTTP1_CHUNK_LINE_MAX + 1);
    CHECK_EQUAL_INT(outcome(&b, 0), FAULT_TOO_LARGE);
    buf_free(&b);
}

static void limits_chunk_lines(void)
{
    for (size_t more = 0; more < 3; more++) {
        size_t size = HTTP1_CHUNK_LINE_MAX - 1 + more;
        struct buf b = buf_init(300000);
        unit_row("chunk line of %zu", size);
        buf_put_text(&b, CHUNKED "1;");
        put_times(&b, 'x', size - 4);
        buf_put_text(&b, "\r\na\r\n0\r\n\r\n");
        CHECK_EQUAL_INT(outcome(&b, 10), more == 2 ? FAULT_TOO_LARGE : FAULT_NONE);
        buf_free(&b);
    }
    struct buf b = buf_init(300000);
    unit_row("64 KiB of extensions");
    buf_put_text(&b, CHUNKED);
    for (size_t i = 0; i < 33; i++) {
        buf_put_text(&b, "1;");
        put_times(&b, 'x', 2000);
        buf_put_text(&b, "\r\na\r\n");
    }
    CHECK_EQUAL_INT(outcome(&b, 100), FAULT_TOO_LARGE);
    buf_free(&b);
}

static void put_fields(struct buf *b, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        buf_put_text(b, "X: y\r\n");
    }
}

static void limits_the_number_of_fields(void)
{
    for (size_t more = 0; more < 3; more++) {
        size_t count = HTTP1_FIELDS_MAX - 1 + more;
        enum fault_code wanted = more == 2 ? FAULT_TOO_LARGE : FAULT_NONE;
        struct buf b = buf_init(300000);
        unit_row("%zu fields", count);
        buf_put_text(&b, "HTTP/1.1 100 Continue\r\n");
        put_fields(&b, HTTP1_FIELDS_MAX);
        buf_put_text(&b, "\r\n" OK "Content-Length: 0\r\n");
        put_fields(&b, count - 1);
        buf_put_text(&b, "\r\n");
        CHECK_EQUAL_INT(outcome(&b, 0), wanted);
        buf_clear(&b);
        unit_row("%zu trailers", count);
        buf_put_text(&b, CHUNKED "0\r\n");
        put_fields(&b, count);
        buf_put_text(&b, "\r\n");
        CHECK_EQUAL_INT(outcome(&b, 0), wanted);
        buf_free(&b);
    }
}

static void limits_interim_answers(void)
{
    for (size_t count = HTTP1_INTERIM_MAX - 1; count <= HTTP1_INTERIM_MAX + 1; count++) {
        struct buf b = buf_init(10000);
        unit_row("%zu interim answers", count);
        for (size_t i = 0; i < count; i++) {
            buf_put_text(&b, "HTTP/1.1 102 Processing\r\n\r\n");
        }
        buf_put_text(&b, LENGTH("0"));
        CHECK_EQUAL_INT(outcome(&b, 0), count > HTTP1_INTERIM_MAX ? FAULT_HTTP_SYNTAX : FAULT_NONE);
        buf_free(&b);
    }
}

static void limits_the_body(void)
{
    for (size_t size = 4095; size <= 4097; size++) {
        enum fault_code wanted = size > 4096 ? FAULT_TOO_LARGE : FAULT_NONE;
        struct buf b = buf_init(300000);
        unit_row("body of %zu", size);
        buf_put_format(&b, OK "Content-Length: %zu\r\n\r\n", size);
        put_times(&b, 'x', size);
        CHECK_EQUAL_INT(outcome(&b, 4096), wanted);
        buf_clear(&b);
        unit_row("chunks of %zu", size);
        buf_put_format(&b, CHUNKED "%zx\r\n", size - 5);
        put_times(&b, 'x', size - 5);
        buf_put_text(&b, "\r\n5\r\nxxxxx\r\n0\r\n\r\n");
        CHECK_EQUAL_INT(outcome(&b, 4096), wanted);
        buf_free(&b);
    }
}

static void finds_fields(void)
{
    struct http1_reader r;
    struct fault f = {0};
    struct span value;
    size_t used;
    http1_reader_init(&r, BODY_MAX);
    CHECK_EQUAL_INT(http1_field(&r, "x", &value), 0);
    CHECK_EQUAL_INT(http1_reader_feed(&r, unit_edge(SPAN("HTTP/1.1 100 Continue\r\nX: interim\r\n\r\n")), &used, &f), HTTP1_MORE);
    CHECK_EQUAL_INT(http1_reader_feed(&r, unit_edge(SPAN("HTTP/1.1 429 Slow\r\nRetry-After: \t 7 \r\nX: one\r\n"
                                                         "x:two\r\nEmpty:\r\nContent-Length: 0\r\n\r\n")),
                                      &used, &f),
                    HTTP1_DONE);
    (void)unit_edge(SPAN("")); /* what was fed is gone */
    CHECK_EQUAL_INT(http1_field(&r, "retry-after", &value), 1);
    CHECK_EQUAL_SPAN(value, SPAN("7"));
    CHECK_EQUAL_INT(http1_field(&r, "X", &value), 2);
    CHECK_EQUAL_SPAN(value, SPAN("one"));
    CHECK_EQUAL_INT(http1_field(&r, "EMPTY", &value), 1);
    CHECK_EQUAL_SPAN(value, SPAN(""));
    CHECK_EQUAL_INT(http1_field(&r, "Retry", &value), 0);
    CHECK_EQUAL_SPAN(value, SPAN(""));
    CHECK_EQUAL_SPAN(http1_head(&r), SPAN("HTTP/1.1 429 Slow\r\nRetry-After: \t 7 \r\nX: one\r\nx:two\r\nEmpty:\r\n"
                                          "Content-Length: 0\r\n"));
    http1_reader_free(&r);
    CHECK(r.head.at == NULL && r.body.at == NULL && r.line.at == NULL);
}

static void writes_a_request(void)
{
    struct buf b = buf_init(200);
    struct fault f = {0};
    CHECK(http1_put_request(&b, SPAN("POST"), SPAN("/api/machines/1/unisolate?a=b"), &f));
    CHECK(http1_put_field(&b, SPAN("Host"), SPAN("api.example"), &f));
    CHECK(http1_put_field(&b, SPAN("Empty"), SPAN(""), &f));
    CHECK(http1_put_field(&b, SPAN("Note"), SPAN("a\tb \xC3\xA4"), &f));
    http1_put_end(&b);
    CHECK_EQUAL_SPAN(buf_span(&b), SPAN("POST /api/machines/1/unisolate?a=b HTTP/1.1\r\nHost: api.example\r\nEmpty: \r\n"
                                        "Note: a\tb \xC3\xA4\r\n\r\n"));
    buf_free(&b);
}

static void refuses_to_write_what_splits(void)
{
    static const struct span lines[] = {WIRE(""),    WIRE(" "),     WIRE("/a b"),  WIRE("/a\tb"),   WIRE("/a\r\nX: y"),
                                        WIRE("/\0"), WIRE("/\x7F"), WIRE("/\x80"), WIRE("/\xC3\xA4")};
    static const struct span values[] = {WIRE("a\rb"), WIRE("a\nb"),    WIRE("hush\r\nX: y"), WIRE("\0"),
                                         WIRE("\x1F"), WIRE("hush\x7F"), WIRE("\n"),          WIRE("a\r")};
    static const struct span names[] = {WIRE(""), WIRE("a b"), WIRE("a:"), WIRE("a\r\n"), WIRE("\xC3\xA4"), WIRE("a\0")};
    struct buf b = buf_init(1000);
    for (size_t i = 0; i < COUNT_OF(lines); i++) {
        struct fault f = {0}, g = {0};
        unit_row("line %zu", i);
        CHECK(!http1_put_request(&b, SPAN("GET"), unit_edge(lines[i]), &f) && f.code == FAULT_INTERNAL);
        CHECK(!http1_put_request(&b, unit_edge(lines[i]), SPAN("/"), &g) && g.code == FAULT_INTERNAL);
    }
    for (size_t i = 0; i < COUNT_OF(values); i++) {
        struct fault f = {0};
        unit_row("value %zu", i);
        CHECK(!http1_put_field(&b, SPAN("Authorization"), unit_edge(values[i]), &f) && f.code == FAULT_USAGE);
        CHECK(strstr(f.text, "hush") == NULL);
    }
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        struct fault f = {0};
        unit_row("name %zu", i);
        CHECK(!http1_put_field(&b, unit_edge(names[i]), SPAN("v"), &f) && f.code == FAULT_USAGE);
    }
    CHECK_EQUAL_INT(b.size, 0);
    buf_free(&b);
}

static void request_has_a_ceiling(void)
{
    for (size_t ceiling = 21; ceiling <= 23; ceiling++) { /* "GET / HTTP/1.1\r\n" 16, "a: b\r\n" 6 */
        struct buf b = buf_init(ceiling);
        struct fault f = {0};
        unit_row("ceiling %zu", ceiling);
        CHECK(http1_put_request(&b, SPAN("GET"), SPAN("/"), &f));
        CHECK_EQUAL_INT(http1_put_field(&b, SPAN("a"), SPAN("b"), &f), ceiling >= 22);
        CHECK_EQUAL_INT(f.code, ceiling >= 22 ? FAULT_NONE : FAULT_MEMORY);
        buf_free(&b);
    }
}

static const struct unit_test tests[] = {
    TEST(accepts),
    TEST(refuses),
    TEST(refuses_what_is_cut),
    TEST(wants_an_authenticated_end),
    TEST(limits_the_head),
    TEST(limits_a_line_without_end),
    TEST(limits_chunk_lines),
    TEST(limits_the_number_of_fields),
    TEST(limits_interim_answers),
    TEST(limits_the_body),
    TEST(finds_fields),
    TEST(writes_a_request),
    TEST(refuses_to_write_what_splits),
    TEST(request_has_a_ceiling),
};
UNIT_MAIN(tests)
