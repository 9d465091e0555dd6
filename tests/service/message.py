"""
message.py - one HTTP request as received, one answer as it will be sent.

Does      reads a request strictly, naming each thing a careful server would refuse; turns an answer
          into bytes.
Not here  sockets (stream.py), the loop (server.py), broken answers (faults.py).
Limits    HEAD_MAX bytes of head, BODY_MAX of body.
Rules     RFC 9110 5, 7.2, 8.6; RFC 9112 2 to 6.
"""

from __future__ import annotations

import http
import json
import re
from dataclasses import dataclass, field
from typing import Callable

HEAD_MAX = 65536
BODY_MAX = 1 << 20

REQUEST_LINE = re.compile(rb"([A-Z]+) (/[!-~]*) HTTP/1\.1")
HEADER_LINE = re.compile(
    rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*((?:[!-~](?:[ -~\t]*[!-~])?)?)[ \t]*"
)


class Violation(Exception):
    """The program sent what it must not send."""


@dataclass(frozen=True)
class Request:
    """One request, complete."""

    method: str
    target: str
    headers: tuple[tuple[str, str], ...]
    body: bytes = b""
    connection: int = 0
    tls_version: str | None = None
    server_name: str | None = None
    family: str = ""

    def header(self, name: str) -> str | None:
        """The value of a header; names have no case."""
        for key, value in self.headers:
            if key.lower() == name.lower():
                return value
        return None


@dataclass
class Answer:
    """One answer, before it is bytes. chunk_size 0: framed by Content-Length."""

    status: int
    body: bytes = b""
    headers: list[tuple[str, str]] = field(default_factory=list)
    chunk_size: int = 0
    violation: str | None = None

    def head_lines(self) -> list[str]:
        """The status line and the headers that say nothing of framing."""
        reason = http.HTTPStatus(self.status).phrase if self.status < 600 else ""
        return [f"HTTP/1.1 {self.status} {reason}"] + [
            f"{name}: {value}" for name, value in self.headers
        ]

    def wire(self) -> bytes:
        """The bytes of a well-formed answer."""
        if self.chunk_size:
            return head(self.head_lines() + ["Transfer-Encoding: chunked"]) + chunked(
                self.body, self.chunk_size
            )
        return head(self.head_lines() + [f"Content-Length: {len(self.body)}"]) + self.body


def json_answer(
    status: int,
    value: object,
    headers: tuple[tuple[str, str], ...] = (),
    chunk_size: int = 0,
    violation: str | None = None,
) -> Answer:
    """An answer that carries JSON, with the headers the real services send."""
    common = [
        ("Content-Type", "application/json; charset=utf-8"),
        ("Cache-Control", "no-store"),
        ("Strict-Transport-Security", "max-age=31536000; includeSubDomains"),
    ]
    return Answer(status, json.dumps(value).encode(), common + list(headers), chunk_size, violation)


def head(lines: list[str]) -> bytes:
    """Lines as the head of a message, the empty line included."""
    return "".join(line + "\r\n" for line in lines + [""]).encode("latin-1")


def chunked(body: bytes, size: int, extension: str = "", trailers: str = "") -> bytes:
    """A body in chunks of `size` bytes."""
    parts = [body[at : at + size] for at in range(0, len(body), size)]
    chunks = [f"{len(part):x}{extension}\r\n".encode() + part + b"\r\n" for part in parts]
    return b"".join(chunks) + f"0{extension}\r\n{trailers}\r\n".encode()


class RequestReader:
    """Reads requests from one connection, one after the other."""

    def __init__(self, receive: Callable[[], bytes], hosts: set[str]) -> None:
        self._receive, self._hosts, self._kept = receive, hosts, b""

    def read_head(self) -> Request | None:
        """The next request without its body; None when the peer has left. Raises Violation."""
        while b"\r\n\r\n" not in self._kept:
            data = self._receive()
            if not data:
                if self._kept:
                    raise Violation(f"connection ended within a request head: {self._kept[:80]!r}")
                return None
            self._kept += data
            if len(self._kept) > HEAD_MAX:
                raise Violation("request head too large")
        raw, self._kept = self._kept.split(b"\r\n\r\n", 1)
        return self._check(raw)

    def read_body(self, request: Request) -> bytes:
        """The body that goes with a head. Raises Violation."""
        size = int(request.header("Content-Length") or "0")
        while len(self._kept) < size:
            data = self._receive()
            if not data:
                raise Violation(
                    f"connection ended within a body: {len(self._kept)} of {size} bytes"
                )
            self._kept += data
        if len(self._kept) > size:
            raise Violation(f"bytes after the request: {self._kept[size:size + 40]!r}")
        body, self._kept = self._kept, b""
        return body

    def _check(self, raw: bytes) -> Request:
        lines = raw.split(b"\r\n")
        line = REQUEST_LINE.fullmatch(lines[0])
        if not line:
            raise Violation(f"request line: {lines[0][:100]!r}")
        headers = []
        for text in lines[1:]:
            match = HEADER_LINE.fullmatch(text)
            if not match:
                raise Violation(f"header line: {text[:100]!r}")
            headers.append((match[1].decode(), match[2].decode()))
        request = Request(line[1].decode(), line[2].decode(), tuple(headers))
        self._check_headers(request)
        return request

    def _check_headers(self, request: Request) -> None:
        names = [name.lower() for name, _ in request.headers]
        for name in names:
            if names.count(name) > 1:
                raise Violation(f"header sent twice: {name}")
        if request.header("Host") not in self._hosts:
            raise Violation(f"Host: {request.header('Host')}")
        for name in ("transfer-encoding", "expect", "upgrade", "te", "trailer"):
            if name in names:
                raise Violation(f"header not wanted: {name}")
        if request.header("Accept-Encoding") not in (None, "identity"):
            raise Violation(f"Accept-Encoding: {request.header('Accept-Encoding')}")
        length = request.header("Content-Length")
        if request.method == "POST" and length is None:
            raise Violation("POST without Content-Length")
        if length is not None and (
            not re.fullmatch("0|[1-9][0-9]{0,6}", length) or int(length) > BODY_MAX
        ):
            raise Violation(f"Content-Length: {length}")
