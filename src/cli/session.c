/*
 * session.c - everything that a command needs to talk to the API; see session.h.
 */
#include "cli/session.h"

#include "auth/claims.h"
#include "base/format.h"
#include "cli/cloud.h"
#include "cli/count.h"
#include "cli/exposure.h"
#include "cli/show.h"
#include "cli/version.h"
#include "codec/time_text.h"
#include "net/clock.h"
#include "net/tls.h"
#include "os/os.h"

static bool read_roots(struct roots *roots, const struct options *o, struct fault *f)
{
    const char *file = o->cacert_only != NULL ? o->cacert_only : o->cacert;
    struct buf pem = buf_init(ROOTS_FILE_MAX);
    roots_init(roots, o->cacert_only == NULL);
    bool ok = file == NULL || (os_read_file(file, &pem, f) && roots_add_pem(roots, buf_span(&pem), file, f));
    buf_free(&pem);
    return ok;
}

static bool check_names(const struct options *o, struct fault *f)
{
    struct dns_servers servers;
    for (size_t i = 0; i < o->resolve_count; i++) {
        if (!dns_check_rule(o->resolve[i], f)) {
            return false;
        }
    }
    return o->dns == NULL || dns_read_servers(o->dns, &servers, f);
}

/* Others can see the command line; whoever can see the environment could read the file as well. */
static bool is_from_environment(const struct options *o, const char *giver)
{
    const char *value = os_environment(giver);
    return value != NULL && span_equal(span_of(value), span_of(o->proxy));
}

static bool read_proxy(struct proxy *p, const struct options *o, struct fault *f)
{
    struct secret password = {0};
    const char *giver = options_giver(o, "--proxy");
    const char *file = o->proxy_password_file;
    if (proxy_is_none(o->proxy)) {
        return true;
    }
    p->giver = giver;
    p->except = o->no_proxy;
    bool ok = (file == NULL || credential_read_secret(file, "the proxy's password", PROXY_PASSWORD_MAX, &password, f)) &&
              (proxy_read(p, o->proxy, is_from_environment(o, giver), &password, f) || fault_place(f, "%s", giver));
    secret_free(&password);
    return ok;
}

/* Before the clock of --max-time runs: it may ask for a password. */
static bool load_credential(struct session *s, struct fault *f)
{
    return s->credential->load == NULL || s->credential->load(&s->sign_in, f);
}

bool session_check_way(struct session *s, const struct options *o, struct fault *f)
{
    s->options = o;
    s->sign_in = o->sign_in;
    bool well_set = cloud_choose(o, &s->authority, &s->api_url, f) && check_names(o, f);
    return (well_set || options_place_fault(o, f)) && read_roots(&s->roots, o, f) &&
           read_proxy(&s->proxy, o, f) && tls_start(clock_seconds, f);
}

bool session_check_credential(struct session *s, struct fault *f)
{
    bool well_set = credential_choose(&s->sign_in, &s->credential, f) && s->credential->check(&s->sign_in, f);
    return (well_set || options_place_fault(s->options, f)) && load_credential(s, f);
}

bool session_check(struct session *s, const struct options *o, struct fault *f)
{
    return session_check_way(s, o, f) && clock_check(version.built, f) && session_check_credential(s, f);
}

/* Whoever answers knows the time, and refuses assertions and tokens by it. */
static void look_at_date(void *session, const char *place, struct span date)
{
    struct session *s = session;
    char theirs[TIME_TEXT_SIZE], ours[TIME_TEXT_SIZE], advice[512];
    int64_t seconds;
    if (s->clock_told || !time_parse_http(date, &seconds) || !clock_is_off(seconds)) {
        return;
    }
    time_put_rfc3339(seconds, theirs);
    time_put_rfc3339(clock_seconds(), ours);
    format_text(advice, sizeof advice, "%s says %s, %s says it is %s: a sign-in fails by such a difference; set the clock, or give the "
                "true time with --at", clock_name(), ours, place, theirs);
    report_advice(s->report, advice);
    s->clock_told = true;
}

static void open_client(struct session *s)
{
    const struct options *o = s->options;
    struct client_settings settings = {
        .conn = {
            .roots = &s->roots,
            .proxy = &s->proxy,
            .connect_timeout_ms = o->connect_timeout_seconds * 1000,
        },
        .names = {.rules = o->resolve, .rule_count = o->resolve_count, .servers = o->dns, .family = o->family},
        .retries = o->retries,
        .pace = o->pace,
        .deadline_ms = os_monotonic_ms() + options_run_seconds(o) * 1000,
        .user_agent = version.user_agent,
        .dated = look_at_date,
        .dated_context = s,
    };
    client_open(&s->client, &settings);
}

static bool sign_in(void *session, struct fault *f)
{
    struct session *s = session;
    return s->credential->acquire(&s->sign_in, &s->authority, &s->client, &s->bearer, f);
}

void session_start(struct session *s, struct report *report)
{
    s->sign_in.tell = show_prompt;
    s->sign_in.tell_context = report;
    s->report = report;
    exposure_advise(s->options, report);
    open_client(s);
    s->api = (struct api){
        .client = &s->client,
        .url = &s->api_url,
        .bearer = &s->bearer,
        .renew = s->credential != NULL && s->credential->renews ? sign_in : NULL,
        .renew_context = s,
    };
}

bool session_acquire(struct session *s, struct fault *f)
{
    return sign_in(s, f);
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

/* The token is there; the API's connection has opened meanwhile, unless a person was waited for or there might have been no token. */
bool session_sign_in(struct session *s, struct report *report, struct fault *f)
{
    session_start(s, report);
    if (s->options->command != COMMAND_TOKEN && s->credential->present(&s->sign_in)) {
        client_warm(&s->client, &s->api_url); /* it opens while the token is asked for: two round trips less */
    }
    if (!sign_in(s, f)) {
        return false;
    }
    advise_on_token(s, report);
    return true;
}

/* "1,500 devices, about 15 minutes at the API's limit (100 calls a minute, 1,500 an hour)" */
static void tell_plan(const struct session *s, const struct report *report, size_t devices, uint64_t least_ms, size_t room)
{
    struct buf line = buf_init(400);
    size_t minutes = (size_t)((least_ms + 59999) / 60000) + 1; /* the last calls take their time, too */
    count_put(&line, devices);
    buf_put_text(&line, s->options->command == COMMAND_CANCEL ? " action" : " device");
    buf_put_text(&line, devices == 1 ? ", about " : "s, about ");
    count_put(&line, minutes < 120 ? minutes : (minutes + 59) / 60);
    buf_put_format(&line, " %s at the API's limit (", minutes < 120 ? "minutes" : "hours");
    count_put(&line, s->options->pace.minute);
    buf_put_text(&line, " calls a minute, ");
    count_put(&line, s->options->pace.hour);
    buf_put_text(&line, " an hour)");
    if (room != SIZE_MAX) {
        buf_put_text(&line, "; --max-time has room for about ");
        count_put(&line, room);
        buf_put_text(&line, " calls, the rest will not be sent");
    }
    buf_put_char(&line, '\n');
    report_lines(report, &line);
}

void session_plan(struct session *s, const struct report *report, size_t devices, size_t calls)
{
    struct client *c = &s->client;
    uint64_t now_ms = os_monotonic_ms();
    uint64_t last_ms;
    uint64_t ignored_ms;
    bool given = options_giver(s->options, "--max-time") != NULL;
    c->settings.outlast = devices > 1;
    (void)pace_room(&c->pace, now_ms, UINT64_MAX, calls, &last_ms);
    if (!given && last_ms > now_ms) {
        uint64_t end_ms = last_ms + options_run_seconds(s->options) * 1000;
        c->settings.deadline_ms = end_ms > c->settings.deadline_ms ? end_ms : c->settings.deadline_ms;
    }
    if (last_ms > now_ms && !s->planned) {
        s->planned = true;
        size_t room = given ? pace_room(&c->pace, now_ms, c->settings.deadline_ms, calls, &ignored_ms) : calls;
        tell_plan(s, report, devices, last_ms - now_ms, room < calls ? room : SIZE_MAX);
    }
}

bool session_open(struct session *s, struct report *report, struct fault *f)
{
    s->api = (struct api){
        .client = &s->client,
        .url = &s->api_url,
        .bearer = &s->bearer,
        .renew = s->credential->renews ? sign_in : NULL,
        .renew_context = s,
    };
    if (!session_sign_in(s, report, f)) {
        return false;
    }
    size_t count = s->options->operand_count;
    if (s->options->command != COMMAND_RELEASE) { /* which plans when it knows more */
        session_plan(s, report, count, s->options->command == COMMAND_STATUS ? 2 * count : count);
    }
    return true;
}

void session_close(struct session *s)
{
    client_close(&s->client);
    secret_free(&s->bearer);
    credential_unload(&s->sign_in);
    roots_free(&s->roots);
    proxy_free(&s->proxy);
    *s = (struct session){0};
    tls_stop();
}
