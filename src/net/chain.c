/*
 * chain.c - from a peer's certificate to a trusted root; see chain.h.
 *
 * The path grows from the peer's certificate upwards, depth first: a root that fits is tried before a certificate that was sent.
 * A path that reaches a root is judged as a whole; if it is no good the search goes on, and the first path's fault is told at the end.
 */
#include "net/chain.h"

#include "base/format.h"
#include "codec/time_text.h"
#include "net/cert_name.h"
#include "net/clock.h"
#include "net/tls_hooks.h"

#include <mbedtls/oid.h>
#include <mbedtls/x509_crt.h>

#include <string.h>

enum { CHAIN_PATH_MAX = 10 }; /* peer, 8 between, root: what mbedTLS follows in a handshake */

/* A certificate of the path. */
struct step {
    mbedtls_x509_crt *crt;
    uint32_t weak; /* MBEDTLS_X509_BADCERT_BAD_*: of its signature, its key or its issuer's key */
};

struct search {
    const struct chain *chain;
    mbedtls_x509_crt sent[CHAIN_SENT_MAX]; /* those that could be read; version 0: it could not */
    struct step path[CHAIN_PATH_MAX];
    size_t length;
    size_t highest;      /* length of the longest path so far, and its last certificate */
    struct span last;
    unsigned signatures; /* left to check */
    const char *stopped; /* why an issuer of the right name would not do, or NULL; and its name */
    char stopped_name[CERT_NAME_TEXT_MAX];
    enum chain_verdict verdict;
    struct fault fault;  /* of the first path that reached a root, or of an issuer that is none */
};

/* What a signature may be made with. Curves: those that are built in; sizes and hashes as in chain.h. */
const struct mbedtls_x509_crt_profile chain_profile = {
    MBEDTLS_X509_ID_FLAG(MBEDTLS_MD_SHA256) | MBEDTLS_X509_ID_FLAG(MBEDTLS_MD_SHA384) | MBEDTLS_X509_ID_FLAG(MBEDTLS_MD_SHA512),
    0xfffffff,
    MBEDTLS_X509_ID_FLAG(MBEDTLS_ECP_DP_SECP256R1) | MBEDTLS_X509_ID_FLAG(MBEDTLS_ECP_DP_SECP384R1) |
        MBEDTLS_X509_ID_FLAG(MBEDTLS_ECP_DP_SECP521R1),
    2048,
};

static const uint32_t chain_weak = MBEDTLS_X509_BADCERT_BAD_MD | MBEDTLS_X509_BADCERT_BAD_PK | MBEDTLS_X509_BADCERT_BAD_KEY;

void chain_add(struct chain *c, struct span certificate)
{
    if (c->count < CHAIN_SENT_MAX) {
        c->sent[c->count++] = certificate;
    }
}

void chain_link_seen(struct chain_links *l, struct span certificate, uint32_t flags)
{
    if (l->count < CHAIN_LINKS_MAX) {
        l->certificate[l->count] = certificate;
        l->flags[l->count] = flags;
        l->count++;
    }
}

/* ---- reading ---- */

static struct span chain_raw(const mbedtls_x509_crt *crt)
{
    return span_make((const char *)crt->raw.p, crt->raw.len);
}

static struct span chain_name(const mbedtls_x509_buf *raw)
{
    return span_make((const char *)raw->p, raw->len);
}

static bool chain_is_self_issued(const mbedtls_x509_crt *crt)
{
    return cert_name_equal(chain_name(&crt->subject_raw), chain_name(&crt->issuer_raw));
}

/* 0, or mbedTLS's number: it cannot be read, and version is 0. */
static int chain_read(mbedtls_x509_crt *crt, struct span der)
{
    mbedtls_x509_crt_init(crt);
    int number = tls_hooks_read_certificate(crt, der, false);
    if (number != 0) {
        mbedtls_x509_crt_free(crt);
        mbedtls_x509_crt_init(crt);
    }
    return number;
}

/* ---- faults ---- */

static const char advice_inspected[] = "if this network inspects TLS, give its root with --cacert FILE";

/* "certificate of HOST: ", and for an authority of the path also its name. */
static void chain_whose(const struct search *s, size_t at, char text[400])
{
    char name[CERT_NAME_TEXT_MAX];
    cert_name_text(chain_name(&s->path[at].crt->subject_raw), name);
    format_text(text, 400, at == 0 ? "certificate of %s:" : "certificate of %s: authority %s", s->chain->host, name);
}

/* " (issued by CN=...)" of the peer's own certificate, "" of an authority. */
static void chain_issued_by(const struct search *s, size_t at, char text[CERT_NAME_TEXT_MAX + 16])
{
    char name[CERT_NAME_TEXT_MAX];
    cert_name_text(chain_name(&s->path[at].crt->issuer_raw), name);
    format_text(text, CERT_NAME_TEXT_MAX + 16, at == 0 ? " (issued by %s)" : "%.0s", name);
}

static enum chain_verdict chain_unfit(struct search *s, size_t at, const char *why)
{
    char whose[400], issued_by[CERT_NAME_TEXT_MAX + 16];
    chain_whose(s, at, whose);
    chain_issued_by(s, at, issued_by);
    fault_set(&s->fault, FAULT_CERTIFICATE, "%s %s%s", whose, why, issued_by);
    return CHAIN_UNFIT;
}

static enum chain_verdict chain_out_of_date(struct search *s, size_t at, const char *what, const char *date)
{
    char whose[400], issued_by[CERT_NAME_TEXT_MAX + 16], clock[TIME_TEXT_SIZE];
    chain_whose(s, at, whose);
    chain_issued_by(s, at, issued_by);
    time_put_rfc3339(s->chain->now, clock);
    fault_set(&s->fault, FAULT_CERTIFICATE, "%s %s %s; %s says %s%s", whose, what, date, clock_name(), clock, issued_by);
    fault_advise(&s->fault, "%s", CLOCK_ADVICE);
    return CHAIN_DATE;
}

static enum chain_verdict chain_other_name(struct search *s)
{
    char first[CERT_NAME_TEXT_MAX], issued_by[CERT_NAME_TEXT_MAX + 16];
    const char *host = s->chain->host;
    cert_name_first(chain_raw(s->path[0].crt), first);
    chain_issued_by(s, 0, issued_by);
    if (span_equal_nocase(span_of(first), span_of(host))) {
        fault_set(&s->fault, FAULT_CERTIFICATE, "certificate of %s: has it as a DNS name, not as an address%s", host, issued_by);
    } else {
        fault_set(&s->fault, FAULT_CERTIFICATE, "certificate of %s: is for %s, not for %s%s", host,
                  first[0] != '\0' ? first : "no host at all (no subjectAltName)", host, issued_by);
    }
    fault_advise(&s->fault, "check the host name; if this network redirects or inspects TLS, name its proxy with --proxy URL");
    return CHAIN_NAME;
}

/* The highest certificate that was reached. */
static const mbedtls_x509_crt *chain_highest(const struct search *s)
{
    const mbedtls_x509_crt *crt = s->path[0].crt;
    for (size_t i = 0; i < s->chain->count; i++) {
        if (s->sent[i].version != 0 && s->sent[i].raw.p == (const unsigned char *)s->last.at) {
            crt = &s->sent[i];
        }
    }
    return crt;
}

/* What to say of an issuer that could not be found. */
static const char *chain_where(const struct search *s, const mbedtls_x509_crt *crt)
{
    struct span subject;
    for (size_t i = 1; i < s->chain->count; i++) {
        if (s->sent[i].version == 0 && cert_name_subject(s->chain->sent[i], &subject) &&
            cert_name_equal(subject, chain_name(&crt->issuer_raw))) {
            return " (and what was sent of it cannot be read, or has an unknown critical extension)";
        }
    }
    return chain_is_self_issued(crt) ? "" : " (and was not sent, or cannot be read)";
}

/* No path reached a root: name the issuer that is missing. */
static enum chain_verdict chain_untrusted(struct search *s)
{
    char issuer[CERT_NAME_TEXT_MAX];
    const mbedtls_x509_crt *crt = chain_highest(s);
    const char *itself = crt == s->path[0].crt && chain_is_self_issued(crt) ? "itself, " : "";
    cert_name_text(chain_name(&crt->issuer_raw), issuer);
    if (s->stopped != NULL) {
        fault_set(&s->fault, FAULT_CERTIFICATE, "certificate of %s: issued by %s, %s", s->chain->host, s->stopped_name, s->stopped);
    } else {
        fault_set(&s->fault, FAULT_CERTIFICATE, "certificate of %s: issued by %s%s, which is not trusted%s", s->chain->host, itself,
                  issuer, chain_where(s, crt));
    }
    fault_advise(&s->fault, "%s", advice_inspected);
    return CHAIN_UNTRUSTED;
}

bool chain_unreadable(const char *host, int number, struct fault *f)
{
    static const struct {
        int high;
        const char *what;
    } rows[] = {
        {MBEDTLS_ERR_X509_INVALID_EXTENSIONS,
         "a malformed extension, or a critical one that is not known to this program"},
        {MBEDTLS_ERR_PK_UNKNOWN_PK_ALG, "a kind of key that is not known to this program"},
        {MBEDTLS_ERR_PK_UNKNOWN_NAMED_CURVE, "a kind of key that is not known to this program"},
        {MBEDTLS_ERR_X509_UNKNOWN_SIG_ALG, "a kind of signature that is not known or accepted"},
        {MBEDTLS_ERR_X509_FATAL_ERROR, "more certificates above it than are followed"},
    };
    int high = -(-number & 0xff80); /* mbedTLS adds a low number (what) to a high one (where); X509 and PK are these */
    if (!(high <= -0x2080 && high >= -0x3000) && !(high <= -0x3900 && high >= -0x3f80)) {
        return false;
    }
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (rows[i].high == high) {
            fault_set(f, FAULT_CERTIFICATE, "certificate of %s: it, or one sent with it, has %s", host, rows[i].what);
        }
    }
    fault_set(f, FAULT_CERTIFICATE, "certificate of %s: it, or one sent with it, cannot be read (-0x%04x)", host, (unsigned)-number);
    return true;
}

/* ---- judging a path ---- */

static void chain_date(const mbedtls_x509_time *t, char text[TIME_TEXT_SIZE])
{
    format_text(text, TIME_TEXT_SIZE, "%04u-%02u-%02uT%02u:%02u:%02uZ", (unsigned)t->year % 10000, (unsigned)t->mon % 100,
                (unsigned)t->day % 100, (unsigned)t->hour % 100, (unsigned)t->min % 100, (unsigned)t->sec % 100);
}

/* Both ends of the period belong to it, RFC 5280 4.1.2.5. Dates of this form sort as text. */
static enum chain_verdict chain_check_date(struct search *s, size_t at)
{
    char now[TIME_TEXT_SIZE], from[TIME_TEXT_SIZE], to[TIME_TEXT_SIZE];
    time_put_rfc3339(s->chain->now, now);
    chain_date(&s->path[at].crt->valid_from, from);
    chain_date(&s->path[at].crt->valid_to, to);
    if (strcmp(now, from) < 0) {
        return chain_out_of_date(s, at, "is valid only from", from);
    }
    return strcmp(now, to) > 0 ? chain_out_of_date(s, at, "expired on", to) : CHAIN_GOOD;
}

/* RFC 5280 6.1.4 (l) and (m): authorities below this one, those that issued to themselves not counted. */
static bool chain_path_length_fits(const struct search *s, size_t at)
{
    int limit = s->path[at].crt->MBEDTLS_PRIVATE(max_pathlen); /* one more than in the certificate; 0: none */
    int below = 0;
    for (size_t i = 1; i < at; i++) {
        below += chain_is_self_issued(s->path[i].crt) ? 0 : 1;
    }
    return limit == 0 || below < limit;
}

/* RFC 5280 6.1.4 (g), 6.1.3 (b, c): every name below, but those of authorities that issued to themselves. */
static bool chain_names_are_permitted(const struct search *s, size_t at)
{
    for (size_t i = 0; i < at; i++) {
        if ((i == 0 || !chain_is_self_issued(s->path[i].crt)) &&
            !cert_name_is_permitted(chain_raw(s->path[at].crt), chain_raw(s->path[i].crt))) {
            return false;
        }
    }
    return true;
}

static enum chain_verdict chain_check_weak(struct search *s, size_t at)
{
    uint32_t weak = s->path[at].weak;
    if ((weak & MBEDTLS_X509_BADCERT_BAD_MD) != 0) {
        return chain_unfit(s, at, "is signed with SHA-1 or another broken hash");
    }
    return weak != 0 ? chain_unfit(s, at, "has a key, or an issuer with a key, that is too short or of a kind not accepted") : CHAIN_GOOD;
}

static enum chain_verdict chain_check_step(struct search *s, size_t at)
{
    const mbedtls_x509_crt *crt = s->path[at].crt;
    enum chain_verdict verdict = chain_check_date(s, at);
    if (verdict == CHAIN_GOOD) {
        verdict = chain_check_weak(s, at);
    }
    if (verdict != CHAIN_GOOD) {
        return verdict;
    }
    if (mbedtls_x509_crt_check_extended_key_usage(crt, MBEDTLS_OID_SERVER_AUTH, MBEDTLS_OID_SIZE(MBEDTLS_OID_SERVER_AUTH)) != 0) {
        return chain_unfit(s, at, "is not for servers (extended key usage)");
    }
    /* ECDHE, the only key exchange there is, signs with the key: RFC 8446 4.4.2.2, RFC 5246 7.4.2. */
    if (at == 0 && mbedtls_x509_crt_check_key_usage(crt, MBEDTLS_X509_KU_DIGITAL_SIGNATURE) != 0) {
        return chain_unfit(s, at, "is not for signing (key usage)");
    }
    if (!chain_path_length_fits(s, at)) {
        return chain_unfit(s, at, "may not stand so far above it (path length)");
    }
    return chain_names_are_permitted(s, at) ? CHAIN_GOOD : chain_unfit(s, at, "may not vouch for its names (name constraints)");
}

/* The path ends in a root. The first bad path's fault is kept. */
static bool chain_judge(struct search *s)
{
    enum chain_verdict verdict = CHAIN_GOOD;
    for (size_t i = 0; i < s->length && verdict == CHAIN_GOOD; i++) {
        verdict = chain_check_step(s, i);
    }
    if (verdict == CHAIN_GOOD && !cert_name_fits_host(chain_raw(s->path[0].crt), s->chain->host)) {
        verdict = chain_other_name(s);
    }
    if (verdict == CHAIN_GOOD || s->verdict == CHAIN_UNTRUSTED) {
        s->verdict = verdict;
    }
    return verdict == CHAIN_GOOD;
}

/* ---- finding a path ---- */

/* The flags of this link if mbedTLS has checked it already: both certificates are known by where their bytes are. */
static bool chain_was_seen(const struct chain_links *l, struct span child, struct span issuer, uint32_t *flags)
{
    for (size_t i = 1; l != NULL && i < l->count; i++) {
        if (l->certificate[i].at == child.at && l->certificate[i - 1].at == issuer.at) {
            *flags = l->flags[i];
            return true;
        }
    }
    return false;
}

/*
 * Whether `issuer` has signed the last certificate of the path and may issue at all (CA, keyCertSign). mbedTLS is given the one as
 * a chain and the other as the only root, so its flags speak of this link alone; dates are not taken from there.
 */
static bool chain_link(struct search *s, mbedtls_x509_crt *issuer)
{
    struct step *child = &s->path[s->length - 1];
    uint32_t flags = 0;
    if (!chain_was_seen(s->chain->links, chain_raw(child->crt), chain_raw(issuer), &flags)) {
        if (s->signatures == 0) {
            return false;
        }
        s->signatures--;
        (void)mbedtls_x509_crt_verify_with_profile(child->crt, issuer, NULL, &chain_profile, NULL, &flags, NULL, NULL);
    }
    child->weak = flags & chain_weak;
    return (flags & MBEDTLS_X509_BADCERT_NOT_TRUSTED) == 0;
}

static bool chain_climb(struct search *s);

/* RFC 5280 6.1.4 (k) and (n). A root of version 1 has no extensions to say so with. */
static bool chain_may_issue(const mbedtls_x509_crt *crt, bool is_root)
{
    return (is_root && crt->version < 3) || (mbedtls_x509_crt_get_ca_istrue(crt) == 1 &&
                                             mbedtls_x509_crt_check_key_usage(crt, MBEDTLS_X509_KU_KEY_CERT_SIGN) == 0);
}

static bool chain_stop(struct search *s, const mbedtls_x509_crt *issuer, const char *why)
{
    s->stopped = why;
    cert_name_text(chain_name(&issuer->subject_raw), s->stopped_name);
    return false;
}

/* Try `issuer` above the path. True: a good path was found. */
static bool chain_try(struct search *s, mbedtls_x509_crt *issuer, bool is_root)
{
    if (s->length == CHAIN_PATH_MAX) {
        return chain_stop(s, issuer, "but the chain is too long");
    }
    if (!chain_may_issue(issuer, is_root)) {
        return chain_stop(s, issuer, "which is no certificate authority");
    }
    if (!chain_link(s, issuer)) {
        return chain_stop(s, issuer, "whose key has not signed it");
    }
    s->path[s->length++] = (struct step){.crt = issuer};
    bool found = is_root ? chain_judge(s) : chain_climb(s);
    s->length--;
    return found;
}

static bool chain_try_roots(struct search *s, struct span subject)
{
    struct roots_search search = {0};
    struct span der;
    bool found = false;
    while (!found && roots_find(s->chain->roots, subject, &search, &der)) {
        mbedtls_x509_crt root;
        if (chain_read(&root, der) == 0) {
            found = chain_try(s, &root, true);
        }
        mbedtls_x509_crt_free(&root);
    }
    return found;
}

static bool chain_is_on_path(const struct search *s, const mbedtls_x509_crt *crt)
{
    for (size_t i = 0; i < s->length; i++) {
        if (span_equal(chain_raw(s->path[i].crt), chain_raw(crt))) {
            return true;
        }
    }
    return false;
}

/* From the last certificate of the path on upwards. True: a good path was found. */
static bool chain_climb(struct search *s)
{
    const mbedtls_x509_crt *top = s->path[s->length - 1].crt;
    struct span issuer = chain_name(&top->issuer_raw);
    if (s->length > s->highest) {
        s->highest = s->length;
        s->last = chain_raw(top);
        s->stopped = NULL;
    }
    if (chain_try_roots(s, issuer)) {
        return true;
    }
    for (size_t i = 1; i < s->chain->count; i++) {
        mbedtls_x509_crt *next = &s->sent[i];
        if (next->version != 0 && cert_name_equal(chain_name(&next->subject_raw), issuer) && !chain_is_on_path(s, next) &&
            chain_try(s, next, false)) {
            return true;
        }
    }
    return false;
}

/* The peer's certificate is one of the roots, byte for byte. */
static bool chain_is_root_itself(struct search *s)
{
    struct roots_search search = {0};
    struct span der;
    while (roots_find(s->chain->roots, chain_name(&s->path[0].crt->subject_raw), &search, &der)) {
        if (span_equal(der, s->chain->sent[0])) {
            uint32_t flags = 0;
            (void)mbedtls_x509_crt_verify_with_profile(s->path[0].crt, s->path[0].crt, NULL, &chain_profile, NULL, &flags, NULL, NULL);
            s->path[0].weak = flags & MBEDTLS_X509_BADCERT_BAD_KEY;
            return chain_judge(s);
        }
    }
    return false;
}

static enum chain_verdict chain_search(struct search *s, struct fault *f)
{
    int number = MBEDTLS_ERR_X509_INVALID_FORMAT;
    for (size_t i = s->chain->count; i-- > 0;) {
        number = chain_read(&s->sent[i], s->chain->sent[i]);
    }
    if (number != 0) {
        if (!chain_unreadable(s->chain->host, number, &s->fault)) {
            fault_set(&s->fault, FAULT_CERTIFICATE, "certificate of %s: it cannot be read (-0x%04x)", s->chain->host, (unsigned)-number);
        }
        s->verdict = CHAIN_UNFIT;
    } else {
        s->path[0].crt = &s->sent[0];
        s->length = 1;
        if (!chain_is_root_itself(s) && !chain_climb(s) && s->verdict == CHAIN_UNTRUSTED) {
            s->verdict = chain_untrusted(s);
        }
    }
    if (s->verdict != CHAIN_GOOD) {
        *f = s->fault;
    }
    return s->verdict;
}

enum chain_verdict chain_check(const struct chain *c, struct fault *f)
{
    struct search *s = memory_take(1, sizeof *s);
    if (s == NULL) {
        fault_set(f, FAULT_MEMORY, "out of memory for certificates");
        return CHAIN_UNFIT;
    }
    s->chain = c;
    s->verdict = CHAIN_UNTRUSTED;
    s->signatures = CHAIN_SIGNATURES_MAX;
    enum chain_verdict verdict = chain_search(s, f);
    for (size_t i = 0; i < CHAIN_SENT_MAX; i++) {
        mbedtls_x509_crt_free(&s->sent[i]);
    }
    memory_give(s);
    return verdict;
}
