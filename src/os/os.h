/*
 * os.h - the machine: everything that ISO C does not have. One of os_posix.c, os_win32.c is linked.
 *
 * Does      time, random numbers, environment, files, a log that survives, console, signals, sockets.
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

/*
 * The words of the command line in UTF-8: what main() was given, or what the system knows better (Windows). They live as long as the
 * program.
 */
char **os_arguments(int *argc, char **argv);

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
 * Up to `room` bytes of a file from `offset` on; *got less: it ends there. FAULT_FILE names the path. The file is opened for this alone.
 */
bool os_read_part(const char *path, uint64_t offset, char *to, size_t room, size_t *got, struct fault *f) MUST_CHECK;

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
 * places, never from PATH. Windows: the registry.
 */
enum { OS_SENSOR_TIMEOUT_MS = 10000 };
bool os_sensor_id(struct buf *to, struct fault *f) MUST_CHECK;

/* Append the proxy that the machine as a whole is set to ("host:port", or the setting's own words); nothing where there is none. */
void os_system_proxy(struct buf *to);

/* Whether Azure Arc's agent is installed here. */
bool os_arc_is_installed(void);

/* The folder of that agent's challenge keys, a separator at its end; NULL: there is no such agent for this system. */
const char *os_arc_key_folder(void);

/* ---- a file that only grows ---- */

struct os_log {
    bool open;
    intptr_t number;
};

/* READ: nothing is made, changed or locked. */
enum os_log_use { OS_LOG_APPEND, OS_LOG_READ };

/*
 * Open a regular file to read what is there from its beginning, and with OS_LOG_APPEND to add to its end. One that is not there is
 * made, empty and for its owner alone (0600); with OS_LOG_READ it is no fault: l->open is then false.
 *
 * OS_LOG_APPEND takes a lock that excludes every other process that opens the file so, and that the system gives back however this
 * one ends. Who cannot have it is told at once, nobody waits.
 *
 * locked  out: false where this file system has no locks; the file is open all the same
 *
 * FAULT_FILE: no such folder, a folder or device, unreadable, locked by another process. FAULT_JOURNAL: it is readable but may
 * not be written, or could not be made (read-only or full disk). Nothing is left open then.
 */
bool os_log_open(struct os_log *l, const char *path, enum os_log_use use, bool *locked, struct fault *f) MUST_CHECK;

/* The next bytes of what was there; *got 0 is the end. FAULT_FILE; FAULT_INTERRUPTED, FAULT_TERMINATED. */
bool os_log_read(struct os_log *l, char *to, size_t room, size_t *got, struct fault *f) MUST_CHECK;

/* Cut the file after its first `size` bytes: of what was read the rest goes. FAULT_JOURNAL. */
bool os_log_cut(struct os_log *l, uint64_t size, struct fault *f) MUST_CHECK;

/*
 * Add bytes to the end, all of them, in the order of the calls: what has been added is in the file even if the process is killed.
 * False: FAULT_JOURNAL (full, gone, too large); some of the bytes may have been added.
 */
bool os_log_append(struct os_log *l, struct span bytes, struct fault *f) MUST_CHECK;

/*
 * Return when what was added will be there after a power cut; where the file was made by os_log_open(), its name too. False:
 * FAULT_JOURNAL, also when the file has been removed.
 */
bool os_log_sync(struct os_log *l, struct fault *f) MUST_CHECK;

/* Close it, if it is open; the lock goes with it. */
void os_log_close(struct os_log *l);

/* ---- console ---- */

enum os_output { OS_OUT, OS_ERR };

/* Write UTF-8 bytes, all of them. False: not possible (closed, full). */
bool os_write(enum os_output where, struct span bytes) MUST_CHECK;

/* Whether a terminal is there that understands escape sequences. */
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

/* The hosts file, and the list of name servers (resolv.conf). NULL: the system has a resolver that is more than such a list. */
const char *os_hosts_file(void);
const char *os_name_server_file(void);

/*
 * Where there is no such list: ask the system's own resolver. os_poll() returns soon after the answer has come.
 *
 * NULL: FAULT_MEMORY, FAULT_NAME_SERVER.
 */
struct os_name *os_name_begin(const char *host, struct fault *f) MUST_CHECK;

/*
 * OS_IO_DONE  *found is the addresses, in the order in which the system would try them; borrowed until os_name_free(); ports are 0
 * OS_IO_WAIT  not yet
 * OS_IO_FAULT FAULT_NAME: there is no such name; FAULT_NAME_SERVER
 */
enum { OS_NAME_ADDRESSES_MAX = 16 };
enum os_io os_name_look(const struct os_name *n, const struct address **found, size_t *count, struct fault *f);

/* One that has not ended goes on unheard. NULL is allowed. */
void os_name_free(struct os_name *n);

/* The number of a network interface ("eth0"), for the zone of a link-local address. 0: there is none of that name. */
uint32_t os_interface_number(const char *name);

#endif
