// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/boot/boot_script.hpp>

#include <string>
#include <utility>
#include <variant>

#include <erlrc/base/error.hpp>
#include <erlrc/base/text.hpp>
#include <erlrc/boot/boot_plan.hpp>
#include <erlrc/boot/child_node.hpp>
#include <erlrc/site/registry.hpp>
#include <erlrc/sys/file.hpp>
#include <erlrc/term/match.hpp>
#include <erlrc/term/text.hpp>

namespace erlrc {
namespace {

DesiredBoot desired_of(const BootScript& script) {
  DesiredBoot desired;
  if (script.is_static) {
    auto found = load_desired_boot(erlrc_root());
    if (const auto* refusal = std::get_if<BootRefusal>(&found)) throw Error(refusal->text);
    desired = std::move(std::get<DesiredBoot>(found));
  }
  for (const Atom& app : script.extra)
    desired.types.emplace(app, Atom{"permanent"});  // as in a release file
  return desired;
}

/// Throws Error with the reasons if some applications could not be started.
void check_problems(const std::vector<BootProblem>& problems) {
  if (problems.empty()) return;
  throw Error(join(problems, "; ", [](const BootProblem& problem) { return describe(problem); }));
}

/// `[{App, Type, Spec}]`: all applications that the plan loads; included ones have the type `load`.
Term planned_applications(const BootPlan& plan) {
  std::vector<Term> rows;
  for (const BootStart& start : plan.starts)
    for (const Step& step : start.steps)
      if (const auto* load = std::get_if<LoadApp>(&step)) {
        const Atom type = load->app == start.app ? start.type : Atom{"load"};
        rows.push_back(tuple(load->app, type, load->spec));
      }
  return list(std::move(rows));
}

/// Where they are.
Term planned_directories(const BootPlan& plan) {
  std::vector<Term> directories;
  for (const BootStart& start : plan.starts)
    for (const std::string& ebin : start.ebins)
      directories.push_back(string(ebin));
  return list(std::move(directories));
}

BootPlan planned(const BootScript& script) {
  const DesiredBoot desired = desired_of(script);
  if (desired == DesiredBoot{}) return {};
  BootPlan plan = plan_boot(ask_question({}), erlrc_root(), script.declared, desired);
  check_problems(plan.problems);
  return plan;
}

}  // namespace

void make_boot_script(const BootScript& script) {
  const BootPlan plan = planned(script);
  const Term settings =
      list({tuple(Atom{"boot_script"},
                  tuple(boolean(script.is_static), planned_applications(plan), planned_directories(plan)))});
  const Term answer = ask_node("erlrc_boot_script", "make", settings);
  if (const auto* failed = as_tagged(answer, "failed", 2))
    throw Error(as_text(failed->back()).value_or("systools failed"));
  const auto* made = as_tagged(answer, "made", 4);
  if (made == nullptr)
    throw ProtocolError("unexpected message from the node: " + print_term(answer) + ", expected boot files");
  const std::vector<std::string> endings{".rel", ".script", ".boot"};
  for (std::size_t i = 0; i < endings.size(); ++i) {
    const auto content = as_text((*made)[i + 1]);
    if (!content) throw ProtocolError("the node sent no content of " + endings[i]);
    write_file_atomically(script.name.string() + endings[i], *content, 0644);
  }
}

}  // namespace erlrc
