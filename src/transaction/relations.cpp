// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/transaction/relations.hpp>

#include <algorithm>

#include <erlrc/base/version.hpp>

namespace erlrc {
namespace {

constexpr std::string_view kBlank = " \t\r\n";

std::string_view trim(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(kBlank), text.size()));
  return text.substr(0, text.find_last_not_of(kBlank) + 1);
}

/// Takes what is before the first `separator`, and that, from the front of `text`.
std::string_view take_until(std::string_view& text, char separator) {
  const std::string_view part = text.substr(0, text.find(separator));
  text.remove_prefix(std::min(part.size() + 1, text.size()));
  return part;
}

/// `name:arch (op version) [archs] <profiles>`
Relation parse_relation(std::string_view text) {
  Relation relation;
  text = trim(text);
  relation.name = std::string(text.substr(0, text.find_first_of(" \t\r\n(:[<")));
  const std::size_t open = text.find('(');
  if (open == std::string_view::npos) return relation;
  const std::string_view inside = trim(text.substr(open + 1, text.find(')', open) - open - 1));
  const std::string_view op = inside.substr(0, inside.find_first_not_of("<=>"));
  relation.op = op == "<" ? "<=" : op == ">" ? ">=" : std::string(op);
  relation.version = std::string(trim(inside.substr(op.size())));
  return relation;
}

Alternatives one_each(std::string_view text) {
  Alternatives all;
  for (Alternatives& alternatives : parse_relations(text))
    std::ranges::move(alternatives, std::back_inserter(all));
  return all;
}

struct Parts {
  std::string_view epoch{"0"}, upstream, revision{"0"};
};

Parts parts(std::string_view version) {
  Parts split;
  if (const auto colon = version.find(':'); colon != std::string_view::npos) {
    split.epoch = version.substr(0, colon);
    version.remove_prefix(colon + 1);
  }
  const auto dash = version.rfind('-');
  split.upstream = version.substr(0, dash);
  if (dash != std::string_view::npos) split.revision = version.substr(dash + 1);
  return split;
}

const std::string& field(const Stanza& stanza, const std::string& name) {
  static const std::string none;
  const auto found = stanza.find(name);
  return found == stanza.end() ? none : found->second;
}

}  // namespace

bool is_package_name(std::string_view name) {
  const auto first = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  const auto other = [&](char c) { return first(c) || c == '+' || c == '-' || c == '.'; };
  return !name.empty() && first(name.front()) && std::ranges::all_of(name, other);
}

std::vector<Stanza> parse_stanzas(std::string_view text) {
  std::vector<Stanza> stanzas;
  Stanza stanza;
  std::string name;
  const auto finish = [&] {
    if (!stanza.empty()) stanzas.push_back(std::move(stanza));
    stanza.clear();
    name.clear();
  };
  while (!text.empty()) {
    std::string_view line = take_until(text, '\n');
    const std::string_view content = trim(line);
    if (content.empty()) {
      finish();
    } else if (kBlank.find(line.front()) != std::string_view::npos) {
      if (!name.empty()) stanza[name] += " " + std::string(content);
    } else if (line.find(':') != std::string_view::npos) {
      name = std::string(take_until(line, ':'));
      stanza[name] = std::string(trim(line));
    }
  }
  finish();
  return stanzas;
}

std::vector<Alternatives> parse_relations(std::string_view text) {
  std::vector<Alternatives> relations;
  while (!text.empty()) {
    std::string_view group = take_until(text, ',');
    Alternatives alternatives;
    while (!group.empty())
      if (Relation relation = parse_relation(take_until(group, '|')); !relation.name.empty())
        alternatives.push_back(std::move(relation));
    if (!alternatives.empty()) relations.push_back(std::move(alternatives));
  }
  return relations;
}

std::string to_string(const Relation& relation) {
  if (relation.op.empty()) return relation.name;
  return relation.name + " (" + relation.op + " " + relation.version + ")";
}

std::weak_ordering compare_package_versions(std::string_view a, std::string_view b) {
  const Parts x = parts(a);
  const Parts y = parts(b);
  if (auto order = compare_versions(x.epoch, y.epoch); std::is_neq(order)) return order;
  if (auto order = compare_versions(x.upstream, y.upstream); std::is_neq(order)) return order;
  return compare_versions(x.revision, y.revision);
}

bool means(const Relation& relation, std::string_view version) {
  if (relation.op.empty()) return true;
  if (relation.any_release) version = version.substr(0, version.rfind('-'));
  const auto order = compare_package_versions(version, relation.version);
  if (relation.op == "<<") return std::is_lt(order);
  if (relation.op == "<=") return std::is_lteq(order);
  if (relation.op == "=") return std::is_eq(order);
  if (relation.op == ">=") return std::is_gteq(order);
  return std::is_gt(order);
}

PackageRelations relations_of(const Stanza& stanza) {
  PackageRelations relations{field(stanza, "Package"), field(stanza, "Version")};
  relations.needs = parse_relations(field(stanza, "Pre-Depends"));
  std::ranges::move(parse_relations(field(stanza, "Depends")), std::back_inserter(relations.needs));
  relations.breaks = one_each(field(stanza, "Breaks"));
  std::ranges::move(one_each(field(stanza, "Conflicts")), std::back_inserter(relations.breaks));
  relations.provides = one_each(field(stanza, "Provides"));
  return relations;
}

}  // namespace erlrc
