%% SPDX-License-Identifier: BSD-3-Clause
%%
%% Modules: their files, what is loaded of them, and which processes run them.
-module(erlrc_code).
-export([await_load/2, beam_file/2, beam_files/2, begin_load/2, check_old_code/4, delete/1,
         doomed_by_purge/2, generated/1, is_generated/1, kill_users/1, load/4, loaded_md5/1, own_modules/2,
         part/2, purge/2, read_beam/2, read_files/1, running_code/2, running_vsn/2, soft_purge_old/1,
         users_of_old_code/1]).
-import(erlrc_call, [await/2, begin_call/3, bounded/4, check_deadline/1, left/1, now_ms/0]).
-import(erlrc_journal, [journal/2, remark/2]).
-import(erlrc_lambda, [lambda_holders/1, purge_unused/1, purge_unused/2]).
-import(erlrc_table_lambda, [lambda_tables/3, report_lost_lambdas/2, tables_text/2]).
-import(erlrc_text, [fail/2, module_name/1, pids/1, process/2, processes/2, short/1, text/2]).

%% The version of the code that runs, as code_change expects it.
running_vsn(Module, #{backup := Backup}) ->
    case maps:get(Module, Backup, not_loaded) of
        {_, Beam} ->
            case beam_lib:version(Beam) of
                %% As in release_handler: -vsn("1") is one character, and a string.
                {ok, {_, [Vsn] = Text}} -> case is_integer(Vsn) andalso Vsn >= $\s andalso Vsn =< 255 of
                                               true -> Text;
                                               false -> Vsn
                                           end;
                {ok, {_, Vsn}} -> Vsn;
                _ -> undefined
            end;
        _ ->
            undefined
    end.

beam_file(Ebin, Module) ->
    filename:join(Ebin, atom_to_list(Module) ++ ".beam").

%% The files of many modules at once: what is called for each is compiled code.
beam_files(Ebin, Modules) ->
    Names = lists:map(fun erlang:atom_to_list/1, Modules),
    Append = fun erlang:'++'/2,
    lists:zipwith(Append, lists:duplicate(length(Names), filename:join(Ebin, "") ++ "/"),
                  lists:zipwith(Append, Names, lists:duplicate(length(Names), ".beam"))).

%% Each file is read by a process of its own, which waits for another thread most of the time.
read_files(Files) ->
    Requests = [erpc:send_request(node(), prim_file, read_file, [File]) || File <- Files],
    lists:map(fun erpc:receive_response/1, Requests).

read_beam(Ebin, Module) ->
    File = beam_file(Ebin, Module),
    case file:read_file(File) of
        {ok, Beam} -> Beam;
        {error, Reason} -> fail("~ts: ~ts", [File, file:format_error(Reason)])
    end.

loaded_md5(Module) ->
    case erlang:module_loaded(Module) of
        true -> Module:module_info(md5);
        false -> not_loaded
    end.

%% The modules whose code was not loaded from a file. The application has made it while it ran, often in place
%% of a module from a file, so it is its own: ets_cache_options of cache_tab holds a configuration.
generated([]) ->
    [];
generated(Modules) ->
    FromFiles = ets:match_spec_compile([{{'$1', [$/ | '_']}, [], ['$1']}]),
    Loaded = lists:filter(fun erlang:module_loaded/1, lists:usort(Modules)),
    Loaded -- ets:match_spec_run(code:all_loaded(), FromFiles).

is_generated(Module) ->
    case code:is_loaded(Module) of
        {file, [$/ | _]} -> false;
        {file, _} -> true;
        false -> false
    end.

%% The modules that no other loaded application lists: a module may have moved to another application.
own_modules(App, Modules) ->
    Others = [Listed || {Other, _, _} <- application:loaded_applications(), Other =/= App,
                        {ok, Listed} <- [application:get_key(Other, modules)]],
    Modules -- lists:append(Others).

%% The object code of what is loaded: not_loaded, {File, Beam}, or gone. Only a file whose md5 is that of the
%% loaded code counts; a package manager may have put another one there. dpkg keeps the one it replaces next
%% to it for a while.
running_code(Module, Ebin) ->
    case loaded_md5(Module) of
        not_loaded ->
            not_loaded;
        Md5 ->
            Loaded = case code:is_loaded(Module) of
                         {file, Name} when is_list(Name) -> Name;
                         _ -> beam_file(Ebin, Module)
                     end,
            Candidates = [beam_file(Ebin, Module), Loaded, Loaded ++ ".dpkg-tmp"],
            first_beam(Candidates ++ [Loaded], Md5, Loaded)
    end.

first_beam([], _, _) ->
    gone;
first_beam([File | Rest], Md5, Loaded) ->
    case file:read_file(File) of
        {ok, Beam} ->
            case catch code:module_md5(Beam) of
                Md5 -> {Loaded, Beam};
                _ -> first_beam(Rest, Md5, Loaded)
            end;
        {error, _} ->
            first_beam(Rest, Md5, Loaded)
    end.

load(Module, File, Beam, C) ->
    purge_old(Module),
    Before = running_on_loads(),
    case bounded(code, load_binary, [Module, File, Beam], C) of
        {module, Module} -> ok;
        {error, Why} -> fail("~ts: cannot be loaded: ~ts", [module_name(Module), short(Why)]);
        timeout ->
            end_on_loads(running_on_loads() -- Before),
            fail("~ts: cannot be loaded: not done within the time limit", [module_name(Module)]);
        {raised, Why} -> fail("~ts: cannot be loaded: ~ts", [module_name(Module), Why])
    end.

%% The processes in which on_load functions run: the code server monitors no others.
running_on_loads() ->
    {monitors, Monitors} = process_info(whereis(code_server), monitors),
    [Pid || {process, Pid} <- Monitors].

%% If one returned after all, its module would be loaded.
end_on_loads([]) ->
    ok;
end_on_loads(Pids) ->
    lists:foreach(fun(Pid) -> exit(Pid, kill) end, Pids),
    receive after 1 -> ok end,
    end_on_loads([Pid || Pid <- running_on_loads(), lists:member(Pid, Pids)]).

%% soft_purge removes old code that no process runs. Returns the modules whose users are to be killed: this is
%% only a check, which a forecast makes, too.
check_old_code(Modules, Policy, Began, C) ->
    {Users, Tables} = in_use(Modules, C),
    case lists:usort([Module || {Module, _} <- Users ++ Tables]) of
        [] ->
            [];
        Busy ->
            case Policy of
                {_, Ms} when Ms > 0 ->
                    receive after min(50, left(C)) -> ok end,
                    check_deadline(C),
                    Next = case now_ms() - Began < Ms of
                               true -> Policy;
                               false -> setelement(2, Policy, 0)
                           end,
                    check_old_code(Busy, Next, Began, C);
                {kill, 0} ->
                    remark_users(Users, "", C),
                    report_lost_lambdas(Tables, C),
                    Busy;
                _ ->
                    Texts = [["processes still run the code before the last upgrade: ", old_users(Users, C)]
                             || Users =/= []]
                        ++ [["functions of the code before the last upgrade are in tables: ",
                             tables_text(Tables, C)] || Tables =/= []],
                    fail("~ts", [lists:join("; ", Texts)])
            end
    end.

%% {[{Module, [Pid]}], [{Module, [Table]}]}: what uses old code of these modules, after what nothing uses was
%% removed. Functions of code that is about to come back will be well: it stays until then.
in_use(Modules, #{code := New}) ->
    Kept = purge_unused(Modules),
    Tables = lambda_tables(Kept, #{}, New),
    Known = [Module || {Module, _} <- lambda_tables(Kept, #{}, #{})],
    {[Row || {Module, Pids} = Row <- users_of_old_code(Kept),
             Pids =/= [] orelse not lists:member(Module, Known)], Tables}.

remark_users([], _, _) ->
    ok;
remark_users(Users, Why, C) ->
    remark("to be killed, because they still run the code before the last upgrade~s: ~ts",
           [Why, old_users(Users, C)]).

old_users(Users, C) ->
    lists:join("; ", [[module_name(Module), " in ", processes(Pids, C)] || {Module, Pids} <- Users]).

%% The modules whose users will be killed before they are loaded, because their author wants that.
doomed_by_purge(Modules, C) ->
    {Users, Tables} = in_use(Modules, C),
    remark_users(Users, ", which the appup removes by brutal_purge", C),
    report_lost_lambdas(Tables, C),
    lists:usort([Module || {Module, _} <- Users ++ Tables]).

%% Only when nothing else speaks against the upgrade. code:purge/1 does not kill those that only hold a
%% function.
kill_users(#{to_kill := [], to_purge := []}) ->
    ok;
kill_users(#{to_kill := Modules, to_purge := Purged} = C) ->
    {_, Users} = lists:unzip(users_of_old_code(Modules ++ Purged)),
    Doomed = lists:usort(lists:append(Users)),
    journal(code, {killing, [{Pid, text("~ts", [process(Pid, C)])} || Pid <- Doomed]}),
    Old = lists:filter(fun erlang:check_old_code/1, Modules),
    _ = [exit(Pid, kill) || {_, Pids} <- lambda_holders(Old), Pid <- Pids],
    lists:foreach(fun code:purge/1, Old).

%% Begins the part of loading that takes long and needs nothing but the files; await_load/2 returns what
%% code:finish_loading/1 needs. Modules are prepared one by one: if it gets all of them,
%% code:prepare_loading/1 starts a process for each, and all that the node does waits for those.
begin_load(Modules, Code) ->
    Known = lists:duplicate(length(Modules), Code),
    {Files, Beams} = lists:unzip(lists:zipwith(fun maps:get/2, Modules, Known)),
    begin_call(lists, map, [fun code:prepare_loading/1, [[Row] || Row <- lists:zip3(Modules, Files, Beams)]]).

await_load(Begun, C) ->
    case await(Begun, C) of
        Results when is_list(Results) ->
            case lists:append([Why || {error, Why} <- Results]) of
                [] -> together([Prepared || {ok, Prepared} <- Results]);
                Bad -> fail("modules that cannot be loaded: ~ts", [short(Bad)])
            end;
        timeout -> fail("modules cannot be loaded: not done within the time limit", []);
        {raised, Why} -> fail("modules that cannot be loaded: ~ts", [Why])
    end.

%% What code:prepare_loading/1 would have returned for all of them: in each release a list with a tag.
together([]) ->
    {ok, None} = code:prepare_loading([]),
    None;
together([{Tag, _} | _] = Prepared) ->
    {Tag, lists:append([Modules || {_, Modules} <- Prepared])}.

%% Processes that still run code that was replaced: brutal_purge kills them, soft_purge leaves them alone.
%% What functions in tables need stays. Backup: #{Module => {File, Beam}} of the old code.
purge(Purges, Backup) ->
    %% Each process is searched for each module, so this one should be small.
    erlang:garbage_collect(),
    Old = lists:filter(fun erlang:check_old_code/1, [Module || {Module, _} <- Purges]),
    {Kept, _} = lists:unzip(lambda_tables(Old, Backup, #{})),
    Brutal = [Module || Module <- Old, lists:member({Module, brutal_purge}, Purges)],
    _ = [exit(Pid, kill) || {_, Pids} <- users_of_old_code(Kept -- (Kept -- Brutal)), Pid <- Pids],
    lists:foreach(fun code:purge/1, Brutal -- Kept),
    lists:foreach(fun({Module, Pids}) ->
                          logger:notice("erlrc: processes keep running old code of ~ts: ~ts",
                                        [module_name(Module), pids(Pids)])
                  end, users_of_old_code(purge_unused(Old -- Brutal, Kept -- Brutal) -- Kept)).

delete(Module) ->
    purge_old(Module),
    code:delete(Module).

%% Whether there is no old code now.
soft_purge_old(Module) ->
    not erlang:check_old_code(Module) orelse code:soft_purge(Module).

purge_old(Module) ->
    erlang:check_old_code(Module) andalso code:purge(Module).

%% A part of a beam, as beam_lib returns it: exports, imports.
part(Beam, Name) ->
    case beam_lib:chunks(Beam, [Name]) of
        {ok, {_, [{Name, Rows}]}} -> Rows;
        _ -> []
    end.

%% [{Module, [Pid]}]
users_of_old_code([]) ->
    [];
users_of_old_code(Modules) ->
    Holders = lambda_holders(Modules),
    Others = processes() -- [self()],
    [{Module, lists:usort([Pid || Pid <- Others, erlang:check_process_code(Pid, Module) =:= true]
                          ++ proplists:get_value(Module, Holders, []))} || Module <- Modules].
