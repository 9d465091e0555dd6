"""
pki.py - certificates for the fake service, made on the spot.

Does      makes one root that the tests trust, one they do not, and a server certificate for each
          thing that can be right or wrong with one; all with the openssl command.
Not here  TLS itself (stream.py); which certificate a scenario wants (tests/scenarios/).
Limits    EC P-256 and one RSA 2048 key; the folder is used again if it is complete.
Rules     RFC 5280 (validity, key usage, names).
"""

from __future__ import annotations

import atexit
import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

FOLDER_VARIABLE = "UNISOLATE_TEST_PKI"

# Names the fake service answers to. Those of the real clouds are for scenarios that send them to
# loopback with --resolve.
HOSTS = (
    "localhost",
    "login.test.example",
    "api.test.example",
    "login.microsoftonline.com",
    "login.microsoftonline.us",
    "api.security.microsoft.com",
    "us.api.security.microsoft.com",
    "eu.api.security.microsoft.com",
    "uk.api.security.microsoft.com",
    "au.api.security.microsoft.com",
    "swa.api.security.microsoft.com",
    "ina.api.security.microsoft.com",
    "api.securitycenter.microsoft.com",
    "api-gcc.securitycenter.microsoft.us",
    "api-gov.securitycenter.microsoft.us",
)
GOOD_NAMES = ",".join(f"DNS:{host}" for host in HOSTS) + ",IP:127.0.0.1,IP:::1"

ROOT_NAME = "Unisolate Test Root"
UNKNOWN_ROOT_NAME = "Unknown Test Root"

OPENSSL_CONFIG = """
[ca]
default_ca = any
[any]
database = {folder}/index.txt
new_certs_dir = {folder}
default_md = sha256
policy = policy
unique_subject = no
rand_serial = yes
[policy]
commonName = supplied
[req]
distinguished_name = name
prompt = no
[name]
CN = replaced
"""

CA_EXTENSIONS = "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\n"
LEAF_EXTENSIONS = "basicConstraints=critical,CA:FALSE\nextendedKeyUsage={usage}\n"


@dataclass(frozen=True)
class Plan:
    """What one certificate is to be. Times are YYMMDDHHMMSSZ."""

    name: str
    subject: str
    issuer: str
    names: str = GOOD_NAMES
    usage: str = "serverAuth"
    start: str = "200101000000Z"
    end: str = "450101000000Z"
    authority: bool = False
    rsa: bool = False
    chain: tuple[str, ...] = ()


PLANS = (
    Plan("root", ROOT_NAME, "root", authority=True),
    Plan("unknown-root", UNKNOWN_ROOT_NAME, "unknown-root", authority=True),
    Plan("intermediate", "Unisolate Test Intermediate", "root", authority=True),
    Plan("good", "localhost", "root"),
    Plan("good-rsa", "localhost", "root", rsa=True),
    Plan("wildcard", "wildcard", "root", names="DNS:*.test.example"),
    Plan("through-intermediate", "localhost", "intermediate", chain=("intermediate",)),
    Plan("lacks-intermediate", "localhost", "intermediate"),
    Plan("issued-by-leaf", "localhost", "good", chain=("good",)),
    Plan("wrong-host", "other.example", "root", names="DNS:other.example,DNS:xlocalhost"),
    Plan("common-name-only", "localhost", "root", names=""),
    Plan("client-only", "localhost", "root", usage="clientAuth"),
    Plan("unknown-issuer", "localhost", "unknown-root"),
    Plan("self-signed", "localhost", "self-signed"),
    Plan("expired", "localhost", "root", end="210101000000Z"),
    Plan("not-yet-valid", "localhost", "root", start="440101000000Z"),
    # of applications that sign in
    Plan("app", "app", "app", usage="clientAuth", rsa=True),
    Plan("app-issued", "app.example", "intermediate", usage="clientAuth", rsa=True, chain=("intermediate",)),
    Plan("app-p256", "app", "app-p256", usage="clientAuth"),
    Plan("app-other", "app", "app-other", usage="clientAuth", rsa=True),
    Plan("app-expired", "app", "app-expired", usage="clientAuth", rsa=True, end="210101000000Z"),
    Plan("app-not-yet-valid", "app", "app-not-yet-valid", usage="clientAuth", rsa=True, start="440101000000Z"),
)


class Pki:
    """The certificates in one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def certificate(self, name: str) -> Path:
        """The PEM file of a certificate, followed by its chain."""
        return self.folder / f"{name}.pem"

    def key(self, name: str) -> Path:
        return self.folder / f"{name}.key"

    @property
    def root(self) -> Path:
        """The file that scenarios give to --cacert."""
        return self.certificate("root")


def make(folder: Path) -> Pki:
    """Make every certificate of PLANS in `folder`."""
    (folder / "openssl.cnf").write_text(OPENSSL_CONFIG.format(folder=folder))
    (folder / "index.txt").write_text("")
    for plan in PLANS:
        _make_key(folder, plan)
        _make_certificate(folder, plan)
    for plan in PLANS:
        _append_chain(folder, plan)
    return Pki(folder)


def shared() -> Pki:
    """The certificates of this run: those the parent process made, else new ones."""
    given = os.environ.get(FOLDER_VARIABLE)
    if given:
        return Pki(Path(given))
    folder = Path(tempfile.mkdtemp(prefix="unisolate-pki-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    os.environ[FOLDER_VARIABLE] = str(folder)
    return make(folder)


def _make_key(folder: Path, plan: Plan) -> None:
    kind = (
        ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"]
        if plan.rsa
        else ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"]
    )
    _openssl("genpkey", *kind, "-out", str(folder / f"{plan.name}.key"))


def _make_certificate(folder: Path, plan: Plan) -> None:
    request, extensions = folder / "request.csr", folder / "extensions.cnf"
    leaf = LEAF_EXTENSIONS.format(usage=plan.usage)
    if plan.names:
        leaf += f"subjectAltName={plan.names}\n"
    extensions.write_text(CA_EXTENSIONS if plan.authority else leaf)
    config = ["-config", str(folder / "openssl.cnf")]
    key = str(folder / f"{plan.name}.key")
    _openssl(
        "req", "-new", *config, "-key", key, "-subj", f"/CN={plan.subject}", "-out", str(request)
    )
    if plan.issuer == plan.name:
        issuer = ["-selfsign", "-keyfile", key]
    else:
        issuer = [
            "-cert",
            str(folder / f"{plan.issuer}.pem"),
            "-keyfile",
            str(folder / f"{plan.issuer}.key"),
        ]
    _openssl(
        "ca",
        "-batch",
        "-notext",
        *config,
        *issuer,
        "-extfile",
        str(extensions),
        "-startdate",
        plan.start,
        "-enddate",
        plan.end,
        "-in",
        str(request),
        "-out",
        str(folder / f"{plan.name}.pem"),
    )


def _append_chain(folder: Path, plan: Plan) -> None:
    with open(folder / f"{plan.name}.pem", "a", encoding="ascii") as file:
        for name in plan.chain:
            file.write((folder / f"{name}.pem").read_text())


def _openssl(*arguments: str) -> None:
    done = subprocess.run(["openssl", *arguments], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"openssl {' '.join(arguments)}\n{done.stderr}")
