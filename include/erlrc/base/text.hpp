// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <charconv>
#include <concepts>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

// Small operations on text, each written once: taking it apart, putting it together, reading numbers, and
// making text from outside fit for a message.

namespace erlrc {

/// `text` without the white space (space, tab, line and page ends) at its two ends.
std::string_view trim(std::string_view text);

/// The parts of `text` between the separators: one more than there are separators. The views are into `text`.
std::vector<std::string_view> split(std::string_view text, char separator);

/// The lines of `text` without their line ends. The last line may lack its line end.
std::vector<std::string_view> lines(std::string_view text);

/// The words of `text`: what is between white space.
std::vector<std::string_view> words(std::string_view text);

// The views would outlive a string that is not held, as in `for (auto line : lines(text.value_or("")))`.
template <std::same_as<std::string> Temporary>
std::vector<std::string_view> split(Temporary&& text, char separator) = delete;
template <std::same_as<std::string> Temporary>
std::vector<std::string_view> lines(Temporary&& text) = delete;
template <std::same_as<std::string> Temporary>
std::vector<std::string_view> words(Temporary&& text) = delete;

/// All `parts` with `separator` between them. `text_of` gives the text of a part:
/// `join(apps, ", ", &Atom::name)`.
template <typename Parts, typename TextOf = std::identity>
std::string join(const Parts& parts, std::string_view separator, TextOf text_of = {}) {
  std::string all;
  bool first = true;
  for (const auto& part : parts) {
    if (!first) all += separator;
    first = false;
    all += std::invoke(text_of, part);
  }
  return all;
}

/// The number that `text` is, all of it; nullopt if it is not a number that fits. Integers are decimal and
/// have no `+`.
template <typename Number>
std::optional<Number> parse_number(std::string_view text) {
  Number number{};
  const char* last = text.data() + text.size();
  const auto [end, error] = std::from_chars(text.data(), last, number);
  if (error != std::errc{} || end != last) return std::nullopt;
  return number;
}

/// A number from 1 to 65535.
std::optional<std::uint16_t> parse_port(std::string_view text);

/// `text` with ASCII letters in lower case.
std::string lower_case(std::string_view text);

/// Whether this is a control character of ASCII.
bool is_control(char c);

/// Whether `text` has a control character.
bool has_control(std::string_view text);

/// Text from outside on one line, cleaned and not long; see foreign_text.hpp.
std::string one_line(std::string_view text);

/// Text from outside, fit for a message: quoted, on one line, everything but printable ASCII as `\xNN`, and
/// shortened if it is long.
std::string printable(std::string_view text);

/// `count` and what is counted: `1 change`, `2 changes`.
std::string counted(std::size_t count, std::string_view one);

}  // namespace erlrc
