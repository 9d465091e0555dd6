"""
resolver.py - a name server on loopback that answers as it is told, right or wrong.

Does      listens on one free port of an address, UDP and TCP; asks its behaviour what to send for each query;
          writes every query down.
Not here  the fake service (service.py); a real name server (dnsmasq: tests/scenarios/test_names.py).
Limits    one thread for UDP, one for each TCP connection; every wait ends when it stops.
Rules     RFC 1035 section 4.
"""

from __future__ import annotations

import ipaddress
import random
import socket
import struct
import threading
import time
from dataclasses import dataclass, replace
from typing import Callable, Iterable, Sequence

A, CNAME, TXT, AAAA = 1, 5, 16, 28
NOERROR, FORMERR, SERVFAIL, NXDOMAIN, NOTIMP, REFUSED = range(6)
UDP, TCP = "udp", "tcp"
TRUNCATED = 0x0200
OWNER = b"\xc0\x0c"             # a pointer to the name of the question
UDP_MAX = 512


@dataclass(frozen=True)
class Query:
    """A query as it came."""

    time: float
    transport: str
    source: tuple
    id: int
    name: str
    type: int
    flags: int
    question: bytes             # name, type and class as they came


@dataclass(frozen=True)
class Reply:
    """Bytes to send, and how."""

    message: bytes
    after: float = 0.0          # seconds
    stranger: bool = False      # from another port than the query went to (UDP)
    piece: int = 0              # bytes a TCP segment; 0: all at once
    close_after: int = -1       # bytes after which a TCP connection is closed


Behaviour = Callable[[Query], Iterable[Reply]]


# ---- messages ----

def encode_name(name: str) -> bytes:
    labels = [label.encode() for label in name.rstrip(".").split(".") if label]
    return b"".join(bytes([len(label)]) + label for label in labels) + b"\0"


def record(owner: bytes, kind: int, data: bytes) -> bytes:
    return owner + struct.pack(">HHIH", kind, 1, 300, len(data)) + data


def address_record(address: str, owner: bytes = OWNER) -> bytes:
    ip = ipaddress.ip_address(address)
    return record(owner, A if ip.version == 4 else AAAA, ip.packed)


def message(query: Query, records: Sequence[bytes] = (), code: int = NOERROR, flags: int = 0) -> bytes:
    """An answer that repeats the question."""
    header = struct.pack(">HHHHHH", query.id, 0x8180 | flags | code, 1, len(records), 0, 0)
    return header + query.question + b"".join(records)


def parse(data: bytes, transport: str, source: tuple) -> Query:
    number, flags, questions, *others = struct.unpack(">HHHHHH", data[:12])
    if questions != 1 or any(others) or flags & 0x8000:
        raise ValueError("no plain query")
    labels, at = [], 12
    while data[at]:
        labels.append(data[at + 1:at + 1 + data[at]].decode())
        at += 1 + data[at]
    kind, klass = struct.unpack(">HH", data[at + 1:at + 5])
    if klass != 1 or len(data) != at + 5:
        raise ValueError("another class, or something behind the question")
    return Query(time.monotonic(), transport, source, number, ".".join(labels), kind, flags, data[12:])


# ---- behaviours ----

def of_family(addresses: Sequence[str], query: Query) -> list[str]:
    version = {A: 4, AAAA: 6}.get(query.type)
    return [a for a in addresses if ipaddress.ip_address(a).version == version]


def zone(names: dict[str, Sequence[str]]) -> Behaviour:
    """A name server that does everything right: it knows these names and no others."""
    def behave(query: Query) -> list[Reply]:
        addresses = names.get(query.name.lower())
        if addresses is None:
            return [Reply(message(query, code=NXDOMAIN))]
        whole = message(query, [address_record(a) for a in of_family(addresses, query)])
        if query.transport == UDP and len(whole) > UDP_MAX:
            return [Reply(message(query, flags=TRUNCATED))]
        return [Reply(whole)]
    return behave


def silent(_query: Query) -> list[Reply]:
    return []


def code(number: int) -> Behaviour:
    return lambda query: [Reply(message(query, code=number))]


def always(make: Callable[[Query], bytes]) -> Behaviour:
    return lambda query: [Reply(make(query))]


def by_type(behaviours: dict[int, Behaviour], otherwise: Behaviour) -> Behaviour:
    return lambda query: behaviours.get(query.type, otherwise)(query)


def late(seconds: float, behaviour: Behaviour) -> Behaviour:
    return lambda query: [replace(reply, after=reply.after + seconds) for reply in behaviour(query)]


def first(behaviour: Behaviour, more: Behaviour) -> Behaviour:
    """What comes in front of an answer."""
    return lambda query: [*behaviour(query), *more(query)]


def truncated(over_tcp: Behaviour) -> Behaviour:
    """Nothing but "ask over TCP" over UDP."""
    return lambda query: [Reply(message(query, flags=TRUNCATED))] if query.transport == UDP else over_tcp(query)


def aliases(count: int, address: str, circle: bool = False) -> Behaviour:
    """A chain of names to the address, or one that ends where it began."""
    def behave(query: Query) -> list[Reply]:
        names = [query.name] + [f"n{number}.test.example" for number in range(1, count + 1)]
        records = [record(encode_name(names[i]), CNAME, encode_name(names[i + 1])) for i in range(count)]
        if circle:
            records.append(record(encode_name(names[-1]), CNAME, encode_name(names[0])))
        elif of_family([address], query):
            records.append(address_record(address, encode_name(names[-1])))
        whole = message(query, records)
        if query.transport == UDP and len(whole) > UDP_MAX:
            return [Reply(message(query, flags=TRUNCATED))]
        return [Reply(whole)]
    return behave


def random_case(behaviour: Behaviour) -> Behaviour:
    """The question comes back with letters of another case."""
    chance = random.Random(4)

    def turn(text: bytes) -> bytes:
        return bytes(b ^ 0x20 if 0x41 <= b & 0xDF <= 0x5A and chance.random() < 0.5 else b for b in text)

    def behave(query: Query) -> list[Reply]:
        return list(behaviour(replace(query, question=turn(query.question[:-4]) + query.question[-4:])))
    return behave


# ---- the server ----

class Resolver:
    """Listens at `address`, `port`, both for UDP and TCP (or not)."""

    def __init__(self, behaviour: Behaviour, address: str = "127.0.0.1", port: int = 0, tcp: bool = True) -> None:
        self.behaviour = behaviour
        self.queries: list[Query] = []
        self.garbage: list[bytes] = []      # what was no query
        self._changed = threading.Condition()
        self._stopped = threading.Event()
        self._streams: list[socket.socket] = []
        self.address = address
        self._udp, self._listener = _bind(address, port, tcp)
        self._udp.settimeout(0.2)           # to see that it was stopped
        self.port: int = self._udp.getsockname()[1]

    @property
    def text(self) -> str:
        """As --dns wants it."""
        return f"[{self.address}]:{self.port}" if ":" in self.address else f"{self.address}:{self.port}"

    def start(self) -> "Resolver":
        threading.Thread(target=self._serve_udp, daemon=True).start()
        if self._listener:
            threading.Thread(target=self._accept, daemon=True).start()
        return self

    def stop(self) -> None:
        self._stopped.set()
        for sock in [self._udp, self._listener, *self._streams]:
            if sock is None:
                continue
            try:
                sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            sock.close()

    def asked(self, name: str = "", kind: int = 0, transport: str = "") -> list[Query]:
        with self._changed:
            return [q for q in self.queries if (not name or q.name == name) and kind in (0, q.type)
                    and transport in ("", q.transport)]

    def _note(self, data: bytes, transport: str, source: tuple) -> Query | None:
        try:
            query = parse(data, transport, source)
        except (ValueError, IndexError, struct.error):
            self.garbage.append(data)
            return None
        with self._changed:
            self.queries.append(query)
            self._changed.notify_all()
        return query

    def _serve_udp(self) -> None:
        while not self._stopped.is_set():
            try:
                data, source = self._udp.recvfrom(65535)
            except TimeoutError:
                continue
            except OSError:
                return
            query = self._note(data, UDP, source)
            for reply in self.behaviour(query) if query else ():
                if reply.after:
                    timer = threading.Timer(reply.after, self._send, (reply, source))
                    timer.daemon = True
                    timer.start()
                else:
                    self._send(reply, source)

    def _send(self, reply: Reply, to: tuple) -> None:
        try:
            if reply.stranger:
                with socket.socket(self._udp.family, socket.SOCK_DGRAM) as stranger:
                    stranger.sendto(reply.message, to)
            else:
                self._udp.sendto(reply.message, to)
        except OSError:
            pass

    def _accept(self) -> None:
        while not self._stopped.is_set():
            try:
                stream, source = self._listener.accept()
            except OSError:
                return
            self._streams.append(stream)
            threading.Thread(target=self._serve_tcp, args=(stream, source), daemon=True).start()

    def _serve_tcp(self, stream: socket.socket, source: tuple) -> None:
        try:
            stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            size, = struct.unpack(">H", _read(stream, 2))
            query = self._note(_read(stream, size), TCP, source)
            for reply in self.behaviour(query) if query else ():
                self._stopped.wait(reply.after)
                _write(stream, reply)
            stream.recv(1)      # until the other side has had enough
        except (OSError, EOFError):
            pass
        finally:
            stream.close()


def _read(stream: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        more = stream.recv(size - len(data))
        if not more:
            raise EOFError
        data += more
    return data


def _write(stream: socket.socket, reply: Reply) -> None:
    data = struct.pack(">H", len(reply.message)) + reply.message
    if reply.close_after >= 0:
        stream.sendall(data[:reply.close_after])
        raise EOFError
    step = reply.piece or len(data)
    for at in range(0, len(data), step):
        stream.sendall(data[at:at + step])
        if reply.piece:
            time.sleep(0.002)


def _bind(address: str, port: int, tcp: bool) -> tuple[socket.socket, socket.socket | None]:
    """One port for both, a free one where `port` is 0."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    for _ in range(50):
        udp = socket.socket(family, socket.SOCK_DGRAM)
        udp.bind((address, port))
        if not tcp:
            return udp, None
        listener = socket.socket(family, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((address, udp.getsockname()[1]))
            listener.listen(16)
            return udp, listener
        except OSError:
            udp.close()
            listener.close()
            if port:
                raise
    raise OSError("no port that is free for UDP and TCP")
