/*
 * base64.c - base64 and base64url; see base64.h.
 */
#include "codec/base64.h"

/* Values first..last are written as the characters from `letter` on. */
struct alphabet_row {
    unsigned first, last;
    unsigned letter;
};

enum { ALPHABET_ROWS = 5 };

static const struct alphabet_row base64_rows[ALPHABET_ROWS] = {
    {0, 25, 'A'}, {26, 51, 'a'}, {52, 61, '0'}, {62, 62, '+'}, {63, 63, '/'},
};

static const struct alphabet_row base64url_rows[ALPHABET_ROWS] = {
    {0, 25, 'A'}, {26, 51, 'a'}, {52, 61, '0'}, {62, 62, '-'}, {63, 63, '_'},
};

/* All ones when low <= v <= high, else 0, without a branch; all are below 2^31. */
static uint32_t mask_between(uint32_t v, uint32_t low, uint32_t high)
{
    return 0u - (((low - 1u - v) & (v - high - 1u)) >> 31);
}

/* Every row is read for every character, so that neither branches nor addresses tell which one it is. */
static char letter_of(const struct alphabet_row *rows, uint32_t value)
{
    uint32_t letter = 0;
    for (size_t i = 0; i < ALPHABET_ROWS; i++) {
        letter |= mask_between(value, rows[i].first, rows[i].last) & (rows[i].letter + value - rows[i].first);
    }
    return (char)letter;
}

/* The value of a character; one that is foreign gives 0 and sets *foreign. */
static uint32_t value_of(const struct alphabet_row *rows, char c, uint32_t *foreign)
{
    uint32_t letter = (unsigned char)c;
    uint32_t value = 0;
    uint32_t known = 0;
    for (size_t i = 0; i < ALPHABET_ROWS; i++) {
        const struct alphabet_row *row = &rows[i];
        uint32_t mask = mask_between(letter, row->letter, row->letter + row->last - row->first);
        value |= mask & (row->first + letter - row->letter);
        known |= mask;
    }
    *foreign |= ~known;
    return value;
}

static void put(const struct alphabet_row *rows, bool padded, struct buf *to, struct span bytes)
{
    for (size_t i = 0; i < bytes.size; i += 3) {
        size_t count = bytes.size - i < 3 ? bytes.size - i : 3;
        uint32_t group = 0;
        char letters[4] = {'=', '=', '=', '='};
        for (size_t k = 0; k < 3; k++) {
            group = group << 8 | (k < count ? (unsigned char)bytes.at[i + k] : 0u);
        }
        for (size_t k = 0; k <= count; k++) {
            letters[k] = letter_of(rows, group >> (18 - 6 * k) & 63);
        }
        buf_put(to, span_make(letters, padded ? 4 : count + 1));
        memory_wipe(letters, sizeof letters);
    }
}

void base64_put(struct buf *to, struct span bytes)
{
    put(base64_rows, true, to, bytes);
}

void base64url_put(struct buf *to, struct span bytes)
{
    put(base64url_rows, false, to, bytes);
}

/* Decode characters without padding. */
static bool decode(const struct alphabet_row *rows, struct span text, struct buf *to)
{
    size_t size = text.size / 4 * 3 + text.size % 4 * 6 / 8;
    uint32_t wrong = 0;
    uint32_t bits = 0; /* the low `count` ones are not written yet */
    unsigned count = 0;
    if (text.size % 4 == 1) {
        return false;
    }
    char *out = size > 0 ? buf_room(to, size) : NULL;
    if (out == NULL) {
        return size == 0 && !to->failed;
    }
    for (size_t i = 0; i < text.size; i++) {
        bits = (bits << 6 | value_of(rows, text.at[i], &wrong)) & 0xFFFF;
        count += 6;
        if (count >= 8) {
            count -= 8;
            *out++ = (char)(unsigned char)(bits >> count & 0xFF);
        }
    }
    wrong |= bits & ((1u << count) - 1);
    buf_grew(to, size);
    return wrong == 0;
}

bool base64_decode(struct span text, struct buf *to)
{
    size_t end = text.size;
    if (text.size % 4 != 0) {
        return false;
    }
    while (end > 0 && text.size - end < 2 && text.at[end - 1] == '=') {
        end--;
    }
    return decode(base64_rows, span_cut(text, 0, end), to);
}

bool base64url_decode(struct span text, struct buf *to)
{
    return decode(base64url_rows, text, to);
}

bool base64_decode_lines(struct span text, struct buf *to)
{
    struct buf letters = buf_init(text.size);
    char *out = text.size > 0 ? buf_room(&letters, text.size) : NULL;
    size_t size = 0;
    for (size_t i = 0; out != NULL && i < text.size; i++) {
        char c = text.at[i];
        if (c != ' ' && c != '\t' && c != '\r' && c != '\n') {
            out[size++] = c;
        }
    }
    buf_grew(&letters, size);
    bool good = !letters.failed && base64_decode(buf_span(&letters), to);
    if (letters.failed) {
        to->failed = true;
    }
    buf_free(&letters);
    return good;
}
