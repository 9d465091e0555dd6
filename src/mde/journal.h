/*
 * journal.h - the file that makes a run resumable: what was about to be sent, and what came of it.
 *
 * Does      read a journal as far as it is whole; say what it knows of a device; append an intent before each POST and the
 *           result after it, synced in groups.
 * Not here  what is sent, and what an intent without a result leads to (send.c, settle.h); locks and syncing (os/os.h).
 * Limits    JOURNAL_LINE_MAX bytes a line; of a device its id, state, action id and two times are kept.
 * Rules     JSON Lines, one event a line; members and events that are not known are ignored. No POST leaves before the line of its
 *           intent has been synced; a result is in the file before it is told, and synced with what is synced next. A last line
 *           without its end, and lines with NUL bytes, are what a power cut leaves: nothing that was sent depends on them. Any other
 *           line that is no object, or no event, is told with its number. Never a secret, and no comment.
 *
 *     {"event":"run","journal":1,"time":"2026-11-23T16:00:00Z","api":"api.security.microsoft.com","tenant":"GUID or null"}
 *     {"event":"intent","time":"...","machineId":"40 hex digits","input":"as the user wrote it"}
 *     {"event":"result","time":"...","machineId":"...","result":"accepted","actionId":"GUID or null"}
 *
 * The result "unknown": it was sent, and no answer came.
 */
#ifndef MDE_JOURNAL_H
#define MDE_JOURNAL_H

#include "mde/selector.h"
#include "os/os.h"

enum { JOURNAL_LINE_MAX = 64 * 1024, JOURNAL_GROUP_MAX = 1024 * 1024 };

enum journal_state {
    JOURNAL_NEW,      /* nothing is known of the device */
    JOURNAL_INTENDED, /* a release was to be sent: whether it was is not known */
    JOURNAL_DONE,     /* accepted, already pending or released */
    JOURNAL_FAILED,
};

/* What is known of one device. */
struct journal_entry {
    unsigned char id[DEVICE_ID_SIZE / 2];
    char action_id[GUID_SIZE + 1]; /* "" where none is known */
    unsigned char state;           /* enum journal_state */
    int64_t intended, answered;    /* the newest of each, seconds since 1970; 0: none */
};

/* Zeroed: no journal; nothing is known, nothing is written. */
struct journal {
    const char *path;              /* borrowed */
    struct os_log log;
    bool writes;
    bool torn;                     /* the last line has no end: it goes when the first new line comes */
    uint64_t whole;                /* bytes of whole lines that were read */
    char api[256], tenant[64];     /* as the file's own lines say; "" where they do not */
    bool has_run;                  /* there is such a line */
    struct journal_entry *entries; /* owned */
    size_t count, capacity;
    uint32_t *index;               /* owned: by hash, number of an entry + 1; 0 is free */
    size_t index_size;             /* a power of two */
    struct buf lines;              /* not in the file yet */
    bool has_news;                 /* lines besides that of the run itself are to be written: a run that does nothing leaves nothing */
    bool unsynced;                 /* lines are in the file that have not been synced */
    struct fault fault;            /* the first failure of a write: nothing is written any more */
};

/*
 * Open and read.
 *
 * path    borrowed as long as the journal is open
 * writes  false: for a dry run; a file that is not there is an empty one, and none is made
 * locked  out: false where the file system has no locks
 *
 * FAULT_FILE: not readable, in use by another run, no journal, a malformed line (its number is told). FAULT_JOURNAL: may not be written.
 */
bool journal_open(struct journal *j, const char *path, bool writes, bool *locked, struct fault *f) MUST_CHECK;

/*
 * Begin a run of this tenant at this API host; the line that says so goes to the file with the first intent.
 *
 * tenant  "" where it is not known: then any fits
 *
 * FAULT_USAGE: the file is of another host or tenant. FAULT_JOURNAL.
 */
bool journal_begin(struct journal *j, const char *api, const char *tenant, struct fault *f) MUST_CHECK;

/* What is known of a device, borrowed until the next line is added. NULL: nothing. */
const struct journal_entry *journal_find(const struct journal *j, const char *machine_id);

/* Call `note` with the time of each POST that the file knows of since `since`, as far as it is a device's newest one: for the pace. */
void journal_past(const struct journal *j, int64_t since, void (*note)(void *context, int64_t unix_seconds), void *context);

/* Add the line of an intent; it is in the file when journal_sync() has returned true. */
void journal_intend(struct journal *j, const char *machine_id, const char *input);

/* Add the line of a result; it is in the file when this returns. `result` is a name of release.h or "unknown". */
void journal_result(struct journal *j, const char *machine_id, const char *result, const char *action_id);

/* All lines so far will be there after a power cut. False: j->fault says why, now and ever after; nothing more must be sent. */
bool journal_sync(struct journal *j);

/* Give back what was read: after this nothing is known of any device. */
void journal_forget(struct journal *j);

void journal_close(struct journal *j);

#endif
