#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Builds Debian's libzmq with the thread sanitizer, once for all clones, and links it to FOLDER, where
# the preset `tsan` looks. Debian's own build is not instrumented, so each lock in it would be a false race.
#
#   test/libzmq-tsan.sh FOLDER
set -euo pipefail

link=$(realpath -m "$1")
cache=${MALLA_CACHE:-${XDG_CACHE_HOME:-${HOME:-/var/cache}/.cache}/malla}
source_version=$(dpkg-query -W -f '${source:Upstream-Version}' libzmq3-dev)
prefix=$cache/libzmq-$source_version-tsan-clang19

fetch_source() { # into the current folder; reads a sources list of its own and changes nothing of the system's
  mkdir -p lists/partial
  local mirror # where this system has its own packages from
  # shellcheck disable=SC2016 # apt's own variable
  mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Codename: bookworm' | head -n 1)
  echo "deb-src [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror bookworm main" >sources.list
  local own=(-o Dir::Etc::sourcelist="$PWD/sources.list" -o Dir::Etc::sourceparts=/dev/null
    -o Dir::State::lists="$PWD/lists" -o APT::Sandbox::User=root)
  apt-get -qq "${own[@]}" update
  apt-get -qq "${own[@]}" source "zeromq3=$(dpkg-query -W -f '${source:Version}' libzmq3-dev)"
}

build() {
  local flags='-fsanitize=thread -O1 -g1 -fno-omit-frame-pointer'
  cmake -Wno-dev -S "$1" -B build -G Ninja -DCMAKE_BUILD_TYPE=None -DCMAKE_C_COMPILER=clang-19 -DCMAKE_CXX_COMPILER=clang++-19 \
    -DCMAKE_C_FLAGS="$flags" -DCMAKE_CXX_FLAGS="$flags -w" -DCMAKE_INSTALL_PREFIX="$prefix.new" \
    -DCMAKE_INSTALL_LIBDIR=lib -DBUILD_TESTS=OFF -DWITH_DOCS=OFF -DWITH_PERF_TOOL=OFF -DBUILD_STATIC=OFF \
    -DENABLE_DRAFTS=OFF -DWITH_LIBBSD=OFF -DENABLE_CURVE=ON -DWITH_LIBSODIUM=ON -DENABLE_CPACK=OFF >configure.log
  cmake --build build >build.log
  cmake --install build >install.log
  sed -i "s|$prefix.new|$prefix|g" "$prefix.new/lib/pkgconfig/libzmq.pc"
}

mkdir -p "$cache"
exec 9>"$cache/libzmq-tsan.lock"
flock 9 # another clone may be building it
if [[ ! -e $prefix/lib/pkgconfig/libzmq.pc ]]; then
  echo "Building libzmq $source_version with the thread sanitizer into $prefix (about a minute, once)"
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  cd "$work"
  fetch_source
  rm -rf "$prefix.new"
  build "$(echo "$PWD"/zeromq3-*/)"
  rm -rf "$prefix"
  mv "$prefix.new" "$prefix"
  cd / # before the folder goes
fi
mkdir -p "$(dirname "$link")"
ln -sfn "$prefix" "$link"
