#!/usr/bin/env bash
#
# Installs the servers that tests of `@ashlar/runner-remote` talk to, for this user and nobody else:
#
#   buildbox      Debian's package, unpacked into a folder of its own: a cache, and remote execution
#   bazel-remote  built with Go: a cache
#   BuildGrid     from PyPI, in an environment of its own with its database: a scheduler, whose workers are buildbox's
#
# Nothing of it is needed: tests of a server that is not there skip themselves, and say so. A server that
# is there is left as it is. One line says what became of each.
#
# Usage: scripts/remote-servers.sh [folder]
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/newer-debian.sh"

# `packages/runners/remote/test/servers.ts` looks there.
place="${1:-${ASHLAR_SERVERS:-${XDG_CACHE_HOME:-$HOME/.cache}/ashlar-servers}}"
mkdir -p "$place/bin" "$place/log"

say() { echo "remote servers: $*"; }

install_buildbox() {
  local here="$place/buildbox" program
  local -a programs=(trexe casupload casdownload buildbox-worker buildbox-run-hosttools buildbox-casd)
  unpack_newer_debian "$here" whole buildbox || return 1
  start_newer_debian "$here" "${programs[@]}" || return 1
  # Last of all, because this is what shows that it is there.
  for program in "${programs[@]}"; do
    ln -sf "$here/$program" "$place/bin/$program"
  done
}

# As a part of a module of its own, for `go install` asks which versions there are, and not every mirror says.
install_bazel_remote() {
  local folder="$place/bazel-remote"
  command -v go >/dev/null || { echo "it needs Go"; return 1; }
  mkdir -p "$folder"
  printf 'module ashlar.test/servers\n\ngo 1.25\n\nrequire github.com/buchgr/bazel-remote/v2 v2.6.2\n' >"$folder/go.mod"
  (cd "$folder" && CGO_ENABLED=0 go build -mod=mod -o "$place/bin/" github.com/buchgr/bazel-remote/v2) || return 1
  rm -rf "$folder"
}

# It wants PostgreSQL, which comes with `pgserver`. A database with its tables is made here, and copied by those who want one.
install_buildgrid() {
  local here="$place/buildgrid" binaries postgres status=0 _
  local -a somebody=()
  command -v python3 >/dev/null || { echo "it needs Python"; return 1; }
  rm -rf "$here"
  python3 -m venv "$here/python" || { echo "it needs Python with its module venv"; return 1; }
  "$here/python/bin/pip" install -q --disable-pip-version-check \
    'buildgrid==0.4.4' 'pgserver==0.1.4' 'SQLAlchemy<2.1' psycopg2-binary || return 1
  binaries="$(dirname "$(find "$here/python" -path '*/pginstall/bin/initdb' | head -n 1)")"
  # PostgreSQL does not run as root, but as anybody who is root outside.
  if ((EUID == 0)); then somebody=(unshare --user --map-user=1000 --map-group=1000); fi
  "${somebody[@]}" "$binaries/initdb" -D "$here/database" -U bgd --auth=trust --no-sync || return 1
  printf '#!/bin/sh\nexec %s "$@"\n' "${somebody[*]@Q} '$binaries/postgres'" >"$here/buildgrid-postgres"
  chmod +x "$here/buildgrid-postgres"
  "$here/buildgrid-postgres" -D "$here/database" -k "$here" -c listen_addresses= &
  postgres=$!
  for _ in {1..100}; do
    if "$binaries/createdb" -h "$here" -U bgd bgd 2>/dev/null; then break; fi
    sleep 0.1
  done
  "$here/python/bin/bgd" migrate apply "postgresql://bgd@/bgd?host=$here" || status=1
  kill -INT "$postgres"
  wait "$postgres" || status=1
  ((status == 0)) || return 1
  ln -sf "$here/buildgrid-postgres" "$place/bin/"
  ln -sf "$here/python/bin/bgd" "$place/bin/"
}

# @param $1 name, $2 the program that shows that it is there, $3 function
provide() {
  local name="$1" program="$2" install="$3" log="$place/log/$1.log" start=$SECONDS
  if [[ -x "$place/bin/$program" ]]; then return; fi
  if command -v "$program" >/dev/null; then return; fi
  # What fails in a condition does not end the function it is in, so each says so by itself.
  if "$install" >"$log" 2>&1 && [[ -x "$place/bin/$program" ]]; then
    say "installed $name ($((SECONDS - start)) s)"
  else
    say "without $name: $(grep . "$log" | tail -n 1) (log: $log)"
  fi
}

provide buildbox buildbox-worker install_buildbox &
provide bazel-remote bazel-remote install_bazel_remote &
provide BuildGrid bgd install_buildgrid &
wait
