# SPDX-License-Identifier: BSD-3-Clause
# Sourced by run. Tests every way in which an upgrade of ca, or of ca and cb, can fail or be killed. Each row
# shows what dpkg, disk and node have at the end and, if that is not final, after the commands that a user
# would type then. Finally all three agree and no files of the upgrade are left.
#
#   failures [PART...]     scripts, run, dpkg, killed, power; default: all
. "$here/../support/matrix/state.bash"
node=egerl
parts=" ${*:-scripts run dpkg killed power} "

deb() { echo "/srv/archive/${3-chain2}/$1_$2_all.deb"; }
both() { quietly apt-get install --yes --allow-downgrades "ca=$1" "cb=$1"; }
only_ca() { quietly dpkg -i "$(deb ca 1.1)"; }
pending() { quietly dpkg --configure -a || true; }
fix() { quietly apt-get --yes -f install || true; }
fault() { printf '%s\n' "$2" >"/run/fault/$1"; }

# f2: makes the old package's postrm and the new one's fail, each after its hook.
f2() { fault ca-1.0.postrm.upgrade.after 'exit 1'; fault ca-1.1.postrm.failed-upgrade.after 'exit 1'; }

# prepare: installs 1.0 of ca and cb everywhere.
prepare() {
  rm -f /run/fault/*
  survey ca cb
  [[ $agreed == yes && $states == '1.0 ii, 1.0 ii' ]] && return
  quietly dpkg --configure -a || true
  quietly dpkg -i "$(deb cb 1.0)" "$(deb ca 1.0)" || true
  survey ca cb
  [[ $agreed == yes && $states == '1.0 ii, 1.0 ii' ]] || row_failed "preparing: $table; $agreed"
}

# row NAME STATES COMMAND... [-- REPAIR]...: checks that after COMMAND, dpkg has STATES (`any`: several states
# are possible), and that everything agrees after all REPAIRs, which are one command each.
row() {
  local name=$1 expected=$2 command=()
  shift 2
  while (( $# )) && [[ $1 != -- ]]; do command+=("$1"); shift; done
  "${command[@]}" || true
  survey ca cb
  printf '%-58s %s\n' "$name" "$table"
  [[ $expected == any || $states == "$expected" ]] || row_failed "expected $expected"
  local repairs=
  while (( $# )); do
    rm -f /run/fault/*
    repairs+="${repairs:+, }$2"
    $2 || true
    shift 2
  done
  if [[ -n $repairs ]]; then
    survey ca cb
    printf '%58s %s\n' "after: ${repairs//both 1.1/the same command}" "$table"
  fi
  [[ $agreed == yes ]] || row_failed "$agreed"
  prepare
}

install_programs
mkdir -p /run/fault
start_node $node 4040
register_node $node
quietly dpkg -i "$(deb ca 1.0)" "$(deb cb 1.0)"
old='1.0 ii, 1.0 ii' new='1.1 ii, 1.0 ii'

part_scripts() {
  say "One package: what its scripts may do"
  row "nothing fails" "$new" only_ca
  fault ca.code_change up; sed -i -z 's/\n$//' /run/fault/ca.code_change
  row "the node refuses" "$old" only_ca
  fault ca-1.0.postrm.upgrade.before 'exit 1'
  row "F1  old postrm, before its hook" "$new" only_ca
  fault ca-1.0.postrm.upgrade.after 'exit 1'
  row "F1  old postrm, after its hook" "$new" only_ca
  f2
  row "F2  and new postrm failed-upgrade" "$old" only_ca
  f2; fault ca-1.0.preinst.abort-upgrade.after 'exit 1'
  row "F3  and old preinst abort-upgrade" "1.0 iHR, 1.0 ii" only_ca -- only_ca
  f2; fault ca-1.0.preinst.abort-upgrade.before 'exit 1'
  row "F3  the same, before its hook" "1.0 iHR, 1.0 ii" only_ca -- only_ca
  f2; fault ca-1.1.postrm.abort-upgrade.before 'exit 1'
  row "F4  F2 and new postrm abort-upgrade" "1.0 iHR, 1.0 ii" only_ca -- only_ca
  f2; fault ca-1.0.postinst.abort-upgrade.before 'exit 1'
  row "F5  F2 and old postinst abort-upgrade" "1.0 iU, 1.0 ii" only_ca -- pending
  fault ca-1.1.preinst.upgrade.after 'exit 1'
  row "F6  new preinst upgrade" "$old" only_ca
  fault ca-1.0.prerm.upgrade.before 'exit 1'
  row "F7  old prerm upgrade" "$new" only_ca
  fault ca-1.0.prerm.upgrade.before 'exit 1'; fault ca-1.1.prerm.failed-upgrade.before 'exit 1'
  row "F8  and new prerm failed-upgrade" "$old" only_ca
  fault ca-1.1.postinst.configure.before 'exit 1'
  row "F9  new postinst configure" "1.1 iF, 1.0 ii" only_ca -- pending
}

part_run() {
  say
  say "Two packages in one run of apt"
  row "nothing fails" '1.1 ii, 1.1 ii' both 1.1
  f2
  row "A4  the library's scripts fail: both are rolled back" "$old" both 1.1
  fault cb-1.0.postrm.upgrade.after 'exit 1'; fault cb-1.1.postrm.failed-upgrade.after 'exit 1'
  row "A5  the application's scripts fail, the library is there" '1.1 iU, 1.0 ii' both 1.1 -- fix
  fault cb-1.1.preinst.upgrade.before 'exit 1'
  row "A5  the application's preinst fails" '1.1 iU, 1.0 ii' both 1.1 -- fix
  broken_archive() { quietly dpkg -i "$(deb ca 1.1)" /tmp/cb.deb; }
  head -c 3000 "$(deb cb 1.1)" >/tmp/cb_1.1_all.deb; mv /tmp/cb_1.1_all.deb /tmp/cb.deb
  row "the application's archive is damaged" "$new" broken_archive
  chained() { quietly dpkg --unpack "$(deb ca 1.1)" "$(deb cb 1.1)"; quietly dpkg --unpack "$(deb ca 1.2)" "$(deb cb 1.2)"; }
  row "unpacked twice, configured once" '1.2 iU, 1.2 iU' chained -- pending
  wrong_order() { quietly dpkg -i "$(deb cb 1.1)"; }
  row "the application alone, which needs the new library" "$old" wrong_order -- 'both 1.1'
  pre() { quietly dpkg -i "$(deb ca 1.1 chain2)" "$(deb cb 1.1 pre)"; }
  row "Pre-Depends: dpkg alone skips the application" any pre -- pre
  removed() { both 1.1; quietly dpkg --force-depends --remove ca; quietly dpkg -i "$(deb ca 1.1)"; }
  row "the library removed and installed again" '1.1 ii, 1.1 ii' removed
}

part_dpkg() {
  say
  say "Killed with -9: dpkg, between two scripts"
  for point in ca-1.0.prerm.upgrade.after ca-1.1.preinst.upgrade.before ca-1.1.preinst.upgrade.after \
               ca-1.0.postrm.upgrade.before ca-1.0.postrm.upgrade.after ca-1.1.postinst.configure.before \
               ca-1.1.postinst.configure.after cb-1.0.prerm.upgrade.after cb-1.1.preinst.upgrade.after \
               cb-1.0.postrm.upgrade.before cb-1.0.postrm.upgrade.after cb-1.1.postinst.configure.after; do
    rm -f /run/reached
    fault "$point" 'touch /run/reached; kill -9 $PPID; sleep 0.3'
    row "${point%.*} ${point##*.} its hook" any both 1.1 -- pending -- fix -- 'both 1.1'
    [[ -e /run/reached ]] || row_failed "it did not come to $point"
  done
}

# at_work: whether a program of the upgrade still runs.
at_work() {
  local name
  for name in dpkg erlrc-hook ca.postrm apt-get; do pgrep -x "$name" >/dev/null && return; done
  return 1
}

# conversions: counts the conversions of the process of $slow in the log of the node.
conversions() { grep -c "^$slow converts" "$logs/$node.log" || true; }
converts_again() { (( $(conversions) > before )); }

# killed PROGRAM...: upgrades ca and cb, and kills these programs as soon as the node converts the process of
# $slow.
killed() {
  local apt before
  before=$(conversions)
  printf slow >"/run/fault/$slow.code_change"
  apt-get install --yes ca=1.1 cb=1.1 >"$logs/command.log" 2>&1 </dev/null &
  apt=$!
  eventually converts_again || row_failed "the process of $slow was not converted"
  local program
  for program in "$@"; do pkill -KILL -x "$program" || row_failed "there is no $program to kill"; done
  { wait "$apt"; } 2>/dev/null || true
  eventually refused at_work
  rm -f /run/fault/*
}
# power_cut: kills all processes at once and removes what is in memory; then the node boots from the disk.
power_cut() {
  killed apt-get dpkg ca.postrm erlrc-hook beam.smp
  rm -rf /run/erlrc
  eventually refused pgrep -x beam.smp
  eventually eval '! as_service epmd -names | grep -q "^name $node "'
  start_node $node 4040
  boot_apps
}
# boot_apps: starts the applications like erlrc_boot, from what is on disk, complete or not.
boot_apps() {
  on_node $node '[application:ensure_all_started(A) || A <- [ca, cb]].' >>"$logs/packages.log"
}

part_killed() {
  say
  say "Killed with -9 while the node converts a process"
  for slow in ca cb; do
    for programs in erlrc-hook 'ca.postrm erlrc-hook' dpkg 'dpkg ca.postrm erlrc-hook' apt-get \
                    'apt-get dpkg ca.postrm erlrc-hook'; do
      # shellcheck disable=SC2086
      row "$slow: $programs" any killed $programs -- pending -- fix -- 'both 1.1'
    done
  done
}

part_power() {
  slow=ca
  row "the power fails" any power_cut -- pending -- fix -- 'both 1.1'
}

for part in scripts run dpkg killed power; do
  [[ $parts != *" $part "* ]] || "part_$part"
done
holds "no package is half done" nothing_pending
