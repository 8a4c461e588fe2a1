%% SPDX-License-Identifier: BSD-3-Clause
%%
%% Formatting of failures.
-module(erlrc_text).
-export([exception/3, expect/4, fail/2, module_name/1, modules/1, pids/1, process/2, processes/2, reply/1,
         short/1, short_name/1, text/2]).

fail(Format, Args) ->
    throw({fail, text(Format, Args)}).

expect(Expected, Expected, _, _) ->
    ok;
expect(_, Result, Format, Args) ->
    Why = case Result of
              timeout -> "not done within the time limit";
              {raised, Text} -> Text;
              {error, Reason} -> short(Reason);
              Other -> short(Other)
          end,
    fail(Format ++ ": ~ts", Args ++ [Why]).

text(Format, Args) ->
    unicode:characters_to_binary(io_lib:format(Format, Args)).

%% Reasons hold whole states at times: deep parts are left out.
short(Term) ->
    io_lib:format("~0tP", [Term, 25]).

%% "egerl_counter:code_change/3, egerl_counter.erl:41: {badkey,limit}": the place is the innermost call of
%% code that an author can mend, so not one of ours, of OTP's or of Elixir's.
exception(Class, Reason, Stack) ->
    Why = case Class of error -> short(Reason); _ -> [atom_to_list(Class), " ", short(Reason)] end,
    case [Frame || {M, _, _, _} = Frame <- Stack, not is_of_language(M)] ++ Stack of
        [Frame | _] -> text("~ts: ~ts", [frame(Frame), Why]);
        [] -> text("~p ~ts", [Class, short(Reason)])
    end.

frame({M, F, Args, Location}) ->
    Arity = case Args of _ when is_integer(Args) -> Args; _ -> length(Args) end,
    Line = case {proplists:get_value(file, Location), proplists:get_value(line, Location)} of
               {File, Number} when is_list(File), is_integer(Number) ->
                   io_lib:format(", ~ts:~b", [filename:basename(File), Number]);
               _ ->
                   ""
           end,
    io_lib:format("~ts:~ts/~b~ts", [module_name(M), F, Arity, Line]).

%% Sends no message: the process that would answer may be the one that has failed.
is_of_language(Module) ->
    lists:prefix("erlrc_run_", atom_to_list(Module))
        orelse lists:member(Module, erlang:pre_loaded())
        orelse lists:member(application:get_application(Module),
                            [{ok, kernel}, {ok, stdlib}, {ok, elixir}, {ok, erlrc}]).

reply({reply, {error, {'EXIT', {Reason, [{_, _, _, _} | _] = Stack}}}}) -> exception(error, Reason, Stack);
reply({reply, {error, {'EXIT', Reason}}}) -> exception(exit, Reason, []);
reply({reply, {error, Reason}}) -> ["returned ", short(Reason)];
reply({reply, Other}) -> short(Other);
reply({down, Reason}) -> ["died: ", short(Reason)];
reply(timeout) -> "did not return in time".

module_name(Module) ->
    case atom_to_list(Module) of
        "Elixir." ++ Name -> Name;
        Name -> Name
    end.

modules(Modules) ->
    lists:join(", ", [module_name(M) || M <- Modules]).

pids(Pids) ->
    lists:join(", ", [pid_to_list(Pid) || Pid <- Pids]).

processes(Pids, C) ->
    lists:join(", ", [process(Pid, C) || Pid <- Pids]).

%% For a person: pid, registered name, where it is, whose child it is.
process(Pid, #{tree := Tree}) ->
    Info = case process_info(Pid, [registered_name, current_function]) of undefined -> []; List -> List end,
    Name = case proplists:get_value(registered_name, Info) of
               undefined -> [];
               [] -> [];
               Registered -> [" ", atom_to_list(Registered)]
           end,
    Where = case proplists:get_value(current_function, Info) of
                {M, F, A} -> io_lib:format(" in ~ts:~ts/~p", [module_name(M), F, A]);
                _ -> []
            end,
    [pid_to_list(Pid), Name, Where, path_of(maps:get(Pid, Tree, none), Tree)].

path_of({_, Parent, Id, _, _}, Tree) when is_pid(Parent) ->
    [io_lib:format(" child ~0tp of ", [Id]), short_name(Parent), path_of(maps:get(Parent, Tree, none), Tree)];
path_of(_, _) ->
    [].

short_name(Pid) ->
    case process_info(Pid, registered_name) of
        {registered_name, Name} -> atom_to_list(Name);
        _ -> pid_to_list(Pid)
    end.
