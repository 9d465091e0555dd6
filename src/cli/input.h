/*
 * input.h - the devices, or actions, that the user names: operands, standard input, a file.
 *
 * Does      read and check every one of them before anything is sent; leave out what is named twice; keep them in little memory.
 * Not here  what a list looks like (codec/lines.h) or a selector (mde/selector.h), looking it up (mde/lookup.h).
 * Limits    INPUT_FILE_MAX bytes of a file. About 30 bytes a device are kept.
 * Rules     contract section 2. A header line is known by its first field: one of the names that Defender's own exports and API give the
 *           column of ids or names, as first line of a list. A line that begins with '-' is a fault. Of lines that are wrong the first
 *           INPUT_BAD_SHOWN are told, each with its number.
 */
#ifndef CLI_INPUT_H
#define CLI_INPUT_H

#include "cli/report.h"
#include "mde/selector.h"

enum { INPUT_FILE_MAX = 64 * 1024 * 1024, INPUT_BAD_SHOWN = 10 };

/* Zeroed: none. */
struct input {
    struct buf texts;      /* each as it was written, NUL-terminated, one behind the other */
    struct buf starts;     /* uint32_t: where each begins */
    size_t count;
    size_t tags;           /* how many of them are tags */
    char self_id[DEVICE_ID_SIZE + 1]; /* this host's, or that of the Windows in self_root, once it has been asked for */
    char self_root[SELECTOR_MAX + 1];
};

/*
 * Everything that is named. FAULT_USAGE: something malformed, a tag where it may not stand, an empty list, more than --max;
 * FAULT_FILE; FAULT_NOT_FOUND: `self` has no sensor. Of several the first ones are told, and f says how many there are.
 */
bool input_read(struct input *in, const struct options *o, const struct report *report, struct fault *f) MUST_CHECK;

/* Number i, as it was written; borrowed until input_free(). */
const char *input_text(const struct input *in, size_t i);

/* The same, read; `self` is the id of this host. */
void input_selector(const struct input *in, size_t i, struct selector *s);

/* FAULT_USAGE: a release of so many devices is more than --max allows. */
bool input_check_max(const struct options *o, size_t devices, struct fault *f) MUST_CHECK;

void input_free(struct input *in);

#endif
