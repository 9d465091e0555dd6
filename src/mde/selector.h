/*
 * selector.h - how the user names a device.
 *
 * Does      tell the forms apart; check each.
 * Not here  finding the device (device.h).
 * Limits    SELECTOR_MAX bytes.
 * Rules     contract section 2. A prefix decides ("name:status"); without one: 40 hex digits are a device id, a GUID an Entra id,
 *           an IP literal an address, everything else a name.
 */
#ifndef MDE_SELECTOR_H
#define MDE_SELECTOR_H

#include "base/fault.h"

enum { SELECTOR_MAX = 255, DEVICE_ID_SIZE = 40, GUID_SIZE = 36 };

enum selector_kind { SELECT_ID, SELECT_ENTRA, SELECT_IP, SELECT_NAME, SELECT_TAG, SELECT_SELF };

struct selector {
    enum selector_kind kind;
    char value[SELECTOR_MAX + 1]; /* without prefix; ids and GUIDs in lower case; "" for this host itself */
};

/* FAULT_USAGE: empty, too long, no UTF-8, control characters, or not what its prefix says. */
bool selector_read(struct selector *s, const char *text, struct fault *f) MUST_CHECK;

/* What two selectors of one kind have in common, case aside, if they name the same: the value without the dot behind a name. */
struct span selector_key(const struct selector *s);

/* True for 8-4-4-4-12 hexadecimal digits. */
bool selector_is_guid(struct span text);

#endif
