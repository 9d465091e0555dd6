"""
test_dry_run.py - everything but the release itself.

Rules     contract section 3 (--dry-run) and 5 (planned, request).
"""

import json

from devices import ENTRA_ID, DeviceScenario
from harness import each
from service.defender import DEVICE

HIDDEN_MAX = 20


class DryRun(DeviceScenario):
    def plan(self, *devices, more=(), option="--dry-run"):
        result = self.release("--json", option, *more, devices=devices)
        posts = [r.target for r in self.service.log.requests("api") if r.method == "POST"]
        self.assertEqual(posts, [])
        return result

    @each([("-n", "-n"), ("--dry-run", "--dry-run")])
    def test_planned(self, option):
        result = self.plan(DEVICE, option=option)
        self.assert_exit(result, 0)
        (row,) = result.json
        self.assertEqual((row["result"], row["machineId"], row["error"]), ("planned", DEVICE, None))
        self.assertIsNone(row["actionId"])

    def test_signs_in(self):
        self.plan(DEVICE)
        self.assertEqual(self.token_requests(), 1)

    def test_request_is_the_one_that_is_sent(self):
        planned = self.plan(DEVICE).json[0]["request"]
        self.release()
        sent = [r for r in self.service.log.requests("api") if r.method == "POST"][0]
        self.assertEqual(planned["method"], sent.method)
        self.assertEqual(planned["url"], self.service.api.url + sent.target)
        self.assertEqual(planned["body"], sent.body.decode())
        self.assertEqual(json.loads(planned["body"]), {"Comment": "clean"})
        self.assertEqual(planned["headers"]["Content-Type"], sent.header("Content-Type"))
        self.assertTrue(set(planned["headers"]) <= {name for name, _ in sent.headers})

    def test_token_is_masked(self):
        authorization = self.plan(DEVICE).json[0]["request"]["headers"]["Authorization"]
        self.assertTrue(authorization.startswith("Bearer "), authorization)
        self.assertLess(len(authorization), HIDDEN_MAX)

    @each(
        [
            ("name", "pc-042"),
            ("Entra id", ENTRA_ID),
            ("address", "10.20.30.40"),
            ("id in capitals", DEVICE.upper()),
        ]
    )
    def test_resolves(self, selector):
        self.machine.aad_device_id = ENTRA_ID
        row = self.plan(selector).json[0]
        self.assertEqual((row["input"], row["machineId"]), (selector, DEVICE))
        self.assertTrue(row["request"]["url"].endswith(f"/api/machines/{DEVICE}/unisolate"))

    @each([("not found", "nobody", 3, "not-found"), ("ambiguous", "pc-042", 4, "ambiguous")])
    def test_selector_that_names_no_one(self, selector, code, name):
        self.only({}, {})
        result = self.plan(selector)
        self.assert_exit(result, code)
        self.assertEqual(result.json[0]["result"], name)

    def test_several_with_different_results(self):
        result = self.plan("pc-042", "nobody", "f" * 40)
        self.assert_exit(result, 12)
        self.assertEqual(
            [row["result"] for row in result.json], ["planned", "not-found", "planned"]
        )

    def test_tag(self):
        self.only(*({"name": f"pc-{n}", "tags": ("Lab",)} for n in range(3)))
        result = self.plan("tag:Lab", more=["--all"])
        self.assert_exit(result, 0)
        self.assertEqual([row["result"] for row in result.json], ["planned"] * 3)

    def test_neither_waits_nor_cancels(self):
        isolate = self.service.defender.add_action(DEVICE, "Isolate")
        result = self.plan(DEVICE, more=["--wait", "--cancel-isolate"])
        self.assert_exit(result, 0)
        self.assertLess(result.seconds, 3)
        self.assertEqual(isolate["status"], "Pending")

    def test_comment_in_the_body_is_what_was_given(self):
        comment = 'nettoyé "\\\U0001f600\n'
        result = self.run_program(
            *self.where(), *self.sign_in(), "--json", "-n", "-c", comment, DEVICE
        )
        body = result.json[0]["request"]["body"]
        self.assertEqual(json.loads(body), {"Comment": comment})

    def test_text_shows_method_url_headers_and_body(self):
        result = self.release("--dry-run", quiet=True)
        self.assert_exit(result, 0)
        for word in (
            "planned",
            "POST",
            f"{self.service.api.url}/api/machines/{DEVICE}/unisolate",
            "Authorization",
            "Bearer",
            "application/json",
            '{"Comment":"clean"}',
        ):
            self.assertIn(word, result.out)

    def test_machine_isolate_alone_is_enough_for_an_id(self):
        self.service.entra.roles = ("Machine.Isolate",)
        self.assert_exit(self.plan(DEVICE), 0)
        self.assertEqual(self.api_lines(), [])

    def test_failing_sign_in_is_exit_5(self):
        self.secret_file.write_text("wrong-secret-0123456789\n")
        self.extra_secrets.append("wrong-secret-0123456789")
        self.assert_exit(self.plan(DEVICE), 5)

    def test_comment_is_still_required(self):
        result = self.run_program(*self.where(), *self.sign_in(), "-n", DEVICE)
        self.assert_exit(result, 2)
