#!/usr/bin/env python3
"""
matrix.py --program PROGRAM - hosts on which something is missing or broken: what curl does there, and what this program does.

Does      makes each host of ROWS in a network and mount namespace of its own (root is needed), with the fake service inside, lets curl and
          the program send the same release there, prints one table, and fails where the program does not end as it should.
Not here  single cases of names, proxies and clocks (tests/scenarios); a real boot (tests/boot).
Limits    RUN_SECONDS a run.
Rules     curl's verdict is shown and never judged.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Callable, Sequence

TESTS = Path(__file__).resolve().parents[1]
sys.path[0] = str(TESTS)

from service import pki  # noqa: E402
from service.defender import DEVICE  # noqa: E402
from service.resolver import (  # noqa: E402
    AAAA, REFUSED, SERVFAIL, A, Behaviour, Resolver, aliases, by_type, code, silent, truncated, zone,
)  # fmt: skip
from service.service import Service  # noqa: E402

RUN_SECONDS = 30
NAME = "api.test.example"
LOOPBACK = ("127.0.0.1", "::1")
HOLE4, HOLE6 = "192.0.2.1", "2001:db8::1"
MANY = [f"127.0.1.{n}" for n in range(1, 4)] + ["127.0.0.1"] + [f"127.0.1.{n}" for n in range(4, 60)]
# A clock for curl; the program is static, and its row is the boot's (tests/boot).
CLOCK = """
#include <sys/time.h>
#include <time.h>
time_t time(time_t *t) { if (t) *t = 10; return 10; }
int gettimeofday(struct timeval *restrict t, void *restrict z) { (void)z; t->tv_sec = 10; t->tv_usec = 0; return 0; }
"""


@dataclass
class Row:
    """One host."""

    what: str
    exits: tuple[int, ...]                              # of the program
    names: Behaviour | None = None                      # of the name server; None: it has no name server
    listening: Sequence[str] = LOOPBACK
    options: Sequence[str] = ()                         # further ones of both
    own: Sequence[str] = ()                             # further ones of the program
    network: Sequence[str] = ()                         # commands that make it
    wrap: Callable[[Path, str], tuple[list[str], Callable[[], None] | None]] = field(default=lambda folder, name: ([], None))
    quiet_server: bool = False                          # a first name server that does not answer


def hole(*addresses: str) -> list[str]:
    """An interface into which packets go, and from which none comes."""
    made = ["ip link add hole type veth peer name end", "ip link set end up", "ip link set hole arp off up", "ip -6 addr add fd00::2/64 dev hole nodad", "ip addr add 10.9.9.9/24 dev hole"]
    return made + [f"ip route add {a} dev hole" for a in addresses]


def chroot(folder: Path, name: str) -> tuple[list[str], Callable[[], None] | None]:
    """An empty root with that one program, its CA file and its token; an ordinary user, nothing to write."""

    def enter() -> None:
        os.chroot(folder / "root")
        os.chdir("/")
        os.setgid(65534)
        os.setuid(65534)

    return [], enter


def closed(folder: Path, name: str) -> tuple[list[str], Callable[[], None] | None]:
    return ["sh", "-c", 'exec "$@" <&- >&- 2>&-', "sh"], None


def limited(folder: Path, name: str) -> tuple[list[str], Callable[[], None] | None]:
    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (16 << 20, 16 << 20))
        resource.setrlimit(resource.RLIMIT_NOFILE, (8, 8))
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
        resource.setrlimit(resource.RLIMIT_STACK, (256 << 10, 256 << 10))

    return [], limit


def old_kernel(folder: Path, name: str) -> tuple[list[str], Callable[[], None] | None]:
    injected = ("getrandom", "prctl", "prlimit64", "statx", "pipe2", "eventfd2", "rseq", "clone3", "faccessat2")
    return ["strace", "-f", "-o", str(folder / f"trace-{name}"), *(f"-einject={c}:error=ENOSYS" for c in injected), "--"], None


def clock_1970(folder: Path, name: str) -> tuple[list[str], Callable[[], None] | None]:
    (folder / "clock.c").write_text(CLOCK)
    subprocess.run(["gcc", "-shared", "-fPIC", "-o", folder / "clock.so", folder / "clock.c"], check=True)
    return ["env", f"LD_PRELOAD={folder / 'clock.so'}"], None


GOOD = zone({NAME: ["127.0.0.1", "::1"]})
ROWS = {
    "healthy": Row("a healthy host", (0,), GOOD),
    "v6-only": Row("IPv6 only", (0,), zone({NAME: ["::1"]}), ("::1",)),
    "v6-dead": Row("IPv6 dead: a black hole", (0,), zone({NAME: ["127.0.0.1", HOLE6]}), network=hole(HOLE6)),
    "v4-dead": Row("IPv4 dead: a black hole", (0,), zone({NAME: [HOLE4, "::1"]}), network=hole(HOLE4)),
    "v6-refused": Row("AAAA refused by the name server", (0,), by_type({A: GOOD}, code(REFUSED))),
    "v6-servfail": Row("AAAA fails, A is good", (0,), by_type({AAAA: code(SERVFAIL)}, GOOD)),
    "all-dead": Row("every address is a black hole", (7,), zone({NAME: [HOLE4, HOLE6]}), network=hole(HOLE4, HOLE6),
                    own=("--connect-timeout", "2s", "--retries", "0"), options=()),
    "no-route": Row("no route", (7,), zone({NAME: [HOLE4]}), own=("--retries", "0")),
    "no-dns": Row("no name server", (7,)),
    "no-dns-resolve": Row("no name server, --resolve", (0,), options=("--resolve",)),
    "dns-silent": Row("first name server does not answer", (0,), GOOD, quiet_server=True),
    "dns-truncated": Row("60 addresses, truncated: TCP", (0,), truncated(by_type({A: zone({NAME: MANY})}, code(0)))),
    "dns-chain": Row("a chain of 8 aliases", (0,), aliases(8, "127.0.0.1")),
    "dns-circle": Row("aliases in a circle", (7,), aliases(8, "127.0.0.1", circle=True), own=("--retries", "0")),
    "empty-root": Row("an empty root, read-only, no /dev, no /proc", (0,), None, options=("--resolve",), wrap=chroot),
    "closed": Row("descriptors 0 to 2 closed", (1,), GOOD, wrap=closed),
    "limited": Row("16 MB, 8 descriptors, no file may grow", (0,), GOOD, wrap=limited),
    "old-kernel": Row("calls newer than Linux 2.6.36 unknown", (0,), GOOD, wrap=old_kernel),
    "clock": Row("a clock in 1970 (the program: tests/boot)", (0,), GOOD, wrap=clock_1970),
}  # fmt: skip


def run(command: Sequence[str | Path], row: Row, folder: Path, name: str) -> tuple[int, float, str]:
    wrap, before = row.wrap(folder, name)
    started = time.monotonic()
    done = subprocess.run(
        [*wrap, *command], stdin=subprocess.DEVNULL, capture_output=True, timeout=RUN_SECONDS, env={"PATH": os.environ["PATH"]},
        preexec_fn=before, check=False,
    )  # fmt: skip
    lines = (done.stderr + done.stdout).decode(errors="replace").replace(str(folder), "").splitlines()
    return done.returncode, time.monotonic() - started, next((line for line in lines if line.strip()), "")


def shell(command: str) -> None:
    subprocess.run(command.split(), check=True)


def inside(row: Row, program: Path, folder: Path) -> dict[str, object]:
    """In the namespaces: make the host, run both."""
    shell("ip link set lo up")
    for command in row.network:
        shell(command)
    servers = [Resolver(row.names, "127.0.0.1", 53).start()] if row.names else []
    lines = ["nameserver 127.0.0.1"] if row.names else []
    if row.quiet_server:
        servers.append(Resolver(silent, "127.0.0.2", 53).start())
        lines.insert(0, "nameserver 127.0.0.2")
    (folder / "resolv.conf").write_text("".join(f"{line}\n" for line in lines))
    subprocess.run(["mount", "--bind", folder / "resolv.conf", "/etc/resolv.conf"], check=True)
    service = Service(api_addresses=row.listening).start()
    try:
        return both(row, program, folder, service)
    finally:
        service.stop()
        for server in servers:
            server.stop()


def both(row: Row, program: Path, folder: Path, service: Service) -> dict[str, object]:
    token = service.entra.issue()
    root = folder / "root"
    root.mkdir()
    for place in (folder, root):
        (place / "token").write_text(token)
        (place / "head").write_text(f"Authorization: Bearer {token}\nContent-Type: application/json\n")
        shutil.copy(service.pki.root, place / "ca.pem")
        shutil.copy(program, place / "unisolate")
        shutil.copy(shutil.which("curl") or "curl", place / "curl")
        for file in place.iterdir():
            file.chmod(0o600 if file.name in ("token", "head") else 0o755)
            os.chown(file, *((65534, 65534) if place == root else (-1, -1)))
    port, more = service.api.port, []
    if "--resolve" in row.options:
        more = ["--resolve", f"{NAME}:{port}:127.0.0.1"]
    at = Path("/") if row.wrap is chroot else folder
    url = f"https://{NAME}:{port}"
    curl = [at / "curl", "-sS", "--max-time", "15", "--cacert", at / "ca.pem", "-H", f"@{at / 'head'}", "-d", '{"Comment":"clean"}', *more,
            f"{url}/api/machines/{DEVICE}/unisolate"]  # fmt: skip
    ours = [at / "unisolate", "--max-time", "15s", "--cacert", at / "ca.pem", "--token-file", at / "token", "--api-url", url, "-c", "clean",
            *more, *row.own, DEVICE]  # fmt: skip
    result: dict[str, object] = {}
    for name, command in (("unisolate", ours), ("curl", curl)):
        try:
            result[name] = run(command, row, folder, name)
        except (OSError, subprocess.SubprocessError) as error:
            result[name] = (-1, 0.0, f"cannot be started: {error.__class__.__name__}")
    return result


def one(name: str, options: argparse.Namespace) -> dict[str, object]:
    command = ["unshare", "-mn", sys.executable, __file__, "--program", options.program, "--row", name]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=4 * RUN_SECONDS, check=False)
    if done.returncode != 0:
        raise SystemExit(f"{name}: {done.stderr.decode()}")
    return json.loads(done.stdout)


def table(options: argparse.Namespace) -> tuple[str, int]:
    text, failed = f"{'host':44} {'curl 7.88':>10} {'unisolate':>12}   what each says\n", 0
    for name, row in ROWS.items():
        result = one(name, options)
        (curl_exit, curl_s, curl_says), (exit_, seconds, says) = result["curl"], result["unisolate"]
        good = exit_ in row.exits
        failed += not good
        curl_says = "the service's answer" if curl_says.startswith("{") else curl_says
        text += f"{row.what:44} {curl_exit:4} {curl_s:4.1f} s {exit_:4} {seconds:5.2f} s   {'' if good else 'WRONG '}\n"
        for who, line in (("curl", curl_says), ("unisolate", says)):
            text += f"    {who:10}{line[:150]}\n"
    return text, failed


def main() -> int:
    parser = argparse.ArgumentParser(description="What curl and the program do on broken hosts.")
    parser.add_argument("--program", type=Path, required=True)
    parser.add_argument("--row", help="(its own use) run one row here and print JSON")
    parser.add_argument("--table", type=Path, help="write the table here too")
    options = parser.parse_args()
    options.program = options.program.resolve()
    with tempfile.TemporaryDirectory(prefix="unisolate-matrix-") as folder:
        if options.row:
            Path(folder).chmod(0o755)
            print(json.dumps(inside(ROWS[options.row], options.program, Path(folder))))
            return 0
        pki.make(Path(folder))
        os.environ[pki.FOLDER_VARIABLE] = folder
        text, failed = table(options)
    print(text)
    if options.table:
        options.table.write_text(text)
    print(f"{len(ROWS) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
