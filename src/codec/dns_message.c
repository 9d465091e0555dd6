/*
 * dns_message.c - DNS messages; see dns_message.h.
 */
#include "codec/dns_message.h"

#include "base/format.h"

#include <string.h>

enum { HEADER_SIZE = 12, LABEL_MAX = 63, WIRE_NAME_MAX = 255, TEXT_NAME_MAX = 253 };
enum { TYPE_CNAME = 5, CLASS_IN = 1 };
enum { RCODE_NO_ERROR = 0, RCODE_NO_NAME = 3 };

/* The second 16 bits of a message. */
enum {
    FLAG_ANSWER = 0x8000,
    FLAG_OPCODE = 0x7800,
    FLAG_AUTHORITATIVE = 0x0400,
    FLAG_TRUNCATED = 0x0200,
    FLAG_RECURSION_DESIRED = 0x0100,
    FLAG_RECURSION_AVAILABLE = 0x0080,
    FLAG_RCODE = 0x000F,
};

/* ---- writing ---- */

static void put_16(struct buf *to, unsigned value)
{
    buf_put_char(to, (char)(value >> 8 & 0xFF));
    buf_put_char(to, (char)(value & 0xFF));
}

static bool put_name(struct buf *to, struct span name)
{
    struct span label;
    if (name.size == 0 || name.size > TEXT_NAME_MAX || span_ends(name, SPAN("."))) {
        return false;
    }
    while (span_next(&name, '.', &label)) {
        if (label.size == 0 || label.size > LABEL_MAX) {
            return false;
        }
        buf_put_char(to, (char)label.size);
        buf_put(to, label);
    }
    buf_put_char(to, 0);
    return true;
}

bool dns_message_put_query(struct buf *to, const struct dns_message_question *q)
{
    put_16(to, q->id);
    put_16(to, FLAG_RECURSION_DESIRED);
    put_16(to, 1); /* one question; no answer, authority or additional records */
    put_16(to, 0);
    put_16(to, 0);
    put_16(to, 0);
    if (!put_name(to, q->name)) {
        return false;
    }
    put_16(to, q->type);
    put_16(to, CLASS_IN);
    return !to->failed;
}

/* ---- reading ---- */

/* Labels with their lengths in front, the root's 0 included; lower case, without pointers. */
struct name {
    char bytes[WIRE_NAME_MAX];
    size_t size;
};

struct record {
    struct name owner;
    unsigned type, class;
    struct span data;
    size_t data_at; /* where in the message */
};

static unsigned get_8(struct span m, size_t at)
{
    return (unsigned char)m.at[at];
}

static unsigned get_16(struct span m, size_t at)
{
    return get_8(m, at) << 8 | get_8(m, at + 1);
}

/* Both name and place move on. False: it does not fit, or is no label. */
static bool read_label(struct span m, size_t *at, struct name *name)
{
    size_t size = get_8(m, *at) + 1;
    if (size > LABEL_MAX + 1 || size > m.size - *at || size > sizeof name->bytes - name->size) {
        return false;
    }
    for (size_t i = 0; i < size; i++) { /* a length is below 'A' */
        name->bytes[name->size++] = ascii_lower(m.at[*at + i]);
    }
    *at += size;
    return true;
}

/*
 * Read the name at *at and step behind it. A pointer must lead in front of the run of labels that
 * it stands in, so every jump goes further back and there is an end.
 */
static bool read_name(struct span m, size_t *at, struct name *name)
{
    size_t run = *at, from = run;
    bool jumped = false;
    name->size = 0;
    while (from < m.size) {
        unsigned first = get_8(m, from);
        if ((first & 0xC0) != 0xC0) {
            if (!read_label(m, &from, name)) {
                return false;
            }
            *at = jumped ? *at : from;
            if (first == 0) {
                return true;
            }
            continue;
        }
        if (m.size - from < 2) {
            return false;
        }
        size_t target = get_16(m, from) & 0x3FFF;
        *at = jumped ? *at : from + 2;
        if (target < HEADER_SIZE || target >= run) {
            return false;
        }
        jumped = true;
        run = target;
        from = target;
    }
    return false;
}

static bool same_name(const struct name *a, const struct name *b)
{
    return a->size == b->size && memcmp(a->bytes, b->bytes, a->size) == 0;
}

static bool read_record(struct span m, size_t *at, struct record *r)
{
    if (!read_name(m, at, &r->owner) || m.size - *at < 10) {
        return false;
    }
    size_t size = get_16(m, *at + 8);
    r->type = get_16(m, *at);
    r->class = get_16(m, *at + 2);
    r->data_at = *at + 10;
    r->data = span_cut(m, r->data_at, r->data_at + size);
    *at = r->data_at + size;
    return r->data.size == size;
}

/* The question that the message repeats, without regard to case; *at moves behind it. */
static bool repeats_question(struct span m, size_t *at, const struct dns_message_question *q,
                             struct name *name)
{
    struct name asked = {.size = 0};
    struct buf wire = buf_init(WIRE_NAME_MAX);
    size_t start = 0;
    bool ok = put_name(&wire, q->name) && read_name(buf_span(&wire), &start, &asked);
    buf_free(&wire);
    if (!ok || !read_name(m, at, name) || m.size - *at < 4) {
        return false;
    }
    ok = same_name(name, &asked) && get_16(m, *at) == (unsigned)q->type &&
         get_16(m, *at + 2) == CLASS_IN;
    *at += 4;
    return ok;
}

static void keep_address(struct dns_message_answer *a, const struct record *r)
{
    if (a->count < DNS_MESSAGE_ADDRESSES_MAX) {
        struct address *address = &a->addresses[a->count++];
        address->family = r->type == DNS_MESSAGE_A ? ADDRESS_IPV4 : ADDRESS_IPV6;
        memcpy(address->bytes, r->data.at, r->data.size);
    }
}

/* The answer records that `owner` has: its addresses, and the name that it is an alias of. */
static bool read_answers(struct span m, size_t at, const struct dns_message_question *q,
                         const struct name *owner, struct dns_message_answer *a, struct name *alias)
{
    size_t address_size = q->type == DNS_MESSAGE_A ? 4 : 16;
    unsigned count = get_16(m, 6);
    alias->size = 0;
    for (unsigned i = 0; i < count; i++) {
        struct record r;
        if (!read_record(m, &at, &r)) {
            return false;
        }
        if (r.class != CLASS_IN || !same_name(&r.owner, owner)) {
            continue;
        }
        if (r.type == (unsigned)q->type) {
            if (r.data.size != address_size) {
                return false;
            }
            keep_address(a, &r);
        } else if (r.type == TYPE_CNAME) {
            size_t end = r.data_at;
            if (!read_name(m, &end, alias) || end != at) {
                return false;
            }
        }
    }
    return true;
}

/* Records may stand in any order, so each alias looks through all of them. */
static enum dns_message_result follow(struct span m, size_t at,
                                      const struct dns_message_question *q, struct name *name,
                                      struct dns_message_answer *a)
{
    for (int i = 0; i <= DNS_MESSAGE_ALIASES_MAX; i++) {
        struct name alias;
        if (!read_answers(m, at, q, name, a, &alias)) {
            a->count = 0;
            return DNS_MESSAGE_BAD;
        }
        if (a->count > 0) {
            return DNS_MESSAGE_FOUND;
        }
        if (alias.size == 0) {
            return DNS_MESSAGE_EMPTY;
        }
        *name = alias;
    }
    return DNS_MESSAGE_BAD; /* a loop, or as good as one */
}

/* It has nothing, does not speak for the name and does not ask others: not the one to ask. */
static bool is_referral(struct span m, unsigned flags)
{
    return get_16(m, 6) == 0 && (flags & (FLAG_AUTHORITATIVE | FLAG_RECURSION_AVAILABLE)) == 0;
}

enum dns_message_result dns_message_read(struct span m, const struct dns_message_question *q,
                                         struct dns_message_answer *a)
{
    struct name name;
    size_t at = HEADER_SIZE;
    *a = (struct dns_message_answer){0};
    if (m.size < HEADER_SIZE || get_16(m, 0) != q->id ||
        (get_16(m, 2) & (FLAG_ANSWER | FLAG_OPCODE)) != FLAG_ANSWER) {
        return DNS_MESSAGE_FOREIGN;
    }
    unsigned flags = get_16(m, 2);
    unsigned questions = get_16(m, 4);
    a->rcode = flags & FLAG_RCODE;
    if (questions == 0 && a->rcode != RCODE_NO_ERROR && a->rcode != RCODE_NO_NAME) {
        return DNS_MESSAGE_FAILED; /* who cannot read a query does not repeat it */
    }
    if (questions != 1 || !repeats_question(m, &at, q, &name)) {
        return DNS_MESSAGE_FOREIGN;
    }
    if (a->rcode == RCODE_NO_NAME) {
        return DNS_MESSAGE_NO_NAME;
    }
    if (a->rcode != RCODE_NO_ERROR || (is_referral(m, flags) && (flags & FLAG_TRUNCATED) == 0)) {
        return DNS_MESSAGE_FAILED;
    }
    return (flags & FLAG_TRUNCATED) != 0 ? DNS_MESSAGE_TRUNCATED : follow(m, at, q, &name, a);
}

const char *dns_message_rcode_text(unsigned rcode, char text[16])
{
    static const char *const names[] = {"NOERROR",  "FORMERR", "SERVFAIL",
                                        "NXDOMAIN", "NOTIMP",  "REFUSED"};
    if (rcode < sizeof names / sizeof names[0]) {
        return names[rcode];
    }
    format_text(text, 16, "error %u", rcode & FLAG_RCODE);
    return text;
}
