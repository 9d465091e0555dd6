/*
 * tls_hooks.c - what mbedTLS takes from the program; see tls_hooks.h.
 */
#include "net/tls_hooks.h"

#include "base/trace.h"
#include "codec/der.h"
#include "net/ladder.h"
#include "os/os.h"

#include <mbedtls/ecp.h>
#include <mbedtls/oid.h>
#include <mbedtls/platform.h>
#include <mbedtls/ssl.h>
#include <psa/crypto.h>

#include <string.h>

static int64_t (*clock_now)(void);
static bool out_of_memory;
static bool out_of_random;

int64_t tls_hooks_now(void)
{
    return clock_now();
}

static void *tls_take_memory(size_t count, size_t size)
{
    void *block = memory_take(count, size);
    out_of_memory = out_of_memory || block == NULL;
    return block;
}

static mbedtls_time_t tls_time(mbedtls_time_t *time)
{
    mbedtls_time_t now = (mbedtls_time_t)clock_now();
    if (time != NULL) {
        *time = now;
    }
    return now;
}

int tls_hooks_random(void *context, unsigned char *to, size_t size)
{
    (void)context;
    if (!os_random(to, size)) {
        out_of_random = true;
        return MBEDTLS_ERR_SSL_INTERNAL_ERROR;
    }
    return 0;
}

psa_status_t mbedtls_psa_external_get_random(mbedtls_psa_external_random_context_t *context, uint8_t *output,
                                             size_t output_size, size_t *output_length)
{
    *output_length = output_size;
    return tls_hooks_random(context, output, output_size) == 0 ? PSA_SUCCESS : PSA_ERROR_INSUFFICIENT_ENTROPY;
}

/* ---- X25519: its ladder's step (mbedTLS: library/ecp_internal_alt.h) ---- */

#ifdef MBEDTLS_ECP_INTERNAL_ALT

unsigned char mbedtls_internal_ecp_grp_capable(const mbedtls_ecp_group *group);
int mbedtls_internal_ecp_init(const mbedtls_ecp_group *group);
void mbedtls_internal_ecp_free(const mbedtls_ecp_group *group);
int mbedtls_internal_ecp_double_add_mxz(const mbedtls_ecp_group *group, mbedtls_ecp_point *r, mbedtls_ecp_point *s,
                                        const mbedtls_ecp_point *p, const mbedtls_ecp_point *q, const mbedtls_mpi *d);

unsigned char mbedtls_internal_ecp_grp_capable(const mbedtls_ecp_group *group)
{
    return group->id == MBEDTLS_ECP_DP_CURVE25519;
}

int mbedtls_internal_ecp_init(const mbedtls_ecp_group *group)
{
    (void)group;
    return 0;
}

void mbedtls_internal_ecp_free(const mbedtls_ecp_group *group)
{
    (void)group;
}

enum { LIMBS_A_WORD = sizeof(uint64_t) / sizeof(mbedtls_mpi_uint), LIMBS = LADDER_WORDS * LIMBS_A_WORD };

/* False: it has more than 256 bits, which mbedTLS never gives. */
static bool tls_take_number(const mbedtls_mpi *from, struct ladder_number *to)
{
    mbedtls_mpi_uint beyond = 0;
    *to = (struct ladder_number){0};
    for (size_t i = 0; i < from->MBEDTLS_PRIVATE(n); i++) {
        uint64_t limb = from->MBEDTLS_PRIVATE(p)[i];
        if (i < LIMBS) {
            to->word[i / LIMBS_A_WORD] |= limb << i % LIMBS_A_WORD * 32;
        } else {
            beyond |= limb;
        }
    }
    return beyond == 0;
}

static int tls_give_number(const struct ladder_number *from, mbedtls_mpi *to)
{
    int number = mbedtls_mpi_lset(to, 0);
    number = number != 0 ? number : mbedtls_mpi_grow(to, LIMBS);
    for (size_t i = 0; number == 0 && i < LIMBS; i++) {
        to->MBEDTLS_PRIVATE(p)[i] = (mbedtls_mpi_uint)(from->word[i / LIMBS_A_WORD] >> i % LIMBS_A_WORD * 32);
    }
    return number;
}

static int tls_give_point(const struct ladder_point *from, mbedtls_ecp_point *to)
{
    int number = tls_give_number(&from->x, &to->MBEDTLS_PRIVATE(X));
    return number != 0 ? number : tls_give_number(&from->z, &to->MBEDTLS_PRIVATE(Z));
}

int mbedtls_internal_ecp_double_add_mxz(const mbedtls_ecp_group *group, mbedtls_ecp_point *r, mbedtls_ecp_point *s,
                                        const mbedtls_ecp_point *p, const mbedtls_ecp_point *q, const mbedtls_mpi *d)
{
    struct ladder_point points[2];
    struct ladder_number difference_x;
    (void)group;
    bool fits = tls_take_number(&p->MBEDTLS_PRIVATE(X), &points[0].x) && tls_take_number(&p->MBEDTLS_PRIVATE(Z), &points[0].z) &&
                tls_take_number(&q->MBEDTLS_PRIVATE(X), &points[1].x) && tls_take_number(&q->MBEDTLS_PRIVATE(Z), &points[1].z) &&
                tls_take_number(d, &difference_x);
    int number = MBEDTLS_ERR_ECP_BAD_INPUT_DATA;
    if (fits) {
        ladder_step(&points[0], &points[1], &difference_x);
        number = tls_give_point(&points[0], r);
        number = number != 0 ? number : tls_give_point(&points[1], s);
    }
    memory_wipe(points, sizeof points);
    return number;
}

#endif

bool tls_hooks_trouble(struct fault *f)
{
    if (out_of_memory) {
        fault_set(f, FAULT_MEMORY, "out of memory for TLS");
    } else if (out_of_random) {
        fault_set(f, FAULT_RANDOM, "no random numbers for TLS");
    }
    bool found = out_of_memory || out_of_random;
    out_of_memory = false;
    out_of_random = false;
    return found;
}

/*
 * Extensions that mbedTLS does not know. Name constraints are cert_name.c's; policies cannot fail, as none is asked for (RFC 5280 6.1.1 c).
 * Any other one that is critical refuses the certificate.
 */
static int tls_extension(void *context, mbedtls_x509_crt const *crt, mbedtls_x509_buf const *oid, int critical, const unsigned char *at,
                         const unsigned char *end)
{
    (void)context;
    (void)crt;
    (void)critical;
    (void)at;
    (void)end;
    bool known = MBEDTLS_OID_CMP(MBEDTLS_OID_NAME_CONSTRAINTS, oid) == 0 || MBEDTLS_OID_CMP(MBEDTLS_OID_CERTIFICATE_POLICIES, oid) == 0;
    return known ? 0 : MBEDTLS_ERR_X509_INVALID_EXTENSIONS;
}

int tls_hooks_read_certificate(mbedtls_x509_crt *to, struct span der, bool copy)
{
    struct der whole;
    struct span rest = der;
    int number = MBEDTLS_ERR_X509_INVALID_FORMAT; /* mbedTLS does not look at what follows */
    if (der_take(&rest, DER_SEQUENCE, &whole) && rest.size == 0) {
        number = mbedtls_x509_crt_parse_der_with_ext_cb(to, (const unsigned char *)der.at, der.size, copy, tls_extension, NULL);
    }
    if (number != 0) {
        trace(TRACE_STEPS, "a certificate of %zu bytes cannot be read (-0x%04x)", der.size, (unsigned)-number);
    }
    return number;
}

int tls_hooks_parse_der(mbedtls_x509_crt *list, const unsigned char *at, size_t size)
{
    bool first = list->version == 0;
    int number = tls_hooks_read_certificate(list, span_make((const char *)at, size), true);
    if (number == MBEDTLS_ERR_X509_UNKNOWN_SIG_ALG + MBEDTLS_ERR_OID_NOT_FOUND) {
        number = MBEDTLS_ERR_X509_UNKNOWN_SIG_ALG; /* of the former mbedTLS would take the next one for the peer's own */
    }
    return first ? number : 0;
}

bool tls_start(int64_t (*now)(void), struct fault *f)
{
    clock_now = now;
    mbedtls_platform_set_calloc_free(tls_take_memory, memory_give);
    mbedtls_platform_set_time(tls_time);
    if (psa_crypto_init() != PSA_SUCCESS) {
        return tls_hooks_trouble(f) ? false : fault_set(f, FAULT_INTERNAL, "the cryptography does not start");
    }
    return true;
}

void tls_stop(void)
{
    mbedtls_psa_crypto_free();
}
