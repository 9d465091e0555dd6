/*
 * input.c - the devices that the user names; see input.h.
 */
#include "cli/input.h"

#include "base/index.h"
#include "base/trace.h"
#include "codec/lines.h"
#include "mde/device.h"
#include "os/os.h"

#include <assert.h>
#include <string.h>

/* ---- what has been read ---- */

const char *input_text(const struct input *in, size_t i)
{
    uint32_t start;
    memcpy(&start, in->starts.at + i * sizeof start, sizeof start);
    return in->texts.at + start;
}

void input_selector(const struct input *in, size_t i, struct selector *s)
{
    struct fault none = {0};
    bool read = selector_read(s, input_text(in, i), &none);
    assert(read); /* as it was before */
    if (read && s->kind == SELECT_SELF) {
        s->kind = SELECT_ID;
        memcpy(s->value, in->self_id, sizeof in->self_id);
    }
}

static bool keep(struct input *in, const char *text, struct fault *f)
{
    uint32_t start = (uint32_t)in->texts.size;
    buf_put(&in->texts, span_make(text, strlen(text) + 1));
    buf_put(&in->starts, span_make((const char *)&start, sizeof start));
    in->count++;
    return (!in->texts.failed && !in->starts.failed) || fault_set(f, FAULT_MEMORY, "out of memory");
}

void input_free(struct input *in)
{
    buf_free(&in->texts);
    buf_free(&in->starts);
    *in = (struct input){0};
}

/* ---- reading ---- */

struct reader {
    struct input *in;
    const struct options *o;
    const struct report *report;
    struct index seen;      /* of what has been read, by what it names */
    const char *file;       /* NULL: operands */
    struct lines lines;
    size_t bad;             /* how many are wrong */
    struct fault first;     /* of them */
};

/* Already there? Otherwise it is noted as the one that comes next. */
static bool is_new(struct reader *r, const struct selector *s, bool *is, struct fault *f)
{
    uint32_t hash = index_hash(selector_key(s));
    uint32_t walk = 0;
    size_t i;
    *is = true;
    while (*is && index_next(&r->seen, hash, &walk, &i)) {
        struct selector other;
        input_selector(r->in, i, &other);
        *is = other.kind != s->kind || !span_equal_nocase(selector_key(&other), selector_key(s));
    }
    return !*is || index_add(&r->seen, hash, r->in->count) || fault_set(f, FAULT_MEMORY, "out of memory");
}

static bool resolve_self(struct input *in, struct selector *s, struct fault *f)
{
    if (s->kind == SELECT_SELF && in->self_id[0] == '\0') {
        memcpy(in->self_root, s->value, sizeof in->self_root);
        if (!device_resolve_self(s, f)) {
            return false;
        }
        memcpy(in->self_id, s->value, sizeof in->self_id);
    } else if (s->kind == SELECT_SELF) {
        if (strcmp(s->value, in->self_root) != 0) {
            return fault_set(f, FAULT_USAGE, "device \"self:%s\": only one self in a run", s->value);
        }
        s->kind = SELECT_ID;
        memcpy(s->value, in->self_id, sizeof in->self_id);
    }
    return true;
}

static bool check(struct reader *r, const char *text, struct selector *s, struct fault *f)
{
    if (r->o->command == COMMAND_CANCEL && !selector_is_guid(span_of(text))) {
        return fault_set(f, FAULT_USAGE, "action \"%s\": a GUID is wanted", text);
    }
    if (!selector_read(s, text, f) || !resolve_self(r->in, s, f)) {
        return false;
    }
    if (s->kind == SELECT_TAG && !r->o->all && r->o->command == COMMAND_RELEASE) {
        fault_set(f, FAULT_USAGE, "%s: a tag may name many devices", text);
        return fault_advise(f, "look at them with find; then allow it with --all");
    }
    return true;
}

static bool take(struct reader *r, const char *text, struct fault *f)
{
    struct selector s;
    bool is;
    if (!check(r, text, &s, f) || !is_new(r, &s, &is, f)) {
        return false;
    }
    if (!is) {
        trace(TRACE_STEPS, "%s: named twice, used once", text);
        return true;
    }
    r->in->tags += s.kind == SELECT_TAG;
    return keep(r->in, text, f);
}

/* A text that is wrong: told where it stands, and reading goes on. False: it may not. */
static bool complain(struct reader *r, struct fault *why, struct fault *f)
{
    if (why->code == FAULT_MEMORY) {
        *f = *why;
        return false;
    }
    if (r->file != NULL) {
        fault_place(why, "%s:%zu", r->file, r->lines.number);
    }
    if (r->bad == 0) {
        r->first = *why;
    } else if (r->bad == 1) {
        report_failure(r->report, &r->first); /* it is not the only one: f becomes their number */
    }
    if (r->bad > 0 && r->bad < INPUT_BAD_SHOWN) {
        report_failure(r->report, why);
    }
    r->bad++;
    return true;
}

/* Names of the first column in Defender's exports and API, without blanks; the short ones only where more columns follow. */
static const char *const headers[] = {
    "deviceid", "devicename", "machineid", "machinename", "computerdnsname", "computername", "aaddeviceid", "id", "name",
};

static bool is_header(const struct lines *l)
{
    struct span field = span_trim(buf_span(&l->field));
    struct buf word = buf_init(LINES_RECORD_MAX);
    bool is = false;
    for (size_t i = 0; i < field.size; i++) {
        if (field.at[i] != ' ' && field.at[i] != '_') {
            buf_put_char(&word, field.at[i]);
        }
    }
    for (size_t i = 0; i < sizeof headers / sizeof headers[0]; i++) {
        struct span header = span_of(headers[i]);
        is = is || (span_equal_nocase(buf_span(&word), header) && (l->columns || header.size > 4));
    }
    buf_free(&word);
    return is;
}

static bool take_field(struct reader *r, struct fault *f)
{
    struct span field = span_trim(buf_span(&r->lines.field));
    if (span_find(field, '\0') < field.size) {
        fault_set(f, FAULT_USAGE, "holds a NUL byte");
        return fault_advise(f, "save it as UTF-8");
    }
    if (span_starts(field, SPAN("-"))) {
        fault_set(f, FAULT_USAGE, "device \"%.*s\": looks like an option", SPAN_ARG(field));
        return fault_advise(f, "options stand in the command line only; a device of that name is written name:%.*s", SPAN_ARG(field));
    }
    return take(r, buf_text(&r->lines.field), f);
}

static bool read_lines(struct reader *r, struct fault *f)
{
    bool first = true, any = false;
    for (;; first = false) {
        struct fault why = {0};
        enum lines_result result = lines_next(&r->lines, &why);
        if (result == LINES_END) {
            return any || fault_set(f, FAULT_USAGE, "%s: nothing is named in it", r->file);
        }
        if (result == LINES_FIELD && first && is_header(&r->lines)) {
            trace(TRACE_STEPS, "%s:%zu: taken for a header, and skipped", r->file, r->lines.number);
            continue;
        }
        any = true;
        if ((result == LINES_BAD || !take_field(r, &why)) && !complain(r, &why, f)) {
            return false;
        }
    }
}

static bool read_list(struct reader *r, const char *file, struct fault *f)
{
    struct buf text = buf_init(INPUT_FILE_MAX);
    bool standard = strcmp(file, "-") == 0;
    r->file = standard ? "standard input" : file;
    bool ok = (standard ? os_read_input(&text, f) : os_read_file(file, &text, f)) && lines_open(&r->lines, &text, f) && read_lines(r, f);
    lines_free(&r->lines);
    buf_free(&text);
    r->file = NULL;
    return ok;
}

static bool read_all(struct reader *r, struct fault *f)
{
    for (size_t i = 0; i < r->o->operand_count; i++) {
        const char *text = r->o->operands[i];
        struct fault why = {0};
        if (strcmp(text, "-") == 0) {
            if (!read_list(r, text, f)) {
                return false;
            }
        } else if (!take(r, text, &why) && !complain(r, &why, f)) {
            return false;
        }
    }
    return r->o->from == NULL || read_list(r, r->o->from, f);
}

bool input_check_max(const struct options *o, size_t devices, struct fault *f)
{
    if (o->command != COMMAND_RELEASE || o->max == 0 || devices <= o->max) {
        return true;
    }
    fault_set(f, FAULT_USAGE, "%zu devices are named, and --max is %u; nothing was sent", devices, o->max);
    return fault_advise(f, "look at the list; then allow it with --max %zu, or --max 0 for any number", devices);
}

bool input_read(struct input *in, const struct options *o, const struct report *report, struct fault *f)
{
    struct reader r = {.in = in, .o = o, .report = report};
    in->texts = buf_init(UINT32_MAX);
    in->starts = buf_init(UINT32_MAX);
    bool ok = read_all(&r, f);
    index_free(&r.seen);
    if (ok && r.bad > 1) {
        return fault_set(f, FAULT_USAGE, "%zu of the names are wrong; nothing was sent", r.bad);
    }
    if (ok && r.bad == 1) {
        *f = r.first;
    }
    return ok && r.bad == 0 && input_check_max(o, in->count - in->tags, f);
}
