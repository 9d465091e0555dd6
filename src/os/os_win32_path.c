/*
 * os_win32_path.c - where files are, on Windows; see os.h.
 */
#define WIN32_LEAN_AND_MEAN
#include "os/os_win32.h"

#include <windows.h>

#include <string.h>

enum { PROGRAM_PATH_MAX = 32768 };

enum os_file os_look_at_file(const char *path)
{
    wchar_t *wide = os_wide_path(path);
    bool found = wide != NULL && GetFileAttributesW(wide) != INVALID_FILE_ATTRIBUTES;
    memory_give(wide);
    return found ? OS_FILE_PRIVATE : OS_FILE_MISSING; /* its access list is not weighed here */
}

static bool is_separator(char c)
{
    return c == '\\' || c == '/';
}

/* "D:keys" too: it depends on a folder of its drive, but not on the one that a configuration file would put in front. */
bool os_is_absolute(struct span path)
{
    return path.size > 0 && (is_separator(path.at[0]) || (path.size > 1 && path.at[1] == ':'));
}

struct span os_folder_of(const char *path)
{
    size_t size = strlen(path);
    while (size > 0 && !is_separator(path[size - 1]) && path[size - 1] != ':') {
        size--;
    }
    return span_make(path, size);
}

bool os_program_folder(struct buf *to)
{
    struct buf path = buf_init(PROGRAM_PATH_MAX * 3);
    wchar_t *wide = memory_take(PROGRAM_PATH_MAX, sizeof *wide);
    DWORD size = wide != NULL ? GetModuleFileNameW(NULL, wide, PROGRAM_PATH_MAX) : 0;
    if (size > 0 && size < PROGRAM_PATH_MAX && os_put_narrow(&path, wide, size)) {
        buf_put(to, os_folder_of(buf_text(&path)));
    }
    bool ok = path.size > 0 && !to->failed;
    memory_give(wide);
    buf_free(&path);
    return ok;
}
