/*
 * manual.c - the program's own manual; see manual.h.
 */
#include "cli/manual.h"

#include "base/fault.h"
#include "cli/cloud.h"
#include "cli/options.h"
#include "cli/version.h"
#include "codec/time_text.h"

#include <string.h>

enum { OPTION_COLUMN = 26, EXIT_COLUMN = 20, METHOD_COLUMN = 20, CLOUD_COLUMN = 14 };

/* ---- columns ---- */

/* Text that flows between column `left` and MANUAL_COLUMNS. */
struct flow {
    struct buf *to;
    size_t left;
    size_t at; /* the column where the next character comes */
};

static void flow_to(struct flow *w, size_t column)
{
    for (; w->at < column; w->at++) {
        buf_put_char(w->to, ' ');
    }
}

static void flow_newline(struct flow *w)
{
    buf_put_char(w->to, '\n');
    w->at = 0;
}

static void flow_word(struct flow *w, struct span word)
{
    bool first = w->at <= w->left;
    if (!first && w->at + 1 + word.size > MANUAL_COLUMNS) {
        flow_newline(w);
        first = true;
    }
    flow_to(w, first ? w->left : w->at + 1);
    buf_put(w->to, word);
    w->at += word.size;
}

static void flow_text(struct flow *w, const char *text)
{
    struct span rest = span_of(text), word;
    while (span_next(&rest, ' ', &word)) {
        flow_word(w, word);
    }
}

/* "  LABEL"; what follows flows from column `left` on, a line lower where the label is too long. */
static struct flow flow_begin(struct buf *to, const char *label, size_t left)
{
    struct flow w = {to, left, 2 + strlen(label)};
    buf_put_format(to, "  %s", label);
    if (w.at + 2 > left) {
        flow_newline(&w);
    }
    return w;
}

/* ---- the parts of --help ---- */

static void put_option_label(struct buf *to, const struct option_row *row)
{
    bool has_name = row->name[1] == '-';
    if (row->letter != 0 && has_name) {
        buf_put_format(to, "-%c, ", row->letter);
    } else if (has_name) {
        buf_put_text(to, "    ");
    }
    buf_put_format(to, row->value != NULL ? "%s %s" : "%s", row->name, row->value);
}

/* "(one of: a b c)", "(default 10s)", "[VARIABLE]" behind the help text. */
static void flow_remarks(struct flow *w, const struct option_row *row)
{
    struct buf remark = buf_init(200);
    for (size_t i = 0; row->choice != NULL && row->choice(i) != NULL; i++) {
        buf_put_format(&remark, i == 0 ? "(one of: %s" : ", %s", row->choice(i));
    }
    if (row->standard != NULL) {
        buf_put_format(&remark, remark.size > 0 ? "; default %s" : "(default %s", row->standard);
    }
    buf_put_text(&remark, remark.size > 0 ? ")" : "");
    flow_text(w, buf_text(&remark));
    buf_free(&remark);
    if (row->variable != NULL) {
        bool itself = row->kind == OPTION_SECRET;
        struct buf variable = buf_init(100);
        buf_put_format(&variable, itself ? "[%s, the value itself]" : "[%s]", option_variable(row));
        flow_text(w, buf_text(&variable));
        buf_free(&variable);
    }
}

static void put_option(struct buf *to, const struct option_row *row)
{
    struct buf label = buf_init(MANUAL_COLUMNS);
    put_option_label(&label, row);
    struct flow w = flow_begin(to, buf_text(&label), OPTION_COLUMN);
    buf_free(&label);
    flow_text(&w, row->help);
    flow_remarks(&w, row);
    flow_newline(&w);
}

static void put_options(struct buf *to)
{
    static const char *const titles[GROUP_COUNT] = {
        [GROUP_ACTION] = "Action",   [GROUP_SIGN_IN] = "Sign-in", [GROUP_CLOUD] = "Cloud",
        [GROUP_NETWORK] = "Network", [GROUP_OUTPUT] = "Output",
    };
    buf_put_text(
        to, "\nOptions [environment variable that serves in its place]; an option wins over it.\n");
    for (size_t group = 0; group < GROUP_COUNT; group++) {
        buf_put_format(to, "\n%s:\n", titles[group]);
        for (size_t i = 0; i < option_row_count; i++) {
            if ((size_t)option_rows[i].group == group) {
                put_option(to, &option_rows[i]);
            }
        }
    }
}

static void put_row(struct buf *to, const char *label, size_t left, const char *text)
{
    struct flow w = flow_begin(to, label, left);
    flow_text(&w, text);
    flow_newline(&w);
}

static void put_methods(struct buf *to)
{
    buf_put_text(to, "\nSign-in methods (--auth):\n");
    for (size_t i = 0; credential_types[i] != NULL; i++) {
        put_row(to, credential_types[i]->name, METHOD_COLUMN, credential_types[i]->summary);
    }
}

static void put_clouds(struct buf *to)
{
    buf_put_text(
        to, "\nClouds (--cloud), their API and sign-in hosts, and the scope that is asked for:\n");
    for (const struct cloud_row *row = cloud_rows; row->name != NULL; row++) {
        struct flow w = flow_begin(to, row->name, CLOUD_COLUMN);
        flow_text(&w, row->api);
        flow_text(&w, row->authority);
        flow_text(&w, row->scope);
        flow_newline(&w);
    }
    buf_put_text(to, "\nRegions (--region):\n");
    for (const struct region_row *row = region_rows; row->name != NULL; row++) {
        put_row(to, row->name, CLOUD_COLUMN, row->api);
    }
}

struct exit_line {
    int number;
    const char *name, *when;
};

static void put_exits(struct buf *to)
{
    static const struct exit_line lines[] = {
#define X(symbol, number, name, when) {number, name, when},
        EXIT_LIST(X)
#undef X
    };
    buf_put_text(to, "\nExit codes:\n");
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        struct buf label = buf_init(MANUAL_COLUMNS);
        buf_put_format(&label, "%-3d  %s", lines[i].number, lines[i].name);
        put_row(to, buf_text(&label), EXIT_COLUMN, lines[i].when);
        buf_free(&label);
    }
}

static const char usage[] = "usage: unisolate [OPTIONS] -c TEXT DEVICE-ID...\n"
                            "       unisolate token [OPTIONS]\n"
                            "       unisolate --help | --version\n";

static const char introduction[] =
    "\n"
    "Releases devices from isolation through the Microsoft Defender for Endpoint API.\n"
    "DEVICE-ID is Defender's id of the device: 40 hexadecimal digits, also as id:HEX.\n"
    "The word `release` may stand in front of it. Options may stand before or after\n"
    "it; -- ends them.\n"
    "`token` signs in and prints the token, to be used on another host.\n";

static const char examples[] =
    "\n"
    "Examples:\n"
    "  With a token that was got elsewhere:\n"
    "    unisolate -c \"clean\" --token-file token.txt \\\n"
    "      1e5bc9d7e413ddd7902c2932e418702b84d0cc07\n"
    "  With the secret of an app registration:\n"
    "    unisolate -c \"clean\" --tenant contoso.com --client-secret-file secret.txt \\\n"
    "      --client-id 00001111-aaaa-2222-bbbb-3333cccc4444 \\\n"
    "      1e5bc9d7e413ddd7902c2932e418702b84d0cc07\n"
    "  The same for a script, everything but the device from the environment:\n"
    "    unisolate --json -q 1e5bc9d7e413ddd7902c2932e418702b84d0cc07\n";

void manual_put_usage(struct buf *to)
{
    buf_put_text(to, usage);
}

void manual_put_help(struct buf *to)
{
    buf_put_text(to, usage);
    buf_put_text(to, introduction);
    put_options(to);
    put_methods(to);
    put_clouds(to);
    put_exits(to);
    buf_put_text(to, examples);
}

void manual_put_version(struct buf *to)
{
    char built[TIME_TEXT_SIZE] = "";
    time_put_rfc3339(version.built, built);
    struct span day =
        version.built > 0 ? span_cut(span_of(built), 0, sizeof "2026-11-23" - 1) : SPAN("unknown");
    buf_put_format(to, "unisolate %s (commit %s, %s, mbedTLS %s, built %.*s)\n", version.number,
                   version.commit, version.target, version.mbedtls, SPAN_ARG(day));
}
