/*
 * options.h - everything the user can set, from the command line, the environment and the configuration file.
 *
 * Does      one table of options; fill struct options from it; say what is wrong with a setting.
 * Not here  taking the command line (line.h) or the configuration file (config.h) apart; what the settings do; the text of --help, which
 *           is printed from the same table (manual.h).
 * Limits    OPTIONS_RESOLVE_MAX --resolve options.
 * Rules     contract sections 2 and 3: `--name value` and `--name=value`; `-c TEXT`, `-cTEXT`;
 *           short flags may be put together (-qv); options before or after operands; `--` ends
 *           them; precedence command line, environment, configuration file, default. An option that takes a value and
 *           stands twice is a usage fault, but for --resolve. No option takes a secret, so values may
 *           be shown; what follows the '=' of an unknown option may be one, and is not. An empty
 *           variable counts as unset.
 */
#ifndef CLI_OPTIONS_H
#define CLI_OPTIONS_H

#include "auth/credential.h"
#include "base/address.h"
#include "net/pace.h"

enum command {
    COMMAND_RELEASE,
    COMMAND_STATUS,
    COMMAND_FIND,
    COMMAND_CANCEL,
    COMMAND_DOCTOR,
    COMMAND_TOKEN,
    COMMAND_SELF_TEST,
    COMMAND_HELP,
    COMMAND_VERSION,
    COMMAND_MAN,
    COMMAND_COMPLETION,
};

struct command_row {
    const char *word;       /* as the first operand; NULL: an option asks for it */
    enum command command;
    const char *operands;   /* for the usage */
    bool wants_operand;
    bool wants_comment;
    const char *help;
};

/* Ends with a row whose help is NULL. */
extern const struct command_row command_rows[];

enum { OPTIONS_RESOLVE_MAX = 64, OPTION_ROWS_MAX = 96, OPTION_RETRIES_MAX = 100, OPTION_LIMIT_MAX = 1000000 };
enum { OPTION_PERSON_SECONDS = 15 * 60 };

enum color { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER };
enum shell { SHELL_BASH, SHELL_ZSH, SHELL_FISH, SHELL_POWERSHELL };

/* Who gave an option its value. */
struct option_given {
    const char *giver;                   /* the option's or variable's name, or "FILE:LINE"; NULL: nobody, it is the default */
    const char *value;                   /* as it stood there; a path of the configuration file: from here; NULL: it takes none */
};

/* Texts are borrowed from argv, the environment and the table, or owned by `texts`. Zeroed by options_free(). */
struct options {
    enum command command;
    const char *word;                    /* the command's word where one stands, also in front of an option that wins over it; or NULL */
    const char **operands;               /* owned array of borrowed texts */
    size_t operand_count;
    /* action */
    const char *comment;
    const char *from;                    /* file of devices; "-": standard input; or NULL */
    unsigned max;                        /* most devices of a release; 0: any number */
    uint64_t wait_seconds;               /* 0: do not wait */
    bool dry_run;
    bool all;                            /* a selector may name many */
    bool cancel_isolate;
    struct pace_limits pace;
    const char *journal;                 /* file, or NULL */
    /* sign-in */
    struct credential_settings sign_in;
    /* cloud; NULL: what the cloud says */
    const char *cloud, *region, *api_url, *authority, *scope;
    /* network */
    const char *proxy;                   /* URL, or "none"; NULL: none */
    const char *no_proxy;                /* list, or NULL */
    const char *proxy_password_file;     /* secret source, or NULL */
    const char *cacert, *cacert_only;    /* files */
    const char *resolve[OPTIONS_RESOLVE_MAX];
    const char *resolve_giver[OPTIONS_RESOLVE_MAX];
    size_t resolve_count;
    const char *dns;                     /* name servers, or NULL: the system's */
    enum address_family family;          /* ADDRESS_NONE: both */
    uint64_t connect_timeout_seconds;    /* at least 1 */
    uint64_t max_time_seconds;           /* at least 1 */
    unsigned retries;                    /* tries after the first */
    int64_t at;                          /* the true time when the program starts, where --at has a giver: seconds since 1970 */
    /* output */
    bool json, quiet;
    unsigned verbosity;                  /* 0, 1 for -v, 2 for -vv */
    enum color color;
    enum shell shell;                    /* of COMMAND_COMPLETION */
    const char *config;                  /* the configuration file; NULL: there is none */
    struct option_given given[OPTION_ROWS_MAX]; /* as option_rows */
    struct option_text *texts;           /* owned */
};

/* How an option's value is checked and kept. */
enum option_kind {
    OPTION_FLAG,    /* bool; its variable sets it with 1 or true, in any case, and with nothing else */
    OPTION_COUNT,   /* unsigned: how often it stands there */
    OPTION_IPV4,    /* options.family */
    OPTION_IPV6,
    OPTION_HELP,    /* options.command */
    OPTION_VERSION,
    OPTION_MAN,
    OPTION_SHELL,   /* options.command and enum shell, in the order of row->choice() */
    OPTION_TEXT,    /* const char * */
    OPTION_SECRET,  /* const char *: a secret source of auth/credential.h */
    OPTION_CHOICE,  /* const char *: one of row->choice() */
    OPTION_COLOR,   /* enum color, in the order of row->choice() */
    OPTION_TIME,    /* uint64_t seconds */
    OPTION_NUMBER,  /* unsigned, up to OPTION_RETRIES_MAX */
    OPTION_LIMIT,   /* unsigned, up to OPTION_LIMIT_MAX */
    OPTION_RESOLVE, /* options.resolve */
    OPTION_PACE,    /* options.pace */
    OPTION_MOMENT,  /* int64_t seconds since 1970 */
};

enum option_group {
    GROUP_ACTION,
    GROUP_SIGN_IN,
    GROUP_CLOUD,
    GROUP_NETWORK,
    GROUP_OUTPUT,
    GROUP_COUNT,
};

struct option_row {
    char letter;          /* 0: none */
    const char *name;     /* "--comment"; "-4" for one that has only a letter */
    const char *value;    /* "FILE"; NULL: it takes none */
    const char *variable; /* serves in its place, or NULL; "env:NAME" of OPTION_SECRET: it holds the secret itself */
    enum option_group group;
    enum option_kind kind;
    size_t offset;        /* of the member of struct options, where the kind does not name it */
    const char *(*choice)(size_t i); /* the words it may be, one by one, then NULL; or NULL */
    const char *implied;  /* the value where the option stands without one: `=` is then needed; or NULL */
    const char *standard; /* the default, as the user would write it; or NULL */
    bool line_only;       /* may not stand in the configuration file */
    const char *help;
    const char *const *more; /* further variables, each where those before it are unset, and NULL; or NULL */
};

extern const struct option_row option_rows[];
extern const size_t option_row_count;

/* The name of the row's environment variable, or NULL. */
const char *option_variable(const struct option_row *row);

/* The n-th of all its variables, counted from 0, in the order in which they count; NULL: there are fewer. */
const char *option_nth_variable(const struct option_row *row, size_t n);

/*
 * Read command line, environment and configuration file.
 *
 * o      zeroed; borrows from argv and the environment; options_free() it also after a fault
 * argv   argv[0] is the program's own name
 *
 * FAULT_USAGE says where and what; quiet, verbosity and color are then as far as they were
 * understood, and json is set when `--json` stands anywhere in front of `--` (contract section 5).
 * FAULT_MEMORY.
 * -h, --help, --version, --man, --completion and the word `help` win over everything else that is well-formed.
 */
bool options_read(struct options *o, int argc, char *const *argv, struct fault *f) MUST_CHECK;

/* Who gave the option called `name` its value: that name, its variable's, "FILE:LINE" of the configuration file, or NULL for nobody. */
const char *options_giver(const struct options *o, const char *name);

/* A fault that begins with the name of an option ("--tenant x: ...") gets its giver in front, where that is another. Always false. */
bool options_place_fault(const struct options *o, struct fault *f);

/*
 * Tell of each option that somebody gave: its name, its value as it stood there, who gave it. A secret's value is its source
 * (a path, "-", "env:NAME"), never the secret.
 */
typedef void options_teller(void *context, const char *name, const char *value, const char *giver);
void options_describe(const struct options *o, options_teller *tell, void *context);

/* ---- for config.c ---- */

/* Check a value that `giver` gave (NULL: it is the default) and keep it, and who gave it. FAULT_USAGE: without a place in front. */
bool option_keep(struct options *o, const struct option_row *row, const char *giver, const char *value, struct fault *f) MUST_CHECK;

/* Command line or environment have given this option, or the command line another one in its place. */
bool options_overrule(const struct options *o, const struct option_row *row);

/* The text `a` and `b` together, owned by the options. NULL: out of memory. */
const char *options_own(struct options *o, struct span a, struct span b);

/*
 * The time that the whole run may take: --max-time where the user gave one; else its default, and what --wait needs besides.
 */
uint64_t options_run_seconds(const struct options *o);

/* A text is printed, and nothing else is done, whatever else is asked for. */
bool options_are_for_text(const struct options *o);

/* Nothing is named, by an operand or by --from, though the command wants it. */
bool options_lacks_operand(const struct options *o);

void options_free(struct options *o);

#endif
