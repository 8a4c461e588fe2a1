# SPDX-License-Identifier: BSD-3-Clause
# Sourced: packages of Debian's archive, unpacked below build/real-packages/SUITE, without installing anything. Expects
# $top, the clone. ERLRC_DEBIAN_MIRROR names another mirror than deb.debian.org.

archive_dir=$top/build/real-packages

# archive_apt SUITE COMMAND...: apt-get or apt-cache that know this suite alone, with lists of their own.
archive_apt() {
  local dir=$archive_dir/apt/$1
  shift
  APT_CONFIG=$dir/apt.conf "$@"
}

# The lists of packages of a suite, fetched once.
archive_lists() {
  local dir=$archive_dir/apt/$1
  [[ ! -e $dir/complete ]] || return 0
  mkdir -p "$dir/lists/partial" "$dir/cache/archives/partial"
  : >"$dir/status"
  echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] \
${ERLRC_DEBIAN_MIRROR-http://deb.debian.org/debian} $1 main" >"$dir/sources.list"
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

# known_packages SUITE GLOB: their names.
known_packages() {
  archive_lists "$1"
  archive_apt "$1" apt-cache search --names-only "^${2//\*/.*}$" | sed 's/ .*//' | sort
}

# unpack SUITE PACKAGE...: those that the suite has, each into build/real-packages/SUITE/PACKAGE. Archives of applications
# (RabbitMQ's plugins) are unpacked where they lie.
unpack() {
  local suite=$1 dir=$archive_dir/$1 package lock
  shift
  mkdir -p "$dir"
  exec {lock}>"$dir/lock"
  flock "$lock"
  archive_lists "$suite"
  local wanted=()
  for package in $(archive_apt "$suite" apt-cache madison "$@" 2>/dev/null | sed 's/ *|.*//;s/^ *//' | sort -u); do
    [[ -e $dir/$package ]] || wanted+=("$package")
  done
  if (( ${#wanted[@]} )); then
    echo "fetching ${#wanted[@]} packages of $suite" >&2
    rm -rf "$dir/new"
    mkdir -p "$dir/new/debs"
    (cd "$dir/new/debs" && archive_apt "$suite" apt-get --quiet download "${wanted[@]}") >"$dir/log" 2>&1 {lock}>&- ||
      { tail -n 20 "$dir/log" >&2; return 1; }
    for package in "${wanted[@]}"; do
      dpkg-deb --extract "$dir/new/debs/${package}"_*.deb "$dir/new/$package"
      find "$dir/new/$package" -name '*.ez' -execdir unzip -q -o {} ';' -delete
      mv "$dir/new/$package" "$dir/"
    done
    rm -rf "$dir/new"
  fi
  exec {lock}>&-
}
