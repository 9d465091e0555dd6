/*
 * escape.h - text of others made safe to show on a terminal.
 *
 * Does      copy UTF-8 text, writing control characters, direction overrides and bytes that are no UTF-8 as \xHH or \u{HHHH}.
 * Not here  JSON strings (codec/json.h).
 * Rules     contract 6.8: U+0000 to U+001F, U+007F to U+009F, U+202A to U+202E, U+2066 to U+2069 never reach a terminal raw.
 */
#ifndef BASE_ESCAPE_H
#define BASE_ESCAPE_H

#include "base/buf.h"

/* Append text to `to` as one line that a terminal shows as it stands. A line feed becomes \n, a tab \t. */
void escape_put(struct buf *to, struct span text);

/*
 * One UTF-8 character at the start of text: its length in bytes (1 to 4) and code point.
 * 0 when the bytes there are not well-formed UTF-8 (RFC 3629: no overlong forms, no surrogates, at most U+10FFFF).
 */
size_t utf8_decode(struct span text, uint32_t *code_point);

/* Write a code point (no surrogate, at most U+10FFFF) as UTF-8: how many bytes. */
size_t utf8_encode(uint32_t code_point, char bytes[4]);

bool utf8_is_valid(struct span text);

#endif
