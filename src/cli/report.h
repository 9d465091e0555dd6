/*
 * report.h - the two ways out: results on standard output, all else on standard error.
 *
 * Does      write results; tell faults, advice, trace lines and progress.
 * Not here  what a result looks like (show.h), the words of the manual (manual.h).
 * Limits    REPORT_MAX bytes for one result or fault; what is printed at once is written at once.
 * Rules     contract sections 5, 6.8, 6.11 and 6.12. Every text passes escape_put() or a JSON string, so no caller can forget. A failure is
 *           told on standard error, with --json too. A result that cannot be written is remembered: the run then ends with
 *           STATUS_INTERNAL.
 */
#ifndef CLI_REPORT_H
#define CLI_REPORT_H

#include "cli/options.h"

enum { REPORT_MAX = 4 * 1024 * 1024 };

struct report {
    enum command command;
    bool json, quiet;
    bool color_out, color_err;
    bool write_failed;      /* standard output did not take a result */
    bool advised;           /* advice that is told once a run has been told */
    bool brief;             /* so many devices that each gets one line, and the same advice is not told again and again */
    struct summary *summary;/* of the devices' results, or NULL; borrowed (summary.h) */
};

/* Also opens the trace for -v and -vv. */
void report_open(struct report *r, const struct options *o);

/* Write a result, text or JSON with its line end, to standard output and free it. */
void report_result(struct report *r, struct buf *result);

/* `unisolate: WHERE: WHAT` and `advice: ...` on standard error. */
void report_failure(const struct report *r, const struct fault *f);

/* The first of these two lines alone, where the advice has been told just before. */
void report_failure_line(const struct report *r, const struct fault *f);

/* The same as report_failure() for what ends the whole run; with --json also the object with "input":null on standard output. */
void report_fault(struct report *r, const struct fault *f);

/* Worth knowing though nothing has failed: "advice: TEXT" on standard error; nothing with -q. */
void report_advice(const struct report *r, const char *text);

/* What a person has to do now: "sign-in: TEXT" on standard error, with -q too. */
void report_prompt(const struct report *r, const char *text);

/* Lines for people on standard error, as they stand; nothing with -q. Freed. */
void report_lines(const struct report *r, struct buf *lines);

/* One line on a terminal's standard error that the next one replaces, and that goes before anything else is written; "" takes it away. */
void report_progress(const struct report *r, const char *line);

/* Append text in a colour of standard output, where that has colours. */
enum report_color { REPORT_GOOD, REPORT_BAD, REPORT_NOTE };
void report_put_colored(const struct report *r, struct buf *b, enum report_color color, const char *text);

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
