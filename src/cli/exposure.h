/*
 * exposure.h - whether every user of this host may read a secret's file.
 *
 * Does      tell so once, whatever the number of files: on a stick without owners (FAT) it is all of them.
 * Not here  the mode of a file (os/os.h).
 * Rules     advice, not a fault. Readable for everybody counts; for a group does not: that is how services are given their secrets. Not for
 *           a certificate whose key is elsewhere, nor for a federated token, whose file the platform makes and renews.
 */
#ifndef CLI_EXPOSURE_H
#define CLI_EXPOSURE_H

#include "cli/report.h"

void exposure_advise(const struct options *o, const struct report *report);

#endif
