// SPDX-License-Identifier: BSD-3-Clause
#include "catch.hpp"

#include <nlohmann/json.hpp>

#include <erlrc/report/report.hpp>

using namespace erlrc;
using nlohmann::json;
using Kind = Outcome::Kind;

namespace {

const Request kUpgrade{Action::upgrade, Atom{"egerl"}, {"4.0.1", {}}, {"4.1.0", {}}};

}  // namespace

TEST_CASE("the record of an upgrade tells all of each node") {
  const Step first = AddPath{"/l/egerl-4.1.0/ebin"};
  const Step second = StartApp{Atom{"egerl"}};
  const NodeReport undone{
      "n1",
      {Kind::undone, "undone", "code_change crashed", {}, {"egerl_b keeps a state"}, {{0, 412}}, 99},
      {"upgraded", {first, second}, {}, {"appup: made"}}};
  const NodeReport broken{"n2", {Kind::broken, "broken", "why", {"<0.1.2> is suspended"}, {}, {}, 0}, {}};
  const NodeReport error{"n3", {Kind::error, "", "cookie refused", {}, {}, {}, 0}, {}};
  CHECK(json::parse(render_json({"erlrc-upgrade", kUpgrade}, {undone, broken, error})) == json::parse(R"({
    "tool": "erlrc-upgrade", "action": "upgrade", "app": "egerl", "from": "4.0.1", "to": "4.1.0", "dry_run": false,
    "nodes": [
      {"node": "n1", "outcome": "undone", "word": "undone", "message": "code_change crashed", "left": [],
       "remarks": ["egerl_b keeps a state"], "notes": ["appup: made"],
       "steps": [{"step": "add_path", "description": ")" + describe(first) + R"(", "us": 412},
                 {"step": "start_app", "description": ")" + describe(second) + R"(", "us": null}],
       "suspended_us": 99},
      {"node": "n2", "outcome": "broken", "word": "broken", "message": "why", "left": ["<0.1.2> is suspended"],
       "remarks": [], "notes": [], "steps": [], "suspended_us": 0},
      {"node": "n3", "outcome": "error", "word": null, "message": "cookie refused", "left": [], "remarks": [],
       "notes": [], "steps": [], "suspended_us": 0}],
    "exit": 3})"));
}

TEST_CASE("a version that an action does not have is null in the record") {
  const json start =
      json::parse(render_json({"erlrc-start", {Action::start, Atom{"a"}, {}, {"1", {}}}, true}, {}));
  CHECK(start ==
        json::parse(R"({"tool": "erlrc-start", "action": "start", "app": "a", "from": null, "to": "1",
                                 "dry_run": true, "nodes": [], "exit": 0})"));
  const json stop = json::parse(render_json({"erlrc-stop", {Action::stop, Atom{"a"}, {"1", {}}, {}}}, {}));
  CHECK(stop["from"] == "1");
  CHECK(stop["to"].is_null());
}

TEST_CASE("the record is one line, whatever a node sent") {
  const NodeReport odd{"n1", {Kind::error, "", "a\nb\xff", {}, {}, {}, 0}, {}};
  const std::string text = render_json({"erlrc-upgrade", kUpgrade}, {odd});
  CHECK(text.find('\n') == text.size() - 1);
  CHECK(json::parse(text)["nodes"][0]["message"] == "a\nb\xef\xbf\xbd");
}

TEST_CASE("the kinds of outcome have stable names") {
  const auto [kind, name] = GENERATE(table<Kind, std::string>({{Kind::done, "done"},
                                                               {Kind::refused, "refused"},
                                                               {Kind::undone, "undone"},
                                                               {Kind::broken, "broken"},
                                                               {Kind::error, "error"}}));
  const NodeReport report{"n1", {kind, "w", "", {}, {}, {}, 0}, {}};
  CHECK(json::parse(render_json({"t", kUpgrade}, {report}))["nodes"][0]["outcome"] == name);
}
