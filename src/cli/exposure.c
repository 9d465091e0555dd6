/*
 * exposure.c - whether every user of this host may read a secret's file; see exposure.h.
 */
#include "cli/exposure.h"

#include "base/format.h"
#include "os/os.h"

#include <string.h>

enum { ADVICE_SIZE = 512 };

static bool is_exposed(const struct options *o, const struct option_row *row, const char *source)
{
    bool is_public = source == o->sign_in.federated_token_file ||
                     (source == o->sign_in.certificate && o->sign_in.certificate_key_file != NULL);
    return row->kind == OPTION_SECRET && !is_public && strcmp(source, "-") != 0 && !span_starts(span_of(source), SPAN("env:")) &&
           os_look_at_file(source) == OS_FILE_EXPOSED;
}

void exposure_advise(const struct options *o, const struct report *report)
{
    char advice[ADVICE_SIZE];
    const char *first = NULL;
    unsigned count = 0;
    for (size_t i = 0; i < option_row_count; i++) {
        const char *source = o->given[i].value;
        if (o->given[i].giver != NULL && source != NULL && is_exposed(o, &option_rows[i], source)) {
            first = count++ == 0 ? source : first;
        }
    }
    if (count > 0) {
        format_text(advice, sizeof advice, "every user of this host can read %s%s: chmod 600, or mount the stick it is on with umask=077",
                    first, count > 1 ? " (and further secrets)" : "");
        report_advice(report, advice);
    }
}
