/*
 * time_text.c - points in time and durations as text; see time_text.h.
 */
#include "codec/time_text.h"

#include "base/format.h"

enum { YEAR_FIRST = 1970, YEAR_LAST = 9999 };

static const int64_t day_seconds = 86400;
static const uint64_t duration_max = 10ull * 365 * 86400;

struct moment {
    unsigned year, month, day, hour, minute, second;
};

static const char *const month_names[12] = {
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
};

static const char *const day_names[7] = {
    "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday",
};

static bool is_leap(unsigned year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static unsigned month_days(unsigned year, unsigned month)
{
    static const unsigned char days[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return month == 2 && is_leap(year) ? 29 : days[month - 1];
}

/* Days from 1970-01-01 to the first day of this year. */
static int64_t year_start(unsigned year)
{
    unsigned before = year - 1;
    unsigned leaps = before / 4 - before / 100 + before / 400;
    return 365 * ((int64_t)year - YEAR_FIRST) + leaps - 477; /* 477 leap days before 1970 */
}

/* False when a number is out of its range, or the result before 1970 or after 9999. */
static bool moment_seconds(const struct moment *m, int64_t offset_seconds, int64_t *unix_seconds)
{
    if (m->year < YEAR_FIRST - 1 || m->year > YEAR_LAST || m->month < 1 || m->month > 12 || m->day < 1 ||
        m->day > month_days(m->year, m->month) || m->hour > 23 || m->minute > 59 || m->second > 60) {
        return false;
    }
    int64_t days = year_start(m->year) + m->day - 1;
    for (unsigned month = 1; month < m->month; month++) {
        days += month_days(m->year, month);
    }
    unsigned second = m->second == 60 ? 59 : m->second;
    int64_t sum = days * day_seconds + m->hour * 3600 + m->minute * 60 + second - offset_seconds;
    if (sum < 0 || sum >= year_start(YEAR_LAST + 1) * day_seconds) {
        return false;
    }
    *unix_seconds = sum;
    return true;
}

static bool take_number(struct span *text, size_t digits, unsigned *number)
{
    uint64_t value;
    if (text->size < digits || !span_decimal(span_cut(*text, 0, digits), YEAR_LAST, &value)) {
        return false;
    }
    *number = (unsigned)value;
    *text = span_cut(*text, digits, text->size);
    return true;
}

static bool take(struct span *text, struct span part)
{
    if (!span_starts(*text, part)) {
        return false;
    }
    *text = span_cut(*text, part.size, text->size);
    return true;
}

/* One of the names, whole or its first three letters; *number counts from 1. */
static bool take_name(struct span *text, const char *const *names, size_t count, bool whole, unsigned *number)
{
    for (size_t i = 0; i < count; i++) {
        struct span name = span_of(names[i]);
        if (take(text, whole ? name : span_cut(name, 0, 3))) {
            *number = (unsigned)i + 1;
            return true;
        }
    }
    return false;
}

/* A year of two digits: 70 to 99 are 19xx. RFC 9110 5.6.7 asks a clock, which there is none of here. */
static bool take_short_year(struct span *text, unsigned *year)
{
    if (!take_number(text, 2, year)) {
        return false;
    }
    *year += *year < 70 ? 2000 : 1900;
    return true;
}

static bool take_field(struct span *text, char field, struct moment *m)
{
    unsigned week_day;
    switch (field) {
    case 'w': return take_name(text, day_names, 7, false, &week_day);
    case 'W': return take_name(text, day_names, 7, true, &week_day);
    case 'N': return take_name(text, month_names, 12, false, &m->month);
    case 'M': return take_number(text, 2, &m->month);
    case 'D': return take_number(text, 2, &m->day);
    case 'd': return take(text, SPAN(" ")) ? take_number(text, 1, &m->day) : take_number(text, 2, &m->day);
    case 'Y': return take_number(text, 4, &m->year);
    case 'y': return take_short_year(text, &m->year);
    case 'h': return take_number(text, 2, &m->hour);
    case 'm': return take_number(text, 2, &m->minute);
    default: return field == 's' && take_number(text, 2, &m->second);
    }
}

/* Read `text` along the pattern: %x is a field of take_field(), all else stands for itself. */
static bool take_pattern(struct span *text, const char *pattern, struct moment *m)
{
    for (const char *p = pattern; *p != '\0'; p++) {
        bool good = *p == '%' ? take_field(text, *++p, m) : take(text, span_make(p, 1));
        if (!good) {
            return false;
        }
    }
    return true;
}

/* "Z", "+01:00"; the whole rest of the text. */
static bool take_offset(struct span *text, int64_t *seconds)
{
    struct moment offset = {0};
    *seconds = 0;
    if (span_equal_nocase(*text, SPAN("z"))) {
        return true;
    }
    int sign = span_starts(*text, SPAN("-")) ? -1 : 1;
    if (!take(text, SPAN("-")) && !take(text, SPAN("+"))) {
        return false;
    }
    *seconds = 0;
    if (!take_pattern(text, "%h:%m", &offset) || text->size > 0 || offset.hour > 23 || offset.minute > 59) {
        return false;
    }
    *seconds = sign * (int64_t)(offset.hour * 3600 + offset.minute * 60);
    return true;
}

static bool take_fraction(struct span *text)
{
    size_t digits = 0;
    if (!take(text, SPAN("."))) {
        return true;
    }
    while (digits < text->size && ascii_is_digit(text->at[digits])) {
        digits++;
    }
    *text = span_cut(*text, digits, text->size);
    return digits > 0;
}

bool time_parse_rfc3339(struct span text, int64_t *unix_seconds)
{
    struct moment m = {0};
    int64_t offset;
    return take_pattern(&text, "%Y-%M-%D", &m) && (take(&text, SPAN("T")) || take(&text, SPAN("t"))) &&
           take_pattern(&text, "%h:%m:%s", &m) && take_fraction(&text) && take_offset(&text, &offset) &&
           moment_seconds(&m, offset, unix_seconds);
}

bool time_parse_http(struct span text, int64_t *unix_seconds)
{
    static const char *const patterns[] = {
        "%w, %D %N %Y %h:%m:%s GMT", /* Sun, 06 Nov 1994 08:49:37 GMT */
        "%W, %D-%N-%y %h:%m:%s GMT", /* Sunday, 06-Nov-94 08:49:37 GMT, RFC 850 */
        "%w %N %d %h:%m:%s %Y",      /* Sun Nov  6 08:49:37 1994, asctime */
    };
    for (size_t i = 0; i < sizeof patterns / sizeof patterns[0]; i++) {
        struct moment m = {0};
        struct span rest = text;
        if (take_pattern(&rest, patterns[i], &m) && rest.size == 0) {
            return moment_seconds(&m, 0, unix_seconds);
        }
    }
    return false;
}

void time_put_rfc3339(int64_t unix_seconds, char text[TIME_TEXT_SIZE])
{
    int64_t days = unix_seconds / day_seconds;
    unsigned second = (unsigned)(unix_seconds % day_seconds);
    text[0] = '\0';
    if (unix_seconds < 0 || days >= year_start(YEAR_LAST + 1)) {
        return;
    }
    unsigned year = YEAR_FIRST + (unsigned)(days / 366); /* never too late */
    while (year_start(year + 1) <= days) {
        year++;
    }
    unsigned day = (unsigned)(days - year_start(year));
    unsigned month = 1;
    while (day >= month_days(year, month)) {
        day -= month_days(year, month++);
    }
    format_text(text, TIME_TEXT_SIZE, "%04u-%02u-%02uT%02u:%02u:%02uZ", year % 10000, month % 100, (day + 1) % 100,
                second / 3600 % 100, second / 60 % 60, second % 60);
}

struct time_unit {
    char letter;
    unsigned seconds;
};

static const struct time_unit units[] = {{'d', 86400}, {'h', 3600}, {'m', 60}, {'s', 1}};
enum { UNIT_COUNT = sizeof units / sizeof units[0] };

/* The unit of this letter, at `from` or after it; UNIT_COUNT when there is none. */
static size_t find_unit(char letter, size_t from)
{
    while (from < UNIT_COUNT && units[from].letter != letter) {
        from++;
    }
    return from;
}

bool time_parse_duration(struct span text, uint64_t *seconds)
{
    uint64_t sum = 0;
    uint64_t number;
    if (span_decimal(text, duration_max, seconds)) {
        return true;
    }
    for (size_t next = 0; text.size > 0; next++) {
        size_t digits = 0;
        while (digits < text.size && ascii_is_digit(text.at[digits])) {
            digits++;
        }
        next = digits < text.size ? find_unit(text.at[digits], next) : UNIT_COUNT;
        if (next == UNIT_COUNT || !span_decimal(span_cut(text, 0, digits), duration_max, &number)) {
            return false;
        }
        sum += number * units[next].seconds;
        text = span_cut(text, digits + 1, text.size);
        if (text.size == 0 && sum <= duration_max) {
            *seconds = sum;
            return true;
        }
    }
    return false;
}

void time_put_duration(uint64_t seconds, char text[TIME_TEXT_SIZE])
{
    size_t used = 0;
    size_t first = seconds > duration_max ? UNIT_COUNT - 1 : 0; /* the number of days might not fit */
    for (size_t i = first; i < UNIT_COUNT; i++) {
        uint64_t number = seconds / units[i].seconds;
        seconds %= units[i].seconds;
        if (number > 0 || (i + 1 == UNIT_COUNT && used == 0)) {
            used += format_text(text + used, TIME_TEXT_SIZE - used, "%llu%c", (unsigned long long)number,
                                     units[i].letter);
        }
    }
}
