"""
test_tls.py - whom the program trusts.

Rules     contract sections 3 (--cacert, --cacert-only) and 4 (8); RFC 9525 (names), RFC 5280 6
          (chains).
"""

import ssl

from harness import Scenario, each
from service import faults
from service.defender import DEVICE
from service.pki import HOSTS, ROOT_NAME, UNKNOWN_ROOT_NAME

REFUSED = [
    ("wrong host name", "wrong-host", ROOT_NAME),
    ("unknown root", "unknown-issuer", UNKNOWN_ROOT_NAME),
    ("self-signed", "self-signed", "localhost"),
    ("expired", "expired", ROOT_NAME),
    ("not yet valid", "not-yet-valid", ROOT_NAME),
    ("issued by what is no authority", "issued-by-leaf", "localhost"),
    ("chain lacks a link", "lacks-intermediate", "Unisolate Test Intermediate"),
    ("for clients only", "client-only", ROOT_NAME),
    ("common name only", "common-name-only", ROOT_NAME),
]

ACCEPTED = [("RSA key", "good-rsa"), ("through an intermediate", "through-intermediate")]

VERSIONS = [("TLS 1.2", ssl.TLSVersion.TLSv1_2), ("TLS 1.3", ssl.TLSVersion.TLSv1_3)]


class Certificates(Scenario):
    @each(REFUSED)
    def test_sign_in_server_refused(self, certificate, issuer):
        self.service.login.context = self.service.context(certificate)
        result = self.release()
        self.assert_exit(result, 8)
        self.assert_says(result, issuer, "localhost")
        self.assertEqual(self.service.log.requests(), [])

    @each(REFUSED)
    def test_api_server_refused(self, certificate, issuer):
        self.service.api.context = self.service.context(certificate)
        result = self.release()
        self.assert_exit(result, 8)
        self.assert_says(result, issuer)
        self.assertEqual(self.posts(), 0)

    @each(REFUSED)
    def test_is_final(self, certificate, _issuer):
        self.service.login.context = self.service.context(certificate)
        self.assert_exit(self.release(), 8)
        self.assertEqual(len(self.service.log.of("accepted", "login")), 1)

    @each([("expired", "expired"), ("not yet valid", "not-yet-valid")])
    def test_advice_speaks_of_the_clock(self, certificate):
        self.service.login.context = self.service.context(certificate)
        self.assert_says(self.release(), "advice:", "clock")

    @each(ACCEPTED)
    def test_accepted(self, certificate):
        self.service.login.context = self.service.context(certificate)
        self.service.api.context = self.service.context(certificate)
        self.assert_exit(self.release(), 0)

    def test_server_that_asks_for_a_certificate_gets_none(self):
        self.service.api.context = self.service.context(
            "good", ask_for_certificate=self.service.pki.root
        )
        self.assert_exit(self.release(), 0)


class Names(Scenario):
    def release_at(self, host, certificate):
        self.service.login.context = self.service.context(certificate)
        port = self.service.login.port
        return self.run_program(
            "--authority",
            self.service.login.url_for(host),
            "--api-url",
            self.service.api.url,
            "--cacert",
            self.service.pki.root,
            *self.sign_in(),
            "-c",
            "clean",
            "--resolve",
            f"{host}:{port}:127.0.0.1",
            DEVICE,
        )

    def test_wildcard_is_one_label(self):
        self.assert_exit(self.release_at("login.test.example", "wildcard"), 0)

    @each(
        [
            ("two labels", "a.login.test.example"),
            ("no label", "test.example"),
            ("other domain", "login.test.example.com"),
        ]
    )
    def test_wildcard_does_not_match(self, host):
        self.assert_exit(self.release_at(host, "wildcard"), 8)

    def test_capital_letters_do_not_matter(self):
        self.service.login.hosts = HOSTS + ("LOGIN.test.example",)
        self.assert_exit(self.release_at("LOGIN.test.example", "wildcard"), 0)

    @each([("IPv4", "127.0.0.1"), ("IPv6", "[::1]")])
    def test_address_in_the_url(self, host):
        result = self.run_program(
            "--authority",
            self.service.login.url_for(host),
            "--api-url",
            self.service.api.url_for(host),
            "--cacert",
            self.service.pki.root,
            *self.sign_in(),
            "-c",
            "clean",
            DEVICE,
        )
        self.assert_exit(result, 0)

    def test_address_that_is_not_in_the_certificate(self):
        self.assert_exit(self.release_at("127.0.0.1", "wildcard"), 8)


class Versions(Scenario):
    @each(VERSIONS)
    def test_spoken(self, version):
        self.service.login.context = self.service.context("good", lowest=version, highest=version)
        self.service.api.context = self.service.context("good-rsa", lowest=version, highest=version)
        self.assert_exit(self.release(), 0)

    def test_1_1_only_is_exit_8(self):
        version = ssl.TLSVersion.TLSv1_1
        self.service.login.context = self.service.context("good", lowest=version, highest=version)
        result = self.release()
        self.assert_exit(result, 8)
        self.assert_says(result, "localhost")

    @each(
        [("plain HTTP", faults.plain_answer_on_accept()), ("garbage", faults.garbage_on_accept())]
    )
    def test_no_tls_at_all_is_exit_8(self, fault):
        self.service.login.fail(fault, 99)
        self.assert_exit(self.release("--retries", "0"), 8)


class Roots(Scenario):
    def release_trusting(self, *options, **settings):
        return self.run_program(
            "--authority",
            self.service.login.url,
            "--api-url",
            self.service.api.url,
            *self.sign_in(),
            "-c",
            "clean",
            *options,
            DEVICE,
            **settings,
        )

    def test_embedded_roots_do_not_know_the_test_root(self):
        self.assert_exit(self.release_trusting(), 8)

    @each([("--cacert", "--cacert"), ("--cacert-only", "--cacert-only")])
    def test_option_names_the_root(self, option):
        self.assert_exit(self.release_trusting(option, self.service.pki.root), 0)

    @each([("--cacert", "--cacert"), ("--cacert-only", "--cacert-only")])
    def test_another_root_does_not_help(self, option):
        self.assert_exit(
            self.release_trusting(option, self.service.pki.certificate("unknown-root")), 8
        )

    def test_environment_names_the_root(self):
        self.assert_exit(
            self.release_trusting(env={"SSL_CERT_FILE": str(self.service.pki.root)}), 0
        )

    def test_option_wins_over_the_environment(self):
        result = self.release_trusting(
            "--cacert", self.service.pki.root, env={"SSL_CERT_FILE": "/no/such/file"}
        )
        self.assert_exit(result, 0)

    def test_several_roots_and_other_text_in_one_file(self):
        pki = self.service.pki
        text = (
            "# Roots\n\n"
            + pki.certificate("unknown-root").read_text()
            + "between\r\n"
            + pki.root.read_text().replace("\n", "\r\n")
            + "after\n"
        )
        self.assert_exit(self.release_trusting("--cacert", self.write("roots.pem", text)), 0)

    def test_intermediate_alone_is_trusted_when_named(self):
        self.service.login.context = self.service.context("through-intermediate")
        self.service.api.context = self.service.context("through-intermediate")
        self.assert_exit(self.release_trusting("--cacert", self.service.pki.root), 0)

    @each(
        [
            ("missing", None),
            ("empty", b""),
            ("no certificate in it", b"hello\n"),
            ("a key", "key"),
            ("cut", "cut"),
            ("no base64", b"-----BEGIN CERTIFICATE-----\n!!!!\n-----END CERTIFICATE-----\n"),
            (
                "no certificate inside",
                b"-----BEGIN CERTIFICATE-----\naGVsbG8=\n-----END CERTIFICATE-----\n",
            ),
        ]
    )
    def test_file_that_is_no_list_of_roots_is_exit_2(self, content):
        if content == "key":
            content = self.service.pki.key("root").read_bytes()
        elif content == "cut":
            content = self.service.pki.root.read_bytes()[:-60]
        file = self.folder / "missing.pem" if content is None else self.write("roots.pem", content)
        result = self.release_trusting("--cacert", file)
        self.assert_exit(result, 2)
        self.assert_says(result, file.name)
        self.assertEqual(self.service.log.events, [])
