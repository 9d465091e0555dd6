/*
 * api.h - one call of the Defender for Endpoint API.
 *
 * Does      path, bearer token, JSON body; the service's error body -> fault.
 * Not here  what an entity means (action.h), which call follows which (release.h), where tokens come from (auth/).
 * Rules     defender-docs api/common-errors.md, api/apis-intro.md (read 2026-11-23). The bearer token goes to the API's host alone.
 */
#ifndef MDE_API_H
#define MDE_API_H

#include "codec/json.h"
#include "net/client.h"

enum { API_RENEW_MS = 5 * 60 * 1000, API_PATH_MAX = 8 * 1024 };
enum { API_PAGES_MAX = 200, API_PAGE_SIZE = 10000, API_TOP = 1000, API_LISTS_MAX = 8 };

struct api {
    struct client *client;
    const struct url *url;           /* origin, and any path in front of /api */
    const struct secret *bearer;
    /* Put a new token into *bearer; NULL: the way to sign in cannot. */
    bool (*renew)(void *context, struct fault *f);
    void *renew_context;
    uint64_t renewed_ms;             /* when it was last done; 0: never */
};

/*
 * A call with everything but its policy set.
 *
 * path  below the API's URL: "/api/machines/..."; already percent-encoded
 * body  JSON, borrowed until the call has ended; empty: none
 */
struct call api_call(const struct api *a, const char *method, struct span path, struct span body);

/* The JSON object of a 2xx answer; otherwise the fault of the status and error body, with the service's own words in it. */
bool api_answer(const struct call *call, struct json *value, struct fault *f) MUST_CHECK;

/*
 * GET path and wait for it, signing in once more after a 401. True: *value is the answer's object, borrowed from *call, which is to be
 * freed by call_free() either way.
 */
bool api_get(struct api *a, struct span path, struct call *call, struct json *value, struct fault *f) MUST_CHECK;

/* What to do with one element of a list; false ends the walk with f. */
typedef bool api_visit(void *context, struct json element, struct fault *f);

/*
 * Visit every element of a list, over all its pages: `@odata.nextLink` is followed within the API's own hosts, and where a full page
 * has none, `$skip` goes on. An empty list and 404 are the same: nobody is visited.
 *
 * path  with a query part
 * top   elements a page, asked for with $top; 0: as many as the service gives. A list that may be long needs it: 10,000 actions are
 *       more than an answer may hold
 *
 * FAULT_ANSWER: no list, a nextLink to elsewhere or in a circle, more than API_PAGES_MAX pages.
 * Rule: defender-docs api/get-machines.md (pages of 10,000; 404 when there is none), api/apis-intro.md (nextLink).
 */
bool api_list(struct api *a, struct span path, size_t top, api_visit *visit, void *context, struct fault *f) MUST_CHECK;

/* One of several lists that are read at the same time. Zeroed but for what is asked. */
struct api_listing {
    struct span path;                /* as of api_list(); borrowed until the end */
    size_t top;
    api_visit *visit;
    void *context;
    bool wants_words;                /* 404 is an empty list only in the API's words: others say so of a path that is too long */
    struct fault fault;              /* out: why it was not read to its end; elements may have been visited all the same */
    /* api.c's own */
    struct api *api;
    struct buf link;                 /* the next page's URL as the service wrote it; empty: the first page, or by $skip */
    struct url link_url;
    size_t visited, pages;           /* elements and pages so far */
    bool linked;                     /* a nextLink has been followed: the service's pages may be smaller than `top` */
    bool ended;
};

/* Read up to API_LISTS_MAX lists over several connections. Visitors are called as answers come. */
void api_lists(struct api *a, struct api_listing *lists, size_t count);

/* Append ?$filter= and the filter, percent-encoded. */
void api_put_filter(struct buf *path, struct span filter);

/* Append 'text' as an OData string: quotes around it, quotes in it doubled (OData 4.01 URL conventions 5.1.1.6.1). */
void api_put_quoted(struct buf *filter, struct span text);

/* Append "name eq 'value'", or of several "name in ('value','value')". */
void api_put_any(struct buf *filter, const char *name, const char *const *values, size_t count);

/* True when the fault says that an action is already under way for the device: by code, then by the words. */
bool api_is_duplicate(const struct fault *f);

/*
 * After a 401 (FAULT_TOKEN): sign in again, but not twice within API_RENEW_MS. True: the call may be made again. False: f,
 * which holds the 401, stays as it is,
 * or becomes the failure of the second sign-in.
 */
bool api_renew(struct api *a, struct fault *f) MUST_CHECK;

#endif
