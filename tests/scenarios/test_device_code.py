"""
test_device_code.py - a person signs in with a browser elsewhere: what is shown, how it is waited for, how it ends.

Rules     contract sections 3 and 5; RFC 8628; entra-docs v2-oauth2-device-code.md (read 2026-11-23).
"""

import datetime
import re
import signal
import time

from harness import Scenario, each
from service import faults
from service.defender import DEVICE
from service.entra import CLIENT_ID, DEVICE_PAGE, TENANT, device_error, error_answer

METHOD = ["--auth", "device-code", "--client-id", CLIENT_ID]


class DeviceCode(Scenario):
    def arguments(self, *more):
        return [*self.where(), *METHOD, "-c", "clean", *more, DEVICE]

    def release_by_code(self, *more, **settings):
        return self.run_program(*self.arguments(*more), **settings)

    def user_code(self):
        return next(iter(self.service.entra.devices.values())).user_code

    def refuse(self, answer, target="token"):
        self.service.login.fail(faults.answer_of(answer), 9, target)

    def test_code_is_shown_and_waited_for(self):
        self.service.entra.device_answers = ("authorization_pending", "authorization_pending")
        result = self.release_by_code("-vv")
        self.assert_exit(result, 0)
        lines = [line for line in result.err.splitlines() if line.startswith("sign-in: open ")]
        self.assertEqual(len(lines), 1, result.describe())
        self.assertIn(DEVICE_PAGE, lines[0])
        self.assertIn(self.user_code(), lines[0])
        self.assertNotIn(self.user_code(), result.out)
        self.assertEqual(self.token_requests(), 4)
        self.assertGreater(result.seconds, 2.9)

    def test_json_has_an_event_and_then_the_result(self):
        result = self.release_by_code("--json", "-q")
        self.assert_exit(result, 0)
        event, row = result.json
        self.assertEqual(set(event), {"event", "userCode", "verificationUri", "expires"})
        self.assertEqual((event["event"], event["userCode"], event["verificationUri"]), ("device-code", self.user_code(), DEVICE_PAGE))
        left = datetime.datetime.fromisoformat(event["expires"].replace("Z", "+00:00")).timestamp() - time.time()
        self.assertTrue(800 < left <= 901, event)
        self.assertEqual(row["result"], "accepted")

    @each([("none given", [], "organizations"), ("organizations", ["--tenant", "organizations"], "organizations"),
           ("one of ours", ["--tenant", TENANT], TENANT)])
    def test_tenant(self, options, path):
        self.assert_exit(self.release_by_code(*options), 0)
        self.assertEqual({request.target.split("/")[1] for request in self.service.log.requests("login")}, {path})

    def test_slow_down_is_obeyed(self):
        """The service counts it as a violation when it is asked sooner."""
        self.service.entra.device_answers = ("slow_down",)
        result = self.release_by_code()
        self.assert_exit(result, 0)
        self.assertGreater(result.seconds, 6.9)

    @each([("declined", "authorization_declined", "declined"), ("expired", "expired_token", "expired")])
    def test_refused_in_the_browser(self, error, word):
        self.service.entra.device_answers = ("authorization_pending", error)
        result = self.release_by_code()
        self.assert_exit(result, 5)
        self.assert_says(result, error, "advice:", word)
        self.assertEqual(self.posts(), 0)

    def test_code_that_nobody_enters_expires(self):
        self.service.entra.device_life = 2
        self.service.entra.device_answers = ("authorization_pending",) * 9
        result = self.release_by_code()
        self.assert_exit(result, 5)
        self.assert_says(result, "the code has expired")
        self.assertLess(result.seconds, 4)

    def test_application_that_is_not_public(self):
        self.refuse(device_error("bad_verification_code"))
        self.assert_exit(self.release_by_code(), 5)

    def test_application_that_nobody_knows(self):
        self.refuse(error_answer(700016), "devicecode")
        result = self.release_by_code()
        self.assert_exit(result, 5)
        self.assert_says(result, "AADSTS700016")
        self.assertNotIn("sign-in: open", result.err)

    def test_max_time_ends_the_wait(self):
        self.service.entra.device_answers = ("authorization_pending",) * 9
        result = self.release_by_code("--max-time", "2")
        self.assert_exit(result, 7)
        self.assert_says(result, "--max-time")
        self.assertLess(result.seconds, 4)

    @each([("SIGINT", signal.SIGINT, 130), ("SIGTERM", signal.SIGTERM, 143)])
    def test_interruption_ends_the_wait_at_once(self, number, code):
        self.service.entra.device_interval = 60
        running = self.start_program(*self.arguments())
        self.assertTrue(self.service.log.wait("answer", "login"))
        time.sleep(0.2)
        sent = time.monotonic()
        running.signal(number)
        result = self.check(running.finish(4))
        self.assert_exit(result, code)
        self.assertLess(time.monotonic() - sent, 1)

    def test_short_outage_of_the_service_is_survived(self):
        self.service.login.fail(faults.answer_of(device_error("authorization_pending")), 1, "token")
        self.service.login.fail(faults.reset(), 1, "token")
        self.assert_exit(self.release_by_code(), 0)

    def test_is_used_only_when_it_is_named(self):
        result = self.run_program(*self.where(), "--client-id", CLIENT_ID, "--tenant", TENANT, "-c", "clean", DEVICE)
        self.assert_exit(result, 5)
        self.assertEqual(self.token_requests(), 0)

    def test_needs_a_client_id(self):
        result = self.run_program(*self.where(), "--auth", "device-code", "-c", "clean", DEVICE)
        self.assert_exit(result, 2)
        self.assert_says(result, "--client-id")

    def test_texts_of_the_service_are_escaped(self):
        body = (b'{"device_code":"abcdefghijkl","user_code":"A\\u001b[31mB","verification_uri":"https://x\\u202e.test","interval":1,'
                b'"expires_in":1}')
        head = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body)
        self.service.login.fail(faults.raw("strange code", head + body, None), 9)
        result = self.release_by_code()
        self.assert_exit(result, 5)
        self.assertTrue(re.search(r"A\\u\{001B\}\[31mB", result.err), result.describe())

    def test_another_release_needs_another_code(self):
        """Nothing is kept: a 401 of the API cannot be answered with a new token."""
        self.service.entra.audience = "https://other.example"
        result = self.release_by_code()
        self.assert_exit(result, 5)
        self.assertEqual((self.posts(), len(self.service.entra.devices)), (1, 1))
