# SPDX-License-Identifier: BSD-3-Clause
# Functions of the tests of random sequences: what a node should run, what it runs, and what a restart must not change.
# Sourced after service.bash.

apps=(ra rb rc rd re rf)
vsns=(1.0.0 1.1.0 2.0.0)

installed_vsn() {
  local state
  state=$(version_of "$1")
  [[ $state != *' ok installed' ]] || echo "${state%% *}"
}

# ---- the node

# expected: prints the applications that should run, from the package manager alone. rd does not run on its own if rc
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
