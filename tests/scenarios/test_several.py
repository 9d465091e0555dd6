"""
test_several.py - several devices in one run.

Rules     contract sections 4 (12) and 5 (one object a device), 6.1.
"""

import json
import signal

from harness import Scenario, each
from service import defender, faults

UNKNOWN = "f" * 40


def device(number):
    return f"{number:040x}"


class Several(Scenario):
    def devices(self, count):
        names = [device(number) for number in range(1, count + 1)]
        for name in names:
            self.service.defender.add(name)
        return names

    def results(self, result, devices):
        """The results in the order of the devices; the program may print them in any."""
        by_input = {row["input"]: row["result"] for row in result.json}
        self.assertEqual((len(result.json), set(by_input)), (len(devices), set(devices)))
        return [by_input[name] for name in devices]

    def test_all_accepted(self):
        devices = self.devices(12)
        result = self.release("--json", devices=devices)
        self.assert_exit(result, 0)
        self.assertEqual(set(self.results(result, devices)), {"accepted"})
        self.assertEqual(self.token_requests(), 1)
        self.assertEqual(
            {row["machineId"]: row["actionId"] for row in result.json},
            {action["machineId"]: action["id"] for action in self.service.defender.actions},
        )

    def test_connections_are_few_and_used_again(self):
        """Contract 6.10: at most 8 connections."""
        self.assert_exit(self.release(devices=self.devices(40)), 0)
        self.assertEqual(self.posts(), 40)
        self.assertLessEqual(len(self.service.log.of("accepted")), 8)

    def test_plain_output_names_each(self):
        devices = self.devices(3)
        result = self.release(devices=devices)
        for name in devices:
            self.assertIn(name, result.out)

    def test_accepted_and_already_pending_is_success(self):
        first, second = self.devices(2)
        self.release(devices=[first])
        result = self.release("--json", devices=[first, second])
        self.assert_exit(result, 0)
        self.assertEqual(self.results(result, [first, second]), ["already-pending", "accepted"])

    def test_different_results_are_exit_12(self):
        first, second, third = self.devices(3)
        self.service.defender.machines[second].refusal = defender.OS_NOT_SUPPORTED
        devices = [first, second, UNKNOWN, third]
        result = self.release("--json", devices=devices)
        self.assert_exit(result, 12)
        self.assertEqual(
            self.results(result, devices), ["accepted", "failed", "not-found", "accepted"]
        )
        errors = {row["input"]: row["error"] and row["error"]["exit"] for row in result.json}
        self.assertEqual([errors[name] for name in devices], [None, 11, 3, None])

    @each(
        [
            ("not found", 3, None),
            ("refused", 11, defender.OS_NOT_SUPPORTED),
            ("forbidden", 6, defender.Refusal(403, "Forbidden", "No")),
        ]
    )
    def test_all_failed_alike_is_that_code(self, code, refusal):
        devices = [device(1), device(2)]
        if refusal:
            for name in self.devices(2):
                self.service.defender.machines[name].refusal = refusal
        self.assert_exit(self.release(devices=devices), code)

    def test_failures_without_success_that_differ_are_exit_12(self):
        (first,) = self.devices(1)
        self.service.defender.machines[first].refusal = defender.OS_NOT_SUPPORTED
        self.assert_exit(self.release(devices=[first, UNKNOWN]), 12)

    def test_each_failure_has_its_line(self):
        self.devices(1)
        result = self.release(devices=[device(1), UNKNOWN, "e" * 40], quiet=True)
        self.assert_exit(result, 12)
        self.assert_says(result, UNKNOWN, "e" * 40)

    def test_lost_answer_of_one_does_not_touch_the_others(self):
        first, second, third = self.devices(3)
        self.service.api.fail(faults.cut(100), 1, second)
        result = self.release("--json", devices=[first, second, third])
        self.assert_exit(result, 0)
        self.assertEqual(
            self.results(result, [first, second, third]),
            ["accepted", "already-pending", "accepted"],
        )
        self.assertEqual((self.posts(first), self.posts(second), self.posts(third)), (1, 2, 1))

    def test_token_that_runs_out_in_between_is_renewed_once(self):
        first, second = self.devices(2)
        refusal = defender.Refusal(401, "Unauthorized", "expired").answer()
        self.service.api.fail(faults.answer_of(refusal), 1, first)
        self.service.api.fail(faults.answer_of(refusal), 1, second)
        result = self.release("--json", devices=[first, second])
        self.assert_exit(result, 0)
        self.assertEqual(self.token_requests(), 2)

    @each([("SIGINT", signal.SIGINT, 130), ("SIGTERM", signal.SIGTERM, 143)])
    def test_interrupted_still_prints_what_was_accepted(self, number, code):
        first, second = self.devices(2)
        self.service.api.fail(faults.stall(), 9, second)
        running = self.start_program(*self.release_arguments("--json", devices=[first, second]))
        self.assertTrue(self.service.log.wait("stalled", "api"))
        self.assertTrue(self.service.log.wait("answer", "api"))
        running.signal(number)
        result = self.check(running.finish(5))
        self.assert_exit(result, code)
        rows = [json.loads(line) for line in result.out.splitlines()]
        self.assertIn((first, "accepted"), [(row["input"], row["result"]) for row in rows])

    def test_result_is_printed_before_the_run_ends(self):
        """A reader of the pipe sees the first device while the second is still awaited."""
        first, second = self.devices(2)
        self.service.api.fail(faults.stall(), 9, second)
        running = self.start_program(*self.release_arguments("--json", devices=[first, second]))
        line = running.process.stdout.readline()
        self.assertIsNone(running.process.poll())
        self.assertEqual(json.loads(line)["input"], first)
        running.signal(signal.SIGINT)
        running.finish(5)
