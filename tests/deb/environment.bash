# SPDX-License-Identifier: BSD-3-Clause
# Sourced by run. Tests the hooks and the programs in environments that cron, ssh, sudo and image builders give
# them (state.bash has survey, which sets `states` and `agreed`): each upgrades, downgrades, removes and installs packages while a node runs.
. "$here/../support/matrix/state.bash"
node=egerl

deb() { echo "/srv/archive/chain2/$1_$2_all.deb"; }
all_have() {
  survey ca cb
  holds "$2: all have $1" equal "$states; $agreed" "$1 ii, $1 ii; yes"
}

# cycle NAME COMMAND...: COMMAND runs the rest of its arguments in that environment.
cycle() {
  local name=$1
  shift
  holds "$name: an upgrade" quietly "$@" dpkg -i "$(deb ca 1.1)" "$(deb cb 1.1)"
  all_have 1.1 "$name"
  holds "$name: a removal" quietly "$@" dpkg --remove cb
  holds "$name: an installation of an older version" quietly "$@" dpkg -i "$(deb ca 1.0)" "$(deb cb 1.0)"
  all_have 1.0 "$name"
  rm -f /tmp/made.*
  quietly "$@" erlrc-make-boot-script --static /tmp/made || true
  holds "$name: a boot file" test -s /tmp/made.boot
}

closed() { "$@" <&- >&- 2>&-; }
masked() { local mask=$1; shift; (umask "$mask"; "$@"); }
warned_of_timeout() { contains "$(<"$logs/command.log")" "ERLRC_TIMEOUT: expected a positive number of seconds, got 'soon'"; }

install_programs
start_node $node 4040
register_node $node
holds "installed" quietly dpkg -i "$(deb ca 1.0)" "$(deb cb 1.0)"
all_have 1.0 "at first"
cycle "a locale that is not generated" env LC_ALL=xx_YY.UTF-8 LANG=xx_YY.UTF-8
cycle "no TMPDIR" env TMPDIR=/nowhere/at/all
cycle "nothing but a PATH" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin
cycle "no HOME" env -u HOME
cycle "umask 077" masked 077
cycle "umask 000" masked 000
holds "no file of erlrc can be written by others" equal \
  "$(find /run/erlrc /var/lib/erlrc /etc/erlrc.d ! -type l -perm /022)" ''
cycle "a time limit that cannot be read" env ERLRC_TIMEOUT=soon
holds "it is reported" quietly env ERLRC_TIMEOUT=soon dpkg -i "$(deb ca 1.0)"
holds "in a warning" warned_of_timeout
cycle "closed descriptors" closed
