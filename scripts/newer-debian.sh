# Programs of a newer Debian, unpacked into folders of their own, for this user and nobody else. To be sourced.
# shellcheck shell=bash

# unpack_newer_debian FOLDER (alone|whole) PACKAGE...
#
# Unpacks packages into FOLDER/root: these alone, or with all that they depend on. Says why not on its output.
unpack_newer_debian() {
  local here="$1" extent="$2" mirror keys package
  shift 2
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
  if [[ "$extent" == whole ]]; then
    apt-get "${own[@]}" install -y -qq --download-only "$@" || return 1
  else
    (cd "$here/apt/cache/archives" && apt-get "${own[@]}" download -qq "$@") || return 1
  fi
  for package in "$here"/apt/cache/archives/*.deb; do dpkg-deb -x "$package" "$here/root" || return 1; done
  rm -rf "$here/apt"
}

# start_newer_debian FOLDER PROGRAM...
#
# Writes FOLDER/PROGRAM for programs that were unpacked there. They want their own libraries, so each is started by the
# loader that came with it.
start_newer_debian() {
  local here="$1" loader libraries program
  shift
  loader="$(find "$here/root/usr/lib" "$here/root/usr/lib64" -name 'ld-linux*.so.*' 2>/dev/null | head -n 1)"
  libraries="$(dirname "$(find "$here/root/usr/lib" -name 'libc.so.6' | head -n 1)")"
  [[ -n "$loader" ]] || { echo "the package brought no loader"; return 1; }
  for program in "$@"; do
    printf '#!/bin/sh\nexec %q --library-path %q %q "$@"\n' \
      "$loader" "$libraries" "$here/root/usr/bin/$program" >"$here/$program"
    chmod +x "$here/$program"
  done
}
