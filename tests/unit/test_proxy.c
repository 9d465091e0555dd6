/*
 * test_proxy.c - net/proxy: URLs and logins, which hosts need no proxy (a table of what curl does), CONNECT and its answers.
 */
/* links: fake/os_fake.c */
#include "unit.h"

#include "net/proxy.h"

static struct url origin_of(const char *host)
{
    struct url u;
    struct fault f = {0};
    char text[300];
    snprintf(text, sizeof text, "https://%s/", host);
    CHECK(url_parse(span_of(text), &u, &f));
    u.userinfo = u.target = (struct span){0};
    return u;
}

/* ---- the URL ---- */

struct url_row {
    const char *text;
    bool https;
    const char *host, *place, *login; /* NULL: none is sent */
};

/* base64 by coreutils */
static const struct url_row urls[] = {
    {"http://px.test:3128", false, "px.test", "px.test:3128", NULL},
    {"http://px.test", false, "px.test", "px.test:1080", NULL},
    {"https://px.test", true, "px.test", "px.test:443", NULL},
    {"HTTPS://px.test:8443/", true, "px.test", "px.test:8443", NULL},
    {"px.test", false, "px.test", "px.test:1080", NULL},
    {"PX.test:80", false, "px.test", "px.test:80", NULL},
    {"px.test:80/any/path?q", false, "px.test", "px.test:80", NULL},
    {"px.test:", false, "px.test", "px.test:1080", NULL},
    {"192.0.2.1:3128", false, "192.0.2.1", "192.0.2.1:3128", NULL},
    {"[2001:db8::1]:3128", false, "2001:db8::1", "[2001:db8::1]:3128", NULL},
    {"http://[::1]", false, "::1", "[::1]:1080", NULL},
    {"http://bob@px.test:1", false, "px.test", "px.test:1", "Ym9iOg=="},
    {"bob:s3cret@px.test:1", false, "px.test", "px.test:1", "Ym9iOnMzY3JldA=="},
    {"http://bob:a:b@px.test", false, "px.test", "px.test:1080", "Ym9iOmE6Yg=="},
    {"http://b%40b:%25%3A%2f@px.test", false, "px.test", "px.test:1080", "YkBiOiU6Lw=="},
    {"http://:s3cret@px.test", false, "px.test", "px.test:1080", "OnMzY3JldA=="},
    {"http://@px.test", false, "px.test", "px.test:1080", "Og=="},
};

static void reads_urls(void)
{
    for (size_t i = 0; i < COUNT_OF(urls); i++) {
        const struct url_row *row = &urls[i];
        struct proxy p = {0};
        struct fault f = {0};
        unit_row("%s", row->text);
        CHECK(proxy_read(&p, row->text, true, NULL, &f));
        CHECK_EQUAL_INT(p.url.https, row->https);
        CHECK_EQUAL_TEXT(p.url.host, row->host);
        CHECK_EQUAL_TEXT(p.url.place, row->place);
        CHECK_EQUAL_SPAN(secret_reveal(&p.login), span_of(row->login));
        CHECK(p.url.userinfo.at == NULL && p.url.target.at == NULL);
        proxy_free(&p);
        CHECK(!secret_present(&p.login) && !secret_present(&p.password));
    }
}

struct refused_row {
    const char *text, *says;
};

static const struct refused_row refused[] = {
    {"", "no host"},
    {"http://", "no host"},
    {"socks5://px.test:1080", "SOCKS"},
    {"SOCKS4A://px.test", "SOCKS"},
    {"socks://hush:hush@px.test", "SOCKS"},
    {"ftp://px.test", "http://"},
    {"http://px.test:0", "port"},
    {"http://px.test:65536", "port"},
    {"http://hush%3Ahush@px.test", "':'"},
    {"http://hush:hu#sh@px.test", "port"},
    {"http://hush:12#sh@px.test", "%XX"},
    {"http://hush@px:12/sh@px.test", "%XX"},
    {"http://hush:hu@sh@px.test", "%XX"},
    {"http://hush:hu%sh@px.test", "%XX"},
    {"http://px test", "host name"},
    {"[::1", "IPv6"},
};

static void refuses_urls(void)
{
    for (size_t i = 0; i < COUNT_OF(refused); i++) {
        struct proxy p = {0};
        struct fault f = {0};
        unit_row("%s", refused[i].text);
        CHECK(!proxy_read(&p, refused[i].text, true, NULL, &f));
        CHECK_EQUAL_INT(f.code, FAULT_USAGE);
        CHECK(span_contains(span_of(f.text), span_of(refused[i].says)));
        CHECK(!span_contains(span_of(f.text), SPAN("hush")) && !span_contains(span_of(f.advice), SPAN("hush")));
        proxy_free(&p);
    }
}

static void password_has_one_place(void)
{
    struct proxy p = {0};
    struct secret password = {0};
    struct fault f = {0};
    CHECK(secret_copy(&password, SPAN("s3cret")));
    CHECK(proxy_read(&p, "http://bob:other@px.test", true, &password, &f)); /* the file's wins */
    CHECK_EQUAL_SPAN(secret_reveal(&p.login), SPAN("Ym9iOnMzY3JldA=="));
    proxy_free(&p);
    CHECK(proxy_read(&p, "http://bob@px.test", false, &password, &f));
    CHECK_EQUAL_SPAN(secret_reveal(&p.login), SPAN("Ym9iOnMzY3JldA=="));
    proxy_free(&p);
    CHECK(!proxy_read(&p, "http://bob:hush-hush@px.test", false, &password, &f) && f.code == FAULT_USAGE);
    CHECK(span_contains(span_of(f.advice), SPAN("--proxy-password-file")) && !span_contains(span_of(f.text), SPAN("hush")));
    proxy_free(&p);
    fault_clear(&f);
    CHECK(!proxy_read(&p, "http://px.test", false, &password, &f) && f.code == FAULT_USAGE);
    proxy_free(&p);
    secret_free(&password);
}

static void none_is_none(void)
{
    struct proxy p = {0};
    struct url origin = origin_of("api.test");
    CHECK(proxy_is_none(NULL) && proxy_is_none("") && proxy_is_none("none"));
    CHECK(!proxy_is_none("None.test") && !proxy_is_none("http://none"));
    CHECK(!proxy_is_for(&p, &origin) && !proxy_is_for(NULL, &origin));
}

/* ---- no proxy ---- */

enum { THROUGH = 0, DIRECT = 1 };

struct except_row {
    const char *host, *list;
    int curl, ours; /* curl 7.88.1, as it was tried out on 2026-11-23 */
};

static const struct except_row excepts[] = {
    {"api.test", "*", DIRECT, DIRECT},
    {"api.test", "a.test,*", THROUGH, THROUGH},
    {"api.test", "* ", THROUGH, THROUGH},
    {"api.test", "test", DIRECT, DIRECT},
    {"api.test", ".test", DIRECT, DIRECT},
    {"api.test", "api.test", DIRECT, DIRECT},
    {"api.test", "API.Test", DIRECT, DIRECT},
    {"api.test", ".api.test", DIRECT, DIRECT},
    {"api.test", "pi.test", THROUGH, THROUGH},
    {"api.test", "api.test.", DIRECT, DIRECT},
    {"api.test", "*.test", THROUGH, THROUGH},
    {"api.test", "api.test:443", THROUGH, THROUGH},
    {"api.test", "x api.test", DIRECT, DIRECT},
    {"api.test", "x, api.test ,y", DIRECT, DIRECT},
    {"api.test", "x\tapi.test", DIRECT, DIRECT},
    {"api.test", "..test", THROUGH, THROUGH},
    {"api.test", ",,api.test", DIRECT, DIRECT},
    {"api.test", "", THROUGH, THROUGH},
    {"api.test", "api", THROUGH, THROUGH},
    {"api.test", "www.api.test", THROUGH, THROUGH},
    {"api.test", "x;api.test", THROUGH, THROUGH},
    {"api.test", "x;y,api.test", DIRECT, DIRECT},
    {"api.test", "none", THROUGH, THROUGH},
    {"localhost", "x", THROUGH, THROUGH},
    {"127.0.0.1", "127.0.0.1", DIRECT, DIRECT},
    {"127.0.0.1", "127.0.0.0/8", DIRECT, DIRECT},
    {"127.0.0.2", "126.0.0.0/7", DIRECT, DIRECT},
    {"127.0.0.1", "127.0.0.0/33", THROUGH, THROUGH},
    {"127.0.0.1", "128.0.0.0/8", THROUGH, THROUGH},
    {"127.0.0.1", "0.0.0.0/0", THROUGH, THROUGH},
    {"127.0.0.1", "127.0.0.1/32", DIRECT, DIRECT},
    {"127.0.0.1", "127.0.0.1/0", DIRECT, DIRECT},
    {"127.0.0.1", "127.0.0", THROUGH, THROUGH},
    {"127.0.0.1", ".0.0.1", THROUGH, THROUGH},
    {"127.0.0.1", "127.0.0.1:1", THROUGH, THROUGH},
    {"127.0.0.1", "x,127.0.0.1,y", DIRECT, DIRECT},
    {"127.0.0.1", "127.0.0.0/-1", THROUGH, THROUGH},
    {"127.0.0.1", "127.0.0.0/8x", DIRECT, THROUGH}, /* not a number */
    {"127.0.0.1", "127.0.0.1/", DIRECT, THROUGH},
    {"[::1]", "::1", DIRECT, DIRECT},
    {"[::1]", "[::1]", THROUGH, DIRECT}, /* curl compares IPv6 as text; its manual says otherwise: curl/curl pull 19828 */
    {"[::1]", "0:0:0:0:0:0:0:1", THROUGH, DIRECT},
    {"[::1]", "::/64", THROUGH, DIRECT},
    {"[::1]", "::1/128", THROUGH, DIRECT},
    {"[::1]", "::2/126", THROUGH, DIRECT},
    {"[::1]", "::2/127", THROUGH, THROUGH},
    {"[::1]", "::/129", THROUGH, THROUGH},
    {"[2001:db8::1]", "2001:DB8::/32", THROUGH, DIRECT},
    {"[::ffff:127.0.0.1]", "127.0.0.1", THROUGH, THROUGH},
};

static void some_hosts_need_none(void)
{
    for (size_t i = 0; i < COUNT_OF(excepts); i++) {
        const struct except_row *row = &excepts[i];
        struct proxy p = {0};
        struct fault f = {0};
        struct url origin = origin_of(row->host);
        unit_row("%s: %s", row->host, row->list);
        CHECK(proxy_read(&p, "px.test", true, NULL, &f));
        p.except = unit_edge(span_make(row->list, strlen(row->list) + 1)).at;
        CHECK_EQUAL_INT(!proxy_is_for(&p, &origin), row->ours);
        p.except = NULL;
        CHECK(proxy_is_for(&p, &origin));
        origin.https = false;
        CHECK(!proxy_is_for(&p, &origin));
        proxy_free(&p);
    }
}

/* ---- CONNECT ---- */

static void check_connect(const char *proxy, const char *host, bool hide, const char *wanted)
{
    struct proxy p = {0};
    struct fault f = {0};
    struct url origin = origin_of(host);
    struct buf head = buf_init(4096);
    CHECK(proxy_read(&p, proxy, true, NULL, &f));
    CHECK(proxy_put_connect(&p, &origin, "unit/1", hide, &head, &f));
    CHECK_EQUAL_SPAN(buf_span(&head), span_of(wanted));
    buf_free(&head);
    head = buf_init(60);
    CHECK(!proxy_put_connect(&p, &origin, "unit/1", hide, &head, &f) && f.code == FAULT_MEMORY);
    buf_free(&head);
    proxy_free(&p);
}

static void asks_for_the_way(void)
{
    check_connect("px.test", "api.test", false, "CONNECT api.test:443 HTTP/1.1\r\nHost: api.test:443\r\nUser-Agent: unit/1\r\n\r\n");
    check_connect("https://px.test", "[2001:db8::1]:8443", false,
                  "CONNECT [2001:db8::1]:8443 HTTP/1.1\r\nHost: [2001:db8::1]:8443\r\nUser-Agent: unit/1\r\n\r\n");
    check_connect("bob:s3cret@px.test", "127.0.0.9", false,
                  "CONNECT 127.0.0.9:443 HTTP/1.1\r\nHost: 127.0.0.9:443\r\nUser-Agent: unit/1\r\n"
                  "Proxy-Authorization: Basic Ym9iOnMzY3JldA==\r\n\r\n");
    check_connect("bob:s3cret@px.test", "api.test", true,
                  "CONNECT api.test:443 HTTP/1.1\r\nHost: api.test:443\r\nUser-Agent: unit/1\r\n"
                  "Proxy-Authorization: Basic (hidden)\r\n\r\n");
}

struct answer_row {
    const char *answer;
    enum http1_result result;
    enum fault_code code;
    const char *text, *advice; /* parts of them, or NULL */
};

#define LOGIN "HTTP/1.1 407 No\r\nProxy-Authenticate: "
#define BASIC_ONLY "Basic is the only login"

static const struct answer_row answers[] = {
    {"HTTP/1.1 200 OK\r\n\r\n", HTTP1_DONE, FAULT_NONE, NULL, NULL},
    {"HTTP/1.0 200 Connection established\r\nProxy-agent: x\r\n\r\n", HTTP1_DONE, FAULT_NONE, NULL, NULL},
    {"HTTP/1.1 204 x\r\n\r\n", HTTP1_DONE, FAULT_NONE, NULL, NULL},
    {"HTTP/1.1 299\r\nContent-Length: 9\r\nTransfer-Encoding: chunked\r\nContent-Length: x\r\n\r\n", HTTP1_DONE, FAULT_NONE, NULL, NULL},
    {"HTTP/1.1 100 x\r\n\r\nHTTP/1.1 102 x\r\nA: b\r\n\r\nHTTP/1.1 200 OK\r\n\r\n", HTTP1_DONE, FAULT_NONE, NULL, NULL},
    {"HTTP/1.1 101 x\r\n\r\n", HTTP1_BAD, FAULT_PROXY, "switches", "https://px.test:1080"},
    {"HTTP/1.1 200 OK\n\n", HTTP1_BAD, FAULT_PROXY, "CR LF", "an HTTP proxy"},
    {"HTTP/2 200\r\n\r\n", HTTP1_BAD, FAULT_PROXY, "does not begin", NULL},
    {"\x15\x03\x01", HTTP1_BAD, FAULT_PROXY, "does not begin", "https://px.test:1080"},
    {"HTTP/1.1 302 Found\r\nLocation: /\r\n\r\n", HTTP1_BAD, FAULT_PROXY, "302 Found", "sign-in page"},
    {"HTTP/1.1 403\r\n\r\n", HTTP1_BAD, FAULT_PROXY, "CONNECT with 403", "api.test port 443"},
    {"HTTP/1.1 429 Slow\r\n\r\n", HTTP1_BAD, FAULT_PROXY, "429 Slow", NULL},
    {"HTTP/1.1 500 x\r\n\r\n", HTTP1_BAD, FAULT_CONNECT, "500 x", "does not reach api.test port 443"},
    {"HTTP/1.1 503 No way\r\nContent-Length: 0\r\n\r\n", HTTP1_BAD, FAULT_CONNECT, "503 No way", NULL},
    {"HTTP/1.1 407 No\r\n\r\n", HTTP1_BAD, FAULT_PROXY, "407, a login is needed; it offers nothing", "USER@px.test:1080"},
    {LOGIN "Basic realm=\"a, NTLM, \\\", Digest\"\r\n\r\n", HTTP1_BAD, FAULT_PROXY, "it offers Basic", "USER@"},
    {LOGIN "Negotiate\r\nProxy-Authenticate: NTLM\r\nproxy-authenticate: BASIC realm=x\r\n\r\n", HTTP1_BAD, FAULT_PROXY,
     "it offers Negotiate, NTLM, BASIC", "USER@"},
    {LOGIN "Negotiate, NTLM TlRMTVNTUAAC==, Digest realm = \"x\", qop=\"auth,auth-int\", nonce=1\r\n\r\n", HTTP1_BAD, FAULT_PROXY,
     "it offers Negotiate, NTLM, Digest", BASIC_ONLY},
    {"HTTP/1.0 401 Unauthorized\r\n\r\n", HTTP1_BAD, FAULT_PROXY, "401, a login is needed", "USER@"},
    {LOGIN ",, Negotiate ,\r\n\r\n", HTTP1_BAD, FAULT_PROXY, "it offers Negotiate", BASIC_ONLY},
    {LOGIN "Digest realm=\"never closed, Basic\r\n\r\n", HTTP1_BAD, FAULT_PROXY, "it offers Digest", BASIC_ONLY},
    {LOGIN "=, \"Basic\r\n\r\n", HTTP1_BAD, FAULT_PROXY, "407", NULL},
};

static void check_answer(struct span bytes, const struct unit_way *way, void *context)
{
    const struct answer_row *row = context;
    struct proxy p = {.giver = "--proxy"};
    struct url origin = origin_of("api.test");
    struct http1_reader r;
    struct fault f = {0};
    struct span piece;
    size_t at = 0;
    enum http1_result result = HTTP1_MORE;
    CHECK(proxy_read(&p, "px.test", true, NULL, &f));
    proxy_await(&r);
    while (result == HTTP1_MORE && unit_piece(way, bytes, &at, &piece)) {
        result = proxy_answer(&p, &origin, &r, piece, &f);
    }
    CHECK_EQUAL_INT(result, row->result);
    CHECK_EQUAL_INT(f.code, row->code);
    CHECK(row->text == NULL || span_contains(span_of(f.text), span_of(row->text)));
    CHECK(row->advice == NULL || span_contains(span_of(f.advice), span_of(row->advice)));
    http1_reader_free(&r);
    proxy_free(&p);
}

static void answers_are_judged(void)
{
    for (size_t i = 0; i < COUNT_OF(answers); i++) {
        struct answer_row row = answers[i];
        unit_row("%.*s", (int)strcspn(row.answer, "\r"), row.answer);
        unit_each_way(span_of(row.answer), check_answer, &row);
    }
}

/* What is cut off is never an answer. */
static void cut_answers_are_none(void)
{
    struct answer_row none = {NULL, HTTP1_MORE, FAULT_NONE, NULL, NULL};
    unit_each_cut(SPAN("HTTP/1.1 100 x\r\n\r\nHTTP/1.1 200 OK\r\nA: b\r\n\r\n"), check_answer, &none);
    unit_each_cut(SPAN("HTTP/1.1 407 No\r\nProxy-Authenticate: Basic\r\n\r\n"), check_answer, &none);
}

/* Bytes behind the head, in the same piece; nothing of the host's can have come yet. */
static void bytes_behind_are_refused(void)
{
    static const char answer[] = "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n";
    struct answer_row row = {NULL, HTTP1_BAD, FAULT_PROXY, "bytes of its own", NULL};
    char bytes[sizeof answer];
    memcpy(bytes, answer, sizeof answer - 1);
    bytes[sizeof answer - 1] = '\x16';
    for (size_t first = 1; first < sizeof answer; first++) {
        if (first != sizeof answer - 1) {
            check_answer(span_make(bytes, sizeof bytes), &(struct unit_way){first, sizeof bytes}, &row);
        }
    }
    check_answer(span_make(bytes, sizeof bytes), &(struct unit_way){sizeof bytes, 1}, &row);
}

static void heads_have_a_ceiling(void)
{
    struct answer_row row = {NULL, HTTP1_BAD, FAULT_PROXY, "too long", NULL};
    struct buf head = buf_init(2 * HTTP1_HEAD_MAX);
    buf_put_text(&head, "HTTP/1.1 200 OK\r\nX: ");
    for (int i = 0; i < HTTP1_HEAD_MAX; i++) {
        buf_put_char(&head, 'x');
    }
    check_answer(buf_span(&head), &(struct unit_way){1000, 1000}, &row);
    buf_free(&head);
}

static void a_sent_login_is_told(void)
{
    static const char *const rows[][2] = {
        {"bob:s3cret@px.test", "the URL of env"}, {"bob:s3cret@px.test", "%XX"}, {"bob@px.test", "--proxy-password-file"}};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct proxy p = {.giver = "env"};
        struct url origin = origin_of("api.test");
        struct http1_reader r;
        struct fault f = {0};
        CHECK(proxy_read(&p, rows[i][0], true, NULL, &f));
        proxy_await(&r);
        CHECK_EQUAL_INT(proxy_answer(&p, &origin, &r, SPAN(LOGIN "Basic\r\n\r\n"), &f), HTTP1_BAD);
        CHECK(span_contains(span_of(f.text), SPAN("not accepted")));
        unit_row("%s", rows[i][1]);
        CHECK(span_contains(span_of(f.advice), span_of(rows[i][1])));
        http1_reader_free(&r);
        proxy_free(&p);
    }
}

static void is_blamed(void)
{
    struct proxy p = {.giver = "https_proxy"};
    struct fault f = {0};
    CHECK(proxy_read(&p, "px.test:8080", true, NULL, &f));
    fault_set(&f, FAULT_TIMEOUT, "time-out");
    proxy_blame(&p, &f);
    CHECK_EQUAL_TEXT(f.text, "proxy px.test:8080: time-out");
    CHECK_EQUAL_TEXT(f.advice, "check the proxy that https_proxy names; --proxy none goes without one");
    fault_clear(&f);
    fault_set(&f, FAULT_TLS, "px.test: answers without TLS");
    fault_advise(&f, "check the port");
    proxy_blame(&p, &f);
    CHECK(span_contains(span_of(f.advice), SPAN("http://px.test:8080")));
    fault_clear(&f);
    fault_set(&f, FAULT_CERTIFICATE, "no root");
    fault_advise(&f, "--cacert");
    proxy_blame(&p, &f);
    CHECK_EQUAL_TEXT(f.advice, "--cacert");
    proxy_free(&p);
}

static const struct unit_test tests[] = {
    TEST(reads_urls),           TEST(refuses_urls),             TEST(password_has_one_place), TEST(none_is_none),
    TEST(some_hosts_need_none), TEST(asks_for_the_way),         TEST(answers_are_judged),     TEST(cut_answers_are_none),
    TEST(heads_have_a_ceiling), TEST(bytes_behind_are_refused), TEST(a_sent_login_is_told),   TEST(is_blamed),
};

UNIT_MAIN(tests)
