%% SPDX-License-Identifier: BSD-3-Clause
%%
%% The part of the live tests that runs inside the nodes. It compiles the applications of a test, decides what
%% their callbacks do (nothing, fail in some way, wait), records their calls, and compares a node with its
%% earlier state. lab_version compares it with a version on disk, lab_twin with another node.
-module(lab).
-export([open/0, reset/0, build/3]).
-export([act/2, record/1, change/4, on/2, on/3, await_reached/1, release/1, in_order/1, calls/0]).
-export([await/1, await_rest/1, await_idle/0, await_end/1, await_waiting/1]).
-export([mark/0, diff/0, diff_but_pids/0, diff_at_last/0, status/1]).
%% For lab_twin and lab_version.
-export([snapshot/0, of_test/2, running_apps/0, processes_of/1]).

%% --- the node between two tests

%% Called once, when the node has started.
open() ->
    Self = self(),
    Owner = spawn(fun() ->
                          register(lab_owner, self()),
                          [ets:new(Table, [named_table, public, Kind])
                           || {Table, Kind} <- [{lab_acts, set}, {lab_calls, ordered_set}, {lab_beams, set}]],
                          Self ! {self(), ready},
                          receive stop -> ok end
                  end),
    receive {Owner, ready} -> ok end,
    _ = application:load(crypto),  % as does the first use of the compiler of newer releases
    persistent_term:put(lab_path, code:get_path()),
    persistent_term:put(lab_running, running_apps()),
    persistent_term:put(lab_loaded, loaded_apps()),
    ok.

%% Removes the applications of the previous test. Any answer except `ok' means that the node cannot be used
%% again.
reset() ->
    true = await_idle(),
    [release(What) || {What, _, _} <- ets:tab2list(lab_acts)],
    ets:delete_all_objects(lab_acts),
    [ok = application:stop(A) || A <- running_apps() -- persistent_term:get(lab_running)],
    [ok = unload(A) || A <- loaded_apps() -- persistent_term:get(lab_loaded)],
    [begin code:purge(M), code:delete(M), code:purge(M) end
     || {M, File} <- code:all_loaded(), of_test(M, File)],
    true = code:set_path(persistent_term:get(lab_path)),
    ets:delete_all_objects(lab_calls),
    ok.

running_apps() -> [A || {A, _, _} <- application:which_applications()].
loaded_apps() -> [A || {A, _, _} <- application:loaded_applications()].

%% Unloading an application also unloads those that it includes.
unload(App) ->
    case application:unload(App) of
        {error, {not_loaded, App}} -> ok;
        Result -> Result
    end.

of_test(Module, _) when Module =:= lab; Module =:= lab_inject; Module =:= lab_twin; Module =:= lab_version -> false;
of_test(_, File) when is_list(File) -> not lists:prefix(code:lib_dir(), File);
of_test(_, _) -> false.

%% --- applications

%% Compiles Dir/src/NAME.erl into Dir/ebin with the macro VSN.
build(Dir, Vsn, Names) ->
    lists:foreach(fun(Name) -> build_one(Dir, Vsn, Name) end, Names).

build_one(Dir, Vsn, Name) ->
    File = filename:join([Dir, "src", Name ++ ".erl"]),
    {ok, Source} = file:read_file(File),
    Key = {erlang:md5(Source), Vsn},
    Beam = case ets:lookup(lab_beams, Key) of
               [{_, Known}] ->
                   Known;
               [] ->
                   {ok, _, Made} = compile:file(File, [binary, deterministic, report_errors, {d, 'VSN', Vsn}]),
                   ets:insert(lab_beams, {Key, Made}),
                   Made
           end,
    ok = file:write_file(filename:join([Dir, "ebin", Name ++ ".beam"]), Beam).

%% --- callbacks

%% Sets what the callback Key = {What, Who} does from now on: ok, crash, exit, throw, hang, {sleep, Ms},
%% {answer, Term}, {call, {M, F, A}}, or {wait, Then}, which waits for release/1 and then does Then. With
%% Times, it does so only that often, and nothing afterwards.
on(Key, Do) -> on(Key, Do, infinity).
on(Key, Do, Times) -> ets:insert(lab_acts, {Key, Do, Times}), ok.

%% Called by the callbacks of the tests' applications; returns ok, or {answer, Term} with their result.
act(What, Who) ->
    Key = {What, Who},
    case ets:lookup(lab_acts, Key) of
        [{_, Do, infinity}] -> do(Do, Key);
        [{_, _, 0}] -> ok;
        [{_, Do, N}] -> ets:insert(lab_acts, {Key, Do, N - 1}), do(Do, Key);
        [] -> ok
    end.

do(ok, _) -> ok;
do(crash, _) -> error(on_purpose);
do(exit, _) -> exit(on_purpose);
do(throw, _) -> throw(on_purpose);
do(hang, _) -> receive {?MODULE, never} -> ok end;
do({sleep, Ms}, _) -> timer:sleep(Ms);
do({answer, _} = Answer, _) -> Answer;
do({call, {M, F, A}}, _) -> _ = apply(M, F, A), ok;
do({wait, _}, Key) -> record({waits, Key}), wait(Key).

wait(Key) ->
    case ets:lookup(lab_acts, Key) of
        [{_, {wait, _}, _}] -> timer:sleep(5), wait(Key);
        [{_, Do, _}] -> do(Do, Key);
        [] -> ok
    end.

release(Key) ->
    [ets:insert(lab_acts, {Key, Then, infinity}) || {_, {wait, Then}, _} <- ets:lookup(lab_acts, Key)],
    ok.

await_reached(Key) ->
    await(fun() -> ets:match(lab_calls, {'_', {waits, Key}}) =/= [] end).

%% Waits for the end of the running plan, if any.
await_idle() ->
    await(fun() -> whereis(erlrc_runner) =:= undefined end).

%% Waits until the process with that name waits for a message.
await_waiting(Name) ->
    await(fun() -> process_info(whereis(Name), status) =:= {status, waiting} end).

%% Waits until the application no longer runs.
await_end(App) ->
    await(fun() -> not lists:member(App, running_apps()) end).

%% Waits until Holds() is true. Fails after two minutes, because the test would not test what it should.
await(Holds) ->
    true = becomes(Holds, 120000).

%% Waits until the process waits with an empty mailbox.
await_rest(Pid) ->
    State = fun() -> {status, _} = process_info(Pid, status), process_info(Pid, [status, reductions]) end,
    await(fun() ->
                  [{status, Status} | _] = Before = State(),
                  timer:sleep(20),
                  Status =:= waiting andalso State() =:= Before
          end).

becomes(Holds, Ms) ->
    case Holds() of
        true -> true;
        false when Ms > 0 -> timer:sleep(5), becomes(Holds, Ms - 5);
        false -> false
    end.

%% Makes several calls, for a {call, {M, F, A}} that needs more than one.
in_order(Calls) ->
    [apply(M, F, A) || {M, F, A} <- Calls].

%% The result of code_change of module Who, instead of {ok, New}.
change(Who, Old, Extra, New) ->
    record({code_change, Who, Old, Extra}),
    case act(code_change, Who) of
        ok -> New;
        {answer, Answer} -> Answer
    end.

record(Call) ->
    ets:insert(lab_calls, {erlang:unique_integer([monotonic]), Call}),
    ok.

%% The calls since the last reset, in order.
calls() ->
    [Call || {_, Call} <- ets:tab2list(lab_calls)].

%% --- is the node as before?

mark() ->
    persistent_term:put(lab_mark, snapshot()),
    ok.

%% The differences from the last mark: [{Section, OnlyThen, OnlyNow}].
diff() ->
    differences(persistent_term:get(lab_mark), snapshot()).

%% The same, but ignores that processes were restarted.
diff_but_pids() ->
    [Row || {Section, _, _} = Row <- diff(), Section =/= pids].

%% The same, but waits until it is empty, since the node may still be busy after a run.
diff_at_last() ->
    _ = becomes(fun() -> diff() =:= [] end, 10000),
    diff().

differences(Then, Now) ->
    [{Section, Before -- After, After -- Before}
     || {{Section, Before}, {Section, After}} <- lists:zip(Then, Now), Before =/= After].

%% An application whose processes were killed takes a while to end. So this repeats until no application
%% starts or ends meanwhile.
snapshot() ->
    true = await_idle(),
    snapshot(4000).

snapshot(Tries) when Tries > 0 ->
    Info = info(),
    Taken = try snapshot_of(Info) catch throw:ending -> ending end,
    case Taken =/= ending andalso info() =:= Info of
        true -> Taken;
        false -> timer:sleep(5), snapshot(Tries - 1)
    end.

info() ->
    [Row || {Section, _} = Row <- application:info(), lists:member(Section, [running, started, starting])].

snapshot_of(Info) ->
    Apps = loaded_apps(),
    Pids = processes_of(running_apps() -- persistent_term:get(lab_running)),
    Names = maps:from_list([{Pid, Name} || {Name, Pid} <- Pids]),
    [{modules, lists:sort([{M, M:module_info(md5), File} || {M, File} <- code:all_loaded(), of_test(M, File)])},
     {path, code:get_path()},
     {loaded, lists:sort(application:loaded_applications())},
     {running, [App || {App, _} <- proplists:get_value(running, Info)]},
     {started, lists:sort(proplists:get_value(started, Info))},
     {starting, proplists:get_value(starting, Info)},
     {keys, lists:sort([{App, lists:keydelete(env, 1, all_keys(App))} || App <- Apps])},
     {env, lists:sort([{App, lists:sort(application:get_all_env(App))} || App <- Apps])},
     {configuration, begin State = sys:get_state(application_controller), element(tuple_size(State), State) end},
     %% A lookup of a host name starts these.
     {registered, lists:sort(registered() -- [inet_gethost_native, inet_gethost_native_sup])},
     {processes, lists:sort([{Name, process(Pid, Names)} || {Name, Pid} <- Pids])},
     {pids, lists:sort(Pids)}].

all_keys(App) ->
    {ok, Keys} = application:get_all_key(App),
    Keys.

processes_of(Apps) ->
    lists:append([tree(App, application_controller:get_master(App)) || App <- Apps]).

tree(App, Master) when is_pid(Master) ->
    case application_master:get_child(Master) of
        {Root, _} -> processes(Root, {top, App});
        _ -> throw(ending)
    end;
tree(_, undefined) ->
    [].

processes(Pid, Place) ->
    Name = case process_info(Pid, registered_name) of
               {registered_name, Registered} -> Registered;
               _ -> Place
           end,
    [{Name, Pid} | case is_supervisor(Pid) of
                       true -> children(Pid, Name);
                       false -> []
                   end].

is_supervisor(Pid) ->
    element(1, proc_lib:translate_initial_call(Pid)) =:= supervisor.

children(Supervisor, Name) ->
    case asked(fun() -> gen_server:call(Supervisor, which_children, 2000) end) of
        silent -> [];
        Children ->
            Living = lists:sort([{Id, Pid} || {Id, Pid, _, _} <- Children, is_pid(Pid)]),
            lists:append([processes(Pid, {Name, Id, N})
                          || {N, {Id, Pid}} <- lists:zip(lists:seq(1, length(Living)), Living)])
    end.

asked(Fun) ->
    try Fun() catch exit:_ -> silent end.

process(Pid, Names) ->
    Status = status(Pid),
    {Status, Status =/= silent andalso named(asked(fun() -> sys:get_state(Pid, 2000) end), Names),
     [M || {M, File} <- code:all_loaded(), of_test(M, File), erlang:check_old_code(M),
           erlang:check_process_code(Pid, M) =:= true],
     case is_supervisor(Pid) of
         true -> named(asked(fun() -> gen_server:call(Pid, which_children, 2000) end), Names);
         false -> []
     end}.

%% Returns running or suspended, or silent if the process does not respond.
status(Pid) ->
    case asked(fun() -> sys:get_status(Pid, 2000) end) of
        {status, _, _, [_, State | _]} -> State;
        silent -> silent
    end.

%% Replaces processes of the tree by their names, and references by an atom, so that trees can be compared.
named(Ref, _) when is_reference(Ref) -> reference;
named(Pid, Names) when is_pid(Pid) -> maps:get(Pid, Names, Pid);
named([Head | Tail], Names) -> [named(Head, Names) | named(Tail, Names)];
named(Tuple, Names) when is_tuple(Tuple) -> list_to_tuple(named(tuple_to_list(Tuple), Names));
named(Map, Names) when is_map(Map) -> maps:from_list(named(maps:to_list(Map), Names));
named(Other, _) -> Other.
