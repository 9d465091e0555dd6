/*
 * lines.c - one text a line, or the first column of a CSV; see lines.h.
 */
#include "codec/lines.h"

#include "base/escape.h"

/* ---- byte order marks ---- */

static uint32_t unit_at(struct span s, size_t at, bool big)
{
    uint32_t first = (unsigned char)s.at[at];
    uint32_t second = (unsigned char)s.at[at + 1];
    return big ? first << 8 | second : second << 8 | first;
}

static bool from_utf16(struct buf *text, bool big, struct fault *f)
{
    struct span from = buf_span(text);
    struct buf to = buf_init(from.size / 2 * 3 + 1);
    char bytes[4];
    for (size_t i = 2; i + 1 < from.size; i += 2) {
        uint32_t unit = unit_at(from, i, big);
        uint32_t low = unit >= 0xD800 && unit <= 0xDBFF && i + 3 < from.size ? unit_at(from, i + 2, big) : 0;
        if (low >= 0xDC00 && low <= 0xDFFF) {
            unit = 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00);
            i += 2;
        }
        buf_put(&to, span_make(bytes, utf8_encode(unit, bytes)));
    }
    if (to.failed) {
        buf_free(&to);
        return fault_set(f, FAULT_MEMORY, "out of memory");
    }
    buf_free(text);
    *text = to;
    return true;
}

bool lines_open(struct lines *l, struct buf *text, struct fault *f)
{
    struct span all = buf_span(text);
    bool big = span_starts(all, SPAN("\xFE\xFF"));
    *l = (struct lines){.next = 1, .field = buf_init(LINES_RECORD_MAX)};
    if ((big || span_starts(all, SPAN("\xFF\xFE"))) && !from_utf16(text, big, f)) {
        return false;
    }
    l->rest = buf_span(text);
    return true;
}

/* ---- records ---- */

static bool ends_field(struct span s, size_t at)
{
    return at >= s.size || s.at[at] == '\n' || s.at[at] == ',' || s.at[at] == ';' || s.at[at] == '\t';
}

/* Step over a field in quotes, from behind its opening one; `to` (or NULL) gets what is in it. NULL, or what is wrong. */
static const char *step_quoted(struct span s, size_t *at, struct buf *to)
{
    while (*at < s.size && *at < LINES_RECORD_MAX) {
        char c = s.at[(*at)++];
        bool quote = c == '"';
        if (quote && (*at >= s.size || s.at[*at] != '"')) {
            while (*at < s.size && (s.at[*at] == ' ' || s.at[*at] == '\r')) {
                (*at)++;
            }
            return ends_field(s, *at) ? NULL : "something stands behind a closing quote";
        }
        *at += quote;
        if (to != NULL) {
            buf_put_char(to, c);
        }
    }
    return "a quote that does not end";
}

static const char *step_bare(struct span s, size_t *at, struct buf *to)
{
    size_t from = *at;
    while (!ends_field(s, *at)) {
        (*at)++;
    }
    struct span field = span_trim(span_cut(s, from, *at));
    if (to != NULL) {
        buf_put(to, field);
    }
    bool quote = to != NULL && span_find(field, '"') < field.size;
    return quote ? "a quote inside; where it belongs there, put quotes around and double it" : NULL;
}

/* The record at the start of s; *size: its bytes with the line end. NULL, or what is wrong. */
static const char *read_record(struct lines *l, struct span s, size_t *size)
{
    struct buf *to = &l->field;
    size_t at = 0;
    for (;;) {
        bool quoted = at < s.size && s.at[at] == '"';
        at += quoted;
        const char *wrong = quoted ? step_quoted(s, &at, to) : step_bare(s, &at, to);
        if (wrong != NULL) {
            return wrong;
        }
        to = NULL;
        if (l->field.failed) {
            return "too long";
        }
        if (at >= s.size || s.at[at] == '\n') {
            *size = at + 1;
            return NULL;
        }
        l->columns = true;
        at++;
    }
}

/* Nothing but blanks and separators: spreadsheets leave such rows at the end. */
static bool is_blank(struct span line)
{
    for (size_t i = 0; i < line.size; i++) {
        if (line.at[i] != ' ' && line.at[i] != '\r' && !ends_field(line, i)) {
            return false;
        }
    }
    return true;
}

static void step_over(struct lines *l, size_t size)
{
    struct span used = span_cut(l->rest, 0, size);
    for (size_t i = 0; i < used.size; i++) {
        l->next += used.at[i] == '\n';
    }
    l->rest = span_cut(l->rest, size, l->rest.size);
}

enum lines_result lines_next(struct lines *l, struct fault *f)
{
    while (l->rest.size > 0) {
        size_t size = span_find(l->rest, '\n') + 1;
        struct span line = span_cut(l->rest, 0, size - 1);
        size_t blanks = 0;
        while (span_starts(span_cut(line, blanks, line.size), SPAN("\xEF\xBB\xBF"))) {
            blanks += 3; /* of this file, or of one that was put behind another */
        }
        while (blanks < line.size && line.at[blanks] == ' ') {
            blanks++;
        }
        line = span_cut(line, blanks, line.size);
        l->number = l->next;
        if (is_blank(line) || line.at[0] == '#') {
            step_over(l, size);
            continue;
        }
        buf_clear(&l->field);
        l->columns = false;
        const char *wrong = read_record(l, span_cut(l->rest, blanks, l->rest.size), &size);
        step_over(l, wrong == NULL ? blanks + size : size);
        if (wrong != NULL) {
            fault_set(f, FAULT_USAGE, "%s", wrong);
            return LINES_BAD;
        }
        return LINES_FIELD;
    }
    return LINES_END;
}

void lines_free(struct lines *l)
{
    buf_free(&l->field);
    *l = (struct lines){0};
}
