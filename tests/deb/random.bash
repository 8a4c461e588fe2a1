# SPDX-License-Identifier: BSD-3-Clause
# Sourced by run, where systemd runs. Tests a random sequence of installations, upgrades, downgrades,
# reinstallations and removals. After each step the node runs what is installed, and its state is the same as
# after a restart.
#
# ERLRC_SEED chooses the sequence, ERLRC_STEPS its length (50).

. "$here/../support/service.bash"

apps=(ra rb rc rd re rf)
vsns=(1.0.0 1.1.0 2.0.0)
seed=${ERLRC_SEED-2008}
steps=${ERLRC_STEPS-50}

# ---- the packages

make_archive() {
  local app vsn depends
  "$here/../support/make-random-apps" "$logs/random" >"$logs/random.list"
  while read -r app vsn depends; do
    "$here/../support/make-deb" "$app" "$vsn" "$logs/random/$app-$vsn/ebin" /srv/archive \
      "erlang-base${depends:+, ${depends// /, }}"
  done <"$logs/random.list"
  "$here/../support/make-archive" /srv/archive
  apt-get update >>"$logs/packages.log" 2>&1
}

installed_vsn() {
  local state
  state=$(version_of "$1")
  [[ $state != *' ok installed' ]] || echo "${state%% *}"
}

# ---- the node

# expected: prints the applications that should run, from dpkg alone. rd does not run on its own if rc
# includes it.
expected() {
  local app vsn list=
  for app in "${apps[@]}"; do
    vsn=$(installed_vsn "$app")
    if [[ -n $vsn && ! ( $app == rd && -n $(installed_vsn rc) ) ]]; then list+="${list:+,}{$app,\"$vsn\"}"; fi
  done
  echo "[$list]"
}
ours='Ours = fun(A) -> lists:member(A, [ra, rb, rc, rd, re, rf]) end,'
actual() { on_node one "$ours lists:sort([{A, V} || {A, _, V} <- application:which_applications(), Ours(A)])." | tr -d ' '; }

# servers: prints for each server whether the version in its state is that of its code, as code_change made
# it.
servers() {
  on_node one "$ours [{A, element(1, sys:get_state(S)) =:= L:value()} || {A, _, _} <- lists:sort(application:loaded_applications()),
    Ours(A), S <- [list_to_atom(atom_to_list(A) ++ \"_srv\")], L <- [list_to_atom(atom_to_list(A) ++ \"_lib\")]]." | tr -d ' '
}
loaded() { on_node one "$ours lists:sort([A || {A, _, _} <- application:loaded_applications(), Ours(A)])." | tr -d ' '; }
all_converted() { equal "$(servers)" "$(loaded | sed 's/[a-z][a-z]*/{&,true}/g')"; }

# state: prints all that a restart must not change, a fact on each line: applications with their
# specifications and environments, start types, the code of each module, modules of removed versions, the code
# path.
#
# The paths of modules are not compared: an upgrade does not load a module again that is the same in both
# versions. In the specification of rf, which needs rd, rc counts as rd: rf depends on rc if rd runs inside of
# rc at its start.
state() {
  on_node one "$ours
    Loaded = [A || {A, _, _} <- lists:sort(application:loaded_applications()), Ours(A)],
    Needs = fun(rf, Apps) -> [case A of rc -> rd; _ -> A end || A <- Apps]; (_, Apps) -> Apps end,
    Keys = fun(A) -> {ok, K} = application:get_all_key(A), lists:foldl(fun({Key, _} = New, Old) -> lists:keyreplace(Key, 1, Old, New) end, K,
      [{env, lists:sort(application:get_all_env(A))}, {applications, Needs(A, proplists:get_value(applications, K))}]) end,
    Modules = lists:append([element(2, application:get_key(A, modules)) || A <- Loaded]),
    Code = [begin {module, M} = code:ensure_loaded(M), {M, binary:encode_hex(M:module_info(md5))} end || M <- Modules],
    Strange = [{strange, M} || {M, F} <- code:all_loaded(), is_list(F), re:run(F, \"/lib/r[a-f]-\") =/= nomatch, not lists:member(M, Modules)],
    Path = lists:sort([D || D <- code:get_path(), re:run(D, \"/lib/r[a-f]-\") =/= nomatch]),
    Types = lists:sort([T || {A, _} = T <- proplists:get_value(started, application:info()), Ours(A)]),
    lists:flatten([io_lib:format(\"~0p|\", [Fact]) || Fact <- [{A, Key} || A <- Loaded, Key <- Keys(A)] ++ Types ++ Code ++ Strange ++ Path])." |
    tr '|' '\n'
}

# compare: compares the state before and after a restart.
compare() {
  state >"$logs/before"
  systemctl reset-failed erlrc@one  # else systemd refuses so many restarts
  systemctl restart erlrc@one
  equal "$(actual)" "$(expected)" || return 1
  state >"$logs/after"
  diff "$logs/before" "$logs/after"
}

# ---- the sequence

# next_step: sets $step to a random command. It does not print the command, since RANDOM gives the numbers of
# the seed only in this process, not in a subshell.
next_step() {
  local app=${apps[RANDOM % ${#apps[@]}]} other=${apps[RANDOM % ${#apps[@]}]}
  local vsn=${vsns[RANDOM % ${#vsns[@]}]} other_vsn=${vsns[RANDOM % ${#vsns[@]}]} choice=$((RANDOM % 10))
  if [[ -z $(installed_vsn "$app") ]]; then
    step=(put "$app=$vsn")
  elif (( choice < 5 )); then
    step=(put "$app=$vsn")
  elif (( choice < 7 )) && [[ $app != "$other" ]]; then
    step=(put "$app=$vsn" "$other=$other_vsn")
  elif (( choice < 8 )); then
    step=(packages apt-get install --yes --reinstall --allow-downgrades "$app=$(installed_vsn "$app")")
  elif (( choice < 9 )); then
    step=(packages apt-get purge --yes "$app")
  else
    step=(take_away "$app")
  fi
}

make_archive
install_programs
systemctl daemon-reload
holds "the node starts" systemctl start erlrc@one
RANDOM=$seed
say "seed $seed, $steps steps (ERLRC_SEED, ERLRC_STEPS)"
for ((i = 1; i <= steps; i++)); do
  next_step
  holds "step $i" "${step[@]}"
  holds "it runs what is installed" equal "$(actual)" "$(expected)"
  holds "and its processes too" all_converted
  if (( i % 6 == 0 || i == steps )); then holds "a restart changes nothing" compare; fi
  (( failures == 0 )) || break
done
holds "no package is half done" nothing_pending
