/*
 * dns_message.h - DNS messages: the question for the addresses of a name, and its answer.
 *
 * Does      write a query; hold a message against it; follow the chain of aliases to the addresses.
 * Not here  sockets, servers, time-outs (net/dns_question.c), which names are wanted (net/dns.c).
 * Limits    DNS_MESSAGE_ADDRESSES_MAX addresses are kept, those that come first; an answer may
 *           have more. DNS_MESSAGE_ALIASES_MAX aliases in a row. Authority and additional records
 *           are not read.
 * Rules     RFC 1035 sections 2.3 and 4.1 (a pointer of a name leads backwards only: 4.1.4),
 *           RFC 3596 (AAAA), RFC 5452 section 9.1 (what an answer must match), RFC 4343 (case).
 *           Nothing of EDNS is sent: an answer of more than 512 bytes comes truncated and is asked
 *           for again over TCP, which every server and every box on the way understands.
 */
#ifndef CODEC_DNS_MESSAGE_H
#define CODEC_DNS_MESSAGE_H

#include "base/address.h"
#include "base/buf.h"

enum {
    DNS_MESSAGE_QUERY_MAX = 12 + 255 + 4,
    DNS_MESSAGE_MAX = 65535,
    DNS_MESSAGE_ADDRESSES_MAX = 16,
    DNS_MESSAGE_ALIASES_MAX = 32,
};

enum dns_message_type { DNS_MESSAGE_A = 1, DNS_MESSAGE_AAAA = 28 };

struct dns_message_question {
    uint16_t id;
    enum dns_message_type type;
    struct span name; /* borrowed; dots between the labels, none at the end */
};

enum dns_message_result {
    DNS_MESSAGE_FOREIGN,   /* no answer to this question: wait for another */
    DNS_MESSAGE_FOUND,     /* at least one address */
    DNS_MESSAGE_EMPTY,     /* the name has no address of this type */
    DNS_MESSAGE_NO_NAME,   /* there is no such name */
    DNS_MESSAGE_TRUNCATED, /* the whole answer is to be had over TCP */
    DNS_MESSAGE_FAILED,    /* the server cannot or will not say: see rcode */
    DNS_MESSAGE_BAD,       /* it answers this question, but not by the rules */
};

struct dns_message_answer {
    struct address addresses[DNS_MESSAGE_ADDRESSES_MAX]; /* in the server's order, port 0 */
    size_t count;
    unsigned rcode; /* 0 to 15 */
};

/*
 * Append the query. False: the name is none that DNS knows (an empty label, one of more than 63
 * bytes, more than 253 bytes in all), or `to` has no room; what was appended then means nothing.
 */
bool dns_message_put_query(struct buf *to, const struct dns_message_question *q) MUST_CHECK;

/* Hold one whole message against the question. *a has addresses for DNS_MESSAGE_FOUND only. */
enum dns_message_result dns_message_read(struct span message, const struct dns_message_question *q,
                                         struct dns_message_answer *a);

/* "SERVFAIL", or "error 11" for a code that has no name here. */
const char *dns_message_rcode_text(unsigned rcode, char text[16]);

#endif
