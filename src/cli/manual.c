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

enum { OPTION_COLUMN = 26, EXIT_COLUMN = 20, METHOD_COLUMN = 20, COMMAND_COLUMN = 12, CLOUD_COLUMN = 14 };

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
    if (row->value == NULL) {
        buf_put_text(to, row->name);
    } else {
        buf_put_format(to, row->implied != NULL ? "%s[=%s]" : "%s %s", row->name, row->value);
    }
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
    if (row->implied != NULL) {
        buf_put_format(&remark, "(without =%s: %s", row->value, row->implied);
    }
    buf_put_text(&remark, remark.size > 0 ? ")" : "");
    flow_text(w, buf_text(&remark));
    buf_free(&remark);
    if (row->variable != NULL) {
        bool itself = option_variable(row) != row->variable;
        struct buf variable = buf_init(100);
        buf_put_format(&variable, "[%s", option_variable(row));
        for (size_t i = 1; option_nth_variable(row, i) != NULL; i++) {
            buf_put_format(&variable, ", %s", option_nth_variable(row, i));
        }
        buf_put_text(&variable, itself ? ", the value itself]" : "]");
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

static const char introduction[] =
    "\n"
    "Releases devices from isolation through the Microsoft Defender for Endpoint API.\n"
    "Options may stand before or after operands; -- ends them.\n";

static const char devices[] =
    "\n"
    "A DEVICE is named by\n"
    "  40 hex digits, id:HEX    its Defender device id; needs no permission to read\n"
    "  a GUID, entra:GUID       its Entra device id\n"
    "  an address, ip:ADDRESS   the internal IPv4 or IPv6 address it reported last\n"
    "  any other, name:NAME     its whole DNS name; with no dot also NAME.any.domain\n"
    "  self                     the device that this program runs on\n"
    "  tag:TAG                  every device with that tag; only with --all\n"
    "Never by part of a name. Several that fit: nothing is sent, unless exactly one\n"
    "of them is onboarded and active.\n";

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
    const char *lead = "usage:";
    for (const struct command_row *row = command_rows; row->help != NULL; row++) {
        const char *comment = row->wants_comment ? "-c TEXT " : "";
        if (row->command != COMMAND_HELP) {
            buf_put_format(to, row->command == COMMAND_RELEASE ? "%s unisolate [%s] [OPTIONS]" : "%s unisolate %s [OPTIONS]", lead,
                           row->word);
            buf_put_format(to, row->operands[0] != '\0' ? " %s%s\n" : "\n", comment, row->operands);
        }
        lead = "      ";
    }
    buf_put_text(to, "       unisolate --help | --version\n");
}

static void put_commands(struct buf *to)
{
    buf_put_text(to, "\nCommands:\n");
    for (const struct command_row *row = command_rows; row->help != NULL; row++) {
        put_row(to, row->word, COMMAND_COLUMN, row->help);
    }
}

void manual_put_help(struct buf *to)
{
    manual_put_usage(to);
    buf_put_text(to, introduction);
    put_commands(to);
    buf_put_text(to, devices);
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
    buf_put_format(to, "unisolate %s (%s, %s, mbedTLS %s, built %.*s)\n", version.number,
                   version.commit, version.target, version.mbedtls, SPAN_ARG(day));
}
