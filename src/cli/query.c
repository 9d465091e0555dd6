/*
 * query.c - the commands that only ask; see query.h.
 */
#include "cli/query.h"

#include "cli/input.h"
#include "cli/session.h"
#include "cli/show.h"
#include "cli/tally.h"
#include "mde/lookup.h"

#include <string.h>

/* ---- find ---- */

struct find {
    struct report *report;
    struct input all;
    struct tally tally;
};

static void find_select(void *context, size_t i, struct selector *s)
{
    const struct find *find = context;
    input_selector(&find->all, i, s);
}

static bool find_record(void *context, size_t i, const struct device *device, struct json record, struct fault *f)
{
    struct find *find = context;
    (void)f;
    show_record(find->report, input_text(&find->all, i), device, record);
    return true;
}

static bool find_done(void *context, size_t i, struct lookup_row *row, struct fault *f)
{
    struct find *find = context;
    struct fault why = row->fault;
    const struct device *chosen;
    size_t others;
    bool ok = !fault_is_set(&why);
    bool many = ok && row->selector.kind == SELECT_TAG && row->found.count > 0;
    (void)f;
    if (!many && (!ok || !device_choose(&row->found, &chosen, &others, &why))) {
        fault_place(&why, "%s", input_text(&find->all, i));
        show_find_fault(find->report, input_text(&find->all, i), &why);
    }
    tally_add(&find->tally, why.code);
    return true;
}

enum exit_status query_find(const struct options *o, struct report *report)
{
    struct session s = {0};
    struct find find = {.report = report};
    struct lookup lookup = {.ids = true, .select = find_select, .record = find_record, .done = find_done, .context = &find};
    struct fault f = {0};
    bool ok = input_read(&find.all, o, report, &f) && session_check(&s, o, &f) && session_open(&s, report, &f);
    lookup.count = find.all.count;
    if (!ok || !lookup_all(&lookup, &s.api, &f)) {
        report_fault(report, &f);
        tally_add(&find.tally, f.code);
    }
    input_free(&find.all);
    session_close(&s);
    return tally_status(&find.tally);
}

/* ---- status ---- */

static bool one_device(struct api *api, const struct selector *s, struct device *device, struct fault *f)
{
    struct device_list found = {0};
    const struct device *chosen = NULL;
    size_t others;
    bool ok = device_find(api, s, &found, f) && device_choose(&found, &chosen, &others, f);
    if (ok) {
        *device = *chosen;
    }
    device_list_free(&found);
    return ok;
}

/* Where the device has no actions at all: is there such a device? Without permission to look it up it is taken for one. */
static bool device_exists(struct api *api, const struct selector *s, struct fault *f)
{
    struct device device;
    struct fault why = {0};
    if (s->kind != SELECT_ID || one_device(api, s, &device, &why) || why.code == FAULT_PERMISSION) {
        return true;
    }
    *f = why;
    return false;
}

bool query_device(struct api *api, const struct selector *s, struct device_status *status, struct fault *f)
{
    struct device device = {0};
    struct action_list list = {0};
    const struct action *decisive = NULL;
    if (s->kind == SELECT_ID) {
        memcpy(device.id, s->value, sizeof device.id);
    } else if (!one_device(api, s, &device, f)) {
        return false;
    }
    bool ok = action_list(api, device.id, &list, f) && (list.count > 0 || device_exists(api, s, f));
    if (ok) {
        status->isolation = isolation_infer(list.at, list.count, &decisive);
        fault_keep(status->machine_id, sizeof status->machine_id, span_of(device.id));
        fault_keep(status->computer_name, sizeof status->computer_name, span_of(device.name));
        status->action = decisive != NULL ? *decisive : (struct action){0};
    }
    action_list_free(&list);
    return ok;
}

/* A GUID may be an action's id or a device's Entra id: an action is asked for first. */
static enum fault_code status_one(struct api *api, const struct input *all, size_t i, struct report *report)
{
    const char *input = input_text(all, i);
    struct device_status status = {.input = input};
    struct selector s;
    struct fault f = {0};
    bool ok = selector_is_guid(span_of(input)) && action_get(api, input, &status.action, &f);
    if (ok) {
        fault_keep(status.machine_id, sizeof status.machine_id, span_of(status.action.machine_id));
    } else if (!fault_is_set(&f) || f.code == FAULT_NOT_FOUND) {
        fault_clear(&f);
        input_selector(all, i, &s);
        ok = query_device(api, &s, &status, &f);
    }
    if (!ok) {
        fault_place(&f, "%s", input);
        status.fault = f;
    }
    show_status(report, &status);
    return f.code;
}

/* Every device whose newest actions leave it isolated or on the way there. */
static bool status_all(struct api *api, struct report *report, size_t *count, struct fault *f)
{
    struct action_list list = {0};
    bool ok = action_list(api, NULL, &list, f);
    *count = ok ? isolation_survey(list.at, list.count) : 0;
    for (size_t i = 0; i < *count; i++) {
        const struct action *decisive;
        struct device_status status = {.action = list.at[i], .isolation = isolation_infer(&list.at[i], 1, &decisive)};
        fault_keep(status.machine_id, sizeof status.machine_id, span_of(list.at[i].machine_id));
        show_status(report, &status);
    }
    action_list_free(&list);
    return ok;
}

#define INFERRED \
    "inferred from the actions that the service knows: a force-release script, changed firewall rules and an automatic release are not seen"

enum exit_status query_status(const struct options *o, struct report *report)
{
    struct session s = {0};
    struct input all = {0};
    struct tally tally = {0};
    struct fault f = {0};
    bool named = o->operand_count > 0 || o->from != NULL;
    size_t isolated = 0;
    bool ok = (!named || input_read(&all, o, report, &f)) && session_check(&s, o, &f) && session_open(&s, report, &f) &&
              (named || status_all(&s.api, report, &isolated, &f));
    if (!ok) {
        report_fault(report, &f);
        tally_add(&tally, f.code);
    }
    for (size_t i = 0; ok && i < all.count; i++) {
        tally_add(&tally, status_one(&s.api, &all, i, report));
    }
    if (ok && tally_status(&tally) == STATUS_OK) {
        report_advice(report, named || isolated > 0 ? INFERRED : "no isolated device is known; " INFERRED);
    }
    input_free(&all);
    session_close(&s);
    return tally_status(&tally);
}
