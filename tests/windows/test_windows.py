"""
test_windows.py - what only Windows has, seen under wine: its console, its command line, its
    registry, names of files, closed handles, Ctrl-C. (Wine sends no Ctrl-Break.)

Not here  what holds everywhere (tests/scenarios).
Rules     run by tests/run.py --folder tests/windows. UNISOLATE_TEST_LAUNCH is a script that runs
          launch.exe (launch.c), UNISOLATE_TEST_EXECUTABLE the program's own file.
"""

from __future__ import annotations

import json
import os
import pty
import select
import shutil
import subprocess
import time
from pathlib import Path

from harness import NO_METADATA, Argument, Result, Scenario
from service import faults
from service.defender import DEVICE
from service.entra import CLIENT_ID, TENANT
from test_certificate import PASSWORD, Application

CONSOLE_SECONDS = 40.0
LAUNCH_SECONDS = 60.0
ACCENTS = "Machine nettoyée ✓"
EMOJI = "Machine nettoyée ✓ 🔓"
SENSOR = "HKLM\\SOFTWARE\\Microsoft\\Windows Advanced Threat Protection"

CONNECTIONS = "HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Internet Settings\\Connections"


class Console:
    """The program in a console of its own: wine's conhost, drawn on a pseudo-terminal."""

    def __init__(self, scenario: Scenario, *arguments: Argument) -> None:
        command = [scenario.program, *map(str, arguments)]
        self.out, self.started = b"", time.monotonic()
        self._process, self._terminal = pty.fork()
        if self._process == 0:
            os.chdir(scenario.folder)
            os.execve(command[0], command, {**NO_METADATA, "TERM": "xterm"})

    def wait_for(self, words: str) -> None:
        while words not in self.text:
            if not self._read():
                raise AssertionError(f"the console never showed {words!r}: {self.text!r}")

    def type(self, keys: str) -> None:
        os.write(self._terminal, keys.encode())

    def finish(self) -> int:
        """Wait for the end; the exit code."""
        while self._read():
            pass
        _, status = os.waitpid(self._process, 0)
        os.close(self._terminal)
        return os.waitstatus_to_exitcode(status)

    @property
    def text(self) -> str:
        return self.out.decode("utf-8", "replace")

    def _read(self) -> bool:
        left = self.started + CONSOLE_SECONDS - time.monotonic()
        if left <= 0 or not select.select([self._terminal], [], [], left)[0]:
            os.kill(self._process, 9)
            raise AssertionError(f"the program did not end: {self.text!r}")
        try:
            data = os.read(self._terminal, 65536)
        except OSError:  # the other side is closed
            return False
        self.out += data
        return bool(data)


class Windows(Scenario):
    def comment(self) -> str:
        """What the one POST said."""
        (post,) = [r for r in self.service.log.requests("api") if r.method == "POST"]
        return str(json.loads(post.body)["Comment"])

    def launch(self, how: str, *arguments: Argument) -> Result:
        """A Windows program, started by one of ours."""
        command = [os.environ["UNISOLATE_TEST_LAUNCH"], how, *map(str, arguments)]
        started = time.monotonic()
        done = subprocess.run(
            command, env=NO_METADATA, cwd=self.folder, stdin=subprocess.DEVNULL, capture_output=True, timeout=LAUNCH_SECONDS
        )
        out, err = done.stdout.decode(), done.stderr.decode()
        return Result(command, done.returncode, out, err, time.monotonic() - started)

    def executable(self) -> str:
        return "Z:" + os.environ["UNISOLATE_TEST_EXECUTABLE"].replace("/", "\\")

    def signed_in(self, *more: Argument) -> list[Argument]:
        return [*self.where(), *self.sign_in(), *more, DEVICE]


class OnTheConsole(Windows):
    def test_accents(self) -> None:
        console = Console(self, *self.signed_in("-c", ACCENTS))
        self.assertEqual(console.finish(), 0, console.text)
        self.assertIn("accepted", console.text)
        self.assertEqual(self.comment(), ACCENTS)
        self._keep(console)

    def test_emoji_arrive(self) -> None:
        console = Console(self, *self.signed_in("-c", EMOJI))
        self.assertEqual(console.finish(), 0, console.text)
        self.assertEqual(self.comment(), EMOJI)

    def test_text_is_right_and_colored(self) -> None:
        console = Console(self, "-c", "x", "--token-file", "nettoyée ✓.txt", DEVICE)
        self.assertEqual(console.finish(), 2, console.text)
        self.assertIn("nettoyée ✓.txt: No such file or directory", console.text)
        self.assertIn("\x1b[31m", console.text)

    def test_control_c(self) -> None:
        self.service.api.fail(faults.stall())
        console = Console(self, *self.signed_in("-c", "x"))
        self.assertTrue(self.service.log.wait("request", "api"))
        console.type("\x03")
        self.assertEqual(console.finish(), 130, console.text)

    def _keep(self, console: Console) -> None:
        """For the record: what was on the console, and what the service got."""
        file = os.environ.get("UNISOLATE_TEST_RECORD")
        if file:
            (post,) = [r for r in self.service.log.requests("api") if r.method == "POST"]
            with open(file, "w", encoding="utf-8") as out:
                print(f"--comment {ACCENTS!r}\nconsole: {console.out!r}\nbody:    {post.body!r}", file=out)


class Passwords(Windows, Application):
    def start(self) -> Console:
        file = self.file("app", "-v2", "aes-256-cbc")
        who = ["--tenant", TENANT, "--client-id", CLIENT_ID, "--certificate", file]
        console = Console(self, *self.where(), *who, "-c", "clean", DEVICE)
        console.wait_for("Password of the private key in ")
        time.sleep(0.5)  # the prompt stands there before the keys are read
        return console

    def test_typed_and_not_shown(self) -> None:
        console = self.start()
        console.type(PASSWORD + "x\b\r")
        self.assertEqual(console.finish(), 0, console.text)
        self.assertNotIn(PASSWORD[:6], console.text)

    def test_wrong(self) -> None:
        console = self.start()
        console.type("another\r")
        self.assertEqual(console.finish(), 2, console.text)

    def test_nothing(self) -> None:
        console = self.start()
        console.type("\r")
        self.assertEqual(console.finish(), 2, console.text)

    def test_control_c(self) -> None:
        console = self.start()
        console.type("half\x03")
        self.assertEqual(console.finish(), 130, console.text)


class Started(Windows):
    """As no shell does it."""

    def test_without_any_handle(self) -> None:
        result = self.launch("closed", self.executable(), *self.signed_in("-c", "x"))
        self.assertEqual(result.exit, 1)  # the result could not be written
        self.assertEqual(self.posts(), 1)

    def test_fault_without_any_handle_keeps_its_code(self) -> None:
        self.assertEqual(self.launch("closed", self.executable(), "--nonsense").exit, 2)

    def test_words_of_the_command_line(self) -> None:
        where = [str(word).replace("/", "\\") if "root.pem" in str(word) else str(word) for word in self.where()]
        secret = ["--tenant", TENANT, "--client-id", CLIENT_ID, "--client-secret-file", "secret"]
        words = [*where, *secret, "-c", '"C:\\a \\"b\\"\\\\"', DEVICE]
        result = self.launch("line", self.executable(), *words)
        self.assertEqual(result.exit, 0, result.describe())
        self.assertEqual(self.comment(), 'C:\\a "b"\\')


class Journal(Windows):
    def test_is_written_locked_and_read_again(self) -> None:
        words = self.signed_in("-c", "x", "--json", "--journal", "journal ✓.jsonl")
        self.assert_exit(self.run_program(*words), 0)
        lines = (self.folder / "journal ✓.jsonl").read_text().splitlines()
        self.assertGreaterEqual(len(lines), 2, lines)
        again = self.run_program(*words)
        self.assert_exit(again, 0)
        self.assertEqual([row["result"] for row in again.json], ["skipped"])
        self.assertEqual(self.posts(), 1)

    def test_of_another_run(self) -> None:
        self.service.api.fail(faults.stall())
        words = self.signed_in("-c", "x", "--journal", "journal")
        first = self.start_program(*words)
        self.assertTrue(self.service.log.wait("request", "api"))
        second = self.run_program(*words)
        self.assert_exit(second, 2)
        self.assert_says(second, "another run is using it")
        first.process.kill()
        first.process.communicate()

    def test_folder(self) -> None:
        self.assert_exit(self.run_program(*self.signed_in("-c", "x", "--journal", ".")), 2)


class Configuration(Windows):
    def test_beside_the_program(self) -> None:
        beside = Path(os.environ["UNISOLATE_TEST_EXECUTABLE"]).parent / "stick ✓"
        beside.mkdir(exist_ok=True)
        self.addCleanup(shutil.rmtree, beside)
        shutil.copy(os.environ["UNISOLATE_TEST_EXECUTABLE"], beside / "unisolate.exe")
        (beside / "secret.txt").write_text(self.service.entra.secret + "\r\n")
        lines = [f"tenant = {TENANT}", f"client-id = {CLIENT_ID}", "client-secret-file = secret.txt", f"comment = {ACCENTS}", ""]
        (beside / "unisolate.conf").write_bytes("\r\n".join(lines).encode())
        program = "Z:" + str(beside / "unisolate.exe").replace("/", "\\")
        result = self.launch("as usual", program, *self.where(), DEVICE)
        self.assertEqual(result.exit, 0, result.describe())
        self.assertEqual(self.comment(), ACCENTS)


class Files(Windows):
    def release_with_secret_in(self, file: Argument) -> Result:
        who = ["--tenant", TENANT, "--client-id", CLIENT_ID, "--client-secret-file", file]
        return self.run_program(*self.where(), *who, "-c", "x", DEVICE)

    def test_spaces_accents_and_backslashes(self) -> None:
        folder = self.folder / "ein Schlüssel ✓"
        folder.mkdir()
        (folder / "a b.txt").write_text(self.service.entra.secret + "\r\n")
        self.assert_exit(self.release_with_secret_in("ein Schlüssel ✓\\a b.txt"), 0)

    def test_longer_than_260_characters(self) -> None:
        folder = self.folder
        for _ in range(4):
            folder = folder / ("n" * 100)
            folder.mkdir()
        (folder / "secret").write_text(self.service.entra.secret)
        self.assert_exit(self.release_with_secret_in(folder / "secret"), 0)

    def test_folder(self) -> None:
        result = self.release_with_secret_in(self.folder)
        self.assert_exit(result, 2)
        self.assert_says(result, "Is a directory")

    def test_drive_that_is_not_there(self) -> None:
        self.assert_exit(self.release_with_secret_in("Q:\\secret"), 2)

    def test_standard_input_with_windows_line_end(self) -> None:
        secret = (self.service.entra.secret + "\r\n").encode()
        who = ["--tenant", TENANT, "--client-id", CLIENT_ID, "--client-secret-file", "-"]
        self.assert_exit(self.run_program(*self.where(), *who, "-c", "x", DEVICE, stdin=secret), 0)


class Environment(Windows):
    def test_variables(self) -> None:
        env = {
            "AZURE_TENANT_ID": TENANT,
            "AZURE_CLIENT_ID": CLIENT_ID,
            "AZURE_CLIENT_SECRET": self.service.entra.secret,
            "UNISOLATE_COMMENT": ACCENTS,
        }
        self.assert_exit(self.run_program(*self.where(), DEVICE, env=env), 0)
        self.assertEqual(self.comment(), ACCENTS)


class Registry(Windows):
    def reg(self, *words: str) -> None:
        done = self.launch("as usual", "C:\\windows\\system32\\reg.exe", *words)
        self.assertEqual(done.exit, 0, done.describe())

    def test_self(self) -> None:
        result = self.run_program(*self.where(), *self.sign_in(), "-c", "x", "self")
        self.assert_exit(result, 3)
        self.assert_says(result, "senseId")
        self.reg("add", SENSOR, "/v", "senseId", "/d", DEVICE, "/f")
        self.addCleanup(self.reg, "delete", SENSOR, "/f")
        self.assert_exit(self.run_program(*self.where(), *self.sign_in(), "-c", "x", "self"), 0)
        self.assertEqual(self.posts(DEVICE), 1)

    def test_doctor_tells_the_proxy_of_the_machine(self) -> None:
        proxy = b"proxy.contoso.test:8080"
        value = b"".join(n.to_bytes(4, "little") for n in (0x28, 0, 3, len(proxy))) + proxy + bytes(4)
        self.reg("add", CONNECTIONS, "/v", "WinHttpSettings", "/t", "REG_BINARY", "/d", value.hex(), "/f")
        self.addCleanup(self.reg, "delete", CONNECTIONS, "/v", "WinHttpSettings", "/f")
        result = self.run_program("doctor", *self.where(), *self.sign_in())
        told = " ".join(result.out.split())
        self.assertIn("proxy none; this machine's own setting, which does not count here: proxy.contoso.test:8080", told)


class Names(Windows):
    """The system's own resolver: wine asks this machine's."""

    def test_name_that_does_not_exist(self) -> None:
        result = self.run_program(
            "--api-url", "https://no.such.host.invalid", *self.sign_in(), "--authority", "https://no.such.host.invalid",
            "-c", "x", "--retries", "0", "--max-time", "15", DEVICE
        )
        self.assert_exit(result, 7)
        self.assert_says(result, "system's resolver")
