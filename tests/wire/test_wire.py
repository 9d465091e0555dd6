#!/usr/bin/env python3
"""
test_wire.py --program PATH - our token requests beside captures of Microsoft's own clients.

Does      runs the program once for each request of tests/vectors/msal/requests.json, with the same application and
          secret, against the fake service; compares method, target, header fields, form, and what stands in the
          assertion; prints the table of each, and last `N passed, N failed`.
Not here  a client that runs beside ours (tests/peers).
Rules     a difference without a reason in compare.py is a failure.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
TESTS = HERE.parent
sys.path[:0] = [str(TESTS), str(HERE)]

from compare import Line, compare_forms, compare_headers, describe  # noqa: E402
from service import assertion                                       # noqa: E402
from service.defender import DEVICE                                 # noqa: E402
from service.entra import parse_form                                # noqa: E402
from service.service import Service                                 # noqa: E402

RUN_SECONDS = 20
FEDERATED = "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJrOHMifQ.c2ln"


def options_for(case: str, form: dict[str, str], service: Service, folder: Path) -> list[str]:
    """What signs in with our program as the capture did."""
    if case == "secret":
        service.entra.secret = form["client_secret"]
        return ["--client-secret-file", write(folder, "secret", form["client_secret"])]
    if case == "federated":
        service.entra.federated.append(FEDERATED)
        return ["--federated-token-file", write(folder, "federated", FEDERATED)]
    certificate, key = service.pki.certificate("app"), service.pki.key("app")
    service.entra.applications.certificates = [certificate]
    file = write(folder, "app.pem", certificate.read_text() + key.read_text())
    return ["--certificate", file, *(["--send-chain"] if case == "certificate-chain" else [])]


def write(folder: Path, name: str, content: str) -> str:
    path = folder / name
    path.write_text(content)
    path.chmod(0o600)
    return str(path)


def send(program: str, capture: dict, tenant: str, client_id: str):
    """The token request that our program sends in the same case."""
    service = Service().start()
    try:
        with tempfile.TemporaryDirectory(prefix="unisolate-wire-") as name:
            options = options_for(capture["case"], capture["form"], service, Path(name))
            base = service.login.url + ("/adfs" if capture["case"] == "certificate-rs256" else "")
            command = [program, "--authority", base, "--api-url", service.api.url]
            command += ["--cacert", str(service.pki.root), "--tenant", tenant, "--client-id", client_id]
            done = subprocess.run(
                [*command, *options, "-c", "clean", DEVICE], env={}, capture_output=True, text=True, timeout=RUN_SECONDS, check=False
            )
            if done.returncode != 0:
                raise RuntimeError(done.stderr)
            return service.log.requests("login")[0]
    finally:
        service.stop()


def compare_assertion(text: str, theirs: dict) -> list[Line]:
    """The captures keep names, algorithm, sizes and what does not differ from run to run."""
    header, claims, _, _ = assertion.take_apart(text)
    claims = {**claims, "aud": "https://localhost:PORT/" + claims["aud"].split("/", 3)[3].removeprefix("adfs/")}
    lines = compare_members("header", header, theirs["header"]) + compare_members("claim", claims, theirs["claims"])
    numbers = {
        "exp - nbf, seconds": (claims["exp"] - claims["nbf"], theirs["lifetime"]),
        "thumbprint, letters": (len(header.get("x5t#S256", header.get("x5t", ""))), theirs["thumbprint_letters"]),
    }
    lines += [Line(name, str(a), str(b), "" if a == b else None) for name, (a, b) in numbers.items()]
    return lines


def compare_members(what: str, ours: dict, theirs: dict) -> list[Line]:
    lines = []
    for name in sorted({*ours, *theirs}):
        mine, yours = str(ours.get(name, "-")), theirs.get(name, "-")
        if name in ours and yours is None:
            lines.append(Line(f"{what} {name}", mine, "(varies)", "in both, each with its own value"))
        else:
            lines.append(Line(f"{what} {name}", mine, str(yours), "" if mine == yours else None))
    return lines


def compare(program: str, captures: dict, capture: dict) -> list[Line]:
    request = send(program, capture, captures["tenant"], captures["client_id"])
    form = parse_form(request.body)
    path, _, query = capture["target"].partition("?")
    mine = request.target.removeprefix("/adfs")
    lines = [
        Line("method", request.method, capture["method"], "" if request.method == capture["method"] else None),
        Line("path", mine, path, "" if mine == path else None),
        Line("query", "-", query, "the client's id for support, which stands in the form again"),
    ]
    lines += compare_headers({name.lower(): value for name, value in request.headers}, capture["headers"])
    lines += compare_forms(form, capture["form"])
    if "assertion" in capture:
        lines += compare_assertion(form["client_assertion"], capture["assertion"])
    return lines


def main() -> int:
    parser = argparse.ArgumentParser(description="Compare our token requests with captures.")
    parser.add_argument("--program", required=True)
    program = str(Path(parser.parse_args().program).resolve())
    captures = json.loads((TESTS / "vectors" / "msal" / "requests.json").read_text())
    failed = 0
    for capture in captures["requests"]:
        title = f"{capture['client']}, {capture['case']}"
        try:
            lines = compare(program, captures, capture)
        except (RuntimeError, subprocess.SubprocessError, KeyError) as error:
            print(f"FAILED {title}: {error!r}")
            failed += 1
            continue
        print(f"{title}\n{describe(lines)}\n")
        failed += any(line.why is None for line in lines)
    print(f"{len(captures['requests']) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
