"""
test_input.py - lists of devices: from a file, from standard input, from a CSV; what is told of bad ones; --max.

Rules     contract sections 2 (`-`, --from), 3 (--max) and 4 (2); issue: everything is checked before anything is sent.
"""

import os
import subprocess

from devices import DeviceScenario, device
from harness import NO_METADATA, each
from service.defender import DEVICE

CSV = "DeviceId,DeviceName,Tags\n{0},pc-1.contoso.com,\"a,\n{2}\"\n\"{1}\",\"say \"\"hi\"\"\",\n"


class Lists(DeviceScenario):
    def setUp(self):
        super().setUp()
        for number in range(1, 6):
            self.service.defender.add(device(number), name=f"pc-{number}.contoso.com")

    def release_list(self, content, *more, devices=(), **settings):
        return self.release("--json", "--from", self.write("list.txt", content), *more, devices=devices, **settings)

    def assert_nothing_sent(self, result, *words):
        self.assert_exit(result, 2)
        self.assert_says(result, *words)
        self.assertEqual(self.service.log.events, [])


class Read(Lists):
    @each(
        [
            ("LF", "{0}\n{1}\n"),
            ("CRLF", "{0}\r\n{1}\r\n"),
            ("no line end", "{0}\n{1}"),
            ("comments and blank lines", "# both\n\n  {0}  \n\t\n   # and\n{1}\n\n"),
            ("a mark", "\ufeff{0}\n{1}\n"),
            ("twice, and in capitals", "{0}\n{1}\n{0}\nID:{0}\n"),
            ("a CSV with a header", CSV),
            ("semicolons", "Device ID;Device Name\r\n{0};pc-1\r\n{1};pc-2\r\n"),
            ("tabs", "{0}\tpc-1\n{1}\tpc-2\n"),
            ("names in a CSV", "computerDnsName,x\npc-1.contoso.com,1\n\"PC-2.contoso.com\",2\n"),
            ("a device by id and by name", "{0}\n{1}\npc-1\npc-2.contoso.com\n"),
        ]
    )
    def test_two_devices(self, content):
        content = content.format(device(1), device(2), device(3))
        for encoding in ("utf-8", "utf-16"):
            self.service.defender.machines[device(1)].active = self.service.defender.machines[device(2)].active = None
            before = len(self.released())
            result = self.release_list(content.encode(encoding))
            self.assert_exit(result, 0)
            self.assertEqual(self.released()[before:], [device(1), device(2)])
            self.assertEqual([row["machineId"] for row in result.json], [device(1), device(2)])

    @each([("-", ["-"]), ("--from -", ["--from", "-"]), ("-f-", ["-f-"]), ("behind --", ["--", "-"])])
    def test_standard_input(self, arguments):
        result = self.release("--json", devices=arguments, stdin=f"{device(1)}\npc-2\n".encode())
        self.assert_exit(result, 0)
        self.assertEqual(self.released(), [device(1), device(2)])

    def test_operands_and_lists_in_their_order(self):
        result = self.release_list("pc-4\n", devices=["pc-1", "-", "pc-3"], stdin=b"pc-2\npc-1\n")
        self.assert_exit(result, 0)
        self.assertEqual([row["input"] for row in result.json], ["pc-1", "pc-2", "pc-3", "pc-4"])

    def test_verbose_tells_what_is_skipped(self):
        result = self.release_list(f"DeviceId,x\n{device(1)},y\n{device(1)},z\n", "-v")
        self.assert_exit(result, 0)
        self.assert_says(result, "list.txt:1: taken for a header", "named twice")

    def test_tag_in_a_list(self):
        self.service.defender.machines[device(1)].tags = ("Lab",)
        self.assert_exit(self.release_list("tag:Lab\n", "--all"), 0)
        self.assertEqual(self.released(), [device(1)])

    def test_find_and_status_and_cancel_take_lists(self):
        file = self.write("list", f"{device(1)}\npc-2\n")
        self.assertEqual([row["id"] for row in self.command("find", "--json", "-f", file).json], [device(1), device(2)])
        self.assertEqual(len(self.command("status", "--json", "-f", file).json), 2)
        action = self.service.defender.add_action(device(1), "Isolate", "Pending")
        file = self.write("actions", f"# waiting\n{action['id']}\n")
        result = self.command("cancel", "--json", "-c", "no", "-f", file)
        self.assert_exit(result, 0)
        self.assertEqual(self.cancelled(), [action["id"]])


class Refused(Lists):
    @each(
        [
            ("malformed id", "id:12", "list.txt:3", "40 hexadecimal"),
            ("tag without --all", "tag:x", "list.txt:3", "--all"),
            ("an option", "--all", "list.txt:3", "option"),
            ("standard input", "-", "list.txt:3", "option"),
            ("NUL", "pc\x00-1", "list.txt:3", "NUL"),
            ("control character", "pc\x1b[31m", "list.txt:3", "control"),
            ("256 bytes", "n" * 256, "list.txt:3", "255"),
            ("200,000 bytes", "n" * 200000, "list.txt:3"),
            ("a quote that does not end", '"pc-1', "list.txt:3", "quote"),
            ("an empty first column", ",pc-1", "list.txt:3", "nothing is named"),
        ]
    )
    def test_bad_line_is_told_with_its_number(self, line, *words):
        content = f"# a list\n{device(1)}\n{line}\n{device(2)}\n"
        self.assert_nothing_sent(self.release_list(content), *words)

    def test_no_utf8(self):
        self.assert_nothing_sent(self.release_list(b"pc-1\nb\xfcro\n"), "list.txt:2", "UTF-8")

    def test_several_bad_lines(self):
        lines = [f"id:{number}" for number in range(15)]
        result = self.release_list("\n".join(["pc-1", *lines]))
        self.assert_nothing_sent(result, "list.txt:2:", "list.txt:11:", "15 of the names are wrong")
        self.assertNotIn("list.txt:12:", result.err)
        self.assertEqual([(row["input"], row["error"]["name"]) for row in result.json], [(None, "usage")])

    @each([("empty", ""), ("comments", "# none\n\n"), ("a header", "DeviceId,DeviceName\n")])
    def test_nothing_is_named(self, content):
        self.assert_nothing_sent(self.release_list(content), "list.txt", "nothing is named")

    @each([("no file", "none"), ("a folder", ".")])
    def test_file_that_cannot_be_read(self, name):
        self.assert_nothing_sent(self.release("--json", "--from", name, devices=()), f"{name}: ")

    @each([("twice as operand", ["-", "-"]), ("operand and option", ["-", "-f", "-"]), ("a list and a token", ["-", "--token-file", "-"]),
           ("an option and a secret", ["-f", "-", "--certificate", "-"])])
    def test_standard_input_is_read_once(self, arguments):
        result = self.release(devices=arguments, stdin=b"pc-1\n")
        self.assert_nothing_sent(result, "cannot both read standard input")

    def test_empty_standard_input(self):
        self.assert_nothing_sent(self.release(devices=["-"], stdin=b""), "standard input", "nothing is named")

    def test_comment_is_wanted_with_a_list_too(self):
        file = self.write("list", DEVICE)
        self.assert_nothing_sent(self.run_program(*self.where(), *self.sign_in(), "-f", file), "--comment")


class Most(Lists):
    """--max: 100 unless it says otherwise."""

    @each([("100", 100, [], 0), ("101", 101, [], 2), ("0: any", 101, ["--max", "0"], 0), ("as many", 101, ["--max=101"], 0),
           ("one too many", 3, ["--max", "2"], 2), ("a dry run too", 101, ["-n"], 2), ("find has no limit", 101, None, 0)])
    def test_limit(self, count, options, code):
        for number in range(count):
            self.service.defender.add(device(number), name=f"x-{number}")
        content = "".join(f"{device(number)}\n" * 2 for number in range(count))
        if options is None:
            result = self.command("find", "--json", "-f", self.write("list", content))
        else:
            result = self.release_list(content, "--pace", "1000/min,10000/h", *(options or ["-n"]))
        self.assert_exit(result, code)
        if code:
            self.assert_nothing_sent(result, f"{count} devices are named", "--max")
        else:
            self.assertEqual(len(result.json), count)

    @each([("words", "many"), ("negative", "-1"), ("more than a million", "1000001")])
    def test_malformed(self, value):
        self.assert_nothing_sent(self.release(f"--max={value}"), "--max")

    def test_a_hundred_thousand_lines(self):
        """Read, sorted out and refused in little time and memory."""
        names = [f"pc-{number:06d}.contoso.com" for number in range(100000)]
        file = self.write("list", "\r\n".join(names + names[::-7]))
        self.assert_nothing_sent(self.release("-f", file, devices=()), "100000 devices")
        if b"libasan" in open(self.program, "rb").read():
            return
        limited = ["sh", "-c", 'ulimit -v 65536; exec "$@"', "sh"]
        command = [self.program, "-c", "x", "-f", os.fspath(file), "--max", "200000", "--token-file", "none"]
        told = subprocess.run([*limited, *command], env=NO_METADATA, capture_output=True, text=True, timeout=20)
        self.assertEqual((told.returncode, "none: " in told.stderr), (2, True), told.stderr)
