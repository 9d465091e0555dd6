/*
 * test_selector.c - mde/selector: every form of naming a device, what is refused, and the limits of each.
 */
#include "unit.h"

#include "mde/selector.h"

#define HEX "1e5bc9d7e413ddd7902c2932e418702b84d0cc07"
#define GUID "5382f7ea-7557-4ab7-9782-d50480024a4e"

struct form {
    const char *text;
    enum selector_kind kind;
    const char *value;
};

static const struct form forms[] = {
    {HEX, SELECT_ID, HEX},
    {"1E5BC9D7E413DDD7902C2932E418702B84D0CC07", SELECT_ID, HEX},
    {"id:" HEX, SELECT_ID, HEX},
    {"ID:" HEX, SELECT_ID, HEX},
    {"id: " HEX "\t", SELECT_ID, HEX},
    {"  " HEX "\r\n", SELECT_ID, HEX},
    {GUID, SELECT_ENTRA, GUID},
    {"5382F7EA-7557-4AB7-9782-D50480024A4E", SELECT_ENTRA, GUID},
    {"entra:" GUID, SELECT_ENTRA, GUID},
    {"Entra:" GUID, SELECT_ENTRA, GUID},
    {"10.0.0.1", SELECT_IP, "10.0.0.1"},
    {"ip:10.0.0.1", SELECT_IP, "10.0.0.1"},
    {"fe80::1", SELECT_IP, "fe80::1"},
    {"ip:FE80::1", SELECT_IP, "FE80::1"},
    {"::", SELECT_IP, "::"},
    {"pc-042", SELECT_NAME, "pc-042"},
    {"PC-042.contoso.com", SELECT_NAME, "PC-042.contoso.com"},
    {"name:status", SELECT_NAME, "status"},
    {"name:self", SELECT_NAME, "self"},
    {"name:" HEX, SELECT_NAME, HEX},
    {"name:10.0.0.1", SELECT_NAME, "10.0.0.1"},
    {"name:name:x", SELECT_NAME, "name:x"},
    {"name:-", SELECT_NAME, "-"},
    {"name:tag:x", SELECT_NAME, "tag:x"},
    {"Anna's phone", SELECT_NAME, "Anna's phone"},
    {"b\xC3\xBCro", SELECT_NAME, "b\xC3\xBCro"},
    {"10.0.0.256", SELECT_NAME, "10.0.0.256"},         /* no address */
    {"10.0.0.1.", SELECT_NAME, "10.0.0.1."},
    {"mailto:x", SELECT_NAME, "mailto:x"},             /* no prefix of ours */
    {"idle:pc", SELECT_NAME, "idle:pc"},
    {HEX "0", SELECT_NAME, HEX "0"},                   /* 41 digits */
    {"e5bc9d7e413ddd7902c2932e418702b84d0cc07", SELECT_NAME, "e5bc9d7e413ddd7902c2932e418702b84d0cc07"},
    {"ge5bc9d7e413ddd7902c2932e418702b84d0cc07", SELECT_NAME, "ge5bc9d7e413ddd7902c2932e418702b84d0cc07"},
    {GUID "0", SELECT_NAME, GUID "0"},
    {"5382f7ea75574ab79782d50480024a4e", SELECT_NAME, "5382f7ea75574ab79782d50480024a4e"},
    {"{" GUID "}", SELECT_NAME, "{" GUID "}"},
    {"tag:floor 3", SELECT_TAG, "floor 3"},
    {"TAG:x", SELECT_TAG, "x"},
    {"tag:name:x", SELECT_TAG, "name:x"},
    {"self", SELECT_SELF, ""},
    {" Self ", SELECT_SELF, ""},
    {"self:D:", SELECT_SELF, "D:"},
    {"Self:/mnt/a b", SELECT_SELF, "/mnt/a b"},
    {"name:self:D:", SELECT_NAME, "self:D:"},
    {"selfie", SELECT_NAME, "selfie"},
};

static void forms_are_told_apart(void)
{
    for (size_t i = 0; i < COUNT_OF(forms); i++) {
        struct selector s;
        struct fault f = {0};
        unit_row("%s", forms[i].text);
        memset(&s, 'x', sizeof s);
        CHECK(selector_read(&s, forms[i].text, &f));
        CHECK_EQUAL_INT(f.code, FAULT_NONE);
        CHECK_EQUAL_INT(s.kind, forms[i].kind);
        CHECK_EQUAL_TEXT(s.value, forms[i].value);
    }
}

struct refusal {
    const char *text, *words;
};

static const struct refusal refusals[] = {
    {"", "nothing is named"},
    {" \t\r\n", "nothing is named"},
    {"id:", "40 hexadecimal digits is wanted after \"id:\""},
    {"id:" HEX "0", "40 hexadecimal digits"},
    {"id:1e5bc9d7", "40 hexadecimal digits"},
    {"id:" GUID, "40 hexadecimal digits"},
    {"id:id:" HEX, "40 hexadecimal digits"},
    {"entra:", "a GUID"},
    {"entra:" HEX, "a GUID"},
    {"entra:5382f7ea-7557-4ab7-9782_d50480024a4e", "a GUID"},
    {"ip:", "an IPv4 or IPv6 address"},
    {"ip:10.0.0", "an IPv4 or IPv6 address"},
    {"ip:[::1]", "an IPv4 or IPv6 address"},
    {"ip:10.0.0.1'", "an IPv4 or IPv6 address"},
    {"name:", "a name is wanted after \"name:\""},
    {"name: ", "a name"},
    {"self:", "a drive, or the folder of another Windows, is wanted after \"self:\""},
    {"tag:", "a tag is wanted after \"tag:\""},
    {"a\nb", "control characters"},
    {"a\x01", "control characters"},
    {"a\x7F", "control characters"},
    {"a\x1F" "b", "control characters"},
    {"caf\xE9", "not UTF-8"},
    {"\xED\xA0\x80", "not UTF-8"},
    {"-", "standard input"},
};

static void others_are_refused(void)
{
    for (size_t i = 0; i < COUNT_OF(refusals); i++) {
        struct selector s;
        struct fault f = {0};
        unit_row("%s", refusals[i].text);
        CHECK(!selector_read(&s, refusals[i].text, &f));
        CHECK_EQUAL_INT(f.code, FAULT_USAGE);
        CHECK(span_starts(span_of(f.text), SPAN("device \"")));
        CHECK(span_contains(span_of(f.text), span_of(refusals[i].words)));
        CHECK(span_contains(span_of(f.text), span_of(refusals[i].text)));
    }
}

static void length_has_a_limit(void)
{
    char text[SELECTOR_MAX + 2];
    for (size_t n = SELECTOR_MAX - 1; n <= SELECTOR_MAX + 1; n++) {
        struct selector s;
        struct fault f = {0};
        unit_row("%zu bytes", n);
        memset(text, 'a', n);
        text[n] = '\0';
        text[3] = 'x'; /* no digits only */
        CHECK_EQUAL_INT(selector_read(&s, text, &f), n <= SELECTOR_MAX);
        CHECK_EQUAL_INT(f.code, n <= SELECTOR_MAX ? FAULT_NONE : FAULT_USAGE);
        CHECK(n > SELECTOR_MAX || strlen(s.value) == n);
    }
}

struct guid_row {
    const char *text;
    bool is;
};

static const struct guid_row guids[] = {
    {GUID, true}, {"00000000-0000-0000-0000-000000000000", true}, {"ABCDEFab-0000-0000-0000-00000000000F", true},
    {"", false}, {GUID "0", false}, {"5382f7ea-7557-4ab7-9782-d50480024a4", false}, {"5382f7ea-7557-4ab7-9782-d50480024a4g", false},
    {"5382f7ea-7557-4ab7-9782d-50480024a4e", false}, {"5382f7ea07557-4ab7-9782-d50480024a4e", false},
    {" 382f7ea-7557-4ab7-9782-d50480024a4e", false},
};

static void guids_are_known(void)
{
    for (size_t i = 0; i < COUNT_OF(guids); i++) {
        unit_row("%s", guids[i].text);
        CHECK_EQUAL_INT(selector_is_guid(unit_edge(span_of(guids[i].text))), guids[i].is);
    }
}

static const struct unit_test tests[] = {
    TEST(forms_are_told_apart),
    TEST(others_are_refused),
    TEST(length_has_a_limit),
    TEST(guids_are_known),
};

UNIT_MAIN(tests)
