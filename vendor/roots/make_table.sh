#!/bin/sh
#
# make_table.sh - turns vendor/roots/*.pem into src/net/roots_table.c, on standard output.
#
# Does      checks serial, SHA-1 and SHA-256 of each certificate against roots.lock; writes the DER bytes as C, but for the
#           signature: a root's is its own word for itself, which nobody checks.
# Limits    a file that roots.lock does not name, or the other way round, is an error.
# Use       vendor/roots/make_table.sh >src/net/roots_table.c   (needs openssl; the build does not run it)

set -eu
LC_ALL=C
export LC_ALL
cd -- "$(dirname -- "$0")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

die() { echo "make_table.sh: $*" >&2; exit 1; }
lower() { tr '[:upper:]' '[:lower:]'; }
locked() { grep -v '^#' roots.lock; }
der() { openssl x509 -in "$1" -outform DER; }
name() { openssl x509 -in "$1" -noout -subject -nameopt multiline | sed -n 's/^ *commonName *= *//p'; }

# The certificate with an empty signature: all in front of the last BIT STRING, under a head of the new length
without_signature() {
    der "$1" >"$work/der"
    end=$(openssl asn1parse -inform DER -in "$work/der" | sed -n 's/^ *\([0-9]*\):d=1 .* BIT STRING.*/\1/p')
    size=$((end - 4 + 3))
    # shellcheck disable=SC2059 # bytes, by their octal numbers
    printf "$(printf '\\060\\202\\%03o\\%03o' $((size / 256)) $((size % 256)))"
    head -c "$end" "$work/der" | tail -c +5
    printf '\003\001\000'
}

check() {
    [ "$(openssl x509 -in "$1" -noout -serial | sed 's/.*=//' | lower)" = "$2" ] || die "$1: another serial number"
    [ "$(der "$1" | openssl dgst -sha1 -r | cut -d ' ' -f 1)" = "$3" ] || die "$1: another SHA-1"
    [ "$(der "$1" | openssl dgst -sha256 -r | cut -d ' ' -f 1)" = "$4" ] || die "$1: another SHA-256"
}

[ "$(locked | cut -d ' ' -f 1)" = "$(find . -name '*.pem' | sed 's,^\./,,' | sort)" ] || die "roots.lock and the files differ"
locked | while read -r file serial sha1 sha256; do check "$file" "$serial" "$sha1" "$sha256" || exit 1; done

cat <<'EOF'
/*
 * roots_table.c - the trust anchors that are built in, as DER, each without the signature that it made itself.
 *
 * Does      hold the bytes.
 * Not here  reading them (roots.c).
 * Rules     made by vendor/roots/make_table.sh, not by hand; vendor/roots/roots.lock says which, and on whose word.
 */
#include "net/roots.h"
EOF
number=0
locked | while read -r file serial sha1 sha256; do
    printf '\n/* %s, serial %s\n * SHA-256 (with its signature) %s */\n' "$(name "$file")" "$serial" "$sha256"
    printf 'static const unsigned char root_%d[] = {\n' "$number"
    without_signature "$file" | od -An -v -tx1 | tr -d '\n' | tr -s ' ' '\n' | awk '
        /./ { line = line (line == "" ? "    " : "") "0x" $1 ","; if (++n % 19 == 0) { print line; line = "" } }
        END { if (line != "") print line }'
    echo '};'
    number=$((number + 1))
done
printf '\nconst struct root roots_embedded[] = {\n'
number=0
locked | while read -r file serial sha1 sha256; do
    printf '    {"%s", root_%d, sizeof root_%d,\n' "$(name "$file")" "$number" "$number"
    without_signature "$file" | openssl dgst -sha256 -binary | od -An -v -tx1 | tr -d '\n' |
        sed 's/ \(..\)/0x\1,/g; s/.\{95\}/     {&\n      /; s/,*$/}},\n/'
    number=$((number + 1))
done
printf '};\n\nconst size_t roots_embedded_count = sizeof roots_embedded / sizeof roots_embedded[0];\n'
