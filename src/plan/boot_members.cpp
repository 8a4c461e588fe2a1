// SPDX-License-Identifier: BSD-3-Clause
#include <algorithm>
#include <charconv>
#include <utility>
#include <variant>

#include <erlrc/base/error.hpp>

#include "boot_impl.hpp"

namespace erlrc {
namespace {

/// The first release that knows optional_applications.
constexpr int first_with_optional = 24;

int release_number(const std::string& release) {
  int number = first_with_optional;
  std::from_chars(release.data(), release.data() + release.size(), number);
  return number;
}

bool contains(const std::vector<Atom>& apps, const Atom& app) {
  return std::ranges::find(apps, app) != apps.end();
}

/// Whether it runs, alone or inside another one.
bool is_there(const NodeState& node, const Atom& app) {
  return runs(node, app) || included_by(node, app);
}

class Collection {
public:
  Collection(const NodeState& node, const FindApp& find) : node_(node), find_(find) {}

  BootMembers collect(const DesiredBoot& desired) {
    members_.problems = desired.problems;
    for (const auto& [app, type] : desired.types)
      open_.push_back(app);
    while (!open_.empty()) {
      const Atom app = open_.back();
      open_.pop_back();
      if (!members_.all.contains(app) && !is_there(node_, app)) enter(app);
    }
    note_includers();
    return std::move(members_);
  }

private:
  void enter(const Atom& app) {
    BootMember member;
    if (const auto loaded = node_.loaded.find(app); loaded != node_.loaded.end()) {
      const LoadedApp& known = loaded->second;
      member = {known.vsn, needed(known.applications, known.optional), known.included, std::nullopt};
    } else {
      std::visit(Overload{[&](const AppFiles& files) {
                            const AppSpec& spec = files.spec;
                            member = {spec.vsn, needed(spec.applications, spec.optional_applications),
                                      spec.included_applications, files};
                          },
                          [&](const BootProblem& problem) { members_.problems.push_back(problem); }},
                 find_(app));
    }
    for (const auto* others : {&member.applications, &member.included})
      open_.insert(open_.end(), others->begin(), others->end());
    for (const auto& [outer, loaded] : node_.loaded)
      if (contains(loaded.included, app)) open_.push_back(outer);
    members_.all.emplace(app, std::move(member));
  }

  std::vector<Atom> needed(std::vector<Atom> applications, const std::vector<Atom>& optional) {
    if (release_number(node_.otp_release) >= first_with_optional)
      std::erase_if(applications,
                    [&](const Atom& app) { return contains(optional, app) && is_missing(app); });
    return applications;
  }

  bool is_missing(const Atom& app) {
    if (node_.loaded.contains(app)) return false;
    const auto found = find_(app);
    const auto* problem = std::get_if<BootProblem>(&found);
    return problem != nullptr && std::holds_alternative<AppFileMissing>(*problem);
  }

  void note_includers() {
    for (const auto& [outer, member] : members_.all)
      for (const Atom& inner : member.included)
        members_.includers[inner].insert(outer);
    for (const auto& [outer, loaded] : node_.loaded)
      for (const Atom& inner : loaded.included)
        if (is_there(node_, outer)) members_.includers[inner].insert(outer);
  }

  const NodeState& node_;
  const FindApp& find_;
  std::vector<Atom> open_;
  BootMembers members_;
};

}  // namespace

BootMembers collect_members(const DesiredBoot& desired, const NodeState& node, const FindApp& find) {
  return Collection(node, find).collect(desired);
}

}  // namespace erlrc
