"""
test_terminal.py - what a person sees on a terminal of 80 columns.

Does      also writes the screens to build/test/screens.txt, for people to look at.
Rules     contract 6.8, 6.11, 6.12 and section 3 (--color, -q).
"""

import contextlib
import fcntl
import subprocess
from pathlib import Path

from devices import DeviceScenario
from harness import each
from service.defender import DEVICE
from service.machines import DAY
from terminal import columns, on_terminal

SCREENS = Path(__file__).resolve().parents[2] / "build" / "test" / "screens.txt"
NAMES = ["pc-042.contoso.com", "büro-nürnberg.contoso.com", "会議室-2.contoso.com"]
ONE_LINE = ("unisolate: ", "advice: ")  # contract 6.11: however long
LIFE = ((0.5, "InProgress"), (1.5, "Succeeded"))


class Terminal(DeviceScenario):
    def terminal(self, *arguments, word=None, **settings):
        command = [word] if word else ["-c", "clean"]
        screen = on_terminal(self, *command, *self.where(), *self.sign_in(), *arguments, **settings)
        title = f"$ unisolate {' '.join([word or 'release', *map(str, arguments)])}"
        self.keep(f"{self._testMethodName}:\n{title}", screen)
        width = settings.get("width", 80)
        for text in (text for states in screen.states for text in states):
            if not text.startswith(ONE_LINE) and "https://" not in text:
                self.assertLessEqual(columns(text), width, repr(text))
        return screen

    @staticmethod
    def keep(title, screen):
        with contextlib.suppress(OSError):
            SCREENS.parent.mkdir(parents=True, exist_ok=True)
            with open(SCREENS, "a+", encoding="utf-8", errors="replace") as file:
                fcntl.flock(file, fcntl.LOCK_EX)
                file.seek(0)
                if title.split("\n")[0] not in file.read():
                    lines = "\n".join(screen.lines)
                    states = "".join(f"(in place) {text}\n" for text in screen.progress[:3])
                    file.write(f"{title}\n{states}{lines}\n(exit {screen.exit})\n\n")

    def test_find(self):
        self.only(*({"name": name} for name in NAMES))
        screen = self.terminal(*NAMES, word="find")
        self.assertEqual(screen.exit, 0)
        self.assertEqual(screen.progress, [])

    def test_release_and_wait(self):
        self.service.defender.life = LIFE
        screen = self.terminal("--wait=2", "pc-042")
        self.assertEqual(screen.exit, 0)
        self.assertTrue(screen.progress)
        self.assertTrue(any("0:0" in text for text in screen.progress), screen.progress)
        self.assertRegex(screen.lines[0], "^released")
        self.assertFalse(any("waiting" in line for line in screen.lines), screen.lines)

    def test_progress_of_several(self):
        self.only(*({"name": name} for name in NAMES))
        self.service.defender.life = LIFE
        screen = self.terminal("--wait=2", *NAMES)
        self.assertEqual(screen.exit, 0)
        self.assertTrue(any("3" in text for text in screen.progress), screen.progress)

    def test_progress_is_one_line_that_is_rewritten(self):
        self.service.defender.life = ((2.5, "Succeeded"),)
        screen = self.terminal("--wait=3", DEVICE)
        rewritten = [states for states in screen.states if len(states) > 1]
        self.assertEqual(len(rewritten), 1, screen.states)
        self.assertGreaterEqual(len(screen.progress), 3)

    def test_narrow_terminal(self):
        self.service.defender.life = ((0.5, "Succeeded"),)
        screen = on_terminal(
            self, "-c", "x", *self.where(), *self.sign_in(), "--wait=1", DEVICE, width=20
        )
        for text in screen.progress:
            self.assertLess(columns(text), 20)

    def test_progress_is_shown_when_results_go_into_a_file(self):
        self.service.defender.life = ((0.5, "Succeeded"),)
        with open(self.folder / "out", "wb") as out:
            screen = self.terminal("--json", "--wait=1", DEVICE, stdout=out.fileno())
        self.assertTrue(screen.progress)
        self.assertIn('"released"', (self.folder / "out").read_text())
        self.assertEqual(screen.lines, [])

    def test_no_progress_when_standard_error_is_no_terminal(self):
        self.service.defender.life = ((0.5, "Succeeded"),)
        result = self.release("--wait=1", quiet=True)
        self.assertEqual(result.err, "")

    def test_quiet_has_no_progress(self):
        self.service.defender.life = ((0.5, "Succeeded"),)
        screen = self.terminal("-q", "--wait=1", DEVICE)
        self.assertEqual(screen.progress, [])
        self.assertEqual(screen.exit, 0)

    def test_hostile_status_in_the_progress_is_escaped(self):
        self.service.defender.life = ((0.1, "\x1b[2J\u202ex\r\n"), (2.5, "Succeeded"))
        screen = self.terminal("--wait=3", DEVICE)
        self.assertNotIn("\x1b[2J", screen.raw)
        self.assertNotIn("\u202e", screen.raw)

    def test_status_of_one(self):
        self.service.defender.add_action(
            DEVICE, "Isolate", "Succeeded", 600.0, requestor="secops@contoso.com"
        )
        self.assertEqual(self.terminal("pc-042", word="status").exit, 0)

    def test_status_of_all(self):
        for machine in self.only(*({"name": name} for name in NAMES)):
            self.service.defender.add_action(machine.id, "Isolate", "Succeeded", 600.0)
        self.assertEqual(self.terminal(word="status").exit, 0)

    def test_ambiguous(self):
        self.only({}, {"name": "pc-042.fabrikam.com", "seen": 2 * DAY})
        screen = self.terminal("pc-042")
        self.assertEqual(screen.exit, 4)

    def test_conflict(self):
        self.service.defender.add_action(DEVICE, "Isolate", blocks=True)
        screen = self.terminal("pc-042")
        self.assertEqual(screen.exit, 13)

    def test_pending(self):
        self.machine.health, self.machine.seen = "Inactive", 9 * DAY
        screen = self.terminal("--wait=1", "pc-042")
        self.assertEqual(screen.exit, 10)

    def test_dry_run(self):
        self.assertEqual(self.terminal("-n", "pc-042").exit, 0)

    @each([("auto", [], True), ("never", ["--color=never"], False)])
    def test_color(self, options, colored):
        screen = self.terminal(*options, DEVICE)
        self.assertEqual("\x1b[" in screen.raw, colored)


class ReaderThatLeaves(DeviceScenario):
    def test_find_into_a_pipe_that_is_closed(self):
        self.only(*({"name": f"pc-{n}", "tags": ("Lab",)} for n in range(2000)))
        running = self.start_program("find", *self.where(), *self.sign_in(), "--json", "tag:Lab")
        running.process.stdout.readline()
        running.process.stdout.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            running.process.wait(10)
        self.assertEqual(running.process.returncode, 1)
        running.process.stderr.close()
