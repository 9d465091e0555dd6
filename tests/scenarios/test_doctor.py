"""
test_doctor.py - the command that looks at everything on the way and changes nothing.

Does      runs it on a healthy host and on each kind of ill one; leaves what it printed on four of
          them in build/test/doctor-*.txt.
Rules     contract sections 2, 4 and 5; the release that it asks for names a device that cannot
          exist: nothing else is sent that could change anything.
"""

import signal
from pathlib import Path

from devices import DeviceScenario
from harness import NO_METADATA, Result
from service import faults
from service.defender import DEVICE
from service.message import Answer, json_answer
from service.proxy import Proxy
from service.refusal import UNAUTHORIZED

NOBODY = "0" * 40
CHECKS = [
    "program",
    "clock",
    "entropy",
    "configuration",
    "names",
    "names",
    "route",
    "route",
    "proxy",
    "tls",
    "tls",
    "sign-in",
    "claims",
    "permission",
    "device",
    "round-trip",
]
OUTPUT = Path(__file__).resolve().parents[2] / "build" / "test"


class DoctorScenario(DeviceScenario):
    def doctor(self, *more, **settings):
        return self.command("doctor", *more, **settings)

    def rows(self, *more, **settings):
        """The checks by name; of both hosts the sign-in host's first."""
        result = self.doctor("--json", *more, **settings)
        self.assertEqual([row["check"] for row in result.json], CHECKS, result.describe())
        found = {}
        for row in result.json:
            found.setdefault(row["check"], []).append(row)
        return result, found

    def tearDown(self):
        self.assert_nothing_changed()
        super().tearDown()

    def assert_nothing_changed(self):
        for request in self.service.log.requests("api"):
            if request.method != "GET":
                self.assertEqual(request.target, f"/api/machines/{NOBODY}/unisolate")

    def assert_ok(self, found, **expected):
        """What each check came to: True, False, None; of both hosts as a pair."""
        for name, wanted in expected.items():
            rows = found[name.replace("_", "-")]
            self.assertEqual([row["ok"] for row in rows], list(wanted) if isinstance(wanted, tuple) else [wanted],
                             f"{rows}\n{self.runs[-1].describe()}")

    def keep(self, name: str, result: Result) -> None:
        """What was printed, for people to look at."""
        self.assertLessEqual(max(map(len, result.out.splitlines())), 80, result.describe())
        if not self.verbose:
            OUTPUT.mkdir(parents=True, exist_ok=True)
            (OUTPUT / f"doctor-{name}.txt").write_text(
                f"$ unisolate doctor ...\n{result.out}{result.err}(exit {result.exit})\n", encoding="utf-8"
            )


class Healthy(DoctorScenario):
    def test_everything_is_well(self):
        result, found = self.rows("pc-042")
        self.assert_exit(result, 0)
        self.assert_ok(found, program=True, clock=True, entropy=True, configuration=True, names=(True, True),
                       route=(True, True), proxy=None, tls=(True, True), sign_in=True, claims=True,
                       permission=True, device=True, round_trip=True)
        self.assertIn(f"localhost port {self.service.login.port}", found["route"][0]["detail"])
        self.assertIn(f"localhost:{self.service.api.port}", found["tls"][1]["detail"])
        self.assertIn("::1, 127.0.0.1 (always known)", found["names"][1]["detail"])
        self.assertIn("IPv4 127.0.0.1", found["route"][0]["detail"])
        self.assertIn("IPv6 ::1", found["route"][0]["detail"])
        self.assertIn("Unisolate Test Root", found["tls"][0]["detail"])
        self.assertIn("TLSv1.3", found["tls"][0]["detail"])
        self.assertIn("Machine.Isolate", found["claims"][0]["detail"])
        self.assertIn("pc-042.contoso.com", found["device"][0]["detail"])
        self.assertEqual(self.posts(), 1)
        self.assertEqual(self.token_requests(), 1)

    def test_as_text(self):
        result = self.doctor()
        self.assert_exit(result, 0)
        self.keep("healthy", result)
        self.assertEqual(result.out.count("\nok "), 13, result.describe())
        self.assertIn("skipped  device", result.out)
        if not self.verbose:
            self.assertEqual(result.err, "")

    def test_colors(self):
        result = self.doctor("--color", "always", color=True)
        self.assertIn("\033[32mok\033[0m", result.out)

    def test_with_a_token_no_sign_in_host_is_needed(self):
        self.service.login.refuse()
        file = self.write("token", self.service.entra.issue() + "\n")
        result = self.run_program("doctor", "--json", *self.where(), "--token-file", file)
        self.assert_exit(result, 0)
        self.assertEqual([r["ok"] for r in result.json if r["check"] == "tls"], [None, True])
        self.assertEqual(self.service.log.of("accepted", "login"), [])

    def test_names_say_where_they_are_from(self):
        host = "login.test.example"
        port = self.service.login.port
        arguments = ["--authority", f"https://{host}:{port}", "--resolve", f"{host}:{port}:127.0.0.1"]
        where = ["--api-url", self.service.api.url, "--cacert", self.service.pki.root]
        result = self.run_program("doctor", "--json", *arguments, *where, *self.sign_in())
        self.assert_exit(result, 0)
        details = [row["detail"] for row in result.json if row["check"] == "names"]
        self.assertEqual(details[0], f"{host}: 127.0.0.1 (--resolve)")

    def test_says_who_gave_what(self):
        _, found = self.rows(env={"UNISOLATE_CLOUD": "commercial"})
        detail = found["configuration"][0]["detail"]
        self.assertIn("--cloud", detail)
        self.assertIn("--cloud commercial (by UNISOLATE_CLOUD)", detail)
        self.assertIn("--tenant 1", detail)

    def test_says_what_the_file_gave(self):
        file = self.write("some.conf", "connect-timeout = 7s\n")
        _, found = self.rows("--config", file)
        self.assertRegex(found["configuration"][0]["detail"], r"--connect-timeout 7s \(by .*some\.conf:1\)")

    def test_takes_one_device(self):
        result = self.doctor(DEVICE, DEVICE)
        self.assert_exit(result, 2)
        self.assertEqual(self.service.log.requests(), [])


class Ill(DoctorScenario):
    def test_wrong_clock(self):
        self.service.login.context = self.service.context("not-yet-valid")
        self.service.api.context = self.service.context("expired")
        result, found = self.rows()
        self.assert_exit(result, 8)
        self.assert_ok(found, route=(True, True), tls=(False, False), sign_in=None, permission=None)
        for row, date in zip(found["tls"], ("2044-01-01", "2021-01-01")):
            self.assertIn(date, row["detail"])
            self.assertIn("clock says", row["detail"])
            self.assertIn("clock", row["advice"])

    def test_clock_before_the_program_was_built(self):
        result, found = self.rows("--at", "1970-01-01T00:00:00Z")
        self.assert_exit(result, 8)
        self.assert_ok(found, clock=False, tls=(False, False), sign_in=None)
        for row in found["clock"] + found["tls"]:
            self.assertIn("1970-01-01T00:00", row["detail"])
            self.assertIn("--at", row["advice"])
        self.keep("wrong-clock", self.doctor("--at", "1970-01-01T00:00:00Z"))

    def test_clock_of_another_century(self):
        result, found = self.rows("--at", "2050-01-01T00:00:00Z")
        self.assert_exit(result, 8)
        self.assert_ok(found, program=False, clock=True, tls=(False, False))

    def test_without_the_role(self):
        self.service.entra.roles = ("Machine.Read.All",)
        result, found = self.rows()
        self.assert_exit(result, 6)
        self.assert_ok(found, sign_in=True, claims=False, permission=False)
        self.assertIn("Machine.Isolate", found["permission"][0]["detail"] + found["permission"][0]["advice"])
        self.keep("without-a-role", self.doctor())

    def test_inspected(self):
        for server in (self.service.login, self.service.api):
            server.context = self.service.context("unknown-issuer")
        result, found = self.rows()
        self.assert_exit(result, 8)
        self.assert_ok(found, tls=(False, False), sign_in=None)
        self.assertIn("Unknown Test Root", found["tls"][0]["detail"])
        self.assertIn("--cacert", found["tls"][0]["advice"])

    def test_inspected_with_the_inspecting_root(self):
        _, found = self.rows()
        self.assertIn("inspected on the way", found["tls"][0]["detail"])

    def test_no_name_server_answers(self):
        arguments = ["--authority", "https://login.nowhere.example", "--dns", "127.0.0.1:1", "--connect-timeout", "1"]
        where = ["--api-url", self.service.api.url, "--cacert", self.service.pki.root]
        result = self.run_program("doctor", "--json", *arguments, *where, *self.sign_in())
        self.assert_exit(result, 7)
        oks = [(row["check"], row["ok"]) for row in result.json]
        self.assertIn(("names", False), oks)
        self.assertEqual([ok for name, ok in oks if name == "route"], [None, True])
        self.assertEqual([ok for name, ok in oks if name == "tls"], [None, True])
        self.assertEqual([ok for name, ok in oks if name == "sign-in"], [None])

    def test_refused(self):
        self.service.api.refuse()
        result, found = self.rows()
        self.assert_exit(result, 7)
        self.assert_ok(found, names=(True, True), route=(True, False), tls=(True, None), sign_in=True, claims=True,
                       permission=None, device=None)

    def test_no_credential(self):
        result = self.run_program("doctor", "--json", *self.where(), env=NO_METADATA)
        self.assert_exit(result, 5)
        oks = {row["check"]: row["ok"] for row in result.json}
        self.assertEqual((oks["sign-in"], oks["tls"], oks["claims"], oks["permission"]), (False, True, None, None))

    def test_half_a_credential(self):
        result = self.run_program("doctor", "--json", *self.where(), "--client-secret-file", self.secret_file)
        self.assert_exit(result, 2)
        oks = {row["check"]: row["ok"] for row in result.json}
        self.assertEqual((oks["sign-in"], oks["tls"]), (False, True))

    def test_wrong_secret(self):
        self.secret_file.write_text("another-secret\n")
        result, found = self.rows()
        self.assert_exit(result, 5)
        self.assert_ok(found, sign_in=False, claims=None, permission=None, device=None)
        self.assertIn("AADSTS", found["sign-in"][0]["detail"])

    def test_token_is_not_accepted(self):
        self.service.api.fail(faults.answer_of(UNAUTHORIZED.answer()), 99)
        result, found = self.rows()
        self.assert_exit(result, 5)
        self.assert_ok(found, sign_in=True, claims=True, permission=False)
        self.assertEqual(self.token_requests(), 2)

    def test_configuration_that_is_wrong(self):
        result = self.doctor("--json", "--region", "us", "--cloud", "dod")
        self.assert_exit(result, 2)
        oks = {row["check"]: row["ok"] for row in result.json}
        self.assertEqual((oks["configuration"], oks["names"], oks["tls"], oks["sign-in"]), (False, None, None, None))

    def test_answer_that_no_api_gives(self):
        for answer in (json_answer(201, {"id": "x"}), Answer(200), Answer(404)):
            with self.subTest(answer=answer):
                self.service.api.handler = lambda _request, answer=answer: answer
                result, found = self.rows()
                self.assert_exit(result, 14)
                self.assert_ok(found, permission=False)

    def test_different_problems_are_12(self):
        self.service.entra.roles = ()
        result, found = self.rows("no-such-device.example")
        self.assert_ok(found, permission=False, device=False)
        self.assert_exit(result, 6)
        self.service.entra.roles = ("Machine.Read.All",)
        self.assert_exit(self.doctor("no-such-device.example"), 12)


class BehindProxy(DoctorScenario):
    def test_every_variable_wins_over_the_file(self):
        file = self.write("some.conf", "proxy = http://127.0.0.1:1\n")
        proxy = self.start_proxy()
        for name in ("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"):
            _, found = self.rows("--config", file, env={name: proxy.url})
            self.assertIn(f"(by {name}, ", found["proxy"][0]["detail"])

    def start_proxy(self, **settings):
        proxy = Proxy(**settings).start()
        self.addCleanup(proxy.stop)
        return proxy

    def test_that_lets_through(self):
        proxy = self.start_proxy()
        result, found = self.rows(env={"https_proxy": proxy.url})
        self.assert_exit(result, 0)
        self.assert_ok(found, names=(True, True), route=(True, True), proxy=True, tls=(True, True), permission=True)
        detail = found["proxy"][0]["detail"]
        for word in ("https_proxy", f"127.0.0.1:{proxy.port}", f"localhost:{self.service.login.port}", f"localhost:{self.service.api.port}"):
            self.assertIn(word, detail)
        self.assertIn(f"127.0.0.1 port {proxy.port}", found["route"][0]["detail"])

    def test_that_inspects(self):
        proxy = self.start_proxy(inspects=self.service.context("unknown-issuer"))
        result, found = self.rows("--proxy", proxy.url)
        self.assert_exit(result, 8)
        self.assert_ok(found, route=(True, True), proxy=True, tls=(False, False), sign_in=None)
        self.assertIn("Unknown Test Root", found["tls"][1]["detail"])
        self.keep("inspecting-proxy", self.doctor("--proxy", proxy.url))

    def test_that_wants_a_login(self):
        proxy = self.start_proxy(login="bob:secret-of-bob")
        result, found = self.rows("--proxy", proxy.url)
        self.assert_exit(result, 7)
        self.assert_ok(found, names=(True, True), route=(True, True), proxy=False, tls=(None, None), sign_in=None)
        self.assertIn("407", found["proxy"][0]["detail"])

    def test_login_is_not_shown(self):
        """Not even where the variable that names the proxy holds it."""
        password = "never-shown-password"
        self.extra_secrets.append(password)
        proxy = self.start_proxy(login=f"bob:{password}")
        result, found = self.rows(env={"https_proxy": f"http://bob:{password}@127.0.0.1:{proxy.port}"})
        self.assert_exit(result, 0)
        self.assertIn("with a login", found["proxy"][0]["detail"])
        self.assertIn("--proxy (by https_proxy)", found["configuration"][0]["detail"])

    def test_that_refuses_one_host(self):
        proxy = self.start_proxy(refused=(f"localhost:{self.service.api.port}",))
        result, found = self.rows("--proxy", proxy.url)
        self.assert_exit(result, 7)
        self.assert_ok(found, proxy=False, tls=(True, None), sign_in=True, permission=None)
        self.assertIn(f"has opened the way to localhost:{self.service.login.port}", found["proxy"][0]["detail"])

    def test_that_is_not_there(self):
        result, found = self.rows("--proxy", "http://127.0.0.1:1")
        self.assert_exit(result, 7)
        self.assert_ok(found, names=(True, True), route=(False, False), proxy=None, tls=(None, None))


class Devices(DoctorScenario):
    def test_unknown(self):
        result, found = self.rows("nobody.example")
        self.assert_exit(result, 3)
        self.assert_ok(found, permission=True, device=False)

    def test_isolated(self):
        self.service.defender.add_action(DEVICE, "Isolate", "Succeeded", ago=60)
        _, found = self.rows(DEVICE)
        self.assertIn(": isolated (Isolate ", found["device"][0]["detail"])

    def test_several(self):
        self.only({"name": "twin.a.example"}, {"name": "twin.b.example"})
        result, found = self.rows("twin")
        self.assert_exit(result, 4)
        self.assert_ok(found, device=False, permission=True)

    def test_that_may_not_be_looked_up(self):
        self.service.entra.roles = ("Machine.Isolate",)
        result, found = self.rows(DEVICE)
        self.assert_exit(result, 0)
        self.assert_ok(found, permission=True, device=None)


class Ends(DoctorScenario):
    def test_interrupted(self):
        self.service.api.fail(faults.stall())
        running = self.start_program("doctor", *self.where(), *self.sign_in())
        self.assertTrue(self.service.log.wait("stalled", "api"))
        running.signal(signal.SIGINT)
        result = self.check(running.finish())
        self.assert_exit(result, 130)
        self.assertIn("skipped  permission", result.out)
        self.assertIn("skipped  device", result.out)

    def test_interrupted_while_connecting(self):
        self.service.login.fail(faults.stall_on_accept(), 99)
        running = self.start_program("doctor", *self.where(), *self.sign_in())
        self.assertTrue(self.service.log.wait("stalled", "login"))
        running.signal(signal.SIGTERM)
        result = self.check(running.finish())
        self.assert_exit(result, 143)
        self.assertIn("interrupted", result.out)
        self.assertEqual(self.service.log.requests(), [])

    def test_bounded_by_max_time(self):
        self.service.login.fail(faults.stall_on_accept(), 99)
        result, found = self.rows("--max-time", "2")
        self.assert_exit(result, 7)
        self.assert_ok(found, tls=(False, True), sign_in=None, permission=None)
        self.assertIn("time-out", found["tls"][0]["detail"])
