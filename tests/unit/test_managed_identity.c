/*
 * test_managed_identity.c - which service of Azure is asked, with what request, and what its answer means.
 */
/* links: fake/os_fake.c */
#include "unit.h"

#include "auth/credential.h"
#include "fake/os_fake.h"

#define RESOURCE "https%3A%2F%2Fapi.securitycenter.microsoft.com"
#define JSON(status, body_size, body) "HTTP/1.1 " status "\r\nContent-Length: " body_size "\r\n\r\n" body
#define TOKEN JSON("200 OK", "52", "{\"token_type\":\"Bearer\",\"access_token\":\"aaaa.bb.ccc\"}")
#define TOKEN_OF(id) JSON("200 OK", "71", "{\"token_type\":\"Bearer\",\"access_token\":\"aaaa.bb.ccc\",\"client_id\":\"" id "\"}")
#define EMPTY(status) JSON(status, "0", "")
#define NOT_FOUND JSON("400 x", "68", "{\"error\":\"invalid_request\",\"error_description\":\"Identity not found\"}")
#define CHALLENGE(file) "HTTP/1.1 401 x\r\nWWW-Authenticate: Basic realm=" file "\r\nContent-Length: 0\r\n\r\n"
#define KEYS "/var/opt/azcmagent/tokens/"

static const struct authority authority = {.scope = "https://api.securitycenter.microsoft.com/.default"};
static struct client client;
static struct secret token;
static struct fault f;
static uint64_t began;

static void begin(void)
{
    struct client_settings settings = {.conn = {.connect_timeout_ms = 10000}, .retries = 4, .user_agent = "unit/1"};
    os_fake_reset();
    began = os_monotonic_ms();
    settings.deadline_ms = began + 120000;
    client_open(&client, &settings);
    fault_clear(&f);
    secret_free(&token);
}

static void peer(const char *address, const char *first, const char *second)
{
    os_fake_peer(&(struct os_fake_script){.address = address, .answers = {first, second}});
}

static bool acquire(const struct credential_settings *s)
{
    bool ok = credential_managed_identity.check(s, &f) &&
              credential_managed_identity.acquire(s, &authority, &client, &token, &f);
    client_close(&client);
    return ok;
}

static const struct credential_settings named = {.method = "managed-identity"};

#define CHECK_TOKEN() CHECK_EQUAL_SPAN(secret_reveal(&token), SPAN("aaaa.bb.ccc"))

#define HEAD "User-Agent: unit/1\r\nAccept: application/json\r\nAccept-Encoding: identity\r\n"

/* ---- which source, and its request, word for word ---- */

struct source_row {
    const char *name;
    const char *variables[6];      /* name, value */
    struct credential_settings settings;
    const char *address, *request;
};

#define IMDS_REQUEST(id) "GET /metadata/identity/oauth2/token?api-version=2018-02-01&resource=" RESOURCE id " HTTP/1.1\r\n" \
                         "Host: 169.254.169.254\r\n" HEAD "Metadata: true\r\n\r\n\n"
#define APP_SERVICE_REQUEST(id) "GET /msi/token?api-version=2019-08-01&resource=" RESOURCE id " HTTP/1.1\r\n" \
                                "Host: 127.0.0.1:8081\r\n" HEAD "X-IDENTITY-HEADER: header-of-853b9a84\r\n\r\n\n"
#define APP_SERVICE {"IDENTITY_ENDPOINT", "http://127.0.0.1:8081/msi/token", "IDENTITY_HEADER", "header-of-853b9a84"}
#define USER "aaaaaaaa-bbbb"
#define RESOURCE_ID "/subscriptions/s/resourcegroups/g/providers/Microsoft.ManagedIdentity/userAssignedIdentities/n"
#define RESOURCE_ID_ENCODED \
    "%2Fsubscriptions%2Fs%2Fresourcegroups%2Fg%2Fproviders%2FMicrosoft.ManagedIdentity%2FuserAssignedIdentities%2Fn"

static const struct source_row source_rows[] = {
    {"IMDS", {NULL}, {.method = "managed-identity"}, "169.254.169.254", IMDS_REQUEST("")},
    {"IMDS, client id", {NULL}, {.identity = "client:" USER}, "169.254.169.254", IMDS_REQUEST("&client_id=" USER)},
    {"IMDS, AZURE_CLIENT_ID", {NULL}, {.client_id = USER}, "169.254.169.254", IMDS_REQUEST("&client_id=" USER)},
    {"IMDS, object id", {NULL}, {.client_id = "x", .identity = "object:0b1ec7"}, "169.254.169.254", IMDS_REQUEST("&object_id=0b1ec7")},
    {"IMDS, resource id", {NULL}, {.identity = "resource:" RESOURCE_ID}, "169.254.169.254",
     IMDS_REQUEST("&msi_res_id=" RESOURCE_ID_ENCODED)},
    {"IMDS, the host's own in spite of a client id", {NULL}, {.client_id = "x", .identity = "system"}, "169.254.169.254", IMDS_REQUEST("")},
    {"IMDS elsewhere", {"AZURE_POD_IDENTITY_AUTHORITY_HOST", "http://127.0.0.1:99/"}, {.method = "managed-identity"}, "127.0.0.1",
     "GET /metadata/identity/oauth2/token?api-version=2018-02-01&resource=" RESOURCE " HTTP/1.1\r\nHost: 127.0.0.1:99\r\n" HEAD
     "Metadata: true\r\n\r\n\n"},
    {"half of App Service is IMDS", {"IDENTITY_ENDPOINT", "http://127.0.0.1:8081/msi/token", "IDENTITY_HEADER", ""},
     {.method = "managed-identity"}, "169.254.169.254", IMDS_REQUEST("")},
    {"App Service", APP_SERVICE, {.method = NULL}, "127.0.0.1", APP_SERVICE_REQUEST("")},
    {"App Service before Azure Arc", {"IDENTITY_ENDPOINT", "http://127.0.0.1:8081/msi/token", "IDENTITY_HEADER", "header-of-853b9a84",
     "IMDS_ENDPOINT", "http://127.0.0.1:1"}, {.method = NULL}, "127.0.0.1", APP_SERVICE_REQUEST("")},
    {"App Service, client id", APP_SERVICE, {.identity = "client:" USER}, "127.0.0.1", APP_SERVICE_REQUEST("&client_id=" USER)},
    {"App Service, object id", APP_SERVICE, {.identity = "object:0b1ec7"}, "127.0.0.1", APP_SERVICE_REQUEST("&object_id=0b1ec7")},
    {"App Service, resource id", APP_SERVICE, {.identity = "resource:" RESOURCE_ID}, "127.0.0.1",
     APP_SERVICE_REQUEST("&mi_res_id=" RESOURCE_ID_ENCODED)},
    {"Machine Learning", {"MSI_ENDPOINT", "http://127.0.0.1:5000/oauth2/token", "MSI_SECRET", "ml-secret"}, {.identity = "client:" USER},
     "127.0.0.1", "GET /oauth2/token?api-version=2017-09-01&resource=" RESOURCE "&clientid=" USER " HTTP/1.1\r\n"
     "Host: 127.0.0.1:5000\r\n" HEAD "Metadata: true\r\nsecret: ml-secret\r\n\r\n\n"},
    {"Cloud Shell", {"MSI_ENDPOINT", "http://127.0.0.1:5000/oauth2/token"}, {.method = NULL}, "127.0.0.1",
     "POST /oauth2/token HTTP/1.1\r\nHost: 127.0.0.1:5000\r\n" HEAD "Metadata: true\r\n"
     "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 55\r\n\r\nresource=" RESOURCE "\n"},
    {"an endpoint with a query", {"IDENTITY_ENDPOINT", "http://127.0.0.1:8081/msi?a=b", "IDENTITY_HEADER", "header-of-853b9a84"},
     {.method = NULL}, "127.0.0.1", "GET /msi?a=b&api-version=2019-08-01&resource=" RESOURCE " HTTP/1.1\r\nHost: 127.0.0.1:8081\r\n" HEAD
     "X-IDENTITY-HEADER: header-of-853b9a84\r\n\r\n\n"},
};

static void each_source_gets_its_request(void)
{
    for (size_t i = 0; i < COUNT_OF(source_rows); i++) {
        const struct source_row *row = &source_rows[i];
        unit_row("%s", row->name);
        begin();
        for (size_t k = 0; k < COUNT_OF(row->variables) && row->variables[k] != NULL; k += 2) {
            os_fake_environment(row->variables[k], row->variables[k + 1]);
        }
        peer(row->address, TOKEN, NULL);
        CHECK(acquire(&row->settings));
        CHECK_EQUAL_TEXT(f.text, "");
        CHECK_TOKEN();
        CHECK_EQUAL_TEXT(os_fake_received(), row->request);
    }
}

static void what_is_not_supported_is_said(void)
{
    begin();
    os_fake_environment("IDENTITY_ENDPOINT", "https://127.0.0.1:2377/metadata");
    os_fake_environment("IDENTITY_HEADER", "header-of-853b9a84");
    os_fake_environment("IDENTITY_SERVER_THUMBPRINT", "DD98");
    CHECK(credential_managed_identity.present(&(struct credential_settings){0}));
    CHECK(!acquire(&named));
    CHECK_EQUAL_INT(f.code, FAULT_NO_CREDENTIAL);
    CHECK_EQUAL_TEXT(f.text, "managed identity: Service Fabric is not supported");
    begin();
    os_fake_environment("MSI_ENDPOINT", "http://127.0.0.1:5000/oauth2/token");
    CHECK(!acquire(&(struct credential_settings){.identity = "client:a"}));
    CHECK_EQUAL_INT(f.code, FAULT_USAGE);
    CHECK_EQUAL_TEXT(f.text, "managed identity: Cloud Shell does not take client:a");
    CHECK_EQUAL_INT(os_fake_connects(), 0);
}

static void malformed_identities_are_refused(void)
{
    static const char *const malformed[] = {"", "a", "client:", "Client:a", "client", "user:a", "systems"};
    for (size_t i = 0; i < COUNT_OF(malformed); i++) {
        unit_row("%s", malformed[i]);
        begin();
        CHECK(!acquire(&(struct credential_settings){.identity = malformed[i]}));
        CHECK_EQUAL_INT(f.code, FAULT_USAGE);
        CHECK(span_starts(span_of(f.text), SPAN("--identity ")));
    }
}

static void malformed_endpoints_are_refused(void)
{
    static const char *const malformed[] = {"127.0.0.1:80", "file:///etc/passwd", "http://a:b@127.0.0.1/", "http://"};
    for (size_t i = 0; i < COUNT_OF(malformed); i++) {
        unit_row("%s", malformed[i]);
        begin();
        os_fake_environment("IDENTITY_ENDPOINT", malformed[i]);
        os_fake_environment("IDENTITY_HEADER", "header-of-853b9a84");
        CHECK(!acquire(&named));
        CHECK_EQUAL_INT(f.code, FAULT_USAGE);
        CHECK(span_contains(span_of(f.text), SPAN("IDENTITY_ENDPOINT: ")));
        CHECK_EQUAL_INT(os_fake_connects(), 0);
    }
}

static void presence_is_what_the_host_says(void)
{
    static const struct credential_settings nothing = {.client_id = "a"};
    begin();
    CHECK(!credential_managed_identity.present(&nothing));
    CHECK(credential_managed_identity.present(&named));
    CHECK(credential_managed_identity.present(&(struct credential_settings){.identity = "system"}));
    os_fake_environment("AZURE_POD_IDENTITY_AUTHORITY_HOST", "http://127.0.0.1:1");
    CHECK(!credential_managed_identity.present(&nothing)); /* where it would be, not that it is there */
    os_fake_file("/opt/azcmagent/bin/himds", "");
    CHECK(credential_managed_identity.present(&nothing));
    begin();
    os_fake_environment("MSI_ENDPOINT", "http://127.0.0.1:1");
    CHECK(credential_managed_identity.present(&nothing));
}

/* ---- no IMDS ---- */

static void no_imds_is_known_within_a_second(void)
{
    begin();
    os_fake_peer(&(struct os_fake_script){.address = "169.254.169.254", .connect_after_ms = OS_FAKE_NEVER});
    CHECK(!acquire(&named));
    CHECK_EQUAL_INT(f.code, FAULT_NO_CREDENTIAL);
    CHECK_EQUAL_TEXT(f.text, "sign-in: this host has no managed identity (169.254.169.254: time-out (connecting))");
    CHECK_EQUAL_INT(os_monotonic_ms() - began, 1000);
}

struct probe_row {
    const char *name;
    struct os_fake_script script;
    enum fault_code code;
    uint64_t most_ms;
};

/* Nothing was given: whatever answers there, there is no credential. */
static const struct probe_row probe_rows[] = {
    {"silence", {.connect_after_ms = OS_FAKE_NEVER}, FAULT_NO_CREDENTIAL, 1000},
    {"refused", {.refuse = true}, FAULT_NO_CREDENTIAL, 0},
    {"no identity", {.answers = {NOT_FOUND}}, FAULT_NO_CREDENTIAL, 0},
    {"another cloud's", {.answers = {EMPTY("404 Not Found")}}, FAULT_NO_CREDENTIAL, 0},
    {"forbidden", {.answers = {EMPTY("403 Forbidden")}}, FAULT_NO_CREDENTIAL, 0},
    {"no token", {.answers = {JSON("200 OK", "2", "{}")}}, FAULT_NO_CREDENTIAL, 0},
    {"there is one", {.answers = {TOKEN}}, FAULT_NONE, 0},
    {"there is one, later", {.answers = {EMPTY("410 Gone"), TOKEN}}, FAULT_NONE, 20000},
    {"there is one, throttled", {.answers = {EMPTY("429 x"), TOKEN}}, FAULT_NONE, 2000},
};

static void a_probe_ends_soon(void)
{
    static const struct credential_settings nothing;
    for (size_t i = 0; i < COUNT_OF(probe_rows); i++) {
        struct os_fake_script script = probe_rows[i].script;
        unit_row("%s", probe_rows[i].name);
        script.address = "169.254.169.254";
        begin();
        os_fake_peer(&script);
        CHECK_EQUAL_INT(acquire(&nothing), probe_rows[i].code == FAULT_NONE);
        CHECK_EQUAL_INT(f.code, probe_rows[i].code);
        CHECK(os_monotonic_ms() - began <= probe_rows[i].most_ms);
    }
}

static void a_probe_ends_when_asked_to_stop(void)
{
    static const struct credential_settings nothing;
    begin();
    os_fake_peer(&(struct os_fake_script){.address = "169.254.169.254", .connect_after_ms = OS_FAKE_NEVER});
    os_fake_stop_at(began + 100, OS_STOP_INTERRUPTED);
    CHECK(!acquire(&nothing));
    CHECK_EQUAL_INT(f.code, FAULT_INTERRUPTED);
}

/* ---- answers ---- */

struct answer_row {
    const char *name, *answer;
    enum fault_code code;
    const char *words;    /* in the text, the service's words, or "" */
};

static const struct answer_row answer_rows[] = {
    {"numbers as strings", JSON("200 OK", "72", "{\"token_type\":\"Bearer\",\"access_token\":\"aaaa.bb.ccc\",\"expires_in\":\"3599\"}"),
     FAULT_NONE, ""},
    {"no such identity", NOT_FOUND, FAULT_SIGN_IN, "Identity not found"},
    {"App Service's words", JSON("400 x", "47", "{\"statusCode\":400,\"message\":\"No identity here\"}"),
     FAULT_SIGN_IN, "No identity here"},
    {"an error in an object", JSON("403 x", "49", "{\"error\":{\"code\":\"Denied\",\"message\":\"Not today\"}}"),
     FAULT_SIGN_IN, "Not today"},
    {"no JSON", JSON("400 x", "4", "nope"), FAULT_ANSWER, ""},
    {"no object", JSON("200 OK", "2", "[]"), FAULT_ANSWER, ""},
    {"no token", JSON("200 OK", "23", "{\"token_type\":\"Bearer\"}"), FAULT_ANSWER, ""},
    {"another kind of token", JSON("200 OK", "47", "{\"token_type\":\"mac\",\"access_token\":\"aaaa.bbbb\"}"), FAULT_ANSWER, ""},
    {"a token that is none", JSON("200 OK", "46", "{\"token_type\":\"Bearer\",\"access_token\":\"a b\\n\"}"), FAULT_ANSWER, ""},
    {"a redirect", EMPTY("302 Found"), FAULT_REDIRECT, ""},
    {"not ready, 404", EMPTY("404 x"), FAULT_SERVER, ""},
    {"not ready, 410", EMPTY("410 x"), FAULT_SERVER, ""},
    {"broken", EMPTY("500 x"), FAULT_SERVER, ""},
    {"throttled", EMPTY("429 x"), FAULT_THROTTLED, ""},
};

static void answers_are_understood(void)
{
    for (size_t i = 0; i < COUNT_OF(answer_rows); i++) {
        const struct answer_row *row = &answer_rows[i];
        unit_row("%s", row->name);
        begin();
        client.settings.retries = 0;
        peer("169.254.169.254", row->answer, NULL);
        CHECK_EQUAL_INT(acquire(&named), row->code == FAULT_NONE);
        CHECK_EQUAL_INT(f.code, row->code);
        CHECK(f.code == FAULT_NONE || span_starts(span_of(f.text), SPAN("managed identity (IMDS): 169.254.169.254")));
        CHECK_EQUAL_TEXT(f.service_message, row->words);
    }
}

static void imds_that_is_updated_is_waited_for(void)
{
    begin();
    peer("169.254.169.254", EMPTY("404 x"), TOKEN);
    CHECK(acquire(&named));
    CHECK_TOKEN();
    begin();
    peer("169.254.169.254", EMPTY("410 x"), TOKEN);
    CHECK(acquire(&named));
    begin();
    os_fake_environment("IDENTITY_ENDPOINT", "http://127.0.0.1:8081/msi/token");
    os_fake_environment("IDENTITY_HEADER", "header-of-853b9a84");
    peer("127.0.0.1", EMPTY("404 x"), TOKEN); /* there it is final */
    CHECK(!acquire(&named));
    CHECK_EQUAL_INT(f.code, FAULT_ANSWER);
}

static void an_answer_for_another_identity_is_refused(void)
{
    static const struct credential_settings user = {.identity = "client:AAAA"};
    begin();
    peer("169.254.169.254", TOKEN_OF("aaaa"), NULL);
    CHECK(acquire(&user));
    begin();
    peer("169.254.169.254", TOKEN_OF("bbbb"), NULL);
    CHECK(!acquire(&user));
    CHECK_EQUAL_INT(f.code, FAULT_SIGN_IN);
    CHECK(!secret_present(&token));
}

/* ---- Azure Arc ---- */

static void begin_arc(void)
{
    begin();
    os_fake_environment("IDENTITY_ENDPOINT", "http://127.0.0.1:40342/metadata/identity/oauth2/token");
    os_fake_environment("IMDS_ENDPOINT", "http://127.0.0.1:40342");
    os_fake_file(KEYS "a.key", "key-of-the-agent\n");
}

#define ARC_HEAD "GET /metadata/identity/oauth2/token?api-version=2020-06-01&resource=" RESOURCE " HTTP/1.1\r\n" \
                 "Host: 127.0.0.1:40342\r\n" HEAD "Metadata: true\r\n"

static void arc_answers_its_challenge(void)
{
    static const char *const challenges[] = {CHALLENGE(KEYS "a.key"), CHALLENGE("\"" KEYS "a.key\"")};
    for (size_t i = 0; i < COUNT_OF(challenges); i++) {
        begin_arc();
        peer("127.0.0.1", challenges[i], TOKEN);
        CHECK(acquire(&named));
        CHECK_EQUAL_TEXT(f.text, "");
        CHECK_TOKEN();
        CHECK_EQUAL_TEXT(os_fake_received(), ARC_HEAD "\r\n\n" ARC_HEAD "Authorization: Basic key-of-the-agent\r\n\r\n\n");
    }
}

static void arc_is_known_by_its_agent(void)
{
    begin();
    os_fake_file("/opt/azcmagent/bin/himds", "");
    os_fake_file(KEYS "a.key", "key-of-the-agent");
    peer("127.0.0.1", CHALLENGE(KEYS "a.key"), TOKEN);
    CHECK(acquire(&(struct credential_settings){0}));
    CHECK(span_starts(span_of(os_fake_received()), SPAN(ARC_HEAD)));
}

static const char *const foreign_challenges[] = {
    CHALLENGE("/etc/passwd"), CHALLENGE("/etc/passwd.key"), CHALLENGE(KEYS "../../../../etc/a.key"), CHALLENGE(KEYS "b/a.key"),
    CHALLENGE(KEYS "a.txt"), CHALLENGE(KEYS ".key"), CHALLENGE(KEYS ".a.key"), CHALLENGE(KEYS), CHALLENGE(""), CHALLENGE("a.key"),
    CHALLENGE("/VAR/opt/azcmagent/tokens/a.key"), CHALLENGE("/var/opt/azcmagent/tokensa.key"), CHALLENGE(KEYS "b\\a.key"),
    CHALLENGE("\""), CHALLENGE(KEYS "a.key\""),
    "HTTP/1.1 401 x\r\nWWW-Authenticate: Digest realm=" KEYS "a.key\r\nContent-Length: 0\r\n\r\n",
    "HTTP/1.1 401 x\r\nContent-Length: 0\r\n\r\n",
};

static void arc_reads_no_other_file(void)
{
    for (size_t i = 0; i < COUNT_OF(foreign_challenges); i++) {
        unit_row("%s", foreign_challenges[i]);
        begin_arc();
        os_fake_file("/etc/passwd", "root-of-all-evil");
        os_fake_file("/etc/passwd.key", "root-of-all-evil");
        os_fake_file(KEYS "../../../../etc/a.key", "root-of-all-evil");
        os_fake_file(KEYS "b/a.key", "root-of-all-evil");
        os_fake_file(KEYS ".key", "root-of-all-evil");
        os_fake_file(KEYS ".a.key", "root-of-all-evil");
        peer("127.0.0.1", foreign_challenges[i], TOKEN);
        CHECK(!acquire(&named));
        CHECK_EQUAL_INT(f.code, FAULT_ANSWER);
        CHECK(span_contains(span_of(f.text), SPAN("the challenge names no key of the agent")));
        CHECK_EQUAL_INT(os_fake_requests(), 1);
    }
}

struct key_row {
    const char *name, *file, *content;
    enum fault_code code;
    const char *words;
};

static const struct key_row key_rows[] = {
    {"missing", CHALLENGE(KEYS "b.key"), NULL, FAULT_FILE, KEYS "b.key"},
    {"empty", CHALLENGE(KEYS "c.key"), " \n", FAULT_FILE, "empty"},
    {"with a line end inside", CHALLENGE(KEYS "d.key"), "abcdefgh\r\nX-Evil: 1", FAULT_USAGE, "Authorization"},
};

static void a_key_that_cannot_be_used_is_said(void)
{
    static char big[4098];
    memset(big, 'x', sizeof big - 1);
    for (size_t i = 0; i < COUNT_OF(key_rows); i++) {
        unit_row("%s", key_rows[i].name);
        begin_arc();
        if (key_rows[i].content != NULL) {
            os_fake_file(i == 1 ? KEYS "c.key" : KEYS "d.key", key_rows[i].content);
        }
        peer("127.0.0.1", key_rows[i].file, TOKEN);
        CHECK(!acquire(&named));
        CHECK_EQUAL_INT(f.code, key_rows[i].code);
        CHECK(span_contains(span_of(f.text), span_of(key_rows[i].words)));
        CHECK(!span_contains(span_of(f.text), SPAN("Evil")));
        CHECK_EQUAL_INT(os_fake_requests(), 1);
    }
    unit_row("too large");
    begin_arc();
    os_fake_file(KEYS "e.key", big);
    peer("127.0.0.1", CHALLENGE(KEYS "e.key"), TOKEN);
    CHECK(!acquire(&named));
    CHECK_EQUAL_INT(f.code, FAULT_FILE);
}

/* An old agent knows the host's own identity only, and would give that. */
static void arc_must_say_whose_token_it_is(void)
{
    static const struct credential_settings user = {.identity = "client:aaaa"};
    begin_arc();
    peer("127.0.0.1", CHALLENGE(KEYS "a.key"), TOKEN_OF("aaaa"));
    CHECK(acquire(&user));
    begin_arc();
    peer("127.0.0.1", CHALLENGE(KEYS "a.key"), TOKEN);
    CHECK(!acquire(&user));
    CHECK_EQUAL_INT(f.code, FAULT_SIGN_IN);
}

static void a_second_challenge_is_a_refusal(void)
{
    begin_arc();
    peer("127.0.0.1", CHALLENGE(KEYS "a.key"), CHALLENGE(KEYS "a.key"));
    CHECK(!acquire(&named));
    CHECK_EQUAL_INT(f.code, FAULT_SIGN_IN);
    CHECK_EQUAL_INT(os_fake_requests(), 2);
}

static const struct unit_test tests[] = {
    TEST(each_source_gets_its_request),
    TEST(what_is_not_supported_is_said),
    TEST(malformed_identities_are_refused),
    TEST(malformed_endpoints_are_refused),
    TEST(presence_is_what_the_host_says),
    TEST(no_imds_is_known_within_a_second),
    TEST(a_probe_ends_soon),
    TEST(a_probe_ends_when_asked_to_stop),
    TEST(answers_are_understood),
    TEST(imds_that_is_updated_is_waited_for),
    TEST(an_answer_for_another_identity_is_refused),
    TEST(arc_answers_its_challenge),
    TEST(arc_is_known_by_its_agent),
    TEST(arc_reads_no_other_file),
    TEST(a_key_that_cannot_be_used_is_said),
    TEST(arc_must_say_whose_token_it_is),
    TEST(a_second_challenge_is_a_refusal),
};

UNIT_MAIN(tests)
