/*
 * device.h - from a selector to the device records that it names, and to exactly one of them.
 *
 * Does      ask the service with a filter; compare every record again here, whole and without case; choose, or refuse to.
 * Not here  what is done with a device (release.h, isolation.h).
 * Limits    DEVICE_LIST_MAX devices of one selector.
 * Rules     contract section 2; defender-docs api/get-machines.md, find-machines-by-ip.md, find-machines-by-tag.md, machine.md,
 *           exposed-apis-odata-samples.md (machineTags/any), fix-unhealthy-sensors.md for duplicates (read 2026-11-23).
 *           Never part of a name, never the first hit.
 */
#ifndef MDE_DEVICE_H
#define MDE_DEVICE_H

#include "base/index.h"
#include "mde/api.h"
#include "mde/selector.h"

enum { DEVICE_LIST_MAX = 100000 };

struct device {
    char id[DEVICE_ID_SIZE + 1];
    char name[256];         /* computerDnsName */
    char health[40];        /* healthStatus: "Active", "Inactive", ... */
    char onboarding[24];    /* onboardingStatus: "Onboarded", ... */
    int64_t last_seen;      /* seconds since 1970; 0: unknown. The last full report, which comes about once a day */
    bool merged;            /* mergedIntoMachineId is set: a record of the past */
};

struct device_list {
    struct device *at;      /* owned */
    size_t count, capacity;
    struct index ids;
};

/* Take a record apart. FAULT_ANSWER: it has no device id. */
bool device_read(struct device *d, struct json record, struct fault *f) MUST_CHECK;

/* Whether a record fits a selector, which is not SELECT_SELF: compared here, whole and without case, whatever the service's filter did. */
bool device_fits(const struct selector *s, const struct device *d, struct json record);

/*
 * Turn SELECT_SELF into SELECT_ID by asking the sensor of this host, or the disk of another Windows; other selectors stay as they
 * are. FAULT_NOT_FOUND: there is no sensor, or it is not onboarded. FAULT_FILE: that disk cannot be read.
 */
bool device_resolve_self(struct selector *s, struct fault *f) MUST_CHECK;

/* Called for each record that the selector names, merged ones too; `record` is the service's own. False ends the search with f. */
typedef bool device_visit(void *context, const struct device *device, struct json record, struct fault *f);

/* Visit every record that the selector names. None is no fault. */
bool device_search(struct api *a, const struct selector *s, device_visit *visit, void *context, struct fault *f) MUST_CHECK;

/* The same, collected. */
bool device_find(struct api *a, const struct selector *s, struct device_list *found, struct fault *f) MUST_CHECK;

/*
 * The one device: merged records are left out; of several the only one that is onboarded and active. FAULT_NOT_FOUND, FAULT_AMBIGUOUS.
 * *others: how many records besides it were not merged.
 */
bool device_choose(const struct device_list *found, const struct device **chosen, size_t *others, struct fault *f) MUST_CHECK;

/* Add a device that is not in the list yet. FAULT_MEMORY. */
bool device_list_add(struct device_list *list, const struct device *device, struct fault *f) MUST_CHECK;

bool device_is_active(const struct device *d);

void device_list_free(struct device_list *list);

#endif
