// SPDX-License-Identifier: BSD-3-Clause
#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <vector>

#include <cstddef>
#include <ranges>

#include <erlrc/base/text.hpp>
#include <erlrc/forecast/forecast.hpp>

namespace erlrc {
namespace {

constexpr std::size_t kColumns = 7;
constexpr std::size_t kNeverWrapped = 5;  ///< the columns before the modules and the reason
constexpr std::size_t kWidth = 100;
using Line = std::array<std::string, kColumns>;
using Widths = std::array<std::size_t, kColumns>;

std::string words_of(Forecast::Kind kind) {
  switch (kind) {
    case Forecast::Kind::hot:
      return "hot";
    case Forecast::Kind::restart:
      return "restart";
    case Forecast::Kind::start:
      return "start";
    case Forecast::Kind::unwanted:
      return "not started";
    case Forecast::Kind::stop:
      return "stop";
    case Forecast::Kind::skipped:
      return "skipped";
    case Forecast::Kind::needs_restart:
      return "needs restart";
    case Forecast::Kind::refused:
      return "refused";
  }
  return {};
}

std::string or_dash(const std::string& text) {
  return text.empty() ? "-" : one_line(text);
}

/// Their number and the first few.
std::string module_names(const std::vector<Atom>& modules) {
  constexpr std::size_t few = 3;
  if (modules.empty()) return "-";
  const std::string names = join(modules | std::views::take(few), " ", &Atom::name);
  return std::to_string(modules.size()) + ": " + one_line(names) + (modules.size() > few ? " .." : "");
}

Line line_of(const Forecast& row) {
  return {or_dash(row.app),   or_dash(row.old_vsn),      or_dash(row.new_vsn), or_dash(row.node),
          words_of(row.kind), module_names(row.modules), one_line(row.why)};
}

std::string first_columns(const Line& line, const Widths& widths, std::size_t count) {
  std::string row = " ";
  for (std::size_t i = 0; i < count; ++i)
    row += " " + line[i] + std::string(widths[i] - line[i].size(), ' ');
  return row.erase(row.find_last_not_of(' ') + 1);
}

/// Lines of its words, as long as the table may be wide; a longer word is a line.
std::string below(const std::string& text) {
  const std::string indent = "     ";
  std::string made, line = indent;
  for (const std::string_view word : words(text)) {
    if (line != indent && line.size() + 1 + word.size() > kWidth) {
      made += line + "\n";
      line = indent;
    }
    line += " " + std::string(word);
  }
  return made + line + "\n";
}

/// What does not fit into the line follows below it: the reason, and the modules if need be.
std::string row_of(const Line& line, const Widths& widths) {
  std::size_t count = kColumns;
  std::string row = first_columns(line, widths, count);
  while (row.size() > kWidth && count > kNeverWrapped)
    row = first_columns(line, widths, --count);
  row += "\n";
  for (std::size_t i = count; i < kColumns; ++i)
    if (!line[i].empty()) row += below(line[i]);
  return row;
}

std::string in_columns(const std::vector<Line>& lines) {
  Widths widths{};
  for (const Line& line : lines)
    for (std::size_t i = 0; i < kColumns; ++i)
      widths[i] = std::max(widths[i], line[i].size());
  std::string text;
  for (const Line& line : lines)
    text += row_of(line, widths);
  return text;
}

}  // namespace

std::string render_forecasts(const Forecasts& forecasts) {
  std::string text;
  if (!forecasts.rows.empty()) {
    std::vector<Line> lines{{"application", "old", "new", "node", "how", "changed modules", "why"}};
    for (const Forecast& row : forecasts.rows)
      lines.push_back(line_of(row));
    text = "erlrc: effect on running nodes:\n" + in_columns(lines);
  }
  for (const std::string& note : forecasts.notes)
    text += "erlrc: " + one_line(note) + "\n";
  return text;
}

}  // namespace erlrc
