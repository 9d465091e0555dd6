"""
test_network.py - addresses, families, dead ends, and the connection that is opened ahead.

Rules     contract section 3 (--resolve, -4, -6, --connect-timeout), 6.10; RFC 8305 5 (a dead
          address costs 250 ms).
"""

import ipaddress

from harness import Scenario, each
from service import faults
from service.defender import DEVICE
from service.relay import BlackHole
from service.service import Service

# From the start to both connections: 250 ms is the cost, the rest is for a busy machine.
DEAD_ADDRESS_SECONDS = 1.0
HOST = "login.test.example"


class Network(Scenario):
    def release_at(self, login, api, *more, **settings):
        return self.run_program(
            "--authority",
            login,
            "--api-url",
            api,
            "--cacert",
            self.service.pki.root,
            *self.sign_in(),
            "-c",
            "clean",
            *more,
            DEVICE,
            **settings,
        )

    def release_resolved(self, addresses, *more):
        """The sign-in server under a name that exists nowhere, at these addresses."""
        port = self.service.login.port
        return self.release_at(
            self.service.login.url_for(HOST),
            self.service.api.url,
            "--resolve",
            f"{HOST}:{port}:{addresses}",
            *more,
        )

    def families(self):
        return {request.family for request in self.service.log.requests()}


class Resolve(Network):
    @each(
        [
            ("IPv4", "127.0.0.1"),
            ("IPv6 in brackets", "[::1]"),
            ("IPv6 bare", "::1"),
            ("both", "127.0.0.1,[::1]"),
            ("first refuses", "127.0.0.2,127.0.0.1"),
            ("first two refuse", "127.0.0.2,127.0.0.3,127.0.0.1"),
        ]
    )
    def test_name_that_exists_nowhere(self, addresses):
        self.assert_exit(self.release_resolved(addresses), 0)
        request = self.service.log.requests("login")[0]
        self.assertEqual(request.server_name, HOST)
        self.assertEqual(request.header("Host"), f"{HOST}:{self.service.login.port}")

    def test_may_be_given_for_several_hosts(self):
        login, api = self.service.login, self.service.api
        result = self.release_at(
            login.url_for(HOST),
            api.url_for("api.test.example"),
            "--resolve",
            f"{HOST}:{login.port}:127.0.0.1",
            "--resolve",
            f"api.test.example:{api.port}:127.0.0.1",
        )
        self.assert_exit(result, 0)

    def test_other_port_does_not_count(self):
        """The option would lead to nobody, so the system is asked for a name that each knows."""
        port = self.service.login.port
        result = self.release_at(
            self.service.login.url,
            self.service.api.url,
            "--resolve",
            f"localhost:{port % 65535 + 1}:127.0.0.2",
        )
        self.assert_exit(result, 0)

    def test_case_of_the_host_does_not_matter(self):
        port = self.service.login.port
        result = self.release_at(
            self.service.login.url_for(HOST),
            self.service.api.url,
            "--resolve",
            f"LOGIN.Test.Example:{port}:127.0.0.1",
        )
        self.assert_exit(result, 0)

    def test_all_addresses_refuse(self):
        result = self.release_resolved("127.0.0.2,127.0.0.3", "--retries", "0")
        self.assert_exit(result, 7)
        self.assert_says(result, HOST)


class Families(Network):
    @each([("-4", "-4", "IPv4"), ("-6", "-6", "IPv6")])
    def test_only_that_family(self, option, family):
        self.assert_exit(self.release(option), 0)
        self.assertEqual(self.families(), {family})

    def test_resolved_address_of_the_other_family_is_not_used(self):
        result = self.release_resolved("::1", "-4", "--retries", "0")
        self.assertIn(result.exit, (2, 7))
        self.assertEqual(self.service.log.requests(), [])

    def test_resolved_addresses_of_both_families(self):
        self.assert_exit(self.release_resolved("[::1],127.0.0.1", "-4"), 0)
        self.assertEqual(self.service.log.requests("login")[0].family, "IPv4")


class OnlyOneFamilyListens(Network):
    @each([("IPv4", "127.0.0.1"), ("IPv6", "::1")])
    def test_other_family_refuses(self, address):
        service = Service([address], [address]).start()
        self.addCleanup(service.stop)
        self.service = service
        self.secret_file = self.write("secret", service.entra.secret)
        self.assert_exit(self.release("--retries", "0"), 0)
        self.assertEqual(
            ipaddress.ip_address(address).version, 4 if self.families() == {"IPv4"} else 6
        )


class DeadAddress(Network):
    """An address where no SYN is answered."""

    def start_service(self):
        service = Service(["127.0.0.1"], ["127.0.0.1"]).start()
        self.addCleanup(service.stop)
        for server in (service.login, service.api):
            self.addCleanup(BlackHole("::1", server.port).stop)
        return service

    def resolve(self, addresses):
        return [
            part
            for server in (self.service.login, self.service.api)
            for part in ("--resolve", f"localhost:{server.port}:{addresses}")
        ]

    def release_in_time(self, *more):
        running = self.start_program(*self.release_arguments(*more))
        self.assert_exit(self.check(running.finish()), 0)
        accepted = self.service.log.of("accepted")
        self.assertEqual({event.server for event in accepted}, {"login", "api"})
        self.assertLess(
            max(event.time for event in accepted) - running.started, DEAD_ADDRESS_SECONDS
        )

    @each([("IPv6 first", "[::1],127.0.0.1"), ("IPv4 first", "127.0.0.1,[::1]")])
    def test_dead_ipv6_costs_250_ms_at_most(self, addresses):
        self.release_in_time(*self.resolve(addresses))

    def test_dead_ipv6_found_by_the_system(self):
        self.release_in_time()

    def test_every_address_is_dead(self):
        result = self.release(*self.resolve("[::1]"), "--connect-timeout", "1", "--retries", "0")
        self.assert_exit(result, 7)
        self.assertLess(result.seconds, 3)
        self.assertGreater(result.seconds, 0.9)

    def test_max_time_ends_a_dead_connection(self):
        result = self.release(*self.resolve("[::1]"), "--max-time", "1")
        self.assert_exit(result, 7)
        self.assertLess(result.seconds, 3)


class OpenedAhead(Network):
    """The connection to the API opens while the token is asked for."""

    def test_before_the_token_answer(self):
        self.service.login.fail(faults.late(0.5))
        self.assert_exit(self.release(), 0)
        kinds = [(e.server, e.kind) for e in self.service.log.events]
        self.assertLess(kinds.index(("api", "handshake")), kinds.index(("login", "answer")))
        self.assertEqual(len(self.service.log.of("accepted", "api")), 1)
        self.assertEqual(len(self.service.log.of("accepted", "login")), 1)

    def test_its_failure_is_no_fault(self):
        self.service.login.fail(faults.late(0.3))
        self.service.api.fail(faults.reset_on_accept())
        self.assert_exit(self.release("--retries", "0"), 0)

    def test_refused_sign_in_still_tells_the_sign_in_fault(self):
        self.service.login.refuse()
        self.service.api.fail(faults.reset_on_accept(), 99)
        result = self.release("--retries", "0")
        self.assert_exit(result, 7)
        self.assert_says(result, "refused")
