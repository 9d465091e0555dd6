/*
 * cert_name.h - the names in a certificate: who it is for, who issued it, which names an authority may vouch for.
 *
 * Does      find a part of a certificate; compare and print distinguished names; hold a host against subjectAltName; name constraints.
 * Not here  signatures, dates, the way to a root (chain.h).
 * Limits    none of its own: it reads what is there once for each question.
 * Rules     RFC 5280 sections 4.1, 4.2.1.6, 4.2.1.10, 7.1; RFC 9525 sections 6.3 and 6.4. A span named `certificate` holds one whole
 *           certificate in DER. What cannot be read is never a match and never permitted.
 */
#ifndef NET_CERT_NAME_H
#define NET_CERT_NAME_H

#include "base/span.h"

/* The subject, as the Name in DER that roots are found by. False: not a certificate. */
bool cert_name_subject(struct span certificate, struct span *subject);

/*
 * Two Names in DER are the same: RFC 5280 7.1, but blanks count (as they do in mbedTLS, which compares once more).
 */
bool cert_name_equal(struct span a, struct span b);

enum { CERT_NAME_TEXT_MAX = 80 };

/* "CN=Corp Proxy CA", or the unit or organisation where there is no CN; cut to fit, raw bytes but for a NUL. "no name" for an empty one. */
void cert_name_text(struct span name, char text[CERT_NAME_TEXT_MAX]);

/* The first name a certificate is for, "www.example.com" or an address, written like that; "" if it has none. */
void cert_name_first(struct span certificate, char text[CERT_NAME_TEXT_MAX]);

/*
 * Whether the certificate is for this host. Only subjectAltName counts. An IP literal is compared with iPAddress entries only, any
 * other host with dNSName entries only; `*` stands for the whole leftmost label, above at least two more; a last dot of the host
 * does not count; a host whose last label is a number is no DNS name and matches nothing.
 *
 * host   NUL-terminated, without brackets or port
 */
bool cert_name_fits_host(struct span certificate, const char *host);

/*
 * Whether the name constraints of `authority` allow every name of `certificate`: dNSName, iPAddress and the distinguished names.
 * Constraints of another form (mail, URI, ...) refuse a certificate that has a name of that form, as they are not evaluated here.
 */
bool cert_name_is_permitted(struct span authority, struct span certificate);

#endif
