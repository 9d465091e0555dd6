/*
 * test_config.c - the configuration file: where it is found, what is kept, what is refused and in which words.
 */
/* links: fake/os_fake.c */
#include "unit.h"

#include "cli/config.h"
#include "fake/os_fake.h"

#define ID "1e5bc9d7e413ddd7902c2932e418702b84d0cc07"
#define FILE_NAME "/stick/unisolate.conf"

static struct options o;
static struct fault f;

static bool read_words(const char *const *words)
{
    static const char *argv[32];
    int argc = 1;
    options_free(&o);
    fault_clear(&f);
    argv[0] = "unisolate";
    for (; words[argc - 1] != NULL; argc++) {
        argv[argc] = words[argc - 1];
    }
    argv[argc] = NULL;
    return options_read(&o, argc, (char *const *)argv, &f);
}

#define READ(...) read_words((const char *const[]){"-cx", ID, __VA_ARGS__, NULL})

/* A machine with this file beside the program. */
static void reset(const char *text)
{
    os_fake_reset();
    os_fake_program_folder("/stick/");
    os_fake_file(FILE_NAME, text);
}

static bool read_text(const char *text)
{
    reset(text);
    return READ("--json");
}

/* ---- which file ---- */

static void named_then_variable_then_beside_the_program(void)
{
    reset("tenant = beside");
    os_fake_file("named.conf", "tenant = named");
    os_fake_file("variable.conf", "tenant = variable");
    CHECK(READ("-q"));
    CHECK_EQUAL_TEXT(o.sign_in.tenant, "beside");
    CHECK_EQUAL_TEXT(o.config, FILE_NAME);
    CHECK_EQUAL_TEXT(options_giver(&o, "--tenant"), FILE_NAME ":1");
    os_fake_environment("UNISOLATE_CONFIG", "variable.conf");
    CHECK(READ("-q"));
    CHECK_EQUAL_TEXT(o.sign_in.tenant, "variable");
    CHECK(READ("--config", "named.conf"));
    CHECK_EQUAL_TEXT(o.sign_in.tenant, "named");
    CHECK_EQUAL_TEXT(options_giver(&o, "--tenant"), "named.conf:1");
}

static void only_one_that_was_named_has_to_be_there(void)
{
    os_fake_reset();
    CHECK(READ("-q")); /* nobody knows where the program is */
    CHECK(o.config == NULL);
    os_fake_program_folder("/stick/");
    CHECK(READ("-q"));
    CHECK(o.config == NULL);
    CHECK(!READ("--config=nope.conf"));
    CHECK_EQUAL_INT(f.code, FAULT_FILE);
    CHECK_EQUAL_TEXT(f.text, "--config: nope.conf: No such file or directory");
    os_fake_environment("UNISOLATE_CONFIG", "none.conf");
    CHECK(!READ("-q"));
    CHECK_EQUAL_TEXT(f.text, "UNISOLATE_CONFIG: none.conf: No such file or directory");
    CHECK(READ("--version")); /* not even read */
}

static void a_large_file_is_refused(void)
{
    static char text[CONFIG_FILE_MAX + 2];
    memset(text, '\n', CONFIG_FILE_MAX);
    reset(text);
    CHECK(READ("-q"));
    text[CONFIG_FILE_MAX] = '\n';
    CHECK(!READ("-q"));
    CHECK_EQUAL_TEXT(f.text, "configuration: " FILE_NAME ": too large");
}

/* ---- what is kept ---- */

struct kept {
    const char *text, *tenant;
};

static const struct kept kept[] = {
    {"", NULL},
    {"\n\n \t\n", NULL},
    {"tenant=t", "t"},
    {"tenant = t\n", "t"},
    {"\t tenant\t=\tt \n", "t"},
    {"tenant = t\r\n", "t"},
    {"\r\n\r\ntenant = t\r\n\r\n", "t"},
    {"\xEF\xBB\xBFtenant = t", "t"},
    {"\xEF\xBB\xBF# a comment\ntenant = t", "t"},
    {"# tenant = u\n   # tenant = v\ntenant = t\n#", "t"},
    {"tenant = t # u", "t # u"},
    {"tenant = #t", "#t"},
    {"tenant = a = b", "a = b"},
    {"tenant = \"t\"", "t"},
    {"tenant = \" t # \"", " t # "},
    {"tenant = 't'", "'t'"},
    {"tenant = say \"t\" twice", "say \"t\" twice"},
    {"tenant = t\\n", "t\\n"},
    {"tenant = \xC3\xA9\n", "\xC3\xA9"},
    {"tenant = -", "-"},
    {"tenant = env:T", "env:T"},
};

static void forms_of_a_line(void)
{
    for (size_t i = 0; i < COUNT_OF(kept); i++) {
        unit_row("%s", kept[i].text);
        CHECK(read_text(kept[i].text));
        CHECK_EQUAL_TEXT(o.sign_in.tenant, kept[i].tenant);
    }
}

static void every_kind_of_option(void)
{
    CHECK(read_text("comment = from the file\nauth = secret\nretries = 7\nmax-time = 1m30s\ncolor = always\nquiet = true\nall = TRUE\n"
                    "dry-run = false\nverbose = true\n6 = true\nresolve = h:1:::1\nresolve = h:2:::1\ncloud = gcc\ncacert = \"roots.pem\"\n"
                    "wait = true\nconnect-timeout = 3"));
    CHECK_EQUAL_TEXT(o.comment, "x"); /* the command line's */
    CHECK_EQUAL_TEXT(options_giver(&o, "--comment"), "--comment");
    CHECK_EQUAL_TEXT(o.sign_in.method, "secret");
    CHECK_EQUAL_INT(o.retries, 7);
    CHECK_EQUAL_INT(o.max_time_seconds, 90);
    CHECK_EQUAL_INT(o.color, COLOR_ALWAYS);
    CHECK(o.quiet && o.all && !o.dry_run);
    CHECK_EQUAL_INT(o.verbosity, 1);
    CHECK_EQUAL_INT(o.family, ADDRESS_IPV6);
    CHECK_EQUAL_INT(o.resolve_count, 2);
    CHECK_EQUAL_TEXT(o.resolve_giver[0], FILE_NAME ":11");
    CHECK_EQUAL_TEXT(o.resolve[1], "h:2:::1");
    CHECK_EQUAL_TEXT(o.resolve_giver[1], FILE_NAME ":12");
    CHECK_EQUAL_TEXT(o.cloud, "gcc");
    CHECK_EQUAL_TEXT(o.cacert, "/stick/roots.pem");
    CHECK_EQUAL_INT(o.wait_seconds, 600);
    CHECK_EQUAL_INT(o.connect_timeout_seconds, 3);
    CHECK_EQUAL_INT(options_run_seconds(&o), 90); /* the file's max-time is somebody's word, too */
}

/* Every option that may stand in the file can be set there. */
static void every_key_is_known(void)
{
    for (size_t i = 0; i < option_row_count; i++) {
        const struct option_row *row = &option_rows[i];
        const char *value = row->value == NULL ? "true" : row->kind == OPTION_TIME || row->kind == OPTION_NUMBER ? "9" : "f";
        char text[100];
        unit_row("%s", row->name);
        snprintf(text, sizeof text, "%s = %s", row->name + (row->name[1] == '-' ? 2 : 1), row->choice != NULL ? row->choice(0) : value);
        reset(text);
        os_fake_file("/stick/f", "");
        bool ok = READ("-q");
        if (row->line_only) {
            CHECK(!ok);
            CHECK(span_ends(span_of(f.text), SPAN(": may stand on the command line only")));
        } else if (strcmp(row->name, "--comment") != 0 && strcmp(row->name, "--quiet") != 0) {
            CHECK(ok || fault_is_set(&f));
            CHECK_EQUAL_TEXT(options_giver(&o, row->name), FILE_NAME ":1");
        }
    }
}

static void paths_are_seen_from_the_file(void)
{
    static const struct {
        const char *config, *value, *path;
    } rows[] = {
        {"/stick/a.conf", "t", "/stick/t"},
        {"/stick/a.conf", "keys/t", "/stick/keys/t"},
        {"/stick/a.conf", "../t", "/stick/../t"},
        {"/stick/a.conf", "/etc/t", "/etc/t"},
        {"/stick/a.conf", "-", "-"},
        {"/stick/a.conf", "env:T", "env:T"},
        {"conf/a.conf", "t", "conf/t"},
        {"a.conf", "t", "t"},
        {"/a.conf", "t", "/t"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char text[100];
        unit_row("%s in %s", rows[i].value, rows[i].config);
        snprintf(text, sizeof text, "token-file = %s", rows[i].value);
        os_fake_reset();
        os_fake_file(rows[i].config, text);
        os_fake_file(rows[i].path, "");
        CHECK(READ("--config", rows[i].config));
        CHECK_EQUAL_TEXT(o.sign_in.token_file, rows[i].path);
    }
}

/* ---- who has the last word ---- */

static void line_then_variable_then_file(void)
{
    reset("tenant = file\nclient-id = file\ncloud = dod\nretries = 1\n4 = true\ncacert-only = c\nresolve = h:1:::1\njson = true");
    os_fake_environment("AZURE_CLIENT_ID", "variable");
    CHECK(READ("--retries=2", "-6", "--cacert=mine", "--resolve=h:2:::1"));
    CHECK_EQUAL_TEXT(o.sign_in.tenant, "file");
    CHECK_EQUAL_TEXT(o.sign_in.client_id, "variable");
    CHECK_EQUAL_TEXT(o.cloud, "dod");
    CHECK_EQUAL_INT(o.retries, 2);
    CHECK_EQUAL_INT(o.family, ADDRESS_IPV6);
    CHECK_EQUAL_TEXT(o.cacert, "mine");
    CHECK(o.cacert_only == NULL);
    CHECK_EQUAL_INT(o.resolve_count, 1);
    CHECK_EQUAL_TEXT(o.resolve[0], "h:2:::1");
    CHECK(o.json);
}

static void a_variable_does_not_add_to_the_only_roots(void)
{
    reset("cacert-only = c");
    os_fake_environment("SSL_CERT_FILE", "everybody's");
    CHECK(READ("-q"));
    CHECK(o.cacert == NULL && options_giver(&o, "--cacert") == NULL);
    CHECK_EQUAL_TEXT(o.cacert_only, "/stick/c");
}

static void what_hangs_together_does_so_from_the_file_too(void)
{
    CHECK(!read_text("cacert = a\ncacert-only = b"));
    CHECK_EQUAL_TEXT(f.text, FILE_NAME ":1: --cacert and --cacert-only exclude each other");
    CHECK(!read_text("token-file = -\nclient-secret-file = -"));
    CHECK_EQUAL_TEXT(f.text, "--token-file and --client-secret-file cannot both read standard input");
    CHECK(read_text("auth = device-code"));
    CHECK_EQUAL_INT(o.max_time_seconds, 120 + 15 * 60);
    CHECK(read_text("auth = device-code\nmax-time = 5"));
    CHECK_EQUAL_INT(o.max_time_seconds, 5);
    reset("comment = \" \"");
    CHECK(!read_words((const char *const[]){ID, NULL}));
    CHECK_EQUAL_TEXT(f.text, FILE_NAME ":1: empty");
}

static void a_fault_that_is_seen_later_is_placed(void)
{
    CHECK(read_text("tenant = a b\nresolve = x:1:::1\nresolve = y\ndns = z"));
    fault_set(&f, FAULT_USAGE, "--tenant a b: a GUID is wanted");
    CHECK(!options_place_fault(&o, &f));
    CHECK_EQUAL_TEXT(f.text, FILE_NAME ":1: --tenant a b: a GUID is wanted");
    fault_clear(&f);
    fault_set(&f, FAULT_USAGE, "--resolve x:1:::1: what?");
    CHECK(!options_place_fault(&o, &f));
    CHECK_EQUAL_TEXT(f.text, FILE_NAME ":2: --resolve x:1:::1: what?");
    fault_clear(&f);
    fault_set(&f, FAULT_USAGE, "--dns: more than 8");
    CHECK(!options_place_fault(&o, &f));
    CHECK_EQUAL_TEXT(f.text, FILE_NAME ":4: --dns: more than 8");
    fault_clear(&f);
    fault_set(&f, FAULT_USAGE, "--json what?"); /* the command line's own */
    CHECK(!options_place_fault(&o, &f));
    CHECK_EQUAL_TEXT(f.text, "--json what?");
}

/* ---- what is refused ---- */

struct refused {
    const char *text;
    const char *fault;  /* behind "FILE:" */
    const char *advice; /* a part; NULL: none */
};

static const struct refused refused[] = {
    {"planet = 1", "1: a key that is no option", "unisolate --help"},
    {"\n\ntenent = t", "3: tenent: no such key", "did you mean tenant?"},
    {"--tenant = t", "1: --tenant: no such key", "did you mean tenant?"},
    {"Tenant = t", "1: Tenant: no such key", "did you mean tenant?"},
    {"client-secret = hush", "1: client-secret: no such key", "did you mean client-secret-file?"},
    {"device = " ID, "1: a key that is no option", "unisolate --help"},
    {"c = x", "1: a key that is no option", "unisolate --help"},
    {"= t", "1: a key that is no option", "unisolate --help"},
    {"tenant", "1: a line without '='", "option = value"},
    {"Abc8Q~hush-hush-hush", "1: a line without '='", "not shown"},
    {"[unisolate]\ntenant = t", "1: a line without '='", "option = value"},
    {"tenant =", "1: tenant: needs a value: ID", NULL},
    {"tenant = \"\"", "1: tenant: needs a value: ID", NULL},
    {"tenant = t\n\ntenant = u", "3: tenant: given twice; the first is in line 1", NULL},
    {"json = false\njson = false", "2: json: given twice; the first is in line 1", NULL},
    {"comment = a\ncomment = b", "2: comment: given twice; the first is in line 1", NULL}, /* though the command line has one */
    {"json = yes", "1: json: 'yes' is neither true nor false", NULL},
    {"json = 1", "1: json: '1' is neither true nor false", NULL},
    {"json =", "1: json: '' is neither true nor false", NULL},
    {"cloud = moon", "1: cloud: 'moon' is none of its values", "it is one of: commercial"},
    {"retries = -1", "1: retries: '-1' is not a number from 0 to 100", NULL},
    {"max-time = soon", "1: max-time: 'soon' is not a time from 1s on", "10m"},
    {"color = maybe", "1: color: 'maybe' is none of its values", "auto"},
    {"4 = true\n6 = true", "2: 6: -4 and -6 exclude each other", NULL},
    {"config = other.conf", "1: config: may stand on the command line only", NULL},
    {"at = 2026-11-23T16:00:00Z", "1: at: may stand on the command line only", NULL},
    {"help = true", "1: help: may stand on the command line only", NULL},
    {"version = true", "1: version: may stand on the command line only", NULL},
    {"tenant = \"t", "1: tenant: quotes that are not around the whole value", "no quotes"},
    {"tenant = \"", "1: tenant: quotes that are not around the whole value", "no quotes"},
    {"tenant = \"a\" \"b\"", "1: tenant: quotes that are not around the whole value", "no quotes"},
    {"tenant = \"t\" # why", "1: tenant: quotes that are not around the whole value", "no quotes"},
    {"tenant = caf\xE9", "1: not UTF-8", "save the file as UTF-8"},
    {"# caf\xE9", "1: not UTF-8", "save the file as UTF-8"},
    {"\xFF\xFEt", "1: not UTF-8", "save the file as UTF-8"},
    {"\ntenant = a\x1B[31m", "2: not a line of text: it holds byte 0x1b", NULL},
    {"tenant = a\x7F", "1: not a line of text: it holds byte 0x7f", NULL},
    {"tenant = a\rcloud = gcc", "1: a line ends with LF or CR LF, not with CR alone", NULL},
    {"token-file = hush-hush", "1: token-file: there is no such file, as seen from the folder of the configuration", "not shown"},
    {"client-secret-file = Abc8Q~hush", "1: client-secret-file: there is no such file, as seen from the folder of the configuration",
     "env:NAME"},
    {"certificate-password-file = \"hush\"",
     "1: certificate-password-file: there is no such file, as seen from the folder of the configuration", "env:NAME"},
    {"tenant = t\nplanet = 1\nstars = 2", "2: a key that is no option", NULL}, /* the first one */
};

static void refusals_say_file_line_and_what(void)
{
    for (size_t i = 0; i < COUNT_OF(refused); i++) {
        char text[300];
        unit_row("%s", refused[i].text);
        CHECK(!read_text(refused[i].text));
        CHECK_EQUAL_INT(f.code, FAULT_USAGE);
        snprintf(text, sizeof text, FILE_NAME ":%s", refused[i].fault);
        CHECK_EQUAL_TEXT(f.text, text);
        CHECK(refused[i].advice == NULL || span_contains(span_of(fault_advice(&f)), span_of(refused[i].advice)));
        CHECK(!span_contains(span_of(f.text), SPAN("hush")) && !span_contains(span_of(f.advice), SPAN("hush")));
    }
}

static void a_nul_byte_is_told(void)
{
    os_fake_reset();
    os_fake_program_folder("/stick/");
    os_fake_file_bytes(FILE_NAME, SPAN("tenant = t\nclient-id = a\0b\n"));
    CHECK(!READ("-q"));
    CHECK_EQUAL_TEXT(f.text, FILE_NAME ":2: not a line of text: it holds byte 0x00");
}

/* Also a value that has no effect, as the command line gave another. */
static void what_is_overruled_is_checked(void)
{
    reset("retries = many");
    CHECK(!READ("--retries=1"));
    CHECK_EQUAL_TEXT(f.text, FILE_NAME ":1: retries: 'many' is not a number from 0 to 100");
    reset("token-file = gone.txt"); /* but a file that is not needed need not be there */
    CHECK(READ("--token-file=t"));
    CHECK_EQUAL_TEXT(o.sign_in.token_file, "t");
}

static void how_a_fault_is_told_is_kept(void)
{
    reset("moon = 1\njson = true\ncolor = never");
    CHECK(!READ("-q"));
    CHECK(o.json && o.quiet);
    CHECK_EQUAL_INT(o.color, COLOR_NEVER);
}

/* Whatever is missing at the end: kept or refused, and nothing beyond it is read. */
static void every_cut(void)
{
    static const char whole[] = "\xEF\xBB\xBF# \xC3\xA9\r\ntenant = \"a b\"\r\nresolve = h:1:::1\nwait=true\nclient-secret-file = - \n";
    for (size_t size = 0; size < sizeof whole; size++) {
        os_fake_reset();
        os_fake_program_folder("/stick/");
        os_fake_file_bytes(FILE_NAME, span_make(whole, size));
        unit_row("%zu bytes", size);
        bool ok = READ("-q");
        CHECK(ok != fault_is_set(&f));
        CHECK(ok || span_starts(span_of(f.text), SPAN(FILE_NAME ":")));
    }
}

/* ---- telling of it ---- */

static char told[1000];

static void note(void *context, const char *name, const char *value, const char *giver)
{
    size_t used = strlen(told);
    (void)context;
    snprintf(told + used, sizeof told - used, "%s=%s (%s)\n", name, value, giver);
}

static void each_value_has_its_giver(void)
{
    reset("tenant = t\nresolve = h:1:::1\nresolve = h:2:::1\nsend-chain = true\nall = false\nwait = 90");
    os_fake_environment("AZURE_CLIENT_SECRET", "hush");
    CHECK(READ("--cloud=gcc", "-v"));
    told[0] = '\0';
    options_describe(&o, note, NULL);
    CHECK_EQUAL_TEXT(told, "--comment=x (--comment)\n--wait=90 (/stick/unisolate.conf:6)\n--all=false (/stick/unisolate.conf:5)\n"
                           "--tenant=t (/stick/unisolate.conf:1)\n--client-secret-file=env:AZURE_CLIENT_SECRET (AZURE_CLIENT_SECRET)\n"
                           "--send-chain=true (/stick/unisolate.conf:4)\n--cloud=gcc (--cloud)\n--verbose=true (--verbose)\n"
                           "--resolve=h:1:::1 (/stick/unisolate.conf:2)\n--resolve=h:2:::1 (/stick/unisolate.conf:3)\n");
}

static const struct unit_test tests[] = {
    TEST(named_then_variable_then_beside_the_program),
    TEST(only_one_that_was_named_has_to_be_there),
    TEST(a_large_file_is_refused),
    TEST(forms_of_a_line),
    TEST(every_kind_of_option),
    TEST(every_key_is_known),
    TEST(paths_are_seen_from_the_file),
    TEST(line_then_variable_then_file),
    TEST(a_variable_does_not_add_to_the_only_roots),
    TEST(what_hangs_together_does_so_from_the_file_too),
    TEST(a_fault_that_is_seen_later_is_placed),
    TEST(refusals_say_file_line_and_what),
    TEST(a_nul_byte_is_told),
    TEST(what_is_overruled_is_checked),
    TEST(how_a_fault_is_told_is_kept),
    TEST(every_cut),
    TEST(each_value_has_its_giver),
};

UNIT_MAIN(tests)
