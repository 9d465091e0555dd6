/*
 * api_peer.h - a Defender API that follows a script: which request is expected next, and what it is answered.
 *
 * Does      serve a list of steps at http://api.test/, one a request, and check that each request is the expected one; bodies of actions
 *           and lists.
 * Not here  the real thing's rules (tests/service).
 * Rules     include it behind unit.h. api_begin() first, api_end() last. A request too many is a failed check, and so is a step that is
 *           not used.
 */
#ifndef UNIT_API_PEER_H
#define UNIT_API_PEER_H

#include "fake/os_fake.h"
#include "mde/api.h"

#include <stdio.h>

enum { API_STEPS = 24, API_RUN_SECONDS = 3600 };

#define ID(last) "00000000000000000000000000000000000000" last
#define ID1 ID("01")
#define ID2 ID("02")

/* ---- bodies ---- */

/* Times are of the day on which the fake's clock begins, at 16:00:01. */
#define AT(time) "\"2026-11-23T" time ".1234567Z\""
#define ENTITY(id, machine, type, status, comment, requested, ended) \
    "{\"id\":\"" id "\",\"type\":\"" type "\",\"status\":\"" status "\",\"machineId\":\"" machine "\",\"requestor\":\"someone\"," \
    "\"requestorComment\":\"" comment "\",\"computerDnsName\":\"pc.test\",\"creationDateTimeUtc\":" requested "," \
    "\"lastUpdateDateTimeUtc\":" ended "}"
#define UNISOLATE(id, status) ENTITY(id, ID1, "Unisolate", status, "why", AT("16:00:01"), AT("16:00:25"))
#define ISOLATE(id, status, requested) ENTITY(id, ID1, "Isolate", status, "other", AT(requested), AT(requested))
#define LIST(elements) "{\"value\":[" elements "]}"
#define EMPTY LIST("")
#define ERROR(code) "{\"error\":{\"code\":\"" code "\",\"message\":\"words of " code "\",\"target\":\"t\"}}"

/* ---- requests ---- */

#define RELEASE "POST /api/machines/" ID1 "/unisolate "
#define LOOK_UP "GET /api/machineactions?$filter=machineId%20eq%20%27" ID1 "%27%20and%20type%20in%20"
#define GET(id) "GET /api/machineactions/" id " "
#define POLL GET("a-1")
#define CANCEL(id) "POST /api/machineactions/" id "/cancel "
#define RECORD "GET /api/machines/" ID1 " "

/* One request and its answer. status NULL: the connection is reset when the request is there; "": it stays silent. */
struct api_step {
    const char *request; /* what it begins with; NULL ends a list of steps */
    const char *status, *body;
};

static struct url api_url;
static struct client api_client;
static struct secret api_bearer;
static struct api api;
static const struct api_step *api_steps;
static size_t api_at;                 /* requests so far */

static inline const char *api_http(const char *status, const char *body)
{
    static char answer[48 * 1024];
    if (status == NULL || status[0] == '\0') {
        return status;
    }
    snprintf(answer, sizeof answer, "HTTP/1.1 %s\r\nContent-Length: %zu\r\n\r\n%s", status, strlen(body), body);
    return answer;
}

static inline const char *api_respond(const char *request)
{
    const struct api_step *step = &api_steps[api_at];
    if (step->request == NULL) {
        unit_fail(__FILE__, __LINE__, "a request too many: %.100s", request);
        return NULL;
    }
    if (!span_starts(span_of(request), span_of(step->request))) {
        unit_fail(__FILE__, __LINE__, "request %zu is %.160s, not %s", api_at + 1, request, step->request);
    }
    api_at++;
    return api_http(step->status, step->body);
}

/* A fresh machine and engine; the peer answers by `respond`. */
static inline void api_begin_with(const char *(*respond)(const char *request), unsigned retries)
{
    struct client_settings settings = {.conn = {.connect_timeout_ms = 10000}, .retries = retries, .user_agent = "unit/1"};
    struct os_fake_script peer = {.address = "192.0.2.1", .respond = respond, .answer_after_ms = 10};
    struct fault f = {0};
    os_fake_reset();
    settings.deadline_ms = os_monotonic_ms() + API_RUN_SECONDS * 1000;
    os_fake_name("api.test", "192.0.2.1");
    os_fake_peer(&peer);
    CHECK(url_parse(SPAN("http://api.test/"), &api_url, &f));
    client_open(&api_client, &settings);
    CHECK(secret_copy(&api_bearer, SPAN("first-token")));
    api = (struct api){.client = &api_client, .url = &api_url, .bearer = &api_bearer};
}

static inline void api_begin(const struct api_step *steps, unsigned retries)
{
    api_steps = steps;
    api_at = 0;
    api_begin_with(api_respond, retries);
}

static inline void api_close(void)
{
    client_close(&api_client);
    secret_free(&api_bearer);
}

static inline void api_end(void)
{
    if (api_steps[api_at].request != NULL) {
        unit_fail(__FILE__, __LINE__, "request %zu never came: %s", api_at + 1, api_steps[api_at].request);
    }
    api_close();
}

#endif
