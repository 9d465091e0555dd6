/*
 * lookup.c - many selectors to their device records; see lookup.h.
 */
#include "mde/lookup.h"

#include "base/trace.h"

#include <string.h>

/* ---- filters ---- */

struct batch {
    struct lookup *l;
    enum selector_kind kind;
    unsigned number;
    size_t names;
    size_t last;             /* the row that was added last */
    struct buf list;         /* 'a','b' */
    struct buf prefixes;     /*  or startswith(computerDnsName,'a.') */
    struct buf path;
};

static const char *const members[] = {[SELECT_ID] = "id", [SELECT_ENTRA] = "aadDeviceId", [SELECT_NAME] = "computerDnsName"};

static bool is_batched(const struct lookup *l, enum selector_kind kind)
{
    return kind == SELECT_NAME || kind == SELECT_ENTRA || (kind == SELECT_ID && l->ids);
}

/* 'text' or 'text.', percent-encoded but for the quotes around it; each spares two bytes of the target. */
static void put_literal(struct buf *to, struct span text, bool dot, bool quotes)
{
    struct buf quoted = buf_init(2 * SELECTOR_MAX + 2);
    api_put_quoted(&quoted, text);
    buf_put_text(to, quotes ? "'" : "");
    url_put_encoded(to, span_cut(buf_span(&quoted), 1, quoted.size - 1));
    buf_put_text(to, dot ? "." : "");
    buf_put_text(to, quotes ? "'" : "");
    buf_free(&quoted);
}

static void put_variant(const struct batch *b, struct span text, struct buf *list, struct buf *prefixes)
{
    bool is_name = b->kind == SELECT_NAME;
    buf_put_text(list, b->names > 0 || list->size > 0 ? "," : "");
    put_literal(list, text, false, b->kind != SELECT_ENTRA || b->l->limits[b->kind].form == 1);
    if (is_name && span_find(text, '.') == text.size) {
        buf_put_text(prefixes, "%20or%20startswith(computerDnsName,");
        put_literal(prefixes, text, true, true);
        buf_put_char(prefixes, ')');
    }
}

/* As it is written and, where that is another, in lower case, as device.c asks. False: there is no room for it. */
static bool add_to_filter(struct batch *b, const struct selector *s)
{
    char lower[SELECTOR_MAX + 1];
    struct span key = selector_key(s);
    struct buf list = buf_init(API_PATH_MAX);
    struct buf prefixes = buf_init(API_PATH_MAX);
    for (size_t i = 0; i < key.size; i++) {
        lower[i] = ascii_lower(key.at[i]);
    }
    put_variant(b, key, &list, &prefixes);
    if (!span_equal(key, span_make(lower, key.size))) {
        put_variant(b, span_make(lower, key.size), &list, &prefixes);
    }
    bool fits = b->names == 0 || b->list.size + b->prefixes.size + list.size + prefixes.size <= LOOKUP_PATH_MAX;
    if (fits) {
        buf_put(&b->list, buf_span(&list));
        buf_put(&b->prefixes, buf_span(&prefixes));
    }
    buf_free(&list);
    buf_free(&prefixes);
    return fits;
}

/* Rows that wait to be asked for, from *row on, as many as fit. */
static void fill(struct batch *b, size_t *row)
{
    struct lookup *l = b->l;
    size_t most = l->limits[b->kind].names;
    b->list = buf_init(API_PATH_MAX);
    b->prefixes = buf_init(API_PATH_MAX);
    b->path = buf_init(API_PATH_MAX);
    for (; *row < l->size && (most == 0 || b->names < most); (*row)++) {
        struct lookup_row *r = &l->rows[*row];
        if (r->batch != 0 || r->selector.kind != b->kind) {
            continue;
        }
        if (!add_to_filter(b, &r->selector)) {
            break;
        }
        r->batch = b->number;
        b->last = *row;
        b->names++;
    }
    buf_put_format(&b->path, "/api/machines?$filter=%s%%20in%%20(", members[b->kind]);
    buf_put(&b->path, buf_span(&b->list));
    buf_put_char(&b->path, ')');
    buf_put(&b->path, buf_span(&b->prefixes));
    buf_free(&b->list);
    buf_free(&b->prefixes);
}

/* ---- records ---- */

/* Keep a record for its row. */
static bool keep(struct lookup *l, struct lookup_row *row, const struct device *device, struct json record, struct fault *f)
{
    size_t before = row->found.count;
    if (!device_list_add(&row->found, device, f)) {
        return false;
    }
    if (l->record != NULL && row->found.count > before) {
        buf_put_char(&row->records, before == 0 ? '[' : ',');
        buf_put(&row->records, record.raw);
    }
    return !row->records.failed || fault_set(f, FAULT_MEMORY, "too many device records of one name");
}

/* Give the record to those rows of the batch that have this key and that it fits. */
static bool keep_by_key(struct batch *b, struct span key, const struct device *device, struct json record, struct fault *f)
{
    struct lookup *l = b->l;
    uint32_t walk = 0;
    size_t i;
    while (index_next(&l->keys, index_hash(key), &walk, &i)) {
        struct lookup_row *row = &l->rows[i];
        if (row->batch == b->number && device_fits(&row->selector, device, record) && !keep(l, row, device, record, f)) {
            return false;
        }
    }
    return true;
}

static bool take_record(void *batch, struct json record, struct fault *f)
{
    struct batch *b = batch;
    struct device device;
    char guid[GUID_SIZE + 2];
    if (!device_read(&device, record, f)) {
        return false;
    }
    if (b->kind == SELECT_ID) {
        return keep_by_key(b, span_of(device.id), &device, record, f);
    }
    if (b->kind == SELECT_ENTRA) {
        return !json_text(record, members[SELECT_ENTRA], guid, sizeof guid) || keep_by_key(b, span_of(guid), &device, record, f);
    }
    struct span name = span_of(device.name);
    struct span label = span_cut(name, 0, span_find(name, '.'));
    return keep_by_key(b, name, &device, record, f) &&
           (label.size == name.size || keep_by_key(b, label, &device, record, f));
}

/* ---- asking ---- */

static bool is_stop(enum fault_code code)
{
    return code == FAULT_INTERRUPTED || code == FAULT_TERMINATED || code == FAULT_MEMORY;
}

/* The service, or a host in between, does not take the filter, or its answer cannot be used: another one may do. */
static bool is_refused(enum fault_code code)
{
    return code == FAULT_REFUSED || code == FAULT_ANSWER || code == FAULT_TOO_LARGE || code == FAULT_NOT_FOUND;
}

static void note_hopeless(struct lookup *l, const struct fault *why)
{
    bool all_alike = why->code == FAULT_PERMISSION || why->code == FAULT_TOKEN || why->code == FAULT_SIGN_IN;
    if (all_alike) {
        l->hopeless = *why;
    }
}

struct one {
    struct lookup *l;
    struct lookup_row *row;
    size_t i;
    bool pass_on; /* records go to the caller as they come */
};

static bool take_one(void *one, const struct device *device, struct json record, struct fault *f)
{
    const struct one *o = one;
    if (!o->pass_on) {
        return keep(o->l, o->row, device, record, f);
    }
    return (o->l->record == NULL || o->l->record(o->l->context, o->i, device, record, f)) && device_list_add(&o->row->found, device, f);
}

/* One row by itself. False: everything ends. */
static bool ask_one(struct lookup *l, size_t i, bool pass_on, struct fault *f)
{
    struct lookup_row *row = &l->rows[i];
    struct one one = {l, row, l->first + i, pass_on};
    row->batch = LOOKUP_ALONE;
    if (!device_search(l->api, &row->selector, take_one, &one, &row->fault) && row->selector.kind != SELECT_ID) {
        note_hopeless(l, &row->fault);
    }
    if (is_stop(row->fault.code)) {
        *f = row->fault;
    }
    return !is_stop(row->fault.code);
}

/*
 * A batch of one. Where it was made that small by refusals and is refused too, then it alone was their cause, and the next may be
 * large again; otherwise it is the batches that are not taken.
 */
static bool ask_last(struct batch *b, struct fault *f)
{
    struct lookup_limit *limit = &b->l->limits[b->kind];
    if (!ask_one(b->l, b->last, false, f)) {
        return false;
    }
    if (limit->names == 1 && is_refused(b->l->rows[b->last].fault.code) && limit->culprits < LOOKUP_CULPRITS_MAX) {
        limit->culprits++;
        limit->names = 0;
    }
    return true;
}

/* What a batch has come to. False: everything ends. */
static bool take_batch(struct batch *b, const struct fault *why, struct fault *f)
{
    struct lookup *l = b->l;
    struct lookup_limit *limit = &l->limits[b->kind];
    bool refused = is_refused(why->code);
    bool may_change_form = refused && b->kind == SELECT_ENTRA && !limit->proven && limit->form < 2;
    if (is_stop(why->code)) {
        *f = *why;
        return false;
    }
    for (size_t i = 0; i < l->size && fault_is_set(why); i++) {
        struct lookup_row *row = &l->rows[i];
        if (row->batch == b->number) {
            device_list_free(&row->found);
            buf_clear(&row->records);
            row->batch = refused ? 0 : row->batch;
            row->fault = refused ? row->fault : *why;
        }
    }
    if (refused) {
        size_t half = b->names / 2;
        limit->form += may_change_form;
        bool halve = !(may_change_form && limit->form == 1);
        trace(TRACE_STEPS, "%zu names at once are refused (%s); asking again, %s", b->names, why->text,
              halve ? "by halves" : "in another form");
        limit->names = halve && (limit->names == 0 || half < limit->names) ? half : limit->names;
        limit->shaken = true;
    } else if (fault_is_set(why)) {
        note_hopeless(l, why);
    } else {
        limit->proven = true;
        limit->shaken = false;
    }
    return true;
}

/* Several batches at once; the first of all by itself. *more: there were rows to ask for. */
static bool round_of_batches(struct lookup *l, enum selector_kind kind, bool *more, struct fault *f)
{
    struct batch batches[API_LISTS_MAX];
    struct api_listing lists[API_LISTS_MAX];
    size_t count = 0;
    size_t row = 0;
    bool ok = true;
    size_t most = l->limits[kind].proven && !l->limits[kind].shaken ? API_LISTS_MAX : 1;
    for (; count < most; count++) {
        struct batch *b = &batches[count];
        *b = (struct batch){.l = l, .kind = kind, .number = ++l->batches};
        fill(b, &row);
        if (b->names <= 1) {
            break; /* nothing is left, or one, which has a call of its own when the others are there */
        }
        lists[count] = (struct api_listing){.path = buf_span(&b->path), .visit = take_record, .context = b, .wants_words = true};
    }
    *more = count > 0;
    if (count < most && batches[count].names == 1) {
        l->rows[batches[count].last].batch = 0;
        if (count == 0) {
            *more = true;
            ok = ask_last(&batches[0], f);
        }
    }
    if (count < most) {
        buf_free(&batches[count].path);
    }
    api_lists(l->api, lists, count);
    for (size_t i = 0; i < count; i++) {
        ok = ok && take_batch(&batches[i], &lists[i].fault, f);
        buf_free(&batches[i].path);
    }
    return ok;
}

/* ---- windows ---- */

static bool open_window(struct lookup *l, struct fault *f)
{
    size_t left = l->count - l->first;
    l->size = left < LOOKUP_WINDOW ? left : LOOKUP_WINDOW;
    for (size_t i = 0; i < l->size; i++) {
        struct lookup_row *row = &l->rows[i];
        *row = (struct lookup_row){.records = buf_init(CALL_ANSWER_MAX)};
        l->select(l->context, l->first + i, &row->selector);
        if (is_batched(l, row->selector.kind) && !index_add(&l->keys, index_hash(selector_key(&row->selector)), i)) {
            return fault_set(f, FAULT_MEMORY, "out of memory");
        }
    }
    return true;
}

static bool ask_window(struct lookup *l, struct fault *f)
{
    static const enum selector_kind kinds[] = {SELECT_NAME, SELECT_ENTRA, SELECT_ID};
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        bool more = is_batched(l, kinds[i]);
        while (more && !fault_is_set(&l->hopeless)) {
            if (!round_of_batches(l, kinds[i], &more, f)) {
                return false;
            }
        }
    }
    return true;
}

static bool pass_on_records(struct lookup *l, size_t i, struct fault *f)
{
    struct lookup_row *row = &l->rows[i];
    struct json list = {0};
    struct json record;
    struct json_walk walk = {0};
    struct device device;
    if (row->records.size == 0) {
        return true;
    }
    buf_put_char(&row->records, ']');
    if (!json_parse(buf_span(&row->records), &list, f)) {
        return false;
    }
    while (json_next(list, &walk, &record)) {
        if (!device_read(&device, record, f) || !l->record(l->context, l->first + i, &device, record, f)) {
            return false;
        }
    }
    return true;
}

/* Ask for what no batch has asked for, and hand the row out. A list may lack a device that is known when asked for by its id. */
static bool end_row(struct lookup *l, size_t i, struct fault *f)
{
    struct lookup_row *row = &l->rows[i];
    enum selector_kind kind = row->selector.kind;
    bool missed = kind == SELECT_ID && l->ids && row->found.count == 0 && row->batch != LOOKUP_ALONE && !fault_is_set(&row->fault);
    bool wanted = (row->batch == 0 || missed) && (kind != SELECT_ID || l->ids);
    if (wanted && fault_is_set(&l->hopeless)) {
        row->fault = l->hopeless;
    } else if (wanted && !ask_one(l, i, true, f)) {
        return false;
    }
    return pass_on_records(l, i, f) && l->done(l->context, l->first + i, row, f);
}

static void close_window(struct lookup *l)
{
    for (size_t i = 0; i < l->size; i++) {
        device_list_free(&l->rows[i].found);
        buf_free(&l->rows[i].records);
    }
    index_free(&l->keys);
    l->first += l->size;
    l->size = 0;
}

bool lookup_all(struct lookup *l, struct api *api, struct fault *f)
{
    bool ok = true;
    l->api = api;
    l->rows = memory_take(l->count < LOOKUP_WINDOW ? l->count : LOOKUP_WINDOW, sizeof *l->rows);
    if (l->rows == NULL) {
        return fault_set(f, FAULT_MEMORY, "out of memory");
    }
    while (ok && l->first < l->count) {
        ok = open_window(l, f) && ask_window(l, f);
        for (size_t i = 0; ok && i < l->size; i++) {
            ok = end_row(l, i, f);
        }
        close_window(l);
    }
    memory_give(l->rows);
    return ok;
}
