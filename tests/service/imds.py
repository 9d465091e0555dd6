"""
imds.py - the services that give managed identities their tokens: IMDS, App Service, Azure Arc's agent.

Does      answers token requests as these do, strict about method, path, query and headers; numbers are strings.
Not here  HTTP (server.py), faults (faults.py), what a token opens (defender.py).
Rules     entra-docs how-to-use-vm-token.md; azure-docs app-service/overview-managed-identity.md and
          azure-arc/servers/managed-identity-authentication.md (read 2026-11-23).
"""

from __future__ import annotations

import secrets
import time
import urllib.parse
from dataclasses import dataclass, field
from pathlib import Path

from service.entra import Entra
from service.message import Answer, Request, json_answer
from service.server import Log, Server

IMDS_PATH = "/metadata/identity/oauth2/token"
KEY_FOLDER = "/var/opt/azcmagent/tokens"

CLIENT, OBJECT = "12345678-aaaa-bbbb-cccc-000000000001", "12345678-aaaa-bbbb-cccc-000000000002"
RESOURCE_ID = "/subscriptions/s/resourcegroups/g/providers/Microsoft.ManagedIdentity/userAssignedIdentities/n"


@dataclass
class Identities:
    """What is common to them: who may be asked for, by which parameter, and the token."""

    entra: Entra
    path: str = IMDS_PATH
    version: str = "2018-02-01"
    names: dict[str, str] = field(default_factory=lambda: {
        "client_id": CLIENT, "object_id": OBJECT, "msi_res_id": RESOURCE_ID})
    has_system: bool = True
    asked_for: list[str] = field(default_factory=list)

    def handle(self, request: Request) -> Answer:
        path, _, query = request.target.partition("?")
        if request.method != "GET" or path != self.path or request.body:
            return refusal(404, "not_found", "no such path", f"{request.method} {request.target}")
        problem = self.check_headers(request)
        if problem:
            return problem
        pairs = urllib.parse.parse_qsl(query, keep_blank_values=True, strict_parsing=True)
        members = dict(pairs)
        if len(members) != len(pairs) or members.pop("api-version", None) != self.version:
            return refusal(400, "invalid_request", "api-version", f"query: {query}")
        resource = members.pop("resource", "")
        if resource not in self.entra.resources:
            return refusal(400, "invalid_resource", f"AADSTS500011: no resource {resource}")
        return self.give(resource, members)

    def check_headers(self, request: Request) -> Answer | None:
        if request.header("Metadata") != "true" or request.header("Authorization"):
            return refusal(400, "invalid_request", "Required metadata header not specified", "headers")
        return None

    def give(self, resource: str, wanted: dict[str, str]) -> Answer:
        if len(wanted) > 1 or any(name not in self.names for name in wanted):
            return refusal(400, "invalid_request", "parameters", f"parameters: {wanted}")
        for name, value in wanted.items():
            if self.names[name] != value:
                return refusal(400, "invalid_request", "Identity not found")
        if not wanted and not self.has_system:
            return refusal(400, "invalid_request", "Identity not found")
        self.asked_for.append(next(iter(wanted.values()), "system"))
        return self.answer(resource)

    def answer(self, resource: str) -> Answer:
        expires = int(time.time()) + 86399
        return json_answer(200, {
            "access_token": self.entra.issue(self.entra.audience or resource, self.entra.roles), "refresh_token": "",
            "client_id": CLIENT, "expires_in": "86399", "expires_on": str(expires), "ext_expires_in": "86399",
            "not_before": str(expires - 86400), "resource": resource, "token_type": "Bearer"})


@dataclass
class AppService(Identities):
    """Wants the header that only the app's own environment holds."""

    path: str = "/msi/token"
    version: str = "2019-08-01"
    names: dict[str, str] = field(default_factory=lambda: {
        "client_id": CLIENT, "object_id": OBJECT, "mi_res_id": RESOURCE_ID})
    header: str = field(default_factory=lambda: secrets.token_hex(16))

    def check_headers(self, request: Request) -> Answer | None:
        if request.header("X-IDENTITY-HEADER") != self.header:
            return json_answer(401, {"statusCode": 401, "message": "Unauthorized"})
        return None

    def answer(self, resource: str) -> Answer:
        return json_answer(200, {
            "access_token": self.entra.issue(self.entra.audience or resource, self.entra.roles),
            "expires_on": str(int(time.time()) + 86399), "resource": resource, "token_type": "Bearer",
            "client_id": CLIENT}, chunk_size=100)


@dataclass
class Arc(Identities):
    """Writes a key into `folder`, names it in a challenge, and takes it once."""

    version: str = "2020-06-01"
    names: dict[str, str] = field(default_factory=lambda: {"client_id": CLIENT})
    folder: Path = Path(KEY_FOLDER)
    realm: str | None = None        # instead of the file's own name
    keys: list[str] = field(default_factory=list)    # all there ever were
    valid: str = ""
    key_mode: int = 0o444

    def check_headers(self, request: Request) -> Answer | None:
        if request.header("Metadata") != "true":
            return refusal(400, "invalid_request", "Metadata", "headers")
        scheme, _, key = (request.header("Authorization") or "").partition(" ")
        if scheme == "Basic" and key and key == self.valid:
            self.valid = ""                 # no key serves twice
            return None
        return self.challenge()

    def challenge(self) -> Answer:
        key = secrets.token_urlsafe(48)
        name = f"{secrets.token_hex(8)}.key"
        (self.folder / name).write_text(key)
        (self.folder / name).chmod(self.key_mode)
        self.keys.append(key)
        self.valid = key
        realm = self.realm or f"{KEY_FOLDER}/{name}"
        return json_answer(401, {"error": "unauthorized_client"}, (("WWW-Authenticate", f"Basic realm={realm}"),))


def refusal(status: int, error: str, description: str, violation: str | None = None) -> Answer:
    return json_answer(status, {"error": error, "error_description": description}, violation=violation)


def serve(name: str, identities: Identities, log: Log, address: str = "127.0.0.1", port: int = 0) -> Server:
    """The service on plain http; its URL is http://ADDRESS:PORT."""
    return Server(name, identities.handle, log, (address,), None, (address,), port).start()


