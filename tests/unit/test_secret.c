/*
 * test_secret.c - base/secret: bytes are moved, not left behind, and wiped.
 */
#include "spy_memory.h"

/* secret.c once more, over the spied buf.c. */
#define secret_take spied_secret_take
#define secret_copy spied_secret_copy
#define secret_present spied_secret_present
#define secret_reveal spied_secret_reveal
#define secret_trim spied_secret_trim
#define secret_free spied_secret_free
#define secret_mask spied_secret_mask
#include "base/secret.c"

static void check_all_given_back(void)
{
    CHECK_EQUAL_INT(spy_blocks, 0);
    CHECK_EQUAL_INT(spy_dirty, 0);
}

static void copies_and_frees(void)
{
    struct secret s = {0};
    CHECK(!secret_present(NULL));
    CHECK(!secret_present(&s));
    CHECK(secret_copy(&s, SPAN("first")));
    CHECK(secret_present(&s));
    CHECK_EQUAL_SPAN(secret_reveal(&s), SPAN("first"));
    CHECK(secret_copy(&s, SPAN("a second one that is longer")));
    CHECK_EQUAL_SPAN(secret_reveal(&s), SPAN("a second one that is longer"));
    CHECK_EQUAL_INT(spy_blocks, 1);
    CHECK(secret_copy(&s, SPAN("")));
    CHECK(!secret_present(&s));
    secret_free(&s);
    secret_free(&s);
    check_all_given_back();
}

static void takes_a_buf_over(void)
{
    struct secret s = {0};
    struct buf b = buf_init(100);
    buf_put_text(&b, "token");
    const char *at = b.at;
    CHECK(secret_take(&s, &b));
    CHECK(b.at == NULL && b.size == 0 && b.ceiling == 0);
    CHECK(secret_reveal(&s).at == at);
    CHECK_EQUAL_SPAN(secret_reveal(&s), SPAN("token"));
    secret_free(&s);
    check_all_given_back();
}

static void refuses_a_failed_buf(void)
{
    struct secret s = {0};
    struct buf b = buf_init(7);
    CHECK(secret_copy(&s, SPAN("before")));
    buf_put_text(&b, "part");
    buf_put_text(&b, "more than fits");
    CHECK(!secret_take(&s, &b));
    CHECK(!secret_present(&s));
    CHECK(b.at == NULL);
    check_all_given_back();
}

static void has_a_limit(void)
{
    struct secret s = {0};
    char *bytes = memory_take(SECRET_MAX + 1, 1);
    CHECK(bytes != NULL);
    memset(bytes, 'x', SECRET_MAX + 1);
    CHECK(secret_copy(&s, span_make(bytes, SECRET_MAX - 1)));
    CHECK(secret_copy(&s, span_make(bytes, SECRET_MAX)));
    CHECK_EQUAL_INT(secret_reveal(&s).size, SECRET_MAX);
    CHECK(!secret_copy(&s, span_make(bytes, SECRET_MAX + 1)));
    CHECK(!secret_present(&s));
    memory_give(bytes);
    check_all_given_back();
}

static void no_memory_leaves_it_empty(void)
{
    struct secret s = {0};
    CHECK(secret_copy(&s, SPAN("before")));
    spy_fail_after = 0;
    CHECK(!secret_copy(&s, SPAN("after")));
    spy_fail_after = -1;
    CHECK(!secret_present(&s));
    check_all_given_back();
}

struct trim_row {
    size_t from, to;
    const char *left;
};

static void trims_and_wipes(void)
{
    static const struct trim_row rows[] = {
        {0, 10, "0123456789"}, {0, 99, "0123456789"}, {3, 10, "3456789"}, {0, 4, "0123"},
        {2, 5, "234"},         {5, 5, ""},            {10, 10, ""},       {6, 4, ""},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct secret s = {0};
        size_t size = strlen(rows[i].left);
        unit_row("%zu to %zu", rows[i].from, rows[i].to);
        CHECK(secret_copy(&s, SPAN("0123456789")));
        secret_trim(&s, rows[i].from, rows[i].to);
        CHECK_EQUAL_SPAN(secret_reveal(&s), span_of(rows[i].left));
        for (size_t k = size; k < 10; k++) {
            CHECK(s.bytes.at[k] == 0);
        }
        secret_free(&s);
    }
    check_all_given_back();
}

static void check_masked(struct span text, const char *wanted)
{
    struct buf b = buf_init(text.size);
    secret_mask(&b, unit_edge(text));
    CHECK(!b.failed); /* masking never makes a text longer */
    CHECK_EQUAL_SPAN(buf_span(&b), span_of(wanted));
    buf_free(&b);
}

static void masks_what_is_held(void)
{
    struct secret longer = {0}, shorter = {0}, small = {0};
    check_masked(SPAN("token-12345"), "token-12345");
    CHECK(secret_copy(&longer, SPAN("token-12345")));
    CHECK(secret_copy(&shorter, SPAN("token-12")));
    CHECK(secret_copy(&small, SPAN("7 bytes")));
    check_masked(SPAN(""), "");
    check_masked(SPAN("nothing"), "nothing");
    check_masked(SPAN("token-12345"), "(hidden)");
    check_masked(SPAN("a token-12345token-12,token-1"), "a (hidden)(hidden),token-1");
    check_masked(SPAN("ttoken-12345 7 bytes"), "t(hidden) 7 bytes");
    check_masked(SPAN("TOKEN-12345"), "TOKEN-12345");
    secret_trim(&longer, 0, 10);
    check_masked(SPAN("token-12345"), "(hidden)5");
    secret_free(&shorter);
    check_masked(SPAN("token-12 token-1234"), "token-12 (hidden)");
    struct secret moved = longer;
    check_masked(SPAN("token-1234"), "(hidden)");
    secret_free(&moved);
    check_masked(SPAN("token-1234"), "token-1234");
    secret_free(&small);
    check_all_given_back();
}

/* Places in the list are given back: far more secrets than it has, one after another. */
static void the_list_does_not_fill_up(void)
{
    struct secret s = {0}, last = {0};
    for (int i = 0; i < 100; i++) {
        CHECK(secret_copy(&s, SPAN("one after another")));
        CHECK(secret_copy(&s, SPAN("")));
    }
    struct buf b = buf_init(100);
    for (int i = 0; i < 100; i++) {
        buf_put_text(&b, "taken over");
        CHECK(secret_take(&s, &b));
        secret_free(&s);
        b = buf_init(100);
    }
    CHECK(secret_copy(&last, SPAN("the last one")));
    check_masked(SPAN("the last one"), "(hidden)");
    secret_free(&last);
    check_all_given_back();
}

static const struct unit_test tests[] = {
    TEST(copies_and_frees),
    TEST(takes_a_buf_over),
    TEST(refuses_a_failed_buf),
    TEST(has_a_limit),
    TEST(no_memory_leaves_it_empty),
    TEST(trims_and_wipes),
    TEST(masks_what_is_held),
    TEST(the_list_does_not_fill_up),
};
UNIT_MAIN(tests)
