/*
 * os.h - the machine: everything that ISO C does not have. One of os_posix.c, os_win32.c is linked.
 *
 * Does      time, random numbers, environment, files, console, signals, sockets.
 * Not here  policy: time-outs, retries, racing addresses (net/); texts for people (cli/).
 * Limits    nothing blocks but os_poll and os_read_password (bounded by their time), and the readers of files and input.
 * Rules     system headers, errno and _WIN32 appear in this folder only. Nothing here needs /dev, /proc, /etc, HOME or a writable disk.
 */
#ifndef OS_OS_H
#define OS_OS_H

#include "base/address.h"
#include "base/fault.h"

/* ---- life ---- */

/*
 * Once, first thing in main: open descriptors 0 to 2 if they are closed, ignore SIGPIPE, note SIGINT and SIGTERM
 * instead of dying of them, no core file, not dumpable where the system can do that.
 */
void os_start(void);

enum os_stop { OS_GO_ON, OS_STOP_INTERRUPTED, OS_STOP_TERMINATED };

/* Whether somebody asked the program to stop, and how. A second request ends the program at once. */
enum os_stop os_stop_asked(void);

/* ---- time, random numbers ---- */

/* Milliseconds since some moment; never goes back; runs on when the wall clock is set. */
uint64_t os_monotonic_ms(void);

/* The wall clock: seconds since 1970-01-01 00:00 UTC, as the machine believes. */
int64_t os_unix_seconds(void);

/* Fill with bytes fit for keys. False: the system has none to give. Never reads from a file where a system call serves. */
bool os_random(void *to, size_t size) MUST_CHECK;

/* ---- what the program is given ---- */

/* An environment variable in UTF-8, or NULL when it is unset. Borrowed for the life of the program. */
const char *os_environment(const char *name);

/*
 * Append a whole file to `to`, whose ceiling bounds it. FAULT_FILE names the path: missing, unreadable, a folder, too large.
 */
bool os_read_file(const char *path, struct buf *to, struct fault *f) MUST_CHECK;

/* The same for a file that must be a regular one, and whose name must be no symbolic link. */
bool os_read_plain_file(const char *path, struct buf *to, struct fault *f) MUST_CHECK;

/* The same for standard input, up to its end. */
bool os_read_input(struct buf *to, struct fault *f) MUST_CHECK;

/*
 * What is at this path: nothing that can be found; something; a file that every user of this host may read (on Windows never told).
 * The folders above are not looked at: what they keep from others is told as exposed.
 */
enum os_file { OS_FILE_MISSING, OS_FILE_PRIVATE, OS_FILE_EXPOSED };
enum os_file os_look_at_file(const char *path);

/* A path that does not depend on a current folder; on Windows also one with a drive, or with a separator in front. */
bool os_is_absolute(struct span path);

/* What stands in front of a file's own name, with the separator (on Windows also a backslash or the drive's ':'). Borrowed. */
struct span os_folder_of(const char *path);

/* Append the folder of this program's own file, with a separator at its end. False: that cannot be known here. */
bool os_program_folder(struct buf *to) MUST_CHECK;

/*
 * Append what the Defender sensor of this host says its device id is (40 hexadecimal digits, perhaps in quotes).
 * FAULT_NOT_FOUND: there is no
 * sensor, or it does not answer within OS_SENSOR_TIMEOUT_MS. Linux, macOS: `mdatp health --field edr_machine_id` from the sensor's fixed
 * places, never from PATH.
 */
enum { OS_SENSOR_TIMEOUT_MS = 10000 };
bool os_sensor_id(struct buf *to, struct fault *f) MUST_CHECK;
/* Whether Azure Arc's agent is installed here. */
bool os_arc_is_installed(void);

/* The folder of that agent's challenge keys, a separator at its end; NULL: there is no such agent for this system. */
const char *os_arc_key_folder(void);

/* ---- console ---- */

enum os_output { OS_OUT, OS_ERR };

/* Write UTF-8 bytes, all of them. False: not possible (closed, full). */
bool os_write(enum os_output where, struct span bytes) MUST_CHECK;
bool os_is_terminal(enum os_output where);

/* Columns of the terminal behind `where`, 80 where that is not known. */
unsigned os_columns(enum os_output where);

/*
 * Ask for one line on the terminal that the program was started from, without showing what is typed; the terminal is as before in any
 * case, also when the program is told to stop. The line end is not appended to `to`, whose ceiling bounds it.
 *
 * prompt      shown as it stands, so safe for a terminal
 * timeout_ms  how long a person has
 *
 * FAULT_FILE: there is no terminal, it was closed, nothing or too much was typed, or not in time. FAULT_INTERRUPTED, FAULT_TERMINATED.
 */
bool os_read_password(struct span prompt, uint64_t timeout_ms, struct buf *to, struct fault *f) MUST_CHECK;

/* ---- sockets, never blocking ---- */

struct os_socket {
    bool open;
    intptr_t number;
};

enum os_io { OS_IO_DONE, OS_IO_WAIT, OS_IO_END, OS_IO_FAULT };

/*
 * Open a socket and begin to connect it. OS_IO_DONE connected at once; OS_IO_WAIT when it is writable, ask os_socket_connected();
 * OS_IO_FAULT f says why (FAULT_CONNECT), nothing is left open.
 */
enum os_io os_socket_connect(struct os_socket *s, const struct address *to, struct fault *f);
enum os_io os_socket_connected(struct os_socket *s, struct fault *f);

/* OS_IO_DONE some bytes moved; WAIT none now; END the peer has closed its side (read only); FAULT FAULT_CUT. */
enum os_io os_socket_read(struct os_socket *s, char *to, size_t room, size_t *got, struct fault *f);
enum os_io os_socket_write(struct os_socket *s, struct span bytes, size_t *put, struct fault *f);
void os_socket_close(struct os_socket *s);

/*
 * Open a datagram socket whose only peer is `to`: the system drops what others send; its own port is one that the system
 * chooses by chance. Reads give one datagram each (OS_IO_END: an empty one; what is longer than `room` is cut), writes send
 * one. A fault of either is what the network said of an earlier datagram (FAULT_CUT); the socket may be used further.
 * False: FAULT_CONNECT, nothing is left open.
 */
bool os_datagram_open(struct os_socket *s, const struct address *to, struct fault *f) MUST_CHECK;

struct os_poll_item {
    struct os_socket *socket;
    bool want_read, want_write;
    bool ready; /* out: readable, writable, or in error */
};

/*
 * Wait until an item is ready, somebody asks to stop, or `timeout_ms` has passed; no item at all is a sleep.
 * May return early for no reason; the caller looks at the clock.
 */
void os_poll(struct os_poll_item *items, size_t count, uint64_t timeout_ms);

/* ---- names ---- */

/* The number of a network interface ("eth0"), for the zone of a link-local address. 0: there is none of that name. */
uint32_t os_interface_number(const char *name);

#endif
