#!/bin/sh
#
# build.sh - builds and checks unisolate; one command each, no configure step.
#
#   ./build.sh           the release program for this machine: build/unisolate (static, stripped, reproducible)
#   ./build.sh cross TARGET  the same for another machine, with Debian's compilers: build/TARGET/unisolate (.exe); `all`: each of them
#   ./build.sh test-targets [TARGET...]  every target (or these) built and run under qemu or wine: build/test/targets-table.txt
#   ./build.sh try       build, then release a device of a fake service on loopback
#   ./build.sh test      everything that must pass; the last line is "N passed, N failed"
#   ./build.sh probe     build/probe: the parsers and the chain check as a program of their own
#   ./build.sh debug     build/debug/unisolate: with address and undefined behaviour sanitizers
#   ./build.sh torture   every system call of a release failing in turn; a matrix of broken hosts, beside curl; a real boot
#   ./build.sh bench [README]   what a release costs beside curl, requests and @azure/identity: build/test/bench-table.txt, and into README
#   ./build.sh suites    suites of others against the parsers and the cryptography; bad certificates and handshakes, beside curl
#   ./build.sh lint [DIR]   the rules of the source, checked
#   ./build.sh release [TARGET...]   every target (or these), source archive, container image, man page, completions, SBOM, sums: dist/
#   ./build.sh test-release   reads dist/ back with the tools of others, and makes it once more elsewhere, without a network
#   ./build.sh dist      the source archive that builds without a network: dist/
#   ./build.sh setup     installs what all this needs (Debian, root); also done when something is missing
#   ./build.sh clean     removes build/ and dist/
#
# Knobs: CC (default gcc, else cc), CFLAGS (added last), V=1 (show the commands), SOURCE_DATE_EPOCH.
# Rules: every path given to a compiler is relative to this folder, so that no folder's name gets into a result.

# ---- settings ----

set -eu
LC_ALL=C TZ=UTC0
export LC_ALL TZ
cd -- "$(dirname -- "$0")"
PATH=$PATH:/usr/sbin:/sbin # where squid and haproxy are; not on everybody's path

version=0.1.0
have() { command -v "$1" >/dev/null 2>&1; }
V=${V:-}
CC=${CC:-$(have gcc || ! have cc && echo gcc || echo cc)}
CFLAGS=${CFLAGS:-}
commit=''

tools_build='make ar strip readelf'
[ -d vendor/mbedtls ] && [ -d vendor/musl ] || tools_build="$tools_build tar bzip2 gzip patch"
tools_test='python3 openssl cppcheck shellcheck ctags'
tools_peers='node npm curl squid tinyproxy haproxy'
packages_build='gcc libc6-dev make binutils tar bzip2 gzip patch'
packages_test='python3 openssl cppcheck shellcheck universal-ctags clang dnsmasq-base'
tools_torture='strace curl ip unshare qemu-system-x86_64 xz'
packages_torture='strace curl iproute2 util-linux qemu-system-x86 xz-utils'
tools_bench='python3 openssl node npm curl nginx strace'
packages_bench='curl nginx-light strace python3-requests'
packages_peers='nodejs npm curl squid tinyproxy-bin haproxy' # not with the others: where one vendor's nodejs brings npm along, Debian's npm is refused
targets='x86_64-linux aarch64-linux armv7-linux i686-linux riscv64-linux x86_64-windows i686-windows'
tools_manual='mandoc man zsh fish'
packages_manual='mandoc man-db zsh fish'
tools_release='skopeo umoci qemu-aarch64-static unshare node npm'
packages_release='skopeo umoci qemu-user-static util-linux'

warnings='-Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes'
warnings="$warnings -Wformat=2 -Wundef -Wvla -Wwrite-strings"
# shell-quoted: they pass through make to a shell
config="-Isrc/crypto -DMBEDTLS_CONFIG_FILE='\"net/mbedtls_config.h\"'"
include="-Isrc -isystem vendor/mbedtls/include"
language='-std=c11'
mbedtls_language='-std=c11 -D_POSIX_C_SOURCE=200809L -Isrc -Ivendor/mbedtls/include -Ivendor/mbedtls/library'

# What mbedTLS's TLS calls to read a certificate: src/net/tls_hooks.h.
mbedtls_hook='-Dmbedtls_x509_crt_parse_der=tls_hooks_parse_der'


# Small everywhere, fast where the time of a release goes: the arithmetic below curves and RSA.
release_flags='-fPIE -fvisibility=hidden -fstack-protector-strong -ffunction-sections -fdata-sections'
release_flags="$release_flags -fno-asynchronous-unwind-tables -fno-unwind-tables"
hot=bignum_core
# With the code of a usual object beside what the linker sees whole, so that the unit tests of a target are linked in no time.
lto_flags='-flto -ffat-lto-objects'
# What -Oz leaves on in gcc though it makes this program larger (6 KB), found by trying each.
small_flags='-fno-expensive-optimizations -fno-if-conversion -fno-move-loop-invariants -fno-thread-jumps -fno-optimize-sibling-calls'
# musl keeps the canary there as well as in the thread, where reading it takes longer instructions on this machine: 2 KB less.
x86_64_linux_flags='-mstack-protector-guard=global'
# There the linker gives code pages of its own. Constants stand in front of it, in the segment of the file's head: a page of filling
# less, and none of them is executable.
x86_64_linux_layout='SECTIONS
{
    .rodata : { *(.rodata .rodata.*) }
    .eh_frame : { KEEP(*(.eh_frame)) }
}
INSERT AFTER .relr.dyn;'
# Not -static-pie: gcc knows it for some machines only, and gives the others an interpreter.
link_flags='-static -Wl,-pie,--no-dynamic-linker,--gc-sections,--build-id=none,-O1,-z,relro,-z,now,-z,noexecstack,-z,text'
link_flags_known='-z,pack-relative-relocs' # 16 KB less; only some linkers know it

# No larger may the program for x86_64 Linux be, made by Debian 12's gcc: one page of 4096 bytes above what it is.
size_budget=423168

# Windows: seconds in 64 bits also where a long has 32, printf as in ISO C; no time stamp in the file. Control flow guard is not to
# be had from this compiler.
windows_flags='-D_WIN32_WINNT=0x0601 -D__MINGW_USE_VC2005_COMPAT -D__USE_MINGW_ANSI_STDIO=1'
windows_link_flags='-static -mconsole -Wl,--gc-sections,-O1,--dynamicbase,--nxcompat,--no-insert-timestamp'
windows_link_flags="$windows_link_flags,--major-subsystem-version,6,--minor-subsystem-version,1"
windows_libraries='-lws2_32 -lbcrypt -ladvapi32 -liphlpapi'

sanitizers='-fsanitize=address,undefined -fno-sanitize-recover=all'
debug_flags="-O1 -g -fno-omit-frame-pointer $sanitizers"

# ---- helpers ----

say() { echo "build: $*"; }
die() { echo "build.sh: $*" >&2; exit 1; }
show() { [ "$V" != 1 ] || echo "+ $*"; "$@"; }

# keep FILE TEXT: write only when the text is another, so that make sees no change where there is none
keep() {
    [ -f "$1" ] && [ "$(cat "$1")" = "$2" ] && return
    mkdir -p "$(dirname "$1")"
    printf '%s\n' "$2" >"$1"
}

# quietly LOG COMMAND...: its output is shown only when it fails, or with V=1
quietly() {
    log=$1
    shift
    mkdir -p "$(dirname "$log")"
    if [ "$V" = 1 ]; then "$@"; else
        "$@" >"$log" 2>&1 || { tail -n 30 "$log" | cut -c 1-300 >&2; return 1; }
    fi
}

jobs() { getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2; }

lacking() {
    list=''
    for tool; do have "$tool" || list="$list $tool"; done
    echo "$list"
}

# The compiler is there and finds the C library's headers (those of this system are for the tests).
lacking_compiler() {
    have "${CC%% *}" || { echo " ${CC%% *}"; return; }
    [ "$1" = build ] || [ "$1" = peers ] || echo '#include <stdio.h>' | $CC -E - >/dev/null 2>&1 || echo ' libc6-dev'
}

# need build|debug|test|torture|manual|release|peers|bench: what is missing is installed where we may, else named in one line
need() {
    packages=$packages_build tools=$tools_build
    [ "$1" != test ] || packages="$packages_build $packages_test" tools="$tools_build $tools_test"
    [ "$1" != torture ] || packages="$packages_build $packages_test $packages_torture" tools="$tools_build $tools_test $tools_torture"
    [ "$1" != manual ] || packages=$packages_manual tools=$tools_manual
    [ "$1" != release ] || packages="$packages_build $packages_release" tools="$tools_build $tools_release"
    [ "$1" != bench ] || packages="$packages_build $packages_test $packages_bench" tools="$tools_build $tools_bench"
    [ "$1" != peers ] || packages=$packages_peers tools=$tools_peers
    # shellcheck disable=SC2086 # one word a tool
    missing="$(lacking_compiler "$1")$(lacking $tools)"
    [ -n "$missing" ] || return 0
    if may_install; then
        install "$packages"
    else
        die "lacking:$missing; on Debian, as root: apt-get install $packages"
    fi
}

may_install() { [ "$(id -u)" = 0 ] && [ -e /etc/debian_version ] && have apt-get; }

install() {
    say "installing: $1"
    DEBIAN_FRONTEND=noninteractive
    export DEBIAN_FRONTEND
    quietly build/setup.log apt-get -qq -o Acquire::Retries=2 update
    # shellcheck disable=SC2086 # one word a package
    quietly build/setup.log apt-get -qq -y -o Acquire::Retries=2 -o Dpkg::Use-Pty=0 \
        install --no-install-recommends $1
}

# Who and when: from git, or from the file that `dist` puts into its archive.
read_commit() {
    [ -z "$commit" ] || return 0 # once: a release is of one commit, whatever is committed while it is made
    commit=unknown epoch=0
    if [ -f .commit ]; then read -r commit epoch <.commit
    elif [ -e .git ] && have git; then
        commit=$(git rev-parse --short=12 HEAD 2>/dev/null) || commit=unknown
        epoch=$(git log -1 --format=%ct 2>/dev/null) || epoch=0
    fi
    SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-${epoch:-0}}
    export SOURCE_DATE_EPOCH
}

mbedtls_version() { sed -n 's/^#define MBEDTLS_VERSION_STRING  *"\(.*\)"/\1/p' vendor/mbedtls/include/mbedtls/build_info.h; }

# Only src/cli/version.c sees these; a new commit compiles no other file again.
version_flags() {
    read_commit
    printf -- "-D%s='\"%s\"' " UNISOLATE_VERSION "$version" UNISOLATE_COMMIT "$commit" UNISOLATE_TARGET "$target" \
        UNISOLATE_MBEDTLS "$(mbedtls_version)"
    printf -- '-DUNISOLATE_BUILD_EPOCH=%s' "$SOURCE_DATE_EPOCH"
}

# For which machine: this one with CC, or another one with Debian's compiler for it.
select_native() {
    prefix='' triple=$($CC -dumpmachine) system=linux exe=''
    case $triple in
    x86_64-*linux*) target=x86_64-linux ;;
    i?86-*linux*) target=i686-linux ;;
    aarch64-*linux*) target=aarch64-linux ;;
    arm*-*linux*) target=armv7-linux ;;
    riscv64-*linux*) target=riscv64-linux ;;
    *) die "no target for $triple, the machine of $CC" ;;
    esac
}

# Of a target: the prefix of Debian's compiler, its package, what runs the result here where this machine does not.
target_row() {
    case $1 in
    x86_64-linux) echo x86_64-linux-gnu- gcc-x86-64-linux-gnu qemu-x86_64-static ;;
    aarch64-linux) echo aarch64-linux-gnu- gcc-aarch64-linux-gnu qemu-aarch64-static ;;
    armv7-linux) echo arm-linux-gnueabihf- gcc-arm-linux-gnueabihf qemu-arm-static ;;
    i686-linux) echo i686-linux-gnu- gcc-i686-linux-gnu qemu-i386-static ;;
    riscv64-linux) echo riscv64-linux-gnu- gcc-riscv64-linux-gnu qemu-riscv64-static ;;
    x86_64-windows) echo x86_64-w64-mingw32- gcc-mingw-w64-x86-64-win32 wine64 ;;
    i686-windows) echo i686-w64-mingw32- gcc-mingw-w64-i686-win32 wine ;;
    *) die "no target $1; there are: $targets" ;;
    esac
}

# select_target TARGET: sets what select_native sets; this machine's own target is built with CC
select_target() {
    row=$(target_row "$1") || exit 1
    select_native
    [ "$target" != "$1" ] || return 0
    # shellcheck disable=SC2086 # three words
    set -- "$1" $row
    target=$1 prefix=$2 CC=$2gcc
    case $target in *-windows) CC=$2gcc-win32 system=windows exe=.exe ;; esac
    if ! have "$CC"; then
        may_install || die "lacking: $CC; on Debian, as root: apt-get install $3"
        install "$3"
    fi
    triple=$($CC -dumpmachine)
}

# Every source of the program but the other system's files.
sources() {
    other=os_win32
    [ "${system:-linux}" != windows ] || other=os_posix
    find src -name '*.c' ! -name "$other*" | sort
}
library_sources() { sources | grep -v '^src/main\.c$'; }

# compile OUT FLAGS SOURCE...: each SOURCE to OUT/SOURCE.o when it, a header of it, the compiler or the flags changed
compile() {
    out=$1 flags=$2
    shift 2
    keep "$out/flags" "$($CC --version | sed 1q) $flags $mbedtls_hook"
    keep "$out/version_flags" "$(version_flags)"
    make_flags='-s'
    [ "$V" != 1 ] || make_flags=
    # shellcheck disable=SC2086 # none or one word
    make $make_flags -j "$(jobs)" -f - OUT="$out" CC="$CC" FLAGS="$flags" HOT="$hot" SMALLEST="${smallest:--Oz}" HOOK="$mbedtls_hook" SOURCES="$*" \
        VERSION_FLAGS="$(version_flags)" <<'EOF'
OBJECTS := $(SOURCES:%.c=$(OUT)/%.o)
OWN :=
all: $(OBJECTS)
$(HOT:%=$(OUT)/vendor/mbedtls/library/%.o): OWN = $(if $(findstring $(SMALLEST),$(FLAGS)),-O2)
$(OUT)/vendor/mbedtls/library/ssl_%.o: OWN = $(HOOK)
$(OUT)/src/cli/version.o: OWN = $(VERSION_FLAGS)
$(OUT)/src/cli/version.o: $(OUT)/version_flags
$(OUT)/%.o: %.c $(OUT)/flags
	@mkdir -p $(@D)
	$(CC) $(FLAGS) $(OWN) -MMD -MP -c $< -o $@
-include $(OBJECTS:.o=.d)
EOF
}

# objects_of OUT SOURCE...: the names of what compile makes
objects_of() {
    out=$1
    shift
    for s; do echo "$out/${s%.c}.o"; done
}

# archive FILE OBJECT...
archive() {
    file=$1
    shift
    rm -f "$file"
    show "${prefix}ar" crD "$file" "$@"
}

fetch() { vendor/fetch.sh "$1"; }

# build_mbedtls OUT FLAGS: OUT/libmbedtls.a
build_mbedtls() {
    fetch mbedtls
    say "mbedTLS $(mbedtls_version) ($1)"
    compile "$1" "$mbedtls_language $config $2" vendor/mbedtls/library/*.c
    # shellcheck disable=SC2046 # one word an object
    archive "$1/libmbedtls.a" $(objects_of "$1" vendor/mbedtls/library/*.c)
}

# The C library, the same everywhere; a compiler that targets musl brings it along. Sets libc_flags, libc_start, libc_end.
build_musl() {
    libc_flags='' libc_start='' libc_end=''
    case $triple in *musl*) return ;; esac
    fetch musl
    sysroot=build/$target/sysroot
    stamp="$($CC --version | sed 1q) $smallest $(cat vendor/musl/.stamp)"
    if [ ! -f "$sysroot/stamp" ] || [ "$(cat "$sysroot/stamp")" != "$stamp" ]; then
        say "musl for $target"
        rm -rf "$sysroot" "build/$target/musl"
        mkdir -p "build/$target/musl"
        quietly "build/$target/musl.log" make_musl
        keep "$sysroot/stamp" "$stamp"
    fi
    # Neither the compiler's own -static-pie nor musl's wrapper links this right everywhere (a dynamic program
    # comes out), so the files at both ends are named here.
    libc_flags="-nostdinc -isystem $sysroot/include -isystem $($CC -print-file-name=include)"
    libc_start="-nostdlib -nostartfiles $sysroot/lib/rcrt1.o $sysroot/lib/crti.o"
    libc_end="-Wl,--start-group $sysroot/lib/libc.a $($CC -print-libgcc-file-name) -Wl,--end-group $sysroot/lib/crtn.o"
}

make_musl() (
    cd "build/$target/musl"
    CFLAGS="-fPIE $smallest" CC="$CC" AR="${prefix}ar" RANLIB="${prefix}ranlib" ../../../vendor/musl/configure \
        --target="${triple%%-*}-linux-musl" --prefix= --disable-shared --disable-wrapper --enable-optimize=size
    make -s -j "$(jobs)"
    make -s DESTDIR=../sysroot install-headers install-libs
)

promise() { echo "$3" | grep -Eq "$4" || die "$1: $2"; }
deny() { ! echo "$3" | grep -Eq "$4" || die "$1: $2"; }

# What is promised of a release program, seen in the file itself.
check_program() {
    head=$(readelf -hlW "$1")
    dynamic=$(readelf -dW "$1")
    promise "$1" 'is not position independent' "$head" 'Type: +DYN'
    promise "$1" 'has no RELRO' "$head" GNU_RELRO
    promise "$1" 'binds lazily' "$dynamic" 'BIND_NOW|Flags:.* NOW'
    deny "$1" 'wants an interpreter' "$head" INTERP
    deny "$1" 'has an executable stack' "$head" 'GNU_STACK.* RWE '
    deny "$1" 'has text relocations' "$dynamic" TEXTREL
    deny "$1" 'wants shared libraries' "$dynamic" NEEDED
    # nobody looks symbols up in a static program: such a pointer would stay NULL
    deny "$1" 'has pointers that are relocated by name' "$(readelf -rW "$1" | grep -v RELATIVE)" ' R_'
}

# The same of a Windows program: what WinPE has is all that it may import.
check_windows_program() {
    head=$("${prefix}objdump" -p "$1")
    promise "$1" 'is loaded at one place' "$head" DYNAMIC_BASE
    promise "$1" 'cannot be moved' "$head" '^Entry 5 0*[1-9a-f][0-9a-f]* .*Base Relocation'
    promise "$1" 'has executable data' "$head" NX_COMPAT
    [ "$target" != x86_64-windows ] || promise "$1" 'is not spread over 64 bits' "$head" HIGH_ENTROPY_VA
    promise "$1" 'has a time stamp' "$head" '^Time/Date[[:space:]]+(Thu Jan +1 00:00:00 1970|0)'
    deny "$1" 'imports what WinPE may lack' \
        "$(echo "$head" | sed -n 's/.*DLL Name: //p' | grep -vixE '(kernel32|msvcrt|ws2_32|bcrypt|advapi32|iphlpapi)\.dll')" .
}

# link_program RESULT LTO OBJECT...: statically, unstripped, of what build_libraries made; LTO: -fno-lto, or $link_lto
link_program() {
    result=$1 lto=$2
    shift 2
    if [ "$system" = windows ]; then
        # shellcheck disable=SC2086 # lists of words
        show $CC $windows_link_flags $lto -fstack-protector-strong $CFLAGS -o "$result" -Wl,--start-group "$@" "$work/mbedtls/libmbedtls.a" -Wl,--end-group $windows_libraries
    else
        known=''
        ! $CC -Wl,--help 2>/dev/null | grep -q "${link_flags_known#*,}" || known=-Wl,$link_flags_known
        # shellcheck disable=SC2086 # lists of words
        show $CC $libc_start $link_flags $target_link_flags $known $lto -fPIE $CFLAGS -o "$result" -Wl,--start-group "$@" "$work/mbedtls/libmbedtls.a" -Wl,--end-group $libc_end
    fi
}

# What not every compiler can: sets smallest, lto and link_lto. clang's whole-program objects want a linker of its own.
probe_compiler() {
    smallest=-Os lto='' link_lto=-fno-lto
    ! $CC -Oz -E -x c /dev/null >/dev/null 2>&1 || smallest=-Oz
    case $($CC --version) in
    *clang*) ;;
    *) lto="$lto_flags $small_flags" link_lto='-flto -flto-partition=one' ;;
    esac
}

# The C library where it is ours, and mbedTLS, for the target; sets target_flags.
build_libraries() {
    work=build/$target
    probe_compiler
    target_flags="$smallest $release_flags $lto" target_link_flags=''
    if [ "$target" = x86_64-linux ]; then
        keep "$work/layout.ld" "$x86_64_linux_layout"
        target_flags="$target_flags $x86_64_linux_flags" target_link_flags="-Wl,-T,$work/layout.ld"
    fi
    if [ "$system" = windows ]; then
        target_flags="$windows_flags $(echo "$target_flags" | sed 's/-fPIE //')"
    else
        build_musl
        target_flags="$libc_flags $target_flags"
    fi
    build_mbedtls "$work/mbedtls" "$target_flags $CFLAGS"
}

# Windows: the manifest and the version, as an object
resources() {
    [ "$system" = windows ] || return 0
    read_commit
    "${prefix}windres" -Isrc/os -DVERSION="\\\"$version\\\"" -DVERSION_NUMBERS="$(echo "$version" | tr . ,),0" src/os/os_win32.rc "$work/resources.o"
    echo "$work/resources.o"
}

# build_release RESULT SOURCE...: link the sources, statically, for the target that was selected, and check what came out
build_release() {
    program=$1
    shift
    build_libraries
    say "$program"
    compile "$work/program" "$language $warnings $include $config $target_flags $CFLAGS" "$@"
    name=${program##*/}
    full=$work/${name%.exe}.full
    # shellcheck disable=SC2046 # one word an object
    link_program "$full" "${link_wrapped:-$link_lto}" $(objects_of "$work/program" "$@") $(resources)
    if [ "$system" = windows ]; then check_windows_program "$full"; else check_program "$full"; fi
    "${prefix}nm" "$full" | grep -q __stack_chk_fail || die "$full: has no stack protector"
    if [ "$system" = windows ]; then
        # strip writes the time into the file again
        SOURCE_DATE_EPOCH=0 "${prefix}strip" --strip-all -o "$program.new" "$full"
        check_windows_program "$program.new"
    else
        "${prefix}strip" --strip-all -R .comment -R .note.gnu.property -o "$program.new" "$full"
    fi
    mv "$program.new" "$program"
    say "$program: $(wc -c <"$program") bytes"
}

# The same sources with sanitizers and this system's C library; further SOURCEs (of tests) are compiled along.
build_debug() {
    need debug
    select_native
    work=build/debug
    build_mbedtls "$work/mbedtls" "$debug_flags"
    say "$work/unisolate"
    # shellcheck disable=SC2046 # one word a source
    compile "$work/program" "$language $warnings $include -Itests $config $debug_flags $CFLAGS" $(sources) "$@"
    # shellcheck disable=SC2046 # one word an object
    link_debug "$work/unisolate" $(objects_of "$work/program" $(sources))
}

# link_debug RESULT OBJECT...
link_debug() {
    result=$1
    shift
    # shellcheck disable=SC2086 # lists of words
    show $CC $debug_flags $CFLAGS -o "$result" -Wl,--start-group "$@" build/debug/mbedtls/libmbedtls.a -Wl,--end-group
}

# ---- tests ----

passed=0
failed=0
part_seconds=1800

# part NAME COMMAND...: run one part and count its line "N passed, N failed"; without one it is one failure
part() {
    name=$1
    shift
    log=build/test/$name.log
    mkdir -p "${log%/*}"
    status=0
    timeout "$part_seconds" "$@" >"$log" 2>&1 </dev/null || status=$?
    counts=$(tr -d '\r' <"$log" | sed -n 's/^\([0-9][0-9]*\) passed, \([0-9][0-9]*\) failed$/\1 \2/p' | tail -n 1)
    good=${counts% *} bad=${counts#* }
    if [ -z "$counts" ]; then good=0 bad=1
    elif [ "$bad" = 0 ] && { [ "$status" != 0 ] || [ "$good" = 0 ]; }; then bad=1; fi
    passed=$((passed + good)) failed=$((failed + bad))
    [ "$bad" = 0 ] || { tail -n 60 "$log" | sed 's/^/    /'; echo "    (exit status $status; all of it: $log)"; }
    echo "test: $name: $good passed, $bad failed"
}

# A unit test names what it wants of tests/ in a line "/* links: fake/os_fake.c ... */"; a fake system stands
# in for the real one.
unit_links() { sed -n 's,^/\* links: \(.*\) \*/$,\1,p' "$1"; }

unit_test() {
    links=$(unit_links "$1")
    own=''
    for l in $links; do own="$own build/debug/program/tests/${l%.c}.o"; done
    case " $links " in *os_fake.c*) machine=$(find tests/fake -name 'os_fake_*.c') ;; *) machine=$(sources | grep /os_posix) ;; esac
    # shellcheck disable=SC2086 # one word a source
    own="$own $(objects_of build/debug/program $machine)"
    # shellcheck disable=SC2086 # lists of words
    link_debug "build/debug/${1%.c}" "build/debug/program/${1%.c}.o" $own build/debug/libunisolate.a
    part "unit-$(basename "$1" .c)" "build/debug/${1%.c}"
}

unit_tests() {
    mkdir -p build/debug/tests/unit
    # shellcheck disable=SC2046 # one word an object
    archive build/debug/libunisolate.a $(objects_of build/debug/program $(library_sources | grep -v /os_posix))
    for t in tests/unit/test_*.c; do unit_test "$t"; done
}

# ---- other targets ----

# A unit test that needs what one system lacks says so in a line "/* not on: windows */".
runs_on_target() { [ "$system" != windows ] || ! grep -q '^/\* not on: windows ' "$1"; }

# Where wine is: Debian's wine64 has no name on the path.
wine_of() {
    case $1 in
    x86_64-windows) command -v wine64 || { [ ! -x /usr/lib/wine/wine64 ] || echo /usr/lib/wine/wine64; } ;;
    i686-windows) command -v wine || { [ ! -x /usr/lib/wine/wine ] || echo /usr/lib/wine/wine; } ;;
    esac
}

# What runs a program of the target here: nothing where this machine does it by itself; status 1: nothing can
runner_of() {
    case $1 in
    "$native") return ;;
    *-windows) wine_of "$1" | grep . ;;
    *) command -v "$(target_row "$1" | cut -d ' ' -f 3)" ;;
    esac
}

# write_runner PROGRAM: build/TARGET/run/NAME, a script that runs it, for whoever wants a program
write_runner() {
    script=$PWD/$work/run/$(basename "$1" .exe)
    mkdir -p "$work/run"
    {
        echo '#!/bin/sh'
        [ "$system" != windows ] || echo "export WINEPREFIX='$PWD/$work/wine' WINEDEBUG=-all LC_ALL=C.UTF-8"
        echo "exec $runner '$PWD/$1' \"\$@\""
    } >"$script"
    chmod +x "$script"
    echo "$script"
}

# One wine server for all runs of the target: one that a run starts for itself keeps that run's output open.
start_wine() {
    [ "$system" = windows ] || return 0
    WINEPREFIX=$PWD/$work/wine
    wineserver=$(dirname "$runner")/wineserver
    have "$wineserver" || wineserver=wineserver
    export WINEPREFIX
    mkdir -p "$WINEPREFIX"
    trap stop_wine EXIT
    "$wineserver" -p </dev/null >/dev/null 2>&1 || true # one is there already
    WINEDEBUG=-all "$runner" "$program" --version </dev/null >/dev/null 2>&1 # the first run makes the prefix
}

stop_wine() {
    [ "$system" = windows ] || return 0
    "$wineserver" -k </dev/null >/dev/null 2>&1 || true
}

# cross_unit_test SOURCE: linked from the release's own objects, and run
cross_unit_test() {
    own="$work/check/${1%.c}.o"
    links=$(unit_links "$1")
    for l in $links; do own="$own $work/check/tests/${l%.c}.o"; done
    # shellcheck disable=SC2046 # one word an object
    case " $links " in
    *os_fake.c*) own="$own $(objects_of "$work/check" tests/fake/os_fake_*.c)" ;;
    *) own="$own $(objects_of "$work/program" $(sources | grep "/os_${os_of_system}"))" ;;
    esac
    name=$(basename "$1" .c)
    mkdir -p "$work/unit"
    # shellcheck disable=SC2086 # lists of words
    link_program "$work/unit/$name$exe" -fno-lto $own "$work/libunisolate.a"
    part "$target/unit-$name" "$(write_runner "$work/unit/$name$exe")"
}

cross_unit_tests() {
    os_of_system=posix
    [ "$system" != windows ] || os_of_system=win32
    tests=''
    for t in tests/unit/test_*.c; do ! runs_on_target "$t" || tests="$tests $t"; done
    # shellcheck disable=SC2086 # one word a source
    compile "$work/check" "$language $warnings $include -Itests $config $target_flags $CFLAGS" $tests tests/fake/*.c
    # shellcheck disable=SC2046 # one word an object
    archive "$work/libunisolate.a" $(objects_of "$work/program" $(library_sources | grep -v /os_))
    for t in $tests; do cross_unit_test "$t"; done
}

# imports_of PROGRAM: what it wants of the system: an interpreter (never), or libraries
imports_of() {
    if [ "$system" = windows ]; then
        "${prefix}objdump" -p "$1" | sed -n 's/.*DLL Name: \(.*\)\.dll/\1/p' | tr '\n' ' '
    else
        readelf -lW "$1" | grep -q INTERP && echo interpreter || echo 'no INTERP, none'
    fi
}

# hardening_of PROGRAM: as the tools for such files see it; what is missing has failed the build already
hardening_of() {
    if [ "$system" = windows ]; then
        "${prefix}objdump" -p "$1" | grep -oE 'HIGH_ENTROPY_VA|DYNAMIC_BASE|NX_COMPAT' | tr '\n' ' '
        echo 'stack protector'
    else
        readelf -hW "$1" | grep -q 'Type: *DYN' && printf 'PIE '
        readelf -lW "$1" | grep -q GNU_RELRO && printf 'RELRO '
        readelf -dW "$1" | grep -qE 'BIND_NOW|NOW' && printf 'NOW '
        readelf -lW "$1" | grep GNU_STACK | grep -q RWE || printf 'NX '
        echo 'stack protector'
    fi
}

table_row() { printf '%-16s %9s  %-16s %-16s %-42s %s\n' "$@" >>build/test/targets-table.txt; }

# test_target TARGET: build it, run its unit tests and a part of the scenarios, and write a line of the table
test_target() {
    select_target "$1"
    # shellcheck disable=SC2046 # one word a source
    build_release "build/$target/unisolate$exe" $(sources)
    program=build/$target/unisolate$exe
    unit='not run' scenarios='not run'
    if runner=$(runner_of "$target"); then
        start_wine
        before=$passed; broken=$failed
        cross_unit_tests
        unit="$((passed - before)), $((failed - broken)) failed"
        before=$passed; broken=$failed
        # shellcheck disable=SC2046 # one word an argument
        part "$target/scenarios" python3 tests/run.py --program "$(write_runner "$program")" $(smoke_of "$target")
        scenarios="$((passed - before)), $((failed - broken)) failed"
        [ "$system" != windows ] || windows_scenarios
        stop_wine
    else
        say "$target: nothing here runs it"
    fi
    table_row "$target" "$(wc -c <"$program")" "$unit" "$scenarios" "$(imports_of "$program")" "$(hardening_of "$program")"
    echo "$passed $failed" >build/test/target-count
    [ "$failed" = 0 ]
}

# One part of the scenarios for all: sign-in, names, releases, TLS, odd answers. Wine neither gives SIGTERM to a program, nor an argument
# that is not UTF-8, nor a datagram's refusal.
smoke_of() {
    for k in release names framing exit_codes cancel certificate.Success status lost_answers tls; do
        printf -- '-k test_%s ' "$k."
    done
    [ "$system" != windows ] || printf -- '--without SIGTERM --without no_utf8 --without refuses '
}

# What only Windows has. An output of a console program would go to the console that started us: none is there.
windows_scenarios() {
    launch=$work/launch.exe
    # shellcheck disable=SC2086 # lists of words
    show $CC $windows_flags -municode -O1 -o "$launch" tests/windows/launch.c
    UNISOLATE_TEST_LAUNCH=$(write_runner "$launch") UNISOLATE_TEST_EXECUTABLE=$PWD/$program UNISOLATE_TEST_RECORD=$PWD/build/test/$target-console.txt
    export UNISOLATE_TEST_LAUNCH UNISOLATE_TEST_EXECUTABLE UNISOLATE_TEST_RECORD
    part "$target/windows" python3 tests/run.py --folder tests/windows --program "$(write_runner "$program")"
}

# ---- commands ----

command_build() {
    need build
    select_native
    # shellcheck disable=SC2046 # one word a source
    build_release build/unisolate $(sources)
}

command_cross() {
    [ $# -gt 0 ] || die "cross TARGET: one of $targets, or all"
    need build
    # shellcheck disable=SC2086 # one word a target
    [ "$1" != all ] || set -- $targets
    if [ $# -gt 1 ]; then # each in a run of its own: what is selected for one target is not there for the next
        for t; do ./build.sh cross "$t"; done
        return
    fi
    select_target "$1"
    # shellcheck disable=SC2046 # one word a source
    build_release "build/$target/unisolate$exe" $(sources)
}

command_probe() {
    need build
    select_native
    # shellcheck disable=SC2046 # one word a source
    build_release build/probe $(library_sources) tests/probe/probe.c
}

# The release program with a clock that runs 60 times as fast, for the scenarios of the API's limits.
build_scaled() (
    link_flags="$link_flags -Wl,--wrap=os_monotonic_ms,--wrap=os_poll" link_wrapped=-fno-lto # which would see no call to wrap
    # shellcheck disable=SC2046 # one word a source
    build_release build/unisolate-scaled $(sources) tests/fake/os_scaled.c
)

command_debug() { build_debug; }

command_try() {
    need test
    command_build
    python3 tests/service/try.py build/unisolate
}

command_test() {
    trap 'echo "$passed passed, $((failed + 1)) failed"' EXIT # what does not even build
    need test
    need manual
    need peers
    command_build
    command_probe
    build_scaled
    # shellcheck disable=SC2046 # one word a source
    build_debug $(find tests/unit tests/fake -name '*.c' | sort)
    unit_tests
    part scenarios python3 tests/run.py --program build/unisolate
    # The second time with sanitizers, and with -vv: no secret may be in what it says. What needs the static program runs in a third part.
    part scenarios-debug-verbose python3 tests/run.py --program build/debug/unisolate --verbose
    part scenarios-verbose python3 tests/run.py --program build/unisolate --verbose -k bare_system -k test_self. -k test_secrets
    part wire python3 tests/wire/test_wire.py --program build/unisolate
    part peers python3 tests/peers/test_peers.py --program build/unisolate
    part proxies python3 tests/peers/test_proxies.py --program build/unisolate --table build/test/proxy-table.txt
    [ "$target" != x86_64-linux ] || part size tests/lint/size.sh build/unisolate "$size_budget"
    part certificates python3 tests/suites/certificates.py --program build/unisolate --table build/test/certificate-table.txt
    part lint tests/lint/lint.sh .
    part lint-planted tests/lint/test_lint.sh
    trap - EXIT
    echo "$passed passed, $failed failed"
    [ "$failed" = 0 ]
}

# Each in a run of its own: what is selected for one target is not there for the next.
command_test_targets() {
    need test
    native=$(select_native; echo "$target")
    if [ "${2:-}" = only ]; then
        test_target "$1"
        return
    fi
    # shellcheck disable=SC2086 # one word a target
    [ $# -gt 0 ] || set -- $targets
    mkdir -p build/test
    : >build/test/targets-table.txt
    table_row target bytes 'unit tests' scenarios 'imports' 'hardening'
    for t; do
        echo '0 1' >build/test/target-count # what does not even build
        ./build.sh test-targets "$t" only || true
        read -r good bad <build/test/target-count
        passed=$((passed + good)) failed=$((failed + bad))
    done
    cat build/test/targets-table.txt
    echo "$passed passed, $failed failed"
    [ "$failed" = 0 ]
}

# A Debian kernel, unpacked and not installed: build/boot.
fetch_kernel() {
    [ ! -d build/boot/lib/modules ] || return 0
    mkdir -p build/boot
    kernel=$(apt-cache depends linux-image-cloud-amd64 | sed -n 's/.*Depends: \(linux-image-[0-9].*\)/\1/p' | head -n 1)
    say "the kernel $kernel"
    (cd build/boot && quietly fetch.log apt-get -qq download "$kernel" && dpkg -x "$kernel"_*.deb .)
}

# What takes too long, or too much room, for every test.
command_torture() {
    need torture
    command_build
    fetch_kernel
    show "$CC" -static -Os -o build/boot/init tests/boot/init.c
    part system-calls python3 tests/faults/test_system_calls.py --program build/unisolate --table build/test/system-calls-table.txt
    part matrix python3 tests/matrix/matrix.py --program build/unisolate --table build/test/matrix-table.txt
    part boot python3 tests/boot/boot.py --program build/unisolate --init build/boot/init --kernel build/boot
    echo "$passed passed, $failed failed"
    [ "$failed" = 0 ]
}

# Beside what others would do the same with: the table of the README.
command_bench() {
    need peers
    need bench
    /usr/bin/python3 -c 'import requests' 2>/dev/null || { may_install && install python3-requests; } || die 'lacking: python3-requests'
    command_build
    build_scaled
    (build_release build/measure tests/bench/measure.c)
    python3 tests/bench/bench.py --program build/unisolate --measure build/measure ${1:+--readme "$1"}
}

# The cryptography of a release with mbedTLS's own self-tests in it.
build_vectors() (
    need build
    select_native
    build_libraries
    work=build/suites
    build_mbedtls "$work/mbedtls" "$target_flags -DMBEDTLS_SELF_TEST $CFLAGS"
    # shellcheck disable=SC2046 # one word a source
    compile "$work/program" "$language $warnings $include $config $target_flags -DMBEDTLS_SELF_TEST $CFLAGS" $(library_sources) tests/suites/vectors.c
    # shellcheck disable=SC2046 # one word an object
    link_program build/vectors $(objects_of "$work/program" $(library_sources) tests/suites/vectors.c)
    say build/vectors
)

# Suites of others, fetched for the run; bad certificates and handshakes, beside curl.
command_suites() {
    need test
    need peers
    command_build
    command_probe
    build_vectors
    vendor/fetch.sh wycheproof
    part json python3 tests/suites/test_json.py --program build/probe
    part self-tests build/vectors self-test
    part wycheproof python3 tests/suites/test_vectors.py --program build/vectors --vectors build/suites/wycheproof/src/third_party/wycheproof_testvectors
    part certificates python3 tests/suites/certificates.py --program build/unisolate --table build/test/certificate-table.txt
    echo "$passed passed, $failed failed"
    [ "$failed" = 0 ]
}

command_lint() {
    need test
    fetch mbedtls
    tests/lint/lint.sh "${1:-.}"
}

# Everything that git knows and that is not ignored, and the libraries' sources.
dist_files() {
    if [ -e .git ]; then git ls-files --cached --others --exclude-standard
    else find . -type f ! -path './build/*' ! -path './dist/*' ! -path './vendor/mbedtls/*' ! -path './vendor/musl/*' | sed 's,^\./,,'; fi |
        while read -r f; do [ ! -f "$f" ] || echo "$f"; done
    find vendor/mbedtls vendor/musl -type f
}

command_dist() {
    need build
    fetch mbedtls
    fetch musl
    read_commit
    name=unisolate-$version
    mkdir -p dist build/dist
    rm -rf "build/dist/$name"
    mkdir "build/dist/$name"
    echo "$commit $SOURCE_DATE_EPOCH" >"build/dist/$name/.commit"
    dist_files | grep -vx '\.commit' | tar -cf - -T - | tar -xf - -C "build/dist/$name"
    tar -C build/dist --sort=name --owner=0 --group=0 --numeric-owner --mode=go=rX,u+w --format=ustar \
        --mtime="@$SOURCE_DATE_EPOCH" -cf - "$name" | gzip -9n >"dist/$name.tar.gz"
    say "dist/$name.tar.gz: $(wc -c <"dist/$name.tar.gz") bytes"
}

# What the program itself prints.
release_texts() {
    "$1" --man >dist/unisolate.1
    "$1" --completion bash >dist/unisolate.bash
    "$1" --completion zsh >dist/_unisolate
    "$1" --completion fish >dist/unisolate.fish
    "$1" --completion powershell >dist/unisolate.ps1
}

# All that is published, the same bytes whenever and wherever it is made with the same compilers.
command_release() {
    # shellcheck disable=SC2086 # one word a target
    [ $# -gt 0 ] || set -- $targets
    rm -rf dist
    command_dist
    command_cross "$@"
    compilers='' images='' name=unisolate-$version
    for t; do
        compiler=$(select_target "$t" && echo "$CC")
        compilers="$compilers $t=$compiler"
        case $t in *-windows) exe=.exe ;; *) exe='' ;; esac
        cp "build/$t/unisolate$exe" "dist/$name-$t$exe"
        case $t in
        x86_64-linux) images="$images amd64=dist/$name-$t" ;;
        aarch64-linux) images="$images arm64=dist/$name-$t" ;;
        esac
    done
    native=$(select_native && echo "$target")
    [ ! -f "dist/$name-$native" ] || release_texts "dist/$name-$native"
    # shellcheck disable=SC2086 # one word an architecture, one a target
    {
        [ -z "$images" ] || .ci/image.sh "dist/$name-oci.tar" "$version" "$commit" "$SOURCE_DATE_EPOCH" $images
        .ci/sbom.sh "$version" "$commit" "$SOURCE_DATE_EPOCH" dist $compilers >build/sbom.json
    }
    mv build/sbom.json "dist/$name.cdx.json"
    (cd dist && sha256sum -- * >../build/sums && mv ../build/sums SHA256SUMS)
    cat dist/SHA256SUMS
}

command_test_release() {
    need release
    need manual
    need peers
    need test
    # shellcheck disable=SC2086 # one word a target
    [ $# -gt 0 ] || set -- $targets
    command_release "$@"
    part_seconds=6000
    part release python3 tests/release/test_release.py --dist dist "$@"
    sed -n '/^SHA256SUMS of/,/^$/p' build/test/release.log
    echo "$passed passed, $failed failed"
    [ "$failed" = 0 ]
}

command_setup() {
    may_install || die "setup is for Debian, as root; elsewhere install: $packages_build $packages_test"
    install "$packages_build $packages_test $packages_manual $packages_release"
    need peers
    need bench
}

command_clean() { rm -rf build dist; }

command=${1:-build}
[ $# = 0 ] || shift
case $command in
test-targets) command_test_targets "$@" ;;
build | cross | try | test | torture | suites | bench | probe | debug | lint | dist | release | setup | clean) "command_$command" "$@" ;;
test-release) command_test_release "$@" ;;
*) sed -n '3,/^# Knobs/s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
esac
