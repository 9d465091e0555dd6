"""
test_framing.py - every way an answer can be framed, well and badly, for the token and for the
    release.

Rules     RFC 9112 2 to 7; contract 6.1, 6.3 and 6.10. The program is stricter than the RFC where
          leniency has been abused: no folding, one Content-Length, never beside Transfer-Encoding.
"""

import json

from harness import Scenario, each
from service import faults
from service.defender import DEVICE, OS_NOT_SUPPORTED, Machine, new_action
from service.faults import with_chunks, with_headers
from service.message import Answer, chunked
from service.stream import End

SMUGGLED = "66666666-0000-4000-8000-000000000000"


def split(body, line):
    """The body as one chunk whose size line is written by `line`."""
    return line(len(body)) + body + b"\r\n0\r\n\r\n"


GOOD = [
    ("Content-Length", with_headers("length", "Content-Length: SIZE")),
    ("names in other case", with_headers("case", "cOnTeNt-LENGTH: SIZE")),
    ("blanks around the length", with_headers("blanks", "Content-Length: \t SIZE \t")),
    ("chunked", with_chunks("chunked", lambda body: chunked(body, 100))),
    ("chunked byte by byte", with_chunks("single bytes", lambda body: chunked(body, 1))),
    ("chunked with extensions and trailers", faults.chunked_fully()),
    (
        "chunk size with capitals and zeros",
        with_chunks("000F", lambda body: split(body, lambda size: f"0000{size:X}\r\n".encode())),
    ),
    ("coding name in other case", with_chunks("case", lambda body: chunked(body, 100), "Chunked")),
    ("Connection: close with length", faults.connection_close()),
    ("Connection: close, bare FIN, with length", faults.connection_close(End.FIN)),
    ("no length, ended by close_notify", faults.unframed(End.NOTIFY)),
    (
        "HTTP/1.0 with length",
        with_headers("1.0", "Content-Length: SIZE", status_line="HTTP/1.0 STATUS OK"),
    ),
    (
        "no reason phrase",
        with_headers("no reason", "Content-Length: SIZE", status_line="HTTP/1.1 STATUS "),
    ),
    ("100 before the answer", faults.interim(100)),
    ("102 before the answer, three times", faults.interim(102, 3)),
    ("103 before the answer", faults.interim(103)),
    ("dripping", faults.drip(7, 0.002)),
    (
        "many headers",
        with_headers("many", *[f"X-{n}: {n}" for n in range(100)], "Content-Length: SIZE"),
    ),
    ("a long header", with_headers("long", "X-Long: " + "y" * 8000, "Content-Length: SIZE")),
    (
        "bytes after the answer",
        faults.followed_by(b"HTTP/1.1 500 Smuggled\r\nContent-Length: 0\r\n\r\n"),
    ),
]

# What cannot be understood: exit 14.
BAD = [
    (
        "two Content-Lengths, different",
        with_headers("two", "Content-Length: SIZE", "Content-Length: 3"),
    ),
    (
        "two Content-Lengths, the same",
        with_headers("twice", "Content-Length: SIZE", "Content-Length: SIZE"),
    ),
    ("Content-Length list", with_headers("list", "Content-Length: SIZE, SIZE")),
    ("Content-Length with sign", with_headers("sign", "Content-Length: +SIZE")),
    ("Content-Length negative", with_headers("negative", "Content-Length: -SIZE")),
    ("Content-Length in hex", with_headers("hex", "Content-Length: 0xSIZE")),
    ("Content-Length empty", with_headers("empty", "Content-Length:")),
    (
        "Content-Length beyond 64 bits",
        with_headers("wraps", "Content-Length: 18446744073709551620"),
    ),
    (
        "Content-Length with chunked",
        with_headers("both", "Content-Length: SIZE", "Transfer-Encoding: chunked"),
    ),
    ("chunk size is no number", with_chunks("xyz", lambda body: b"xyz\r\n" + body, end=End.NOTIFY)),
    ("chunk size empty", with_chunks("empty", lambda body: b"\r\n" + body, end=End.NOTIFY)),
    (
        "chunk size beyond 64 bits",
        with_chunks(
            "wraps",
            lambda body: split(body, lambda size: f"1{size:016x}\r\n".encode()),
            end=End.NOTIFY,
        ),
    ),
    (
        "chunk size with 0x",
        with_chunks(
            "0x", lambda body: split(body, lambda size: f"0x{size:x}\r\n".encode()), end=End.NOTIFY
        ),
    ),
    (
        "chunk size with sign",
        with_chunks(
            "-1", lambda body: split(body, lambda size: f"-{size:x}\r\n".encode()), end=End.NOTIFY
        ),
    ),
    (
        "chunk without its line end",
        with_chunks(
            "no CRLF",
            lambda body: f"{len(body):x}\r\n".encode() + body + b"0\r\n\r\n",
            end=End.NOTIFY,
        ),
    ),
    (
        "coding nobody offered",
        with_chunks("gzip", lambda body: chunked(body, 100), "gzip, chunked", End.NOTIFY),
    ),
    (
        "chunked twice",
        with_chunks("twice", lambda body: chunked(body, 100), "chunked, chunked", End.NOTIFY),
    ),
    (
        "chunked in HTTP/1.0",
        with_headers("1.0", "Transfer-Encoding: chunked", status_line="HTTP/1.0 STATUS OK"),
    ),
    ("folded header", with_headers("folded", "X-Folded: one\r\n two", "Content-Length: SIZE")),
    ("NUL in a header", with_headers("NUL", "X-Nul: a\0b", "Content-Length: SIZE")),
    ("NUL in a header's name", with_headers("NUL", "X-\0Nul: ab", "Content-Length: SIZE")),
    (
        "bare CR in a header",
        with_headers("CR", "X-Cr: a\rContent-Length: 3", "Content-Length: SIZE"),
    ),
    ("blank before the colon", with_headers("blank", "Content-Length : SIZE")),
    ("header without a colon", with_headers("no colon", "Content-Length", "Content-Length: SIZE")),
    (
        "status with two digits",
        with_headers("20", "Content-Length: SIZE", status_line="HTTP/1.1 20 OK"),
    ),
    (
        "status with four digits",
        with_headers("2001", "Content-Length: SIZE", status_line="HTTP/1.1 2001 OK"),
    ),
    (
        "HTTP/2 status line",
        with_headers("h2", "Content-Length: SIZE", status_line="HTTP/2 STATUS OK"),
    ),
    ("not HTTP", with_headers("ssh", "Content-Length: SIZE", status_line="SSH-2.0-OpenSSH_9.2")),
    ("101", faults.switching_protocols()),
    ("204", faults.no_content()),
    ("garbage", faults.garbage()),
    ("HTML with 200", faults.html_page(200)),
    ("HTML with 502", faults.html_page(502)),
    ("huge head", faults.huge_head()),
    ("huge field", faults.huge_field()),
    ("huge body", faults.huge_body()),
    ("huge chunked body", faults.huge_chunked_body()),
    ("interim answers without end", faults.endless_interim()),
    (
        "compressed although nobody asked",
        with_headers("gzip", "Content-Encoding: gzip", "Content-Length: SIZE"),
    ),
]

# What ends too early: exit 7.
CUT = [
    ("no length, ended by bare FIN", faults.unframed(End.FIN)),
    ("no length, ended by reset", faults.unframed(End.RESET)),
    ("length longer than the body", with_headers("long", "Content-Length: 4000")),
    (
        "chunks without the last",
        with_chunks("no last", lambda body: chunked(body, 100)[:-5], end=End.NOTIFY),
    ),
    (
        "chunks without the trailer's end",
        with_chunks("no end", lambda body: chunked(body, 100)[:-2], end=End.NOTIFY),
    ),
    ("HTTP/1.0 without length, bare FIN", faults.cut(60)),
]


class TokenAnswer(Scenario):
    @each(GOOD)
    def test_understood(self, fault):
        self.service.login.fail(fault)
        self.assert_exit(self.release(), 0)
        self.assertEqual((self.token_requests(), self.posts()), (1, 1))

    @each(BAD)
    def test_not_understood(self, fault):
        self.service.login.fail(fault, times=99)
        self.assert_exit(self.release("--retries", "0"), 14)
        self.assertEqual(self.posts(), 0)

    @each(CUT)
    def test_cut_off(self, fault):
        self.service.login.fail(fault, times=99)
        self.assert_exit(self.release("--retries", "0"), 7)
        self.assertEqual(self.posts(), 0)


class ReleaseAnswer(Scenario):
    @each(GOOD)
    def test_understood(self, fault):
        self.service.api.fail(fault)
        result = self.release("--json")
        self.assert_exit(result, 0)
        self.assertEqual(result.json[0]["result"], "accepted")
        self.assertEqual(result.json[0]["actionId"], self.service.defender.actions[0]["id"])
        self.assertEqual(self.posts(), 1)

    @each(BAD)
    def test_not_understood(self, fault):
        self.service.api.fail(fault, times=99)
        result = self.release("--retries", "0", "--json")
        self.assert_exit(result, 14)
        self.assertEqual(result.json[0]["result"], "error")
        self.assertLessEqual(self.posts(), 2)

    @each(CUT)
    def test_cut_off(self, fault):
        self.service.api.fail(fault, times=99)
        self.assert_exit(self.release("--retries", "0"), 7)
        self.assertLessEqual(self.posts(), 2)


class Body(Scenario):
    """JSON that is none, or is not what was asked for."""

    TOKEN_ANSWERS = [
        ("empty", b""),
        ("no object", b'["access_token"]'),
        ("no token", b'{"token_type":"Bearer","expires_in":3599}'),
        ("token is null", b'{"token_type":"Bearer","access_token":null}'),
        ("token is empty", b'{"token_type":"Bearer","access_token":""}'),
        ("token is a number", b'{"token_type":"Bearer","access_token":12345678}'),
        ("line end in the token", b'{"token_type":"Bearer","access_token":"abc\\r\\nX-Evil: 1"}'),
        ("NUL in the token", b'{"token_type":"Bearer","access_token":"abc\\u0000def"}'),
        ("blank in the token", b'{"token_type":"Bearer","access_token":"abc def"}'),
        ("not ASCII in the token", '{"token_type":"Bearer","access_token":"abcé"}'.encode()),
        ("other type of token", b'{"token_type":"pop","access_token":"abcdefgh"}'),
        ("cut JSON", b'{"token_type":"Bearer","access_token":"abcdefgh"'),
        ("bytes after the JSON", b'{"token_type":"Bearer","access_token":"abcdefgh"} x'),
        ("no UTF-8", b'{"token_type":"Bearer","x":"\xff","access_token":"abcdefgh"}'),
        (
            "nested deeply",
            b'{"x":' + b"[" * 100000 + b"]" * 100000 + b',"access_token":"abcdefgh"}',
        ),
    ]
    RELEASE_ANSWERS = [
        ("empty", b""),
        ("no object", b"[]"),
        ("text", b"accepted"),
        ("cut JSON", b'{"id":"1"'),
        ("nested deeply", b'{"id":' + b"[" * 100000),
        ("no UTF-8", b'{"id":"\xff"}'),
        (
            "an action of another device",
            b'{"id":"3f1c9f5e-0000-4000-8000-000000000001","type":"Unisolate",'
            b'"status":"Pending","machineId":"' + b"a" * 40 + b'"}',
        ),
    ]

    @staticmethod
    def answer(status, body):
        return faults.raw(
            "another body",
            b"HTTP/1.1 %d OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"
            % (status, len(body), body),
            None,
        )

    @each(TOKEN_ANSWERS)
    def test_token_answer(self, body):
        self.service.login.fail(self.answer(200, body), times=99)
        self.assert_exit(self.release("--retries", "0"), 14)
        self.assertEqual(self.posts(), 0)

    @each(RELEASE_ANSWERS)
    def test_release_answer(self, body):
        self.service.api.fail(self.answer(201, body), times=99)
        self.assert_exit(self.release("--retries", "0"), 14)

    def test_unknown_members_and_values_do_no_harm(self):
        body = (
            b"\r\n"
            b' {"new":{"deep":[1,2.5e3,true,null,"\\ud83d\\ude00"]},'
            b'"id":"3f1c9f5e-0000-4000-8000-000000000001",'
            b'"type":"UNISOLATE","status":"Brewing","machineId":"'
            + DEVICE.upper().encode()
            + b'"}\n'
        )
        self.service.api.fail(self.answer(201, body))
        result = self.release("--json")
        self.assert_exit(result, 0)
        self.assertEqual(result.json[0]["actionId"], "3f1c9f5e-0000-4000-8000-000000000001")
        self.assertIsNone(result.json[0]["computerDnsName"])

    STATUSES = [("400", 400, 11), ("401", 401, 5), ("403", 403, 6), ("404", 404, 3)]

    @each(STATUSES)
    def test_error_without_a_body_has_its_exit_code(self, status, code):
        self.service.api.fail(faults.answer_of(Answer(status)))
        self.assert_exit(self.release_with_token(self.service.entra.issue()), code)

    @each(STATUSES)
    def test_error_page_of_a_proxy_is_no_word_of_the_api(self, status, _code):
        self.service.api.fail(faults.html_page(status))
        result = self.release_with_token(self.service.entra.issue())
        self.assert_exit(result, 14)
        self.assert_says(result, str(status))


class Smuggling(Scenario):
    """Bytes that come before they are asked for belong to nobody."""

    def smuggled(self, machine_id):
        body = json.dumps({**new_action(Machine(machine_id), "smuggled"), "id": SMUGGLED}).encode()
        return b"HTTP/1.1 201 Created\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)

    def test_answer_that_was_sent_ahead_is_not_taken_for_the_next_device(self):
        devices = [f"{number:040x}" for number in range(1, 25)]
        for name, after in zip(devices, devices[4:] + devices[:4]):
            self.service.defender.add(name)
            self.service.api.fail(faults.followed_by(self.smuggled(after)), 1, name)
        result = self.release("--json", devices=devices)
        self.assert_exit(result, 0)
        self.assertEqual(
            {row["machineId"]: row["actionId"] for row in result.json},
            {action["machineId"]: action["id"] for action in self.service.defender.actions},
        )
        self.assertEqual(self.posts(), len(devices))

    def test_answer_that_was_sent_before_any_request(self):
        self.service.login.fail(faults.late(0.3))
        self.service.api.fail(faults.unasked_answer(self.smuggled(DEVICE)))
        result = self.release("--retries", "0")
        self.assert_exit(result, 0)
        self.assertIn(self.service.defender.actions[0]["id"], result.out)
        self.assertNotIn(SMUGGLED, result.out)


class EarlyAnswer(Scenario):
    def test_error_before_the_body_was_read(self):
        self.service.api.fail(faults.early_answer(OS_NOT_SUPPORTED.answer()))
        self.assert_exit(self.release(), 11)
