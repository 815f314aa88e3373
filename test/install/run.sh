#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Installs malla into an empty folder, moves that folder, and builds and runs the consumer against it.
#
#   test/install/run.sh shared|static BUILD_FOLDER WORK_FOLDER CXX VERSION
#
# `shared` installs what BUILD_FOLDER has; `static` builds libmalla again, as an archive.
set -euo pipefail

kind=$1 build=$2 work=$3 cxx=$4 version=$5
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
expected="malla $version {\"square\":9,\"refused\":\"invalid_parameters\"}"
prefix=$work/moved

rm -rf "$work/first" "$prefix" "$work/cmake" "$work/pkg-config"
mkdir -p "$work/pkg-config"
if [[ $kind == static ]]; then
  build=$work/build
  cmake -S "$here/../.." -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Release -DCMAKE_CXX_COMPILER="$cxx" \
    -DBUILD_SHARED_LIBS=OFF -DMALLA_BUILD_TESTS=OFF
  cmake --build "$build"
fi
cmake --install "$build" --prefix "$work/first"
mv "$work/first" "$prefix"
for page in malla malla-call malla-broker; do
  [[ ! -e $prefix/bin/malla || -s $prefix/share/man/man1/$page.1 ]] || {
    echo "no manual page $page was installed"
    exit 1
  }
done

expect() { # COMMAND...: it prints what is expected
  local printed
  printed=$("$@")
  [[ $printed == "$expected" ]] || {
    echo "$* printed: $printed; expected: $expected"
    exit 1
  }
}

cmake -S "$here/cmake" -B "$work/cmake" -G Ninja -DCMAKE_CXX_COMPILER="$cxx" -DCMAKE_PREFIX_PATH="$prefix"
cmake --build "$work/cmake"
expect "$work/cmake/consumer"

PKG_CONFIG_PATH=$(dirname "$(find "$prefix" -name malla.pc)")
export PKG_CONFIG_PATH
make -C "$here/pkg-config" CXX="$cxx" OUT="$work/pkg-config"
expect "$work/pkg-config/consumer"

case $kind in
  shared)
    ldd "$work/cmake/consumer" | grep "libmalla.so.* => $prefix/" >/dev/null
    "$prefix/bin/malla" ls --peer "beacon://239.255.77.65:46255?interface=lo" # loads the plugin that was installed
    ;;
  static) if ldd "$work/cmake/consumer" | grep libmalla; then exit 1; fi ;;
esac
for program in "$prefix"/bin/*; do
  [[ ! -e $program ]] || ldd "$program" | grep "libmalla.so.* => $prefix/" >/dev/null
done
