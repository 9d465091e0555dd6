"""
test_journal.py - runs that are cut short and go on: kill -9, full disks, two at a time, files of others.

Rules     contract sections 3 (--journal), 4 (1, 2), 5 (skipped) and 6.3.
"""

import json
import os
import random
import resource
import signal
import stat
import threading
import time
from pathlib import Path

from devices import ISOLATE_AND_READ, DeviceScenario, device, run_alone
from harness import each
from service import defender, faults
from service.defender import server_error

KILLS = 50
KILLS_VERBOSE = 10  # the same with the slower program
KILL_DEVICES = 30
SEED = 20261123
TABLE = Path(__file__).resolve().parents[2] / "build" / "test" / "kill-table.txt"


class JournalScenario(DeviceScenario):
    def setUp(self):
        super().setUp()
        self.journal = self.folder / "journal"

    def devices(self, count, first=1):
        names = [device(number) for number in range(first, first + count)]
        for name in names:
            self.service.defender.add(name)
        return names

    def run_journal(self, devices, *more, **settings):
        return self.release("--json", "--journal", self.journal, *more, devices=devices, **settings)

    def results(self, result):
        return [row["result"] for row in result.json]

    def lines(self):
        return [json.loads(line) for line in self.journal.read_text().splitlines()]

    def assert_posted_once(self, devices):
        self.assertEqual(sorted(self.released()), sorted(devices))


class Resume(JournalScenario):
    def test_second_run_skips_what_is_done(self):
        devices = self.devices(12)
        first = self.run_journal(devices)
        written = self.journal.read_bytes()
        second = self.run_journal(devices)
        self.assertEqual(self.journal.read_bytes(), written)
        self.assert_exit(first, 0)
        self.assert_exit(second, 0)
        self.assertEqual(self.results(second), ["skipped"] * 12)
        self.assertEqual(
            [row["actionId"] for row in second.json], [row["actionId"] for row in first.json]
        )
        self.assert_posted_once(devices)
        self.assertEqual(self.reads(), [])

    def test_plain_output_says_so(self):
        devices = self.devices(1)
        self.run_journal(devices)
        result = self.release("--journal", self.journal, devices=devices)
        self.assert_exit(result, 0)
        self.assertIn("skipped  " + devices[0], result.out)

    def test_file_holds_intent_and_result_and_no_secret(self):
        devices = self.devices(3)
        self.run_journal(devices)
        events = [(line["event"], line.get("machineId"), line.get("result")) for line in self.lines()]
        self.assertEqual(events[0], ("run", None, None))
        for name in devices:
            self.assertLess(
                events.index(("intent", name, None)), events.index(("result", name, "accepted"))
            )
        self.assertEqual(stat.S_IMODE(self.journal.stat().st_mode), 0o600)
        text = self.journal.read_text()
        for secret in self.service.secrets():
            self.assertNotIn(secret, text)
        self.assertNotIn("clean", text)

    def test_failed_ones_are_tried_again(self):
        devices = self.devices(3)
        machine = self.service.defender.machines[devices[1]]
        machine.refusal = defender.OS_NOT_SUPPORTED
        first = self.run_journal(devices)
        self.assertEqual(self.results(first), ["accepted", "failed", "accepted"])
        machine.refusal = None
        second = self.run_journal(devices)
        self.assert_exit(second, 0)
        self.assertEqual(self.results(second), ["skipped", "accepted", "skipped"])
        self.assertEqual(self.results(self.run_journal(devices)), ["skipped"] * 3)

    def test_new_devices_join(self):
        devices = self.devices(4)
        self.run_journal(devices[:2])
        result = self.run_journal(devices)
        self.assertEqual(self.results(result), ["skipped", "skipped", "accepted", "accepted"])

    def test_device_named_otherwise_is_the_same(self):
        self.only({"name": "pc-1.contoso.com"})
        self.run_journal([device(0x10)])
        result = self.run_journal(["pc-1"])
        self.assertEqual(self.results(result), ["skipped"])
        self.assertEqual(result.json[0]["computerDnsName"], "pc-1.contoso.com")

    def test_dry_run_reads_and_does_not_write(self):
        devices = self.devices(2)
        self.assertEqual(self.results(self.run_journal(devices, "--dry-run")), ["planned"] * 2)
        self.assertFalse(self.journal.exists())
        self.run_journal(devices[:1])
        before = self.journal.read_bytes()
        result = self.run_journal(devices, "--dry-run")
        self.assertEqual(self.results(result), ["skipped", "planned"])
        self.assertEqual(self.journal.read_bytes(), before)

    def test_end_of_the_wait_counts(self):
        devices = self.devices(2)
        self.service.defender.on_release = lambda machine, action: action.become(
            "Succeeded" if machine.id == devices[0] else "Failed"
        )
        first = self.run_journal(devices, "--wait=5")
        self.assertEqual(self.results(first), ["released", "failed"])
        self.service.defender.on_release = None
        self.assertEqual(self.results(self.run_journal(devices)), ["skipped", "accepted"])


class Doubt(JournalScenario):
    """An intent without a result is looked up."""

    def leave_intent(self, name, posted):
        """What a run leaves that was killed before, or after, its request was carried out."""
        self.run_journal([name])
        kept = [line for line in self.journal.read_text().splitlines() if '"result"' not in line]
        self.journal.write_text("\n".join(kept) + "\n")
        if not posted:
            self.service.defender.actions.clear()
            self.service.defender.machines[name].active = None

    @each([("carried out", True, 1), ("not carried out", False, 2)])
    def test_looked_up_before_anything_is_sent(self, posted, posts):
        (name,) = self.devices(1)
        self.leave_intent(name, posted)
        result = self.run_journal([name])
        self.assert_exit(result, 0)
        self.assertEqual(self.results(result), ["accepted"])
        self.assertEqual(len(self.reads("machineactions")), 1)
        self.assertEqual(self.posts(name), posts)
        self.assertEqual(self.results(self.run_journal([name])), ["skipped"])

    def test_own_one_that_has_ended_meanwhile(self):
        (name,) = self.devices(1)
        self.leave_intent(name, True)
        self.service.defender.actions[0].become("Succeeded")
        result = self.run_journal([name], "--wait=5")
        self.assertEqual(self.results(result), ["released"])
        self.assertEqual(self.posts(name), 1)

    def test_without_permission_to_read_it_is_sent_once_more(self):
        (name,) = self.devices(1)
        self.leave_intent(name, True)
        self.service.entra.roles = ("Machine.Isolate",)
        result = self.run_journal([name])
        self.assert_exit(result, 0)
        self.assertEqual(self.results(result), ["already-pending"])
        self.assertEqual(self.posts(name), 2)

    def test_look_up_that_breaks_sends_nothing_and_stays_in_doubt(self):
        (name,) = self.devices(1)
        self.leave_intent(name, True)
        self.service.api.fail(faults.answer_of(server_error(500).answer()), 99, "^GET")
        self.assert_exit(self.run_journal([name], "--retries", "0"), 14)
        self.assertEqual(self.posts(name), 1)
        self.service.api.fail(faults.answer_of(server_error(500).answer()), 0, "^GET")

    def test_many_are_looked_up_together(self):
        devices = self.devices(60)
        self.run_journal(devices)
        kept = [line for line in self.journal.read_text().splitlines() if '"result"' not in line]
        self.journal.write_text("\n".join(kept) + "\n")
        result = self.run_journal(devices)
        self.assertEqual(self.results(result), ["accepted"] * 60)
        self.assert_posted_once(devices)
        self.assertLessEqual(len(self.reads()), 2)


class Refused(JournalScenario):
    """Nothing is sent with a file that cannot be relied on."""

    def assert_refused_file(self, *words, code=2, devices=None):
        before = self.posts()
        result = self.run_journal(devices or self.devices(2, 0x40))
        self.assert_exit(result, code)
        self.assert_says(result, "journal", *words)
        self.assertEqual(self.posts(), before)

    @each(
        [
            ("text", b"hello\n", "line 1"),
            ("text without a line end", b"hello", "no journal"),
            ("results", b'{"input":"pc","result":"accepted"}\n', "line 1"),
        ]
    )
    def test_other_files_are_left_as_they_are(self, content, words):
        self.journal.write_bytes(content)
        self.assert_refused_file(words)
        self.assertEqual(self.journal.read_bytes(), content)

    def test_malformed_line_in_the_middle_is_told_with_its_number(self):
        devices = self.devices(2)
        self.run_journal(devices)
        lines = self.journal.read_text().splitlines()
        lines[2] = lines[2][:-5]
        self.journal.write_text("\n".join(lines) + "\n")
        self.assert_refused_file("line 3", devices=devices)

    @each([("tenant", "tenant"), ("API host", "api")])
    def test_journal_of_another(self, member):
        self.run_journal(self.devices(1))
        lines = self.lines()
        lines[0][member] = "elsewhere"
        self.journal.write_text("".join(json.dumps(line) + "\n" for line in lines))
        self.assert_refused_file("elsewhere")

    def test_folder(self):
        self.journal.mkdir()
        self.assert_refused_file("directory")

    def test_folder_that_is_not_there(self):
        self.journal = self.folder / "no" / "journal"
        self.assert_refused_file("No such file")

    @each([("device", "/dev/full"), ("null", "/dev/null")])
    def test_no_regular_file(self, path):
        self.journal = Path(path)
        self.assert_refused_file("no regular file")

    def test_pipe(self):
        os.mkfifo(self.journal)
        self.assert_refused_file("no regular file")

    def test_read_only_file(self):
        if os.geteuid() == 0:
            self.skipTest("root may write to every file")
        self.run_journal(self.devices(1))
        self.journal.chmod(0o400)
        self.assert_refused_file("denied", code=1)

    def test_second_run_at_the_same_time(self):
        devices = self.devices(2)
        self.service.api.fail(faults.stall(), 1, devices[0])
        running = self.start_program(
            *self.release_arguments("--json", "--journal", self.journal, devices=devices[:1])
        )
        self.assertTrue(self.service.log.wait("stalled", "api"))
        self.assert_refused_file("another run", devices=devices[1:])
        running.process.kill()
        running.finish(5)
        self.assert_exit(self.run_journal(devices), 0)  # the lock has ended with the process
        self.assert_posted_once(devices)


class Broken(JournalScenario):
    """The file fails in the middle."""

    def assert_told(self, result, devices):
        self.assert_exit(result, 1)
        told = {row["input"]: row for row in result.json}
        self.assertEqual(set(told), set(devices))
        accepted = {name for name, row in told.items() if row["result"] == "accepted"}
        self.assertLessEqual(accepted, set(self.released()))
        self.assertLess(len(self.released()), len(devices))
        lines = [line for line in result.fault_lines if line.startswith("unisolate: journal ")]
        self.assertEqual(len(lines), 1, result.describe())

    def go_on(self, devices):
        """The next run completes it, and asks for nothing twice."""
        result = self.run_journal(devices)
        self.assert_exit(result, 0)
        self.assert_posted_once(devices)

    @each([("none", 0), ("before the first result", 12000), ("later", 16000), ("much later", 40000)])
    def test_full_disk(self, room):
        devices = self.devices(200)

        def limit():
            resource.setrlimit(resource.RLIMIT_FSIZE, (room, room))

        result = self.run_journal(devices, preexec_fn=limit)
        self.assert_told(result, devices)
        intended = {line["machineId"] for line in self.whole_lines() if line["event"] == "intent"}
        self.assertLessEqual(set(self.released()), intended)
        self.go_on(devices)

    def whole_lines(self):
        whole = self.journal.read_bytes().rpartition(b"\n")[0]
        return [json.loads(line) for line in whole.splitlines()]

    def test_removed_file(self):
        devices = self.devices(200)
        self.service.defender.on_release = lambda _machine, _action: self.journal.unlink(True)
        self.assert_told(self.run_journal(devices), devices)

    def test_torn_last_line(self):
        devices = self.devices(3)
        self.run_journal(devices)
        whole = self.journal.read_bytes()
        self.journal.write_bytes(whole[:-20])
        result = self.run_journal(devices)
        self.assert_exit(result, 0)
        self.assertEqual(sorted(self.results(result)), ["accepted", "skipped", "skipped"])
        self.assert_posted_once(devices)
        self.assertEqual(self.results(self.run_journal(devices)), ["skipped"] * 3)


class Kill(JournalScenario):
    """Contract 3: after kill -9 at any instant a second run completes the first, and nothing is asked for twice."""

    def test_at_random_instants(self):
        chance = random.Random(SEED)
        rows = [
            Victim(number, chance.randint(1, KILL_DEVICES - 1), chance.choice((0, 0, 0, 1, 2)))
            for number in range(KILLS_VERBOSE if self.verbose else KILLS)
        ]
        self.side_by_side(rows, lambda victim: run_alone(self, Kill.kill_and_go_on, [victim]))
        if not self.verbose:
            write_table(rows)
        self.assertGreaterEqual(sum(row.killed for row in rows), len(rows) * 3 // 4)

    def kill_and_go_on(self, victim):
        devices = self.devices(KILL_DEVICES)
        self.service.defender.on_release = victim.released
        arguments = self.release_arguments("--json", "--journal", self.journal, devices=devices)
        victim.running = self.start_program(*arguments)
        victim.killed = victim.running.finish().exit == -signal.SIGKILL
        victim.running = None
        self.await_end_of_connections()
        result = self.run_program(*arguments)
        self.assert_exit(result, 0)
        victim.results = self.results(result)
        victim.posts = [self.released().count(name) for name in devices]
        self.assertEqual(victim.posts, [1] * KILL_DEVICES)
        self.assertLessEqual(set(victim.results), {"accepted", "skipped"})
        self.assertEqual([row["machineId"] for row in result.json], devices)
        self.assertTrue(all(row["actionId"] for row in result.json))

    def await_end_of_connections(self):
        """What the killed program had sent has been carried out."""
        log, until = self.service.log, time.monotonic() + 10
        while len(log.of("ended")) < len(log.of("accepted")) and time.monotonic() < until:
            time.sleep(0.01)


class Victim:
    """A run that is killed at the `at`-th release, so many ms after it was queued; and what came of it."""

    def __init__(self, number, at, late_ms):
        self.number, self.at, self.late = number, at, late_ms / 1000
        self.seen, self.running, self.killed, self.results, self.posts = 0, None, False, [], []

    def __repr__(self):
        return f"run {self.number} of seed {SEED}: {self.late * 1000:.0f} ms after release {self.at}"

    def released(self, _machine, _action):
        """A release has been queued; its answer has not left yet."""
        self.seen += 1
        if self.seen == self.at and self.running:
            threading.Timer(self.late, self.kill).start() if self.late else self.kill()

    def kill(self):
        if self.running:
            self.running.process.kill()


def write_table(rows):
    TABLE.parent.mkdir(parents=True, exist_ok=True)
    lines = [f"kill -9, seed {SEED}: {len(rows)} runs of {KILL_DEVICES} devices, each completed by a second run"]
    lines.append("run  killed at release  ms later  killed  skipped  sent or found  POSTs a device")
    for row in rows:
        skipped = row.results.count("skipped")
        span = f"{min(row.posts, default=0)} to {max(row.posts, default=0)}"
        lines.append(
            f"{row.number:3}  {row.at:17}  {row.late * 1000:8.0f}  {'yes' if row.killed else 'no':6}"
            f"  {skipped:7}  {len(row.results) - skipped:13}  {span}"
        )
    posts = [number for row in rows for number in row.posts]
    lines.append(f"all: {len(posts)} devices, POSTs a device: {min(posts, default=0)} to {max(posts, default=0)}")
    TABLE.write_text("\n".join(lines) + "\n")


class Lists(JournalScenario):
    """Many are looked up and followed by lists."""

    def test_duplicates(self):
        devices = self.devices(120)
        self.release(devices=devices)
        result = self.release("--json", devices=devices)
        self.assert_exit(result, 0)
        self.assertEqual(set(self.results(result)), {"already-pending"})
        self.assertTrue(all(row["actionId"] for row in result.json))
        self.assertLessEqual(len(self.reads()), 3)

    def test_storm_of_5xx(self):
        devices = self.devices(60)
        self.service.api.fail(faults.processed_but_500(None), 60, "^POST .*/unisolate")
        result = self.release("--json", devices=devices)
        self.assert_exit(result, 0)
        self.assertEqual(set(self.results(result)), {"accepted"})
        self.assert_posted_once(devices)
        self.assertLessEqual(len(self.reads()), 2)

    def test_two_hundred_are_followed(self):
        devices = self.devices(200)
        self.service.defender.life = [(0.5, "InProgress"), (1.0, "Succeeded")]
        result = self.release("--json", "--wait=20", devices=devices)
        self.assert_exit(result, 0)
        self.assertEqual(set(self.results(result)), {"released"})
        self.assertLessEqual(len(self.reads()), 7)
        self.assertTrue(all(row["ended"] for row in result.json))

    def test_lives_of_many_kinds(self):
        """The same truth as one by one."""
        devices = self.devices(40)
        ends = ["Succeeded", "Failed", "TimeOut", "Cancelled", None]
        self.service.defender.hidden = 0.2

        def give_life(machine, action):
            end = ends[int(machine.id, 16) % len(ends)]
            action.script = [(0.5, end)] if end else []
            if int(machine.id, 16) == 10:
                self.service.defender.add_action(machine.id, "Isolate")

        self.service.defender.on_release = give_life
        result = self.release("--json", "--wait=5", devices=devices)
        self.assert_exit(result, 12)
        wanted = {None: "pending", "Succeeded": "released"}
        for row in result.json:
            number = int(row["machineId"], 16)
            want = "conflict" if number == 10 else wanted.get(ends[number % len(ends)], "failed")
            self.assertEqual((number, row["result"]), (number, want))
        self.assertIn("Active", result.err)

    def test_offline_ones_are_told(self):
        devices = self.devices(30)
        for name in devices:
            self.service.defender.machines[name].health = "Inactive"
        result = self.release("--json", "--wait=1", devices=devices)
        self.assert_exit(result, 10)
        for row in result.json:
            self.assertIn("Inactive", row["error"]["advice"])
        self.assertLessEqual(len(self.reads()), 3)

    def test_without_permission_to_read(self):
        self.service.entra.roles = ISOLATE_AND_READ[:1]
        devices = self.devices(20)
        result = self.release("--json", "--wait=60", devices=devices)
        self.assert_exit(result, 10)
        self.assertEqual(set(self.results(result)), {"pending"})
        self.assert_says(result, "Machine.Read.All")
        self.assertLess(result.seconds, 10)
        self.assertEqual(len(self.reads()), 1)

    def test_service_that_does_not_take_the_filter(self):
        self.service.defender.action_properties.types.pop("status")
        devices = self.devices(12)
        self.service.defender.life = [(0.5, "Succeeded")]
        result = self.release("--json", "--wait=3", devices=devices)
        self.assert_exit(result, 0)
        self.assertEqual(set(self.results(result)), {"released"})

    def test_list_in_pages(self):
        self.service.defender.paging.page_size = 7
        devices = self.devices(40)
        self.service.defender.on_release = lambda machine, action: (
            action.become("Succeeded") if int(machine.id, 16) % 2 else None
        )
        result = self.release("--json", "--wait=1", devices=devices)
        self.assertEqual(self.results(result), ["released", "pending"] * 20)
