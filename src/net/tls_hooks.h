/*
 * tls_hooks.h - what mbedTLS takes from the program: memory, random numbers, the time, the reading of certificates.
 *
 * Does      start and stop mbedTLS's crypto; remember when the program had nothing to give; read a certificate.
 * Not here  TLS itself (tls.h).
 * Rules     mbedTLS takes these from the whole program, so they are kept for the whole program. There is no other source of random
 *           numbers than os_random().
 */
#ifndef NET_TLS_HOOKS_H
#define NET_TLS_HOOKS_H

#include "base/fault.h"

/*
 * Once, before anything else of TLS and of private keys: give mbedTLS our allocator, random numbers and clock, and start its crypto.
 * now   seconds since 1970 that certificate dates are held against
 */
bool tls_start(int64_t (*now)(void), struct fault *f) MUST_CHECK;
void tls_stop(void);

/* Seconds since 1970, as tls_start() was told to ask for them. */
int64_t tls_hooks_now(void);

/* mbedTLS's f_rng; context is not used. */
int tls_hooks_random(void *context, unsigned char *to, size_t size);

/*
 * The program's own trouble since tls_start(), or since a fault told of it: FAULT_MEMORY, FAULT_RANDOM. It comes before what mbedTLS makes
 * of it. False: there is none.
 */
bool tls_hooks_trouble(struct fault *f);

struct mbedtls_x509_crt;

/*
 * Read one certificate, with the extensions that this program looks at itself.
 *
 * to     initialised; where it holds one already, the new one is put at the end of its list
 * copy   false: der is borrowed for as long as `to` lives
 *
 * 0, or mbedTLS's number: it cannot be read, and nothing was added.
 */
int tls_hooks_read_certificate(struct mbedtls_x509_crt *to, struct span der, bool copy);

/*
 * In place of mbedtls_x509_crt_parse_der() in mbedTLS's TLS (build.sh renames the call there), which refuses critical name constraints.
 * A certificate that was sent along and cannot be read is passed over: another way to a root may do without it (RFC 8446 4.4.2).
 */
int tls_hooks_parse_der(struct mbedtls_x509_crt *list, const unsigned char *at, size_t size);

#endif
