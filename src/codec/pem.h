/*
 * pem.h - PEM texts: labelled blocks of base64 between other lines.
 *
 * Does      step through the blocks of a text.
 * Not here  decoding a body (base64_decode_lines), what a label means (net/roots.c, crypto/key.c).
 * Rules     RFC 7468 sections 2 and 3, with text before, between and behind the blocks (section 5.2), and any line ends. A block that is
 *           cut off, or ends under another label, is never passed over in silence.
 */
#ifndef CODEC_PEM_H
#define CODEC_PEM_H

#include "base/span.h"

struct pem_block {
    struct span label; /* "CERTIFICATE" */
    struct span body;  /* base64 with line ends; of old encrypted keys, header lines before it */
};

enum pem_result { PEM_BLOCK, PEM_NO_MORE, PEM_CUT_OFF };

/* Take the next block of `rest` and step over it; the block borrows from it. PEM_CUT_OFF: a block begins and has no end of its own. */
enum pem_result pem_next(struct span *rest, struct pem_block *block);

/*
 * True when a block of this label is a certificate. The older names are RFC 7468 section 5.1's; "TRUSTED CERTIFICATE" is none: it carries
 * settings of OpenSSL's own behind the certificate.
 */
bool pem_is_certificate(struct span label);

#endif
