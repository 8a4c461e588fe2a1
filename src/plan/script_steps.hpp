// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <erlrc/app/app_files.hpp>
#include <erlrc/plan/plan.hpp>
#include <erlrc/script/instruction.hpp>

// The low-level instructions of an upgrade (appup(4)) as steps of a plan, with what must be known before
// them.

namespace erlrc {

/// What takes a call of the appup back, where its author gave us that: the counterpart of a supervisor's
/// hook.
std::optional<Apply> counterpart(const Apply& call);

/// Turns the instructions into steps, one to one as far as possible; what differs is what undo and speed ask
/// for.
class ScriptSteps {
public:
  ScriptSteps(const AppFiles& from, const AppFiles& to, const NodeState& node);

  void append(const std::vector<LowLevel>& script);

  /// What must be known before anything is touched. `made`: the script is ours.
  std::vector<Step> preparation(const Policy& policy, bool made) const;

  /// The application whose processes are concerned, if it runs.
  std::optional<Step> stay_running() const;

  /// What follows the script: supervisors know their new children by then, and nobody has started them.
  std::optional<Step> change_children(const Policy& policy) const;

  /// Why a supervisor's old children are not told from those that somebody added.
  std::vector<std::string> notes() const;

  /// Somebody else loads the modules: none is prepared.
  void switch_nothing();

  std::vector<Step> take();

  /// The same in one step of release_handler.
  Step take_as_script(std::vector<LowLevel> script) const;

  /// What follows the script if modules with NIFs are loaded again.
  std::optional<Step> check_nifs() const;

  std::optional<Step> post_purge() const;

private:
  template <typename Kind>
  void push(Kind step);

  /// The files of the version that runs with their digests, as far as they are where the node looks for them.
  std::vector<LoadModules::Item> read_of(const std::vector<Atom>& modules) const;

  /// Protocols come from the directory of the release, all else from the application's own.
  void append_reading(std::vector<Step>& steps) const;

  /// Those whose processes call init/1 of the new code.
  std::vector<NoteChildren::Item> supervisors() const;

  // ReadCode of the preparation does this for all at once.
  void append(const LoadObjectCode&);
  void append(const PointOfNoReturn&);
  void append(const Load& i);
  void append(const Remove& i);
  // Whatever loads a module again purges what is left of the one before; the rest waits until nothing can
  // fail any more.
  void append(const PurgeModules& i);
  void append(const Suspend& i);
  void append(const CodeChange& i);
  void append(const Resume& i);
  void append(const StopProcesses& i);
  void append(const StartProcesses& i);
  void append(const Apply& i);
  // Refused before a plan is made, unless there is nobody to wait for.
  void append(const SyncNodes&);
  void append(const RestartNewEmulator&);
  void append(const RestartEmulator&);

  std::vector<Atom> taken_over() const;

  void note_purge(const Atom& module, Purge before, Purge after);

  /// Modules loaded in a row switch together, but for those that run code when they are loaded, and those
  /// that may be loaded already.
  void flush_loads();

  /// To the suspension before it, if it is the first one after that.
  void announce(const ConvertProcesses& conversion);

  void change_app();

  const AppFiles& from_;
  const AppFiles& to_;
  const NodeState& node_;
  ChangeApp change_;
  std::vector<Atom> trees_;
  std::vector<Step> steps_;
  std::vector<Atom> loads_;  ///< seen, not yet in steps_
  std::vector<Atom> loaded_;
  std::vector<Atom> removed_;
  std::vector<Atom> stopped_;
  std::vector<std::vector<Atom>> switched_;
  std::set<Atom> checked_;
  std::set<Atom> converted_;
  std::map<Atom, bool> code_changed_;  ///< whether the script calls something before
  bool called_ = false;
  std::map<Atom, Purge> purges_;
  bool changed_ = false;
};

}  // namespace erlrc
