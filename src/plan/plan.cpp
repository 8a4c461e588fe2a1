// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/plan/plan.hpp>

namespace erlrc {
namespace {

/// Wherever the files of a version are for now, what a node loads from there bears the name of the directory
/// that it will find them in: the other one is gone soon.
void name_after_place(Plan& plan, const Version& version) {
  if (!version.ebin) return;
  const std::string& read = version.kept ? *version.kept : *version.ebin;
  const std::string& place = version.becomes ? *version.becomes : *version.ebin;
  if (read == place) return;
  for (Step& step : plan.steps) {
    if (auto* load = std::get_if<LoadModules>(&step); load != nullptr && load->ebin == read) load->as = place;
    if (auto* code = std::get_if<ReadCode>(&step); code != nullptr && code->ebin == read) code->as = place;
  }
}

Decision decide(const Request& request, const NodeState& node, const Files& files, const Wanted& wanted) {
  switch (request.action) {
    case Action::start:
      return plan_start(request, node, files);
    case Action::stop:
      return plan_stop(request, node, wanted);
    case Action::upgrade:
    case Action::downgrade:
      return plan_upgrade(request, node, files, wanted);
  }
  return {};
}

}  // namespace

std::string to_string(Action action) {
  switch (action) {
    case Action::start:
      return "start";
    case Action::stop:
      return "stop";
    case Action::upgrade:
      return "upgrade";
    case Action::downgrade:
      return "downgrade";
  }
  return {};
}

Decision plan(const Request& request, const NodeState& node, const Files& files, const Wanted& wanted) {
  Decision decision = decide(request, node, files, wanted);
  if (auto* made = std::get_if<Plan>(&decision)) name_after_place(*made, request.to);
  return decision;
}

}  // namespace erlrc
