"""
server.py - TLS servers for the certificate table: honest ones with a chain of any kind, and crooked ones.

Does      serves on loopback one chain a port, with the versions and ciphers that a row wants; changes, cuts or replaces what it sends
          on the way out, and the ClientHello on the way in; drives `openssl s_server` for what Python's ssl cannot do.
Not here  the rows (certificates.py), the certificates (tests/unit/make_chains.py).
Limits    one thread a connection; a connection ends after CONNECTION_SECONDS.
Rules     RFC 5246 and RFC 8446; whatever is asked is answered with ANSWER.
"""

from __future__ import annotations

import array
import contextlib
import fcntl
import socket
import ssl
import subprocess
import termios
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Callable

from service.stream import End, TlsStream

CONNECTION_SECONDS = 10.0
BODY = (
    b'{"id":"5382f7ea-7557-4ab7-9782-d50480024a4e","type":"Unisolate","status":"Pending",'
    b'"machineId":"1e5bc9d7e413ddd7902c2932e418702b84d0cc07"}'
)
HEAD = b"HTTP/1.1 201 Created\r\nContent-Type: application/json\r\n"
ANSWER = HEAD + b"Content-Length: %d\r\nConnection: close\r\n\r\n" % len(BODY) + BODY
ENDLESS = HEAD + b"Connection: close\r\n\r\n" + BODY  # the body ends with the connection

HANDSHAKE, ALERT = 22, 21
SERVER_HELLO, CERTIFICATE, KEY_EXCHANGE = 2, 11, 12

Message = tuple[int, bytes]
Edit = Callable[[list[Message]], list[Message]]


@dataclass
class Serving:
    """How a row is served."""

    chain: Path
    key: Path
    versions: tuple[ssl.TLSVersion, ssl.TLSVersion] = (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3)
    ciphers: str = "ALL:@SECLEVEL=0"
    group: str | None = None                                   # the only one
    answer: bytes = ANSWER
    end: End = End.NOTIFY
    edit: Edit | None = None                                   # of the server's first flight, TLS 1.2
    raw: Callable[[bytes], bytes] | None = None                # of the bytes of that flight
    hello: Callable[[bytes], bytes] | None = None              # of the client's first bytes
    cut: bool = False                                          # the connection ends after the first flight
    plain: bytes | None = None                                 # no TLS at all: these bytes
    heard: list[bytes] = field(default_factory=list)           # what the client sent after the first flight


# ---- records and messages ----


def records(data: bytes) -> list[tuple[int, bytes, bytes]]:
    """(type, version, payload) of each."""
    found = []
    while len(data) >= 5:
        size = int.from_bytes(data[3:5], "big")
        found.append((data[0], data[1:3], data[5 : 5 + size]))
        data = data[5 + size :]
    return found


def record(payload: bytes, kind: int = HANDSHAKE) -> bytes:
    return bytes([kind, 3, 3]) + len(payload).to_bytes(2, "big") + payload


def messages(data: bytes) -> list[Message]:
    """The handshake messages of a flight in the clear."""
    stream = b"".join(payload for kind, _, payload in records(data) if kind == HANDSHAKE)
    found = []
    while len(stream) >= 4:
        size = int.from_bytes(stream[1:4], "big")
        found.append((stream[0], stream[4 : 4 + size]))
        stream = stream[4 + size :]
    return found


def flight(found: list[Message], room: int = 16384) -> bytes:
    stream = b"".join(bytes([kind]) + len(body).to_bytes(3, "big") + body for kind, body in found)
    return b"".join(record(stream[at : at + room]) for at in range(0, len(stream), room))


def certificate_list(*ders: bytes) -> bytes:
    entries = b"".join(len(der).to_bytes(3, "big") + der for der in ders)
    return len(entries).to_bytes(3, "big") + entries


def edit_one(wanted: int, change: Callable[[bytes], bytes]) -> Edit:
    """Change the body of the message of that type."""
    return lambda found: [(kind, change(body) if kind == wanted else body) for kind, body in found]


def without_extension(hello: bytes, number: int) -> bytes:
    """A ClientHello, one record, in which one extension has a number that nobody knows."""
    changed = bytearray(hello)
    at = 5 + 4 + 2 + 32
    at += 1 + changed[at]                                      # session id
    at += 2 + int.from_bytes(changed[at : at + 2], "big")      # ciphers
    at += 1 + changed[at] + 2                                  # compression, size of the extensions
    while at < len(changed):
        if int.from_bytes(changed[at : at + 2], "big") == number:
            changed[at : at + 2] = b"\xfa\xfa"
        at += 4 + int.from_bytes(changed[at + 2 : at + 4], "big")
    return bytes(changed)


# ---- a connection ----


class Crooked:
    """A socket that changes what passes."""

    def __init__(self, sock: socket.socket, serving: Serving) -> None:
        self.sock, self.serving = sock, serving
        self.sent = self.received = 0

    def __getattr__(self, name: str) -> object:
        return getattr(self.sock, name)

    def recv(self, size: int) -> bytes:
        data = self.sock.recv(size)
        if self.sent:
            self.serving.heard.append(data)
        self.received += 1
        change = self.serving.hello
        return change(data) if change and self.received == 1 else data

    def sendall(self, data: bytes) -> None:
        self.sent += 1
        if self.sent == 1:
            if self.serving.edit:
                data = flight(self.serving.edit(messages(data)))
            if self.serving.raw:
                data = self.serving.raw(data)
        self.sock.sendall(data)
        if self.sent == 1 and self.serving.cut:
            raise ConnectionAbortedError("cut")


def make_context(serving: Serving) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_ciphers(serving.ciphers)
    context.minimum_version, context.maximum_version = serving.versions
    if serving.group:
        context.set_ecdh_curve(serving.group)
    context.load_cert_chain(serving.chain, serving.key)
    return context


class Server:
    """One listening port."""

    def __init__(self, address: str, serving: Serving) -> None:
        self.serving = serving
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        self.context = None if serving.plain is not None else make_context(serving)
        self.listener = socket.socket(family)
        self.listener.bind((address, 0))
        self.listener.listen()
        self.port = self.listener.getsockname()[1]
        self.thread = threading.Thread(target=self.accept, daemon=True)
        self.thread.start()

    def accept(self) -> None:
        while True:
            try:
                sock = self.listener.accept()[0]
            except OSError:
                return
            sock.settimeout(CONNECTION_SECONDS)
            try:
                self.serve(sock)
            except (OSError, ssl.SSLError, ValueError):
                pass
            sock.close()

    def serve(self, sock: socket.socket) -> None:
        if self.context is None:
            sock.recv(65536)
            sock.sendall(self.serving.plain or b"")
            return
        stream = TlsStream(Crooked(sock, self.serving), self.context)  # type: ignore[arg-type]
        sock.settimeout(CONNECTION_SECONDS)
        stream.open()
        request = b""
        while b"\r\n\r\n" not in request:
            data = stream.receive()
            if not data:
                return
            request += data
        stream.send(self.serving.answer)
        stream.end(self.serving.end)

    def close(self) -> None:
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.thread.join(CONNECTION_SECONDS)


# ---- openssl s_server, told what to do by its standard input ----


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def relay(source: socket.socket, target: socket.socket) -> None:
    try:
        while data := source.recv(65536):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        pass


class OneAnswer:
    """An s_server for one connection: answers its request, and does `command` (a key of s_server) before the answer or in its middle."""

    def __init__(self, arguments: list[str | Path], command: str, middle: bool) -> None:
        self.port, self.command = free_port(), command
        self.parts = (ANSWER[:-20], ANSWER[-20:]) if middle else (b"", ANSWER)
        self.process = subprocess.Popen(
            ["stdbuf", "-o0", "openssl", "s_server", "-accept", f"127.0.0.1:{self.port}", "-naccept", "1", *arguments],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        self.seen = b""
        self.await_text(b"ACCEPT")
        self.thread = threading.Thread(target=self.drive, daemon=True)
        self.thread.start()

    def await_text(self, wanted: bytes) -> bool:
        while wanted not in self.seen:
            data = self.process.stdout.read1(4096)
            if not data:
                return False
            self.seen += data
        self.seen = self.seen.partition(wanted)[2]
        return True

    def say(self, data: bytes) -> None:
        """Returns when s_server has read it: it takes what comes together for one text."""
        self.process.stdin.write(data)
        self.process.stdin.flush()
        waiting = array.array("i", [1])
        while waiting[0] and self.process.poll() is None:
            time.sleep(0.005)
            fcntl.ioctl(self.process.stdin.fileno(), termios.FIONREAD, waiting)

    def drive(self) -> None:
        try:
            if not self.await_text(b"\r\n\r\n"):
                return
            if self.parts[0]:
                self.say(self.parts[0])
            self.say(self.command.encode() + b"\n")
            if self.await_text(b"SSL_do_handshake -> "):
                self.say(self.parts[1])
        except (OSError, ValueError):
            pass

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        self.thread.join(CONNECTION_SECONDS)
        with contextlib.suppress(OSError):
            self.process.stdin.close()
        self.process.stdout.close()


class Interactive:
    """A port behind which each connection has an s_server of its own."""

    def __init__(self, chain: Path, key: Path, version: str, command: str, middle: bool = False) -> None:
        self.make = lambda: OneAnswer(["-cert", chain, "-key", key, version], command, middle)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.thread = threading.Thread(target=self.accept, daemon=True)
        self.thread.start()

    def accept(self) -> None:
        while True:
            try:
                client = self.listener.accept()[0]
            except OSError:
                return
            one = self.make()
            with client, contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", one.port)) as behind:
                back = threading.Thread(target=relay, args=(behind, client), daemon=True)
                back.start()
                relay(client, behind)
                back.join(CONNECTION_SECONDS)
            one.close()

    def close(self) -> None:
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.thread.join(CONNECTION_SECONDS)
