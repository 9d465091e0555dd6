"""
test_retries.py - what is tried again, how often, and when.

Rules     contract section 3 (--retries, --max-time), section 4 (9), 6.3, 6.6 and 6.10.
"""

import time

from harness import Scenario, each
from service import defender, faults
from service.entra import error_answer
from service.message import Answer
from service.stream import End

# The program counts from a moment that may lie a little before the answer, on a busy machine.
EARLY = 0.15

BEFORE_SENT = [
    ("refused", None),
    ("reset on accept", faults.reset_on_accept()),
    ("closed on accept", faults.close_on_accept()),
    ("closed after the handshake", faults.close_when_ready()),
    ("closed after the handshake, bare FIN", faults.close_when_ready(End.FIN)),
    ("reset after the handshake", faults.close_when_ready(End.RESET)),
]


class BeforeTheRequestWasSent(Scenario):
    """A connection that fails before the request was sent may always be tried again."""

    def strike(self, server, fault):
        if fault:
            server.fail(fault)
        else:
            server.refuse_for(0.3)

    @each(BEFORE_SENT)
    def test_sign_in_server(self, fault):
        self.strike(self.service.login, fault)
        self.assert_exit(self.release(), 0)
        self.assertEqual((self.token_requests(), self.posts()), (1, 1))

    @each(BEFORE_SENT)
    def test_api_server(self, fault):
        self.strike(self.service.api, fault)
        result = self.release("--json")
        self.assert_exit(result, 0)
        self.assertEqual(result.json[0]["result"], "accepted")
        self.assertEqual((self.token_requests(), self.posts()), (1, 1))

    def test_no_retries(self):
        self.service.login.fail(faults.reset_on_accept(), 99)
        self.assert_exit(self.release("-4", "--retries", "0"), 7)
        self.assertEqual(len(self.service.log.of("accepted", "login")), 1)

    def test_as_many_retries_as_asked_for(self):
        self.service.login.fail(faults.reset_on_accept(), 99)
        self.assert_exit(self.release("-4", "--retries", "2"), 7)
        self.assertEqual(len(self.service.log.of("accepted", "login")), 3)

    def test_tries_are_spread(self):
        self.service.login.fail(faults.reset_on_accept(), 99)
        self.release("-4", "--retries", "2")
        first, second, third = [e.time for e in self.service.log.of("accepted", "login")]
        self.assertGreater(second - first, 0.05)
        self.assertGreater(third - second, 0.05)


class Throttled(Scenario):
    """429: Retry-After is obeyed, and a wait that would end too late is not begun."""

    def gaps(self, server):
        times = [e.time for e in self.service.log.of("request", server)]
        return [later - earlier for earlier, later in zip(times, times[1:])]

    @each([("1 second", "1", 1.0), ("2 seconds", "2", 2.0)])
    def test_release_waits_as_told(self, value, seconds):
        self.service.api.fail(faults.answer_of(defender.throttled(value).answer()))
        self.assert_exit(self.release(), 0)
        self.assertEqual(self.posts(), 2)
        self.assertGreaterEqual(self.gaps("api")[0], seconds - EARLY)
        self.assertLess(self.gaps("api")[0], seconds + 2)

    def test_token_request_waits_as_told(self):
        answer = error_answer(90055, headers=(("Retry-After", "1"),))
        self.service.login.fail(faults.answer_of(answer))
        self.assert_exit(self.release(), 0)
        self.assertGreaterEqual(self.gaps("login")[0], 1 - EARLY)

    @each([("release", "api"), ("token request", "login")])
    def test_wait_beyond_max_time_is_exit_9_at_once(self, name):
        server = getattr(self.service, name)
        server.fail(faults.answer_of(defender.throttled("60").answer()), 99)
        result = self.release("--max-time", "20")
        self.assert_exit(result, 9)
        self.assertLess(result.seconds, 3)
        self.assertEqual(len(self.service.log.requests(name)), 1)
        self.assert_says(result, "60")

    @each([("release", "api"), ("token request", "login")])
    def test_wait_beyond_the_default_max_time(self, name):
        getattr(self.service, name).fail(faults.answer_of(defender.throttled("3600").answer()), 99)
        result = self.release()
        self.assert_exit(result, 9)
        self.assertLess(result.seconds, 3)

    @each([("beyond 64 bits", "99999999999999999999999"), ("beyond 32 bits", "4294967297")])
    def test_huge_wait(self, value):
        self.service.api.fail(faults.answer_of(defender.throttled(value).answer()), 99)
        result = self.release()
        self.assert_exit(result, 9)
        self.assertLess(result.seconds, 3)
        self.assertEqual(self.posts(), 1)

    @each(
        [
            ("none", None),
            ("zero", "0"),
            ("a word", "soon"),
            ("negative", "-5"),
            ("empty", ""),
            ("a fraction", "0.5"),
        ]
    )
    def test_without_a_number_of_seconds_it_backs_off_by_itself(self, value):
        self.service.api.fail(faults.answer_of(defender.throttled(value).answer()))
        self.assert_exit(self.release(), 0)
        self.assertEqual(self.posts(), 2)

    def test_still_throttled_after_all_retries(self):
        self.service.api.fail(faults.answer_of(defender.throttled("0").answer()), 99)
        self.assert_exit(self.release("--retries", "2"), 9)
        self.assertEqual(self.posts(), 3)

    def test_no_retries(self):
        self.service.api.fail(faults.answer_of(defender.throttled("0").answer()), 99)
        self.assert_exit(self.release("--retries", "0"), 9)
        self.assertEqual(self.posts(), 1)


class ServerErrors(Scenario):
    @each([("500", 500), ("502", 502), ("503", 503), ("504", 504)])
    def test_token_request_is_tried_again(self, status):
        self.service.login.fail(faults.answer_of(Answer(status)))
        self.assert_exit(self.release(), 0)
        self.assertEqual((self.token_requests(), self.posts()), (2, 1))

    def test_token_request_is_tried_as_often_as_asked(self):
        self.service.login.fail(faults.answer_of(Answer(503)), 99)
        self.assert_exit(self.release("--retries", "2"), 14)
        self.assertEqual(self.token_requests(), 3)

    def test_passing_error_of_the_sign_in_service(self):
        self.service.login.fail(faults.answer_of(error_answer(90033)))
        self.assert_exit(self.release(), 0)

    def test_503_with_retry_after(self):
        self.service.login.fail(faults.answer_of(Answer(503, headers=[("Retry-After", "1")])))
        self.assert_exit(self.release(), 0)
        first, second = [e.time for e in self.service.log.of("request", "login")]
        self.assertGreaterEqual(second - first, 1 - EARLY)


class MaxTime(Scenario):
    """Contract 6.10: every wait has an end."""

    STALLS = [
        ("handshake", faults.stall_on_accept()),
        ("answer", faults.stall()),
        ("within the answer's head", faults.stall_within_answer(30)),
        ("within the answer's body", faults.stall_within_answer(400)),
    ]

    @each(STALLS)
    def test_sign_in_server_stalls(self, fault):
        self.service.login.fail(fault, 99)
        result = self.release("--max-time", "1")
        self.assert_exit(result, 7)
        self.assertLess(result.seconds, 3)
        self.assertGreater(result.seconds, 0.9)

    @each(STALLS)
    def test_api_server_stalls(self, fault):
        self.service.api.fail(fault, 99)
        result = self.release("--max-time", "1")
        self.assert_exit(result, 7)
        self.assertLess(result.seconds, 3)
        self.assertLessEqual(self.posts(), 2)

    def test_dripping_answer_does_not_extend_it(self):
        self.service.login.fail(faults.drip(1, 0.1), 99)
        result = self.release("--max-time", "1")
        self.assert_exit(result, 7)
        self.assertLess(result.seconds, 3)

    def test_back_off_ends_with_it(self):
        self.service.login.fail(faults.answer_of(Answer(503)), 99)
        result = self.release("--max-time", "2", "--retries", "50")
        self.assertIn(result.exit, (7, 14))
        self.assertLess(result.seconds, 4)

    def test_connect_timeout_covers_the_handshake(self):
        self.service.login.fail(faults.stall_on_accept(), 99)
        started = time.monotonic()
        self.assert_exit(self.release("--connect-timeout", "1", "--retries", "0"), 7)
        self.assertLess(time.monotonic() - started, 3)


ENDINGS = [("close_notify", End.NOTIFY), ("bare FIN", End.FIN), ("reset", End.RESET)]


class KeptConnections(Scenario):
    """A kept connection may end at any time; the caller does not notice."""

    PAUSE = defender.throttled("1").answer()

    def test_is_used_again(self):
        self.service.api.fail(faults.answer_of(self.PAUSE))
        self.assert_exit(self.release(), 0)
        self.assertEqual(len(self.service.log.of("accepted", "api")), 1)

    @each(ENDINGS)
    def test_that_ended_is_replaced(self, how):
        self.service.api.fail(faults.answer_then_close(self.PAUSE, how))
        self.assert_exit(self.release("--retries", "1"), 0)
        self.assertEqual(self.posts(), 2)
        self.assertEqual(len(self.service.log.of("handshake", "api")), 2)

    @each(ENDINGS)
    def test_that_ends_when_it_is_used_again(self, how):
        self.service.api.fail(faults.answer_of(self.PAUSE))
        self.service.api.fail(faults.close_without_answer(how))
        result = self.release("--json")
        self.assert_exit(result, 0)
        self.assertEqual(result.json[0]["result"], "accepted")
        self.assertEqual(self.posts(), 3)

    def test_connection_close_is_obeyed(self):
        pause = defender.throttled("1").answer()
        pause.headers.append(("Connection", "close"))
        self.service.api.fail(faults.answer_of(pause))
        self.assert_exit(self.release(), 0)
        self.assertEqual(len(self.service.log.of("handshake", "api")), 2)

    @each(ENDINGS)
    def test_of_the_sign_in_server_is_replaced(self, how):
        self.service.login.fail(faults.answer_then_close(self.PAUSE, how))
        self.assert_exit(self.release("--retries", "1"), 0)
        self.assertEqual(self.token_requests(), 2)

    @each(ENDINGS)
    def test_warmed_connection_ends_while_the_token_is_awaited(self, how):
        self.service.login.fail(faults.late(0.3))
        self.service.api.fail(faults.close_when_ready(how))
        result = self.release("--json", "--retries", "0")
        self.assert_exit(result, 0)
        self.assertEqual(result.json[0]["result"], "accepted")
        self.assertEqual(self.posts(), 1)
