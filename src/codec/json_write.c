/*
 * json_write.c - JSON values written; see json_write.h.
 */
#include "codec/json_write.h"

#include "base/escape.h"

static void put_unit(struct buf *to, uint32_t unit)
{
    static const char digits[] = "0123456789abcdef";
    char text[6] = {'\\', 'u'};
    for (size_t i = 0; i < 4; i++) {
        text[2 + i] = digits[unit >> (12 - 4 * i) & 15];
    }
    buf_put(to, span_make(text, sizeof text));
}

static void put_character(struct buf *to, uint32_t c)
{
    if (c == '"' || c == '\\') {
        buf_put_char(to, '\\');
    }
    if (c >= 0x20 && c <= 0x7E) {
        buf_put_char(to, (char)c);
    } else if (c < 0x10000) {
        put_unit(to, c);
    } else {
        put_unit(to, 0xD800 + ((c - 0x10000) >> 10));
        put_unit(to, 0xDC00 + ((c - 0x10000) & 0x3FF));
    }
}

void json_put_string_lossy(struct buf *to, struct span text)
{
    buf_put_char(to, '"');
    for (size_t at = 0; at < text.size;) {
        uint32_t code_point = 0;
        size_t size = utf8_decode(span_cut(text, at, text.size), &code_point);
        put_character(to, size > 0 ? code_point : 0xFFFD);
        at += size > 0 ? size : 1;
    }
    buf_put_char(to, '"');
}

bool json_put_string(struct buf *to, struct span text)
{
    if (!utf8_is_valid(text)) {
        return false;
    }
    json_put_string_lossy(to, text);
    return true;
}

static void put_decoded_again(struct buf *to, struct json string)
{
    struct buf text = buf_init(string.raw.size);
    if (!json_put_decoded(&text, string)) {
        buf_clear(&text); /* a lone surrogate: there is no such text */
    }
    json_put_string_lossy(to, buf_span(&text));
    buf_free(&text);
}

/* At most JSON_DEPTH_MAX deep, as json_parse() saw to it. */
void json_put_value(struct buf *to, struct json value)
{
    struct json name;
    struct json inner;
    struct json_walk walk = {0};
    bool first = true;
    if (value.kind == JSON_STRING) {
        put_decoded_again(to, value);
    } else if (value.kind == JSON_ARRAY) {
        for (; json_next(value, &walk, &inner); first = false) {
            buf_put_char(to, first ? '[' : ',');
            json_put_value(to, inner);
        }
        buf_put_text(to, first ? "[]" : "]");
    } else if (value.kind == JSON_OBJECT) {
        for (; json_next_member(value, &walk, &name, &inner); first = false) {
            buf_put_char(to, first ? '{' : ',');
            put_decoded_again(to, name);
            buf_put_char(to, ':');
            json_put_value(to, inner);
        }
        buf_put_text(to, first ? "{}" : "}");
    } else {
        buf_put(to, value.raw);
    }
}
