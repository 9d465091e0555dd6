/*
 * credential.c - the list of credential types; see credential.h.
 */
#include "auth/credential.h"

#include "base/trace.h"
#include "os/os.h"

#include <string.h>

const struct credential_type *const credential_types[] = {
    &credential_token,
    &credential_secret,
    &credential_certificate,
    &credential_federated,
    &credential_managed_identity,
    &credential_device_code,
    NULL,
};

static const struct credential_type *by_name(const char *name)
{
    for (size_t i = 0; credential_types[i] != NULL; i++) {
        if (strcmp(credential_types[i]->name, name) == 0) {
            return credential_types[i];
        }
    }
    return NULL;
}

static const struct credential_type *by_presence(const struct credential_settings *s)
{
    for (size_t i = 0; credential_types[i] != NULL; i++) {
        if (credential_types[i]->present(s)) {
            trace(TRACE_STEPS, "sign-in: with %s: the first whose inputs are given", credential_types[i]->name);
            return credential_types[i];
        }
        trace(TRACE_STEPS, "sign-in: not with %s: its inputs are not given (%s)", credential_types[i]->name,
              credential_types[i]->summary);
    }
    trace(TRACE_STEPS, "sign-in: nothing is given; asking whether this host has a managed identity");
    return &credential_managed_identity;
}

bool credential_choose(const struct credential_settings *s, const struct credential_type **type, struct fault *f)
{
    bool automatic = s->method == NULL || strcmp(s->method, "auto") == 0;
    *type = automatic ? by_presence(s) : by_name(s->method);
    if (*type == NULL) {
        return fault_set(f, FAULT_USAGE, "--auth %s: no such method", s->method);
    }
    if (!automatic) {
        trace(TRACE_STEPS, "sign-in: with %s, as --auth says", s->method);
    }
    return true;
}

static bool is_plain(const char *text, const char *also)
{
    struct span s = span_of(text);
    for (size_t i = 0; i < s.size; i++) {
        if (!ascii_is_letter(s.at[i]) && !ascii_is_digit(s.at[i]) && span_find(span_of(also), s.at[i]) == strlen(also)) {
            return false;
        }
    }
    return s.size > 0;
}

bool credential_check_application(const struct credential_settings *s, struct fault *f)
{
    if (s->tenant == NULL || s->client_id == NULL) {
        return fault_set(f, FAULT_USAGE, "sign-in as an application: %s is missing",
                         s->tenant == NULL ? "--tenant" : "--client-id");
    }
    if (!is_plain(s->tenant, "-.")) {
        return fault_set(f, FAULT_USAGE, "--tenant %s: a GUID or a verified domain is wanted", s->tenant);
    }
    return is_plain(s->client_id, "-") || fault_set(f, FAULT_USAGE, "--client-id %s: an application id (GUID) is wanted", s->client_id);
}

void credential_unload(struct credential_settings *s)
{
    key_free(s->key);
    s->key = NULL;
}

/* ---- reading a secret source ---- */

static bool read_source(const char *source, struct buf *to, struct fault *f)
{
    struct span text = span_of(source);
    if (span_equal(text, SPAN("-"))) {
        return os_read_input(to, f);
    }
    if (!span_starts(text, SPAN("env:"))) {
        return os_read_file(source, to, f);
    }
    const char *value = os_environment(source + 4);
    if (value == NULL) {
        return fault_set(f, FAULT_FILE, "the environment variable %s is not set", source + 4);
    }
    buf_put_text(to, value);
    return !to->failed || fault_set(f, FAULT_FILE, "%s: too large", source);
}

/* Blanks and line ends around it go, and a byte order mark in front: editors and echo leave them. */
static void trim(struct secret *s)
{
    struct span all = secret_reveal(s);
    bool marked = span_starts(all, SPAN("\xEF\xBB\xBF"));
    struct span kept = span_trim(span_cut(all, marked ? 3 : 0, all.size));
    size_t from = kept.size == 0 ? all.size : (size_t)(kept.at - all.at);
    secret_trim(s, from, from + kept.size);
}

bool credential_read_source(const char *source, const char *what, size_t size_max, struct secret *to, struct fault *f)
{
    struct buf bytes = buf_init(size_max);
    if (!read_source(source, &bytes, f)) {
        buf_free(&bytes);
        return fault_place(f, "%s", what);
    }
    return secret_take(to, &bytes) || fault_set(f, FAULT_MEMORY, "out of memory");
}

bool credential_read_secret(const char *source, const char *what, size_t size_max, struct secret *to, struct fault *f)
{
    if (!credential_read_source(source, what, size_max, to, f)) {
        return false;
    }
    trim(to);
    if (!secret_present(to)) {
        secret_free(to);
        return fault_set(f, FAULT_FILE, "%s (%s): empty", what, source);
    }
    if (span_find(secret_reveal(to), '\0') < secret_reveal(to).size) {
        secret_free(to);
        return fault_set(f, FAULT_FILE, "%s (%s): not a text: it holds a NUL byte", what, source);
    }
    return true;
}
