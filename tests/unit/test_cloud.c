/*
 * test_cloud.c - which hosts a release talks to, and which URLs are refused.
 */
/* links: fake/os_fake.c */
#include "unit.h"

#include "cli/cloud.h"
#include "fake/os_fake.h"

#define COMMERCIAL_SCOPE "https://api.securitycenter.microsoft.com/.default"

static struct authority authority;
static struct url api;
static struct fault f;

static bool choose(const struct options *o)
{
    authority = (struct authority){0};
    api = (struct url){0};
    fault_clear(&f);
    return cloud_choose(o, &authority, &api, &f);
}

struct place {
    const char *cloud, *region;
    const char *login, *api, *scope;
};

/* Word for word as the vendor's pages have them; the table is not asked. */
static const struct place places[] = {
    {NULL, NULL, "login.microsoftonline.com", "api.security.microsoft.com", COMMERCIAL_SCOPE},
    {"commercial", NULL, "login.microsoftonline.com", "api.security.microsoft.com",
     COMMERCIAL_SCOPE},
    {"gcc", NULL, "login.microsoftonline.com", "api-gcc.securitycenter.microsoft.us",
     "https://api-gcc.securitycenter.microsoft.us/.default"},
    {"gcc-high", NULL, "login.microsoftonline.us", "api-gov.securitycenter.microsoft.us",
     "https://api-gov.securitycenter.microsoft.us/.default"},
    {"dod", NULL, "login.microsoftonline.us", "api-gov.securitycenter.microsoft.us",
     "https://api-gov.securitycenter.microsoft.us/.default"},
    {NULL, "us", "login.microsoftonline.com", "us.api.security.microsoft.com", COMMERCIAL_SCOPE},
    {NULL, "eu", "login.microsoftonline.com", "eu.api.security.microsoft.com", COMMERCIAL_SCOPE},
    {NULL, "uk", "login.microsoftonline.com", "uk.api.security.microsoft.com", COMMERCIAL_SCOPE},
    {NULL, "au", "login.microsoftonline.com", "au.api.security.microsoft.com", COMMERCIAL_SCOPE},
    {NULL, "swa", "login.microsoftonline.com", "swa.api.security.microsoft.com", COMMERCIAL_SCOPE},
    {"commercial", "ina", "login.microsoftonline.com", "ina.api.security.microsoft.com",
     COMMERCIAL_SCOPE},
};

static void clouds_and_regions(void)
{
    for (size_t i = 0; i < COUNT_OF(places); i++) {
        const struct place *p = &places[i];
        unit_row("%s %s", p->cloud != NULL ? p->cloud : "-", p->region != NULL ? p->region : "-");
        CHECK(choose(&(struct options){.cloud = p->cloud, .region = p->region}));
        CHECK_EQUAL_TEXT(authority.url.host, p->login);
        CHECK_EQUAL_TEXT(api.host, p->api);
        CHECK_EQUAL_TEXT(authority.scope, p->scope);
        CHECK(authority.url.https && api.https);
        CHECK_EQUAL_INT(authority.url.port, 443);
        CHECK_EQUAL_INT(api.port, 443);
        CHECK_EQUAL_SPAN(authority.url.target, SPAN(""));
        CHECK_EQUAL_SPAN(api.target, SPAN(""));
    }
}

static void overrides_win(void)
{
    CHECK(choose(&(struct options){.cloud = "dod",
                                   .authority = "https://Login.Example:8443/adfs//",
                                   .scope = "api://x/.default"}));
    CHECK_EQUAL_TEXT(authority.url.host, "login.example");
    CHECK_EQUAL_INT(authority.url.port, 8443);
    CHECK_EQUAL_SPAN(authority.url.target, SPAN("/adfs"));
    CHECK_EQUAL_TEXT(authority.scope, "api://x/.default");
    CHECK_EQUAL_TEXT(api.host, "api-gov.securitycenter.microsoft.us");
    CHECK(choose(&(struct options){.region = "eu", .api_url = "https://[2001:db8::1]/"}));
    CHECK_EQUAL_TEXT(api.host, "2001:db8::1");
    CHECK_EQUAL_SPAN(api.target, SPAN(""));
    CHECK_EQUAL_TEXT(authority.scope, COMMERCIAL_SCOPE); /* it does not follow the host */
}

struct refused {
    const char *text;
    struct options options;
};

static const struct refused refused[] = {
    {"--cloud: no cloud is called 'moon'", {.cloud = "moon"}},
    {"--cloud: no cloud is called 'Commercial'", {.cloud = "Commercial"}},
    {"--region: no region is called 'moon'", {.region = "moon"}},
    {"--region: the gcc cloud has no regions", {.cloud = "gcc", .region = "us"}},
    {"--region: the dod cloud has no regions", {.cloud = "dod", .region = "eu"}},
    {"--api-url: only https is allowed", {.api_url = "http://api.example"}},
    {"--api-url: a URL with a user name is not allowed", {.api_url = "https://a:b@api.example"}},
    {"--api-url: a URL with a user name is not allowed", {.api_url = "https://@api.example"}},
    {"--api-url: a URL with '?' or '#' is not allowed", {.api_url = "https://api.example/?a=b"}},
    {"--api-url: a URL with '?' or '#' is not allowed", {.api_url = "https://api.example#a"}},
    {"--authority: only https is allowed", {.authority = "http://login.example"}},
    {"--authority: a URL with a user name is not allowed",
     {.authority = "https://a@login.example"}},
    {"--authority: a URL with '?' or '#' is not allowed", {.authority = "https://login.example?"}},
    {"--scope: 'a b' is no scope", {.scope = "a b"}},
    {"--scope: 'a\x7F' is no scope", {.scope = "a\x7F"}},
    {"--scope: 'a\nb' is no scope", {.scope = "a\nb"}},
    {"--scope: '\xC3\xA4' is no scope", {.scope = "\xC3\xA4"}},
};

static void refusals_say_where_and_what(void)
{
    for (size_t i = 0; i < COUNT_OF(refused); i++) {
        unit_row("%s", refused[i].text);
        CHECK(!choose(&refused[i].options));
        CHECK_EQUAL_INT(f.code, FAULT_USAGE);
        CHECK_EQUAL_TEXT(f.text, refused[i].text);
    }
}

/* What is wrong with a malformed URL is url.c's to say; which option it is, is said here. */
static void malformed_urls_are_refused(void)
{
    static const char *const urls[] = {"", "login.example", "ftp://login.example", "https://",
                                       "https://a b"};
    for (size_t i = 0; i < COUNT_OF(urls); i++) {
        unit_row("%s", urls[i]);
        if (strcmp(urls[i], "login.example") != 0) {
            CHECK(!choose(&(struct options){.authority = urls[i]}));
            CHECK_EQUAL_INT(f.code, FAULT_USAGE);
            CHECK(span_starts(span_of(f.text), SPAN("--authority: ")));
        }
        CHECK(!choose(&(struct options){.api_url = urls[i]}));
        CHECK(span_starts(span_of(f.text), SPAN("--api-url: ")));
    }
}

static void an_authority_may_lack_its_scheme(void)
{
    CHECK(choose(&(struct options){.authority = "login.example"}));
    CHECK_EQUAL_TEXT(authority.url.host, "login.example");
    CHECK(authority.url.https);
    CHECK_EQUAL_INT(authority.url.port, 443);
    CHECK_EQUAL_SPAN(authority.url.target, SPAN(""));
    CHECK(choose(&(struct options){.authority = "Login.example:8443/adfs/"}));
    CHECK_EQUAL_TEXT(authority.url.place, "login.example:8443");
    CHECK_EQUAL_SPAN(authority.url.target, SPAN("/adfs"));
    CHECK(!choose(&(struct options){.authority = "a@login.example"}));
    CHECK_EQUAL_TEXT(f.text, "--authority: a URL with a user name is not allowed");
    CHECK(!choose(&(struct options){.authority = "login.example/?a"}));
    CHECK(!choose(&(struct options){.authority = "/login.example"}));
}

static void a_variable_is_named(void)
{
    struct options o = {0};
    os_fake_reset();
    fault_clear(&f);
    os_fake_environment("AZURE_AUTHORITY_HOST", "http://login.example/");
    CHECK(options_read(&o, 2, (char *const[]){(char[]){"unisolate"}, (char[]){"-q"}, NULL}, &f));
    CHECK(!choose(&o));
    CHECK_EQUAL_TEXT(f.text, "AZURE_AUTHORITY_HOST: only https is allowed");
    options_free(&o);
}

static const struct unit_test tests[] = {
    TEST(clouds_and_regions),         TEST(overrides_win),       TEST(refusals_say_where_and_what),
    TEST(malformed_urls_are_refused), TEST(an_authority_may_lack_its_scheme),
    TEST(a_variable_is_named),
};

UNIT_MAIN(tests)
