"""
relay.py - a network of a given length on loopback, and an address where nobody answers.

Does      Relay: passes a connection on with a one-way delay in each direction and writes down each
          delivery; BlackHole: an address and port where connect() hangs.
Not here  what travels (server.py).
Limits    the kernel answers the program's SYN at once, so the relay makes up for it: the first
          bytes leave one round trip later, as if connect() had taken that long.
"""

from __future__ import annotations

import queue
import socket
import threading
import time
from dataclasses import dataclass

UP, DOWN = "up", "down"


@dataclass(frozen=True)
class Delivery:
    """Bytes that reached the other side, or a connection that was opened (direction "open")."""

    time: float
    connection: int
    direction: str
    size: int


class Relay:
    """Listens at `port` on 127.0.0.1 and passes everything on to 127.0.0.1:target."""

    def __init__(self, target: int, one_way_seconds: float) -> None:
        self._target, self._delay = target, one_way_seconds
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._lock = threading.Lock()
        self._sockets: list[socket.socket] = []
        self._connections = 0
        self.deliveries: list[Delivery] = []

    def start(self) -> "Relay":
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def stop(self) -> None:
        for sock in [self._listener, *self._sockets]:
            try:
                sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            sock.close()

    def flights(self, connection: int) -> list[Delivery]:
        """A connection's deliveries; of those in a row in one direction, the last."""
        flights: list[Delivery] = []
        for delivery in self._of(connection):
            if delivery.direction == "open":
                continue
            if flights and flights[-1].direction == delivery.direction:
                flights.pop()
            flights.append(delivery)
        return flights

    def opened(self, connection: int) -> float:
        return self._of(connection)[0].time

    def connections(self) -> int:
        with self._lock:
            return self._connections

    def _of(self, connection: int) -> list[Delivery]:
        with self._lock:
            return [d for d in self.deliveries if d.connection == connection]

    def _note(self, connection: int, direction: str, size: int) -> None:
        with self._lock:
            self.deliveries.append(Delivery(time.monotonic(), connection, direction, size))

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            opened = time.monotonic()
            far = socket.create_connection(("127.0.0.1", self._target))
            with self._lock:
                self._connections += 1
                number = self._connections
                self._sockets += [near, far]
            self._note(number, "open", 0)
            self._pass_on(near, far, UP, number, opened + 2 * self._delay)
            self._pass_on(far, near, DOWN, number, opened)

    def _pass_on(
        self,
        source: socket.socket,
        sink: socket.socket,
        direction: str,
        number: int,
        not_before: float,
    ) -> None:
        waiting: queue.Queue[tuple[float, bytes]] = queue.Queue()
        for sock in (source, sink):
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

        def read() -> None:
            data = b"begun"
            while data:
                try:
                    data = source.recv(65536)
                except OSError:
                    data = b""
                waiting.put((max(time.monotonic(), not_before) + self._delay, data))

        def write() -> None:
            while True:
                due, data = waiting.get()
                time.sleep(max(0.0, due - time.monotonic()))
                try:
                    if not data:
                        sink.shutdown(socket.SHUT_WR)
                        return
                    self._note(number, direction, len(data))
                    sink.sendall(data)
                except OSError:
                    return

        threading.Thread(target=read, daemon=True).start()
        threading.Thread(target=write, daemon=True).start()


class BlackHole:
    """A port whose queue of connections is full, so that the kernel drops each further SYN."""

    def __init__(self, address: str, port: int = 0) -> None:
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        self._listener = socket.socket(family, socket.SOCK_STREAM)
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            self._listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        self._listener.bind((address, port))
        self._listener.listen(0)
        self.port: int = self._listener.getsockname()[1]
        self._fillers = []
        for _ in range(4):
            filler = socket.socket(family, socket.SOCK_STREAM)
            filler.setblocking(False)
            filler.connect_ex((address, self.port))
            self._fillers.append(filler)

    def stop(self) -> None:
        for sock in [*self._fillers, self._listener]:
            sock.close()
