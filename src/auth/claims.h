/*
 * claims.h - what an access token says of itself, read without trust.
 *
 * Does      take audience, expiry, roles and scopes out of a JWT's payload; say in advance what the API will not like.
 * Not here  verifying signatures: the API has the last word, this is advice only.
 * Limits    CLAIMS_PAYLOAD_MAX bytes of payload. A token that is no JWT has no claims, which is no fault.
 * Rules     RFC 7519 sections 3 and 4.1; entra-docs access-token-claims-reference.md: `roles` of an application, `scp` of a user;
 *           defender-docs api/exposed-apis-create-app-webapp.md (read 2026-11-23): Machine.Isolate.
 */
#ifndef AUTH_CLAIMS_H
#define AUTH_CLAIMS_H

#include "base/secret.h"

enum { CLAIMS_PAYLOAD_MAX = 64 * 1024 };

struct claims {
    char audience[200];      /* "" where there is none */
    char tenant[64];         /* tid; "" where there is none */
    int64_t expires;         /* seconds since 1970; 0: unknown */
    char permissions[4096];  /* room for every permission of the API: roles and scopes, separated by blanks */
};

/* False: the token is no JWT that can be read; *c is then empty. */
bool claims_read(const struct secret *token, struct claims *c) MUST_CHECK;

/* True when `permission` is one of the roles or scopes, whole and without case. */
bool claims_allow(const struct claims *c, const char *permission);

/*
 * What will most likely go wrong with this token, one line into `advice`; false: nothing to say.
 *
 * scope   what was asked for, "https://.../.default": its resource is a right audience besides those that are known
 * now     seconds since 1970
 */
bool claims_advise(const struct claims *c, const char *scope, int64_t now, char *advice, size_t advice_size) MUST_CHECK;

#endif
