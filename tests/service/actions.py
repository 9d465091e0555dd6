"""
actions.py - the machine actions of the fake service, and their life.

Does      makes an action's entity with every member that is documented or seen; takes it through
          the statuses of its script as time goes by.
Not here  who may ask for one (defender.py).
Rules     defender-docs api/machineaction.md (read 2026-11-23). errorHResult and troubleshootInfo
          are in no documentation, but on the wire.
"""

from __future__ import annotations

import time
from typing import Sequence

from service.entra import CLIENT_ID
from service.machines import Machine, new_guid, wire_time
from service.odata import Properties

ENDED = {"succeeded", "failed", "timeout", "cancelled", "canceled"}
CONTEXT = "https://api-us3.securitycenter.microsoft.com/api/$metadata#MachineActions/$entity"

Script = Sequence[tuple[float, str]]


class Action(dict):
    """A machineAction entity that lives: at each (seconds, status) of its script it changes.

    hidden  seconds for which it is not to be seen in any answer but the one that made it
    """

    def __init__(self, entity: dict[str, object], script: Script = (), hidden: float = 0.0) -> None:
        super().__init__(entity)
        self.born, self.script, self.hidden = time.time(), list(script), hidden

    def live(self) -> None:
        """Do what the script says has happened by now."""
        while self.script and time.time() >= self.born + self.script[0][0]:
            seconds, status = self.script.pop(0)
            self.become(status, self.born + seconds)

    def become(self, status: str, moment: float | None = None) -> None:
        self["status"] = status
        self["lastUpdateDateTimeUtc"] = wire_time(time.time() if moment is None else moment)

    @property
    def is_visible(self) -> bool:
        return time.time() >= self.born + self.hidden

    @property
    def has_ended(self) -> bool:
        return has_ended(self)

    def cancel(self, comment: str) -> None:
        self.script = []
        self.become("Cancelled")
        self["cancellationRequestor"] = CLIENT_ID
        self["cancellationComment"] = comment
        self["cancellationDateTimeUtc"] = self["lastUpdateDateTimeUtc"]


def has_ended(action: dict[str, object]) -> bool:
    return str(action["status"]).lower() in ENDED


def new_action(
    machine: Machine,
    comment: str,
    kind: str = "Unisolate",
    status: str = "Pending",
    ago: float = 0.0,
    **members: object,
) -> dict[str, object]:
    """A machineAction entity with all members that are seen on the wire."""
    now = wire_time(time.time() - ago)
    entity: dict[str, object] = {
        "@odata.context": CONTEXT,
        "id": new_guid(),
        "type": kind,
        "title": None,
        "requestor": CLIENT_ID,
        "requestorComment": comment,
        "status": status,
        "machineId": machine.id,
        "computerDnsName": machine.name,
        "creationDateTimeUtc": now,
        "lastUpdateDateTimeUtc": now,
        "cancellationRequestor": None,
        "cancellationComment": None,
        "cancellationDateTimeUtc": None,
        "errorHResult": 0,
        "scope": "Full" if kind == "Isolate" else None,
        "externalId": None,
        "requestSource": "PublicApi",
        "relatedFileInfo": None,
        "commands": [],
        "troubleshootInfo": None,
    }
    return {**entity, **members}


def action_properties() -> Properties:
    """What the list of actions may be filtered on."""
    types = {name: "string" for name in ("id", "status", "machineId", "type", "requestor")}
    return Properties(
        {**types, "creationDateTimeUtc": "date", "lastUpdateDateTimeUtc": "date"},
    )
