// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <erlrc/script/translate.hpp>

#include <cstddef>
#include <map>
#include <optional>
#include <unordered_map>
#include <variant>
#include <vector>

// Shared by both groupings of `translate`.

namespace erlrc::script {

/// An instruction for one module, with the modules it depends on. add_module becomes a load_module here.
using ModuleChange = std::variant<Update, LoadModule, DeleteModule>;

const Atom& module_of(const ModuleChange& change);
const std::vector<Atom>& dependencies_of(const ModuleChange& change);

/// The changes of a script with their dependencies. Changes are numbered in the order of the script.
class ModuleChanges {
public:
  /// Throws Error if two changes are for one module, or if one depends on a module without a change.
  explicit ModuleChanges(std::vector<ModuleChange> changes);

  const std::vector<ModuleChange>& all() const { return all_; }

  /// The groups of changes that are connected by dependencies. Groups and their members are in the order of
  /// the script.
  std::vector<std::vector<std::size_t>> components() const;

  /// Returns `members` with each change before those it depends on. Changes without order between them, and
  /// the members of a cycle, stay in the order of the script.
  std::vector<std::size_t> dependents_first(const std::vector<std::size_t>& members) const;

  /// The same with each change after those it depends on.
  std::vector<std::size_t> dependencies_first(const std::vector<std::size_t>& members) const;

private:
  std::vector<std::size_t> ordered(const std::vector<std::size_t>& members, bool dependents_first) const;

  std::vector<ModuleChange> all_;
  std::vector<std::vector<std::size_t>> depends_on_;
};

/// Maps a module to its application: the first one that lists it.
class Owners {
public:
  explicit Owners(const std::vector<AppSpec>& apps);

  /// Returns {load_object_code, {App, Vsn, [Module]}}. Throws Error if no application has the module.
  LoadObjectCode object_code_of(const Atom& module) const;

private:
  std::unordered_map<Atom, const AppSpec*> owners_;
};

/// Merges to one load_object_code for each application, at the place of its first one, without duplicate
/// modules. Throws Error for two versions of one application.
std::vector<LoadObjectCode> merged(const std::vector<LoadObjectCode>& parts);

/// {suspend, ..} for the updates among `changes`, and {resume, ..} in reverse; nullopt without an update.
std::optional<Suspend> suspend_of(const std::vector<const ModuleChange*>& changes);
Resume resume_of(const Suspend& suspend);

/// The load of a change, or nullopt if it is a delete_module.
std::optional<Load> load_of(const ModuleChange& change);

/// Appends {remove, ..} and {purge, ..} of a delete_module.
void append_removal(const DeleteModule& change, std::vector<LowLevel>& to);

/// Appends nothing if `items` is empty.
void append_code_change(Direction mode, std::vector<CodeChange::Item> items, std::vector<LowLevel>& to);

/// Grouping::together; nullopt if an instruction of `script` needs the order in which its author wrote it.
std::optional<std::vector<LowLevel>> translate_together(const std::vector<Instruction>& script,
                                                        Direction direction, const std::vector<AppSpec>& to,
                                                        const std::vector<AppSpec>& from);

}  // namespace erlrc::script
