/*
 * cloud.h - clouds and regions: which hosts a release talks to.
 *
 * Does      one table of clouds, one of regions; apply what the user overrides; check that every
 *           URL is https.
 * Not here  which names the options take (options.c asks these tables); opening connections (net/).
 * Rules     defender-docs defender-endpoint/gov.md, api/exposed-apis-list.md and
 *           includes/improve-request-performance.md (read 2026-11-23): the commercial cloud's scope
 *           stays https://api.securitycenter.microsoft.com/.default whichever API host is used.
 */
#ifndef CLI_CLOUD_H
#define CLI_CLOUD_H

#include "cli/options.h"

struct cloud_row {
    const char *name;
    const char *authority; /* "https://login.microsoftonline.com" */
    const char *api;       /* "https://api.security.microsoft.com" */
    const char *scope;
};

struct region_row {
    const char *name;
    const char *api;
};

/* Both end with a row whose name is NULL. */
extern const struct cloud_row cloud_rows[];
extern const struct region_row region_rows[];

/*
 * Where to go: what the user names, else the region, else the cloud.
 *
 * authority, api   out: their texts are borrowed from the options or the tables; a path has no
 *                  slash at its end
 * The authority may lack its scheme: it is then https, as azure-identity for Python takes it.
 *
 * FAULT_USAGE: unknown cloud or region, a region outside the commercial cloud, a scope that is
 * none, a URL that is malformed, not https, or has a user name, query or fragment. It begins with
 * the option or variable that gave the value.
 */
bool cloud_choose(const struct options *o, struct authority *authority, struct url *api,
                  struct fault *f) MUST_CHECK;

#endif
