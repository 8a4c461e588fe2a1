// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/boot/erl_arguments.hpp>

#include <algorithm>
#include <array>
#include <string_view>

namespace erlrc {
namespace {

/// Flags with the names of files; each may have several.
constexpr std::array<std::string_view, 5> with_files{"-pa", "-pz", "-path", "-config", "-args_file"};

bool is_flag(std::string_view argument) {
  return argument.starts_with('-') || argument.starts_with('+');
}

}  // namespace

std::vector<std::string> arguments_from(const std::filesystem::path& directory,
                                        std::vector<std::string> arguments) {
  std::string_view flag;
  for (std::string& argument : arguments) {
    if (is_flag(argument)) {
      flag = argument;
      if (flag == "-extra" || flag == "--") break;
    } else if (std::ranges::find(with_files, flag) != with_files.end() ||
               (flag == "-boot" && argument.find('/') != std::string::npos)) {
      argument = (directory / argument).string();  // an absolute name is kept
    }
  }
  return arguments;
}

}  // namespace erlrc
