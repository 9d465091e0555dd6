/*
 * cloud.c - clouds and regions; see cloud.h.
 */
#include "cli/cloud.h"

#include <string.h>

#define LOGIN_WORLD "https://login.microsoftonline.com"
#define LOGIN_USGOV "https://login.microsoftonline.us"
#define SCOPE_WORLD "https://api.securitycenter.microsoft.com/.default"
#define API_GCC "https://api-gcc.securitycenter.microsoft.us"
#define API_GOV "https://api-gov.securitycenter.microsoft.us"

/*
 * GCC signs in at the commercial host. No page names the scopes of the government clouds: others'
 * clients ask for the API's own host.
 */
const struct cloud_row cloud_rows[] = {
    {"commercial", LOGIN_WORLD, "https://api.security.microsoft.com", SCOPE_WORLD},
    {"gcc", LOGIN_WORLD, API_GCC, API_GCC "/.default"},
    {"gcc-high", LOGIN_USGOV, API_GOV, API_GOV "/.default"},
    {"dod", LOGIN_USGOV, API_GOV, API_GOV "/.default"},
    {NULL, NULL, NULL, NULL},
};

const struct region_row region_rows[] = {
    {"us", "https://us.api.security.microsoft.com"},
    {"eu", "https://eu.api.security.microsoft.com"},
    {"uk", "https://uk.api.security.microsoft.com"},
    {"au", "https://au.api.security.microsoft.com"},
    {"swa", "https://swa.api.security.microsoft.com"},
    {"ina", "https://ina.api.security.microsoft.com"},
    {NULL, NULL},
};

static bool find_cloud(const char *name, const struct cloud_row **cloud, struct fault *f)
{
    for (*cloud = cloud_rows; name != NULL && (*cloud)->name != NULL; ++*cloud) {
        if (strcmp(name, (*cloud)->name) == 0) {
            return true;
        }
    }
    return name == NULL || fault_set(f, FAULT_USAGE, "--cloud: no cloud is called '%s'", name);
}

/* The API's URL as the cloud and region say. */
static bool find_api(const struct cloud_row *cloud, const char *region, const char **api,
                     struct fault *f)
{
    *api = cloud->api;
    if (region == NULL) {
        return true;
    }
    if (cloud != cloud_rows) {
        return fault_set(f, FAULT_USAGE, "--region: the %s cloud has no regions", cloud->name);
    }
    for (const struct region_row *row = region_rows; row->name != NULL; row++) {
        if (strcmp(region, row->name) == 0) {
            *api = row->api;
            return true;
        }
    }
    return fault_set(f, FAULT_USAGE, "--region: no region is called '%s'", region);
}

/* Slashes at the end mean nothing: what is asked for is put behind. */
static void trim_slashes(struct span *path)
{
    while (path->size > 0 && path->at[path->size - 1] == '/') {
        path->size--;
    }
}

static bool read_url(const char *text, struct url *u, struct fault *f)
{
    struct span whole = span_of(text);
    if (!url_parse(whole, u, f)) {
        return false;
    }
    if (!u->https) {
        return fault_set(f, FAULT_USAGE, "only https is allowed");
    }
    if (u->has_userinfo) {
        return fault_set(f, FAULT_USAGE, "a URL with a user name is not allowed");
    }
    if (span_find(whole, '?') < whole.size || span_find(whole, '#') < whole.size) {
        return fault_set(f, FAULT_USAGE, "a URL with '?' or '#' is not allowed");
    }
    trim_slashes(&u->target);
    return true;
}

/* Some of Microsoft's clients take a sign-in host without a scheme: what is set up for them works. */
static bool read_authority(const char *text, struct url *u, struct fault *f)
{
    static const struct span scheme = {"https://", 8};
    struct buf whole = buf_init(URL_MAX);
    if (span_contains(span_of(text), SPAN("://"))) {
        return read_url(text, u, f);
    }
    buf_put(&whole, scheme);
    buf_put_text(&whole, text);
    bool ok = read_url(buf_text(&whole), u, f);
    /* what it borrows must outlive `whole` */
    size_t at = ok && u->target.size > 0 ? (size_t)(u->target.at - whole.at) - scheme.size : 0;
    u->target = at > 0 ? span_make(text + at, u->target.size) : (struct span){0};
    buf_free(&whole);
    return ok;
}

/* Put the option's or variable's name in front of a fault. */
static bool place(const struct options *o, const char *name, struct fault *f)
{
    const char *giver = options_giver(o, name);
    return fault_place(f, "%s", giver != NULL ? giver : name);
}

/* One scope: printable ASCII without blank, quote and backslash (RFC 6749 section 3.3). */
static bool check_scope(const struct options *o, const char *scope, struct fault *f)
{
    for (const char *at = scope; *at != '\0'; at++) {
        if (*at <= ' ' || *at > '~' || *at == '"' || *at == '\\') {
            fault_set(f, FAULT_USAGE, "'%s' is no scope", scope);
            return place(o, "--scope", f);
        }
    }
    return true;
}

bool cloud_choose(const struct options *o, struct authority *authority, struct url *api,
                  struct fault *f)
{
    const struct cloud_row *cloud;
    const char *api_text;
    if (!find_cloud(o->cloud, &cloud, f) || !find_api(cloud, o->region, &api_text, f)) {
        return false;
    }
    authority->scope = o->scope != NULL ? o->scope : cloud->scope;
    const char *authority_text = o->authority != NULL ? o->authority : cloud->authority;
    return check_scope(o, authority->scope, f) &&
           (read_authority(authority_text, &authority->url, f) || place(o, "--authority", f)) &&
           (read_url(o->api_url != NULL ? o->api_url : api_text, api, f) || place(o, "--api-url", f));
}
