# SPDX-License-Identifier: BSD-3-Clause
# Sourced by run. Tests two nodes, one of which is stopped in the middle of an upgrade of two packages. The
# other one is rolled back, and so is the stopped one when it continues and dpkg is called to finish.
. "$here/../support/matrix/state.bash"
export ERLRC_TIMEOUT=10

deb() { echo "/srv/archive/chain2/$1_$2_all.deb"; }
versions() { on_node "$1" '{ca_srv:vsn(), cb_srv:vsn()}.'; }
at_work() { pgrep -x 'erlrc-hook|dpkg' >/dev/null; }
all_have() {
  for node in one two; do
    survey ca cb
    holds "$node: $1" equal "$states; $agreed" "$1 ii, $1 ii; yes"
  done
}

install_programs
mkdir -p /run/fault
start_node one 4041
start_node two 4042
register_node one
register_node two
beam=$(pgrep -u egerld -f 'beam.smp.* -sname two ')
quietly dpkg -i "$(deb ca 1.0)" "$(deb cb 1.0)"
all_have 1.0

# stands_still: upgrades both; the second node stops when it has ca 1.1 and converts the process of cb.
stands_still() {
  local before
  before=$(grep -c '^cb converts' "$logs/two.log" || true)
  printf slow >/run/fault/cb.code_change
  dpkg -i "$(deb ca 1.1)" "$(deb cb 1.1)" >"$logs/command.log" 2>&1 </dev/null &
  eventually eval '(( $(grep -c "^cb converts" "$logs/two.log") > before ))' || row_failed "cb was not converted"
  kill -STOP "$beam"
  { wait $!; } 2>/dev/null || true
  cat "$logs/command.log" >>"$logs/packages.log"
  rm /run/fault/*
}

say "One node stands still:"
stands_still
holds "dpkg has the old versions" equal "$(dpkg_says ca | cut -d' ' -f1) $(dpkg_says cb | cut -d' ' -f1)" '1.0 1.0'
holds "the other node was rolled back" equal "$(versions one)" '{"1.0", "1.0"}'
holds "the one that cannot be asked is named" contains "$(<"$logs/command.log")" 'two: '
kill -CONT "$beam"
holds "it goes on, with the library of the version that is gone" eventually eval '[[ $(versions two) == '\''{"1.1", "1.0"}'\'' ]]'
holds "dpkg is told to finish" quietly dpkg --configure -a
holds "and then it has the old versions, too" equal "$(versions two)" '{"1.0", "1.0"}'
all_have 1.0

say "It stands still until dpkg was told to finish, too:"
stands_still
holds "that fails" refused quietly dpkg --configure -a
kill -CONT "$beam"
holds "it goes on" eventually eval '[[ $(versions two) == '\''{"1.1", "1.0"}'\'' ]]'
holds "the same command again does all of it" quietly dpkg -i "$(deb ca 1.1)" "$(deb cb 1.1)"
all_have 1.1
holds "no package is half done" nothing_pending
