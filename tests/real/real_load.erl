%% SPDX-License-Identifier: BSD-3-Clause
%%
%% Uses an application without a pause while it is upgraded, and counts what its callers and its processes
%% notice.
%%
%% load/load_APP.erl has the calls. Its functions are run by each of a few processes:
%%
%%   start() -> Made         what the calls need: a connection, a table, a parser, ..
%%   use(Made) -> Made       one request; fails if the answer is wrong
%%   prepare()               optional, called once before all: a listener, a server, ..
%%
%% Where an application has no such module, only the processes of the node are watched.
-module(real_load).
-export([start/1, start/2, mark/0, result/0, errors/0, use_again/1, notices/1, stop/0, release/0]).

-define(patience, 60000).

start(App) -> start(App, 3).

start(App, Callers) ->
    Module = list_to_atom("load_" ++ atom_to_list(App)),
    Self = self(),
    {Pid, Ref} = spawn_monitor(fun() -> prepare(Self, Module, Callers) end),
    receive
        {Pid, started} -> demonitor(Ref, [flush]), ok;
        {'DOWN', Ref, _, _, Why} -> error(Why)
    after ?patience -> error(timeout)
    end.

%% Counts from now on, and watches each process that runs now.
mark() -> ask(mark).

%% What happened since then: #{requests, failed, errors, longest, before, killed}. Times are in microseconds;
%% `before' is the longest request before the mark. Waits until each caller has made some more requests.
result() -> ask(result).

%% The errors since the last question.
errors() -> maps:get(errors, result()).

%% What was made at each of these questions is used once more; then something new is made, if that is
%% possible. Returns errors.
use_again(IsPossible) -> ask({use_again, IsPossible}).

%% Breaks the application, for good. Returns what the calls notice, of: its `processes' do not answer, its `code'
%% is gone.
notices(App) -> ask({notices, App}).

%% Ends the calls, and keeps what was made for them.
stop() -> ask(stop).

%% Ends all, with what was made.
release() ->
    Ref = monitor(process, real_load),
    real_load ! release,
    receive {'DOWN', Ref, _, _, _} -> [] end.

ask(Question) ->
    real_load ! {self(), Question},
    receive {real_load, Answer} -> Answer after 10 * ?patience -> error(no_answer) end.

%% Owns what was prepared, and answers questions.
prepare(Starter, Module, Callers) ->
    register(real_load, self()),
    process_flag(trap_exit, true),
    Calls = code:which(Module) =/= non_existing,
    _ = Calls andalso erlang:function_exported(module(Module), prepare, 0) andalso Module:prepare(),
    Self = self(),
    Started = [spawn_link(fun() -> caller(Self, Module) end) || Calls, _ <- lists:seq(1, Callers)],
    [receive {Pid, called} -> ok end || Pid <- Started],
    Starter ! {self(), started},
    serve(#{module => Module, callers => Started, holders => [], watched => #{}, killed => []}).

module(Module) ->
    {module, Module} = code:ensure_loaded(Module),
    Module.

serve(State) ->
    receive
        {From, mark} ->
            Before = longest(collect(State)),
            From ! {real_load, ok},
            serve(State#{before => Before, watched := watch(), killed := []});
        {From, result} ->
            #{before := Before, killed := Killed} = State1 = await_more(State),
            Counts = collect(State1),
            Sum = fun(Key) -> lists:sum([maps:get(Key, C) || C <- Counts]) end,
            From ! {real_load, #{requests => Sum(requests), failed => Sum(failed), before => Before,
                                 longest => longest(Counts), killed => texts(Killed),
                                 errors => texts(lists:append([maps:get(errors, C) || C <- Counts]))}},
            serve(State1#{killed := []});
        {From, {use_again, IsPossible}} ->
            #{module := Module, callers := Callers, holders := Holders} = State,
            Results = [{Pid, use_once(Pid)} || {Pid, _} <- Holders],
            From ! {real_load, texts([Error || {_, {failed, Error}} <- Results])},
            Ended = [Pid || {Pid, {failed, {ended, _}}} <- Results],
            New = [spawn_monitor(fun() -> holder(Module, Module:use(Module:start())) end)
                   || Callers =/= [], IsPossible],
            serve(State#{holders := New ++ [Holder || {Pid, _} = Holder <- Holders,
                                                      not lists:member(Pid, Ended)]});
        {From, {notices, App}} ->
            #{callers := Callers} = State,
            From ! {real_load, noticed(App, Callers)},
            serve(State);
        {From, stop} ->
            #{callers := Callers} = State,
            [call(Pid, stop) || Pid <- Callers],
            From ! {real_load, []},
            serve(State#{callers := []});
        release ->
            #{holders := Holders} = State,
            [exit(Pid, kill) || {Pid, _} <- Holders],
            exit(released);
        {'DOWN', _, process, Pid, Why} ->
            serve(ended(Pid, Why, State));
        {'EXIT', Pid, Why} ->
            serve(replaced(Pid, Why, State))
    end.

%% A caller that was killed inside the application. The next one begins with nothing.
replaced(Pid, Why, #{module := Module, callers := Callers, killed := Killed} = State) ->
    case lists:member(Pid, Callers) of
        true ->
            New = spawn_link(fun() -> process_flag(trap_exit, true), loop(Module, none, nothing()) end),
            State#{callers := [New | lists:delete(Pid, Callers)], killed := [{caller, reason(Why)} | Killed]};
        false ->
            State
    end.

%% It may have ended with what it has made.
use_once(Pid) ->
    Ref = monitor(process, Pid),
    Pid ! {self(), use},
    receive
        {Pid, use, Result} -> demonitor(Ref, [flush]), Result;
        {'DOWN', Ref, _, _, Why} -> {failed, {ended, Why}}
    after ?patience -> error({holder, Pid})
    end.

holder(Module, Made) ->
    receive
        {From, use} ->
            try Module:use(Made) of
                Next ->
                    From ! {self(), use, ok},
                    holder(Module, Next)
            catch Class:Why:Stack ->
                From ! {self(), use, {failed, {Class, Why, lists:sublist(Stack, 2)}}},
                holder(Module, Made)
            end
    end.

texts(Terms) -> [unicode:characters_to_binary(io_lib:format("~0tP", [T, 40])) || T <- lists:usort(Terms)].

longest(Counts) -> lists:max([0 | [maps:get(longest, C) || C <- Counts]]).

%% The counts of all callers, which begin anew.
collect(#{callers := Callers}) ->
    [Counts || Pid <- Callers, Counts <- [call(Pid, collect)], Counts =/= gone].

call(Pid, Question) ->
    Ref = monitor(process, Pid),
    Pid ! {self(), Question},
    receive
        {Pid, Question, Answer} -> demonitor(Ref, [flush]), Answer;
        {'DOWN', Ref, _, _, _} -> gone
    after 5 * ?patience -> error({caller, Pid})
    end.

%% All callers have made some requests, and the messages about processes that ended by then have come.
await_more(#{callers := Callers} = State) ->
    [call(Pid, some_more) || Pid <- Callers],
    drain(maps:merge(#{before => 0}, State)).

drain(State) ->
    receive
        {'DOWN', _, process, Pid, Why} -> drain(ended(Pid, Why, State));
        {'EXIT', Pid, Why} -> drain(replaced(Pid, Why, State))
    after 50 -> State
    end.

noticed(_, []) ->
    [];
noticed(App, Callers) ->
    {Took, _} = timer:tc(fun() -> fail(Callers, ?patience) end),
    Patience = 2000 + Took div 200,
    Suspended = real_break:suspend(App, Callers),
    Processes = Suspended =/= [] andalso fail(Callers, Patience),
    real_break:resume(Suspended),
    real_break:empty(App),
    Code = fail(Callers, Patience + 20000),
    [processes || Processes] ++ [code || Code].

%% Whether one of some more requests fails or is not answered in time.
fail(Callers, Patience) ->
    Asking = [spawn_monitor(fun() -> exit({failed, failures(Pid)}) end) || Pid <- Callers],
    lists:any(fun({Pid, Ref}) ->
                      receive {'DOWN', Ref, _, Pid, {failed, Failed}} -> Failed > 0 after Patience -> true end
              end, Asking).

failures(Caller) ->
    call(Caller, some_more),
    case call(Caller, collect) of
        #{failed := Failed} -> Failed;
        gone -> 1
    end.

%% Not what has just begun, as the connections of the programs: what it is cannot be known.
watch() ->
    maps:from_list([{monitor_of(Pid), Name} || Pid <- processes() -- [self()], Name <- [name(Pid)],
                                               Name =/= {proc_lib, init_p, 5}]).

monitor_of(Pid) ->
    erlang:monitor(process, Pid),
    Pid.

ended(Pid, Why, #{watched := Watched, killed := Killed} = State) ->
    case Watched of
        #{Pid := Name} when Why =/= normal, Why =/= noproc ->
            case is_closed(Why) of
                true -> State;
                false -> State#{killed := [{Name, reason(Why)} | Killed]}
            end;
        _ -> State
    end.

%% How cowboy and ssl end a connection that one of its ends has closed.
is_closed({shutdown, {socket_error, closed, _}}) -> true;
is_closed({shutdown, normal}) -> true;
is_closed({shutdown, peer_close}) -> true;
is_closed(_) -> false.

%% A process by its name, or by the function it was started with.
name(Pid) ->
    case process_info(Pid, registered_name) of
        {registered_name, Name} -> Name;
        _ -> proc_lib:translate_initial_call(Pid)
    end.

reason({Why, [{_, _, _, _} = Call | _]}) -> {Why, Call};
reason(Why) -> Why.

%% --- A caller

%% What a call has made, and is linked to it, may end.
caller(Owner, Module) ->
    process_flag(trap_exit, true),
    Made = Module:use(Module:start()),
    Owner ! {self(), called},
    loop(Module, Made, nothing()).

%% Keeps what was made.
idle(Made) ->
    receive
        {From, made} -> From ! {self(), made, Made}, idle(Made);
        {'EXIT', _, _} -> stay(), idle(Made)
    end.

%% Ends with its owner.
stay() -> is_pid(whereis(real_load)) orelse exit(released).

nothing() -> #{requests => 0, failed => 0, longest => 0, errors => []}.

loop(Module, Made, Counts) ->
    receive
        {From, collect} -> From ! {self(), collect, Counts}, loop(Module, Made, nothing());
        {From, stop} -> From ! {self(), stop, ok}, idle(Made);
        {'EXIT', _, _} -> stay(), loop(Module, Made, Counts);
        {From, some_more} ->
            More = fun(_, {Last, So}) -> request(Module, Last, So) end,
            {Made1, Counts1} = lists:foldl(More, {Made, Counts}, lists:seq(1, 20)),
            From ! {self(), some_more, ok},
            loop(Module, Made1, Counts1)
    after 2 ->
        {Made1, Counts1} = request(Module, Made, Counts),
        loop(Module, Made1, Counts1)
    end.

%% After a failure everything is made anew, as a client would do that connects again.
request(Module, Made, #{requests := Requests, longest := Longest} = Counts) ->
    Began = erlang:monotonic_time(microsecond),
    {Next, Counts1} =
        try {Module:use(Made), Counts}
        catch Class:Why:Stack -> again(Module, Made, failed({Class, Why, lists:sublist(Stack, 2)}, Counts))
        end,
    Took = erlang:monotonic_time(microsecond) - Began,
    {Next, Counts1#{requests := Requests + 1, longest := max(Longest, Took)}}.

failed(Error, #{failed := Failed, errors := Errors} = Counts) ->
    Counts#{failed := Failed + 1, errors := lists:sublist([Error | Errors], 5)}.

again(Module, Made, Counts) ->
    try {Module:start(), Counts}
    catch _:_ -> {Made, Counts}
    end.
