#!/usr/bin/env python3
"""
boot.py --program PROGRAM --kernel FOLDER - a real boot: a machine whose only program is this one releases a device.

Does      an initramfs with a static init (init.c), the program, the test root and a token, and nothing else; a Debian kernel under
          qemu's software emulation; the fake service on this host's loopback, which the guest sees at 10.0.2.2; a real-time clock
          in 1970. Once as it stands, which must end with exit 8, and once with --at, which must release the device.
Not here  getting the kernel (build.sh boot).
Limits    BOOT_SECONDS a boot.
"""

from __future__ import annotations

import argparse
import contextlib
import datetime
import stat
import subprocess
import sys
import tempfile
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
sys.path[0] = str(TESTS)

from service.defender import DEVICE  # noqa: E402
from service.entra import CLIENT_ID, TENANT  # noqa: E402
from service.service import Service  # noqa: E402

BOOT_SECONDS = 180
HOST = "10.0.2.2"
# In the order in which one needs the other.
MODULES = (
    "drivers/virtio/virtio_ring.ko",
    "drivers/virtio/virtio.ko",
    "drivers/virtio/virtio_pci_legacy_dev.ko",
    "drivers/virtio/virtio_pci_modern_dev.ko",
    "drivers/virtio/virtio_pci.ko",
    "net/core/failover.ko",
    "drivers/net/net_failover.ko",
    "drivers/net/virtio_net.ko",
)


def archive(files: dict[str, tuple[int, bytes]]) -> bytes:
    """A cpio archive as the kernel reads it (its documentation: driver-api/early-userspace/buffer-format)."""
    out = bytearray()

    def add(name: str, mode: int, data: bytes, device: tuple[int, int] = (0, 0)) -> None:
        raw = name.encode() + b"\0"
        numbers = [0, mode, 0, 0, 1, 0, len(data), 0, 0, *device, len(raw), 0]
        out.extend(b"070701" + b"".join(b"%08X" % n for n in numbers) + raw)
        out.extend(b"\0" * (-len(out) % 4))
        out.extend(data)
        out.extend(b"\0" * (-len(out) % 4))

    for name, (mode, data) in files.items():
        add(name, stat.S_IFREG | mode, data)
    add("TRAILER!!!", 0, b"")
    return bytes(out)


def arguments(service: Service, at: str | None) -> list[str]:
    ports = (service.login.url, service.api.url)
    names = [url.removeprefix("https://") for url in ports]
    resolve = [word for name in names for word in ("--resolve", f"{name}:{HOST}")]
    clock = ["--at", at] if at else []
    return [
        "/unisolate", "-v", "--authority", ports[0], "--api-url", ports[1], "--cacert", "/root.pem", *resolve, *clock,
        "--tenant", TENANT, "--client-id", CLIENT_ID, "--client-secret-file", "/secret",
        "-c", "clean", DEVICE,
    ]  # fmt: skip


def boot(folder: Path, kernel: Path, files: dict[str, tuple[int, bytes]]) -> str:
    """The serial console of a machine that has been switched on, and off again."""
    initrd = folder / "initrd"
    initrd.write_bytes(archive(files))
    image = next((kernel / "boot").glob("vmlinuz-*"))
    command = [
        "qemu-system-x86_64", "-accel", "tcg", "-m", "128", "-display", "none", "-monitor", "none", "-serial", "stdio",
        "-no-reboot", "-rtc", "base=1970-01-01T00:00:10", "-nic", "user,model=virtio-net-pci",
        "-kernel", image, "-initrd", initrd, "-append", "console=ttyS0 quiet panic=-1 random.trust_cpu=on",
    ]  # fmt: skip
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=BOOT_SECONDS, check=False)
    return (done.stdout + done.stderr).decode(errors="replace").replace("\r", "")


def one(name: str, options: argparse.Namespace, at: str | None, wanted: tuple[str, ...], posts: int) -> bool:
    with tempfile.TemporaryDirectory(prefix="unisolate-boot-") as temporary, contextlib.ExitStack() as stack:
        service = Service().start()
        stack.callback(service.stop)
        folder = Path(temporary)
        modules = next((options.kernel / "lib" / "modules").iterdir()) / "kernel"
        files = {
            "init": (0o755, options.init.read_bytes()),
            "unisolate": (0o755, options.program.read_bytes()),
            "root.pem": (0o644, service.pki.root.read_bytes()),
            "secret": (0o600, service.entra.secret.encode()),
            "arguments": (0o644, "\n".join(arguments(service, at)).encode()),
            "modules.list": (0o644, "\n".join(f"/{Path(m).name}" for m in MODULES).encode()),
            **{Path(m).name: (0o644, (modules / m).read_bytes()) for m in MODULES},
        }
        console = boot(folder, options.kernel, files)
        received = sum(r.method == "POST" for r in service.log.requests("api"))
        leaked = service.entra.secret in console
    good = all(text in console for text in wanted) and received == posts and not leaked
    print(f"---- {name}: {'passed' if good else 'FAILED'}; releases that the service received: {received}")
    print(console)
    return good


def main() -> int:
    parser = argparse.ArgumentParser(description="Boot a machine whose only program is this one.")
    parser.add_argument("--program", type=Path, required=True)
    parser.add_argument("--init", type=Path, required=True, help="init.c, built")
    parser.add_argument("--kernel", type=Path, required=True, help="a Debian kernel package, unpacked")
    options = parser.parse_args()
    now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    results = [
        one("a clock in 1970", options, None, ("init: exit status 8", "--at"), 0),
        one("the same with --at", options, now, ("accepted", "init: exit status 0"), 1),
    ]
    print(f"{sum(results)} passed, {len(results) - sum(results)} failed")
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
