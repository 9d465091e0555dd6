/*
 * url.c - URLs and percent-encoding; see url.h.
 */
#include "codec/url.h"

#include "base/address.h"
#include "base/format.h"

#include <string.h>

enum { LABEL_MAX = 63, PORT_HTTP = 80, PORT_HTTPS = 443 };

static bool is_among(char c, const char *set)
{
    return c != '\0' && strchr(set, c) != NULL;
}

static bool is_unreserved(char c)
{
    return ascii_is_letter(c) || ascii_is_digit(c) || is_among(c, "-._~");
}

static bool is_escape(struct span s)
{
    return s.size >= 3 && s.at[0] == '%' && ascii_hex_value(s.at[1]) < 16 && ascii_hex_value(s.at[2]) < 16;
}

/* Only unreserved characters, sub-delims, those of `also`, and whole escapes (RFC 3986 appendix A). */
static bool is_spelled(struct span s, const char *also)
{
    for (size_t i = 0; i < s.size; i++) {
        char c = s.at[i];
        if (!is_unreserved(c) && !is_among(c, "!$&'()*+,;=") && !is_among(c, also) &&
            !is_escape(span_cut(s, i, s.size))) {
            return false;
        }
    }
    return true;
}

static bool label_is_valid(struct span label)
{
    if (label.size == 0 || label.size > LABEL_MAX || label.at[0] == '-' || label.at[label.size - 1] == '-') {
        return false;
    }
    for (size_t i = 0; i < label.size; i++) {
        if (!ascii_is_letter(label.at[i]) && !ascii_is_digit(label.at[i]) && !is_among(label.at[i], "-_")) {
            return false;
        }
    }
    return true;
}

/* "12", "0x1f": resolvers take a host that ends so for an IPv4 address of some older spelling. */
static bool label_is_number(struct span label)
{
    bool hex = span_starts_nocase(label, SPAN("0x"));
    for (size_t i = hex ? 2 : 0; i < label.size; i++) {
        if (hex ? ascii_hex_value(label.at[i]) > 15 : !ascii_is_digit(label.at[i])) {
            return false;
        }
    }
    return true;
}

bool url_host_is_valid(struct span host)
{
    struct address address;
    struct span rest = host;
    struct span label = {0};
    if (host.size == 0 || host.size > URL_HOST_MAX || host.at[host.size - 1] == '.') {
        return false;
    }
    while (span_next(&rest, '.', &label)) {
        if (!label_is_valid(label)) {
            return false;
        }
    }
    return !label_is_number(label) || (address_parse(host, &address) && address.family == ADDRESS_IPV4);
}

static bool take_scheme(struct span *rest, struct url *u, struct fault *f)
{
    u->https = span_starts_nocase(*rest, SPAN("https://"));
    if (!u->https && !span_starts_nocase(*rest, SPAN("http://"))) {
        return fault_set(f, FAULT_USAGE, "URL: it must begin with https:// or http://");
    }
    *rest = span_cut(*rest, u->https ? 8 : 7, rest->size);
    return true;
}

/* The part up to the first of "/", "?" and "#", all of it where there is none. */
static struct span take_authority(struct span *rest)
{
    size_t end = 0;
    while (end < rest->size && !is_among(rest->at[end], "/?#")) {
        end++;
    }
    struct span authority = span_cut(*rest, 0, end);
    *rest = span_cut(*rest, end, rest->size);
    return authority;
}

static bool take_userinfo(struct span *authority, struct url *u, struct fault *f)
{
    size_t at = span_find(*authority, '@');
    u->has_userinfo = at < authority->size;
    if (u->has_userinfo) {
        u->userinfo = span_cut(*authority, 0, at);
        *authority = span_cut(*authority, at + 1, authority->size);
    }
    if (!is_spelled(u->userinfo, ":") || span_find(*authority, '@') < authority->size) {
        return fault_set(f, FAULT_USAGE, "URL: special characters in user or password must be written as %%XX");
    }
    return true;
}

static void keep_host(struct url *u, struct span host)
{
    for (size_t i = 0; i < host.size; i++) {
        u->host[i] = ascii_lower(host.at[i]);
    }
    u->host[host.size] = '\0';
}

static bool take_ipv6(struct span *authority, struct url *u, struct fault *f)
{
    struct address address;
    size_t end = span_find(*authority, ']');
    struct span host = span_cut(*authority, 1, end);
    if (end == authority->size || host.size >= ADDRESS_TEXT_MAX || !address_parse(host, &address) ||
        address.family != ADDRESS_IPV6 || address.scope != 0) {
        return fault_set(f, FAULT_USAGE, "URL: no IPv6 address between the brackets");
    }
    keep_host(u, host);
    u->host_is_ip = u->host_is_ipv6 = true;
    *authority = span_cut(*authority, end + 1, authority->size);
    return true;
}

static bool take_name(struct span *authority, struct url *u, struct fault *f)
{
    struct address address;
    size_t end = span_find(*authority, ':');
    struct span host = span_cut(*authority, 0, end);
    if (!url_host_is_valid(host)) {
        return fault_set(f, FAULT_USAGE, host.size == 0 ? "URL: no host" : "URL: this is no host name");
    }
    keep_host(u, host);
    u->host_is_ip = address_parse(host, &address);
    *authority = span_cut(*authority, end, authority->size);
    return true;
}

/* What is left of the authority: nothing, or a colon and a port, which may be empty (RFC 3986 3.2.3). */
static bool take_port(struct span rest, struct url *u, struct fault *f)
{
    uint64_t port;
    u->port = u->https ? PORT_HTTPS : PORT_HTTP;
    if (rest.size == 0 || span_equal(rest, SPAN(":"))) {
        return true;
    }
    if (rest.at[0] != ':' || !span_decimal(span_cut(rest, 1, rest.size), UINT16_MAX, &port) || port == 0) {
        return fault_set(f, FAULT_USAGE, "URL: the port must be a number from 1 to 65535");
    }
    u->port = (uint16_t)port;
    u->port_given = true;
    return true;
}

static bool take_target(struct span rest, struct url *u, struct fault *f)
{
    size_t fragment = span_find(rest, '#');
    u->target = span_cut(rest, 0, fragment);
    if (!is_spelled(u->target, ":@/?") || !is_spelled(span_cut(rest, fragment + 1, rest.size), ":@/?")) {
        return fault_set(f, FAULT_USAGE, "URL: a character in the path must be written as %%XX");
    }
    return true;
}

static bool take_apart(struct span text, struct url *u, struct fault *f)
{
    struct span rest = text;
    if (text.size > URL_MAX) {
        return fault_set(f, FAULT_USAGE, "URL: longer than %d bytes", URL_MAX);
    }
    if (!take_scheme(&rest, u, f)) {
        return false;
    }
    struct span authority = take_authority(&rest);
    if (!take_userinfo(&authority, u, f)) {
        return false;
    }
    bool bracket = authority.size > 0 && authority.at[0] == '[';
    return (bracket ? take_ipv6(&authority, u, f) : take_name(&authority, u, f)) && take_port(authority, u, f) &&
           take_target(rest, u, f);
}

static void name_place(struct url *u)
{
    char port[8] = "";
    if (u->port != (u->https ? PORT_HTTPS : PORT_HTTP)) {
        format_text(port, sizeof port, ":%u", (unsigned)u->port);
    }
    format_text(u->place, sizeof u->place, u->host_is_ipv6 ? "[%s]%s" : "%s%s", u->host, port);
}

bool url_parse(struct span text, struct url *u, struct fault *f)
{
    *u = (struct url){0};
    if (!take_apart(text, u, f)) {
        *u = (struct url){0};
        return false;
    }
    name_place(u);
    return true;
}

void url_put_origin(struct buf *to, const struct url *u)
{
    buf_put_text(to, u->https ? "https://" : "http://");
    buf_put_text(to, u->place);
}

void url_put_encoded(struct buf *to, struct span value)
{
    static const char digits[] = "0123456789ABCDEF";
    for (size_t i = 0; i < value.size; i++) {
        unsigned char c = (unsigned char)value.at[i];
        if (is_unreserved(value.at[i])) {
            buf_put_char(to, value.at[i]);
        } else {
            buf_put(to, span_make((char[]){'%', digits[c >> 4], digits[c & 15]}, 3));
        }
    }
}

bool url_put_decoded(struct buf *to, struct span value)
{
    for (size_t i = 0; i < value.size; i++) {
        if (value.at[i] != '%') {
            buf_put_char(to, value.at[i]);
        } else if (is_escape(span_cut(value, i, value.size))) {
            unsigned byte = ascii_hex_value(value.at[i + 1]) << 4 | ascii_hex_value(value.at[i + 2]);
            buf_put_char(to, (char)(unsigned char)byte);
            i += 2;
        } else {
            return false;
        }
    }
    return true;
}
