// SPDX-License-Identifier: BSD-3-Clause
#include <algorithm>

#include <erlrc/app/app_spec.hpp>
#include <erlrc/base/error.hpp>
#include <erlrc/dist/names.hpp>
#include <erlrc/transaction/control_member.hpp>

namespace erlrc {
namespace {

constexpr std::string_view kBlank = " \t\r";

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
  if (!is_application_name(app)) throw bad("'" + app + "' is not an application name");
  if (vsn.find('/') != std::string::npos) throw bad("'" + vsn + "' is not a version");
  if (ebin.front() != '/') throw bad("'" + ebin + "' is not an absolute path");
  if ((ebin + "/").find("/../") != std::string::npos) throw bad("'" + ebin + "' leads upwards");
  return {Atom{app}, vsn, ebin};
}

/// The value of a line `KEY = VALUE` if `line` is one.
std::optional<std::string> value_of(std::string_view key, std::string_view line) {
  if (take_word(line) != key || take_word(line) != "=") return std::nullopt;
  return std::string(take_rest(line));
}

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words;
  for (std::string_view word = take_word(text); !word.empty(); word = take_word(text))
    words.emplace_back(word);
  return words;
}

std::optional<PackagePolicy> parse_policy(std::string_view name) {
  if (name == "hot") return PackagePolicy::hot;
  if (name == "restart") return PackagePolicy::restart;
  if (name == "leave") return PackagePolicy::leave;
  return std::nullopt;
}

/// Adds what is in a line.
void read_line(ControlMember& member, std::string_view line, const std::string& file, std::size_t number) {
  const auto bad = [&](const std::string& message) { return SyntaxError(file, {number, 1}, message); };
  if (const auto policy = value_of("policy", line)) {
    const auto known = parse_policy(*policy);
    if (!known) throw bad("policy '" + *policy + "', expected hot, restart or leave");
    member.policy = *known;
  } else if (const auto nodes = value_of("nodes", line)) {
    if (member.nodes) throw bad("'nodes' is there twice");
    member.nodes = words_of(*nodes);
    for (const std::string& name : *member.nodes)
      try {
        parse_node_name(name);
      } catch (const UsageError& error) {
        throw bad(error.what());
      }
  } else {
    PackagedApp app = parse_line(line, file, number);
    const auto same = [&](const PackagedApp& other) { return other.app == app.app; };
    if (std::ranges::any_of(member.apps, same)) throw bad("'" + app.app.name + "' is there twice");
    member.apps.push_back(std::move(app));
  }
}

}  // namespace

ControlMember parse_control_member(std::string_view text, const std::string& file) {
  ControlMember member;
  for (std::size_t number = 1; !text.empty(); ++number) {
    std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    line = line.substr(0, line.find('#'));
    if (line.find_first_not_of(kBlank) != std::string_view::npos) read_line(member, line, file, number);
  }
  return member;
}

std::optional<PackagedApps> managed_apps(const std::optional<ControlMember>& member) {
  if (!member || member->policy != PackagePolicy::hot) return std::nullopt;
  return member->apps;
}

const PackagedApp* find_app(const PackagedApps& apps, const Atom& app) {
  const auto found = std::ranges::find(apps, app, &PackagedApp::app);
  return found == apps.end() ? nullptr : &*found;
}

bool ships(const std::optional<ControlMember>& member, const Atom& app) {
  const auto apps = managed_apps(member);
  return apps && find_app(*apps, app) != nullptr;
}

}  // namespace erlrc
