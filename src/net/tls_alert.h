/*
 * tls_alert.h - what a peer means by the alert with which it ends TLS.
 *
 * Does      name alerts; say what to do about those that a user can do something about.
 * Not here  how alerts arrive (tls.h).
 * Rules     RFC 8446 section 6.2, RFC 5246 section 7.2.2, RFC 6066 section 9.
 */
#ifndef NET_TLS_ALERT_H
#define NET_TLS_ALERT_H

#include "base/fault.h"

/* The text for a peer that is too old, however that was learnt. */
extern const char tls_too_old[];

/*
 * Set FAULT_TLS: "HOST: ends TLS with the alert unrecognized_name".
 *
 * number   AlertDescription
 * ready    the handshake was over: protocol_version then says nothing about versions
 */
void tls_alert_fault(const char *host, unsigned number, bool ready, struct fault *f);

#endif
