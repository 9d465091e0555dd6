/*
 * fault.c - what went wrong; see fault.h.
 */
#include "base/fault.h"

#include "base/format.h"
#include "base/secret.h"

#include <stdarg.h>
#include <string.h>

struct fault_row {
    enum exit_status status;
    const char *advice;
};

static const struct fault_row fault_rows[FAULT_CODE_COUNT] = {
#define X(code, status, advice) [code] = {status, advice},
    FAULT_LIST(X)
#undef X
};

struct exit_row {
    enum exit_status status;
    const char *name;
};

static const struct exit_row exit_rows[] = {
#define X(symbol, number, name, when) {symbol, name},
    EXIT_LIST(X)
#undef X
};

bool fault_set(struct fault *f, enum fault_code code, const char *format, ...)
{
    if (f->code == FAULT_NONE) {
        va_list args;
        va_start(args, format);
        f->code = code;
        format_list(f->text, sizeof f->text, format, args);
        va_end(args);
    }
    return false;
}

static void keep(char *field, size_t field_size, struct span text)
{
    size_t size = text.size < field_size ? text.size : field_size - 1;
    if (size < text.size) {
        while (size > 0 && ((unsigned char)text.at[size] & 0xC0) == 0x80) {
            size--;
        }
    }
    for (size_t i = 0; i < size; i++) {
        field[i] = text.at[i] == '\0' ? ' ' : text.at[i];
    }
    field[size] = '\0';
}

bool fault_place(struct fault *f, const char *format, ...)
{
    if (f->code != FAULT_NONE) {
        char place[sizeof f->text];
        char inner[sizeof f->text];
        va_list args;
        va_start(args, format);
        format_list(place, sizeof place, format, args);
        va_end(args);
        memcpy(inner, f->text, sizeof inner);
        keep(f->text, sizeof f->text, span_of(place));
        size_t used = strlen(f->text);
        format_text(f->text + used, sizeof f->text - used, ": %s", inner);
    }
    return false;
}

bool fault_advise(struct fault *f, const char *format, ...)
{
    if (f->code != FAULT_NONE && f->advice[0] == '\0') {
        va_list args;
        va_start(args, format);
        format_list(f->advice, sizeof f->advice, format, args);
        va_end(args);
    }
    return false;
}

const char *fault_advice(const struct fault *f)
{
    return f->advice[0] != '\0' ? f->advice : fault_rows[f->code].advice;
}

bool fault_is_set(const struct fault *f)
{
    return f->code != FAULT_NONE;
}

void fault_clear(struct fault *f)
{
    *f = (struct fault){0};
}

void fault_keep(char *field, size_t field_size, struct span text)
{
    struct buf masked = buf_init(text.size); /* masking never makes a text longer */
    secret_mask(&masked, text);
    keep(field, field_size, buf_span(&masked));
    buf_free(&masked);
}

enum exit_status fault_status(enum fault_code code)
{
    return fault_rows[code].status;
}

const char *exit_name(enum exit_status status)
{
    for (size_t i = 0; i < sizeof exit_rows / sizeof exit_rows[0]; i++) {
        if (exit_rows[i].status == status) {
            return exit_rows[i].name;
        }
    }
    return "internal";
}
