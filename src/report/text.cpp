// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/report/report.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <erlrc/base/text.hpp>
#include <erlrc/term/text.hpp>

namespace erlrc {
namespace {

std::string doing(Action action) {
  switch (action) {
    case Action::start:
      return "Starting";
    case Action::stop:
      return "Stopping";
    case Action::upgrade:
      return "Upgrading";
    case Action::downgrade:
      return "Downgrading";
  }
  return {};
}

std::string in_milliseconds(std::int64_t microseconds) {
  return fmt::format("{:.3f} ms", static_cast<double>(microseconds) / 1000.0);
}

void add_line(std::string& text, std::string_view kind, std::string_view line) {
  text += fmt::format("  {}{}\n", kind, one_line(line));
}

/// How many lines of one kind a report has: a node may send any number.
constexpr std::size_t most_lines = 100;

void add_lines(std::string& text, std::string_view kind, const std::vector<std::string>& lines) {
  for (std::size_t i = 0; i < std::min(lines.size(), most_lines); ++i)
    add_line(text, kind, lines[i]);
  if (lines.size() > most_lines)
    add_line(text, kind, "and " + std::to_string(lines.size() - most_lines) + " more");
}

/// A line for each module with its converted states; a line for each process that was not converted.
void add_rehearsal(std::string& text, const std::vector<Rehearsed>& rehearsal) {
  if (rehearsal.empty()) add_line(text, "rehearsed: ", "no process has a state to convert");
  std::map<Atom, std::pair<std::size_t, std::size_t>> modules;  // those that work, and all
  for (const Rehearsed& each : rehearsal) {
    modules[each.module].first += each.result == Rehearsed::Result::works ? 1 : 0;
    ++modules[each.module].second;
  }
  for (const auto& [module, counts] : modules)
    add_line(text, "rehearsed: ",
             fmt::format("{}: {} of {} converted", module_name(module.name), counts.first,
                         counted(counts.second, "state")));
  for (const Rehearsed& each : rehearsal)
    if (each.result != Rehearsed::Result::works)
      add_line(text, each.result == Rehearsed::Result::fails ? "fails: " : "cannot be rehearsed: ",
               each.process + ": " + each.why);
}

/// How often all processes had to be suspended until none was busy.
std::string busy(const Outcome& outcome) {
  if (outcome.attempts < 2) return {};
  return fmt::format(", the longest of {} times that this was tried", outcome.attempts);
}

void add_steps(std::string& text, const NodeReport& report, const ReportHead& head, bool verbose) {
  if (head.dry_run) {
    for (std::size_t i = 0; i < report.plan.steps.size(); ++i)
      add_line(text, std::to_string(i + 1) + ". ", describe(report.plan.steps[i]));
    return;
  }
  if (!verbose) return;
  for (const Outcome::StepTime& time : report.outcome.times)
    if (time.step < report.plan.steps.size())
      add_line(text, in_milliseconds(time.microseconds) + "  ", describe(report.plan.steps[time.step]));
  if (report.outcome.suspended_us > 0)
    add_line(text, in_milliseconds(report.outcome.suspended_us) + "  ",
             "in all from the first suspended process to the last resumed one" + busy(report.outcome));
}

std::string headline(const ReportHead& head, const NodeReport& report) {
  const Outcome& outcome = report.outcome;
  const std::string word(word_of(outcome));
  if (outcome.is_done())
    return head.tool + ": " + doing(action_of(head.request)) + " '" + head.request.app.name + "': (" +
           one_line(report.node) + ") " + word + (head.dry_run ? " (dry run)" : "") + "\n";
  return head.tool + ": " + one_line(report.node) + ": " + (word.empty() ? "" : word + ": ") +
         one_line(outcome.why()) + "\n";
}

}  // namespace

ReportText render_text(const ReportHead& head, const std::vector<NodeReport>& reports, bool verbose) {
  ReportText text;
  for (const NodeReport& report : reports) {
    std::string& stream = report.outcome.is_done() ? text.out : text.err;
    stream += headline(head, report);
    add_lines(stream, "left: ", report.outcome.left());
    add_lines(stream, "remark: ", report.outcome.remarks);
    if (report.outcome.rehearsal) add_rehearsal(stream, *report.outcome.rehearsal);
    if (verbose || head.dry_run) add_lines(stream, "note: ", report.plan.notes);
    add_steps(stream, report, head, verbose);
  }
  return text;
}

}  // namespace erlrc
