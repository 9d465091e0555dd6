/*
 * report.h - everything that is printed: results, faults and advice, trace lines.
 *
 * Does      one line or one JSON object a result on standard output; faults, advice and trace on
 *           standard error.
 * Not here  what happened (mde/), the words of the manual (manual.h).
 * Limits    REPORT_MAX bytes for one result or fault; what is printed at once is written at once.
 * Rules     contract sections 5, 6.8 and 6.11. Every text passes escape_put() or a JSON string
 *           here, so no caller can forget. A failure is told on standard error, with --json too.
 *           A result that cannot be written is remembered: the run then ends with STATUS_INTERNAL.
 */
#ifndef CLI_REPORT_H
#define CLI_REPORT_H

#include "auth/claims.h"
#include "cli/options.h"
#include "mde/release.h"

enum { REPORT_MAX = 64 * 1024 };

struct report {
    bool json, quiet;
    bool color_out, color_err;
    bool write_failed;      /* standard output did not take a result */
};

/* Also opens the trace for -v and -vv. */
void report_open(struct report *r, const struct options *o);

/*
 * One device's result. A success: text or a JSON object on standard output. A failure: its fault
 * on standard error, and with --json the object too. `report` is a struct report: this function is
 * the `done` of release_run().
 */
void report_row(void *report, const struct release_row *row);

/*
 * A fault of the whole run: `unisolate: WHERE: WHAT` and `advice: ...` on standard error; with
 * --json also the object with "input":null on standard output.
 */
void report_fault(struct report *r, const struct fault *f);

/* Worth knowing though nothing has failed: "advice: TEXT" on standard error; nothing with -q. */
void report_advice(const struct report *r, const char *text);

/*
 * What somebody has to do elsewhere to sign in: a line on standard error, with -q too, as nothing
 * goes on without it; with --json also an event object. `report` is a struct report: this function
 * is the `tell` of struct credential_settings.
 */
void report_prompt(void *report, const struct credential_prompt *prompt);

/*
 * The token alone on standard output, or a JSON object with what it says of itself; the one place
 * where a secret is shown. A terminal gets a note on standard error.
 */
void report_token(struct report *r, const struct secret *token, const struct claims *claims);

/* How it is called, in a few lines on standard error. */
void report_usage(void);

/* Text for standard output as it stands (--help, --version). */
void report_text(struct report *r, struct span text);

/*
 * Say what is left to say. `status`, or STATUS_INTERNAL when a result could not be written (a line
 * on standard error says so).
 */
enum exit_status report_close(struct report *r, enum exit_status status);

#endif
