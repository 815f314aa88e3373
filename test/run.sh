#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Installs what is missing, builds everything and runs every test. The last line counts them.
#
#   test/run.sh             all stages
#   test/run.sh STAGE...    some of them:
#     checks    format, layers, shell scripts, and that each check fails when it should
#     release   g++: every test, the benchmarks' limits, the installed tree
#     dev       clang with the address and undefined-behaviour sanitizers: all tests but rates
#     tsan      clang with the thread sanitizer: the concurrent layers
#     tidy      clang-tidy
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
exec </dev/null
root=$PWD
passed=0
failed=0
failures=()

# The cache is shared by every clone: paths below the clone do not count.
export CCACHE_BASEDIR=$root CCACHE_NOHASHDIR=1
export UBSAN_OPTIONS=print_stacktrace=1

count() { # PASSED FAILED NAME
  passed=$((passed + $1))
  failed=$((failed + $2))
  if (($2)); then failures+=("$3"); fi
}

check() { # NAME COMMAND...: one check; its output is shown when it fails
  local name=$1 log
  shift
  log=$(mktemp)
  if "$@" >"$log" 2>&1; then
    echo "ok    $name"
    count 1 0 "$name"
  else
    cat "$log"
    echo "FAIL  $name"
    count 0 1 "$name"
  fi
  rm -f "$log"
}

run_ctest() { # PRESET JOBS ARGUMENTS...
  local preset=$1 jobs=$2 report=$root/build/$1/ctest-$2.xml head
  shift 2
  rm -f "$report"
  if [[ $jobs == 1 ]] && ctest --test-dir "build/$preset" -N "$@" | grep '^Total Tests: 0$' >/dev/null; then return; fi
  ctest --test-dir "build/$preset" --output-on-failure --output-junit "$report" -j "$jobs" "$@" |
    grep -vE '^ +Start +[0-9]+: | Passed +[0-9.]+ sec$' || true
  head=$(grep -m 1 -A 8 '<testsuite' "$report" || true)
  attribute() { sed -nE "s/.*[^a-z]$1=\"([0-9]+)\".*/\1/p" <<<"$head" | head -n 1; }
  local tests failing skipped
  tests=$(attribute tests) failing=$(attribute failures) skipped=$(attribute skipped)
  if [[ -z $tests || -z $failing ]]; then
    count 0 1 "$preset: ctest wrote no report"
  else
    count $((tests - failing - ${skipped:-0})) "$failing" "$preset: ctest"
  fi
}

build() { # PRESET [TARGET...]: whether it was built
  local preset=$1
  shift
  cmake --preset "$preset" >"build/$preset.log" 2>&1 || {
    cat "build/$preset.log"
    return 1
  }
  cmake --build --preset "$preset" ${1:+--target "$@"} >"build/$preset.log" 2>&1 || {
    grep -vE '^\[[0-9]+/[0-9]+\] (Building|Linking)' "build/$preset.log"
    return 1
  }
}

stage_checks() {
  check "format" test/checks/format.sh
  check "layers" test/checks/layers.py
  check "shell scripts" test/checks/shell.sh
  check "each check fails when it should" test/checks/checks_test.py
}

stage_release() {
  check "release: builds" build release
  check "release: each header compiles alone" build release all_verify_interface_header_sets
  check "release: every source is in a target" test/checks/targets.py build/release/compile_commands.json
  run_ctest release 2 --no-tests=error -LE '^(serial|bench|rate)$'
  run_ctest release 1 -L '^(serial|bench|rate)$'
}

stage_dev() {
  check "dev: builds" build dev
  run_ctest dev 2 --no-tests=error -LE '^(serial|bench|rate)$'
  run_ctest dev 1 -L '^serial$' -LE '^(bench|rate)$'
}

stage_tsan() {
  check "tsan: libzmq with the thread sanitizer" test/libzmq-tsan.sh build/libzmq-tsan
  check "tsan: builds" build tsan
  run_ctest tsan 2 --no-tests=error -LE '^(serial|bench|rate)$'
  run_ctest tsan 1 -L '^serial$' -LE '^(bench|rate)$'
}

stage_tidy() {
  [[ -e build/dev/compile_commands.json ]] || cmake --preset dev >/dev/null
  check "clang-tidy" test/checks/tidy.py build/dev
}

stages=("$@")
if ((${#stages[@]} == 0)); then stages=(checks release dev tsan tidy); fi
for stage in "${stages[@]}"; do
  if ! declare -F "stage_$stage" >/dev/null; then
    sed -n '2,/^set/s/^# \{0,1\}//p' "$0" >&2
    exit 2
  fi
done

cmake/setup.sh test
mkdir -p build
for stage in "${stages[@]}"; do
  began=$SECONDS
  echo "== $stage"
  "stage_$stage"
  echo "== $stage took $((SECONDS - began)) s"
done

for failure in ${failures[@]+"${failures[@]}"}; do echo "failed: $failure"; done
echo "$passed passed, $failed failed"
((failed == 0))
