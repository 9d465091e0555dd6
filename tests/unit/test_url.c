/*
 * test_url.c - codec/url: URLs taken apart, hosts judged, percent-encoding.
 */
#include "unit.h"

#include "codec/url.h"

struct good_row {
    const char *text;
    bool https;
    const char *host;
    int port;
    bool port_given;
    const char *userinfo; /* NULL: none */
    const char *target;
    const char *origin;
};

static const struct good_row good_rows[] = {
    {"https://api.example.com/api/machines?$top=1", true, "api.example.com", 443, false, NULL, "/api/machines?$top=1",
     "https://api.example.com"},
    {"http://a", false, "a", 80, false, NULL, "", "http://a"},
    {"HTTPS://API.Example.COM/Path", true, "api.example.com", 443, false, NULL, "/Path", "https://api.example.com"},
    {"https://a/", true, "a", 443, false, NULL, "/", "https://a"},
    {"https://a?q=1", true, "a", 443, false, NULL, "?q=1", "https://a"},
    {"https://a#frag", true, "a", 443, false, NULL, "", "https://a"},
    {"https://a/p?q#frag/?", true, "a", 443, false, NULL, "/p?q", "https://a"},
    {"https://a/?u=http://b@c/:d", true, "a", 443, false, NULL, "/?u=http://b@c/:d", "https://a"},
    {"https://a:443/", true, "a", 443, true, NULL, "/", "https://a"},
    {"https://a:80/", true, "a", 80, true, NULL, "/", "https://a:80"},
    {"http://a:443/", false, "a", 443, true, NULL, "/", "http://a:443"},
    {"http://a:80", false, "a", 80, true, NULL, "", "http://a"},
    {"https://a:/", true, "a", 443, false, NULL, "/", "https://a"},
    {"https://a:1", true, "a", 1, true, NULL, "", "https://a:1"},
    {"https://a:65535", true, "a", 65535, true, NULL, "", "https://a:65535"},
    {"https://a:00443", true, "a", 443, true, NULL, "", "https://a"},
    {"http://user:p%40ss@proxy:3128", false, "proxy", 3128, true, "user:p%40ss", "", "http://proxy:3128"},
    {"http://@proxy:3128", false, "proxy", 3128, true, "", "", "http://proxy:3128"},
    {"http://u@1.2.3.4/", false, "1.2.3.4", 80, false, "u", "/", "http://1.2.3.4"},
    {"http://a:b:c@p", false, "p", 80, false, "a:b:c", "", "http://p"},
    {"http://127.0.0.1:8080/x", false, "127.0.0.1", 8080, true, NULL, "/x", "http://127.0.0.1:8080"},
    {"https://[::1]/", true, "::1", 443, false, NULL, "/", "https://[::1]"},
    {"https://[2001:DB8::A]:8443/x", true, "2001:db8::a", 8443, true, NULL, "/x", "https://[2001:db8::a]:8443"},
    {"https://[::ffff:1.2.3.4]", true, "::ffff:1.2.3.4", 443, false, NULL, "", "https://[::ffff:1.2.3.4]"},
    {"https://a_b.c-d.e1/", true, "a_b.c-d.e1", 443, false, NULL, "/", "https://a_b.c-d.e1"},
    {"https://1a.2b/", true, "1a.2b", 443, false, NULL, "/", "https://1a.2b"},
    {"https://1.example/", true, "1.example", 443, false, NULL, "/", "https://1.example"},
    /* RFC 3986 by its grammar: 3.1, 3.2.1 to 3.2.3, 3.3 and 3.4 */
    {"hTTps://a/", true, "a", 443, false, NULL, "/", "https://a"},
    {"https://-._~!$&'()*+,;=:%00@a/", true, "a", 443, false, "-._~!$&'()*+,;=:%00", "/", "https://a"},
    {"https://u@a:", true, "a", 443, false, "u", "", "https://a"},
    {"https://:@a/", true, "a", 443, false, ":", "/", "https://a"},
    {"https://a/-._~!$&'()*+,;=:@%2F", true, "a", 443, false, NULL, "/-._~!$&'()*+,;=:@%2F", "https://a"},
    {"https://a?/?-._~!$&'()*+,;=:@%2f", true, "a", 443, false, NULL, "?/?-._~!$&'()*+,;=:@%2f", "https://a"},
    {"https://a//b/./../c/", true, "a", 443, false, NULL, "//b/./../c/", "https://a"},
    {"https://a?#", true, "a", 443, false, NULL, "?", "https://a"},
    {"https://0.0.0.0/", true, "0.0.0.0", 443, false, NULL, "/", "https://0.0.0.0"},
    {"https://255.255.255.255/", true, "255.255.255.255", 443, false, NULL, "/", "https://255.255.255.255"},
    {"https://[::]/", true, "::", 443, false, NULL, "/", "https://[::]"},
    {"https://[1::]/", true, "1::", 443, false, NULL, "/", "https://[1::]"},
    {"https://[1:2:3:4:5:6:7:8]/", true, "1:2:3:4:5:6:7:8", 443, false, NULL, "/", "https://[1:2:3:4:5:6:7:8]"},
    {"https://[1:2:3:4:5:6:7::]/", true, "1:2:3:4:5:6:7::", 443, false, NULL, "/", "https://[1:2:3:4:5:6:7::]"},
    {"https://[::2:3:4:5:6:7:8]/", true, "::2:3:4:5:6:7:8", 443, false, NULL, "/", "https://[::2:3:4:5:6:7:8]"},
    {"https://[1:2:3:4:5:6:1.2.3.4]/", true, "1:2:3:4:5:6:1.2.3.4", 443, false, NULL, "/", "https://[1:2:3:4:5:6:1.2.3.4]"},
    {"https://[::1.2.3.4]:1", true, "::1.2.3.4", 1, true, NULL, "", "https://[::1.2.3.4]:1"},
    {"https://[0001::FFFF]/", true, "0001::ffff", 443, false, NULL, "/", "https://[0001::ffff]"},
    {"https://a/%41?%7e", true, "a", 443, false, NULL, "/%41?%7e", "https://a"},
};

static void takes_urls_apart(void)
{
    for (const struct good_row *row = good_rows; row < good_rows + COUNT_OF(good_rows); row++) {
        struct url u;
        struct fault f = {0};
        struct buf b = buf_init(300);
        unit_row("%s", row->text);
        CHECK(url_parse(unit_edge(span_of(row->text)), &u, &f));
        CHECK_EQUAL_TEXT(f.text, "");
        CHECK_EQUAL_INT(u.https, row->https);
        CHECK_EQUAL_TEXT(u.host, row->host);
        CHECK_EQUAL_INT(u.port, row->port);
        CHECK_EQUAL_INT(u.port_given, row->port_given);
        CHECK_EQUAL_INT(u.has_userinfo, row->userinfo != NULL);
        CHECK_EQUAL_SPAN(u.userinfo, span_of(row->userinfo));
        CHECK_EQUAL_SPAN(u.target, span_of(row->target));
        CHECK_EQUAL_INT(u.host_is_ipv6, strchr(row->host, ':') != NULL);
        CHECK_EQUAL_INT(u.host_is_ip, strchr(row->host, ':') != NULL || strspn(row->host, "0123456789.") == strlen(row->host));
        url_put_origin(&b, &u);
        CHECK_EQUAL_TEXT(buf_text(&b), row->origin);
        CHECK_EQUAL_TEXT(u.place, strstr(row->origin, "//") + 2);
        buf_free(&b);
    }
}

#define TEXT(text) {"" text, sizeof(text) - 1}

static const struct span bad_rows[] = {
    TEXT(""), TEXT("a"), TEXT("//a/"), TEXT("/a"), TEXT("https:"), TEXT("https:/a"), TEXT("https:a"), TEXT("https//a"),
    TEXT("ftp://a/"), TEXT("httpss://a/"), TEXT("ws://a/"), TEXT(" https://a/"), TEXT("https://a/ "),
    TEXT("https://"), TEXT("https:///a"), TEXT("https://?q"), TEXT("https://#f"), TEXT("https://:443/"), TEXT("https://u@/"),
    TEXT("https://u@:443/"),
    /* ports */
    TEXT("https://a:0/"), TEXT("https://a:65536/"), TEXT("https://a:-1/"), TEXT("https://a:+1/"), TEXT("https://a:1x/"),
    TEXT("https://a: 1/"), TEXT("https://a:99999999999999999999/"), TEXT("https://a:1:2/"), TEXT("https://a::1/"),
    /* hosts */
    TEXT("https://a b/"), TEXT("https://a..b/"), TEXT("https://.a/"), TEXT("https://a./"), TEXT("https://./"),
    TEXT("https://-a/"), TEXT("https://a-/"), TEXT("https://a.-b/"), TEXT("https://a%2eb/"), TEXT("https://a,b/"),
    TEXT("https://a*b/"), TEXT("https://b\xC3\xBC/"), TEXT("https://a\0b/"), TEXT("https://a\tb/"), TEXT("https://a\nb/"),
    TEXT("https://a\\b/"), TEXT("https://good.example\\@evil/"), TEXT("https://evil\\.good.example/"),
    /* IPv4 that others read otherwise */
    TEXT("https://1/"), TEXT("https://1.2.3/"), TEXT("https://1.2.3.4.5/"), TEXT("https://256.1.1.1/"),
    TEXT("https://01.2.3.4/"), TEXT("https://2130706433/"), TEXT("https://0x7f000001/"), TEXT("https://0x7f.1/"),
    TEXT("https://a.1/"), TEXT("https://a.0x1/"), TEXT("https://a.0x/"), TEXT("https://1.2.3.4./"),
    /* IPv6 */
    TEXT("https://[]/"), TEXT("https://[/"), TEXT("https://[::1/"), TEXT("https://::1/"), TEXT("https://::1]/"),
    TEXT("https://[::1]x/"), TEXT("https://[::1]443/"), TEXT("https://[::1]:0/"), TEXT("https://[1.2.3.4]/"),
    TEXT("https://[a]/"), TEXT("https://[fe80::1%1]/"), TEXT("https://[fe80::1%251]/"), TEXT("https://[v1.a]/"),
    TEXT("https://[[::1]]/"),
    /* RFC 3986 by its grammar: 3.1, 3.2.2 (IPv6address, dec-octet), 2.1 and 2.2 */
    TEXT("ht+tps://a/"), TEXT("1https://a/"), TEXT("https:://a/"), TEXT("https:\\\\a/"), TEXT("https%3A//a/"), TEXT("https ://a/"),
    TEXT("https://[:]/"), TEXT("https://[:::]/"), TEXT("https://[1]/"), TEXT("https://[1:2:3:4:5:6:7]/"),
    TEXT("https://[1:2:3:4:5:6:7:8:9]/"),
    TEXT("https://[1::2::3]/"), TEXT("https://[::1:2:3:4:5:6:7:8]/"), TEXT("https://[:1:2:3:4:5:6:7:8]/"),
    TEXT("https://[1:2:3:4:5:6:7:]/"),
    TEXT("https://[12345::]/"), TEXT("https://[::g]/"), TEXT("https://[::1.2.3]/"), TEXT("https://[::1.2.3.4.5]/"),
    TEXT("https://[::1.2.3.256]/"),
    TEXT("https://[::01.2.3.4]/"), TEXT("https://[1.2.3.4::]/"), TEXT("https://[1:2:3:4:5:6:7:1.2.3.4]/"), TEXT("https://[ ::1]/"),
    TEXT("https://[::1 ]/"), TEXT("https://[::1]]/"), TEXT("https://[::1]:/["), TEXT("https://a[::1]/"), TEXT("https://[vF.a:b]/"),
    TEXT("https://1.2.3.256/"), TEXT("https://1.2..3/"), TEXT("https://1.2.3.-4/"), TEXT("https://1.2.3.4a5/../%"),
    TEXT("https://a!b/"),
    TEXT("https://a;b/"), TEXT("https://a=b/"), TEXT("https://a+b/"), TEXT("https://a~b/"), TEXT("https://(a)/"),
    TEXT("https://%61/"),
    TEXT("https://a/%0"), TEXT("https://a/%x0"), TEXT("https://a?%"), TEXT("https://a#%"), TEXT("https://a/?a|b"),
    TEXT("https://a?<"),
    TEXT("https://a/?\xE2\x82\xAC"), TEXT("https://a:80a/"), TEXT("https://a:8 0/"), TEXT("https://a:0x50/"),
    TEXT("https://a:%38/"),
    /* userinfo */
    TEXT("https://a@b@c/"), TEXT("https://a b@c/"), TEXT("https://a%zz@c/"), TEXT("https://a%4@c/"), TEXT("https://[a]@c/"),
    TEXT("https://\xC3\xA4@c/"), TEXT("https://a\"b@c/"),
    /* the rest */
    TEXT("https://a/ b"), TEXT("https://a/\tb"), TEXT("https://a/b\r\nX: y"), TEXT("https://a/\0"), TEXT("https://a/\x7F"),
    TEXT("https://a/\xC3\xA4"), TEXT("https://a/<b>"), TEXT("https://a/{b}"), TEXT("https://a/b|c"), TEXT("https://a/b\\c"),
    TEXT("https://a/b^c"), TEXT("https://a/`"), TEXT("https://a/\"b\""), TEXT("https://a/[b]"), TEXT("https://a/?b[]=c"),
    TEXT("https://a/%"), TEXT("https://a/%4"), TEXT("https://a/%4g"), TEXT("https://a/?%g4"), TEXT("https://a/#b#c"),
    TEXT("https://a/#\n"),
};

static void refuses_urls(void)
{
    for (size_t i = 0; i < COUNT_OF(bad_rows); i++) {
        struct url u;
        struct fault f = {0};
        unit_row("%.*s", SPAN_ARG(bad_rows[i]));
        memset(&u, 0xFF, sizeof u);
        CHECK(!url_parse(unit_edge(bad_rows[i]), &u, &f));
        CHECK_EQUAL_INT(f.code, FAULT_USAGE);
        CHECK(u.host[0] == '\0' && u.place[0] == '\0' && u.port == 0 && u.target.size == 0 && u.userinfo.size == 0);
    }
}

static void hides_the_password(void)
{
    static const char *const texts[] = {
        "http://user:hush@", "http://user:hush@:1/", "http://user:hush@a:0/", "http://user:hu@sh@a/", "ftp://user:hush@a/",
        "http://user:hush%@a/", "http://user:hush@a b/", "http://user:hush@[x]/", "http://user:hush@a/ ",
    };
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        struct url u;
        struct fault f = {0};
        unit_row("%s", texts[i]);
        CHECK(!url_parse(span_of(texts[i]), &u, &f));
        CHECK(strlen(f.text) > 0 && strstr(f.text, "hu") == NULL);
    }
}

/* A password with '@' is the usual reason for a second one: the text says what to do. */
static void says_how_to_write_a_password(void)
{
    struct url u;
    struct fault f = {0};
    CHECK(!url_parse(SPAN("http://user:p@ss@proxy:3128"), &u, &f));
    CHECK(strstr(f.text, "%XX") != NULL);
}

static void has_a_limit(void)
{
    static const char start[] = "https://a/";
    for (size_t size = URL_MAX - 1; size <= URL_MAX + 1; size++) {
        char text[URL_MAX + 1];
        struct url u;
        struct fault f = {0};
        unit_row("%zu bytes", size);
        memset(text, 'x', sizeof text);
        memcpy(text, start, sizeof start - 1);
        CHECK_EQUAL_INT(url_parse(unit_edge(span_make(text, size)), &u, &f), size <= URL_MAX);
    }
}

static void limits_host_names(void)
{
    char name[300];
    for (size_t size = 62; size <= 64; size++) {
        unit_row("label of %zu", size);
        memset(name, 'a', sizeof name);
        name[size] = '.';
        CHECK_EQUAL_INT(url_host_is_valid(unit_edge(span_make(name, size + 2))), size <= 63);
        CHECK_EQUAL_INT(url_host_is_valid(unit_edge(span_make(name, size))), size <= 63);
    }
    memset(name, 'a', sizeof name);
    for (size_t i = 50; i < sizeof name; i += 50) {
        name[i] = '.';
    }
    for (size_t size = 252; size <= 254; size++) {
        char text[320];
        struct url u;
        struct fault f = {0};
        unit_row("name of %zu", size);
        CHECK_EQUAL_INT(url_host_is_valid(unit_edge(span_make(name, size))), size <= URL_HOST_MAX);
        snprintf(text, sizeof text, "https://%.*s:65535", (int)size, name);
        CHECK_EQUAL_INT(url_parse(unit_edge(span_of(text)), &u, &f), size <= URL_HOST_MAX);
        CHECK_EQUAL_INT(strlen(u.host), size <= URL_HOST_MAX ? size : 0);
        CHECK_EQUAL_TEXT(u.place, size <= URL_HOST_MAX ? text + strlen("https://") : "");
    }
}

static void judges_hosts(void)
{
    static const char *const good[] = {"a", "A.b", "a-b", "_a", "a_", "xn--bcher-kva", "1.2.3.4", "3com.example", "0xg", "a.0xg"};
    static const char *const bad[] = {"", ".", "a.", ".a", "a..b", "-a", "a-", "a b", "::1", "[::1]", "1.2.3", "0x1", "a:1", "a/"};
    for (size_t i = 0; i < COUNT_OF(good); i++) {
        unit_row("%s", good[i]);
        CHECK(url_host_is_valid(unit_edge(span_of(good[i]))));
    }
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        unit_row("%s", bad[i]);
        CHECK(!url_host_is_valid(unit_edge(span_of(bad[i]))));
    }
}

static void encodes_every_byte(void)
{
    static const char unreserved[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
    for (int i = 0; i < 256; i++) {
        char c = (char)i;
        char wanted[8];
        struct buf b = buf_init(16);
        struct buf back = buf_init(16);
        bool plain = i != 0 && strchr(unreserved, i) != NULL;
        unit_row("byte %d", i);
        snprintf(wanted, sizeof wanted, plain ? "%c" : "%%%02X", i);
        url_put_encoded(&b, unit_edge(span_make(&c, 1)));
        CHECK_EQUAL_SPAN(buf_span(&b), span_of(wanted));
        CHECK(url_put_decoded(&back, buf_span(&b)));
        CHECK_EQUAL_SPAN(buf_span(&back), span_make(&c, 1));
        buf_free(&b);
        buf_free(&back);
    }
}

static void decodes(void)
{
    static const struct {
        const char *in, *out; /* NULL: refused */
    } rows[] = {
        {"", ""},       {"a+b", "a+b"}, {"%41%7a%7A", "Azz"}, {"100%25", "100%"}, {"%2525", "%25"}, {"%", NULL},
        {"a%", NULL},   {"%4", NULL},   {"%4g", NULL},        {"%g4", NULL},      {"%%41", NULL},   {"% 1", NULL},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct buf b = buf_init(16);
        unit_row("%s", rows[i].in);
        CHECK_EQUAL_INT(url_put_decoded(&b, unit_edge(span_of(rows[i].in))), rows[i].out != NULL);
        CHECK(rows[i].out == NULL || span_equal(buf_span(&b), span_of(rows[i].out)));
        buf_free(&b);
    }
    struct buf small = buf_init(5);
    url_put_encoded(&small, SPAN("a  "));
    CHECK(small.failed);
    buf_free(&small);
}

static const struct unit_test tests[] = {
    TEST(takes_urls_apart),  TEST(refuses_urls), TEST(hides_the_password), TEST(says_how_to_write_a_password), TEST(has_a_limit),
    TEST(limits_host_names), TEST(judges_hosts), TEST(encodes_every_byte), TEST(decodes),
};
UNIT_MAIN(tests)
