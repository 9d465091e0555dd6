/*
 * progress.c - how far a run has got; see progress.h.
 */
#include "cli/progress.h"

#include "base/trace.h"
#include "cli/count.h"
#include "cli/summary.h"
#include "os/os.h"

struct counts {
    size_t good, waiting, failed;
    const char *status; /* of the last one that waits */
};

static struct counts count_rows(const struct release *r)
{
    struct counts c = {.status = ""};
    for (size_t i = 0; i < r->count; i++) {
        const struct release_row *row = &r->rows[i];
        bool ended = row->stage == STAGE_DONE;
        bool good = ended && summary_is_good(row->result);
        c.good += good;
        c.failed += ended && !good;
        c.waiting += row->stage == STAGE_FOLLOW;
        c.status = row->stage == STAGE_FOLLOW ? release_action(row)->status_text : c.status;
    }
    return c;
}

static void put_part(struct buf *b, size_t number, const char *text)
{
    if (number > 0) {
        buf_put_text(b, ", ");
        count_put(b, number);
        buf_put_text(b, text);
    }
}

/* What the pace needs for the calls that are left, or what they take at the speed so far: whichever is longer. */
static uint64_t left_ms(const struct progress *p, size_t done, size_t left, uint64_t now_ms)
{
    uint64_t last_ms;
    uint64_t seen_ms = done > 0 ? (now_ms - p->began_ms) * left / done : 0;
    (void)pace_room(&p->session->client.pace, now_ms, UINT64_MAX, left * p->calls, &last_ms);
    return last_ms - now_ms > seen_ms ? last_ms - now_ms : seen_ms;
}

/*
 * "412 of 1,500 devices: 400 accepted, 12 failed; 97 calls/min, 11:20 left"
 * "looking up 1,500 devices: 0:12, 20 calls/min"
 */
static void put_running(struct buf *b, const struct progress *p, uint64_t now_ms)
{
    struct counts c = count_rows(p->release);
    size_t count = p->releasing ? p->release->count : p->devices;
    size_t done = c.good + c.failed + c.waiting;
    size_t rate = pace_rate(&p->session->client.pace, now_ms);
    if (!p->releasing) {
        buf_put_text(b, "looking up ");
        count_put(b, count);
        buf_put_text(b, " devices: ");
        count_put_clock(b, now_ms - p->began_ms);
        put_part(b, rate, " calls/min");
        return;
    }
    count_put(b, done);
    buf_put_text(b, " of ");
    count_put(b, count);
    buf_put_text(b, " devices: ");
    count_put(b, c.good + c.waiting);
    buf_put_text(b, " accepted");
    put_part(b, c.failed, " failed");
    buf_put_text(b, "; ");
    count_put(b, rate);
    buf_put_text(b, " calls/min");
    if (done < count) {
        buf_put_text(b, ", ");
        count_put_clock(b, left_ms(p, done, count - done, now_ms));
        buf_put_text(b, " left");
    }
}

static void tick(void *context)
{
    struct progress *p = context;
    uint64_t now_ms = os_monotonic_ms();
    bool terminal = os_is_terminal(OS_ERR);
    bool trace_now = !terminal && trace_is_on(TRACE_STEPS) && now_ms - p->traced_ms >= PROGRESS_TRACE_MS;
    if (now_ms - p->began_ms < PROGRESS_FIRST_MS || (!terminal && !trace_now)) {
        return;
    }
    struct buf line = buf_init(200);
    put_running(&line, p, now_ms);
    if (trace_now) {
        p->traced_ms = now_ms;
        trace(TRACE_STEPS, "%s", buf_text(&line));
    } else {
        report_progress(p->report, buf_text(&line));
    }
    buf_free(&line);
}

void progress_begin(struct progress *p, struct session *s, const struct release *release, struct report *report, size_t devices,
                    size_t look_ups, size_t calls)
{
    uint64_t now_ms = os_monotonic_ms();
    *p = (struct progress){
        .session = s, .release = release, .report = report, .devices = devices, .calls = calls, .began_ms = now_ms, .traced_ms = now_ms,
    };
    session_plan(s, report, devices, look_ups + devices * calls);
    if (devices > 1) {
        client_set_tick(&s->client, tick, p);
    }
}

void progress_release(struct progress *p)
{
    size_t devices = p->release->count - p->release->told; /* those in front may have failed already */
    p->releasing = true;
    session_plan(p->session, p->report, devices, devices * p->calls);
    if (devices > 1) {
        client_set_tick(&p->session->client, tick, p); /* one tag may have named many */
    }
}

void progress_end(struct progress *p)
{
    if (p->session != NULL) {
        client_set_tick(&p->session->client, NULL, NULL);
    }
}

/* "waiting 0:24 of 10:00: Pending", or "waiting 0:24 of 10:00: 3 of 5 devices, 1 released, 1 failed" */
void progress_follow(void *report, const struct release *release, uint64_t elapsed_ms)
{
    struct buf line = buf_init(300);
    struct counts c = count_rows(release);
    buf_put_text(&line, "waiting ");
    count_put_clock(&line, elapsed_ms);
    buf_put_text(&line, " of ");
    count_put_clock(&line, release->settings.wait_ms);
    buf_put_text(&line, ": ");
    if (release->count == 1) {
        buf_put_text(&line, c.status);
    } else {
        count_put(&line, c.waiting);
        buf_put_text(&line, " of ");
        count_put(&line, release->count);
        buf_put_text(&line, " devices");
        put_part(&line, c.good, " released");
        put_part(&line, c.failed, " failed");
    }
    report_progress(report, buf_text(&line));
    buf_free(&line);
}
