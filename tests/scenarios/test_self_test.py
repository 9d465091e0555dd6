"""
test_self_test.py - the program checks itself, and finds itself damaged.

Does      runs self-test; then runs copies of the program in which one known answer, or one constant
          of an algorithm, has another bit.
Rules     contract section 2: offline. The bytes that are damaged are worked out here, or stand in the
          standards; what is in the program is found by them.
"""

import hashlib
import hmac
import os
import struct

from harness import Scenario, each

# name of the check, bytes that stand in the program once or more
ANSWERS = [
    ("SHA-1", hashlib.sha1(b"abc").digest()),
    ("SHA-256", hashlib.sha256(b"abc").digest()),
    ("SHA-384", hashlib.sha384(b"abc").digest()),
    ("SHA-512", hashlib.sha512(b"abc").digest()),
    ("HMAC", hmac.new(b"Jefe", b"what do ya want for nothing?", "sha256").digest()),
    ("HKDF", bytes.fromhex("3cb25f25faacd57a90434f64d0362f2a")),
    ("AES-GCM", bytes.fromhex("0388dace60b6a392f328c2b971b2fe78")),
    ("ChaCha20", bytes.fromhex("9f07e7be5551387a98ba977c732d080d")),
    ("X25519", bytes.fromhex("c3da55379de9c6908e94ea4df28d084f")),
    ("ECDH-P256", bytes.fromhex("46fc62106420ff012e54a434fbdd2d25")),
    ("ECDSA-P256", bytes.fromhex("efd48b2aacb6a8fd1140dd9cd45e81d6")),
    ("RSA-PKCS1", bytes.fromhex("f9a4779f4cb6bfd80ceb4aa532ebf6e8")),  # a prime
    ("RSA-PSS", bytes.fromhex("f914a735c05c20414d60ab9ed652c300")),  # the other one
    ("key-file", bytes.fromhex("377609e0cbfb8d127eab9e3e3754ca8e")),
    ("roots", b"DigiCert Global Root G2"),
]
# constants of the algorithms: FIPS 180-4 4.2 and 5.3, RFC 7539 2.3, SP 800-186 3.2.1.3
CONSTANTS = [
    ("SHA-256", struct.pack("<I", 0x428A2F98), "SHA-256"),
    ("SHA-512", struct.pack("<Q", 0x428A2F98D728AE22), "SHA-512"),
    ("P-256", bytes.fromhex("96c298d84539a1f4a033eb2d817d0377"), "ECDSA-P256"),
]


class SelfTest(Scenario):
    def self_test(self, program, *arguments):
        self.program = str(program)
        return self.run_program("self-test", "--json", *arguments, quiet=True, env={})

    def damaged(self, good: bytes):
        """A copy of the program in which every occurrence of these bytes has one bit changed."""
        content = open(self.program, "rb").read()
        self.assertIn(good, content)
        path = self.write("damaged", content.replace(good, good[:-1] + bytes([good[-1] ^ 1])))
        os.chmod(path, 0o755)
        return path

    def assert_finds(self, good, name):
        result = self.self_test(self.damaged(good))
        self.assert_exit(result, 1)
        self.assertIn(name, [row["check"] for row in result.json if row["ok"] is False], result.describe())
        self.assertIn("self-test:", result.err)

    def test_is_well(self):
        result = self.self_test(self.program)
        self.assert_exit(result, 0)
        self.assertEqual({row["ok"] for row in result.json}, {True}, result.describe())
        self.assertGreaterEqual(len(result.json), 24)
        self.assertEqual(result.err, "")
        self.assertEqual(self.service.log.events, [])

    def test_as_text(self):
        result = self.run_program("self-test")
        self.assert_exit(result, 0)
        self.assertLessEqual(max(map(len, result.out.splitlines())), 80)

    def test_roots_that_have_expired(self):
        result = self.self_test(self.program, "--at", "2050-01-01T00:00:00Z")
        self.assert_exit(result, 1)
        self.assertEqual([row["check"] for row in result.json if row["ok"] is False], ["roots"])

    def test_takes_no_operand(self):
        self.assert_exit(self.run_program("self-test", "pc-042"), 2)

    @each([(name, name, good) for name, good in ANSWERS])
    def test_finds_a_damaged_answer(self, name, good):
        self.assert_finds(good, name)

    @each(CONSTANTS)
    def test_finds_a_damaged_algorithm(self, good, name):
        self.assert_finds(good, name)
