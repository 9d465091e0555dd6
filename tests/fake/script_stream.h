/*
 * script_stream.h - a byte stream whose peer follows a script.
 *
 * Does      give the scripted bytes in pieces, with waits, up to an end of any kind; keep what was written; count.
 * Not here  sockets (os_fake.h).
 * Rules     script_stream_init() first. The test owns the struct; close leaves `stream.type` NULL and what was written readable
 *           until script_stream_free().
 */
#ifndef FAKE_SCRIPT_STREAM_H
#define FAKE_SCRIPT_STREAM_H

#include "net/stream.h"

enum { SCRIPT_WRITTEN_MAX = 256 * 1024 };

enum script_end {
    SCRIPT_SILENCE, /* wait for ever */
    SCRIPT_END,
    SCRIPT_FAULT,   /* FAULT_CUT "script: reset" */
};

struct script_stream {
    struct stream stream;
    struct span incoming;    /* what the peer sends; borrowed */
    size_t piece;            /* bytes a read gives at most; 0: as many as there is room for */
    unsigned wait_each;      /* STREAM_WAIT before each read and write that moves something; this many times */
    enum script_end end;     /* what comes after the bytes */
    size_t write_piece;      /* bytes a write takes at most; 0: all */
    size_t write_limit;      /* bytes taken in all before writes wait for ever; 0: no limit */
    bool write_fails;        /* FAULT_CUT "script: broken pipe" */

    size_t at;               /* bytes given so far */
    struct buf written;
    unsigned reads, writes;  /* calls that moved bytes */
    unsigned waits;          /* still to come before the next one */
    unsigned closes;
    bool read_past_end;      /* somebody read on after the end or a fault */
    bool ended;
};

void script_stream_init(struct script_stream *s, struct span incoming, enum script_end end);
void script_stream_free(struct script_stream *s);

#endif
