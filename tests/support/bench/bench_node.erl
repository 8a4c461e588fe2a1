%% SPDX-License-Identifier: BSD-3-Clause
%%
%% The node's side of scripts/bench. Reads a request, an Erlang term, from each line of standard input and
%% prints a line with the answer.
%%
%%   {fresh, App, Ebin}              starts App from Ebin as if nothing else had ever run here: ok
%%   {gone, App}                     stops App: ok
%%   {work, App, Ms, Pause}          from now on, until the next {fresh, _, _}, each server of App has a client, whose requests
%%                                   take Ms each, with a Pause between two: ok
%%   {crowd, N}                      starts N gen_servers that belong to no application, instead of those before: ok
%%   {big, App, MB}                  gives the first server of App a state of that size; 0: the one that it has at first: ok
%%   tick                            ok; a process wants to run every millisecond from now on
%%   ticked                          microseconds: the longest that it had to wait for that; ends it
%%   {busy, App, Ms}                 one server is busy from now on for Ms: ok
%%   {idle, App}                     waits until all servers have answered, and ends their clients: ok
%%   {script, App, Dir}              makes low-level instructions of the .appup in Dir: ok
%%   {release_handler, App, Vsn, Dir}
%%                                   release_handler:eval_appup_script/4 executes them: microseconds
%%   watch                           ok; records from now on when processes are suspended
%%   seen                            microseconds: the longest that one process was suspended, and the time in which at
%%                                   least one was; ends the recording
%%   calls                           ok; records from now on which functions of the runner are called
%%   called                          Name/Arity, separated by spaces: those called while its beams were loaded; ends the
%%                                   recording
%%   {check, App, Ebin}              checks that the code of Ebin runs and all servers have its states: ok
%%
%% Suspensions are recorded by call tracing, with the VM's time stamps, of the functions that a process itself
%% calls when it is suspended (the loop of sys in which it waits) and when it continues (system_continue of
%% its behaviour). So the result is the same whichever program suspends, it includes neither requests nor
%% answers on their way, and costs the process some microseconds. Recorded upgrades are not the ones that are
%% timed.
-module(bench_node).
-behaviour(gen_server).
-export([main/0, init/1, handle_call/3, handle_cast/2]).

main() ->
    spawn(fun() -> io:format("ready~n"), loop() end).

loop() ->
    case io:read('') of
        {ok, Request} ->
            Answer = try answer(Request) catch Class:Why:Stack -> io_lib:format("~0p", [{Class, Why, Stack}]) end,
            io:format("~ts~n", [Answer]),
            loop();
        eof ->
            halt()
    end.

answer({fresh, App, Ebin}) ->
    ended(whereis(erlrc_runner)),
    rest(),
    _ = application:stop(App),
    _ = application:unload(App),
    Name = atom_to_list(App),
    Modules = [M || {M, _} <- code:all_loaded(), lists:prefix(Name ++ "_", atom_to_list(M))],
    [begin code:purge(M), code:delete(M), code:purge(M) end || M <- Modules],
    [code:del_path(Dir) || Dir <- code:get_path(), is_list(string:find(Dir, "/" ++ Name ++ "-"))],
    true = code:add_patha(Ebin),
    ok = application:load(App),
    {ok, Own} = application:get_key(App, modules),
    ok = code:ensure_modules_loaded(Own),
    ok = application:start(App),
    [erlang:garbage_collect(Pid) || Pid <- processes()],
    "ok";
answer({gone, App}) ->
    ended(whereis(erlrc_runner)),
    rest(),
    ok = application:stop(App),
    "ok";
answer({work, App, Ms, Pause}) ->
    %% Spreads the requests over time.
    put(clients, [spawn(fun() -> timer:sleep(rand:uniform(Ms + Pause)), client(Pid, Ms, Pause) end) || Pid <- servers(App)]),
    timer:sleep(5 * (Ms + Pause)),
    "ok";
answer({crowd, N}) ->
    [exit(Pid, kill) || Pid <- case get(crowd) of undefined -> []; Pids -> Pids end],
    put(crowd, [begin {ok, Pid} = gen_server:start(?MODULE, [], []), Pid end || _ <- lists:seq(1, N)]),
    "ok";
answer({big, App, MB}) ->
    [Server | _] = servers(App),
    Content = case MB of 0 -> 0; _ -> lists:seq(1, MB * 65536) end,
    sys:replace_state(Server, fun({Vsn, _}) -> {Vsn, Content} end, infinity),
    erlang:garbage_collect(Server),
    erlang:garbage_collect(),
    "ok";
answer(tick) ->
    put(ticker, spawn_link(fun() -> tick(erlang:monotonic_time(), 0) end)),
    "ok";
answer(ticked) ->
    ended(whereis(erlrc_runner)),
    get(ticker) ! {self(), longest},
    receive {longest, Time} -> integer_to_list(us(Time)) end;
answer({busy, App, Ms}) ->
    Server = hd(servers(App)),
    put(clients, [spawn(fun() -> ok = gen_server:call(Server, {work, Ms}, infinity) end) | get(clients)]),
    Busy = fun Busy() ->
                   case process_info(Server, [current_function, messages]) of
                       [{_, {timer, sleep, 1}}, {_, []}] -> ok;
                       _ -> timer:sleep(10), Busy()
                   end
           end,
    Busy(),
    "ok";
answer({idle, App}) ->
    rest(),
    [_ = sys:get_state(Server, infinity) || Server <- servers(App)],
    "ok";
answer({script, App, Dir}) ->
    {ok, _, Script} = release_handler:upgrade_script(App, Dir),
    put(script, Script),
    "ok";
answer({release_handler, App, Vsn, Dir}) ->
    Script = get(script),
    {_, Monitor} = spawn_monitor(fun() ->
                                         exit(timer:tc(release_handler, eval_appup_script, [App, Vsn, Dir, Script]))
                                 end),
    receive {'DOWN', Monitor, process, _, {Us, {ok, _}}} -> integer_to_list(Us) end;
answer(watch) ->
    Tracer = spawn_link(fun() -> trace([]) end),
    put(tracer, Tracer),
    _ = code:ensure_loaded(sys),
    erlang:trace_pattern({sys, suspend_loop, '_'}, true, [local]),
    erlang:trace_pattern({gen_server, system_continue, '_'}, true, [local]),
    %% The arguments, among them the state, are not copied to the tracer.
    erlang:trace(all, true, [call, arity, monotonic_timestamp, {tracer, Tracer}]),
    "ok";
answer(seen) ->
    erlang:trace(all, false, [call]),
    erlang:trace_pattern({sys, suspend_loop, '_'}, false, [local]),
    erlang:trace_pattern({gen_server, system_continue, '_'}, false, [local]),
    Delivered = erlang:trace_delivered(all),
    receive {trace_delivered, all, Delivered} -> ok end,
    Tracer = get(tracer),
    Tracer ! {self(), calls},
    receive {Tracer, Calls} -> seen(Calls) end;
answer(calls) ->
    %% A process with a function, as any node has some.
    spawn_link(fun() -> Kept = fun() -> ok end, receive stop -> Kept() end end),
    Tracer = spawn_link(fun() -> trace_functions(#{}) end),
    put(tracer, Tracer),
    %% The handler of the program finds each interpreted function in the dictionary.
    erlang:trace_pattern({erlang, get, 1}, true, []),
    erlang:trace_pattern(on_load, true, [local]),
    erlang:trace(new_processes, true, [call, {tracer, Tracer}]),
    "ok";
answer(called) ->
    ended(whereis(erlrc_runner)),
    erlang:trace(new_processes, false, [call]),
    erlang:trace_pattern({erlang, get, 1}, false, []),
    erlang:trace_pattern(on_load, false, [local]),
    Tracer = get(tracer),
    Delivered = erlang:trace_delivered(all),
    receive {trace_delivered, all, Delivered} -> ok end,
    Tracer ! {self(), functions},
    %% Names that begin with a hyphen are those of funs and comprehensions within a function.
    receive {Tracer, Functions} -> [io_lib:format("~s/~b ", [Name, Arity]) || {Name, Arity} <- Functions, hd(atom_to_list(Name)) =/= $-] end;
answer({check, App, Ebin}) ->
    {ok, [{application, App, Keys}]} = file:consult(filename:join(Ebin, atom_to_list(App) ++ ".app")),
    {ok, Vsn} = application:get_key(App, vsn),
    Vsn = proplists:get_value(vsn, Keys),
    Modules = proplists:get_value(modules, Keys),
    [begin
         {ok, {M, Md5}} = beam_lib:md5(filename:join(Ebin, M)),
         Md5 = M:module_info(md5)
     end || M <- Modules],
    [begin
         {M, init, 1} = proc_lib:translate_initial_call(Pid),
         {V, _} = M:entry(1),
         {V, _} = gen_server:call(Pid, state)
     end || Pid <- servers(App)],
    "ok".

init(_) -> {ok, none}.
handle_call(_, _, State) -> {reply, ok, State}.
handle_cast(_, State) -> {noreply, State}.

tick(Last, Longest) ->
    receive
        {From, longest} -> From ! {longest, Longest}
    after 1 ->
        Now = erlang:monotonic_time(),
        tick(Now, max(Longest, Now - Last))
    end.

servers(App) ->
    {ok, Modules} = application:get_key(App, modules),
    [Pid || Pid <- processes(), {M, init, 1} <- [proc_lib:translate_initial_call(Pid)], lists:member(M, Modules)].

client(Server, Ms, Pause) ->
    ok = gen_server:call(Server, {work, Ms}, infinity),
    timer:sleep(Pause),
    client(Server, Ms, Pause).

rest() ->
    [begin
         Monitor = monitor(process, Client),
         exit(Client, kill),
         receive {'DOWN', Monitor, process, _, _} -> ok end
     end || Client <- case erase(clients) of undefined -> []; Clients -> Clients end].

%% An upgrade purges after its program has ended.
ended(undefined) -> ok;
ended(Runner) ->
    Monitor = monitor(process, Runner),
    receive {'DOWN', Monitor, process, _, _} -> ok end.

trace(Calls) ->
    receive
        {trace_ts, Pid, call, {M, _, _}, Time} -> trace([{Pid, M, Time} | Calls]);
        {From, calls} -> From ! {self(), lists:reverse(Calls)}
    end.

trace_functions(Called) ->
    receive
        {trace, _, call, {erlang, get, [{note_functions, 1}]}} ->
            trace_functions(#{});
        {trace, _, call, {erlang, get, [{remove_beam, 0}]}} ->
            called(Called);
        {trace, _, call, {erlang, get, [{Name, Arity}]}} when is_atom(Name), is_integer(Arity) ->
            trace_functions(Called#{{Name, Arity} => true});
        {trace, _, call, {Module, Name, Args}} ->
            trace_functions(case is_of_runner(Module) of
                                true -> Called#{{Name, length(Args)} => true};
                                false -> Called
                            end)
    end.

called(Called) ->
    receive {From, functions} -> From ! {self(), lists:sort(maps:keys(Called))} end.

is_of_runner(Module) ->
    lists:prefix("erlrc_run_", atom_to_list(Module)).

%% Each message that a suspended process gets is one more call of the loop; the first one counts. A process
%% that is not suspended continues after each system message, too.
seen(Calls) ->
    {Waiting, Times} =
        lists:foldl(fun({Pid, sys, Time}, {Since, Done}) ->
                            {case Since of #{Pid := _} -> Since; _ -> Since#{Pid => Time} end, Done};
                       ({Pid, gen_server, Time}, {Since, Done}) ->
                            case maps:take(Pid, Since) of
                                {Began, Rest} -> {Rest, [{Began, Time} | Done]};
                                error -> {Since, Done}
                            end
                    end, {#{}, []}, Calls),
    0 = map_size(Waiting),
    io_lib:format("~b ~b", [us(lists:max([To - From || {From, To} <- Times])), us(covered(lists:sort(Times), first, 0))]).

%% The length of the union of the intervals.
covered([{From, To} | Rest], Until, Length) when Until =:= first; From >= Until -> covered(Rest, To, Length + To - From);
covered([{_, To} | Rest], Until, Length) when To > Until -> covered(Rest, To, Length + To - Until);
covered([_ | Rest], Until, Length) -> covered(Rest, Until, Length);
covered([], _, Length) -> Length.

us(Native) -> erlang:convert_time_unit(Native, native, microsecond).
