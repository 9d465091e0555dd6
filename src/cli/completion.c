/*
 * completion.c - scripts that complete command lines; see completion.h.
 */
#include "cli/completion.h"

#include "cli/manual.h"

#include <string.h>

static bool has_name(const struct option_row *row)
{
    return row->name[1] == '-';
}

static bool wants_file(const struct option_row *row)
{
    return row->value != NULL && strcmp(row->value, "FILE") == 0;
}

/* Text of the tables inside '...': a quotation mark becomes `mark`, and `\` stands in front of each character of `special`. */
static void put_quoted(struct buf *to, const char *text, const char *mark, const char *special)
{
    for (; *text != '\0'; text++) {
        if (*text == '\'') {
            buf_put_text(to, mark);
        } else {
            buf_put_text(to, strchr(special, *text) != NULL ? "\\" : "");
            buf_put_char(to, *text);
        }
    }
}

/* ---- words with a blank behind each ---- */

static void put_choices(struct buf *to, const struct option_row *row)
{
    for (size_t i = 0; row->choice != NULL && row->choice(i) != NULL; i++) {
        buf_put_format(to, "%s ", row->choice(i));
    }
}

static void put_commands(struct buf *to)
{
    for (const struct command_row *row = command_rows; row->word != NULL; row++) {
        buf_put_format(to, "%s ", row->word);
    }
}

static void put_topics(struct buf *to)
{
    put_commands(to);
    for (const struct manual_topic *topic = manual_topics; topic->name != NULL; topic++) {
        buf_put_format(to, "%s ", topic->name);
    }
}

/* ---- bash ---- */

/* The lines of `case $before`: what the value of each option may be. An option whose value is optional takes it behind '=' alone. */
static void put_bash_values(struct buf *to)
{
    for (size_t i = 0; i < option_row_count; i++) {
        const struct option_row *row = &option_rows[i];
        if (row->value == NULL || row->implied != NULL) {
            continue;
        }
        buf_put_format(to, row->letter != 0 ? "    %s | -%c) " : "    %s) ", row->name, row->letter);
        if (row->choice != NULL) {
            buf_put_text(to, "words='");
            put_choices(to, row);
            buf_put_text(to, "' ;;\n");
        } else {
            buf_put_text(to, wants_file(row) ? "compopt -o default; return ;;\n" : "return ;;\n");
        }
    }
}

static void put_bash_options(struct buf *to)
{
    for (size_t i = 0; i < option_row_count; i++) {
        const struct option_row *row = &option_rows[i];
        buf_put_format(to, "%s ", row->name);
        if (row->letter != 0 && has_name(row)) {
            buf_put_format(to, "-%c ", row->letter);
        }
    }
}

static void put_bash(struct buf *to)
{
    buf_put_text(to, "# source <(unisolate --completion bash)\n"
                     "_unisolate() {\n"
                     "    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} words=\"\" w\n"
                     "    COMPREPLY=()\n"
                     "    [ \"$word\" != = ] || word=\"\"\n"
                     "    [ \"$before\" != = ] || before=${COMP_WORDS[COMP_CWORD-2]}\n"
                     "    case $before in\n");
    put_bash_values(to);
    buf_put_text(to, "    *)\n"
                     "        words='");
    put_commands(to);
    buf_put_text(to, "'\n"
                     "        for w in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do case \" $words\" in *\" $w \"*) words=\"\" ;; esac; done\n"
                     "        [ \"$before\" != help ] || words='");
    put_topics(to);
    buf_put_text(to, "'\n"
                     "        case $word in -*) words='");
    put_bash_options(to);
    buf_put_text(to, "' ;; esac ;;\n"
                     "    esac\n"
                     "    mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$word\")\n"
                     "}\n"
                     "complete -F _unisolate unisolate\n");
}

/* ---- zsh ---- */

/* name: the option's, with what joins it to its value, as _arguments wants it. */
static void put_zsh_option(struct buf *to, const struct option_row *row, const char *name, const char *join)
{
    bool repeats = row->kind == OPTION_COUNT || row->kind == OPTION_RESOLVE;
    buf_put_text(to, " \\\n        '");
    if (repeats) {
        buf_put_char(to, '*');
    } else if (row->letter != 0) {
        buf_put_format(to, "(-%c %s)", row->letter, row->name);
    }
    buf_put_format(to, "%s%s[", name, join);
    put_quoted(to, row->help, "'\\''", "[]:\\");
    buf_put_char(to, ']');
    if (*join != '\0') {
        buf_put_text(to, row->implied != NULL ? "::" : ":");
        put_quoted(to, row->value, "", ":");
        buf_put_text(to, wants_file(row) ? ":_files" : row->choice != NULL ? ":(" : ": ");
        put_choices(to, row);
        buf_put_text(to, row->choice != NULL ? ")" : "");
    }
    buf_put_char(to, '\'');
}

static void put_zsh_options(struct buf *to)
{
    for (size_t i = 0; i < option_row_count; i++) {
        const struct option_row *row = &option_rows[i];
        const char letter[] = {'-', row->letter, '\0'};
        put_zsh_option(to, row, row->name, row->value == NULL ? "" : !has_name(row) ? "+" : row->implied != NULL ? "=-" : "=");
        if (row->letter != 0 && has_name(row)) {
            put_zsh_option(to, row, letter, row->value != NULL && row->implied == NULL ? "+" : "");
        }
    }
}

static void put_zsh(struct buf *to)
{
    buf_put_text(to, "#compdef unisolate\n"
                     "_unisolate() {\n"
                     "    _arguments -s -S");
    put_zsh_options(to);
    buf_put_text(to, " \\\n        '1:command:(");
    put_commands(to);
    buf_put_text(to, ")' \\\n        '*: :{ [[ ${words[CURRENT-1]} = help ]] && compadd -- ");
    put_topics(to);
    buf_put_text(to, "}'\n"
                     "}\n"
                     "if [[ ${funcstack[1]} = _unisolate ]]; then _unisolate \"$@\"; else compdef _unisolate unisolate; fi\n");
}

/* ---- fish ---- */

static void put_fish_option(struct buf *to, const struct option_row *row)
{
    buf_put_text(to, "complete -c unisolate");
    if (row->letter != 0) {
        buf_put_format(to, " -s %c", row->letter);
    }
    if (has_name(row)) {
        buf_put_format(to, " -l %s", row->name + 2);
    }
    if (row->value != NULL && row->implied == NULL) {
        buf_put_text(to, wants_file(row) ? " -r -F" : " -x");
    }
    if (row->choice != NULL) {
        buf_put_text(to, " -a '");
        put_choices(to, row);
        buf_put_char(to, '\'');
    }
    buf_put_text(to, " -d '");
    put_quoted(to, row->help, "\\'", "\\");
    buf_put_text(to, "'\n");
}

static void put_fish(struct buf *to)
{
    buf_put_text(to, "complete -c unisolate -f\n");
    for (const struct command_row *row = command_rows; row->word != NULL; row++) {
        buf_put_format(to, "complete -c unisolate -n __fish_use_subcommand -a %s -d '", row->word);
        put_quoted(to, row->help, "\\'", "\\");
        buf_put_text(to, "'\n");
    }
    buf_put_text(to, "complete -c unisolate -n '__fish_seen_subcommand_from help' -a '");
    put_topics(to);
    buf_put_text(to, "'\n");
    for (size_t i = 0; i < option_row_count; i++) {
        put_fish_option(to, &option_rows[i]);
    }
}

/* ---- PowerShell ---- */

/* Completing with nothing at all makes PowerShell complete files. */
static void put_powershell(struct buf *to)
{
    buf_put_text(to, "# unisolate --completion powershell | Out-String | Invoke-Expression\n"
                     "Register-ArgumentCompleter -Native -CommandName unisolate, unisolate.exe -ScriptBlock {\n"
                     "    param($word, $line, $at)\n"
                     "    $values = @{\n");
    for (size_t i = 0; i < option_row_count; i++) {
        if (option_rows[i].value != NULL && option_rows[i].implied == NULL) {
            buf_put_format(to, "        '%s' = '", option_rows[i].name);
            put_choices(to, &option_rows[i]);
            buf_put_text(to, "'\n");
        }
    }
    buf_put_text(to, "        'help' = '");
    put_topics(to);
    buf_put_text(to, "'\n"
                     "    }\n"
                     "    $options = @{\n");
    for (size_t i = 0; i < option_row_count; i++) {
        buf_put_format(to, "        '%s' = '", option_rows[i].name);
        put_quoted(to, option_rows[i].help, "''", "");
        buf_put_text(to, "'\n");
    }
    buf_put_text(to, "    }\n"
                     "    $before = @($line.CommandElements | Where-Object { $_.Extent.EndOffset -lt $at } | ForEach-Object { \"$_\" })\n"
                     "    $words = '");
    put_commands(to);
    buf_put_text(to, "'\n"
                     "    if ($values.ContainsKey($before[-1])) { $words = $values[$before[-1]] }\n"
                     "    elseif ($word -like '-*') { $words = $options.Keys | Sort-Object }\n"
                     "    elseif ($before | Where-Object { $words -split ' ' -ceq $_ }) { $words = '' }\n"
                     "    $words -split ' ' | Where-Object { $_ -and $_.StartsWith($word) } | ForEach-Object {\n"
                     "        $tip = if ($options[$_]) { $options[$_] } else { $_ }\n"
                     "        [System.Management.Automation.CompletionResult]::new($_, $_, 'ParameterValue', $tip)\n"
                     "    }\n"
                     "}\n");
}

void completion_put(struct buf *to, enum shell shell)
{
    static void (*const put[])(struct buf *to) = {
        [SHELL_BASH] = put_bash, [SHELL_ZSH] = put_zsh, [SHELL_FISH] = put_fish, [SHELL_POWERSHELL] = put_powershell};
    put[shell](to);
}
