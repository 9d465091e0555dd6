#!/usr/bin/env python3
"""make_chains.py - certificates and chains for test_chain.c, made on the spot.

Does      make each certificate of the tables below with the openssl command; ask `openssl verify` about each row;
          write one line a row to DIR/rows: group, title, roots file, chain file, host, time, wanted, openssl's verdict, why they differ.
Not here  our own verdict (test_chain.c); the same chains in handshakes (tests/suites/certificates.py).
Rules     Python 3 standard library and the openssl command, 3.0 or later. Usage: make_chains.py DIR
"""
import calendar
import os
import subprocess
import sys
import time

DAY = 86400
NOW = int(time.time())

# ---- certificates ----

CA = ["basicConstraints=critical,CA:true", "keyUsage=critical,keyCertSign,cRLSign", "subjectKeyIdentifier=hash"]
AKI = ["authorityKeyIdentifier=keyid,issuer"]
LEAF = ["basicConstraints=critical,CA:false", "keyUsage=critical,digitalSignature", "extendedKeyUsage=serverAuth",
        "subjectKeyIdentifier=hash"] + AKI
HOST = "www.example.com"
SAN = "subjectAltName=DNS:" + HOST


def without(extensions, word):
    return [e for e in extensions if not e.startswith(word)]


def ca(*more, pathlen=None, drop=""):
    extensions = without(CA, drop) if drop else list(CA)
    if pathlen is not None:
        extensions[0] = "basicConstraints=critical,CA:true,pathlen:%d" % pathlen
    return extensions + list(more)


def leaf(san=SAN, drop="", *more):
    return (without(LEAF, drop) if drop else list(LEAF)) + ([san] if san else []) + list(more)


class Certificate:
    def __init__(self, subject, key, issuer=None, extensions=(), days=400, digest="sha256"):
        self.subject, self.key, self.issuer = subject, key, issuer
        self.extensions, self.days, self.digest = list(extensions), days, digest


def general_names(*items):
    """The extension's value, byte by byte: (tag, bytes) each, 2 a dNSName, 7 an iPAddress."""
    content = b"".join(bytes([0x80 + tag, len(value)]) + value for tag, value in items)
    return "DER:" + (bytes([0x30, len(content)]) + content).hex(":")


C = {}


def certificate(name, *args, **named):
    C[name] = Certificate(*args, **named)
    return name


def add_authorities():
    certificate("root", "/CN=Test Root", "k1", None, ca())
    certificate("root_short", "/CN=Short Root", "k2", None, ca(), days=20)
    certificate("root_other_key", "/CN=Test Root", "k6", None, ca())
    certificate("root_foreign", "/CN=Foreign Root", "k6", None, ca())
    certificate("root_not_ca", "/CN=Plain Root", "k2", None, ["basicConstraints=critical,CA:false"])
    certificate("root_v1", "/CN=Old Root", "k2", None, [])
    certificate("root_rsa1024", "/CN=Small Root", "rsa1024", None, ca())
    certificate("root_sha1", "/CN=SHA-1 Root", "rsa2048", None, ca(), digest="sha1")
    certificate("root_nc", "/CN=Constrained Root", "k2", None, ca("nameConstraints=permitted;DNS:example.org"))
    certificate("root_utf8", "/O=Firm/CN=Root In Utf", "k2", None, ca())
    certificate("root_eku", "/CN=Client Root", "k2", None, ca("extendedKeyUsage=clientAuth"))
    certificate("root_pathlen0", "/CN=Narrow Root", "k2", None, ca(pathlen=0))
    certificate("int", "/CN=Intermediate", "k3", "root", ca(*AKI))
    certificate("int2", "/CN=Second Intermediate", "k4", "int", ca(*AKI))
    certificate("int_short", "/CN=Intermediate", "k3", "root", ca(*AKI), days=20)
    certificate("int_foreign", "/CN=Intermediate", "k3", "root_foreign", ca(*AKI))
    certificate("int_other_key", "/CN=Intermediate", "k6", "root", ca(*AKI))
    certificate("int_not_ca", "/CN=Intermediate", "k3", "root", ["basicConstraints=critical,CA:false", "subjectKeyIdentifier=hash"] + AKI)
    certificate("int_no_bc", "/CN=Intermediate", "k3", "root", ca(*AKI, drop="basicConstraints"))
    certificate("int_no_sign", "/CN=Intermediate", "k3", "root",
                ["basicConstraints=critical,CA:true", "keyUsage=critical,digitalSignature", "subjectKeyIdentifier=hash"] + AKI)
    certificate("int_no_usage", "/CN=Intermediate", "k3", "root", ca(*AKI, drop="keyUsage"))
    certificate("int_pathlen0", "/CN=Intermediate", "k3", "root", ca(*AKI, pathlen=0))
    certificate("int_pathlen1", "/CN=Intermediate", "k3", "root", ca(*AKI, pathlen=1))
    certificate("int2_of_pathlen0", "/CN=Second Intermediate", "k4", "int_pathlen0", ca(*AKI))
    certificate("int_self_issued", "/CN=Intermediate", "k4", "int_pathlen0", ca(*AKI))
    certificate("int2_of_narrow", "/CN=Second Intermediate", "k4", "root_pathlen0", ca(*AKI))
    certificate("int_client", "/CN=Intermediate", "k3", "root", ca("extendedKeyUsage=clientAuth", *AKI))
    certificate("int_server", "/CN=Intermediate", "k3", "root", ca("extendedKeyUsage=serverAuth,clientAuth", *AKI))
    certificate("int_any", "/CN=Intermediate", "k3", "root", ca("extendedKeyUsage=anyExtendedKeyUsage", *AKI))
    certificate("int_sha1", "/CN=Intermediate", "k3", "root_sha1", ca(*AKI), digest="sha1")
    certificate("int_rsa1024", "/CN=Small Intermediate", "rsa1024", "root", ca(*AKI))
    certificate("int_unknown_critical", "/CN=Intermediate", "k3", "root", ca("1.2.3.4=critical,ASN1:NULL", *AKI))
    certificate("int_unknown", "/CN=Intermediate", "k3", "root", ca("1.2.3.4=ASN1:NULL", *AKI))
    certificate("int_policies", "/CN=Intermediate", "k3", "root", ca("policyConstraints=critical,requireExplicitPolicy:3", *AKI))
    certificate("root_new", "/CN=New Root", "k4", None, ca())
    certificate("root_new_crossed", "/CN=New Root", "k4", "root_short", ca(*AKI), days=20)
    certificate("root_nc_critical", "/CN=Constrained Root", "k2", None, ca("nameConstraints=critical,permitted;DNS:example.org"))
    for i in range(1, 10):
        certificate("deep%d" % i, "/CN=Deep %d" % i, "k3", "deep%d" % (i - 1) if i > 1 else "root", ca(*AKI))
    for name, constraint in CONSTRAINTS.items():
        certificate("int_" + name, "/CN=Intermediate", "k3", "root", ca("nameConstraints=" + constraint, *AKI))


CONSTRAINTS = {
    "nc_in": "permitted;DNS:example.com",
    "nc_in_critical": "critical,permitted;DNS:example.com",
    "nc_out": "permitted;DNS:example.org",
    "nc_out_critical": "critical,permitted;DNS:example.org",
    "nc_excluded": "excluded;DNS:example.com",
    "nc_excluded_other": "excluded;DNS:example.org",
    "nc_excluded_host": "excluded;DNS:www.example.com",
    "nc_dot": "permitted;DNS:.example.com",
    "nc_label": "permitted;DNS:ample.com",
    "nc_case": "permitted;DNS:EXAMPLE.com",
    "nc_host": "permitted;DNS:www.example.com",
    "nc_two": "permitted;DNS:example.org,permitted;DNS:example.com",
    "nc_mixed": "permitted;DNS:example.com,excluded;DNS:www.example.com",
    "nc_mixed_other": "critical,permitted;DNS:example.com,excluded;DNS:ftp.example.com",
    "nc_dns_none": "DER:30:06:a1:04:30:02:82:00",
    "nc_rid": "permitted;RID:1.2.3.4",
    "nc_ip_in": "permitted;IP:127.0.0.0/255.255.255.0",
    "nc_ip_out": "permitted;IP:198.51.100.0/255.255.255.0",
    "nc_ip_excluded": "excluded;IP:127.0.0.0/255.255.255.0",
    "nc_no_ip": "excluded;IP:0.0.0.0/0.0.0.0,excluded;IP:0:0:0:0:0:0:0:0/0:0:0:0:0:0:0:0",
    "nc_dir_in": "permitted;dirName:dir_firm",
    "nc_dir_out": "permitted;dirName:dir_other",
    "nc_mail": "permitted;email:example.com",
    "nc_uri": "permitted;URI:.example.com",
}


def add_leaves():
    certificate("leaf", "/O=Firm/CN=www.example.com", "k5", "int", leaf())
    certificate("leaf_direct", "/CN=www.example.com", "k5", "root", leaf())
    certificate("leaf2", "/CN=www.example.com", "k5", "int2", leaf())
    certificate("leaf_of_self_issued", "/CN=www.example.com", "k5", "int_self_issued", leaf())
    certificate("leaf_of_foreign_key", "/CN=www.example.com", "k5", "int_other_key", leaf())
    certificate("leaf_self", "/CN=www.example.com", "k5", None, without(leaf(), "authority"))
    certificate("leaf_self_other_key", "/CN=www.example.com", "k6", None, without(leaf(), "authority"))
    certificate("leaf_self_small", "/CN=www.example.com", "rsa1024", None, without(leaf(), "authority"))
    certificate("leaf_self_short", "/CN=www.example.com", "k5", None, without(leaf(), "authority"), days=20)
    certificate("leaf_short", "/CN=www.example.com", "k5", "root", leaf(), days=20)
    certificate("leaf_under_ee", "/CN=evil.example.com", "k6", "leaf", leaf())
    certificate("leaf_is_ca", "/CN=www.example.com", "k5", "root", ca("keyUsage=critical,digitalSignature,keyCertSign", SAN, *AKI, drop="keyUsage"))
    for root in ("root_short", "root_not_ca", "root_v1", "root_rsa1024", "root_sha1", "root_nc", "root_utf8", "root_eku", "root_pathlen0",
                 "int_rsa1024", "int2_of_narrow", "deep8", "deep9", "root_new", "root_nc_critical"):
        certificate("leaf_" + root, "/CN=www.example.com", "k5", root, leaf())
    certificate("leaf_rsa1024", "/CN=www.example.com", "rsa1024", "root", leaf())
    certificate("leaf_rsa2048", "/CN=www.example.com", "rsa2048", "root", leaf())
    certificate("leaf_p384", "/CN=www.example.com", "p384", "root", leaf())
    certificate("leaf_p521", "/CN=www.example.com", "p521", "root", leaf())
    certificate("leaf_k1", "/CN=www.example.com", "secp256k1", "root", leaf())
    certificate("leaf_explicit", "/CN=www.example.com", "explicit", "root", leaf())
    certificate("leaf_ed", "/CN=www.example.com", "ed25519", "root", leaf())
    certificate("leaf_sha1", "/CN=www.example.com", "k5", "root", leaf(), digest="sha1")
    certificate("leaf_sha384", "/CN=www.example.com", "k5", "root", leaf(), digest="sha384")
    certificate("leaf_md5", "/CN=www.example.com", "k5", "root_sha1", leaf(), digest="md5")
    certificate("leaf_pss", "/CN=www.example.com", "k5", "root_sha1", leaf(), digest="pss")
    certificate("leaf_client", "/CN=www.example.com", "k5", "root", leaf(SAN, "extended", "extendedKeyUsage=clientAuth"))
    certificate("leaf_any", "/CN=www.example.com", "k5", "root", leaf(SAN, "extended", "extendedKeyUsage=anyExtendedKeyUsage"))
    certificate("leaf_no_eku", "/CN=www.example.com", "k5", "root", leaf(SAN, "extended"))
    certificate("leaf_no_ku", "/CN=www.example.com", "k5", "root", leaf(SAN, "keyUsage"))
    certificate("leaf_encipher", "/CN=www.example.com", "k5", "root", leaf(SAN, "keyUsage", "keyUsage=critical,keyEncipherment"))
    certificate("leaf_unknown_critical", "/CN=www.example.com", "k5", "root", leaf(SAN, "", "1.2.3.4=critical,ASN1:NULL"))
    certificate("leaf_unknown", "/CN=www.example.com", "k5", "root", leaf(SAN, "", "1.2.3.4=ASN1:NULL"))
    certificate("leaf_staple", "/CN=www.example.com", "k5", "root", leaf(SAN, "", "tlsfeature=status_request"))
    places = ["crlDistributionPoints=URI:http://127.0.0.1:1/crl", "authorityInfoAccess=OCSP;URI:http://127.0.0.1:1/,caIssuers;URI:http://127.0.0.1:1/ca"]
    certificate("leaf_places", "/CN=www.example.com", "k5", "root", leaf(SAN, "", *places))
    certificate("leaf_places_critical", "/CN=www.example.com", "k5", "root",
                leaf(SAN, "", "crlDistributionPoints=critical,URI:http://127.0.0.1:1/crl"))
    certificate("leaf_no_subject", "/", "k5", "root", leaf("subjectAltName=critical,DNS:" + HOST))
    certificate("leaf_policies", "/CN=www.example.com", "k5", "root", leaf(SAN, "", "certificatePolicies=critical,2.23.140.1.2.1"))
    certificate("leaf_twice", "/CN=www.example.com", "k5", "root", leaf(SAN, "", "1.2.3.4=" + general_names((2, b"www.example.org"))))
    certificate("leaf_other_algorithm", "/CN=www.example.com", "k5", "root", leaf())
    certificate("leaf_p192", "/CN=www.example.com", "p192", "root", leaf())
    certificate("leaf_pss_key", "/CN=www.example.com", "rsa_pss", "root", leaf())
    certificate("leaf_2070", "/CN=www.example.com", "k5", "root", leaf(), days=16000)
    certificate("leaf_broken", "/CN=www.example.com", "k5", "root", leaf())
    certificate("leaf_nc_mail", "/CN=www.example.com", "k5", "int", leaf("subjectAltName=DNS:www.example.com,email:a@example.com"))
    certificate("leaf_nc_mail_dn", "/CN=www.example.com/emailAddress=a@example.org", "k5", "int", leaf())
    certificate("leaf_nc_uri", "/CN=www.example.com", "k5", "int", leaf("subjectAltName=DNS:www.example.com,URI:https://www.example.com/"))
    certificate("leaf_nc_two", "/CN=www.example.com", "k5", "int", leaf("subjectAltName=DNS:www.example.com,DNS:www.example.org"))
    certificate("leaf_nc_wild", "/CN=x", "k5", "int", leaf("subjectAltName=DNS:*.example.com"))
    certificate("leaf_nc_ip", "/CN=x", "k5", "int", leaf("subjectAltName=IP:127.0.0.7"))
    certificate("leaf_nc_ip6", "/CN=x", "k5", "int", leaf("subjectAltName=IP:::1"))
    for title, san, *_ in NAMES:
        certificate("name_" + title.replace(" ", "_"), "/CN=www.example.com", "k5", "root", leaf("subjectAltName=" + san if san else ""))


CN_COUNTS = "where there is no dNSName openssl falls back to the CN, which RFC 9525 has dropped"

# title, names of the certificate, host, wanted, why openssl differs
NAMES = [
    ("exact", "DNS:www.example.com", "www.example.com", "good", ""),
    ("without case", "DNS:WWW.Example.COM", "www.eXample.com", "good", ""),
    ("last dot of the host", "DNS:www.example.com", "www.example.com.", "good", "openssl compares the dot"),
    ("second of two", "DNS:a.example.com,DNS:www.example.com", "www.example.com", "good", ""),
    ("other name", "DNS:www.example.org", "www.example.com", "is for www.example.org, not for", ""),
    ("parent", "DNS:example.com", "www.example.com", "not for", ""),
    ("child", "DNS:a.www.example.com", "www.example.com", "not for", ""),
    ("prefix", "DNS:www.example.com.evil.test", "www.example.com", "not for", ""),
    ("suffix", "DNS:evilwww.example.com", "www.example.com", "not for", ""),
    ("no names but a CN", "", "www.example.com", "no subjectAltName", CN_COUNTS),
    ("wildcard", "DNS:*.example.com", "www.example.com", "good", ""),
    ("wildcard without case", "DNS:*.EXAMPLE.com", "WWW.example.com", "good", ""),
    ("wildcard above two labels", "DNS:*.example.com", "a.www.example.com", "not for", ""),
    ("wildcard for the name itself", "DNS:*.example.com", "example.com", "not for", ""),
    ("wildcard of an empty label", "DNS:*.example.com", ".example.com", "not for", "openssl takes a leading dot for any child"),
    ("wildcard of a whole zone", "DNS:*.com", "example.com", "not for", ""),
    ("wildcard alone", "DNS:*", "localhost", "not for", ""),
    ("wildcard in the middle", "DNS:www.*.com", "www.example.com", "not for", ""),
    ("wildcard in a label", "DNS:w*.example.com", "www.example.com", "not for", "openssl takes part of a label; RFC 9525 does not"),
    ("two wildcards", "DNS:*.*.example.com", "a.www.example.com", "not for", ""),
    ("localhost", "DNS:localhost", "localhost", "good", ""),
    ("IPv4", "IP:127.0.0.7", "127.0.0.7", "good", ""),
    ("other IPv4", "IP:127.0.0.8", "127.0.0.7", "is for 127.0.0.8, not for", ""),
    ("IPv6", "IP:::1", "::1", "good", ""),
    ("IPv6 written long", "IP:::1", "0:0:0:0:0:0:0:1", "good", ""),
    ("other IPv6", "IP:::8", "::1", "not for", ""),
    ("IPv4 as DNS name", "DNS:127.0.0.7", "127.0.0.7", "as a DNS name, not as an address", ""),
    ("IPv4 under a wildcard", "DNS:*.0.0.1", "127.0.0.1", "not for", ""),
    ("short IPv4 as DNS name", "DNS:127.1", "127.1", "not as an address", ""),
    ("IPv4 of a DNS host", "IP:127.0.0.7", "www.example.com", "not for", CN_COUNTS),
    ("IPv4 in IPv6", "IP:::ffff:127.0.0.7", "127.0.0.7", "not for", ""),
    ("URI only", "URI:https://www.example.com/", "www.example.com", "not for", CN_COUNTS),
    ("mail only", "email:a@www.example.com", "www.example.com", "not for", CN_COUNTS),
    ("NUL in the name", general_names((2, b"www.example.com\0.evil.test")), "www.example.com", "not for", ""),
    ("NUL at the end of the name", general_names((2, b"www.example.com\0")), "www.example.com", "not for", ""),
    ("blank at the end of the name", general_names((2, b"www.example.com ")), "www.example.com", "not for", ""),
    ("dot at the end of the name", "DNS:www.example.com.", "www.example.com", "not for", ""),
    ("empty name", general_names((2, b"")), "www.example.com", "not for", ""),
    ("empty list of names", "DER:30:00", "www.example.com", "no host at all", ""),
    ("IDN in UTF-8", general_names((2, "b\u00fccher.example.com".encode())), "xn--bcher-kva.example.com", "not for", ""),
    ("IDN in punycode", "DNS:xn--bcher-kva.example.com", "xn--bcher-kva.example.com", "good", ""),
    ("wildcard in punycode", "DNS:xn--*.example.com", "xn--bcher-kva.example.com", "not for", ""),
    ("critical", "critical,DNS:www.example.com", "www.example.com", "good", ""),
    ("address of 5 bytes", general_names((7, bytes([127, 0, 0, 7, 0]))), "127.0.0.7", "", ""),
    ("address and name, the name asked for", "IP:127.0.0.7,DNS:www.example.com", "www.example.com", "good", ""),
    ("a URI that begins with the name", "URI:www.example.com", "www.example.com", "not for", CN_COUNTS),
    ("punycode under a wildcard", "DNS:*.example.com", "xn--bcher-kva.example.com", "good", ""),
]

DEEP = " ".join("deep%d" % i for i in range(8, 0, -1))
NO_STRICT = "a rule of -x509_strict"
NO_WAY_BACK = "openssl follows the first issuer of that name and does not go back"

# group, title, roots, chain, host, days from now, wanted (a part of the fault's text, or good), why openssl differs
ROWS = [
    ("path", "one intermediate", "root", "leaf int", HOST, 0, "good", ""),
    ("path", "no intermediate", "root", "leaf_direct", HOST, 0, "good", ""),
    ("path", "two intermediates", "root", "leaf2 int2 int", HOST, 0, "good", ""),
    ("path", "wrong order", "root", "leaf2 int int2", HOST, 0, "good", ""),
    ("path", "root sent along", "root", "leaf int root", HOST, 0, "good", ""),
    ("path", "an unrelated one between", "root", "leaf root_foreign int2 int", HOST, 0, "good", ""),
    ("path", "one sent twice", "root", "leaf int int", HOST, 0, "good", ""),
    ("path", "intermediate missing", "root", "leaf", HOST, 0, "issued by CN=Intermediate, which is not trusted (and was not sent, or cannot be read)", ""),
    ("path", "upper intermediate missing", "root", "leaf2 int2", HOST, 0, "issued by CN=Intermediate, which is not trusted", ""),
    ("path", "foreign root", "root_foreign", "leaf int", HOST, 0, "issued by CN=Test Root, which is not trusted", ""),
    ("path", "foreign root sent along", "root_foreign", "leaf int root", HOST, 0, "issued by CN=Test Root, which is not trusted", ""),
    ("path", "root of the same name, other key", "root_other_key", "leaf int", HOST, 0, "CN=Test Root, whose key has not signed it", ""),
    ("path", "both roots of one name", "root_other_key root", "leaf int", HOST, 0, "good", ""),
    ("path", "intermediate is the trusted one", "int", "leaf", HOST, 0, "good", "openssl verify asks for a self-signed root unless -partial_chain"),
    ("path", "self-signed, trusted as it is", "leaf_self", "leaf_self", HOST, 0, "good", ""),
    ("path", "self-signed, not trusted", "root", "leaf_self", HOST, 0, "issued by itself, CN=www.example.com, which is not trusted", ""),
    ("path", "self-signed, another of that name trusted", "leaf_self", "leaf_self_other_key", HOST, 0, "no certificate authority", ""),
    ("path", "self-signed, both of that name trusted", "leaf_self leaf_self_other_key", "leaf_self_other_key", HOST, 0, "good", NO_WAY_BACK),
    ("path", "self-signed, trusted, other host", "leaf_self", "leaf_self", "example.org", 0, "not for example.org", ""),
    ("path", "self-signed, trusted, expired", "leaf_self_short", "leaf_self_short", HOST, 30, "expired on", ""),
    ("path", "self-signed, trusted, RSA 1024", "leaf_self_small", "leaf_self_small", HOST, 0, "too short",
     "openssl verify takes 1024 bits at its lowest security level"),
    ("path", "leaf trusted as it is, issued by another", "leaf_direct", "leaf_direct", HOST, 0, "good", "openssl needs -partial_chain for that"),
    ("path", "a server's certificate as issuer", "root", "leaf_under_ee leaf int", HOST, 0, "is no certificate authority", ""),
    ("path", "signature spoilt", "root", "leaf_broken", HOST, 0, "whose key has not signed it", ""),
    ("path", "signed by another key of that name", "root", "leaf_of_foreign_key int", HOST, 0, "whose key has not signed it", ""),
    ("path", "two issuers of one name, the wrong one first", "root", "leaf int_other_key int", HOST, 0, "good", ""),
    ("path", "cross-signed by a foreign root first", "root", "leaf int_foreign int", HOST, 0, "good", NO_WAY_BACK),
    ("path", "cross-signed, foreign root sent too", "root", "leaf int_foreign root_foreign int", HOST, 0, "good",
     NO_WAY_BACK),
    ("path", "names in different string types", "root_utf8_printable", "leaf_root_utf8", HOST, 0, "good", ""),
    ("path", "a server's certificate that is an authority", "root", "leaf_is_ca", HOST, 0, "good", ""),
    ("path", "eight authorities below the root", "root", "leaf_deep8 " + DEEP, HOST, 0, "good", ""),
    ("path", "nine authorities below the root", "root", "leaf_deep9 deep9 " + DEEP, HOST, 0, "the chain is too long", "we follow eight"),
    ("path", "more than are looked at", "root", "leaf" + " root_foreign" * 40 + " int", HOST, 0, "not trusted", "we look at 32 certificates"),

    ("path", "a root's cross-certificate and its issuer expired", "root_short root_new", "leaf_root_new root_new_crossed root_short", HOST, 30, "good", ""),
    ("path", "a root's cross-certificate and its issuer expired, no other way", "root_short", "leaf_root_new root_new_crossed", HOST, 30, "expired on", ""),
    ("path", "a root's cross-certificate still valid", "root_short", "leaf_root_new root_new_crossed", HOST, 0, "good", ""),

    ("dates", "leaf expired", "root", "leaf_short", HOST, 30, "expired on", ""),
    ("dates", "last second", "root", "leaf_short", HOST, "last", "good", "openssl leaves the last second out; RFC 5280 4.1.2.5 has it in"),
    ("dates", "the second after", "root", "leaf_short", HOST, "after", "expired on", ""),
    ("dates", "first second", "root", "leaf_short", HOST, "first", "good", ""),
    ("dates", "the second before", "root", "leaf_short", HOST, "before", "is valid only from", ""),
    ("dates", "leaf not yet valid", "root", "leaf int", HOST, -30, "is valid only from", ""),
    ("dates", "clock at 1970", "root", "leaf int", HOST, -NOW / DAY, "clock says 1970-01-01T00:00:00Z", ""),
    ("dates", "clock beyond 2050", "root", "leaf int", HOST, 9000, "expired on", ""),
    ("dates", "intermediate expired", "root", "leaf int_short", HOST, 30, "authority CN=Intermediate expired on", ""),
    ("dates", "intermediate expired, a valid one too", "root", "leaf int_short int", HOST, 30, "good", ""),
    ("dates", "intermediate expired, a valid one first", "root", "leaf int int_short", HOST, 30, "good", ""),
    ("dates", "root expired", "root_short", "leaf_root_short", HOST, 30, "authority CN=Short Root expired on", ""),
    ("dates", "valid beyond 2050, as GeneralizedTime", "root", "leaf_2070", HOST, 0, "good", ""),
    ("dates", "expired and another host", "root", "leaf_short", "example.org", 30, "expired on", ""),

    ("authority", "CA:false", "root", "leaf int_not_ca", HOST, 0, "is no certificate authority", ""),
    ("authority", "no basicConstraints", "root", "leaf int_no_bc", HOST, 0, "is no certificate authority", ""),
    ("authority", "keyUsage without keyCertSign", "root", "leaf int_no_sign", HOST, 0, "is no certificate authority", ""),
    ("authority", "no keyUsage", "root", "leaf int_no_usage", HOST, 0, "good", NO_STRICT),
    ("authority", "root CA:false", "root_not_ca", "leaf_root_not_ca", HOST, 0, "is no certificate authority", ""),
    ("authority", "root of version 1", "root_v1", "leaf_root_v1", HOST, 0, "good", NO_STRICT),
    ("authority", "path length 0, one below", "root", "leaf2 int2_of_pathlen0 int_pathlen0", HOST, 0, "path length", ""),
    ("authority", "path length 0, none below", "root", "leaf int_pathlen0", HOST, 0, "good", ""),
    ("authority", "path length 1, one below", "root", "leaf2 int2 int_pathlen1", HOST, 0, "good", ""),
    ("authority", "path length 0, self-issued below", "root", "leaf_of_self_issued int_self_issued int_pathlen0", HOST, 0, "good", ""),
    ("authority", "path length 0 of the root", "root_pathlen0", "leaf_int2_of_narrow int2_of_narrow", HOST, 0, "path length", ""),
    ("authority", "path length 0 of the root, none below", "root_pathlen0", "leaf_root_pathlen0", HOST, 0, "good", ""),

    ("usage", "leaf for clients", "root", "leaf_client", HOST, 0, "extended key usage", ""),
    ("usage", "leaf for anything", "root", "leaf_any", HOST, 0, "good", "-purpose sslserver asks for serverAuth itself"),
    ("usage", "leaf without extended key usage", "root", "leaf_no_eku", HOST, 0, "good", ""),
    ("usage", "leaf without key usage", "root", "leaf_no_ku", HOST, 0, "good", ""),
    ("usage", "leaf for key encipherment only", "root", "leaf_encipher", HOST, 0, "key usage", "RSA key transport, which is never offered here"),
    ("usage", "authority for clients", "root", "leaf int_client", HOST, 0, "authority CN=Intermediate is not for servers", ""),
    ("usage", "authority for both", "root", "leaf int_server", HOST, 0, "good", ""),
    ("usage", "authority for anything", "root", "leaf int_any", HOST, 0, "good", "-purpose sslserver asks authorities for serverAuth itself"),
    ("usage", "root for clients", "root_eku", "leaf_root_eku", HOST, 0, "authority CN=Client Root is not for servers", ""),
    ("usage", "authority for clients, another one too", "root", "leaf int_client int", HOST, 0, "good",
     NO_WAY_BACK),

    ("strength", "leaf RSA 1024", "root", "leaf_rsa1024", HOST, 0, "too short", "openssl verify's security level is below ours"),
    ("strength", "leaf RSA 2048", "root", "leaf_rsa2048", HOST, 0, "good", ""),
    ("strength", "leaf P-384", "root", "leaf_p384", HOST, 0, "good", ""),
    ("strength", "leaf P-521", "root", "leaf_p521", HOST, 0, "good", ""),
    ("strength", "leaf secp256k1", "root", "leaf_k1", HOST, 0, "kind of key", "a curve that mbedTLS is built without"),
    ("strength", "leaf with a curve of its own", "root", "leaf_explicit", HOST, 0, "cannot be read", ""),
    ("strength", "leaf P-192", "root", "leaf_p192", HOST, 0, "kind of key", "openssl verify's security level is below ours"),
    ("strength", "leaf with a key for RSA-PSS only", "root", "leaf_pss_key", HOST, 0, "kind of key", "mbedTLS 3.6 has no such keys"),
    ("strength", "leaf Ed25519", "root", "leaf_ed", HOST, 0, "kind of key", "mbedTLS 3.6 has no Ed25519"),
    ("strength", "intermediate RSA 1024", "root", "leaf_int_rsa1024 int_rsa1024", HOST, 0, "too short", "openssl verify's security level is below ours"),
    ("strength", "root RSA 1024", "root_rsa1024", "leaf_root_rsa1024", HOST, 0, "too short", "openssl verify's security level is below ours"),
    ("strength", "leaf signed with SHA-1", "root", "leaf_sha1", HOST, 0, "SHA-1", "openssl verify's security level is below ours"),
    ("strength", "intermediate signed with SHA-1", "root_sha1", "leaf int_sha1", HOST, 0, "SHA-1", "openssl verify's security level is below ours"),
    ("strength", "root signed with SHA-1 by itself", "root_sha1", "leaf_root_sha1", HOST, 0, "good", ""),
    ("strength", "leaf signed with SHA-384", "root", "leaf_sha384", HOST, 0, "good", ""),
    ("strength", "leaf signed with MD5", "root_sha1", "leaf_md5", HOST, 0, "kind of signature", "openssl verify's security level is below ours"),
    ("strength", "leaf signed with RSA-PSS", "root_sha1", "leaf_pss", HOST, 0, "good", ""),

    ("extensions", "unknown critical, leaf", "root", "leaf_unknown_critical", HOST, 0, "critical one that is not known", ""),
    ("extensions", "unknown, leaf", "root", "leaf_unknown", HOST, 0, "good", ""),
    ("extensions", "unknown critical, intermediate", "root", "leaf int_unknown_critical", HOST, 0, "not trusted (and what was sent of it cannot be read", ""),
    ("extensions", "unknown critical, intermediate, another one too", "root", "leaf int_unknown_critical int", HOST, 0, "good",
     NO_WAY_BACK),
    ("extensions", "a staple is promised", "root", "leaf_staple", HOST, 0, "good", ""),
    ("extensions", "places of a CRL and of OCSP", "root", "leaf_places", HOST, 0, "good", ""),
    ("extensions", "place of a CRL, critical", "root", "leaf_places_critical", HOST, 0, "critical one that is not known",
     "revocation is not looked at here, so what insists on it is refused"),
    ("extensions", "no subject, names critical", "root", "leaf_no_subject", HOST, 0, "good", ""),
    ("extensions", "policies, critical", "root", "leaf_policies", HOST, 0, "good", ""),
    ("extensions", "constraints of policies, critical", "root", "leaf int_policies", HOST, 0, "cannot be read", "policies are not looked at here, so what insists on them is refused"),
    ("extensions", "subjectAltName twice", "root", "leaf_twice", HOST, 0, "", ""),
    ("extensions", "signature's algorithm another inside than outside", "root", "leaf_other_algorithm", HOST, 0, "", ""),
    ("extensions", "unknown, intermediate", "root", "leaf int_unknown", HOST, 0, "good", ""),

    ("constraints", "permitted", "root", "leaf int_nc_in", HOST, 0, "good", ""),
    ("constraints", "permitted, critical", "root", "leaf int_nc_in_critical", HOST, 0, "good", ""),
    ("constraints", "not permitted", "root", "leaf int_nc_out", HOST, 0, "authority CN=Intermediate may not vouch for its names", ""),
    ("constraints", "not permitted, critical", "root", "leaf int_nc_out_critical", HOST, 0, "name constraints", ""),
    ("constraints", "excluded", "root", "leaf int_nc_excluded", HOST, 0, "name constraints", ""),
    ("constraints", "another excluded", "root", "leaf int_nc_excluded_other", HOST, 0, "good", ""),
    ("constraints", "this host excluded", "root", "leaf int_nc_excluded_host", HOST, 0, "name constraints", ""),
    ("constraints", "a wildcard over an excluded host", "root", "leaf_nc_wild int_nc_excluded_host", HOST, 0, "name constraints",
     "openssl takes the * for a character"),
    ("constraints", "a wildcard that is permitted", "root", "leaf_nc_wild int_nc_in", HOST, 0, "good", ""),
    ("constraints", "permitted with a leading dot", "root", "leaf int_nc_dot", HOST, 0, "good", ""),
    ("constraints", "part of a label", "root", "leaf int_nc_label", HOST, 0, "name constraints", ""),
    ("constraints", "permitted, written in capitals", "root", "leaf int_nc_case", HOST, 0, "good", ""),
    ("constraints", "permitted, this host only", "root", "leaf int_nc_host", HOST, 0, "good", ""),
    ("constraints", "a wildcard wider than what is permitted", "root", "leaf_nc_wild int_nc_host", HOST, 0, "name constraints", ""),
    ("constraints", "second of two permitted", "root", "leaf int_nc_two", HOST, 0, "good", ""),
    ("constraints", "permitted but also excluded", "root", "leaf int_nc_mixed", HOST, 0, "name constraints", ""),
    ("constraints", "permitted, another excluded, critical", "root", "leaf int_nc_mixed_other", HOST, 0, "good", ""),
    ("constraints", "all DNS names excluded", "root", "leaf int_nc_dns_none", HOST, 0, "name constraints", ""),
    ("constraints", "of a form that it has no name of", "root", "leaf int_nc_rid", HOST, 0, "good", ""),
    ("constraints", "two authorities above", "root", "leaf2 int2 int_nc_out", HOST, 0, "name constraints", ""),
    ("constraints", "on the root, critical", "root_nc_critical", "leaf_root_nc_critical", HOST, 0, "may not vouch", ""),
    ("constraints", "one of two names not permitted", "root", "leaf_nc_two int_nc_in", HOST, 0, "name constraints", ""),
    ("constraints", "names of addresses only", "root", "leaf_nc_ip int_nc_in", "127.0.0.7", 0, "good", ""),
    ("constraints", "address permitted", "root", "leaf_nc_ip int_nc_ip_in", "127.0.0.7", 0, "good", ""),
    ("constraints", "address not permitted", "root", "leaf_nc_ip int_nc_ip_out", "127.0.0.7", 0, "name constraints", ""),
    ("constraints", "IPv6 under IPv4 constraints", "root", "leaf_nc_ip6 int_nc_ip_in", "::1", 0, "name constraints", ""),
    ("constraints", "address excluded", "root", "leaf_nc_ip int_nc_ip_excluded", "127.0.0.7", 0, "name constraints", ""),
    ("constraints", "no addresses at all", "root", "leaf_nc_ip int_nc_no_ip", "127.0.0.7", 0, "name constraints", ""),
    ("constraints", "no addresses, a DNS name", "root", "leaf int_nc_no_ip", HOST, 0, "good", ""),
    ("constraints", "organisation permitted", "root", "leaf int_nc_dir_in", HOST, 0, "good", ""),
    ("constraints", "organisation not permitted", "root", "leaf int_nc_dir_out", HOST, 0, "name constraints", ""),
    ("constraints", "mail constrained, no mail", "root", "leaf int_nc_mail", HOST, 0, "good", ""),
    ("constraints", "mail constrained, mail name", "root", "leaf_nc_mail int_nc_mail", HOST, 0, "name constraints", "mail names are not evaluated here"),
    ("constraints", "mail constrained, mail in the subject", "root", "leaf_nc_mail_dn int_nc_mail", HOST, 0, "name constraints", ""),
    ("constraints", "URI constrained, URI name", "root", "leaf_nc_uri int_nc_uri", HOST, 0, "name constraints", "URIs are not evaluated here"),
    ("constraints", "on the root", "root_nc", "leaf_root_nc", HOST, 0, "authority CN=Constrained Root may not vouch", ""),
    ("constraints", "another intermediate without them", "root", "leaf int_nc_out int", HOST, 0, "good",
     NO_WAY_BACK),
]

# ---- making ----

KEYS = {
    "rsa1024": ["RSA", "-pkeyopt", "rsa_keygen_bits:1024"],
    "rsa2048": ["RSA", "-pkeyopt", "rsa_keygen_bits:2048"],
    "p384": ["EC", "-pkeyopt", "ec_paramgen_curve:P-384"],
    "p521": ["EC", "-pkeyopt", "ec_paramgen_curve:P-521"],
    "p192": ["EC", "-pkeyopt", "ec_paramgen_curve:P-192"],
    "rsa_pss": ["RSA-PSS", "-pkeyopt", "rsa_keygen_bits:2048"],
    "secp256k1": ["EC", "-pkeyopt", "ec_paramgen_curve:secp256k1"],
    "ed25519": ["ED25519"],
    "explicit": ["EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-pkeyopt", "ec_param_enc:explicit"],
}
SECTIONS = "\n[dir_firm]\nO=Firm\n[dir_other]\nO=Other\n"


def openssl(*args):
    done = subprocess.run(["openssl", *args], capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit("openssl %s: %s" % (" ".join(args), done.stderr))
    return done.stdout


def make_key(name):
    if os.path.exists(name + ".key"):
        return
    kind = KEYS.get(name, ["EC", "-pkeyopt", "ec_paramgen_curve:P-256"])
    openssl("genpkey", "-algorithm", *kind, "-out", name + ".key")
    openssl("pkey", "-in", name + ".key", "-pubout", "-out", name + ".pub")


def make_certificate(name, serial):
    c = C[name]
    make_key(c.key)
    args = ["x509", "-new", "-subj", c.subject, "-set_serial", str(serial), "-days", str(c.days), "-out", name + ".pem"]
    args += ["-sigopt", "rsa_padding_mode:pss", "-sha256"] if c.digest == "pss" else [] if c.key == "ed25519" and not c.issuer else ["-" + c.digest]
    if c.issuer:
        args += ["-force_pubkey", c.key + ".pub", "-CA", c.issuer + ".pem", "-CAkey", C[c.issuer].key + ".key"]
    else:
        args += ["-key", c.key + ".key"]
    if c.extensions:
        with open("extensions", "w") as out:
            out.write("\n".join(c.extensions) + "\n" + SECTIONS)
        args += ["-extfile", "extensions"]
    openssl(*args)


def spoil(name):
    """Change the last byte of the signature."""
    der = bytearray(subprocess.run(["openssl", "x509", "-in", name + ".pem", "-outform", "DER"], capture_output=True).stdout)
    der[-1] ^= 1
    with open("spoilt.der", "wb") as out:
        out.write(der)
    openssl("x509", "-inform", "DER", "-in", "spoilt.der", "-out", name + ".pem")


def der_item(tag, content):
    size = len(content)
    return bytes([tag]) + (bytes([size]) if size < 128 else bytes([0x82, size >> 8, size & 255])) + content


def sign_anew(name, old, new, inside=True):
    """Put `new` for `old`, of the same size, into the certificate, or outside of what is signed; its issuer signs it again."""
    der = subprocess.run(["openssl", "x509", "-in", name + ".pem", "-outform", "DER"], capture_output=True).stdout
    signed = der[4:8 + int.from_bytes(der[6:8], "big")]
    algorithm = der[4 + len(signed):][:2 + der[5 + len(signed)]]
    signed, algorithm = (signed.replace(old, new), algorithm) if inside else (signed, algorithm.replace(old, new))
    signature = subprocess.run(["openssl", "dgst", "-sha256", "-sign", C[C[name].issuer].key + ".key"], input=signed, capture_output=True).stdout
    with open("signed.der", "wb") as out:
        out.write(der_item(0x30, signed + algorithm + der_item(0x03, b"\0" + signature)))
    openssl("x509", "-inform", "DER", "-in", "signed.der", "-out", name + ".pem")


def make_other_string_type():
    """The same root with its names as PrintableString instead of UTF8String: same lengths, so only the tags change."""
    der = subprocess.run(["openssl", "x509", "-in", "root_utf8.pem", "-outform", "DER"], capture_output=True).stdout
    for text in (b"Firm", b"Root In Utf"):
        der = der.replace(bytes([0x0c, len(text)]) + text, bytes([0x13, len(text)]) + text)
    with open("printable.der", "wb") as out:
        out.write(der)
    openssl("x509", "-inform", "DER", "-in", "printable.der", "-out", "root_utf8_printable.pem")


def join(names):
    """One file of several certificates."""
    words = names.split()
    if len(words) == 1:
        return words[0] + ".pem"
    path = "joined-%s.pem" % abs(hash(names))
    with open(path, "w") as out:
        for word in words:
            with open(word + ".pem") as part:
                out.write(part.read())
    return path


def seconds(name):
    """notBefore and notAfter in seconds since 1970."""
    out = openssl("x509", "-in", name + ".pem", "-noout", "-dates").splitlines()
    return [calendar.timegm(time.strptime(line.split("=", 1)[1], "%b %d %H:%M:%S %Y GMT")) for line in out]


def moment(days):
    first, last = seconds("leaf_short") if isinstance(days, str) else (0, 0)
    named = {"first": first, "before": first - 1, "last": last, "after": last + 1}
    return named[days] if isinstance(days, str) else int(NOW + days * DAY) + (60 if days == 0 else 0)


def ask_openssl(roots, chain, host, when):
    is_address = ":" in host or host.replace(".", "").isdigit()
    leaf_file = chain.split()[0] + ".pem"
    args = ["openssl", "verify", "-x509_strict", "-purpose", "sslserver", "-attime", str(when), "-no-CAfile", "-no-CApath",
            "-no-CAstore", "-trusted", join(roots), "-verify_ip" if is_address else "-verify_hostname", host]
    if " " in chain:
        args += ["-untrusted", join(" ".join(chain.split()[1:]))]
    done = subprocess.run(args + [leaf_file], capture_output=True, text=True)
    return "good" if done.returncode == 0 else "refused"


def make_all(folder):
    """Every certificate of the tables in `folder`, which becomes the working folder."""
    os.makedirs(folder, exist_ok=True)
    os.chdir(folder)
    add_authorities()
    add_leaves()
    for serial, name in enumerate(C, 1):
        make_certificate(name, serial)
    spoil("leaf_broken")
    sign_anew("leaf_twice", bytes.fromhex("06032a0304"), bytes.fromhex("0603551d11"))
    sign_anew("leaf_other_algorithm", bytes.fromhex("2a8648ce3d040302"), bytes.fromhex("2a8648ce3d040303"), inside=False)
    make_other_string_type()


def all_rows():
    return ROWS + [("names", title, "root", "name_" + title.replace(" ", "_"), host, 0, wanted, why)
                   for title, _, host, wanted, why in NAMES]


def main():
    make_all(sys.argv[1])
    with open("rows", "w") as out:
        for group, title, roots, chain, host, days, wanted, why in all_rows():
            when = moment(days)
            verdict = ask_openssl(roots, chain, host, when)
            out.write("\t".join([group, title, join(roots), join(chain), host, str(when), wanted, verdict, why]) + "\n")


if __name__ == "__main__":
    main()
