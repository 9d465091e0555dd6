/*
 * offline.c - the device id of a Windows that does not run, from its disk; see offline.h.
 */
#include "mde/offline.h"

#include "codec/hive.h"
#include "os/os.h"

enum { HIVE_PATH_MAX = 1024 };

static const char hive_file[] = "/Windows/System32/config/SOFTWARE";
static const char *const keys[] = {"Microsoft", "Windows Advanced Threat Protection"};

static bool read_part(void *context, uint64_t offset, char *to, size_t room, size_t *got, struct fault *f)
{
    return os_read_part(context, offset, to, room, got, f);
}

bool offline_sensor_id(const char *root, struct buf *to, struct fault *f)
{
    struct buf path = buf_init(HIVE_PATH_MAX);
    struct span folder = span_of(root);
    bool separator = span_ends(folder, SPAN("/")) || span_ends(folder, SPAN("\\"));
    buf_put(&path, span_cut(folder, 0, folder.size - separator));
    buf_put_text(&path, hive_file);
    char *name = (char *)(uintptr_t)buf_text(&path);
    bool ok = hive_text(read_part, name, keys, sizeof keys / sizeof keys[0], "senseId", to, f);
    if (!ok) {
        fault_place(f, "self:%s", root);
        fault_advise(f, "name the folder or drive that holds that Windows, unlocked and readable, or the device by its id from the portal");
    }
    buf_free(&path);
    return ok;
}
