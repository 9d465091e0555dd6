#!/usr/bin/env python3
"""
test_release.py --dist FOLDER [TARGET...] - what is published, read back by the tools of others, and made once more.

Does      checks the sums; lets CycloneDX's own validator read the SBOM; lets skopeo and umoci read the image, for both architectures,
          and releases a device of the fake service from each unpacked root; lets mandoc and the shells read what the program
          printed; unpacks the source archive in another folder, with another time zone and umask, and makes the release there
          without a network: the sums must be equal. Last line: `N passed, N failed`.
Not here  what the program does (tests/scenarios), the targets under qemu and wine (build.sh test-targets).
Limits    STEP_SECONDS a step, BUILD_SECONDS for the second release.
Rules     loopback only, but for npm; as root, for chroot.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import traceback
from pathlib import Path
from typing import Any, Callable

RELEASE = Path(__file__).resolve().parent
TESTS = RELEASE.parent
INSTALLED = TESTS.parent / "build" / "release-checks"
sys.path[:0] = [str(TESTS)]

from service import pki                            # noqa: E402
from service.defender import DEVICE                # noqa: E402
from service.entra import CLIENT_ID, TENANT        # noqa: E402
from service.service import Service                # noqa: E402

STEP_SECONDS = 120
NPM_SECONDS = 240
BUILD_SECONDS = 5000
USER = 65532
TEXTS = {"unisolate.1", "unisolate.bash", "_unisolate", "unisolate.fish", "unisolate.ps1"}


class Failed(Exception):
    """What is not as it should be."""


def expect(condition: object, text: str) -> None:
    if not condition:
        raise Failed(text)


def tool(*command: Any, seconds: float = STEP_SECONDS, good: bool = True, **settings: Any) -> str:
    """Run a tool; its output. A failure is one unless not `good`, then the other way round."""
    words = [str(word) for word in command]
    done = subprocess.run(words, capture_output=True, text=True, timeout=seconds, check=False, **settings)
    expect((done.returncode == 0) == good, f"{' '.join(words)}: exit {done.returncode}\n{done.stdout[-3000:]}{done.stderr[-3000:]}")
    return done.stdout


class Checks:
    def __init__(self, dist: Path, targets: list[str], folder: Path) -> None:
        self.dist, self.targets, self.folder = dist, targets, folder
        self.sums = dict(reversed(line.split()) for line in (dist / "SHA256SUMS").read_text().splitlines())
        self.version = next(name for name in self.sums if name.endswith(".cdx.json")).removesuffix(".cdx.json").split("-")[1]
        self.image = dist / f"unisolate-{self.version}-oci.tar"

    # ---- sums, SBOM ----

    def check_sums(self) -> None:
        tool("sha256sum", "--check", "--strict", "SHA256SUMS", cwd=self.dist)
        there = {path.name for path in self.dist.iterdir()} - {"SHA256SUMS"}
        expect(there == set(self.sums), f"SHA256SUMS names {sorted(self.sums)}, there is {sorted(there)}")
        name = f"unisolate-{self.version}"
        wanted = {f"{name}.cdx.json", f"{name}.tar.gz", f"{name}-oci.tar"} | TEXTS
        wanted |= {f"{name}-{target}{'.exe' if 'windows' in target else ''}" for target in self.targets}
        expect(there == wanted, f"there is {sorted(there)}, wanted {sorted(wanted)}")

    def check_sbom(self) -> None:
        self.install()
        file = self.dist / f"unisolate-{self.version}.cdx.json"
        tool("node", "sbom.mjs", file, cwd=INSTALLED)
        bom = json.loads(file.read_text())
        components = {component["bom-ref"]: component for component in bom["components"]}
        for file_name, digest in self.sums.items():
            if not file_name.endswith(".cdx.json"):
                expect(components[f"file-{file_name}"]["hashes"] == [{"alg": "SHA-256", "content": digest}], f"another sum of {file_name}")
        for name, lock in (("mbedtls", "mbedtls.lock"), ("musl", "musl.lock")):
            found = [component for component in bom["components"] if component["name"] == name]
            wanted = [line.split() for line in (TESTS.parent / "vendor" / lock).read_text().splitlines() if line.startswith("archive wanted")]
            expect([(c["version"], c["hashes"][0]["content"]) for c in found] == [(row[2], row[3]) for row in wanted], f"{name} is another one")
        roots = [component for component in bom["components"] if component["type"] == "cryptographic-asset"]
        expect(len(roots) == len(list((TESTS.parent / "vendor" / "roots").glob("*.pem"))), "not each root")
        for reference in bom["dependencies"][0]["dependsOn"]:
            expect(reference in components, f"{reference} is no component")
        # The validator is awake: each of these must be refused.
        for member, value in (("version", "x"), ("serialNumber", "urn:uuid:1"), ("moon", 1), ("components", [{"type": "moon", "name": "x"}])):
            broken = self.folder / "broken.json"
            broken.write_text(json.dumps({**bom, member: value}))
            tool("node", "sbom.mjs", broken, cwd=INSTALLED, good=False)

    def install(self) -> None:
        """The packages of the lock file, once: again only when it changes."""
        lock, stamp = (RELEASE / "package-lock.json").read_text(), INSTALLED / "stamp"
        if not stamp.exists() or stamp.read_text() != lock:
            shutil.rmtree(INSTALLED, ignore_errors=True)
            INSTALLED.mkdir(parents=True)
            for name in ("package.json", "package-lock.json"):
                shutil.copy(RELEASE / name, INSTALLED)
            tool("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--legacy-peer-deps", cwd=INSTALLED, seconds=NPM_SECONDS)
            stamp.write_text(lock)
        shutil.copy(RELEASE / "sbom.mjs", INSTALLED)

    # ---- the image ----

    def unpack_image(self, architecture: str) -> Path:
        layout, bundle = self.folder / f"layout-{architecture}", self.folder / f"bundle-{architecture}"
        config = json.loads(tool("skopeo", "inspect", "--config", "--override-arch", architecture, f"oci-archive:{self.image}"))
        expect(config["architecture"] == architecture and config["os"] == "linux", f"it is for {config['architecture']}")
        expect(config["config"]["User"] == f"{USER}:{USER}", f"it runs as {config['config'].get('User')!r}")
        expect(config["config"]["Entrypoint"] == ["/unisolate"], "another entry point")
        expect(config["config"]["Labels"]["org.opencontainers.image.version"] == self.version, "another version")
        tool("skopeo", "copy", "--override-arch", architecture, f"oci-archive:{self.image}", f"oci:{layout}:x")
        tool("skopeo", "inspect", f"docker-archive:{self.image}:unisolate:{self.version}-{architecture}")
        tool("umoci", "unpack", "--image", f"{layout}:x", bundle)
        run = json.loads((bundle / "config.json").read_text())["process"]
        expect((run["user"]["uid"], run["user"]["gid"], run["args"]) == (USER, USER, ["/unisolate"]), f"umoci would run {run}")
        root = bundle / "rootfs"
        bundle.chmod(0o755)  # umoci's own is 0700: qemu, outside of the root, could not read what is in it
        there = [str(path.relative_to(root)) for path in root.rglob("*")]
        expect(there == ["unisolate"], f"the image holds {there}")
        expect((root / "unisolate").stat().st_mode & 0o7777 == 0o555, "the program may be written to")
        return root

    def release_from(self, root: Path, prefix: list[str], chroot: bool) -> None:
        """As a container would run it: nothing but the file, a user without rights, nothing to write to; the test root is mounted."""
        service = Service().start()
        try:
            shutil.copy(service.pki.root, root / "root.pem")
            (root / "root.pem").chmod(0o444)
            root.chmod(0o555)

            def enter() -> None:
                if chroot:
                    os.chroot(root)
                    os.chdir("/")
                os.setgroups([])
                os.setgid(USER)
                os.setuid(USER)

            base = "" if chroot else str(root)
            login, api = service.login, service.api
            hosts = [f"localhost:{login.port}:127.0.0.1", f"localhost:{api.port}:127.0.0.1,[::1]"]
            command = [*prefix, f"{base}/unisolate", "-c", "clean", "--json", "--tenant", TENANT, "--client-id", CLIENT_ID,
                       "--authority", login.url, "--api-url", api.url, "--cacert", f"{base}/root.pem",
                       "--resolve", hosts[0], "--resolve", hosts[1], DEVICE]
            result = json.loads(tool(*command, env={"AZURE_CLIENT_SECRET": service.entra.secret}, cwd="/", preexec_fn=enter))
            expect(result["result"] == "accepted", f"the result is {result}")
            expect(len(service.defender.actions) == 1, "the service saw no release")
        finally:
            service.stop()

    def check_image_amd64(self) -> None:
        self.release_from(self.unpack_image("amd64"), [], chroot=True)

    def check_image_arm64(self) -> None:
        # qemu is outside of the root, so there is no chroot.
        self.release_from(self.unpack_image("arm64"), ["qemu-aarch64-static"], chroot=False)

    # ---- texts ----

    def check_texts(self) -> None:
        expect(tool("mandoc", "-T", "lint", "-W", "all", self.dist / "unisolate.1") == "", "mandoc has found something")
        tool("bash", "-n", self.dist / "unisolate.bash")
        tool("zsh", "-n", self.dist / "_unisolate")
        tool("fish", "-n", self.dist / "unisolate.fish")

    # ---- the same again ----

    def check_made_again(self) -> None:
        place = self.folder / "another place" / "further down"
        place.mkdir(parents=True)
        tool("tar", "-xzf", self.dist / f"unisolate-{self.version}.tar.gz", "-C", place)
        source = place / f"unisolate-{self.version}"
        command = ["unshare", "--net", "sh", "-c", 'umask 077; ! ip route 2>/dev/null | grep -q . && exec ./build.sh release "$@"', "sh"]
        environment = {"PATH": os.environ["PATH"], "HOME": str(self.folder), "TZ": "Asia/Tokyo", "LANG": "C.UTF-8"}
        said = tool(*command, *self.targets, cwd=source, env=environment, seconds=BUILD_SECONDS)
        first, second = (self.dist / "SHA256SUMS").read_text(), (source / "dist" / "SHA256SUMS").read_text()
        print(f"SHA256SUMS of {self.dist}:\n{first}\nSHA256SUMS of {source / 'dist'}:\n{second}")
        expect(first == second, f"the sums differ\n{said[-1000:]}")


def main() -> int:
    parser = argparse.ArgumentParser(description="Check what ./build.sh release has made.")
    parser.add_argument("--dist", required=True, type=Path)
    parser.add_argument("-k", default="", metavar="PATTERN", help="only checks whose name holds this text")
    parser.add_argument("targets", nargs="+")
    options = parser.parse_args()
    passed = failed = 0
    with tempfile.TemporaryDirectory(prefix="unisolate-release-") as folder:
        os.chmod(folder, 0o755)
        (Path(folder) / "pki").mkdir()
        pki.make(Path(folder) / "pki")
        os.environ[pki.FOLDER_VARIABLE] = str(Path(folder) / "pki")
        checks = Checks(options.dist.resolve(), options.targets, Path(folder))
        names = [name for name in vars(Checks) if name.startswith("check_") and options.k in name]
        for name in names:
            check: Callable[[], None] = getattr(checks, name)
            try:
                check()
                passed += 1
                print(f"passed {name}", flush=True)
            except Failed as error:
                failed += 1
                print(f"FAILED {name}: {error}", flush=True)
            except Exception:  # pylint: disable=broad-except
                failed += 1
                print(f"FAILED {name}:\n{traceback.format_exc()}", flush=True)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
