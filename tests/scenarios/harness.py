"""
harness.py - what every scenario stands on: a fake service, a way to run the program, checks that
    hold always.

Does      runs the program with an empty environment (but for NO_METADATA) and a time limit; after every run checks that
          no secret was shown, that the exit code is one of the contract's, that a failure has its
          line, that standard output carries results only, that nothing raw reaches a terminal;
          after every scenario that the program sent nothing a strict service refuses and gave no
          host what belongs to another.
Not here  the scenarios (test_*.py), finding and counting them (tests/run.py).
Limits    RUN_SECONDS a run unless a scenario says otherwise; then the program is killed and the run
          fails.
Rules     contract sections 4, 5 and 6.
"""

from __future__ import annotations

import base64
import concurrent.futures
import json
import os
import re
import shlex
import subprocess
import tempfile
import time
import unittest
import urllib.parse
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Callable, Iterable, Mapping, Sequence, TypeVar, Union

from service.defender import DEVICE
from service.entra import CLIENT_ID, TENANT
from service.service import Service

PROGRAM_VARIABLE = "UNISOLATE_TEST_PROGRAM"
VERBOSE_VARIABLE = "UNISOLATE_TEST_VERBOSE"

RUN_SECONDS = 20.0
AT_ONCE = 6  # programs a scenario runs side by side
SECRET_WINDOW = 12  # bytes of a secret in a row that count as shown

EXIT_NAMES = {
    0: "ok",
    1: "internal",
    2: "usage",
    3: "not-found",
    4: "ambiguous",
    5: "sign-in",
    6: "permission",
    7: "network",
    8: "tls",
    9: "throttled",
    10: "pending",
    11: "failed",
    12: "mixed",
    13: "conflict",
    14: "server",
    130: "interrupted",
    143: "interrupted",
}
COMMANDS = {"release", "status", "find", "cancel", "doctor", "self-test"}
RESULTS = {
    "released",
    "accepted",
    "already-pending",
    "pending",
    "failed",
    "not-found",
    "ambiguous",
    "denied",
    "throttled",
    "conflict",
    "skipped",
    "planned",
    "error",
}
RELEASE_MEMBERS = {
    "input",
    "result",
    "machineId",
    "computerDnsName",
    "actionId",
    "actionStatus",
    "requested",
    "ended",
    "error",
}
CANCEL_RESULTS = {"cancelled", "ended", "not-found", "denied", "throttled", "error"}
ISOLATIONS = {"isolated", "released", "releasing", "isolating", "unknown"}
STATUS_MEMBERS = {
    "input",
    "isolation",
    "machineId",
    "computerDnsName",
    "actionId",
    "actionType",
    "actionStatus",
    "requested",
    "ended",
    "error",
}
CHECK_MEMBERS = {"check", "ok", "detail", "advice"}
REQUEST_MEMBERS = {"method", "url", "headers", "body"}
CANDIDATE_MEMBERS = {"id", "computerDnsName", "lastSeen", "healthStatus"}
ERROR_MEMBERS = {"name", "exit", "message", "code", "target", "advice"}
# A run without a credential asks the host's metadata service: here it finds a port where nobody listens.
NO_METADATA = {"AZURE_POD_IDENTITY_AUTHORITY_HOST": "http://127.0.0.1:1"}
SIGN_IN_ENVIRONMENT = ("AZURE_CLIENT_SECRET", "UNISOLATE_TOKEN")

Argument = Union[str, bytes, os.PathLike]
Row = TypeVar("Row")


@dataclass
class Result:
    """One run of the program."""

    command: list[Argument]
    exit: int
    out: str
    err: str
    seconds: float
    json: list[dict[str, Any]] = field(default_factory=list)

    @property
    def fault_lines(self) -> list[str]:
        plain = re.sub("\x1b\\[[0-9;]*m", "", self.err)
        return [line for line in plain.splitlines() if line.startswith("unisolate: ")]

    def describe(self) -> str:
        command = " ".join(shlex.quote(os.fsdecode(part)) for part in self.command)
        return (
            f"$ {command}\nexit {self.exit} after"
            f" {self.seconds:.2f} s\nstdout:\n{_indent(self.out)}\nstderr:\n{_indent(self.err)}"
        )


class Running:
    """A program that has been started."""

    def __init__(
        self, scenario: "Scenario", command: list[Argument], settings: dict[str, Any]
    ) -> None:
        self._scenario, self.command, self.started = scenario, command, time.monotonic()
        self._input = settings.pop("stdin", None)
        no_input = subprocess.DEVNULL if self._input is None else subprocess.PIPE
        self.process = subprocess.Popen(
            command,
            stdin=settings.pop("input_file", no_input),
            stdout=settings.pop("stdout", subprocess.PIPE),
            stderr=subprocess.PIPE,
            **settings,
        )

    def signal(self, number: int) -> None:
        self.process.send_signal(number)

    def finish(self, seconds: float = RUN_SECONDS) -> Result:
        """Wait for its end; a program that is late is killed and fails the scenario."""
        late = False
        try:
            out, err = self.process.communicate(self._input, seconds)
        except subprocess.TimeoutExpired:
            late = True
            self.process.kill()
            out, err = self.process.communicate()
        result = Result(
            self.command,
            self.process.returncode,
            _text(out),
            _text(err),
            time.monotonic() - self.started,
        )
        self._scenario.runs.append(result)
        if late:
            self._scenario.fail(f"the program did not end within {seconds} s")
        return result


class Scenario(unittest.TestCase):
    """One scenario: a service of its own, and the program run against it."""

    maxDiff = None

    def setUp(self) -> None:
        self.program = os.environ[PROGRAM_VARIABLE]
        self.verbose = bool(os.environ.get(VERBOSE_VARIABLE))
        self.runs: list[Result] = []
        self.extra_secrets: list[str] = []
        folder = tempfile.TemporaryDirectory(prefix="unisolate-scenario-")
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.service = self.start_service()
        self.secret_file = self.write("secret", self.service.entra.secret + "\n")

    def start_service(self) -> Service:
        """The service of this scenario; subclasses may start another one."""
        service = Service().start()
        self.addCleanup(service.stop)
        return service

    def tearDown(self) -> None:
        self._check_service()

    # ---- running the program ----

    def write(self, name: str, content: Union[str, bytes]) -> Path:
        """A file in the scenario's own folder, its owner's alone."""
        path = self.folder / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        path.chmod(0o600)
        return path

    def start_program(
        self,
        *arguments: Argument,
        env: Mapping[str, str] | None = None,
        quiet: bool = False,
        **settings: Any,
    ) -> Running:
        """Start the program.

        quiet  without the -vv of a verbose pass
        stdin  bytes; or input_file, an open file
        """
        verbose = ["-vv"] if self.verbose and not quiet else []
        command: list[Argument] = [self.program, *verbose, *arguments]
        return Running(self, command, {"env": {**NO_METADATA, **(env or {})}, "cwd": self.folder, **settings})

    def run_program(
        self,
        *arguments: Argument,
        seconds: float = RUN_SECONDS,
        color: bool = False,
        **settings: Any,
    ) -> Result:
        """Run the program to its end and check what must hold always. stdin is bytes."""
        return self.check(self.start_program(*arguments, **settings).finish(seconds), color)

    def where(self) -> list[Argument]:
        """The options that lead to the fake service."""
        return [
            "--authority",
            self.service.login.url,
            "--api-url",
            self.service.api.url,
            "--cacert",
            self.service.pki.root,
        ]

    def sign_in(self) -> list[Argument]:
        """The options that sign in with the client secret."""
        return [
            "--tenant",
            TENANT,
            "--client-id",
            CLIENT_ID,
            "--client-secret-file",
            self.secret_file,
        ]

    def release_arguments(
        self, *more: Argument, devices: Sequence[Argument] = (DEVICE,)
    ) -> list[Argument]:
        many = ["--max", "0"] if len(devices) > 100 and "--max" not in more else []
        return [*self.where(), *self.sign_in(), "-c", "clean", *many, *more, *devices]

    def release(
        self, *more: Argument, devices: Sequence[Argument] = (DEVICE,), **settings: Any
    ) -> Result:
        """A release with the client secret and further options."""
        return self.run_program(*self.release_arguments(*more, devices=devices), **settings)

    def release_with_token(
        self, token: str, *more: Argument, devices: Sequence[Argument] = (DEVICE,), **settings: Any
    ) -> Result:
        """A release with a bearer token in a file and further options."""
        file = self.write("token", token + "\n")
        return self.run_program(
            *self.where(), "--token-file", file, "-c", "clean", *more, *devices, **settings
        )

    def side_by_side(self, rows: Iterable[Row], one: Callable[[Row], None]) -> None:
        """Run `one` for each row, AT_ONCE at a time, and report every row that fails."""
        with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
            futures = [(row, pool.submit(one, row)) for row in rows]
        for row, future in futures:
            with self.subTest(row=row):
                future.result()

    # ---- what the service saw ----

    def token_requests(self) -> int:
        return len(self.service.log.requests("login"))

    def posts(self, device: str = "") -> int:
        """Releases the API server received whole, of this device or of all."""
        return sum(
            request.method == "POST"
            and request.target.endswith("/unisolate")
            and device in request.target
            for request in self.service.log.requests("api")
        )

    def api_lines(self) -> list[str]:
        """The requests that the API server received: method and path, without the query."""
        return [
            f"{request.method} {request.target.partition('?')[0]}"
            for request in self.service.log.requests("api")
        ]

    def assert_exit(self, result: Result, *expected: int) -> None:
        if result.exit not in expected:
            wanted = " or ".join(f"{code} ({EXIT_NAMES[code]})" for code in expected)
            self.fail(
                f"exit {result.exit} ({EXIT_NAMES.get(result.exit, 'unknown')}), expected"
                f" {wanted}\n{result.describe()}"
            )

    def assert_says(self, result: Result, *words: str) -> None:
        """Each of the words stands somewhere on standard error; case does not matter."""
        for word in words:
            if word.lower() not in result.err.lower():
                self.fail(f"standard error does not say {word!r}\n{result.describe()}")

    # ---- what must hold always ----

    def check(self, result: Result, color: bool = False) -> Result:
        self._check_exit(result)
        self._check_secrets(result)
        for name, text in (("stdout", result.out), ("stderr", result.err)):
            self._check_characters(name, text, color)
        if "--json" in result.command:
            shape = self._shape(result.command)
            result.json = [self._check_json(line, shape) for line in result.out.splitlines()]
        else:
            self._check_plain_output(result)
        return result

    def _check_exit(self, result: Result) -> None:
        self.assertIn(result.exit, EXIT_NAMES, f"exit code\n{result.describe()}")
        interrupted = result.exit in (130, 143)
        if (
            result.exit
            and not interrupted
            and not result.fault_lines
            and "--json" not in result.command
        ):
            self.fail(f"no line says what failed\n{result.describe()}")

    def _check_secrets(self, result: Result) -> None:
        shown = result.out + result.err
        for secret in self.service.secrets() + self.extra_secrets:
            for form in forms_of_secret(secret):
                if form in shown:
                    self.fail(f"a secret was shown: {form!r}\n{result.describe()}")

    def _check_characters(self, name: str, text: str, color: bool) -> None:
        for character in text:
            code = ord(character)
            control = code < 0x20 and character != "\n" or 0x7F <= code <= 0x9F
            override = 0x202A <= code <= 0x202E or 0x2066 <= code <= 0x2069
            not_utf8 = 0xDC80 <= code <= 0xDCFF
            if (control or override or not_utf8) and not (color and code == 0x1B):
                self.fail(f"{name} holds U+{code:04X} raw: {text!r}")

    def _check_plain_output(self, result: Result) -> None:
        for line in result.out.splitlines():
            if line.startswith(("unisolate: ", "advice: ", "HTTP/", "> ", "< ")):
                self.fail(f"standard output holds what is no result: {line!r}\n{result.describe()}")

    @staticmethod
    def _shape(command: Sequence[Argument]) -> str:
        """Which command's objects are printed: the word that stands first, or release."""
        words = [word for word in command[1:3] if word in COMMANDS]
        return str(words[0]) if words else "release"

    def _check_json(self, line: str, shape: str) -> dict[str, Any]:
        value = json.loads(line, object_pairs_hook=_no_member_twice)
        self.assertIsInstance(value, dict, line)
        if "event" in value:
            self.assertNotIn("result", value, line)
            return value
        if shape in ("doctor", "self-test") and "check" in value:
            self.assertEqual(CHECK_MEMBERS, set(value), line)
            self.assertIn(value["ok"], (True, False, None), line)
            return value
        self.assertIn("input", value, line)
        if value["input"] is None and "result" in value:
            shape = "release"  # a run that failed before it had anything
        if shape == "status":
            self.assertLessEqual(STATUS_MEMBERS, set(value), line)
            self.assertIn(value["isolation"], ISOLATIONS, line)
        elif shape in ("release", "cancel"):
            self.assertLessEqual(RELEASE_MEMBERS, set(value), line)
            self.assertIn(value["result"], RESULTS if shape == "release" else CANCEL_RESULTS, line)
        self._check_members(value, line)
        return value

    def _check_members(self, value: dict[str, Any], line: str) -> None:
        error = value.get("error")
        if error is not None:
            self.assertLessEqual(ERROR_MEMBERS, set(error), line)
            self.assertEqual(error["name"], EXIT_NAMES.get(error["exit"]), line)
        self.assertEqual("request" in value, value.get("result") == "planned", line)
        if "request" in value:
            self.assertEqual(set(value["request"]), REQUEST_MEMBERS, line)
        if "candidates" in value:
            self.assertEqual(value.get("result", "ambiguous"), "ambiguous", line)
            for candidate in value["candidates"]:
                self.assertEqual(set(candidate), CANDIDATE_MEMBERS, line)

    def _check_service(self) -> None:
        violations = self.service.log.of("violation")
        if violations:
            self.fail(
                "the service received what it must not:\n" + "\n".join(e.detail for e in violations)
            )
        for request in self.service.log.requests("login"):
            self.assertIsNone(
                request.header("Authorization"), "a bearer token went to the sign-in server"
            )
        for request in self.service.log.requests("api"):
            everything = repr(request)
            for form in forms_of_secret(self.service.entra.secret):
                self.assertNotIn(form, everything, "the client secret went to the API server")
            self.assertNotIn("assertion", everything, "an assertion went to the API server")

    def report(self) -> str:
        """The runs and the service's log, for a scenario that failed."""
        last = "\n\n".join(run.describe() for run in self.runs[-3:])
        log = self.service.log.text() if hasattr(self, "service") else ""
        return f"{last}\nthe service:\n{log}"


def forms_of_secret(secret: str) -> set[str]:
    """The ways a secret could show: as it is, in part, percent-encoded, in base64, in JSON.

    Of a token, the signature and the claims count; its first part is the same for everyone.
    """
    parts = secret.split(".")[1:] if secret.count(".") == 2 else [secret]
    forms: set[str] = set()
    for part in parts:
        encoded = {
            part,
            urllib.parse.quote(part, safe=""),
            urllib.parse.quote_plus(part),
            json.dumps(part)[1:-1],
        }
        for shift in range(3):
            data = b" " * shift + part.encode()
            for text in (base64.b64encode(data).decode(), base64.urlsafe_b64encode(data).decode()):
                encoded.add(text[4:-4])
        for text in encoded:
            for at in {0, len(text) // 2, max(0, len(text) - SECRET_WINDOW)}:
                forms.add(text[at : at + SECRET_WINDOW])
    return {form for form in forms if len(form) >= SECRET_WINDOW or form == secret}


def each(rows: Sequence[tuple]) -> Callable[[Callable[..., None]], "Rows"]:
    """Make one scenario of each row: @each([(name, ...), ...]) def test_x(self, ...)."""
    return lambda method: Rows(rows, method)


@dataclass
class Rows:
    """Rows of a table and the method that takes one; becomes a method a row."""

    rows: Sequence[tuple]
    method: Callable[..., None]

    def __set_name__(self, owner: type, name: str) -> None:
        for label, *values in self.rows:
            self._add(owner, f"{name}: {label}", tuple(values))

    def _add(self, owner: type, name: str, values: tuple) -> None:
        def run(scenario: Scenario) -> None:
            self.method(scenario, *values)

        if name in owner.__dict__:
            raise ValueError(f"two rows of the same name: {name}")
        setattr(owner, name, run)


def _no_member_twice(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise ValueError("a JSON member stands twice")
    return value


def _text(data: bytes | None) -> str:
    """Bytes that are no UTF-8 become lone surrogates, which the checks then find."""
    return (data or b"").decode("utf-8", "surrogateescape")


def _indent(text: str) -> str:
    return "\n".join("  | " + line for line in text.splitlines())
