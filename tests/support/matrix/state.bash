# SPDX-License-Identifier: BSD-3-Clause
# Functions that compare dpkg, disk and node. Sourced after deb.bash by tests with the packages of this
# directory.

lib=/usr/lib/erlang/lib

# node_says PACKAGE...: prints `PKG=VSN[!WHAT]` for each: the running version, or `-`, and problems with it. `priv`: what was
# its directory when its process was converted is not there.
node_says() {
  local list said status=0
  printf -v list '%s,' "$@"
  said=$(on_node "$node" "
    Running = application:which_applications(),
    Path = code:get_path(),
    Lookup = fun(App) ->
      Srv = list_to_atom(atom_to_list(App) ++ \"_srv\"),
      Dirs = [D || D <- Path, string:find(D, [\"/\", atom_to_list(App), \"-\"]) =/= nomatch orelse
                              string:find(D, [\"/\", atom_to_list(App), \"/\"]) =/= nomatch],
      case lists:keyfind(App, 1, Running) of
        false ->
          [atom_to_list(App), \"=-\", [\"!loaded\" || erlang:module_loaded(Srv)], [[\"!path \", D] || D <- Dirs]];
        {_, _, Vsn} ->
          Expected = [[\"$lib/\", atom_to_list(App), \"-\", Vsn, \"/ebin\"], [\"$lib/\", atom_to_list(App), \"/ebin\"]],
          [atom_to_list(App), \"=\", Vsn,
           [[\"!code \", Srv:vsn()] || Srv:vsn() =/= Vsn],
           [[\"!file \", File] || File <- [code:which(Srv)], is_list(File),
                               not lists:member(filename:dirname(File), [lists:flatten(E) || E <- Expected])],
           [[\"!priv \", Dir] || {priv, Dir} <- element(2, process_info(whereis(Srv), dictionary)), not filelib:is_dir(Dir)],
           [\"!suspended\" || lists:nth(2, element(4, sys:get_status(Srv))) =/= running],
           [[\"!path \", D] || D <- Dirs, not lists:member(D, [lists:flatten(E) || E <- Expected])],
           [\"!no path\" || Dirs =:= []], [\"!two paths\" || length(Dirs) > 1]]
      end end,
    TooOld = [[\" TOO OLD \", atom_to_list(A), \" on \", atom_to_list(B)] || {{too_old, A, B}, _} <- persistent_term:get()],
    [persistent_term:erase(K) || {{too_old, _, _} = K, _} <- persistent_term:get()],
    list_to_atom(lists:flatten([lists:join(\" \", [Lookup(list_to_atom(A)) || A <- string:lexemes(\"$list\", \",\")]), TooOld]))."
  ) || status=$?
  echo "${said//\'/}"
  return "$status"
}

# Here and below nothing is started that bash can do: there are hundreds of rows, and to start a program takes longer
# than all else.

# disk_says PACKAGE: prints the versions with directories, separated by `+`, or `-`.
disk_says() {
  local found=() IFS=+
  found=("$lib/$1"-*)
  [[ -e ${found[0]} ]] || found=()
  found=("${found[@]#"$lib/$1-"}")
  [[ ! -e $lib/$1/ebin/$1.app ]] || found=("$(sed -n 's/.*{vsn,"\(.*\)"}.*/\1/p' "$lib/$1/ebin/$1.app")")
  echo "${found[*]:--}"
}

# ask_dpkg PACKAGE...: sets dpkg_has[PACKAGE] for each: `VSN STATE`, as `dpkg -l` abbreviates it.
declare -A dpkg_has
ask_dpkg() {
  local package said
  for package in "$@"; do dpkg_has[$package]='- un'; done
  while IFS='|' read -r package said; do
    [[ $said != *' rc'* && $said != ' un'* ]] || said='- rc'
    dpkg_has[$package]=${said% }
  done < <(dpkg-query --show --showformat='${Package}|${Version} ${db:Status-Abbrev}\n' "$@" 2>/dev/null)
}

dpkg_says() {
  ask_dpkg "$1"
  echo "${dpkg_has[$1]}"
}

# leftovers: lists files that hooks must not leave. What has been reported in a run, what a node has refused, and the homes
# of nodes stay, and of staged files links to installed directories.
leftovers() {
  local file found=()
  mapfile -t found < <(find /run/erlrc /var/lib/erlrc -mindepth 1 ! -path /run/erlrc/commits \
    ! -path /run/erlrc/reported ! -path /run/erlrc/failed_starts ! -path /var/lib/erlrc/backups \
    ! \( -path '/var/lib/erlrc/staged*' \( -type d -o -type l \) \) \
    ! -path '/var/lib/erlrc/refused*' ! -path '/var/lib/erlrc/nodes*' 2>/dev/null)
  for file in "$lib"/*.dpkg-* /usr/share/??/*.dpkg-*; do
    [[ ! -e $file ]] || found+=("$file")
  done
  echo "${found[*]}"
}

# survey PACKAGE...: sets `table` (what dpkg and the node have), `agreed` (yes, or the differences) and
# `states` (`VSN STATE, ..`).
survey() {
  local package node_vsn dpkg_vsn said disk share rest
  table= agreed= states=
  said=" $(node_says "$@") "
  ask_dpkg "$@"
  for package in "$@"; do
    node_vsn=${said#* "$package"=}
    node_vsn=${node_vsn%% [a-zA-Z]*}
    node_vsn=${node_vsn% }
    dpkg_vsn=${dpkg_has[$package]}
    disk=$(disk_says "$package")
    share=-
    [[ ! -e /usr/share/$package/common ]] || read -r share <"/usr/share/$package/common"
    table+="${table:+  }$package $dpkg_vsn node $node_vsn"
    states+="${states:+, }$dpkg_vsn"
    [[ $disk == "${dpkg_vsn% *}" && $share == "$disk" ]] || agreed+=" $package: disk $disk, $share;"
    [[ $node_vsn == "$disk" ]] || agreed+=" $package: node $node_vsn, disk $disk;"
    [[ $dpkg_vsn == *' ii' || $dpkg_vsn == '- '* ]] || agreed+=" $package: $dpkg_vsn;"
  done
  [[ $said != *'TOO OLD'* ]] || agreed+=" ${said#*TOO OLD};"
  rest=$(leftovers)
  [[ -z $rest ]] || agreed+=" left: $rest;"
  agreed=${agreed:-yes}
}

# quietly COMMAND...: runs it. Its output replaces $logs/command.log and is added to $logs/packages.log.
quietly() {
  local status=0
  "$@" >"$logs/command.log" 2>&1 </dev/null || status=$?
  { echo "# $*"; cat "$logs/command.log"; echo "# exit status $status"; } >>"$logs/packages.log"
  return "$status"
}

row_failed() {
  failures=$((failures + 1))
  say "   FAILED  $1"
  tail -n 40 "$logs/command.log" | sed 's/^/           | /'
}
