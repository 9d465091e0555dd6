/*
 * manual.c - the program's own manual; see manual.h.
 */
#include "cli/manual.h"

#include "cli/cloud.h"
#include "cli/completion.h"
#include "cli/object.h"
#include "cli/page.h"
#include "cli/version.h"
#include "codec/time_text.h"

#include <string.h>

enum { OPTION_COLUMN = 26, DEVICE_COLUMN = 27, EXIT_COLUMN = 20, METHOD_COLUMN = 20, COMMAND_COLUMN = 13, CLOUD_COLUMN = 14 };

/* What a page may consist of: a bit an option group, and these. */
enum {
    PART_OPTIONS = (1 << GROUP_COUNT) - 1,
    PART_COMMANDS = 1 << GROUP_COUNT,
    PART_DEVICES = PART_COMMANDS << 1,
    PART_METHODS = PART_COMMANDS << 2,
    PART_CLOUDS = PART_COMMANDS << 3,
    PART_EXITS = PART_COMMANDS << 4,
    PART_EXAMPLES = PART_COMMANDS << 5,
    PART_ADVICE = PART_COMMANDS << 6,
    PART_HELP = PART_ADVICE - 1, /* all but the advice */
    PART_PAGE = PART_HELP | PART_ADVICE,
};

const struct manual_topic manual_topics[] = {
    {"devices", PART_DEVICES | 1 << GROUP_ACTION},
    {"sign-in", PART_METHODS | 1 << GROUP_SIGN_IN | 1 << GROUP_CLOUD},
    {"network", PART_CLOUDS | 1 << GROUP_NETWORK | 1 << GROUP_CLOUD},
    {"exit-codes", PART_EXITS | PART_ADVICE},
    {NULL, 0},
};

/* ---- options ---- */

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
static void put_remarks(struct buf *to, const struct option_row *row)
{
    const char *end = "";
    for (size_t i = 0; row->choice != NULL && row->choice(i) != NULL; i++) {
        buf_put_format(to, i == 0 ? " (one of: %s" : ", %s", row->choice(i));
        end = ")";
    }
    if (row->standard != NULL) {
        buf_put_format(to, *end != '\0' ? "; default %s" : " (default %s", row->standard);
        end = ")";
    }
    if (row->implied != NULL) {
        buf_put_format(to, " (without =%s: %s", row->value, row->implied);
        end = ")";
    }
    buf_put_text(to, end);
    if (row->variable != NULL) {
        bool itself = option_variable(row) != row->variable;
        buf_put_format(to, " [%s", option_variable(row));
        for (size_t i = 1; option_nth_variable(row, i) != NULL; i++) {
            buf_put_format(to, ", %s", option_nth_variable(row, i));
        }
        buf_put_text(to, itself ? ", the value itself]" : "]");
    }
}

static void put_option(struct page *p, const struct option_row *row)
{
    struct buf text = buf_init(MANUAL_MAX);
    put_option_label(&text, row);
    page_item(p, p->roff ? buf_text(&text) + strspn(buf_text(&text), " ") : buf_text(&text), OPTION_COLUMN);
    page_words(p, row->help);
    buf_clear(&text);
    put_remarks(&text, row);
    page_words(p, buf_text(&text));
    page_end(p);
    buf_free(&text);
}

static void put_options(struct page *p, unsigned parts)
{
    static const char *const titles[GROUP_COUNT] = {
        [GROUP_ACTION] = "Action",   [GROUP_SIGN_IN] = "Sign-in", [GROUP_CLOUD] = "Cloud",
        [GROUP_NETWORK] = "Network", [GROUP_OUTPUT] = "Output",
    };
    page_title(p, "SH", "OPTIONS");
    page_paragraph(p, "[VARIABLE]: the environment variable that serves in its place; an option wins over it.");
    for (size_t group = 0; group < GROUP_COUNT; group++) {
        if ((parts >> group & 1) != 0) {
            page_title(p, "SS", titles[group]);
        }
        for (size_t i = 0; (parts >> group & 1) != 0 && i < option_row_count; i++) {
            if ((size_t)option_rows[i].group == group) {
                put_option(p, &option_rows[i]);
            }
        }
    }
}

/* ---- tables ---- */

static void put_devices(struct page *p, unsigned parts)
{
    static const char *const rows[][2] = {
        {"40 hex digits, id:HEX", "its Defender device id; needs no permission to read"},
        {"a GUID, entra:GUID", "its Entra device id"},
        {"an address, ip:ADDRESS", "the internal IPv4 or IPv6 address it reported last"},
        {"any other, name:NAME", "its whole DNS name; with no dot also NAME.any.domain"},
        {"self", "the device that this program runs on"},
        {"self:FOLDER", "that of the Windows on a disk: self:D:, self:/mnt"},
        {"tag:TAG", "every device with that tag; only with --all"},
    };
    (void)parts;
    page_title(p, "SH", "A DEVICE IS NAMED BY");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        page_row(p, rows[i][0], DEVICE_COLUMN, rows[i][1]);
    }
    page_paragraph(p, "Never by part of a name. Several that fit: nothing is sent, unless exactly one of them is onboarded and active.");
}

static void put_commands(struct page *p, unsigned parts)
{
    (void)parts;
    page_title(p, "SH", "COMMANDS");
    for (const struct command_row *row = command_rows; row->help != NULL; row++) {
        page_row(p, row->word, COMMAND_COLUMN, row->help);
    }
}

static void put_methods(struct page *p, unsigned parts)
{
    (void)parts;
    page_title(p, "SH", "SIGN-IN METHODS (--auth)");
    for (size_t i = 0; credential_types[i] != NULL; i++) {
        page_row(p, credential_types[i]->name, METHOD_COLUMN, credential_types[i]->summary);
    }
}

static void put_clouds(struct page *p, unsigned parts)
{
    (void)parts;
    page_title(p, "SH", "CLOUDS (--cloud)");
    page_paragraph(p, "Their API host and sign-in host, and the scope that a token is asked for:");
    for (const struct cloud_row *row = cloud_rows; row->name != NULL; row++) {
        page_item(p, row->name, CLOUD_COLUMN);
        page_words(p, row->api);
        page_words(p, row->authority);
        page_words(p, row->scope);
        page_end(p);
    }
    page_title(p, "SH", "REGIONS (--region)");
    for (const struct region_row *row = region_rows; row->name != NULL; row++) {
        page_row(p, row->name, CLOUD_COLUMN, row->api);
    }
}

/* What to do about each fault that ends with this exit code, once. */
static void put_advice(struct page *p, int number)
{
    const char *last = NULL;
    for (int code = 0; code < FAULT_CODE_COUNT; code++) {
        struct fault f = {.code = (enum fault_code)code};
        const char *advice = fault_advice(&f);
        if ((int)fault_status(f.code) == number && advice != NULL && (last == NULL || strcmp(advice, last) != 0)) {
            page_break(p);
            page_words(p, "-");
            page_words(p, advice);
            last = advice;
        }
    }
}

static void put_exits(struct page *p, unsigned parts)
{
    static const struct {
        int number;
        const char *name, *when;
    } lines[] = {
#define X(symbol, number, name, when) {number, name, when},
        EXIT_LIST(X)
#undef X
    };
    page_title(p, "SH", "EXIT CODES");
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        struct buf label = buf_init(PAGE_COLUMNS);
        buf_put_format(&label, "%-3d  %s", lines[i].number, lines[i].name);
        page_item(p, buf_text(&label), EXIT_COLUMN);
        buf_free(&label);
        page_words(p, lines[i].when);
        if ((parts & PART_ADVICE) != 0) {
            put_advice(p, lines[i].number);
        }
        page_end(p);
    }
}

static void put_examples(struct page *p, unsigned parts)
{
    (void)parts;
    page_title(p, "SH", "EXAMPLES");
    page_lines(p, "  With a token that was got elsewhere:\n"
                  "    unisolate -c \"clean\" --token-file token.txt \\\n"
                  "      1e5bc9d7e413ddd7902c2932e418702b84d0cc07\n"
                  "  With the secret of an app registration:\n"
                  "    unisolate -c \"clean\" --client-secret-file secret.txt \\\n"
                  "      --tenant contoso.com --client-id 00001111-aaaa-2222-bbbb-3333cccc4444 \\\n"
                  "      1e5bc9d7e413ddd7902c2932e418702b84d0cc07\n"
                  "  The same for a script, everything but the device from the environment:\n"
                  "    unisolate --json -q 1e5bc9d7e413ddd7902c2932e418702b84d0cc07\n");
}

static void put_parts(struct page *p, unsigned parts)
{
    static const struct {
        unsigned part;
        void (*put)(struct page *p, unsigned parts);
    } rows[] = {
        {PART_COMMANDS, put_commands}, {PART_DEVICES, put_devices}, {PART_OPTIONS, put_options}, {PART_METHODS, put_methods},
        {PART_CLOUDS, put_clouds},     {PART_EXITS, put_exits},     {PART_EXAMPLES, put_examples},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if ((parts & rows[i].part) != 0) {
            rows[i].put(p, parts);
        }
    }
}

/* ---- whole pages ---- */

static void put_usage_of(struct buf *to, const struct command_row *row)
{
    if (row->command != COMMAND_HELP) {
        buf_put_format(to, row->command == COMMAND_RELEASE ? "unisolate [%s] [OPTIONS]" : "unisolate %s [OPTIONS]", row->word);
        buf_put_format(to, row->operands[0] != '\0' ? " %s%s\n" : "\n", row->wants_comment ? "-c TEXT " : "", row->operands);
    }
}

/* Every line but the first one is indented by `blanks`. */
static void put_usage(struct buf *to, const char *blanks)
{
    for (const struct command_row *row = command_rows; row->help != NULL; row++) {
        buf_put_text(to, row == command_rows || row->command == COMMAND_HELP ? "" : blanks);
        put_usage_of(to, row);
    }
    buf_put_format(to, "%sunisolate help [TOPIC] | --help | --version | --man | --completion SHELL\n", blanks);
}

void manual_put_usage(struct buf *to)
{
    buf_put_text(to, "usage: ");
    put_usage(to, "       ");
}

static const char summary[] = "unisolate - release devices from isolation through the Microsoft Defender for Endpoint API";
static const char order[] = "Options may stand before or after operands; -- ends them.";

static void put_help(struct buf *to)
{
    struct page p = {.to = to};
    manual_put_usage(to);
    buf_put_char(to, '\n');
    page_paragraph(&p, summary);
    page_paragraph(&p, order);
    put_parts(&p, PART_HELP);
}

static void put_built(struct buf *to)
{
    char built[TIME_TEXT_SIZE] = "";
    time_put_rfc3339(version.built, built);
    built[sizeof "2026-11-23" - 1] = '\0';
    buf_put_text(to, version.built > 0 ? built : "unknown");
}

static void put_man(struct buf *to)
{
    struct page p = {.to = to, .roff = true};
    struct buf usage = buf_init(MANUAL_MAX);
    buf_put_text(to, ".TH UNISOLATE 1 ");
    put_built(to);
    buf_put_format(to, " \"unisolate %s\"\n", version.number);
    page_title(&p, "SH", "NAME");
    page_words(&p, summary);
    page_end(&p);
    page_title(&p, "SH", "SYNOPSIS");
    put_usage(&usage, "");
    page_lines(&p, buf_text(&usage));
    buf_free(&usage);
    page_title(&p, "SH", "DESCRIPTION");
    page_words(&p, order);
    page_end(&p);
    put_parts(&p, PART_PAGE);
}

/* Without operands there is nothing to act on, so the options of an action are left out; without a network there is more to leave out. */
static void put_command(struct buf *to, const struct command_row *row)
{
    struct page p = {.to = to};
    unsigned parts = row->operands[0] != '\0' ? PART_OPTIONS : PART_OPTIONS & ~(1U << GROUP_ACTION);
    put_usage_of(to, row);
    page_paragraph(&p, row->help);
    parts = row->command == COMMAND_HELP ? 0 : row->command == COMMAND_SELF_TEST ? 1U << GROUP_OUTPUT : parts;
    put_parts(&p, span_contains(span_of(row->operands), SPAN("DEVICE")) ? parts | PART_DEVICES : parts);
}

static bool put_topic(struct buf *to, const char *name, struct fault *f)
{
    struct page p = {.to = to};
    for (const struct command_row *row = command_rows; row->help != NULL; row++) {
        if (strcmp(row->word, name) == 0) {
            put_command(to, row);
            return true;
        }
    }
    for (const struct manual_topic *topic = manual_topics; topic->name != NULL; topic++) {
        if (strcmp(topic->name, name) == 0) {
            put_parts(&p, topic->parts);
            return true;
        }
    }
    fault_set(f, FAULT_USAGE, "help: '%s': no such topic", name);
    return fault_advise(f, "unisolate --help names the topics");
}

void manual_put_version(struct buf *to)
{
    buf_put_format(to, "unisolate %s (%s, %s, mbedTLS %s, built ", version.number, version.commit, version.target, version.mbedtls);
    put_built(to);
    buf_put_text(to, ")\n");
}

static void put_version_object(struct buf *to)
{
    buf_put_char(to, '{');
    object_text(to, "version", version.number);
    object_text(to, "commit", version.commit);
    object_text(to, "target", version.target);
    object_text(to, "mbedtls", version.mbedtls);
    object_time(to, "built", version.built);
    buf_put_text(to, "}\n");
}

bool manual_put(struct buf *to, const struct options *o, struct fault *f)
{
    const char *topic = o->word;
    if (topic != NULL && strcmp(topic, "help") == 0) {
        topic = o->operand_count > 0 ? o->operands[0] : NULL;
    }
    switch (o->command) {
    case COMMAND_VERSION:
        o->json ? put_version_object(to) : manual_put_version(to);
        return true;
    case COMMAND_MAN:
        put_man(to);
        return true;
    case COMMAND_COMPLETION:
        completion_put(to, o->shell);
        return true;
    default:
        if (topic != NULL) {
            return put_topic(to, topic, f);
        }
        put_help(to);
        return true;
    }
}
