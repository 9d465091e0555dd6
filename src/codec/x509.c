/*
 * x509.c - some fields of a certificate; see x509.h.
 */
#include "codec/x509.h"

#include "codec/der.h"
#include "codec/time_text.h"

#include <stdio.h>

enum { DER_UTC_TIME = 0x17, DER_GENERALIZED_TIME = 0x18 };

static struct span part(struct span text, size_t from, size_t size)
{
    return span_cut(text, from, from + size);
}

/* "YYMMDDHHMMSSZ" (years 1950 to 2049) or "YYYYMMDDHHMMSSZ", RFC 5280 4.1.2.5.1 and 4.1.2.5.2; a time before 1970 counts as 1970. */
static bool x509_time(struct span *rest, int64_t *seconds)
{
    struct der item;
    char text[TIME_TEXT_SIZE];
    if (!der_next(rest, &item) || (item.tag != DER_UTC_TIME && item.tag != DER_GENERALIZED_TIME)) {
        return false;
    }
    size_t year = item.tag == DER_UTC_TIME ? 2 : 4;
    if (item.value.size != year + sizeof "MMDDHHMMSSZ" - 1) {
        return false;
    }
    struct span after = span_cut(item.value, year, item.value.size);
    const char *century = year == 4 ? "" : item.value.at[0] >= '5' ? "19" : "20";
    snprintf(text, sizeof text, "%s%.*s-%.*s-%.*sT%.*s:%.*s:%.*s%c", century, SPAN_ARG(part(item.value, 0, year)),
             SPAN_ARG(part(after, 0, 2)), SPAN_ARG(part(after, 2, 2)), SPAN_ARG(part(after, 4, 2)),
             SPAN_ARG(part(after, 6, 2)), SPAN_ARG(part(after, 8, 2)), after.at[10]);
    if (span_starts(span_of(text), SPAN("19")) && text[2] < '7') {
        *seconds = 0;
        return true;
    }
    return time_parse_rfc3339(span_of(text), seconds);
}

bool x509_read(struct span der, struct x509 *certificate)
{
    struct der outer, body, skipped, dates, key;
    if (!der_take(&der, DER_SEQUENCE, &outer) || der.size != 0 || !der_take(&outer.value, DER_SEQUENCE, &body)) {
        return false;
    }
    struct span rest = body.value;
    (void)der_take(&rest, DER_CONTEXT + DER_CONSTRUCTED, &skipped); /* version, absent in v1 */
    bool good = der_take(&rest, DER_INTEGER, &skipped) &&           /* serial number */
                der_take(&rest, DER_SEQUENCE, &skipped) &&          /* signature */
                der_take(&rest, DER_SEQUENCE, &skipped) &&          /* issuer */
                der_take(&rest, DER_SEQUENCE, &dates) &&            /* validity */
                der_take(&rest, DER_SEQUENCE, &skipped) &&          /* subject */
                der_take(&rest, DER_SEQUENCE, &key);
    if (!good || !x509_time(&dates.value, &certificate->not_before) || !x509_time(&dates.value, &certificate->not_after)) {
        return false;
    }
    certificate->public_key = key.whole;
    return dates.value.size == 0;
}
