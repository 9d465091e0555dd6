"""
compare.py - our token request beside one of Microsoft's clients, field by field.

Does      compares forms, header fields, and the header and claims of assertions; knows why what differs may differ.
Not here  where the requests come from (test_wire.py: captures; peers/test_peers.py: a client that runs beside ours).
Rules     a difference that is in no table here has no reason, and is a failure.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from service import assertion

SAME = ""

# Fields of theirs that ours does not send.
FORM_REASONS = {
    "x-client-SKU": "telemetry: name of the library",
    "x-client-VER": "telemetry: its version",
    "x-client-OS": "telemetry",
    "x-client-CPU": "telemetry",
    "x-ms-lib-capability": "tells that the client obeys Retry-After; ours does without telling",
    "x-client-current-telemetry": "telemetry",
    "x-client-last-telemetry": "telemetry",
    "client-request-id": "an id of the client's for support; Entra's own trace and correlation ids are shown instead",
}

# Header fields that differ: what ours is (None: it varies, "-": not sent), and why.
HEADER_REASONS: dict[str, tuple[str | None, str]] = {
    "host": (None, "the server's own"),
    "content-length": (None, "follows from the form"),
    "connection": ("-", "keep-alive is what HTTP/1.1 means without it"),
    "content-type": (
        "application/x-www-form-urlencoded",
        "charset=utf-8 means nothing for a form (WHATWG URL 5), and is left out",
    ),
    "accept": ("application/json", "JSON is what ours reads"),
    "accept-language": ("-", "added by node; texts are shown as they come"),
    "sec-fetch-mode": ("-", "added by node, meant for browsers"),
    "user-agent": (None, "each its own name"),
    "accept-encoding": ("identity", "ours decompresses nothing"),
    "x-ms-client-request-id": ("-", "an id of the client's for support, as above"),
}

GUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


@dataclass
class Line:
    """One field: what both sent, and why they may differ. why: "" the same; None nobody knows."""

    name: str
    ours: str
    theirs: str
    why: str | None


def describe(lines: list[Line]) -> str:
    rows = [("field", "ours", "theirs", "why they differ")]
    for line in lines:
        why = "unexplained" if line.why is None else line.why or "the same"
        rows.append((line.name, shorten(line.ours), shorten(line.theirs), why))
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    return "\n".join("  " + "  ".join(f"{cell:{width}}" for cell, width in zip(row, widths)) + "  " + row[3] for row in rows)


def shorten(text: str) -> str:
    return text if len(text) <= 44 else text[:30] + f"... ({len(text)})"


def hide(name: str, value: str | None) -> str:
    """Nobody needs to see a secret, not even a test's."""
    if value is None:
        return "(varies)"
    return f"({len(value)} bytes)" if name in ("client_secret", "client_assertion") else value


def compare_forms(ours: dict[str, str], theirs: dict[str, str | None]) -> list[Line]:
    lines = []
    for name in [*theirs, *(name for name in ours if name not in theirs)]:
        mine, yours = ours.get(name), theirs.get(name)
        if name not in ours:
            lines.append(Line(name, "-", hide(name, yours), FORM_REASONS.get(name)))
        elif name not in theirs:
            lines.append(Line(name, hide(name, mine), "-", None))
        elif name == "client_assertion":
            why = SAME if mine == yours else "each its own signature; the parts are compared below"
            lines.append(Line(name, hide(name, mine), hide(name, yours), why))
        else:
            lines.append(Line(name, hide(name, mine), hide(name, yours), SAME if mine == yours else None))
    return lines


def compare_headers(ours: dict[str, str], theirs: dict[str, str | None]) -> list[Line]:
    lines = []
    for name in [*theirs, *(name for name in ours if name not in theirs)]:
        mine = ours.get(name, "-")
        yours = theirs.get(name, "-") or "(varies)"
        wanted, why = HEADER_REASONS.get(name, ("", None))
        explained = why if wanted in (None, mine) else None
        lines.append(Line(name, mine, yours, SAME if mine == yours else explained))
    return lines


def compare_tokens(ours: str, theirs: str) -> list[Line]:
    """Two assertions of the same application with the same certificate."""
    header, claims, _, signature = assertion.take_apart(ours)
    their_header, their_claims, _, their_signature = assertion.take_apart(theirs)
    lines = compare_parts("header", header, their_header)
    lines += compare_claims(claims, their_claims)
    sizes = str(len(signature)), str(len(their_signature))
    lines.append(Line("signature, bytes", *sizes, SAME if sizes[0] == sizes[1] else None))
    return lines


def compare_parts(what: str, ours: dict[str, object], theirs: dict[str, object]) -> list[Line]:
    lines = []
    for name in [*theirs, *(name for name in ours if name not in theirs)]:
        mine, yours = ours.get(name, "-"), theirs.get(name, "-")
        lines.append(Line(f"{what} {name}", str(mine), str(yours), SAME if mine == yours else None))
    return lines


def compare_claims(ours: dict[str, object], theirs: dict[str, object]) -> list[Line]:
    """Equal but for what must be new each time; of times, what lies between them."""
    fixed = ("aud", "iss", "sub")
    lines = compare_parts("claim", {n: ours.get(n) for n in fixed}, {n: theirs.get(n) for n in fixed})
    names = [*theirs, *(name for name in ours if name not in theirs)]
    lines += [
        Line(f"claim {name}", str(ours.get(name, "-")), str(theirs.get(name, "-")), "each its own time or id")
        if name in ours and name in theirs
        else Line(f"claim {name}", str(ours.get(name, "-")), str(theirs.get(name, "-")), None)
        for name in names
        if name not in fixed
    ]
    lifetimes = [str(claims["exp"] - claims["nbf"]) for claims in (ours, theirs)]
    lines.append(Line("exp - nbf, seconds", *lifetimes, SAME if lifetimes[0] == lifetimes[1] else None))
    ids = ["a GUID" if GUID.fullmatch(str(claims["jti"])) else "another form" for claims in (ours, theirs)]
    lines.append(Line("form of jti", *ids, SAME if ids[0] == ids[1] else None))
    return lines
