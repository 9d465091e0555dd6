/*
 * option_table.c - the table of options and the table of commands; see options.h.
 */
#include "cli/cloud.h"
#include "cli/options.h"

static const char *choice_auth(size_t i)
{
    if (i == 0) {
        return "auto";
    }
    return credential_types[i - 1] != NULL ? credential_types[i - 1]->name : NULL;
}

static const char *choice_cloud(size_t i)
{
    return cloud_rows[i].name;
}

static const char *choice_region(size_t i)
{
    return region_rows[i].name;
}

static const char *choice_color(size_t i)
{
    static const char *const words[] = {"auto", "always", "never", NULL}; /* as enum color */
    return words[i];
}

static const char *const more_proxy[] = {"HTTPS_PROXY", "all_proxy", "ALL_PROXY", NULL};
static const char *const more_no_proxy[] = {"NO_PROXY", NULL};
static const char *choice_shell(size_t i)
{
    static const char *const words[] = {"bash", "zsh", "fish", "powershell", NULL}; /* as enum shell */
    return words[i];
}

#define AT(member) .offset = offsetof(struct options, member)

const struct option_row option_rows[] = {
    {'c', "--comment", "TEXT", "UNISOLATE_COMMENT", GROUP_ACTION, OPTION_TEXT, AT(comment),
     .help = "why; required to release and to cancel; UTF-8; kept in Defender's action center"},
    {'f', "--from", "FILE", NULL, GROUP_ACTION, OPTION_TEXT, AT(from),
     .help = "the devices, one a line, or the first column of a CSV; - reads standard input, and so does the operand -"},
    {'w', "--wait", "TIME", NULL, GROUP_ACTION, OPTION_TIME, AT(wait_seconds), .implied = "10m",
     .help = "follow each action until it ends, for at most TIME"},
    {'n', "--dry-run", NULL, NULL, GROUP_ACTION, OPTION_FLAG, AT(dry_run),
     .help = "sign in, find the devices, print each request that would be sent, and send none"},
    {0, "--all", NULL, NULL, GROUP_ACTION, OPTION_FLAG, AT(all),
     .help = "allow a selector that names many devices (tag:)"},
    {0, "--max", "N", NULL, GROUP_ACTION, OPTION_LIMIT, AT(max), .standard = "100",
     .help = "send nothing if more than N devices are named; 0: no limit"},
    {0, "--journal", "FILE", NULL, GROUP_ACTION, OPTION_TEXT, AT(journal),
     .help = "keep in FILE what was sent and what came of it; a second run with it goes on where the first one ended"},
    {0, "--cancel-isolate", NULL, NULL, GROUP_ACTION, OPTION_FLAG, AT(cancel_isolate),
     .help = "also cancel an Isolate action that waits for the device"},
    {0, "--pace", "N/min,M/h", NULL, GROUP_ACTION, OPTION_PACE, .standard = "100/min,1500/h",
     .help = "the API's limits, for a tenant that has others; either part alone"},

    {0, "--tenant", "ID", "AZURE_TENANT_ID", GROUP_SIGN_IN, OPTION_TEXT, AT(sign_in.tenant),
     .help = "the tenant: its GUID, or a verified domain of it"},
    {0, "--client-id", "ID", "AZURE_CLIENT_ID", GROUP_SIGN_IN, OPTION_TEXT, AT(sign_in.client_id),
     .help = "application (client) id of the app registration"},
    {0, "--auth", "METHOD", "UNISOLATE_AUTH", GROUP_SIGN_IN, OPTION_CHOICE, AT(sign_in.method),
     choice_auth, .standard = "auto", .help = "how to sign in; auto: the first method whose inputs are given"},
    {0, "--token-file", "FILE", "env:UNISOLATE_TOKEN", GROUP_SIGN_IN, OPTION_SECRET,
     AT(sign_in.token_file),
     .help = "file with a bearer token got elsewhere; - reads standard input, env:NAME a variable"},
    {0, "--client-secret-file", "FILE", "env:AZURE_CLIENT_SECRET", GROUP_SIGN_IN, OPTION_SECRET,
     AT(sign_in.client_secret_file),
     .help = "file with the app's client secret; - and env:NAME as above"},
    {0, "--certificate", "FILE", "AZURE_CLIENT_CERTIFICATE_PATH", GROUP_SIGN_IN, OPTION_SECRET,
     AT(sign_in.certificate),
     .help = "PEM file with the app's certificate and private key, which may be encrypted"},
    {0, "--certificate-key-file", "FILE", NULL, GROUP_SIGN_IN, OPTION_SECRET,
     AT(sign_in.certificate_key_file), .help = "PEM file with the private key, where it is not in the certificate's"},
    {0, "--certificate-password-file", "FILE", "env:AZURE_CLIENT_CERTIFICATE_PASSWORD",
     GROUP_SIGN_IN, OPTION_SECRET, AT(sign_in.certificate_password_file),
     .help = "file with the key's password; without it, an encrypted key's is asked for"},
    {0, "--send-chain", NULL, "AZURE_CLIENT_SEND_CERTIFICATE_CHAIN", GROUP_SIGN_IN, OPTION_FLAG,
     AT(sign_in.send_chain),
     .help = "send the certificates along, for an app that trusts a subject and issuer"},
    {0, "--federated-token-file", "FILE", "AZURE_FEDERATED_TOKEN_FILE", GROUP_SIGN_IN,
     OPTION_SECRET, AT(sign_in.federated_token_file),
     .help = "file with another identity provider's token; read for every request"},
    {0, "--identity", "KIND:ID", NULL, GROUP_SIGN_IN, OPTION_TEXT, AT(sign_in.identity),
     .help = "a user-assigned managed identity: client:ID, object:ID or resource:ID; system: the "
             "host's own, though there is a client id"},

    {0, "--cloud", "NAME", "UNISOLATE_CLOUD", GROUP_CLOUD, OPTION_CHOICE, AT(cloud), choice_cloud,
     .standard = "commercial", .help = "the cloud that the tenant lives in"},
    {0, "--region", "NAME", NULL, GROUP_CLOUD, OPTION_CHOICE, AT(region), choice_region,
     .help = "a nearer API host of the commercial cloud"},
    {0, "--api-url", "URL", "UNISOLATE_API_URL", GROUP_CLOUD, OPTION_TEXT, AT(api_url),
     .help = "another API host, in place of the cloud's and the region's; https only"},
    {0, "--authority", "URL", "AZURE_AUTHORITY_HOST", GROUP_CLOUD, OPTION_TEXT, AT(authority),
     .help = "another sign-in host, in place of the cloud's; https only"},
    {0, "--scope", "SCOPE", "UNISOLATE_SCOPE", GROUP_CLOUD, OPTION_TEXT, AT(scope),
     .help = "another scope to ask a token for, in place of the cloud's"},

    {0, "--proxy", "URL", "https_proxy", GROUP_NETWORK, OPTION_TEXT, AT(proxy), .more = more_proxy,
     .help = "go through this HTTP proxy: [http://|https://][USER@]HOST[:PORT]; none: go without one"},
    {0, "--proxy-password-file", "FILE", NULL, GROUP_NETWORK, OPTION_SECRET, AT(proxy_password_file),
     .help = "file with the password of the proxy's user; - and env:NAME as above"},
    {0, "--no-proxy", "LIST", "no_proxy", GROUP_NETWORK, OPTION_TEXT, AT(no_proxy), .more = more_no_proxy,
     .help = "hosts, domains, addresses and ADDRESS/BITS that need no proxy, apart by commas; * alone: all"},
    {0, "--cacert", "FILE", "SSL_CERT_FILE", GROUP_NETWORK, OPTION_TEXT, AT(cacert),
     .help = "PEM file of roots that are trusted too (a TLS-inspecting proxy's, a test server's)"},
    {0, "--cacert-only", "FILE", NULL, GROUP_NETWORK, OPTION_TEXT, AT(cacert_only),
     .help = "PEM file of the only roots that are trusted"},
    {0, "--resolve", "HOST:PORT:ADDR[,ADDR]", NULL, GROUP_NETWORK, OPTION_RESOLVE,
     .help = "do not ask DNS for this host and port; may be given more than once"},
    {0, "--dns", "ADDR[,ADDR]", NULL, GROUP_NETWORK, OPTION_TEXT, AT(dns),
     .help = "ask these name servers, in this order; another port than 53: ADDR:PORT, [ADDR]:PORT"},
    {'4', "-4", NULL, NULL, GROUP_NETWORK, OPTION_IPV4, .help = "use IPv4 only"},
    {'6', "-6", NULL, NULL, GROUP_NETWORK, OPTION_IPV6, .help = "use IPv6 only"},
    {0, "--connect-timeout", "TIME", NULL, GROUP_NETWORK, OPTION_TIME, AT(connect_timeout_seconds),
     .standard = "10s", .help = "for one connection, up to the end of the TLS handshake"},
    {0, "--max-time", "TIME", NULL, GROUP_NETWORK, OPTION_TIME, AT(max_time_seconds),
     .standard = "2m", .help = "for the whole run; more by itself for --auth device-code (15m), --wait and many "
                               "devices; TIME is written 90, 90s, 10m, 1h30m"},
    {0, "--retries", "N", NULL, GROUP_NETWORK, OPTION_NUMBER, AT(retries), .standard = "4",
     .help = "tries after the first for what may pass: connection, 429, 5xx"},
    {0, "--at", "TIME", NULL, GROUP_NETWORK, OPTION_MOMENT, AT(at), .line_only = true,
     .help = "the true time, for a host whose clock is wrong: 2026-11-23T16:00:00Z"},

    {0, "--config", "FILE", "UNISOLATE_CONFIG", GROUP_OUTPUT, OPTION_TEXT, AT(config), .line_only = true,
     .help = "file with lines `option = value`; else unisolate.conf in the folder of this program"},
    {0, "--json", NULL, NULL, GROUP_OUTPUT, OPTION_FLAG, AT(json),
     .help = "one JSON object a line on standard output, for results and faults"},
    {'q', "--quiet", NULL, NULL, GROUP_OUTPUT, OPTION_FLAG, AT(quiet),
     .help = "nothing on standard error but errors"},
    {'v', "--verbose", NULL, NULL, GROUP_OUTPUT, OPTION_COUNT, AT(verbosity),
     .help = "say what is done, host by host; -vv: message heads and bodies too; never a secret"},
    {0, "--color", "WHEN", "NO_COLOR", GROUP_OUTPUT, OPTION_COLOR, AT(color), choice_color, .standard = "auto",
     .help = "auto: on a terminal; NO_COLOR set to anything: never"},
    {'h', "--help", NULL, NULL, GROUP_OUTPUT, OPTION_HELP, .line_only = true,
     .help = "print this and end; behind a command's word: what belongs to that command"},
    {0, "--version", NULL, NULL, GROUP_OUTPUT, OPTION_VERSION, .line_only = true,
     .help = "print version and build, and end"},
    {0, "--man", NULL, NULL, GROUP_OUTPUT, OPTION_MAN, .line_only = true, .help = "print the man page (roff), and end"},
    {0, "--completion", "SHELL", NULL, GROUP_OUTPUT, OPTION_SHELL, .choice = choice_shell, .line_only = true,
     .help = "print a script that completes command lines, and end"},
};

const size_t option_row_count = sizeof option_rows / sizeof option_rows[0];

_Static_assert(sizeof option_rows / sizeof option_rows[0] <= OPTION_ROWS_MAX,
               "options.given is too small");

const char *option_variable(const struct option_row *row)
{
    bool skip = row->variable != NULL && span_starts(span_of(row->variable), SPAN("env:"));
    return skip ? row->variable + sizeof "env:" - 1 : row->variable;
}

const char *option_nth_variable(const struct option_row *row, size_t n)
{
    if (n == 0) {
        return option_variable(row);
    }
    for (size_t i = 0; row->more != NULL && row->more[i] != NULL; i++) {
        if (i == n - 1) {
            return row->more[i];
        }
    }
    return NULL;
}

const struct command_row command_rows[] = {
    {"release", COMMAND_RELEASE, "DEVICE...", true, true, "release devices from isolation; the word may be left out"},
    {"status", COMMAND_STATUS, "[DEVICE|ACTION-ID]...", false, false,
     "what is known of a device's isolation, or of one action; without operands: every device that is isolated"},
    {"find", COMMAND_FIND, "DEVICE...", true, false, "print the device records that a selector names"},
    {"cancel", COMMAND_CANCEL, "ACTION-ID...", true, true, "cancel actions that have not ended"},
    {"doctor", COMMAND_DOCTOR, "[DEVICE]", false, false,
     "check everything on the way, from the clock to the permission; changes nothing"},
    {"token", COMMAND_TOKEN, "", false, false, "sign in and print the token, for use on another host"},
    {"self-test", COMMAND_SELF_TEST, "", false, false, "check this program itself, without a network"},
    {"help", COMMAND_HELP, "[TOPIC]", false, false,
     "print this, or what belongs to a TOPIC: a command, devices, sign-in, network, exit-codes"},
    {NULL, COMMAND_VERSION, NULL, false, false, NULL},
};
