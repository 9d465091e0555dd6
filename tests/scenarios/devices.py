"""
devices.py - what scenarios with devices that are to be found and followed have in common.

Does      signs in with the roles to release and to read; names devices; runs the commands; shows
          what the service was asked.
Not here  scenarios (test_*.py), the checks that hold always (harness.py).
"""

from __future__ import annotations

import json
import urllib.parse
from typing import Any, Callable, Sequence

from harness import Argument, Result, Scenario
from service.defender import DEVICE, Machine

ISOLATE_AND_READ = ("Machine.Isolate", "Machine.Read.All")
ENTRA_ID = "0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0"
NO_ACTION = "3f1c9f5e-0000-4000-8000-000000000001"


def device(number: int) -> str:
    """The id of the n-th made-up device."""
    return f"{number:040x}"


class DeviceScenario(Scenario):
    """A scenario whose application may read."""

    def setUp(self) -> None:
        super().setUp()
        self.service.entra.roles = ISOLATE_AND_READ

    @property
    def machine(self) -> Machine:
        return self.service.defender.machines[DEVICE]

    def only(self, *machines: dict[str, Any]) -> list[Machine]:
        """The service knows these devices alone; ids are given to those without one."""
        self.service.defender.machines.clear()
        return [
            self.service.defender.add(settings.pop("id", device(number)), **settings)
            for number, settings in enumerate(machines, 0x10)
        ]

    def command(self, word: str, *arguments: Argument, **settings: Any) -> Result:
        """A command other than release, signed in."""
        return self.run_program(word, *self.where(), *self.sign_in(), *arguments, **settings)

    def release_one(self, selector: Argument, *more: Argument, **settings: Any) -> dict[str, Any]:
        """The release of a selector, as its JSON object."""
        result = self.release("--json", *more, devices=[selector], **settings)
        self.assertEqual(len(result.json), 1, result.describe())
        return result.json[0]

    # ---- what the service was asked ----

    def released(self) -> list[str]:
        """The devices that a release was sent for."""
        return [
            request.target.split("/")[3]
            for request in self.service.log.requests("api")
            if request.method == "POST" and request.target.endswith("/unisolate")
        ]

    def reads(self, path: str = "") -> list[str]:
        """The GETs at the API, decoded."""
        return [
            urllib.parse.unquote_plus(request.target)
            for request in self.service.log.requests("api")
            if request.method == "GET" and path in request.target
        ]

    def cancelled(self) -> list[str]:
        """The actions whose cancellation was sent."""
        return [
            request.target.split("/")[3]
            for request in self.service.log.requests("api")
            if request.target.endswith("/cancel")
        ]

    def comments(self) -> list[str]:
        """The comments of all POSTs."""
        return [
            json.loads(request.body)["Comment"]
            for request in self.service.log.requests("api")
            if request.method == "POST"
        ]

    def assert_released(self, selector: Argument, machine: Machine, *more: Argument) -> None:
        """This selector releases this device and no other."""
        row = self.release_one(selector, *more)
        self.assertEqual(
            (row["result"], row["machineId"], self.released()),
            ("accepted", machine.id, [machine.id]),
            self.runs[-1].describe(),
        )

    def assert_refused(self, selector: Argument, code: int, *more: Argument) -> dict[str, Any]:
        """This selector releases nothing."""
        row = self.release_one(selector, *more)
        self.assert_exit(self.runs[-1], code)
        self.assertEqual(self.released(), [])
        self.assertEqual(row["error"]["exit"], code)
        return row


def together(rows: Sequence[tuple]) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """One scenario of all rows, run side by side, each with a service of its own.

    For rows that mostly wait; @each makes a scenario of each row.
    """

    def decorate(method: Callable[..., None]) -> Callable[..., None]:
        def run(scenario: Scenario) -> None:
            scenario.side_by_side(rows, lambda row: run_alone(scenario, method, row[1:]))

        return run

    return decorate


def run_alone(scenario: Scenario, method: Callable[..., None], values: Sequence[Any]) -> None:
    """The method in a scenario of its own."""
    own = type(scenario)(scenario._testMethodName)
    try:
        own.setUp()
        method(own, *values)
        own.tearDown()
    except AssertionError as error:
        raise AssertionError(f"{error}\n{own.report()}") from None
    finally:
        own.doCleanups()
