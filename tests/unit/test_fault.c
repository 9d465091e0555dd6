/*
 * test_fault.c - base/fault: the first failure stays, places are added, texts are cut, every code has its exit status.
 */
#include "unit.h"

#include "base/escape.h"
#include "base/fault.h"
#include "base/secret.h"

static void first_failure_stays(void)
{
    struct fault f = {0};
    CHECK(!fault_is_set(&f));
    CHECK(fault_advice(&f) == NULL);
    CHECK(!fault_set(&f, FAULT_CUT, "%s %d", "first", 1));
    CHECK(!fault_set(&f, FAULT_MEMORY, "second"));
    CHECK(fault_is_set(&f));
    CHECK_EQUAL_INT(f.code, FAULT_CUT);
    CHECK_EQUAL_TEXT(f.text, "first 1");
    fault_clear(&f);
    CHECK(!fault_is_set(&f));
    CHECK_EQUAL_TEXT(f.text, "");
}

static void places_are_added(void)
{
    struct fault f = {0};
    CHECK(!fault_place(&f, "nowhere"));
    CHECK(!fault_is_set(&f));
    CHECK_EQUAL_TEXT(f.text, "");
    fault_set(&f, FAULT_CUT, "what");
    CHECK(!fault_place(&f, "inner %d", 2));
    CHECK(!fault_place(&f, "outer"));
    CHECK_EQUAL_TEXT(f.text, "outer: inner 2: what");
    CHECK_EQUAL_INT(f.code, FAULT_CUT);
}

static void long_texts_are_cut(void)
{
    struct fault f = {0};
    char text[1000];
    memset(text, 'x', sizeof text);
    text[sizeof text - 1] = '\0';
    fault_set(&f, FAULT_CUT, "%s", text);
    CHECK_EQUAL_INT(strlen(f.text), sizeof f.text - 1);
    fault_place(&f, "here");
    CHECK_EQUAL_INT(strlen(f.text), sizeof f.text - 1);
    CHECK(strncmp(f.text, "here: xxx", 9) == 0);
    fault_place(&f, "%s", text);
    CHECK_EQUAL_INT(strlen(f.text), sizeof f.text - 1);
    fault_advise(&f, "%s", text);
    CHECK_EQUAL_INT(strlen(f.advice), sizeof f.advice - 1);
}

static void own_advice_comes_first(void)
{
    struct fault f = {0};
    CHECK(!fault_advise(&f, "none yet"));
    CHECK_EQUAL_TEXT(f.advice, "");
    fault_set(&f, FAULT_CONNECT, "refused");
    const char *standing = fault_advice(&f);
    CHECK(standing != NULL && strlen(standing) > 0);
    fault_advise(&f, "do %s", "this");
    fault_advise(&f, "do that");
    CHECK_EQUAL_TEXT(fault_advice(&f), "do this");
    fault_clear(&f);
    fault_set(&f, FAULT_USAGE, "wrong");
    CHECK(fault_advice(&f) == NULL);
}

struct keep_row {
    const char *name;
    struct span text;
    size_t field_size;
    const char *kept;
};

static void keeps_texts_of_a_service(void)
{
    static const struct keep_row rows[] = {
        {"empty", {"", 0}, 8, ""},
        {"fits", {"1234567", 7}, 8, "1234567"},
        {"one too long", {"12345678", 8}, 8, "1234567"},
        {"field of one", {"12", 2}, 1, ""},
        {"NUL", {"a\0b", 3}, 8, "a b"},
        {"character at the edge fits", {"12345\xC3\xA4", 7}, 8, "12345\xC3\xA4"},
        {"character cut in two", {"123456\xC3\xA4", 8}, 8, "123456"},
        {"character of four cut", {"1234\xF0\x9F\x98\x80", 8}, 8, "1234"},
        {"only continuation bytes", {"\x80\x80\x80\x80", 4}, 3, ""},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char field[16];
        unit_row("%s", rows[i].name);
        memset(field, '#', sizeof field);
        fault_keep(field, rows[i].field_size, unit_edge(rows[i].text));
        CHECK_EQUAL_TEXT(field, rows[i].kept);
        CHECK(field[rows[i].field_size] == '#');
    }
}

/* Masked first, cut then: no part of a secret is left at the edge of the field, nor behind a long text. */
static void keeps_no_secret(void)
{
    static char text[100 * 1024];
    struct secret s = {0};
    char field[16];
    CHECK(secret_copy(&s, SPAN("hush-hush-hush-hush")));
    for (size_t at = 0; at <= sizeof field; at++) {
        unit_row("secret at %zu", at);
        snprintf(text, sizeof text, "%.*shush-hush-hush-hush", (int)at, "................");
        fault_keep(field, sizeof field, span_of(text));
        CHECK(strstr(field, "hu") == NULL);
        CHECK(at > 7 || strstr(field, "(hidden)") != NULL);
    }
    unit_row("secret over and over");
    for (size_t i = 0; i < sizeof text; i++) {
        text[i] = "hush-hush-hush-hush"[i % 19];
    }
    static char large[sizeof text];
    fault_keep(large, sizeof large, span_make(text, sizeof text / 19 * 19));
    CHECK(strstr(large, "hush") == NULL && strncmp(large, "(hidden)(hidden)", 16) == 0);
    secret_free(&s);
}

static void every_code_has_an_exit_status(void)
{
    for (int code = FAULT_NONE; code < FAULT_CODE_COUNT; code++) {
        unit_row("code %d", code);
        enum exit_status status = fault_status((enum fault_code)code);
        CHECK((status == STATUS_OK) == (code == FAULT_NONE));
        CHECK(strlen(exit_name(status)) > 0);
    }
    CHECK_EQUAL_INT(fault_status(FAULT_USAGE), 2);
    CHECK_EQUAL_INT(fault_status(FAULT_CUT), 7);
    CHECK_EQUAL_INT(fault_status(FAULT_CERTIFICATE), 8);
    CHECK_EQUAL_INT(fault_status(FAULT_ANSWER), 14);
    CHECK_EQUAL_INT(fault_status(FAULT_TERMINATED), 143);
}

/* Contract section 4. */
static void exit_codes_have_their_names(void)
{
    static const struct {
        int number;
        const char *name;
    } rows[] = {
        {0, "ok"},          {1, "internal"},    {2, "usage"},       {3, "not-found"},     {4, "ambiguous"},
        {5, "sign-in"},     {6, "permission"},  {7, "network"},     {8, "tls"},           {9, "throttled"},
        {10, "pending"},    {11, "failed"},     {12, "mixed"},      {13, "conflict"},     {14, "server"},
        {15, "internal"},   {130, "interrupted"}, {143, "interrupted"}, {-1, "internal"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        unit_row("%d", rows[i].number);
        CHECK_EQUAL_TEXT(exit_name((enum exit_status)rows[i].number), rows[i].name);
    }
}

static const struct unit_test tests[] = {
    TEST(first_failure_stays),      TEST(places_are_added),
    TEST(long_texts_are_cut),       TEST(own_advice_comes_first),
    TEST(keeps_texts_of_a_service), TEST(every_code_has_an_exit_status),
    TEST(exit_codes_have_their_names),
    TEST(keeps_no_secret),
};
UNIT_MAIN(tests)
