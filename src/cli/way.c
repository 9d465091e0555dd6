/*
 * way.c - the way to one host, looked at step by step; see way.h.
 */
#include "cli/way.h"

#include "os/os.h"

static void note_connected(struct way_family *family, const struct conn *conn, uint64_t connect_ms)
{
    family->tried = true;
    family->connected = true;
    family->peer = *tcp_peer(conn->tcp);
    family->connect_ms = connect_ms;
}

static struct way_family *family_of(struct way *w, enum address_family family)
{
    return &w->families[family == ADDRESS_IPV6];
}

static bool is_connected(const struct conn *conn)
{
    return conn->tcp != NULL && conn->tcp->connected;
}

static bool see_all(void *context, const struct conn *conn)
{
    struct way *w = context;
    const struct dns_addresses *found;
    struct fault ignored = {0};
    uint64_t now_ms = os_monotonic_ms();
    w->proxy = conn->proxy;
    w->through = conn->tunnelled;
    if (!w->named && conn->lookup != NULL && dns_look(conn->lookup, &found, &ignored) == DNS_FOUND) {
        w->named = true;
        w->named_ms = now_ms;
        w->found = *found;
        fault_keep(w->how, sizeof w->how, span_of(dns_how(conn->lookup)));
    }
    if (!w->connected && is_connected(conn)) {
        w->connected = true;
        w->connected_ms = now_ms;
        note_connected(family_of(w, tcp_peer(conn->tcp)->family), conn, now_ms - w->named_ms);
    }
    if (conn->state == CONN_READY) {
        w->ready = true;
        w->ready_ms = now_ms;
        if (w->origin->https) {
            tls_describe(conn->stream, &w->tls);
        }
    }
    return true;
}

void way_walk(struct way *w, struct client *c)
{
    if (!w->walked) {
        w->walked = true;
        w->families[0].family = ADDRESS_IPV4;
        w->families[1].family = ADDRESS_IPV6;
        w->began_ms = os_monotonic_ms();
        (void)(client_connect(c, w->origin, see_all, w, &w->fault) || fault_is_set(&w->fault));
    }
}

/* ---- the other family ---- */

struct family_walk {
    struct way_family *family;
    uint64_t named_ms;
};

static bool see_route(void *context, const struct conn *conn)
{
    struct family_walk *walk = context;
    uint64_t now_ms = os_monotonic_ms();
    if (conn->state == CONN_RESOLVE) {
        walk->named_ms = now_ms;
    } else if (!walk->family->connected && is_connected(conn)) {
        note_connected(walk->family, conn, now_ms - walk->named_ms);
    }
    return !walk->family->connected;
}

static bool has_family(const struct dns_addresses *found, enum address_family family)
{
    for (size_t i = 0; i < found->count; i++) {
        if (found->at[i].family == family) {
            return true;
        }
    }
    return false;
}

static void try_family(struct way *w, const struct client *c, struct way_family *family)
{
    struct client_settings settings = c->settings;
    struct client *other = memory_take(1, sizeof *other);
    struct family_walk walk = {.family = family, .named_ms = os_monotonic_ms()};
    if (other == NULL) {
        return;
    }
    settings.names.family = family->family;
    if (settings.conn.connect_timeout_ms > WAY_OTHER_MS) {
        settings.conn.connect_timeout_ms = WAY_OTHER_MS;
    }
    client_open(other, &settings);
    family->tried = true;
    (void)(client_connect(other, w->origin, see_route, &walk, &family->fault) || fault_is_set(&family->fault));
    client_close(other);
    memory_give(other);
}

void way_try_other(struct way *w, const struct client *c)
{
    for (size_t i = 0; i < 2 && w->connected; i++) {
        struct way_family *family = &w->families[i];
        if (!family->tried && has_family(&w->found, family->family)) {
            try_family(w, c, family);
        }
    }
}
