// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>
#include <vector>

namespace erlrc {

/// Runs a program (`argv[0]` is looked up in PATH) and waits for its end; `output` gets what it printed. Its
/// input is empty, its messages are dropped. Whether it succeeded. Throws SystemError if it cannot be run.
[[nodiscard]] bool succeeds(const std::vector<std::string>& argv, std::string& output);

}  // namespace erlrc
