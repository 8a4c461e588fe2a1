// SPDX-License-Identifier: BSD-3-Clause
// Files of this host that others than root may write, and what is printed of foreign text.
#include <erlrc/base/foreign_text.hpp>
#include <erlrc/base/text.hpp>
#include <erlrc/base/utf8.hpp>
#include <erlrc/report/report.hpp>
#include <erlrc/site/registry.hpp>
#include <erlrc/site/registry_text.hpp>
#include <erlrc/sys/process.hpp>
#include <erlrc/sys/socket_table.hpp>
#include <nlohmann/json.hpp>

#include "fuzz.hpp"
#include "temp_dir.hpp"

namespace erlrc::test {
namespace {

/// Whether a terminal shows this without obeying it.
bool is_clean(std::string_view text, bool lines) {
  for (std::size_t at = 0; at < text.size();) {
    const std::uint32_t c = next_code_point(text, at);
    if (lines && (c == '\n' || c == '\t')) continue;
    if (c < 0x20 || (c >= 0x7f && c < 0xa0) || (c >= 0x202a && c <= 0x202e)) return false;
  }
  return is_utf8(text);
}

}  // namespace

void fuzz_entry(BytesView input) {
  static const TempDir root;
  root.write("nodes/fake", input);
  const Registry registry = load_registry(root.path());
  claim(registry.nodes.size() + registry.bad.size() == 1, "a file is one entry, good or bad");
  claim(is_clean(to_text(registry), true), "a list is clean");
  claim(nlohmann::json::accept(to_json(registry)), "a list is JSON");
  (void)runs_as_node(input, "fake", "");
  (void)parse_tcp_table(input);
}

void fuzz_report(BytesView input) {
  const auto parts = split(input, '\0');
  const auto part = [&](std::size_t i) { return std::string(i < parts.size() ? parts[i] : BytesView()); };
  claim(is_clean(one_line(input), false), "one line is clean");
  claim(is_clean(for_terminal(input), true), "text for a terminal is clean");
  claim(is_clean(printable(input), false), "quoted text is clean");
  Outcome outcome = Outcome::broken(part(0), {part(1)});
  outcome.remarks = {part(2)};
  outcome.rehearsal = {{Atom{part(3)}, part(4), Rehearsed::Result::fails, part(5)}};
  const std::vector<NodeReport> reports{{"fake", outcome, {}},
                                        {"other", Outcome::undecided(part(6)), {}},
                                        {"third", Outcome::rolled_back(part(7)), {}}};
  const ReportHead head{"erlrc-start", {Atom{"app"}, Request::Start{{"1", "/ebin"}}, {}}, false};
  const ReportText text = render_text(head, reports, true);
  claim(is_clean(text.out, true) && is_clean(text.err, true), "a report is clean");
  claim(nlohmann::json::accept(render_json(head, reports)), "a record is JSON");
}

}  // namespace erlrc::test
