/*
 * os_fake.h - a machine made of tables, linked in the place of src/os/os_posix.c.
 *
 * Does      a clock that moves only when somebody waits; files, environment and names from tables; peers and
 *           name servers that follow a script.
 * Not here  TLS: calls of unit tests go to http URLs. Name servers over TCP: the scenarios have them.
 * Rules     os_fake_reset() first in every test. A peer's connections follow its scripts in turn; the last script serves all
 *           that come after.
 */
#ifndef FAKE_OS_FAKE_H
#define FAKE_OS_FAKE_H

#include "os/os.h"

enum { OS_FAKE_NEVER = 1000 * 1000 * 1000 };

enum os_fake_end { OS_FAKE_KEEP, OS_FAKE_CLOSE, OS_FAKE_RESET };

/* What one connection to a peer does. Zeroed but for the address: connects at once, never answers. */
struct os_fake_script {
    const char *address;          /* of the peer; the port does not matter */
    bool refuse;                  /* at once, or after connect_after_ms where that is set */
    uint64_t connect_after_ms;    /* OS_FAKE_NEVER: a black hole */
    const char *answers[4];       /* one a complete request; NULL: none */
    const char *(*respond)(const char *request); /* or this, for any number of requests; it gives NULL: a reset */
    uint64_t answer_after_ms;
    size_t piece;                 /* bytes a read gives at most; 0: as many as there is room for */
    size_t cut;                   /* bytes of all answers together that are sent, then `end` comes; 0: all */
    enum os_fake_end end;         /* when everything is sent; OS_FAKE_KEEP: silence */
    bool reset_on_second_request; /* instead of answering it */
};

/* What comes back for a datagram: `size` bytes in `bytes` after `after_ms`; size 0: nothing; `refuse`: an error instead. */
struct os_fake_datagram {
    char bytes[600];
    size_t size;
    uint64_t after_ms;
    bool refuse;
};

/* A name server: the answer to the nth datagram that reaches it, counted from 0. */
typedef struct os_fake_datagram os_fake_answer(struct span query, unsigned nth);

void os_fake_reset(void);
void os_fake_host_reset(void); /* os_fake_reset() does that, too */
void os_fake_environment(const char *name, const char *value);
void os_fake_file(const char *path, const char *text); /* NAME.exposed: all may read it; "sensor": the device id that the sensor gives */
void os_fake_file_bytes(const char *path, struct span bytes); /* one file, which may hold NUL */
void os_fake_name(const char *host, const char *address); /* a line of /etc/hosts */
void os_fake_name_server(const char *address, os_fake_answer *answer);
void os_fake_password(const char *typed); /* what a person types when asked; NULL: there is no terminal */
void os_fake_program_folder(const char *folder); /* with a slash at its end; NULL, as at first: it cannot be known */
void os_fake_clock(int64_t unix_seconds); /* the wall clock says this now */
void os_fake_pass(uint64_t milliseconds);
void os_fake_peer(const struct os_fake_script *script);
void os_fake_terminal(enum os_output where, unsigned columns);
void os_fake_stop_at(uint64_t now_ms, enum os_stop how);

/* What happened. */
unsigned os_fake_connects(void);              /* connections begun */
unsigned os_fake_open_most(void);             /* most connections open at once */
unsigned os_fake_datagrams(const char *address);   /* that have reached this name server */
unsigned os_fake_open(void);                  /* sockets open now, of both kinds */
unsigned os_fake_requests(void);              /* complete requests that arrived */
const char *os_fake_received(void);           /* all of them, one after another */
struct span os_fake_written(enum os_output where);

#endif
