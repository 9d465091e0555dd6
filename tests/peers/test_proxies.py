#!/usr/bin/env python3
"""
test_proxies.py --program PATH [--table FILE] - the program behind proxies that nobody here has written, and curl beside it.

Does      starts squid, tinyproxy and haproxy on loopback, and an inspecting proxy of our own; releases a device of the fake service
          through each, with and without login, and where they refuse; asks curl the same; prints the table, and last
          `N passed, N failed`.
Not here  faults that no real proxy has (tests/scenarios/test_proxy.py).
Limits    START_SECONDS until a proxy listens, STEP_SECONDS a run. What cannot be started is a failure, not a skip.
Rules     loopback only; ordinary processes, ended by their id; what they write is in a folder that goes with them.
"""

from __future__ import annotations

import argparse
import base64
import concurrent.futures
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import traceback
from dataclasses import dataclass, field
from pathlib import Path

TESTS = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(TESTS)]

from service.defender import DEVICE            # noqa: E402
from service.entra import CLIENT_ID, TENANT    # noqa: E402
from service.proxy import Proxy                # noqa: E402
from service.service import Service            # noqa: E402

START_SECONDS = 15.0
STEP_SECONDS = 20.0
AT_ONCE = 3
USER, PASSWORD = "bob", "p:ss w%rd/long"
ENCODED = "p%3Ass%20w%25rd%2Flong"
UNPRIVILEGED = "nobody"

SQUID = """
http_port 127.0.0.1:{open} name=open
http_port 127.0.0.1:{login} name=login
http_port 127.0.0.1:{list} name=list
http_port [::1]:{six} name=six
https_port 127.0.0.1:{tls} name=tls tls-cert={cert} tls-key={key}
pid_filename none
cache_log {folder}/squid.log
access_log stdio:{folder}/squid.access
cache deny all
cache_mem 1 MB
coredump_dir {folder}
shutdown_lifetime 0 seconds
max_filedescriptors 1024
pinger_enable off
netdb_filename none
dns_nameservers 127.0.0.1
dns_timeout 1 second
connect_timeout 3 seconds
auth_param basic program {ncsa} {folder}/squid.users
auth_param basic children 1
auth_param basic realm a, "b"
acl users proxy_auth REQUIRED
acl on_login myportname login
acl on_list myportname list
acl listed port {listed}
http_access deny on_login !users
http_access deny on_list !listed
http_access allow all
"""

TINYPROXY = """
Port {port}
Listen 127.0.0.1
Timeout 20
LogFile "{folder}/tinyproxy.{port}.log"
LogLevel Connect
Allow 127.0.0.1
MaxClients 20
{more}
"""

HAPROXY = """
global
    maxconn 100
    stats timeout 1s
defaults
    mode http
    timeout connect 2s
    timeout client 20s
    timeout server 20s
    timeout tunnel 20s
    retries 0
frontend tls
    bind 127.0.0.1:{tls} ssl crt {folder}/haproxy.pem
    default_backend tiny
frontend lost
    bind 127.0.0.1:{lost}
    default_backend nobody
backend tiny
    server tiny 127.0.0.1:{behind}
backend nobody
    server nobody 127.0.0.1:9
"""


class Failed(Exception):
    """What is not as it should be."""


def free_port() -> int:
    """A port that is free on both loopback addresses."""
    with socket.socket(socket.AF_INET6, socket.SOCK_STREAM) as six:
        six.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        six.bind(("::1", 0))
        port = six.getsockname()[1]
        with socket.socket() as four:
            four.bind(("127.0.0.1", port))
        return port


class Bench:
    """The fake service and every proxy; all of it ends with stop()."""

    def __init__(self, program: str, folder: Path) -> None:
        self.program, self.folder = program, folder
        self.processes: list[subprocess.Popen] = []
        self.service = Service().start()
        self.login, self.api = self.service.login.port, self.service.api.port
        self.ports: dict[str, int] = {}
        self.secret = self.write("secret", self.service.entra.secret)
        self.password = self.write("password", PASSWORD + "\n")
        self.wrong = self.write("wrong", "something else\n")
        self.inspector = Proxy(inspects=self.service.context("unknown-issuer")).start()
        self.ports["inspector"] = self.inspector.port
        folder.chmod(0o755)
        if os.getuid() == 0:
            shutil.chown(folder, UNPRIVILEGED)

    def stop(self) -> None:
        for process in self.processes:
            process.terminate()
        for process in self.processes:
            try:
                process.wait(3)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self.inspector.stop()
        self.service.stop()

    def write(self, name: str, content: str) -> Path:
        path = self.folder / name
        path.write_text(content)
        return path

    def start(self, *command: str) -> None:
        """As nobody where we are root: none of them needs more."""
        path = "/usr/sbin:/usr/bin:/sbin:/bin"
        tool = shutil.which(command[0], path=path)
        if not tool:
            raise Failed(f"{command[0]} is not installed: ./build.sh setup")
        user = {"user": UNPRIVILEGED, "group": "nogroup", "extra_groups": []} if os.getuid() == 0 else {}
        log = open(self.folder / f"{command[0]}.{len(self.processes)}.out", "wb")  # pylint: disable=consider-using-with
        with log:
            self.processes.append(
                subprocess.Popen(
                    [tool, *command[1:]], stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.folder,
                    env={"PATH": path}, **user,
                )
            )

    def start_all(self) -> None:
        pki = self.service.pki
        names = "open login list six tls tiny tiny_login tiny_list haproxy_tls haproxy_lost"
        self.ports.update({name: free_port() for name in names.split()})
        for name in ("good.pem", "good.key"):
            self.write(name, (pki.folder / name).read_text())
        self.write("haproxy.pem", pki.certificate("good").read_text() + pki.key("good").read_text())
        hashed = subprocess.run(
            ["openssl", "passwd", "-apr1", "-stdin"], input=PASSWORD, capture_output=True, text=True, check=True
        )
        self.write("squid.users", f"{USER}:{hashed.stdout}")
        squid = SQUID.format(
            folder=self.folder, ncsa="/usr/lib/squid/basic_ncsa_auth", listed=self.login, cert=self.folder / "good.pem",
            key=self.folder / "good.key", **self.ports,
        )
        self.start("squid", "-N", "-f", str(self.write("squid.conf", squid)))
        limits = {"tiny": "", "tiny_login": f'BasicAuth {USER} tinypass', "tiny_list": f"ConnectPort {self.login}"}
        for name, more in limits.items():
            text = TINYPROXY.format(port=self.ports[name], folder=self.folder, more=more)
            self.start("tinyproxy", "-d", "-c", str(self.write(f"{name}.conf", text)))
        haproxy = HAPROXY.format(
            folder=self.folder, tls=self.ports["haproxy_tls"], lost=self.ports["haproxy_lost"], behind=self.ports["tiny"]
        )
        self.start("haproxy", "-db", "-f", str(self.write("haproxy.cfg", haproxy)))
        deadline = time.monotonic() + START_SECONDS
        for name, port in self.ports.items():
            self.wait_for(name, "::1" if name == "six" else "127.0.0.1", port, deadline)

    def wait_for(self, name: str, address: str, port: int, deadline: float) -> None:
        while True:
            try:
                socket.create_connection((address, port), 1).close()
                return
            except OSError as error:
                if time.monotonic() > deadline:
                    outputs = "\n".join(path.read_text()[-800:] for path in self.folder.glob("*.out"))
                    raise Failed(f"{name} does not listen: {error}\n{outputs}") from error
                time.sleep(0.05)


@dataclass
class Case:
    """One way, and what must come of it. In `proxy` a name in braces is that proxy's port; no proxy: only the variables."""

    name: str
    proxy: str
    exit: int = 0
    says: tuple[str, ...] = ()
    password: str = ""              # which file
    host: str = "localhost"
    cacert: str = "root"
    line: tuple[str, ...] = ()
    environment: dict[str, str] = field(default_factory=dict)
    curl: str = ""                  # the same for curl, where its login is written otherwise
    ours: str = ""
    theirs: str = ""


LOGIN = f"http://{USER}@127.0.0.1:"
CURL_LOGIN = f"http://{USER}:{ENCODED}@127.0.0.1:"

CASES = [
    Case("squid", "http://127.0.0.1:{open}", says=("through proxy",)),
    Case("squid, bare host:port", "127.0.0.1:{open}"),
    Case("squid at ::1", "http://[::1]:{six}"),
    Case("squid, host [::1]", "http://127.0.0.1:{open}", host="[::1]"),
    Case("squid, login", LOGIN + "{login}", password="password", curl=CURL_LOGIN + "{login}"),
    Case("squid, login in https_proxy", "", environment={"https_proxy": CURL_LOGIN + "{login}"}),
    Case("squid, login missing", "http://127.0.0.1:{login}", 7, ("407", "it offers Basic", "--proxy-password-file")),
    Case("squid, login wrong", LOGIN + "{login}", 7, ("407", "not accepted"), "wrong", curl=f"http://{USER}:x@127.0.0.1:{{login}}"),
    Case("squid, API not allowed", "http://127.0.0.1:{list}", 7, ("403", "has to allow CONNECT")),
    Case("squid, host unknown to it", "http://127.0.0.1:{open}", 7, ("50", "does not reach"), host="nowhere.invalid"),
    Case("squid, TLS to it", "https://localhost:{tls}"),
    Case("squid, TLS to it, name wrong", "https://127.0.0.9:{tls}", 8, ("proxy 127.0.0.9",), line=("--resolve", "*:{tls}:127.0.0.1")),
    Case("squid, TLS where it speaks none", "https://127.0.0.1:{open}", 8, ("answers without TLS", "http://127.0.0.1")),
    Case("squid, none where it speaks TLS", "http://localhost:{tls}", 7, ("proxy localhost",)),
    Case("tinyproxy", "http://127.0.0.1:{tiny}", says=("through proxy",)),
    Case("tinyproxy, host [::1]", "http://127.0.0.1:{tiny}", host="[::1]"),
    Case("tinyproxy, login", "http://bob@127.0.0.1:{tiny_login}", password="tiny", curl="http://bob:tinypass@127.0.0.1:{tiny_login}"),
    Case("tinyproxy, login missing", "http://127.0.0.1:{tiny_login}", 7, ("407", "it offers Basic")),
    Case("tinyproxy, login wrong", "http://bob@127.0.0.1:{tiny_login}", 7, ("401", "not accepted"), "wrong",
         curl="http://bob:x@127.0.0.1:{tiny_login}"),
    Case("tinyproxy, API not allowed", "http://127.0.0.1:{tiny_list}", 7, ("403", "has to allow CONNECT")),
    Case("tinyproxy, host unknown to it", "http://127.0.0.1:{tiny}", 7, ("500", "does not reach"), host="nowhere.invalid"),
    Case("haproxy, TLS to it, tinyproxy behind", "https://localhost:{haproxy_tls}", says=("with the proxy",)),
    Case("haproxy, nobody behind", "http://127.0.0.1:{haproxy_lost}", 7, ("503",)),
    Case("inspecting, root not given", "http://127.0.0.1:{inspector}", 8, ("Unknown Test Root", "--cacert FILE", "through proxy")),
    Case("inspecting, root given", "http://127.0.0.1:{inspector}", cacert="unknown-root"),
    Case("nobody there", "http://127.0.0.1:9", 7, ("proxy 127.0.0.1:9", "refused")),
    Case("no_proxy wins", "http://127.0.0.1:9", environment={"NO_PROXY": "localhost"}),
]


def run(command: list[str], environment: dict[str, str]) -> subprocess.CompletedProcess:
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=STEP_SECONDS, check=False)


def fault_line(text: str) -> str:
    lines = [line for line in text.splitlines() if line.startswith(("unisolate: ", "curl: "))]
    return lines[-1] if lines else ""


def try_ours(bench: Bench, case: Case) -> None:
    command = [bench.program, "-v", "--retries", "0", "-c", "clean", "--tenant", TENANT, "--client-id", CLIENT_ID]
    command += ["--client-secret-file", str(bench.secret), "--cacert", str(bench.service.pki.certificate(case.cacert))]
    command += ["--authority", f"https://{case.host}:{bench.login}", "--api-url", f"https://{case.host}:{bench.api}"]
    command += ["--proxy", case.proxy.format(**bench.ports)] if case.proxy else []
    command += ["--proxy-password-file", str(bench.folder / case.password)] if case.password else []
    command += [word.format(**bench.ports) for word in case.line] + [DEVICE]
    done = run(command, {name: value.format(**bench.ports) for name, value in case.environment.items()})
    case.ours = f"exit {done.returncode}" + (f" {fault_line(done.stderr)}" if done.returncode else f": {done.stdout.split()[0]}")
    lacks = [word for word in case.says if word not in done.stderr]
    shown = [word for word in (PASSWORD, ENCODED, "tinypass") if word in done.stdout + done.stderr]
    encoded = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
    if done.returncode != case.exit or lacks or shown or encoded in done.stderr:
        raise Failed(f"wanted exit {case.exit}; it lacks {lacks}; it shows {shown}:\n{' '.join(command)}\n{done.stdout}{done.stderr}")


def try_curl(bench: Bench, case: Case) -> None:
    """The API host: that is where an allow list bites. Any answer of its counts."""
    roots = str(bench.service.pki.certificate(case.cacert))
    command = ["curl", "-sS", "-o", "/dev/null", "-w", "%{http_code}", "--max-time", "10", "--cacert", roots, "--proxy-cacert", roots]
    proxy = case.curl or case.proxy
    command += ["--proxy", proxy.format(**bench.ports)] if proxy else []
    command += [word.format(**bench.ports) for word in case.line] + [f"https://{case.host}:{bench.api}/api/machines"]
    done = run(command, {name: value.format(**bench.ports) for name, value in case.environment.items()})
    case.theirs = fault_line(done.stderr) if done.returncode else f"through: answer {done.stdout}"


def put_table(cases: list[Case]) -> str:
    lines = ["Behind real proxies: each cell is a run, this program's above curl's.", ""]
    for case in cases:
        lines += [f"{case.name}", f"    unisolate  {case.ours}", f"    curl       {case.theirs}"]
    return "\n".join(lines) + "\n"


def check_logs(bench: Bench) -> None:
    """The proxies themselves say that the way went through them."""
    for name, pattern in (("squid.access", f"CONNECT localhost:{bench.api}"), (f"tinyproxy.{bench.ports['tiny']}.log", "CONNECT localhost:")):
        if pattern not in (bench.folder / name).read_text():
            raise Failed(f"{name} does not speak of {pattern}")


def run_all(bench: Bench, table: str | None) -> tuple[int, int]:
    bench.write("tiny", "tinypass")
    failed = 0

    def one(case: Case) -> None:
        try_curl(bench, case)
        try_ours(bench, case)

    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        futures = [(case, pool.submit(one, case)) for case in CASES]
    for case, future in futures:
        try:
            future.result()
        except Exception:  # pylint: disable=broad-except
            failed += 1
            print(f"FAILED {case.name}\n{traceback.format_exc()}")
    try:
        check_logs(bench)
    except (Failed, OSError) as error:
        failed += 1
        print(f"FAILED logs: {error}")
    violations = bench.service.log.of("violation")
    if violations:
        failed += 1
        print("the service received what it must not:", *(event.detail for event in violations), sep="\n  ")
    text = put_table(CASES)
    print(text)
    if table:
        Path(table).write_text(text)
    return len(CASES) + 2 - failed, failed


def main() -> int:
    parser = argparse.ArgumentParser(description="Run the program behind proxies of others, with curl beside it.")
    parser.add_argument("--program", required=True)
    parser.add_argument("--table")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="unisolate-proxies-") as name:
        bench = Bench(str(Path(options.program).resolve()), Path(name))
        try:
            bench.start_all()
            passed, failed = run_all(bench, options.table)
        except (Failed, OSError, subprocess.SubprocessError) as error:
            print(f"test_proxies.py: {error}")
            passed, failed = 0, 1
        finally:
            bench.stop()
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
