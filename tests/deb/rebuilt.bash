# SPDX-License-Identifier: BSD-3-Clause
# Sourced by run with a set of Debian's packages (tests/support/rebuilt/sets.bash) that were rebuilt with
# dh_erlrc, and optionally some of its rows: packages, or `all`. The whole set at once, and then each package, go
# through the life of a package, next to a live node. After each step, dpkg, disk and node must agree. Each row has
# to be as in rebuilt.md, which explains the words.
#
# Why a step needed a restart is in $logs/restarts.log.
. "$here/../support/rebuilt/sets.bash"
. "$here/../support/matrix/state.bash"
node=egerl
set=$1
choose_set "$set"
shift
rows=("$@")
if (( ! $# )); then
  (( ${#chosen[@]} == 1 )) || rows=(all)
  rows+=("${chosen[@]}")
fi

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

# finished PACKAGE...: ends a run of apt that one package of several has stopped, as apt proposes. Each has to
# be installed then, in one of the versions, or not at all.
finished() {
  local package now
  apt --fix-broken install || return 1
  for package in "$@"; do
    now=$(dpkg_says "$package")
    [[ $now == '- '* || $now == "$(vsn_of older "$package") ii" ||
       $now == "$(vsn_of newer "$package") ii" ]] ||
      { equal "$package $now" "one version or none"; return 1; }
  done
}

# unharmed: whether a step that was refused has left the packages of the row as they were; if they are
# several, the others may have changed.
unharmed() { if (( ${#row[@]} == 1 )); then "${before[@]}"; else finished "${row[@]}"; fi; }

# is_due: whether the last command has reported that a restart is due, as erlrc-sync does.
is_due() {
  grep -q 'so that a restart is due' "$logs/command.log" &&
    [[ $(erlrc-sync --dry-run $node 2>&1) == "erlrc-sync: ($node) restart_due"* ]]
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
    { echo "# $*"; grep -E '^(erlrc-|erlrc:)' "$logs/command.log"; } >>"$logs/restarts.log" || true
    word=restart
    unharmed && agree || { word=FAILED; return; }
    stop_nodes
    apt "$@" || { word=FAILED; return; }
    start_again
    on_node $node "$(start_all)" >>"$logs/packages.log"
  fi
  if is_due; then
    word=due
    stop_nodes
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

# expected NAME: the row of that name in the set's table of rebuilt.md.
expected() { sed -n "/^## $set\$/,/^## /p" "$here/rebuilt.md" | grep -F "| $1 |"; }

# life PACKAGE...: a row of the table.
life() {
  local words='' word before=(are_gone "$@") last=${*: -1} name=$1
  row=("$@")
  (( $# == 1 )) || name="all $# at once"
  stop_nodes
  start_again
  # step NAME: adds the word of a step to the row, and shows what a failed one has printed.
  step() {
    words+=" $word |"
    [[ $word == FAILED ]] || return 0
    say "   $name: $1: $("${before[@]}" 2>&1; agree 2>&1)"
    tail -n 40 "$logs/command.log" | sed 's/^/           | /'
  }
  change are older "$@" -- install $(versions older "$@"); step install
  if apt install "$(the_deb "$logs/failing" "$last")"; then word=FAILED; else word=refused; fi
  # What the new version needs is only unpacked.
  apt --fix-broken install || word=FAILED
  { are older "$@" && agree; } || word=FAILED
  step failing
  change are newer "$@" -- install $(versions newer "$@"); step upgrade
  change are older "$@" -- install $(versions older "$@"); step downgrade
  change are older "$@" -- install --reinstall $(versions older "$@"); step reinstall
  change are_gone "$@" -- remove "$@"; step remove
  change are_gone "$@" -- purge "$@"; step purge
  apt autoremove --purge
  say "| $name |$words"
  # "?" stands for any word.
  [[ "| $name |$words" == $(expected "$name" | tr '?' '*') ]] ||
    row_failed "$name: not as in rebuilt.md: $(expected "$name")"
}

install_programs
quietly dpkg --purge --no-triggers elixir || true
# Takes minutes, and is of no interest here.
rm -f /var/lib/man-db/auto-update
register_node $node
# A small ejabberd, without TLS.
install -d -m 0755 /etc/egerl
sed '/certfiles/,/CERTIFICATE/d; s/starttls: true/starttls: false/' "$here/../real/ejabberd/ejabberd.yml" \
  >/etc/egerl/ejabberd.yml
say '| package | install | failing | upgrade | downgrade | reinstall | remove | purge |'
for name in "${rows[@]}"; do
  if [[ $name == all ]]; then life "${chosen[@]}"; else life "$name"; fi
done
