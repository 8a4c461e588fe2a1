// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <set>
#include <string>
#include <vector>

#include <erlrc/coordinator/execute.hpp>
#include <erlrc/report/streams.hpp>
#include <erlrc/transaction/dpkg.hpp>

namespace erlrc {

/// The requests of a hook call, done on the nodes and told to who runs the package manager: what changed,
/// what failed, and which nodes are due for a restart.
class HookPerformance {
public:
  HookPerformance(const Site& site, milliseconds timeout, Streams& streams)
      : site_(site), timeout_(timeout), streams_(streams) {}

  /// Does all of them, or, if one fails, none; the worst exit code of them.
  int all_or_none(const std::vector<Request>& requests);

  /// What came of requests that were done as far as they can be.
  struct Tried {
    int code = 0;           ///< the worst
    bool all_known = true;  ///< each node has said what it runs, or what it does not do
  };

  /// Does those that can be done, each on the nodes where it can be, without a word of those that change
  /// nothing else than a directory in the code path if `quiet`.
  Tried each(const std::vector<Request>& requests, bool quiet = false);

  /// Takes back what was done, on each node as far as it can be: the worst exit code. Here a node that runs
  /// another version is a failure.
  int back(const std::vector<Request>& requests);

  /// The applications that should run on this host.
  const Wanted& wanted() const { return site_.wanted; }

  /// Whether one of them would change a node.
  bool would_change(const std::vector<Request>& requests);

  /// Whether a node needs a restart for one of them.
  bool is_behind(const std::vector<Request>& requests);

private:
  struct Done {
    Request request;
    std::set<std::string> nodes;  ///< those that it changed
  };

  struct Result {
    int code = 0;
    std::set<std::string> changed;  ///< nodes
    std::set<std::string> unknown;  ///< nodes of which nobody knows what they run
    bool busy = false;              ///< on a node somebody else was at work to the end
  };

  struct Manner {
    bool leave_stale = true;
    bool quiet = false;
    bool each_alone = false;
  };

  template <typename Says>
  bool would_any(const std::vector<Request>& requests, Says says);
  Site site_for(const Request& request) const;
  Result one(const Request& request, const Site& site, Deadline until, Manner manner);
  Tried one_by_one(const std::vector<Request>& requests, Manner manner);
  void tell(const Request& request, std::vector<NodeReport> reports, const std::set<std::string>& changed);
  int take_back();

  const Site& site_;
  milliseconds timeout_;
  Streams& streams_;
  std::vector<Done> done_;  ///< of the requests that are to be done all or none
};

}  // namespace erlrc
