/*
 * der.h - DER items: tag, contents, where the next one begins.
 *
 * Does      step through a run of items, each with a length that fits.
 * Not here  what an item means (net/cert_name.c), keys and signatures (mbedTLS).
 * Limits    one-byte tags; lengths below 4 GiB in their shortest form.
 * Rules     X.690 sections 8.1 and 10.1.
 */
#ifndef CODEC_DER_H
#define CODEC_DER_H

#include "base/span.h"

enum der_tag {
    DER_BOOLEAN = 0x01,
    DER_INTEGER = 0x02,
    DER_OCTETS = 0x04,
    DER_OID = 0x06,
    DER_UTF8 = 0x0c,
    DER_PRINTABLE = 0x13,
    DER_SEQUENCE = 0x30,
    DER_SET = 0x31,
    DER_CONTEXT = 0x80,     /* [0]; add the number */
    DER_CONSTRUCTED = 0x20, /* add it for a context tag that holds items */
};

struct der {
    unsigned char tag;
    struct span value; /* the contents */
    struct span whole; /* tag, length and contents */
};

/* Take the first item of `rest` and step over it. False: nothing is left, or no item of DER stands there. */
bool der_next(struct span *rest, struct der *item);

/* The same, and the tag must be `tag`; otherwise `rest` stays where it is. */
bool der_take(struct span *rest, unsigned char tag, struct der *item);

#endif
