#!/bin/sh
#
# test_lint.sh - lint's own test: a violation of each rule is planted in a copy of the tree and must be found,
# and look-alikes that break no rule must not be.
#
# Last line: "N passed, N failed".

set -eu
LC_ALL=C
export LC_ALL
cd -- "$(dirname -- "$0")/../.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
passed=0
failed=0
planted_rules=''

# A small tree of our own, with the real scripts, lists and libraries: what is planted is the only C in it.
fresh() {
    rm -rf "$work/tree"
    mkdir -p "$work/tree/src" "$work/tree/tests/unit" "$work/tree/vendor"
    (cd src && find . -type d) | (cd "$work/tree/src" && xargs mkdir -p)
    cp build.sh "$work/tree/"
    cp -R tests/lint "$work/tree/tests/"
    cp -R vendor/roots vendor/*.lock vendor/*.sh "$work/tree/vendor/"
    ln -s "$PWD/vendor/mbedtls" "$work/tree/vendor/mbedtls"
    cp src/net/mbedtls_config.h src/net/roots_table.c "$work/tree/src/net/"
    cp src/base/*.h "$work/tree/src/base/"
    grep '^#' tests/lint/secret_reveal.list >"$work/tree/tests/lint/secret_reveal.list"
}

# header FILE: the comment that every file begins with
header() { printf '/*\n * %s - planted.\n */\n' "${1##*/}"; }

# put FILE TEXT: a file of the tree with its header comment and TEXT (printf escapes)
put() {
    mkdir -p "$work/tree/$(dirname "$1")"
    # shellcheck disable=SC2059 # TEXT is a format on purpose: \n
    { header "$1"; printf "$2"; } >"$work/tree/$1"
}

findings() { "$work/tree/tests/lint/lint.sh" --only "$1" "$work/tree" 2>&1 || true; }

# found RULE FILE: lint must name FILE under RULE
found() {
    planted_rules="$planted_rules $1"
    findings "$1" >"$work/out"
    if grep -Eq "^$2:[0-9]+: $1: " "$work/out" && grep -qx '0 passed, 1 failed' "$work/out"; then passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "not found: $1 in $2"
        sed 's/^/    /' "$work/out"
    fi
    rm -f "$work/tree/$2"
}

# clean RULE FILE: lint must not name FILE under RULE
clean() {
    findings "$1" >"$work/out"
    if grep -q "^$2:" "$work/out" || ! grep -qE '^[0-9]+ passed, [0-9]+ failed$' "$work/out"; then
        failed=$((failed + 1))
        echo "wrongly found: $1 in $2"
        sed 's/^/    /' "$work/out"
    else passed=$((passed + 1)); fi
    rm -f "$work/tree/$2"
}

# plant RULE FILE TEXT, harmless RULE FILE TEXT: put one file, look at one rule
plant() { put "$2" "$3"; found "$1" "$2"; }
harmless() { put "$2" "$3"; clean "$1" "$2"; }

repeat() { awk -v n="$1" -v text="$2" 'BEGIN { for (i = 0; i < n; i++) printf "%s\\n", text }'; }

fresh
code=src/codec/planted.c

put src/net/planted.h 'struct planted;\n'
put src/mde/other.h 'struct other;\n'
plant layer $code '#include "net/planted.h"\n'
plant layer src/auth/planted.c '#include "mde/other.h"\n'
plant layer src/codec/planted.h '#include "os/os.h"\n'
plant layer src/codec/planted.c '  #  include "main.h"\n'
harmless layer src/cli/planted.c '#include "net/planted.h"\n#include "mde/other.h"\n#include "base/span.h"\n'
plant include $code '#include "planted.h"\n'
plant include $code '#include "../net/planted.h"\n'
plant system_header $code '#include <unistd.h>\n'
plant system_header src/cli/planted.h '#include <sys/types.h>\n'
harmless system_header $code '#include <stdint.h> /* not <unistd.h> */\n'
harmless system_header src/os/planted.c '#include <unistd.h>\n'
plant mbedtls_header src/net/conn.c '#include <mbedtls/ssl.h>\n'
plant mbedtls_header src/cli/planted.c '#include "psa/crypto.h"\n'
harmless mbedtls_header src/crypto/planted.c '#include <mbedtls/pk.h>\n'
plant win32 src/net/planted.c '#ifdef _WIN32\n#endif\n'
harmless win32 src/os/planted.h '#ifdef _WIN32\n#endif\n'
for call in 'malloc(1)' 'calloc(1, 1)' 'realloc(p, 1)' 'free(p)' 'free (p)' 'strdup(p)'; do
    plant allocator $code "void f(void) { $call; }\n"
done
harmless allocator $code '/* malloc(1) */ // free(p)\nconst char *t = "free(p)";\nvoid buf_free(void *p);\nvoid f(void) { g.free(1); h->free(2); }\n'
harmless allocator src/base/buf.c 'void f(void) { free(p); }\n'
plant exit src/cli/planted.c 'void f(void) { exit(1); }\n'
plant exit src/cli/planted.c 'void f(void) { abort(); }\n'
harmless exit src/main.c 'void f(void) { exit(1); }\n'
harmless exit src/cli/planted.c 'void f(void) { fault_exit(1); }\n'
for call in strcpy strcat sprintf vsprintf strtok atoi gets alloca sscanf; do
    plant banned $code "void f(void) { $call(p); }\n"
done
harmless banned $code '/*\n strcpy(a, b)\n */\nvoid f(void) { format_text(p, 1, "gets(x) \\"strcpy(" ); }\n'
for call in 'fopen(p)' 'time(0)' 'getenv(p)' 'printf(p)'; do
    plant machine $code "void f(void) { $call; }\n"
done
harmless machine $code 'void f(void) { os_time(0); os_puts(p); fault_printf(p); }\n'
plant negative $code 'int f(void) { return -1; }\n'
plant negative $code 'int f(void) { return (-E); }\n'
plant negative $code 'int f(void) { return a == 1 ? 0 : -1; }\n'
harmless negative $code 'bool f(void) { return (-a & 1) == -b; }\nint f(void) { return a - 1; }\n'
plant errno src/net/planted.c 'int f(void) { return errno; }\n'
plant typedef $code 'typedef struct x x;\n'
plant verify src/net/tls.c 'int f = MBEDTLS_SSL_VERIFY_NONE;\n'
plant secret src/mde/planted.c 'void f(void) { secret_reveal(s); }\n'
echo src/mde/planted.c >>"$work/tree/tests/lint/secret_reveal.list"
harmless secret src/mde/planted.c 'void f(void) { secret_reveal(s); }\n'
planted_list=$work/tree/tests/lint/secret_reveal.list
findings secret >"$work/out"
if grep -q '^tests/lint/secret_reveal.list:' "$work/out"; then passed=$((passed + 1))
else failed=$((failed + 1)); echo "not found: secret: a file of the list that reveals none"; fi
grep '^#' tests/lint/secret_reveal.list >"$planted_list"
put src/auth/credential.c 'const struct credential_type *const credential_types[] = {&credential_good, 0};\n'
plant credential src/auth/planted.c 'const struct credential_type credential_planted = {0};\n'
harmless credential src/auth/planted.c 'const struct credential_type credential_good = {0};\n'
rm "$work/tree/src/auth/credential.c"

echo 'int x;' >"$work/tree/$code"
found header_comment $code
{ header other.c; echo 'int x;'; } >"$work/tree/$code"
found header_comment $code
harmless header_comment $code 'int x;\n'
plant header_alone src/codec/planted.h 'size_t f(void);\n'
harmless header_alone src/codec/planted.h '#include <stddef.h>\nsize_t f(void);\n'
plant ascii $code '/* \303\244 */\n'
plant columns $code "/* $(printf '%0150d' 0) */\n"

plant function_length $code "int f(void)\n{\n$(repeat 60 '    ;')    return 0;\n}\n"
harmless function_length $code "int f(void)\n{\n$(repeat 56 '    ;')    return 0;\n}\n"
harmless function_length $code "/* state switch */\nint f(void)\n{\n$(repeat 90 '    ;')    return 0;\n}\n"
plant function_length $code "/* state switch */\nint f(void)\n{\n$(repeat 100 '    ;')    return 0;\n}\n"
plant file_length $code "$(repeat 500 'extern int x;')"
harmless file_length $code "$(repeat 490 'extern int x;')"

plant network tests/scenarios/test_planted.py 's.connect(("192.0.2.1", 443))\n'
plant network tests/scenarios/test_planted.py 'urlopen("https://login.example.com/x")\n'
plant network tests/scenarios/test_planted.py 's.bind(("0.0.0.0", 0))\n'
harmless network tests/scenarios/test_planted.py 's.connect(("127.0.0.1", port))\n'
sed 's/0x30,0x82/0x30,0x83/' src/net/roots_table.c >"$work/tree/src/net/roots_table.c"
found roots_table src/net/roots_table.c
cp src/net/roots_table.c "$work/tree/src/net/"
cp "$work/tree/vendor/roots/DigiCert_Global_Root_G2.pem" "$work/tree/vendor/roots/DigiCert_Global_Root_G3.pem"
found roots_table vendor/roots/roots.lock
cp vendor/roots/roots.lock vendor/roots/*.pem "$work/tree/vendor/roots/"
clean roots_table src/net/roots_table.c
cp src/net/roots_table.c "$work/tree/src/net/"

for text in 'int f(int a, int b) { return a; }' 'static int f(void) { return 1; }' 'int f(void);\nint f(void) { int x; return x; }' \
    'int f(long a);\nint f(long a) { return a; }' 'int f(int n);\nint f(int n) { int a[n]; return a[0]; }' 'int f();' \
    'char *f(void);\nchar *f(void) { return "x"; }' 'int f(int a);\nint f(int a) { { int a = 1; (void)a; } return a; }'; do
    plant warnings $code "$text\n"
done
plant warnings tests/unit/test_planted.c 'int f() { return 1 }\n'
harmless warnings $code 'int f(int a);\nint f(int a) { return a; }\n'
plant cppcheck $code 'int f(void)\n{\n    int a[2];\n    a[0] = 0;\n    return a[2];\n}\n'
# shellcheck disable=SC2016 # the planted fault itself
printf '#!/bin/sh\nrm $1\n' >"$work/tree/tests/planted.sh"
found shellcheck tests/planted.sh

# No rule without a plant.
for rule in $(sed -n "/^rules='/,/'\$/p" tests/lint/lint.sh | tr -d "'" | sed 's/^rules=//'); do
    case " $planted_rules " in
    *" $rule "*) passed=$((passed + 1)) ;;
    *) failed=$((failed + 1)); echo "rule $rule has no planted violation" ;;
    esac
done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
