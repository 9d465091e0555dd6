/*
 * api.c - one call of the Defender for Endpoint API; see api.h.
 */
#include "mde/api.h"

#include "base/trace.h"

#include <string.h>

struct call api_call(const struct api *a, const char *method, struct span path, struct span body)
{
    struct call call = call_init(method, a->url);
    struct span base = a->url->target;
    if (span_ends(base, SPAN("/"))) {
        base.size--;
    }
    buf_put(&call.target, base);
    buf_put(&call.target, path);
    call_add_field(&call, "Authorization", "Bearer ", a->bearer);
    if (body.size > 0) {
        call.body = body;
        call.content_type = "application/json";
    }
    return call;
}

/*   HTTP status  fault code        what the line says */
#define API_STATUS_LIST(X) \
    X(400, FAULT_REFUSED, "refused") \
    X(401, FAULT_TOKEN, "the token is not accepted") \
    X(403, FAULT_PERMISSION, "not allowed") \
    X(404, FAULT_NOT_FOUND, "not found")

struct status_row {
    int status;
    enum fault_code code;
    const char *text;
};

static const struct status_row status_rows[] = {
#define X(status, code, text) {status, code, text},
    API_STATUS_LIST(X)
#undef X
};

struct advice_row {
    const char *code;
    const char *advice;
};

/* defender-docs api/common-errors.md */
static const struct advice_row advice_rows[] = {
    {"OsPlatformNotSupported", "this kind of device cannot be released through the API; use the portal"},
    {"ClientVersionNotSupported", "the sensor on the device is too old; update it, or use the portal's force-release script"},
    {"DisabledFeature", "the feature is switched off in the tenant: portal, Settings, Endpoints, Advanced features"},
    {"InvalidRequestBody", "the comment may hold something that the service does not take; try a plain one"},
};

/* True: the body is a JSON object, or there is none; `error` is its member of that name. */
static bool read_error(const struct call *call, struct json *error)
{
    struct fault ignored = {0};
    struct json body = {0};
    *error = (struct json){0};
    if (span_trim(buf_span(&call->answer)).size == 0) {
        return true;
    }
    if (!json_parse(buf_span(&call->answer), &body, &ignored) || body.kind != JSON_OBJECT) {
        return false;
    }
    if (json_member(body, "error", error) != 1) {
        *error = (struct json){0};
    }
    return true;
}

static void keep_service_words(struct fault *f, struct json error)
{
    (void)json_text(error, "code", f->service_code, sizeof f->service_code);
    (void)json_text(error, "message", f->service_message, sizeof f->service_message);
    (void)json_text(error, "target", f->service_target, sizeof f->service_target);
    for (size_t i = 0; i < sizeof advice_rows / sizeof advice_rows[0]; i++) {
        if (strcmp(f->service_code, advice_rows[i].code) == 0) {
            fault_advise(f, "%s", advice_rows[i].advice);
        }
    }
}

static bool status_fault(const struct call *call, struct fault *f)
{
    struct json error;
    bool from_api = read_error(call, &error);
    for (size_t i = 0; from_api && i < sizeof status_rows / sizeof status_rows[0]; i++) {
        if (status_rows[i].status == call->status) {
            fault_set(f, status_rows[i].code, "%s: %s (status %d)", call->origin->place, status_rows[i].text, call->status);
        }
    }
    if (!fault_is_set(f)) {
        call_status_fault(call, f);
    }
    keep_service_words(f, error);
    return false;
}

bool api_answer(const struct call *call, struct json *value, struct fault *f)
{
    struct fault why = {0};
    if (fault_is_set(&call->fault)) {
        *f = call->fault;
        return false;
    }
    if (call->status < 200 || call->status > 299) {
        return status_fault(call, f);
    }
    if (!json_parse(buf_span(&call->answer), value, &why) || value->kind != JSON_OBJECT) {
        return fault_set(f, FAULT_ANSWER, "%s: status %d, but the body is no JSON object", call->origin->place, call->status);
    }
    return true;
}

bool api_is_duplicate(const struct fault *f)
{
    return f->code == FAULT_REFUSED && (strcmp(f->service_code, "ActiveRequestAlreadyExists") == 0 ||
                                        span_contains(span_of(f->service_message), SPAN("already in progress")));
}

bool api_renew(struct api *a, struct fault *f)
{
    struct fault why = {0};
    if (f->code != FAULT_TOKEN || a->renew == NULL || a->renewed) {
        return false;
    }
    trace(TRACE_STEPS, "%s; signing in once more", f->text);
    a->renewed = true;
    if (!a->renew(a->renew_context, &why)) {
        *f = why;
        return false;
    }
    fault_clear(f);
    return true;
}
