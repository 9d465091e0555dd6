/*
 * http1.c - HTTP/1.1 message syntax; see http1.h.
 *
 * A line (of a head, a trailer section, a chunk size) is gathered in r->line, each byte checked as it comes, and read
 * once it is complete. Each state has a step that uses bytes of the input; feed() runs steps until one wants more.
 */
#include "codec/http1.h"

#include <string.h>

enum state {
    STATE_STATUS_LINE,
    STATE_FIELDS,
    STATE_BODY_COUNTED,
    STATE_BODY_TO_END,
    STATE_CHUNK_SIZE,
    STATE_CHUNK_DATA,
    STATE_CHUNK_END,
    STATE_TRAILERS,
    STATE_DONE,
    STATE_BAD,
};

enum { CHUNK_SIZE_DIGITS = 16 };

static bool is_token(struct span name)
{
    for (size_t i = 0; i < name.size; i++) {
        char c = name.at[i];
        if (!ascii_is_letter(c) && !ascii_is_digit(c) && (c == '\0' || strchr("!#$%&'*+-.^_`|~", c) == NULL)) {
            return false;
        }
    }
    return name.size > 0;
}

static bool is_control(char c)
{
    return ((unsigned char)c < 0x20 && c != '\t') || c == 0x7F;
}

static bool bad(struct fault *f, const char *what)
{
    return fault_set(f, FAULT_HTTP_SYNTAX, "HTTP answer: %s", what);
}

static bool check_memory(const struct buf *b, struct fault *f)
{
    return !b->failed || fault_set(f, FAULT_MEMORY, "HTTP answer: out of memory");
}

/* ---- one line ---- */

static size_t line_limit(const struct http1_reader *r)
{
    return r->state == STATE_CHUNK_SIZE ? HTTP1_CHUNK_LINE_MAX : HTTP1_HEAD_MAX - r->head_total;
}

/* Whether byte c may stand at offset `at` of the current line, after `before`. */
static bool check_line_byte(const struct http1_reader *r, size_t at, char before, char c, struct fault *f)
{
    static const char version[] = "HTTP/1.";
    if (at >= line_limit(r)) {
        return fault_set(f, FAULT_TOO_LARGE, "HTTP answer: a head or line of it is too long");
    }
    if (r->state == STATE_STATUS_LINE && at < sizeof version - 1 && c != version[at]) {
        return bad(f, "it does not begin with HTTP/1.0 or HTTP/1.1");
    }
    if ((c == '\n') != (before == '\r')) {
        return bad(f, "a line does not end with CR LF");
    }
    return c == '\r' || c == '\n' || !is_control(c) || bad(f, "a control character in a line");
}

/* Move bytes of `in` from *at on into the current line. HTTP1_DONE: it is complete, with its CR LF. */
static enum http1_result take_line(struct http1_reader *r, struct span in, size_t *at, struct fault *f)
{
    size_t start = *at;
    size_t size = r->line.size;
    char before = size > 0 ? r->line.at[size - 1] : '\0';
    bool complete = false;
    while (!complete && *at < in.size) {
        char c = in.at[*at];
        if (!check_line_byte(r, size++, before, c, f)) {
            return HTTP1_BAD;
        }
        complete = c == '\n';
        before = c;
        ++*at;
    }
    buf_put(&r->line, span_cut(in, start, *at));
    if (!check_memory(&r->line, f)) {
        return HTTP1_BAD;
    }
    return complete ? HTTP1_DONE : HTTP1_MORE;
}

/* The complete line without its CR LF. */
static struct span line_text(const struct http1_reader *r)
{
    return span_cut(buf_span(&r->line), 0, r->line.size - 2);
}

/* ---- the head ---- */

/* "HTTP/1.1 200", after which the line ends or a blank and the reason phrase follow (RFC 9112 section 4). */
static bool read_status_line(struct http1_reader *r, struct span line, struct fault *f)
{
    uint64_t minor, status;
    if (!span_decimal(span_cut(line, 7, 8), 9, &minor) || !span_equal(span_cut(line, 8, 9), SPAN(" ")) ||
        line.size < 12 || !span_decimal(span_cut(line, 9, 12), 599, &status) || status < 100 ||
        (line.size > 12 && line.at[12] != ' ')) {
        return bad(f, "malformed status line");
    }
    r->minor_version = (int)minor;
    r->status_seen = (int)status;
    r->field_count = 0;
    return true;
}

static bool split_field(struct span line, struct span *name, struct span *value)
{
    size_t colon = span_find(line, ':');
    *name = span_cut(line, 0, colon);
    *value = span_trim(span_cut(line, colon + 1, line.size));
    return colon < line.size && is_token(*name);
}

static bool check_field(struct http1_reader *r, struct span line, struct fault *f)
{
    struct span name, value;
    if (++r->field_count > HTTP1_FIELDS_MAX) {
        return fault_set(f, FAULT_TOO_LARGE, "HTTP answer: more than %d header fields", HTTP1_FIELDS_MAX);
    }
    return split_field(line, &name, &value) || bad(f, "malformed header field");
}

bool http1_next_field(struct span *rest, struct span *name, struct span *value)
{
    struct span line;
    while (span_next(rest, '\n', &line)) {
        if (split_field(span_cut(line, 0, line.size - 1), name, value)) {
            return true;
        }
    }
    return false;
}

struct span http1_fields(const struct http1_reader *r)
{
    struct span rest = buf_span(&r->head);
    struct span status_line;
    (void)span_next(&rest, '\n', &status_line);
    return rest;
}

size_t http1_field(const struct http1_reader *r, const char *name, struct span *value)
{
    struct span rest = http1_fields(r);
    struct span this_name, this_value;
    size_t count = 0;
    *value = (struct span){0};
    while (http1_next_field(&rest, &this_name, &this_value)) {
        if (span_equal_nocase(this_name, span_of(name)) && count++ == 0) {
            *value = this_value;
        }
    }
    return count;
}

struct span http1_head(const struct http1_reader *r)
{
    return buf_span(&r->head);
}

/* Whether a Connection field lists this option (RFC 9110 section 7.6.1). */
static bool connection_lists(const struct http1_reader *r, struct span option)
{
    struct span rest = http1_fields(r);
    struct span name, value, part;
    while (http1_next_field(&rest, &name, &value)) {
        while (span_equal_nocase(name, SPAN("connection")) && span_next(&value, ',', &part)) {
            if (span_equal_nocase(span_trim(part), option)) {
                return true;
            }
        }
    }
    return false;
}

/* RFC 9112 section 9.3. */
static bool stays_open(const struct http1_reader *r)
{
    return !connection_lists(r, SPAN("close")) &&
           (r->minor_version >= 1 || connection_lists(r, SPAN("keep-alive")));
}

static bool begin_chunked(struct http1_reader *r, struct span coding, size_t lengths, size_t codings, struct fault *f)
{
    if (lengths > 0) {
        return bad(f, "both Content-Length and Transfer-Encoding");
    }
    if (codings > 1 || r->minor_version < 1 || !span_equal_nocase(coding, SPAN("chunked"))) {
        return bad(f, "a Transfer-Encoding other than chunked");
    }
    r->state = STATE_CHUNK_SIZE;
    return true;
}

static bool begin_counted(struct http1_reader *r, struct span text, size_t lengths, struct fault *f)
{
    if (lengths > 1 || !span_decimal(text, UINT64_MAX, &r->remaining)) {
        return bad(f, "Content-Length is not one number");
    }
    r->state = r->remaining > 0 ? STATE_BODY_COUNTED : STATE_DONE;
    return true;
}

/* Decide where the body ends (RFC 9112 section 6.3). */
static bool begin_body(struct http1_reader *r, struct fault *f)
{
    struct span coding, length;
    size_t codings = http1_field(r, "transfer-encoding", &coding);
    size_t lengths = http1_field(r, "content-length", &length);
    r->keep_alive = stays_open(r);
    if (r->head_only) {
        r->state = STATE_DONE;
    } else if (codings > 0) {
        if (!begin_chunked(r, coding, lengths, codings, f)) {
            return false;
        }
    } else if (lengths > 0) {
        if (!begin_counted(r, length, lengths, f)) {
            return false;
        }
    } else {
        r->state = STATE_BODY_TO_END;
    }
    if (r->status_seen == 204 || r->status_seen == 304) {
        bool announced = r->state == STATE_CHUNK_SIZE || (r->state == STATE_BODY_COUNTED && r->status_seen == 204);
        r->keep_alive = r->keep_alive && !announced;
        r->remaining = 0;
        r->state = STATE_DONE;
    }
    if (r->state == STATE_BODY_TO_END) {
        r->keep_alive = false;
    }
    if (r->remaining > r->body.ceiling) {
        return fault_set(f, FAULT_TOO_LARGE, "HTTP answer: the body is larger than %zu bytes", r->body.ceiling);
    }
    r->status = r->status_seen;
    return true;
}

/* The empty line has come: an interim answer is forgotten (RFC 9110 section 15.2), a final one has its body read. */
static bool end_head(struct http1_reader *r, struct fault *f)
{
    if (r->status_seen >= 200) {
        return begin_body(r, f);
    }
    if (r->status_seen == 101 || ++r->interim_count > HTTP1_INTERIM_MAX) {
        return bad(f, r->status_seen == 101 ? "it switches protocols unasked" : "too many interim answers");
    }
    buf_clear(&r->head);
    r->state = STATE_STATUS_LINE;
    return true;
}

static bool keep_line(struct http1_reader *r, struct fault *f)
{
    buf_put(&r->head, buf_span(&r->line));
    return check_memory(&r->head, f);
}

static bool read_head_line(struct http1_reader *r, struct fault *f)
{
    struct span line = line_text(r);
    r->head_total += r->line.size;
    if (r->state == STATE_STATUS_LINE) {
        r->state = STATE_FIELDS;
        return read_status_line(r, line, f) && keep_line(r, f);
    }
    return line.size == 0 ? end_head(r, f) : check_field(r, line, f) && keep_line(r, f);
}

/* ---- chunks (RFC 9112 section 7.1) ---- */

/* Hexadecimal digits, then nothing or blanks and ";": extensions are read over. */
static bool read_chunk_size(struct http1_reader *r, struct fault *f)
{
    struct span line = line_text(r);
    size_t digits = 0;
    uint64_t size = 0;
    while (digits < line.size && digits <= CHUNK_SIZE_DIGITS && ascii_hex_value(line.at[digits]) < 16) {
        size = size << 4 | ascii_hex_value(line.at[digits++]);
    }
    struct span rest = span_trim(span_cut(line, digits, line.size));
    if (digits == 0 || digits > CHUNK_SIZE_DIGITS || (digits < line.size && !span_starts(rest, SPAN(";")))) {
        return bad(f, "malformed chunk size");
    }
    if (size > r->body.ceiling - r->body.size) {
        return fault_set(f, FAULT_TOO_LARGE, "HTTP answer: the body is larger than %zu bytes", r->body.ceiling);
    }
    r->head_total += line.size - digits;
    if (r->head_total > HTTP1_HEAD_MAX) {
        return fault_set(f, FAULT_TOO_LARGE, "HTTP answer: too many chunk extensions");
    }
    r->remaining = size;
    r->field_count = 0;
    r->state = size > 0 ? STATE_CHUNK_DATA : STATE_TRAILERS;
    return true;
}

static bool read_trailer_line(struct http1_reader *r, struct fault *f)
{
    struct span line = line_text(r);
    r->head_total += r->line.size;
    if (line.size == 0) {
        r->state = STATE_DONE;
        return true;
    }
    return check_field(r, line, f);
}

/* The CR LF after a chunk's data; r->remaining counts its bytes down. */
static bool read_chunk_end(struct http1_reader *r, struct span in, size_t *at, struct fault *f)
{
    while (r->remaining > 0 && *at < in.size) {
        if (in.at[(*at)++] != (r->remaining-- == 2 ? '\r' : '\n')) {
            return bad(f, "a chunk does not end with CR LF");
        }
    }
    if (r->remaining == 0) {
        r->state = STATE_CHUNK_SIZE;
    }
    return true;
}

/* ---- the body ---- */

static bool take_body(struct http1_reader *r, struct span part, size_t *at, struct fault *f)
{
    if (part.size > r->body.ceiling - r->body.size) {
        return fault_set(f, FAULT_TOO_LARGE, "HTTP answer: the body is larger than %zu bytes", r->body.ceiling);
    }
    buf_put(&r->body, part);
    *at += part.size;
    return check_memory(&r->body, f);
}

static bool read_counted(struct http1_reader *r, struct span in, size_t *at, struct fault *f)
{
    size_t left = in.size - *at;
    size_t size = r->remaining < left ? (size_t)r->remaining : left;
    r->remaining -= size;
    if (!take_body(r, span_cut(in, *at, *at + size), at, f)) {
        return false;
    }
    if (r->remaining == 0 && r->state == STATE_CHUNK_DATA) {
        r->remaining = 2;
        r->state = STATE_CHUNK_END;
    } else if (r->remaining == 0) {
        r->state = STATE_DONE;
    }
    return true;
}

/* ---- the reader ---- */

static bool read_line(struct http1_reader *r, struct span in, size_t *at, struct fault *f)
{
    enum http1_result result = take_line(r, in, at, f);
    if (result != HTTP1_DONE) {
        return result == HTTP1_MORE;
    }
    bool good = r->state == STATE_CHUNK_SIZE ? read_chunk_size(r, f)
              : r->state == STATE_TRAILERS   ? read_trailer_line(r, f)
                                             : read_head_line(r, f);
    buf_clear(&r->line);
    return good;
}

/* Use bytes of in from *at on, at least one. */
static bool step(struct http1_reader *r, struct span in, size_t *at, struct fault *f)
{
    switch (r->state) {
    case STATE_BODY_COUNTED:
    case STATE_CHUNK_DATA:
        return read_counted(r, in, at, f);
    case STATE_BODY_TO_END:
        return take_body(r, span_cut(in, *at, in.size), at, f);
    case STATE_CHUNK_END:
        return read_chunk_end(r, in, at, f);
    default:
        return read_line(r, in, at, f);
    }
}

void http1_reader_init(struct http1_reader *r, size_t body_max)
{
    *r = (struct http1_reader){
        .body = buf_init(body_max),
        .head = buf_init(HTTP1_HEAD_MAX),
        .line = buf_init(HTTP1_HEAD_MAX),
    };
}

void http1_reader_free(struct http1_reader *r)
{
    buf_free(&r->body);
    buf_free(&r->head);
    buf_free(&r->line);
    *r = (struct http1_reader){0};
}

enum http1_result http1_reader_feed(struct http1_reader *r, struct span in, size_t *used, struct fault *f)
{
    *used = 0;
    if (in.size > 0) {
        r->started = true;
    }
    while (*used < in.size && r->state != STATE_DONE && r->state != STATE_BAD) {
        if (!step(r, in, used, f)) {
            r->state = STATE_BAD;
        }
    }
    if (r->state == STATE_BAD) {
        bad(f, "it was malformed before");
        return HTTP1_BAD;
    }
    return r->state == STATE_DONE ? HTTP1_DONE : HTTP1_MORE;
}

enum http1_result http1_reader_end(struct http1_reader *r, bool authenticated, struct fault *f)
{
    if (r->state == STATE_BODY_TO_END && authenticated) {
        r->state = STATE_DONE;
    }
    if (r->state == STATE_DONE) {
        return HTTP1_DONE;
    }
    fault_set(f, FAULT_CUT, r->started ? "HTTP answer: the connection ended before it was complete"
                                       : "HTTP answer: the connection ended before it began");
    r->state = STATE_BAD;
    return HTTP1_BAD;
}

/* ---- writing ---- */

static bool is_visible(struct span s)
{
    for (size_t i = 0; i < s.size; i++) {
        if (s.at[i] <= ' ' || s.at[i] > '~') {
            return false;
        }
    }
    return s.size > 0;
}

static bool check_room(const struct buf *to, struct fault *f)
{
    return !to->failed || fault_set(f, FAULT_MEMORY, "HTTP request: too large, or out of memory");
}

bool http1_put_request(struct buf *to, struct span method, struct span target, struct fault *f)
{
    if (!is_visible(method) || !is_visible(target)) {
        return fault_set(f, FAULT_INTERNAL, "HTTP request: blank or unprintable character in its first line");
    }
    buf_put(to, method);
    buf_put_char(to, ' ');
    buf_put(to, target);
    buf_put_text(to, " HTTP/1.1\r\n");
    return check_room(to, f);
}

bool http1_put_field(struct buf *to, struct span name, struct span value, struct fault *f)
{
    if (!is_token(name)) {
        return fault_set(f, FAULT_USAGE, "HTTP request: malformed field name");
    }
    for (size_t i = 0; i < value.size; i++) {
        if (is_control(value.at[i])) {
            return fault_set(f, FAULT_USAGE, "HTTP request: control character in the value of %.*s", SPAN_ARG(name));
        }
    }
    buf_put(to, name);
    buf_put_text(to, ": ");
    buf_put(to, value);
    buf_put_text(to, "\r\n");
    return check_room(to, f);
}

void http1_put_end(struct buf *to)
{
    buf_put_text(to, "\r\n");
}
