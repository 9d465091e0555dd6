#!/usr/bin/env python3
"""
certificates.py --program PROGRAM --table FILE - bad and odd certificates and handshakes, beside curl's verdict.

Does      serves every chain of tests/unit/make_chains.py and every handshake of handshakes.py on loopback, lets the program and
          curl --cacert ask the same server for the same thing, and writes one table: verdict and reason of each.
Not here  the same chains without a handshake, beside `openssl verify` (tests/unit/test_chain.c).
Limits    RUN_SECONDS a run.
Rules     A row fails where the program does not say what the row wants; where curl says otherwise and no line of CURL tells why; where
          a line of CURL tells why and curl says the same.
          curl has no option for the time: it gets a clock of its own (LD_PRELOAD).
"""

from __future__ import annotations

import argparse
import datetime
import os
import ssl
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
sys.path[0] = str(TESTS)
sys.path.insert(1, str(TESTS / "unit"))

import make_chains  # noqa: E402
from suites import handshakes, server  # noqa: E402

RUN_SECONDS = 20
CLOCK = """
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
time_t time(time_t *t)
{
    time_t now = (time_t)syscall(SYS_time, NULL) + atoll(getenv("CLOCK_AHEAD"));
    if (t) *t = now;
    return now;
}
"""

LEAST_ROWS = 250

# What the program says in a handshake where the chain alone is judged otherwise.
LIVE = {
    "path: nine authorities below the root": "more certificates above it than are followed",
    "dates: leaf not yet valid": "but this program was built on",
    "dates: clock at 1970": "but this program was built on",
    "strength: leaf secp256k1": "handshake_failure",
    "strength: leaf P-192": "handshake_failure",
    "strength: leaf with a key for RSA-PSS only": "handshake_failure",
    "strength: leaf Ed25519": "handshake_failure",
    "strength: leaf with a curve of its own": "the TLS handshake failed",
    "extensions: unknown critical, intermediate": "which is not trusted (and was not sent, or cannot be read)",
    "extensions: constraints of policies, critical": "which is not trusted (and was not sent, or cannot be read)",
}
# Why curl's verdict is another; a name with "*" at its end is that of all rows that begin so.
NO_WAY_BACK = "openssl follows the first issuer of that name and does not go back to try another; RFC 4158 does"
ANY_USAGE = "openssl wants serverAuth by name; RFC 5280 4.2.1.12 has anyExtendedKeyUsage for every use"
NAME_ON_LINE = "the program refuses such a host on the command line: it is no host name of RFC 1123, or has a dot at its end"
CN_COUNTS = "where there is no dNSName curl falls back to the CN, which RFC 9525 has dropped"
FORWARD = "the program offers ephemeral key agreement and authenticated ciphers only"
BARE_END = "curl takes a bare end for the end of the answer; anybody on the way can make one (RFC 8446 6.1)"
CURL = {
    "path: cross-signed*": NO_WAY_BACK,
    "usage: authority for clients, another one too": NO_WAY_BACK,
    "extensions: unknown critical, intermediate, another one too": NO_WAY_BACK,
    "constraints: another intermediate without them": NO_WAY_BACK,
    "path: nine authorities below the root": "the program follows eight, as mbedTLS does",
    "path: more than are looked at": "the program looks at 32 certificates",
    "usage: leaf for anything": ANY_USAGE,
    "usage: authority for anything": ANY_USAGE,
    "usage: leaf for key encipherment only": "curl lets the key sign all the same; RFC 5280 4.2.1.3 does not",
    "strength: leaf with a key for RSA-PSS only": "mbedTLS 3.6 has no such keys",
    "strength: leaf Ed25519": "mbedTLS 3.6 has no Ed25519",
    "extensions: place of a CRL, critical": "what insists on revocation is refused, as it is not looked at here",
    "extensions: constraints of policies, critical": "what insists on policies is refused, as they are not looked at here",
    "constraints: a wildcard over an excluded host": "openssl takes the * for a character; the certificate is good for the excluded host",
    "constraints: mail constrained, mail name": "mail names are not evaluated here, so refused",
    "constraints: URI constrained, URI name": "URIs are not evaluated here, so refused",
    "names: last dot of the host": NAME_ON_LINE,
    "names: wildcard of an empty label": NAME_ON_LINE,
    "names: no names but a CN": CN_COUNTS,
    "names: URI only": CN_COUNTS,
    "names: mail only": CN_COUNTS,
    "names: empty list of names": CN_COUNTS,
    "names: a URI that begins with the name": CN_COUNTS,
    "names: dot at the end of the name": "curl takes the dot off; a dNSName has none (RFC 5280 4.2.1.6, RFC 1034 3.5)",
    "handshake: RSA key transport only": FORWARD,
    "handshake: CBC only": FORWARD,
    "handshake: TLS 1.2, an answer without length, then a bare end": BARE_END,
    "handshake: TLS 1.3, an answer without length, then a bare end": BARE_END,
    "handshake: TLS 1.2 in records of 1 byte": "mbedTLS wants the first 4 bytes of a message in one record; no known server splits them",
    "handshake: an empty handshake record": "RFC 5246 6.2.1 forbids it; curl takes it",
    "handshake: TLS 1.3, new keys*": "mbedTLS 3.6 knows no KeyUpdate: the program says so, and what has become of the request is not known",
}


@dataclass
class Verdict:
    """What one of the two says."""

    code: int
    text: str

    @property
    def word(self) -> str:
        return "good" if self.code == 0 else "refused"


class Bench:
    """The folder with the certificates, the program, curl and its clock."""

    def __init__(self, program: Path, folder: Path) -> None:
        self.program, self.folder = program, folder
        (folder / "token").write_text("opaque")
        (folder / "token").chmod(0o600)
        (folder / "clock.c").write_text(CLOCK)
        subprocess.run([os.environ.get("CC", "gcc"), "-shared", "-fPIC", "-o", folder / "clock.so", folder / "clock.c"], check=True)

    def run(self, command: list[object], environment: dict[str, str]) -> Verdict:
        done = subprocess.run(
            [str(word) for word in command], stdin=subprocess.DEVNULL, capture_output=True, timeout=RUN_SECONDS, check=False,
            env={"PATH": os.environ["PATH"], **environment},
        )  # fmt: skip
        lines = [line for line in (done.stderr + done.stdout).decode(errors="replace").splitlines() if line.strip()]
        return Verdict(done.returncode, lines[0] if done.returncode and lines else "")

    def ask_program(self, place: str, options: list[str], roots: Path, ahead: int) -> Verdict:
        moment = datetime.datetime.fromtimestamp(time.time() + ahead, datetime.timezone.utc)
        clock = ["--at", moment.strftime("%Y-%m-%dT%H:%M:%SZ")] if ahead else []
        return self.run(
            [self.program, "--api-url", f"https://{place}", *options, *clock, "--cacert-only", roots, "--token-file", self.folder / "token",
             "--retries", "0", "-c", "a row", "1e5bc9d7e413ddd7902c2932e418702b84d0cc07"],
            {"AZURE_POD_IDENTITY_AUTHORITY_HOST": "http://127.0.0.1:1"},
        )  # fmt: skip

    def ask_curl(self, place: str, options: list[str], roots: Path, ahead: int) -> Verdict:
        clock = {"LD_PRELOAD": str(self.folder / "clock.so"), "CLOCK_AHEAD": str(ahead)} if ahead else {}
        return self.run(["curl", "-q", "-sS", "-o", "/dev/null", "--cacert", roots, *options, f"https://{place}/"], clock)


    def rows_by_the_clock(self) -> list[tuple]:
        """Rows whose dates are wrong by this host's own clock: their certificates are made by another."""
        days = {"leaf_future": 100, "leaf_past": -500}
        for serial, (name, ahead) in enumerate(days.items(), 9001):
            make_chains.certificate(name, "/CN=www.example.com", "k5", "root", make_chains.leaf())
            os.environ.update(LD_PRELOAD=str(self.folder / "clock.so"), CLOCK_AHEAD=str(ahead * make_chains.DAY))
            make_chains.make_certificate(name, serial)
            del os.environ["LD_PRELOAD"], os.environ["CLOCK_AHEAD"]
        return [
            ("dates", "not valid yet, by this host's clock", "root", "leaf_future", make_chains.HOST, 0, "is valid only from", ""),
            ("dates", "expired, by this host's clock", "root", "leaf_past", make_chains.HOST, 0, "expired on", ""),
        ]


class Table:
    """The rows as they are told, and what is wrong with them."""

    def __init__(self, path: Path) -> None:
        self.passed, self.failed = 0, 0
        self.used: set[str] = set()
        self.out = open(path, "w", encoding="utf-8")
        curl = subprocess.run(["curl", "--version"], capture_output=True, text=True, check=True).stdout.split(" libcurl")[0]
        print(f"{'served by openssl':<62} unisolate   {curl}\n", file=self.out)

    def why(self, name: str) -> str | None:
        for pattern, text in CURL.items():
            if name == pattern or (pattern.endswith("*") and name.startswith(pattern[:-1])):
                self.used.add(pattern)
                return text
        return None

    def add(self, group: str, title: str, wanted: str, ours: Verdict, curl: Verdict, why: str = "") -> None:
        name = f"{group}: {title}"
        wrong = []
        if (wanted == "good") != (ours.code == 0) or (wanted != "good" and wanted not in ours.text):
            wrong.append(f"wanted: {wanted or 'refused'}")
        if ours.code not in (0, 2, 7, 8):
            wrong.append("an exit code that is not for this")
        different = ours.word != curl.word
        why = (why or self.why(name)) if different else None
        if different and not why:
            wrong.append("curl says otherwise, and nothing tells why")
        if not different and name in CURL:
            wrong.append("a line tells why curl says otherwise, and it does not")
        self.passed, self.failed = self.passed + (not wrong), self.failed + bool(wrong)
        row = f"{name:<62} {ours.word:<8}{ours.code:>2}  {curl.word:<8}{curl.code:>2}  {ours.text}"
        notes = [f"curl: {curl.text}" if curl.text and different else "", f"why: {why}" if why else "", *(f"WRONG: {text}" for text in wrong)]
        for line in [row, *(f"    {note}" for note in notes if note)]:
            print(line, file=self.out)
        if wrong:
            print(row, *notes, sep="\n    ")

    def end(self) -> None:
        for pattern in sorted(set(CURL) - self.used):
            self.failed += 1
            print(f"no row is explained by: {pattern}")
        self.out.close()


def place_of(host: str, port: int) -> tuple[str, list[str]]:
    """HOST:PORT for a URL, and the options that bring both to loopback."""
    if ":" in host:
        return f"[{host}]:{port}", []
    if host.replace(".", "").isdigit():
        return f"{host}:{port}", []
    return f"{host}:{port}", ["--resolve", f"{host}:{port}:127.0.0.1"]


def serving_of(name: str, chain: str) -> server.Serving:
    """An honest server; where openssl does not serve such a certificate, one that sends it in the place of another."""
    leaf = chain.split()[0]
    serving = server.Serving(Path(make_chains.join(chain)).resolve(), Path(f"{make_chains.C[leaf].key}.key").resolve())
    try:
        server.make_context(serving)
    except ssl.SSLError:
        serving = handshakes.replaced(Path(make_chains.join(chain)))
    return serving


def chains_by_the_second_excepted() -> list[tuple]:
    """A handshake takes time: those are for a clock that stands still (tests/unit/test_chain.c)."""
    return [row for row in make_chains.all_rows() if not isinstance(row[5], str)]


def run_chain(bench: Bench, table: Table, row: tuple) -> None:
    group, title, roots, chain, host, days, wanted, _ = row
    ahead = 0 if days == 0 else make_chains.moment(days) - int(time.time())
    live = server.Server(host if ":" in host or host.startswith("127.0.0.") else "127.0.0.1", serving_of(title, chain))
    try:
        place, options = place_of(host, live.port)
        trusted = Path(make_chains.join(roots)).resolve()
        ours = bench.ask_program(place, options, trusted, ahead)
        curl = bench.ask_curl(place, options, trusted, ahead)
    finally:
        live.close()
    wanted = LIVE.get(f"{group}: {title}", wanted)
    table.add(group, title, "no host name" if ours.code == 2 else wanted, ours, curl)


def run_handshake(bench: Bench, table: Table, row: handshakes.Row) -> None:
    verdicts = []
    for ask in (bench.ask_program, bench.ask_curl):
        live = row.start()
        try:
            place, options = place_of(make_chains.HOST, live.port)
            verdicts.append(ask(place, options, Path("root.pem").resolve(), 0))
        finally:
            live.close()
        if ask == bench.ask_program and row.check and not row.check(live):
            verdicts[0].text += " [not as the row's own check wants]"
            verdicts[0].code = verdicts[0].code or 99
    otherwise = row.also and row.also in verdicts[0].text
    table.add("handshake", row.title, row.also if otherwise else row.wanted, *verdicts, row.why if otherwise else "")


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--program", required=True, type=Path)
    parser.add_argument("--table", required=True, type=Path)
    parser.add_argument("-k", default="", help="only rows whose name contains this")
    options = parser.parse_args()
    table_path = options.table.resolve()
    table_path.parent.mkdir(parents=True, exist_ok=True)
    program = options.program.resolve()
    with tempfile.TemporaryDirectory(prefix="unisolate-certificates-") as folder:
        make_chains.make_all(folder)
        bench, table = Bench(program, Path(folder)), Table(table_path)
        for row in [*chains_by_the_second_excepted(), *bench.rows_by_the_clock()]:
            if options.k in f"{row[0]}: {row[1]}":
                run_chain(bench, table, row)
        for row in handshakes.rows():
            if options.k in f"handshake: {row.title}":
                run_handshake(bench, table, row)
        if not options.k:
            table.end()
            if table.passed + table.failed < LEAST_ROWS:
                print(f"only {table.passed + table.failed} rows")
                table.failed += 1
        os.chdir("/")
    print(f"{table.passed} passed, {table.failed} failed")
    return 1 if table.failed else 0


if __name__ == "__main__":
    sys.exit(main())
