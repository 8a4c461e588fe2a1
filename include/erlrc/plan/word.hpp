// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string_view>

namespace erlrc {

/// What a program reports of a node on which all is as asked. The words up to node_down have been printed
/// since 2008.
enum class Word {
  started,
  already_running,
  included,  ///< runs, or will run, inside the application that includes it
  started_included_stopped,
  stopped,
  stopped_included_started,
  not_running,
  unloaded,
  upgraded,
  downgraded,
  node_down,
  restart_due,   ///< the node is left as it is, and only a restart brings it in sync
  other_system,  ///< the node belongs to another system, and is left alone
  rehearsed,
};

/// The word as it is printed.
std::string_view to_string(Word word);

}  // namespace erlrc
