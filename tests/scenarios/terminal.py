"""
terminal.py - the program on a terminal of its own.

Does      runs it with both outputs on a pseudo-terminal of a given width; keeps the bytes, and what
          a person sees of them in the end.
Not here  scenarios (test_terminal.py).
Limits    of the control sequences only colors and those that erase; ends after RUN_SECONDS.
"""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import termios
import time
import unicodedata
from dataclasses import dataclass

from harness import RUN_SECONDS, Argument, Result, Scenario

COLOR = re.compile("\x1b\\[[0-9;]*m")
ERASE = re.compile("\x1b\\[[0-2]?K")


def columns(text: str) -> int:
    """Columns that a text takes: wide characters two, combining ones none."""
    return sum(
        0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1
        for c in text
    )


@dataclass
class Screen:
    """What was written to a terminal."""

    exit: int
    raw: str
    seconds: float

    @property
    def text(self) -> str:
        return COLOR.sub("", self.raw).replace("\r\n", "\n")

    @property
    def states(self) -> list[list[str]]:
        """Each line as all that it ever showed: a line that is rewritten shows several texts."""
        return [
            [ERASE.sub("", text) for text in line.split("\r")] for line in self.text.split("\n")
        ]

    @property
    def lines(self) -> list[str]:
        """The lines as they stand in the end: what is rewritten is overwritten."""
        shown = []
        for line in self.text.split("\n"):
            cells = ""
            for text in line.split("\r"):
                if ERASE.search(text):
                    cells = ""
                text = ERASE.sub("", text)
                cells = text + cells[len(text) :]
            shown.append(cells.rstrip())
        return shown if shown[-1] else shown[:-1]

    @property
    def progress(self) -> list[str]:
        """The texts that were rewritten in place."""
        return [text.strip() for states in self.states for text in states[:-1] if text.strip()]


def on_terminal(
    scenario: Scenario,
    *arguments: Argument,
    width: int = 80,
    stdout: int | None = None,
    seconds: float = RUN_SECONDS,
) -> Screen:
    """Run the program on a terminal; its standard output may go elsewhere."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, width, 0, 0))
    started = time.monotonic()
    command = [scenario.program, *arguments]
    process = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=theirs if stdout is None else stdout,
        stderr=theirs,
        env={"TERM": "xterm"},
        cwd=scenario.folder,
    )
    os.close(theirs)
    data = _read(ours, started + seconds)
    late = process.poll() is None and time.monotonic() >= started + seconds
    if late:
        process.kill()
    code = process.wait()
    os.close(ours)
    text = data.decode("utf-8", "surrogateescape")
    screen = Screen(code, text, time.monotonic() - started)
    result = Result(command, code, "", text, screen.seconds)
    scenario.runs.append(result)
    scenario._check_secrets(result)
    if late:
        scenario.fail(f"the program did not end within {seconds} s")
    return screen


def _read(descriptor: int, end: float) -> bytes:
    data = b""
    while time.monotonic() < end:
        if select.select([descriptor], [], [], 0.1)[0]:
            try:
                part = os.read(descriptor, 65536)
            except OSError:  # the other side has left
                part = b""
            if not part:
                break
            data += part
    return data
