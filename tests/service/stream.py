"""
stream.py - the bytes of one connection, seen from the service's side.

Does      send, receive and three ways to end: with TLS's close_notify, with a bare FIN, with a
          reset; TLS through memory, so that nothing is sent or awaited unless asked for.
Not here  HTTP (server.py), what to break (faults.py), certificates (pki.py).
Limits    one thread a stream; a read waits IDLE_SECONDS at most.
Rules     RFC 8446 6.1 (close_notify).
"""

from __future__ import annotations

import enum
import socket
import ssl
import struct
from pathlib import Path

IDLE_SECONDS = 60.0
DRAIN_SECONDS = 2.0


class End(enum.Enum):
    """How the service ends a connection."""

    NOTIFY = "close_notify, then FIN"
    FIN = "bare FIN"
    RESET = "reset"


class Stream:
    """A plain TCP connection."""

    tls_version: str | None = None
    server_name: str | None = None

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        sock.settimeout(IDLE_SECONDS)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def open(self) -> None:
        """Nothing to agree on without TLS."""

    def receive(self) -> bytes:
        """The next bytes; none at the end, however it came."""
        try:
            return self.sock.recv(65536)
        except OSError:
            return b""

    def send(self, data: bytes) -> None:
        self.sock.sendall(data)

    def end(self, how: End) -> None:
        """End the connection; may be called again."""
        try:
            if how is End.RESET:
                self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            else:
                if how is End.NOTIFY:
                    self._notify()
                self.sock.shutdown(socket.SHUT_WR)
                self._drain()
        except (OSError, ValueError):
            pass
        self.sock.close()

    def _notify(self) -> None:
        """TCP has no word for it."""

    def _drain(self) -> None:
        """Unread bytes would turn the FIN into a reset: read until the peer leaves."""
        self.sock.settimeout(DRAIN_SECONDS)
        while self.sock.recv(65536):
            pass


class TlsStream(Stream):
    """A TLS connection, its records kept in memory until they are asked for."""

    def __init__(self, sock: socket.socket, context: ssl.SSLContext) -> None:
        super().__init__(sock)
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_side=True)

    def open(self) -> None:
        """The handshake. Raises ssl.SSLError or OSError."""
        self._run(self._tls.do_handshake)
        self.tls_version = self._tls.version()
        self.server_name = getattr(self._tls, "asked_for", None)

    def receive(self) -> bytes:
        try:
            return self._run(lambda: self._tls.read(65536))
        except (ssl.SSLError, OSError):
            return b""

    def send(self, data: bytes) -> None:
        if data:
            self._tls.write(data)
            self._flush()

    def _notify(self) -> None:
        try:
            self._tls.unwrap()
        except ssl.SSLError:
            pass
        self._flush()

    def _run(self, operation):
        while True:
            try:
                return operation()
            except ssl.SSLWantReadError:
                self._flush()
                data = self.sock.recv(65536)
                if data:
                    self._incoming.write(data)
                else:
                    self._incoming.write_eof()
            finally:
                self._flush()

    def _flush(self) -> None:
        data = self._outgoing.read()
        if data:
            self.sock.sendall(data)


def server_context(
    certificate: Path,
    key: Path,
    lowest: ssl.TLSVersion = ssl.TLSVersion.TLSv1_2,
    highest: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3,
    ask_for_certificate: Path | None = None,
) -> ssl.SSLContext:
    """A server's TLS settings. No session tickets: they would count as a flight of their own.

    ask_for_certificate  roots of client certificates: asked for, not insisted on
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    if lowest < ssl.TLSVersion.TLSv1_2:
        context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = lowest
    context.maximum_version = highest
    context.num_tickets = 0
    context.load_cert_chain(certificate, key)
    if ask_for_certificate:
        context.verify_mode = ssl.CERT_OPTIONAL
        context.load_verify_locations(ask_for_certificate)

    def remember_name(tls, name, _context):
        tls.asked_for = name

    context.sni_callback = remember_name
    return context
