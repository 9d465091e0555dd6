#!/bin/sh
#
# size.sh - the program is no larger than it may be: tests/lint/size.sh PROGRAM BUDGET
#
# Does      compares; then plants a program of one byte too many, which must be found, and one of just the budget, which must not.
# Limits    for the target and the compiler that the budget in build.sh was set with.
#
# Last line: "N passed, N failed".

set -eu
program=$1 budget=$2
passed=0 failed=0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

fits() { [ "$(wc -c <"$1")" -le "$budget" ]; }

# check WHAT COMMAND...
check() {
    what=$1
    shift
    if "$@"; then passed=$((passed + 1)); else
        failed=$((failed + 1))
        echo "size: $what"
    fi
}
too_large() { ! fits "$1"; }

check "$program has $(wc -c <"$program") bytes, $budget are allowed: make it smaller, or raise size_budget in build.sh and say why" fits "$program"
head -c "$budget" /dev/zero >"$work/just"
head -c $((budget + 1)) /dev/zero >"$work/more"
check 'a program of just the budget is refused' fits "$work/just"
check 'a program of one byte too many is not found' too_large "$work/more"
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
