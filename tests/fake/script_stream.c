/*
 * script_stream.c - a byte stream whose peer follows a script; see script_stream.h.
 */
#include "fake/script_stream.h"

#include <string.h>

/* True: this call waits. */
static bool script_waits(struct script_stream *s, bool read)
{
    if (s->waits == 0) {
        s->waits = s->wait_each;
        return false;
    }
    s->waits--;
    s->stream.want_read = read;
    s->stream.want_write = !read;
    return true;
}

static enum stream_result script_read(struct stream *stream, char *to, size_t room, size_t *got, struct fault *f)
{
    struct script_stream *s = (struct script_stream *)stream;
    struct span rest = span_cut(s->incoming, s->at, s->incoming.size);
    s->read_past_end = s->read_past_end || s->ended;
    if (script_waits(s, true)) {
        return STREAM_WAIT;
    }
    if (rest.size == 0) {
        s->ended = s->end != SCRIPT_SILENCE;
        stream->want_read = true;
        stream->want_write = false;
        if (s->end == SCRIPT_FAULT) {
            fault_set(f, FAULT_CUT, "script: reset");
            return STREAM_FAULT;
        }
        return s->end == SCRIPT_END ? STREAM_END : STREAM_WAIT;
    }
    size_t size = rest.size < room ? rest.size : room;
    size = s->piece > 0 && s->piece < size ? s->piece : size;
    memcpy(to, rest.at, size);
    s->at += size;
    s->reads++;
    *got = size;
    return STREAM_DATA;
}

static enum stream_result script_write(struct stream *stream, struct span bytes, size_t *put, struct fault *f)
{
    struct script_stream *s = (struct script_stream *)stream;
    size_t size = s->write_piece > 0 && s->write_piece < bytes.size ? s->write_piece : bytes.size;
    if (s->write_fails) {
        fault_set(f, FAULT_CUT, "script: broken pipe");
        return STREAM_FAULT;
    }
    if (script_waits(s, false)) {
        return STREAM_WAIT;
    }
    if (s->write_limit > 0 && s->written.size + size > s->write_limit) {
        stream->want_read = false;
        stream->want_write = true;
        return STREAM_WAIT;
    }
    buf_put(&s->written, span_cut(bytes, 0, size));
    s->writes++;
    *put = size;
    return STREAM_DATA;
}

static void script_close(struct stream *stream)
{
    struct script_stream *s = (struct script_stream *)stream;
    s->closes++;
    s->stream = (struct stream){0};
}

static const struct stream_type script_type = {script_read, script_write, script_close};

void script_stream_init(struct script_stream *s, struct span incoming, enum script_end end)
{
    *s = (struct script_stream){.incoming = incoming, .end = end, .written = buf_init(SCRIPT_WRITTEN_MAX)};
    s->stream.type = &script_type;
}

void script_stream_free(struct script_stream *s)
{
    buf_free(&s->written);
}
