/*
 * device.c - from a selector to exactly one device; see device.h.
 */
#include "mde/device.h"

#include "base/address.h"
#include "codec/time_text.h"
#include "mde/offline.h"
#include "net/clock.h"
#include "os/os.h"

#include <string.h>

/* ---- one record ---- */

static bool member_is_set(struct json record, const char *name)
{
    struct json value;
    return json_member(record, name, &value) > 0 && value.kind != JSON_NULL && !json_is(value, "");
}

bool device_read(struct device *d, struct json record, struct fault *f)
{
    char text[48];
    struct selector id;
    struct fault no_id = {0};
    *d = (struct device){0};
    if (!json_text(record, "id", d->id, sizeof d->id) || !selector_read(&id, d->id, &no_id) || id.kind != SELECT_ID) {
        return fault_set(f, FAULT_ANSWER, "a device record without an id");
    }
    memcpy(d->id, id.value, sizeof d->id);
    (void)json_text(record, "computerDnsName", d->name, sizeof d->name);
    (void)json_text(record, "healthStatus", d->health, sizeof d->health);
    (void)json_text(record, "onboardingStatus", d->onboarding, sizeof d->onboarding);
    d->merged = member_is_set(record, "mergedIntoMachineId");
    if (!json_text(record, "lastSeen", text, sizeof text) || !time_parse_rfc3339(span_of(text), &d->last_seen)) {
        d->last_seen = 0;
    }
    return true;
}

/* ---- does a record fit a selector: compared here again, whatever the service's filter did ---- */

static bool fits_id(const struct selector *s, const struct device *d, struct json record)
{
    (void)record;
    return strcmp(s->value, d->id) == 0;
}

static bool fits_entra(const struct selector *s, const struct device *d, struct json record)
{
    char id[64];
    (void)d;
    return json_text(record, "aadDeviceId", id, sizeof id) && span_equal_nocase(span_of(id), span_of(s->value));
}

static bool is_same_address(struct json object, const char *name, const struct address *wanted)
{
    char text[ADDRESS_TEXT_MAX];
    struct address address;
    return json_text(object, name, text, sizeof text) && address_parse(span_of(text), &address) &&
           address_equal(&address, wanted);
}

static bool fits_ip(const struct selector *s, const struct device *d, struct json record)
{
    struct address wanted;
    struct json list;
    struct json element;
    struct json_walk walk = {0};
    (void)d;
    if (!address_parse(span_of(s->value), &wanted)) {
        return false;
    }
    if (is_same_address(record, "lastIpAddress", &wanted)) {
        return true;
    }
    if (json_member(record, "ipAddresses", &list) == 1 && list.kind == JSON_ARRAY) {
        while (json_next(list, &walk, &element)) {
            if (is_same_address(element, "ipAddress", &wanted)) {
                return true;
            }
        }
    }
    return false;
}

/* The whole name without case; a name with no dot also fits the part of a full name in front of its first dot. */
static bool fits_name(const struct selector *s, const struct device *d, struct json record)
{
    struct span wanted = selector_key(s);
    struct span name = span_of(d->name);
    (void)record;
    if (span_find(wanted, '.') == wanted.size) {
        name = span_cut(name, 0, span_find(name, '.'));
    }
    return wanted.size > 0 && span_equal_nocase(wanted, name);
}

static bool fits_tag(const struct selector *s, const struct device *d, struct json record)
{
    struct json tags;
    struct json tag;
    struct json_walk walk = {0};
    char text[SELECTOR_MAX + 1];
    (void)d;
    if (json_member(record, "machineTags", &tags) == 1 && tags.kind == JSON_ARRAY) {
        while (json_next(tags, &walk, &tag)) {
            struct buf decoded = buf_init(sizeof text);
            bool same = json_put_decoded(&decoded, tag) && span_equal_nocase(buf_span(&decoded), span_of(s->value));
            buf_free(&decoded);
            if (same) {
                return true;
            }
        }
    }
    return false;
}

/* ---- asking ---- */

struct search {
    const struct selector *selector;
    device_visit *visit;
    void *context;
    size_t found;
};

static bool take_record(void *context, struct json record, struct fault *f)
{
    struct search *search = context;
    struct device device;
    if (!device_read(&device, record, f)) {
        return false;
    }
    if (!device_fits(search->selector, &device, record)) {
        return true;
    }
    search->found++;
    return search->visit(search->context, &device, record, f);
}

static bool search_list(struct api *a, struct buf *path, size_t top, struct search *search, struct fault *f)
{
    bool ok = path->failed ? fault_set(f, FAULT_MEMORY, "out of memory") : api_list(a, buf_span(path), top, take_record, search, f);
    buf_free(path);
    return ok;
}

static bool search_filter(struct api *a, struct buf *filter, size_t top, struct search *search, struct fault *f)
{
    struct buf path = buf_init(API_PATH_MAX);
    buf_put_text(&path, "/api/machines");
    api_put_filter(&path, buf_span(filter));
    buf_free(filter);
    return search_list(a, &path, top, search, f);
}

static bool ask_id(struct api *a, const struct selector *s, struct search *search, struct fault *f)
{
    struct buf path = buf_init(API_PATH_MAX);
    struct call call;
    struct json record = {0};
    buf_put_format(&path, "/api/machines/%s", s->value);
    bool ok = api_get(a, buf_span(&path), &call, &record, f) && take_record(search, record, f);
    call_free(&call);
    buf_free(&path);
    if (f->code == FAULT_NOT_FOUND) {
        fault_clear(f);
        ok = true;
    }
    return ok;
}

/* The API takes a GUID without quotes; as that is written nowhere, the other form is tried when it calls the first one malformed. */
static bool ask_entra(struct api *a, const struct selector *s, struct search *search, struct fault *f)
{
    struct buf filter = buf_init(API_PATH_MAX);
    struct fault refused = {0};
    buf_put_format(&filter, "aadDeviceId eq %s", s->value);
    if (search_filter(a, &filter, 0, search, &refused)) {
        return true;
    }
    if (refused.code != FAULT_REFUSED) {
        *f = refused;
        return false;
    }
    filter = buf_init(API_PATH_MAX);
    buf_put_format(&filter, "aadDeviceId eq '%s'", s->value);
    return search_filter(a, &filter, 0, search, f);
}

/* findbyip sees 15 minutes only; a device that has been silent for longer is found by the address that it had last. */
static bool ask_ip(struct api *a, const struct selector *s, struct search *search, struct fault *f)
{
    char now[TIME_TEXT_SIZE];
    struct buf path = buf_init(API_PATH_MAX);
    struct buf filter = buf_init(API_PATH_MAX);
    struct fault refused = {0};
    time_put_rfc3339(clock_seconds(), now);
    buf_put_format(&path, "/api/machines/findbyip(ip='%s',timestamp=%s)", s->value, now);
    bool ok = search_list(a, &path, 0, search, &refused);
    if (!ok && refused.code != FAULT_REFUSED) { /* 400: a clock that is wrong here */
        *f = refused;
        return false;
    }
    if (search->found > 0) {
        return true;
    }
    buf_put_text(&filter, "lastIpAddress eq ");
    api_put_quoted(&filter, span_of(s->value));
    return search_filter(a, &filter, 0, search, f);
}

static void put_name_clauses(struct buf *filter, struct span name, bool is_short)
{
    buf_put_text(filter, filter->size > 0 ? " or computerDnsName eq " : "computerDnsName eq ");
    api_put_quoted(filter, name);
    if (is_short) {
        struct buf prefix = buf_init(SELECTOR_MAX + 1);
        buf_put(&prefix, name);
        buf_put_char(&prefix, '.');
        buf_put_text(filter, " or startswith(computerDnsName,");
        api_put_quoted(filter, buf_span(&prefix));
        buf_put_char(filter, ')');
        buf_free(&prefix);
    }
}

/* As it is written and, where that is another, in lower case: whether the service compares with case is written nowhere. */
static bool ask_name(struct api *a, const struct selector *s, struct search *search, struct fault *f)
{
    char lower[SELECTOR_MAX + 1];
    struct buf filter = buf_init(API_PATH_MAX);
    struct span name = selector_key(s);
    for (size_t i = 0; i < name.size; i++) {
        lower[i] = ascii_lower(name.at[i]);
    }
    bool is_short = span_find(name, '.') == name.size;
    put_name_clauses(&filter, name, is_short);
    if (!span_equal(name, span_make(lower, name.size))) {
        put_name_clauses(&filter, span_make(lower, name.size), is_short);
    }
    return search_filter(a, &filter, 0, search, f);
}

/* findbytag answers with all of them at once. Where that is more than an answer may hold, the same by a filter, which takes pages. */
static bool ask_tag(struct api *a, const struct selector *s, struct search *search, struct fault *f)
{
    struct buf path = buf_init(API_PATH_MAX);
    struct buf filter = buf_init(API_PATH_MAX);
    struct fault why = {0};
    buf_put_text(&path, "/api/machines/findbytag?tag=");
    url_put_encoded(&path, span_of(s->value));
    buf_put_text(&path, "&useStartsWithFilter=false");
    if (search_list(a, &path, 0, search, &why)) {
        return true;
    }
    if (why.code != FAULT_TOO_LARGE) {
        *f = why;
        return false;
    }
    buf_put_text(&filter, "machineTags/any(tag: tag eq ");
    api_put_quoted(&filter, span_of(s->value));
    buf_put_char(&filter, ')');
    return search_filter(a, &filter, API_TOP, search, f);
}

struct kind {
    bool (*ask)(struct api *a, const struct selector *s, struct search *search, struct fault *f);
    bool (*fits)(const struct selector *s, const struct device *d, struct json record);
};

static const struct kind kinds[] = {
    [SELECT_ID] = {ask_id, fits_id},       [SELECT_ENTRA] = {ask_entra, fits_entra}, [SELECT_IP] = {ask_ip, fits_ip},
    [SELECT_NAME] = {ask_name, fits_name}, [SELECT_TAG] = {ask_tag, fits_tag},       [SELECT_SELF] = {ask_id, fits_id},
};

bool device_fits(const struct selector *s, const struct device *d, struct json record)
{
    return kinds[s->kind].fits(s, d, record);
}

/* The sensor's command writes texts in quotes. */
static struct span without_quotes(struct span text)
{
    bool quoted = text.size >= 2 && span_starts(text, SPAN("\"")) && span_ends(text, SPAN("\""));
    return quoted ? span_cut(text, 1, text.size - 1) : text;
}

bool device_resolve_self(struct selector *s, struct fault *f)
{
    struct buf answer = buf_init(4096);
    struct buf id = buf_init(4096);
    struct fault no_id = {0};
    if (s->kind != SELECT_SELF) {
        return true;
    }
    bool ok = s->value[0] != '\0' ? offline_sensor_id(s->value, &answer, f)
                                 : os_sensor_id(&answer, f) ||
                                       fault_advise(f, "name the device: by its DNS name, or by its id from the portal");
    buf_put(&id, without_quotes(span_trim(buf_span(&answer))));
    if (ok && (!selector_read(s, buf_text(&id), &no_id) || s->kind != SELECT_ID)) {
        ok = fault_set(f, FAULT_NOT_FOUND, "self: the sensor names no device id; is it onboarded?");
    }
    buf_free(&answer);
    buf_free(&id);
    return ok;
}

bool device_search(struct api *a, const struct selector *s, device_visit *visit, void *context, struct fault *f)
{
    struct selector selector = *s;
    if (!device_resolve_self(&selector, f)) {
        return false;
    }
    struct search search = {.selector = &selector, .visit = visit, .context = context};
    return kinds[selector.kind].ask(a, &selector, &search, f);
}

/* ---- lists ---- */

static bool has_device(const struct device_list *list, uint32_t hash, const char *id)
{
    uint32_t walk = 0;
    size_t row;
    while (index_next(&list->ids, hash, &walk, &row)) {
        if (strcmp(list->at[row].id, id) == 0) {
            return true;
        }
    }
    return false;
}

static bool grow(struct device_list *list)
{
    size_t capacity = list->capacity == 0 ? 1 : list->capacity * 2;
    struct device *grown = list->count < DEVICE_LIST_MAX ? memory_take(capacity, sizeof *grown) : NULL;
    if (grown == NULL) {
        return false;
    }
    if (list->count > 0) {
        memcpy(grown, list->at, list->count * sizeof *grown);
    }
    memory_give(list->at);
    list->at = grown;
    list->capacity = capacity;
    return true;
}

bool device_list_add(struct device_list *list, const struct device *device, struct fault *f)
{
    uint32_t hash = index_hash(span_of(device->id));
    if (has_device(list, hash, device->id)) {
        return true; /* a page may overlap the one before */
    }
    if ((list->count == list->capacity && !grow(list)) || !index_add(&list->ids, hash, list->count)) {
        return fault_set(f, FAULT_MEMORY, "too many devices");
    }
    list->at[list->count++] = *device;
    return true;
}

static bool collect(void *context, const struct device *device, struct json record, struct fault *f)
{
    (void)record;
    return device_list_add(context, device, f);
}

bool device_find(struct api *a, const struct selector *s, struct device_list *found, struct fault *f)
{
    return device_search(a, s, collect, found, f);
}

bool device_is_active(const struct device *d)
{
    return span_equal_nocase(span_of(d->health), SPAN("Active"));
}

static bool is_in_use(const struct device *d)
{
    return device_is_active(d) && span_equal_nocase(span_of(d->onboarding), SPAN("Onboarded"));
}

bool device_choose(const struct device_list *found, const struct device **chosen, size_t *others, struct fault *f)
{
    size_t living = 0;
    size_t in_use = 0;
    const struct device *last_living = NULL;
    const struct device *last_in_use = NULL;
    for (size_t i = 0; i < found->count; i++) {
        const struct device *d = &found->at[i];
        if (d->merged) {
            continue;
        }
        living++;
        last_living = d;
        if (is_in_use(d)) {
            in_use++;
            last_in_use = d;
        }
    }
    if (living == 0) {
        return fault_set(f, FAULT_NOT_FOUND, "no such device");
    }
    if (living > 1 && in_use != 1) {
        return fault_set(f, FAULT_AMBIGUOUS, "%zu devices have this name, and not exactly one of them is onboarded and active", living);
    }
    *chosen = living == 1 ? last_living : last_in_use;
    *others = living - 1;
    return true;
}

void device_list_free(struct device_list *list)
{
    memory_give(list->at);
    index_free(&list->ids);
    *list = (struct device_list){0};
}
