/*
 * test_roots.c - trust anchors: the embedded ones, PEM files of every kind, finding by subject.
 */
#include "unit.h"

#include "codec/base64.h"
#include "net/cert_name.h"
#include "net/roots.h"
#include "net/tls.h"

enum { TEXT_MAX = 6 * 1024 * 1024 };

static int64_t now(void)
{
    return 1795449600; /* 2026-11-23 */
}

static struct span embedded(size_t i)
{
    return span_make((const char *)roots_embedded[i].der, roots_embedded[i].size);
}

static void put_block(struct buf *to, const char *label, struct span der, const char *line_end)
{
    struct buf text = buf_init(TEXT_MAX);
    base64_put(&text, der);
    buf_put_format(to, "-----BEGIN %s-----%s", label, line_end);
    for (size_t at = 0; at < text.size; at += 64) {
        buf_put(to, span_cut(buf_span(&text), at, at + 64));
        buf_put_text(to, line_end);
    }
    buf_put_format(to, "-----END %s-----%s", label, line_end);
    buf_free(&text);
}

static struct span subject_of(struct span der)
{
    struct span subject = {0};
    CHECK(cert_name_subject(der, &subject));
    return subject;
}

/* How many roots are found for the subject of the embedded one number i. */
static unsigned found(const struct roots *r, size_t i)
{
    struct roots_search search = {0};
    struct span der;
    unsigned count = 0;
    while (roots_find(r, subject_of(embedded(i)), &search, &der)) {
        CHECK_EQUAL_SPAN(der, embedded(i));
        count++;
    }
    return count;
}

static void embedded_ones(void)
{
    struct roots all, none;
    roots_init(&all, true);
    roots_init(&none, false);
    CHECK(roots_embedded_count >= 7);
    for (size_t i = 0; i < roots_embedded_count; i++) {
        unit_row("%s", roots_embedded[i].name);
        CHECK_EQUAL_INT(found(&all, i), 1);
        CHECK_EQUAL_INT(found(&none, i), 0);
    }
    roots_free(&all);
    roots_free(&none);
}

/* Each is readable, in date and strong enough: as a peer's certificate it is refused for nothing but what it is for. */
static void embedded_ones_are_usable(void)
{
    struct fault start = {0};
    CHECK(tls_start(now, &start));
    for (size_t i = 0; i < roots_embedded_count; i++) {
        struct buf pem = buf_init(TEXT_MAX);
        struct fault f = {0};
        unit_row("%s", roots_embedded[i].name);
        put_block(&pem, "CERTIFICATE", embedded(i), "\n");
        CHECK(!tls_check_chain(buf_span(&pem), buf_span(&pem), "example.com", now(), &f));
        if (strstr(f.text, "not for signing") == NULL && strstr(f.text, "is for no host at all") == NULL) {
            unit_fail(__FILE__, __LINE__, "%s", f.text);
        }
        buf_free(&pem);
    }
    tls_stop();
}

/* ---- files ---- */

#define OTHER_BLOCK "-----BEGIN RSA PRIVATE KEY-----\nAAAA\n-----END RSA PRIVATE KEY-----\n"

/* Rows: text before, label, line end, text after; certificates that must be found, or a part of the fault. */
static void files(void)
{
    static const struct {
        const char *title, *before, *label, *line_end, *after;
        size_t certificates;
        const char *fault;
    } rows[] = {
        {"plain", "", "CERTIFICATE", "\n", "", 1, NULL},
        {"CRLF", "", "CERTIFICATE", "\r\n", "", 1, NULL},
        {"text around", "Subject: CN=x\n\n=====\n", "CERTIFICATE", "\n", "the end\n", 1, NULL},
        {"a mark of UTF-8", "\xef\xbb\xbf", "CERTIFICATE", "\n", "", 1, NULL},
        {"older label", "", "X509 CERTIFICATE", "\n", "", 1, NULL},
        {"oldest label", "", "X.509 CERTIFICATE", "\n", "", 1, NULL},
        {"a key before", OTHER_BLOCK, "CERTIFICATE", "\n", "", 1, NULL},
        {"a key after", "", "CERTIFICATE", "\n", OTHER_BLOCK, 1, NULL},
        {"no line end at the end", "", "CERTIFICATE", "\n", "x", 1, NULL},
        {"indented", "   ", "CERTIFICATE", "\n   ", "", 1, NULL},
        {"blank lines", "\n\n", "CERTIFICATE", "\n\n", "", 1, NULL},
        {"openssl's own kind", "", "TRUSTED CERTIFICATE", "\n", "", 0, "no certificate in it"},
        {"a request", "", "CERTIFICATE REQUEST", "\n", "", 0, "no certificate in it"},
        {"another in small letters", "", "certificate", "\n", "", 0, "no certificate in it"},
        {"a block without end after it", "", "CERTIFICATE", "\n", "-----BEGIN CERTIFICATE-----\nAAAA\n", 0,
         "after certificate 1 has no end"},
        {"an end of another kind", "", "CERTIFICATE", "\n", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END KEY-----\n", 0,
         "after certificate 1 has no end"},
        {"a beginning inside", "", "CERTIFICATE", "\n", "-----BEGIN CERTIFICATE-----\n-----BEGIN CERTIFICATE-----\n", 0,
         "after certificate 1 has no end"},
        {"no base64", "", "CERTIFICATE", "\n", "-----BEGIN CERTIFICATE-----\nA!AA\n-----END CERTIFICATE-----\n", 0,
         "certificate 2 is damaged"},
        {"no certificate inside", "", "CERTIFICATE", "\n", "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n", 0,
         "certificate 2 is damaged"},
        {"an empty block", "", "CERTIFICATE", "\n", "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n", 0,
         "certificate 2 is damaged"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct roots r;
        struct fault f = {0};
        struct buf text = buf_init(TEXT_MAX);
        unit_row("%s", rows[i].title);
        roots_init(&r, false);
        buf_put_text(&text, rows[i].before);
        put_block(&text, rows[i].label, embedded(0), rows[i].line_end);
        buf_put_text(&text, rows[i].after);
        CHECK_EQUAL_INT(roots_add_pem(&r, unit_edge(buf_span(&text)), "some.pem", &f), rows[i].certificates > 0);
        CHECK_EQUAL_INT(found(&r, 0), rows[i].certificates);
        CHECK_EQUAL_INT(r.added_count, rows[i].certificates);
        if (rows[i].fault != NULL) {
            CHECK_EQUAL_INT(f.code, FAULT_FILE);
            CHECK(strstr(f.text, "some.pem: ") == f.text);
            if (strstr(f.text, rows[i].fault) == NULL) {
                unit_fail(__FILE__, __LINE__, "\"%s\" does not say \"%s\"", f.text, rows[i].fault);
            }
        } else {
            CHECK_EQUAL_TEXT(f.text, "");
        }
        buf_free(&text);
        roots_free(&r);
    }
}

static void files_without_any(void)
{
    const struct span rows[] = {SPAN(""), SPAN("\n"), SPAN("hello"), SPAN("-----BEGIN "), SPAN("-----BEGIN-----\n"),
                                SPAN("\x30\x82\x03\xaf\x30"), SPAN("-----END CERTIFICATE-----\n")};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct roots r;
        struct fault f = {0};
        unit_row("%zu", i);
        roots_init(&r, false);
        CHECK(!roots_add_pem(&r, unit_edge(rows[i]), "x", &f));
        CHECK_EQUAL_TEXT(f.text, "x: no certificate in it");
        CHECK(fault_advice(&f) != NULL);
        roots_free(&r);
    }
}

static void cut_off(struct span bytes, const struct unit_way *way, void *context)
{
    struct roots r;
    struct fault f = {0};
    (void)context;
    if (way->first != bytes.size) {
        return; /* there are no pieces here */
    }
    roots_init(&r, false);
    CHECK(!roots_add_pem(&r, unit_edge(bytes), "x", &f));
    CHECK_EQUAL_INT(f.code, FAULT_FILE);
    CHECK_EQUAL_INT(r.added.size, 0);
    roots_free(&r);
}

static void files_cut_off(void)
{
    struct buf text = buf_init(TEXT_MAX);
    put_block(&text, "CERTIFICATE", embedded(0), "\n");
    /* Without its last line end it is still whole. */
    unit_each_cut(span_cut(buf_span(&text), 0, text.size - 1), cut_off, NULL);
    buf_free(&text);
}

static void bad_file_changes_nothing(void)
{
    struct roots r;
    struct fault f = {0};
    struct buf good = buf_init(TEXT_MAX), bad = buf_init(TEXT_MAX);
    roots_init(&r, true);
    put_block(&good, "CERTIFICATE", embedded(0), "\n");
    CHECK(roots_add_pem(&r, buf_span(&good), "good", &f));
    CHECK_EQUAL_INT(found(&r, 0), 2);
    put_block(&bad, "CERTIFICATE", embedded(1), "\n");
    put_block(&bad, "CERTIFICATE", SPAN("\x30\x00"), "\n");
    CHECK(!roots_add_pem(&r, buf_span(&bad), "bad", &f));
    CHECK_EQUAL_INT(found(&r, 0), 2);
    CHECK_EQUAL_INT(found(&r, 1), 1);
    fault_clear(&f);
    buf_clear(&bad);
    put_block(&bad, "CERTIFICATE", embedded(1), "\n");
    CHECK(roots_add_pem(&r, buf_span(&bad), "good again", &f));
    CHECK_EQUAL_INT(found(&r, 1), 2);
    CHECK_EQUAL_INT(found(&r, 2), 1);
    buf_free(&good);
    buf_free(&bad);
    roots_free(&r);
}

/* The smallest that looks like a certificate: SEQUENCE { SEQUENCE { serial, signature, issuer, validity, subject } }. */
#define SMALL "\x30\x0f\x30\x0d\x02\x01\x01\x30\x00\x30\x00\x30\x00\x30\x02\x31\x00"

static void limits(void)
{
    const struct span small = SPAN(SMALL);
    for (size_t count = ROOTS_ADDED_MAX - 1; count <= ROOTS_ADDED_MAX + 1; count++) {
        struct roots r;
        struct fault f = {0};
        struct buf text = buf_init(TEXT_MAX);
        unit_row("%zu certificates", count);
        roots_init(&r, false);
        for (size_t i = 0; i < count; i++) {
            put_block(&text, "CERTIFICATE", small, "\n");
        }
        CHECK_EQUAL_INT(roots_add_pem(&r, buf_span(&text), "many", &f), count <= ROOTS_ADDED_MAX);
        CHECK_EQUAL_INT(r.added_count, count <= ROOTS_ADDED_MAX ? count : 0);
        CHECK_EQUAL_TEXT(f.text, count <= ROOTS_ADDED_MAX ? "" : "many: more than 2000 certificates");
        roots_free(&r);
        buf_free(&text);
    }
    for (size_t over = 0; over <= 1; over++) {
        struct roots r;
        struct fault f = {0};
        struct buf text = buf_init(TEXT_MAX);
        unit_row("%d bytes and %zu", ROOTS_FILE_MAX, over);
        roots_init(&r, false);
        put_block(&text, "CERTIFICATE", small, "\n");
        while (text.size < ROOTS_FILE_MAX + over && !text.failed) {
            buf_put(&text, SPAN("\n"));
        }
        CHECK_EQUAL_INT(roots_add_pem(&r, buf_span(&text), "large", &f), over == 0);
        CHECK_EQUAL_TEXT(f.text, over == 0 ? "" : "large: larger than 4194304 bytes");
        roots_free(&r);
        buf_free(&text);
    }
}

static const struct unit_test tests[] = {
    TEST(embedded_ones), TEST(embedded_ones_are_usable), TEST(files),  TEST(files_without_any),
    TEST(files_cut_off), TEST(bad_file_changes_nothing), TEST(limits),
};
UNIT_MAIN(tests)
