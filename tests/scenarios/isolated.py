"""
isolated.py - views of this machine that a scenario makes for itself: a network of its own, a folder in another's place.

Does      new name spaces of Linux for the calling thread, or for a program that is about to start.
Not here  what runs in them.
Limits    Linux, root; elsewhere the scenario is skipped and says so.
"""

import ctypes
import fcntl
import os
import socket
import struct
import threading
import unittest

CLONE_NEWNS, CLONE_NEWNET = 0x00020000, 0x40000000
MS_BIND, MS_REC, MS_PRIVATE = 4096, 16384, 1 << 18
SIOCSIFFLAGS, SIOCSIFADDR = 0x8914, 0x8916
IFF_UP_RUNNING = 0x41
NOBODY = 65534

libc = ctypes.CDLL(None, use_errno=True)


def unshare(what):
    if libc.unshare(what) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def need_root():
    if os.geteuid() != 0:
        raise unittest.SkipTest("needs root, for a name space of its own")


def with_own_network(address, body):
    """Run body() in a new thread whose network has nothing but loopback and this address; programs it starts have the same."""
    need_root()
    outcome = []

    def run():
        try:
            try:
                unshare(CLONE_NEWNET)
            except OSError as error:
                raise unittest.SkipTest(f"no network name space here: {error}") from error
            _set_up_loopback(address)
            body()
        except BaseException as error:      # handed to the thread that waits
            outcome.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    if outcome:
        raise outcome[0]


def _set_up_loopback(address):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        fcntl.ioctl(sock, SIOCSIFFLAGS, struct.pack("16sH14x", b"lo", IFF_UP_RUNNING))
        name = struct.pack("16sHH4s8x", b"lo:1", socket.AF_INET, 0, socket.inet_aton(address))
        fcntl.ioctl(sock, SIOCSIFADDR, name)


def folder_in_place_of(path, source, user=0):
    """For preexec_fn: the program sees the folder `source` as `path`, nobody else does; then it becomes `user`."""
    need_root()
    if not os.path.isdir(path):
        raise unittest.SkipTest(f"there is no folder {path} here")

    def enter():
        unshare(CLONE_NEWNS)
        _mount(None, "/", MS_REC | MS_PRIVATE)
        _mount(str(source), path, MS_BIND)
        if user:
            os.setgroups([])
            os.setgid(user)
            os.setuid(user)

    return enter


def _mount(source, target, flags):
    if libc.mount((source or "none").encode(), target.encode(), None, flags, None) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), target)
