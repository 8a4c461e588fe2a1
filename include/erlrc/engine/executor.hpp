// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <functional>
#include <set>
#include <string>
#include <vector>

#include <erlrc/coordinator/execute.hpp>
#include <erlrc/coordinator/settings.hpp>
#include <erlrc/engine/package_facts.hpp>
#include <erlrc/plan/later_conversions.hpp>
#include <erlrc/report/streams.hpp>
#include <erlrc/transaction/action.hpp>

namespace erlrc {

/// Executes the requests of a package manager's call on the nodes that each is for, and reports to the user
/// of the package manager what changed, what failed, and which nodes are due for a restart.
class Executor {
public:
  Executor(const Site& site, const Settings& settings, const PackageFacts& facts, Streams& streams)
      : site_(site), settings_(settings), facts_(facts), streams_(streams) {}

  struct AllOrNone {
    int code = 0;                     ///< the worst
    std::optional<Request> failed{};  ///< the request that failed
  };

  /// The package that a request is for.
  using Owner = std::function<std::string(const Request&)>;

  /// Executes all of them, or, if one fails, rolls back those before it. A node that may be left as it is
  /// (OnRefusal) then does none of them, nor any of a later call of this run, and nothing fails.
  AllOrNone all_or_none(const std::vector<Request>& requests, const Owner& owner);

  /// What came of requests that were executed as far as they can be.
  struct Tried {
    int code = 0;           ///< the worst
    bool all_known = true;  ///< of each node it is known what it runs, or that it refuses
  };

  /// Executes those that can be, each on the nodes where it can be; with `quiet`, changes are not reported.
  Tried each(const std::vector<Request>& requests, bool quiet = false);

  /// Rolls back by these requests, on each node as far as it can be. Here a node that runs another version is
  /// a failure.
  Tried roll_back(const std::vector<Request>& requests);

  /// Whether one of them would change a node.
  bool would_change(const std::vector<Request>& requests);

  /// Whether a node needs a restart for one of them.
  bool needs_restart(const std::vector<Request>& requests);

  /// The same, or it is not known what a node runs.
  bool needs_backup(const std::vector<Request>& requests);

private:
  struct Result {
    int code = 0;
    std::set<std::string> changed;  ///< nodes
    std::set<std::string> unknown;  ///< nodes of which it is not known what they run
    std::set<std::string> left;     ///< nodes where it failed, and which may be left as they are
    bool busy = false;              ///< on a node another run was at work to the end
  };

  using Starts = std::function<PackageStarts(const std::string&)>;

  struct Options {
    bool leave_stale = true;
    bool quiet = false;
    bool each_alone = false;
    std::string package{};  ///< the one that the request is for; empty: no node may be left
    Starts starts{};  ///< ExecuteOptions::by_package; absent: a rollback, which may start what ran before
    LaterConversions later{};
  };

  /// What was executed of requests that are to be executed all or none.
  struct Done {
    Request request;
    std::set<std::string> nodes;  ///< those that it changed
  };

  template <typename Holds>
  bool would_any(const std::vector<Request>& requests, Holds holds);
  Site site_for(const Request& request) const;
  Starts starts_of(const std::vector<Request>& requests) const;
  void note_stopped(const Request& request, const std::vector<NodeReport>& reports) const;
  Result one(const Request& request, const Site& site, Deadline until, Options options);
  Tried one_by_one(const std::vector<Request>& requests, Options options);
  void report(const Request& request, std::vector<NodeReport> reports, const std::set<std::string>& changed);
  const Request* refused_before(const std::vector<Request>& requests, const Owner& owner);
  void advise(const std::string& package, const std::vector<NodeReport>& reports);
  int leave(const std::set<std::string>& nodes, const std::string& package, std::vector<Done>& done);
  int roll_back_done(const std::vector<Done>& done);

  const Site& site_;
  const Settings& settings_;
  const PackageFacts& facts_;
  Streams& streams_;
};

}  // namespace erlrc
