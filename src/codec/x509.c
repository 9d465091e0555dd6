/*
 * x509.c - some fields of a certificate; see x509.h.
 */
#include "codec/x509.h"

#include "codec/der.h"
#include "codec/time_text.h"

#include <string.h>

enum { DER_UTC_TIME = 0x17, DER_GENERALIZED_TIME = 0x18 };

/*
 * "YYMMDDHHMMSSZ" (years 1950 to 2049) or "YYYYMMDDHHMMSSZ", RFC 5280 4.1.2.5.1 and 4.1.2.5.2, spread over RFC 3339's form. A time
 * before 1970 counts as 1970.
 */
static bool x509_time(struct span *rest, int64_t *seconds)
{
    static const char form[] = "0000-00-00T00:00:00Z";
    char text[sizeof form];
    struct der item;
    if (!der_next(rest, &item) || (item.tag != DER_UTC_TIME && item.tag != DER_GENERALIZED_TIME)) {
        return false;
    }
    size_t century = item.tag == DER_UTC_TIME ? 2 : 0;
    if (item.value.size != sizeof "YYYYMMDDHHMMSSZ" - 1 - century) {
        return false;
    }
    const char *digit = item.value.at;
    memcpy(text, *digit >= '5' ? "19" : "20", 2);
    for (size_t i = century; i < sizeof form - 1; i++) {
        text[i] = form[i] == '0' || form[i] == 'Z' ? *digit++ : form[i];
    }
    struct span time = span_make(text, sizeof form - 1);
    if (span_starts(time, SPAN("19")) && text[2] < '7') {
        *seconds = 0;
        return true;
    }
    return time_parse_rfc3339(time, seconds);
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
