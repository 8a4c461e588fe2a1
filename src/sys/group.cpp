// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/sys/group.hpp>

#include <limits>
#include <optional>
#include <string_view>

#include <erlrc/base/error.hpp>
#include <erlrc/base/text.hpp>
#include <erlrc/sys/file.hpp>

namespace erlrc {
namespace {

constexpr const char* group_file = "/etc/group";

std::optional<gid_t> parse_group(std::string_view text) {
  const auto number = parse_number<gid_t>(text);
  // The largest number means "leave it as it is" to chown(2).
  return number == std::numeric_limits<gid_t>::max() ? std::nullopt : number;
}

}  // namespace

gid_t find_group(const std::string& name) {
  if (const auto number = parse_group(name)) return *number;
  const Bytes groups = read_file(group_file);
  for (const std::string_view line : lines(groups)) {
    const auto fields = split(line, ':');  // NAME:PASSWORD:NUMBER:MEMBERS
    if (fields.size() < 3 || fields[0] != name) continue;
    if (const auto number = parse_group(fields[2])) return *number;
  }
  throw UsageError("group '" + name + "': not in " + group_file);
}

}  // namespace erlrc
