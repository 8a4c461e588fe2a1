// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/sys/group.hpp>

#include <algorithm>
#include <charconv>
#include <limits>
#include <optional>
#include <string_view>

#include <erlrc/base/error.hpp>
#include <erlrc/sys/file.hpp>

namespace erlrc {
namespace {

constexpr const char* group_file = "/etc/group";

std::optional<gid_t> parse_number(std::string_view text) {
  gid_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  // The largest number means "leave it as it is" to chown(2).
  if (error != std::errc{} || end != text.data() + text.size() || number == std::numeric_limits<gid_t>::max())
    return std::nullopt;
  return number;
}

/// Takes the text up to the next separator off `rest`.
std::string_view next(std::string_view& rest, char separator) {
  const std::string_view part = rest.substr(0, rest.find(separator));
  rest.remove_prefix(std::min(part.size() + 1, rest.size()));
  return part;
}

}  // namespace

gid_t find_group(const std::string& name) {
  if (const auto number = parse_number(name)) return *number;
  const Bytes groups = read_file(group_file);
  for (std::string_view rest = groups; !rest.empty();) {
    std::string_view line = next(rest, '\n');  // NAME:PASSWORD:NUMBER:MEMBERS
    if (next(line, ':') != name) continue;
    next(line, ':');
    if (const auto number = parse_number(next(line, ':'))) return *number;
  }
  throw UsageError("group '" + name + "': not in " + group_file);
}

}  // namespace erlrc
