"""
test_peers.py - the bugs of others: each has happened to users of another tool, and a scenario shows
    that it does not happen here.

Does      also writes build/test/peers-table.txt: bug of a peer, our scenario, result of its last
          run.
Rules     contract sections 2, 4, 5 and 6. A scenario's text says what the peer does and what must
          happen here.
"""

import contextlib
import fcntl
import functools
import os
from pathlib import Path

from devices import ENTRA_ID, DeviceScenario, device, together
from harness import forms_of_secret
from service import faults
from service.defender import (
    DEVICE,
    OS_NOT_SUPPORTED,
    UNAUTHORIZED,
    Refusal,
    server_error,
    throttled,
)
from service.machines import DAY
from terminal import on_terminal

TABLE = Path(__file__).resolve().parents[2] / "build" / "test" / "peers-table.txt"
RELEASE = "^POST .*/unisolate"
POLL = "^GET /api/machineactions/"
SCENARIOS = set()
BUG = 72  # columns of the table's first part
SUCCESS = ((0.5, "Succeeded"),)


def peer(bug):
    """Name the bug, and write down whether it is kept out."""

    def decorate(method):
        SCENARIOS.add(method.__name__)

        @functools.wraps(method)
        def run(scenario):
            note(bug, method.__name__, "FAILED")
            method(scenario)
            scenario._check_service()
            note(bug, method.__name__, "passed")

        return run

    return decorate


def note(bug, name, result):
    """Set the row of a scenario in the table; several processes do so at a time."""
    with contextlib.suppress(OSError):
        TABLE.parent.mkdir(parents=True, exist_ok=True)
        with open(TABLE, "a+", encoding="utf-8") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            file.seek(0)
            rows = {line[BUG + 2 :].split()[0]: line for line in file.read().splitlines()[2:]}
            rows[name] = row(bug, name, result)
            file.truncate(0)
            lines = [row("bug of a peer", "our scenario", "result"), "-" * len(rows[name])]
            lines += [rows[key] for key in sorted(SCENARIOS & set(rows))]
            file.write("\n".join(lines) + "\n")


def row(bug, name, result):
    return f"{bug:{BUG}}  {name:48}  {result}"


class WrongDevice(DeviceScenario):
    @peer("Sentinel: contains(name, host) releases PC10 and PC12 too")
    def test_substring_match(self):
        """peer: host PC1 also releases PC10, PC12 and XPC1; here: PC1 alone, or nobody."""
        names = ["PC10.contoso.com", "PC12.contoso.com", "XPC1.contoso.com", "PC1.contoso.com"]
        machines = self.only(*({"name": name} for name in names))
        self.assert_released("PC1", machines[3])
        del self.service.defender.machines[machines[3].id]
        self.assertEqual(self.release_one("PC1")["result"], "not-found")

    @peer("PSMDE (gbdixg): startswith() releases every device it finds")
    def test_prefix_match(self):
        """peer: a name releases all that begin with it; here: whole names."""
        self.only(*({"name": f"srv{n}.contoso.com"} for n in ("", "1", "2", "-db")))
        self.assert_released("srv", self.service.defender.machines[device(0x10)])

    @peer("PSMDE (gbdixg): $top=1 written without $, so it has no effect")
    def test_limit_that_is_none(self):
        """peer: a malformed option is trusted to limit; here: what comes back is counted."""
        self.only({}, {}, {})
        self.assert_refused("pc-042", 4)

    @peer("PSMDE (gbdixg): by id it always says 'not found'")
    def test_release_by_id(self):
        """peer: reads .value of a single entity; here: an id needs no look-up at all."""
        self.assert_released(DEVICE, self.machine)

    @peer("Rapid7, TheHive, realmjoin: the first hit is taken")
    def test_first_hit(self):
        """peer: value[0]; here: two that fit are a question to the user, with candidates."""
        self.only({"seen": 3 * DAY}, {})
        row = self.assert_refused("pc-042", 4)
        self.assertEqual(len(row["candidates"]), 2)

    @peer("realmjoin: 'the first result seems to be the freshest' by Entra id")
    def test_first_hit_by_entra_id(self):
        """peer: [0] of the records of an Entra id; here: refused when two are in use."""
        self.only({"aad_device_id": ENTRA_ID, "seen": 3 * DAY}, {"aad_device_id": ENTRA_ID})
        self.assert_refused(ENTRA_ID, 4)

    @peer("microsoft-365-docs#12717: stale clones of one name")
    def test_stale_clone(self):
        """peer: acts on a record that no device answers to; here: the one that lives is taken."""
        self.only(
            {"health": "Inactive", "seen": 90 * DAY},
            {"health": "Inactive", "seen": 30 * DAY},
            {},
        )
        self.assertEqual(self.release_one("pc-042")["machineId"], device(0x12))
        self.assertEqual(self.released(), [device(0x12)])

    @peer("TheHive, Rapid7: the first hit may be a merged record")
    def test_merged_record(self):
        """peer: a record merged into another is acted on; here: it is left out."""
        self.only({"merged_into": device(0x11)}, {})
        self.assertEqual(self.release_one("pc-042")["machineId"], device(0x11))

    @peer("Rapid7: an external address (NAT) names some device behind it")
    def test_external_nat_address(self):
        """peer: compares lastExternalIpAddress; here: internal addresses only."""
        self.service.defender.external_ip = True
        self.only({"name": "pc-1"}, {"name": "pc-2", "ip": "10.1.1.2"})
        self.assert_refused("203.0.113.9", 3)

    @peer("TheHive: aadDeviceId is used where the Defender id belongs")
    def test_wrong_id_by_aad_device_id(self):
        """peer: POST /api/machines/{aadDeviceId}/unisolate; here: always the Defender id."""
        self.machine.aad_device_id = ENTRA_ID
        self.assert_released(ENTRA_ID, self.machine)
        self.assert_released_id_alone()

    def assert_released_id_alone(self):
        for request in self.service.log.requests("api"):
            if request.method == "POST":
                self.assertNotIn(ENTRA_ID, request.target)

    @peer("TheHive #1225, #1229: a null aadDeviceId breaks the look-up")
    def test_null_aad_device_id(self):
        """peer: fails on devices that are not joined; here: they are as good as others."""
        self.assertIsNone(self.machine.aad_device_id)
        self.assert_released("pc-042", self.machine)

    @peer("XSOAR: a quote in a name breaks the filter")
    def test_quote_in_a_name(self):
        """peer: pastes the name between quotes; here: quotes are doubled, nothing breaks out."""
        machine, _ = self.only({"name": "O'Brien-PC"}, {"name": "other"})
        self.assert_released("O'Brien-PC", machine)
        self.assertEqual(self.release_one("x' or computerDnsName ne '")["result"], "not-found")

    @peer("Falcon-Toolkit: the order of options decides who is contained")
    def test_option_order(self):
        """peer: a filter in the wrong place means the whole tenant; here: order means nothing."""
        self.only(*({"name": f"pc-{n}", "tags": ("Lab",) if n == 1 else ()} for n in range(4)))
        orders = (
            ["tag:Lab", "--all", "-c", "x"],
            ["--all", "tag:Lab", "-c", "x"],
            ["-c", "x", "tag:Lab", "--all"],
        )
        for order in orders:
            result = self.run_program(*order, *self.where(), *self.sign_in())
            self.assert_exit(result, 0)
        self.assertEqual(set(self.released()), {device(0x11)})
        self.assert_exit(self.run_program("--all", "-c", "x", *self.where(), *self.sign_in()), 2)


class LookUp(DeviceScenario):
    @peer("Sentinel, Splunk, PSMDATP: only the first page is read")
    def test_one_page_only(self):
        """peer: a device beyond the first page does not exist; here: all pages are read."""
        self.only(*({"merged_into": device(1)} for _ in range(5)), {})
        self.service.defender.paging.page_size = 2
        self.assertEqual(self.release_one("pc-042")["machineId"], device(0x15))

    @peer("Sentinel, Rapid7, PSMDATP: the whole inventory is downloaded")
    def test_inventory_download(self):
        """peer: lists all devices, 2 hours for 2,000; here: one filtered request."""
        self.only(*({"name": f"pc-{n:04}.contoso.com"} for n in range(2000)))
        self.service.defender.paging.page_size = 100
        self.assertEqual(self.release_one("pc-0042")["result"], "accepted")
        self.assertEqual(len(self.service.log.requests("api")), 2)
        self.assertIn("$filter=", self.reads()[0])

    @peer("Rapid7 #596: an unknown device is 'Invalid or unreachable endpoint'")
    def test_unknown_device_is_called_that(self):
        """peer: tells the user to check the URL; here: exit 3 and the name that is not known."""
        for selector in ("nobody", "f" * 40):
            row = self.release_one(selector)
            self.assert_exit(self.runs[-1], 3)
            self.assertEqual(row["result"], "not-found")
            self.assertIn(selector, self.runs[-1].err)
            self.assertNotIn("endpoint", self.runs[-1].fault_lines[0])

    @peer("TheHive: findbyip with local time labelled Z")
    def test_time_zone(self):
        """peer: not found, or the wrong device, but in London; here: UTC wherever the host is."""
        for zone in ("JST-9", "PST8PDT", "<+14>-14", "IST-5:30"):
            result = self.release("--json", devices=["ip:10.20.30.40"], env={"TZ": zone})
            self.assert_exit(result, 0)
        looked_up = [line for line in self.reads() if "/machines" in line]
        self.assertEqual((len(looked_up), len(self.reads("findbyip"))), (4, 4), looked_up)

    @peer("PSMDE (Visorian): token expiry in Central European time")
    def test_time_zone_of_the_token(self):
        """peer: a good token is thrown away elsewhere; here: it is used."""
        token = self.service.entra.issue(lifetime=600)
        for zone in ("PST8PDT", "<+14>-14"):
            result = self.release_with_token(token, env={"TZ": zone})
            self.assert_exit(result, 0)
            self.assertNotIn("expired", result.err)

    @peer("MDEAutomator: healthStatus eq 'Active' hides offline devices")
    def test_offline_device_can_be_named(self):
        """peer: an isolated device that is silent cannot be chosen; here: it can."""
        (machine,) = self.only({"health": "Inactive", "seen": 5 * DAY, "tags": ("Lab",)})
        self.assert_released("pc-042", machine)
        self.assert_exit(self.release("--all", devices=["tag:Lab"]), 0)


class Truth(DeviceScenario):
    @peer("Splunk, MDEAutomator: green although the action failed")
    def test_green_while_failed(self):
        """peer: any end is success; here: Failed, TimeOut, Cancelled are exit 11."""
        self.run_ends()

    @together([(status, status) for status in ("Failed", "TimeOut", "Cancelled", "Canceled")])
    def run_ends(self, status):
        self.service.defender.life = [(0.5, status)]
        row = self.release_one(DEVICE, "--wait=1")
        self.assert_exit(self.runs[-1], 11)
        self.assertEqual((row["result"], row["actionStatus"]), ("failed", status))

    @peer("Splunk: green when its wait runs out and the action is pending")
    def test_green_while_pending(self):
        """peer: the loop ends, and that is success; here: exit 10, pending."""
        row = self.release_one(DEVICE, "--wait=1")
        self.assert_exit(self.runs[-1], 10)
        self.assertEqual(row["result"], "pending")

    @peer("LimaCharlie: 'isolation removed' when it was only accepted")
    def test_accepted_is_not_released(self):
        """peer: 201 is called done; here: accepted, and that it is queued."""
        result = self.release()
        self.assertNotIn("released\n", result.out)
        self.assertRegex(result.out, r"(?m)^accepted\b.*queued")

    @peer("Sentinel: a release is told as 'successfully isolated'")
    def test_words_are_the_right_way_round(self):
        """peer: the comment says isolated; here: never."""
        self.service.defender.life = SUCCESS
        result = self.release("--wait=1", quiet=True)
        self.assertNotIn("isolated", (result.out + result.err).replace("unisolate", ""))

    @peer("Splunk: waits 60 s at most, whatever it is told")
    def test_cap_of_the_wait(self):
        """peer: more is cut silently; here: the wait that was asked for is the one that is used."""
        self.service.defender.life = SUCCESS
        screen = on_terminal(
            self, "-c", "x", *self.where(), *self.sign_in(), "--wait=1h30m", DEVICE
        )
        self.assertEqual(screen.exit, 0)
        self.assertTrue(any("90:00" in text or "1:30:00" in text for text in screen.progress))

    @peer("MDEAutomator: a hiccup of the network while polling is a failure")
    def test_hiccup_while_polling(self):
        """peer: one lost poll fails the device; here: the next poll tells."""
        self.run_hiccups()

    @together(
        [
            ("reset", faults.reset()),
            ("500", faults.answer_of(server_error(500).answer())),
            ("401", faults.answer_of(UNAUTHORIZED.answer())),
        ]
    )
    def run_hiccups(self, fault):
        self.service.defender.life = SUCCESS
        self.service.api.fail(fault, 1, POLL)
        row = self.release_one(DEVICE, "--wait=3")
        self.assertEqual((row["result"], self.posts()), ("released", 1))

    @peer("Splunk: has to sleep before it may ask for a new action")
    def test_early_404(self):
        """peer: has to sleep first; here: a 404 right after the release is not the end."""
        self.service.defender.life, self.service.defender.hidden = SUCCESS, 2.5
        self.assertEqual(self.release_one(DEVICE, "--wait=3")["result"], "released")

    @peer("microsoft-365-docs#5903: isolated again after the release succeeded")
    def test_isolated_again_after_success(self):
        """peer: the action succeeded, so all is well; here: a later Isolate is a conflict."""
        isolate = self.service.defender.add_action(DEVICE, "Isolate", "Pending", 60.0)
        self.service.defender.life = SUCCESS
        self.service.defender.on_release = lambda *_: self.service.defender.later(
            0.7, lambda: isolate.become("Succeeded")
        )
        row = self.release_one(DEVICE, "--wait=1")
        self.assert_exit(self.runs[-1], 13)
        self.assertEqual(row["result"], "conflict")

    @peer("microsoft-365-docs#8033: nobody tells whether a device is isolated")
    def test_is_it_isolated(self):
        """peer: there is no field, so no answer; here: what its actions say."""
        self.service.defender.add_action(DEVICE, "Isolate", "Succeeded", 600.0)
        result = self.command("status", "--json", "pc-042")
        self.assertEqual(result.json[0]["isolation"], "isolated")

    @peer("Kibana: stuck isolations could not be cancelled")
    def test_stuck_action_can_be_cancelled(self):
        """peer: needed a release of its own; here: cancel, and --cancel-isolate."""
        isolate = self.service.defender.add_action(DEVICE, "Isolate", "Pending", 9000.0)
        self.assert_exit(self.command("cancel", "-c", "stuck", isolate["id"]), 0)
        self.assertEqual(isolate["status"], "Cancelled")


class Repeats(DeviceScenario):
    @peer("curl --retry: a POST whose answer was lost is sent again")
    def test_blind_repeat(self):
        """peer: sends it again without a look; here: looks first, and finds it."""
        self.service.api.fail(faults.reset_after_processing(), 1, RELEASE)
        row = self.release_one(DEVICE)
        self.assertEqual((row["result"], self.posts()), ("accepted", 1))

    @peer("XSOAR: a 429 repeats the command for devices that are done")
    def test_throttled_in_a_list(self):
        """peer: the whole list is posted again; here: only the device that was throttled."""
        devices = [machine.id for machine in self.only({}, {}, {})]
        self.service.api.fail(faults.answer_of(throttled("1").answer()), 1, devices[2])
        result = self.release("--json", devices=devices)
        self.assert_exit(result, 0)
        self.assertEqual([self.posts(name) for name in devices], [1, 1, 2])

    @peer("PSMDE (Visorian): a 429 is retried for ever")
    def test_throttled_for_ever(self):
        """peer: never ends; here: --retries and --max-time bound it."""
        self.service.api.fail(faults.answer_of(throttled("0").answer()), 999)
        self.assert_exit(self.release("--retries", "2", seconds=10), 9)
        self.assertEqual(self.posts(), 3)

    @peer("TheHive: 'already in progress' is told as released")
    def test_duplicate_is_not_released(self):
        """peer: tags it as unisolated; here: already-pending, with the action's id."""
        self.release()
        row = self.release_one(DEVICE)
        self.assertEqual(row["result"], "already-pending")

    @peer("Rapid7: 'in progress' without the action's id")
    def test_duplicate_has_its_id(self):
        """peer: cannot be followed; here: the active action is looked up and followed."""
        action = self.service.defender.add_action(
            DEVICE, "Unisolate", blocks=True, script=SUCCESS
        )
        row = self.release_one(DEVICE, "--wait=1")
        self.assertEqual((row["actionId"], row["result"]), (action["id"], "released"))

    @peer("Rapid7: 'in progress' is recognised by the words alone")
    def test_duplicate_by_code(self):
        """peer: other words are an error; here: the code counts first."""
        self.machine.refusal = Refusal(400, "ActiveRequestAlreadyExists", "Andere Worte")
        self.service.defender.add_action(DEVICE, "Unisolate")
        self.assertEqual(self.release_one(DEVICE)["result"], "already-pending")

    @peer("TheHive, Splunk: requests without a time-out")
    def test_service_that_never_answers(self):
        """peer: hangs; here: --max-time ends it."""
        self.service.api.fail(faults.stall(), 99)
        self.assert_exit(self.release("--max-time", "2", devices=["pc-042"], seconds=6), 7)


class Results(DeviceScenario):
    @peer("MDEAutomator: 401, 403 and 404 become Status = Success")
    def test_refusals_are_no_success(self):
        """peer: every 4xx is skipped, and skipped is success; here: each its code."""
        for refusal, code in (
            (UNAUTHORIZED, 5),
            (Refusal(403, "Forbidden", "No"), 6),
            (Refusal(404, "ResourceNotFound", "No"), 3),
            (OS_NOT_SUPPORTED, 11),
        ):
            self.machine.refusal = refusal
            self.assert_exit(self.release(), code)

    @peer("XSOAR, Falcon-Toolkit: green when at least one device worked")
    def test_partial_failure(self):
        """peer: the failed ones are a note; here: exit 12, and each device has its result."""
        result = self.release("--json", devices=[DEVICE, "f" * 40])
        self.assert_exit(result, 12)
        self.assertEqual([row["result"] for row in result.json], ["accepted", "not-found"])

    @peer("PSMDATP: a made-up action id when it failed")
    def test_no_made_up_action_id(self):
        """peer: 0000000-0000-...; here: null."""
        self.machine.refusal = OS_NOT_SUPPORTED
        self.assertIsNone(self.release_one(DEVICE)["actionId"])

    @peer("Azure-Sentinel#14672: nobody says that Machine.Read.All is missing")
    def test_missing_role_is_named(self):
        """peer: 'forbidden'; here: the role that the application lacks."""
        self.service.entra.roles = ("Machine.Isolate",)
        self.release_one("pc-042")
        self.assert_says(self.runs[-1], "Machine.Read.All")
        self.service.entra.roles = ("Machine.Read.All",)
        self.release_one(DEVICE)
        self.assert_says(self.runs[-1], "Machine.Isolate")

    @peer("MDEAutomator, mde-api-gui: a fixed comment")
    def test_comment_is_the_users(self):
        """peer: 'MDEAutomator', whoever did it; here: what the user wrote, and nothing else."""
        self.run_program(*self.where(), *self.sign_in(), "-c", "INC-4711, Jörg", DEVICE)
        self.assertEqual(self.comments(), ["INC-4711, Jörg"])

    @peer("Rapid7: the last characters of the token are logged")
    def test_token_is_not_logged(self):
        """peer: five of its characters; here: none, even with -vv."""
        token = self.service.entra.issue()
        result = self.release_with_token(token, "-vv")
        self.assertNotIn(token[-5:], result.err + result.out)
        self.assertFalse(any(form in result.err for form in forms_of_secret(token)))

    @peer("PSMDE (Visorian): no sign-in from the environment")
    def test_everything_from_the_environment(self):
        """peer: planned; here: done."""
        env = {
            "AZURE_TENANT_ID": "11111111-2222-3333-4444-555555555555",
            "AZURE_CLIENT_ID": "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee",
            "AZURE_CLIENT_SECRET": self.service.entra.secret,
            "UNISOLATE_COMMENT": "x",
        }
        self.assert_exit(self.run_program(*self.where(), "pc-042", env=env), 0)

    @peer("PyInstaller bundles: need a temporary directory and HOME")
    def test_needs_no_folder(self):
        """peer: fails with noexec /tmp; here: nothing is written anywhere."""
        before = sorted(os.listdir(self.folder))
        self.assert_exit(self.release(env={"HOME": "/nonexistent", "TMPDIR": "/nonexistent"}), 0)
        self.assertEqual(sorted(os.listdir(self.folder)), before)
