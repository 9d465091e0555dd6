/*
 * config.c - the configuration file; see config.h.
 */
#include "cli/config.h"

#include "base/escape.h"
#include "base/format.h"
#include "cli/line.h"
#include "os/os.h"

#include <string.h>

enum { PATH_SIZE_MAX = 8 * 1024, KEY_SHOWN_MAX = 40 };

struct reader {
    struct options *o;
    unsigned line;
    unsigned first[OPTION_ROWS_MAX]; /* where the row stands first; 0: nowhere yet */
};

/* ---- keys ---- */

static const char *key_of(const char *name)
{
    return name + (name[1] == '-' ? 2 : 1);
}

static struct span without_dashes(struct span key)
{
    while (span_starts(key, SPAN("-"))) {
        key = span_cut(key, 1, key.size);
    }
    return key;
}

static const struct option_row *find_row(struct span key)
{
    for (size_t i = 0; i < option_row_count; i++) {
        if (span_equal(key, span_of(key_of(option_rows[i].name)))) {
            return &option_rows[i];
        }
    }
    return NULL;
}

/* What is not like an option may be a secret on the wrong side of a `=` and is not shown. */
static bool unknown_key(struct span key, struct fault *f)
{
    char name[KEY_SHOWN_MAX + 3];
    struct span bare = without_dashes(key);
    const struct option_row *row = find_row(bare);
    format_text(name, sizeof name, "--%.*s", SPAN_ARG(bare));
    const char *meant = row != NULL ? row->name : line_nearest(span_of(name));
    if (bare.size > KEY_SHOWN_MAX || meant == NULL) {
        fault_set(f, FAULT_USAGE, "a key that is no option");
        return fault_advise(f, "unisolate --help lists the options; a key is written without the dashes");
    }
    fault_set(f, FAULT_USAGE, "%.*s: no such key", SPAN_ARG(key));
    return fault_advise(f, "did you mean %s?", key_of(meant));
}

/* ---- values ---- */

/* A pair of quotes around it goes; anything else that begins with a quote is not what somebody meant. */
static bool unquote(struct span *value, struct fault *f)
{
    struct span inner = span_cut(*value, 1, value->size > 0 ? value->size - 1 : 0);
    if (!span_starts(*value, SPAN("\""))) {
        return true;
    }
    if (value->size < 2 || !span_ends(*value, SPAN("\"")) || span_find(inner, '"') < inner.size) {
        fault_set(f, FAULT_USAGE, "quotes that are not around the whole value");
        return fault_advise(f, "a value needs no quotes");
    }
    *value = inner;
    return true;
}

static bool names_file(const struct option_row *row, struct span value)
{
    return row->value != NULL && strcmp(row->value, "FILE") == 0 && !span_equal(value, SPAN("-")) &&
           !(row->kind == OPTION_SECRET && span_starts(value, SPAN("env:")));
}

/* The value as the options keep it: a path from here, all else as it stands. NULL: out of memory. */
static const char *own_value(struct reader *r, const struct option_row *row, struct span value)
{
    struct span folder = {0};
    if (names_file(row, value) && !os_is_absolute(value)) {
        folder = os_folder_of(r->o->config);
    }
    if (row->implied != NULL && span_equal(value, SPAN("true"))) {
        value = span_of(row->implied);
    }
    return options_own(r->o, folder, value);
}

static bool check_source(const struct option_row *row, const char *value, struct fault *f)
{
    if (row->kind != OPTION_SECRET || !names_file(row, span_of(value)) || os_look_at_file(value) != OS_FILE_MISSING) {
        return true;
    }
    fault_set(f, FAULT_USAGE, "there is no such file, as seen from the folder of the configuration");
    return fault_advise(f, "name a file, or env:NAME; a secret itself may not stand here, so this value is not shown");
}

/* A flag that is false is given, and nothing else. */
static bool keep_flag(struct options *o, const struct option_row *row, const char *giver, struct span value, struct fault *f)
{
    if (span_equal_nocase(value, SPAN("true"))) {
        return option_keep(o, row, giver, NULL, f);
    }
    if (!span_equal_nocase(value, SPAN("false"))) {
        fault_set(f, FAULT_USAGE, "'%.*s' is neither true nor false", SPAN_ARG(value));
        return false;
    }
    o->given[row - option_rows] = (struct option_given){giver, "false"};
    return true;
}

static bool keep_value(struct reader *r, const struct option_row *row, struct span value, struct fault *f)
{
    char place[16];
    struct options unused = {0}; /* what is overruled is checked all the same */
    bool overruled = options_overrule(r->o, row);
    struct options *o = overruled ? &unused : r->o;
    format_text(place, sizeof place, ":%u", r->line);
    const char *giver = options_own(r->o, span_of(r->o->config), span_of(place));
    const char *text = own_value(r, row, value);
    if (giver == NULL || text == NULL) {
        return fault_set(f, FAULT_MEMORY, "out of memory");
    }
    if (row->value == NULL) {
        return keep_flag(o, row, giver, value, f);
    }
    if (value.size == 0) {
        return fault_set(f, FAULT_USAGE, "needs a value: %s", row->value);
    }
    return (overruled || check_source(row, text, f)) && option_keep(o, row, giver, text, f);
}

/* ---- lines ---- */

static bool is_text(struct span line, struct fault *f)
{
    for (size_t i = 0; i < line.size; i++) {
        unsigned char c = (unsigned char)line.at[i];
        if ((c < ' ' && c != '\t' && c != '\r') || c == 0x7F) {
            return fault_set(f, FAULT_USAGE, "not a line of text: it holds byte 0x%02x", c);
        }
    }
    if (!utf8_is_valid(line)) {
        fault_set(f, FAULT_USAGE, "not UTF-8");
        return fault_advise(f, "save the file as UTF-8");
    }
    return true;
}

static bool read_pair(struct reader *r, struct span key, struct span value, struct fault *f)
{
    const struct option_row *row = find_row(key);
    if (row == NULL) {
        return unknown_key(key, f);
    }
    unsigned *first = &r->first[row - option_rows];
    if (row->line_only) {
        fault_set(f, FAULT_USAGE, "may stand on the command line only");
    } else if (*first != 0 && row->kind != OPTION_RESOLVE) {
        fault_set(f, FAULT_USAGE, "given twice; the first is in line %u", *first);
    } else if (unquote(&value, f)) {
        *first = r->line;
        (void)keep_value(r, row, value, f);
    }
    return !fault_is_set(f) || fault_place(f, "%s", key_of(row->name));
}

static bool read_line(struct reader *r, struct span line, struct fault *f)
{
    if (!is_text(line, f)) {
        return false;
    }
    struct span trimmed = span_trim(line);
    size_t at = span_find(trimmed, '=');
    if (trimmed.size == 0 || span_starts(trimmed, SPAN("#"))) {
        return true;
    }
    if (span_find(trimmed, '\r') < trimmed.size) {
        return fault_set(f, FAULT_USAGE, "a line ends with LF or CR LF, not with CR alone");
    }
    if (at == trimmed.size) {
        fault_set(f, FAULT_USAGE, "a line without '='");
        return fault_advise(f, "write: option = value; the line is not shown, as a secret may stand there");
    }
    return read_pair(r, span_trim(span_cut(trimmed, 0, at)), span_trim(span_cut(trimmed, at + 1, trimmed.size)), f);
}

static bool read_lines(struct options *o, struct span rest, struct fault *f)
{
    struct reader r = {.o = o};
    struct span line;
    rest = span_cut(rest, span_starts(rest, SPAN("\xEF\xBB\xBF")) ? 3 : 0, rest.size);
    while (span_next(&rest, '\n', &line)) {
        struct fault one = {0};
        r.line++;
        if (!read_line(&r, line, &one) && !fault_is_set(f)) {
            fault_place(&one, "%s:%u", o->config, r.line);
            *f = one;
        }
    }
    return !fault_is_set(f);
}

/* ---- the file ---- */

/* o->config stays NULL where there is none beside the program. */
static bool find_beside_program(struct options *o, struct fault *f)
{
    struct buf path = buf_init(PATH_SIZE_MAX);
    bool ok = true;
    if (os_program_folder(&path)) {
        buf_put_text(&path, CONFIG_FILE_NAME);
        if (os_look_at_file(buf_text(&path)) != OS_FILE_MISSING) {
            o->config = options_own(o, buf_span(&path), SPAN(""));
            ok = o->config != NULL || fault_set(f, FAULT_MEMORY, "out of memory");
        }
    }
    buf_free(&path);
    return ok;
}

bool config_read(struct options *o, struct fault *f)
{
    const char *giver = options_giver(o, "--config");
    if (o->config == NULL && !find_beside_program(o, f)) {
        return false;
    }
    if (o->config == NULL) {
        return true;
    }
    struct buf text = buf_init(CONFIG_FILE_MAX);
    bool ok = os_read_file(o->config, &text, f) || fault_place(f, "%s", giver != NULL ? giver : "configuration");
    ok = ok && read_lines(o, buf_span(&text), f);
    buf_free(&text);
    return ok;
}
