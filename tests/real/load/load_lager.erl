%% SPDX-License-Identifier: BSD-3-Clause
-module(load_lager).
%% A message comes to a backend of ours.
-behaviour(gen_event).
-export([prepare/0, start/0, use/1]).
-export([init/1, handle_call/2, handle_event/2, handle_info/2, terminate/2, code_change/3]).

prepare() -> ok = gen_event:add_handler(lager_event, ?MODULE, []), lager:set_loglevel(?MODULE, info).

start() -> none.

use(none) ->
    Self = self(),
    ok = lager:log(info, [{pid, Self}], "~p", [Self]),
    receive logged -> none after 60000 -> error(not_logged) end.

init([]) -> {ok, lager_util:level_to_num(info)}.
handle_call(get_loglevel, Level) -> {ok, Level, Level};
handle_call({set_loglevel, _}, Level) -> {ok, ok, Level}.
handle_event({log, Message}, Level) ->
    [list_to_pid(P) ! logged || P <- [pid_text(lager_msg:metadata(Message))], P =/= none],
    {ok, Level};
handle_event(_, Level) -> {ok, Level}.
handle_info(_, Level) -> {ok, Level}.
terminate(_, _) -> ok.
code_change(_, Level, _) -> {ok, Level}.

pid_text(Metadata) ->
    case proplists:get_value(pid, Metadata) of
        Pid when is_pid(Pid) -> pid_to_list(Pid);
        Text when is_list(Text) -> Text;
        _ -> none
    end.
