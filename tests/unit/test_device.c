/*
 * test_device.c - mde/device: what is asked for each kind of selector, which records fit, which one is chosen.
 */
/* links: fake/os_fake.c */
#include "unit.h"

#include "api_peer.h"
#include "mde/device.h"

#define GUID_1 "5382f7ea-7557-4ab7-9782-d50480024a4e"
#define LIST_PATH "GET /api/machines?$filter="
#define BY_IP "GET /api/machines/findbyip(ip='10.0.0.1',timestamp=2026-11-23T16:00:01Z) "
#define BY_TAG "GET /api/machines/findbytag?tag=floor%203%26&useStartsWithFilter=false "
#define NAMED(id, name) "{\"id\":\"" id "\",\"computerDnsName\":\"" name "\"}"
#define TAGGED(id, tags) "{\"id\":\"" id "\",\"machineTags\":" tags "}"

static struct device_list found;

static bool find(const char *text, const struct api_step *steps, struct fault *f)
{
    struct selector s;
    api_begin(steps, 0);
    os_fake_file("sensor", "\"" ID2 "\"\n");
    CHECK(selector_read(&s, text, f));
    return device_find(&api, &s, &found, f);
}

static void end(void)
{
    device_list_free(&found);
    CHECK(found.at == NULL && found.count == 0);
    api_end();
}

/* ---- what is asked, and what of the answers fits ---- */

struct search_row {
    const char *name, *selector;
    struct api_step steps[4];
    const char *ids; /* last two digits of those that are found, each with a blank behind it */
};

static const struct search_row searches[] = {
    /* by id: no list */
    {"id", ID1, {{RECORD, "200 x", NAMED(ID1, "pc.test")}}, "01 "},
    {"id in capitals in the record", "abcdef0000000000000000000000000000000001",
     {{"GET /api/machines/abcdef0000000000000000000000000000000001 ", "200 x", NAMED("ABCDEF0000000000000000000000000000000001", "x")}},
     "01 "},
    {"id, unknown", ID1, {{RECORD, "404 x", ERROR("ResourceNotFound")}}, ""},
    {"id, another device's record", ID1, {{RECORD, "200 x", NAMED(ID2, "pc.test")}}, ""},
    {"self", "self", {{"GET /api/machines/" ID2 " ", "200 x", NAMED(ID2, "pc.test")}}, "02 "},
    /* by Entra id */
    {"entra", GUID_1,
     {{LIST_PATH "aadDeviceId%20eq%20" GUID_1 " ", "200 x",
       LIST("{\"id\":\"" ID1 "\",\"aadDeviceId\":\"5382F7EA-7557-4AB7-9782-D50480024A4E\"},{\"id\":\"" ID2 "\",\"aadDeviceId\":null},"
            "{\"id\":\"" ID("03") "\",\"aadDeviceId\":\"" GUID_1 "0\"},{\"id\":\"" ID("04") "\"}")}},
     "01 "},
    {"entra, with quotes where it wants them", "entra:" GUID_1,
     {{LIST_PATH "aadDeviceId%20eq%20" GUID_1 " ", "400 x", ERROR("ODataError")},
      {LIST_PATH "aadDeviceId%20eq%20%27" GUID_1 "%27 ", "200 x", LIST("{\"id\":\"" ID1 "\",\"aadDeviceId\":\"" GUID_1 "\"}")}},
     "01 "},
    {"entra, none", GUID_1, {{LIST_PATH, "404 x", ""}}, ""},
    /* by address */
    {"ip, last address", "10.0.0.1",
     {{BY_IP, "200 x", LIST("{\"id\":\"" ID1 "\",\"lastIpAddress\":\"10.0.0.1\"},{\"id\":\"" ID2 "\",\"lastIpAddress\":\"10.0.0.11\"}")}},
     "01 "},
    {"ip, one of its addresses", "ip:10.0.0.1",
     {{BY_IP, "200 x", LIST("{\"id\":\"" ID1 "\",\"lastIpAddress\":null,\"ipAddresses\":[{\"ipAddress\":\"10.0.0.2\"},"
                            "{\"ipAddress\":\"10.0.0.1\"}]},{\"id\":\"" ID2 "\",\"ipAddresses\":[{\"ipAddress\":\"10.0.0.2\"},null,7]}")}},
     "01 "},
    {"ip, silent for long", "10.0.0.1",
     {{BY_IP, "200 x", EMPTY},
      {LIST_PATH "lastIpAddress%20eq%20%2710.0.0.1%27 ", "200 x", LIST("{\"id\":\"" ID1 "\",\"lastIpAddress\":\"10.0.0.1\"}")}},
     "01 "},
    {"ip, none that fits", "10.0.0.1",
     {{BY_IP, "200 x", LIST("{\"id\":\"" ID1 "\",\"lastIpAddress\":\"10.0.0.2\"}")}, {LIST_PATH, "404 x", ""}}, ""},
    {"ip, the clock here is wrong", "10.0.0.1",
     {{BY_IP, "400 x", ERROR("InvalidInput")}, {LIST_PATH, "200 x", LIST("{\"id\":\"" ID1 "\",\"lastIpAddress\":\"10.0.0.1\"}")}}, "01 "},
    {"ip, version 6 in another spelling", "FE80::0:1",
     {{"GET /api/machines/findbyip(ip='FE80::0:1',timestamp=", "200 x", LIST("{\"id\":\"" ID1 "\",\"lastIpAddress\":\"fe80::1\"}")}},
     "01 "},
    /* by name: whole, without case */
    {"full name", "pc-042.contoso.com",
     {{LIST_PATH "computerDnsName%20eq%20%27pc-042.contoso.com%27 ", "200 x",
       LIST(NAMED(ID1, "pc-042.contoso.com") "," NAMED(ID2, "pc-042.contoso.com.evil.test") "," NAMED(ID("03"), "xpc-042.contoso.com")
            "," NAMED(ID("04"), "pc-042") "," NAMED(ID("05"), "PC-042.Contoso.COM"))}},
     "01 05 "},
    {"a dot at the end", "pc-042.contoso.com.",
     {{LIST_PATH "computerDnsName%20eq%20%27pc-042.contoso.com%27 ", "200 x", LIST(NAMED(ID1, "pc-042.contoso.com"))}}, "01 "},
    {"short name", "pc-042",
     {{LIST_PATH "computerDnsName%20eq%20%27pc-042%27%20or%20startswith%28computerDnsName%2C%27pc-042.%27%29 ", "200 x",
       LIST(NAMED(ID1, "pc-042") "," NAMED(ID2, "pc-042.contoso.com") "," NAMED(ID("03"), "pc-0421") ","
            NAMED(ID("04"), "pc-0421.contoso.com") "," NAMED(ID("05"), "PC-042.fabrikam.test")
            "," NAMED(ID("06"), "") "," NAMED(ID("07"), "pc-04"))}},
     "01 02 05 "},
    {"capitals are asked for both ways", "PC",
     {{LIST_PATH "computerDnsName%20eq%20%27PC%27%20or%20startswith%28computerDnsName%2C%27PC.%27%29%20or%20computerDnsName%20eq%20%27pc%27"
                 "%20or%20startswith%28computerDnsName%2C%27pc.%27%29 ",
       "200 x", LIST(NAMED(ID1, "pc"))}},
     "01 "},
    {"a quote", "o'brien's",
     {{LIST_PATH "computerDnsName%20eq%20%27o%27%27brien%27%27s%27%20or%20startswith%28computerDnsName%2C%27o%27%27brien%27%27s.%27%29 ",
       "200 x", LIST(NAMED(ID1, "O'Brien's"))}},
     "01 "},
    {"a filter in a name", "name:x' or true or 'a.b",
     {{LIST_PATH "computerDnsName%20eq%20%27x%27%27%20or%20true%20or%20%27%27a.b%27 ", "200 x", LIST(NAMED(ID1, "pc"))}}, ""},
    {"signs with a meaning in URLs", "name:a b&c=d#e%f+g?h/i.j",
     {{LIST_PATH "computerDnsName%20eq%20%27a%20b%26c%3Dd%23e%25f%2Bg%3Fh%2Fi.j%27 ", "200 x", LIST(NAMED(ID1, "a b&c=d#e%f+g?h/i.j"))}},
     "01 "},
    {"not ASCII", "b\xC3\xBCro",
     {{LIST_PATH "computerDnsName%20eq%20%27b%C3%BCro%27%20or%20", "200 x", LIST(NAMED(ID1, "b\\u00fcro") "," NAMED(ID2, "buro"))}}, "01 "},
    {"none", "pc-042", {{LIST_PATH, "200 x", EMPTY}}, ""},
    {"none, as a 404", "pc-042", {{LIST_PATH, "404 x", ERROR("ResourceNotFound")}}, ""},
    {"the same record on two pages", "pc-042",
     {{LIST_PATH, "200 x", "{\"value\":[" NAMED(ID1, "pc-042") "],\"@odata.nextLink\":\"http://api.test/next\"}"},
      {"GET /next ", "200 x", LIST(NAMED(ID1, "pc-042") "," NAMED(ID2, "pc-042"))}},
     "01 02 "},
    /* by tag */
    {"tag", "tag:floor 3&",
     {{BY_TAG, "200 x",
       LIST(TAGGED(ID1, "[\"x\",\"Floor 3&\"]") "," TAGGED(ID2, "[\"floor 3&x\"]") "," TAGGED(ID("03"), "[]") "," TAGGED(ID("04"), "null")
            "," TAGGED(ID("05"), "\"floor 3&\"") "," TAGGED(ID("06"), "[7,\"floor 3&\"]"))}},
     "01 06 "},
};

static void the_right_ones_are_found(void)
{
    for (size_t i = 0; i < COUNT_OF(searches); i++) {
        struct fault f = {0};
        char ids[100] = "";
        unit_row("%s", searches[i].name);
        CHECK(find(searches[i].selector, searches[i].steps, &f));
        CHECK_EQUAL_INT(f.code, FAULT_NONE);
        for (size_t k = 0; k < found.count; k++) {
            snprintf(ids + strlen(ids), sizeof ids - strlen(ids), "%s ", found.at[k].id + DEVICE_ID_SIZE - 2);
        }
        CHECK_EQUAL_TEXT(ids, searches[i].ids);
        end();
    }
}

struct fault_row {
    const char *name, *selector;
    struct api_step steps[3];
    enum fault_code code;
};

static const struct fault_row faults[] = {
    {"name, 403", "pc", {{LIST_PATH, "403 x", ERROR("Forbidden")}}, FAULT_PERMISSION},
    {"name, 400", "pc", {{LIST_PATH, "400 x", ERROR("ODataError")}}, FAULT_REFUSED},
    {"name, 5xx", "pc", {{LIST_PATH, "503 x", ""}}, FAULT_SERVER},
    {"name, cut", "pc", {{LIST_PATH, NULL, ""}}, FAULT_CUT},
    {"name, no list", "pc", {{LIST_PATH, "200 x", "{}"}}, FAULT_ANSWER},
    {"name, a record without an id", "pc", {{LIST_PATH, "200 x", LIST("{\"computerDnsName\":\"pc\"}")}}, FAULT_ANSWER},
    {"name, an id that is none", "pc", {{LIST_PATH, "200 x", LIST(NAMED("../../x", "pc"))}}, FAULT_ANSWER},
    {"name, an element that is no record", "pc", {{LIST_PATH, "200 x", LIST("7")}}, FAULT_ANSWER},
    {"id, 403", ID1, {{RECORD, "403 x", ""}}, FAULT_PERMISSION},
    {"id, no record", ID1, {{RECORD, "200 x", "{}"}}, FAULT_ANSWER},
    {"entra, 403", GUID_1, {{LIST_PATH, "403 x", ""}}, FAULT_PERMISSION},
    {"entra, 400 twice", GUID_1, {{LIST_PATH, "400 x", ""}, {LIST_PATH, "400 x", ""}}, FAULT_REFUSED},
    {"ip, 403", "10.0.0.1", {{BY_IP, "403 x", ""}}, FAULT_PERMISSION},
    {"ip, 400 twice", "10.0.0.1", {{BY_IP, "400 x", ""}, {LIST_PATH, "400 x", ""}}, FAULT_REFUSED},
    {"tag, 403", "tag:floor 3&", {{BY_TAG, "403 x", ""}}, FAULT_PERMISSION},
};

static void faults_come_through(void)
{
    for (size_t i = 0; i < COUNT_OF(faults); i++) {
        struct fault f = {0};
        unit_row("%s", faults[i].name);
        CHECK(!find(faults[i].selector, faults[i].steps, &f));
        CHECK_EQUAL_INT(f.code, faults[i].code);
        CHECK_EQUAL_INT(found.count, 0);
        end();
    }
}

/* The longest name of quotes, in both cases, four times in the filter. */
static void the_longest_name_fits(void)
{
    static const struct api_step steps[] = {{LIST_PATH, "200 x", EMPTY}, {NULL, NULL, NULL}};
    char name[SELECTOR_MAX + 1] = "A";
    struct fault f = {0};
    memset(name + 1, '\'', SELECTOR_MAX - 1);
    name[SELECTOR_MAX] = '\0';
    CHECK(find(name, steps, &f));
    CHECK_EQUAL_INT(f.code, FAULT_NONE);
    end();
}

static void a_record_is_read(void)
{
    static const struct api_step steps[] = {
        {RECORD, "200 x",
         "{\"id\":\"" ID1 "\",\"computerDnsName\":\"pc.test\",\"healthStatus\":\"ImpairedCommunication\","
         "\"onboardingStatus\":\"Onboarded\",\"lastSeen\":\"2026-11-23T16:00:00.1234567Z\",\"mergedIntoMachineId\":\"" ID2 "\"}"},
        {NULL, NULL, NULL}};
    static const struct api_step bare[] = {
        {RECORD, "200 x", "{\"id\":\"" ID1 "\",\"lastSeen\":\"long ago\",\"mergedIntoMachineId\":\"\",\"healthStatus\":null}"},
        {NULL, NULL, NULL}};
    static const struct api_step unmerged[] = {{RECORD, "200 x", "{\"id\":\"" ID1 "\",\"mergedIntoMachineId\":null}"}, {NULL, NULL, NULL}};
    struct fault f = {0};
    CHECK(find(ID1, steps, &f) && found.count == 1);
    CHECK_EQUAL_TEXT(found.at[0].id, ID1);
    CHECK_EQUAL_TEXT(found.at[0].name, "pc.test");
    CHECK_EQUAL_TEXT(found.at[0].health, "ImpairedCommunication");
    CHECK_EQUAL_TEXT(found.at[0].onboarding, "Onboarded");
    CHECK_EQUAL_INT(found.at[0].last_seen, 1795449600);
    CHECK(found.at[0].merged);
    end();
    CHECK(find(ID1, bare, &f) && found.count == 1);
    CHECK_EQUAL_TEXT(found.at[0].name, "");
    CHECK_EQUAL_TEXT(found.at[0].health, "");
    CHECK_EQUAL_INT(found.at[0].last_seen, 0);
    CHECK(!found.at[0].merged);
    end();
    CHECK(find(ID1, unmerged, &f) && found.count == 1); /* as the service writes it of most */
    CHECK(!found.at[0].merged);
    end();
}

/* ---- which one ---- */

#define ACTIVE "Active", "Onboarded", 1, false
#define IDLE "Inactive", "Onboarded", 1, false
#define OFF "Active", "InsufficientInfo", 1, false
#define MERGED "Active", "Onboarded", 1, true

struct choice {
    const char *name;
    struct device devices[4];
    int chosen; /* -1: none */
    size_t others;
    enum fault_code code;
};

static const struct choice choices[] = {
    {"nobody", {{.id = ""}}, -1, 0, FAULT_NOT_FOUND},
    {"one", {{"1", "n", IDLE}}, 0, 0, FAULT_NONE},
    {"one, not onboarded", {{"1", "n", OFF}}, 0, 0, FAULT_NONE},
    {"a merged one", {{"1", "n", MERGED}}, -1, 0, FAULT_NOT_FOUND},
    {"merged ones", {{"1", "n", MERGED}, {"2", "n", MERGED}}, -1, 0, FAULT_NOT_FOUND},
    {"merged and one", {{"1", "n", MERGED}, {"2", "n", IDLE}, {"3", "n", MERGED}}, 1, 0, FAULT_NONE},
    {"exactly one in use", {{"1", "n", IDLE}, {"2", "n", ACTIVE}, {"3", "n", OFF}}, 1, 2, FAULT_NONE},
    {"exactly one in use, by its words", {{"1", "n", "active", "onboarded", 1, false}, {"2", "n", IDLE}}, 0, 1, FAULT_NONE},
    {"merged ones are not counted", {{"1", "n", MERGED}, {"2", "n", ACTIVE}, {"3", "n", IDLE}}, 1, 1, FAULT_NONE},
    {"two in use", {{"1", "n", ACTIVE}, {"2", "n", ACTIVE}}, -1, 0, FAULT_AMBIGUOUS},
    {"none in use", {{"1", "n", IDLE}, {"2", "n", IDLE}}, -1, 0, FAULT_AMBIGUOUS},
    {"none onboarded", {{"1", "n", OFF}, {"2", "n", IDLE}}, -1, 0, FAULT_AMBIGUOUS},
    {"in use, but merged", {{"1", "n", MERGED}, {"2", "n", IDLE}, {"3", "n", OFF}}, -1, 0, FAULT_AMBIGUOUS},
};

static void one_is_chosen_or_none(void)
{
    for (size_t i = 0; i < COUNT_OF(choices); i++) {
        const struct device *chosen = NULL;
        size_t others = 0;
        struct fault f = {0};
        unit_row("%s", choices[i].name);
        for (size_t k = 0; k < 4 && choices[i].devices[k].id[0] != '\0'; k++) {
            CHECK(device_list_add(&found, &choices[i].devices[k], &f));
        }
        CHECK_EQUAL_INT(device_choose(&found, &chosen, &others, &f), choices[i].chosen >= 0);
        CHECK_EQUAL_INT(f.code, choices[i].code);
        CHECK_EQUAL_INT(chosen == NULL ? -1 : chosen - found.at, choices[i].chosen);
        CHECK_EQUAL_INT(others, choices[i].others);
        device_list_free(&found);
    }
}

static void lists_grow_and_take_each_once(void)
{
    struct device d = {0};
    struct fault f = {0};
    for (unsigned round = 0; round < 2; round++) {
        for (unsigned i = 0; i < 100; i++) {
            snprintf(d.id, sizeof d.id, "%040u", i);
            CHECK(device_list_add(&found, &d, &f));
        }
    }
    CHECK_EQUAL_INT(found.count, 100);
    CHECK_EQUAL_TEXT(found.at[99].id, d.id);
    device_list_free(&found);
}

/* ---- self ---- */

struct self_row {
    const char *sensor; /* NULL: there is none */
    enum fault_code code;
};

static const struct self_row selves[] = {
    {ID2, FAULT_NONE}, {"\"" ID2 "\"\n", FAULT_NONE}, {" " ID2 "\r\n", FAULT_NONE}, {NULL, FAULT_NOT_FOUND}, {"", FAULT_NOT_FOUND},
    {"\"\"", FAULT_NOT_FOUND}, {"unavailable", FAULT_NOT_FOUND}, {ID2 "0", FAULT_NOT_FOUND}, {"self", FAULT_NOT_FOUND},
    {GUID_1, FAULT_NOT_FOUND},
};

static void self_asks_the_sensor(void)
{
    for (size_t i = 0; i < COUNT_OF(selves); i++) {
        struct selector s;
        struct fault f = {0};
        unit_row("%s", selves[i].sensor == NULL ? "no sensor" : selves[i].sensor);
        os_fake_reset();
        if (selves[i].sensor != NULL) {
            os_fake_file("sensor", selves[i].sensor);
        }
        CHECK(selector_read(&s, "self", &f));
        CHECK_EQUAL_INT(device_resolve_self(&s, &f), selves[i].code == FAULT_NONE);
        CHECK_EQUAL_INT(f.code, selves[i].code);
        CHECK(f.code != FAULT_NONE || (s.kind == SELECT_ID && strcmp(s.value, ID2) == 0));
        CHECK(f.code == FAULT_NONE || span_starts(span_of(f.text), SPAN("self: ")));
    }
}

static void others_are_left_as_they_are(void)
{
    struct selector s;
    struct fault f = {0};
    os_fake_reset(); /* no sensor, and nobody asks */
    CHECK(selector_read(&s, "name:self", &f));
    CHECK(device_resolve_self(&s, &f));
    CHECK_EQUAL_INT(s.kind, SELECT_NAME);
    CHECK_EQUAL_TEXT(s.value, "self");
}

static const struct unit_test tests[] = {
    TEST(the_right_ones_are_found),
    TEST(faults_come_through),
    TEST(the_longest_name_fits),
    TEST(a_record_is_read),
    TEST(one_is_chosen_or_none),
    TEST(lists_grow_and_take_each_once),
    TEST(self_asks_the_sensor),
    TEST(others_are_left_as_they_are),
};

UNIT_MAIN(tests)
