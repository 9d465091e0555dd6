"""
test_exit_codes.py - each exit code of contract section 4, and the result and error that --json
    gives with it.
"""

import signal

from harness import EXIT_NAMES, Scenario, each
from service import defender, faults
from service.defender import DEVICE
from service.entra import CLIENT_ID, TENANT, error_answer

UNKNOWN_DEVICE = "f" * 40


class ExitCodes(Scenario):
    def expect(self, code, result_name, *more, devices=(DEVICE,)):
        """A release ends with this code, and says so in JSON."""
        result = self.release("--json", *more, devices=devices)
        self.assert_exit(result, code)
        row = result.json[0]
        self.assertEqual(row["result"], result_name)
        self.assertEqual((row["error"]["exit"], row["error"]["name"]), (code, EXIT_NAMES[code]))
        return row

    def refuse(self, refusal, times=99):
        self.service.api.fail(faults.answer_of(refusal.answer()), times)

    def test_0_accepted(self):
        result = self.release("--json")
        self.assert_exit(result, 0)
        self.assertEqual(result.json[0]["result"], "accepted")
        self.assertIsNone(result.json[0]["error"])

    def test_1_standard_output_is_full(self):
        with open("/dev/full", "wb") as full:
            result = self.start_program(*self.release_arguments(), stdout=full).finish()
        self.check(result)
        self.assert_exit(result, 1)
        self.assertEqual(self.posts(), 1)

    def test_2_unknown_option(self):
        row = self.expect(2, "error", "--no-such-option")
        self.assertIsNone(row["input"])

    def test_3_unknown_device(self):
        row = self.expect(3, "not-found", devices=[UNKNOWN_DEVICE])
        self.assertEqual(row["error"]["code"], "ResourceNotFound")
        self.assertEqual(row["error"]["target"], defender.TARGET)
        self.assertEqual(row["machineId"], UNKNOWN_DEVICE)

    def test_5_no_credential(self):
        result = self.run_program("--json", *self.where(), "-c", "clean", DEVICE)
        self.assert_exit(result, 5)
        self.assertEqual(result.json[0]["error"]["name"], "sign-in")
        self.assertEqual(self.service.log.events, [])

    def test_5_wrong_secret(self):
        self.secret_file.write_text("wrong-secret-0123456789\n")
        self.extra_secrets.append("wrong-secret-0123456789")
        row = self.expect(5, "error")
        self.assertIn("AADSTS7000215", row["error"]["message"])
        self.assertIsNone(row["input"])
        self.assertEqual(self.token_requests(), 1)

    def test_5_token_refused(self):
        result = self.release_with_token(self.service.entra.issue(known=False), "--json")
        self.assert_exit(result, 5)
        self.assertEqual(result.json[0]["error"]["code"], "Unauthorized")

    @each([("older words", defender.FORBIDDEN_OLD), ("newer words", defender.FORBIDDEN_NEW)])
    def test_6_role_missing(self, words):
        self.service.entra.roles = ("Machine.Read.All",)
        self.service.defender.forbidden = words
        row = self.expect(6, "denied")
        self.assertEqual(row["error"]["code"], "Forbidden")
        self.assertIn("Machine.Isolate", row["error"]["message"] + row["error"]["advice"])

    def test_7_connection_refused(self):
        self.service.login.refuse()
        self.expect(7, "error", "--retries", "0")

    def test_7_time_out(self):
        self.service.login.fail(faults.stall(), times=9)
        self.expect(7, "error", "--max-time", "1")

    def test_8_certificate(self):
        self.service.login.context = self.service.context("unknown-issuer")
        self.expect(8, "error")

    def test_9_still_throttled(self):
        self.refuse(defender.throttled("0"))
        self.expect(9, "throttled", "--retries", "1")

    @each(
        [
            ("OsPlatformNotSupported", defender.OS_NOT_SUPPORTED),
            ("ClientVersionNotSupported", defender.CLIENT_TOO_OLD),
            ("a 400 nobody knows", defender.Refusal(400, "NoSuchCodeYet", "No")),
        ]
    )
    def test_11_refused_for_this_device(self, refusal):
        self.service.defender.machines[DEVICE].refusal = refusal
        row = self.expect(11, "failed")
        self.assertEqual(row["error"]["code"], refusal.code)
        self.assertEqual(row["error"]["message"], refusal.message)
        self.assertEqual(self.posts(), 1)

    def test_12_different_results(self):
        result = self.release("--json", devices=[DEVICE, UNKNOWN_DEVICE])
        self.assert_exit(result, 12)
        self.assertEqual(
            {row["input"]: row["result"] for row in result.json},
            {DEVICE: "accepted", UNKNOWN_DEVICE: "not-found"},
        )

    @each([("500", 500), ("502", 502), ("503", 503), ("504", 504)])
    def test_14_server_error(self, status):
        self.refuse(defender.server_error(status))
        self.expect(14, "error", "--retries", "1")

    def test_14_no_json(self):
        self.service.api.fail(faults.html_page(200), 9)
        self.expect(14, "error")

    def test_14_token_answer_without_a_token(self):
        self.service.login.fail(
            faults.raw("empty object", b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", None), 9
        )
        self.expect(14, "error")

    @each([("SIGINT", signal.SIGINT, 130), ("SIGTERM", signal.SIGTERM, 143)])
    def test_interrupted_while_the_answer_stalls(self, number, code):
        self.service.api.fail(faults.stall())
        running = self.start_program(*self.release_arguments("--json"))
        self.assertTrue(self.service.log.wait("request", "api"))
        running.signal(number)
        result = self.check(running.finish(5))
        self.assert_exit(result, code)


class SignInErrors(Scenario):
    """What Entra ID says is passed on, with advice; it is asked once."""

    @each(
        [
            ("unknown application", 700016, "client"),
            ("unknown tenant", 90002, "tenant"),
            ("wrong secret", 7000215, "secret"),
            ("unknown resource", 500011, "scope"),
        ]
    )
    def test_exit_5_with_number_and_advice(self, number, word):
        self.service.login.fail(faults.answer_of(error_answer(number)), 9)
        result = self.release()
        self.assert_exit(result, 5)
        self.assert_says(result, f"AADSTS{number}", "advice:", word)
        self.assertEqual((self.token_requests(), self.posts()), (1, 0))

    def test_application_the_service_does_not_know(self):
        result = self.run_program(
            *self.where(),
            "--tenant",
            TENANT,
            "--client-id",
            CLIENT_ID.replace("a", "b"),
            "--client-secret-file",
            self.secret_file,
            "-c",
            "clean",
            DEVICE,
        )
        self.assert_exit(result, 5)

    def test_tenant_the_service_does_not_know(self):
        result = self.run_program(
            *self.where(),
            "--tenant",
            "nobody.example",
            "--client-id",
            CLIENT_ID,
            "--client-secret-file",
            self.secret_file,
            "-c",
            "clean",
            DEVICE,
        )
        self.assert_exit(result, 5)
        self.assert_says(result, "AADSTS90002")


class FaultLine(Scenario):
    """Contract 6.11: one line `unisolate: WHERE: WHAT`, and one of advice where there is any."""

    def failing(self, *more, **settings):
        return self.check(
            self.start_program(*self.release_arguments(*more, **settings), quiet=True).finish()
        )

    def test_one_line_and_one_of_advice(self):
        result = self.failing(devices=[UNKNOWN_DEVICE])
        lines = result.err.splitlines()
        self.assertEqual(len(lines), 2, result.describe())
        self.assertRegex(lines[0], "^unisolate: .+: .+")
        self.assertRegex(lines[1], "^advice: .+")
        self.assertIn(UNKNOWN_DEVICE, lines[0])
        self.assertEqual(result.out, "")

    def test_network_fault_names_the_host(self):
        self.service.login.refuse()
        result = self.failing("--retries", "0")
        self.assert_exit(result, 7)
        self.assertIn("localhost", result.fault_lines[0])

    def test_server_fault_names_the_status(self):
        self.service.api.fail(faults.html_page(502), 9)
        result = self.failing("--retries", "0")
        self.assert_exit(result, 14)
        self.assertIn("502", result.fault_lines[0])
