/*
 * token.c - a token request to Entra ID and its answer; see token.h.
 */
#include "auth/token.h"

#include "codec/json.h"

#include <string.h>

void token_put_field(struct buf *form, const char *name, struct span value)
{
    if (form->size > 0) {
        buf_put_char(form, '&');
    }
    buf_put_text(form, name);
    buf_put_char(form, '=');
    url_put_encoded(form, value);
}

bool token_is_well_formed(struct span token)
{
    for (size_t i = 0; i < token.size; i++) {
        char c = token.at[i];
        if (!ascii_is_letter(c) && !ascii_is_digit(c) && span_find(SPAN("-._~+/="), c) == sizeof "-._~+/=" - 1) {
            return false;
        }
    }
    return token.size > 0;
}

/* ---- errors ---- */

enum entra_kind { ENTRA_REFUSED, ENTRA_PASSING, ENTRA_THROTTLED };

struct entra_row {
    unsigned code;
    enum entra_kind kind;
    const char *advice;
};

#define ADVICE_APPLICATION "check --client-id, --tenant and --cloud: this tenant does not know the application"
#define ADVICE_CLOUD "the tenant lives in another national cloud: choose it with --cloud"
#define ADVICE_SECRET "the secret is wrong: give the secret's value, not its id, without blanks around"
#define ADVICE_CERTIFICATE "is this the certificate that is registered with the application? is this host's clock right? " \
                           "--at TIME gives the true time"
#define ADVICE_TIME "the assertion is not valid now: check this host's clock (--at TIME gives the true time); a federated token may " \
                    "have expired"
#define ADVICE_ASSERTION "the signed assertion is not accepted: check --client-id, --tenant and --authority"
#define ADVICE_ALGORITHM "the service does not take signatures by this kind of key: use a certificate with an RSA key"
#define ADVICE_FEDERATION "issuer, subject and audience of the federated token must be those of the application's federated " \
                          "credential, also in case; its audience is usually api://AzureADTokenExchange"
#define ADVICE_RESOURCE "check --scope; does this tenant have Defender for Endpoint?"
#define ADVICE_SCOPE "--scope wants one resource, in the form https://.../.default"
#define ADVICE_REQUEST "the service does not understand the request: check --authority and --scope"
#define ADVICE_CONSENT "an administrator has to consent to the application's permissions"
#define ADVICE_CONDITIONAL "Conditional Access blocks this sign-in: ask for an exception, or sign in from an allowed place"
#define ADVICE_MFA "this account needs a second factor: sign in with --auth device-code, or as an application"
#define ADVICE_USER "the account is not known here, disabled, locked, or its password is wrong: check it and --tenant"
#define ADVICE_PROXY "a proxy on this network restricts sign-in to other tenants"
#define ADVICE_CODE "the code was refused, mistyped or has expired: run it again for a new one"
#define ADVICE_PASSING "the service has trouble; run it again in a minute"
#define ADVICE_THROTTLED "too many sign-ins: wait a few minutes"

/* entra-docs reference-error-codes.md and azure-identity's TROUBLESHOOTING.md (read 2026-11-23); 5002730 and 5002738 as seen in answers */
static const struct entra_row entra_rows[] = {
    {700016, ENTRA_REFUSED, ADVICE_APPLICATION},
    {700011, ENTRA_REFUSED, ADVICE_APPLICATION},
    {90002, ENTRA_REFUSED, "check --tenant and --cloud: there is no such tenant here"},
    {900023, ENTRA_REFUSED, "check --tenant: a GUID or a verified domain is wanted"},
    {90038, ENTRA_REFUSED, ADVICE_CLOUD},
    {900382, ENTRA_REFUSED, ADVICE_CLOUD},
    {900432, ENTRA_REFUSED, ADVICE_CLOUD},
    {7000215, ENTRA_REFUSED, ADVICE_SECRET},
    {70002, ENTRA_REFUSED, ADVICE_SECRET},
    {7000222, ENTRA_REFUSED, "the secret has expired: make a new one for the application, or use a certificate"},
    {7000112, ENTRA_REFUSED, "the application is disabled in this tenant"},
    {70001, ENTRA_REFUSED, "the application is disabled, or not in this tenant"},
    {7000218, ENTRA_REFUSED, "the application wants a secret or certificate, or to be allowed public client flows"},
    {700025, ENTRA_REFUSED, "the application is a public client, which has neither secret nor certificate: use --auth device-code"},
    {700027, ENTRA_REFUSED, ADVICE_CERTIFICATE},
    {50012, ENTRA_REFUSED, ADVICE_CERTIFICATE},
    {50013, ENTRA_REFUSED, ADVICE_CERTIFICATE},
    {500133, ENTRA_REFUSED, ADVICE_TIME},
    {700024, ENTRA_REFUSED, ADVICE_TIME},
    {700021, ENTRA_REFUSED, ADVICE_ASSERTION},
    {700023, ENTRA_REFUSED, ADVICE_ASSERTION},
    {50027, ENTRA_REFUSED, ADVICE_ASSERTION},
    {50048, ENTRA_REFUSED, ADVICE_ASSERTION},
    {5002730, ENTRA_REFUSED, ADVICE_ALGORITHM},
    {5002738, ENTRA_REFUSED, ADVICE_ALGORITHM},
    {700030, ENTRA_REFUSED, "the certificate's subject is not authorised for the application: check it, its issuer, and --send-chain"},
    {70021, ENTRA_REFUSED, ADVICE_FEDERATION},
    {700211, ENTRA_REFUSED, ADVICE_FEDERATION},
    {700213, ENTRA_REFUSED, ADVICE_FEDERATION},
    {7002138, ENTRA_REFUSED, ADVICE_FEDERATION},
    {90061, ENTRA_REFUSED, "Entra ID cannot reach the issuer of the federated token: its OpenID configuration must be public"},
    {500011, ENTRA_REFUSED, ADVICE_RESOURCE},
    {50001, ENTRA_REFUSED, ADVICE_RESOURCE},
    {650052, ENTRA_REFUSED, "the tenant has no Defender for Endpoint, or the application is not consented to"},
    {70011, ENTRA_REFUSED, ADVICE_SCOPE},
    {1002012, ENTRA_REFUSED, ADVICE_SCOPE},
    {28002, ENTRA_REFUSED, ADVICE_SCOPE},
    {700022, ENTRA_REFUSED, ADVICE_SCOPE},
    {901002, ENTRA_REFUSED, ADVICE_REQUEST},
    {900144, ENTRA_REFUSED, ADVICE_REQUEST},
    {90014, ENTRA_REFUSED, ADVICE_REQUEST},
    {9002313, ENTRA_REFUSED, ADVICE_REQUEST},
    {65001, ENTRA_REFUSED, ADVICE_CONSENT},
    {90094, ENTRA_REFUSED, ADVICE_CONSENT},
    {650056, ENTRA_REFUSED, ADVICE_CONSENT},
    {65005, ENTRA_REFUSED, ADVICE_CONSENT},
    {65002, ENTRA_REFUSED, "this client id is one of Microsoft's own: register an application and give its id"},
    {53003, ENTRA_REFUSED, ADVICE_CONDITIONAL},
    {53000, ENTRA_REFUSED, ADVICE_CONDITIONAL},
    {530032, ENTRA_REFUSED, ADVICE_CONDITIONAL},
    {50131, ENTRA_REFUSED, ADVICE_CONDITIONAL},
    {50005, ENTRA_REFUSED, ADVICE_CONDITIONAL},
    {50076, ENTRA_REFUSED, ADVICE_MFA},
    {50079, ENTRA_REFUSED, ADVICE_MFA},
    {50072, ENTRA_REFUSED, ADVICE_MFA},
    {50158, ENTRA_REFUSED, ADVICE_MFA},
    {50034, ENTRA_REFUSED, ADVICE_USER},
    {50020, ENTRA_REFUSED, ADVICE_USER},
    {50057, ENTRA_REFUSED, ADVICE_USER},
    {50126, ENTRA_REFUSED, ADVICE_USER},
    {50053, ENTRA_REFUSED, ADVICE_USER},
    {500021, ENTRA_REFUSED, ADVICE_PROXY},
    {500022, ENTRA_REFUSED, ADVICE_PROXY},
    {70016, ENTRA_REFUSED, ADVICE_CODE},
    {70018, ENTRA_REFUSED, ADVICE_CODE},
    {70019, ENTRA_REFUSED, ADVICE_CODE},
    {90033, ENTRA_PASSING, ADVICE_PASSING},
    {90006, ENTRA_PASSING, ADVICE_PASSING},
    {90012, ENTRA_PASSING, ADVICE_PASSING},
    {90024, ENTRA_PASSING, ADVICE_PASSING},
    {50033, ENTRA_PASSING, ADVICE_PASSING},
    {50087, ENTRA_PASSING, ADVICE_PASSING},
    {90055, ENTRA_THROTTLED, ADVICE_THROTTLED},
    {50196, ENTRA_THROTTLED, ADVICE_THROTTLED},
};

static const struct entra_row *find_row(int64_t code)
{
    for (size_t i = 0; i < sizeof entra_rows / sizeof entra_rows[0]; i++) {
        if (code == entra_rows[i].code) {
            return &entra_rows[i];
        }
    }
    return NULL;
}

/* An answer's error, as far as it is one of Entra's. */
struct entra_error {
    struct json answer;
    int64_t code;                /* the first of error_codes; 0: none */
    const struct entra_row *row; /* of the first code that the table has; NULL: none */
    bool temporary;              /* `error` says so itself */
};

static void read_codes(struct entra_error *e)
{
    struct json codes, one;
    struct json_walk walk = {0};
    if (json_member(e->answer, "error_codes", &codes) != 1) {
        return;
    }
    while (codes.kind == JSON_ARRAY && json_next(codes, &walk, &one)) {
        int64_t code;
        if (!json_integer(one, &code)) {
            continue;
        }
        e->code = e->code != 0 ? e->code : code;
        e->row = e->row != NULL ? e->row : find_row(code);
    }
}

/* False: the answer is no error of Entra's. */
static bool read_error(const struct call *call, struct entra_error *e)
{
    struct fault no_json = {0};
    struct json error;
    *e = (struct entra_error){0};
    if (call->status < 400 || !json_parse(buf_span(&call->answer), &e->answer, &no_json) ||
        json_member(e->answer, "error", &error) != 1 || error.kind != JSON_STRING) {
        return false;
    }
    e->temporary = json_is(error, "temporarily_unavailable");
    read_codes(e);
    return true;
}

static enum entra_kind kind_of(const struct call *call, const struct entra_error *e)
{
    if (call->status == 429 || (e->row != NULL && e->row->kind == ENTRA_THROTTLED)) {
        return ENTRA_THROTTLED;
    }
    bool passing = call->status >= 500 || e->temporary || (e->row != NULL && e->row->kind == ENTRA_PASSING);
    return passing ? ENTRA_PASSING : ENTRA_REFUSED;
}

/* For the engine: what may pass is tried again, whatever status it comes with. */
static enum call_verdict judge(void *context, const struct call *call)
{
    static const enum call_verdict verdicts[] = {
        [ENTRA_REFUSED] = CALL_FINAL, [ENTRA_PASSING] = CALL_PASSING, [ENTRA_THROTTLED] = CALL_THROTTLED};
    struct entra_error e;
    (void)context;
    return read_error(call, &e) ? verdicts[kind_of(call, &e)] : CALL_BY_STATUS;
}

/* Entra's first line, then its trace id: with the correlation id, what its support asks for. */
static void keep_words(const struct entra_error *e, struct fault *f)
{
    char description[sizeof f->service_message];
    char trace_id[sizeof f->service_target];
    struct span line = {0};
    struct buf words = buf_init(2 * sizeof description);
    (void)json_text(e->answer, "error", f->service_code, sizeof f->service_code);
    (void)json_text(e->answer, "correlation_id", f->service_target, sizeof f->service_target);
    (void)json_text(e->answer, "error_description", description, sizeof description);
    struct span rest = span_of(description);
    (void)span_next(&rest, '\n', &line);
    line = span_trim(line);
    if (json_text(e->answer, "trace_id", trace_id, sizeof trace_id) && !span_contains(line, span_of(trace_id))) {
        size_t room = sizeof f->service_message - sizeof " Trace ID: " - strlen(trace_id);
        buf_put(&words, span_cut(line, 0, line.size < room ? line.size : room));
        buf_put_format(&words, " Trace ID: %s", trace_id);
        line = buf_span(&words);
    }
    fault_keep(f->service_message, sizeof f->service_message, line);
    buf_free(&words);
}

static bool refused(const struct call *call, const struct entra_error *e, struct fault *f)
{
    static const enum fault_code codes[] = {
        [ENTRA_REFUSED] = FAULT_SIGN_IN, [ENTRA_PASSING] = FAULT_SERVER, [ENTRA_THROTTLED] = FAULT_THROTTLED};
    enum entra_kind kind = kind_of(call, e);
    keep_words(e, f);
    if (call->status == 429 || call->status >= 500) {
        call_status_fault(call, f);
    } else {
        fault_set(f, codes[kind], "%s: sign-in %s (status %d)", call->origin->place,
                  kind == ENTRA_REFUSED ? "refused" : "not possible now", call->status);
    }
    if (e->row != NULL) {
        fault_advise(f, "%s", e->row->advice);
    } else if (kind == ENTRA_REFUSED) {
        fault_advise(f, "check --tenant, --client-id and the credential");
    }
    return false;
}

/* ---- the answer ---- */

bool token_take(struct json answer, struct secret *token, struct fault *f)
{
    struct json value;
    char type[16] = "";
    struct buf text = buf_init(TOKEN_ANSWER_MAX);
    if (!json_text(answer, "token_type", type, sizeof type) || !span_equal_nocase(span_of(type), SPAN("Bearer"))) {
        return fault_set(f, FAULT_ANSWER, "an answer without a bearer token");
    }
    if (json_member(answer, "access_token", &value) != 1 || !json_put_decoded(&text, value) ||
        !token_is_well_formed(buf_span(&text))) {
        buf_free(&text);
        return fault_set(f, FAULT_ANSWER, "an answer without a token");
    }
    return secret_take(token, &text) || fault_set(f, FAULT_MEMORY, "out of memory");
}

bool token_answer(const struct call *call, struct json *answer, struct fault *f)
{
    struct fault no_json = {0};
    struct entra_error e;
    if (read_error(call, &e)) {
        return refused(call, &e, f);
    }
    bool good = call->status >= 200 && call->status < 300 && json_parse(buf_span(&call->answer), answer, &no_json) &&
                answer->kind == JSON_OBJECT;
    return good || call_status_fault(call, f);
}

static bool read_answer(const struct call *call, struct secret *token, int64_t *code, struct fault *f)
{
    struct json answer = {0};
    struct entra_error e;
    *code = read_error(call, &e) ? e.code : 0;
    return token_answer(call, &answer, f) && (token_take(answer, token, f) || fault_place(f, "%s", call->origin->place));
}

/* ---- the request ---- */

static void put_path(struct buf *to, const struct authority *a, const char *tenant, const char *endpoint)
{
    struct span base = a->url.target;
    if (span_ends(base, SPAN("/"))) {
        base.size--;
    }
    buf_put(to, base);
    buf_put_char(to, '/');
    url_put_encoded(to, span_of(tenant));
    buf_put_text(to, "/oauth2/v2.0/");
    buf_put_text(to, endpoint);
}

struct call token_call(const struct authority *a, const char *tenant, const char *endpoint, const struct secret *form)
{
    struct call call = call_init("POST", &a->url);
    put_path(&call.target, a, tenant, endpoint);
    call.secret_body = form;
    call.content_type = "application/x-www-form-urlencoded";
    call.repeatable = true;
    call.answer_is_secret = true;
    call.answer_max = TOKEN_ANSWER_MAX;
    call.judge = judge;
    return call;
}

void token_put_endpoint(struct buf *to, const struct authority *a, const char *tenant)
{
    url_put_origin(to, &a->url);
    put_path(to, a, tenant, "token");
}

void token_put_application(struct buf *form, const char *client_id, const struct authority *a)
{
    token_put_field(form, "client_id", span_of(client_id));
    token_put_field(form, "scope", span_of(a->scope));
    token_put_field(form, "grant_type", SPAN("client_credentials"));
}

void token_put_assertion(struct buf *form, const struct secret *assertion)
{
    token_put_field(form, "client_assertion_type", SPAN("urn:ietf:params:oauth:client-assertion-type:jwt-bearer"));
    token_put_field(form, "client_assertion", secret_reveal(assertion));
}

struct exchange {
    struct secret body;
    token_form *make; /* NULL: the body stays as it is */
    void *context;
};

static bool make_body(struct exchange *x, struct fault *f)
{
    struct buf form = buf_init(TOKEN_FORM_MAX);
    if (!x->make(x->context, &form, f)) {
        buf_free(&form);
        return false;
    }
    return secret_take(&x->body, &form) || fault_set(f, FAULT_MEMORY, "out of memory");
}

static bool renew(void *context, struct call *call, struct fault *f)
{
    struct exchange *x = context;
    (void)call;
    return x->make == NULL || make_body(x, f);
}

static bool run(struct exchange *x, const struct authority *a, const char *tenant, struct client *c, struct secret *token,
                int64_t *code, struct fault *f)
{
    struct call call = token_call(a, tenant, "token", &x->body);
    call.renew = renew;
    call.context = x;
    bool ok = client_call(c, &call);
    if (!ok) {
        *f = call.fault;
    }
    ok = ok && read_answer(&call, token, code, f);
    call_free(&call);
    return ok;
}

bool token_request(const struct authority *a, const char *tenant, struct buf *form, struct client *c,
                   struct secret *token, struct fault *f)
{
    struct exchange x = {0};
    int64_t code;
    bool ok = secret_take(&x.body, form) || fault_set(f, FAULT_MEMORY, "out of memory");
    ok = ok && run(&x, a, tenant, c, token, &code, f);
    secret_free(&x.body);
    return ok;
}

bool token_request_made(const struct authority *a, const char *tenant, token_form *make, void *context, struct client *c,
                        struct secret *token, int64_t *code, struct fault *f)
{
    struct exchange x = {.make = make, .context = context};
    *code = 0;
    bool ok = make_body(&x, f) && run(&x, a, tenant, c, token, code, f);
    secret_free(&x.body);
    return ok;
}
