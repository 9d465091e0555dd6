/*
 * tls_alert.c - what a peer means by an alert; see tls_alert.h.
 */
#include "net/tls_alert.h"

enum { ALERT_PROTOCOL_VERSION = 70 };

const char tls_too_old[] = "offers no TLS 1.2 or later";

/* Those that a server sends. */
static const struct {
    unsigned number;
    const char *name;
    const char *advice; /* or NULL */
} tls_alerts[] = {
    {10, "unexpected_message", NULL},
    {20, "bad_record_mac", NULL},
    {22, "record_overflow", NULL},
    {40, "handshake_failure", "it shares no cipher, group or signature with this program, or wants a client certificate"},
    {42, "bad_certificate", NULL},
    {43, "unsupported_certificate", NULL},
    {46, "certificate_unknown", NULL},
    {47, "illegal_parameter", NULL},
    {48, "unknown_ca", NULL},
    {49, "access_denied", NULL},
    {50, "decode_error", NULL},
    {51, "decrypt_error", NULL},
    {ALERT_PROTOCOL_VERSION, "protocol_version", NULL},
    {71, "insufficient_security", NULL},
    {80, "internal_error", NULL},
    {86, "inappropriate_fallback", NULL},
    {90, "user_canceled", NULL},
    {109, "missing_extension", NULL},
    {110, "unsupported_extension", NULL},
    {112, "unrecognized_name", "it does not know this host name: check the name and --resolve"},
    {116, "certificate_required", "it wants a client certificate, which this program never has"},
    {120, "no_application_protocol", NULL},
};

void tls_alert_fault(const char *host, unsigned number, bool ready, struct fault *f)
{
    if (number == ALERT_PROTOCOL_VERSION && !ready) {
        fault_set(f, FAULT_TLS, "%s: %s", host, tls_too_old);
        return;
    }
    for (size_t i = 0; i < sizeof tls_alerts / sizeof tls_alerts[0]; i++) {
        if (tls_alerts[i].number == number) {
            fault_set(f, FAULT_TLS, "%s: ends TLS with the alert %s", host, tls_alerts[i].name);
            if (tls_alerts[i].advice != NULL) {
                fault_advise(f, "%s", tls_alerts[i].advice);
            }
            return;
        }
    }
    fault_set(f, FAULT_TLS, "%s: ends TLS with alert %u", host, number);
}
