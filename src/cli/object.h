/*
 * object.h - one JSON object a line: its members.
 *
 * Does      append members to an object that begins with '{'; what is not known is null, never missing.
 * Not here  which members a result has (show.c).
 * Rules     contract section 5. All text is ASCII: the rest is escaped.
 */
#ifndef CLI_OBJECT_H
#define CLI_OBJECT_H

#include "base/fault.h"
#include "codec/json.h"

/* "name": and a comma in front where it is not the first; a value has to follow. */
void object_name(struct buf *b, const char *name);

/* NULL and "" are null. */
void object_text(struct buf *b, const char *name, const char *text);

/* Seconds since 1970 as RFC 3339; 0 is null. */
void object_time(struct buf *b, const char *name, int64_t unix_seconds);

/* The member "error": null, or {"name","exit","message","code","target","advice"}. */
void object_fault(struct buf *b, const struct fault *f);

#endif
