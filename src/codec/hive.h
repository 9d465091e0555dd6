/*
 * hive.h - one text value out of a Windows registry hive: the file as it lies on a disk, of a Windows that does not run.
 *
 * Does      walk from the root through named keys; give a value of type REG_SZ.
 * Not here  files (os/os.h), which key (mde/offline.h). What stands in the hive's log files only is not seen.
 * Limits    HIVE_TEXT_MAX bytes of a value; lists of keys and lists of such lists, no deeper; a damaged file ends within a second.
 * Rules     the regf format, which the vendor does not document: "Windows NT Registry File (REGF) format specification" of libregf
 *           and M. Suhanov's "Windows registry file format specification" (read 2026-11-23).
 */
#ifndef CODEC_HIVE_H
#define CODEC_HIVE_H

#include "base/fault.h"

enum { HIVE_TEXT_MAX = 1024, HIVE_BLOCK = 8 * 1024 };

/* Read up to `room` bytes of the file from `offset` on; *got less than that: it ends there. */
typedef bool hive_read(void *context, uint64_t offset, char *to, size_t room, size_t *got, struct fault *f);

/*
 * Append the text of a value, which must be of ASCII.
 *
 * keys   names from the root on, `count` of them; compared without case
 *
 * FAULT_NOT_FOUND: there is no such key or value; FAULT_FILE: no hive, or a damaged one; what `read` says.
 */
bool hive_text(hive_read *read, void *context, const char *const *keys, size_t count, const char *value, struct buf *to,
               struct fault *f) MUST_CHECK;

#endif
