/*
 * input.h - the devices that the user names.
 *
 * Does      read and check every selector before anything is sent.
 * Not here  what a selector looks like (mde/selector.h), looking it up (mde/device.h).
 */
#ifndef CLI_INPUT_H
#define CLI_INPUT_H

#include "cli/options.h"
#include "mde/selector.h"

/* Zeroed: none. */
struct input {
    struct selector *at; /* owned; one an operand */
    size_t count;
};

/* Every operand of the command. FAULT_USAGE: one is malformed, or a tag stands where it may not; FAULT_NOT_FOUND: `self` has no sensor. */
bool input_read(struct input *in, const struct options *o, struct fault *f) MUST_CHECK;

void input_free(struct input *in);

#endif
