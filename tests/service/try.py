#!/usr/bin/env python3
"""
try.py PROGRAM - see the main job done without a tenant.

Does      starts the fake service on loopback, lets the real program release a device with a client
          secret, shows the command line, what the program prints, and what the service received.
Not here  tests (tests/run.py).
Limits    PROGRAM gets RUN_SECONDS; nothing is left running, no file is left behind.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

# In place of this script's own folder, where service.py would be found under the package's name.
sys.path[0] = str(Path(__file__).resolve().parents[1])

from service.defender import DEVICE  # noqa: E402
from service.entra import CLIENT_ID, TENANT  # noqa: E402
from service.service import Service  # noqa: E402

RUN_SECONDS = 10


def command_line(program: str, service: Service, secret_file: Path) -> list[str]:
    return [
        program,
        "--authority",
        service.login.url,
        "--api-url",
        service.api.url,
        "--cacert",
        str(service.pki.root),
        "--tenant",
        TENANT,
        "--client-id",
        CLIENT_ID,
        "--client-secret-file",
        str(secret_file),
        "-c",
        "clean",
        DEVICE,
    ]


def show_command(command: list[str]) -> None:
    """One option a line, so that it fits 80 columns."""
    print(f"$ {command[0]} \\")
    options = command[1:-1]
    for name, value in zip(options[::2], options[1::2]):
        print(f"    {name} {value} \\")
    print(f"    {command[-1]}")


def show_received(service: Service) -> None:
    requests = service.log.requests()
    print(f"\nWhat the fake service received: {len(requests)} requests.")
    for number, request in enumerate(requests, 1):
        host, tls = request.header("Host"), request.tls_version
        print(f"  {number}. {request.method} https://{host} ({tls})")
        print(f"     {request.target}")
        body = request.body.decode()
        secret = "client_secret" in body
        print(f"     {'a form with the client secret' if secret else body}")
    for device in service.defender.machines.values():
        if device.active:
            print(
                f"  The release of {device.name} is queued, as action\n     {device.active['id']}"
            )


def run(program: str) -> int:
    service = Service().start()
    try:
        with tempfile.TemporaryDirectory(prefix="unisolate-try-") as folder:
            secret_file = Path(folder) / "secret"
            secret_file.touch(mode=0o600)
            secret_file.touch(0o600)
            secret_file.write_text(service.entra.secret + "\n")
            command = command_line(program, service, secret_file)
            print("A fake Entra ID and a fake Defender API run on this machine's loopback.\n")
            show_command(command)
            sys.stdout.flush()
            status = subprocess.run(command, env={}, timeout=RUN_SECONDS, check=False).returncode
            print(f"(exit status {status})")
            show_received(service)
            return status
    finally:
        service.stop()


def main() -> int:
    if len(sys.argv) != 2:
        print("usage: try.py PROGRAM", file=sys.stderr)
        return 2
    try:
        return run(sys.argv[1])
    except (OSError, RuntimeError, subprocess.TimeoutExpired) as error:
        print(f"try.py: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
