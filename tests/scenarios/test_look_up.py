"""
test_look_up.py - look-ups that name many devices, are not permitted, or go wrong.

Rules     contract section 2 (tag:), 4 and 6.4 to 6.6; defender-docs api/find-machines-by-tag.md
          (read 2026-11-23).
"""

from devices import ENTRA_ID, DeviceScenario, device
from harness import each
from service import faults
from service.defender import DEVICE, FORBIDDEN_OLD, Refusal, server_error, throttled
from service.message import Answer


class Tags(DeviceScenario):
    def setUp(self):
        super().setUp()
        self.only(
            {"name": "pc-1", "tags": ("Lab", "Floor 3")},
            {"name": "pc-2", "tags": ("Laboratory",)},
            {"name": "pc-3", "tags": ("lab",), "health": "Inactive"},
            {"name": "pc-4", "tags": ("Lab",), "merged_into": device(0x10)},
            {"name": "pc-5", "tags": ("R&D / 50% + x'y", "büro", "a b")},
        )

    def test_without_all_nothing_is_sent(self):
        result = self.release(devices=["tag:Lab"])
        self.assert_exit(result, 2)
        self.assert_says(result, "--all")
        self.assertEqual(self.service.log.requests(), [])

    @each([("as it is", "tag:Lab"), ("other case", "TAG:LAB")])
    def test_every_living_device_with_exactly_this_tag(self, selector):
        result = self.release("--all", "--json", devices=[selector])
        self.assert_exit(result, 0)
        self.assertEqual(sorted(self.released()), [device(0x10), device(0x12)])
        self.assertEqual({row["input"] for row in result.json}, {selector})
        self.assertEqual({row["computerDnsName"] for row in result.json}, {"pc-1", "pc-3"})

    @each([("all kinds", "R&D / 50% + x'y"), ("umlaut", "büro"), ("blank", "a b")])
    def test_characters_that_are_to_be_encoded(self, tag):
        result = self.release("--all", devices=["tag:" + tag])
        self.assert_exit(result, 0)
        self.assertEqual(self.released(), [device(0x14)])

    @each([("no device", "nobody"), ("beginning of a tag", "Labora"), ("merged alone", "merged")])
    def test_not_found(self, tag):
        self.service.defender.machines[device(0x13)].tags = ("Lab", "merged")
        self.assert_refused("tag:" + tag, 3, "--all")

    def test_several_pages(self):
        self.only(*({"name": f"pc-{n}", "tags": ("Lab",)} for n in range(7)))
        self.service.defender.paging.page_size = 3
        result = self.release("--all", "--json", devices=["tag:Lab"])
        self.assert_exit(result, 0)
        self.assertEqual(len(set(self.released())), 7)
        self.assertEqual(len(self.reads("findbytag")), 3)

    def test_with_all_another_selector_still_means_one(self):
        self.only({}, {})
        self.assert_refused("pc-042", 4, "--all")

    def test_tag_and_name_of_the_same_device_release_it_once(self):
        result = self.release("--all", devices=["tag:Floor 3", "pc-1", device(0x10)])
        self.assert_exit(result, 0)
        self.assertEqual(self.released(), [device(0x10)])

    def test_option_may_stand_anywhere(self):
        self.assert_exit(
            self.run_program(*self.where(), "tag:Floor 3", "--all", *self.sign_in(), "-c", "x"), 0
        )


class Permission(DeviceScenario):
    """Contract 6.4: Machine.Isolate alone releases by id; a look-up says what it lacks."""

    def setUp(self):
        super().setUp()
        self.service.entra.roles = ("Machine.Isolate",)

    SELECTORS = [("name", "pc-042"), ("Entra id", ENTRA_ID), ("address", "10.20.30.40")]

    @each([("newer words", True), ("older words", False)])
    def test_look_up_names_the_missing_role(self, newer):
        if not newer:
            self.service.defender.forbidden = FORBIDDEN_OLD
        row = self.assert_refused("pc-042", 6)
        self.assertEqual((row["result"], row["error"]["code"]), ("denied", "Forbidden"))
        self.assertIn("Machine.Read.All", row["error"]["advice"])
        self.assertNotIn("Machine.Isolate,", row["error"]["advice"])

    @each(SELECTORS)
    def test_look_up_is_denied(self, selector):
        self.assert_refused(selector, 6)

    def test_id_works_all_the_same_beside_it(self):
        result = self.release("--json", devices=["pc-042", DEVICE])
        self.assert_exit(result, 12)
        self.assertEqual([row["result"] for row in result.json], ["denied", "accepted"])

    def test_role_with_a_wider_right_is_enough(self):
        self.service.entra.roles = ("Machine.Isolate", "Machine.ReadWrite.All")
        self.assert_released("pc-042", self.machine)

    def test_reading_alone_finds_but_does_not_release(self):
        self.service.entra.roles = ("Machine.Read.All",)
        row = self.release_one("pc-042")
        self.assertEqual((row["result"], row["error"]["exit"]), ("denied", 6))
        self.assertIn("Machine.Isolate", row["error"]["advice"])


class LookUpFaults(DeviceScenario):
    def test_401_in_the_look_up_is_repaired_by_a_new_token(self):
        self.service.api.fail(faults.answer_of(Refusal(401, "Unauthorized", "expired").answer()))
        self.assert_released("pc-042", self.machine)
        self.assertEqual(self.token_requests(), 2)

    @each([("429", 429, 9), ("500", 500, 14), ("503", 503, 14)])
    def test_status_that_stays(self, status, code):
        refusal = throttled("0") if status == 429 else server_error(status)
        self.service.api.fail(faults.answer_of(refusal.answer()), 99)
        self.assert_refused("pc-042", code, "--retries", "1")
        self.assertEqual(len(self.reads()), 2)

    def test_429_once_is_waited_for(self):
        self.service.api.fail(faults.answer_of(throttled("1").answer()))
        self.assert_released("pc-042", self.machine)

    @each([("reset", faults.reset()), ("cut", faults.cut(300)), ("stale", faults.cut(0))])
    def test_broken_answer_is_asked_for_again(self, fault):
        self.service.api.fail(fault)
        self.assert_released("pc-042", self.machine)

    @each(
        [
            ("an array", b"[]"),
            ("no value", b"{}"),
            ("value is no list", b'{"value":{}}'),
            ("elements are no records", b'{"value":[1,2]}'),
            ("a record without an id", b'{"value":[{"computerDnsName":"pc-042"}]}'),
            ("no JSON", b"<html></html>"),
        ]
    )
    def test_answer_that_is_no_list_is_exit_14(self, body):
        self.service.api.fail(faults.answer_of(Answer(200, body)), 99, "^GET")
        self.assert_refused("pc-042", 14)
