/*
 * offline.h - the device id of a Windows that does not run, from its disk.
 *
 * Does      read the value senseId in the registry hive of another Windows: `self:DRIVE:`, or on other systems the folder that the
 *           disk is mounted on.
 * Rules     nothing is written there: the hive is read as a file, not loaded by the system, which would change it. The
 *           vendor's own client analyzer reads the id there.
 */
#ifndef MDE_OFFLINE_H
#define MDE_OFFLINE_H

#include "base/fault.h"

/*
 * Append the id as it stands there.
 *
 * root   a drive ("D:"), or a folder
 *
 * FAULT_NOT_FOUND: that Windows has no sensor, or it is not onboarded. FAULT_FILE: there is no Windows, it may not be read, it is damaged.
 */
bool offline_sensor_id(const char *root, struct buf *to, struct fault *f) MUST_CHECK;

#endif
