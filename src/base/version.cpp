// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/base/version.hpp>

#include <algorithm>

namespace erlrc {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

// The place of the front character among non-digits: tilde, then the end (or a digit), letters, the others.
int rank(std::string_view text) {
  if (text.empty() || is_digit(text.front())) return 0;
  const char c = text.front();
  if (c == '~') return -1;
  return is_letter(c) ? c : static_cast<unsigned char>(c) + 256;
}

std::string_view take_number(std::string_view& text) {
  text.remove_prefix(std::min(text.find_first_not_of('0'), text.size()));
  const std::string_view number = text.substr(0, text.find_first_not_of("0123456789"));
  text.remove_prefix(number.size());
  return number;
}

}  // namespace

std::weak_ordering compare_versions(std::string_view a, std::string_view b) {
  while (!a.empty() || !b.empty()) {
    while ((!a.empty() && !is_digit(a.front())) || (!b.empty() && !is_digit(b.front()))) {
      if (auto order = rank(a) <=> rank(b); std::is_neq(order)) return order;
      a.remove_prefix(1);
      b.remove_prefix(1);
    }
    const std::string_view x = take_number(a);
    const std::string_view y = take_number(b);
    if (auto order = x.size() <=> y.size(); std::is_neq(order)) return order;
    if (auto order = x <=> y; std::is_neq(order)) return order;
  }
  return std::weak_ordering::equivalent;
}

}  // namespace erlrc
