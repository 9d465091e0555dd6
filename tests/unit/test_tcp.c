/*
 * test_tcp.c - net/tcp: addresses raced over scripted peers, then bytes carried; what is waited for, and until when.
 */
/* links: fake/os_fake.c */
#include "unit.h"

#include "fake/os_fake.h"
#include "net/tcp.h"

#include <stdio.h>

enum { ITEMS = 32, STEPS_MAX = 1000 };

static struct stream above = {.want_read = true};

static void peer(struct os_fake_script script)
{
    os_fake_peer(&script);
}

/* A stream over the addresses of a text such as "192.0.2.1 192.0.2.2". */
static struct tcp *open_over(const char *addresses)
{
    struct address list[DNS_ADDRESSES_MAX + 1];
    size_t count = 0;
    struct span rest = span_of(addresses);
    struct span one;
    struct fault f = {0};
    while (span_next(&rest, ' ', &one)) {
        CHECK(address_parse(one, &list[count++]));
    }
    struct tcp *t = tcp_open(list, count, &f);
    CHECK(t != NULL && !fault_is_set(&f));
    return t;
}

/* Go on as the engine would: poll, at most until the stream wants to be called. */
static enum stream_result connect_all(struct tcp *t, struct fault *f)
{
    enum stream_result result = tcp_connect(t, os_monotonic_ms(), f);
    for (int step = 0; result == STREAM_WAIT && step < STEPS_MAX; step++) {
        struct os_poll_item items[ITEMS];
        size_t count = tcp_poll(t, &above, items, ITEMS);
        uint64_t wakes = tcp_wakes_ms(t);
        os_poll(items, count, wakes == UINT64_MAX ? 60000 : wakes - os_monotonic_ms());
        result = tcp_connect(t, os_monotonic_ms(), f);
    }
    return result;
}

static void close_it(struct tcp *t)
{
    t->stream.type->close(&t->stream);
}

struct race_row {
    const char *addresses;
    struct os_fake_script peers[3];
    const char *winner; /* NULL: none */
    uint64_t after_ms;
    unsigned begun;
};

#define ONE "192.0.2.1"
#define TWO "192.0.2.2"
#define SIX "2001:db8::1"

static const struct race_row races[] = {
    {ONE, {{.address = ONE}}, ONE, 0, 1},
    {ONE, {{.address = ONE, .connect_after_ms = 700}}, ONE, 700, 1},
    {ONE " " TWO, {{.address = ONE}, {.address = TWO}}, ONE, 0, 1},
    {ONE " " TWO, {{.address = ONE, .connect_after_ms = 249}, {.address = TWO}}, ONE, 249, 1},
    {ONE " " TWO, {{.address = ONE, .connect_after_ms = 250}, {.address = TWO}}, ONE, 250, 1},
    {ONE " " TWO, {{.address = ONE, .connect_after_ms = 251}, {.address = TWO}}, TWO, 250, 2},
    {ONE " " TWO, {{.address = ONE, .connect_after_ms = 400}, {.address = TWO, .connect_after_ms = 400}}, ONE, 400, 2},
    {ONE " " TWO, {{.address = ONE, .connect_after_ms = OS_FAKE_NEVER}, {.address = TWO, .connect_after_ms = 50}}, TWO, 300, 2},
    {ONE " " TWO, {{.address = ONE, .refuse = true}, {.address = TWO}}, TWO, 0, 2},
    {ONE " " TWO, {{.address = ONE, .refuse = true, .connect_after_ms = 100}, {.address = TWO}}, TWO, 100, 2},
    {SIX " " ONE, {{.address = SIX, .connect_after_ms = OS_FAKE_NEVER}, {.address = ONE}}, ONE, 250, 2},
    {SIX " " ONE " " TWO,
     {{.address = SIX, .connect_after_ms = OS_FAKE_NEVER}, {.address = ONE, .connect_after_ms = OS_FAKE_NEVER}, {.address = TWO}},
     TWO, 500, 3},
    {SIX " " ONE " " TWO,
     {{.address = SIX, .connect_after_ms = OS_FAKE_NEVER}, {.address = ONE, .refuse = true}, {.address = TWO}}, TWO, 250, 3},
    {SIX " " ONE " " TWO,
     {{.address = SIX, .connect_after_ms = OS_FAKE_NEVER}, {.address = ONE, .refuse = true, .connect_after_ms = 100}, {.address = TWO}},
     TWO, 350, 3},
    {SIX " " ONE " " TWO,
     {{.address = SIX, .refuse = true, .connect_after_ms = 300}, {.address = ONE, .connect_after_ms = OS_FAKE_NEVER}, {.address = TWO}},
     TWO, 300, 3},
    {ONE, {{.address = ONE, .refuse = true}}, NULL, 0, 1},
    {ONE, {{.address = ONE, .refuse = true, .connect_after_ms = 80}}, NULL, 80, 1},
    {ONE " " TWO, {{.address = ONE, .refuse = true}, {.address = TWO, .refuse = true}}, NULL, 0, 2},
    {ONE " " TWO, {{.address = ONE, .refuse = true, .connect_after_ms = 400}, {.address = TWO, .refuse = true}}, NULL, 400, 2},
};

static void the_first_that_connects_wins(void)
{
    for (size_t i = 0; i < COUNT_OF(races); i++) {
        const struct race_row *row = &races[i];
        struct fault f = {0};
        char text[ADDRESS_TEXT_MAX];
        unit_row("race %zu", i);
        os_fake_reset();
        for (size_t k = 0; k < 3 && row->peers[k].address != NULL; k++) {
            os_fake_peer(&row->peers[k]);
        }
        struct tcp *t = open_over(row->addresses);
        uint64_t began = os_monotonic_ms();
        CHECK_EQUAL_INT(connect_all(t, &f), row->winner != NULL ? STREAM_DATA : STREAM_FAULT);
        CHECK_EQUAL_INT(os_monotonic_ms() - began, row->after_ms);
        CHECK_EQUAL_INT(os_fake_connects(), row->begun);
        CHECK_EQUAL_INT(f.code, row->winner != NULL ? FAULT_NONE : FAULT_CONNECT);
        address_text(tcp_peer(t), text);
        CHECK(row->winner == NULL || strcmp(text, row->winner) == 0);
        CHECK(row->winner == NULL || tcp_wakes_ms(t) == UINT64_MAX);
        close_it(t);
    }
}

static void tells_of_the_first_failure(void)
{
    struct fault f = {0};
    os_fake_reset();
    peer((struct os_fake_script){.address = ONE, .refuse = true, .connect_after_ms = 400});
    peer((struct os_fake_script){.address = TWO, .refuse = true});
    struct tcp *t = open_over(ONE " " TWO);
    CHECK_EQUAL_INT(connect_all(t, &f), STREAM_FAULT);
    CHECK_EQUAL_TEXT(f.text, TWO ": Connection refused");
    close_it(t);
}

static void no_address_is_a_fault(void)
{
    struct fault f = {0};
    os_fake_reset();
    struct tcp *t = tcp_open(NULL, 0, &f);
    CHECK(t != NULL);
    CHECK_EQUAL_INT(tcp_connect(t, os_monotonic_ms(), &f), STREAM_FAULT);
    CHECK_EQUAL_INT(f.code, FAULT_CONNECT);
    close_it(t);
}

/* The losers are closed: os_fake_open_most counts what is open when a later connection begins. */
static void losers_are_closed(void)
{
    struct fault f = {0};
    struct os_poll_item items[ITEMS];
    os_fake_reset();
    peer((struct os_fake_script){.address = SIX, .connect_after_ms = OS_FAKE_NEVER});
    peer((struct os_fake_script){.address = ONE});
    struct tcp *t = open_over(SIX " " ONE);
    CHECK_EQUAL_INT(connect_all(t, &f), STREAM_DATA);
    CHECK_EQUAL_INT(os_fake_open_most(), 2);
    CHECK_EQUAL_INT(tcp_poll(t, &above, items, ITEMS), 1);
    CHECK(!t->sockets[0].open && t->sockets[1].open);
    struct tcp *second = open_over(ONE);
    CHECK_EQUAL_INT(connect_all(second, &f), STREAM_DATA);
    CHECK_EQUAL_INT(os_fake_open_most(), 2);
    close_it(second);
    close_it(t);
}

static void at_most_so_many_addresses(void)
{
    for (size_t n = DNS_ADDRESSES_MAX - 1; n <= DNS_ADDRESSES_MAX + 1; n++) {
        char texts[(DNS_ADDRESSES_MAX + 1) * 12] = "";
        struct fault f = {0};
        unit_row("%zu addresses", n);
        os_fake_reset();
        for (size_t i = 0; i < n; i++) {
            size_t used = strlen(texts);
            snprintf(texts + used, sizeof texts - used, "10.0.0.%zu ", i);
        }
        struct tcp *t = open_over(texts); /* no peer has these: all are refused */
        CHECK_EQUAL_INT(connect_all(t, &f), STREAM_FAULT);
        CHECK_EQUAL_INT(os_fake_connects(), n < DNS_ADDRESSES_MAX ? n : DNS_ADDRESSES_MAX);
        close_it(t);
    }
}

static void says_what_it_waits_for(void)
{
    struct os_poll_item items[ITEMS];
    struct fault f = {0};
    os_fake_reset();
    peer((struct os_fake_script){.address = ONE, .connect_after_ms = 300});
    peer((struct os_fake_script){.address = TWO, .connect_after_ms = OS_FAKE_NEVER});
    struct tcp *t = open_over(ONE " " TWO);
    CHECK_EQUAL_INT(tcp_poll(t, &above, items, ITEMS), 0);
    CHECK_EQUAL_INT(tcp_connect(t, 1000, &f), STREAM_WAIT);
    CHECK_EQUAL_INT(tcp_wakes_ms(t), 1250);
    CHECK_EQUAL_INT(tcp_poll(t, &above, items, ITEMS), 1);
    CHECK(items[0].want_write && !items[0].want_read);
    CHECK_EQUAL_INT(tcp_connect(t, 1249, &f), STREAM_WAIT);
    CHECK_EQUAL_INT(tcp_poll(t, &above, items, ITEMS), 1);
    CHECK_EQUAL_INT(tcp_connect(t, 1250, &f), STREAM_WAIT);
    CHECK_EQUAL_INT(tcp_poll(t, &above, items, ITEMS), 2);
    CHECK_EQUAL_INT(tcp_poll(t, &above, items, 1), 1);
    CHECK_EQUAL_INT(tcp_poll(t, &above, items, 0), 0);
    CHECK_EQUAL_INT(tcp_wakes_ms(t), UINT64_MAX);
    CHECK_EQUAL_INT(connect_all(t, &f), STREAM_DATA);
    CHECK_EQUAL_INT(tcp_poll(t, &(struct stream){.want_read = true}, items, ITEMS), 1);
    CHECK(items[0].want_read && !items[0].want_write);
    CHECK_EQUAL_INT(tcp_poll(t, &(struct stream){.want_write = true}, items, ITEMS), 1);
    CHECK(!items[0].want_read && items[0].want_write);
    close_it(t);
}

/* Write a request; then read to what `end` makes of the answer "abc". */
static void carry(enum os_fake_end end, enum stream_result wanted, enum fault_code code)
{
    char got_text[8];
    size_t got = 0;
    size_t put = 0;
    struct fault f = {0};
    os_fake_reset();
    peer((struct os_fake_script){.address = ONE, .answers = {"abc"}, .end = end});
    struct tcp *t = open_over(ONE);
    const struct stream_type *type = t->stream.type;
    CHECK_EQUAL_INT(connect_all(t, &f), STREAM_DATA);
    CHECK_EQUAL_INT(type->read(&t->stream, got_text, sizeof got_text, &got, &f), STREAM_WAIT);
    CHECK(t->stream.want_read && !t->stream.want_write);
    CHECK_EQUAL_INT(type->write(&t->stream, SPAN("GET / HTTP/1.1\r\n\r\n"), &put, &f), STREAM_DATA);
    CHECK_EQUAL_INT(put, 18);
    CHECK_EQUAL_INT(type->read(&t->stream, got_text, 2, &got, &f), STREAM_DATA);
    CHECK_EQUAL_SPAN(span_make(got_text, got), SPAN("ab"));
    CHECK_EQUAL_INT(type->read(&t->stream, got_text, sizeof got_text, &got, &f), STREAM_DATA);
    CHECK_EQUAL_SPAN(span_make(got_text, got), SPAN("c"));
    CHECK_EQUAL_INT(type->read(&t->stream, got_text, sizeof got_text, &got, &f), wanted);
    CHECK_EQUAL_INT(f.code, code);
    CHECK(!t->stream.end_is_authenticated);
    close_it(t);
}

static void more_may_come(void) { carry(OS_FAKE_KEEP, STREAM_WAIT, FAULT_NONE); }
static void an_end_is_not_authenticated(void) { carry(OS_FAKE_CLOSE, STREAM_END, FAULT_NONE); }
static void a_reset_is_a_cut(void) { carry(OS_FAKE_RESET, STREAM_FAULT, FAULT_CUT); }

static void a_write_may_fail(void)
{
    struct fault f = {0};
    size_t put;
    os_fake_reset();
    peer((struct os_fake_script){.address = ONE, .answers = {"a", "b"}, .reset_on_second_request = true});
    struct tcp *t = open_over(ONE);
    CHECK_EQUAL_INT(connect_all(t, &f), STREAM_DATA);
    for (int i = 0; i < 2; i++) {
        CHECK_EQUAL_INT(t->stream.type->write(&t->stream, SPAN("GET / HTTP/1.1\r\n\r\n"), &put, &f), STREAM_DATA);
    }
    CHECK_EQUAL_INT(t->stream.type->write(&t->stream, SPAN("GET / HTTP/1.1\r\n\r\n"), &put, &f), STREAM_FAULT);
    CHECK_EQUAL_INT(f.code, FAULT_CUT);
    close_it(t);
}

static const struct unit_test tests[] = {
    TEST(the_first_that_connects_wins),
    TEST(tells_of_the_first_failure),
    TEST(no_address_is_a_fault),
    TEST(losers_are_closed),
    TEST(at_most_so_many_addresses),
    TEST(says_what_it_waits_for),
    TEST(more_may_come),
    TEST(an_end_is_not_authenticated),
    TEST(a_reset_is_a_cut),
    TEST(a_write_may_fail),
};

UNIT_MAIN(tests)
