// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>
#include <vector>

#include <erlrc/app/app_files.hpp>
#include <erlrc/script/instruction.hpp>

// What a script does with each module, as a person wants to read it before a release.

namespace erlrc {

struct ExplainedModule {
  enum class Change { changed, same, added, gone };
  Atom module;
  Change change = Change::changed;
  std::string what;  ///< what the script does with it and its processes
  bool operator==(const ExplainedModule&) const = default;
};

/// `changed`, `same`, `new` or `gone`.
std::string to_string(ExplainedModule::Change change);

/// Lists the modules that differ between the two versions and those that the script mentions, by name.
std::vector<ExplainedModule> explain_modules(const AppFiles& from, const AppFiles& to,
                                             const std::vector<LowLevel>& script);

/// "zoo_srv: changed: loaded".
std::string describe(const ExplainedModule& module);

}  // namespace erlrc
