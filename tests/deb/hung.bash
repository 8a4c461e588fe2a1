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

# upgrade_and_stop: upgrades both packages, and stops the second node when it has ca 1.1 and converts the
# process of cb.
upgrade_and_stop() {
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

say "One node is stopped:"
upgrade_and_stop
holds "dpkg has the old versions" equal "$(dpkg_says ca | cut -d' ' -f1) $(dpkg_says cb | cut -d' ' -f1)" '1.0 1.0'
holds "the other node was rolled back" equal "$(versions one)" '{"1.0", "1.0"}'
holds "the one that cannot be called is named" contains "$(<"$logs/command.log")" 'two: '
kill -CONT "$beam"
holds "it continues, with the new version of the library, which is no longer on disk" \
  eventually eval '[[ $(versions two) == '\''{"1.1", "1.0"}'\'' ]]'
holds "dpkg --configure succeeds" quietly dpkg --configure -a
holds "and then it has the old versions, too" equal "$(versions two)" '{"1.0", "1.0"}'
all_have 1.0

say "It is still stopped while dpkg --configure runs:"
upgrade_and_stop
holds "dpkg --configure fails" refused quietly dpkg --configure -a
kill -CONT "$beam"
holds "it continues" eventually eval '[[ $(versions two) == '\''{"1.1", "1.0"}'\'' ]]'
holds "the same command again upgrades both" quietly dpkg -i "$(deb ca 1.1)" "$(deb cb 1.1)"
all_have 1.1
holds "no package is half done" nothing_pending
