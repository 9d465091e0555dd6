/*
 * version.h - which build this is.
 *
 * Does      hold what build.sh says of the build; only version.c sees its macros, so that a new
 *           commit compiles one file again.
 * Not here  printing (manual.h).
 */
#ifndef CLI_VERSION_H
#define CLI_VERSION_H

#include <stdint.h>

struct version {
    const char *number;     /* "0.1.0" */
    const char *commit;     /* "unknown" for a build outside git, as the others */
    const char *target;     /* "x86_64-linux" */
    const char *mbedtls;    /* "3.6.7" */
    const char *user_agent; /* "unisolate/0.1.0" */
    int64_t built;          /* seconds since 1970: time of the commit; 0 where unknown */
};

extern const struct version version;

#endif
