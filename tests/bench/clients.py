"""
clients.py - the program and its peers: what each is called with, and what of a system it needs.

Does      installs @azure/identity into build/bench (npm, by package-lock.json); builds command lines and environments.
Not here  what a run costs (bench.py).
Limits    INSTALL_SECONDS for npm. What is missing is a failure: build.sh installs it before.
Rules     each gets the same root alone to trust, the same secret in a file, no HOME, the C locale.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Callable

from service.entra import CLIENT_ID, TENANT
from stand_in import API_HOST, LOGIN_HOST

BENCH = Path(__file__).resolve().parent
INSTALLED = BENCH.parents[1] / "build" / "bench" / "node"
INSTALL_SECONDS = 240
PYTHON = "/usr/bin/python3"  # Debian's, which python3-requests is for
BUNDLE = Path("/etc/ssl/certs/ca-certificates.crt")


@dataclass(frozen=True)
class Where:
    """The two hosts, as a client sees them: nginx itself or relays before it."""

    login: int
    api: int
    root: Path
    secret: Path

    def environment(self) -> dict[str, str]:
        return {
            "PATH": "/usr/bin:/bin",
            "TENANT": TENANT,
            "CLIENT_ID": CLIENT_ID,
            "SECRET_FILE": str(self.secret),
            "CA_FILE": str(self.root),
            "LOGIN_URL": f"https://localhost:{self.login}",
            "API_URL": f"https://localhost:{self.api}",
        }


@dataclass(frozen=True)
class Client:
    """name and version: of the table; bundle: the roots that it needs beside the files that it opens here."""

    name: str
    version: str
    command: Callable[[Where, list[str]], list[str]]
    environment: Callable[[Where], dict[str, str]]
    bundle: bool


def all_clients(program: Path) -> list[Client]:
    install()
    return [
        Client("unisolate", first_line(str(program), "--version"), lambda w, d: own_command(program, w, d), lambda w: {}, False),
        Client("curl, sh", first_line("curl", "--version"), lambda w, d: [str(BENCH / "release.sh"), *d], Where.environment, True),
        Client("requests", first_line(PYTHON, "-c", VERSION_OF_REQUESTS),
               lambda w, d: [PYTHON, str(BENCH / "release_requests.py"), *d], Where.environment, True),
        Client("azure, node", f"@azure/identity {version_of_identity()}, node {first_line('node', '--version')}", node_command,
               node_environment, False),
    ]


VERSION_OF_REQUESTS = "import requests, sys; print('requests', requests.__version__ + ', Python', sys.version.split()[0])"


def first_line(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=True)
    return done.stdout.splitlines()[0]


def own_command(program: Path, where: Where, devices: list[str]) -> list[str]:
    names = where.environment()
    command = [str(program), "--authority", names["LOGIN_URL"], "--api-url", names["API_URL"], "--cacert", names["CA_FILE"]]
    command += ["--tenant", TENANT, "--client-id", CLIENT_ID, "--client-secret-file", names["SECRET_FILE"], "-c", "clean"]
    return command + devices


def node_command(_: Where, devices: list[str]) -> list[str]:
    node = str(Path(shutil.which("node") or "node").resolve())
    return [node, "--require", str(INSTALLED / "to_loopback.cjs"), str(INSTALLED / "release.mjs"), *devices]


def node_environment(where: Where) -> dict[str, str]:
    ports = json.dumps({LOGIN_HOST: where.login, API_HOST: where.api})
    return {**where.environment(), "NODE_EXTRA_CA_CERTS": str(where.root), "PORTS": ports}


def install() -> None:
    """The packages of the lock file, once: again only when it changes."""
    stamp, lock = INSTALLED / "stamp", (BENCH / "package-lock.json").read_text()
    if not stamp.exists() or stamp.read_text() != lock:
        shutil.rmtree(INSTALLED, ignore_errors=True)
        INSTALLED.mkdir(parents=True)
        for name in ("package.json", "package-lock.json"):
            shutil.copy(BENCH / name, INSTALLED)
        subprocess.run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--omit=dev"], cwd=INSTALLED,
                       check=True, capture_output=True, timeout=INSTALL_SECONDS)
        stamp.write_text(lock)
    for name in ("release.mjs", "to_loopback.cjs"):
        shutil.copy(BENCH / name, INSTALLED)


def version_of_identity() -> str:
    return str(json.loads((INSTALLED / "node_modules/@azure/identity/package.json").read_text())["version"])
