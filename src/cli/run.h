/*
 * run.h - the whole run.
 */
#ifndef CLI_RUN_H
#define CLI_RUN_H

#include "base/fault.h"

/* Do what the command line asks for; the exit status of contract section 4. */
enum exit_status run(int argc, char *const *argv);

#endif
