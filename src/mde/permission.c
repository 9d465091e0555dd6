/*
 * permission.c - whether a release would be allowed; see permission.h.
 */
#include "mde/permission.h"

/* *status: of the answer, 0 where there is none. */
static bool ask(struct api *a, int *status, struct fault *f)
{
    struct json answer;
    struct call call = api_call(a, "POST", SPAN("/api/machines/" PERMISSION_DEVICE "/unisolate"),
                                SPAN("{\"Comment\":\"unisolate doctor: is a release permitted? There is no such device\"}"));
    call.repeatable = true;
    (void)client_call(a->client, &call);
    bool ok = api_answer(&call, &answer, f);
    *status = call.status;
    call_free(&call);
    return ok;
}

bool permission_check(struct api *a, struct fault *f)
{
    int status = 0;
    bool taken = ask(a, &status, f);
    if (!taken && api_renew(a, f)) {
        taken = ask(a, &status, f);
    }
    if (taken || (status >= 200 && status <= 299)) {
        fault_clear(f);
        fault_set(f, FAULT_ANSWER, "%s: took a release of a device that cannot exist (%s, status %d)", a->url->place, PERMISSION_DEVICE,
                  status);
        return fault_advise(f, "whatever answers there is not the Defender API: check --api-url, and what is in the way");
    }
    if (f->code != FAULT_NOT_FOUND) {
        return false;
    }
    if (f->service_code[0] == '\0') { /* not in the API's own words: the path may be what is not found */
        fault_clear(f);
        fault_set(f, FAULT_ANSWER, "%s: status 404 without the API's error body", a->url->place);
        return fault_advise(f, "whatever answers there is not the Defender API: check --api-url, and what is in the way");
    }
    fault_clear(f);
    return true;
}
