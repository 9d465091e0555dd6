"""
defender.py - the fake Defender for Endpoint API.

Does      answers POST /api/machines/{id}/unisolate, strict about method, token, type and body;
          keeps the devices and their actions in memory.
Not here  HTTP (server.py), where tokens come from (entra.py).
Rules     defender-docs api/unisolate-machine.md, api/machineaction.md, api/common-errors.md (read
          2026-11-23). Order of the checks: token, permission, body, device, state.
"""

from __future__ import annotations

import json
import re
import threading
import time
import uuid
from dataclasses import dataclass, field

from service.entra import CLIENT_ID, RESOURCE, Claims
from service.message import Answer, Request, json_answer

DEVICE = "1e5bc9d7e413ddd7902c2932e418702b84d0cc07"
TARGET = "c0ffee00-1111-2222-3333-444444444444"

UNISOLATE_PATH = re.compile(r"/api/machines/([^/?]+)/unisolate")

FORBIDDEN_OLD = (
    "The application does not have any of the required application permissions (Machine.Isolate) "
    "to access the resource."
)
FORBIDDEN_NEW = (
    "Missing application roles. API required roles: Machine.Isolate, application roles: {roles}."
)

HEADERS = (("OData-Version", "4.0"),)
JSON_TYPES = ("application/json", "application/json;charset=utf-8")


@dataclass
class Refusal:
    """An error the API answers with."""

    status: int
    code: str
    message: str
    retry_after: str | None = None

    def answer(self, violation: str | None = None) -> Answer:
        headers = HEADERS + (
            (("Retry-After", self.retry_after),) if self.retry_after is not None else ()
        )
        error = {"error": {"code": self.code, "message": self.message, "target": TARGET}}
        return json_answer(self.status, error, headers, violation=violation)


ACTIVE_REQUEST = Refusal(400, "ActiveRequestAlreadyExists", "Action is already in progress")
OS_NOT_SUPPORTED = Refusal(
    400, "OsPlatformNotSupported", "Action isn't supported for this operating system"
)
CLIENT_TOO_OLD = Refusal(
    400, "ClientVersionNotSupported", "The client version does not support this action"
)


def throttled(retry_after: str | None) -> Refusal:
    return Refusal(
        429, "TooManyRequests", "Response size or number of requests reached the limit", retry_after
    )


def server_error(status: int) -> Refusal:
    return Refusal(status, "InternalServerError", "")


@dataclass
class Machine:
    """One device. `refusal` is answered to every release of it."""

    id: str
    name: str | None = "pc-042.contoso.com"
    refusal: Refusal | None = None
    active: dict[str, object] | None = None


@dataclass
class Defender:
    """The API. Fields may be changed between requests."""

    tokens: dict[str, Claims]
    audiences: set[str] = field(default_factory=lambda: {RESOURCE})
    machines: dict[str, Machine] = field(default_factory=lambda: {DEVICE: Machine(DEVICE)})
    duplicates: str = "refuse"  # or "return": the action that is active already
    forbidden: str = FORBIDDEN_NEW
    actions: list[dict[str, object]] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, machine_id: str, **settings: object) -> Machine:
        machine = Machine(machine_id, **settings)  # type: ignore[arg-type]
        self.machines[machine_id] = machine
        return machine

    def handle(self, request: Request) -> Answer:
        path = UNISOLATE_PATH.fullmatch(request.target)
        if not path:
            return Refusal(404, "NotFound", "No such path").answer(
                f"no such path: {request.target}"
            )
        if request.method != "POST":
            return Refusal(405, "BadRequest", "Method not allowed").answer(
                f"method: {request.method}"
            )
        refusal = self._check_token(request)
        if refusal:
            return refusal.answer()
        problem = check_body(request)
        if problem:
            return problem.answer(
                f"{problem.code}: {request.header('Content-Type')}: {request.body[:200]!r}"
            )
        with self._lock:
            return self._unisolate(path[1], json.loads(request.body)["Comment"])

    def _check_token(self, request: Request) -> Refusal | None:
        scheme, _, token = (request.header("Authorization") or "").partition(" ")
        claims = self.tokens.get(token)
        now = time.time()
        if (
            scheme != "Bearer"
            or not claims
            or not claims.not_before <= now < claims.expires
            or claims.audience not in self.audiences
        ):
            return Refusal(401, "Unauthorized", "Invalid or expired authorization header")
        if "Machine.Isolate" not in claims.roles:
            return Refusal(403, "Forbidden", self.forbidden.format(roles=",".join(claims.roles)))
        return None

    def _unisolate(self, machine_id: str, comment: str) -> Answer:
        machine = self.machines.get(machine_id)
        if not machine:
            return Refusal(404, "ResourceNotFound", f"Machine {machine_id} was not found").answer()
        if machine.refusal:
            return machine.refusal.answer()
        if machine.active and self.duplicates == "refuse":
            return ACTIVE_REQUEST.answer()
        if not machine.active:
            machine.active = new_action(machine, comment)
            self.actions.append(machine.active)
        return json_answer(201, machine.active, HEADERS, chunk_size=512)


def check_body(request: Request) -> Refusal | None:
    """What is wrong with the body of a release, or None."""
    if (request.header("Content-Type") or "").lower().replace(" ", "") not in JSON_TYPES:
        return Refusal(415, "BadRequest", "Unsupported media type")
    try:
        body = json.loads(
            request.body.decode("ascii"), object_pairs_hook=_members, parse_constant=_no_constant
        )
    except ValueError:
        return Refusal(400, "InvalidRequestBody", "Request body is incorrect")
    if not isinstance(body, dict) or set(body) != {"Comment"}:
        return Refusal(400, "InvalidRequestBody", "Request body is incorrect")
    comment = body["Comment"]
    if (
        not isinstance(comment, str)
        or not comment
        or any(0xD800 <= ord(c) < 0xE000 for c in comment)
    ):
        return Refusal(400, "MissingRequiredParameter", "Comment")
    return None


def new_action(machine: Machine, comment: str) -> dict[str, object]:
    """A machineAction entity with all members that are seen on the wire."""
    now = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime()) + ".1234567Z"
    return {
        "@odata.context": (
            "https://api-us3.securitycenter.microsoft.com/api/$metadata#MachineActions/$entity"
        ),
        "id": str(uuid.uuid4()),
        "type": "Unisolate",
        "title": None,
        "requestor": CLIENT_ID,
        "requestorComment": comment,
        "status": "Pending",
        "machineId": machine.id,
        "computerDnsName": machine.name,
        "creationDateTimeUtc": now,
        "lastUpdateDateTimeUtc": now,
        "cancellationRequestor": None,
        "cancellationComment": None,
        "cancellationDateTimeUtc": None,
        "errorHResult": 0,
        "scope": None,
        "externalId": None,
        "requestSource": "PublicApi",
        "relatedFileInfo": None,
        "commands": [],
        "troubleshootInfo": None,
    }


def _members(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("member sent twice")
    return members


def _no_constant(name: str) -> object:
    raise ValueError(name)
