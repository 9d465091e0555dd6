"""
handshakes.py - handshakes that are not as they should be, as rows for certificates.py.

Does      says of each how it is served and what the program must say of it.
Not here  the serving (server.py), other chains than a good one (tests/unit/make_chains.py).
Rules     RFC 5246, RFC 8446, RFC 5746 (renegotiation); the working folder has the certificates of make_chains.py.
"""

from __future__ import annotations

import ssl
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Callable, Protocol

from service.stream import End
from suites.server import (
    ANSWER, CERTIFICATE, ENDLESS, KEY_EXCHANGE, SERVER_HELLO, Edit, Interactive, Server, Serving, certificate_list, edit_one, record,
    without_extension,
)  # fmt: skip

TLS10, TLS11 = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
TLS12, TLS13 = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3
ILLEGAL_PARAMETER = b"\x15\x03\x03\x00\x02\x02\x2f"
SUPPORTED_VERSIONS = 43


class Live(Protocol):
    """What is being served."""

    port: int

    def close(self) -> None: ...


@dataclass
class Row:
    """One handshake."""

    title: str
    wanted: str                                                # a part of what the program says, or "good"
    start: Callable[[], Live]
    check: Callable[[Live], bool] | None = None                # of what the server has seen of the program
    also: str = ""                                             # what it may say instead: it depends on what the server does first
    why: str = ""                                              # and why curl's verdict is then another


def pem_chain(path: Path) -> list[bytes]:
    """The DER of each certificate of a file."""
    blocks = path.read_text().split("-----BEGIN CERTIFICATE-----")[1:]
    return [ssl.PEM_cert_to_DER_cert("-----BEGIN CERTIFICATE-----" + block.strip() + "\n") for block in blocks]


def good(**more: object) -> Serving:
    return Serving(Path("leaf_direct.pem").resolve(), Path("k5.key").resolve(), **more)  # type: ignore[arg-type]


def rsa(**more: object) -> Serving:
    return Serving(Path("leaf_rsa2048.pem").resolve(), Path("rsa2048.key").resolve(), **more)  # type: ignore[arg-type]


def edited(edit: Edit, **more: object) -> Serving:
    return good(versions=(TLS12, TLS12), edit=edit, **more)


def replaced(path: Path) -> Serving:
    """A chain sent in the place of the server's own."""
    return edited(edit_one(CERTIFICATE, lambda _: certificate_list(*pem_chain(path))))


def list_of(make: Callable[[bytes], bytes]) -> Edit:
    """The Certificate message made of the server's own certificate."""
    return edit_one(CERTIFICATE, lambda body: make(body[6 : 6 + int.from_bytes(body[3:6], "big")]))


def flip(at: int) -> Callable[[bytes], bytes]:
    def change(body: bytes) -> bytes:
        changed = bytearray(body)
        changed[at] ^= 1
        return bytes(changed)

    return change


def algorithm(number: bytes) -> Callable[[bytes], bytes]:
    """Another signature algorithm in a ServerKeyExchange: after curve type, curve, and the point with its length."""
    return lambda body: body[: 4 + body[3]] + number + body[6 + body[3] :]


def cipher(number: bytes) -> Callable[[bytes], bytes]:
    """Another cipher in a ServerHello: after version, random, and the session id with its length."""
    return lambda body: body[: 35 + body[34]] + number + body[37 + body[34] :]


def part(share: float) -> Callable[[bytes], bytes]:
    return lambda data: data[: max(1, int(len(data) * share))]


def refragmented(room: int) -> Callable[[bytes], bytes]:
    """The same messages in records of so many bytes."""

    def change(data: bytes) -> bytes:
        stream = b""
        while data:
            size = int.from_bytes(data[3:5], "big")
            stream, data = stream + data[5 : 5 + size], data[5 + size :]
        return b"".join(record(stream[at : at + room]) for at in range(0, len(stream), room))

    return change


def stopped_with_illegal_parameter(live: Live) -> bool:
    heard = live.serving.heard  # type: ignore[attr-defined]
    return bool(heard) and heard[0].startswith(ILLEGAL_PARAMETER)


def versions() -> list[Row]:
    only = {"TLS 1.0 only": (TLS10, TLS10, "TLS 1.2"), "TLS 1.1 only": (TLS11, TLS11, "TLS 1.2"), "TLS 1.0 and 1.1 only": (TLS10, TLS11, "TLS 1.2"),
            "TLS 1.2 only": (TLS12, TLS12, "good"), "TLS 1.3 only": (TLS13, TLS13, "good"), "any version": (TLS10, TLS13, "good")}  # fmt: skip
    hide = lambda hello: without_extension(hello, SUPPORTED_VERSIONS)  # noqa: E731
    sentinel = lambda body: body[:26] + b"DOWNGRD\x00" + body[34:]  # noqa: E731
    return [Row(title, wanted, lambda a=a, b=b: Server("127.0.0.1", good(versions=(a, b)))) for title, (a, b, wanted) in only.items()] + [
        Row("TLS 1.3 taken out of the ClientHello on the way", "the TLS handshake failed", lambda: Server("127.0.0.1", good(hello=hide)),
            stopped_with_illegal_parameter),
        Row("a TLS 1.2 ServerHello with the mark of a downgrade to TLS 1.1", "the TLS handshake failed",
            lambda: Server("127.0.0.1", edited(edit_one(SERVER_HELLO, sentinel))), stopped_with_illegal_parameter),
    ]  # fmt: skip


def ciphers() -> list[Row]:
    def row(title: str, wanted: str, words: str, serving: Callable[..., Serving] = good) -> Row:
        return Row(title, wanted, lambda: Server("127.0.0.1", serving(versions=(TLS12, TLS12), ciphers="@SECLEVEL=0:" + words)))

    return [
        row("RSA key transport only", "", "AES128-GCM-SHA256", rsa),
        row("DHE only", "", "DHE-RSA-AES128-GCM-SHA256", rsa),
        row("CBC only", "", "ECDHE-ECDSA-AES128-SHA"),
        row("no certificate at all (anonymous)", "", "aNULL"),
        row("no encryption", "", "eNULL"),
        row("ChaCha20 only", "good", "ECDHE-ECDSA-CHACHA20-POLY1305"),
        row("AES-256-GCM only", "good", "ECDHE-RSA-AES256-GCM-SHA384", rsa),
        Row("key agreement on P-384 only", "good", lambda: Server("127.0.0.1", good(group="secp384r1"))),
        Row("key agreement on P-521 only", "good", lambda: Server("127.0.0.1", good(group="secp521r1"))),
        Row("key agreement on P-192 only", "", lambda: Server("127.0.0.1", good(group="prime192v1"))),
        Row("key agreement on secp256k1 only", "", lambda: Server("127.0.0.1", good(group="secp256k1"))),
        Row("a cipher that was not offered", "the TLS handshake failed",
            lambda: Server("127.0.0.1", edited(edit_one(SERVER_HELLO, cipher(b"\x00\x9c"))))),
        Row("a cipher that nobody knows", "the TLS handshake failed",
            lambda: Server("127.0.0.1", edited(edit_one(SERVER_HELLO, cipher(b"\xfa\xfa"))))),
    ]  # fmt: skip


def signatures() -> list[Row]:
    def row(title: str, change: Callable[[bytes], bytes], kind: int = KEY_EXCHANGE) -> Row:
        return Row(title, "the TLS handshake failed", lambda: Server("127.0.0.1", edited(edit_one(kind, change))))

    return [
        row("the server's signature is spoilt", flip(-1)),
        row("the key that was signed is another", flip(10)),
        row("signed with SHA-1", algorithm(b"\x02\x03")),
        row("signed with MD5", algorithm(b"\x01\x03")),
        row("signed with an algorithm that nobody knows", algorithm(b"\xfa\xfa")),
        row("signed with an algorithm of another kind of key", algorithm(b"\x04\x01")),
        Row("another's certificate, the server has not got its key", "the TLS handshake failed",
            lambda: Server("127.0.0.1", replaced(Path("leaf_k6.pem")))),
    ]  # fmt: skip


def lists() -> list[Row]:
    def row(title: str, wanted: str, make: Callable[[bytes], bytes]) -> Row:
        return Row(title, wanted, lambda: Server("127.0.0.1", edited(list_of(make))))

    whole = certificate_list
    return [
        row("an empty list of certificates", "the TLS handshake failed", lambda _: whole()),
        row("an empty certificate", "", lambda _: whole(b"")),
        row("a certificate that is none", "", lambda _: whole(b"\x30\x03\x02\x01\x01")),
        row("a certificate of random bytes", "cannot be read", lambda der: whole(bytes(x ^ 0x5A for x in der))),
        row("a certificate cut in half", "cannot be read", lambda der: whole(der[: len(der) // 2])),
        row("a certificate with a byte too many", "cannot be read", lambda der: whole(der + b"\0")),
        row("a list that ends in a certificate", "", lambda der: (len(der) + 3).to_bytes(3, "big") + len(der).to_bytes(3, "big") + der[:-9]),
        row("a list that is longer than it says", "", lambda der: whole(der)[:2] + bytes([whole(der)[2] ^ 1]) + whole(der)[3:]),
        row("300 certificates", "more than 16 KiB", lambda der: whole(*[der] * 300)),
    ]


def cuts() -> list[Row]:
    def row(title: str, wanted: str, **more: object) -> Row:
        return Row(title, wanted, lambda: Server("127.0.0.1", good(**more)))

    both = {"TLS 1.2": (TLS12, TLS12), "TLS 1.3": (TLS13, TLS13)}
    found = [
        row(f"{name} cut off at {share:.0%} of what the server says first", "closed the connection" if share < 0.5 else "", versions=pair, raw=part(share), cut=True)
        for name, pair in both.items() for share in (0.0, 0.1, 0.5, 0.9, 1.0)
    ]  # fmt: skip
    for name, pair in both.items():
        found += [
            row(f"{name}, an answer without length, then close_notify", "good", versions=pair, answer=ENDLESS),
            row(f"{name}, an answer without length, then a bare end", "", versions=pair, answer=ENDLESS, end=End.FIN),
            row(f"{name}, an answer without length, then a reset", "", versions=pair, answer=ENDLESS, end=End.RESET),
            row(f"{name}, an answer that is cut, then close_notify", "", versions=pair, answer=ANSWER[:-9]),
            row(f"{name}, a byte of the first flight changed", "", versions=pair, raw=flip(-20)),
        ]
    return found + [
        row("TLS 1.2 in records of 100 bytes", "good", versions=(TLS12, TLS12), raw=refragmented(100)),
        row("TLS 1.2 in records of 1 byte", "the TLS handshake failed", versions=(TLS12, TLS12), raw=refragmented(1)),
        row("a record of more than 16 KiB", "", raw=lambda _: record(b"\2" * 20000)),
        row("an empty handshake record", "", raw=lambda data: record(b"") + data),
        row("plain HTTP", "answers without TLS (plain HTTP?)", plain=b"HTTP/1.1 400 Bad Request\r\n\r\n"),
        row("SSH", "answers without TLS", plain=b"SSH-2.0-OpenSSH_9.2\r\n"),
        row("nothing, then the end", "closed the connection when TLS was begun", plain=b""),
        row("an alert: handshake_failure", "", plain=record(b"\x02\x28", 21)),
        row("an alert: unrecognized_name", "", plain=record(b"\x02\x70", 21)),
    ]


def afterwards() -> list[Row]:
    """What a server may ask for once the handshake is over."""
    chain, key = Path("leaf_direct.pem").resolve(), Path("k5.key").resolve()

    def row(title: str, wanted: str, version: str, command: str, middle: bool = False, also: str = "", why: str = "") -> Row:
        return Row(title, wanted, lambda: Interactive(chain, key, version, command, middle), None, also, why)

    refusal = ("handshake_failure", "the program does not renegotiate; openssl ends the connection if it hears that before it has answered")
    return [
        row("TLS 1.2, renegotiation before the answer", "good", "-tls1_2", "r", False, *refusal),
        row("TLS 1.2, renegotiation in the middle of the answer", "good", "-tls1_2", "r", True, *refusal),
        row("TLS 1.3, new keys before the answer (KeyUpdate)", "a key update?", "-tls1_3", "k"),
        row("TLS 1.3, new keys in the middle of the answer (KeyUpdate)", "a key update?", "-tls1_3", "k", True),
        row("TLS 1.3, new keys of both sides (KeyUpdate)", "a key update?", "-tls1_3", "K"),
    ]


def make_other_leaf() -> None:
    """A good certificate for a key that the servers here have not got."""
    Path("k6.ext").write_text("subjectAltName=DNS:www.example.com\n")
    subprocess.run(
        ["openssl", "x509", "-new", "-subj", "/CN=www.example.com", "-set_serial", "9000", "-days", "400", "-out", "leaf_k6.pem",
         "-force_pubkey", "k6.pub", "-CA", "root.pem", "-CAkey", "k1.key", "-extfile", "k6.ext"],
        check=True, capture_output=True,
    )  # fmt: skip


def rows() -> list[Row]:
    make_other_leaf()
    return versions() + ciphers() + signatures() + lists() + cuts() + afterwards()
