# SPDX-License-Identifier: BSD-3-Clause
# Sourced by run. Tests every way in which an upgrade of one package, and of three that need each other, can fail or be
# killed. Each row shows what rpmdb, disk and node have at the end, and after each command that a user would type then.
# In the end, all three agree. See matrix.md.
#
#   matrix [sample|PATTERN]     default: all rows; PATTERN: rows whose names match it
. "$here/../support/matrix/rpm-state.bash"
node=egerl sample=${1-} removed=()
subjects=(ca cb cc)

# change VSN PACKAGE...: brings the packages to that version with the package manager.
change() {
  local package vsn=$1 files=()
  shift
  for package in "$@"; do files+=("$logs/rpms/$package-$vsn.rpm"); done
  if [[ $means == rpm* ]]; then
    quietly rpm --upgrade --oldpackage --ignoresize "${files[@]}"
  else
    quietly dnf_command --setopt=diskspacecheck=0 "$([[ $vsn == 1.0 ]] && echo downgrade || echo upgrade)" "${files[@]}"
  fi
}
# As rpm.bash, without a line for each command.
packages() { quietly "$@"; }

# prepare: brings all packages to 1.0, everywhere.
prepare() {
  local package newer=()
  without_faults
  survey
  for package in "${subjects[@]}"; do [[ $(vsns_of "$package") == 1.0 ]] || newer+=("$package"); done
  (( ${#newer[@]} )) || return 0
  change 1.0 "${newer[@]}" || true
  survey
  [[ $state == agreed && $table != *1.1* ]] && return
  row_failed "preparing: $table, $state"
  quietly rpm --erase --allmatches "${subjects[@]}" || true
  quietly rpm --upgrade "$logs"/rpms/c?-1.0.rpm || true
}

# fault WHAT COMMANDS: makes a scriptlet (CC in WHAT is the package that fails), a trigger or a node fail.
fault() { printf '%s' "touch /run/reached; $2" >"/run/fault/${1/CC/$failing}"; }
refuse() { printf up >"/run/fault/$failing.code_change"; touch /run/reached; }
fill_disk() {
  mkdir -p "$lib/$failing-1.1/priv"
  mount -t tmpfs -o size=4k tmpfs "$lib/$failing-1.1/priv"
  touch /run/reached
}
empty_disk() {
  umount "$lib/$failing-1.1/priv" || return 0
  rm -rf "$lib/$failing-1.1"
}

# in_sample NAME: one row of each kind, or what matches.
in_sample() {
  # shellcheck disable=SC2053
  [[ $sample == sample ]] || { [[ $1 == $sample ]]; return; }
  case "$1" in
    R2*|R3*|R4*before*|R13*|R14*|R15*1.1.post.before|R15*1.0.preun.after|'R16 '*' erlrc-hook'*) ;;
    *) return 1 ;;
  esac
}

# row NAME FIRST COMMAND...: checks that the upgrade, after COMMAND has made something fail, ends in one of the states
# FIRST (separated by `|`, or `any`), and in agreement after what a user types then.
row() {
  local name=$1 first=$2 status=0
  shift 2
  [[ -z $sample ]] || in_sample "$name" || return 0
  prepare
  rm -f /run/reached
  "$@"
  { ${run-change 1.1} "${set[@]}" || status=$?; } 2>/dev/null
  without_faults
  [[ -z ${after-} ]] || $after
  survey
  local before="| $name | ${#set[@]} | $status | $table | $state |" started=$state
  walk "${set[@]/%/=1.1}"
  echo "$before ${walked:--} |"
  [[ -e /run/reached ]] || row_failed "it did not come to that"
  [[ $first == any || "|$first|" == *"|$started|"* ]] || row_failed "expected $first"
  [[ $state == agreed && -z $(leftovers) ]] || row_failed "$state; left: $(leftovers)"
}

# killed PROGRAM...: upgrades, and kills these programs as soon as the node converts the process of $failing.
killed() {
  local before program
  before=$(grep -c "^$failing converts" "$logs/$node.log" || true)
  printf slow >"/run/fault/$failing.code_change"
  change 1.1 "${set[@]}" &
  eventually eval "(( \$(grep -c '^$failing converts' '$logs/$node.log') > $before ))" || return
  touch /run/reached
  for program in "${programs[@]}"; do pkill -KILL -x "$program" || row_failed "no $program to kill"; done
  wait $! || status=$?
  eventually refused pgrep -x "erlrc-hook|${means%-alone}"
}
# boot: starts the node as after a failure of the power, with what is on disk.
boot() {
  rm -rf /run/erlrc
  systemd-tmpfiles --boot --remove erlrc.conf
  eventually eval '! as_service epmd -names | grep -q "^name $node "'
  start_node $node 4040
  on_node $node '[application:ensure_all_started(A) || A <- [ca, cb, cc]].' >>"$logs/packages.log"
}

part_scriptlets() {
  local exit='exit 1' name
  row "R1 new %pretrans fails" "$misses" fault CC-1.1.pretrans.before "$exit"
  row "R2 new %pre fails" "$misses" fault CC-1.1.pre.before "$exit"
  row "R3 new %post fails" agreed fault CC-1.1.post.before "$exit"
  row "R4 old %preun fails before our hook" "stale|both" fault CC-1.0.preun.before "$exit"
  row "R4 old %preun fails after our hook" "both" fault CC-1.0.preun.after "$exit"
  if [[ $scriptlets_of_4_19 ]]; then
    row "R5 old %preuntrans fails" "stale|both" fault CC-1.0.preuntrans.before "$exit"
  fi
  row "R6 old %postun fails" agreed fault CC-1.0.postun.before "$exit"
  row "R7 new %posttrans fails" "$ends" fault CC-1.1.posttrans.before "$exit"
  if [[ $scriptlets_of_4_19 ]]; then
    row "R8 old %postuntrans fails" agreed fault CC-1.0.postuntrans.before "$exit"
  fi
  row "R9 a %triggerprein fails" "agreed" fault watcher.triggerprein "$exit"
  row "R10 a %triggerun fails" "agreed|both|stale" fault watcher.triggerun "$exit"
  for name in triggerin triggerpostun; do row "R11 a %$name fails" agreed fault watcher.$name "$exit"; done
  for name in filetriggerin filetriggerun filetriggerpostun transfiletriggerin transfiletriggerun; do
    row "R12 a %$name fails" agreed fault watcher.$name "$exit"
  done
  row "R13 the node refuses" "$refuses" refuse
  after=empty_disk
  row "R14 the disk is full" "$misses|agreed" fill_disk
  after=
}

part_killed() {
  local point kill='kill -9 $PPID; sleep 1'
  for point in CC-1.1.pretrans.before CC-1.1.pre.before CC-1.1.pre.after CC-1.1.post.before CC-1.0.preun.before \
    CC-1.0.preun.after CC-1.0.postun.before CC-1.1.posttrans.before CC-1.1.posttrans.after watcher.triggerprein \
    watcher.triggerin watcher.triggerun watcher.triggerpostun watcher.filetriggerin watcher.transfiletriggerin; do
    ended=no row "R15 killed in ${point/CC-/}" any fault "$point" "$kill"
  done
}

part_asked() {
  local run=killed programs
  ended=no
  for programs in erlrc-hook MANAGER 'MANAGER erlrc-hook'; do
    programs=(${programs/MANAGER/${means%-alone}})
    row "R16 ${programs[*]} killed while the node converts" any true
  done
  programs=("${means%-alone}" erlrc-hook beam.smp)
  after=boot row "R16 the power fails while the node converts" any true
  ended=yes
}

install_programs
"$here/../support/matrix/make-rpms" "$logs"
scriptlets_of_4_19=
[[ $(rpm --version) == *' 4.1'[0-8].* ]] || scriptlets_of_4_19=yes
mkdir -p /run/fault
ended=yes
start_node $node 4040
register_node $node
quietly rpm --upgrade "$logs/rpms/watcher-1.rpm"
quietly put ca=1.0 cb=1.0 cc=1.0
say "$(rpm --version), $means; each package as rpmdb/disk/node"
say
say '| what fails | packages | exit | then | state | what the user types |'
say '|---|---|---|---|---|---|'

# What is allowed if the node refuses, if one package did not come, and if a foreign %posttrans fails. Without a plugin, no
# scriptlet is called at the end of a transaction that installs nothing, and ours is not where that fails.
failing=ca set=(ca) refuses=agreed misses=agreed ends=agreed
[[ $means != *-alone ]] || refuses=stale misses='agreed|not ended' ends='agreed|not ended'
part_scriptlets
part_killed
part_asked
failing=cb set=(ca cb cc) misses=unmet
[[ $means != *-alone ]] || misses=stale
part_scriptlets
part_killed
part_asked
holds "nothing is left of a transaction" nothing_pending
