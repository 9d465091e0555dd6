/*
 * base64.h - base64 and base64url.
 *
 * Does      encode and decode, strictly.
 * Not here  PEM armour (pem.h).
 * Rules     RFC 4648 sections 4 and 5: no foreign characters, unused bits zero. Padding: required and exact in base64; in base64url
 *           absent (RFC 7515 section 2), none is written and none accepted. Branches and table look-ups do not depend on the
 *           bytes, as they may be key material.
 */
#ifndef CODEC_BASE64_H
#define CODEC_BASE64_H

#include "base/buf.h"

void base64_put(struct buf *to, struct span bytes);
void base64url_put(struct buf *to, struct span bytes);

/* Append the decoded bytes. False: not well-formed, or `to` is full; what was appended then means nothing. */
bool base64_decode(struct span text, struct buf *to) MUST_CHECK;
bool base64url_decode(struct span text, struct buf *to) MUST_CHECK;

/* The same for base64 with line ends and blanks between the characters, as in PEM (RFC 7468 section 3). */
bool base64_decode_lines(struct span text, struct buf *to) MUST_CHECK;

#endif
