"""
test_find.py - the records that a selector names, and lists that come in pages.

Rules     contract section 2, 5 (find) and 6.7; defender-docs api/get-machines.md,
          api/apis-intro.md (read 2026-11-23).
"""

import os

from devices import ENTRA_ID, DeviceScenario, device
from harness import each
from service.defender import DEVICE
from service.machines import DAY
from service.service import Service
from terminal import columns

PORT = 443


class FindScenario(DeviceScenario):
    def find(self, *arguments, **settings):
        result = self.command("find", *arguments, **settings)
        self.assertEqual({r.method for r in self.service.log.requests("api")} - {"GET"}, set())
        return result

    def ids(self, *arguments, code=0):
        result = self.find("--json", *arguments)
        self.assert_exit(result, code)
        return [row["id"] for row in result.json if "id" in row]


class Records(FindScenario):
    def test_record_is_printed_as_the_service_gave_it(self):
        self.machine.tags = ("büro", 'a"b')
        self.machine.members["somethingNew"] = {"deep": [1, 2.5, None, True, "x"]}
        result = self.find("--json", "pc-042")
        self.assert_exit(result, 0)
        (row,) = result.json
        entity = self.machine.entity()
        self.assertEqual(row.pop("input"), "pc-042")
        self.assertEqual(set(row) - set(entity), set())
        for name in entity:
            if name not in ("lastSeen", "firstSeen"):
                self.assertEqual(row[name], entity[name], name)

    def test_numbers_are_passed_on_digit_by_digit(self):
        self.service.defender.machines[DEVICE].members["big"] = 12345678901234567890
        self.assertEqual(self.find("--json", "pc-042").json[0]["big"], 12345678901234567890)

    def test_member_of_the_service_called_input_does_not_stand_twice(self):
        self.machine.members["input"] = "the service's"
        self.assertEqual(self.find("--json", "pc-042").json[0]["input"], "pc-042")

    @each(
        [
            ("id", DEVICE),
            ("id:", "id:" + DEVICE.upper()),
            ("name", "pc-042"),
            ("address", "10.20.30.40"),
            ("Entra id", ENTRA_ID),
            ("tag, without --all", "tag:Lab"),
        ]
    )
    def test_selectors(self, selector):
        self.service.defender.add(device(1), name="pc-0421.contoso.com", ip="10.20.30.4")
        self.machine.aad_device_id, self.machine.tags = ENTRA_ID, ("Lab",)
        self.assertEqual(self.ids(selector), [DEVICE])

    def test_merged_records_are_printed_too(self):
        self.only({"merged_into": device(0x11)}, {}, {"name": "other"})
        self.assertEqual(sorted(self.ids("pc-042")), [device(0x10), device(0x11)])

    def test_merged_alone_is_printed_and_exit_3(self):
        self.only({"merged_into": device(0x99)})
        self.assertEqual(self.ids("pc-042", code=3), [device(0x10)])

    def test_ambiguous_ones_are_printed_and_exit_4(self):
        self.only({}, {})
        self.assertEqual(len(self.ids("pc-042", code=4)), 2)

    def test_duplicate_that_release_would_decide_is_exit_0(self):
        self.only({}, {"health": "Inactive"})
        self.assertEqual(len(self.ids("pc-042")), 2)

    @each([("name", "nobody"), ("id", "f" * 40), ("address", "10.9.9.9"), ("tag", "tag:none")])
    def test_not_found(self, selector):
        result = self.find("--json", selector)
        self.assert_exit(result, 3)
        (row,) = result.json
        self.assertEqual((row["input"], row["error"]["name"]), (selector, "not-found"))

    def test_several_selectors(self):
        self.service.defender.add(device(1), name="pc-1.contoso.com")
        result = self.find("--json", "pc-1", "nobody", "pc-042")
        self.assert_exit(result, 12)
        self.assertEqual(
            [(row["input"], row.get("id")) for row in result.json],
            [("pc-1", device(1)), ("nobody", None), ("pc-042", DEVICE)],
        )

    def test_needs_no_comment_and_no_right_to_release(self):
        self.service.entra.roles = ("Machine.Read.All",)
        self.assertEqual(self.ids("pc-042"), [DEVICE])

    def test_no_reading(self):
        self.service.entra.roles = ("Machine.Isolate",)
        result = self.find("--json", "pc-042")
        self.assert_exit(result, 6)
        self.assertIn("Machine.Read.All", result.json[0]["error"]["advice"])


class Text(FindScenario):
    def test_name_id_health_and_time(self):
        self.machine.health, self.machine.seen = "Inactive", 9 * DAY
        result = self.find("pc-042", quiet=True)
        self.assert_exit(result, 0)
        seen = self.machine.entity()["lastSeen"][:10]
        for word in ("pc-042.contoso.com", DEVICE, "Inactive", seen):
            self.assertIn(word, result.out)
        self.assertEqual(result.err, "")

    def test_columns_are_aligned_with_wide_characters(self):
        """Where the second column begins on a terminal, not in bytes or characters."""
        names = ["pc", "büro-nürnberg", "会議室", "laptop-\U0001f600", "e\u0301clair"]
        self.only(*({"name": name} for name in names))
        result = self.find(*names, quiet=True)
        self.assert_exit(result, 0)
        lines = [line for line in result.out.splitlines() if "Active" in line]
        self.assertEqual(len(lines), len(names), result.out)
        starts = {columns(line.split("Active")[0]) for line in lines}
        self.assertEqual(len(starts), 1, result.out)

    def test_lines_fit_80_columns(self):
        self.only(
            {"name": "workstation-0042.department.contoso.com"},
            {"name": "pc", "health": "NoSensorDataImpairedCommunication"},
            {"name": None, "ip": "10.1.1.1"},
        )
        result = self.find("workstation-0042", "pc", "10.1.1.1", quiet=True)
        self.assert_exit(result, 0)
        self.assertTrue(all(columns(line) <= 80 for line in result.out.splitlines()), result.out)

    def test_hostile_text_is_escaped(self):
        name = "evil\x1b[31m\u202egnp.exe\x9b"
        self.only({"name": name, "ip": "10.1.1.1", "health": "\x1b[2J"})
        self.assert_exit(self.find("10.1.1.1"), 0)
        self.assertEqual(self.find("--json", "10.1.1.1").json[0]["computerDnsName"], name)


class Pages(FindScenario):
    """Contract 6.7: a nextLink is followed only within the API's own hosts."""

    def setUp(self):
        super().setUp()
        self.only(*({"name": f"pc-{n}", "tags": ("Lab",)} for n in range(7)))
        self.paging = self.service.defender.paging
        self.paging.page_size = 3

    def test_every_page_is_read(self):
        self.assertEqual(len(set(self.ids("tag:Lab"))), 7)
        self.assertEqual(len(self.reads()), 3)

    def test_name_on_the_second_page(self):
        self.only(*({"merged_into": device(0x99)} for _ in range(3)), {})
        self.assertEqual(len(self.ids("pc-042")), 4)

    def test_foreign_host_is_exit_14_and_gets_nothing(self):
        self.paging.links = self.service.login.url
        result = self.find("tag:Lab")
        self.assert_exit(result, 14)
        self.assertEqual(len(self.service.log.requests("login")), 1)

    @each(
        [
            ("plain http", "http://localhost"),
            ("a host that only begins alike", "https://localhost.evil.example"),
            ("user part", "https://localhost@evil.example"),
            ("one of Microsoft's hosts, from elsewhere", "https://api.security.microsoft.com"),
            ("one of Microsoft's hosts, other port", "https://api.security.microsoft.com:444"),
            ("no host", "https://"),
            ("relative", ""),
            ("another scheme", "file://"),
        ]
    )
    def test_link_to_elsewhere(self, origin):
        self.paging.links = origin
        result = self.find("tag:Lab", "--retries", "0")
        self.assert_exit(result, 14)
        self.assertEqual(len(self.reads()), 1)

    def test_link_in_a_circle_ends(self):
        self.paging.links = "circle"
        result = self.find("--json", "tag:Lab")
        self.assert_exit(result, 14)
        self.assertLess(len(self.reads()), 5)

    def test_release_of_a_broken_list_sends_nothing(self):
        self.paging.links = "circle"
        result = self.release("--all", devices=["tag:Lab"])
        self.assert_exit(result, 14)
        self.assertEqual(self.released(), [])

    def test_last_page_that_is_empty(self):
        self.paging.empty = "value"
        self.only(*({"name": f"pc-{n}", "tags": ("Lab",)} for n in range(6)))
        self.assertEqual(len(self.ids("tag:Lab")), 6)

    def test_pages_without_end_are_bounded(self):
        self.only(*({"name": f"pc-{n}", "tags": ("Lab",)} for n in range(240)))
        self.paging.page_size = 1
        result = self.find("--pace", "10000/min,10000/h", "tag:Lab")
        self.assert_exit(result, 14)
        self.assertLess(len(self.reads()), 300)


class Shards(FindScenario):
    """The real host names, at port 443 of a loopback address."""

    LOGIN, API = "login.microsoftonline.com", "api.security.microsoft.com"

    def start_service(self):
        with open("/proc/sys/net/ipv4/ip_unprivileged_port_start", encoding="ascii") as file:
            if os.geteuid() != 0 and int(file.read()) > PORT:
                self.skipTest(f"may not listen at port {PORT} here")
        number = os.getpid() % 16384
        self.addresses = [f"127.{128 + number // 256}.{number % 256}.{last}" for last in (1, 2)]
        service = Service(self.addresses[:1], self.addresses[1:], PORT).start()
        self.addCleanup(service.stop)
        return service

    def where(self):
        options = ["--cacert", self.service.pki.root]
        hosts = [
            (self.LOGIN, 0),
            (self.API, 1),
            ("us.api.security.microsoft.com", 1),
            ("api.securitycenter.microsoft.com", 1),
            ("api-gov.securitycenter.microsoft.us", 1),
            ("localhost", 1),
        ]
        for host, at in hosts:
            options += ["--resolve", f"{host}:{PORT}:{self.addresses[at]}"]
        return options

    def run_with(self, host):
        self.only(*({"name": f"pc-{n}", "tags": ("Lab",)} for n in range(7)))
        self.service.defender.paging.page_size = 3
        self.service.defender.paging.links = f"https://{host}"
        result = self.find("--json", "tag:Lab", "--retries", "0")
        hosts = {request.header("Host") for request in self.service.log.requests("api")}
        return result, hosts

    @each(
        [
            ("region", "us.api.security.microsoft.com"),
            ("shard", "api.securitycenter.microsoft.com"),
        ]
    )
    def test_of_the_same_cloud_is_followed(self, host):
        result, hosts = self.run_with(host)
        self.assert_exit(result, 0)
        self.assertEqual(len(result.json), 7)
        self.assertEqual(hosts, {self.API, host})

    @each([("another cloud", "api-gov.securitycenter.microsoft.us"), ("elsewhere", "localhost")])
    def test_of_elsewhere_is_not(self, host):
        result, hosts = self.run_with(host)
        self.assert_exit(result, 14)
        self.assertEqual(hosts, {self.API})
