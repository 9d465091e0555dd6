/*
 * stream.h - the interface of a byte stream that never blocks.
 *
 * Does      say how bytes are read from and written to whatever is below: a socket (tcp.h), TLS over a stream (tls.h), a script (tests).
 * Not here  opening and connecting: each kind of stream has its own.
 * Rules     STREAM_END only if the layer vouches for the end: TLS for close_notify, a socket never knows more than "no more bytes";
 *           who needs an authenticated end looks at end_is_authenticated.
 */
#ifndef NET_STREAM_H
#define NET_STREAM_H

#include "base/fault.h"

enum stream_result {
    STREAM_DATA,  /* some bytes moved, or the step is done */
    STREAM_WAIT,  /* nothing now; stream->want_read / want_write say what to wait for */
    STREAM_END,   /* the peer sends no more */
    STREAM_FAULT, /* f says why; the stream may only be closed */
};

struct stream;

struct stream_type {
    /* room > 0. STREAM_DATA: 1 <= *got <= room. */
    enum stream_result (*read)(struct stream *s, char *to, size_t room, size_t *got, struct fault *f);
    /* bytes.size > 0. STREAM_DATA: 1 <= *put <= bytes.size. After STREAM_WAIT the same bytes must be given again. */
    enum stream_result (*write)(struct stream *s, struct span bytes, size_t *put, struct fault *f);
    /* Say good-bye as far as that needs no waiting, and free everything, also the streams below. The struct is then zero. */
    void (*close)(struct stream *s);
};

/* The first member of every stream. `type` NULL: closed. */
struct stream {
    const struct stream_type *type;
    bool want_read, want_write;  /* after STREAM_WAIT: what the bottom of the pile waits for */
    bool end_is_authenticated;   /* after STREAM_END: the end was vouched for cryptographically */
};

#endif
