# SPDX-License-Identifier: BSD-3-Clause
# Sourced by run. Tests a machine where nothing runs: the hooks do and print nothing.

# quiet: whether hooks printed nothing. dpkg itself warns when it keeps a directory that is not empty.
quiet() { grep -v 'not empty so not removed' "$logs/command.log" | refused grep -E 'erlrc|warning'; }

# whole_life WHERE: installs, upgrades, downgrades, removes and purges both packages.
whole_life() {
  say "$1:"
  holds "installed" put eglib=4.0.1 egerl=4.0.1
  holds "without a word" quiet
  holds "upgraded, to a version that every running node would refuse" put eglib=4.1.0 egerl=4.2.0
  holds "without a word" quiet
  holds "reinstalled" packages apt-get install --yes --reinstall egerl
  holds "without a word" quiet
  holds "removed" packages apt-get remove --yes egerl eglib
  holds "without a word" quiet
  holds "purged" packages apt-get purge --yes egerl eglib
  holds "without a word" quiet
  holds "the disk is as before" equal "$(directories)$(ls /etc/erlrc.d/applications 2>/dev/null || true)" ''
}

whole_life "erlrc is not installed"
install_programs
whole_life "no node is registered, nor is there a directory for nodes"
install -d -m 0750 /etc/erlrc.d/nodes
whole_life "the directory for nodes is empty"
register_node egerl
whole_life "a node is registered, neither it nor epmd runs"
as_service epmd -daemon
whole_life "epmd runs, the node does not"
