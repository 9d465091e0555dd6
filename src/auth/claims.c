/*
 * claims.c - what an access token says of itself; see claims.h.
 */
#include "auth/claims.h"

#include "base/fault.h"
#include "base/format.h"
#include "codec/base64.h"
#include "codec/json.h"
#include "codec/time_text.h"
#include "net/clock.h"

/* The names under which the Defender for Endpoint API (WindowsDefenderATP) is known as an audience. */
static const char *const audiences[] = {
    "https://api.securitycenter.microsoft.com",
    "https://api.securitycenter.windows.com",
    "https://securitycenter.onmicrosoft.com/windowsatpservice",
    "https://securitycenter.onmicrosoft.us/windowsatpservice",
    "https://api-gcc.securitycenter.microsoft.us",
    "https://api-gov.securitycenter.microsoft.us",
    "fc780465-2017-40d4-a0c5-307022471b92",
};

static void add_permission(struct buf *to, struct json name)
{
    size_t before = to->size;
    if (before > 0) {
        buf_put_char(to, ' ');
    }
    if (!json_put_decoded(to, name)) {
        to->size = before;
    }
}

static void read_permissions(struct json payload, struct claims *c)
{
    struct buf names = buf_init(CLAIMS_PAYLOAD_MAX);
    struct json value;
    struct json role;
    struct json_walk walk = {0};
    if (json_member(payload, "roles", &value) == 1) {
        while (value.kind == JSON_ARRAY && json_next(value, &walk, &role)) {
            add_permission(&names, role);
        }
    }
    if (json_member(payload, "scp", &value) == 1) {
        add_permission(&names, value);
    }
    fault_keep(c->permissions, sizeof c->permissions, buf_span(&names));
    buf_free(&names);
}

static void read_payload(struct json payload, struct claims *c)
{
    struct json value;
    (void)json_text(payload, "aud", c->audience, sizeof c->audience);
    (void)json_text(payload, "tid", c->tenant, sizeof c->tenant);
    if (json_member(payload, "exp", &value) != 1 || !json_integer(value, &c->expires)) {
        c->expires = 0;
    }
    read_permissions(payload, c);
}

bool claims_read(const struct secret *token, struct claims *c)
{
    struct span rest = secret_reveal(token);
    struct span header;
    struct span payload;
    struct json value = {0};
    struct fault ignored = {0};
    struct buf text = buf_init(CLAIMS_PAYLOAD_MAX);
    *c = (struct claims){0};
    bool ok = span_next(&rest, '.', &header) && span_next(&rest, '.', &payload) && base64url_decode(payload, &text) &&
              json_parse(buf_span(&text), &value, &ignored) && value.kind == JSON_OBJECT;
    if (ok) {
        read_payload(value, c);
    }
    buf_free(&text);
    return ok;
}

bool claims_allow(const struct claims *c, const char *permission)
{
    struct span rest = span_of(c->permissions);
    struct span one;
    while (span_next(&rest, ' ', &one)) {
        if (span_equal_nocase(one, span_of(permission))) {
            return true;
        }
    }
    return false;
}

static struct span without_slash(struct span s)
{
    return span_ends(s, SPAN("/")) ? span_cut(s, 0, s.size - 1) : s;
}

static bool is_right_audience(const struct claims *c, const char *scope)
{
    struct span audience = without_slash(span_of(c->audience));
    struct span wanted = span_of(scope);
    if (span_ends(wanted, SPAN("/.default"))) {
        wanted = span_cut(wanted, 0, wanted.size - (sizeof "/.default" - 1));
    }
    bool right = span_equal_nocase(audience, without_slash(wanted));
    for (size_t i = 0; !right && i < sizeof audiences / sizeof audiences[0]; i++) {
        right = span_equal_nocase(audience, span_of(audiences[i]));
    }
    return right;
}

bool claims_advise(const struct claims *c, const char *scope, int64_t now, char *advice, size_t advice_size)
{
    advice[0] = '\0';
    if (c->expires != 0 && c->expires <= now) {
        char expired[TIME_TEXT_SIZE];
        char clock[TIME_TEXT_SIZE];
        time_put_rfc3339(c->expires, expired);
        time_put_rfc3339(now, clock);
        format_text(advice, advice_size, "the token expired at %s, and %s says %s: get a new one", expired, clock_name(), clock);
    } else if (c->audience[0] != '\0' && !is_right_audience(c, scope)) {
        format_text(advice, advice_size, "the token is for %s: ask for one with the scope %s", c->audience, scope);
    } else if (!claims_allow(c, "Machine.Isolate")) {
        format_text(advice, advice_size, "the token holds no Machine.Isolate (it holds: %s): the application needs that "
                    "WindowsDefenderATP permission, with admin consent", c->permissions[0] != '\0' ? c->permissions : "nothing");
    }
    return advice[0] != '\0';
}
