// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include <erlrc/beam/nif_entries.hpp>
#include <erlrc/coordinator/execute.hpp>
#include <erlrc/coordinator/settings.hpp>
#include <erlrc/forecast/changed_package.hpp>
#include <erlrc/plan/plan.hpp>
#include <erlrc/sys/deadline.hpp>

// The effect on running nodes of a transaction that has not begun.

namespace erlrc {

/// The effect on one application of one node.
struct Forecast {
  enum class Kind {
    hot,            ///< upgraded or downgraded while it runs
    restart,        ///< stopped and started: within the node by its appup, or with it by its package
    start,          ///< started on a node that does not run it
    unwanted,       ///< not started, since the node's entry does not let packages do so
    stop,           ///< its package is removed
    skipped,        ///< its package does not manage nodes: they keep running the old version
    needs_restart,  ///< possible only by a restart of the node
    refused,        ///< the hooks of its package will fail
  };
  Kind kind = Kind::hot;
  std::string package;
  std::string app;
  std::string old_vsn;  ///< empty: there is no old version
  std::string new_vsn;  ///< empty: there is no new version
  std::string node;
  std::vector<Atom> modules;  ///< the modules that change
  std::string why;            ///< for `needs_restart` and `refused`; else a remark for the user
  bool waits = false;         ///< `skipped`, or restarted by its package: the hooks do nothing
  bool operator==(const Forecast&) const = default;
};

/// Whether it is `refused` or `needs_restart`.
bool fails(const Forecast& forecast);

struct Forecasts {
  std::vector<Forecast> rows;           ///< in the order of the transaction; within that, by node
  std::vector<std::string> notes;       ///< other remarks for the administrator
  std::vector<std::string> warnings;    ///< files and nodes that could not be read
  std::map<Atom, std::string> moves{};  ///< by application, the package that takes it over from another one
  bool operator==(const Forecasts&) const = default;
};

/// Asks every node of `site`, and changes none of them, in the time of a preflight. If no node runs, reads
/// nothing and returns an empty result.
Forecasts forecast(TransactionSource source, const Site& site, const Settings& settings);

/// A row with the application and the versions of `request`, and nothing else.
Forecast row_about(const Request& request);

/// The row of one decision; nullopt if nothing happens.
std::optional<Forecast> row_of(const Request& request, const Decision& decision);

/// The check of NIF libraries that the node would make (CheckLibraries) if they were not still in their
/// archive: refuses the row, or adds to its reason.
void check_libraries(Forecast& row, const Plan& plan, const NifLibraries& libraries, const AppFiles& from,
                     const AppFiles& to);

/// The applications that the new version of `app` needs.
struct Needs {
  std::string app;
  std::vector<Atom> apps;
};

/// `rows` are those of one node. Refuses each row that needs an application that will not be upgraded.
void refuse_dependents(std::vector<Forecast>& rows, const std::vector<Needs>& needs);

/// What a node refuses is not done there, nor is anything else, if the administrator wants that (OnRefusal).
void leave_refused(std::vector<Forecast>& rows, const Settings& settings);

/// The table, as lines; empty if there is nothing to report.
std::string render_forecasts(const Forecasts& forecasts);

}  // namespace erlrc
