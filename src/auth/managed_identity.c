/*
 * managed_identity.c - sign in as the identity that Azure gives to a machine, an app or a container.
 *
 * Does      find out which service of Azure this host has for that, as Microsoft's clients do, and ask it for a token.
 * Not here  Service Fabric: its certificate is known by a thumbprint alone, and nothing here trusts in that way.
 * Limits    KEY_FILE_MAX bytes of an Azure Arc key. Nobody at the metadata address is known after IMDS_CONNECT_MS.
 * Rules     entra-docs how-to-use-vm-token.md; azure-docs app-service/overview-managed-identity.md,
 *           container-apps/managed-identity.md, azure-arc/servers/managed-identity-authentication.md (read 2026-11-23).
 *           Plain http goes to the one fixed address, or to what the host's environment names, and never through a proxy.
 */
#include "auth/token.h"

#include "base/trace.h"

#include <string.h>

enum {
    KEY_FILE_MAX = 4096,
    KEY_PATH_MAX = 1024,
    PARAMETERS_MAX = 8 * 1024,
    IMDS_CONNECT_MS = 1000,
    PROBE_ANSWER_MS = 5 * 1000,
};

#define IMDS_PATH "/metadata/identity/oauth2/token"

enum identity_kind { IDENTITY_SYSTEM, IDENTITY_CLIENT, IDENTITY_OBJECT, IDENTITY_RESOURCE, IDENTITY_KIND_COUNT };

struct identity {
    enum identity_kind kind;
    const char *id; /* borrowed; unused for IDENTITY_SYSTEM */
};

struct source {
    const char *name;
    const char *needs[3];                        /* variables that are all set where this source serves; none: see is_here() */
    const char *endpoint_variable;               /* names the endpoint; where unset it is `endpoint` */
    const char *endpoint, *path;                 /* path: put behind what the variable says; NULL: nothing */
    const char *version;                         /* api-version; NULL: resource and identity go as a form */
    const char *id_names[IDENTITY_KIND_COUNT];   /* parameter for an identity of that kind; NULL: cannot be named here */
    bool metadata_field;                         /* wants "Metadata: true" */
    const char *secret_field, *secret_variable;  /* a field that carries the value of that variable; or NULL */
    bool is_arc, is_imds;
};

#define USUAL_IDS {[IDENTITY_CLIENT] = "client_id", [IDENTITY_OBJECT] = "object_id", [IDENTITY_RESOURCE] = "mi_res_id"}
#define IMDS_IDS {[IDENTITY_CLIENT] = "client_id", [IDENTITY_OBJECT] = "object_id", [IDENTITY_RESOURCE] = "msi_res_id"}

/* In the order in which they are looked for; the last is the one that needs nothing. */
static const struct source sources[] = {
    {.name = "Service Fabric", .needs = {"IDENTITY_ENDPOINT", "IDENTITY_HEADER", "IDENTITY_SERVER_THUMBPRINT"}},
    {.name = "App Service", .needs = {"IDENTITY_ENDPOINT", "IDENTITY_HEADER"}, .endpoint_variable = "IDENTITY_ENDPOINT",
     .version = "2019-08-01", .id_names = USUAL_IDS, .secret_field = "X-IDENTITY-HEADER", .secret_variable = "IDENTITY_HEADER"},
    {.name = "Machine Learning", .needs = {"MSI_ENDPOINT", "MSI_SECRET"}, .endpoint_variable = "MSI_ENDPOINT",
     .version = "2017-09-01", .id_names = {[IDENTITY_CLIENT] = "clientid"}, .metadata_field = true,
     .secret_field = "secret", .secret_variable = "MSI_SECRET"},
    {.name = "Cloud Shell", .needs = {"MSI_ENDPOINT"}, .endpoint_variable = "MSI_ENDPOINT", .metadata_field = true},
    {.name = "Azure Arc", .needs = {"IDENTITY_ENDPOINT", "IMDS_ENDPOINT"}, .endpoint_variable = "IDENTITY_ENDPOINT",
     .endpoint = "http://127.0.0.1:40342" IMDS_PATH, .version = "2020-06-01",
     .id_names = {[IDENTITY_CLIENT] = "client_id"}, .metadata_field = true, .is_arc = true},
    {.name = "IMDS", .endpoint_variable = "AZURE_POD_IDENTITY_AUTHORITY_HOST", .endpoint = "http://169.254.169.254",
     .path = IMDS_PATH, .version = "2018-02-01", .id_names = IMDS_IDS, .metadata_field = true,
     .is_imds = true},
};

/* One sign-in. */
struct inquiry {
    const struct source *source;
    struct identity identity;
    struct buf endpoint;   /* what url borrows from */
    struct url url;
    struct buf parameters;
    struct secret secret;  /* of source->secret_field, then the key of Azure Arc */
    struct call call;
    bool is_probe;         /* nobody said that there is a managed identity */
};

/* ---- which source ---- */

/* The value of a variable; one that is empty counts as unset. */
static const char *variable(const char *name)
{
    const char *value = name != NULL ? os_environment(name) : NULL;
    return value != NULL && value[0] != '\0' ? value : NULL;
}

static bool is_here(const struct source *source)
{
    bool all = source->needs[0] != NULL;
    for (size_t i = 0; i < sizeof source->needs / sizeof source->needs[0]; i++) {
        all = all && (source->needs[i] == NULL || variable(source->needs[i]) != NULL);
    }
    return all || (source->is_arc && os_arc_is_installed());
}

/* The one that is here, else the last. */
static const struct source *find_source(void)
{
    const struct source *source = sources;
    while (!source->is_imds && !is_here(source)) {
        source++;
    }
    return source;
}

static bool present(const struct credential_settings *s)
{
    bool named = s->method != NULL && strcmp(s->method, credential_managed_identity.name) == 0;
    return named || s->identity != NULL || !find_source()->is_imds;
}

/* ---- which identity ---- */

static bool read_identity(const struct credential_settings *s, struct identity *identity, struct fault *f)
{
    static const char *const prefixes[IDENTITY_KIND_COUNT] = {NULL, "client:", "object:", "resource:"};
    if (s->identity == NULL) {
        *identity = (struct identity){s->client_id != NULL ? IDENTITY_CLIENT : IDENTITY_SYSTEM, s->client_id};
        return true;
    }
    *identity = (struct identity){0};
    if (strcmp(s->identity, "system") == 0) {
        return true;
    }
    for (enum identity_kind kind = IDENTITY_CLIENT; kind < IDENTITY_KIND_COUNT; kind++) {
        size_t size = strlen(prefixes[kind]);
        if (strncmp(s->identity, prefixes[kind], size) == 0 && s->identity[size] != '\0') {
            *identity = (struct identity){kind, s->identity + size};
            return true;
        }
    }
    return fault_set(f, FAULT_USAGE, "--identity %s: client:ID, object:ID, resource:ID or system is wanted", s->identity);
}

static bool check(const struct credential_settings *s, struct fault *f)
{
    const struct source *source = find_source();
    struct identity identity;
    if (!read_identity(s, &identity, f)) {
        return false;
    }
    if (source->endpoint_variable == NULL) {
        fault_set(f, FAULT_NO_CREDENTIAL, "managed identity: %s is not supported", source->name);
        return fault_advise(f, "choose another way to sign in with --auth; a token of that identity can be given with --token-file");
    }
    if (identity.kind != IDENTITY_SYSTEM && source->id_names[identity.kind] == NULL) {
        fault_set(f, FAULT_USAGE, "managed identity: %s does not take %s", source->name,
                  s->identity != NULL ? s->identity : "a client id");
        return fault_advise(f, "--identity system asks for the host's own identity");
    }
    return true;
}

/* ---- the request ---- */

static bool find_endpoint(struct inquiry *q, struct fault *f)
{
    const struct source *source = q->source;
    const char *named = variable(source->endpoint_variable);
    struct span base = span_of(named != NULL ? named : source->endpoint);
    q->endpoint = buf_init(URL_MAX);
    while (source->path != NULL && span_ends(base, SPAN("/"))) {
        base.size--;
    }
    buf_put(&q->endpoint, base);
    buf_put_text(&q->endpoint, source->path != NULL ? source->path : "");
    if (q->endpoint.failed) {
        return fault_set(f, FAULT_USAGE, "%s: too long", source->endpoint_variable);
    }
    if (!url_parse(buf_span(&q->endpoint), &q->url, f)) {
        return fault_place(f, "%s", source->endpoint_variable);
    }
    return !q->url.has_userinfo || fault_set(f, FAULT_USAGE, "%s: a URL with a user name is not allowed", source->endpoint_variable);
}

/* A managed identity is asked for a resource, not for a scope. */
static struct span resource_of(const char *scope)
{
    struct span resource = span_of(scope);
    return span_ends(resource, SPAN("/.default")) ? span_cut(resource, 0, resource.size - (sizeof "/.default" - 1)) : resource;
}

static void put_parameters(struct inquiry *q, const char *scope)
{
    q->parameters = buf_init(PARAMETERS_MAX);
    if (q->source->version != NULL) {
        token_put_field(&q->parameters, "api-version", span_of(q->source->version));
    }
    token_put_field(&q->parameters, "resource", resource_of(scope));
    if (q->identity.kind != IDENTITY_SYSTEM) {
        token_put_field(&q->parameters, q->source->id_names[q->identity.kind], span_of(q->identity.id));
    }
}

static bool open_inquiry(struct inquiry *q, const struct credential_settings *s, const struct authority *a, struct fault *f)
{
    const char *secret;
    *q = (struct inquiry){.source = find_source(), .is_probe = !present(s)};
    if (!read_identity(s, &q->identity, f) || !find_endpoint(q, f)) {
        return false;
    }
    secret = variable(q->source->secret_variable);
    put_parameters(q, a->scope);
    trace(TRACE_STEPS, "managed identity: from %s at %s, %s", q->source->name, q->url.place,
          q->identity.kind == IDENTITY_SYSTEM ? "the host's own" : q->identity.id);
    return secret == NULL || secret_copy(&q->secret, span_of(secret)) || fault_set(f, FAULT_MEMORY, "out of memory");
}

static void close_inquiry(struct inquiry *q)
{
    call_free(&q->call);
    secret_free(&q->secret);
    buf_free(&q->parameters);
    buf_free(&q->endpoint);
}

static void put_target(struct inquiry *q)
{
    struct buf *target = &q->call.target;
    buf_put(target, q->url.target);
    if (q->url.target.size == 0) {
        buf_put_char(target, '/');
    }
    if (q->source->version == NULL) {
        q->call.body = buf_span(&q->parameters);
        q->call.content_type = "application/x-www-form-urlencoded";
    } else {
        buf_put_char(target, span_find(q->url.target, '?') < q->url.target.size ? '&' : '?');
        buf_put(target, buf_span(&q->parameters));
    }
}

/* While IMDS is updated. Other clouds' metadata services say 404 to this path for ever, so it does not pass in a probe. */
static enum call_verdict judge_imds(void *context, const struct call *call)
{
    const struct inquiry *q = context;
    bool not_yet = call->status == 410 || (call->status == 404 && !q->is_probe);
    return not_yet ? CALL_THROTTLED : CALL_BY_STATUS;
}

/* Ask once. field: the name of the field that carries q->secret behind `value`; NULL: none. */
static bool ask(struct inquiry *q, struct client *c, const char *field, const char *value, struct fault *f)
{
    call_free(&q->call);
    q->call = call_init(q->source->version != NULL ? "GET" : "POST", &q->url);
    put_target(q);
    if (q->source->metadata_field) {
        call_add_field(&q->call, "Metadata", "true", NULL);
    }
    if (field != NULL) {
        call_add_field(&q->call, field, value, &q->secret);
    }
    q->call.repeatable = true;
    q->call.answer_is_secret = true;
    q->call.answer_max = TOKEN_ANSWER_MAX;
    if (q->source->is_imds) {
        q->call.judge = judge_imds;
        q->call.context = q;
        q->call.unreachable_is_final = true;
        q->call.connect_timeout_ms = IMDS_CONNECT_MS;
    }
    if (q->is_probe) {
        q->call.answer_timeout_ms = PROBE_ANSWER_MS;
    }
    if (!client_call(c, &q->call)) {
        *f = q->call.fault;
        return false;
    }
    return true;
}

/* ---- Azure Arc's challenge: the key is in a file that only those may read who may have a token ---- */

/* A file of the agent's own folder, and no other: the answer could name any. */
static bool find_key_file(struct span challenge, struct buf *path, struct fault *f)
{
    const char *folder = os_arc_key_folder();
    struct span file = span_cut(challenge, sizeof "Basic realm=" - 1, challenge.size);
    bool ok = folder != NULL && span_starts_nocase(challenge, SPAN("Basic realm="));
    if (file.size > 1 && span_starts(file, SPAN("\"")) && span_ends(file, SPAN("\""))) {
        file = span_cut(file, 1, file.size - 1);
    }
    struct span name = ok ? span_cut(file, strlen(folder), file.size) : (struct span){0};
    ok = ok && span_starts(file, span_of(folder)) && span_ends(name, SPAN(".key")) && !span_starts(name, SPAN(".")) &&
         span_find(name, '/') == name.size && span_find(name, '\\') == name.size && span_find(name, '\0') == name.size;
    buf_put(path, ok ? file : (struct span){0});
    return (ok && !path->failed) ||
           fault_set(f, FAULT_ANSWER, "the challenge names no key of the agent: \"%.*s\"", SPAN_ARG(challenge));
}

/* The file's text, without a line end behind it. */
static bool take_key(struct inquiry *q, struct buf *key, const char *path, struct fault *f)
{
    if (!secret_take(&q->secret, key)) {
        return fault_set(f, FAULT_MEMORY, "out of memory");
    }
    struct span text = span_trim(secret_reveal(&q->secret));
    if (text.size == 0) {
        return fault_set(f, FAULT_FILE, "%s: empty", path);
    }
    size_t from = (size_t)(text.at - secret_reveal(&q->secret).at);
    secret_trim(&q->secret, from, from + text.size);
    return true;
}

static bool read_key(struct inquiry *q, struct fault *f)
{
    struct buf path = buf_init(KEY_PATH_MAX);
    struct buf key = buf_init(KEY_FILE_MAX);
    bool ok = find_key_file(buf_span(&q->call.challenge), &path, f);
    if (ok && !os_read_plain_file(buf_text(&path), &key, f)) {
        ok = fault_advise(f, "run it as root, or as a member of the group himds");
    }
    ok = ok && take_key(q, &key, buf_text(&path), f);
    buf_free(&key);
    buf_free(&path);
    return ok;
}

static bool answer_challenge(struct inquiry *q, struct client *c, struct fault *f)
{
    if (!q->source->is_arc || q->call.status != 401) {
        return true;
    }
    return read_key(q, f) && ask(q, c, "Authorization", "Basic ", f);
}

/* ---- the answer ---- */

/* An older agent knows the host's own identity only, and gives that whatever it was asked for. */
static bool is_of_identity(const struct inquiry *q, struct json answer, struct fault *f)
{
    char client_id[100];
    bool says = json_text(answer, "client_id", client_id, sizeof client_id);
    if (q->identity.kind != IDENTITY_CLIENT || (!says && !q->source->is_arc) ||
        span_equal_nocase(span_of(client_id), span_of(q->identity.id))) {
        return true;
    }
    fault_set(f, FAULT_SIGN_IN, "%s: the answer is for another identity than %s", q->url.place, q->identity.id);
    return fault_advise(f, "check --identity; --identity system asks for the host's own identity");
}

/* {"error","error_description"}, {"error":{"code","message"}}, {"statusCode","message"} */
static bool refused(const struct inquiry *q, struct json answer, struct fault *f)
{
    struct json error = {0};
    fault_set(f, FAULT_SIGN_IN, "%s: refused (status %d)", q->url.place, q->call.status);
    if (!json_text(answer, "error", f->service_code, sizeof f->service_code) &&
        json_member(answer, "error", &error) == 1 && error.kind == JSON_OBJECT) {
        (void)json_text(error, "code", f->service_code, sizeof f->service_code);
        answer = error;
    }
    if (!json_text(answer, "error_description", f->service_message, sizeof f->service_message)) {
        (void)json_text(answer, "message", f->service_message, sizeof f->service_message);
    }
    (void)json_text(answer, "correlation_id", f->service_target, sizeof f->service_target);
    return fault_advise(f, q->identity.kind == IDENTITY_SYSTEM
                               ? "does this host have an identity of its own? --identity names one that was assigned by a user"
                               : "is this identity assigned to the host? --identity system asks for the host's own");
}

static bool read_answer(const struct inquiry *q, struct secret *token, struct fault *f)
{
    const struct call *call = &q->call;
    struct json answer = {0};
    struct fault no_json = {0};
    bool is_json = json_parse(buf_span(&call->answer), &answer, &no_json) && answer.kind == JSON_OBJECT;
    if (is_json && call->status >= 200 && call->status < 300) {
        return is_of_identity(q, answer, f) && (token_take(answer, token, f) || fault_place(f, "%s", q->url.place));
    }
    if (q->source->is_imds && (call->status == 404 || call->status == 410)) {
        return fault_set(f, FAULT_SERVER, "%s: not ready (status %d)", q->url.place, call->status);
    }
    if (call->status == 401 || (is_json && call->status >= 400 && call->status < 500 && call->status != 429)) {
        return refused(q, answer, f);
    }
    return call_status_fault(call, f);
}

/* ---- all of it ---- */

/* Nobody said that this host has a managed identity, or nobody is at the address that all have in common: it has none. */
static bool none_here(const struct inquiry *q, struct fault *f)
{
    struct fault why = *f;
    bool unreachable = q->source->is_imds && !q->call.sent && (why.code == FAULT_CONNECT || why.code == FAULT_TIMEOUT);
    bool ended = why.code == FAULT_INTERRUPTED || why.code == FAULT_TERMINATED || why.code == FAULT_MEMORY ||
                 why.code == FAULT_USAGE;
    if (ended || (!unreachable && !q->is_probe)) {
        return fault_place(f, "managed identity (%s)", q->source->name);
    }
    fault_clear(f);
    fault_set(f, FAULT_NO_CREDENTIAL, "sign-in: %sthis host has no managed identity (%s)",
              q->is_probe ? "no credential is given, and " : "", why.text);
    memcpy(f->service_code, why.service_code, sizeof f->service_code);
    memcpy(f->service_message, why.service_message, sizeof f->service_message);
    return false;
}

static bool acquire(const struct credential_settings *s, const struct authority *a, struct client *c, struct secret *token,
                    struct fault *f)
{
    struct inquiry q;
    bool ok = open_inquiry(&q, s, a, f) && ask(&q, c, q.source->secret_field, "", f) && answer_challenge(&q, c, f) &&
              read_answer(&q, token, f);
    if (!ok) {
        none_here(&q, f);
    }
    close_inquiry(&q);
    return ok;
}

const struct credential_type credential_managed_identity = {
    .name = "managed-identity",
    .summary = "the identity that Azure gives to this machine, app or container; user-assigned: --identity",
    .present = present,
    .check = check,
    .acquire = acquire,
    .renews = true,
};
