// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/report/comparison.hpp>

#include <algorithm>
#include <map>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <erlrc/base/text.hpp>
#include <erlrc/term/text.hpp>

namespace erlrc {
namespace {

using Kind = Difference::Kind;
using Json = nlohmann::ordered_json;

/// A foreign node may send any number.
constexpr std::size_t most_names = 20;

std::string_view kind_of(Kind kind) {
  switch (kind) {
    case Kind::other_code:
      return "other_code";
    case Kind::shadowed:
      return "shadowed";
    case Kind::no_file:
      return "no_file";
    case Kind::cover_compiled:
      return "cover_compiled";
    case Kind::old_code:
      return "old_code";
    case Kind::other_library:
      return "other_library";
    case Kind::replaced_library:
      return "replaced_library";
  }
  return {};
}

/// What the names after it have in common.
std::string begin_of(Kind kind, const std::string& directory) {
  switch (kind) {
    case Kind::other_code:
      return "other code is in " + directory;
    case Kind::shadowed:
      return "the code path leads to other code in " + directory;
    case Kind::no_file:
      return "no longer in " + directory;
    case Kind::cover_compiled:
      return "compiled for cover, instead of the code in " + directory;
    case Kind::old_code:
      return "processes still run code from before the last change";
    case Kind::other_library:
      return "uses a NIF library that is not installed, loaded as " + directory;
    case Kind::replaced_library:
      return "libraries whose files were replaced or removed";
  }
  return {};
}

/// What the line of a difference names, and what it is about.
std::pair<std::string, std::string> place_and_name(const Difference& difference) {
  if (difference.kind == Kind::replaced_library) return {"", difference.what};
  const std::string name = module_name(difference.what);
  if (difference.kind == Kind::other_library) return {difference.file, name};
  return {difference.file.substr(0, difference.file.rfind('/')), name};
}

std::string listed(const std::vector<std::string>& names) {
  const std::vector<std::string> some(
      names.begin(), names.begin() + static_cast<std::ptrdiff_t>(std::min(names.size(), most_names)));
  std::string text = join(some, ", ");
  if (names.size() > most_names) text += fmt::format(" and {} more", names.size() - most_names);
  return text;
}

}  // namespace

std::string to_text(const std::string& tool, const std::string& node, const Comparison& comparison) {
  std::map<std::pair<Kind, std::string>, std::vector<std::string>> groups;
  for (const Difference& difference : comparison.differences) {
    auto [place, name] = place_and_name(difference);
    groups[{difference.kind, std::move(place)}].push_back(std::move(name));
  }
  std::string text = fmt::format(
      "{}: ({}) {}: {}, {}\n", tool, node, groups.empty() ? "in sync" : "differs",
      counted(comparison.modules, "module"),
      comparison.libraries == 1 ? "1 library" : fmt::format("{} libraries", comparison.libraries));
  for (const auto& [group, names] : groups)
    text += "  " + one_line(begin_of(group.first, group.second) + ": " + listed(names)) + "\n";
  return text;
}

std::string to_json(const std::string& node, const Comparison& comparison) {
  Json differences = Json::array();
  for (const Difference& each : comparison.differences)
    differences.push_back({{"kind", kind_of(each.kind)}, {"what", each.what}, {"file", each.file}});
  const Json record{{"node", node},
                    {"modules", comparison.modules},
                    {"libraries", comparison.libraries},
                    {"differences", std::move(differences)}};
  return record.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace erlrc
