// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <erlrc/plan/app_steps.hpp>
#include <erlrc/plan/step_parts.hpp>

// Steps that call code of other authors: of the application, of OTP (src/erlang/runner/erlrc_call_steps.erl).

namespace erlrc {

/// `Apply` of the appup, with what undoes it where its author provides that.
struct ApplyHook {
  static constexpr std::string_view name = "apply_hook";
  Apply call;
  std::optional<Apply> undo;
  std::vector<Term> args() const {
    return parts::terms(parts::mfa(call), undo ? parts::mfa(*undo) : Term(Atom{"none"}));
  }
  std::string text() const { return "call " + parts::call(call); }
  bool operator==(const ApplyHook&) const = default;
};

/// The whole script by release_handler:eval_appup_script/4, with the configuration put back around it. Fails
/// before anything was touched if the node has no code of sasl.
struct EvalScript {
  static constexpr std::string_view name = "eval_script";
  ChangeApp change;        ///< the specifications of the application before and after
  std::string vsn;         ///< the version after
  std::string dir;         ///< where that lies
  std::vector<Atom> apps;  ///< in whose trees the processes are
  std::vector<LowLevel> script;
  std::vector<Term> args() const {
    return parts::terms(tuple(change.app, string(vsn), string(dir)),
                        parts::each(script, [](const LowLevel& i) { return to_term(i); }), atoms(apps),
                        change.from, change.to);
  }
  std::string text() const {
    return "have release_handler evaluate the script of " + change.app.name + " (" +
           std::to_string(script.size()) + " instructions)";
  }
  bool operator==(const EvalScript&) const = default;
};

struct CallSteps {
  static constexpr std::string_view family = "calls";
  using Kinds = std::variant<ApplyHook, EvalScript>;
};

}  // namespace erlrc
