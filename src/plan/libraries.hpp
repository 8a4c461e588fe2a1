// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <optional>
#include <vector>

#include <erlrc/app/app_files.hpp>
#include <erlrc/plan/plan.hpp>
#include <erlrc/script/instruction.hpp>

// Modules that have functions from a library (NIFs, erl_nif(3)). The library is loaded with the code, by
// on_load, or later, by a call; it is part of what the code is. And modules that look for their own files.

namespace erlrc {

/// The modules that have NIFs in this version, out of `modules`.
std::vector<Atom> with_nifs(const AppFiles& files, const std::vector<Atom>& modules);

/// Whether both versions have the module, with the same code. Its library may differ.
bool has_same_code(const AppFiles& from, const AppFiles& to, const Atom& module);

/// The check of all modules that have NIFs in both versions, by what becomes of them if `loaded` are loaded;
/// nullopt if there is nothing to check.
std::optional<CheckLibraries> check_libraries(const AppFiles& from, const AppFiles& to,
                                              const std::vector<Atom>& loaded);

/// The check of what runs at the ports of the application; nullopt if it opens none. (A driver is used by way
/// of a port, too.)
std::optional<CheckPorts> check_ports(const AppFiles& to);

/// Names the modules that would lose their NIFs: code that is loaded again starts without them. Only on_load,
/// or a function that the script calls, can load them again. (The hooks of supervisors are for children.)
std::optional<Refusal> loses_nifs(const AppFiles& to, const std::vector<LowLevel>& script);

/// Whether processes that already run the new code of `group` would call functions that only the new code of
/// `module` exports, which is loaded by itself, and that does not need them first.
bool is_needed_first(const AppFiles& from, const AppFiles& to, const Atom& module,
                     const std::vector<Atom>& group);

/// Whether the NIF libraries of `to`, the version that runs installed again, are other ones than those that
/// the node has in memory. `before`: the files that it replaces; null: they are gone.
bool has_other_libraries(const AppFiles* before, const AppFiles& to, const NodeState& node);

/// The modules that look for their files by code:which/1, and that nothing loads though their directory
/// changes. To load all others again, too, would take longer than the rest of an upgrade, and leave the
/// processes in them in old code.
std::vector<Atom> look_for_files(const AppFiles& from, const AppFiles& to, const std::vector<Atom>& loaded);

}  // namespace erlrc
