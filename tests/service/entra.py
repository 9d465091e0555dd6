"""
entra.py - the fake Entra ID: the token endpoint.

Does      answers POST /{tenant}/oauth2/v2.0/token for application secrets, certificates, federated tokens
          and device codes, and /devicecode, strict about the form and about how soon somebody asks again;
          issues tokens whose claims are those of the real ones and whose signature means nothing.
Not here  HTTP (server.py), the check of an assertion (assertion.py), what a token opens (defender.py).
Limits    grant_type client_credentials and device_code only.
Rules     entra-docs v2-oauth2-client-creds-grant-flow.md and reference-error-codes.md (read
          2026-11-23); WHATWG URL 5, application/x-www-form-urlencoded.
"""

from __future__ import annotations

import base64
import json
import re
import secrets
import threading
import time
import urllib.parse
from dataclasses import dataclass, field

from service.assertion import Applications, Refused
from service.message import Answer, Request, json_answer

TENANT = "11111111-2222-3333-4444-555555555555"
CLIENT_ID = "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee"
RESOURCE = "https://api.securitycenter.microsoft.com"

FORM_VALUE = re.compile(r"(?:[A-Za-z0-9*._~-]|\+|%[0-9A-Fa-f]{2})+")
ASSERTION_FIELDS = ("client_assertion", "client_assertion_type")
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
TOKEN_PATH = re.compile(r"(?:/adfs)?/([^/?]+)/oauth2/v2\.0/(token|devicecode)")

DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code"
DEVICE_PAGE = "https://microsoft.com/devicelogin"
DEVICE_ERRORS = {"authorization_pending": 70016, "bad_verification_code": 70018, "expired_token": 70019,
                 "authorization_declined": 70020, "slow_down": 70016}

# AADSTS number: status, OAuth error, text
ERRORS = {
    7000215: (
        401,
        "invalid_client",
        (
            "Invalid client secret provided. Ensure the secret being sent in the request is "
            "the client secret value, not the client secret ID, for a secret added to app '{app}'."
        ),
    ),
    700016: (
        400,
        "unauthorized_client",
        "Application with identifier '{app}' was not found in the directory 'Contoso'.",
    ),
    90002: (
        400,
        "invalid_request",
        "Tenant '{tenant}' not found. Check to make sure you have the correct tenant ID.",
    ),
    900144: (
        400,
        "invalid_request",
        "The request body must contain the following parameter: '{detail}'.",
    ),
    1002012: (
        400,
        "invalid_scope",
        (
            "The provided value for scope {detail} is not valid. Client credential flows must have "
            "a scope value with /.default suffixed to the resource identifier (application ID URI)."
        ),
    ),
    70003: (
        400,
        "unsupported_grant_type",
        "The app requested an unsupported grant type '{detail}'.",
    ),
    500011: (
        400,
        "invalid_resource",
        "The resource principal named {detail} was not found in the tenant named Contoso.",
    ),
    9002313: (400, "invalid_request", "Invalid request. Request is malformed or invalid."),
    700027: (
        401,
        "invalid_client",
        (
            "The certificate with identifier used to sign the client assertion is not registered on "
            "application. [Reason - {detail}]"
        ),
    ),
    700024: (401, "invalid_client", "Client assertion is not within its valid time range. {detail}"),
    700021: (401, "invalid_client", "Client assertion application identifier doesn't match 'client_id' parameter."),
    700023: (401, "invalid_client", "Client assertion audience claim does not match Realm issuer: '{detail}'."),
    50027: (401, "invalid_client", "JWT token is invalid or malformed."),
    5002738: (
        401,
        "invalid_client",
        (
            "Invalid JWT token. '{detail}' is not a supported signature algorithm. "
            "Supported signing algorithms are: 'RS256'."
        ),
    ),
    7000218: (
        401,
        "invalid_client",
        "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.",
    ),
    700211: (400, "invalid_request", "No matching federated identity record found for presented assertion issuer."),
    700213: (400, "invalid_client", "No matching federated identity record found for presented assertion subject."),
    90033: (503, "temporarily_unavailable", "A transient error has occurred. Please try again."),
    90055: (
        429,
        "temporarily_unavailable",
        "TenantThrottlingError - There are too many incoming requests.",
    ),
}


@dataclass
class Claims:
    """What a token says, as far as the API looks at it."""

    audience: str
    roles: tuple[str, ...]
    expires: float
    not_before: float


@dataclass
class Device:
    """A device code and who may have asked for its token when."""

    user_code: str
    tenant: str
    resource: str
    answers: list[str]              # errors, before the token is given
    interval: float
    last: float = field(default_factory=time.monotonic)


@dataclass
class Entra:
    """The identity service. Fields may be changed between requests."""

    secret: str = field(default_factory=lambda: "~" + secrets.token_urlsafe(24) + "+/ =&%")
    tenants: set[str] = field(default_factory=lambda: {TENANT, "contoso.example"})
    client_ids: set[str] = field(default_factory=lambda: {CLIENT_ID})
    resources: set[str] = field(default_factory=lambda: {RESOURCE})
    roles: tuple[str, ...] = ("Machine.Isolate",)
    audience: str | None = None  # None: the resource asked for
    applications: Applications = field(default_factory=Applications)
    federated: list[str] = field(default_factory=list)  # the tokens another provider has written
    assertions: list[str] = field(default_factory=list)  # received
    issued: dict[str, Claims] = field(default_factory=dict)
    devices: dict[str, Device] = field(default_factory=dict)
    device_answers: tuple[str, ...] = ("authorization_pending",)
    device_interval: int = 1
    device_life: int = 900
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def issue(
        self,
        audience: str = RESOURCE,
        roles: tuple[str, ...] = ("Machine.Isolate",),
        lifetime: float = 3599,
        known: bool = True,
        user: bool = False,
    ) -> str:
        """A token. known=False: one not recognised later. user: a person's, with scp."""
        now = time.time()
        claims = Claims(audience, roles, now + lifetime, now - 5)
        payload: dict[str, object] = {
            "aud": audience,
            "iss": f"https://sts.windows.net/{TENANT}/",
            "iat": int(now),
            "nbf": int(claims.not_before),
            "exp": int(claims.expires),
            "aio": secrets.token_urlsafe(24),
            "appid": CLIENT_ID,
            "appidacr": "1",
            "idp": f"https://sts.windows.net/{TENANT}/",
            "oid": "99999999-8888-7777-6666-555555555555",
            "sub": "99999999-8888-7777-6666-555555555555",
            "tid": TENANT,
            "uti": secrets.token_urlsafe(16),
            "ver": "1.0",
        }
        if roles:
            payload.update({"scp": " ".join(roles)} if user else {"roles": list(roles)})
        token = ".".join(
            (
                _part({"typ": "JWT", "alg": "RS256", "x5t": "fake", "kid": "fake"}),
                _part(payload),
                _encode(secrets.token_bytes(256)),
            )
        )
        with self._lock:
            if known:
                self.issued[token] = claims
            else:
                self.issued[token] = Claims("", (), 0, 0)
        return token

    def handle(self, request: Request) -> Answer:
        path = TOKEN_PATH.fullmatch(request.target)
        if not path or request.method != "POST":
            return Answer(404, violation=f"no such endpoint: {request.method} {request.target}")
        tenant = path[1]
        if request.header("Authorization"):
            return self._error(9002313, violation="Authorization sent to the token endpoint")
        content_type = (request.header("Content-Type") or "").lower().replace(" ", "")
        if content_type not in (
            "application/x-www-form-urlencoded",
            "application/x-www-form-urlencoded;charset=utf-8",
        ):
            return self._error(
                900144, detail="grant_type", violation=f"Content-Type: {content_type}"
            )
        form = parse_form(request.body)
        if form is None:
            return self._error(9002313, violation=f"form: {request.body[:60]!r}...")
        if path[2] == "devicecode":
            return self._device_code(tenant, form)
        if form.get("grant_type") == DEVICE_GRANT:
            return self._device_grant(tenant, form)
        return self._grant(tenant, form, f"https://{request.header('Host')}{request.target}")

    def _device_code(self, tenant: str, form: dict[str, str]) -> Answer:
        if set(form) != {"client_id", "scope"}:
            return self._error(9002313, violation=f"form of a device code request: {sorted(form)}")
        if tenant not in self.tenants | {"organizations"}:
            return self._error(90002, tenant=tenant)
        if form["client_id"] not in self.client_ids:
            return self._error(700016, app=form["client_id"])
        resource = form["scope"].removesuffix("/.default")
        if resource not in self.resources:
            return self._error(500011, detail=resource)
        code, user_code = secrets.token_urlsafe(64), secrets.token_hex(4).upper()
        self.devices[code] = Device(user_code, tenant, resource, list(self.device_answers), self.device_interval)
        return json_answer(200, {
            "user_code": user_code, "device_code": code, "verification_uri": DEVICE_PAGE, "expires_in": self.device_life,
            "interval": self.device_interval, "message": f"To sign in, open {DEVICE_PAGE} and enter the code {user_code}."})

    def _device_grant(self, tenant: str, form: dict[str, str]) -> Answer:
        device = self.devices.get(form.get("device_code", ""))
        if set(form) != {"grant_type", "client_id", "device_code"} or not device or device.tenant != tenant:
            return device_error("bad_verification_code", f"form of a device grant: {sorted(form)}")
        now = time.monotonic()
        early = now - device.last < device.interval - 0.05
        device.last = now
        if early:
            return device_error("slow_down", f"asked again too soon, within {device.interval} s")
        if not device.answers:
            return json_answer(200, {
                "token_type": "Bearer", "scope": f"{device.resource}/Machine.Isolate", "expires_in": 3599,
                "access_token": self.issue(self.audience or device.resource, self.roles, user=True)})
        error = device.answers.pop(0)
        device.interval += 5 if error == "slow_down" else 0
        return device_error(error)

    def _grant(self, tenant: str, form: dict[str, str], endpoint: str) -> Answer:
        proof = ASSERTION_FIELDS if "client_assertion" in form else ("client_secret",)
        for name in ("grant_type", "client_id", "scope", *proof):
            if name not in form:
                return self._error(900144, detail=name, violation=f"form lacks {name}")
        for name in form:
            if name not in ("grant_type", "client_id", "scope", *proof):
                return self._error(9002313, violation=f"form member nobody asked for: {name}")
        if form["grant_type"] != "client_credentials":
            return self._error(70003, detail=form["grant_type"], violation="grant_type")
        app = form["client_id"]
        if tenant not in self.tenants:
            return self._error(90002, tenant=tenant)
        if app not in self.client_ids:
            return self._error(700016, app=app)
        if not form["scope"].endswith("/.default"):
            return self._error(1002012, detail=form["scope"])
        resource = form["scope"].removesuffix("/.default")
        if resource not in self.resources:
            return self._error(500011, detail=resource)
        refusal = self._check_proof(form, endpoint)
        if refusal:
            return refusal
        token = self.issue(self.audience or resource, self.roles)
        return json_answer(
            200,
            {
                "token_type": "Bearer",
                "expires_in": 3599,
                "ext_expires_in": 3599,
                "access_token": token,
            },
            (("Pragma", "no-cache"),),
        )

    def _check_proof(self, form: dict[str, str], endpoint: str) -> Answer | None:
        if "client_secret" in form:
            wrong = form["client_secret"] != self.secret
            return self._error(7000215, app=form["client_id"]) if wrong else None
        if form["client_assertion_type"] != ASSERTION_TYPE:
            return self._error(900144, detail="client_assertion_type", violation="client_assertion_type")
        assertion = form["client_assertion"]
        with self._lock:
            self.assertions.append(assertion)
            if self.federated:
                return None if assertion == self.federated[-1] else self._error(700211)
            try:
                self.applications.check(assertion, form["client_id"], endpoint)
            except Refused as refused:
                return self._error(refused.number, detail=refused.detail, violation=refused.violation)
        return None

    def _error(
        self,
        number: int,
        app: str = CLIENT_ID,
        tenant: str = TENANT,
        detail: str = "",
        violation: str | None = None,
    ) -> Answer:
        answer = error_answer(number, app, tenant, detail)
        answer.violation = violation
        return answer


def error_answer(
    number: int,
    app: str = CLIENT_ID,
    tenant: str = TENANT,
    detail: str = "",
    headers: tuple[tuple[str, str], ...] = (),
) -> Answer:
    """An error as Entra words it."""
    status, error, text = ERRORS[number]
    trace, correlation = (
        "0f7a9ac5-0d4d-4f5e-9c9b-111111111111",
        "5d3a9ac5-0d4d-4f5e-9c9b-222222222222",
    )
    stamp = time.strftime("%Y-%m-%d %H:%M:%SZ", time.gmtime())
    description = (
        f"AADSTS{number}: {text.format(app=app, tenant=tenant, detail=detail)}\r\n"
        f"Trace ID: {trace}\r\nCorrelation ID: {correlation}\r\nTimestamp: {stamp}"
    )
    return json_answer(
        status,
        {
            "error": error,
            "error_description": description,
            "error_codes": [number],
            "timestamp": stamp,
            "trace_id": trace,
            "correlation_id": correlation,
            "error_uri": f"https://login.microsoftonline.com/error?code={number}",
        },
        headers,
    )


def device_error(error: str, violation: str | None = None) -> Answer:
    """What Entra says while nobody has signed in, and when nobody will."""
    number = DEVICE_ERRORS[error]
    return json_answer(400, {"error": error, "error_description": f"AADSTS{number}: {error}\r\nTrace ID: 0f7a9ac5",
                             "error_codes": [number], "correlation_id": "5d3a9ac5-0d4d-4f5e-9c9b-222222222222"},
                       violation=violation)


def parse_form(body: bytes) -> dict[str, str] | None:
    """A form, or None if anything about it is not as it should be."""
    try:
        text = body.decode("ascii")
        form: dict[str, str] = {}
        for pair in text.split("&"):
            name, equals, value = pair.partition("=")
            if (
                not equals
                or not FORM_VALUE.fullmatch(name)
                or not FORM_VALUE.fullmatch(value)
                or name in form
            ):
                return None
            form[name] = urllib.parse.unquote_plus(value, errors="strict")
        return form
    except UnicodeDecodeError:
        return None


def _part(value: dict[str, object]) -> str:
    return _encode(json.dumps(value).encode())


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")
