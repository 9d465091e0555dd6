/*
 * test_jwt.c - auth/jwt and auth/certificate: what stands in an assertion, when it is made anew, and which algorithm signs it.
 *
 * The keys are made by openssl. That signatures verify is test_key.c's and the scenarios' business.
 */
/* not on: windows (it makes its keys with scripts) */
/* links: fake/os_fake.c */
#include "unit.h"

#include "auth/jwt.h"
#include "auth/token.h"
#include "codec/base64.h"
#include "codec/json.h"
#include "fake/os_fake.h"
#include "net/tls.h"

#include <sys/stat.h>

enum { NOW = 1795449601, TEXT_MAX = 64 * 1024 };

#define ISSUED "HTTP/1.1 200 OK\r\nContent-Length: 46\r\n\r\n{\"token_type\":\"Bearer\",\"access_token\":\"a.b.c\"} "
#define BROKEN "HTTP/1.1 503 x\r\nContent-Length: 0\r\n\r\n"
#define NO_PS256 "HTTP/1.1 401 x\r\nContent-Length: 51\r\n\r\n{\"error\":\"invalid_client\",\"error_codes\":[5002738] } "
#define PASSING "HTTP/1.1 400 x\r\nContent-Length: 50\r\n\r\n{\"error\":\"invalid_request\",\"error_codes\":[90033] } "

static char folder[] = "/tmp/unisolate-jwt-XXXXXX";
static char rsa[TEXT_MAX], p256[TEXT_MAX], both[TEXT_MAX], locked[TEXT_MAX];
static struct key *rsa_key, *p256_key;

static int64_t now(void)
{
    return NOW;
}

static void clean_up(void)
{
    char command[100];
    snprintf(command, sizeof command, "rm -rf %s", folder);
    if (system(command) != 0) {
        printf("%s is left over\n", folder);
    }
    key_free(rsa_key);
    key_free(p256_key);
    tls_stop();
}

static void read_text(const char *name, char text[TEXT_MAX])
{
    char path[100];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "rb");
    size_t size = file != NULL ? fread(text, 1, TEXT_MAX - 1, file) : 0;
    if (size == 0) {
        abort();
    }
    fclose(file);
    text[size] = '\0';
}

static struct key *open_key(const char *text)
{
    struct secret pem = {0};
    struct secret none = {0};
    struct key *k = NULL;
    struct fault f = {0};
    if (!secret_copy(&pem, span_of(text)) || !key_open(&pem, "f", &none, NOW, &k, &f)) {
        printf("%s\n", f.text);
        abort();
    }
    secret_free(&pem);
    return k;
}

static void make(void)
{
    static const char commands[] =
        "cd %s && exec 2>log && printf '[ca]\\ndefault_ca=d\\n[d]\\ndatabase=index\\nnew_certs_dir=.\\npolicy=p\\n"
        "default_md=sha256\\nrand_serial=yes\\nunique_subject=no\\n[p]\\ncommonName=supplied\\n"
        "[req]\\ndistinguished_name=n\\n[n]\\n' >config && "
        "openssl genrsa -out a.key 2048 && openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out b.key && "
        ": >index && for n in a b; do openssl req -new -config config -key $n.key -subj /CN=$n -out $n.csr && "
        "openssl ca -batch -config config -selfsign -keyfile $n.key -in $n.csr -out $n.crt -notext "
        "-startdate 20200101000000Z -enddate 20491231000000Z || exit 1; done && "
        "openssl pkcs8 -topk8 -in b.key -passout pass:horse >b.locked && "
        "cat a.crt a.key >rsa && cat b.crt b.key >p256 && cat a.crt b.crt b.key >both && cat b.crt b.locked >locked";
    char command[sizeof commands + sizeof folder];
    struct fault f = {0};
    if (rsa_key != NULL) {
        return;
    }
    if (!tls_start(now, &f) || mkdtemp(folder) == NULL) {
        abort();
    }
    atexit(clean_up);
    snprintf(command, sizeof command, commands, folder);
    if (system(command) != 0) {
        printf("openssl makes no keys\n");
        exit(1);
    }
    read_text("rsa", rsa);
    read_text("p256", p256);
    read_text("both", both);
    read_text("locked", locked);
    rsa_key = open_key(rsa);
    p256_key = open_key(p256);
}

/* ---- the assertion ---- */

/* Part number `which` of a token, decoded. */
static struct buf part_of(struct span token, unsigned which)
{
    struct buf text = buf_init(TEXT_MAX);
    struct span part = {0};
    for (unsigned i = 0; i <= which; i++) {
        CHECK(span_next(&token, '.', &part));
    }
    CHECK(base64url_decode(part, &text));
    return text;
}

struct assertion_row {
    struct key **key;
    enum key_algorithm algorithm;
    const char *header; /* how it begins */
    size_t thumbprint;  /* letters of it */
    size_t signature;   /* bytes */
};

static const struct assertion_row assertion_rows[] = {
    {&rsa_key, KEY_PS256, "{\"alg\":\"PS256\",\"typ\":\"JWT\",\"x5t#S256\":\"", 43, 256},
    {&rsa_key, KEY_RS256, "{\"alg\":\"RS256\",\"typ\":\"JWT\",\"x5t\":\"", 27, 256},
    {&p256_key, KEY_ES256, "{\"alg\":\"ES256\",\"typ\":\"JWT\",\"x5t#S256\":\"", 43, 64},
};

static struct buf assert_now(struct key *key, enum key_algorithm algorithm, bool send_chain)
{
    struct fault f = {0};
    struct buf text = buf_init(JWT_ASSERTION_MAX);
    struct jwt_assertion a = {
        .audience = SPAN("https://login.test/t/oauth2/v2.0/token"),
        .client_id = "app-1",
        .algorithm = algorithm,
        .send_chain = send_chain,
        .now = NOW,
    };
    CHECK(jwt_put_assertion(&text, key, &a, &f));
    return text;
}

static void header_and_signature(void)
{
    make();
    for (size_t i = 0; i < COUNT_OF(assertion_rows); i++) {
        const struct assertion_row *row = &assertion_rows[i];
        unit_row("%s", row->header);
        struct buf token = assert_now(*row->key, row->algorithm, false);
        struct buf header = part_of(buf_span(&token), 0);
        struct buf signature = part_of(buf_span(&token), 2);
        CHECK(span_starts(buf_span(&header), span_of(row->header)));
        CHECK(span_ends(buf_span(&header), SPAN("\"}")));
        CHECK_EQUAL_INT(header.size, strlen(row->header) + row->thumbprint + 2);
        CHECK_EQUAL_INT(signature.size, row->signature);
        buf_free(&token);
        buf_free(&header);
        buf_free(&signature);
    }
}

static bool is_guid_4(struct span s)
{
    static const char form[] = "xxxxxxxx-xxxx-4xxx-vxxx-xxxxxxxxxxxx";
    bool good = s.size == sizeof form - 1;
    for (size_t i = 0; good && i < s.size; i++) {
        char c = s.at[i];
        bool hex = ascii_hex_value(c) < 16 && c == ascii_lower(c);
        good = form[i] == 'x' ? hex : form[i] == 'v' ? c == '8' || c == '9' || c == 'a' || c == 'b' : c == form[i];
    }
    return good;
}

static void claims_are_right(void)
{
    char first[40] = "";
    make();
    for (unsigned i = 0; i < 20; i++) {
        struct buf token = assert_now(p256_key, KEY_ES256, false);
        struct buf claims = part_of(buf_span(&token), 1);
        struct fault f = {0};
        struct json value = {0};
        char id[40] = "";
        char wanted[400];
        CHECK(json_parse(buf_span(&claims), &value, &f));
        CHECK(json_text(value, "jti", id, sizeof id));
        CHECK(is_guid_4(span_of(id)));
        CHECK(strcmp(id, first) != 0);
        snprintf(first, sizeof first, "%s", id);
        snprintf(wanted, sizeof wanted,
                 "{\"aud\":\"https://login.test/t/oauth2/v2.0/token\",\"exp\":%d,\"iss\":\"app-1\",\"sub\":\"app-1\",\"nbf\":%d,"
                 "\"jti\":\"%s\",\"iat\":%d}",
                 NOW + 600, NOW, id, NOW);
        CHECK_EQUAL_SPAN(buf_span(&claims), span_of(wanted));
        buf_free(&token);
        buf_free(&claims);
    }
}

static void chain_begins_with_the_own_certificate(void)
{
    make();
    struct key *k = open_key(both); /* the other certificate stands first in the file */
    struct buf token = assert_now(k, KEY_ES256, true);
    struct buf header = part_of(buf_span(&token), 0);
    struct buf wanted = buf_init(TEXT_MAX);
    struct span der;
    size_t at = 0;
    CHECK(key_next_certificate(p256_key, &at, &der));
    buf_put_text(&wanted, ",\"x5c\":[\"");
    base64_put(&wanted, der);
    at = 0;
    CHECK(key_next_certificate(rsa_key, &at, &der));
    buf_put_text(&wanted, "\",\"");
    base64_put(&wanted, der);
    buf_put_text(&wanted, "\"]}");
    CHECK(span_ends(buf_span(&header), buf_span(&wanted)));
    buf_free(&token);
    buf_free(&header);
    buf_free(&wanted);
    key_free(k);
}

/* ---- the sign-in ---- */

static struct authority authority;
static struct credential_settings settings;
static struct secret token;

static bool load(const char *file, const char *password, struct fault *f)
{
    make();
    os_fake_reset();
    os_fake_file("app.pem", file);
    settings = (struct credential_settings){.tenant = "t.test", .client_id = "app-1", .certificate = "app.pem"};
    if (password != NULL) {
        os_fake_environment("PASSWORD", password);
        settings.certificate_password_file = "env:PASSWORD";
    }
    return credential_certificate.load(&settings, f);
}

static bool acquire(const char *url, const char *const *answers, struct fault *f)
{
    struct client client;
    struct client_settings s = {.conn = {.connect_timeout_ms = 10000}, .retries = 4, .user_agent = "unit/1"};
    struct fault none = {0};
    s.deadline_ms = os_monotonic_ms() + 120000;
    os_fake_name("login.test", "192.0.2.1");
    for (size_t i = 0; answers[i] != NULL; i++) { /* a connection each */
        os_fake_peer(&(struct os_fake_script){.address = "192.0.2.1", .answers = {answers[i]}, .end = OS_FAKE_CLOSE});
    }
    authority = (struct authority){.scope = "https://api.test/.default"};
    CHECK(url_parse(span_of(url), &authority.url, &none));
    client_open(&client, &s);
    bool ok = credential_certificate.acquire(&settings, &authority, &client, &token, f);
    client_close(&client);
    credential_unload(&settings);
    secret_free(&token);
    return ok;
}

/* The assertions that were received, each decoded: header and claims behind one another. */
static unsigned received(struct buf *to, unsigned max)
{
    static const char field[] = "&client_assertion=";
    unsigned count = 0;
    for (const char *at = os_fake_received(); count < max && (at = strstr(at, field)) != NULL; count++) {
        at += sizeof field - 1;
        struct span text = span_make(at, strcspn(at, "&\n"));
        struct buf header = part_of(text, 0);
        struct buf claims = part_of(text, 1);
        to[count] = buf_init(TEXT_MAX);
        buf_put(&to[count], buf_span(&header));
        buf_put(&to[count], buf_span(&claims));
        buf_free(&header);
        buf_free(&claims);
    }
    return count;
}

static void the_form_is_right(void)
{
    static const char *const answers[] = {ISSUED, NULL};
    struct fault f = {0};
    struct buf got[2];
    CHECK(load(rsa, NULL, &f));
    CHECK(acquire("http://login.test/base/", answers, &f));
    CHECK(span_contains(span_of(os_fake_received()),
                        SPAN("\r\n\r\nclient_id=app-1&scope=https%3A%2F%2Fapi.test%2F.default&grant_type=client_credentials"
                             "&client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer"
                             "&client_assertion=ey")));
    CHECK_EQUAL_INT(received(got, 2), 1);
    CHECK(span_contains(buf_span(&got[0]), SPAN("\"alg\":\"PS256\"")));
    CHECK(span_contains(buf_span(&got[0]), SPAN("{\"aud\":\"http://login.test/base/t.test/oauth2/v2.0/token\",")));
    buf_free(&got[0]);
}

/* What is held is masked, so what is not masked any more was given back. */
static void nothing_is_held_afterwards(void)
{
    static const char *const answers[] = {ISSUED, NULL};
    struct fault f = {0};
    struct buf shown = buf_init(TEXT_MAX);
    CHECK(load(locked, "horse-of-some-length", &f) == false); /* wrong: the password and the file are given back too */
    secret_mask(&shown, SPAN("horse-of-some-length"));
    secret_mask(&shown, span_of(locked));
    fault_clear(&f);
    CHECK(load(rsa, NULL, &f));
    CHECK(acquire("http://login.test", answers, &f));
    secret_mask(&shown, span_of(os_fake_received()));
    secret_mask(&shown, span_of(rsa));
    CHECK(shown.size > 0 && !span_contains(buf_span(&shown), SPAN("(hidden)")));
    buf_free(&shown);
}

static void a_new_assertion_for_every_request(void)
{
    static const char *const answers[] = {BROKEN, PASSING, ISSUED, NULL};
    struct fault f = {0};
    struct buf got[4];
    CHECK(load(p256, NULL, &f));
    CHECK(acquire("http://login.test", answers, &f));
    CHECK_EQUAL_INT(received(got, 4), 3);
    CHECK(!span_equal(buf_span(&got[0]), buf_span(&got[1])));
    CHECK(!span_equal(buf_span(&got[1]), buf_span(&got[2])));
    for (size_t i = 0; i < 3; i++) {
        buf_free(&got[i]);
    }
}

struct algorithm_row {
    const char *url;
    char *file;
    const char *answers[3];
    const char *algorithms[2];
    bool good;
};

static const struct algorithm_row algorithm_rows[] = {
    {"http://login.test", rsa, {ISSUED}, {"PS256"}, true},
    {"http://login.test/adfs", rsa, {ISSUED}, {"RS256"}, true},
    {"http://login.test/ADFS/x", rsa, {ISSUED}, {"RS256"}, true},
    {"http://login.test/dstsv2", rsa, {ISSUED}, {"RS256"}, true},
    {"http://login.test/adfsx", rsa, {ISSUED}, {"PS256"}, true},
    {"http://login.test/x/adfs", rsa, {ISSUED}, {"PS256"}, true},
    {"http://login.test", p256, {ISSUED}, {"ES256"}, true},
    {"http://login.test/adfs", p256, {ISSUED}, {"ES256"}, true},
    {"http://login.test", rsa, {NO_PS256, ISSUED}, {"PS256", "RS256"}, true},
    {"http://login.test", rsa, {NO_PS256, NO_PS256}, {"PS256", "RS256"}, false},
    {"http://login.test/adfs", rsa, {NO_PS256}, {"RS256"}, false},
    {"http://login.test", p256, {NO_PS256}, {"ES256"}, false},
};

static void algorithms_are_chosen(void)
{
    make();
    for (size_t i = 0; i < COUNT_OF(algorithm_rows); i++) {
        const struct algorithm_row *row = &algorithm_rows[i];
        struct fault f = {0};
        struct buf got[4];
        unit_row("%s, row %zu", row->url, i);
        CHECK(load(row->file, NULL, &f));
        CHECK_EQUAL_INT(acquire(row->url, row->answers, &f), row->good);
        CHECK_EQUAL_INT(f.code, row->good ? FAULT_NONE : FAULT_SIGN_IN);
        unsigned count = received(got, 4);
        CHECK_EQUAL_INT(count, row->algorithms[1] != NULL ? 2 : 1);
        for (unsigned k = 0; k < count && k < 2; k++) {
            char wanted[40];
            snprintf(wanted, sizeof wanted, "{\"alg\":\"%s\",", row->algorithms[k]);
            CHECK(span_starts(buf_span(&got[k]), span_of(wanted)));
        }
        for (unsigned k = 0; k < count; k++) {
            buf_free(&got[k]);
        }
    }
}

/* ---- the password ---- */

struct password_row {
    const char *given, *typed; /* NULL: not given, no terminal */
    const char *fault;         /* NULL: it opens */
    bool asked;
};

static const struct password_row password_rows[] = {
    {"horse", NULL, NULL, false},
    {"horse\n", NULL, NULL, false},
    {"horse\r\n", NULL, NULL, false},
    {" horse", NULL, "app.pem: the password does not open the private key", false},
    {"cow", "horse", "app.pem: the password does not open the private key", false},
    {"\n", NULL, "the certificate's password (env:PASSWORD): empty", false},
    {NULL, "horse", NULL, true},
    {NULL, "cow", "app.pem: the password does not open the private key", true},
    {NULL, NULL, "app.pem: the private key is encrypted, and no password is given: there is no terminal to ask on", false},
};

static void passwords(void)
{
    make();
    for (size_t i = 0; i < COUNT_OF(password_rows); i++) {
        const struct password_row *row = &password_rows[i];
        struct fault f = {0};
        unit_row("%s, %s", row->given != NULL ? row->given : "none", row->typed != NULL ? row->typed : "none");
        os_fake_reset();
        os_fake_password(row->typed);
        os_fake_file("app.pem", locked);
        settings = (struct credential_settings){.tenant = "t", .client_id = "a", .certificate = "app.pem"};
        if (row->given != NULL) {
            os_fake_environment("PASSWORD", row->given);
            settings.certificate_password_file = "env:PASSWORD";
        }
        CHECK_EQUAL_INT(credential_certificate.load(&settings, &f), row->fault == NULL);
        CHECK_EQUAL_INT(f.code, row->fault == NULL ? FAULT_NONE : FAULT_FILE);
        CHECK_EQUAL_TEXT(f.text, row->fault != NULL ? row->fault : "");
        CHECK((settings.key != NULL) == (row->fault == NULL));
        CHECK_EQUAL_SPAN(os_fake_written(OS_ERR), row->asked ? SPAN("Password of the private key in app.pem: ") : SPAN(""));
        credential_unload(&settings);
        CHECK(settings.key == NULL);
    }
}

static void no_password_is_asked_for_a_plain_key(void)
{
    struct fault f = {0};
    CHECK(load(p256, "anything", &f));
    CHECK_EQUAL_SPAN(os_fake_written(OS_ERR), SPAN(""));
    credential_unload(&settings);
}

static const struct unit_test tests[] = {
    TEST(header_and_signature),  TEST(claims_are_right),  TEST(chain_begins_with_the_own_certificate),
    TEST(the_form_is_right), TEST(nothing_is_held_afterwards), TEST(a_new_assertion_for_every_request), TEST(algorithms_are_chosen),
    TEST(passwords),             TEST(no_password_is_asked_for_a_plain_key),
};
UNIT_MAIN(tests)
