// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <optional>
#include <set>
#include <string>

#include <erlrc/app/app_files.hpp>
#include <erlrc/term/term.hpp>

// What the caller wants of every node.

namespace erlrc {

enum class Action { start, stop, upgrade, downgrade };

/// One version of the application and where it lies.
struct Version {
  std::string vsn;
  std::optional<std::string> ebin;  ///< absent: the node's code:lib_dir()/APP-VSN/ebin
  bool operator==(const Version&) const = default;
};

struct Request {
  Action action = Action::start;
  Atom app;
  Version from;        ///< upgrade, downgrade: the version that runs now. stop: the version to stop
  Version to;          ///< start, upgrade, downgrade: the version that shall run
  bool unload = true;  ///< stop: also unload the application and its modules
  bool operator==(const Request&) const = default;
};

/// `start`, `upgrade`, .. as it stands in JSON and in messages.
std::string to_string(Action action);

}  // namespace erlrc
