/*
 * test_chain.c - the chain check on certificates made on the spot: make_chains.py has the tables, and openssl's verdict on each row.
 *
 * A row whose verdict is not openssl's must say why in its last column. The tests run in the top folder of the source.
 */
/* not on: windows (it makes its chains with scripts) */
#include "unit.h"

#include "net/tls.h"
#include "os/os.h"

#include <sys/stat.h>

enum { COLUMNS = 9, FILE_MAX = 1024 * 1024 };
enum { GROUP, TITLE, ROOTS, CHAIN, HOST, WHEN, WANTED, OPENSSL, WHY };

static char folder[] = "/tmp/unisolate-chains-XXXXXX";
static struct buf rows;

static int64_t now(void)
{
    return 0; /* the handshake's clock must not matter here */
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
    atexit(clean_up);
    snprintf(command, sizeof command, "python3 tests/unit/make_chains.py %s", folder);
    if (system(command) != 0) {
        printf("make_chains.py failed\n");
        exit(1);
    }
    read_file("rows", &rows);
}

static bool check(char *const *column, struct fault *f)
{
    struct buf roots, chain;
    read_file(column[ROOTS], &roots);
    read_file(column[CHAIN], &chain);
    bool good = tls_check_chain(unit_edge_slot(0, buf_span(&roots)), unit_edge_slot(1, buf_span(&chain)), column[HOST],
                                (int64_t)strtoll(column[WHEN], NULL, 10), f);
    buf_free(&roots);
    buf_free(&chain);
    return good;
}

static void one_row(char *const *column)
{
    struct fault f = {0};
    bool want_good = strcmp(column[WANTED], "good") == 0;
    bool good = check(column, &f);
    unit_row("%s", column[TITLE]);
    printf("  %-52s ours %-8s openssl %-8s %s\n", column[TITLE], good ? "good" : "refused", column[OPENSSL],
           good ? "" : f.text);
    CHECK(good == want_good);
    CHECK(good != fault_is_set(&f));
    if (!good) {
        CHECK_EQUAL_INT(f.code, FAULT_CERTIFICATE);
        if (strstr(f.text, column[WANTED]) == NULL) {
            unit_fail(__FILE__, __LINE__, "the fault \"%s\" does not say \"%s\"", f.text, column[WANTED]);
        }
        CHECK(fault_advice(&f) == NULL || strlen(fault_advice(&f)) > 0);
    }
    if (strcmp(column[OPENSSL], good ? "good" : "refused") != 0 && column[WHY][0] == '\0') {
        unit_fail(__FILE__, __LINE__, "openssl: %s, and no word why", column[OPENSSL]);
    }
}

/* Run the rows of a group; there must be `least` of them. */
static void group(const char *name, unsigned least)
{
    struct span rest, line;
    unsigned count = 0;
    make();
    rest = buf_span(&rows);
    while (span_next(&rest, '\n', &line)) {
        char text[1000];
        char *column[COLUMNS];
        size_t found = 0;
        snprintf(text, sizeof text, "%.*s", SPAN_ARG(line));
        for (char *at = text; at != NULL && found < COLUMNS; found++) {
            column[found] = at;
            at = strchr(at, '\t');
            if (at != NULL) {
                *at++ = '\0';
            }
        }
        CHECK_EQUAL_INT(found, COLUMNS);
        if (found == COLUMNS && strcmp(column[GROUP], name) == 0) {
            one_row(column);
            count++;
        }
    }
    unit_row("%s", "");
    CHECK(count >= least);
}

static void paths(void) { group("path", 33); }
static void dates(void) { group("dates", 12); }
static void authorities(void) { group("authority", 12); }
static void usages(void) { group("usage", 10); }
static void strength(void) { group("strength", 15); }
static void extensions(void) { group("extensions", 5); }
static void constraints(void) { group("constraints", 25); }
static void names(void) { group("names", 34); }

static const struct unit_test tests[] = {
    TEST(paths),    TEST(dates),      TEST(authorities), TEST(usages),
    TEST(strength), TEST(extensions), TEST(constraints), TEST(names),
};
UNIT_MAIN(tests)
