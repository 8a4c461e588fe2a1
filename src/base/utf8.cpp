// SPDX-License-Identifier: BSD-3-Clause
#include <erlrc/base/utf8.hpp>

#include <cstddef>

namespace erlrc {
namespace {

bool is_scalar(std::uint32_t code_point) {
  return code_point <= 0x10ffff && (code_point < 0xd800 || code_point > 0xdfff);
}

// The length of the valid sequence at `at` with its code point, or 0.
std::size_t sequence(std::string_view text, std::size_t at, std::uint32_t& code_point) {
  const auto lead = static_cast<std::uint8_t>(text[at]);
  std::size_t length = 0;
  std::uint32_t least = 0;
  if (lead < 0x80) {
    code_point = lead;
    return 1;
  }
  if ((lead & 0xe0) == 0xc0)
    length = 2, least = 0x80, code_point = lead & 0x1f;
  else if ((lead & 0xf0) == 0xe0)
    length = 3, least = 0x800, code_point = lead & 0x0f;
  else if ((lead & 0xf8) == 0xf0)
    length = 4, least = 0x10000, code_point = lead & 0x07;
  else
    return 0;
  if (text.size() - at < length) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    const auto byte = static_cast<std::uint8_t>(text[at + i]);
    if ((byte & 0xc0) != 0x80) return 0;
    code_point = code_point << 6 | (byte & 0x3f);
  }
  return code_point >= least && is_scalar(code_point) ? length : 0;
}

}  // namespace

std::uint32_t next_code_point(std::string_view text, std::size_t& at) {
  std::uint32_t code_point = 0;
  if (const std::size_t length = sequence(text, at, code_point); length > 0) {
    at += length;
    return code_point;
  }
  return static_cast<std::uint8_t>(text[at++]);
}

bool append_utf8(std::uint32_t code_point, std::string& out) {
  if (!is_scalar(code_point)) return false;
  const auto put = [&](std::uint32_t byte) { out.push_back(static_cast<char>(byte)); };
  if (code_point < 0x80) {
    put(code_point);
  } else if (code_point < 0x800) {
    put(0xc0 | code_point >> 6);
    put(0x80 | (code_point & 0x3f));
  } else if (code_point < 0x10000) {
    put(0xe0 | code_point >> 12);
    put(0x80 | (code_point >> 6 & 0x3f));
    put(0x80 | (code_point & 0x3f));
  } else {
    put(0xf0 | code_point >> 18);
    put(0x80 | (code_point >> 12 & 0x3f));
    put(0x80 | (code_point >> 6 & 0x3f));
    put(0x80 | (code_point & 0x3f));
  }
  return true;
}

std::size_t valid_utf8_prefix(std::string_view text) {
  std::uint32_t code_point = 0;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = sequence(text, at, code_point);
    if (length == 0) return at;
    at += length;
  }
  return text.size();
}

bool is_utf8(std::string_view text) {
  return valid_utf8_prefix(text) == text.size();
}

std::string latin1_to_utf8(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (char c : text)
    append_utf8(static_cast<std::uint8_t>(c), out);
  return out;
}

}  // namespace erlrc
