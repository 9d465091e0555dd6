"""
test_harness.py - the checks of the harness themselves: each is shown something wrong and must see
    it.
"""

import base64
import json
import sys
import urllib.parse

from harness import (
    ERROR_MEMBERS,
    RELEASE_MEMBERS,
    REQUEST_MEMBERS,
    STATUS_MEMBERS,
    Result,
    Scenario,
    each,
)
from service.message import RequestReader, Violation


class Checks(Scenario):
    def assert_seen(self, exit_code=0, out="", err="", *options):
        with self.assertRaises(AssertionError):
            self.check(Result(["program", *options], exit_code, out, err, 0.0))

    def row(self, **changes):
        return (
            json.dumps(
                {**{name: None for name in RELEASE_MEMBERS}, "result": "accepted", **changes}
            )
            + "\n"
        )

    def test_good_run_passes(self):
        self.check(Result(["program"], 0, f"accepted  {'a' * 40}\n", "", 0.0))
        self.check(Result(["program"], 3, "", "unisolate: a: not found\nadvice: look\n", 0.0))
        self.check(Result(["program", "--json"], 0, self.row(), "", 0.0))

    @each(
        [
            ("as it is", str),
            ("percent-encoded", lambda s: urllib.parse.quote(s, safe="")),
            ("form", urllib.parse.quote_plus),
            ("base64", lambda s: base64.b64encode(s.encode()).decode()),
            (
                "base64 after other bytes",
                lambda s: base64.b64encode(b"id:" + s.encode() + b"xx").decode(),
            ),
            ("base64 after one byte", lambda s: base64.b64encode(b"x" + s.encode()).decode()),
            ("base64url", lambda s: base64.urlsafe_b64encode(b"xx" + s.encode()).decode()),
            ("JSON", lambda s: json.dumps(s)),
            ("first half", lambda s: s[: len(s) // 2]),
            ("second half", lambda s: s[len(s) // 2 :]),
        ]
    )
    def test_secret_is_seen(self, form):
        self.assert_seen(0, "", form(self.service.entra.secret))
        self.assert_seen(0, form(self.service.entra.secret), "")

    def test_token_is_seen(self):
        token = self.service.entra.issue()
        self.assert_seen(0, "", token)
        self.assert_seen(0, "", token.split(".")[2])
        self.assert_seen(0, "", token.split(".")[1])

    @each(
        [
            ("unknown code", 99, "", "unisolate: x: y\n"),
            ("killed", -9, "", "unisolate: x: y\n"),
            ("no line", 7, "", ""),
            ("line on the wrong side", 7, "unisolate: x: y\n", ""),
            ("trace on standard output", 0, "> POST / HTTP/1.1\n", ""),
            ("escape", 0, "\x1b[31m\n", ""),
            ("bell", 0, "", "\x07"),
            ("carriage return", 0, "a\r\n", ""),
            ("C1", 0, "\x9b\n", ""),
            ("override", 0, "", "\u202e"),
            ("isolate", 0, "", "\u2066"),
            ("no UTF-8", 0, "\udcff", ""),
        ]
    )
    def test_plain_run(self, exit_code, out, err):
        self.assert_seen(exit_code, out, err)

    def test_json(self):
        for line in (
            self.row(result="fine"),
            self.row(error={}),
            '{"input":null}\n',
            "[]\n",
            self.row(error=dict.fromkeys(ERROR_MEMBERS, 0)),
            '{"event":"x","result":"accepted"}\n',
        ):
            with self.subTest(line=line):
                self.assert_seen(0, line, "", "--json")
        for line in ("text\n", '{"a":1,"a":2}\n'):
            with self.subTest(line=line), self.assertRaises(ValueError):
                self.check(Result(["program", "--json"], 0, line, "", 0.0))

    def assert_shape(self, word, row, good):
        """Whether the harness lets this row of this command pass."""
        result = Result(["program", word, "--json"], 0, json.dumps(row) + "\n", "", 0.0)
        if good:
            self.check(result)
        else:
            with self.assertRaises(AssertionError):
                self.check(result)

    def test_json_of_the_other_commands(self):
        status = {**dict.fromkeys(STATUS_MEMBERS), "isolation": "isolated", "input": "a"}
        cancel = {**dict.fromkeys(RELEASE_MEMBERS), "result": "ended", "input": "a"}
        planned = {**dict.fromkeys(RELEASE_MEMBERS), "result": "planned", "input": "a"}
        request = dict.fromkeys(REQUEST_MEMBERS)
        for word, row, good in (
            ("status", status, True),
            ("status", {**status, "isolation": "free"}, False),
            ("status", {k: v for k, v in status.items() if k != "actionType"}, False),
            ("status", cancel, False),
            ("cancel", cancel, True),
            ("cancel", {**cancel, "result": "accepted"}, False),
            ("release", cancel, False),
            ("release", planned, False),
            ("release", {**planned, "request": request}, True),
            ("release", {**planned, "request": {"url": ""}}, False),
            ("release", {**planned, "result": "accepted", "request": request}, False),
            ("find", {"input": "a", "anything": 1}, True),
            ("find", {"anything": 1}, False),
            ("find", {"input": "a", "error": {"name": "x"}}, False),
            ("release", {**planned, "result": "ambiguous", "candidates": [{"id": 1}]}, False),
        ):
            with self.subTest(word=word, row=row):
                self.assert_shape(word, row, good)

    def test_program_that_does_not_end_is_killed(self):
        self.program, self.verbose = sys.executable, False
        running = self.start_program("-c", "import time; time.sleep(60)")
        with self.assertRaises(AssertionError):
            running.finish(0.3)
        self.assertIsNotNone(running.process.poll())


class StrictRequests(Scenario):
    """The service sees what a lenient one would let pass."""

    GOOD = b"POST /x HTTP/1.1\r\nHost: localhost:1\r\nContent-Length: 2\r\n\r\nab"

    def read(self, data):
        parts = [data]
        reader = RequestReader(lambda: parts.pop() if parts else b"", {"localhost:1"})
        return reader.read_body(reader.read_head())

    def test_good_request(self):
        self.assertEqual(self.read(self.GOOD), b"ab")

    @each(
        [
            ("HTTP/1.0", b"1.1", b"1.0"),
            ("absolute form", b"POST /x", b"POST https://localhost:1/x"),
            ("bare LF", b"1.1\r\n", b"1.1\n"),
            ("no Host", b"Host: localhost:1\r\n", b""),
            ("other Host", b"localhost:1", b"localhost:2"),
            ("Host twice", b"Host: localhost:1\r\n", b"Host: localhost:1\r\n" * 2),
            ("blank before the colon", b"Host:", b"Host :"),
            ("control character", b"localhost:1\r\n", b"localhost:1\r\nX: a\x01b\r\n"),
            ("chunked", b"Content-Length: 2", b"Transfer-Encoding: chunked"),
            ("no length", b"Content-Length: 2\r\n", b""),
            ("length with sign", b"Length: 2", b"Length: +2"),
            ("length too small", b"Length: 2", b"Length: 1"),
            ("length too large", b"Length: 2", b"Length: 3"),
            ("gzip", b"\r\n\r\n", b"\r\nAccept-Encoding: gzip\r\n\r\n"),
            ("Expect", b"\r\n\r\n", b"\r\nExpect: 100-continue\r\n\r\n"),
        ]
    )
    def test_is_seen(self, old, new):
        with self.assertRaises(Violation):
            self.read(self.GOOD.replace(old, new, 1))
