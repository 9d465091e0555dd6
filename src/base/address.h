/*
 * address.h - an IP address and port, and their text.
 *
 * Does      read and write IPv4 and IPv6 literals.
 * Not here  names (net/dns.h), sockets (os/os.h), brackets of a URL (codec/url.h).
 * Rules     RFC 4291 section 2.2 and RFC 5952 (IPv6 text), RFC 6943 section 3.1.1 (IPv4: four decimal numbers, no
 *           leading zeros, since others read these as octal). A zone ("%2") is a decimal interface number, from 1 on,
 *           behind a link-local address (RFC 4007 section 11).
 */
#ifndef BASE_ADDRESS_H
#define BASE_ADDRESS_H

#include "base/span.h"

enum address_family { ADDRESS_NONE, ADDRESS_IPV4, ADDRESS_IPV6 };

struct address {
    enum address_family family;
    unsigned char bytes[16]; /* network order; IPv4 uses the first four */
    uint32_t scope;          /* interface number of an IPv6 link-local address, else 0 */
    uint16_t port;           /* host order */
};

enum { ADDRESS_TEXT_MAX = 64 };

/* Read a literal without brackets or port; port becomes 0. False: it is none. */
bool address_parse(struct span text, struct address *a);

/*
 * Write "192.0.2.1", "2001:db8::1", "fe80::1%2" or "::ffff:192.0.2.1" (RFC 5952), without the port, NUL-terminated;
 * "" for ADDRESS_NONE.
 */
void address_text(const struct address *a, char text[ADDRESS_TEXT_MAX]);

/* Same family and bytes; port and scope do not matter. */
bool address_equal(const struct address *a, const struct address *b);

#endif
