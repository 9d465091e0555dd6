"""
test_manual.py - help by topic, the man page in mandoc and man, completions in real shells, --version --json.

Rules     contract section 2. The texts themselves: tests/unit/test_manual.c.
"""

import json
import os
import pty
import re
import select
import shutil
import subprocess
import time

from harness import Scenario, each

SHELL_SECONDS = 60
# typed, and what Tab makes of it
COMPLETED = [
    ("rel", "release"),
    ("--verb", "--verbose"),
    ("status --js", "status --json"),
    ("--comm", "--comment"),
    ("--auth cert", "--auth certificate"),
    ("--auth=cert", "--auth=certificate"),
    ("--color nev", "--color never"),
    ("-c clean --cloud gcc-h", "-c clean --cloud gcc-high"),
    ("help exit", "help exit-codes"),
    ("help fin", "help find"),
    ("--completion pow", "--completion powershell"),
    ("--token-file tok", "--token-file token file.txt"),
    ("find --cacert tok", "find --cacert token file.txt"),
    # not there: a command as the second word, files and commands as the value of another option
    ("find rel", "find rel"),
    ("--tenant tok", "--tenant tok"),
    ("-c rel", "-c rel"),
]


class Printed(Scenario):
    def text(self, *arguments):
        result = self.start_program(*arguments, quiet=True).finish()
        self.assert_exit(result, 0)
        self.assertEqual(result.err, "")
        self.assertEqual(self.service.log.events, [])
        return result.out


class Topics(Printed):
    @each([
        ("devices", "devices", ["tag:TAG", "--all"], ["--tenant"]),
        ("sign-in", "sign-in", ["--client-secret-file", "managed-identity", "--cloud"], ["--dns", "tag:TAG"]),
        ("network", "network", ["--dns", "login.microsoftonline.com"], ["--comment", "tag:TAG"]),
        ("exit-codes", "exit-codes", ["ambiguous", "name the device by its id"], ["--wait"]),
        ("a command", "release", ["--comment", "tag:TAG", "--tenant", "release devices"], ["EXIT CODES"]),
        ("one without a network", "self-test", ["--json"], ["--tenant", "--comment", "--proxy"]),
        ("one without operands", "token", ["--tenant", "print the token"], ["--comment", "tag:TAG"]),
    ])
    def test_topic(self, topic, words, others):
        text = self.text("help", topic)
        for word in words:
            self.assertIn(word, text)
        for word in others:
            self.assertNotIn(word, text)

    def test_option_help_with_a_command(self):
        self.assertEqual(self.text("token", "--help"), self.text("help", "token"))
        self.assertEqual(self.text("-h", "token"), self.text("help", "token"))
        self.assertEqual(self.text("help"), self.text("--help"))

    def test_unknown_topic(self):
        result = self.run_program("help", "moon", quiet=True)
        self.assert_exit(result, 2)
        self.assert_says(result, "moon", "no such topic", "advice: unisolate --help")

    def test_version_as_json(self):
        for arguments in (("--version", "--json"), ("--json", "--version")):
            lines = self.text(*arguments).splitlines()
            self.assertEqual(len(lines), 1)
            version = json.loads(lines[0])
            self.assertEqual(set(version), {"version", "commit", "target", "mbedtls", "built"})
            self.assertIn(f"unisolate {version['version']} ({version['commit']}, {version['target']}", self.text("--version"))
            self.assertRegex(version["built"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")


class ManPage(Printed):
    def setUp(self):
        super().setUp()
        self.page = self.write("unisolate.1", self.text("--man"))

    def run_tool(self, *command):
        if shutil.which(command[0]) is None:
            self.skipTest(f"{command[0]} is not here")
        environment = {"PATH": os.environ["PATH"], "LC_ALL": "C", "MANWIDTH": "100", "HOME": str(self.folder)}
        return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)

    def test_mandoc_finds_nothing(self):
        # It exits 0 for mere warnings: what it says decides.
        result = self.run_tool("mandoc", "-T", "lint", "-W", "all", self.page)
        self.assertEqual((result.stdout, result.stderr), ("", ""))

    @each([("man", ["man", "--warnings=all", "-E", "ascii", "-l"]), ("mandoc", ["mandoc", "-T", "ascii"])])
    def test_is_shown(self, command):
        result = self.run_tool(*command, self.page)
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        shown = re.sub(".\b", "", result.stdout)  # bold
        words = re.sub(r"\s+", " ", re.sub(r"-\n\s*", "-", shown))
        for option in re.findall(r"(?m)^  (?:-\w, )?(--[a-z-]+|-\d)\b", self.text("--help")):
            self.assertIn(option, words)
        for text in ("NAME", "SYNOPSIS", "EXIT CODES", "--wait[=TIME]", "unisolate status [OPTIONS]", 'unisolate -c "clean" --token-file token.txt \\'):
            self.assertIn(text, shown)
        for text in ("name the device by its id", "[AZURE_TENANT_ID]", "https://api.securitycenter.microsoft.com/.default"):
            self.assertIn(text, words)


class Completions(Printed):
    def setUp(self):
        super().setUp()
        self.write("token file.txt", "")
        self.write("other", "")

    def script(self, shell):
        if shell != "powershell" and shutil.which(shell) is None:
            self.skipTest(f"{shell} is not here")
        return self.write(f"_unisolate.{shell}", self.text("--completion", shell))

    def environment(self):
        return {"PATH": os.environ["PATH"], "HOME": str(self.folder), "TERM": "dumb", "LC_ALL": "C", "PS1": "", "INPUTRC": "/dev/null"}

    def type_into(self, command, lines):
        """An interactive shell on a terminal; what it says until it ends."""
        master, slave = pty.openpty()
        shell = subprocess.Popen(command, stdin=slave, stdout=slave, stderr=slave, cwd=self.folder, env=self.environment(),
                                 start_new_session=True)
        os.close(slave)
        said, to_write, end = b"", "".join(lines).encode(), time.monotonic() + SHELL_SECONDS
        try:
            while time.monotonic() < end:
                readable, writable, _ = select.select([master], [master] if to_write else [], [], 0.2)
                if writable:
                    to_write = to_write[os.write(master, to_write[:200]):]
                try:
                    data = os.read(master, 65536) if readable else b"."[:not readable and shell.poll() is None]
                except OSError:
                    break
                if not data:
                    break
                said += data if readable else b""
        finally:
            os.close(master)
            if shell.poll() is None:
                shell.kill()
            shell.wait()
        return said.decode(errors="replace")

    def typed(self, typed):
        """Type it, press Tab, and let the shell print the words that it has then: ^A is the line's beginning."""
        return f"unisolate {typed}\t\x01printf '<%s>' ROW \x05; echo\n"

    def check_rows(self, said):
        found = [" ".join(re.findall("<(.*?)>", line)) for line in re.findall(r"(?m)^\r*(<ROW>.*?)\r*$", said)]
        wanted = [f"ROW unisolate {completed}" for _, completed in COMPLETED]
        self.assertEqual([line.rstrip("=") for line in found], wanted, said)

    def test_bash(self):
        start = f"PS1= PS2=; bind 'set bell-style none'; source '{self.script('bash')}'\n"
        self.check_rows(self.type_into(["bash", "--norc", "-i"], [start, *(self.typed(row[0]) for row in COMPLETED), "exit\n"]))

    @each([("sourced", "source ./_unisolate.zsh"), ("in the function path", "mv _unisolate.zsh _unisolate; fpath=($PWD $fpath); compinit -D -u")])
    def test_zsh(self, install):
        self.script("zsh")
        start = f"PS1= PS2=; unsetopt beep zle_bracketed_paste prompt_cr; autoload -Uz compinit; compinit -D -u; {install}\n"
        self.check_rows(self.type_into(["zsh", "-f", "-i"], [start, *(self.typed(row[0]) for row in COMPLETED), "exit\n"]))

    def test_fish(self):
        rows = "\n".join(f"echo ROW; complete -C 'unisolate {typed}'" for typed, _ in COMPLETED)
        script = self.write("try.fish", f"source {self.script('fish')}\n{rows}\n")
        said = subprocess.run(["fish", "--no-config", script], cwd=self.folder, env=self.environment(), capture_output=True, text=True,
                              timeout=SHELL_SECONDS, check=False)
        self.assertEqual((said.returncode, said.stderr), (0, ""))
        for (typed, completed), found in zip(COMPLETED, said.stdout.split("ROW\n")[1:], strict=True):
            with self.subTest(typed=typed):
                words = [line.split("\t")[0].replace("\\ ", " ") for line in found.splitlines()]
                head, _, tail = typed.rpartition(" ")
                wanted = [completed[len(head):].strip()] if completed != typed else []
                self.assertEqual(words, wanted)

    def test_powershell_has_every_option_and_balanced_quotes(self):
        # No PowerShell to be had here: its form alone is looked at.
        text = self.script("powershell").read_text()
        for option in re.findall(r"(?m)^  (?:-\w, )?(--[a-z-]+|-\d)\b", self.text("--help")):
            self.assertIn(f"'{option}' = '", text)
        for line in text.splitlines():
            self.assertEqual(line.count("'") % 2, 0, line)
        for pair in ("{}", "()", "[]"):
            outside = re.sub("'[^']*'", "", text)
            self.assertEqual(outside.count(pair[0]), outside.count(pair[1]), pair)
