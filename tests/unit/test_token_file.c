/*
 * test_token_file.c - auth/token_file: a bearer token from a file, standard input or the environment.
 */
/* links: fake/os_fake.c */
#include "unit.h"

#include "auth/credential.h"
#include "fake/os_fake.h"

enum { TOKEN_FILE_MAX = 64 * 1024 };

static bool acquire(const char *source, struct secret *token, struct fault *f)
{
    struct credential_settings s = {.token_file = source};
    struct client client = {0};
    struct authority authority = {0};
    return credential_token.acquire(&s, &authority, &client, token, f);
}

struct token_row {
    const char *content;
    const char *token; /* NULL: refused */
};

static const struct token_row tokens[] = {
    {"eyJ0.eyJh.c2ln", "eyJ0.eyJh.c2ln"},
    {"AZaz09-._~+/=\n", "AZaz09-._~+/="},
    {"Bearer abc", "abc"},
    {"bearer abc\r\n", "abc"},
    {"BEARER abc", "abc"},
    {"Bearer", "Bearer"},
    {"Bearerabc", "Bearerabc"},
    {"Bearer  abc", NULL},
    {"Bearer\tabc", NULL},
    {"abc def", NULL},
    {"abc\ndef", NULL},
    {"\"abc\"", NULL},
    {"{\"access_token\":\"abc\"}", NULL},
    {"abc\x01", NULL},
    {"abc\xC3\xA9", NULL},
    {"", NULL},
    {"\n", NULL},
};

static void tokens_are_read(void)
{
    for (size_t i = 0; i < COUNT_OF(tokens); i++) {
        struct secret token = {0};
        struct fault f = {0};
        unit_row("%s", tokens[i].content);
        os_fake_reset();
        os_fake_file("t", tokens[i].content);
        CHECK_EQUAL_INT(acquire("t", &token, &f), tokens[i].token != NULL);
        CHECK_EQUAL_INT(f.code, tokens[i].token != NULL ? FAULT_NONE : FAULT_FILE);
        if (tokens[i].token != NULL) {
            CHECK_EQUAL_SPAN(secret_reveal(&token), span_of(tokens[i].token));
        } else {
            CHECK(!span_contains(span_of(f.text), SPAN("abc"))); /* what may be a token is not shown */
        }
        CHECK_EQUAL_INT(os_fake_connects(), 0);
        secret_free(&token);
    }
}

static void other_sources(void)
{
    struct secret token = {0};
    struct fault f = {0};
    os_fake_reset();
    os_fake_environment("NAME", "from-environment");
    os_fake_file("-", "from-input\n");
    CHECK(acquire("env:NAME", &token, &f));
    CHECK_EQUAL_SPAN(secret_reveal(&token), SPAN("from-environment"));
    CHECK(acquire("-", &token, &f));
    CHECK_EQUAL_SPAN(secret_reveal(&token), SPAN("from-input"));
    CHECK(!acquire("nowhere", &token, &f));
    CHECK_EQUAL_INT(f.code, FAULT_FILE);
    CHECK_EQUAL_TEXT(f.text, "the token: nowhere: No such file or directory");
    secret_free(&token);
}

static void a_token_has_a_ceiling(void)
{
    static char text[TOKEN_FILE_MAX + 2];
    for (size_t n = TOKEN_FILE_MAX - 1; n <= TOKEN_FILE_MAX + 1; n++) {
        struct secret token = {0};
        struct fault f = {0};
        unit_row("%zu bytes", n);
        memset(text, 'x', n);
        text[n] = '\0';
        os_fake_reset();
        os_fake_file("t", text);
        CHECK_EQUAL_INT(acquire("t", &token, &f), n <= TOKEN_FILE_MAX);
        CHECK_EQUAL_INT(f.code, n <= TOKEN_FILE_MAX ? FAULT_NONE : FAULT_FILE);
        secret_free(&token);
    }
}

static void what_it_needs(void)
{
    struct fault f = {0};
    CHECK(credential_token.present(&(struct credential_settings){.token_file = "t"}));
    CHECK(!credential_token.present(&(struct credential_settings){.client_secret_file = "s"}));
    CHECK(credential_token.check(&(struct credential_settings){.token_file = "t"}, &f));
    CHECK(!fault_is_set(&f));
    CHECK(!credential_token.check(&(struct credential_settings){.method = "token"}, &f));
    CHECK_EQUAL_INT(f.code, FAULT_USAGE);
    CHECK(!credential_token.renews);
    CHECK_EQUAL_TEXT(credential_token.name, "token");
}

static const struct unit_test tests[] = {
    TEST(tokens_are_read),
    TEST(other_sources),
    TEST(a_token_has_a_ceiling),
    TEST(what_it_needs),
};

UNIT_MAIN(tests)
