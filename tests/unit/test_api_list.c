/*
 * test_api_list.c - mde/api: lists over all their pages, and which hosts a next page may be at; one record with its renewal.
 */
/* links: fake/os_fake.c */
#include "unit.h"

#include "api_peer.h"

#define FIRST "GET /api/x?$filter=y "
#define NEXT(elements, link) "{\"@odata.nextLink\":\"" link "\",\"value\":[" elements "]}"

static char visited[200]; /* the elements, as they stand */
static size_t visits, stop_after;

static bool visit(void *context, struct json element, struct fault *f)
{
    (void)context;
    if (visits++ < 20) {
        snprintf(visited + strlen(visited), sizeof visited - strlen(visited), "%.*s ", SPAN_ARG(element.raw));
    }
    return visits != stop_after || fault_set(f, FAULT_CONFLICT, "enough");
}

static void begin_visits(void)
{
    visited[0] = '\0';
    visits = 0;
    stop_after = 0;
}

static bool renew(void *context, struct fault *f)
{
    (void)context;
    (void)f;
    return secret_copy(&api_bearer, SPAN("second-token"));
}

struct list_row {
    const char *name;
    struct api_step steps[5];
    const char *visited;
    enum fault_code code;
    bool renews;
};

static const struct list_row lists[] = {
    {"empty", {{FIRST, "200 x", EMPTY}}, "", FAULT_NONE, false},
    {"404 is empty", {{FIRST, "404 x", ERROR("ResourceNotFound")}}, "", FAULT_NONE, false},
    {"one page", {{FIRST, "200 x", LIST("1,{\"a\":[2]},\"3\"")}}, "1 {\"a\":[2]} \"3\" ", FAULT_NONE, false},
    {"a link that is null", {{FIRST, "200 x", "{\"value\":[1],\"@odata.nextLink\":null}"}}, "1 ", FAULT_NONE, false},
    {"three pages",
     {{FIRST, "200 x", NEXT("1,2", "http://api.test/api/x?$skiptoken=a%20b")}, {"GET /api/x?$skiptoken=a%20b ", "200 x",
                                                                               NEXT("", "http://API.test:80/p3")},
      {"GET /p3 ", "200 x", LIST("3")}},
     "1 2 3 ", FAULT_NONE, false},
    {"404 on a later page", {{FIRST, "200 x", NEXT("1", "http://api.test/p2")}, {"GET /p2 ", "404 x", ""}}, "1 ", FAULT_NONE, false},
    {"a link to the first page, in a circle", {{FIRST, "200 x", NEXT("1", "http://api.test/api/x?$filter=y")},
                                               {FIRST, "200 x", NEXT("1", "http://api.test/api/x?$filter=y")}},
     "1 1 ", FAULT_ANSWER, false},
    {"no list", {{FIRST, "200 x", "{}"}}, "", FAULT_ANSWER, false},
    {"a list that is none", {{FIRST, "200 x", "{\"value\":{}}"}}, "", FAULT_ANSWER, false},
    {"two lists", {{FIRST, "200 x", "{\"value\":[],\"value\":[]}"}}, "", FAULT_ANSWER, false},
    {"two links", {{FIRST, "200 x", "{\"value\":[1],\"@odata.nextLink\":\"http://api.test/a\",\"@odata.nextLink\":\"http://api.test/b\"}"}},
     "1 ", FAULT_ANSWER, false},
    {"a link that is a number", {{FIRST, "200 x", "{\"value\":[1],\"@odata.nextLink\":7}"}}, "1 ", FAULT_ANSWER, false},
    {"a link that is empty", {{FIRST, "200 x", NEXT("1", "")}}, "1 ", FAULT_ANSWER, false},
    {"a link without a host", {{FIRST, "200 x", NEXT("1", "/api/x?$skip=1")}}, "1 ", FAULT_ANSWER, false},
    {"a broken page", {{FIRST, "200 x", NEXT("1", "http://api.test/p2")}, {"GET /p2 ", "500 x", ""}}, "1 ", FAULT_SERVER, false},
    {"403", {{FIRST, "403 x", ""}}, "", FAULT_PERMISSION, false},
    {"429", {{FIRST, "429 x", ""}}, "", FAULT_THROTTLED, false},
    {"401", {{FIRST, "401 x", ""}}, "", FAULT_TOKEN, false},
    {"401 on the first page, renewed", {{FIRST, "401 x", ""}, {FIRST, "200 x", LIST("1")}}, "1 ", FAULT_NONE, true},
    {"401 on the second, renewed",
     {{FIRST, "200 x", NEXT("1", "http://api.test/p2")}, {"GET /p2 ", "401 x", ""}, {"GET /p2 ", "200 x", LIST("2")}}, "1 2 ", FAULT_NONE,
     true},
    {"401 twice", {{FIRST, "401 x", ""}, {FIRST, "401 x", ""}}, "", FAULT_TOKEN, true},
};

static void pages_are_walked(void)
{
    for (size_t i = 0; i < COUNT_OF(lists); i++) {
        struct fault f = {0};
        unit_row("%s", lists[i].name);
        api_begin(lists[i].steps, 0);
        api.renew = lists[i].renews ? renew : NULL;
        begin_visits();
        CHECK_EQUAL_INT(api_list(&api, SPAN("/api/x?$filter=y"), 0, visit, NULL, &f), lists[i].code == FAULT_NONE);
        CHECK_EQUAL_INT(f.code, lists[i].code);
        CHECK_EQUAL_TEXT(visited, lists[i].visited);
        api_end();
    }
}

/* Both are told that the token is not good; one sign-in serves both. */
static void lists_at_the_same_time(void)
{
    static const struct api_step steps[] = {{"GET /api/x ", "401 x", ""},        {"GET /api/x ", "401 x", ""},
                                            {"GET /api/x ", "200 x", LIST("1,2")},
                                            {"GET /api/x ", "200 x", LIST("1")}, {NULL, NULL, NULL}};
    struct api_listing two[2] = {{.path = SPAN("/api/x"), .visit = visit}, {.path = SPAN("/api/x"), .visit = visit}};
    api_begin(steps, 0);
    api.renew = renew;
    begin_visits();
    api_lists(&api, two, 2);
    CHECK(!fault_is_set(&two[0].fault) && !fault_is_set(&two[1].fault));
    CHECK_EQUAL_INT(two[0].visited + two[1].visited, 3);
    CHECK_EQUAL_INT(visits, 3);
    api_end();
}

static void a_visitor_may_stop(void)
{
    static const struct api_step steps[] = {{FIRST, "200 x", NEXT("1,2,3", "http://api.test/p2")}, {NULL, NULL, NULL}};
    struct fault f = {0};
    api_begin(steps, 0);
    begin_visits();
    stop_after = 2;
    CHECK(!api_list(&api, SPAN("/api/x?$filter=y"), 0, visit, NULL, &f));
    CHECK_EQUAL_INT(f.code, FAULT_CONFLICT);
    CHECK_EQUAL_TEXT(visited, "1 2 ");
    api_end();
}

static void a_path_in_the_url_stands_in_front(void)
{
    static const struct api_step steps[] = {
        {"GET /base/api/x?$filter=y ", "200 x", NEXT("1", "http://api.test/elsewhere")}, {"GET /elsewhere ", "200 x", LIST("2")},
        {NULL, NULL, NULL}};
    struct fault f = {0};
    api_begin(steps, 0);
    CHECK(url_parse(SPAN("http://api.test/base/"), &api_url, &f));
    begin_visits();
    CHECK(api_list(&api, SPAN("/api/x?$filter=y"), 0, visit, NULL, &f));
    CHECK_EQUAL_TEXT(visited, "1 2 ");
    api_end();
}

/* ---- $top and $skip ---- */

/* A list of `count` noughts. */
static const char *noughts(size_t count)
{
    static char body[40 * 1024];
    size_t used = (size_t)snprintf(body, sizeof body, "{\"value\":[");
    for (size_t i = 0; i < count; i++) {
        used += (size_t)snprintf(body + used, sizeof body - used, i == 0 ? "0" : ",0");
    }
    snprintf(body + used, sizeof body - used, "]}");
    return body;
}

struct skip_row {
    size_t top;
    size_t pages[4];          /* elements of each, 0 ends them */
    const char *last_request; /* its target */
    size_t requests;
};

static const struct skip_row skips[] = {
    {0, {9999}, "/api/x?y", 1},
    {0, {10000, 10000, 3}, "/api/x?y&$skip=20000", 3},
    {0, {10000}, "/api/x?y&$skip=10000", 2},
    {1000, {999}, "/api/x?y&$top=1000", 1},
    {1000, {1000, 1000, 1}, "/api/x?y&$top=1000&$skip=2000", 3},
    {1000, {1000, 1000}, "/api/x?y&$top=1000&$skip=2000", 3},
};

static const struct skip_row *skip;
static size_t skip_at;

static const char *full_pages(const char *request)
{
    (void)request;
    size_t page = skip_at++;
    return page < 4 && skip->pages[page] > 0 ? api_http("200 x", noughts(skip->pages[page])) : api_http("404 x", "");
}

static void a_full_page_without_a_link_is_skipped(void)
{
    for (size_t i = 0; i < COUNT_OF(skips); i++) {
        char request[100];
        size_t wanted = 0;
        struct fault f = {0};
        skip = &skips[i];
        skip_at = 0;
        unit_row("%zu: top %zu", i, skip->top);
        for (size_t k = 0; k < 4; k++) {
            wanted += skip->pages[k];
        }
        api_begin_with(full_pages, 0);
        begin_visits();
        CHECK(api_list(&api, SPAN("/api/x?y"), skip->top, visit, NULL, &f));
        CHECK_EQUAL_INT(visits, wanted);
        CHECK_EQUAL_INT(os_fake_requests(), skip->requests);
        snprintf(request, sizeof request, "GET %s HTTP", skip->last_request);
        CHECK(span_contains(span_of(os_fake_received()), span_of(request)));
        api_close();
    }
}

static size_t pages_given, pages_most;

/* One page behind the other, each with a link but the last. */
static const char *chain(const char *request)
{
    static char body[100];
    (void)request;
    pages_given++;
    if (pages_given == pages_most) {
        return api_http("200 x", EMPTY);
    }
    snprintf(body, sizeof body, NEXT("0", "http://api.test/p%zu"), pages_given);
    return api_http("200 x", body);
}

static void pages_have_an_end(void)
{
    for (size_t n = API_PAGES_MAX - 1; n <= API_PAGES_MAX + 1; n++) {
        struct fault f = {0};
        unit_row("%zu pages", n);
        pages_given = 0;
        pages_most = n;
        api_begin_with(chain, 0);
        begin_visits();
        CHECK_EQUAL_INT(api_list(&api, SPAN("/api/x?y"), 0, visit, NULL, &f), n <= API_PAGES_MAX);
        CHECK_EQUAL_INT(f.code, n <= API_PAGES_MAX ? FAULT_NONE : FAULT_ANSWER);
        CHECK_EQUAL_INT(pages_given, n < API_PAGES_MAX ? n : API_PAGES_MAX);
        api_close();
    }
}

/* Two pages that name each other: seen by their number. */
static const char *ring(const char *request)
{
    pages_given++;
    return api_http("200 x", strstr(request, "/a ") != NULL ? NEXT("0", "http://api.test/b") : NEXT("0", "http://api.test/a"));
}

static void a_ring_of_pages_has_an_end(void)
{
    struct fault f = {0};
    pages_given = 0;
    api_begin_with(ring, 0);
    begin_visits();
    CHECK(!api_list(&api, SPAN("/api/x?y"), 0, visit, NULL, &f));
    CHECK_EQUAL_INT(f.code, FAULT_ANSWER);
    CHECK(pages_given <= API_PAGES_MAX);
    api_close();
}

/* ---- whose host is it? ---- */

struct host_row {
    const char *own, *link;
    bool own_host;
};

#define COMMERCIAL "https://api.security.microsoft.com"
#define GOV "https://api-gov.securitycenter.microsoft.us"

static const struct host_row hosts[] = {
    {COMMERCIAL, "https://api.security.microsoft.com/x", true},
    {COMMERCIAL, "https://api.security.microsoft.com:443/x", true},
    {COMMERCIAL, "https://API.Security.Microsoft.Com/x", true},
    {COMMERCIAL, "https://eu.api.security.microsoft.com/x", true},
    {COMMERCIAL, "https://api-us3.securitycenter.microsoft.com/x", true},
    {COMMERCIAL, "https://api.securitycenter.windows.com/x", true},
    {"https://us.api.security.microsoft.com", "https://api.securitycenter.microsoft.com/x", true},
    {GOV, "https://api-gcc.securitycenter.microsoft.us/x", true},
    {COMMERCIAL, "http://api.security.microsoft.com/x", false},
    {COMMERCIAL, "http://api.security.microsoft.com:443/x", false},
    {COMMERCIAL, "http://eu.api.security.microsoft.com:443/x", false},
    {COMMERCIAL, "https://api.security.microsoft.com:444/x", false},
    {COMMERCIAL, "https://api.security.microsoft.com.evil.test/x", false},
    {COMMERCIAL, "https://evilsecurity.microsoft.com/x", false},
    {COMMERCIAL, "https://security.microsoft.com/x", false},
    {COMMERCIAL, "https://evil.test/.security.microsoft.com", false},
    {COMMERCIAL, "https://evil.test?a.security.microsoft.com", false},
    {COMMERCIAL, "https://evil.test#a.security.microsoft.com", false},
    {COMMERCIAL, "https://api.security.microsoft.com@evil.test/x", false},
    {COMMERCIAL, "https://api.security.microsoft.com\\\\@evil.test/x", false},
    {COMMERCIAL, "https://192.0.2.7/x", false},
    {COMMERCIAL, "//api.security.microsoft.com/x", false},
    {COMMERCIAL, GOV "/x", false},
    {GOV, COMMERCIAL "/x", false},
    {"https://own.test", "https://own.test/x", true},
    {"https://own.test:444", "https://own.test:444/x", true},
    {"https://own.test:444", "https://own.test/x", false},
    {"https://own.test", COMMERCIAL "/x", false},
    {"https://own.test", "https://b.own.test/x", false},
};

static const struct host_row *host;
static struct url host_own;

/*
 * The fake speaks no TLS, so the first page comes from elsewhere, and only then the API has its real URL. A link that is followed leads to
 * a name that nobody here knows: FAULT_NAME.
 */
static bool move_house(void *context, struct json element, struct fault *f)
{
    (void)context;
    (void)element;
    (void)f;
    api.url = &host_own;
    return true;
}

static const char *first_page(const char *request)
{
    static char body[300];
    (void)request;
    snprintf(body, sizeof body, NEXT("0", "%s"), host->link);
    return api_http("200 x", body);
}

static void the_next_page_is_at_an_own_host(void)
{
    for (size_t i = 0; i < COUNT_OF(hosts); i++) {
        struct fault f = {0};
        host = &hosts[i];
        unit_row("%s -> %s", host->own, host->link);
        api_begin_with(first_page, 0);
        os_fake_name("evil.test", "192.0.2.1");
        CHECK(url_parse(span_of(host->own), &host_own, &f));
        CHECK(!api_list(&api, SPAN("/api/x?y"), 0, move_house, NULL, &f));
        CHECK_EQUAL_INT(f.code, host->own_host ? FAULT_NAME : FAULT_ANSWER);
        CHECK_EQUAL_INT(os_fake_requests(), 1);
        CHECK_EQUAL_INT(os_fake_connects(), 1);
        api.url = &api_url;
        api_close();
    }
}

/* ---- one object ---- */

struct get_row {
    const char *name;
    struct api_step steps[3];
    enum fault_code code;
    bool renews;
    unsigned retries;
};

static const struct get_row get_rows[] = {
    {"there", {{"GET /y ", "200 x", "{\"a\":1}"}}, FAULT_NONE, false, 0},
    {"401, renewed", {{"GET /y ", "401 x", ""}, {"GET /y ", "200 x", "{\"a\":1}"}}, FAULT_NONE, true, 0},
    {"401 twice", {{"GET /y ", "401 x", ""}, {"GET /y ", "401 x", ""}}, FAULT_TOKEN, true, 0},
    {"5xx, again", {{"GET /y ", "502 x", ""}, {"GET /y ", "200 x", "{\"a\":1}"}}, FAULT_NONE, false, 1},
    {"no JSON", {{"GET /y ", "200 x", "<html>"}}, FAULT_ANSWER, false, 0},
};

static void one_object(void)
{
    for (size_t i = 0; i < COUNT_OF(get_rows); i++) {
        struct call call;
        struct json value = {0};
        struct json member;
        struct fault f = {0};
        unit_row("%s", get_rows[i].name);
        api_begin(get_rows[i].steps, get_rows[i].retries);
        api.renew = get_rows[i].renews ? renew : NULL;
        CHECK_EQUAL_INT(api_get(&api, SPAN("/y"), &call, &value, &f), get_rows[i].code == FAULT_NONE);
        CHECK_EQUAL_INT(f.code, get_rows[i].code);
        CHECK(f.code != FAULT_NONE || json_member(value, "a", &member) == 1);
        CHECK_EQUAL_INT(span_contains(span_of(os_fake_received()), SPAN("second-token")), get_rows[i].renews);
        call_free(&call);
        api_end();
    }
}

static const struct unit_test tests[] = {
    TEST(pages_are_walked),
    TEST(lists_at_the_same_time),
    TEST(a_visitor_may_stop),
    TEST(a_path_in_the_url_stands_in_front),
    TEST(a_full_page_without_a_link_is_skipped),
    TEST(pages_have_an_end),
    TEST(a_ring_of_pages_has_an_end),
    TEST(the_next_page_is_at_an_own_host),
    TEST(one_object),
};

UNIT_MAIN(tests)
