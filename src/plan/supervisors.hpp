// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include <erlrc/app/app_files.hpp>
#include <erlrc/plan/child_steps.hpp>
#include <erlrc/plan/node_state.hpp>

// The steps for the children of supervisors around a script.

namespace erlrc {

/// What of a script matters to supervisors.
struct Supervisors {
  const AppFiles& from;
  const AppFiles& to;
  const std::map<Atom, bool>& code_changed;  ///< modules, and whether the script calls something before
  const std::vector<Atom>& loaded;
  const NodeState& node;
};

/// The supervisors to look at before anything is touched, if there are any.
std::optional<NoteChildren> note_children(const Supervisors& supervisors, const std::vector<Atom>& trees,
                                          const Policy& policy);

/// After the script, supervisors know their new children, and nothing has started them.
ChangeChildren change_children(const NoteChildren& noted);

/// For --verbose: which children may stay although init/1 no longer returns them.
std::vector<std::string> notes_on(const NoteChildren& noted, const AppFiles& from, const AppFiles& to);

}  // namespace erlrc
