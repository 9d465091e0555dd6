/*
 * certificate.c - sign in as an application with a certificate and its private key.
 *
 * Does      read the file or both files, ask for the key's password where one is needed, sign an assertion for each request.
 * Not here  PEM and keys (crypto/key.h), the assertion (jwt.h).
 * Limits    CERTIFICATE_FILE_MAX and PASSWORD_MAX bytes; a person has PASSWORD_WAIT_MS to type a password.
 * Rules     RFC 7523 section 2.2; entra-docs v2-oauth2-client-creds-grant-flow.md, second case (read 2026-11-23). RSA signs PS256. It signs
 *           RS256 for AD FS and dSTS, which Microsoft's clients know by the first part of the authority's path, and once more where the
 *           service answers that PS256 is no algorithm it takes (AADSTS5002738). P-256 signs ES256.
 */
#include "auth/jwt.h"
#include "auth/token.h"

#include "base/escape.h"
#include "base/trace.h"
#include "net/clock.h"
#include "os/os.h"

enum {
    CERTIFICATE_FILE_MAX = 128 * 1024,
    PASSWORD_MAX = 4 * 1024,
    PASSWORD_WAIT_MS = 5 * 60 * 1000,
    ENDPOINT_MAX = 16 * 1024,
    AADSTS_ALGORITHM = 5002738, /* "... is not a supported signature algorithm" */
};

static bool present(const struct credential_settings *s)
{
    return s->certificate != NULL;
}

static bool check(const struct credential_settings *s, struct fault *f)
{
    if (s->certificate == NULL) {
        return fault_set(f, FAULT_USAGE, "sign-in with a certificate: --certificate is missing");
    }
    return credential_check_application(s, f);
}

/* ---- the key ---- */

/* Only the line end goes: blanks may belong to it. */
static void trim_line_end(struct secret *password)
{
    struct span s = secret_reveal(password);
    size_t size = s.size;
    while (size > 0 && (s.at[size - 1] == '\n' || s.at[size - 1] == '\r')) {
        size--;
    }
    secret_trim(password, 0, size);
}

static bool ask_password(const char *name, struct secret *password, struct fault *f)
{
    struct buf prompt = buf_init(PASSWORD_MAX);
    struct buf typed = buf_init(PASSWORD_MAX);
    buf_put_text(&prompt, "Password of the private key in ");
    escape_put(&prompt, span_of(name));
    buf_put_text(&prompt, ": ");
    bool ok = os_read_password(buf_span(&prompt), PASSWORD_WAIT_MS, &typed, f);
    buf_free(&prompt);
    if (!ok) {
        buf_free(&typed);
        fault_place(f, "%s: the private key is encrypted, and no password is given", name);
        return fault_advise(f, "--certificate-password-file FILE, or the password in AZURE_CLIENT_CERTIFICATE_PASSWORD");
    }
    return secret_take(password, &typed) || fault_set(f, FAULT_MEMORY, "out of memory");
}

static bool read_password(const struct credential_settings *s, struct secret *password, struct fault *f)
{
    if (s->certificate_password_file == NULL) {
        return ask_password(s->certificate_key_file != NULL ? s->certificate_key_file : s->certificate, password, f);
    }
    if (!credential_read_source(s->certificate_password_file, "the certificate's password", PASSWORD_MAX, password, f)) {
        return false;
    }
    trim_line_end(password);
    return secret_present(password) ||
           fault_set(f, FAULT_FILE, "the certificate's password (%s): empty", s->certificate_password_file);
}

/* One text: the file with the certificate, and the one with the key behind it where that is another. */
static bool read_pem(const struct credential_settings *s, struct secret *pem, struct fault *f)
{
    struct secret part = {0};
    struct buf both = buf_init(2 * CERTIFICATE_FILE_MAX);
    bool ok = credential_read_source(s->certificate, "the certificate", CERTIFICATE_FILE_MAX, pem, f);
    if (!ok || s->certificate_key_file == NULL) {
        return ok;
    }
    ok = credential_read_source(s->certificate_key_file, "the certificate's key", CERTIFICATE_FILE_MAX, &part, f);
    if (ok) {
        buf_put(&both, secret_reveal(pem));
        buf_put_char(&both, '\n');
        buf_put(&both, secret_reveal(&part));
        ok = secret_take(pem, &both) || fault_set(f, FAULT_MEMORY, "out of memory");
    }
    secret_free(&part);
    return ok;
}

static bool load(struct credential_settings *s, struct fault *f)
{
    struct secret pem = {0};
    struct secret password = {0};
    bool encrypted = false;
    bool ok = read_pem(s, &pem, f) && key_look(&pem, s->certificate, &encrypted, f) &&
              (!encrypted || read_password(s, &password, f)) &&
              key_open(&pem, s->certificate, &password, clock_seconds(), &s->key, f);
    secret_free(&pem);
    secret_free(&password);
    return ok;
}

/* ---- the request ---- */

struct request {
    const struct credential_settings *settings;
    const struct authority *authority;
    enum key_algorithm algorithm;
    struct secret assertion; /* held until the answer is read: it may repeat it */
};

static bool make_assertion(struct request *r, struct fault *f)
{
    struct buf endpoint = buf_init(ENDPOINT_MAX);
    struct buf text = buf_init(JWT_ASSERTION_MAX);
    token_put_endpoint(&endpoint, r->authority, r->settings->tenant);
    struct jwt_assertion assertion = {
        .audience = buf_span(&endpoint),
        .client_id = r->settings->client_id,
        .algorithm = r->algorithm,
        .send_chain = r->settings->send_chain,
        .now = clock_seconds(),
    };
    bool ok = jwt_put_assertion(&text, r->settings->key, &assertion, f);
    buf_free(&endpoint);
    if (!ok) {
        buf_free(&text);
        return false;
    }
    return secret_take(&r->assertion, &text) || fault_set(f, FAULT_MEMORY, "out of memory");
}

static bool put_form(void *request, struct buf *form, struct fault *f)
{
    struct request *r = request;
    if (!make_assertion(r, f)) {
        return false;
    }
    token_put_application(form, r->settings->client_id, r->authority);
    token_put_assertion(form, &r->assertion);
    return true;
}

/* The first part of the path of an AD FS or dSTS authority: these know RS256 alone. */
static bool is_old_authority(const struct authority *a)
{
    struct span rest = a->url.target;
    struct span part = {0};
    (void)span_next(&rest, '/', &part);
    (void)span_next(&rest, '/', &part);
    return span_equal_nocase(part, SPAN("adfs")) || span_equal_nocase(part, SPAN("dstsv2"));
}

static enum key_algorithm choose_algorithm(const struct key *key, const struct authority *a)
{
    if (key_kind(key) == KEY_P256) {
        return KEY_ES256;
    }
    return is_old_authority(a) ? KEY_RS256 : KEY_PS256;
}

static bool acquire(const struct credential_settings *s, const struct authority *a, struct client *c,
                    struct secret *token, struct fault *f)
{
    struct request r = {.settings = s, .authority = a, .algorithm = choose_algorithm(s->key, a)};
    int64_t code;
    bool ok = token_request_made(a, s->tenant, put_form, &r, c, token, &code, f);
    if (!ok && code == AADSTS_ALGORITHM && r.algorithm == KEY_PS256) {
        trace(TRACE_STEPS, "%s: PS256 is not taken there; signing RS256 instead", a->url.place);
        fault_clear(f);
        r.algorithm = KEY_RS256;
        ok = token_request_made(a, s->tenant, put_form, &r, c, token, &code, f);
    }
    secret_free(&r.assertion);
    return ok;
}

const struct credential_type credential_certificate = {
    .name = "certificate",
    .summary = "an application's certificate and private key: --certificate, with --tenant and --client-id",
    .present = present,
    .check = check,
    .load = load,
    .acquire = acquire,
    .renews = true,
};
