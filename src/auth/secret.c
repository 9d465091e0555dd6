/*
 * secret.c - sign in as an application with its client secret.
 *
 * Does      the form of the client credentials grant.
 * Limits    CLIENT_SECRET_MAX bytes.
 * Rules     RFC 6749 section 4.4.2; entra-docs v2-oauth2-client-creds-grant-flow.md, first case (read 2026-11-23).
 */
#include "auth/token.h"

enum { CLIENT_SECRET_MAX = 4 * 1024, FORM_MAX = 16 * 1024 };

static bool present(const struct credential_settings *s)
{
    return s->client_secret_file != NULL;
}

static bool check(const struct credential_settings *s, struct fault *f)
{
    if (s->client_secret_file == NULL) {
        return fault_set(f, FAULT_USAGE, "sign-in with a secret: --client-secret-file is missing");
    }
    return credential_check_application(s, f);
}

static bool acquire(const struct credential_settings *s, const struct authority *a, struct client *c,
                    struct secret *token, struct fault *f)
{
    struct secret client_secret = {0};
    struct buf form = buf_init(FORM_MAX);
    if (!credential_read_secret(s->client_secret_file, "the client secret", CLIENT_SECRET_MAX, &client_secret, f)) {
        return false;
    }
    token_put_application(&form, s->client_id, a);
    token_put_field(&form, "client_secret", secret_reveal(&client_secret));
    bool ok = token_request(a, s->tenant, &form, c, token, f);
    secret_free(&client_secret); /* not before: the answer may repeat it, and is masked as long as it is held */
    return ok;
}

const struct credential_type credential_secret = {
    .name = "secret",
    .summary = "an application's client secret: --client-secret-file, with --tenant and --client-id",
    .present = present,
    .check = check,
    .acquire = acquire,
    .renews = true,
};
