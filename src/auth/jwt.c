/*
 * jwt.c - the client assertion; see jwt.h.
 */
#include "auth/jwt.h"

#include "codec/base64.h"
#include "codec/json_write.h"
#include "os/os.h"

enum { GUID_BYTES = 16 };

static const struct algorithm_row {
    const char *name;
    const char *thumbprint;
    enum key_hash hash;
} algorithms[] = {
    [KEY_PS256] = {"PS256", "x5t#S256", KEY_SHA256},
    [KEY_RS256] = {"RS256", "x5t", KEY_SHA1},
    [KEY_ES256] = {"ES256", "x5t#S256", KEY_SHA256},
};

/* RFC 7515 4.1.6: standard base64 of the DER, the signing certificate first. */
static void put_chain(struct buf *header, const struct key *key)
{
    struct span der;
    size_t at = 0;
    buf_put_text(header, ",\"x5c\":[");
    while (key_next_certificate(key, &at, &der)) {
        buf_put_text(header, header->at[header->size - 1] == '[' ? "\"" : ",\"");
        base64_put(header, der);
        buf_put_char(header, '"');
    }
    buf_put_char(header, ']');
}

static bool put_header(struct buf *to, const struct key *key, const struct jwt_assertion *a, struct fault *f)
{
    const struct algorithm_row *row = &algorithms[a->algorithm];
    struct buf thumbprint = buf_init(64);
    bool ok = key_thumbprint(key, row->hash, &thumbprint, f);
    buf_put_format(to, "{\"alg\":\"%s\",\"typ\":\"JWT\",\"%s\":\"", row->name, row->thumbprint);
    base64url_put(to, buf_span(&thumbprint));
    buf_put_char(to, '"');
    if (a->send_chain && !to->failed) {
        put_chain(to, key);
    }
    buf_put_char(to, '}');
    buf_free(&thumbprint);
    return ok;
}

/* A random GUID, RFC 9562 section 5.4. */
static bool put_guid(struct buf *to, struct fault *f)
{
    unsigned char bytes[GUID_BYTES];
    if (!os_random(bytes, sizeof bytes)) {
        return fault_set(f, FAULT_RANDOM, "no random numbers for the assertion");
    }
    bytes[6] = (unsigned char)((bytes[6] & 0x0f) | 0x40);
    bytes[8] = (unsigned char)((bytes[8] & 0x3f) | 0x80);
    for (size_t i = 0; i < sizeof bytes; i++) {
        buf_put_format(to, i == 4 || i == 6 || i == 8 || i == 10 ? "-%02x" : "%02x", (unsigned)bytes[i]);
    }
    return true;
}

/* Both are plain text here: they went through url_parse() and credential_check_application(). */
static bool put_claims(struct buf *to, const struct jwt_assertion *a, struct fault *f)
{
    long long now = (long long)a->now;
    buf_put_text(to, "{\"aud\":");
    json_put_string_lossy(to, a->audience);
    buf_put_format(to, ",\"exp\":%lld,\"iss\":", now + JWT_LIFETIME_SECONDS);
    json_put_string_lossy(to, span_of(a->client_id));
    buf_put_text(to, ",\"sub\":");
    json_put_string_lossy(to, span_of(a->client_id));
    buf_put_format(to, ",\"nbf\":%lld,\"jti\":\"", now);
    bool ok = put_guid(to, f);
    buf_put_format(to, "\",\"iat\":%lld}", now);
    return ok;
}

bool jwt_put_assertion(struct buf *to, struct key *key, const struct jwt_assertion *a, struct fault *f)
{
    struct buf header = buf_init(JWT_ASSERTION_MAX);
    struct buf claims = buf_init(JWT_ASSERTION_MAX);
    struct buf signature = buf_init(JWT_ASSERTION_MAX);
    size_t from = to->size;
    bool ok = put_header(&header, key, a, f) && put_claims(&claims, a, f);
    base64url_put(to, buf_span(&header));
    buf_put_char(to, '.');
    base64url_put(to, buf_span(&claims));
    bool failed = to->failed || header.failed || claims.failed;
    ok = ok && !failed && key_sign(key, a->algorithm, span_cut(buf_span(to), from, to->size), &signature, f);
    buf_put_char(to, '.');
    base64url_put(to, buf_span(&signature));
    failed = failed || to->failed;
    buf_free(&header);
    buf_free(&claims);
    buf_free(&signature);
    return ok && !failed ? true : fault_set(f, FAULT_MEMORY, "out of memory");
}
