/*
 * proxy.c - the way through an HTTP proxy; see proxy.h.
 */
#include "net/proxy.h"

#include "base/address.h"
#include "base/format.h"
#include "codec/base64.h"

enum { SCHEMES_MAX = 120, REASON_MAX = 80 };

/* ---- the setting ---- */

bool proxy_is_none(const char *text)
{
    struct span s = span_of(text);
    return s.size == 0 || span_equal(s, SPAN("none"));
}

static bool check_scheme(struct span text, struct fault *f)
{
    if (!span_starts_nocase(text, SPAN("socks"))) {
        return true;
    }
    fault_set(f, FAULT_USAGE, "SOCKS is not supported, an HTTP proxy is wanted");
    return fault_advise(f, "give http://HOST:PORT or https://HOST:PORT; --proxy none goes without a proxy");
}

/* A '@' behind the host: a password with a raw "/", "?" or "#" in it, the first half of which would be shown as a port. */
static bool check_at(struct span text, const struct url *u, struct fault *f)
{
    size_t ats = 0;
    for (size_t i = 0; i < text.size; i++) {
        ats += text.at[i] == '@';
    }
    return ats == (u->has_userinfo ? 1 : 0) ||
           fault_set(f, FAULT_USAGE, "special characters in user or password must be written as %%XX");
}

/* Where no port is given it is curl's; the place always has it, as nobody knows that by heart. */
static void settle_port(struct url *u)
{
    if (!u->port_given) {
        u->port = u->https ? PROXY_PORT_HTTPS : PROXY_PORT;
    }
    format_text(u->place, sizeof u->place, u->host_is_ipv6 ? "[%s]:%u" : "%s:%u", u->host, (unsigned)u->port);
}

/* The part of the URL with %XX undone. */
static bool decode(struct span part, struct secret *to, struct fault *f)
{
    struct buf bytes = buf_init(URL_MAX);
    bool good = url_put_decoded(&bytes, part);
    return (secret_take(to, &bytes) && good) || fault_set(f, FAULT_MEMORY, "out of memory");
}

static bool keep_login(struct proxy *p, struct span user, struct fault *f)
{
    struct buf plain = buf_init(2 * URL_MAX);
    struct buf coded = buf_init(4 * URL_MAX);
    bool ok = url_put_decoded(&plain, user);
    if (span_find(buf_span(&plain), ':') < plain.size) {
        buf_free(&plain);
        return fault_set(f, FAULT_USAGE, "a user name with ':' in it cannot be sent");
    }
    buf_put_char(&plain, ':');
    buf_put(&plain, secret_reveal(&p->password));
    base64_put(&coded, buf_span(&plain));
    ok = ok && !plain.failed;
    buf_free(&plain);
    return (secret_take(&p->login, &coded) && ok) || fault_set(f, FAULT_MEMORY, "out of memory");
}

static bool read_login(struct proxy *p, bool password_allowed, const struct secret *password, struct fault *f)
{
    size_t colon = span_find(p->url.userinfo, ':');
    bool given = password != NULL && secret_present(password);
    if (colon < p->url.userinfo.size && !password_allowed) {
        fault_set(f, FAULT_USAGE, "a password is not taken from here: others can see it");
        return fault_advise(f, "write USER@%s, and the password into a file: --proxy-password-file FILE", p->url.place);
    }
    if (!p->url.has_userinfo) {
        return !given || fault_set(f, FAULT_USAGE, "there is a password, and no user: write USER@%s", p->url.place);
    }
    bool ok = given ? (secret_copy(&p->password, secret_reveal(password)) || fault_set(f, FAULT_MEMORY, "out of memory"))
                    : decode(span_cut(p->url.userinfo, colon + 1, p->url.userinfo.size), &p->password, f);
    return ok && keep_login(p, span_cut(p->url.userinfo, 0, colon), f);
}

bool proxy_read(struct proxy *p, const char *text, bool password_allowed, const struct secret *password, struct fault *f)
{
    struct buf whole = buf_init(URL_MAX);
    if (!check_scheme(span_of(text), f)) {
        return false;
    }
    if (!span_contains(span_of(text), SPAN("://"))) {
        buf_put_text(&whole, "http://");
    }
    buf_put_text(&whole, text);
    bool ok = !whole.failed || fault_set(f, FAULT_USAGE, "longer than %d bytes", URL_MAX);
    ok = ok && url_parse(buf_span(&whole), &p->url, f) && check_at(buf_span(&whole), &p->url, f);
    if (ok) {
        settle_port(&p->url);
        ok = read_login(p, password_allowed, password, f);
        p->url.userinfo = p->url.target = (struct span){0};
    }
    buf_free(&whole);
    return ok;
}

void proxy_free(struct proxy *p)
{
    secret_free(&p->password);
    secret_free(&p->login);
    *p = (struct proxy){0};
}

/* ---- which hosts ---- */

/* Without the dot at the end and one in front. */
static struct span trim_dots(struct span name)
{
    name.size -= span_ends(name, SPAN("."));
    return span_cut(name, span_starts(name, SPAN(".")), name.size);
}

static bool names_host(struct span entry, struct span host)
{
    struct span name = trim_dots(entry);
    if (name.size == 0 || name.size > host.size) {
        return false;
    }
    size_t above = host.size - name.size;
    return span_equal_nocase(span_cut(host, above, host.size), name) && (above == 0 || host.at[above - 1] == '.');
}

static bool same_bits(const unsigned char *a, const unsigned char *b, size_t bits)
{
    for (size_t i = 0; i < bits; i++) {
        if (((a[i / 8] ^ b[i / 8]) & 0x80 >> i % 8) != 0) {
            return false;
        }
    }
    return true;
}

/* ADDRESS or ADDRESS/BITS; 0 bits stand for all of them, as curl has it. */
static bool names_address(struct span entry, const struct address *host)
{
    struct address network;
    size_t slash = span_find(entry, '/');
    struct span text = span_cut(entry, 0, slash);
    uint64_t most = host->family == ADDRESS_IPV4 ? 32 : 128;
    uint64_t bits = most;
    if (span_starts(text, SPAN("[")) && span_ends(text, SPAN("]"))) {
        text = span_cut(text, 1, text.size - 1);
    }
    if (!address_parse(text, &network) || network.family != host->family ||
        (slash < entry.size && !span_decimal(span_cut(entry, slash + 1, entry.size), most, &bits))) {
        return false;
    }
    return same_bits(network.bytes, host->bytes, (size_t)(bits == 0 ? most : bits));
}

static bool is_separator(char c)
{
    return c == ',' || c == ' ' || c == '\t';
}

static bool list_names(struct span list, const struct url *origin)
{
    struct address address;
    bool literal = address_parse(span_of(origin->host), &address);
    size_t from = 0;
    for (size_t at = 0; at <= list.size; at++) {
        if (at < list.size && !is_separator(list.at[at])) {
            continue;
        }
        struct span entry = span_cut(list, from, at);
        from = at + 1;
        if (literal ? names_address(entry, &address) : names_host(entry, span_of(origin->host))) {
            return true;
        }
    }
    return span_equal(list, SPAN("*"));
}

bool proxy_is_for(const struct proxy *p, const struct url *origin)
{
    return p != NULL && p->url.host[0] != '\0' && origin->https && !list_names(span_of(p->except), origin);
}

/* ---- CONNECT ---- */

static bool put_login(const struct proxy *p, bool hide, struct buf *to, struct fault *f)
{
    struct buf value = buf_init(4 * URL_MAX);
    if (!secret_present(&p->login)) {
        return true;
    }
    buf_put_text(&value, "Basic ");
    buf_put(&value, hide ? SPAN("(hidden)") : secret_reveal(&p->login));
    bool ok = http1_put_field(to, SPAN("Proxy-Authorization"), buf_span(&value), f);
    buf_free(&value);
    return ok;
}

bool proxy_put_connect(const struct proxy *p, const struct url *origin, const char *user_agent, bool hide, struct buf *to,
                       struct fault *f)
{
    char place[sizeof origin->place]; /* with the port always, and nothing else: RFC 9112 3.2.3 */
    format_text(place, sizeof place, origin->host_is_ipv6 ? "[%s]:%u" : "%s:%u", origin->host, (unsigned)origin->port);
    bool ok = http1_put_request(to, SPAN("CONNECT"), span_of(place), f) && http1_put_field(to, SPAN("Host"), span_of(place), f) &&
              http1_put_field(to, SPAN("User-Agent"), span_of(user_agent), f) && put_login(p, hide, to, f);
    http1_put_end(to);
    return ok && (!to->failed || fault_set(f, FAULT_MEMORY, "out of memory"));
}

void proxy_await(struct http1_reader *r)
{
    http1_reader_init(r, 0);
    r->head_only = true;
}

/* ---- 407: which logins are offered (RFC 9110 section 11.6.1, 11.7.1) ---- */

/* The next comma-separated part of a field's value; commas between quotes do not count. */
static bool next_part(struct span *rest, struct span *part)
{
    bool quoted = false;
    size_t end = 0;
    if (rest->size == 0) {
        return false;
    }
    for (; end < rest->size && (quoted || rest->at[end] != ','); end++) {
        bool escape = quoted && rest->at[end] == '\\' && end + 1 < rest->size;
        quoted = quoted != (rest->at[end] == '"');
        end += escape;
    }
    *part = span_trim(span_cut(*rest, 0, end));
    *rest = span_cut(*rest, end + 1, rest->size);
    return true;
}

/* The scheme that a part begins with; empty where it is a parameter of the one before. */
static struct span scheme_of(struct span part)
{
    size_t end = 0;
    while (end < part.size && part.at[end] != ' ' && part.at[end] != '\t' && part.at[end] != '=') {
        end++;
    }
    bool parameter = span_starts(span_trim(span_cut(part, end, part.size)), SPAN("="));
    return span_cut(part, 0, parameter ? 0 : end);
}

/* Names of all schemes that are offered, "Basic, NTLM". True: Basic is among them, or none is named. */
static bool list_schemes(const struct http1_reader *r, char *text, size_t size)
{
    struct buf names = buf_init(HTTP1_HEAD_MAX);
    struct span rest = http1_fields(r);
    struct span name, value, part;
    bool basic = false;
    while (http1_next_field(&rest, &name, &value)) {
        while (span_equal_nocase(name, SPAN("Proxy-Authenticate")) && next_part(&value, &part)) {
            struct span scheme = scheme_of(part);
            if (scheme.size > 0) {
                buf_put_text(&names, names.size > 0 ? ", " : "");
                buf_put(&names, scheme);
            }
            basic = basic || span_equal_nocase(scheme, SPAN("Basic"));
        }
    }
    fault_keep(text, size, names.size > 0 ? buf_span(&names) : SPAN("nothing"));
    basic = basic || names.size == 0;
    buf_free(&names);
    return basic;
}

static bool refuse_login(const struct proxy *p, const struct http1_reader *r, struct fault *f)
{
    char offered[SCHEMES_MAX];
    bool basic = list_schemes(r, offered, sizeof offered);
    bool sent = secret_present(&p->login);
    fault_set(f, FAULT_PROXY, "%d, %s; it offers %s", r->status,
              sent ? "the login that was sent is not accepted" : "a login is needed", offered);
    if (!basic) {
        return fault_advise(f, "Basic is the only login to a proxy that there is here; a helper on this host (px, cntlm) does "
                               "Negotiate and NTLM: --proxy http://127.0.0.1:PORT");
    }
    if (sent) {
        bool secret = secret_present(&p->password);
        const char *more = secret ? "; special characters are written %XX there" : ", which is none: --proxy-password-file FILE";
        return fault_advise(f, "check the user in the URL of %s, and the password%s", p->giver, more);
    }
    return fault_advise(f, "name the user, --proxy %sUSER@%s, and the password, --proxy-password-file FILE",
                        p->url.https ? "https://" : "http://", p->url.place);
}

/* ---- other answers ---- */

/* The number and the words of the status line. */
static void keep_reason(const struct http1_reader *r, char text[REASON_MAX])
{
    struct span head = http1_head(r);
    struct span line;
    (void)span_next(&head, '\n', &line);
    fault_keep(text, REASON_MAX, span_trim(span_cut(line, sizeof "HTTP/1.1 " - 1, line.size)));
}

static bool refuse(const struct url *origin, const struct http1_reader *r, struct fault *f)
{
    char reason[REASON_MAX];
    bool passes = r->status >= 500;
    keep_reason(r, reason);
    fault_set(f, passes ? FAULT_CONNECT : FAULT_PROXY, "it answers CONNECT with %s", reason);
    if (r->status < 400) {
        return fault_advise(f, "a sign-in page may stand in the way, or this is no proxy");
    }
    return fault_advise(f, passes ? "the proxy does not reach %s port %u: it may not know the name, or have no way there"
                                  : "the proxy has to allow CONNECT to %s port %u",
                        origin->host, (unsigned)origin->port);
}

static bool judge(const struct proxy *p, const struct url *origin, const struct http1_reader *r, bool more, struct fault *f)
{
    if (r->status == 407 || r->status == 401) { /* tinyproxy's word for a wrong login is 401 */
        return refuse_login(p, r, f);
    }
    if (r->status >= 300) {
        return refuse(origin, r, f);
    }
    return !more || fault_set(f, FAULT_PROXY, "it sends bytes of its own behind its answer to CONNECT");
}

enum http1_result proxy_answer(const struct proxy *p, const struct url *origin, struct http1_reader *r, struct span in,
                               struct fault *f)
{
    struct fault why = {0};
    size_t used;
    enum http1_result result = http1_reader_feed(r, in, &used, &why);
    if (result == HTTP1_BAD) {
        fault_set(f, why.code == FAULT_MEMORY ? FAULT_MEMORY : FAULT_PROXY, "%s", why.text);
        fault_advise(f, "check that this is an HTTP proxy; one that speaks TLS is written https://%s", p->url.place);
    }
    return result != HTTP1_DONE || judge(p, origin, r, used < in.size, f) ? result : HTTP1_BAD;
}

void proxy_blame(const struct proxy *p, struct fault *f)
{
    if (f->code == FAULT_TLS) {
        f->advice[0] = '\0';
        fault_advise(f, "if the proxy itself speaks plain HTTP, as most do, write http://%s", p->url.place);
    }
    fault_advise(f, "check the proxy that %s names; --proxy none goes without one", p->giver);
    fault_place(f, "proxy %s", p->url.place);
}
