%% SPDX-License-Identifier: BSD-3-Clause
%%
%% The beam that may come with the program (make_program.escript), {Module, Oldest, Code}: the functions that
%% each upgrade needs, compiled. It is loaded for the time of a run, under a name that nothing else has, and
%% only by the run whose turn it is, so that no other one needs it. A run that was killed may have left it.
%%
%% It does not go through the code server, which may be busy for longer than a run may take. The functions
%% here are interpreted: code that runs cannot remove itself.
-module(erlrc_beam).
-export([load_beam/0, remove_beam/0]).

%% From now on, those functions are called instead of interpreted.
load_beam() ->
    case get(erlrc_beam) of
        {Module, Oldest, Code} ->
            Ready = list_to_integer(erlang:system_info(otp_release)) >= Oldest
                andalso (erlang:module_loaded(Module)
                         orelse has_no_old_code(Module)
                         andalso erlang:load_module(Module, Code) =:= {module, Module}),
            [put(Function, Fun) || Ready, {Function, Fun} <- Module:functions()],
            ok;
        _ ->
            ok
    end.

%% The last act of a run.
remove_beam() ->
    case erase(erlrc_beam) of
        {Module, _, _} ->
            erase(),
            erlang:module_loaded(Module) andalso has_no_old_code(Module) andalso erlang:delete_module(Module),
            has_no_old_code(Module);
        _ ->
            ok
    end.

has_no_old_code(Module) ->
    not erlang:check_old_code(Module) orelse code:soft_purge(Module).
