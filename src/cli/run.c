/*
 * run.c - the map of the program: what each command does, in which order.
 *
 * Does      argv -> options -> session (credential, token) -> devices -> actions -> report -> exit status.
 * Not here  any of these steps itself.
 * Rules     all input is read and checked before anything is sent; every struct is valid when zero, so one block at the end frees all.
 *           Of several operands each gets a result of its own; the exit status is theirs, or 12 where they differ.
 */
#include "cli/run.h"

#include "auth/claims.h"
#include "base/trace.h"
#include "cli/doctor.h"
#include "cli/input.h"
#include "cli/manual.h"
#include "cli/query.h"
#include "cli/selftest.h"
#include "cli/session.h"
#include "cli/show.h"
#include "cli/tally.h"
#include "net/clock.h"
#include "os/os.h"

/* ---- release ---- */

static bool is_stop(enum fault_code code)
{
    return code == FAULT_INTERRUPTED || code == FAULT_TERMINATED;
}

static bool add_every_device(struct release *r, const char *input, const struct device_list *found, struct fault *f)
{
    bool added;
    size_t living = 0;
    for (size_t i = 0; i < found->count; i++) {
        const struct device *d = &found->at[i];
        living += !d->merged;
        if (!d->merged && !release_add(r, input, d->id, d->name, &added, f)) {
            return false;
        }
    }
    return living > 0 || fault_set(f, FAULT_NOT_FOUND, "no device has this tag");
}

static bool add_found(struct release *r, const struct selector *s, const char *input, const struct device_list *found,
                      struct report *report, struct fault *f)
{
    const struct device *chosen;
    size_t others;
    bool added;
    if (s->kind == SELECT_TAG) {
        return add_every_device(r, input, found, f);
    }
    if (!device_choose(found, &chosen, &others, f)) {
        return false;
    }
    if (others > 0) {
        show_others(report, input, found, chosen);
    }
    return release_add(r, input, chosen->id, chosen->name, &added, f);
}

/* From a selector to a row, or rows. A device that cannot be found makes a row that has failed; false: the whole run ends. */
static bool add_device(struct release *r, struct api *api, const struct selector *s, const char *input,
                       struct report *report, struct fault *f)
{
    struct device_list found = {0};
    struct fault why = {0};
    bool added;
    if (s->kind == SELECT_ID) {
        return release_add(r, input, s->value, "", &added, f);
    }
    bool ok = device_find(api, s, &found, &why) && add_found(r, s, input, &found, report, &why);
    if (!ok && (is_stop(why.code) || why.code == FAULT_MEMORY)) {
        *f = why;
    } else if (!ok && release_add(r, input, "", "", &added, f)) {
        release_fail_last(r, &why, &found);
        ok = true;
    }
    device_list_free(&found);
    return ok;
}

static bool add_devices(struct release *r, struct api *api, const struct input *all, const struct options *o,
                        struct report *report, struct fault *f)
{
    for (size_t i = 0; i < all->count; i++) {
        if (!add_device(r, api, &all->at[i], o->operands[i], report, f)) {
            return false;
        }
    }
    return true;
}

static enum exit_status run_release(const struct options *o, struct report *report)
{
    struct session s = {0};
    struct input all = {0};
    struct fault f = {0};
    struct release release = {
        .settings = {
            .comment = o->comment,
            .wait_ms = o->wait_seconds * 1000,
            .cancel_isolate = o->cancel_isolate,
            .done = show_row,
            .planned = o->dry_run ? show_planned : NULL,
            .progress = show_progress,
            .advise = show_advice,
            .context = report,
        },
    };
    bool ok = input_read(&all, o, &f) && session_check(&s, o, &f) && session_open(&s, report, &f) &&
              add_devices(&release, &s.api, &all, o, report, &f) && release_run(&release, &s.api, &f);
    if (!ok && release.told == 0) {
        report_fault(report, &f);
    } else if (!ok && release_status(&release) == STATUS_OK) {
        report_failure(report, &f); /* interrupted, when all was accepted */
    }
    enum exit_status status = ok ? release_status(&release) : fault_status(f.code);
    release_free(&release);
    input_free(&all);
    session_close(&s);
    return status;
}

/* ---- cancel ---- */

static enum fault_code cancel_one(struct api *api, const char *id, const char *comment, struct report *report)
{
    struct cancellation cancel = {.input = id};
    if (!action_cancel(api, id, comment, &cancel.action, &cancel.fault)) {
        fault_place(&cancel.fault, "%s", id);
    }
    show_cancellation(report, &cancel);
    return cancel.fault.code;
}

static enum fault_code plan_cancel(const struct api *api, const char *id, const char *comment, struct report *report)
{
    struct release_row row = {.input = id};
    struct buf body = buf_init(ACTION_BODY_MAX);
    struct fault f = {0};
    if (action_put_body(&body, comment, &f)) {
        struct call call = action_cancel_call(api, id, buf_span(&body));
        fault_keep(row.action.id, sizeof row.action.id, span_of(id));
        show_planned(report, &row, &call);
        call_free(&call);
    } else {
        report_failure(report, &f);
    }
    buf_free(&body);
    return f.code;
}

static bool check_action_ids(const struct options *o, struct fault *f)
{
    for (size_t i = 0; i < o->operand_count; i++) {
        if (!selector_is_guid(span_of(o->operands[i]))) {
            return fault_set(f, FAULT_USAGE, "action \"%s\": a GUID is wanted", o->operands[i]);
        }
    }
    return true;
}

static enum exit_status run_cancel(const struct options *o, struct report *report)
{
    struct session s = {0};
    struct tally tally = {0};
    struct fault f = {0};
    if (!check_action_ids(o, &f) || !session_check(&s, o, &f) || !session_open(&s, report, &f)) {
        report_fault(report, &f);
        tally_add(&tally, f.code);
    }
    for (size_t i = 0; !fault_is_set(&f) && i < o->operand_count; i++) {
        const char *id = o->operands[i];
        tally_add(&tally, o->dry_run ? plan_cancel(&s.api, id, o->comment, report) : cancel_one(&s.api, id, o->comment, report));
    }
    session_close(&s);
    return tally_status(&tally);
}

/* ---- token ---- */

static enum exit_status run_token(const struct options *o, struct report *report)
{
    struct session s = {0};
    struct claims claims = {0};
    struct fault f = {0};
    if (session_check(&s, o, &f) && session_sign_in(&s, report, &f)) {
        if (!claims_read(&s.bearer, &claims)) {
            trace(TRACE_STEPS, "the token is no JWT: nothing is known of its expiry, audience and roles");
        }
        show_token(report, &s.bearer, &claims);
    } else {
        report_fault(report, &f);
    }
    session_close(&s);
    return fault_status(f.code);
}

/* ---- which command ---- */

static enum exit_status run_usage(const struct options *o, int argc, struct report *report)
{
    struct fault f = {0};
    fault_set(&f, FAULT_USAGE, o->command == COMMAND_CANCEL ? "no action is named" : "no device is named");
    fault_advise(&f, "unisolate --help tells how");
    if (argc > 1 || o->json) {
        report_fault(report, &f);
    } else {
        report_usage();
    }
    return STATUS_USAGE;
}

static enum exit_status run_text(void (*put)(struct buf *to), struct report *report)
{
    struct buf text = buf_init(MANUAL_MAX);
    put(&text);
    report_text(report, buf_span(&text));
    buf_free(&text);
    return STATUS_OK;
}

static enum exit_status run_command(const struct options *o, int argc, struct report *report)
{
    if (o->operand_count == 0 && options_wants_operand(o)) {
        return run_usage(o, argc, report);
    }
    switch (o->command) {
    case COMMAND_STATUS:
        return query_status(o, report);
    case COMMAND_FIND:
        return query_find(o, report);
    case COMMAND_CANCEL:
        return run_cancel(o, report);
    case COMMAND_DOCTOR:
        return doctor_run(o, report);
    case COMMAND_SELF_TEST:
        return selftest_run(report);
    case COMMAND_TOKEN:
        return run_token(o, report);
    case COMMAND_HELP:
        return run_text(manual_put_help, report);
    case COMMAND_VERSION:
        return run_text(manual_put_version, report);
    default:
        return run_release(o, report);
    }
}

enum exit_status run(int argc, char *const *argv)
{
    struct options options = {0};
    struct report report = {0};
    struct fault f = {0};
    enum exit_status status;
    bool read = options_read(&options, argc, argv, &f);
    report_open(&report, &options);
    if (read) {
        if (options_giver(&options, "--at") != NULL) {
            clock_set(options.at);
        }
        if (options.config != NULL) {
            trace(TRACE_STEPS, "configuration: %s", options.config);
        }
        status = run_command(&options, argc, &report);
    } else {
        report_fault(&report, &f);
        status = fault_status(f.code);
    }
    options_free(&options);
    return report_close(&report, status);
}
