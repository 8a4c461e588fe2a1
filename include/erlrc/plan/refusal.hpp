// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>

namespace erlrc {

/// The request cannot be done on this node; nothing was touched.
struct Refusal {
  enum class Reason {
    // A planner found it.
    appup_needs_restart,   ///< the appup asks for something that no running node can do
    erlang_replaced,       ///< the Erlang that the node runs from is no longer on disk
    files_gone,            ///< the directory of the version that runs no longer exists
    other_version,         ///< the application runs in a version that the request does not name
    other_version_loaded,  ///< it is loaded, and does not run, in a version that the request does not name
    starting,              ///< another program is starting it
    runs_included,         ///< it runs inside another application
    would_run_twice,       ///< an application that it includes runs inside another one
    depends_on_included,   ///< it depends on an application that it includes
    loses_nifs,            ///< modules would lose their NIFs
    // The node, or another one, found it before the point of no return.
    check_failed,       ///< a step that only looks
    rehearsal_failed,   ///< a conversion would fail
    refused_before,     ///< the node has tried the same, and has rolled it back
    busy,               ///< another run changes the node, and will end
    other_node_failed,  ///< nothing was tried on this one
  };
  Reason reason = Reason::check_failed;
  std::string why;  ///< one line
  bool operator==(const Refusal&) const = default;

  /// Whether the request can be done once the node has been restarted, and not before.
  bool needs_restart() const {
    return reason == Reason::appup_needs_restart || reason == Reason::erlang_replaced;
  }

  /// Whether the node runs something that is no longer installed, so that a package cannot upgrade it.
  bool is_stale() const {
    return reason == Reason::erlang_replaced || reason == Reason::files_gone ||
           reason == Reason::other_version;
  }
};

}  // namespace erlrc
