/*
 * credential.h - the ways to sign in: one list of types, one struct of settings.
 *
 * Does      choose the type whose inputs are present, check them before anything is sent, get a token.
 * Not here  what a token opens (mde/), where the settings come from (cli/options.c).
 * Rules     contract section 3, --auth: the first of the list whose inputs are present; device-code only when it is named.
 *           A type is one file with one `const struct credential_type`, one line in CREDENTIAL_LIST, its option rows, a
 *           scenario and a README row. The order of the list is the order of `--auth auto`.
 */
#ifndef AUTH_CREDENTIAL_H
#define AUTH_CREDENTIAL_H

#include "base/secret.h"
#include "codec/url.h"
#include "crypto/key.h"
#include "net/client.h"

/* What a person has to do elsewhere for a sign-in with a device code; texts of the service. */
struct credential_prompt {
    const char *user_code;          /* "ABCD-EFGH" */
    const char *url;                /* where to enter it */
    int64_t expires;                /* seconds since 1970 */
};

/* What the user gave, borrowed texts; NULL where nothing was given. */
struct credential_settings {
    const char *method;             /* --auth; NULL or "auto": the first type of the list whose inputs are present */
    const char *tenant;
    const char *client_id;
    const char *token_file;         /* secret sources: a path, "-" for standard input, or "env:NAME" */
    const char *client_secret_file;
    const char *certificate;        /* secret source: certificate and private key */
    const char *certificate_key_file; /* secret source: the private key, where it is not in the same file */
    const char *certificate_password_file; /* secret source */
    bool send_chain;                /* --send-chain */
    const char *federated_token_file; /* secret source */
    struct key *key;                /* what load() has made of these; given back by credential_unload() */
    const char *identity;           /* "client:ID", "object:ID", "resource:ID", "system" */
    /* The program's own: how to show somebody a prompt. */
    void (*tell)(void *context, const struct credential_prompt *prompt);
    void *tell_context;
};

/* Where tokens come from and what they are for. */
struct authority {
    struct url url;                 /* origin, and any path in front of the tenant */
    const char *scope;              /* "https://api.securitycenter.microsoft.com/.default" */
};

struct credential_type {
    const char *name;               /* as in --auth */
    const char *summary;            /* for --help */
    /* Whether its own inputs are there, for auto. */
    bool (*present)(const struct credential_settings *s);
    /* Pure: what is missing or malformed, FAULT_USAGE or FAULT_NO_CREDENTIAL. */
    bool (*check)(const struct credential_settings *s, struct fault *f);
    /*
     * Read what has to be read before anything is sent, or asked of a person; NULL: nothing. Once a run, behind check() and
     * tls_start(). FAULT_FILE and what reading can end with.
     */
    bool (*load)(struct credential_settings *s, struct fault *f);
    /* Get a token. FAULT_FILE, FAULT_SIGN_IN, or what the network said. */
    bool (*acquire)(const struct credential_settings *s, const struct authority *a, struct client *c,
                    struct secret *token, struct fault *f);
    bool renews;                    /* acquire() can give a new token when the API answers 401 */
};

extern const struct credential_type credential_token;
extern const struct credential_type credential_secret;
extern const struct credential_type credential_certificate;
extern const struct credential_type credential_federated;
extern const struct credential_type credential_managed_identity;
extern const struct credential_type credential_device_code;

/* All types in the order of `auto`; NULL ends the list. */
extern const struct credential_type *const credential_types[];

/*
 * The type that the settings ask for. FAULT_USAGE: unknown name. Where nothing is present it is managed-identity: whether the host has
 * one is not known before it is asked; acquire() then ends with FAULT_NO_CREDENTIAL if it has none.
 */
bool credential_choose(const struct credential_settings *s, const struct credential_type **type, struct fault *f) MUST_CHECK;

/* Pure: tenant and client id are there and look like what they should be: a GUID or domain, an id. FAULT_USAGE. */
bool credential_check_application(const struct credential_settings *s, struct fault *f) MUST_CHECK;

/* Wipe and give back what load() has left in the settings. */
void credential_unload(struct credential_settings *s);

/* Read a secret source: a file, "-" for standard input, "env:NAME", as it stands. `what` names it in the text of a fault. FAULT_FILE. */
bool credential_read_source(const char *source, const char *what, size_t size_max, struct secret *to, struct fault *f) MUST_CHECK;

/*
 * Read a secret source: a file, "-" for standard input, "env:NAME". Blanks and line ends around it are cut off; NUL inside, an empty or
 * too large secret is FAULT_FILE. `what` names it in the text of a fault: "the client secret".
 */
bool credential_read_secret(const char *source, const char *what, size_t size_max, struct secret *to, struct fault *f) MUST_CHECK;

#endif
