/*
 * run.c - the map of the program: what happens, in which order.
 *
 * Does      argv -> options -> roots -> credential -> token -> devices -> report -> exit status.
 * Not here  any of these steps itself.
 * Rules     all input is read and checked before anything is sent; every struct is valid when zero, so one block at the end frees all.
 */
#include "cli/run.h"

#include "auth/claims.h"
#include "base/trace.h"
#include "cli/cloud.h"
#include "cli/manual.h"
#include "cli/report.h"
#include "cli/version.h"
#include "net/clock.h"
#include "net/tls.h"

/* Everything one release needs, in the order in which it comes to be. */
struct session {
    const struct options *options;
    struct credential_settings sign_in;
    struct release release;
    struct authority authority;
    struct url api_url;
    const struct credential_type *credential;
    struct roots roots;
    struct client client;
    struct secret bearer;
};

static bool read_roots(struct roots *roots, const struct options *o, struct fault *f)
{
    const char *file = o->cacert_only != NULL ? o->cacert_only : o->cacert;
    struct buf pem = buf_init(ROOTS_FILE_MAX);
    roots_init(roots, o->cacert_only == NULL);
    bool ok = file == NULL || (os_read_file(file, &pem, f) && roots_add_pem(roots, buf_span(&pem), file, f));
    buf_free(&pem);
    return ok;
}

static bool check_rules(const struct options *o, struct fault *f)
{
    for (size_t i = 0; i < o->resolve_count; i++) {
        if (!dns_check_rule(o->resolve[i], f)) {
            return false;
        }
    }
    return true;
}

static bool choose_credential(struct session *s, struct fault *f)
{
    return credential_choose(&s->sign_in, &s->credential, f) && s->credential->check(&s->sign_in, f);
}

static bool open_client(struct session *s, struct fault *f)
{
    const struct options *o = s->options;
    struct client_settings settings = {
        .conn = {
            .roots = &s->roots,
            .dns = {.rules = o->resolve, .rule_count = o->resolve_count, .family = o->family},
            .connect_timeout_ms = o->connect_timeout_seconds * 1000,
        },
        .retries = o->retries,
        .deadline_ms = os_monotonic_ms() + o->max_time_seconds * 1000,
        .user_agent = version.user_agent,
    };
    client_open(&s->client, &settings);
    return tls_start(clock_seconds, f);
}

/*
 * The API's connection opens while the identity service is asked for the token: two round trips less. Not where a person is waited
 * for, or where it is not known whether there will be a token at all.
 */
static bool sign_in(struct session *s, struct fault *f)
{
    if (s->credential->present(&s->sign_in)) {
        client_warm(&s->client, &s->api_url);
    }
    return s->credential->acquire(&s->sign_in, &s->authority, &s->client, &s->bearer, f);
}

static bool sign_in_again(void *session, struct fault *f)
{
    struct session *s = session;
    return s->credential->acquire(&s->sign_in, &s->authority, &s->client, &s->bearer, f);
}

/* The API has the last word: this only tells in advance what it will most likely say. */
static void advise_on_token(const struct session *s, const struct report *report)
{
    struct claims claims;
    char advice[512];
    if (claims_read(&s->bearer, &claims) &&
        claims_advise(&claims, s->authority.scope, clock_seconds(), advice, sizeof advice)) {
        report_advice(report, advice);
    }
}

/* The user's settings, and how to reach the person in front of the program. */
static struct session new_session(const struct options *o, struct report *report)
{
    struct session s = {.options = o, .sign_in = o->sign_in};
    s.sign_in.tell = report_prompt;
    s.sign_in.tell_context = report;
    return s;
}

static enum exit_status run_token(const struct options *o, struct report *report)
{
    struct session s = new_session(o, report);
    struct fault f = {0};
    struct claims claims = {0};
    bool ready = cloud_choose(o, &s.authority, &s.api_url, &f) && check_rules(o, &f) && choose_credential(&s, &f) &&
                 read_roots(&s.roots, o, &f) && open_client(&s, &f) &&
                 s.credential->acquire(&s.sign_in, &s.authority, &s.client, &s.bearer, &f);
    if (ready) {
        advise_on_token(&s, report);
        if (!claims_read(&s.bearer, &claims)) {
            trace(TRACE_STEPS, "the token is no JWT: nothing is known of its expiry, audience and roles");
        }
        report_token(report, &s.bearer, &claims);
    } else {
        report_fault(report, &f);
    }
    client_close(&s.client);
    secret_free(&s.bearer);
    roots_free(&s.roots);
    tls_stop();
    return fault_status(f.code);
}

static enum exit_status run_release(const struct options *o, struct report *report)
{
    struct session s = new_session(o, report);
    struct fault f = {0};
    enum exit_status status;
    bool ready = release_plan(&s.release, o->operands, o->operand_count, o->comment, &f) &&
                 cloud_choose(o, &s.authority, &s.api_url, &f) && check_rules(o, &f) && choose_credential(&s, &f) &&
                 read_roots(&s.roots, o, &f) && open_client(&s, &f) && sign_in(&s, &f);
    if (ready) {
        advise_on_token(&s, report);
        struct api api = {
            .client = &s.client,
            .url = &s.api_url,
            .bearer = &s.bearer,
            .renew = s.credential->renews ? sign_in_again : NULL,
            .renew_context = &s,
        };
        ready = release_run(&s.release, &api, report_row, report, &f);
    }
    if (fault_is_set(&f) && !release_has_results(&s.release)) {
        report_fault(report, &f);
        status = fault_status(f.code);
    } else {
        status = release_status(&s.release);
    }
    client_close(&s.client);
    secret_free(&s.bearer);
    roots_free(&s.roots);
    release_free(&s.release);
    tls_stop();
    return status;
}

static enum exit_status run_usage(const struct options *o, int argc, struct report *report)
{
    struct fault f = {0};
    fault_set(&f, FAULT_USAGE, "no device is named");
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
    switch (o->command) {
    case COMMAND_HELP:
        return run_text(manual_put_help, report);
    case COMMAND_VERSION:
        return run_text(manual_put_version, report);
    case COMMAND_TOKEN:
        return run_token(o, report);
    default:
        return o->operand_count == 0 ? run_usage(o, argc, report) : run_release(o, report);
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
        status = run_command(&options, argc, &report);
    } else {
        report_fault(&report, &f);
        status = fault_status(f.code);
    }
    options_free(&options);
    return report_close(&report, status);
}
