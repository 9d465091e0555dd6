#!/usr/bin/env python3
"""
run.py --program PATH - the scenarios: the program run as a user runs it, against the fake service.

Does      finds tests/scenarios/test_*.py, runs each scenario in one of a few processes, prints
          every failure in full, and last `N passed, N failed`. A scenario that cannot run here is
          named, and counted as neither.
Not here  the scenarios; building the program (build.sh).
Limits    SCENARIO_SECONDS a scenario.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import signal
import sys
import tempfile
import time
import traceback
import unittest
from dataclasses import dataclass
from pathlib import Path

TESTS = Path(__file__).resolve().parent
sys.path[:0] = [str(TESTS), str(TESTS / "scenarios")]

from harness import PROGRAM_VARIABLE, VERBOSE_VARIABLE  # noqa: E402
from service import pki  # noqa: E402

SCENARIO_SECONDS = 120


@dataclass
class Outcome:
    name: str
    kind: str  # passed, failed, skipped
    detail: str
    seconds: float


class Collector(unittest.TestResult):
    """Keeps what went wrong, with the scenario's own report."""

    def __init__(self) -> None:
        super().__init__()
        self.problems: list[str] = []
        self.reason: str | None = None

    def addFailure(self, test, err) -> None:
        self._add(test, err)

    def addError(self, test, err) -> None:
        self._add(test, err)

    def addSubTest(self, test, subtest, err) -> None:
        if err is not None:
            self.problems.append(f"{subtest}\n{self._text(err)}")

    def addSkip(self, test, reason) -> None:
        self.reason = reason

    def _add(self, test, err) -> None:
        report = test.report() if hasattr(test, "report") else ""
        self.problems.append(f"{self._text(err)}\n{report}")

    @staticmethod
    def _text(err) -> str:
        if issubclass(err[0], AssertionError):
            place = traceback.extract_tb(err[2])
            lines = [
                f"  {Path(f.filename).name}:{f.lineno}: {f.line}"
                for f in place
                if "scenarios" in f.filename
            ]
            return "\n".join(lines + [str(err[1])])
        return "".join(traceback.format_exception(*err))


def flatten(suite) -> list[unittest.TestCase]:
    if isinstance(suite, unittest.TestCase):
        return [suite]
    return [test for part in suite for test in flatten(part)]


def too_long(_number, _frame) -> None:
    raise TimeoutError(f"the scenario took more than {SCENARIO_SECONDS} s")


def run_one(test: unittest.TestCase) -> Outcome:
    collector, started = Collector(), time.monotonic()
    signal.signal(signal.SIGALRM, too_long)
    signal.alarm(SCENARIO_SECONDS)
    try:
        test.run(collector)
    except TimeoutError as error:
        collector.problems.append(str(error))
    finally:
        signal.alarm(0)
    name = test.id().removeprefix("test_")
    seconds = time.monotonic() - started
    if collector.problems:
        return Outcome(name, "failed", "\n".join(collector.problems), seconds)
    if collector.reason is not None:
        return Outcome(name, "skipped", collector.reason, seconds)
    return Outcome(name, "passed", "", seconds)


def find(folder: str, patterns: list[str], without: list[str]) -> list[unittest.TestCase]:
    tests = flatten(unittest.TestLoader().discover(folder, "test_*.py"))
    names = [(test.id().lower(), test) for test in tests]
    wanted = [(name, test) for name, test in names if any(p.lower() in name for p in patterns)]
    return [test for name, test in wanted if not any(p.lower() in name for p in without)]


def run_all(tests: list[unittest.TestCase], jobs: int, slowest: int) -> bool:
    # A fork, so that a child finds its scenario by number.
    global scenarios
    scenarios = tests
    outcomes: list[Outcome] = []
    with multiprocessing.get_context("fork").Pool(jobs, maxtasksperchild=50) as pool:
        for outcome in pool.imap_unordered(run_number, range(len(tests))):
            outcomes.append(outcome)
            if outcome.kind == "failed":
                print(f"FAILED {outcome.name}\n{outcome.detail}\n", flush=True)
            elif outcome.kind == "skipped":
                print(f"SKIPPED {outcome.name}: {outcome.detail}", flush=True)
    for outcome in sorted(outcomes, key=lambda o: -o.seconds)[:slowest]:
        print(f"{outcome.seconds:6.2f} s  {outcome.name}")
    failed = sorted(outcome.name for outcome in outcomes if outcome.kind == "failed")
    for name in failed:
        print(f"failed: {name}")
    passed = sum(outcome.kind == "passed" for outcome in outcomes)
    print(f"{passed} passed, {len(failed)} failed")
    return passed > 0 and not failed


scenarios: list[unittest.TestCase] = []


def run_number(number: int) -> Outcome:
    return run_one(scenarios[number])


def main() -> int:
    parser = argparse.ArgumentParser(description="Run the scenarios against a built program.")
    parser.add_argument("--program", required=True, help="the program under test")
    parser.add_argument("--verbose", action="store_true", help="add -vv to every command")
    parser.add_argument(
        "-k", action="append", metavar="PATTERN",
        help="only scenarios whose name holds this text; may be given more than once"
    )
    parser.add_argument(
        "--without", action="append", default=[], metavar="PATTERN", help="but not these; may be given more than once"
    )
    parser.add_argument(
        "--folder", default=str(TESTS / "scenarios"), help="where the scenarios are, if not in tests/scenarios"
    )
    parser.add_argument(
        "--jobs", type=int, default=2 * (os.cpu_count() or 1), help="scenarios at a time"
    )
    parser.add_argument("--slowest", type=int, default=0, metavar="N", help="show the N slowest")
    options = parser.parse_args()
    program = Path(options.program).resolve()
    if not os.access(program, os.X_OK):
        print(f"run.py: {program} is no program", file=sys.stderr)
        print("0 passed, 1 failed")
        return 1
    os.environ[PROGRAM_VARIABLE] = str(program)
    os.environ[VERBOSE_VARIABLE] = "1" if options.verbose else ""
    with tempfile.TemporaryDirectory(prefix="unisolate-pki-") as folder:
        pki.make(Path(folder))
        os.environ[pki.FOLDER_VARIABLE] = folder
        return 0 if run_all(find(options.folder, options.k or [""], options.without), options.jobs, options.slowest) else 1


if __name__ == "__main__":
    sys.exit(main())
