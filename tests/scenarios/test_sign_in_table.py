"""
test_sign_in_table.py - every way to sign in, each with every way it can end: exit code and line, as one table.

Does      runs all of it and writes build/test/sign-in-table.txt, for the release notes and for whoever answers questions:
          python3 tests/run.py --program build/unisolate -k sign_in_table && cat build/test/sign-in-table.txt
Not here  what is special about one way (test_managed_identity.py, test_device_code.py, ...).
Rules     contract section 4. A new way to sign in is one row of WAYS.
"""

import os
import tempfile
import unittest
from dataclasses import dataclass
from pathlib import Path
from typing import Callable

from harness import VERBOSE_VARIABLE, Scenario, forms_of_secret
from isolated import folder_in_place_of
from service import faults, imds
from service.defender import DEVICE
from service.entra import CLIENT_ID, TENANT, device_error, error_answer
from service.message import json_answer
from service.service import Service

FILE = Path(__file__).resolve().parents[2] / "build" / "test" / "sign-in-table.txt"
ENDINGS = {"success": 0, "refused": 5, "malformed": 14, "time-out": 7, "throttled": 9}

NOT_FOUND = json_answer(400, {"error": "invalid_request", "error_description": "Identity not found"})
FEDERATED_TOKEN = "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJrdWJlcm5ldGVzIn0.c2lnbmF0dXJlLW9mLXRoZS1pc3N1ZXI"
NO_TOKEN = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"


class Stage:
    """A service of its own for one run, and what the run is called with."""

    def __init__(self, scenario):
        self.scenario = scenario
        self.service = Service().start()
        scenario.addCleanup(self.service.stop)
        self.server = self.service.login        # who signs in
        self.secrets = []                       # that the service does not know itself
        self.options, self.env, self.settings = [], {}, {}

    def host(self, identities):
        self.server = imds.serve("host", identities, self.service.log)
        self.scenario.addCleanup(self.server.stop)
        return f"http://127.0.0.1:{self.server.port}"


def with_secret(stage):
    stage.options = ["--tenant", TENANT, "--client-id", CLIENT_ID]
    stage.env = {"AZURE_CLIENT_SECRET": stage.service.entra.secret}


def as_application(stage, option, name, text):
    """A sign-in whose proof stands in a file."""
    file = Path(tempfile.mkdtemp(dir=stage.scenario.folder)) / name
    file.write_text(text)
    stage.options = ["--tenant", TENANT, "--client-id", CLIENT_ID, option, file]


def with_certificate(stage):
    pki = stage.service.pki
    key = pki.key("app").read_text()
    stage.service.entra.applications.certificates = [pki.certificate("app")]
    stage.secrets = key.splitlines()[1:-1]
    as_application(stage, "--certificate", "app.pem", pki.certificate("app").read_text() + key)


def with_federated_token(stage):
    stage.service.entra.federated.append(FEDERATED_TOKEN)
    as_application(stage, "--federated-token-file", "federated", FEDERATED_TOKEN)


def with_token(stage):
    stage.server = stage.service.api            # nobody else is asked
    stage.env = {"UNISOLATE_TOKEN": stage.service.entra.issue()}


def with_imds(stage):
    stage.options = ["--auth", "managed-identity"]
    stage.env = {"AZURE_POD_IDENTITY_AUTHORITY_HOST": stage.host(imds.Identities(stage.service.entra))}


def with_app_service(stage):
    identities = imds.AppService(stage.service.entra)
    stage.secrets = [identities.header]
    stage.env = {"IDENTITY_ENDPOINT": stage.host(identities) + "/msi/token", "IDENTITY_HEADER": identities.header}


def with_arc(stage):
    """Its key folder is one of the scenario's own, seen by the program in the real one's place."""
    opt = Path(tempfile.mkdtemp(dir=stage.scenario.folder))
    keys = opt / "azcmagent" / "tokens"
    keys.mkdir(parents=True)
    stage.settings = {"preexec_fn": folder_in_place_of("/var/opt", opt)}
    identities = imds.Arc(stage.service.entra, folder=keys)
    stage.secrets = identities.keys
    base = stage.host(identities)
    stage.env = {"IDENTITY_ENDPOINT": base + imds.IMDS_PATH, "IMDS_ENDPOINT": base}


def with_device_code(stage):
    stage.options = ["--auth", "device-code", "--client-id", CLIENT_ID]


@dataclass(frozen=True)
class Way:
    name: str
    prepare: Callable[[Stage], None]
    refusal: object


WAYS = [Way("token", with_token, json_answer(401, {"error": {"code": "Unauthorized", "message": "Invalid token"}})),
        Way("secret", with_secret, error_answer(7000215)),
        Way("certificate", with_certificate, error_answer(700027)),
        Way("federated", with_federated_token, error_answer(700213)),
        Way("managed-identity (IMDS)", with_imds, NOT_FOUND),
        Way("managed-identity (App Service)", with_app_service, json_answer(400, {"statusCode": 400, "message": "No such identity"})),
        Way("managed-identity (Azure Arc)", with_arc, NOT_FOUND),
        Way("device-code", with_device_code, device_error("authorization_declined"))]


class SignInTable(Scenario):
    def test_every_way_and_every_ending(self):
        cells = [(way, ending) for way in WAYS for ending in ENDINGS]
        lines = dict.fromkeys((way.name, ending) for way, ending in cells)

        def run(cell):
            way, ending = cell
            try:
                result = self.sign_in_with(way, ending)
            except unittest.SkipTest as reason:
                lines[way.name, ending] = f"{way.name:31} {ending:10}    -  not run: {reason}"
                return
            line = result.fault_lines[0] if result.fault_lines else result.out.splitlines()[0]
            for word in (f":{port}" for port in self.ports):
                line = line.replace(word, "")
            lines[way.name, ending] = f"{way.name:31} {ending:10} {result.exit:4}  {line}"
            self.assert_exit(result, ENDINGS[ending])

        self.ports = set()
        self.side_by_side(cells, run)
        if not os.environ.get(VERBOSE_VARIABLE):
            FILE.parent.mkdir(parents=True, exist_ok=True)
            FILE.write_text("\n".join([f"{'way':31} {'ending':10} exit  line", *filter(None, lines.values())]) + "\n")

    def sign_in_with(self, way, ending):
        stage = Stage(self)
        way.prepare(stage)
        service, server = stage.service, stage.server
        self.ports |= {service.login.port, service.api.port, server.port}
        fault = {"refused": faults.answer_of(way.refusal), "malformed": faults.raw("no token", NO_TOKEN),
                 "time-out": faults.stall(), "throttled": faults.answer_of(json_answer(429, {"error": "too_many_requests"}))}.get(ending)
        if fault:
            server.fail(fault, 99)
        limits = ["--retries", "0", "--max-time", "5" if ending != "time-out" else "2"]
        result = self.run_program("-vv", "--authority", service.login.url, "--api-url", service.api.url, "--cacert", service.pki.root,
                                *stage.options, *limits, "-c", "clean", DEVICE, env=stage.env, **stage.settings)
        self.assert_hidden(result, service.secrets() + stage.secrets)
        return result

    def assert_hidden(self, result, secrets):
        """The harness knows the secrets of its own service alone."""
        for form in {form for secret in secrets for form in forms_of_secret(secret)}:
            self.assertNotIn(form, result.out + result.err, result.describe())
