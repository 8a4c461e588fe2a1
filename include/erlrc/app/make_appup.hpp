// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>
#include <vector>

#include <erlrc/app/app_files.hpp>

// Makes the appup that an application's author did not ship, from the files of its two versions alone.
//
// The instructions are those of appup(4), for erlrc's runner and for release_handler alike. A script
// that is made:
// - changes only modules whose code differs by md5, which line numbers and debug information do not affect;
// - never waits forever and never kills a process: every purge is soft. The upgrade is refused, before
//   anything changes, if a process still runs old code of an earlier upgrade. A process whose current code
//   becomes old keeps running;
// - loads a module after those whose new functions it calls, and ends calls of functions before those are
//   removed. If one version calls a function that the other does not export, the instruction depends on the
//   called module, so that the processes of both are suspended at once;
// - changes supervisors last, so that a child that sup_upgrade_notify starts runs new code;
// - is reverted by the script of the other direction in exactly the reverse order.

namespace erlrc {

/// A remark for the user about a script that was made.
struct AppupRemark {
  enum class Kind {
    no_code_change,      ///< keeps the state of processes and has no function that converts it
    conversion_unknown,  ///< its author's -vsn stays, and its code_change cannot be compared
    nif_replaced,        ///< its NIF library is loaded again, and must support that
    nif_lost,            ///< does not load its NIF library in on_load, so the new code has no NIFs
    beam_missing,        ///< listed in an .app file, but has no .beam file
    not_listed,          ///< has a .beam file, but the .app file of the target version does not list it
  };
  Atom module;
  Kind kind{};
  bool operator==(const AppupRemark&) const = default;
};

/// The remark as a predicate of the module: "keeps a state, changed, and has no code_change".
std::string describe(AppupRemark::Kind kind);

struct MadeScript {
  std::vector<Term> instructions;    ///< as in appup(4), high-level except for `remove` and `apply`
  std::vector<AppupRemark> remarks;  ///< by module
  bool operator==(const MadeScript&) const = default;
};

/// The instructions that change a node from `from` to `to`. The later version, whose code knows both, is `to`
/// in an upgrade and `from` in a downgrade. Modules that no .app file lists take part, too: the node finds
/// their files as it finds the others. A module with NIFs is loaded again if libraries of the two versions
/// differ.
MadeScript make_script(const AppFiles& from, const AppFiles& to, Direction direction);

/// Both directions as a whole appup of `later`, as erlrc-makeappup prints it.
Appup make_appup(const AppFiles& earlier, const AppFiles& later);

/// Exactly as the erlrc of 2008 made it: every module, infinite time limits, the order of the .app file.
Appup make_appup_of_2008(const AppFiles& earlier, const AppFiles& later);

/// The text of the .appup file, as erlrc-makeappup prints it: the pretty-printed term and a full stop.
std::string render_appup(const Appup& appup);

}  // namespace erlrc
