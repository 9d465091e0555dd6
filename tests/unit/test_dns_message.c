/*
 * test_dns_message.c - codec/dns_message: queries, answers, aliases, pointers, and everything that is wrong with them.
 */
#include "unit.h"

#include "codec/dns_message.h"
#include "dns_writer.h"

enum { ROUNDS = 60000 };

static struct dns_message_question question(unsigned type, const char *name)
{
    return (struct dns_message_question){
        .id = ID,
        .type = type == A ? DNS_MESSAGE_A : DNS_MESSAGE_AAAA,
        .name = span_of(name),
    };
}

static struct dns_message_answer answer;

static enum dns_message_result result_as(unsigned type, const char *name)
{
    struct dns_message_question q = question(type, name);
    return dns_message_read(unit_edge(span_make(bytes, size)), &q, &answer);
}

static enum dns_message_result result(void) { return result_as(A, "a.test"); }

static void check_addresses(const char *const *wanted, size_t count)
{
    CHECK_EQUAL_INT(answer.count, count);
    for (size_t i = 0; i < count && i < answer.count; i++) {
        char text[ADDRESS_TEXT_MAX];
        address_text(&answer.addresses[i], text);
        CHECK_EQUAL_TEXT(text, wanted[i]);
        CHECK_EQUAL_INT(answer.addresses[i].port, 0);
    }
}

#define CHECK_ADDRESSES(...) \
    check_addresses((const char *const[]){__VA_ARGS__}, COUNT_OF(((const char *const[]){__VA_ARGS__})))

/* ---- queries ---- */

static void writes_a_query(void)
{
    static const char wanted[] = "\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00"
                                 "\x05login\x04test\x00\x00\x1C\x00\x01";
    struct dns_message_question q = question(AAAA, "login.test");
    struct buf b = buf_init(DNS_MESSAGE_QUERY_MAX);
    CHECK(dns_message_put_query(&b, &q));
    CHECK_EQUAL_SPAN(buf_span(&b), span_make(wanted, sizeof wanted - 1));
    buf_free(&b);
}

static void judges_names(void)
{
    static const struct {
        size_t label, labels, rest; /* `labels` labels of `label` bytes each, and a last one of `rest` */
        bool good;
    } rows[] = {
        {1, 1, 1, true}, {62, 1, 1, true}, {63, 1, 1, true}, {64, 1, 1, false}, {1, 125, 1, true},
        {63, 3, 61, true}, {63, 3, 62, false}, {1, 126, 1, true}, {1, 127, 1, false},
    };
    static const char *const bad[] = {"", ".", "a.", ".a", "a..b", "a.b.", "..", "a.."};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char name[400];
        size_t used = 0;
        for (size_t k = 0; k < rows[i].labels; k++) {
            memset(name + used, 'a', rows[i].label);
            used += rows[i].label;
            name[used++] = '.';
        }
        memset(name + used, 'b', rows[i].rest);
        used += rows[i].rest;
        struct dns_message_question q = {.type = DNS_MESSAGE_A, .name = unit_edge(span_make(name, used))};
        struct buf b = buf_init(DNS_MESSAGE_QUERY_MAX + 100);
        unit_row("%zu bytes in labels of %zu", used, rows[i].label);
        CHECK_EQUAL_INT(dns_message_put_query(&b, &q), rows[i].good);
        CHECK(!rows[i].good || b.size == 12 + used + 2 + 4);
        buf_free(&b);
    }
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        struct dns_message_question q = question(A, bad[i]);
        struct buf b = buf_init(DNS_MESSAGE_QUERY_MAX);
        unit_row("\"%s\"", bad[i]);
        CHECK(!dns_message_put_query(&b, &q));
        buf_free(&b);
    }
}

static void says_when_there_is_no_room(void)
{
    struct dns_message_question q = question(A, "login.test");
    for (size_t room = 0; room <= 28; room++) {
        struct buf b = buf_init(room);
        unit_row("%zu", room);
        CHECK_EQUAL_INT(dns_message_put_query(&b, &q), room == 28);
        buf_free(&b);
    }
}

/* ---- answers ---- */

static void finds_addresses(void)
{
    begin(ANSWER, 2, "a.test", A);
    put_record(OWNER_AT, A, "\xC0\x00\x02\x01", 4);
    put_record(OWNER_AT, A, "\xC0\x00\x02\x02", 4);
    CHECK_EQUAL_INT(result(), DNS_MESSAGE_FOUND);
    CHECK_ADDRESSES("192.0.2.1", "192.0.2.2");
    begin(ANSWER, 1, "a.test", AAAA);
    put_record(OWNER_AT, AAAA, "\x20\x01\x0D\xB8\0\0\0\0\0\0\0\0\0\0\0\x01", 16);
    CHECK_EQUAL_INT(result_as(AAAA, "a.test"), DNS_MESSAGE_FOUND);
    CHECK_ADDRESSES("2001:db8::1");
}

/* RFC 1035 4.1.4: F.ISI.ARPA at 20, FOO.F.ISI.ARPA as a label and a pointer to 20. */
static void follows_the_pointers_of_the_standard(void)
{
    begin(ANSWER, 2, "XXXXXXX.F.ISI.ARPA", A);
    put_pointer(OWNER_AT);
    put_record_head(CNAME, IN, 6);
    size_t foo = size;
    put_bytes("\x03" "FOO\xC0\x14", 6);
    put_pointer(foo);
    put_record_head(A, IN, 4);
    put_bytes("\x0A\x00\x00\x34", 4);
    CHECK_EQUAL_INT(result_as(A, "xxxxxxx.f.isi.arpa"), DNS_MESSAGE_FOUND);
    CHECK_ADDRESSES("10.0.0.52");
}

static void case_does_not_matter(void)
{
    begin(ANSWER, 2, "A.tEsT", A);
    put_alias(OWNER_AT, "B.TEST");
    put_name("b.test");
    put_record_head(A, IN, 4);
    put_bytes("\xC0\x00\x02\x07", 4);
    CHECK_EQUAL_INT(result(), DNS_MESSAGE_FOUND);
    CHECK_ADDRESSES("192.0.2.7");
}

static void records_of_others_do_not_count(void)
{
    begin(ANSWER, 5, "a.test", A);
    put_name("b.test");
    put_record_head(A, IN, 4);
    put_bytes("\xC0\x00\x02\x66", 4);
    put_pointer(OWNER_AT);
    put_record_head(A, 3, 4); /* class CHAOS */
    put_bytes("\xC0\x00\x02\x67", 4);
    put_record(OWNER_AT, AAAA, "\x20\x01\x0D\xB8\0\0\0\0\0\0\0\0\0\0\0\x01", 16);
    put_record(OWNER_AT, 46, "signature", 9);
    put_record(OWNER_AT, A, "\xC0\x00\x02\x01", 4);
    CHECK_EQUAL_INT(result(), DNS_MESSAGE_FOUND);
    CHECK_ADDRESSES("192.0.2.1");
}

static void keeps_the_first_of_many(void)
{
    begin(ANSWER, 60, "a.test", A);
    for (unsigned i = 0; i < 60; i++) {
        char address[4] = {(char)192, 0, 2, (char)i};
        put_record(OWNER_AT, A, address, 4);
    }
    CHECK_EQUAL_INT(result(), DNS_MESSAGE_FOUND);
    CHECK_EQUAL_INT(answer.count, DNS_MESSAGE_ADDRESSES_MAX);
    CHECK_EQUAL_INT(answer.addresses[DNS_MESSAGE_ADDRESSES_MAX - 1].bytes[3], DNS_MESSAGE_ADDRESSES_MAX - 1);
}

static void ending_without_addresses(void)
{
    begin(ANSWER, 0, "a.test", A);
    CHECK_EQUAL_INT(result(), DNS_MESSAGE_EMPTY);
    begin(ANSWER, 1, "a.test", A);
    put_alias(OWNER_AT, "b.test");
    CHECK_EQUAL_INT(result(), DNS_MESSAGE_EMPTY);
    begin(ANSWER | 3, 0, "a.test", A);
    CHECK_EQUAL_INT(result(), DNS_MESSAGE_NO_NAME);
    begin(ANSWER | 3, 1, "a.test", A);
    put_alias(OWNER_AT, "b.test");
    CHECK_EQUAL_INT(result(), DNS_MESSAGE_NO_NAME);
    begin(ANSWER | TRUNCATED, 0, "a.test", A);
    CHECK_EQUAL_INT(result(), DNS_MESSAGE_TRUNCATED);
    begin(ANSWER | TRUNCATED, 9, "a.test", A);
    put_bytes("rest", 4);
    CHECK_EQUAL_INT(result(), DNS_MESSAGE_TRUNCATED);
}

/* a.test -> n1.test -> ... -> n<count>.test, which has an address; the records from first to last, or from last to first. */
static void put_chain(unsigned count, bool backwards)
{
    begin(ANSWER, count + 1, "a.test", A);
    for (unsigned i = 0; i <= count; i++) {
        unsigned step = backwards ? count - i : i;
        char owner[16], target[16];
        snprintf(owner, sizeof owner, step == 0 ? "a.test" : "n%u.test", step);
        snprintf(target, sizeof target, "n%u.test", step + 1);
        put_name(owner);
        if (step == count) {
            put_record_head(A, IN, 4);
            put_bytes("\xC0\x00\x02\x01", 4);
        } else {
            put_record_head(CNAME, IN, (unsigned)strlen(target) + 2);
            put_name(target);
        }
    }
}

static void follows_aliases(void)
{
    static const unsigned counts[] = {0, 1, 2, 30, DNS_MESSAGE_ALIASES_MAX, DNS_MESSAGE_ALIASES_MAX + 1, 100};
    for (size_t i = 0; i < 2 * COUNT_OF(counts); i++) {
        unsigned count = counts[i / 2];
        unit_row("%u, %s", count, i % 2 == 0 ? "forwards" : "backwards");
        put_chain(count, i % 2 == 1);
        CHECK_EQUAL_INT(result(), count <= DNS_MESSAGE_ALIASES_MAX ? DNS_MESSAGE_FOUND : DNS_MESSAGE_BAD);
        CHECK_EQUAL_INT(answer.count, count <= DNS_MESSAGE_ALIASES_MAX);
    }
}

static void refuses_circles_of_aliases(void)
{
    begin(ANSWER, 1, "a.test", A);
    put_alias(OWNER_AT, "a.test");
    CHECK_EQUAL_INT(result(), DNS_MESSAGE_BAD);
    begin(ANSWER, 2, "a.test", A);
    size_t b = put_alias(OWNER_AT, "b.test");
    put_alias(b, "A.test");
    CHECK_EQUAL_INT(result(), DNS_MESSAGE_BAD);
}

/* ---- what is no answer to the question ---- */

struct header_row {
    const char *what;
    unsigned id, flags, questions;
    const char *name;
    unsigned type, class;
    enum dns_message_result result;
};

static const struct header_row headers[] = {
    {"as it should be", ID, ANSWER, 1, "a.test", A, IN, DNS_MESSAGE_EMPTY},
    {"another id", ID + 1, ANSWER, 1, "a.test", A, IN, DNS_MESSAGE_FOREIGN},
    {"a question", ID, 0x0100, 1, "a.test", A, IN, DNS_MESSAGE_FOREIGN},
    {"another opcode", ID, ANSWER | 0x1000, 1, "a.test", A, IN, DNS_MESSAGE_FOREIGN},
    {"no question", ID, ANSWER, 0, "a.test", A, IN, DNS_MESSAGE_FOREIGN},
    {"no question, no such name", ID, ANSWER | 3, 0, "a.test", A, IN, DNS_MESSAGE_FOREIGN},
    {"no question, refused", ID, ANSWER | 5, 0, "a.test", A, IN, DNS_MESSAGE_FAILED},
    {"two questions", ID, ANSWER, 2, "a.test", A, IN, DNS_MESSAGE_FOREIGN},
    {"another name", ID, ANSWER, 1, "b.test", A, IN, DNS_MESSAGE_FOREIGN},
    {"a longer name", ID, ANSWER, 1, "a.test.x", A, IN, DNS_MESSAGE_FOREIGN},
    {"a shorter name", ID, ANSWER, 1, "a", A, IN, DNS_MESSAGE_FOREIGN},
    {"another type", ID, ANSWER, 1, "a.test", AAAA, IN, DNS_MESSAGE_FOREIGN},
    {"another class", ID, ANSWER, 1, "a.test", A, 3, DNS_MESSAGE_FOREIGN},
    {"FORMERR", ID, ANSWER | 1, 1, "a.test", A, IN, DNS_MESSAGE_FAILED},
    {"SERVFAIL", ID, ANSWER | 2, 1, "a.test", A, IN, DNS_MESSAGE_FAILED},
    {"SERVFAIL for another name", ID, ANSWER | 2, 1, "b.test", A, IN, DNS_MESSAGE_FOREIGN},
    {"REFUSED", ID, ANSWER | 5, 1, "a.test", A, IN, DNS_MESSAGE_FAILED},
    {"error 15", ID, ANSWER | 15, 1, "a.test", A, IN, DNS_MESSAGE_FAILED},
    {"no recursion, nothing known", ID, 0x8100, 1, "a.test", A, IN, DNS_MESSAGE_FAILED},
    {"no recursion, but authoritative", ID, 0x8500, 1, "a.test", A, IN, DNS_MESSAGE_EMPTY},
    {"no such name for another name", ID, ANSWER | 3, 1, "b.test", A, IN, DNS_MESSAGE_FOREIGN},
    {"truncated, for another name", ID, ANSWER | TRUNCATED, 1, "b.test", A, IN, DNS_MESSAGE_FOREIGN},
};

static void matches_answer_and_question(void)
{
    for (size_t i = 0; i < COUNT_OF(headers); i++) {
        const struct header_row *row = &headers[i];
        unit_row("%s", row->what);
        begin(row->flags, 0, row->name, row->type);
        bytes[0] = (char)(row->id >> 8);
        bytes[1] = (char)(row->id & 0xFF);
        bytes[5] = (char)row->questions;
        bytes[size - 1] = (char)row->class;
        CHECK_EQUAL_INT(result(), row->result);
        CHECK_EQUAL_INT(answer.count, 0);
    }
}

static void names_its_codes(void)
{
    char text[16];
    CHECK_EQUAL_TEXT(dns_message_rcode_text(2, text), "SERVFAIL");
    CHECK_EQUAL_TEXT(dns_message_rcode_text(5, text), "REFUSED");
    CHECK_EQUAL_TEXT(dns_message_rcode_text(11, text), "error 11");
    begin(ANSWER | 5, 0, "a.test", A);
    CHECK_EQUAL_INT(result(), DNS_MESSAGE_FAILED);
    CHECK_EQUAL_INT(answer.rcode, 5);
}

/* ---- what is broken ---- */

/* The owner of the one answer record as it stands, then an address. */
static enum dns_message_result with_owner(const char *owner, size_t owner_size)
{
    begin(ANSWER, 1, "a.test", A);
    put_bytes(owner, owner_size);
    put_record_head(A, IN, 4);
    put_bytes("\xC0\x00\x02\x01", 4);
    return result();
}

#define WITH_OWNER(text) with_owner(text, sizeof text - 1)

static void refuses_broken_names(void)
{
    /* the record begins at 12 + 8 + 4 = 24 */
    CHECK_EQUAL_INT(WITH_OWNER("\xC0\x0C"), DNS_MESSAGE_FOUND);
    CHECK_EQUAL_INT(WITH_OWNER("\x01" "a\xC0\x0E"), DNS_MESSAGE_FOUND);
    CHECK_EQUAL_INT(WITH_OWNER("\xC0\x18"), DNS_MESSAGE_BAD);       /* to itself */
    CHECK_EQUAL_INT(WITH_OWNER("\x01" "a\xC0\x18"), DNS_MESSAGE_BAD); /* to its own label */
    CHECK_EQUAL_INT(WITH_OWNER("\xC0\x1A"), DNS_MESSAGE_BAD);       /* forwards */
    CHECK_EQUAL_INT(WITH_OWNER("\xC0\x00"), DNS_MESSAGE_BAD);       /* into the header */
    CHECK_EQUAL_INT(WITH_OWNER("\xC0\x0B"), DNS_MESSAGE_BAD);
    CHECK_EQUAL_INT(WITH_OWNER("\xFF\xFF"), DNS_MESSAGE_BAD);       /* far away */
    CHECK_EQUAL_INT(WITH_OWNER("\x40" "a"), DNS_MESSAGE_BAD);         /* lengths that are none */
    CHECK_EQUAL_INT(WITH_OWNER("\x80" "a"), DNS_MESSAGE_BAD);
    CHECK_EQUAL_INT(WITH_OWNER("\x3F" "a"), DNS_MESSAGE_BAD);         /* longer than the message */
}

/* Names that are put together by pointers to more than 255 bytes. */
static void refuses_names_that_are_too_long(void)
{
    for (size_t labels = 1; labels <= 6; labels++) {
        begin(ANSWER, (unsigned)labels + 1, "a.test", A);
        size_t last = OWNER_AT;
        for (size_t i = 0; i < labels; i++) {
            char label[64];
            memset(label, 'x', sizeof label);
            put_pointer(OWNER_AT);
            put_record_head(16, IN, 66);
            size_t here = size;
            bytes[size++] = 63;
            put_bytes(label, 63);
            put_pointer(last);
            last = here;
        }
        put_pointer(last);
        put_record_head(A, IN, 4);
        put_bytes("\xC0\x00\x02\x01", 4);
        unit_row("%zu labels", labels);
        CHECK_EQUAL_INT(result(), labels * 64 + 8 <= 255 ? DNS_MESSAGE_EMPTY : DNS_MESSAGE_BAD);
    }
}

static void refuses_broken_records(void)
{
    for (unsigned i = 0; i < 20; i++) {
        unit_row("an address of %u bytes", i);
        begin(ANSWER, 1, "a.test", A);
        put_record(OWNER_AT, A, "aaaaaaaaaaaaaaaaaaaa", i);
        CHECK_EQUAL_INT(result(), i == 4 ? DNS_MESSAGE_FOUND : DNS_MESSAGE_BAD);
        begin(ANSWER, 1, "a.test", AAAA);
        put_record(OWNER_AT, AAAA, "aaaaaaaaaaaaaaaaaaaa", i);
        CHECK_EQUAL_INT(result_as(AAAA, "a.test"), i == 16 ? DNS_MESSAGE_FOUND : DNS_MESSAGE_BAD);
    }
    unit_row("more answers announced than there are");
    begin(ANSWER, 2, "a.test", A);
    put_record(OWNER_AT, A, "aaaa", 4);
    CHECK_EQUAL_INT(result(), DNS_MESSAGE_BAD);
    CHECK_EQUAL_INT(answer.count, 0);
    unit_row("a record of another kind that is longer than the message");
    begin(ANSWER, 2, "a.test", A);
    put_record(OWNER_AT, A, "aaaa", 4);
    put_pointer(OWNER_AT);
    put_record_head(16, IN, 5);
    put_bytes("aaaa", 4);
    CHECK_EQUAL_INT(result(), DNS_MESSAGE_BAD);
    unit_row("an alias that does not fill its record");
    begin(ANSWER, 1, "a.test", A);
    put_record(OWNER_AT, CNAME, "\x01" "b\x00x", 4);
    CHECK_EQUAL_INT(result(), DNS_MESSAGE_BAD);
    unit_row("an alias that is longer than its record");
    begin(ANSWER, 1, "a.test", A);
    put_record(OWNER_AT, CNAME, "\x01" "b", 2);
    put_bytes("\x00", 1);
    CHECK_EQUAL_INT(result(), DNS_MESSAGE_BAD);
    unit_row("an alias and an address");
    begin(ANSWER, 2, "a.test", A);
    put_alias(OWNER_AT, "b.test");
    put_record(OWNER_AT, A, "\xC0\x00\x02\x01", 4);
    CHECK_EQUAL_INT(result(), DNS_MESSAGE_FOUND);
}

static void refuses_what_is_cut(void)
{
    put_chain(5, false);
    for (size_t whole = size; size-- > 0;) {
        unit_row("%zu of %zu bytes", size, whole);
        enum dns_message_result got = result();
        CHECK(got == DNS_MESSAGE_FOREIGN || got == DNS_MESSAGE_BAD);
        CHECK_EQUAL_INT(answer.count, 0);
    }
}

static uint32_t chance(void)
{
    static uint32_t state = 20261123;
    state ^= state << 13;
    state ^= state >> 17;
    state ^= state << 5;
    return state;
}

/* Whatever it says, it says it within the bytes it was given. */
static void check_any(void)
{
    enum dns_message_result got = result();
    CHECK_EQUAL_INT(answer.count > 0, got == DNS_MESSAGE_FOUND);
    CHECK(answer.count <= DNS_MESSAGE_ADDRESSES_MAX);
    for (size_t i = 0; i < answer.count; i++) {
        CHECK_EQUAL_INT(answer.addresses[i].family, ADDRESS_IPV4);
    }
}

static void survives_changed_bytes(void)
{
    for (unsigned round = 0; round < ROUNDS; round++) {
        put_chain(round % 7, round % 2 == 0);
        for (unsigned changes = 1 + chance() % 4; changes > 0; changes--) {
            size_t at = 2 + chance() % (size - 2);
            bytes[at] = (char)(chance() % 3 == 0 ? 0xC0 : chance() & 0xFF);
        }
        unit_row("round %u", round);
        check_any();
    }
}

static void survives_noise(void)
{
    for (unsigned round = 0; round < ROUNDS; round++) {
        begin(ANSWER, chance() % 8, "a.test", A);
        for (unsigned more = chance() % 120; more > 0; more--) {
            bytes[size++] = (char)(chance() % 4 == 0 ? chance() & 0xFF : chance() % 30);
        }
        unit_row("round %u", round);
        check_any();
    }
}

/* As many records as there is room for, each alias looking through all of them. */
static void largest_message_takes_no_time(void)
{
    put_chain(DNS_MESSAGE_ALIASES_MAX + 1, true);
    unsigned count = DNS_MESSAGE_ALIASES_MAX + 2;
    while (size + 16 <= DNS_MESSAGE_MAX) {
        put_record(OWNER_AT, 16, "aaaa", 4);
        count++;
    }
    bytes[6] = (char)(count >> 8);
    bytes[7] = (char)(count & 0xFF);
    CHECK_EQUAL_INT(result(), DNS_MESSAGE_BAD);
}

static const struct unit_test tests[] = {
    TEST(writes_a_query),
    TEST(judges_names),
    TEST(says_when_there_is_no_room),
    TEST(finds_addresses),
    TEST(follows_the_pointers_of_the_standard),
    TEST(case_does_not_matter),
    TEST(records_of_others_do_not_count),
    TEST(keeps_the_first_of_many),
    TEST(ending_without_addresses),
    TEST(follows_aliases),
    TEST(refuses_circles_of_aliases),
    TEST(matches_answer_and_question),
    TEST(names_its_codes),
    TEST(refuses_broken_names),
    TEST(refuses_names_that_are_too_long),
    TEST(refuses_broken_records),
    TEST(refuses_what_is_cut),
    TEST(survives_changed_bytes),
    TEST(survives_noise),
    TEST(largest_message_takes_no_time),
};

UNIT_MAIN(tests)
