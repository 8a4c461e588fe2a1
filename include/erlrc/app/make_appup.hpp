// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>
#include <vector>

#include <erlrc/app/app_files.hpp>

// Makes the appup that an application's author did not ship, from the files of its two versions alone.
//
// The instructions are those of appup(4), for this program's runner and for release_handler alike. A made
// script
// - touches only modules whose code differs (their md5), which lines and debug information do not change;
// - never waits for ever, and kills no process: every purge is soft. Before anything is touched the upgrade
// is refused
//   if a process still runs the old code of an earlier upgrade; a process that now runs code that becomes old
//   goes on;
// - loads a module after those whose new functions it calls, and stops calling functions before they go.
// Where only
//   that matters (one version calls a function that the other does not export) the instruction names the
//   other module among those it depends on, so that the processes of both are suspended together;
// - changes supervisors after all else, so that a child that sup_upgrade_notify starts runs new code;
// - is undone by the script of the other direction in exactly the reverse order.

namespace erlrc {

/// Something about the made instructions that the user should know.
struct AppupRemark {
  enum class Kind {
    no_code_change,  ///< keeps the state of processes, and has no function that converts it
    nif_replaced,    ///< its NIF library is loaded again, and must support that
    nif_lost,  ///< loads its NIF library by itself at some time, not by on_load: without it after the upgrade
    beam_missing,  ///< listed in an .app file, but there is no .beam for it
  };
  Atom module;
  Kind kind{};
  bool operator==(const AppupRemark&) const = default;
};

/// The remark as words about the module: "keeps a state, changed, and has no code_change".
std::string describe(AppupRemark::Kind kind);

struct MadeScript {
  std::vector<Term> instructions;    ///< of appup(4), high-level except for `remove` and `apply`
  std::vector<AppupRemark> remarks;  ///< by module
  bool operator==(const MadeScript&) const = default;
};

/// The instructions that take a node from `from` to `to`. Up, `to` is the later version, whose code knows
/// both; down, `from` is. Only modules that an .app lists take part, as in OTP.
MadeScript make_script(const AppFiles& from, const AppFiles& to, Direction direction);

/// Both directions as a whole appup of `later`, for files and for erlrc-makeappup.
Appup make_appup(const AppFiles& earlier, const AppFiles& later);

/// Exactly what the erlrc of 2008 made: every module, infinite time limits, the order of the .app file.
Appup make_appup_compatible(const AppFiles& earlier, const AppFiles& later);

/// The text of the .appup file: the term, pretty, and a full stop. What erlrc-makeappup prints.
std::string render_appup(const Appup& appup);

}  // namespace erlrc
