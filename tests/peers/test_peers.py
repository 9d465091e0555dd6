#!/usr/bin/env python3
"""
test_peers.py --program PATH - the program against identity servers and beside clients that nobody here has written.

Does      installs the npm packages that package-lock.json names into build/peers; starts oidc-provider on loopback and
          signs in there with each method; lets msal-node and our program send the same requests to the fake service
          and compares them, field by field; prints the comparison, and last `N passed, N failed`.
Not here  what the fake service checks (tests/service), captures of other versions (tests/wire).
Limits    INSTALL_SECONDS for npm, STEP_SECONDS for everything else. What cannot be installed is a failure, not a skip.
Rules     loopback only, but for npm; nothing is left running.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import shutil
import ssl
import subprocess
import sys
import tempfile
import traceback
import urllib.parse
import urllib.request
from pathlib import Path

PEERS = Path(__file__).resolve().parent
TESTS = PEERS.parent
INSTALLED = TESTS.parent / "build" / "peers"
sys.path[:0] = [str(TESTS), str(TESTS / "wire"), str(PEERS)]

from person import Person                                        # noqa: E402
from compare import compare_forms, compare_tokens, describe     # noqa: E402
from service import assertion, pki                               # noqa: E402
from service.defender import DEVICE                              # noqa: E402
from service.entra import CLIENT_ID, TENANT, Claims, parse_form  # noqa: E402
from service.message import json_answer                  # noqa: E402
from service.service import Service                              # noqa: E402

INSTALL_SECONDS = 240
STEP_SECONDS = 20
SCOPE = "https://api.securitycenter.microsoft.com/.default"
SECRET = "a secret with ~+ /&=% in it, long enough for anybody"
FEDERATED = "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJmZWRlcmF0ZWQifQ.c2lnbmF0dXJl"


class Failed(Exception):
    """What is not as it should be."""


def expect(condition: object, text: str) -> None:
    if not condition:
        raise Failed(text)


# ---- npm ----


def install() -> None:
    """The packages of the lock file, once: again only when it changes."""
    stamp = INSTALLED / "stamp"
    lock = (PEERS / "package-lock.json").read_text()
    if not stamp.exists() or stamp.read_text() != lock:
        shutil.rmtree(INSTALLED, ignore_errors=True)
        INSTALLED.mkdir(parents=True)
        for name in ("package.json", "package-lock.json"):
            shutil.copy(PEERS / name, INSTALLED)
        command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--omit=dev"]
        done = subprocess.run(
            command, cwd=INSTALLED, capture_output=True, text=True, timeout=INSTALL_SECONDS, check=False
        )
        expect(done.returncode == 0, f"npm ci does not install:\n{done.stderr[-2000:]}")
        stamp.write_text(lock)
    for name in ("provider.mjs", "msal.mjs"):
        shutil.copy(PEERS / name, INSTALLED)


# ---- the program and its peers ----


class Bench:
    """A folder, the keys, the fake service, oidc-provider; everything ends with it."""

    def __init__(self, program: str, folder: Path) -> None:
        self.program, self.folder = program, folder
        self.service = Service().start()
        self.service.defender.tokens = AnyToken()
        self.pki = self.service.pki
        self.provider = self.start_provider()

    def stop(self) -> None:
        self.service.stop()
        self.provider_process.stdin.close()
        try:
            self.provider_process.wait(STEP_SECONDS)
        except subprocess.TimeoutExpired:
            self.provider_process.kill()
            self.provider_process.wait()

    def write(self, name: str, content: str) -> Path:
        path = self.folder / name
        path.write_text(content)
        path.chmod(0o600)
        return path

    def start_provider(self) -> dict[str, str]:
        key_methods = {"app-rsa": ("app", "PS256"), "app-p256": ("app-p256", "ES256"), "app-rs256": ("app", "RS256")}
        clients: list[dict[str, object]] = [
            {"client_id": "app-secret", "client_secret": SECRET, "token_endpoint_auth_method": "client_secret_post"}
        ]
        clients.append(
            {
                "client_id": "app-device",
                "token_endpoint_auth_method": "none",
                "grant_types": ["urn:ietf:params:oauth:grant-type:device_code"],
            }
        )
        for client, (name, algorithm) in key_methods.items():
            clients.append(
                {
                    "client_id": client,
                    "token_endpoint_auth_method": "private_key_jwt",
                    "token_endpoint_auth_signing_alg": algorithm,
                    "jwks": {"keys": [public_jwk(self.pki.certificate(name), algorithm)]},
                }
            )
        settings = {
            "key": str(self.pki.key("good")),
            "cert": str(self.pki.certificate("good")),
            "tenant": TENANT,
            "scope": SCOPE,
            "clients": clients,
            "jwks": [private_jwk()],
        }
        file = self.write("provider.json", json.dumps(settings))
        log = open(self.folder / "provider.log", "w", encoding="utf-8")
        self.provider_process = subprocess.Popen(
            ["node", INSTALLED / "provider.mjs", file], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True
        )
        line = self.provider_process.stdout.readline()
        expect(line, "oidc-provider does not start:\n" + (self.folder / "provider.log").read_text()[-2000:])
        return json.loads(line)

    def release(self, authority: str, client: str, *more: object) -> subprocess.CompletedProcess[str]:
        command = [self.program, "--authority", authority, "--api-url", self.service.api.url]
        command += ["--cacert", str(self.pki.root), "--tenant", TENANT, "--client-id", client]
        command += [*map(str, more), "-c", "clean", "-v", DEVICE]
        return subprocess.run(command, env={}, capture_output=True, text=True, timeout=STEP_SECONDS, check=False)

    def pem(self, name: str) -> Path:
        return self.write(f"{name}.pem", self.pki.certificate(name).read_text() + self.pki.key(name).read_text())

    def msal(self, **settings: object) -> None:
        """msal-node signs in at the fake service."""
        authority = f"{self.service.login.url}/{TENANT}"
        content = {"authority": authority, "clientId": CLIENT_ID, "scope": SCOPE, **settings}
        file = self.write("msal.json", json.dumps(content))
        done = subprocess.run(
            ["node", INSTALLED / "msal.mjs", file],
            env={"PATH": os.environ["PATH"], "NODE_EXTRA_CA_CERTS": str(self.pki.root)},
            capture_output=True,
            text=True,
            timeout=STEP_SECONDS,
            check=False,
        )
        expect('"token"' in done.stdout, f"msal-node gets no token: {done.stdout}{done.stderr[-1000:]}")


class AnyToken(dict):
    """The API takes every token: whether it is one, the provider is asked."""

    def get(self, token, default=None):
        return Claims("https://api.securitycenter.microsoft.com", ("Machine.Isolate",), 1e12, 0) if token else default


def public_jwk(certificate: Path, algorithm: str) -> dict[str, object]:
    """The public key of a certificate as RFC 7517 writes it."""
    text = assertion.openssl("x509", "-in", str(certificate), "-noout", "-pubkey")
    der = assertion.openssl("pkey", "-pubin", "-outform", "der", data=text)
    if algorithm == "ES256":
        point = der[-64:]
        return {"kty": "EC", "crv": "P-256", "x": assertion.encode(point[:32]), "y": assertion.encode(point[32:]), "use": "sig"}
    modulus = assertion.openssl("rsa", "-pubin", "-noout", "-modulus", data=text).decode().strip().partition("=")[2]
    return {"kty": "RSA", "n": assertion.encode(bytes.fromhex(modulus)), "e": "AQAB", "use": "sig"}


def private_jwk() -> dict[str, object]:
    """A key for the provider's own tokens, which nobody looks at."""
    der = assertion.openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-outform", "der")
    public = assertion.openssl("pkey", "-inform", "der", "-pubout", "-outform", "der", data=der)
    point, number = public[-64:], der.split(b"\x02\x01\x01\x04\x20", 1)[1][:32]
    return {
        "kty": "EC",
        "crv": "P-256",
        "x": assertion.encode(point[:32]),
        "y": assertion.encode(point[32:]),
        "d": assertion.encode(number),
        "use": "sig",
        "alg": "ES256",
    }


def introspect(bench: Bench, url: str, token: str) -> dict[str, object]:
    """What the provider says of a token."""
    form = urllib.parse.urlencode({"token": token, "client_id": "app-secret", "client_secret": SECRET}).encode()
    trust = ssl.create_default_context(cafile=str(bench.pki.root))
    target = url + "/introspect"
    with urllib.request.urlopen(target, form, STEP_SECONDS, context=trust) as answer:
        return json.load(answer)


# ---- oidc-provider ----


def sign_in(bench: Bench, where: str, client: str, *options: object) -> str:
    """The program releases a device with a token of the provider; it is one, and this client's."""
    before = len(bench.service.log.requests("api"))
    url = bench.provider[where]
    result = bench.release(url + ("/adfs" if where == "adfs" else ""), client, *options)
    expect(result.returncode == 0, f"exit {result.returncode}\n{result.stderr}")
    requests = bench.service.log.requests("api")[before:]
    token = requests[0].header("Authorization").removeprefix("Bearer ")
    about = introspect(bench, url, token)
    expect(about.get("active") is True and about.get("client_id") == client, f"the token is not its own: {about}")
    expect(about.get("scope") == SCOPE, f"another scope: {about}")
    return f"granted; introspection: active, client_id {about['client_id']}, scope {about['scope']}"


def check_refused(bench: Bench, where: str, client: str, *options: object) -> str:
    result = bench.release(bench.provider[where], client, *options)
    expect(result.returncode == 5, f"exit {result.returncode}, wanted 5\n{result.stderr}")
    expect(": invalid_client: " in result.stderr, result.stderr)
    return next(line for line in result.stderr.splitlines() if line.startswith("unisolate: "))


def provider_secret(bench: Bench) -> str:
    return sign_in(bench, "url", "app-secret", "--client-secret-file", bench.write("secret", SECRET + "\n"))


def provider_wrong_secret(bench: Bench) -> str:
    return check_refused(bench, "url", "app-secret", "--client-secret-file", bench.write("wrong", SECRET[:-1]))


def provider_ps256(bench: Bench) -> str:
    return sign_in(bench, "url", "app-rsa", "--certificate", bench.pem("app"))


def provider_ps256_with_chain(bench: Bench) -> str:
    return sign_in(bench, "url", "app-rsa", "--certificate", bench.pem("app"), "--send-chain")


def provider_es256(bench: Bench) -> str:
    return sign_in(bench, "url", "app-p256", "--certificate", bench.pem("app-p256"))


def provider_rs256(bench: Bench) -> str:
    return sign_in(bench, "adfs", "app-rs256", "--certificate", bench.pem("app"))


def provider_another_key(bench: Bench) -> str:
    return check_refused(bench, "url", "app-rsa", "--certificate", bench.pem("app-other"))


def provider_another_client(bench: Bench) -> str:
    return check_refused(bench, "url", "app-p256", "--certificate", bench.pem("app"))


# ---- the device flow ----


def device_flow(bench: Bench, agree: bool) -> subprocess.CompletedProcess[str]:
    """The program shows address and code; a person answers there; what the program ended with."""
    command = [bench.program, "--authority", bench.provider["url"], "--api-url", bench.service.api.url]
    command += ["--cacert", str(bench.pki.root), "--tenant", TENANT, "--client-id", "app-device"]
    command += ["--auth", "device-code", "--max-time", str(STEP_SECONDS), "-c", "clean", DEVICE]
    with subprocess.Popen(command, env={}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as program:
        try:
            words = program.stderr.readline().split()
            expect(words[:2] == ["sign-in:", "open"], f"no code is shown: {words}")
            url, code = words[2], words[words.index("code") + 1]
            page = Person(str(bench.pki.root), STEP_SECONDS).answer(url, code, agree)
            out, err = program.communicate(timeout=STEP_SECONDS + 5)
        except BaseException:
            program.kill()
            raise
    return subprocess.CompletedProcess(command, program.returncode, out, f"{err}\nlast page: {page[-600:]}")


def provider_device_flow(bench: Bench) -> str:
    before = len(bench.service.log.requests("api"))
    result = device_flow(bench, agree=True)
    expect(result.returncode == 0, f"exit {result.returncode}\n{result.stderr}")
    token = bench.service.log.requests("api")[before:][0].header("Authorization").removeprefix("Bearer ")
    about = introspect(bench, bench.provider["url"], token)
    expect(about.get("active") is True and about.get("client_id") == "app-device", f"the token is not its own: {about}")
    return f"granted to somebody; introspection: active, client_id {about['client_id']}, sub {about.get('sub')}"


def provider_device_flow_declined(bench: Bench) -> str:
    result = device_flow(bench, agree=False)
    expect(result.returncode == 5, f"exit {result.returncode}, wanted 5\n{result.stderr}")
    expect("access_denied" in result.stderr, result.stderr)
    return next(line for line in result.stderr.splitlines() if line.startswith("unisolate: "))


# ---- msal-node beside ours ----


def with_discovery(bench: Bench) -> None:
    """msal-node asks for the authority's configuration first; ours knows where to go."""
    answer_token, base = bench.service.entra.handle, f"{bench.service.login.url}/{TENANT}"
    configuration = {
        "issuer": f"{base}/v2.0",
        "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
        "token_endpoint": f"{base}/oauth2/v2.0/token",
        "jwks_uri": f"{base}/discovery/v2.0/keys",
    }

    def handle(request):
        if request.target.endswith("/.well-known/openid-configuration"):
            return json_answer(200, configuration)
        return answer_token(without_telemetry(request) if "?" in request.target else request)

    bench.service.login.handler = handle


def without_telemetry(request):
    """The fake service is strict about our requests; of msal-node's, it gets the fields that decide."""
    form = parse_form(request.body) or {}
    kept = {name: value for name, value in form.items() if not name.startswith(("x-client-", "x-ms-", "client-request-id"))}
    body = urllib.parse.urlencode(kept, quote_via=urllib.parse.quote).encode()
    return dataclasses.replace(request, target=request.target.partition("?")[0], body=body)


def beside_msal(bench: Bench, ours: list[object], theirs: dict[str, object]) -> str:
    """Both sign in at the fake service, which checks both; then the last request of each."""
    service = bench.service
    service.entra.applications.certificates = [bench.pki.certificate(name) for name in ("app", "app-issued")]
    service.entra.secret = SECRET
    with_discovery(bench)
    bench.msal(**theirs)
    their_request = service.log.requests("login")[-1]
    result = bench.release(service.login.url, CLIENT_ID, *ours)
    expect(result.returncode == 0, result.stderr)
    our_request = service.log.requests("login")[-1]
    their_form = parse_form(their_request.body)
    our_form = parse_form(our_request.body)
    lines = compare_forms(our_form, their_form)
    if "client_assertion" in our_form and our_form["client_assertion"] != FEDERATED:
        lines += compare_tokens(our_form["client_assertion"], their_form["client_assertion"])
    bad = [line for line in lines if line.why is None]
    expect(not bad, "differences nobody explains:\n" + describe(bad))
    return "\n" + describe(lines)


def msal_certificate(bench: Bench, name: str, chain: bool) -> dict[str, object]:
    certificate = bench.pki.certificate(name)
    der = assertion.der_of(certificate)
    settings: dict[str, object] = {
        "thumbprintSha256": assertion.hashlib.sha256(der).hexdigest(),
        "privateKey": bench.pki.key(name).read_text(),
    }
    if chain:
        settings["x5c"] = certificate.read_text()
    return {"certificate": settings}


def msal_secret(bench: Bench) -> str:
    return beside_msal(bench, ["--client-secret-file", bench.write("secret", SECRET)], {"secret": SECRET})


def msal_ps256(bench: Bench) -> str:
    return beside_msal(bench, ["--certificate", bench.pem("app")], msal_certificate(bench, "app", False))


def msal_ps256_with_chain(bench: Bench) -> str:
    """The certificate and the one that signed it."""
    ours = ["--certificate", bench.pem("app-issued"), "--send-chain"]
    return beside_msal(bench, ours, msal_certificate(bench, "app-issued", True))


def msal_federated(bench: Bench) -> str:
    bench.service.entra.federated.append(FEDERATED)
    try:
        return beside_msal(
            bench, ["--federated-token-file", bench.write("federated", FEDERATED)], {"assertion": FEDERATED}
        )
    finally:
        bench.service.entra.federated.clear()


CHECKS = (
    provider_secret,
    provider_wrong_secret,
    provider_ps256,
    provider_ps256_with_chain,
    provider_es256,
    provider_rs256,
    provider_another_key,
    provider_another_client,
    provider_device_flow,
    provider_device_flow_declined,
    msal_secret,
    msal_ps256,
    msal_ps256_with_chain,
    msal_federated,
)


def run_all(program: str) -> int:
    failed = 0
    with tempfile.TemporaryDirectory(prefix="unisolate-peers-") as name:
        bench = Bench(program, Path(name))
        try:
            for check in CHECKS:
                try:
                    print(f"{check.__name__}: {check(bench)}", flush=True)
                except Exception:  # pylint: disable=broad-except
                    failed += 1
                    print(f"FAILED {check.__name__}\n{traceback.format_exc()}", flush=True)
        finally:
            bench.stop()
        violations = bench.service.log.of("violation")
        if violations:
            failed += 1
            print("the service received what it must not:", *(event.detail for event in violations), sep="\n  ")
    print(f"{len(CHECKS) - min(failed, len(CHECKS))} passed, {failed} failed")
    return 1 if failed else 0


def main() -> int:
    parser = argparse.ArgumentParser(description="Run the program against servers and beside clients of others.")
    parser.add_argument("--program", required=True)
    options = parser.parse_args()
    try:
        install()
        return run_all(str(Path(options.program).resolve()))
    except (Failed, OSError, subprocess.SubprocessError) as error:
        print(f"test_peers.py: {error}")
        print("0 passed, 1 failed")
        return 1


if __name__ == "__main__":
    sys.exit(main())
