/*
 * token.h - a token request to Entra ID and its answer.
 *
 * Does      send a form to the token endpoint; take the access token out of the answer; an Entra error -> fault and advice.
 * Not here  what stands in the form (one file a credential type).
 * Limits    TOKEN_ANSWER_MAX bytes of answer, TOKEN_FORM_MAX of a form that is made here.
 * Rules     RFC 6749 sections 4.4, 5.1, 5.2; entra-docs v2-oauth2-client-creds-grant-flow.md, reference-error-codes.md (read 2026-11-23).
 *           Branches are taken on `error` and error_codes, never on the description. A code chooses the advice, and whether it is worth
 *           another try: as after 5xx (a temporary fault) or 429 (throttling), whatever the status. An unknown code is a refusal.
 */
#ifndef AUTH_TOKEN_H
#define AUTH_TOKEN_H

#include "auth/credential.h"
#include "codec/json.h"

enum { TOKEN_ANSWER_MAX = 256 * 1024, TOKEN_FORM_MAX = 256 * 1024 };

/* Append "name=value" to a form, percent-encoded, with '&' in front where it is not the first. */
void token_put_field(struct buf *form, const char *name, struct span value);

/*
 * POST the form to {authority}/{tenant}/oauth2/v2.0/token.
 *
 * form   taken over and wiped: it holds a credential
 * token  out: the access token
 *
 * FAULT_SIGN_IN: refused, with Entra's first line, its ids and what to do; FAULT_SERVER, FAULT_THROTTLED: still so after all tries;
 * FAULT_ANSWER: no token in the answer; or what the network said.
 */
bool token_request(const struct authority *a, const char *tenant, struct buf *form, struct client *c,
                   struct secret *token, struct fault *f) MUST_CHECK;

/*
 * Make the form of one request. It is called again before anything goes out a second time: an assertion is for one request, and a
 * federated token may have been replaced. False: f says why, and the sign-in ends.
 */
typedef bool token_form(void *context, struct buf *form, struct fault *f);

/*
 * The same with a form that is made for every request.
 *
 * code   out: the first AADSTS number of a refusal, 0 where there is none
 *
 * Faults: as token_request(), and those of make().
 */
bool token_request_made(const struct authority *a, const char *tenant, token_form *make, void *context, struct client *c,
                        struct secret *token, int64_t *code, struct fault *f) MUST_CHECK;

/* The steps of it, for requests of another kind. A POST of form, which is borrowed, to {authority}/{tenant}/oauth2/v2.0/{endpoint}. */
struct call token_call(const struct authority *a, const char *tenant, const char *endpoint, const struct secret *form);

/* The JSON object of a 2xx answer; the faults of a refusal as above; or the fault of the status. */
bool token_answer(const struct call *call, struct json *answer, struct fault *f) MUST_CHECK;

/* The `access_token` of a successful answer. FAULT_ANSWER: there is none, or it is no bearer token. */
bool token_take(struct json answer, struct secret *token, struct fault *f) MUST_CHECK;

/* Append the URL that token requests go to: an assertion's audience. */
void token_put_endpoint(struct buf *to, const struct authority *a, const char *tenant);

/* Append the fields that every sign-in as an application has. */
void token_put_application(struct buf *form, const char *client_id, const struct authority *a);

/* Append the two fields of a client assertion, RFC 7521 section 4.2. */
void token_put_assertion(struct buf *form, const struct secret *assertion);

/* True when every byte may stand in a bearer token (RFC 6750 section 2.1), and there is one. */
bool token_is_well_formed(struct span token);

#endif
