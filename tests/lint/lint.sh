#!/bin/sh
#
# lint.sh - the rules of the source, checked: tests/lint/lint.sh [--only RULE] [DIR]
#
# Does      one function a rule; each finding is a line "file:line: rule: what". Last line: "N passed, N failed",
#           counting rules.
# Not here  what the program does (the other tests). test_lint.sh plants a violation of each rule.
# Limits    text rules see the code without its comments and strings; they are word searches, not a parser.
# Rules     a rule that has exceptions names them here, in the open.

set -eu
LC_ALL=C
export LC_ALL
only=''
[ "${1:-}" != --only ] || { only=$2; shift 2; }
cd -- "${1:-.}"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

rules='layer include system_header mbedtls_header win32 allocator exit banned machine negative errno typedef verify
    secret credential header_comment header_alone ascii columns function_length file_length network roots_table
    warnings cppcheck shellcheck'
columns_max=140 file_max=500 function_max=60 state_switch_max=100
# made by a script, from certificates
generated='src/net/roots_table.c'
iso='assert|complex|ctype|errno|fenv|float|inttypes|iso646|limits|locale|math|setjmp|signal|stdalign|stdarg|stdatomic'
iso="$iso|stdbool|stddef|stdint|stdio|stdlib|stdnoreturn|string|tgmath|time|uchar|wchar|wctype"
mbedtls_files='src/net/(tls|tls_hooks|chain|roots|mbedtls_config)\.[ch]|src/crypto/[a-z0-9_]*\.c'
# ---- helpers ----

sources() { find src -name '*.[ch]' | sort; }
# C of the tests that we wrote and that is compiled for this system
test_sources() { find tests/unit tests/fake tests/probe tests/suites tests/fuzz -name '*.c' 2>/dev/null | sort; }
scripts() { find build.sh .ci vendor tests -path vendor/mbedtls -prune -o -path vendor/musl -prune -o -type f -print 2>/dev/null |
    while read -r f; do head -n 1 "$f" | grep -aEq '^#!/bin/(sh|bash)' && echo "$f"; done | sort; }

# The sources without comments and without what stands in strings, line by line, for the word searches.
strip_comments() {
    awk '{
        line = $0; out = ""
        if (!inside && line ~ /^[ \t]*#[ \t]*include/) { sub(/\/\*.*/, "", line); print line; next }
        while (line != "") {
            if (inside) {
                end = index(line, "*/")
                if (!end) { line = ""; break }
                line = substr(line, end + 2); inside = 0; out = out " "
            } else if (match(line, /\/\*|\/\/|"|\047/)) {
                mark = substr(line, RSTART, RLENGTH)
                out = out substr(line, 1, RSTART - 1); line = substr(line, RSTART + RLENGTH)
                if (mark == "/*") inside = 1
                else if (mark == "//") line = ""
                else {
                    out = out mark
                    while (line != "" && substr(line, 1, 1) != mark) line = substr(line, substr(line, 1, 1) == "\\" ? 3 : 2)
                    out = out mark; line = substr(line, 2)
                }
            } else { out = out line; line = "" }
        }
        print out
    }' "$1"
}

# What gcc and clang are called with, one response file for both.
write_flags() {
    cat <<'EOF'
-std=c11 -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes
-Wformat=2 -Wundef -Wvla -Wwrite-strings -Werror
-Isrc -Itests -Isrc/crypto -isystem vendor/mbedtls/include -DMBEDTLS_CONFIG_FILE=\"net/mbedtls_config.h\"
-DUNISOLATE_VERSION=\"0\" -DUNISOLATE_COMMIT=\"0\" -DUNISOLATE_TARGET=\"0\" -DUNISOLATE_MBEDTLS=\"0\"
-DUNISOLATE_BUILD_EPOCH=0
EOF
}

prepare() {
    write_flags >"$work/flags"
    sources | while read -r f; do
        mkdir -p "$work/code/${f%/*}"
        strip_comments "$f" >"$work/code/$f"
    done
}

# finding RULE WHAT: lines "file:line:text" or "file:line" on input become findings
report() { awk -F: -v rule="$1" -v what="$2" '{ print $1 ":" $2 ": " rule ": " what }'; }

# search PATTERN ALLOWED: "file:line:text" of the code where PATTERN stands, but not in files that match ALLOWED
search() { (cd "$work/code" && grep -rnE --include='*.[ch]' -- "$1" src) | grep -vE "^($2):" || true; }

# word(NAMES): a call of one of them, not the end of a longer word
call() { echo "(^|[^A-Za-z0-9_.>])($1)[ ]*\\("; }

# ---- rules: each prints its findings ----

rule_layer() {
    search '^[ 	]*#[ 	]*include[ 	]*"' 'none' | awk -F: '
        BEGIN {
            split("main.c 6 cli 5 mde 4 auth 4 net 3 crypto 3 codec 2 os 2 base 1", pair, " ")
            for (i = 1; i in pair; i += 2) rank[pair[i]] = pair[i + 1]
        }
        {
            split($1, from, "/"); split($3, quoted, "\""); split(quoted[2], to, "/")
            if (from[2] == to[1]) next
            if (!(to[1] in rank) || !(from[2] in rank) || rank[to[1]] >= rank[from[2]])
                printf "%s:%s: layer: %s may not include %s\n", $1, $2, from[2], quoted[2]
        }'
}

rule_include() {
    search '^[ 	]*#[ 	]*include[ 	]*"' 'none' | while IFS=: read -r file line text; do
        name=$(echo "$text" | cut -d '"' -f 2)
        case $name in *..*) ;; *) [ ! -f "src/$name" ] || continue ;; esac
        echo "$file:$line: include: \"$name\" is no path from src/"
    done
}

rule_system_header() {
    search '^[ 	]*#[ 	]*include[ 	]*<' 'src/os/[a-z0-9_]*\.[ch]' | grep -vE "<($iso)\.h>" |
        grep -vE '<(mbedtls|psa)/' | report system_header 'not ISO C: only src/os/ may'
}

rule_mbedtls_header() {
    search '^[ 	]*#[ 	]*include[ 	]*[<"](mbedtls|psa)/' "$mbedtls_files" | report mbedtls_header 'only net/tls.c, net/tls_hooks.c, net/chain.c, net/roots.c and crypto/ may'
}

rule_win32() { search '_WIN32|_WIN64|__MINGW|_MSC_VER' 'src/os/[a-z0-9_]*\.[ch]' | grep -v '_M_ARM64' | report win32 'only src/os/ may'; }
rule_allocator() { search "$(call 'malloc|calloc|realloc|free|strdup|strndup|aligned_alloc')" 'src/base/buf\.c' | report allocator 'only base/buf.c may'; }
rule_exit() { search "$(call 'exit|_Exit|quick_exit|abort')" 'src/main\.c' | report exit 'only main.c may'; }
rule_banned() {
    search "$(call 'strcpy|strcat|strncpy|strncat|sprintf|vsprintf|strtok|atoi|atol|atoll|gets|snprintf|vsnprintf|alloca|scanf|sscanf|setjmp|longjmp')" 'none' |
        report banned 'a function that is not used here'
}
rule_machine() {
    search "$(call 'fopen|freopen|remove|rename|tmpfile|time|clock|getenv|system|rand|srand|signal|printf|puts|putchar|fprintf|fputs|fwrite|perror|setlocale|localtime|gmtime')" \
        'src/os/[a-z0-9_]*\.[ch]' | report machine 'the machine is behind os/os.h'
}
rule_negative() {
    search 'return[ (]*-[ ]*[A-Za-z0-9_()]+[ ]*;|return[^;]*:[ (]*-[ ]*[A-Za-z0-9_()]+[ ]*;' 'none' |
        report negative 'failure is false, not a negative number'
}
rule_errno() { search '(^|[^A-Za-z0-9_])errno([^A-Za-z0-9_]|$)' 'src/os/[a-z0-9_]*\.[ch]' | report errno 'only src/os/ may'; }
# sha1_alt.h: mbedTLS wants a name of its own form
rule_typedef() { search 'typedef[ ]+(struct|union|enum)' 'src/crypto/sha1_alt\.h' | report typedef 'a struct is called struct'; }
rule_verify() { search 'VERIFY_NONE' 'none' | report verify 'there is no way round the certificate check'; }

# Every file that reveals a secret is in the list, and the list has no other.
rule_secret() {
    list=tests/lint/secret_reveal.list
    search 'secret_reveal' 'src/base/secret\.[ch]' | while IFS=: read -r file line rest; do
        grep -qxF "$file" "$list" || echo "$file:$line: secret: reveals a secret and is not in $list"
    done
    grep -v '^#' "$list" | while read -r file; do
        grep -q secret_reveal "$work/code/$file" 2>/dev/null || echo "$list:1: secret: $file reveals none"
    done
}

rule_credential() {
    search 'const struct credential_type credential_[a-z_]+ *=' 'none' | while IFS=: read -r file line text; do
        name=$(echo "$text" | sed 's/.*\(credential_[a-z_]*\) *=.*/\1/')
        grep -q "&$name\\b" "$work/code/src/auth/credential.c" 2>/dev/null ||
            echo "$file:$line: credential: $name is not in credential_types of auth/credential.c"
    done
}

rule_header_comment() {
    sources | while read -r f; do
        sed -n '1,2p' "$f" | tr '\n' '|' | grep -qF "/*| * ${f##*/} - " ||
            echo "$f:1: header_comment: does not begin with \"/*\" and \" * ${f##*/} - what it is for\""
    done
}

rule_header_alone() {
    mkdir -p "$work/alone"
    sources | grep '\.h$' | grep -v mbedtls_config | while read -r f; do
        echo "#include \"${f#src/}\"" >"$work/alone/alone.c"
        gcc "@$work/flags" -fsyntax-only "$work/alone/alone.c" 2>"$work/alone/log" ||
            echo "$f:1: header_alone: does not compile alone: $(grep -m 1 -o 'error: .*' "$work/alone/log")"
    done
}

rule_ascii() { sources | xargs grep -naHP '[^\x00-\x7f]' 2>/dev/null | report ascii 'plain ASCII only' || true; }
rule_columns() {
    { sources; test_sources; } | xargs awk -v max="$columns_max" '
        length > max { printf "%s:%d: columns: %d, at most %d\n", FILENAME, FNR, length, max }'
}

rule_function_length() {
    sources | grep '\.c$' | xargs ctags --languages=C --kinds-C=f --output-format=xref --_xformat='%F %n %{end} %N' -f - |
        while read -r file start end name; do
            max=$function_max
            sed -n "$((start - 1))p" "$file" | grep -qF '/* state switch */' && max=$state_switch_max
            [ $((end - start + 1)) -le "$max" ] ||
                echo "$file:$start: function_length: $name has $((end - start + 1)) lines, at most $max"
        done
}

rule_file_length() {
    { sources; test_sources; } | grep -vxF "$generated" | while read -r f; do
        lines=$(wc -l <"$f")
        [ "$lines" -le "$file_max" ] || echo "$f:$lines: file_length: $lines lines, at most $file_max"
    done
}

# A literal name or address that is not this machine, in a line that opens, binds or resolves.
rule_network() {
    # shellcheck disable=SC2016 # awk's own $0
    find tests -type f \( -name '*.py' -o -name '*.sh' -o -name '*.[ch]' \) ! -path '*/lint/*' | sort | xargs awk '
        /(connect|connect_ex|create_connection|create_server|bind|sendto|urlopen|HTTPConnection|HTTPSConnection|getaddrinfo|inet_pton)[ ]*\(|(curl|wget) / {
            rest = $0
            while (match(rest, /["\047][^"\047]*["\047]/)) {
                word = substr(rest, RSTART + 1, RLENGTH - 2); rest = substr(rest, RSTART + RLENGTH)
                sub(/^https?:\/\//, "", word); sub(/[\/:][0-9]*.*$/, "", word)
                if (word ~ /^127\.|^localhost$|%|^\{/) continue
                if (word == "0.0.0.0" || word ~ /^[0-9]+\.[0-9]+\.[0-9]+\.[0-9]+$/ || word ~ /^[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*\.(com|org|net|io|us|cn|dev)$/)
                    printf "%s:%d: network: %s is not this machine\n", FILENAME, FNR, word
            }
        }'
}

rule_roots_table() {
    vendor/roots/make_table.sh >"$work/roots_table.c" 2>"$work/roots_log" ||
        { echo "vendor/roots/roots.lock:1: roots_table: $(head -n 1 "$work/roots_log")"; return; }
    cmp -s "$work/roots_table.c" src/net/roots_table.c ||
        echo 'src/net/roots_table.c:1: roots_table: not what vendor/roots/make_table.sh makes'
}

rule_warnings() {
    for compiler in gcc clang; do
        command -v "$compiler" >/dev/null || continue
        status=0
        { sources | grep '\.c$' | grep -v os_win32; test_sources; } |
            xargs -P "$(getconf _NPROCESSORS_ONLN)" -n 1 "$compiler" "@$work/flags" -O1 -c -o /dev/null 2>"$work/log" ||
            status=$?
        sed -nE "s/^([^: ]+:[0-9]+):[0-9]+: (fatal )?error: (.*)/\1: warnings: \3 ($compiler)/p" "$work/log" >"$work/list"
        cat "$work/list"
        [ "$status" = 0 ] || [ -s "$work/list" ] || echo "tests/lint/lint.sh:1: warnings: $compiler failed: $(head -n 1 "$work/log")"
    done
}

rule_cppcheck() {
    # shellcheck disable=SC2046 # one word a file
    cppcheck --quiet --enable=warning,performance,portability --std=c11 --inline-suppr -Isrc -Itests \
        --suppressions-list=tests/lint/cppcheck.txt -j "$(getconf _NPROCESSORS_ONLN)" \
        --template='{file}:{line}: cppcheck: {message} [{id}]' $(sources | grep '\.c$' | grep -v os_win32) $(test_sources) 2>&1
}

rule_shellcheck() {
    # shellcheck disable=SC2046 # one word a script
    shellcheck -f gcc $(scripts) 2>&1 | sed -E 's/^([^:]+:[0-9]+):[0-9]+: [a-z]+: /\1: shellcheck: /'
}

# ---- all of them ----

prepare
passed=0
failed=0
: >"$work/all"
for rule in ${only:-$rules}; do
    "rule_$rule" >"$work/found" 2>"$work/errors" || true
    [ ! -s "$work/errors" ] || sed "s/^/tests\/lint\/lint.sh:1: $rule: /" "$work/errors" >>"$work/found"
    if [ -s "$work/found" ]; then failed=$((failed + 1)); else passed=$((passed + 1)); fi
    cat "$work/found" >>"$work/all"
done
cat "$work/all"
echo "lint: $(wc -l <"$work/all") findings"
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
