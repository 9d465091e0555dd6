/*
 * format.h - text made by a format, as printf makes it.
 *
 * Does      the conversions that this program uses: %s %c %d %u %x %X %%; flags - and 0; width and precision (of %s alone) as digits or *;
 *           lengths l, ll and z.
 * Not here  floating point, locales, wide characters, files: the C library's printf brings 10 KB of them along.
 * Limits    0 pads numbers without a sign; a conversion not named above is a mistake of the program (assert).
 * Rules     C11 7.21.6.1; the compiler checks the arguments.
 */
#ifndef BASE_FORMAT_H
#define BASE_FORMAT_H

#include "base/buf.h"

#include <stdarg.h>

/*
 * Write the text into `to`, cut at size - 1 bytes and always terminated; a size of 0 writes nothing, and `to` may be NULL then.
 * The bytes that the whole text has.
 */
size_t format_text(char *to, size_t size, const char *format, ...) PRINTF_LIKE(3, 4);
size_t format_list(char *to, size_t size, const char *format, va_list list) PRINTF_LIKE(3, 0);

#endif
