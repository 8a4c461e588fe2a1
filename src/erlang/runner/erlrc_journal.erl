%% SPDX-License-Identifier: BSD-3-Clause
%%
%% The state of a run. It is in two maps, because of what an exception does to each.
%%
%% - The context, C, goes from step to step: each gets it and returns it. It holds what the steps of one plan
%%   need of each other. If a step fails, what it wrote into the context is lost with the exception; nothing
%%   may rely on it. The fields are in context/1.
%% - The record survives the exception of a step, because the rollback, the report and the log need it. A step
%%   writes into the journal, which is part of the record, before it makes a change; so the change is rolled
%%   back, whatever happens to the step. The fields are in new_record/0. An unknown field is an error at once.
%%
%% The record is one map in the process dictionary, under one key, which only this module knows. The process
%% dictionary is the only place that outlives an exception without another process, which could be slow, or
%% die. It is a map and not an Erlang record, because the compiler expands those, and this code may be
%% interpreted (make_program.escript).
-module(erlrc_journal).
-export([context/1, is_touched/0, journal/2, journal_first/2, journal_last/2, journal_of/1, journal_oldest/2,
         new_record/0, next_entry/0, note_new_child/1, recall/1, record/2, record_in/3, remark/2,
         take_newest/0]).
-import(erlrc_text, [text/2]).

context(Deadline) ->
    #{deadline => Deadline,    % when the time of the plan is over, as erlrc_call:now_ms/0 counts
      patience => Deadline,    % when it is no longer waited for processes that are busy
      until => Deadline,       % the same, for one suspension
      share => 0,              % how many ms one attempt to suspend all may last
      %% modules
      backup => #{},           % #{Module => {File, Beam} | not_loaded}: the code that ran before
      code => #{},             % #{Module => {File, Beam}}: the new code
      %% Groups of modules that are switched together: [{[Module], Call}] while they are made ready for that,
      %% and after the point of no return #{[Module] => what code:finish_loading/1 needs}.
      loads => [],
      nifs => [],              % the modules that have NIFs, of those that are to be loaded
      same => [],              % those that are not loaded again, because their libraries are the same
      libraries => none,       % the directory of the version whose NIF libraries they load
      to_kill => [],           % modules whose old code must go, with its processes, as the user wants
      to_purge => [],          % the same, as the appup wants: when they are loaded
      purges => [],            % [{Module, soft_purge | brutal_purge}], once the run is committed
      %% processes
      apps => [],              % in whose trees processes were suspended
      suspended => #{},        % #{Module | {parents, [Module]} | {postponed} => [Pid]}
      to_convert => [],        % [[Module]]: of the conversions to come
      postponed => [],         % processes that these concern, too, and that stay suspended (erlrc_once)
      modes => [],             % [{Pid, Module, Extra, Mode}]: callback modes (erlrc_machines)
      skipped => [],           % those of them that the next one is not for
      vsns => #{},             % #{Module => Vsn}: of the code that ran when its processes were suspended
      states_are_tagged => unknown,  % how this release answers get_state (erlrc_sys)
      later => {[], []},       % {Modules, Apps}: what the next plans convert (erlrc_later)
      reached => [],           % processes that the script converts, as far as they were there before
      records => {[], refuse}, % [{Module, Name, Size, NewSize}]: that change (erlrc_record)
      redefined => {[], refuse},  % records with other fields, as many (erlrc_states)
      stranded => unreached,   % what to do about processes that the new code cannot serve
      lost_loops => [],        % [{Module, {In, Lost}, Pids}]: in old code that calls what is lost
      unserved => [],          % [{Module, Functions, Pids}]: those that it cannot serve if they live on
      loses_states => {[], []},  % {Apps, Modules}: what the plan stops (erlrc_ending)
      removed => [],           % the modules that the plan removes (erlrc_ending)
      removal_is_done => false,
      starts => false,         % whether the plan starts applications (erlrc_ending)
      calls_hooks => true,     % whether the plan calls code of the application (erlrc_ending)
      may_stop => true,        % whether the plan may stop processes before the end
      starts_children => false,  % whether it starts those that supervisors get
      rows => {[], refuse, now, []},  % records that no row of a table may be (erlrc_rows)
      unfit => {[], refuse},   % the states that the new code cannot have (erlrc_shape)
      ready => none,           % the next conversion, as far as it is made ready (erlrc_conversion)
      converted => #{},        % #{Pid => State}: as it was before the conversion
      tree => #{},             % #{Pid => {Pid, Parent, ChildId, Type, Modules}}: for names
      remembered => none,      % the list that was merged into `tree' last
      trees_are_known => true, % a tree whose supervisors have the links that they had is not walked again
      %% children
      children => [],          % those of the supervisors that are converted (erlrc_children)
      terminated => [],        % those that are stopped and not started again yet
      %% applications
      environment => none,     % {App, Env}: before the change of its specification
      restarted => [],         % those that the script has stopped
      stays => none}.          % {App, StartType}: it has to run when all is done

%% To be called before all else in this module, once in a run.
new_record() ->
    put(erlrc_record,
        #{journal => [],            % [{Family, Entry}], newest first: undo the steps (erlrc_step)
          first => [],              % the same, for before the whole journal
          last => [],               % the same, for after the whole journal
          remarks => [],            % texts, newest first
          suspension => {none, 0, 0},  % of the processes (erlrc_sys:note_suspension/1)
          asleep => [],             % processes that were suspended before we came
          waiting => [],            % processes that the next plan converts (erlrc_later)
          late => [],               % those that took our request late, and stay suspended (erlrc_suspend)
          %% what erlrc_census has seen of all processes
          seen => [],               % the processes that were there, but for those that have not begun
          kinds => #{},             % #{{Kind, Stack} => [Pid]}, a Kind is {InitialCall, Function}
          roles => #{},             % #{Module | {entered} | {statem} | {special} => [{Kind, Stack}]}
          doubtful => [],           % [{Module, {Kind, Stack}}]: may be special processes (erlrc_kinds)
          beginning => [],          % [{Kind, Stack}]: may enter the loop of a behaviour
          certain => #{},           % #{{Module, {Kind, Stack}} => [Pid]}: all of these run the module
          slept => #{},             % #{Pid => Text}: the registers of those that hibernate
          libraries => #{},         % #{Module => [Behaviour]}: those that are not OTP's
          carried => #{},           % #{{Module, Pid} => boolean()}: whether their state names the module
          supervisors => [],        % [{Pid, Module | none}], sorted
          awaits => #{},            % #{Module => [{Function, Arity}]} of special processes, for their clients
          %% what erlrc_outside has seen of those outside of the trees
          parents => #{},           % #{Pid => Supervisor | none}
          foreign => [],            % these supervisors, and those that may start such processes
          searched => {[], []},     % {[Module], [Pid]}: which were searched for mentions of which
          found => none,            % what came of it last (erlrc_outside:concerned/3)
          %% what erlrc_tree has seen
          roots => #{},             % #{ApplicationMaster => TopSupervisor}
          links => #{},             % #{Supervisor => [Pid]}: when it was asked for its children
          trees => #{},             % #{[App] => {Trees, Links}}
          handlers_were_asked => false,
          %% what erlrc_predict has read and found
          forms => #{},             % #{Module => #{functions, records, imports} | none}
          verdict => none,          % what has ended an evaluation
          %% for the effects of conversions (erlrc_effects)
          world => none,            % {Tables, Names, PersistentTerms, Links}: at the point of no return
          asking => [],             % processes whose conversion took its time
          woken => [],              % [{Supervisor, Links}]: resumed before all were converted
          kept => [],               % [{Pid, Key}]: the states that processes keep themselves (erlrc_kept)
          %% for the undo of one entry, from that of others
          stuck => [],              % [{Pid, Snapshot, C}]: inside a code_change that does not return
          newborn => [],            % [{Pid, Module | none}]: started by the new code
          new_children => [],       % [Pid]: what the new init/1 of supervisors had started
          resumed => [],            % [{Pid, State}]: with which they were resumed, newest first
          again => #{}}).           % #{Pid => [Job]}: to be converted once more, by the old code

recall(Field) ->
    maps:get(Field, get(erlrc_record)).

%% Returns the value before.
record(Field, Value) ->
    #{Field := Before} = Record = get(erlrc_record),
    put(erlrc_record, Record#{Field := Value}),
    Before.

%% For a field that is a map.
record_in(Field, Key, Value) ->
    #{Field := Map} = Record = get(erlrc_record),
    put(erlrc_record, Record#{Field := Map#{Key => Value}}).

journal(Family, Entry) ->
    #{journal := Journal} = Record = get(erlrc_record),
    put(erlrc_record, Record#{journal := [{Family, Entry} | Journal]}).

note_new_child({ok, Pid}) when is_pid(Pid) -> record(new_children, [Pid | recall(new_children)]);
note_new_child({ok, Pid, _}) -> note_new_child({ok, Pid});
note_new_child(_) -> ok.

%% The entry is for before all else: what the undo calls of the application has to see it.
journal_first(Family, Entry) ->
    record(first, [{Family, Entry} | recall(first)]).

%% The entry is for when all else is as it was.
journal_last(Family, Entry) ->
    record(last, [{Family, Entry} | recall(last)]).

%% The entry is for the end of the journal: when the code is that of before, and what `last' needs is missing.
journal_oldest(Family, Entry) ->
    record(journal, recall(journal) ++ [{Family, Entry}]).

%% Whether a step has changed anything.
is_touched() ->
    [] =/= recall(first) ++ recall(journal) ++ recall(last).

%% Takes out the entry that is the next one to undo, or none.
next_entry() ->
    case {recall(first), recall(journal), recall(last)} of
        {[Entry | Rest], _, _} ->
            record(first, Rest),
            Entry;
        {[], [_ | _], _} ->
            take_newest();
        {[], [], [Entry | Rest]} ->
            record(last, Rest),
            Entry;
        {[], [], []} ->
            none
    end.

%% The entries of one family, newest first.
journal_of(Family) ->
    [Entry || {F, Entry} <- recall(journal), F =:= Family].

%% Takes the newest entry out of the journal, for its undo, or because another entry covers its change.
take_newest() ->
    [Newest | Journal] = recall(journal),
    record(journal, Journal),
    Newest.

remark(Format, Args) ->
    Text = text(Format, Args),
    lists:member(Text, recall(remarks)) orelse record(remarks, [Text | recall(remarks)]),
    ok.
