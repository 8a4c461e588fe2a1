// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/transaction/upgrade_set.hpp>

#include <algorithm>

#include <erlrc/base/graph.hpp>

namespace erlrc {
namespace {

bool is_named(const std::string& name, const PackageRelations& package) {
  return package.name == name ||
         std::ranges::any_of(package.provides, [&](const Relation& given) { return given.name == name; });
}

bool needs_any(const PackageRelations& who, const PackageRelations& what) {
  return std::ranges::any_of(who.needs, [&](const Alternatives& alternatives) {
    return std::ranges::any_of(alternatives, [&](const Relation& r) { return is_named(r.name, what); });
  });
}

bool breaks_any(const PackageRelations& who, const PackageRelations& what) {
  return std::ranges::any_of(who.breaks, [&](const Relation& r) { return is_named(r.name, what); });
}

/// Whether it holds for one of the two versions of a change.
template <typename Holds>
bool either(const PackageChange& change, Holds holds) {
  return holds(change.to) || (change.from && holds(*change.from));
}

bool needs(const PackageChange& who, const PackageChange& what) {
  return either(who, [&](const PackageRelations& one) {
    return either(what, [&](const PackageRelations& other) { return needs_any(one, other); });
  });
}

bool breaks(const PackageChange& who, const PackageChange& what) {
  return either(who, [&](const PackageRelations& one) {
    return either(what, [&](const PackageRelations& other) { return breaks_any(one, other); });
  });
}

bool belong_together(const PackageChange& one, const PackageChange& other) {
  if (!other.from) return needs(one, other);
  if (!one.from) return needs(one, other) || needs(other, one);
  return needs(one, other) || needs(other, one) || breaks(one, other) || breaks(other, one);
}

bool goes_down(const PackageChange& change) {
  return change.from && std::is_lt(compare_package_versions(change.to.version, change.from->version));
}

bool is_removed(const PackageChange& change) {
  return change.from && change.to.name.empty();
}

/// The version of `package` that `relation` is about: its own, or the one in which it provides that name.
std::optional<std::string> version_for(const Relation& relation, const PackageRelations& package) {
  if (relation.name == package.name) return package.version;
  for (const Relation& given : package.provides)
    if (given.name == relation.name) return given.version;
  return std::nullopt;
}

/// Whether one of these packages meets it; nullopt if it is about other packages.
std::optional<bool> is_met(const Relation& relation, const Packages& packages) {
  std::optional<bool> met;
  for (const auto& [name, package] : packages)
    if (const auto version = version_for(relation, package))
      met = met.value_or(false) || relation.op.empty() || (!version->empty() && means(relation, *version));
  return met;
}

bool is_unmet(const Alternatives& alternatives, const Packages& packages) {
  return std::ranges::all_of(alternatives, [&](const Relation& r) { return is_met(r, packages) == false; });
}

std::string version_shown(const Relation& relation, const Packages& packages) {
  const auto found = packages.find(relation.name);
  const bool known = found != packages.end() && !found->second.version.empty();
  return relation.name + " is " + (known ? found->second.version : "another version");
}

/// The package that one of these is about.
std::string known_by(const Alternatives& alternatives, const Packages& packages) {
  for (const Relation& relation : alternatives)
    for (const auto& [name, package] : packages)
      if (version_for(relation, package)) return name;
  return {};
}

}  // namespace

std::set<std::string> together_with(const std::string& start, const PackageChanges& changes) {
  std::set<std::string> found{start};
  std::vector<std::string> next{start};
  while (!next.empty()) {
    const std::string current = next.back();
    const PackageChange& one = changes.at(current);
    next.pop_back();
    for (const auto& [name, other] : changes) {
      const bool moves = one.takes_from.contains(name) || other.takes_from.contains(current);
      if (found.contains(name) || !(moves || belong_together(one, other))) continue;
      found.insert(name);
      next.push_back(name);
    }
  }
  return found;
}

std::vector<std::string> node_order(const std::set<std::string>& packages, const PackageChanges& changes) {
  Dependencies before;
  for (const std::string& name : packages)
    before[name];
  for (const std::string& who : packages)
    for (const std::string& what : packages) {
      if (who == what || !needs(changes.at(who), changes.at(what))) continue;
      if (goes_down(changes.at(what)) || is_removed(changes.at(who))) {
        before[what].insert(who);
      } else {
        before[who].insert(what);
      }
    }
  std::vector<std::string> order;
  for (const auto& group : ordered_groups(before))
    order.insert(order.end(), group.begin(), group.end());
  return order;
}

std::set<Unmet> unmet_among(const Packages& packages) {
  std::set<Unmet> unmet;
  for (const auto& [name, package] : packages) {
    const std::string who = name + " " + package.version;
    for (const Alternatives& alternatives : package.needs)
      if (is_unmet(alternatives, packages))
        unmet.insert({name,
                      who + " needs " + to_string(alternatives.front()) + ", and " +
                          version_shown(alternatives.front(), packages),
                      known_by(alternatives, packages)});
    for (const Relation& broken : package.breaks)
      if (const auto other = packages.find(broken.name);
          other != packages.end() && other->first != name && means(broken, other->second.version))
        unmet.insert({other->first,
                      who + " breaks " + to_string(broken) + ", and " + version_shown(broken, packages),
                      name});
  }
  return unmet;
}

bool concerns(const PackageRelations& who, const PackageRelations& what) {
  return needs_any(who, what) || breaks_any(who, what);
}

std::map<std::string, std::string> to_skip(const PackageChanges& set, const Packages& in_nodes) {
  Packages before = in_nodes, after = in_nodes;
  for (const auto& [name, change] : set) {
    before.erase(name);
    if (change.from) before[name] = *change.from;
    after[name] = change.to;
  }
  const std::set<Unmet> known = unmet_among(before);
  std::map<std::string, std::string> skipped;
  const auto skip = [&](const std::string& name, const std::string& why) {
    if (!set.contains(name) || !skipped.emplace(name, why).second) return false;
    after.erase(name);
    if (const auto now = before.find(name); now != before.end()) after[name] = now->second;
    return true;
  };
  for (bool more = true; more;) {
    more = false;
    for (const Unmet& unmet : unmet_among(after))
      if (!known.contains(unmet)) more = skip(unmet.package, unmet.why) || skip(unmet.by, unmet.why) || more;
  }
  return skipped;
}

std::set<std::string> to_roll_back(Packages now, const std::map<std::string, std::string>& before) {
  std::set<std::string> back;
  for (bool more = true; more;) {
    more = false;
    for (const Unmet& unmet : unmet_among(now)) {
      const auto old = before.find(unmet.package);
      if (old == before.end()) continue;
      more = back.insert(old->first).second || more;
      now[old->first] = {old->first, old->second};
    }
  }
  return back;
}

}  // namespace erlrc
