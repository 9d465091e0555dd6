/*
 * show.c - what each kind of result looks like; see show.h.
 */
#include "cli/show.h"

#include "base/escape.h"
#include "cli/object.h"
#include "cli/summary.h"
#include "cli/table.h"
#include "codec/json_write.h"
#include "codec/time_text.h"
#include "os/os.h"

#include <string.h>

enum { NAME_COLUMNS_LEAST = 20, NAME_COLUMNS_MOST = 44 };

static struct buf object_begin(const char *input)
{
    struct buf b = buf_init(REPORT_MAX);
    buf_put_char(&b, '{');
    object_text(&b, "input", input);
    return b;
}

static void object_end(struct report *r, struct buf *b)
{
    buf_put_text(b, "}\n");
    report_result(r, b);
}

/* "2026-11-23 16:00", to the minute; "never" where it is not known. */
static void put_time(struct buf *b, int64_t unix_seconds)
{
    char text[TIME_TEXT_SIZE] = "";
    time_put_rfc3339(unix_seconds, text);
    if (unix_seconds == 0 || text[0] == '\0') {
        buf_put_text(b, "never");
    } else {
        text[10] = ' ';
        buf_put(b, span_cut(span_of(text), 0, 16));
    }
}

/* ---- release ---- */

static void put_candidates_member(struct buf *b, const struct device_list *list)
{
    char before = '[';
    object_name(b, "candidates");
    for (size_t i = 0; i < list->count; i++) {
        if (list->at[i].merged) {
            continue;
        }
        buf_put_char(b, before);
        buf_put_char(b, '{');
        object_text(b, "id", list->at[i].id);
        object_text(b, "computerDnsName", list->at[i].name);
        object_time(b, "lastSeen", list->at[i].last_seen);
        object_text(b, "healthStatus", list->at[i].health);
        buf_put_char(b, '}');
        before = ',';
    }
    buf_put_text(b, before == '[' ? "[]" : "]");
}

static void put_row_members(struct buf *b, const struct release_row *row)
{
    const struct action *a = release_action(row);
    object_text(b, "result", release_result_name(row->result));
    object_text(b, "machineId", row->machine_id);
    object_text(b, "computerDnsName", a->computer_name[0] != '\0' ? a->computer_name : row->computer_name);
    object_text(b, "actionId", a->id);
    object_text(b, "actionStatus", a->status_text);
    object_time(b, "requested", a->requested);
    object_time(b, "ended", a->ended);
    object_fault(b, release_fault(row));
    if (row->candidates.count > 0) {
        put_candidates_member(b, &row->candidates);
    }
}

/* What a result does not mean, for who reads no manual. */
static const char *meaning_of(enum release_result result)
{
    switch (result) {
    case RELEASE_ACCEPTED:
        return " (queued, not yet released)";
    case RELEASE_ALREADY_PENDING:
        return " (queued before)";
    case RELEASE_SKIPPED:
        return " (done by an earlier run)";
    default:
        return "";
    }
}

static void put_action_line(struct buf *b, size_t indent, const char *what, const struct action *a)
{
    if (a->id[0] != '\0') {
        buf_put_format(b, "%*s", (int)indent, "");
        escape_put(b, span_of(what));
        buf_put_char(b, ' ');
        escape_put(b, span_of(a->id));
        buf_put_text(b, a->status_text[0] != '\0' ? ", " : "");
        escape_put(b, span_of(a->status_text));
        buf_put_char(b, '\n');
    }
}

/*
 *     accepted  pc-042 (queued, not yet released)
 *               action 5382f7ea-7557-4ab7-9782-d50480024a4e, Pending
 * or, of many,
 *     accepted  pc-042, action 5382f7ea-7557-4ab7-9782-d50480024a4e
 */
static void show_row_text(struct report *r, const struct release_row *row)
{
    const char *result = release_result_name(row->result);
    size_t indent = strlen(result) + 2;
    struct buf b = buf_init(REPORT_MAX);
    report_put_colored(r, &b, row->code != FAULT_NONE ? REPORT_BAD : REPORT_GOOD, result);
    buf_put_text(&b, "  ");
    escape_put(&b, span_of(row->input));
    if (r->brief) {
        buf_put_text(&b, release_action(row)->id[0] != '\0' ? ", action " : "");
        escape_put(&b, span_of(release_action(row)->id));
        buf_put_char(&b, '\n');
        report_result(r, &b);
        return;
    }
    buf_put_text(&b, meaning_of(row->result));
    buf_put_char(&b, '\n');
    if (row->computer_name != NULL) {
        buf_put_format(&b, "%*sdevice %s\n", (int)indent, "", row->machine_id);
    }
    put_action_line(&b, indent, "action", release_action(row));
    report_result(r, &b);
}

/* The names of a list, as wide as the widest of them within bounds. */
static size_t name_columns(const struct device_list *list)
{
    size_t widest = NAME_COLUMNS_LEAST;
    for (size_t i = 0; i < list->count; i++) {
        size_t width = table_width(span_of(list->at[i].name)) + 2;
        widest = width > widest ? width : widest;
    }
    return widest < NAME_COLUMNS_MOST ? widest : NAME_COLUMNS_MOST;
}

/*
 *     pc-042.contoso.com                          seen 2026-11-23 15:58
 *       1e5bc9d7e413ddd7902c2932e418702b84d0cc07  Active
 */
static void put_device(struct buf *b, const struct device *d, size_t columns)
{
    table_put(b, d->name[0] != '\0' ? d->name : "(no name)", columns);
    buf_put_text(b, "seen ");
    put_time(b, d->last_seen);
    buf_put_format(b, "\n  %s  ", d->id);
    escape_put(b, span_of(d->merged ? "merged" : d->health[0] != '\0' ? d->health : "health unknown"));
    buf_put_char(b, '\n');
}

/* Part of the failure: told with -q, too. */
static void show_candidates(const struct report *r, const struct device_list *list)
{
    struct report loud = *r;
    struct buf b = buf_init(REPORT_MAX);
    loud.quiet = false;
    for (size_t i = 0; i < list->count; i++) {
        if (!list->at[i].merged) {
            put_device(&b, &list->at[i], name_columns(list));
        }
    }
    report_lines(&loud, &b);
}

void show_row(void *report, const struct release_row *row)
{
    struct report *r = report;
    bool failed = row->code != FAULT_NONE;
    if (r->json) {
        struct buf b = object_begin(row->input);
        put_row_members(&b, row);
        object_end(r, &b);
    } else if (!failed || release_action(row)->id[0] != '\0') {
        show_row_text(r, row); /* a failure too, where there is an action to ask for again */
    }
    if (r->summary != NULL) {
        summary_add(r->summary, row);
    }
    if (failed) {
        bool advised = r->brief && r->summary != NULL && !summary_is_news(r->summary, release_fault(row));
        (advised ? report_failure_line : report_failure)(r, release_fault(row));
        if (!r->json && row->candidates.count > 0) {
            show_candidates(r, &row->candidates);
        }
    }
}

static void put_url(struct buf *b, const struct call *call)
{
    url_put_origin(b, call->origin);
    buf_put(b, buf_span(&call->target));
}

static void put_request_member(struct buf *b, const struct call *call)
{
    struct buf url = buf_init(URL_MAX);
    put_url(&url, call);
    object_name(b, "request");
    buf_put_char(b, '{');
    object_text(b, "method", call->method);
    object_text(b, "url", buf_text(&url));
    object_name(b, "headers");
    buf_put_char(b, '{');
    for (size_t i = 0; i < call->field_count; i++) {
        object_name(b, call->fields[i].name);
        buf_put_format(b, "\"%s%s\"", call->fields[i].value, call->fields[i].secret != NULL ? "(hidden)" : "");
    }
    object_text(b, "Content-Type", call->content_type);
    buf_put_char(b, '}');
    object_name(b, "body");
    json_put_string_lossy(b, call->body);
    buf_put_char(b, '}');
    buf_free(&url);
}

static void put_request_text(struct buf *b, const struct call *call)
{
    buf_put_format(b, "         %s ", call->method);
    put_url(b, call);
    buf_put_char(b, '\n');
    for (size_t i = 0; i < call->field_count; i++) {
        buf_put_format(b, "         %s: %s%s\n", call->fields[i].name, call->fields[i].value,
                       call->fields[i].secret != NULL ? "(hidden)" : "");
    }
    buf_put_format(b, "         Content-Type: %s\n         ", call->content_type);
    escape_put(b, call->body);
    buf_put_char(b, '\n');
}

void show_planned(void *report, const struct release_row *row, const struct call *call)
{
    struct report *r = report;
    struct release_row planned = *row;
    planned.result = RELEASE_PLANNED;
    if (r->json) {
        struct buf b = object_begin(row->input);
        put_row_members(&b, &planned);
        put_request_member(&b, call);
        object_end(r, &b);
        return;
    }
    struct buf b = buf_init(REPORT_MAX);
    report_put_colored(r, &b, REPORT_GOOD, release_result_name(RELEASE_PLANNED));
    buf_put_text(&b, "  ");
    escape_put(&b, span_of(row->input));
    buf_put_text(&b, " (nothing was sent)\n");
    put_request_text(&b, call);
    report_result(r, &b);
}

void show_advice(void *report, const char *text)
{
    report_advice(report, text);
}

void show_others(const struct report *r, const char *input, const struct device_list *found, const struct device *chosen)
{
    struct buf b = buf_init(REPORT_MAX);
    buf_put_text(&b, "advice: ");
    escape_put(&b, span_of(input));
    buf_put_text(&b, ": the one record that is onboarded and active is taken; these are left alone:\n");
    for (size_t i = 0; i < found->count; i++) {
        if (&found->at[i] != chosen && !found->at[i].merged) {
            put_device(&b, &found->at[i], name_columns(found));
        }
    }
    report_lines(r, &b);
}

/* ---- find ---- */

static void show_record_json(struct report *r, const char *input, struct json record)
{
    struct json name;
    struct json value;
    struct json_walk walk = {0};
    struct buf b = object_begin(input);
    while (json_next_member(record, &walk, &name, &value)) {
        if (!json_is(name, "input")) {
            buf_put_char(&b, ',');
            json_put_value(&b, name);
            buf_put_char(&b, ':');
            json_put_value(&b, value);
        }
    }
    object_end(r, &b);
}

void show_record(struct report *r, const char *input, const struct device *device, struct json record)
{
    if (r->json) {
        show_record_json(r, input, record);
        return;
    }
    struct buf b = buf_init(REPORT_MAX);
    put_device(&b, device, NAME_COLUMNS_MOST);
    report_result(r, &b);
}

void show_find_fault(struct report *r, const char *input, const struct fault *f)
{
    if (r->json) {
        struct buf b = object_begin(input);
        object_fault(&b, f);
        object_end(r, &b);
    }
    report_failure(r, f);
}

/* ---- status ---- */

static void show_status_json(struct report *r, const struct device_status *status)
{
    const struct action *a = &status->action;
    struct buf b = object_begin(status->input);
    object_text(&b, "isolation", isolation_name(status->isolation));
    object_text(&b, "machineId", status->machine_id);
    object_text(&b, "computerDnsName", a->computer_name[0] != '\0' ? a->computer_name : status->computer_name);
    object_text(&b, "actionId", a->id);
    object_text(&b, "actionType", a->type);
    object_text(&b, "actionStatus", a->status_text);
    object_time(&b, "requested", a->requested);
    object_time(&b, "ended", a->ended);
    object_fault(&b, &status->fault);
    object_end(r, &b);
}

/*
 *     isolated  pc-042
 *               device 1e5bc9d7e413ddd7902c2932e418702b84d0cc07 pc-042.contoso.com
 *               Isolate 5382f7ea-7557-4ab7-9782-d50480024a4e, Succeeded
 *               asked for 2026-11-23 15:58 by someone@contoso.com
 */
static void show_status_text(struct report *r, const struct device_status *status)
{
    const struct action *a = &status->action;
    const char *state = isolation_name(status->isolation);
    const char *name = a->computer_name[0] != '\0' ? a->computer_name : status->computer_name;
    int indent = (int)strlen(state) + 2;
    struct buf b = buf_init(REPORT_MAX);
    report_put_colored(r, &b, status->isolation == ISOLATION_RELEASED ? REPORT_GOOD : REPORT_NOTE, state);
    buf_put_text(&b, "  ");
    escape_put(&b, span_of(status->input != NULL ? status->input : name));
    buf_put_format(&b, "\n%*sdevice ", indent, "");
    escape_put(&b, span_of(status->machine_id));
    buf_put_char(&b, ' ');
    escape_put(&b, span_of(status->input != NULL ? name : ""));
    buf_put_char(&b, '\n');
    put_action_line(&b, (size_t)indent, a->type, a);
    if (a->id[0] != '\0') {
        buf_put_format(&b, "%*sasked for ", indent, "");
        put_time(&b, a->requested);
        buf_put_text(&b, " by ");
        escape_put(&b, span_of(a->requestor));
        buf_put_char(&b, '\n');
    }
    report_result(r, &b);
}

void show_status(struct report *r, const struct device_status *status)
{
    bool failed = fault_is_set(&status->fault);
    if (r->json) {
        show_status_json(r, status);
    } else if (!failed) {
        show_status_text(r, status);
    }
    if (failed) {
        report_failure(r, &status->fault);
    }
}

/* ---- cancel ---- */

static const char *cancellation_name(const struct cancellation *c)
{
    if (!fault_is_set(&c->fault)) {
        return "cancelled";
    }
    return c->fault.code == FAULT_CONFLICT       ? "ended"
           : c->fault.code == FAULT_NOT_FOUND    ? "not-found"
           : c->fault.code == FAULT_PERMISSION   ? "denied"
                                                 : "error";
}

void show_cancellation(struct report *r, const struct cancellation *c)
{
    const struct action *a = &c->action;
    if (r->json) {
        struct buf b = object_begin(c->input);
        object_text(&b, "result", cancellation_name(c));
        object_text(&b, "machineId", a->machine_id);
        object_text(&b, "computerDnsName", a->computer_name);
        object_text(&b, "actionId", a->id[0] != '\0' ? a->id : c->input);
        object_text(&b, "actionStatus", a->status_text);
        object_time(&b, "requested", a->requested);
        object_time(&b, "ended", a->ended);
        object_fault(&b, &c->fault);
        object_end(r, &b);
    } else if (!fault_is_set(&c->fault)) {
        struct buf b = buf_init(REPORT_MAX);
        report_put_colored(r, &b, REPORT_GOOD, cancellation_name(c));
        buf_put_text(&b, "  ");
        escape_put(&b, span_of(c->input));
        buf_put_text(&b, "\n           ");
        escape_put(&b, span_of(a->type));
        buf_put_text(&b, " of device ");
        escape_put(&b, span_of(a->machine_id));
        buf_put_text(&b, "\n");
        report_result(r, &b);
    }
    if (fault_is_set(&c->fault)) {
        report_failure(r, &c->fault);
    }
}

/* ---- signing in ---- */

void show_prompt(void *report, const struct credential_prompt *prompt)
{
    struct report *r = report;
    char until[TIME_TEXT_SIZE];
    struct buf line = buf_init(REPORT_MAX);
    time_put_rfc3339(prompt->expires, until);
    buf_put_text(&line, "open ");
    buf_put_text(&line, prompt->url);
    buf_put_text(&line, " in a browser on any device and enter the code ");
    buf_put_text(&line, prompt->user_code);
    buf_put_format(&line, " (good until %s)", until);
    report_prompt(r, buf_text(&line));
    buf_free(&line);
    if (r->json) {
        struct buf event = buf_init(REPORT_MAX);
        buf_put_char(&event, '{');
        object_text(&event, "event", "device-code");
        object_text(&event, "userCode", prompt->user_code);
        object_text(&event, "verificationUri", prompt->url);
        object_time(&event, "expires", prompt->expires);
        object_end(r, &event);
    }
}

static void put_token_members(struct buf *b, struct span token, const struct claims *claims)
{
    struct span rest = span_of(claims->permissions);
    struct span role;
    object_name(b, "token");
    json_put_string_lossy(b, token);
    object_time(b, "expires", claims->expires);
    object_text(b, "audience", claims->audience);
    object_name(b, "roles");
    for (char before = '['; span_next(&rest, ' ', &role); before = ',') {
        buf_put_char(b, before);
        json_put_string_lossy(b, role);
    }
    buf_put_text(b, claims->permissions[0] != '\0' ? "]" : "[]");
}

void show_token(struct report *r, const struct secret *token, const struct claims *claims)
{
    struct buf b = buf_init(REPORT_MAX);
    if (r->json) {
        buf_put_char(&b, '{');
        put_token_members(&b, secret_reveal(token), claims);
        buf_put_char(&b, '}');
    } else {
        buf_put(&b, secret_reveal(token));
    }
    buf_put_char(&b, '\n');
    report_result(r, &b);
    if (os_is_terminal(OS_OUT)) {
        report_advice(r, "who has this token can release devices until it expires: clear the screen, or send it to a file");
    }
}
