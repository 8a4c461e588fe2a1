// SPDX-License-Identifier: BSD-3-Clause
#include "catch.hpp"

#include <erlrc/report/report.hpp>

using namespace erlrc;

namespace {

const Version kOld{"4.0.1", {}};
const Version kNew{"4.1.0", {}};
const Request kUpgrade{Atom{"egerl"}, Request::Change{Direction::up, kOld, kNew}};
const Request kStart{Atom{"egerl"}, Request::Start{kOld}};
const Step kFirst = AddPath{"/l/egerl-4.1.0/ebin"};
const Step kSecond = StartApp{Atom{"egerl"}};

NodeReport report(std::string node, Outcome outcome) {
  return {std::move(node), std::move(outcome), {}};
}

NodeReport report(std::string node, Word word) {
  return report(std::move(node), Outcome::done(word));
}

ReportText text(const ReportHead& head, const std::vector<NodeReport>& reports) {
  return render_text(head, reports, false);
}

}  // namespace

TEST_CASE("one node is reported in the line that erlrc always printed") {
  const auto [request, line] = GENERATE(table<Request, std::string>({
      {kStart, "erlrc-x: Starting 'egerl': (n1) included\n"},
      {{Atom{"egerl"}, Request::Stop{kOld}}, "erlrc-x: Stopping 'egerl': (n1) included\n"},
      {kUpgrade, "erlrc-x: Upgrading 'egerl': (n1) included\n"},
      {{Atom{"egerl"}, Request::Change{Direction::down, kNew, kOld}},
       "erlrc-x: Downgrading 'egerl': (n1) included\n"},
  }));
  CHECK(text({"erlrc-x", request}, {report("n1", Word::included)}) == ReportText{line, ""});
}

TEST_CASE("several nodes get a line each, failed ones on standard error") {
  CHECK(text({"erlrc-start", kStart},
             {report("n1", Word::started), report("n2@host", Outcome::undecided("cookie refused")),
              report("n3", Word::node_down)}) == ReportText{"erlrc-start: Starting 'egerl': (n1) started\n"
                                                            "erlrc-start: Starting 'egerl': (n3) node_down\n",
                                                            "erlrc-start: n2@host: cookie refused\n"});
}

TEST_CASE("without nodes no line is printed") {
  CHECK(text({"erlrc-start", kStart}, {}) == ReportText{});
}

TEST_CASE("a failure is reported with its word, unless nothing was decided for the node") {
  using Reason = Refusal::Reason;
  const auto [outcome, line] = GENERATE(table<Outcome, std::string>({
      {Outcome::refused({Reason::busy, "why"}), "refused: why\n"},
      {Outcome::refused({Reason::erlang_replaced, "why"}), "needs_restart: why\n"},
      {Outcome::rolled_back("why"), "rolled_back: why\n"},
      {Outcome::broken("why", {}), "broken: why\n"},
      {Outcome::undecided("why"), "why\n"},
  }));
  CHECK(text({"erlrc-upgrade", kUpgrade}, {report("n1", outcome)}) ==
        ReportText{"", "erlrc-upgrade: n1: " + line});
}

TEST_CASE("the remaining problems of a broken node, and remarks, follow its line") {
  NodeReport broken =
      report("n1", Outcome::broken("why", {"module egerl_a is the new one", "<0.1.2> is suspended"}));
  broken.outcome.remarks = {"egerl_b keeps a state"};
  CHECK(text({"erlrc-upgrade", kUpgrade}, {broken}) == ReportText{"",
                                                                  "erlrc-upgrade: n1: broken: why\n"
                                                                  "  left: module egerl_a is the new one\n"
                                                                  "  left: <0.1.2> is suspended\n"
                                                                  "  remark: egerl_b keeps a state\n"});
  NodeReport done = report("n1", Word::upgraded);
  done.outcome.remarks = {"egerl_b keeps a state"};
  CHECK(text({"erlrc-upgrade", kUpgrade}, {done}) ==
        ReportText{"erlrc-upgrade: Upgrading 'egerl': (n1) upgraded\n"
                   "  remark: egerl_b keeps a state\n",
                   ""});
}

TEST_CASE("verbose and dry run report how a plan was decided") {
  NodeReport done = report("n1", Word::upgraded);
  done.plan.notes = {"appup: made, because the package ships none"};
  const std::string line = "erlrc-upgrade: Upgrading 'egerl': (n1) upgraded";
  const std::string note = "  note: appup: made, because the package ships none\n";
  CHECK(render_text({"erlrc-upgrade", kUpgrade}, {done}, false).out == line + "\n");
  CHECK(render_text({"erlrc-upgrade", kUpgrade}, {done}, true).out == line + "\n" + note);
  CHECK(render_text({"erlrc-upgrade", kUpgrade, true}, {done}, false).out == line + " (dry run)\n" + note);
}

TEST_CASE("verbose reports each step that was begun with its time, and the time of suspension") {
  NodeReport done = report("n1", Word::upgraded);
  done.plan.steps = {kFirst, kSecond};
  done.outcome.times = {{0, 412}, {1, 1002003}};
  done.outcome.suspended_us = 1210;
  CHECK(render_text({"erlrc-upgrade", kUpgrade}, {done}, true) ==
        ReportText{"erlrc-upgrade: Upgrading 'egerl': (n1) upgraded\n"
                   "  0.412 ms  " +
                       describe(kFirst) + "\n  1002.003 ms  " + describe(kSecond) +
                       "\n  1.210 ms  in all from the first suspended process to the last resumed one\n",
                   ""});
  CHECK(text({"erlrc-upgrade", kUpgrade}, {done}).out == "erlrc-upgrade: Upgrading 'egerl': (n1) upgraded\n");
  done.outcome.attempts = 3;
  CHECK(render_text({"erlrc-upgrade", kUpgrade}, {done}, true)
            .out.ends_with("to the last resumed one, the longest of 3 times that this was tried\n"));
}

TEST_CASE("verbose reports the steps of a failed plan up to the one that failed") {
  NodeReport failed = report("n1", Outcome::rolled_back("why"));
  failed.plan.steps = {kFirst, kSecond};
  failed.outcome.times = {{0, 5}};
  CHECK(render_text({"erlrc-upgrade", kUpgrade}, {failed}, true) ==
        ReportText{"", "erlrc-upgrade: n1: rolled_back: why\n  0.005 ms  " + describe(kFirst) + "\n"});
}

TEST_CASE("a dry run prints the plan of each node") {
  NodeReport planned = report("n1", Word::upgraded);
  planned.plan.steps = {kFirst, kSecond};
  CHECK(text({"erlrc-upgrade", kUpgrade, true}, {planned, report("n2", Word::node_down)}) ==
        ReportText{"erlrc-upgrade: Upgrading 'egerl': (n1) upgraded (dry run)\n"
                   "  1. " +
                       describe(kFirst) + "\n  2. " + describe(kSecond) +
                       "\n"
                       "erlrc-upgrade: Upgrading 'egerl': (n2) node_down (dry run)\n",
                   ""});
}

TEST_CASE("text from a node cannot begin its own line or control a terminal") {
  CHECK(
      text({"erlrc-start", kStart}, {report("n1", Outcome::undecided("a\nerlrc-start: b\x1b[2J\x7f"))}).err ==
      "erlrc-start: n1: a erlrc-start: b [2J \n");
  CHECK(one_line("ab\t\r\ncd") == "ab   cd");
}

TEST_CASE("a rehearsal is reported by module, and by process where it does not work") {
  using Result = Rehearsed::Result;
  NodeReport node = report("n1", Outcome::refused({Refusal::Reason::rehearsal_failed,
                                                   "conversions that fail in the rehearsal: 1 of 4"}));
  node.outcome.rehearsal = {{{Atom{"b"}, "<0.1.2>", Result::works, ""},
                             {Atom{"b"}, "<0.1.3>", Result::fails, "error 1"},
                             {Atom{"Elixir.A"}, "<0.1.4> x", Result::cannot, "no\nstate"},
                             {Atom{"b"}, "<0.1.5>", Result::works, ""}}};
  ReportHead head;
  head.tool = "erlrc-upgrade";
  CHECK(render_text(head, {node}, false).err ==
        "erlrc-upgrade: n1: refused: conversions that fail in the rehearsal: 1 of 4\n"
        "  rehearsed: A: 0 of 1 state converted\n"
        "  rehearsed: b: 2 of 3 states converted\n"
        "  fails: <0.1.3>: error 1\n"
        "  cannot be rehearsed: <0.1.4> x: no state\n");
  CHECK(render_json(head, {node})
            .find(R"("rehearsal":[{"module":"b","process":"<0.1.2>","result":"works","why":""},)"
                  R"({"module":"b","process":"<0.1.3>","result":"fails","why":"error 1"},)") !=
        std::string::npos);
}

TEST_CASE("a node cannot fill the report, or change how it is shown") {
  NodeReport flood =
      report("n1", Outcome::broken("a\x1b\xc2\x9b\xe2\x80\xae", std::vector<std::string>(5000, "x")));
  flood.outcome.remarks = {std::string(100'000'000, 'r')};
  const std::string err = text({"erlrc-upgrade", kUpgrade}, {flood}).err;
  CHECK(err.starts_with("erlrc-upgrade: n1: broken: a \\x{9b}\\x{202e}\n  left: x\n"));
  CHECK(err.find("  left: and 4900 more\n") != std::string::npos);
  CHECK(err.size() < 10'000);
}
