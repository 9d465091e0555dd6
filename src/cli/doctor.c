/*
 * doctor.c - the checks of doctor; see doctor.h.
 */
#include "cli/doctor.h"

#include "auth/claims.h"
#include "cli/query.h"
#include "cli/session.h"
#include "cli/version.h"
#include "cli/way.h"
#include "codec/time_text.h"
#include "codec/x509.h"
#include "mde/permission.h"
#include "net/clock.h"
#include "os/os.h"

#include <string.h>

enum { WAY_SIGN_IN, WAY_API, WAY_COUNT, WAYS_IN_A_RUN = 4, DAY_SECONDS = 24 * 60 * 60, ENTROPY_SIZE = 32, SYSTEM_PROXY_MAX = 512 };

struct doctor {
    const struct options *options;
    struct report *report;
    struct session session;
    struct fault credential;  /* what is wrong with the inputs of the sign-in */
    struct way ways[WAY_COUNT];
    bool ready;               /* the configuration is good, and the engine runs */
    bool signed_in, permitted;
    uint64_t sign_in_ms, permission_ms;
};

static void put_address(struct buf *to, const struct address *a)
{
    char text[ADDRESS_TEXT_MAX];
    address_text(a, text);
    buf_put_text(to, text);
}

static void put_time(struct buf *to, int64_t seconds)
{
    char text[TIME_TEXT_SIZE];
    time_put_rfc3339(seconds, text);
    buf_put_text(to, text);
}

/* ---- this host ---- */

void doctor_look_at_roots(struct check *c, enum fault_code expired)
{
    const struct root *first = NULL;
    struct x509 certificate;
    int64_t expires = INT64_MAX;
    for (size_t i = 0; i < roots_embedded_count; i++) {
        const struct root *root = &roots_embedded[i];
        if (!x509_read(span_make((const char *)root->der, root->size), &certificate)) {
            fault_set(&c->fault, FAULT_INTERNAL, "root %s cannot be read", root->name);
        } else if (certificate.not_after < expires) {
            expires = certificate.not_after;
            first = root;
        }
    }
    if (first != NULL) {
        buf_put_format(&c->detail, "%zu embedded roots, the first expires ", roots_embedded_count);
        put_time(&c->detail, expires);
        if (expires < clock_seconds()) {
            fault_set(&c->fault, expired, "%s has expired", first->name);
            fault_advise(&c->fault, "check this host's clock; if it is right, get a newer version of this program");
        }
    }
}

static void check_program(struct doctor *d, struct way *w, struct check *c)
{
    (void)d;
    (void)w;
    buf_put_format(&c->detail, "unisolate %s (%s), %s, built ", version.number, version.commit, version.target);
    put_time(&c->detail, version.built);
    buf_put_text(&c->detail, "; ");
    doctor_look_at_roots(c, FAULT_CERTIFICATE);
}

static void check_clock(struct doctor *d, struct way *w, struct check *c)
{
    (void)d;
    (void)w;
    if (clock_check(version.built, &c->fault)) {
        buf_put_format(&c->detail, "%s says ", clock_name());
        put_time(&c->detail, clock_seconds());
    }
}

/* That they differ is all that can be seen of random numbers here. */
void doctor_look_at_entropy(struct check *c)
{
    unsigned char first[ENTROPY_SIZE] = {0}, second[ENTROPY_SIZE] = {0};
    if (!os_random(first, sizeof first) || !os_random(second, sizeof second)) {
        fault_set(&c->fault, FAULT_RANDOM, "the system gives no random numbers");
    } else if (memcmp(first, second, sizeof first) == 0) {
        fault_set(&c->fault, FAULT_RANDOM, "the system's random numbers repeat");
    } else {
        buf_put_format(&c->detail, "the system gives random numbers (%d bytes, twice, different)", ENTROPY_SIZE);
    }
}

static void check_entropy(struct doctor *d, struct way *w, struct check *c)
{
    (void)d;
    (void)w;
    doctor_look_at_entropy(c);
}

/* ---- configuration ---- */

/* Who gave it is told where it was not the command line. A proxy's URL may hold a password; the check of the proxy tells its host. */
static void put_given(void *context, const char *name, const char *value, const char *giver)
{
    struct buf *to = context;
    buf_put_format(to, ", %s", name);
    bool told = strcmp(value, "true") != 0 && strcmp(name, "--proxy") != 0;
    buf_put_format(to, told ? " %s" : "%.0s", value);
    buf_put_format(to, strcmp(giver, name) == 0 ? "%.0s" : " (by %s)", giver);
}

/* One host that is silent must not take the time of the other. */
static void limit_connecting(struct conn_settings *conn, uint64_t most_ms)
{
    conn->connect_timeout_ms = conn->connect_timeout_ms < most_ms ? conn->connect_timeout_ms : most_ms;
}

static void check_configuration(struct doctor *d, struct way *w, struct check *c)
{
    struct session *s = &d->session;
    (void)w;
    if (!session_check_way(s, d->options, &c->fault)) {
        return;
    }
    (void)(session_check_credential(s, &d->credential) || fault_is_set(&d->credential));
    session_start(s, d->report);
    limit_connecting(&s->client.settings.conn, options_run_seconds(d->options) * 1000 / WAYS_IN_A_RUN);
    d->ways[WAY_SIGN_IN] = (struct way){.role = "sign-in", .origin = &s->authority.url};
    d->ways[WAY_API] = (struct way){.role = "API", .origin = &s->api_url};
    d->ready = true;
    buf_put_format(&c->detail, "API %s, sign-in %s, scope %s", s->api_url.place, s->authority.url.place, s->authority.scope);
    buf_put_format(&c->detail, "; file %s; given", d->options->config != NULL ? d->options->config : "none");
    options_describe(d->options, put_given, &c->detail);
}

/* ---- the way to each host ---- */

/* A token from elsewhere, or one that this host's own services give, needs no sign-in host. */
static bool is_needed(const struct doctor *d, const struct way *w)
{
    const struct session *s = &d->session;
    return w != &d->ways[WAY_SIGN_IN] || !(s->credential == &credential_token ||
                                           (s->credential == &credential_managed_identity && s->credential->present(&s->sign_in)));
}

/* Whether there is a point in looking at this host. */
static bool may_walk(const struct doctor *d, const struct way *w, struct check *c)
{
    if (!d->ready) {
        return check_skip(c, "the configuration is not good");
    }
    return is_needed(d, w) || check_skip(c, "no sign-in host is needed");
}

/* The proxy, where there is one; it looks the others up. */
static const struct url *next_host(const struct way *w)
{
    return w->proxy != NULL ? &w->proxy->url : w->origin;
}

static void check_names(struct doctor *d, struct way *w, struct check *c)
{
    if (!may_walk(d, w, c)) {
        return;
    }
    way_walk(w, &d->session.client);
    if (!w->named) {
        c->fault = w->fault;
        return;
    }
    buf_put_format(&c->detail, "%s:", next_host(w)->host);
    for (size_t i = 0; i < w->found.count; i++) {
        buf_put_text(&c->detail, i == 0 ? " " : ", ");
        put_address(&c->detail, &w->found.at[i]);
    }
    buf_put_format(&c->detail, " (%s)", w->how);
}

static void put_family(struct way_family *family, struct check *c)
{
    const char *name = family->family == ADDRESS_IPV4 ? "IPv4" : "IPv6";
    if (family->connected) {
        buf_put_format(&c->detail, ", %s ", name);
        put_address(&c->detail, &family->peer);
        buf_put_format(&c->detail, " in %u ms", (unsigned)family->connect_ms);
    } else if (family->tried) {
        buf_put_format(&c->detail, ", %s not (%s)", name, family->fault.text);
        c->advice = family->family == ADDRESS_IPV4 ? "-6 uses IPv6 alone" : "-4 uses IPv4 alone";
    }
}

static void check_route(struct doctor *d, struct way *w, struct check *c)
{
    if (!may_walk(d, w, c)) {
        return;
    }
    if (!w->named) {
        (void)check_skip(c, "no address");
    } else if (!w->connected) {
        c->fault = w->fault;
    } else {
        way_try_other(w, &d->session.client);
        buf_put_format(&c->detail, "%s%s port %u", w->proxy != NULL ? "proxy " : "", next_host(w)->host, (unsigned)next_host(w)->port);
        put_family(&w->families[0], c);
        put_family(&w->families[1], c);
    }
}

/* No proxy is used; where the machine as a whole has one set, that may be the mistake. */
static void tell_system_proxy(struct check *c)
{
    struct buf set = buf_init(SYSTEM_PROXY_MAX);
    os_system_proxy(&set);
    (void)check_skip(c, "none");
    if (set.size > 0) {
        buf_put_format(&c->detail, "; this machine's own setting, which does not count here: %.*s", SPAN_ARG(buf_span(&set)));
        c->advice = "if the hosts are not reached without it: --proxy http://HOST:PORT";
    }
    buf_free(&set);
}

/* Both hosts in one line: the proxy is the same. */
static void check_proxy(struct doctor *d, struct way *w, struct check *c)
{
    const char *opened = " has opened the way to ";
    const struct proxy *proxy = &d->session.proxy;
    for (w = d->ways; w < d->ways + WAY_COUNT; w++) {
        if (w->proxy == NULL || !w->connected) {
            continue;
        }
        if (c->detail.size == 0) {
            buf_put_format(&c->detail, "%s (by %s, %s a login)", proxy->url.place, proxy->giver,
                           secret_present(&proxy->login) ? "with" : "without");
        }
        if (w->through) {
            buf_put_format(&c->detail, "%s%s", opened, w->origin->place);
            opened = ", ";
        } else if (!fault_is_set(&c->fault)) {
            c->fault = w->fault;
        }
    }
    if (c->detail.size == 0 && (d->ways[WAY_SIGN_IN].proxy != NULL || d->ways[WAY_API].proxy != NULL)) {
        (void)check_skip(c, "not reached");
    } else if (c->detail.size == 0) {
        tell_system_proxy(c);
    }
}

static void check_tls(struct doctor *d, struct way *w, struct check *c)
{
    const struct tls_facts *tls = &w->tls;
    if (!may_walk(d, w, c)) {
        return;
    }
    if (!w->connected) {
        (void)check_skip(c, "no connection");
    } else if (w->proxy != NULL && !w->through) {
        (void)check_skip(c, "the proxy has not opened the way");
    } else if (!w->ready) {
        c->fault = w->fault;
    } else {
        buf_put_format(&c->detail, "%s: %s, issued by %s, %lld days left; trusted by %s", w->origin->place, tls->summary, tls->issuer,
                       (long long)(tls->expires - clock_seconds()) / DAY_SECONDS,
                       tls->embedded ? "an embedded root: not inspected" : "an added root: inspected on the way, or a private server");
    }
}

/* ---- the service ---- */

static void check_sign_in(struct doctor *d, struct way *w, struct check *c)
{
    struct session *s = &d->session;
    (void)w;
    if (fault_is_set(&d->credential)) {
        c->fault = d->credential;
        return;
    }
    if (!may_walk(d, &d->ways[WAY_API], c)) {
        return;
    }
    if (is_needed(d, &d->ways[WAY_SIGN_IN]) && s->credential->present(&s->sign_in) && !d->ways[WAY_SIGN_IN].ready) {
        (void)check_skip(c, "no TLS connection to the sign-in host");
        return;
    }
    uint64_t began_ms = os_monotonic_ms();
    d->signed_in = session_acquire(s, &c->fault);
    d->sign_in_ms = os_monotonic_ms() - began_ms;
    buf_put_format(&c->detail, "with %s", s->credential->name);
    if (d->signed_in) {
        buf_put_format(&c->detail, ", in %u ms", (unsigned)d->sign_in_ms);
    }
}

/* What the claims lack is a problem of its own, whatever the API says of it. */
static void judge_claims(const struct doctor *d, const struct claims *claims, struct check *c)
{
    char advice[512];
    int64_t now = clock_seconds();
    bool expired = claims->expires != 0 && claims->expires <= now;
    bool allowed = claims_allow(claims, "Machine.Isolate");
    if (claims_advise(claims, d->session.authority.scope, now, advice, sizeof advice)) {
        fault_set(&c->fault, expired || allowed ? FAULT_TOKEN : FAULT_PERMISSION, "%s",
                  expired ? "the token has expired" : allowed ? "another audience" : "no Machine.Isolate");
        fault_advise(&c->fault, "%s", advice);
    }
}

static void check_claims(struct doctor *d, struct way *w, struct check *c)
{
    struct claims claims;
    (void)w;
    if (!d->signed_in) {
        (void)check_skip(c, "not signed in");
    } else if (!claims_read(&d->session.bearer, &claims)) {
        (void)check_skip(c, "the token is no JWT: nothing is known of its audience, roles and expiry");
    } else {
        buf_put_format(&c->detail, "audience %s; roles %s; expires ", claims.audience[0] != '\0' ? claims.audience : "(none)",
                       claims.permissions[0] != '\0' ? claims.permissions : "(none)");
        put_time(&c->detail, claims.expires);
        judge_claims(d, &claims, c);
    }
}

static bool may_ask(const struct doctor *d, struct check *c)
{
    if (!d->signed_in) {
        return check_skip(c, "not signed in");
    }
    return d->ways[WAY_API].ready || check_skip(c, "no TLS connection to the API");
}

static void check_permission(struct doctor *d, struct way *w, struct check *c)
{
    (void)w;
    if (!may_ask(d, c)) {
        return;
    }
    uint64_t began_ms = os_monotonic_ms();
    d->permitted = permission_check(&d->session.api, &c->fault);
    d->permission_ms = os_monotonic_ms() - began_ms;
    if (d->permitted) {
        buf_put_text(&c->detail, "may release: it knows no device " PERMISSION_DEVICE ", and said so");
    }
}

static void put_device(struct buf *to, const struct device_status *status)
{
    const struct action *a = &status->action;
    const char *name = status->computer_name[0] != '\0' ? status->computer_name : a->computer_name;
    buf_put_format(to, name[0] != '\0' ? "%s %s" : "%s", status->machine_id, name);
    buf_put_format(to, ": %s", isolation_name(status->isolation));
    if (a->id[0] != '\0') {
        buf_put_format(to, " (%s %s, %s)", a->type, a->id, a->status_text);
    }
}

static void check_device(struct doctor *d, struct way *w, struct check *c)
{
    struct selector selector;
    struct device_status status = {0};
    (void)w;
    if (d->options->operand_count == 0) {
        (void)check_skip(c, "none was named");
        return;
    }
    if (!selector_read(&selector, d->options->operands[0], &c->fault) || !may_ask(d, c)) {
        return;
    }
    if (device_resolve_self(&selector, &c->fault) && query_device(&d->session.api, &selector, &status, &c->fault)) {
        put_device(&c->detail, &status);
    } else if (c->fault.code == FAULT_PERMISSION && selector.kind == SELECT_ID) {
        fault_clear(&c->fault);
        (void)check_skip(c, "it may not be looked up (no Machine.Read.All); a release by its id needs no such permission");
    }
}

static void put_ms(struct buf *to, const char *what, uint64_t ms)
{
    buf_put_format(to, "%s%s %u ms", to->size > 0 ? "; " : "", what, (unsigned)ms);
}

static void check_round_trips(struct doctor *d, struct way *w, struct check *c)
{
    (void)w;
    for (size_t i = 0; i < WAY_COUNT; i++) {
        const struct way *way = &d->ways[i];
        if (way->ready) {
            buf_put_format(&c->detail, "%s%s: ", c->detail.size > 0 ? "; " : "", way->role);
            buf_put_format(&c->detail, "name %u ms, connection %u ms, TLS %u ms", (unsigned)(way->named_ms - way->began_ms),
                           (unsigned)(way->connected_ms - way->named_ms), (unsigned)(way->ready_ms - way->connected_ms));
        }
    }
    if (d->signed_in) {
        put_ms(&c->detail, "token", d->sign_in_ms);
    }
    if (d->permitted) {
        put_ms(&c->detail, "release request", d->permission_ms);
    }
    if (c->detail.size == 0) {
        (void)check_skip(c, "no connection");
    }
}

/* ---- the table ---- */

static const struct {
    const char *name;
    void (*run)(struct doctor *d, struct way *w, struct check *c);
    size_t way;
} rows[] = {
    {"program", check_program, 0},
    {"clock", check_clock, 0},
    {"entropy", check_entropy, 0},
    {"configuration", check_configuration, 0},
    {"names", check_names, WAY_SIGN_IN},
    {"names", check_names, WAY_API},
    {"route", check_route, WAY_SIGN_IN},
    {"route", check_route, WAY_API},
    {"proxy", check_proxy, 0},
    {"tls", check_tls, WAY_SIGN_IN},
    {"tls", check_tls, WAY_API},
    {"sign-in", check_sign_in, 0},
    {"claims", check_claims, 0},
    {"permission", check_permission, 0},
    {"device", check_device, 0},
    {"round-trip", check_round_trips, 0},
};

enum exit_status doctor_run(const struct options *o, struct report *report)
{
    struct doctor d = {.options = o, .report = report};
    struct checks all = {.report = report};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct check c = check_begin(rows[i].name);
        if (all.stopped != FAULT_NONE) {
            (void)check_skip(&c, "interrupted");
        } else {
            rows[i].run(&d, &d.ways[rows[i].way], &c);
        }
        check_end(&all, &c);
    }
    session_close(&d.session);
    return checks_end(&all, "doctor");
}
