"""
test_token_command.py - `unisolate token`: a token got on one host, used on another.

Rules     contract sections 2 and 5. Here alone a secret may stand on standard output: the token that was asked for.
"""

import datetime
import json
import os
import pty
import time
from dataclasses import replace

from harness import Scenario, each
from service import faults, imds
from service.defender import DEVICE
from service.entra import RESOURCE, error_answer


class TokenCommand(Scenario):
    def token(self, *more, arguments=None, **settings):
        """The result, everything but standard output checked as always."""
        result = self.start_program("token", *self.where(), *(arguments or self.sign_in()), *more, **settings).finish()
        self.check(replace(result, out="", command=[part for part in result.command if part != "--json"]))
        return result

    def issued(self):
        return list(self.service.entra.issued)

    def test_token_alone(self):
        result = self.token()
        self.assert_exit(result, 0)
        self.assertEqual([result.out], [token + "\n" for token in self.issued()])
        self.assertEqual(result.err if not self.verbose else "", "")
        self.assertEqual((self.token_requests(), len(self.service.log.of("accepted", "api"))), (1, 0))

    def test_trace_does_not_show_it(self):
        result = self.token("-vv")
        self.assert_exit(result, 0)
        self.assertEqual(result.out.strip(), self.issued()[0])

    def test_other_host_reads_it_from_a_pipe(self):
        result = self.token("-q")
        release = self.run_program(*self.where(), "--token-file", "-", "-c", "clean", DEVICE, stdin=result.out.encode())
        self.assert_exit(release, 0)
        self.assertEqual((self.token_requests(), self.posts()), (1, 1))

    def test_json(self):
        self.service.entra.roles = ("Machine.Isolate", "Machine.Read.All")
        result = self.token("--json")
        self.assert_exit(result, 0)
        value = json.loads(result.out)
        self.assertEqual(set(value), {"token", "expires", "audience", "roles"})
        self.assertEqual((value["token"], value["audience"], value["roles"]),
                         (self.issued()[0], RESOURCE, ["Machine.Isolate", "Machine.Read.All"]))
        left = datetime.datetime.fromisoformat(value["expires"].replace("Z", "+00:00")).timestamp() - time.time()
        self.assertTrue(3500 < left < 3700, value["expires"])

    def test_json_of_a_person(self):
        """scp, where there are no roles."""
        self.service.entra.roles = ("Machine.Isolate", "Machine.Read")
        result = self.token("--json", "--auth", "device-code")
        self.assert_exit(result, 0)
        event, value = [json.loads(line) for line in result.out.splitlines()]
        self.assertEqual(event["event"], "device-code")
        self.assertEqual(value["roles"], ["Machine.Isolate", "Machine.Read"])

    def test_json_without_any_role(self):
        self.service.entra.roles = ()
        result = self.token("--json")
        self.assert_exit(result, 0)
        self.assertEqual(json.loads(result.out)["roles"], [])
        self.assert_says(result, "advice:", "Machine.Isolate")

    def test_token_that_is_no_jwt(self):
        opaque = "opaque-token-0123456789"
        self.extra_secrets.append(opaque)
        result = self.token("--json", arguments=["--token-file", self.write("token", opaque)])
        self.assert_exit(result, 0)
        self.assertEqual(json.loads(result.out), {"token": opaque, "expires": None, "audience": None, "roles": []})

    def test_of_a_managed_identity(self):
        host = imds.serve("host", imds.Identities(self.service.entra), self.service.log)
        self.addCleanup(host.stop)
        env = {"AZURE_POD_IDENTITY_AUTHORITY_HOST": f"http://127.0.0.1:{host.port}"}
        result = self.token(arguments=["--auth", "managed-identity"], env=env)
        self.assert_exit(result, 0)
        self.assertEqual(result.out.strip(), self.issued()[0])

    @each([("text", []), ("json", ["--json"])])
    def test_refusal_prints_no_token(self, options):
        self.service.login.fail(faults.answer_of(error_answer(7000215)), 9)
        result = self.token(*options)
        self.assert_exit(result, 5)
        self.assert_says(result, "AADSTS7000215")
        self.assertEqual(bool(result.out), bool(options))
        if options:
            self.assertEqual(json.loads(result.out)["error"]["exit"], 5)

    def test_takes_no_device(self):
        result = self.run_program("token", *self.where(), *self.sign_in(), DEVICE)
        self.assert_exit(result, 2)
        self.assertEqual(self.service.log.events, [])

    def test_terminal_gets_a_note(self):
        main, terminal = pty.openpty()
        with os.fdopen(terminal, "wb") as output:
            result = self.token(stdout=output)
        self.addCleanup(os.close, main)
        self.assert_exit(result, 0)
        self.assert_says(result, "advice:", "until it expires")
        self.assertEqual(os.read(main, 1 << 16).decode().strip(), self.issued()[0])

    def test_full_output_is_exit_1(self):
        with open("/dev/full", "wb") as full:
            result = self.token(stdout=full)
        self.assert_exit(result, 1)
