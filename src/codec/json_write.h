/*
 * json_write.h - JSON values written.
 *
 * Does      strings and whole values, in ASCII: everything else is written as an escape.
 * Not here  reading (json.h), which members an object has.
 * Rules     RFC 8259 section 7. What is printed cannot move a terminal's cursor: contract 6.8.
 */
#ifndef CODEC_JSON_WRITE_H
#define CODEC_JSON_WRITE_H

#include "codec/json.h"

/* Append the value again: no blanks, strings as json_put_string_lossy() writes them, so that it is safe to print. */
void json_put_value(struct buf *to, struct json value);

/*
 * Append text as a JSON string with its quotes; everything outside printable ASCII is written as \u escapes.
 * False: text is not UTF-8, nothing was appended. A full `to` is seen in to->failed alone.
 */
bool json_put_string(struct buf *to, struct span text) MUST_CHECK;

/* The same, with bytes that are no UTF-8 replaced by U+FFFD; NULL-safe for texts of others. */
void json_put_string_lossy(struct buf *to, struct span text);

#endif
