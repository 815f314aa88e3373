#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Installs what building (and testing) malla needs, on Debian 12. Elsewhere it prints what is missing.
#
#   cmake/setup.sh build    what the library, the programs and the samples need
#   cmake/setup.sh test     also what test/run.sh needs
set -euo pipefail

# PACKAGE PROBE: the Debian package, and how to see on any system whether it is there:
# a program, pkg:NAME for pkg-config, header:FILE or python:MODULE.
build_set="
g++                  g++
cmake                cmake
ninja-build          ninja
pkg-config           pkg-config
ccache               ccache
libzmq3-dev          pkg:libzmq
cppzmq-dev           header:zmq.hpp
libsodium-dev        pkg:libsodium
libcereal-dev        header:cereal/cereal.hpp
nlohmann-json3-dev   header:nlohmann/json.hpp
libcli11-dev         header:CLI/CLI.hpp
libspdlog-dev        header:spdlog/spdlog.h
libtomlplusplus-dev  header:toml++/toml.h
libcpp-httplib-dev   pkg:cpp-httplib
libc-ares-dev        pkg:libcares
libgtest-dev         header:gtest/gtest.h
libgmock-dev         header:gmock/gmock.h
libbenchmark-dev     header:benchmark/benchmark.h
procps               pgrep
jq                   jq
"
test_set="
clang-19             clang++-19
libclang-rt-19-dev   clang++-19
clang-tidy-19        clang-tidy-19
clang-format-14      clang-format-14
dpkg-dev             dpkg-source
etcd-server          etcd
fish                 fish
git                  git
groff-base           groff
iproute2             ss
make                 make
nodejs               node
npm                  npm
python3              python3
python3-zmq          python:zmq
shellcheck           shellcheck
valgrind             valgrind
zsh                  zsh
"

is_debian_12() {
  [[ -r /etc/os-release ]] && (
    # shellcheck source=/dev/null
    . /etc/os-release
    [[ ${ID:-} == debian && ${VERSION_ID:-} == 12 ]]
  )
}

installed() { dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null | grep -qx installed; }

found() {
  case $1 in
    pkg:*) pkg-config --exists "${1#pkg:}" 2>/dev/null ;;
    header:*) echo "#include <${1#header:}>" | c++ -std=c++20 -E -x c++ - >/dev/null 2>&1 ;;
    python:*) python3 -c "import ${1#python:}" 2>/dev/null ;;
    *) command -v "$1" >/dev/null ;;
  esac
}

missing_packages() { # dpkg|probe; reads "PACKAGE PROBE" lines
  local package probe
  while read -r package probe; do
    [[ -n $package ]] || continue
    # Elsewhere than in Debian the package nodejs brings npm along, and conflicts with Debian's.
    if [[ $1 == dpkg && $package != npm ]]; then installed "$package"; else found "$probe"; fi || echo "$package"
  done
}

install() {
  local as_root=()
  if [[ $(id -u) != 0 ]]; then as_root=(sudo); fi
  echo "setup: installing $*"
  "${as_root[@]}" apt-get -qq update
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends install "$@" >/dev/null
}

case ${1:-} in
  build) wanted=$build_set ;;
  test) wanted=$build_set$test_set ;;
  *)
    echo "usage: cmake/setup.sh build|test" >&2
    exit 2
    ;;
esac

if is_debian_12; then how=dpkg; else how=probe; fi
missing=$(missing_packages "$how" <<<"$wanted")
if [[ -n $missing ]]; then
  mapfile -t packages <<<"$missing"
  if [[ $how == probe ]]; then
    echo "setup: this is not Debian 12; install these yourself (Debian's names): ${packages[*]}" >&2
    exit 1
  fi
  install "${packages[@]}"
fi
echo "setup: everything needed to $1 is installed"
