/*
 * os_win32_registry.c - what the registry of this Windows knows: the Defender sensor's device id, the machine's own proxy; see os.h.
 */
#define WIN32_LEAN_AND_MEAN
#include "os/os_win32.h"

#include <windows.h>

#include <string.h>

enum { VALUE_MAX = 4096 };

/* The 64-bit registry, also for a program of 32 bits. Size 0: there is no such value. */
static DWORD read_value(const wchar_t *path, const wchar_t *name, DWORD wanted, void *to, DWORD room)
{
    HKEY key;
    DWORD size = room;
    DWORD kind = 0;
    if (RegOpenKeyExW(HKEY_LOCAL_MACHINE, path, 0, KEY_QUERY_VALUE | KEY_WOW64_64KEY, &key) != ERROR_SUCCESS) {
        return 0;
    }
    LONG error = RegQueryValueExW(key, name, NULL, &kind, to, &size);
    (void)RegCloseKey(key);
    return error == ERROR_SUCCESS && kind == wanted ? size : 0;
}

/* Where the sensor keeps it: value senseId (the vendor's own client analyzer reads it there). */
bool os_sensor_id(struct buf *to, struct fault *f)
{
    wchar_t text[VALUE_MAX / sizeof(wchar_t)] = {0};
    DWORD size = read_value(L"SOFTWARE\\Microsoft\\Windows Advanced Threat Protection", L"senseId", REG_SZ, text, sizeof text);
    size_t count = size / sizeof *text;
    while (count > 0 && text[count - 1] == L'\0') {
        count--;
    }
    return (count > 0 && os_put_narrow(to, text, count)) ||
           fault_set(f, FAULT_NOT_FOUND,
                     "self: the registry of this host has no senseId: there is no Defender sensor, or it is not onboarded");
}

/* ---- the machine's proxy ---- */

/* A number of the binary value, lowest byte first; false when it ends before. */
static bool take_number(struct span *rest, uint32_t *number)
{
    if (rest->size < 4) {
        return false;
    }
    *number = 0;
    for (size_t i = 0; i < 4; i++) {
        *number |= (uint32_t)(unsigned char)rest->at[i] << 8 * i;
    }
    *rest = span_cut(*rest, 4, rest->size);
    return true;
}

static bool take_text(struct span *rest, struct span *text)
{
    uint32_t size;
    bool ok = take_number(rest, &size) && size <= rest->size;
    *text = span_cut(*rest, 0, ok ? size : 0);
    *rest = span_cut(*rest, text->size, rest->size);
    return ok;
}

/*
 * WinHttpSettings: three numbers (size of the structure, a counter, flags: 2 is "by the named proxy"), then the proxy and the hosts that
 * go without, each with its length in front. As `netsh winhttp set proxy` writes it; the vendor documents only the command.
 */
void os_system_proxy(struct buf *to)
{
    static const wchar_t path[] = L"SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Internet Settings\\Connections";
    char value[VALUE_MAX];
    struct span rest = span_make(value, read_value(path, L"WinHttpSettings", REG_BINARY, value, sizeof value));
    uint32_t structure, counter, flags;
    struct span proxy;
    if (take_number(&rest, &structure) && take_number(&rest, &counter) && take_number(&rest, &flags) && (flags & 2) != 0 &&
        take_text(&rest, &proxy)) {
        buf_put(to, proxy);
    }
}
