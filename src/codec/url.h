/*
 * url.h - URLs of http and https, and percent-encoding.
 *
 * Does      take a URL apart; encode a value for a path, a query, or a form.
 * Not here  asking for names, deciding which schemes are allowed where.
 * Limits    URL_MAX bytes; host names of at most 253 bytes.
 * Rules     RFC 3986 (strict: only its characters and whole %XX escapes, one '@', no fragment is kept), RFC 952/1123 host
 *           names (also '_'; no dot at the end; a last label that is a number, also 0x.., makes it an IPv4 literal or nothing),
 *           RFC 3986 3.2.2 IP literals (no zone); the WHATWG form encoding for application/x-www-form-urlencoded,
 *           but space as %20 (as Microsoft's clients send it).
 */
#ifndef CODEC_URL_H
#define CODEC_URL_H

#include "base/fault.h"

enum { URL_MAX = 8 * 1024, URL_HOST_MAX = 253 };

struct url {
    bool https;                  /* else http */
    char host[URL_HOST_MAX + 1]; /* lower case, without brackets, NUL-terminated */
    char place[URL_HOST_MAX + 9];/* "host", "host:port" or "[ip]:port": the port only where it is not the scheme's own */
    bool host_is_ip;             /* an IPv4 or IPv6 literal */
    bool host_is_ipv6;           /* was written in brackets, as it was written but for case */
    uint16_t port;               /* 80 or 443 where the URL names none */
    bool port_given;
    struct span userinfo;        /* raw, before the '@'; borrowed from the text; empty where there is none */
    bool has_userinfo;
    struct span target;          /* path and query as they stand, borrowed; "/" at least is implied: "" or "?..." have no path */
};

/*
 * Take `text` apart. FAULT_USAGE says what is wrong with it without repeating its userinfo. A fragment ("#...") is cut off.
 * Port 0 and ports above 65535 are refused (an empty port is none: RFC 3986 3.2.3); so are empty hosts, other schemes,
 * hosts of digits and dots that are no IPv4 literal. On a fault *u is zeroed.
 */
bool url_parse(struct span text, struct url *u, struct fault *f) MUST_CHECK;

/* "https://host[:port]", with the port only where it is not the scheme's own. */
void url_put_origin(struct buf *to, const struct url *u);

/* Percent-encode everything but RFC 3986 unreserved characters (letters, digits, "-._~"). */
void url_put_encoded(struct buf *to, struct span value);

/* Undo percent-encoding ('+' stays '+'). False: a '%' that is not followed by two hexadecimal digits. */
bool url_put_decoded(struct buf *to, struct span value) MUST_CHECK;

/* A host name or IPv4 literal as url_parse would take it: for --resolve and the like. */
bool url_host_is_valid(struct span host);

#endif
