"""
test_proxy.py - the way through an HTTP proxy.

Rules     contract sections 3 (--proxy, --no-proxy, --proxy-password-file, their variables) and 4 (7, 8); RFC 9110 9.3.6; curl 7.88
          for the variables and for what needs no proxy (tests/unit/test_proxy.c has the table).
"""

import base64

from devices import ISOLATE_AND_READ, device
from harness import Scenario
from service import imds
from service.defender import DEVICE
from service.proxy import Proxy
from service.relay import DOWN, UP, Relay

USER, PASSWORD = "bob@corp", "p:ss w%rd/never-shown"
ENCODED = "p%3Ass%20w%25rd%2Fnever-shown"
NOBODY = "127.0.0.1:9"
HUGE = b"HTTP/1.1 200 OK\r\nX: " + b"x" * 70000 + b"\r\n\r\n"


class ProxyScenario(Scenario):
    def start_proxy(self, **settings):
        proxy = Proxy(**settings).start()
        self.addCleanup(proxy.stop)
        return proxy

    def two_targets(self):
        return sorted(f"localhost:{server.port}" for server in (self.service.login, self.service.api))

    def assert_through(self, proxy, result):
        """Released, each host through the proxy and over one connection."""
        self.assert_exit(result, 0)
        self.assertEqual(sorted(proxy.targets()), self.two_targets(), result.describe())

    def assert_direct(self, proxy, result):
        self.assert_exit(result, 0)
        self.assertEqual(proxy.targets(), [], result.describe())


class Through(ProxyScenario):
    def test_both_hosts_and_nothing_else(self):
        proxy = self.start_proxy()
        self.assert_through(proxy, self.release("--proxy", proxy.url))
        for connect in proxy.connects:
            lines = connect.head.split("\r\n")
            self.assertEqual(lines[:2], [f"CONNECT {connect.target} HTTP/1.1", f"Host: {connect.target}"])
            self.assertRegex(lines[2], "^User-Agent: unisolate/")
            self.assertEqual(len(lines), 3)
        self.assertEqual(len(self.service.log.of("accepted")), 2)

    def test_proxy_looks_names_up(self):
        """Neither host has an address here, and there is no name server."""
        proxy = self.start_proxy()
        login, api = self.service.login.url_for("login.test.example"), self.service.api.url_for("api.test.example")
        result = self.run_program(
            *("--authority", login, "--api-url", api),
            *("--cacert", self.service.pki.root, "--dns", "127.0.0.1:1", "--proxy", proxy.url),
            *self.sign_in(),
            *("-c", "clean", DEVICE),
        )
        self.assert_exit(result, 0)
        self.assertEqual(sorted("https://" + target for target in proxy.targets()), [api, login])

    def test_one_connection_for_many_devices(self):
        proxy = self.start_proxy()
        devices = [f"{number:040x}" for number in range(1, 4)]
        self.release("--proxy", proxy.url, devices=devices)
        self.assertEqual(sorted(proxy.targets()), self.two_targets())

    def test_own_name_by_resolve(self):
        proxy = self.start_proxy()
        result = self.release("--proxy", f"px.example:{proxy.port}", "--resolve", f"px.example:{proxy.port}:127.0.0.1")
        self.assert_through(proxy, result)

    def test_resolve_of_a_host_does_not_count(self):
        proxy = self.start_proxy()
        api = self.service.api.port
        self.assert_through(proxy, self.release("--proxy", proxy.url, "--resolve", f"localhost:{api}:192.0.2.1"))

    def test_ipv6(self):
        proxy = self.start_proxy(address="::1")
        result = self.run_program(
            *("-6", "--proxy", proxy.url, "--cacert", self.service.pki.root),
            *("--authority", self.service.login.url_for("[::1]"), "--api-url", self.service.api.url_for("[::1]")),
            *self.sign_in(),
            *("-c", "clean", DEVICE),
        )
        self.assert_exit(result, 0)
        self.assertEqual(
            sorted(proxy.targets()), sorted(f"[::1]:{s.port}" for s in (self.service.login, self.service.api))
        )

    def test_family_is_that_of_the_way_to_the_proxy(self):
        proxy = self.start_proxy()
        self.assert_exit(self.release("-6", "--proxy", proxy.url), 7)
        self.assert_through(proxy, self.release("-4", "--proxy", proxy.url))

    def test_2xx_may_speak_of_a_body(self):
        """RFC 9110 9.3.6: a client ignores both fields."""

        def one(fields):
            proxy = self.start_proxy(opened=b"HTTP/1.1 200 OK\r\n" + fields + b"\r\n")
            self.assert_through(proxy, self.release("--proxy", proxy.url))

        lengths = b"Content-Length: 10\r\n", b"Transfer-Encoding: chunked\r\n", b"Content-Length: x\r\nContent-Length: 5\r\n"
        self.side_by_side(lengths, one)

    def test_round_trips(self):
        """One more than without: CONNECT. What may follow is the good-bye."""
        proxy = self.start_proxy()
        relay = Relay(proxy.port, 0.025).start()
        self.addCleanup(relay.stop)
        self.assert_exit(self.release("--proxy", f"http://127.0.0.1:{relay.port}"), 0)
        self.assertEqual(relay.connections(), 2)
        for connection in (1, 2):
            self.assertEqual([flight.direction for flight in relay.flights(connection)][:6], [UP, DOWN] * 3)

    def test_connection_to_the_api_opens_meanwhile(self):
        proxy = self.start_proxy()
        self.assert_through(proxy, self.release("--proxy", proxy.url))
        token = self.service.log.of("request", "login")[0].time
        self.assertTrue(all(connect.time < token for connect in proxy.connects))


class Settings(ProxyScenario):
    """Which proxy is taken, and for what."""

    def test_environment(self):
        """GOOD is the proxy, BAD an address where nobody is."""
        rows = [
            ({"https_proxy": "GOOD", "HTTPS_PROXY": "BAD", "all_proxy": "BAD", "ALL_PROXY": "BAD"}, [], True),
            ({"HTTPS_PROXY": "GOOD", "all_proxy": "BAD"}, [], True),
            ({"https_proxy": "", "all_proxy": "GOOD", "ALL_PROXY": "BAD"}, [], True),
            ({"ALL_PROXY": "GOOD"}, [], True),
            ({"https_proxy": "BAD"}, ["--proxy", "GOOD"], True),
            ({"http_proxy": "BAD", "HTTP_PROXY": "BAD"}, [], False),
            ({"https_proxy": "BAD"}, ["--proxy", "none"], False),
            ({"https_proxy": "BAD", "no_proxy": "localhost"}, [], False),
            ({"https_proxy": "BAD", "NO_PROXY": "*"}, [], False),
            ({"https_proxy": "GOOD", "no_proxy": "x", "NO_PROXY": "*"}, [], True),
            ({"https_proxy": "GOOD", "no_proxy": "*"}, ["--no-proxy", "none"], True),
            ({"NO_PROXY": "localhost"}, ["--proxy", "BAD"], False),
            ({}, ["--proxy", "BAD", "--no-proxy", "localhost"], False),
            ({}, ["--proxy", "BAD", "--no-proxy", "127.0.0.1"], None),
        ]

        def one(row):
            environment, line, through = row
            proxy = self.start_proxy()

            def put(value):
                return value.replace("GOOD", proxy.place).replace("BAD", NOBODY)

            result = self.release(
                "--retries", "0", *map(put, line), env={name: put(value) for name, value in environment.items()}
            )
            if through is None:
                self.assert_exit(result, 7)
            elif through:
                self.assert_through(proxy, result)
            else:
                self.assert_direct(proxy, result)

        self.side_by_side(rows, one)

    def test_one_host_through_it_and_the_other_not(self):
        proxy = self.start_proxy()
        result = self.run_program(
            *("--authority", self.service.login.url_for("127.0.0.1"), "--api-url", self.service.api.url),
            *("--cacert", self.service.pki.root, "--proxy", proxy.url, "--no-proxy", "127.0.0.0/8"),
            *self.sign_in(),
            *("-c", "clean", DEVICE),
        )
        self.assert_exit(result, 0)
        self.assertEqual(proxy.targets(), [f"localhost:{self.service.api.port}"])

    def test_local_endpoint_of_a_managed_identity_is_asked_directly(self):
        proxy = self.start_proxy()
        host = imds.serve("host", imds.Identities(self.service.entra), self.service.log)
        self.addCleanup(host.stop)
        env = {"AZURE_POD_IDENTITY_AUTHORITY_HOST": f"http://127.0.0.1:{host.port}", "all_proxy": proxy.url, "http_proxy": proxy.url}
        result = self.run_program(*self.where(), "--auth", "managed-identity", "-c", "clean", DEVICE, env=env)
        self.assert_exit(result, 0)
        self.assertEqual(proxy.targets(), [f"localhost:{self.service.api.port}"])

    def test_usage(self):
        file = self.write("password", PASSWORD)
        where = "proxy.example:3128"
        rows = [
            (["--proxy", f"http://{USER.split('@', maxsplit=1)[0]}:{ENCODED}@{where}"], ["--proxy:", "--proxy-password-file"]),
            (["--proxy", f"bob:{ENCODED}@{where}"], ["--proxy-password-file"]),
            (["--proxy", f"socks5h://{where}"], ["--proxy:", "socks is not supported", "http://"]),
            (["--proxy", f"socks5://bob:{ENCODED}@{where}"], ["socks"]),
            (["--proxy", f"ftp://{where}"], ["--proxy:", "http://"]),
            (["--proxy", "proxy.example:99999"], ["port"]),
            (["--proxy", "pro xy"], ["host name"]),
            (["--proxy", "http://"], ["no host"]),
            (["--proxy", where, "--proxy-password-file", file], ["user"]),
            (["--proxy", f"bob@{where}", "--proxy-password-file", "nothing-there"], ["nothing-there"]),
            (["--proxy", f"bo%3Ab@{where}"], ["':'"]),
            (["--proxy", f"b%zz@{where}"], ["%XX"]),
        ]
        self.extra_secrets += [PASSWORD, ENCODED]

        def one(row):
            line, words = row
            result = self.release(*line)
            self.assert_exit(result, 2)
            self.assert_says(result, *words)

        self.side_by_side(rows, one)
        self.assertEqual(self.service.log.of("accepted"), [])

    def test_usage_in_a_variable(self):
        self.extra_secrets += [PASSWORD, ENCODED]
        for value, word in ((f"socks5://bob:{ENCODED}@h:1", "SOCKS"), (f"http://bob:{ENCODED}@h:1@h", "%XX")):
            result = self.release(env={"all_proxy": value})
            self.assert_exit(result, 2)
            self.assert_says(result, "all_proxy:", word)


class Login(ProxyScenario):
    def setUp(self):
        super().setUp()
        self.proxy = self.start_proxy(login=f"{USER}:{PASSWORD}")
        self.password_file = self.write("password", PASSWORD + "\n")
        self.extra_secrets += [PASSWORD, ENCODED, base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()]

    def with_user(self, user="bob%40corp"):
        return ["--proxy", f"http://{user}@{self.proxy.place}"]

    def test_is_sent_at_once(self):
        self.assert_through(self.proxy, self.release("-vv", *self.with_user(), "--proxy-password-file", self.password_file))

    def test_sources(self):
        rows = [
            (["--proxy-password-file", "env:PX"], {"env": {"PX": PASSWORD}}),
            (["--proxy-password-file", "-"], {"stdin": PASSWORD.encode() + b"\r\n"}),
        ]
        for line, settings in rows:
            self.proxy.connects.clear()
            self.assert_through(self.proxy, self.release(*self.with_user(), *line, **settings))
        self.proxy.connects.clear()
        url = f"http://bob%40corp:{ENCODED}@{self.proxy.place}/"
        self.assert_through(self.proxy, self.release("-vv", env={"https_proxy": url}))
        self.proxy.connects.clear()
        url = f"http://bob%40corp:other@{self.proxy.place}/"
        self.assert_through(self.proxy, self.release("--proxy-password-file", self.password_file, env={"ALL_PROXY": url}))

    def test_goes_to_the_proxy_alone(self):
        self.assert_exit(self.release(*self.with_user(), "--proxy-password-file", self.password_file), 0)
        for request in self.service.log.requests():
            self.assertIsNone(request.header("Proxy-Authorization"))

    def refused(self, *line, words, **settings):
        result = self.release("--json", *line, **settings)
        self.assert_exit(result, 7)
        text = str(result.json[0]["error"])
        for word in ("407", self.proxy.place, *words):
            self.assertIn(word, text)
        self.assertLessEqual(len(self.proxy.connects), 2, "a refused login is not tried again")

    def test_missing(self):
        self.refused("--proxy", self.proxy.place, words=["a login is needed", "offers Basic", "--proxy-password-file"])

    def test_wrong(self):
        file = self.write("wrong", "something else")
        self.refused(*self.with_user(), "--proxy-password-file", file, words=["not accepted", "--proxy"])

    def test_without_its_password(self):
        self.refused(*self.with_user(), words=["not accepted", "--proxy-password-file"])

    def test_wrong_in_a_variable(self):
        url = f"http://bob:{ENCODED}@{self.proxy.place}"
        self.refused(env={"HTTPS_PROXY": url}, words=["not accepted", "HTTPS_PROXY", "%XX"])

    def test_other_kinds(self):
        self.proxy.offers = ("Negotiate", "NTLM", 'Digest realm="a, b", qop="auth", nonce = "x"')
        self.refused(
            *self.with_user(),
            *("--proxy-password-file", self.write("wrong", "something else")),
            words=["offers Negotiate, NTLM, Digest", "Basic is the only login", "cntlm"],
        )


class Refusals(ProxyScenario):
    """What comes instead of a way through: exit 7, nothing sent, the proxy named."""

    ROWS = [
        ("403", [b"HTTP/1.1 403 Not for you\r\n\r\n"], ["403 Not for you", "allow CONNECT to localhost"]),
        ("407 by two answers", [b"HTTP/1.1 100 Go on\r\n\r\nHTTP/1.0 407 x\r\n\r\n"], ["407", "offers nothing"]),
        ("404", [b"HTTP/1.1 404\r\n\r\n"], ["404"]),
        ("405, raw bytes in its reason", [b"HTTP/1.1 405 \xff\xe2\x80\xae\r\n\r\n"], ["405"]),
        ("redirect", [b"HTTP/1.1 302 Found\r\nLocation: http://portal/\r\n\r\n"], ["302", "sign-in page"]),
        ("502", [b"HTTP/1.1 502 Bad Gateway\r\n\r\n"], ["502", "does not reach localhost"]),
        ("503", [b"HTTP/1.0 503 No\r\n\r\n"], ["503"]),
        ("504", [b"HTTP/1.1 504 Late\r\n\r\n"], ["504"]),
        ("bytes behind it", [b"HTTP/1.1 200 OK\r\n\r\n\x16\x03\x03"], ["bytes of its own"]),
        ("a body", [b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"], ["bytes of its own"]),
        ("another protocol", [b"SSH-2.0-OpenSSH_9\r\n"], ["HTTP proxy"]),
        ("an alert of TLS", [b"\x15\x03\x01\x00\x02\x02\x46"], ["https://"]),
        ("a huge head", [HUGE], ["too long"]),
        ("a cut head", [b"HTTP/1.1 200 Conn"], ["closed before its answer"]),
        ("nothing", [b""], ["closed before its answer"]),
        ("silence", [None], ["time-out", "answer to CONNECT"]),
    ]

    def test_each(self):
        def one(row):
            _, answers, words = row
            proxy = self.start_proxy(answers=answers * 2)
            result = self.release("--retries", "0", "--connect-timeout", "1s", "--proxy", proxy.url)
            self.assert_exit(result, 7)
            self.assert_says(result, "localhost", f"proxy {proxy.place}", "advice:", *words)

        self.side_by_side(self.ROWS, one)
        self.assertEqual(self.service.log.requests(), [])

    def test_allow_list(self):
        """The API is refused; the sign-in goes through."""
        proxy = self.start_proxy(refused=(f"localhost:{self.service.api.port}",))
        result = self.release("--proxy", proxy.url)
        self.assert_exit(result, 7)
        self.assert_says(result, "403 Not on the list", f"localhost port {self.service.api.port}")
        self.assertEqual((self.token_requests(), self.posts()), (1, 0))

    def test_what_may_pass_is_tried_again(self):
        proxy = self.start_proxy(answers=[b"HTTP/1.1 503 Later\r\n\r\n", b"", b"HTTP/1.1 504 Later\r\n\r\n"])
        self.assert_exit(self.release("--proxy", proxy.url), 0)

    def test_not_there(self):
        result = self.release("--retries", "0", env={"HTTPS_PROXY": f"http://{NOBODY}"})
        self.assert_exit(result, 7)
        self.assert_says(result, f"proxy {NOBODY}", "refused", "HTTPS_PROXY", "--proxy none")

    def test_has_no_address(self):
        result = self.release("--retries", "0", "--dns", "127.0.0.1:1", "--proxy", "proxy.example:3128")
        self.assert_exit(result, 7)
        self.assert_says(result, "proxy proxy.example:3128", "--resolve proxy.example:3128:ADDRESS")


class Tls(ProxyScenario):
    def proxy_with(self, certificate, **settings):
        return self.start_proxy(context=self.service.context(certificate, **settings))

    def test_to_the_proxy(self):
        proxy = self.proxy_with("good")
        proxy.login = f"{USER}:{PASSWORD}"
        self.extra_secrets.append(PASSWORD)
        file = self.write("password", PASSWORD)
        url = f"https://bob%40corp@localhost:{proxy.port}"
        self.assert_through(proxy, self.release("-vv", "--proxy", url, "--proxy-password-file", file))

    def test_to_the_proxy_many_bytes(self):
        """A long list through TLS in TLS."""
        self.service.entra.roles = ISOLATE_AND_READ
        for number in range(1000):
            self.service.defender.add(device(number), tags=("Lab",))
        proxy = self.proxy_with("good-rsa")
        line = ["--all", "--proxy", f"https://localhost:{proxy.port}", "tag:Lab"]
        result = self.run_program("find", *self.where(), *self.sign_in(), "--json", *line)
        self.assert_exit(result, 0)
        self.assertEqual(len(result.json), 1000)

    def test_certificate_of_the_proxy(self):
        rows = [
            ("wrong-host", ["proxy localhost", "certificate"]),
            ("unknown-issuer", ["proxy localhost", "Unknown Test Root", "--cacert"]),
            ("expired", ["proxy localhost", "clock"]),
        ]

        def one(row):
            certificate, words = row
            proxy = self.proxy_with(certificate)
            result = self.release("--proxy", f"https://localhost:{proxy.port}")
            self.assert_exit(result, 8)
            self.assert_says(result, *words)
            self.assertEqual(proxy.connects, [])

        self.side_by_side(rows, one)

    def test_https_where_http_is_spoken(self):
        proxy = self.start_proxy(answers=[b"HTTP/1.1 400 Bad\r\n\r\n"] * 2)
        result = self.release("--retries", "0", "--connect-timeout", "1s", "--proxy", f"https://127.0.0.1:{proxy.port}")
        self.assert_exit(result, 7, 8)
        self.assert_says(result, f"proxy 127.0.0.1:{proxy.port}")

    def test_inspected(self):
        proxy = self.start_proxy(inspects=self.service.context("unknown-issuer"))
        result = self.release("--proxy", proxy.url)
        self.assert_exit(result, 8)
        self.assert_says(result, f"through proxy {proxy.place}", "Unknown Test Root", "--cacert FILE", "inspects")
        self.assertEqual(self.service.log.requests(), [])

    def test_inspected_with_its_root(self):
        proxy = self.start_proxy(inspects=self.service.context("unknown-issuer"))
        result = self.run_program(
            *("--authority", self.service.login.url, "--api-url", self.service.api.url, "--proxy", proxy.url),
            *("--cacert", self.service.pki.certificate("unknown-root")),
            *self.sign_in(),
            *("-c", "clean", DEVICE),
        )
        self.assert_through(proxy, result)
