// SPDX-License-Identifier: BSD-3-Clause
#include "put_back.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>
#include <string_view>

#include <erlrc/base/bytes.hpp>
#include <erlrc/base/error.hpp>
#include <erlrc/base/text.hpp>
#include <erlrc/plan/node_state.hpp>
#include <erlrc/sys/file.hpp>

namespace erlrc {
namespace {

// The beginning of a mapped file.
struct Mapped {
  std::string_view range;
  std::string_view name;
};

std::optional<Bytes> content(const std::string& file) {
  try {
    return read_file_if_exists(file);
  } catch (const Error&) {
    return std::nullopt;
  }
}

// "7f00-7f10 r--p 00000000 fe:00 123   /usr/lib/x.so (deleted)", see proc(5).
std::optional<Mapped> beginning_of_file(std::string_view line) {
  const auto fields = words(line);
  const auto name = line.find('/');
  if (fields.size() < 6 || name == std::string_view::npos) return std::nullopt;
  if (fields[2].find_first_not_of('0') != std::string_view::npos) return std::nullopt;
  return Mapped{fields[0], line.substr(name)};
}

std::optional<std::uint64_t> number(std::string_view text, int base) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  return error == std::errc{} && end != text.data() ? std::optional(value) : std::nullopt;
}

// A file called erlrc-pins-BASE-PID-NUMBER.so keeps the library in memory that begins at that address.
// Returns the number of the last one, or 0.
std::uint64_t last_pin(const Mapped& library, const std::vector<Mapped>& all) {
  const auto base = number(library.range, 16);
  std::uint64_t last = 0;
  for (const Mapped& one : all) {
    constexpr std::string_view prefix = "/erlrc-pins-";
    const auto at = one.name.rfind(prefix);
    if (at == std::string_view::npos) continue;
    const std::string_view rest = one.name.substr(at + prefix.size());
    if (number(rest, 16) == base)
      last = std::max(last, number(rest.substr(rest.rfind('-') + 1), 10).value_or(0));
  }
  return last;
}

// Its name in any version of its application.
std::string_view name_in_versions(const Mapped& library) {
  constexpr std::string_view priv = "/priv/";
  const std::string_view name = without_marks(library.name);
  const auto at = name.rfind(priv);
  return at == std::string_view::npos ? name.substr(name.rfind('/') + 1) : name.substr(at + priv.size());
}

// What is about to be replaced is pinned, and what is used again is pinned once more. So a library without a
// pin is in use, or else that with the last one.
bool is_used(const Mapped& library, const std::vector<Mapped>& all) {
  const std::uint64_t pin = last_pin(library, all);
  return pin == 0 || std::ranges::all_of(all, [&](const Mapped& other) {
           if (name_in_versions(other) != name_in_versions(library)) return true;
           const std::uint64_t other_pin = last_pin(other, all);
           return other_pin != 0 && other_pin <= pin;
         });
}

}  // namespace

std::vector<std::string> files_put_back(pid_t pid) {
  const std::string process = "/proc/" + std::to_string(pid);
  const auto maps = content(process + "/maps");
  if (!maps) return {};
  std::vector<Mapped> mapped;
  for (const std::string_view line : lines(*maps))
    if (const auto found = beginning_of_file(line)) mapped.push_back(*found);
  std::vector<std::string> found;
  for (const Mapped& file : mapped) {
    const std::string name(without_marks(file.name));
    if (name == file.name || !is_used(file, mapped)) continue;
    const auto now = content(process + "/root" + name);
    if (now && now == content(process + "/map_files/" + std::string(file.range))) found.push_back(name);
  }
  return found;
}

}  // namespace erlrc
