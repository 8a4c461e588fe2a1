# SPDX-License-Identifier: BSD-3-Clause
# Sourced by run. Several packages in one run: every shape, up and down, with each of its packages failing in turn, unpacked
# in each order. At the end all have the new version, or, if one failed, all that belong together have the old one, on disk
# and in the node, and at no moment did one run against a version of another that is too old for it.
#
#   joint [SHAPE...]      default: a sample
. "$here/../support/matrix/shapes.bash"
. "$here/../support/matrix/state.bash"
node=egerl
shapes=("$@")

debs() { local package; for package in $2; do echo "/srv/archive/$shape/${package}_$1_all.deb"; done; }
backwards() { tr ' ' '\n' <<<"$*" | tac | paste -sd' '; }

# change WAY VSN: all packages of the shape, by apt, or by dpkg in the order of their needs (`up`) or against it (`down`).
change() {
  case "$1" in
    apt) quietly apt-get install --yes --allow-downgrades $(for p in $packages; do echo "$p=$2"; done) ;;
    # shellcheck disable=SC2046
    below-first) quietly dpkg -iB $(debs "$2" "$packages") ;;
    above-first) quietly dpkg -iB $(debs "$2" "$(backwards "$packages")") ;;
  esac
}

# prepare VSN: all have it.
prepare() {
  survey $packages
  [[ $agreed == yes && $states == "$(expected "$1" ii)" ]] && return
  # shellcheck disable=SC2046
  quietly dpkg -iB $(debs "$1" "$packages") || true
  survey $packages
  [[ $agreed == yes && $states == "$(expected "$1" ii)" ]] || row_failed "preparing for $1: $table; $agreed"
}
# expected VSN STATE [FAILING OLD]: of all packages; those that belong to FAILING have OLD.
expected() {
  local p vsn all=
  for p in $packages; do
    vsn=$1
    [[ -z ${3-} || ${p%?} != "${3%?}" ]] || vsn=$4
    all+="${all:+, }$vsn $2"
  done
  echo "$all"
}

# row FROM TO WAY FAILING: FAILING is the package whose conversion fails, or `none`.
row() {
  local from=$1 to=$2 way=$3 failing=$4 status=0 direction=up wanted
  wanted=$(expected "$to" ii)
  [[ $to > $from ]] || direction=down
  prepare "$from"
  if [[ $failing != none ]]; then
    printf '%s' "$direction" >"/run/fault/$failing.code_change"
    wanted=$(expected "$to" ii "$failing" "$from")
  fi
  change "$way" "$to" || status=$?
  rm -f /run/fault/*
  survey $packages
  printf '%-15s %-4s %-11s fails: %-4s  exit %-3s %s\n' "$shape" "$direction" "$way" "$failing" "$status" "$table"
  # apt configures nothing after a failure, nor what has nothing to do with it.
  if [[ $shape == turns && $way == apt && $failing != none ]]; then
    quietly apt-get --yes -f install || true
    survey $packages
    printf '%48s %s\n' 'after: apt-get -f install' "$table"
  fi
  [[ $agreed == yes ]] || row_failed "$agreed"
  [[ $states == "$wanted" ]] || row_failed "expected $wanted"
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
