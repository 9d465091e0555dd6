/*
 * test_credential.c - auth/credential: which type is chosen, what an application needs, reading a secret source.
 */
/* links: fake/os_fake.c */
#include "unit.h"

#include "auth/credential.h"
#include "fake/os_fake.h"

struct choice_row {
    struct credential_settings settings;
    const struct credential_type *type; /* NULL: refused */
    enum fault_code code;
};

static const struct choice_row choices[] = {
    {{.token_file = "t"}, &credential_token, FAULT_NONE},
    {{.client_secret_file = "s"}, &credential_secret, FAULT_NONE},
    {{.token_file = "t", .client_secret_file = "s"}, &credential_token, FAULT_NONE},
    {{.method = "auto", .token_file = "t", .client_secret_file = "s"}, &credential_token, FAULT_NONE},
    {{.method = "auto", .client_secret_file = "s"}, &credential_secret, FAULT_NONE},
    {{.method = "secret", .token_file = "t", .client_secret_file = "s"}, &credential_secret, FAULT_NONE},
    {{.method = "token"}, &credential_token, FAULT_NONE},
    {{.method = "secret"}, &credential_secret, FAULT_NONE},
    {{0}, &credential_managed_identity, FAULT_NONE}, /* the host may have one: it is asked */
    {{.method = "auto"}, &credential_managed_identity, FAULT_NONE},
    {{.tenant = "t.test", .client_id = "c"}, &credential_managed_identity, FAULT_NONE},
    {{.method = "device-code"}, &credential_device_code, FAULT_NONE},
    {{.method = "Secret", .client_secret_file = "s"}, NULL, FAULT_USAGE},
    {{.method = "", .client_secret_file = "s"}, NULL, FAULT_USAGE},
    {{.method = "kerberos", .client_secret_file = "s"}, NULL, FAULT_USAGE},
};

static void types_are_chosen(void)
{
    for (size_t i = 0; i < COUNT_OF(choices); i++) {
        const struct credential_type *type = NULL;
        struct fault f = {0};
        unit_row("choice %zu", i);
        CHECK_EQUAL_INT(credential_choose(&choices[i].settings, &type, &f), choices[i].type != NULL);
        CHECK(type == choices[i].type);
        CHECK_EQUAL_INT(f.code, choices[i].code);
    }
}

static void the_list_is_complete(void)
{
    size_t count = 0;
    for (; credential_types[count] != NULL; count++) {
        const struct credential_type *type = credential_types[count];
        unit_row("type %zu", count);
        CHECK(type->name[0] != '\0' && type->summary[0] != '\0');
        CHECK(type->present != NULL && type->check != NULL && type->acquire != NULL);
        for (size_t i = 0; i < count; i++) {
            CHECK(strcmp(type->name, credential_types[i]->name) != 0);
        }
    }
    CHECK_EQUAL_INT(count, 6);
    CHECK(credential_types[0] == &credential_token && credential_types[1] == &credential_secret);
    CHECK(credential_types[2] == &credential_certificate && credential_types[3] == &credential_federated);
    CHECK(credential_types[4] == &credential_managed_identity && credential_types[5] == &credential_device_code);
}

struct application_row {
    const char *tenant, *client_id;
    const char *fault; /* a part of its text; NULL: accepted */
};

static const struct application_row applications[] = {
    {"f8cdef31-a31e-4b4a-93e4-5f571e91255a", "535fb089-9ff3-47b6-9bfb-4f1264799865", NULL},
    {"contoso.onmicrosoft.com", "535fb089-9ff3-47b6-9bfb-4f1264799865", NULL},
    {"T", "c", NULL},
    {NULL, "c", "--tenant is missing"},
    {"t", NULL, "--client-id is missing"},
    {NULL, NULL, "--tenant is missing"},
    {"", "c", "--tenant : a GUID"},
    {"a b", "c", "--tenant a b"},
    {"a/b", "c", "--tenant a/b"},
    {"../x?y", "c", "--tenant ../x?y"},
    {"a%2fb", "c", "--tenant"},
    {"a_b", "c", "--tenant"},
    {"t\xC3\xA9", "c", "--tenant"},
    {"t", "", "--client-id : an application id"},
    {"t", "a.b", "--client-id a.b"},
    {"t", "a&b", "--client-id a&b"},
    {"t", " c", "--client-id"},
    {"t", "c\n", "--client-id"},
};

static void applications_are_checked(void)
{
    for (size_t i = 0; i < COUNT_OF(applications); i++) {
        const struct application_row *row = &applications[i];
        struct credential_settings s = {.tenant = row->tenant, .client_id = row->client_id};
        struct fault f = {0};
        unit_row("application %zu", i);
        CHECK_EQUAL_INT(credential_check_application(&s, &f), row->fault == NULL);
        CHECK_EQUAL_INT(f.code, row->fault == NULL ? FAULT_NONE : FAULT_USAGE);
        CHECK(row->fault == NULL || span_contains(span_of(f.text), span_of(row->fault)));
    }
}

struct source_row {
    const char *source, *content;
    const char *secret; /* NULL: refused */
    const char *fault;
};

static const struct source_row sources[] = {
    {"file", "abc", "abc", ""},
    {"file", "abc\n", "abc", ""},
    {"file", "\r\n \tabc\n", "abc", ""},
    {"file", "a b\tc", "a b\tc", ""},
    {"file", "a\nb", "a\nb", ""},
    {"file", "\xEF\xBB\xBF" "abc\r\n", "abc", ""},
    {"file", "abc\xEF\xBB\xBF", "abc\xEF\xBB\xBF", ""},
    {"file", "12345678", "12345678", ""},
    {"file", "1234567", "1234567", ""},
    {"file", "123456789", NULL, "the secret: file: too large"},
    {"file", "", NULL, "the secret (file): empty"},
    {"file", "\n", NULL, "the secret (file): empty"},
    {"file", " \t\r\n", NULL, "the secret (file): empty"},
    {"file", "\xEF\xBB\xBF\n", NULL, "the secret (file): empty"},
    {"-", "abc\n", "abc", ""},
    {"-", "", NULL, "the secret (-): empty"},
    {"env:NAME", " abc ", "abc", ""},
    {"env:NAME", "12345678", "12345678", ""},
    {"env:NAME", "123456789", NULL, "the secret: env:NAME: too large"},
    {"env:NAME", "", NULL, "the secret (env:NAME): empty"},
};

static void sources_are_read(void)
{
    for (size_t i = 0; i < COUNT_OF(sources); i++) {
        const struct source_row *row = &sources[i];
        struct secret secret = {0};
        struct fault f = {0};
        unit_row("source %zu", i);
        os_fake_reset();
        if (strcmp(row->source, "env:NAME") == 0) {
            os_fake_environment("NAME", row->content);
        } else {
            os_fake_file(row->source, row->content);
        }
        CHECK_EQUAL_INT(credential_read_secret(row->source, "the secret", 8, &secret, &f), row->secret != NULL);
        CHECK_EQUAL_SPAN(secret_reveal(&secret), span_of(row->secret));
        CHECK_EQUAL_INT(f.code, row->secret != NULL ? FAULT_NONE : FAULT_FILE);
        CHECK_EQUAL_TEXT(f.text, row->fault);
        if (row->secret == NULL) {
            CHECK(secret.bytes.at == NULL); /* the caller has nothing to give back */
        }
        secret_free(&secret);
    }
}

static void missing_sources(void)
{
    static const struct source_row rows[] = {
        {"nowhere", "", NULL, "the secret: nowhere: No such file or directory"},
        {"-", "", NULL, "the secret: -: No such file or directory"},
        {"env:NAME", "", NULL, "the secret: the environment variable NAME is not set"},
        {"env:", "", NULL, "the secret: the environment variable  is not set"},
    };
    os_fake_reset();
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct secret secret = {0};
        struct fault f = {0};
        unit_row("%s", rows[i].source);
        CHECK(!credential_read_secret(rows[i].source, "the secret", 8, &secret, &f));
        CHECK_EQUAL_INT(f.code, FAULT_FILE);
        CHECK_EQUAL_TEXT(f.text, rows[i].fault);
        CHECK(!secret_present(&secret));
    }
}

static void a_nul_is_refused(void)
{
    struct secret secret = {0};
    struct fault f = {0};
    os_fake_reset();
    os_fake_file_bytes("file", SPAN("ab\0cd"));
    CHECK(!credential_read_secret("file", "the secret", 8, &secret, &f));
    CHECK_EQUAL_INT(f.code, FAULT_FILE);
    CHECK_EQUAL_TEXT(f.text, "the secret (file): not a text: it holds a NUL byte");
    CHECK(secret.bytes.at == NULL);
}

static const struct unit_test tests[] = {
    TEST(types_are_chosen),
    TEST(the_list_is_complete),
    TEST(applications_are_checked),
    TEST(sources_are_read),
    TEST(missing_sources),
    TEST(a_nul_is_refused),
};

UNIT_MAIN(tests)
