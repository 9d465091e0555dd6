/*
 * config.h - the configuration file: the same options as on the command line, beside the program.
 *
 * Does      find the file, take it apart, keep every option that neither command line nor environment have given.
 * Not here  what a value may be (option_keep.c), what must hold between options (options.c).
 * Limits    CONFIG_FILE_MAX bytes. Every line is looked at; the first fault is told.
 * Rules     contract section 3. `key = value`, the key being a long option name without its dashes; a flag is `true` or `false`. Blanks
 *           around key and value go, and one pair of double quotes around the whole value. A line that begins with # is a comment;
 *           # elsewhere belongs to the value. UTF-8, with or without byte order mark; LF or CR LF. A key stands once, but for resolve.
 *           A FILE is relative to the folder of the configuration file. A secret cannot stand here: what names no file, and is
 *           neither - nor env:NAME, is refused without being shown. Nor is a line shown that is no `key = value`, or a key that is like no
 *           option: somebody may have put a secret there.
 */
#ifndef CLI_CONFIG_H
#define CLI_CONFIG_H

#include "cli/options.h"

enum { CONFIG_FILE_MAX = 64 * 1024 };

#define CONFIG_FILE_NAME "unisolate.conf"

/*
 * Read o->config, or else CONFIG_FILE_NAME in the folder of the program where there is one; o->config is then its path. Behind the command
 * line and the environment, in front of the defaults.
 *
 * FAULT_FILE: unreadable, too large, or the one that was asked for is not there. FAULT_USAGE: "FILE:LINE: KEY: ..."; what the other lines
 * say is kept nevertheless (how a fault is told is one of them). FAULT_MEMORY.
 */
bool config_read(struct options *o, struct fault *f) MUST_CHECK;

#endif
