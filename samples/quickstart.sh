#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# From a bare Debian 12 to a first call: installs what is missing, builds `release`, starts the
# calculator in one process, calls it from the shell through another, and stops everything.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

cmake/setup.sh build
echo "building build/release (the first time takes some minutes)"
mkdir -p build
if ! { cmake --preset release &&
  cmake --build --preset release --target program_malla program_malla_broker samples; } >build/quickstart.log 2>&1; then
  cat build/quickstart.log
  exit 1
fi
export PATH=$PWD/build/release/bin:$PATH

# A meeting place of its own, so that this never meets a mesh that is already here.
ports=(/proc/sys/net/ipv4/ip_local_port_range)
read -r first _ <"${ports[0]}"
MALLA_LOOPBACK=tcp://127.0.0.1:$((10000 + RANDOM % (first - 10000)))
export MALLA_LOOPBACK

running=()
trap '((${#running[@]} == 0)) || kill "${running[@]}" 2>/dev/null || true; wait' EXIT

show() { # COMMAND LINE: prints it, and runs it
  printf '\n$ %s\n' "$1"
  bash -c "$1"
}

printf '\n$ malla run build/release/samples/calculator.so &\n'
malla run build/release/samples/calculator.so &
running+=($!)

show 'malla call Calculator.calculate add 2 3'
show 'malla call Calculator.square 12'
show 'malla ls'
show 'malla describe Calculator.calculate'
show 'seq 1 5 | malla call Calculator.square -'
show "seq 1 1000 | malla call Calculator.square - -j 64 | awk '{s+=\$1} END {print s}'"

printf "\n\$ malla serve Text.upper --exec 'tr a-z A-Z' &\n"
malla serve Text.upper --exec 'tr a-z A-Z' &
running+=($!)
show 'malla call Text.upper hello'

printf '\nstopping the calculator and the text service\n'
kill "${running[@]}"
wait "${running[@]}"
running=()
echo "done"
