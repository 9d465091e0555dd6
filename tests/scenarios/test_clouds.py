"""
test_clouds.py - which hosts a cloud or region means, and what scope is asked for.

Does      sends the real host names to loopback at port 443 with --resolve; each scenario has a
          loopback address of its own.
Not here  the real hosts: nothing leaves this machine.
Rules     contract section 3 (--cloud, --region); defender-docs gov.md and
          improve-request-performance.md (read 2026-11-23).
"""

import os
import urllib.parse

from harness import Scenario, each
from service.defender import DEVICE
from service.entra import CLIENT_ID, RESOURCE, TENANT
from service.service import Service

LOGIN, LOGIN_US = "login.microsoftonline.com", "login.microsoftonline.us"
COMMERCIAL = "api.security.microsoft.com"
GCC, GOV = "api-gcc.securitycenter.microsoft.us", "api-gov.securitycenter.microsoft.us"
PORT = 443


class Clouds(Scenario):
    CLOUDS = [
        ("default", [], {}, LOGIN, COMMERCIAL),
        ("commercial", ["--cloud", "commercial"], {}, LOGIN, COMMERCIAL),
        ("gcc", ["--cloud", "gcc"], {}, LOGIN, GCC),
        ("gcc-high", ["--cloud", "gcc-high"], {}, LOGIN_US, GOV),
        ("dod", ["--cloud=dod"], {}, LOGIN_US, GOV),
        ("environment", [], {"UNISOLATE_CLOUD": "gcc"}, LOGIN, GCC),
        (
            "option over environment",
            ["--cloud", "gcc-high"],
            {"UNISOLATE_CLOUD": "gcc"},
            LOGIN_US,
            GOV,
        ),
    ]
    REGIONS = [
        (region, ["--region", region], {}, LOGIN, f"{region}.{COMMERCIAL}")
        for region in ("us", "eu", "uk", "au", "swa", "ina")
    ]

    def start_service(self):
        with open("/proc/sys/net/ipv4/ip_unprivileged_port_start", encoding="ascii") as file:
            if os.geteuid() != 0 and int(file.read()) > PORT:
                self.skipTest(f"may not listen at port {PORT} here")
        # A loopback address of this process alone, one for each server.
        number = os.getpid() % 16384
        self.addresses = [f"127.{64 + number // 256}.{number % 256}.{last}" for last in (1, 2)]
        service = Service(self.addresses[:1], self.addresses[1:], PORT).start()
        self.addCleanup(service.stop)
        return service

    @each(CLOUDS + REGIONS)
    def test_hosts(self, options, env, login, api):
        self.service.entra.resources |= {f"https://{GCC}", f"https://{GOV}"}
        self.service.defender.audiences |= {f"https://{GCC}", f"https://{GOV}"}
        result = self.run_program(
            "--resolve",
            f"{login}:{PORT}:{self.addresses[0]}",
            "--resolve",
            f"{api}:{PORT}:{self.addresses[1]}",
            "--cacert",
            self.service.pki.root,
            *self.sign_in(),
            "-c",
            "clean",
            "--retries",
            "0",
            *options,
            DEVICE,
            env=env,
        )
        self.assert_exit(result, 0)
        self.assertEqual([request.header("Host") for request in self.service.log.requests()], [login, api])
        form = dict(urllib.parse.parse_qsl(self.service.log.requests("login")[0].body.decode()))
        resource = RESOURCE if api.endswith(COMMERCIAL) else f"https://{api}"
        self.assertEqual(form["scope"], resource + "/.default")


class Overridden(Scenario):
    @each([("slash", "https://localhost:{port}/"), ("no slash", "https://localhost:{port}"), ("no scheme", "localhost:{port}"),
           ("no scheme, slash", "localhost:{port}/")])
    def test_authority_as_others_write_it(self, text):
        env = {"AZURE_AUTHORITY_HOST": text.format(port=self.service.login.port), "AZURE_CLIENT_SECRET": self.service.entra.secret,
               "AZURE_TENANT_ID": TENANT, "AZURE_CLIENT_ID": CLIENT_ID}
        result = self.run_program("--api-url", self.service.api.url, "--cacert", self.service.pki.root, "-c", "clean", DEVICE, env=env)
        self.assert_exit(result, 0)
        self.assertEqual(self.service.log.requests("login")[0].target, f"/{TENANT}/oauth2/v2.0/token")

    def test_device_code_goes_to_the_same_place(self):
        self.assert_exit(self.run_program(*self.where(), "--auth", "device-code", "--client-id", CLIENT_ID, "-c", "clean", DEVICE), 0)
        targets = [request.target for request in self.service.log.requests("login")]
        self.assertEqual(targets[0], "/organizations/oauth2/v2.0/devicecode")

    def test_region_of_another_cloud_is_a_usage_fault(self):
        result = self.run_program(
            *self.sign_in(), "--cloud", "gcc-high", "--region", "eu", "-c", "clean", DEVICE
        )
        self.assert_exit(result, 2)

    def test_urls_win_over_the_cloud(self):
        self.service.entra.resources |= {f"https://{GCC}", f"https://{GOV}"}
        self.service.defender.audiences |= {f"https://{GCC}", f"https://{GOV}"}
        self.assert_exit(self.release("--cloud", "dod"), 0)
