"""
test_clock.py - a clock that is wrong: told with both times, never ignored; --at sets it.

Rules     contract sections 3 (--at) and 4 (8); RFC 3339. A host's own clock cannot be set here: --at stands for it, as one sets
          the same clock. What a host's own says: tests/unit/test_clock.c.
"""

import email.utils
import time
from datetime import datetime, timedelta, timezone

from harness import Scenario, each
BEFORE_THE_BUILD = [
    ("1970-01-01T00:00:00Z", "1970-01-01T00:00:00Z"),
    ("2020-02-29T23:59:59Z", "2020-02-29T23:59:59Z"),
    ("2020-01-01T01:00:00+02:00", "2019-12-31T23:00:00Z"),
    ("2016-12-31T23:59:60Z", "2016-12-31T23:59:59Z"),
    ("2016-12-31t23:59:59.999-07:30", "2017-01-01T07:29:59Z"),
]
NO_TIMES = [
    "now",
    "2026-11-23",
    "2026-11-23T16:00",
    "2026-11-23T16:00:00",
    "2026-11-23T24:00:00Z",
    "2026-02-29T16:00:00Z",
    "2026-11-23T16:00:61Z",
    "1969-12-31T23:59:59Z",
    "10000-01-01T00:00:00Z",
    "2026-11-23T16:00:00+0100",
    "1795449600",
]


def moment(**offset):
    return (datetime.now(timezone.utc) + timedelta(**offset)).strftime("%Y-%m-%dT%H:%M:%SZ")


class Clock(Scenario):
    def shift_dates(self, name, seconds):
        """The answers of this server say another time."""
        server = getattr(self.service, name)
        handler = server.handler

        def shifted(request):
            answer = handler(request)
            answer.headers.append(("Date", email.utils.formatdate(time.time() + seconds, usegmt=True)))
            return answer

        server.handler = shifted

    def test_before_the_build_nothing_is_sent(self):
        def one(row):
            at, said = row
            result = self.release("--at", at)
            self.assert_exit(result, 8)
            self.assert_says(result, f"--at says {said}", "was built on 20", "advice:", "--at TIME")

        self.side_by_side(BEFORE_THE_BUILD, one)
        self.assertEqual(self.service.log.events, [])

    def test_certificates_have_expired_then(self):
        for at in ("2106-02-07T06:28:16Z", "9999-12-31T23:59:58Z"):
            result = self.release("--at", at)
            self.assert_exit(result, 8)
            self.assert_says(result, "expired on 20", f"--at says {at[:4]}", "advice:")
        self.assertEqual(self.service.log.requests(), [])

    def test_certificates_are_not_yet_valid_then(self):
        self.service.login.context = self.service.context("not-yet-valid")
        result = self.release("--at", moment())
        self.assert_exit(result, 8)
        self.assert_says(result, "is valid only from 2", "--at says 2", "advice:")
        self.assertEqual(self.service.log.requests(), [])

    def test_the_true_time(self):
        self.assert_exit(self.release("--at", moment()), 0)

    def test_no_time(self):
        def one(at):
            result = self.release("--at", at)
            self.assert_exit(result, 2)
            self.assert_says(result, at, "2026-11-23T16:00:00Z")

        self.side_by_side(NO_TIMES, one)
        self.assertEqual(self.service.log.events, [])

    @each([("login", "login"), ("api", "api")])
    def test_clock_that_others_do_not_share_is_told_once(self, name):
        for seconds, times in ((3600, 1), (-180, 1), (30, 0)):
            server = getattr(self.service, name)
            handler = server.handler
            self.shift_dates(name, seconds)
            result = self.release("--wait=5s")
            server.handler = handler
            self.assert_exit(result, 0, 10)
            self.assertEqual(result.err.count("a sign-in fails by such a difference"), times, result.describe())
