/*
 * os_win32_names.c - names, asked of the system's own resolver in a thread beside the program; see os.h.
 *
 * GetAddrInfoW and not our own resolver with the adapters' name servers: only the system knows its policy table (NRPT), the name
 * servers of a VPN, encrypted DNS, search lists and the hosts file together. It blocks, hence the thread; it cannot be stopped, so a
 * look-up that nobody waits for any more is left to itself.
 */
#define WIN32_LEAN_AND_MEAN
#include "os/os_win32.h"

#include <winsock2.h>
#include <ws2tcpip.h>

#include <windows.h>

#include <string.h>

enum { THREAD_STACK = 256 * 1024 };

struct os_name {
    HANDLE thread;
    wchar_t *host; /* owned */
    int error;
    struct address found[OS_NAME_ADDRESSES_MAX];
    size_t count;
};

static volatile LONG under_way;

unsigned os_names_under_way(void)
{
    return (unsigned)InterlockedCompareExchange(&under_way, 0, 0);
}

static void take_address(struct os_name *n, const struct sockaddr *from)
{
    struct address *a = &n->found[n->count];
    *a = (struct address){0};
    if (from->sa_family == AF_INET) {
        a->family = ADDRESS_IPV4;
        memcpy(a->bytes, &((const struct sockaddr_in *)(const void *)from)->sin_addr, 4);
        n->count++;
    } else if (from->sa_family == AF_INET6) {
        const struct sockaddr_in6 *v6 = (const void *)from;
        a->family = ADDRESS_IPV6;
        memcpy(a->bytes, &v6->sin6_addr, 16);
        a->scope = v6->sin6_scope_id;
        n->count++;
    }
}

static DWORD WINAPI ask(void *context)
{
    struct os_name *n = context;
    ADDRINFOW wanted = {.ai_socktype = SOCK_STREAM};
    ADDRINFOW *all = NULL;
    n->error = GetAddrInfoW(n->host, NULL, &wanted, &all);
    for (const ADDRINFOW *one = all; n->error == 0 && one != NULL && n->count < OS_NAME_ADDRESSES_MAX; one = one->ai_next) {
        take_address(n, one->ai_addr);
    }
    if (all != NULL) {
        FreeAddrInfoW(all);
    }
    (void)InterlockedDecrement(&under_way);
    os_wake();
    return 0;
}

static void give_back(struct os_name *n)
{
    memory_give(n->host);
    memory_give(n);
}

struct os_name *os_name_begin(const char *host, struct fault *f)
{
    char words[OS_WORDS_SIZE];
    struct os_name *n = memory_take(1, sizeof *n);
    if (n == NULL || (n->host = os_wide(host)) == NULL) {
        memory_give(n);
        fault_set(f, FAULT_MEMORY, "out of memory");
        return NULL;
    }
    (void)InterlockedIncrement(&under_way);
    n->thread = CreateThread(NULL, THREAD_STACK, ask, n, STACK_SIZE_PARAM_IS_A_RESERVATION, NULL);
    if (n->thread == NULL) {
        fault_set(f, FAULT_NAME_SERVER, "the system's resolver cannot be asked: %s", os_words(GetLastError(), words));
        (void)InterlockedDecrement(&under_way);
        give_back(n);
        return NULL;
    }
    return n;
}

static bool has_ended(const struct os_name *n)
{
    return WaitForSingleObject(n->thread, 0) == WAIT_OBJECT_0;
}

enum os_io os_name_look(const struct os_name *n, const struct address **found, size_t *count, struct fault *f)
{
    char words[OS_WORDS_SIZE];
    if (!has_ended(n)) {
        return OS_IO_WAIT;
    }
    if (n->error == 0 && n->count > 0) {
        *found = n->found;
        *count = n->count;
        return OS_IO_DONE;
    }
    if (n->error == 0 || n->error == WSAHOST_NOT_FOUND || n->error == WSANO_DATA) {
        fault_set(f, FAULT_NAME, "there is no such name, says the system's resolver");
    } else if (n->error == WSATRY_AGAIN) {
        fault_set(f, FAULT_NAME_SERVER, "no name server answers, says the system's resolver");
    } else {
        fault_set(f, FAULT_NAME_SERVER, "the system's resolver has failed: %s", os_words((unsigned long)n->error, words));
    }
    return OS_IO_FAULT;
}

void os_name_free(struct os_name *n)
{
    if (n != NULL && has_ended(n)) {
        (void)CloseHandle(n->thread);
        give_back(n);
    }
}
