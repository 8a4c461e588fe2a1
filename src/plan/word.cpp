// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/plan/word.hpp>

namespace erlrc {

std::string_view to_string(Word word) {
  switch (word) {
    case Word::started:
      return "started";
    case Word::already_running:
      return "already_running";
    case Word::included:
      return "included";
    case Word::started_included_stopped:
      return "started_included_stopped";
    case Word::stopped:
      return "stopped";
    case Word::stopped_included_started:
      return "stopped_included_started";
    case Word::not_running:
      return "not_running";
    case Word::unloaded:
      return "unloaded";
    case Word::upgraded:
      return "upgraded";
    case Word::downgraded:
      return "downgraded";
    case Word::node_down:
      return "node_down";
    case Word::restart_due:
      return "restart_due";
    case Word::other_system:
      return "other_system";
    case Word::rehearsed:
      return "rehearsed";
  }
  return {};
}

}  // namespace erlrc
