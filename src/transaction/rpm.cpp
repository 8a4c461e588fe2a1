// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/transaction/rpm.hpp>

#include <algorithm>
#include <utility>

#include <erlrc/base/error.hpp>
#include <erlrc/base/text.hpp>

#include "rpm_relation.hpp"

namespace erlrc {
namespace {

/// rpm writes `<` for what Debian writes `<<`.
std::string operator_of(std::string_view text) {
  const std::string op(trim(text));
  return op == "<" || op == ">" ? op + op : op;
}

/// The fields after the key: name, operator, version.
Relation relation_of(const std::vector<std::string_view>& fields) {
  return rpm_relation(fields.at(1), fields.at(2), fields.at(3));
}

/// A package without an epoch has the epoch 0; some programs write it.
std::string without_zero_epoch(std::string_view evr) {
  return std::string(evr.starts_with("0:") ? evr.substr(2) : evr);
}

/// Its lines may be short, and each takes a hundred bytes or more here.
void check_count(const RpmPackage& package) {
  const PackageRelations& all = package.relations;
  if (all.needs.size() + all.breaks.size() + all.provides.size() + package.directories.size() >
      most_rpm_relations)
    throw Error("package " + printable(all.name) + ": more than " + std::to_string(most_rpm_relations) +
                " relations and directories");
}

void add_line(std::vector<RpmPackage>& packages, const std::vector<std::string_view>& fields) {
  const std::string_view key = fields.front();
  if (key == "package" && fields.size() == 5)
    packages.push_back({{std::string(fields[1]), without_zero_epoch(fields[2])},
                        std::string(fields[3]),
                        parse_number<unsigned>(fields[4]).value_or(0),
                        {}});
  if (packages.empty()) return;
  RpmPackage& package = packages.back();
  check_count(package);
  if (key == "directory" && fields.size() == 2) package.directories.emplace(fields[1]);
  if (fields.size() != 4) return;
  if (key == "requires") package.relations.needs.push_back({relation_of(fields)});
  if (key == "conflicts") package.relations.breaks.push_back(relation_of(fields));
  if (key == "provides") package.relations.provides.push_back(relation_of(fields));
}

}  // namespace

Relation rpm_relation(std::string_view name, std::string_view op, std::string_view version) {
  // A condition like `(a or b)` is the name of nothing, so it does not matter.
  Relation relation{std::string(name), operator_of(op), std::string(version)};
  relation.any_release = relation.version.find('-') == std::string::npos;
  return relation;
}

const std::string rpm_query_format =
    "package\\t%{NAME}\\t%{EVR}\\t%{ARCH}\\t%{DBINSTANCE}\\n"
    "[requires\\t%{REQUIRENAME}\\t%{REQUIREFLAGS:depflags}\\t%{REQUIREVERSION}\\n]"
    "[conflicts\\t%{CONFLICTNAME}\\t%{CONFLICTFLAGS:depflags}\\t%{CONFLICTVERSION}\\n]"
    "[provides\\t%{PROVIDENAME}\\t%{PROVIDEFLAGS:depflags}\\t%{PROVIDEVERSION}\\n]"
    "[directory\\t%{DIRNAMES}\\n]";

bool is_rpm_name(std::string_view name) {
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  const auto first = [&](char c) { return letter(c) || (c >= '0' && c <= '9') || c == '_'; };
  const auto other = [&](char c) { return first(c) || c == '+' || c == '-' || c == '.'; };
  return !name.empty() && first(name.front()) && std::ranges::all_of(name, other);
}

std::optional<Moment> rpm_moment(std::string_view name) {
  if (name == "begin") return Moment::run_begins;
  if (name == "end" || name == "posttrans") return Moment::run_ended;
  if (name == "pre") return Moment::run_unpacks;
  if (name == "preun") return Moment::run_unpacked;
  if (name == "recover") return Moment::run_recovered;
  return std::nullopt;
}

bool is_rpm_scriptlet(std::string_view name) {
  return name == "pre" || name == "preun" || name == "posttrans";
}

RpmScriptlet parse_rpm_scriptlet(const std::vector<std::string>& args) {
  if (args.size() != 3) throw UsageError("expected NAME EVR COUNT");
  const auto count = parse_number<int>(args[2]);
  if (!is_rpm_name(args[0])) throw UsageError(printable(args[0]) + " is not the name of a package");
  if (args[1].empty() || args[1].find('/') != std::string::npos)
    throw UsageError(printable(args[1]) + " is not a version of a package");
  if (!count) throw UsageError(printable(args[2]) + " is not a number");
  return {args[0], without_zero_epoch(args[1]), *count};
}

RpmElements parse_rpm_elements(std::string_view text) {
  constexpr std::string_view install = "install ";
  RpmElements elements;
  std::size_t number = 0;
  for (const std::string_view line : lines(text)) {
    ++number;
    const auto all = words(line);
    if (line.starts_with(install) && line.substr(install.size()).starts_with('/')) {
      elements.archives.emplace_back(line.substr(install.size()));
    } else if (all.size() == 3 && all[0] == "erase") {
      elements.removed[std::string(all[1])].insert(without_zero_epoch(all[2]));
    } else {
      throw SyntaxError("standard input", {number, 1},
                        "found " + printable(line) + ", expected `install ARCHIVE` or `erase NAME EVR`");
    }
  }
  return elements;
}

std::vector<RpmPackage> parse_rpm_query(std::string_view text) {
  std::vector<RpmPackage> packages;
  for (const std::string_view line : lines(text))
    add_line(packages, split(line, '\t'));
  return packages;
}

}  // namespace erlrc
