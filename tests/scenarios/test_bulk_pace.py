"""
test_bulk_pace.py - many devices at the API's limits, with a clock that runs 60 times as fast.

Does      runs build/unisolate-scaled (the release program's objects, linked with tests/fake/os_scaled.c)
          against a service that counts calls in sliding windows at the same scale. How long 1,500 devices
          took stands in build/test/pace.txt.
Not here  what does not depend on the limits (test_several.py). Not run with -vv: that is another program.
Limits    nothing here depends on speed, but for the time that 1,500 devices may take at most.
Rules     contract sections 3 (--pace, --max-time) and 4 (9, 12, 130), 6.6, 6.12.
"""

import contextlib
import json
import os
import re
import signal
import time
from pathlib import Path

from devices import ISOLATE_AND_READ, device
from harness import RUN_SECONDS, Scenario, each
from service import faults
from service.defender import throttled
from service.limits import Limits
from service.stream import End
from terminal import columns, on_terminal

SCALE = 60.0
FLOOR = 14 * 60.0  # seconds for 1,500 devices at the API's limits, if every answer came at once
BUILD = Path(__file__).resolve().parents[2] / "build"
PATIENT = ("--connect-timeout", "30m")  # half a minute of this host


class Bulk(Scenario):
    """Many devices, in scaled time."""

    scaled = True

    def setUp(self):
        super().setUp()
        if self.scaled:
            program = Path(self.program).with_name("unisolate-scaled")
            if self.verbose or not program.exists():
                self.skipTest("needs build/unisolate-scaled, which ./build.sh test makes")
            self.program = str(program)
        self.limits = self.service.defender.limits = Limits(scale=SCALE)
        self.service.entra.roles = ISOLATE_AND_READ

    def devices(self, count):
        names = [device(number) for number in range(1, count + 1)]
        for name in names:
            self.service.defender.add(name)
        return names

    def bulk(self, count, *more, seconds=RUN_SECONDS, **settings):
        return self.release(*PATIENT, *more, devices=self.devices(count), seconds=seconds, **settings)

    def results(self, result):
        rows = [row["result"] for row in result.json]
        return {name: rows.count(name) for name in rows}

    def assert_each_released_once(self, count):
        released = [line.split("/")[3] for line in self.api_lines() if line.endswith("/unisolate")]
        self.assertEqual(len(set(released)), count)
        self.assertEqual(len(released), count)


class Pace(Bulk):
    def test_fifteen_hundred(self):
        """As early as the limits allow, and no 429."""
        result = self.bulk(1500, "--json", seconds=60)
        self.assert_exit(result, 0)
        self.assertEqual(self.results(result), {"accepted": 1500})
        self.assertEqual(self.limits.refused, 0)
        self.assert_each_released_once(1500)
        self.assert_says(result, "1,500 devices, about 16 minutes at the API's limit")
        times = self.limits.arrivals
        ratio = (times[-1] - times[0]) / FLOOR
        with contextlib.suppress(OSError):
            (BUILD / "test").mkdir(parents=True, exist_ok=True)
            (BUILD / "test" / "pace.txt").write_text(
                f"1,500 devices: {ratio:.3f} of the least time, {self.limits.refused} times 429\n"
            )
        self.assertGreaterEqual(ratio, 1)
        self.assertLess(ratio, 1.5)  # on a busy host; by the clock of os_fake.c: test_client_pace.c

    def test_pace_option(self):
        self.limits.minute, self.limits.hour = 10, 25
        result = self.bulk(24, "--json", "--pace", "10/min,25/h")
        self.assert_exit(result, 0)
        self.assertEqual(self.limits.refused, 0)
        self.assertGreaterEqual(self.limits.arrivals[23] - self.limits.arrivals[0], 120)

    def test_pace_is_for_the_api_alone(self):
        """Sign-in calls do not count: the token is renewed though the pace leaves no room."""
        result = self.bulk(1, "--json", "--pace", "1/min")
        self.assert_exit(result, 0)
        self.assertEqual(self.token_requests(), 1)

    def test_max_time_too_short(self):
        """Two minutes' calls have room: the others are told at once, the last ones."""
        result = self.bulk(35, "--json", "--pace", "10/min", "--max-time", "110")
        self.assert_exit(result, 12)
        self.assertEqual(self.results(result), {"accepted": 20, "throttled": 15})
        self.assertEqual([row["result"] for row in result.json[20:]], ["throttled"] * 15)
        self.assertEqual(result.json[34]["error"]["exit"], 9)
        self.assertEqual(self.limits.refused, 0)
        self.assert_says(result, "--max-time has room for about 20 calls")

    def test_other_commands_plan_too(self):
        names = self.devices(12)
        result = self.run_program(
            "find", *self.where(), *self.sign_in(), *PATIENT, "--json", "--pace", "5/min", *names
        )
        self.assert_exit(result, 0)
        self.assertEqual(len(result.json), 12)
        self.assert_says(result, "12 devices, about 4 minutes")
        self.assertEqual(self.limits.refused, 0)

    def test_no_room_at_all(self):
        """The look-up has used up the pace, and --max-time ends before its next call."""
        self.service.defender.add(device(1), name="pc-001.contoso.com")
        started = time.monotonic()
        result = self.release(*PATIENT, "--json", "--pace", "1/min", "--max-time", "50", devices=["pc-001"])
        self.assert_exit(result, 9)
        self.assertEqual(self.posts(), 0)
        self.assertEqual(result.json[0]["result"], "throttled")
        self.assert_says(result, "leaves no room before --max-time")
        self.assertLess(time.monotonic() - started, RUN_SECONDS)


class Trouble(Bulk):
    def test_429_from_elsewhere(self):
        """Others of the application have used up the minute: wait as told, look with one call, go on."""
        self.limits.others(100)
        result = self.bulk(120, "--json", "--retries", "1")
        self.assert_exit(result, 0)
        self.assertEqual(self.results(result), {"accepted": 120})
        self.assertGreater(self.limits.refused, 0)
        self.assertLessEqual(self.limits.refused, 40)  # the first ones, which were under way together, and probes
        self.assertEqual(len(self.service.defender.actions), 120)

    def test_429_in_the_middle_without_retry_after(self):
        self.service.api.fail(faults.answer_of(throttled(None).answer()), 6, device(30))
        result = self.bulk(60, "--json", "--retries", "2")
        self.assert_exit(result, 0)
        self.assertEqual(self.results(result), {"accepted": 60})
        self.assertEqual(self.posts(device(30)), 7)

    def test_429_that_lasts_beyond_max_time(self):
        """Nobody waits for what comes too late."""
        self.limits.hour = 5
        self.limits.others(100)
        result = self.bulk(40, "--json", "--max-time", "20m")
        self.assert_exit(result, 9)
        self.assertEqual(self.results(result), {"throttled": 40})
        self.assertLessEqual(self.posts(), 8)

    @each([("close_notify", End.NOTIFY), ("reset", End.RESET)])
    def test_connections_die_in_the_middle(self, how):
        """While they are used, and while the pace is waited for: every release is looked up before it is sent again."""
        for number in (20, 21, 22, 23, 24, 70, 130):
            self.service.api.fail(faults.close_without_answer(how), 1, f"POST .*{device(number)}")
        self.service.api.fail(faults.reset_after_processing(), 1, f"POST .*{device(180)}")
        devices = self.devices(250)
        running = self.start_program(*self.release_arguments(*PATIENT, "--json", devices=devices))
        self.assertTrue(self.service.log.wait("answer", "api", 100))
        time.sleep(0.3)
        self.service.api.close_idle(how)
        result = self.check(running.finish())
        self.assert_exit(result, 0)
        self.assertEqual(self.results(result), {"accepted": 250})
        self.assertEqual(len(self.service.defender.actions), 250)
        self.assertEqual(self.posts(device(180)), 1)
        self.assertEqual(self.limits.refused, 0)

    @each([("SIGINT", signal.SIGINT, 130), ("SIGTERM", signal.SIGTERM, 143)])
    def test_stopped_while_the_pace_is_waited_for(self, number, code):
        arguments = self.release_arguments(*PATIENT, "--json", devices=self.devices(150))
        running = self.start_program(*arguments)
        self.assertTrue(self.service.log.wait("answer", "api", 100))
        time.sleep(0.2)
        running.signal(number)
        result = self.check(running.finish(5))
        self.assert_exit(result, code)
        rows = [row["input"] for row in result.json if row["result"] == "accepted"]
        self.assertEqual(rows, [device(n) for n in range(1, 101)])
        self.assertEqual(len(result.json), 150)  # every line of the input is accounted for
        self.assertEqual(self.posts(), 100)


class Shown(Bulk):
    def test_progress_on_a_terminal(self):
        command = ["-c", "x", *self.where(), *self.sign_in(), *PATIENT, *self.devices(130)]
        with open(os.devnull, "wb") as nowhere:
            screen = on_terminal(self, *command, stdout=nowhere.fileno())
        self.assertEqual(screen.exit, 0)
        for text in screen.progress:
            self.assertLessEqual(columns(text), 79)
        self.assertTrue(
            any(
                re.fullmatch(r"100 of 130 devices: 100 accepted; 100 calls/min, 0:\d\d left", text)
                for text in screen.progress
            ),
            screen.progress[-5:],
        )

    def test_lines_with_v(self):
        result = self.bulk(130, "-v", "--json")
        lines = [line for line in result.err.splitlines() if re.match(r"\d+ of 130 devices: ", line)]
        self.assertGreaterEqual(len(lines), 1)

    def test_text_of_many(self):
        """One line a device, advice once, a table at the end with those that need a person."""
        names = self.devices(25)
        result = self.release(*PATIENT, devices=names + ["f" * 40, "e" * 40])
        self.assert_exit(result, 12)
        self.assertEqual(len(result.out.splitlines()), 25)
        self.assertRegex(result.out.splitlines()[0], f"^accepted  {names[0]}, action [0-9a-f-]{{36}}$")
        self.assertEqual(len(result.fault_lines), 2)
        self.assertEqual(result.err.count("advice:"), 1)
        table = result.err[result.err.index("27 devices in ") :].splitlines()
        self.assertEqual(
            table[1:],
            [
                "       25  accepted",
                "        2  not-found",
                "a person is needed for:",
                "  not-found        " + "f" * 40,
                "  not-found        " + "e" * 40,
            ],
        )

    def test_text_of_two(self):
        result = self.release(*PATIENT, devices=self.devices(1) + ["f" * 40])
        self.assertEqual(result.err.splitlines()[-1], "2 devices: 1 accepted, 1 not-found")

    def test_quiet(self):
        result = self.bulk(110, "-q")
        self.assert_exit(result, 0)
        self.assertEqual(result.err, "")


class Interrupted(Bulk):
    """In the time of this host."""

    scaled = False

    def start(self, *more):
        self.service.defender.limits = None
        names = self.devices(3)
        self.service.api.fail(faults.late(1.0), 9, names[1])
        running = self.start_program(*self.release_arguments("--json", *more, devices=names))
        self.assertTrue(self.service.log.wait("request", "api", 2))
        return names, running

    def test_what_is_under_way_is_answered(self):
        names, running = self.start()
        running.signal(signal.SIGINT)
        result = self.check(running.finish(8))
        self.assert_exit(result, 130)
        rows = {row["input"]: row["result"] for row in map(json.loads, result.out.splitlines())}
        self.assertEqual(rows[names[1]], "accepted")
        self.assertEqual(self.posts(names[1]), 1)

    def test_a_second_one_ends_at_once(self):
        _, running = self.start()
        self.service.api.fail(faults.stall(), 9)
        running.signal(signal.SIGINT)
        time.sleep(0.2)
        running.signal(signal.SIGINT)
        self.assertEqual(running.finish(8).exit, 130)

    def test_while_why_it_is_pending_is_looked_up(self):
        self.service.defender.limits = None
        names = self.devices(1)
        self.service.api.fail(faults.stall(), 9, "GET /api/machines/")
        running = self.start_program(*self.release_arguments("--json", "--wait=1", devices=names))
        self.assertTrue(self.service.log.wait("stalled", "api"))
        running.signal(signal.SIGINT)
        result = self.check(running.finish(8))
        self.assert_exit(result, 130)
        self.assertEqual([row["result"] for row in map(json.loads, result.out.splitlines())], ["pending"])


class Options(Scenario):
    @each([(text or "empty", text) for text in ("0/min", "100", "1/s", "", "5/min,0/h", "1/min,1/min")])
    def test_no_pace(self, text):
        result = self.release(f"--pace={text}")
        self.assert_exit(result, 2)
        self.assert_says(result, "--pace", "N/min,M/h")
        self.assertEqual(self.posts(), 0)
