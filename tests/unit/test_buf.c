/*
 * test_buf.c - base/buf: ceiling, sticky failure, wiping, the allocator.
 */
#include "spy_memory.h"

static void starts_empty(void)
{
    struct buf zero = {0};
    CHECK_EQUAL_SPAN(buf_span(&zero), SPAN(""));
    buf_put_text(&zero, "x");
    CHECK(zero.failed);
    buf_free(&zero);
    struct buf b = buf_init(0);
    buf_put(&b, SPAN(""));
    buf_put_text(&b, NULL);
    CHECK(!b.failed);
    buf_free(&b);
    CHECK_EQUAL_INT(spy_blocks, 0);
}

static void put_one_by_one(struct buf *b, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        buf_put_char(b, (char)('a' + i % 26));
    }
}

static void keeps_its_ceiling(void)
{
    static const size_t ceilings[] = {1, 2, 63, 64, 65, 127, 128, 129, 1000, 4096};
    for (size_t i = 0; i < COUNT_OF(ceilings); i++) {
        size_t n = ceilings[i];
        unit_row("ceiling %zu", n);
        struct buf b = buf_init(n);
        put_one_by_one(&b, n - 1);
        CHECK(!b.failed && b.size == n - 1);
        put_one_by_one(&b, 1);
        CHECK(!b.failed && b.size == n);
        buf_put_char(&b, 'z');
        CHECK(b.failed && b.size == n);
        CHECK(b.size == n && b.at[n - 1] == 'a');
        buf_free(&b);
        CHECK(b.at == NULL && b.size == 0 && b.ceiling == 0 && !b.failed);
    }
    CHECK_EQUAL_INT(spy_blocks, 0);
}

static void grows_with_its_bytes(void)
{
    struct buf b = buf_init(100000);
    put_one_by_one(&b, 100000);
    CHECK_EQUAL_INT(b.size, 100000);
    for (size_t i = 0; i < b.size; i++) {
        CHECK(b.at[i] == (char)('a' + i % 26));
    }
    CHECK(b.capacity >= b.size && b.capacity <= b.ceiling);
    CHECK_EQUAL_INT(spy_dirty, 0); /* each smaller block was wiped before it was freed */
    buf_free(&b);
    CHECK_EQUAL_INT(spy_dirty, 0);
    CHECK_EQUAL_INT(spy_blocks, 0);
}

static void stays_failed(void)
{
    struct buf b = buf_init(3);
    buf_put_text(&b, "abcd");
    CHECK(b.failed);
    buf_put_text(&b, "a");
    CHECK(b.failed);
    CHECK_EQUAL_INT(b.size, 0);
    CHECK(buf_room(&b, 1) == NULL);
    buf_clear(&b);
    buf_put_text(&b, "abc");
    CHECK(!b.failed);
    CHECK_EQUAL_SPAN(buf_span(&b), SPAN("abc"));
    CHECK(buf_room(&b, SIZE_MAX) == NULL);
    CHECK(b.failed);
    buf_free(&b);
}

static void clear_wipes(void)
{
    struct buf b = buf_init(100);
    buf_put_text(&b, "secret");
    char *at = b.at;
    buf_clear(&b);
    for (size_t i = 0; i < 6; i++) {
        CHECK(at[i] == 0);
    }
    CHECK(b.at == at && b.size == 0 && b.ceiling == 100);
    buf_free(&b);
}

static void drop_moves_and_wipes(void)
{
    struct buf b = buf_init(100);
    buf_put_text(&b, "0123456789");
    buf_drop(&b, 0);
    CHECK_EQUAL_SPAN(buf_span(&b), SPAN("0123456789"));
    buf_drop(&b, 4);
    CHECK_EQUAL_SPAN(buf_span(&b), SPAN("456789"));
    CHECK(memcmp(b.at + 6, "\0\0\0\0", 4) == 0);
    buf_drop(&b, 7);
    CHECK_EQUAL_INT(b.size, 0);
    CHECK(memcmp(b.at, "\0\0\0\0\0\0\0\0\0\0", 10) == 0);
    buf_drop(&b, 1);
    CHECK_EQUAL_INT(b.size, 0);
    buf_free(&b);
}

static void formats(void)
{
    struct buf b = buf_init(100);
    buf_put_format(&b, "%s %d%%", "seven", 7);
    buf_put_format(&b, "%s", "");
    CHECK_EQUAL_SPAN(buf_span(&b), SPAN("seven 7%"));
    CHECK_EQUAL_TEXT(buf_text(&b), "seven 7%");
    CHECK_EQUAL_INT(b.size, 8);
    buf_free(&b);
    b = buf_init(4);
    buf_put_format(&b, "%d", 12345);
    CHECK(b.failed && b.size == 0);
    buf_free(&b);
    b = buf_init(6);
    buf_put_format(&b, "%d", 12345);
    CHECK(!b.failed && b.size == 5);
    buf_free(&b);
}

static void text_is_terminated(void)
{
    struct buf b = buf_init(3);
    CHECK_EQUAL_TEXT(buf_text(&b), "");
    buf_put_text(&b, "ab");
    CHECK_EQUAL_TEXT(buf_text(&b), "ab");
    CHECK(!b.failed);
    buf_put_text(&b, "c");
    CHECK_EQUAL_TEXT(buf_text(&b), ""); /* no room for the NUL */
    buf_free(&b);
}

static void room_is_used_in_part(void)
{
    struct buf b = buf_init(10);
    char *room = buf_room(&b, 10);
    CHECK(room != NULL);
    memcpy(room, "abc", 3);
    buf_grew(&b, 3);
    CHECK_EQUAL_SPAN(buf_span(&b), SPAN("abc"));
    CHECK(buf_room(&b, 8) == NULL);
    buf_free(&b);
}

static void no_memory_is_a_failure(void)
{
    for (long good = 0; good < 3; good++) {
        struct buf b = buf_init(1000);
        unit_row("%ld allocations succeed", good);
        spy_fail_after = good;
        put_one_by_one(&b, 1000); /* blocks of 64, 128, 256, 512, 1000 */
        CHECK(b.failed);
        CHECK_EQUAL_INT(b.size, good == 0 ? 0 : 32 << good);
        CHECK_EQUAL_TEXT(buf_text(&b), "");
        spy_fail_after = -1;
        buf_free(&b);
    }
    CHECK_EQUAL_INT(spy_blocks, 0);
}

static void blocks_are_zero_and_wiped(void)
{
    unsigned char *block = memory_take(10, 10);
    CHECK(block != NULL);
    for (size_t i = 0; block != NULL && i < 100; i++) {
        CHECK(block[i] == 0);
        block[i] = 0xFF;
    }
    CHECK(block != NULL && (uintptr_t)block % _Alignof(max_align_t) == 0);
    memory_give(block);
    memory_give(NULL);
    CHECK_EQUAL_INT(spy_dirty, 0);
    CHECK(memory_take(SIZE_MAX / 2, 3) == NULL);
    CHECK(memory_take(1, SIZE_MAX) == NULL);
    CHECK(memory_take(SIZE_MAX, 1) == NULL);
    CHECK(memory_take(SIZE_MAX / 16, 16) == NULL);
    block = memory_take(0, 8);
    CHECK(block != NULL);
    memory_give(block);
    CHECK_EQUAL_INT(spy_blocks, 0);
}

static const struct unit_test tests[] = {
    TEST(starts_empty),
    TEST(keeps_its_ceiling),
    TEST(grows_with_its_bytes),
    TEST(stays_failed),
    TEST(clear_wipes),
    TEST(drop_moves_and_wipes),
    TEST(formats),
    TEST(text_is_terminated),
    TEST(room_is_used_in_part),
    TEST(no_memory_is_a_failure),
    TEST(blocks_are_zero_and_wiped),
};
UNIT_MAIN(tests)
