// SPDX-License-Identifier: BSD-3-Clause
#include <algorithm>

#include <erlrc/base/error.hpp>
#include <erlrc/hook/dpkg.hpp>

namespace erlrc {
namespace {

constexpr std::string_view kBlank = " \t\r";

bool is_application_name(std::string_view name) {
  const auto lower = [](char c) { return c >= 'a' && c <= 'z'; };
  const auto other = [&](char c) {
    return lower(c) || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '@';
  };
  return !name.empty() && name.size() <= 255 && lower(name.front()) &&
         std::all_of(name.begin(), name.end(), other);
}

/// Takes the next word, and the blanks before it, from the front of `line`.
std::string_view take_word(std::string_view& line) {
  line.remove_prefix(std::min(line.find_first_not_of(kBlank), line.size()));
  const std::string_view word = line.substr(0, line.find_first_of(kBlank));
  line.remove_prefix(word.size());
  return word;
}

/// What is left of `line`, without blanks around it.
std::string_view take_rest(std::string_view line) {
  line.remove_prefix(std::min(line.find_first_not_of(kBlank), line.size()));
  return line.substr(0, line.find_last_not_of(kBlank) + 1);
}

PackagedApp parse_line(std::string_view line, const std::string& file, std::size_t number) {
  const auto bad = [&](const std::string& message) { return SyntaxError(file, {number, 1}, message); };
  const std::string app(take_word(line));
  const std::string vsn(take_word(line));
  const std::string ebin(take_rest(line));
  if (ebin.empty()) throw bad("found fewer than three words, expected `APP VSN EBIN`");
  if (!is_application_name(app)) throw bad("'" + app + "' is no application name");
  if (vsn.find('/') != std::string::npos) throw bad("'" + vsn + "' is no version");
  if (ebin.front() != '/') throw bad("'" + ebin + "' is no absolute path");
  return {Atom{app}, vsn, ebin};
}

}  // namespace

PackagedApps parse_packaged_apps(std::string_view text, const std::string& file) {
  PackagedApps apps;
  for (std::size_t number = 1; !text.empty(); ++number) {
    std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    line = line.substr(0, line.find('#'));
    if (line.find_first_not_of(kBlank) == std::string_view::npos) continue;
    PackagedApp app = parse_line(line, file, number);
    if (std::any_of(apps.begin(), apps.end(), [&](const PackagedApp& other) { return other.app == app.app; }))
      throw SyntaxError(file, {number, 1}, "'" + app.app.name + "' is there twice");
    apps.push_back(std::move(app));
  }
  return apps;
}

}  // namespace erlrc
