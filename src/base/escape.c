/*
 * escape.c - text made safe to show; see escape.h.
 */
#include "base/escape.h"

struct utf8_form {
    unsigned char mask, lead; /* a lead byte b is of this form when (b & mask) == lead */
    unsigned char size;
    uint32_t least;           /* smaller code points would be overlong */
};

static const struct utf8_form utf8_forms[] = {
    {0x80, 0x00, 1, 0},
    {0xE0, 0xC0, 2, 0x80},
    {0xF0, 0xE0, 3, 0x800},
    {0xF8, 0xF0, 4, 0x10000},
};

static size_t utf8_decode_form(struct span text, const struct utf8_form *form, uint32_t *code_point)
{
    uint32_t value = (unsigned char)text.at[0] & (unsigned char)~form->mask;
    if (form->size > text.size) {
        return 0;
    }
    for (size_t i = 1; i < form->size; i++) {
        unsigned char byte = (unsigned char)text.at[i];
        if ((byte & 0xC0) != 0x80) {
            return 0;
        }
        value = value << 6 | (byte & 0x3Fu);
    }
    if (value < form->least || value > 0x10FFFF || (value >= 0xD800 && value <= 0xDFFF)) {
        return 0;
    }
    *code_point = value;
    return form->size;
}

size_t utf8_decode(struct span text, uint32_t *code_point)
{
    for (size_t i = 0; text.size > 0 && i < sizeof utf8_forms / sizeof utf8_forms[0]; i++) {
        if (((unsigned char)text.at[0] & utf8_forms[i].mask) == utf8_forms[i].lead) {
            return utf8_decode_form(text, &utf8_forms[i], code_point);
        }
    }
    return 0;
}

size_t utf8_encode(uint32_t code_point, char bytes[4])
{
    size_t size = code_point < 0x80 ? 1 : code_point < 0x800 ? 2 : code_point < 0x10000 ? 3 : 4;
    static const unsigned char leads[5] = {0, 0, 0xC0, 0xE0, 0xF0};
    for (size_t i = size; i-- > 1;) {
        bytes[i] = (char)(unsigned char)(0x80 | (code_point & 0x3F));
        code_point >>= 6;
    }
    bytes[0] = (char)(unsigned char)(leads[size] | code_point);
    return size;
}

bool utf8_is_valid(struct span text)
{
    uint32_t code_point;
    while (text.size > 0) {
        size_t size = utf8_decode(text, &code_point);
        if (size == 0) {
            return false;
        }
        text = span_cut(text, size, text.size);
    }
    return true;
}

/* Also line and paragraph separators, marks of direction and the byte order mark: they move or hide what is shown. */
static bool is_unsafe(uint32_t c)
{
    return c < 0x20 || (c >= 0x7F && c <= 0x9F) || (c >= 0x200B && c <= 0x200F) ||
           (c >= 0x2028 && c <= 0x202E) || (c >= 0x2060 && c <= 0x206F) || c == 0xFEFF ||
           (c >= 0xFFF9 && c <= 0xFFFB) || c >= 0xE0000;
}

static void put_escaped(struct buf *to, uint32_t code_point)
{
    switch (code_point) {
    case '\n':
        buf_put_text(to, "\\n");
        break;
    case '\r':
        buf_put_text(to, "\\r");
        break;
    case '\t':
        buf_put_text(to, "\\t");
        break;
    default:
        buf_put_format(to, "\\u{%04X}", (unsigned)code_point);
    }
}

void escape_put(struct buf *to, struct span text)
{
    while (text.size > 0) {
        uint32_t code_point = 0;
        size_t size = utf8_decode(text, &code_point);
        if (size == 0) {
            buf_put_format(to, "\\x%02X", (unsigned)(unsigned char)text.at[0]);
            size = 1;
        } else if (is_unsafe(code_point)) {
            put_escaped(to, code_point);
        } else {
            buf_put(to, span_cut(text, 0, size));
        }
        text = span_cut(text, size, text.size);
    }
}
