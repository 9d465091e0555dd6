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

/* The URL that the option called `name` gives, else the cloud's. */
static bool choose_url(const struct options *o, const char *name, const char *given,
                       const char *standard, struct url *u, struct fault *f)
{
    const char *giver = options_giver(o, name);
    return read_url(given != NULL ? given : standard, u, f) ||
           fault_place(f, "%s", giver != NULL ? giver : name);
}

/* One scope: printable ASCII without blank, quote and backslash (RFC 6749 section 3.3). */
static bool check_scope(const struct options *o, const char *scope, struct fault *f)
{
    const char *giver = options_giver(o, "--scope");
    for (const char *at = scope; *at != '\0'; at++) {
        if (*at <= ' ' || *at > '~' || *at == '"' || *at == '\\') {
            fault_set(f, FAULT_USAGE, "'%s' is no scope", scope);
            return fault_place(f, "%s", giver != NULL ? giver : "--scope");
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
    return check_scope(o, authority->scope, f) &&
           choose_url(o, "--authority", o->authority, cloud->authority, &authority->url, f) &&
           choose_url(o, "--api-url", o->api_url, api_text, api, f);
}
