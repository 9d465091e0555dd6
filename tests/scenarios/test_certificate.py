"""
test_certificate.py - signing in with a certificate or a federated token.

Rules     contract section 3 (sign-in), 6.5 and 6.9. The fake service checks every assertion as Entra ID does
          (service/assertion.py); test_key.c has every kind of key file, here are those that people meet.
"""

import fcntl
import os
import pty
import select
import signal
import subprocess
import termios
import time
from datetime import datetime, timedelta, timezone

from harness import Scenario, each
from service import assertion, faults
from service.defender import DEVICE
from service.entra import CLIENT_ID, TENANT, error_answer, parse_form
from service.message import Answer, json_answer

PASSWORD = "correct horse battery"


class Application(Scenario):
    """The application has two certificates registered: RSA and P-256."""

    def setUp(self):
        super().setUp()
        self.applications = self.service.entra.applications
        self.applications.certificates = [self.certificate("app"), self.certificate("app-p256")]
        self.extra_secrets.append(PASSWORD)

    def certificate(self, name):
        return self.service.pki.certificate(name)

    def key(self, name, *options):
        """The private key, as openssl writes it with these options; its lines are secrets."""
        text = self.service.pki.key(name).read_text()
        if options:
            text = self.openssl("pkcs8", "-topk8", "-passout", f"pass:{PASSWORD}", *options, text=text)
        self.extra_secrets += text.splitlines()[1:-1]
        return text

    def openssl(self, *arguments, text=""):
        done = subprocess.run(["openssl", *arguments], input=text, capture_output=True, text=True, check=True)
        return done.stdout

    def file(self, name="app", *options, key=None):
        """A PEM file with a certificate and a private key."""
        return self.write("app.pem", self.certificate(name).read_text() + self.key(key or name, *options))

    def release_as(self, *more, **settings):
        return self.run_program(
            *self.where(), "--tenant", TENANT, "--client-id", CLIENT_ID, *more, "-c", "clean", DEVICE, **settings
        )

    def release_with(self, file, *more, **settings):
        return self.release_as("--certificate", file, *more, **settings)

    def assert_released(self, result):
        self.assert_exit(result, 0)
        self.assertEqual((self.token_requests(), self.posts()), (1, 1))

    def sent_assertions(self):
        """Header and claims of each assertion that reached the server, also of those it did not answer."""
        forms = [parse_form(request.body) for request in self.service.log.requests("login")]
        return [assertion.take_apart(form["client_assertion"])[:2] for form in forms]


class Success(Application):
    @each([("plain", ()), ("encrypted", ("-v2", "aes-256-cbc"))])
    def test_certificate_and_key_in_two_files(self, options):
        key = self.write("key.pem", self.key("app", *options))
        password = ["--certificate-password-file", self.write("password", PASSWORD)] if options else []
        self.assert_released(
            self.release_with(self.certificate("app"), "--certificate-key-file", key, *password)
        )

    def test_key_of_another_certificate_in_the_second_file(self):
        key = self.write("key.pem", self.key("app-p256"))
        result = self.release_with(self.certificate("app"), "--certificate-key-file", key)
        self.assert_exit(result, 2)
        self.assertEqual(self.token_requests(), 0)

    @each([("RSA signs PS256", "app", "PS256"), ("P-256 signs ES256", "app-p256", "ES256")])
    def test_assertion_is_accepted(self, name, algorithm):
        self.assert_released(self.release_with(self.file(name)))
        header = self.applications.headers[0]
        self.assertEqual(header["alg"], algorithm)
        self.assertEqual(list(header), ["alg", "typ", "x5t#S256"])
        self.assertEqual(
            list(self.applications.claims[0]), ["aud", "exp", "iss", "sub", "nbf", "jti", "iat"]
        )

    def test_variables_as_azure_identity_reads_them(self):
        environment = {
            "AZURE_TENANT_ID": TENANT,
            "AZURE_CLIENT_ID": CLIENT_ID,
            "AZURE_CLIENT_CERTIFICATE_PATH": str(self.file("app", "-v2", "aes-256-cbc")),
            "AZURE_CLIENT_CERTIFICATE_PASSWORD": PASSWORD,
            "AZURE_CLIENT_SEND_CERTIFICATE_CHAIN": "True",
            "AZURE_AUTHORITY_HOST": self.service.login.url + "/",
        }
        result = self.run_program(
            "--api-url", self.service.api.url, "--cacert", self.service.pki.root, "-c", "clean", DEVICE, env=environment
        )
        self.assert_released(result)
        self.assertIn("x5c", self.applications.headers[0])

    def test_standard_input(self):
        content = self.file().read_bytes()
        self.assert_released(self.release_with("-", stdin=content))

    def test_variable_that_holds_the_pem(self):
        content = self.file().read_text()
        self.assert_released(self.release_with("env:MY_PEM", env={"MY_PEM": content}))

    @each(
        [
            ("AES-256", ("-v2", "aes-256-cbc")),
            ("AES-128", ("-v2", "aes-128-cbc")),
            ("PBKDF2 with SHA-1", ("-v2", "aes-256-cbc", "-v2prf", "hmacWithSHA1")),
        ]
    )
    def test_encrypted_key(self, options):
        password = self.write("password", PASSWORD + "\n")
        file = self.file("app", *options)
        self.assert_released(self.release_with(file, "--certificate-password-file", password))

    def test_chain_is_sent_when_asked(self):
        file = self.file("app-issued")
        self.applications.certificates = [self.certificate("app-issued")]
        self.assert_released(self.release_with(file, "--send-chain"))
        chain = self.applications.headers[0]["x5c"]
        self.assertEqual(len(chain), 2)
        self.assertEqual(
            assertion.base64.b64decode(chain[1]), assertion.der_of(self.certificate("intermediate"))
        )

    def test_subject_and_issuer_are_trusted_in_place_of_the_certificate(self):
        file = self.file("app-issued")
        self.applications.certificates = []
        self.applications.trusted_issuer = self.certificate("intermediate")
        result = self.release_with(file)
        self.assert_exit(result, 5)
        self.assert_says(result, "AADSTS700027")
        self.assert_exit(self.release_with(file, "--send-chain"), 0)

    def test_rs256_for_ad_fs(self):
        self.applications.algorithms = {"RS256"}
        result = self.run_program(
            *["--authority", self.service.login.url + "/adfs", "--api-url", self.service.api.url],
            *["--cacert", self.service.pki.root, "--tenant", TENANT, "--client-id", CLIENT_ID],
            *["--certificate", self.file(), "-c", "clean", DEVICE],
        )
        self.assert_released(result)
        self.assertEqual(list(self.applications.headers[0]), ["alg", "typ", "x5t"])

    def test_rs256_where_ps256_is_not_taken(self):
        self.applications.algorithms = {"RS256"}
        result = self.release_with(self.file(), "-v")
        self.assert_exit(result, 0)
        self.assert_says(result, "RS256")
        self.assertEqual([header["alg"] for header, _ in self.sent_assertions()], ["PS256", "RS256"])

    def test_four_round_trips_are_not_made_five(self):
        """Two requests: the key is loaded and the assertion signed before anything is sent."""
        self.release_with(self.file())
        self.assertEqual(len(self.service.log.requests()), 2)


class Choice(Application):
    """--auth auto: token, secret, certificate, federated."""

    def inputs(self):
        self.service.entra.federated.append("eyJ.federated.token")
        return {
            "secret": ("AZURE_CLIENT_SECRET", self.service.entra.secret),
            "certificate": ("AZURE_CLIENT_CERTIFICATE_PATH", str(self.file())),
            "federated": ("AZURE_FEDERATED_TOKEN_FILE", str(self.write("federated", "eyJ.federated.token"))),
        }

    @each([("all", ["secret", "certificate", "federated"]), ("without secret", ["certificate", "federated"])])
    def test_first_that_is_given(self, names):
        inputs = self.inputs()
        self.service.entra.federated.clear()
        self.assert_exit(self.release_as(env=dict(inputs[name] for name in names)), 0)
        form = parse_form(self.service.log.requests("login")[0].body)
        self.assertEqual("client_secret" in form, names[0] == "secret")

    @each([("secret", "secret"), ("certificate", "certificate"), ("federated", "federated")])
    def test_named(self, name):
        inputs = self.inputs()
        if name == "certificate":
            self.service.entra.federated.clear()
        self.assert_exit(self.release_as("--auth", name, env=dict(inputs.values())), 0)

    @each([("certificate", "certificate", "--certificate"), ("federated", "federated", "--federated-token-file")])
    def test_named_without_its_input(self, name, option):
        result = self.release_as("--auth", name, env={"AZURE_CLIENT_SECRET": self.service.entra.secret})
        self.assert_exit(result, 2)
        self.assert_says(result, option)

    @each([("tenant", "--client-id", CLIENT_ID), ("client id", "--tenant", TENANT)])
    def test_without(self, option, value):
        file = self.file()
        result = self.run_program(*self.where(), option, value, "--certificate", file, "-c", "clean", DEVICE)
        self.assert_exit(result, 2)


class Repeated(Application):
    """Every request has an assertion of its own."""

    def assert_all_new(self, count):
        ids = [claims["jti"] for _, claims in self.sent_assertions()]
        self.assertEqual(len(ids), count)
        self.assertEqual(len(set(ids)), count)

    @each(
        [
            ("503", faults.answer_of(Answer(503))),
            ("429", faults.answer_of(error_answer(90055, headers=(("Retry-After", "0"),)))),
            ("temporary error", faults.answer_of(error_answer(90033))),
            ("answer lost", faults.close_without_answer()),
        ]
    )
    def test_after(self, fault):
        self.service.login.fail(fault)
        self.assert_exit(self.release_with(self.file()), 0)
        self.assert_all_new(2)

    def test_after_401_of_the_api(self):
        self.service.api.fail(faults.answer_of(Answer(401)))
        self.assert_exit(self.release_with(self.file()), 0)
        self.assert_all_new(2)


class Refused(Application):
    def assert_refused(self, result, number, *words):
        self.assert_exit(result, 5)
        self.assert_says(result, f"AADSTS{number}", "advice:", *words)
        self.assertEqual((self.token_requests(), self.posts()), (1, 0))

    def test_certificate_that_is_not_registered(self):
        result = self.release_with(self.file("app-other"), "--json")
        self.assert_refused_json(result, 700027)

    def assert_refused_json(self, result, number):
        self.assert_exit(result, 5)
        error = result.json[0]["error"]
        self.assertEqual(error["code"], "invalid_client")
        self.assertIn(f"AADSTS{number}", error["message"])
        self.assertIn("Trace ID: ", error["message"])
        self.assertTrue(error["target"])
        self.assertEqual(self.token_requests(), 1)

    def test_algorithm_that_is_not_taken(self):
        self.applications.algorithms = {"RS256"}
        self.assert_refused(self.release_with(self.file("app-p256")), 5002738, "RSA")

    @each([("clock", 700024, "--at TIME"), ("audience", 700023, "--authority"), ("issuer", 700021, "--client-id")])
    def test_assertion_that_is_not_taken(self, number, word):
        self.service.login.fail(faults.answer_of(error_answer(number)), 9)
        self.assert_refused(self.release_with(self.file()), number, word)

    def test_assertion_is_of_the_time_that_was_given(self):
        """An hour ahead: the service refuses it and its answer says what time it is there."""
        ahead = datetime.now(timezone.utc) + timedelta(hours=1)
        result = self.release_with(self.file(), "--at", ahead.strftime("%Y-%m-%dT%H:%M:%SZ"))
        self.assert_refused(result, 700024, "--at TIME")

    def test_assertion_that_is_repeated_in_the_answer(self):
        def echo(request):
            form = parse_form(request.body)
            return json_answer(401, {"error": "invalid_client", "error_description": "no: " + form["client_assertion"]})

        self.service.login.handler = echo
        self.service.entra.assertions = EveryAssertion(self.service.log)
        result = self.release_with(self.file())
        self.assert_exit(result, 5)
        self.assert_says(result, "(hidden)")


class EveryAssertion(list):
    """All that were sent, for the check that none is shown."""

    def __init__(self, log):
        super().__init__()
        self.log = log

    def __iter__(self):
        for request in self.log.requests("login"):
            yield parse_form(request.body)["client_assertion"]


class Unusable(Application):
    """Exit 2, a line of its own, and nothing is sent."""

    def assert_unusable(self, result, *words):
        self.assert_exit(result, 2)
        self.assert_says(result, *words)
        self.assertEqual(self.service.log.requests(), [])

    def test_pfx(self):
        pfx = self.folder / "app.pfx"
        self.openssl(
            *["pkcs12", "-export", "-inkey", str(self.service.pki.key("app")), "-in", str(self.certificate("app"))],
            *["-passout", f"pass:{PASSWORD}", "-out", str(pfx)],
        )
        self.assert_unusable(self.release_with(pfx), "app.pfx", "PFX", "openssl pkcs12 -in")

    def test_no_key(self):
        self.assert_unusable(self.release_with(self.certificate("app")), "no private key", "--certificate-key-file")

    def test_no_certificate(self):
        self.assert_unusable(self.release_with(self.write("app.pem", self.key("app"))), "no certificate")

    def test_key_of_another_certificate(self):
        self.assert_unusable(self.release_with(self.file("app", key="app-other")), "app.pem", "does not fit")

    def test_expired(self):
        self.assert_unusable(self.release_with(self.file("app-expired")), "expired at 2021-01-01T00:00:00Z")

    def test_not_yet_valid(self):
        self.assert_unusable(self.release_with(self.file("app-not-yet-valid")), "not valid before 2044-01-01T00:00:00Z")

    @each(
        [
            ("triple DES", ("-v2", "des3"), "triple DES"),
            ("scrypt", ("-scrypt",), "scrypt"),
            ("PKCS #12", ("-v1", "PBE-SHA1-3DES"), "PKCS #12"),
        ]
    )
    def test_encryption_that_is_not_read(self, options, word):
        password = self.write("password", PASSWORD)
        result = self.release_with(self.file("app", *options), "--certificate-password-file", password)
        self.assert_unusable(result, word, "openssl pkey -in")

    def test_old_encryption(self):
        text = self.openssl(
            "rsa", "-traditional", "-aes256", "-passout", f"pass:{PASSWORD}", text=self.service.pki.key("app").read_text()
        )
        file = self.write("app.pem", self.certificate("app").read_text() + text)
        self.assert_unusable(self.release_with(file), "Proc-Type", "openssl pkey -in")

    def test_wrong_password(self):
        password = self.write("password", "another")
        file = self.file("app", "-v2", "aes-256-cbc")
        result = self.release_with(file, "--certificate-password-file", password)
        self.assert_unusable(result, "app.pem", "password does not open")

    def test_no_password_and_nobody_to_ask(self):
        file = self.file("app", "-v2", "aes-256-cbc")
        result = self.release_with(file, start_new_session=True)
        self.assert_unusable(result, "app.pem", "encrypted", "--certificate-password-file")

    @each([("Ed25519", ("ED25519",), "Ed25519"), ("P-384", ("EC", "-pkeyopt", "ec_paramgen_curve:P-384"), "secp384r1"),
           ("RSA 1024", ("RSA", "-pkeyopt", "rsa_keygen_bits:1024"), "1024 bits")])
    def test_type_of_key(self, kind, word):
        key = self.openssl("genpkey", "-algorithm", *kind)
        file = self.write("app.pem", self.certificate("app").read_text() + key)
        self.assert_unusable(self.release_with(file), word, "openssl req")

    def test_missing(self):
        self.assert_unusable(self.release_with(self.folder / "nowhere"), "nowhere")

    def test_empty_password(self):
        file = self.file("app", "-v2", "aes-256-cbc")
        result = self.release_with(file, "--certificate-password-file", self.write("password", "\n"))
        self.assert_unusable(result, "password", "empty")


class Terminal:
    """A terminal of its own for one program."""

    def __init__(self, scenario):
        self.master, self.slave = pty.openpty()
        self.shown = ""
        scenario.addCleanup(os.close, self.master)
        scenario.addCleanup(os.close, self.slave)

    def take(self):
        """In the child: this is the controlling terminal."""
        os.setsid()
        fcntl.ioctl(self.slave, termios.TIOCSCTTY, 0)

    def read_until(self, text, seconds=10):
        end = time.monotonic() + seconds
        while text not in self.shown and time.monotonic() < end:
            if select.select([self.master], [], [], 0.1)[0]:
                self.shown += os.read(self.master, 1000).decode()
        return text in self.shown

    def has_echo(self):
        return bool(termios.tcgetattr(self.slave)[3] & termios.ECHO)

    def type(self, text):
        os.write(self.master, text.encode())


class Asked(Application):
    """The password is asked for on the terminal, and not shown there."""

    PROMPT = "Password of the private key in "

    def start(self):
        self.terminal = Terminal(self)
        file = self.file("app", "-v2", "aes-256-cbc")
        running = self.start_program(
            *[*self.where(), "--tenant", TENANT, "--client-id", CLIENT_ID, "--certificate", file, "-c", "clean", DEVICE],
            preexec_fn=self.terminal.take,
            pass_fds=[self.terminal.slave],
        )
        self.assertTrue(self.terminal.read_until(self.PROMPT), self.terminal.shown)
        self.assertTrue(self.terminal.read_until(": "))
        self.assertFalse(self.terminal.has_echo())
        keys = termios.tcgetattr(self.terminal.slave)[6]
        self.assertEqual([keys[termios.VSUSP], keys[termios.VQUIT]], [b"\0", b"\0"])
        return running

    def finish(self, running):
        result = self.check(running.finish())
        self.terminal.read_until("\n", 1)
        self.assertNotIn(PASSWORD, self.terminal.shown)
        self.assertTrue(self.terminal.has_echo())
        return result

    def test_typed(self):
        running = self.start()
        self.terminal.type(PASSWORD + "\n")
        self.assert_released(self.finish(running))

    def test_wrong(self):
        running = self.start()
        self.terminal.type("another\n")
        result = self.finish(running)
        self.assert_exit(result, 2)
        self.assert_says(result, "password does not open")
        self.assertEqual(self.service.log.requests(), [])

    def test_nothing_typed(self):
        running = self.start()
        self.terminal.type("\n")
        self.assert_exit(self.finish(running), 2)

    def test_end_of_input(self):
        running = self.start()
        self.terminal.type("\x04")
        self.assert_exit(self.finish(running), 2)

    def test_control_c(self):
        running = self.start()
        self.terminal.type("half\x03")
        self.assert_exit(self.finish(running), 130)

    @each([("SIGINT", signal.SIGINT, 130), ("SIGTERM", signal.SIGTERM, 143)])
    def test_signal(self, number, code):
        running = self.start()
        running.signal(number)
        self.assert_exit(self.finish(running), code)

    def test_stop_keys_do_nothing(self):
        running = self.start()
        self.terminal.type("\x1a\x1c")
        time.sleep(0.3)
        self.terminal.type("\x15" + PASSWORD + "\n")
        self.assert_released(self.finish(running))


class Federated(Application):
    TOKEN = "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJmZWRlcmF0ZWQifQ.c2lnbmF0dXJlLW9mLXRoZS1pc3N1ZXI"

    def setUp(self):
        super().setUp()
        self.service.entra.federated.append(self.TOKEN)

    def release_from(self, source, *more, **settings):
        return self.release_as("--federated-token-file", source, *more, **settings)

    @each([("as it is", TOKEN), ("line end", TOKEN + "\n"), ("Windows line end", TOKEN + "\r\n"), ("blanks", f"  {TOKEN} \n")])
    def test_file(self, content):
        self.assert_released(self.release_from(self.write("federated", content)))

    def test_variable_of_workload_identity(self):
        environment = {
            "AZURE_TENANT_ID": TENANT,
            "AZURE_CLIENT_ID": CLIENT_ID,
            "AZURE_AUTHORITY_HOST": self.service.login.url + "/",
            "AZURE_FEDERATED_TOKEN_FILE": str(self.write("azure-identity-token", self.TOKEN)),
        }
        result = self.run_program(
            "--api-url", self.service.api.url, "--cacert", self.service.pki.root, "-c", "clean", DEVICE, env=environment
        )
        self.assert_released(result)

    def test_file_is_read_for_every_request(self):
        file = self.write("federated", self.TOKEN)
        self.service.login.fail(faults.answer_of(Answer(503, headers=[("Retry-After", "1")])))
        running = self.start_program(
            *[*self.where(), "--tenant", TENANT, "--client-id", CLIENT_ID, "--federated-token-file", file],
            *["-c", "clean", DEVICE],
        )
        self.assertTrue(self.service.log.wait("request", "login"))
        self.service.entra.federated.append(self.TOKEN + "-renewed")
        file.write_text(self.TOKEN + "-renewed")
        self.assert_exit(self.check(running.finish()), 0)
        self.assertEqual(self.token_requests(), 2)

    @each(
        [
            ("empty", b"", "empty"),
            ("blank", b" \n", "empty"),
            ("too large", b"x" * (65 << 10), "too large"),
            ("NUL", b"abc\0def", "NUL"),
            ("another text", b"{\"token\": \"x\"}", "not a token"),
            ("two lines", TOKEN.encode() + b"\n" + TOKEN.encode(), "not a token"),
        ]
    )
    def test_unusable(self, content, word):
        result = self.release_from(self.write("federated", content))
        self.assert_exit(result, 2)
        self.assert_says(result, "federated", word)
        self.assertEqual(self.service.log.requests(), [])

    def test_missing(self):
        self.assert_exit(self.release_from(self.folder / "nowhere"), 2)

    @each([("issuer", 700211), ("subject", 700213)])
    def test_refused(self, number):
        self.service.login.fail(faults.answer_of(error_answer(number)), 9)
        result = self.release_from(self.write("federated", self.TOKEN))
        self.assert_exit(result, 5)
        self.assert_says(result, f"AADSTS{number}", "issuer, subject and audience")
        self.assertEqual(self.token_requests(), 1)


METHODS = ("certificate", "federated")
FAULTS = [
    ("malformed answer", faults.html_page(200), (), 14),
    ("no token", faults.raw("empty", b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", None), (), 14),
    ("time-out", faults.stall(), ("--max-time", "1"), 7),
    ("throttled", faults.answer_of(error_answer(90055, headers=(("Retry-After", "0"),))), ("--retries", "1"), 9),
    ("temporary error", faults.answer_of(error_answer(90033)), ("--retries", "1"), 14),
    ("server error", faults.answer_of(Answer(503)), ("--retries", "1"), 14),
]


class Outcomes(Application):
    """Each method against each way the sign-in service can fail: the same exit codes as with a secret."""

    def inputs(self, method):
        if method == "certificate":
            return ["--certificate", self.file()]
        self.service.entra.federated.append(Federated.TOKEN)
        return ["--federated-token-file", self.write("federated", Federated.TOKEN)]

    @each([(f"{method}, {row[0]}", method, *row[1:]) for method in METHODS for row in FAULTS])
    def test(self, method, fault, more, code):
        self.service.login.fail(fault, 99)
        self.assert_exit(self.release_as(*self.inputs(method), *more), code)
