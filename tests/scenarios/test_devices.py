"""
test_devices.py - from a selector to exactly one device, or to none.

Rules     contract section 2; defender-docs api/get-machines.md, find-machines-by-ip.md,
          find-machines-by-tag.md, fix-unhealthy-sensors.md (read 2026-11-23).
"""

import dataclasses

from devices import ENTRA_ID, DeviceScenario, device
from harness import each
from service import faults
from service.defender import DEVICE, Refusal
from service.machines import DAY

FULL = "pc-042.contoso.com"


class Names(DeviceScenario):
    @each(
        [
            ("as it is", FULL, FULL),
            ("in capitals", FULL.upper(), FULL),
            ("the record in capitals", FULL, FULL.upper()),
            ("with name:", "name:" + FULL, FULL),
            ("prefix in capitals", "NAME:" + FULL, FULL),
            ("trailing dot", FULL + ".", FULL),
            ("short", "pc-042", FULL),
            ("short, in capitals", "PC-042", FULL),
            ("short, with a dot", "pc-042.", FULL),
            ("short, the record is short too", "pc-042", "pc-042"),
            ("deep domain", "pc-042", "pc-042.site.eu.contoso.com"),
            ("39 hexadecimal digits", DEVICE[:-1], DEVICE[:-1]),
            ("41 hexadecimal digits", DEVICE + "0", DEVICE + "0"),
            ("40 digits, as a name", "name:" + DEVICE, DEVICE),
            ("a GUID, as a name", "name:" + ENTRA_ID, ENTRA_ID),
            ("an address, as a name", "name:10.0.0.1", "10.0.0.1"),
            ("a command", "name:status", "status"),
            ("another prefix as a part of the name", "name:tag:x", "tag:x"),
            ("begins like a prefix", "tagged-pc", "tagged-pc"),
            ("begins like self", "self-service", "self-service"),
            ("self, as a name", "name:self", "self"),
            ("three quotes", "o''b'rien", "O''B'Rien"),
            ("a quote", "O'Brien-PC", "o'brien-pc"),
            ("umlauts", "büro-nürnberg", "büro-nürnberg"),
            ("emoji", "laptop-\U0001f600", "laptop-\U0001f600"),
            ("blanks", "Meeting Room 1", "Meeting Room 1"),
            ("a plus sign", "a+b", "a+b"),
            ("percent", "100%25", "100%25"),
            ("query characters", "a&b=c#d?e;f", "a&b=c#d?e;f"),
            ("a path", "../machines/x", "../machines/x"),
            ("brackets", "a(b)[c]{d}", "a(b)[c]{d}"),
            ("backslash and double quote", 'a\\b"c', 'a\\b"c'),
            ("wide characters", "会議室", "会議室"),
            ("250 bytes", "n" * 250, "n" * 250),
        ]
    )
    def test_releases_it(self, selector, name):
        (machine,) = self.only({"name": name})
        self.assert_released(selector, machine)
        self.assertEqual(self.runs[-1].json[0]["input"], selector)

    def test_request_count_is_three(self):
        """Token, look-up, release."""
        self.assert_released("pc-042", self.machine)
        self.assertEqual(len(self.service.log.requests()), 3)
        self.assertEqual(
            self.api_lines(), ["GET /api/machines", f"POST /api/machines/{DEVICE}/unisolate"]
        )

    def test_name_is_told_with_the_result(self):
        self.assertEqual(self.release_one("pc-042")["computerDnsName"], FULL)
        result = self.release(devices=["name:pc-042"])
        self.assertIn(DEVICE, result.out)

    @each([("with case", True), ("without case", False)])
    def test_service_that_compares(self, with_case):
        self.service.defender.machine_properties.with_case = with_case
        self.assert_released("PC-042", self.machine)

    @each(
        [
            ("longer", "pc-04"),
            ("shorter", "pc-0421"),
            ("part", "042"),
            ("domain", "contoso.com"),
            ("other domain", "pc-042.fabrikam.com"),
            ("part of the domain", "pc-042.contoso"),
            ("more than the name", "x.pc-042.contoso.com"),
            ("dot alone", "name:."),
            ("wild card", "*"),
            ("wild card at the end", "pc-04*"),
            ("percent", "pc-04%"),
            ("underscore", "pc_042"),
        ]
    )
    def test_part_of_a_name_is_not_found(self, selector):
        row = self.assert_refused(selector, 3)
        self.assertEqual(row["result"], "not-found")
        self.assertIsNone(row["machineId"])

    def test_full_name_does_not_fit_a_short_record(self):
        self.only({"name": "pc-042"})
        self.assert_refused(FULL, 3)

    @each(
        [
            ("or", "x' or computerDnsName ne '"),
            ("or true", "x') or ('1' eq '1"),
            ("option", "x'&$top=1&$filter=id ne '"),
            ("comment", "x' --"),
            ("only a quote", "'"),
        ]
    )
    def test_filter_cannot_be_broken_out_of(self, selector):
        self.assert_refused(selector, 3)
        self.assertEqual(len(self.reads()), 1)

    @each(
        [
            ("line end", "pc\n042"),
            ("carriage return", "pc-042\r"[:-1] + "\rx"),
            ("escape", "pc\x1b[31m"),
            ("DEL", "pc\x7f042"),
            ("no UTF-8", b"pc-\xff"),
            ("256 bytes", "n" * 256),
            ("256 bytes in two-byte characters", "ü" * 128),
            ("a kilobyte", "n" * 1024),
            ("empty name", "name:"),
            ("empty GUID", "entra:"),
            ("GUID too short", "entra:" + ENTRA_ID[:-1]),
            ("no GUID", "entra:pc-042"),
            ("empty address", "ip:"),
            ("no address", "ip:10.0.0"),
            ("address with a port", "ip:10.0.0.1:80"),
            ("address with a mask", "ip:10.0.0.0/24"),
            ("empty tag", "tag:"),
        ]
    )
    def test_malformed_selector_is_a_usage_fault_and_nothing_is_sent(self, selector):
        result = self.release("--all", devices=[selector])
        self.assert_exit(result, 2)
        self.assertEqual(self.service.log.requests(), [])

    @each([("not found is a 404", "404"), ("not found is an empty list", "value")])
    def test_not_found(self, empty):
        self.service.defender.paging.empty = empty
        row = self.assert_refused("nobody", 3)
        self.assertEqual(row["result"], "not-found")
        self.assert_says(self.runs[-1], "nobody")

    def test_release_status_releases_a_device_of_that_name(self):
        (machine,) = self.only({"name": "status"})
        result = self.run_program("release", *self.release_arguments("--json", devices=["status"]))
        self.assert_exit(result, 0)
        self.assertEqual(self.released(), [machine.id])

    def test_after_two_dashes_a_command_word_is_a_name(self):
        (machine,) = self.only({"name": "status"})
        result = self.run_program(*self.release_arguments("--json", devices=["--", "status"]))
        self.assertIn(result.exit, (0, 2))
        self.assertIn(self.released(), ([machine.id], []))

    def test_service_that_ignores_the_filter(self):
        """Whatever the service sends, only what fits is released."""
        self.only({"name": "pc-0"}, {"name": "pc-04"}, {"name": "pc-042"}, {"name": "pc-0421"})
        self.service.defender.machine_properties.types.clear()
        self.service.defender.handle = ignore_query(self.service.defender.handle)
        self.service.api.handler = self.service.defender.handle
        self.assert_released("pc-042", self.service.defender.machines[device(0x12)])


def ignore_query(handle):
    """The service as if it did not know $filter."""
    def handle_without(request):
        if request.method == "GET":
            request = dataclasses.replace(request, target=request.target.partition("?")[0])
        return handle(request)

    return handle_without


class Records(DeviceScenario):
    """Several records of one name."""

    OLD = {"health": "Inactive", "seen": 40 * DAY}

    def test_merged_record_is_left_out(self):
        _, living = self.only({"merged_into": device(0x11)}, {})
        self.assert_released("pc-042", living)

    def test_merged_records_alone_are_not_found(self):
        self.only({"merged_into": device(0x99)})
        self.assert_refused("pc-042", 3)

    def test_only_record_is_taken_although_it_is_inactive(self):
        """An isolated device may well have been silent for long."""
        (machine,) = self.only(dict(self.OLD))
        self.assert_released("pc-042", machine)

    @each([("newer first", False), ("older first", True)])
    def test_only_one_onboarded_and_active_is_taken_and_the_other_told(self, older_first):
        settings = [{"id": device(1)}, {"id": device(2), **self.OLD}]
        self.only(*(settings[::-1] if older_first else settings))
        row = self.release_one("pc-042")
        self.assertEqual((row["result"], self.released()), ("accepted", [device(1)]))
        self.assert_says(self.runs[-1], device(2))

    def test_order_of_records_does_not_matter_with_case_of_their_words(self):
        self.only({"health": "active", "onboarding": "onboarded"}, {"health": "inactive"})
        self.assertEqual(self.release_one("pc-042")["machineId"], device(0x10))

    AMBIGUOUS = [
        ("both active", {}, {}),
        ("both inactive", dict(OLD), {"health": "Inactive", "seen": 3 * DAY}),
        ("active but not onboarded", {"onboarding": "CanBeOnboarded"}, dict(OLD)),
        ("two domains", {"name": "pc-042.contoso.com"}, {"name": "pc-042.fabrikam.com"}),
        ("no sensor data", {"health": "NoSensorData"}, {"health": "ImpairedCommunication"}),
        ("a health nobody knows", {"health": "Hibernating"}, {"health": None}),
    ]

    @each(AMBIGUOUS)
    def test_ambiguous_sends_nothing_and_shows_the_candidates(self, first, second):
        self.only(first, second)
        row = self.assert_refused("pc-042", 4)
        self.assertEqual((row["result"], row["machineId"]), ("ambiguous", None))
        self.assertEqual({c["id"] for c in row["candidates"]}, {device(0x10), device(0x11)})
        machines = self.service.defender.machines
        for candidate in row["candidates"]:
            machine = machines[candidate["id"]]
            self.assertEqual(candidate["computerDnsName"], machine.name)
            self.assertEqual(candidate["healthStatus"], machine.health)
            self.assertRegex(candidate["lastSeen"], r"\A2\d{3}-\d\d-\d\dT\d\d:\d\d:\d\d.*Z\Z")

    def test_ambiguous_shows_a_table(self):
        self.only({}, {"name": "PC-042.fabrikam.com", "seen": 2 * DAY})
        result = self.release(devices=["pc-042"], quiet=True)
        self.assert_exit(result, 4)
        self.assertEqual(result.out, "")
        self.assert_says(result, device(0x10), device(0x11), "PC-042.fabrikam.com", "Active")
        self.assertTrue(all(len(line) <= 80 for line in result.err.splitlines()[2:]), result.err)

    def test_three_of_which_two_are_merged(self):
        self.only({"merged_into": "x" * 40}, {"merged_into": "x" * 40}, {"health": "Inactive"})
        self.assertEqual(self.release_one("pc-042")["machineId"], device(0x12))

    def test_same_record_on_two_pages_is_one(self):
        self.only({}, {"name": "pc-042.x.example", "merged_into": "y" * 40})
        self.service.defender.paging.page_size = 1
        self.assertEqual(self.release_one("pc-042")["machineId"], device(0x10))

    def test_ambiguous_one_does_not_stop_the_others(self):
        self.only({}, {}, {"name": "pc-043.contoso.com"})
        result = self.release("--json", devices=["pc-042", "pc-043", "nobody"])
        self.assert_exit(result, 12)
        self.assertEqual(
            [(row["input"], row["result"]) for row in result.json],
            [("pc-042", "ambiguous"), ("pc-043", "accepted"), ("nobody", "not-found")],
        )
        self.assertEqual(self.released(), [device(0x12)])

    def test_device_named_in_several_ways_is_released_once(self):
        self.machine.aad_device_id = ENTRA_ID
        result = self.release("--json", devices=[DEVICE, "pc-042", ENTRA_ID, "ip:10.20.30.40"])
        self.assert_exit(result, 0)
        self.assertEqual(self.released(), [DEVICE])
        self.assertEqual(len(result.json), 1)

    def test_record_whose_id_is_none_is_no_path(self):
        self.only({"members": {"id": "../../evil"}})
        result = self.release(devices=["pc-042"])
        self.assert_exit(result, 14)
        self.assertEqual(self.released(), [])


class EntraIds(DeviceScenario):
    def setUp(self):
        super().setUp()
        self.only(
            {"name": "pc-1", "aad_device_id": ENTRA_ID},
            {"name": "pc-2", "aad_device_id": ENTRA_ID[::-1]},
            {"name": "pc-3"},
        )

    @each(
        [
            (f"{form}, written {written}", selector, written)
            for form, selector in [
                ("a GUID", ENTRA_ID),
                ("in capitals", ENTRA_ID.upper()),
                ("with entra:", "entra:" + ENTRA_ID),
                ("with ENTRA: in capitals", "ENTRA:" + ENTRA_ID.upper()),
            ]
            for written in ("bare", "quoted", "both")
        ]
    )
    def test_releases_the_device_by_its_defender_id(self, selector, written):
        self.service.defender.machine_properties.guid_literal = written
        row = self.release_one(selector)
        self.assertEqual((row["machineId"], self.released()), (device(0x10), [device(0x10)]))

    def test_unknown_one_is_not_found(self):
        self.assert_refused(ENTRA_ID.replace("0", "9"), 3)

    def test_two_records_are_ambiguous(self):
        self.service.defender.machines[device(0x12)].aad_device_id = ENTRA_ID
        self.assert_refused(ENTRA_ID, 4)

    def test_query_that_is_refused_in_every_form_is_told(self):
        refusal = Refusal(400, "ODataError", "Not today").answer()
        self.service.api.fail(faults.answer_of(refusal), 99, "^GET")
        row = self.assert_refused(ENTRA_ID, 11)
        self.assertEqual(row["error"]["code"], "ODataError")


class Addresses(DeviceScenario):
    @each(
        [
            ("IPv4", "10.20.30.40", "10.20.30.40"),
            ("IPv4 with ip:", "ip:10.20.30.40", "10.20.30.40"),
            ("IPv6", "2001:db8::7", "2001:db8::7"),
            ("IPv6 in other words", "2001:0DB8:0:0:0:0:0:7", "2001:db8::7"),
            ("IPv6 with ip:", "ip:fd00::1", "fd00::1"),
        ]
    )
    def test_releases_the_device_that_reports_it(self, selector, address):
        machine, _ = self.only({"name": "pc-1", "ip": address}, {"name": "pc-2", "ip": "10.9.9.9"})
        self.assert_released(selector, machine)

    def test_look_up_is_findbyip_with_the_time_of_now(self):
        self.release_one("10.20.30.40")
        self.assertRegex(
            self.reads()[0],
            r"\A/api/machines/findbyip\(ip='10.20.30.40',timestamp=2\d{3}-\d\d-\d\dT[\d:]{8}Z\)\Z",
        )

    def test_device_that_has_been_silent_is_found_by_its_last_address(self):
        """findbyip sees 15 minutes; an isolated device may be silent for longer."""
        machine, _ = self.only(
            {"reports": [("10.20.30.40", 3 * 3600.0)], "health": "Inactive", "seen": 3 * 3600.0},
            {"name": "pc-2", "ip": "10.9.9.9"},
        )
        self.assert_released("10.20.30.40", machine)

    def test_findbyip_that_refuses_the_time_is_not_the_end(self):
        """As it does when the clock of this host is wrong."""
        refusal = Refusal(400, "InvalidInput", "Timestamp is not in the last 30 days").answer()
        self.service.api.fail(faults.answer_of(refusal), 99, "findbyip")
        self.assert_released("10.20.30.40", self.machine)

    def test_unknown_address_is_not_found(self):
        self.assert_refused("10.20.30.41", 3)

    def test_address_of_two_devices_is_ambiguous(self):
        self.only({"name": "vpn-1"}, {"name": "vpn-2"})
        row = self.assert_refused("10.20.30.40", 4)
        self.assertEqual(len(row["candidates"]), 2)

    def test_device_that_had_it_before_is_not_released(self):
        """Ten minutes ago the address was another device's: that one is never taken."""
        before, now = self.only(
            {"name": "pc-1", "ip": "10.1.1.1", "reports": [("10.20.30.40", 600.0)]},
            {"name": "pc-2"},
        )
        self.release_one("10.20.30.40")
        self.assertIn(self.released(), ([], [now.id]))
        self.assertNotIn(before.id, self.released())

    def test_external_address_names_nobody(self):
        """A whole site is behind it."""
        self.service.defender.external_ip = True
        self.assert_refused("203.0.113.9", 3)

    def test_part_of_an_address_is_none(self):
        self.only({"ip": "10.20.30.4"})
        self.assert_refused("10.20.30.40", 3)
