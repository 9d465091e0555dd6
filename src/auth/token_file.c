/*
 * token_file.c - sign in with a bearer token that was obtained elsewhere.
 *
 * Does      read the token from a file, standard input or the environment.
 * Not here  checking what it allows: the API has the last word.
 * Limits    TOKEN_FILE_MAX bytes.
 * Rules     RFC 6750 section 2.1: the characters of a token. "Bearer " in front is cut off, as people copy it along.
 */
#include "auth/token.h"

enum { TOKEN_FILE_MAX = 64 * 1024 };

static bool present(const struct credential_settings *s)
{
    return s->token_file != NULL;
}

static bool check(const struct credential_settings *s, struct fault *f)
{
    return s->token_file != NULL || fault_set(f, FAULT_USAGE, "--auth token: --token-file FILE is missing");
}

static bool acquire(const struct credential_settings *s, const struct authority *a, struct client *c,
                    struct secret *token, struct fault *f)
{
    static const struct span prefix = {"Bearer ", 7};
    (void)a;
    (void)c;
    if (!credential_read_secret(s->token_file, "the token", TOKEN_FILE_MAX, token, f)) {
        return false;
    }
    if (span_starts_nocase(secret_reveal(token), prefix)) {
        secret_trim(token, prefix.size, secret_reveal(token).size);
    }
    return token_is_well_formed(secret_reveal(token)) ||
           fault_set(f, FAULT_FILE, "the token (%s): not a bearer token: it holds other characters than A-Z a-z 0-9 - . _ ~ + / =",
                     s->token_file);
}

const struct credential_type credential_token = {
    .name = "token",
    .summary = "a bearer token obtained elsewhere: --token-file",
    .present = present,
    .check = check,
    .acquire = acquire,
};
