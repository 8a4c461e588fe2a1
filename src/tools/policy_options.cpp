// SPDX-License-Identifier: BSD-3-Clause
#include "policy_options.hpp"

#include <cstdint>

#include <erlrc/base/error.hpp>
#include <erlrc/base/text.hpp>

#include "arguments.hpp"

namespace erlrc {
namespace {

constexpr std::int64_t kDefaultWait = 10'000;

/// --purge=refuse|wait[=SECONDS]|kill
void read_purge(const std::string& text, Policy& policy) {
  policy.wait_ms = kDefaultWait;
  if (text == "refuse") {
    policy.old_code = Policy::OldCode::refuse;
  } else if (text == "kill") {
    policy.old_code = Policy::OldCode::kill;
  } else if (text == "wait") {
    policy.old_code = Policy::OldCode::wait;
  } else if (text.starts_with("wait=")) {
    policy.old_code = Policy::OldCode::wait;
    policy.wait_ms = parse_seconds(text.substr(text.find('=') + 1), "--purge").count();
  } else {
    throw UsageError("--purge: " + printable(text) + ": expected refuse, wait, wait=SECONDS or kill");
  }
}

/// --stranded=unreached|report|refuse
Policy::Stranded read_stranded(const std::string& text) {
  if (text == "unreached") return Policy::Stranded::unreached;
  if (text == "report") return Policy::Stranded::report;
  if (text == "refuse") return Policy::Stranded::refuse;
  throw UsageError("--stranded: " + printable(text) + ": expected unreached, report or refuse");
}

/// The value of an option that is one of two words.
template <typename Choice>
Choice read_choice(const std::string& option, const std::string& text, const std::string& word, Choice choice,
                   const std::string& other_word, Choice other) {
  if (text == word) return choice;
  if (text == other_word) return other;
  throw UsageError(option + ": " + printable(text) + ": expected " + word + " or " + other_word);
}

}  // namespace

void add_policy_options(CLI::App& app, PolicyOptions& options) {
  app.add_option("--purge", options.purge,
                 "Processes that still run old code: refuse, wait[=SECONDS] or kill")
      ->type_name("WHAT");
  app.add_option("--stranded", options.stranded,
                 "Processes of changed modules that no instruction converts: unreached, report or refuse")
      ->type_name("WHAT");
  app.add_option("--records", options.records,
                 "Changed record definitions found in unconverted process states: refuse or report")
      ->type_name("WHAT");
  app.add_option("--children", options.children,
                 "Children added or removed by a supervisor's new code: change (start/stop them) or keep")
      ->type_name("WHAT");
  app.add_option("--engine", options.engine,
                 "Engine that runs the appup: erlrc, or otp (OTP's release_handler)")
      ->type_name("WHICH");
}

Policy read_policy(const PolicyOptions& options) {
  Policy policy;
  read_purge(options.purge, policy);
  policy.stranded = read_stranded(options.stranded);
  policy.records = read_choice("--records", options.records, "refuse", Policy::Records::refuse, "report",
                               Policy::Records::report);
  policy.children = read_choice("--children", options.children, "change", Policy::Children::change, "keep",
                                Policy::Children::keep);
  policy.engine =
      read_choice("--engine", options.engine, "erlrc", Policy::Engine::erlrc, "otp", Policy::Engine::otp);
  return policy;
}

}  // namespace erlrc
