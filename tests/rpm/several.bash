# SPDX-License-Identifier: BSD-3-Clause
# Sourced by run. A package of which rpm keeps two versions is upgraded once more, without a way out of that before: nodes
# are upgraded from the version that they run, whichever of both that is.
. "$here/../support/matrix/rpm-state.bash"
node=egerl subjects=(ca)

# keep_both MOMENT: makes an upgrade from 1.0 to 1.1 fail in the old %preun, before our hook or after it.
keep_both() {
  holds "installed" put ca=1.0
  echo 'exit 1' >"/run/fault/ca-1.0.preun.$1"
  put ca=1.1 || true
  without_faults
}
# is TABLE: what rpmdb, disk and node have.
is() {
  survey
  holds "$1" equal "$table" "$1"
}

install_programs
"$here/../support/matrix/make-rpms" "$logs"
mkdir -p /run/fault
start_node $node 4040
register_node $node

say "The node runs the newer one:"
keep_both after
is "ca 1.0+1.1/1.0+1.1/1.1"
holds "upgraded" put ca=1.2
is "ca 1.2/1.2/1.2"
holds "nothing is left of a transaction" nothing_pending

for moment in before after; do
  say "Both were installed, our hook $moment the failure, and all are replaced by a third one:"
  holds "erased" packages rpm --erase ca
  keep_both "$moment"
  runs=$(running egerl ca)
  say "   the node runs $runs"
  holds "upgraded" put ca=1.2
  is "ca 1.2/1.2/1.2"
  holds "nothing is left of a transaction" nothing_pending
done
