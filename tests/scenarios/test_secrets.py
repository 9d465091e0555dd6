"""
test_secrets.py - where secrets come from, and that they go nowhere else.

Rules     contract section 3 (a secret is a file, standard input or a variable) and 6.9. That no
          secret is ever shown is checked by the harness after every run of every scenario.
"""

import signal
import time

from harness import Scenario, each
from service import faults
from service.defender import DEVICE
from service.entra import CLIENT_ID, TENANT

SOURCES = ("--token-file", "--client-secret-file")
MARK = "\ufeff".encode()


class Sources(Scenario):
    def release_from(self, source, **settings):
        return self.run_program(
            *self.where(),
            "--tenant",
            TENANT,
            "--client-id",
            CLIENT_ID,
            "--client-secret-file",
            source,
            "-c",
            "clean",
            DEVICE,
            **settings,
        )

    def secret(self):
        return self.service.entra.secret.encode()

    @each(
        [
            ("nothing", b""),
            ("line end", b"\n"),
            ("Windows line end", b"\r\n"),
            ("several line ends", b"\n\n"),
            ("blanks", b"  \n"),
        ]
    )
    def test_what_an_editor_leaves_behind_it_is_cut_off(self, tail):
        self.assert_exit(self.release_from(self.write("secret", self.secret() + tail)), 0)

    def test_byte_order_mark_is_cut_off(self):
        self.assert_exit(self.release_from(self.write("secret", MARK + self.secret() + b"\r\n")), 0)

    def test_standard_input(self):
        self.assert_exit(self.release_from("-", stdin=self.secret() + b"\n"), 0)

    def test_variable(self):
        self.assert_exit(
            self.release_from("env:MY_SECRET", env={"MY_SECRET": self.service.entra.secret}), 0
        )

    def test_token_from_standard_input(self):
        token = self.service.entra.issue()
        result = self.run_program(
            *self.where(), "--token-file", "-", "-c", "clean", DEVICE, stdin=token.encode() + b"\n"
        )
        self.assert_exit(result, 0)
        self.assertEqual((self.token_requests(), self.posts()), (0, 1))

    def test_token_from_a_variable(self):
        token = self.service.entra.issue()
        result = self.run_program(
            *self.where(),
            "--token-file=env:MY_TOKEN",
            "-c",
            "clean",
            DEVICE,
            env={"MY_TOKEN": token},
        )
        self.assert_exit(result, 0)

    def test_token_from_a_file(self):
        self.assert_exit(self.release_with_token(self.service.entra.issue()), 0)
        self.assertEqual((self.token_requests(), self.posts()), (0, 1))
        request = self.service.log.requests("api")[0]
        self.assertIn(
            request.header("Authorization").removeprefix("Bearer "), self.service.entra.issued
        )

    def test_every_character_of_a_secret_arrives(self):
        self.service.entra.secret = "".join(map(chr, range(0x21, 0x7F))) + " é€\U0001f600 ."
        self.assert_exit(
            self.release_from(self.write("secret", self.service.entra.secret + "\n")), 0
        )


class Unusable(Scenario):
    """Exit 2, with the file's name, before anything is sent."""

    def release_from(self, option, source, **settings):
        return self.run_program(
            *self.where(),
            "--tenant",
            TENANT,
            "--client-id",
            CLIENT_ID,
            option,
            source,
            "-c",
            "clean",
            DEVICE,
            **settings,
        )

    def assert_unusable(self, result, *words):
        self.assert_exit(result, 2)
        self.assert_says(result, *words)
        self.assertEqual(self.service.log.requests(), [])

    @each([(option, option) for option in SOURCES])
    def test_missing(self, option):
        self.assert_unusable(self.release_from(option, self.folder / "nowhere"), "nowhere")

    @each([(option, option) for option in SOURCES])
    def test_folder(self, option):
        self.assert_unusable(self.release_from(option, self.folder), self.folder.name)

    @each(
        [
            (f"{option}, {label}", option, content)
            for option in SOURCES
            for label, content in (
                ("empty", b""),
                ("blank", b" \n"),
                ("NUL", b"abcdefgh\0ijkl"),
                ("huge", b"x" * (10 << 20)),
            )
        ]
    )
    def test_content(self, option, content):
        self.assert_unusable(self.release_from(option, self.write("content", content)), "content")

    @each([(option, option) for option in SOURCES])
    def test_variable_that_is_not_set(self, option):
        self.assert_unusable(self.release_from(option, "env:NOBODY_SET_THIS"), "NOBODY_SET_THIS")

    @each([(option, option) for option in SOURCES])
    def test_nothing_on_standard_input(self, option):
        self.assert_unusable(self.release_from(option, "-", stdin=b""))

    @each([(option, option) for option in SOURCES])
    def test_endless_input(self, option):
        with open("/dev/zero", "rb") as zero:
            running = self.start_program(
                *self.where(),
                "--tenant",
                TENANT,
                "--client-id",
                CLIENT_ID,
                option,
                "-",
                "-c",
                "clean",
                DEVICE,
                input_file=zero,
            )
        self.assert_unusable(self.check(running.finish(5)))

    @each(
        [
            ("line end", b"abcdefgh\nX-Evil: 1"),
            ("CR and line end", b"abcdefgh\r\nX-Evil: 1"),
            ("blank", b"abcdefgh ijklmnop"),
            ("not ASCII", "abcdefghé".encode()),
            ("control character", b"abcdefgh\x01"),
        ]
    )
    def test_token_that_could_not_stand_in_a_header(self, content):
        self.extra_secrets.append("abcdefgh")
        self.assert_unusable(self.release_from("--token-file", self.write("content", content)))


class Memory(Scenario):
    """Contract 6.9 and 6.10: no core file; the whole process stays small."""

    PEAK_KB = 16 * 1024

    def stalled(self, fault):
        self.service.api.fail(fault)
        running = self.start_program(*self.release_arguments())
        self.assertTrue(self.service.log.wait("fault", "api"))
        return running

    def proc(self, running, name):
        with open(
            f"/proc/{running.process.pid}/{name}", encoding="ascii", errors="replace"
        ) as file:
            return file.read()

    def peak_when_read(self, running, least):
        """The peak in KiB, once it is above `least` and grows no more."""
        before, peak = -1, 0
        for _ in range(50):
            time.sleep(0.1)
            lines = self.proc(running, "status").splitlines()
            before, peak = peak, int(
                next(line.split()[1] for line in lines if line.startswith("VmHWM"))
            )
            if peak > least and peak == before:
                break
        return peak

    def stop(self, running):
        running.signal(signal.SIGTERM)
        self.assert_exit(self.check(running.finish(10)), 143)

    def test_no_core_file(self):
        running = self.stalled(faults.stall())
        limits = self.proc(running, "limits")
        self.stop(running)
        line = next(line for line in limits.splitlines() if line.startswith("Max core file size"))
        self.assertEqual(line.split()[4:6], ["0", "0"])

    def test_peak_with_the_largest_answer(self):
        running = self.stalled(faults.huge_body_then_stall((4 << 20) - 2048))
        if b"libasan" in open(self.program, "rb").read():
            self.stop(running)
            self.skipTest("the sanitizer's own memory counts in this build")
        peak = self.peak_when_read(running, 4096)
        self.stop(running)
        self.assertLess(peak, self.PEAK_KB)
        self.assertGreater(peak, 4096, "the answer was not read at all")

    def test_nothing_is_written(self):
        before = sorted(self.folder.iterdir())
        self.assert_exit(self.release(), 0)
        self.assertEqual(sorted(self.folder.iterdir()), before)
