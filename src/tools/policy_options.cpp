// SPDX-License-Identifier: BSD-3-Clause
#include "policy_options.hpp"

#include <erlrc/plan/policy_text.hpp>

namespace erlrc {

void add_policy_options(CLI::App& app, PolicyOptions& options) {
  const auto add = [&](const std::string& name, const std::string& about, const std::string& type) {
    app.add_option_function<std::string>(
           "--" + name, [&options, name](const std::string& value) { options[name] = value; }, about)
        ->type_name(type);
  };
  add("purge", "Processes that still run old code: refuse, wait[=SECONDS] or kill[=SECONDS]", "WHAT");
  add("stranded", "Processes of changed modules that no instruction converts: unreached, report or refuse",
      "WHAT");
  add("records", "Changed record definitions found in unconverted process states: refuse or report", "WHAT");
  add("pause", "How long a process may be suspended because others are busy", "MS");
  add("children", "Children added or removed by a supervisor's new code: change (start/stop them) or keep",
      "WHAT");
  add("engine", "Engine that runs the appup: erlrc, or otp (OTP's release_handler)", "WHICH");
}

Policy read_policy(Policy policy, const PolicyOptions& options) {
  for (const auto& [name, value] : options)
    set_policy_part(policy, name, value, "--" + name);
  return policy;
}

}  // namespace erlrc
