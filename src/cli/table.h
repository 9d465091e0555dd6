/*
 * table.h - rows of text in columns, for people.
 *
 * Does      count the columns that a text takes on a terminal; pad to them.
 * Not here  where the text goes (report.c).
 * Rules     Unicode Standard Annex 11: wide and full-width characters take two columns; combining marks take none. Text is escaped first.
 */
#ifndef CLI_TABLE_H
#define CLI_TABLE_H

#include "base/buf.h"

/* Columns that this text, already escaped, takes on a terminal. */
size_t table_width(struct span text);

/* Append text, escaped, and blanks up to `width` columns; a longer text stays whole and gets one blank. */
void table_put(struct buf *to, const char *text, size_t width);

#endif
