%% SPDX-License-Identifier: BSD-3-Clause
%%
%% Which tables may have rows of the modules that change. Any tuple may look like one of their records, so
%% there has to be a reason: the table belongs to one of their applications or to one that needs it, a process
%% of theirs has made it, or they name it.
-module(erlrc_table_owner).
-export([application_of/1, applications_of/1, atoms/1, holder/2, named_terms/2, ours/1, reasons/2]).
-import(erlrc_tables, [owner/1]).
-import(erlrc_text, [process/2]).

%% {Applications, #{Module => #{Atom => true}}} of the new code.
ours(#{code := Code}) ->
    {applications_of(Code), maps:map(fun(_, {_, Beam}) -> atoms(Beam) end, Code)}.

%% Modules: #{Module => _}
applications_of(Modules) ->
    [App || {App, _, _} <- application:loaded_applications(),
            {ok, Listed} <- [application:get_key(App, modules)],
            map_size(maps:with(Listed, Modules)) > 0].

%% none if its owner is outside of all.
application_of(Table) ->
    Owner = owner(Table),
    case is_pid(Owner) andalso application:get_application(Owner) of {ok, App} -> App; _ -> none end.

atoms(Beam) ->
    case beam_lib:chunks(Beam, [atoms]) of
        {ok, {_, [{atoms, Atoms}]}} -> maps:from_list([{Atom, true} || {_, Atom} <- Atoms]);
        _ -> #{}
    end.

%% [application | user | {module, Module}]: why rows of the table may be ours. user: the application of its
%% owner needs one of ours.
reasons(persistent_terms, {_, Modules}) ->
    [{module, Module} || Module <- maps:keys(Modules)];
reasons(Table, {Apps, Modules}) ->
    Owner = owner(Table),
    App = application_of(Table),
    IsMnesia = App =:= mnesia andalso is_mnesia(Table),
    case lists:member(App, [kernel, stdlib]) orelse App =:= mnesia andalso not IsMnesia of
        true ->
            [];
        false ->
            Runs = case is_pid(Owner) of true -> modules_of(Owner); false -> [] end,
            [application || lists:member(App, Apps)]
                ++ [user || IsMnesia orelse needs([App], Apps, [])]
                ++ [{module, Module} || {Module, Atoms} <- maps:to_list(Modules),
                                        is_map_key(ets:info(Table, name), Atoms)
                                            orelse lists:member(Module, Runs)]
    end.

%% Mnesia's own tables describe records by tuples that look like them.
is_mnesia(Table) ->
    case catch mnesia:system_info(tables) of
        Tables when is_list(Tables) -> lists:member(Table, Tables -- [schema]);
        _ -> false
    end.

needs([], _, _) ->
    false;
needs([App | Rest], Apps, Seen) ->
    case application:get_key(App, applications) of
        {ok, Needed} ->
            lists:any(fun(Each) -> lists:member(Each, Apps) end, Needed)
                orelse needs((Needed -- (Rest ++ Seen)) ++ Rest, Apps, Needed ++ Seen);
        undefined ->
            needs(Rest, Apps, Seen)
    end.

%% What the process was started as, and what it is in.
modules_of(Owner) ->
    case process_info(Owner, [initial_call, dictionary, current_stacktrace]) of
        [{_, {Started, _, _}}, {_, Dictionary}, {_, Stack}] ->
            [Started | [M || {_, {M, _, _}} <- [lists:keyfind('$initial_call', 1, Dictionary)]]]
                ++ [M || {M, _, _, _} <- Stack];
        undefined ->
            []
    end.

%% The persistent terms whose keys are named in one of these modules.
named_terms(Rows, {_, Modules}) ->
    [Row || {Key, _} = Row <- Rows, is_named(Key, maps:values(Modules))].

is_named(Key, Known) when is_tuple(Key) ->
    lists:any(fun(Each) -> is_named(Each, Known) end, tuple_to_list(Key));
is_named(Key, Known) ->
    is_atom(Key) andalso lists:any(fun(Atoms) -> is_map_key(Key, Atoms) end, Known).

holder(persistent_terms, _) ->
    "persistent terms";
holder(Table, C) ->
    Owner = case owner(Table) of undefined -> self(); Pid -> Pid end,
    io_lib:format("~0tp of ~ts", [ets:info(Table, name), process(Owner, C)]).
