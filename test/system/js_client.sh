#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Puts the JavaScript client and the package that it needs into a folder, where the tests run it.
#
#   test/system/js_client.sh FOLDER
set -euo pipefail

source=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../samples/js_client" && pwd)
mkdir -p "$1"
cp "$source"/*.mjs "$source"/package*.json "$1"
cd "$1"
if ! cmp -s package-lock.json node_modules/installed.json; then
  npm ci --ignore-scripts --no-audit --no-fund --no-update-notifier
  cp package-lock.json node_modules/installed.json
fi
node --input-type=module --eval 'await import("zeromq")'
