/*
 * probe.c - the parsers as a program, so that suites of others can be run against them.
 *
 * Does      probe json FILE                          0 accepted, 1 refused
 *           probe http FILE                          the bytes of one answer to a GET, then a clean, authenticated end:
 *                                                    0 complete and valid, body on standard output; 1 refused
 *           probe quote FILE                         the bytes as a JSON string; 1 when they are not UTF-8
 *           probe chain ROOTS.pem CHAIN.pem HOST EPOCH   0 trusted for that host at that Unix time, 1 refused
 *           A fault goes to standard error. 2: wrong usage, or a file that cannot be read.
 * Not here  tests of our own (tests/unit).
 * Limits    PROBE_FILE_MAX bytes a file; a body as large.
 * Rules     bytes after a complete answer are refused: nothing may follow where a clean end is announced.
 */
#include "codec/http1.h"
#include "codec/json_write.h"
#include "net/tls.h"

#include <stdio.h>
#include <string.h>

enum { PROBE_FILE_MAX = 64 * 1024 * 1024, EXIT_ACCEPTED = 0, EXIT_REFUSED = 1, EXIT_USAGE = 2 };

static bool read_file(const char *path, struct buf *to)
{
    FILE *file = fopen(path, "rb");
    char part[4096];
    size_t size;
    if (file == NULL) {
        fprintf(stderr, "probe: cannot open %s\n", path);
        return false;
    }
    *to = buf_init(PROBE_FILE_MAX);
    while ((size = fread(part, 1, sizeof part, file)) > 0) {
        buf_put(to, span_make(part, size));
    }
    bool good = ferror(file) == 0 && !to->failed;
    fclose(file);
    if (!good) {
        fprintf(stderr, "probe: cannot read %s, or it is larger than %d bytes\n", path, PROBE_FILE_MAX);
    }
    return good;
}

static bool write_out(struct span bytes)
{
    return fwrite(bytes.at != NULL ? bytes.at : "", 1, bytes.size, stdout) == bytes.size && fflush(stdout) == 0;
}

static int verdict(bool accepted, const struct fault *f)
{
    if (!accepted) {
        fprintf(stderr, "probe: %s\n", fault_is_set(f) ? f->text : "refused");
    }
    return accepted ? EXIT_ACCEPTED : EXIT_REFUSED;
}

static int probe_json(struct span file)
{
    struct json value;
    struct fault f = {0};
    return verdict(json_parse(file, &value, &f), &f);
}

static enum http1_result read_answer(struct http1_reader *r, struct span file, struct fault *f)
{
    size_t used;
    enum http1_result result = http1_reader_feed(r, file, &used, f);
    if (result == HTTP1_DONE && used < file.size) {
        fault_set(f, FAULT_HTTP_SYNTAX, "HTTP answer: %zu bytes follow it", file.size - used);
        return HTTP1_BAD;
    }
    return result == HTTP1_MORE ? http1_reader_end(r, true, f) : result;
}

static int probe_http(struct span file)
{
    struct http1_reader r;
    struct fault f = {0};
    http1_reader_init(&r, PROBE_FILE_MAX);
    bool good = read_answer(&r, file, &f) == HTTP1_DONE && write_out(buf_span(&r.body));
    http1_reader_free(&r);
    return verdict(good, &f);
}

static int probe_quote(struct span file)
{
    struct buf out = buf_init(6 * (size_t)PROBE_FILE_MAX + 2);
    struct fault f = {0};
    bool good = json_put_string(&out, file);
    if (!good) {
        fault_set(&f, FAULT_USAGE, "the bytes are not UTF-8");
    }
    good = good && !out.failed && write_out(buf_span(&out));
    buf_free(&out);
    return verdict(good, &f);
}

struct probe_row {
    const char *name;
    int (*run)(struct span file);
};

static const struct probe_row rows[] = {{"json", probe_json}, {"http", probe_http}, {"quote", probe_quote}};

static int run_row(const struct probe_row *row, const char *path)
{
    struct buf file = {0};
    int status = read_file(path, &file) ? row->run(buf_span(&file)) : EXIT_USAGE;
    buf_free(&file);
    return status;
}

static int64_t chain_time;

static int64_t chain_now(void)
{
    return chain_time;
}

static int check_chain(struct span roots, struct span chain, const char *host)
{
    struct fault f = {0};
    bool good = tls_start(chain_now, &f) && tls_check_chain(roots, chain, host, chain_time, &f);
    tls_stop();
    return verdict(good, &f);
}

/* args: ROOTS.pem CHAIN.pem HOST EPOCH */
static int probe_chain(char **args)
{
    struct buf roots = {0};
    struct buf chain = {0};
    uint64_t epoch;
    int status = EXIT_USAGE;
    if (!span_decimal(span_of(args[3]), INT64_MAX, &epoch)) {
        fprintf(stderr, "probe: EPOCH is a number of seconds since 1970\n");
        return status;
    }
    chain_time = (int64_t)epoch;
    if (read_file(args[0], &roots) && read_file(args[1], &chain)) {
        status = check_chain(buf_span(&roots), buf_span(&chain), args[2]);
    }
    buf_free(&chain);
    buf_free(&roots);
    return status;
}

int main(int argc, char **argv)
{
    if (argc == 6 && strcmp(argv[1], "chain") == 0) {
        return probe_chain(argv + 2);
    }
    for (size_t i = 0; argc == 3 && i < sizeof rows / sizeof rows[0]; i++) {
        if (strcmp(argv[1], rows[i].name) == 0) {
            return run_row(&rows[i], argv[2]);
        }
    }
    fprintf(stderr, "usage: probe json|http|quote FILE, or probe chain ROOTS.pem CHAIN.pem HOST EPOCH\n");
    return EXIT_USAGE;
}
