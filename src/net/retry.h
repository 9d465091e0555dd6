/*
 * retry.h - how a call ends, or goes round again. For client.c only.
 *
 * Does      take a connection's answer or failure; decide whether its call is tried again, and when.
 * Not here  which call is sent next, deadlines of all (client.c); how long a 429 holds (pace.h).
 * Rules     those of client.h on what is tried again.
 */
#ifndef NET_RETRY_H
#define NET_RETRY_H

#include "net/client.h"

/* A connection has answered (CONN_ANSWERED): its call has ended, or waits for another try. */
void retry_answered(struct client *c, struct conn *conn, uint64_t now_ms);

/* A connection has failed (CONN_FAILED): the same for its call, if it had one. */
void retry_failed(struct client *c, struct conn *conn, uint64_t now_ms);

#endif
