#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Runs clang-tidy 19 over the sources of the library, the programs and the plugins.
#
#   test/checks/tidy.sh BUILD_FOLDER [ROOT]   BUILD_FOLDER has compile_commands.json
set -euo pipefail

build=$(realpath "$1")
root=$(realpath "${2:-.}")
log=$(mktemp)
trap 'rm -f "$log"' EXIT

if run-clang-tidy-19 -p "$build" -j "$(nproc)" -quiet -config-file="$root/.clang-tidy" \
  "^$root/(libmalla|broker|cli|plugins)/" >"$log" 2>&1; then
  exit 0
fi
grep -E '(warning|error):|^ +[0-9]+ \||^ +\|' "$log" | grep -v ' warnings generated' || cat "$log"
exit 1
