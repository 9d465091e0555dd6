"""
test_cancel.py - cancelling machine actions.

Rules     contract section 2 (cancel), 4 (13) and 5; defender-docs api/cancel-machine-action.md
          (read 2026-11-23).
"""

from devices import NO_ACTION, DeviceScenario
from harness import each
from service import faults
from service.defender import DEVICE, UNAUTHORIZED, Refusal, server_error
from service.message import Answer


class Cancel(DeviceScenario):
    def cancel(self, *arguments, **settings):
        return self.command("cancel", "-c", "wrong device", "--json", *arguments, **settings)

    def add(self, kind="Isolate", status="Pending", **settings):
        return self.service.defender.add_action(DEVICE, kind, status, 60.0, **settings)

    @each([("Isolate", "Isolate"), ("Unisolate", "Unisolate"), ("scan", "RunAntiVirusScan")])
    def test_pending_action(self, kind):
        action = self.add(kind)
        result = self.cancel(action["id"])
        self.assert_exit(result, 0)
        (row,) = result.json
        self.assertEqual(
            (row["input"], row["result"], row["actionId"], row["machineId"], row["error"]),
            (action["id"], "cancelled", action["id"], DEVICE, None),
        )
        self.assertEqual(row["actionStatus"], "Cancelled")
        self.assertEqual(
            (action["status"], action["cancellationComment"]), ("Cancelled", "wrong device")
        )
        self.assertEqual(self.api_lines(), [f"POST /api/machineactions/{action['id']}/cancel"])

    def test_text(self):
        action = self.add()
        result = self.command("cancel", "-c", "x", action["id"])
        self.assert_exit(result, 0)
        self.assertRegex(result.out, r"(?m)^cancelled\b")
        self.assertIn(action["id"], result.out)

    @each([(status, status) for status in ("Succeeded", "Failed", "TimeOut")])
    def test_action_that_has_ended_is_a_conflict(self, status):
        action = self.add(status=status)
        result = self.cancel(action["id"])
        self.assert_exit(result, 13)
        self.assertEqual(result.json[0]["result"], "ended")
        self.assertEqual(result.json[0]["actionStatus"], status)
        self.assert_says(result, status)

    def test_action_that_was_cancelled_before(self):
        """What was asked for is so already, or had ended: either way nothing is in doubt."""
        action = self.add(status="Cancelled")
        result = self.cancel(action["id"])
        self.assertIn((result.exit, result.json[0]["result"]), ((0, "cancelled"), (13, "ended")))

    def test_unknown_action(self):
        result = self.cancel(NO_ACTION)
        self.assert_exit(result, 3)
        self.assertEqual(result.json[0]["result"], "not-found")

    def test_several(self):
        first, second = self.add(), self.add(status="Succeeded")
        result = self.cancel(first["id"], second["id"], NO_ACTION)
        self.assert_exit(result, 12)
        self.assertEqual(
            [row["result"] for row in result.json], ["cancelled", "ended", "not-found"]
        )

    @each(
        [
            ("a device id", DEVICE),
            ("a name", "pc-042"),
            ("empty", ""),
            ("a path", "../machines/x"),
            ("GUID and more", NO_ACTION + "/x"),
            ("GUID in braces", "{" + NO_ACTION + "}"),
        ]
    )
    def test_operand_that_is_no_action_id(self, operand):
        result = self.cancel(operand)
        self.assert_exit(result, 2)
        self.assertEqual(self.service.log.requests(), [])

    def test_one_malformed_operand_stops_all(self):
        action = self.add()
        self.assert_exit(self.cancel(action["id"], "pc-042"), 2)
        self.assertEqual(action["status"], "Pending")

    def test_comment_is_required(self):
        result = self.command("cancel", NO_ACTION)
        self.assert_exit(result, 2)
        self.assert_says(result, "comment")
        self.assertEqual(self.service.log.requests(), [])

    def test_operand_is_required(self):
        self.assert_exit(self.command("cancel", "-c", "x"), 2)

    def test_comment_arrives_exactly(self):
        action = self.add()
        self.command("cancel", "-c", "é\n\"\\\U0001f600", action["id"])
        self.assertEqual(action["cancellationComment"], "é\n\"\\\U0001f600")

    def test_machine_isolate_alone_is_enough(self):
        self.service.entra.roles = ("Machine.Isolate",)
        self.assert_exit(self.cancel(self.add()["id"]), 0)

    def test_machine_isolate_alone_and_an_ended_action(self):
        """It cannot be read whether it had ended: the words of the service are told."""
        self.service.entra.roles = ("Machine.Isolate",)
        result = self.cancel(self.add(status="Succeeded")["id"])
        self.assertIn(result.exit, (11, 13))
        self.assertEqual(result.json[0]["error"]["code"], "BadRequest")

    def test_no_right_to_cancel(self):
        self.service.entra.roles = ("Machine.Read.All",)
        action = self.add()
        result = self.cancel(action["id"])
        self.assert_exit(result, 6)
        self.assertEqual(result.json[0]["result"], "denied")
        self.assertEqual(action["status"], "Pending")

    def test_401_is_repaired_by_a_new_token(self):
        self.service.api.fail(faults.answer_of(UNAUTHORIZED.answer()))
        self.assert_exit(self.cancel(self.add()["id"]), 0)
        self.assertEqual(self.token_requests(), 2)

    @each(
        [
            ("reset", faults.reset_after_processing()),
            ("cut", faults.cut(300)),
            ("500", faults.processed_but_500(None)),
        ]
    )
    def test_lost_answer(self, fault):
        action = self.add()
        self.service.api.fail(fault, 1, "/cancel")
        result = self.cancel(action["id"])
        self.assert_exit(result, 0)
        self.assertEqual(result.json[0]["result"], "cancelled")

    @each(
        [
            ("500", server_error(500), 14),
            ("another 400", Refusal(400, "InvalidInput", "No"), 11),
        ]
    )
    def test_service_that_refuses(self, refusal, code):
        action = self.add()
        self.service.api.fail(faults.answer_of(refusal.answer()), 99, "/cancel")
        result = self.cancel("--retries", "1", action["id"])
        self.assert_exit(result, code)
        self.assertEqual(result.json[0]["result"], "error")

    def test_answer_that_is_no_action(self):
        self.service.api.fail(faults.answer_of(Answer(200, b"{}")), 99, "/cancel")
        self.assert_exit(self.cancel(self.add()["id"]), 14)
