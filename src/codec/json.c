/*
 * json.c - JSON texts; see json.h.
 *
 * json_parse() is the only function that judges. All others walk text that it has passed: they look for as little as
 * that allows, and stay inside the span whatever it holds.
 */
#include "codec/json.h"

#include "base/escape.h"

#include <string.h>

/* ---- the check of a whole text ---- */

struct checker {
    struct span text;
    size_t at;
    size_t depth;
    uint64_t objects; /* bit n: level n is an object, else an array */
    struct fault *f;
};

_Static_assert(JSON_DEPTH_MAX <= 64, "checker.objects has a bit for each level");

static bool wrong(struct checker *c, const char *expected)
{
    return fault_set(c->f, FAULT_ANSWER, "JSON: byte %zu: expected %s", c->at, expected);
}

/* The byte at the current place, NUL at the end of the text (a NUL is nowhere good in JSON). */
static char peek(const struct checker *c)
{
    return c->at < c->text.size ? c->text.at[c->at] : '\0';
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static void skip_blanks(struct checker *c)
{
    while (is_blank(peek(c))) {
        c->at++;
    }
}

static bool take(struct checker *c, char byte)
{
    if (peek(c) != byte) {
        return false;
    }
    c->at++;
    return true;
}

static size_t take_digits(struct checker *c)
{
    size_t start = c->at;
    while (ascii_is_digit(peek(c))) {
        c->at++;
    }
    return c->at - start;
}

static bool check_number(struct checker *c)
{
    (void)take(c, '-');
    if (!take(c, '0') && take_digits(c) == 0) {
        return wrong(c, "a digit");
    }
    if (take(c, '.') && take_digits(c) == 0) {
        return wrong(c, "a digit after the point");
    }
    if (take(c, 'e') || take(c, 'E')) {
        (void)(take(c, '+') || take(c, '-'));
        return take_digits(c) > 0 || wrong(c, "a digit in the exponent");
    }
    return true;
}

/* After a backslash. */
static bool check_escape(struct checker *c)
{
    char kind = peek(c);
    if (kind == '\0' || strchr("\"\\/bfnrtu", kind) == NULL) {
        return wrong(c, "an escape");
    }
    c->at++;
    for (size_t i = 0; kind == 'u' && i < 4; i++, c->at++) {
        if (ascii_hex_value(peek(c)) > 15) {
            return wrong(c, "four hexadecimal digits");
        }
    }
    return true;
}

static bool check_string(struct checker *c)
{
    uint32_t code_point;
    if (!take(c, '"')) {
        return wrong(c, "a string");
    }
    while (!take(c, '"')) {
        if (take(c, '\\')) {
            if (!check_escape(c)) {
                return false;
            }
            continue;
        }
        size_t size = utf8_decode(span_cut(c->text, c->at, c->text.size), &code_point);
        if (size == 0 || code_point < 0x20) {
            return wrong(c, "a UTF-8 character or the end of the string");
        }
        c->at += size;
    }
    return true;
}

static bool check_scalar(struct checker *c)
{
    static const struct span words[] = {{"null", 4}, {"true", 4}, {"false", 5}};
    struct span rest = span_cut(c->text, c->at, c->text.size);
    char first = peek(c);
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (span_starts(rest, words[i])) {
            c->at += words[i].size;
            return true;
        }
    }
    if (first == '"') {
        return check_string(c);
    }
    return first == '-' || ascii_is_digit(first) ? check_number(c) : wrong(c, "a value");
}

static bool in_object(const struct checker *c)
{
    return c->depth > 0 && (c->objects >> (c->depth - 1) & 1) != 0;
}

static bool check_name(struct checker *c)
{
    if (!check_string(c)) {
        return false;
    }
    skip_blanks(c);
    if (!take(c, ':')) {
        return wrong(c, "a colon");
    }
    skip_blanks(c);
    return true;
}

/* At a value: check it, or go into it. *open: the next thing is a value again. */
static bool check_value(struct checker *c, bool *open)
{
    char first = peek(c);
    *open = false;
    if (first != '{' && first != '[') {
        return check_scalar(c);
    }
    if (c->depth == JSON_DEPTH_MAX) {
        return fault_set(c->f, FAULT_ANSWER, "JSON: byte %zu: more than %d levels", c->at, JSON_DEPTH_MAX);
    }
    uint64_t bit = (uint64_t)1 << c->depth++;
    c->objects = first == '{' ? c->objects | bit : c->objects & ~bit;
    c->at++;
    skip_blanks(c);
    if (take(c, first == '{' ? '}' : ']')) {
        c->depth--;
        return true;
    }
    *open = true;
    return first == '[' || check_name(c);
}

/* After a value: close as many levels as end here. *open: a comma came, the next thing is a value. */
static bool check_after(struct checker *c, bool *open)
{
    skip_blanks(c);
    while (c->depth > 0 && take(c, in_object(c) ? '}' : ']')) {
        c->depth--;
        skip_blanks(c);
    }
    *open = c->depth > 0;
    if (!*open) {
        return true;
    }
    if (!take(c, ',')) {
        return wrong(c, in_object(c) ? "a comma or }" : "a comma or ]");
    }
    skip_blanks(c);
    return !in_object(c) || check_name(c);
}

static enum json_kind kind_of(struct span raw)
{
    static const struct {
        char first;
        enum json_kind kind;
    } kinds[] = {{'{', JSON_OBJECT}, {'[', JSON_ARRAY}, {'"', JSON_STRING}, {'n', JSON_NULL}, {'t', JSON_TRUE},
                 {'f', JSON_FALSE}};
    for (size_t i = 0; raw.size > 0 && i < sizeof kinds / sizeof kinds[0]; i++) {
        if (kinds[i].first == raw.at[0]) {
            return kinds[i].kind;
        }
    }
    return raw.size > 0 ? JSON_NUMBER : JSON_NONE;
}

static struct json value_of(struct span raw)
{
    return (struct json){kind_of(raw), raw};
}

bool json_parse(struct span text, struct json *value, struct fault *f)
{
    struct checker c = {.text = text, .f = f};
    bool open = true;
    *value = (struct json){0};
    skip_blanks(&c);
    while (open) {
        if (!check_value(&c, &open) || (!open && !check_after(&c, &open))) {
            return false;
        }
    }
    if (c.at < text.size) {
        return wrong(&c, "the end");
    }
    *value = value_of(span_trim(text));
    return true;
}

/* ---- walking a checked text ---- */

static size_t string_end(struct span text, size_t at)
{
    for (at++; at < text.size && text.at[at] != '"'; at++) {
        if (text.at[at] == '\\') {
            at++;
        }
    }
    return at + 1;
}

static bool ends_scalar(char c)
{
    return is_blank(c) || c == ',' || c == ']' || c == '}' || c == ':';
}

/* Where the value that begins at `at` ends. */
static size_t value_end(struct span text, size_t at)
{
    size_t depth = 0;
    do {
        char c = text.at[at];
        if (c == '"') {
            at = string_end(text, at);
        } else if (c == '{' || c == '[' || c == '}' || c == ']') {
            depth = c == '{' || c == '[' ? depth + 1 : depth - 1;
            at++;
        } else {
            at++;
            while (depth == 0 && at < text.size && !ends_scalar(text.at[at])) {
                at++;
            }
        }
    } while (depth > 0 && at < text.size);
    return at;
}

/* The next value from walk->at on; blanks, commas and colons before it are stepped over. */
static bool next_value(struct span raw, struct json_walk *walk, struct json *value)
{
    *value = (struct json){0};
    if (walk->at == 0) {
        walk->at = 1;
    }
    while (walk->at < raw.size && (is_blank(raw.at[walk->at]) || raw.at[walk->at] == ',' || raw.at[walk->at] == ':')) {
        walk->at++;
    }
    if (walk->at + 1 >= raw.size) { /* the last byte is the bracket that closes */
        return false;
    }
    size_t start = walk->at;
    walk->at = value_end(raw, start);
    *value = value_of(span_cut(raw, start, walk->at));
    return true;
}

bool json_next(struct json array, struct json_walk *walk, struct json *element)
{
    *element = (struct json){0};
    return array.kind == JSON_ARRAY && next_value(array.raw, walk, element);
}

bool json_next_member(struct json object, struct json_walk *walk, struct json *name, struct json *value)
{
    *name = *value = (struct json){0};
    return object.kind == JSON_OBJECT && next_value(object.raw, walk, name) && next_value(object.raw, walk, value);
}

size_t json_member(struct json object, const char *name, struct json *value)
{
    struct json_walk walk = {0};
    struct json this_name, this_value;
    size_t count = 0;
    *value = (struct json){0};
    while (json_next_member(object, &walk, &this_name, &this_value)) {
        if (json_is(this_name, name) && count++ == 0) {
            *value = this_value;
        }
    }
    return count;
}

/* ---- decoding ---- */

/* What stands between the quotes; empty for what is no string. */
static struct span string_inside(struct json string)
{
    return string.kind == JSON_STRING && string.raw.size >= 2 ? span_cut(string.raw, 1, string.raw.size - 1)
                                                              : (struct span){0};
}

/* "\uHHHH" at the start of s; false when something else stands there. */
static bool hex_unit(struct span s, uint32_t *unit)
{
    *unit = 0;
    for (size_t i = 2; s.size >= 6 && i < 6; i++) {
        *unit = *unit << 4 | ascii_hex_value(s.at[i]);
    }
    return s.size >= 6 && s.at[0] == '\\' && s.at[1] == 'u';
}

/* The code point of the escape that `rest` begins with, and its length in *rest; false: a lone surrogate. */
static bool decode_escape(struct span rest, uint32_t *code_point, size_t *length)
{
    static const char letters[] = "bfnrt";
    static const char controls[] = "\b\f\n\r\t";
    uint32_t low;
    *length = 6;
    if (hex_unit(rest, code_point)) {
        if (*code_point >= 0xD800 && *code_point <= 0xDBFF && hex_unit(span_cut(rest, 6, rest.size), &low) &&
            low >= 0xDC00 && low <= 0xDFFF) {
            *code_point = 0x10000 + ((*code_point - 0xD800) << 10) + (low - 0xDC00);
            *length = 12;
        }
        return *code_point < 0xD800 || *code_point > 0xDFFF;
    }
    *length = 2;
    if (rest.size < 2 || rest.at[1] == '\0') {
        return false;
    }
    const char *letter = strchr(letters, rest.at[1]);
    *code_point = (unsigned char)(letter != NULL ? controls[letter - letters] : rest.at[1]);
    return true;
}

/* Take one character off the inside of a string. False at the end; *good becomes false where it cannot be decoded. */
static bool next_character(struct span *rest, char bytes[4], size_t *size, bool *good)
{
    uint32_t code_point = 0;
    size_t length;
    if (rest->size == 0) {
        return false;
    }
    if (rest->at[0] == '\\') {
        *good = decode_escape(*rest, &code_point, &length);
    } else {
        length = utf8_decode(*rest, &code_point);
        *good = length > 0;
    }
    if (!*good) {
        return false;
    }
    *size = utf8_encode(code_point, bytes);
    *rest = span_cut(*rest, length, rest->size);
    return true;
}

bool json_put_decoded(struct buf *to, struct json string)
{
    struct span rest = string_inside(string);
    char bytes[4];
    size_t size;
    bool good = string.kind == JSON_STRING;
    while (good && next_character(&rest, bytes, &size, &good)) {
        buf_put(to, span_make(bytes, size));
    }
    return good && !to->failed;
}

bool json_is(struct json string, const char *text)
{
    struct span rest = string_inside(string);
    struct span wanted = span_of(text);
    char bytes[4];
    size_t size;
    bool good = string.kind == JSON_STRING;
    while (good && next_character(&rest, bytes, &size, &good)) {
        if (!span_starts(wanted, span_make(bytes, size))) {
            return false;
        }
        wanted = span_cut(wanted, size, wanted.size);
    }
    return good && wanted.size == 0;
}

bool json_integer(struct json value, int64_t *number)
{
    struct span digits = value.kind == JSON_STRING ? string_inside(value) : value.raw;
    uint64_t size;
    bool negative = span_starts(digits, SPAN("-"));
    if ((value.kind != JSON_NUMBER && value.kind != JSON_STRING) ||
        !span_decimal(span_cut(digits, negative, digits.size), (uint64_t)INT64_MAX + negative, &size)) {
        return false;
    }
    *number = negative && size > 0 ? -(int64_t)(size - 1) - 1 : (int64_t)size;
    return true;
}

bool json_text(struct json object, const char *name, char *field, size_t field_size)
{
    struct json value = {0};
    bool good = json_member(object, name, &value) == 1;
    struct buf text = buf_init(value.raw.size);
    good = good && json_put_decoded(&text, value);
    fault_keep(field, field_size, good ? buf_span(&text) : (struct span){0});
    buf_free(&text);
    return good;
}
