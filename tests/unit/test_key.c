/*
 * test_key.c - certificates and private keys of every kind, made on the spot: make_keys.py has the table.
 *
 * The tests run in the top folder of the source. Signatures are checked by the openssl command.
 */
/* not on: windows (it makes its keys with scripts) */
#include "unit.h"

#include "codec/x509.h"
#include "crypto/key.h"
#include "net/tls.h"
#include "os/os.h"

#include <mbedtls/platform.h>

#include <stdint.h>

enum { COLUMNS = 9, FILE_MAX = 200 * 1024, NOW = 1795449601 }; /* 2026-11-23T16:00:01Z */
enum { TITLE, NAME, PASSWORD, ENCRYPTED, WANTED, KIND, COUNT, SHA256, SHA1 };

static char folder[] = "/tmp/unisolate-keys-XXXXXX";
static struct buf rows;

/* ---- mbedTLS's memory, with a wall in it ---- */

static long blocks;          /* taken and not given back */
static long fail_after = -1; /* so many allocations succeed, then all fail; -1: none fails */

static void *take(size_t count, size_t size)
{
    if (fail_after == 0) {
        return memory_take(SIZE_MAX / 2, 4); /* NULL, and noted */
    }
    fail_after -= fail_after > 0;
    void *block = memory_take(count, size);
    blocks += block != NULL;
    return block;
}

static void give(void *block)
{
    blocks -= block != NULL;
    memory_give(block);
}

/* ---- files ---- */

static int64_t now(void)
{
    return NOW;
}

static void clean_up(void)
{
    char command[100];
    snprintf(command, sizeof command, "rm -rf %s", folder);
    if (system(command) != 0) {
        printf("%s is left over\n", folder);
    }
    buf_free(&rows);
    tls_stop();
}

static void read_file(const char *name, struct buf *to)
{
    char path[200];
    struct fault f = {0};
    snprintf(path, sizeof path, "%s/%s", folder, name);
    *to = buf_init(FILE_MAX);
    if (!os_read_file(path, to, &f)) {
        printf("%s\n", f.text);
        abort();
    }
}

static void write_file(const char *name, struct span content)
{
    char path[200];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "wb");
    if (file == NULL || fwrite(content.at, 1, content.size, file) != content.size || fclose(file) != 0) {
        abort();
    }
}

/* Make everything once; without it there is nothing to test. */
static void make(void)
{
    char command[200];
    struct fault f = {0};
    if (rows.at != NULL) {
        return;
    }
    if (!tls_start(now, &f) || mkdtemp(folder) == NULL) {
        abort();
    }
    mbedtls_platform_set_calloc_free(take, give);
    atexit(clean_up);
    snprintf(command, sizeof command, "python3 tests/unit/make_keys.py %s", folder);
    if (system(command) != 0) {
        printf("make_keys.py failed\n");
        exit(1);
    }
    read_file("rows", &rows);
}

static struct secret secret_of(struct span bytes)
{
    struct secret s = {0};
    if (!secret_copy(&s, bytes)) {
        abort();
    }
    return s;
}

/* ---- one row ---- */

static void check_thumbprint(const struct key *k, enum key_hash hash, const char *wanted)
{
    struct fault f = {0};
    struct buf raw = buf_init(100);
    struct buf hex = buf_init(100);
    CHECK(key_thumbprint(k, hash, &raw, &f));
    for (size_t i = 0; i < raw.size; i++) {
        buf_put_format(&hex, "%02x", (unsigned)(unsigned char)raw.at[i]);
    }
    CHECK_EQUAL_TEXT(buf_text(&hex), wanted);
    buf_free(&raw);
    buf_free(&hex);
}

static void check_key(const struct key *k, char *const *column)
{
    struct span der;
    size_t at = 0;
    int count = 0;
    CHECK_EQUAL_INT(key_kind(k), strcmp(column[KIND], "RSA") == 0 ? KEY_RSA : KEY_P256);
    check_thumbprint(k, KEY_SHA256, column[SHA256]);
    check_thumbprint(k, KEY_SHA1, column[SHA1]);
    while (key_next_certificate(k, &at, &der)) {
        count++;
    }
    CHECK_EQUAL_INT(count, atoi(column[COUNT]));
}

static bool open_row(char *const *column, bool *encrypted, struct key **k, struct fault *f)
{
    struct buf content;
    read_file(column[NAME], &content);
    struct secret pem = secret_of(buf_span(&content));
    struct secret password = secret_of(span_of(column[PASSWORD]));
    *k = NULL;
    bool ok = key_look(&pem, "f.pem", encrypted, f) && key_open(&pem, "f.pem", &password, NOW, k, f);
    buf_free(&content);
    secret_free(&pem);
    secret_free(&password);
    return ok;
}

static void one_row(char *const *column)
{
    struct fault f = {0};
    struct key *k;
    bool encrypted = false;
    bool want_good = strcmp(column[WANTED], "good") == 0;
    long before = blocks;
    unit_row("%s", column[TITLE]);
    bool good = open_row(column, &encrypted, &k, &f);
    printf("  %-48s %s\n", column[TITLE], good ? "good" : f.text);
    CHECK(good == want_good);
    CHECK(good == (k != NULL) && good != fault_is_set(&f));
    CHECK(encrypted == (strcmp(column[ENCRYPTED], "yes") == 0));
    if (good) {
        check_key(k, column);
    } else {
        CHECK_EQUAL_INT(f.code, FAULT_FILE);
        CHECK(span_starts(span_of(f.text), SPAN("f.pem: ")));
        if (strstr(f.text, column[WANTED]) == NULL) {
            unit_fail(__FILE__, __LINE__, "the fault \"%s\" does not say \"%s\"", f.text, column[WANTED]);
        }
    }
    key_free(k);
    CHECK_EQUAL_INT(blocks, before);
}

/* The columns of a line; it is cut into pieces. */
static size_t take_apart(char *text, char **column)
{
    size_t found = 0;
    char *at = text;
    while (found < COLUMNS) {
        column[found++] = at;
        at += strcspn(at, "\t");
        if (*at == '\0') {
            break;
        }
        *at++ = '\0';
    }
    return found;
}

static void every_kind_of_file(void)
{
    struct span rest, line;
    unsigned count = 0;
    make();
    rest = buf_span(&rows);
    while (span_next(&rest, '\n', &line)) {
        char text[1000];
        char *column[COLUMNS];
        snprintf(text, sizeof text, "%.*s", SPAN_ARG(line));
        CHECK_EQUAL_INT(take_apart(text, column), COLUMNS);
        one_row(column);
        count++;
    }
    unit_row("%s", "");
    CHECK(count >= 84);
}

/* ---- advice ---- */

struct advice_row {
    const char *title, *command;
};

static const struct advice_row advice_rows[] = {
    {"PFX", "openssl pkcs12 -in FILE -aes256 -out NEW.pem"},
    {"triple DES", "(openssl pkey -in FILE -aes256; openssl x509 -in FILE) >NEW.pem"},
    {"scrypt", "(openssl pkey -in FILE -aes256; openssl x509 -in FILE) >NEW.pem"},
    {"PKCS #12 scheme", "(openssl pkey -in FILE -aes256; openssl x509 -in FILE) >NEW.pem"},
    {"OpenSSL's old way", "(openssl pkey -in FILE -aes256; openssl x509 -in FILE) >NEW.pem"},
    {"key in DER", "openssl pkey -inform der -in KEY -aes256"},
    {"no key", "--certificate-key-file KEY.pem"},
    {"no certificate", "--certificate-key-file KEY.pem"},
    {"Ed25519", "openssl req -x509 -newkey rsa:3072"},
    {"RSA 1024", "openssl req -x509 -newkey rsa:3072"},
    {"P-384", "openssl req -x509 -newkey rsa:3072"},
    {"another RSA key", "openssl x509 -noout -pubkey and openssl pkey -pubout"},
};

/* The row of this title. */
static void find_row(const char *title, char *text, size_t size, char **column)
{
    struct span rest, line;
    make();
    rest = buf_span(&rows);
    while (span_next(&rest, '\n', &line)) {
        snprintf(text, size, "%.*s", SPAN_ARG(line));
        if (take_apart(text, column) == COLUMNS && strcmp(column[TITLE], title) == 0) {
            return;
        }
    }
    abort();
}

static void advice_names_the_command(void)
{
    for (size_t i = 0; i < COUNT_OF(advice_rows); i++) {
        char text[1000];
        char *column[COLUMNS];
        struct fault f = {0};
        struct key *k;
        bool encrypted;
        unit_row("%s", advice_rows[i].title);
        find_row(advice_rows[i].title, text, sizeof text, column);
        CHECK(!open_row(column, &encrypted, &k, &f));
        CHECK(strstr(f.advice, advice_rows[i].command) != NULL);
        CHECK(strlen(f.advice) < sizeof f.advice - 1); /* not cut */
    }
}

/* A wrong password passes the padding once in 256 times: what comes out must be looked at. */
static void wrong_passwords_never_open(void)
{
    char text[1000];
    char *column[COLUMNS];
    find_row("one round", text, sizeof text, column);
    for (unsigned i = 0; i < 1500; i++) {
        char wrong[20];
        struct fault f = {0};
        struct key *k;
        bool encrypted;
        snprintf(wrong, sizeof wrong, "wrong %u", i);
        column[PASSWORD] = wrong;
        unit_row("%s", wrong);
        CHECK(!open_row(column, &encrypted, &k, &f));
        CHECK_EQUAL_TEXT(f.text, "f.pem: the password does not open the private key");
    }
}

/* ---- signatures ---- */

struct signature_row {
    const char *title, *own; /* the row, and the certificate whose public key openssl gets */
    enum key_algorithm algorithm;
    const char *options; /* of openssl dgst */
};

#define PSS "-sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:32 -sigopt rsa_mgf1_md:sha256"

static const struct signature_row signature_rows[] = {
    {"PKCS #8", "rsa2048", KEY_PS256, PSS},      {"RSA 3072", "rsa3072", KEY_PS256, PSS},
    {"RSA 4096", "rsa4096", KEY_PS256, PSS},     {"PKCS #8", "rsa2048", KEY_RS256, ""},
    {"RSA 4096", "rsa4096", KEY_RS256, ""},      {"P-256", "p256", KEY_ES256, NULL},
    {"aes-256-cbc", "rsa2048", KEY_PS256, PSS},  {"PBKDF2 with SHA512", "p256", KEY_ES256, NULL},
};

static void put_integer(struct buf *to, struct span number)
{
    while (number.size > 1 && number.at[0] == 0) {
        number = span_cut(number, 1, number.size);
    }
    bool sign = (number.at[0] & 0x80) != 0;
    buf_put_char(to, 0x02);
    buf_put_char(to, (char)(number.size + sign));
    buf_put(to, sign ? SPAN("\0") : SPAN(""));
    buf_put(to, number);
}

/* r and s as openssl wants them: a SEQUENCE of two numbers. */
static void to_der(struct buf *signature)
{
    struct buf numbers = buf_init(100);
    CHECK_EQUAL_INT(signature->size, 64);
    put_integer(&numbers, span_cut(buf_span(signature), 0, 32));
    put_integer(&numbers, span_cut(buf_span(signature), 32, 64));
    buf_clear(signature);
    buf_put_char(signature, 0x30);
    buf_put_char(signature, (char)numbers.size);
    buf_put(signature, buf_span(&numbers));
    buf_free(&numbers);
}

static bool openssl_agrees(const struct signature_row *row, const char *text_file)
{
    char command[600];
    snprintf(command, sizeof command,
             "cd %s && openssl x509 -in %s.crt -noout -pubkey >public && "
             "openssl dgst -sha256 -verify public -signature signature %s %s >answer 2>&1",
             folder, row->own, row->options != NULL ? row->options : "", text_file);
    return system(command) == 0;
}

static void signatures_verify(void)
{
    make();
    write_file("text", SPAN("a text\n"));
    write_file("other", SPAN("another text\n"));
    for (size_t i = 0; i < COUNT_OF(signature_rows); i++) {
        const struct signature_row *row = &signature_rows[i];
        char text[1000];
        char *column[COLUMNS];
        struct fault f = {0};
        struct key *k;
        bool encrypted;
        struct buf signature = buf_init(1000);
        unit_row("%s, algorithm %d", row->title, (int)row->algorithm);
        find_row(row->title, text, sizeof text, column);
        CHECK(open_row(column, &encrypted, &k, &f));
        CHECK(key_sign(k, row->algorithm, SPAN("a text\n"), &signature, &f));
        if (row->algorithm == KEY_ES256) {
            to_der(&signature);
        }
        write_file("signature", buf_span(&signature));
        CHECK(openssl_agrees(row, "text"));
        CHECK(!openssl_agrees(row, "other"));
        key_free(k);
        buf_free(&signature);
    }
}

/* r and s are padded: a number that begins with a zero byte comes once in 128 times. */
static void es256_is_always_64_bytes(void)
{
    char text[1000];
    char *column[COLUMNS];
    struct fault f = {0};
    struct key *k;
    bool encrypted;
    unsigned short_ones = 0;
    find_row("P-256", text, sizeof text, column);
    CHECK(open_row(column, &encrypted, &k, &f));
    for (unsigned i = 0; i < 1000 && short_ones < 3; i++) {
        struct buf signature = buf_init(100);
        CHECK(key_sign(k, KEY_ES256, SPAN("a text\n"), &signature, &f));
        CHECK_EQUAL_INT(signature.size, 64);
        if (signature.size == 64 && (signature.at[0] == 0 || signature.at[32] == 0)) {
            short_ones++;
            to_der(&signature);
            write_file("text", SPAN("a text\n"));
            write_file("signature", buf_span(&signature));
            CHECK(openssl_agrees(&signature_rows[5], "text"));
        }
        buf_free(&signature);
    }
    CHECK(short_ones > 0);
    key_free(k);
}

/* ---- memory ---- */

/* With the n-th allocation of mbedTLS failing, for every n: it says so, and gives everything back. */
static void memory_runs_out(const char *title, enum key_algorithm algorithm, long step)
{
    char text[1000];
    char *column[COLUMNS];
    bool done = false;
    long n = 0;
    find_row(title, text, sizeof text, column);
    for (; !done; n += step) {
        struct fault f = {0};
        struct key *k;
        bool encrypted;
        struct buf signature = buf_init(1000);
        long before = blocks;
        unit_row("%s, allocation %ld", title, n);
        fail_after = n;
        done = open_row(column, &encrypted, &k, &f) && key_sign(k, algorithm, SPAN("a text\n"), &signature, &f);
        fail_after = -1;
        CHECK_EQUAL_INT(f.code, done ? FAULT_NONE : FAULT_MEMORY);
        key_free(k);
        buf_free(&signature);
        CHECK_EQUAL_INT(blocks, before);
    }
    printf("  %s: %ld allocations\n", title, n);
    CHECK(n > 20);
}

static void memory_runs_out_rsa(void) { memory_runs_out("PKCS #8", KEY_PS256, 1); }
static void memory_runs_out_p256(void) { memory_runs_out("P-256", KEY_ES256, 7); }
static void memory_runs_out_encrypted(void) { memory_runs_out("aes-256-cbc", KEY_RS256, 3); }

/* ---- the certificate alone ---- */

static void certificates_cut_anywhere(void)
{
    char text[1000];
    char *column[COLUMNS];
    struct fault f = {0};
    struct key *k;
    struct span der = {0};
    struct x509 certificate;
    bool encrypted;
    size_t at = 0;
    find_row("dates before 1970 and behind 2049", text, sizeof text, column);
    CHECK(open_row(column, &encrypted, &k, &f));
    CHECK(key_next_certificate(k, &at, &der));
    CHECK(x509_read(unit_edge(der), &certificate));
    CHECK_EQUAL_INT(certificate.not_before, 0);
    CHECK_EQUAL_INT(certificate.not_after, 4102444799);
    for (size_t i = 0; i < der.size; i++) {
        CHECK(!x509_read(unit_edge(span_cut(der, 0, i)), &certificate));
    }
    key_free(k);
}

/* Every byte of the file changed once: a fault, or a key that is whole. Never a crash (the sanitizers look). */
static void bytes_changed(void)
{
    char text[1000];
    char *column[COLUMNS];
    struct buf content;
    struct secret empty = {0};
    find_row("P-256", text, sizeof text, column);
    read_file(column[NAME], &content);
    for (size_t i = 0; i < content.size; i++) {
        struct fault f = {0};
        struct key *k = NULL;
        content.at[i] ^= 0x01;
        struct secret pem = secret_of(buf_span(&content));
        bool good = key_open(&pem, "f.pem", &empty, NOW, &k, &f);
        unit_row("byte %zu", i);
        CHECK(good != fault_is_set(&f) && good == (k != NULL));
        key_free(k);
        secret_free(&pem);
        content.at[i] ^= 0x01;
    }
    buf_free(&content);
}

static const struct unit_test tests[] = {
    TEST(every_kind_of_file),  TEST(advice_names_the_command), TEST(signatures_verify),
    TEST(es256_is_always_64_bytes), TEST(wrong_passwords_never_open), TEST(memory_runs_out_rsa),  TEST(memory_runs_out_p256),
    TEST(memory_runs_out_encrypted), TEST(certificates_cut_anywhere), TEST(bytes_changed),
};
UNIT_MAIN(tests)
