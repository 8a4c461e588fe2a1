# SPDX-License-Identifier: BSD-3-Clause
# Sourced by run. Tests upgrade sets of every shape, up and down, unpacked in each order, with each package
# failing in turn. At the end all packages have the new version or, if one failed, all of its upgrade set have
# the old one, on disk and in the node. At no moment did an application run with a version of another one that
# is too old for it.
#
#   upgrade-sets SHAPE...
. "$here/../support/matrix/shapes.bash"
. "$here/../support/matrix/state.bash"
node=egerl
shapes=("$@")

debs() { local package; for package in $2; do echo "/srv/archive/$shape/${package}_$1_all.deb"; done; }
backwards() { tr ' ' '\n' <<<"$*" | tac | paste -sd' '; }

# change WAY VSN: installs this version of all packages of the shape: by apt, or by dpkg in the order of their
# dependencies (`below-first`) or in the reverse order (`above-first`).
change() {
  case "$1" in
    apt) quietly apt-get install --yes --allow-downgrades $(for p in $packages; do echo "$p=$2"; done) ;;
    # shellcheck disable=SC2046
    below-first) quietly dpkg -iB $(debs "$2" "$packages") ;;
    above-first) quietly dpkg -iB $(debs "$2" "$(backwards "$packages")") ;;
  esac
}

# prepare VSN: installs this version of all packages, unless all have it.
prepare() {
  survey $packages
  [[ $agreed == yes && $states == "$(expected "$1" ii)" ]] && return
  # shellcheck disable=SC2046
  quietly dpkg -iB $(debs "$1" "$packages") || true
  survey $packages
  [[ $agreed == yes && $states == "$(expected "$1" ii)" ]] || row_failed "preparing for $1: $table; $agreed"
}
# expected VSN STATE [FAILING OLD]: prints the states that all packages should have: VSN, but OLD in the
# upgrade set of the package FAILING.
expected() {
  local p vsn all=
  for p in $packages; do
    vsn=$1
    [[ -z ${3-} || ${p%?} != "${3%?}" ]] || vsn=$4
    all+="${all:+, }$vsn $2"
  done
  echo "$all"
}

# row FROM TO WAY FAILING: checks a change between two versions. FAILING is the package whose conversion
# fails, or `none`.
row() {
  local from=$1 to=$2 way=$3 failing=$4 status=0 direction=up expected_states
  expected_states=$(expected "$to" ii)
  [[ $to > $from ]] || direction=down
  prepare "$from"
  if [[ $failing != none ]]; then
    printf '%s' "$direction" >"/run/fault/$failing.code_change"
    expected_states=$(expected "$to" ii "$failing" "$from")
  fi
  change "$way" "$to" || status=$?
  rm -f /run/fault/*
  survey $packages
  printf '%-15s %-4s %-11s fails: %-4s  exit %-3s %s\n' "$shape" "$direction" "$way" "$failing" "$status" "$table"
  # After a failure, apt does not even configure packages that have nothing to do with it.
  if [[ $shape == turns && $way == apt && $failing != none ]]; then
    quietly apt-get --yes -f install || true
    survey $packages
    printf '%48s %s\n' 'after: apt-get -f install' "$table"
  fi
  [[ $agreed == yes ]] || row_failed "$agreed"
  [[ $states == "$expected_states" ]] || row_failed "expected $expected_states"
  if [[ $failing == none ]]; then (( status == 0 )) || row_failed "exit status $status"
  else (( status != 0 )) || row_failed "exit status 0 though $failing failed"
  fi
}

install_programs
mkdir -p /run/fault
start_node $node 4040
register_node $node
for shape in "${shapes[@]}"; do
  packages=$(packages_of "$shape")
  # shellcheck disable=SC2046
  quietly dpkg -i $(debs 1.0 "$packages") || row_failed "first installation of $shape"
  for failing in none $packages; do
    for way in apt below-first above-first; do
      row 1.0 1.1 "$way" "$failing"
      row 1.1 1.0 "$way" "$failing"
    done
  done
  # shellcheck disable=SC2046
  quietly dpkg --purge $packages || row_failed "removal of $shape"
  survey $packages
  say "$shape purged: $table"
  [[ $agreed == yes ]] || row_failed "$agreed"
done
holds "no package is half done" nothing_pending
