// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/base/text.hpp>

#include <algorithm>

namespace erlrc {
namespace {

constexpr std::string_view white_space = " \t\r\n\f\v";

}  // namespace

std::string_view trim(std::string_view text) {
  const auto first = text.find_first_not_of(white_space);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(white_space) - first + 1);
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (;;) {
    const auto end = text.find(separator);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

std::vector<std::string_view> lines(std::string_view text) {
  auto all = split(text, '\n');
  if (all.back().empty()) all.pop_back();
  return all;
}

std::vector<std::string_view> words(std::string_view text) {
  std::vector<std::string_view> all;
  for (text = trim(text); !text.empty(); text = trim(text)) {
    all.push_back(text.substr(0, text.find_first_of(white_space)));
    text.remove_prefix(all.back().size());
  }
  return all;
}

std::optional<std::uint16_t> parse_port(std::string_view text) {
  const auto port = parse_number<std::uint16_t>(text);
  return port == 0 ? std::nullopt : port;
}

std::string lower_case(std::string_view text) {
  std::string lower(text);
  for (char& c : lower)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return lower;
}

bool is_control(char c) {
  return static_cast<unsigned char>(c) < ' ' || c == 0x7f;
}

bool has_control(std::string_view text) {
  return std::ranges::any_of(text, is_control);
}

std::string printable(std::string_view text) {
  constexpr std::size_t longest_quote = 60;
  constexpr std::string_view digits = "0123456789abcdef";
  std::string made = "'";
  for (const char c : text.substr(0, longest_quote)) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= ' ' && byte <= '~') {
      made += c;
    } else {
      made += "\\x";
      made += digits[byte >> 4];
      made += digits[byte & 0xf];
    }
  }
  return made + (text.size() > longest_quote ? "..'" : "'");
}

std::string counted(std::size_t count, std::string_view one) {
  return std::to_string(count) + " " + std::string(one) + (count == 1 ? "" : "s");
}

}  // namespace erlrc
