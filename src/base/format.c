/*
 * format.c - text made by a format; see format.h.
 */
#include "base/format.h"

#include <assert.h>
#include <string.h>

struct writer {
    char *to;
    size_t size;
    size_t used; /* of the whole text, though it may not fit */
};

/* What stands between the % and the letter. */
struct conversion {
    bool left;
    bool zero;
    size_t width;
    size_t precision; /* SIZE_MAX: none */
    char length;      /* 0, l, L (ll) or z */
};

enum { NUMBER_MAX = 24 };

static void put(struct writer *w, const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (w->used + 1 < w->size) {
            w->to[w->used] = text[i];
        }
        w->used++;
    }
}

static void pad(struct writer *w, const struct conversion *c, size_t size)
{
    for (size_t i = size; i < c->width; i++) {
        put(w, c->zero ? "0" : " ", 1);
    }
}

static void put_field(struct writer *w, const struct conversion *c, const char *text, size_t size)
{
    if (!c->left) {
        pad(w, c, size);
    }
    put(w, text, size);
    if (c->left) {
        pad(w, c, size);
    }
}

static void put_number(struct writer *w, const struct conversion *c, uint64_t number, unsigned base, const char *digits, bool negative)
{
    char text[NUMBER_MAX];
    char *at = text + sizeof text;
    do {
        *--at = digits[number % base];
        number /= base;
    } while (number != 0);
    if (negative) {
        *--at = '-';
    }
    put_field(w, c, at, (size_t)(text + sizeof text - at));
}

static uint64_t next_unsigned(va_list *list, char length)
{
    return length == 'L'   ? va_arg(*list, unsigned long long)
           : length == 'l' ? va_arg(*list, unsigned long)
           : length == 'z' ? va_arg(*list, size_t)
                           : va_arg(*list, unsigned);
}

static int64_t next_signed(va_list *list, char length)
{
    return length == 'L' ? va_arg(*list, long long) : length == 'l' ? va_arg(*list, long) : va_arg(*list, int);
}

static size_t next_size(va_list *list, const char **at)
{
    size_t size = 0;
    if (**at == '*') {
        ++*at;
        return (size_t)va_arg(*list, int);
    }
    while (ascii_is_digit(**at)) {
        size = size * 10 + (size_t)(*(*at)++ - '0');
    }
    return size;
}

/* Up to the letter, where *at then is. */
static struct conversion read_conversion(const char **at, va_list *list)
{
    struct conversion c = {.precision = SIZE_MAX};
    for (; **at == '-' || **at == '0'; ++*at) {
        c.left = c.left || **at == '-';
        c.zero = c.zero || **at == '0';
    }
    c.width = next_size(list, at);
    if (**at == '.') {
        ++*at;
        c.precision = next_size(list, at);
    }
    for (; **at == 'l' || **at == 'z'; ++*at) {
        c.length = c.length == 'l' ? 'L' : **at;
    }
    return c;
}

static void put_text(struct writer *w, const struct conversion *c, const char *text)
{
    const char *end = c->precision == SIZE_MAX ? NULL : memchr(text, '\0', c->precision);
    put_field(w, c, text, end != NULL ? (size_t)(end - text) : c->precision == SIZE_MAX ? strlen(text) : c->precision);
}

static void convert(struct writer *w, const char **at, va_list *list)
{
    struct conversion c = read_conversion(at, list);
    char letter = *(*at)++;
    if (letter == 's') {
        put_text(w, &c, va_arg(*list, const char *));
    } else if (letter == 'c') {
        char byte = (char)va_arg(*list, int);
        put_field(w, &c, &byte, 1);
    } else if (letter == 'd') {
        int64_t number = next_signed(list, c.length);
        put_number(w, &c, number < 0 ? 0 - (uint64_t)number : (uint64_t)number, 10, "0123456789", number < 0);
    } else if (letter == 'u') {
        put_number(w, &c, next_unsigned(list, c.length), 10, "0123456789", false);
    } else if (letter == 'x' || letter == 'X') {
        put_number(w, &c, next_unsigned(list, c.length), 16, letter == 'x' ? "0123456789abcdef" : "0123456789ABCDEF", false);
    } else {
        assert(letter == '%');
        put(w, "%", 1);
    }
}

size_t format_list(char *to, size_t size, const char *format, va_list list)
{
    struct writer w = {.to = to, .size = size};
    va_list rest; /* an own one, as the address of a parameter of this type is not what it seems */
    va_copy(rest, list);
    while (*format != '\0') {
        size_t plain = strcspn(format, "%");
        put(&w, format, plain);
        format += plain;
        if (*format == '%') {
            format++;
            convert(&w, &format, &rest);
        }
    }
    va_end(rest);
    if (size > 0) {
        to[w.used < size ? w.used : size - 1] = '\0';
    }
    return w.used;
}

size_t format_text(char *to, size_t size, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    size_t used = format_list(to, size, format, list);
    va_end(list);
    return used;
}
