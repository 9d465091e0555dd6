"""
test_status.py - what is said of a device's isolation, and of one action.

Rules     contract section 2 (status), 4 and 5; the API has no field for it: the Isolate or
          Unisolate that was carried out last counts, and what waits comes on top
          (defender-docs api/machineaction.md, read 2026-11-23).
"""

from devices import ENTRA_ID, NO_ACTION, DeviceScenario, device
from harness import STATUS_MEMBERS, each
from service import faults
from service.defender import DEVICE, Refusal, server_error

HOSTILE = "evil\x1b[31m\u202egnp.exe\r\n\x9b"


class StatusScenario(DeviceScenario):
    def status(self, *arguments, **settings):
        result = self.command("status", *arguments, **settings)
        self.assertEqual({r.method for r in self.service.log.requests("api")} - {"GET"}, set())
        return result

    def one(self, selector=DEVICE, *more):
        """The status of one operand, as its JSON object."""
        result = self.status("--json", *more, selector)
        self.assertEqual(len(result.json), 1, result.describe())
        return result.json[0]

    def add(self, kind, status="Succeeded", ago=0.0, **settings):
        return self.service.defender.add_action(
            settings.pop("device", DEVICE), kind, status, ago, **settings
        )


class Device(StatusScenario):
    """(what there is, oldest first) -> what is said."""

    ROWS = [
        ("nothing", [], "unknown"),
        ("isolated", [("Isolate", "Succeeded")], "isolated"),
        ("released", [("Isolate", "Succeeded"), ("Unisolate", "Succeeded")], "released"),
        (
            "isolated again",
            [("Isolate", "Succeeded"), ("Unisolate", "Succeeded"), ("Isolate", "Succeeded")],
            "isolated",
        ),
        ("on its way out", [("Isolate", "Succeeded"), ("Unisolate", "Pending")], "releasing"),
        ("being released", [("Isolate", "Succeeded"), ("Unisolate", "InProgress")], "releasing"),
        ("on its way in", [("Isolate", "Pending")], "isolating"),
        ("being isolated", [("Unisolate", "Succeeded"), ("Isolate", "InProgress")], "isolating"),
        ("release failed", [("Isolate", "Succeeded"), ("Unisolate", "Failed")], "isolated"),
        ("release timed out", [("Isolate", "Succeeded"), ("Unisolate", "TimeOut")], "isolated"),
        ("release cancelled", [("Isolate", "Succeeded"), ("Unisolate", "Cancelled")], "isolated"),
        (
            "isolation failed",
            [("Isolate", "Succeeded"), ("Unisolate", "Succeeded"), ("Isolate", "Failed")],
            "released",
        ),
        ("only failures", [("Isolate", "Failed"), ("Unisolate", "TimeOut")], "unknown"),
        ("both wait", [("Unisolate", "Pending"), ("Isolate", "Pending")], "isolating"),
        ("both wait, other order", [("Isolate", "Pending"), ("Unisolate", "Pending")], "isolating"),
        ("other actions alone", [("RunAntiVirusScan", "Succeeded")], "unknown"),
        (
            "other actions between",
            [("Isolate", "Succeeded"), ("RestrictCodeExecution", "Succeeded")],
            "isolated",
        ),
        ("other case", [("isolate", "SUCCEEDED")], "isolated"),
    ]

    @each(
        [
            (f"{name}, {order} first", *row, order)
            for name, *row in ROWS
            for order in ("newest", "oldest")
        ]
    )
    def test_is(self, actions, isolation, order):
        self.service.defender.order = order
        for number, (kind, status) in enumerate(actions):
            self.add(kind, status, 3600.0 - 60 * number)
        row = self.one()
        self.assert_exit(self.runs[-1], 0)
        self.assertEqual(row["isolation"], isolation)
        self.assertEqual(row["machineId"], DEVICE)

    def test_order_of_carrying_out_decides(self):
        """A queued Isolate may be carried out after the release that was asked for later."""
        isolate = self.add("Isolate", "Pending", 3600.0)
        self.add("Unisolate", "Succeeded", 1800.0)
        isolate.become("Succeeded")
        self.assertEqual(self.one()["isolation"], "isolated")

    def test_members(self):
        action = self.add("Isolate", ago=600.0, requestor="secops@contoso.com")
        row = self.one()
        self.assertEqual(set(row), STATUS_MEMBERS)
        self.assertEqual(
            (row["input"], row["actionId"], row["actionType"], row["actionStatus"], row["error"]),
            (DEVICE, action["id"], "Isolate", "Succeeded", None),
        )
        self.assertEqual(row["requested"][:19], action["creationDateTimeUtc"][:19])
        self.assertEqual(row["ended"][:19], action["lastUpdateDateTimeUtc"][:19])
        self.assertEqual(row["computerDnsName"], "pc-042.contoso.com")

    def test_nothing_known_is_null(self):
        row = self.one()
        for name in ("actionId", "actionType", "actionStatus", "requested", "ended", "error"):
            self.assertIsNone(row[name], name)

    @each(
        [
            ("id", DEVICE),
            ("name", "pc-042"),
            ("full name", "PC-042.contoso.com"),
            ("address", "10.20.30.40"),
            ("Entra id", ENTRA_ID),
            ("entra:", "entra:" + ENTRA_ID),
        ]
    )
    def test_selectors(self, selector):
        self.machine.aad_device_id = ENTRA_ID
        self.service.defender.add(device(1), name="pc-0421.contoso.com", ip="10.20.30.4")
        self.add("Isolate", device=device(1))
        self.add("Isolate")
        self.add("Unisolate", "Pending")
        row = self.one(selector)
        self.assertEqual((row["isolation"], row["machineId"]), ("releasing", DEVICE))

    def test_unknown_device_is_not_found(self):
        row = self.one("f" * 40)
        self.assert_exit(self.runs[-1], 3)
        self.assertEqual(row["error"]["name"], "not-found")

    @each([("unknown name", {}, 3), ("ambiguous", {"name": "x"}, 4)])
    def test_name_that_names_no_one_device(self, settings, code):
        self.only(settings, settings)
        row = self.one("x")
        self.assert_exit(self.runs[-1], code)
        self.assertEqual((row["isolation"], row["error"]["exit"]), ("unknown", code))

    def test_text(self):
        self.add("Isolate", ago=600.0, requestor="secops@contoso.com")
        result = self.status("pc-042", quiet=True)
        self.assert_exit(result, 0)
        self.assertRegex(result.out, r"(?m)^isolated\b")
        for word in ("pc-042", DEVICE, "Isolate", "secops@contoso.com"):
            self.assertIn(word, result.out)
        self.assertTrue(all(len(line) <= 80 for line in result.out.splitlines()), result.out)

    def test_what_cannot_be_known_is_said(self):
        self.assert_says(self.status(DEVICE), "script")

    def test_several(self):
        self.service.defender.add(device(1), name="pc-1.contoso.com")
        self.add("Isolate", device=device(1))
        result = self.status("--json", "pc-042", "pc-1", "nobody")
        self.assert_exit(result, 12)
        self.assertEqual(
            [(row["input"], row["isolation"]) for row in result.json],
            [("pc-042", "unknown"), ("pc-1", "isolated"), ("nobody", "unknown")],
        )

    def test_hostile_text_is_escaped(self):
        self.machine.name = HOSTILE
        self.add("Isolate", requestor=HOSTILE, requestorComment=HOSTILE)
        self.assert_exit(self.status(DEVICE), 0)
        self.assertEqual(self.one()["computerDnsName"], HOSTILE)

    @each(
        [
            ("no reading", Refusal(403, "Forbidden", "Missing application roles."), 6),
            ("broken", server_error(500), 14),
            ("token", Refusal(401, "Unauthorized", "no"), 5),
        ]
    )
    def test_service_that_refuses(self, refusal, code):
        self.service.api.fail(faults.answer_of(refusal.answer()), 99)
        row = self.one(DEVICE, "--retries", "0")
        self.assert_exit(self.runs[-1], code)
        self.assertEqual((row["isolation"], row["error"]["exit"]), ("unknown", code))

    def test_role_that_is_missing_is_named(self):
        self.service.entra.roles = ("Machine.Isolate",)
        row = self.one()
        self.assert_exit(self.runs[-1], 6)
        self.assertIn("Machine.Read.All", row["error"]["advice"])

    def test_needs_no_comment_and_no_right_to_release(self):
        self.service.entra.roles = ("Machine.Read.All",)
        self.assert_exit(self.status(DEVICE), 0)


class OneAction(StatusScenario):
    @each(
        [
            ("pending release", "Unisolate", "Pending"),
            ("ended release", "Unisolate", "Succeeded"),
            ("failed isolation", "Isolate", "Failed"),
            ("a scan", "RunAntiVirusScan", "InProgress"),
            ("a type nobody knows", "Hibernate", "Dreaming"),
        ]
    )
    def test_by_its_id(self, kind, status):
        action = self.add(kind, status, 60.0)
        row = self.one(action["id"])
        self.assert_exit(self.runs[-1], 0)
        self.assertEqual(
            (row["actionId"], row["actionType"], row["actionStatus"], row["machineId"]),
            (action["id"], kind, status, DEVICE),
        )
        self.assertEqual(self.reads(), [f"/api/machineactions/{action['id']}"])

    def test_in_capitals(self):
        action = self.add("Unisolate")
        self.assertEqual(self.one(action["id"].upper())["actionId"], action["id"])

    def test_is_asked_for_before_an_entra_id(self):
        self.machine.aad_device_id = ENTRA_ID
        self.one(ENTRA_ID)
        self.assertEqual(self.reads()[0], f"/api/machineactions/{ENTRA_ID}")

    def test_unknown_guid_is_not_found(self):
        row = self.one(NO_ACTION)
        self.assert_exit(self.runs[-1], 3)
        self.assertEqual(row["error"]["name"], "not-found")


class Everything(StatusScenario):
    """No operand: what is isolated or on the way there, newest first."""

    def everything(self, *more):
        result = self.status("--json", *more)
        self.assertTrue(all(row["input"] is None for row in result.json))
        return result

    def populate(self):
        self.only(*({"name": f"pc-{n}.contoso.com"} for n in range(6)))
        ids = list(self.service.defender.machines)
        self.add("Isolate", ago=9000.0, device=ids[0])
        self.add("Isolate", ago=8000.0, device=ids[1])
        self.add("Unisolate", ago=7000.0, device=ids[1])
        self.add("Unisolate", ago=6000.0, device=ids[2])
        self.add("Isolate", "Pending", 5000.0, device=ids[2])
        self.add("Isolate", ago=4000.0, device=ids[3])
        self.add("Unisolate", "Failed", 3000.0, device=ids[3])
        self.add("Isolate", "Failed", 2000.0, device=ids[4])
        self.add("RunAntiVirusScan", ago=1000.0, device=ids[5])
        return ids

    @each([("newest", "newest"), ("oldest", "oldest")])
    def test_lists(self, order):
        ids = self.populate()
        self.service.defender.order = order
        result = self.everything()
        self.assert_exit(result, 0)
        self.assertEqual(
            [(row["machineId"], row["isolation"]) for row in result.json],
            [(ids[3], "isolated"), (ids[2], "isolating"), (ids[0], "isolated")],
        )

    def test_several_pages(self):
        ids = self.populate()
        self.service.defender.paging.page_size = 2
        self.assertEqual(
            [row["machineId"] for row in self.everything().json], [ids[3], ids[2], ids[0]]
        )

    def test_actions_of_one_device_on_different_pages(self):
        """Isolated on the first page, released on the second."""
        self.service.defender.order = "oldest"
        self.add("Isolate", ago=100.0)
        self.add("Unisolate", ago=50.0)
        self.service.defender.paging.page_size = 1
        self.assertEqual(self.everything().json, [])

    def test_thousands_of_old_actions(self):
        """A page of 10,000 is more than an answer may have; so it is not asked for."""
        self.only(*({"name": f"pc-{n}.contoso.com"} for n in range(3500)))
        for number, machine_id in enumerate(list(self.service.defender.machines)):
            self.add("Isolate", ago=90000.0 + number, device=machine_id)
            self.add("Unisolate", ago=50000.0, device=machine_id)
        self.add("Isolate", ago=5.0, device=device(0x77))
        result = self.everything()
        self.assert_exit(result, 0)
        self.assertEqual([row["machineId"] for row in result.json], [device(0x77)])
        self.assertLess(len(self.reads()), 40)

    def test_pages_smaller_than_what_was_asked_for(self):
        """However the service cuts, the end of the list is where it says so."""
        machines = self.only(*({"name": f"pc-{n}"} for n in range(1300)))
        for machine in machines:
            self.add("Isolate", ago=60.0, device=machine.id)
        self.service.defender.paging.page_size = 300
        result = self.everything()
        self.assertEqual(len(result.json), 1300)
        self.assertNotIn("no isolated device", result.err)

    @each([("404", "404"), ("empty list", "value")])
    def test_nobody(self, empty):
        self.service.defender.paging.empty = empty
        result = self.everything()
        self.assert_exit(result, 0)
        self.assertEqual(result.json, [])
        self.assert_says(result, "no isolated device is known")

    def test_text_fits_80_columns(self):
        self.populate()
        result = self.status(quiet=True)
        self.assert_exit(result, 0)
        for word in ("isolated", "isolating", "pc-3.contoso.com", "pc-2.contoso.com", "pc-0"):
            self.assertIn(word, result.out)
        self.assertNotIn("pc-1.", result.out)
        self.assertTrue(all(len(line) <= 80 for line in result.out.splitlines()), result.out)

    def test_no_reading(self):
        self.service.entra.roles = ("Machine.Isolate",)
        result = self.status("--json")
        self.assert_exit(result, 6)
        self.assertEqual(len(result.json), 1)
        self.assertIsNone(result.json[0]["input"])
