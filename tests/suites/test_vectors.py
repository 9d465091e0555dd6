#!/usr/bin/env python3
"""
test_vectors.py --program build/vectors --vectors FOLDER - Wycheproof's vectors against the cryptography of this build.

Does      asks build/vectors each question of FILES and holds its answer against the vector's result and value.
Not here  getting the vectors (vendor/fetch.sh wycheproof), the calls (vectors.c).
Limits    what TLS here cannot bring about is left out and counted: nonces of other sizes than 96 bits, tags of other sizes than 128,
          keys of 192 bits, hashes that are not built in.
Rules     result "valid" must be good and give the value, "invalid" must be bad (but see SPELLINGS), "acceptable" may be either, but never
          another value.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Iterator

RUN_SECONDS = 120
HASHES = {"SHA-224": "224", "SHA-256": "256", "SHA-384": "384", "SHA-512": "512"}
FILES = {
    "rsa_pss_2048_sha256_mgf1_0": "pss", "rsa_pss_2048_sha256_mgf1_32": "pss", "rsa_pss_3072_sha256_mgf1_32": "pss",
    "rsa_pss_4096_sha256_mgf1_32": "pss", "rsa_pss_4096_sha512_mgf1_32": "pss", "rsa_pss_misc": "pss",
    "rsa_signature_2048_sha256": "pkcs1", "rsa_signature_2048_sha384": "pkcs1", "rsa_signature_2048_sha512": "pkcs1",
    "rsa_signature_3072_sha256": "pkcs1", "rsa_signature_3072_sha384": "pkcs1", "rsa_signature_3072_sha512": "pkcs1",
    "rsa_signature_4096_sha384": "pkcs1", "rsa_signature_4096_sha512": "pkcs1", "rsa_signature": "pkcs1",
    "ecdsa_secp256r1_sha256": "ecdsa", "ecdsa_secp256r1_sha512": "ecdsa", "ecdsa_secp384r1_sha384": "ecdsa",
    "ecdsa_secp384r1_sha512": "ecdsa", "ecdsa_secp521r1_sha512": "ecdsa",
    "aes_gcm": "gcm", "chacha20_poly1305": "chacha",
    "x25519": "x25519", "ecdh_secp256r1_ecpoint": "p256", "ecdh_secp384r1_ecpoint": "p384", "ecdh_secp521r1_ecpoint": "p521",
}  # fmt: skip
LEAST_ASKED = 5000

# mbedTLS reads the lengths and integers of an ECDSA signature as BER, not DER: another spelling of the same two numbers, so nothing
# is forged with it; and TLS signs something new in every handshake.
SPELLINGS = ("long form encoding of length", "length of sequence contains leading 0", "length of integer contains leading 0", "prepending 0's to integer")
SPELLED = 39


def hexed(text: str) -> str:
    return text or "-"


def signature_question(kind: str, group: dict, test: dict) -> str | None:
    if group["sha"] not in HASHES or group.get("mgfSha", group["sha"]) != group["sha"] or group.get("mgf", "MGF1") != "MGF1":
        return None
    salt = [str(group["sLen"])] if kind == "pss" else []
    return " ".join([kind, HASHES[group["sha"]], *salt, group["keyDer"], hexed(test["msg"]), hexed(test["sig"])])


def cipher_question(kind: str, group: dict, test: dict) -> str | None:
    if group["ivSize"] != 96 or group["tagSize"] != 128 or group["keySize"] not in (128, 256):
        return None
    return " ".join([kind, *(hexed(test[name]) for name in ("key", "iv", "aad", "ct", "tag"))])


def agreement_question(kind: str, test: dict) -> str:
    private = test["private"]
    if kind != "x25519":
        size = 2 * {"p256": 32, "p384": 48, "p521": 66}[kind]
        private = private.lstrip("0").rjust(size, "0")  # a number, which the vectors write as an INTEGER of DER
    return " ".join([kind, private, hexed(test["public"])])


def questions(name: str, kind: str, folder: Path) -> Iterator[tuple[str, dict, str | None]]:
    for group in json.loads((folder / f"{name}_test.json").read_text())["testGroups"]:
        for test in group["tests"]:
            if kind in ("pss", "pkcs1", "ecdsa"):
                yield name, test, signature_question(kind, group, test)
            elif kind in ("gcm", "chacha"):
                yield name, test, cipher_question(kind, group, test)
            else:
                yield name, test, agreement_question(kind, test)


def wrong(test: dict, answer: str) -> str | None:
    """What is wrong with the answer, or None."""
    refused = answer == "bad"
    value = hexed(test["shared"] if "shared" in test else test["msg"]) if "shared" in test or "ct" in test else "good"
    if test["result"] == "invalid":
        return None if refused else "invalid, and taken"
    if refused:
        return None if test["result"] == "acceptable" else "valid, and refused"
    return None if answer == value else f"another value: {answer[:60]}"


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--program", required=True)
    parser.add_argument("--vectors", required=True, type=Path)
    options = parser.parse_args()
    every = [question for name, kind in FILES.items() for question in questions(name, kind, options.vectors)]
    asked = [question for question in every if question[2] is not None]
    done = subprocess.run(
        [options.program], input="".join(f"{line}\n" for *_, line in asked), capture_output=True, text=True, timeout=RUN_SECONDS, check=True
    )
    answers = done.stdout.splitlines()
    passed, failed, spelled = Counter(), Counter(), 0
    for (name, test, _), answer in zip(asked, answers, strict=True):
        fault = wrong(test, answer)
        if fault and name.startswith("ecdsa") and "BER" in test["flags"] and test["comment"].startswith(SPELLINGS):
            spelled += 1
        elif fault:
            failed[name] += 1
            print(f"{name} {test['tcId']}: {fault}: {test['comment']} {test['flags']} ({test['result']})")
        else:
            passed[name] += 1
    left_out = Counter(name for name, _, line in every if line is None)
    for name in FILES:
        print(f"{name:<32} {passed[name]:>4} as wanted, {failed[name]} not, {left_out[name]} left out")
    print(f"{spelled} ECDSA signatures in BER were taken")
    if spelled != SPELLED:
        failed["ecdsa"] += 1
        print(f"expected: {SPELLED}")
    if len(asked) < LEAST_ASKED:
        failed["all"] += 1
        print(f"only {len(asked)} questions")
    print(f"{passed.total()} passed, {failed.total()} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
