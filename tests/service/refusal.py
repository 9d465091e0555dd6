"""
refusal.py - the errors that the Defender API answers with.

Does      the body and head of an error; the errors that are documented or known.
Not here  when each is given (defender.py).
Rules     defender-docs api/common-errors.md (read 2026-11-23). The code ActiveRequestAlreadyExists
          and the two wordings of Forbidden are in no documentation, but on the wire.
"""

from __future__ import annotations

from dataclasses import dataclass

from service.message import Answer, json_answer

TARGET = "c0ffee00-1111-2222-3333-444444444444"
HEADERS = (("OData-Version", "4.0"),)

FORBIDDEN_OLD = (
    "The application does not have any of the required application permissions ({required}) "
    "to access the resource."
)
FORBIDDEN_NEW = (
    "Missing application roles. API required roles: {required}, application roles: {roles}."
)


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
UNAUTHORIZED = Refusal(401, "Unauthorized", "Invalid or expired authorization header")
HAS_ENDED = Refusal(400, "BadRequest", "The action has ended and cannot be cancelled")
BAD_BODY = Refusal(400, "InvalidRequestBody", "Request body is incorrect")


def throttled(retry_after: str | None) -> Refusal:
    return Refusal(
        429, "TooManyRequests", "Response size or number of requests reached the limit", retry_after
    )


def server_error(status: int) -> Refusal:
    return Refusal(status, "InternalServerError", "")
