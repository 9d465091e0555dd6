"""
test_service.py - the fake service itself: it must answer as the real one does, and see what the
    program must not send.

Rules     the pages that tests/service names; OData 4.01 URL conventions 5.1.1.
"""

import json
import time
import unittest
import urllib.parse

from devices import ENTRA_ID, device
from harness import each
from service.actions import Action, new_action
from service.defender import DEVICE, FORBIDDEN_OLD, Defender, Machine
from service.entra import RESOURCE, Claims
from service.machines import machine_properties, wire_time
from service.message import Request
from service.odata import Filter, ODataProblem

TOKEN = "token"
ROLES = ("Machine.Isolate", "Machine.Read.All")


class Filters(unittest.TestCase):
    """$filter, held against one record."""

    RECORD = Machine(DEVICE, name="O'Brien.contoso.com", aad_device_id=ENTRA_ID).entity()

    def fits(self, text, **settings):
        properties = machine_properties()
        for name, value in settings.items():
            setattr(properties, name, value)
        return Filter(text, properties).test(self.RECORD)

    @each(
        [
            (text, text, expected)
            for text, expected in (
                ("computerDnsName eq 'o''brien.CONTOSO.com'", True),
                ("computerDnsName ne 'x'", True),
                ("startswith(computerDnsName,'O''B')", True),
                ("endswith(computerDnsName,'.com') and contains(computerDnsName,'toso')", True),
                ("startswith(computerDnsName,'Brien')", False),
                ("not startswith(computerDnsName,'x')", True),
                ("id eq 'x' or healthStatus eq 'Active'", True),
                ("id eq 'x' or healthStatus eq 'x' and riskScore eq 'High'", False),
                ("(id eq 'x' or healthStatus eq 'Active') and riskScore eq 'Low'", False),
                ("not (riskScore eq 'High')", False),
                ("riskScore in ('Low','High')", True),
                (f"aadDeviceId eq {ENTRA_ID.upper()}", True),
                ("aadDeviceId eq null", False),
                ("lastSeen gt 2020-01-01T00:00:00Z", True),
                ("lastSeen lt 2020-01-01", False),
                ("rbacGroupId ge 140", True),
            )
        ]
    )
    def test_filter(self, text, expected):
        self.assertEqual(self.fits(text), expected)

    @each(
        [
            (text, text)
            for text in (
                "computerDnsName eq",
                "computerDnsName eq 'a' or",
                "computerDnsName eq 'O'Brien'",
                "computerDnsName = 'a'",
                "computerdnsname eq 'a'",
                "nobody eq 'a'",
                "(id eq 'a'",
                "id eq 'a')",
                "id eq 5",
                f"aadDeviceId eq '{ENTRA_ID}'",
                "lastSeen gt '2020-01-01'",
                "tolower(id) eq 'a'",
                "id in ()",
                "id eq 'a' id eq 'b'",
            )
        ]
    )
    def test_refused(self, text):
        with self.assertRaises(ODataProblem):
            self.fits(text)

    def test_guid_may_be_selected_the_other_way_round(self):
        self.assertTrue(self.fits(f"aadDeviceId eq '{ENTRA_ID}'", guid_literal="quoted"))
        with self.assertRaises(ODataProblem):
            self.fits(f"aadDeviceId eq {ENTRA_ID}", guid_literal="quoted")

    def test_case_may_count(self):
        self.assertFalse(self.fits("computerDnsName eq 'o''brien.contoso.com'", with_case=True))


class Api(unittest.TestCase):
    def setUp(self):
        now = time.time()
        self.claims = Claims(RESOURCE, ROLES, now + 600, now - 5)
        self.api = Defender({TOKEN: self.claims})

    def ask(self, target, body=None, method=None):
        """(status, object or error code, violation)"""
        headers = [("Host", "localhost:1"), ("Authorization", f"Bearer {TOKEN}")]
        if body is not None:
            headers.append(("Content-Type", "application/json"))
        request = Request(
            method or ("GET" if body is None else "POST"),
            target,
            tuple(headers),
            b"" if body is None else json.dumps(body).encode(),
        )
        answer = self.api.handle(request)
        value = json.loads(answer.body)
        code = value["error"]["code"] if "error" in value else value
        return answer.status, code, answer.violation

    def ids(self, target):
        status, value, _ = self.ask(target)
        self.assertEqual(status, 200, value)
        return [entity["id"] for entity in value["value"]]

    def fill(self, count):
        self.api.machines.clear()
        for number in range(count):
            self.api.add(device(number), name=f"pc-{number}")

    @each(
        [
            ("unknown path", "/api/nothing"),
            ("isolate", f"/api/machines/{DEVICE}/isolate"),
            ("unknown option", "/api/machines?$search=a"),
            ("option twice", "/api/machines?$top=1&$top=2"),
            ("query that is not encoded", '/api/machines?$filter=id eq "a"'),
            ("no UTF-8", "/api/machines?$filter=%ff"),
            ("too many", "/api/machines?$top=10001"),
        ]
    )
    def test_get_is_refused(self, target):
        self.assertGreaterEqual(self.ask(target)[0], 400)

    @each(
        [
            ("isolate", f"/api/machines/{DEVICE}/isolate", {"Comment": "x"}),
            ("query with POST", f"/api/machines/{DEVICE}/unisolate?a=b", {"Comment": "x"}),
            ("member in lower case", f"/api/machines/{DEVICE}/unisolate", {"comment": "x"}),
            ("member too much", f"/api/machines/{DEVICE}/unisolate", {"Comment": "x", "a": 1}),
            ("empty comment", f"/api/machines/{DEVICE}/unisolate", {"Comment": ""}),
        ]
    )
    def test_post_is_seen(self, target, body):
        status, _, violation = self.ask(target, body)
        self.assertGreaterEqual(status, 400)
        self.assertTrue(violation)

    def test_body_with_get_is_seen(self):
        self.assertTrue(self.ask("/api/machines", {}, "GET")[2])

    @each([("newer", None), ("older", FORBIDDEN_OLD)])
    def test_roles(self, words):
        self.api.forbidden = words or self.api.forbidden
        self.claims.roles = ("Machine.Isolate",)
        self.assertEqual(self.ask("/api/machines")[:2], (403, "Forbidden"))
        self.assertEqual(self.ask(f"/api/machines/{DEVICE}/unisolate", {"Comment": "x"})[0], 201)
        self.claims.roles = ("Machine.ReadWrite.All",)
        self.assertEqual(self.ask("/api/machines")[0], 200)
        self.assertEqual(self.ask(f"/api/machines/{'f' * 40}/unisolate", {"Comment": "x"})[0], 403)

    def test_pages(self):
        self.fill(5)
        self.api.paging.page_size = 2
        seen, target = [], "/api/machines?$filter=startswith(computerDnsName,%27pc%27)"
        while target:
            _, value, _ = self.ask(target)
            seen += [entity["id"] for entity in value["value"]]
            link = value.get("@odata.nextLink", "")
            target = link.removeprefix("https://localhost:1")
        self.assertEqual(seen, [device(number) for number in range(5)])

    def test_top_skip_order_and_count(self):
        self.fill(5)
        target = "/api/machines?$orderby=computerDnsName%20desc&$top=2&$skip=1&$count=true"
        _, value, _ = self.ask(target)
        self.assertEqual([entity["id"] for entity in value["value"]], [device(3), device(2)])
        self.assertEqual(value["@odata.count"], 5)
        self.assertNotIn("@odata.nextLink", value)

    def test_nothing_is_a_404_or_empty(self):
        self.api.machines.clear()
        self.assertEqual(self.ask("/api/machines")[0], 404)
        self.api.paging.empty = "value"
        self.assertEqual(self.ids("/api/machines"), [])

    @each(
        [
            ("now", 0, 200),
            ("14 minutes ago", -14 * 60, 200),
            ("20 minutes ago", -20 * 60, 404),
            ("31 days ago", -31 * 86400, 400),
            ("tomorrow", 86400, 400),
        ]
    )
    def test_findbyip(self, offset, status):
        stamp = wire_time(time.time() + offset)
        target = f"/api/machines/findbyip(ip='10.20.30.40',timestamp={stamp})"
        self.assertEqual(self.ask(target)[0], status)

    @each([("quoted", "'{}'"), ("with an offset", "{}+01:00"), ("a day", "2026-01-01")])
    def test_findbyip_with_a_time_that_is_none(self, form):
        stamp = form.format(wire_time(time.time()).rstrip("Z"))
        target = f"/api/machines/findbyip(ip='10.20.30.40',timestamp={stamp})"
        status, _, violation = self.ask(target)
        self.assertEqual(status, 400)
        self.assertTrue(violation)

    def test_findbytag(self):
        self.api.machines[DEVICE].tags = ("R&D +1",)
        tag = urllib.parse.quote("R&D +1")
        self.assertEqual(self.ids(f"/api/machines/findbytag?tag={tag}"), [DEVICE])
        self.assertEqual(self.ask("/api/machines/findbytag?tag=R")[0], 404)
        self.assertEqual(
            self.ids("/api/machines/findbytag?tag=r&useStartsWithFilter=true"), [DEVICE]
        )

    def test_action_lives_as_its_script_says(self):
        action = Action(new_action(self.api.machines[DEVICE], "x"), [(0.1, "InProgress"), (9, "x")])
        action.live()
        self.assertEqual(action["status"], "Pending")
        action.born -= 5
        action.live()
        self.assertEqual(action["status"], "InProgress")
        self.assertRegex(action["lastUpdateDateTimeUtc"], r"T\d\d:\d\d:\d\d\.\d{7}Z\Z")

    def test_release_of_a_device_whose_action_is_active(self):
        release = f"/api/machines/{DEVICE}/unisolate"
        _, first, _ = self.ask(release, {"Comment": "x"})
        self.assertEqual(
            self.ask(release, {"Comment": "x"})[:2], (400, "ActiveRequestAlreadyExists")
        )
        self.api.duplicates = "return"
        status, again, _ = self.ask(release, {"Comment": "x"})
        self.assertEqual((status, again["id"]), (201, first["id"]))
        self.api.actions[0].become("Failed")
        self.assertNotEqual(self.ask(release, {"Comment": "x"})[1]["id"], first["id"])

    def test_cancel(self):
        action = self.api.add_action(DEVICE, "Isolate")
        cancel = f"/api/machineactions/{action['id']}/cancel"
        self.assertEqual(self.ask(cancel, {"Comment": "x"})[1]["status"], "Cancelled")
        self.assertEqual(self.ask(cancel, {"Comment": "x"})[0], 400)
        self.assertEqual(self.ask(cancel.replace("-", "0"), {"Comment": "x"})[0], 404)

    def test_new_action_that_is_hidden(self):
        self.api.hidden = 60.0
        _, action, _ = self.ask(f"/api/machines/{DEVICE}/unisolate", {"Comment": "x"})
        self.assertEqual(self.ask(f"/api/machineactions/{action['id']}")[0], 404)
        self.api.actions[0].hidden = 0.0
        self.assertEqual(self.ask(f"/api/machineactions/{action['id']}")[0], 200)
