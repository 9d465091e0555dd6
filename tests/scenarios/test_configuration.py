"""
test_configuration.py - the configuration file beside the program, and secrets in files that everybody may read.

Rules     contract section 3 (precedence, keys, secrets); every rule of a line is in tests/unit/test_config.c.
"""

import os
import shutil

from harness import Scenario, each
from service.defender import DEVICE
from service.entra import CLIENT_ID, TENANT

MODES = [("for the owner", 0o600, False), ("for a group", 0o640, False), ("for everybody", 0o644, True), ("as on FAT", 0o777, True)]


class Stick(Scenario):
    """A folder with the program, its configuration and its secret; it is called from elsewhere."""

    def setUp(self):
        super().setUp()
        self.stick = self.folder / "stick"
        self.stick.mkdir()
        self.real_program = self.program
        self.program = str(self.stick / "unisolate")
        try:
            os.link(self.real_program, self.program)
        except OSError:  # another file system
            shutil.copy(self.real_program, self.program)

    def put(self, name, text, mode=0o600):
        path = self.stick / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        path.chmod(mode)
        return path

    def lines(self, *more):
        """All that a release needs besides the device, with the secret and the root in folders of the stick."""
        shutil.copy(self.service.pki.root, self.stick / "root.pem")
        self.put("keys/secret.txt", self.service.entra.secret + "\n")
        return "\r\n".join([
            "\ufeff# a stick",
            f"authority = {self.service.login.url}",
            f"api-url={self.service.api.url}",
            "cacert = root.pem",
            f"tenant = {TENANT}",
            f'client-id = "{CLIENT_ID}"',
            "client-secret-file = keys/secret.txt",
            "comment = from the file",
            *more,
        ])

    def assert_refused(self, result, *words):
        self.assert_exit(result, 2)
        self.assert_says(result, *words)
        self.assertEqual(self.service.log.events, [])

    def test_all_that_is_needed_stands_beside_the_program(self):
        self.put("unisolate.conf", self.lines())
        self.assert_exit(self.run_program(DEVICE), 0)
        [post] = [r for r in self.service.log.requests("api") if r.method == "POST"]
        self.assertIn(b"from the file", post.body)

    def test_found_through_a_link(self):
        """It stands beside the program, not beside the link; without /proc: test_bare_system.py."""
        self.put("unisolate.conf", self.lines())
        link = self.folder / "link"
        link.symlink_to(self.program)
        self.program = str(link)
        self.assert_exit(self.run_program(DEVICE), 0)

    def test_command_line_and_environment_have_the_last_word(self):
        self.put("unisolate.conf", self.lines("max-time = 1m"))
        env = {"UNISOLATE_COMMENT": "from the environment"}
        self.assert_exit(self.run_program(DEVICE, env=env), 0)
        self.assert_exit(self.run_program("-c", "from the line", DEVICE, env=env), 0)
        bodies = [r.body for r in self.service.log.requests("api") if r.method == "POST"]
        self.assertEqual([b"from the environment" in bodies[0], b"from the line" in bodies[1]], [True, True])

    def test_named_file_instead(self):
        self.put("unisolate.conf", "this is none")
        other = self.put("other.conf", self.lines())
        self.assert_exit(self.run_program("--config", other, DEVICE), 0)
        self.assert_exit(self.run_program(DEVICE, env={"UNISOLATE_CONFIG": str(other)}), 0)
        self.assert_exit(self.run_program(DEVICE), 2)

    def test_named_file_that_is_missing(self):
        self.assert_refused(self.run_program("--config", "nope.conf", DEVICE), "nope.conf", "No such file")

    def test_folder_in_its_place(self):
        (self.stick / "unisolate.conf").mkdir()
        self.assert_refused(self.run_program(DEVICE), "unisolate.conf", "directory")

    def test_json_of_the_file_is_for_faults_too(self):
        self.put("unisolate.conf", "planet = 1\njson = true\n")
        result = self.run_program(DEVICE)
        self.assert_refused(result, "unisolate.conf:1")
        self.assertIn('"exit":2', result.out.replace(" ", ""))

    def test_whatever_is_wrong_is_told_with_file_and_line(self):
        rows = [
            ("tenent = x", ":9: tenent"),
            ("retries = many", ":9: retries"),
            ("resolve = nothing", ":9: --resolve"),
            ("dns = nothing", ":9: --dns"),
            ("identity = x\nauth = managed-identity", ":9: --identity"),
            ("scope = a b", ":9: 'a b' is no scope"),
            ("tenant = again", ":9: tenant: given twice"),
        ]

        def one(row):
            file = self.put(f"{abs(hash(row))}.conf", text + "\r\n" + row[0])
            result = self.run_program("--config", file, DEVICE)
            self.assert_exit(result, 2)
            self.assert_says(result, file.name + row[1])

        text = self.lines()
        self.side_by_side(rows, one)
        self.assertEqual(self.service.log.events, [])

    def test_secret_in_the_file_is_refused_and_not_shown(self):
        secret = self.service.entra.secret
        self.extra_secrets = ["Abc8Q~literal-secret-value"]
        rows = [f"client-secret-file = {secret}", f"client-secret = {secret}", secret, f"{self.extra_secrets[0]} = x",
                f"token-file = \"{self.extra_secrets[0]}\""]

        def one(row):
            file = self.put(f"{abs(hash(row))}.conf", "# first\n" + row)
            result = self.run_program("--config", file, "-c", "x", DEVICE)
            self.assert_exit(result, 2)
            self.assert_says(result, file.name + ":2:")

        self.side_by_side(rows, one)
        self.assertEqual(self.service.log.events, [])

    @each(MODES)
    def test_secret_that_may_be_read(self, mode, told):
        self.put("unisolate.conf", self.lines("certificate-password-file = keys/other.txt"), 0o644)
        self.put("keys/other.txt", "x")
        for name in ("secret.txt", "other.txt"):
            (self.stick / "keys" / name).chmod(mode)
        result = self.run_program(DEVICE)
        self.assert_exit(result, 0)
        self.assertEqual(result.err.count("every user of this host can read"), int(told), result.describe())
        self.assertEqual("further secrets" in result.err, told)
        self.assertNotIn("every user", self.run_program("-q", DEVICE, quiet=True).err)
