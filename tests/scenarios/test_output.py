"""
test_output.py - what is printed where.

Rules     contract sections 3 (-q, -v, --json, --color), 5, 6.8 and 6.11.
"""

import json
import re

from harness import EXIT_NAMES, RELEASE_MEMBERS, Scenario, each
from service import faults
from service.defender import DEVICE, Refusal
from service.message import Answer, json_answer

ESCAPE = "\x1b"
EVIL = "red \x1b[31m bell \x07 \x9b1m \u202e override \u2066 isolate \x7f\r\n\0 end"
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")


class Json(Scenario):
    def test_accepted(self):
        result = self.release("--json")
        self.assert_exit(result, 0)
        row, action = result.json[0], self.service.defender.actions[0]
        self.assertEqual(row["input"], DEVICE)
        self.assertEqual(row["machineId"], DEVICE)
        self.assertEqual(row["computerDnsName"], "pc-042.contoso.com")
        self.assertEqual(row["actionId"], action["id"])
        self.assertEqual(row["actionStatus"], "Pending")
        self.assertRegex(row["requested"], TIME)
        self.assertEqual(row["requested"][:19], action["creationDateTimeUtc"][:19])
        self.assertIsNone(row["ended"])
        self.assertIsNone(row["error"])

    def test_name_that_the_service_does_not_know_is_null(self):
        self.service.defender.machines[DEVICE].name = None
        self.assertIsNone(self.release("--json").json[0]["computerDnsName"])

    def test_already_pending_has_what_is_known(self):
        self.release()
        row = self.release("--json").json[0]
        self.assertEqual(
            (row["result"], row["machineId"], row["actionId"]), ("already-pending", DEVICE, None)
        )

    def test_error_carries_the_words_of_the_service(self):
        refusal = Refusal(403, "DisallowedOperation", 'Not "here" – nor there')
        self.service.defender.machines[DEVICE].refusal = refusal
        error = self.release("--json").json[0]["error"]
        self.assertEqual((error["exit"], error["name"]), (6, "permission"))
        self.assertEqual((error["code"], error["message"]), (refusal.code, refusal.message))
        self.assertEqual(error["target"], "c0ffee00-1111-2222-3333-444444444444")

    def test_fault_before_any_device(self):
        self.service.login.refuse()
        result = self.release("--json", "--retries", "0")
        self.assert_exit(result, 7)
        self.assertEqual(len(result.json), 1)
        self.assertIsNone(result.json[0]["input"])
        self.assertEqual(result.json[0]["result"], "error")
        self.assertEqual(result.json[0]["error"]["name"], "network")

    USAGE = [
        ("last on the line", ["-c", "x", "id:1", "--json"]),
        ("first on the line", ["--json", "--no-such-option"]),
        ("after the fault", ["--no-such-option", "--json"]),
        ("no operand", ["--json"]),
        ("option without its value", ["--json", "-c"]),
        ("malformed time", ["--max-time", "x", "--json", DEVICE]),
    ]

    @each(USAGE)
    def test_usage_fault(self, arguments):
        result = self.run_program(*arguments)
        self.assert_exit(result, 2)
        self.assertEqual(len(result.json), 1)
        self.assertIsNone(result.json[0]["input"])
        self.assertEqual(result.json[0]["error"]["name"], "usage")
        self.assertTrue(result.json[0]["error"]["message"])

    def test_one_line_a_device(self):
        other = "b" * 40
        result = self.release("--json", devices=[DEVICE, other])
        self.assert_exit(result, 12)
        self.assertEqual({row["input"] for row in result.json}, {DEVICE, other})
        self.assertEqual(len(result.json), 2)

    def test_text_is_valid_json_whatever_the_service_says(self):
        message = EVIL.replace("\0", "")
        self.service.defender.machines[DEVICE].refusal = Refusal(400, 'a"b\\c', message)
        error = self.release("--json").json[0]["error"]
        self.assertEqual((error["code"], error["message"]), ('a"b\\c', message))


class RawText(Scenario):
    """Contract 6.8: nothing a server says reaches a terminal raw; the harness looks for it."""

    @each([("plainly", []), ("with -vv", ["-vv"]), ("in JSON", ["--json"])])
    def test_in_the_error_of_the_api(self, options):
        self.service.defender.machines[DEVICE].refusal = Refusal(400, EVIL[:20], EVIL)
        result = self.release(*options)
        self.assert_exit(result, 11)
        self.assertIn("end", result.out + result.err)

    @each([("plainly", []), ("with -vv", ["-vv"]), ("in JSON", ["--json"])])
    def test_in_the_error_of_the_sign_in_service(self, options):
        answer = json_answer(
            400,
            {
                "error": "invalid_request",
                "error_description": "AADSTS90002: " + EVIL,
                "error_codes": [90002],
            },
        )
        self.service.login.fail(faults.answer_of(answer))
        self.assert_exit(self.release(*options), 5)

    @each([("plainly", []), ("with -vv", ["-vv"]), ("in JSON", ["--json"])])
    def test_in_the_action(self, options):
        self.service.defender.machines[DEVICE].name = EVIL
        self.assert_exit(self.release(*options), 0)

    @each(
        [
            ("C1 control", b"X-Evil: a\x9bb"),
            ("no UTF-8", b"X-Evil: a\xff\xfeb"),
            ("override", "X-Evil: a\u202eb".encode()),
        ]
    )
    def test_in_a_header_with_vv(self, line):
        head = b"HTTP/1.1 404 Not Found\r\n" + line + b"\r\nContent-Length: 0\r\n\r\n"
        self.service.api.fail(faults.raw("evil header", head, None), 9)
        self.assertIn(self.release("-vv").exit, (3, 14))

    @each([("plainly", []), ("with -vv", ["-vv"])])
    def test_in_bytes_that_are_no_json(self, options):
        body = bytes(range(256))
        head = b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: %d\r\n\r\n" % len(body)
        self.service.api.fail(faults.raw("evil page", head + body, None), 9)
        self.assert_exit(self.release("--retries", "0", *options), 14)

    @each([("plainly", []), ("with -vv", ["-vv"]), ("in JSON", ["--json"])])
    def test_in_what_the_user_typed(self, options):
        self.assert_exit(self.release(*options, devices=["id:\x1b[31m\u202e"]), 2)
        self.assert_exit(self.release(*options, devices=[b"id:\xff\xfe"]), 2)


class Quiet(Scenario):
    @each([("-q", "-q"), ("--quiet", "--quiet")])
    def test_success_says_nothing_on_standard_error(self, option):
        result = self.release(option, quiet=True)
        self.assert_exit(result, 0)
        self.assertEqual(result.err, "")
        self.assertIn(DEVICE, result.out)

    def test_failure_still_has_its_line(self):
        result = self.release("-q", devices=["b" * 40], quiet=True)
        self.assert_exit(result, 3)
        self.assertEqual(len(result.fault_lines), 1)


class Verbose(Scenario):
    def test_v_names_the_hosts(self):
        result = self.release("-v", quiet=True)
        self.assert_exit(result, 0)
        self.assert_says(
            result, "localhost", str(self.service.login.port), str(self.service.api.port)
        )
        self.assertNotIn("HTTP/1.1 201", result.err)

    def test_vv_shows_heads_and_bodies(self):
        result = self.release("-vv")
        self.assert_exit(result, 0)
        self.assert_says(
            result,
            f"POST /api/machines/{DEVICE}/unisolate",
            "HTTP/1.1 201",
            '{"Comment":"clean"}',
            "Authorization",
            "OData-Version: 4.0",
            self.service.defender.actions[0]["id"],
        )
        self.assertNotIn("client_secret=", result.err)

    @each(
        [("-v -v", ["-v", "-v"]), ("--verbose twice", ["--verbose", "--verbose"]), ("-vv", ["-vv"])]
    )
    def test_ways_to_write_it(self, options):
        self.assert_says(self.release(*options, quiet=True), "HTTP/1.1 201")

    def test_standard_output_is_the_same(self):
        self.service.defender.duplicates = "return"
        plain, verbose = self.release(quiet=True), self.release("-vv", quiet=True)
        self.assertEqual(plain.out, verbose.out)

    def test_secret_that_the_service_repeats_is_not_shown(self):
        """An error that holds the secret, in the words of the service."""
        secret = self.service.entra.secret
        answer = json_answer(
            401,
            {
                "error": "invalid_client",
                "error_description": f"AADSTS7000215: bad '{secret}'",
                "error_codes": [7000215],
            },
        )
        self.service.login.fail(faults.answer_of(answer), 9)
        self.assert_exit(self.release("-vv"), 5)

    def test_token_that_the_api_repeats_is_not_shown(self):
        token = self.service.entra.issue()
        refusal = Refusal(401, "Unauthorized", f"Invalid token {token}")
        self.service.api.fail(faults.answer_of(refusal.answer()), 9)
        self.assert_exit(self.release_with_token(token, "-vv"), 5)

    def test_broken_token_answer_is_not_shown(self):
        """A token in an answer that cannot be read is still a token."""
        token = self.service.entra.issue()
        body = json.dumps({"access_token": token, "token_type": "Bearer"}).encode() + b" trailing"
        self.service.login.fail(faults.answer_of(Answer(200, body)), 9)
        self.assert_exit(self.release("-vv", "--retries", "0"), 14)


class Color(Scenario):
    def failing(self, *options, **settings):
        result = self.release(*options, devices=["b" * 40], color=True, quiet=True, **settings)
        self.assert_exit(result, 3)
        return result.out + result.err

    @each(
        [
            ("default, no terminal", []),
            ("auto, no terminal", ["--color", "auto"]),
            ("never", ["--color=never"]),
        ]
    )
    def test_none(self, options):
        self.assertNotIn(ESCAPE, self.failing(*options))

    def test_always(self):
        self.assertIn(ESCAPE, self.failing("--color", "always"))

    def test_no_color_in_the_environment(self):
        self.assertNotIn(ESCAPE, self.failing(env={"NO_COLOR": "1"}))

    def test_option_wins_over_the_environment(self):
        self.assertIn(ESCAPE, self.failing("--color=always", env={"NO_COLOR": "1"}))

    def test_json_is_never_colored(self):
        result = self.release("--json", "--color=always", color=True)
        self.assertNotIn(ESCAPE, result.out)


class Manual(Scenario):
    @each([("--help", "--help"), ("-h", "-h")])
    def test_help_goes_to_standard_output(self, option):
        result = self.start_program(option, quiet=True).finish()
        self.assert_exit(result, 0)
        self.assertEqual(result.err, "")
        for word in (
            "--comment",
            "--tenant",
            "--client-secret-file",
            "--token-file",
            "--cacert",
            "--resolve",
            "--json",
            "UNISOLATE_COMMENT",
            "AZURE_CLIENT_SECRET",
        ):
            self.assertIn(word, result.out)
        self.assertTrue(all(len(line) <= 80 for line in result.out.splitlines()), result.out)

    def test_help_lists_every_exit_code(self):
        out = self.start_program("--help", quiet=True).finish().out
        for code, name in EXIT_NAMES.items():
            self.assertRegex(out, rf"(?m)^.*\b{code}\b.*\b{name}\b")

    def test_help_wins_over_missing_arguments(self):
        result = self.start_program("-c", "x", "--help", DEVICE, quiet=True).finish()
        self.assert_exit(result, 0)
        self.assertEqual(self.service.log.events, [])

    def test_version(self):
        result = self.start_program("--version", quiet=True).finish()
        self.assert_exit(result, 0)
        self.assertRegex(result.out, r"^unisolate \d+\.\d+\.\d+")
        self.assertRegex(result.out, r"(?i)mbed ?tls 3\.\d+\.\d+")
        self.assertRegex(result.out, r"\b[0-9a-z_]+-(linux|windows|darwin)\b")

    def test_nothing_at_all_prints_a_short_usage(self):
        result = self.start_program(quiet=True).finish()
        self.assert_exit(result, 2)
        self.assertEqual(result.out, "")
        self.assert_says(result, "usage", "--help")
        self.assertLess(len(result.err.splitlines()), 20)

    def test_help_that_cannot_be_written(self):
        with open("/dev/full", "wb") as full:
            result = self.start_program("--help", stdout=full, quiet=True).finish()
        self.assert_exit(result, 1)

    def test_members_of_a_release_are_those_of_the_contract(self):
        self.assertEqual(set(self.release("--json").json[0]) & RELEASE_MEMBERS, RELEASE_MEMBERS)
