#!/bin/sh
#
# sbom.sh - what a release is made of, as CycloneDX JSON: .ci/sbom.sh VERSION COMMIT EPOCH FOLDER TARGET=COMPILER... >FILE
#
# Does      the program, its files in FOLDER with their SHA-256, the libraries and trust anchors of vendor/ as their lock files name
#           them, and the compiler of each target, whose run-time library (libgcc, mingw-w64) is linked in.
# Not here  what the tests use: none of it is in a release.
# Limits    names and versions hold nothing that JSON would have to escape.
# Rules     CycloneDX 1.6 (ECMA-424). The same release gives the same bytes: no time but EPOCH, no random serial number.

set -eu
LC_ALL=C
export LC_ALL
version=$1 commit=$2 epoch=$3 folder=$4
shift 4
vendor=vendor

wanted() { awk -v n="$2" '$1 == "archive" && $2 == "wanted" { print $n }' "$vendor/$1.lock"; }
hash() { echo "\"hashes\":[{\"alg\":\"SHA-256\",\"content\":\"$1\"}]"; }
license() { echo "\"licenses\":[{\"expression\":\"$1\"}]"; }

# component TYPE NAME VERSION SCOPE MEMBERS: one a line, with a comma behind it but for the last one
separator=''
component() {
    printf '%s    {"type":"%s","bom-ref":"%s@%s","name":"%s","version":"%s","scope":"%s",%s}' \
        "$separator" "$1" "$2" "$3" "$2" "$3" "$4" "$5"
    separator=',
'
    references="$references,\"$2@$3\""
}

# library NAME TITLE LICENCE CPE PURL: of a lock file
library() {
    members="\"description\":\"$2\",$(hash "$(wanted "$1" 4)"),$(license "$3"),\"cpe\":\"$4\",\"purl\":\"$5\""
    members="$members,\"externalReferences\":[{\"type\":\"distribution\",\"url\":\"$(wanted "$1" 5)\"}]"
    patches=$(awk '$1 == "patch" { printf "%s{\"type\":\"backport\",\"diff\":{\"url\":\"vendor/%s\"}}", n++ ? "," : "", $2 }' "$vendor/$1.lock")
    [ -z "$patches" ] || members="$members,\"pedigree\":{\"patches\":[$patches]}"
    component library "$1" "$(wanted "$1" 3)" required "$members"
}

roots() {
    grep -v '^#' "$vendor/roots/roots.lock" | while read -r file serial sha1 sha256; do
        name=$(echo "${file%.pem}" | tr _ ' ')
        printf ',\n    {"type":"cryptographic-asset","bom-ref":"root-%s","name":"%s","scope":"required",%s,' "$sha1" "$name" "$(hash "$sha256")"
        printf '"cryptoProperties":{"assetType":"certificate","certificateProperties":{"certificateFormat":"X.509"}},'
        printf '"properties":[{"name":"unisolate:serial","value":"%s"}]}' "$serial"
    done
}

# compilers TARGET=COMPILER...: each version once; a file of a target says with which
compilers() {
    for pair; do
        compiler=${pair#*=}
        case $compiler in *mingw*) family=gcc-mingw-w64 ;; *) family=gcc ;; esac
        echo "$family $($compiler -dumpfullversion)"
        [ "$family" = gcc ] || echo "mingw-w64 $(echo '#include <_mingw.h>
__MINGW64_VERSION_MAJOR.__MINGW64_VERSION_MINOR' | $compiler -E -P - | tail -n 1 | tr -d ' ')"
    done | sort -u >"$work/compilers"
    while read -r name number; do
        case $name in
        mingw-w64) component library "$name" "$number" required "\"description\":\"C library of the Windows programs\",$(license ZPL-2.1)" ;;
        *) component application "$name" "$number" required \
            "\"description\":\"compiler; its libgcc is linked in\",$(license 'GPL-3.0-or-later WITH GCC-exception-3.1')" ;;
        esac
    done <"$work/compilers"
}

files() {
    for file in "$folder"/*; do
        name=${file##*/}
        printf ',\n    {"type":"file","bom-ref":"file-%s","name":"%s","version":"%s",%s}' \
            "$name" "$name" "$version" "$(hash "$(sha256sum <"$file" | cut -d ' ' -f 1)")"
    done
}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
references=''
serial=$(echo "unisolate $version $commit" | sha256sum |
    sed -E 's/^(.{8})(.{4}).(.{3}).(.{3})(.{12}).*/\1-\2-8\3-8\4-\5/')
cat <<END
{
  "\$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
  "bomFormat": "CycloneDX",
  "specVersion": "1.6",
  "serialNumber": "urn:uuid:$serial",
  "version": 1,
  "metadata": {
    "timestamp": "$(date -u -d "@$epoch" +%Y-%m-%dT%H:%M:%SZ)",
    "component": {"type":"application","bom-ref":"unisolate","name":"unisolate","version":"$version",
      "description":"Releases devices from isolation through the Microsoft Defender for Endpoint API",
      $(license MIT),"properties":[{"name":"unisolate:commit","value":"$commit"}]}
  },
  "components": [
END
library mbedtls 'TLS, X.509, cryptography' 'Apache-2.0 OR GPL-2.0-or-later' \
    "cpe:2.3:a:arm:mbed_tls:$(wanted mbedtls 3):*:*:*:*:*:*:*" "pkg:github/Mbed-TLS/mbedtls@mbedtls-$(wanted mbedtls 3)"
library musl 'C library of the Linux programs' MIT \
    "cpe:2.3:a:musl-libc:musl:$(wanted musl 3):*:*:*:*:*:*:*" "pkg:generic/musl@$(wanted musl 3)"
compilers "$@"
roots
files
printf '\n  ],\n  "dependencies": [{"ref":"unisolate","dependsOn":[%s]}]\n}\n' "${references#,}"
