// SPDX-License-Identifier: BSD-3-Clause
#include "account_file.hpp"

#include <limits>

#include <erlrc/base/error.hpp>
#include <erlrc/base/text.hpp>
#include <erlrc/sys/file.hpp>

namespace erlrc {

std::optional<uid_t> parse_account(std::string_view text) {
  const auto number = parse_number<uid_t>(text);
  // The largest number means "leave it as it is" to chown(2).
  return number == std::numeric_limits<uid_t>::max() ? std::nullopt : number;
}

uid_t find_account(const char* file, const char* kind, const std::string& name) {
  if (const auto number = parse_account(name)) return *number;
  const Bytes accounts = read_file(file);
  for (const std::string_view line : lines(accounts)) {
    const auto fields = split(line, ':');
    if (fields.size() < 3 || fields[0] != name) continue;
    if (const auto number = parse_account(fields[2])) return *number;
  }
  throw UsageError(std::string(kind) + " '" + name + "': not in " + file);
}

}  // namespace erlrc
