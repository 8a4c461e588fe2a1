// SPDX-License-Identifier: BSD-3-Clause
#include "catch.hpp"

#include <nlohmann/json.hpp>

#include <erlrc/report/report.hpp>

using namespace erlrc;
using nlohmann::json;

namespace {

const Request kUpgrade{Atom{"egerl"}, Request::Change{Direction::up, {"4.0.1", {}}, {"4.1.0", {}}}};

}  // namespace

TEST_CASE("the record of an upgrade has the outcome, the messages and the steps of each node") {
  const Step first = AddPath{"/l/egerl-4.1.0/ebin"};
  const Step second = StartApp{Atom{"egerl"}};
  const NodeReport rolled_back{
      "n1",
      {RolledBack{"code_change crashed"}, {"egerl_b keeps a state"}, {{0, 412}}, 99, 2},
      {Word::upgraded, {first, second}, {}, {"appup: made"}}};
  const NodeReport broken{"n2", Outcome::broken("why", {"<0.1.2> is suspended"}), {}};
  const NodeReport error{"n3", Outcome::undecided("cookie refused"), {}};
  CHECK(
      json::parse(render_json({"erlrc-upgrade", kUpgrade}, {rolled_back, broken, error})) == json::parse(R"({
    "tool": "erlrc-upgrade", "action": "upgrade", "app": "egerl", "from": "4.0.1", "to": "4.1.0", "dry_run": false,
    "nodes": [
      {"node": "n1", "outcome": "rolled_back", "word": "rolled_back", "message": "code_change crashed", "left": [],
       "remarks": ["egerl_b keeps a state"], "notes": ["appup: made"],
       "steps": [{"step": "add_path", "description": ")" + describe(first) + R"(", "us": 412},
                 {"step": "start_app", "description": ")" + describe(second) + R"(", "us": null}],
       "suspended_us": 99, "attempts": 2},
      {"node": "n2", "outcome": "broken", "word": "broken", "message": "why", "left": ["<0.1.2> is suspended"],
       "remarks": [], "notes": [], "steps": [], "suspended_us": 0, "attempts": 0},
      {"node": "n3", "outcome": "error", "word": null, "message": "cookie refused", "left": [], "remarks": [],
       "notes": [], "steps": [], "suspended_us": 0, "attempts": 0}],
    "exit": 3})"));
}

TEST_CASE("the record has null for a version that an action does not have") {
  const json start =
      json::parse(render_json({"erlrc-start", {Atom{"a"}, Request::Start{{"1", {}}}}, true}, {}));
  CHECK(start ==
        json::parse(R"({"tool": "erlrc-start", "action": "start", "app": "a", "from": null, "to": "1",
                                 "dry_run": true, "nodes": [], "exit": 0})"));
  const json stop = json::parse(render_json({"erlrc-stop", {Atom{"a"}, Request::Stop{{"1", {}}}}}, {}));
  CHECK(stop["from"] == "1");
  CHECK(stop["to"].is_null());
}

TEST_CASE("the record is one line whatever a node sent") {
  const NodeReport odd{"n1", Outcome::undecided("a\nb\xff"), {}};
  const std::string text = render_json({"erlrc-upgrade", kUpgrade}, {odd});
  CHECK(text.find('\n') == text.size() - 1);
  CHECK(json::parse(text)["nodes"][0]["message"] == "a\nb\xef\xbf\xbd");
}
