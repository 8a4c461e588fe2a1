// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/plan/outcome.hpp>

#include <algorithm>
#include <utility>

#include <erlrc/base/error.hpp>

namespace erlrc {
namespace {

int exit_code(const Outcome& outcome) {
  return std::visit(Overload{[](const Done&) { return 0; }, [](const Refusal&) { return 1; },
                             [](const RolledBack&) { return 1; }, [](const Broken&) { return 3; },
                             [](const Undecided&) { return 1; }},
                    outcome.result);
}

}  // namespace

Outcome Outcome::done(Word word, std::vector<std::string> remarks) {
  return {Done{word}, std::move(remarks)};
}

Outcome Outcome::refused(Refusal refusal) {
  return {std::move(refusal)};
}

Outcome Outcome::rolled_back(std::string why) {
  return {RolledBack{std::move(why)}};
}

Outcome Outcome::broken(std::string why, std::vector<std::string> left) {
  return {Broken{std::move(why), std::move(left)}};
}

Outcome Outcome::undecided(std::string why, bool silent) {
  return {Undecided{std::move(why), silent}};
}

bool Outcome::is(Word word) const {
  const auto* done = std::get_if<Done>(&result);
  return done != nullptr && done->word == word;
}

bool Outcome::is(Refusal::Reason reason) const {
  const auto* refusal = std::get_if<Refusal>(&result);
  return refusal != nullptr && refusal->reason == reason;
}

bool Outcome::is_silent() const {
  const auto* undecided = std::get_if<Undecided>(&result);
  return undecided != nullptr && undecided->silent;
}

const std::string& Outcome::why() const {
  static const std::string nothing;
  return std::visit(Overload{[](const Done&) -> const std::string& { return nothing; },
                             [](const auto& other) -> const std::string& { return other.why; }},
                    result);
}

const std::vector<std::string>& Outcome::left() const {
  static const std::vector<std::string> nothing;
  const auto* broken = std::get_if<Broken>(&result);
  return broken != nullptr ? broken->left : nothing;
}

std::string_view kind_of(const Outcome& outcome) {
  using Text = std::string_view;
  return std::visit(
      Overload{[](const Done&) { return Text("done"); }, [](const Refusal&) { return Text("refused"); },
               [](const RolledBack&) { return Text("rolled_back"); },
               [](const Broken&) { return Text("broken"); }, [](const Undecided&) { return Text("error"); }},
      outcome.result);
}

std::string_view word_of(const Outcome& outcome) {
  if (const auto* done = std::get_if<Done>(&outcome.result)) return to_string(done->word);
  if (const auto* refusal = std::get_if<Refusal>(&outcome.result); refusal && refusal->needs_restart())
    return "needs_restart";
  return std::holds_alternative<Undecided>(outcome.result) ? std::string_view() : kind_of(outcome);
}

int exit_code(const std::vector<NodeReport>& reports) {
  int worst = 0;
  for (const NodeReport& report : reports)
    worst = std::max(worst, exit_code(report.outcome));
  return worst;
}

}  // namespace erlrc
