/*
 * test_options.c - command line and environment: what is kept, what is refused and in which words. Commands and --wait:
 * test_commands.c.
 */
/* links: fake/os_fake.c */
#include "unit.h"

#include "cli/cloud.h"
#include "cli/options.h"
#include "fake/os_fake.h"

#define ID "1e5bc9d7e413ddd7902c2932e418702b84d0cc07"

enum { WORDS_MAX = 160 };

static struct options o;
static struct fault f;

/* Read a line; its words are the arguments behind the program's name, NULL ends them. */
static bool read_words(const char *const *words)
{
    static const char *argv[WORDS_MAX];
    int argc = 1;
    options_free(&o);
    fault_clear(&f);
    argv[0] = "unisolate";
    for (; words[argc - 1] != NULL && argc < WORDS_MAX - 1; argc++) {
        argv[argc] = words[argc - 1];
    }
    argv[argc] = NULL;
    return options_read(&o, argc, (char *const *)argv, &f);
}

#define READ(...) read_words((const char *const[]){__VA_ARGS__, NULL})

/* ---- what is kept ---- */

static void defaults_are_the_contracts(void)
{
    os_fake_reset();
    CHECK(READ("-c", "clean", ID));
    CHECK_EQUAL_INT(o.command, COMMAND_RELEASE);
    CHECK_EQUAL_INT(o.operand_count, 1);
    CHECK_EQUAL_TEXT(o.operands[0], ID);
    CHECK_EQUAL_TEXT(o.comment, "clean");
    CHECK_EQUAL_TEXT(o.sign_in.method, "auto");
    CHECK_EQUAL_TEXT(o.cloud, "commercial");
    CHECK(o.sign_in.tenant == NULL && o.sign_in.client_id == NULL && o.sign_in.token_file == NULL);
    CHECK(o.sign_in.client_secret_file == NULL && o.region == NULL && o.api_url == NULL);
    CHECK(o.authority == NULL && o.scope == NULL && o.cacert == NULL && o.cacert_only == NULL);
    CHECK_EQUAL_INT(o.resolve_count, 0);
    CHECK_EQUAL_INT(o.family, ADDRESS_NONE);
    CHECK_EQUAL_INT(o.connect_timeout_seconds, 10);
    CHECK_EQUAL_INT(o.max_time_seconds, 120);
    CHECK_EQUAL_INT(o.retries, 4);
    CHECK(!o.json && !o.quiet);
    CHECK_EQUAL_INT(o.verbosity, 0);
    CHECK_EQUAL_INT(o.color, COLOR_AUTO);
    CHECK_EQUAL_INT(o.wait_seconds, 0);
    CHECK(!o.dry_run && !o.all && !o.cancel_isolate && o.dns == NULL);
}

static void every_option_is_kept(void)
{
    os_fake_reset();
    CHECK(READ("--comment", "why", "--tenant=contoso.com", "--client-id", "app", "--auth=secret",
               "--token-file", "t", "--client-secret-file=s", "--cloud", "gcc-high", "--api-url",
               "https://a", "--authority=https://b", "--scope", "c", "--cacert", "d", "--resolve",
               "h:443:::1", "--resolve=h:444:192.0.2.1", "-6", "--connect-timeout", "1m30s",
               "--max-time=90", "--retries", "0", "--json", "--quiet", "--verbose", "--color=never",
               "--wait=5m", "--dry-run", "--all", "--cancel-isolate", "--dns", "192.0.2.53", ID));
    CHECK_EQUAL_TEXT(o.comment, "why");
    CHECK_EQUAL_TEXT(o.sign_in.tenant, "contoso.com");
    CHECK_EQUAL_TEXT(o.sign_in.client_id, "app");
    CHECK_EQUAL_TEXT(o.sign_in.method, "secret");
    CHECK_EQUAL_TEXT(o.sign_in.token_file, "t");
    CHECK_EQUAL_TEXT(o.sign_in.client_secret_file, "s");
    CHECK_EQUAL_TEXT(o.cloud, "gcc-high");
    CHECK_EQUAL_TEXT(o.api_url, "https://a");
    CHECK_EQUAL_TEXT(o.authority, "https://b");
    CHECK_EQUAL_TEXT(o.scope, "c");
    CHECK_EQUAL_TEXT(o.cacert, "d");
    CHECK_EQUAL_INT(o.resolve_count, 2);
    CHECK_EQUAL_TEXT(o.resolve[0], "h:443:::1");
    CHECK_EQUAL_TEXT(o.resolve[1], "h:444:192.0.2.1");
    CHECK_EQUAL_INT(o.family, ADDRESS_IPV6);
    CHECK_EQUAL_INT(o.connect_timeout_seconds, 90);
    CHECK_EQUAL_INT(o.max_time_seconds, 90);
    CHECK_EQUAL_INT(o.retries, 0);
    CHECK(o.json && o.quiet);
    CHECK_EQUAL_INT(o.verbosity, 1);
    CHECK_EQUAL_INT(o.color, COLOR_NEVER);
    CHECK_EQUAL_INT(o.wait_seconds, 300);
    CHECK(o.dry_run && o.all && o.cancel_isolate);
    CHECK_EQUAL_TEXT(o.dns, "192.0.2.53");
    CHECK(READ("-cx", "--region", "eu", "--cacert-only", "e", "-4", "--color=always", ID));
    CHECK_EQUAL_TEXT(o.region, "eu");
    CHECK_EQUAL_TEXT(o.cacert_only, "e");
    CHECK_EQUAL_INT(o.family, ADDRESS_IPV4);
    CHECK_EQUAL_INT(o.color, COLOR_ALWAYS);
}

static void short_forms(void)
{
    os_fake_reset();
    CHECK(READ(ID, "-qv4cwhy", "-v"));
    CHECK_EQUAL_TEXT(o.comment, "why");
    CHECK_EQUAL_INT(o.verbosity, 2);
    CHECK_EQUAL_INT(o.family, ADDRESS_IPV4);
    CHECK(o.quiet);
    CHECK(READ("-vvc", "--json", ID)); /* the value of -c, whatever it looks like */
    CHECK_EQUAL_TEXT(o.comment, "--json");
    CHECK(!o.json);
    CHECK(READ("-c=why", ID));
    CHECK_EQUAL_TEXT(o.comment, "=why");
}

static void operands_and_command_words(void)
{
    os_fake_reset();
    CHECK(READ("-c", "x", "release", ID, "-q", "two", "-", "--", "-v", "--json", "--", "release"));
    CHECK_EQUAL_INT(o.operand_count, 7);
    CHECK_EQUAL_TEXT(o.operands[0], ID);
    CHECK_EQUAL_TEXT(o.operands[1], "two");
    CHECK_EQUAL_TEXT(o.operands[2], "-");
    CHECK_EQUAL_TEXT(o.operands[3], "-v");
    CHECK_EQUAL_TEXT(o.operands[4], "--json");
    CHECK_EQUAL_TEXT(o.operands[5], "--");
    CHECK_EQUAL_TEXT(o.operands[6], "release");
    CHECK(o.quiet && !o.json);
    CHECK_EQUAL_INT(o.verbosity, 0);
    CHECK(READ("-c", "x", "--", "release")); /* behind -- it is a device */
    CHECK_EQUAL_INT(o.operand_count, 1);
    CHECK(READ("-c", "x", ID, "release", "help")); /* a command word comes first */
    CHECK_EQUAL_INT(o.operand_count, 3);
    CHECK_EQUAL_INT(o.command, COMMAND_RELEASE);
}

static void no_operand_is_for_the_caller(void)
{
    os_fake_reset();
    CHECK(READ("release"));
    CHECK_EQUAL_INT(o.command, COMMAND_RELEASE);
    CHECK_EQUAL_INT(o.operand_count, 0);
    CHECK(READ("--json"));
    CHECK_EQUAL_INT(o.operand_count, 0);
    options_free(&o);
    CHECK(options_read(&o, 0, (char *const[]){NULL}, &f)); /* not even a name of its own */
    CHECK_EQUAL_INT(o.operand_count, 0);
}

static void help_and_version_win(void)
{
    static const struct {
        enum command command;
        const char *words[5];
    } rows[] = {
        {COMMAND_HELP, {"--help"}},
        {COMMAND_HELP, {"-h", ID}},
        {COMMAND_HELP, {"help"}},
        {COMMAND_HELP, {"-q", "help", "release"}},
        {COMMAND_HELP, {"release", ID, "--help", "--version"}},
        {COMMAND_VERSION, {"--version", "-h"}},
        {COMMAND_MAN, {"--man"}},
        {COMMAND_MAN, {"status", "--man", "--completion", "zsh"}},
        {COMMAND_COMPLETION, {"--completion=bash", "--man"}},
        {COMMAND_VERSION, {"--cacert=a", "--cacert-only=b", "--version", ID}},
    };
    os_fake_reset();
    os_fake_environment("UNISOLATE_CLOUD", "moon"); /* not even that stands in the way */
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        unit_row("%s", rows[i].words[0]);
        CHECK(read_words(rows[i].words));
        CHECK_EQUAL_INT(o.command, rows[i].command);
    }
    CHECK(!READ("--help", "--moon"));
}

/* ---- the environment ---- */

static void variables_serve_where_no_option_stands(void)
{
    os_fake_reset();
    os_fake_environment("UNISOLATE_COMMENT", "from there");
    os_fake_environment("AZURE_TENANT_ID", "t");
    os_fake_environment("AZURE_CLIENT_ID", "i");
    os_fake_environment("UNISOLATE_AUTH", "secret");
    os_fake_environment("UNISOLATE_TOKEN", "the token itself");
    os_fake_environment("AZURE_CLIENT_SECRET", "the secret itself");
    os_fake_environment("UNISOLATE_CLOUD", "gcc");
    os_fake_environment("UNISOLATE_API_URL", "https://a");
    CHECK(READ(ID));
    CHECK_EQUAL_TEXT(o.comment, "from there");
    CHECK_EQUAL_TEXT(o.sign_in.tenant, "t");
    CHECK_EQUAL_TEXT(o.sign_in.client_id, "i");
    CHECK_EQUAL_TEXT(o.sign_in.method, "secret");
    CHECK_EQUAL_TEXT(o.sign_in.token_file, "env:UNISOLATE_TOKEN");
    CHECK_EQUAL_TEXT(o.sign_in.client_secret_file, "env:AZURE_CLIENT_SECRET");
    CHECK_EQUAL_TEXT(o.cloud, "gcc");
    CHECK_EQUAL_TEXT(o.api_url, "https://a");
    CHECK_EQUAL_TEXT(options_giver(&o, "--api-url"), "UNISOLATE_API_URL");
    CHECK(READ("-chere", "--cloud=dod", "--token-file=f", ID));
    CHECK_EQUAL_TEXT(o.comment, "here");
    CHECK_EQUAL_TEXT(o.cloud, "dod");
    CHECK_EQUAL_TEXT(o.sign_in.token_file, "f");
    CHECK_EQUAL_TEXT(options_giver(&o, "--cloud"), "--cloud");
    CHECK(options_giver(&o, "--region") == NULL);
}

static void more_variables(void)
{
    os_fake_reset();
    os_fake_environment("UNISOLATE_COMMENT", "why");
    os_fake_environment("AZURE_AUTHORITY_HOST", "https://b");
    os_fake_environment("UNISOLATE_SCOPE", "c");
    os_fake_environment("SSL_CERT_FILE", "roots");
    os_fake_environment("NO_COLOR", "0");
    CHECK(READ(ID));
    CHECK_EQUAL_TEXT(o.authority, "https://b");
    CHECK_EQUAL_TEXT(o.scope, "c");
    CHECK_EQUAL_TEXT(o.cacert, "roots");
    CHECK_EQUAL_INT(o.color, COLOR_NEVER);
    CHECK(READ("--color=auto", "--cacert-only", "mine", ID)); /* the line wins over both */
    CHECK_EQUAL_INT(o.color, COLOR_AUTO);
    CHECK(o.cacert == NULL);
    CHECK_EQUAL_TEXT(o.cacert_only, "mine");
    CHECK(!READ("--moon"));
    CHECK_EQUAL_INT(o.color, COLOR_NEVER); /* the fault has no colour either */
}

static void variables_of_a_certificate(void)
{
    static const struct flag_row {
        const char *value;
        bool set;
    } rows[] = {{"1", true}, {"true", true}, {"TRUE", true}, {"True", true}, {"0", false}, {"false", false}, {"yes", false}};
    os_fake_reset();
    os_fake_environment("AZURE_CLIENT_CERTIFICATE_PATH", "/etc/app.pem");
    os_fake_environment("AZURE_CLIENT_CERTIFICATE_PASSWORD", "the password itself");
    os_fake_environment("AZURE_FEDERATED_TOKEN_FILE", "/var/run/token");
    CHECK(READ("-cx", ID));
    CHECK_EQUAL_TEXT(o.sign_in.certificate, "/etc/app.pem");
    CHECK_EQUAL_TEXT(o.sign_in.certificate_password_file, "env:AZURE_CLIENT_CERTIFICATE_PASSWORD");
    CHECK_EQUAL_TEXT(o.sign_in.federated_token_file, "/var/run/token");
    CHECK(!o.sign_in.send_chain);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        unit_row("%s", rows[i].value);
        os_fake_reset();
        os_fake_environment("AZURE_CLIENT_SEND_CERTIFICATE_CHAIN", rows[i].value);
        CHECK(READ("-cx", ID));
        CHECK_EQUAL_INT(o.sign_in.send_chain, rows[i].set);
        CHECK(READ("-cx", "--send-chain", ID));
        CHECK(o.sign_in.send_chain);
    }
}

static void empty_variables_count_as_unset(void)
{
    os_fake_reset();
    for (size_t i = 0; i < option_row_count; i++) {
        if (option_variable(&option_rows[i]) != NULL) {
            os_fake_environment(option_variable(&option_rows[i]), "");
        }
    }
    CHECK(READ("-cx", ID));
    CHECK(o.sign_in.tenant == NULL && o.sign_in.token_file == NULL && o.cacert == NULL);
    CHECK_EQUAL_TEXT(o.cloud, "commercial");
    CHECK_EQUAL_INT(o.color, COLOR_AUTO);
}

static void a_wrong_variable_is_named(void)
{
    os_fake_reset();
    os_fake_environment("UNISOLATE_CLOUD", "moon");
    CHECK(!READ("-cx", ID));
    CHECK_EQUAL_INT(f.code, FAULT_USAGE);
    CHECK_EQUAL_TEXT(f.text, "UNISOLATE_CLOUD: 'moon' is none of its values");
    CHECK_EQUAL_TEXT(fault_advice(&f), "it is one of: commercial, gcc, gcc-high, dod");
    os_fake_environment("UNISOLATE_AUTH", "guess");
    CHECK(!READ("-cx", ID, "--cloud=gcc"));
    CHECK_EQUAL_TEXT(f.text, "UNISOLATE_AUTH: 'guess' is none of its values");
    CHECK_EQUAL_TEXT(fault_advice(&f), "it is one of: auto, token, secret, certificate, federated, managed-identity, device-code");
    CHECK(!READ("-cx", ID, "--moon")); /* the line's fault comes first */
    CHECK_EQUAL_TEXT(f.text, "--moon: no such option");
}

static void methods_are_those_of_the_list(void)
{
    char words[300] = "it is one of: auto";
    os_fake_reset();
    for (size_t i = 0; credential_types[i] != NULL; i++) {
        size_t used = strlen(words);
        snprintf(words + used, sizeof words - used, ", %s", credential_types[i]->name);
    }
    CHECK(!READ("--auth=guess"));
    CHECK_EQUAL_TEXT(f.text, "--auth: 'guess' is none of its values");
    CHECK_EQUAL_TEXT(fault_advice(&f), words);
}

/* A device code lives 15 minutes; who says --max-time means it. */
static void a_person_gets_more_time(void)
{
    os_fake_reset();
    CHECK(READ("token", "--auth=device-code"));
    CHECK_EQUAL_INT(o.max_time_seconds, 120 + 15 * 60);
    CHECK(READ("token", "--auth=device-code", "--max-time=90"));
    CHECK_EQUAL_INT(o.max_time_seconds, 90);
    os_fake_environment("UNISOLATE_AUTH", "device-code");
    CHECK(READ("-cx", ID));
    CHECK_EQUAL_INT(o.max_time_seconds, 120 + 15 * 60);
    CHECK(READ("-cx", ID, "--auth=secret"));
    CHECK_EQUAL_INT(o.max_time_seconds, 120);
}

static void token_is_a_command(void)
{
    os_fake_reset();
    CHECK(READ("-q", "token", "--identity=client:a", "--json"));
    CHECK_EQUAL_INT(o.command, COMMAND_TOKEN);
    CHECK_EQUAL_TEXT(o.sign_in.identity, "client:a");
    CHECK(o.json);
    CHECK(READ("token", "--help"));
    CHECK_EQUAL_INT(o.command, COMMAND_HELP);
    CHECK(!READ("token", ID));
    CHECK_EQUAL_INT(f.code, FAULT_USAGE);
    CHECK_EQUAL_TEXT(f.text, "token: '" ID "': it takes no device");
    CHECK(READ("-cx", ID, "token")); /* a command word comes first */
    CHECK_EQUAL_INT(o.command, COMMAND_RELEASE);
    CHECK_EQUAL_INT(o.operand_count, 2);
    CHECK(READ("-cx", "--", "token")); /* and not behind -- */
    CHECK_EQUAL_INT(o.command, COMMAND_RELEASE);
    CHECK(!READ("token", "token"));
}

static void the_comments_variable_is_named(void)
{
    os_fake_reset();
    os_fake_environment("UNISOLATE_COMMENT", "\xFF");
    CHECK(!READ(ID));
    CHECK_EQUAL_TEXT(f.text, "UNISOLATE_COMMENT: not UTF-8");
}

/* ---- what is refused ---- */

struct refused {
    const char *text, *advice; /* advice NULL: none */
    const char *words[6];
};

static const struct refused refused[] = {
    {"--comment: missing; every release and every cancel needs one",
     "say why: -c TEXT",
     {ID}},
    {"--comment: empty", NULL, {"-c", " \t\n", ID}},
    {"--comment: not UTF-8", NULL, {"-c", "caf\xE9", ID}},
    {"--comment: not UTF-8", NULL, {"-c", "\xED\xA0\x80", ID}},
    {"--comment: needs a value: TEXT", NULL, {ID, "-c"}},
    {"--comment: needs a value: TEXT", NULL, {"-c", "", ID}},
    {"--tenant: needs a value: ID", NULL, {"-cx", "--tenant=", ID}},
    {"--tenant: needs a value: ID", NULL, {"-cx", ID, "--tenant"}},
    {"--tenant: given twice", NULL, {"--tenant=a", "--tenant", "a", "-cx", ID}},
    {"--comment: given twice", NULL, {"-cx", "--comment=y", ID}},
    {"--json: takes no value", NULL, {"--json=yes"}},
    {"-6: -4 and -6 exclude each other", NULL, {"-46"}},
    {"-4: -4 and -6 exclude each other", NULL, {"-6", "-4"}},
    {"--cacert and --cacert-only exclude each other", NULL, {"--cacert=a", "--cacert-only=b", ID}},
    {"--token-file and --client-secret-file cannot both read standard input",
     NULL,
     {"--token-file=-", "--client-secret-file", "-", "-cx", ID}},
    {"--certificate and --federated-token-file cannot both read standard input",
     NULL,
     {"--federated-token-file=-", "--certificate", "-", "-cx", ID}},
    {"--retries: '-1' is not a number from 0 to 100", NULL, {"--retries", "-1"}},
    {"--retries: '101' is not a number from 0 to 100", NULL, {"--retries=101"}},
    {"--max-time: '0' is not a time from 1s on",
     "write it as 90, 90s, 10m or 1h30m",
     {"--max-time=0"}},
    {"--connect-timeout: 'soon' is not a time from 1s on",
     "write it as 90, 90s, 10m or 1h30m",
     {"--connect-timeout", "soon"}},
    {"--color: 'maybe' is none of its values",
     "it is one of: auto, always, never",
     {"--color=maybe"}},
    {"--region: 'moon' is none of its values",
     "it is one of: us, eu, uk, au, swa, ina",
     {"--region=moon"}},
    {"--auth: 'password' is none of its values",
     "it is one of: auto, token, secret, certificate, federated, managed-identity, device-code",
     {"--auth=password"}},
    /* unknown names, and what was meant */
    {"--tenent: no such option", "did you mean --tenant?", {"--tenent", "a"}},
    {"--comm: no such option", "did you mean --comment?", {"--comm", "a"}},
    {"--client-secret: no such option",
     "did you mean --client-secret-file?",
     {"--client-secret=hush"}},
    {"--Json: no such option", "did you mean --json?", {"--Json"}},
    {"--follow: no such option", "unisolate --help lists all options", {"--follow"}},
    {"--insecure: no such option", "unisolate --help lists all options", {"--insecure"}},
    {"--x: no such option", "unisolate --help lists all options", {"--x"}},
    {"-comment: no such option", "did you mean --comment?", {"-comment", "x"}},
    {"-k: no such option", "unisolate --help lists all options", {"-qk"}},
    {"-p: no such option", "unisolate --help lists all options", {"-phush", ID}},
};

static void refusals_say_where_and_what(void)
{
    os_fake_reset();
    for (size_t i = 0; i < COUNT_OF(refused); i++) {
        unit_row("%s", refused[i].text);
        CHECK(!read_words(refused[i].words));
        CHECK_EQUAL_INT(f.code, FAULT_USAGE);
        CHECK_EQUAL_TEXT(f.text, refused[i].text);
        CHECK_EQUAL_TEXT(fault_advice(&f), refused[i].advice);
    }
}

static void json_anywhere_makes_faults_json(void)
{
    os_fake_reset();
    CHECK(!READ("--moon", "--json"));
    CHECK(o.json);
    CHECK(!READ("--moon", "--", "--json"));
    CHECK(!o.json);
    CHECK(!READ(ID, "--json")); /* no comment */
    CHECK(o.json);
    CHECK(!READ("--moon"));
    CHECK(!o.json);
}

static void resolve_has_an_end(void)
{
    static const char *words[OPTIONS_RESOLVE_MAX + 4] = {"-cx", ID};
    os_fake_reset();
    for (size_t i = 0; i < OPTIONS_RESOLVE_MAX; i++) {
        words[2 + i] = "--resolve=h:1:::1";
    }
    CHECK(read_words(words));
    CHECK_EQUAL_INT(o.resolve_count, OPTIONS_RESOLVE_MAX);
    words[2 + OPTIONS_RESOLVE_MAX] = "--resolve=h:2:::1";
    CHECK(!read_words(words));
    CHECK_EQUAL_TEXT(f.text, "--resolve: more than 64 of them");
}

/* Each name and letter stands in the table once, and each row is told in one kind of way. */
static void the_table_is_sound(void)
{
    for (size_t i = 0; i < option_row_count; i++) {
        const struct option_row *row = &option_rows[i];
        unit_row("%s", row->name);
        CHECK(row->help != NULL && row->help[0] != '\0');
        CHECK(row->group < GROUP_COUNT);
        CHECK((row->choice != NULL) == (row->kind == OPTION_CHOICE || row->kind == OPTION_COLOR || row->kind == OPTION_SHELL));
        CHECK((row->value == NULL) == (row->kind <= OPTION_MAN));
        for (size_t k = 0; k < i; k++) {
            CHECK(strcmp(row->name, option_rows[k].name) != 0);
            CHECK(row->letter == 0 || row->letter != option_rows[k].letter);
        }
    }
}

static void free_leaves_zero(void)
{
    static const struct options zero;
    os_fake_reset();
    CHECK(READ("-cx", ID));
    options_free(&o);
    CHECK(o.operands == NULL && o.operand_count == zero.operand_count && o.comment == NULL);
    options_free(&o);
}

static const struct unit_test tests[] = {
    TEST(defaults_are_the_contracts),
    TEST(every_option_is_kept),
    TEST(short_forms),
    TEST(operands_and_command_words),
    TEST(no_operand_is_for_the_caller),
    TEST(help_and_version_win),
    TEST(variables_serve_where_no_option_stands),
    TEST(more_variables),
    TEST(variables_of_a_certificate),
    TEST(empty_variables_count_as_unset),
    TEST(a_wrong_variable_is_named),
    TEST(methods_are_those_of_the_list),
    TEST(a_person_gets_more_time),
    TEST(token_is_a_command),
    TEST(the_comments_variable_is_named),
    TEST(refusals_say_where_and_what),
    TEST(json_anywhere_makes_faults_json),
    TEST(resolve_has_an_end),
    TEST(the_table_is_sound),
    TEST(free_leaves_zero),
};

UNIT_MAIN(tests)
