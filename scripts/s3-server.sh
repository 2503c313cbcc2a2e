#!/usr/bin/env bash
#
# Installs a service that speaks the protocol of Amazon S3, for tests of `s3Cache`: the Versity gateway, built with Go.
#
# Nothing of it is needed: tests that want it skip themselves where it is not there, and say so. One that is there is left as
# it is. One line says what became of it.
#
# Usage: scripts/s3-server.sh [folder]
set -euo pipefail

# `packages/runners/remote/test/s3/gateway.ts` looks there.
place="${1:-${ASHLAR_SERVERS:-${XDG_CACHE_HOME:-$HOME/.cache}/ashlar-servers}}"
log="$place/log/versitygw.log"
mkdir -p "$place/bin" "$place/log"

say() { echo "s3 server: $*"; }

if [[ -x "$place/bin/versitygw" ]] || command -v versitygw >/dev/null; then exit 0; fi
if ! command -v go >/dev/null; then
  say "without versitygw: it needs Go"
  exit 0
fi

# As a part of a module of its own, for `go install` asks which versions there are, and not every mirror says.
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
printf 'module ashlar.test/s3\n\ngo 1.25\n\nrequire github.com/versity/versitygw v1.8.0\n' >"$folder/go.mod"
start=$SECONDS
if (cd "$folder" && CGO_ENABLED=0 go build -mod=mod -o "$place/bin/" github.com/versity/versitygw/cmd/versitygw) >"$log" 2>&1; then
  say "installed versitygw ($((SECONDS - start)) s)"
else
  say "without versitygw: $(grep . "$log" | tail -n 1) (log: $log)"
fi
