/*
 * journal.c - the file that makes a run resumable; see journal.h.
 */
#include "mde/journal.h"

#include "base/trace.h"
#include "codec/json_write.h"
#include "codec/time_text.h"
#include "mde/release.h"
#include "net/clock.h"

#include <string.h>

enum { ENTRIES_FIRST = 64 };

#define FIRST_MEMBERS "{\"event\":\"run\",\"journal\":1"

/* ---- what is known, by device ---- */

static bool read_id(const char *text, unsigned char id[DEVICE_ID_SIZE / 2])
{
    for (size_t i = 0; i < DEVICE_ID_SIZE; i++) {
        unsigned digit = text[i] == '\0' ? 16 : ascii_hex_value(text[i]);
        if (digit > 15) {
            return false;
        }
        id[i / 2] = (unsigned char)(i % 2 == 0 ? digit << 4 : id[i / 2] | digit);
    }
    return text[DEVICE_ID_SIZE] == '\0';
}

/* Where in the index this id is, or would be. */
static size_t place_of(const struct journal *j, const unsigned char id[DEVICE_ID_SIZE / 2])
{
    uint32_t hash = 2166136261u; /* FNV-1a */
    for (size_t i = 0; i < DEVICE_ID_SIZE / 2; i++) {
        hash = (hash ^ id[i]) * 16777619u;
    }
    size_t at = hash & (j->index_size - 1);
    while (j->index[at] != 0 && memcmp(j->entries[j->index[at] - 1].id, id, DEVICE_ID_SIZE / 2) != 0) {
        at = (at + 1) & (j->index_size - 1);
    }
    return at;
}

static bool grow(struct journal *j)
{
    size_t capacity = j->capacity == 0 ? ENTRIES_FIRST : j->capacity * 2;
    struct journal_entry *entries = memory_take(capacity, sizeof *entries);
    uint32_t *index = memory_take(capacity * 2, sizeof *index);
    if (entries == NULL || index == NULL) {
        memory_give(entries);
        memory_give(index);
        return false;
    }
    if (j->count > 0) {
        memcpy(entries, j->entries, j->count * sizeof *entries);
    }
    journal_forget(j);
    j->entries = entries;
    j->capacity = capacity;
    j->index = index;
    j->index_size = capacity * 2;
    return true;
}

static void index_all(struct journal *j, size_t count)
{
    for (j->count = 0; j->count < count; j->count++) {
        j->index[place_of(j, j->entries[j->count].id)] = (uint32_t)j->count + 1;
    }
}

/* The entry of this device, made if it has none. NULL: out of memory. */
static struct journal_entry *entry_of(struct journal *j, const unsigned char id[DEVICE_ID_SIZE / 2])
{
    if (j->count == j->capacity) {
        size_t count = j->count;
        if (!grow(j)) {
            return NULL;
        }
        index_all(j, count);
    }
    size_t at = place_of(j, id);
    if (j->index[at] == 0) {
        memcpy(j->entries[j->count].id, id, DEVICE_ID_SIZE / 2);
        j->index[at] = (uint32_t)++j->count;
    }
    return &j->entries[j->index[at] - 1];
}

const struct journal_entry *journal_find(const struct journal *j, const char *machine_id)
{
    unsigned char id[DEVICE_ID_SIZE / 2];
    if (j->count == 0 || !read_id(machine_id, id)) {
        return NULL;
    }
    size_t at = place_of(j, id);
    return j->index[at] != 0 ? &j->entries[j->index[at] - 1] : NULL;
}

void journal_past(const struct journal *j, int64_t since, void (*note)(void *context, int64_t unix_seconds), void *context)
{
    for (size_t i = 0; i < j->count; i++) {
        const struct journal_entry *e = &j->entries[i];
        int64_t newest = e->answered > e->intended ? e->answered : e->intended;
        if (newest >= since) {
            note(context, newest);
        }
    }
}

void journal_forget(struct journal *j)
{
    memory_give(j->entries);
    memory_give(j->index);
    j->entries = NULL;
    j->index = NULL;
    j->count = j->capacity = j->index_size = 0;
}

/* ---- reading a line ---- */

static enum journal_state state_of(const char *result)
{
    for (int i = 0; i <= RELEASE_PLANNED; i++) {
        if (strcmp(result, release_result_name((enum release_result)i)) == 0) {
            bool done = i == RELEASE_ACCEPTED || i == RELEASE_ALREADY_PENDING || i == RELEASE_RELEASED || i == RELEASE_PENDING;
            return done ? JOURNAL_DONE : JOURNAL_FAILED;
        }
    }
    return JOURNAL_INTENDED; /* "unknown", or a newer version's: it is looked up */
}

static bool take_run(struct journal *j, struct json line)
{
    char tenant[sizeof j->tenant];
    struct json version;
    if (json_member(line, "journal", &version) != 1 || version.kind != JSON_NUMBER) {
        return false;
    }
    j->has_run = true;
    (void)json_text(line, "api", j->api, sizeof j->api);
    if (json_text(line, "tenant", tenant, sizeof tenant) && tenant[0] != '\0') {
        memcpy(j->tenant, tenant, sizeof tenant);
    }
    return true;
}

static bool take_device(struct journal *j, struct json line, bool is_result, bool *fits)
{
    unsigned char id[DEVICE_ID_SIZE / 2];
    char text[48];
    int64_t when = 0;
    *fits = json_text(line, "machineId", text, sizeof text) && read_id(text, id) && j->has_run;
    if (!*fits) {
        return true;
    }
    struct journal_entry *e = entry_of(j, id);
    if (e == NULL) {
        return false;
    }
    (void)(json_text(line, "time", text, sizeof text) && time_parse_rfc3339(span_of(text), &when));
    if (is_result) {
        e->answered = when;
        *fits = json_text(line, "result", text, sizeof text);
        e->state = (unsigned char)state_of(text);
        (void)json_text(line, "actionId", text, sizeof text);
        size_t size = strlen(text) + 1;
        memcpy(e->action_id, size <= sizeof e->action_id ? text : "", size <= sizeof e->action_id ? size : 1);
    } else {
        e->intended = when;
        e->state = JOURNAL_INTENDED;
    }
    return true;
}

/* The beginning of a first line, or what a power cut may leave of it: nobody's file is cut or written to because he named it by mistake. */
static bool may_be_torn(const struct journal *j, struct span text)
{
    struct span first = SPAN(FIRST_MEMBERS);
    while (text.size > 0 && text.at[text.size - 1] == '\0') {
        text.size--;
    }
    size_t size = text.size < first.size ? text.size : first.size;
    return j->has_run || span_equal(span_cut(text, 0, size), span_cut(first, 0, size));
}

/* Take in one whole line. FAULT_FILE: it is no event. */
static bool take_line(struct journal *j, struct span text, size_t number, struct fault *f)
{
    struct json line = {0};
    struct fault why = {0};
    char event[16];
    bool fits = true;
    if ((span_find(text, '\0') < text.size && may_be_torn(j, text)) || span_trim(text).size == 0) {
        return true; /* room that a power cut left without its bytes */
    }
    if (!json_parse(text, &line, &why) || !json_text(line, "event", event, sizeof event)) {
        fits = false;
    } else if (strcmp(event, "run") == 0) {
        fits = take_run(j, line);
    } else if (strcmp(event, "intent") == 0 || strcmp(event, "result") == 0) {
        if (!take_device(j, line, event[0] == 'r', &fits)) {
            return fault_set(f, FAULT_MEMORY, "%s: out of memory", j->path);
        }
    }
    if (fits && j->has_run) {
        return true;
    }
    fault_set(f, FAULT_FILE, "%s: line %zu: %s", j->path, number, j->has_run ? "malformed" : "no journal of unisolate");
    return fault_advise(f, j->has_run ? "mend or remove that line; nothing was sent" : "name a new file, or one that an earlier run made");
}

/* ---- reading the file ---- */

struct reading {
    struct buf text;     /* of the line that has begun */
    size_t number;       /* lines so far */
    uint64_t total;      /* bytes so far */
    bool too_long;       /* its beginning has been dropped */
    bool has_nul;        /* in what was dropped */
};

static bool end_line(struct journal *j, struct reading *r, struct fault *f)
{
    r->number++;
    if (r->too_long && !(r->has_nul && j->has_run)) {
        return fault_set(f, FAULT_FILE, "%s: line %zu: %s", j->path, r->number, j->has_run ? "too long" : "no journal of unisolate");
    }
    bool ok = r->too_long || take_line(j, buf_span(&r->text), r->number, f);
    r->too_long = r->has_nul = false;
    buf_clear(&r->text);
    return ok;
}

static bool take_bytes(struct journal *j, struct reading *r, struct span bytes, struct fault *f)
{
    while (bytes.size > 0) {
        size_t end = span_find(bytes, '\n');
        struct span piece = span_cut(bytes, 0, end);
        if (r->text.size + piece.size > JOURNAL_LINE_MAX || r->too_long) {
            r->has_nul = r->has_nul || span_find(piece, '\0') < piece.size || span_find(buf_span(&r->text), '\0') < r->text.size;
            r->too_long = true;
            buf_clear(&r->text);
        } else {
            buf_put(&r->text, piece);
        }
        if (r->text.failed) {
            return fault_set(f, FAULT_MEMORY, "%s: out of memory", j->path);
        }
        if (end < bytes.size && !end_line(j, r, f)) {
            return false;
        }
        bytes = span_cut(bytes, end + 1, bytes.size);
    }
    return true;
}

static bool read_all(struct journal *j, struct reading *r, struct fault *f)
{
    char block[8 * 1024];
    size_t got = 1;
    while (got > 0) {
        if (!os_log_read(&j->log, block, sizeof block, &got, f)) {
            return fault_place(f, "%s", j->path);
        }
        struct span bytes = span_make(block, got);
        for (size_t i = got; i > 0; i--) {
            if (block[i - 1] == '\n') {
                j->whole = r->total + i;
                break;
            }
        }
        r->total += got;
        if (!take_bytes(j, r, bytes, f)) {
            return false;
        }
    }
    return true;
}

bool journal_open(struct journal *j, const char *path, bool writes, bool *locked, struct fault *f)
{
    struct reading r = {.text = buf_init(JOURNAL_LINE_MAX)};
    *j = (struct journal){.path = path, .writes = writes, .lines = buf_init(JOURNAL_GROUP_MAX)};
    bool ok = os_log_open(&j->log, path, writes ? OS_LOG_APPEND : OS_LOG_READ, locked, f);
    ok = ok && (!j->log.open || read_all(j, &r, f));
    j->torn = r.text.size > 0 || r.too_long;
    if (ok && j->torn && !(r.too_long ? j->has_run : may_be_torn(j, buf_span(&r.text)))) {
        ok = fault_set(f, FAULT_FILE, "%s: no journal of unisolate", path);
    } else if (ok && j->torn) {
        trace(TRACE_STEPS, "%s: the last line has no end (the power was cut?); it is left out", path);
    }
    buf_free(&r.text);
    if (!ok) {
        fault_place(f, "--journal");
        journal_close(j);
    }
    return ok;
}

void journal_close(struct journal *j)
{
    os_log_close(&j->log);
    journal_forget(j);
    buf_free(&j->lines);
    *j = (struct journal){0};
}

/* ---- writing ---- */

static bool fail(struct journal *j)
{
    return fault_place(&j->fault, "journal %s", j->path);
}

static bool writes(const struct journal *j)
{
    return j->log.open && j->writes && !fault_is_set(&j->fault);
}

/* Bring the lines into the file; a last line without its end goes first. */
static bool flush(struct journal *j)
{
    struct fault why = {0};
    if (j->lines.failed) {
        fault_set(&why, FAULT_MEMORY, "out of memory");
    } else if ((!j->torn || os_log_cut(&j->log, j->whole, &why)) && os_log_append(&j->log, buf_span(&j->lines), &why)) {
        j->torn = false;
        j->unsynced = j->unsynced || j->lines.size > 0;
        buf_clear(&j->lines);
        return true;
    }
    j->fault = why;
    return fail(j);
}

static void put_member(struct journal *j, const char *name, const char *text)
{
    buf_put_format(&j->lines, ",\"%s\":", name);
    if (text[0] == '\0') {
        buf_put_text(&j->lines, "null");
    } else {
        json_put_string_lossy(&j->lines, span_of(text));
    }
}

static void put_time(struct journal *j)
{
    char text[TIME_TEXT_SIZE];
    time_put_rfc3339(clock_seconds(), text);
    put_member(j, "time", text);
}

bool journal_begin(struct journal *j, const char *api, const char *tenant, struct fault *f)
{
    bool other_host = j->has_run && strcmp(j->api, api) != 0;
    bool other_tenant = j->tenant[0] != '\0' && tenant[0] != '\0' && strcmp(j->tenant, tenant) != 0;
    if (other_host || other_tenant) {
        fault_set(f, FAULT_USAGE, "--journal: %s: it is of another %s, %s", j->path, other_host ? "API host" : "tenant",
                  other_host ? j->api : j->tenant);
        return fault_advise(f, "take the same %s as then, or a new file", other_host ? "--cloud, --region or --api-url" : "tenant");
    }
    if (writes(j)) {
        buf_put_text(&j->lines, FIRST_MEMBERS);
        put_time(j);
        put_member(j, "api", api);
        put_member(j, "tenant", tenant);
        buf_put_text(&j->lines, "}\n");
    }
    return true;
}

void journal_intend(struct journal *j, const char *machine_id, const char *input)
{
    if (writes(j)) {
        j->has_news = true;
        buf_put_text(&j->lines, "{\"event\":\"intent\"");
        put_time(j);
        put_member(j, "machineId", machine_id);
        put_member(j, "input", input);
        buf_put_text(&j->lines, "}\n");
    }
}

void journal_result(struct journal *j, const char *machine_id, const char *result, const char *action_id)
{
    if (writes(j)) {
        j->has_news = true;
        buf_put_text(&j->lines, "{\"event\":\"result\"");
        put_time(j);
        put_member(j, "machineId", machine_id);
        put_member(j, "result", result);
        put_member(j, "actionId", action_id);
        buf_put_text(&j->lines, "}\n");
        (void)flush(j); /* its failure is kept */
    }
}

bool journal_sync(struct journal *j)
{
    if (writes(j) && j->has_news && flush(j) && j->unsynced) {
        j->unsynced = false;
        (void)(os_log_sync(&j->log, &j->fault) || fail(j));
    }
    return !fault_is_set(&j->fault);
}
