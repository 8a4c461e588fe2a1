// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/dist/names.hpp>

#include <algorithm>

#include <erlrc/base/error.hpp>
#include <erlrc/base/text.hpp>

namespace erlrc {
namespace {

constexpr std::size_t longest_name = 255;  // a node name is an atom

/// What is wrong with `part` as a part of a node name; null if it is right.
const char* defect_of(std::string_view part) {
  if (part.empty()) return "an empty part";
  if (part.find('/') != std::string_view::npos) return "a slash";
  if (part.find("..") != std::string_view::npos) return "two dots in a row";
  if (part.find('@') != std::string_view::npos) return "a second @";
  if (std::ranges::any_of(part, [](char c) { return c <= ' ' || c > '~'; }))
    return "a character that is not printable ASCII";
  return nullptr;
}

}  // namespace

NodeName parse_node_name(std::string_view text) {
  const auto at = text.find('@');
  NodeName name{std::string(text.substr(0, at)), std::nullopt};
  if (at != std::string_view::npos) name.host = text.substr(at + 1);
  const char* defect = defect_of(name.alive);
  if (defect == nullptr && name.host) defect = defect_of(*name.host);
  if (defect == nullptr && text.size() > longest_name) defect = "more than 255 characters";
  if (defect != nullptr) throw UsageError("node name " + printable(text) + ": holds " + defect);
  return name;
}

std::string to_string(const NodeName& name) {
  return name.host ? name.alive + "@" + *name.host : name.alive;
}

bool may_be_same(const NodeName& a, const NodeName& b) {
  return a.alive == b.alive && (!a.host || !b.host || a.host == b.host);
}

}  // namespace erlrc
