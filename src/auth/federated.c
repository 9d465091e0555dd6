/*
 * federated.c - sign in as an application with a token that another identity provider wrote: workload identity federation.
 *
 * Does      read the token for every request, send it as the client assertion.
 * Not here  looking into it: Entra ID has the last word.
 * Limits    FEDERATED_TOKEN_MAX bytes.
 * Rules     RFC 7523 section 2.2; entra-docs v2-oauth2-client-creds-grant-flow.md, third case; azure-workload-identity docs/book (read
 *           2026-11-23): the file is replaced while the program runs, so it is read again each time.
 */
#include "auth/token.h"

enum { FEDERATED_TOKEN_MAX = 64 * 1024 };

static bool present(const struct credential_settings *s)
{
    return s->federated_token_file != NULL;
}

static bool check(const struct credential_settings *s, struct fault *f)
{
    if (s->federated_token_file == NULL) {
        return fault_set(f, FAULT_USAGE, "sign-in with a federated token: --federated-token-file is missing");
    }
    return credential_check_application(s, f);
}

struct request {
    const struct credential_settings *settings;
    const struct authority *authority;
    struct secret assertion; /* held until the answer is read: it may repeat it */
};

static bool put_form(void *request, struct buf *form, struct fault *f)
{
    struct request *r = request;
    const char *file = r->settings->federated_token_file;
    if (!credential_read_secret(file, "the federated token", FEDERATED_TOKEN_MAX, &r->assertion, f)) {
        return false;
    }
    if (!token_is_well_formed(secret_reveal(&r->assertion))) {
        return fault_set(f, FAULT_FILE, "the federated token (%s): not a token: it holds other characters than A-Z a-z 0-9 - . _ ~ + / =",
                         file);
    }
    token_put_application(form, r->settings->client_id, r->authority);
    token_put_assertion(form, &r->assertion);
    return true;
}

static bool acquire(const struct credential_settings *s, const struct authority *a, struct client *c,
                    struct secret *token, struct fault *f)
{
    struct request r = {.settings = s, .authority = a};
    int64_t code;
    bool ok = token_request_made(a, s->tenant, put_form, &r, c, token, &code, f);
    secret_free(&r.assertion);
    return ok;
}

const struct credential_type credential_federated = {
    .name = "federated",
    .summary = "a token of another identity provider: --federated-token-file, with --tenant and --client-id",
    .present = present,
    .check = check,
    .acquire = acquire,
    .renews = true,
};
