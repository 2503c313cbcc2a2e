#!/usr/bin/env bash
#
# Installs the tools that tests of `@ashlar/cargo` run, for this user and nobody else:
#
#   cargo-audit      Debian's package, unpacked into a folder of its own
#   taplo            from npm
#   cargo-nextest, cargo-deny, cargo-tarpaulin, cargo-llvm-cov
#                    built by cargo from crates.io, as fast as they can be: without optimization
#
# Nothing of it is needed: tests of a tool that is not there skip themselves, and say so. A tool that is there is left
# as it is. One line says what became of each. To build all four takes about five minutes of one processor.
#
# Usage: scripts/cargo-tools.sh [tool...]
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/newer-debian.sh"

# `test/rig/cargo-tools.ts` looks there.
place="${ASHLAR_CARGO_TOOLS:-${XDG_CACHE_HOME:-$HOME/.cache}/ashlar-cargo-tools}"
mkdir -p "$place/bin" "$place/log"

# Versions that are known to work, and their features.
declare -A built=(
  [cargo-llvm-cov]=0.9.1
  [cargo-tarpaulin]="0.37.5 --no-default-features"
  [cargo-deny]="0.20.2 --no-default-features"
  [cargo-nextest]="0.9.151 --no-default-features"
)

say() { echo "cargo tools: $*"; }

install_cargo-audit() {
  local here="$place/cargo-audit"
  # Not what it depends on besides: that is cargo.
  unpack_newer_debian "$here" alone cargo-audit libc6 libgcc-s1 || return 1
  start_newer_debian "$here" cargo-audit || return 1
  "$here/cargo-audit" audit --version || return 1
  ln -sf "$here/cargo-audit" "$place/bin/cargo-audit"
}

install_taplo() {
  command -v npm >/dev/null || { echo "it needs npm"; return 1; }
  npm install --prefix "$place/taplo" --no-audit --no-fund --no-save --loglevel=error @taplo/cli@0.7.0 || return 1
  ln -sf "$place/taplo/node_modules/.bin/taplo" "$place/bin/taplo"
}

# In one target directory, so that what they share is compiled once: one after another, each with all processors.
build_tool() {
  local -a words
  command -v cargo >/dev/null || { echo "it needs cargo"; return 1; }
  read -ra words <<<"${built[$1]}"
  CARGO_TARGET_DIR="$place/target" CARGO_PROFILE_DEV_DEBUG=0 CARGO_INCREMENTAL=0 \
    cargo install --locked --debug --root "$place" "$1@${words[0]}" "${words[@]:1}"
}

# @param $1 tool, the rest is what installs it
provide() {
  local name="$1" log="$place/log/$1.log" start=$SECONDS
  shift
  if [[ -x "$place/bin/$name" ]] || command -v "$name" >/dev/null; then return; fi
  # What fails in a condition does not end the function it is in, so each says so by itself.
  if "$@" >"$log" 2>&1 && [[ -x "$place/bin/$name" ]]; then
    say "installed $name ($((SECONDS - start)) s)"
  else
    say "without $name: $(grep . "$log" | tail -n 1) (log: $log)"
  fi
}

build_all() {
  local name
  for name in "$@"; do provide "$name" build_tool "$name"; done
  rm -rf "$place/target"
}

if (($# == 0)); then set -- cargo-audit taplo cargo-llvm-cov cargo-tarpaulin cargo-deny cargo-nextest; fi
to_build=()
for name in "$@"; do
  case "$name" in
    cargo-audit | taplo) provide "$name" "install_$name" & ;;
    *) to_build+=("$name") ;;
  esac
done
build_all "${to_build[@]}" &
wait
