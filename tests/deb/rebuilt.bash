# SPDX-License-Identifier: BSD-3-Clause
# Sourced by run with a set of Debian's packages (tests/support/rebuilt/sets.bash) that were rebuilt with dh_erlrc, and
# optionally some of its packages. Each package, and then all of them at once, go through the life of a package, next
# to a live node. After each step, dpkg, disk and node must agree. Prints a row for each:
#
#   done      the step succeeded, in the running node
#   restart   the node refused the step and was left as it was; with the node down, and started again, it succeeded
#   refused   the step that has to fail failed, and everything is as before it
. "$here/../support/rebuilt/sets.bash"
. "$here/../support/matrix/state.bash"
node=egerl
choose_set "$1"
shift
(( ! $# )) || chosen=("$@")

# vsn_of AGE PACKAGE: its version in that suite.
vsn_of() { dpkg-deb --field "$(the_deb "$logs/$1" "$2")" Version; }
# versions AGE PACKAGE...: arguments for apt-get.
versions() {
  local age=$1 package
  shift
  for package in "$@"; do echo "$package=$(vsn_of "$age" "$package")"; done
}
# are AGE PACKAGE...: whether dpkg has the packages installed in that version.
are() {
  local age=$1 package
  shift
  for package in "$@"; do
    equal "$package $(dpkg_says "$package")" "$package $(vsn_of "$age" "$package") ii" || return 1
  done
}
are_gone() {
  local package
  for package in "$@"; do [[ $(dpkg_says "$package") == '- un' || $(dpkg_says "$package") == '- rc' ]] || return 1; done
}

# agree: whether the node runs what is installed: as we find out, and as our own programs report.
agree() {
  equal "$(on_node $node "$(grep -v '^%%' "$here/../support/rebuilt/agree.eval")")" '[]' &&
    equal "$(erlrc-sync --dry-run $node 2>&1)" "erlrc-sync: ($node) in_sync" &&
    contains "$(erlrc-node compare $node 2>&1)" "erlrc-node: ($node) in sync: "
}

start_again() { start_node $node 4040 "${node_arguments[@]}"; }
apt() { quietly apt-get --yes --allow-downgrades --no-install-recommends "$@"; }
# change CHECK... -- APT-ARGUMENTS: a step that should succeed. Prints its word.
change() {
  local check=()
  while [[ $1 != -- ]]; do check+=("$1"); shift; done
  shift
  word=done
  if ! apt "$@"; then
    cp "$logs/command.log" "$logs/refused.log"
    word=restart
    "${before[@]}" && agree || { word=FAILED; return; }
    stop_nodes
    apt "$@" || { word=FAILED; return; }
    start_again
    on_node $node "$(start_all)" >>"$logs/packages.log"
  fi
  { "${check[@]}" && agree; } || word=FAILED
  before=("${check[@]}")
}
# start_all: an expression that starts what should run, as a boot by erlrc_boot does.
start_all() {
  cat <<'EVAL'
{ok, Names} = file:list_dir("/var/lib/dpkg/info"),
Apps = [{list_to_atom(A), E} || N <- Names, filename:extension(N) =:= ".erlrc",
         {ok, T} <- [file:read_file("/var/lib/dpkg/info/" ++ N)], L <- string:lexemes(binary_to_list(T), "\n"),
         [A, _, [$/ | _] = E] <- [string:lexemes(L, " ")]],
[code:add_path(E) || {_, E} <- Apps],
[application:ensure_all_started(A) || {A, _} <- Apps].
EVAL
}

# life PACKAGE...: a row of the table.
life() {
  local words='' word before=(are_gone "$@") last=${*: -1} name=$1
  (( $# == 1 )) || name="all $# at once"
  stop_nodes
  start_again
  # step NAME: adds the word of a step to the row, and shows what a failed one has printed.
  step() {
    words+=" $1 $word,"
    [[ $word != FAILED ]] || row_failed "$name: $1: $("${before[@]}" 2>&1; agree 2>&1)"
  }
  change are older "$@" -- install $(versions older "$@"); step install
  if apt install "$(the_deb "$logs/failing" "$last")"; then word=FAILED; else word=refused; fi
  { are older "$@" && agree; } || word=FAILED
  step failing
  change are newer "$@" -- install $(versions newer "$@"); step upgrade
  change are older "$@" -- install $(versions older "$@"); step downgrade
  change are older "$@" -- install --reinstall $(versions older "$@"); step reinstall
  change are_gone "$@" -- remove "$@"; step remove
  change are_gone "$@" -- purge "$@"; step purge
  apt autoremove --purge
  holds "$name:${words%,}" refused contains "$words" FAILED >>"$logs/claims.log" || true
  printf '%-28s%s\n' "$name" "${words%,}"
}

install_programs
quietly dpkg --purge --no-triggers elixir || true
# Takes minutes, and is of no interest here.
rm -f /var/lib/man-db/auto-update
register_node $node
# A small ejabberd, without TLS.
install -d -m 0755 /etc/egerl
sed '/certfiles/,/CERTIFICATE/d; s/starttls: true/starttls: false/' "$here/../real/ejabberd/ejabberd.yml" >/etc/egerl/ejabberd.yml
for package in "${chosen[@]}"; do life "$package"; done
(( ${#chosen[@]} == 1 )) || life "${chosen[@]}"
