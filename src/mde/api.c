/*
 * api.c - one call of the Defender for Endpoint API; see api.h.
 */
#include "mde/api.h"

#include "base/trace.h"
#include "os/os.h"

#include <assert.h>
#include <string.h>

struct call api_call(const struct api *a, const char *method, struct span path, struct span body)
{
    struct call call = call_init(method, a->url);
    call.paced = true;
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
    if (f->code == FAULT_PERMISSION && strcmp(call->method, "GET") == 0) {
        fault_advise(f, "looking things up needs the WindowsDefenderATP role Machine.Read.All, with admin consent; "
                        "a release by device id does not");
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
    uint64_t now_ms = os_monotonic_ms();
    bool recently = a->renewed_ms != 0 && now_ms - a->renewed_ms < API_RENEW_MS;
    if (f->code != FAULT_TOKEN || a->renew == NULL || recently) {
        return false;
    }
    trace(TRACE_STEPS, "%s; signing in once more", f->text);
    a->renewed_ms = now_ms;
    if (!a->renew(a->renew_context, &why)) {
        *f = why;
        return false;
    }
    fault_clear(f);
    return true;
}

/* ---- reading ---- */

bool api_get(struct api *a, struct span path, struct call *call, struct json *value, struct fault *f)
{
    for (;;) {
        *call = api_call(a, "GET", path, (struct span){0});
        call->repeatable = true;
        (void)client_call(a->client, call);
        if (api_answer(call, value, f)) {
            return true;
        }
        if (!api_renew(a, f)) {
            return false;
        }
        call_free(call);
    }
}

void api_put_filter(struct buf *path, struct span filter)
{
    buf_put_text(path, "?$filter=");
    url_put_encoded(path, filter);
}

void api_put_quoted(struct buf *filter, struct span text)
{
    buf_put_char(filter, '\'');
    for (size_t i = 0; i < text.size; i++) {
        buf_put_text(filter, text.at[i] == '\'' ? "'" : "");
        buf_put_char(filter, text.at[i]);
    }
    buf_put_char(filter, '\'');
}

void api_put_any(struct buf *filter, const char *name, const char *const *values, size_t count)
{
    buf_put_text(filter, name);
    buf_put_text(filter, count > 1 ? " in (" : " eq ");
    for (size_t i = 0; i < count; i++) {
        buf_put_text(filter, i > 0 ? "," : "");
        api_put_quoted(filter, span_of(values[i]));
    }
    buf_put_text(filter, count > 1 ? ")" : "");
}

/* The domains that Microsoft serves the API from, cloud by cloud: a shard or another region may give the next page. */
static const struct {
    const char *domain;
    int cloud;
} api_domains[] = {
    {".securitycenter.microsoft.com", 1},
    {".security.microsoft.com", 1},
    {".securitycenter.windows.com", 1},
    {".securitycenter.microsoft.us", 2},
};

/* Which cloud's API host this is; 0: none. */
static int cloud_of(const struct url *u)
{
    for (size_t i = 0; u->https && u->port == 443 && i < sizeof api_domains / sizeof api_domains[0]; i++) {
        if (span_ends(span_of(u->host), span_of(api_domains[i].domain))) {
            return api_domains[i].cloud;
        }
    }
    return 0;
}

static bool is_own_host(const struct api *a, const struct url *u)
{
    bool same = u->https == a->url->https && strcmp(u->place, a->url->place) == 0;
    return same || (cloud_of(u) != 0 && cloud_of(u) == cloud_of(a->url));
}

static struct call page_call(struct api_listing *l)
{
    struct buf path = buf_init(API_PATH_MAX);
    struct call call;
    if (l->link.size > 0) {
        call = api_call(l->api, "GET", (struct span){0}, (struct span){0});
        call.origin = &l->link_url;
        buf_clear(&call.target);
        buf_put(&call.target, l->link_url.target);
    } else {
        buf_put(&path, l->path);
        if (l->top > 0) {
            buf_put_format(&path, "&$top=%zu", l->top);
        }
        if (l->visited > 0) {
            buf_put_format(&path, "&$skip=%zu", l->visited);
        }
        call = api_call(l->api, "GET", buf_span(&path), (struct span){0});
        call.target.failed = call.target.failed || path.failed;
    }
    call.repeatable = true;
    buf_free(&path);
    return call;
}

/* Take over the answer's nextLink: is there a page left? */
static bool take_next(struct api_listing *l, struct json answer, size_t in_page, struct fault *f)
{
    struct json link;
    struct buf text = buf_init(URL_MAX);
    size_t links = json_member(answer, "@odata.nextLink", &link);
    bool has_link = links > 0 && link.kind != JSON_NULL;
    bool may_go_on = l->top > 0 && l->linked && in_page > 0; /* links may end where `top` elements have been given */
    l->linked = l->linked || has_link;
    l->ended = !has_link && !may_go_on && in_page < (l->top > 0 ? l->top : API_PAGE_SIZE);
    if (!has_link) {
        buf_clear(&l->link);
        return true;
    }
    bool ok = links == 1 && json_put_decoded(&text, link) && !span_equal(buf_span(&text), buf_span(&l->link));
    buf_free(&l->link);
    l->link = text;
    struct fault no_url = {0};
    if (!ok || !url_parse(buf_span(&l->link), &l->link_url, &no_url) || !is_own_host(l->api, &l->link_url)) {
        return fault_set(f, FAULT_ANSWER, "%s: the next page of a list is not at one of the API's hosts", l->api->url->place);
    }
    return true;
}

static bool visit_page(struct api_listing *l, struct json answer, size_t *in_page, struct fault *f)
{
    struct json list;
    struct json element;
    struct json_walk walk = {0};
    *in_page = 0;
    if (json_member(answer, "value", &list) != 1 || list.kind != JSON_ARRAY) {
        return fault_set(f, FAULT_ANSWER, "the answer holds no list");
    }
    while (json_next(list, &walk, &element)) {
        if (!l->visit(l->context, element, f)) {
            return false;
        }
        (*in_page)++;
    }
    l->visited += *in_page;
    return true;
}

/* The engine has ended the call of a page. The answer is read and given back at once: of many lists only a few are held. */
static void take_page(void *listing, struct call *call)
{
    struct api_listing *l = listing;
    struct json answer = {0};
    size_t in_page;
    bool ok = api_answer(call, &answer, &l->fault) && visit_page(l, answer, &in_page, &l->fault) &&
              take_next(l, answer, in_page, &l->fault);
    if (l->fault.code == FAULT_NOT_FOUND && !(l->wants_words && l->fault.service_code[0] == '\0')) {
        fault_clear(&l->fault);
        l->ended = true;
    } else if (ok && !l->ended && ++l->pages == API_PAGES_MAX) {
        fault_set(&l->fault, FAULT_ANSWER, "%s: a list of more than %d pages", l->api->url->place, (int)API_PAGES_MAX);
    }
    l->ended = l->ended || fault_is_set(&l->fault);
    buf_free(&call->answer);
}

/* The next page of each list that has one. False: there is none. */
static bool round_of_pages(struct api *a, struct api_listing *lists, size_t count)
{
    struct call calls[API_LISTS_MAX];
    size_t used = 0;
    bool renewed = false;
    for (size_t i = 0; i < count; i++) {
        if (!lists[i].ended) {
            calls[used] = page_call(&lists[i]);
            calls[used].ended = take_page;
            calls[used++].context = &lists[i];
        }
    }
    client_run(a->client, calls, used);
    while (used-- > 0) {
        struct api_listing *l = calls[used].context;
        call_free(&calls[used]);
        if (l->fault.code == FAULT_TOKEN && (renewed || api_renew(a, &l->fault))) {
            renewed = true;
            fault_clear(&l->fault);
            l->ended = false;
        }
    }
    for (size_t i = 0; i < count; i++) {
        if (!lists[i].ended) {
            return true;
        }
    }
    return false;
}

void api_lists(struct api *a, struct api_listing *lists, size_t count)
{
    assert(count <= API_LISTS_MAX);
    for (size_t i = 0; i < count; i++) {
        lists[i].api = a;
    }
    while (round_of_pages(a, lists, count)) {
        /* each list has API_PAGES_MAX pages at most */
    }
    for (size_t i = 0; i < count; i++) {
        buf_free(&lists[i].link);
    }
}

bool api_list(struct api *a, struct span path, size_t top, api_visit *visit, void *context, struct fault *f)
{
    struct api_listing list = {.path = path, .top = top, .visit = visit, .context = context};
    api_lists(a, &list, 1);
    if (fault_is_set(&list.fault)) {
        *f = list.fault;
    }
    return !fault_is_set(&list.fault);
}
