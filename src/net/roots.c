/*
 * roots.c - the certificates that are trusted; see roots.h.
 */
#include "net/roots.h"

#include "codec/base64.h"
#include "codec/der.h"
#include "codec/pem.h"
#include "net/cert_name.h"

void roots_init(struct roots *r, bool embedded)
{
    *r = (struct roots){.embedded = embedded, .added = buf_init(ROOTS_FILE_MAX)};
}

void roots_free(struct roots *r)
{
    buf_free(&r->added);
    *r = (struct roots){0};
}

/* ---- adding ---- */

/* Append one certificate. False: no base64, not one DER item that looks like a certificate, or no room (r->added.failed). */
static bool roots_add_block(struct roots *r, struct span body)
{
    size_t before = r->added.size;
    struct span subject;
    if (!base64_decode_lines(body, &r->added)) {
        return false;
    }
    struct span der = span_cut(buf_span(&r->added), before, r->added.size);
    return cert_name_subject(der, &subject);
}

static bool roots_bad_block(const struct roots *r, const char *name, size_t number, struct fault *f)
{
    if (r->added.failed) {
        return fault_set(f, FAULT_MEMORY, "%s: no memory for its certificates", name);
    }
    return fault_set(f, FAULT_FILE, "%s: certificate %zu is damaged: no base64, or no certificate inside", name, number);
}

static bool roots_add_all(struct roots *r, struct span pem, const char *name, struct fault *f)
{
    struct pem_block block;
    size_t number = 0;
    enum pem_result found;
    while ((found = pem_next(&pem, &block)) == PEM_BLOCK) {
        if (!pem_is_certificate(block.label)) {
            continue;
        }
        number++;
        if (!roots_add_block(r, block.body)) {
            return roots_bad_block(r, name, number, f);
        }
        if (++r->added_count > ROOTS_ADDED_MAX) {
            return fault_set(f, FAULT_FILE, "%s: more than %d certificates", name, ROOTS_ADDED_MAX);
        }
    }
    if (found == PEM_CUT_OFF) {
        return fault_set(f, FAULT_FILE, "%s: the PEM block after certificate %zu has no end", name, number);
    }
    if (number == 0) {
        fault_set(f, FAULT_FILE, "%s: no certificate in it", name);
        return fault_advise(f, "it must be PEM text: lines with -----BEGIN CERTIFICATE----- and base64");
    }
    return true;
}

bool roots_add_pem(struct roots *r, struct span pem, const char *name, struct fault *f)
{
    struct buf before = r->added;
    size_t count = r->added_count;
    if (pem.size > ROOTS_FILE_MAX) {
        return fault_set(f, FAULT_FILE, "%s: larger than %d bytes", name, ROOTS_FILE_MAX);
    }
    if (roots_add_all(r, pem, name, f)) {
        return true;
    }
    r->added.size = before.size;
    r->added.failed = before.failed;
    r->added_count = count;
    return false;
}

/* ---- finding ---- */

static bool roots_next(const struct roots *r, struct roots_search *search, struct span *der)
{
    if (r->embedded && search->embedded < roots_embedded_count) {
        const struct root *root = &roots_embedded[search->embedded++];
        *der = span_make((const char *)root->der, root->size);
        return true;
    }
    struct der item;
    struct span rest = span_cut(buf_span(&r->added), search->added, r->added.size);
    if (!der_next(&rest, &item)) {
        return false;
    }
    search->added += item.whole.size;
    *der = item.whole;
    return true;
}

bool roots_find(const struct roots *r, struct span subject, struct roots_search *search, struct span *der)
{
    struct span candidate;
    while (roots_next(r, search, der)) {
        if (cert_name_subject(*der, &candidate) && cert_name_equal(candidate, subject)) {
            return true;
        }
    }
    return false;
}
