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
#include "cli/progress.h"
#include "cli/query.h"
#include "cli/selftest.h"
#include "cli/session.h"
#include "cli/show.h"
#include "cli/summary.h"
#include "cli/tally.h"
#include "mde/journal.h"
#include "mde/lookup.h"
#include "net/clock.h"
#include "os/os.h"

/* ---- release ---- */

struct finding {
    struct release *release;
    const struct input *all;
    struct report *report;
};

static void select_device(void *context, size_t i, struct selector *s)
{
    const struct finding *finding = context;
    input_selector(finding->all, i, s);
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

static bool add_found(const struct finding *finding, const char *input, const struct lookup_row *row, struct fault *f)
{
    const struct device *chosen;
    size_t others;
    bool added;
    if (fault_is_set(&row->fault)) {
        *f = row->fault;
        return false;
    }
    if (row->selector.kind == SELECT_ID) {
        return release_add(finding->release, input, row->selector.value, "", &added, f);
    }
    if (row->selector.kind == SELECT_TAG) {
        return add_every_device(finding->release, input, &row->found, f);
    }
    if (!device_choose(&row->found, &chosen, &others, f)) {
        return false;
    }
    if (others > 0) {
        show_others(finding->report, input, &row->found, chosen);
    }
    return release_add(finding->release, input, chosen->id, chosen->name, &added, f);
}

/* From a selector to a row, or rows. A device that cannot be found makes a row that has failed; false: the whole run ends. */
static bool add_device(void *context, size_t i, struct lookup_row *row, struct fault *f)
{
    const struct finding *finding = context;
    const char *input = input_text(finding->all, i);
    struct fault why = {0};
    bool added;
    if (add_found(finding, input, row, &why)) {
        return true;
    }
    if (why.code == FAULT_MEMORY || !release_add(finding->release, input, "", "", &added, &why)) {
        *f = why;
        return false;
    }
    release_fail_last(finding->release, &why, &row->found);
    return true;
}

/* Tags may name more devices than the input had lines. */
static bool check_devices(const struct release *r, const struct options *o, struct fault *f)
{
    size_t devices = 0;
    for (size_t i = 0; i < r->count; i++) {
        devices += r->rows[i].machine_id[0] != '\0';
    }
    return input_check_max(o, devices, f);
}

static bool find_devices(struct release *r, struct api *api, const struct input *all, const struct options *o, struct report *report,
                         struct fault *f)
{
    struct finding finding = {r, all, report};
    struct lookup lookup = {.count = all->count, .select = select_device, .done = add_device, .context = &finding};
    return lookup_all(&lookup, api, f) && check_devices(r, o, f);
}

/* From so many devices on, each gets one line; so many names are looked up by one call, about. */
enum { BRIEF_DEVICES = 20, NAMES_A_CALL = 100 };

/* What is to be told of the run as a whole, and the plan for it: known as soon as somebody is signed in. */
static void begin_release(struct progress *p, struct session *s, struct release *r, const struct input *all, struct report *report)
{
    struct selector selector;
    size_t names = 0, look_ups = 0;
    for (size_t i = 0; i < all->count; i++) {
        input_selector(all, i, &selector);
        bool alone = selector.kind == SELECT_IP || selector.kind == SELECT_TAG;
        look_ups += alone ? 1 : 0;
        names += alone || selector.kind == SELECT_ID ? 0 : 1;
    }
    look_ups += (names + NAMES_A_CALL - 1) / NAMES_A_CALL;
    report->brief = all->count >= BRIEF_DEVICES;
    progress_begin(p, s, r, report, all->count, look_ups, s->options->dry_run ? 0 : 1 + r->settings.cancel_isolate);
}

/* Read before anything is sent. */
static bool open_journal(struct journal *j, const struct options *o, struct report *report, struct fault *f)
{
    bool locked;
    if (o->journal == NULL) {
        return true;
    }
    if (!journal_open(j, o->journal, !o->dry_run, &locked, f)) {
        return false;
    }
    if (!locked && !o->dry_run) {
        report_advice(report, "the journal cannot be locked where it is: take care that no second run uses it");
    }
    return true;
}

struct past {
    struct pace *pace;
    int64_t newest;
};

/* What an earlier run has sent within the hour counts for the API's limits as well; devices that were tried twice are out of order. */
static void note_past(void *context, int64_t unix_seconds)
{
    struct past *past = context;
    past->newest = unix_seconds > past->newest ? unix_seconds : past->newest;
    int64_t age = clock_seconds() - past->newest;
    pace_note_past(past->pace, os_monotonic_ms(), age > 0 ? (uint64_t)age * 1000 : 0);
}

/* Behind the sign-in: whose tenant it is stands in the token. */
static bool begin_journal(struct journal *j, struct session *s, struct release *r, struct fault *f)
{
    struct claims claims;
    bool known = claims_read(&s->bearer, &claims);
    r->settings.journal = j->path != NULL ? j : NULL;
    if (j->path == NULL) {
        return true;
    }
    if (!journal_begin(j, s->api_url.place, known ? claims.tenant : "", f) || !pace_open(&s->client.pace, f)) {
        return false;
    }
    struct past past = {.pace = &s->client.pace};
    journal_past(j, clock_seconds() - 3600, note_past, &past);
    return true;
}

static enum exit_status run_release(const struct options *o, struct report *report)
{
    struct session s = {0};
    struct input all = {0};
    struct journal journal = {0};
    struct fault f = {0};
    struct summary summary = {0};
    struct progress progress = {0};
    struct release release = {
        .settings = {
            .comment = o->comment,
            .wait_ms = o->wait_seconds * 1000,
            .cancel_isolate = o->cancel_isolate,
            .done = show_row,
            .planned = o->dry_run ? show_planned : NULL,
            .progress = progress_follow,
            .advise = show_advice,
            .context = report,
        },
    };
    report->summary = o->dry_run ? NULL : &summary;
    bool ok = input_read(&all, o, report, &f) && session_check(&s, o, &f) && open_journal(&journal, o, report, &f) &&
              session_open(&s, report, &f) && begin_journal(&journal, &s, &release, &f);
    if (ok) {
        begin_release(&progress, &s, &release, &all, report);
        ok = find_devices(&release, &s.api, &all, o, report, &f);
    }
    if (ok) {
        progress_release(&progress);
        ok = release_run(&release, &s.api, &f);
    }
    progress_end(&progress);
    if (!ok && release.told == 0) {
        report_fault(report, &f);
    } else if (!ok && (release_status(&release) == STATUS_OK || f.code == FAULT_JOURNAL || f.code == FAULT_USAGE)) {
        report_failure(report, &f); /* interrupted, when all was accepted; what no row can tell; too many, when some have failed already */
    }
    enum exit_status status = ok ? release_status(&release) : fault_status(f.code);
    summary_tell(&summary, report, os_monotonic_ms() - progress.began_ms);
    summary_free(&summary);
    report->summary = NULL;
    release_free(&release);
    journal_close(&journal);
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
    struct action action = {0};
    struct release_row row = {.input = id, .action = &action};
    struct buf body = buf_init(ACTION_BODY_MAX);
    struct fault f = {0};
    if (action_put_body(&body, comment, &f)) {
        struct call call = action_cancel_call(api, id, buf_span(&body));
        fault_keep(action.id, sizeof action.id, span_of(id));
        show_planned(report, &row, &call);
        call_free(&call);
    } else {
        report_failure(report, &f);
    }
    buf_free(&body);
    return f.code;
}

static enum exit_status run_cancel(const struct options *o, struct report *report)
{
    struct session s = {0};
    struct input all = {0};
    struct tally tally = {0};
    struct fault f = {0};
    if (!input_read(&all, o, report, &f) || !session_check(&s, o, &f) || !session_open(&s, report, &f)) {
        report_fault(report, &f);
        tally_add(&tally, f.code);
    }
    for (size_t i = 0; !fault_is_set(&f) && i < all.count; i++) {
        const char *id = input_text(&all, i);
        tally_add(&tally, o->dry_run ? plan_cancel(&s.api, id, o->comment, report) : cancel_one(&s.api, id, o->comment, report));
    }
    input_free(&all);
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

/* help, --version, --man, --completion */
static enum exit_status run_manual(const struct options *o, struct report *report)
{
    struct buf text = buf_init(MANUAL_MAX);
    struct fault f = {0};
    if (manual_put(&text, o, &f)) {
        report_text(report, buf_span(&text));
    } else {
        report_fault(report, &f);
    }
    buf_free(&text);
    return fault_status(f.code);
}

static enum exit_status run_command(const struct options *o, int argc, struct report *report)
{
    if (options_lacks_operand(o)) {
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
    case COMMAND_VERSION:
    case COMMAND_MAN:
    case COMMAND_COMPLETION:
        return run_manual(o, report);
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
