"""
faults.py - what a service, a proxy or a network can do wrong, as scripts that the server plays.

Does      one function a fault; each gives a Fault that server.fail() puts before a number of
          requests.
Not here  playing the scripts (server.py); which fault leads to which exit code (tests/scenarios/).
Rules     RFC 9112 6 and 7 (framing), 9.3 (closing), RFC 9110 15.2 (interim answers).
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Callable, Union

from service.message import Answer, chunked, head
from service.stream import End


class Stage(enum.Enum):
    """When a fault strikes."""

    ACCEPT = "before TLS"
    READY = "after the handshake, before a request"
    HEAD = "after a request's head, before its body is read"
    ANSWER = "in place of the answer"


@dataclass(frozen=True)
class Send:
    data: bytes


@dataclass(frozen=True)
class Pause:
    seconds: float


@dataclass(frozen=True)
class Stall:
    """Nothing more, until the peer leaves or the service stops."""


Step = Union[Send, Pause, Stall, End]


@dataclass(frozen=True)
class Fault:
    """A script and when it is played.

    processed  the service does what the request asks before the fault strikes
    """

    name: str
    stage: Stage
    script: Callable[[Answer], list[Step]]
    processed: bool = True


def _connection(name: str, *steps: Step, stage: Stage = Stage.ACCEPT) -> Fault:
    return Fault(name, stage, lambda _answer: list(steps), processed=False)


def _instead(name: str, *steps: Step, stage: Stage = Stage.ANSWER) -> Fault:
    return Fault(name, stage, lambda _answer: list(steps), processed=False)


def _rewritten(name: str, rewrite: Callable[[Answer], bytes], end: End | None = None) -> Fault:
    def script(answer: Answer) -> list[Step]:
        return [Send(rewrite(answer))] + ([end] if end else [])

    return Fault(name, Stage.ANSWER, script)


# ---- the connection ----


def reset_on_accept() -> Fault:
    return _connection("reset on accept", End.RESET)


def close_on_accept() -> Fault:
    return _connection("closed on accept", End.FIN)


def stall_on_accept() -> Fault:
    return _connection("handshake stalls", Stall())


def plain_answer_on_accept() -> Fault:
    """What a plain HTTP server says to a ClientHello."""
    page = b"<html>Bad Request</html>"
    answer = head(
        ["HTTP/1.1 400 Bad Request", "Content-Type: text/html", f"Content-Length: {len(page)}"]
    )
    return _connection("plain HTTP on the port", Send(answer + page), End.FIN)


def garbage_on_accept() -> Fault:
    return _connection("garbage instead of TLS", Send(bytes(range(7, 256)) * 4), End.FIN)


def close_when_ready(how: End = End.NOTIFY) -> Fault:
    return _connection(f"closed after the handshake: {how.value}", how, stage=Stage.READY)


def unasked_answer(data: bytes) -> Fault:
    """An answer before any request; then the connection goes on as if nothing were wrong."""
    return _connection("answers before it is asked", Send(data), stage=Stage.READY)


# ---- no answer ----


def reset() -> Fault:
    return _instead("reset before it is processed", End.RESET)


def reset_after_processing() -> Fault:
    return Fault("reset after it was processed", Stage.ANSWER, lambda _answer: [End.RESET])


def close_without_answer(how: End = End.NOTIFY) -> Fault:
    return _instead(f"closed without an answer: {how.value}", how)


def stall() -> Fault:
    return Fault("stalls after it was processed", Stage.ANSWER, lambda _answer: [Stall()])


def stall_within_answer(sent: int) -> Fault:
    return Fault(
        f"stalls after {sent} bytes of the answer",
        Stage.ANSWER,
        lambda answer: [Send(answer.wire()[:sent]), Stall()],
    )


def cut(size: int, how: End = End.FIN) -> Fault:
    """At least the last byte of the answer is missing."""

    def script(answer: Answer) -> list[Step]:
        wire = answer.wire()
        return [Send(wire[: min(size, len(wire) - 1)]), how]

    return Fault(f"cut after {size} bytes: {how.value}", Stage.ANSWER, script)


def huge_body_then_stall(size: int) -> Fault:
    """Headers promise one byte more than what is sent."""
    return Fault(
        f"stalls after {size} bytes of body",
        Stage.ANSWER,
        lambda answer: [
            Send(head(answer.head_lines() + [f"Content-Length: {size + 1}"]) + b" " * size),
            Stall(),
        ],
    )


# ---- slow ----


def late(seconds: float) -> Fault:
    return Fault(
        f"answers after {seconds} s",
        Stage.ANSWER,
        lambda answer: [Pause(seconds), Send(answer.wire())],
    )


def drip(size: int, seconds: float) -> Fault:
    """The answer, `size` bytes at a time."""

    def script(answer: Answer) -> list[Step]:
        wire = answer.wire()
        parts = [wire[at : at + size] for at in range(0, len(wire), size)]
        return [step for part in parts for step in (Send(part), Pause(seconds))]

    return Fault(f"drips {size} bytes every {seconds} s", Stage.ANSWER, script)


# ---- too much ----


def huge_head(size: int = 1 << 20) -> Fault:
    lines = [f"X-Filler-{n}: {'x' * 1000}" for n in range(size // 1000)]
    return _rewritten(
        "huge head",
        lambda answer: head(answer.head_lines() + lines + [f"Content-Length: {len(answer.body)}"])
        + answer.body,
    )


def huge_field(size: int = 1 << 20) -> Fault:
    return _rewritten(
        "huge field", lambda answer: head(answer.head_lines() + [f"X-Filler: {'x' * size}"])
    )


def huge_body(size: int = 6 << 20) -> Fault:
    """White space in front of the JSON: well-formed, only too much."""

    def rewrite(answer: Answer) -> bytes:
        return (
            head(answer.head_lines() + [f"Content-Length: {size + len(answer.body)}"])
            + b" " * size
            + answer.body
        )

    return _rewritten("huge body", rewrite)


def huge_chunked_body(size: int = 6 << 20) -> Fault:
    return _rewritten(
        "huge chunked body",
        lambda answer: head(answer.head_lines() + ["Transfer-Encoding: chunked"])
        + chunked(b" " * size + answer.body, 65536),
    )


def endless_interim(count: int = 20000) -> Fault:
    return _rewritten(
        "interim answers without end",
        lambda answer: head(["HTTP/1.1 102 Processing"]) * count + answer.wire(),
    )


# ---- not what was asked for ----


def raw(name: str, data: bytes, end: End | None = End.NOTIFY) -> Fault:
    steps: list[Step] = [Send(data)] + ([end] if end else [])
    return Fault(name, Stage.ANSWER, lambda _answer: steps)


def garbage() -> Fault:
    return raw("garbage bytes", bytes(range(256)) * 8)


def html_page(status: int) -> Fault:
    page = b"<!DOCTYPE html><html><body><h1>Blocked by the proxy</h1></body></html>"
    lines = [
        f"HTTP/1.1 {status} Blocked",
        "Content-Type: text/html",
        f"Content-Length: {len(page)}",
    ]
    return _instead(f"HTML page with {status}", Send(head(lines) + page))


def redirect(status: int, location: str) -> Fault:
    lines = [f"HTTP/1.1 {status} Moved", f"Location: {location}", "Content-Length: 0"]
    return _instead(f"redirect {status}", Send(head(lines)))


def switching_protocols() -> Fault:
    lines = ["HTTP/1.1 101 Switching Protocols", "Connection: Upgrade", "Upgrade: h2c"]
    return _instead("101", Send(head(lines)), End.NOTIFY)


def no_content() -> Fault:
    return _instead("204", Send(head(["HTTP/1.1 204 No Content"])))


def answer_of(answer: Answer) -> Fault:
    """This answer in place of the service's own, without doing what was asked."""
    return _instead(f"answers {answer.status}", Send(answer.wire()))


def processed_but_500(end: End | None) -> Fault:
    """The service has done it, and says that it broke."""
    wire = Answer(500).wire()
    return _rewritten("500 although it was processed", lambda _answer: wire, end)


# ---- framing ----


def with_headers(name: str, *lines: str, status_line: str | None = None) -> Fault:
    """The answer's own status and body, framed by these lines alone; SIZE is the body's size."""

    def rewrite(answer: Answer) -> bytes:
        own = answer.head_lines()
        sized = [line.replace("SIZE", str(len(answer.body))) for line in lines]
        first = status_line.replace("STATUS", str(answer.status)) if status_line else own[0]
        return head([first] + own[1:] + sized) + answer.body

    return _rewritten(name, rewrite, End.NOTIFY)


def with_chunks(
    name: str, body: Callable[[bytes], bytes], coding: str = "chunked", end: End | None = None
) -> Fault:
    """The answer with Transfer-Encoding and these bytes for its body."""
    return _rewritten(
        name,
        lambda answer: head(answer.head_lines() + [f"Transfer-Encoding: {coding}"])
        + body(answer.body),
        end,
    )


def chunked_fully() -> Fault:
    return with_chunks(
        "chunks with extensions and trailers",
        lambda body: chunked(body, 17, ';name="a;b"', "X-Trailer: 1\r\nExpires: never\r\n"),
    )


def unframed(how: End) -> Fault:
    """Neither length nor chunks: the body lasts until the connection ends."""
    return _rewritten(
        f"no length, ended by {how.value}",
        lambda answer: head(answer.head_lines() + ["Connection: close"]) + answer.body,
        how,
    )


def interim(status: int, count: int = 1) -> Fault:
    note = head([f"HTTP/1.1 {status} Wait", "Link: </style.css>; rel=preload"])
    return _rewritten(
        f"{count} times {status} before the answer", lambda answer: note * count + answer.wire()
    )


def connection_close(how: End = End.NOTIFY) -> Fault:
    return _rewritten(
        f"Connection: close, then {how.value}",
        lambda answer: head(
            answer.head_lines() + ["Connection: close", f"Content-Length: {len(answer.body)}"]
        )
        + answer.body,
        how,
    )


def then_close(how: End) -> Fault:
    """A whole answer that promises a kept connection, which then ends."""
    return _rewritten(f"kept connection ends: {how.value}", lambda answer: answer.wire(), how)


def answer_then_close(answer: Answer, how: End) -> Fault:
    """This answer, without doing what was asked, and then the connection ends."""
    return _instead(f"answers {answer.status}, then {how.value}", Send(answer.wire()), how)


def followed_by(extra: bytes) -> Fault:
    """The answer, and bytes nobody asked for in the same write."""
    return _rewritten("bytes after the answer", lambda answer: answer.wire() + extra)


def early_answer(answer: Answer) -> Fault:
    """This answer is sent before the request's body has been read."""
    return _instead("answers before the request is finished", Send(answer.wire()), stage=Stage.HEAD)
