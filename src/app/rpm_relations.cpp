// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/app/rpm_relations.hpp>

#include <algorithm>
#include <set>
#include <string_view>

namespace erlrc {
namespace {

/// In a version, a hyphen would begin a release.
std::string provided(const AppSpec& spec) {
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("._+~^").find(c) != std::string_view::npos;
  };
  const std::string name = "erlang-app(" + spec.name.name + ")";
  return (std::ranges::all_of(spec.vsn, allowed) ? name + " = " + spec.vsn : name) + "\n";
}

/// The applications that these need, or would use: not these themselves.
std::string needed(const std::vector<AppSpec>& specs, bool optional) {
  std::set<std::string> names;
  for (const AppSpec& spec : specs) {
    const auto is_optional = [&](const Atom& app) {
      return std::ranges::find(spec.optional_applications, app) != spec.optional_applications.end();
    };
    for (const auto* list : {&spec.applications, &spec.included_applications})
      for (const Atom& app : *list)
        if (is_optional(app) == optional) names.insert(app.name);
    if (optional)
      for (const Atom& app : spec.optional_applications)
        names.insert(app.name);
  }
  for (const AppSpec& spec : specs)
    names.erase(spec.name.name);
  std::string text;
  for (const std::string& app : names)
    text += "erlang-app(" + app + ")\n";
  return text;
}

}  // namespace

std::string rpm_relations(const std::vector<AppSpec>& specs, const std::string& kind) {
  if (kind != "provides") return needed(specs, kind == "recommends");
  std::string text;
  for (const AppSpec& spec : specs)
    text += provided(spec);
  return text;
}

}  // namespace erlrc
