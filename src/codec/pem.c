/*
 * pem.c - PEM texts; see pem.h.
 */
#include "codec/pem.h"

/* The label of a line such as "-----BEGIN CERTIFICATE-----". False: it is no such line. */
static bool pem_label(struct span line, struct span begin, struct span *label)
{
    line = span_trim(line);
    if (!span_starts(line, begin) || !span_ends(line, SPAN("-----")) || line.size < begin.size + 5) {
        return false;
    }
    *label = span_cut(line, begin.size, line.size - 5);
    return true;
}

/* Windows editors put a byte order mark in front of the first line. */
static void pem_skip_mark(struct span *text)
{
    if (span_starts(*text, SPAN("\xEF\xBB\xBF"))) {
        *text = span_cut(*text, 3, text->size);
    }
}

enum pem_result pem_next(struct span *rest, struct pem_block *block)
{
    struct span line, label;
    bool begun = false;
    pem_skip_mark(rest);
    while (span_next(rest, '\n', &line)) {
        if (!begun && pem_label(line, SPAN("-----BEGIN "), &block->label)) {
            begun = true;
            block->body = span_make(rest->at, 0);
        } else if (begun && pem_label(line, SPAN("-----END "), &label)) {
            block->body.size = (size_t)(line.at - block->body.at);
            return span_equal(label, block->label) ? PEM_BLOCK : PEM_CUT_OFF;
        } else if (begun && span_starts(line, SPAN("-----"))) {
            return PEM_CUT_OFF;
        }
    }
    return begun ? PEM_CUT_OFF : PEM_NO_MORE;
}

bool pem_is_certificate(struct span label)
{
    return span_equal(label, SPAN("CERTIFICATE")) || span_equal(label, SPAN("X509 CERTIFICATE")) ||
           span_equal(label, SPAN("X.509 CERTIFICATE"));
}
