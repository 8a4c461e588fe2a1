// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>
#include <variant>
#include <vector>

#include <erlrc/app/appup.hpp>
#include <erlrc/plan/request.hpp>
#include <erlrc/script/instruction.hpp>
#include <erlrc/term/term.hpp>

// The steps of a plan. Each kind has three functions side by side: `to_term` (how the node is told),
// `describe` (how the user is told), and in src/erlang/runner the clause that does it together with
// what undoes it.

namespace erlrc {

/// Fails, before anything was touched, unless the application is loaded in that version: the node may have
/// changed since it was observed.
struct RequireLoaded {
  Atom app;
  std::string vsn;
  bool operator==(const RequireLoaded&) const = default;
};
struct RequireNotRunning {
  Atom app;
  bool operator==(const RequireNotRunning&) const = default;
};

/// If the application has ended when all else is done, the plan fails; and an undo starts it again if it has
/// ended by then. `type`: how it was started.
struct StayRunning {
  Atom app;
  Atom type{"temporary"};
  bool operator==(const StayRunning&) const = default;
};

/// `ebin` to the front of the code path.
struct AddPath {
  std::string ebin;
  bool operator==(const AddPath&) const = default;
};
/// `to` where `from` is in the code path; to the front if `from` is not there.
struct ReplacePath {
  std::string from;
  std::string to;
  bool operator==(const ReplacePath&) const = default;
};
struct RemovePath {
  std::string ebin;
  bool operator==(const RemovePath&) const = default;
};

/// application:load/1 of the specification, as read from the .app file.
struct LoadApp {
  Atom app;
  Term spec;
  bool operator==(const LoadApp&) const = default;
};
/// application:unload/1. `keep_loaded` are applications that it includes and that must stay because they run,
/// or shall run, on their own: without this, the next request to the application controller kills the node.
struct UnloadApp {
  Atom app;
  std::vector<Atom> keep_loaded;
  bool operator==(const UnloadApp&) const = default;
};
struct StartApp {
  Atom app;
  Atom type{"temporary"};
  bool operator==(const StartApp&) const = default;
};
/// Starts what `app` needs and what does not run, with all that those need. What is nowhere in the code path
/// is left alone: if it is really needed, the start of `app` tells.
struct StartNeeded {
  Atom app;
  std::vector<Atom> needed;
  bool operator==(const StartNeeded&) const = default;
};
struct StopApp {
  Atom app;
  bool operator==(const StopApp&) const = default;
};
/// Makes `to` the specification of a loaded application: keys, and the environment that a fresh start with it
/// and the same configuration would have, plus what was set at run time; then config_change/3 with the true
/// differences.
struct ChangeApp {
  Atom app;
  Term from;  ///< the specification until now: its environment tells what was set at run time
  Term to;
  bool operator==(const ChangeApp&) const = default;
};

/// Loads each module from `ebin` unless just that code (by md5) is loaded already.
struct LoadModules {
  struct Item {
    Atom module;
    Bytes md5;
    bool operator==(const Item&) const = default;
  };
  std::string ebin;
  std::vector<Item> modules;
  std::string as{};  ///< the directory that code:which/1 names; empty: ebin
  bool operator==(const LoadModules&) const = default;
};
/// Reads the object code of those loaded modules that a LoadModules with the same items will replace. Fails,
/// before anything was touched, if it cannot be found.
struct KeepReplaced {
  std::string ebin;
  std::vector<LoadModules::Item> modules;
  bool operator==(const KeepReplaced&) const = default;
};
/// Takes the modules out of the node, killing what still runs them.
struct UnloadModules {
  std::vector<Atom> modules;
  bool operator==(const UnloadModules&) const = default;
};

/// Reads the object code of the running versions, from `ebin` or wherever it lies: what undo needs. Fails,
/// before anything was touched, if one cannot be found.
struct KeepCode {
  std::string ebin;
  std::vector<Atom> modules;
  std::vector<LoadModules::Item> read{};  ///< files in `ebin` that need not be digested once more
  bool operator==(const KeepCode&) const = default;
};
/// Fails, before anything was touched, if the NIF library of one of these modules, in the application around
/// `ebin`, cannot take over from the one that is loaded. Notes which of them have NIFs, for CheckNifs.
struct CheckLibraries {
  std::string ebin;
  std::vector<Atom> modules;
  bool operator==(const CheckLibraries&) const = default;
};
/// Fails if one of the modules that CheckLibraries found with NIFs has none.
struct CheckNifs {
  bool operator==(const CheckNifs&) const = default;
};
/// Makes the node keep, for as long as it runs, the NIF libraries that it has loaded from the application
/// around `ebin`: what a library made may point into it, so it must not be unmapped with the code it belonged
/// to.
struct HoldLibraries {
  std::string ebin;
  bool operator==(const HoldLibraries&) const = default;
};
/// Reads the object code of the new versions. Each group of `switched` is prepared for a SwitchModules of its
/// own.
struct ReadCode {
  std::string ebin;
  std::vector<Atom> modules;
  std::vector<std::vector<Atom>> switched;
  std::string as{};  ///< as in LoadModules
  bool operator==(const ReadCode&) const = default;
};
/// Fails, before anything was touched, if a process still runs the code that the modules had before their
/// last upgrade: to load another version would kill it.
struct CheckOldCode {
  std::vector<Atom> modules;
  Policy policy{};
  bool operator==(const CheckOldCode&) const = default;
};
/// Names the processes that are inside one of the modules that change, those that wait for messages which one
/// of `handling` is to handle, and those in whose states there are records that change, but for those of
/// `apps` that run a module of `converted`; whether that is a remark or a failure, `policy` says.
struct CheckStranded {
  std::vector<Atom> apps;
  std::vector<Atom> changing;
  std::vector<Atom> converted;
  std::vector<Atom> handling;
  Policy policy{};
  bool operator==(const CheckStranded&) const = default;
};
/// All at once to their new versions, by code:finish_loading/1.
struct SwitchModules {
  std::vector<Atom> modules;
  bool operator==(const SwitchModules&) const = default;
};
/// One module to its new version, unless that is loaded already.
struct LoadNew {
  Atom module;
  bool operator==(const LoadNew&) const = default;
};
struct RemoveModule {
  Atom module;
  bool operator==(const RemoveModule&) const = default;
};
/// What becomes of processes that still run replaced code: killed (brutal) or left and reported (soft). The
/// last step, because nobody can take it back.
struct PostPurge {
  struct Item {
    Atom module;
    Purge purge = Purge::soft;
    bool operator==(const Item&) const = default;
  };
  std::vector<Item> items;
  bool operator==(const PostPurge&) const = default;
};

/// code_change in the processes suspended for each module, side by side. `vsn`: down, the version to go back
/// to, as the module's vsn attribute has it; up, empty: the node knows what runs.
struct ConvertProcesses {
  struct Item {
    Atom module;
    Term extra;
    Term down_vsn{Atom{"undefined"}};
    bool operator==(const Item&) const = default;
  };
  Direction mode = Direction::up;
  std::vector<Item> items;
  bool operator==(const ConvertProcesses&) const = default;
};
/// Suspends the processes that run the modules, in the supervision trees of `apps`, all side by side. The
/// conversion that comes after that is made ready before anybody waits, unless it has no items.
struct SuspendProcesses {
  std::vector<Atom> apps;
  std::vector<Suspend::Item> items;
  ConvertProcesses next{};
  bool operator==(const SuspendProcesses&) const = default;
};
/// Fails, before anything was touched, if a TerminateProcesses would stop processes that could not be started
/// again as they are: children of simple_one_for_one supervisors, temporary ones whose arguments nobody
/// knows.
struct CheckStop {
  std::vector<Atom> apps;
  std::vector<Atom> modules;
  bool operator==(const CheckStop&) const = default;
};
struct TerminateProcesses {
  std::vector<Atom> apps;
  std::vector<Atom> modules;
  bool operator==(const TerminateProcesses&) const = default;
};

/// Notes, before anything was touched, which children the supervisors of the modules have, and what init/1 of
/// the old code says; fails if an init/1 is known to fail when it is called again.
struct KeepChildren {
  struct Item {
    Atom module;
    bool askable = false;  ///< calling init/1 of either version has no effect
    std::vector<Atom> tables{};
    std::vector<Atom> names{};
    bool operator==(const Item&) const = default;
  };
  std::vector<Atom> apps;
  std::vector<Item> items;
  bool operator==(const KeepChildren&) const = default;
};
/// Stops the children of those supervisors that are gone, last born first, and starts those that are new,
/// unless somebody else has done so by now.
struct ChangeChildren {
  std::vector<Atom> modules;
  bool operator==(const ChangeChildren&) const = default;
};

/// `Apply` of the appup, with what takes it back where its author provides that.
struct ApplyHook {
  Apply call;
  std::optional<Apply> undo;
  bool operator==(const ApplyHook&) const = default;
};

/// The whole script by release_handler:eval_appup_script/4, with the configuration put back around it. Fails
/// before anything was touched if the node has no code of sasl.
struct EvalScript {
  ChangeApp change;        ///< the specifications of the application before and after
  std::string vsn;         ///< to which it goes
  std::string dir;         ///< where that lies
  std::vector<Atom> apps;  ///< in whose trees the processes are
  std::vector<LowLevel> script;
  bool operator==(const EvalScript&) const = default;
};

using Step =
    std::variant<RequireLoaded, RequireNotRunning, StayRunning, AddPath, ReplacePath, RemovePath, LoadApp,
                 UnloadApp, StartApp, StartNeeded, StopApp, ChangeApp, LoadModules, KeepReplaced,
                 UnloadModules, KeepCode, CheckLibraries, CheckNifs, HoldLibraries, ReadCode, CheckOldCode,
                 CheckStranded, PointOfNoReturn, SwitchModules, LoadNew, RemoveModule, PostPurge,
                 SuspendProcesses, ConvertProcesses, Resume, CheckStop, TerminateProcesses, StartProcesses,
                 KeepChildren, ChangeChildren, ApplyHook, EvalScript>;

/// How the node is told.
Term to_term(const Step& step);

/// How the user is told: one line without a full stop.
std::string describe(const Step& step);

}  // namespace erlrc
