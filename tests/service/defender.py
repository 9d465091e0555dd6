"""
defender.py - the fake Defender for Endpoint API.

Does      answers for devices and their actions: one, lists, findbyip, findbytag, unisolate, cancel;
          strict about method, token, role, type, query and body.
Not here  HTTP (server.py), where tokens come from (entra.py), the entities (machines.py,
          actions.py), queries and pages (odata.py, collection.py).
Rules     defender-docs api/*.md, a page a call (read 2026-11-23). Order of the checks: path,
          method, token, permission, body, device, state.
"""

from __future__ import annotations

import calendar
import contextlib
import ipaddress
import json
import re
import threading
import time
import urllib.parse
from dataclasses import dataclass, field
from typing import Callable

from service import collection
from service.actions import Action, Script, action_properties, has_ended, new_action
from service.collection import Paging, answer_list
from service.entra import RESOURCE, Claims
from service.limits import Limits
from service.machines import DAY, DEVICE, Machine, machine_properties
from service.message import Answer, Request, json_answer
from service.odata import Entity, ODataProblem, Properties, Query, instant
from service.refusal import (
    ACTIVE_REQUEST,
    BAD_BODY,
    CLIENT_TOO_OLD,
    FORBIDDEN_NEW,
    FORBIDDEN_OLD,
    HAS_ENDED,
    HEADERS,
    OS_NOT_SUPPORTED,
    TARGET,
    UNAUTHORIZED,
    Refusal,
    server_error,
    throttled,
)

# What scenarios take from here.
__all__ = [
    "ACTIVE_REQUEST",
    "CLIENT_TOO_OLD",
    "DEVICE",
    "FORBIDDEN_NEW",
    "FORBIDDEN_OLD",
    "HAS_ENDED",
    "HEADERS",
    "ISOLATE",
    "OS_NOT_SUPPORTED",
    "READ",
    "TARGET",
    "UNAUTHORIZED",
    "Action",
    "Defender",
    "Machine",
    "Refusal",
    "new_action",
    "server_error",
    "throttled",
]

ISOLATE = ("Machine.Isolate",)
READ = ("Machine.Read.All", "Machine.ReadWrite.All")
CANCEL = ISOLATE + (
    "Machine.CollectForensics",
    "Machine.RestrictExecution",
    "Machine.Scan",
    "Machine.Offboard",
    "Machine.StopAndQuarantine",
    "Machine.LiveResponse",
)

JSON_TYPES = ("application/json", "application/json;charset=utf-8")
BY_IP = re.compile(r"ip='((?:[^']|'')*)',\s*timestamp=(\S+)")
BY_IP_WINDOW = 15 * 60.0
BY_IP_REACH = 30 * DAY

NO_PATH = Refusal(404, "NotFound", "No such path")
NO_METHOD = Refusal(405, "BadRequest", "Method not allowed")
NOTHING = Refusal(404, "ResourceNotFound", "No resource was found")


class Refused(Exception):
    """The request ends with this refusal."""

    def __init__(self, refusal: Refusal, violation: str | None = None) -> None:
        super().__init__(refusal.code)
        self.refusal, self.violation = refusal, violation


@dataclass
class Defender:
    """The API. Fields may be changed between requests.

    duplicates   a release while an action is active: "refuse", or "return" the active action
    life         the script of a new release
    hidden       seconds for which a new release is unknown to whoever asks for it
    order        of the list of actions: "newest" or "oldest" first
    external_ip  findbyip also looks at external addresses
    limits       of calls, with their scale of time; None: as many as somebody likes
    on_release   called with the device and its action when a release has been queued
    """

    tokens: dict[str, Claims]
    audiences: set[str] = field(default_factory=lambda: {RESOURCE})
    machines: dict[str, Machine] = field(default_factory=lambda: {DEVICE: Machine(DEVICE)})
    duplicates: str = "refuse"
    forbidden: str = FORBIDDEN_NEW
    actions: list[dict[str, object]] = field(default_factory=list)
    life: Script = ()
    hidden: float = 0.0
    order: str = "newest"
    external_ip: bool = False
    on_release: Callable[[Machine, Action], None] | None = None
    limits: Limits | None = None
    paging: Paging = field(default_factory=Paging)
    machine_properties: Properties = field(default_factory=machine_properties)
    action_properties: Properties = field(default_factory=action_properties)
    _later: list[tuple[float, Callable[[], None]]] = field(default_factory=list)
    _lock: threading.RLock = field(default_factory=threading.RLock)

    # ---- what a scenario sets up ----

    def add(self, machine_id: str, **settings: object) -> Machine:
        machine = Machine(machine_id, **settings)  # type: ignore[arg-type]
        self.machines[machine_id] = machine
        return machine

    def add_action(
        self,
        machine_id: str,
        kind: str,
        status: str = "Pending",
        ago: float = 0.0,
        script: Script = (),
        blocks: bool = False,
        comment: str = "by somebody else",
        **members: object,
    ) -> Action:
        """An action that is there already; a release meets it if it `blocks`."""
        machine = self.machines[machine_id]
        action = Action(new_action(machine, comment, kind, status, ago, **members), script)
        with self._lock:
            self.actions.append(action)
            if blocks:
                machine.active = action
        return action

    def later(self, seconds: float, work: Callable[[], None]) -> None:
        """Do this before the first answer after so many seconds."""
        with self._lock:
            self._later.append((time.monotonic() + seconds, work))

    # ---- a request ----

    def handle(self, request: Request) -> Answer:
        try:
            with self._lock:
                self._live()
                self._count()
                return self._dispatch(request)
        except Refused as refused:
            return refused.refusal.answer(refused.violation)
        except ODataProblem as problem:
            return Refusal(400, "ODataError", str(problem)).answer()

    def _live(self) -> None:
        due = [entry for entry in self._later if entry[0] <= time.monotonic()]
        self._later = [entry for entry in self._later if entry not in due]
        for _, work in due:
            work()
        for action in self.actions:
            if isinstance(action, Action):
                action.live()
        for machine in self.machines.values():
            if machine.active and has_ended(machine.active):
                machine.active = None

    def _count(self) -> None:
        wait = self.limits.take() if self.limits else None
        if wait is not None:
            raise Refused(throttled(str(wait)))

    def _dispatch(self, request: Request) -> Answer:
        path, _, query = request.target.partition("?")
        decoded = decode(path)
        for method, pattern, roles, answer in ROUTES:
            match = pattern.fullmatch(decoded)
            if match:
                if request.method != method:
                    raise Refused(NO_METHOD, f"method: {request.method} {path}")
                self._check_token(request, roles)
                self._check_content(request, query)
                return answer(self, Call(request, path, query, match))
        raise Refused(NO_PATH, f"no such path: {request.target}")

    def _check_token(self, request: Request, roles: tuple[str, ...]) -> None:
        scheme, _, token = (request.header("Authorization") or "").partition(" ")
        claims = self.tokens.get(token)
        now = time.time()
        if (
            scheme != "Bearer"
            or not claims
            or not claims.not_before <= now < claims.expires
            or claims.audience not in self.audiences
        ):
            raise Refused(UNAUTHORIZED)
        if not set(roles) & set(claims.roles):
            words = self.forbidden.format(required=",".join(roles), roles=",".join(claims.roles))
            raise Refused(Refusal(403, "Forbidden", words))

    def _check_content(self, request: Request, query: str) -> None:
        if request.method == "GET" and (request.body or request.header("Content-Type")):
            raise Refused(BAD_BODY, f"a body with GET: {request.target}")
        if request.method == "POST":
            problem = check_body(request)
            if problem:
                shown = f"{request.header('Content-Type')}: {request.body[:200]!r}"
                raise Refused(problem, f"{problem.code}: {shown}")
            if query:
                raise Refused(NO_PATH, f"a query with POST: {request.target}")

    # ---- devices ----

    def _machine(self, machine_id: str) -> Machine:
        machine = self.machines.get(machine_id)
        if not machine:
            raise Refused(
                Refusal(404, "ResourceNotFound", f"Machine {machine_id} was not found")
            )
        return machine

    def get_machine(self, call: "Call") -> Answer:
        """By id, or, as the documentation says, by name: the first that fits."""
        call.no_query()
        wanted = call.match[1]
        named = [m for m in self.machines.values() if (m.name or "").lower() == wanted.lower()]
        machine = named[0] if named else self._machine(wanted)
        if not machine.get_by_id:
            raise Refused(Refusal(404, "ResourceNotFound", f"Machine {wanted} was not found"))
        return entity_answer(machine.entity(), call, "Machines")

    def list_machines(self, call: "Call") -> Answer:
        return self._list(call, list(self.machines.values()), call.query())

    def find_by_ip(self, call: "Call") -> Answer:
        call.no_query()
        arguments = BY_IP.fullmatch(call.match[1])
        if not arguments:
            raise Refused(
                Refusal(400, "BadRequest", "findbyip takes ip='..',timestamp=.."),
                f"findbyip: {call.match[1]}",
            )
        try:
            wanted = ipaddress.ip_address(arguments[1])
        except ValueError:
            raise Refused(Refusal(400, "InvalidIpAddress", f"Invalid IP {arguments[1]}")) from None
        moment = moment_of(arguments[2])
        if not time.time() - BY_IP_REACH <= moment <= time.time() + BY_IP_WINDOW:
            raise Refused(Refusal(400, "InvalidInput", "Timestamp is not in the last 30 days"))
        found = [m for m in self.machines.values() if self._had(m, wanted, moment)]
        return self._list(call, [m.entity() for m in found], Query())

    def _had(self, machine: Machine, wanted: object, moment: float) -> bool:
        if self.external_ip and ipaddress.ip_address(machine.external_ip) == wanted:
            return True
        return any(
            ipaddress.ip_address(address) == wanted and abs(when - moment) <= BY_IP_WINDOW
            for address, when in machine.reported()
        )

    def find_by_tag(self, call: "Call") -> Answer:
        query = Query.read(call.query_text, ("tag", "useStartsWithFilter") + collection.OPTIONS)
        tag, start = query.take("tag", ""), query.take("useStartsWithFilter", "false")
        if not tag or start not in ("true", "false"):
            raise Refused(Refusal(400, "MissingRequiredParameter", "tag"), call.query_text)
        fits = str.startswith if start == "true" else str.__eq__
        found = [
            machine.entity()
            for machine in self.machines.values()
            if any(fits(own.lower(), tag.lower()) for own in machine.tags)
        ]
        return self._list(call, found, query)

    # ---- actions ----

    def _visible(self) -> list[dict[str, object]]:
        shown = [a for a in self.actions if not isinstance(a, Action) or a.is_visible]
        ordered = sorted(shown, key=lambda a: instant(str(a["creationDateTimeUtc"])))
        return ordered[::-1] if self.order == "newest" else ordered

    def _action(self, action_id: str) -> dict[str, object]:
        for action in self._visible():
            if action["id"] == action_id.lower():
                return action
        raise Refused(Refusal(404, "ResourceNotFound", f"Action {action_id} was not found"))

    def get_action(self, call: "Call") -> Answer:
        call.no_query()
        return entity_answer(self._action(call.match[1]), call, "MachineActions")

    def list_actions(self, call: "Call") -> Answer:
        return self._list(call, self._visible(), call.query(), self.action_properties)

    def cancel(self, call: "Call") -> Answer:
        action = self._action(call.match[1])
        if has_ended(action) or not isinstance(action, Action):
            raise Refused(HAS_ENDED)
        action.cancel(call.comment())
        return entity_answer(action, call, "MachineActions")

    def unisolate(self, call: "Call") -> Answer:
        machine = self._machine(call.match[1])
        if machine.refusal:
            raise Refused(machine.refusal)
        if machine.active and self.duplicates == "refuse":
            raise Refused(ACTIVE_REQUEST)
        if not machine.active:
            action = Action(new_action(machine, call.comment()), self.life, self.hidden)
            machine.active = action
            self.actions.append(action)
            if self.on_release:
                self.on_release(machine, action)
        return json_answer(201, machine.active, HEADERS, chunk_size=512)

    def _list(
        self,
        call: "Call",
        entities: list[Entity],
        query: Query,
        properties: Properties | None = None,
    ) -> Answer:
        known = properties or self.machine_properties
        value = answer_list(entities, query, known, self.paging, call.origin, call.raw_path)
        if value is None:
            raise Refused(NOTHING)
        return json_answer(200, value, HEADERS, chunk_size=4096)


@dataclass
class Call:
    """One request on its way to its answer."""

    request: Request
    raw_path: str
    query_text: str
    match: re.Match[str]

    @property
    def origin(self) -> str:
        return f"https://{self.request.header('Host')}"

    def no_query(self) -> None:
        if self.query_text:
            raise Refused(NO_PATH, f"a query is not known here: {self.request.target}")

    def query(self) -> Query:
        return Query.read(self.query_text, collection.OPTIONS)

    def comment(self) -> str:
        return json.loads(self.request.body)["Comment"]


ROUTES: tuple[tuple[str, re.Pattern[str], tuple[str, ...], Callable[[Defender, Call], Answer]], ...]
ROUTES = (
    ("POST", re.compile(r"/api/machines/([^/?]+)/unisolate"), ISOLATE, Defender.unisolate),
    ("GET", re.compile(r"/api/machines"), READ, Defender.list_machines),
    ("GET", re.compile(r"/api/machines/findbyip\((.*)\)"), READ, Defender.find_by_ip),
    ("GET", re.compile(r"/api/machines/findbytag"), READ, Defender.find_by_tag),
    ("GET", re.compile(r"/api/machines/([^/?]+)"), READ, Defender.get_machine),
    ("GET", re.compile(r"/api/machineactions"), READ, Defender.list_actions),
    ("GET", re.compile(r"/api/machineactions/([^/?]+)"), READ, Defender.get_action),
    ("POST", re.compile(r"/api/machineactions/([^/?]+)/cancel"), CANCEL, Defender.cancel),
)


def decode(path: str) -> str:
    """A path without its percent-encoding; an encoded slash stays what it is."""
    with contextlib.suppress(UnicodeDecodeError):
        return "/".join(
            urllib.parse.unquote(part, errors="strict").replace("/", "%2F")
            for part in path.split("/")
        )
    raise Refused(NO_PATH, f"the path is not UTF-8: {path}")


def moment_of(text: str) -> float:
    """An unquoted time in UTC, as seconds since 1970."""
    if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z", text):
        raise Refused(Refusal(400, "InvalidInput", f"timestamp {text}"), f"timestamp: {text}")
    whole = time.strptime(text[:19], "%Y-%m-%dT%H:%M:%S")
    return float(calendar.timegm(whole))


def entity_answer(entity: dict[str, object], call: Call, kind: str) -> Answer:
    context = {"@odata.context": f"{call.origin}/api/$metadata#{kind}/$entity"}
    return json_answer(200, {**context, **entity}, HEADERS, chunk_size=512)


def check_body(request: Request) -> Refusal | None:
    """What is wrong with the body of a release or a cancellation, or None."""
    if (request.header("Content-Type") or "").lower().replace(" ", "") not in JSON_TYPES:
        return Refusal(415, "BadRequest", "Unsupported media type")
    try:
        body = json.loads(
            request.body.decode("ascii"), object_pairs_hook=_members, parse_constant=_no_constant
        )
    except ValueError:
        return BAD_BODY
    if not isinstance(body, dict) or set(body) != {"Comment"}:
        return BAD_BODY
    comment = body["Comment"]
    if (
        not isinstance(comment, str)
        or not comment
        or any(0xD800 <= ord(c) < 0xE000 for c in comment)
    ):
        return Refusal(400, "MissingRequiredParameter", "Comment")
    return None


def _members(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("member sent twice")
    return members


def _no_constant(name: str) -> object:
    raise ValueError(name)
