#!/usr/bin/env python3
"""
bench.py --program PATH --measure PATH [--readme FILE] - what a release costs, beside curl, requests and @azure/identity.

Does      lets each release the same devices at the same stand-in (nginx on loopback), in turn, and prints one table: round trips,
          time, memory, system calls, bytes, files, many devices. Writes it to build/test/bench-table.txt, and into FILE, in place of
          the block under the heading "Beside other tools".
Not here  the clients (clients.py), the stand-in (stand_in.py), one run (measure.c).
Limits    loopback only, but for npm; about four minutes.
Rules     medians; a time beside ours is the median of what the same round gave, since the host is not quiet. A client that does not
          do exactly one token request and its releases is no peer: that ends the bench.
"""

from __future__ import annotations

import argparse
import math
import os
import platform
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field, replace
from pathlib import Path

BENCH = Path(__file__).resolve().parent
ROOT = BENCH.parents[1]
sys.path[:0] = [str(BENCH.parent), str(BENCH)]

from clients import BUNDLE, INSTALLED, Client, Where, all_clients  # noqa: E402
from service.relay import DOWN, UP, Relay                          # noqa: E402
from stand_in import StandIn                                       # noqa: E402

RUN_SECONDS = 60
COST_ROUNDS = 21
TRIP_ROUNDS = 5
CALL_ROUNDS = 3
TRIP_SECONDS = 0.2   # the longer way that round trips are counted on
BULK_ROUNDS = 3
BULK_DEVICES = 100
BULK_SECONDS = 0.05  # its round trip
BULK_CONNECTIONS = 4  # what ours opens, and what the peers are told
BULK_TRIPS = 3 + math.ceil(BULK_DEVICES / BULK_CONNECTIONS)
BUNDLE_ROUNDS = 7
TABLE = ROOT / "build" / "test" / "bench-table.txt"
PACE = ROOT / "build" / "test" / "pace.txt"


@dataclass
class Run:
    wall_ms: float
    cpu_ms: float
    peak_kib: int


@dataclass
class Seen:
    """What was measured of one client."""

    cost: list[Run] = field(default_factory=list)
    near: list[float] = field(default_factory=list)  # milliseconds without a delay
    far: list[float] = field(default_factory=list)   # with TRIP_SECONDS
    bulk: list[Run] = field(default_factory=list)
    bundle: list[float] = field(default_factory=list)  # milliseconds with all of Debian's roots
    sent: int = 0
    received: int = 0
    calls: int = 0
    files: set[Path] = field(default_factory=set)


def devices(count: int) -> list[str]:
    return [f"1e5bc9d7e413ddd7902c2932e418702b{number:08x}" for number in range(count)]


class Bench:
    def __init__(self, folder: Path, program: Path, measure: Path) -> None:
        self.folder, self.measure = folder, measure
        self.secret = folder / "secret"
        self.secret.touch(0o600)
        self.secret.write_text("~o1psFlGZjn6tUmSeUrdFZLoWjRm1Le2secret")
        self.stand_in = StandIn(folder)
        self.clients = all_clients(program)
        self.seen = {client.name: Seen() for client in self.clients}
        self.relays: list[Relay] = []

    # ---- one run ----

    def run(self, client: Client, where: Where, count: int = 1, wrap: tuple[str, ...] = ()) -> Run:
        """One release of so many devices, and the look at whether it was one."""
        result = self.folder / "result"
        command = [str(self.measure), str(result), *wrap, *client.command(where, devices(count))]
        done = subprocess.run(command, env=client.environment(where), capture_output=True, text=True, timeout=RUN_SECONDS,
                              cwd=self.folder, check=False, stdin=subprocess.DEVNULL)
        wall, user, system, peak, status = (int(word) for word in result.read_text().split())
        if status != 0:
            raise RuntimeError(f"{client.name}: exit status {status}\n{done.stdout[-1000:]}{done.stderr[-1000:]}")
        self.check(client, count)
        return Run(wall / 1000, (user + system) / 1000, peak)

    def check(self, client: Client, count: int) -> None:
        rows = self.stand_in.requests()
        posts = [row["request"] for row in rows if row["host"] == "api"]
        if [row["status"] for row in rows].count("201") != count or len(posts) != count or len(rows) != count + 1:
            raise RuntimeError(f"{client.name}: not one token request and {count} releases: {rows[:5]}")

    def where(self, one_way_seconds: float | None = None) -> Where:
        login, api = self.stand_in.login, self.stand_in.api
        if one_way_seconds is not None:
            pair = [Relay(port, one_way_seconds).start() for port in (login, api)]
            self.relays += pair
            login, api = pair[0].port, pair[1].port
        return Where(login, api, self.stand_in.root, self.secret)

    # ---- what is measured ----

    def measure_cost(self) -> None:
        where = self.where()
        for number in range(COST_ROUNDS + 1):
            for client in self.clients:
                run = self.run(client, where)
                if number > 0:  # the first brings the files into memory
                    self.seen[client.name].cost.append(run)

    def measure_trips(self) -> None:
        near, far = self.where(0), self.where(TRIP_SECONDS / 2)
        for _ in range(TRIP_ROUNDS):
            for client in self.clients:
                self.seen[client.name].near.append(self.run(client, near).wall_ms)
                self.seen[client.name].far.append(self.run(client, far).wall_ms)

    def measure_bytes(self) -> None:
        for client in self.clients:
            first = len(self.relays)
            self.run(client, self.where(0))
            time.sleep(0.1)
            for relay in self.relays[first:]:
                for delivery in relay.deliveries:
                    self.seen[client.name].sent += delivery.size if delivery.direction == UP else 0
                    self.seen[client.name].received += delivery.size if delivery.direction == DOWN else 0

    def measure_bulk(self) -> None:
        where = self.where(BULK_SECONDS / 2)
        for _ in range(BULK_ROUNDS):
            for client in self.clients:
                self.seen[client.name].bulk.append(self.run(client, where, BULK_DEVICES))

    def measure_bundle(self) -> None:
        """With all the roots that the peers need in life, in place of the one."""
        near = self.where()
        all_roots = self.folder / "roots.pem"
        all_roots.write_text(BUNDLE.read_text() + near.root.read_text())
        for _ in range(BUNDLE_ROUNDS):
            for client in self.clients:
                if client.bundle:
                    self.seen[client.name].bundle.append(self.run(client, replace(near, root=all_roots)).wall_ms)

    def look_at_calls(self) -> None:
        for client in self.clients:
            log, counts = self.folder / "strace", []
            for _ in range(CALL_ROUNDS):
                self.run(client, self.where(), wrap=("/usr/bin/strace", "-f", "-qq", "-o", str(log)))
                lines = log.read_text(errors="replace").splitlines()
                counts.append(sum(bool(re.match(r"\d+ +\w+\(", line)) for line in lines))
            self.seen[client.name].calls = statistics.median(counts)
            self.seen[client.name].files = self.files_of(client, lines)

    def files_of(self, client: Client, lines: list[str]) -> set[Path]:
        """What the run has opened or executed, but for its input, /etc, and what the kernel makes up."""
        opened = {match[1] for line in lines
                  if (match := re.match(r'\d+ +(?:execve|open|openat)\((?:AT_FDCWD, )?"(/[^"]+)"', line))}
        files = {Path(name).resolve() for name in opened if Path(name).is_file()}
        files |= {interpreter for file in files if (interpreter := interpreter_of(file))}
        given = (self.folder.resolve(), Path("/etc"), Path("/proc"), Path("/sys"), Path("/dev"))
        files = {file for file in files if not any(parent in given for parent in file.parents)}
        return files | ({BUNDLE.resolve()} if client.bundle else set())

    def measure_all(self) -> None:
        self.stand_in.start()
        try:
            self.measure_cost()
            self.look_at_calls()
            self.measure_bytes()
            self.measure_trips()
            self.measure_bulk()
            self.measure_bundle()
        finally:
            self.stand_in.stop()
            for relay in self.relays:
                relay.stop()


def interpreter_of(file: Path) -> Path | None:
    """The loader of a dynamic program: the kernel opens it, and strace sees nothing of that."""
    with open(file, "rb") as opened:
        match = re.search(rb"/lib[0-9a-z]*/ld-linux[^\0]*", opened.read(4096)) if opened.read(4) == b"\x7fELF" else None
    return Path(os.fsdecode(match[0])).resolve() if match else None


# ---- the table ----


def cells(*values: str) -> str:
    return "".join(f"{value:>13}" for value in values)


def with_ratio(values: list[list[float]], form: str) -> list[str]:
    """Two rows: the medians, and how many times ours, round by round."""
    medians = [form.format(statistics.median(column)) for column in values]
    ratios = [statistics.median(theirs / ours for theirs, ours in zip(column, values[0])) for column in values]
    return [cells(*medians), cells("1", *(f"{ratio:.1f}" for ratio in ratios[1:]))]


def rows_of(seen: list[Seen], floor_of_1500: str) -> list[tuple[str, str]]:
    rows: list[tuple[str, str]] = []

    def add(label: str, *values: str) -> None:
        rows.append((label, cells(*values)))

    def add_times(label: str, values: list[list[float]], form: str) -> None:
        text, ratios = with_ratio(values, form)
        rows.extend([(label, text), ("  times ours", ratios)])

    trips = [statistics.median(f - n for f, n in zip(one.far, one.near)) / 1000 / TRIP_SECONDS for one in seen]
    add("round trips", *(f"{count:.1f}" for count in trips))
    add_times("time, ms", [[run.wall_ms for run in one.cost] for one in seen], "{:.1f}")
    add_times("processor time, ms", [[run.cpu_ms for run in one.cost] for one in seen], "{:.1f}")
    add_times("most memory at once, KiB", [[float(run.peak_kib) for run in one.cost] for one in seen], "{:.0f}")
    add("system calls", *(str(one.calls) for one in seen))
    add("bytes sent", *(str(one.sent) for one in seen))
    add("bytes received", *(str(one.received) for one in seen))
    add("files needed", *(str(len(one.files)) for one in seen))
    add("bytes of these, thousands", *(f"{sum(file.stat().st_size for file in one.files) / 1000:,.0f}" for one in seen))
    floor = BULK_TRIPS * BULK_SECONDS
    add_times(f"{BULK_DEVICES} devices, s", [[run.wall_ms / 1000 for run in one.bulk] for one in seen], "{:.2f}")
    add("  times what the network takes", *(f"{statistics.median(r.wall_ms for r in one.bulk) / 1000 / floor:.2f}" for one in seen))
    add("1,500 devices, times the floor", floor_of_1500, "-", "-", "-")
    return rows


def size_of_node_modules() -> float:
    return sum(file.stat().st_size for file in (INSTALLED / "node_modules").rglob("*") if file.is_file()) / 1e6


def processor() -> str:
    text = Path("/proc/cpuinfo").read_text()
    match = re.search(r"model name\s*: (.*)", text)
    return f"{match[1] if match else platform.machine()}, {os.cpu_count()} processors"


def table(bench: Bench, floor_of_1500: str) -> str:
    rows = rows_of([bench.seen[client.name] for client in bench.clients], floor_of_1500)
    head = "one release, cold"
    lines = [f"{head:32}" + cells(*(client.name for client in bench.clients))]
    lines += [f"{label:32}{text}" for label, text in rows]
    lines += [
        "",
        f"{time.strftime('%Y-%m-%d', time.gmtime())}, {processor()}.",
        *(f"{client.name}: {shorten(client.version)}" for client in bench.clients),
        "Same stand-in (nginx on loopback, TLS 1.3, RSA chain of three), same run, in turn; medians of",
        f"{COST_ROUNDS} rounds. Round trips: time with {TRIP_SECONDS * 1000:.0f} ms a round trip less time with none, "
        f"{TRIP_ROUNDS} rounds.",
        "Each trusts one root. With Debian's bundle of them: "
        + ", ".join(f"{name} {statistics.median(one.bundle):.0f} ms" for name, one in bench.seen.items() if one.bundle)
        + ".",
        "Most memory: the largest process. Files: what a run opens, and the CA bundle; of Python and node",
        f"only the modules that are loaded (all of node_modules: {size_of_node_modules():.0f} MB).",
        f"{BULK_DEVICES} devices: {BULK_CONNECTIONS} connections each, {BULK_SECONDS * 1000:.0f} ms a round trip; "
        f"the network takes {BULK_TRIPS} of them.",
        "1,500 devices: at the API's limits, in scaled time; the floor is what they leave.",
    ]
    return "\n".join(lines) + "\n"


def shorten(version: str) -> str:
    return re.sub(r"^(curl \S+).*?(OpenSSL/\S+).*", r"\1, \2", version)


def measure_1500(program: Path) -> str:
    """How far over the least time that the API's limits leave; test_bulk_pace.py writes it down."""
    PACE.unlink(missing_ok=True)
    command = [sys.executable, str(ROOT / "tests/run.py"), "--program", str(program), "-k", "test_fifteen_hundred"]
    subprocess.run(command, capture_output=True, check=False, timeout=200)
    match = re.search(r": ([0-9.]+) of the least", PACE.read_text()) if PACE.exists() else None
    return match[1] if match else "failed"


def paste(file: Path, text: str) -> None:
    """In place of the indented block under the heading."""
    block = "".join(f"    {line}".rstrip() + "\n" for line in text.splitlines())
    old = file.read_text()
    new, count = re.subn(r"(\n## Beside other tools\n(?:[^ \n#].*\n|\n)*)((?: {4}.*\n|\n(?= {4}))+)", lambda m: m[1] + block, old)
    if count != 1:
        raise RuntimeError(f'{file}: no block under "Beside other tools"')
    file.write_text(new)


def main() -> int:
    parser = argparse.ArgumentParser(description="Measure the program beside its peers.")
    parser.add_argument("--program", required=True, type=Path)
    parser.add_argument("--measure", required=True, type=Path)
    parser.add_argument("--readme", type=Path)
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # or nginx would be left running
    with tempfile.TemporaryDirectory(prefix="unisolate-bench-") as folder:
        bench = Bench(Path(folder), options.program.resolve(), options.measure.resolve())
        bench.measure_all()
    text = table(bench, measure_1500(options.program))
    TABLE.parent.mkdir(parents=True, exist_ok=True)
    TABLE.write_text(text)
    if options.readme:
        paste(options.readme, text)
    print(text, end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
