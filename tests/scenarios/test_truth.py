"""
test_truth.py - what is said of a release is what is known of it: accepted, pending, released,
    failed, conflict.

Rules     contract 6.1 to 6.6, section 3 (--wait, --cancel-isolate), section 4 (10, 11, 13);
          defender-docs api/machineaction.md, api/get-machineaction-object.md (read 2026-11-23).
"""

import json
import signal
import time

from devices import ENTRA_ID, DeviceScenario, device, together
from harness import each
from service import faults
from service.defender import DEVICE, UNAUTHORIZED, server_error, throttled
from service.machines import DAY

SOON = ((0.3, "InProgress"), (0.6, "Succeeded"))
POLL = "^GET /api/machineactions/"
LIST = "^GET /api/machineactions[?]"
RELEASE = "^POST .*/unisolate"
EARLY = 0.15


class Followed(DeviceScenario):
    """--wait: an action is followed to its end."""

    def follow(self, *more, life=SOON, **settings):
        self.service.defender.life = life
        return self.release_one(DEVICE, "--wait=1", *more, **settings)

    def test_released(self):
        row = self.follow()
        self.assert_exit(self.runs[-1], 0)
        action = self.service.defender.actions[0]
        self.assertEqual(
            (row["result"], row["actionStatus"], row["actionId"], row["error"]),
            ("released", "Succeeded", action["id"], None),
        )
        self.assertEqual(row["requested"][:19], action["creationDateTimeUtc"][:19])
        self.assertEqual(row["ended"][:19], action["lastUpdateDateTimeUtc"][:19])
        self.assertEqual(row["computerDnsName"], "pc-042.contoso.com")

    def test_requests_of_an_action_that_ends_before_the_first_poll(self):
        """Token, release, the action, and once more: does an Isolate undo it?"""
        self.follow()
        self.assertEqual(
            self.api_lines(),
            [
                f"POST /api/machines/{DEVICE}/unisolate",
                f"GET /api/machineactions/{self.service.defender.actions[0]['id']}",
                "GET /api/machineactions",
            ],
        )

    @together([("-w", "-w"), ("--wait", "--wait")])
    def test_without_a_time(self, option):
        self.service.defender.life = SOON
        result = self.release("--json", option)
        self.assert_exit(result, 0)
        self.assertEqual(result.json[0]["result"], "released")

    @each([("no number", "--wait=x"), ("negative", "--wait=-1"), ("unit", "--wait=5x")])
    def test_malformed_time(self, option):
        result = self.release(option)
        self.assert_exit(result, 2)
        self.assertEqual(self.service.log.requests(), [])

    def test_plain_output_says_released(self):
        self.service.defender.life = SOON
        result = self.release("--wait=1")
        self.assert_exit(result, 0)
        self.assertRegex(result.out, r"(?m)^released\b")

    @together(
        [
            ("Failed", "Failed"),
            ("TimeOut", "TimeOut"),
            ("Cancelled", "Cancelled"),
            ("Canceled", "Canceled"),
            ("lower case", "failed"),
        ]
    )
    def test_end_that_is_no_success(self, status):
        row = self.follow(life=[(0.5, status)])
        self.assert_exit(self.runs[-1], 11)
        self.assertEqual((row["result"], row["actionStatus"]), ("failed", status))
        self.assertEqual(row["error"]["name"], "failed")
        self.assert_says(self.runs[-1], status)

    @together([("capitals", "SUCCEEDED"), ("lower case", "succeeded")])
    def test_statuses_are_compared_without_case(self, status):
        self.assertEqual(self.follow(life=[(0.5, status)])["result"], "released")

    def test_status_that_nobody_knows_is_no_end(self):
        self.service.defender.life = [(0.1, "Dreaming"), (2.5, "Succeeded")]
        row = self.release_one(DEVICE, "--wait=3")
        self.assertEqual(row["result"], "released")

    def test_status_that_nobody_knows_to_the_end_is_pending(self):
        self.service.defender.life = [(0.1, "Dreaming")]
        row = self.release_one(DEVICE, "--wait=1")
        self.assert_exit(self.runs[-1], 10)
        self.assertEqual((row["result"], row["actionStatus"]), ("pending", "Dreaming"))

    def test_released_at_once(self):
        row = self.follow(life=[(0.0, "Succeeded")])
        self.assertEqual(row["result"], "released")

    def test_new_action_that_is_not_seen_at_first(self):
        self.service.defender.hidden, self.service.defender.life = 2.5, SOON
        self.assertEqual(self.release_one(DEVICE, "--wait=3")["result"], "released")
        self.assertGreaterEqual(len(self.reads("machineactions/")), 2)

    def test_polls_start_after_two_seconds_and_grow(self):
        self.service.defender.life = [(2.6, "Succeeded")]
        self.assertEqual(self.release_one(DEVICE, "--wait=10")["result"], "released")
        events = [e for e in self.service.log.of("request", "api") if e.request]
        times = [e.time for e in events if "/machineactions/" in e.request.target]
        posted = next(e.time for e in events if e.request.method == "POST")
        self.assertGreaterEqual(times[0] - posted, 2 - EARLY)
        self.assertLess(times[0] - posted, 3)
        self.assertGreaterEqual(times[1] - times[0], 3 - EARLY)
        self.assertEqual(len(times), 2)

    def test_short_wait_polls_once_at_its_end(self):
        self.assertEqual(self.follow()["result"], "released")
        self.assertLess(self.runs[-1].seconds, 2.5)
        self.assertEqual(len(self.reads("machineactions/")), 1)

    def test_several_devices_each_by_its_own_end(self):
        ends = ["Succeeded", "Failed", "Succeeded", "TimeOut"]
        devices = [machine.id for machine in self.only(*({} for _ in ends))]
        lives = dict(zip(devices, ends))
        self.service.defender.on_release = lambda machine, action: action.script.append(
            (0.5, lives[machine.id])
        )
        result = self.release("--json", "--wait=2", devices=devices)
        self.assert_exit(result, 12)
        self.assertEqual(
            [(row["machineId"], row["actionStatus"]) for row in result.json], list(lives.items())
        )
        self.assertEqual(
            [row["result"] for row in result.json], ["released", "failed", "released", "failed"]
        )

    def test_max_time_grows_by_the_wait_only_when_it_is_not_given(self):
        row = self.release_one(DEVICE, "--wait=30", "--max-time=3", seconds=6)
        self.assert_exit(self.runs[-1], 10)
        self.assertEqual(row["result"], "pending")


class Pending(DeviceScenario):
    """The wait is over before the action is."""

    def wait(self, *more, **settings):
        row = self.release_one(DEVICE, "--wait=1", *more, **settings)
        self.assert_exit(self.runs[-1], 10)
        self.assertEqual((row["result"], row["error"]["name"]), ("pending", "pending"))
        self.assertEqual(row["actionId"], self.service.defender.actions[0]["id"])
        return row

    def test_pending(self):
        row = self.wait()
        self.assertEqual(row["actionStatus"], "Pending")
        self.assertIsNone(row["ended"])
        self.assertEqual(self.posts(), 1)

    def test_in_progress(self):
        self.service.defender.life = [(0.2, "InProgress")]
        self.assertEqual(self.wait()["actionStatus"], "InProgress")

    def test_device_that_is_offline_is_the_reason(self):
        self.machine.health, self.machine.seen = "Inactive", 9 * DAY
        error = self.wait()["error"]
        told = (error["message"] + " " + (error["advice"] or "")).lower()
        self.assertIn("inactive", told)
        self.assertIn(self.machine.entity()["lastSeen"][:10], told.upper().replace(" ", "T"))

    def test_device_that_is_active_is_told_too(self):
        self.wait()
        self.assert_says(self.runs[-1], "active")

    def test_reason_that_cannot_be_read_does_no_harm(self):
        self.machine.get_by_id = False
        self.wait()

    def test_status_can_be_asked_for_later(self):
        row = self.wait()
        self.service.defender.actions[0].become("Succeeded")
        later = self.command("status", "--json", row["actionId"])
        self.assert_exit(later, 0)
        self.assertEqual(later.json[0]["actionStatus"], "Succeeded")


class FollowingInterrupted(DeviceScenario):
    """Whatever goes wrong while it is followed, the release itself goes on."""

    def follow(self, fault, times=1, target=POLL, wait="--wait=3", **settings):
        self.service.defender.life = [(1.0, "Succeeded")]
        self.service.api.fail(fault, times, target)
        row = self.release_one(DEVICE, wait, **settings)
        self.assertEqual(self.posts(), 1)
        return row

    @together(
        [
            ("401", faults.answer_of(UNAUTHORIZED.answer())),
            ("429", faults.answer_of(throttled("1").answer())),
            ("500", faults.answer_of(server_error(500).answer())),
            ("503", faults.answer_of(server_error(503).answer())),
            ("reset", faults.reset()),
            ("cut", faults.cut(300)),
            ("closed", faults.close_without_answer()),
            ("HTML", faults.html_page(502)),
            ("no JSON", faults.html_page(200)),
        ]
    )
    def test_once_is_got_over(self, fault):
        row = self.follow(fault)
        self.assert_exit(self.runs[-1], 0)
        self.assertEqual(row["result"], "released")
        self.assertEqual(self.token_requests(), 2 if fault.name == "answers 401" else 1)

    @together([("500", faults.answer_of(server_error(500).answer())), ("reset", faults.reset())])
    def test_to_the_end_is_pending_not_failed(self, fault):
        row = self.follow(fault, 999, "^GET", "--wait=2")
        self.assert_exit(self.runs[-1], 10)
        self.assertEqual(row["result"], "pending")
        self.assertLess(self.runs[-1].seconds, 6)

    def test_last_look_that_fails_does_not_say_released(self):
        row = self.follow(faults.answer_of(server_error(500).answer()), 99, LIST, "--wait=2")
        self.assert_exit(self.runs[-1], 10)
        self.assertEqual((row["result"], row["actionStatus"]), ("pending", "Succeeded"))

    def test_action_that_vanishes(self):
        self.service.defender.life = []
        self.service.defender.on_release = lambda _machine, action: self.service.defender.later(
            2.5, lambda: setattr(action, "hidden", 1e9)
        )
        row = self.release_one(DEVICE, "--wait=3")
        self.assert_exit(self.runs[-1], 10)
        self.assertEqual(row["result"], "pending")

    @each([("SIGINT", signal.SIGINT, 130), ("SIGTERM", signal.SIGTERM, 143)])
    def test_interrupted_still_prints_what_was_accepted(self, number, code):
        running = self.start_program(*self.release_arguments("--json", "--wait"))
        self.assertTrue(self.service.log.wait("answer", "api"))
        time.sleep(0.5)
        running.signal(number)
        result = self.check(running.finish(5))
        self.assert_exit(result, code)
        row = result.json[0]
        self.assertEqual(row["actionId"], self.service.defender.actions[0]["id"])
        self.assertIn(row["result"], ("accepted", "pending"))


class NoReading(DeviceScenario):
    """Contract 6.4: with Machine.Isolate alone."""

    def setUp(self):
        super().setUp()
        self.service.entra.roles = ("Machine.Isolate",)

    def test_following_is_not_possible_and_that_is_told_at_once(self):
        self.service.defender.life = SOON
        row = self.release_one(DEVICE, "--wait=60")
        self.assert_exit(self.runs[-1], 10)
        self.assertEqual(row["result"], "pending")
        self.assertEqual(row["actionId"], self.service.defender.actions[0]["id"])
        self.assert_says(self.runs[-1], "Machine.Read.All", "advice:")
        self.assertLess(self.runs[-1].seconds, 5)
        self.assertEqual(self.posts(), 1)

    def test_duplicate_is_already_pending_without_its_id(self):
        self.release()
        row = self.release_one(DEVICE)
        self.assert_exit(self.runs[-1], 0)
        self.assertEqual((row["result"], row["actionId"]), ("already-pending", None))

    def test_duplicate_cannot_be_followed(self):
        self.release()
        row = self.release_one(DEVICE, "--wait=60")
        self.assert_exit(self.runs[-1], 10)
        self.assertEqual(row["result"], "pending")
        self.assertLess(self.runs[-1].seconds, 5)

    def test_cancel_isolate_that_cannot_be_done_is_told(self):
        """The user asked for it; a release that may be undone is not what he wanted."""
        self.service.defender.add_action(DEVICE, "Isolate")
        row = self.release_one(DEVICE, "--cancel-isolate")
        self.assert_says(self.runs[-1], "Machine.Read.All")
        self.assertNotEqual(row["result"], "released")


class Cheap(DeviceScenario):
    """No look-up that is not needed."""

    def test_release_by_id_is_two_requests(self):
        self.release_one(DEVICE)
        self.assertEqual(len(self.service.log.requests()), 2)

    @each([("Entra id", ENTRA_ID), ("name", "pc-042"), ("address", "10.20.30.40")])
    def test_release_by_anything_else_is_three(self, selector):
        self.machine.aad_device_id = ENTRA_ID
        self.release_one(selector)
        self.assertEqual(len(self.service.log.requests()), 3)

    def test_connection_is_used_again(self):
        self.service.defender.life = SOON
        self.release_one("pc-042", "--wait=1")
        self.assertEqual(len(self.service.log.of("accepted", "api")), 1)

    def test_result_of_the_first_is_printed_while_the_second_is_awaited(self):
        first, _ = self.only({}, {})
        self.service.defender.on_release = lambda machine, action: (
            action.script.append((0.5, "Succeeded")) if machine is first else None
        )
        running = self.start_program(
            *self.release_arguments("--json", "--wait=30", devices=[device(0x10), device(0x11)])
        )
        line = json.loads(running.process.stdout.readline())
        self.assertEqual((line["input"], line["result"]), (first.id, "released"))
        self.assertIsNone(running.process.poll())
        running.signal(signal.SIGINT)
        running.finish(5)
