// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>

#include <erlrc/plan/comparison.hpp>

namespace erlrc {

/// `TOOL: (NODE) in sync: 312 modules, 4 libraries`, or `differs` with a line for each kind of difference in
/// each directory:
///
///     erlrc-node: (egerl) differs: 312 modules, 4 libraries
///       other code is in /usr/lib/erlang/lib/egerl-4.1.0/ebin: egerl_age, egerl_conn
std::string to_text(const std::string& tool, const std::string& node, const Comparison& comparison);

/// One line: {"node": "egerl", "modules": 312, "libraries": 4, "differences": [{"kind": "other_code", "what":
/// "egerl_age", "file": "/usr/lib/.."}]}
std::string to_json(const std::string& node, const Comparison& comparison);

}  // namespace erlrc
