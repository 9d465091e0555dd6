/*
 * show.h - what each kind of result looks like, as text and as JSON.
 *
 * Does      one function a kind of result; each writes through report.h.
 * Not here  what happened (mde/).
 * Rules     contract section 5: the members of the objects. Text is for people: 80 columns where names are not longer than that.
 */
#ifndef CLI_SHOW_H
#define CLI_SHOW_H

#include "auth/claims.h"
#include "cli/report.h"
#include "mde/isolation.h"
#include "mde/release.h"

/*
 * One row of a release. A success on standard output, a failure as its fault on standard error; with --json an object either way.
 * `report` is a struct report: these three are callbacks of release_run().
 */
void show_row(void *report, const struct release_row *row);

/* A row of a dry run, with the request that would be sent. */
void show_planned(void *report, const struct release_row *row, const struct call *call);

/* report_advice() as a callback. */
void show_advice(void *report, const char *text);

/* Of several records that an input names one was taken: the others. */
void show_others(const struct report *r, const char *input, const struct device_list *found, const struct device *chosen);

/* A device record that `input` names. */
void show_record(struct report *r, const char *input, const struct device *device, struct json record);

/* An operand of find that names no device, or too many. */
void show_find_fault(struct report *r, const char *input, const struct fault *f);

/*
 * What somebody has to do elsewhere to sign in: a line on standard error, with -q too, as nothing goes on without it; with --json also
 * an event object. `report` is a struct report: this is the `tell` of struct credential_settings.
 */
void show_prompt(void *report, const struct credential_prompt *prompt);

/*
 * The token alone on standard output, or a JSON object with what it says of itself; the one place where a secret is shown. A terminal
 * gets a note on standard error.
 */
void show_token(struct report *r, const struct secret *token, const struct claims *claims);

void show_status(struct report *r, const struct device_status *status);
void show_cancellation(struct report *r, const struct cancellation *c);

#endif
