/*
 * input.c - the devices that the user names; see input.h.
 */
#include "cli/input.h"

#include "mde/device.h"

bool input_read(struct input *in, const struct options *o, struct fault *f)
{
    in->at = memory_take(o->operand_count, sizeof *in->at);
    if (in->at == NULL) {
        return fault_set(f, FAULT_MEMORY, "out of memory");
    }
    for (; in->count < o->operand_count; in->count++) {
        const char *text = o->operands[in->count];
        struct selector *s = &in->at[in->count];
        if (!selector_read(s, text, f) || !device_resolve_self(s, f)) {
            return false;
        }
        if (s->kind == SELECT_TAG && !o->all && o->command == COMMAND_RELEASE) {
            fault_set(f, FAULT_USAGE, "%s: a tag may name many devices", text);
            return fault_advise(f, "look at them with find; then allow it with --all");
        }
    }
    return true;
}

void input_free(struct input *in)
{
    memory_give(in->at);
    *in = (struct input){0};
}
