"""
proxy.py - a small HTTP proxy on loopback that knows CONNECT alone, and writes down what it is asked.

Does      takes every name for loopback; asks for a login (Basic); refuses hosts; speaks TLS itself; opens the TLS that
          goes through it, with a certificate of its own; answers with whatever a scenario wants, and stalls.
Not here  what travels through it (server.py); real proxies (tests/peers/test_proxies.py).
Limits    one thread a connection; every wait ends when it stops.
Rules     RFC 9110 9.3.6, 11.7; RFC 7617.
"""

from __future__ import annotations

import base64
import contextlib
import select
import socket
import ssl
import threading
import time
from dataclasses import dataclass, field

WAIT_SECONDS = 30.0
HEAD_MAX = 64 * 1024
OPENED = b"HTTP/1.1 200 Connection established\r\n\r\n"


@dataclass(frozen=True)
class Connect:
    """A request as it came."""

    time: float
    head: str

    @property
    def target(self) -> str:
        return self.head.split(" ")[1]

    def field(self, name: str) -> str | None:
        for line in self.head.split("\r\n")[1:]:
            key, _, value = line.partition(": ")
            if key.lower() == name.lower():
                return value
        return None


@dataclass
class Proxy:
    """Listens at `port` once started."""

    address: str = "127.0.0.1"
    login: str | None = None                        # user:password that it wants
    offers: tuple[str, ...] = ('Basic realm="test"',)
    refused: tuple[str, ...] = ()                   # targets that it does not allow
    context: ssl.SSLContext | None = None           # TLS with the client
    inspects: ssl.SSLContext | None = None          # TLS in the place of the host
    answers: list[bytes | None] = field(default_factory=list)  # to the first requests, then the end; None: silence
    opened: bytes = OPENED
    port: int = 0
    connects: list[Connect] = field(default_factory=list)
    accepted: int = 0
    _sockets: list[socket.socket] = field(default_factory=list)
    _stopped: threading.Event = field(default_factory=threading.Event)

    def start(self) -> "Proxy":
        family = socket.AF_INET6 if ":" in self.address else socket.AF_INET
        listener = socket.create_server((self.address, 0), family=family)
        self.port = listener.getsockname()[1]
        self._sockets.append(listener)
        threading.Thread(target=self._accept, args=(listener,), daemon=True).start()
        return self

    def stop(self) -> None:
        self._stopped.set()
        for sock in list(self._sockets):
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
            sock.close()

    @property
    def place(self) -> str:
        return f"[{self.address}]:{self.port}" if ":" in self.address else f"{self.address}:{self.port}"

    @property
    def url(self) -> str:
        return f"{'https' if self.context else 'http'}://{self.place}"

    def targets(self) -> list[str]:
        return [connect.target for connect in self.connects]

    def _accept(self, listener: socket.socket) -> None:
        while not self._stopped.is_set():
            try:
                sock, _ = listener.accept()
            except OSError:
                return
            self.accepted += 1
            threading.Thread(target=self._serve, args=(sock,), daemon=True).start()

    def _serve(self, sock: socket.socket) -> None:
        self._sockets.append(sock)
        with contextlib.suppress(OSError, ValueError):
            sock.settimeout(WAIT_SECONDS)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self.context:
                sock = self.context.wrap_socket(sock, server_side=True)
                self._sockets.append(sock)
            self._answer(sock, Connect(time.monotonic(), read_head(sock)))
        with contextlib.suppress(OSError):
            sock.shutdown(socket.SHUT_RDWR)
        sock.close()

    def _answer(self, sock: socket.socket, connect: Connect) -> None:
        self.connects.append(connect)
        if self.answers:
            answer = self.answers.pop(0)
            if answer is None:
                self._stopped.wait(WAIT_SECONDS)
            else:
                sock.sendall(answer)
                sock.shutdown(socket.SHUT_WR)
                while sock.recv(4096):
                    pass
        elif not self._knows(connect.field("Proxy-Authorization")):
            offers = "".join(f"Proxy-Authenticate: {offer}\r\n" for offer in self.offers)
            sock.sendall(f"HTTP/1.1 407 Who is there\r\n{offers}Content-Length: 5\r\n\r\nlogin".encode())
        elif connect.target in self.refused:
            sock.sendall(b"HTTP/1.1 403 Not on the list\r\nContent-Length: 2\r\n\r\nno")
        else:
            self._open(sock, connect.target)

    def _knows(self, credentials: str | None) -> bool:
        wanted = base64.b64encode((self.login or "").encode()).decode()
        return self.login is None or credentials == f"Basic {wanted}"

    def _open(self, sock: socket.socket, target: str) -> None:
        host, _, port = target.rpartition(":")
        where = "::1" if host.startswith("[") else "127.0.0.1"
        far = socket.create_connection((where, int(port)), WAIT_SECONDS)
        self._sockets.append(far)
        far.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.sendall(self.opened)
        if self.inspects:
            sock = self.inspects.wrap_socket(sock, server_side=True)
            blind = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            blind.check_hostname, blind.verify_mode = False, ssl.CERT_NONE
            far = blind.wrap_socket(far, server_hostname=host.strip("[]"))
        with far:
            pump(sock, far)


def read_head(sock: socket.socket) -> str:
    """Byte by byte: what follows is not the proxy's."""
    head = b""
    while not head.endswith(b"\r\n\r\n") and len(head) < HEAD_MAX:
        byte = sock.recv(1)
        if not byte:
            raise ValueError("no request")
        head += byte
    return head.decode("latin-1")[:-4]


def pump(near: socket.socket, far: socket.socket) -> None:
    """Pass on what comes from either side, until one ends. One thread: an ssl object knows no two at once."""
    other = {near: far, far: near}
    while True:
        ready, _, _ = select.select([near, far], [], [], WAIT_SECONDS)
        if not ready:
            return
        for source in ready:
            data = source.recv(65536)
            if not data:
                return
            other[source].sendall(data)
            while isinstance(source, ssl.SSLSocket) and source.pending():
                other[source].sendall(source.recv(65536))
