"""
assertion.py - client assertions, checked as Entra ID checks them.

Does      takes an assertion apart; checks form, algorithm, thumbprint, audience, issuer, subject, times, a jti that is
          new, the chain where one is sent, and the signature, with the openssl command.
Not here  the form it comes in and the answer to it (entra.py).
Rules     RFC 7515, 7518, 7523; entra-docs certificate-credentials.md and reference-error-codes.md (read 2026-11-23).
          Stricter than Entra ID where our own promise is: the members and their order of size, ten minutes, GUID.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import subprocess
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

LIFETIME = 600
SKEW = 300
GUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
PART = re.compile(r"[A-Za-z0-9_-]+")
CLAIMS = {"aud", "exp", "iss", "sub", "nbf", "jti", "iat"}
THUMBPRINTS = {"PS256": "x5t#S256", "ES256": "x5t#S256", "RS256": "x5t"}
PSS = ["-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:32", "-sigopt", "rsa_mgf1_md:sha256"]


class Refused(Exception):
    """Entra ID's answer to an assertion: AADSTS number and what goes into its text."""

    def __init__(self, number: int, detail: str = "", violation: str | None = None) -> None:
        super().__init__(number, detail)
        self.number, self.detail, self.violation = number, detail, violation


@dataclass
class Applications:
    """The certificates that are registered with the application, and what it has seen."""

    certificates: list[Path] = field(default_factory=list)
    trusted_issuer: Path | None = None  # subject name and issuer: any certificate of its, with x5c
    algorithms: set[str] = field(default_factory=lambda: {"PS256", "RS256", "ES256"})
    headers: list[dict[str, object]] = field(default_factory=list)  # of what was accepted
    claims: list[dict[str, object]] = field(default_factory=list)
    ids: set[str] = field(default_factory=set)

    def check(self, assertion: str, client_id: str, audience: str) -> None:
        """Refused: it is no good."""
        header, claims, signed, signature = take_apart(assertion)
        algorithm = header.get("alg")
        if algorithm not in self.algorithms:
            raise Refused(5002738, str(algorithm))
        certificate = self._certificate(header)
        check_claims(claims, client_id, audience)
        if claims["jti"] in self.ids:
            raise Refused(50027, violation=f"jti {claims['jti']} came twice")
        self.ids.add(str(claims["jti"]))
        if not verify(str(algorithm), certificate, signed, signature):
            raise Refused(700027, "The signature is wrong.", violation="signature")
        self.headers.append(header)
        self.claims.append(claims)

    def _certificate(self, header: dict[str, object]) -> bytes:
        """The certificate, in DER, that the header names."""
        algorithm = str(header["alg"])
        name = THUMBPRINTS[algorithm]
        if set(header) - {"x5c"} != {"alg", "typ", name} or header["typ"] != "JWT":
            raise Refused(50027, violation=f"header: {header}")
        chain = chain_of(header)
        known = [der_of(path) for path in self.certificates]
        if self.trusted_issuer and chain and issued_by(chain[0], self.trusted_issuer):
            known.append(chain[0])
        for der in known:
            if header[name] == thumbprint(algorithm, der):
                if chain and chain[0] != der:
                    raise Refused(50027, violation="x5c does not begin with the signing certificate")
                return der
        raise Refused(700027, "The key was not found.")


def take_apart(assertion: str) -> tuple[dict[str, object], dict[str, object], bytes, bytes]:
    parts = assertion.split(".")
    if len(parts) != 3 or not all(PART.fullmatch(part) for part in parts):
        raise Refused(50027, violation="the assertion has no three parts of base64url")
    try:
        header, claims = (json.loads(decode(part), object_pairs_hook=_once) for part in parts[:2])
    except ValueError as error:
        raise Refused(50027, violation=f"no JSON: {error}") from error
    return header, claims, ".".join(parts[:2]).encode(), decode(parts[2])


def check_claims(claims: dict[str, object], client_id: str, audience: str) -> None:
    if set(claims) != CLAIMS:
        raise Refused(50027, violation=f"claims: {sorted(claims)}")
    if claims["aud"] != audience:
        raise Refused(700023, str(claims["aud"]))
    if claims["iss"] != client_id or claims["sub"] != client_id:
        raise Refused(700021)
    if not GUID.fullmatch(str(claims["jti"])):
        raise Refused(50027, violation=f"jti is no GUID: {claims['jti']}")
    not_before, expires, issued, now = claims["nbf"], claims["exp"], claims["iat"], time.time()
    if not all(type(number) is int for number in (not_before, expires, issued)):
        raise Refused(50027, violation="a time is no whole number")
    if expires - not_before != LIFETIME or not 0 <= not_before - issued <= 1:
        raise Refused(50027, violation=f"times: {not_before} {expires} {issued}")
    if not not_before - SKEW <= now < expires + SKEW:
        raise Refused(700024, f"{not_before} {expires}")


def chain_of(header: dict[str, object]) -> list[bytes]:
    if "x5c" not in header:
        return []
    chain = header["x5c"]
    if not isinstance(chain, list) or not chain or not all(isinstance(item, str) for item in chain):
        raise Refused(50027, violation="x5c is no list of texts")
    return [base64.b64decode(item, validate=True) for item in chain]


def thumbprint(algorithm: str, der: bytes) -> str:
    return encode((hashlib.sha1 if algorithm == "RS256" else hashlib.sha256)(der).digest())


def verify(algorithm: str, certificate: bytes, signed: bytes, signature: bytes) -> bool:
    """openssl's verdict."""
    if algorithm == "ES256":
        if len(signature) != 64:
            return False
        signature = ecdsa_der(signature)
    with tempfile.TemporaryDirectory(prefix="unisolate-assertion-") as name:
        folder = Path(name)
        (folder / "signed").write_bytes(signed)
        (folder / "signature").write_bytes(signature)
        public = openssl("x509", "-inform", "der", "-noout", "-pubkey", data=certificate)
        (folder / "public").write_bytes(public)
        options = PSS if algorithm == "PS256" else []
        done = subprocess.run(
            ["openssl", "dgst", "-sha256", "-verify", folder / "public", *options]
            + ["-signature", folder / "signature", folder / "signed"],
            capture_output=True,
            check=False,
        )
        return done.returncode == 0


def issued_by(der: bytes, issuer: Path) -> bool:
    with tempfile.NamedTemporaryFile(suffix=".pem") as file:
        file.write(openssl("x509", "-inform", "der", data=der))
        file.flush()
        command = ["openssl", "verify", "-partial_chain", "-purpose", "any", "-trusted", issuer, file.name]
        return subprocess.run(command, capture_output=True, check=False).returncode == 0


def ecdsa_der(signature: bytes) -> bytes:
    numbers = b""
    for half in (signature[:32], signature[32:]):
        value = int.from_bytes(half, "big")
        octets = value.to_bytes(value.bit_length() // 8 + 1, "big")
        numbers += bytes([2, len(octets)]) + octets
    return bytes([0x30, len(numbers)]) + numbers


def der_of(path: Path) -> bytes:
    return openssl("x509", "-in", str(path), "-outform", "der")


def openssl(*arguments: str, data: bytes | None = None) -> bytes:
    return subprocess.run(["openssl", *arguments], input=data, capture_output=True, check=True).stdout


def decode(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("member twice")
    return members
