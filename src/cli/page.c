/*
 * page.c - text laid out for a terminal or as a man page; see page.h.
 */
#include "cli/page.h"

static void newline(struct page *p)
{
    buf_put_char(p->to, '\n');
    p->at = 0;
}

/* A man page's source escapes what would be a request, an escape or a hyphen where a minus is meant. */
static void put(struct page *p, struct span text)
{
    size_t before = p->to->size;
    if (!p->roff) {
        buf_put(p->to, text);
    }
    for (size_t i = 0; p->roff && i < text.size; i++) {
        char c = text.at[i];
        if (i == 0 && p->at == 0 && (c == '.' || c == '\'')) {
            buf_put_text(p->to, "\\&");
        }
        buf_put_text(p->to, c == '-' || c == '\\' ? "\\" : "");
        buf_put_char(p->to, c == '\\' ? 'e' : c);
    }
    p->at += p->to->size - before;
}

void page_title(struct page *p, const char *level, const char *title)
{
    if (p->roff) {
        buf_put_format(p->to, ".%s ", level);
    } else {
        newline(p);
    }
    p->listed = false;
    put(p, span_of(title));
    newline(p);
}

void page_item(struct page *p, const char *label, size_t left)
{
    buf_put_text(p->to, p->roff ? ".TP\n.B " : "  ");
    p->at = 2;
    p->listed = true;
    p->left = p->roff ? 0 : left;
    put(p, span_of(label));
    if (p->roff || p->at + 2 > left) {
        newline(p);
    }
}

static void put_word(struct page *p, struct span word)
{
    bool first = p->at <= p->left;
    size_t escapes = p->roff ? 4 : 0;
    if (!first && p->at + 1 + word.size + escapes > PAGE_COLUMNS) {
        newline(p);
        first = true;
    }
    for (size_t column = first ? p->left : p->at + 1; p->at < column; p->at++) {
        buf_put_char(p->to, ' ');
    }
    put(p, word);
}

void page_words(struct page *p, const char *text)
{
    struct span rest = span_of(text), word;
    while (span_next(&rest, ' ', &word)) {
        if (word.size > 0) {
            put_word(p, word);
        }
    }
}

void page_break(struct page *p)
{
    newline(p);
    buf_put_text(p->to, p->roff ? ".br\n" : "");
}

void page_end(struct page *p)
{
    newline(p);
    p->left = 0;
}

void page_paragraph(struct page *p, const char *text)
{
    buf_put_text(p->to, p->roff && p->listed ? ".PP\n" : "");
    page_words(p, text);
    page_end(p);
}

void page_row(struct page *p, const char *label, size_t left, const char *text)
{
    page_item(p, label, left);
    page_words(p, text);
    page_end(p);
}

void page_lines(struct page *p, const char *text)
{
    struct span rest = span_of(text), line;
    buf_put_text(p->to, p->roff ? ".nf\n" : "");
    while (span_next(&rest, '\n', &line)) {
        put(p, line);
        newline(p);
    }
    buf_put_text(p->to, p->roff ? ".fi\n" : "");
}
