// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/report/report.hpp>

#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace erlrc {
namespace {

using Json = nlohmann::ordered_json;

Json steps_of(const NodeReport& report) {
  std::map<std::size_t, std::int64_t> took;
  for (const Outcome::StepTime& time : report.outcome.times)
    took[time.step] = time.microseconds;
  Json steps = Json::array();
  for (std::size_t i = 0; i < report.plan.steps.size(); ++i) {
    const Step& step = report.plan.steps[i];
    const auto time = took.find(i);
    steps.push_back({{"step", step_name(step)},
                     {"description", describe(step)},
                     {"us", time == took.end() ? Json() : Json(time->second)}});
  }
  return steps;
}

std::string to_string(Rehearsed::Result result) {
  switch (result) {
    case Rehearsed::Result::works:
      return "works";
    case Rehearsed::Result::fails:
      return "fails";
    case Rehearsed::Result::cannot:
      return "cannot";
  }
  return {};
}

Json rehearsal_of(const std::vector<Rehearsed>& rehearsal) {
  Json rows = Json::array();
  for (const Rehearsed& each : rehearsal)
    rows.push_back({{"module", each.module.name},
                    {"process", each.process},
                    {"result", to_string(each.result)},
                    {"why", each.why}});
  return rows;
}

Json node_of(const NodeReport& report) {
  const Outcome& outcome = report.outcome;
  const std::string_view word = word_of(outcome);
  Json node{{"node", report.node},
            {"outcome", kind_of(outcome)},
            {"word", word.empty() ? Json() : Json(word)},
            {"message", outcome.why()},
            {"left", outcome.left()},
            {"remarks", outcome.remarks},
            {"notes", report.plan.notes},
            {"steps", steps_of(report)},
            {"suspended_us", outcome.suspended_us},
            {"attempts", outcome.attempts}};
  if (outcome.rehearsal) node["rehearsal"] = rehearsal_of(*outcome.rehearsal);
  return node;
}

Json vsn_of(const Version* version) {
  return version == nullptr ? Json() : Json(version->vsn);
}

}  // namespace

std::string render_json(const ReportHead& head, const std::vector<NodeReport>& reports) {
  const Request& request = head.request;
  Json nodes = Json::array();
  for (const NodeReport& report : reports)
    nodes.push_back(node_of(report));
  const Json record{{"tool", head.tool},
                    {"action", to_string(action_of(request))},
                    {"app", request.app.name},
                    {"from", vsn_of(version_before(request))},
                    {"to", vsn_of(version_after(request))},
                    {"dry_run", head.dry_run},
                    {"nodes", std::move(nodes)},
                    {"exit", exit_code(reports)}};
  return record.dump(-1, ' ', true, Json::error_handler_t::replace) + "\n";
}

}  // namespace erlrc
