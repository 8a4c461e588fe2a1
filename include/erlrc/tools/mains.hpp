// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <span>
#include <string>

#include <erlrc/report/streams.hpp>

// The programs, each as a function that its main calls, and that tests call in their own process. `args` are
// the arguments without the program's name. The result is the exit code: 0 done, 1 failed with every node as
// before, 2 wrong arguments, 3 a node could not be restored.

namespace erlrc {

int start_main(std::span<const std::string> args, Streams& streams);
int stop_main(std::span<const std::string> args, Streams& streams);
int sync_main(std::span<const std::string> args, Streams& streams);
int upgrade_main(std::span<const std::string> args, Streams& streams);
int downgrade_main(std::span<const std::string> args, Streams& streams);
int eval_main(std::span<const std::string> args, Streams& streams);
int makeappup_main(std::span<const std::string> args, Streams& streams);
int node_main(std::span<const std::string> args, Streams& streams);
int boot_main(std::span<const std::string> args, Streams& streams);
int make_boot_script_main(std::span<const std::string> args, Streams& streams);
int appinfo_main(std::span<const std::string> args, Streams& streams);
int hook_main(std::span<const std::string> args, Streams& streams);
int preflight_main(std::span<const std::string> args, Streams& streams);  ///< only with libapt-pkg

}  // namespace erlrc
