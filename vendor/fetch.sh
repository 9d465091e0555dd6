#!/bin/sh
#
# fetch.sh - bring the source of a library into vendor/, the same bytes whoever delivers them.
#
# Does      vendor/fetch.sh mbedtls|musl|wycheproof: already unpacked; else the archive that MBEDTLS_ARCHIVE, MUSL_ARCHIVE or
#           WYCHEPROOF_ARCHIVE names; else the place where upstream publishes it; else Debian's source package,
#           through apt with a source list of its own. NAME.lock has the versions and the SHA-256 that decides.
# Not here  building (build.sh).
# Limits    every network step ends by itself: 5 s to connect, 20 s without a byte, 2 more tries.
# Rules     leaves the machine as it was: what apt needs is in a folder that is removed at the end. Two runs
#           at a time do not disturb each other: each unpacks beside the target and renames.

set -eu
LC_ALL=C
export LC_ALL
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
name=${1:-}
case $name in
mbedtls) given=${MBEDTLS_ARCHIVE:-} ;;
musl) given=${MUSL_ARCHIVE:-} ;;
wycheproof) given=${WYCHEPROOF_ARCHIVE:-} ;;
*) echo "usage: vendor/fetch.sh mbedtls|musl|wycheproof" >&2; exit 2 ;;
esac
into=$here
lock=$into/$name.lock
if [ "$name" = wycheproof ]; then # for a test
    into=$here/../build/suites
    lock=$here/../tests/suites/$name.lock
    mkdir -p "$into"
fi
target=$into/$name
older='' # an archive of an older release that will do if no better one comes

say() { echo "fetch: $name: $*" >&2; }
die() { say "$@"; exit 1; }

sha256() {
    if command -v sha256sum >/dev/null; then sha256sum <"$1" | cut -d ' ' -f 1
    else openssl dgst -sha256 -r <"$1" | cut -d ' ' -f 1; fi
}

# field N of the archive line whose COLUMN is VALUE; lines: archive STATE VERSION SHA-256 PLACE
archive_field() { awk -v c="$1" -v v="$2" -v n="$3" '$1 == "archive" && $c == v { print $n; exit }' "$lock"; }
# everything after the first word of the lines that begin with it
words() { awk -v w="$1" '$1 == w { $1 = ""; print substr($0, 2) }' "$lock"; }

# What the unpacked tree was made of: one line, also kept in it.
stamp_of() { echo "$(archive_field 4 "$1" 3) $1 $(words patch | cut -d ' ' -f 2 | tr '\n' ' ')"; }

warn_older() {
    say "warning: using $1, as $(archive_field 2 wanted 3) cannot be had here; it lacks the later security fixes"
}

# Nothing to do when the tree there was made of an archive and patches that the lock still names.
present() {
    [ -f "$target/.stamp" ] || return 1
    read -r version hash rest <"$target/.stamp" || return 1
    [ "$version $hash ${rest:+$rest }" = "$(stamp_of "$hash")" ] || return 1
    [ "$(archive_field 4 "$hash" 2)" = wanted ] || warn_older "$version"
}

apply_patches() {
    words patch | while read -r file hash; do
        [ "$(sha256 "$here/$file")" = "$hash" ] || die "$file is not the patch that $name.lock names"
        patch -s -p1 -d "$part" <"$here/$file" >&2 || die "$file does not apply"
    done
}

# unpack FILE HASH: into a folder beside the target, then rename: a reader never sees half a tree.
# Called from conditions, where `set -e` sleeps: each step says itself what to do when it fails.
unpack() {
    part=$(mktemp -d "$into/.$name.XXXXXX.part") || die "cannot write in $into"
    top=$(tar -tf "$1" | sed -n '1s,/.*,,p')
    # shellcheck disable=SC2046 # one word a path
    tar -xf "$1" -C "$part" --strip-components=1 --no-same-owner \
        $(for k in $(words keep); do echo "$top/$k"; done) || die "cannot unpack $1"
    apply_patches || exit 1
    { stamp_of "$2" >"$part/.stamp" && chmod 755 "$part"; } || die "cannot write in $part"
    present 2>/dev/null && return # another run was faster
    [ ! -e "$target" ] || mv -T "$target" "$part.old" || die "cannot replace $target"
    mv -T "$part" "$target" 2>/dev/null || present || die "cannot write $target"
    say "$(archive_field 4 "$2" 3) unpacked into ${target#"$here"/}"
}

# take FILE: true when it is the wanted archive, which is then unpacked; an older one is put by.
take() {
    hash=$(sha256 "$1")
    case $(archive_field 4 "$hash" 2) in
    wanted) unpack "$1" "$hash" ;;
    older) older=$1; return 1 ;;
    *) say "${1##*/}: SHA-256 $hash is not in $name.lock: not used"; return 1 ;;
    esac
}

# download PLACE FILE
download() {
    if command -v curl >/dev/null; then
        curl -fsSL --proto =https --proto-redir =https --connect-timeout 5 --speed-limit 1000 --speed-time 20 \
            --retry 2 --retry-delay 1 -o "$2" "$1"
    elif command -v wget >/dev/null; then
        wget -q -T 10 -O "$2" "$1"
    else
        echo "neither curl nor wget is here"; return 1
    fi >>"$work/log" 2>&1
}

# published STATE: the place where upstream publishes it
published() {
    place=$(archive_field 2 "$1" 5)
    [ -n "$place" ] || return 1
    download "$place" "$work/${place##*/}" && take "$work/${place##*/}"
}

# source_lists SUITE FOLDER: the machine's own entries for its own release, turned into source entries of
# SUITE; address, key and options stay as they are.
source_lists() {
    for f in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
        [ ! -r "$f" ] || sed -n \
            "s|^ *deb  *\(\[[^]]*\] *\)\{0,1\}\([a-z][^ ]*\)  *$codename  *main.*|deb-src \1\2 $1 main|p" "$f"
    done >"$2/one.list"
    for f in /etc/apt/sources.list.d/*.sources; do
        [ ! -r "$f" ] || { cat "$f"; echo; }
    done | awk -v own="$codename" -v suite="$1" '
        function flush() { if (text != "" && ours && binary && on) printf "%s\n", text; text = ""; ours = binary = 0; on = 1 }
        BEGIN { on = 1 }
        /^#/ { next }
        /^[ \t]*$/ { flush(); next }
        { line = $0; key = tolower($1) }
        key == "types:" { binary = / deb( |$)/; line = "Types: deb-src" }
        key == "suites:" { for (i = 2; i <= NF; i++) if ($i == own) ours = 1; line = "Suites: " suite }
        key == "components:" { line = "Components: main" }
        key == "enabled:" && tolower($2) == "no" { on = 0 }
        { text = text line "\n" }
        END { flush() }' >"$2/stanzas.sources"
    grep -q . "$2/one.list" "$2/stanzas.sources"
}

# apt_get ARGUMENT...: apt with all its state in $apt. The machine's own configuration (proxies, logins)
# still counts, but not its hooks, which may touch the real caches. An index that is past its date is as good as
# a fresh one: the SHA-256 of the archive is known beforehand. Signatures are checked all the same.
apt_get() {
    apt-get -qq -c "$apt/conf" "$@" >>"$work/log" 2>&1
}

prepare_apt() {
    apt=$work/apt
    mkdir -p "$apt/state/lists/partial" "$apt/cache/archives/partial" "$apt/parts" "$apt/file"
    chmod 755 "$work"
    cat >"$apt/conf" <<EOF
Dir::State "$apt/state"; Dir::State::lists "$apt/state/lists"; Dir::State::status "/dev/null";
Dir::Cache "$apt/cache"; Dir::Log "$apt";
Dir::Etc::sourcelist "/dev/null"; Dir::Etc::sourceparts "$apt/parts";
Dir::Etc::preferences "/dev/null"; Dir::Etc::preferencesparts "/dev/null";
Acquire::Languages "none"; Acquire::Retries "2"; Acquire::Check-Valid-Until "false";
Acquire::http::Timeout "20"; Acquire::https::Timeout "20";
APT::Default-Release "";
#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
EOF
}

# debian PACKAGE SUITE...: only the upstream archive of Debian's source package is asked for
debian() {
    command -v apt-get >/dev/null || { echo "no apt-get" >>"$work/log"; return 1; }
    codename=$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release)
    [ -n "$codename" ] || return 1
    prepare_apt
    package=$1
    shift
    for suite; do
        source_lists "$suite" "$apt/parts" || { echo "no source list for $codename" >>"$work/log"; return 1; }
        apt_get update || continue
        mkdir -p "$apt/file/$suite"
        (cd "$apt/file/$suite" && apt_get source --download-only --tar-only "$package") || continue
        for f in "$apt/file/$suite"/*.orig.tar.*; do
            [ ! -f "$f" ] || ! take "$f" || return 0
        done
    done
    return 1
}

search() {
    published wanted && return
    # shellcheck disable=SC2046 # package and suites: one word each
    debian $(words debian) && return
    [ -n "$older" ] || published older || true
    [ -n "$older" ] || return 1
    hash=$(sha256 "$older")
    warn_older "$(archive_field 4 "$hash" 3)"
    unpack "$older" "$hash"
}

present && exit 0
work=$(mktemp -d)
part=
trap 'rm -rf "$work"; [ -z "$part" ] || rm -rf "$part" "$part.old"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
if [ -n "$given" ]; then
    [ -r "$given" ] || die "cannot read $given"
    take "$given" && exit 0
    [ -n "$older" ] || die "$given is not an archive that $name.lock names"
    warn_older "$(archive_field 4 "$hash" 3)"
    unpack "$older" "$hash"
    exit 0
fi
: >"$work/log"
if ! search; then
    tail -n 5 "$work/log" >&2
    die "not to be had from $(archive_field 2 wanted 5) or Debian's source package;" \
        "name the archive: $(echo "$name" | tr '[:lower:]' '[:upper:]')_ARCHIVE=FILE"
fi
