// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/sys/user.hpp>

#include <string_view>

#include <erlrc/base/error.hpp>
#include <erlrc/base/text.hpp>
#include <erlrc/sys/file.hpp>

#include "account_file.hpp"

namespace erlrc {
namespace {

constexpr const char* user_file = "/etc/passwd";

}  // namespace

uid_t find_user(const std::string& name) {
  return find_account(user_file, "user", name);
}

std::string user_name(uid_t user) {
  try {
    const Bytes users = read_file(user_file);
    for (const std::string_view line : lines(users)) {
      const auto fields = split(line, ':');  // NAME:PASSWORD:NUMBER:..
      if (fields.size() >= 3 && parse_account(fields[2]) == user) return std::string(fields[0]);
    }
  } catch (const SystemError&) {
    // A number is a name, too.
  }
  return std::to_string(user);
}

}  // namespace erlrc
