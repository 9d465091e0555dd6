"""
test_conflicts.py - a release is not alone: it meets another, an Isolate waits or comes later, its
    answer was lost.

Rules     contract 6.2 and 6.3, section 3 (--cancel-isolate), section 4 (13); the order in which
          actions are carried out is not the order in which they were asked for.
"""

from devices import DeviceScenario, device, together
from harness import each
from service import faults
from service.defender import DEVICE, HAS_ENDED, server_error
from service.faults import Fault, Send, Stage

SOON = ((0.3, "InProgress"), (0.5, "Succeeded"))
RELEASE = "^POST .*/unisolate"


class Adopted(DeviceScenario):
    """Contract 6.2: a release that is active already is adopted."""

    def active(self, **settings):
        return self.service.defender.add_action(
            DEVICE, "Unisolate", blocks=True, requestor="somebody@contoso.com", **settings
        )

    @each([("refused", "refuse"), ("returned", "return")])
    def test_its_id_is_told(self, duplicates):
        self.service.defender.duplicates = duplicates
        action = self.active(ago=3600.0)
        row = self.release_one(DEVICE)
        self.assert_exit(self.runs[-1], 0)
        self.assertEqual(row["actionId"], action["id"])
        self.assertEqual(row["requested"][:19], action["creationDateTimeUtc"][:19])
        self.assertEqual(self.posts(), 1)

    def test_refused_is_already_pending(self):
        self.active()
        self.assertEqual(self.release_one(DEVICE)["result"], "already-pending")

    @together([("refused", "refuse"), ("returned", "return")])
    def test_is_followed(self, duplicates):
        self.service.defender.duplicates = duplicates
        action = self.active(script=SOON)
        row = self.release_one(DEVICE, "--wait=1")
        self.assert_exit(self.runs[-1], 0)
        self.assertEqual((row["result"], row["actionId"]), ("released", action["id"]))
        self.assertEqual(self.posts(), 1)

    def test_active_one_is_found_among_old_ones_in_any_order(self):
        for ago in (9000.0, 7000.0):
            self.service.defender.add_action(DEVICE, "Isolate", "Succeeded", ago)
            self.service.defender.add_action(DEVICE, "Unisolate", "Succeeded", ago - 500)
        action = self.active(ago=60.0)
        for order in ("newest", "oldest"):
            self.service.defender.order = order
            self.assertEqual(self.release_one(DEVICE)["actionId"], action["id"])

    def test_action_of_another_device_is_not_adopted(self):
        self.service.defender.add(device(1))
        self.service.defender.add_action(device(1), "Unisolate")
        action = self.active()
        self.assertEqual(self.release_one(DEVICE)["actionId"], action["id"])

    def test_scan_that_is_active_is_no_release(self):
        """The service refuses because of an action of another kind."""
        self.service.defender.add_action(DEVICE, "RunAntiVirusScan", blocks=True)
        row = self.release_one(DEVICE)
        self.assertNotEqual(row["result"], "released")
        self.assertLessEqual(self.posts(), 2)


class WaitingIsolate(DeviceScenario):
    """An Isolate that has not ended will isolate the device again."""

    def isolate(self, device_id=DEVICE, **settings):
        return self.service.defender.add_action(
            device_id, "Isolate", requestor="secops@contoso.com", **settings
        )

    @each(
        [
            ("refused, pending", "refuse", "Pending"),
            ("refused, in progress", "refuse", "InProgress"),
            ("returned", "return", "Pending"),
        ]
    )
    def test_that_the_release_meets_is_a_conflict(self, duplicates, status):
        self.service.defender.duplicates = duplicates
        isolate = self.isolate(blocks=True, status=status)
        row = self.release_one(DEVICE)
        self.assert_exit(self.runs[-1], 13)
        self.assertEqual((row["result"], row["error"]["name"]), ("conflict", "conflict"))
        self.assert_says(self.runs[-1], isolate["id"], "--cancel-isolate")
        self.assertEqual((self.posts(), self.cancelled()), (1, []))

    def test_beside_the_release_is_a_conflict_after_it(self):
        """The service takes both; what is carried out last counts."""
        isolate = self.isolate()
        self.service.defender.life = SOON
        row = self.release_one(DEVICE, "--wait=1")
        self.assert_exit(self.runs[-1], 13)
        self.assertEqual(row["result"], "conflict")
        self.assert_says(self.runs[-1], isolate["id"])

    def test_cancel_isolate_cancels_it_before_the_release(self):
        isolate = self.isolate(blocks=True)
        row = self.release_one(DEVICE, "--cancel-isolate")
        self.assert_exit(self.runs[-1], 0)
        self.assertEqual(row["result"], "accepted")
        self.assertEqual(
            self.api_lines(),
            [
                "GET /api/machineactions",
                f"POST /api/machineactions/{isolate['id']}/cancel",
                f"POST /api/machines/{DEVICE}/unisolate",
            ],
        )
        self.assertEqual((isolate["status"], self.comments()), ("Cancelled", ["clean", "clean"]))

    def test_cancel_isolate_with_wait(self):
        first, second = self.isolate(), self.isolate(status="InProgress")
        self.service.defender.life = SOON
        row = self.release_one(DEVICE, "--cancel-isolate", "--wait=1")
        self.assertEqual(row["result"], "released")
        self.assertEqual(sorted(self.cancelled()), sorted([first["id"], second["id"]]))

    def test_without_an_isolate_there_is_nothing_to_cancel(self):
        self.service.defender.add_action(DEVICE, "Isolate", "Succeeded", 3600.0)
        row = self.release_one(DEVICE, "--cancel-isolate")
        self.assertEqual((row["result"], self.cancelled()), ("accepted", []))

    def test_isolate_of_another_device_is_left_alone(self):
        self.service.defender.add(device(1))
        self.isolate(device(1))
        self.release_one(DEVICE, "--cancel-isolate")
        self.assertEqual(self.cancelled(), [])

    def test_scan_is_left_alone(self):
        self.service.defender.add_action(DEVICE, "RunAntiVirusScan")
        self.release_one(DEVICE, "--cancel-isolate")
        self.assertEqual(self.cancelled(), [])

    def test_isolate_that_ends_before_it_is_cancelled(self):
        """The device is isolated now, and that is what a release is for."""
        isolate = self.isolate()

        def too_late(_answer):
            isolate.become("Succeeded")
            return [Send(HAS_ENDED.answer().wire())]

        self.service.api.fail(Fault("too late", Stage.ANSWER, too_late, False), 1, "/cancel")
        row = self.release_one(DEVICE, "--cancel-isolate")
        self.assert_exit(self.runs[-1], 0)
        self.assertEqual((row["result"], self.posts()), ("accepted", 1))

    def test_cancelling_that_is_refused_sends_no_release(self):
        self.isolate()
        self.service.api.fail(faults.answer_of(HAS_ENDED.answer()), 9, "/cancel")
        row = self.release_one(DEVICE, "--cancel-isolate")
        self.assertNotEqual(self.runs[-1].exit, 0)
        self.assertEqual((row["error"]["code"], self.posts()), ("BadRequest", 0))

    def test_answer_to_the_cancelling_that_is_lost(self):
        isolate = self.isolate()
        self.service.api.fail(faults.reset_after_processing(), 1, "/cancel")
        row = self.release_one(DEVICE, "--cancel-isolate")
        self.assert_exit(self.runs[-1], 0)
        self.assertEqual((row["result"], isolate["status"]), ("accepted", "Cancelled"))

    def test_of_one_device_does_not_stop_the_others(self):
        first, second = self.only({}, {})
        self.isolate(first.id, blocks=True)
        result = self.release("--json", devices=[first.id, second.id])
        self.assert_exit(result, 12)
        self.assertEqual([row["result"] for row in result.json], ["conflict", "accepted"])


class Reisolated(DeviceScenario):
    """After `Succeeded` a newer Isolate still undoes it."""

    def release_and(self, change, life=SOON):
        """A release during which `change` happens."""
        self.service.defender.life = life
        self.service.defender.on_release = change
        return self.release_one(DEVICE, "--wait=1")

    def isolate(self, status, ago=0.0, **members):
        return self.service.defender.add_action(
            DEVICE, "Isolate", status, ago, requestor="Automated attack disruption", **members
        )

    @together([(status, status) for status in ("Pending", "InProgress", "Succeeded")])
    def test_isolate_that_comes_later(self, status):
        def change(_machine, _action):
            self.service.defender.later(0.7, lambda: self.isolate(status))

        row = self.release_and(change)
        self.assert_exit(self.runs[-1], 13)
        self.assertEqual(row["result"], "conflict")
        self.assertEqual(row["error"]["name"], "conflict")

    @together([("Failed", "Failed"), ("Cancelled", "Cancelled"), ("TimeOut", "TimeOut")])
    def test_isolate_that_came_to_nothing(self, status):
        def change(_machine, _action):
            self.service.defender.later(0.7, lambda: self.isolate(status))

        self.assertEqual(self.release_and(change)["result"], "released")

    def test_isolate_before_it_is_what_was_undone(self):
        self.isolate("Succeeded", 600.0)
        self.assertEqual(self.release_and(None)["result"], "released")

    def test_isolate_asked_for_before_and_carried_out_after_it(self):
        """Order of carrying out decides, not order of asking."""
        isolate = self.isolate("InProgress", 60.0)

        def change(_machine, _action):
            self.service.defender.later(0.7, lambda: isolate.become("Succeeded"))

        row = self.release_and(change)
        self.assert_exit(self.runs[-1], 13)
        self.assertEqual(row["result"], "conflict")

    @together(
        [
            ("asked for and carried out later", ".7000000Z", ".9000000Z", 13),
            ("asked for before, carried out later", ".1000000Z", ".9000000Z", 13),
            ("carried out before", ".1000000Z", ".2000000Z", 0),
        ]
    )
    def test_isolate_within_the_same_second(self, asked, ended, code):
        """The service's seven digits decide."""

        def change(_machine, action):
            second = action["creationDateTimeUtc"][:19]
            action["creationDateTimeUtc"] = second + ".3000000Z"
            isolate = self.isolate("Succeeded")
            isolate["creationDateTimeUtc"] = second + asked
            isolate["lastUpdateDateTimeUtc"] = second + ended

            def end():
                action["status"] = "Succeeded"
                action["lastUpdateDateTimeUtc"] = second + ".5000000Z"

            self.service.defender.later(0.5, end)

        self.release_and(change, ())
        self.assert_exit(self.runs[-1], code)

    def test_who_isolates_it_is_told(self):
        def change(_machine, _action):
            self.service.defender.later(0.7, lambda: self.isolate("Succeeded"))

        self.release_and(change)
        self.assert_says(self.runs[-1], "Automated attack disruption")


class LookedUp(DeviceScenario):
    """Contract 6.3: a lost answer is looked up before anything is sent again."""

    LOST = [
        ("reset", faults.reset_after_processing()),
        ("cut in the body", faults.cut(400)),
        ("500", faults.processed_but_500(None)),
        ("no answer at all", faults.cut(0)),
    ]

    @each(LOST)
    def test_release_that_arrived_is_not_sent_again(self, fault):
        self.service.api.fail(fault, 1, RELEASE)
        row = self.release_one(DEVICE)
        self.assert_exit(self.runs[-1], 0)
        self.assertEqual((row["result"], self.posts()), ("accepted", 1))
        self.assertEqual(row["actionId"], self.service.defender.actions[0]["id"])

    def test_release_that_arrived_and_ended_meanwhile(self):
        self.service.defender.life = [(0.0, "Succeeded")]
        self.service.api.fail(faults.cut(400), 1, RELEASE)
        row = self.release_one(DEVICE)
        self.assert_exit(self.runs[-1], 0)
        self.assertEqual((row["actionStatus"], self.posts()), ("Succeeded", 1))

    @each([("reset", faults.reset()), ("500", faults.answer_of(server_error(500).answer()))])
    def test_release_that_did_not_arrive_is_sent_again(self, fault):
        self.service.api.fail(fault, 1, RELEASE)
        row = self.release_one(DEVICE)
        self.assertEqual((row["result"], self.posts()), ("accepted", 2))
        lines = self.api_lines()
        self.assertEqual([line.split()[0] for line in lines], ["POST", "GET", "POST"])

    @each(
        [
            ("older", {"ago": 7200.0, "comment": "clean"}),
            ("with another comment", {"comment": "other"}),
            ("of another kind", {"kind": "Isolate", "comment": "clean", "ago": 7200.0}),
        ]
    )
    def test_action_that_is_not_our_own_is_not_taken_for_it(self, settings):
        settings = dict(settings)
        kind = settings.pop("kind", "Unisolate")
        self.service.defender.add_action(DEVICE, kind, "Succeeded", **settings)
        self.service.api.fail(faults.reset(), 1, RELEASE)
        row = self.release_one(DEVICE)
        self.assertEqual(row["result"], "accepted")
        self.assertEqual(self.posts(), 2)
        self.assertEqual(row["actionId"], self.service.defender.actions[-1]["id"])

    def test_both_answers_lost(self):
        self.service.api.fail(faults.reset_after_processing(), 9, RELEASE)
        self.service.defender.hidden = 60.0
        row = self.release_one(DEVICE)
        self.assert_exit(self.runs[-1], 7)
        self.assertEqual((row["result"], self.posts()), ("error", 2))

    def test_time_zone_of_the_host_means_nothing(self):
        for zone in ("JST-9", "<-11>11"):
            self.machine.active = None
            self.service.api.fail(faults.cut(400), 1, RELEASE)
            row = self.release_one(DEVICE, env={"TZ": zone})
            self.assertEqual(row["result"], "accepted")
            self.assertEqual(row["actionId"], self.service.defender.actions[-1]["id"])
        self.assertEqual(self.posts(), 2)

    def test_look_up_by_name_too(self):
        self.service.api.fail(faults.cut(400), 1, RELEASE)
        row = self.release_one("pc-042")
        self.assertEqual((row["result"], self.posts()), ("accepted", 1))

    def test_lost_and_followed(self):
        self.service.defender.life = SOON
        self.service.api.fail(faults.cut(400), 1, RELEASE)
        row = self.release_one(DEVICE, "--wait=1")
        self.assertEqual((row["result"], self.posts()), ("released", 1))

    def test_lost_while_an_isolate_waits(self):
        self.service.defender.add_action(DEVICE, "Isolate")
        self.service.api.fail(faults.cut(400), 1, RELEASE)
        self.release_one(DEVICE)
        self.assert_exit(self.runs[-1], 13)
        self.assertEqual(self.posts(), 1)
