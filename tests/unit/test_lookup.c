/*
 * test_lookup.c - mde/lookup: what is asked for many selectors, what each of them gets, what happens where filters are refused.
 */
/* links: fake/os_fake.c */
#include "unit.h"

#include "api_peer.h"
#include "mde/lookup.h"

#define GUID_1 "5382f7ea-7557-4ab7-9782-d50480024a4e"
#define GUID_2 "0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0"
#define IN(member, rest) "GET /api/machines?$filter=" member "%20in%20(" rest " "
#define NAMES(rest) IN("computerDnsName", rest)
#define ANY_NAMES "GET /api/machines?$filter=computerDnsName%20in%20("
#define ONE(name) "GET /api/machines?$filter=computerDnsName%20eq%20%27" name "%27 "
#define NAMED(id, name) "{\"id\":\"" id "\",\"computerDnsName\":\"" name "\"}"
#define ENTRA(id, guid) "{\"id\":\"" id "\",\"aadDeviceId\":\"" guid "\"}"

static const char *const *inputs;
static char told[2000]; /* "INPUT=ids" of each, or "INPUT!exit status" */
static bool with_records, with_ids;
static size_t stop_at;

static void select_input(void *context, size_t i, struct selector *s)
{
    struct fault f = {0};
    (void)context;
    CHECK(selector_read(s, inputs[i], &f));
}

static void tell(const char *text)
{
    snprintf(told + strlen(told), sizeof told - strlen(told), "%s", text);
}

static bool record(void *context, size_t i, const struct device *device, struct json value, struct fault *f)
{
    struct device again;
    (void)context;
    CHECK(i < 100);
    CHECK(device_read(&again, value, f));
    CHECK_EQUAL_TEXT(again.id, device->id);
    tell("<");
    tell(device->id + DEVICE_ID_SIZE - 2);
    tell(">");
    return true;
}

static bool done(void *context, size_t i, struct lookup_row *row, struct fault *f)
{
    char code[20];
    (void)context;
    tell(inputs[i]);
    if (fault_is_set(&row->fault)) {
        snprintf(code, sizeof code, "!%d", (int)fault_status(row->fault.code));
        tell(code);
    }
    for (size_t k = 0; k < row->found.count; k++) {
        tell(k == 0 ? "=" : ",");
        tell(row->found.at[k].id + DEVICE_ID_SIZE - 2);
    }
    tell(" ");
    return i + 1 != stop_at || fault_set(f, FAULT_CONFLICT, "enough");
}

static bool look_up(const char *const *texts, struct fault *f)
{
    struct lookup l = {.ids = with_ids, .select = select_input, .record = with_records ? record : NULL, .done = done};
    inputs = texts;
    told[0] = '\0';
    while (texts[l.count] != NULL) {
        l.count++;
    }
    return lookup_all(&l, &api, f);
}

struct look_up_row {
    const char *name;
    const char *inputs[6];
    struct api_step steps[9];
    const char *told;
};

static const struct look_up_row rows[] = {
    {"none", {NULL}, {{NULL, NULL, NULL}}, ""},
    {"an id needs no call", {ID1, "id:" ID2}, {{NULL, NULL, NULL}}, ID1 " id:" ID2 " "},
    {"one name is asked for as ever", {"a.x"}, {{ONE("a.x"), "200 x", LIST(NAMED(ID1, "a.x"))}}, "a.x=01 "},
    {"full names", {"a.x", "b.x", "c.x"},
     {{NAMES("'a.x','b.x','c.x')"), "200 x", LIST(NAMED(ID2, "C.x") "," NAMED(ID1, "a.x") "," NAMED(ID("03"), "xa.x"))}},
     "a.x=01 b.x c.x=02 "},
    {"short names", {"a", "b"},
     {{NAMES("'a','b')%20or%20startswith(computerDnsName,'a.')%20or%20startswith(computerDnsName,'b.')"), "200 x",
       LIST(NAMED(ID1, "a") "," NAMED(ID2, "A.y") "," NAMED(ID("03"), "b.y") "," NAMED(ID("04"), "ab.y") "," NAMED(ID("05"), ""))}},
     "a=01,02 b=03 "},
    {"capitals are asked for both ways", {"A.x", "b.x."},
     {{NAMES("'A.x','a.x','b.x')"), "200 x", LIST(NAMED(ID1, "a.X"))}}, "A.x=01 b.x. "},
    {"a short name and a full one of the same device", {"a", "a.x"},
     {{NAMES("'a','a.x')%20or%20startswith(computerDnsName,'a.')"), "200 x", LIST(NAMED(ID1, "a.x"))}}, "a=01 a.x=01 "},
    {"quotes, and signs with a meaning in URLs", {"o'b.x", "a&b=c.x"},
     {{NAMES("'o%27%27b.x','a%26b%3Dc.x')"), "200 x", LIST(NAMED(ID1, "O'B.x") "," NAMED(ID2, "a&b=c.x"))}}, "o'b.x=01 a&b=c.x=02 "},
    {"a filter in a name", {"name:x') or ('a.b", "c.x"},
     {{NAMES("'x%27%27%29%20or%20%28%27%27a.b','c.x')"), "200 x", LIST(NAMED(ID1, "pc"))}}, "name:x') or ('a.b c.x "},
    {"Entra ids", {GUID_1, "entra:" GUID_2},
     {{IN("aadDeviceId", GUID_1 "," GUID_2 ")"), "200 x", LIST(ENTRA(ID2, GUID_2) ",{\"id\":\"" ID1 "\",\"aadDeviceId\":null}")}},
     GUID_1 " entra:" GUID_2 "=02 "},
    {"Entra ids in quotes", {GUID_1, GUID_2},
     {{IN("aadDeviceId", GUID_1 "," GUID_2 ")"), "400 x", ERROR("ODataError")},
      {IN("aadDeviceId", "'" GUID_1 "','" GUID_2 "')"), "200 x", LIST(ENTRA(ID2, GUID_2) "," ENTRA(ID1, GUID_1))}},
     GUID_1 "=01 " GUID_2 "=02 "},
    {"kinds are asked for each by itself", {"a.x", "10.0.0.1", "b.x", GUID_1, "tag:t"},
     {{NAMES("'a.x','b.x')"), "200 x", LIST(NAMED(ID1, "a.x"))},
      {"GET /api/machines?$filter=aadDeviceId%20eq%20" GUID_1 " ", "200 x", EMPTY},
      {"GET /api/machines/findbyip(", "200 x", LIST("{\"id\":\"" ID2 "\",\"lastIpAddress\":\"10.0.0.1\"}")},
      {"GET /api/machines/findbytag?", "200 x", LIST("{\"id\":\"" ID("03") "\",\"machineTags\":[\"t\"]}")}},
     "a.x=01 10.0.0.1=02 b.x " GUID_1 " tag:t=03 "},
    {"nobody, in the API's words", {"a.x", "b.x"}, {{ANY_NAMES, "404 x", ERROR("ResourceNotFound")}}, "a.x b.x "},
    {"a 404 that is not the API's is a refusal", {"a.x", "b.x"},
     {{ANY_NAMES, "404 x", ""}, {ONE("a.x"), "404 x", ERROR("NotFound")}, {ONE("b.x"), "200 x", LIST(NAMED(ID1, "b.x"))}}, "a.x b.x=01 "},
    {"refused: by halves", {"a.x", "b.x", "c.x", "d.x", "e.x"},
     {{NAMES("'a.x','b.x','c.x','d.x','e.x')"), "400 x", ERROR("ODataError")},
      {NAMES("'a.x','b.x')"), "200 x", LIST(NAMED(ID1, "a.x"))},
      {NAMES("'c.x','d.x')"), "200 x", LIST(NAMED(ID2, "d.x") "," NAMED(ID("07"), "a.x"))},
      {ONE("e.x"), "200 x", LIST(NAMED(ID("03"), "e.x"))}},
     "a.x=01 b.x c.x d.x=02 e.x=03 "},
    {"every batch is refused: one by one", {"a.x", "b.x", "c.x"},
     {{NAMES("'a.x','b.x','c.x')"), "414 x", "<html>"}, {ONE("a.x"), "200 x", EMPTY}, {ONE("b.x"), "200 x", LIST(NAMED(ID1, "b.x"))},
      {ONE("c.x"), "200 x", EMPTY}},
     "a.x b.x=01 c.x "},
    {"one name is the cause", {"bad.x", "b.x", "c.x"},
     {{NAMES("'bad.x','b.x','c.x')"), "400 x", ERROR("ODataError")}, {ONE("bad.x"), "400 x", ERROR("ODataError")},
      {NAMES("'b.x','c.x')"), "200 x", LIST(NAMED(ID1, "c.x"))}},
     "bad.x!11 b.x c.x=01 "},
    {"a record without an id takes nobody else along", {"a.x", "b.x"},
     {{ANY_NAMES, "200 x", LIST(NAMED(ID1, "a.x") "," "{\"computerDnsName\":\"b.x\"}")}, {ONE("a.x"), "200 x", LIST(NAMED(ID1, "a.x"))},
      {ONE("b.x"), "200 x", LIST("{\"computerDnsName\":\"b.x\"}")}},
     "a.x=01 b.x!14 "},
    {"5xx is for all of the batch", {"a.x", "b.x", ID1}, {{ANY_NAMES, "503 x", ""}}, "a.x!14 b.x!14 " ID1 " "},
    {"403 is for all, and asked no further", {"a.x", GUID_1, "b.x", "10.0.0.1", GUID_2}, {{ANY_NAMES, "403 x", ERROR("Forbidden")}},
     "a.x!6 " GUID_1 "!6 b.x!6 10.0.0.1!6 " GUID_2 "!6 "},
    {"refused on the second page: the first counts for nothing", {"a.x", "b.x"},
     {{ANY_NAMES, "200 x", "{\"value\":[" NAMED(ID1, "a.x") "],\"@odata.nextLink\":\"http://api.test/next\"}"},
      {"GET /next ", "400 x", ""}, {ONE("a.x"), "200 x", EMPTY}, {ONE("b.x"), "200 x", EMPTY}},
     "a.x b.x "},
    {"two pages", {"a.x", "b"},
     {{ANY_NAMES, "200 x", "{\"value\":[" NAMED(ID1, "a.x") "," NAMED(ID2, "b.y") "],\"@odata.nextLink\":\"http://api.test/next\"}"},
      {"GET /next ", "200 x", LIST(NAMED(ID("03"), "b.z") "," NAMED(ID2, "b.y"))}},
     "a.x=01 b=02,03 "},
};

static void each_gets_its_own(void)
{
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct fault f = {0};
        unit_row("%s", rows[i].name);
        api_begin(rows[i].steps, 0);
        CHECK(look_up(rows[i].inputs, &f));
        CHECK_EQUAL_INT(f.code, FAULT_NONE);
        CHECK_EQUAL_TEXT(told, rows[i].told);
        api_end();
    }
}

static const struct look_up_row finds[] = {
    {"records come in front of what is said of them", {"b.x", "a", "c.x"},
     {{ANY_NAMES, "200 x", LIST(NAMED(ID1, "a.x") "," NAMED(ID2, "b.x") "," NAMED(ID("03"), "a.y"))}}, "<02>b.x=02 <01><03>a=01,03 c.x "},
    {"ids are asked for too, and by themselves where the list lacks them", {ID1, "id:" ID2},
     {{IN("id", "'" ID1 "','" ID2 "')"), "200 x", LIST(NAMED(ID2, "x"))}, {RECORD, "200 x", NAMED(ID1, "y")}},
     "<01>" ID1 "=01 <02>id:" ID2 "=02 "},
    {"a record that stands on two pages is given once", {"a.x", "b.x"},
     {{ANY_NAMES, "200 x", "{\"value\":[" NAMED(ID1, "a.x") "],\"@odata.nextLink\":\"http://api.test/next\"}"},
      {"GET /next ", "200 x", LIST(NAMED(ID1, "a.x"))}}, "<01>a.x=01 b.x "},
    {"an id alone is asked for once", {ID1}, {{RECORD, "404 x", ERROR("ResourceNotFound")}}, ID1 " "},
};

static void find_gets_records(void)
{
    with_records = with_ids = true;
    for (size_t i = 0; i < COUNT_OF(finds); i++) {
        struct fault f = {0};
        unit_row("%s", finds[i].name);
        api_begin(finds[i].steps, 0);
        CHECK(look_up(finds[i].inputs, &f));
        CHECK_EQUAL_TEXT(told, finds[i].told);
        api_end();
    }
    with_records = with_ids = false;
}

static void the_caller_may_end_it(void)
{
    static const char *const names[] = {"a.x", "b.x", NULL};
    static const struct api_step steps[] = {{ANY_NAMES, "200 x", EMPTY}, {NULL, NULL, NULL}};
    struct fault f = {0};
    api_begin(steps, 0);
    stop_at = 1;
    CHECK(!look_up(names, &f));
    CHECK_EQUAL_INT(f.code, FAULT_CONFLICT);
    CHECK_EQUAL_TEXT(told, "a.x ");
    stop_at = 0;
    api_end();
}

static void interrupted_is_the_end(void)
{
    static const char *const names[] = {"a.x", "b.x", NULL};
    static const struct api_step steps[] = {{ANY_NAMES, "", ""}, {NULL, NULL, NULL}};
    struct fault f = {0};
    api_begin(steps, 0);
    os_fake_stop_at(os_monotonic_ms() + 50, OS_STOP_INTERRUPTED);
    CHECK(!look_up(names, &f));
    CHECK_EQUAL_INT(f.code, FAULT_INTERRUPTED);
    CHECK_EQUAL_TEXT(told, "");
    api_end();
}

/* ---- many ---- */

enum { MANY = 3000 };

static char many[MANY][24];
static const char *many_inputs[MANY + 1];
static unsigned many_calls, many_longest, many_found;

/* A service that knows every name it is asked for whose number is even. */
static const char *answer_even(const char *request)
{
    static char body[40 * 1024];
    const char *end = strstr(request, " HTTP/");
    size_t size = 0;
    unsigned in_list = 0;
    many_calls++;
    many_longest = end - request > many_longest ? (unsigned)(end - request) : many_longest;
    size += (size_t)snprintf(body, sizeof body, "{\"value\":[");
    for (const char *at = strstr(request, "'pc-"); at != NULL && at < end; at = strstr(at + 1, "'pc-")) {
        unsigned number = (unsigned)strtoul(at + 4, NULL, 10);
        if (number % 2 == 0) {
            size += (size_t)snprintf(body + size, sizeof body - size, "%s{\"id\":\"%040u\",\"computerDnsName\":\"pc-%05u.x.test\"}",
                                     in_list++ > 0 ? "," : "", number, number);
        }
    }
    snprintf(body + size, sizeof body - size, "]}");
    return api_http("200 x", body);
}

static void select_many(void *context, size_t i, struct selector *s)
{
    struct fault f = {0};
    (void)context;
    CHECK(selector_read(s, many_inputs[i], &f));
}

static bool done_many(void *context, size_t i, struct lookup_row *row, struct fault *f)
{
    char id[DEVICE_ID_SIZE + 1];
    (void)context;
    (void)f;
    snprintf(id, sizeof id, "%040u", (unsigned)i);
    many_found += row->found.count == 1 && strcmp(row->found.at[0].id, id) == 0;
    CHECK_EQUAL_INT(row->found.count, i % 2 == 0);
    CHECK(!fault_is_set(&row->fault));
    return true;
}

static void many_take_few_calls(void)
{
    struct lookup l = {.count = MANY, .select = select_many, .done = done_many};
    struct fault f = {0};
    for (unsigned i = 0; i < MANY; i++) {
        snprintf(many[i], sizeof many[i], "pc-%05u.x.test", i);
        many_inputs[i] = many[i];
    }
    api_begin_with(answer_even, 0);
    CHECK(lookup_all(&l, &api, &f));
    CHECK_EQUAL_INT(many_found, MANY / 2);
    CHECK(many_calls <= MANY / 250 + 3);
    CHECK(many_longest < LOOKUP_PATH_MAX + 100);
    api_close();
}

static const struct unit_test tests[] = {
    TEST(each_gets_its_own),
    TEST(find_gets_records),
    TEST(the_caller_may_end_it),
    TEST(interrupted_is_the_end),
    TEST(many_take_few_calls),
};

UNIT_MAIN(tests)
