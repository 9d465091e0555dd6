"""
server.py - a small HTTP/1.1 server on loopback that trusts nobody and writes down everything.

Does      listens on 127.0.0.1 and ::1 at one free port, with or without TLS; reads requests
          strictly; asks its handler for the answer; plays faults; logs connections, handshakes,
          requests, answers.
Not here  what the answers say (entra.py, defender.py), the faults themselves (faults.py).
Limits    one thread a connection; every wait ends when the server stops.
Rules     RFC 9112.
"""

from __future__ import annotations

import contextlib
import re
import socket
import ssl
import threading
import time
from dataclasses import dataclass, field, replace
from typing import Callable, Iterator

from service.faults import Fault, Pause, Send, Stage, Stall, Step
from service.message import Answer, Request, RequestReader, Violation
from service.stream import End, Stream, TlsStream

Handler = Callable[[Request], Answer]

ALWAYS = 1 << 30
PORT_TRIES = 50


@dataclass(frozen=True)
class Event:
    """Something that happened, in the order it did."""

    time: float
    server: str
    connection: int
    kind: str  # accepted, handshake, request, answer, fault, violation, ended, no-handshake
    detail: str = ""
    request: Request | None = None


class Log:
    """All events of a service, of all its servers."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self.events: list[Event] = []
        self._connections = 0

    def new_connection(self) -> int:
        with self._changed:
            self._connections += 1
            return self._connections

    def add(
        self,
        server: str,
        connection: int,
        kind: str,
        detail: str = "",
        request: Request | None = None,
    ) -> None:
        with self._changed:
            self.events.append(Event(time.monotonic(), server, connection, kind, detail, request))
            self._changed.notify_all()

    def of(self, kind: str, server: str | None = None) -> list[Event]:
        with self._changed:
            return [e for e in self.events if e.kind == kind and server in (None, e.server)]

    def requests(self, server: str | None = None) -> list[Request]:
        return [e.request for e in self.of("request", server) if e.request]

    def wait(self, kind: str, server: str, count: int = 1, seconds: float = 10.0) -> bool:
        """Wait until there are `count` events of this kind."""

        def there() -> bool:
            return sum(e.kind == kind and e.server == server for e in self.events) >= count

        with self._changed:
            return self._changed.wait_for(there, seconds)

    def text(self) -> str:
        """The events for a person."""
        with self._changed:
            start = self.events[0].time if self.events else 0.0
            return "\n".join(
                f"  {e.time - start:7.3f} s  {e.server:5} #{e.connection:<3} {e.kind:12} {e.detail}"
                for e in self.events
            )


@dataclass
class PlannedFault:
    fault: Fault
    target: re.Pattern[str]
    left: int


@dataclass
class Server:
    """One origin. `url` is where it listens, once started."""

    name: str
    handler: Handler
    log: Log
    hosts: tuple[str, ...]
    context: ssl.SSLContext | None
    addresses: tuple[str, ...] = ("127.0.0.1", "::1")
    port: int = 0
    _planned: list[PlannedFault] = field(default_factory=list)
    _listeners: list[socket.socket] = field(default_factory=list)
    _streams: set[Stream] = field(default_factory=set)
    _threads: list[threading.Thread] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _listening: threading.Event = field(default_factory=threading.Event)
    _stopped: threading.Event = field(default_factory=threading.Event)
    _other_ports: set[int] = field(default_factory=set)

    # ---- life ----

    def start(self) -> "Server":
        self._listeners, self.port = _bind(self.addresses, self.port)
        self.listen()
        for listener in self._listeners:
            self._spawn(self._accept, listener)
        return self

    def stop(self) -> None:
        self._stopped.set()
        self._listening.set()
        for listener in self._listeners:
            with contextlib.suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
        with self._lock:
            streams = list(self._streams)
        for stream in streams:
            with contextlib.suppress(OSError):
                stream.sock.shutdown(socket.SHUT_RDWR)
        for thread in list(self._threads):
            thread.join(5)
        for listener in self._listeners:
            listener.close()

    def url_for(self, host: str) -> str:
        return f"https://{host}:{self.port}"

    @property
    def url(self) -> str:
        return self.url_for("localhost")

    def answers_to_port(self, port: int) -> None:
        """Also accept this port in Host: a relay's."""
        self._other_ports.add(port)

    def listen(self) -> None:
        for listener in self._listeners:
            listener.listen(64)
        self._listening.set()

    def refuse(self) -> None:
        """Refuse connections from now on, keeping the port."""
        self._listening.clear()
        for listener in self._listeners:
            listener.shutdown(socket.SHUT_RDWR)

    def refuse_for(self, seconds: float) -> None:
        self.refuse()
        timer = threading.Timer(seconds, self.listen)
        timer.daemon = True
        self._threads.append(timer)
        timer.start()

    def close_idle(self, how: End = End.FIN) -> None:
        """End every open connection now."""
        with self._lock:
            streams = list(self._streams)
        for stream in streams:
            stream.end(how)

    # ---- faults ----

    def fail(self, fault: Fault, times: int = 1, target: str = "") -> None:
        """Plan a fault for the next `times` requests whose target matches the pattern."""
        with self._lock:
            self._planned.append(PlannedFault(fault, re.compile(target), times))

    def _take(self, stages: tuple[Stage, ...], target: str = "") -> Fault | None:
        with self._lock:
            for planned in self._planned:
                if planned.left and planned.fault.stage in stages and planned.target.search(target):
                    planned.left -= 1
                    return planned.fault
        return None

    # ---- connections ----

    def _spawn(self, work: Callable[..., None], *arguments: object) -> None:
        thread = threading.Thread(target=work, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self, listener: socket.socket) -> None:
        while not self._stopped.is_set():
            self._listening.wait()
            try:
                sock, peer = listener.accept()
            except OSError:
                time.sleep(0.001)
                continue
            number = self.log.new_connection()
            self.log.add(self.name, number, "accepted", f"from {peer[0]}")
            self._spawn(self._serve, sock, number, peer[0])

    @contextlib.contextmanager
    def _tracked(self, stream: Stream) -> Iterator[Stream]:
        with self._lock:
            self._streams.add(stream)
        try:
            yield stream
        finally:
            with self._lock:
                self._streams.discard(stream)
            stream.end(End.FIN)

    def _serve(self, sock: socket.socket, number: int, peer: str) -> None:
        stream = TlsStream(sock, self.context) if self.context else Stream(sock)
        with self._tracked(stream):
            try:
                if self._begin(stream, sock, number):
                    self._answer_requests(stream, number, "IPv6" if ":" in peer else "IPv4")
            except Violation as violation:
                self.log.add(self.name, number, "violation", str(violation))
            except (OSError, ValueError) as error:
                self.log.add(self.name, number, "broken", str(error))
        self.log.add(self.name, number, "ended")

    def _begin(self, stream: Stream, sock: socket.socket, number: int) -> bool:
        """The handshake, and the faults around it. True: go on with requests."""
        fault = self._take((Stage.ACCEPT,))
        if fault:
            self._play(Stream(sock), number, fault, fault.script(Answer(500)))
            return False
        try:
            stream.open()
        except (ssl.SSLError, OSError) as error:
            self.log.add(self.name, number, "no-handshake", str(error))
            return False
        self.log.add(
            self.name, number, "handshake", f"{stream.tls_version} for {stream.server_name}"
        )
        fault = self._take((Stage.READY,))
        return not fault or self._play(stream, number, fault, fault.script(Answer(500)))

    def _answer_requests(self, stream: Stream, number: int, family: str) -> None:
        ports = {self.port} | self._other_ports
        hosts = {f"{host}:{port}" for host in self.hosts for port in ports if port != 443 or not self.context}
        hosts |= set(self.hosts) if self.port == (443 if self.context else 80) else set()
        reader = RequestReader(stream.receive, hosts)
        while True:
            head = reader.read_head()
            if not head:
                return
            head = replace(
                head,
                connection=number,
                tls_version=stream.tls_version,
                server_name=stream.server_name,
                family=family,
            )
            if not self._answer_one(stream, reader, head):
                return

    def _answer_one(self, stream: Stream, reader: RequestReader, head: Request) -> bool:
        """One request and its answer. True: the connection goes on."""
        self._check_name(head)
        fault = self._take((Stage.HEAD, Stage.ANSWER), f"{head.method} {head.target}")
        early = fault and fault.stage is Stage.HEAD
        if (
            fault
            and early
            and not self._play(stream, head.connection, fault, fault.script(Answer(500)))
        ):
            return False
        request = replace(head, body=reader.read_body(head))
        self.log.add(
            self.name, head.connection, "request", f"{request.method} {request.target}", request
        )
        if early:
            return True
        answer = self.handler(request) if not fault or fault.processed else Answer(500)
        if answer.violation:
            self.log.add(self.name, head.connection, "violation", answer.violation)
        if fault:
            return self._play(stream, head.connection, fault, fault.script(answer))
        stream.send(answer.wire())
        self.log.add(self.name, head.connection, "answer", str(answer.status))
        return True

    def _check_name(self, head: Request) -> None:
        host = (head.header("Host") or "").rsplit(":", 1)[0]
        is_name = not re.fullmatch(r"[0-9.]+|\[.*\]", host)
        if head.tls_version and is_name and host != head.server_name:
            raise Violation(f"Host {host} but TLS server name {head.server_name}")

    def _play(self, stream: Stream, number: int, fault: Fault, script: list[Step]) -> bool:
        """Play a script. True: the connection goes on."""
        self.log.add(self.name, number, "fault", fault.name)
        for step in script:
            if isinstance(step, Send):
                stream.send(step.data)
            elif isinstance(step, Pause):
                self._stopped.wait(step.seconds)
            elif isinstance(step, Stall):
                self.log.add(self.name, number, "stalled")
                while stream.receive():
                    pass
                return False
            else:
                stream.end(step)
                return False
        self.log.add(self.name, number, "answer", f"after fault: {fault.name}")
        return True


def _bind(addresses: tuple[str, ...], port: int) -> tuple[list[socket.socket], int]:
    """Sockets at one port on every address; port 0 finds a free one."""
    for _ in range(PORT_TRIES):
        sockets: list[socket.socket] = []
        try:
            chosen = port or _free_port(addresses[0])
            for address in addresses:
                sockets.append(_bind_one(address, chosen))
            return sockets, chosen
        except OSError:
            for sock in sockets:
                sock.close()
            if port:
                raise
    raise RuntimeError("no port is free on all addresses")


def _free_port(address: str) -> int:
    with _bind_one(address, 0) as sock:
        return sock.getsockname()[1]


def _bind_one(address: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if family == socket.AF_INET6:
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    try:
        sock.bind((address, port))
    except OSError:
        sock.close()
        raise
    return sock
