%% SPDX-License-Identifier: BSD-3-Clause
%%
%% The beams that may come with the program (make_program.escript), {Oldest, [{Module, Code}]}: the functions
%% that each upgrade needs, compiled. They are loaded for the time of a run, under names that nothing else
%% has, and only by the run whose turn it is, so that no other one needs them. A run that was killed may have
%% left them.
%%
%% They do not go through the code server, which may be busy for longer than a run may take. The functions
%% here are interpreted: code that runs cannot remove itself.
-module(erlrc_beam).
-export([load_beam/1, prepare_beam/0, remove_beam/0]).

%% Begins what takes long and changes nothing, for load_beam/1: [{Module, Request}]. Each is prepared by a
%% process of its own, maybe on another scheduler.
prepare_beam() ->
    case get(erlrc_beam) of
        {Oldest, Beams} ->
            [{Module, erpc:send_request(node(), erlang, prepare_loading, [Module, Code])}
             || list_to_integer(erlang:system_info(otp_release)) >= Oldest, {Module, Code} <- Beams];
        _ ->
            []
    end.

%% From now on, those functions are called instead of interpreted.
load_beam(Begun) ->
    {Modules, Requests} = lists:unzip(Begun),
    Prepared = lists:map(fun erpc:receive_response/1, Requests),
    Ready = lists:all(fun erlang:module_loaded/1, Modules)
        orelse not lists:keymember(error, 1, Prepared) andalso have_no_old_code(Modules)
               andalso erlang:finish_loading(Prepared) =:= ok,
    [note_functions(Module) || Ready, Module <- Modules],
    ok.

note_functions(Module) ->
    Functions = erlang:get_module_info(Module, exports),
    {Names, Arities} = lists:unzip(Functions),
    Same = lists:duplicate(length(Names), Module),
    lists:zipwith(fun erlang:put/2, Functions, lists:zipwith3(fun erlang:make_fun/3, Same, Names, Arities)).

%% The last act of a run.
remove_beam() ->
    case erase(erlrc_beam) of
        {_, Beams} ->
            {Modules, _} = lists:unzip(Beams),
            erase(),
            have_no_old_code(Modules) andalso lists:foreach(fun erlang:delete_module/1, Modules),
            have_no_old_code(Modules);
        _ ->
            ok
    end.

have_no_old_code(Modules) ->
    lists:all(fun code:soft_purge/1, lists:filter(fun erlang:check_old_code/1, Modules)).
