"""
test_bare_system.py - the program where there is nothing: no /etc, /dev, /proc, no descriptors,
    nothing writable.

Rules     contract section 1 and 4 (1, 130, 143).
"""

import os
import random
import shutil
import signal
import time

from harness import Scenario, each
from service import faults
from service.defender import DEVICE
from service.entra import CLIENT_ID, TENANT
from service.resolver import A, NXDOMAIN, Resolver, code, silent, zone

NOBODY = 65534
LOGIN = "login.test.example"
GOOD = zone({LOGIN: ["127.0.0.1"]})


class Root(Scenario):
    """A folder that holds the program and the test root alone, read-only, entered as an unprivileged user."""

    def setUp(self):
        super().setUp()
        if os.geteuid() != 0:
            self.skipTest("needs root, for chroot")
        with open(self.program, "rb") as file:
            if b"/ld-linux" in file.read():
                self.skipTest("the program is not static")
        self.root = self.folder / "root"
        self.root.mkdir()
        shutil.copy(self.program, self.root / "unisolate")
        shutil.copy(self.service.pki.root, self.root / "root.pem")
        for path in (self.root / "root.pem", self.root):
            path.chmod(0o555)
        (self.root / "unisolate").chmod(0o555)
        self.program = "/unisolate"

    def enter(self):
        os.chroot(self.root)
        os.chdir("/")
        os.setgroups([])
        os.setgid(NOBODY)
        os.setuid(NOBODY)

    def put(self, path, text):
        """A further file in the root."""
        self.root.chmod(0o755)
        file = self.root / path
        file.parent.mkdir(exist_ok=True)
        file.write_text(text)
        self.root.chmod(0o555)

    def release_inside(self, login_host, *more, **settings):
        login, api = self.service.login, self.service.api
        return self.run_program(
            "--authority",
            login.url_for(login_host),
            "--api-url",
            api.url,
            "--cacert",
            "/root.pem",
            "--resolve",
            f"localhost:{login.port}:127.0.0.1",
            "--resolve",
            f"localhost:{api.port}:[::1]",
            "--tenant",
            TENANT,
            "--client-id",
            CLIENT_ID,
            "-c",
            "clean",
            *more,
            DEVICE,
            env={"AZURE_CLIENT_SECRET": self.service.entra.secret},
            preexec_fn=self.enter,
            **settings,
        )


class EmptyRoot(Root):
    def test_still_releases(self):
        self.assert_exit(self.release_inside("localhost"), 0)
        self.assertEqual(len(self.service.defender.actions), 1)

    def test_configuration_is_found_without_proc(self):
        self.put("unisolate.conf", "comment = here\nplanet = 1\n")
        result = self.release_inside("localhost")
        self.assert_exit(result, 2)
        self.assert_says(result, "/unisolate.conf:2: ")
        self.put("unisolate.conf", "retries = 1\n")
        self.assert_exit(self.release_inside("localhost"), 0)

    def test_name_without_a_name_server_is_exit_7_at_once(self):
        result = self.release_inside(LOGIN, quiet=True)
        self.assert_exit(result, 7)
        self.assertEqual(result.fault_lines, [f"unisolate: {LOGIN}:{self.service.login.port}: no name server is known: "
                                              "no --dns, and no nameserver line in /etc/resolv.conf"])
        self.assert_says(result, "--dns", f"--resolve {LOGIN}:{self.service.login.port}:ADDRESS")
        self.assertLess(result.seconds, 1)

    def test_name_server_of_the_command_line(self):
        resolver = Resolver(GOOD).start()
        self.addCleanup(resolver.stop)
        self.assert_exit(self.release_inside(LOGIN, "--dns", resolver.text), 0)

    def test_name_server_that_does_not_answer_ends_at_max_time(self):
        resolver = Resolver(silent).start()
        self.addCleanup(resolver.stop)
        result = self.release_inside(LOGIN, "--dns", resolver.text, "--max-time", "1")
        self.assert_exit(result, 7)
        self.assertGreater(result.seconds, 0.9)
        self.assertLess(result.seconds, 3)


class NamesOfTheSystem(Root):
    """A root with resolv.conf or a hosts file; their name server is at port 53 of a loopback address of its own."""

    def system_resolver(self, behaviour=GOOD):
        for _ in range(20):
            try:
                resolver = Resolver(behaviour, f"127.53.{random.randrange(256)}.{random.randrange(1, 255)}", 53).start()
            except OSError:
                continue
            self.addCleanup(resolver.stop)
            return resolver
        self.skipTest("no loopback address has a free port 53")

    def test_name_server_of_resolv_conf(self):
        resolver = self.system_resolver()
        self.put("etc/resolv.conf", f"# ours\nnameserver {resolver.address}\noptions edns0 timeout:1\n")
        self.assert_exit(self.release_inside(LOGIN), 0)
        self.assertEqual({query.name for query in resolver.queries}, {LOGIN})

    def test_second_name_server_of_resolv_conf(self):
        quiet, resolver = self.system_resolver(silent), self.system_resolver()
        self.put("etc/resolv.conf", f"nameserver {quiet.address}\nnameserver {resolver.address}\n")
        result = self.release_inside(LOGIN)
        self.assert_exit(result, 0)
        self.assertGreater(result.seconds, 0.95)
        self.assertLess(result.seconds, 2.5)

    def test_command_line_wins_over_resolv_conf(self):
        system, resolver = self.system_resolver(), Resolver(GOOD).start()
        self.addCleanup(resolver.stop)
        self.put("etc/resolv.conf", f"nameserver {system.address}\n")
        self.assert_exit(self.release_inside(LOGIN, "--dns", resolver.text), 0)
        self.assertEqual(system.queries, [])

    def test_hosts_file_wins_over_name_servers(self):
        resolver = self.system_resolver()
        self.put("etc/resolv.conf", f"nameserver {resolver.address}\n")
        self.put("etc/hosts", f"127.0.0.1\tother.example {LOGIN.upper()} # ours\n")
        self.assert_exit(self.release_inside(LOGIN), 0)
        self.assertEqual(resolver.queries, [])

    def test_search_domains_are_for_names_without_a_dot(self):
        resolver = self.system_resolver(code(NXDOMAIN))
        self.put("etc/resolv.conf", f"nameserver {resolver.address}\nsearch a.example b.example\n")
        self.assert_exit(self.release_inside("login"), 7)
        self.assertEqual([query.name for query in resolver.asked(kind=A)], ["login.a.example", "login.b.example", "login"])
        self.assert_exit(self.release_inside("login.x"), 7)
        self.assertEqual([query.name for query in resolver.asked(kind=A)][3:], ["login.x"])

    @each([("empty", ""), ("comments", "# nameserver 127.0.0.1\n; nameserver 127.0.0.1\n"), ("too large", "#\n" * 70000)])
    def test_resolv_conf_without_a_name_server(self, text):
        self.put("etc/resolv.conf", text)
        result = self.release_inside(LOGIN)
        self.assert_exit(result, 7)
        self.assert_says(result, "no name server is known")


class ClosedDescriptors(Scenario):
    """Nothing meant for a person may land in a connection that took a closed number."""

    @staticmethod
    def closing(*numbers):
        def close():
            for number in numbers:
                os.close(number)

        return close

    @each([("input", (0,)), ("errors", (2,)), ("input and errors", (0, 2))])
    def test_results_are_still_written(self, numbers):
        result = self.start_program(
            *self.release_arguments(), preexec_fn=self.closing(*numbers)
        ).finish()
        self.assert_exit(result, 0)
        self.assertIn(self.service.defender.actions[0]["id"], result.out)

    @each([("output", (1,)), ("all", (0, 1, 2))])
    def test_result_that_cannot_be_written_is_exit_1(self, numbers):
        result = self.start_program(
            *self.release_arguments("-vv"), preexec_fn=self.closing(*numbers)
        ).finish()
        self.assert_exit(result, 1)
        self.assertEqual(self.posts(), 1)

    def test_fault_with_everything_closed_keeps_its_code(self):
        arguments = self.release_arguments("-vv", devices=["f" * 40])
        self.assert_exit(
            self.start_program(*arguments, preexec_fn=self.closing(0, 1, 2)).finish(), 3
        )

    def test_reader_that_has_left_is_exit_1(self):
        read, write = os.pipe()
        os.close(read)
        with os.fdopen(write, "wb") as pipe:
            result = self.start_program(*self.release_arguments(), stdout=pipe).finish()
        self.assert_exit(result, 1)
        self.assert_says(result, "standard output")


SIGNALS = [("SIGINT", signal.SIGINT, 130), ("SIGTERM", signal.SIGTERM, 143)]
MOMENTS = [
    ("handshake", "login", faults.stall_on_accept(), "stalled"),
    ("token answer", "login", faults.stall(), "stalled"),
    ("release answer", "api", faults.stall(), "stalled"),
    ("back-off", "login", faults.reset_on_accept(), "accepted"),
]


class Signals(Scenario):
    @each(
        [
            (f"{name} during {moment}", number, code, server, fault, event)
            for name, number, code in SIGNALS
            for moment, server, fault, event in MOMENTS
        ]
    )
    def test_ends_at_once(self, number, code, server, fault, event):
        getattr(self.service, server).fail(fault, 99)
        running = self.start_program(*self.release_arguments("--retries", "30"))
        self.assertTrue(self.service.log.wait(event, server))
        running.signal(number)
        result = self.check(running.finish(4))
        self.assert_exit(result, code)
        self.assertEqual(result.out, "")

    def test_while_it_reads_standard_input(self):
        read, write = os.pipe()
        self.addCleanup(os.close, write)
        with os.fdopen(read, "rb") as pipe:
            running = self.start_program(
                *self.where(), "--token-file", "-", "-c", "clean", DEVICE, input_file=pipe
            )
        wait_until_it_reads(running.process.pid)
        running.signal(signal.SIGINT)
        self.assert_exit(self.check(running.finish(4)), 130)


def wait_until_it_reads(pid):
    """Until the process sleeps in read(2); its handlers are set by then."""
    for _ in range(500):
        with open(f"/proc/{pid}/status", encoding="ascii") as file:
            if "State:\tS" in file.read():
                return
        time.sleep(0.01)
