"""
test_options.py - the command line and the environment.

Rules     contract sections 2 and 3: both ways to write a value, order, precedence, what is refused.
"""

from harness import Scenario, each
from service.defender import DEVICE
from service.entra import CLIENT_ID, TENANT

WRONG = TENANT.replace("1", "2")


class Options(Scenario):
    def assert_usage(self, result, *words):
        """Refused before anything was sent, in words."""
        self.assert_exit(result, 2)
        self.assert_says(result, *words)
        self.assertEqual(self.service.log.events, [])
        self.assertEqual(result.out, "")


class Writing(Options):
    def test_name_and_value_in_one_word(self):
        result = self.run_program(
            f"--authority={self.service.login.url}",
            f"--api-url={self.service.api.url}",
            f"--cacert={self.service.pki.root}",
            f"--tenant={TENANT}",
            f"--client-id={CLIENT_ID}",
            f"--client-secret-file={self.secret_file}",
            "--comment=a=b",
            DEVICE,
        )
        self.assert_exit(result, 0)
        self.assertEqual(self.service.defender.actions[0]["requestorComment"], "a=b")

    def test_options_after_the_operand(self):
        self.assert_exit(self.run_program(DEVICE, *self.where(), *self.sign_in(), "-c", "clean"), 0)

    def test_two_dashes_end_the_options(self):
        self.assert_exit(
            self.run_program(*self.where(), *self.sign_in(), "-c", "clean", "--", DEVICE), 0
        )

    def test_after_two_dashes_an_option_is_an_operand(self):
        self.service.entra.roles = ("Machine.Isolate", "Machine.Read.All")
        running = self.start_program(
            *self.where(), *self.sign_in(), "-c", "clean", DEVICE, "--", "--cancel-isolate"
        )
        result = running.finish()
        self.assert_exit(result, 12)
        self.assert_says(result, "--cancel-isolate")
        self.assertEqual(self.posts(), 1)

    def test_value_that_looks_like_an_option(self):
        running = self.start_program(*self.where(), *self.sign_in(), "-c", "--json", DEVICE)
        self.assert_exit(running.finish(), 0)
        self.assertEqual(self.service.defender.actions[0]["requestorComment"], "--json")

    def test_short_option_with_its_value(self):
        self.assert_exit(self.run_program(*self.where(), *self.sign_in(), "-cclean", DEVICE), 0)
        self.assertEqual(self.service.defender.actions[0]["requestorComment"], "clean")

    def test_word_release_after_options(self):
        self.assert_exit(
            self.run_program(*self.where(), *self.sign_in(), "-c", "clean", "release", DEVICE), 0
        )


class Refused(Options):
    UNKNOWN = [
        ("long", "--no-such-option"),
        ("long with value", "--no-such-option=1"),
        ("short", "-X"),
        ("shortened", "--comm"),
        ("no certificate checks", "--insecure"),
        ("nor short", "-k"),
        ("a secret", "--client-secret=abcdefgh"),
        ("a token", "--token=abcdefgh"),
    ]
    MALFORMED = [
        ("time without a number", "--max-time=s"),
        ("time with another unit", "--max-time=5x"),
        ("negative time", "--max-time=-5"),
        ("time beyond all bounds", "--max-time=99999999999999999999"),
        ("empty time", "--connect-timeout="),
        ("fraction", "--connect-timeout=1.5"),
        ("retries no number", "--retries=x"),
        ("negative retries", "--retries=-1"),
        ("huge retries", "--retries=99999999999"),
        ("unknown cloud", "--cloud=nowhere"),
        ("unknown region", "--region=mars"),
        ("unknown method", "--auth=magic"),
        ("unknown color", "--color=sometimes"),
        ("plain http API", "--api-url=http://localhost:1"),
        ("plain http authority", "--authority=http://localhost:1"),
        ("URL without scheme", "--api-url=localhost:1"),
        ("port too high", "--api-url=https://localhost:65536"),
        ("port no number", "--api-url=https://localhost:x"),
        ("user in the URL", "--api-url=https://user@localhost"),
        ("blank in the URL", "--api-url=https://local host"),
        ("query in the URL", "--api-url=https://localhost/?a=b"),
        ("resolve without port", "--resolve=localhost:127.0.0.1"),
        ("resolve without address", "--resolve=localhost:443"),
        ("resolve to a name", "--resolve=localhost:443:localhost"),
        ("resolve to half an address", "--resolve=localhost:443:127.0.0"),
        ("resolve with an empty part", "--resolve=localhost:443:127.0.0.1,"),
        ("flag with a value", "--json=yes"),
    ]
    TENANTS = [
        ("a path", "../common"),
        ("a slash", "a/b"),
        ("a query", "a?b"),
        ("a line end", "a\r\nb"),
        ("empty", ""),
        ("a blank", "a b"),
    ]

    @each(UNKNOWN)
    def test_unknown_option(self, option):
        self.assert_usage(self.release(option), option.split("=")[0])

    def test_value_of_an_unknown_option_is_not_shown(self):
        """Somebody may well try to give the secret itself."""
        self.extra_secrets.append("super-secret-value-1")
        self.assert_usage(self.release("--client-secret=super-secret-value-1"), "--client-secret")

    @each(MALFORMED)
    def test_malformed_value(self, option):
        replaced = option.split("=")[0]
        arguments = self.release_arguments()
        if replaced in arguments:
            at = arguments.index(replaced)
            del arguments[at : at + 2]
        self.assert_usage(self.run_program(option, *arguments), replaced)

    @each([("long", "--comment"), ("short", "-c"), ("number", "--retries")])
    def test_value_missing_at_the_end(self, option):
        self.assert_usage(self.run_program(DEVICE, option), option)

    @each(TENANTS)
    def test_tenant_that_would_change_the_path(self, tenant):
        result = self.run_program(
            *self.where(),
            "--tenant",
            tenant,
            "--client-id",
            CLIENT_ID,
            "--client-secret-file",
            self.secret_file,
            "-c",
            "clean",
            DEVICE,
        )
        self.assertIn(result.exit, (2, 5))
        for request in self.service.log.requests():
            self.assertRegex(request.target, r"\A/[^/?#]+/oauth2/v2\.0/token\Z")

    def test_both_families(self):
        self.assert_usage(self.release("-4", "-6"))

    @each([("tenant", "--tenant"), ("client id", "--client-id")])
    def test_half_a_credential_names_the_missing_half(self, option):
        arguments = self.sign_in()
        at = arguments.index(option)
        del arguments[at : at + 2]
        result = self.run_program(*self.where(), *arguments, "-c", "clean", DEVICE)
        self.assertIn(result.exit, (2, 5))
        self.assert_says(result, option)
        self.assertEqual(self.service.log.events, [])

    def test_options_alone_name_no_device(self):
        self.assert_usage(self.run_program(*self.where(), *self.sign_in(), "-c", "clean"))

    @each([("secret", "secret"), ("token", "token")])
    def test_method_without_its_inputs(self, method):
        result = self.run_program(*self.where(), "--auth", method, "-c", "clean", DEVICE)
        self.assertIn(result.exit, (2, 5))
        self.assertEqual(self.service.log.events, [])


class Times(Options):
    @each(
        [
            ("seconds", "90"),
            ("with unit", "90s"),
            ("minutes", "10m"),
            ("hours and minutes", "1h30m"),
            ("all", "1h1m1s"),
        ]
    )
    def test_accepted(self, text):
        self.assert_exit(self.release("--max-time", text, "--connect-timeout", text), 0)


class Environment(Options):
    def environment(self, **more):
        return {
            "AZURE_TENANT_ID": TENANT,
            "AZURE_CLIENT_ID": CLIENT_ID,
            "AZURE_CLIENT_SECRET": self.service.entra.secret,
            "AZURE_AUTHORITY_HOST": self.service.login.url + "/",
            "UNISOLATE_API_URL": self.service.api.url,
            "SSL_CERT_FILE": str(self.service.pki.root),
            "UNISOLATE_COMMENT": "from the environment",
            **more,
        }

    def test_everything_from_it(self):
        self.assert_exit(self.run_program(DEVICE, env=self.environment()), 0)
        self.assertEqual(
            self.service.defender.actions[0]["requestorComment"], "from the environment"
        )

    def test_command_line_wins(self):
        result = self.release(
            "--scope",
            "https://api.securitycenter.microsoft.com/.default",
            "--auth=secret",
            env={
                "AZURE_TENANT_ID": WRONG,
                "AZURE_CLIENT_ID": WRONG,
                "AZURE_CLIENT_SECRET": "wrong-secret-in-environment",
                "AZURE_AUTHORITY_HOST": "https://127.0.0.2:1",
                "UNISOLATE_API_URL": "https://127.0.0.2:1",
                "UNISOLATE_COMMENT": "wrong",
                "UNISOLATE_SCOPE": "wrong",
                "UNISOLATE_AUTH": "token",
                "SSL_CERT_FILE": "/no/such/file",
            },
        )
        self.assert_exit(result, 0)
        self.assertEqual(self.service.defender.actions[0]["requestorComment"], "clean")

    @each(
        [
            ("tenant", "AZURE_TENANT_ID", WRONG),
            ("client id", "AZURE_CLIENT_ID", WRONG),
            ("secret", "AZURE_CLIENT_SECRET", "wrong-secret-in-environment"),
        ]
    )
    def test_each_is_used(self, name, value):
        self.assert_exit(self.run_program(DEVICE, env=self.environment(**{name: value})), 5)

    def test_scope(self):
        env = self.environment(
            UNISOLATE_SCOPE="https://api-gov.securitycenter.microsoft.us/.default"
        )
        self.assert_exit(self.run_program(DEVICE, env=env), 5)
        self.assertIn(b"api-gov", self.service.log.requests("login")[0].body)

    def test_token_wins_over_secret_in_auto(self):
        env = self.environment(UNISOLATE_TOKEN=self.service.entra.issue())
        self.assert_exit(self.run_program(DEVICE, env=env), 0)
        self.assertEqual(self.token_requests(), 0)

    @each(
        [
            ("by option", ["--auth", "secret"], {}),
            ("by environment", [], {"UNISOLATE_AUTH": "secret"}),
        ]
    )
    def test_method_may_be_named(self, options, more):
        env = self.environment(UNISOLATE_TOKEN=self.service.entra.issue(known=False), **more)
        self.assert_exit(self.run_program(*options, DEVICE, env=env), 0)
        self.assertEqual(self.token_requests(), 1)

    def test_malformed_value_names_the_variable(self):
        result = self.run_program(DEVICE, env=self.environment(UNISOLATE_CLOUD="nowhere"))
        self.assert_usage(result, "UNISOLATE_CLOUD")

    def test_authority_with_a_slash_at_its_end(self):
        self.assert_exit(self.run_program(DEVICE, env=self.environment()), 0)
        self.assertEqual(
            self.service.log.requests("login")[0].target, f"/{TENANT}/oauth2/v2.0/token"
        )

    def test_proxy_variables_of_others_do_no_harm(self):
        """Not built yet: they must not make a release fail."""
        env = self.environment(http_proxy="http://127.0.0.2:1", no_proxy="*")
        self.assert_exit(self.run_program(DEVICE, env=env), 0)
