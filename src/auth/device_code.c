/*
 * device_code.c - sign in as a person: a code that is entered in a browser on any other device.
 *
 * Does      ask for a code, have it shown, ask for the token until the person has signed in or the code has expired.
 * Not here  showing it (cli/report.c). No refresh token is asked for: nothing is kept for a later run.
 * Limits    the code's own life, and --max-time. Used only when it is named: nobody may sit in front of the program.
 * Rules     RFC 8628 sections 3.1 to 3.5; entra-docs v2-oauth2-device-code.md (read 2026-11-23). Branches are taken on `error` alone.
 */
#include "auth/token.h"

#include "net/clock.h"

#include <assert.h>
#include <string.h>

enum {
    FORM_MAX = 16 * 1024,
    CODE_MAX = 8 * 1024,
    INTERVAL_SECONDS = 5,           /* where the service names none */
    INTERVAL_SECONDS_MAX = 5 * 60,
    SLOWER_SECONDS = 5,             /* added by slow_down */
    LIFE_SECONDS = 15 * 60,         /* where the service names none */
    LIFE_SECONDS_MAX = 24 * 3600,
};

#define TENANT_OF_ANY "organizations"

struct device_code {
    struct secret code;
    char user_code[64];
    char url[200];
    uint64_t interval_ms;
    uint64_t expires_ms; /* os_monotonic_ms() */
};

/* The person's own organisation will do where no tenant is named. */
static struct credential_settings with_tenant(const struct credential_settings *s)
{
    struct credential_settings settings = *s;
    settings.tenant = s->tenant != NULL ? s->tenant : TENANT_OF_ANY;
    return settings;
}

static bool present(const struct credential_settings *s)
{
    (void)s;
    return false;
}

static bool check(const struct credential_settings *s, struct fault *f)
{
    struct credential_settings settings = with_tenant(s);
    return credential_check_application(&settings, f);
}

/* ---- the code ---- */

static uint64_t seconds_of(struct json answer, const char *name, uint64_t standard, uint64_t most)
{
    struct json value;
    int64_t number = 0;
    if (json_member(answer, name, &value) != 1 || !json_integer(value, &number) || number <= 0) {
        return standard;
    }
    return (uint64_t)number < most ? (uint64_t)number : most;
}

static bool take_code(struct json answer, struct device_code *d, struct fault *f)
{
    struct json value;
    struct buf code = buf_init(CODE_MAX);
    bool ok = json_member(answer, "device_code", &value) == 1 && json_put_decoded(&code, value) && code.size > 0 &&
              json_text(answer, "user_code", d->user_code, sizeof d->user_code) && d->user_code[0] != '\0' &&
              json_text(answer, "verification_uri", d->url, sizeof d->url) && span_starts(span_of(d->url), SPAN("https://"));
    if (!ok) {
        buf_free(&code);
        return fault_set(f, FAULT_ANSWER, "an answer without a device code");
    }
    d->interval_ms = seconds_of(answer, "interval", INTERVAL_SECONDS, INTERVAL_SECONDS_MAX) * 1000;
    d->expires_ms = os_monotonic_ms() + seconds_of(answer, "expires_in", LIFE_SECONDS, LIFE_SECONDS_MAX) * 1000;
    return secret_take(&d->code, &code) || fault_set(f, FAULT_MEMORY, "out of memory");
}

static bool ask_for_code(const struct credential_settings *s, const struct authority *a, struct client *c,
                         struct device_code *d, struct fault *f)
{
    struct buf form = buf_init(FORM_MAX);
    struct secret body = {0};
    struct json answer = {0};
    struct call call = token_call(a, s->tenant, "devicecode", &body);
    token_put_field(&form, "client_id", span_of(s->client_id));
    token_put_field(&form, "scope", span_of(a->scope));
    bool ok = secret_take(&body, &form) || fault_set(f, FAULT_MEMORY, "out of memory");
    if (ok && !client_call(c, &call)) {
        *f = call.fault;
        ok = false;
    }
    ok = ok && token_answer(&call, &answer, f) && (take_code(answer, d, f) || fault_place(f, "%s", a->url.place));
    call_free(&call);
    secret_free(&body);
    return ok;
}

static void show(const struct credential_settings *s, const struct device_code *d)
{
    struct credential_prompt prompt = {
        .user_code = d->user_code,
        .url = d->url,
        .expires = clock_seconds() + (int64_t)((d->expires_ms - os_monotonic_ms()) / 1000),
    };
    assert(s->tell != NULL);
    s->tell(s->tell_context, &prompt);
}

/* ---- the token ---- */

struct refusal_row {
    const char *words;  /* what the service's `error`, or its description, holds */
    const char *advice;
};

static const struct refusal_row refusal_rows[] = {
    {"authorization_declined", "the sign-in was declined in the browser; run it again if that was not meant"},
    {"access_denied", "the sign-in was declined in the browser; run it again if that was not meant"},
    {"expired_token", "nobody signed in before the code expired; run it again for a new code"},
    {"code_expired", "nobody signed in before the code expired; run it again for a new code"},
    {"AADSTS7000218", "switch on \"Allow public client flows\" in the app registration, under Authentication"},
};

/* What can be done, in the words of this way to sign in. */
static bool explain(struct fault *f)
{
    for (size_t i = 0; i < sizeof refusal_rows / sizeof refusal_rows[0]; i++) {
        struct span words = span_of(refusal_rows[i].words);
        if (span_equal(span_of(f->service_code), words) || span_starts(span_of(f->service_message), words)) {
            f->advice[0] = '\0';
            fault_advise(f, "%s", refusal_rows[i].advice);
        }
    }
    return false;
}

/* Whether the answer says that the person is not yet done. */
static bool goes_on(struct device_code *d, const struct fault *f)
{
    if (f->code != FAULT_SIGN_IN) {
        return false;
    }
    if (strcmp(f->service_code, "slow_down") == 0) {
        d->interval_ms += SLOWER_SECONDS * 1000;
        return true;
    }
    return strcmp(f->service_code, "authorization_pending") == 0;
}

static bool ask_for_token(const struct credential_settings *s, const struct authority *a, struct client *c,
                          const struct device_code *d, struct secret *token, struct fault *f)
{
    struct buf form = buf_init(FORM_MAX);
    token_put_field(&form, "grant_type", SPAN("urn:ietf:params:oauth:grant-type:device_code"));
    token_put_field(&form, "client_id", span_of(s->client_id));
    token_put_field(&form, "device_code", secret_reveal(&d->code));
    return token_request(a, s->tenant, &form, c, token, f);
}

static bool wait_a_turn(const struct authority *a, struct client *c, const struct device_code *d, struct fault *f)
{
    uint64_t now_ms = os_monotonic_ms();
    uint64_t left_ms = d->expires_ms > now_ms ? d->expires_ms - now_ms : 0;
    bool expires = left_ms <= d->interval_ms;
    if (!client_sleep(c, expires ? left_ms : d->interval_ms, f)) {
        fault_place(f, "%s: waiting for the sign-in in the browser", a->url.place);
        return f->code == FAULT_TIMEOUT ? fault_advise(f, "nobody signed in before --max-time; it allows more time") : false;
    }
    if (expires) {
        fault_set(f, FAULT_SIGN_IN, "%s: the code has expired", a->url.place);
        return fault_advise(f, "nobody signed in before the code expired; run it again for a new code");
    }
    return true;
}

static bool wait_for_token(const struct credential_settings *s, const struct authority *a, struct client *c,
                           struct device_code *d, struct secret *token, struct fault *f)
{
    for (;;) {
        if (!wait_a_turn(a, c, d, f)) {
            return false;
        }
        if (ask_for_token(s, a, c, d, token, f)) {
            return true;
        }
        if (!goes_on(d, f)) {
            return explain(f);
        }
        fault_clear(f);
    }
}

static bool acquire(const struct credential_settings *given, const struct authority *a, struct client *c,
                    struct secret *token, struct fault *f)
{
    struct credential_settings s = with_tenant(given);
    struct device_code d = {0};
    bool ok = ask_for_code(&s, a, c, &d, f) || explain(f);
    if (ok) {
        show(&s, &d);
        ok = wait_for_token(&s, a, c, &d, token, f);
    }
    secret_free(&d.code);
    return ok;
}

const struct credential_type credential_device_code = {
    .name = "device-code",
    .summary = "a person, with a browser on any device: --client-id, and --tenant if the person has several; only when named",
    .present = present,
    .check = check,
    .acquire = acquire,
};
