/*
 * lines.h - a list as people and spreadsheets keep it: one text a line, or the first column of a CSV.
 *
 * Does      make UTF-8 of what a byte order mark says; step through the records; take the quotes off the first field.
 * Not here  what the texts mean; whether they are UTF-8.
 * Limits    LINES_RECORD_MAX bytes of one record.
 * Rules     blank lines are skipped, rows of empty fields too, and lines that begin with '#'. LF and CRLF. A comma, a semicolon or a
 *           tab ends the first field; as in RFC 4180 a field in double quotes may hold them, line ends, and quotes that are doubled. What
 *           RFC 4180 forbids (a quote inside a bare first field, text behind a closing quote, a quote that does not end) is a bad record:
 *           reading goes on at the next line.
 */
#ifndef CODEC_LINES_H
#define CODEC_LINES_H

#include "base/fault.h"

enum { LINES_RECORD_MAX = 64 * 1024 };

struct lines {
    struct span rest;   /* not read yet; borrowed */
    size_t next;        /* number of its first line */
    /* the record that was read last */
    size_t number;      /* of its first line, from 1 on */
    struct buf field;   /* owned: its first field, without quotes and the blanks around */
    bool columns;       /* it has more than one */
};

enum lines_result {
    LINES_FIELD,
    LINES_END,
    LINES_BAD, /* f says why (FAULT_USAGE); reading goes on behind it */
};

/*
 * Begin with a whole file, which is borrowed until lines_free(). A byte order mark of UTF-8 is skipped; with one of UTF-16 *text is
 * replaced by the same in UTF-8, a lone surrogate becoming bytes that are none. FAULT_MEMORY.
 */
bool lines_open(struct lines *l, struct buf *text, struct fault *f) MUST_CHECK;

enum lines_result lines_next(struct lines *l, struct fault *f) MUST_CHECK;

void lines_free(struct lines *l);

#endif
