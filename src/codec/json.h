/*
 * json.h - JSON texts: checked once as a whole, then read in place.
 *
 * Does      check a text against RFC 8259 strictly; find members and elements; decode strings and numbers.
 * Not here  writing (json_write.h), what members mean.
 * Limits    JSON_DEPTH_MAX levels; no tree is built: a value is a span of the checked text, which must outlive it.
 * Rules     RFC 8259, strictly: UTF-8 only, no byte order mark, no comments, no trailing commas, nothing after the value.
 *           A member that stands twice is counted, never chosen.
 */
#ifndef CODEC_JSON_H
#define CODEC_JSON_H

#include "base/fault.h"

enum { JSON_DEPTH_MAX = 64 };

enum json_kind { JSON_NONE, JSON_NULL, JSON_FALSE, JSON_TRUE, JSON_NUMBER, JSON_STRING, JSON_ARRAY, JSON_OBJECT };

/* A value inside a checked text. Zeroed: no value. */
struct json {
    enum json_kind kind;
    struct span raw; /* the value's own bytes, without blanks around */
};

/* Check the whole text. False: FAULT_ANSWER with the byte offset and what was expected. */
bool json_parse(struct span text, struct json *value, struct fault *f) MUST_CHECK;

/* How many members of `object` have this name (names are compared decoded); *value gets the first one. 0 when it is no object. */
size_t json_member(struct json object, const char *name, struct json *value);

/* Step through an array, or through an object's members: start with a zeroed walk. False at the end. */
struct json_walk {
    size_t at; /* offset of the next item in raw, 0 before the first */
};
bool json_next(struct json array, struct json_walk *walk, struct json *element);
bool json_next_member(struct json object, struct json_walk *walk, struct json *name, struct json *value);

/* Append the decoded string as UTF-8. False: no string, or a lone surrogate in it, or `to` is full. */
bool json_put_decoded(struct buf *to, struct json string) MUST_CHECK;

/* The decoded string equals text. */
bool json_is(struct json string, const char *text);

/*
 * A whole number without fraction or exponent, also written as a string of digits (Azure writes "3599").
 * False otherwise or if out of range; *number is then untouched.
 */
bool json_integer(struct json value, int64_t *number);

/*
 * The decoded text of a string member into a NUL-terminated field, cut at its size at a character boundary; "" where the member is
 * missing, null, no string, or stands more than once. True when it was there, once, and a string. Kept by fault_keep(): a secret that a
 * service repeats is masked, and a NUL is a blank.
 */
bool json_text(struct json object, const char *name, char *field, size_t field_size);

#endif
