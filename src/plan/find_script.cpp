// SPDX-License-Identifier: BSD-3-Clause
#include "find_script.hpp"

#include <algorithm>
#include <optional>
#include <utility>
#include <variant>

#include <erlrc/app/make_appup.hpp>
#include <erlrc/base/error.hpp>
#include <erlrc/plan/later_conversions.hpp>
#include <erlrc/script/coverage.hpp>
#include <erlrc/script/state_changes.hpp>
#include <erlrc/script/translate.hpp>
#include <erlrc/term/text.hpp>

#include "applied_calls.hpp"

namespace erlrc {
namespace {

/// What an author forgot, or left alone on purpose.
std::optional<std::string> remark_on_uncovered(const AppFiles& from, const AppFiles& to,
                                               const std::vector<LowLevel>& script) {
  std::vector<std::string> names;
  for (const Atom& module : uncovered_modules(from, to, script))
    names.push_back(module_name(module.name));
  if (names.empty()) return std::nullopt;
  return "modules that differ and that the appup leaves as they are: " + listed(names);
}

/// Whether init/1 of a supervisor, which its conversion calls, may ask a process of the application.
bool asks_application(const SupervisorInit& init, const AppSpec& app) {
  return std::ranges::any_of(init.effects, [&](const std::string& effect) {
    const Atom called{effect.substr(0, effect.rfind(':'))};
    return called == Atom{"gen_server"} || std::ranges::find(app.modules, called) != app.modules.end();
  });
}

/// A generated script changes all modules at once, unless a conversion would wait for a process that is
/// suspended, too.
Grouping grouping_of_made(const std::vector<Instruction>& script, const AppFiles& to) {
  for (const Instruction& instruction : script) {
    const auto* update = std::get_if<Update>(&instruction);
    if (update == nullptr || update->mod_type != Update::ModType::static_) continue;
    const auto beam = to.beams.find(update->module);
    if (beam != to.beams.end() && beam->second.init && asks_application(*beam->second.init, to.spec))
      return Grouping::as_otp;
  }
  return Grouping::together;
}

}  // namespace

std::string listed(const std::vector<std::string>& names) {
  constexpr std::size_t most = 5;
  std::string all;
  for (std::size_t i = 0; i < std::min(names.size(), most); ++i)
    all += (i == 0 ? "" : ", ") + names[i];
  return names.size() > most ? all + " and " + std::to_string(names.size() - most) + " more" : all;
}

Script find_script(const AppFiles& from, const AppFiles& to, Direction direction, Policy::Engine engine) {
  const AppFiles& later = direction == Direction::up ? to : from;
  const std::string& other = direction == Direction::up ? from.spec.vsn : to.spec.vsn;
  const std::string file = later.location.read_from + "/" + later.spec.name.name + ".appup";
  const AppupEntry* entry =
      within(file, [&] { return later.appup ? find_entry(*later.appup, direction, other) : nullptr; });
  Script script;
  std::vector<Term> terms;
  if (entry != nullptr) {
    terms = entry->instructions;
    script.origin = "appup: the one that " + later.spec.name.name + " " + later.spec.vsn + " ships";
  } else {
    script.made = true;
    MadeScript made = make_script(from, to, direction);
    terms = std::move(made.instructions);
    script.origin = later.appup ? "appup: made, because the shipped one has no entry for " + other
                                : "appup: made, because the package ships none";
    for (const AppupRemark& remark : made.remarks)
      script.remarks.push_back("module " + module_name(remark.module.name) + " " + describe(remark.kind));
  }
  within(file, [&] {
    std::vector<Instruction> instructions;
    instructions.reserve(terms.size());
    for (const Term& term : terms)
      instructions.push_back(parse_instruction(term));
    const bool is_ours = script.made && engine == Policy::Engine::erlrc;
    script.instructions = translate(instructions, direction, {to.spec}, {from.spec},
                                    is_ours ? grouping_of_made(instructions, to) : Grouping::as_otp);
  });
  if (!script.made) {
    if (auto remark = remark_on_uncovered(from, to, script.instructions))
      script.remarks.push_back(*std::move(remark));
    for (const Atom& module : to.unlisted)
      script.remarks.push_back("module " + module_name(module.name) + " " +
                               describe(AppupRemark::Kind::not_listed));
  }
  return script;
}

LaterConversions conversions_of(const Request::Change& change, const Files& files) {
  const AppFiles& from = files.all(change.from);
  const AppFiles& to = files.all(change.to);
  const Script script = find_script(from, to, change.direction, change.policy.engine);
  const std::vector<Atom> passing = passing_on(from, to, script.instructions);
  const AppFiles& later = change.direction == Direction::up ? to : from;
  const auto converts = [&](const Atom& module) {
    const auto beam = later.beams.find(module);
    return beam != later.beams.end() && converts_states(beam->second) &&
           std::ranges::find(passing, module) == passing.end();
  };
  LaterConversions found;
  bool calls = false;
  for (const LowLevel& instruction : script.instructions) {
    if (const auto* convert = std::get_if<CodeChange>(&instruction))
      for (const CodeChange::Item& item : convert->items)
        if (converts(item.module)) found.modules.push_back(item.module);
    const auto* call = std::get_if<Apply>(&instruction);
    calls = calls ||
            (call != nullptr && named_app(*call, "stop") == nullptr && named_app(*call, "start") == nullptr);
  }
  if (calls || !found.modules.empty()) found.apps.push_back(to.spec.name);
  return found;
}

}  // namespace erlrc
