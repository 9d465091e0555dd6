"""
test_self.py - `self`: the device that this program runs on, as its sensor names it.

Does      runs the program in a folder of its own that holds a shell, and a script in the place of
          the sensor's command.
Rules     contract section 2 (self); defender-docs linux-resources.md, mac-resources.md: `mdatp
          health --field edr_machine_id` (read 2026-11-23).
"""

import os
import re
import shutil
import signal
import subprocess
import time
from pathlib import Path

from harness import Scenario, each
from service import hive
from service.defender import DEVICE
from service.entra import CLIENT_ID, TENANT

NOBODY = 65534
PLACES = ["/usr/bin/mdatp", "/usr/local/bin/mdatp", "/opt/microsoft/mdatp/sbin/wdavdaemonclient"]
CHECKED = '[ "$*" = "health --field edr_machine_id" ] || exit 9\n'
SENSOR_SECONDS = 15


class Self(Scenario):
    def setUp(self):
        super().setUp()
        if os.geteuid() != 0:
            self.skipTest("needs root, for chroot")
        with open(self.program, "rb") as file:
            if b"/ld-linux" in file.read():
                self.skipTest("the program is not static")
        self.root = self.folder / "root"
        self.put(self.program, "/unisolate")
        self.put(self.service.pki.root, "/root.pem")
        for path in ("/bin/sh", "/bin/sleep"):
            self.put(path, path)
        self.folder.chmod(0o755)

    def put(self, source, target):
        """A file, and the libraries it needs, into the folder."""
        listing = subprocess.run(["ldd", source], capture_output=True, text=True, check=False)
        needed = re.findall(r"(/\S+) \(0x", listing.stdout) if listing.returncode == 0 else []
        for origin, name in [(source, target)] + [(path, path) for path in needed]:
            place = self.root / name.lstrip("/")
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(os.path.realpath(origin), place)
            place.chmod(0o755)

    def sensor(self, script, place=PLACES[0]):
        path = self.root / place.lstrip("/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("#!/bin/sh\n" + script)
        path.chmod(0o755)

    def enter(self):
        os.chroot(self.root)
        os.chdir("/")
        os.setgroups([])
        os.setgid(NOBODY)
        os.setuid(NOBODY)

    def start_inside(self, *more):
        login, api = self.service.login, self.service.api
        self.program = "/unisolate"
        return self.start_program(
            "--json",
            "--authority",
            login.url,
            "--api-url",
            api.url,
            "--cacert",
            "/root.pem",
            "--resolve",
            f"localhost:{login.port}:127.0.0.1",
            "--resolve",
            f"localhost:{api.port}:127.0.0.1",
            "--tenant",
            TENANT,
            "--client-id",
            CLIENT_ID,
            "-c",
            "clean",
            *(more or ("self",)),
            env={"AZURE_CLIENT_SECRET": self.service.entra.secret},
            preexec_fn=self.enter,
        )

    def release_self(self, *more, seconds=20.0):
        return self.check(self.start_inside(*more).finish(seconds))

    def assert_no_device(self, result):
        self.assert_exit(result, 3)
        self.assert_says(result, "self")
        self.assertEqual(self.posts(), 0)

    @each([(place, place) for place in PLACES])
    def test_sensor_in(self, place):
        self.sensor(CHECKED + f'echo "{DEVICE}"', place)
        result = self.release_self()
        self.assert_exit(result, 0)
        row = result.json[0]
        self.assertEqual((row["input"], row["machineId"]), ("self", DEVICE))
        self.assertEqual(len(self.service.log.requests()), 2)

    @each(
        [
            ("quotes", f"echo '\"{DEVICE}\"'"),
            ("capitals", f"echo {DEVICE.upper()}"),
            ("no line end", f"printf %s {DEVICE}"),
            ("CRLF", f"printf '%s\\r\\n' {DEVICE}"),
            ("words on standard error", f"echo warning: telemetry >&2; echo {DEVICE}"),
        ]
    )
    def test_ways_to_print_it(self, script):
        self.sensor(script)
        result = self.release_self()
        self.assert_exit(result, 0)
        self.assertEqual(result.json[0]["machineId"], DEVICE)

    @each(
        [
            ("nothing", "exit 0"),
            ("not onboarded", "echo unavailable"),
            ("empty quotes", "echo '\"\"'"),
            ("two ids", f"echo {DEVICE} {DEVICE}"),
            ("a name", "echo pc-042"),
            ("failing", f"echo {DEVICE}; exit 1"),
            ("killed", f"echo {DEVICE}; kill -9 $$"),
            ("no end", "while echo xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx; do :; done"),
            ("terminal escapes", "printf '\\033[31mred\\033[m'"),
        ]
    )
    def test_sensor_that_names_no_id(self, script):
        self.sensor(script)
        self.assert_no_device(self.release_self(seconds=6))

    def test_no_sensor(self):
        result = self.release_self()
        self.assert_no_device(result)
        self.assert_says(result, "sensor")
        self.assertEqual(self.service.log.requests(), [])

    def test_sensor_gets_none_of_our_secrets(self):
        self.sensor(f'[ -z "$AZURE_CLIENT_SECRET" ] && echo {DEVICE}')
        self.assert_exit(self.release_self(), 0)

    def test_sensor_that_hangs_ends_and_is_not_left_behind(self):
        self.sensor("exec sleep 60")
        self.assert_no_device(self.release_self(seconds=SENSOR_SECONDS))
        self.assertEqual(self.left_inside(), [])

    def test_interrupted_while_the_sensor_hangs(self):
        self.sensor("exec sleep 60")
        running = self.start_inside()
        time.sleep(0.7)
        running.signal(signal.SIGINT)
        result = self.check(running.finish(4))
        self.assert_exit(result, 130)
        self.assertEqual(self.left_inside(), [])

    def test_sensor_is_asked_for_self_alone(self):
        self.sensor("exit 1")
        self.assert_exit(self.release_self(DEVICE), 0)

    def left_inside(self):
        """Processes that still run in the folder."""
        left = []
        for process in Path("/proc").iterdir():
            try:
                if process.name.isdigit() and os.readlink(process / "root") == str(self.root):
                    left.append(process.name)
            except OSError:
                continue
        return left


class Offline(Scenario):
    """The device of a Windows that does not run: its disk is a folder here."""

    def root(self, content: bytes | None = None, **settings) -> Path:
        config = self.folder / "disk one" / "Windows" / "System32" / "config"
        config.mkdir(parents=True)
        (config / "SOFTWARE").write_bytes(hive.software(**settings) if content is None else content)
        return self.folder / "disk one"

    @each([("lh", "lh", False), ("lf", "lf", False), ("li", "li", True), ("ri", "ri", True)])
    def test_is_released(self, lists, wide):
        result = self.release(devices=[f"self:{self.root(lists=lists, wide=wide)}"])
        self.assert_exit(result, 0)
        self.assertEqual(self.posts(DEVICE), 1)

    @each(
        [
            ("not onboarded", {"sense_id": None}, 3, "senseId"),
            ("no id", {"sense_id": "none"}, 3, "no device id"),
            ("no hive", {"content": b"regf"}, 2, "damaged"),
            ("empty", {"content": b""}, 2, "damaged"),
            ("not ASCII", {"sense_id": "\u0661" * 40}, 2, "damaged"),
        ]
    )
    def test_unusable(self, settings, code, words):
        result = self.release(devices=[f"self:{self.root(**settings)}"])
        self.assert_exit(result, code)
        self.assert_says(result, words, "self:")
        self.assertEqual(self.service.log.requests(), [])

    def test_no_windows_there(self):
        result = self.release(devices=[f"self:{self.folder}"])
        self.assert_exit(result, 2)
        self.assert_says(result, "No such file", "SOFTWARE")

    def test_two_of_them(self):
        result = self.release(devices=[f"self:{self.root()}", "self:/"])
        self.assert_exit(result, 2)
        self.assert_says(result, "only one self")

    def test_one_twice(self):
        root = self.root()
        self.assert_exit(self.release(devices=[f"self:{root}", f"self:{root}"]), 0)
        self.assertEqual(self.posts(), 1)
