/*
 * token.c - a token request to Entra ID and its answer; see token.h.
 */
#include "auth/token.h"

#include "codec/json.h"

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

struct entra_advice {
    unsigned code;
    const char *advice;
};

/* entra-docs reference-error-codes.md and azure-identity's TROUBLESHOOTING.md (read 2026-11-23) */
static const struct entra_advice entra_advice_rows[] = {
    {700016, "check --client-id, --tenant and --cloud: this tenant does not know the application"},
    {700011, "check --client-id, --tenant and --cloud: this tenant does not know the application"},
    {90002, "check --tenant and --cloud: there is no such tenant here"},
    {900023, "check --tenant: a GUID or a verified domain is wanted"},
    {90038, "the tenant lives in another national cloud: choose it with --cloud"},
    {900382, "the tenant lives in another national cloud: choose it with --cloud"},
    {900432, "the tenant lives in another national cloud: choose it with --cloud"},
    {7000215, "the secret is wrong: give the secret's value, not its id, without blanks around"},
    {70002, "the secret is wrong: give the secret's value, not its id, without blanks around"},
    {7000222, "the secret has expired: make a new one for the application"},
    {7000112, "the application is disabled in this tenant"},
    {70001, "the application is disabled, or not in this tenant"},
    {7000218, "the application wants a secret or certificate"},
    {500011, "check --scope; does this tenant have Defender for Endpoint?"},
    {50001, "check --scope; does this tenant have Defender for Endpoint?"},
    {650052, "the tenant has no Defender for Endpoint, or the application is not consented to"},
    {70011, "--scope wants the form https://.../.default"},
    {1002012, "--scope wants the form https://.../.default"},
    {28002, "--scope wants the form https://.../.default"},
    {65001, "an administrator has to consent to the application's permissions"},
    {90094, "an administrator has to consent to the application's permissions"},
    {53003, "Conditional Access blocks this sign-in: ask for an exception, or sign in from an allowed place"},
    {53000, "Conditional Access blocks this sign-in: ask for an exception, or sign in from an allowed place"},
    {500021, "a proxy on this network restricts sign-in to other tenants"},
    {500022, "a proxy on this network restricts sign-in to other tenants"},
    {90055, "too many sign-ins: wait a few minutes"},
    {50196, "too many sign-ins: wait a few minutes"},
};

static const char *advice_for(struct json answer)
{
    struct json codes;
    struct json_walk walk = {0};
    struct json code;
    if (json_member(answer, "error_codes", &codes) != 1) {
        return NULL;
    }
    while (json_next(codes, &walk, &code)) {
        int64_t number;
        for (size_t i = 0; json_integer(code, &number) && i < sizeof entra_advice_rows / sizeof entra_advice_rows[0]; i++) {
            if (number == entra_advice_rows[i].code) {
                return entra_advice_rows[i].advice;
            }
        }
    }
    return NULL;
}

static bool refused(const struct call *call, struct json answer, struct fault *f)
{
    char description[sizeof f->service_message];
    struct span first_line = {0};
    const char *advice = advice_for(answer);
    (void)json_text(answer, "error", f->service_code, sizeof f->service_code);
    (void)json_text(answer, "error_description", description, sizeof description);
    (void)json_text(answer, "correlation_id", f->service_target, sizeof f->service_target);
    struct span rest = span_of(description);
    (void)span_next(&rest, '\n', &first_line);
    fault_keep(f->service_message, sizeof f->service_message, span_trim(first_line));
    fault_set(f, FAULT_SIGN_IN, "%s: sign-in refused (status %d)", call->origin->place, call->status);
    fault_advise(f, "%s", advice != NULL ? advice : "check --tenant, --client-id and the credential");
    return false;
}

static bool is_entra_error(struct json answer)
{
    struct json error;
    return json_member(answer, "error", &error) == 1 && error.kind == JSON_STRING;
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
    bool is_json = json_parse(buf_span(&call->answer), answer, &no_json) && answer->kind == JSON_OBJECT;
    if (is_json && call->status >= 200 && call->status < 300) {
        return true;
    }
    if (is_json && call->status >= 400 && call->status < 500 && call->status != 429 && is_entra_error(*answer)) {
        return refused(call, *answer, f);
    }
    return call_status_fault(call, f);
}

static bool read_answer(const struct call *call, struct secret *token, struct fault *f)
{
    struct json answer = {0};
    return token_answer(call, &answer, f) && (token_take(answer, token, f) || fault_place(f, "%s", call->origin->place));
}

struct call token_call(const struct authority *a, const char *tenant, const char *endpoint, const struct secret *form)
{
    struct call call = call_init("POST", &a->url);
    struct span base = a->url.target;
    if (span_ends(base, SPAN("/"))) {
        base.size--;
    }
    buf_put(&call.target, base);
    buf_put_char(&call.target, '/');
    url_put_encoded(&call.target, span_of(tenant));
    buf_put_text(&call.target, "/oauth2/v2.0/");
    buf_put_text(&call.target, endpoint);
    call.secret_body = form;
    call.content_type = "application/x-www-form-urlencoded";
    call.repeatable = true;
    call.answer_is_secret = true;
    call.answer_max = TOKEN_ANSWER_MAX;
    return call;
}

bool token_request(const struct authority *a, const char *tenant, struct buf *form, struct client *c,
                   struct secret *token, struct fault *f)
{
    struct secret body = {0};
    struct call call = token_call(a, tenant, "token", &body);
    bool ok = secret_take(&body, form) || fault_set(f, FAULT_MEMORY, "out of memory");
    if (ok && !client_call(c, &call)) {
        *f = call.fault;
        ok = false;
    }
    ok = ok && read_answer(&call, token, f);
    call_free(&call);
    secret_free(&body);
    return ok;
}
