/*
 * dns_writer.h - messages as a name server might write them, for test_dns_message.c.
 *
 * Does      put a message together in `bytes`, piece by piece, right or wrong.
 */
#ifndef UNIT_DNS_WRITER_H
#define UNIT_DNS_WRITER_H

#include <string.h>

#include "base/span.h"

enum { ID = 0x1234, ROOM = 65535 + 1000, IN = 1, A = 1, CNAME = 5, AAAA = 28 };
enum { ANSWER = 0x8180, TRUNCATED = 0x0200, OWNER_AT = 12 };

static char bytes[ROOM];
static size_t size;

static void put_16(unsigned value)
{
    bytes[size++] = (char)(value >> 8);
    bytes[size++] = (char)(value & 0xFF);
}

static void put_bytes(const char *from, size_t count)
{
    memcpy(bytes + size, from, count);
    size += count;
}

static void put_name(const char *text)
{
    struct span rest = span_of(text), label;
    while (span_next(&rest, '.', &label)) {
        bytes[size++] = (char)label.size;
        put_bytes(label.at, label.size);
    }
    bytes[size++] = 0;
}

static void put_pointer(size_t to) { put_16(0xC000 | (unsigned)to); }

static void begin(unsigned flags, unsigned answers, const char *name, unsigned type)
{
    size = 0;
    put_16(ID);
    put_16(flags);
    put_16(1);
    put_16(answers);
    put_16(0);
    put_16(0);
    put_name(name);
    put_16(type);
    put_16(IN);
}

static void put_record_head(unsigned type, unsigned class, unsigned data_size)
{
    put_16(type);
    put_16(class);
    put_16(0);
    put_16(300);
    put_16(data_size);
}

/* A record whose owner is the name at `owner`. */
static void put_record(size_t owner, unsigned type, const char *data, unsigned data_size)
{
    put_pointer(owner);
    put_record_head(type, IN, data_size);
    put_bytes(data, data_size);
}

/* An alias of the name at `owner`, with its target written out; where the target stands. */
static size_t put_alias(size_t owner, const char *target)
{
    put_pointer(owner);
    put_record_head(CNAME, IN, (unsigned)strlen(target) + 2);
    size_t at = size;
    put_name(target);
    return at;
}

#endif
