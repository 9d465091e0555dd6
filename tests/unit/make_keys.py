#!/usr/bin/env python3
"""make_keys.py - certificates and private keys for test_key.c, made on the spot.

Does      makes a file of each kind that people have, right and wrong, with the openssl command; writes one line a row
          to DIR/rows: title, file, password, encrypted (yes, no), wanted ("good" or a part of the fault's text),
          kind (RSA, P256), number of certificates, SHA-256 and SHA-1 of the certificate that belongs to the key.
Not here  what our own reader makes of them (test_key.c).
Rules     Python 3 standard library and the openssl command, 3.0 or later. Usage: make_keys.py DIR
"""
import base64
import hashlib
import os
import subprocess
import sys

PASSWORD = "correct horse"
CONFIG = """
[ca]
default_ca = any
[any]
database = index.txt
new_certs_dir = .
default_md = sha256
policy = policy
unique_subject = no
rand_serial = yes
[policy]
commonName = supplied
[req]
distinguished_name = name
prompt = no
[name]
CN = replaced
"""


def openssl(*arguments, data=None):
    done = subprocess.run(["openssl", *arguments], input=data, capture_output=True, check=False)
    if done.returncode != 0:
        raise RuntimeError("openssl %s\n%s" % (" ".join(arguments), done.stderr.decode()))
    return done.stdout


def write(name, *parts):
    with open(name, "wb") as file:
        for part in parts:
            file.write(part)
    return name


# ---- keys and certificates ----

KEYS = {
    "rsa2048": ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"],
    "other": ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"],
    "rsa3072": ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:3072"],
    "rsa4096": ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:4096"],
    "rsa4104": ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:4104"],
    "rsa1024": ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:1024"],
    "pss": ["-algorithm", "RSA-PSS", "-pkeyopt", "rsa_keygen_bits:2048"],
    "p256": ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"],
    "p256b": ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"],
    "p384": ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384"],
    "k256": ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:secp256k1"],
    "ed25519": ["-algorithm", "ED25519"],
}


def make_keys():
    for name, options in KEYS.items():
        write(name + ".key", openssl("genpkey", *options))


def certificate(name, key, *more, signer=None, start="20200101000000Z", end="20491231000000Z"):
    """A certificate for `key` in name.crt, by itself or by the key and certificate of `signer`."""
    openssl("req", "-new", "-config", "config", "-key", key + ".key", "-subj", "/CN=" + name, "-out", "request")
    with open("extensions", "w", encoding="ascii") as file:
        file.write("\n".join(("subjectKeyIdentifier=hash",) + more) + "\n")
    by = ["-selfsign", "-keyfile", key + ".key"] if signer is None else \
         ["-cert", signer + ".crt", "-keyfile", signer + ".key"]
    # EdDSA has its hash inside, and is the only one that wants none named
    digest = ["-md", "null" if signer == "ed25519" or key == "ed25519" else "sha256"]
    openssl("ca", "-batch", "-notext", "-config", "config", *digest, *by, "-extfile", "extensions", "-startdate", start,
            "-enddate", end, "-in", "request", "-out", name + ".crt")


def make_certificates():
    open("index.txt", "w", encoding="ascii").close()
    with open("config", "w", encoding="ascii") as file:
        file.write(CONFIG)
    for key in KEYS:
        certificate(key, key)
    certificate("expired", "rsa2048", end="20210101000000Z")
    certificate("early", "rsa2048", start="20481231000000Z")
    certificate("far", "rsa2048", start="19600101000000Z", end="20991231235959Z")
    certificate("odd", "rsa2048", "1.2.3.4=critical,ASN1:NULL", "nameConstraints=critical,permitted;DNS:a.example")
    certificate("by_ed25519", "rsa2048", signer="ed25519")


# ---- DER, for what openssl does not write ----

def tlv(tag, *parts):
    value = b"".join(parts)
    size = len(value)
    length = size.to_bytes(2, "big").lstrip(b"\0") if size > 127 else b""
    return bytes([tag]) + (bytes([0x80 | len(length)]) + length if length else bytes([size])) + value


def oid(text):
    return tlv(6, bytes.fromhex(text))


def pbes2(rounds, prf, cipher="60864801650304012a"):
    parameters = [tlv(4, b"saltsalt"), tlv(2, rounds.to_bytes(5, "big").lstrip(b"\0"))]
    if prf:
        parameters.append(tlv(0x30, oid(prf), b"\x05\0"))
    function = tlv(0x30, oid("2a864886f70d01050c"), tlv(0x30, *parameters))
    scheme = tlv(0x30, oid("2a864886f70d01050d"), tlv(0x30, function, tlv(0x30, oid(cipher), tlv(4, bytes(16)))))
    return pem("ENCRYPTED PRIVATE KEY", tlv(0x30, scheme, tlv(4, bytes(64))))


def pem(label, der):
    body = base64.encodebytes(der)
    return b"-----BEGIN %s-----\n%s-----END %s-----\n" % (label.encode(), body, label.encode())


def read(name):
    with open(name, "rb") as file:
        return file.read()


# ---- the files ----

rows = []


def row(title, content, wanted="good", password="", encrypted=False, kind="RSA", own="rsa2048", count=1):
    name = "file%d.pem" % len(rows)
    write(name, content)
    der = openssl("x509", "-in", own + ".crt", "-outform", "der")
    rows.append([title, name, password, "yes" if encrypted else "no", wanted, kind, str(count),
                 hashlib.sha256(der).hexdigest(), hashlib.sha1(der).hexdigest()])


def key(name):
    return read(name + ".key")


def crt(*names):
    return b"".join(read(name + ".crt") for name in names)


def old(name, *options):
    """As OpenSSL 1.0 wrote them: PKCS #1 or SEC 1."""
    command = "ec" if name.startswith("p") else "rsa"
    return openssl(command, *([] if command == "ec" else ["-traditional"]), "-in", name + ".key", *options)


def locked(name="rsa2048", *options):
    return openssl("pkcs8", "-topk8", "-in", name + ".key", "-passout", "pass:" + PASSWORD, *options)


def good_rows():
    row("PKCS #8", key("rsa2048") + crt("rsa2048"))
    row("certificate first", crt("rsa2048") + key("rsa2048"))
    row("PKCS #1", old("rsa2048") + crt("rsa2048"))
    row("RSA 3072", key("rsa3072") + crt("rsa3072"), own="rsa3072")
    row("RSA 4096", key("rsa4096") + crt("rsa4096"), own="rsa4096")
    row("P-256", key("p256") + crt("p256"), kind="P256", own="p256")
    row("P-256, SEC 1 and parameters", openssl("ecparam", "-name", "prime256v1") + old("p256") + crt("p256"), kind="P256",
        own="p256")
    row("Windows line ends", (key("rsa2048") + crt("rsa2048")).replace(b"\n", b"\r\n"))
    row("byte order mark", b"\xef\xbb\xbf" + crt("rsa2048") + key("rsa2048"))
    row("no line end behind the last line", (crt("rsa2048") + key("rsa2048")).rstrip(b"\n"))
    row("text between", b"Bag Attributes\n    friendlyName: x\n" + key("rsa2048") + b"subject=/CN=a\n" + crt("rsa2048"))
    row("other blocks", pem("X509 CRL", b"\x30\0") + key("rsa2048") + crt("rsa2048") + pem("DH PARAMETERS", b"\x30\0"))
    row("older label", (key("rsa2048") + crt("rsa2048")).replace(b" CERTIFICATE", b" X509 CERTIFICATE"))
    row("a chain, own certificate last", crt("other", "p384", "rsa2048") + key("rsa2048"), count=3)
    row("a chain, own certificate in the middle", key("rsa2048") + crt("other", "rsa2048", "p384"), count=3)
    row("critical extensions that are not known", key("rsa2048") + crt("odd"), own="odd")
    row("signed with Ed25519", key("rsa2048") + crt("by_ed25519", "ed25519"), own="by_ed25519", count=2)
    row("dates before 1970 and behind 2049", key("rsa2048") + crt("far"), own="far")
    for cipher in ("aes-128-cbc", "aes-192-cbc", "aes-256-cbc"):
        row(cipher, locked("rsa2048", "-v2", cipher) + crt("rsa2048"), password=PASSWORD, encrypted=True)
    for prf in ("SHA1", "SHA224", "SHA256", "SHA384", "SHA512"):
        row("PBKDF2 with " + prf, locked("p256", "-v2prf", "hmacWith" + prf) + crt("p256"), password=PASSWORD, encrypted=True,
            kind="P256", own="p256")
    row("one round", locked("p256", "-iter", "1") + crt("p256"), password=PASSWORD, encrypted=True, kind="P256", own="p256")
    row("a password for a key that needs none", key("rsa2048") + crt("rsa2048"), password="anything")
    pfx = openssl("pkcs12", "-export", "-inkey", "rsa2048.key", "-in", "rsa2048.crt", "-passout", "pass:" + PASSWORD)
    write("app.pfx", pfx)
    row("what the advice for a PFX makes", openssl("pkcs12", "-in", "app.pfx", "-aes256", "-passin", "pass:" + PASSWORD,
                                                   "-passout", "pass:" + PASSWORD), password=PASSWORD, encrypted=True)
    write("old.pem", old("rsa2048", "-aes256", "-passout", "pass:" + PASSWORD), crt("rsa2048"))
    converted = openssl("pkey", "-in", "old.pem", "-passin", "pass:" + PASSWORD, "-aes256", "-passout", "pass:" + PASSWORD)
    row("what the advice for an old encryption makes", converted + openssl("x509", "-in", "old.pem"), password=PASSWORD,
        encrypted=True)


def encryption_rows():
    unread = "the private key is encrypted with %s, which is not read here"
    row("triple DES", locked("rsa2048", "-v2", "des3") + crt("rsa2048"), unread % "triple DES", PASSWORD)
    row("scrypt", locked("rsa2048", "-scrypt") + crt("rsa2048"), unread % "scrypt", PASSWORD)
    row("PKCS #12 scheme", locked("rsa2048", "-v1", "PBE-SHA1-3DES") + crt("rsa2048"), unread % "a PKCS #12 scheme", PASSWORD)
    row("PBES1", pem("ENCRYPTED PRIVATE KEY", tlv(0x30, tlv(0x30, oid("2a864886f70d010503"), tlv(0x30)), tlv(4, bytes(8)))) +
        crt("rsa2048"), unread % "PBES1", PASSWORD)
    row("a scheme nobody knows", pem("ENCRYPTED PRIVATE KEY", tlv(0x30, tlv(0x30, oid("2a03"), tlv(0x30)), tlv(4, bytes(8)))) +
        crt("rsa2048"), unread % "a method that is not known", PASSWORD)
    row("PBKDF2 with MD5", pbes2(2048, "2a864886f70d0205") + crt("rsa2048"), unread % "MD5", PASSWORD)
    row("AES in another mode", pbes2(2048, None, "60864801650304012e") + crt("rsa2048"), unread % "a method that is not known",
        PASSWORD)
    row("too many rounds", pbes2(10000001, None) + crt("rsa2048"), "more than 10000000 rounds", PASSWORD)
    row("as many rounds as nobody waits for", pbes2((1 << 40) - 1, None) + crt("rsa2048"), "more than 10000000 rounds", PASSWORD)
    row("OpenSSL's old way", old("rsa2048", "-aes256", "-passout", "pass:" + PASSWORD) + crt("rsa2048"), "Proc-Type: 4,ENCRYPTED",
        PASSWORD)
    row("wrong password", locked() + crt("rsa2048"), "the password does not open", "wrong horse", True)
    row("password with a blank too much", locked() + crt("rsa2048"), "the password does not open", PASSWORD + " ", True)
    row("no password", locked() + crt("rsa2048"), "the password does not open", "", True)
    row("encrypted rubbish", pem("ENCRYPTED PRIVATE KEY", b"rubbish") + crt("rsa2048"), "the private key is damaged", PASSWORD)
    row("nothing encrypted", pem("ENCRYPTED PRIVATE KEY", b"\x30\0") + crt("rsa2048"), "the private key is damaged", PASSWORD)


def file_rows():
    row("PFX", read("app.pfx"), "a PFX (PKCS #12) file")
    row("certificate in DER", openssl("x509", "-in", "rsa2048.crt", "-outform", "der"), "a binary (DER) file")
    row("key in DER", openssl("pkey", "-in", "rsa2048.key", "-outform", "der"), "a binary (DER) file")
    row("no key", crt("rsa2048"), "no private key in it")
    row("no certificate", key("rsa2048"), "no certificate in it")
    row("public key only", crt("rsa2048") + openssl("pkey", "-in", "rsa2048.key", "-pubout"), "no private key in it")
    row("request for a certificate", key("rsa2048") + openssl("req", "-new", "-config", "config", "-key", "rsa2048.key"),
        "no certificate in it")
    row("empty", b"", "neither certificate nor private key")
    row("another text", b"hello\n", "neither certificate nor private key")
    row("two keys", key("rsa2048") + key("other") + crt("rsa2048"), "more than one private key")
    row("many certificates", key("rsa2048") + crt("rsa2048") * 11, "more than 10 certificates")
    row("as many certificates as may be", key("rsa2048") + crt("rsa2048") * 10, count=10)
    row("key cut off", crt("rsa2048") + key("rsa2048")[:900], "a PEM block (PRIVATE KEY) has no end")
    row("certificate cut off", key("rsa2048") + crt("rsa2048")[:600], "a PEM block (CERTIFICATE) has no end")
    row("certificate without base64", key("rsa2048") + crt("rsa2048").replace(b"MII", b"M*I", 1), "the certificate is damaged")
    row("key without base64", key("rsa2048").replace(b"MII", b"M*I", 1) + crt("rsa2048"), "the private key is damaged: no base64")
    row("rubbish as certificate", key("rsa2048") + pem("CERTIFICATE", b"rubbish"), "certificate 1 is damaged")
    row("rubbish as second certificate", key("rsa2048") + crt("rsa2048") + pem("CERTIFICATE", b"\x30\1\0\0"),
        "certificate 2 is damaged")
    row("empty certificate", key("rsa2048") + pem("CERTIFICATE", b"\x30\0"), "does not fit the certificate")
    row("rubbish as key", pem("PRIVATE KEY", b"rubbish") + crt("rsa2048"), "the private key cannot be read")
    row("empty key", pem("PRIVATE KEY", b"\x30\0") + crt("rsa2048"), "the private key cannot be read")
    half = base64.b64decode(b"".join(key("rsa2048").splitlines()[1:-1]))[:400]
    row("half a key", pem("PRIVATE KEY", half) + crt("rsa2048"), "the private key cannot be read")


def type_rows():
    unused = "of a type that is not used here: "
    row("Ed25519", key("ed25519") + crt("ed25519"), unused + "Ed25519")
    row("RSA for PSS only", key("pss") + crt("pss"), unused + "RSA for PSS only")
    row("P-384", key("p384") + crt("p384"), unused + "secp384r1")
    row("P-384, SEC 1", old("p384") + crt("p384"), unused + "secp384r1")
    row("secp256k1", key("k256") + crt("k256"), "neither RSA nor of the curve P-256")
    row("OpenSSH", pem("OPENSSH PRIVATE KEY", b"openssh-key-v1\0") + crt("rsa2048"), unused + "OpenSSH")
    row("DSA", pem("DSA PRIVATE KEY", b"\x30\0") + crt("rsa2048"), unused + "DSA")
    row("Ed25519, encrypted", locked("ed25519") + crt("ed25519"), unused + "Ed25519", PASSWORD, True)
    row("RSA 1024", key("rsa1024") + crt("rsa1024"), "an RSA key of 1024 bits; 2048 to 4096 are used here")
    row("RSA 4104", key("rsa4104") + crt("rsa4104"), "an RSA key of 4104 bits")
    row("another RSA key", key("other") + crt("rsa2048"), "does not fit the certificate")
    row("another P-256 key", key("p256b") + crt("p256"), "does not fit the certificate")
    row("RSA key, P-256 certificate", key("rsa2048") + crt("p256"), "does not fit the certificate")
    row("P-256 key, RSA certificate", key("p256") + crt("rsa2048"), "does not fit the certificate")
    row("key that fits none of three", key("rsa2048") + crt("other", "p256", "ed25519"), "does not fit the certificate")
    row("expired", key("rsa2048") + crt("expired"), "the certificate expired at 2021-01-01T00:00:00Z, and this host's clock says "
        "2026-11-23T16:00:01Z")
    row("not yet valid", key("rsa2048") + crt("early"), "the certificate is not valid before 2048-12-31T00:00:00Z, and this host's")


def main():
    os.chdir(sys.argv[1])
    make_keys()
    make_certificates()
    good_rows()
    encryption_rows()
    file_rows()
    type_rows()
    with open("rows", "w", encoding="ascii") as file:
        file.write("".join("\t".join(columns) + "\n" for columns in rows))


if __name__ == "__main__":
    main()
