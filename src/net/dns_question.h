/*
 * dns_question.h - one question, asked of the name servers until one of them answers it.
 *
 * Does      ask the first server over UDP, the next one after a second or as soon as one has
 *           failed, and round again; go over to TCP where an answer is truncated; say when it ends.
 * Not here  which names and types are asked for, when to stop waiting (dns.h).
 * Limits    one datagram socket for each server that was asked, so that a late answer still counts,
 *           and one TCP connection. A server that has failed is not asked again.
 * Rules     RFC 1035 section 4.2 (UDP, TCP), RFC 5452 section 9 (id and port by chance, each
 *           question from a port of its own; answers are taken from the server that was asked).
 *           There being no such name is believed of whichever server says so first, as glibc does:
 *           who has servers that know different names puts the right one first.
 */
#ifndef NET_DNS_QUESTION_H
#define NET_DNS_QUESTION_H

#include "codec/dns_message.h"
#include "net/dns_config.h"

enum {
    DNS_SERVER_MS = 1000, /* how long one server is waited for before the next one is asked too */
    DNS_STREAM_MS = 3000, /* the same for an answer over TCP, which takes more round trips */
    DNS_SOCKETS_MAX = DNS_SERVERS_MAX + 1,
};

enum dns_stream { DNS_STREAM_NONE, DNS_STREAM_CONNECT, DNS_STREAM_SEND, DNS_STREAM_RECEIVE };

/* Zeroed: not begun. */
struct dns_question {
    struct dns_message_question message;       /* its name is borrowed */
    const struct dns_servers *servers;         /* borrowed */
    struct buf query;                          /* with its length in front, as TCP wants it */
    struct os_socket sockets[DNS_SERVERS_MAX]; /* datagrams; open once the server has been asked */
    bool failed[DNS_SERVERS_MAX];
    size_t failures;
    size_t server;    /* the one asked last */
    uint64_t next_ms; /* when the next one is asked */
    enum dns_stream stream_state;
    struct os_socket stream;
    size_t stream_server;
    size_t stream_sent;
    struct buf stream_in;
    /* how it ended */
    bool ended;
    uint64_t ended_ms;
    enum dns_message_result result; /* FOUND, EMPTY, NO_NAME; FAILED when every server has failed */
    struct dns_message_answer answer;
    char said[160]; /* who ended it, or failed last, and what it said; or "" */
};

/*
 * Begin to ask. name and servers (one at least) must stay as they are until dns_question_free().
 * It ends at once where no server can be asked.
 * FAULT_NAME: no name that DNS knows; FAULT_RANDOM, FAULT_MEMORY.
 */
bool dns_question_begin(struct dns_question *q, enum dns_message_type type, struct span name,
                        const struct dns_servers *servers, uint64_t now_ms,
                        struct fault *f) MUST_CHECK;

/* Go on as far as possible without waiting. */
void dns_question_step(struct dns_question *q, uint64_t now_ms);

/* When it wants dns_question_step() even if nothing is ready. */
uint64_t dns_question_wakes_ms(const struct dns_question *q);

/* What it waits for: at most DNS_SOCKETS_MAX items and at most `room`; how many. */
size_t dns_question_poll(struct dns_question *q, struct os_poll_item *items, size_t room);

void dns_question_free(struct dns_question *q);

/* "192.0.2.53", or "192.0.2.53 port 5353". */
void dns_server_text(const struct address *server, char text[ADDRESS_TEXT_MAX + 12]);

#endif
