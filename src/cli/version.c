/*
 * version.c - which build this is; see version.h.
 */
#include "cli/version.h"

#ifndef UNISOLATE_VERSION
#define UNISOLATE_VERSION "unknown"
#endif
#ifndef UNISOLATE_COMMIT
#define UNISOLATE_COMMIT "unknown"
#endif
#ifndef UNISOLATE_TARGET
#define UNISOLATE_TARGET "unknown"
#endif
#ifndef UNISOLATE_MBEDTLS
#define UNISOLATE_MBEDTLS "unknown"
#endif
#ifndef UNISOLATE_BUILD_EPOCH
#define UNISOLATE_BUILD_EPOCH 0
#endif

const struct version version = {
    UNISOLATE_VERSION,
    UNISOLATE_COMMIT,
    UNISOLATE_TARGET,
    UNISOLATE_MBEDTLS,
    "unisolate/" UNISOLATE_VERSION,
    UNISOLATE_BUILD_EPOCH,
};
