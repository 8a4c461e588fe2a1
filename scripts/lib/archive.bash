# SPDX-License-Identifier: BSD-3-Clause
# Sourced: unpacks packages of Debian's archive in build/real-packages/SUITE without installing anything.
# Expects $top, the clone. Set ERLRC_DEBIAN_MIRROR to use another mirror than deb.debian.org.

archive_dir=$top/build/real-packages

# archive_apt SUITE[+SUITE] COMMAND...: runs apt-get or apt-cache with these suites only.
archive_apt() {
  local dir=$archive_dir/apt/$1
  shift
  APT_CONFIG=$dir/apt.conf "$@"
}

# archive_lists SUITE[+SUITE]: fetches the package lists of the suites, once.
archive_lists() {
  local dir=$archive_dir/apt/$1 suite lists_lock status=0
  mkdir -p "$dir/lists/partial" "$dir/cache/archives/partial"
  exec {lists_lock}>"$dir/.lock"
  flock "$lists_lock"
  [[ -e $dir/complete ]] || fetch_lists "$1" {lists_lock}>&- || status=1
  exec {lists_lock}>&-
  return "$status"
}

fetch_lists() {
  local dir=$archive_dir/apt/$1 suite
  : >"$dir/status"
  for suite in ${1//+/ }; do
    echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] \
${ERLRC_DEBIAN_MIRROR-http://deb.debian.org/debian} $suite main"
  done >"$dir/sources.list"
  cat >"$dir/apt.conf" <<END
Dir::State "$dir";
Dir::State::lists "$dir/lists";
Dir::State::status "$dir/status";
Dir::Cache "$dir/cache";
Dir::Etc::sourcelist "$dir/sources.list";
Dir::Etc::sourceparts "-";
APT::Sandbox::User "root";
END
  archive_apt "$1" apt-get update >"$dir/log" 2>&1 || { cat "$dir/log" >&2; return 1; }
  touch "$dir/complete"
}

# known_packages SUITE GLOB: prints the names of the matching packages.
known_packages() {
  archive_lists "$1"
  archive_apt "$1" apt-cache search --names-only "^${2//\*/.*}$" | sed 's/ .*//' | sort
}

# unpack SUITE PACKAGE...: unpacks the packages that the suite has, each into
# build/real-packages/SUITE/PACKAGE. Archives of applications (RabbitMQ's plugins) are unpacked in place.
unpack() {
  local suite=$1 dir=$archive_dir/$1 package lock
  shift
  mkdir -p "$dir"
  exec {lock}>"$dir/lock"
  flock "$lock"
  archive_lists "$suite"
  local missing=()
  for package in $(archive_apt "$suite" apt-cache madison "$@" 2>/dev/null | sed 's/ *|.*//;s/^ *//' | sort -u); do
    [[ -e $dir/$package ]] || missing+=("$package")
  done
  if (( ${#missing[@]} )); then
    echo "fetching ${#missing[@]} packages of $suite" >&2
    rm -rf "$dir/new"
    mkdir -p "$dir/new/debs"
    (cd "$dir/new/debs" && archive_apt "$suite" apt-get --quiet download "${missing[@]}") >"$dir/log" 2>&1 {lock}>&- ||
      { tail -n 20 "$dir/log" >&2; return 1; }
    for package in "${missing[@]}"; do
      dpkg-deb --extract "$dir/new/debs/${package}"_*.deb "$dir/new/$package"
      find "$dir/new/$package" -name '*.ez' -execdir unzip -q -o {} ';' -delete
      mv "$dir/new/$package" "$dir/"
    done
    rm -rf "$dir/new"
  fi
  exec {lock}>&-
}

# fetch_debs SUITE PACKAGE...: downloads packages to build/real-packages/SUITE/debs, once.
fetch_debs() {
  local suite=$1 dir=$archive_dir/$1/debs package lock missing=()
  shift
  mkdir -p "$dir"
  exec {lock}>"$dir/lock"
  flock "$lock"
  archive_lists "$suite"
  for package in "$@"; do compgen -G "$dir/${package}_*.deb" >/dev/null || missing+=("$package"); done
  if (( ${#missing[@]} )); then
    (cd "$dir" && archive_apt "$suite" apt-get --quiet download "${missing[@]}") >"$dir/log" 2>&1 {lock}>&- ||
      { tail -n 20 "$dir/log" >&2; return 1; }
  fi
  exec {lock}>&-
}
