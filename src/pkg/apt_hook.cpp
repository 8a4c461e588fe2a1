// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/pkg/apt_hook.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <ranges>

#include <erlrc/base/error.hpp>
#include <erlrc/base/text.hpp>

namespace erlrc {
namespace {

const std::string kName = "APT's description of the transaction";

/// Takes lines from the front of a text and counts them.
class Lines {
public:
  explicit Lines(std::string_view text) : left_(text) {}

  /// nullopt at the end. Throws Error if the last line has no line end: its writer did not finish.
  std::optional<std::string_view> next() {
    if (left_.empty()) return std::nullopt;
    const auto end = left_.find('\n');
    ++number_;
    if (end == std::string_view::npos) throw bad("it ends in the middle of a line");
    const std::string_view line = left_.substr(0, end);
    left_.remove_prefix(end + 1);
    return line;
  }

  Error bad(const std::string& message) const {
    return Error(kName + ": line " + std::to_string(number_) + ": " + message);
  }

private:
  std::string_view left_;
  std::size_t number_ = 0;
};

/// Reads up to the empty line, calling `visit` with each line of the configuration.
template <typename Visit>
void read_head(Lines& lines, Visit visit) {
  const auto first = lines.next();
  if (first != "VERSION 3")
    throw lines.bad("expected `VERSION 3`; does the hook's DPkg::Tools::Options ask for it?");
  for (;;) {
    const auto line = lines.next();
    if (!line) throw lines.bad("the empty line after the configuration is missing");
    if (line->empty()) return;
    visit(*line);
  }
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/// APT writes %XX for characters that would end a word, and for `%` itself.
std::string unquoted(std::string_view text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size() && hex_digit(text[i + 1]) >= 0 && hex_digit(text[i + 2]) >= 0) {
      plain += static_cast<char>(hex_digit(text[i + 1]) * 16 + hex_digit(text[i + 2]));
      i += 2;
    } else {
      plain += text[i];
    }
  }
  return plain;
}

/// NAME OLD OLDARCH OLDMULTIARCH < NEW NEWARCH NEWMULTIARCH, then the rest of the line: the archive, whose
/// name may contain blanks, or the action.
constexpr std::size_t kWords = 8;

std::string version(std::string_view word) {
  return word == "-" ? std::string() : std::string(word);
}

AptAction parse_action(std::string_view line, const Lines& lines) {
  std::array<std::string_view, kWords> words;
  for (std::string_view& word : words) {
    const auto end = line.find(' ');
    if (end == 0 || end == std::string_view::npos)
      throw lines.bad("too few words: expected a package, its versions and the action");
    word = line.substr(0, end);
    line.remove_prefix(end + 1);
  }
  if (words[4] != "<" && words[4] != ">" && words[4] != "=")
    throw lines.bad("expected <, > or = between the versions");
  AptAction action;
  action.package = words[0];
  action.old_version = version(words[1]);
  action.new_version = version(words[5]);
  action.architecture = action.new_version.empty() ? words[2] : words[6];
  if (line == "**CONFIGURE**") {
    action.kind = AptAction::Kind::configure;
  } else if (line == "**REMOVE**") {
    action.kind = AptAction::Kind::remove;
  } else if (line.starts_with('/')) {
    action.archive = line;
  } else {
    throw lines.bad("expected the path of an archive, **CONFIGURE** or **REMOVE**");
  }
  const bool removes = action.kind == AptAction::Kind::remove;
  if ((removes ? action.old_version : action.new_version).empty())
    throw lines.bad(removes ? "removes a package that has no version" : "no version to install");
  return action;
}

}  // namespace

std::optional<std::string> AptConfig::value(std::string_view name) const {
  for (const auto& [item, value] : std::views::reverse(items))
    if (lower_case(item) == lower_case(name)) return value;
  return std::nullopt;
}

AptConfig parse_apt_config(std::string_view input) {
  AptConfig config;
  Lines lines(input);
  read_head(lines, [&](std::string_view line) {
    const auto equals = line.find('=');
    if (equals == std::string_view::npos) return;
    config.items.emplace_back(unquoted(line.substr(0, equals)), unquoted(line.substr(equals + 1)));
  });
  return config;
}

std::vector<AptAction> parse_apt_actions(std::string_view input) {
  std::vector<AptAction> actions;
  Lines lines(input);
  read_head(lines, [](std::string_view) {});
  while (const auto line = lines.next())
    actions.push_back(parse_action(*line, lines));
  return actions;
}

}  // namespace erlrc
