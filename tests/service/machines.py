"""
machines.py - the devices of the fake service, and the record that it gives of each.

Does      keeps one device; makes its entity with every member that is documented or seen.
Not here  its actions (actions.py), looking it up (defender.py).
Rules     defender-docs api/machine.md (read 2026-11-23); mergedIntoMachineId and its neighbours are
          in no documentation, but on the wire.
"""

from __future__ import annotations

import datetime
import time
import uuid
from dataclasses import dataclass, field

from service.odata import Properties
from service.refusal import Refusal

DEVICE = "1e5bc9d7e413ddd7902c2932e418702b84d0cc07"
DAY = 24 * 3600.0


def wire_time(moment: float) -> str:
    """A time with the seven digits of a fraction that the service writes."""
    whole = datetime.datetime.fromtimestamp(moment, datetime.timezone.utc)
    return whole.strftime("%Y-%m-%dT%H:%M:%S.%f") + f"{int(moment * 1e7) % 10}Z"


@dataclass
class Machine:
    """One device.

    refusal     answered to every release of it
    active      the action that a further release meets
    seen        seconds since its last full report
    reports     (address, seconds ago): when it reported which internal address; None: `ip`, now
    members     members that replace or add to those of its record
    get_by_id   False: listed, but unknown when asked for by its id
    """

    id: str
    name: str | None = "pc-042.contoso.com"
    refusal: Refusal | None = None
    active: dict[str, object] | None = None
    aad_device_id: str | None = None
    ip: str = "10.20.30.40"
    external_ip: str = "203.0.113.9"
    health: str = "Active"
    onboarding: str = "Onboarded"
    seen: float = 600.0
    tags: tuple[str, ...] = ()
    merged_into: str | None = None
    reports: list[tuple[str, float]] | None = None
    members: dict[str, object] = field(default_factory=dict)
    get_by_id: bool = True

    def get(self, name: str) -> object:
        """A member of the record, for filters: most need no more than these."""
        if name not in self.members:
            if name == "computerDnsName":
                return self.name
            if name == "aadDeviceId":
                return self.aad_device_id
            if name == "id":
                return self.id
        return self.entity().get(name)

    def reported(self) -> list[tuple[str, float]]:
        """The addresses it has reported and when, in seconds since 1970."""
        now = time.time()
        reports = [(self.ip, 60.0)] if self.reports is None else self.reports
        return [(address, now - ago) for address, ago in reports]

    def entity(self) -> dict[str, object]:
        now = time.time()
        record = {
            "id": self.id,
            "mergedIntoMachineId": self.merged_into,
            "isPotentialDuplication": False,
            "isExcluded": False,
            "exclusionReason": None,
            "computerDnsName": self.name,
            "firstSeen": wire_time(now - 400 * DAY),
            "lastSeen": wire_time(now - self.seen),
            "osPlatform": "Windows11",
            "osVersion": None,
            "osProcessor": "x64",
            "version": "23H2",
            "lastIpAddress": self.ip,
            "lastExternalIpAddress": self.external_ip,
            "agentVersion": "10.8760.22621.1",
            "osBuild": 22631,
            "healthStatus": self.health,
            "deviceValue": "Normal",
            "rbacGroupId": 140,
            "rbacGroupName": "Workstations",
            "riskScore": "High",
            "exposureLevel": "Medium",
            "isAadJoined": self.aad_device_id is not None,
            "aadDeviceId": self.aad_device_id,
            "machineTags": list(self.tags),
            "onboardingStatus": self.onboarding,
            "osArchitecture": "64-bit",
            "managedBy": "Intune",
            "managedByStatus": "Success",
            "defenderAvStatus": "Updated",
            "ipAddresses": self._addresses(),
            "vmMetadata": None,
            "parentDevice": None,
        }
        return {**record, **self.members}

    def _addresses(self) -> list[dict[str, object]]:
        addresses = [self.ip] + [address for address, _ in self.reports or ()]
        return [
            {
                "ipAddress": address,
                "macAddress": None if ":" in address else "D89EF338D9C8",
                "type": "Ethernet",
                "operationalStatus": "Up",
            }
            for address in dict.fromkeys(addresses)
        ]


def machine_properties() -> Properties:
    """What the list of machines may be filtered on."""
    strings = (
        "computerDnsName id version deviceValue exposureLevel onboardingStatus"
        " lastIpAddress healthStatus osPlatform riskScore"
    )
    types = {name: "string" for name in strings.split()}
    return Properties({**types, "aadDeviceId": "guid", "lastSeen": "date", "rbacGroupId": "number", "machineTags": "strings"})


def new_guid() -> str:
    return str(uuid.uuid4())
