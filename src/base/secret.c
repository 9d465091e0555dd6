/*
 * secret.c - bytes that must never be seen; see secret.h.
 */
#include "base/secret.h"

/* What is held now, for secret_mask(). A secret is known here by where its bytes are, as the struct may move. */
static struct span held[SECRET_HELD_MAX];

/* The place in the list of what is at `at`; NULL asks for a free place. NULL: there is none. */
static struct span *held_at(const char *at)
{
    for (size_t i = 0; i < SECRET_HELD_MAX; i++) {
        if (held[i].at == at) {
            return &held[i];
        }
    }
    return NULL;
}

static void hold(const char *instead_of, struct span bytes)
{
    struct span *place = held_at(instead_of);
    if (place != NULL) {
        *place = bytes;
    }
}

bool secret_take(struct secret *s, struct buf *b)
{
    secret_free(s);
    if (b->failed) {
        buf_free(b);
        return false;
    }
    s->bytes = *b;
    *b = (struct buf){0};
    if (s->bytes.at != NULL) {
        hold(NULL, buf_span(&s->bytes));
    }
    return true;
}

bool secret_copy(struct secret *s, struct span bytes)
{
    struct buf copy = buf_init(SECRET_MAX);
    buf_put(&copy, bytes);
    return secret_take(s, &copy);
}

bool secret_present(const struct secret *s)
{
    return s != NULL && s->bytes.size > 0;
}

struct span secret_reveal(const struct secret *s)
{
    return buf_span(&s->bytes);
}

void secret_trim(struct secret *s, size_t from, size_t to)
{
    struct buf *b = &s->bytes;
    if (to < b->size) {
        memory_wipe(b->at + to, b->size - to);
        b->size = to;
    }
    buf_drop(b, from);
    if (b->at != NULL) {
        hold(b->at, buf_span(b));
    }
}

void secret_free(struct secret *s)
{
    if (s->bytes.at != NULL) {
        hold(s->bytes.at, (struct span){0});
    }
    buf_free(&s->bytes);
}

/* The longest secret that stands at the start of text: its size, or 0. */
static size_t secret_at_start(struct span text)
{
    size_t longest = 0;
    for (size_t i = 0; i < SECRET_HELD_MAX; i++) {
        if (held[i].size >= SECRET_MASK_MIN && held[i].size > longest && span_starts(text, held[i])) {
            longest = held[i].size;
        }
    }
    return longest;
}

void secret_mask(struct buf *to, struct span text)
{
    size_t plain = 0;
    while (plain < text.size) {
        size_t secret = secret_at_start(span_cut(text, plain, text.size));
        if (secret == 0) {
            plain++;
            continue;
        }
        buf_put(to, span_cut(text, 0, plain));
        buf_put_text(to, "(hidden)");
        text = span_cut(text, plain + secret, text.size);
        plain = 0;
    }
    buf_put(to, text);
}
