/*
 * page.h - text laid out: for a terminal in columns, or as the source of a man page.
 *
 * Does      titles, flowing text, items of a list, lines as they stand, in both forms.
 * Not here  what is said (manual.h).
 * Limits    PAGE_COLUMNS columns, of a terminal and of the lines of the man page's source.
 * Rules     man(7), "Portability": only TH, SH, SS, TP, PP, B, nf, fi, br, and no request but these; text is escaped here, so that no
 *           text of a table has to care.
 */
#ifndef CLI_PAGE_H
#define CLI_PAGE_H

#include "base/buf.h"

enum { PAGE_COLUMNS = 80 };

/* Zeroed but for `to` and `roff` at the beginning. */
struct page {
    struct buf *to;
    bool roff;   /* the source of a man page */
    size_t left; /* flowing text stands between this column and PAGE_COLUMNS */
    size_t at;   /* the column where the next character comes */
    bool listed; /* an item has come since the title */
};

/* level: "SH" or "SS". */
void page_title(struct page *p, const char *level, const char *title);

/* "  LABEL", bold in a man page; what then flows, flows from column `left` on, a line lower where the label is too long. */
void page_item(struct page *p, const char *label, size_t left);

/* Words behind those that stand there. */
void page_words(struct page *p, const char *text);

/* End the line that flows. */
void page_break(struct page *p);

/* End what began with page_item(). */
void page_end(struct page *p);

/* A paragraph from column 0 on. */
void page_paragraph(struct page *p, const char *text);

/* An item whose text is `text`. */
void page_row(struct page *p, const char *label, size_t left, const char *text);

/* Lines as they stand. */
void page_lines(struct page *p, const char *text);

#endif
