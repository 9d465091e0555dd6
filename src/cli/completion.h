/*
 * completion.h - scripts that complete command lines, for bash, zsh, fish and PowerShell.
 *
 * Does      print them from the option table, the table of commands and the topics of the manual: commands, options, the words that an
 *           option's value may be, files where FILE is wanted.
 * Not here  devices: nothing is asked of the service.
 * Rules     bash(1) "Programmable Completion", zshcompsys(1) "_arguments", fish complete(1), PowerShell's Register-ArgumentCompleter.
 */
#ifndef CLI_COMPLETION_H
#define CLI_COMPLETION_H

#include "cli/options.h"

void completion_put(struct buf *to, enum shell shell);

#endif
