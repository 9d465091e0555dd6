"""
hive.py - a Windows registry hive, as a file: `hive.py FILE` writes the one of tests/vectors/hive.

Does      keys and values of text, in each way that a list of keys can be written.
Not here  time stamps, security, big values, log files: nobody here reads them.
Rules     "Windows NT Registry File (REGF) format specification" of libregf. What comes out was read
          with hivexsh (libhivex 1.3) as well.
"""

from __future__ import annotations

import struct
import sys
from pathlib import Path

NONE = 0xFFFFFFFF
SENSOR = "Windows Advanced Threat Protection"
DEVICE = "1e5bc9d7e413ddd7902c2932e418702b84d0cc07"


class Hive:
    """lists: lf, lh, li, or ri (lists of two keys each in a list); wide: names in UTF-16."""

    def __init__(self, lists: str = "lh", wide: bool = False) -> None:
        self.lists, self.wide, self.cells = lists, wide, bytearray(32)

    def cell(self, data: bytes) -> int:
        at = len(self.cells)
        size = (len(data) + 4 + 7) // 8 * 8
        self.cells += struct.pack("<i", -size) + data.ljust(size - 4, b"\0")
        return at

    def name(self, text: str) -> bytes:
        return text.encode("utf-16-le" if self.wide else "latin-1")

    def list_of(self, keys: list[tuple[str, int]]) -> int:
        if not keys:
            return NONE
        if self.lists == "ri":
            parts = [self.plain_list("lh", keys[i : i + 2]) for i in range(0, len(keys), 2)]
            return self.cell(b"ri" + struct.pack(f"<H{len(parts)}I", len(parts), *parts))
        return self.plain_list(self.lists, keys)

    def plain_list(self, kind: str, keys: list[tuple[str, int]]) -> int:
        body = b""
        for name, at in keys:
            value = 0
            for letter in name.upper():
                value = (value * 37 + ord(letter)) & NONE
            mark = {"lf": name[:4].encode().ljust(4, b"\0"), "lh": struct.pack("<I", value), "li": b""}
            body += struct.pack("<I", at) + mark[kind]
        return self.cell(kind.encode() + struct.pack("<H", len(keys)) + body)

    def value(self, name: str, text: str, kind: int = 1) -> int:
        data = (text + "\0").encode("utf-16-le")
        at = self.cell(data)
        raw = self.name(name)
        head = struct.pack("<HIIIHH", len(raw), len(data), at, kind, 0 if self.wide else 1, 0)
        return self.cell(b"vk" + head + raw)

    def key(self, name: str, keys: dict[str, tuple], values: dict[str, str], root: bool = False) -> int:
        """keys: name -> (keys, values). In the order of their names without case, as Windows has them."""
        children = [(n, self.key(n, *keys[n])) for n in sorted(keys, key=str.upper)]
        listed = self.list_of(children)
        found = [self.value(n, text) for n, text in values.items()]
        value_list = self.cell(struct.pack(f"<{len(found)}I", *found)) if found else NONE
        raw = self.name(name)
        flags = (0 if self.wide else 0x20) | (0x0C if root else 0)
        head = struct.pack("<HQIIIIIIIIII", flags, 0, 0, NONE, len(children), 0, listed, NONE, len(found), value_list, NONE, NONE)
        head += struct.pack("<IIIIIHH", 0, 0, 0, 0, 0, len(raw), 0)
        me = self.cell(b"nk" + head + raw)
        for _, child in children:
            struct.pack_into("<I", self.cells, child + 4 + 0x10, me)
        return me

    def file(self, keys: dict[str, tuple]) -> bytes:
        root = self.key("ROOT", keys, {}, root=True)
        size = (len(self.cells) + 4095) // 4096 * 4096
        rest = size - len(self.cells)
        if rest:
            self.cells += struct.pack("<i", rest).ljust(rest, b"\0")
        self.cells[:32] = b"hbin" + struct.pack("<II", 0, size) + bytes(20)
        head = b"regf" + struct.pack("<IIQIIIIIII", 1, 1, 0, 1, 5, 0, 1, root, size, 1)
        head = head.ljust(508, b"\0")
        check = 0
        for (word,) in struct.iter_unpack("<I", head):
            check ^= word
        return (head + struct.pack("<I", check)).ljust(4096, b"\0") + bytes(self.cells)


def software(sense_id: str | None = DEVICE, **settings) -> bytes:
    """The hive SOFTWARE of a Windows; without a sense_id the sensor is there but not onboarded."""
    values = {"InstallLocation": "C:\\Program Files\\Windows Defender Advanced Threat Protection\\"}
    if sense_id is not None:
        values["senseId"] = sense_id
    microsoft = {name: ({}, {}) for name in ("AppV", "Windows", "Windows NT", "Windows Advanced", "Wbem")}
    microsoft[SENSOR] = ({"Status": ({}, {"senseId": "not this one"})}, values)
    keys = {"Classes": ({}, {}), "Microsoft": (microsoft, {}), "Policies": ({}, {}), SENSOR: ({}, {"senseId": "nor this"})}
    return Hive(**settings).file(keys)


if __name__ == "__main__":
    Path(sys.argv[1]).write_bytes(software())
