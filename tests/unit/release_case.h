/*
 * release_case.h - one device's way through a release, as a row of a table: what the service answers, and what becomes of the row.
 *
 * Does      run a release of one device against a script (api_peer.h) and compare everything that its row tells.
 * Rules     include it behind unit.h.
 */
#ifndef UNIT_RELEASE_CASE_H
#define UNIT_RELEASE_CASE_H

#include "api_peer.h"
#include "mde/release.h"

struct release_case {
    const char *name;
    struct api_step steps[14];      /* all of which have to be used, and no other */
    enum release_result result;
    enum fault_code code;
    const char *action_id;          /* "" where none is known */
    const char *words;              /* in the fault's text, or NULL */
    const char *advice;             /* in its advice, or NULL: anything */
    uint64_t wait_seconds;
    bool cancel_isolate, renews;
    unsigned retries;
};

static struct release release;
static struct fault run_fault;
static unsigned renewals;
static bool renewal_fails;
static struct seen {
    struct action action;
    struct fault fault;
    size_t candidates;
} seen[32];                         /* what the first rows owned when they were told */
static char told[8000];             /* inputs, in the order in which they were told */
static char advised[500];           /* lines of advice for the whole run */

static inline bool case_renew(void *context, struct fault *f)
{
    (void)context;
    renewals++;
    return renewal_fails ? fault_set(f, FAULT_SIGN_IN, "no") : secret_copy(&api_bearer, SPAN("second-token"));
}

static inline void case_done(void *context, const struct release_row *row)
{
    size_t used = strlen(told);
    (void)context;
    size_t number = (size_t)(row - release.rows);
    CHECK_EQUAL_INT(row->stage, STAGE_DONE);
    if (number < COUNT_OF(seen)) {
        seen[number] = (struct seen){*release_action(row), *release_fault(row), row->candidates.count};
    }
    snprintf(told + used, sizeof told - used, "%s ", row->input);
}

static inline void case_advise(void *context, const char *text)
{
    (void)context;
    snprintf(advised + strlen(advised), sizeof advised - strlen(advised), "%s\n", text);
}

/* A table of these devices, behind api_begin(). */
static inline void release_begin(const char *const *devices, size_t count)
{
    bool added;
    run_fault = (struct fault){0};
    renewals = 0;
    renewal_fails = false;
    told[0] = advised[0] = '\0';
    memset(seen, 0, sizeof seen);
    release = (struct release){.settings = {.comment = "why", .done = case_done, .advise = case_advise}};
    for (size_t i = 0; i < count; i++) {
        CHECK(release_add(&release, devices[i], devices[i], "", &added, &run_fault) && added);
    }
}

static inline bool release_go(void)
{
    return release_run(&release, &api, &run_fault);
}

static inline void release_end(void)
{
    release_free(&release);
    CHECK(release.rows == NULL && release.count == 0);
}

static inline void case_begin(const struct release_case *c)
{
    static const char *const device[] = {ID1};
    unit_row("%s", c->name);
    api_begin(c->steps, c->retries);
    release_begin(device, 1);
    api.renew = c->renews ? case_renew : NULL;
    release.settings.wait_ms = c->wait_seconds * 1000;
    release.settings.cancel_isolate = c->cancel_isolate;
}

static inline void case_check(const struct release_case *c)
{
    const struct release_row *row = &release.rows[0];
    const struct fault *fault = &seen[0].fault;
    const char *advice = fault_advice(fault);
    CHECK(row->fault == NULL && row->action == NULL && row->candidates.at == NULL);
    CHECK_EQUAL_INT(fault->code, row->code);
    CHECK_EQUAL_INT(row->stage, STAGE_DONE);
    CHECK_EQUAL_TEXT(release_result_name(row->result), release_result_name(c->result));
    CHECK_EQUAL_INT(row->code, c->code);
    CHECK_EQUAL_TEXT(seen[0].action.id, c->action_id);
    CHECK_EQUAL_TEXT(told, ID1 " ");
    CHECK_EQUAL_INT(release_status(&release), fault_status(c->code));
    CHECK_EQUAL_INT(renewals, c->renews);
    CHECK(c->code == FAULT_NONE || span_starts(span_of(fault->text), SPAN(ID1 ": ")));
    if (c->words != NULL && !span_contains(span_of(fault->text), span_of(c->words))) {
        CHECK_EQUAL_TEXT(fault->text, c->words);
    }
    if (c->advice != NULL && !span_contains(span_of(advice), span_of(c->advice))) {
        CHECK_EQUAL_TEXT(advice, c->advice);
    }
}

static inline void run_cases(const struct release_case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        case_begin(&cases[i]);
        CHECK(release_go());
        case_check(&cases[i]);
        release_end();
        api_end();
    }
}

#endif
