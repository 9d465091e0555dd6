/*
 * http1.h - HTTP/1.1 message syntax: bytes in, values out.
 *
 * Does      read the head and body of one answer in any split; write the head of a request.
 * Not here  sockets, TLS, redirects, retries (net/).
 * Limits    HTTP1_HEAD_MAX bytes of head (all interim answers, trailers and chunk extensions together);
 *           HTTP1_FIELDS_MAX fields a head; HTTP1_CHUNK_LINE_MAX bytes of a chunk-size line; the caller sets the
 *           ceiling of the body.
 * Rules     RFC 9112 sections 2 to 9; RFC 9110 sections 5, 6 and 15. Stricter where leniency has been abused:
 *           lines end with CRLF; no obsolete folding; no blank before the colon; no control characters in a line (a tab
 *           may stand in values and extensions); Content-Length is one number, alone (not even twice the same); never
 *           together with Transfer-Encoding; Transfer-Encoding is exactly "chunked", once, and only from HTTP/1.1; a
 *           chunk size has 1 to 16 digits. Status 200 to 599, after one blank; "HTTP/1.1 200" may end there, without the
 *           blank of RFC 9112 section 4, as many servers write it and nothing else can be meant.
 */
#ifndef CODEC_HTTP1_H
#define CODEC_HTTP1_H

#include "base/fault.h"

enum { HTTP1_HEAD_MAX = 64 * 1024, HTTP1_FIELDS_MAX = 200, HTTP1_INTERIM_MAX = 8, HTTP1_CHUNK_LINE_MAX = 4 * 1024 };

enum http1_result {
    HTTP1_MORE, /* wants more bytes */
    HTTP1_DONE, /* the message is complete */
    HTTP1_BAD,  /* f says why; the reader may only be freed */
};

struct http1_reader {
    /* outcome, valid once the final head is complete */
    int status;          /* 200 to 599; 0 before that */
    bool keep_alive;     /* the connection may carry another request after this message, if nothing follows it */
    struct buf body;     /* owned; chunked coding removed */
    bool head_only;      /* set behind http1_reader_init(): the message ends with its head, as the answer to CONNECT does */
    /* workings */
    struct buf head;     /* the final head, status line first, CRLF line ends, without the empty line */
    bool started;        /* any byte of an answer has arrived */
    int state;
    int interim_count;
    int status_seen;     /* of the head that is being read, also 1xx */
    int minor_version;
    size_t field_count;  /* of the head, or trailer section, that is being read */
    size_t head_total;   /* bytes of all heads, trailers and chunk extensions */
    uint64_t remaining;  /* bytes left of the body or chunk */
    struct buf line;     /* the current line of a head, trailer section or chunk size, as far as it has come */
};

/* body_max: the most body bytes that are accepted. The request was no HEAD (we send none). */
void http1_reader_init(struct http1_reader *r, size_t body_max);
void http1_reader_free(struct http1_reader *r);

/*
 * Give the reader the next bytes of the answer, in any split.
 *
 * in     bytes from the stream; borrowed for this call
 * used   out: bytes of `in` that belong to this message
 *
 * HTTP1_MORE wants more (then *used == in.size); HTTP1_DONE message complete, in[*used..] is not part of it;
 * HTTP1_BAD f says why: FAULT_HTTP_SYNTAX, FAULT_TOO_LARGE, FAULT_MEMORY.
 * 1xx answers are read over (at most HTTP1_INTERIM_MAX; 101 is HTTP1_BAD: nobody asked for it).
 * The split changes neither the result nor the fault. After HTTP1_DONE: HTTP1_DONE, *used 0.
 * Rule: RFC 9112 6.3, message body length. 204 and 304 have no body; where their fields announce one, keep_alive is false.
 */
enum http1_result http1_reader_feed(struct http1_reader *r, struct span in, size_t *used, struct fault *f) MUST_CHECK;

/*
 * The stream has ended. HTTP1_DONE for a message that was complete before, or whose end is the end of the stream, the
 * latter only if that end was authenticated (TLS close_notify); everything else is HTTP1_BAD with FAULT_CUT.
 */
enum http1_result http1_reader_end(struct http1_reader *r, bool authenticated, struct fault *f) MUST_CHECK;

/*
 * How often the field `name` (any case) stands in the final head; *value gets the first one's value, blanks trimmed,
 * borrowed from the reader. 0 leaves *value empty.
 */
size_t http1_field(const struct http1_reader *r, const char *name, struct span *value);

/* Step through all fields of the final head, as above: start with http1_fields(). False: no more. */
struct span http1_fields(const struct http1_reader *r);
bool http1_next_field(struct span *rest, struct span *name, struct span *value);

/* The final head as received, without the empty line; for the trace. */
struct span http1_head(const struct http1_reader *r);

/*
 * Write the first line of a request. method and target come from this program, but are checked: a blank, a control
 * character or a byte above 126 in either makes it fail (FAULT_INTERNAL), so does an empty one. FAULT_MEMORY: `to` is full.
 */
bool http1_put_request(struct buf *to, struct span method, struct span target, struct fault *f) MUST_CHECK;

/*
 * Write one field line. A name that is no token, a value with control characters (also CR, LF, NUL): FAULT_USAGE, without showing
 * the value.
 */
bool http1_put_field(struct buf *to, struct span name, struct span value, struct fault *f) MUST_CHECK;

/* Write the empty line that ends the head. */
void http1_put_end(struct buf *to);

#endif
