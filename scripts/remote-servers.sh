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

# `packages/runners/remote/test/servers.ts` looks there.
place="${1:-${ASHLAR_SERVERS:-${XDG_CACHE_HOME:-$HOME/.cache}/ashlar-servers}}"
mkdir -p "$place/bin" "$place/log"

say() { echo "remote servers: $*"; }

# Programs of a newer Debian want its own libraries, so each is started by the loader that comes with it.
install_buildbox() {
  local here="$place/buildbox" mirror keys loader libraries program package
  command -v apt-get dpkg-deb >/dev/null || { echo "it needs apt-get and dpkg-deb"; return 1; }
  keys=/usr/share/keyrings/debian-archive-keyring.gpg
  rm -rf "$here"
  mkdir -p "$here"/apt/{etc/apt.conf.d,etc/preferences.d,lists/partial,cache/archives/partial} "$here/root"
  : >"$here/apt/status"
  # The mirror that this machine has Debian from. With lists of our own, which are empty, nobody has to wait for the others.
  mirror="$(apt-get -o "Dir::State::lists=$here/apt/lists" --print-uris update |
    sed -n "s|^'\(.*\)/dists/.*|\1|p" | grep -E '/debian$' | head -n 1)" || true
  [[ -n "$mirror" ]] || { echo "this machine gets no packages from Debian"; return 1; }
  echo "deb [signed-by=$keys] $mirror forky main" >"$here/apt/etc/sources.list"
  local -a own=(
    -o "Dir::Etc=$here/apt/etc" -o "Dir::State=$here/apt" -o "Dir::State::status=$here/apt/status"
    -o "Dir::Cache=$here/apt/cache" -o APT::Install-Recommends=false -o APT::Sandbox::User=root
  )
  apt-get "${own[@]}" update -qq || return 1
  apt-get "${own[@]}" install -y -qq --download-only buildbox || return 1
  for package in "$here"/apt/cache/archives/*.deb; do dpkg-deb -x "$package" "$here/root" || return 1; done
  rm -rf "$here/apt"
  loader="$(find "$here/root/usr/lib" "$here/root/usr/lib64" -name 'ld-linux*.so.*' 2>/dev/null | head -n 1)"
  libraries="$(dirname "$(find "$here/root/usr/lib" -name 'libc.so.6' | head -n 1)")"
  [[ -n "$loader" ]] || { echo "the package brought no loader"; return 1; }
  for program in buildbox-casd buildbox-run-hosttools buildbox-worker trexe casupload casdownload; do
    printf '#!/bin/sh\nexec %q --library-path %q %q "$@"\n' \
      "$loader" "$libraries" "$here/root/usr/bin/$program" >"$here/$program"
    chmod +x "$here/$program"
  done
  # Last of all, because this is what shows that it is there.
  for program in trexe casupload casdownload buildbox-worker buildbox-run-hosttools buildbox-casd; do
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
