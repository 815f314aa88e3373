#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Checks every shell script of the project with shellcheck.
#
#   test/checks/shell.sh [ROOT]
set -euo pipefail

cd "${1:-.}"
mapfile -t scripts < <(grep -rlIE --exclude-dir=build --exclude-dir=.git --exclude='*.md' \
  -m 1 '^#!(/bin/sh|/usr/bin/env bash|/bin/bash)' . | sort)
shellcheck --severity=style "${scripts[@]}"
