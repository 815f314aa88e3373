#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Checks that every C++ source is as clang-format 14 writes it, and begins with its licence.
#
#   test/checks/format.sh [ROOT]         the check
#   test/checks/format.sh --fix [ROOT]   formats them
set -euo pipefail

mode=(--dry-run -Werror)
if [[ ${1:-} == --fix ]]; then
  mode=(-i)
  shift
fi
cd "${1:-.}"

folders=()
for folder in libmalla broker cli plugins samples test; do [[ ! -d $folder ]] || folders+=("$folder"); done
mapfile -t sources < <(find "${folders[@]}" -name '*.[ch]pp' | sort)
clang-format-14 --style=file "${mode[@]}" "${sources[@]}"

bad=0
for source in "${sources[@]}"; do
  if [[ $(head -n 1 "$source") != "// SPDX-License-Identifier: Apache-2.0" ]]; then
    echo "$source:1: does not begin with // SPDX-License-Identifier: Apache-2.0"
    bad=1
  fi
done
exit "$bad"
