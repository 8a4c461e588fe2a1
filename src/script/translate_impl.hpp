// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <erlrc/script/translate.hpp>

#include <cstddef>
#include <map>
#include <optional>
#include <unordered_map>
#include <variant>
#include <vector>

// What both groupings of `translate` share.

namespace erlrc::script {

/// An instruction that names one module and the modules it depends on. add_module is a load_module here.
using ModuleChange = std::variant<Update, LoadModule, DeleteModule>;

const Atom& module_of(const ModuleChange& change);
const std::vector<Atom>& dependencies_of(const ModuleChange& change);

/// The changes of a script and which depend on which. Changes are known by their number, in the order of the
/// script.
class ModuleChanges {
public:
  /// Throws Error if two changes are for one module, or if one depends on a module that has none.
  explicit ModuleChanges(std::vector<ModuleChange> changes);

  const std::vector<ModuleChange>& all() const { return all_; }

  /// The changes that hang together by dependencies, each group and the groups among them in the order of the
  /// script.
  std::vector<std::vector<std::size_t>> components() const;

  /// `members` so that what depends on others comes before those. What nothing orders, and the members of a
  /// cycle, stay in the order of the script.
  std::vector<std::size_t> dependents_first(const std::vector<std::size_t>& members) const;

  /// The same with what others depend on first.
  std::vector<std::size_t> dependencies_first(const std::vector<std::size_t>& members) const;

private:
  std::vector<std::size_t> ordered(const std::vector<std::size_t>& members, bool dependents_first) const;

  std::vector<ModuleChange> all_;
  std::vector<std::vector<std::size_t>> depends_on_;
};

/// To which application a module belongs: the first one that lists it.
class Owners {
public:
  explicit Owners(const std::vector<AppSpec>& apps);

  /// {load_object_code, {App, Vsn, [Module]}}. Throws Error if no application has the module.
  LoadObjectCode object_code_of(const Atom& module) const;

private:
  std::unordered_map<Atom, const AppSpec*> owners_;
};

/// One load_object_code for each application, where the first one stood; no module twice. Throws Error if
/// there are two versions of one application.
std::vector<LoadObjectCode> merged(const std::vector<LoadObjectCode>& parts);

/// {suspend, ..} of those among `changes` that are updates, and {resume, ..} in reverse; nothing if none is.
std::optional<Suspend> suspend_of(const std::vector<const ModuleChange*>& changes);
Resume resume_of(const Suspend& suspend);

/// The load of a change, or nothing if it is a delete_module.
std::optional<Load> load_of(const ModuleChange& change);

/// {remove, ..} and {purge, ..} of a delete_module.
void append_removal(const DeleteModule& change, std::vector<LowLevel>& to);

/// Nothing if `items` is empty.
void append_code_change(Direction mode, std::vector<CodeChange::Item> items, std::vector<LowLevel>& to);

/// Grouping::together; nothing if `script` holds something that needs the order in which its author wrote it.
std::optional<std::vector<LowLevel>> translate_together(const std::vector<Instruction>& script,
                                                        Direction direction, const std::vector<AppSpec>& to,
                                                        const std::vector<AppSpec>& from);

}  // namespace erlrc::script
