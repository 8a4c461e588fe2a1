%% SPDX-License-Identifier: BSD-3-Clause
%%
%% Lets one plan run at a time.
-module(erlrc_turn).
-export([take_turn/1]).
-import(erlrc_call, [left/1]).

%% The registered name is the lock: it goes with the process, however that ends.
take_turn(C) ->
    try register(erlrc_runner, self()) of
        true -> ok
    catch
        error:badarg ->
            case whereis(erlrc_runner) of
                undefined ->
                    take_turn(C);
                Other ->
                    Monitor = monitor(process, Other),
                    receive
                        {'DOWN', Monitor, process, _, _} -> take_turn(C)
                    after left(C) ->
                        {busy, Other}
                    end
            end
    end.
