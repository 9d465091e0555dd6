/*
 * test_index.c - base/index: every row of a hash is given back, and no other.
 */
#include "unit.h"

#include "base/index.h"

static size_t rows_of(const struct index *x, uint32_t hash, size_t *last)
{
    uint32_t walk = 0;
    size_t found = 0;
    size_t row;
    while (index_next(x, hash, &walk, &row)) {
        *last = row;
        found++;
    }
    return found;
}

static void empty_has_none(void)
{
    struct index x = {0};
    size_t row;
    CHECK_EQUAL_INT(rows_of(&x, 0, &row), 0);
    index_free(&x);
}

static void every_row_comes_back(void)
{
    struct index x = {0};
    size_t row = 0;
    for (size_t i = 0; i < 5000; i++) {
        CHECK(index_add(&x, (uint32_t)i * 16U, i)); /* many to the same place of the table */
    }
    for (size_t i = 0; i < 5000; i++) {
        CHECK_EQUAL_INT(rows_of(&x, (uint32_t)i * 16U, &row), 1);
        CHECK_EQUAL_INT(row, i);
        CHECK_EQUAL_INT(rows_of(&x, (uint32_t)i * 16U + 1, &row), 0);
    }
    CHECK(x.count * 2 <= x.size);
    index_free(&x);
    CHECK(x.slots == NULL && x.size == 0);
}

static void one_hash_may_have_many(void)
{
    struct index x = {0};
    size_t row;
    for (size_t i = 0; i < 40; i++) {
        CHECK(index_add(&x, UINT32_MAX, i)); /* the end of the table, and round it */
    }
    CHECK_EQUAL_INT(rows_of(&x, UINT32_MAX, &row), 40);
    CHECK_EQUAL_INT(rows_of(&x, 0, &row), 0);
    index_free(&x);
}

static void hash_knows_no_case(void)
{
    CHECK(index_hash(SPAN("PC-042.Contoso.com")) == index_hash(SPAN("pc-042.contoso.COM")));
    CHECK(index_hash(SPAN("a")) != index_hash(SPAN("b")));
    CHECK(index_hash(SPAN("ab")) != index_hash(SPAN("ba")));
    CHECK_EQUAL_INT(index_hash(SPAN("")), 2166136261U);
}

static const struct unit_test tests[] = {
    TEST(empty_has_none),
    TEST(every_row_comes_back),
    TEST(one_hash_may_have_many),
    TEST(hash_knows_no_case),
};

UNIT_MAIN(tests)
