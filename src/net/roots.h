/*
 * roots.h - the certificates that are trusted: embedded, added, or instead of the embedded ones.
 *
 * Does      hold trust anchors; find those that may have issued a certificate; read PEM files of more.
 * Not here  the handshake (tls.h), the checks of a chain (chain.h).
 * Limits    ROOTS_FILE_MAX bytes of a file of roots, ROOTS_ADDED_MAX certificates in it.
 * Rules     RFC 7468 (PEM). roots_table.c is made from vendor/roots/ by vendor/roots/make_table.sh. Only the outside of an added
 *           certificate is looked at when it is added: one odd root must not spoil a bundle, and reading all of a system's roots
 *           costs more than a handshake. A root is read in full when a chain names it as issuer.
 */
#ifndef NET_ROOTS_H
#define NET_ROOTS_H

#include "base/fault.h"

enum { ROOTS_FILE_MAX = 4 * 1024 * 1024, ROOTS_ADDED_MAX = 2000 };

/* One embedded root: roots_table.c */
struct root {
    const char *name;
    const unsigned char *der; /* with an empty signature, so no certificate that a peer sends is the same byte for byte */
    size_t size;
    unsigned char sum[32]; /* SHA-256 of these bytes */
};

extern const struct root roots_embedded[];
extern const size_t roots_embedded_count;

/* What is trusted. Zeroed: nothing is. */
struct roots {
    bool embedded;      /* the embedded ones count */
    struct buf added;   /* DER certificates, one after another */
    size_t added_count;
};

void roots_init(struct roots *r, bool embedded);

/*
 * Add the certificates of a PEM text. Blocks of other kinds and text between blocks are passed over.
 *
 * name   the file's name, for the text of a fault
 *
 * FAULT_FILE: no certificate in it, a block that is cut off, no base64 or no certificate (the text says which one), more than
 * ROOTS_FILE_MAX or ROOTS_ADDED_MAX. FAULT_MEMORY. What was there before stays as it was.
 */
bool roots_add_pem(struct roots *r, struct span pem, const char *name, struct fault *f) MUST_CHECK;

/* Where a search has got to. Zeroed: at the beginning. */
struct roots_search {
    size_t embedded; /* index of the next embedded one */
    size_t added;    /* offset of the next added one */
};

/*
 * The next root whose subject is `subject` (a Name in DER). False: no more.
 * der   out: the certificate; borrowed from r, or from the program itself
 */
bool roots_find(const struct roots *r, struct span subject, struct roots_search *search, struct span *der);

void roots_free(struct roots *r);

#endif
