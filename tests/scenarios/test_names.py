"""
test_names.py - name servers: good ones, slow, lying and broken ones, a real one.

Rules     contract section 3 (--dns, -4, -6, --connect-timeout, --max-time) and 6.10; RFC 1035, 5452, 8305 3.
"""

import os
import shutil
import signal
import socket
import struct
import subprocess
import time

from harness import Scenario, each
from service import resolver as dns
from service.defender import DEVICE
from service.resolver import A, AAAA, CNAME, TCP, UDP, Reply, Resolver

LOGIN, API = "login.test.example", "api.test.example"
# What the wait for one family, or nothing at all, may take on a busy machine.
AT_ONCE_SECONDS = 0.9

GOOD = dns.zone({LOGIN: ["127.0.0.1"], API: ["127.0.0.1"]})
BOTH = dns.zone({LOGIN: ["127.0.0.1", "::1"], API: ["127.0.0.1", "::1"]})
# Where nobody listens: who believes it does not get through.
LIE = dns.zone({LOGIN: ["127.0.0.9"], API: ["127.0.0.9"]})


class Names(Scenario):
    """The two servers of the service under names that only our own name server knows."""

    def resolver(self, behaviour, *arguments, **settings):
        resolver = Resolver(behaviour, *arguments, **settings).start()
        self.addCleanup(resolver.stop)
        return resolver

    def arguments(self, servers, *more, devices=(DEVICE,)):
        return ["--authority", self.service.login.url_for(LOGIN), "--api-url", self.service.api.url_for(API),
                "--cacert", self.service.pki.root, *self.sign_in(), "-c", "clean", "--dns", servers, *more, *devices]

    def release_by(self, servers, *more, devices=(DEVICE,), **settings):
        return self.run_program(*self.arguments(servers, *more, devices=devices), **settings)

    def release_once(self, servers, *more, **settings):
        """Without a second try, so that a failure cannot hide behind one."""
        return self.release_by(servers, "--retries", "0", *more, **settings)

    def closed_port(self):
        """A port of 127.0.0.1 that refuses datagrams."""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.bind(("127.0.0.1", 0))
            return sock.getsockname()[1]


class Asking(Names):
    def test_each_name_once_for_both_families(self):
        resolver = self.resolver(BOTH)
        self.assert_exit(self.release_once(resolver.text), 0)
        self.assertEqual(sorted((q.name, q.type) for q in resolver.queries),
                         [(API, A), (API, AAAA), (LOGIN, A), (LOGIN, AAAA)])
        self.assertEqual({q.transport for q in resolver.queries}, {UDP})
        self.assertEqual({q.flags for q in resolver.queries}, {0x0100})     # recursion desired, nothing else
        self.assertEqual(len({q.source for q in resolver.queries}), 4)      # each from a port of its own
        self.assertEqual(resolver.garbage, [])

    def test_both_names_at_the_same_time(self):
        resolver = self.resolver(dns.late(0.5, BOTH))
        self.assert_exit(self.release_once(resolver.text), 0)
        times = [q.time for q in resolver.queries]
        self.assertLess(max(times) - min(times), 0.4)

    def test_ids_are_left_to_chance(self):
        resolver = self.resolver(GOOD)
        for _ in range(3):
            self.assert_exit(self.release_once(resolver.text), 0)
        self.assertGreater(len({q.id for q in resolver.queries}), 9)

    @each([("-4", "-4", A, "IPv4"), ("-6", "-6", AAAA, "IPv6")])
    def test_one_family(self, option, kind, family):
        resolver = self.resolver(BOTH)
        self.assert_exit(self.release_once(resolver.text, option), 0)
        self.assertEqual({q.type for q in resolver.queries}, {kind})
        self.assertEqual({request.family for request in self.service.log.requests()}, {family})

    def test_family_that_the_name_does_not_have(self):
        result = self.release_once(self.resolver(GOOD).text, "-6")
        self.assert_exit(result, 7)
        self.assert_says(result, LOGIN, "no address", "-6")

    def test_many_connections_ask_once(self):
        resolver = self.resolver(dns.late(0.2, GOOD))
        devices = [f"{number:040x}" for number in range(1, 41)]
        for name in devices:
            self.service.defender.add(name)
        self.assert_exit(self.release_by(resolver.text, devices=devices), 0)
        self.assertGreater(len(self.service.log.of("accepted", "api")), 1)
        self.assertEqual(len(resolver.asked(API)), 2)

    def test_server_with_an_ipv6_address(self):
        resolver = self.resolver(GOOD, "::1")
        self.assert_exit(self.release_once(resolver.text), 0)
        self.assertEqual(len(resolver.queries), 4)

    def test_resolve_wins_over_name_servers(self):
        resolver = self.resolver(LIE)
        rules = [part for name, server in ((LOGIN, self.service.login), (API, self.service.api))
                 for part in ("--resolve", f"{name}:{server.port}:127.0.0.1")]
        self.assert_exit(self.release_once(resolver.text, *rules), 0)
        self.assertEqual(resolver.queries, [])

    def test_verbose_tells_the_server(self):
        resolver = self.resolver(GOOD)
        result = self.release_once(resolver.text, "-v")
        self.assert_says(result, f"{LOGIN} A: name server 127.0.0.1 port {resolver.port}: 1 address")

    @each([("a name", "dns.test.example"), ("empty", ""), ("no port", "127.0.0.1:"), ("a comma too many", "127.0.0.1,"),
           ("port 0", "127.0.0.1:0"), ("five servers", "127.0.0.1,127.0.0.2,127.0.0.3,127.0.0.4,127.0.0.5")])
    def test_wrong_value_is_exit_2(self, value):
        result = self.release_by(value)
        self.assert_exit(result, 2)
        self.assert_says(result, "--dns")
        self.assertEqual(self.service.log.events, [])


def other_id(query):
    return [Reply(struct.pack(">H", query.id ^ 1) + reply.message[2:]) for reply in LIE(query)]


def other_question(query):
    other = dns.encode_name("other.test.example") + query.question[-4:]
    return [Reply(dns.message(query)[:12] + other + dns.address_record("127.0.0.9"))]


def stranger(query):
    return [Reply(reply.message, stranger=True) for reply in LIE(query)]


def a_query(query):
    return [Reply(struct.pack(">HHHHHH", query.id, 0x0100, 1, 0, 0, 0) + query.question)]


def noise(query):
    return [Reply(bytes(range(200))), Reply(b""), Reply(b"\0"), Reply(struct.pack(">H", query.id))]


def sixty(query):
    """60 addresses, the tenth of which is right: over TCP, as they do not fit."""
    addresses = [f"127.0.0.{number}" for number in range(2, 62)]
    addresses[9] = "127.0.0.1"
    return dns.zone({LOGIN: addresses, API: addresses})(query)


def in_pieces(size):
    return dns.truncated(lambda query: [Reply(reply.message, piece=size) for reply in GOOD(query)])


def out_of_order(query):
    """The address stands in front of the alias that leads to it."""
    if query.type != A:
        return GOOD(query)
    return [Reply(dns.message(query, [dns.address_record("127.0.0.1", dns.encode_name("x.example")),
                                      dns.record(dns.OWNER, CNAME, dns.encode_name("X.Example"))]))]


def with_more(query):
    """Records of other kinds around the address."""
    if query.type != A:
        return GOOD(query)
    return [Reply(dns.message(query, [dns.record(dns.OWNER, dns.TXT, b"\x04text"), dns.record(dns.OWNER, 46, bytes(30)),
                                      dns.address_record("127.0.0.1"), dns.address_record("127.0.0.9", b"\0")]))]


def bad_aaaa(behaviour):
    return dns.by_type({AAAA: behaviour}, GOOD)


def pointer_loop(query):
    return [Reply(dns.message(query, [dns.record(struct.pack(">H", 0xC000 + 12 + len(query.question)), query.type,
                                                 b"\x7f\0\0\1")]))]


def pointers_to_each_other(query):
    at = 12 + len(query.question)
    return [Reply(dns.message(query, [dns.record(dns.OWNER, dns.TXT, struct.pack(">HH", 0xC000 + at + 14, 0xC000 + at + 12)),
                                      dns.record(struct.pack(">H", 0xC000 + at + 12), query.type, b"\x7f\0\0\1")]))]


def wrong_size(query):
    return [Reply(dns.message(query, [dns.record(dns.OWNER, query.type, b"\x7f\0\0")]))]


def cut(query):
    return [Reply(dns.message(query, [dns.address_record("127.0.0.1")])[:-3])]


STILL_FOUND = [
    ("another id comes first", dns.first(other_id, GOOD)),
    ("another question comes first", dns.first(other_question, GOOD)),
    ("a stranger answers first", dns.first(stranger, dns.late(0.1, GOOD))),
    ("the query comes back first", dns.first(a_query, GOOD)),
    ("garbage comes first", dns.first(noise, GOOD)),
    ("answered twice", dns.first(GOOD, GOOD)),
    ("letters of another case", dns.random_case(GOOD)),
    ("records out of order", out_of_order),
    ("other records", with_more),
    ("AAAA SERVFAIL", bad_aaaa(dns.code(dns.SERVFAIL))),
    ("AAAA REFUSED", bad_aaaa(dns.code(dns.REFUSED))),
    ("AAAA NXDOMAIN", bad_aaaa(dns.code(dns.NXDOMAIN))),
    ("AAAA NOTIMP", bad_aaaa(dns.code(dns.NOTIMP))),
    ("AAAA silent", bad_aaaa(dns.silent)),
    ("AAAA slow", bad_aaaa(dns.late(2, GOOD))),
    ("AAAA garbage", bad_aaaa(noise)),
    ("AAAA malformed", bad_aaaa(wrong_size)),
    ("AAAA truncated", bad_aaaa(dns.truncated(dns.silent))),
    ("1 alias", dns.aliases(1, "127.0.0.1")),
    ("30 aliases", dns.aliases(30, "127.0.0.1")),
    ("60 addresses", sixty),
    ("truncated", dns.truncated(GOOD)),
    ("truncated, and byte by byte", in_pieces(1)),
    ("truncated, and in threes", in_pieces(3)),
    ("truncated twice", dns.first(dns.truncated(GOOD), dns.truncated(GOOD))),
]


class StillFound(Names):
    @each(STILL_FOUND)
    def test_at_once(self, behaviour):
        result = self.release_once(self.resolver(behaviour).text)
        self.assert_exit(result, 0)
        self.assertLess(result.seconds, AT_ONCE_SECONDS + 0.6)

    @each([("no aliases", 0, UDP), ("30 aliases", 30, TCP)])
    def test_way_of_the_answer(self, count, transport):
        resolver = self.resolver(dns.aliases(count, "127.0.0.1"))
        self.assert_exit(self.release_once(resolver.text, "-4"), 0)
        self.assertEqual(len(resolver.asked(LOGIN, A, transport)), 1)

    def test_slow(self):
        result = self.release_once(self.resolver(dns.late(0.7, GOOD)).text)
        self.assert_exit(result, 0)
        self.assertGreater(result.seconds, 0.65)

    def test_later_than_it_is_asked_again(self):
        resolver = self.resolver(dns.late(1.4, GOOD))
        self.assert_exit(self.release_once(resolver.text, "-4"), 0)
        self.assertEqual(len(resolver.asked(LOGIN)), 2)
        self.assertEqual(len({(q.id, q.source) for q in resolver.asked(LOGIN)}), 1)

    def test_trouble_that_passes_is_tried_again(self):
        tries = []

        def recovers(query):
            tries.append(query)
            return (dns.code(dns.SERVFAIL) if len(tries) <= 4 else GOOD)(query)
        self.assert_exit(self.release_by(self.resolver(recovers).text), 0)


class NotFound(Names):
    @each([("no such name", dns.code(dns.NXDOMAIN), "no such name"),
           ("no address", dns.always(dns.message), "no address"),
           ("alias without an address", lambda q: [Reply(dns.message(q, [dns.record(dns.OWNER, CNAME, b"\1x\0")]))],
            "no address"),
           ("SERVFAIL", dns.code(dns.SERVFAIL), "SERVFAIL"), ("REFUSED", dns.code(dns.REFUSED), "REFUSED"),
           ("FORMERR without the question", lambda q: [Reply(struct.pack(">HHHHHH", q.id, 0x8181, 0, 0, 0, 0))], "FORMERR"),
           ("circle of aliases", dns.aliases(3, "127.0.0.1", circle=True), "malformed"),
           ("alias of itself", lambda q: [Reply(dns.message(q, [dns.record(dns.OWNER, CNAME, dns.OWNER)]))], "malformed"),
           ("circle of pointers", pointer_loop, "malformed"), ("pointers to each other", pointers_to_each_other, "malformed"),
           ("address of a wrong size", wrong_size, "malformed"), ("cut", cut, "malformed"),
           ("truncated, TCP closed at once", dns.truncated(lambda q: [Reply(b"", close_after=0)]), "TCP"),
           ("truncated, TCP closed in the middle", dns.truncated(lambda q: [Reply(r.message, close_after=20) for r in GOOD(q)]),
            "TCP"),
           ("truncated, TCP answers another question", dns.truncated(other_question), "TCP"),
           ("truncated, TCP answers another id", dns.truncated(other_id), "TCP"),
           ("truncated, TCP truncated too", dns.always(lambda q: dns.message(q, flags=dns.TRUNCATED)), "TCP"),
           ("truncated, TCP garbage", dns.truncated(lambda q: [Reply(bytes(3000))]), "TCP"),
           ("truncated, TCP empty", dns.truncated(lambda q: [Reply(b"")]), "TCP")])
    def test_is_exit_7_at_once(self, behaviour, words):
        result = self.release_once(self.resolver(behaviour).text, quiet=True)
        self.assert_exit(result, 7)
        self.assert_says(result, LOGIN, words, "--dns", "--resolve")
        self.assertLess(result.seconds, AT_ONCE_SECONDS)
        self.assertEqual(self.service.log.events, [])

    def test_truncated_and_no_tcp(self):
        result = self.release_once(self.resolver(dns.truncated(GOOD), tcp=False).text)
        self.assert_exit(result, 7)
        self.assert_says(result, LOGIN, "TCP", "refused")

    def test_port_that_refuses(self):
        result = self.release_once(f"127.0.0.1:{self.closed_port()}")
        self.assert_exit(result, 7)
        self.assert_says(result, LOGIN, "refused", "127.0.0.1")
        self.assertLess(result.seconds, AT_ONCE_SECONDS)

    def test_no_such_name_is_not_asked_again(self):
        resolver = self.resolver(dns.code(dns.NXDOMAIN))
        self.assert_exit(self.release_by(resolver.text), 7)
        self.assertEqual(len(resolver.asked(LOGIN)), 2)


class Silence(Names):
    @each([("silent", dns.silent), ("wrong ids", other_id), ("wrong questions", other_question), ("strangers", stranger),
           ("garbage", noise), ("truncated, TCP silent", dns.truncated(dns.silent))])
    def test_ends_at_max_time(self, behaviour):
        result = self.release_by(self.resolver(behaviour).text, "--max-time", "1")
        self.assert_exit(result, 7)
        self.assertGreater(result.seconds, 0.9)
        self.assertLess(result.seconds, 2.5)
        self.assertEqual(self.service.log.events, [])

    def test_ends_at_connect_timeout(self):
        resolver = self.resolver(dns.silent)
        result = self.release_once(resolver.text, "--connect-timeout", "2")
        self.assert_exit(result, 7)
        self.assert_says(result, LOGIN, "time-out", f"127.0.0.1 port {resolver.port}", "--dns")
        self.assertGreater(result.seconds, 1.9)
        self.assertLess(result.seconds, 3.5)

    def test_ends_at_a_signal(self):
        resolver = self.resolver(dns.silent)
        running = self.start_program(*self.arguments(resolver.text))
        while not resolver.queries:
            self.assertIsNone(running.process.poll())
            time.sleep(0.01)
        running.signal(signal.SIGINT)
        self.assert_exit(self.check(running.finish(4)), 130)


class SeveralServers(Names):
    def test_first_is_silent(self):
        quiet, good = self.resolver(dns.silent), self.resolver(GOOD)
        result = self.release_once(f"{quiet.text},{good.text}")
        self.assert_exit(result, 0)
        self.assertEqual(len(quiet.queries), 4)
        self.assertGreater(result.seconds, 0.95)
        self.assertLess(result.seconds, 2.5)

    @each([("refuses datagrams", None), ("SERVFAIL", dns.code(dns.SERVFAIL)), ("REFUSED", dns.code(dns.REFUSED)),
           ("malformed", wrong_size), ("truncated, TCP closed", dns.truncated(lambda q: [Reply(b"", close_after=1)]))])
    def test_first_fails(self, behaviour):
        first = self.resolver(behaviour).text if behaviour else f"127.0.0.1:{self.closed_port()}"
        result = self.release_once(f"{first},{self.resolver(GOOD).text}")
        self.assert_exit(result, 0)
        self.assertLess(result.seconds, AT_ONCE_SECONDS)

    def test_first_that_answers_is_believed(self):
        nowhere, good = self.resolver(dns.code(dns.NXDOMAIN)), self.resolver(GOOD)
        self.assert_exit(self.release_once(f"{nowhere.text},{good.text}"), 7)
        self.assertEqual(good.queries, [])

    def test_two_good_ones_are_not_both_asked(self):
        good, spare = self.resolver(GOOD), self.resolver(GOOD)
        self.assert_exit(self.release_once(f"{good.text},{spare.text}"), 0)
        self.assertEqual(spare.queries, [])

    def test_round_again(self):
        asked = []

        def third_time(query):
            asked.append(query)
            return GOOD(query) if sum((q.name, q.type) == (query.name, query.type) for q in asked) > 1 else []
        lossy = self.resolver(third_time)
        result = self.release_once(lossy.text)
        self.assert_exit(result, 0)
        self.assertLess(result.seconds, 2.5)


class Dnsmasq(Names):
    """A real name server, from Debian's package."""

    def start(self, *arguments):
        program = shutil.which("dnsmasq", path=os.environ.get("PATH", "") + ":/usr/sbin")
        if program is None:
            self.skipTest("dnsmasq is not installed (build.sh setup)")
        port = self.closed_port()
        process = subprocess.Popen(
            [program, "--keep-in-foreground", "--conf-file=/dev/null", "--no-resolv", "--no-hosts", f"--port={port}",
             "--listen-address=127.0.0.1", "--bind-interfaces", "--pid-file=", "--user=", "--log-facility=-", *arguments],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(process.wait, 5)
        self.addCleanup(process.terminate)
        self.wait_for_port(process, port)
        return f"127.0.0.1:{port}"

    def wait_for_port(self, process, port):
        for _ in range(200):
            self.assertIsNone(process.poll(), "dnsmasq ended")
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                return
            except OSError:
                time.sleep(0.02)
        self.fail("dnsmasq does not listen")

    def test_addresses_and_aliases(self):
        """One name has an address, the other is an alias whose chain does not fit into a datagram."""
        names = [LOGIN] + [f"{number:060d}.test.example" for number in range(9)] + [API]
        chain = [f"--cname={names[i]},{names[i + 1]}" for i in range(len(names) - 1)]
        result = self.release_once(self.start(f"--host-record={API},127.0.0.1", *chain))
        self.assert_exit(result, 0)

    def test_no_such_name(self):
        result = self.release_once(self.start("--local=/example/"))
        self.assert_exit(result, 7)
        self.assert_says(result, "no such name")

    def test_no_server_behind_it(self):
        result = self.release_once(self.start())
        self.assert_exit(result, 7)
        self.assert_says(result, "REFUSED")
