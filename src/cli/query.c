/*
 * query.c - the commands that only ask; see query.h.
 */
#include "cli/query.h"

#include "cli/input.h"
#include "cli/session.h"
#include "cli/show.h"
#include "cli/tally.h"

#include <string.h>

/* ---- find ---- */

struct find {
    struct report *report;
    const char *input;
    struct device_list list;
};

static bool find_visit(void *context, const struct device *device, struct json record, struct fault *f)
{
    struct find *find = context;
    show_record(find->report, find->input, device, record);
    return device_list_add(&find->list, device, f);
}

static enum fault_code find_one(struct api *api, const struct selector *s, const char *input, struct report *report)
{
    struct find find = {.report = report, .input = input};
    struct fault f = {0};
    const struct device *chosen;
    size_t others;
    bool ok = device_search(api, s, find_visit, &find, &f);
    bool many = ok && s->kind == SELECT_TAG && find.list.count > 0;
    if (!many && (!ok || !device_choose(&find.list, &chosen, &others, &f))) {
        fault_place(&f, "%s", input);
        show_find_fault(report, input, &f);
    }
    device_list_free(&find.list);
    return f.code;
}

enum exit_status query_find(const struct options *o, struct report *report)
{
    struct session s = {0};
    struct input all = {0};
    struct tally tally = {0};
    struct fault f = {0};
    if (!input_read(&all, o, &f) || !session_check(&s, o, &f) || !session_open(&s, report, &f)) {
        report_fault(report, &f);
        tally_add(&tally, f.code);
    }
    for (size_t i = 0; !fault_is_set(&f) && i < all.count; i++) {
        tally_add(&tally, find_one(&s.api, &all.at[i], o->operands[i], report));
    }
    input_free(&all);
    session_close(&s);
    return tally_status(&tally);
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
static enum fault_code status_one(struct api *api, const char *input, struct report *report)
{
    struct device_status status = {.input = input};
    struct selector s;
    struct fault f = {0};
    bool ok = selector_is_guid(span_of(input)) && action_get(api, input, &status.action, &f);
    if (ok) {
        fault_keep(status.machine_id, sizeof status.machine_id, span_of(status.action.machine_id));
    } else if (!fault_is_set(&f) || f.code == FAULT_NOT_FOUND) {
        fault_clear(&f);
        ok = selector_read(&s, input, &f) && device_resolve_self(&s, &f) && query_device(api, &s, &status, &f);
    }
    if (!ok) {
        fault_place(&f, "%s", input);
        status.fault = f;
    }
    show_status(report, &status);
    return f.code;
}

/* Every device whose newest actions leave it isolated or on the way there. */
static bool status_all(struct api *api, struct report *report, struct fault *f)
{
    struct action_list list = {0};
    bool ok = action_list(api, NULL, &list, f);
    size_t count = ok ? isolation_survey(list.at, list.count) : 0;
    for (size_t i = 0; i < count; i++) {
        const struct action *decisive;
        struct device_status status = {.action = list.at[i], .isolation = isolation_infer(&list.at[i], 1, &decisive)};
        fault_keep(status.machine_id, sizeof status.machine_id, span_of(list.at[i].machine_id));
        show_status(report, &status);
    }
    action_list_free(&list);
    return ok;
}

enum exit_status query_status(const struct options *o, struct report *report)
{
    struct session s = {0};
    struct input all = {0};
    struct tally tally = {0};
    struct fault f = {0};
    bool ok = (o->operand_count == 0 || input_read(&all, o, &f)) && session_check(&s, o, &f) &&
              session_open(&s, report, &f) && (o->operand_count > 0 || status_all(&s.api, report, &f));
    if (!ok) {
        report_fault(report, &f);
        tally_add(&tally, f.code);
    }
    for (size_t i = 0; ok && i < all.count; i++) {
        tally_add(&tally, status_one(&s.api, o->operands[i], report));
    }
    if (ok && tally_status(&tally) == STATUS_OK) {
        report_advice(report, "inferred from the actions that the service knows: a force-release script, changed firewall rules and "
                              "an automatic release are not seen");
    }
    input_free(&all);
    session_close(&s);
    return tally_status(&tally);
}
