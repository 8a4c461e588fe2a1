// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/plan/policy_text.hpp>

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

#include <erlrc/base/error.hpp>
#include <erlrc/base/text.hpp>

namespace erlrc {
namespace {

using std::chrono::milliseconds;

constexpr double longest_seconds = 1e7;
constexpr std::int64_t usual_wait_ms = 10'000;

[[noreturn]] void unexpected(const std::string& source, const std::string& value,
                             const std::string& expected) {
  throw UsageError(source + ": " + printable(value) + ": expected " + expected);
}

/// refuse|wait[=SECONDS]|kill[=SECONDS]
void set_purge(Policy& policy, const std::string& value, const std::string& source) {
  using enum Policy::OldCode;
  const auto set = [&](Policy::OldCode old_code, std::int64_t wait_ms) {
    policy.old_code = old_code;
    policy.wait_ms = wait_ms;
  };
  const auto seconds = [&] { return parse_seconds(value.substr(value.find('=') + 1), source).count(); };
  if (value == "refuse") {
    set(refuse, 0);
  } else if (value == "wait") {
    set(wait, usual_wait_ms);
  } else if (value == "kill") {
    set(kill, 0);
  } else if (value.starts_with("wait=")) {
    set(wait, seconds());
  } else if (value.starts_with("kill=")) {
    set(kill, seconds());
  } else {
    unexpected(source, value, "refuse, wait, wait=SECONDS, kill or kill=SECONDS");
  }
}

/// Milliseconds.
void set_pause(Policy& policy, const std::string& value, const std::string& source) {
  constexpr std::int64_t shortest = 2, longest = 3'600'000;
  const auto ms = parse_number<std::int64_t>(value);
  if (!ms || *ms < shortest || *ms > longest)
    throw UsageError(source + ": expected a number of milliseconds from 2 to 3600000, got " +
                     printable(value));
  policy.pause_ms = *ms;
}

template <typename Choice>
struct Named {
  std::string_view name;
  Choice choice;
};

template <typename Choice, std::size_t count>
Choice choose(const std::string& value, const std::string& source, const Named<Choice> (&choices)[count]) {
  std::string expected;
  for (std::size_t i = 0; i < count; ++i) {
    if (choices[i].name == value) return choices[i].choice;
    expected += (i == 0 ? "" : i + 1 == count ? " or " : ", ") + std::string(choices[i].name);
  }
  unexpected(source, value, expected);
}

constexpr std::string_view parts[] = {"purge", "stranded", "records", "pause", "children", "engine"};

}  // namespace

milliseconds parse_seconds(const std::string& text, const std::string& source) {
  const auto seconds = parse_number<double>(text);
  // "nan" is neither greater nor less than any number.
  if (!seconds || !(*seconds > 0 && *seconds <= longest_seconds))
    throw UsageError(source + ": expected a positive number of seconds, got " + printable(text));
  return std::chrono::ceil<milliseconds>(std::chrono::duration<double>(*seconds));
}

bool is_policy_part(std::string_view name) {
  return std::ranges::find(parts, name) != std::end(parts);
}

void set_policy_part(Policy& policy, std::string_view name, const std::string& value,
                     const std::string& source) {
  if (name == "purge") {
    set_purge(policy, value, source);
  } else if (name == "stranded") {
    using enum Policy::Stranded;
    policy.stranded = choose<Policy::Stranded>(
        value, source, {{"unreached", unreached}, {"report", report}, {"refuse", refuse}});
  } else if (name == "records") {
    using enum Policy::Records;
    policy.records = choose<Policy::Records>(value, source, {{"refuse", refuse}, {"report", report}});
  } else if (name == "pause") {
    set_pause(policy, value, source);
  } else if (name == "children") {
    using enum Policy::Children;
    policy.children = choose<Policy::Children>(value, source, {{"change", change}, {"keep", keep}});
  } else if (name == "engine") {
    using enum Policy::Engine;
    policy.engine = choose<Policy::Engine>(value, source, {{"erlrc", erlrc}, {"otp", otp}});
  }
}

}  // namespace erlrc
