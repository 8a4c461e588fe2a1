// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <erlrc/pkg/apt_hook.hpp>
#include <erlrc/plan/plan.hpp>
#include <erlrc/sys/deadline.hpp>
#include <erlrc/coordinator/execute.hpp>

// What a transaction that has not begun will do to running nodes.

namespace erlrc {

/// What becomes of one application on one node.
struct Forecast {
  enum class Kind {
    hot,            ///< upgraded or downgraded while it runs
    restart,        ///< stopped and started: within the node by its appup, or with it by its package
    start,          ///< a node that does not run it will
    stop,           ///< its package goes
    left,           ///< its package leaves nodes alone: they go on with the old version
    needs_restart,  ///< only a new start of the node can do it
    refused,        ///< the hooks of its package will fail
  };
  Kind kind = Kind::hot;
  std::string package;
  std::string app;
  std::string old_vsn;  ///< empty: none
  std::string new_vsn;  ///< empty: none
  std::string node;
  std::vector<Atom> modules;  ///< that change
  std::string why;            ///< for `needs_restart` and `refused`; else what the user should know
  bool waits = false;         ///< `left`, or restarted by its package: the hooks do nothing
  bool operator==(const Forecast&) const = default;
};

/// Whether the application will not come to run its new version by what the hooks do.
bool fails(const Forecast& forecast);

struct Forecasts {
  std::vector<Forecast> rows;         ///< in the order in which it will be done; within that, by node
  std::vector<std::string> notes;     ///< what else the administrator should know
  std::vector<std::string> warnings;  ///< what could not be found out
  bool operator==(const Forecasts&) const = default;
};

/// Asks every node of `site`, and changes none. If none of them runs, nothing is read and the result is
/// empty.
Forecasts forecast(const std::vector<AptAction>& actions, const std::filesystem::path& admindir,
                   const Site& site, Deadline until);

/// The row of one decision; nullopt where nothing happens.
std::optional<Forecast> row_of(const Request& request, const Decision& decision);

/// The applications that the new version of `app` needs.
struct Needs {
  std::string app;
  std::vector<Atom> apps;
};

/// Refuses those of `rows`, all of one node, that need an application which will not be upgraded.
void refuse_dependents(std::vector<Forecast>& rows, const std::vector<Needs>& needs);

/// The table, as lines; empty if there is nothing to say.
std::string render_forecasts(const Forecasts& forecasts);

}  // namespace erlrc
