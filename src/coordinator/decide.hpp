// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <memory>
#include <string>

#include <erlrc/coordinator/app_cache.hpp>
#include <erlrc/coordinator/execute.hpp>
#include <erlrc/node/connect.hpp>
#include <erlrc/plan/later_conversions.hpp>

// The first phase of a call, a part of execute.cpp: connect to a node, observe it, make its plan.

namespace erlrc {

/// A node on its way through the call.
struct Visit {
  const NodeEntry* entry = nullptr;  ///< null: its file could not be used
  NodeReport report;
  std::unique_ptr<Rpc> rpc;
  bool to_run = false;     ///< it has a plan with steps
  std::string identity{};  ///< of an upgrade that is remembered if it fails

  bool failed() const { return !report.outcome.is_done(); }
};

/// What one call needs for all nodes.
struct Call {
  const Request& request;
  const Desired& desired;
  const KnownPorts ports;
  AppCache& cache;
  Files files;
  ExecuteOptions options;
  const LaterConversions& later;
};

/// Connects to the node of the visit, and gives it a plan or the outcome of the visit. Exceptions on the way
/// become the outcome. A rehearsal is part of it.
void decide(Visit& visit, const Call& call);

}  // namespace erlrc
