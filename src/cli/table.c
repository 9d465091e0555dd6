/*
 * table.c - rows of text in columns; see table.h.
 */
#include "cli/table.h"

#include "base/escape.h"

struct range {
    uint32_t first, last;
};

/* The blocks that matter: Hangul, CJK with its punctuation and kana, full-width forms, emoji. */
static const struct range wide[] = {
    {0x1100, 0x115F}, {0x2E80, 0x303E}, {0x3041, 0xA4CF}, {0xA960, 0xA97F},   {0xAC00, 0xD7A3},   {0xF900, 0xFAFF},
    {0xFE30, 0xFE6F}, {0xFF00, 0xFF60}, {0xFFE0, 0xFFE6}, {0x1F300, 0x1F64F}, {0x1F680, 0x1F6FF}, {0x1F900, 0x1FAFF},
    {0x20000, 0x3FFFD},
};

static const struct range combining[] = {
    {0x0300, 0x036F}, {0x0483, 0x0489}, {0x0591, 0x05BD}, {0x0610, 0x061A}, {0x064B, 0x065F}, {0x1AB0, 0x1AFF},
    {0x1DC0, 0x1DFF}, {0x20D0, 0x20FF}, {0xFE00, 0xFE0F}, {0xFE20, 0xFE2F},
};

static bool is_in(uint32_t c, const struct range *ranges, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (c >= ranges[i].first && c <= ranges[i].last) {
            return true;
        }
    }
    return false;
}

size_t table_width(struct span text)
{
    size_t width = 0;
    while (text.size > 0) {
        uint32_t c = 0;
        size_t size = utf8_decode(text, &c);
        if (is_in(c, wide, sizeof wide / sizeof wide[0])) {
            width += 2;
        } else if (!is_in(c, combining, sizeof combining / sizeof combining[0])) {
            width += 1;
        }
        text = span_cut(text, size > 0 ? size : 1, text.size);
    }
    return width;
}

void table_put(struct buf *to, const char *text, size_t width)
{
    size_t before = to->size;
    escape_put(to, span_of(text));
    size_t taken = table_width(span_cut(buf_span(to), before, to->size));
    do {
        buf_put_char(to, ' ');
    } while (++taken < width);
}
