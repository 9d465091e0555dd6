/*
 * object.c - one JSON object a line; see object.h.
 */
#include "cli/object.h"

#include "codec/json_write.h"
#include "codec/time_text.h"

void object_name(struct buf *b, const char *name)
{
    char last = b->size > 0 ? b->at[b->size - 1] : '{';
    buf_put_format(b, last == '{' ? "\"%s\":" : ",\"%s\":", name);
}

/* "" and NULL are null: not known. */
void object_text(struct buf *b, const char *name, const char *text)
{
    object_name(b, name);
    if (text == NULL || text[0] == '\0') {
        buf_put_text(b, "null");
    } else {
        json_put_string_lossy(b, span_of(text));
    }
}

void object_time(struct buf *b, const char *name, int64_t unix_seconds)
{
    char text[TIME_TEXT_SIZE] = "";
    if (unix_seconds != 0) {
        time_put_rfc3339(unix_seconds, text);
    }
    object_text(b, name, text);
}

/* `message` is the service's; where the service said nothing, it is the fault's own text. */
void object_fault(struct buf *b, const struct fault *f)
{
    enum exit_status status = fault_status(f->code);
    object_name(b, "error");
    if (!fault_is_set(f)) {
        buf_put_text(b, "null");
        return;
    }
    buf_put_char(b, '{');
    object_text(b, "name", exit_name(status));
    object_name(b, "exit");
    buf_put_format(b, "%d", (int)status);
    object_text(b, "message", f->service_message[0] != '\0' ? f->service_message : f->text);
    object_text(b, "code", f->service_code);
    object_text(b, "target", f->service_target);
    object_text(b, "advice", fault_advice(f));
    buf_put_char(b, '}');
}
