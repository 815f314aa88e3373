#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Does what README.md tells: prints what is typed in its three terminals, and what appears there.
#
#     run.sh [BUILD]    # the folder with the programs: build/release unless given
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
build=$(realpath "${1:-build/release}")
export PATH=$build/bin:$PATH

# A meeting place of its own, so that this never meets a mesh that is already here.
ports=(/proc/sys/net/ipv4/ip_local_port_range)
read -r first _ <"${ports[0]}"
MALLA_LOOPBACK=tcp://127.0.0.1:$((10000 + RANDOM % (first - 10000)))
export MALLA_LOOPBACK

declare -A running
end() {
  kill "${running[@]}" 2>/dev/null || true
  wait
}
trap end EXIT

gap=
step() { # HEADING
  printf '%s%s\n' "$gap" "$1"
  gap=$'\n'
}

run() { # COMMAND LINE: runs it in the first terminal
  printf '$ %s\n' "$1"
  bash -c "${1//build\/release/$build}" 2>&1 || printf '[exit status %s]\n' $?
}

host() { # COMMAND LINE of a node, CALL...: runs it in the background, and goes on when the call succeeds there
  local node=${1#*--name }
  node=${node%% *}
  printf '$ %s &\n' "$1"
  bash -c "exec ${1//build\/release/$build}" &
  running[$node]=$!
  malla -q call --timeout 60s --on "$node" "${@:2}" >/dev/null
}

next_line() { # FILE DESCRIPTOR: waits for a line, and leaves it in `line`
  read -r -t 60 -u "$1" line || {
    echo "nothing came for 60 s" >&2
    exit 1
  }
}

news=()
hear() { # waits until the client says something by itself
  if ((${#news[@]} > 0)); then
    line=${news[0]}
    news=("${news[@]:1}")
  else
    next_line "${client[0]}"
  fi
  printf '%s\n' "$line"
}

ask() { # LINE: types it to the client; what that says by itself before it answers is heard afterwards
  printf '> %s\n' "$1"
  printf '%s\n' "$1" >&"${client[1]}"
  next_line "${client[0]}"
  while [[ $line == '* '* ]]; do
    news+=("$line")
    next_line "${client[0]}"
  done
  printf '%s\n' "$line"
}

step '1. A storage node'
host 'build/release/samples/02_storage --name storage-1' Storage.list
run "malla call Storage.put bread '{\"text\": \"Flour and water\", \"tags\": [\"baking\"]}'"
run 'malla call Storage.get bread'
run 'malla call Storage.get soup'
run 'malla ls --format text'

step '2. A client node'
printf '$ build/release/samples/02_client\n'
coproc client { exec "$build/samples/02_client"; }
running[client]=$!
hear
ask 'get bread'
ask 'put soup Water and leeks #hot #cheap'
ask 'list'
ask 'get tea'
run 'malla call Storage.get soup'
run 'malla config Storage set table.max_items=2'
ask 'put tea Leaves #hot'
run 'malla config Storage set table.max_items=100'

step '3. A log comes later'
run 'malla plugins Storage add build/release/samples/02_journal.so'
host 'build/release/samples/02_log --name log-1' Log.lines nobody
run 'malla plugins Storage add build/release/samples/02_journal.so'
run 'malla plugins Storage --format text'
ask 'put tea Leaves #hot'
run 'malla call Log.lines storage-1'

step '4. A second storage'
host 'build/release/samples/02_storage --name storage-2' Storage.list
hear
run 'malla call --on storage-2 Storage.get tea'
run 'malla plugins Storage add build/release/samples/02_journal.so'
ask 'put jam Plums and sugar'
run 'malla call Log.lines storage-2'
run "malla nodes --format text | awk '{print \$1, \$7}'"

step '5. One is killed'
exec {watching}< <(exec malla watch --format text)
running[watch]=$!
until [[ ${line:-} == 'service Storage 1.0.0 on storage-1: running' ]]; do next_line "$watching"; done
printf '$ kill -9 %%1\n'
kill -9 "${running[storage-1]}"
wait "${running[storage-1]}" 2>/dev/null || true
ask 'get soup'
ask 'get bread'
ask 'get jam'
hear
ask 'put cake Eggs and sugar'
printf '$ malla watch --format text | grep gone\n'
for _ in service node; do
  until [[ $line == *': gone' ]]; do next_line "$watching"; done
  printf '%s\n' "$line"
  line=
done

step '6. It comes back'
host 'build/release/samples/02_storage --name storage-1' Storage.list
hear
ask 'remove soup'
ask 'list'
run 'malla call --all Storage.get cake'
run 'malla ls --format text'
